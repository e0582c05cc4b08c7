"""The findings of two reviews, held against each other: new, settled, standing, or vanished while they were open.

In: two reviews in a warehouse (`comparing.records`), and their units as `units_old` and `units_new`. Out: `findings_compared`, a
table with a row a finding of either that counts for its unit: `change`, `why`, unit, the table, record, rule, outcome and number
(`finding`) of the later review (of the earlier one where it is in that alone), `old_outcome`, `altered`, and how they lie in the
reviews (`old_at`, `new_at`). `findings_told`, a view, has their clauses, reasons and fingerprints, too.

A finding is settled only where NEW asked its rule of its record, and it is met. Where the record or the unit is not there any
longer, the rule is gone, or does not apply, it has vanished while it was open, and `why` is the code of that. One of a record
that is called by its place is `unmatched`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from lookback.judging.judge import truths
from lookback.judging.program import Program, compile
from lookback.language.conditions import Situation
from lookback.rounds.comparing.records import SIDES, Both
from lookback.rounds.fingerprint import NAMES, hashed_sql, make_placed_findings
from lookback.warehouse.duckdb import literal, path_literal, quoted

OF_EACH = ("unit", "table", "record", "rule", "outcome", "finding")
"""What `findings_compared` has of a finding of the later review, or of the earlier one where it is in that alone."""
CHANGES = ("new", "settled", "standing", "vanished", "unmatched")
NOTHING = "SELECT NULL::BIGINT AS old_at, NULL::VARCHAR AS new_rule, NULL::VARCHAR AS status WHERE false"
GONE = ("unit-gone", "record-gone", "rule-gone", "not-applicable", "not-counted")
"""Why a finding vanished."""


def make_compared(both: Both) -> None:
    """The table `findings_compared`."""
    warehouse, pairs = both.warehouse, both.pairs
    for side in SIDES:
        make_placed_findings(both.reviews[side].folder, both.packs[side], warehouse, f"{side}_all")
        counted = [r.id for r in both.packs[side].rules if both.packs[side].not_counted(r) is None]
        columns = ", ".join(map(quoted, ("_at", *OF_EACH, "status", "_known")))
        warehouse.create(f"{side}_found", f"SELECT {columns} FROM {side}_all WHERE rule IN ({_listed(counted)})")
    rules = [(old, new) for old, to in pairs.rules.items() for new in to]
    warehouse.load("rule_pairs", _table(("old_rule", "new_rule"), rules))
    warehouse.load("table_pairs", _table(("old_table", "new_table"), [*pairs.tables.items()]))
    warehouse.create(
        "found_pairs",
        """SELECT o._at AS old_at, n._at AS new_at
        FROM old_found o JOIN rule_pairs r ON r.old_rule = o.rule JOIN table_pairs t ON t.old_table = o."table"
        JOIN new_found n ON n.rule = r.new_rule AND n."table" = t.new_table AND n.record = o.record
        WHERE o._known AND n._known""",
    )
    _make_gone(both)
    of_new, of_old = (", ".join(f"{side}.{quoted(c)}" for c in OF_EACH) for side in "no")
    warehouse.create(
        "findings_compared",
        f"""SELECT CASE WHEN NOT n._known THEN 'unmatched' WHEN p.old_at IS NULL THEN 'new' ELSE 'standing' END AS change,
            NULL::VARCHAR AS why, {of_new}, o.outcome AS old_outcome, p.old_at, n._at AS new_at,
            coalesce(o.outcome <> n.outcome OR o.status <> n.status OR (o.rule = n.rule AND a._print <> b._print), false)
                AS altered
        FROM new_found n LEFT JOIN (SELECT min(old_at) AS old_at, new_at FROM found_pairs GROUP BY new_at) p ON p.new_at = n._at
        LEFT JOIN old_found o ON o._at = p.old_at
        LEFT JOIN old_all_names a ON a.finding = o.finding LEFT JOIN new_all_names b ON b.finding = n.finding
        UNION ALL BY NAME
        SELECT CASE WHEN NOT o._known THEN 'unmatched' WHEN g.why = 'met' THEN 'settled' ELSE 'vanished' END AS change,
            CASE WHEN o._known AND g.why <> 'met' THEN g.why END AS why, {of_old}, o.outcome AS old_outcome,
            o._at AS old_at, NULL AS new_at, false AS altered
        FROM old_found o JOIN gone_why g ON g.old_at = o._at""",
    )
    warehouse.view("findings_told", _told())


def _told() -> str:
    """`findings_compared` with what is dear to have of each: clause and reason, and the fingerprint."""
    more = ", ".join(f"coalesce(n.{c}, o.{c}) AS {c}" for c in ("clause", "reason"))
    before = f"coalesce(b.{NAMES['fingerprint']}, a.{NAMES['fingerprint']})"
    name_ = f"CASE WHEN f.change <> 'unmatched' THEN {hashed_sql(before, 'f.record')} END AS fingerprint"
    return f"""SELECT f.*, {more}, {name_} FROM findings_compared f
        LEFT JOIN new_all n ON n._at = f.new_at LEFT JOIN new_all_names b ON b.finding = n.finding
        LEFT JOIN old_all o ON f.new_at IS NULL AND o._at = f.old_at LEFT JOIN old_all_names a ON a.finding = o.finding"""


def _make_gone(both: Both) -> None:
    """`gone_why`: of every finding of OLD that NEW has not what became of it."""
    warehouse, new = both.warehouse, both.packs["new"]
    warehouse.create(
        "left_found",
        """SELECT o._at AS old_at, o.unit, t.new_table, o.record, o.rule, r.new_rule, u.unit IS NULL AS no_unit
        FROM old_found o LEFT JOIN table_pairs t ON t.old_table = o."table" LEFT JOIN rule_pairs r ON r.old_rule = o.rule
        LEFT JOIN units_new u ON u.unit = o.unit WHERE o._at NOT IN (SELECT old_at FROM found_pairs)""",
    )
    program = compile(new)
    tables = [t for (t,) in warehouse.rows("SELECT DISTINCT new_table FROM left_found ORDER BY 1") if t is not None]
    queries = [_statuses(both, program, table) for table in tables]
    warehouse.create("left_known", " UNION ALL ".join(queries) or NOTHING)
    uncounted = _listed([r.id for r in new.rules if new.not_counted(r) is not None])
    warehouse.create(
        "gone_why",
        f"""SELECT old_at, CASE WHEN bool_or(no_unit) THEN 'unit-gone' WHEN count(new_table) = 0 THEN 'rule-gone'
            WHEN count(k.status) = 0 AND count(new_rule) = 0 THEN 'rule-gone'
            WHEN count(k.status) = 0 THEN 'record-gone' WHEN bool_or(new_rule IN ({uncounted})) THEN 'not-counted'
            WHEN bool_and(k.status = 'met') THEN 'met' WHEN bool_or(k.status = 'met') THEN 'met'
            WHEN bool_or(k.status = 'not applicable') THEN 'not-applicable' ELSE 'not-counted' END AS why
        FROM left_found LEFT JOIN left_known k USING (old_at, new_rule) GROUP BY old_at""",
    )


def _statuses(both: Both, program: Program, table: str) -> str:
    """A table of what NEW says of the rules on the records of a table whose findings it has not; SQL that reads it."""
    warehouse, pack, folder = both.warehouse, program.pack, both.reviews["new"].folder
    steps = [step for step in program.steps_on(table) if step.rules]
    words = [word for step in steps for word, _ in step.words]
    if not words:
        return NOTHING
    key = f"CAST(r.{quoted(pack.tables[table].key)} AS VARCHAR)"
    judged = f"read_parquet({path_literal(folder / 'judged' / f'{table}.parquet')})"
    listed = ", ".join(f"j.{quoted(w)}" for w in words)
    left = f"SELECT DISTINCT record FROM left_found WHERE new_table = {literal(table)} AND new_rule IS NOT NULL"
    warehouse.create(
        f"left_{table}",
        f"SELECT {key} AS record, {listed} FROM {judged} j JOIN {quoted(f'new_{table}')} r USING (_row) SEMI JOIN ({left}) l "
        f"ON l.record = {key}",
    )
    decided = warehouse.rows(f"SELECT rule, situation, status FROM read_parquet({path_literal(folder / 'decisions.parquet')})")
    statuses = {Situation(rule, tuple(values)): status for rule, values, status in decided}
    wanted = {
        rule
        for (rule,) in warehouse.rows(f"SELECT DISTINCT new_rule FROM left_found WHERE new_table = {literal(table)}")
        if rule is not None
    }
    rows: list[tuple[Any, ...]] = []
    for signature in warehouse.rows(f"SELECT DISTINCT {', '.join(map(quoted, words))} FROM {quoted(f'left_{table}')}"):
        of_words = dict(zip(words, signature, strict=True))
        asked = [(rule.id, truths(step, rule, of_words)) for step in steps for rule in step.rules if rule.id in wanted]
        rows += [(*signature, rule, statuses[Situation(rule, values)]) for rule, values in asked]
    kinds = [*[pa.int64()] * len(words), pa.string(), pa.string()]
    columns = [pa.array([row[i] for row in rows], kind) for i, kind in enumerate(kinds)]
    warehouse.load(f"said_of_{table}", pa.table(columns, names=[*words, "rule", "status"]))
    return f"""SELECT l.old_at, l.new_rule, s.status FROM left_found l JOIN {quoted(f"left_{table}")} r USING (record)
        JOIN {quoted(f"said_of_{table}")} s ON s.rule = l.new_rule AND ({", ".join(f"s.{quoted(w)}" for w in words)}) =
            ({", ".join(f"r.{quoted(w)}" for w in words)})
        WHERE l.new_table = {literal(table)}"""


def _listed(texts: Sequence[str]) -> str:
    return ", ".join(map(literal, texts)) or "NULL::VARCHAR"


def _table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> pa.Table:
    return pa.table([pa.array([row[i] for row in rows], pa.string()) for i, _ in enumerate(names)], names=list(names))
