"""Signatures -> situations; decided situations -> what each means, carried back to the signatures.

In: a step, its distinct signatures, and the status decided for each situation. Out: the Arrow tables `judged_n`, `found_n` and
`decisions_n`, and the SQL of the step's reasons. It sees signatures, never records, and works through them a column at a time.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from lookback.judging._queries import DECISION_COLUMNS, FINDING, FINDINGS, RANK, SCORE, SIGNATURE
from lookback.judging.program import Step
from lookback.judging.reasons import Phrase, Reasons
from lookback.language.conditions import Situation, Status, Truth
from lookback.language.scope import unmet_column
from lookback.language.sql import name
from lookback.packs.checked import CheckedRule

FINDING_STATUSES: tuple[Status, ...] = ("unmet", "unknown")
_TRUTHS: tuple[Truth, ...] = ("f", "t", "u")


def situations(step: Step, signatures: pa.Table) -> list[Situation]:
    """The situations that signatures (`w0`, …, and `n`, the records of each) are in; rules in order."""
    return [
        Situation(rule.id, tuple(_TRUTHS[code >> 2 * i & 3] for i in range(len(rule.atoms))))
        for rule in step.rules
        for code in sorted(_codes(step, rule, signatures).unique().to_pylist())
    ]


def truths(step: Step, rule: CheckedRule, words: Sequence[int]) -> tuple[Truth, ...]:
    """The truth of a rule's atoms, from the words of a signature."""
    return tuple(_TRUTHS[words[word] >> (2 * bit) & 3] for word, bit in step.positions(rule))


def _codes(step: Step, rule: CheckedRule, signatures: pa.Table) -> pa.Array:
    """For each signature the truths of a rule's atoms, two bits each, the first atom lowest."""
    code: Any = None
    positions = step.positions(rule)
    ends = [i for i, (one, other) in enumerate(pairwise(positions), 1) if other != (one[0], one[1] + 1)]
    for start, end in pairwise((0, *ends, len(positions))):  # atoms that stand side by side are taken together
        word, bit = positions[start]
        run = pc.bit_wise_and(pc.shift_right(signatures[f"w{word}"], _big(2 * bit)), _big(4 ** (end - start) - 1))
        run = pc.shift_left(run, _big(2 * start)) if start else run
        code = run if code is None else pc.bit_wise_or(code, run)
    return code.combine_chunks()


def _big(value: int) -> pa.Scalar:
    """With its type, which Arrow is slow to find out."""
    return pa.scalar(value, pa.int64())


@dataclass(frozen=True)
class Meaning:
    """What a situation comes to. `finding`: its number, by place in `decisions_n`, None where there is none."""

    code: int
    status: Status
    rank: int | None
    finding: int | None


@dataclass(frozen=True)
class Outcomes:
    """`decisions`: a row a finding; `of_rule`: what each rule's situations mean; `reason`: SQL over decisions and records."""

    decisions: pa.Table
    of_rule: Mapping[str, Sequence[Meaning]]
    reason: exp.Expr


def outcomes(
    step: Step, seen: Sequence[Situation], decided: Mapping[Situation, Status], reasons: Reasons, places: Mapping[str, int]
) -> Outcomes:
    """What the decided situations of a step mean. `places` gives each rule's place in the pack."""
    ranks = {outcome: i for i, outcome in enumerate(reasons.pack.outcomes)}
    rules = {rule.id: rule for rule in step.rules}
    of_rule: dict[str, list[Meaning]] = {rule.id: [] for rule in step.rules}
    decisions: list[tuple[int | str | None, ...]] = []
    phrases = {one: reasons.phrases(rules[one.rule], one.values) for one in seen if decided[one] in FINDING_STATUSES}
    shown = _shown(phrases)
    bits = {rule: {place: 1 << i for i, place in enumerate(of)} for rule, of in shown.items()}
    for one in seen:
        status, rule = decided[one], rules[one.rule].rule
        code = sum(_TRUTHS.index(value) << 2 * i for i, value in enumerate(one.values))
        if status not in FINDING_STATUSES:
            of_rule[one.rule].append(Meaning(code, status, None, None))
            continue
        outcome = str(rules[one.rule].outcome(status))
        why = phrases[one]
        fixed = all(phrase.fixed for phrase in why.values())
        text = reasons.joined(why.values()) if fixed else None
        mask = 0 if fixed else sum(bits[rule.rule][place] for place in why)
        of_rule[one.rule].append(Meaning(code, status, ranks[outcome], len(decisions)))
        decisions.append((len(decisions), rule.rule, rule.clause, status, outcome, text, mask, places[rule.rule]))
    kinds = (pa.int32(), pa.string(), pa.string(), pa.string(), pa.string(), pa.string(), pa.int64(), pa.int32())
    columns = [pa.array([row[i] for row in decisions], kind) for i, kind in enumerate(kinds)]
    return Outcomes(pa.table(columns, names=[FINDING, *DECISION_COLUMNS]), of_rule, _reason(shown, reasons))


