"""Records in a warehouse -> their verdicts there: every step of a program, in order.

In: a program, and the views `records_<table>`. Out: the tables that `program` names, and what was decided. Between the SQL of
two steps it works on signatures, never on records, a column at a time: their situations, what was decided of these, and what it
comes to for each signature. It reads no file and writes none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any, TypeVar

import pyarrow as pa
from sqlglot import exp

from lookback.judging.decider import Deciding
from lookback.judging.losses import KNOWN, flag
from lookback.judging.program import DECISION_COLUMNS, FINDING, NO_FINDINGS, RANK, ROW, SCORE, SIGNATURE, Program, Reason
from lookback.judging.reasons import Phrase, Reasons
from lookback.judging.steps import Step
from lookback.judging.told import TOLD, Told, names_state, rows_found, said_again
from lookback.language.conditions import TRUTHS, Situation, Status, Truth, lost
from lookback.language.decimals import LET
from lookback.language.scope import STATES, state_column
from lookback.language.sql import name, written
from lookback.language.types import Value
from lookback.packs.checked import CheckedRule
from lookback.warehouse import Warehouse
from lookback.warehouse.duckdb import quoted

T = TypeVar("T")
_KINDS: tuple[pa.DataType, ...] = (pa.int32(), *[pa.string()] * 5, pa.int64(), pa.bool_(), pa.int32())
REASON = pa.struct(
    {"code": pa.string(), "args": pa.map_(pa.string(), pa.string()), "values": pa.list_(pa.string()), "when": pa.string()}
)


@dataclass(frozen=True)
class Decision:
    """What a situation comes to. `outcome` and `finding` are None where nothing is found; `lost`: it rests on something lost."""

    situation: Situation
    status: Status
    lost: bool
    outcome: str | None
    finding: int | None


@dataclass
class Judgement:
    """What was decided: of each situation, in order; the records of each rule by status; each step's reasons."""

    program: Program
    decisions: list[Decision] = field(default_factory=list)
    counts: dict[str, Mapping[Status, int]] = field(default_factory=dict)
    reasons: dict[int, Reason] = field(default_factory=dict)
    said: list[tuple[Step, str]] = field(default_factory=list)
    """In which other languages the reasons of a step say what was lost."""

    def said_again(self) -> list[str]:
        """The SQL of the reasons that say what was lost, in other languages than the findings: lang, table, record, finding,
        reason. No record says them by itself."""
        return [said_again(self.program.pack, self.program.lost, step, lang) for step, lang in self.said]

    def note_rows(self, warehouse: Warehouse) -> None:
        """Note in the warehouse which record has which findings, as DuckDB else does not guess how few have any, and holds all
        records to find them."""
        for step in (step for step in self.program.steps if step.rules):
            warehouse.create(f"rows_{step.number}", rows_found(step))

    def drop(self, table: str, warehouse: Warehouse) -> None:
        """Drop what no reason names of a table whose verdicts are written and whose findings are noted."""
        pack = self.program.pack
        for child in pack.children(table):
            warehouse.drop(self.program.totals[child])
        for step in self.program.steps_on(table):
            if step.number not in self.reasons or not names_state(pack, step, self.reasons[step.number]):
                warehouse.drop(f"state_{step.number}")

    def findings(self, by_row: bool = False) -> list[str]:
        """The SQL of the findings, a query a table that has rules, from the units down. `by_row`: as they were noted."""
        queries = (self.program.findings(table, self.reasons, by_row) for table in self.program.pack.top_down())
        return [query for query in queries if query is not None] or [NO_FINDINGS]

    def decided(self, reasons: Reasons) -> pa.Table:
        """A row a situation: rule, situation (the truths of the rule's atoms), status, outcome, finding (its number), and
        `reasons` as code and arguments, these by the ids of fields."""
        reasons = Reasons(self.program.pack, "en", titles=False)
        rules = self.program.pack.by_id
        why = {d: reasons.phrases(rules[d.situation.rule], d.situation.values).values() for d in self.decisions if d.outcome}
        rows = [
            (d.situation.rule, "".join(d.situation.values), d.status, d.outcome, d.finding, [p.kept() for p in why.get(d, ())])
            for d in self.decisions
        ]
        kinds = (pa.string(), pa.string(), pa.string(), pa.string(), pa.int32(), pa.list_(REASON))
        return pa.table(_columns(rows, kinds), names=["rule", "situation", "status", "outcome", "finding", "reasons"])


