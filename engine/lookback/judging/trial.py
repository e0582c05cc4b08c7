"""A few records, judged aside: by the tests of a pack, by examples, by ways to mend a unit.

In: a checked pack, then records. Out: of every record its verdict, facts, statuses, situations and reasons. It is the engine of
every review (`judge`) that runs; this only gathers what it says of each record. The program, the connection and the host of
durable_rules are kept from one judging to the next, and where no reasons are told whatever of the records is the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from lookback.judging.decider import Decider, Deciding
from lookback.judging.judge import Judgement, Kept, judge, truths
from lookback.judging.large import with_large
from lookback.judging.losses import NOTHING
from lookback.judging.program import ROW, UNIT, Program, compile
from lookback.judging.reasons import Reasons
from lookback.language.conditions import Situation, Status, Truth
from lookback.language.types import TYPES, Value
from lookback.packs.checked import CheckedPack
from lookback.warehouse.duckdb import DuckDB, arrow_type, quoted

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


class Trial:
    """Judges a few records after the other by one pack. `lang`: the language of the reasons, None for none."""

    def __init__(self, pack: CheckedPack, decider: Decider, lang: str | None = None) -> None:
        self.pack = pack
        self.program = self._plain = compile(pack)
        self._with_large: Program | None = None
        self._deciding = Deciding(pack.rules, decider)
        self._reasons = Reasons(pack, lang) if lang is not None else None
        self._warehouse = DuckDB(None, threads=1)
        self._records: dict[str, pa.Table] = {}
        self._kept = Kept(self.program)

    def judge(self, records: Mapping[str, Sequence[Mapping[str, Value]]]) -> dict[RecordKey, Got]:
        """What became of every one of some records: by table, typed, every field given, keys unique."""
        units: dict[RecordKey, Value] = {}
        for table in (*self.pack.references(), *self.pack.top_down()):
            rows = _arrow(self.pack, table, records.get(table, ()), units)
            if table not in self._records or not rows.equals(self._records[table]):
                self._warehouse.load(f"records_{table}", rows)
                self._kept.changed.add(f"records_{table}")
                self._records[table] = rows
        self.program = self._of_these()
        if self._kept.program is not self.program:
            self._kept = Kept(self.program)
        judgement = judge(
            self.program, self._warehouse, self._deciding, self._reasons, kept=self._kept if self._reasons is None else None
        )
        self._kept.changed.clear()
        return {(table, key): got for table in self.pack.tables if records.get(table) for key, got in self._got(table, judgement)}

    def _of_these(self) -> Program:
        """The program for the records in the warehouse: that with tests where their numbers may be too large."""
        lost = with_large(NOTHING, self.pack, self._warehouse)
        if not lost.large:
            return self._plain
        if self._with_large is None:
            self._with_large = compile(self.pack, lost)
            self._reasons = Reasons(self.pack, self._reasons.lang, lost) if self._reasons is not None else None
        return self._with_large

    def _got(self, table: str, judgement: Judgement) -> Iterator[tuple[Value, Got]]:
        steps = self.program.steps_on(table)
        if not steps:
            return
        key, decided = self.pack.tables[table].key, {d.situation: d.status for d in judgement.decisions}
        reasons: dict[str, dict[str, str]] = {}
        found = self.program.findings(table, judgement.reasons) if self._reasons is not None else None
        for finding in self._warehouse.rows(found) if found is not None else ():
            reasons.setdefault(finding[1], {})[finding[3]] = finding[7]
        facts = [f.id for step in steps for f in step.facts]
        words = [word for step in steps for word, _ in step.words]
        columns = [f"r.{quoted(key)}", "j.verdict", *(f"j.{quoted(c)}" for c in (*facts, *words))]
        source = f"({self.program.sql[f'judged_{table}']}) AS j JOIN {quoted(f'records_{table}')} AS r USING ({ROW})"
        for of_record, verdict, *values in self._warehouse.rows(f"SELECT {', '.join(columns)} FROM {source} ORDER BY {ROW}"):
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


def _arrow(pack: CheckedPack, table: str, records: Sequence[Mapping[str, Value]], units: dict[RecordKey, Value]) -> pa.Table:
    """Records as `judge` wants them, with position and unit."""
    definition = pack.tables[table]
    parent_key = pack.parent_key(table)
    for record in records:
        key = record[definition.key]
        units[table, key] = (
            None
            if definition.reference
            else key
            if parent_key is None
            else units.get((str(definition.belongs_to), record[parent_key]))
        )
    columns = {ROW: pa.array(range(len(records)), pa.int64())}
    key_type = arrow_type(TYPES[pack.tables[pack.root].fields[pack.tables[pack.root].key].type].arrow)
    columns[UNIT] = pa.array([units[table, record[definition.key]] for record in records], key_type)
    for id_, f in definition.fields.items():
        columns[id_] = pa.array([record[id_] for record in records], arrow_type(TYPES[f.type].arrow))
    return pa.table(columns)
