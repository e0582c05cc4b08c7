"""Parts of queries as sqlglot trees: names, values, conditions with the parameters' values in place.

In: ids, values, checked trees. Out: trees, which a warehouse writes in its own dialect.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlglot import exp

from lookback.language._parts import integer
from lookback.language.types import Value


def name(text: str, table: str | None = None) -> exp.Column:
    """A column, quoted."""
    return exp.column(exp.to_identifier(text, quoted=True), table=exp.to_identifier(table, quoted=True) if table else None)


def named(tree: exp.Expr, text: str) -> exp.Expr:
    return exp.alias_(tree, exp.to_identifier(text, quoted=True), copy=False)


def table(text: str, alias: str | None = None) -> exp.Table:
    found = exp.Table(this=exp.to_identifier(text, quoted=True))
    if alias:
        found.set("alias", exp.TableAlias(this=exp.to_identifier(alias, quoted=True)))
    return found


def literal(value: Value) -> exp.Expr:
    """A parameter's value, as engines read it."""
    if value is None:
        return exp.null()
    if isinstance(value, bool):
        return exp.Boolean(this=value)
    if isinstance(value, date):
        return exp.Cast(this=exp.Literal.string(value.isoformat()), to=exp.DataType.build("DATE"))
    if isinstance(value, int):
        return exp.Paren(this=integer(value)) if value < 0 else integer(value)
    if isinstance(value, float):
        return exp.Cast(this=exp.Literal.string(repr(value)), to=exp.DataType.build("DOUBLE"))
    return exp.Literal.string(value)


def bound(tree: exp.Expr, params: Mapping[str, Value]) -> exp.Expr:
    """A tree with the parameters' values in place of their names."""
    return tree.copy().transform(lambda n: literal(params[n.name]) if isinstance(n, exp.Placeholder) else n)
