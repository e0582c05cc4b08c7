"""The problems of an input as workbooks to send back: a workbook a unit, or a file, with the cells in question marked.

In: what `check` takes. Out: a folder of workbooks and a list of them. A workbook holds the rows as they were written, under their
header, so that it can be corrected and handed in again as it is. Rows stand where they stood, unless a file holds several units'.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from lookback.headers.grids import RawTable
from lookback.packs.checked import CheckedPack, Named
from lookback.place import replaced_folder, temporary
from lookback.records.find import Inputs
from lookback.records.read import Read, Run, TableInput, keys_by_line, read_inputs
from lookback.reviews.folder import label_sql
from lookback.warehouse.duckdb import DuckDB, quoted
from lookback.words import say
from lookback.words.shown import free_stem

By = Literal["unit", "file"]
LISTED = "fix-list.csv"
HEADS = ("workbook", "unit", "problems")


@dataclass(frozen=True)
class Mark:
    """A cell (row and column from 0) and what is said of it."""

    row: int
    column: int
    note: str


@dataclass
class SheetToFix:
    """heads: how many rows there are down to the header. rows: (row from 0, its cells)."""

    title: str
    heads: int
    rows: list[tuple[int, list[str | None]]] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)


@dataclass
class BookToFix:
    """problems: (sheet, row from 0 or None where the row is not among them, column, header, value, expected, proposed)."""

    sheets: list[SheetToFix] = field(default_factory=list)
    problems: list[tuple[str, int | None, int | None, str | None, str | None, str, str | None]] = field(default_factory=list)


@dataclass(frozen=True)
class Listed:
    """A workbook that was written: its file's name, the unit's key (None for a file's), the number of its problems, and of the
    rows that it could not hold."""

    workbook: str
    unit: str | None
    problems: int
    left_out: int = 0


@dataclass
class _Problem:
    """A row of the warehouse's table `problems`."""

    line: int | None
    column: int | None
    header: str | None
    value: str | None
    expected: str
    proposed: str | None
    kind: str


@dataclass
class _Rows:
    """All rows of an input: `lines` where each stands, its cells as texts, how many of them are the header and what is above."""

    raw: RawTable
    lines: list[int]
    rows: list[int]
    cells: list[list[str | None]]
    heads: int
    units: list[str | None] = field(default_factory=list)


def fix_list(
    data: Sequence[str | Path],
    pack: CheckedPack,
    out: Path,
    write_book: Callable[[Path, BookToFix, str], int],
    *,
    by: By = "unit",
    lang: str = "en",
    encoding: str | Sequence[str] | None = None,
    accept_headers: bool = False,
    memory: int | None = None,
    progress: Callable[[str, float], None] = lambda stage, share: None,
) -> list[Listed]:
    """Write the folder `out`, its workbooks by `write_book`, which says how many rows it left out; nothing where there is no
    problem. Raises InputError, UsageError or OutputError."""
    with temporary() as spill:
        work = Path(spill)
        warehouse = DuckDB(work / "warehouse", memory=memory)
        try:
            run = Run(pack, warehouse, work, work / "inputs", lang, encoding, accept_headers)
            inputs, read, counts = read_inputs(data, run, lambda share: progress("read", share))
            if not counts:
                return []
            books = list(_books(inputs, read, pack, warehouse, by, lang))
        finally:
            warehouse.close()
        with replaced_folder(out, _is_fix_list) as folder:
            listed: list[Listed] = []
            taken: set[str] = set()
            for n, (name, unit, book) in enumerate(books):
                file = f"{free_stem(taken, name, '-')}.xlsx"
                left_out = write_book(folder / file, book, lang)
                listed.append(Listed(file, unit, len(book.problems), left_out))
                progress("write", (n + 1) / len(books))
            with (folder / LISTED).open("w", encoding="utf-8-sig", newline="") as stream:
                writer = csv.writer(stream)
                writer.writerow(HEADS)
                writer.writerows((one.workbook, one.unit, one.problems) for one in listed)
    return listed


def _is_fix_list(folder: Path) -> bool:
    return (folder / LISTED).exists() and all(file.suffix == ".xlsx" or file.name == LISTED for file in folder.iterdir())


def _books(
    inputs: Inputs, read: Read, pack: CheckedPack, warehouse: DuckDB, by: By, lang: str
) -> Iterator[tuple[str, str | None, BookToFix]]:
    """(name, unit, workbook) of each unit or file with problems."""
    found: dict[int, list[_Problem]] = {}
    for row in warehouse.rows(
        """SELECT input, row, cell, "column", value, expected, proposed, field, kind FROM problems
        WHERE input IS NOT NULL ORDER BY input, row, cell, field"""
    ):
        number, line, cell, header, value, expected, proposed, name, kind = row
        raw = inputs.tables[number]
        column = _column_of(cell) if cell else list(raw.columns).index(name) if name in raw.columns else None
        found.setdefault(number, []).append(_Problem(line, column, header, value, expected, proposed, kind))
    all_rows = {number: _rows_of(inputs.tables[number], warehouse) for number in found}
    for number, rows in all_rows.items():
        _say_units(rows, found[number], pack, warehouse, read.tables[rows.raw.table], number)
    labels = _labels(pack, warehouse)
    groups: dict[tuple[str | None, str | None], dict[int, list[_Problem]]] = {}
    for number, problems in found.items():
        raw, rows = inputs.tables[number], all_rows[number]
        at: dict[int | None, str | None] = dict(zip(rows.lines, rows.units, strict=True))
        if len(units := {unit for unit in rows.units if unit is not None}) == 1:
            at[None] = units.pop()  # who a missing column is asked of
        for problem in problems:
            group = (raw.file, None) if by == "file" else (None, at.get(problem.line))
            groups.setdefault(group, {}).setdefault(number, []).append(problem)
    for (file, unit), of_group in groups.items():
        book = BookToFix()
        for number, problems in of_group.items():
            rows = all_rows[number]
            whole = by == "file" or {u for u in rows.units[rows.heads :] if u is not None} <= {unit}
            _add_sheet(book, rows, None if whole else (unit,), problems, pack, lang)
        name = Path(file).stem if file is not None else say(lang, "fix-list.no-unit") if unit is None else unit
        label = labels.get(unit or "")
        yield (f"{name} {label}" if label else name), unit, book


def _column_of(cell: str) -> int:
    """The number, from 0, of the column of a cell such as B17."""
    column = 0
    for char in cell.rstrip("0123456789"):
        column = column * 26 + ord(char) - 64
    return column - 1


def _rows_of(raw: RawTable, warehouse: DuckDB) -> _Rows:
    """The rows of an input again, header and all. Where the file has no cells, they are given some: a column a field."""
    if raw.cells is None and raw.slowly is not None:
        raw = raw.slowly()
    if raw.cells is not None:
        names = [name for name in raw.cells.column_names if not name.startswith("_")]
        cells = [list(row) for row in zip(*(raw.cells[name].to_pylist() for name in names), strict=True)]
        return _Rows(raw, raw.cells["_line"].to_pylist(), raw.cells["_row"].to_pylist(), cells, raw.head + 1)
    columns = ", ".join(f"CAST({quoted(column.name)} AS VARCHAR)" for column in raw.columns.values())
    read = [list(row) for row in warehouse.rows(f"SELECT {columns} FROM {raw.relation}")]
    headers: list[str | None] = [column.header for column in raw.columns.values()]
    return _Rows(raw, list(range(len(read) + 1)), list(range(1, len(read) + 2)), [headers, *read], 1)


def _say_units(
    rows: _Rows, problems: Sequence[_Problem], pack: CheckedPack, warehouse: DuckDB, of: TableInput, number: int
) -> None:
    """The unit of each row as it is written there, or was plainly meant; None for the header, and where a row names none."""
    raw = rows.raw
    root = pack.tables[pack.root].key
    parent_key = pack.parent_key(raw.table)
    through: Mapping[str, str] | None = None
    key = root if raw.table == pack.root or pack.tables[raw.table].belongs_to == pack.root else parent_key
    assert key is not None
    if key != root:
        parents = quoted(f"records_{pack.tables[raw.table].belongs_to}")
        through = dict(warehouse.rows(f"SELECT CAST({quoted(key)} AS VARCHAR), CAST(_unit AS VARCHAR) FROM {parents}"))
    meant = {p.value: p.proposed for p in problems if p.kind == "parent-spelt" and p.proposed is not None}
    if key not in raw.columns:  # put together of several, or its place
        said = keys_by_line(of, key)
        for line in rows.lines:
            written = said.get((number, line), "")
            written = meant.get(written, written)
            rows.units.append((through.get(written) if through is not None else written) or None)
        return
    column = raw.columns[key]
    at = _column_of(column.letter) if column.letter else list(raw.columns).index(key)
    for n, row in enumerate(rows.cells):
        written = (row[at] or "").strip() if n >= rows.heads and at < len(row) else ""
        written = meant.get(written, written)
        rows.units.append((through.get(written) if through is not None else written) or None)


def _labels(pack: CheckedPack, warehouse: DuckDB) -> dict[str, str]:
    """A unit's key -> what people call it."""
    root = pack.tables[pack.root]
    if root.label is None:
        return {}
    view = quoted(f"records_{pack.root}")
    names = f"CAST({quoted(root.key)} AS VARCHAR), {label_sql(root)}"
    return dict(warehouse.rows(f"SELECT {names} FROM {view} WHERE {quoted(root.label)} IS NOT NULL"))


def _add_sheet(
    book: BookToFix,
    rows: _Rows,
    only: tuple[str | None] | None,
    problems: Sequence[_Problem],
    pack: CheckedPack,
    lang: str,
) -> None:
    """A sheet of an input's rows, all of them where they stood or those of one unit, with the marks of its problems."""
    title = rows.raw.sheet or Named(pack, lang).table(rows.raw.table)
    if title in {sheet.title for sheet in book.sheets}:
        title = f"{title} {len(book.sheets) + 1}"
    sheet = SheetToFix(title, rows.rows[rows.heads - 1] if only is None else rows.heads)
    where: dict[int | None, int] = {}
    for n, cells in enumerate(rows.cells):
        if only is not None and n >= rows.heads and rows.units[n] != only[0]:
            continue
        row = rows.rows[n] - 1 if only is None else len(sheet.rows)
        where.setdefault(rows.lines[n], row)
        sheet.rows.append((row, cells))
    for problem in problems:
        row_ = where.get(problem.line)
        said = say(lang, "fix-list.expected", expected=problem.expected)
        if problem.proposed:
            said += "\n" + say(lang, "fix-list.proposed", proposed=problem.proposed)
        if row_ is not None:
            sheet.marks.append(Mark(row_, problem.column or 0, said))
        book.problems.append((title, row_, problem.column, problem.header, problem.value, problem.expected, problem.proposed))
    book.sheets.append(sheet)
