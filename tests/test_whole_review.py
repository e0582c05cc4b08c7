"""What is asked of the review as a whole (`of: review`, `for: review`): judged, told, counted by --fail-on; lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from builders import checked, pack_of
from hypothesis import given
from hypothesis import strategies as st
from reference import Pack
from screen import Folders, Lookback
from strategies import KEYS, PARENTS, depths, many, packs, records_of, write_pack, write_records

import lookback
from lookback.proving.proof import prove

Entry = dict[str, Any]
TABLES = {
    "units": {"key": "unit_id", "fields": {"unit_id": {"type": "text"}, "ok": {"type": "boolean"}, "size": {"type": "number"}}},
    "issues": {
        "key": "issue_id",
        "belongs_to": "units",
        "fields": {"issue_id": {"type": "text"}, "unit_id": {"type": "text"}, "cost": {"type": "integer"}},
    },
}
OK = {"rule": "ok", "for": "units", "require": "ok"}
CHEAP = {"rule": "cheap", "for": "issues", "require": "cost < 10"}
DEAR = {"fact": "dear", "of": "units", "from": "issues", "value": "count(*) filter (where not met('cheap'))"}
NONE_DEAR = {"rule": "none-dear", "for": "units", "require": "dear = 0"}
THIRD = {"fact": "third", "of": "units", "value": "coalesce(size, 0) / 3"}
UNITS = "unit_id,ok,size\nU1,y,1\nU2,n,1\nU3,y,2\n"
ISSUES = "issue_id,unit_id,cost\nI1,U1,5\nI2,U2,50\nI3,U3,7\n"


def of_review(value: str, table: str = "units", require: str = "found <= 0", **more: Any) -> Pack:
    """A pack that asks one thing of the review."""
    fact = {"fact": "found", "of": "review", "from": table, "value": value}
    rule = {"rule": "whole", "for": "review", "require": require, **more}
    return pack_of(TABLES, [OK, CHEAP, NONE_DEAR, rule], [DEAR, THIRD, fact])


def judged(folders: Folders, pack: Pack, units: str = UNITS, issues: str | None = ISSUES, **more: Any) -> Any:
    folder = folders()
    write_pack(pack, folder / "pack")
    (folder / "data").mkdir()
    (folder / "data" / "units.csv").write_text(units, "utf-8")
    if issues is not None:
        (folder / "data" / "issues.csv").write_text(issues, "utf-8")
    return lookback.check(folder / "data", folder / "pack", lang="en", **more)


def found(of: Any) -> tuple[Any, str, str]:
    """The fact, the rule's status, and the verdict of the review."""
    said = of.summary["review"]
    return said["facts"]["found"], said["rules"]["whole"]["status"], said["verdict"]


@pytest.mark.parametrize(
    ("table", "value", "expected"),
    [
        ("units", "count(*)", 3),
        ("units", "count(*) filter (where verdict = 'make_up')", 1),
        ("units", "count(*) filter (where unmet('ok'))", 1),
        ("units", "sum(dear)", 1),
        ("issues", "count(*)", 3),
        ("issues", "sum(coalesce(cost, 0)) filter (where met('cheap'))", 12),
        ("issues", "count(distinct unit_id)", 3),
        ("units", "count(*) filter (where third >= 1.0 / 3)", 3),  # a third that is held exactly
        ("units", "count(*) filter (where third > 1.0 / 3)", 1),
    ],
)
def test_an_aggregate_over_all_records_of_a_table(folders: Folders, table: str, value: str, expected: int) -> None:
    status, verdict = ("unmet", "make_up") if expected else ("met", "pass")
    assert found(judged(folders, of_review(value, table))) == (expected, status, verdict)


