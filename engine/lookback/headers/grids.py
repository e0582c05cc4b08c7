"""A sheet of texts and its header -> the records below it, without empty rows, totals and notes.

In: a `Grid`, the cells of a sheet or of a text file as texts, row by row, with their places; its `Head`. Out: a `RawTable` whose
columns are fields; rows that do not fit the header are its `misfits`. Nothing is typed here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from lookback.headers.heads import Head
from lookback.headers.left_out import TOTALS, left_out_patterns, named_totals
from lookback.values.texts import BLANK_SPACE, TEXT_MARK
from lookback.values.units import unit_line
from lookback.words.errors import Notice

SHOWN_OF_A_ROW = 200
_SENTENCE = re.compile(r"[:：，。；;]|[\u4e00-\u9fff]{6}|\w+\W+\w+\W+\w+ ")
"""What a note holds, and a lone value does not: a mark of a sentence, several words. Where keys hold the same, it is a key."""
_LEAST_COLUMNS = 3
"""Of a table in which a row of one cell is odd."""
_MOST_TOLD = 10
_EMPTY, _NOTHING = pa.scalar(""), pa.scalar(None, pa.string())
"""Made once: pyarrow looks for pandas with each."""
_SHAPES = ("_line", "_row", "_width")


@dataclass(frozen=True)
class RawColumn:
    """A column that is a field: its header, its name in the relation, its type there ('VARCHAR' unless typed already), and
    where the file has it: its letter in a sheet, '' where it has none. again: further columns that are called so."""

    header: str
    name: str
    type: str = "VARCHAR"
    letter: str = ""
    again: tuple[RawColumn, ...] = ()

    @property
    def position(self) -> int | None:
        """Its number in a sheet, from 0."""
        number = 0
        for char in self.letter:
            number = number * 26 + ord(char) - 64
        return number - 1 if number else None


@dataclass(frozen=True)
class Misfit:
    """A row of a text that is no record: its line, its row as spreadsheets count, why (a code), its text; its values, as far as
    they can be told apart, and how many of them are too many. cut: the last value is not whole, perhaps."""

    line: int
    row: int
    code: str
    text: str
    values: tuple[str, ...] = ()
    beyond: int = 0
    cut: bool = False


@dataclass
class RawTable:
    """The rows of one file, sheet or table of a database, for one table of the pack.

    file: what messages call it; never a password. columns: field -> column.
    grid: the rows as texts, a column a field and `_line`, `_row`, `_first`; or
    relation: DuckDB's SQL for the rows, whose places are counted.
    first: SQL for the first text of a row, which tells totals and notes; null in an empty row.
    unknown: whether it has columns that are no field.
    cells, head: of a grid, all its rows, and the index of the header's last one among them.
    serials_from: the day before day 1 of its date numbers. unit: what a line above the header says that numbers are in.
    names, another: its header, and the same rows read by it as another table's. repeats: whether it is that of a table whose
    records it repeats, row for row of a child's. expected: whether it is the roster, which says what units there are.
    path, width: of a Parquet file, where it lies and its number of columns. slowly: reads the file again, row by row.
    """

    table: str
    file: str
    sheet: str | None
    sha256: Future[str]
    columns: dict[str, RawColumn]
    grid: pa.Table | None = None
    relation: str = ""
    first: str = "_first"
    text: TextFile | None = None
    misfits: list[Misfit] = field(default_factory=list)
    unknown: bool = False
    cells: pa.Table | None = None
    head: int = 0
    serials_from: str = "1899-12-30"
    unit: str = ""
    path: Path | None = None
    width: int = 0
    slowly: Callable[[], RawTable] | None = None
    names: Head | None = None
    another: Callable[[str, Head], RawTable] | None = None
    repeats: bool = False
    expected: bool = False

    @property
    def place(self) -> str:
        return f"{self.file} ({self.sheet})" if self.sheet else self.file


@dataclass(frozen=True)
class TextFile:
    """A text file that DuckDB reads by itself: where it lies as UTF-8, what stands between its values, the white space that they
    may end with, how many there are in a row, and what those that may be an error's text begin with."""

    path: str
    delimiter: str
    spaces: str
    width: int
    errors: Sequence[str]


