"""The example of what rules can say, `fixtures/food-inspection`: it shows what its README says, and its pack is sound."""

from __future__ import annotations

import re
from pathlib import Path

import openpyxl
import pytest
from screen import ROOT, Lookback

import lookback as package
from lookback.notions import codes

PACK = ROOT / "fixtures/food-inspection/pack"
RECORDS = ROOT / "fixtures/food-inspection/records"


@pytest.fixture(scope="module")
def review(tmp_path_factory: pytest.TempPathFactory) -> package.Review:
    return package.check(RECORDS, PACK, lang="en", out=tmp_path_factory.mktemp("food") / "review")


def units(review: package.Review) -> dict[str, dict[str, object]]:
    return {row["restaurant_id"]: row for row in review.verdicts.to_pylist()}


def test_each_restaurant_has_the_name_and_verdict_that_the_readme_says(review: package.Review) -> None:
    said = re.findall(r"^\| (R\d\d) (.+?) \| (\w+) \|", (ROOT / "fixtures/README.md").read_text("utf-8"), re.MULTILINE)
    assert len(said) == 10
    assert [(key, row["name"], row["verdict"]) for key, row in sorted(units(review).items())] == said


def test_each_rule_is_met_and_unmet_on_some_record_and_one_is_unknown_by_a_blank(review: package.Review) -> None:
    counts = review.summary["rules"]
    assert {rule for rule, n in counts.items() if not n["met"] or not n["unmet"]} == set()
    found = {(row["unit"], row["rule"]) for row in review.findings.to_pylist() if row["status"] == "unknown"}
    assert {rule for unit, rule in found if unit == "R09"} == {"critical-put-right-in-time"}


def test_one_value_cannot_be_read_and_nothing_else_is_told(lookback: Lookback, tmp_path: Path) -> None:
    run = lookback("check", RECORDS, "--pack", PACK, "-o", tmp_path / "review")
    assert run.code == 3
    assert "1 problem with the input (0 rows set aside)" in run.err
    assert "violations.csv:14 put_right_on: `before the holiday`" in run.err
    assert "not read" not in run.err


def test_the_review_as_a_whole_is_what_the_readme_says(review: package.Review) -> None:
    whole = review.summary["review"]
    assert whole["verdict"] == "recheck"
    assert {rule: found["status"] for rule, found in whole["rules"].items()} == {
        "few-suspended": "met",
        "critical-put-right-in-the-district": "unknown",
    }
    assert whole["facts"] == {"restaurants_inspected": 10, "restaurants_suspended": None, "critical_late": None}
    assert "violations.csv" in whole["rules"]["critical-put-right-in-the-district"]["reason"]["en"]


def test_facts_by_the_code_list_by_siblings_and_by_days_worked(review: package.Review) -> None:
    rows = units(review)
    assert {key: row["points"] for key, row in rows.items()} == dict(
        zip(sorted(rows), (5, 6, 6, 13, 10, 1, 0, 2, 6, 6), strict=True)
    )
    assert (rows["R04"]["to_recheck"], rows["R05"]["to_suspend"], rows["R08"]["remarks"]) == (2, 2, 3)


def test_the_codes_are_what_the_readme_says_of_them(review: package.Review) -> None:
    wrong = {key for key, row in units(review).items() if not codes.check(str(row["licence_code"]), "cn-uscc")}
    assert wrong == {"R06", "R07"}
    assert all(str(row["licence_code"]).startswith("91990000") for row in units(review).values())


def test_the_pack_has_no_mistakes_and_its_tests_reach_every_outcome(lookback: Lookback) -> None:
    assert (run := lookback("rules", "check", PACK)).said.strip() == "no mistakes", run.said
    tested = lookback("rules", "test", PACK, "--coverage")
    assert tested.code == 0, tested.said
    assert ", 0 failed" in tested.out
    assert "do not reach every outcome" not in tested.said


def test_the_form_has_no_sheet_for_the_list_that_is_the_packs_own(lookback: Lookback, tmp_path: Path) -> None:
    assert lookback("template", "--pack", PACK, "-o", tmp_path / "form.xlsx").code == 0
    assert openpyxl.load_workbook(tmp_path / "form.xlsx").sheetnames == ["Restaurants", "Inspections", "Violations"]
    assert lookback("template", "--pack", PACK, "--table", "codes", "-o", tmp_path / "codes.xlsx").code == 0
