"""A ledger -> what is open, overdue first; a unit's history; how long things take; how often findings were right.

In: a ledger and a day, else that of its newest review. Out: a `Shown`. States are those of the newest review; the day says what
is overdue, and which waivers hold. It needs neither the reviews nor their packs.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from lookback.rounds.ledger_file import reading
from lookback.rounds.ledger_say import NOTHING, Notes, notes_of, rule_named, unit_named
from lookback.words.errors import UsageError

HIDDEN = 8
"""Digits of a finding's name in place of a key that is personal."""


class Title(NamedTuple):
    id: str
    en: str | None
    zh: str | None

    def in_(self, lang: str) -> str:
        return (self.zh or self.en if lang == "zh" else self.en or self.zh) or self.id


@dataclass(frozen=True)
class Entry:
    """A finding; or, without a `rule`, a record that is followed up. `groups`: what its unit is grouped by. `over`: for how many
    days it is overdue; 0 where it is not. `days`: ISO. `situation`: in words, by language. `counts`: for the verdict of its
    unit."""

    unit: str
    label: str | None
    groups: tuple[str | None, ...]
    table: Title
    record: str
    rule: Title | None
    clause: str | None
    outcome: Title | None
    situation: Mapping[str, str]
    state: str
    why: str | None
    replaced_by: str | None
    opened: str
    due: str | None
    claimed: str | None
    closed: str | None
    over: int
    times: int
    reopened: int
    finding: str | None
    about: str | None
    notes: Notes
    counts: bool = True


@dataclass
class Count:
    """Of some units: how many, and of their entries how many are open (of these overdue, and waived), closed, lapsed."""

    units: int = 0
    open: int = 0
    overdue: int = 0
    waived: int = 0
    closed: int = 0
    lapsed: int = 0


class Took(NamedTuple):
    """How long those of a rule (or, without one, of a table) that were closed took: how many, and the median of days."""

    rule: Title | None
    table: Title
    closed: int
    days: float


class Precision(NamedTuple):
    """How often the findings of a rule were right: `held`, those that were confirmed, or put right and never disputed."""

    rule: Title
    findings: int
    closed: int
    confirmed: int
    waived: int
    disputed: int
    held: int

    @property
    def share(self) -> float | None:
        return self.held / (self.held + self.disputed) if self.held + self.disputed else None


class Group(NamedTuple):
    """What units are grouped by."""

    title: Title
    of_units: bool
    choices: Mapping[str, Sequence[str | None]]


class Told(NamedTuple):
    """An event of a unit's history; `review`: its day."""

    review: str
    what: str
    why: str | None
    entry: Entry


class Round(NamedTuple):
    """A review: of a unit also its verdict then, None where it was not there. `name`: its folder's."""

    day: str
    name: str
    version: str
    units: int
    findings: int
    verdict: Title | None
    score: int | None


@dataclass(frozen=True)
class Shown:
    """`entries`: those asked for, overdue ones first, then by what units are grouped by; `of` all that there are. `unit`: the one
    asked for, as key and label. `without`: its score without what is waived."""

    day: str
    rounds: Sequence[Round]
    groups: Sequence[Group]
    entries: Sequence[Entry]
    of: int
    total: Count
    by_group: Sequence[tuple[int, str | None, Count]]
    took: Sequence[Took]
    precision: Sequence[Precision]
    labels: Mapping[str, str] = field(default_factory=dict)
    unit: tuple[str, str | None] | None = None
    history: Sequence[Told] = ()
    without: int | None = None
    overdue_only: bool = False


