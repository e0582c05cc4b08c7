"""What a unit's own records do not say, kept as it is: aggregates over records that may be of other units.

In: a pack, the records of a unit, what became of them. Out: the pack with such facts as fields that nobody can change, and the
records with their values; whatever is asked of the unit's records alone is then asked of these. Of a fact over siblings of other
units what it rests on cannot be changed either, so that it stays what it is, there and here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlglot import exp

from lookback.language.types import Column, Type, Value
from lookback.packs.checked import CheckedFact, CheckedPack, column_of
from lookback.packs.graph import Graph
from lookback.packs.model import Choice, FieldDef

Records = Mapping[str, Sequence[Mapping[str, Value]]]
FactsOf = Callable[[str, Value], Mapping[str, Value]]


def of_others(pack: CheckedPack) -> tuple[CheckedFact, ...]:
    """The aggregates that go over other records than children."""
    return tuple(fact for fact in pack.facts if fact.via is not None) + pack.across_units()


def _behind(pack: CheckedPack, facts: Sequence[CheckedFact]) -> set[Column]:
    """The fields that facts rest on, also by what rules find."""
    graph, found = Graph(pack), set[Column]()
    waiting = [column for fact in facts for column in fact.columns]
    while waiting:
        column = waiting.pop()
        if column in found:
            continue
        found.add(column)
        if (fact := pack.fact(column)) is not None:
            waiting += [*fact.columns, *fact.behind, *(c for rule in graph.counted(fact) for c in rule.columns)]
    return {column for column in found if pack.fact(column) is None}


def kept_as_is(pack: CheckedPack, records: Records, facts_of: FactsOf) -> tuple[CheckedPack, dict[str, list[dict[str, Value]]]]:
    """The pack and the records with them as fields. `facts_of`: the facts of a record, by its table and key."""
    kept = of_others(pack)
    rows: dict[str, list[dict[str, Any]]] = {table: [dict(row) for row in of] for table, of in records.items()}
    for fact in kept:
        for row in rows.get(fact.table, ()):
            row[fact.id] = facts_of(fact.table, row[pack.tables[fact.table].key]).get(fact.id)
    return (_as_fields(pack, kept) if kept else pack), rows


def _as_fields(pack: CheckedPack, kept: Sequence[CheckedFact]) -> CheckedPack:
    tables = dict(pack.tables)
    for column in _behind(pack, pack.across_units()):
        of = tables[column.table]
        if (known := of.fields.get(column.name)) is not None:
            fields = {**of.fields, column.name: known.model_copy(update={"fixed": True})}
            tables[column.table] = of.model_copy(update={"fields": fields})
    for fact in kept:
        choices = {code: Choice.model_construct() for code in fact.choices} if fact.type is Type.CHOICE else None
        field = FieldDef.model_construct(type=fact.type, title=fact.fact.title, choices=choices, fixed=True)
        of = tables[fact.table]
        tables[fact.table] = of.model_copy(update={"fields": {**of.fields, fact.id: field}})
    named = {(fact.table, fact.id) for fact in kept}

    def plain(tree: exp.Expr, table: str) -> exp.Expr:
        """A tree whose columns are values as they are shown."""
        tree = tree.copy()
        for node in tree.find_all(exp.Column):
            column = column_of(table, node)
            if (column.table, column.name) in named:
                node.meta.pop("ratio", None)
        return tree

    facts = [replace(f, sql=plain(f.sql, f.child or f.table)) for f in pack.facts if f not in kept]
    rules = [replace(r, atoms=tuple(replace(a, sql=plain(a.sql, r.table)) for a in r.atoms)) for r in pack.rules]
    return replace(pack, pack=replace(pack.pack, tables=tables), facts=tuple(facts), rules=tuple(rules))
