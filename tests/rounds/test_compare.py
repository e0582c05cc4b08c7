"""What changed from one review to the next: who moved, what became of findings, and why, by judging.

A small pack of units and issues; each test changes records, rules, day, or several of them.
"""

from __future__ import annotations

import json
from dataclasses import replace

from builders import pack_of
from rounds_given import DATE, FACTS, ISSUE_ROWS, ISSUES, OLD, RULES, TEXT, UNIT_ROWS, UNITS, Given
from screen import Folders, Lookback
from strategies import write_pack

import lookback as engine
from lookback.reviews.flagged import flagged
from lookback.rounds.compare import Comparison, compare


def compared(old: Given, new: Given, folders: Folders) -> Comparison:
    return compare(old.review(folders()), new.review(folders()), decider="reference")


def with_issue(given: Given, row: str) -> Given:
    """The same with another row of an issue, or one more."""
    key = row.split(",")[0]
    return replace(given, issues=[*(r for r in given.issues if r.split(",")[0] != key), row])


LATER = replace(OLD, day="2005-11-20")
DONE = with_issue(LATER, "I1,U1,2005-11-01,2005-10-30,P")


def behind(found: Comparison, unit: str) -> list[tuple[str, ...]]:
    return [tuple(row.values())[1:] for row in found.behind.records.to_pylist() if row["unit"] == unit]


def test_a_review_with_itself_is_empty(folders: Folders) -> None:
    review = replace(OLD, issues=[*ISSUE_ROWS, "I4,U3,2005-10-01,,P"]).review(folders())
    found = compare(review, review, decider="reference")
    assert found.differing == ()
    assert not found.causes
    assert found.counts == {"new": 0, "settled": 0, "standing": 2, "vanished": 0, "unmatched": 0}
    assert found.moves == {"newly-flagged": 0, "cleared": 0, "still-flagged": 1, "still-passing": 2, "come": 0, "gone": 0}


def test_a_unit_moves_because_a_day_passed(folders: Folders) -> None:
    found = compared(OLD, LATER, folders)
    assert found.causes == {"U1": ("settings",)}
    assert found.behind.params["U1"] == ["as_of"]
    assert found.counts["new"] == 2
    assert (found.moves["newly-flagged"], found.ways) == (1, {"worse": 1, "better": 0})
    assert not behind(found, "U1")


def test_a_unit_moves_because_its_records_changed(folders: Folders) -> None:
    found = compared(LATER, DONE, folders)
    assert found.causes == {"U1": ("records",)}
    assert behind(found, "U1") == [("issues", "I1", "done", "changed", None, "2005-10-30")]
    assert found.reasons == {"not-applicable": 1}  # in-time asks nothing of what is done
    assert (found.counts["settled"], found.counts["vanished"]) == (1, 1)


def test_a_unit_moves_because_a_rule_changed(folders: Folders) -> None:
    rules = [*RULES[:1], {**RULES[1], "require": "who is not null and who <> 'P'"}, RULES[2]]
    found = compared(OLD, replace(OLD, rules=rules), folders)
    assert found.causes == dict.fromkeys(("U1", "U2", "U3"), ("rules",))
    assert found.behind.rules["U1"] == ["named"]
    assert found.rules["named"].said == (("require", "who is not null", "who is not null and who <> 'P'"),)


def test_reasons_are_said_in_the_language_that_is_asked_for_be_they_of_the_old_review_or_the_new(folders: Folders) -> None:
    old = with_issue(LATER, "I3,U3,2005-10-01,,").review(folders())
    new = with_issue(LATER, "I2,U2,2005-11-10,,P").review(folders())
    reasons = {}
    for lang in ("en", "zh"):
        found = compare(old, new, decider="reference", lang=lang).findings.to_pylist()
        told = [flagged(review.folder, review.pack(), lang=lang).findings.to_pylist() for review in (old, new)]
        known = {(row["rule"], row["record"]): row["reason"] for of in told for row in of}
        reasons[lang] = {(row["rule"], row["record"]): row["reason"] for row in found}
        assert reasons[lang] == known
        assert {row["change"] for row in found} == {"new", "standing", "settled", "vanished"}
    assert not {*reasons["en"].values()} & {*reasons["zh"].values()}


def test_both_together_and_either_alone_are_told_apart(folders: Folders) -> None:
    new = with_issue(LATER, "I2,U2,2005-11-10,,P")  # a nearer deadline, and a day past it: only both together
    new = with_issue(new, "I3,U3,2005-10-01,,")  # nobody named, and late: on either day, by either record
    found = compared(with_issue(OLD, "I3,U3,2005-11-10,,P"), new, folders)
    assert found.causes["U2"] == ("records", "settings")  # put back either, and it passes
    assert found.causes["U3"] == ("records+settings",)  # put back the record, it is late; put back the day, nobody is named
    assert found.causes["U1"] == ("settings",)