ENTRIES = """
SELECT e.id, u.key, n.label, n.groups, t.id, r.key, q.id, e.outcome, s.en, s.zh, e.state, e.why, e.opened, e.due, e.done,
    e.closed,
    CASE WHEN e.state = 'open' AND e.due < :day THEN CAST(julianday(:day) - julianday(e.due) AS INTEGER) ELSE 0 END AS _late,
    e.times, e.reopened, e.finding, e.label, coalesce(a.counts, 1)
FROM entry e JOIN record r ON r.id = e.record JOIN tab t ON t.id = r.tab JOIN rule q ON q.id = e.rule
    JOIN record u ON u.id = e.unit LEFT JOIN unit n ON n.record = e.unit LEFT JOIN situation s ON s.id = e.situation
    LEFT JOIN asked a ON a.review = e.review AND a.rule = e.rule
WHERE e.state IS NOT NULL"""
ORDER = " ORDER BY _late = 0, e.state <> 'open', n.groups, u.key, e.due IS NULL, e.due, q.called, t.called, r.key"


def show(
    file: Path,
    day: date | None = None,
    *,
    unit: str | None = None,
    rule: str | None = None,
    overdue: bool = False,
    everything: bool = False,
    most: int | None = None,
) -> Shown:
    """What is open (`everything`: whatever there ever was; of a unit always so). `most`: so many entries are listed, and all are
    counted. Raises UsageError for a unit or rule that the ledger does not know, and a day before that of its newest review."""
    with reading(file) as ledger:
        newest = ledger.execute("SELECT id, day FROM review ORDER BY day DESC LIMIT 1").fetchone()
        at = str(day or newest[1])
        if at < newest[1]:
            raise UsageError("day-before-review", day=at, newest=newest[1])
        names, notes = _Names(ledger), notes_of(ledger, at)
        groups = names.groups(newest[0])
        values = {"day": at}
        one = unit_named(ledger, unit) if unit is not None else None
        of_rule = rule_named(ledger, rule) if rule is not None else None
        asked = _asked(one and one[0], of_rule)
        if one is None and not everything:
            asked += " AND e.state = 'open'"
        if overdue:
            asked += " AND e.state = 'open' AND e.due < :day"
        limit = f" LIMIT {int(most)}" if most is not None else ""
        rows = ledger.execute(ENTRIES + asked + ORDER + limit, values).fetchall()
        of = len(rows)
        if most is not None and of == most:
            of = ledger.execute(f"SELECT count(*) FROM entry e WHERE e.state IS NOT NULL{asked}", values).fetchone()[0]
        entries = {row[0]: names.entry(row, notes.get(row[0], NOTHING)) for row in rows}
        total, by_group = _counted(ledger, at, notes, len(groups), one and one[0], of_rule)
        history: list[Told] = []
        without, score = None, None
        if one is not None:
            history = _history(ledger, one[0], entries)
            score = ledger.execute("SELECT score FROM verdict WHERE review = ? AND unit = ?", [newest[0], one[0]]).fetchone()
            without = None if score is None or score[0] is None else int(score[0]) - _waived(ledger, newest[0], one[0], notes)
        return Shown(
            at,
            names.rounds(one and one[0]),
            groups,
            list(entries.values()),
            of,
            total,
            by_group,
            _took(ledger, names, one and one[0], of_rule),
            _precision(ledger, names, notes, one and one[0], of_rule),
            names.labels(groups, by_group, entries.values()),
            None if one is None else (one[1], names.label(one[0])),
            history,
            without,
            overdue,
        )


