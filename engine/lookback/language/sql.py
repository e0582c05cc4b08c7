"""Parts of queries as sqlglot trees: names, values.

In: ids, values. Out: trees, which a warehouse writes in its own dialect.
"""

from __future__ import annotations

from datetime import date

from sqlglot import exp

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


def integer(value: int) -> exp.Expr:
    return exp.Literal.number(value) if value >= 0 else exp.Neg(this=exp.Literal.number(-value))


def cast(tree: exp.Expr, kind: str) -> exp.Expr:
    return exp.Cast(this=tree, to=exp.DataType.build(kind))


def double(tree: exp.Expr) -> exp.Expr:
    return tree if isinstance(tree, exp.Cast) and tree.to.this == exp.DType.DOUBLE else cast(tree, "DOUBLE")


def literal(value: Value) -> exp.Expr:
    """A parameter's value, as engines read it."""
    if value is None:
        return exp.null()
    if isinstance(value, bool):
        return exp.Boolean(this=value)
    if isinstance(value, date):
        return cast(exp.Literal.string(value.isoformat()), "DATE")
    if isinstance(value, int):
        return exp.Paren(this=integer(value)) if value < 0 else integer(value)
    if isinstance(value, float):
        return cast(exp.Literal.string(repr(value)), "DOUBLE")
    return exp.Literal.string(value)