def test_a_share_over_all_units_is_a_rule_and_fails_the_check(folders: Folders, lookback: Lookback) -> None:
    folder = folders()
    pack = of_review("count(*) filter (where verdict = 'make_up')", require="found <= units * 0.05")
    pack.facts.append({"fact": "units", "of": "review", "from": "units", "title": {"en": "Units"}, "value": "count(*)"})  # type: ignore[attr-defined]
    write_pack(pack, folder / "pack")
    (folder / "units.csv").write_text(UNITS)
    (folder / "issues.csv").write_text(ISSUES)
    asked = [folder / "units.csv", folder / "issues.csv", "--pack", folder / "pack", "--lang", "en"]
    run = lookback("check", *asked, "-o", folder / "review", "--fail-on", "make_up:50%")
    assert run.code == 1  # one of three units is below the half, the review is not
    assert "The review as a whole: make_up" in run.out
    assert "\n  whole – make_up: Units * 0.05 is 0.15, should be at least found (1)\n" in run.out
    said = lookback("explain", folder / "review", "--review", "--lang", "en")
    assert said.code == 0
    assert "whole (whole): unmet, so make_up\n  Units * 0.05 is 0.15" in said.out
    assert "整次检查：make_up" in lookback("explain", folder / "review", "--review", "--lang", "zh").out
    assert '"status": "unmet"' in lookback("explain", folder / "review", "--review", "--format", "json").out
    assert lookback("flagged", folder / "review", "--lang", "en").out.startswith("The review as a whole: make_up\n")
    assert "Review as a whole" in openpyxl.load_workbook(folder / "review" / "flagged.xlsx").sheetnames
    assert lookback("check", *asked, "--fail-on", "make_up").code == 1
    few = of_review("count(*)", require="found <= 3")
    write_pack(few, folder / "other")
    assert lookback("check", *asked[:2], "--pack", folder / "other", "--fail-on", "make_up:50%").code == 0


def test_a_pack_that_asks_nothing_of_the_review_says_so(folders: Folders, lookback: Lookback) -> None:
    folder = folders()
    of = judged(folders, pack_of(TABLES, [OK, CHEAP, NONE_DEAR], [DEAR]), out=folder / "review")
    assert "review" not in of.summary
    run = lookback("explain", folder / "review", "--review")
    assert (run.code, run.mistakes()) == (2, ["nothing-of-review"])
    assert lookback("explain", folder / "review", "U1", "--review").mistakes() == ["review-and-unit"]
    assert lookback("explain").code == 2


# -------------------------------------------------------------------------------------------------------- what is lost


def test_a_lost_value_counts_for_nothing_and_what_holds_either_way_is_known(folders: Folders) -> None:
    lost = ISSUES.replace("50", "many")
    assert found(judged(folders, of_review("count(*) filter (where not met('cheap'))", "issues"), issues=lost))[1:] == (
        "unknown",
        "make_up",
    )
    high = of_review("count(*) filter (where not met('cheap'))", "issues", require="found <= 1")
    assert found(judged(folders, high, issues=lost))[1:] == ("met", "pass")  # at most one, whatever it said
    both = ISSUES.replace("50", "many").replace("I1,U1,5", "I1,U1,11")
    sure = of_review("count(*) filter (where not met('cheap'))", "issues")
    assert found(judged(folders, sure, issues=both))[1:] == ("unmet", "make_up")  # one is, whatever the other said


def test_a_row_that_is_lost_may_be_one_more_and_a_table_that_is_lost_any_number(folders: Folders) -> None:
    count = of_review("count(*)", "issues", require="found <= 3")
    more = ISSUES + "I4,U9,1\n"  # of a unit that is not there
    assert found(judged(folders, count, issues=more)) == (None, "unknown", "make_up")
    assert found(judged(folders, of_review("count(*)", "issues", require="found <= 4"), issues=more))[1:] == ("met", "pass")
    assert found(judged(folders, count, issues=None))[1:] == ("unknown", "make_up")
    units = of_review("count(*)", require="found >= 3")
    assert found(judged(folders, units, UNITS + ",y,1\n"))[1:] == ("met", "pass")
    assert found(judged(folders, of_review("count(*)", require="found <= 3"), UNITS + ",y,1\n"))[1:] == ("unknown", "make_up")


