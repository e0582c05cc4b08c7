"""Who is told what: `audiences:` of a pack, and those that every pack has.

In: a checked pack. Out: its audiences by name, and mistakes: what they name is there, and nothing that is personal or internal
is told, not even through a fact.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlglot import exp

from lookback.language.parse import parse
from lookback.language.scope import Meaning, Scope, type_word
from lookback.language.typed import check
from lookback.language.types import Column, Type
from lookback.packs.checked import CheckedPack
from lookback.packs.graph import Graph
from lookback.packs.model import Audience
from lookback.packs.references import end_of
from lookback.words.errors import Mistake, did_you_mean
from lookback.words.source import Path, Place

PUBLIC, INTERNAL, UNIT = "public", "internal", "unit"


def audiences_of(pack: CheckedPack) -> dict[str, Audience]:
    """The audiences of a pack by name: its own, and `public` (counts), `internal` (everything) and `unit` (one of them)."""
    root = pack.tables[pack.root]
    groups = [name for name in pack.pack.header.groups if not withheld_behind(pack, [Column(pack.root, name)])]
    known: dict[str, dict[str, object]] = {
        PUBLIC: {"detail": "counts", "fields": {pack.root: tuple(groups)}},
        INTERNAL: {"detail": "reasons"},
        UNIT: {"detail": "reasons", "by": root.key},
    }
    return {name: Audience.model_validate(said) for name, said in known.items()} | pack.pack.header.audiences


def withheld_behind(pack: CheckedPack, columns: Iterable[Column]) -> Column | None:
    """The first personal or internal field on which columns rest; None where there is none."""
    for fact, column in Graph(pack).walk(columns):
        at = end_of(pack.tables, column)
        for of in (column, at) if fact is None else ():
            field = pack.tables[of.table].fields.get(of.name)
            if field is not None and (field.personal or field.internal):
                return of
    return None


def wrong_audiences(pack: CheckedPack) -> Iterator[Mistake]:
    for name, audience in pack.pack.header.audiences.items():
        path: Path = (pack.pack.files[0].name, "audiences", name)
        yield from _fields(pack, audience, path)
        yield from _rules(pack, audience, path)
        if audience.by is not None:
            yield from _shown(pack, pack.root, audience.by, (*path, "by"))
        if audience.units is not None:
            yield from _condition(pack, audience.units, pack.pack.place((*path, "units")))


def _fields(pack: CheckedPack, audience: Audience, path: Path) -> Iterator[Mistake]:
    known = [*pack.top_down()]
    for table, fields in (audience.fields or {}).items():
        at: Path = (*path, "fields", table)
        if table not in known:
            yield Mistake("unknown-table-name", pack.pack.span((*at, "[key]")), {"name": table}, did_you_mean(table, known))
            continue
        for i, field in enumerate(fields):
            yield from _shown(pack, table, field, (*at, i))


def _shown(pack: CheckedPack, table: str, field: str, path: Path) -> Iterator[Mistake]:
    """What is wrong with telling a field or fact."""
    known, at = [*pack.tables[table].stored.columns, *(f.id for f in pack.facts_of(table))], pack.pack.span(path)
    if field not in known:
        yield Mistake("unknown-field", at, {"name": field, "table": table}, did_you_mean(field, known))
    elif (behind := withheld_behind(pack, [Column(table, field)])) is not None:
        yield Mistake("audience-tells-withheld", at, {"name": field, "field": f"{behind.table}.{behind.name}"})


def _rules(pack: CheckedPack, audience: Audience, path: Path) -> Iterator[Mistake]:
    for i, rule in enumerate(audience.rules or ()):
        at = pack.pack.span((*path, "rules", i))
        if rule not in pack.by_id:
            yield Mistake("unknown-rule", at, {"rule": rule, "table": pack.root}, did_you_mean(rule, pack.by_id))
        elif (table := pack.by_id[rule].table) != pack.root and audience.fields is not None and table not in audience.fields:
            yield Mistake("audience-rule-of-withheld", at, {"rule": rule, "table": table})


def _condition(pack: CheckedPack, text: str, place: Place) -> Iterator[Mistake]:
    tree = parse(text, place)
    if isinstance(tree, Mistake):
        yield tree
        return
    days = pack.pack.days
    columns = pack.meanings(pack.root) | {"verdict": Meaning(Type.CHOICE, pack.outcomes)}
    found = check(tree, place, Scope(pack.root, columns, params=pack.pack.params, calendar=days.name if days else ""))
    if isinstance(found, list):
        yield from found
        return
    if found.type is not Type.BOOLEAN:
        yield Mistake("not-a-condition", place.span, {"text": text, "type": type_word(found.type)})
    named = [Column(pack.root, c.name) for c in found.sql.find_all(exp.Column) if c.name != "verdict"]
    if (behind := withheld_behind(pack, named)) is not None:
        yield Mistake("audience-tells-withheld", place.span, {"name": text, "field": f"{behind.table}.{behind.name}"})
