"""What a row of `operators` is: what an operator takes and gives, and of which parts a node of it is made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol

from sqlglot import exp

from lookback.language import decimals
from lookback.language.decimals import Size
from lookback.language.types import Type

MOST_PLACES = 15

Names = frozenset[str]


class Takes(Enum):
    """What may stand in a place of an operator."""

    ANY = "anything"
    ALIKE = "of one type with the others"
    ORDERED = "of one type with the others, and one that has an order"
    CONDITION = "true or false"
    NUMBER = "a number"
    INTEGER = "a whole number"
    TEXT = "a text"
    DATE = "a date"
    INTERVAL = "interval 30 days"
    LENGTH = "a number of signs, which may be left out"
    PATTERN = "a text as written"
    REGEX = "regex"  # a pattern as written
    CODE = "the name of a kind of code"
    CHOICES = "several choices"
    CALENDAR = "the calendar of the pack, which nobody writes"
    MEMBER = "member"  # one of these, as written
    PLACES = "a number of places as written"
    UNIT = "what date_diff counts"
    RULE = "the id of a rule"
    TAG = "the tag of rules"
    ORDERED_CHOICE = "a choice with an order from best to worst"


class Ask(Protocol):
    """What may make a part blank, where further columns surely hold a value."""

    def __call__(self, part: exp.Expr | None, present: Names = ..., /) -> Names: ...


class Gives(Enum):
    PARTS = "the type of its parts, a number where one of them is"
    FIRST = "the type of its first part"


@dataclass(frozen=True)
class Operator:
    """One row. `written` has a `{}` for every part; without it, it is a function. With `rest` the last part may be repeated.
    `size`: of a number, from its parts'.
    `aware` of blanks: `constant` takes them, too. Without `proof` z3 cannot see into it. `mirror`: the comparison that stands
    for it, whether its sides change places, and whether it is negated."""

    name: str
    form: type[exp.Expr]
    takes: tuple[Takes, ...]
    gives: Type | Gives
    example: str
    written: str = ""
    rest: bool = False
    refusal: str = "wrong-argument"
    build: Callable[[exp.Expr], exp.Expr] = field(default=lambda tree: tree)
    blank: Callable[[exp.Expr, Ask], Names] = field(default=lambda tree, ask: any_part(tree, ask))
    size: Callable[[Sequence[Size], exp.Expr], Size] = field(default=lambda sizes, tree: decimals.alike(sizes))
    constant: Callable[..., Any] | None = None
    aware: bool = False
    proof: str | None = None
    slips: tuple[type[exp.Expr], ...] = ()
    mirror: tuple[type[exp.Expr], bool, bool] | None = None
    aggregate: bool = False

    @property
    def function(self) -> bool:
        return not self.written


def operands(tree: exp.Expr) -> list[exp.Expr]:
    """The parts of an operator's node, in their order; of the unit of date_diff its name."""
    return [part for part in tree.iter_expressions() if not isinstance(part, exp.DataType)]


def takes_of(row: Operator, n: int) -> list[Takes]:
    """What an operator takes in each of so many places."""
    return [*row.takes, *[row.takes[-1] if row.rest else Takes.ANY] * n][:n]


def fits(takes: Takes, kind: Type | None, tree: exp.Expr) -> bool:
    """Whether a typed part may stand in a place, by itself."""
    match takes:
        case Takes.NUMBER:
            return kind in (Type.INTEGER, Type.NUMBER)
        case Takes.INTEGER | Takes.TEXT | Takes.DATE:
            return kind is Type[takes.name]
        case Takes.LENGTH:
            return kind is Type.INTEGER
        case Takes.CHOICES:
            return kind is Type.CHOICES
        case Takes.INTERVAL:
            return isinstance(tree, exp.Interval)
        case Takes.PATTERN | Takes.REGEX | Takes.CODE | Takes.MEMBER:
            return isinstance(tree, exp.Literal) and bool(tree.is_string)
        case Takes.PLACES:
            return isinstance(tree, exp.Literal) and tree.name.isdecimal() and int(tree.name) <= MOST_PLACES
    return takes is not Takes.ANY or not isinstance(tree, exp.Interval)


def type_of(tree: exp.Expr) -> Type | None:
    """The type that checking found for a part."""
    found = tree.unnest().meta.get("type")
    return found if isinstance(found, Type) else None


def any_part(tree: exp.Expr, ask: Ask) -> Names:
    return frozenset[str]().union(*(ask(part) for part in operands(tree)))