@dataclass
class Kept:
    """What a warehouse holds of records that were judged before by a program, without reasons: of others that differ in some
    tables only what follows from these is made again. `changed`: the tables, by name, that are others than they were."""

    program: Program
    changed: set[str] = field(default_factory=set)
    made: set[str] = field(default_factory=set)
    decided: dict[int, tuple[list[Decision], Mapping[str, Mapping[Status, int]]]] = field(default_factory=dict)

    @cached_property
    def names(self) -> dict[str, set[str]]:
        """Every name in the SQL of what the program makes; some of them are tables."""
        return {made: {*re.findall(r"\w+", query)} for made, query in self.program.sql.items()}

    def stale(self, made: str) -> bool:
        return made not in self.made or not self.changed.isdisjoint(self.names[made])


def judge(
    program: Program,
    warehouse: Warehouse,
    deciding: Deciding,
    reasons: Reasons | None,
    progress: Callable[[float], None] = lambda share: None,
    kept: Kept | None = None,
    others: Sequence[Reasons] = (),
) -> Judgement:
    """Judge the records in the warehouse. `reasons`: in which words it is told why, None for none: then there are neither
    `decisions_n` nor `found_n`, and `kept` may tell what is there. `others`: in which words it is told, too, what was lost.
    Raises DecisionError where a situation is not decided in exactly one way."""
    found = Judgement(program)

    def make(name_: str) -> bool:
        if kept is not None and not kept.stale(name_):
            return False
        warehouse.create(name_, program.sql[name_])
        if kept is not None:
            kept.changed.add(name_)
            kept.made.add(name_)
        return True

    for step in program.steps:
        progress(step.number / len(program.steps))
        made = [make(name_) for name_ in step.makes]
        for spent in program.spent[step.number] if kept is None else ():
            warehouse.drop(spent)
        if not step.rules:
            continue
        if kept is not None and not made[-1] and step.number in kept.decided:
            decisions, counts = kept.decided[step.number]
            found.decisions += decisions
            found.counts |= counts
            continue
        signatures = warehouse.arrow(f"SELECT * FROM seen_{step.number}")
        statuses = deciding(situations(step, signatures))
        decisions = _decisions(program, step, statuses, first=sum(d.finding is not None for d in found.decisions))
        back = _carried(step, signatures, decisions, program)
        found.decisions += decisions
        found.counts |= back.counts
        warehouse.load(f"judged_{step.number}", back.judged)
        if kept is not None:
            kept.changed.add(f"judged_{step.number}")
            kept.decided[step.number] = decisions, back.counts
        if reasons is None:
            found.reasons[step.number] = Reason("_text")
            continue
        told, found.reasons[step.number], of_lost = _told(program, decisions, reasons)
        warehouse.load(f"decisions_{step.number}", told)
        warehouse.load(f"found_{step.number}", back.found)
        if of_lost is not None:
            warehouse.create(f"said_{step.number}", program.said(step, of_lost, _texts(step, of_lost, reasons)))
            for more in others:
                told, _, why = _told(program, decisions, more)
                assert why is not None
                warehouse.load(f"decisions_{step.number}_{more.lang}", told)
                query = program.said(step, why, _texts(step, why, more), more.lang)
                warehouse.create(f"said_{step.number}_{more.lang}", query)
                found.said.append((step, more.lang))
    for name_ in program.sql:
        if name_.startswith("totals_"):
            make(name_)
    return found


