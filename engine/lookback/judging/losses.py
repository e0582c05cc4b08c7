"""What rests on something lost: which columns may, and the SQL that says of which records they do.

A value that was there and could not be used is *lost*, which is not the same as blank. A value that rests on anything lost, as
it is written (branches not taken and later arguments of `coalesce` included), is lost; only `and` and `or` make it known again,
where a part that is not lost settles them. Beside a column `c` that may be lost stands `_lost_c`, true where it is; `c` is null
there. A number that is too large to be held is lost, too, where the records have numbers that large (`large` says so).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Protocol

from sqlglot import exp

from lookback.language.conditions import Atom
from lookback.language.decimals import HELD, places_of, rounded_size, size_of, sized
from lookback.language.operators import flat, is_compared, type_of
from lookback.language.scope import state_of
from lookback.language.sql import integer, name
from lookback.language.types import Column, Type
from lookback.packs.checked import CheckedFact, CheckedPack, CheckedRule

VERDICT, KNOWN, DOUBTFUL, PLACE, LARGE = "verdict", "_known", "_doubtful", "_place", "_large"
"""`_known`: the worst rank but for the rules whose result is lost. `_doubtful`: the record may not be there. `_large`: what of it
is too large to be held."""


def flag(column: str) -> str:
    return f"_lost_{column}"


def large_flag(column: str) -> str:
    return f"_large_{column}"


def ends(column: str) -> tuple[str, str]:
    """The columns with the least and the greatest that a lost count can be; null: nobody knows."""
    return f"_least_{column}", f"_most_{column}"


class Lost(Protocol):
    """What was lost of the records in a warehouse: by table the fields with a column `_lost_<field>`; the tables whose records
    may be `_doubtful`; those for which `uncertain_<table>` says of which parents rows may be missing; those `gone` of which
    `lost_rows` has rows, whoever their parent is, and facts go over siblings; how many parts of its path tell an input's file
    apart. `large`: the facts and conditions (by table, and id or text) that may need numbers too large to
    be held."""

    @property
    def fields(self) -> Mapping[str, Collection[str]]: ...
    @property
    def doubtful(self) -> Collection[str]: ...
    @property
    def rows(self) -> Collection[str]: ...
    @property
    def absent(self) -> Mapping[str, Collection[str] | None]: ...
    @property
    def gone(self) -> Collection[str]: ...
    @property
    def parts(self) -> int: ...
    @property
    def large(self) -> Collection[Column]: ...
    @property
    def empty(self) -> bool: ...


@dataclass(frozen=True)
class Given:
    """What was lost, part by part; what is not said was not."""

    fields: Mapping[str, Collection[str]] = field(default_factory=dict)
    doubtful: Collection[str] = ()
    rows: Collection[str] = ()
    absent: Mapping[str, Collection[str] | None] = field(default_factory=dict)
    gone: Collection[str] = ()
    parts: int = 1
    large: Collection[Column] = ()
    empty: bool = True


NOTHING: Lost = Given()


class Losses:
    """What of a pack may be lost. `as_read`: numbers that are too large aside."""

    def __init__(self, pack: CheckedPack, lost: Lost, *, as_read: bool = False) -> None:
        self.pack, self.lost = pack, lost
        self.large = () if as_read else lost.large
        self.column, self.rule = cache(self._column), cache(self._rule)

    def named(self, table: str, column: str) -> bool:
        """Whether a column may be lost, as a table's expressions name it: `kind`, `units.kind`, `verdict`, `unmet r`, `met r`."""
        owner, _, own = column.rpartition(".")
        if owner:
            return self.orphans(table) or self.column(Column(owner, own))
        if column == VERDICT:
            return any(self.rule(rule) for rule in self.pack.rules_for(table))
        state = state_of(column)
        return self.rule(self.pack.by_id[state[1]]) if state else self.column(Column(table, column))

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
        if column in self.large:
            return True
        if fact.child is None:
            own = any(self.rule(self.pack.by_id[r]) for r in fact.uses_rules)
            return own or any(self.column(c) or (c.table != fact.table and self.orphans(fact.table)) for c in fact.columns)
        counted = [r for r in self.pack.rules_for(fact.child) if fact.uses_verdict or r.id in fact.uses_rules]
        uncertain = fact.link in self.lost.rows or fact.child in self.lost.doubtful
        uncertain |= self.keyless(fact.table) if fact.below else fact.child in self.lost.gone
        return uncertain or any(map(self.column, fact.columns)) or any(map(self.rule, counted))

    def _rule(self, rule: CheckedRule) -> bool:
        if any(Column(rule.table, atom.text) in self.large for atom in rule.atoms):
            return True
        return any(self.named(rule.table, c.name if c.table == rule.table else f"{c.table}.{c.name}") for c in rule.columns)

    def beside(self, table: str, column: str) -> list[str]:
        """The columns that stand beside one, as the expressions of a table name it."""
        if not self.named(table, column):
            return []
        owner, _, own = column.rpartition(".")
        return [flag(column), *(ends(column) if self.bounded(Column(owner or table, own)) else ())]

    def bounded(self, column: Column) -> bool:
        """Whether a column is a count that may be lost, or counts findings under a tag: of that the least and the greatest are
        kept."""
        fact = self.pack.fact(column)
        if fact is None or not self.column(column):
            return False
        return fact.hidden or counted(fact) is not None or ((of := same_as(fact)) is not None and self.bounded(of))

    def held(self, name_: str, table: str, end: int) -> exp.Expr:
        """The least (`end` 0) or the greatest (1) that a bounded column can be, as the expressions of a table name it."""
        if not self.bounded(Column(table, name_)):
            return name(name_)
        return exp.Case(ifs=[exp.If(this=flagged(name_), true=name(ends(name_)[end]))], default=name(name_))

    def ends_of(self, fact: CheckedFact) -> tuple[exp.Expr, exp.Expr] | None:
        """The least and the greatest of a plain fact that counts findings under a tag, or is such a count; None of any other."""
        if fact.child is not None or not self.bounded(Column(fact.table, fact.id)):
            return None

        def at(end: int) -> exp.Expr:
            def replaced(node: exp.Expr) -> exp.Expr:
                if not isinstance(node, exp.Column):
                    return node
                if state_of(node.name) is None:
                    return _like(self.held(node.name, fact.table, end), node)
                unsure = end == 0 and self.named(fact.table, node.name)  # of what is lost nobody knows that it is found
                return _like(exp.or_(node.copy(), flagged(node.name)), node) if unsure else node

            return fact.sql.transform(replaced)

        return at(0), at(1)

    # ------------------------------------------------------------------------------------------------------------- SQL

    def settled(self, tree: exp.Expr, table: str) -> exp.Expr:
        """A tree whose comparisons of lost counts are what they are at both ends, where that is the same."""

        def compared(node: exp.Expr) -> exp.Expr:
            found = self._compared(node, table)
            return exp.Coalesce(this=exp.Paren(this=node.copy()), expressions=[found[0]]) if found is not None else node

        return tree if self.lost.empty else tree.transform(compared)

    def _compared(self, node: exp.Expr, table: str) -> tuple[exp.Expr, list[exp.Expr]] | None:
        """What a comparison of a lost count is, true or false, at both its ends (null where they differ, or nothing is lost), and
        what the count is held against; None for anything else."""
        if not isinstance(node, exp.LT | exp.LTE | exp.GT | exp.GTE | exp.EQ | exp.NEQ | exp.In):
            return None
        sides = [node.this.unnest(), *([node.expression.unnest()] if isinstance(node, exp.Binary) else [])]
        counts = [s for s in sides if isinstance(s, exp.Column) and len(self.beside(table, s.name)) > 1]
        if len(counts) != 1:
            return None
        least, most = map(name, ends(counts[0].name))
        others = node.expressions if isinstance(node, exp.In) else [s for s in sides if s is not counts[0]]
        held = [exp.Paren(this=other.copy()) for other in others]
        if isinstance(node, exp.EQ | exp.NEQ | exp.In):
            outside = exp.and_(*(exp.or_(exp.LT(this=one, expression=least), exp.LT(this=most, expression=one)) for one in held))
            return exp.Case(ifs=[exp.If(this=outside, true=exp.Boolean(this=isinstance(node, exp.NEQ)))]), others
        at = [type(node)(this=end, expression=held[0]) for end in (least, most)]
        if counts[0] is not sides[0]:
            at = [type(node)(this=held[0], expression=end) for end in (least, most)]
        rises = isinstance(node, exp.GT | exp.GTE) == (counts[0] is sides[0])  # true of a count, it is true of all above it
        holds, fails = at if rises else at[::-1]
        return exp.Case(ifs=[exp.If(this=holds, true=exp.true()), exp.If(this=exp.not_(fails), true=exp.false())]), others

    def touched(self, atom: Atom, table: str) -> exp.Expr | None:
        """Whether a column that a condition names is lost, or a number of its own too large: only then is there more to ask of
        it. None where none ever is."""
        lost = [flagged(c.name) for c in atom.sql.find_all(exp.Column) if self.named(table, c.name)]
        return _any([*lost, self.of_atom(atom, table, here=True)])

    def of_fact(self, fact: CheckedFact, *, here: bool = False) -> exp.Expr | None:
        """Whether a fact is lost, rows that may be missing aside; None where it never is. `here`: whether it is too large, and
        not only what it rests on."""
        large = Column(fact.table, fact.id) in self.large
        if here and not large:
            return None
        look = self.of if fact.child is None else self.over
        return _any([look(fact.sql, fact.child or fact.table, large, here), not_held(fact.sql) if large else None])

    def of_atom(self, atom: Atom, table: str, *, here: bool = False) -> exp.Expr | None:
        """The same of a condition."""
        large = Column(table, atom.text) in self.large
        return self.of(atom.sql, table, large, here) if large or not here else None

    def of(self, tree: exp.Expr, table: str, large: bool = False, here: bool = False) -> exp.Expr | None:
        """Whether what a tree over one record comes to is lost; None where it never is. `large`: whether its numbers may be too
        large; `here`: as in `of_fact`."""
        match tree:
            case exp.Column():
                return flagged(tree.name) if not here and self.named(table, tree.name) else None
            case exp.And() | exp.Or():
                return _unsettled(tree, [(part, self.of(part, table, large, here)) for part in flat(tree)])
        too_large = _too_large(tree) if large else None
        found = _any([too_large, *(self.of(part, table, large, here) for part in tree.iter_expressions())])
        compared = self._compared(tree, table) if not here else None
        if compared is None or found is None:
            return found
        unsettled = exp.and_(found, exp.Is(this=exp.Paren(this=compared[0]), expression=exp.null()))
        return _any([unsettled, *(self.of(other, table, large) for other in compared[1])])

    def counts(self, fact: CheckedFact) -> tuple[exp.Expr, exp.Expr] | None:
        """Of a count how many rows surely count, and how many may, rows that may be missing aside; None where it is sure."""
        if fact.hidden:
            return self._counts_of_tag(fact) if self.of_fact(fact) is not None else None
        wanted, child = counted(fact), str(fact.child)
        if wanted is None or self.of_fact(fact) is None:
            return None
        lost = self.of(wanted, child, Column(fact.table, fact.id) in self.large)
        doubtful = flagged(DOUBTFUL) if child in self.lost.doubtful else None
        value = exp.Paren(this=self.settled(wanted, child))
        unsure = _any([lost, doubtful])
        surely = value if unsure is None else exp.and_(value, exp.not_(unsure))
        return tuple(
            exp.Filter(this=exp.Count(this=exp.Star()), expression=exp.Where(this=test))  # type: ignore[return-value]
            for test in (surely, value.copy() if lost is None else exp.or_(value.copy(), lost))
        )

    def _counts_of_tag(self, fact: CheckedFact) -> tuple[exp.Expr, exp.Expr]:
        """The same of what counts findings under a tag."""
        child = str(fact.child)
        doubtful = flagged(DOUBTFUL) if child in self.lost.doubtful else None

        def at(end: int) -> exp.Expr:
            def replaced(node: exp.Expr) -> exp.Expr:
                if isinstance(node, exp.Filter):  # findings of a rule
                    test: exp.Expr = exp.Paren(this=node.expression.this.copy())
                    unsure = _any([self.of(node.expression.this, child), doubtful]) if end == 0 else None
                    test = test if unsure is None else exp.and_(test, exp.not_(unsure))
                    return _like(exp.Filter(this=exp.Count(this=exp.Star(), big_int=True), expression=exp.Where(this=test)), node)
                if not isinstance(node, exp.Coalesce):
                    return node
                column = node.this.this  # findings below a record
                value: exp.Expr = self.held(column.name, child, end)
                if end == 0 and doubtful is not None:
                    value = exp.Case(ifs=[exp.If(this=doubtful.copy(), true=integer(0))], default=value)
                total = exp.Coalesce(this=exp.Sum(this=value.copy()), expressions=[integer(0)])
                nobody_knows = exp.LogicalOr(this=exp.Is(this=exp.Paren(this=value), expression=exp.null()))
                return _like(exp.Case(ifs=[exp.If(this=exp.not_(nobody_knows), true=total)]), node)

            return fact.sql.transform(replaced)

        return at(0), at(1)

    def over(self, tree: exp.Expr, child: str, large: bool = False, here: bool = False) -> exp.Expr | None:
        """Whether what a tree of aggregates over the records of `child` comes to is lost, rows that may be missing aside."""
        match tree:
            case exp.Filter() | exp.AggFunc():
                doubtful = flagged(DOUBTFUL) if child in self.lost.doubtful and not here else None
                rows = _any([doubtful, *(self.of(part, child, large, here) for part in tree.iter_expressions())])
                found = exp.LogicalOr(this=rows) if rows is not None else None
                return _any([found, *(_totals_too_large(tree) if large else ())])
            case exp.And() | exp.Or():
                return _unsettled(tree, [(part, self.over(part, child, large, here)) for part in flat(tree)])
        too_large = _too_large(tree) if large else None
        return _any([too_large, *(self.over(part, child, large, here) for part in tree.iter_expressions())])


