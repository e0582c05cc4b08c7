"""What people said of a finding, and what it comes to for a unit, in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from lookback.words import say

if TYPE_CHECKING:  # what is printed is made elsewhere, by what is heavy to load
    from lookback.rounds.ledger_marks import Mark, Marks
    from lookback.rounds.ledger_say import Notes, Said


def noted(notes: Notes, lang: str) -> list[str]:
    """As far as it holds, a sentence each."""
    holds = [("waived", notes.waived), ("expired", notes.expired), ("confirmed", notes.confirmed)]
    holds.append(("disputed" if notes.stands else "disputed-before", notes.disputed))
    return [_note(code, one, lang) for code, one in holds if one is not None]


def _note(code: str, of: Said, lang: str) -> str:
    said = [say(lang, f"ledger.{code}", until=of.until, by=of.by, day=of.day)]
    said += [say(lang, "ledger.because", text=text) for text in (of.because, of.evidence) if text]
    return "".join(said)


def marked(mark: Mark | None, lang: str) -> tuple[str, str, str]:
    """Since when a finding is open, when it is due, what was said of it."""
    return ("", "", "") if mark is None else (mark.opened or "", mark.due or "", "\n".join(noted(mark.notes, lang)))


def of_unit(marks: Marks, unit: str) -> Iterator[dict[str, Any]]:
    """What the ledger has of a unit's findings, as programs read it."""
    for (table, record, rule), mark in marks.of_unit(unit):
        notes = mark.notes
        yield {
            "table": table,
            "record": record,
            "rule": rule,
            "opened": mark.opened,
            "due": mark.due,
            "waived_until": notes.waived.until if notes.waived else None,
            "waiver_expired": notes.expired.until if notes.expired else None,
            "disputed_by": notes.disputed.by if notes.disputed and notes.stands else None,
            "confirmed_by": notes.confirmed.by if notes.confirmed else None,
        }
