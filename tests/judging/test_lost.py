"""What is lost, in the judging: whole packs against the reference, and that nothing that is lost makes a verdict better."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st
from lost_reference import LostInterpreter, Missing
from reference import Pack, Records, Row
from screen import Folders
from strategies import KEYS, PARENTS, depths, many, packs, records_of, write_pack

from lookback.judging.decider import Deciding
from lookback.judging.judge import judge, truths
from lookback.judging.program import compile
from lookback.judging.reasons import Reasons
from lookback.judging.trial import _arrow
from lookback.language.conditions import lost, status
from lookback.packs.check import check_pack
from lookback.packs.checked import CheckedPack
from lookback.packs.read import read_pack
from lookback.warehouse.duckdb import DuckDB

VALUES = ("table", "_row", "field", "file", "sheet", "line", "cell", "value", "why")
ROWS = ("table", "_parent", "least", "most", "file", "sheet", "line", "value", "why")
Damaged = dict[str, list[dict[str, Any]]]


@dataclass
class Lost:
    """As the reading tells it."""

    fields: Mapping[str, Collection[str]] = field(default_factory=dict)
    doubtful: Collection[str] = ()
    rows: Collection[str] = ()

    absent: Mapping[str, Collection[str] | None] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        return not (self.fields or self.doubtful or self.rows)


@dataclass(frozen=True)
class Got:
    verdict: str
    facts: Mapping[str, Any]
    statuses: Mapping[str, tuple[str, bool]]


def judged(pack: CheckedPack, records: Records, missing: Missing) -> dict[str, list[Got]]:
    """What became of every record, by table, in order; the statuses with whether they are lost."""
    warehouse = DuckDB(None, threads=1)
    try:
        fields = {t: {f for r in rows for f in r.get("_lost", ())} for t, rows in records.items()}
        doubtful = {t for t, rows in records.items() if any(r.get("_doubtful") for r in rows)}
        told = Lost({t: of for t, of in fields.items() if of}, doubtful, set(missing))
        units: dict[Any, Any] = {}
        for table in pack.top_down():
            rows = records.get(table, ())
            loaded = _arrow(pack, table, [dict.fromkeys(pack.tables[table].fields) | dict(row) for row in rows], units)
            for f in sorted(fields.get(table, ())):
                loaded = loaded.append_column(f"_lost_{f}", pa.array([f in r.get("_lost", ()) or None for r in rows], pa.bool_()))
            if table in doubtful:
                loaded = loaded.append_column("_doubtful", pa.array([bool(r.get("_doubtful")) for r in rows], pa.bool_()))
                places = [f"{table}.csv:{i}" if r.get("_doubtful") else None for i, r in enumerate(rows)]
                loaded = loaded.append_column("_place", pa.array(places, pa.string()))
            warehouse.load(f"records_{table}", loaded)
        for table, parents in missing.items():
            lines = [(parent, 0, most) for parent, most in sorted(parents.items())]
            warehouse.load(f"uncertain_{table}", loaded_as(("_parent", "least", "most"), lines))
        spoilt: list[Any] = [
            (t, i, f, f"{t}.csv", None, i + 2, None, "#N/A", "unreadable")
            for t, of in records.items()
            for i, r in enumerate(of)
            for f in sorted(r.get("_lost", ()))
        ]
        gone: list[Any] = [(t, p, 0, 1, f"{t}.csv", None, 99, None, "misfit") for t, of in missing.items() for p in sorted(of)]
        for name, heads, told_of in (("values", VALUES, spoilt), ("rows", ROWS, gone)):
            warehouse.load(f"lost_{name}", loaded_as(heads, told_of))
        program = compile(pack, told)
        judgement = judge(program, warehouse, Deciding(pack.rules, "reference"), Reasons(pack, "en"))
        for query in judgement.findings():
            for finding in warehouse.rows(query):
                assert finding[7]
                assert not re.search(r"None|NULL|\0|: ;|: $|; ?$", finding[7]), finding
        warehouse.rows(program.sql["verdicts"])
        found: dict[str, list[Got]] = {}
        for table in pack.tables:
            steps = program.steps_on(table)
            of_table = warehouse.arrow(program.sql[f"judged_{table}"]).to_pylist() if steps else []
            facts = [f.id for s in steps for f in s.facts]
            for row in of_table:
                seen = {r: truths(s, r, row) for s in steps for r in s.rules}
                of_rules = {r.id: (str(status(r, values)), lost(r, values)) for r, values in seen.items()}
                found.setdefault(table, []).append(Got(row["verdict"], {f: row[f] for f in facts}, of_rules))
        return found
    finally:
        warehouse.close()


def loaded_as(columns: Sequence[str], lines: Sequence[Any]) -> pa.Table:
    kinds = (pa.int64() if c in ("_row", "least", "most", "line") else pa.string() for c in columns)
    return pa.table([pa.array([line[i] for line in lines], kind) for i, kind in enumerate(kinds)], names=list(columns))


def checked(pack: Pack, folder: Path) -> CheckedPack:
    write_pack(pack, folder)
    return check_pack(read_pack(folder))


@st.composite
def damages(draw: st.DrawFn, pack: Pack, records: Records) -> tuple[Damaged, dict[str, dict[str, int | None]]]:
    """The records with something of them lost, and of which parents rows may be missing."""
    damaged: Damaged = {table: [dict(row) for row in rows] for table, rows in records.items()}
    missing: dict[str, dict[str, int | None]] = {}
    for _ in range(draw(st.integers(1, 4))):
        table = draw(st.sampled_from([t for t, rows in damaged.items() if rows]))
        at = draw(st.integers(0, len(damaged[table]) - 1))
        row, parent = damaged[table][at], PARENTS.get(table)
        kinds = ("field", "field", "field", "gone", "moved", "keyless", "more") if parent else ("field",)
        kind = draw(st.sampled_from(kinds))
        key = KEYS[parent] if parent else ""
        if kind in ("gone", "moved", "more") and row[key] is not None:
            known = missing.setdefault(table, {}).get(row[key], 0)
            missing[table][row[key]] = None if known is None or (kind == "more" and draw(st.booleans())) else known + 1
        if kind == "field":
            spoilt = draw(st.sampled_from([f for f in pack.tables[table]["fields"] if f not in (KEYS[table], key)]))
            row |= {spoilt: None, "_lost": {*row.get("_lost", ()), spoilt}}
        elif kind == "moved":
            row |= {key: None, "_lost": {*row.get("_lost", ()), key}}
        elif kind == "keyless":
            orphan(damaged, table, row[KEYS[table]])
            row |= {KEYS[table]: None, "_doubtful": True, "_lost": {*row.get("_lost", ()), KEYS[table]}}
        elif kind == "gone":
            orphan(damaged, table, row[KEYS[table]])
            damaged[table].remove(row)
    return damaged, missing


def orphan(damaged: Damaged, table: str, key: Any) -> None:
    """The records below a record that is no longer known are of no known parent, and left out."""
    for child in (c for c, parent in PARENTS.items() if parent == table and c in damaged):
        for row in [r for r in damaged[child] if r[KEYS[table]] == key and key is not None]:
            orphan(damaged, child, row[KEYS[child]])
            damaged[child].remove(row)


@depths(10, 1000)
def test_what_is_lost_goes_the_way_that_the_reference_says(folders: Folders, examples: int) -> None:
    @many(examples)
    @given(st.data(), packs())
    def holds(data: st.DataObject, pack: Pack) -> None:
        damaged, missing = data.draw(damages(pack, data.draw(records_of(pack))))
        told = LostInterpreter(pack, damaged, missing)
        for table, rows in judged(checked(pack, folders()), damaged, missing).items():
            assert len(rows) == len(damaged[table])
            for at, got in enumerate(rows):
                row = Row(table, at)
                assert got.statuses == {r["rule"]: (told.status(row, r), told.lost_rule(row, r)) for r in told.rules(table)}
                assert got.verdict == told.verdict(row)
                for name, value in got.facts.items():
                    assert (value is None) == (told.value(row, name) is None), name

    holds()


@depths(10, 1000)
def test_nothing_that_is_lost_makes_a_verdict_better(folders: Folders, examples: int) -> None:
    @many(examples)
    @given(st.data(), packs())
    def holds(data: st.DataObject, pack: Pack) -> None:
        records = data.draw(records_of(pack))
        damaged, missing = data.draw(damages(pack, records))
        with_pack = checked(pack, folders())
        rank = with_pack.outcomes.index
        whole, spoilt = (judged(with_pack, *of)["units"] for of in ((records, {}), (damaged, missing)))
        for before, after in zip(whole, spoilt, strict=True):
            assert rank(after.verdict) >= rank(before.verdict)

    holds()
