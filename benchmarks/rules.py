"""What a check costs with many rules: packs of 80 to 1,000 rules of four conditions each on one table, and three records.

    python -m benchmarks.rules --rules 80 1000

Each check is a process of its own, measured as a whole from start to exit. What is left of a few records is what a rule costs
by itself: reading, checking, planning, deciding. It has to grow as the number of rules does, and no faster.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tabulate import tabulate

from benchmarks.run import measured, work_folder

RULES = (80, 160, 320, 1_000)
FIELDS = 40
PACK = """\
pack: many-rules
version: "1.0"
outcomes:
  - {outcome: pass, title: {en: Pass}}
  - {outcome: explain, title: {en: Explain}}
  - {outcome: make_up, title: {en: Make up}}
"""
ROWS = ("U1", "U2", "U3")


def write(rules: int, folder: Path) -> None:
    """A pack of so many rules, each over four of the fields, each with limits of its own; and three units."""
    pack, data = folder / "pack", folder / "data"
    pack.mkdir(parents=True)
    data.mkdir()
    fields = [f"f{i}" for i in range(FIELDS)]
    lines = ["tables:", "  units:", "    key: unit_id", "    fields:", "      unit_id: {type: text}"]
    lines += [f"      {field}: {{type: integer}}" for field in fields]
    (pack / "pack.yaml").write_text(PACK, "utf-8")
    (pack / "records.yaml").write_text("\n".join(lines) + "\n", "utf-8")
    lines = ["rules:"]
    for i in range(rules):
        a, b, c, d = (fields[(i * by + off) % FIELDS] for by, off in ((1, 0), (1, 1), (3, 2), (7, 3)))
        lines += [
            f"  - rule: rule-{i}",
            "    for: units",
            f"    title: {{en: Rule {i}}}",
            f"    when: {a} > {i} or {b} = {i + 1}",
            f"    require: {c} <= {i + 5} and {d} <> {i + 2}",
            f"    otherwise: {('explain', 'make_up')[i % 2]}",
        ]
    (pack / "1-all.rules.yaml").write_text("\n".join(lines) + "\n", "utf-8")
    records = [",".join(("unit_id", *fields))]
    for n, unit in enumerate(ROWS):
        records.append(",".join((unit, *("" if (i + n) % 7 == 0 else str((i * 37 + n * 101) % 400) for i in range(FIELDS)))))
    (data / "units.csv").write_text("\n".join(records) + "\n", "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rules", description="Measure what a check costs with many rules.")
    parser.add_argument("--rules", type=int, nargs="+", default=RULES, metavar="N", help="the sizes")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep packs and records here")
    given = parser.parse_args()
    rows = []
    with work_folder(given.keep) as folder:
        for rules in given.rules:
            own = folder / f"{rules}-rules"
            write(rules, own)
            command = [sys.executable, "cli.py", "check", str(own / "data"), "--pack", str(own / "pack"), "--lang", "en"]
            cost = measured(command)
            rows.append([f"{rules:,}", f"{cost.wall:.1f}", f"{cost.cpu:.1f}", f"{1000 * cost.cpu / rules:.0f}"])
    print(tabulate(rows, headers=("rules", "wall s", "CPU s", "CPU ms a rule"), tablefmt="github", disable_numparse=True))


if __name__ == "__main__":
    main()
