"""What a reference costs: a million records of which each names a row of reference data, beside the same join in DuckDB.

    python -m benchmarks.references --records 1000000

The records are checked twice by one rule: once they have the value themselves, once they look it up. What the second check
takes more, in CPU seconds, is what the reference costs; beside it what `SELECT … LEFT JOIN` of the same files takes by hand. At
most 1.5 times as much is wanted. The least of several runs is told.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
from tabulate import tabulate

import lookback
from benchmarks.run import work_folder

RECORDS, CODES, UNITS, RUNS = 1_000_000, 10_000, 20_000, 3
PACK = """\
pack: referring
version: "1.0"
outcomes:
  - {outcome: pass, title: {en: Pass}}
  - {outcome: make_up, title: {en: Make up}}
"""
TABLES = """\
tables:
  units: {key: unit_id, fields: {unit_id: {type: text}}}
  issues:
    key: issue_id
    belongs_to: units
    not_counted: {because: {en: only measured}}
    fields:
      issue_id: {type: text}
      unit_id: {type: text}
      points: {type: integer}
      code: {type: text CODE}
  codes: {key: code, reference: true, fields: {code: {type: text}, points: {type: integer}}}
"""
RULE = "rules:\n  - {rule: few, for: issues, title: {en: Few}, require: POINTS <= 90, otherwise: make_up}\n"


def write(records: int, folder: Path) -> None:
    """The two packs, and the records as Parquet."""
    for name, code, points in (("own", "", "points"), ("looked-up", ", refers_to: codes", "code.points")):
        (folder / name).mkdir(parents=True)
        (folder / name / "pack.yaml").write_text(PACK, "utf-8")
        (folder / name / "records.yaml").write_text(TABLES.replace(" CODE", code), "utf-8")
        (folder / name / "1.rules.yaml").write_text(RULE.replace("POINTS", points), "utf-8")
    data = folder / "data"
    data.mkdir()
    hashed = f"'C' || (hash(i) % {CODES})"
    for table, query in (
        ("units", f"SELECT 'U' || i AS unit_id FROM range({UNITS}) AS t(i)"),
        ("codes", f"SELECT 'C' || i AS code, i % 100 AS points FROM range({CODES}) AS t(i)"),
        (
            "issues",
            f"SELECT 'I' || i AS issue_id, 'U' || (i % {UNITS}) AS unit_id, (hash(i) % {CODES} % 100)::BIGINT AS points, "
            f"{hashed} AS code FROM range({records}) AS t(i)",
        ),
    ):
        duckdb.sql(f"COPY ({query}) TO '{data / table}.parquet' (FORMAT parquet)")


def least(measure: Callable[[], None], runs: int) -> float:
    """The fewest CPU seconds of some runs."""
    found = []
    for _ in range(runs):
        before = time.process_time()
        measure()
        found.append(time.process_time() - before)
    return min(found)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.references", description="Measure what a reference costs.")
    parser.add_argument("--records", type=int, default=RECORDS, metavar="N", help="records that refer")
    parser.add_argument("--runs", type=int, default=RUNS, metavar="N", help="runs of which the least is told")
    given = parser.parse_args()
    with work_folder(None) as folder:
        write(given.records, folder)

        def checked(pack: str) -> float:
            return least(lambda: lookback.check(folder / "data", pack=folder / pack, lang="en", threads=2).close(), given.runs)

        def by_hand() -> None:
            with duckdb.connect(config={"threads": 2}) as connection:
                files = {table: f"read_parquet('{folder / 'data' / table}.parquet')" for table in ("issues", "codes")}
                joined = f"SELECT r.*, c.points AS found FROM {files['issues']} AS r LEFT JOIN {files['codes']} AS c USING (code)"
                connection.execute(f"CREATE TEMP TABLE joined AS {joined}")

        own, looked_up, hand = checked("own"), checked("looked-up"), least(by_hand, given.runs)
    cost = looked_up - own
    row = [f"{given.records:,}", f"{own:.2f}", f"{looked_up:.2f}", f"{cost:.2f}", f"{hand:.2f}", f"{cost / hand:.2f}"]
    heads = ("records", "own value", "looked up", "the reference", "LEFT JOIN by hand", "times")
    print(tabulate([row], headers=heads, tablefmt="github", disable_numparse=True))


if __name__ == "__main__":
    main()
