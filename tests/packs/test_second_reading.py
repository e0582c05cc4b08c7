"""What the second reading of the built-in pack is to come to, by the commands: a unit that is sound, with one thing changed.

Each rule has its tests beside it (`rules/lookback-2005/*.test.yaml`); here whole units are judged and listed.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from screen import Lookback

UNIT = {
    "unit_id": "U1",
    "name": "Weir Office",
    "parent_unit": "WB",
    "region": "North",
    "kind": "agency",
    "batch": 1,
    "members": 20,
    "mobile_members": 0,
    "mobile_members_reached": 0,
    "leaders_contact_points": "no",
    "self_check_by_committee": "yes",
    "self_check_done_on": "2005-09-02",
    "issues_reported": 0,
    "rectification_plan_on": "2005-07-01",
    "plan_opinions_heard": "yes",
    "publicity_on": "2005-08-20",
    "other_requirements": "yes",
    "no_formality": "yes",
    "practices_summed_up": "yes",
    "mechanism_plan_on": "2005-08-01",
    "mechanism_progress": "drafting",
    "research_results": "a study",
    "commended": 0,
    "activists_trained": 0,
    "eligible": 0,
    "recruits": 0,
    "recruits_individually": 0,
    "second_batch_plan": "no",
    "second_batch_stage": "",
}
SECOND = {**UNIT, "unit_id": "U2", "name": "Mill Village", "kind": "village", "batch": 2, "second_batch_stage": "study"}
LATE = {"self_check_by_committee": "", "self_check_done_on": ""}
"""Of a unit that has not checked itself."""
ORGANISATION = {
    "org_id": "D1",
    "unit_id": "U1",
    "name": "First branch",
    "ought_to_exist": "yes",
    "set_up": "yes",
    "leadership_posts": 3,
    "leadership_filled": 3,
    "weak": "no",
    "put_in_order_on": "",
    "working_normally": "yes",
    "secretary": "P-1",
    "self_checked_on": "2005-09-01",
}
KINDS = "study;education;management;public_contact;participation;org_building;leadership_building"
MECHANISM = {
    "mechanism_id": "M1",
    "unit_id": "U1",
    "kinds": KINDS,
    "document": "No. 7",
    "issued_on": "2005-08-10",
    "in_force": "yes",
}
ISSUE = {
    "issue_id": "I1",
    "unit_id": "U1",
    "title": "No ramp",
    "scope": "public_interest",
    "found_on": "2005-08-01",
    "source": "public",
    "status": "",
    "can_be_solved": "no",
    "causes": "the wall",
    "measures": "ask",
    "measures_revised_on": "2005-08-20",
    "deadline": "",
    "responsible_unit": "Office",
    "responsible_person": "P-2",
    "solved_on": "",
    "followed_up_on": "",
    "relapsed": "",
    "complaints": 0,
    "objective_reason": "",
    "explained_on": "",
    "seen_status": "",
}
INSPECTION = {
    "inspection_id": "J1",
    "unit_id": "U1",
    "group_name": "First group",
    "from_on": "2005-09-05",
    "to_on": "2005-09-06",
    "accompanied_by": "",
    "briefing_heard": "yes",
    "leaders_heard": 3,
    "members_heard": 9,
    "forms_sent": 40,
    "forms_returned": 38,
    "feedback_on": "2005-09-06",
    "report_on": "",
}
CHECK = {"check_id": "S1", "unit_id": "U1", "inspection": "J1", "checked_on": "2005-09-06", "unit_cooperated": "yes"}
FEEDBACK = {"item_id": "F1", "unit_id": "U1", "inspection": "J1", "kind": "strength", "text": "Thorough"}
DEMAND = {
    "item_id": "F2",
    "unit_id": "U1",
    "inspection": "J1",
    "kind": "demand",
    "text": "Post the fees",
    "answer": "Done",
    "responsible_unit": "Office",
    "due_on": "2005-09-20",
    "done_on": "2005-09-18",
}
Rows = Sequence[Mapping[str, Any]]


class Judged:
    """A review of such records, and what is asked of it."""

    def __init__(self, lookback: Lookback, folder: Path, day: str, tables: Mapping[str, Rows], *options: object) -> None:
        self.lookback, self.folder = lookback, folder / "review"
        data = folder / "data"
        data.mkdir(parents=True)
        for table, rows in ({"organisations": [ORGANISATION], "mechanisms": [MECHANISM], "issues": []} | dict(tables)).items():
            heads = list(dict.fromkeys(head for row in rows or [ISSUE] for head in row))
            with (data / f"{table}.csv").open("w", encoding="utf-8", newline="") as stream:
                writer = csv.DictWriter(stream, heads)
                writer.writeheader()
                writer.writerows(rows)
        self.run = lookback("check", data, "--as-of", day, "-o", self.folder, *options, lang="en")

    def units(self, *options: object) -> dict[str, dict[str, str]]:
        """The units that `flagged` lists, by their keys."""
        run = self.lookback("flagged", self.folder, "--format", "csv", *options, lang="en")
        return {row["key"]: row for row in csv.DictReader(io.StringIO(run.out))}


@pytest.fixture
def judge(lookback: Lookback, tmp_path: Path) -> Any:
    return lambda day, tables, *options, at="one": Judged(lookback, tmp_path / at, day, tables, *options)


def test_while_nothing_is_due_yet_a_sound_unit_passes_and_once_it_is_it_does_not(judge: Any) -> None:
    early = judge("2005-09-05", {"units": [UNIT | LATE], "organisations": [ORGANISATION | {"self_checked_on": ""}]}, "--json")
    assert json.loads(early.run.out)["verdicts"] == {"pass": 1, "explain": 0, "make_up": 0}
    assert early.run.code == 0
    due = judge("2005-10-01", {"units": [UNIT | LATE]}, at="due")
    assert due.units()["U1"]["rules"] == "self-check-by-committee self-check-on-time"


def test_a_unit_of_the_second_batch_is_asked_for_no_self_check(judge: Any) -> None:
    branch = ORGANISATION | {"unit_id": "U2", "self_checked_on": ""}
    found = judge("2005-10-20", {"units": [SECOND | LATE], "organisations": [branch], "mechanisms": []}, "--json")
    assert json.loads(found.run.out)["verdicts"] == {"pass": 1, "explain": 0, "make_up": 0}


def test_an_explanation_that_is_owed_shows_behind_a_worse_verdict(judge: Any) -> None:
    blocked = ISSUE | {"status": "blocked"}  # without a deadline, a reason or an explanation
    found = judge("2005-09-25", {"units": [UNIT], "issues": [blocked]})
    assert found.units()["U1"]["verdict"] == "make_up"
    assert found.units("--outcome", "explain") == {}
    listed = found.units("--owes", "explain")
    assert {unit: (row["verdict"], int(row["owes explain"]) > 0) for unit, row in listed.items()} == {"U1": ("make_up", True)}


def test_a_unit_of_the_roster_that_handed_in_nothing_is_on_the_list(judge: Any, tmp_path: Path) -> None:
    (tmp_path / "roster.csv").write_text("unit_id,name,batch\nU1,Weir Office,1\nU9,Lock House,1\n", "utf-8")
    found = judge("2005-10-20", {"units": [UNIT]}, "--roster", tmp_path / "roster.csv")
    assert set(found.units()) == {"U9"}
    assert "Nothing was handed in of this unit" in found.lookback("explain", "U9", found.folder, lang="en").out


def test_an_inspection_without_a_report_is_the_groups_and_moves_no_unit(judge: Any) -> None:
    visited = {"inspections": [INSPECTION], "site_checks": [CHECK], "feedback": [FEEDBACK, DEMAND]}
    units = [UNIT, SECOND | {"second_batch_stage": ""}]
    without = judge("2005-10-20", {"units": units, **visited})
    reported = judge(
        "2005-10-20", {"units": units, **visited, "inspections": [INSPECTION | {"report_on": "2005-09-12"}]}, at="two"
    )
    shown = [one.lookback("flagged", one.folder, "--not-counted", lang="en").out for one in (without, reported)]
    assert ["report-written" in text or "A report on the inspection" in text for text in shown] == [True, False]

    def judged(one: Judged) -> list[tuple[Any, ...]]:
        import lookback

        rows = lookback.open_review(one.folder).verdicts.to_pylist()
        return [(row["unit_id"], row["verdict"], row["score"], row["findings"]) for row in rows]

    assert judged(without) == judged(reported)
    assert {row[1] for row in judged(without)} == {"pass"}
