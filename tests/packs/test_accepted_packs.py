"""What `rules check` accepts can be shown, tested, changed and run; what it refuses it refuses with a mistake at its place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner
from logic_packs import write

from lookback.cli import main as cli

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


def goes_through(text: str, folder: Path, renamed: Mapping[str, str] | None = None) -> None:
    """A pack is accepted, and everything that looks into it or runs it comes to an end. `renamed` names fields otherwise."""
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
    for file in (*(folder / "pack").iterdir(), folder / "units.csv", folder / "issues.csv") if renamed else ():
        found = re.compile(rf"\b({'|'.join(renamed)})\b")
        file.write_text(found.sub(lambda match: renamed[match[0]], file.read_text("utf-8")), "utf-8")
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


WORDS = {"deadline": "on", "found_on": "comment", "complaints": "set", "urgent": "begin", "cost": "desc"}
WORDS |= {"staff": "grant", "posts": "drop"}


def test_a_field_may_be_called_by_a_word_of_sql(tmp_path: Path) -> None:
    pack = """
fact late units<issues: count(*) filter (where deadline is not null and deadline < :as_of)
fact most units<issues: max(coalesce(cost, 0))
rule in-time issues: when urgent require deadline < found_on and complaints in (1, 2) or cost > units.staff otherwise make_up
rule dealt-with units: when staff - posts > 3 require late <= posts and most < staff otherwise make_up
"""
    goes_through(pack.strip(), tmp_path, WORDS)
