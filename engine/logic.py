"""Kleene's three-valued logic: what a rule says of one situation, and which of its atoms are to blame.

In: conditions and truth values ('t', 'f', 'u'). Out: a truth value, a status, the atoms at fault. It sees no record. The rules
engine decides (`inference`); this confirms every decision, and decides alone with `--decider reference`. Therefore what a
status is stands here once more, and not in one table with the formulas that durable_rules decides by.

`Algebra` works anything out of a condition from its atoms up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from engine.model import And, Condition, Conditions, Is, Not, Or, Status, Truth

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


OPPOSITE: Mapping[Truth, Truth] = {"t": "f", "f": "t", "u": "u"}
_KLEENE = Algebra[Truth](
    OPPOSITE.__getitem__,
    lambda parts: "f" if "f" in parts else "u" if "u" in parts else "t",
    lambda parts: "t" if "t" in parts else "u" if "u" in parts else "f",
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


def blame(rule: Conditions, values: Sequence[Truth]) -> tuple[int, ...]:
    """The atoms because of which a rule is unmet or unknown in a situation, in their order."""
    when, require = truth(rule.when, values), truth(rule.require, values)
    found = _why(rule.require, values, require) if require != "t" else set()
    if when == "u":
        found |= _why(rule.when, values, "u")
    return tuple(sorted(found))


def _why(condition: Condition, values: Sequence[Truth], is_: Truth) -> set[int]:
    """The atoms that make a condition what it is."""
    match condition:
        case Is(atom):
            return {atom}
        case Not(of):
            return _why(of, values, OPPOSITE[is_])
        case And(parts) | Or(parts):
            return {atom for part in parts if truth(part, values) == is_ for atom in _why(part, values, is_)}