def counted(fact: CheckedFact) -> exp.Expr | None:
    """The condition of the rows that a count counts; None where a fact is no such count."""
    tree = fact.sql.unnest()
    test: list[exp.Expr] = []
    if isinstance(tree, exp.Filter):
        test, tree = [tree.expression.this.copy()], tree.this
    if not isinstance(tree, exp.Count) or isinstance(tree.this, exp.Distinct) or tree.expressions:
        return None
    if not isinstance(tree.this, exp.Star):
        test.append(exp.not_(exp.Is(this=exp.Paren(this=tree.this.copy()), expression=exp.null())))
    return exp.and_(*test) if test else exp.true()


def same_as(fact: CheckedFact) -> Column | None:
    """The column of the record that a fact merely is; None where it is more."""
    tree = fact.sql.unnest()
    return (
        fact.columns[0] if fact.child is None and isinstance(tree, exp.Column) and fact.columns[0].table == fact.table else None
    )


def weight_of_row(fact: CheckedFact) -> int | None:
    """How much a record can add to what counts findings under a tag; None where there may be any number below it."""
    if fact.columns:
        return None
    return sum(int(f.parent.this.name) if isinstance(f.parent, exp.Mul) else 1 for f in fact.sql.find_all(exp.Filter))


def _like(tree: exp.Expr, node: exp.Expr) -> exp.Expr:
    """A tree in the place of another, of its type and size."""
    tree.meta.update({what: of for what, of in node.meta.items() if what in ("type", "size")})
    return tree


