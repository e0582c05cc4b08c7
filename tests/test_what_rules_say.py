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
        "code is 99999999MB123456L, should be so that matches(code, '[0-9A-Z]{18}'); "
        "code is 99999999MB123456L, should be so that check_digit(code, 'cn-uscc')"
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
    assert told["other"] == "depts is fire; roads, should be so that has(depts, 'water')"
    assert told["one"] == "size(depts) is 1, should be 2"
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
