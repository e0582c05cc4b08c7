"""Numbers: exact decimals, however they are written.

In: a text, or a double. Out: SQL for the number, null where the text is none.
"""

from __future__ import annotations

from lookback.language.types import LARGEST, PLACES, TYPES, Type
from lookback.values.texts import half_sql, let_sql, otherwise_sql
from lookback.warehouse.duckdb import literal

NUMBER = TYPES[Type.NUMBER].sql
FIFTEEN = "printf('%.15g', {})"
_DIGITS = r"(?:\d+|\d{1,3}(?:,\d{3})+)"
SIGNED = rf"([+-]?)({_DIGITS})(?:\.(\d+))?"
_NUMBER = rf"{SIGNED}(?:[eE]([+-]?\d{{1,3}})|\s*([万亿%]))?"
_WHOLE = rf"^{SIGNED}()(?:\s*([万亿]))?$"
PLAIN_NUMBER = "[+-]?[0-9]+([.][0-9]+)?"  # as most are


def of_double_sql(number: str) -> str:
    """A double with its first 15 digits: of 0.30000000000000004 that is 0.3. Of most it is told at once."""
    return if_short_sql(number, f"CAST({number} AS {NUMBER})", f"TRY_CAST({spelt_out_sql(FIFTEEN.format(number))} AS {NUMBER})")


def if_short_sql(number: str, then: str, other: str) -> str:
    """`then` for a double that is the one of a decimal of so many places."""
    same = f"CASE WHEN CAST(CAST({number} AS {NUMBER}) AS DOUBLE) = {number} THEN {then} ELSE {other} END"
    return f"CASE WHEN {number} IS NULL THEN NULL WHEN abs({number}) < 1e{15 - PLACES} THEN {same} ELSE {other} END"


def spelt_out_sql(text: str, pattern: str = f"^{_NUMBER}$", power: int = 0) -> str:
    """A number with separators of thousands, in ten thousands (万), hundred millions (亿), hundredths (%), powers of ten, as
    digits with a point, times a power of ten; null for what is no number."""
    by = f"{power} + coalesce(TRY_CAST(_found.e AS INTEGER), 0)"
    by += " + CASE _found.u WHEN '万' THEN 4 WHEN '亿' THEN 8 WHEN '%' THEN -2 ELSE 0 END"
    left = "repeat('0', greatest(-_moved, 0)) || _whole || _found.p || repeat('0', greatest(_moved - length(_found.p), 0))"
    at = "length(_whole) + greatest(_moved, 0)"
    point = let_sql("_digits", left, f"_found.s || substr(_digits, 1, {at}) || '.' || substr(_digits, {at} + 1)")
    moved = let_sql("_whole", "replace(nullif(_found.w, ''), ',', '')", let_sql("_moved", by, point))
    return let_sql("_found", f"regexp_extract({half_sql(text)}, {literal(pattern)}, ['s', 'w', 'p', 'e', 'u'])", moved)


def integer_sql(text: str, whole: str, measured: str | None = None, as_written: bool = True) -> str:
    """`measured`: what a text in no common form says, where that is more than a number. `as_written`: whether one in the common
    form says the number itself."""
    scaled = measured or f"TRY_CAST({spelt_out_sql(text, _WHOLE)} AS DECIMAL(38, 15))"
    common = f"CAST({whole} AS VARCHAR) = {text}" if as_written else "false"
    inside = f"_scaled BETWEEN -{LARGEST} AND {LARGEST} AND _scaled = round(_scaled, 0)"
    return (
        f"CASE WHEN {text} IS NULL THEN NULL WHEN {common} "
        f"THEN CASE WHEN {whole} BETWEEN -{LARGEST} AND {LARGEST} THEN {whole} END "
        f"ELSE {otherwise_sql(text, '_scaled', scaled, f'CASE WHEN {inside} THEN CAST(_scaled AS BIGINT) END')} END"
    )


def number_sql(text: str, measured: str | None = None, as_written: bool = True) -> str:
    """As `integer_sql`."""
    common = f"regexp_full_match({text}, '{PLAIN_NUMBER}')" if as_written else "false"
    return (
        f"CASE WHEN {text} IS NULL THEN NULL WHEN {common} THEN TRY_CAST({text} AS {NUMBER}) "
        f"ELSE {otherwise_sql(text, '_spelt', measured or spelt_out_sql(text), f'TRY_CAST(_spelt AS {NUMBER})')} END"
    )
