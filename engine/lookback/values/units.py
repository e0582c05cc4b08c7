"""Numbers with units, and shares: what a number in a column comes to.

In: a field that says `unit:` or `share:`, what stands above its column, a text. Out: SQL for the exact number, null where it is
none or cannot be decided. Of fields that say neither only what makes another number of theirs: 件数(万).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from lookback.language.types import Type
from lookback.packs.model import FieldDef
from lookback.packs.params import FAMILIES, unit_forms
from lookback.values.numbers import SIGNED, spelt_out_sql
from lookback.values.texts import half_sql, let_sql
from lookback.warehouse.duckdb import literal

EXACT = "DECIMAL(38, 18)"
_BRACKETS = re.compile(r"[(\[【〔（［]([^)\]】〕）］]*)[)\]】〕）］]")
_AROUND = re.compile(r"^(?:(?:计量|金额|货币)?单位[:：]|以|按|in |units?: ?)\s*|\s*(?:为单位|计)$")
"""What stands around a unit in brackets and says no more."""
_LINE = re.compile(r"^\(?\s*(?:(?:计量|金额|货币|数据)?单位|(?:units?|amounts?)(?: in)?)\s*:\s*(.+?)\s*\)?$", re.IGNORECASE)
"""A line above a header that says a unit."""
_COUNTED = "(?:[元圆块人名位件户家个次项份天吨斤亩度台辆套]|[美港欧日]元|英镑|港币|人民币|人次|公斤|公顷|[平立]方米|公里|千瓦时)"
_MONEY = r"(?:人民币|rmb|cny|usd|eur|gbp|hkd|jpy|yuan|元|[$€£¥])"
_SCALED = re.compile(
    rf"{_MONEY}?\s*(?:[十百千]*[万亿]|[十百千]+){_COUNTED}?|‰|千分[比数]|"
    rf"{_MONEY}?\s*(?:'?000s?|1?0+,000|thousands?|millions?|billions?|mn|mln|mio|bn|tsd)\.?(?: of)?\s*{_MONEY}?|"
    rf"{_MONEY}\s*[km]|[km]\s*{_MONEY}"
)
"""What makes another number of one: a field without a unit cannot tell which."""
_PERCENT = re.compile(r"%|百分[比数]|per ?cent|pct\.?")
_AT_END = re.compile(rf"(?:{_SCALED.pattern})$")
_OTHER = {
    *("美元", "港元", "港币", "欧元", "日元", "英镑", "usd", "eur", "hkd", "$", "€", "£", "小时", "时", "hours", "h"),
    *("个月", "月", "months", "month", "年", "years", "year", "工作日", "working days", "分钟", "minutes"),
    *("次", "件", "户", "个", "人次", "k", "m"),
    *(form.casefold() for family in FAMILIES.values() for form in family),
}
"""What in brackets of a header is a unit, if not one of the field's."""


@dataclass(frozen=True)
class Way:
    """How a column's numbers are meant. times: what one comes to by the unit in the header; None for a unit that the field does
    not know. share: whether they are "fractions", "percents", "permille", or "both", which cannot be told apart; "asked" where
    all numbers of the column have to be looked at; "" for what is no share."""

    times: Decimal | None = Decimal(1)
    share: str = ""

    @property
    def as_written(self) -> bool:
        """Whether a plain number is the value."""
        return self.times == 1 and self.share in ("", "fractions")


PLAIN, ASKED = Way(), Way(None, "asked")
"""As they are written; so where none is above 1, else of an unknown unit."""


def unit_line(text: str) -> str:
    """What a line above a header says of units, as 单位：万元; '' for any other line."""
    found = _LINE.match(unicodedata.normalize("NFKC", text).strip())
    return found[1] if found and any(_times(part, {}) != 0 for part in _parted(found[1])) else ""


def way_of(f: FieldDef, header: str, above: str = "") -> Way:
    """By the unit in a column's header, 金额(万元); else by one in a line `above` it, for a field that knows it."""
    if f.type not in (Type.INTEGER, Type.NUMBER):
        return PLAIN
    if f.share:
        return Way(None, "permille") if "‰" in header else PLAIN
    said = _said(header, f.titles)
    if f.unit is None:
        return _of_no_unit(said, {unit for title in f.titles for unit in _said(title)})
    forms = {form.casefold(): times for form, times in unit_forms(f).items()}
    if found := {_times(unit, forms) for unit in said} - {Decimal(0)}:
        return Way(found.pop() if len(found) == 1 else None)
    known = {times for unit in _parted(above) if (times := _times(unit, forms))}
    return Way(known.pop()) if len(known) == 1 else PLAIN


def _of_no_unit(said: Sequence[str], own: Container[str]) -> Way:
    """A field without a unit: 万 and 亿 are as in its cells; with what else makes another number of one it can be anything, but
    where its `own` titles say so."""
    scaled = [unit for unit in said if unit not in own and _SCALED.fullmatch(unit)]
    if not scaled:
        return ASKED if any(unit not in own and _PERCENT.fullmatch(unit) for unit in said) else PLAIN
    return Way({"万": Decimal(10**4), "亿": Decimal(10**8)}.get(scaled[0]) if len(scaled) == 1 else None)


