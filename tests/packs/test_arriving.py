"""Whether every outcome arrives: which packs are refused for it, and what becomes of findings that are said not to count."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from builders import checked
from click.testing import CliRunner
from python_calamine import CalamineWorkbook
from reference import Pack
from screen import Lookback
from strategies import KEYS, NOT_COUNTED, PARENTS, table_of, write_pack, write_table

import lookback
from lookback.authoring.examine import examine
from lookback.authoring.new import add_rule
from lookback.authoring.rule_tests import read_cases, run_cases
from lookback.cli import main as cli
from lookback.packs.read import read_tests
from lookback.reviews.explain import explain
from lookback.reviews.flagged import flagged
from lookback.reviews.impact import impact
from lookback.words.errors import PackError
from lookback.writers import explanation

FIELDS = {"due": "date", "share": "number"}
LATE = {"rule": "late", "for": "issues", "title": {"en": "Late"}, "require": "due > date '2005-09-30'", "otherwise": "make_up"}
MINOR = {"rule": "minor", "for": "issues", "title": {"en": "Minor"}, "require": "share > 0", "otherwise": "explain"}
OF_STEPS = {"rule": "of-steps", "for": "steps", "title": {"en": "S"}, "require": "due is not null", "otherwise": "make_up"}
ASKED = {"rule": "asked", "for": "units", "title": {"en": "Asked"}, "require": "f = 0", "otherwise": "make_up"}


def pack_of(rules: list[Any], *facts: tuple[str, str, str], tables: tuple[str, ...] = ("units", "issues")) -> Pack:
    listed = [{"fact": name, "of": PARENTS[child], "from": child, "value": value} for name, child, value in facts]
    outcomes = [{"outcome": outcome} for outcome in ("pass", "explain", "make_up")]
    return Pack({}, outcomes, {table: table_of(table, FIELDS) for table in tables}, listed, rules)


def lacking(pack: Pack, folder: Path) -> list[tuple[str, ...]]:
    try:
        checked(folder, pack)
    except PackError as error:
        told = ("table", "outcome", "rules", "name", "fact")
        return [(m.code, *(str(m.args[key]) for key in told if key in m.args)) for m in error.mistakes]
    return []


@pytest.mark.parametrize(
    ("value", "uncounted"),
    [
        ("count(*) filter (where verdict <> 'pass')", ""),
        ("count(*) filter (where verdict = 'pass')", ""),
        ("count(*) filter (where verdict in ('explain', 'make_up'))", ""),
        ("count(*) filter (where not (verdict = 'pass') and share is not null)", ""),
        ("sum(case when verdict = 'make_up' then 2 when verdict = 'explain' then 1 else 0 end)", ""),
        ("count(distinct verdict)", ""),
        ("count(*) filter (where unmet('late') or unmet('minor'))", ""),
        ("count(*) filter (where verdict = 'make_up')", "explain"),
        ("count(*) filter (where unmet('late'))", "explain"),
        ("count(*) filter (where verdict in ('explain', 'pass'))", "explain"),
        ("count(*) filter (where verdict is null)", "explain make_up"),
        ("count(*) filter (where due is null)", "explain make_up"),
    ],
)
def test_an_outcome_is_counted_by_what_tells_it_from_the_best(tmp_path: Path, value: str, uncounted: str) -> None:
    found = lacking(pack_of([LATE, MINOR, ASKED], ("f", "issues", value)), tmp_path)
    assert sorted(outcome for _, _, outcome, _ in found) == uncounted.split()


def test_a_fact_that_no_rule_asks_for_counts_nothing(tmp_path: Path) -> None:
    pack = pack_of([LATE, {**ASKED, "require": "share > 0"}], ("f", "issues", "count(*) filter (where unmet('late'))"))
    assert lacking(pack, tmp_path) == [("outcome-not-counted", "issues", "make_up", "late")]


def test_the_outcome_of_a_blank_is_not_what_unmet_counts(tmp_path: Path) -> None:
    pack = pack_of([{**MINOR, "unknown": "make_up"}, ASKED], ("f", "issues", "count(*) filter (where unmet('minor'))"))
    assert lacking(pack, tmp_path) == [("outcome-not-counted", "issues", "make_up", "minor")]


def test_two_of_three_rules_are_not_all(tmp_path: Path) -> None:
    rules = [LATE, {**LATE, "rule": "later"}, {**LATE, "rule": "latest"}, ASKED]
    pack = pack_of(rules, ("f", "issues", "count(*) filter (where unmet('late') or unmet('latest'))"))
    assert lacking(pack, tmp_path) == [("outcome-not-counted", "issues", "make_up", "later")]


STEPS = ("units", "issues", "steps")
BAD = ("bad", "steps", "count(*) filter (where verdict = 'make_up')")
UP = {"rule": "up", "for": "issues", "title": {"en": "Up"}, "require": "bad = 0", "otherwise": "explain"}


def test_several_levels_count_on(tmp_path: Path) -> None:
    whole = ("f", "issues", "count(*) filter (where verdict = 'explain')")
    assert lacking(pack_of([OF_STEPS, UP, ASKED], BAD, whole, tables=STEPS), tmp_path / "whole") == []
    broken = ("f", "issues", "count(*) filter (where verdict = 'make_up')")
    found = lacking(pack_of([OF_STEPS, UP, ASKED], BAD, broken, tables=STEPS), tmp_path / "broken")
    assert found == [("outcome-not-counted", "issues", "explain", "up")]
    past = ("f", "issues", "sum(bad)")  # no rule between
    assert lacking(pack_of([OF_STEPS, ASKED], BAD, past, tables=STEPS), tmp_path / "past") == []


def test_a_rule_that_is_not_counted_does_not_count_for_others(tmp_path: Path) -> None:
    pack = pack_of([OF_STEPS, {**UP, "not_counted": NOT_COUNTED}, {**ASKED, "require": "share > 0"}], BAD, tables=STEPS)
    assert lacking(pack, tmp_path) == [("outcome-not-counted", "steps", "make_up", "of-steps")]


def test_what_is_said_not_to_count_may_not_be_counted(tmp_path: Path) -> None:
    pack = pack_of([{**LATE, "not_counted": NOT_COUNTED}, ASKED], ("f", "issues", "count(*) filter (where verdict <> 'pass')"))
    assert lacking(pack, tmp_path) == [("counted-anyway", "late", "f")]


@pytest.mark.parametrize("said_of", ["rule", "table", "table above"])
def test_what_does_not_count_is_told_apart_from_what_does(tmp_path: Path, said_of: str) -> None:
    """U2 has a step with a weighty finding that does not count: it stays below U1 in the list."""
    asked = {**ASKED, "require": "share > 0", "weight": 2}
    rules: list[dict[str, Any]] = [{**LATE}, {**OF_STEPS, "weight": 50}, asked, {**ASKED, "rule": "too"}]
    pack = pack_of(rules, ("f", "issues", "count(*) filter (where unmet('late'))"), tables=STEPS)
    uncounted = "of-steps"
    if said_of == "rule":
        rules[1]["not_counted"] = NOT_COUNTED
    elif said_of == "table":
        pack.tables["steps"]["not_counted"] = NOT_COUNTED  # type: ignore[index]
    else:
        rules[0]["not_counted"] = {"because": {"en": "for itself"}}
        pack.tables["issues"]["not_counted"] = NOT_COUNTED  # type: ignore[index]
        rules.pop()
    write_pack(pack, tmp_path / "pack")
    (tmp_path / "data").mkdir()
    for table, rows in {
        "units": [{"unit_id": "U1", "share": -1}, {"unit_id": "U2", "share": -1}, {"unit_id": "U3", "share": 1}],
        "issues": [{"issue_id": f"I{i}", "unit_id": f"U{i}", "due": "2006-01-01"} for i in (1, 2, 3)],
        "steps": [{"step_id": "S1", "issue_id": "I2"}, {"step_id": "S3", "issue_id": "I3"}],
    }.items():
        write_table(rows, list(pack.tables[table]["fields"]), tmp_path / "data" / f"{table}.csv")
    with lookback.check(tmp_path / "data", tmp_path / "pack", out=tmp_path / "review", lang="en") as review:
        units = {row["unit_id"]: (row["verdict"], row["score"], row["findings"]) for row in review.verdicts.to_pylist()}
        assert units == {"U1": ("make_up", 2, 1), "U2": ("make_up", 2, 1), "U3": ("pass", 0, 0)}
        assert review.summary["not_counted"][uncounted] == {"findings": 2, "because": NOT_COUNTED["because"]}
        listed = flagged(review.folder, review.pack())
        assert [u["key"] for u in listed.units.to_pylist()] == ["U1", "U2"]
        assert {rule for u in listed.units.to_pylist() for rule in u["rules"]} == {"asked"}
        assert {f["rule"] for f in listed.findings.to_pylist()} == {"asked"}
        apart = flagged(review.folder, review.pack(), not_counted=True)
        assert [(f["unit"], f["record"], f["rule"]) for f in apart.findings.to_pylist()] == [
            ("U2", "S1", uncounted),
            ("U3", "S3", uncounted),
        ]
        found = explain(review, "U2", "en")
        assert [r.rule for _, rules in found.also_found for r in rules] == []
        assert [r.rule for _, rules in found.uncounted for r in rules] == [uncounted]
        assert "Found, and not counted" in explanation.as_text(found, "en")
        assert json.loads(explanation.as_json(found))["unit"]["records"][0]["records"][0]["rules"][0]["not_counted"]


def test_the_command_lists_what_does_not_count(tmp_path: Path) -> None:
    pack = pack_of([{**LATE, "not_counted": NOT_COUNTED}, {**ASKED, "require": "share > 0"}])
    write_pack(pack, tmp_path / "pack")
    (tmp_path / "data").mkdir()
    write_table([{"unit_id": "U1", "share": 1}], ["unit_id", "share"], tmp_path / "data" / "units.csv")
    rows = [{"issue_id": "I1", "unit_id": "U1", "due": "2005-01-01"}]
    write_table(rows, [KEYS["issues"], "unit_id", "due", "share"], tmp_path / "data" / "issues.csv")

    def run(*arguments: object) -> str:
        return CliRunner().invoke(cli.cli, [*map(str, arguments), "--lang", "en"]).output

    said = run("check", tmp_path / "data", "--pack", tmp_path / "pack", "-o", tmp_path / "review")
    assert "1 finding does not count for its unit: lookback flagged REVIEW --not-counted" in said
    assert run("flagged", tmp_path / "review") == "No unit is flagged.\n"
    told = run("flagged", tmp_path / "review", "--not-counted", "--format", "csv").splitlines()
    assert told[0] == "unit,label,table,record,rule,status,outcome,reason"
    assert told[1].startswith("U1,,issues,I1,late,unmet,make_up,")
    assert "I1" in run("flagged", tmp_path / "review", "--not-counted")
    assert json.loads(run("flagged", tmp_path / "review", "--not-counted", "--format", "json"))[0]["record"] == "I1"
    assert "I1" in run("flagged", tmp_path / "review", "--not-counted", "--rule", "late")
    run("flagged", tmp_path / "review", "--not-counted", "-o", tmp_path / "apart.xlsx")
    assert _sheets(tmp_path / "apart.xlsx") == ["Cover", "By situation", "Not counted"]
    assert _sheets(tmp_path / "review" / "flagged.xlsx") == ["Cover", "Flagged units", "By situation", "Findings", "Not counted"]


def test_six_overdue_issues_that_nothing_counts_let_no_unit_pass(lookback: Lookback, tmp_path: Path) -> None:
    """The pack is refused, by whatever would judge by it or prove it; said what it lacks, it counts them."""
    write_pack(pack_of([LATE, MINOR, {**ASKED, "require": "share > 0"}]), tmp_path / "silent")
    write_pack(pack_of([LATE, MINOR, ASKED], ("f", "issues", "count(*) filter (where verdict <> 'pass')")), tmp_path / "counting")
    (tmp_path / "data").mkdir()
    write_table([{"unit_id": "U1", "share": 1}], ["unit_id", "share"], tmp_path / "data" / "units.csv")
    rows = [{"issue_id": f"I{at}", "unit_id": "U1", "due": "2005-01-01"} for at in range(6)]
    write_table(rows, [KEYS["issues"], "unit_id", "due", "share"], tmp_path / "data" / "issues.csv")
    commands = [["rules", "check"], ["rules", "prove"], ["check", tmp_path / "data", "--fail-on", "make_up", "--pack"]]
    for command, done in zip(commands, (0, 0, 1), strict=True):
        silent = lookback(*command, tmp_path / "silent")
        assert (silent.code, "outcome-not-counted" in silent.out + silent.err) == (2, True)
        assert lookback(*command, tmp_path / "counting").code == done


def test_what_does_not_count_is_not_told_to_have_moved_a_unit(tmp_path: Path) -> None:
    """Both rules are stricter: that of the units moves U1; of the other it is told how many findings there are more."""
    packs = [
        pack_of(
            [{**LATE, "require": f"due > date '{due}'", "not_counted": NOT_COUNTED}, {**ASKED, "require": f"share > {least}"}]
        )
        for due, least in (("2004-01-01", 0), ("2005-09-30", 1))
    ]
    old, new = (checked(tmp_path / name, pack) for name, pack in zip(("old", "new"), packs, strict=True))
    (tmp_path / "data").mkdir()
    write_table([{"unit_id": "U1", "share": 1}], ["unit_id", "share"], tmp_path / "data" / "units.csv")
    rows = [{"issue_id": "I1", "unit_id": "U1", "due": "2005-01-01"}]
    write_table(rows, [KEYS["issues"], "unit_id", "due", "share"], tmp_path / "data" / "issues.csv")
    found = impact(old, new, [tmp_path / "data"])
    assert found.rules == {("late", "issues"): (1, 0), ("asked", "units"): (1, 0)}
    assert [(each["unit"], each["rule"]) for each in found.why.to_pylist()] == [("U1", "asked")]


@pytest.mark.parametrize("form", ["table", "csv", "xlsx"])
def test_a_rule_is_asked_for_on_the_side_where_its_findings_are(lookback: Lookback, tmp_path: Path, form: str) -> None:
    pack = pack_of([{**LATE, "not_counted": NOT_COUNTED}, {**ASKED, "require": "share > 0"}])
    write_pack(pack, tmp_path / "pack")
    (tmp_path / "data").mkdir()
    write_table([{"unit_id": "U1", "share": -1}], ["unit_id", "share"], tmp_path / "data" / "units.csv")
    write_table([], [KEYS["issues"], "unit_id", "due", "share"], tmp_path / "data" / "issues.csv")
    review = tmp_path / "review"
    lookback("check", tmp_path / "data", "--pack", tmp_path / "pack", "-o", review)

    def asked(*more: str) -> tuple[int, str]:
        run = lookback("flagged", review, "--format", form, "-o", tmp_path / "out", *more)
        return run.code, " ".join(run.err.split())

    assert asked("--rule", "late", "--not-counted")[0] == asked("--rule", "asked")[0] == 0
    code, said = asked("--rule", "late")
    assert (code, "does not count" in said, "--not-counted --rule late" in said) == (2, True, True)
    code, said = asked("--rule", "asked", "--not-counted")
    assert (code, "counts for its unit: lookback flagged REVIEW --rule asked" in said) == (2, True)


def _sheets(file: Path) -> list[str]:
    return list(CalamineWorkbook.from_path(str(file)).sheet_names)


@pytest.mark.parametrize("above", ["", "not counted", "counted"])
def test_a_new_rule_comes_with_what_counts_it_where_that_lacks(tmp_path: Path, above: str) -> None:
    counting = pack_of([UP, ASKED], BAD, ("f", "issues", "count(*) filter (where verdict <> 'pass')"), tables=STEPS)
    pack = counting if above == "counted" else pack_of([{**ASKED, "require": "share > 0"}], tables=STEPS)
    if above == "not counted":
        pack.tables["issues"]["not_counted"] = NOT_COUNTED  # type: ignore[index]
    before = checked(tmp_path / "pack", pack)
    add_rule(tmp_path / "pack", "dated", "", "steps")
    after = checked(tmp_path / "pack")
    added = [rule.id for rule in after.rules if rule.id not in before.by_id]
    assert added == (["dated"] if above else ["dated", "steps-not-make-up", "issues-not-make-up"])
    assert [m.code for m in examine(tmp_path / "pack", []).mistakes if m.severity == "error"] == []
    assert not any(run_cases(after, read_cases(after, read_tests(tmp_path / "pack")), "reference").failures)
