"""Facts over the records of one table that agree in some values, as a whole: judged, explained, mended, proved; what is lost."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from builders import checked, pack_of
from reference import Pack
from screen import Folders, Lookback
from strategies import write_pack

import lookback
from lookback.judging.program import compile
from lookback.proving.proof import prove
from lookback.words.errors import PackError

Entry = dict[str, Any]
UNITS = {"key": "unit_id", "fields": {"unit_id": {"type": "text"}, "region": {"type": "text"}}}
ISSUES = {
    "key": "issue_id",
    "belongs_to": "units",
    "fields": {
        "issue_id": {"type": "text"},
        "unit_id": {"type": "text"},
        "title": {"type": "text"},
        "status": {"type": "choice", "choices": {"open": {"en": "Open"}, "solved": {"en": "Solved"}}},
        "day": {"type": "date"},
        "cost": {"type": "integer"},
    },
}
TABLES = {"units": UNITS, "issues": ISSUES}
OPEN = "count(*) filter (where coalesce(status = 'open', true))"
TITLED = "count(*) filter (where title is not null and coalesce(status = 'open', true))"
BAD = {"fact": "bad", "of": "units", "from": "issues", "value": "count(*) filter (where verdict <> 'pass')"}
NONE_BAD = {"rule": "none-bad", "for": "units", "require": "bad = 0"}


def alike(value: str = TITLED, among: Sequence[str] = ("unit_id", "title"), **more: Any) -> Pack:
    """Two open issues of one title in one unit are wrong."""
    fact = {"fact": "alike", "of": "issues", "among": list(among), **more, "value": value}
    rule = {"rule": "no-two-alike", "for": "issues", "when": "status = 'open'", "require": "alike <= 1"}
    return pack_of(TABLES, [rule, NONE_BAD], [fact, BAD])


def review(folders: Folders, pack: Pack, issues: str, units: str = "unit_id\nU1\nU2\nU3\n", **more: Any) -> Any:
    folder = folders()
    write_pack(pack, folder / "pack")
    (folder / "data").mkdir()
    (folder / "data" / "units.csv").write_text(units, "utf-8")
    (folder / "data" / "issues.csv").write_text(issues, "utf-8")
    return lookback.check(folder / "data", folder / "pack", lang="en", out=folder / "review", **more)


def found(of: Any, table: str = "issues") -> dict[str, str]:
    return {f["record"]: f["status"] for f in of.findings.to_pylist() if f["table"] == table}


def facts(of: Any, fact: str = "alike") -> dict[str, Any]:
    import pyarrow.parquet as pq

    keys = pq.read_table(of.folder / "records" / "issues.parquet")["issue_id"].to_pylist()
    return dict(zip(keys, pq.read_table(of.folder / "judged" / "issues.parquet")[fact].to_pylist(), strict=True))


ISSUE_07 = "issue_id,unit_id,title,status\nI1,U1,t,open\nI2,U1,t,solved\nI3,U2,t,open\nI4,U2,t,open\nI5,U3,,open\nI6,U3,,open\n"


def test_each_of_two_open_issues_of_one_title_has_the_finding_and_no_other(folders: Folders) -> None:
    of = review(folders, alike(), ISSUE_07)
    assert found(of) == {"I3": "unmet", "I4": "unmet"}
    assert found(of, "units") == {"U2": "unmet"}
    assert facts(of) == {"I1": 1, "I2": 1, "I3": 2, "I4": 2, "I5": 0, "I6": 0}


def test_a_finding_names_the_siblings_or_says_which_blank_leaves_it_open(folders: Folders, lookback: Lookback) -> None:
    issues = ISSUE_07 + "I7,U1,,open\nI8,U2,t,solved\n"
    of = review(folders, alike(OPEN), issues)
    why = {f["record"]: f["reason"] for f in of.findings.to_pylist() if f["table"] == "issues"}
    assert why["I3"] == why["I4"] == "alike is 2, should be at most 1; alike looks at I3, I4"
    assert why["I7"] == "title: blank"
    assert why["I1"] == "alike cannot be told, as other records that may agree with it have blanks (unit_id, title)"
    assert "looks at I3, I4" in lookback("explain", "U2", of.folder, "--lang", "en", "--format", "json").out
    many = "".join(f"J{i},U2,t,open\n" for i in range(9))
    of = review(folders, alike(TITLED, others=True), ISSUE_07 + many)
    why = {f["record"]: f["reason"] for f in of.findings.to_pylist() if f["table"] == "issues"}
    assert why["I4"] == "alike is 10, should be at most 1; alike looks at I3, J0, J1, J2, J3, …"


def test_a_condition_that_is_blank_by_itself_says_so_where_the_fact_of_siblings_is_known(folders: Folders) -> None:
    asked = {"rule": "asked", "for": "issues", "require": "case when alike > 5 then 1 end > 0"}
    pack = alike()
    of = review(folders, pack_of(TABLES, [asked, NONE_BAD], pack.facts), ISSUE_07)
    assert {f["reason"] for f in of.findings.to_pylist() if f["table"] == "issues"} == {
        "case when alike > 5 then 1 end cannot be worked out"
    }


def test_a_finding_on_a_child_says_that_a_fact_of_siblings_of_its_parent_is_blank(folders: Folders) -> None:
    fact = {"fact": "in_region", "of": "units", "among": ["region"], "value": "count(*)"}
    rule = {"rule": "few", "for": "issues", "require": "units.in_region <= 1"}
    of = review(folders, pack_of(TABLES, [rule, NONE_BAD], [fact, BAD]), ISSUE_07, "unit_id,region\nU1,n\nU2,n\nU3,\n")
    assert {f["reason"] for f in of.findings.to_pylist() if f["table"] == "issues"} == {"units: in_region: blank"}


def test_a_blank_is_unknown_and_makes_those_unknown_that_may_agree_with_it(folders: Folders) -> None:
    issues = ISSUE_07 + "I7,U1,,open\nI8,U2,,solved\n"
    of = review(folders, alike(OPEN), issues)
    assert facts(of) == {"I1": None, "I2": None, "I3": 2, "I4": 2, "I5": None, "I6": None, "I7": None, "I8": None}
    assert found(of) == {"I1": "unknown", "I3": "unmet", "I4": "unmet", "I5": "unknown", "I6": "unknown", "I7": "unknown"}


def test_no_two_meetings_of_a_unit_on_one_day_about_one_topic(folders: Folders) -> None:
    tables = {
        "units": UNITS,
        "meetings": {
            "key": "meeting_id",
            "belongs_to": "units",
            "fields": {
                "meeting_id": {"type": "text"},
                "unit_id": {"type": "text"},
                "topic": {"type": "text"},
                "day": {"type": "date"},
            },
        },
    }
    fact = {"fact": "same", "of": "meetings", "among": ["unit_id", "topic", "day"], "others": True, "value": "count(*)"}
    rule = {"rule": "no-double", "for": "meetings", "require": "same = 0"}
    bad = {**BAD, "from": "meetings", "value": "count(*) filter (where unmet('no-double'))"}
    unsure = {**BAD, "fact": "unsure", "from": "meetings", "value": "count(*) filter (where not met('no-double'))"}
    each = {"rule": "each-once", "for": "units", "when": "unsure > 0", "require": "case when bad > 0 then false end"}
    folder = folders()
    write_pack(pack_of(tables, [rule, each], [fact, bad, unsure]), folder / "pack")
    meetings = "M1,U1,t,2005-01-01\nM2,U1,t,2005-01-01\nM3,U2,t,2005-01-01\nM4,U2,t,2005-01-02\nM5,U3,t,\nM6,U3,t,\n"
    (folder / "units.csv").write_text("unit_id\nU1\nU2\nU3\n")
    (folder / "meetings.csv").write_text("meeting_id,unit_id,topic,day\n" + meetings)
    of = lookback.check([folder / "units.csv", folder / "meetings.csv"], folder / "pack", lang="en")
    assert found(of, "units") == {"U1": "unmet", "U3": "unknown"}
    assert found(of, "meetings") == {"M1": "unmet", "M2": "unmet", "M5": "unknown", "M6": "unknown"}


@pytest.mark.parametrize(
    ("value", "among", "others", "expected"),
    [
        ("count(*)", [], False, [4, 4, 4, 4]),
        ("sum(coalesce(cost, 0))", ["unit_id"], False, [3, 3, 12, 12]),
        ("sum(coalesce(cost, 0))", ["unit_id"], True, [2, 1, 8, 4]),
        ("avg(coalesce(cost, 0))", ["unit_id"], False, [1.5, 1.5, 6, 6]),
        ("max(coalesce(cost, 0))", [], True, [8, 8, 8, 4]),
        ("count(distinct coalesce(title, ''))", ["unit_id"], False, [1, 1, 2, 2]),
        ("count(*) filter (where cost is not null and cost > 1) / count(*)", ["unit_id"], False, [0.5, 0.5, 1, 1]),
        ("min(coalesce(cost, 0)) filter (where coalesce(cost > 1, false))", ["title"], True, [2, 4, 2, None]),
    ],
)
def test_what_an_aggregate_among_siblings_comes_to(
    folders: Folders, value: str, among: list[str], others: bool, expected: list[Any]
) -> None:
    fact = {"fact": "alike", "of": "issues", "among": among, "others": others, "value": value}
    rule = {"rule": "asks", "for": "issues", "require": "alike is not null"}
    pack = pack_of(TABLES, [rule, NONE_BAD], [fact, BAD])
    issues = "issue_id,unit_id,title,cost\nI1,U1,a,1\nI2,U1,a,2\nI3,U2,a,4\nI4,U2,b,8\n"
    assert [None if v is None else float(v) for v in facts(review(folders, pack, issues)).values()] == expected


@pytest.mark.parametrize(
    ("issues", "said"),
    [
        ("I1,U1,a,open\nI2,U1,a,opne\nI3,U1,b,open\n", {"I1": "unknown", "I2": "unknown"}),  # I2 may be open
        ("I1,U1,a,open\nI2,U1,a,open\nI3,U1,a,opne\n", {"I1": "unmet", "I2": "unmet", "I3": "unknown"}),  # two are too many
        ("I1,U1,a,open\nI2,U2,a,open\n,U1,a,open\n", {"I1": "unknown", "issues.csv:4": "unknown"}),  # nobody knows which it is
        ("I1,U1,a,open\nI2,U2,b,open\nI3,U1,b,open,x,y\n", {"I1": "unknown"}),  # a row that fits no header
    ],
)
def test_what_is_lost_of_one_makes_the_groups_lost_that_it_may_be_in(folders: Folders, issues: str, said: dict[str, str]) -> None:
    of = review(folders, alike(), "issue_id,unit_id,title,status\n" + issues)
    assert {record.split("/")[-1]: status for record, status in found(of).items()} == said
    assert {f["outcome"] for f in of.findings.to_pylist()} == {"make_up"}


@pytest.mark.parametrize("row", [",n", "U1,n,x,y", " ,n,x"])
def test_a_unit_that_is_lost_may_be_a_sibling_of_any(folders: Folders, row: str) -> None:
    fact = {"fact": "in_region", "of": "units", "among": ["region"], "value": "count(*)"}
    for most, status in ((1, "unknown"), (2, None)):
        rule = {"rule": "few", "for": "units", "require": f"in_region <= {most}"}
        of = review(folders, pack_of(TABLES, [rule, NONE_BAD], [fact, BAD]), ISSUE_07, f"unit_id,region\nU2,n\nU3,s\n{row}\n")
        assert found(of, "units") == ({"U2": status, "U3": status} if status else {})


def test_what_a_pack_does_not_use_is_in_no_query(tmp_path: Path) -> None:
    plain = pack_of(TABLES, [{"rule": "titled", "for": "issues", "require": "title is not null"}, NONE_BAD], [BAD])
    assert not any(" OVER (" in sql or "MATERIALIZED" in sql for sql in compile(checked(tmp_path, plain)).sql.values())


def test_siblings_by_keys_alone_need_no_look_for_blanks(tmp_path: Path) -> None:
    program = compile(checked(tmp_path, alike(OPEN, ["unit_id"])))
    assert not any("MATERIALIZED" in sql for sql in program.sql.values())


def test_explained_are_the_siblings_that_count_of_the_whole_review(folders: Folders, lookback: Lookback) -> None:
    of = review(folders, alike(TITLED, ["title"]), ISSUE_07)
    said = lookback("explain", "U1", of.folder, "--lang", "en", "--all").out
    assert "3 of 4 in issues: I1, I3, I4" in said


def test_a_way_to_mend_a_duplicate_changes_one_of_them(folders: Folders, lookback: Lookback) -> None:
    of = review(folders, alike(), ISSUE_07)
    said = lookback("fix", "U2", of.folder, "--lang", "en").out
    assert "issues I4\n    title" in said
    assert "issues I3\n    title" in said


def test_where_a_fact_looks_at_other_units_fix_takes_it_as_it_is_and_changes_what_else_will_do(
    folders: Folders, lookback: Lookback
) -> None:
    pack = alike(TITLED, ["title"])
    costs = {"rule": "cheap", "for": "issues", "require": "cost < 5 and cost is not null"}
    pack = pack_of(TABLES, [*pack.rules, costs], pack.facts)
    issues = "issue_id,unit_id,title,status,cost\nI1,U1,t,open,1\nI2,U2,t,open,1\nI3,U3,s,open,9\n"
    of = review(folders, pack, issues)
    assert found(of, "units") == {"U1": "unmet", "U2": "unmet", "U3": "unmet"}
    said = lookback("fix", "U3", of.folder, "--lang", "en").out
    assert "Taken as it is, with all that it rests on" in said
    assert "issues I3\n    cost: 9 → 4 or less" in said
    said = lookback("fix", "U1", of.folder, "--lang", "en").out
    assert "Way 1" not in said  # the title and the status are what others are held against
    assert "No way was found, but not everything was tried" in said
    assert "cost" in lookback("fix", "--all", of.folder, "--lang", "en").out


def test_proved_is_that_a_blank_among_siblings_does_not_help_and_told_where_the_pack_says_what_it_counts_as(
    tmp_path: Path,
) -> None:
    for value, helps in ((OPEN, set()), (TITLED, {("title", "issues"), ("title", "units")})):
        of = prove(checked(tmp_path / str(len(value)), alike(value)))
        assert {one.mistake.code for one in of.found} == {"outcome-unnamed"}
        assert {(one.column.name, one.judged) for one in of.stated} == helps
        assert all("alike" in str(one.why.args) for one in of.left_open)


def test_two_records_alike_in_what_is_unique_are_a_problem_of_the_input_with_their_places(folders: Folders) -> None:
    tables = {**TABLES, "issues": {**ISSUES, "unique": ["unit_id", "title"]}}
    rule = {"rule": "titled", "for": "issues", "require": "title is not null"}
    of = review(folders, pack_of(tables, [rule, NONE_BAD], [BAD]), ISSUE_07 + "I7,U3,t,open\nI8,U3,t,open\n")
    assert of.summary["problem_kinds"] == {"repeated": 6}
    with (of.folder / "problems.csv").open(encoding="utf-8", newline="") as file:
        said = {int(p["row"]): (p["field"], p["value"]) for p in csv.DictReader(file)}
    assert said == {row: ("unit_id, title", f"U{unit} · t") for row, unit in ((2, 1), (3, 1), (4, 2), (5, 2), (8, 3), (9, 3))}
    assert set(found(of)) == {"I5", "I6"}


def test_what_is_unique_may_be_a_rule(folders: Folders, lookback: Lookback) -> None:
    unique = {"of": ["unit_id", "title", "day"], "rule": "no-two-alike", "title": {"en": "No two alike"}, "otherwise": "make_up"}
    tables = {**TABLES, "issues": {**ISSUES, "unique": unique}}
    days = {
        "M1": "U1,t,2005-01-01",
        "M2": "U1,t,2005-01-01",
        "M3": "U2,t,2005-01-01",
        "M4": "U2,t,2005-01-02",
        "M5": "U3,t,",
        "M6": "U3,t,",
    }
    issues = "issue_id,unit_id,title,day\n" + "".join(f"{key},{rest}\n" for key, rest in days.items())
    of = review(folders, pack_of(tables, [NONE_BAD], [BAD], outcomes=("pass", "make_up")), issues)
    assert not of.problem_count
    assert found(of) == {"M1": "unmet", "M2": "unmet", "M5": "unknown", "M6": "unknown"}
    why = {f["record"]: f["reason"] for f in of.findings.to_pylist()}
    assert why["M1"].endswith("looks at M2")
    assert why["M5"] == "day: blank"
    pack = of.folder / "pack"
    assert lookback("rules", "check", pack).code == 0
    assert "No two alike" in lookback("rules", "show", "no-two-alike", pack, "--lang", "en").out
    assert lookback("rules", "prove", pack).code == 0
    assert lookback("explain", "U1", of.folder, "--lang", "en").code == 0


# ------------------------------------------------------------------------------------------------- the value of a day

DATED = "filter (where day is not null and cost is not null)"
DAYS = (
    "issue_id,unit_id,cost,day\nI1,U1,5,2005-01-01\nI2,U1,7,2005-01-03\nI3,U1,6,2005-01-02\nI4,U2,1,2005-01-01\n"
    "I5,U2,2,2005-01-01\nI6,U2,3,2005-01-02\nI7,U2,3,2005-01-02\nI8,U3,9,\n"
)


def by_day(value: str, among: Sequence[str] | None = ("unit_id",), **more: Any) -> Pack:
    fact: Entry = {"fact": "found", "of": "issues", "among": list(among), "value": value} if among is not None else {}
    fact = fact or {"fact": "found", "of": "units", "from": "issues", "value": value}
    rule = {"rule": "known", "for": fact["of"], "require": "found > 0", **more}
    return pack_of(TABLES, [rule, {"rule": "dated", "for": "issues", "require": "day is not null"}, NONE_BAD], [fact, BAD])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (f"latest(cost, day) {DATED}", {"U1": 7, "U2": 3, "U3": None}),  # two of one day that say the same are no tie
        (f"earliest(cost, day) {DATED}", {"U1": 5, "U2": None, "U3": None}),
        ("latest(cost, day) filter (where day < date '2005-01-02' and day is not null and cost is not null)", {"U1": 5}),
        (f"latest(day, day) {DATED}", {"U1": date(2005, 1, 3), "U2": date(2005, 1, 2)}),
    ],
)
def test_the_value_of_the_last_day_and_of_the_first(folders: Folders, value: str, expected: dict[str, Any]) -> None:
    pack = by_day(value, None, require="found is not null")
    got = {row["unit_id"]: row["found"] for row in review(folders, pack, DAYS).verdicts.to_pylist()}
    assert {unit: got[unit] for unit in expected} == expected


def test_the_value_before_a_record_is_that_of_the_last_day_before_it(folders: Folders) -> None:
    of = review(folders, by_day(f"previous(cost, day) {DATED}"), DAYS)
    assert facts(of, "found") == {"I1": None, "I2": 6, "I3": 5, "I4": None, "I5": None, "I6": None, "I7": None, "I8": None}
    why = {f["record"]: f["reason"] for f in of.findings.to_pylist() if f["rule"] == "known"}
    assert why["I6"] == "found: blank (there is none, or different ones on one day)"
    all_of_them = facts(review(folders, by_day(f"previous(cost, day) {DATED}", ()), DAYS), "found")
    assert (all_of_them["I3"], all_of_them["I2"]) == (None, None)  # on the day before there are several
    assert facts(review(folders, by_day(f"latest(cost, day) {DATED} + 1"), DAYS), "found")["I1"] == 8


def test_a_lost_date_or_value_may_be_the_last(folders: Folders) -> None:
    pack = by_day(f"latest(cost, day) {DATED}", None)
    lost = DAYS.replace("I1,U1,5,2005-01-01", "I1,U1,5,soon")
    of = review(folders, pack, lost)
    assert found(of, "units")["U1"] == "unknown"
    assert {row["unit_id"]: row["found"] for row in of.verdicts.to_pylist()} == {"U1": None, "U2": 3, "U3": None}
    assert facts(review(folders, by_day(f"previous(cost, day) {DATED}"), lost), "found")["I2"] is None
    gone = DAYS.replace("I1,U1,5,2005-01-01", "I2,U1,8,2005-01-03")  # rows of one key that disagree
    assert found(review(folders, pack, gone), "units")["U1"] == "unknown"


def test_a_blank_has_to_be_said_and_what_comes_before_needs_siblings(tmp_path: Path) -> None:
    for value, among, code in (
        ("latest(cost, day) filter (where cost is not null)", None, "blank-in-aggregate"),
        ("latest(cost, day) filter (where day is not null)", None, "blank-in-aggregate"),
        (f"previous(cost, day) {DATED}", None, "previous-of-siblings"),
        ("latest(day, cost)", None, "wrong-argument"),
        ("latest(cost)", None, "not-an-expression"),
    ):
        with pytest.raises(PackError) as told:
            checked(tmp_path / code, by_day(value, among))
        assert code in {mistake.code for mistake in told.value.mistakes}, value


# --------------------------------------------------------------------------------------- alike in what they refer to

OF_GROUPS = {
    "units": UNITS,
    "issues": {**ISSUES, "fields": {**ISSUES["fields"], "code": {"type": "text", "refers_to": "codes"}}},
    "codes": {
        "key": "code_id",
        "reference": True,
        "fields": {"code_id": {"type": "text"}, "kind": {"type": "text"}, "heavy": {"type": "boolean"}},
    },
}
CODES = "code_id,kind,heavy\nA,x,y\nB,x,n\nC,z,y\nD,,y\n"


def of_groups(
    value: str = "count(*) filter (where code.kind is not null)", among: Sequence[str] = ("unit_id", "code.kind")
) -> Pack:
    fact = {"fact": "alike", "of": "issues", "among": list(among), "value": value}
    rule = {"rule": "no-two-alike", "for": "issues", "require": "alike <= 1"}
    return pack_of(OF_GROUPS, [rule, NONE_BAD], [fact, BAD])


def grouped(folders: Folders, pack: Pack, issues: str, codes: str = CODES) -> Any:
    folder = folders()
    write_pack(pack, folder / "pack")
    (folder / "data").mkdir()
    (folder / "data" / "units.csv").write_text("unit_id\nU1\nU2\n", "utf-8")
    (folder / "data" / "issues.csv").write_text("issue_id,unit_id,code\n" + issues, "utf-8")
    (folder / "data" / "codes.csv").write_text(codes, "utf-8")
    return lookback.check(folder / "data", folder / "pack", lang="en", out=folder / "review")


def test_records_may_be_alike_in_a_field_of_the_record_that_they_name(folders: Folders, lookback: Lookback) -> None:
    of = grouped(folders, of_groups(), "I1,U1,A\nI2,U1,B\nI3,U1,C\nI4,U2,A\nI5,U2,\nI6,U2,D\n")
    assert facts(of) == {"I1": 2, "I2": 2, "I3": 1, "I4": 1, "I5": 0, "I6": 0}
    assert found(of) == {"I1": "unmet", "I2": "unmet"}
    assert {f["reason"] for f in of.findings.to_pylist() if f["table"] == "issues"} == {
        "alike is 2, should be at most 1; alike looks at I1, I2"
    }
    assert "looks at I1, I2" in lookback("explain", "U1", of.folder, "--lang", "en", "--format", "json").out
    assert lookback("fix", "U1", of.folder, "--lang", "en").code in (0, 1)
    assert lookback("rules", "prove", of.folder / "pack", "--lang", "en").code in (0, 1)


def test_a_blank_or_a_lost_value_there_makes_the_groups_unknown_that_the_record_may_be_in(folders: Folders) -> None:
    of = grouped(folders, of_groups("count(*)"), "I1,U1,A\nI2,U1,D\nI3,U2,A\n")
    assert facts(of) == {"I1": None, "I2": None, "I3": 1}
    assert found(of) == {"I1": "unknown", "I2": "unknown"}
    of = grouped(folders, of_groups(), "I1,U1,A\nI2,U1,E\nI3,U2,A\n")  # nobody knows what E is
    assert found(of) == {"I1": "unknown", "I2": "unknown"}
    of = grouped(folders, of_groups(), "I1,U1,A\nI2,U1,B\nI3,U1,C\n", CODES.replace("B,x,n", "B,x,n\nB,z,n"))
    assert found(of) == {"I1": "unknown", "I2": "unknown", "I3": "unknown"}


@pytest.mark.parametrize(
    ("among", "code"),
    [
        ("code.colour", "unknown-field"),
        ("title.kind", "no-reference"),
        ("units.region", "unknown-reference"),
        ("code.serious", "among-fact-there"),
        ("code.", "pattern"),
    ],
)
def test_a_name_that_leads_nowhere_is_told_at_its_place(tmp_path: Path, among: str, code: str) -> None:
    pack = of_groups("count(*)", ["unit_id", among])
    pack = pack_of(OF_GROUPS, pack.rules, [*pack.facts, {"fact": "serious", "of": "codes", "value": "heavy"}])
    with pytest.raises(PackError) as caught:
        checked(tmp_path, pack)
    assert code in {mistake.code for mistake in caught.value.mistakes} | ({"pattern"} if code == "pattern" else set())
