"""What the user names -> raw tables: which table each file or sheet is, where its header stands, how its rows are read.

In: folders, files, `table=file`. Out: `RawTable`s, each a relation of columns as the file has them, and notices on what was
left aside. Nothing is typed here, and no row is looked at but the header.
"""

from __future__ import annotations

import csv
import hashlib
import io
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from python_calamine import CalamineError, CalamineWorkbook

from engine.errors import InputError, LookbackError, UsageError, did_you_mean
from engine.model import Notice, TableDef
from engine.warehouse.duckdb import Warehouse, literal, path_literal, quoted

TEXT_FILES = (".csv", ".tsv", ".txt")
JSON_FILES = (".jsonl", ".ndjson", ".json")
WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".ods")
ENDINGS = (*TEXT_FILES, *JSON_FILES, ".parquet", *WORKBOOKS)
DELIMITERS = ",\t;|"
LONGEST_HEADER = 1_000_000


@dataclass(frozen=True)
class RawColumn:
    """A column as the file has it: its header, its name in the relation, its type there ('VARCHAR' unless Parquet)."""

    header: str
    name: str
    type: str = "VARCHAR"


@dataclass(frozen=True)
class RawTable:
    """Rows of one file or sheet. `relation` is DuckDB's SQL for them; `line` an expression for the row's number in the file."""

    table: str
    file: Path
    sheet: str | None
    columns: tuple[RawColumn, ...]
    relation: str
    line: str
    sha256: str
    delimiter: str | None = None  # of a text file: its rows are counted by its lines, and those that do not fit are collected
    first_line: int = 1  # where the first record stands, if the reader does not tell


@dataclass
class Inputs:
    tables: list[RawTable] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)


