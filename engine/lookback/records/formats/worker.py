"""The process that reads workbooks: it alone may run out of memory, and be stopped.

    python -m lookback.records.formats.worker MEGABYTES PARENT

In: a line of JSON on stdin for each workbook, {"file": path, "into": folder}. Out: a line of JSON on stdout, its sheets (the
cells as texts in an Arrow file each) or the code of an error. A workbook whose cells lie far apart, or that is spoilt, may take
any amount of memory in the library that reads it: so memory is limited here, and whoever waits for the answer limits the time.
"""

from __future__ import annotations

import ctypes
import errno
import html
import io
import json
import os
import re
import signal
import sys
import zipfile
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import python_calamine as calamine

UNREADABLE = "\ufffd"  # as in `values`, which would bring much more with it than this process needs
MOST_UNPACKED = 400_000_000
RATIO = 25
"""A workbook may unpack to MOST_UNPACKED bytes, or RATIO times its size where that is more."""
ROWS_OF_HEAD = 200
_CELL = re.compile(rb"<(?:\w+:)?c\b([^>]*?)(?:/>|>(.*?)</(?:\w+:)?c>)", re.DOTALL)
_REFERENCE = re.compile(rb'\br="([A-Z]+)([0-9]+)"')
_VALUE = re.compile(rb"<(?:\w+:)?v\b[^>]*>([^<]+)<|<(?:\w+:)?t\b[^>]*>([^<]+)<", re.DOTALL)
_SIXTY = re.compile(rb"<(?:\w+:)?v>60(?:\.[0-9]+)?<")
_DAY_59 = date(1900, 2, 28)
NO_DAY = "1900-02-29"
"""What spreadsheets show for day 60, which never was; the library says the day before."""
_FORMULA = re.compile(rb"<(?:\w+:)?f\b[^>]*?(?:/>|>([^<]*)<)")


def main() -> None:
    end_with(int(sys.argv[2]))
    limit_memory(int(sys.argv[1]))
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            answer = read(Path(asked["file"]), Path(asked["into"]))
        except MemoryError:
            answer = {"code": "workbook-too-large"}
        except BaseException as error:  # the library's panics are no Exceptions
            if isinstance(error, KeyboardInterrupt | SystemExit):
                raise
            answer = refused(error)
        print(json.dumps(answer), flush=True)


def end_with(parent: int) -> None:
    """On Linux at once, however it ends; elsewhere when the workbook is read, as there is nothing more on stdin."""
    if sys.platform == "linux":
        with suppress(AttributeError):
            ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
        if os.getppid() != parent:  # it ended before
            sys.exit()


def limit_memory(megabytes: int) -> None:
    try:
        import resource
    except ImportError:  # not on Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (megabytes * 1_000_000, megabytes * 1_000_000))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def refused(error: BaseException) -> dict[str, Any]:
    if isinstance(error, calamine.PasswordError):
        return {"code": "encrypted-workbook"}
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return {"code": "disk-full", "errno": error.errno}
    return {"code": "unreadable-input"}


def read(file: Path, into: Path) -> dict[str, Any]:
    """The sheets of a workbook, each with its Arrow file in `into`."""
    parts = Parts(file)
    if parts.bomb:
        return {"code": "workbook-bomb", "unpacked": parts.unpacked, "limit": parts.limit}
    if parts.encrypted:
        return {"code": "encrypted-workbook"}
    sheets = []
    with opened(file) as book, ThreadPoolExecutor(1) as beside:  # the library reads on while the last sheet is written
        written = []
        for number, about in enumerate(book.sheets_metadata):
            if about.typ != calamine.SheetTypeEnum.WorkSheet:
                continue
            sheet: dict[str, Any] = {"name": about.name, "hidden": about.visible != calamine.SheetVisibleEnum.Visible}
            sheets.append(sheet)
            spoilt = beside.submit(list, parts.spoilt(about.name))
            found = book.get_sheet_by_name(about.name)
            most = ROWS_OF_HEAD if sheet["hidden"] else None  # enough to say what it is
            rows: list[list[Any]] = found.to_python(skip_empty_area=False, nrows=most)
            merged = [(r1, c1, r2, c2) for (r1, c1), (r2, c2) in found.merged_cell_ranges or ()]
            sheet["merged"] = [(r1 + 1, c1, c2) for r1, c1, _, c2 in merged if c2 > c1 and r1 < ROWS_OF_HEAD]
            sheet["file"] = str(into / f"{number}.arrow")
            written.append(beside.submit(finish, rows, merged, spoilt, parts.sixties(about.name), sheet["file"]))
            del rows, found
        for done in written:
            done.result()
    return {"sheets": sheets, "from_1904": parts.from_1904}


