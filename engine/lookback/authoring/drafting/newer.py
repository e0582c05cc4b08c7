"""What newer records have that a pack has not: tables, columns, words of choices, values of another kind; what they lack.

In: a pack, what the user named. Out: codes and their arguments, in the order of the records. Nothing is judged or written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lookback.authoring.drafting.draft import looked_at
from lookback.authoring.drafting.looks import Look, Looker
from lookback.authoring.drafting.tables import Sheet, sheets_of
from lookback.authoring.drafting.writing import field_lines
from lookback.headers.heads import Names, bare
from lookback.language.types import Type
from lookback.packs.checked import Pack
from lookback.packs.model import FieldDef, TableDef
from lookback.values.choices import words_of
from lookback.values.texts import loose_of
from lookback.warehouse.duckdb import DuckDB
from lookback.words import Word

SHOWN = 10
"""Words of a choice that are told."""


@dataclass(frozen=True)
class News:
    code: str
    args: Mapping[str, Any]


def newer(pack: Pack, data: Sequence[str | Path], encoding: str | Sequence[str] | None = None) -> list[News]:
    """What the records have that the pack has not. Raises UsageError and InputError as reading does."""
    tables = {id_: Names(table, id_=id_) for id_, table in pack.tables.items() if table.rows is None}
    with looked_at(data, encoding) as (seen, warehouse):
        return [one for sheet in sheets_of(seen.tables, warehouse) for one in _news(sheet, tables, pack, warehouse)]


def _news(sheet: Sheet, tables: Mapping[str, Names], pack: Pack, warehouse: DuckDB) -> Iterator[News]:
    headers = [look.header for look in sheet.looks]
    found = {id_: names.fields(headers) for id_, names in tables.items()}
    called = [id_ for id_, names in tables.items() if bare(sheet.name) in _called(id_, names.table)]
    best = called[0] if called else max(found, key=lambda id_: len(found[id_]), default="")
    if not best or not found[best]:
        yield News("new.newer-table", {"title": sheet.name, "n": sheet.rows, "headers": ", ".join(headers)})
        return
    others = {header for names in tables.values() for header in headers if names.field(header)}
    looker = Looker(warehouse, sheet.relation, "1899-12-30")
    for look in sheet.looks:
        field = tables[best].field(look.header)
        if field is not None:
            yield from _values(best, field, tables[best].table.fields[field], look, looker, pack)
        elif look.header not in others:  # which another table has in the same sheet
            yield News(
                "new.newer-field", {"table": best, "header": look.header, "yaml": "\n".join(field_lines(look, sheet.rows))}
            )
    lacking = [f for f, of in tables[best].table.columns.items() if f not in found[best] and of.optional is None]
    if lacking:
        yield News("new.newer-lacking", {"table": best, "fields": ", ".join(lacking)})


def _called(id_: str, table: TableDef) -> set[str]:
    titles = [t for t in (table.title.en, table.title.zh) if t] if table.title is not None else []
    return {bare(word) for word in (id_, *titles, *table.also)}


def _values(table: str, id_: str, field: FieldDef, look: Look, looker: Looker, pack: Pack) -> Iterator[News]:
    """What a column says that its field cannot hold."""
    if field.type is Type.TEXT:
        return
    if field.type in (Type.CHOICE, Type.CHOICES):
        known = {loose_of(word) for code, choice in (field.choices or {}).items() for word in words_of(code, choice)}
        between = "[" + re.escape("".join(field.between)) + "\n\r]"
        values = [v.strip() for v in looker.values(look.column)]
        parts = [p.strip() for v in values for p in (re.split(between, v) if field.type is Type.CHOICES else [v])]
        words = [p for p in dict.fromkeys(parts) if p and loose_of(p) not in known and p not in (*pack.blanks, *look.blanks)]
        if words:
            more = ["…"] if len(words) > SHOWN else []
            yield News("new.newer-choice", {"table": table, "field": id_, "words": ", ".join([*words[:SHOWN], *more])})
        return
    n, example = looker.unreadable(look.column, field, look.header, (*pack.blanks, *look.blanks))
    if n:
        kind = Word(f"type.{field.type.value}")
        shown = "…" if field.personal else " ".join(example.split())[:30]
        yield News("new.newer-unread", {"table": table, "field": id_, "n": n, "type": kind, "example": shown})
