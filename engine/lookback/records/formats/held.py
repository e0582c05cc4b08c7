"""Data that a program holds -> files to be read like any other: rows as lines of JSON, what speaks Arrow as Parquet.

In: for each table a list of mappings (a row each), or a DataFrame or table that hands itself over by the Arrow C stream protocol
(pandas, Polars, pyarrow, DuckDB …) or has `to_arrow`. None of these libraries is imported. A missing name, None and Arrow's null
are blank, and so is whatever pandas takes for missing; NaN anywhere else is a value that cannot be read. Types are kept. A row is
called by its number, from 1.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lookback.records.formats.files import InputFile, input_file
from lookback.words.errors import UsageError

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Held:
    """name: the table, as the user calls it. rows: mappings, or an Arrow table."""

    name: str
    rows: Sequence[Mapping[Any, Any]] | pa.Table = field(repr=False)

    def __str__(self) -> str:
        return self.name

    def file(self, folder: Path, table: str | None) -> InputFile:
        """The rows, written into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        path = next(path for n in count() if not (path := folder / f"held-{n}").exists())
        if isinstance(self.rows, Sequence):
            with path.open("w", encoding="ascii", newline="\n") as lines:
                lines.writelines(json.dumps({str(k): _plain(v) for k, v in row.items()}) + "\n" for row in self.rows)
                lines.write("" if self.rows else "[]")
            return input_file(path, self.name, "json", table)
        from pyarrow.parquet import write_table

        write_table(self.rows, path, store_schema=False, coerce_timestamps="us", allow_truncated_timestamps=True)
        return input_file(path, self.name, "parquet", table)


Item = str | Path | Held
"""What is handed in: as it is named on the command line, or as a program holds it."""


def items_of(data: object) -> list[Item]:
    """What a program hands in, one by one: paths as they are; of a mapping, the table's name with its paths or data. Raises
    UsageError for what is neither."""
    if isinstance(data, str | Path):
        return [data]
    if isinstance(data, Mapping):
        return [item for name, of in data.items() for item in _of_table(str(name), of)]
    listed: list[Any] = list(data) if isinstance(data, Sequence) else [data]
    for item in listed:
        if not isinstance(item, str | Path | Held):
            raise UsageError("data-of-no-table", kind=type(item).__name__)
    return listed


def _of_table(name: str, data: object) -> list[Item]:
    if isinstance(data, str | Path):
        return [f"{name}={data}"]
    if isinstance(data, Sequence):
        if data and all(isinstance(one, str | Path) for one in data):
            return [f"{name}={one}" for one in data]
        for n, row in enumerate(data, 1):
            if not isinstance(row, Mapping):
                raise UsageError("held-no-row", table=name, n=n, kind=type(row).__name__)
        return [Held(name, data)]
    return [Held(name, _arrow(name, data))]


def _arrow(name: str, data: Any) -> Sequence[Mapping[Any, Any]] | pa.Table:
    """A table of types that Parquet has. A frame of pandas with a column of mixed objects is no Arrow, and read row by row."""
    import pyarrow as pa

    try:
        if hasattr(data, "__arrow_c_stream__") or hasattr(data, "__arrow_c_array__"):
            table = pa.table(data)
        elif hasattr(data, "to_arrow"):
            table = pa.table(data.to_arrow())
        else:
            raise UsageError("held-no-rows", table=name, kind=type(data).__name__)
        kept = [(c, _stored(table.column(i))) for i, c in enumerate(table.column_names) if not c.startswith("__index_level_")]
        return pa.Table.from_arrays([column for _, column in kept], names=[c for c, _ in kept])
    except (pa.ArrowException, TypeError, ValueError) as error:
        if hasattr(data, "notna") and hasattr(data, "to_dict"):
            frame = data.reset_index() if any(named is not None for named in data.index.names) else data
            rows: list[Mapping[Any, Any]] = frame.astype(object).where(frame.notna(), None).to_dict("records")
            return rows
        raise UsageError("held-unreadable", table=name, why=" ".join(str(error).split())) from error


def _stored(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column as Parquet keeps it, and DuckDB reads it: no codes, no views, nothing without a type."""
    import pyarrow as pa

    kind = column.type
    if pa.types.is_dictionary(kind):
        return _stored(column.cast(kind.value_type))
    texts = pa.types.is_string_view(kind) or pa.types.is_large_string(kind) or pa.types.is_null(kind)
    return column.cast(pa.string()) if texts or pa.types.is_decimal256(kind) else column


def _plain(value: object) -> object:
    """A value as JSON has it: exact numbers, days and times as their texts."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if value - value == 0 else str(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(one) for one in (sorted(value, key=str) if isinstance(value, set | frozenset) else value)]
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    return str(value)