class _Names:
    """What things are called in a ledger."""

    def __init__(self, ledger: sqlite3.Connection) -> None:
        self.ledger = ledger
        rules = ledger.execute("SELECT id, called, en, zh, clause, replaced_by FROM rule")
        self.rules = {id_: (Title(*said), clause, by) for id_, *said, clause, by in rules}
        tabs = ledger.execute("SELECT id, called, en, zh, personal FROM tab")
        self.tabs = {id_: (Title(*said), personal) for id_, *said, personal in tabs}
        outcomes = ledger.execute("SELECT outcome, en, zh FROM outcome")
        self.outcomes = {said[0]: Title(*said) for said in outcomes}
        self._groups: dict[str | None, tuple[str | None, ...]] = {None: ()}

    def entry(self, row: Sequence[Any], notes: Notes) -> Entry:
        (_, unit, label, groups, tab, record, rule, outcome, en, zh, state, why, opened, due, done, closed) = row[:16]
        over, times, reopened, finding, about, counts = row[16:]
        if groups not in self._groups:
            self._groups[groups] = tuple(json.loads(groups))
        table, personal = self.tabs[tab]
        title, clause, by = self.rules[rule]
        return Entry(
            unit,
            label,
            self._groups[groups],
            table,
            f"…{(finding or '')[:HIDDEN]}" if personal else record,
            title if rule else None,
            clause,
            self.outcomes.get(outcome),
            {"en": en or "", "zh": zh or ""},
            state,
            why,
            by if why == "rule-retired" else None,
            opened,
            due,
            done or (notes.claimed.day if notes.claimed else None),
            closed,
            over,
            times,
            reopened,
            finding,
            about,
            notes,
            bool(counts),
        )

    def groups(self, review: int) -> list[Group]:
        rows = self.ledger.execute(
            "SELECT field, en, zh, of_units, choices FROM grouping WHERE review = ? ORDER BY place", [review]
        )
        return [Group(Title(*said), bool(of_units), json.loads(choices)) for *said, of_units, choices in rows]

    def rounds(self, unit: int | None) -> list[Round]:
        rows = self.ledger.execute(
            """SELECT r.day, r.name, r.version, r.units, r.findings, v.outcome, v.score FROM review r
            LEFT JOIN verdict v ON v.review = r.id AND v.unit = ? ORDER BY r.day""",
            [unit],
        )
        return [Round._make((*said, self.outcomes.get(outcome), score)) for *said, outcome, score in rows]

    def label(self, unit: int) -> str | None:
        found = self.ledger.execute("SELECT label FROM unit WHERE record = ?", [unit]).fetchone()
        return None if found is None else found[0]

    def labels(self, groups: Sequence[Group], by: Sequence[tuple[int, str | None, Count]], entries: Any) -> dict[str, str]:
        """What the units are called that others are grouped by."""
        places = [i for i, group in enumerate(groups) if group.of_units]
        keys = {value for i, value, _ in by if i in places} | {e.groups[i] for e in entries for i in places if len(e.groups) > i}
        query = """SELECT n.label FROM record r JOIN tab t ON t.id = r.tab AND t.root JOIN unit n ON n.record = r.id
            WHERE r.key = ? AND n.label IS NOT NULL"""
        found = {key: self.ledger.execute(query, [key]).fetchone() for key in sorted(k for k in keys if k is not None)}
        return {key: row[0] for key, row in found.items() if row is not None}


def _asked(unit: int | None, rule: int | None) -> str:
    """SQL that asks of entries `e` those of a unit, or of a rule, by their numbers."""
    return "".join(f" AND e.{column} = {of}" for column, of in (("unit", unit), ("rule", rule)) if of is not None)


def _counted(
    ledger: sqlite3.Connection, day: str, notes: Mapping[int, Notes], groups: int, unit: int | None, rule: int | None
) -> tuple[Count, list[tuple[int, str | None, Count]]]:
    """All entries, and those of the units by what these are grouped by: the place of the grouping, the value, its count."""
    asked = _asked(unit, rule)
    rows = ledger.execute(
        f"""SELECT e.unit, n.groups, sum(e.state = 'open'), sum(e.state = 'open' AND e.due < :day), sum(e.state = 'closed'),
            sum(e.state = 'lapsed') FROM entry e LEFT JOIN unit n ON n.record = e.unit
        WHERE e.state IS NOT NULL{asked} GROUP BY e.unit""",
        {"day": day},
    ).fetchall()
    waived = Counter[int]()
    for entry, said in notes.items():
        if said.waived is not None:
            found = ledger.execute(f"SELECT unit FROM entry e WHERE id = ? AND state = 'open'{asked}", [entry])
            waived.update(unit for (unit,) in found)
    total, counts, parsed = Count(), dict[tuple[int, str | None], Count](), dict[str | None, list[str | None]]()
    for of, text, open_, overdue, closed, lapsed in rows:
        if text not in parsed:
            parsed[text] = json.loads(text) if text is not None else []
        values = parsed[text]
        every = [total, *(counts.setdefault((i, v), Count()) for i, v in enumerate(values[:groups]))]
        for count in every:
            count.units += text is not None  # the review as a whole is none
            count.open += open_
            count.overdue += overdue or 0
            count.closed += closed
            count.lapsed += lapsed
            count.waived += waived[of]
    order = sorted(counts, key=lambda of: (of[0], -counts[of].overdue, -counts[of].open, of[1] is None, of[1] or ""))
    return total, [(i, value, counts[i, value]) for i, value in order]


