"""Connectives that stay small, and the calendar in z3's whole numbers: a day's number <-> its year, month and day.

In and out: z3's terms. Days are counted as `date.toordinal` does: 0001-01-01 is 1.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import z3

Z = Any
"""A z3 expression: the library has no types."""

YES, NO = z3.BoolVal(True), z3.BoolVal(False)
_YES, _NO = YES.as_ast().value, NO.as_ast().value
Whole = Z
"""A whole number of z3."""


def is_yes(part: Z) -> bool:
    """z3 has each constant once, so that the same address tells; its own way of asking takes thirty times as long."""
    return bool(part.as_ast().value == _YES)


def is_no(part: Z) -> bool:
    return bool(part.as_ast().value == _NO)


def all_of(parts: Iterable[Z]) -> Z:
    """A conjunction, without what is always true."""
    kept = []
    for part in parts:
        if is_no(part):
            return NO
        if not is_yes(part):
            kept.append(part)
    return YES if not kept else kept[0] if len(kept) == 1 else z3.And(kept)


def any_of(parts: Iterable[Z]) -> Z:
    """A disjunction, without what is always false."""
    kept = []
    for part in parts:
        if is_yes(part):
            return YES
        if not is_no(part):
            kept.append(part)
    return NO if not kept else kept[0] if len(kept) == 1 else z3.Or(kept)


def opposite(part: Z) -> Z:
    return NO if is_yes(part) else YES if is_no(part) else z3.Not(part)


def civil(day: Whole) -> tuple[Whole, Whole, Whole]:
    """Year, month and day of a day's number, in whole numbers alone. Source: the Gregorian calendar's cycle of 400 years,
    counted from the first of March, so that a leap day ends a year."""
    since = day + 305  # 0000-03-01 is day -305
    era = since / 146_097
    of_era = since - era * 146_097
    year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365
    day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100)
    shifted = (5 * day_of_year + 2) / 153
    day_of_month = day_of_year - (153 * shifted + 2) / 5 + 1
    month = z3.If(shifted < 10, shifted + 3, shifted - 9)
    return year_of_era + era * 400 + z3.If(month <= 2, z3.IntVal(1), z3.IntVal(0)), month, day_of_month


def day_number(year: Whole, month: Whole, day: Whole) -> Whole:
    """The inverse of `civil`."""
    shifted_year = z3.If(month <= 2, year - 1, year)
    era = shifted_year / 400
    year_of_era = shifted_year - era * 400
    shifted = z3.If(month > 2, month - 3, month + 9)
    day_of_year = (153 * shifted + 2) / 5 + day - 1
    return era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 305


def months_later(day: Whole, months: int) -> Whole:
    """The same day of another month; of a shorter one its last."""
    year, month, of_month = civil(day)
    total = year * 12 + month - 1 + months
    year, month = total / 12, total % 12 + 1
    last = last_of_month(year, month)
    return day_number(year, month, z3.If(of_month < last, of_month, last))


def last_of_month(year: Whole, month: Whole) -> Whole:
    leap = z3.And(year % 4 == 0, z3.Or(year % 100 != 0, year % 400 == 0))
    short = z3.Or(month == 4, month == 6, month == 9, month == 11)
    return z3.If(month == 2, z3.If(leap, z3.IntVal(29), z3.IntVal(28)), z3.If(short, z3.IntVal(30), z3.IntVal(31)))
