"""What a part of an expression is while it is checked: its tree, its type; and what the names around it mean.

Shared by `functions` and `types`, which together check an expression.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlglot import exp

from lookback.language.types import Column, Type
from lookback.words import Word
from lookback.words.errors import Help
from lookback.words.source import Place

MOST_DAYS = 1_000_000
DAYS_OF = {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}
"""How many days an interval's part has at most."""
DATE_PARTS = tuple(DAYS_OF)
NUMERIC = (Type.INTEGER, Type.NUMBER)


@dataclass(frozen=True)
class Meaning:
    """What a name stands for. `blank` says whether its value may be missing."""

    type: Type | None  # None: there is a mistake in it, which is told already
    choices: tuple[str, ...] = ()
    blank: bool = True


@dataclass(frozen=True)
class Scope:
    """The names that may be used: own columns by id, the parent's as {table: {id: …}}, parameters, in aggregates rules."""

    table: str
    columns: Mapping[str, Meaning]
    parents: Mapping[str, Mapping[str, Meaning]] = field(default_factory=dict)
    params: Mapping[str, Meaning] = field(default_factory=dict)
    aggregate: bool = False
    outcomes: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()


@dataclass(frozen=True)
class Checked:
    """A checked expression: its tree, its type (None: it could not be told), and the columns and rules that it names."""

    sql: exp.Expr
    type: Type | None
    choices: tuple[str, ...]
    columns: tuple[Column, ...]
    rules: tuple[str, ...]


@dataclass(frozen=True)
class Part:
    sql: exp.Expr
    type: Type | None = None  # None: null, or unknown after a mistake
    choices: tuple[str, ...] = ()
    literal: str | None = None  # a text literal, which may stand for a text or a choice
    interval: bool = False
    wrong: bool = False  # a mistake was told already


WRONG = Part(exp.null(), wrong=True)


class Walk(Protocol):
    """The walk over a raw tree, as far as functions need it."""

    place: Place
    scope: Scope
    rules: list[str]
    inside_aggregate: bool

    def visit(self, node: exp.Expr) -> Part: ...
    def condition(self, node: exp.Expr) -> Part: ...
    def comparable(self, node: exp.Expr, left: Part, right: Part) -> bool: ...
    def mistake(self, code: str, node: exp.Expr, *, help: Help | None = None, **args: Any) -> Part: ...


def column(name: Column, own: str) -> exp.Expr:
    """How a column of the record (`deadline`) or of its parent (`units.kind`) is named in the engine."""
    return exp.column(exp.to_identifier(name.name if name.table == own else f"{name.table}.{name.name}", quoted=True))


def integer(value: int) -> exp.Expr:
    return exp.Literal.number(value) if value >= 0 else exp.Neg(this=exp.Literal.number(-value))


def unmet_column(rule: str) -> str:
    """The column of a judged table that says whether a rule is unmet on the record."""
    return f"unmet {rule}"


def double(sql: exp.Expr) -> exp.Expr:
    return (
        sql
        if isinstance(sql, exp.Cast) and sql.to.this == exp.DType.DOUBLE
        else exp.Cast(this=sql, to=exp.DataType.build("DOUBLE"))
    )


def wrapped(sql: exp.Expr) -> exp.Expr:
    """Parentheses around what is built from several parts, so that no precedence is ever at stake."""
    return exp.Paren(this=sql) if isinstance(sql, exp.Binary | exp.Not | exp.Between | exp.In | exp.Neg) else sql


def said(part: Part) -> Word:
    """A part's type, as messages name it."""
    if part.interval:
        return Word("type.interval")
    return type_word(Type.TEXT if part.literal is not None else part.type)


def type_word(kind: Type | None) -> Word:
    return Word(f"type.{kind.value if kind else 'null'}")
