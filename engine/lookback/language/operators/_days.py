"""Days worked: what engines compute for them, by the numbers of a calendar (`notions.calendars`), and what constants come to;
and aggregates that take the value of one day.

In: a typed node, which names its calendar. Out: SQL. What the calendar does not know is null.
"""

from __future__ import annotations

from datetime import date

from sqlglot import exp

from lookback.language import decimals
from lookback.language.constants import VARIES
from lookback.language.operators._rows import Ask, Names, any_part
from lookback.language.operators._texts import filled
from lookback.language.sql import Earliest, cast
from lookback.notions.calendars import MONTH_BITS, PLACE_BITS, TOGETHER, Calendar, calendar_named

MOST_MOVED = 100_000
"""No calendar has so many days."""


def of_calendar(tree: exp.Expr) -> Calendar:
    """The calendar that a node names."""
    return calendar_named(tree.args["calendar"].name)


def blank(tree: exp.Expr, ask: Ask, known: object) -> Names:
    """`known`: what it comes to as a constant."""
    sure = known is not VARIES and known is not None
    return any_part(tree, ask) | (frozenset() if sure else frozenset({"outside the calendar"}))


def _listed(numbers: tuple[int, ...]) -> str:
    return f"CAST('[{','.join(map(str, numbers))}]' AS BIGINT[])"


def _month(calendar: Calendar) -> str:
    """SQL for the number of the month of `_q_day`."""
    first, last = calendar.first, calendar.last
    at = f"(year(_q_day) - {first.year}) * 12 + month(_q_day) - {first.month - 1}"
    return f"CASE WHEN _q_day BETWEEN DATE '{first}' AND DATE '{last}' THEN list_extract({_listed(calendar.months)}, {at}) END"


_COUNT = f"(_q_month >> {MONTH_BITS}) + bit_count(_q_month & ((CAST(1 AS BIGINT) << day(_q_day)) - 1))"


def _counted(calendar: Calendar, day: exp.Expr) -> exp.Expr:
    """How many days are worked up to a day."""
    named = {"_q_day": day, "_q_month": filled(_month(calendar))}
    return decimals.once(filled(_COUNT), named)


def between_sql(tree: exp.Expr) -> exp.Expr:
    one, other = (_counted(of_calendar(tree), day) for day in (tree.this, tree.expression))
    return filled("CAST(_b - _a AS BIGINT)", a=one, b=other)


def moved_sql(tree: exp.Expr) -> exp.Expr:
    calendar = of_calendar(tree)
    before = "((_q_month >> (day(_q_day) - 1)) & 1)"
    at = f"CASE WHEN _q_by > 0 THEN {_COUNT} + _q_by ELSE {_COUNT} - {before} + 1 + _q_by END"
    number = f"list_extract({_listed(calendar.places)}, CAST((_q_at - 1) // {TOGETHER} + 1 AS BIGINT))"
    behind = f"CAST({PLACE_BITS} * ((_q_at - 1) % {TOGETHER}) AS BIGINT)"
    days = f"(_q_place >> {TOGETHER * PLACE_BITS}) + ((_q_place >> {behind}) & 255)"
    sql = (
        f"CASE WHEN _q_by = 0 AND _q_month IS NOT NULL THEN _q_day"
        f" WHEN _q_place IS NOT NULL THEN CAST(DATE '{calendar.first}' + CAST({days} AS INTEGER) AS DATE) END"
    )
    named = {
        "_q_day": tree.this,
        "_q_by": filled(f"CAST(CASE WHEN _n BETWEEN -{MOST_MOVED} AND {MOST_MOVED} THEN _n END AS BIGINT)", n=tree.expression),
        "_q_month": filled(_month(calendar)),
        "_q_at": filled(at),
        "_q_place": filled(f"CASE WHEN _q_at BETWEEN 1 AND {len(calendar.worked)} THEN {number} END"),
    }
    return decimals.once(filled(sql), named)


def between(one: date, other: date, calendar: str) -> int | None:
    return calendar_named(calendar).between(one, other)


def moved(day: date, by: int, calendar: str) -> date | None:
    return calendar_named(calendar).moved(day, by)


# --------------------------------------------------------------------------------------------------- the value of a day


def number_of(day: exp.Expr) -> exp.Expr:
    """The number of a day, as SQL."""
    return exp.DateDiff(this=day.copy(), expression=cast(exp.Literal.string("2000-01-01"), "DATE"), unit=exp.var("DAY"))


def of_one_day(tree: exp.Expr) -> exp.Expr:
    """The value on the last day, or the first; null where there are different ones then. `tree`: the call, or its filter."""
    call = tree.this if isinstance(tree, exp.Filter) else tree
    day = number_of(call.expression)

    def end(largest: bool) -> exp.Expr:
        """The largest, or the least, of the values on that day."""
        number = day if largest != isinstance(call, Earliest) else exp.Neg(this=exp.Paren(this=day))
        pair = exp.Anonymous(this="row", expressions=[number.copy(), call.this.copy()])
        both = exp.and_(*(exp.not_(exp.Is(this=exp.Paren(this=of.copy()), expression=exp.null())) for of in (day, call.this)))
        found: exp.Expr = (exp.Max if largest else exp.Min)(this=exp.Case(ifs=[exp.If(this=both, true=pair)]))
        if isinstance(tree, exp.Filter):
            found = exp.Filter(this=found, expression=tree.expression.copy())
        return exp.Anonymous(this="struct_extract", expressions=[found, exp.Literal.number(2)])

    high, low = end(True), end(False)
    return exp.Case(ifs=[exp.If(this=exp.EQ(this=high.copy(), expression=low), true=high)])