def opened(file: Path) -> calamine.CalamineWorkbook:
    """The workbook, by its ending, else by its content: some bear the name of another format."""
    try:
        return calamine.CalamineWorkbook.from_path(str(file))
    except calamine.PasswordError:
        raise
    except calamine.CalamineError as error:
        try:
            return calamine.CalamineWorkbook.from_object(io.BytesIO(file.read_bytes()))
        except calamine.CalamineError:
            raise error from None


def finish(
    rows: list[list[Any]],
    merged: Sequence[tuple[int, int, int, int]],
    spoilt: Future[list[tuple[int, int, str]]],
    sixties: Iterator[tuple[int, int]],
    file: str,
) -> None:
    """Write a sheet, its merged cells filled and its spoilt cells marked."""
    for row, column in sixties:
        if row < len(rows) and column < len(rows[row]) and _day(rows[row][column]) == _DAY_59:
            rows[row][column] = NO_DAY
    fill_down(rows, merged)
    for row, column, text in spoilt.result():
        if row < len(rows) and column < len(rows[row]):
            rows[row][column] = UNREADABLE + text
    write(rows, file)


def _day(cell: Any) -> date | None:
    return cell.date() if isinstance(cell, datetime) else cell if isinstance(cell, date) else None


def fill_down(rows: list[list[Any]], merged: Sequence[tuple[int, int, int, int]]) -> None:
    """A cell merged over several rows has its value in each of them."""
    for r1, c1, r2, _ in merged:
        if r1 < len(rows) and c1 < len(rows[r1]):
            for row in rows[r1 + 1 : r2 + 1]:
                row[c1] = rows[r1][c1]


# --------------------------------------------------------------------------------------------------- cells -> texts


