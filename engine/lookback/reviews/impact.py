"""Whom an edit of the rules moves: the same records, judged by two packs.

In: two checked packs, and the data. Out: an `Impact`: units by old and new verdict, findings gained and lost a rule, every
moved unit with the findings that moved it, the changes of places in the ranking, and what z3 says of the changed rules for
every possible record; and what the two say of the review as a whole. The data are read once, as the new pack defines its
fields, and both packs judge them in one warehouse. Where the packs bring other rows or references of their own, so that what is
looked up differs, each reads the data for itself.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa
from sqlglot import exp

from lookback.judging.decider import Decider, Deciding
from lookback.judging.judge import Got, Judgement, judge
from lookback.judging.large import with_large
from lookback.judging.program import ROW, UNIT, compile, found
from lookback.judging.reasons import Reasons
from lookback.judging.trial import Trial
from lookback.judging.whole import Whole
from lookback.language.scope import state_column, state_of
from lookback.language.types import Column
from lookback.packs.check import check_pack
from lookback.packs.checked import CheckedFact, CheckedPack
from lookback.packs.checks.former import by_new_names
from lookback.packs.checks.whole import JUDGED
from lookback.packs.model import REVIEW, FieldDef, Rule
from lookback.place import temporary
from lookback.proving.sameness import Compared, comparing, lists_that_differ, merged
from lookback.proving.sameness import judged as judged_by_both
from lookback.records.formats.held import Item
from lookback.records.read import Read, Run, read_inputs
from lookback.reviews.folder import label_sql
from lookback.warehouse.duckdb import DuckDB, literal, quoted
from lookback.words import Word
from lookback.words.errors import Notice, UsageError

SIDES = ("old", "new")


@dataclass
class Impact:
    """What an edit does to a review.

    `verdicts`: units by (old verdict, new verdict). `rules`: (rule, table) -> records that (gained, lost) a finding, for every
    rule that was changed. `moved`: a row a unit whose verdict differs: unit, label, old_verdict, new_verdict, old_score,
    new_score, old_place, new_place; worst first. `why`: a row a finding of a moved unit that one pack has and the other has not,
    or not alike: unit, change (gained, lost, altered), table, record, rule, outcome, reason; in the order of `moved`. `places`: a
    row a unit whose place in the ranking differs, with the columns of `moved`, the largest moves first. `compared`: what z3 says.
    `review`: of the review as a whole, where a pack asks anything of it.
    """

    verdicts: dict[tuple[str, str], int]
    rules: dict[tuple[str, str], tuple[int, int]]
    moved: pa.Table
    why: pa.Table
    places: pa.Table
    compared: Sequence[Compared]
    problems: int
    notices: Sequence[Notice] = ()
    differing: Sequence[str] = field(default_factory=tuple)
    """Fields that the two packs define differently: they were read as the new one says."""
    review: OfReview | None = None


@dataclass(frozen=True)
class OfReview:
    """What the two packs say of the review as a whole: its verdicts, None where a pack asks nothing of it; `changes`: of each
    finding that one has and the other has not, or not alike, the change (gained, lost, altered), rule, outcome, reason."""

    old: str | None
    new: str | None
    changes: Sequence[Mapping[str, str]]


@dataclass(frozen=True)
class _Side:
    """One of the packs, and where the data lie as it judges them; `lost`: what of them was."""

    name: str
    pack: CheckedPack
    warehouse: DuckDB
    folder: Path
    reading: Read


def impact(
    old: CheckedPack,
    new: CheckedPack,
    data: Sequence[Item],
    *,
    lang: str = "en",
    threads: int | None = None,
    memory: int | None = None,
    encoding: str | Sequence[str] | None = None,
    accept_headers: bool = False,
    decider: Decider = "durable",
    most: int | None = None,
    progress: Callable[[str, float], None] = lambda stage, share: None,
) -> Impact:
    """Judge the data by both packs, and compare. `most`: for how many moved units it is told why, None for all.

    Raises UsageError where the packs cannot be held against each other, InputError for data that cannot be read.
    """
    old = renamed(_by_new_names(old, new), new)
    differing = _comparable(old, new)
    apart = any(lists_that_differ(old, new)) or not _looks(old) <= _looks(new)
    if apart and any(str(item).rpartition("=")[2] == "-" for item in data):
        raise UsageError("impact-twice")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(temporary()))

        def read(pack: CheckedPack, judging: CheckedPack, name: str) -> tuple[_Side, int]:
            place = folder / name
            place.mkdir()
            warehouse = DuckDB(place, threads, memory // 2 if memory is not None and apart else memory)
            stack.callback(warehouse.close)
            run = Run(pack, warehouse, place, place / "inputs", lang, encoding, accept_headers)
            _, reading, problems = read_inputs(data, run, lambda share: progress("read", share))
            return _Side(name, judging, warehouse, place, reading), sum(problems.values())

        if apart:
            differing = []
            before, _ = read(old, old, SIDES[0])
            now, problems = read(new, new, SIDES[1])
        else:
            tables = merged(new.tables, old.tables)
            now, problems = read(replace(new, pack=replace(new.pack, tables=tables)), new, SIDES[1])
            before = replace(now, name=SIDES[0], pack=old)
        sides, warehouse = (before, now), now.warehouse
        compared_by = stack.enter_context(comparing(old, new))  # beside the judging; durable_rules is not run there
        judged: dict[str, Judgement] = {}
        whole: dict[str, Got] = {}
        for i, side in enumerate(sides):

            def part(share: float, i: int = i) -> None:
                progress("judge", (i + share) / 2)

            pack, lost = side.pack, with_large(side.reading.lost, side.pack, side.warehouse)
            reasons = Reasons(pack, lang, lost)
            judged[side.name] = judge(compile(pack, lost), side.warehouse, Deciding(pack.rules, decider), reasons, part)
            if pack.whole is not None:
                work = side.folder / f"whole-{side.name}"
                work.mkdir()
                whole[side.name] = Whole(pack.whole, decider).judge(judged[side.name].program, side.warehouse, lang, work)
            _keep(side.warehouse, judged[side.name], pack, side.name)
        progress("write", 0.0)
        _units(sides, old, new)
        verdicts = {
            (str(before), str(after)): int(n)
            for before, after, n in warehouse.rows("SELECT old_verdict, new_verdict, count(*) FROM compared GROUP BY ALL")
        }
        moved = _ranked(warehouse, "old_verdict <> new_verdict", f"{_rank(new, 'new_verdict')} DESC, new_score DESC, unit")
        places = _ranked(warehouse, "old_place <> new_place", "abs(old_place - new_place) DESC, new_place")
        trials = Trial(old, decider), Trial(new, decider)
        compared = [judged_by_both(one, *trials) for one in compared_by()]
        rules, review = _gained_and_lost(sides, judged, compared), _of_review(old, new, whole)
        if review is not None:
            rules |= {(rule, REVIEW): of for rule, of in _counted(review).items() if (rule, REVIEW) in rules}
        sound = all(one.program.lost.empty for one in judged.values())
        compared = [_held(one, rules, moved.num_rows, new.root, sound) for one in compared]
        shown = moved.column("unit").to_pylist()[:most]
        why = _why(sides, judged, shown, compared)
        progress("write", 1.0)
        notices = sides[1].reading.notices
        return Impact(verdicts, rules, moved, why, places, compared, problems, notices, differing, review)


def _looks(pack: CheckedPack) -> set[str]:
    """By what facts go over other records: of these the reading looks at what is missing."""
    return {
        fact.link if fact.via is not None else fact.table for fact in pack.facts if fact.via is not None or fact.among is not None
    }


def _of_review(old: CheckedPack, new: CheckedPack, got: Mapping[str, Got]) -> OfReview | None:
    """What became of the review as a whole by both packs."""
    if not got:
        return None
    found = {side: _findings_of(pack.whole, got[side]) for side, pack in zip(SIDES, (old, new), strict=True) if side in got}
    before, now = (found.get(side, {}) for side in SIDES)
    changes = []
    for rule in dict.fromkeys((*now, *before)):
        if before.get(rule, ("", ""))[:2] == now.get(rule, ("", ""))[:2]:
            continue
        change = "gained" if rule not in before else "lost" if rule not in now else "altered"
        _, outcome, reason = now.get(rule) or before[rule]
        changes.append({"change": change, "rule": rule, "outcome": outcome, "reason": reason})
    old_verdict, new_verdict = (got[side].verdict if side in got else None for side in SIDES)
    return OfReview(old_verdict, new_verdict, changes)


def _findings_of(pack: CheckedPack | None, got: Got) -> dict[str, tuple[str, str, str]]:
    """Status, outcome and reason of each finding of the review."""
    found = {}
    for rule in pack.rules if pack is not None else ():
        outcome = pack.outcome(rule, got.situations[rule.id], got.statuses[rule.id]) if pack is not None else None
        if outcome is not None:
            found[rule.id] = (str(got.statuses[rule.id]), outcome, got.reasons[rule.id])
    return found


def _counted(review: OfReview) -> dict[str, tuple[int, int]]:
    return {one["rule"]: (int(one["change"] == "gained"), int(one["change"] == "lost")) for one in review.changes}


class BeliedProof(RuntimeWarning):
    """The same was proved of two packs, and sound records say otherwise: a defect of lookback."""


def _held(one: Compared, rules: Mapping[tuple[str, str], tuple[int, int]], moved: int, root: str, sound: bool) -> Compared:
    """What was proved, where the records do not belie it; else it is open. What is lost, or too large, is no matter of proofs."""
    differs = any(rules.get((one.rule, one.table), ())) if one.rule else one.table == root and moved
    if not (one.same and differs):
        return one
    if sound:
        warnings.warn(BeliedProof(f"{one.rule or one.table}: proved the same, and not the same"), stacklevel=2)
    return replace(one, same=None, why=Word("free.belied"))


def _by_new_names(old: CheckedPack, new: CheckedPack) -> CheckedPack:
    """The old pack with those of its tables and fields by their new names that the new one says they had before (`was`)."""
    before = old.stored.pack
    now = by_new_names(before, new.stored.pack)
    return old if now is before else check_pack(now, old.params)


def renamed(old: CheckedPack, new: CheckedPack) -> CheckedPack:
    """The old pack with those of its rules by their new ids that the new one says it had before (`was`)."""
    old, ids = _renamed_there(old, new), _ids(old, new)
    if old.whole is not None and new.whole is not None:
        old = replace(old, whole=renamed(old.whole, new.whole))
    if not ids:
        return old

    def of_column(node: exp.Expr) -> exp.Expr:
        named = state_of(node.name) if isinstance(node, exp.Column) else None
        if named is not None and named[1] in ids:
            node.set("this", exp.to_identifier(state_column(named[0], ids[named[1]]), quoted=True))
        return node

    def of_fact(fact: CheckedFact) -> CheckedFact:
        value = re.sub(r"'([a-z0-9-]+)'", lambda m: f"'{ids.get(m[1], m[1])}'", fact.fact.value)
        sql, uses = fact.sql.transform(of_column), tuple(ids.get(rule, rule) for rule in fact.uses_rules)
        return replace(fact, fact=fact.fact.model_copy(update={"value": value}), sql=sql, uses_rules=uses)

    def of_rule(rule: Rule) -> Rule:
        return rule.model_copy(update={"rule": ids.get(rule.rule, rule.rule)})

    pack = replace(old.pack, rules=tuple((path, of_rule(rule)) for path, rule in old.pack.rules))
    rules = tuple(replace(rule, rule=of_rule(rule.rule)) for rule in old.rules)
    return replace(old, pack=pack, rules=rules, facts=tuple(of_fact(f) if f.uses_rules else f for f in old.facts))


def _renamed_there(old: CheckedPack, new: CheckedPack) -> CheckedPack:
    """The old pack with those rules by their new ids of which the review as a whole asks."""
    ids = _ids(old, new)
    if old.whole is None or not ids:
        return old

    def of_name(name: str) -> str:
        state = state_of(name.removeprefix(JUDGED)) if name.startswith(JUDGED) else None
        return JUDGED + state_column(state[0], ids[state[1]]) if state is not None and state[1] in ids else name

    def of_column(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Column):
            node.set("this", exp.to_identifier(of_name(node.name), quoted=True))
        return node

    tables = {
        t: table.model_copy(update={"fields": {of_name(name): f for name, f in table.fields.items()}})
        for t, table in old.whole.tables.items()
    }
    facts = tuple(
        replace(f, sql=f.sql.transform(of_column), columns=tuple(Column(c.table, of_name(c.name)) for c in f.columns))
        for f in old.whole.facts
    )
    return replace(old, whole=replace(old.whole, pack=replace(old.whole.pack, tables=tables), facts=facts))


def _ids(old: CheckedPack, new: CheckedPack) -> dict[str, str]:
    return {was: rule.id for rule in new.rules for was in rule.rule.was if was in old.by_id and rule.id not in old.by_id}


def _bring(name: str, of: DuckDB, to: DuckDB) -> None:
    """A table into another warehouse, where it is another."""
    if of is not to:
        to.load(name, of.arrow(f"FROM {quoted(name)}"))


def _comparable(old: CheckedPack, new: CheckedPack) -> list[str]:
    """The fields that the packs define differently. Raises UsageError where one reading cannot serve both."""
    if old.root != new.root:
        raise UsageError("impact-other-units", old=old.root, new=new.root)
    differing = []
    for table, definition in new.tables.items():
        before = old.tables.get(table)
        if before is None:
            continue
        if (before.key, before.belongs_to) != (definition.key, definition.belongs_to):
            raise UsageError("impact-other-key", table=table)
        for id_, f in definition.fields.items():
            other = before.fields.get(id_)
            if other is not None and other.type is not f.type:
                raise UsageError("impact-other-type", field=f"{table}.{id_}", old=other.type.value, new=f.type.value)
            if other is not None and _read_as(old, other) != _read_as(new, f):
                differing.append(f"{table}.{id_}")
    return differing


def _read_as(pack: CheckedPack, f: FieldDef) -> object:
    """What decides how a value of the field is read."""
    return f.type, f.choices, f.between, pack.pack.blanks if f.blanks is None else f.blanks


# ------------------------------------------------------------------------------------------------- both sides side by side


def _keep(warehouse: DuckDB, judged: Judgement, pack: CheckedPack, side: str) -> None:
    """Put one pack's judgement away under the side's name, so that the other's does not overwrite it."""
    root = pack.tables[pack.root]
    columns = f"CAST({quoted(root.key)} AS VARCHAR) AS unit, {label_sql(root)} AS label"
    warehouse.create(f"units_{side}", f"SELECT {columns}, verdict, score, findings FROM ({judged.program.sql['verdicts']}) AS v")
    for step in (step for step in judged.program.steps if step.rules):
        for kind in ("state", "judged", "found", "decisions"):
            warehouse.run(f'ALTER TABLE "{kind}_{step.number}" RENAME TO "{side}_{kind}_{step.number}"')


