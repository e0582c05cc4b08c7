"""The rows of the second reading, one unit each: what the built-in pack says of it, and what it said before (1.0, `was`).

A unit is sound but for what its row names; both packs read the same records, each the fields that it has. All units of a day are
judged at once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from lookback.authoring.rule_tests import judged_cases, read_cases
from lookback.packs.check import check_pack
from lookback.packs.checked import CheckedPack
from lookback.packs.read import read_pack, read_tests

ROOT = Path(__file__).resolve().parents[2]
PACKS = {"now": "lookback-2005", "was": str(ROOT / "fixtures/lookback-2005-1.0/pack")}
Fields = Mapping[str, Any]

UNIT: Fields = {
    "kind": "village",
    "batch": 1,
    "members": 40,
    "mobile_members": 0,
    "mobile_members_reached": 0,
    "leaders_contact_points": True,
    "self_check_by_committee": True,
    "self_check_done_on": "2005-08-20",
    "issues_reported": 0,
    "rectification_plan_on": "2005-06-10",
    "plan_opinions_heard": True,
    "publicity_on": "2005-09-01",
    "other_requirements": "yes",
    "no_formality": "yes",
    "practices_summed_up": True,
    "mechanism_plan_on": "2005-08-20",
    "mechanism_progress": "drafting",
    "research_results": "a study",
    "commended": 0,
    "activists_trained": 0,
    "eligible": 0,
    "recruits": 0,
    "recruits_individually": 0,
    "second_batch_plan": True,
    "second_batch_stage": "study",
    "secretary": "P-1",
    "orgs_required": 3,
    "orgs_established": 3,
    "leadership_posts": 6,
    "leadership_posts_filled": 6,
    "weak_orgs": 0,
    "weak_orgs_rectified": 0,
    "weak_orgs_working": 0,
    "appraisal_forms": 0,
    "appraisal_satisfied": 0,
}
ISSUE = {
    "scope": "organisation",
    "source": "public",
    "found_on": "2005-08-01",
    "can_be_solved": True,
    "complaints": 0,
    "measures": "m",
}
ANSWERED = {"deadline": "2005-11-20", "responsible_unit": "Works", "responsible_person": "P-17"}
SOLVED = ISSUE | {"status": "solved", "solved_on": "2005-08-20", "followed_up_on": "2005-09-01", "relapsed": False}
BEGUN = ISSUE | ANSWERED | {"status": "in_progress"}
POOR = ISSUE | {"status": "poor_effect", "causes": "haste", "measures_revised_on": "2005-09-01"}
BLOCKED = ISSUE | {"status": "blocked", "can_be_solved": False, "objective_reason": "no money", "explained_on": "2005-09-01"}
BRANCH = {
    "ought_to_exist": True,
    "set_up": True,
    "leadership_posts": 3,
    "leadership_filled": 3,
    "weak": False,
    "secretary": "P-1",
}
BRANCH |= {"self_checked_on": "2005-09-01"}
FIVE = ["study", "education", "management", "public_contact", "participation"]
DOCUMENT = {"document": "No. 7", "issued_on": "2005-08-10", "in_force": True}
CASE = {"situation_known": True, "help_decided": True, "help_carried_out": True, "improved": False, "normal_procedure": True}
CASE |= {
    "facts_clear": True,
    "grounds_sufficient": True,
    "measure_fitting": True,
    "formalities_complete": True,
    "regulation": "9",
}
VISIT = {"visited_on": "2005-09-12", "briefing_heard": True, "leaders_heard": 2, "members_heard": 9, "forms_sent": 60}
VISIT |= {"forms_returned": 52, "checked_on_site": True, "unit_cooperated": True, "report_on": "2005-09-18"}
CHECK = {"checked_on": "2005-09-12", "unit_cooperated": True}
INSPECTION = {"inspection_id": "J", "from_on": "2005-09-12", "to_on": "2005-09-13", "feedback_on": "2005-09-13"}
DEMAND = {"inspection": "J", "kind": "demand", "answer": "hearings", "responsible_unit": "Works", "due_on": "2005-10-10"}
LESSON = {"check_id": "S", "agreed_on": "2005-09-13", "due_on": "2005-10-10", "held_on": "2005-10-01"}
SURVEY = {"question": "work", "asked_of": "public", "satisfied": 90, "partly": 5, "not_satisfied": 5}

MECHANISMS_OF_1_0 = [DOCUMENT | {"kind": kind, "kinds": [kind]} for kind in (*FIVE, "org_building", "leadership_building")]
"""A document a kind, as 1.0 wants them."""


@dataclass(frozen=True)
class Row:
    """`verdict` and `rules`: what the pack says now, of the unit, and of some record of it; `was`: the unit's verdict by 1.0,
    None where 1.0 cannot read what the row is about. `visits` are what 1.0 had for inspections and site checks."""

    clause: str
    what: str
    verdict: str
    rules: Mapping[str, str]
    was: str | None = None
    unit: Fields = field(default_factory=dict)
    below: Mapping[str, Sequence[Fields]] = field(default_factory=dict)
    as_of: str = "2005-09-05"


def row(
    clause: str,
    what: str,
    verdict: str,
    rules: str,
    was: str | None = None,
    *,
    later: bool = False,
    as_of: str = "",
    **given: Any,
) -> Row:
    """`rules`: `+met -unmet ?unknown 0not applicable`, each before a rule. What is no table of records below is the unit's."""
    signs = {"+": "met", "-": "unmet", "?": "unknown", "0": "not applicable"}
    below = {table: rows for table, rows in given.items() if isinstance(rows, list)}
    unit = {name: value for name, value in given.items() if name not in below}
    told = {rule[1:]: signs[rule[0]] for rule in rules.split()}
    return Row(clause, what, verdict, told, was, unit, below, as_of or ("2005-10-20" if later else "2005-09-05"))


