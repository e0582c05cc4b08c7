"""The door to DuckDB."""

from __future__ import annotations

from pathlib import Path

import pytest

from lookback.warehouse.duckdb import Warehouse


class Interrupted:
    """A connection on which somebody has just pressed Ctrl-C, as DuckDB tells it."""

    def execute(self, text: str) -> None:
        raise RuntimeError("Query interrupted")


def test_a_query_that_is_stopped_ends_as_anything_that_is_stopped(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    warehouse.close()
    warehouse.connection = Interrupted()  # type: ignore[assignment]
    with pytest.raises(KeyboardInterrupt):
        warehouse.run("SELECT 1")
