"""What `rules check` accepts can be shown, tested, changed and run; what it refuses it refuses with a mistake at its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from logic_packs import write

import cli

TEST = """
tests:
  - test: one issue
    given:
      units: [{unit_id: U1, staff: 9007199254740991, share: 0.5, report_on: 9999-12-30}]
      issues: [{issue_id: I1, unit_id: U1, deadline: 9999-12-31, found_on: 0001-01-01, complaints: -9007199254740991}]
    expect:
      units: [{unit_id: U1, verdict: pass}]
"""


def lookback(*arguments: str) -> None:
    """A command ends without an error; its own verdict may be anything."""
    result = CliRunner().invoke(cli.cli, list(arguments), standalone_mode=False)
    assert result.exception is None, (arguments, result.exception, result.output)


def goes_through(text: str, folder: Path) -> None:
    """A pack is accepted, and everything that looks into it or runs it comes to an end."""
    pack = str(write(text, folder / "pack"))
    (folder / "pack" / "1-logic.test.yaml").write_text(TEST, "utf-8")
    (folder / "units.csv").write_text(
        "unit_id,name,staff,posts,share,agreed,report_on\nU1,ß,9007199254740991,-9007199254740991,0.1,yes,9999-12-31\n"
        "U2,a,1,0,0,no,0001-01-01\nU3,,,,,,\n",
        "utf-8",
    )
    (folder / "issues.csv").write_text(
        "issue_id,unit_id,found_on,deadline,cost,complaints,urgent\nI1,U1,9999-12-31,0001-01-01,1e15,9007199254740991,yes\n"
        "I2,U1,2005-09-30,9999-12-31,-1e15,9007199254740991,no\nI3,U2,,,,,\n",
        "utf-8",
    )
    lookback("rules", "check", pack)
    for line in text.strip().splitlines():
        if line.startswith("rule "):
            lookback("rules", "show", line.split()[1], pack)
    lookback("rules", "test", pack, "--coverage")
    lookback("rules", "test", pack, "--mutate")
    lookback("check", str(folder / "units.csv"), str(folder / "issues.csv"), "--pack", pack)


@pytest.mark.parametrize(
    "require",
    [
        pytest.param("deadline < date '9999-12-31'", id="the-last-day"),
        pytest.param("deadline > date '0001-01-01'", id="the-first-day"),
        pytest.param("deadline + interval 1 year > found_on", id="beyond-the-last-year"),
        pytest.param("deadline - interval 1 day > found_on", id="before-the-first-year"),
        pytest.param("deadline + 1000000 > found_on", id="beyond-the-last-day"),
        pytest.param("deadline - complaints > found_on", id="days-beyond-all-days"),
    ],
)
def test_a_rule_at_the_ends_of_the_calendar_runs(require: str, tmp_path: Path) -> None:
    goes_through(f"rule in-time issues: require {require} otherwise make_up", tmp_path)
