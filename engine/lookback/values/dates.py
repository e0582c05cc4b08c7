"""Days, in the forms that offices write; what could mean two things (3/4/2005) is none.

In: a text, or a point in time. Out: SQL for the day, null where there is none. A time of day without a zone does not count; with
a zone it is a day only where the pack says whose (`zone:`).
"""

from __future__ import annotations

import re

from lookback.values.texts import Reading, half_sql, let_sql, listed, otherwise_sql
from lookback.warehouse.duckdb import literal

ZONED = "TIMESTAMP WITH TIME ZONE"
"""The type of a column whose points in time are known whatever the clock says: its values come as those of UTC."""
LIMITS = ("DATE '1000-01-01'", "DATE '9999-12-31'")

_WEEKDAY = r"(?:\s*[(]?(?:星期|周|礼拜)[一二三四五六日天][)]?)?"
_DATE = rf"^([1-9]\d{{3}})\s*[-/.年]\s*(\d{{1,2}})\s*[-/.月]\s*(\d{{1,2}})\s*[日号]?{_WEEKDAY}$"
_COMPACT = r"^([1-9]\d{3})(\d{2})(\d{2})$"
_WITHOUT_YEAR = rf"^(\d{{1,2}})\s*月\s*(\d{{1,2}})\s*[日号]{_WEEKDAY}$"
_SERIAL = r"^([2-7]\d{4})(?:\.\d+)?$"
_NAMED_MONTHS = ("%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%d-%b-%Y", "%b %d %Y", "%B %d %Y")

_CLOCK = r"((?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:[.,]\d+)?)?)"
_PACKED = r"((?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d(?:[.,]\d+)?)?)"
_HOURS = r"(?:[01]?\d|2[0-3])[时点](?:[0-5]?\d分?(?:[0-5]?\d秒)?)?"
_SAID = rf"(?:上午|下午|早上|中午|凌晨)?\s*(?:{_CLOCK}(?:\s*[AaPp][Mm])?|{_HOURS})"
_TIME = rf"(?:(\d)T\s*(?:{_CLOCK}|{_PACKED})|(?:\s|([日号)]))\s*{_SAID})$"
"""After a day, with the last character of that (\\1, \\4) where it stands right before."""
_OF_ZONE = rf"(?:(\d)T\s*(?:{_CLOCK}|{_PACKED})|\s\s*{_CLOCK})\s*(?:Z|UTC|GMT|([+-])(0\d|1[0-4]):?([0-5]\d)?)$"
_PARTS = "['last', 'clock', 'packed', 'spaced', 'sign', 'hours', 'minutes']"
_MIDNIGHT = r"[T\s]\s*00?:00(?::00(?:[.,]0+)?)?$"
MAY_SAY_MORE = "strlen({}) <> 10"
"""Whether a date may be more than a day, as `2005-08-31` is not."""
_NO_TIME = "{0} IS NULL OR NOT (contains({0}, ':') OR contains({0}, '.') OR contains({0}, '时')"
_NO_TIME += " OR contains({0}, '点') OR contains({0}, 'T') OR contains({0}, '：'))"
"""Whether a text has plainly no time of day, as most."""


def date_sql(text: str, plain: str, reading: Reading) -> str:
    """`plain` is what DuckDB makes of the text by itself."""
    day = let_sql("_day", rf"regexp_replace(_half, {literal(_TIME)}, '\1\4')", _day("_day", reading))
    other = f"CASE WHEN regexp_matches(_half, {literal(_OF_ZONE)}) THEN {_zoned(reading)} ELSE {day} END"
    return (
        f"CASE WHEN {text} IS NULL THEN NULL "
        f"WHEN length({text}) = 10 AND {plain} BETWEEN {LIMITS[0]} AND {LIMITS[1]} THEN {plain} "
        f"ELSE {otherwise_sql(text, '_half', half_sql(text), other)} END"
    )


