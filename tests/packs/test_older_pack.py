"""An older pack is only an older folder: the built-in pack as it was before its second reading is still read and judged."""

from __future__ import annotations

import json
import runpy
import sys
from collections import Counter
from pathlib import Path

import pytest
from screen import ROOT, Lookback

from lookback import check

OLDER = ROOT / "fixtures" / "lookback-2005-1.0"


def test_the_older_pack_has_no_mistakes_and_its_tests_pass(lookback: Lookback) -> None:
    assert (run := lookback("rules", "check", OLDER / "pack")).code == 0, run.out
    assert (run := lookback("rules", "test", OLDER / "pack")).code == 0, run.out


def test_records_of_its_time_are_judged_as_they_were() -> None:
    with check(OLDER / "records", OLDER / "pack", lang="en") as review:
        assert review.summary["pack"]["version"] == "1.2"
        assert review.summary["problems"] == 0
        found = {row["unit_id"]: (row["verdict"], row["score"]) for row in review.verdicts.to_pylist()}
    assert found == {"U1": ("pass", 0), "U2": ("explain", 5), "U3": ("make_up", 15), "U4": ("make_up", 7), "U5": ("make_up", 31)}


# ----------------------------------------------------------------------------------------------- records brought over to 2.0


@pytest.fixture(scope="module")
def brought(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The records of its time in the tables of today, and in `both` those that both packs can read."""
    folder = tmp_path_factory.mktemp("brought")
    with pytest.MonkeyPatch.context() as patched:
        for options in (("new",), ("both", "--both")):
            patched.setattr(sys, "argv", ["from", str(OLDER / "records"), str(folder / options[0]), *options[1:]])
            runpy.run_path(str(ROOT / "fixtures" / "from_lookback_1.py"), run_name="__main__")
    return folder


def test_records_brought_over_are_read_whole_and_what_totals_said_is_found_still(brought: Path) -> None:
    with check(brought / "new", lang="en") as review:
        assert review.summary["problems"] == 0
        records = {table: n for table, n in review.summary["records"].items() if n}
        assert records == {"units": 5, "issues": 10, "organisations": 20, "mechanisms": 33, "survey": 5}
        found = Counter((row["unit"], row["rule"], row["status"]) for row in review.findings.to_pylist())
        better = [row for row in review.verdicts.to_pylist() if row["verdict"] == "pass"]
    assert found["U4", "organisation-set-up", "unmet"] == 2  # five ought to exist, three do
    assert found["U4", "question-satisfied", "unmet"] == 1  # half of the public is satisfied
    assert found["U3", "not-overdue", "unmet"] == 1
    assert better == []  # what the old records do not say counts for nobody


@pytest.mark.slow
def test_impact_tells_whom_the_second_reading_moves_and_why(brought: Path, lookback: Lookback) -> None:
    ran = lookback("rules", "impact", OLDER / "pack", ROOT / "rules/lookback-2005", brought / "both", "--json", lang="en")
    found = json.loads(ran.out)
    assert ran.code == 0, ran.err
    moved = {row["unit"]: (row["old_verdict"], row["new_verdict"], row["changes"]) for row in found["moved"]}
    assert {unit: of[:2] for unit, of in moved.items()} == {"U1": ("pass", "make_up"), "U2": ("explain", "make_up")}
    for unit in moved:
        assert "objective_reason: blank" in str(moved[unit][2])
    rules = {row["rule"]: row["change"] for row in found["rules"]}
    assert (rules["organisations-set-up"], rules["organisation-set-up"]) == ("removed", "added")
