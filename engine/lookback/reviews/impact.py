"""Whom an edit of the rules moves: the same records, judged by two packs.

In: two checked packs, and the data. Out: an `Impact`: units by old and new verdict, findings gained and lost a rule, every
moved unit with the findings that moved it, the changes of places in the ranking, and what z3 says of the changed rules for
every possible record. The data are read once, as the new pack defines its fields; both packs judge them in one warehouse.
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
from lookback.judging.judge import Judgement, judge
from lookback.judging.large import with_large
from lookback.judging.program import ROW, UNIT, compile, found
from lookback.judging.reasons import Reasons
from lookback.judging.trial import Trial
from lookback.language.scope import state_column, state_of
from lookback.packs.checked import CheckedFact, CheckedPack
from lookback.packs.model import FieldDef, Rule
from lookback.place import temporary
from lookback.proving.sameness import Compared, comparing, merged
from lookback.proving.sameness import judged as judged_by_both
from lookback.records.read import Run, read_inputs
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


def impact(
    old: CheckedPack,
    new: CheckedPack,
    data: Sequence[str | Path],
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
    old = renamed(old, new)
    differing = _comparable(old, new)
    tables = merged(new.tables, old.tables)
    reading_pack = replace(new, pack=replace(new.pack, tables=tables))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(temporary()))
        warehouse = DuckDB(folder, threads, memory)
        stack.callback(warehouse.close)
        run = Run(reading_pack, warehouse, folder, folder / "inputs", lang, encoding, accept_headers)
        _, reading, problems = read_inputs(data, run, lambda share: progress("read", share))
        compared_by = stack.enter_context(comparing(old, new))  # beside the judging; durable_rules is not run there
        judged: dict[str, Judgement] = {}
        for i, (side, pack) in enumerate(zip(SIDES, (old, new), strict=True)):

            def part(share: float, i: int = i) -> None:
                progress("judge", (i + share) / 2)

            lost = with_large(reading.lost, pack, warehouse)
            judged[side] = judge(compile(pack, lost), warehouse, Deciding(pack.rules, decider), Reasons(pack, lang, lost), part)
            _keep(warehouse, judged[side], pack, side)
        progress("write", 0.0)
        _units(warehouse, old, new)
        verdicts = {
            (str(before), str(after)): int(n)
            for before, after, n in warehouse.rows("SELECT old_verdict, new_verdict, count(*) FROM compared GROUP BY ALL")
        }
        moved = _ranked(warehouse, "old_verdict <> new_verdict", f"{_rank(new, 'new_verdict')} DESC, new_score DESC, unit")
        places = _ranked(warehouse, "old_place <> new_place", "abs(old_place - new_place) DESC, new_place")
        trials = Trial(old, decider), Trial(new, decider)
        compared = [judged_by_both(one, *trials) for one in compared_by()]
        rules = _gained_and_lost(warehouse, judged, compared)
        sound = all(one.program.lost.empty for one in judged.values())
        compared = [_held(one, rules, moved.num_rows, new.root, sound) for one in compared]
        shown = moved.column("unit").to_pylist()[:most]
        why = _why(warehouse, judged, {"old": old, "new": new}, shown, compared)
        progress("write", 1.0)
        return Impact(verdicts, rules, moved, why, places, compared, sum(problems.values()), reading.notices, differing)


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


def renamed(old: CheckedPack, new: CheckedPack) -> CheckedPack:
    """The old pack with those of its rules by their new ids that the new one says it had before (`was`)."""
    ids = {was: rule.id for rule in new.rules for was in rule.rule.was if was in old.by_id and rule.id not in old.by_id}
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


def _units(warehouse: DuckDB, old: CheckedPack, new: CheckedPack) -> None:
    """compared: a row a unit, with verdict, score and place on both sides."""
    for side, pack in zip(SIDES, (old, new), strict=True):
        order = f"{_rank(pack, 'verdict')} DESC, score DESC, findings DESC, unit"
        warehouse.create(f"placed_{side}", f"SELECT *, row_number() OVER (ORDER BY {order}) AS place FROM units_{side}")
    columns = ", ".join(f"{side}.{c} AS {side}_{c}" for c in ("verdict", "score", "place") for side in SIDES)
    query = f"SELECT new.unit, new.label, {columns} FROM placed_old AS old JOIN placed_new AS new USING (unit)"
    warehouse.create("compared", query)


def _ranked(warehouse: DuckDB, where: str, order: str) -> pa.Table:
    return warehouse.arrow(f"SELECT * FROM compared WHERE {where} ORDER BY {order}")


def _gained_and_lost(
    warehouse: DuckDB, judged: Mapping[str, Judgement], compared: Sequence[Compared]
) -> dict[tuple[str, str], tuple[int, int]]:
    """For every changed rule how many records gained and lost a finding of it."""
    wanted = [(one.rule, one.table) for one in compared if one.rule]
    listed = ", ".join(literal(rule) for rule, _ in wanted) or "''"
    for side in SIDES:
        warehouse.create(f"{side}_found", f"SELECT '' AS _rule, '' AS _table, 0::BIGINT AS {ROW} WHERE false")
        for step in judged[side].program.steps:
            if step.rules:
                rows = f"SELECT _rule, {literal(step.table)}, s.{ROW} FROM {found(step, f'{side}_')} WHERE _rule IN ({listed})"
                warehouse.run(f"INSERT INTO {side}_found {rows}")
    counts = ", ".join(f"count(*) FILTER (WHERE {side}_found._rule IS NULL)" for side in SIDES)
    query = f"SELECT _rule, _table, {counts} FROM old_found FULL JOIN new_found USING (_rule, _table, {ROW}) GROUP BY 1, 2"
    changed = {(rule, table): (int(gained), int(lost)) for rule, table, gained, lost in warehouse.rows(query)}
    return {one: changed.get(one, (0, 0)) for one in wanted}


# -------------------------------------------------------------------------------------------------------------- and why


def _why(
    warehouse: DuckDB,
    judged: Mapping[str, Judgement],
    packs: Mapping[str, CheckedPack],
    units: Sequence[str],
    compared: Sequence[Compared],
) -> pa.Table:
    """What changed in the findings of some units, each with its reason: of the rules that were changed first, then of those
    that count them. No other rule's findings can differ, and what counts for no unit by either pack has moved none."""
    known = {rule.id for pack in packs.values() for rule in pack.rules if pack.not_counted(rule) is None}
    rules = [one.rule for one in compared if one.rule in known] or [""]
    warehouse.load("wanted", pa.table({"unit": pa.array(units, pa.string()), "place": pa.array(range(len(units)), pa.int64())}))
    listed = ", ".join(map(literal, rules))
    for side in SIDES:
        _findings(warehouse, judged[side], packs[side], side, listed)
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
