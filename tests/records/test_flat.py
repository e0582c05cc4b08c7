"""One sheet for several tables: a list of violations that repeats its shop on each row; the same from every format."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from test_keys import FORMS, as_csv, as_xlsx, written

import lookback
import lookback.records.formats.texts
from lookback.reviews.folder import Review
from lookback.words.errors import InputError

RECORDS = """
tables:
  shops:
    key: shop
    label: name
    fields:
      shop: {type: text}
      name: {type: text, also: [Name of the shop]}
      seats: {type: integer}
  violations:
    key: violation
    belongs_to: shops
    fields:
      violation: {type: text}
      shop: {type: text}
      what: {type: text}
      critical: {type: boolean}
"""
RULES = """
facts:
  - {fact: criticals, of: shops, from: violations, value: "count(*) filter (where coalesce(critical, true))"}
rules:
  - {rule: few, for: shops, title: {en: Few}, require: criticals < 1, otherwise: close}
  - {rule: big, for: shops, title: {en: Big}, require: seats >= 10, otherwise: explain}
  - {rule: named, for: shops, title: {en: Named}, require: name is not null, otherwise: explain}
  - {rule: said, for: violations, title: {en: Said}, require: what is not null, otherwise: explain,
     not_counted: {because: {en: What is found there is asked of nobody.}}}
"""
LIST = [
    ["violation", "shop", "Name of the shop", "seats", "what", "critical"],
    ["V1", "R1", "Wok", "30", "mice", "yes"],
    ["V2", "R1", "Wok", "30", "dirt", "no"],
    ["V3", "R2", "Tea", "12", "dirt", "no"],
    ["V4", "R2", "Tea", "13", "mould", "no"],
    ["V5", "R3", "Bar", "20", "", "no"],
]
VERDICTS = {"R1": "close", "R2": "explain", "R3": "pass"}


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("flat"), {"records": RECORDS, "1-a.rules": RULES})


@pytest.fixture(scope="module", params=FORMS)
def review(request: pytest.FixtureRequest, pack: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Review]:
    folder = tmp_path_factory.mktemp("in")
    FORMS[request.param](folder, {"violations": LIST})
    with lookback.check(folder, pack, lang="en") as found:
        yield found


def verdicts(review: Review) -> dict[str, str]:
    return {row["shop"]: row["verdict"] for row in review.verdicts.to_pylist()}


def test_units_that_come_only_in_a_list_of_their_children_are_judged(review: Review) -> None:
    assert verdicts(review) == VERDICTS
    assert review.summary["records"] == {"shops": 3, "violations": 5}
    assert review.summary["set_aside"] == {"shops": 0, "violations": 0}


def test_repeats_that_contradict_each_other_lose_just_those_fields(review: Review) -> None:
    assert review.summary["problem_kinds"] == {"key-disagrees": 2}
    with (review.folder / "problems.csv").open(encoding="utf-8", newline="") as stream:
        assert {(row["field"], row["value"]) for row in csv.DictReader(stream)} == {("seats", "12"), ("seats", "13")}
    assert {row["unit"] for row in review.findings.to_pylist() if row["rule"] == "named"} == set()


def test_it_is_told_that_a_sheet_was_read_for_several_tables(review: Review) -> None:
    assert [n.args for n in review.notices if n.code == "several-tables"] == [{"tables": "shops, violations"}]
    assert not [n for n in review.notices if n.code.startswith("unknown-column")]


def test_where_the_units_come_by_themselves_what_a_list_repeats_of_them_is_not_read(pack: Path, tmp_path: Path) -> None:
    as_xlsx(tmp_path, {"violations": LIST, "shops": [["shop", "name", "seats"], ["R1", "Wok", "30"], ["R2", "Tea", "9"]]})
    with lookback.check(tmp_path, pack, lang="en") as found:
        assert verdicts(found) == {"R1": "close", "R2": "explain"}
        assert found.summary["problem_kinds"] == {"unknown-parent": 1}
        assert {n.args["column"] for n in found.notices if n.code == "unknown-column"} == {"Name of the shop", "seats"}


def test_rows_without_a_unit_are_units_that_are_not_judged(pack: Path, tmp_path: Path) -> None:
    as_csv(tmp_path, {"violations": [*LIST, ["V6", "", "Pub", "20", "mice", "yes"], ["合计", "", "", "", "", ""]]})
    with lookback.check(tmp_path, pack, lang="en") as found:
        assert {unit: verdict for unit, verdict in verdicts(found).items() if unit} == VERDICTS
        assert found.summary["not_judged"] == 1


@pytest.mark.parametrize("name", ["shops", "list"])
def test_a_sheet_is_read_for_both_whatever_its_name(name: str, pack: Path, tmp_path: Path) -> None:
    as_csv(tmp_path, {name: LIST})
    with lookback.check(tmp_path, pack, lang="en") as found:
        assert verdicts(found) == VERDICTS


def test_a_list_that_names_only_the_keys_of_units_brings_no_units(pack: Path, tmp_path: Path) -> None:
    as_csv(tmp_path, {"violations": [[row[0], row[1], *row[4:]] for row in LIST]})
    with pytest.raises(InputError) as refused:
        lookback.check(tmp_path, pack, lang="en")
    assert refused.value.code == "no-root-table"


def test_a_large_list_is_read_for_both_by_the_database(pack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookback.records.formats.texts, "LARGE", 0)
    as_csv(tmp_path, {"violations": LIST})
    with lookback.check(tmp_path, pack, lang="en") as found:
        assert verdicts(found) == VERDICTS
        assert found.summary["problem_kinds"] == {"key-disagrees": 2}


DEEP = """
tables:
  shops:
    key: shop
    fields:
      shop: {type: text}
      name: {type: text}
      seats: {type: integer}
  visits:
    key: [shop, date]
    belongs_to: shops
    fields:
      shop: {type: text}
      date: {type: date}
      points: {type: integer}
      inspector: {type: text}
  violations:
    key: row
    belongs_to: visits
    fields:
      shop: {type: text}
      date: {type: date}
      what: {type: text}
      critical: {type: boolean}
