"""What a check costs with numbers everywhere: shares, sums, products and limits over a million records of number fields.

    python -m benchmarks.numbers --records 1000000 --beside ../another/checkout

Each check is a process of its own, measured as a whole from start to exit. `--beside` measures another checkout on the same
records, as one that reckons with doubles: exact decimals are to cost at most a fifth more. The last that did so sorted what it
summed, as sums of doubles depend on the order,
and copied records that are doubles in Parquet as they are.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import duckdb
from tabulate import tabulate

from benchmarks.run import ROOT, literal, measured, work_folder

RECORDS = 1_000_000
ITEMS = 10
"""Items of a unit."""
FIELDS = ("price", "amount", "paid", "planned", "tax", "grant")
PACK = """\
pack: numbers
version: "1.0"
outcomes:
  - {outcome: pass, title: {en: Pass}}
  - {outcome: explain, title: {en: Explain}}
  - {outcome: make_up, title: {en: Make up}}
params:
  share: {type: number, default: 0.85}
  most: {type: number, default: 1200.5}
"""
FACTS = {
    "value": ("items", None, "price * amount"),
    "rest": ("items", None, "planned - paid - tax"),
    "total": ("units", "items", "sum(coalesce(paid, 0))"),
    "planned_total": ("units", "items", "sum(coalesce(planned, 0))"),
    "worth": ("units", "items", "sum(coalesce(price, 0) * coalesce(amount, 0))"),
    "mean": ("units", "items", "avg(coalesce(paid, 0))"),
    "highest": ("units", "items", "max(coalesce(tax, 0))"),
    "paid_share": ("units", None, "total / planned_total"),
}
RULES = {
    "items": (
        "paid <= planned",
        "value <= 5000.25",
        "price * 3 <= :most",
        "tax / paid < 0.3",
        "rest >= -100.5 or grant > 0.1",
        "paid + tax + grant <= planned * 1.2",
        "round(price * 1.19, 2) <= 119",
    ),
    "units": (
        "paid_share >= :share",
        "worth <= planned_total * 60",
        "mean between 10.5 and 90.25",
        "highest <= 20.005",
        "total - planned_total <= grant",
        "price * amount + paid <= 9000",
    ),
}


def write(records: int, folder: Path) -> None:
    """The pack, and so many records in Parquet, a unit to ten items."""
    pack, data = folder / "pack", folder / "data"
    pack.mkdir(parents=True)
    data.mkdir()
    fields = "".join(f"      {field}: {{type: number}}\n" for field in FIELDS)
    tables = f"tables:\n  units:\n    key: unit\n    fields:\n      unit: {{type: text}}\n{fields}"
    tables += (
        "  items:\n    key: item\n    belongs_to: units\n    fields:\n      item: {type: text}\n      unit: {type: text}\n"
        + fields
    )
    lines = ["facts:"]
    for fact, (of, child, value) in FACTS.items():
        below = f", from: {child}" if child else ""
        lines.append(f"  - {{fact: {fact}, of: {of}{below}, title: {{en: {fact}}}, value: '{value}'}}")
    lines.append("rules:")
    for table, requires in RULES.items():
        for i, require in enumerate(requires):
            head = f"  - {{rule: {table}-{i}, for: {table}, title: {{en: Rule {i}}}"
            told = "" if table == "units" else ", not_counted: {because: {en: what a check costs}}"
            lines.append(f"{head}, require: '{require}', otherwise: {('explain', 'make_up')[i % 2]}{told}}}")
    (pack / "pack.yaml").write_text(PACK, "utf-8")
    (pack / "records.yaml").write_text(tables, "utf-8")
    (pack / "1-all.rules.yaml").write_text("\n".join(lines) + "\n", "utf-8")
    with duckdb.connect() as connection:
        connection.execute("SELECT setseed(0.2005)")
        numbers = ", ".join(f"CAST(round(random() * {100 if f != 'tax' else 20}, 2) AS DOUBLE) AS {f}" for f in FIELDS)
        for table, key, n in (
            ("units", "'U' || i AS unit", records // ITEMS),
            ("items", f"'I' || i AS item, 'U' || i // {ITEMS} AS unit", records),
        ):
            query = f"SELECT {key}, {numbers} FROM range({n}) t(i)"
            connection.execute(f"COPY ({query}) TO {literal(data / f'{table}.parquet')} (FORMAT parquet)")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.numbers", description="Measure what numbers cost.")
    parser.add_argument("--records", type=int, default=RECORDS, metavar="N", help="the size")
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="the least of so many runs counts")
    parser.add_argument("--beside", type=Path, metavar="DIR", help="another checkout to measure")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep pack and records here")
    given = parser.parse_args()
    rows = []
    with work_folder(given.keep) as folder:
        own = folder / f"{given.records}-numbers"
        if not own.is_dir():
            write(given.records, own)
        for name, tree in (("this", ROOT), *([("beside", given.beside.resolve())] if given.beside else [])):
            command = [
                sys.executable,
                str(tree / "cli.py"),
                "check",
                str(own / "data"),
                "--pack",
                str(own / "pack"),
                "--lang",
                "en",
            ]
            costs = [measured([*command, "-o", str(folder / name)]) for _ in range(given.runs)]
            rows.append([name, *(f"{min(values):.2f}" for values in zip(*((c.wall, c.cpu) for c in costs), strict=True))])
    print(tabulate(rows, headers=("checkout", "wall s", "CPU s"), tablefmt="github", disable_numparse=True))


if __name__ == "__main__":
    main()
