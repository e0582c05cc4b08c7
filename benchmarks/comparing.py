"""What `compare` costs: two reviews of many units, of which a tenth of the issues changed, on a later day.

    python -m benchmarks.comparing --units 100000 --runs 3

Each run is a process of its own, measured as a whole. The aim: less than 1.5 times the CPU seconds of a check.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import duckdb

from benchmarks.run import PACK, Cost, by_units, data_of, literal, measured

UNITS = (100_000,)
LATER = "2005-11-15"
CHANGED = """SELECT * REPLACE (CASE WHEN hash(issue_id) % 10 = 0 THEN 'solved' ELSE status END AS status,
    CASE WHEN hash(issue_id) % 30 = 0 THEN NULL ELSE deadline END AS deadline) FROM """
HEADS = ("units", "moved", "", "wall s", "CPU s", "peak MB")


def later_of(data: Path) -> Path:
    """The same records with some issues changed."""
    later = data.with_name(f"{data.name}-later")
    if not later.is_dir():
        later.mkdir()
        with duckdb.connect() as connection:
            for name, query in (("units", "FROM "), ("issues", CHANGED)):
                to = literal(later / f"{name}.parquet")
                connection.execute(f"COPY ({query}{literal(data / f'{name}.parquet')}) TO {to} (FORMAT parquet)")
    return later


def compare(units: int, runs: int, folder: Path) -> list[list[object]]:
    data = data_of(units, folder)
    reviews = folder / "old", folder / "new"
    check = ["check", str(data), "--pack", str(PACK), "-o", str(reviews[0])]
    again = ["check", str(later_of(data)), "--pack", str(PACK), "-o", str(reviews[1]), "--as-of", LATER]
    both = ["compare", *map(str, reviews)]
    measured([sys.executable, "cli.py", *check, "--lang", "en"])
    rows: list[list[object]] = []
    found: dict[str, float] = {}
    for name, command in (
        ("check", again),
        ("compare", both),
        ("compare, all in JSON", [*both, "-o", str(folder / "moves.json")]),
    ):
        costs: list[Cost] = [measured([sys.executable, "cli.py", *command, "--lang", "en"]) for _ in range(runs)]
        values = [median(getattr(cost, what) for cost in costs) for what in ("wall", "cpu", "peak_mb")]
        found[name] = values[1]
        ratio = "" if name == "check" else f" ({values[1] / found['check']:.2f} of a check)"
        shown = [f"{value:.0f}" if value > 100 else f"{value:.1f}" for value in values]
        rows.append([f"{units:,}", f"{_moved(*reviews):,}", name, shown[0], shown[1] + ratio, shown[2]])
    return rows


def _moved(old: Path, new: Path) -> int:
    with duckdb.connect() as connection:
        verdicts = [f"SELECT unit_id, verdict FROM {literal(review / 'verdicts.parquet')}" for review in (old, new)]
        query = f"SELECT count(*) FROM ({verdicts[0]}) o JOIN ({verdicts[1]}) n USING (unit_id) WHERE o.verdict <> n.verdict"
        return int(connection.execute(query).fetchall()[0][0])


def main(arguments: Sequence[str] | None = None) -> None:
    by_units(__doc__ or "", UNITS, HEADS, compare, arguments)


if __name__ == "__main__":
    main()
