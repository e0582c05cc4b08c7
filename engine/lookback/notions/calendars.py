"""Days worked and days off: how many days worked lie between two days, and which is the n-th from a day on.

In: the first and last day that a calendar knows, the days of the week that are off, the days off besides, the days worked
instead. Out: a `Calendar`; its numbers packed, as engines reckon with them. Days outside its span are unknown to it.

A month is one number: how many days were worked before it, and a bit a day, 1 where it is worked. October 2005, with 1 to 7 off
and 8 and 9 worked, after 441 days: 441 * 2^31 + the bits of 8 to 14, 17 to 21, 24 to 28, 31. So `count(12 October)` is 441 and
the 5 bits below the 13th. The days worked themselves stand six to a number: the first's place, and how far behind it each is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from hashlib import sha256

MOST_DAYS = 29_000
"""So many days a calendar has at most: some 79 years."""
LONGEST_OFF = 40
"""So many days in a row may be off."""
MONTH_BITS, TOGETHER, PLACE_BITS = 31, 6, 8
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_KNOWN: dict[str, Calendar] = {}


@dataclass(frozen=True)
class Calendar:
    """`first` and `last` are known, too. `worked`: the days worked, in order."""

    first: date
    last: date
    worked: tuple[date, ...]

    @cached_property
    def name(self) -> str:
        """A short name that no other calendar has; `calendar_named` knows it from then on."""
        told = f"{self.first} {self.last} {' '.join(map(str, self.worked))}"
        found = f"days_{sha256(told.encode()).hexdigest()[:12]}"
        _KNOWN[found] = self
        return found

    def knows(self, day: date) -> bool:
        return self.first <= day <= self.last

    @cached_property
    def _upto(self) -> tuple[int, ...]:
        """Of each day how many days are worked up to it, itself included."""
        worked, found, total = set(self.worked), list[int](), 0
        for at in range((self.last - self.first).days + 1):
            total += self.first + timedelta(at) in worked
            found.append(total)
        return tuple(found)

    def count(self, day: date) -> int:
        """How many days are worked from the first up to a day, itself included."""
        return self._upto[(day - self.first).days]

    def between(self, one: date, other: date) -> int | None:
        """The days worked after `one` up to `other`; below 0 where `other` is the earlier. None where it does not know one."""
        return self.count(other) - self.count(one) if self.knows(one) and self.knows(other) else None

    def moved(self, day: date, by: int) -> date | None:
        """The n-th day worked after a day, or before it; with 0 the day itself. None where it does not know it."""
        if not self.knows(day):
            return None
        if by == 0:
            return day
        upto = self.count(day)
        at = upto + by if by > 0 else upto - (day in self._set) + 1 + by
        return self.worked[at - 1] if 1 <= at <= len(self.worked) else None

    @cached_property
    def _set(self) -> frozenset[date]:
        return frozenset(self.worked)

    @cached_property
    def months(self) -> tuple[int, ...]:
        """A number a month, from that of the first day on."""
        found: list[tuple[int, int]] = []
        year, month = self.first.year, self.first.month
        while (year, month) <= (self.last.year, self.last.month):
            days = [day for day in self.worked if (day.year, day.month) == (year, month)]
            before = self.count(days[0]) - 1 if days else found[-1][1] if found else 0
            found.append(((before << MONTH_BITS) + sum(1 << day.day - 1 for day in days), before + len(days)))
            year, month = (year, month + 1) if month < 12 else (year + 1, 1)
        return tuple(number for number, _ in found)

    @cached_property
    def places(self) -> tuple[int, ...]:
        """The days worked, six to a number, as days after the first of the calendar."""
        at = [(day - self.first).days for day in self.worked]
        some = (at[i : i + TOGETHER] for i in range(0, len(at), TOGETHER))
        return tuple(
            (few[0] << TOGETHER * PLACE_BITS) + sum(p - few[0] << PLACE_BITS * i for i, p in enumerate(few)) for few in some
        )


def calendar_of(first: date, last: date, weekend: frozenset[int], off: frozenset[date], worked: frozenset[date]) -> Calendar:
    """`weekend`: 0 is Monday."""
    days = (first + timedelta(at) for at in range((last - first).days + 1))
    return Calendar(first, last, tuple(d for d in days if d in worked or (d.weekday() not in weekend and d not in off)))


def calendar_named(name: str) -> Calendar:
    return _KNOWN[name]