def _history(ledger: sqlite3.Connection, unit: int, entries: Mapping[int, Entry]) -> list[Told]:
    rows = ledger.execute(
        """SELECT r.day, v.what, v.why, e.id FROM entry e CROSS JOIN review r JOIN event v ON v.review = r.id AND v.entry = e.id
        JOIN rule q ON q.id = e.rule JOIN record o ON o.id = e.record
        WHERE e.unit = ? ORDER BY r.day, v.what, q.called, o.key""",
        [unit],
    )
    return [Told(day, what, why, entries[id_]) for day, what, why, id_ in rows if id_ in entries]


def _waived(ledger: sqlite3.Connection, review: int, unit: int, notes: Mapping[int, Notes]) -> int:
    """The weights of a unit's findings that are waived."""
    rows = ledger.execute(
        """SELECT f.entry, a.weight FROM entry e JOIN found f ON f.review = :at AND f.entry = e.id
        JOIN asked a ON a.review = :at AND a.rule = e.rule AND a.counts WHERE e.unit = :unit""",
        {"at": review, "unit": unit},
    )
    return sum(weight for entry, weight in rows if notes.get(entry, NOTHING).waived is not None)


def _took(ledger: sqlite3.Connection, names: _Names, unit: int | None, rule: int | None) -> list[Took]:
    rows = ledger.execute(
        f"""SELECT e.rule, r.tab, CAST(julianday(e.closed) - julianday(e.opened) AS INTEGER) AS days, count(*)
        FROM entry e JOIN record r ON r.id = e.record WHERE e.state = 'closed'
            AND NOT (e.times = 0 AND e.closed <= e.opened){_asked(unit, rule)} GROUP BY 1, 2, 3"""
    )
    days: dict[tuple[int, int], list[int]] = {}
    for rule, tab, took, n in rows:
        days.setdefault((rule, tab), []).extend([took] * n)
    found = [
        Took(names.rules[rule][0] if rule else None, names.tabs[tab][0], len(of), float(median(of)))
        for (rule, tab), of in days.items()
    ]
    return sorted(found, key=lambda t: (-t.days, t.rule.id if t.rule else "", t.table.id))


def _precision(
    ledger: sqlite3.Connection, names: _Names, notes: Mapping[int, Notes], unit: int | None, rule: int | None
) -> list[Precision]:
    those = f"FROM entry e WHERE e.rule <> 0 AND e.state IS NOT NULL{_asked(unit, rule)}"
    counts = ledger.execute(f"SELECT e.rule, count(*), sum(e.state = 'closed') {those} GROUP BY e.rule").fetchall()
    said_of: dict[int, list[tuple[Notes, str]]] = {}
    for entry, said in notes.items():
        for of_entry, state in ledger.execute(f"SELECT e.rule, e.state {those} AND e.id = ?", [entry]):
            said_of.setdefault(of_entry, []).append((said, state))
    found = []
    for number, n, closed in counts:
        of = said_of.get(number, [])
        disputed = sum(said.disputed is not None for said, _ in of)
        confirmed = sum(said.confirmed is not None for said, _ in of)
        waived = sum(said.waived is not None or said.expired is not None for said, _ in of)
        put_right = closed - sum(state == "closed" and (s.disputed or s.confirmed) is not None for s, state in of)
        found.append(Precision(names.rules[number][0], n, closed, confirmed, waived, disputed, put_right + confirmed))
    return sorted(found, key=lambda p: (p.share is None, p.share or 0.0, -p.findings, p.rule.id))
