"""Which way a value moves as a column in it rises: with it, against it, or who knows.

In: a checked tree, and how each of its columns moves. Out: how the tree's value does; of a condition, whether it becomes true
(with it) or false (against it). Nothing is asked of the values themselves.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

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
