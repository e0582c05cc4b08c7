"""Example records: judged by the real engine, said in words, written as tests.

In: examples that `search` found. Out: what became of their records; text; the entry of a test file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from lookback.judging.trial import Got, RecordKey, Trial
from lookback.language.types import Column, Value, plain
from lookback.packs.checked import CheckedPack
from lookback.packs.model import said_of
from lookback.packs.params import default_params
from lookback.packs.references.resolving import resolved
from lookback.proving.search import Example
from lookback.words import say

MOST_RULES = 4


@dataclass(frozen=True)
class Shown:
    """An example, and what became of its records."""

    example: Example
    got: Mapping[RecordKey, Got]

    @property
    def one(self) -> Got:
        """What became of the record that the example is about."""
        return self.got[self.example.table, self.example.record]


def shown(trial: Trial, example: Example) -> Shown:
    """An example, judged by the engine."""
    records = {
        table: [{**dict.fromkeys(trial.pack.tables[table].fields), **values} for values in rows]
        for table, rows in example.records.items()
    }
    return Shown(example, trial.judge(resolved(trial.pack, records)))


@dataclass(frozen=True)
class Stated:
    """What a pack says of a blank inside aggregates, by which a verdict gets better: a field, its value in an example, the table
    of the verdict, the example as it is and with the value left blank. `counts`: the aggregates that differ, as they are in the
    two."""

    column: Column
    value: Value
    judged: str
    counts: Mapping[str, tuple[Value, Value]]
    filled: Shown
    blank: Shown

    @property
    def verdicts(self) -> dict[str, str]:
        return {"worse": self.filled.one.verdict, "better": self.blank.one.verdict}

    def in_words(self, pack: CheckedPack, lang: str) -> str:
        """A line."""
        which = {}
        for i, name in enumerate(("counted", "counts")):
            values = {fact: pair[i] for fact, pair in self.counts.items()}
            words = {fact: say(lang, "reason.nothing") if value is None else _word(value) for fact, value in values.items()}
            which[name] = ", ".join(say(lang, "stated.count", fact=fact, value=word) for fact, word in words.items())
        changed = _params(pack, self.filled.example)
        where = {
            "table": self.column.table,
            "field": said_of(self.column.name),
            "value": _word(self.value),
            "judged": self.judged,
        }
        with_ = say(lang, "stated.params", params=changed) if changed else ""
        return say(lang, "stated.blank", **where, **which, **self.verdicts, params=with_)


def stated(pack: CheckedPack, column: Column, judged: str, filled: Shown, blank: Shown) -> Stated:
    """What an example and its blank show."""
    both = [(rows, blank.example.records[table]) for table, rows in filled.example.records.items()]
    pairs = [pair for of_table in both for pair in zip(*of_table, strict=True)]
    value = next(value for row, left in pairs for field, value in row.items() if field not in left)
    counts: dict[str, tuple[Value, Value]] = {}
    for fact in (fact for fact in pack.facts if fact.child is not None and not fact.hidden):
        for of in (of for of in filled.got if of[0] == fact.table):
            pair = filled.got[of].facts.get(fact.id), blank.got[of].facts.get(fact.id)
            if pair[0] != pair[1]:
                counts.setdefault(fact.id, pair)
    return Stated(column, value, judged, counts, filled, blank)


def in_words(pack: CheckedPack, found: Shown, rules: Sequence[str], lang: str) -> str:
    """The records of an example, a line each, and what the one that it is about came to: of `rules`, or where none are named
    of those that give it its verdict."""
    changed = _params(pack, found.example)
    lines = [say(lang, "example.params", params=changed)] if changed else []
    for table, rows in found.example.records.items():
        key = pack.tables[table].key
        for row in rows:
            about = (table, row[key]) == (found.example.table, found.example.record)
            shown_ = {id_: value for id_, value in given(pack, table, row, found.example).items() if value is not None}
            values = ", ".join(f"{id_} {_word(value)}" for id_, value in shown_.items())
            mark = "→" if about else " "
            lines.append(say(lang, "example.record", table=table, values=values or say(lang, "example.blank"), mark=mark))
    one = found.one
    decisive = list(rules) or [r.id for r in pack.rules if r.id in one.statuses and r.outcome(one.statuses[r.id]) == one.verdict]
    told = [say(lang, "example.finding", rule=r, status=say(lang, f"status.{one.statuses[r]}")) for r in decisive[:MOST_RULES]]
    text = ", ".join(told) or say(lang, "example.no-finding")
    if len(decisive) > MOST_RULES:
        text = say(lang, "example.more", rules=text, n=len(decisive) - MOST_RULES)
    lines.append(say(lang, "example.verdict", verdict=one.verdict, findings=text))
    return "\n".join(lines)


def _params(pack: CheckedPack, example: Example) -> str:
    """The parameters that are not as the pack has them."""
    return ", ".join(f"{name} {_word(value)}" for name, value in example.params.items() if value != pack.params[name])


def _word(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return plain(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def as_test(pack: CheckedPack, found: Shown, name: str) -> dict[str, Any]:
    """An example as an entry of a test file, which passes as the rules are now."""
    one, table = found.one, found.example.table
    expected: dict[str, Any] = {"verdict": one.verdict}
    for status in ("unmet", "unknown"):
        expected[status] = [rule for rule, s in one.statuses.items() if s == status]
    if len(found.example.records[table]) > 1:
        definition, rows = pack.tables[table], found.example.records[table]
        about = next(row for row in rows if row[definition.key] == found.example.record)
        expected = {**{f: about[f] for f in definition.parts}, **expected}
    default = default_params(pack.pack)
    changed = {p: value for p, value in {**pack.params, **found.example.params}.items() if value != default[p]}
    records = {
        t: [given(pack, t, row, found.example) for row in _first(rows, found, t, pack)]
        for t, rows in found.example.records.items()
    }
    return {"test": name, **({"params": changed} if changed else {}), "given": records, "expect": {table: [expected]}}


def given(pack: CheckedPack, table: str, row: Mapping[str, Value], example: Example) -> dict[str, Value]:
    """A record as a test writes it: a key only where it is needed to tell records apart."""
    parent, columns = pack.tables[table].belongs_to, pack.tables[table].columns
    left_out = {pack.tables[table].key} if len(example.records[table]) == 1 and not pack.referred(table) else set()
    if parent is not None and len(example.records.get(parent, ())) == 1:
        left_out.add(str(pack.parent_key(table)))
    return {id_: value for id_, value in row.items() if id_ in columns and id_ not in left_out and value is not None}


def _first(rows: Sequence[Mapping[str, Value]], found: Shown, table: str, pack: CheckedPack) -> list[Mapping[str, Value]]:
    """The records of a table; where nothing but its place tells one, first the one that the example is about."""
    about = (table, found.example.record) if not pack.tables[table].parts else None
    return sorted(rows, key=lambda row: (table, row[pack.tables[table].key]) != about) if about else list(rows)
