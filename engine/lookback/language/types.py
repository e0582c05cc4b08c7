"""The types of values: of fields, of parameters, of the parts of a condition."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from itertools import combinations
from typing import Any

from lookback.words.shown import escaped_json

Value = str | int | Decimal | bool | date | None


class Type(StrEnum):
    """The type of a field, a parameter, or a part of a condition."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    CHOICE = "choice"
    CHOICES = "choices"


# ------------------------------------------------------------------------------------------------------- the checked pack


@dataclass(frozen=True)
class Column:
    """A field or fact as a condition names it: `table` is the record's own or its parent's."""

    table: str
    name: str


LARGEST = 2**53
"""No whole number is larger: up to here a double holds every one."""
PLACES, WHOLE = 6, 12
"""Of a number: how many places it has, and how many digits before the point at most."""
LARGEST_NUMBER = 10**WHOLE - Decimal(1).scaleb(-PLACES)


def plain(value: Decimal) -> str:
    """A number as people write it: without zeros at its end, and without an exponent."""
    text = f"{value or abs(value):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def text_of(value: Value) -> str:
    """A value's text: of a number without zeros at its end."""
    return plain(value) if isinstance(value, Decimal) else str(value)


def in_json(data: object, other: Callable[[Any], object] = str) -> str:
    """Data as JSON, numbers exactly as they are. `other`: what comes of what JSON does not know."""
    text = json.dumps(
        data, ensure_ascii=False, indent=2, default=lambda v: f"\0{plain(v)}\0" if isinstance(v, Decimal) else other(v)
    )
    return escaped_json(re.sub(r'"\\u0000(-?[\d.]+)\\u0000"', r"\1", text))


@dataclass(frozen=True)
class TypeInfo:
    """sql: the engine's type. arrow: Arrow's, by its name. own: types of columns whose values need no reading. ordered: whether
    values have limits. sample: any value. plain: values that read well, the plainest first. width: of a column, in characters."""

    sql: str
    arrow: str
    width: int
    sample: Value = None
    plain: tuple[Value, ...] = ()
    own: tuple[str, ...] = ()
    ordered: bool = False


BETWEEN_CHOICES = ";"
"""Between the codes of several choices."""
MOST_IN_SETS = 6
"""Of so many choices all the sets are listed, where something is to be known of each."""


def together(codes: Iterable[str]) -> str:
    """The value that several choices are: each once, in the order of their codes, so that the same are the same."""
    return BETWEEN_CHOICES.join(sorted(set(codes)))


def sets_of(codes: Sequence[str]) -> tuple[str, ...]:
    """Every value of a field of these choices, the smallest sets first; nothing, where there are too many."""
    sizes = range(1, len(codes) + 1) if len(codes) <= MOST_IN_SETS else ()
    return tuple(together(some) for size in sizes for some in combinations(codes, size))


_WHOLE = ("BIGINT", "INTEGER", "SMALLINT", "TINYINT", "UINTEGER", "USMALLINT", "UTINYINT")

TYPES: Mapping[Type, TypeInfo] = {
    Type.TEXT: TypeInfo("VARCHAR", "string", 20, "something"),
    Type.CHOICE: TypeInfo("VARCHAR", "string", 8),
    Type.CHOICES: TypeInfo("VARCHAR", "string", 20),
    Type.INTEGER: TypeInfo("BIGINT", "int64", 10, 1, (0, 1, 2, 3, 5, 10, 50, 100), _WHOLE, ordered=True),
    Type.NUMBER: TypeInfo(
        f"DECIMAL({WHOLE + PLACES},{PLACES})",
        f"decimal128({WHOLE + PLACES}, {PLACES})",
        12,
        Decimal(1),
        tuple(map(Decimal, ("0", "1", "0.5", "2", "10", "100"))),
        (f"DECIMAL({WHOLE + PLACES},{PLACES})", "DOUBLE", *_WHOLE[:4]),
        ordered=True,
    ),
    Type.BOOLEAN: TypeInfo("BOOLEAN", "bool", 8, True, (True, False), ("BOOLEAN",)),
    Type.DATE: TypeInfo("DATE", "date32", 12, date(2005, 9, 30), own=("DATE",), ordered=True),
}
