"""What rules really say, about texts, days and several choices: situations that others had, in data of our own."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from builders import pack_of
from strategies import write_pack

import lookback as package
from lookback.authoring.rule_tests import read_cases, run_cases
from lookback.packs.check import check_pack
from lookback.packs.read import BUILT_IN, read_pack, read_tests
from lookback.proving.proof import prove

PACK_OF_DAYS = """\
pack: days
version: "1"
calendar: {}
outcomes: [{{outcome: pass}}, {{outcome: make_up}}]
"""


def reviewed(
    folder: Path, fields: Mapping[str, Mapping[str, Any]], require: str, data: str, files: Mapping[str, str] | None = None
) -> package.Review:
    """Units, as they stand in a file, judged by one rule. `files`: further ones of the pack."""
    tables = {"units": {"key": "unit_id", "fields": {"unit_id": {"type": "text"}, **fields}}}
    write_pack(pack_of(tables, [{"rule": "the-rule", "for": "units", "require": require}]), folder / "pack")
    for name, text in (files or {}).items():
        (folder / "pack" / name).write_text(text, "utf-8")
    (folder / "data").mkdir()
    (folder / "data" / "units.csv").write_text(data, "utf-8")
    return package.check(folder / "data", folder / "pack", out=folder / "review", lang="en")


def verdicts(review: package.Review) -> dict[str, str]:
    return {row["unit_id"]: row["verdict"] for row in review.verdicts.to_pylist()}


def problems_of(review: package.Review) -> list[dict[str, str]]:
    return list(csv.DictReader((review.folder / "problems.csv").read_text("utf-8-sig").splitlines()))


def reasons(review: package.Review) -> dict[str, str]:
    return {row["record"]: row["reason"] for row in review.findings.to_pylist()}


# ------------------------------------------------------------------------------------------------------------------ texts

CODES = """\
unit_id,code
right,99999999MB1234567L
letters,99999999MBOOOOOO7L
short,99999999MB123456L
digit,99999999MB1234567K
blank,
"""


def test_a_code_has_its_shape_and_its_check_digit(tmp_path: Path) -> None:
    shape = "matches(code, '[0-9A-Z]{18}') and check_digit(code, 'cn-uscc')"
    found = reviewed(tmp_path, {"code": {"type": "text"}}, shape, CODES)
    wrong = dict.fromkeys(("letters", "short", "digit", "blank"), "make_up")
    assert verdicts(found) == {"right": "pass"} | wrong
    assert reasons(found)["short"] == (
        "code is 99999999MB123456L, should be so that code has the form [0-9A-Z]{18}; "
        "code is 99999999MB123456L, should be so that the check digit of code is right (cn-uscc)"
    )
    assert reasons(found)["blank"] == "code: blank"


def test_pieces_of_a_text_are_asked_about(tmp_path: Path) -> None:
    asked = "left(code, 4) = '9999' and substring(code, 9, 2) = 'MB' and right(code, 1) || left(code, 1) = 'L9'"
    found = reviewed(tmp_path, {"code": {"type": "text"}}, asked, CODES)
    assert verdicts(found) == dict.fromkeys(("right", "letters", "short"), "pass") | dict.fromkeys(("digit", "blank"), "make_up")


# -------------------------------------------------------------------------------------------------------- several choices

DEPARTMENTS: dict[str, Any] = {"water": {"en": "Water works", "zh": "供水"}, "roads": {"zh": "道路"}}
DEPARTMENTS["fire"] = {"zh": "消防", "also": ["fire brigade"]}
FIELD: dict[str, Any] = {"depts": {"type": "choices", "choices": DEPARTMENTS, "blanks": ["—"]}}
CELLS = {
    "codes": "water;fire",
    "list mark": "fire、water",
    "titles": "消防，供水",
    "other words": "Fire Brigade / WATER WORKS",
    "lines": "fire\nwater",
    "twice": " water ; fire; ;water;",
    "wide": "ｗａｔｅｒ；fire",
    "one": "water",
    "other": "roads, fire",
    "blank": "",
    "a blank's word": "—",
    "no choice": "waterway",
    "one of them no choice": "water; waterway",
    "nothing between": ";",
}
BOTH = ("codes", "list mark", "titles", "other words", "lines", "twice", "wide")


def csv_of(cells: Mapping[str, str]) -> str:
    return "unit_id,depts\n" + "".join(f'{unit},"{cell}"\n' for unit, cell in cells.items())


def test_each_of_several_choices_is_read_by_code_or_title_whatever_stands_between(tmp_path: Path) -> None:
    found = reviewed(tmp_path, FIELD, "has(depts, 'water') and size(depts) = 2", csv_of(CELLS))
    read = {row["unit_id"]: row["depts"] for row in found.verdicts.to_pylist()}
    values = {"one": "water", "other": "fire;roads"}
    assert read == {unit: "fire;water" if unit in BOTH else values.get(unit) for unit in CELLS}
    assert verdicts(found) == {unit: "pass" if unit in BOTH else "make_up" for unit in CELLS}
    problems = problems_of(found)
    assert [problem["value"] for problem in problems] == ["waterway", "water; waterway", ";"]
    assert "Water works" in problems[0]["expected"]
    told = reasons(found)
    assert told["other"] == "depts is 消防; 道路, should be so that depts include Water works"
    assert told["one"] == "how many depts there are is 1, should be 2"
    assert told["one of them no choice"].startswith('depts: "water; waterway" in units.csv B14 could not')
    assert told["blank"] == "depts: blank"


def test_lists_of_json_and_parquet_are_several_choices(tmp_path: Path) -> None:
    lists = [["water", "fire"], ["消防", "供水"], ["fire"], [], None, ["water", "sea"]]
    units = [{"unit_id": f"U{at}", "depts": value} for at, value in enumerate(lists)]
    pack = reviewed(tmp_path, FIELD, "has(depts, 'water')", csv_of({"U": "water"})).folder / "pack"
    (tmp_path / "json").mkdir()
    (tmp_path / "json" / "units.json").write_text(json.dumps(units), "utf-8")
    (tmp_path / "parquet").mkdir()
    pq.write_table(pa.Table.from_pylist(units), tmp_path / "parquet" / "units.parquet")
    for form in ("json", "parquet"):
        found = package.check(tmp_path / form, pack, lang="en")
        read = [row["depts"] for row in found.verdicts.sort_by("unit_id").to_pylist()]
        assert read == ["fire;water", "fire;water", "fire", None, None, None], form
        assert len(problems_of(found)) == 1, form


def test_rows_of_one_key_agree_in_whatever_order_they_say_the_same(tmp_path: Path) -> None:
    same = reviewed(tmp_path, FIELD, "has(depts, 'water')", 'unit_id,depts\nU1,water;fire\nU1,"消防、供水"\n')
    assert verdicts(same) == {"U1": "pass"}


def test_other_separators_are_told_and_no_others_count(tmp_path: Path) -> None:
    field = {"depts": {**FIELD["depts"], "separators": ["|"]}}
    found = reviewed(tmp_path, field, "has(depts, 'water')", csv_of({"U1": "water | fire", "U2": "water;fire"}))
    assert [row["depts"] for row in found.verdicts.sort_by("unit_id").to_pylist()] == ["fire;water", None]


# ------------------------------------------------------------------------------------------------------------------- days

DATES = {name: {"type": "date"} for name in ("asked", "answered")}
ANSWERS = """\
unit_id,asked,answered
in time,2005-09-30,2005-10-12
late,2005-09-30,2005-10-13
over a weekend,2005-11-18,2005-11-25
at once,2005-11-19,2005-11-19
before it was asked,2005-10-12,2005-09-30
too early,2003-12-30,2004-01-05
too late,2026-12-21,2026-12-28
not yet,2005-09-30,
"""


def test_five_days_worked_are_counted_by_the_calendar_of_china(tmp_path: Path) -> None:
    pack = {"pack.yaml": PACK_OF_DAYS.format("china")}
    found = reviewed(tmp_path, DATES, "workdays_between(asked, answered) <= 5", ANSWERS, pack)
    met = dict.fromkeys(("in time", "over a weekend", "at once", "before it was asked"), "pass")
    assert verdicts(found) == met | dict.fromkeys(("late", "too early", "too late", "not yet"), "make_up")
    told = reasons(found)
    assert told["late"] == "working days from asked to answered is 6, should be at most 5"
    beyond = "working days from asked to answered: outside the calendar, which goes from 2004-01-01 to 2026-12-25"
    assert told["too early"] == told["too late"] == beyond
    assert told["not yet"] == "answered: blank"
    kept = tmp_path / "review" / "pack" / "china.calendar.yaml"
    assert kept.read_bytes() == (BUILT_IN / "calendars" / "china.calendar.yaml").read_bytes()
    assert package.open_review(tmp_path / "review").verdicts.num_rows == 8


def test_a_pack_has_a_calendar_of_its_own_which_is_part_of_what_it_is(tmp_path: Path) -> None:
    own = "calendar: ours\nfrom: 2005-11-01\nto: 2005-11-30\nweekend: [friday]\noff: [2005-11-21]\nworked: [2005-11-25]\n"
    files = {"pack.yaml": PACK_OF_DAYS.format("ours"), "ours.calendar.yaml": own}
    found = reviewed(tmp_path, DATES, "answered <= add_workdays(asked, 6)", ANSWERS, files)
    assert {unit for unit, verdict in verdicts(found).items() if verdict == "pass"} == {"over a weekend", "at once"}
    before = read_pack(tmp_path / "pack").sha256
    (tmp_path / "pack" / "ours.calendar.yaml").write_text(own.replace("2005-11-21", "2005-11-22"), "utf-8")
    assert read_pack(tmp_path / "pack").sha256 != before


OFF = {"2005-05-06", "2008-05-02", "2015-09-03", "2015-09-04", "2020-01-31", "2024-05-03", "2026-02-23"}
WORKED = {"2005-10-08", "2005-10-09", "2005-12-31", "2004-01-17", "2006-12-30", "2015-09-06", "2020-04-26", "2024-02-18"}


def test_days_of_china_that_are_known(tmp_path: Path) -> None:
    calendar = read_pack(written(tmp_path, "china")).days
    assert calendar is not None
    assert (str(calendar.first), str(calendar.last)) == ("2004-01-01", "2026-12-25")
    worked = {day.isoformat() for day in calendar.worked}
    assert worked >= WORKED
    assert worked & (OFF | {f"2005-10-0{day}" for day in range(1, 8)}) == set()
    assert all(245 <= sum(day.startswith(str(year)) for day in worked) <= 255 for year in range(2004, 2026))


def written(folder: Path, calendar: str) -> Path:
    tables = {"units": {"key": "unit_id", "fields": {"unit_id": {"type": "text"}}}}
    write_pack(pack_of(tables, [{"rule": "the-rule", "for": "units", "require": "unit_id is not null"}]), folder / "pack")
    (folder / "pack" / "pack.yaml").write_text(PACK_OF_DAYS.format(calendar), "utf-8")
    return folder / "pack"


def test_tests_of_a_pack_name_several_choices_as_a_list_or_as_a_cell(tmp_path: Path) -> None:
    pack = reviewed(tmp_path, FIELD, "has(depts, 'water')", csv_of({"U": "water"})).folder / "pack"
    rules = pack / "1-random.rules.yaml"
    rules.write_text(rules.read_text("utf-8") + "facts: [{fact: same, of: units, value: 'coalesce(depts, depts)'}]\n", "utf-8")
    given = "given: {units: [{unit_id: A, depts: [water, fire]}, {unit_id: B, depts: 'fire; water'}, {unit_id: C, depts: fire}]}"
    facts = "expect: {units: [{unit_id: A, facts: {same: [water, fire]}}, {unit_id: B, facts: {same: 'fire;water'}}, CCC]}"
    unmet = "{unit_id: C, unmet: [the-rule]}"
    test = f"tests:\n- test: both\n  {given}\n  {facts.replace('CCC', unmet)}\n"
    (pack / "1.test.yaml").write_text(test, "utf-8")
    read = check_pack(read_pack(pack))
    run = run_cases(read, read_cases(read, read_tests(pack)), "reference")
    assert (run.expectations, run.failures) == (3, [])


def test_days_that_are_parameters_are_told_where_they_are_outside_the_calendar(tmp_path: Path) -> None:
    days = "params: {sent: {type: date, default: 2030-01-01}, got: {type: date, default: 2005-10-12}}\n"
    pack = {"pack.yaml": PACK_OF_DAYS.format("china") + days}
    asked = "workdays_between(:sent, :got) <= 5 or asked is null"
    found = reviewed(tmp_path, DATES, asked, "unit_id,asked,answered\nU,2005-01-01,\n", pack)
    assert "working days from 2030-01-01 to 2005-10-12: outside the calendar" in reasons(found)["U"]


def test_of_days_worked_is_proved_what_any_calendar_says_and_the_rest_left_open(tmp_path: Path) -> None:
    pack = written(tmp_path, "china")
    records, rules = pack / "records.yaml", pack / "1-random.rules.yaml"
    records.write_text(records.read_text("utf-8") + "      asked: {type: date}\n      answered: {type: date}\n", "utf-8")
    when = {
        "backwards": "answered <= asked and workdays_between(asked, answered) > 0",
        "more-than-days": "answered - asked < 5 and workdays_between(asked, answered) > 5",
        "a-week-off": "asked = date '2005-10-01' and answered = date '2005-10-07' and workdays_between(asked, answered) > 0",
        "can-be": "workdays_between(asked, answered) > 5",
        "no-month-so-idle": "answered - asked = 31 and workdays_between(asked, answered) < 5",
    }
    rest = "for: units, title: {en: r}, require: answered is null, otherwise: make_up"
    each = (f'- {{rule: {rule}, {rest}, when: "{text}"}}\n' for rule, text in when.items())
    rules.write_text("rules:\n" + "".join(each), "utf-8")
    proof = prove(check_pack(read_pack(pack)))
    never = {found.mistake.args["rule"] for found in proof.found if found.mistake.code == "rule-never-applies"}
    assert never == {"backwards", "more-than-days"}
    assert {"no-month-so-idle", "a-week-off"} <= {left.question.args.get("rule") for left in proof.left_open}
