"""What it costs to see whom an edit moves: `rules impact` against one `check` of the same records.

    python -m benchmarks.editing --units 100000 1000000 --runs 3

Each run is a process of its own, measured as a whole; the two take turns. The edit changes one limit of `benchmarks/pack`. What
`impact` says is held against two separate checks: the units whose verdicts differ are the units that it names. As CSV it tells
why of every moved unit, which costs the more the more units move; here it is four of ten.
"""

from __future__ import annotations

import argparse
import csv
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import duckdb
from tabulate import tabulate

from benchmarks.run import PACK, Cost, data_of, literal, measured, work_folder

UNITS = (100_000, 1_000_000)
EDIT = ("complaint_limit:", "default: 3", "default: 2")
HEADS = (
    *("units", "check: wall s", "CPU s", "peak MB", "impact: wall s", "CPU s", "peak MB"),
    *("as CSV: wall s", "wall ratio", "CPU ratio", "moved"),
)


def edited(folder: Path) -> Path:
    """The pack with one limit changed."""
    pack = folder / "edited-pack"
    shutil.rmtree(pack, ignore_errors=True)
    shutil.copytree(PACK, pack)
    text = (pack / "pack.yaml").read_text("utf-8")
    name, before, after = EDIT
    start = text.index(name)
    (pack / "pack.yaml").write_text(text[:start] + text[start:].replace(before, after, 1), "utf-8")
    return pack


def check(data: Path, pack: Path, out: Path) -> Cost:
    return measured([sys.executable, "cli.py", "check", str(data), "--pack", str(pack), "-o", str(out), "--lang", "en"])


def impact(data: Path, pack: Path, out: Path, form: str) -> Cost:
    command = ["rules", "impact", str(PACK), str(pack), str(data), "--format", form, "-o", str(out), "--lang", "en"]
    return measured([sys.executable, "cli.py", *command])


def differing(one: Path, other: Path) -> set[str]:
    """The units whose verdicts differ between two reviews."""
    query = "SELECT CAST(a.unit_id AS VARCHAR) FROM {} a JOIN {} b USING (unit_id) WHERE a.verdict <> b.verdict"
    files = [f"read_parquet({literal(review / 'verdicts.parquet')})" for review in (one, other)]
    with duckdb.connect() as connection:
        return {row[0] for row in connection.execute(query.format(*files)).fetchall()}


def compare(units: int, runs: int, folder: Path) -> list[object]:
    data, pack = data_of(units, folder), edited(folder)
    old, new, moved = folder / "old-review", folder / "new-review", folder / "moved.csv"
    costs = [(check(data, PACK, old), impact(data, pack, folder / "impact.txt", "table")) for _ in range(runs)]
    listing = impact(data, pack, moved, "csv")
    check(data, pack, new)
    with moved.open(encoding="utf-8", newline="") as stream:
        named = {row["unit"] for row in csv.DictReader(stream)}
    if named != differing(old, new):
        raise SystemExit(f"impact names {len(named)} units, two checks differ in {len(differing(old, new))}")
    found = []
    for side in (0, 1):
        found += [median(getattr(pair[side], what) for pair in costs) for what in ("wall", "cpu", "peak_mb")]
    found.append(listing.wall)
    shown = [f"{value:.0f}" if value > 100 else f"{value:.1f}" for value in found]
    return [f"{units:,}", *shown, f"{found[3] / found[0]:.2f}", f"{found[4] / found[1]:.2f}", f"{len(named):,}"]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--units", type=int, nargs="+", default=UNITS)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="keep the data in this folder for the next time")
    options = parser.parse_args(arguments)
    with work_folder(options.keep) as folder:
        rows = [compare(units, options.runs, folder) for units in options.units]
    print(tabulate(rows, HEADS, tablefmt="github", disable_numparse=True))
    print("\nThe units that impact names are those that two separate checks differ in.")


if __name__ == "__main__":
    main()
