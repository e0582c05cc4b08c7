"""What people say of findings: waived, disputed, confirmed, claimed to be done; and what of it holds on a day.

In: who, of which unit, rule and record, why, until when. Out: a row of `said`. Nothing that was said is taken away; of one
finding the last that was said holds. A waiver holds from its day to its end, both included. A dispute holds as long as the
record's own fields, the rule and the situation are what they were when it was said.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Literal

from lookback.packs.model import REVIEW
from lookback.rounds.ledger_file import writing
from lookback.words.errors import UsageError, did_you_mean

Kind = Literal["waive", "dispute", "confirm", "claim"]
MOST_KNOWN = 5_000
"""Among more keys one like the one that was typed is not looked for."""


@dataclass(frozen=True)
class Saying:
    """What is said of a unit's findings of a rule, or of the one on a record. `until`: of a waiver. `day`: when it is said, or
    was done; the day of the newest review where it is left out."""

    what: Kind
    unit: str
    rule: str
    record: str | None
    by: str
    because: str | None = None
    evidence: str | None = None
    until: date | None = None
    day: date | None = None


@dataclass(frozen=True)
class Said:
    """Something that was said, as it stands in the ledger."""

    what: str
    day: str
    because: str | None
    evidence: str | None
    until: str | None
    by: str


@dataclass(frozen=True)
class Notes:
    """What holds of a finding on a day. `expired`: the waiver that no longer covers it. `stands`: whether the dispute holds."""

    waived: Said | None = None
    expired: Said | None = None
    disputed: Said | None = None
    stands: bool = False
    confirmed: Said | None = None
    claimed: Said | None = None


NOTHING = Notes()


def say_of(file: Path, said: Saying) -> tuple[str, int]:
    """Write it down. Gives the unit's key, and how many findings of now it is about. Raises UsageError for a unit, rule or record
    that the ledger does not know or of which it has no finding, an empty text, and a waiver that ends before it begins."""
    for option in ("by", "because", "evidence"):
        value = getattr(said, option)
        if value is not None and not value.strip():
            raise UsageError("empty-saying", option=f"--{option}")
    with writing(file) as ledger:
        newest = ledger.execute("SELECT id, day FROM review ORDER BY day DESC LIMIT 1").fetchone()
        review, day = newest[0], str(said.day or newest[1])
        if said.until is not None and str(said.until) < day:
            raise UsageError("waiver-ends-first", until=str(said.until), day=day)
        unit, key = unit_named(ledger, said.unit)
        rule = rule_named(ledger, said.rule)
        of = "SELECT e.id, e.record, r.key, e.state, e.review FROM entry e JOIN record r ON r.id = e.record"
        entries = ledger.execute(f"{of} WHERE e.unit = ? AND e.rule = ?", [unit, rule]).fetchall()
        if not entries:
            raise UsageError("no-such-finding", unit=key, rule=said.rule)
        record = None
        if said.record is not None:
            entries = [e for e in entries if e[2] == said.record] or _no_record(said, key, [e[2] for e in entries])
            record = entries[0][1]
        now = [e for e in entries if e[3] == "open" and e[4] == review]
        if said.what != "waive" and not now:
            raise UsageError("finding-not-open", unit=key, rule=said.rule)
        row = [said.what, day, unit, rule, record, said.because, said.evidence, said.until and str(said.until), said.by, review]
        ledger.execute(
            "INSERT INTO said (what, day, unit, rule, record, because, evidence, until, by, review) VALUES (?,?,?,?,?,?,?,?,?,?)",
            row,
        )
        return key, len(now)


def _no_record(said: Saying, unit: str, known: Iterable[str]) -> list[tuple[int, int, str, str, int]]:
    known = sorted(known)
    help_ = did_you_mean(said.record or "", known)
    raise UsageError("no-finding-on-record", unit=unit, rule=said.rule, record=said.record, help=help_)


def unit_named(ledger: sqlite3.Connection, unit: str) -> tuple[int, str]:
    """A unit by its key, or by its label where only one has it; the review as a whole is called REVIEW. Raises UsageError."""
    units = f"""FROM record r JOIN tab t ON t.id = r.tab AND (t.root OR (t.first, r.key) = ('{REVIEW}', '{REVIEW}'))
        LEFT JOIN unit n ON n.record = r.id"""
    found = ledger.execute(f"SELECT r.id, r.key {units} WHERE r.key = ?", [unit.strip()]).fetchall()
    found = found or ledger.execute(f"SELECT r.id, r.key {units} WHERE n.label = ? ORDER BY r.key", [unit.strip()]).fetchall()
    if len(found) == 1:
        return int(found[0][0]), str(found[0][1])
    if found:
        raise UsageError("several-units", unit=unit, n=len(found), keys=", ".join(key for _, key in found[:10]))
    known = [name for row in ledger.execute(f"SELECT r.key, n.label {units} LIMIT {MOST_KNOWN + 1}") for name in row if name]
    raise UsageError("no-unit-in-ledger", unit=unit, help=did_you_mean(unit, known) if len(known) <= MOST_KNOWN else None)


def rule_named(ledger: sqlite3.Connection, rule: str) -> int:
    """A rule by what it is called now, or was first, or by its title where only one has it. Raises UsageError."""
    asked = "SELECT id, called FROM rule WHERE id <> 0 AND ? IN"
    found = ledger.execute(f"{asked} (called, first)", [rule.strip()]).fetchall()
    found = found or ledger.execute(f"{asked} (en, zh) ORDER BY called", [rule.strip()]).fetchall()
    if len(found) > 1:
        raise UsageError("rules-called-so", title=rule, known=", ".join(called for _, called in found))
    if not found:
        known = [name for row in ledger.execute("SELECT called FROM rule WHERE id <> 0") for name in row]
        raise UsageError("no-rule-in-ledger", rule=rule, help=did_you_mean(rule, known))
    return int(found[0][0])


def notes_of(ledger: sqlite3.Connection, day: str) -> dict[int, Notes]:
    """Of each finding of which something was said up to a day what of it holds then, by the finding's number."""
    said = ledger.execute(
        """SELECT e.id, e.opened, e.closed, s.what, s.day, s.because, s.evidence, s.until, s.by,
            before.said = after.said AND old.text = now.text AND a.text = b.text
        FROM said s JOIN entry e ON e.unit = s.unit AND e.rule = s.rule AND (s.record IS NULL OR s.record = e.record)
            LEFT JOIN found f ON f.review = s.review AND f.entry = e.id
            LEFT JOIN situation before ON before.id = f.situation LEFT JOIN situation after ON after.id = e.situation
            LEFT JOIN seen old ON old.review = s.review AND old.record = e.record
            LEFT JOIN seen now ON now.review = e.review AND now.record = e.record
            LEFT JOIN asked a ON a.review = s.review AND a.rule = e.rule
            LEFT JOIN asked b ON b.review = e.review AND b.rule = e.rule
        WHERE s.day <= ? ORDER BY s.day, s.id""",
        [day],
    )
    found: dict[int, Notes] = {}
    for entry, opened, closed, what, *rest, same in said:
        one, before = Said(what, *rest), found.get(entry, NOTHING)
        if what == "waive":
            over = one.until is not None and one.until < day
            found[entry] = replace(before, waived=None if over else one, expired=one if over else None)
        elif what == "claim":
            of_now = opened is not None and opened <= one.day <= (closed or one.day)
            found[entry] = replace(before, claimed=one) if of_now else before
        elif what == "dispute":
            found[entry] = replace(before, disputed=one, stands=bool(same), confirmed=None)
        else:
            found[entry] = replace(before, disputed=None, stands=False, confirmed=one)
    return found
