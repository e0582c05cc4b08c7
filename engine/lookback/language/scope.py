"""What the names in an expression stand for, and what is known of an expression that was checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sqlglot import exp

from lookback.language import decimals
from lookback.language.conditions import Status
from lookback.language.decimals import INTEGER, Size
from lookback.language.operators import Operator, Takes, fits, takes_of
from lookback.language.types import Column, Type
from lookback.words import Word


@dataclass(frozen=True)
class Meaning:
    """What a name stands for. `blank`: its value may be missing. Of a fact, as of a part in `typed`, its `size`; where it is a
    quotient also those of what is divided, and by what. `tree`: the expression that it stands for, where it is no column."""

    type: Type | None  # None: there is a mistake in it, which is told already
    choices: tuple[str, ...] = ()
    blank: bool = True
    size: Size | None = None
    ratio: tuple[Size, Size] | None = None
    tree: exp.Expr | None = None
    order: tuple[str, ...] = ()  # of a choice, from best to worst
    titles: tuple[str, ...] = ()  # what people call it, which conditions do not
    said: Mapping[str, str] = field(default_factory=dict)  # of a choice: what people call a value, and its id


@dataclass(frozen=True)
class Scope:
    """The names that may be used: own columns by id, the parent's as {table: {id: …}}, parameters, in aggregates rules.
    `calendar`: the name of the pack's, if it has one."""

    table: str
    columns: Mapping[str, Meaning]
    parents: Mapping[str, Mapping[str, Meaning]] = field(default_factory=dict)
    params: Mapping[str, Meaning] = field(default_factory=dict)
    calendar: str = ""
    aggregate: bool = False
    outcomes: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    tags: tuple[str, ...] | None = None  # None: no tag can be asked for here


@dataclass(frozen=True)
class Checked:
    """A checked expression: its tree, its type (None: it could not be told), and the columns and rules that it names."""

    sql: exp.Expr
    type: Type | None
    choices: tuple[str, ...]
    columns: tuple[Column, ...]
    rules: tuple[str, ...]
    size: Size
    ratio: tuple[Size, Size] | None


@dataclass(frozen=True)
class Part:
    sql: exp.Expr
    type: Type | None = None  # None: null, or unknown after a mistake
    choices: tuple[str, ...] = ()
    literal: str | None = None  # a text literal, which may stand for a text or a choice
    wrong: bool = False  # a mistake was told already
    size: Size = INTEGER  # of a number; of a date how many days beyond the calendar it may be

    @property
    def kind(self) -> Type | None:
        """Its type, if it stands alone."""
        return Type.TEXT if self.literal is not None else self.type

    @property
    def said(self) -> Word:
        """Its type, as messages name it."""
        return Word("type.interval") if isinstance(self.sql, exp.Interval) else type_word(self.kind)


WRONG = Part(exp.null(), wrong=True)


def type_word(kind: Type | None) -> Word:
    return Word(f"type.{kind.value if kind else 'null'}")


UNWRITTEN = (Takes.PLACES, Takes.UNIT, Takes.LENGTH, Takes.CALENDAR)
"""What may be left out, or is no part."""


def fit(row: Operator, parts: list[Part]) -> bool:
    """Whether an operator takes parts, as far as each can be told by itself."""
    missing = [takes for takes in row.takes[len(parts) :] if takes not in UNWRITTEN]
    if (missing or len(parts) > len(row.takes)) and not row.rest:
        return False
    return all(fits(takes, part.kind, part.sql) for part, takes in zip(parts, takes_of(row, len(parts)), strict=True))


def one_of(part: Part, takes: Takes) -> Part:
    """A part as it is held against the others: of several choices each is one."""
    return replace(part, type=Type.CHOICE) if takes in (Takes.CHOICES, Takes.MEMBER) else part


def like_parts(tree: exp.Expr, parts: list[Part]) -> Part:
    """A value of the type of its parts: a number where one of them is, a choice before a literal."""
    typed = [part for part in parts if part.type is not None] or [part for part in parts if part.literal is not None]
    if not typed:
        return Part(tree)
    kind = Type.NUMBER if {part.type for part in typed} == {Type.INTEGER, Type.NUMBER} else typed[0].kind
    return Part(tree, kind, typed[0].choices, size=decimals.alike([part.size for part in typed]))


def column(name: Column, own: str) -> exp.Expr:
    """How a column of the record (`deadline`) or of its parent (`units.kind`) is named in the engine."""
    return exp.column(exp.to_identifier(name.name if name.table == own else f"{name.table}.{name.name}", quoted=True))


def seen_from(name: Column, own: str, tree: exp.Expr) -> exp.Expr:
    """The tree that a name stands for, of the record or of its parent."""
    tree = tree.copy()
    for node in tree.find_all(exp.Column) if name.table != own else ():
        node.set("this", exp.to_identifier(f"{name.table}.{node.name}", quoted=True))
    return tree


STATES: Mapping[str, tuple[Status, ...]] = {"unmet": ("unmet",), "met": ("met", "not applicable")}
"""What may be asked of a rule inside an aggregate, and of which of its outcomes it is true; of every other it is false."""


def state_column(state: str, rule: str) -> str:
    """The column of a judged table that says whether a rule is in one of `STATES` on the record."""
    return f"{state} {rule}"


def state_of(column: str) -> tuple[str, str] | None:
    """The state and the rule that a column stands for; None for one that stands for no rule."""
    state, _, rule = column.partition(" ")
    return (state, rule) if rule and state in STATES else None


TAGGED = ("score", "findings")
"""What may be asked of a tag: the weights of all findings under it, or how many they are."""


def tag_column(kind: str, tag: str, below: str = "") -> str:
    """The column that says it of a record; `below`: of its records in a child table, and theirs."""
    return f"{kind}('{tag}'){f' of {below}' if below else ''}"


def is_tag_column(column: str) -> bool:
    return column.startswith(tuple(f"{kind}('" for kind in TAGGED))
