"""Every operator and function that a condition may use, a row each: all that the stages know of it.

A row says how it is written, what it takes and gives (`typed` checks that), the SQL that engines compute alike (`build`), when it
may come out blank (`blank`), what it comes to on constants, exactly as DuckDB reckons it (`constant`), the name of its term for
z3 (`proof`, in `symbolic`), and what a slip of the pen makes of it (`slips`). README's list and the random packs of the tests
come from here. To add one: a row, its term, and its meaning in the tests' reference.

What `build` changes: numbers are exact decimals (`decimals` says how); `a / b` is null where b is 0; a number that is too large
to be held is null, and so is a day moved by a number of days out of all reason. Days before 0001-01-01 and after 9999-12-31 are
days like others, but for results, which have none.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import partial
from operator import attrgetter
from typing import Any

from sqlglot import exp

from lookback.language import decimals
from lookback.language.constants import (
    DIGITS_OF_DAYS,
    MONTHS_OF,
    VARIES,
    Span,
    chosen,
    difference,
    exact,
    full_months,
    full_years,
    half_away,
    like,
    lowered,
    moved,
    raised,
    trimmed,
)
from lookback.language.decimals import COMPARISONS, NUMBER, RECORDS, Size
from lookback.language.operators import _days as of_days
from lookback.language.operators import _texts as of_texts
from lookback.language.operators._days import number_of as number_of
from lookback.language.operators._days import of_calendar as of_calendar
from lookback.language.operators._rows import Ask, Names, any_part
from lookback.language.operators._rows import Gives as Gives
from lookback.language.operators._rows import Operator as Operator
from lookback.language.operators._rows import Takes as Takes
from lookback.language.operators._rows import fits as fits
from lookback.language.operators._rows import operands as operands
from lookback.language.operators._rows import takes_of as takes_of
from lookback.language.operators._rows import type_of as type_of
from lookback.language.operators._texts import codes_shown as codes_shown
from lookback.language.operators._texts import like_texts as like_texts
from lookback.language.operators._texts import unread as unread
from lookback.language.sql import (
    AddWorkdays,
    CheckDigit,
    Earliest,
    FullMonths,
    FullYears,
    Has,
    HowMany,
    Latest,
    Matches,
    Previous,
    WorkdaysBetween,
    cast,
    full,
    literal,
)
from lookback.language.types import PLACES, Type, Value
from lookback.notions.codes import check as check_code

LARGEST_SUM = 10**17
LARGEST_HELD = 2**63 - 1
MOST_DAYS = 10**DIGITS_OF_DAYS - 1
MOST_MOVED, MOST_OF_FIELD = 5_000 * 366, 100 * 366
"""How far a day may be moved, facts on facts, and what a number of days from a field counts there: engines' types end, too."""
DAYS_OF = {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}
"""How many days an interval's part has at most."""
DATE_PARTS = tuple(DAYS_OF)
DIFFERENCES = ("day",)
"""What date_diff counts. Of weeks engines have different ideas; of months and years it would count the turns."""
TURNS = {"month": "full_months", "quarter": "full_months", "year": "full_years"}
"""What is right in place of date_diff."""


def row_of(tree: exp.Expr) -> Operator | None:
    """The row of a typed node; of several of one form that of its parts' types. None for columns, constants and the like."""
    rows = OPERATORS.get(type(tree), ())
    return next((row for row in rows if len(rows) == 1 or _fits(row, operands(tree))), None)


def _fits(row: Operator, parts: Sequence[exp.Expr]) -> bool:
    return all(fits(takes, type_of(part), part) for takes, part in zip(row.takes, parts, strict=True))


# ----------------------------------------------------------------------------------------------------------- blanks


def _all_parts(tree: exp.Expr, ask: Ask) -> Names:
    parts = [ask(part) for part in operands(tree)]
    return frozenset() if any(not part for part in parts) else frozenset[str]().union(*parts)


