"""Parts of queries as sqlglot trees: names, values.

In: ids, values. Out: trees, which a warehouse writes in its own dialect.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlglot import exp

from lookback.language.types import TYPES, Type, Value, plain

DIALECT = "duckdb"


def written(tree: exp.Expr) -> str:
    """A tree as DuckDB reads it."""
    return tree.sql(dialect=DIALECT)


def name(text: str) -> exp.Column:
    """A column, quoted."""
    return exp.column(exp.to_identifier(text, quoted=True))


def integer(value: int) -> exp.Expr:
    return exp.Literal.number(value) if value >= 0 else exp.Neg(this=exp.Literal.number(-value))


def cast(tree: exp.Expr, kind: str) -> exp.Expr:
    return exp.Cast(this=tree, to=exp.DataType(this=exp.DType[kind], nested=False))


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
    if isinstance(value, Decimal):
        return exp.Cast(this=exp.Literal.string(plain(value)), to=exp.DataType.build(TYPES[Type.NUMBER].sql))
    return exp.Literal.string(value)
