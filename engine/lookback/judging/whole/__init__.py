"""The review as a whole, judged: its facts and rules go over records that were judged.

In: the program of those records, and the warehouse that it was run in. Out: what became of the review. It runs the engine once
more, on a pack whose one record is the review and whose other tables are the records with what was judged of them
(`packs.checks.whole`), in a warehouse of its own. What was lost of a record, a result that rests on it, and rows that may be
missing are lost there as they are here.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pyarrow as pa

from lookback.judging.decider import Decider, Deciding
from lookback.judging.judge import Got, got_of, judge
from lookback.judging.large import held_exactly, with_large
from lookback.judging.losses import DOUBTFUL, PLACE, Given, Losses, Lost, flag
from lookback.judging.program import ROW, UNIT, Program, compile
from lookback.judging.reasons import Reasons
from lookback.language.decimals import over
from lookback.language.types import Column
from lookback.packs.checked import CheckedPack
from lookback.packs.checks.whole import JUDGED, KEY, judged_columns
from lookback.packs.model import REVIEW, THROUGH
from lookback.warehouse import Warehouse
from lookback.warehouse.duckdb import LEAST_MEMORY, DuckDB, literal, path_literal, quoted


class Whole:
    """Judges the review as a whole. `pack`: what is asked of it."""

    def __init__(self, pack: CheckedPack, decider: Decider) -> None:
        self.pack = pack
        self._deciding = Deciding(pack.rules, decider)

    def judge(self, program: Program, warehouse: Warehouse, lang: str | None, work: Path | None = None) -> Got:
        """What became of it. `program`, `warehouse`: of its records, which were judged and none of which is dropped. `lang`: of
        the reasons, None for none. `work`: a folder for the records on their way; None: they are few, and none of
        them was read, so that no row is lost."""
        other = DuckDB(work, threads=1 if work is None else None, memory=LEAST_MEMORY if work is not None else None)
        try:
            lost = self._handed_over(program, warehouse, other, work)
            lost = with_large(lost, self.pack, other)
            done, reasons = compile(self.pack, lost), Reasons(self.pack, lang, lost) if lang is not None else None
            judgement = judge(done, other, self._deciding, reasons)
            return next(got for _, got in got_of(REVIEW, done, other, judgement, lang is not None))
        finally:
            other.close()

    def _handed_over(self, program: Program, warehouse: Warehouse, other: DuckDB, work: Path | None) -> Lost:
        """The records, judged, into the other warehouse; and what is lost of them."""
        tables = [table for table in self.pack.tables if table != REVIEW]
        for table in tables:
            query = self._asked(program, table)
            if work is None:
                other.load(f"records_{table}", warehouse.arrow(query))
            else:
                warehouse.write([query], work / f"whole_{table}.parquet")
                other.view(f"records_{table}", f"FROM read_parquet({path_literal(work / f'whole_{table}.parquet')})")
        other.load(f"records_{REVIEW}", pa.table({ROW: pa.array([0], pa.int64()), UNIT: [REVIEW], KEY: [REVIEW]}))
        rows = self._rows(program.lost, warehouse, other, tables) if work is not None else frozenset[str]()
        lost = self._lost(program, tables, rows)
        if work is not None:
            self._note_behind(lost, other)
        return lost

    def _asked(self, program: Program, table: str) -> str:
        """The records of a table with what is asked of them, judged; what is lost is flagged."""
        pack, losses = program.pack, Losses(program.pack, program.lost)
        fields, exact = pack.tables[table].fields, held_exactly(pack)
        asked, judged, records = judged_columns(self.pack, table), program.judged_records(table), quoted(f"records_{table}")
        source = f"{records} AS r" if judged is None else f"({judged}) AS j"
        doubtful = table in program.lost.doubtful
        if judged is not None and (doubtful or any(c in fields for c in asked)):
            source += f" JOIN {records} AS r ON r.{ROW} = j.{ROW}"
        of = "r" if judged is None else "j"
        columns = [f"{of}.{ROW}", f"{literal(REVIEW)} AS {quoted(KEY)}"]
        for c in asked:
            column = Column(table, c)
            alias, to = ("r", c) if c in fields else ("j", c if pack.fact(column) is not None else JUDGED + c)
            columns.append(f"{alias}.{quoted(c)} AS {quoted(to)}")
            columns += [f"{alias}.{quoted(flag(c))} AS {quoted(flag(to))}"] if losses.named(table, c) else []
            columns += [f"j.{quoted(part)}" for part in over(c)] if column in exact else []
        columns += [f"{of}.{DOUBTFUL}", f"r.{PLACE}"] if doubtful else []
        return f"SELECT {', '.join(columns)} FROM {source}"

    def _lost(self, program: Program, tables: Collection[str], rows: frozenset[str]) -> Lost:
        losses, found, lost = Losses(program.pack, program.lost), dict[str, Collection[str]](), program.lost
        for table in tables:
            own = program.pack.tables[table].fields
            names = [c for c in judged_columns(self.pack, table) if losses.named(table, c)]
            facts = {c for c in names if program.pack.fact(Column(table, c)) is not None}
            found[table] = frozenset(c if c in own or c in facts else JUDGED + c for c in names)
        absent = {t: columns for t, columns in lost.absent.items() if t in tables}
        doubtful = frozenset(lost.doubtful) & {*tables}
        some = any(found.values()) or doubtful or rows
        return Given(found, doubtful, rows, absent, parts=lost.parts, empty=not some)

    def _note_behind(self, lost: Lost, other: DuckDB) -> None:
        """Of what was judged and is lost of a record the values of it that were lost, so that reasons can name their places."""
        for table, names in lost.fields.items():
            asked = ", ".join(map(literal, self.pack.tables[table].fields))
            own = f'SELECT * FROM lost_values WHERE "table" = {literal(table)} AND field NOT IN ({asked}) AND _row IS NOT NULL'
            for name in (name for name in names if name.startswith(JUDGED)):
                other.run(f"INSERT INTO lost_values SELECT * REPLACE ({literal(name)} AS field) FROM ({own})")

    def _rows(self, lost: Lost, warehouse: Warehouse, other: DuckDB, tables: Collection[str]) -> frozenset[str]:
        """`uncertain_T›_review`: how many rows of a table may be missing, whoever their parent is; the links that have one."""
        names = ", ".join(map(literal, tables)) or "NULL"
        for kind in ("values", "rows"):
            other.load(f"lost_{kind}", warehouse.arrow(f'FROM lost_{kind} WHERE "table" IN ({names})'))
        links = {}
        for table in tables:
            every = lost.absent.get(table, ()) is None
            counted = f'SELECT sum(coalesce(least, 0)), sum(coalesce(most, 1)) FROM lost_rows WHERE "table" = {literal(table)}'
            least, most = other.rows(counted)[0]
            if every or most:
                ends = f"{literal(REVIEW)} AS _parent, {int(least or 0)}::BIGINT AS least"
                most = "NULL" if every else int(most)
                links[link := f"{table}{THROUGH}{KEY}"] = f"SELECT {ends}, {most}::BIGINT AS most"
                other.view(f"uncertain_{link}", links[link])
        return frozenset(links)
