"""Kleene's three-valued logic: what a rule says of one situation, and which of its atoms are to blame.

In: conditions and truth values ('t', 'f', 'u'). Out: a truth value, a status, the atoms at fault. It sees no record. The rules
engine decides (`inference`); this confirms every decision, and decides alone with `--decider reference`.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.model import And, CheckedRule, Condition, Is, Not, Or, Status, Truth

_OPPOSITE: dict[Truth, Truth] = {"t": "f", "f": "t", "u": "u"}


def truth(condition: Condition, values: Sequence[Truth]) -> Truth:
    """The truth of a condition, given the truth of each atom of its rule."""
    match condition:
        case Is(atom):
            return values[atom]
        case Not(of):
            return _OPPOSITE[truth(of, values)]
        case And(parts):
            found = {truth(part, values) for part in parts}
            return "f" if "f" in found else "u" if "u" in found else "t"
        case Or(parts):
            found = {truth(part, values) for part in parts}
            return "t" if "t" in found else "u" if "u" in found else "f"


def status(rule: CheckedRule, values: Sequence[Truth]) -> Status:
    """The status of a rule in a situation: the table of `when` against `require`."""
    when, require = truth(rule.when, values), truth(rule.require, values)
    if when == "f":
        return "not applicable"
    if require == "t":
        return "met"
    return "unmet" if when == "t" and require == "f" else "unknown"


def blame(rule: CheckedRule, values: Sequence[Truth]) -> tuple[int, ...]:
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
            return _why(of, values, _OPPOSITE[is_])
        case And(parts) | Or(parts):
            return {atom for part in parts if truth(part, values) == is_ for atom in _why(part, values, is_)}