def _texts(step: Step, reason: Reason, reasons: Reasons) -> dict[str, Told]:
    """The texts of what was lost that a reason names."""
    shown = [c for c in reason.columns if c.startswith(TOLD)]
    return {c: reasons.tellers.told(step.table, c.removeprefix(TOLD), step) for c in shown}


def situations(step: Step, signatures: pa.Table) -> list[Situation]:
    """The situations that signatures (`_w0`, …, and `n`, the records of each) are in; rules in order."""
    return [
        Situation(rule.id, tuple(TRUTHS[code >> 2 * i & 3] for i in range(len(rule.atoms))))
        for rule in step.rules
        for code in sorted(_codes(step, rule, signatures).unique().to_pylist())
    ]


def truths(step: Step, rule: CheckedRule, words: Mapping[str, int]) -> tuple[Truth, ...]:
    """The truth of a rule's atoms, from the words of a signature."""
    return tuple(TRUTHS[words[word] >> 2 * place & 3] for word, place in step.positions(rule))


def _codes(step: Step, rule: CheckedRule, signatures: pa.Table) -> pa.Array:
    """For each signature the truths of a rule's atoms, two bits each, the first atom lowest."""
    import pyarrow.compute as pc

    code: Any = None
    positions = step.positions(rule)
    ends = [i for i, (one, other) in enumerate(pairwise(positions), 1) if other != (one[0], one[1] + 1)]
    for start, end in pairwise((0, *ends, len(positions))):  # atoms that stand side by side are taken together
        word, place = positions[start]
        run = pc.bit_wise_and(pc.shift_right(signatures[word], _big(2 * place)), _big(4 ** (end - start) - 1))
        run = pc.shift_left(run, _big(2 * start)) if start else run
        code = run if code is None else pc.bit_wise_or(code, run)
    return code.combine_chunks()


def _big(value: int) -> pa.Scalar:
    """With its type, which Arrow is slow to find out."""
    return pa.scalar(value, pa.int64())


def _decisions(program: Program, step: Step, statuses: Mapping[Situation, Status], first: int) -> list[Decision]:
    """What the decided situations of a step come to; findings are numbered from `first`."""
    rules = {rule.id: rule for rule in step.rules}
    found = []
    for situation, status in statuses.items():
        rule = rules[situation.rule]
        outcome = program.pack.outcome(rule, situation.values, status)
        is_lost = lost(rule, situation.values)
        found.append(Decision(situation, status, is_lost, outcome, first if outcome is not None else None))
        first += outcome is not None
    return found


_Phrases = Mapping[tuple[int, int], Phrase]


def _told(program: Program, decisions: Sequence[Decision], reasons: Reasons) -> tuple[pa.Table, Reason, Reason | None]:
    """`decisions_n`; the step's reasons: the text of a decision where it has one, else its rule's phrases with the record's
    values; and apart, as they are few and dear, the reasons that say what was lost of the record."""
    rules, places = program.pack.by_id, {rule.id: i for i, rule in enumerate(program.pack.rules)}
    found = [d for d in decisions if d.finding is not None]
    phrases = {d.situation: reasons.phrases(rules[d.situation.rule], d.situation.values) for d in found}
    of_lost = {s: why for s, why in phrases.items() if any(phrase.of_lost for phrase in why.values())}
    apart = {True: _shown(of_lost), False: _shown({s: why for s, why in phrases.items() if s not in of_lost})}
    bits = {(dear, rule): {place: 1 << i for i, place in enumerate(of)} for dear, to in apart.items() for rule, of in to.items()}
    rows: list[tuple[int | str | None, ...]] = []
    for d in found:
        rule, why = rules[d.situation.rule].rule, phrases[d.situation]
        fixed = all(phrase.fixed for phrase in why.values())
        text = reasons.joined(why.values()) if fixed else None
        is_of_lost = d.situation in of_lost
        mask = 0 if fixed else sum(bits[is_of_lost, rule.rule][place] for place in why)
        rows.append((d.finding, rule.rule, rule.clause, d.status, d.outcome, text, mask, is_of_lost, places[rule.rule]))
    table = pa.table(_columns(rows, _KINDS), names=[FINDING, *DECISION_COLUMNS])
    plain = _reason(apart[False], reasons, "_text", *(["_said"] if of_lost else []))
    return table, plain, _reason(apart[True], reasons) if of_lost else None


