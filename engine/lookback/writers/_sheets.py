"""What all workbooks that are written have in common: how they begin and end, the look of a header, the print set-up.

The same contents give the same bytes: the date of creation is fixed.
"""

from __future__ import annotations

import io
import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

FONTS = {"en": "Calibri", "zh": "宋体"}
"""That every office has."""
QUIET, BEHIND, LINES, LATE = "#5B6577", "#DCE6F1", "#B8C4D3", "#F8CBAD"
"""Of what is said beside the rest; behind heads; of lines; behind what is late."""
_BEST, _WORSE = "#E2EFDA", ("#FFF2CC", "#F8CBAD", "#F4A6A0", "#E57373", "#D9534F")
UNJUDGED = "#BFBFBF"
HEAD = {"bold": True, "bg_color": BEHIND, "border": 1, "text_wrap": True, "valign": "vcenter"}
"""The format of a header cell."""
LONGEST_NAME = 31
"""What the name of a sheet may have, in UTF-16 units, as Excel counts."""
LAST_ROW = 1_048_575
"""The last row of a sheet, counted from 0."""
LONGEST_TEXT = 32_767
"""What a cell may hold, in UTF-16 units."""
WIDEST = 44
"""A column of a sheet to be printed, in characters."""
A4 = 9
"""What Excel calls the paper."""
LONGEST_HEADER = 100
"""What stands above a page: Excel takes 255 characters in all."""
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


SIZE, LINE_OF_LIST = 10, 14.0
"""Of the letters of a list, in points, and of a line of them: it takes those of Chinese fonts as well."""
_THIN = {"border": 1, "border_color": LINES}


class Styles:
    """The formats of lists for people: each is made when it is first asked for."""

    def __init__(self, book: Any, lang: str) -> None:
        self.book, self.font, self._made = book, {"font_name": FONTS[lang], "font_size": SIZE}, dict[str, Any]()

    def __getattr__(self, name: str) -> Any:
        if name not in _LOOKS:
            raise AttributeError(name)
        return self.made(name, _LOOKS[name])

    def made(self, name: str, look: dict[str, Any]) -> Any:
        """A format of this look, called so."""
        if name not in self._made:
            self._made[name] = self.book.add_format({**self.font, **look})
        return self._made[name]

    def shaded(self, outcomes: Sequence[str], unjudged: str) -> dict[str, Any]:
        """The formats of verdicts."""
        colours = {**shades(outcomes), unjudged: UNJUDGED}
        return {o: self.made(f"shade {colour}", {**_CELL, "bg_color": colour}) for o, colour in colours.items()}


_CELL = {"valign": "top", **_THIN}
_LOOKS: dict[str, dict[str, Any]] = {
    "head": {**HEAD, **_THIN, "align": "center"},
    "cell": _CELL,
    "text": {**_CELL, "text_wrap": True},
    "number": {**_CELL, "num_format": "#,##0", "align": "right", "indent": 1},
    "day": {**_CELL, "num_format": "yyyy-mm-dd", "align": "center"},
    "bare": {"valign": "top", "text_wrap": True},
    "quiet": {"font_color": QUIET, "valign": "top", "text_wrap": True},
    "note": {"bold": True},
    "title": {"bold": True, "font_size": 18, "valign": "vcenter", "text_wrap": True},
    "part": {"bold": True, "font_size": 12, "bottom": 2, "bottom_color": LINES, "valign": "vcenter"},
    "link": {"font_color": "#1F4E9E", "underline": 1, "valign": "top"},
    "share": {**_CELL, "num_format": "0.0%", "align": "right", "indent": 1},
    "total": {**_CELL, "bold": True},
    "total_number": {**_CELL, "bold": True, "num_format": "#,##0", "align": "right", "indent": 1},
    "right": {**_CELL, "align": "right", "indent": 1},
    "line": {"bottom": 1},
}


def shades(outcomes: Sequence[str]) -> dict[str, str]:
    """The colour behind each verdict, from the best: green, then yellow to red."""
    last, n = len(_WORSE) - 1, len(outcomes)
    places = (min(round(i * last / max(n - 2, 1)) if n > 3 else i, last) for i in range(n - 1))
    return dict(zip(outcomes, (_BEST, *(_WORSE[i] for i in places)), strict=True))


class Plain:
    """Sheets of rows with a frame around each cell, to be printed on A4 and written on; above each page its name, and `note`."""

    def __init__(self, book: Any, note: str = "") -> None:
        self.book, self.note, self.head = book, note, book.add_format(HEAD)
        self.cell = book.add_format({"text_wrap": True, "valign": "vcenter", "border": 1})
        self.number = book.add_format({"align": "center", "valign": "vcenter", "border": 1})

    def add(
        self, name: str, titles: Sequence[str], rows: Sequence[Sequence[Any]], last: Sequence[int] = (), lines: int = 1
    ) -> None:
        """A sheet of rows, texts and whole numbers, below their heads. `last`: how wide the last columns are, the others as their
        texts are. `lines`: how many each row is high at least."""
        sheet = self.book.add_worksheet(sheet_name(name, self.book.sheetnames))
        texts = [[*map(str, column)] for column in zip(titles, *rows, strict=True)]
        wide = [min(max(map(width, column)) + 2, WIDEST) for column in texts]
        wide[len(wide) - len(last) :] = last
        for i, one in enumerate(wide):
            sheet.set_column(i, i, one)
        sheet.set_row(0, 1.5 * LINE)
        sheet.write_row(0, 0, titles, self.head)
        for n, row in enumerate(rows, start=1):
            most = max(-(-width(str(value)) // max(one - 2, 1)) for value, one in zip(row, wide, strict=True))
            sheet.set_row(n, min(LINE * max(most, lines), 400.0))
            for i, value in enumerate(row):
                if isinstance(value, int):
                    sheet.write_number(n, i, value, self.number)
                else:
                    text = cut(value, LONGEST_TEXT - 1)
                    sheet.write_string(n, i, f"{text} " if text.startswith("<r>") else text, self.cell)  # no text with formats
        sheet.freeze_panes(1, 0)
        print_wide(sheet, name, self.note)


def print_wide(sheet: Any, left: str = "", right: str = "") -> None:
    """On paper: A4, landscape, one page wide, the header on each page, its number below; above it `left` and `right`."""
    sheet.set_landscape()
    sheet.repeat_rows(0)
    sheet.fit_to_pages(1, 0)
    page(sheet, left, right)


def page(sheet: Any, left: str = "", right: str = "") -> None:
    """On paper: A4, narrow margins, the number of each page below; above it `left` and `right`."""
    sheet.set_paper(A4)
    sheet.set_margins(left=0.4, right=0.4, top=0.7, bottom=0.6)
    above = [cut(text, LONGEST_HEADER).replace("&", "&&") for text in (left, right)]
    if any(above):
        sheet.set_header(f"&L{' ' if left[:1].isdigit() else ''}{above[0]}&R{above[1]}")
    sheet.set_footer("&C&P / &N")


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
