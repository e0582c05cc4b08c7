"""`tag:` of a rule; `score('tag')` and `findings('tag')` of a record: over what is found on it and below it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from builders import checked
from reference import Pack
from screen import Lookback
from strategies import NOT_COUNTED

from lookback.authoring.mutants import mutants, survivors
from lookback.judging.trial import Trial
from lookback.packs.checked import CheckedPack
from lookback.proving.proof import prove


def table(fields: dict[str, str], **more: Any) -> dict[str, Any]:
    return {"key": next(iter(fields)), "fields": {name: {"type": kind} for name, kind in fields.items()}, **more}


TABLES = {
    "units": table({"unit_id": "text", "named": "boolean", "kind": "text"}),
    "issues": table({"issue_id": "text", "unit_id": "text", "dated": "boolean"}, belongs_to="units"),
    "steps": table({"step_id": "text", "issue_id": "text", "done": "boolean"}, belongs_to="issues"),
    "visits": table({"visit_id": "text", "unit_id": "text", "fit": "boolean"}, belongs_to="units", not_counted=NOT_COUNTED),
}
RULES = [
    {"rule": "named", "for": "units", "require": "named", "tag": "remark", "weight": 3},
    {"rule": "known", "for": "units", "require": "kind is not null", "tag": "remark"},
    {"rule": "dated", "for": "issues", "require": "dated", "tag": "remark", "weight": 2},
    {"rule": "done", "for": "steps", "require": "done", "tag": "remark"},
    {"rule": "fit", "for": "visits", "require": "fit", "tag": "remark"},
    {"rule": "few", "for": "units", "require": "remarks <= 4 and many < 3"},
]
FACTS = [
    {"fact": "remarks", "of": "units", "value": "score('remark')"},
    {"fact": "many", "of": "units", "value": "findings('remark')"},
    {"fact": "of_issue", "of": "issues", "value": "score('remark')"},
    {"fact": "worst", "of": "units", "from": "issues", "value": "coalesce(max(of_issue), 0)"},
]


def made(folder: Path, rules: list[dict[str, Any]] = RULES, facts: list[dict[str, Any]] = FACTS) -> CheckedPack:
    listed = [{"title": {"en": str(rule["rule"])}, "otherwise": "make_up", **rule} for rule in rules]
    return checked(folder, Pack({}, [{"outcome": o} for o in ("pass", "explain", "make_up")], TABLES, facts, listed))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tags") / "pack"


@pytest.fixture(scope="module")
def pack(folder: Path) -> CheckedPack:
    return made(folder)


RECORDS: dict[str, list[dict[str, Any]]] = {
    "units": [{"unit_id": "U1", "named": None, "kind": None}, {"unit_id": "U2", "named": True, "kind": "a"}],
    "issues": [
        {"issue_id": "I1", "unit_id": "U1", "dated": False},
        {"issue_id": "I2", "unit_id": "U1", "dated": True},
        {"issue_id": "I3", "unit_id": "U2", "dated": True},
    ],
    "steps": [{"step_id": "S1", "issue_id": "I1", "done": None}, {"step_id": "S2", "issue_id": "I2", "done": True}],
    "visits": [{"visit_id": "V1", "unit_id": "U2", "fit": False}],
}


def test_what_is_found_on_a_record_and_below_it_is_counted_be_it_unmet_or_unknown(pack: CheckedPack) -> None:
    got = Trial(pack, "durable").judge(RECORDS)
    facts = {key: {f: got["units", key].facts[f] for f in ("remarks", "many", "worst")} for key in ("U1", "U2")}
    assert facts["U1"] == {"remarks": 3 + 1 + 2 + 1, "many": 4, "worst": 2 + 1}
    assert got["units", "U1"].statuses["few"] == "unmet"
    assert facts["U2"] == {"remarks": 0, "many": 0, "worst": 0}  # and what does not count is not counted
    assert got["units", "U2"].statuses["few"] == "met"


def test_what_they_are_made_of_is_shown_with_no_unit(folder: Path, pack: CheckedPack, tmp_path: Path, lookback: Lookback) -> None:
    for name, rows in RECORDS.items():
        lines = [",".join("" if v is None else str(v).lower() if isinstance(v, bool) else v for v in r.values()) for r in rows]
        (tmp_path / f"{name}.csv").write_text("\n".join([",".join(rows[0]), *lines]) + "\n")
    lookback("check", tmp_path, "--pack", folder, "-o", tmp_path / "out")
    import pyarrow.parquet as pq

    columns = pq.read_schema(tmp_path / "out" / "verdicts.parquet").names
    assert columns[:6] == ["unit_id", "named", "kind", "remarks", "many", "worst"]
    assert not any("(" in column for column in columns)
    said = lookback("explain", "U1", tmp_path / "out").out
    assert "remarks: 7 = score('remark')\n" in said
    assert "score('remark'): 7 = 3 (named) + 1 (known) + score('remark') of issues\n" in said
    assert "; 1 of 2 in issues: I1\n" in said


def test_a_blank_helps_nobody_and_that_is_proved_for_two_tables(tmp_path: Path) -> None:
    found = prove(made(tmp_path / "pack", [r for r in RULES if r["for"] in ("units", "issues")], FACTS[:1] + FACTS[1:2]))
    assert not [f.mistake.render() for f in found.found if "blank" in f.mistake.code]
    assert found.left_open == []


def test_a_pack_that_rewards_findings_is_told_that_a_blank_helps(tmp_path: Path) -> None:
    rewarded = [{**rule, "otherwise": "explain"} for rule in RULES[:2]] + [{**RULES[-1], "require": "remarks >= 1"}]
    codes = {f.mistake.code for f in prove(made(tmp_path / "pack", rewarded, FACTS[:1])).found}
    assert "blank-helps" in codes


def test_a_change_of_a_rule_that_is_counted_is_noticed_only_by_what_counts_it(pack: CheckedPack) -> None:
    of_rule = [m for m in mutants(pack.pack) if m.of == "named"]
    assert of_rule == [] or survivors(pack, of_rule, []) == of_rule
