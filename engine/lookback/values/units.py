"""Numbers with units, and shares: what a number in a column comes to.

In: a field that says `unit:` or `share:`, what stands above its column, a text. Out: SQL for the exact number, null where it is
none or cannot be decided. Fields that say neither never come here.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal

from lookback.packs.model import FieldDef
from lookback.packs.params import FAMILIES, unit_forms
from lookback.values.numbers import SIGNED, spelt_out_sql
from lookback.values.texts import half_sql, let_sql
from lookback.warehouse.duckdb import literal

EXACT = "DECIMAL(38, 18)"
_BRACKETS = re.compile(r"[(\[【〔（［]([^)\]】〕）］]*)[)\]】〕）］]")
_OTHER = {
    *("%", "‰", "美元", "港元", "港币", "欧元", "日元", "英镑", "usd", "eur", "hkd", "$", "€", "£", "小时", "时", "hours", "h"),
    *(
        "个月",
        "月",
        "months",
        "month",
        "年",
        "years",
        "year",
        "工作日",
        "working days",
        "分钟",
        "minutes",
        "次",
        "件",
        "户",
        "个",
        "人次",
    ),
    *("十", "百", "千", "k", "m", "million", "thousand", "bn", "billion"),
    *(form.casefold() for family in FAMILIES.values() for form in family),
}
"""What in brackets of a header is a unit, if not one of the field's."""


@dataclass(frozen=True)
class Way:
    """How a column's numbers are meant. times: what one comes to by the unit in the header; None for a unit that the field does
    not know. share: whether they are "fractions", "percents", or "both", which cannot be told apart; "" for what is no share."""

    times: Decimal | None = Decimal(1)
    share: str = ""

    @property
    def as_written(self) -> bool:
        """Whether a plain number is the value."""
        return self.times == 1 and self.share in ("", "fractions")


PLAIN = Way()


def way_of(f: FieldDef, header: str) -> Way:
    """By the unit in brackets of a column's header: 金额(万元)."""
    if f.unit is None:
        return PLAIN
    forms = {form.casefold(): times for form, times in unit_forms(f).items()}
    said = [
        re.sub(r"^(?:计量)?单位[:：]?\s*", "", part.strip()) for part in _BRACKETS.findall(unicodedata.normalize("NFKC", header))
    ]
    found = {_times(text.casefold(), forms) for text in said if text} - {Decimal(0)}
    return PLAIN if not found else Way(found.pop() if len(found) == 1 else None)


def _times(unit: str, forms: dict[str, Decimal]) -> Decimal | None:
    """How many of a field's unit one of `unit` is; None for one that the field does not know, 0 for what is no unit."""
    if unit in forms:
        return forms[unit]
    scale = {"万": 4, "亿": 8}.get(unit[:1], 0)
    if scale and unit[1:] in {"", *forms}:
        return forms.get(unit[1:], Decimal(1)).scaleb(scale)
    return None if unit in _OTHER or (scale and unit[1:] in _OTHER) else Decimal(0)


def measured_sql(text: str, f: FieldDef, way: Way) -> str:
    """The exact number that a text says, as `EXACT`."""
    half = half_sql(text)
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
