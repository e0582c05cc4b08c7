"""The types of values: of fields, of parameters, of the parts of a condition."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

Value = str | int | float | bool | date | None


class Type(StrEnum):
    """The type of a field, a parameter, or a part of a condition."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    CHOICE = "choice"


# ------------------------------------------------------------------------------------------------------- the checked pack


@dataclass(frozen=True)
class Column:
    """A field or fact as a condition names it: `table` is the record's own or its parent's."""

    table: str
    name: str
