"""What problems with the input cost: the same records as CSV, sound, and with one row of a hundred spoilt.

    python -m benchmarks.losses --units 100000 --runs 3

A spoilt row has one thing wrong with it: a date that is an error text, no key, a key handed in twice with another deadline, a
value too many. Each run is a process of its own; the two take turns, and the ratio is the median of the pairs'.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path
from statistics import median

import duckdb
from tabulate import tabulate

from benchmarks.generate import generate
from benchmarks.run import PACK, Cost, literal, measured, work_folder

HEADS = ("units", "", "wall s", "CPU s", "peak MB", "problems")
SPOILT = {"units": "self_check_done_on", "issues": "deadline"}


def spoil(sound: Path, spoilt: Path) -> None:
    """The records again, one row of a hundred spoilt: of the issues in four ways, of the units by an error text."""
    spoilt.mkdir()
    with duckdb.connect() as connection:
        connection.execute("SET threads = 1")
        for table, field in SPOILT.items():
            rows = f"read_csv({literal(sound / f'{table}.csv')}, all_varchar = true, null_padding = true)"
            ways = f"CASE WHEN n % 100 = 0 THEN {'n // 100 % 4' if table == 'issues' else '0'} ELSE 9 END"
            key = "issue_id" if table == "issues" else "unit_id"
            query = f"""WITH w AS (SELECT {ways} AS way, * FROM (SELECT row_number() OVER () AS n, * FROM {rows}))
                SELECT * EXCLUDE (way, n)
                    REPLACE (CASE WHEN way = 1 THEN NULL ELSE {key} END AS {key},
                             CASE WHEN way = 0 THEN '#N/A' ELSE {field} END AS {field}) FROM w
                UNION ALL BY NAME
                SELECT * EXCLUDE (way, n) REPLACE ('2005-12-31' AS {field}) FROM w WHERE way = 2"""
            connection.execute(f"COPY ({query}) TO {literal(spoilt / f'{table}.csv')} (FORMAT csv, HEADER)")
            tail = f"SELECT count(*) FROM {rows}" if table == "issues" else "SELECT 0"
            too_long = connection.execute(tail).fetchall()[0][0] // 400
            with (
                (sound / f"{table}.csv").open(encoding="utf-8") as of,
                (spoilt / f"{table}.csv").open("a", encoding="utf-8") as to,
            ):
                next(of)
                to.writelines(line.rstrip("\n") + ",9,9\n" for line, _ in zip(of, range(too_long), strict=False))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.losses", description="Measure what problems with the input cost.")
    parser.add_argument("--units", type=int, default=1_000_000, metavar="N", help="how many; five issues each on average")
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="how often each is run; medians are shown")
    given = parser.parse_args()
    with work_folder(None) as folder:
        generate(given.units, folder / "sound", "csv")
        spoil(folder / "sound", folder / "spoilt")
        costs: dict[str, list[Cost]] = {"sound": [], "spoilt": []}
        problems = {}
        for turn in range(given.runs):
            print(f"run {turn + 1} of {given.runs}", file=sys.stderr)
            for which, these in costs.items():
                out = folder / "out"
                shutil.rmtree(out, ignore_errors=True)
                asked = [
                    sys.executable,
                    "cli.py",
                    "check",
                    str(folder / which),
                    "--pack",
                    str(PACK),
                    "-o",
                    str(out),
                    "--lang",
                    "en",
                ]
                these.append(measured(asked, 0 if which == "sound" else 3))
                problems[which] = json.loads((out / "review.json").read_text("utf-8"))["problems"]
    rows = [
        [f"{given.units:,}", which, *(f"{median(getattr(c, of) for c in these):,.1f}" for of in ("wall", "cpu", "peak_mb")),
         f"{problems[which]:,}"]
        for which, these in costs.items()
    ]  # fmt: skip
    print(tabulate(rows, headers=HEADS, tablefmt="github", disable_numparse=True, colalign=("right", "left", *["right"] * 4)))
    ratio = median(b.cpu / a.cpu for a, b in zip(costs["sound"], costs["spoilt"], strict=True))
    print(f"\nCPU, spoilt / sound: {ratio:.2f}")


if __name__ == "__main__":
    main()
