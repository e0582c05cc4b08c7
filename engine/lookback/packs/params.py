"""The values of a pack's parameters, and the limits of these and of fields: defaults and limits as the pack writes them, settings
as the user writes them.

In: a text or a YAML value and a type. Out: a typed value, or a mistake. Dates are written 2005-09-30.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lookback.language.types import LARGEST, PLACES, TYPES, WHOLE, Type, Value
from lookback.packs.checked import Pack
from lookback.packs.model import FieldDef, Param
from lookback.words import Word
from lookback.words.errors import Help, Mistake, PackError, UsageError, did_you_mean
from lookback.words.source import Path

REVIEW_DAY = "as_of"
"""The parameter that is the day of the review, where a pack has it: `--as-of` sets it; dates without a year are of its year."""


def review_day(params: Mapping[str, Value]) -> date | None:
    """The day of the review, where the pack has one."""
    day = params.get(REVIEW_DAY)
    return day if isinstance(day, date) else None


TODAY = ("today", "今天", "今日")
"""What may be said in the place of a day."""


def today(pack: Pack) -> str:
    """The day that it is in the zone of the pack, or here."""
    return datetime.now(ZoneInfo(pack.header.zone) if pack.header.zone is not None else None).date().isoformat()


def default_params(pack: Pack) -> dict[str, Value]:
    """Every parameter's default. Raises PackError for defaults and limits that are not of their type, or not in order."""
    values: dict[str, Value] = {}
    mistakes = []
    for name, param in pack.header.params.items():
        if param.type in (Type.CHOICE, Type.CHOICES):  # no parameter can be one, which is told by itself
            continue
        path = (pack.files[0].name, "params", name)
        wrong = wrong_limits(pack, path, name, param)
        try:
            values[name] = typed(param.default, param.type)
        except ValueError:
            wrong.append(_wrong(pack, path, name, param, "default"))
        mistakes += wrong
        if not wrong and outside(param, values[name]):
            args = {"name": name, "value": str(values[name]), "range": range_of(param)}
            mistakes.append(Mistake("outside-range", pack.span((*path, "default")), args))
    if mistakes:
        raise PackError(mistakes)
    return values


def wrong_limits(pack: Pack, path: Path, name: str, of: Param | FieldDef) -> list[Mistake]:
    """What is wrong with the limits of a parameter or field: not of its type, or the least above the greatest."""
    found = []
    for key in ("least", "most"):
        value = getattr(of, key)
        try:
            if value is not None and (not TYPES[of.type].ordered or typed(value, of.type) is None):
                raise ValueError(value)
        except ValueError:
            found.append(_wrong(pack, path, name, of, key))
    if not found and None not in limits(of) and outside(of, limits(of)[0]):
        args = {"name": name, "least": str(of.least), "most": str(of.most)}
        found.append(Mistake("limits-crossed", pack.span((*path, "least")), args))
    return found


def _wrong(pack: Pack, path: Path, name: str, of: Param | FieldDef, key: str) -> Mistake:
    args = {"key": key, "name": name, "type": Word(f"type.{of.type.value}"), "value": str(getattr(of, key))}
    code = "wrong-default" if TYPES[of.type].ordered or key == "default" else "limit-without-order"
    return Mistake(code, pack.span((*path, key)), args, _hint(of.type) if of.type is Type.NUMBER else None)


def limits(of: Param | FieldDef) -> tuple[Value, Value]:
    """The least and the greatest value of a parameter or field, typed; None where it declares none."""
    least, most = (None if limit is None else typed(limit, of.type) for limit in (of.least, of.most))
    return least, most


def outside(of: Param | FieldDef, value: Any) -> bool:
    """Whether a value is outside the range that a parameter or field declares."""
    least, most = limits(of)
    return bool((least is not None and value < least) or (most is not None and value > most))


def range_of(param: Param | FieldDef) -> str:
    """The range of a parameter or field in signs: `0 … 1`, `1 …`."""
    return " ".join("" if limit is None else str(limit) for limit in (param.least, "…", param.most)).strip()


def settings(pack: Pack, given: Mapping[str, Any]) -> dict[str, Value]:
    """This run's settings, typed. Raises UsageError for a parameter that is unknown, and a value of the wrong type or range."""
    values: dict[str, Value] = {}
    for name, value in given.items():
        param = pack.header.params.get(name)
        if param is None:
            known = pack.header.params
            raise UsageError("no-such-param", name=name, known=", ".join(known), help=did_you_mean(name, known))
        try:
            values[name] = typed(value, param.type)
        except ValueError as error:
            raise UsageError(
                "wrong-setting", name=name, value=str(value), type=Word(f"type.{param.type.value}"), help=_hint(param.type)
            ) from error
        if outside(param, values[name]):
            raise UsageError("outside-range", name=name, value=str(values[name]), range=range_of(param))
    return values


