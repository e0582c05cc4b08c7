"""What records name in others: values looked up, what is lost of them, and aggregates over those that refer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from builders import pack_of
from hypothesis import assume, given
from hypothesis import strategies as st
from reference import Pack
from screen import Folders
from strategies import depths, many, packs, records_of, write_pack, write_records, write_table

import lookback
from lookback.authoring.rule_tests import read_cases, run_cases
from lookback.judging.trial import Trial
from lookback.packs.check import check_pack
from lookback.packs.read import read_pack, read_tests
from lookback.proving.proof import prove

Rows = Sequence[Sequence[Any]]
TEXT, INTEGER, DATE = {"type": "text"}, {"type": "integer"}, {"type": "date"}
RIGHTLY = {"optional": {"because": {"en": "so it may be"}}}


def fields(line: str, **more: Any) -> dict[str, Any]:
    """Texts by their names, and others."""
    return dict.fromkeys(line.split(), TEXT) | more


REGISTER = {
    "units": {"key": "unit", "fields": fields("unit")},
    "issues": {
        "key": "issue",
        "belongs_to": "units",
        "fields": fields("issue unit", office={"type": "text", "refers_to": "register", "missing": "allowed"}),
    },
    "register": {"key": "code", "reference": True, "fields": fields("code", closed_on={**DATE, **RIGHTLY})},
}
KNOWN = {"rule": "known", "for": "issues", "require": "office.exists and office.closed_on is null"}
REGISTERED = {
    "units": [["unit"], ["U1"]],
    "issues": [["issue", "unit", "office"], ["I1", "U1", "R1"], ["I2", "U1", "R9"], ["I3", "U1", ""], ["I4", "U1", "R2"]],
    "register": [["code", "closed_on"], ["R1", ""], ["R2", "2005-01-01"]],
}


def judged(folder: Path, pack: Pack, data: Mapping[str, Rows], files: Mapping[str, str] | None = None) -> lookback.Review:
    write_pack(pack, folder / "pack")
    for name, text in (files or {}).items():
        (folder / "pack" / name).parent.mkdir(exist_ok=True)
        (folder / "pack" / name).write_text(text, "utf-8")
    (folder / "data").mkdir()
    for table, (header, *rows) in data.items():
        write_table([dict(zip(header, row, strict=True)) for row in rows], header, folder / "data" / f"{table}.csv")
    return lookback.check(folder / "data", pack=folder / "pack", lang="en", threads=1, out=folder / "review")


def found(review: lookback.Review, rule: str | None = None) -> dict[str, str]:
    """Record -> status, of those with a finding."""
    return {row["record"]: row["status"] for row in review.findings.to_pylist() if rule in (None, row["rule"])}


def reasons(review: lookback.Review) -> dict[str, str]:
    return {row["record"]: row["reason"] for row in review.findings.to_pylist()}


def test_a_value_has_to_stand_in_a_register_and_not_be_closed_there(tmp_path: Path) -> None:
    review = judged(tmp_path, pack_of(REGISTER, [KNOWN]), REGISTERED)
    assert found(review) == {"I2": "unmet", "I3": "unknown", "I4": "unmet"}
    assert review.problem_count == 0
    assert reasons(review)["I4"] == "office · closed_on is 2005-01-01, should be blank"


def test_what_has_to_find_a_record_and_finds_none_is_a_problem_and_lost(tmp_path: Path) -> None:
    tables = {
        **REGISTER,
        "issues": {**REGISTER["issues"], "fields": fields("issue unit", office={"type": "text", "refers_to": "register"})},
    }
    lenient = {"rule": "open", "for": "issues", "require": "office.closed_on is null", "unknown": "pass"}
    review = judged(tmp_path, pack_of(tables, [lenient]), REGISTERED)
    assert found(review) == {"I2": "unknown", "I4": "unmet"}
    assert review.summary["problem_kinds"] == {"unknown-reference": 1}
    assert '"R9" in issues.csv C3' in reasons(review)["I2"]


def test_a_lost_reference_is_one_value_however_much_is_looked_up_by_it(tmp_path: Path) -> None:
    office = {"type": "text", "refers_to": "register"}
    tables = {**REGISTER, "issues": {**REGISTER["issues"], "fields": fields("issue unit", office=office)}}
    facts = [{"fact": "closed", "of": "units", "from": "issues", "value": "count(*) filter (where not met('open'))"}]
    rules = [
        {"rule": "open", "for": "issues", "require": "office.closed_on is null and office.code <> 'R7'"},
        {"rule": "none", "for": "units", "require": "closed = 0"},
    ]
    review = judged(
        tmp_path, pack_of(tables, rules, facts), {**REGISTERED, "issues": [*REGISTERED["issues"][:1], ["I2", "U1", "R9"]]}
    )
    assert [row["reason"] for row in review.findings.to_pylist() if row["rule"] == "none"] == [
        "closed: values of issues could not be used (1: issues.csv C2)"
    ]


def test_a_reference_that_may_name_a_lost_row_is_lost(tmp_path: Path) -> None:
    data = {**REGISTERED, "register": [*REGISTERED["register"], ["", "2004-01-01"]]}
    review = judged(tmp_path, pack_of(REGISTER, [{**KNOWN, "unknown": "pass"}]), data)
    lost = {row["record"]: row["outcome"] for row in review.findings.to_pylist()}
    assert lost == {"I2": "make_up", "I3": "pass", "I4": "make_up"}


def test_a_value_that_was_lost_where_it_is_looked_up_is_lost_there_too(tmp_path: Path) -> None:
    data = {**REGISTERED, "register": [["code", "closed_on"], ["R1", "31 June"], ["R2", ""]]}
    review = judged(tmp_path, pack_of(REGISTER, [KNOWN]), data)
    assert found(review) == {"I1": "unknown", "I2": "unmet", "I3": "unknown"}
    assert '"31 June" in register.csv' in reasons(review)["I1"]


def test_nobody_is_above_himself_and_branches_add_up_to_the_whole(tmp_path: Path) -> None:
    units = {
        "key": "unit",
        "fields": fields("unit", members=INTEGER, above={"type": "text", "refers_to": "units", "missing": "allowed"}),
    }
    facts = [
        {"fact": "branches", "of": "units", "from": "units", "value": "count(*)"},
        {"fact": "of_branches", "of": "units", "from": "units", "value": "sum(coalesce(members, 0))"},
    ]
    rules = [
        {"rule": "in-the-list", "for": "units", "require": "above = 'ROOT' or (above.exists and not above.in_circle)"},
        {"rule": "adds-up", "for": "units", "when": "branches > 0", "require": "of_branches = members"},
    ]
    rows = [["U1", "1", "U1"], ["U2", "1", "U3"], ["U3", "1", "U2"], ["U4", "1", "U99"], ["U5", "3", "ROOT"], ["U6", "3", "U5"]]
    review = judged(tmp_path, pack_of({"units": units}, rules, facts), {"units": [["unit", "members", "above"], *rows]})
    assert found(review) == dict.fromkeys(("U1", "U2", "U3", "U4"), "unmet")
    assert {row["unit"]: row["of_branches"] for row in review.verdicts.to_pylist()}["U5"] == 3
    assert [notice.args["records"] for notice in review.notices if notice.code == "references-in-circle"] == ["U1, U2, U3"]


def test_whether_a_way_that_ends_in_a_blank_is_a_circle_is_unknown_unless_it_may_be_blank(tmp_path: Path) -> None:
    rows = [["unit", "above"], ["U1", ""], ["U2", "U1"], ["U3", "U4"], ["U4", "U4"]]
    rule = {"rule": "no-circle", "for": "units", "require": "not above.in_circle"}
    for name, more, expected in (("a", {}, {"U1": "unknown", "U2": "unknown", "U4": "unmet"}), ("b", RIGHTLY, {"U4": "unmet"})):
        above = {"type": "text", "refers_to": "units", **more}
        (tmp_path / name).mkdir()
        review = judged(
            tmp_path / name, pack_of({"units": {"key": "unit", "fields": fields("unit", above=above)}}, [rule]), {"units": rows}
        )
        assert found(review) == expected


LIMITS = {
    "units": {"key": "unit", "fields": fields("unit region")},
    "issues": {
        "key": "issue",
        "belongs_to": "units",
        "fields": fields(
            "issue unit",
            days=INTEGER,
            found_on=DATE,
            kind={
                "type": "text",
                "refers_to": {"table": "limits", "by": {"kind": "kind"}, "on": "found_on"},
                "missing": "allowed",
            },
        ),
    },
    "limits": {
        "key": ["kind", "since"],
        "reference": True,
        "rows": "lists/limits.csv",
        "in_force": ["since", "until"],
        "fields": fields("kind", since=DATE, until=DATE, most=INTEGER),
    },
}
IN_TIME = {"rule": "in-time", "for": "issues", "require": "days <= kind.most"}
LIMIT_ROWS = "kind,since,until,most\nroad,2004-01-01,2004-12-31,30\nroad,2005-01-01,,10\n"


def test_the_row_in_force_on_the_day_is_looked_up_in_the_rows_of_the_pack(tmp_path: Path) -> None:
    issues = [
        ["issue", "unit", "days", "found_on", "kind"],
        ["I1", "U1", "20", "2004-12-31", "road"],
        ["I2", "U1", "20", "2005-01-01", "road"],
        ["I3", "U1", "20", "2003-12-31", "road"],
        ["I4", "U1", "20", "", "road"],
    ]
    data = {"units": [["unit", "region"], ["U1", "north"]], "issues": issues}
    review = judged(tmp_path, pack_of(LIMITS, [IN_TIME]), data, {"lists/limits.csv": LIMIT_ROWS})
    assert found(review) == {"I2": "unmet", "I3": "unknown", "I4": "unknown"}
    assert (tmp_path / "review/pack/lists/limits.csv").read_text("utf-8") == LIMIT_ROWS
    assert review.pack().pack.sha256 == read_pack(tmp_path / "pack").sha256 == review.summary["pack"]["sha256"]
    (tmp_path / "pack/lists/limits.csv").write_text(LIMIT_ROWS.replace(",10", ",11"), "utf-8")
    assert read_pack(tmp_path / "pack").sha256 != review.summary["pack"]["sha256"]


def test_two_rows_in_force_on_one_day_are_a_problem_of_the_input(tmp_path: Path) -> None:
    tables = {**LIMITS, "limits": {key: value for key, value in LIMITS["limits"].items() if key != "rows"}}
    data = {
        "units": [["unit", "region"], ["U1", "north"]],
        "issues": [
            ["issue", "unit", "days", "found_on", "kind"],
            ["I1", "U1", "5", "2005-06-01", "road"],
            ["I2", "U1", "5", "2004-06-01", "road"],
        ],
        "limits": [
            ["kind", "since", "until", "most"],
            ["road", "2004-01-01", "2005-12-31", "30"],
            ["road", "2005-01-01", "", "10"],
        ],
    }
    review = judged(tmp_path, pack_of(tables, [IN_TIME]), data)
    assert found(review) == {"I1": "unknown"}
    assert review.summary["problem_kinds"] == {"reference-twice": 1}


VISITS: dict[str, Any] = {
    "units": {"key": "unit", "fields": fields("unit region")},
    "inspections": {"key": "inspection", "belongs_to": "units", "fields": fields("inspection unit group", ended_on=DATE)},
    "checks": {
        "key": "check",
        "belongs_to": "units",
        "fields": fields("check unit", inspection={"type": "text", "refers_to": "inspections"}, checked_on=DATE, bad=INTEGER),
    },
}
VISITED: dict[str, Rows] = {
    "units": [["unit", "region"], ["U1", "north"], ["U2", "south"]],
    "inspections": [
        ["inspection", "unit", "group", "ended_on"],
        ["N1", "U1", "g1", "2005-09-30"],
        ["N2", "U1", "g2", "2005-09-30"],
    ],
    "checks": [
        ["check", "unit", "inspection", "checked_on", "bad"],
        ["C1", "U2", "N1", "2005-09-01", "0"],
        ["C2", "U2", "N1", "2005-10-02", "2"],
    ],
}
CHECKS_OF = {"fact": "checks_of", "of": "inspections", "from": "checks", "value": "count(*)"}
SEEN = {"rule": "seen", "for": "inspections", "require": "checks_of >= 1", "unknown": "explain"}
SEEN_BY = {"fact": "unseen", "of": "units", "from": "inspections", "value": "count(*) filter (where verdict <> 'pass')"}
ALL_SEEN = {"rule": "all-seen", "for": "units", "require": "unseen = 0"}


def test_aggregates_count_the_records_of_other_units_that_refer(tmp_path: Path) -> None:
    in_time = {
        "rule": "in-time",
        "for": "checks",
        "require": "checked_on <= inspection.ended_on and inspection.units.region = 'north'",
    }
    review = judged(tmp_path, pack_of(VISITS, [SEEN, ALL_SEEN, in_time], [CHECKS_OF, SEEN_BY]), VISITED)
    assert found(review) == {"N2": "unmet", "U1": "unmet", "C2": "unmet"}
    assert {row["unit"]: row["unseen"] for row in review.verdicts.to_pylist()} == {"U1": 1, "U2": 0}


@pytest.mark.parametrize(
    ("row", "kind"),
    [(["C3", "U2", "N9", "2005-09-01", "0"], "unknown-reference"), (["C3", "U9", "N2", "2005-09-01", "0"], "unknown-parent")],
)
def test_a_record_that_may_refer_to_any_counts_as_none_or_one_everywhere(tmp_path: Path, row: list[str], kind: str) -> None:
    data = {**VISITED, "checks": [*VISITED["checks"], row]}
    few = {"rule": "few", "for": "inspections", "require": "checks_of <= 2"}
    review = judged(tmp_path, pack_of(VISITS, [SEEN, few, ALL_SEEN], [CHECKS_OF, SEEN_BY]), data)
    outcomes = {(row["record"], row["rule"]): row["outcome"] for row in review.findings.to_pylist()}
    assert review.summary["problem_kinds"] == {kind: 1}
    assert outcomes == {("N1", "few"): "make_up", ("N2", "seen"): "make_up", ("U1", "all-seen"): "make_up"}


def test_aggregates_go_over_childrens_children_and_lost_ones_make_them_uncertain(tmp_path: Path) -> None:
    tables = {
        "units": {"key": "unit", "fields": fields("unit")},
        "issues": {"key": "issue", "belongs_to": "units", "fields": fields("issue unit")},
        "steps": {"key": "step", "belongs_to": "issues", "fields": fields("step issue", cost=INTEGER)},
    }
    facts = [
        {"fact": "costs", "of": "units", "from": "steps", "value": "sum(coalesce(cost, 0))"},
        {"fact": "steps", "of": "units", "from": "steps", "value": "count(*)"},
    ]
    rules = [
        {"rule": "cheap", "for": "units", "require": "coalesce(costs, 0) <= 5"},
        {"rule": "few", "for": "units", "require": "steps <= 2"},
    ]
    data: dict[str, Rows] = {
        "units": [["unit"], ["U1"], ["U2"], ["U3"]],
        "issues": [["issue", "unit"], ["I1", "U1"], ["I2", "U1"], ["I3", "U2"]],
        "steps": [["step", "issue", "cost"], ["S1", "I1", "3"], ["S2", "I2", "4"], ["S3", "I3", "1"]],
    }
    (tmp_path / "a").mkdir(), (tmp_path / "b").mkdir()
    review = judged(tmp_path / "a", pack_of(tables, rules, facts), data)
    assert {row["unit"]: (row["costs"], row["steps"]) for row in review.verdicts.to_pylist()} == {
        "U1": (7, 2),
        "U2": (1, 1),
        "U3": (None, 0),
    }
    assert found(review) == {"U1": "unmet"}
    spoilt = {**data, "steps": [*data["steps"], ["", "I3", "1"]], "issues": [*data["issues"], ["", "U3"]]}
    review = judged(tmp_path / "b", pack_of(tables, rules, facts), spoilt)
    assert found(review, "cheap") == {"U1": "unmet", "U2": "unknown", "U3": "unknown"}
    assert found(review, "few") == {"U3": "unknown"}


def test_facts_of_a_record_that_is_named_are_worked_out_of_its_fields(tmp_path: Path) -> None:
    facts = [
        {"fact": "days_open", "of": "inspections", "value": "coalesce(date_diff('day', ended_on, date '2005-10-10'), 0)"},
        {"fact": "long", "of": "inspections", "value": "days_open > 5"},
    ]
    rule = {"rule": "short", "for": "checks", "require": "not inspection.long and inspection.days_open >= 0"}
    data = {
        **VISITED,
        "inspections": [["inspection", "unit", "group", "ended_on"], ["N1", "U1", "g", "2005-09-30"], ["N2", "U1", "g", ""]],
    }
    data["checks"] = [*VISITED["checks"][:2], ["C2", "U2", "N2", "2005-09-01", "0"], ["C3", "U2", "", "2005-09-01", "0"]]
    review = judged(tmp_path, pack_of(VISITS, [rule], facts), data)
    assert found(review) == {"C1": "unmet", "C3": "unknown"}


def test_a_fact_that_rests_on_itself_through_a_reference_is_a_circle(tmp_path: Path) -> None:
    units = {"key": "unit", "fields": fields("unit", above={"type": "text", "refers_to": "units", "missing": "allowed"})}
    facts = [{"fact": "depth", "of": "units", "value": "coalesce(above.depth, 0) + 1"}]
    write_pack(pack_of({"units": units}, [{"rule": "flat", "for": "units", "require": "depth < 4"}], facts), tmp_path / "pack")
    with pytest.raises(lookback.LookbackError) as error:
        check_pack(read_pack(tmp_path / "pack"))
    assert "units.depth -> units.depth" in str(error.value)


def test_a_blank_that_helps_where_it_is_looked_up_is_shown_with_the_row_in_which_it_stands(tmp_path: Path) -> None:
    register = {"key": "code", "reference": True, "fields": fields("code", closed_on=DATE)}
    write_pack(pack_of({**REGISTER, "register": register}, [KNOWN]), tmp_path)
    found = prove(check_pack(read_pack(tmp_path)))
    [told] = [one for one in found.found if one.mistake.code == "blank-helps"]
    assert told.mistake.args["field"] == "office.closed_on"
    assert str(told.mistake.span).split(":")[0].endswith("records.yaml")
    filled, blank = (shown.example.records["register"] for shown in told.examples)
    assert [set(row) for row in (*filled, *blank)] == [{"code", "closed_on"}, {"code"}]
    write_pack(pack_of(REGISTER, [KNOWN]), tmp_path)
    assert [one.mistake.code for one in prove(check_pack(read_pack(tmp_path))).found if one.mistake.code == "blank-helps"] == []


def test_what_an_aggregate_counts_a_blank_as_that_is_looked_up_is_stated(tmp_path: Path) -> None:
    fact = {
        "fact": "shut",
        "of": "units",
        "from": "issues",
        "value": "count(*) filter (where coalesce(office.closed_on < date '2005-01-01', false))",
    }
    rule = {"rule": "none-shut", "for": "units", "require": "shut = 0"}
    register = {"key": "code", "reference": True, "fields": fields("code", closed_on=DATE)}
    write_pack(pack_of({**REGISTER, "register": register}, [rule], [fact]), tmp_path)
    pack = check_pack(read_pack(tmp_path))
    [stated] = [one for one in prove(pack).stated if one.column.name.endswith("closed_on")]
    assert "office.closed_on" in stated.in_words(pack, "en")


def test_tests_of_a_pack_look_up_what_they_give_and_the_rows_of_the_pack(tmp_path: Path) -> None:
    write_pack(pack_of(LIMITS, [IN_TIME]), tmp_path / "pack")
    (tmp_path / "pack/lists").mkdir()
    (tmp_path / "pack/lists/limits.csv").write_text(LIMIT_ROWS, "utf-8")
    (tmp_path / "pack/1.test.yaml").write_text(
        """tests:
  - test: a road is mended within ten days
    given:
      units: [{unit: U1}]
      issues: [{issue: I1, kind: road, found_on: 2005-03-01, days: 11}, {issue: I2, kind: road, found_on: 2004-03-01, days: 11}]
    expect:
      issues: [{issue: I1, unmet: [in-time]}, {issue: I2, met: [in-time]}]
