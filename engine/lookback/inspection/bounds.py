"""Confidence bounds from counts, in whole numbers: the same on every machine.

In: how many were looked at, of how many, and how many of them had it. Out: how many can have it. It knows no units and no draws.

- Drawn without replacement, all with the same chance: the hypergeometric distribution, inverted. A bound is the outermost number
  for which what was seen, or less, still has a chance of more than `risk`; so it errs to the safe side whatever the truth is.
- Drawn with whatever chances, in independent strata: the number that were seen is a sum of independent yes-or-no draws (that
  hypergeometric counts are such sums is Vatutin and Mikhailov's, 1982), and of all such sums with one mean the binomial has the
  heaviest tail where it matters (Hoeffding 1956, theorem 4). So Clopper and Pearson's bound holds for the mean.
"""

from __future__ import annotations

from decimal import Context, Decimal
from fractions import Fraction
from math import comb

_DIGITS = Context(prec=40, Emin=-(10**9), Emax=10**9)
"""Decimals, which every machine reckons alike, as it does not with logarithms of floats."""
_STEPS = 50
"""Halvings of the interval from 0 to 1: the bound is right to 15 places."""


def most(all_: int, drawn: int, seen: int, risk: Fraction) -> int:
    """How many of `all_` have it at the most, where `drawn` of them, each with the same chance, had it `seen` times: the largest
    number for which so few would be seen with a chance of more than `risk`."""
    low, high = seen, all_ - drawn + seen
    while low < high:
        middle = (low + high + 1) // 2
        if _at_most(all_, middle, drawn, seen) > risk * comb(all_, drawn):
            low = middle
        else:
            high = middle - 1
    return low


def least(all_: int, drawn: int, seen: int, risk: Fraction) -> int:
    """The same from below: the smallest number for which so many would be seen with a chance of more than `risk`."""
    return all_ - most(all_, drawn, drawn - seen, risk)


def _at_most(all_: int, having: int, drawn: int, seen: int) -> int:
    """In how many of the comb(all_, drawn) draws at most `seen` of the `having` are."""
    first = max(0, drawn - (all_ - having))
    if first > seen:
        return 0
    ways = comb(having, first) * comb(all_ - having, drawn - first)
    total = ways
    for n in range(first, seen):
        ways = ways * (having - n) * (drawn - n) // ((n + 1) * (all_ - having - drawn + n + 1))
        total += ways
    return total


def most_expected(drawn: int, seen: int, risk: Fraction) -> float:
    """How many have to be expected at the most among `drawn` where `seen` were seen: above this mean so few, or fewer, would be
    seen with a chance below `risk`, whatever chance each of them had."""
    if seen >= drawn:
        return float(drawn)
    low, high = Decimal(0), Decimal(1)
    limit = _DIGITS.divide(Decimal(risk.numerator), Decimal(risk.denominator))
    for _ in range(_STEPS):
        middle = _DIGITS.divide(_DIGITS.add(low, high), Decimal(2))
        if _binomial(drawn, seen, middle) > limit:
            low = middle
        else:
            high = middle
    return max(float(_DIGITS.multiply(high, Decimal(drawn))), seen + 1.0)


def _binomial(drawn: int, seen: int, chance: Decimal) -> Decimal:
    """The chance of at most `seen` among `drawn`."""
    other = _DIGITS.subtract(Decimal(1), chance)
    odds = _DIGITS.divide(chance, other)
    each = total = _DIGITS.power(other, Decimal(drawn))
    for n in range(seen):
        each = _DIGITS.divide(_DIGITS.multiply(_DIGITS.multiply(each, odds), Decimal(drawn - n)), Decimal(n + 1))
        total = _DIGITS.add(total, each)
    return total
