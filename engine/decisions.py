"""A rule's decision table: for every combination of truth values of its atoms the status that durable_rules decides.

In: a checked rule. Out: rows of sets of truth values, and a status. Every situation that can occur is
decided first; then each is told by a row as wide as can be, so that the table stays short. Rows may overlap, never disagree.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.inference import decide
from engine.model import CheckedPack, CheckedRule, Situation, Status, Truth
from engine.situations import possible

Row = tuple[frozenset[Truth], ...]
"""For each atom the truth values that the row stands for."""
_TRUTHS: tuple[Truth, ...] = ("t", "f", "u")


def decision_table(pack: CheckedPack, rule: CheckedRule) -> list[tuple[Row, Status]]:
    """The rows, in the order: not applicable, met, unmet, unknown."""
    situations = [Situation(rule.id, values) for values in sorted(possible(pack, [rule])[rule.id])]
    decided = {s.values: status for s, status in decide([rule], situations).items()}
    rows: dict[Row, Status] = {}
    for values, status in decided.items():
        if not any(_matches(row, values) for row in rows):
            rows[_widest(values, status, decided)] = status
    order: tuple[Status, ...] = ("not applicable", "met", "unmet", "unknown")
    return sorted(rows.items(), key=lambda row: (order.index(row[1]), [_TRUTHS.index(min(v, key=_TRUTHS.index)) for v in row[0]]))


def _widest(values: tuple[Truth, ...], status: Status, decided: Mapping[tuple[Truth, ...], Status]) -> Row:
    """A row for a situation, with every atom given as many values as make no difference."""
    row: Row = tuple(frozenset((value,)) for value in values)
    others = [v for v, s in decided.items() if s != status]
    for i in range(len(values)):
        can_be = {v[i] for v in decided}
        for more in sorted(can_be):
            wider = (*row[:i], row[i] | {more}, *row[i + 1 :])
            if not any(_matches(wider, other) for other in others):
                row = wider
        if row[i] == can_be:
            row = (*row[:i], frozenset(_TRUTHS), *row[i + 1 :])
    return row


def _matches(row: Row, values: tuple[Truth, ...]) -> bool:
    return all(value in allowed for allowed, value in zip(row, values, strict=True))