"""
DEEP_RULES = """
facts:
  - {fact: criticals, of: visits, from: violations, value: "count(*) filter (where coalesce(critical, true))"}
  - {fact: bad, of: shops, from: visits, value: "count(*) filter (where verdict <> 'pass')"}
rules:
  - {rule: few, for: visits, title: {en: Few}, require: criticals < 1 and points >= 10, otherwise: close}
  - {rule: good, for: shops, title: {en: Good}, require: bad = 0, otherwise: close}
  - {rule: big, for: shops, title: {en: Big}, require: seats >= 10, otherwise: explain}
  - {rule: said, for: violations, title: {en: Said}, require: what is not null, otherwise: explain,
     not_counted: {because: {en: What is found there is asked of nobody.}}}
"""
DEEP_LIST = [
    ["shop", "name", "seats", "date", "points", "inspector", "what", "critical"],
    ["R1", "Wok", "30", "2005-01-01", "12", "An", "mice", "yes"],
    ["R1", "Wok", "30", "2005-01-01", "12", "An", "dirt", "no"],
    ["R1", "Wok", "30", "2005-02-01", "11", "Bo", "dirt", "no"],
    ["R2", "Tea", "12", "2005-01-01", "12", "An", "dirt", "no"],
    ["R3", "Bar", "12", "2005-01-01", "12", "An", "dirt", "no"],
    ["R3", "Bar", "12", "2005-01-01", "9", "An", "mould", "no"],
]


@pytest.fixture(scope="module")
def deep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("deep"), {"records": DEEP, "1-a.rules": DEEP_RULES})


@pytest.mark.parametrize("name", ["shops", "visits", "violations", "list"])
def test_a_sheet_of_three_levels_is_read_for_all_of_them_whatever_its_name(name: str, deep: Path, tmp_path: Path) -> None:
    as_xlsx(tmp_path, {name: DEEP_LIST})
    with lookback.check(tmp_path, deep, lang="en") as found:
        assert verdicts(found) == {"R1": "close", "R2": "pass", "R3": "close"}
        assert found.summary["records"] == {"shops": 3, "visits": 4, "violations": 6}
        assert found.summary["problem_kinds"] == {"key-disagrees": 2}  # the points of R3, and no further visit of it
        assert pq.read_metadata(found.folder / "records" / "_lost_rows.parquet").num_rows == 0
        assert [n.args["tables"] for n in found.notices if n.code == "several-tables"] == ["shops, visits, violations"]


def test_what_lies_between_is_read_from_the_list_where_the_units_come_by_themselves(deep: Path, tmp_path: Path) -> None:
    as_xlsx(tmp_path, {"violations": DEEP_LIST, "shops": [["shop", "name", "seats"], ["R1", "Wok", "30"], ["R2", "Tea", "9"]]})
    with lookback.check(tmp_path, deep, lang="en") as found:
        assert verdicts(found) == {"R1": "close", "R2": "explain"}
        assert found.summary["records"] == {"shops": 2, "visits": 3, "violations": 4}
        assert found.summary["problem_kinds"] == {"unknown-parent": 4}  # two rows of R3, each of two tables


def test_what_is_below_a_list_of_units_comes_by_itself_or_from_the_list(deep: Path, tmp_path: Path) -> None:
    above = [row[:6] for row in DEEP_LIST[:1] + DEEP_LIST[2:6]]
    below = [[row[0], row[3], *row[6:]] for row in DEEP_LIST[:6]]
    as_xlsx(tmp_path, {"shops": above, "violations": below})
    with lookback.check(tmp_path, deep, lang="en") as found:
        assert verdicts(found) == {"R1": "close", "R2": "pass", "R3": "pass"}
        assert found.summary["records"] == {"shops": 3, "visits": 4, "violations": 5}
        assert found.problem_count == 0