def test_a_record_without_a_key_is_named_by_its_place_where_it_may_count(folders: Folders) -> None:
    pack = of_review("count(*)", "issues", "found <= 3")
    said = judged(folders, pack, issues=ISSUES + ",U1,5\n").summary["review"]["rules"]["whole"]
    assert (said["status"], "issues.csv:5" in said["reason"]["en"]) == ("unknown", True)


def test_a_blank_is_unknown_and_takes_the_outcome_of_what_is_unknown(folders: Folders) -> None:
    pack = of_review("max(coalesce(cost, 0)) filter (where cost > 100 and cost is not null)", "issues", unknown="explain")
    of = judged(folders, pack)
    assert found(of) == (None, "unknown", "explain")
    assert of.summary["review"]["rules"]["whole"]["reason"] == {"en": "found: blank", "zh": "found：空白"}


SPOILT = {"integer": "many", "number": "1,5", "boolean": "perhaps", "date": "30.9.2005", "choice": "delta"}


@depths(3, 500)
def test_no_damage_makes_the_verdict_of_the_review_better(folders: Folders, examples: int) -> None:
    """A value that cannot be read, a row without its key, one of an unknown parent, a table that is not handed in."""

    @many(examples)
    @given(st.data(), packs(whole=True))
    def holds(data: st.DataObject, pack: Pack) -> None:
        folder, ranks = folders(), [outcome["outcome"] for outcome in pack.outcomes]
        write_pack(pack, folder / "pack")
        records: dict[str, list[dict[str, Any]]] = data.draw(records_of(pack))
        table = data.draw(st.sampled_from([t for t, rows in records.items() if rows]))
        row = data.draw(st.integers(0, len(records[table]) - 1))
        spoilt = {t: [dict(one) for one in rows] for t, rows in records.items()}
        key, parent = KEYS[table], PARENTS.get(table)
        fields = {f: SPOILT[of["type"]] for f, of in pack.tables[table]["fields"].items() if of["type"] in SPOILT}
        ways = [
            "value",
            *(["key"] if table != "units" or len(records["units"]) > 1 else []),
            *(["parent", "table"] if parent else []),
        ]
        way = data.draw(st.sampled_from(ways))
        if way == "value":
            field = data.draw(st.sampled_from(sorted(fields)))
            spoilt[table][row][field] = fields[field]
        elif way == "key":
            spoilt[table][row][key] = None
        elif way == "parent":
            spoilt[table][row][KEYS[str(parent)]] = "nobody"
        found = []
        for name, rows in (("sound", records), ("spoilt", spoilt)):
            files = write_records(rows, pack, folder / name)
            files = [file for file in files if not (way == "table" and name == "spoilt" and file.stem == table)]
            with lookback.check(files, folder / "pack", lang="en", threads=1) as of:
                found.append(ranks.index(of.summary["review"]["verdict"]))
        assert found[0] <= found[1], (way, table, row)

    holds()


# --------------------------------------------------------------------------------------------------------- for analysts


def test_rules_of_the_review_are_listed_shown_and_tested(folders: Folders, lookback: Lookback) -> None:
    folder = folders()
    write_pack(of_review("count(*) filter (where verdict = 'make_up')"), folder)
    assert "whole" in lookback("rules", "list", folder, "--for", "review").out
    shown = lookback("rules", "show", "whole", folder, "--lang", "en").out
    assert "Applies to the review as a whole." in shown
    units = "units: [{unit_id: U1, ok: true}, {unit_id: U2, ok: true}]"
    test = "- {{test: {name}, given: {{{units}}}, expect: {{review: [{expect}]}}}}\n"
    (folder / "1-a.test.yaml").write_text(
        "tests:\n"
        + test.format(name="all are well", units=units, expect="{verdict: pass, met: [whole], facts: {found: 0}}")
        + test.format(
            name="one is not", units=units.replace("U2, ok: true", "U2, ok: false"), expect="{unmet: [whole], unknown: []}"
        )
        + test.format(name="wrong", units=units, expect="{verdict: make_up}")
    )
    run = lookback("rules", "test", folder, "--lang", "en")
    assert "2 passed, 1 failed" in run.out
    assert "review" in run.out
    assert "whole" in lookback("rules", "test", folder, "-k", "not", "--coverage", "--lang", "en").out
    proved = lookback("rules", "prove", folder, "--lang", "en")
    assert "\n2 questions whether a rule for the review as a whole can apply, be met, be unmet" in proved.out, proved.said


