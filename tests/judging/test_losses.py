"""What is lost, in the judging: whole packs against the reference, and that nothing that is lost makes a verdict better."""

from __future__ import annotations

import datetime
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lost_reference import LostInterpreter, Missing
from reference import Pack, Records, Row
from screen import Folders
from strategies import KEYS, NOT_COUNTED, PARENTS, depths, many, packs, records_of, table_of, write_pack
from test_properties import LAYERS

from lookback.judging.decider import Decider, Deciding
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
    gone: Collection[str] = ()
    parts: int = 1
    large: Collection[Any] = ()

    @property
    def empty(self) -> bool:
        return not (self.fields or self.doubtful or self.rows or self.gone)


@dataclass(frozen=True)
class Got:
    verdict: str
    facts: Mapping[str, Any]
    statuses: Mapping[str, tuple[str, bool]]


def in_warehouse(warehouse: DuckDB, pack: CheckedPack, records: Records, missing: Missing) -> Lost:
    """The records as the reading leaves them, and what was lost of them."""
    fields = {t: {f for r in rows for f in r.get("_lost", ())} for t, rows in records.items()}
    doubtful = {t for t, rows in records.items() if any(r.get("_doubtful") for r in rows)}
    units: dict[Any, Any] = {}
    for table in pack.top_down():
        rows = records.get(table, ())
        loaded = _arrow(pack, table, [dict.fromkeys(pack.tables[table].fields) | dict(row) for row in rows], units)
        for f in sorted(fields.get(table, ())):
            loaded = loaded.append_column(f"_lost_{f}", pa.array([f in r.get("_lost", ()) or None for r in rows], pa.bool_()))
        if table in doubtful:
            loaded = loaded.append_column("_doubtful", pa.array([bool(r.get("_doubtful")) for r in rows], pa.bool_()))
            places = [f"{table}.csv:{i + 2}" if r.get("_doubtful") else None for i, r in enumerate(rows)]
            loaded = loaded.append_column("_place", pa.array(places, pa.string()))
        warehouse.load(f"records_{table}", loaded)
    for table, parents in missing.items():
        lines = [(parent, 0, most) for parent, most in sorted(parents.items(), key=str) if parent is not None]
        warehouse.load(f"uncertain_{table}", rows_as(("_parent", "least", "most"), lines))
    spoilt: list[Any] = [
        (t, i, f, f"/data/{t}.csv", None, i + 2, None, "#N/A", "unreadable")
        for t, of in records.items()
        for i, r in enumerate(of)
        for f in sorted(r.get("_lost", ()))
    ]
    gone: list[Any] = [
        (t, p, 0, most, f"/data/{t}.csv", None, 99, None, "misfit")
        for t, of in missing.items()
        for p, most in sorted(of.items(), key=str)
    ]
    for name, heads, told_of in (("values", VALUES, spoilt), ("rows", ROWS, gone)):
        warehouse.load(f"lost_{name}", rows_as(heads, told_of))
    rows = {t for t, of in missing.items() if any(p is not None for p in of)}
    among = {f.table for f in pack.facts if f.among is not None}
    return Lost({t: of for t, of in fields.items() if of}, doubtful, rows, gone=among & {*missing})


def judged(pack: CheckedPack, records: Records, missing: Missing, decider: Decider = "reference") -> dict[str, list[Got]]:
    """What became of every record, by table, in order; the statuses with whether they are lost."""
    warehouse = DuckDB(None, threads=1)
    try:
        told = in_warehouse(warehouse, pack, records, missing)
        program = compile(pack, told)
        judgement = judge(program, warehouse, Deciding(pack.rules, decider), Reasons(pack, "en", told))
        for query in judgement.findings():
            for finding in warehouse.rows(query):
                assert finding[7]
                assert not re.search(r"None|NULL|\0|: ;|: $|; ?$", finding[7]), finding
        warehouse.rows(program.sql["verdicts"])
        found: dict[str, list[Got]] = {}
        for table in pack.tables:
            steps = program.steps_on(table)
            of_table = warehouse.arrow(program.sql[f"judged_{table}"]).to_pylist() if steps else []
            facts = [f.id for s in steps for f in s.facts if not f.hidden]
            for row in of_table:
                seen = {r: truths(s, r, row) for s in steps for r in s.rules}
                of_rules = {r.id: (str(status(r, values)), lost(r, values)) for r, values in seen.items()}
                found.setdefault(table, []).append(Got(row["verdict"], {f: row[f] for f in facts}, of_rules))
        return found
    finally:
        warehouse.close()


