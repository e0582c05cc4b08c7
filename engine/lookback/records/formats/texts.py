"""Text files -> grids, or relations where DuckDB can read the file by itself.

In: a file of values between delimiters, in any encoding. Out: a `Grid` of all its rows; for a large file in UTF-8 with its header
in the first line, a `RawTable` that DuckDB reads at full speed, with the same records. Delimiter, quotation marks and header are
those that give most fields of a table.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

import pyarrow as pa

from lookback.headers.grids import SHOWN_OF_A_ROW, Grid, Misfit, RawColumn, RawTable, TextFile, letter
from lookback.headers.heads import Head, Names, find_head
from lookback.records.formats.encodings import Words, choose, marked
from lookback.records.formats.files import InputFile
from lookback.values.texts import ERRORS_BEGIN, UNREADABLE, first_sql
from lookback.warehouse.duckdb import literal, path_literal
from lookback.words.errors import InputError, Notice

if TYPE_CHECKING:
    from _csv import Reader

DELIMITERS = (",", "\t", ";", "|", "，", "\x1f")
HEAD, TAIL = 1_000_000, 65_536
"""Characters looked at, at the beginning and the end, before it is decided how to read a file."""
LARGE = 4_000_000
"""Bytes from which on a plain file is read by DuckDB itself."""
LONGEST_LINE = 20_000_000
MOST_LINES_READ_AGAIN = 100
PIECE = 1 << 20
ROWS_A_BATCH = 20_000
_ROWS_COMPARED = 60
_WHITE = "\t\v\f\u00a0\u3000\u200b\ufeff"
"""White space that a file has seldom, so that it is worth while to know whether it has."""


@dataclass(frozen=True)
class Dialect:
    """What stands between values and around them. spaced: blanks after a delimiter do not count."""

    delimiter: str
    quote: str = '"'
    escape: str | None = None
    spaced: bool = False

    def reader(self, lines: Iterable[str], *, strict: bool = True) -> Reader:
        return csv.reader(
            map(_escaped, lines) if self.escape else lines,
            delimiter=self.delimiter,
            quotechar=self.quote,
            escapechar=self.escape,
            skipinitialspace=self.spaced,
            doublequote=True,
            strict=strict,
        )


def _escaped(line: str) -> str:
    """A line in which only quotation marks and backslashes are escaped: other backslashes are part of the values."""
    return re.sub(r'\\(["\\])|\\', lambda found: found[0] if found[1] else "\\\\", line) if "\\" in line else line


@dataclass(frozen=True)
class Text:
    """A text file that was looked at: its encoding, what stands between its values, its header for the table asked for."""

    file: InputFile
    encoding: str
    dialect: Dialect
    head: Head
    plain: bool
    spaces: str
    errors: Sequence[str]


def look_at(
    file: InputFile, names: Sequence[Names], encoding: str | None, words: Words, notices: list[Notice]
) -> tuple[Text, Names] | None:
    """What a text file is, and which of the tables it fits best; None where it is empty. Its encoding is `encoding`, if that is
    not None, else found out by the pack's `words`."""
    scan = _scan(file.path)
    with file.path.open("rb") as stream:
        start = stream.read(HEAD)
    chosen = encoding or _encoding(file, start, scan, words, notices)
    text = _decoded(start, chosen)
    if len(start) == HEAD:
        text = text[: text.rfind("\n") + 1] or text[:HEAD]
    if not text.strip():
        return None
    lines = list(io.StringIO(text, newline=""))  # lines end as they do for who reads the file: not at U+2028 or a form feed
    best: tuple[tuple[int, float, int], Dialect, Head, Names] | None = None
    for dialect in _dialects(text):
        rows, spoilt = _rows(dialect, lines)
        for table in names:
            head = find_head([[c.strip() for c in row] for row in rows], table)
            if head is None:
                continue
            widths = [len(row) for row in rows[head.last :] if any(row)]
            alike = sum(w == widths[0] for w in widths) / (len(widths) + spoilt) if widths else 0.0
            score = (len(head.fields), alike if widths and widths[0] > 1 else 0.0, len(head.headers))
            if best is None or score > best[0]:
                best = score, dialect, head, table
    if best is None:
        return None
    _, dialect, head, table = best
    plain = (
        scan.plain
        and scan.utf8
        and scan.size >= LARGE
        and dialect == Dialect(dialect.delimiter)
        and dialect.delimiter.isascii()
        and _regular(dialect, lines, head)
        and _regular_end(file.path, dialect, len(head.headers))
    )
    return Text(file, chosen, dialect, head, plain, scan.spaces, scan.errors), table


