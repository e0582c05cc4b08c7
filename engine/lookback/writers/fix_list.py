"""A workbook to be corrected and handed in again: the rows as they were written, the cells in question red, each with a note."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xlsxwriter.utility import quote_sheetname, xl_rowcol_to_cell

from lookback.words import say
from lookback.writers._sheets import HEAD, LAST_ROW, print_wide, sheet_name, width, workbook

if TYPE_CHECKING:  # what is printed is made elsewhere, by what is heavy to load
    from lookback.reviews.fix_list import BookToFix, SheetToFix

WIDEST = 40
LONGEST_TEXT = 32_767
ROWS_MEASURED = 200


def write_book(file: Path, book: BookToFix, lang: str) -> None:
    """Raises OSError where it cannot be written."""
    with workbook(file, say(lang, "fix-list.title")) as written:
        head, red = written.add_format(HEAD), written.add_format({"bg_color": "#F8A5A5", "border": 1})
        link = written.get_default_url_format()
        listed = written.add_worksheet(say(lang, "fix-list.title"))
        names: dict[str, str] = {}
        for sheet in book.sheets:
            names[sheet.title] = sheet_name(sheet.title, [listed.get_name(), *names.values()])
        for sheet in book.sheets:
            _sheet(written.add_worksheet(names[sheet.title]), sheet, head, red)
        heads = ("sheet", "cell", "column", "value", "expected-head", "proposed-head")
        listed.write_row(0, 0, [say(lang, f"fix-list.{h}") for h in heads], head)
        for n, (title, row, column, header, value, expected, proposed) in enumerate(book.problems[:LAST_ROW], start=1):
            texts = [names[title], "", header, value, expected, proposed]
            for i, text in enumerate(texts):
                if text:
                    listed.write_string(n, i, _text(text))
            if row is not None:
                cell = xl_rowcol_to_cell(row, column or 0)
                target = f"internal:{quote_sheetname(names[title])}!{cell}"
                if listed.write_url(n, 1, target, link, string=cell):
                    listed.write_string(n, 1, cell)  # a sheet takes 65,530 links
        for i, wide in enumerate((16, 8, 24, 24, 48, 24)):
            listed.set_column(i, i, wide)
        listed.freeze_panes(1, 0)
        listed.autofilter(0, 0, min(len(book.problems), LAST_ROW), len(heads) - 1)
        print_wide(listed)


def _sheet(to: Any, sheet: SheetToFix, head: Any, red: Any) -> None:
    marked = {(mark.row, mark.column) for mark in sheet.marks}
    widths: dict[int, int] = {}
    for n, (row, cells) in enumerate(sheet.rows):
        for column, text in enumerate(cells):
            style = red if (row, column) in marked else head if row == sheet.heads - 1 else None
            if text is not None:
                to.write_string(row, column, _text(text), style)
            elif style is not None:
                to.write_blank(row, column, None, style)
            if text is not None and n < ROWS_MEASURED and row >= sheet.heads - 1:
                widths[column] = min(max(widths.get(column, 8), width(text) + 2), WIDEST)
    notes: dict[tuple[int, int], list[str]] = {}
    for mark in sheet.marks:
        notes.setdefault((mark.row, mark.column), []).append(mark.note)
    for (row, column), said in notes.items():
        note = "\n".join(dict.fromkeys(said))
        to.write_comment(row, column, note, {"x_scale": 2, "y_scale": max(1, len(note) / 100), "author": ""})
    for column, wide in widths.items():
        to.set_column(column, column, wide)
    if sheet.heads:
        to.freeze_panes(sheet.heads, 0)
    to.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
    print_wide(to)


def _text(text: str | None) -> str:
    """A text as a cell takes it: without the mark of what could not be read, not too long."""
    return re.sub("^\ufffd(?=[=#])", "", text or "")[:LONGEST_TEXT]