@dataclass(frozen=True)
class Carried:
    """`judged_n` and `found_n`; `counts`: records by rule and status."""

    judged: pa.Table
    found: pa.Table
    counts: Mapping[str, Mapping[Status, int]]


def carried(step: Step, signatures: pa.Table, of_rule: Mapping[str, Sequence[Meaning]], used_rules: Collection[str]) -> Carried:
    """What its situations come to, for each signature. `used_rules`: those named in unmet(…)."""
    rank = score = count = pa.array([0] * signatures.num_rows, pa.int64())
    numbers, findings = [pa.array([], pa.int32())], [pa.array([], pa.int32())]
    unmet: dict[str, pa.Array] = {}
    counts: dict[str, Mapping[Status, int]] = {}
    for rule in step.rules:
        here = of_rule[rule.id]
        at = pc.index_in(_codes(step, rule, signatures), value_set=pa.array([one.code for one in here], pa.int64()))
        statuses = list(dict.fromkeys(one.status for one in here))
        status = pa.array([statuses.index(one.status) for one in here], pa.int8()).take(at)
        is_ = {s: pc.equal(status, pa.scalar(i, pa.int8())) for i, s in enumerate(statuses)}
        counts[rule.id] = {s: pc.sum(signatures["n"].filter(those)).as_py() for s, those in is_.items()}
        if rule.id in used_rules:
            unmet[unmet_column(rule.id)] = is_.get("unmet", pa.array([False] * signatures.num_rows, pa.bool_()))
        if any(one.finding is not None for one in here):
            rank = pc.max_element_wise(rank, pa.array([one.rank for one in here], pa.int64()).take(at))
            finding = pa.array([one.finding for one in here], pa.int32()).take(at)
            found = finding.is_valid()
            count = pc.add(count, found.cast(pa.int64()))
            score = pc.add(score, pc.multiply(found.cast(pa.int64()), _big(rule.rule.weight)))
            numbers.append(pc.indices_nonzero(found).cast(pa.int32()))
            findings.append(finding.drop_null())
    words = {f"w{w}": signatures[f"w{w}"] for w in range(step.words)}
    number = pa.array(range(signatures.num_rows), pa.int32())
    return Carried(
        pa.table({**words, SIGNATURE: number, RANK: rank, SCORE: score, FINDINGS: count, **unmet}),
        pa.table({SIGNATURE: pa.concat_arrays(numbers), FINDING: pa.concat_arrays(findings)}),
        counts,
    )


def _shown(phrases: Mapping[Situation, Mapping[tuple[int, int], Phrase]]) -> dict[str, dict[tuple[int, int], Phrase]]:
    """For each rule that says values of records all its phrases, in the order of its atoms, whatever was seen first."""
    found: dict[str, dict[tuple[int, int], Phrase]] = {}
    for situation, of_situation in phrases.items():
        if not all(phrase.fixed for phrase in of_situation.values()):
            found.setdefault(situation.rule, {}).update(of_situation)
    return {rule: dict(sorted(of_rule.items())) for rule, of_rule in found.items()}


def _reason(shown: Mapping[str, Mapping[tuple[int, int], Phrase]], reasons: Reasons) -> exp.Expr:
    """The text of a decision where it has one, else its rule's phrases with the record's values."""
    if not shown:
        return name("_text")
    ifs = [exp.If(this=exp.Literal.string(rule), true=reasons.written(list(phrases.values()))) for rule, phrases in shown.items()]
    return exp.Coalesce(this=name("_text"), expressions=[exp.Case(this=name("_rule"), ifs=ifs)])
