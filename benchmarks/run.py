"""The engine against the same review written by hand in SQL: time, memory, and whether both say the same.

    python -m benchmarks.run --units 10000 100000 --runs 3

Each run is a process of its own, measured as a whole from start to exit; the two take turns. Both read the same Parquet files
and write verdicts and findings by the rules of `benchmarks/pack`, a part of `lookback-2005` before 2.0. The engine also checks
and types every value, keeps the records that it judged, and writes the workbook for people, which the script does not. CPU
seconds tell more than wall seconds where other work shares the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import duckdb
from tabulate import tabulate

from benchmarks.generate import generate

ROOT = Path(__file__).resolve().parent.parent
PACK = Path(__file__).with_name("pack")
SCRIPT = Path(__file__).with_name("by_hand.sql")
UNITS = (10_000, 100_000, 1_000_000)
RESULTS = ("verdicts", "findings")
SHOWN = 3
# By hand it is no more than this: the script's text, its three placeholders, DuckDB. So nothing else is imported.
BY_HAND = """
import sys, duckdb
script, data, out, threads = sys.argv[1:]
with open(script, encoding="utf-8") as file:
    text = file.read()
for word, path in (("$units", data + "/units.parquet"), ("$issues", data + "/issues.parquet"), ("$out", out)):
    text = text.replace(word, path.replace("'", "''"))
with duckdb.connect() as connection:
    if threads:
        connection.execute("SET threads = " + threads)
    connection.execute(text)