def _rank(pack: CheckedPack, column: str) -> str:
    return f"CASE {column} " + " ".join(f"WHEN {literal(o)} THEN {i}" for i, o in enumerate(pack.outcomes)) + " END"


def _units(sides: Sequence[_Side], old: CheckedPack, new: CheckedPack) -> None:
    """compared: a row a unit, with verdict, score and place on both sides."""
    warehouse = sides[1].warehouse
    _bring(f"units_{SIDES[0]}", sides[0].warehouse, warehouse)
    for side, pack in zip(SIDES, (old, new), strict=True):
        order = f"{_rank(pack, 'verdict')} DESC, score DESC, findings DESC, unit"
        warehouse.create(f"placed_{side}", f"SELECT *, row_number() OVER (ORDER BY {order}) AS place FROM units_{side}")
    columns = ", ".join(f"{side}.{c} AS {side}_{c}" for c in ("verdict", "score", "place") for side in SIDES)
    query = f"SELECT new.unit, new.label, {columns} FROM placed_old AS old JOIN placed_new AS new USING (unit)"
    warehouse.create("compared", query)


def _ranked(warehouse: DuckDB, where: str, order: str) -> pa.Table:
    return warehouse.arrow(f"SELECT * FROM compared WHERE {where} ORDER BY {order}")