def rows_as(columns: Sequence[str], lines: Sequence[Any]) -> pa.Table:
    kinds = (pa.int64() if c in ("_row", "least", "most", "line") else pa.string() for c in columns)
    return pa.table([pa.array([line[i] for line in lines], kind) for i, kind in enumerate(kinds)], names=list(columns))


def checked(pack: Pack, folder: Path) -> CheckedPack:
    write_pack(pack, folder)
    return check_pack(read_pack(folder))


@st.composite
def damages(draw: st.DrawFn, pack: Pack, records: Records) -> tuple[Damaged, dict[str, dict[Any, int | None]]]:
    """The records with something of them lost, and of which parents rows may be missing."""
    damaged: Damaged = {table: [dict(row) for row in rows] for table, rows in records.items()}
    missing: dict[str, dict[Any, int | None]] = {}
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
            orphan(damaged, table, row[KEYS[table]], missing)
            row |= {KEYS[table]: None, "_doubtful": True, "_lost": {*row.get("_lost", ()), KEYS[table]}}
        elif kind == "gone":
            orphan(damaged, table, row[KEYS[table]], missing)
            damaged[table].remove(row)
    return damaged, missing


def orphan(damaged: Damaged, table: str, key: Any, missing: dict[str, dict[Any, int | None]]) -> None:
    """The records below a record that is no longer known are of no known parent, and left out."""
    for child in (c for c, parent in PARENTS.items() if parent == table and c in damaged):
        for row in [r for r in damaged[child] if r[KEYS[table]] == key and key is not None]:
            orphan(damaged, child, row[KEYS[child]], missing)
            damaged[child].remove(row)
            of_nobody = missing.setdefault(child, {})
            of_nobody[None] = (of_nobody.get(None) or 0) + 1


@depths(3, 1000)
def test_what_is_lost_goes_the_way_that_the_reference_says(folders: Folders, examples: int) -> None:
    @many(examples)
    @given(st.data(), packs() | st.just(LAYERS))
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


@depths(3, 1000)
def test_nothing_that_is_lost_makes_a_verdict_better(folders: Folders, examples: int) -> None:
    @many(examples)
    @given(st.data(), packs() | st.just(LAYERS))
    def holds(data: st.DataObject, pack: Pack) -> None:
        records = data.draw(records_of(pack))
        damaged, missing = data.draw(damages(pack, records))
        with_pack = checked(pack, folders())
        rank = with_pack.outcomes.index
        whole, less = judged(with_pack, records, {})["units"], judged(with_pack, damaged, missing)["units"]
        for before, after in zip(whole, less, strict=True):
            assert rank(after.verdict) >= rank(before.verdict)

    holds()


# ------------------------------------------------------------------------------------------------------------ in words

PACK = Pack(
    {"limit": {"type": "integer", "default": 2}},
    [{"outcome": outcome} for outcome in ("pass", "explain", "make_up")],
    {
        "units": table_of("units", {"due": "date", "members": "integer"}),
        "issues": table_of("issues", {"due": "date", "members": "integer"}) | {"not_counted": NOT_COUNTED},
    },
    [
        {"fact": "open", "of": "units", "from": "issues", "value": "count(*) filter (where due is null)"},
        {"fact": "settled", "of": "issues", "value": "coalesce(due is not null, false)"},
    ],
    [
        {"rule": "dated", "for": "issues", "title": {"en": "Dated"}, "require": "settled", "otherwise": "make_up"}
        | {"unknown": "pass"},
        {"rule": "of-many", "for": "issues", "title": {"en": "Many"}, "require": "units.members > 3", "otherwise": "explain"},
        {"rule": "few", "for": "units", "title": {"en": "Few"}, "require": "open <= :limit", "otherwise": "make_up"},
    ],
)
DAY = datetime.date(2005, 9, 30)
SOUND: Damaged = {
    "units": [{"unit_id": "U0", "due": DAY, "members": 5}],
    "issues": [{"issue_id": f"I{i}", "unit_id": "U0", "due": DAY if i else None, "members": 1} for i in range(4)],
}


def spoilt(**what: Any) -> Records:
    """The sound records with something of their first rows lost: a field, by table, or their key."""
    records: Damaged = {table: [dict(row) for row in rows] for table, rows in SOUND.items()}
    for table, fields in what.items():
        for at, field_ in fields:
            records[table][at] |= {field_: None, "_lost": {field_}, "_doubtful": field_ == KEYS[table]}
    return records