def overdue(**values: Any) -> dict[str, Any]:
    return BEGUN | {"deadline": "2005-09-04"} | values


ROWS = [
    # whom it concerns, and when
    row(
        "whom",
        "a second-batch unit is asked for no self-check",
        "pass",
        "0self-check-on-time",
        "make_up",
        batch=2,
        self_check_done_on=None,
        self_check_by_committee=None,
        later=True,
    ),
    row(
        "whom",
        "a second-batch unit's issues are not those of the look-back",
        "pass",
        "0status-known 0issues-dealt-with",
        "make_up",
        batch=2,
        issues=[{"title": "nothing is known of it"}],
    ),
    row(
        "due",
        "no self-check is overdue on 5 September",
        "pass",
        "0self-check-on-time 0self-check-by-committee",
        "make_up",
        self_check_done_on=None,
        self_check_by_committee=None,
    ),
    row("due", "after the last day it is", "make_up", "?self-check-on-time", "make_up", self_check_done_on=None, later=True),
    row(
        "due",
        "a self-check of 2010 is none",
        "make_up",
        "-self-check-on-time",
        "make_up",
        self_check_done_on="2010-09-20",
        later=True,
    ),
    row(
        "due",
        "a self-check before the look-back is none",
        "make_up",
        "-self-check-on-time",
        "pass",
        self_check_done_on="2005-07-14",
        later=True,
    ),
    row(
        "due",
        "a follow-up of 2010 is none",
        "make_up",
        "-result-consolidated",
        "pass",
        issues=[SOLVED | {"followed_up_on": "2010-09-01"}],
    ),
    row(
        "due",
        "a mechanism of 2010 is none",
        "pass",
        "-regulations-issued",
        None,
        mechanism_progress="issued",
        mechanisms=[DOCUMENT | {"issued_on": "2010-08-10", "kinds": FIVE}],
    ),
    row(
        "due",
        "a visit before the self-check is the inspection's",
        "pass",
        "-after-the-self-check",
        None,
        self_check_done_on="2005-09-20",
        inspections=[INSPECTION],
        site_checks=[CHECK | {"inspection": "J"}],
        later=True,
    ),
    # outcomes
    row("outcomes", "a remark makes no lesson", "pass", "-practices-summed-up", "make_up", practices_summed_up=False),
    row(
        "outcomes",
        "many remarks do",
        "make_up",
        "-remarks-few",
        None,
        practices_summed_up=False,
        other_requirements="no",
        no_formality="no",
        publicity_on=None,
        plan_opinions_heard=False,
        members=60,
        leaders_contact_points=False,
        mobile_members=1,
    ),
    row(
        "outcomes",
        "an inspection without a report is the group's",
        "pass",
        "?report-written",
        "make_up",
        inspections=[INSPECTION],
        visits=[VISIT | {"report_on": None}],
        later=True,
    ),
    row(
        "outcomes",
        "an explanation is owed beside something worse",
        "make_up",
        "?explained-to-the-public -blocked-for-a-reason",
        "make_up",
        issues=[BLOCKED | {"explained_on": None, "objective_reason": None, "can_be_solved": True}],
    ),
    # N1
    row(
        "N1.1",
        "what the public reported does not fill the list",
        "make_up",
        "-every-issue-listed",
        "pass",
        issues_reported=1,
        issues=[SOLVED],
    ),
    row(
        "N1.2",
        "a follow-up before the solution is none",
        "make_up",
        "-result-consolidated",
        "pass",
        issues=[SOLVED | {"followed_up_on": "2005-08-19"}],
    ),
    row(
        "N1.2",
        "the day of the solution is known",
        "make_up",
        "?result-consolidated",
        "pass",
        issues=[SOLVED | {"solved_on": None}],
    ),
    row(
        "N1.3",
        "a revision before the finding is none",
        "make_up",
        "-causes-and-measures-revised",
        "pass",
        issues=[POOR | ANSWERED | {"measures_revised_on": "2005-07-31"}],
    ),
    row(
        "N1.3", "a poor effect has a deadline and those who answer", "make_up", "-responsibility-assigned", "pass", issues=[POOR]
    ),
    row(
        "N1.3",
        "a poor effect is overdue past its deadline",
        "make_up",
        "-not-overdue",
        "pass",
        issues=[POOR | ANSWERED | {"deadline": "2005-09-04"}],
    ),
    row(
        "N1.5",
        "what is blocked has its reason",
        "make_up",
        "-blocked-for-a-reason",
        "pass",
        issues=[BLOCKED | {"objective_reason": None}],
    ),
    row(
        "N1.5",
        "an explanation before the finding is none",
        "explain",
        "-explained-to-the-public -explanations-given",
        "pass",
        issues=[BLOCKED | {"explained_on": "2005-07-31"}],
    ),
    row(
        "N1.5",
        "under way past its deadline, it cannot be solved: an explanation is owed, too",
        "make_up",
        "-not-overdue ?explained-to-the-public -explanations-given",
        "make_up",
        issues=[overdue(can_be_solved=False)],
    ),
    # N2 to N4
    row(
        "N2.3",
        "before regulations are issued five mechanisms are not asked for",
        "pass",
        "0five-mechanisms",
        "make_up",
        mechanisms=[],
    ),
    row(
        "N2.3",
        "one document may found all five",
        "pass",
        "+five-mechanisms",
        None,
        mechanism_progress="issued",
        mechanisms=[DOCUMENT | {"kinds": FIVE}],
    ),
    row("N3.2", "who qualifies is admitted", "pass", "-eligible-admitted", None, eligible=2),
    row(
        "N4.2",
        "help without change is followed by normal procedure",
        "make_up",
        "-no-change-handled",
        "pass",
        cases=[CASE | {"kind": "help", "normal_procedure": False}],
    ),
    row(
        "N4.2",
        "a handling names its basis",
        "make_up",
        "-handling-has-a-basis",
        "pass",
        cases=[CASE | {"kind": "handling", "regulation": None}],
    ),
    # N5
    row(
        "N5.1",
        "a problem of the organisation is begun, one by one",
        "make_up",
        "-problem-begun",
        "pass",
        issues=[BEGUN, BEGUN | {"status": "not_started"}],
    ),
    row(
        "N5.2",
        "an organisation that ought to exist is set up, whatever others there are",
        "make_up",
        "-organisation-set-up",
        "pass",
        organisations=[BRANCH, {"ought_to_exist": True, "set_up": False, "weak": False}],
    ),
    row(
        "N5.3",
        "a surplus in one organisation does not hide a gap in another",
        "make_up",
        "-leadership-filled -organisations-in-order",
        "pass",
        organisations=[BRANCH | {"leadership_filled": 4}, BRANCH | {"leadership_filled": 2}],
    ),
    row(
        "N5.4",
        "a weak organisation is put in order and working",
        "make_up",
        "-weak-organisation-restored",
        "pass",
        organisations=[BRANCH | {"weak": True, "put_in_order_on": "2005-08-01", "working_normally": False}],
    ),
    row(
        "N5.5",
        "the public is satisfied on each question",
        "make_up",
        "-question-satisfied -public-satisfied",
        "pass",
        survey=[SURVEY, SURVEY | {"question": "purpose", "satisfied": 50, "not_satisfied": 45}],
        appraisal_forms=200,
        appraisal_satisfied=140,
    ),
    row(
        "N5.6",
        "what can be solved has its time",
        "pass",
        "+solvable-solved",
        "make_up",
        issues=[BEGUN | {"scope": "public_interest"}],
    ),
    row("N5.6", "and is late after it", "make_up", "-solvable-solved", "make_up", issues=[overdue(scope="public_interest")]),
    row(
        "X6.1",
        "what the campaign found has its time, of every scope",
        "make_up",
        "-put-right-at-once",
        "pass",
        issues=[POOR | ANSWERED | {"source": "campaign", "deadline": "2005-09-04"}],
    ),
    row(
        "N5.7",
        "measures are refined since the finding",
        "make_up",
        "?unsolvable-planned",
        "pass",
        issues=[BEGUN | {"scope": "stability", "can_be_solved": False}],
    ),
    row(
        "N5.7",
        "the deadline of a plan is ahead",
        "make_up",
        "-unsolvable-planned",
        "pass",
        issues=[BLOCKED | ANSWERED | {"scope": "stability", "measures_revised_on": "2005-09-01", "deadline": "2005-09-04"}],
    ),
    row(
        "N5.8",
        "the long-term mechanism has results so far, none of them of 2010",
        "make_up",
        "-mechanism-planned",
        "pass",
        research_results=None,
        mechanisms=[one | {"issued_on": "2010-08-10"} for one in MECHANISMS_OF_1_0],
    ),
    row(
        "N5.9",
        "other requirements are asked of every unit",
        "pass",
        "-other-requirements-reviewed",
        None,
        other_requirements="no",
    ),
    row("N7.2", "formality is asked of every unit", "pass", "-formality-avoided", None, no_formality="no"),
    # N6 and N7
    row(
        "N6.3",
        "what the self-check found and is blocked is asked elsewhere",
        "pass",
        "+found-is-tackled",
        "pass",
        issues=[BLOCKED | {"source": "self_check"}],
        issues_reported=1,
    ),
    row(
        "N6.3",
        "what is under way has ninety days, too",
        "make_up",
        "-found-is-tackled",
        "pass",
        issues=[BEGUN | {"source": "self_check", "deadline": "2006-03-31"}],
        issues_reported=1,
    ),
    row(
        "N6.5",
        "inspectors saw it better than reported",
        "pass",
        "+claim-confirmed",
        "make_up",
        issues=[POOR | ANSWERED | {"seen_status": "solved"}],
    ),
    row(
        "N6.6",
        "many complaints alone call for an exchange of views, which is the group's",
        "pass",
        "-views-exchanged",
        None,
        later=True,
        issues=[SOLVED | {"complaints": 10, "causes": "haste", "measures_revised_on": "2005-09-01"}],
        inspections=[INSPECTION],
        site_checks=[CHECK | {"inspection": "J"}],
    ),
    row(
        "N6.6",
        "a lesson is held in its time",
        "make_up",
        "-make-up-held -lessons-held",
        None,
        later=True,
        site_checks=[CHECK | {"check_id": "S"}],
        make_up_lessons=[LESSON | {"held_on": "2005-10-11"}],
    ),
    row(
        "N6.6",
        "a lesson of 2010 is none",
        "make_up",
        "-make-up-held",
        "pass",
        later=True,
        site_checks=[CHECK | {"check_id": "S"}],
        make_up_lessons=[LESSON | {"held_on": "2010-10-01"}],
        visits=[VISIT | {"views_exchanged_on": "2005-09-13", "make_up_held_on": "2010-10-01"}],
    ),
    row(
        "N6.6",
        "a lesson that is not due yet is none that is owed",
        "pass",
        "0make-up-held",
        None,
        later=True,
        site_checks=[CHECK | {"check_id": "S"}],
        make_up_lessons=[LESSON | {"due_on": "2005-10-20", "held_on": None}],
    ),
    row(
        "N6.7",
        "a report is not due for fifteen days",
        "pass",
        "0report-written",
        "make_up",
        as_of="2005-09-20",
        inspections=[INSPECTION],
        visits=[VISIT | {"report_on": None}],
    ),
    row(
        "N7.1",
        "a unit without second-batch units below it has none to balance",
        "pass",
        "0two-batches-balanced",
        "make_up",
        second_batch_plan=False,
    ),
    row(
        "N7.3",
        "each organisation checks itself in time",
        "pass",
        "-organisation-self-checked",
        None,
        later=True,
        organisations=[BRANCH | {"self_checked_on": "2005-10-01"}],
    ),
    row(
        "N7.4",
        "each organisation has its secretary",
        "pass",
        "-secretary-named",
        "pass",
        organisations=[BRANCH | {"secretary": None}],
    ),
    row(
        "N7.3",
        "that a unit did not cooperate is a remark",
        "pass",
        "-unit-cooperated",
        "make_up",
        site_checks=[CHECK | {"unit_cooperated": False}],
        visits=[VISIT | {"unit_cooperated": False}],
        later=True,
    ),
    row("N7.5", "an inspection goes to some unit", "pass", "-seen-on-site", None, later=True, inspections=[INSPECTION]),
    row("N7.6", "results and examples are made known", "pass", "?published-in-the-media", None, publicity_on=None),
    # X
    row(
        "X6.1",
        "a rectification plan was made and opinions heard",
        "pass",
        "-rectification-planned",
        None,
        plan_opinions_heard=False,
    ),
    row(
        "X6.2",
        "a mechanism for the leading body is asked of agencies",
        "pass",
        "-leadership-mechanism",
        None,
        kind="agency",
        mechanisms=[m for m in MECHANISMS_OF_1_0 if m["kind"] != "leadership_building"],
    ),
    row(
        "X6.2",
        "and not of enterprises",
        "pass",
        "0leadership-mechanism",
        "make_up",
        kind="enterprise",
        mechanisms=[m for m in MECHANISMS_OF_1_0 if m["kind"] != "leadership_building"],
    ),
    row(
        "X6.4",
        "a village has members on the move, too",
        "pass",
        "-mobile-members-reached",
        "pass",
        mobile_members=2,
        mobile_members_reached=1,
    ),
    row(
        "X5",
        "that rectification serves development is a question of the sheet",
        "pass",
        "-tied-to-development",
        None,
        site_checks=[CHECK | {"sheet_tied_to_development": "no"}],
        later=True,
    ),
    row(
        "X5",
        "feedback names strengths and demands",
        "pass",
        "-feedback-given",
        None,
        later=True,
        inspections=[INSPECTION],
        feedback=[{"inspection": "J", "kind": "strength"}],
    ),
    row(
        "X7",
        "a demand is taken up",
        "make_up",
        "-demand-taken-up -demands-answered",
        None,
        later=True,
        inspections=[INSPECTION],
        feedback=[DEMAND | {"answer": None, "done_on": "2005-10-01"}],
    ),
    row(
        "X7",
        "a demand is met by its term",
        "make_up",
        "-demand-met -demands-answered",
        None,
        later=True,
        inspections=[INSPECTION],
        feedback=[DEMAND | {"done_on": "2005-10-11"}],
    ),
    row(
        "X8",
        "the stage is asked of second-batch units",
        "pass",
        "-second-stage-known",
        "make_up",
        batch=2,
        second_batch_stage=None,
    ),
    row("X8", "and of no others", "pass", "0second-stage-known", "make_up", second_batch_stage=None),
]


