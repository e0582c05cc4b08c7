"""What holds of every review, whatever the pack and the records: bytes, counts, reasons, deciders, damaged inputs."""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lost_reference import LostInterpreter
from reference import UNKNOWN, UNMET, Interpreter, Pack, Records, Row, judge
from screen import Folders
from strategies import (
    KEYS,
    NOT_COUNTED,
    PARAMS,
    PARENTS,
    boolean_rules,
    depths,
    many,
    packs,
    records_of,
    table_of,
    write_pack,
    write_records,
    write_table,
)

import lookback
from lookback.packs.check import check_pack
from lookback.packs.read import read_pack

TABLES = ("units", "issues", "cases", "steps")


def written(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by its path there."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def different(one: Path, other: Path) -> list[str]:
    """The files of two review folders that are not the same to the byte."""
    left, right = written(one), written(other)
    assert "review.json" in left
    return [name for name in sorted(left.keys() | right.keys()) if left.get(name) != right.get(name)]


def given_on_disk(folder: Path, pack: Pack, records: Records) -> dict[str, Any]:
    """The arguments of `lookback.check` for a pack and records, written as files."""
    write_pack(pack, folder / "pack")
    write_records(records, pack, folder / "data")
    return {"data": folder / "data", "pack": folder / "pack", "lang": "en"}


@depths(2, 300)
def test_the_same_inputs_give_the_same_bytes_whatever_the_number_of_threads(folders: Folders, examples: int) -> None:
    @many(examples)
    @given(st.data(), packs())
    def holds(data: st.DataObject, pack: Pack) -> None:
        folder = folders()
        asked = given_on_disk(folder, pack, data.draw(records_of(pack)))
        for name, threads in (("one", 1), ("again", 1), ("two", 2)):
            lookback.check(**asked, threads=threads, out=folder / name)
        assert different(folder / "one", folder / "again") == []
        assert different(folder / "one", folder / "two") == []

    holds()


@depths(2, 300)
def test_both_deciders_decide_the_same(folders: Folders, examples: int) -> None:
    @many(examples)
    @given(st.data(), packs())
    def holds(data: st.DataObject, pack: Pack) -> None:
        folder = folders()
        asked = given_on_disk(folder, pack, data.draw(records_of(pack)))
        found = {}
        for decider in ("durable", "reference"):
            lookback.check(**asked, decider=decider, out=folder / decider)
            found[decider] = json.loads((folder / decider / "review.json").read_text("utf-8"))
            assert found[decider].pop("decider") == decider
            del found[decider]["sha256"]  # of all else in the file
        assert found["durable"] == found["reference"]
        assert different(folder / "durable", folder / "reference") == ["review.json"]

    holds()


@depths(2, 300)
def test_every_finding_has_a_reason_in_words_and_every_record_a_status_under_each_rule(folders: Folders, examples: int) -> None:
    @many(examples)
    @given(st.data(), packs(), st.sampled_from(("en", "zh")))
    def holds(data: st.DataObject, pack: Pack, lang: str) -> None:
        folder = folders()
        records = data.draw(records_of(pack))
        with lookback.check(**(given_on_disk(folder, pack, records) | {"lang": lang})) as review:
            for reason in review.findings.column("reason").to_pylist():
                assert reason
                assert not re.search("None|NULL|\0| is ,|为 ，|^[;；]|[;；] ?$", reason), reason
                assert reason.count("(") == reason.count(")"), reason
            summary = review.summary
            for rule in pack.rules:
                counts = summary["rules"][rule["rule"]]
                statuses = [counts[status] for status in ("met", "unmet", "unknown", "not applicable")]
                assert sum(statuses) == len(records[rule["for"]])
                assert counts["situations"] >= sum(status > 0 for status in statuses)
            assert summary["decisions"] == sum(counts["situations"] for counts in summary["rules"].values())
            assert sum(summary["verdicts"].values()) == review.verdicts.num_rows == len(records["units"])

    holds()


@depths(2, 300)
def test_a_rule_is_decided_once_for_each_distinct_situation(folders: Folders, examples: int) -> None:
    @many(examples)
    @given(st.data(), boolean_rules())
    def holds(data: st.DataObject, pack: Pack) -> None:
        folder = folders()
        values = itertools.product((True, False, None), repeat=len(pack.tables["units"]["fields"]) - 1)
        fields = list(pack.tables["units"]["fields"])[1:]
        drawn = data.draw(st.lists(st.sampled_from(list(values)), min_size=1, max_size=40))
        records = {"units": [{"unit_id": f"U{at}"} | dict(zip(fields, row, strict=True)) for at, row in enumerate(drawn)]}
        with lookback.check(**given_on_disk(folder, pack, records)) as review:
            (rule,) = check_pack(read_pack(folder / "pack")).rules
            told = Interpreter(pack, records, {})
            seen = {tuple(told.condition(atom.text, Row("units", at)) for atom in rule.atoms) for at in range(len(drawn))}
            assert review.summary["decisions"] == len(seen)

    holds()


# ------------------------------------------------------------------------------------------------------ damaged inputs


@dataclass
class Told:
    """What a reading has to make of rows: records (with `_lost`, `_doubtful`), how many rows may be missing under a parent, rows
    set aside by table, those merged with another, the problems."""

    records: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    missing: dict[str, dict[str | None, int | None]] = field(default_factory=dict)
    aside: Counter[str] = field(default_factory=Counter)
    merged: int = 0
    problems: int = 0


def told_of(pack: Pack, rows: Records, as_written: Records) -> Told:
    """By the words of the design: rows of one key are one record, a record without a key may be there, the rest is set aside."""
    told = Told()
    for table in sorted(pack.tables, key=list(KEYS).index):
        key, parent = KEYS[table], PARENTS.get(table)
        parents = {record[KEYS[parent]] for record in told.records[parent]} - {None} if parent else set()
        told.records[table], told.missing[table] = [], {}
        groups: dict[Any, list[dict[str, Any]]] = {}
        for at, (row, written) in enumerate(zip(rows[table], as_written[table], strict=True)):
            lost = {name for name, value in written.items() if row[name] != value}
            told.problems += len(lost)
            if row[key] is None or (parent and row[KEYS[parent]] not in parents):
                told.problems += 1
            if (row[KEYS[parent]] not in parents) if parent else row[key] is None:
                told.aside[table] += 1
                told.missing[table][None] = (
                    told.missing[table].get(None) or 0
                ) + 1  # of nobody known: it may be anybody's sibling
            else:
                groups.setdefault((row[key], at if row[key] is None else None), []).append(row | {"_lost": lost})
        for (name, _), same in groups.items():
            record = dict(same[0])
            if name is None:
                record |= {"_doubtful": True, "_lost": record["_lost"] | {key}}
            elif all(one == same[0] for one in same):
                told.aside[table] += len(same) - 1
                told.problems += len(same) - 1
            else:
                told.merged += len(same) - 1
                for id_ in pack.tables[table]["fields"]:
                    said = [(one[id_], id_ in one["_lost"]) for one in same]
                    if len(set(said)) > 1:
                        told.problems += sum(not lost for _, lost in said)
                    if len(set(said)) > 1 or said[0][1]:
                        record |= {id_: None, "_lost": record["_lost"] | {id_}}
                if parent:
                    of = told.missing[table]
                    of[record[KEYS[parent]]] = (of.get(record[KEYS[parent]]) or 0) + len(same) - 1
            told.records[table].append(record)
    return told


UNREADABLE = {"posts": "many", "share": "1,5", "agreed": "perhaps", "due": "30.9.2005", "kind": "delta"}


@st.composite
def damaged(draw: st.DrawFn, pack: Pack) -> tuple[dict[str, list[dict[str, Any]]], dict[str, list[dict[str, Any]]]]:
    """Records with repeated rows, keys twice, no key, a stranger for a parent; and the same with values that cannot be read."""
    rows = draw(records_of(pack))
    as_written: dict[str, list[dict[str, Any]]] = {}
    for table, records in rows.items():
        parent = PARENTS.get(table)
        for _ in range(draw(st.integers(0, 3)) if records else 0):
            row = dict(draw(st.sampled_from(records)))
            match draw(st.sampled_from(("repeated", "other content", "no key", "stranger", "orphan"))):
                case "other content":
                    row["members"] = 77 if row["members"] is None else None
                case "no key":
                    row[KEYS[table]] = None
                case "stranger" if parent:
                    row |= {KEYS[table]: f"new {len(records)}", KEYS[parent]: "nobody"}
                case "orphan" if parent:
                    row |= {KEYS[table]: f"new {len(records)}", KEYS[parent]: None}
            records.insert(draw(st.integers(0, len(records))), row)
        as_written[table] = [
            row | {field: wrong for field, wrong in UNREADABLE.items() if row[field] is None and draw(st.integers(0, 3)) == 0}
            for row in records
        ]
    return rows, as_written


@depths(2, 300)
def test_a_damaged_input_is_judged_as_what_was_lost_allows_and_nothing_goes_uncounted(folders: Folders, examples: int) -> None:
    @many(examples)
    @given(st.data(), packs())
    def holds(data: st.DataObject, pack: Pack) -> None:
        folder = folders()
        rows, as_written = data.draw(damaged(pack))
        told = told_of(pack, rows, as_written)
        asked = given_on_disk(folder, pack, as_written)
        if not told.records["units"]:
            with pytest.raises(lookback.LookbackError, match="no-units"):
                lookback.check(**asked)
            return
        with lookback.check(**asked) as review:
            summary = review.summary
            expected = LostInterpreter(pack, told.records, told.missing)
            listed = dict(zip(*(review.verdicts.column(name).to_pylist() for name in ("unit_id", "verdict")), strict=True))
            for at, unit in enumerate(told.records["units"]):
                assert listed[unit["unit_id"]] == expected.verdict(Row("units", at))
            assert Counter((f["table"], f["rule"], f["status"]) for f in review.findings.to_pylist()) == Counter(
                (table, rule["rule"], status)
                for table, records in told.records.items()
                for rule in expected.rules(table)
                for at in range(len(records))
                if (status := expected.status(Row(table, at), rule)) in (UNMET, UNKNOWN)
            )
            for table in rows:
                assert summary["records"][table] == len(told.records[table])
                assert summary["set_aside"][table] == told.aside[table]
            used = sum(map(len, told.records.values())) + told.merged
            assert used + told.aside.total() == sum(map(len, rows.values()))
            assert {one["table"]: one["rows"] for one in summary["inputs"]} == {name: len(of) for name, of in rows.items()}
            assert summary["problems"] == told.problems
            listed_problems = (review.folder / "problems.csv").read_text("utf-8").splitlines()
            assert len(listed_problems) == 1 + told.problems

    holds()


@pytest.mark.parametrize("threads", [pytest.param(1, marks=pytest.mark.slow), 2])
def test_a_problem_is_told_with_its_row_where_a_table_comes_in_several_large_files(tmp_path: Path, threads: int) -> None:
    rule = {"rule": "told", "for": "units", "title": {"en": "Told"}, "require": "posts is not null", "otherwise": "make_up"}
    tables = {"units": table_of("units", {"posts": "integer"})}
    pack = Pack({}, [{"outcome": "pass"}, {"outcome": "make_up"}], tables, [], [rule])
    write_pack(pack, tmp_path / "pack")
    expected = []
    for file, size in (("a", 1_000), ("b", 130_000), ("c", 125_000)):
        rows = [{"unit_id": f"{file}{at}", "posts": "many" if at in (7, size - 3) else 1} for at in range(size)]
        write_table(rows, ["unit_id", "posts"], tmp_path / f"{file}.csv")
        expected += [(f"{file}.csv", at + 2) for at in (7, size - 3)]
    data = [f"units={tmp_path / name}.csv" for name in "abc"]
    with lookback.check(data, pack=tmp_path / "pack", lang="en", threads=threads) as review:
        found = duckdb.read_csv(str(review.folder / "problems.csv")).fetchall()
        assert [(Path(file).name, row) for file, _, row, *_ in found] == expected


# ------------------------------------------------------------------------------- three tables, facts crossing both ways

FACTS = (  # of, from, fact, value
    ("units", None, "large", "members >= :limit"),  # used two tables below
    ("issues", None, "of_large", "units.large and posts > 0"),
    ("issues", "steps", "late_steps", "count(*) filter (where unmet('step-in-time'))"),
    ("issues", "steps", "rates", "sum(coalesce(rate, 0.1)) + avg(coalesce(share, 0.3))"),
    ("units", "issues", "late_issues", "count(*) filter (where unmet('steps-in-time'))"),
    ("units", "issues", "most_late", "max(coalesce(late_steps, 0))"),
    ("units", "issues", "mean_rates", "avg(coalesce(rates, 0.2))"),
    ("units", "cases", "cases_agreed", "count(*) filter (where coalesce(agreed, false))"),
    ("issues", None, "share_late", "late_steps / nullif(units.late_issues, 0)"),  # up to the unit, and down again
    ("issues", "steps", "bad_steps", "count(*) filter (where verdict = 'make_up')"),
    ("units", "issues", "not_passed", "count(*) filter (where verdict <> 'pass')"),
)
RULES = (  # for, rule, when, require, otherwise
    ("steps", "step-in-time", "issues.of_large", "due >= :as_of", "explain"),
    ("issues", "steps-in-time", "kind is not null", "late_steps = 0 or agreed", "explain"),
    ("issues", "few-late", "units.late_issues > 1", "share_late < 2.5", "make_up"),  # a second layer
    ("steps", "step-of-few-late", "checked", "issues.share_late <= 1.0", "make_up"),  # a third
    ("cases", "case-of-large", "units.large", "share < units.mean_rates", "explain"),
    ("issues", "steps-sound", "members > 0", "bad_steps <= :limit", "explain"),
    ("units", "dealt-with", "posts > 0", "not_passed = 0 or (most_late < 2 and cases_agreed > 0)", "make_up"),
)
LAYERS = Pack(
    PARAMS,
    [{"outcome": outcome} for outcome in ("pass", "explain", "make_up")],
    {table: table_of(table) | ({"not_counted": NOT_COUNTED} if table == "cases" else {}) for table in TABLES},
    [{"fact": fact, "of": of} | ({"from": child} if child else {}) | {"value": value} for of, child, fact, value in FACTS],
    [
        {"rule": rule, "for": table, "title": {"en": rule}, "when": when, "require": require, "otherwise": otherwise}
        for table, rule, when, require, otherwise in RULES
    ],
)


@depths(2, 300)
def test_rules_in_layers_over_three_tables_are_judged_as_by_the_reference(folders: Folders, examples: int) -> None:
    @many(examples)
    @given(records_of(LAYERS))
    def holds(records: Records) -> None:
        with lookback.check(**given_on_disk(folders(), LAYERS, records)) as review:
            compare_with_reference(review, records)

    holds()


def compare_with_reference(review: Any, records: Records) -> None:
    expected = judge(LAYERS, records)
    for row in review.verdicts.to_pylist():
        unit = expected.records["units"][row["unit_id"]]
        assert (row["verdict"], row["score"], row["findings"]) == (unit.verdict, unit.score, unit.findings)
        for fact, value in unit.facts.items():
            assert row[fact] == (pytest.approx(value) if fact == "mean_rates" else value)
    assert Counter((f["table"], f["record"], f["unit"], f["rule"], f["status"]) for f in review.findings.to_pylist()) == Counter(
        (f.table, f.record, f.unit, f.rule, f.status) for f in expected.findings
    )


@pytest.mark.parametrize(
    "sizes",
    [
        pytest.param((2_000, 130_000, 2_000, 2_000), id="quick"),
        pytest.param((20_000, 200_000, 200_000, 200_000), id="deep", marks=pytest.mark.slow),
    ],
)
def test_many_records_in_many_row_groups_give_the_same_bytes_whatever_the_number_of_threads(
    tmp_path: Path, sizes: tuple[int, ...]
) -> None:
    generate(tmp_path / "data", dict(zip(TABLES, sizes, strict=True)))
    write_pack(LAYERS, tmp_path / "pack")
    for name, threads in (("one", 1), ("two", 2)):
        lookback.check(tmp_path / "data", pack=tmp_path / "pack", lang="en", threads=threads, out=tmp_path / name)
    assert different(tmp_path / "one", tmp_path / "two") == []


@pytest.mark.slow
def test_many_records_are_judged_as_by_the_reference(tmp_path: Path) -> None:
    generate(tmp_path / "data", {"units": 2_000, "issues": 30_000, "cases": 5_000, "steps": 60_000})
    write_pack(LAYERS, tmp_path / "pack")
    files = {table: str(tmp_path / "data" / f"{table}.parquet") for table in TABLES}
    records = {table: duckdb.read_parquet(file).to_arrow_table().to_pylist() for table, file in files.items()}
    with lookback.check(tmp_path / "data", pack=tmp_path / "pack", lang="en", threads=2) as review:
        compare_with_reference(review, records)


def generate(folder: Path, sizes: dict[str, int]) -> None:
    """Parquet files of several row groups, the same every time; a tenth of the values blank, and sums that are not exact."""
    folder.mkdir()
    with duckdb.connect() as connection:
        for table, size in sizes.items():
            columns = [f"'{table[0]}' || i AS {KEYS[table]}"]
            if parent := PARENTS.get(table):
                columns.append(f"'{parent[0]}' || hash(i, 'parent') % {sizes[parent]} AS {KEYS[parent]}")
            for name, field in LAYERS.tables[table]["fields"].items():
                if name not in KEYS.values():
                    value = random_value(field["type"], name)
                    columns.append(f"CASE WHEN hash(i, '{name}?') % 10 > 0 THEN {value} END AS {name}")
            rows = f"SELECT {', '.join(columns)} FROM range({size}) AS _(i)"
            connection.execute(f"COPY ({rows}) TO '{folder / table}.parquet' (FORMAT parquet, ROW_GROUP_SIZE 20480)")


def random_value(type_: str, name: str) -> str:
    number = f"hash(i, '{name}')"
    return {
        "text": f"'text ' || {number} % 50",
        "integer": f"({number} % 8)::BIGINT - 2",
        "number": f"({number} % 10007) / 7003.0",
        "boolean": f"{number} % 2 = 0",
        "date": f"date '2005-09-01' + ({number} % 60)::INTEGER",
        "choice": f"['alpha', 'beta', 'gamma'][1 + ({number} % 3)::BIGINT]",
        "choices": f"['alpha', 'beta;gamma', 'alpha;beta;gamma'][1 + ({number} % 3)::BIGINT]",
    }[type_]
