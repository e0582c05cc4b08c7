"""What a draw costs: `draw` and `verify` on a review of many units.

    python -m benchmarks.drawing --units 100000 --runs 3

Each run is a process of its own, measured as a whole. The aim: 100,000 units are drawn from in less than 3 CPU
seconds.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks.run import Cost, by_units, data_of, measured, run_engine

UNITS = (100_000,)
SIZE = 1_000
HEADS = ("units", "drawn", "", "wall s", "CPU s", "peak MB")


def compare(units: int, runs: int, folder: Path) -> list[list[object]]:
    review, drawn = folder / "review", folder / "draw"
    run_engine(data_of(units, folder), review, None)
    draw = [
        *("draw", str(review), "--size", str(SIZE), "--seed", "2005-09-28: 3 1 9", "--by", "region,kind"),
        *("--groups", "8", "-o", str(drawn)),
    ]
    verify = ["verify", str(drawn), "--of", str(review)]
    rows: list[list[object]] = []
    for name, command in (("draw", draw), ("verify", verify)):
        costs: list[Cost] = [measured([sys.executable, "cli.py", *command, "--lang", "en"]) for _ in range(runs)]
        found = [median(getattr(cost, what) for cost in costs) for what in ("wall", "cpu", "peak_mb")]
        rows.append([f"{units:,}", f"{SIZE:,}", name, *(f"{value:.0f}" if value > 100 else f"{value:.1f}" for value in found)])
    return rows


def main(arguments: Sequence[str] | None = None) -> None:
    by_units(__doc__ or "", UNITS, HEADS, compare, arguments)


if __name__ == "__main__":
    main()