@cache
def judged(which: str) -> dict[str, dict[tuple[str, Any], Any]]:
    """What became of the records of each row, by its name."""
    pack = check_pack(read_pack(PACKS[which]))
    tests = []
    for row in ROWS:
        below = {"mechanisms": MECHANISMS_OF_1_0, **row.below}
        rows = {t: [_those(pack, t, one) for one in below[t]] for t in pack.tables if t in below}
        given = {"units": [_those(pack, "units", UNIT | row.unit)], **{t: found for t, found in rows.items() if found}}
        tests.append({"test": name(row), "params": {"as_of": row.as_of}, "given": given, "expect": {"units": [{}]}})
    with TemporaryDirectory() as folder:
        (Path(folder) / "pack.yaml").touch()
        (Path(folder) / "rows.test.yaml").write_text(json.dumps({"tests": tests}, ensure_ascii=False), "utf-8")
        cases = read_cases(pack, read_tests(folder))
    return {case.test.test: dict(got) for case, got in zip(cases, judged_cases(pack, cases), strict=True)}


def _those(pack: CheckedPack, table: str, values: Fields) -> Fields:
    """Of a record what the pack has fields for; 1.0 had no issues of the campaign."""
    known = pack.tables[table].columns

    def said(name: str, value: Any) -> bool:
        choices = known[name].choices
        return value is not None and (not choices or isinstance(value, list) or str(value) in choices)

    return {name: value for name, value in values.items() if name in known and said(name, value)}


def name(row: Row) -> str:
    return f"{row.clause}: {row.what}"


def verdict(got: Mapping[tuple[str, Any], Any]) -> str:
    return next(one.verdict for (table, _), one in got.items() if table == "units")


@pytest.mark.parametrize("row", ROWS, ids=name)
def test_a_row_of_the_second_reading_holds_now(row: Row) -> None:
    got = judged("now")[name(row)]
    statuses = {rule: {one.statuses[rule] for one in got.values() if rule in one.statuses} for rule in row.rules}
    assert {rule: status for rule, status in row.rules.items() if status not in statuses[rule]} == {}, statuses
    assert not any(status == "not applicable" and statuses[rule] != {status} for rule, status in row.rules.items()), statuses
    assert verdict(got) == row.verdict


@pytest.mark.parametrize("row", [row for row in ROWS if row.was is not None], ids=name)
def test_version_1_0_says_otherwise_or_the_same_of_the_records_that_it_can_read(row: Row) -> None:
    assert verdict(judged("was")[name(row)]) == row.was
