"""A rule whose `otherwise` is the best outcome: a remark, which is found and changes no verdict; and findings by outcome."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from builders import checked
from reference import Pack
from screen import Lookback

from lookback.packs.sentences import Sentences
from lookback.proving.proof import prove


def table(fields: dict[str, str], **more: Any) -> dict[str, Any]:
    return {"key": next(iter(fields)), "fields": {name: {"type": kind} for name, kind in fields.items()}, **more}


TABLES = {
    "units": table({"unit_id": "text", "named": "boolean", "members": "integer"}),
    "issues": table({"issue_id": "text", "unit_id": "text", "dated": "boolean", "told": "boolean"}, belongs_to="units"),
}
FACTS = [
    {"fact": "remarks", "of": "units", "value": "score('remark')"},
    {"fact": "untold", "of": "units", "from": "issues", "value": "count(*) filter (where verdict = 'explain')"},
]
RULES = [
    {"rule": "named", "for": "units", "require": "named", "tag": "remark", "weight": 2, "otherwise": "pass"},
    {"rule": "dated", "for": "issues", "require": "dated", "tag": "remark", "otherwise": "pass"},
    {"rule": "told", "for": "issues", "require": "told", "otherwise": "explain"},
    {"rule": "all-told", "for": "units", "require": "untold = 0", "otherwise": "explain"},
    {"rule": "many", "for": "units", "require": "members >= 3", "otherwise": "make_up"},
    {"rule": "few-remarks", "for": "units", "require": "remarks <= 2", "otherwise": "make_up"},
]
UNITS = """unit_id,named,members
A,true,5
B,false,5
C,,5
D,true,1
"""
ISSUES = """issue_id,unit_id,dated,told
I1,C,false,true
I2,D,true,false
"""


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("remarks") / "pack"
    outcomes = [{"outcome": o} for o in ("pass", "explain", "make_up")]
    checked(folder, Pack({}, outcomes, TABLES, FACTS, [{"title": {"en": rule["rule"].title()}, **rule} for rule in RULES]))
    return folder


@pytest.fixture(scope="module")
def review(pack: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    import lookback

    data = tmp_path_factory.mktemp("data")
    (data / "units.csv").write_text(UNITS)
    (data / "issues.csv").write_text(ISSUES)
    lookback.check([str(data)], pack=pack, params={}, lang="en", out=data / "out").close()
    return data / "out"


def test_a_remark_is_found_and_leaves_the_verdict(review: Path) -> None:
    rows = {row["unit_id"]: row for row in pq.read_table(review / "verdicts.parquet").to_pylist()}
    assert {unit: row["verdict"] for unit, row in rows.items()} == {"A": "pass", "B": "pass", "C": "make_up", "D": "make_up"}
    assert [rows["B"][c] for c in ("score", "findings", "remarks")] == [2, 1, 2]
    assert rows["B"]["findings_by_outcome"] == {"pass": 1, "explain": 0, "make_up": 0}
    assert rows["C"]["remarks"] == 3  # too many, which a rule says is no remark any longer
    summary = json.loads((review / "review.json").read_text())
    assert summary["findings"] == {"pass": 3, "explain": 2, "make_up": 2}


def test_what_is_owed_is_listed_whatever_the_verdict(review: Path, lookback: Lookback) -> None:
    rows = json.loads(lookback("flagged", review, "--owes", "explain", "--format", "json").out)
    assert [(row["key"], row["verdict"], row["owes"]) for row in rows] == [
        ("D", "make_up", {"pass": 0, "explain": 2, "make_up": 1})
    ]
    rows = json.loads(lookback("flagged", review, "--owes", "pass", "--format", "json").out)
    assert [row["key"] for row in rows] == ["C", "B"]
    assert [row["key"] for row in json.loads(lookback("flagged", review, "--format", "json").out)] == ["C", "D"]
    said = lookback("flagged", review, "--owes", "explain").out.splitlines()
    assert said[0].split("  ")[-2].strip() == "Findings: explain"
    said = lookback("flagged", review, "--owes", "explain", "--format", "csv").out.splitlines()
    assert said[0].endswith("rules,owes pass,owes explain,owes make_up")
    assert said[1].endswith(",0,2,1")
    assert lookback("flagged", review, "--owes", "explan").code == 2


def test_the_list_for_people_has_what_is_owed(review: Path) -> None:
    import python_calamine

    book = python_calamine.CalamineWorkbook.from_path(str(review / "flagged.xlsx"))
    heads, *rows = book.get_sheet_by_name("Flagged units").to_python()
    owed = [i for i, head in enumerate(heads) if head.startswith("Findings: ")]
    assert [heads[i] for i in owed] == ["Findings: make_up", "Findings: explain", "Findings: Remark"]
    assert [[row[i] for i in owed] for row in rows] == [[1, 0, 2], [1, 2, 0]]
    heads, *situations = book.get_sheet_by_name("By situation").to_python()
    outcome = heads.index("Outcome")
    assert {row[outcome] for row in situations if row[0] in ("Named", "Dated")} == {"Remark"}


def test_an_explanation_of_a_unit_with_remarks_says_what_was_found_and_that_it_passes(review: Path, lookback: Lookback) -> None:
    said = lookback("explain", "B", review).out
    assert "Nothing that was found changes the verdict." in said
    assert "Named (named): unmet; a remark" in said
    assert "Decided by" not in said
    said = lookback("explain", "C", review).out
    assert "Decided by\n  Few-Remarks" in said


def test_a_remark_says_so_need_not_arrive_and_is_needless_to_no_other(pack: Path) -> None:
    checked_pack = checked(pack)
    assert "Otherwise: a remark; the verdict stays as it is." in Sentences(checked_pack, "en").rule(checked_pack.by_id["named"])
    found = prove(checked_pack)
    assert not [f.mistake.render() for f in found.found]
    assert not found.left_open


def test_what_frees_a_unit_of_too_many_remarks_is_that_they_go(review: Path, lookback: Lookback) -> None:
    said = lookback("fix", "C", review).out
    assert "named: blank → true" in said
    assert "dated: false → true" in said
    lines = [line.split("  ")[0] for line in lookback("fix", "--all", review).out.splitlines()]
    assert {"issues: dated changed", "units: named filled in"} <= {*lines}  # though neither by itself gives a worse verdict


def test_units_with_few_remarks_do_not_need_that_they_go(pack: Path, tmp_path: Path, lookback: Lookback) -> None:
    (tmp_path / "units.csv").write_text("unit_id,named,members\nA,false,1\n")
    (tmp_path / "issues.csv").write_text("issue_id,unit_id,dated,told\n")
    lookback("check", tmp_path, "--pack", pack, "-o", tmp_path / "out")
    said = lookback("fix", "--all", tmp_path / "out").out
    assert "units: members changed" in said
    assert "named" not in said