def test_changes_of_what_is_asked_of_the_review_are_tried_on_the_tests_that_expect_something_of_it(
    folders: Folders, lookback: Lookback
) -> None:
    folder = folders()
    write_pack(of_review("count(*) filter (where unmet('ok'))", require="found <= 1"), folder)
    units = ", ".join(f"{{unit_id: U{i}, ok: {ok}, size: 1}}" for i, ok in enumerate(("true", "false", "false")))
    test = "- {{test: {name}, given: {{units: [{units}]}}, expect: {{review: [{expect}]}}}}\n"
    two = test.format(name="two are not well", units=units, expect="{unmet: [whole], facts: {found: 2}}")
    one = test.format(name="one is not well", units=units.replace("U2, ok: false", "U2, ok: true"), expect="{met: [whole]}")

    def survivors(*tests: str) -> set[tuple[str, str]]:
        (folder / "1-a.test.yaml").write_text("tests:\n" + "".join(tests))
        told = json.loads(lookback("rules", "test", folder, "--mutate", "--format", "json").out)
        return {(one["of"], one["written"]) for one in told["mutants"]["survivors"] if one["of"] in ("found", "whole", "ok")}

    assert survivors(two, one) == set()  # `not ok` of a unit, too, is noticed by what the review comes to
    assert survivors(two) == {("whole", "found < 1"), ("whole", "found <= 0")}


def test_proved_of_the_review_is_that_a_rule_is_dead_and_what_no_test_shows_stays_open(tmp_path: Path) -> None:
    dead = of_review("count(*)", "issues", "found >= 0")
    again = {"rule": "again", "for": "review", "when": "found > :most", "require": "found < 3"}
    param = {"most": {"type": "integer", "default": 1, "least": 0, "most": 9, "title": {"en": "Most"}}}
    of = prove(checked(tmp_path, pack_of(TABLES, [*dead.rules, again], dead.facts, params=param)))
    assert {(one.mistake.code, one.mistake.args["rule"]) for one in of.found if "rule" in one.mistake.args} == {
        ("rule-never-unmet", "whole")
    }
    asked = {(one.question.code, one.question.args["rule"]) for one in of.left_open if one.why.code == "free.review"}
    assert asked == {
        ("open.rule-never-met", "whole"),
        *((f"open.rule-{what}", "again") for what in ("never-applies", "always-applies", "never-met", "never-unmet")),
    }
    ended = [one.mistake.args for one in of.found if one.mistake.code == "param-ends-rule"]
    assert [(one["param"], one["what"].args["rule"]) for one in ended] == [("most", "again")]  # with 2 it is never met
    assert of.asked["review"] == 6


def test_a_test_sees_no_record_of_another_where_records_look_at_all_of_their_table(folders: Folders, lookback: Lookback) -> None:
    folder = folders()
    fact = {"fact": "all_units", "of": "units", "among": [], "value": "count(*)"}
    write_pack(pack_of(TABLES, [{"rule": "few", "for": "units", "require": "all_units <= 1"}], [fact]), folder)
    each = "- {{test: {name}, given: {{units: [{{unit_id: {key}}}]}}, expect: {{units: [{{facts: {{all_units: 1}}}}]}}}}\n"
    (folder / "1-a.test.yaml").write_text("tests:\n" + each.format(name="one", key="U1") + each.format(name="two", key="U2"))
    assert "2 passed, 0 failed" in lookback("rules", "test", folder, "--lang", "en").out


def test_a_table_may_be_called_review(tmp_path: Path) -> None:
    tables = {"review": {"key": "unit_id", "fields": {"unit_id": {"type": "text"}, "ok": {"type": "boolean"}}}}
    pack = checked(tmp_path, pack_of(tables, [{"rule": "ok", "for": "review", "require": "ok"}]))
    assert (pack.root, pack.whole) == ("review", None)
