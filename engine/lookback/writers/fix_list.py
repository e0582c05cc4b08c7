"""A workbook to be corrected and handed in again: the rows as they were written, the cells in question red, each with a note."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xlsxwriter.utility import quote_sheetname, xl_rowcol_to_cell

from lookback.words import say
from lookback.writers._sheets import HEAD, LAST_ROW, LONGEST_TEXT, cut, print_wide, sheet_name, width, workbook

if TYPE_CHECKING:  # what is printed is made elsewhere, by what is heavy to load
    from lookback.reviews.fix_list import BookToFix, SheetToFix

WIDEST = 40
HEADS = ("sheet", "cell", "column", "value", "expected-head", "proposed-head")
ROWS_MEASURED = 200


def write_book(file: Path, book: BookToFix, lang: str) -> int:
    """How many rows are left out, as no sheet has so many. Raises OSError where it cannot be written."""
    with workbook(file, say(lang, "fix-list.title")) as written:
        head, red = written.add_format(HEAD), written.add_format({"bg_color": "#F8A5A5", "border": 1})
        parts = range(0, max(len(book.problems), 1), LAST_ROW)
        lists = [
            written.add_worksheet(sheet_name(say(lang, "fix-list.title"), [s.name for s in written.worksheets()])) for _ in parts
        ]
        names: dict[str, str] = {}
        for sheet in book.sheets:
            names[sheet.title] = sheet_name(sheet.title, [*(listed.name for listed in lists), *names.values()])
        left_out = sum(_sheet(written.add_worksheet(names[sheet.title]), sheet, head, red) for sheet in book.sheets)
        for at, listed in zip(parts, lists, strict=True):
            _list(listed, book.problems[at : at + LAST_ROW], names, head, written.get_default_url_format(), lang)
    return left_out


def _list(to: Any, problems: Sequence[Any], names: Mapping[str, str], head: Any, link: Any, lang: str) -> None:
    """A sheet of problems, each with a link to its cell."""
    to.write_row(0, 0, [say(lang, f"fix-list.{h}") for h in HEADS], head)
    for n, (title, row, column, header, value, expected, proposed) in enumerate(problems, start=1):
        texts = [names[title], "", header, value, expected, proposed]
        for i, text in enumerate(texts):
            if text:
                to.write_string(n, i, _text(text))
        if row is not None:
            cell = xl_rowcol_to_cell(row, column or 0)
            target = f"internal:{quote_sheetname(names[title])}!{cell}"
            if row > LAST_ROW or to.write_url(n, 1, target, link, string=cell):
                to.write_string(n, 1, cell)  # a sheet takes 65,530 links
    for i, wide in enumerate((16, 8, 24, 24, 48, 24)):
        to.set_column(i, i, wide)
    to.freeze_panes(1, 0)
    to.autofilter(0, 0, len(problems), len(HEADS) - 1)
    print_wide(to)


def _sheet(to: Any, sheet: SheetToFix, head: Any, red: Any) -> int:
    """A sheet of rows; how many are left out."""
    marked = {(mark.row, mark.column) for mark in sheet.marks}
    widths: dict[int, int] = {}
    rows = [(row, cells) for row, cells in sheet.rows if row <= LAST_ROW]
    for n, (row, cells) in enumerate(rows):
        for column, text in enumerate(cells):
            style = red if (row, column) in marked else head if row == sheet.heads - 1 else None
            if text is not None:
                to.write_string(row, column, _text(text), style)
            elif style is not None:
                to.write_blank(row, column, None, style)
            if text is not None and n < ROWS_MEASURED and row >= sheet.heads - 1:
                widths[column] = min(max(widths.get(column, 8), width(text) + 2), WIDEST)
    notes: dict[tuple[int, int], list[str]] = {}
    for mark in (mark for mark in sheet.marks if mark.row <= LAST_ROW):
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
    return len(sheet.rows) - len(rows)


def _text(text: str | None) -> str:
    """A text as a cell takes it: without the mark of what could not be read, not too long."""
    return cut(re.sub("^\ufffd(?=[=#])", "", text or ""), LONGEST_TEXT)