def _reason(shown: Mapping[str, _Phrases], reasons: Reasons, *before: str) -> Reason:
    """The first that is there of some columns and the phrases of the decision's rule."""
    ifs = [exp.If(this=exp.Literal.string(rule), true=reasons.written(list(of.values()))) for rule, of in shown.items()]
    parts: list[exp.Expr] = [*map(name, before)]
    first, *more = parts + ([exp.Case(this=name("_rule"), ifs=ifs)] if ifs else [])
    reason = exp.Coalesce(this=first, expressions=more) if more else first
    named = {c.name for c in reason.find_all(exp.Column) if not c.name.startswith(LET)}
    columns = named - {*DECISION_COLUMNS, "_said"}
    return Reason(written(reason, copy=False), sorted(columns), "_said" in before)


def _columns(rows: Sequence[Sequence[object]], kinds: Sequence[pa.DataType]) -> list[pa.Array]:
    return [pa.array([row[i] for row in rows], kind) for i, kind in enumerate(kinds)]


def _shown(phrases: Mapping[Situation, _Phrases]) -> dict[str, _Phrases]:
    """For each rule that says values of records all its phrases, in the order of its atoms, whatever was seen first."""
    found: dict[str, dict[tuple[int, int], Phrase]] = {}
    for situation, of_situation in phrases.items():
        if not all(phrase.fixed for phrase in of_situation.values()):
            found.setdefault(situation.rule, {}).update(of_situation)
    return {rule: dict(sorted(of_rule.items())) for rule, of_rule in found.items()}


@dataclass(frozen=True)
class _Back:
    """`judged_n` and `found_n`; `counts`: records by rule and status."""

    judged: pa.Table
    found: pa.Table
    counts: Mapping[str, Mapping[Status, int]]


def _carried(step: Step, signatures: pa.Table, decisions: Sequence[Decision], program: Program) -> _Back:
    """What the decided situations come to, for each signature."""
    import pyarrow.compute as pc

    ranks: dict[str | None, int] = {outcome: i for i, outcome in enumerate(program.pack.outcomes)}
    of_rule: dict[str, list[Decision]] = {rule.id: [] for rule in step.rules}
    for decision in decisions:
        of_rule[decision.situation.rule].append(decision)
    worst = known = score = pa.array([0] * signatures.num_rows, pa.int64())
    by_rank = dict.fromkeys(program.ranks, score)
    numbers, findings = [pa.array([], pa.int32())], [pa.array([], pa.int32())]
    states: dict[str, pa.Array] = {}
    no_one = pa.array([False] * signatures.num_rows, pa.bool_())
    counts: dict[str, Mapping[Status, int]] = {}
    for rule in step.rules:
        here = of_rule[rule.id]
        at = pc.index_in(_codes(step, rule, signatures), value_set=pa.array(map(_code, here), pa.int64()))
        is_: dict[Status, pa.Array] = _where(at, [d.status for d in here])
        counts[rule.id] = {status: pc.sum(signatures["n"].filter(those)).as_py() for status, those in is_.items()}
        if rule.id in program.used_rules:
            for state, statuses in STATES.items():
                column = state_column(state, rule.id)
                states[column] = _where(at, [d.status in statuses for d in here]).get(True, no_one)
                if not program.lost.empty:
                    states[flag(column)] = _where(at, [d.lost for d in here]).get(True, no_one)
        counts_for_the_unit = program.pack.not_counted(rule) is None
        for rank, those in _where(at, [ranks.get(d.outcome) for d in here]).items():
            one = those.cast(pa.int64())
            worst = pc.max_element_wise(worst, pc.multiply(one, _big(rank)))
            if not counts_for_the_unit:
                continue
            by_rank[rank] = pc.add(by_rank[rank], one)
            score = pc.add(score, pc.multiply(one, _big(rule.rule.weight)))
        for rank, those in _where(at, [None if d.lost else ranks.get(d.outcome) for d in here]).items():
            known = pc.max_element_wise(known, pc.multiply(those.cast(pa.int64()), _big(rank)))
        found = pa.array([d.finding for d in here], pa.int32()).take(at)
        numbers.append(pc.indices_nonzero(found.is_valid()).cast(pa.int32()))
        findings.append(found.drop_null())
    judged = {word: signatures[word] for word, _ in step.words}
    judged |= {SIGNATURE: pa.array(range(signatures.num_rows), pa.int32()), RANK: worst, SCORE: score}
    judged |= {f"_of{rank}": n for rank, n in by_rank.items()} | states
    judged |= {} if program.lost.empty else {KNOWN: known}
    return _Back(pa.table(judged), pa.table({SIGNATURE: pa.concat_arrays(numbers), FINDING: pa.concat_arrays(findings)}), counts)