# ------------------------------------------------------------------------------------------------- encoding and dialect


@dataclass
class _Scan:
    size: int = 0
    utf8: bool = True
    plain: bool = True  # no NUL, no replacement character, no endless line
    spaces: str = " "  # the white space that values may end with
    errors: Sequence[str] = ()  # what those that may be an error's begin with, as #N/A


def _scan(path: Path) -> _Scan:
    """One look at every byte, at the speed of the disk."""
    scan = _Scan()
    rest = b""
    since_newline = 0
    odd = dict.fromkeys((UNREADABLE, '"', *_WHITE, *ERRORS_BEGIN), False)
    with path.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            scan.size += len(chunk)
            block = rest + chunk if rest else chunk.removeprefix(codecs.BOM_UTF8) if scan.size == len(chunk) else chunk
            for char in odd:
                odd[char] = odd[char] or _holds(block, char.encode())
            if b"\0" in chunk:
                scan.plain = False
            at = chunk.rfind(b"\n")
            since_newline = len(chunk) - at if at >= 0 else since_newline + len(chunk)
            if since_newline > LONGEST_LINE // 2:
                scan.plain = False
            end = _whole(block)
            scan.utf8 = scan.utf8 and _is_utf8(block[:end])
            rest = block[end:]
    scan.utf8 = scan.utf8 and not rest
    scan.plain = scan.plain and not odd[UNREADABLE]
    scan.errors = [word for word in ERRORS_BEGIN if odd[word]]
    scan.spaces += "".join(c for c in _WHITE if odd[c]) + ("\r\n" if odd['"'] else "")
    return scan


def _holds(block: bytes, char: bytes) -> bool:
    """Whether a character is there; its first byte is looked for first, as that is many times faster."""
    return char[:1] in block and (len(char) == 1 or char in block)


def _whole(block: bytes) -> int:
    """Where the last character that is whole ends."""
    for back in range(1, min(4, len(block)) + 1):
        byte = block[-back]
        if byte < 0x80:
            return len(block) - back + 1
        if byte >= 0xC0:
            length = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return len(block) if back >= length else len(block) - back
    return len(block)


def _is_utf8(block: bytes) -> bool:
    offsets = pa.array([0, len(block)], pa.int64()).buffers()[1]
    try:
        pa.Array.from_buffers(pa.large_string(), 1, [None, offsets, pa.py_buffer(block)]).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _encoding(file: InputFile, start: bytes, scan: _Scan, words: Words, notices: list[Notice]) -> str:
    """The encoding of a file that begins so: by its mark, UTF-8 where it is that, else what reads it best. It is told."""
    if mark := marked(start):
        if mark != "utf-8-sig":
            notices.append(Notice("encoding-marked", {"encoding": _named(mark)}, file.shown))
        return mark
    if scan.utf8:
        return "utf-8"
    choice = choose(file.path, words)
    if choice.encoding != "utf-8" or choice.others:
        notices.append(Notice(choice.why, {"encoding": _named(choice.encoding)}, file.shown))
    if choice.others:
        value, otherwise = choice.differing
        others = ", ".join(map(_named, choice.others))
        args = {"others": others, "value": value, "otherwise": otherwise, "other": _named(choice.others[0])}
        notices.append(Notice("encoding-doubtful", args, file.shown))
    return choice.encoding


def _named(encoding: str) -> str:
    return encoding.upper().replace("_", "-")