def _hint(kind: Type) -> Help | None:
    if kind is Type.NUMBER:
        return ("help.number", {"places": PLACES, "whole": WHOLE})
    return ("help.date", {}) if kind is Type.DATE else None


def typed(value: Any, kind: Type) -> Value:
    """A value of a type, from YAML, Python or the command line. Raises ValueError where it is none."""
    if isinstance(value, str) and kind is not Type.TEXT:
        value = _from_text(value.strip(), kind)
    if isinstance(value, int | float) and not isinstance(value, bool) and kind is Type.NUMBER:
        value = Decimal(str(value))
    match kind:
        case Type.TEXT if isinstance(value, str):
            return value
        case Type.BOOLEAN if isinstance(value, bool):
            return value
        case Type.DATE if isinstance(value, date):
            return value
        case Type.INTEGER if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST:
            return value
        case Type.NUMBER if isinstance(value, Decimal) and _holds(value):
            return value
    raise ValueError(value)


def is_zone(name: str) -> bool:
    """Whether a zone of the world's clocks is called so: Asia/Shanghai, UTC."""
    try:
        return ("/" in name or name == "UTC") and ZoneInfo(name).key == name
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False


FAMILIES: Mapping[str, Mapping[str, Decimal]] = {
    name: {form: Decimal(times) for form, times in forms.items()}
    for name, forms in {
        "days": {"days": "1", "day": "1", "d": "1", "天": "1", "weeks": "7", "week": "7", "周": "7", "个星期": "7", "星期": "7"},
        "money": {
            **dict.fromkeys(("元", "圆", "块", "yuan", "RMB", "CNY", "人民币", "¥", "￥"), "1"),
            "千元": "1000",
            "百万元": "1000000",
            "千万元": "10000000",
            **dict.fromkeys(("thousand", "thousand yuan"), "1000"),
            **dict.fromkeys(("million", "million yuan"), "1000000"),
            "角": "0.1",
            "分": "0.01",
        },
        "people": {**dict.fromkeys(("人", "名", "位", "people", "persons", "person"), "1"), "千人": "1000"},
    }.items()
}
"""Units that a field may name: forms, each with how many of the family's own unit it is. 万 and 亿 may stand before each."""
MOST_TIMES = 10**6


def unit_forms(f: FieldDef) -> Mapping[str, Decimal]:
    """The forms of a field's unit, each with how many of it that is. Raises ValueError for a unit that is none."""
    if isinstance(f.unit, str) and f.unit in FAMILIES:
        return FAMILIES[f.unit]
    if not isinstance(f.unit, dict) or not f.unit:
        raise ValueError(f.unit)
    forms: dict[str, Decimal] = {}
    for form, times in f.unit.items():
        value = typed(times, Type.NUMBER)
        if not isinstance(form, str) or not form.strip() or re.search(r"[\d%.,+-]", form) or not isinstance(value, Decimal):
            raise ValueError(form)
        whole = int("".join(map(str, value.normalize().as_tuple().digits)))
        same = {forms[other] for other in forms if other.casefold() == form.casefold()}
        if value <= 0 or whole > MOST_TIMES or same - {value}:
            raise ValueError(form)
        forms[form.strip()] = value
    return forms


def wrong_unit(pack: Pack, path: Path, name: str, f: FieldDef) -> list[Mistake]:
    """What is wrong with the unit of a field, or with its being a share."""
    if f.share and (f.type is not Type.NUMBER or f.unit is not None):
        return [Mistake("share-of-number", pack.span((*path, "share")), {"name": name})]
    if f.unit is None:
        return []
    if f.type not in (Type.INTEGER, Type.NUMBER):
        return [Mistake("unit-of-number", pack.span((*path, "unit")), {"name": name})]
    try:
        unit_forms(f)
    except ValueError:
        help_ = did_you_mean(f.unit, FAMILIES) if isinstance(f.unit, str) else None
        return [Mistake("wrong-unit", pack.span((*path, "unit")), {"name": name, "families": ", ".join(FAMILIES)}, help_)]
    return []


def _holds(value: Decimal) -> bool:
    """Whether a number has no more places, and is no larger, than those of records."""
    return value.is_finite() and abs(value) < 10**WHOLE and value == round(value, PLACES)


def _from_text(text: str, kind: Type) -> Any:
    match kind:
        case Type.INTEGER:
            return int(text)
        case Type.NUMBER:
            return Decimal(text) if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", text, re.ASCII) else text
        case Type.DATE:
            if len(text) != len("2005-09-30"):
                raise ValueError(text)
            return date.fromisoformat(text)
        case Type.BOOLEAN:
            return {"true": True, "false": False}[text.casefold()] if text.casefold() in ("true", "false") else text
    return text
