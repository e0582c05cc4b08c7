"""`when:` of a rules file: a condition on the units that all its rules share."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from builders import checked, pack_of
from core_yaml import dump
from screen import Lookback

from lookback.authoring.mutants import mutants
from lookback.judging.trial import Trial
from lookback.packs.checked import CheckedPack
from lookback.packs.read import read_pack
from lookback.packs.sentences import Sentences
from lookback.proving.proof import prove
from lookback.proving.sameness import compare

UNITS = {"unit_id": "text", "batch": "integer", "members": "integer"}
ISSUES = {"issue_id": "text", "unit_id": "text", "open": "boolean"}
RULES = [
    {"rule": "few", "for": "units", "when": "members is not null", "require": "members < 9"},
    {"rule": "many", "for": "units", "when": "members is null", "require": "batch = 1"},
    {"rule": "closed", "for": "issues", "require": "not open"},
]
LATER = [{"rule": "in-hand", "for": "units", "require": "issues_found = 0"}]
FACTS = [{"fact": "issues_found", "of": "units", "from": "issues", "value": "count(*) filter (where verdict <> 'pass')"}]


def table(fields: dict[str, str], **more: Any) -> dict[str, Any]:
    return {"key": next(iter(fields)), "fields": {name: {"type": kind} for name, kind in fields.items()}, **more}


def write(folder: Path, when: str = "batch = 1") -> Path:
    """A pack whose rules are for units of the first batch, but for one that stands in another file."""
    pack = pack_of({"units": table(UNITS), "issues": table(ISSUES, belongs_to="units")}, [*RULES, *LATER], FACTS)
    checked(folder, replace(pack, shared={rule["rule"]: when for rule in RULES}))
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("shared") / "pack")


@pytest.fixture(scope="module")
def pack(folder: Path) -> CheckedPack:
    return checked(folder)


def statuses(pack: CheckedPack, batch: int | None) -> dict[str, str]:
    units = [{"unit_id": "U1", "batch": batch, "members": 12}]
    issues = [{"issue_id": "I1", "unit_id": "U1", "open": True}]
    found = Trial(pack, "durable").judge({"units": units, "issues": issues})
    return found["units", "U1"].statuses | found["issues", "I1"].statuses


def test_the_rules_of_the_file_ask_nothing_of_other_units_and_of_their_records(pack: CheckedPack) -> None:
    asked = {"few": "unmet", "many": "not applicable", "closed": "unmet", "in-hand": "unmet"}
    assert statuses(pack, 1) == asked
    assert statuses(pack, 2) == dict.fromkeys(["few", "many", "closed"], "not applicable") | {"in-hand": "met"}


def test_where_it_is_unknown_whether_a_unit_is_meant_a_rule_applies(pack: CheckedPack) -> None:
    unknown = {"few": "unknown", "many": "not applicable", "closed": "unknown", "in-hand": "unmet"}
    assert statuses(pack, None) == unknown


def test_a_rule_says_it_apart_from_what_it_says_itself(pack: CheckedPack) -> None:
    said = Sentences(pack, "en").rule(pack.by_id["closed"]).splitlines()
    assert said[:2] == [
        "All rules of 2-random.rules.yaml are for units only of which “units.batch” is 1.",
        "Applies to every record of issues.",
    ]
    said = Sentences(pack, "en").rule(pack.by_id["few"]).splitlines()
    assert said[1] == "Applies to a record of units if “members” is filled in."


def test_an_explanation_says_it_once(folder: Path, tmp_path: Path, lookback: Lookback) -> None:
    (tmp_path / "units.csv").write_text("unit_id,batch,members\nU1,1,12\nU2,,12\n")
    (tmp_path / "issues.csv").write_text("issue_id,unit_id,open\nI1,U1,true\nI2,U1,true\nI3,U2,true\n")
    lookback("check", tmp_path, "--pack", folder, "-o", tmp_path / "out")
    said = lookback("explain", "U1", tmp_path / "out", "--all").out
    assert said.count("[true] “batch” is 1") == 2  # once for all, and once in the rule that asks for it itself
    assert "Whom 2-random.rules.yaml concerns, with 3 rules\n  [true] “batch” is 1\n" in said
    said = lookback("explain", "U2", tmp_path / "out").out
    assert said.count("[blank] ") == 3  # a finding that rests on it says so


def test_a_group_divides_the_records_of_the_units_that_are_meant(folder: Path, tmp_path: Path) -> None:
    with (write(tmp_path / "pack") / "2-random.rules.yaml").open("a") as file:
        file.write(dump({"groups": [{"exactly_one": ["few", "many"]}]}))
    found = prove(checked(tmp_path / "pack"))
    assert not {f.mistake.code for f in found.found} & {"group-gap", "group-overlap"}


def test_an_edit_of_it_is_a_change_of_its_rules(pack: CheckedPack, tmp_path: Path) -> None:
    found = {one.rule: (one.change, one.same) for one in compare(pack, checked(write(tmp_path / "pack", "batch <= 1")))}
    assert {rule: found[rule] for rule in ("few", "many", "closed")} == dict.fromkeys(
        ("few", "many", "closed"), ("changed", False)
    )
    assert found["in-hand"] == ("affected", False)
    found = {one.rule: one.same for one in compare(pack, checked(write(tmp_path / "same", "not (batch <> 1)")))}
    assert found["few"] is found["many"] is found["closed"] is True


def test_it_is_changed_as_a_slip_of_the_pen_would(folder: Path) -> None:
    found = [(one.of, one.written) for one in mutants(read_pack(folder)) if one.key == "when" and one.of.endswith(".yaml")]
    assert ("2-random.rules.yaml", "batch <> 1") in found or ("2-random.rules.yaml", "batch = 2") in found
