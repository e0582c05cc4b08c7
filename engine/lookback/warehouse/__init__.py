"""The door to an engine that runs queries. Judging goes through these seven methods alone, so that any engine with them can
judge; reading what the user names, and asking a review, are DuckDB's (`duckdb.py`)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import pyarrow as pa


class Warehouse(Protocol):
    """Tables and views by name. Queries are in the engine's dialect (`Program.for_dialect`).

    Raises OutputError where the disk or the memory is full, InternalError for whatever the engine refuses.
    """

    def create(self, name: str, query: str) -> None:
        """A table of a query's rows, in place of one of that name."""

    def view(self, name: str, query: str) -> None:
        """A query under a name."""

    def load(self, name: str, rows: pa.Table) -> None:
        """A table of the rows of an Arrow table, in place of one of that name."""

    def drop(self, name: str) -> None:
        """A table that is needed no more, or that is none."""

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """A query's rows as values of Python."""

    def arrow(self, query: str) -> pa.Table:
        """A query's rows."""

    def write(self, queries: Sequence[str], file: Path) -> None:
        """A Parquet file of the rows of one query after the other, each in its order; the same rows give the same bytes."""
