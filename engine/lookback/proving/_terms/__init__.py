"""A checked expression -> z3's terms, three-valued: what it comes to on a record that is not known yet.

In: a checked tree, and a reading of its columns. Out: a `Term` (a value, and whether it is blank) or a `Truth` (whether it is
true, whether it is false; neither: unknown), exactly as the engine computes them, but for three things: no number is too large
to be held; the six places of a quotient are any within half a unit of it; and what z3 cannot see into (rows of `operators`
without a term: `like`, `lower`, …) is left free, which `Symbols.free` tells; of beginnings, parts and ends of texts, what one
says of another is known.

Sorts: integers are Int, numbers Real, dates Int (days since 0001-01-01, which is 1), booleans Bool; texts and choices are Real,
as only their order and equality count: every constant of the pack is given a number in the order of the constants.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Protocol

import z3
from sqlglot import exp

from lookback.language.operators import (
    LARGEST_HELD,
    MOST_DAYS,
    OPERATORS,
    ROWS,
    Operator,
    constant,
    of_calendar,
    operands,
    row_of,
    span,
)
from lookback.language.sql import FullYears
from lookback.language.types import BETWEEN_CHOICES, Type, sets_of
from lookback.notions.calendars import Calendar
from lookback.proving._terms._symbols import NULL as NULL
from lookback.proving._terms._symbols import PATTERNS, SHAPES, constant_moved
from lookback.proving._terms._symbols import Symbols as Symbols
from lookback.proving._terms._symbols import Term as Term
from lookback.proving._terms._symbols import Truth as Truth
from lookback.proving._z3 import NO, YES, Z, all_of, any_of, civil, is_no, is_yes, last_of_month, months_later, opposite

_ORDERED: dict[type[exp.Expr], Callable[[Z, Z], Z]] = {
    exp.LT: operator.lt,
    exp.LTE: operator.le,
    exp.GT: operator.gt,
    exp.GTE: operator.ge,
    exp.EQ: operator.eq,
    exp.NEQ: operator.ne,
}
_TURNED = {operator.lt: operator.gt, operator.le: operator.ge, operator.gt: operator.lt, operator.ge: operator.le}


class Reading(Protocol):
    """What the names in an expression stand for."""

    def column(self, name: str) -> Term: ...
    def param(self, name: str) -> Term: ...
    def aggregate(self, call: exp.Expr, where: exp.Expr | None) -> Term: ...


def chosen(condition: Z, one: Z, other: Z) -> Z:
    """`one` where the condition holds, else `other`."""
    if is_yes(condition) or other is None:
        return one
    if is_no(condition) or one is None:
        return other
    return z3.If(condition, *_alike(one, other))


def _alike(one: Z, other: Z) -> tuple[Z, Z]:
    """An integer beside a number becomes one."""
    if z3.is_int(one) and z3.is_real(other):
        return z3.ToReal(one), other
    if z3.is_real(one) and z3.is_int(other):
        return one, z3.ToReal(other)
    return one, other


def either(condition: Z, one: Term, other: Term) -> Term:
    return Term(chosen(condition, one.value, other.value), chosen(condition, one.blank, other.blank))


def and_(parts: Sequence[Truth]) -> Truth:
    return Truth(all_of(p.true for p in parts), any_of(p.false for p in parts))


def or_(parts: Sequence[Truth]) -> Truth:
    return Truth(any_of(p.true for p in parts), all_of(p.false for p in parts))


def truth_of(term: Term) -> Truth:
    if term.value is None:
        return Truth(NO, NO)
    filled = opposite(term.blank)
    return Truth(all_of([filled, term.value]), all_of([filled, opposite(term.value)]))


def term_of(truth: Truth) -> Term:
    return Term(truth.true, opposite(any_of([truth.true, truth.false])))


class Encoder:
    """Expressions -> terms, by one reading of their names."""

    def __init__(self, symbols: Symbols, reading: Reading) -> None:
        self.symbols, self.reading = symbols, reading

    def condition(self, tree: exp.Expr) -> Truth:
        """A condition's truth."""
        found = self._value(tree.unnest())
        return found if isinstance(found, Truth) else truth_of(found)

    def term(self, tree: exp.Expr) -> Term:
        """An expression's value."""
        found = self._value(tree.unnest())
        return found if isinstance(found, Term) else term_of(found)

    def _value(self, tree: exp.Expr) -> Term | Truth:
        match tree:
            case exp.Column():
                return self.reading.column(tree.name)
            case exp.Placeholder():
                return self.reading.param(tree.name)
            case exp.Filter():
                return self.aggregate(tree.this, tree.expression.this)
            case exp.Literal() if not tree.is_string:
                return Term(z3.IntVal(tree.name) if tree.name.isdecimal() else z3.RealVal(f"{Decimal(tree.name):f}"))
        row = row_of(tree)
        if row is None:
            return self.symbols.constant(constant(tree))
        return TERMS[row.proof](self, tree) if row.proof is not None else self._free(tree, row)

    # ------------------------------------------------------------------------------------------- comparisons and texts

    def connective(self, tree: exp.Expr) -> Truth:
        sides = [self.condition(tree.this), self.condition(tree.expression)]
        return and_(sides) if isinstance(tree, exp.And) else or_(sides)

    def not_(self, tree: exp.Expr) -> Truth:
        inner = self.condition(tree.this)
        return Truth(inner.false, inner.true)

    def is_null(self, tree: exp.Expr) -> Truth:
        blank = self.term(tree.this).blank
        return Truth(blank, opposite(blank))

    def distinct(self, tree: exp.Expr) -> Truth:
        one, other = self.term(tree.this), self.term(tree.expression)
        same = any_of([all_of([one.blank, other.blank]), self._known(operator.eq, one, other).true])
        found = Truth(same, opposite(same))
        return found if isinstance(tree, exp.NullSafeEQ) else Truth(found.false, found.true)

    def in_(self, tree: exp.Expr) -> Truth:
        left = self.term(tree.this)
        return or_([self._known(operator.eq, left, self.term(value)) for value in tree.expressions])

    def between(self, tree: exp.Expr) -> Truth:
        middle = self.term(tree.this)
        low, high = self.term(tree.args["low"]), self.term(tree.args["high"])
        return and_([self._known(operator.ge, middle, low), self._known(operator.le, middle, high)])

    def compared(self, tree: exp.Expr) -> Truth:
        return self._known(_ORDERED[type(tree)], self.term(tree.this), self.term(tree.expression))

    def _known(self, compare: Callable[[Z, Z], Z], left: Term, right: Term) -> Truth:
        """A comparison: unknown where a side is blank. Of a quotient: a / b < c is a < c * b, turned where b is negative."""
        if left.value is None or right.value is None:
            return Truth(NO, NO)
        known = opposite(any_of([left.blank, right.blank]))
        one, other = _alike(left.value, right.value)
        if left.exact is not None or right.exact is not None:
            (a, by_a), (c, by_c) = (side.exact or (_real(side.value), z3.RealVal(1)) for side in (left, right))
            one, other = z3.simplify(a * by_c), z3.simplify(c * by_a)
            above = z3.simplify(by_a * by_c > 0)
            holds = chosen(above, compare(one, other), _TURNED.get(compare, compare)(one, other))
            return Truth(all_of([known, holds]), all_of([known, opposite(holds)]))
        holds = compare(one, other)
        holds = z3.simplify(holds) if z3.is_rational_value(one) or z3.is_int_value(one) else holds
        return Truth(all_of([known, holds]), all_of([known, opposite(holds)]))

    def _written(self, part: exp.Expr) -> str | int | None:
        """The text or whole number that a literal or a parameter is."""
        found = constant(part)
        if isinstance(found, str | int):
            return found
        value = self.term(part).value if isinstance(part, exp.Placeholder) else None
        return self._known_value(value) if value is not None else None

    def _known_value(self, value: Z) -> str | int | None:
        value = z3.simplify(value)
        return int(value.as_long()) if z3.is_int_value(value) else self.symbols.text_of(value)

    def _free(self, tree: exp.Expr, row: Operator) -> Term:
        """What z3 cannot see into. What is written in it, and parameters, belong to the function's name."""
        of_values: Any = row.constant
        assert isinstance(row.gives, Type)
        known = [self._written(part) for part in operands(tree)]
        parts = [self.term(part) for part, value in zip(operands(tree), known, strict=True) if value is None]

        def meaning(*values: str | int) -> Any:
            given = iter(values)
            return of_values(*(next(given) if value is None else value for value in known))

        name = " ".join([row.name, *(f"'{value}'" for value in known if value is not None)])
        if not parts:
            return self.symbols.constant(meaning())
        if any(part.value is None for part in parts):
            return NULL
        values = [self._known_value(part.value) for part in parts]
        if not any(value is None for value in values):
            found = self.symbols.constant(meaning(*(value for value in values if value is not None)))
            return Term(found.value, any_of(part.blank for part in parts))
        if row.gives is Type.BOOLEAN and len(parts) == 1:
            written = str(known[-1]) if known[-1] is not None else None
            shape = SHAPES[type(tree)](written) if type(tree) in SHAPES and written is not None else None
            pattern = PATTERNS[type(tree)](written) if type(tree) in PATTERNS and written is not None else None
            return _on(parts, lambda value: self.symbols.fulfils(value, name, meaning, shape, pattern))
        sorts = [part.value.sort() for part in parts]
        found = _on(parts, self.symbols.free_function(name, meaning, row.gives, sorts))
        counts = row.gives is Type.INTEGER and found.value is not None
        return Term(z3.If(found.value < 0, z3.IntVal(0), found.value), found.blank) if counts else found

    def has(self, tree: exp.Expr) -> Term:
        """Of few choices every set is known, and no other can be; of many it is left free."""
        sets = sets_of(tree.this.unnest().meta.get("choices", ()))
        if not sets:
            return self._free(tree, OPERATORS[type(tree)][0])
        holding = [self.symbols.text(value) for value in sets if tree.expression.name in value.split(BETWEEN_CHOICES)]
        return _on([self.term(tree.this)], lambda value: any_of(z3.simplify(value == one) for one in holding))

    def how_many(self, tree: exp.Expr) -> Term:
        sets = sets_of(tree.this.unnest().meta.get("choices", ()))
        if not sets:
            return self._free(tree, OPERATORS[type(tree)][0])

        def counted(value: Z) -> Z:
            found = z3.IntVal(1)
            for one in sets:
                found = chosen(z3.simplify(value == self.symbols.text(one)), z3.IntVal(len(one.split(BETWEEN_CHOICES))), found)
            return found

        return _on([self.term(tree.this)], counted)

    # ----------------------------------------------------------------------------------------------------- arithmetic

    def sum_(self, tree: exp.Expr) -> Term:
        by = operator.add if isinstance(tree, exp.Add) else operator.sub
        found = _on([self.term(tree.this), self.term(tree.expression)], lambda a, b: by(*_alike(a, b)))
        return _within(found, found.value, -LARGEST_HELD - 1, LARGEST_HELD) if tree.meta.get("wide") else found

    def product(self, tree: exp.Expr) -> Term:
        return _on([self.term(tree.this), self.term(tree.expression)], lambda a, b: _real(a) * _real(b))

    def quotient(self, tree: exp.Expr) -> Term:
        one, by = self.term(tree.this), self.term(tree.expression)
        if one.value is None or by.value is None:
            return NULL
        blank = any_of([one.blank, by.blank, z3.simplify(by.value == 0)])
        return self._with_places(_real(one.value), _real(by.value), blank)

    def _with_places(self, one: Z, by: Z, blank: Z) -> Term:
        """A quotient: its six places are within half a unit of it."""
        exact = one / by
        return Term(self.symbols.rounded(exact), blank, (one, by))

    def negative(self, tree: exp.Expr) -> Term:
        return _on([self.term(tree.this)], lambda a: -a)

    def absolute(self, tree: exp.Expr) -> Term:
        return _on([self.term(tree.this)], lambda a: z3.If(a < 0, -a, a))

    def rounded(self, tree: exp.Expr) -> Term:
        places = 10 ** constant(tree.args.get("decimals") or exp.Literal.number(0))

        def rounded(value: Z) -> Z:  # halves away from zero
            scaled = _real(value) * places
            up = z3.ToReal(z3.ToInt(scaled + z3.RealVal("0.5")))
            down = -z3.ToReal(z3.ToInt(-scaled + z3.RealVal("0.5")))
            return z3.If(scaled >= 0, up, down) / places

        return _on([self.term(tree.this)], rounded)

    def day_moved(self, tree: exp.Expr) -> Term:
        day, by, sign = self.term(tree.this), tree.expression.unnest(), 1 if isinstance(tree, exp.Add) else -1
        if not isinstance(by, exp.Interval):
            days = self.term(by)
            moved = _on([day, days], lambda value, number: value + sign * number)
            return _within(moved, days.value, -MOST_DAYS, MOST_DAYS)
        length = span(by)
        if length.months:
            return _on([day], lambda value: months_later(value, sign * length.months))
        return _on([day], lambda value: value + sign * length.days)

    def difference(self, tree: exp.Expr) -> Term:
        return _on([self.term(tree.this), self.term(tree.expression)], lambda a, b: a - b)

    def workdays_between(self, tree: exp.Expr) -> Term:
        """Of days that are known it is reckoned; of others it is known that it rises with them, and no faster than they do."""
        calendar, days = of_calendar(tree), [self.term(tree.this), self.term(tree.expression)]
        if any(day.value is None for day in days):
            return NULL
        one, other = (self.symbols.workdays(calendar, day.value) for day in days)
        return Term(
            z3.simplify(other - one), any_of([*(day.blank for day in days), *(_outside(calendar, d.value) for d in days)])
        )

    def add_workdays(self, tree: exp.Expr) -> Term:
        calendar, day, by = of_calendar(tree), self.term(tree.this), self.term(tree.expression)
        if day.value is None or by.value is None:
            return NULL
        one, number = z3.simplify(day.value), z3.simplify(by.value)
        blank = any_of([day.blank, by.blank, _outside(calendar, one)])
        if z3.is_int_value(one) and z3.is_int_value(number):
            found = constant_moved(calendar, one.as_long(), number.as_long())
            return Term(z3.IntVal(found or 1), YES if found is None else blank)
        value, beyond = self.symbols.workdays_later(calendar, one, number)
        return Term(value, any_of([blank, beyond]))

    def full(self, tree: exp.Expr) -> Term:
        def between(one: Z, other: Z) -> Z:
            (y, m, d), (year, month, day) = civil(one), civil(other)
            short = z3.And(d > day, day < last_of_month(year, month))
            if isinstance(tree, FullYears):
                return year - y - z3.If(z3.Or(m > month, z3.And(m == month, short)), 1, 0)
            return (year - y) * 12 + month - m - z3.If(short, 1, 0)

        parts = [self.term(tree.this), self.term(tree.expression)]
        return _on(parts, lambda a, b: z3.If(a <= b, between(a, b), -between(b, a)))

    def date_part(self, tree: exp.Expr) -> Term:
        place = (exp.Year, exp.Month, exp.Day).index(type(tree))
        return _on([self.term(tree.this)], lambda day: civil(day)[place])

    # -------------------------------------------------------------------------------------------------- blanks, cases

    def coalesce(self, tree: exp.Expr) -> Term:
        *first, last = [self.term(part) for part in operands(tree)]
        for part in reversed(first):
            last = Term(chosen(part.blank, last.value, part.value), all_of([part.blank, last.blank]))
        return last

    def nullif(self, tree: exp.Expr) -> Term:
        one, other = self.term(tree.this), self.term(tree.expression)
        one, other = Term(one.value, one.blank), Term(other.value, other.blank)
        return Term(one.value, any_of([one.blank, self._known(operator.eq, one, other).true]))

    def extreme(self, tree: exp.Expr) -> Term:
        better = operator.lt if isinstance(tree, exp.Least) else operator.gt
        first, *rest = [self.term(part) for part in operands(tree)]
        for part in rest:
            first = extreme(first, part, better)
        return first

    def case(self, tree: exp.Expr) -> Term:
        default = tree.args.get("default")
        found = self.term(default) if default is not None else NULL
        for branch in reversed(tree.args["ifs"]):
            found = either(self.condition(branch.this).true, self.term(branch.args["true"]), found)
        return found

    def aggregate(self, tree: exp.Expr, where: exp.Expr | None = None) -> Term:
        found = self.reading.aggregate(tree, where)
        if not isinstance(tree, exp.Avg) or found.value is None:
            return found
        return self._with_places(_real(found.value), z3.RealVal(1), found.blank)


