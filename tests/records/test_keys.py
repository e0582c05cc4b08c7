"""Keys of several fields, tables without a key, columns that are two fields, texts that keep their spaces: the same from every
format, and what is lost of them."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

import lookback
from lookback.authoring.rule_tests import read_cases, run_cases
from lookback.packs.check import check_pack
from lookback.packs.model import put_together, schema
from lookback.packs.read import read_pack, read_tests
from lookback.proving.proof import prove
from lookback.reviews.explain import explain
from lookback.reviews.fix import fix
from lookback.reviews.fix_list import fix_list
from lookback.reviews.folder import Review, one_unit
from lookback.words.errors import PackError
from lookback.writers.fix import as_text
from lookback.writers.fix_list import write_book

RECORDS = """
tables:
  inspections:
    key: [business, date]
    label: name
    fields:
      business: {type: text, title: {en: Business}}
      date: {type: date, title: {en: Inspected on}}
      name: {type: text}
      points: {type: number, also: [Points], blanks: [N/A]}
      said: {type: choice, choices: {none: {en: None given, also: [N/A]}}, also: [Points], beside: number}
      code: {type: text, keep_spaces: true, optional: {because: {en: Not all have one.}}}
  violations:
    key: row
    belongs_to: inspections
    fields:
      business: {type: text}
      date: {type: date}
      what: {type: text}
      critical: {type: boolean}
"""
PACK = """
pack: parts
version: "1.0"
outcomes: [{outcome: pass}, {outcome: explain}, {outcome: close}]
params:
  as_of: {type: date, default: 2005-09-30}
"""
RULES = """
facts:
  - {fact: criticals, of: inspections, from: violations, value: "count(*) filter (where coalesce(critical, true))"}
  - {fact: bad, of: inspections, from: violations, value: "count(*) filter (where verdict <> 'pass')"}
rules:
  - {rule: few, for: inspections, title: {en: Few}, require: criticals <= 1, otherwise: close}
  - {rule: enough, for: inspections, title: {en: Enough}, when: said is null, require: points >= 10, otherwise: explain}
  - {rule: recent, for: inspections, title: {en: Recent}, require: "date >= date '2005-01-01'", otherwise: explain}
  - {rule: spaced, for: inspections, title: {en: Spaced}, require: "code is null or length(code) = 4", otherwise: explain}
  - {rule: named, for: violations, title: {en: Named}, require: what is not null, otherwise: explain}
  - {rule: none-bad, for: inspections, title: {en: None bad}, require: bad = 0, otherwise: explain}
"""
TESTS = """
tests:
  - test: two criticals close the one inspection that they are of
    given:
      inspections:
        - {business: A, date: 2005-01-01, points: 12}
        - {business: A, date: 2005-02-01, points: 12}
      violations:
        - {business: A, date: 2005-02-01, critical: true, what: x}
        - {business: A, date: 2005-02-01, critical: true, what: y}
        - {business: A, date: 2005-01-01, what: z}
    expect:
      inspections:
        - {business: A, date: 2005-02-01, verdict: close, facts: {criticals: 2}}
        - {business: A, date: 2005-01-01, verdict: pass}
      violations: [{verdict: pass}]
