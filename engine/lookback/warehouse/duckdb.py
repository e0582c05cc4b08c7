"""The door to DuckDB, in this process.

In: queries in DuckDB's SQL. Out: tables under names, rows, files. It knows nothing of packs or reviews.
Everything that does not fit into memory is spilled into the folder that it is given.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from lookback.warehouse import Warehouse
from lookback.words.errors import InternalError, LookbackError, OutputError

ROWS_PER_GROUP = 122_880
"""Fixed, so that the same records give the same file whatever the number of threads."""
WORDS_PER_GROUP = 1_000
"""A column of more texts than that gets no dictionary: to find out that it has as many as rows is slow."""
Progress = Callable[[float], None]


BESIDE = 500_000_000
"""Bytes: what a process needs beside DuckDB's own memory, at a million units."""
LEAST_MEMORY = 600_000_000
ENOUGH = 1_400_000_000
"""Bytes that are taken of a machine that has twice as many, however little is asked."""
FOR_ONE = 1_000_000
"""Bytes of text that one thread reads and judges for less than several, which have to be told of each query."""
CONTAINER = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
"""What a container may have, in the two ways of Linux."""


class DuckDB(Warehouse):
    """One connection. `folder` None: nothing is spilled; `threads` None: as many as there are cores; `memory`: bytes that the
    process may take, and what does not fit is spilled; None: half of what the machine or the container has. `expect` asks for
    less of both where that will do."""

    def __init__(self, folder: Path | None, threads: int | None = None, memory: int | None = None) -> None:
        self.spill = str(folder / "spill") if folder is not None else ""
        self.connection = duckdb.connect(config={"temp_directory": self.spill, "preserve_insertion_order": "true"})
        self.connection.execute("SET enable_progress_bar = false")
        # DuckDB makes a join of `IN` with five values or more, and a join does not keep the order of the rows
        self.connection.execute("SET disabled_optimizers = 'in_clause'")
        self._threads = threads
        if threads is not None:
            self.connection.execute(f"SET threads = {int(threads)}")
        self._limited = memory is not None
        self._limit(memory or memory_here() // 2)

    def expect(self, size: int) -> None:
        """Take no more memory and threads than an input of so many bytes of text needs, unless limits were asked for."""
        if self._threads is None and size < FOR_ONE:
            self.connection.execute("SET threads = 1")
        if not self._limited:
            self._limit(min(max(size, ENOUGH), memory_here() // 2))

    def _limit(self, memory: int) -> None:
        self.connection.execute(f"SET memory_limit = '{max(memory - BESIDE, LEAST_MEMORY - BESIDE) // 1000}KB'")

    def close(self) -> None:
        self.connection.close()

    def run(self, query: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> duckdb.DuckDBPyConnection:
        """Run one statement. Raises OutputError where the disk is full, InternalError for whatever DuckDB refuses."""
        with self._told(query):
            return self.connection.execute(query, parameters) if parameters else self.connection.execute(query)

    @contextmanager
    def _told(self, query: str) -> Iterator[None]:
        try:
            yield
        except (duckdb.InterruptException, RuntimeError) as error:  # what DuckDB makes of Ctrl-C
            if "interrupted" not in str(error).casefold():
                raise
            raise KeyboardInterrupt from error
        except duckdb.Error as error:
            raise translated(error, query, self.spill) from error

    def create(self, name: str, query: str) -> None:
        self.run(f"CREATE OR REPLACE TEMP TABLE {quoted(name)} AS {query}")

    def view(self, name: str, query: str) -> None:
        self.run(f"CREATE OR REPLACE TEMP VIEW {quoted(name)} AS {query}")

    def load(self, name: str, rows: pa.Table) -> None:
        _loading = rows  # DuckDB finds it among the variables here, for half of what a view of it would take
        query = f"CREATE OR REPLACE TEMP TABLE {quoted(name)} AS SELECT * FROM _loading"
        with self._told(query):
            self.connection.execute(query)

    def register(self, name: str, rows: pa.Table) -> None:
        """An Arrow table under a name, not copied."""
        self.connection.register(name, rows)

    def drop(self, name: str) -> None:
        self.run(f"DROP TABLE IF EXISTS {quoted(name)}")

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self._told(query):  # rows are worked out while they are fetched
            return self.run(query).fetchall()

    def arrow(self, query: str) -> pa.Table:
        with self._told(query):
            return self.run(query).to_arrow_table()

    def columns(self, name: str) -> list[str]:
        """The columns of a table."""
        return [row[0] for row in self.rows(f"DESCRIBE {quoted(name)}")]

    def write(self, queries: Sequence[str], file: Path) -> None:
        parts = [file.with_name(f"{file.name}.{n}") for n in range(len(queries))] if len(queries) > 1 else [file]
        for part, query in zip(parts, queries, strict=True):
            self._copy(query, part, "zstd" if part == file else "snappy")
        if len(parts) > 1:  # a UNION ALL would mix the rows of its parts
            self._copy(f"FROM read_parquet([{', '.join(map(path_literal, parts))}])", file)
            for part in parts:
                part.unlink()

    def write_with(self, query: str, file: Path, notes: Mapping[str, str]) -> None:
        """The same of one query, with texts under names beside the rows."""
        self._copy(query, file, notes=notes)

    def write_csv(self, query: str, file: Path) -> None:
        """A query's rows as CSV (RFC 4180, UTF-8), the columns' names first; null is nothing, an empty text is `""`."""
        self.run(f"COPY ({query}) TO {literal(str(file))} (FORMAT csv, HEADER)")

    def _copy(self, query: str, file: Path, by: str = "zstd", notes: Mapping[str, str] | None = None) -> None:
        said = ", ".join(f"{quoted(name)}: {literal(text)}" for name, text in (notes or {}).items())
        how = f"COMPRESSION {by}, ROW_GROUP_SIZE {ROWS_PER_GROUP}, DICTIONARY_SIZE_LIMIT {WORDS_PER_GROUP}"
        how += f", KV_METADATA {{{said}}}" if notes else ""
        self.run(f"COPY ({query}) TO {literal(str(file))} (FORMAT parquet, {how})")


def memory_here() -> int:
    """Bytes of memory that this process may have: the machine's, or its container's where that has less."""
    have = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")] if hasattr(os, "sysconf") else []
    for file in CONTAINER:
        try:
            have.append(int(Path(file).read_text("ascii")))
        except (OSError, ValueError):  # no container, or one without a limit ("max")
            continue
    return min(have, default=4 * ENOUGH)


def arrow_type(name: str) -> pa.DataType:
    """An Arrow type by its name; Arrow itself knows none of decimals."""
    if name.startswith("decimal128"):
        return pa.decimal128(*map(int, re.findall(r"\d+", name)[1:]))
    return pa.type_for_alias(name)


def quoted(name: str) -> str:
    """A name as DuckDB reads it, whatever characters it has."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def file_name(path: str, parts: int = 1) -> str:
    """The SQL of a path's last parts: the file's name, and as many folders above it as tell it apart."""
    return f"array_to_string(list_slice(string_split_regex({path}, '[/\\\\]'), -{parts}, -1), '/')"


def path_literal(path: Path) -> str:
    """A path as DuckDB reads it where it would take wild cards: none of its characters is one."""
    return literal("".join(f"[{c}]" if c in "*?[" else c for c in str(path)))


def translated(error: duckdb.Error, query: str, spill: str = "") -> LookbackError:
    """DuckDB's error as one of ours. `spill`: the folder that it spills into."""
    said = str(error)
    if "max_temp_directory_size" in said or ("No space left" in said and spill and spill in said):
        return OutputError("temporary-full", folder=spill)
    if "No space left" in said or ("disk" in said.casefold() and "full" in said.casefold()):
        return OutputError("disk-full", why=said.splitlines()[0])
    if isinstance(error, duckdb.OutOfMemoryException):
        return OutputError("out-of-memory")
    if isinstance(error, duckdb.IOException | duckdb.PermissionException):
        return OutputError("cannot-write", why=said.splitlines()[0])
    return InternalError("warehouse-refused", why=said.splitlines()[0], query=query[:2000])
