"""Conditions over atoms, and Kleene's three-valued logic of them: what a rule says of one situation, which atoms are to blame.

In: conditions and truth values ('t', 'f', 'u'). Out: a truth value, a status, the atoms at fault. It sees no record. The rules
engine decides (`judging/decider.py`); this confirms every decision, and decides alone with `--decider reference`.

A fourth value, 'l', is an unknown that rests on something *lost*: handed in, and of no use. It is as unknown as 'u', and of the
two together the one that is told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, Protocol, TypeVar

from sqlglot.expressions import Expr

from lookback.language.types import Column

MOST_ATOMS = 12
"""A rule of more atoms is refused (`rule-too-wide`): durable_rules takes 16 conditions, and 3^12 situations are still few."""


@dataclass(frozen=True)
class Is:
    """A leaf of a condition: atom number `atom` of the rule."""

    atom: int


@dataclass(frozen=True)
class Not:
    of: Condition


@dataclass(frozen=True)
class And:
    """True where all parts are; with no parts, always true."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Or:
    parts: tuple[Condition, ...]


Condition = Is | Not | And | Or
ALWAYS = And(())


def both(one: Condition, other: Condition) -> Condition:
    """Two conditions as one."""
    parts = [part for side in (one, other) for part in (side.parts if isinstance(side, And) else (side,))]
    return parts[0] if len(parts) == 1 else And(tuple(parts))


class Conditions(Protocol):
    """Of a rule: what it requires of a record, where `when` is so."""

    @property
    def when(self) -> Condition: ...
    @property
    def require(self) -> Condition: ...


@dataclass(frozen=True)
class Atom:
    """A smallest condition. `sql` computes it (true, false or null); atoms of equal `text` mean the same."""

    sql: Expr
    text: str
    columns: tuple[Column, ...]


# ----------------------------------------------------------------------------------------------------------- deciding

Truth = Literal["t", "f", "u", "l"]
TRUTHS: tuple[Truth, ...] = ("f", "t", "u", "l")
"""In the order of their codes in a signature."""
Status = Literal["met", "unmet", "not applicable", "unknown"]


@dataclass(frozen=True)
class Situation:
    """One combination of truth values of a rule's atoms, in their order."""

    rule: str
    values: tuple[Truth, ...]


T = TypeVar("T")


@dataclass(frozen=True)
class Algebra(Generic[T]):
    """What `not`, `and` and `or` make of what their parts come to."""

    not_: Callable[[T], T]
    and_: Callable[[Sequence[T]], T]
    or_: Callable[[Sequence[T]], T]

    def fold(self, condition: Condition, leaf: Callable[[int], T]) -> T:
        """What a condition comes to; `leaf` says it of an atom, by its number."""
        match condition:
            case Is(atom):
                return leaf(atom)
            case Not(of):
                return self.not_(self.fold(of, leaf))
            case And(parts):
                return self.and_([self.fold(part, leaf) for part in parts])
            case Or(parts):
                return self.or_([self.fold(part, leaf) for part in parts])


OPPOSITE: Mapping[Truth, Truth] = {"t": "f", "f": "t", "u": "u", "l": "l"}
_KLEENE = Algebra[Truth](
    OPPOSITE.__getitem__,
    lambda parts: "f" if "f" in parts else "l" if "l" in parts else "u" if "u" in parts else "t",
    lambda parts: "t" if "t" in parts else "l" if "l" in parts else "u" if "u" in parts else "f",
)
_ATOMS = Algebra[set[int]](lambda atoms: atoms, lambda parts: set[int]().union(*parts), lambda parts: set[int]().union(*parts))


def truth(condition: Condition, values: Sequence[Truth]) -> Truth:
    """The truth of a condition, given the truth of each atom of its rule."""
    return _KLEENE.fold(condition, values.__getitem__)


def atoms_in(condition: Condition) -> list[int]:
    """The atoms in a condition, in their order."""
    return sorted(_ATOMS.fold(condition, lambda atom: {atom}))


def status(rule: Conditions, values: Sequence[Truth]) -> Status:
    """The status of a rule in a situation: the table of `when` against `require`."""
    when, require = truth(rule.when, values), truth(rule.require, values)
    if when == "f":
        return "not applicable"
    if require == "t":
        return "met"
    return "unmet" if when == "t" and require == "f" else "unknown"


def unsaid(values: Sequence[Truth]) -> tuple[Truth, ...]:
    """The same with nothing lost: what was lost is as unknown as a blank."""
    return tuple("u" if value == "l" else value for value in values)


def lost(rule: Conditions, values: Sequence[Truth]) -> bool:
    """Whether a rule is unknown in a situation because of something lost: nobody can say what it would be otherwise."""
    return status(rule, values) == "unknown" and "l" in (truth(rule.when, values), truth(rule.require, values))


def blame(rule: Conditions, values: Sequence[Truth]) -> tuple[int, ...]:
    """The atoms because of which a rule is unmet or unknown in a situation, in their order."""
    when, require = truth(rule.when, values), truth(rule.require, values)
    found = _why(rule.require, values, require) if require != "t" else set()
    if when in ("u", "l"):
        found |= _why(rule.when, values, when)
    return tuple(sorted(found))


def _why(condition: Condition, values: Sequence[Truth], is_: Truth) -> set[int]:
    """The atoms that make a condition what it is."""
    match condition:
        case Is(atom):
            return {atom}
        case Not(of):
            return _why(of, values, OPPOSITE[is_])
        case And(parts) | Or(parts):
            of_parts = [(part, truth(part, values)) for part in parts]
            return {atom for part, value in of_parts if makes(value, is_) for atom in _why(part, values, value)}


def makes(part: Truth, whole: Truth) -> bool:
    """Whether a part of a condition is among those that make the whole what it is."""
    return part == whole or (part, whole) == ("u", "l")