def _gained_and_lost(
    sides: Sequence[_Side], judged: Mapping[str, Judgement], compared: Sequence[Compared]
) -> dict[tuple[str, str], tuple[int, int]]:
    """For every changed rule how many records gained and lost a finding of it."""
    wanted = [(one.rule, one.table) for one in compared if one.rule]
    listed = ", ".join(literal(rule) for rule, _ in wanted) or "''"
    for side in sides:
        name, warehouse = side.name, side.warehouse
        warehouse.create(f"{name}_found", f"SELECT '' AS _rule, '' AS _table, 0::BIGINT AS {ROW} WHERE false")
        for step in judged[name].program.steps:
            if step.rules:
                rows = f"SELECT _rule, {literal(step.table)}, s.{ROW} FROM {found(step, f'{name}_')} WHERE _rule IN ({listed})"
                warehouse.run(f"INSERT INTO {name}_found {rows}")
        _bring(f"{name}_found", warehouse, sides[1].warehouse)
    counts = ", ".join(f"count(*) FILTER (WHERE {side}_found._rule IS NULL)" for side in SIDES)
    query = f"SELECT _rule, _table, {counts} FROM old_found FULL JOIN new_found USING (_rule, _table, {ROW}) GROUP BY 1, 2"
    changed = {(rule, table): (int(gained), int(lost)) for rule, table, gained, lost in warehouse.rows(query)}
    return {one: changed.get(one, (0, 0)) for one in wanted}