def _never(tree: exp.Expr, ask: Ask) -> Names:
    return frozenset()


def _no_rows(tree: exp.Expr, ask: Ask) -> Names:
    return frozenset({"no rows"})


def _of_nullif(tree: exp.Expr, ask: Ask) -> Names:
    return ask(tree.this) | {"nullif"}


def _of_sum(tree: exp.Expr, ask: Ask) -> Names:
    return any_part(tree, ask) | ({"a number too large"} if tree.meta.get("wide") else frozenset())


def _of_day_moved(tree: exp.Expr, ask: Ask) -> Names:
    by = tree.expression.unnest()
    sure = isinstance(by, exp.Interval) or constant(by) is not VARIES
    return any_part(tree, ask) | (frozenset() if sure else {"a number of days too large"})


def _of_workdays(tree: exp.Expr, ask: Ask) -> Names:
    return of_days.blank(tree, ask, constant(tree))


def _of_quotient(tree: exp.Expr, ask: Ask) -> Names:
    return any_part(tree, ask) | (frozenset() if constant(tree.expression) not in (0, None, VARIES) else {"division"})


def _of_connective(tree: exp.Expr, ask: Ask) -> Names:
    """`x is not null and …` and `x is null or …`: the other side only counts where x holds a value."""
    sides = flat(tree)
    sure = [surely_present(side, wanted=isinstance(tree, exp.And)) for side in sides]
    return frozenset[str]().union(
        *(ask(side, frozenset[str]().union(*(s for j, s in enumerate(sure) if j != i))) for i, side in enumerate(sides))
    )


def _of_case(tree: exp.Expr, ask: Ask) -> Names:
    passed: Names = frozenset()
    found: Names = frozenset()
    for branch in tree.args["ifs"]:
        found |= ask(branch.args["true"], passed | surely_present(branch.this, wanted=True))
        passed |= surely_present(branch.this, wanted=False)
    return found | ask(tree.args.get("default"), passed)


def flat(tree: exp.Expr) -> list[exp.Expr]:
    """The operands of a chain of the same connective."""
    sides: list[exp.Expr] = []
    for side in (tree.this.unnest(), tree.expression.unnest()):
        sides.extend(flat(side) if type(side) is type(tree) else [side])
    return sides


def surely_present(tree: exp.Expr, *, wanted: bool) -> Names:
    """Columns that surely hold a value where the tree is not false (`wanted`), or where it is not true (not `wanted`)."""
    tree = tree.unnest()
    if isinstance(tree, exp.Not):
        return surely_present(tree.this, wanted=not wanted)
    if isinstance(tree, exp.Is):
        inner = tree.this.unnest()
        return frozenset({inner.name}) if not wanted and isinstance(inner, exp.Column) else frozenset()
    if isinstance(tree, exp.And if wanted else exp.Or):
        return frozenset[str]().union(*(surely_present(side, wanted=wanted) for side in flat(tree)))
    return frozenset()


# -------------------------------------------------------------------------------------------------------- constants


def constant(tree: exp.Expr, params: Mapping[str, Value] | None = None) -> Any:
    """What a typed tree without fields comes to (None: blank), or VARIES; without `params` these are fields, too."""
    found = _constant(tree, params)
    return half_away(found, PLACES) if isinstance(found, Fraction) else found


def _constant(tree: exp.Expr, params: Mapping[str, Value] | None) -> Any:
    """The same, but a quotient is exact."""
    tree = tree.unnest()
    match tree:
        case exp.Null():
            return None
        case exp.Boolean():
            return bool(tree.this)
        case exp.Literal():
            return str(tree.name) if tree.is_string else int(tree.name) if tree.name.isdecimal() else Decimal(tree.name)
        case exp.Cast():
            return date.fromisoformat(tree.this.name)
        case exp.Interval():
            return span(tree)
        case exp.Var():
            return tree.name.casefold()
        case exp.Placeholder() if params is not None:
            return params[tree.name]
    row = row_of(tree)
    if row is None or row.constant is None:
        return VARIES
    worked_out = _constant if row.proof in COMPARISONS else constant
    parts = [worked_out(part, params) for part in operands(tree)]
    if any(part is VARIES for part in parts):
        return VARIES
    return None if None in parts and not row.aware else row.constant(*parts)


