"""Which row of a sheet is its header, and which column is which field.

In: the first rows of a sheet as texts, and a table of `records.yaml`. Out: a `Head`: where the header ends, what each column is
called, which field it is. Titles stand above many headers, some take two lines, some cells are merged: so the header is the row,
or the two rows, whose cells say most fields. Names are compared without width, letter case, white space, and what stands in
brackets. Also known here: what a row below the records looks like that is no record (a total, a note).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Container, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from lookback.packs.checked import normal
from lookback.packs.model import TableDef
from lookback.words.errors import Notice, did_you_mean

SHORTEST_NEAR, HALF_THE_SAME = 4, 0.5
"""Chinese headers are short: from so many characters on, half of them the same is near."""
ROWS_LOOKED_AT = 40
"""A header stands within the first rows that are not empty."""

TOTALS = ("合计", "总计", "小计", "共计", "总数", "本页合计", "total", "totals", "subtotal", "sub-total", "grand total", "sum")
"""The first cell of a row of totals, whole."""
NOTES = (
    *"注 备注 附注 说明 填表说明 填报说明 填表 填报 填表人 填报人 填报单位 填表单位 制表 制表人".split(),
    *"审核 审核人 负责人 单位负责人 主要负责人 联系人 联系电话 填表日期 填报日期 制表日期 报送日期".split(),
    *("note", "notes", "remark", "remarks", "source", "prepared by", "filled in by", "checked by", "approved by", "date"),
)
"""The first words of a note below a table; a colon follows."""
ENDS = ("以下空白", "以下无正文", "此处以下空白", "end of table", "nothing below")
"""What stands below the last record of a form, whole, often in brackets."""
_BRACKETS = re.compile(r"[(\[{【〔<《][^)\]}】〕>》]*[)\]}】〕>》]")
_EDGES = "*＊:：、.·#※"


def bare(text: str) -> str:
    """`normal` without brackets and what they hold (a unit, an explanation), and without marks at the ends."""
    return _BRACKETS.sub("", normal(text)).strip(_EDGES)


@dataclass(frozen=True)
class Head:
    """A header: the index of its last row among those given, the name of each column, field -> the first column that is called
    so, and -> the others."""

    last: int
    headers: tuple[str, ...]
    fields: Mapping[str, int]
    again: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def unknown(self) -> list[int]:
        """The columns that have a name and are no field."""
        known = {*self.fields.values(), *(i for others in self.again.values() for i in others)}
        return [i for i, header in enumerate(self.headers) if header and i not in known]


class Names:
    """The headers that mean the fields of a table."""

    def __init__(self, table: TableDef) -> None:
        self.table = table
        ids = [(id_, id_) for id_ in table.fields]
        said = ids + [(word, id_) for id_, f in table.fields.items() for word in f.titles]
        self.words = [word for word, _ in said]
        self._exact: dict[str, str] = {}
        self._bare: dict[str, str] = {}
        for word, id_ in said:
            self._exact.setdefault(normal(word), id_)
            self._bare.setdefault(bare(word), id_)
        self._bare.pop("", None)

    def field(self, header: str) -> str | None:
        return self._exact.get(normal(header)) or self._bare.get(bare(header))

    def fields(self, headers: Sequence[str]) -> dict[str, int]:
        """field -> the first column that is called so."""
        return {f: columns[0] for f, columns in self._columns(headers).items()}

    def head(self, last: int, headers: Sequence[str]) -> Head:
        """A header that ends in the row of index `last`."""
        found = self._columns(headers)
        again = {f: tuple(columns[1:]) for f, columns in found.items() if columns[1:]}
        return Head(last, tuple(headers), {f: columns[0] for f, columns in found.items()}, again)

    def _columns(self, headers: Sequence[str]) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for i, header in enumerate(headers):
            field = self.field(header) if header else None
            if field is not None:
                found.setdefault(field, []).append(i)
        return found

    def near(self, header: str, taken: Container[str] = ()) -> str | None:
        """The header that is probably meant, of a field that is not `taken`."""
        words = [word for word in self.words if self.field(word) not in taken]
        found = did_you_mean(header, words)
        if found:
            return str(found[1]["word"])
        chinese = [word for word in words if not word.isascii() and len(word) >= SHORTEST_NEAR]
        near = get_close_matches(header, chinese, cutoff=HALF_THE_SAME) if len(header) >= SHORTEST_NEAR else []
        return near[0] if len({self.field(word) for word in near}) == 1 else None  # not where two fields are as near


def find_head(rows: Sequence[Sequence[str]], names: Names) -> Head | None:
    """The header among `rows` (texts, '' for an empty cell); None where all are empty.

    The row, or the two rows together, that say most fields; among equals the first. Where none says any, the first row that is
    not empty: what it holds is then told.
    """
    filled = [i for i, row in enumerate(rows) if any(row)][:ROWS_LOOKED_AT]
    if not filled:
        return None
    heads = [names.head(i, rows[i]) for i in filled]
    heads += [two for i in filled if i + 1 < len(rows) and (two := _two_lines(rows[i], rows[i + 1], i + 1, names))]
    return max(heads, key=lambda head: len(head.fields))  # the first of the best, and those of one line come first


def _two_lines(upper: Sequence[str], lower: Sequence[str], last: int, names: Names) -> Head | None:
    """A header of two lines: a heading over several columns, and below it what each of them is."""
    width = max(len(upper), len(lower))
    above = [*upper, *[""] * (width - len(upper))]
    below = [*lower, *[""] * (width - len(lower))]
    if len(names.fields(below)) == 0:
        return None
    headers = []
    heading = ""
    for over, under in zip(above, below, strict=True):
        heading = over or heading  # a merged cell has its text in its first column alone
        forms = [form for form in (under, heading + under if under else "", over) if form]
        headers.append(next((form for form in forms if names.field(form)), forms[0] if forms else ""))
    return names.head(last, headers)


def notices_on(head: Head, names: Names, table: str, file: str, sheet: str | None, empty: Collection[int] = ()) -> list[Notice]:
    """What is told about the columns: those that are no field, those that repeat one, the fields that have none. An `empty`
    column brings nothing, and is not told."""
    notices = []
    for i, header in enumerate(head.headers):
        if i in empty:
            continue
        field = names.field(header) if header else None
        if header and field is None:
            near = names.near(header, head.fields)
            code = "unknown-column" if near is None else "unknown-column-near"
            notices.append(Notice(code, {"column": header, **({"word": near} if near else {})}, file, sheet))
        elif field is not None and head.fields[field] != i:
            first = head.headers[head.fields[field]]
            notices.append(Notice("repeated-column", {"column": header, "first": first}, file, sheet))
    missing = [f for f in names.table.fields if f not in head.fields]
    if missing:
        args = {"table": table, "n": len(missing), "columns": ", ".join(missing)}
        notices.append(Notice("missing-columns", args, file, sheet))
    return notices


def left_out_patterns() -> dict[str, str]:
    """What a row is that is no record -> a regular expression (RE2's) that its first text meets."""
    blank = r"[\s\x{a0}\x{3000}]*"  # RE2's white space is that of ASCII

    def any_of(words: Sequence[str]) -> str:
        return "|".join(re.escape(word) if word.isascii() else blank.join(map(re.escape, word)) for word in words)

    total = rf"(?i)^(?:{any_of(TOTALS)}){blank}[:：]?{blank}$"
    note = rf"(?i)^(?:(?:{any_of(NOTES)}){blank}[0-9]*{blank}[:：]|[(（—-]*{blank}(?:{any_of(ENDS)}){blank}[)）—-]*{blank}$)"
    return {"total": total, "note": note}


def left_out_beginnings() -> list[str]:
    """The characters with which a text that meets one of them begins: asked first, as that is quick."""
    words = (*TOTALS, *NOTES, *ENDS)
    return sorted({form for word in words for form in (word[0].lower(), word[0].upper())} | set("(（—-"))
