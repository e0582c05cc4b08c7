"""A sheet of many rows, written as they come: a third of the time that xlsxwriter takes for a cell at a time, in no memory.

xlsxwriter makes the workbook and all of the sheet but its rows; `put` writes these as it would (SpreadsheetML: a number, or the
index of a shared string), into a file beside it, which takes their place when the workbook is closed.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from datetime import date
from tempfile import TemporaryFile
from typing import Any

from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from lookback.writers._sheets import LONGEST_TEXT, cut

COLUMNS = tuple(map(xl_col_to_name, range(26)))
RICH = ("<r>", "</r>")
"""xlsxwriter takes a text between these for one with formats, and writes it as it is."""
MOST_REMEMBERED = 1 << 14
DAY_0 = date(1899, 12, 30).toordinal()
"""From which Excel counts days."""


def _cells(styles: Sequence[Any]) -> list[tuple[str, str]]:
    """How the cells of a row of some formats begin, before and after the number of the row."""
    return [(f'<c r="{column}', f'" s="{style._get_xf_index()}"') for column, style in zip(COLUMNS, styles, strict=False)]


class Rows(Worksheet):  # type: ignore[misc]
    """Its first rows are written with xlsxwriter's own methods, those below with `put`, in order, in at most 26 columns."""

    body: Any = None
    last: int = 0
    str_table: Any
    styles: dict[tuple[Any, ...], list[tuple[str, str]]]
    texts: dict[str | int | date | None, int]
    dim_rowmax: Any

    def put(self, row: int, height: float, cells: Iterable[str | int | date | None], styles: Sequence[Any]) -> None:
        """A row, counted from 0: a text, a whole number, a day or nothing a cell, and its format. A text that is too long for a
        cell ends with `…`. Raises OSError."""
        if self.body is None:
            self.body = TemporaryFile("w+", encoding="utf-8", dir=self.tmpdir)  # noqa: SIM115
            self.styles, self.texts = {}, {}
        number, again, known = row + 1, 0, self.texts.get
        said = f'<row r="{number}" ht="{height:g}" customHeight="1">'
        of_cells = self.styles.get(key := tuple(styles)) or self.styles.setdefault(key, _cells(styles))
        for (begun, styled), value in zip(of_cells, cells, strict=False):
            if (index := known(value)) is not None:
                again += 1
            elif value is None or value == "":
                said += f"{begun}{number}{styled}/>"  # with the lines around it
                continue
            elif isinstance(value, int | date):
                value = value.toordinal() - DAY_0 if isinstance(value, date) else value
                said += f"{begun}{number}{styled}><v>{value}</v></c>"
                continue
            else:
                index = self._index(value)
            said += f'{begun}{number}{styled} t="s"><v>{index}</v></c>'
        self.body.write(said + "</row>")
        self.str_table.count += again
        self.last = row

    def _index(self, text: str) -> int:
        """The index of a text that is not remembered."""
        written = cut(text, LONGEST_TEXT) if len(text) > LONGEST_TEXT // 2 else text
        if written.startswith(RICH[0]) and written.endswith(RICH[1]):
            written += " "
        index = int(self.str_table._get_shared_string_index(written))
        if len(self.texts) < MOST_REMEMBERED:
            self.texts[text] = index
        return index

    def _write_dimension(self) -> None:
        of_head = self.dim_rowmax
        self.dim_rowmax = max(of_head, self.last)
        super()._write_dimension()
        self.dim_rowmax = of_head

    def _write_rows(self) -> None:
        super()._write_rows()
        if self.body is not None:
            with self.body:
                self.body.seek(0)
                shutil.copyfileobj(self.body, self.fh, 1 << 20)
