"""A report's flagged units -> what is told of each: why it is flagged, and what would change its verdict.

In: a review, its report. Out: a `Told` a unit, in the order of the list. What would change a verdict is worked out by situation,
as `fix --all` does, for as many units as were asked for, the worst first: it takes a solver.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lookback.reporting.report import Report, UnitLine
from lookback.reviews.explain import explain_each
from lookback.reviews.explanation import Explanation
from lookback.reviews.fix_all import Need, needs_of
from lookback.reviews.folder import Review

TIMEOUT = 60.0
"""Seconds for all that would change verdicts; of a unit whose time is over it is said so."""


@dataclass(frozen=True)
class Told:
    """`needs`: the least changes that would bring the unit to the best verdict; None where nobody asked for them."""

    unit: UnitLine
    explanation: Explanation
    needs: tuple[Need, ...] | None


def told_of_each(
    review: Review, report: Report, fixes: int, progress: Callable[[str, float], None] = lambda stage, share: None
) -> Iterator[Told]:
    """`fixes`: of so many units, the worst, it is told what would change their verdicts. Raises UsageError where the review's
    files are not what it was written with."""
    units = {one.key: one for one in report.flagged}
    asked = [one.key for one in report.flagged[:fixes] if one.verdict in review.pack().outcomes]
    best = review.pack().outcomes[0]
    needs = needs_of(review, best, asked, TIMEOUT, lambda share: progress("judge", share)) if asked else {}
    for i, explanation in enumerate(explain_each(review, list(units), report.lang)):
        progress("write", i / len(units))
        unit = units[explanation.unit.key]
        yield Told(unit, explanation, needs.get(unit.key, ()) if unit.key in needs or unit.key in asked else None)