# -------------------------------------------------------------------------------------------------------------- and why


def _why(
    sides: Sequence[_Side],
    judged: Mapping[str, Judgement],
    units: Sequence[str],
    compared: Sequence[Compared],
) -> pa.Table:
    """What changed in the findings of some units, each with its reason: of the rules that were changed first, then of those
    that count them. No other rule's findings can differ, and what counts for no unit by either pack has moved none."""
    known = {rule.id for side in sides for rule in side.pack.rules if side.pack.not_counted(rule) is None}
    rules = [one.rule for one in compared if one.rule in known] or [""]
    wanted = pa.table({"unit": pa.array(units, pa.string()), "place": pa.array(range(len(units)), pa.int64())})
    listed, warehouse = ", ".join(map(literal, rules)), sides[1].warehouse
    for side in sides:
        side.warehouse.load("wanted", wanted)
        _findings(side.warehouse, judged[side.name], side.pack, side.name, listed)
        _bring(f"{side.name}_findings", side.warehouse, warehouse)
    causes = ", ".join(literal(one.rule) for one in compared if one.rule and one.change != "affected") or "''"
    change = "CASE WHEN o.unit IS NULL THEN 'gained' WHEN n.unit IS NULL THEN 'lost' ELSE 'altered' END"
    both = ", ".join(f"coalesce(n.{column}, o.{column}) AS {column}" for column in ("outcome", "reason"))
    return warehouse.arrow(
        f"""SELECT unit, change, "table", record, rule, outcome, reason
        FROM (SELECT coalesce(n.unit, o.unit) AS unit, {change} AS change, "table", record, rule, {both}
              FROM old_findings AS o FULL JOIN new_findings AS n USING ("table", record, rule)
              WHERE o.status IS DISTINCT FROM n.status OR o.outcome IS DISTINCT FROM n.outcome)
        JOIN wanted USING (unit) ORDER BY wanted.place, rule NOT IN ({causes}), "table", record, rule"""
    )


def _findings(warehouse: DuckDB, judged: Judgement, pack: CheckedPack, side: str, rules: str) -> None:
    """`old_findings` or `new_findings`: the findings of some rules on the wanted units, by one pack."""
    for step in (step for step in judged.program.steps if step.rules):
        kept = f"SELECT s.* FROM {side}_state_{step.number} AS s JOIN {quoted(f'records_{step.table}')} AS r ON s.{ROW} = r.{ROW}"
        warehouse.create(f"state_{step.number}", f"{kept} SEMI JOIN wanted AS w ON CAST(r.{UNIT} AS VARCHAR) = w.unit")
        for kind in ("judged", "found"):
            warehouse.view(f"{kind}_{step.number}", f"FROM {side}_{kind}_{step.number}")
        kept = f"FROM {side}_decisions_{step.number} WHERE _rule IN ({rules})"
        warehouse.view(f"decisions_{step.number}", kept)
    first, *others = judged.findings()
    warehouse.create(f"{side}_findings", first)
    for other in others:
        warehouse.run(f"INSERT INTO {side}_findings {other}")