def reasons(pack: CheckedPack, records: Records, missing: Missing, lang: str = "en") -> list[tuple[str, str, str, str, str]]:
    """Of each finding the record, the rule, status, outcome, and why."""
    warehouse = DuckDB(None, threads=1)
    try:
        told = in_warehouse(warehouse, pack, records, missing)
        judgement = judge(compile(pack, told), warehouse, Deciding(pack.rules, "durable"), Reasons(pack, lang, told))
        rows = [row for query in judgement.findings() for row in warehouse.rows(query)]
        return [(row[1], row[3], row[5], row[6], row[7]) for row in rows]
    finally:
        warehouse.close()


@pytest.mark.parametrize(
    ("records", "missing", "found"),
    [
        pytest.param(
            spoilt(issues=[(1, "due")]),
            {},
            [
                ("I0", "dated", "unmet", "make_up", "settled is false, should be true"),
                ("I1", "dated", "unknown", "make_up", 'issues due: "#N/A" in issues.csv:3 could not be used'),
            ],
            id="a value: the milder outcome of a blank is not given, and the count of 1 to 2 is few either way",
        ),
        pytest.param(
            spoilt(issues=[(1, "due"), (2, "due")]),
            {},
            [
                ("U0", "few", "unknown", "make_up", "open: values of Issues could not be used (2: issues.csv:3, issues.csv:4)"),
                ("I0", "dated", "unmet", "make_up", "settled is false, should be true"),
                ("I1", "dated", "unknown", "make_up", 'issues due: "#N/A" in issues.csv:3 could not be used'),
                ("I2", "dated", "unknown", "make_up", 'issues due: "#N/A" in issues.csv:4 could not be used'),
            ],
            id="two values: the count of 1 to 3 may be too many",
        ),
        pytest.param(
            spoilt(units=[(0, "members")]),
            {},
            [
                ("I0", "dated", "unmet", "make_up", "settled is false, should be true"),
                *(
                    (f"I{i}", "of-many", "unknown", "explain", 'Units: units members: "#N/A" in units.csv:2 could not be used')
                    for i in range(4)
                ),
            ],
            id="a value of the parent",
        ),
        pytest.param(
            spoilt(issues=[(0, "issue_id")]),
            {"issues": {"U0": 2}},
            [
                (
                    *("U0", "few", "unknown", "make_up"),
                    "open: rows of Issues could not be used (2: issues.csv:2, issues.csv:99)",
                ),
                ("issues.csv:2", "dated", "unmet", "make_up", "settled is false, should be true"),
            ],
            id="rows",
        ),
    ],
)
def test_a_reason_says_what_was_lost_and_where(folders: Folders, records: Records, missing: Missing, found: Any) -> None:
    assert sorted(reasons(checked(PACK, folders()), records, missing)) == sorted(found)


def test_where_any_number_of_rows_may_be_missing_the_least_of_a_count_decides_what_it_can(folders: Folders) -> None:
    """Three are there, and nobody knows how many more."""
    asked = {
        "open > 2": "met",
        "open >= 3": "met",
        "2 < open": "met",
        "open <> 2": "met",
        "open <= 2": "unmet",
        "3 > open": "unmet",
        "open in (0, 2)": "unmet",
        "open > 3": "unknown",
        "open <= 3": "unknown",
        "open = 3": "unknown",
    }
    more = {"for": "units", "title": {"en": "Asked"}, "otherwise": "make_up"}
    rules = [{"rule": f"r{i}", "require": text, **more} for i, text in enumerate(asked)]
    pack = Pack(PACK.params, PACK.outcomes, PACK.tables, PACK.facts, [*PACK.rules[:1], *rules])
    records = {table: [dict(row) for row in rows] for table, rows in SOUND.items()}
    for row in records["issues"][1:3]:
        row["due"] = None
    missing: Missing = {"issues": {"U0": None}}
    (got,) = judged(checked(pack, folders()), records, missing)["units"]
    told = LostInterpreter(pack, records, missing)
    assert {text: got.statuses[f"r{i}"] for i, text in enumerate(asked)} == {t: (of, of == "unknown") for t, of in asked.items()}
    assert all(told.status(Row("units", 0), rule) == got.statuses[rule["rule"]][0] for rule in rules)


def test_where_nothing_is_lost_the_queries_are_the_same_to_the_letter(folders: Folders) -> None:
    pack = checked(PACK, folders())
    assert compile(pack, Lost()).sql == compile(pack).sql
    assert not any("_lost" in query or "_known" in query for query in compile(pack).sql.values())


def test_both_deciders_take_what_is_lost_as_unknown(folders: Folders) -> None:
    pack, records = checked(PACK, folders()), spoilt(issues=[(1, "due"), (2, "due")])
    assert judged(pack, records, {}, "durable") == judged(pack, records, {}, "reference")