def normal(text: str) -> str:
    """A header or name for comparing: full-width as half-width, no white space, no letter case."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def find_tables(data: Sequence[str | Path], tables: Mapping[str, TableDef], warehouse: Warehouse) -> Inputs:
    """Every raw table behind what the user named, in the order named.

    Raises UsageError for what is no input, InputError for a file that cannot be read at all.
    """
    if not data:
        raise UsageError("no-input")
    names = _names(tables)
    inputs = Inputs()
    for item in data:
        for table, file, chosen in _files(item, tables, names):
            for raw in _raw(file, table, names, tables, chosen, inputs, warehouse):
                inputs.tables.append(raw)
    if not inputs.tables:
        raise InputError("no-table", data=", ".join(str(d) for d in data), tables=", ".join(tables))
    return inputs


def _names(tables: Mapping[str, TableDef]) -> dict[str, str]:
    """Every name of a table, as `normal` gives it -> the table."""
    names: dict[str, str] = {}
    for id_, table in tables.items():
        titles = [t for t in (table.title.en, table.title.zh) if t] if table.title else []
        for word in (id_, *titles, *table.also):
            names.setdefault(normal(word), id_)
    return names


def _files(item: str | Path, tables: Mapping[str, TableDef], names: Mapping[str, str]) -> Iterator[tuple[str | None, Path, bool]]:
    """(table or None, file, whether the user named the file itself)."""
    path = Path(item)
    table: str | None = None
    if isinstance(item, str) and "=" in item and not path.exists():
        word, _, rest = item.partition("=")
        table = names.get(normal(word))
        if table is None:
            raise UsageError("no-such-table", table=word, known=", ".join(tables), help=did_you_mean(word, tables))
        path = Path(rest)
    if path.is_dir():
        found = [
            f
            for f in sorted(path.iterdir())
            if f.is_file() and f.suffix.casefold() in ENDINGS and not f.name.startswith((".", "~$"))
        ]
        if not found:
            raise InputError("empty-folder", folder=str(path), endings=" ".join(ENDINGS))
        yield from ((table, f, False) for f in found)
    elif path.is_file():
        if path.suffix.casefold() not in ENDINGS:
            raise InputError("unknown-format", file=str(path), endings=" ".join(ENDINGS))
        yield table, path, True
    else:
        raise InputError("no-such-input", path=str(path))


def _raw(
    file: Path,
    table: str | None,
    names: Mapping[str, str],
    tables: Mapping[str, TableDef],
    chosen: bool,
    inputs: Inputs,
    warehouse: Warehouse,
) -> Iterator[RawTable]:
    try:
        digest = _sha256(file)
    except OSError as error:
        raise InputError("unreadable-input", file=str(file), why=error.strerror or str(error)) from error
    ending = file.suffix.casefold()
    if ending in WORKBOOKS:
        yield from _workbook(file, table, names, inputs, warehouse, digest)
        return
    table = table or names.get(normal(file.stem))
    if table is None:
        if chosen:
            raise UsageError(
                "which-table",
                file=str(file),
                name=file.stem,
                known=", ".join(tables),
                help=("help.name-table", {"file": str(file)}),
            )
        inputs.notices.append(Notice("unknown-table-file", {"known": ", ".join(tables)}, file))
        return
    read = _parquet if ending == ".parquet" else _json if ending in JSON_FILES else _csv
    yield read(file, table, digest, warehouse)


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _csv(file: Path, table: str, digest: str, warehouse: Warehouse) -> RawTable:
    with file.open("rb") as stream:
        start = stream.read(LONGEST_HEADER)
    try:
        text = start.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.start < len(start) - 4:
            raise InputError("not-utf-8-input", file=str(file), byte=error.start) from error
        text = start[: error.start].decode("utf-8-sig")
    if not text.strip():
        raise InputError("empty-input", file=str(file))
    first = text.splitlines()[0]
    delimiter = max(DELIMITERS, key=first.count)
    headers = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    names = [f"c{i}" for i in range(len(headers))]
    columns = ", ".join(f"{literal(n)}: 'VARCHAR'" for n in names)
    relation = (
        f"read_csv({path_literal(file)}, auto_detect = false, header = true, "
        f"delim = {literal(delimiter)}, quote = '\"', escape = '\"', "
        f"columns = {{{columns}}}, store_rejects = true, max_line_size = 20000000)"
    )
    raw = tuple(RawColumn(h.strip(), n) for h, n in zip(headers, names, strict=True))
    return RawTable(table, file, None, raw, relation, "NULL::BIGINT", digest, delimiter, 2)


def _json(file: Path, table: str, digest: str, warehouse: Warehouse) -> RawTable:
    source = f"read_json_objects({path_literal(file)}, format = 'auto')"
    try:
        keys = [k for (k,) in warehouse.rows(f"SELECT DISTINCT unnest(json_keys(json)) AS k FROM {source} ORDER BY k")]
    except LookbackError as error:
        raise InputError("unreadable-input", file=str(file), why=error.args_.get("why", str(error))) from error
    if not keys:
        raise InputError("empty-input", file=str(file))
    path = {k: literal('$."' + k.replace('"', '\\"') + '"') for k in keys}
    selected = ", ".join(f"json_extract_string(json, {path[k]}) AS c{i}" for i, k in enumerate(keys))
    raw = tuple(RawColumn(k, f"c{i}") for i, k in enumerate(keys))
    return RawTable(table, file, None, raw, f"(SELECT {selected} FROM {source})", "NULL::BIGINT", digest)


def _parquet(file: Path, table: str, digest: str, warehouse: Warehouse) -> RawTable:
    try:
        pq.ParquetFile(file).close()
        described = warehouse.rows(f"DESCRIBE SELECT * FROM read_parquet({path_literal(file)})")
    except Exception as error:
        raise InputError("unreadable-input", file=str(file), why=_first_line(error)) from error
    raw = tuple(RawColumn(row[0], row[0], row[1]) for row in described)
    return RawTable(table, file, None, raw, f"read_parquet({path_literal(file)})", "NULL::BIGINT", digest)


def _workbook(
    file: Path, table: str | None, names: Mapping[str, str], inputs: Inputs, warehouse: Warehouse, digest: str
) -> Iterator[RawTable]:
    try:
        book = CalamineWorkbook.from_path(str(file))
        sheets = book.sheet_names
        wanted = [(s, table or names.get(normal(s))) for s in sheets]
        if len(sheets) == 1 and wanted[0][1] is None:
            wanted = [(sheets[0], names.get(normal(file.stem)))]
        for sheet, of in wanted:
            if of is None:
                inputs.notices.append(Notice("unknown-sheet", {"known": ", ".join(dict.fromkeys(names.values()))}, file, sheet))
                continue
            raw = _sheet(
                file,
                of,
                sheet,
                book.get_sheet_by_name(sheet).to_python(skip_empty_area=False),
                warehouse,
                digest,
                len(inputs.tables),
            )
            if raw is None:
                inputs.notices.append(Notice("empty-sheet", {}, file, sheet))
            else:
                yield raw
    except (CalamineError, OSError, ValueError) as error:
        raise InputError("unreadable-input", file=str(file), why=_first_line(error)) from error


def _sheet(
    file: Path, table: str, sheet: str, rows: list[list[Any]], warehouse: Warehouse, digest: str, number: int
) -> RawTable | None:
    """A sheet as a relation of texts; empty rows are passed over, the others keep their number."""
    filled = [(i, row) for i, row in enumerate(rows, start=1) if any(cell not in ("", None) for cell in row)]
    if not filled:
        return None
    headers = [_cell_text(cell) or "" for cell in filled[0][1]]
    lines = pa.array([i for i, _ in filled[1:]], pa.int64())
    arrays = [
        pa.array([_cell_text(row[c]) if c < len(row) else None for _, row in filled[1:]], pa.string())
        for c in range(len(headers))
    ]
    name = f"sheet_{number}_{table}"
    warehouse.load(name, pa.table([lines, *arrays], names=["_line", *(f"c{i}" for i in range(len(headers)))]))
    raw = tuple(RawColumn(h.strip(), f"c{i}") for i, h in enumerate(headers) if h.strip())
    return RawTable(table, file, sheet, raw, quoted(name), "_line", digest)


def _cell_text(cell: Any) -> str | None:
    """A cell's value as a text that `records` reads back: dates ISO, whole numbers without a point."""
    match cell:
        case None | "":
            return None
        case bool():
            return "true" if cell else "false"
        case float():
            return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
        case datetime():
            return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
        case date() | time() | timedelta():
            return str(cell)
    return str(cell)


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