# -------------------------------------------------------------------------------------- numbers too large to be held


def may_be_too_large(tree: exp.Expr) -> bool:
    """Whether a number that a tree needs may have no room, with records of whatever values."""
    nodes = list(tree.walk())
    return not_held(tree) is not None or any(isinstance(n, exp.Sum | exp.Avg) or _too_large(n) is not None for n in nodes)


def not_held(tree: exp.Expr) -> exp.Expr | None:
    """Whether a number is too large for what is held; None where it never is."""
    return _as_large(tree) if type_of(tree) is Type.NUMBER else None


def _as_large(tree: exp.Expr) -> exp.Expr | None:
    if size_of(tree).whole <= HELD:
        return None
    absolute = sized(exp.Abs(this=exp.Paren(this=tree.copy())), size_of(tree))
    return exp.GTE(this=absolute, expression=integer(10**HELD))


def _too_large(tree: exp.Expr) -> exp.Expr | None:
    """Whether an operator's number is too large: its parts are there, and it is not."""
    match tree:
        case exp.Div() if not is_compared(tree):
            parts = [tree.this, exp.Nullif(this=tree.expression.copy(), expression=integer(0))]
        case exp.Round() if rounded_size(size_of(tree.this), places_of(tree)).whole > HELD:
            parts = [tree.this]
        case exp.Add() | exp.Sub() if tree.meta.get("wide"):
            parts = [tree.this, tree.expression]
        case _:
            return None
    return exp.and_(_is_null(tree), *(exp.not_(_is_null(part)) for part in parts))


def _totals_too_large(tree: exp.Expr) -> list[exp.Expr]:
    """The same of a sum or a mean, or its filter: there are values, and it is not; or one of them is not held."""
    call = tree.this if isinstance(tree, exp.Filter) else tree
    if not isinstance(call, exp.Sum | exp.Avg):
        return []
    each = call.this.expressions[0] if isinstance(call.this, exp.Distinct) else call.this

    def over(found: exp.Expr) -> exp.Expr:
        return exp.Filter(this=found, expression=tree.expression.copy()) if isinstance(tree, exp.Filter) else found

    some = exp.GT(this=over(exp.Count(this=each.copy(), big_int=True)), expression=integer(0))
    beyond = _as_large(each) if isinstance(call, exp.Avg) else not_held(each)
    return [exp.and_(_is_null(tree), some), *([over(exp.LogicalOr(this=beyond))] if beyond is not None else [])]


def _is_null(tree: exp.Expr) -> exp.Expr:
    return exp.Is(this=exp.Paren(this=tree.copy()), expression=exp.null())


def flagged(column: str) -> exp.Expr:
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
