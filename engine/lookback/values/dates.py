"""Days, in the forms that offices write; what could mean two things (3/4/2005) is none.

In: a text. Out: SQL for the day, null where the text is none.
"""

from __future__ import annotations

from lookback.values.texts import Reading, half_sql, listed, otherwise_sql

_WEEKDAY = r"(?:\s*[(]?(?:星期|周|礼拜)[一二三四五六日天][)]?)?"
_MIDNIGHT = r"(?:[T ]\s*0{1,2}:00(?::00(?:\.0+)?)?Z?)?"
_DATE = rf"^([1-9]\d{{3}})\s*[-/.年]\s*(\d{{1,2}})\s*[-/.月]\s*(\d{{1,2}})\s*[日号]?{_WEEKDAY}{_MIDNIGHT}$"
_COMPACT = r"^([1-9]\d{3})(\d{2})(\d{2})$"
_WITHOUT_YEAR = rf"^(\d{{1,2}})\s*月\s*(\d{{1,2}})\s*[日号]{_WEEKDAY}$"
_SERIAL = r"^([2-7]\d{4})(?:\.0+)?$"
_NAMED_MONTHS = ("%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%d-%b-%Y", "%b %d %Y", "%B %d %Y")


def date_sql(text: str, plain: str, reading: Reading) -> str:
    def when(pattern: str, parts: str) -> str:
        return f"WHEN regexp_matches(half, '{pattern}') THEN TRY_CAST(regexp_replace(half, '{pattern}', '{parts}') AS DATE)"

    serial = f"DATE '{reading.serials_from}' + CAST(regexp_extract(half, '{_SERIAL}', 1) AS INTEGER)"
    named = f"CAST(try_strptime(half, [{listed(_NAMED_MONTHS)}]) AS DATE)"
    others = [
        when(_DATE, r"\1-\2-\3"),
        when(_COMPACT, r"\1-\2-\3"),
        f"WHEN regexp_matches(half, '{_SERIAL}') THEN {serial}",
        *([when(_WITHOUT_YEAR, rf"{reading.year}-\1-\2")] if reading.year is not None else []),
        f"WHEN regexp_matches(half, '[A-Za-z]{{3}}.*[1-9]\\d{{3}}$') THEN {named}",
    ]
    whens = " ".join(others)
    return (
        f"CASE WHEN {text} IS NULL THEN NULL "
        f"WHEN length({text}) = 10 AND {plain} BETWEEN DATE '1000-01-01' AND DATE '9999-12-31' THEN {plain} "
        f"ELSE {otherwise_sql(text, 'half', half_sql(text), f'CASE {whens} END')} END"
    )
