"""The values of a pack's parameters: defaults as the pack writes them, settings as the user writes them.

In: a text or a YAML value and a type. Out: a typed value, or a mistake. Dates are written 2005-09-30.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from typing import Any

from engine.errors import Mistake, PackError, UsageError, did_you_mean
from engine.model import Pack, Type, Value

LARGEST = 2**53


def default_params(pack: Pack) -> dict[str, Value]:
    """Every parameter's default. Raises PackError for defaults that are not of their type."""
    values: dict[str, Value] = {}
    mistakes = []
    for name, param in pack.header.params.items():
        try:
            values[name] = typed(param.default, param.type)
        except ValueError:
            path = (pack.files[0].name, "params", name, "default")
            mistakes.append(
                Mistake("wrong-default", pack.span(path), {"name": name, "type": param.type.value, "value": str(param.default)})
            )
    if mistakes:
        raise PackError(mistakes)
    return values


def settings(pack: Pack, given: Mapping[str, Any]) -> dict[str, Value]:
    """This run's settings, typed. Raises UsageError for a parameter that is unknown or of the wrong type."""
    values: dict[str, Value] = {}
    for name, value in given.items():
        param = pack.header.params.get(name)
        if param is None:
            known = pack.header.params
            raise UsageError("no-such-param", name=name, known=", ".join(known), help=did_you_mean(name, known))
        try:
            values[name] = typed(value, param.type)
        except ValueError as error:
            raise UsageError("wrong-setting", name=name, value=str(value), type=param.type.value) from error
    return values


def typed(given: Any, kind: Type) -> Value:
    """A value of a type, from YAML, Python or the command line. Raises ValueError where it is none."""
    value: Any
    value = _from_text(given.strip(), kind) if isinstance(given, str) and kind is not Type.TEXT else given
    accepted: dict[Type, tuple[type, ...]] = {
        Type.TEXT: (str,),
        Type.INTEGER: (int,),
        Type.NUMBER: (int, float),
        Type.BOOLEAN: (bool,),
        Type.DATE: (date,),
    }
    if not isinstance(value, accepted[kind]) or (isinstance(value, bool) and kind is not Type.BOOLEAN):
        raise ValueError(value)
    if kind in (Type.INTEGER, Type.NUMBER) and (not math.isfinite(value) or abs(value) > LARGEST):
        raise ValueError(value)
    if kind is Type.NUMBER:
        return float(value)
    found: Value = value
    return found


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
