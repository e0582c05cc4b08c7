"""The values of a pack's parameters: defaults as the pack writes them, settings as the user writes them.

In: a text or a YAML value and a type. Out: a typed value, or a mistake. Dates are written 2005-09-30.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from lookback.language.types import LARGEST, TYPES, Type, Value
from lookback.packs.checked import Pack
from lookback.packs.model import Param
from lookback.words import Word
from lookback.words.errors import Help, Mistake, PackError, UsageError, did_you_mean

REVIEW_DAY = "as_of"
"""The parameter that is the day of the review, where a pack has it: `--as-of` sets it; dates without a year are of its year."""


def default_params(pack: Pack) -> dict[str, Value]:
    """Every parameter's default. Raises PackError for defaults and limits that are not of their type, or not in order."""
    values: dict[str, Value] = {}
    mistakes = []
    for name, param in pack.header.params.items():
        if param.type is Type.CHOICE:  # no parameter can be one, which is told by itself
            continue
        path = (pack.files[0].name, "params", name)
        typed_: dict[str, Value] = {}
        for key in ("default", "least", "most"):
            value = getattr(param, key)
            if value is None and key != "default":
                continue
            try:
                if key != "default" and not TYPES[param.type].ordered:
                    raise ValueError(value)
                typed_[key] = typed(value, param.type)
            except ValueError:
                args = {"key": key, "name": name, "type": Word(f"type.{param.type.value}"), "value": str(value)}
                code = "wrong-default" if TYPES[param.type].ordered or key == "default" else "limit-without-order"
                mistakes.append(Mistake(code, pack.span((*path, key)), args))
        if len(typed_) == 1 + (param.least is not None) + (param.most is not None):
            values[name] = typed_["default"]
            if outside(param, values[name]):
                args = {"name": name, "value": str(values[name]), "range": range_of(param)}
                mistakes.append(Mistake("outside-range", pack.span((*path, "default")), args))
    if mistakes:
        raise PackError(mistakes)
    return values


def limits(param: Param) -> tuple[Value, Value]:
    """A parameter's least and greatest value, typed; None where it declares none."""
    least, most = (None if limit is None else typed(limit, param.type) for limit in (param.least, param.most))
    return least, most


def outside(param: Param, value: Any) -> bool:
    """Whether a value is outside the range that the parameter declares."""
    least, most = limits(param)
    return bool((least is not None and value < least) or (most is not None and value > most))


def range_of(param: Param) -> str:
    """A parameter's range in signs: `0 … 1`, `1 …`."""
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
    return ("help.date", {}) if kind is Type.DATE else None


def typed(value: Any, kind: Type) -> Value:
    """A value of a type, from YAML, Python or the command line. Raises ValueError where it is none."""
    if isinstance(value, str) and kind is not Type.TEXT:
        value = _from_text(value.strip(), kind)
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST
    match kind:
        case Type.TEXT if isinstance(value, str):
            return value
        case Type.BOOLEAN if isinstance(value, bool):
            return value
        case Type.DATE if isinstance(value, date):
            return value
        case Type.INTEGER if is_number and isinstance(value, int):
            return value
        case Type.NUMBER if is_number:
            return float(value)
    raise ValueError(value)


def _from_text(text: str, kind: Type) -> Any:
    match kind:
        case Type.INTEGER:
            return int(text)
        case Type.NUMBER:
            return float(text)
        case Type.DATE:
            if len(text) != len("2005-09-30"):
                raise ValueError(text)
            return date.fromisoformat(text)
        case Type.BOOLEAN:
            return {"true": True, "false": False}[text.casefold()] if text.casefold() in ("true", "false") else text
    return text
