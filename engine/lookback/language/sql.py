"""Parts of queries as sqlglot trees: names, values.

In: ids, values. Out: trees, which a warehouse writes in its own dialect.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import ClassVar

from sqlglot import exp

from lookback.language.types import TYPES, Type, Value, plain

DIALECT = "duckdb"


class FullMonths(exp.Expression, exp.Func):
    """full_months(a, b), which no dialect has: `operators` says what engines compute."""

    arg_types: ClassVar = {"this": True, "expression": True}


class FullYears(FullMonths):
    """full_years(a, b)."""


class Matches(exp.Expression, exp.Func):
    """matches(text, 'pattern')."""

    arg_types: ClassVar = {"this": True, "expression": True}


class CheckDigit(exp.Expression, exp.Func):
    """check_digit(text, 'luhn')."""

    arg_types: ClassVar = {"this": True, "expression": True}


class Has(exp.Expression, exp.Func):
    """has(choices, 'code')."""

    arg_types: ClassVar = {"this": True, "expression": True}


class HowMany(exp.Expression, exp.Func):
    """size(choices)."""

    _sql_names: ClassVar = ["SIZE"]


class WorkdaysBetween(exp.Expression, exp.Func):
    """workdays_between(a, b); `calendar` is put in where it is checked."""

    arg_types: ClassVar = {"this": True, "expression": True, "calendar": False}


class AddWorkdays(exp.Expression, exp.Func):
    """add_workdays(day, n)."""

    arg_types: ClassVar = {"this": True, "expression": True, "calendar": False}


class ByDay(exp.Expression, exp.AggFunc):
    """An aggregate that takes the value of one record, by a date of the records."""

    arg_types: ClassVar = {"this": True, "expression": True}


class Latest(ByDay):
    """latest(value, date)."""


class Earliest(ByDay):
    """earliest(value, date)."""


class Previous(ByDay):
    """previous(value, date), of siblings: of those before this one the latest."""


FORMS: dict[str, type[exp.Func]] = {
    "latest": Latest,
    "earliest": Earliest,
    "previous": Previous,
    "full_months": FullMonths,
    "full_years": FullYears,
    "matches": Matches,
    "check_digit": CheckDigit,
    "has": Has,
    "size": HowMany,
    "workdays_between": WorkdaysBetween,
    "add_workdays": AddWorkdays,
}
"""Functions that no dialect has, by their names."""


def written(tree: exp.Expr, copy: bool = True) -> str:
    """A tree as DuckDB reads it. Writing may change it: `copy=False` is for one that nobody looks at afterwards."""
    return tree.sql(dialect=DIALECT, copy=copy)


def name(text: str) -> exp.Column:
    """A column, quoted."""
    return exp.column(exp.to_identifier(text, quoted=True))


def integer(value: int) -> exp.Expr:
    return exp.Literal.number(value) if value >= 0 else exp.Neg(this=exp.Literal.number(-value))


def nothing(kind: Type | None) -> exp.Expr:
    """Null; as a day, where it is one: DuckDB takes no days between two nulls of which it does not know what they are."""
    return cast(exp.null(), "DATE") if kind is Type.DATE else exp.null()


def cast(tree: exp.Expr, kind: str) -> exp.Expr:
    return exp.Cast(this=tree, to=exp.DataType(this=exp.DType[kind], nested=False))


def decimal_type(digits: int, places: int) -> exp.DataType:
    sizes = [exp.DataTypeParam(this=exp.Literal.number(size)) for size in (digits, places)]
    return exp.DataType(this=exp.DType.DECIMAL, expressions=sizes, nested=False)


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


def full(tree: exp.Expr) -> exp.Expr:
    """Months or years between days, less one where the later does not reach the day of the earlier; the last of a month does."""
    years = isinstance(tree, FullYears)

    def part(kind: type[exp.Expr], day: exp.Expr) -> exp.Expr:
        return kind(this=day.copy())

    def between(one: exp.Expr, other: exp.Expr) -> exp.Expr:
        after = cast(
            exp.Add(this=other.copy(), expression=exp.Interval(this=exp.Literal.string("1"), unit=exp.var("DAY"))), "DATE"
        )
        short = exp.and_(
            exp.GT(this=part(exp.Day, one), expression=part(exp.Day, other)),
            exp.NEQ(this=part(exp.Day, after), expression=integer(1)),
        )
        month, its = part(exp.Month, one), part(exp.Month, other)
        whole: exp.Expr = exp.Sub(this=part(exp.Year, other), expression=part(exp.Year, one))
        if years:
            same = exp.and_(exp.EQ(this=month.copy(), expression=its.copy()), short)
            short = exp.or_(exp.GT(this=month, expression=its), same)
        else:
            months = exp.Paren(this=exp.Sub(this=its, expression=month))
            whole = exp.Add(this=exp.Mul(this=exp.Paren(this=whole), expression=integer(12)), expression=months)
        less = exp.Case(ifs=[exp.If(this=short, true=integer(1))], default=integer(0))
        return exp.Paren(this=exp.Sub(this=exp.Paren(this=whole), expression=less))

    one, other = wrapped(tree.this), wrapped(tree.expression)
    forth = exp.If(this=exp.LTE(this=one.copy(), expression=other.copy()), true=between(one, other))
    back = exp.If(this=exp.LT(this=other.copy(), expression=one.copy()), true=exp.Neg(this=between(other, one)))
    return cast(exp.Case(ifs=[forth, back]), "BIGINT")


def wrapped(sql: exp.Expr) -> exp.Expr:
    """Parentheses around what is built from several parts, so that no precedence is ever at stake."""
    return exp.Paren(this=sql) if isinstance(sql, exp.Binary | exp.Not | exp.Between | exp.In | exp.Neg) else sql
