"""What every warehouse does, on each that there is; and what DuckDB alone has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlglot import parse_one

from lookback.warehouse import Warehouse
from lookback.warehouse.duckdb import DuckDB
from lookback.words.errors import InternalError

WAREHOUSES = {"DuckDB": DuckDB}
ROWS = pa.table(
    {
        "n": pa.array([1, 2, None], pa.int64()),
        "of text": pa.array(["a", "o'b", None], pa.string()),
        "yes": pa.array([True, None, False], pa.bool_()),
        "on": pa.array([date(2005, 9, 30), date(9999, 12, 31), None], pa.date32()),
    }
)


@pytest.fixture(params=WAREHOUSES.values(), ids=WAREHOUSES)
def warehouse(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Warehouse]:
    with closing(request.param(tmp_path, threads=2)) as opened:
        opened.load("t", ROWS)
        yield opened


def test_rows_that_are_loaded_come_back_as_they_were(warehouse: Warehouse) -> None:
    assert warehouse.arrow('SELECT * FROM "t" ORDER BY "n"').equals(ROWS)
    assert warehouse.rows('SELECT * FROM "t" ORDER BY "n"') == [tuple(row.values()) for row in ROWS.to_pylist()]


def test_a_table_keeps_its_rows_and_a_view_follows_them(warehouse: Warehouse) -> None:
    query = parse_one('SELECT count(*) AS "c" FROM "t"')
    warehouse.create("a table", query)
    warehouse.view("a view", query)
    warehouse.load("t", ROWS.slice(0, 1))
    assert warehouse.rows('SELECT * FROM "a table"') == [(3,)]
    assert warehouse.rows('SELECT * FROM "a view"') == [(1,)]


@pytest.mark.parametrize("make", ["create", "view", "load"])
def test_what_is_made_again_is_in_place_of_the_first(warehouse: Warehouse, make: str) -> None:
    for query in ("SELECT 1 AS x", "SELECT 2 AS x"):
        getattr(warehouse, make)("again", warehouse.arrow(query) if make == "load" else query)
    assert warehouse.rows('SELECT * FROM "again"') == [(2,)]


def test_a_file_has_the_rows_of_one_query_after_the_other_and_the_same_bytes(warehouse: Warehouse, tmp_path: Path) -> None:
    warehouse.load("many", pa.table({"n": pa.array(range(300_000), pa.int64())}))
    written = []
    for name in ("one", "two"):
        warehouse.write(['SELECT "n" FROM "many"', 'SELECT "n" FROM "t" ORDER BY "n"'], tmp_path / name)
        written.append((tmp_path / name).read_bytes())
    assert written[0] == written[1]
    assert pq.read_table(tmp_path / "one")["n"].to_pylist() == [*range(300_000), 1, 2, None]


@pytest.mark.parametrize("query", ['SELECT * FROM "nothing of this name"', "no query", "SELECT 1 / 'a'"])
def test_what_it_refuses_is_an_internal_error(warehouse: Warehouse, query: str) -> None:
    with pytest.raises(InternalError):
        warehouse.rows(query)


# ------------------------------------------------------------------------------------------------------------- DuckDB's


class Interrupted:
    """A connection on which somebody has just pressed Ctrl-C, as DuckDB tells it."""

    def execute(self, text: str) -> None:
        raise RuntimeError("Query interrupted")


def test_a_query_that_is_stopped_ends_as_anything_that_is_stopped(tmp_path: Path) -> None:
    warehouse = DuckDB(tmp_path)
    warehouse.close()
    warehouse.connection = Interrupted()  # type: ignore[assignment]
    with pytest.raises(KeyboardInterrupt):
        warehouse.run("SELECT 1")