def _decoded(data: bytes, encoding: str) -> str:
    """Bytes as a text; what cannot be read is U+FFFD. A character that is cut off at the end is left out."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    return decoder.decode(data).replace("\0", UNREADABLE)


def _dialects(text: str) -> Iterator[Dialect]:
    sample = text[:100_000]
    for delimiter in DELIMITERS:
        if delimiter not in sample:
            continue
        d = re.escape(delimiter)
        yield Dialect(delimiter)
        if re.search(rf'{d} +"', sample):
            yield Dialect(delimiter, spaced=True)
        if re.search(rf"(?:^|{d})'[^'\n]*'(?={d}|\r?$)", sample, re.MULTILINE):
            yield Dialect(delimiter, quote="'")
        if '\\"' in sample:
            yield Dialect(delimiter, escape="\\")
    if not any(delimiter in sample for delimiter in DELIMITERS):
        yield Dialect(",")


def _rows(dialect: Dialect, lines: Sequence[str]) -> tuple[list[list[str]], int]:
    """The first rows, and how many among them cannot be told apart into values: those will be in no grid either.

    Where there are no others, all of them, however they are quoted.
    """
    for strict in (True, False):
        rows: list[list[str]] = []
        spoilt = 0
        reader = dialect.reader(lines, strict=strict)
        while len(rows) + spoilt < _ROWS_COMPARED:
            try:
                rows.append(next(reader))
            except StopIteration:
                break
            except csv.Error as error:
                spoilt += 1
                if "end of data" in str(error):
                    break
        if any(map(any, rows)):
            return rows, spoilt
    return [], 0


def _regular(dialect: Dialect, lines: Sequence[str], head: Head) -> bool:
    """Whether the header is the first line and no more, names every column, and all rows looked at are as wide as it, or have a
    value too many."""
    if head.last or any(not header or "\n" in header or "\r" in header for header in head.headers):
        return False
    try:
        width = len(head.headers)
        return all(len(row) in (0, width) or "".join(row[width:]).strip() for row in dialect.reader(lines[:2000]))
    except csv.Error:
        return False


def _regular_end(path: Path, dialect: Dialect, width: int) -> bool:
    """Whether the last rows are records: as wide as the header, and not of one value alone."""
    with path.open("rb") as stream:
        stream.seek(-min(TAIL, path.stat().st_size), 2)
        lines = stream.read().decode("utf-8", "replace").splitlines(keepends=True)[1:]
    last = lines[-10:]
    try:
        rows = list(dialect.reader(last))
    except csv.Error:
        return False
    return all(len(row) == width and sum(map(bool, row)) > 1 for row in rows if row)


# ------------------------------------------------------------------------------------------------------------- reading


def relation_of(text: Text, table: str, slowly: Callable[[], RawTable]) -> tuple[RawTable, list[RawColumn]]:
    """A plain file, to be read by DuckDB, and its columns that are no field; `slowly` reads it where DuckDB cannot."""
    head, file = text.head, text.file
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(head.headers)))
    relation = (
        f"read_csv({path_literal(file.path)}, auto_detect = false, header = true, "
        f"delim = {literal(text.dialect.delimiter)}, quote = '\"', escape = '\"', "
        f"columns = {{{columns}}}, store_rejects = true, max_line_size = {LONGEST_LINE}, "
        f"buffer_size = {2 * LONGEST_LINE})"  # else 16 times as much, several times over
    )

    def column(i: int, again: Sequence[int] = ()) -> RawColumn:
        return RawColumn(head.headers[i].strip(), f"c{i}", letter=letter(i), again=tuple(map(column, again)))

    fields = {f: column(i, head.again.get(f, ())) for f, i in head.fields.items()}
    first = first_sql([(f"c{i}", "VARCHAR") for i in range(len(head.headers))], text.spaces)
    read = TextFile(str(file.path), text.dialect.delimiter, text.spaces, len(head.headers), text.errors)
    found = RawTable(table, file.shown, None, file.sha256, fields, relation=relation, first=first, text=read, slowly=slowly)
    return found, [column(i) for i in head.unknown]


def grid_of(text: Text, folder: Path) -> Grid:
    """Every row of a text file. What takes much room lies in `folder`.

    Raises InputError where a quotation mark is opened and never closed, as it would swallow what follows, or where no row can
    be read.
    """
    csv.field_size_limit(sys.maxsize)
    folder.mkdir(parents=True, exist_ok=True)
    stored = folder / f"{len(list(folder.iterdir()))}.arrow"
    misfits: list[Misfit] = []
    open_end: list[int] = []
    width = max(len(text.head.headers), 1)
    schema = pa.schema(
        [("_line", pa.int64()), ("_row", pa.int64()), ("_width", pa.int32()), *((f"c{i}", pa.string()) for i in range(width + 1))]
    )
    with (
        text.file.path.open(encoding=text.encoding, errors="replace", newline="") as stream,
        pa.OSFile(str(stored), "wb") as sink,
        pa.ipc.new_file(sink, schema) as writer,
    ):
        batch: list[tuple[int, int, list[str]]] = []
        for row in _records(stream, text, misfits, open_end):
            batch.append(row)
            if len(batch) == ROWS_A_BATCH:
                writer.write_batch(_batch(batch, width, schema))
                batch.clear()
        if batch:
            writer.write_batch(_batch(batch, width, schema))
    with pa.memory_map(str(stored)) as source:
        rows = pa.ipc.open_file(source).read_all()
    return Grid(text.file.shown, None, text.file.sha256, rows, misfits=misfits, open_end=next(iter(open_end), None))


def _records(stream: IO[str], text: Text, misfits: list[Misfit], open_end: list[int]) -> Iterator[tuple[int, int, list[str]]]:
    """(line, row, values) of each row; those that cannot be told apart into values go to the misfits, the row in which the file
    ends without a line break to `open_end`.

    Raises InputError where that is so of all, or where a quotation mark is never closed.
    """
    taken: list[str] = []  # the lines of the row that is being read
    again: deque[str] = deque()  # lines that a spoilt row had swallowed
    lines_of_row = size = 0
    ended = True

    def lines() -> Iterator[str]:
        nonlocal lines_of_row, size, ended
        while line := again.popleft() if again else _line(stream, shorter):
            lines_of_row += 1
            ended = line.endswith(("\n", "\r"))
            size += line.size if isinstance(line, _Shorter) else len(line)
            if size > LONGEST_LINE and lines_of_row > 1:  # it goes on in quotes
                line = shorter(line) if '"' in line else "\n"
            if lines_of_row <= MOST_LINES_READ_AGAIN:
                taken.append(line)
            yield line.replace("\0", UNREADABLE) if "\0" in line else line

    shorter = _shorter(text.dialect.delimiter)
    reader = text.dialect.reader(lines())
    number, line = 0, 1
    filled, refused = False, ""
    while True:
        taken.clear()
        lines_of_row = size = 0
        number += 1
        try:
            row = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            if "end of data" in str(error):
                raise InputError("unclosed-quote", file=text.file.shown, line=line) from error
            if 1 < lines_of_row <= MOST_LINES_READ_AGAIN:  # of a row that swallows others only the first line is lost
                again.extendleft(reversed(taken[1:]))
                del taken[1:]
                lines_of_row = 1
                reader = text.dialect.reader(lines())
            said = "".join(taken).strip()
            values = tuple(value.strip(' "') for value in said.split(text.dialect.delimiter))
            beyond = max(len(values) - len(text.head.headers), 0)
            misfits.append(Misfit(line, number, "row.unquoted-value", said[:SHOWN_OF_A_ROW], values, beyond))
            refused = refused or f"line {line}: {error}"
        else:
            filled = filled or any(row)
            if size > LONGEST_LINE:
                values = tuple(value[: SHOWN_OF_A_ROW + 1] for value in row)
                misfits.append(Misfit(line, number, "row.line-size-over-maximum", "".join(taken)[:SHOWN_OF_A_ROW], values))
            elif any(row):
                if not ended:
                    open_end.append(number)
                yield line, number, row
        line += lines_of_row
    if refused and not filled:  # not even a header
        raise InputError("unreadable-input", file=text.file.shown, why=refused)


class _Shorter(str):
    """A line that is too long to be kept, shortened; `size`: the characters that it had."""

    size: int


def _shorter(delimiter: str) -> Callable[[str], str]:
    """What shortens the values of a line, and leaves it as many as it has."""
    run = re.compile(f'([^"\\\\\r\n{re.escape(delimiter)}]{{{SHOWN_OF_A_ROW + 1}}})[^"\\\\\r\n{re.escape(delimiter)}]+')
    return lambda line: run.sub(r"\1", line)


def _line(stream: IO[str], shorter: Callable[[str], str]) -> str:
    """The next line; of one that is longer than `LONGEST_LINE` no more than tells its values apart, or than a piece, whose
    quotation marks are even where they were."""
    line = stream.readline(PIECE)
    if len(line) < PIECE or line.endswith(("\n", "\r")):
        return line
    pieces, size = [line], len(line)
    while not line.endswith(("\n", "\r")) and (line := stream.readline(PIECE)):
        size += len(line)
        pieces.append(line)
        if size > LONGEST_LINE:
            pieces = ["".join(map(shorter, pieces))]
            if len(pieces[0]) > PIECE:
                end = "\n" if line.endswith(("\n", "\r")) else ""
                pieces = [pieces[0][:PIECE] + '"' * (pieces[0].count('"', PIECE) % 2) + end]
    if size <= LONGEST_LINE:
        return "".join(pieces)
    short = _Shorter(pieces[0])
    short.size = size
    return short


def _batch(rows: Sequence[tuple[int, int, list[str]]], width: int, schema: pa.Schema) -> pa.RecordBatch:
    """Rows as columns; one more than the header has holds the first value beyond it that is not blank."""
    columns: list[list[str | None]] = [[] for _ in range(width + 1)]
    for _, _, row in rows:
        values = row[:width] + [""] * (width - len(row))
        beyond = next((value for value in row[width:] if value.strip()), "")
        for column, value in zip(columns, (*values, beyond), strict=True):
            column.append(value or None)
    places = [[line for line, _, _ in rows], [number for _, number, _ in rows], [len(row) for _, _, row in rows]]
    return pa.record_batch([pa.array(c, f.type) for c, f in zip([*places, *columns], schema, strict=True)], schema)