def _day(text: str, reading: Reading) -> str:
    """The day that a text without a time of day says."""

    def when(pattern: str, parts: str) -> str:
        return f"WHEN regexp_matches({text}, '{pattern}') THEN TRY_CAST(regexp_replace({text}, '{pattern}', '{parts}') AS DATE)"

    serial = f"DATE '{reading.serials_from}' + CAST(regexp_extract({text}, '{_SERIAL}', 1) AS INTEGER)"
    named = f"CAST(try_strptime({text}, [{listed(_NAMED_MONTHS)}]) AS DATE)"
    whens = [
        when(_DATE, r"\1-\2-\3"),
        when(_COMPACT, r"\1-\2-\3"),
        f"WHEN regexp_matches({text}, '{_SERIAL}') THEN {serial}",
        *([when(_WITHOUT_YEAR, rf"{reading.year}-\1-\2")] if reading.year is not None else []),
        f"WHEN regexp_matches({text}, '[A-Za-z]{{3}}.*[1-9]\\d{{3}}$') THEN {named}",
    ]
    return f"CASE {' '.join(whens)} END"


def _zoned(reading: Reading) -> str:
    """The day, in the pack's zone, of a text with a zone of its own."""
    if reading.zone is None:
        return "NULL::DATE"
    clock = "concat(_told.clock, _told.spaced, regexp_replace(_told.packed, '^(..)(..)(.*)$', '\\1:\\2:\\3'))"
    time = f"string_split(regexp_replace({clock}, '[.,].*$', ''), ':')"
    seconds = "+".join(f"coalesce(TRY_CAST(_times[{i}] AS INTEGER), 0) * {n}" for i, n in enumerate((3600, 60, 1), start=1))
    offset = "(coalesce(TRY_CAST(_told.hours AS INTEGER), 0) * 3600 + coalesce(TRY_CAST(_told.minutes AS INTEGER), 0) * 60)"
    passed = f"{seconds} - CASE _told.sign WHEN '-' THEN -1 ELSE 1 END * {offset}"
    moment = let_sql("_times", time, f"CAST(_day AS TIMESTAMP) + to_seconds({passed})")
    there = day_of_sql(f"({moment})", ZONED, reading)
    day = let_sql("_day", _day(rf"regexp_replace(_half, {literal(_OF_ZONE)}, '\1')", reading), there)
    return let_sql("_told", f"regexp_extract(_half, {literal(_OF_ZONE)}, {_PARTS})", day)


def day_of_sql(moment: str, kind: str, reading: Reading) -> str:
    """The day of a point in time of a type `kind`; one of `ZONED` is given as that of UTC."""
    if kind == ZONED:
        if reading.zone is None:
            return "NULL::DATE"
        moment = f"timezone({literal(reading.zone)}, timezone('UTC', {moment}))"
    day = f"CAST({moment} AS DATE)"
    return f"CASE WHEN {day} BETWEEN {LIMITS[0]} AND {LIMITS[1]} THEN {day} END"


def has_zone(text: str) -> bool:
    """Whether a text ends as a point in time with a zone does."""
    return re.search(_OF_ZONE, text) is not None


def time_of_day_sql(column: str, kind: str) -> str | None:
    """The code of the notice that is due for a value of a date's column, as it has a time of day that did not count, or a zone;
    null where none is. None for a column that has no such value."""
    if kind == ZONED:
        return f"CASE WHEN {column} IS NOT NULL THEN 'zoned-time' END"
    if kind != "VARCHAR":
        timed = f"CASE WHEN {column} <> date_trunc('day', {column}) THEN 'time-of-day' END"
        return timed if kind.startswith("TIMESTAMP") else None
    half, fraction = half_sql(column), r"^[2-7]\d{4}\.\d*[1-9]"
    timed = f"regexp_matches({half}, {literal(f'(?:{_TIME})|{fraction}')}) AND NOT regexp_matches({half}, '{_MIDNIGHT}')"
    zoned = f"WHEN regexp_matches({half}, {literal(_OF_ZONE)}) THEN 'zoned-time'"
    return f"CASE WHEN {_NO_TIME.format(column)} THEN NULL {zoned} WHEN {timed} THEN 'time-of-day' END"
