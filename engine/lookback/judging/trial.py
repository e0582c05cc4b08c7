"""A few records, judged aside: by the tests of a pack, and to explain one unit.

In: a checked pack, and a warehouse with the views `records_<table>` of a few records, children of others among them or not.
Out: of every record its verdict, facts, statuses, situations and reasons. It is the engine of every review (`judge`) that runs;
this only gathers what it says of each record.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from sqlglot import exp

from lookback.judging._queries import ROW, UNIT
from lookback.judging._verdicts import truths
from lookback.judging.decider import Decider
from lookback.judging.judge import Judgement, judge
from lookback.language.conditions import Situation, Status, Truth
from lookback.language.sql import name
from lookback.language.sql import table as table_named
from lookback.language.types import TYPES, Value
from lookback.packs.checked import CheckedPack
from lookback.warehouse import Warehouse
from lookback.warehouse.duckdb import DuckDB

RecordKey = tuple[str, Value]
"""(table, key)."""


@dataclass(frozen=True)
class Got:
    """What became of one record."""

    verdict: str
    facts: Mapping[str, Value]
    statuses: Mapping[str, Status]
    situations: Mapping[str, tuple[Truth, ...]]
    reasons: Mapping[str, str]


def judged(pack: CheckedPack, warehouse: Warehouse, lang: str, decider: Decider) -> tuple[Judgement, dict[RecordKey, Got]]:
    """What was decided, and what became of every record in the warehouse."""
    judgement = judge(pack, warehouse, lang, decider)
    return judgement, {(table, key): got for table in pack.tables for key, got in _got(pack, table, judgement, warehouse)}


def judged_records(
    pack: CheckedPack, records: Mapping[str, Sequence[Mapping[str, Value]]], decider: Decider, lang: str = "en"
) -> dict[RecordKey, Got]:
    """What became of every one of some records: by table, typed, every field given, keys unique."""
    with tempfile.TemporaryDirectory(prefix="lookback-") as folder:
        warehouse = DuckDB(Path(folder), threads=1)
        try:
            units: dict[RecordKey, Value] = {}
            for table in pack.top_down():
                warehouse.load(f"records_{table}", _arrow(pack, table, records.get(table, ()), units))
            return judged(pack, warehouse, lang, decider)[1]
        finally:
            warehouse.close()


def _arrow(pack: CheckedPack, table: str, records: Sequence[Mapping[str, Value]], units: dict[RecordKey, Value]) -> pa.Table:
    """Records as `queries` wants them, with position and unit."""
    definition = pack.tables[table]
    parent_key = pack.parent_key(table)
    for record in records:
        key = record[definition.key]
        units[table, key] = key if parent_key is None else units.get((str(definition.belongs_to), record[parent_key]))
    columns = {ROW: pa.array(range(len(records)), pa.int64())}
    key_type = TYPES[pack.tables[pack.root].fields[pack.tables[pack.root].key].type].arrow
    columns[UNIT] = pa.array([units[table, record[definition.key]] for record in records], key_type)
    for id_, f in definition.fields.items():
        columns[id_] = pa.array([record[id_] for record in records], TYPES[f.type].arrow)
    return pa.table(columns)


def _got(pack: CheckedPack, table: str, judgement: Judgement, warehouse: Warehouse) -> Iterator[tuple[Value, Got]]:
    queries, plan = judgement.queries, judgement.plan
    last = plan.last_step(table)
    if last is None:
        return
    key = pack.tables[table].key
    statuses: dict[int, dict[str, Status]] = {}
    seen: dict[int, dict[str, tuple[Truth, ...]]] = {}
    facts: list[str] = []
    for step in (s for s in plan.steps if s.table == table):
        facts += [f.id for f in step.facts]
        words = ", ".join(f"w{w}" for w in range(step.words))
        for row, *values in warehouse.rows(f'SELECT _row, {words} FROM "state_{step.number}"') if step.rules else ():
            for rule in step.rules:
                situation = Situation(rule.id, truths(step, rule, values))
                statuses.setdefault(row, {})[rule.id] = judgement.decided[situation]
                seen.setdefault(row, {})[rule.id] = situation.values
    reasons: dict[str, dict[str, str]] = {}
    found = queries.findings(table, judgement.reasons)
    for finding in warehouse.rows(found) if found is not None else ():
        reasons.setdefault(finding[1], {})[finding[3]] = finding[7]
    keys = dict(warehouse.rows(exp.select(name(ROW), name(key)).from_(table_named(f"records_{table}"))))
    columns = [name(c, "j") for c in (ROW, "verdict", *facts)]
    for row, verdict, *values in warehouse.rows(exp.select(*columns).from_(queries.judged_records(last).subquery("j"))):
        yield (
            keys[row],
            Got(
                verdict,
                dict(zip(facts, values, strict=True)),
                statuses.get(row, {}),
                seen.get(row, {}),
                reasons.get(str(keys[row]), {}),
            ),
        )