@dataclass(frozen=True)
class Grid:
    """Cells as texts. rows: `_line` (of the file), `_row` (as spreadsheets count), for a text file `_width` (the number of its
    values), then c0, c1, …; null for an empty cell. merged: cells over several columns, (row, first column, last column), the
    columns from 0 and inclusive. open_end: the `_row` in which a text file ends without a line break."""

    file: str
    sheet: str | None
    sha256: Future[str]
    rows: pa.Table
    merged: Sequence[tuple[int, int, int]] = ()
    misfits: Sequence[Misfit] = ()
    serials_from: str = "1899-12-30"
    open_end: int | None = None

    @property
    def width(self) -> int:
        return sum(name not in _SHAPES for name in self.rows.column_names)

    def is_empty(self, column: int, start: int) -> bool:
        """Whether a column holds nothing from the row of index `start` on."""
        cells = self.rows[f"c{column}"].slice(start)
        return bool(cells.null_count == len(cells))

    @property
    def is_prose(self) -> bool:
        """Whether no row has more than one cell: notes, and no table."""
        filled = [pc.cast(pc.is_valid(_filled(self.rows[f"c{i}"])), pa.int32()) for i in range(self.width)]
        return not filled or max(sum(row) for row in zip(*(f.to_pylist() for f in filled), strict=True)) < 2

    def head(self, n: int = 200) -> list[list[str]]:
        """The first rows as texts, '' for an empty cell; a cell merged over several columns has its text in each of them."""
        top = self.rows.slice(0, n)
        rows = [
            [(value or "").strip() for value in row]
            for row in zip(*(top[f"c{i}"].to_pylist() for i in range(self.width)), strict=True)
        ]
        at = {row: i for i, row in enumerate(top["_row"].to_pylist())}
        for row, first, last in self.merged:
            if row in at and first < self.width:
                cells = rows[at[row]]
                cells[first : last + 1] = [cells[first]] * len(cells[first : last + 1])
        return rows