def test_units_that_come_and_go_are_no_moves(folders: Folders) -> None:
    new = replace(OLD, units=[*UNIT_ROWS[:2], "U9,Nine,"], issues=[*ISSUE_ROWS[:2], "I9,U9,2005-01-01,,P"])
    found = compared(replace(OLD, issues=[*ISSUE_ROWS, "I4,U3,,,P"]), new, folders)
    assert not found.causes
    assert (found.moves["come"], found.moves["gone"]) == (1, 1)
    assert found.verdicts == {("pass", "pass"): 2, (None, "make_up"): 1, ("make_up", None): 1}
    assert found.reasons == {"unit-gone": 2}


def test_a_record_or_rule_that_went_does_not_settle_a_finding(folders: Folders) -> None:
    old = with_issue(OLD, "I2,U2,2005-12-31,,")
    found = compared(old, replace(old, issues=[r for r in old.issues if not r.startswith("I2")]), folders)
    assert found.reasons == {"record-gone": 1}
    assert behind(found, "U2") == [("issues", "I2", None, "gone", None, None)]
    found = compared(old, replace(old, rules=[RULES[0], RULES[2]]), folders)
    assert found.reasons == {"rule-gone": 1}


def test_what_is_only_called_otherwise_is_no_change(folders: Folders) -> None:
    old = with_issue(OLD, "I2,U2,2005-12-31,,")
    issue = {**ISSUES["fields"], "until": {**DATE, "was": ["due"]}}
    del issue["due"]
    tables = {"units": UNITS, "matters": {**ISSUES, "was": ["issues"], "fields": issue}}
    rules = [
        {**RULES[0], "for": "matters", "require": "until >= :as_of", "rule": "timely", "was": ["in-time"]},
        {**RULES[1], "for": "matters"},
        RULES[2],
    ]
    facts = [{**FACTS[0], "from": "matters"}]
    new = replace(old, rules=rules, tables=tables, facts=facts)
    for one, other in ((old, new), (new, old)):
        found = compared(one, other, folders)
        assert not found.causes
        assert found.counts == {"new": 0, "settled": 0, "standing": 2, "vanished": 0, "unmatched": 0}
    assert not [id_ for id_, edit in found.rules.items() if not edit.fact]
    moved = compared(old, replace(new, day="2006-01-01"), folders)
    assert moved.causes == {"U1": ("settings",)}


def test_a_finding_of_a_rule_that_was_replaced_stands(folders: Folders) -> None:
    old = with_issue(OLD, "I2,U2,2005-12-31,,")
    retired = {**RULES[1], "until": "2", "replaced_by": ["somebody"]}
    new = replace(old, rules=[RULES[0], retired, {**RULES[1], "rule": "somebody"}, RULES[2]])
    for one, other in ((old, new), (new, old)):
        assert compared(one, other, folders).counts == {"new": 0, "settled": 0, "standing": 2, "vanished": 0, "unmatched": 0}


def test_a_field_that_was_not_asked_then_is_no_change_of_records(folders: Folders) -> None:
    units = {**UNITS, "fields": {"unit_id": TEXT, "name": TEXT}}
    old = replace(
        OLD, tables={"units": units, "issues": ISSUES}, heads=("unit_id,name", OLD.heads[1]), units=["U1,1", "U2,2", "U3,3"]
    )
    rules = [*RULES, {"rule": "planned", "for": "units", "require": "plan_on <= :as_of"}]
    new = replace(OLD, rules=rules, units=["U1,1,2005-10-01", "U2,2,", "U3,3,2005-10-02"], issues=[*ISSUE_ROWS[:2], "I3,U3,,,P"])
    found = compared(old, new, folders)
    assert found.causes == {"U2": ("rules",), "U3": ("records",)}
    assert behind(found, "U2") == [("units", "U2", "plan_on", "not-asked-then", None, None)]


def test_records_that_are_called_by_their_places_are_not_matched(folders: Folders) -> None:
    found = compared(replace(OLD, issues=[*ISSUE_ROWS, ",U2,,,"]), replace(OLD, issues=[",U2,,,", *ISSUE_ROWS]), folders)
    assert found.counts["unmatched"] == 4
    assert (found.counts["new"], found.counts["settled"], found.counts["vanished"]) == (0, 0, 0)


def test_swapping_the_two_mirrors_who_moved_and_how(folders: Folders) -> None:
    old, new = OLD.review(folders()), with_issue(LATER, "I2,U2,2005-12-31,,").review(folders())
    there, back = compare(old, new, decider="reference"), compare(new, old, decider="reference")
    assert {(b, a): n for (a, b), n in there.verdicts.items()} == dict(back.verdicts)
    assert there.causes.keys() == back.causes.keys()
    assert (there.ways["worse"], there.ways["better"]) == (back.ways["better"], back.ways["worse"])


# ---------------------------------------------------------------------------------------------------------------- commands