def span(interval: exp.Expr) -> Span:
    """An interval's days or months."""
    amount, unit = int(interval.this.name), interval.args["unit"].name.casefold()
    return Span(months=amount * MONTHS_OF[unit]) if unit in MONTHS_OF else Span(days=amount * DAYS_OF[unit])


# -------------------------------------------------------------------------------------------------------------- SQL


def bound(tree: exp.Expr, params: Mapping[str, Value]) -> exp.Expr:
    """A typed tree as engines compute it, with the parameters' values in place of their names."""
    tree = tree.copy()
    for node in reversed(list(tree.walk())):
        parent, key, index = node.parent, node.arg_key, node.index
        built = _built(node, params)
        if built is not node:
            built.meta.setdefault("type", node.meta.get("type"))
            built.meta.setdefault("size", node.meta.get("size"))
            if parent is not None:
                parent.set(str(key), built, index)
    return built


def _built(node: exp.Expr, params: Mapping[str, Value]) -> exp.Expr:
    if isinstance(node, exp.Placeholder):
        return literal(params[node.name])
    if isinstance(node, exp.Literal):
        return node if node.is_string or node.name.isdecimal() else decimals.number(node.name)
    row = row_of(node.this if isinstance(node, exp.Filter) else node)
    if row is None or (row.aggregate and isinstance(node.parent, exp.Filter)):
        return node
    if is_compared(node) and decimals.ratio(node) is not None:
        return node
    return row.build(node)


def _sum(tree: exp.Expr) -> exp.Expr:
    if any(map(decimals.is_number, operands(tree))):
        return decimals.sum_of(type(tree), tree.this, tree.expression)
    if not tree.meta.get("wide"):
        return tree
    sides = (exp.Cast(this=side, to=exp.DataType.build("DECIMAL(38, 0)")) for side in operands(tree))
    return exp.TryCast(this=type(tree)(**dict(zip(("this", "expression"), sides, strict=True))), to=exp.DataType.build("BIGINT"))


def is_compared(tree: exp.Expr) -> bool:
    """Whether it is a side of a comparison."""
    above = tree.parent
    while isinstance(above, exp.Paren):
        above = above.parent
    row = row_of(above) if above is not None else None
    return row is not None and row.proof in COMPARISONS


def _null_if(tree: exp.Expr) -> exp.Expr:
    """Compared in one width, and as wide as the first again."""
    whole, size = not decimals.is_number(tree.this), decimals.size_of(tree.this)
    if not decimals.is_number(found := decimals.of_one_width(tree)):
        return found
    if not whole:
        return decimals.decimal(found, size)
    held = cast(found, "BIGINT")
    held.meta.update({"type": Type.INTEGER, "size": size})  # not that of both, which the tree has now
    return held


def _product(tree: exp.Expr) -> exp.Expr:
    return decimals.product(tree.this, tree.expression)


def _quotient(tree: exp.Expr) -> exp.Expr:
    return decimals.quotient(tree.this, tree.expression)


def _rounded(tree: exp.Expr) -> exp.Expr:
    return decimals.rounded(tree.this, decimals.places_of(tree))


def _day_moved(tree: exp.Expr) -> exp.Expr:
    """A number of days that is out of all reason is null. Days are a number, and only months an interval: to DuckDB 30 days and
    1 month are equal as intervals, and of what is equal in a query it works out one."""
    by = tree.expression
    if isinstance(by, exp.Interval):
        moved = span(by)
        unit = exp.Interval(this=exp.Literal.string(str(moved.months)), unit=exp.var("MONTH"))
        by = exp.Literal.number(moved.days) if moved.days else unit
    else:
        by = cast(exp.TryCast(this=by, to=exp.DataType.build(f"DECIMAL({DIGITS_OF_DAYS}, 0)")), "INT")
    return cast(type(tree)(this=tree.this, expression=by), "DATE")


