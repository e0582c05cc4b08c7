"""What operators and functions of conditions come to on constants, in Python: exactly what DuckDB makes of them."""

from __future__ import annotations

import calendar
import operator
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from typing import Any

from lookback.language.types import Value

VARIES: Any = object()
"""What is no constant, or none that Python can hold."""
DIGITS_OF_DAYS = 6
MONTHS_OF = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True)
class Span:
    """An interval, of days or of months."""

    days: int = 0
    months: int = 0


def lowered(text: str) -> str:
    """Sign by sign: `İ` gives `i`, and a sigma does not look at what stands behind it."""
    return "".join(sign.lower()[0] for sign in text)


def raised(text: str) -> str:
    """Sign by sign, where Unicode has one for it: `ß` gives `ẞ`, `ŉ` stays, `ᾳ` gives `ᾼ`."""
    return "".join(_raised(sign) for sign in text)


def _raised(sign: str) -> str:
    return next((one for one in (sign.upper(), sign.title()) if len(one) == 1), "ẞ" if sign == "ß" else sign)


def trimmed(text: str) -> str:
    """Without the spaces around it, the ideographic and all others that Unicode calls a space; a tab is none."""
    start, end = 0, len(text)
    while start < end and _is_space(text[start]):
        start += 1
    while start < end and _is_space(text[end - 1]):
        end -= 1
    return text[start:end]


def _is_space(sign: str) -> bool:
    return unicodedata.category(sign) == "Zs"


def like(text: str, pattern: str) -> bool:
    """Whether a text matches a pattern of `%` and `_`."""
    rows = [True] + [False] * len(text)
    for sign in pattern:
        if sign == "%":
            for i in range(1, len(text) + 1):
                rows[i] = rows[i] or rows[i - 1]
        else:
            rows = [False, *(rows[i] and sign in ("_", text[i]) for i in range(len(text)))]
    return rows[-1]


def days_later(day: date, days: int) -> date | None:
    """None where that is beyond the calendar, which ends with the year 9999."""
    number = day.toordinal() + days
    return date.fromordinal(number) if 1 <= number <= date.max.toordinal() else None


def day_written(text: str) -> date | None:
    """The day of a date literal: written as 2005-09-30, as every engine reads it, and there is such a day."""
    try:
        return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII) else None
    except ValueError:
        return None


def moved(day: date, by: Span | int, sign: int) -> Any:
    """A day moved; VARIES beyond the calendar of Python. Of a shorter month it is the last day."""
    if isinstance(by, int) and abs(by) >= 10**DIGITS_OF_DAYS:
        return None
    if isinstance(by, int) or by.days:
        return days_later(day, sign * (by if isinstance(by, int) else by.days)) or VARIES
    year, month = divmod(day.year * 12 + day.month - 1 + sign * by.months, 12)
    if not date.min.year <= year <= date.max.year:
        return VARIES
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def difference(later: date, earlier: date, unit: str) -> int:
    def count(day: date) -> int:
        months = day.year * 12 + day.month - 1
        return day.toordinal() if unit == "day" else months // MONTHS_OF[unit]

    return count(later) - count(earlier)


def full_months(one: date, other: date) -> int:
    """How often a month can be added to the earlier of two days until it is past the later; below 0 where `other` is earlier."""
    if other < one:
        return -full_months(other, one)
    short = one.day > other.day and other.day < calendar.monthrange(other.year, other.month)[1]
    return difference(other, one, "month") - short


def full_years(one: date, other: date) -> int:
    months = full_months(one, other)
    return months // 12 if months >= 0 else -(-months // 12)


_EXACT = Context(prec=400, rounding=ROUND_HALF_UP)


def exact(operation: str) -> Callable[[Any, Any], Any]:
    """`add`, `subtract` or `multiply`, of numbers."""
    return lambda one, other: (
        getattr(_EXACT, operation)(Decimal(one), Decimal(other))
        if Decimal
        in (
            type(one),
            type(other),
        )
        else {"add": operator.add, "subtract": operator.sub, "multiply": operator.mul}[operation](one, other)
    )


def half_away(number: Fraction | Decimal | int, places: int = 0) -> Decimal:
    """Rounded, a half away from zero."""
    scaled = Fraction(number) * 10**places
    units = int(abs(scaled) + Fraction(1, 2))
    return _EXACT.scaleb(Decimal(-units if scaled < 0 else units), -places)


def chosen(choose: Callable[..., Value]) -> Callable[..., Value]:
    """The least or greatest of values, blanks aside."""
    return lambda *values: choose((value for value in values if value is not None), default=None)