def extreme(one: Term, other: Term, better: Callable[[Z, Z], Z]) -> Term:
    """The lesser or greater of two, blanks aside."""
    if one.value is None or other.value is None:
        return other if one.value is None else one
    a, b = _alike(one.value, other.value)
    takes_one = all_of([opposite(one.blank), any_of([other.blank, better(a, b)])])
    return Term(chosen(takes_one, a, b), all_of([one.blank, other.blank]))


def _on(parts: Sequence[Term], function: Callable[..., Z]) -> Term:
    """A function that is blank where one of its parts is."""
    if any(part.value is None for part in parts):
        return NULL
    return Term(function(*(part.value for part in parts)), any_of(part.blank for part in parts))


def _outside(calendar: Calendar, day: Z) -> Z:
    return z3.simplify(z3.Or(day < calendar.first.toordinal(), day > calendar.last.toordinal()))


def _within(found: Term, number: Z, least: int, most: int) -> Term:
    """Blank where a number is out of bounds."""
    return found if found.value is None else Term(found.value, any_of([found.blank, number < least, number > most]))


def _real(value: Z) -> Z:
    return z3.ToReal(value) if z3.is_int(value) else value


TERMS: dict[str, Callable[[Encoder, exp.Expr], Term | Truth]] = {
    row.proof: getattr(Encoder, row.proof) for row in ROWS if row.proof is not None
}
"""The term of a row of `operators`, by the name that it says."""