"""
HEADS = ("units", "issues", "", "wall s", "CPU s", "peak MB")
RATIO_HEADS = ("units", "CPU, engine / by hand", "findings", "decisions", "situations", "records a decision")


@dataclass(frozen=True)
class Cost:
    """What one process took."""

    wall: float
    cpu: float
    peak_mb: float


def measured(command: Sequence[str], expected: int = 0) -> Cost:
    """Run a process to its end. Raises SystemExit with its stderr where it ends with another code than is expected."""
    with tempfile.TemporaryFile() as said:
        started = time.monotonic()
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != expected:
            said.seek(0)
            why = said.read().decode("utf-8", "replace")
            raise SystemExit(f"{' '.join(command[:4])} … ended with {process.returncode}:\n{why}")
    unit = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss, in bytes
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss * unit / 1e6)


def run_engine(data: Path, out: Path, threads: int | None) -> Cost:
    limit = ["--threads", str(threads)] if threads else []
    return measured([sys.executable, "cli.py", "check", str(data), "--pack", str(PACK), "-o", str(out), "--lang", "en", *limit])


def run_by_hand(data: Path, out: Path, threads: int | None) -> Cost:
    out.mkdir(parents=True, exist_ok=True)
    return measured([sys.executable, "-c", BY_HAND, str(SCRIPT), str(data), str(out), str(threads or "")])


def differences(engine: Path, by_hand: Path) -> list[str]:
    """How the two results differ, as multisets of rows over the columns that both have; nothing where they agree."""
    found = []
    with duckdb.connect() as connection:
        for result in RESULTS:
            files = [literal(folder / f"{result}.parquet") for folder in (engine, by_hand)]
            columns = [[row[0] for row in connection.execute(f"DESCRIBE FROM {file}").fetchall()] for file in files]
            shared = ", ".join(f'"{c}"' for c in columns[0] if c in columns[1])
            rows = [f"SELECT {shared} FROM {file}" for file in files]
            for who, these, others in (("the engine", *rows), ("the script", *reversed(rows))):
                only = f"({these} EXCEPT ALL {others})"
                count = _number(connection, f"SELECT count(*) FROM {only}")
                if count:
                    found.append(f"{result}: {count} rows that only {who} has, such as")
                    found += [f"    {row}" for row in connection.execute(f"FROM {only} ORDER BY ALL LIMIT {SHOWN}").fetchall()]
    return found


def literal(file: Path) -> str:
    return "'" + str(file).replace("'", "''") + "'"


def _number(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    return int(connection.execute(query).fetchall()[0][0])


@contextmanager
def work_folder(keep: Path | None) -> Iterator[Path]:
    """Where data and results lie: `keep`, or a temporary folder."""
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="lookback-bench-") as folder:
        yield Path(folder)


def data_of(units: int, folder: Path) -> Path:
    """The records of a size, made where they are not there from an earlier run."""
    data = folder / f"{units}-records"
    if not data.is_dir():
        making = folder / f"{units}-records.part"
        shutil.rmtree(making, ignore_errors=True)
        generate(units, making)
        making.rename(data)
    return data


def compare(units: int, runs: int, threads: int | None, folder: Path) -> tuple[list[list[object]], list[object]]:
    """The rows of the two tables for one size. Raises SystemExit where the results differ."""
    data = data_of(units, folder)
    engine_out, hand_out = folder / f"{units}-engine", folder / f"{units}-by-hand"
    engine, hand = [], []
    for turn in range(runs):
        print(f"{units:,} units: run {turn + 1} of {runs}", file=sys.stderr)
        for out in (engine_out, hand_out):
            shutil.rmtree(out, ignore_errors=True)
        engine.append(run_engine(data, engine_out, threads))
        hand.append(run_by_hand(data, hand_out, threads))
        if turn == 0:
            found = differences(engine_out, hand_out)
            if found:
                raise SystemExit("\n".join([f"{units} units: the engine and the script differ", *found]))
    summary = json.loads((engine_out / "review.json").read_text("utf-8"))
    with duckdb.connect() as connection:
        issues = _number(connection, f"SELECT count(*) FROM {literal(data / 'issues.parquet')}")
        findings = _number(connection, f"SELECT count(*) FROM {literal(hand_out / 'findings.parquet')}")
    costs: list[list[object]] = []
    for who, these in (("engine", engine), ("by hand", hand)):
        middle = [median(c.wall for c in these), median(c.cpu for c in these), median(c.peak_mb for c in these)]
        costs.append([f"{units:,}", f"{issues:,}", who, f"{middle[0]:.1f}", f"{middle[1]:.1f}", f"{middle[2]:,.0f}"])
    ratio = median(e.cpu / h.cpu for e, h in zip(engine, hand, strict=True))
    decisions = summary["decisions"]
    situations = sum(rule["situations"] for rule in summary["rules"].values())
    each = (units + issues) // max(decisions, 1)
    return costs, [f"{units:,}", f"{ratio:.2f}", f"{findings:,}", f"{decisions:,}", f"{situations:,}", f"{each:,}"]


def by_units(
    said: str,
    units: Sequence[int],
    heads: Sequence[str],
    compare: Callable[[int, int, Path], list[list[object]]],
    arguments: Sequence[str] | None = None,
) -> None:
    """A command that prints what `compare` (units, runs, folder) measures, for each number of units. `said`: its first line says
    of what."""
    parser = argparse.ArgumentParser(description=said.split("\n")[0])
    parser.add_argument("--units", type=int, nargs="+", default=units)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="keep the data in this folder for the next time")
    options = parser.parse_args(arguments)
    with work_folder(options.keep) as folder:
        rows = [row for n in options.units for row in compare(n, options.runs, folder)]
    print(tabulate(rows, heads, tablefmt="github", disable_numparse=True))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description="Measure the engine against SQL by hand.")
    parser.add_argument("--units", type=int, nargs="+", default=UNITS, metavar="N", help="the sizes; five issues each on average")
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="how often each is run; medians are shown")
    parser.add_argument("--threads", type=int, metavar="N", help="of DuckDB, for both; as many as there are cores if not given")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep records and results here, and use records already there")
    given = parser.parse_args()
    if given.runs < 1 or min(given.units) < 1 or (given.threads is not None and given.threads < 1):
        parser.error("--units, --runs and --threads take numbers from 1 on")
    costs: list[list[object]] = []
    ratios: list[list[object]] = []
    with work_folder(given.keep) as folder:
        for units in given.units:
            cost, ratio = compare(units, given.runs, given.threads, folder)
            costs += cost
            ratios.append(ratio)
    for heads, rows, left in ((HEADS, costs, 2), (RATIO_HEADS, ratios, None)):
        align = ["left" if i == left else "right" for i in range(len(heads))]
        print(tabulate(rows, headers=heads, tablefmt="github", disable_numparse=True, colalign=align))
        print()
    with_ = f"threads: {given.threads}" if given.threads else f"cores: {os.cpu_count()}"
    print(f"Medians of {given.runs} runs; {with_}; Python {sys.version.split()[0]}, DuckDB {duckdb.__version__}.")
    print("At every size both gave the same verdicts and findings.")


if __name__ == "__main__":
    main()