def letter(column: int) -> str:
    """A, B, … Z, AA of a column counted from 0."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def records_in(grid: Grid, head: Head, table: str, notices: list[Notice], spaced: Container[str] = ()) -> RawTable:
    """The rows below the header; what is left out below the last record is told. `spaced`: the fields whose texts keep the white
    space at their ends."""
    rows = grid.rows.slice(head.last + 1)
    cells = [_filled(rows[f"c{i}"]) for i in range(grid.width)]
    first = pc.coalesce(*cells) if cells else pa.nulls(rows.num_rows, pa.string())
    rows = rows.append_column("_first", first)
    keep = pc.is_valid(first)
    rows, cells = rows.filter(keep), [cell.filter(keep) for cell in cells]
    width = max((i + 1 for i, header in enumerate(head.headers) if header), default=0)
    last = _last_record(rows, cells, head)
    for row, text in zip(rows["_row"].slice(last).to_pylist(), rows["_first"].slice(last).to_pylist(), strict=True):
        notices.append(Notice("note-below", {"row": row, "text": text[:60]}, grid.file, grid.sheet))
    rows, cells = rows.slice(0, last), [cell.slice(0, last) for cell in cells]
    keep = _without_titles(cells, head, grid, rows, notices)
    rows, cells = rows.filter(keep), [cell.filter(keep) for cell in cells]
    misfits = list(grid.misfits)
    if "_width" in rows.column_names:
        cut = pc.and_(pc.equal(rows["_row"], grid.open_end or 0), _cut_off(rows, width))
        misfits += _misfits(rows.filter(cut), width, "row.cut-off")
        rows, cells = rows.filter(pc.invert(cut)), [cell.filter(pc.invert(cut)) for cell in cells]
        short = rows["_row"].filter(pc.less(rows["_width"], width)).to_pylist()
        if short:
            notices.append(Notice("short-rows", {"n": len(short), "rows": listed(short)}, grid.file, grid.sheet))
        odd = _too_wide(rows, cells, width, _trailing(grid, head, rows))
    else:
        odd = _pushed_out(rows, cells, width)
    if odd is not None:
        misfits += _misfits(rows.filter(odd), width)
        fit = pc.invert(odd)
        rows, cells = rows.filter(fit), [cell.filter(fit) for cell in cells]
    columns: dict[str, RawColumn] = {}
    fields: dict[str, pa.ChunkedArray] = {}
    for f, i in sorted(head.fields.items(), key=lambda x: x[1]):
        again = [j for j in head.again.get(f, ()) if j < len(cells) and cells[j].null_count < len(cells[j])]
        named = tuple(RawColumn(head.headers[j].strip(), f"{f} {j}", letter=letter(j)) for j in again)
        columns[f] = RawColumn(head.headers[i].strip(), f, letter=letter(i), again=named)
        kept = {n: _kept(cells[n], rows[f"c{n}"]) if f in spaced else cells[n] for n in (i, *again)}
        fields |= {f: kept[i], **{column.name: kept[j] for column, j in zip(named, again, strict=True)}}
    unknown = any(head.headers[i] and cells[i].null_count < len(cells[i]) for i in head.unknown if i < len(cells))
    for i, cell in enumerate(cells):
        if not (i < len(head.headers) and head.headers[i]) and cell.null_count < len(cell):
            unknown = True
            notices.append(Notice("nameless-column", {"column": letter(i)}, grid.file, grid.sheet))
    places = {name: rows[name] for name in ("_line", "_row", "_first")}
    if totals := named_totals(rows["_first"], cells):  # told from now on by the word alone
        named = pc.is_in(pa.array(range(rows.num_rows)), value_set=pa.array(totals))
        places["_first"] = pc.if_else(named, pa.scalar(TOTALS[0]), rows["_first"])
    read = pa.table(places | fields)
    unit = _unit_above(grid, head)
    if unit:
        notices.append(Notice("unit-above", {"unit": unit}, grid.file, grid.sheet))
    found = RawTable(table, grid.file, grid.sheet, grid.sha256, columns, grid=read, misfits=misfits, unknown=unknown)
    return replace(found, cells=grid.rows, head=head.last, serials_from=grid.serials_from, unit=unit)


def _unit_above(grid: Grid, head: Head) -> str:
    """The unit that a line above the header says, as 单位：万元; '' where none does."""
    if head.last == 0:
        return ""
    above = grid.rows.slice(0, head.last)
    said = (value for i in range(grid.width) for value in above[f"c{i}"].to_pylist() if value)
    return next(filter(None, map(unit_line, said)), "")


def _filled(cells: pa.ChunkedArray) -> pa.ChunkedArray:
    """Null for what holds nothing but white space; without the mark of a text."""
    trimmed = pc.replace_substring_regex(pc.utf8_trim(cells, characters=BLANK_SPACE), TEXT_MARK, r"\1")
    return pc.if_else(pc.equal(trimmed, _EMPTY), _NOTHING, trimmed)


def _kept(filled: pa.ChunkedArray, cells: pa.ChunkedArray) -> pa.ChunkedArray:
    """Cells as they are written, null for what holds nothing but white space."""
    return pc.if_else(pc.is_valid(filled), cells, _NOTHING)


def _last_record(rows: pa.Table, cells: Sequence[pa.ChunkedArray], head: Head) -> int:
    """How many rows stand above the notes: rows of one cell at the very end, and that a sentence."""
    if sum(map(bool, head.headers)) < _LEAST_COLUMNS:
        return int(rows.num_rows)
    last, key, of_keys = rows.num_rows, min(head.fields.values(), default=0), None
    while last:
        filled = [i for i, cell in enumerate(cells) if cell[last - 1].is_valid]
        marks = _marks([cells[filled[0]][last - 1].as_py()])
        if filled == [key] and marks:
            if of_keys is None:
                others = pc.coalesce(*(cell for i, cell in enumerate(cells) if i != key))
                of_keys = _marks(cells[key].filter(pc.is_valid(others)).to_pylist())
            marks -= of_keys
        if len(filled) > 1 or not marks:
            break
        last -= 1
    return int(last)


def _marks(texts: Iterable[str | None]) -> set[str]:
    """What texts hold of a sentence: marks, "" for several words."""
    return {found if len(found) == 1 else "" for text in texts for found in _SENTENCE.findall(text or "")}


def _without_titles(cells: Sequence[pa.ChunkedArray], head: Head, grid: Grid, rows: pa.Table, notices: list[Notice]) -> pa.Array:
    """Which rows are no title above a header that stands again, as on every page of a printed list."""
    keep = [True] * rows.num_rows
    if sum(map(bool, head.headers)) < _LEAST_COLUMNS:
        return pa.array(keep, pa.bool_())
    key = min(head.fields.values(), default=0)
    again = pc.fill_null(pc.equal(cells[key], head.headers[key]), False) if cells else pa.array([], pa.bool_())
    for at in pc.indices_nonzero(again).to_pylist():
        above = at - 1
        while above >= 0 and sum(cell[above].is_valid for cell in cells) == 1:
            keep[above] = False
            args = {"row": rows["_row"][above].as_py(), "text": rows["_first"][above].as_py()[:60]}
            notices.append(Notice("note-below", args, grid.file, grid.sheet))
            above -= 1
    return pa.array(keep, pa.bool_())


def _trailing(grid: Grid, head: Head, rows: pa.Table) -> int:
    """The width that rows may have because the file ends its rows with a delimiter too many: the header's own, or that of most
    rows where every column of the header is a field, so that none of its delimiters is missing."""
    own = int(grid.rows["_width"][head.last].as_py())
    if not rows.num_rows or len(head.fields) < sum(map(bool, head.headers)):
        return own
    counts = pc.value_counts(rows["_width"])
    most = max(counts.to_pylist(), key=lambda found: int(found["counts"]))
    return max(own, int(most["values"]) if 2 * most["counts"] > rows.num_rows else 0)


def _too_wide(rows: pa.Table, cells: Sequence[pa.ChunkedArray], width: int, trailing: int) -> pa.ChunkedArray:
    """Which rows of a text do not fit the header: more values than it has names. A value too many that is blank may have shifted
    the others, so it counts as one, unless rows end with it (`trailing`). Where values are missing they are blank: spreadsheets
    leave out the delimiters at the end."""
    odd = pc.greater(rows["_width"], max(width, trailing))
    for cell in cells[width:]:
        odd = pc.or_(odd, pc.is_valid(cell))
    return odd


def _cut_off(rows: pa.Table, width: int) -> pa.ChunkedArray:
    """Which rows of a text were cut off, if the file ends in them: of too few values, and no total or note."""
    cut = pc.less(rows["_width"], width)
    for pattern in left_out_patterns().values():
        cut = pc.and_(cut, pc.invert(pc.match_substring_regex(rows["_first"], pattern)))
    return cut


def _pushed_out(rows: pa.Table, cells: Sequence[pa.ChunkedArray], width: int) -> pa.ChunkedArray | None:
    """Which rows of a sheet go on right behind the header's last column, as where a cell was inserted and pushed the others on;
    None where none does, or so many that it is a column without a header."""
    if width >= len(cells) or not 0 < 2 * (len(cells[width]) - cells[width].null_count) <= len(cells[width]):
        return None
    return pc.is_valid(cells[width])


def _misfits(rows: pa.Table, width: int, code: str = "row.too-many-columns") -> list[Misfit]:
    """Rows that do not fit the header."""
    found = []
    for row in rows.to_pylist():
        values = [row[name] or "" for name in rows.column_names if name not in (*_SHAPES, "_first")]
        last = row.get("_width", max((i + 1 for i, value in enumerate(values) if value.strip()), default=0))
        shown = ",".join(value[: SHOWN_OF_A_ROW + 1] for value in values[:last])[:SHOWN_OF_A_ROW]
        found.append(Misfit(row["_line"], row["_row"], code, shown, tuple(values[:last]), max(last - width, 0), last < width))
    return found


def listed(rows: Sequence[int]) -> str:
    """The numbers of rows, the first of them where there are many."""
    return ", ".join(map(str, rows[:_MOST_TOLD])) + (", …" if len(rows) > _MOST_TOLD else "")
