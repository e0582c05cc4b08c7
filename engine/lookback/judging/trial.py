"""A few records, judged aside: by the tests of a pack, by examples, by ways to mend a unit.

In: a checked pack, then records. Out: of every record its verdict, facts, statuses, situations and reasons. It is the engine of
every review (`judge`) that runs; this only gathers what it says of each record. The program, the connection and the host of
durable_rules are kept from one judging to the next, and where no reasons are told whatever of the records is the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pyarrow as pa

from lookback.judging.decider import Decider, Deciding
from lookback.judging.judge import Got as Got
from lookback.judging.judge import Kept, got_of, judge
from lookback.judging.large import with_large
from lookback.judging.losses import NOTHING
from lookback.judging.program import ROW, UNIT, Program, compile
from lookback.judging.reasons import Reasons
from lookback.judging.whole import Whole
from lookback.language.types import TYPES, Value
from lookback.packs.checked import CheckedPack
from lookback.warehouse.duckdb import DuckDB, arrow_type

RecordKey = tuple[str, Value]
"""(table, key)."""


class Trial:
    """Judges a few records after the other by one pack. `lang`: the language of the reasons, None for none."""

    def __init__(self, pack: CheckedPack, decider: Decider, lang: str | None = None) -> None:
        self.pack = pack
        self.program = self._plain = compile(pack)
        self._with_large: Program | None = None
        self._deciding = Deciding(pack.rules, decider)
        self._reasons = Reasons(pack, lang, titles=False) if lang is not None else None
        self._warehouse = DuckDB(None, threads=1)
        self._records: dict[str, pa.Table] = {}
        self._kept = Kept(self.program)
        self._decider, self._lang = decider, lang
        self._whole: Whole | None = None

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
        told = self._reasons is not None
        found = ((t, got_of(t, self.program, self._warehouse, judgement, told)) for t in self.pack.tables if records.get(t))
        return {(table, key): got for table, of in found for key, got in of}

    def whole(self) -> Got:
        """What became of the review as a whole, of the records that were judged last."""
        assert self.pack.whole is not None
        if self._whole is None:
            self._whole = Whole(replace(self.pack.whole, params=self.pack.params), self._decider)
        return self._whole.judge(self.program, self._warehouse, self._lang)

    def _of_these(self) -> Program:
        """The program for the records in the warehouse: that with tests where their numbers may be too large."""
        lost = with_large(NOTHING, self.pack, self._warehouse)
        if not lost.large:
            return self._plain
        if self._with_large is None:
            self._with_large = compile(self.pack, lost)
            self._reasons = Reasons(self.pack, self._reasons.lang, lost, titles=False) if self._reasons is not None else None
        return self._with_large


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
