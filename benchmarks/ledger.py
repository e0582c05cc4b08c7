"""What a ledger costs: adding reviews, an earlier one last, and asking what is overdue.

    python -m benchmarks.ledger --units 10000 --reviews 20

From review to review a tenth of the units hand in other records. Each command is a process of its own, measured as a whole. The
aim: with 20 reviews of 10,000 units and 50,000 findings each, `add` takes less than 5 CPU seconds and `--overdue` less than 1.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from statistics import median

import duckdb
from tabulate import tabulate

from benchmarks.generate import generate
from benchmarks.run import PACK, literal, measured, work_folder

UNITS, REVIEWS, ROUNDS = 10_000, 20, 10
OWING, POOR = 0.40, 0.45
"""More findings than elsewhere: some five a unit."""
FIRST = date(2005, 9, 1)
HEADS = ("", "findings", "wall s", "CPU s", "peak MB")


def reviews(units: int, n: int, folder: Path) -> list[Path]:
    """The reviews, a week apart; of each the tenth of the units whose turn it is has other records."""
    base, other = folder / f"{units}-base", folder / f"{units}-other"
    for data, seed in ((base, 2005), (other, 2006)):
        if not data.is_dir():
            generate(units, data, seed=seed, owing=OWING, poor=POOR)
    made = []
    for k in range(n):
        data, out = folder / f"{units}-data-{k}", folder / f"{units}-review-{k}"
        if not out.is_dir():
            data.mkdir(exist_ok=True)
            for table in ("units", "issues"):
                turn = f"(substr(unit_id, 2)::BIGINT % {ROUNDS} = {k % ROUNDS})"
                one, two = (literal(at / f"{table}.parquet") for at in (base, other))
                both = f"FROM {one} WHERE NOT {turn} UNION ALL FROM {two} WHERE {turn}"
                duckdb.sql(f"COPY ({both}) TO {literal(data / f'{table}.parquet')} (FORMAT parquet)")
            day = str(FIRST + timedelta(7 * k))
            command = ["check", str(data), "--pack", str(PACK), "--as-of", day, "-o", str(out), "--lang", "en", "--top", "0"]
            measured([sys.executable, "cli.py", *command])
        made.append(out)
    return made


def compare(units: int, n: int, folder: Path) -> list[list[object]]:
    made, ledger = reviews(units, n, folder), folder / "ledger.db"
    ledger.unlink(missing_ok=True)
    counts = [duckdb.sql(f"SELECT count(*) FROM {literal(out / 'findings.parquet')}").fetchall()[0][0] for out in made]
    command = [sys.executable, "cli.py", "ledger", str(ledger)]
    costs = [measured([*command, "add", str(out), "--lang", "en"]) for out in (*made[1:], made[0])]
    shown = measured([*command, "show", "--overdue", "--lang", "en"])
    middle = [median(getattr(cost, what) for cost in costs[:-1]) for what in ("wall", "cpu", "peak_mb")]
    rows = [
        ("add, as they come (median)", counts[-1], *middle),
        ("add, the last of them", counts[-1], costs[-2].wall, costs[-2].cpu, costs[-2].peak_mb),
        ("add, the earliest last", counts[0], costs[-1].wall, costs[-1].cpu, costs[-1].peak_mb),
        ("show --overdue", sum(counts), shown.wall, shown.cpu, shown.peak_mb),
    ]
    return [[name, f"{n:,}", *(f"{value:.1f}" for value in cost)] for name, n, *cost in rows]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--units", type=int, default=UNITS)
    parser.add_argument("--reviews", type=int, default=REVIEWS)
    parser.add_argument("--keep", type=Path, help="keep the data in this folder for the next time")
    options = parser.parse_args(arguments)
    with work_folder(options.keep) as folder:
        rows = compare(options.units, options.reviews, folder)
    print(tabulate(rows, HEADS, tablefmt="github", disable_numparse=True))


if __name__ == "__main__":
    main()
