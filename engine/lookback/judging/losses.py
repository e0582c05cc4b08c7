"""What rests on something lost: which columns may, and the SQL that says of which records they do.

A value that was there and could not be used is *lost*, which is not the same as blank. A value that rests on anything lost, as
it is written (branches not taken and later arguments of `coalesce` included), is lost; only `and` and `or` make it known again,
where a part that is not lost settles them. Beside a column `c` that may be lost stands `_lost_c`, true where it is; `c` is null
there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Protocol

from sqlglot import exp

from lookback.language.operators import flat
from lookback.language.scope import unmet_column
from lookback.language.sql import name
from lookback.language.types import Column
from lookback.packs.checked import CheckedPack, CheckedRule

VERDICT, KNOWN, DOUBTFUL, PLACE = "verdict", "_known", "_doubtful", "_place"
"""`_known`: the worst rank but for the rules whose result is lost. `_doubtful`: the record may not be there."""


def flag(column: str) -> str:
    return f"_lost_{column}"


class Lost(Protocol):
    """What was lost of the records in a warehouse: by table the fields with a column `_lost_<field>`; the tables whose records
    may be `_doubtful`; those for which `uncertain_<table>` says of which parents rows may be missing."""

    @property
    def fields(self) -> Mapping[str, Collection[str]]: ...
    @property
    def doubtful(self) -> Collection[str]: ...
    @property
    def rows(self) -> Collection[str]: ...
    @property
    def absent(self) -> Mapping[str, Collection[str] | None]: ...
    @property
    def empty(self) -> bool: ...


@dataclass(frozen=True)
class _Nothing:
    fields: Mapping[str, Collection[str]] = field(default_factory=dict)
    doubtful: Collection[str] = ()
    rows: Collection[str] = ()
    absent: Mapping[str, Collection[str] | None] = field(default_factory=dict)
    empty: bool = True


NOTHING: Lost = _Nothing()


class Losses:
    """What of a pack may be lost."""

    def __init__(self, pack: CheckedPack, lost: Lost) -> None:
        self.pack, self.lost = pack, lost
        self.column, self.rule = cache(self._column), cache(self._rule)

    def named(self, table: str, column: str) -> bool:
        """Whether a column may be lost, as the expressions of a table name it: `kind`, `units.kind`, `verdict`, `unmet r`."""
        owner, _, own = column.rpartition(".")
        if owner:
            return self.orphans(table) or self.column(Column(owner, own))
        if column == VERDICT:
            return any(self.rule(rule) for rule in self.pack.rules_for(table))
        unmet = [rule for rule in self.pack.rules_for(table) if unmet_column(rule.id) == column]
        return self.rule(unmet[0]) if unmet else self.column(Column(table, column))

    def orphans(self, table: str) -> bool:
        """Whether there may be records of a table of which nobody knows the parent."""
        return self.pack.parent_key(table) in self.lost.fields.get(table, ())

    def keyless(self, table: str) -> bool:
        """Whether there may be records of a table without a key, so that nobody knows their children."""
        return table in self.lost.doubtful or self.pack.tables[table].key in self.lost.fields.get(table, ())

    def _column(self, column: Column) -> bool:
        fact = self.pack.fact(column)
        if fact is None:
            return column.name in self.lost.fields.get(column.table, ())
        if fact.child is None:
            return any(self.column(c) or (c.table != fact.table and self.orphans(fact.table)) for c in fact.columns)
        counted = [r for r in self.pack.rules_for(fact.child) if fact.uses_verdict or r.id in fact.uses_rules]
        uncertain = fact.child in self.lost.rows or fact.child in self.lost.doubtful or self.keyless(fact.table)
        return uncertain or any(map(self.column, fact.columns)) or any(map(self.rule, counted))

    def _rule(self, rule: CheckedRule) -> bool:
        return any(self.named(rule.table, c.name if c.table == rule.table else f"{c.table}.{c.name}") for c in rule.columns)

    # ------------------------------------------------------------------------------------------------------------- SQL

    def of(self, tree: exp.Expr, table: str) -> exp.Expr | None:
        """Whether what a tree over one record comes to is lost; None where it never is."""
        match tree:
            case exp.Column():
                return _flagged(tree.name) if self.named(table, tree.name) else None
            case exp.And() | exp.Or():
                return _unsettled(tree, [(part, self.of(part, table)) for part in flat(tree)])
        return _any([self.of(part, table) for part in tree.iter_expressions()])

    def over(self, tree: exp.Expr, child: str) -> exp.Expr | None:
        """Whether what a tree of aggregates over the records of `child` comes to is lost, rows that may be missing aside."""
        match tree:
            case exp.Filter() | exp.AggFunc():
                rows = _any([_flagged(DOUBTFUL) if child in self.lost.doubtful else None, self.of(tree, child)])
                return exp.LogicalOr(this=rows) if rows is not None else None
            case exp.And() | exp.Or():
                return _unsettled(tree, [(part, self.over(part, child)) for part in flat(tree)])
        return _any([self.over(part, child) for part in tree.iter_expressions()])


def _flagged(column: str) -> exp.Expr:
    return exp.Coalesce(this=name(column if column == DOUBTFUL else flag(column)), expressions=[exp.false()])


def _any(parts: Sequence[exp.Expr | None]) -> exp.Expr | None:
    found = {part.sql(): part for part in parts if part is not None}
    return exp.or_(*found.values()) if found else None


def _unsettled(tree: exp.Expr, parts: Sequence[tuple[exp.Expr, exp.Expr | None]]) -> exp.Expr | None:
    """Kleene's and, or: lost where a part is, and none that is not lost settles it."""
    found = _any([lost for _, lost in parts])
    if found is None:
        return None
    settled: list[exp.Expr] = []
    for part, lost in parts:
        holds = exp.Coalesce(this=exp.Paren(this=part.copy()), expressions=[exp.Boolean(this=isinstance(tree, exp.And))])
        test = exp.not_(holds) if isinstance(tree, exp.And) else holds
        settled.append(test if lost is None else exp.and_(exp.not_(lost.copy()), test))
    return exp.and_(found, exp.not_(exp.or_(*settled)))