def _said(header: str, titles: Sequence[str] = ()) -> list[str]:
    """What may be a unit in a header: what stands in brackets, and what its title goes on with."""
    text = unicodedata.normalize("NFKC", header).casefold()
    bare = _BRACKETS.sub("", text).strip()
    rest = [bare[len(title) :] for word in titles if bare.startswith(title := unicodedata.normalize("NFKC", word).casefold())]
    left = min(rest, key=len, default="").strip(" \t\r\n:,;/_-—|")
    parts = [*_BRACKETS.findall(text), left, *([found[0]] if (found := _AT_END.search(left)) and found[0] != left else [])]
    return [unit for part in parts if (unit := _AROUND.sub("", part.strip()).strip())]


def _parted(text: str) -> list[str]:
    """The units that a line says."""
    return [_AROUND.sub("", part.strip()) for part in re.split(r"[、;；/和]|[,，](?!\d)", text.casefold()) if part.strip()]


def _times(unit: str, forms: Mapping[str, Decimal]) -> Decimal | None:
    """How many of a field's unit one of `unit` is; None for one that the field does not know, 0 for what is no unit."""
    if unit in forms:
        return forms[unit]
    scale = {"万": 4, "亿": 8}.get(unit[:1], 0)
    if scale and unit[1:] in {"", *forms}:
        return forms.get(unit[1:], Decimal(1)).scaleb(scale)
    return None if unit in _OTHER or _SCALED.fullmatch(unit) or (scale and unit[1:] in _OTHER) else Decimal(0)


def measured_sql(text: str, f: FieldDef, way: Way) -> str:
    """The exact number that a text says, as `EXACT`."""
    half = half_sql(text)
    if f.unit is None and not f.share:
        return f"CAST(NULL AS {EXACT})" if way.times is None else _scaled(text, f"{_BARE}()$", way.times)
    cases = [(pattern, _scaled(text, pattern, times)) for pattern, times in (_shares(way) if f.share else _forms(f, way))]
    if way.share == "both":
        cases.append((r"^[+-]?0+(?:\.0+)?$", f"CAST(0 AS {EXACT})"))
    return f"CASE {' '.join(f'WHEN regexp_matches({half}, {literal(pattern)}) THEN {sql}' for pattern, sql in cases)} END"


_BARE = rf"^{SIGNED}(?:[eE]([+-]?\d{{1,3}}))?"


def _shares(way: Way) -> list[tuple[str, Decimal]]:
    bare = {"fractions": Decimal(1), "percents": Decimal("0.01")}.get(way.share)
    return [(rf"{_BARE}\s*(%)$", Decimal(1)), *([(rf"{_BARE}()$", bare)] if bare is not None else [])]


def _forms(f: FieldDef, way: Way) -> list[tuple[str, Decimal]]:
    """Patterns of numbers, each with what it is multiplied by."""
    forms = unit_forms(f)
    found = []
    if way.times is not None:
        of_scale = all(times == 10 ** (4 if form[0] == "万" else 8) for form, times in forms.items() if form[0] in "万亿")
        found.append((rf"{_BARE}(?:\s*([万亿]))?$" if way.times == 1 and of_scale else rf"{_BARE}()$", way.times))
    before = "|".join(_spelt(form) for form, times in forms.items() if times == 1)
    for times in sorted(set(forms.values())):
        same = "|".join(_spelt(form) for form in sorted(forms, key=len, reverse=True) if forms[form] == times)
        found.append((rf"(?i)^(?:{before or '[^ -~]{0}'})?\s*{SIGNED}()\s*(万|亿)??\s*(?:{same})$", times))
    if before:
        found.append((rf"(?i)^(?:{before})\s*{SIGNED}()(?:\s*([万亿]))?$", Decimal(1)))
    return found


def _spelt(form: str) -> str:
    return r"\s*".join(re.escape(part) for part in form.split())


def _scaled(text: str, pattern: str, times: Decimal) -> str:
    """The number that a pattern finds, times so many: the point is moved first, so that nothing is rounded."""
    whole, power = _parts(times)
    moved = f"TRY_CAST({spelt_out_sql(text, pattern, power)} AS {EXACT})"
    if whole == 1:
        return moved
    product = f"CASE WHEN abs(_number) < {10**20 // whole} THEN CAST(_number * CAST({whole} AS DECIMAL(7, 0)) AS {EXACT}) END"
    return let_sql("_number", moved, product)


def _parts(times: Decimal) -> tuple[int, int]:
    """A whole number and a power of ten: 0.25 -> (25, -2)."""
    _, digits, power = times.normalize().as_tuple()
    assert isinstance(power, int)
    return int("".join(map(str, digits))), power
