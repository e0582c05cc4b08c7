"""What is told of what was read: tallies that came back blank; tables and fields by their titles.

In: a table as it was typed, or notices. Out: notices; what Chinese calls by its title, they have in place of its id.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from lookback.language.types import Type
from lookback.packs.checked import CheckedPack, Named
from lookback.records._problems import TableInput
from lookback.warehouse.duckdb import quoted
from lookback.words import say
from lookback.words.errors import Notice

_TABLES, _FIELDS = ("table", "tables", "known"), ("field", "columns")
"""Arguments that are ids, or several with a comma between them; fields are those of the argument `table`."""


def by_titles(notices: Sequence[Notice], pack: CheckedPack) -> tuple[Notice, ...]:
    names = Named(pack, "zh")

    def title(table: str | None, id_: str) -> str:
        if table is None:
            return names.table(id_) if id_ in pack.tables else id_
        return names.field(table, id_) if table in pack.tables else id_

    def titles(args: dict[str, Any]) -> dict[str, str]:
        found = {}
        for arg, value in args.items():
            table = args.get("table") if arg in _FIELDS else None
            if isinstance(value, str) and (arg in _TABLES or table is not None):
                found[arg] = "、".join(title(table, id_) for id_ in value.split(", "))
        return {arg: said for arg, said in found.items() if said != args[arg]}

    return tuple(replace(notice, zh=titles(dict(notice.args))) for notice in notices)


def blank_tallies(of: TableInput) -> list[Notice]:
    """Of the office's survey how many tallies of each input are not filled in whole."""
    office, table = of.pack.pack.header.office, of.definition
    if office is None or office.survey != of.table or not of.sources:
        return []
    answers = [id_ for id_, f in table.fields.items() if f.type is Type.INTEGER and id_ not in (table.parts or (table.key,))]
    blank = " OR ".join(f"{quoted(id_)} IS NULL" for id_ in answers) or "false"
    counts = f"SELECT _file, count(*), count(*) FILTER (_problems IS NULL AND ({blank})) FROM {of.stored.sql}"
    found = {
        i: (n, left) for i, n, left in of.warehouse.rows(f"{counts} WHERE _left IS NULL AND _file IS NOT NULL GROUP BY _file")
    }
    told = [(raw, *found.get(i, (0, 0))) for i, raw in of.sources]
    return [Notice("tallies-blank", {"n": left, "of": n}, raw.file, raw.sheet) for raw, n, left in told if left]


def called(pack: CheckedPack, lang: str, table: str, field: str | None = None) -> str:
    """A table or field in what is told of problems: in Chinese by its title, in English by its id."""
    if lang == "zh":
        names = Named(pack, lang)
        return names.table(table) if field is None else names.field(table, field)
    return table if field is None else field


def missing_said(of: TableInput, lang: str, kind: str, field: str | None) -> str:
    named = called(of.pack, lang, of.table, field) if field else ""
    return say(lang, f"expect.{kind}", table=called(of.pack, lang, of.table), field=named)
