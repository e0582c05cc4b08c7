"""An older pack is only an older folder: the built-in pack as it was before its second reading is still read and judged."""

from __future__ import annotations

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