def _where(at: pa.Array, values: Sequence[T | None]) -> dict[T, pa.Array]:
    """For each of some values where it is; `at` names one by its place, everywhere."""
    import pyarrow.compute as pc

    distinct = list(dict.fromkeys(values))
    numbers = pa.array([distinct.index(value) for value in values], pa.int32()).take(at)
    return {value: pc.equal(numbers, pa.scalar(i, pa.int32())) for i, value in enumerate(distinct) if value is not None}


def _code(decision: Decision) -> int:
    return sum(TRUTHS.index(value) << 2 * i for i, value in enumerate(decision.situation.values))


# ------------------------------------------------------------------------------------------------------- record by record


@dataclass(frozen=True)
class Got:
    """What became of one record."""

    verdict: str
    facts: Mapping[str, Value]
    statuses: Mapping[str, Status]
    situations: Mapping[str, tuple[Truth, ...]]
    reasons: Mapping[str, str]


def got_of(table: str, program: Program, warehouse: Warehouse, judgement: Judgement, told: bool) -> Iterator[tuple[Value, Got]]:
    """What became of every record of a table that was judged, with its key. `told`: with reasons."""
    steps = program.steps_on(table)
    if not steps:
        return
    key, decided = program.pack.tables[table].key, {d.situation: d.status for d in judgement.decisions}
    reasons: dict[str, dict[str, str]] = {}
    found = program.findings(table, judgement.reasons) if told else None
    for finding in warehouse.rows(found) if found is not None else ():
        reasons.setdefault(finding[1], {})[finding[3]] = finding[7]
    facts = [f.id for step in steps for f in step.facts]
    words = [word for step in steps for word, _ in step.words]
    columns = [f"r.{quoted(key)}", "j.verdict", *(f"j.{quoted(c)}" for c in (*facts, *words))]
    source = f"({program.sql[f'judged_{table}']}) AS j JOIN {quoted(f'records_{table}')} AS r USING ({ROW})"
    for of_record, verdict, *values in warehouse.rows(f"SELECT {', '.join(columns)} FROM {source} ORDER BY {ROW}"):
        signature = dict(zip(words, values[len(facts) :], strict=True))
        seen = {rule.id: truths(step, rule, signature) for step in steps for rule in step.rules}
        yield (
            of_record,
            Got(
                verdict,
                dict(zip(facts, values[: len(facts)], strict=True)),
                {rule: decided[Situation(rule, situation)] for rule, situation in seen.items()},
                seen,
                reasons.get(str(of_record), {}),
            ),
        )
