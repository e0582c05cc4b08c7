"""z3's values -> ours.

In: a value of a model, and its type. Out: a Python value. A text that no pack names is made up: so that it reads well, and that
what the model says of it holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import partial
from itertools import chain
from typing import Any

import z3

from lookback.language.constants import half_away
from lookback.language.types import PLACES, Type, Value
from lookback.notions.codes import SOUND
from lookback.notions.patterns import together
from lookback.proving._patterns import texts_of
from lookback.proving._terms._symbols import MOST_TOGETHER, FreeFunction, Symbols
from lookback.proving._z3 import Z


@dataclass
class Words:
    """z3's values -> ours. A text that the pack does not name is made up, so that it fits what is asked of it."""

    symbols: Symbols
    model: Z
    made: dict[Fraction, str] = field(default_factory=dict)

    def value(self, value: Z, kind: Type) -> Value:
        if kind is Type.BOOLEAN:
            return bool(z3.is_true(value))
        if kind is Type.INTEGER:
            return int(value.as_long())
        if kind is Type.DATE:
            return date.fromordinal(value.as_long())
        number = fraction(value)
        return half_away(number, PLACES) if kind is Type.NUMBER else self.text(number, value)

    def text(self, number: Fraction, value: Z) -> str:
        texts = self.symbols.texts
        if (known := self.symbols.text_of(value)) is not None:
            return known
        if number not in self.made:
            taken, wanted = {*texts, *self.made.values()}, self._wanted(value)
            candidates = [t for t in dict.fromkeys(self._candidates(number, value)) if t not in taken and t == t.strip() != ""]
            fitting = (text for text in candidates if _fits(text, wanted))
            first = next(fitting, candidates[0])
            in_order = (t for t in chain([first], fitting) if self._in_order(t, number)) if self.symbols.ordered else iter(())
            self.made[number] = next(in_order, first)
        return self.made[number]

    def _candidates(self, number: Fraction, value: Z) -> Iterator[str]:
        texts, after = self.symbols.texts, int(number // 1)
        fillers = ("x", "xx", "xxx", "X", "1", "~", "学", *(f"x{i}" for i in range(30)))
        patterns = [p.replace("_", "x") for p in sorted(self.symbols.patterns)]
        parts = [p.replace("%", filling) for p in patterns for filling in ("", "x", "y")]
        yield from fillers
        yield from self._of_patterns(value)
        yield from texts_of([f.shape for f in self.symbols.free.values() if f.shape is not None and self._is(f, value)])
        yield from (change(text) for text in texts for change in (str.capitalize, str.swapcase, str.title))
        yield from SOUND.values()
        yield from parts
        yield from (one + other for one in parts for other in parts)
        if 0 <= after < len(texts):
            yield from (texts[after] + filler for filler in fillers)
        yield from ("x" * n for n in range(4, 60))
        yield from (part + "x" * n for part in parts for n in range(1, 30))

    def _asked(self, value: Z) -> dict[str, FreeFunction]:
        """The functions of patterns that are asked of what has this value."""
        each = (found for variable, found in self.symbols.fulfilled.items() if self._has(variable, value))
        return {function.term.name(): function for found in each for function in found}

    def _has(self, variable: Z, value: Z) -> bool:
        return bool(z3.is_true(z3.simplify(self.model.eval(variable, model_completion=True) == value)))

    def _of_patterns(self, value: Z) -> Iterator[str]:
        """Texts that are of the patterns that the model says, and of no other."""
        asked = [function for function in self._asked(value).values() if function.pattern is not None]
        if any(function.shape is None for function in asked) and len(asked) <= MOST_TOGETHER:
            found = together(tuple(f.pattern for f in asked if f.pattern), tuple(self.symbols.texts))
            yield from found.shown.get(tuple(self._is(f, value) for f in asked), ()) if found is not None else ()

    def _is(self, function: FreeFunction, value: Z) -> bool:
        return bool(z3.is_true(self.model.eval(function.term(value), model_completion=True)))

    def _wanted(self, value: Z) -> list[tuple[Callable[[str], Any], Callable[[Any], bool]]]:
        """What the model's free functions say of a text: each with what it has to come to."""
        wanted: list[tuple[Callable[[str], Any], Callable[[Any], bool]]] = []
        asked = self._asked(value)
        of_texts = (f for f in self.symbols.free.values() if f.term.arity() == 1 and f.term.domain(0) == z3.RealSort())
        for function in (f for f in of_texts if f.pattern is None or not asked or f.term.name() in asked):
            found = self.model.eval(function.term(value), model_completion=True)
            if z3.is_bool(found):
                wanted.append((function.meaning, z3.is_true(found).__eq__))
            elif z3.is_int(found):
                wanted.append((function.meaning, found.as_long().__eq__))
            else:
                wanted.append((function.meaning, partial(self._comes_to, fraction(found))))
        return wanted

    def _comes_to(self, number: Fraction, text: str) -> bool:
        """Whether a number that stands for a text may stand for this one."""
        named = self.symbols.codes.get(text)
        return number == named if named is not None else number not in self.symbols.codes.values()

    def _in_order(self, text: str, number: Fraction) -> bool:
        texts, after = self.symbols.texts, int(number // 1)
        key = text.encode()
        return (after < 0 or after >= len(texts) or texts[after].encode() < key) and (
            after + 1 >= len(texts) or after + 1 < 0 or key < texts[after + 1].encode()
        )


def _fits(text: str, wanted: Sequence[tuple[Callable[[str], Any], Callable[[Any], bool]]]) -> bool:
    return all(fits(meaning(text)) for meaning, fits in wanted)


def fraction(value: Z) -> Fraction:
    if z3.is_algebraic_value(value):
        value = value.approx(20)
    return Fraction(value.numerator_as_long(), value.denominator_as_long())