def test_every_form_is_written_and_personal_values_in_none(folders: Folders, lookback: Lookback) -> None:
    old, new, out = folders(), folders(), folders()
    OLD.review(old)
    with_issue(LATER, "I2,U2,2005-12-31,,").review(new)
    reviews = ("compare", old / "review", new / "review")
    for form, lang in (("csv", "en"), ("json", "zh"), ("html", "zh"), ("xlsx", "en"), ("txt", "zh")):
        run = lookback(*reviews, "-o", out / f"c.{form}", lang=lang)
        assert (run.code, run.mistakes()) == (0, [])
    unit = next(unit for unit in json.loads((out / "c.json").read_text("utf-8"))["units"] if unit["unit"] == "U2")
    assert unit["causes"] == [["records"]]
    assert unit["records"] == [
        {"table": "issues", "record": "I2", "field": "who", "kind": "changed", "old": None, "new": None, "personal": True}
    ]
    assert "<svg" in (out / "c.html").read_text("utf-8")
    run = lookback(*reviews, "--fail-on", "worse")
    assert (run.code, "personal, not shown" in run.out) == (1, True)
    assert lookback("compare", new / "review", old / "review", "--fail-on", "newly-flagged").code == 0


def test_what_cannot_be_compared_is_told_and_ends_with_2(folders: Folders, lookback: Lookback) -> None:
    one, out = folders(), folders() / "c.html"
    OLD.review(one)
    tables = {"offices": {"key": "office_id", "fields": {"office_id": TEXT}}}
    write_pack(pack_of(tables, [{"rule": "known", "for": "offices", "require": "office_id is not null"}]), one / "other")
    (one / "offices.csv").write_text("office_id\nA\n", "utf-8")
    engine.check(one / "offices.csv", one / "other", out=one / "offices", decider="reference")
    for other, code in ((one / "data", "no-review"), (one / "offices", "compare-other-units")):
        run = lookback("compare", one / "review", other, "-o", out)
        assert (run.code, run.mistakes()) == (2, [code])
    key = {**ISSUES, "key": ["issue_id", "unit_id"]}
    replace(OLD, tables={"units": UNITS, "issues": key}).review(other_key := folders())
    assert lookback("compare", one / "review", other_key / "review").mistakes() == ["compare-other-key"]
    (one / "review" / "findings.parquet").write_bytes(b"")
    run = lookback("compare", one / "review", one / "review", "-o", out)
    assert (run.code, run.mistakes()) == (2, ["review-changed"])
    assert not out.exists()


def test_a_review_of_another_day_says_what_it_replaces_and_keep_keeps_both(folders: Folders, lookback: Lookback) -> None:
    given, kept = folders(), folders() / "kept"
    OLD.review(given)
    files = (given / "data", "--pack", given / "pack", "--decider", "reference")
    again = lookback("check", *files, "-o", given / "review")
    assert "replaces" not in again.err
    other = lookback("check", *files, "-o", given / "review", "--as-of", "2005-11-20")
    assert "it replaces the review of 2005-10-20 that stood there (this one is of 2005-11-20)" in other.err
    for day in ("2005-09-20", "2005-10-20", "2005-11-20"):
        assert "replaces" not in lookback("check", *files, "-o", kept, "--keep", "--as-of", day).err
    assert f"replaces the review of the same day, {day}" in lookback("check", *files, "-o", kept, "--keep", "--as-of", day).err
    assert sorted(path.name for path in kept.iterdir()) == ["2005-09-20", "2005-10-20", "2005-11-20"]
    run = lookback("flagged", kept / "2005-11-20", "--new-since", kept / "2005-10-20", "--format", "csv")
    assert [row.split(",")[0] for row in run.out.splitlines()[1:]] == ["U1"]
    assert lookback("flagged", kept / "2005-11-20", "--new-since", kept / "2005-11-20").out.count("U1") == 0
    for arguments, code in (
        ((*files, "--keep"), "keep-needs-out"),
        ((*files, "--keep", "-o", given / "review"), "keep-in-review"),
    ):
        run = lookback("check", *arguments)
        assert (run.code, run.mistakes()) == (2, [code])


def test_since_when_a_unit_is_flagged_is_read_from_the_reviews_that_were_kept(folders: Folders) -> None:
    kept = folders() / "kept"
    late = with_issue(OLD, "I3,U3,2005-08-01,,P")
    days = {"2005-07-01": late, "2005-08-20": late, "2005-09-20": OLD, "2005-10-20": late, "2005-11-20": late, "2005-12-20": late}
    for day, given in days.items():
        replace(given, day=day).review(folder := folders())
        kept.mkdir(exist_ok=True)
        (folder / "review").rename(kept / day)
    found = compare(engine.open_review(kept / "2005-11-20"), engine.open_review(kept / "2005-12-20"), decider="reference")
    since = {row["unit"]: row["since"] for row in found.units.to_pylist() if row["move"] == "still-flagged"}
    assert since == {"U1": "2005-11-20", "U3": "2005-10-20"}
