"""One sheet that holds several tables: a list of violations that repeats its restaurant on each row.

In: the tables that were found, each with its header. Out: those that stand in the same sheets, and are brought by no other input:
what a table belongs to (with each record as often as it has children), and a table whose parent's sheet holds it as well.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace

from lookback.headers.grids import RawTable
from lookback.headers.heads import Names, as_another
from lookback.words.errors import Notice

_NO_FIELD = ("unknown-column", "unknown-column-near")


def read_flat(
    tables: Sequence[RawTable], names: Mapping[str, Names], there: Container[str], notices: list[Notice]
) -> list[RawTable]:
    """The tables besides those found; `there` are those that are handed in by themselves, or should be. What is told of columns
    that are no field is taken back of those that are another table's."""
    beside: list[RawTable] = []
    for raw in tables:
        found: dict[str, RawTable] = {}
        for above in _above(raw.table, names):
            if above not in there:
                if (one := _as_another(raw, names[above])) is None:
                    break
                found[above] = replace(one, repeats=True)
        line = {raw.table: raw}
        for child in (t for t in _below(raw.table, names) if t not in there):
            parent = line.get(str(names[child].table.belongs_to))
            if parent is not None and (one := _as_another(raw, names[child])) is not None:
                parent.repeats = True
                line[child] = found[child] = one
        if found:
            _tell(raw, [*found.values()], [t for t in names if t in {raw.table, *found}], notices)
            beside += found.values()
    return beside


def _above(table: str, names: Mapping[str, Names]) -> list[str]:
    """The tables that one belongs to, the units first."""
    above, line = names[table].table.belongs_to, list[str]()
    while above is not None:
        line.insert(0, above)
        above = names[above].table.belongs_to
    return line


def _below(table: str, names: Mapping[str, Names]) -> list[str]:
    """The tables that belong to one, or to one of these, each behind its own."""
    return [t for child in names if names[child].table.belongs_to == table for t in (child, *_below(child, names))]


def _as_another(raw: RawTable, names: Names) -> RawTable | None:
    head = as_another(raw.names, names) if raw.names is not None else None
    return raw.another(names.id_, head) if head is not None and raw.another is not None else None


def _tell(raw: RawTable, found: Sequence[RawTable], tables: Sequence[str], notices: list[Notice]) -> None:
    """What such a sheet is read as; whether it has columns that are no field of any of these."""
    place = (raw.file, raw.sheet)
    columns = {column.header for one in found for column in one.columns.values()}
    notices[:] = [
        n
        for n in notices
        if not ((n.file, n.sheet) == place and n.code in _NO_FIELD and str(n.args["column"]).strip() in columns)
    ]
    of_sheet = [n for n in notices if (n.file, n.sheet) == place]
    notices.append(Notice("several-tables", {"tables": ", ".join(tables)}, *place))
    known = columns | {column.header for column in raw.columns.values()}
    headers = raw.names.headers if raw.names is not None else ()
    unknown = any(header.strip() not in known for header in headers if header) or any(
        n.code == "nameless-column" for n in of_sheet
    )
    for one in (raw, *found):
        one.unknown = one.unknown and unknown