def _full(tree: exp.Expr) -> exp.Expr:
    named: dict[str, exp.Expr] = {}
    days = (decimals.short(day, named, f"_q_{side}") for day, side in zip(operands(tree), "ab", strict=True))
    return decimals.once(full(type(tree)(**dict(zip(("this", "expression"), days, strict=True)))), named)


def _days_between(tree: exp.Expr) -> exp.Expr:
    return exp.DateDiff(this=tree.this, expression=tree.expression, unit=exp.var("DAY"))


def _summed(tree: exp.Expr) -> exp.Expr:
    """`tree` is the call, or its filter."""
    call = tree.this if isinstance(tree, exp.Filter) else tree
    argument = call.this.expressions[0] if isinstance(call.this, exp.Distinct) else call.this
    parts = decimals.ratio(tree)
    if parts is not None:
        return decimals.quotient(*parts)
    if type_of(argument) is Type.NUMBER:
        return decimals.total(tree)
    return cast(exp.TryCast(this=tree, to=exp.DataType.build("DECIMAL(17, 0)")), "BIGINT")


# ------------------------------------------------------------------------------------------------------------- rows


def _added_up(sizes: Sequence[Size], tree: exp.Expr) -> Size:
    return decimals.added(sizes)


def _of_first(sizes: Sequence[Size], tree: exp.Expr) -> Size:
    return sizes[0]


# fmt: off
_T = Takes
_TWO, _IN_ORDER, _NUMBERS = (_T.ALIKE, _T.ALIKE), (_T.ORDERED, _T.ORDERED), (_T.NUMBER, _T.NUMBER)
_YES_NO, _PARTS = Type.BOOLEAN, Gives.PARTS


def _infix(name: str, form: type[exp.Expr], takes: tuple[Takes, ...], gives: Type | Gives, example: str, **more: Any) -> Operator:
    return Operator(name, form, takes, gives, example, f"{{}} {name} {{}}", **more)


_joined = partial(_infix, takes=(_T.CONDITION, _T.CONDITION), gives=_YES_NO, blank=_of_connective, proof="connective")
_equal = partial(_infix, takes=_TWO, gives=_YES_NO, build=decimals.comparison, proof="compared")
_distinct = partial(_infix, takes=_TWO, gives=_YES_NO, build=decimals.comparison, blank=_never, proof="distinct", aware=True)
_ordered = partial(_infix, takes=_IN_ORDER, gives=_YES_NO, build=decimals.comparison, proof="compared")
_reckoned = partial(_infix, refusal="bad-arithmetic")
_day = partial(_reckoned, gives=Type.DATE, build=_day_moved, blank=_of_day_moved, proof="day_moved")
_later = partial(_day, "+", exp.Add, constant=partial(moved, sign=1), slips=(exp.Sub,))
_earlier = partial(_day, "-", exp.Sub, constant=partial(moved, sign=-1), slips=(exp.Add,))
_added = partial(_reckoned, takes=_NUMBERS, gives=_PARTS, build=_sum, blank=_of_sum, proof="sum_", size=_added_up)
_first = partial(Operator, takes=_TWO, build=decimals.of_one_width, blank=_all_parts, rest=True, aware=True)
_extreme = partial(_first, takes=_IN_ORDER, gives=_PARTS, proof="extreme")
_of_text = partial(Operator, takes=(_T.TEXT,))
_of_two = partial(Operator, takes=(_T.TEXT, _T.TEXT), gives=_YES_NO)
_piece = partial(Operator, gives=Type.TEXT)
_of_date = partial(Operator, takes=(_T.DATE,), gives=Type.INTEGER, proof="date_part")
_full_span = partial(Operator, takes=(_T.DATE, _T.DATE), gives=Type.INTEGER, build=_full, proof="full")
_over_rows = partial(Operator, blank=_no_rows, proof="aggregate", aggregate=True)
_by_day = partial(_over_rows, takes=(_T.ANY, _T.DATE), gives=Gives.FIRST, build=of_days.of_one_day, size=_of_first)

