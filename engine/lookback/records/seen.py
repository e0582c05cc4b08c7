"""What the user names -> raw tables as they stand, where no pack says what they are.

In: folders, files, patterns, archives, database URLs. Out: a `RawTable` a sheet, file or table of a database, its columns called
`c0`, `c1`, …, without titles above and notes below; and notices. It is read as `find` reads it: only the header is told by its
shape. Rows that are totals are still there: `left_out_sql` tells them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lookback.headers.grids import Grid, RawTable, listed
from lookback.headers.heads import Head, find_head
from lookback.headers.shapes import Columns
from lookback.records.find import Finder
from lookback.records.formats.databases import fetch, shown
from lookback.records.formats.encodings import Asked
from lookback.records.formats.files import InputFile, input_file
from lookback.records.formats.held import Item
from lookback.records.formats.workbooks import Sheet
from lookback.warehouse.duckdb import DuckDB
from lookback.words.errors import InputError, Notice, UsageError

ANY = "any"
_OF_A_PACK = ("table-by-header", "unknown-sheet", "unknown-column", "missing-columns")
"""What is told of tables that a pack knows."""


@dataclass(frozen=True)
class Seen:
    tables: Sequence[RawTable] = ()
    notices: Sequence[Notice] = field(default_factory=list)


def see(data: Sequence[str | Path], warehouse: DuckDB, folder: Path, encoding: str | Sequence[str] | None = None) -> Seen:
    """Every raw table behind what the user named; what has to be unpacked lies in `folder` while they are used. Raises
    UsageError for what is no input, InputError for files that cannot be read, or in which no table is found."""
    if not data:
        raise UsageError("no-input")
    try:
        found = _Looker(warehouse, folder, encoding).find(data, None, lambda share: None)
    except InputError as error:
        if error.code not in ("no-table", "no-table-in-workbook"):
            raise
        raise InputError("no-table-seen", data=error.args_.get("data", error.args_.get("file"))) from error
    tables = [raw for raw in found.tables if raw.columns]
    notices = [notice for notice in found.notices if notice.code not in _OF_A_PACK]
    return Seen(tables, [*notices, *(notice for raw in tables for notice in _above(raw))])


def _above(raw: RawTable) -> Iterator[Notice]:
    """What stands above a header and looks like records: it is not read, and so is told."""
    if raw.cells is None or raw.names is None:
        return
    cells = raw.cells.select([name for name in raw.cells.column_names if name not in ("_line", "_row", "_width")])
    rows = [[(value or "").strip() for value in row.values()] for row in cells.slice(0, raw.head + 1).to_pylist()]
    own = 1 if [text for text in rows[-1] if text] == [text for text in raw.names.headers if text] else 2
    enough = max(2, (len(raw.columns) + 1) // 2)
    found = [i for i, row in enumerate(rows[:-own]) if sum(map(bool, row)) >= enough]
    if found:
        said, text = listed([raw.cells["_row"][i].as_py() for i in found]), ", ".join(filter(None, rows[found[0]]))
        yield Notice("rows-above", {"n": len(found), "rows": said, "text": text[:60]}, raw.file, raw.sheet)


class _Looker(Finder):
    """A finder that takes whatever it is given for a table."""

    def __init__(self, warehouse: DuckDB, folder: Path, encoding: str | Sequence[str] | None) -> None:
        super().__init__({}, warehouse, folder, Asked(encoding), False)
        self.any = Columns()
        self.keys, self.tables = {ANY: ()}, {ANY: self.any}

    def _named(self, item: Item) -> tuple[Item, str | None]:
        return item, None

    def _by_name(self, name: str) -> str | None:
        return None

    def _unknown(self, file: InputFile) -> None:
        return None

    def _best(self, heads: Mapping[str, Head]) -> str | None:
        """A sheet of one column is no table: notes."""
        return ANY if ANY in heads and len(heads[ANY].fields) > 1 else None

    def _accept(
        self, table: str, head: Head, file: InputFile, sheet: str | None = None, empty: Collection[int] = ()
    ) -> Head | None:
        """Every column that has a name, and anything below it."""
        return self.any.every(head)

    def _empty(self, table: str | None, file: InputFile) -> bool:
        raise InputError("empty-input", file=file.shown)

    def _hidden(self, file: InputFile, sheet: Sheet, named: str | None) -> None:
        """It is not read; what holds a table is told."""
        if sheet.grid.rows.num_rows and self._best(self._heads(sheet.grid)) is not None:
            self.inputs.notices.append(Notice("hidden-sheet", {}, file.shown, sheet.name))

    def _heads(self, grid: Grid) -> dict[str, Head]:
        head = None if grid.is_prose else find_head(grid.head(), self.any)
        return {} if head is None else {ANY: self.any.every(head)}

    def _fetched(self, url: str, table: str | None) -> Iterator[InputFile]:
        into = self.folder / "databases"
        into.mkdir(parents=True, exist_ok=True)
        for fetched in fetch(url, lambda name: name, into):
            yield input_file(fetched.file, shown(url), "parquet", None, sheet=fetched.name)
