"""How nearly a rule that is met would be unmet: 3 visits where 3 are asked, a deadline kept by two days.

In: a checked rule, its situation on a record, and the values that its comparisons compared. Out: margins: the comparisons of
which any one, were it false, would leave the rule no longer met, each with its room: how far the value may move and the rule
still be met, 0 where the next step breaks it. A room is worth telling where it is at most two weeks,
or 1 for a whole number, or a tenth of the limit; and not where it says nothing: a limit of nought, of which everybody who
meets it has no more to spare, or a number that reaches another of the same record in full (5 posts of 5).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlglot import exp

from lookback.language import conditions as logic
from lookback.language.atoms import shape_of
from lookback.language.conditions import Truth
from lookback.language.operators import type_of
from lookback.language.types import Type, Value
from lookback.packs.checked import CheckedRule
from lookback.reviews.explanation import MarginKind

DAYS = 14
SHARE = 0.1


@dataclass(frozen=True)
class Room:
    """What a comparison has to spare: `subject` may still move by `room` towards `limit`."""

    atom: int
    subject: exp.Expr
    limit: exp.Expr
    value: Value
    at: Value
    room: int | Decimal
    kind: MarginKind
    tightness: float


def sides(sql: exp.Expr) -> tuple[exp.Expr, ...]:
    """What a comparison of numbers or dates compares: a value and its limit, or a value and its two limits; else nothing."""
    shape = shape_of(sql)
    parts = (shape.subject, *shape.bounds)
    measured = (Type.INTEGER, Type.NUMBER, Type.DATE)
    return parts if shape.ordered and all(type_of(part) in measured for part in parts) else ()


def rests_on(rule: CheckedRule, values: Sequence[Truth]) -> tuple[int, ...]:
    """The atoms of `require`, of a met rule, of which each alone, turned round, would leave the rule unmet or unknown."""
    if logic.status(rule, values) != "met":
        return ()
    found = []
    for atom in logic.atoms_in(rule.require):
        if values[atom] in ("t", "f"):
            other = [*values[:atom], logic.OPPOSITE[values[atom]], *values[atom + 1 :]]
            if logic.status(rule, other) in ("unmet", "unknown"):
                found.append(atom)
    return tuple(found)


def margins(rule: CheckedRule, values: Sequence[Truth], compared: Mapping[int, Sequence[Value]]) -> list[Room]:
    """The near ones; `compared` gives the values of `sides` for each atom that has them."""
    found = []
    for atom in rests_on(rule, values):
        parts = sides(rule.atoms[atom].sql)
        if parts and all(value is not None for value in compared.get(atom, (None,))):
            found += [room for room in _rooms(rule, atom, parts, compared[atom], values[atom] == "t") if room.tightness <= 1]
    return found


def _rooms(rule: CheckedRule, atom: int, parts: Sequence[exp.Expr], values: Sequence[Value], holds: bool) -> list[Room]:
    """The room of a comparison, as far as it is worth telling; of a range the nearer end's."""
    if len(parts) == 2:
        subject, limit = (1, 0) if _right_first(rule.atoms[atom].sql, parts) else (0, 1)
        # the atom is `less` or `more`; what does not hold is `at least` or `at most`
        return _room(atom, parts[subject], parts[limit], values[subject], values[limit], strict=holds)
    value, low, high = values
    if holds:
        ends = [_room(atom, parts[0], parts[i], value, values[i], False) for i in (1, 2)]
        return min((end for end in ends if end), key=lambda end: end[0].tightness, default=[])
    return _room(atom, parts[0], parts[1 if value < low else 2], value, low if value < low else high, True)  # type: ignore[operator]


def _right_first(sql: exp.Expr, parts: Sequence[exp.Expr]) -> bool:
    """Whether, of two sides that both depend on the record, it is the right one that its author wrote first."""
    whole = str(sql.meta.get("written", ""))
    left, right = (whole.find(str(part.meta.get("written"))) for part in parts)
    return all(map(_columns, parts)) and 0 <= right < left


def _room(atom: int, subject: exp.Expr, limit: exp.Expr, value: Value, at: Value, strict: bool) -> list[Room]:
    if isinstance(value, date) and isinstance(at, date):
        days = abs((value - at).days) - strict
        return [Room(atom, subject, limit, value, at, days, "days", days / DAYS)]
    if not isinstance(value, int | Decimal) or not isinstance(at, int | Decimal) or at == 0:
        return []
    kind: MarginKind = "whole" if type_of(subject) is type_of(limit) is Type.INTEGER else "number"
    apart = Decimal(value) - Decimal(at)
    room: int | Decimal = abs(apart) if kind == "number" else int(abs(apart)) - strict
    if value == at and _columns(limit):
        return []
    step = max(1.0 if kind == "whole" else 0.0, SHARE * abs(float(at)))
    return [Room(atom, subject, limit, value, at, room, kind, float(room) / step)]


def _columns(tree: exp.Expr) -> bool:
    return tree.find(exp.Column) is not None