def write(rows: list[list[Any]], file: str) -> None:
    """An Arrow file of the rows that hold something: `_line`, `_row`, c0, c1, … as texts."""
    width = max(map(len, rows), default=0)
    blank = [""] * width
    numbers = [i for i, row in enumerate(rows, start=1) if row != blank]
    filled = [row for row in rows if row != blank]
    columns = [
        pa.chunked_array([texts(column[:ROWS_OF_HEAD]), texts(column[ROWS_OF_HEAD:])]) for column in zip(*filled, strict=True)
    ]
    lines = pa.array(numbers, pa.int64())
    table = pa.table([lines, lines, *columns], names=["_line", "_row", *(f"c{i}" for i in range(len(columns)))])
    with pa.OSFile(file, "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)


def texts(values: Sequence[Any]) -> pa.Array:
    """A column as texts; an empty cell is null. Columns of one kind, as most are, are turned as a whole."""
    values = [None if value == "" else value for value in values]
    kinds = set(map(type, values)) - {type(None)}
    if kinds <= {str}:
        found = pa.array(values, pa.string())
        return pc.replace_substring(found, "\0", UNREADABLE) if any("\0" in value for value in values if value) else found
    if kinds in ({date}, {bool}):
        return pc.cast(pa.array(values), pa.string())
    if kinds == {float}:
        numbers = pa.array(values, pa.float64())
        if pc.all(pc.and_(pc.equal(numbers, pc.round(numbers)), pc.less(pc.abs(numbers), 1e15))).as_py():
            return pc.cast(pc.cast(numbers, pa.int64()), pa.string())
    said: dict[tuple[type, Any], str | None] = {}  # the same values come again and again
    for value in values:
        if (type(value), value) not in said:
            said[type(value), value] = text_of(value)
    return pa.array([said[type(value), value] for value in values], pa.string())


def text_of(cell: Any) -> str | None:
    """A cell's value as a text: dates ISO, whole numbers without a point."""
    match cell:
        case None | "":
            return None
        case bool():
            return "true" if cell else "false"
        case int() | float() if 1e15 <= abs(cell) < 1e300:  # of which a spreadsheet keeps 15 digits
            return f"{UNREADABLE}{int(cell)}"
        case float():
            return str(int(cell)) if cell.is_integer() else f"{cell:.15g}"  # as spreadsheets show it
        case datetime():
            return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
        case date() | time() | timedelta():
            return str(cell)
    return str(cell).replace("\0", UNREADABLE)


# ------------------------------------------------------------------------------------- what the library does not tell


class Parts:
    """The parts of a workbook that is a zip: how large they are, and which cells have no value though they are not empty."""

    def __init__(self, file: Path) -> None:
        self.limit = max(MOST_UNPACKED, RATIO * file.stat().st_size)
        self.unpacked = 0
        self.zip: zipfile.ZipFile | None = None
        try:
            self.zip = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
            return
        self.unpacked = sum(part.file_size for part in self.zip.infolist())

    @property
    def bomb(self) -> bool:
        return self.unpacked > self.limit

    @property
    def encrypted(self) -> bool:
        """An OpenDocument sheet says so in its manifest."""
        return b"encryption-data" in self._part("META-INF/manifest.xml")

    @property
    def from_1904(self) -> bool:
        return bool(re.search(rb'date1904="(?:1|true)"', self._part("xl/workbook.xml")))

    def _part(self, name: str) -> bytes:
        if self.zip is None:
            return b""
        try:
            return self.zip.read(name)
        except (KeyError, OSError, ValueError, RuntimeError, NotImplementedError, zipfile.BadZipFile, zipfile.zlib.error):  # type: ignore[attr-defined]
            return b""

    def spoilt(self, sheet: str) -> Iterator[tuple[int, int, str]]:
        """(row, column, what to show) of each cell of an .xlsx that holds an error, or a formula that was never worked out."""
        content = self._part(self._paths().get(sheet, ""))
        if b"<f" not in content and b":f" not in content and b't="e"' not in content:
            return
        for cell in _CELL.finditer(content):
            attributes, inside = cell[1], cell[2] or b""
            at = _REFERENCE.search(attributes)
            if at is None:
                continue
            value = _VALUE.search(inside)
            formula = _FORMULA.search(inside)
            if b't="e"' in attributes and value:
                shown = (value[1] or value[2]).decode("utf-8", "replace")
            elif formula and not value and b't="str"' not in attributes:
                shown = "=" + html.unescape((formula[1] or b"").decode("utf-8", "replace"))
            else:
                continue
            yield *_position(at), shown

    def sixties(self, sheet: str) -> Iterator[tuple[int, int]]:
        """(row, column) of each cell of an .xlsx whose number is 60, which as a day of the 1900 system is none."""
        content = self._part(self._paths().get(sheet, ""))
        if b"v>60" not in content or self.from_1904:
            return
        for number in _SIXTY.finditer(content):
            at = _REFERENCE.search(content, content.rfind(b"r=", 0, number.start()) - 1)
            if at is not None:
                yield _position(at)

    def _paths(self) -> dict[str, str]:
        """A sheet's name -> its part of the zip."""
        relations = {
            _attribute(found, b"Id"): _attribute(found, b"Target")
            for found in re.findall(rb"<(?:\w+:)?Relationship\b[^>]*>", self._part("xl/_rels/workbook.xml.rels"))
        }
        paths = {}
        for found in re.findall(rb"<(?:\w+:)?sheet\b[^>]*>", self._part("xl/workbook.xml")):
            target = relations.get(_attribute(found, rb"\w+:id"), "")
            paths[_attribute(found, b"name")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        return paths


def _position(reference: re.Match[bytes]) -> tuple[int, int]:
    """B3 -> (2, 1)."""
    column = 0
    for char in reference[1]:
        column = column * 26 + char - 64
    return int(reference[2]) - 1, column - 1


def _attribute(tag: bytes, name: bytes) -> str:
    found = re.search(rb"\b" + name + rb"=[\"']([^\"']*)[\"']", tag)
    return html.unescape(found[1].decode("utf-8", "replace")) if found else ""


if __name__ == "__main__":
    main()
