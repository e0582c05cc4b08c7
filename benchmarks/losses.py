"""What problems with the input cost: the same records as CSV, sound, and with one row of a hundred spoilt.

    python -m benchmarks.losses --units 100000 --runs 3

A spoilt row has one thing wrong with it: a date that is an error text, no key, a key handed in twice with another deadline, a
value too many. Each run is a process of its own; the two take turns, and the ratio is the median of the pairs'.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import shutil
import sys
from pathlib import Path
from statistics import median

from tabulate import tabulate

from benchmarks.generate import generate
from benchmarks.run import PACK, Cost, measured, work_folder

HEADS = ("units", "", "wall s", "CPU s", "peak MB", "problems")
DATES = {"units": "self_check_done_on", "issues": "deadline"}


def spoil(sound: Path, spoilt: Path) -> None:
    """The records again, one row of a hundred spoilt: of the issues in four ways, of the units by an error text."""
    spoilt.mkdir()
    for table, date in DATES.items():
        with (sound / f"{table}.csv").open(encoding="utf-8", newline="") as rows, (spoilt / f"{table}.csv").open("w") as out:
            header = next(rows)
            out.write(header)
            at = header.strip().split(",").index(date)
            for n, line in enumerate(rows):
                out.write(line if n % 100 else _spoilt(line.rstrip(), at, n // 100 % 4 if table == "issues" else 0))


def _spoilt(line: str, date: int, way: int) -> str:
    values = next(csv.reader([line]))
    rows = [values]
    if way == 0:
        values[date] = "#N/A"
    elif way == 1:
        values[0] = ""
    elif way == 2:
        rows.append([*values[:date], "2005-12-31", *values[date + 1 :]])
    else:
        values.append("9")
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


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
