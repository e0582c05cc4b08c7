"""What a command costs before it has much to do: whole processes, the median of several runs.

    python -m benchmarks.startup --runs 5

The commands take turns, so that what else the machine does falls on all of them alike. CPU seconds are those of all threads.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from statistics import median

from tabulate import tabulate

from benchmarks.run import measured, work_folder

SMALL, PACK, OUT = "fixtures/small", "rules/lookback-2005", "REVIEW"
COMMANDS = (
    ("--help",),
    ("check", "--help"),
    ("check", SMALL),
    ("check", SMALL, "-o", OUT),
    ("flagged", OUT),
    ("rules", "check", PACK),
    ("rules", "list", PACK),
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.startup", description="Measure what commands cost by themselves.")
    parser.add_argument("--runs", type=int, default=5, metavar="N", help="how often each is run; medians are shown")
    given = parser.parse_args()
    with work_folder(None) as folder:
        review = str(folder / "review")
        commands = [["cli.py", *(review if word == OUT else word for word in words)] for words in COMMANDS]
        costs = [[measured([sys.executable, *command]) for command in commands] for _ in range(given.runs)]
    rows = []
    for words, runs in zip(COMMANDS, zip(*costs, strict=True), strict=True):
        cpu = [cost.cpu for cost in runs]
        shown = (median(cpu), min(cpu), median(cost.wall for cost in runs))
        rows.append([f"lookback {' '.join(words)}", *(f"{value:.2f}" for value in shown), f"{max(c.peak_mb for c in runs):,.0f}"])
    heads = ("command", "CPU s", "the least", "wall s", "peak MB")
    print(tabulate(rows, headers=heads, tablefmt="github", disable_numparse=True))
    print(f"\nMedians of {given.runs} runs, {Path(sys.executable).name} {sys.version.split()[0]}.")


if __name__ == "__main__":
    main()