ROWS: tuple[Operator, ...] = (
    _joined("and", exp.And, example="agreed and checked", slips=(exp.Or,)),
    _joined("or", exp.Or, example="agreed or checked", slips=(exp.And,)),
    Operator("not", exp.Not, (_T.CONDITION,), _YES_NO, "not agreed", "not {}", proof="not_", constant=operator.not_),
    _equal("=", exp.EQ, example="name = 'ab'", constant=operator.eq, slips=(exp.NEQ,)),
    _equal("<>", exp.NEQ, example="name <> 'ab'", constant=operator.ne, slips=(exp.EQ,), mirror=(exp.EQ, False, True)),
    _ordered("<", exp.LT, example="share < 0.5", constant=operator.lt, slips=(exp.LTE, exp.GT)),
    _ordered("<=", exp.LTE, example="share <= 0.5", constant=operator.le, slips=(exp.LT, exp.GTE), mirror=(exp.LT, True, True)),
    _ordered(">", exp.GT, example="share > 0.5", constant=operator.gt, slips=(exp.GTE, exp.LT), mirror=(exp.LT, True, False)),
    _ordered(">=", exp.GTE, example="share >= 0.5", constant=operator.ge, slips=(exp.GT, exp.LTE), mirror=(exp.LT, False, True)),
    _distinct("is not distinct from", exp.NullSafeEQ, example="kind is not distinct from seen_kind", constant=operator.eq,
              slips=(exp.NullSafeNEQ,)),
    _distinct("is distinct from", exp.NullSafeNEQ, example="kind is distinct from seen_kind", constant=operator.ne,
              slips=(exp.NullSafeEQ,), mirror=(exp.NullSafeEQ, False, True)),
    Operator("in", exp.In, _TWO, _YES_NO, "members in (1, 2)", "{} in ({})", rest=True, build=decimals.comparison, proof="in_"),
    Operator("between", exp.Between, (*_IN_ORDER, _T.ORDERED), _YES_NO, "members between 1 and 3",
             "{} between {} and {}", build=decimals.comparison, proof="between"),
    _infix("like", exp.Like, (_T.TEXT, _T.PATTERN), _YES_NO, "name like 'a%'", refusal="bad-like", constant=like),
    Operator("is null", exp.Is, (_T.ANY, _T.ANY), _YES_NO, "due is null", "{} is null", blank=_never, proof="is_null",
             constant=operator.is_, aware=True),
    Operator("case", exp.Case, (_T.CONDITION, _T.ALIKE, _T.ALIKE), _PARTS, "case when agreed then 1 else 0 end",
             "case when {} then {} else {} end", build=decimals.of_one_width, blank=_of_case, proof="case"),
    _added("+", exp.Add, example="members + 1", constant=exact("add"), slips=(exp.Sub,)),
    _later(takes=(_T.DATE, _T.INTERVAL), example="due + interval 30 days"),
    _later(takes=(_T.DATE, _T.INTEGER), example="due + members"),
    _added("-", exp.Sub, example="members - posts", constant=exact("subtract"), slips=(exp.Add,)),
    _earlier(takes=(_T.DATE, _T.INTERVAL), example="due - interval 1 month"),
    _earlier(takes=(_T.DATE, _T.INTEGER), example="due - 30"),
    _reckoned("-", exp.Sub, (_T.DATE, _T.DATE), Type.INTEGER, "due - :as_of", build=_days_between, proof="sum_",
              constant=partial(difference, unit="day"), slips=(exp.Add,)),
    _reckoned("*", exp.Mul, _NUMBERS, Type.NUMBER, "share * 2", build=_product, proof="product",
              size=lambda sizes, tree: decimals.multiplied(sizes), constant=exact("multiply")),
    _reckoned("/", exp.Div, _NUMBERS, Type.NUMBER, "members / posts", build=_quotient, blank=_of_quotient, proof="quotient",
              size=lambda sizes, tree: NUMBER, constant=lambda one, other: Fraction(one) / Fraction(other) if other else None),
    Operator("-", exp.Neg, (_T.NUMBER,), _PARTS, "-share", "-{}", refusal="bad-negation", proof="negative",
             constant=lambda number: number.copy_negate() if isinstance(number, Decimal) else -number),
    _first("coalesce", exp.Coalesce, gives=_PARTS, example="coalesce(members, 0)", proof="coalesce",
           constant=lambda *values: next((value for value in values if value is not None), None)),
    Operator("nullif", exp.Nullif, _TWO, Gives.FIRST, "nullif(members, 0)", blank=_of_nullif, proof="nullif",
             build=_null_if, size=_of_first,
             constant=lambda one, other: None if one == other else one, aware=True),
    Operator("abs", exp.Abs, (_T.NUMBER,), _PARTS, "abs(share)", proof="absolute",
             constant=lambda number: number.copy_abs() if isinstance(number, Decimal) else abs(number)),
    _extreme("least", exp.Least, example="least(members, posts)", constant=chosen(min)),
    _extreme("greatest", exp.Greatest, example="greatest(members, posts)", constant=chosen(max)),
    Operator("round", exp.Round, (_T.NUMBER, _T.PLACES), Type.NUMBER, "round(share, 1)", build=_rounded, proof="rounded",
             size=lambda sizes, tree: decimals.rounded_size(sizes[0], decimals.places_of(tree)).within(decimals.HELD),
             constant=half_away),
    _of_text("length", exp.Length, gives=Type.INTEGER, example="length(name)", constant=len),
    _of_text("lower", exp.Lower, gives=Type.TEXT, example="lower(name)", constant=lowered),
    _of_text("upper", exp.Upper, gives=Type.TEXT, example="upper(name)", constant=raised),
    _of_text("trim", exp.Trim, gives=Type.TEXT, example="trim(name)", constant=trimmed),
    _of_two("starts_with", exp.StartsWith, example="starts_with(name, 'ab')", constant=str.startswith),
    _of_two("ends_with", exp.EndsWith, example="ends_with(name, 'ab')", constant=str.endswith),
    _of_two("contains", exp.Contains, example="contains(name, 'ab')", constant=lambda text, part: part in text),
    Operator("matches", Matches, (_T.TEXT, _T.REGEX), _YES_NO, "matches(name, '[0-9]{3}[a-z]+')", build=of_texts.matches_sql,
             constant=of_texts.matches),
    Operator("check_digit", CheckDigit, (_T.TEXT, _T.CODE), _YES_NO, "check_digit(name, 'luhn')",
             build=of_texts.check_digit_sql, constant=check_code),
    _piece("left", exp.Left, (_T.TEXT, _T.INTEGER), example="left(name, 2)", build=of_texts.left_sql, constant=of_texts.left),
    _piece("right", exp.Right, (_T.TEXT, _T.INTEGER), example="right(name, 2)", build=of_texts.right_sql,
           constant=of_texts.right),
    _piece("substring", exp.Substring, (_T.TEXT, _T.INTEGER, _T.LENGTH), example="substring(name, 2, 3)",
           build=of_texts.substring_sql, constant=of_texts.substring),
    _piece("replace", exp.Replace, (_T.TEXT, _T.TEXT, _T.TEXT), example="replace(name, '-', '')", constant=of_texts.replaced),
    _reckoned("||", exp.DPipe, (_T.TEXT, _T.TEXT), Type.TEXT, "name || '-' || remark", constant=operator.add),
    Operator("has", Has, (_T.CHOICES, _T.MEMBER), _YES_NO, "has(kinds, 'alpha')", build=of_texts.has_sql, constant=of_texts.has,
             proof="has"),
    Operator("size", HowMany, (_T.CHOICES,), Type.INTEGER, "size(kinds)", build=of_texts.size_sql, constant=of_texts.size,
             proof="how_many"),
    Operator("date_diff", exp.DateDiff, (_T.DATE, _T.DATE, _T.UNIT), Type.INTEGER, "date_diff('day', due, :as_of)",
             proof="difference", constant=difference),
    _full_span("full_months", FullMonths, example="full_months(due, :as_of)", constant=full_months),
    _full_span("full_years", FullYears, example="full_years(due, :as_of)", constant=full_years),
    Operator("workdays_between", WorkdaysBetween, (_T.DATE, _T.DATE, _T.CALENDAR), Type.INTEGER, "workdays_between(due, :as_of)",
             build=of_days.between_sql, blank=_of_workdays, constant=of_days.between, proof="workdays_between"),
    Operator("add_workdays", AddWorkdays, (_T.DATE, _T.INTEGER, _T.CALENDAR), Type.DATE, "add_workdays(due, 5)",
             build=of_days.moved_sql, blank=_of_workdays, constant=of_days.moved, proof="add_workdays"),
    _of_date("year", exp.Year, example="year(due)", constant=attrgetter("year")),
    _of_date("month", exp.Month, example="month(due)", constant=attrgetter("month")),
    _of_date("day", exp.Day, example="day(due)", constant=attrgetter("day")),
    _over_rows("count", exp.Count, (_T.ANY,), Type.INTEGER, "count(*)", blank=_never, size=lambda sizes, tree: RECORDS),
    _over_rows("sum", exp.Sum, (_T.NUMBER,), _PARTS, "sum(coalesce(members, 0))", build=_summed,
               size=lambda sizes, tree: (sizes[0] * RECORDS).within(decimals.HELD)),
    _over_rows("min", exp.Min, (_T.ORDERED,), _PARTS, "min(coalesce(share, 0))"),
    _over_rows("max", exp.Max, (_T.ORDERED,), _PARTS, "max(coalesce(share, 0))"),
    _over_rows("avg", exp.Avg, (_T.NUMBER,), Type.NUMBER, "avg(coalesce(members, 0))", build=_summed,
               size=lambda sizes, tree: NUMBER),
    _by_day("latest", Latest, example="latest(coalesce(members, 0), due) filter (where due is not null)"),
    _by_day("earliest", Earliest, example="earliest(coalesce(members, 0), due) filter (where due is not null)"),
    _by_day("previous", Previous, example="previous(coalesce(members, 0), due) filter (where due is not null)"),
    Operator("unmet", exp.Anonymous, (_T.RULE,), _YES_NO, "count(*) filter (where unmet('rule-1'))"),
    Operator("met", exp.Anonymous, (_T.RULE,), _YES_NO, "count(*) filter (where not met('rule-1'))"),
    Operator("badness", exp.Anonymous, (_T.ORDERED_CHOICE,), Type.INTEGER, "badness(kind)"),
    Operator("score", exp.Anonymous, (_T.TAG,), Type.INTEGER, "score('remark')"),
    Operator("findings", exp.Anonymous, (_T.TAG,), Type.INTEGER, "findings('remark')"),
)
# fmt: on

OPERATORS: dict[type[exp.Expr], tuple[Operator, ...]] = {
    form: tuple(row for row in ROWS if row.form is form) for form in dict.fromkeys(row.form for row in ROWS)
}
AGGREGATES = tuple(row.form for row in ROWS if row.aggregate)
FUNCTION_NAMES = tuple(row.name for row in ROWS if row.function)
"""As authors write them."""
