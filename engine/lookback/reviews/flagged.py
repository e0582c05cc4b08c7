"""A review -> its flagged units, worst first, and their findings.

Flagged is a unit whose verdict is not the best outcome, and one that could not be judged: it is the worst, and called by its
place. Worst first: by outcome, then score, then number of findings, then key.
Reads the review's files; judges nothing.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from sqlglot import exp

from lookback.language.operators import bound
from lookback.language.parse import parse
from lookback.language.scope import Meaning, Scope, type_word
from lookback.language.typed import check
from lookback.language.types import Type
from lookback.packs.checked import NOT_JUDGED, CheckedPack
from lookback.place import temporary
from lookback.reviews.folder import label_sql, reading
from lookback.reviews.lost import lost_by_unit
from lookback.warehouse.duckdb import DuckDB, literal, path_literal, quoted
from lookback.words.errors import Mistake, UsageError
from lookback.words.source import Place, Source, Span


@dataclass(frozen=True)
class Flagged:
    """`units`: a row a flagged unit: key, label (null without one), verdict, score, findings, rules (ids, in the pack's order).
    `findings`: a row a finding on them or their children, in the units' order. `total`: how many were flagged before `top`.
    `lost`, where it was asked for: what was lost, as `lost.COLUMNS` says; of `lost_total`. Of what
    counts; or, for whatever units, of nothing but what does not."""

    units: pa.Table
    findings: pa.Table
    total: int
    lost: pa.Table | None = None
    lost_total: int = 0


def flagged(
    folder: Path,
    pack: CheckedPack,
    *,
    outcome: str | None = None,
    rule: str | None = None,
    where: str | None = None,
    top: int | None = None,
    most_findings: int | None = None,
    lost: bool = False,
    most_lost: int | None = None,
    not_counted: bool = False,
) -> Flagged:
    """The flagged units of the review in `folder`: of one outcome, with a finding of one rule, meeting a condition, the worst.
    `lost`: with what was lost, of all units where all flagged ones are asked for, else of those found.
    `not_counted`: the units that have findings which do not count, and these.

    Raises UsageError for an outcome, rule or condition that the pack does not know, and for a rule whose findings are the others.
    """
    root = pack.tables[pack.root]
    key = quoted(root.key)
    label = label_sql(root)
    tests = [f"verdict <> {literal(pack.outcomes[0])}"]
    if outcome is not None:
        tests = [f"verdict = {literal(outcome if outcome == NOT_JUDGED else pack.pack.outcome_named(outcome))}"]
    findings = f"read_parquet({path_literal(folder / 'findings.parquet')}, file_row_number = true)"
    listed = [r.id for r in pack.rules if (pack.not_counted(r) is not None) == not_counted]
    rules = ", ".join(map(literal, listed)) or "NULL::VARCHAR"
    if len(listed) < len(pack.rules):
        findings = f"(FROM {findings} WHERE rule IN ({rules}))"
    if not_counted:
        tests[0] = f"CAST({key} AS VARCHAR) IN (SELECT unit FROM {findings}) AND {tests[0] if outcome is not None else True}"
    if rule is not None:
        if pack.rule_named(rule).id not in listed:
            raise UsageError("rule-counts" if not_counted else "rule-not-counted", rule=rule)
        of_rule = f"SELECT unit FROM {findings} WHERE rule = {literal(rule)}"
        tests.append(f"CAST({key} AS VARCHAR) IN ({of_rule})")
    if where is not None:
        tests.append(condition(where, pack).sql(dialect="duckdb"))
    rank = "CASE verdict " + " ".join(f"WHEN {literal(o)} THEN {i}" for i, o in enumerate((*pack.outcomes, NOT_JUDGED))) + " END"
    limit = f"LIMIT {int(top)}" if top is not None else ""
    order = "ORDER BY _rank DESC, score DESC, findings DESC, key"
    capped = f"LIMIT {int(most_findings)}" if most_findings is not None else ""
    with temporary() as work, closing(DuckDB(Path(work))) as warehouse, reading(folder):
        verdicts = f"read_parquet({path_literal(folder / 'verdicts.parquet')})"
        named = f"CAST({key} AS VARCHAR)"
        if "_place" in {name for name, *_ in warehouse.rows(f"DESCRIBE FROM {verdicts}")}:
            named = f"coalesce(_place, {named})"
        warehouse.view(
            "units",
            f"""SELECT {named} AS key, {label} AS label, verdict, score, findings, {rank} AS _rank
            FROM {verdicts} WHERE {" AND ".join(f"({t})" for t in tests)}""",
        )
        total = int(warehouse.rows("SELECT count(*) FROM units")[0][0])
        warehouse.create("worst", f"SELECT *, row_number() OVER ({order}) AS _place FROM (FROM units {order} {limit}) {order}")
        warehouse.create("places", f"SELECT unnest([{rules}]) AS rule, generate_subscripts([{rules}], 1) AS place")
        units = warehouse.arrow(
            f"""SELECT key, label, verdict, score, findings, coalesce(rules, []) AS rules
            FROM worst LEFT JOIN (
                SELECT unit, list(rule ORDER BY place) AS rules
                FROM (SELECT DISTINCT f.unit, f.rule, p.place
                      FROM {findings} f JOIN places p USING (rule) SEMI JOIN worst w ON f.unit = w.key)
                GROUP BY unit) ON unit = key
            ORDER BY _place"""
        )
        of_them = warehouse.arrow(
            f"""SELECT f.unit, w.label, f."table", f.record, f.rule, f.clause, f.status, f.outcome, f.reason
            FROM {findings} f JOIN worst w ON f.unit = w.key ORDER BY w._place, f.file_row_number {capped}"""
        )
        if not lost:
            return Flagged(units, of_them, total)
        chosen = bool(outcome or rule or where) or total > units.num_rows
        return Flagged(units, of_them, total, *lost_by_unit(folder, pack, warehouse, only_chosen=chosen, most=most_lost))


def condition(text: str, pack: CheckedPack) -> exp.Expr:
    """A condition over `verdicts.parquet`, in the language of rules. Raises UsageError that shows its mistakes."""
    columns = pack.meanings(pack.root)
    columns |= {"verdict": Meaning(Type.CHOICE, pack.outcomes), "score": Meaning(Type.INTEGER), "findings": Meaning(Type.INTEGER)}
    source = Source("--where", text)
    place = Place(Span(source, 0, len(text)), tuple(range(len(text))))
    tree = parse(text, place)
    if isinstance(tree, Mistake):
        raise UsageError("bad-condition", mistakes=[tree])
    found = check(tree, place, Scope(pack.root, columns, params=pack.pack.params))
    if isinstance(found, list):
        raise UsageError("bad-condition", mistakes=found)
    if found.type is not Type.BOOLEAN:
        raise UsageError(
            "bad-condition",
            mistakes=[Mistake("not-a-condition", place.span, {"text": text, "type": type_word(found.type)})],
        )
    return bound(found.sql, pack.params)
