"""Every command that judges works without durable_rules where the reference evaluator is asked, and says so where it is not."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from lookback.cli import main as cli

PACK = """
pack: small
version: "1"
title: {en: Small, zh: 小}
outcomes:
  - {outcome: pass, title: {en: Pass, zh: 合格}}
  - {outcome: make_up, title: {en: Make up, zh: 补课}}
"""
RECORDS = """
tables:
  units:
    title: {en: Units, zh: 单位}
    key: unit
    fields:
      unit: {type: text, title: {en: Unit, zh: 单位}}
      a: {type: boolean, title: {en: A, zh: 甲}}
      b: {type: boolean, title: {en: B, zh: 乙}}
"""
RULES = """
rules:
  - {rule: one, for: units, title: {en: One, zh: 一}, require: a, otherwise: make_up}
  - {rule: both, for: units, title: {en: Both, zh: 二}, require: a and b, otherwise: make_up}
"""
TESTS = """
tests:
  - test: neither
    given: {units: [{a: false, b: false}]}
    expect: {units: [{verdict: make_up, unmet: [one, both]}]}
  - test: one of them
    given: {units: [{a: true, b: false}]}
    expect: {units: [{verdict: make_up, unmet: [both]}]}
  - test: both of them
    given: {units: [{a: true, b: true}]}
    expect: {units: [{verdict: pass}]}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with packs `old` and `new`, `data`, and a `review` by the reference evaluator; durable_rules is not there."""
    for name, rules in (("old", RULES), ("new", RULES.replace("a and b", "a or b"))):
        pack = tmp_path / name
        pack.mkdir()
        files = {"pack.yaml": PACK, "records.yaml": RECORDS, "1.rules.yaml": rules, "1.test.yaml": TESTS}
        for file, text in files.items():
            (pack / file).write_text(text, "utf-8")
    (tmp_path / "data").mkdir()
    (tmp_path / "data/units.csv").write_text("unit,a,b\nU1,true,false\nU2,false,false\nU3,true,true\n", "utf-8")
    for module in ("durable", "durable.engine"):
        monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.chdir(tmp_path)
    assert run("check", "data", "--pack", "old", "-o", "review", "--decider", "reference") == 0
    return tmp_path


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as stopped:
        cli.main(arguments)
    return int(stopped.value.code or 0)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        pytest.param(("check", "data", "--pack", "old"), 0, id="check"),
        pytest.param(("rules", "test", "old", "--coverage", "--mutate"), 1, id="rules test"),
        pytest.param(("rules", "prove", "old"), 1, id="rules prove"),
        pytest.param(("rules", "impact", "old", "new", "data"), 0, id="rules impact"),
    ],
)
def test_who_decides_is_asked_of_every_command_that_judges(
    arguments: tuple[str, ...], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*arguments, "--decider", "reference") == code
    assert "durable" not in capsys.readouterr().err
    assert run(*arguments) == 2
    assert "error[durable-rules-missing]" in capsys.readouterr().err


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("explain", "U1", "review"), id="explain"),
        pytest.param(("fix", "U1", "review"), id="fix"),
        pytest.param(("fix", "--all", "review"), id="fix --all"),
        pytest.param(("flagged", "review"), id="flagged"),
    ],
)
def test_what_is_asked_of_a_review_is_decided_as_the_review_was(arguments: tuple[str, ...]) -> None:
    assert run(*arguments) == 0


def test_a_new_rule_is_scaffolded_without_durable_rules(folder: Path) -> None:
    assert run("rules", "new", "third", "old", "--for", "units", "--clause", "1") == 0
