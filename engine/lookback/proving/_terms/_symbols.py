"""The constants of packs as z3's numbers, and what is known of functions of texts that z3 cannot see into.

In: packs, and further texts. Out: `Symbols`. A pattern is known by following it (`notions.patterns`): of several of one text,
which it can fulfil together; where that is too much, what a beginning, a part or an end says of another.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import z3
from sqlglot import exp

from lookback.language.operators import ROWS, operands
from lookback.language.sql import CheckDigit, Matches
from lookback.language.types import LARGEST, LARGEST_NUMBER, PLACES, Type, Value, sets_of
from lookback.language.types import together as value_of
from lookback.notions.calendars import Calendar
from lookback.notions.patterns import ANYTHING, Pattern, of_like, read, together
from lookback.notions.patterns import row as row_term
from lookback.notions.patterns import text as text_term
from lookback.packs.checked import CheckedPack
from lookback.proving._patterns import Shape, exclude, follows, shape_of
from lookback.proving._z3 import NO, YES, Z, all_of, any_of, opposite


@dataclass(frozen=True)
class Term:
    """A value that may be blank. `value` means nothing where `blank` holds; it is None for null itself. `exact`: of a quotient,
    which `value` rounds, what is divided, and by what."""

    value: Z
    blank: Z = NO
    exact: tuple[Z, Z] | None = None


@dataclass(frozen=True)
class Truth:
    """`true` and `false` exclude each other; where neither holds, it is unknown."""

    true: Z
    false: Z


NULL = Term(None, YES)


MOST_TEXTS = 64
"""Of so many constants it is known what a function of two texts comes to."""


@dataclass(frozen=True)
class FreeFunction:
    """A function that z3 cannot see into, and what it comes to on texts."""

    term: Z
    meaning: Callable[..., Any]
    shape: Shape | None = None
    pattern: Pattern | None = None


_FREE = tuple(row.form for row in ROWS if row.proof is None and row.constant is not None)
SHAPES: dict[Any, Callable[[str], Shape | None]] = {
    exp.Like: shape_of,
    exp.StartsWith: Shape,
    exp.EndsWith: lambda text: Shape("", ends=text),
    exp.Contains: lambda text: Shape("", (text,) if text else ()),
}
PATTERNS: dict[Any, Callable[[str], Pattern]] = {
    exp.Like: of_like,
    exp.StartsWith: lambda text: Pattern(row_term(text_term(text), ANYTHING)),
    exp.EndsWith: lambda text: Pattern(row_term(ANYTHING, text_term(text))),
    exp.Contains: lambda text: Pattern(row_term(ANYTHING, text_term(text), ANYTHING)),
    Matches: read,
}
_CHANGES: list[Any] = [row.constant for row in ROWS if row.form in _FREE and row.gives is Type.TEXT and len(row.takes) == 1]
MOST_TOGETHER = 6
"""So many patterns of one text are followed together."""


def constant_moved(calendar: Calendar, day: int, by: int) -> int | None:
    if not 1 <= day <= date.max.toordinal():
        return None
    found = calendar.moved(date.fromordinal(day), by)
    return None if found is None else found.toordinal()


def _is_text(literal: exp.Expr) -> bool:
    """Whether a literal is a text that a field may be, and not a pattern of several, or a name."""
    if isinstance(literal.parent, exp.Like):
        return "%" not in literal.name and "_" not in literal.name
    return not isinstance(literal.parent, Matches | CheckDigit)


class Symbols:
    """The constants of a pack as numbers, and the functions that are left free."""

    def __init__(self, packs: Sequence[CheckedPack], texts: Iterable[str] = ()) -> None:
        """`texts`: further constants, as of records that are known."""
        found = set(texts)
        self.patterns: set[str] = set()
        self.ordered = False
        """Whether the order of texts matters, and not only which are equal."""
        for pack in packs:
            found.update(*(f.choices or () for t in pack.tables.values() for f in t.fields.values()), pack.outcomes)
            several = (f for t in pack.tables.values() for f in t.fields.values() if f.type is Type.CHOICES)
            found.update(*(sets_of(tuple(f.choices or ())) or (value_of(f.choices or ()),) for f in several))
            found |= {value for value in pack.params.values() if isinstance(value, str)}
            for tree in (*(a.sql for r in pack.rules for a in r.atoms), *(f.sql for f in pack.facts)):
                found |= {n.name for n in tree.find_all(exp.Literal) if n.is_string and _is_text(n)}
                in_order = tree.find_all(exp.LT, exp.Between, exp.Least, exp.Greatest, exp.Min, exp.Max)
                self.ordered |= any(node.this.unnest().meta.get("type") is Type.TEXT for node in in_order)
                parts = (part for node in tree.find_all(*_FREE) for part in operands(node))
                self.patterns |= {part.name for part in parts if isinstance(part, exp.Literal)}
        found |= {change(text) for text in found for change in _CHANGES}
        self.texts = sorted(found, key=lambda text: text.encode())
        self.codes = {text: i for i, text in enumerate(self.texts)}
        self.free: dict[str, FreeFunction] = {}
        self.facts: list[Z] = []
        """What holds of the free functions on the pack's constants, of patterns beside each other, and of what is rounded."""
        self.fulfilled: dict[Z, list[FreeFunction]] = {}
        """Of values the functions of patterns that are asked of them."""
        self._further: dict[str, Fraction] = {}
        self._open: set[str] = set()
        self._days: dict[str, list[tuple[Z, Z]]] = {}
        """Of a calendar the days that were asked of it, each with how many are worked up to it."""
        self._rounded: dict[int, tuple[Z, Z]] = {}

    def text(self, text: str) -> Z:
        """A text as a number; one that the pack does not name gets one of its own, between its neighbours."""
        if text not in self.codes and text not in self._further:
            at = bisect_left(self.texts, text.encode(), key=str.encode)
            between = [(t.encode(), number) for t, number in self._further.items() if at - 1 < number < at]
            low = max((number for t, number in between if t < text.encode()), default=Fraction(at - 1))
            high = min((number for t, number in between if t > text.encode()), default=Fraction(at))
            self._further[text] = (low + high) / 2
        return z3.RealVal(self.codes[text] if text in self.codes else self._further[text])

    def text_of(self, value: Z) -> str | None:
        """The text that a number stands for, where it is one and does."""
        if not z3.is_rational_value(value):
            return None
        number = Fraction(value.numerator_as_long(), value.denominator_as_long())
        if number.denominator == 1 and 0 <= number < len(self.texts):
            return self.texts[int(number)]
        return next((text for text, its in self._further.items() if its == number), None)

    def constant(self, value: Value) -> Term:
        """A value as a term."""
        if value is None:
            return NULL
        if isinstance(value, bool):
            return Term(YES if value else NO)
        if isinstance(value, date):
            return Term(z3.IntVal(value.toordinal()))
        if isinstance(value, int):
            return Term(z3.IntVal(value))
        if isinstance(value, Decimal):
            return Term(z3.RealVal(f"{value:f}"))
        return Term(self.text(value))

    def rounded(self, value: Z) -> Z:
        """A number to six places: within half a unit of it. The same number is rounded in the same way."""
        value = z3.simplify(value)
        if value.get_id() not in self._rounded:
            by, half = z3.Real(f"rounding {len(self._rounded)}"), z3.RealVal(f"{Decimal(5).scaleb(-PLACES - 1):f}")
            self.facts += [by >= -half, by <= half]
            self._rounded[value.get_id()] = value, value + by
        return self._rounded[value.get_id()][1]

    def workdays(self, calendar: Calendar, day: Z) -> Z:
        """How many days are worked up to a day, of one that the calendar knows."""
        name = f"workdays_between {calendar.name}"
        if name not in self.free:
            self.free[name] = FreeFunction(z3.Function(name, z3.IntSort(), z3.IntSort()), lambda day: day)
        day = z3.simplify(day)
        seen = self._days.setdefault(name, [])
        if z3.is_int_value(day):
            at = date.fromordinal(max(1, min(day.as_long(), date.max.toordinal())))
            upto = z3.IntVal(calendar.count(at) if calendar.knows(at) else 0)
        else:
            upto = self.free[name].term(day)
        if all(not z3.eq(day, other) for other, _ in seen):
            within = all_of([day >= calendar.first.toordinal(), day <= calendar.last.toordinal()])
            for other, its in seen:
                both = all_of([within, other >= calendar.first.toordinal(), other <= calendar.last.toordinal()])
                for low, high, few, more in ((day, other, upto, its), (other, day, its, upto)):
                    self.facts.append(z3.Implies(all_of([both, low <= high]), all_of([few <= more, more - few <= high - low])))
            seen.append((day, upto))
        return upto

    def workdays_later(self, calendar: Calendar, day: Z, by: Z) -> tuple[Z, Z]:
        """The n-th day worked after a day, and whether that is beyond the calendar: both free, but for what any calendar says."""
        name, ints = f"add_workdays {calendar.name}", [z3.IntSort(), z3.IntSort()]
        for called, sort in ((name, z3.IntSort()), (f"{name} beyond", z3.BoolSort())):
            if called not in self.free:
                self.free[called] = FreeFunction(z3.Function(called, *ints, sort), lambda day, by: day)
        value, beyond = self.free[name].term(day, by), self.free[f"{name} beyond"].term(day, by)
        self.facts.append(z3.Implies(by >= 0, value >= day + by))
        self.facts.append(z3.Implies(by <= 0, value <= day + by))
        self.facts.append(z3.Implies(by == 0, all_of([value == day, opposite(beyond)])))
        inside = all_of([value >= calendar.first.toordinal(), value <= calendar.last.toordinal()])
        self.facts.append(any_of([beyond, by == 0, inside]))
        return value, beyond

    def free_function(self, name: str, meaning: Callable[..., Any], gives: Type, sorts: Sequence[Z]) -> Z:
        """A function that is known on the pack's constants, if all it takes are texts and these not too many; free elsewhere."""
        if name not in self.free:
            sort = {Type.BOOLEAN: z3.BoolSort(), Type.INTEGER: z3.IntSort()}.get(gives, z3.RealSort())
            function = self.free[name] = FreeFunction(z3.Function(name, *sorts, sort), meaning)
            few = all(sort == z3.RealSort() for sort in sorts) and (len(sorts) == 1 or len(self.texts) <= MOST_TEXTS)
            for texts in itertools.product(self.texts, repeat=len(sorts)) if few else ():
                value = meaning(*texts)
                if not isinstance(value, str) or value in self.codes:
                    found = function.term(*map(self.text, texts))
                    self.facts.append(found == (self.text(value) if isinstance(value, str) else value))
        return self.free[name].term

    def fulfils(
        self, value: Z, name: str, meaning: Callable[[str], bool], shape: Shape | None, pattern: Pattern | None = None
    ) -> Z:
        """Whether a condition that z3 cannot see into holds of a text: known of the pack's constants. Of any other it is
        free, but for what patterns say of each other."""
        fulfilling = [z3.RealVal(code) for code, text in enumerate(self.texts) if meaning(text)]
        if (known := self.text_of(value)) is not None:
            return YES if meaning(known) else NO
        if name not in self.free:
            self.free[name] = FreeFunction(z3.Function(name, z3.RealSort(), z3.BoolSort()), meaning, shape, pattern)
        function, others = self.free[name], self.fulfilled.setdefault(value, [])
        if function not in others:
            self.facts += self._beside(value, function, others)
            others.append(function)
            self.facts += self._together(value, others)
        unnamed = opposite(any_of(value == z3.RealVal(code) for code in range(len(self.texts))))
        return any_of([*(value == code for code in fulfilling), all_of([unnamed, function.term(value)])])

    def _beside(self, value: Z, one: FreeFunction, others: Iterable[FreeFunction]) -> Iterator[Z]:
        """What a pattern that a text fulfils says of other patterns."""
        if one.shape is None:
            return
        if one.shape.always or one.shape.whole:  # the text itself is one of the constants
            yield one.term(value) == one.shape.always
        for other, shape in ((other, other.shape) for other in others if other.shape is not None):
            if follows(one.shape, shape):
                yield z3.Implies(one.term(value), other.term(value))
            if follows(shape, one.shape):
                yield z3.Implies(other.term(value), one.term(value))
            if exclude(one.shape, shape):
                yield opposite(all_of([one.term(value), other.term(value)]))

    def _together(self, value: Z, functions: Sequence[FreeFunction]) -> Iterator[Z]:
        """Which patterns a text that no constant is can fulfil at once, where one of them is more than a beginning, a part, an
        end; what cannot be followed stays open."""
        if all(f.pattern is None or (f.shape is not None and f.shape.plain) for f in functions):
            return
        seen = [f for f in functions if f.pattern is not None]
        found = together(tuple(f.pattern for f in seen if f.pattern), tuple(self.texts)) if len(seen) <= MOST_TOGETHER else None
        if found is None or not found.plenty or len(seen) < len(functions):
            self._open |= {f.term.name() for f in functions}
        if found is not None:
            signs = [
                [f.term(value) if is_ else opposite(f.term(value)) for f, is_ in zip(seen, which, strict=True)]
                for which in found.can
            ]
            named = [value == z3.RealVal(code) for code in range(len(self.texts))]
            yield any_of([*named, *map(all_of, sorted(signs, key=str))])

    def sees(self, name: str) -> bool:
        """Whether what is known of a free function is all that there is to know of it."""
        function = self.free[name]
        plain = function.shape is not None and function.shape.plain
        return (plain or function.pattern is not None) and name not in self._open and not self.ordered

    def variable(self, name: str, kind: Type, choices: Iterable[str] = ()) -> tuple[Z, list[Z]]:
        """A free value of a type, and what holds of all such values."""
        match kind:
            case Type.BOOLEAN:
                return z3.Bool(name), []
            case Type.DATE:
                day = z3.Int(name)
                return day, [day >= date.min.toordinal(), day <= date.max.toordinal()]
            case Type.INTEGER:
                whole = z3.Int(name)
                return whole, [whole >= -LARGEST, whole <= LARGEST]
            case Type.NUMBER:
                number, largest = z3.Real(name), z3.RealVal(str(LARGEST_NUMBER))
                return number, [number >= -largest, number <= largest]
            case Type.CHOICE:
                choice = z3.Real(name)
                return choice, [any_of(choice == self.text(code) for code in choices)]
            case Type.CHOICES if sets := sets_of(tuple(choices)):
                some = z3.Real(name)
                return some, [any_of(some == self.text(value) for value in sets)]
        return z3.Real(name), []
