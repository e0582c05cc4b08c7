"""The first rows of a sheet -> its header, and which column is which field.

In: rows of texts, a table of `records.yaml`. Out: a `Head`, and what is told of its columns. Nothing is read below it.

Titles stand above many headers, some take two lines, some cells are merged: so the header is the row, or the two rows, whose
cells say most fields. Names are compared without width, letter case, white space, and what stands in brackets.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from lookback.headers.left_out import TOTALS
from lookback.packs.checked import normal
from lookback.packs.model import TableDef
from lookback.words.errors import Notice, did_you_mean

SHORTEST_NEAR, HALF_THE_SAME = 4, 0.5
"""Chinese headers are short: from so many characters on, half of them the same is near."""
ENOUGH = 2
"""So many of its fields say that a sheet of its parent's holds a table without a key, too."""
NEAR = 0.6
"""So much the same, a header and a name may mean one field."""
ROWS_LOOKED_AT = 40
"""A header stands within the first rows that are not empty."""

_BRACKETS = re.compile(r"[(\[{【〔<《][^)\]}】〕>》]*[)\]}】〕>》]")
_DIGIT = re.compile(r"\d")
_EDGES = "*＊:：、.·#※"


def bare(text: str) -> str:
    """`normal` without brackets and what they hold (a unit, an explanation), and without marks at the ends."""
    return _BRACKETS.sub("", normal(text)).strip(_EDGES)


@dataclass(frozen=True)
class Head:
    """A header: the index of its last row among those given, the name of each column, field -> the first column that is called
    so, and -> the others. likely: the fields among them of which a column has only the likely name. second: the text of
    a second line that says no more fields."""

    last: int
    headers: tuple[str, ...]
    fields: Mapping[str, int]
    again: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    likely: frozenset[str] = frozenset()
    second: str = ""

    @property
    def unknown(self) -> list[int]:
        """The columns that have a name and are no field."""
        known = {*self.fields.values(), *(i for others in self.again.values() for i in others)}
        return [i for i, header in enumerate(self.headers) if header and i not in known]


class Names:
    """The headers that mean the fields of a table; `keys` are those without which a row is no record."""

    def __init__(self, table: TableDef, keys: Collection[str] = (), id_: str = "") -> None:
        self.table, self.keys, self.id_ = table, keys, id_
        ids = [(id_, id_) for id_ in table.columns]
        said = ids + [(word, id_) for id_, f in table.columns.items() for word in f.titles]
        self.words = [word for word, _ in said]
        self._exact: dict[str, str] = {}
        self._bare: dict[str, str] = {}
        also = [(normal(word), id_) for id_, f in table.columns.items() for word in dict.fromkeys(f.also)]
        shared = {word: [id_ for one, id_ in also if one == word] for word, _ in also}
        self._shared = [(bare(word), fields) for word, fields in shared.items() if len(fields) > 1]
        for word, id_ in said:
            self._exact.setdefault(normal(word), id_)
            self._bare.setdefault(bare(word), id_)
        self._bare.pop("", None)

    def field(self, header: str) -> str | None:
        return self._exact.get(normal(header)) or self._bare.get(bare(header))

    def fields_of(self, header: str) -> list[str]:
        """The fields that a column so called brings: one, but where several name it in `also`."""
        field = self.field(header)
        if field is None:
            return []
        if not self._shared:
            return [field]
        said = bare(header)
        return next((fields for word, fields in self._shared if word == said and field in fields), [field])

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
            for id_ in self.fields_of(header) if header else ():
                found.setdefault(id_, []).append(i)
        return found

    def best(self, heads: Sequence[Head], rows: Sequence[Sequence[str]]) -> Head:
        """The header among those that the `rows` may have: the first that says most fields; those of one line come first."""
        return max(heads, key=lambda head: len(head.fields))

    @property
    def spaced(self) -> frozenset[str]:
        """The fields whose texts keep the white space at their ends."""
        return frozenset(id_ for id_, f in self.table.columns.items() if f.keep_spaces)

    def near(self, header: str, taken: Container[str] = ()) -> str | None:
        """The header that is probably meant, of a field that is not `taken`."""
        words = [word for word in self.words if self.field(word) not in taken]
        found = did_you_mean(header, words)
        if found:
            return str(found[1]["word"])
        chinese = [word for word in words if not word.isascii() and len(word) >= SHORTEST_NEAR]
        near = get_close_matches(header, chinese, cutoff=HALF_THE_SAME) if len(header) >= SHORTEST_NEAR else []
        return near[0] if len({self.field(word) for word in near}) == 1 else None  # not where two fields are as near

    def with_likely(self, head: Head) -> Head:
        """A header in which columns that are no field are the one field that each probably means: a field without a column, that
        no other of them may mean."""
        meant: dict[str, list[int]] = {}
        for i in head.unknown:
            words = [word for word in self.words if self.field(word) not in head.fields]
            near = get_close_matches(head.headers[i], words, n=len(words) or 1, cutoff=NEAR)
            fields = {self.field(word) for word in (*near, self.near(head.headers[i], head.fields)) if word is not None}
            for f in fields if len(fields) == 1 else ():
                meant.setdefault(str(f), []).append(i)
        found = {f: columns[0] for f, columns in meant.items() if len(columns) == 1}
        return replace(head, fields={**head.fields, **found}, likely=frozenset(found))


