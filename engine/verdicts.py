"""Decided situations -> what each means: outcome, weight, finding, reason. Small tables that SQL joins back to the records.

In: a step, the masked signatures that occur, and the status decided for each. Out: Arrow tables `outcomes_n` and
`decisions_n`, and the SQL of the step's reasons. It sees situations, never records.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
from sqlglot import exp

from engine.model import CheckedRule, Situation, Status, Truth
from engine.plan import Step
from engine.queries import DECISION_COLUMNS, name
from engine.reasons import Phrase, Reasons

FINDING_STATUSES: tuple[Status, ...] = ("unmet", "unknown")
_TRUTHS: tuple[Truth, ...] = ("f", "t", "u")


@dataclass(frozen=True)
class Seen:
    """A situation that occurs: its masked signature, and on how many records."""

    rule: CheckedRule
    place: int
    words: tuple[int, ...]
    situation: Situation
    records: int


def situations(step: Step, rows: Iterable[Sequence[int]]) -> list[Seen]:
    """The situations behind the rows (rule's place, masked words …, records), rules in order, then by signature."""
    found = []
    for place, *words, records in sorted(tuple(row) for row in rows):
        rule = step.rules[place]
        found.append(Seen(rule, place, tuple(words), Situation(rule.id, truths(step, rule, words)), records))
    return found


def truths(step: Step, rule: CheckedRule, words: Sequence[int]) -> tuple[Truth, ...]:
    """The truth of a rule's atoms, from the words of a signature."""
    return tuple(_TRUTHS[words[word] >> (2 * bit) & 3] for word, bit in step.positions(rule))


@dataclass(frozen=True)
class Outcomes:
    """`outcomes`: rule, w0, …, rank, weight, unmet, finding; `decisions`: a row a finding; `reason`: SQL over both and the
    records; `counts`: records by rule and status."""

    outcomes: pa.Table
    decisions: pa.Table
    reason: exp.Expr
    counts: Mapping[str, Mapping[Status, int]]


def outcomes(
    step: Step, seen: Sequence[Seen], decided: Mapping[Situation, Status], reasons: Reasons, places: Mapping[str, int]
) -> Outcomes:
    """What the decided situations of a step mean. `places` gives each rule's place in the pack."""
    ranks = {outcome: i for i, outcome in enumerate(reasons.pack.outcomes)}
    counts: dict[str, Counter[Status]] = {rule.id: Counter() for rule in step.rules}
    rows: list[tuple[int | bool, ...]] = []
    decisions: list[tuple[int | str | None, ...]] = []
    found = [(one, decided[one.situation]) for one in seen]
    phrases = {one.situation: reasons.phrases(one.rule, one.situation.values) for one, s in found if s in FINDING_STATUSES}
    shown = _shown(phrases)
    for one, status in found:
        counts[one.rule.id][status] += one.records
        if status not in FINDING_STATUSES:
            continue
        rule = one.rule.rule
        outcome = str(one.rule.outcome(status))
        why = phrases[one.situation]
        fixed = all(phrase.fixed for phrase in why.values())
        text = reasons.joined(why.values()) if fixed else None
        mask = 0 if fixed else sum(1 << list(shown[rule.rule]).index(place) for place in why)
        finding = len(decisions)
        rows.append((one.place, *one.words, ranks[outcome], rule.weight, status == "unmet", finding))
        decisions.append((finding, rule.rule, rule.clause, status, outcome, text, mask, places[rule.rule]))
    words = [(f"w{i}", pa.int64()) for i in range(step.words)]
    columns = [
        ("rule", pa.int32()),
        *words,
        ("rank", pa.int32()),
        ("weight", pa.int32()),
        ("unmet", pa.bool_()),
        ("finding", pa.int32()),
    ]
    names = ("finding", *DECISION_COLUMNS)
    kinds = (pa.int32(), pa.string(), pa.string(), pa.string(), pa.string(), pa.string(), pa.int64(), pa.int32())
    return Outcomes(
        outcomes=_table(columns, rows),
        decisions=_table(list(zip(names, kinds, strict=True)), decisions),
        reason=_reason(shown, reasons),
        counts=counts,
    )


def _shown(phrases: Mapping[Situation, Mapping[tuple[int, int], Phrase]]) -> dict[str, dict[tuple[int, int], Phrase]]:
    """For each rule that says values of records all its phrases, in the order of its atoms, whatever was seen first."""
    found: dict[str, dict[tuple[int, int], Phrase]] = {}
    for situation, of_situation in phrases.items():
        if not all(phrase.fixed for phrase in of_situation.values()):
            found.setdefault(situation.rule, {}).update(of_situation)
    return {rule: dict(sorted(of_rule.items())) for rule, of_rule in found.items()}


def _table(columns: Sequence[tuple[str, pa.DataType]], rows: Sequence[Sequence[object]]) -> pa.Table:
    return pa.table(
        [pa.array([row[i] for row in rows], kind) for i, (_, kind) in enumerate(columns)], names=[c for c, _ in columns]
    )


def _reason(shown: Mapping[str, Mapping[tuple[int, int], Phrase]], reasons: Reasons) -> exp.Expr:
    """The text of a decision where it has one, else its rule's phrases with the record's values."""
    if not shown:
        return name("_text")
    ifs = [exp.If(this=exp.Literal.string(rule), true=reasons.written(list(phrases.values()))) for rule, phrases in shown.items()]
    return exp.Coalesce(this=name("_text"), expressions=[exp.Case(this=name("_rule"), ifs=ifs)])