"""
Rows = Sequence[Sequence[str]]
INSPECTIONS = [
    ["business", "date", "name", "Points", "code"],
    ["A", "2005-01-01", "Alder", "12", " ab "],
    ["A", "2005-02-01", "Alder", "8", "ab"],
    ["B", "2005-01-01", "Birch", "N/A", ""],
    ["B", "2005-01-01", "Birch", "N/A", ""],
    ["C · D", "2005-03-01", "Cedar", "20", ""],
]
VIOLATIONS = [
    ["business", "date", "what", "critical"],
    ["A", "2005-01-01", "x", "yes"],
    ["A", "2005-01-01", "x", "yes"],
    ["B", "2005-01-01", "", "no"],
    ["C · D", "2005-03-01", "q", "yes"],
]
VERDICTS = {
    "A · 2005-01-01": "close",
    "A · 2005-02-01": "explain",
    "B · 2005-01-01": "explain",
    "C ·· D · 2005-03-01": "pass",
}


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pack(tmp_path_factory.mktemp("keys") / "pack")


def write_pack(folder: Path, records: str = RECORDS, rules: str = RULES) -> Path:
    return written(folder, {"records": records, "1-a.rules": rules, "1-a.test": TESTS})


def written(folder: Path, files: Mapping[str, str]) -> Path:
    """The folder of a pack of these files and PACK, which is made where there is none."""
    folder.mkdir(exist_ok=True)
    for name, text in {"pack": PACK, **files}.items():
        (folder / f"{name}.yaml").write_text(text.lstrip(), "utf-8")
    return folder


def as_csv(folder: Path, tables: Mapping[str, Rows]) -> None:
    for name, rows in tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows(rows)


def as_xlsx(folder: Path, tables: Mapping[str, Rows]) -> None:
    book = xlsxwriter.Workbook(folder / "book.xlsx")
    for name, rows in tables.items():
        sheet = book.add_worksheet(name)
        for i, row in enumerate(rows):
            for j, text in enumerate(row):
                sheet.write_string(i, j, text) if text else None
    book.close()


def as_json(folder: Path, tables: Mapping[str, Rows]) -> None:
    for name, (head, *rows) in tables.items():
        (folder / f"{name}.json").write_text(json.dumps([dict(zip(head, row, strict=True)) for row in rows]), "utf-8")


def as_parquet(folder: Path, tables: Mapping[str, Rows]) -> None:
    for name, (head, *rows) in tables.items():
        pq.write_table(pa.table({h: pa.array([row[i] for row in rows]) for i, h in enumerate(head)}), folder / f"{name}.parquet")


FORMS = {"CSV": as_csv, "xlsx": as_xlsx, "JSON": as_json, "Parquet": as_parquet}


@pytest.fixture(scope="module", params=FORMS)
def review(request: pytest.FixtureRequest, pack: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Review]:
    folder = tmp_path_factory.mktemp("in")
    FORMS[request.param](folder, {"inspections": INSPECTIONS, "violations": VIOLATIONS})
    with lookback.check(folder, pack, lang="en") as found:
        yield found


def units(review: Review) -> dict[str, dict[str, Any]]:
    return {row["business·date"]: row for row in review.verdicts.to_pylist()}


def verdicts(review: Review) -> dict[str, str]:
    return {unit: row["verdict"] for unit, row in units(review).items()}


def problems(review: Review) -> set[tuple[str, str, str]]:
    with (review.folder / "problems.csv").open(encoding="utf-8", newline="") as stream:
        return {(row["kind"], row["cell"] or row["row"], row["field"]) for row in csv.DictReader(stream)}


def test_a_key_of_two_fields_and_a_table_without_one_are_the_same_in_every_format(review: Review) -> None:
    assert verdicts(review) == VERDICTS
    assert review.summary["problem_kinds"] == {"key-repeated": 1}
    rows = units(review)
    assert (rows["A · 2005-01-01"]["criticals"], rows["A · 2005-01-01"]["code"]) == (2, " ab ")
    assert (rows["B · 2005-01-01"]["points"], rows["B · 2005-01-01"]["said"]) == (None, "none")
    assert rows["A · 2005-02-01"]["points"] == Decimal(8)
    (place,) = {row["record"] for row in review.findings.to_pylist() if row["table"] == "violations"}
    assert place.endswith((":4", ":3"))  # a row of JSON and Parquet has no header above it


def test_no_two_lists_of_parts_are_the_same_key() -> None:
    assert put_together(["a · b", "c"]) != put_together(["a", "b · c"])
    assert put_together(["a ·", "c"]) != put_together(["a", "· c"])
    assert put_together(["a", date(2005, 9, 30), 7]) == "a · 2005-09-30 · 7"
    assert put_together(["a", None]) is None


SPOILT = {
    "a date that cannot be read": ("E1", "3/4/2005"),
    "no date": ("E2", ""),
    "no business": ("", "2005-06-03"),
    "another spelling": ("ｅ4", "2005-06-04"),
    "an error": ("#N/A", "2005-06-05"),
}
"""What is wrong with how one of two violations names the inspection that it is of: E1 of 2005-06-01, E2 of 2005-06-02, …"""
DAMAGED = [
    *INSPECTIONS,
    *(([f"E{n}", f"2005-06-0{n}", "Elm", "20", ""]) for n in range(1, 7)),
    *([["A", "2005-02-01", "Alder", "12", "ab"], ["C · D", "2005/3/1", "Cedar", "21", ""]]),  # they disagree
    *([["F", cell, "Fir", "20", ""] for cell in ("", "30/2/2005", "#N/A")]),  # who is it?
    *([["G", "2005-07-01", "Gorse", "N/B", ""], ["H", "2005-07-01", "Holly", "12 or so", ""]]),  # a number or N/A?
]
OF_DAMAGED = [
    *VIOLATIONS,
    *([f"E{n}", f"2005-06-0{n}", "x", "yes"] for n in range(1, 7)),
    *([*said, "y", "yes"] for said in SPOILT.values()),
]


@pytest.fixture(scope="module", params=["CSV", "xlsx"])
def damaged(request: pytest.FixtureRequest, pack: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Review]:
    folder = tmp_path_factory.mktemp("damaged")
    of = [*OF_DAMAGED, ["E6", "2005-06-06", "y", "yes", "and more"]]
    FORMS[request.param](folder, {"inspections": DAMAGED, "violations": of})
    with lookback.check(folder, pack, lang="en") as found:
        yield found


def test_a_child_that_names_its_parent_in_part_may_be_of_each_that_agrees(damaged: Review) -> None:
    assert {unit: verdict for unit, verdict in verdicts(damaged).items() if unit and unit.startswith("E")} == {
        f"E{n} · 2005-06-0{n}": "close" for n in range(1, 7)
    }
    assert {place for kind, place, _ in problems(damaged) if kind == "parent-spelt"} == {"B12", "B13", "A14", "A15", "A16"}


def test_units_that_lack_a_part_of_their_key_are_listed_as_not_judged(damaged: Review) -> None:
    assert damaged.summary["not_judged"] == 3
    assert {found for found in problems(damaged) if found[0] == "no-key"} == {("no-key", f"B{n}", "date") for n in (15, 16, 17)}


def test_rows_of_one_key_that_disagree_lose_just_those_fields(damaged: Review) -> None:
    assert verdicts(damaged)["C ·· D · 2005-03-01"] == "explain"
    assert {found[1:] for found in problems(damaged) if found[0] == "key-disagrees"} == {
        *((f"D{n}", "points") for n in (3, 6, 13, 14)),
    }


def test_what_is_neither_a_number_nor_one_of_the_words_is_lost_in_both_fields(damaged: Review) -> None:
    assert [verdicts(damaged)[f"{unit} · 2005-07-01"] for unit in "GH"] == ["explain", "explain"]
    wrong = {(kind, place) for kind, place, _ in problems(damaged) if kind in ("number", "choice")}
    assert wrong == {(kind, f"D{n}") for kind in ("number", "choice") for n in (18, 19)}


def test_every_question_to_a_review_takes_the_key_as_it_is_shown(review: Review) -> None:
    unit, pack = "A · 2005-01-01", review.pack()
    assert explain(review, unit, "en").unit.key == unit
    with one_unit(review, unit) as one:
        records = one.records()
        found = fix(pack, records, "pass", ("unit", "inspector", "office"), review.decider, one.got)
    changed = {str(change.record).rpartition(":")[2] for way in found.ways for change in way.changes}
    assert changed in ({"2", "3"}, {"1", "2"})
    assert as_text(found, pack, records[pack.root][0], "en", [])


def test_a_list_of_corrections_has_a_workbook_a_unit(pack: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    as_csv(tmp_path / "in", {"inspections": INSPECTIONS, "violations": [*VIOLATIONS, ["A", "2005-02-01", "y", "perhaps"]]})
    listed = fix_list([tmp_path / "in"], check_pack(read_pack(pack)), tmp_path / "out", write_book)
    assert {one.unit: one.problems for one in listed} == {"B · 2005-01-01": 1, "A · 2005-02-01": 1}


def test_tests_and_proofs_know_the_parts(pack: Path) -> None:
    checked = check_pack(read_pack(pack))
    run = run_cases(checked, read_cases(checked, read_tests(pack)))
    assert (run.failures, run.expectations) == ([], 3)
    found = prove(checked)
    assert not found.left_open
    assert not found.found


@pytest.mark.parametrize(
    ("instead", "of", "code"),
    [
        ("belongs_to: violations", "label: name", "parent-by-row"),
        ("key: [business, day]", "key: [business, date]", "unknown-field"),
        ("key: [business, points]", "key: [business, date]", "key-type"),
        ("key: [business, business]", "key: [business, date]", "repeated-id"),
        ("also: [Points], keep_spaces: true, blanks", "also: [Points], blanks", "keep-spaces-for-text"),
        ("also: [Points], beside: number, blanks", "also: [Points], blanks", "beside-for-choice"),
        ("name: {type: text, title: {en: Business}}", "name: {type: text}", "repeated-header"),
    ],
)
def test_mistakes_of_keys_are_told(instead: str, of: str, code: str, tmp_path: Path) -> None:
    with pytest.raises(PackError) as refused:
        check_pack(read_pack(write_pack(tmp_path / "pack", RECORDS.replace(of, instead))))
    assert code in {mistake.code for mistake in refused.value.mistakes}


def test_the_schema_of_records_takes_an_id_or_a_list_as_key() -> None:
    key = schema("records")["$defs"]["TableDef"]["properties"]["key"]
    assert [form["type"] for form in key["anyOf"]] == ["string", "array"]
