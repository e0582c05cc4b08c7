"""A calendar as its file says it -> what is wrong with it, and the calendar.

In: `<name>.calendar.yaml`, read. Out: mistakes; or a `Calendar`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise

from lookback.language.constants import day_written
from lookback.notions.calendars import LONGEST_OFF, MOST_DAYS, WEEKDAYS, Calendar, calendar_of
from lookback.packs.model import CalendarFile


def wrong_days(of: CalendarFile, mistake: Callable[..., None]) -> None:
    """What is wrong: no day, not within its span, twice, worked anyhow; or too long. `mistake` is told its code, its place in
    the file, and what it names."""
    first, last = day_written(of.first), day_written(of.last)
    for key, written in (("from", of.first), ("to", of.last)):
        if day_written(written) is None:
            mistake("calendar-no-day", (key,), day=written)
    if first is None or last is None:
        return
    if not first <= last or (last - first).days >= MOST_DAYS:
        mistake("calendar-span", ("to",), first=of.first, last=of.last, most=MOST_DAYS)
        return
    seen: set[str] = set()
    sound = True
    listed = [("off", i, day) for i, day in enumerate(of.off)] + [("worked", i, day) for i, day in enumerate(of.worked)]
    for key, i, written in listed:
        day, code = day_written(written), ""
        if day is None:
            code = "calendar-no-day"
        elif not first <= day <= last:
            code = "calendar-outside"
        elif written in seen:
            code = "calendar-day-twice"
        elif key == "worked" and WEEKDAYS[day.weekday()] not in of.weekend:
            code = "calendar-worked-anyhow"
        seen.add(written)
        if code:
            sound = False
            mistake(code, (key, i), day=written, first=of.first, last=of.last)
    if sound:
        gaps = pairwise((first - timedelta(1), *calendar_in(of).worked, last + timedelta(1)))
        for one, other in gaps:
            if (other - one).days > LONGEST_OFF:
                mistake("calendar-gap", ("off",), first=str(one), last=str(other), most=LONGEST_OFF)
                return


def calendar_in(of: CalendarFile) -> Calendar:
    """The calendar of a file in which nothing is wrong; of another one what of it is sound."""

    def some(days: tuple[str, ...]) -> frozenset[date]:
        return frozenset(day for day in map(day_written, days) if day is not None)

    first, last = day_written(of.first) or date.min, day_written(of.last) or date.min
    weekend = frozenset(WEEKDAYS.index(day) for day in of.weekend)
    short = first <= last and (last - first).days < MOST_DAYS
    return calendar_of(first, last if short else first, weekend, some(of.off), some(of.worked))
