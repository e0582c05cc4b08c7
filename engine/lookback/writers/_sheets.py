"""What all workbooks that are written have in common: how they begin and end, the look of a header, the print set-up.

The same contents give the same bytes: the date of creation is fixed.
"""

from __future__ import annotations

import io
import re
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

HEAD = {"bold": True, "bg_color": "#DCE6F1", "border": 1, "text_wrap": True, "valign": "vcenter"}
"""The format of a header cell."""
LONGEST_NAME = 31
"""What the name of a sheet may have, in UTF-16 units, as Excel counts."""
LAST_ROW = 1_048_575
"""The last row of a sheet, counted from 0."""
LONGEST_TEXT = 32_767
"""What a cell may hold, in UTF-16 units."""
LINE = 15.0
"""The height of a line of text in a cell, in points."""
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_NO_NAME = re.compile(r"^'|'$|^\s*$|^history$", re.IGNORECASE)
_LONG_AGO = datetime(2000, 1, 1)
_thrown_away: list[io.BytesIO] = []
"""The bytes of archives that could not be written: an archive that is gone later than its bytes complains, and prints that."""


@contextmanager
def workbook(file: Path, title: str, **options: Any) -> Iterator[Any]:
    """A workbook to fill, written on leaving; texts stay texts. Raises OSError where it cannot be written."""
    import xlsxwriter  # many runs write no workbook
    from xlsxwriter.exceptions import XlsxFileError

    options |= {"strings_to_formulas": False, "strings_to_urls": False, "tmpdir": str(file.parent)}  # as private as the file
    packed = io.BytesIO()
    try:
        with ExitStack() as bodies, xlsxwriter.Workbook(packed, options) as book:
            book.set_properties({"created": _LONG_AGO, "title": title, "comments": ""})
            bodies.callback(_close, book)
            yield book
        file.write_bytes(packed.getbuffer())
    except BaseException as error:
        _thrown_away.append(packed)
        if not isinstance(error, XlsxFileError):
            raise
        raise (error.args[0] if isinstance(error.args[0], OSError) else OSError(str(error))) from error


def _close(book: Any) -> None:
    """Files beside sheets that could not be written."""
    for sheet in book.worksheets():
        if (body := getattr(sheet, "body", None)) is not None:
            body.close()


def print_wide(sheet: Any) -> None:
    """On paper: landscape, one page wide, the header on each page."""
    sheet.set_landscape()
    sheet.repeat_rows(0)
    sheet.fit_to_pages(1, 0)


def width(text: str) -> int:
    """The width of a text in characters, Chinese ones counted double."""
    if text.isascii():
        return max(len(text), 1)
    from wcwidth import wcswidth

    return max(wcswidth(text), 1)


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def cut(text: str, most: int) -> str:
    """The text, or as much of it as has `most` UTF-16 units with an ellipsis."""
    if 2 * len(text) <= most or units(text) <= most:
        return text
    text = text[:most]
    while units(text) > most - 1:
        text = text[:-1]
    return f"{text.rstrip()}…"


def is_sheet_name(word: str) -> bool:
    """Whether Excel takes it as the name of a sheet."""
    return units(word) <= LONGEST_NAME and not _NOT_IN_NAMES.search(word) and not _NO_NAME.search(word)


def sheet_name(wanted: str, taken: Collection[str]) -> str:
    """A name like the one wanted that Excel takes, and that is not `taken`."""
    plain = "".join(c if c.isprintable() else "_" for c in _NOT_IN_NAMES.sub("_", wanted)).strip("' ")
    plain = f"{plain}_" if _NO_NAME.search(plain) else plain
    used, n, free = {name.casefold() for name in taken}, 1, cut(plain, LONGEST_NAME)
    while free.casefold() in used:
        n += 1
        free = f"{cut(plain, LONGEST_NAME - len(f' {n}'))} {n}"
    return free
