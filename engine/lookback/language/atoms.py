"""A checked condition -> its tree of and, or, not over atoms; what in an expression may be blank; which way its value moves.

An atom is a smallest condition: a comparison, a test for blank, a boolean field. Atoms are brought into one form each, so
that those which mean the same are one: `a >= b`, `b <= a` and `not a < b` become *not* (a < b); `is not null` becomes *not*
(is null); the values of `in` are sorted. All of it keeps the three truth values.

As a column rises, a value moves with it, against it, or who knows; a condition becomes true (with it) or false (against it).
Nothing is asked of the values themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from sqlglot import exp

from lookback.language.conditions import And, Atom, Condition, Is, Not, Or
from lookback.language.operators import flat, row_of, surely_present, type_of
from lookback.language.parse import DIALECT
from lookback.language.scope import Meaning
from lookback.language.sql import wrapped
from lookback.language.types import Column, Type


class Atoms:
    """The atoms of one rule, numbered in the order in which its conditions name them."""

    def __init__(self, table: str) -> None:
        self.table = table
        self.found: dict[str, Atom] = {}

    def split(self, tree: exp.Expr) -> Condition:
        """The condition behind a checked tree; its atoms are added to `found`."""
        tree = tree.unnest()
        if isinstance(tree, exp.And | exp.Or):
            parts = [self.split(side) for side in flat(tree)]
            return And(tuple(parts)) if isinstance(tree, exp.And) else Or(tuple(parts))
        if isinstance(tree, exp.Not):
            return _negate(self.split(tree.this))
        atom, negated = _canonical(tree)
        text = atom.sql(dialect=DIALECT)
        if text not in self.found:
            atom.meta.setdefault("written", tree.meta.get("written"))
            self.found[text] = Atom(atom, text, columns_of(atom, self.table))
        leaf = Is(list(self.found).index(text))
        return Not(leaf) if negated else leaf


def columns_of(tree: exp.Expr, own: str) -> tuple[Column, ...]:
    """The columns that a checked tree names, in order."""
    found = []
    for node in tree.find_all(exp.Column, bfs=False):
        table, _, name = node.name.rpartition(".")
        found.append(Column(table or own, name))
    return tuple(dict.fromkeys(found))


def _negate(condition: Condition) -> Condition:
    return condition.of if isinstance(condition, Not) else Not(condition)


def _canonical(tree: exp.Expr) -> tuple[exp.Expr, bool]:
    """The one form of an atom, and whether it stands for the negation of what was written."""
    negated = False
    row = row_of(tree)
    if row is not None and row.mirror is not None:
        form, swapped, negated = row.mirror
        sides = (tree.expression, tree.this) if swapped else (tree.this, tree.expression)
        tree = form(this=sides[0], expression=sides[1])
    if isinstance(tree, exp.In) and len(tree.expressions) == 1:
        tree = exp.EQ(this=tree.this, expression=wrapped(tree.expressions[0]))
    if isinstance(tree, exp.In):
        values = {value.sql(dialect=DIALECT): value for value in tree.expressions}
        tree = exp.In(this=tree.this, expressions=[values[text] for text in sorted(values)])
    if isinstance(tree, exp.EQ | exp.NullSafeEQ):
        sides = (tree.this, tree.expression)
        constant = [not list(side.find_all(exp.Column)) for side in sides]
        if (constant[0] and not constant[1]) or (
            constant[0] == constant[1] and sides[1].sql(dialect=DIALECT) < sides[0].sql(dialect=DIALECT)
        ):
            tree = type(tree)(this=sides[1], expression=sides[0])
    return tree, negated


def blanks(tree: exp.Expr | None, meanings: Mapping[str, Meaning], present: frozenset[str] = frozenset()) -> frozenset[str]:
    """The columns because of which a checked tree may come out blank. `present` names columns known to hold a value here.

    Told from the form alone, and never too few: an empty answer means that the tree is never blank.
    """
    match tree:
        case None | exp.Null():
            return frozenset({"null"})
        case exp.Paren() | exp.Filter():
            return blanks(tree.this, meanings, present)
        case exp.Column():
            known = meanings.get(tree.name)
            return frozenset({tree.name}) if tree.name not in present and (known is None or known.blank) else frozenset()
    row = row_of(tree)
    return row.blank(tree, lambda part, more=frozenset(): blanks(part, meanings, present | more)) if row else frozenset()


def left_out(tree: exp.Expr) -> frozenset[str]:
    """The columns that every aggregate in a tree asks to hold a value: a record of which one is blank counts nowhere."""
    calls = [n for n in tree.find_all(exp.Filter, exp.AggFunc) if not isinstance(n.parent, exp.Filter)]
    said = [surely_present(n.expression.this, wanted=True) if isinstance(n, exp.Filter) else frozenset[str]() for n in calls]
    return frozenset.intersection(*said) if said else frozenset()


def blank_cases(
    tree: exp.Expr, meanings: Mapping[str, Meaning], present: frozenset[str] = frozenset()
) -> Iterator[tuple[exp.Expr, frozenset[str]]]:
    """The conditions of every `case` that may come out blank, and because of which columns, where that tells something: the
    branches from there on do not come to one value, and not to nothing where it is not true. `present` as in `blanks`."""
    tree = tree.unnest()
    if isinstance(tree, exp.Case):
        yield from _branches(tree, meanings, present)
    elif isinstance(tree, exp.Filter):
        where = tree.expression.this
        yield from blank_cases(where, meanings, present)
        yield from blank_cases(tree.this, meanings, present | surely_present(where, wanted=True))
    elif isinstance(tree, exp.And | exp.Or):
        sides = flat(tree)
        sure = [surely_present(side, wanted=isinstance(tree, exp.And)) for side in sides]
        for i, side in enumerate(sides):
            others = frozenset[str]().union(*(s for j, s in enumerate(sure) if j != i))
            yield from blank_cases(side, meanings, present | others)
    else:
        for part in tree.iter_expressions():
            yield from blank_cases(part, meanings, present)


def _branches(
    tree: exp.Expr, meanings: Mapping[str, Meaning], present: frozenset[str]
) -> Iterator[tuple[exp.Expr, frozenset[str]]]:
    branches = tree.args["ifs"]
    values = [*(branch.args["true"] for branch in branches), tree.args.get("default") or exp.null()]
    written = [value.unnest().sql(dialect=DIALECT) for value in values]
    for i, branch in enumerate(branches):
        found = blanks(branch.this, meanings, present)
        if found and len(set(written[i:])) > 1 and set(written[i + 1 :]) != {"NULL"}:
            yield branch.this, found
        yield from blank_cases(branch.this, meanings, present)
        yield from blank_cases(values[i], meanings, present | surely_present(branch.this, wanted=True))
        present |= surely_present(branch.this, wanted=False)
    yield from blank_cases(values[-1], meanings, present)


Kind = Literal["blank", "less", "more", "equal", "same", "one-of", "between", "like", "holds"]
_CODES: dict[Kind, tuple[str, str]] = {  # where it holds, where it does not
    "blank": ("blank", "filled"),
    "less": ("below", "at-least"),
    "more": ("above", "at-most"),
    "equal": ("equal", "not-equal"),
    "same": ("equal", "not-equal"),
    "one-of": ("one-of", "none-of"),
    "between": ("between", "not-between"),
    "like": ("like", "not-like"),
    "holds": ("true", "false"),
}
_OPERATORS: dict[Kind, tuple[str, str]] = {
    "less": ("<", ">="),
    "more": (">", "<="),
    "equal": ("=", "<>"),
    "same": ("is not distinct from", "is distinct from"),
    "like": ("like", "not like"),
}


@dataclass(frozen=True)
class Shape:
    """`subject` is held against `bounds`. 'less', 'more': its order; 'equal', and 'same' where two blanks are equal; 'holds': a
    condition by itself, as a boolean field."""

    kind: Kind
    subject: exp.Expr
    bounds: tuple[exp.Expr, ...] = ()

    @property
    def ordered(self) -> bool:
        """Whether it has an order of numbers or dates."""
        return self.kind in ("less", "more", "between")

    def code(self, holds: bool) -> str:
        """The phrase for it, or for its opposite: `below.date`."""
        code = _CODES[self.kind][not holds]
        return f"{code}.{'date' if type_of(self.subject) is Type.DATE else 'number'}" if self.kind in ("less", "more") else code


def shape_of(sql: exp.Expr) -> Shape:
    """The shape of an atom. `3 < complaints` says of `complaints` that it is more."""
    sql = sql.unnest()
    subject = sql.this.unnest() if isinstance(sql.this, exp.Expr) else sql
    match sql:
        case exp.Is():
            return Shape("blank", subject)
        case exp.LT() if sql.this.find(exp.Column) is None:
            return Shape("more", sql.expression.unnest(), (subject,))
        case exp.LT():
            return Shape("less", subject, (sql.expression.unnest(),))
        case exp.EQ() | exp.NullSafeEQ():
            return Shape("equal" if isinstance(sql, exp.EQ) else "same", subject, (sql.expression.unnest(),))
        case exp.In():
            return Shape("one-of", subject, tuple(value.unnest() for value in sql.expressions))
        case exp.Between():
            return Shape("between", subject, (sql.args["low"].unnest(), sql.args["high"].unnest()))
        case exp.Like():
            return Shape("like", subject, (sql.expression,))
    return Shape("holds", sql)


def written(sql: exp.Expr, negated: bool) -> str:
    """An atom, or its opposite, as rules write it: each side as its author did."""
    shape = shape_of(sql)
    subject, bounds, not_ = _side(shape.subject), [_side(bound) for bound in shape.bounds], "not " if negated else ""
    match shape.kind:
        case "blank":
            return f"{subject} is {not_}null"
        case "one-of":
            return f"{subject} {not_}in ({', '.join(bounds)})"
        case "between":
            return f"{subject} {not_}between {bounds[0]} and {bounds[1]}"
        case "holds":
            return f"{not_}{subject}"
        case kind:
            return f"{subject} {_OPERATORS[kind][negated]} {bounds[0]}"


def _side(tree: exp.Expr) -> str:
    text = str(tree.meta.get("written") or tree.sql(dialect="duckdb").replace('"', ""))
    return f"({text})" if isinstance(tree, exp.Predicate | exp.Connector | exp.Not) else text


# ------------------------------------------------------------------------------------------ which way a value moves

Ways = frozenset[int]
"""The ways in which a value moves as something rises: 1 with it, -1 against it."""
NONE: Ways = frozenset()
BOTH: Ways = frozenset({1, -1})
_ORDERS: dict[type[exp.Expr], int] = {exp.GT: 1, exp.GTE: 1, exp.LT: -1, exp.LTE: -1}
_WITH = (exp.And, exp.Or, exp.Add, exp.Greatest, exp.Least, exp.Coalesce, exp.Paren, exp.Max)


def ways(tree: exp.Expr, of: Callable[[str], Ways]) -> Ways:
    """How a value moves as the columns in it do. Where that cannot be told, both ways."""

    def turned(found: Ways) -> Ways:
        return frozenset(-way for way in found)

    def sides(node: exp.Expr) -> tuple[Ways, Ways]:
        return look(node.this), look(node.expression)

    def look(node: exp.Expr) -> Ways:
        if isinstance(node, exp.Column):
            return of(node.name)
        if isinstance(node, _WITH):
            return NONE.union(*map(look, node.iter_expressions()))
        if isinstance(node, exp.Not | exp.Neg | exp.Min):
            return turned(look(node.this))
        if type(node) in _ORDERS or isinstance(node, exp.Sub):
            one, other = sides(node)
            both = one | turned(other)
            return both if _ORDERS.get(type(node), 1) == 1 else turned(both)
        if isinstance(node, exp.EQ | exp.NEQ) and _none(node):  # a count is none: it is at most none
            found = look(node.this)
            return turned(found) if isinstance(node, exp.EQ) else found
        if isinstance(node, exp.Filter):
            where = look(node.expression.this)
            if isinstance(node.this, exp.Min):
                where = turned(where)
            elif where and not isinstance(node.this, exp.Count | exp.Max):
                where = BOTH
            return where | look(node.this)
        return BOTH if NONE.union(*map(look, node.iter_expressions())) else NONE

    return look(tree)


def _none(node: exp.Expr) -> bool:
    return isinstance(node.this, exp.Column) and isinstance(node.expression, exp.Literal) and node.expression.name == "0"
