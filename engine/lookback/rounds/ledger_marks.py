"""What a ledger says of the findings of a review: since when each is open, when it is due, what people said of it.

In: a ledger, a review, rows of its findings. Out: a `Mark` a finding that the ledger has, and of units how much of their score is
waived, on the day of the review. The review need not be in the ledger, and no verdict changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from lookback.packs.params import REVIEW_DAY
from lookback.reviews.folder import Review, summary_of
from lookback.rounds.fingerprint import Fingerprints
from lookback.rounds.ledger_file import reading
from lookback.rounds.ledger_say import NOTHING, Notes, notes_of
from lookback.words.errors import UsageError

Finding = tuple[str, str, str]
"""Table, record, rule."""


class Mark(NamedTuple):
    """`opened`, `due`: ISO; None where the ledger has it as ended, or without a term."""

    opened: str | None
    due: str | None
    notes: Notes


@dataclass
class Marks:
    """`units`: of each those findings. `weights`: of the waived findings of a unit; `counts`: how many they are."""

    of: dict[Finding, Mark] = field(default_factory=dict)
    units: dict[str, list[Finding]] = field(default_factory=dict)
    weights: dict[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    newest: str | None = None
    """The day of the ledger's newest review, where it does not have this one."""

    def of_unit(self, unit: str) -> list[tuple[Finding, Mark]]:
        return [(finding, self.of[finding]) for finding in self.units.get(unit, ())]

    def without(self, unit: str, score: int) -> int:
        """A unit's score without what is waived."""
        return score - self.weights.get(unit, 0)


def marks_of(file: Path, review: Review, findings: Iterable[Mapping[str, str]]) -> Marks:
    """`findings`: rows with unit, table, record, rule. Raises UsageError where the ledger is of another pack or has a later
    review, and as `ledger_file` says."""
    pack, names, found = review.pack(), Fingerprints(review.pack()), Marks()
    with reading(file) as ledger:
        for (other,) in ledger.execute("SELECT DISTINCT pack FROM review"):
            if other != pack.pack.header.pack:
                raise UsageError("review-of-other-pack", pack=pack.pack.header.pack, other=other)
        newest = ledger.execute("SELECT max(day) FROM review").fetchone()[0]
        day = str(pack.params.get(REVIEW_DAY) or newest)
        if newest is not None and day < newest:
            raise UsageError("ledger-is-ahead", file=str(file), day=day, newest=newest)
        [(has,)] = ledger.execute("SELECT count(*) FROM review WHERE sha256 = ?", [summary_of(review.folder)["sha256"]])
        found.newest = None if has else newest
        notes = notes_of(ledger, day)
        rows = ledger.execute("SELECT finding, id, state, opened, due FROM entry WHERE finding IS NOT NULL AND state IS NOT NULL")
        known = {finding: rest for finding, *rest in rows}
    counted = {rule.id: rule.rule.weight for rule in pack.rules if pack.not_counted(rule) is None}
    for row in findings:
        table, record, rule = row["table"], row["record"], row["rule"]
        of = known.get(names.finding(rule, table, record))
        if of is None:
            continue
        entry, state, opened, due = of
        said = notes.get(entry, NOTHING)
        mark = Mark(opened, due, said) if state == "open" else Mark(None, None, said)
        found.of[table, record, rule] = mark
        found.units.setdefault(row["unit"], []).append((table, record, rule))
        if mark.notes.waived is not None:
            found.counts[row["unit"]] = found.counts.get(row["unit"], 0) + 1
            found.weights[row["unit"]] = found.weights.get(row["unit"], 0) + counted.get(rule, 0)
    return found
