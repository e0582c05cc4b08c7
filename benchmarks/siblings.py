"""A fact over the records of one table that agree in some values, against the same window function in DuckDB.

    python -m benchmarks.siblings --records 1000000

Both make a table of a million issues with how many open ones of their unit have the same title: the program of a pack, with the
truth of the rule that asks for it, and the window written by hand. One in a hundred has no title. CPU seconds, the least of some
runs that take turns.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from tabulate import tabulate

from lookback.judging.program import compile
from lookback.packs.check import check_pack
from lookback.packs.read import read_pack
from lookback.warehouse.duckdb import DuckDB

MOST = 1.5
PACK = {
    "pack.yaml": """
pack: siblings
version: "1"
outcomes: [{outcome: pass}, {outcome: make_up}]
""",
    "records.yaml": """
tables:
  units: {key: unit_id, fields: {unit_id: {type: text}}}
  issues:
    key: issue_id
    belongs_to: units
    not_counted: {because: {en: Only what it costs is asked.}}
    fields: {issue_id: {type: text}, unit_id: {type: text}, title: {type: text}, open: {type: boolean}}
""",
    "1.rules.yaml": """
facts:
  - {fact: alike, of: issues, among: [unit_id, title], value: "count(*) filter (where coalesce(open, true))"}
rules:
  - {rule: no-two-alike, for: issues, title: {en: No two}, require: alike <= 1, otherwise: make_up}
""",
}
BY_HAND = """
SELECT _row, unit_id, alike, CASE WHEN alike > 1 THEN 0 WHEN alike <= 1 THEN 1 ELSE 2 END AS _w0 FROM (
    SELECT _row, unit_id, count(*) FILTER (WHERE coalesce(open, true)) OVER (PARTITION BY unit_id, title) AS alike
    FROM records_issues
) ORDER BY _row
"""


def records(n: int) -> str:
    return f"""SELECT i AS _row, concat('U', i // 5) AS _unit, concat('I', i) AS issue_id, concat('U', i // 5) AS unit_id,
        CASE WHEN hash(i) % 100 > 0 THEN concat('title ', hash(i, 1) % 20) END AS title, hash(i, 2) % 2 = 0 AS open
        FROM range({n}) AS r(i)"""


def measure(n: int, runs: int) -> tuple[float, float]:
    """CPU seconds of the fact, and of the window by hand."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in PACK.items():
            (Path(folder) / name).write_text(text, "utf-8")
        program = compile(check_pack(read_pack(folder)))
    step = next(step for step in program.steps if step.table == "issues")
    warehouse = DuckDB(None)
    warehouse.create("records_issues", records(n))
    found: dict[str, list[float]] = {}
    for _ in range(runs):
        for who, query in (("fact", program.sql[f"state_{step.number}"]), ("window", BY_HAND)):
            started = time.process_time()
            warehouse.create(f"made_{who}", query)
            found.setdefault(who, []).append(time.process_time() - started)
    warehouse.close()
    return min(found["fact"]), min(found["window"])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.siblings", description="Measure a fact among siblings.")
    parser.add_argument("--records", type=int, default=1_000_000, metavar="N")
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="how often each is run; the least counts")
    given = parser.parse_args()
    fact, window = measure(given.records, given.runs)
    rows = [[f"{given.records:,}", f"{fact:.2f}", f"{window:.2f}", f"{fact / window:.2f}", f"{MOST}"]]
    print(tabulate(rows, headers=["records", "fact s", "window s", "ratio", "at most"], tablefmt="github", disable_numparse=True))


if __name__ == "__main__":
    main()