def as_another(head: Head, names: Names) -> Head | None:
    """The header of a sheet of one table as that of another one, whose keys and some of whose other fields stand there as well;
    None where they do not. A column of the first one is the other's only as a key."""
    found = names.head(head.last, head.headers)
    used = {*head.fields.values(), *(i for others in head.again.values() for i in others)}
    fields = {f: i for f, i in found.fields.items() if f in names.keys or i not in used}
    own, possible = [f for f in fields if f not in names.keys], [f for f in names.table.columns if f not in names.keys]
    enough = 1 if names.table.parts else min(ENOUGH, len(possible))  # one column alone may be called so by chance
    if len(own) < max(enough, 1) or any(key not in fields for key in names.keys):
        return None
    return replace(found, fields=fields, again={f: others for f, others in found.again.items() if f in fields})


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
    best = names.best(heads, rows)
    if best.last + 1 < len(rows) and best.headers == tuple(rows[best.last]) and _goes_on(best, rows[best.last + 1], names):
        joined = _joined(rows[best.last], rows[best.last + 1], best.last + 1, names)
        return replace(joined, second=", ".join(filter(None, rows[joined.last])))
    return best


def _goes_on(head: Head, below: Sequence[str], names: Names) -> bool:
    """Whether the row below a header of one line is its second line: nothing stands under the keys, nor, but in brackets, under
    any other field, so that it says nothing of a record."""
    if not head.fields or not any(below) or any(key in head.fields and _at(below, head.fields[key]) for key in names.keys):
        return False
    if any(_DIGIT.search(text) or normal(text) in TOTALS for text in below):
        return False
    fields = {*head.fields.values(), *(i for others in head.again.values() for i in others)}
    return all(_bracketed(below[i]) or _spans(head, below, i) for i in fields if _at(below, i))


def _spans(head: Head, below: Sequence[str], column: int) -> bool:
    """Whether a header stands over several columns that are named below it."""
    header, (before, after) = head.headers[column], (_at(head.headers, i) for i in (column - 1, column + 1))
    right = column + 1 < len(head.headers) and after in ("", header) and _at(below, column + 1)
    return bool(right or (column and before == header and _at(below, column - 1)))


def _at(row: Sequence[str], column: int) -> str:
    return row[column] if column < len(row) else ""


def _bracketed(text: str) -> bool:
    return _BRACKETS.fullmatch(normal(text)) is not None


def _two_lines(upper: Sequence[str], lower: Sequence[str], last: int, names: Names) -> Head | None:
    """A header of two lines: a heading over several columns, and below it what each of them is."""
    return _joined(upper, lower, last, names) if names.fields(lower) else None


def _joined(upper: Sequence[str], lower: Sequence[str], last: int, names: Names) -> Head:
    width = max(len(upper), len(lower))
    above = [*upper, *[""] * (width - len(upper))]
    below = [*lower, *[""] * (width - len(lower))]
    headers = []
    heading = ""
    for over, under in zip(above, below, strict=True):
        heading = over or heading  # a merged cell has its text in its first column alone
        remark = f"{over}({under})" if over and under else over  # a unit, perhaps
        forms = [form for form in (under, heading + under if under else "", remark) if form]
        headers.append(next((form for form in forms if names.field(form)), forms[0] if forms else ""))
    return names.head(last, headers)


def notices_on(head: Head, names: Names, table: str, file: str, sheet: str | None, empty: Collection[int] = ()) -> list[Notice]:
    """What is told about the columns: those that are no field, those that repeat one, the fields that have none. An `empty`
    column brings nothing, and is not told."""
    notices = [Notice("header-goes-on", {"text": head.second[:60]}, file, sheet)] if head.second else []
    likely = {head.fields[f]: f for f in head.likely}
    for i, header in enumerate(head.headers):
        if i in likely:
            notices.append(Notice("header-accepted", {"column": header, "field": likely[i], "table": table}, file, sheet))
            continue
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
    missing = [f for f in names.table.columns if f not in head.fields]
    if missing:
        args = {"table": table, "n": len(missing), "columns": ", ".join(missing)}
        notices.append(Notice("missing-columns", args, file, sheet))
    return notices