""",
        "utf-8",
    )
    pack = check_pack(read_pack(tmp_path / "pack"))
    run = run_cases(pack, read_cases(pack, read_tests(tmp_path / "pack")))
    assert (run.failures, run.expectations) == ([], 2)


def test_tests_of_one_day_are_judged_at_once_and_none_finds_the_records_of_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_time = {"rule": "in-time", "for": "checks", "require": "checked_on <= inspection.ended_on"}
    write_pack(pack_of(VISITS, [SEEN, ALL_SEEN, in_time], [CHECKS_OF, SEEN_BY]), tmp_path)
    (tmp_path / "1.test.yaml").write_text(
        """tests:
  - test: a check counts for its inspection
    given:
      checks: [{check: C1, inspection: N1, checked_on: 2005-09-01}, {check: C2, inspection: N1, checked_on: 2005-09-02}]
      inspections: [{inspection: N1, ended_on: 2005-09-02}]
      units: [{unit: U1}]
    expect:
      inspections: [{inspection: N1, met: [seen], facts: {checks_of: 2}}]
      checks: [{check: C1, met: [in-time]}]
  - test: an inspection of the same name is another in another test
    given:
      units: [{unit: U1}]
      inspections: [{inspection: N1, ended_on: 2005-08-31}, {inspection: N2}]
      checks: [{check: C1, inspection: N1, checked_on: 2005-09-01}]
    expect:
      inspections: [{inspection: N1, facts: {checks_of: 1}}, {inspection: N2, unmet: [seen], facts: {checks_of: 0}}]
      checks: [{check: C1, unmet: [in-time]}]
