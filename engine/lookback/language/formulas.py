"""A rule -> the formulas that durable_rules decides it by, small enough for it to take.

In: a rule's conditions. Out: for each status the formulas over the properties `a0`, `a1`, … (one an atom, 't', 'f' or 'u') of
which one holds where the rule has that status. It knows durable_rules' form and limits, and does not import it.
"""

from __future__ import annotations

from typing import Any

from lookback.language.conditions import OPPOSITE, And, Condition, Conditions, Is, Not, Or, Status, Truth

Formula = dict[str, Any]

MOST_FORMULAS = 60
"""durable_rules looks at no more than 64 open branches for one event (its error 303); each formula is at most one."""


def formulas_of(rule: Conditions) -> dict[Status, list[Formula]]:
    """For each status the formulas over the atoms (`a0`, `a1`, …) of which one holds where the rule has that status.

    Formulas of different statuses exclude each other; together they cover every situation. Raises TooLarge.
    """
    applies = _where(rule.when, "f", False)
    left_open = _or([_where(rule.when, "t", False), _where(rule.require, "f", False)])
    whole: dict[Status, Formula] = {
        "not applicable": _where(rule.when, "f", True),
        "met": conjunction([applies, _where(rule.require, "t", True)]),
        "unmet": conjunction([_where(rule.when, "t", True), _where(rule.require, "f", True)]),
        "unknown": conjunction([applies, _where(rule.require, "t", False), left_open]),
    }
    found = {status: _pieces(formula) for status, formula in whole.items() if formula != _NEVER}
    if sum(map(len, found.values())) > MOST_FORMULAS:
        raise TooLarge
    return found


class TooLarge(ValueError):
    """A rule of more parts than durable_rules can take."""


_ALWAYS: Formula = {"$and": []}
_NEVER: Formula = {"$or": []}
_MOST_NODES = 28
"""durable_rules refuses a formula of more than 31 parts (its error 113); tests that stand alone in a conjunction are free."""


def _where(condition: Condition, value: Truth, is_: bool) -> Formula:
    """The formula for: the condition is (`is_`) or is not `value` ('t' or 'f')."""
    match condition:
        case Is(atom):
            test: Formula = {f"a{atom}": value}
            return test if is_ else {"$neq": test}
        case Not(of):
            return _where(of, OPPOSITE[value], is_)
        case And(parts) | Or(parts):
            every = isinstance(condition, And) == ((value == "t") == is_)
            return (conjunction if every else _or)([_where(part, value, is_) for part in parts])


def conjunction(parts: list[Formula]) -> Formula:
    return _NEVER if _NEVER in parts else _joined("$and", parts)


def _or(parts: list[Formula]) -> Formula:
    return _ALWAYS if _ALWAYS in parts else _joined("$or", parts)


def _joined(connective: str, parts: list[Formula]) -> Formula:
    """Parts under one connective, without nesting it in itself."""
    flat: list[Formula] = []
    for part in parts:
        flat.extend(inner for inner in part.get(connective, [part]) if inner not in flat)
    return flat[0] if len(flat) == 1 else {connective: flat}


def _pieces(formula: Formula) -> list[Formula]:
    """A formula as several that durable_rules can take: where it is too large, one for each part of its largest `or`."""
    parts = formula.get("$and", [formula])
    if sum(_size(part) for part in parts if _size(part) > 1) <= _MOST_NODES:
        return [formula]
    largest = max((part for part in parts if "$or" in part), key=_size)
    rest = [part for part in parts if part is not largest]
    pieces: list[Formula] = []
    for part in largest["$or"]:
        pieces.extend(_pieces(conjunction([*rest, part])))
        if len(pieces) > MOST_FORMULAS:
            break
    return pieces


def _size(formula: Formula) -> int:
    inner = formula.get("$and") or formula.get("$or") or []
    return 1 + sum(_size(part) for part in inner)