""",
        "utf-8",
    )
    pack, judged_at = check_pack(read_pack(tmp_path)), list[int]()
    judge = Trial.judge
    monkeypatch.setattr(Trial, "judge", lambda self, records: judged_at.append(len(records["checks"])) or judge(self, records))
    run = run_cases(pack, read_cases(pack, read_tests(tmp_path)))
    assert (run.failures, run.expectations, judged_at) == ([], 5, [3])


@st.composite
def spoilt(draw: st.DrawFn) -> tuple[Pack, dict[str, list[dict[str, Any]]], tuple[str, int, str, str | None]]:
    """A pack whose references have to find a record, sound records, and one value of them that is to be spoilt: table, place,
    field, what it then says."""
    pack = draw(packs(referring=True))
    records = draw(records_of(pack))
    damages: list[tuple[str, int, str, str | None]] = []
    for table, rows in records.items():
        own = pack.tables[table]
        for field, entry in own["fields"].items():
            entry.pop("missing", None)
            for at, row in enumerate(rows):
                if "refers_to" in entry and row.get(field) == "nobody":
                    row[field] = None
                if "refers_to" in entry and row.get(field) is not None:
                    damages.append((table, at, field, "none such"))
                if entry["type"] in ("integer", "date") and row.get(field) is not None:
                    damages.append((table, at, field, "31 June"))
        if table != "units":
            damages += [(table, at, own["key"], None) for at, row in enumerate(rows) if row["agreed"] is not None]
    assume(damages)
    return pack, records, draw(st.sampled_from(damages))


@depths(4, 1000)
def test_nothing_that_is_lost_of_what_is_looked_up_helps(folders: Folders, examples: int) -> None:
    @many(examples)
    @given(spoilt())
    def holds(drawn: tuple[Pack, dict[str, list[dict[str, Any]]], tuple[str, int, str, str | None]]) -> None:
        pack, records, (table, at, field, said) = drawn
        folder = folders()
        write_pack(pack, folder / "pack")
        ranks = []
        for name in ("sound", "spoilt"):
            write_records(records, pack, folder / name)
            with lookback.check(folder / name, pack=folder / "pack", lang="en", threads=1) as review:
                outcomes = [outcome["outcome"] for outcome in pack.outcomes]
                ranks.append({row["unit_id"]: outcomes.index(row["verdict"]) for row in review.verdicts.to_pylist()})
                assert (review.problem_count > 0) == (name == "spoilt")
            records[table][at] = records[table][at] | {field: said}
        assert [unit for unit, rank in ranks[0].items() if ranks[1][unit] < rank] == []

    holds()
