"""`lookback rules impact`: whom an edit moves, held against two separate checks and the reference interpreter; what is proved of
rewritten rules; two packs with different records; `--git`; what is printed."""

from __future__ import annotations

import csv
import functools
import html.parser
import io
import json
import re
import shutil
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import reference
import z3
from builders import checked, pack_of
from hypothesis import assume, given
from hypothesis import strategies as st
from reference import Pack
from screen import ROOT, Folders, Golden, Lookback
from strategies import (
    DOMAINS,
    KEYS,
    PARENTS,
    SCHEMA,
    Name,
    Scope,
    aggregate_fact,
    condition,
    depths,
    many,
    packs,
    records_of,
    table_of,
    write_pack,
    write_records,
)

import lookback
from lookback.cli.rules.impact import SHOWN
from lookback.proving.sameness import Compared, compare
from lookback.reviews import impact as lookback_impact
from lookback.reviews.impact import BeliedProof, Impact, impact
from lookback.words.errors import UsageError
from lookback.writers.impact import written

BUILT_IN = ROOT / "rules/lookback-2005"
CITY = ROOT / "fixtures/example-city/csv"
NOBODY = (
    "With these parameters no record can ever be given another verdict by this edit (proved); findings and places may differ."
)
NOTHING = (
    "With these parameters every changed rule comes to the same for every possible record (proved): nobody can ever be moved."
)

Edit = tuple[str, str, str]
"""(file, what stands there, what is written instead)."""


def edited(folder: Path, *edits: Edit, pack: Path = BUILT_IN) -> Path:
    """A copy of a pack with some texts replaced, each of which stands in its file once."""
    shutil.copytree(pack, folder)
    for file, before, after in edits:
        text = (folder / file).read_text("utf-8")
        assert text.count(before) == 1, (file, before)
        (folder / file).write_text(text.replace(before, after), "utf-8")
    return folder


def impact_of(old: Path, new: Path, data: Path, **options: Any) -> Impact:
    return impact(checked(old if old != BUILT_IN else old.name), checked(new), [data], **options)


# ------------------------------------------------------------------------------------------- rewritten, and still the same

ONE, TWO, FOUR, FIVE, SIX, TEN = (
    f"{chapter}.rules.yaml"
    for chapter in ("1-look-over", "2-practices-and-rules", "4-handling", "5-results", "6-self-check", "10-inspection")
)

REWRITTEN: dict[str, tuple[list[Edit], str]] = {
    "De Morgan": (
        [
            (
                TEN,
                "leaders_heard > 0 and members_heard > 0 and forms_sent > 0",
                "not (leaders_heard <= 0 or members_heard <= 0 or forms_sent <= 0)",
            )
        ],
        "heard-widely",
    ),
    "conjuncts in another order": (
        [
            (
                ONE,
                "causes is not null and measures_revised_on between found_on and :as_of",
                "measures_revised_on between found_on and :as_of and causes is not null",
            )
        ],
        "causes-and-measures-revised",
    ),
    "not less instead of at least": (
        [(FIVE, "leadership_filled >= leadership_posts", "not leadership_filled < leadership_posts")],
        "leadership-filled",
    ),
    "a list spelled out": (
        [(FOUR, "when: kind in ('handling', 'discipline')", "when: kind = 'handling' or kind = 'discipline'")],
        "due-process",
    ),
    "a parameter written as its value": (
        [(SIX, "between :look_back_from and :self_check_due", "between :look_back_from and date '2005-09-30'")],
        "self-check-on-time",
    ),
    "a fact written out where it is used": (
        [
            (
                ONE,
                "in ('solved', 'in_progress') and many_complaints_here)",
                "in ('solved', 'in_progress') and complaints >= :complaint_limit)",
            )
        ],
        "causes-and-measures-revised",
    ),
    "an aggregate's filter": (
        [
            (
                TEN,
                "filter (where coalesce(status = 'solved', false))",
                "filter (where status is not null and not status <> 'solved')",
            )
        ],
        "views-exchanged",
    ),
    "what an aggregate takes of a record": (
        [(TEN, "sum(coalesce(complaints, 0))", "sum(0 + coalesce(complaints, 0))")],
        "views-exchanged",
    ),
    "an aggregate of verdicts": (
        [(FOUR, "filter (where verdict = 'make_up')", "filter (where not verdict in ('pass', 'explain'))")],
        "due-handling",
    ),
    "a fact beneath an aggregate": (
        [
            (
                TWO,
                "document is not null and coalesce(issued_on <= :as_of, false) and coalesce(in_force, false)",
                "not (document is null or coalesce(issued_on > :as_of, true) or in_force is distinct from true)",
            )
        ],
        "five-mechanisms",
    ),
    "a case turned round": (
        [
            (
                TEN,
                "case when complaints_total >= :many_complaints then true when complaints_blank = 0 then false end",
                "case when complaints_total < :many_complaints then case when complaints_blank = 0 then false end else true end",
            )
        ],
        "views-exchanged",
    ),
    "a fact renamed everywhere": ([], "issues-dealt-with"),
}


def rename(pack: Path) -> None:
    """A fact, wherever it is named."""
    for file in pack.glob("*.rules.yaml"):
        file.write_text(re.sub(r"(?<![:\w])make_up_issues\b", "issues_to_do_again", file.read_text("utf-8")), "utf-8")


def test_rewritten_rules_are_proved_to_be_the_same_and_move_nobody(tmp_path: Path, lookback: Lookback) -> None:
    edits = {edit: None for several, _ in REWRITTEN.values() for edit in several}
    pack = edited(tmp_path / "pack", *edits)
    rename(pack)
    ran = lookback("rules", "impact", BUILT_IN, pack, CITY, "--format", "json")
    found = json.loads(ran.out)
    assert ran.code == 0
    rules = {rule["rule"]: (rule["same_for_every_record"], rule["gained"], rule["lost"]) for rule in found["rules"]}
    assert rules.keys() >= {rule for _, rule in REWRITTEN.values()}
    assert set(rules.values()) == {(True, 0, 0)}
    assert found["moved"] == found["places"] == []


@pytest.mark.slow
@pytest.mark.parametrize("how", REWRITTEN)
def test_a_rewritten_rule_is_proved_to_be_the_same(tmp_path: Path, how: str) -> None:
    edits, rule = REWRITTEN[how]
    pack = edited(tmp_path / "pack", *edits)
    if not edits:
        rename(pack)
    found = impact_of(BUILT_IN, pack, CITY)
    assert {one.rule: one.same for one in found.compared if one.rule}.get(rule) is True
    assert all(one.same for one in found.compared)
    assert found.moved.num_rows == found.places.num_rows == found.why.num_rows == 0


def test_of_an_edit_that_moves_nobody_the_text_says_so(tmp_path: Path, lookback: Lookback) -> None:
    pack = edited(tmp_path / "pack", *REWRITTEN["De Morgan"][0])
    ran = lookback("rules", "impact", BUILT_IN, pack, ROOT / "fixtures/small")
    assert (ran.code, ran.out.splitlines()[0]) == (0, NOTHING)
    assert re.search(r"heard-widely +inspections +changed +0 +0 +same for every possible record \(proved\)", ran.out)
    assert "0 units of 6 moved" in ran.out


SPLIT = """
  - rule: person-named
    clause: N1.4
    for: issues
    title: {en: A responsible person is named, zh: 责任人}
    when: status in ('not_started', 'in_progress', 'poor_effect')
    require: responsible_person is not null
    otherwise: make_up
"""


def test_a_rule_split_in_two_moves_nobody_though_both_halves_are_other_rules(tmp_path: Path) -> None:
    pack = edited(
        tmp_path / "pack",
        (
            ONE,
            "    when: status in ('not_started', 'in_progress', 'poor_effect')\n    require: deadline is not null and responsible_unit is not null and responsible_person is not null",  # noqa: E501
            "    when: status in ('not_started', 'in_progress', 'poor_effect')\n    require: deadline is not null and responsible_unit is not null",  # noqa: E501
        ),
    )
    text = (pack / ONE).read_text("utf-8")
    (pack / ONE).write_text(text.replace("\ngroups:", SPLIT + "\ngroups:"), "utf-8")
    found = impact_of(BUILT_IN, pack, ROOT / "fixtures/small")
    changes = {one.rule: (one.change, one.same) for one in found.compared if one.rule}
    assert changes["responsibility-assigned"] == ("changed", False)
    assert changes["person-named"] == ("added", False)
    assert {one.table: one.same for one in found.compared if not one.rule} == dict.fromkeys(
        [table for table in checked(pack).tables if table != "mechanisms"],
        True,  # which no rule judges
    )
    assert found.moved.num_rows == 0


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param((ONE, "{en: Rectification is not overdue, zh: 整改没有逾期}", "{en: In time, zh: 按期}"), id="a title"),
        pytest.param(
            (ONE, "deadline >= :as_of", "deadline >= :as_of  # the day itself counts"), id="a comment", marks=pytest.mark.slow
        ),
        pytest.param(("records.yaml", "also: [整改时限, 完成时限]", "also: [整改时限, 完成时限, 时限]"), id="a header"),
    ],
)
def test_what_no_rule_rests_on_is_no_change(tmp_path: Path, lookback: Lookback, edit: Edit) -> None:
    ran = lookback("rules", "impact", BUILT_IN, edited(tmp_path / "pack", edit), ROOT / "fixtures/small")
    assert ran.code == 0
    assert ran.out.startswith("No rule was changed:")


def test_a_rule_moved_to_another_file_is_no_change(tmp_path: Path) -> None:
    pack = edited(tmp_path / "pack")
    text = (pack / FIVE).read_text("utf-8")
    start, end = text.index("  - rule: public-satisfied"), text.index("  - rule: solvable-solved")
    (pack / FIVE).write_text(text[:start] + text[end:], "utf-8")
    (pack / "9-more.rules.yaml").write_text("when: batch = 1\n\nrules:\n" + text[start:end], "utf-8")
    assert not impact_of(BUILT_IN, pack, ROOT / "fixtures/small").compared


# --------------------------------------------------------------------------------------- looks the same, and is not

SMALL = {
    "yes": "boolean",
    "no": "boolean",
    "members": "integer",
    "posts": "integer",
    "rate": "number",
    "kind": "choice",
    "name": "text",
}


def small_pack(
    unit_rule: Mapping[str, Any],
    *facts: Mapping[str, Any],
    issue_rules: Sequence[Mapping[str, Any]] = (),
    limit: int = 2,
    outcomes: Sequence[str] = ("pass", "explain", "make_up"),
    **fields: Mapping[str, Any],
) -> Pack:
    """A pack of units and issues; `fields` are further ones of units."""
    tables = {table: table_of(table, dict(SMALL)) for table in ("units", "issues")}
    tables["units"]["fields"] |= fields
    rules = (*issue_rules, {"rule": "the-rule", "for": "units", **unit_rule})
    return pack_of(tables, rules, facts, {"limit": {"type": "integer", "default": limit}}, outcomes)


def counting(value: str, of: str = "units", fact: str = "n") -> dict[str, Any]:
    return {"fact": fact, "of": of, "from": "issues", "value": value}


def plain_fact(fact: str, value: str, of: str = "units") -> dict[str, Any]:
    return {"fact": fact, "of": of, "value": value}


TWO_MEMBERS = {"units": [{"unit_id": "U1", "members": 2}, {"unit_id": "U2", "members": 1}]}
BAD_ISSUE = {"rule": "issue-rule", "for": "issues", "require": "yes"}
TWO_RULES = [{**BAD_ISSUE, "otherwise": "explain"}, {"rule": "another", "for": "issues", "require": "no"}]
COUNTED = counting("count(*) filter (where verdict = 'make_up')")
BOTH = {"require": "n = 0 and m <= 5"}
OWING = counting("count(*) filter (where verdict = 'explain')", fact="m")

NOT_THE_SAME: dict[str, tuple[Pack, Pack]] = {
    "a blank is not unequal": (
        small_pack({"require": "kind is distinct from 'alpha'"}),
        small_pack({"require": "kind <> 'alpha'"}),
    ),
    "what a case says of a blank counts": (
        small_pack({"require": "case when yes is null then no when yes then no else true end"}),
        small_pack({"require": "case when yes is null then true when yes then no else true end"}),
    ),
    "the fact beneath an aggregate of the same text": (
        small_pack(
            {"require": "n = 0"}, plain_fact("bad", "coalesce(yes, false)", "issues"), counting("count(*) filter (where bad)")
        ),
        small_pack(
            {"require": "n = 0"}, plain_fact("bad", "coalesce(yes, true)", "issues"), counting("count(*) filter (where bad)")
        ),
    ),
    "the parent's fact that a child's rule names": (
        small_pack({"require": "yes"}, plain_fact("big", "members > 2"), issue_rules=[{**BAD_ISSUE, "when": "units.big"}]),
        small_pack({"require": "yes"}, plain_fact("big", "members >= 2"), issue_rules=[{**BAD_ISSUE, "when": "units.big"}]),
    ),
    "the parent's aggregate that a child's rule names": (
        small_pack(
            {"require": "yes"},
            counting("count(*) filter (where coalesce(no, true))"),
            issue_rules=[{**BAD_ISSUE, "when": "units.n > 1"}],
        ),
        small_pack(
            {"require": "yes"},
            counting("count(*) filter (where coalesce(no, false))"),
            issue_rules=[{**BAD_ISSUE, "when": "units.n > 1"}],
        ),
    ),
    "the value of a parameter": (
        small_pack({"require": "members <= :limit"}),
        small_pack({"require": "members <= :limit"}, limit=3),
    ),
    "the value of a parameter in a filter": (
        small_pack({"require": "n = 0"}, counting("count(*) filter (where coalesce(members, 0) > :limit)")),
        small_pack({"require": "n = 0"}, counting("count(*) filter (where coalesce(members, 0) > :limit)"), limit=3),
    ),
    "a rule whose findings are counted": (
        small_pack({"require": "n = 0"}, counting("count(*) filter (where unmet('issue-rule'))"), issue_rules=[BAD_ISSUE]),
        small_pack(
            {"require": "n = 0"},
            counting("count(*) filter (where unmet('issue-rule'))"),
            issue_rules=[{**BAD_ISSUE, "require": "yes and no"}],
        ),
    ),
    "what an unknown counts as, where verdicts are counted": (
        small_pack(BOTH, COUNTED, OWING, issue_rules=[BAD_ISSUE]),
        small_pack(BOTH, COUNTED, OWING, issue_rules=[{**BAD_ISSUE, "unknown": "explain"}]),
    ),
    "a rule more for the records whose verdicts are counted": (
        small_pack({"require": "n = 0"}, COUNTED, issue_rules=[BAD_ISSUE]),
        small_pack({"require": "n = 0"}, COUNTED, issue_rules=[BAD_ISSUE, {"rule": "another", "for": "issues", "require": "no"}]),
    ),
    "the order of the outcomes, where verdicts are counted": (
        small_pack(BOTH, COUNTED, OWING, issue_rules=[*TWO_RULES]),
        small_pack(BOTH, COUNTED, OWING, issue_rules=[*TWO_RULES], outcomes=("pass", "make_up", "explain")),
    ),
    "each value once": (
        small_pack({"require": "n <= 2"}, counting("count(coalesce(members, 0))")),
        small_pack({"require": "n <= 2"}, counting("count(distinct coalesce(members, 0))")),
    ),
    "another aggregate of the same records": (
        small_pack({"require": "n <= 2"}, counting("coalesce(min(coalesce(members, 0)), 0)")),
        small_pack({"require": "n <= 2"}, counting("coalesce(max(coalesce(members, 0)), 0)")),
    ),
    "the sum of another field": (
        small_pack({"require": "n <= 2"}, counting("sum(coalesce(members, 0))")),
        small_pack({"require": "n <= 2"}, counting("sum(coalesce(posts, 0))")),
    ),
    "a fact that is a field of the other pack": (
        small_pack({"require": "late"}, plain_fact("late", "members > 2")),
        small_pack({"require": "late"}, late={"type": "boolean", "title": {"en": "Late"}}),
    ),
    "a field that is a fact of the other pack": (
        small_pack({"require": "late"}, late={"type": "boolean", "title": {"en": "Late"}}),
        small_pack({"require": "late"}, plain_fact("late", "members > 2")),
    ),
    "the rule judges another table": (
        small_pack({"require": "yes"}, issue_rules=[{**BAD_ISSUE, "for": "issues"}]),
        small_pack({"require": "yes"}, issue_rules=[{**BAD_ISSUE, "for": "units"}]),
    ),
    "verdicts that were not counted": (
        small_pack({"require": "yes"}, issue_rules=[BAD_ISSUE]),
        small_pack({"require": "n = 0"}, COUNTED, issue_rules=[BAD_ISSUE]),
    ),
    "verdicts that are counted no longer": (
        small_pack({"require": "n = 0"}, COUNTED, issue_rules=[BAD_ISSUE]),
        small_pack({"require": "yes"}, issue_rules=[BAD_ISSUE]),
    ),
    "another weight": (small_pack({"require": "yes"}), small_pack({"require": "yes", "weight": 3})),
    "another outcome": (small_pack({"require": "yes"}), small_pack({"require": "yes", "otherwise": "explain"})),
    "another outcome where it is unknown": (small_pack({"require": "yes"}), small_pack({"require": "yes", "unknown": "explain"})),
}


def compared(folder: Path, old: Pack, new: Pack, rows: Mapping[str, Sequence[Mapping[str, Any]]] | None = None) -> Impact:
    for name, pack in (("old", old), ("new", new)):
        write_pack(pack, folder / name)
    data = rows or {"units": [{"unit_id": "U1"}], "issues": [{"issue_id": "I1", "unit_id": "U1"}]}
    write_records(data, new, folder / "data")
    return impact_of(folder / "old", folder / "new", folder / "data")


@pytest.mark.parametrize("what", NOT_THE_SAME)
def test_what_only_looks_the_same_is_not_proved(tmp_path: Path, what: str) -> None:
    old, new = NOT_THE_SAME[what]
    found = compared(tmp_path, old, new)
    assert found.compared
    assert not all(one.same for one in found.compared)
    for one in found.compared:
        shows_a_difference(one, old, new)


def shows_a_difference(one: Compared, old: Pack, new: Pack) -> None:
    """Assert that the example of a changed rule differs when the reference judges it by both packs."""
    if one.example is None:
        return
    said = []
    for pack in (old, new):
        tables = {table: [full(row, pack, table) for row in rows] for table, rows in one.example.records.items()}
        found = reference.judge(pack, tables).records[one.table]
        rows = one.example.records[one.table]
        at = next(i for i, row in enumerate(rows) if one.example.record in row.values())  # its key may be put together of fields
        judged = list(found.values())[at] if len(found) == len(rows) else found[one.example.record]
        rule = next(rule for rule in pack.rules if rule["rule"] == one.rule)
        status = judged.statuses[one.rule]
        outcome = {reference.UNMET: rule["otherwise"], reference.UNKNOWN: rule.get("unknown", rule["otherwise"])}.get(status)
        counts = "not_counted" not in rule and "not_counted" not in pack.tables[one.table]
        said.append((status, outcome, (counts, rule.get("weight", 1)) if outcome else None))
    assert said[0] != said[1], (one.rule, one.example.records)


def full(row: Mapping[str, Any], pack: Pack, table: str) -> dict[str, Any]:
    return {**dict.fromkeys(pack.tables[table]["fields"]), **{k: v for k, v in row.items() if k in pack.tables[table]["fields"]}}


THE_SAME: dict[str, tuple[Pack, Pack]] = {
    "the contraposition": (small_pack({"when": "yes", "require": "no"}), small_pack({"when": "not no", "require": "not yes"})),
    "a renamed fact among fractions": (
        small_pack({"require": "2 * half >= 0.5"}, plain_fact("half", "rate / 3")),
        small_pack({"require": "not 2 * part < 0.5"}, plain_fact("part", "rate / 3")),
    ),
    "a share of what is counted, its filters rewritten": (
        small_pack({"require": "n / 7 >= 0.5"}, counting("count(*) filter (where not coalesce(no, false))")),
        small_pack({"require": "not n / 7 < 0.5"}, counting("count(*) filter (where coalesce(not no, true))")),
    ),
    "a parent's aggregate that a child's rule names": (
        small_pack(
            {"require": "yes"},
            counting("count(*) filter (where coalesce(no, true))"),
            issue_rules=[{**BAD_ISSUE, "when": "units.n > 1"}],
        ),
        small_pack(
            {"require": "yes"},
            counting("count(*) filter (where no is distinct from false)"),
            issue_rules=[{**BAD_ISSUE, "when": "units.n > 1"}],
        ),
    ),
    "a rule written otherwise whose findings are counted": (
        small_pack({"require": "n = 0"}, counting("count(*) filter (where unmet('issue-rule'))"), issue_rules=[BAD_ISSUE]),
        small_pack(
            {"require": "n = 0"},
            counting("count(*) filter (where unmet('issue-rule'))"),
            issue_rules=[{**BAD_ISSUE, "require": "not not yes"}],
        ),
    ),
    "a parameter of another name": (small_pack({"require": "members <= :limit"}), small_pack({"require": "members <= 2"})),
}


@pytest.mark.parametrize("what", THE_SAME)
def test_what_comes_to_the_same_is_proved(tmp_path: Path, what: str) -> None:
    found = compared(tmp_path, *THE_SAME[what])
    assert found.compared
    assert all(one.same for one in found.compared), found.compared
    assert not any(map(any, found.rules.values()))


REFERRED = {
    "units": {"key": "unit_id", "fields": {"unit_id": {"type": "text"}, "size": {"type": "integer"}}},
    "codes": {
        "key": "code_id",
        "reference": True,
        "fields": {
            "code_id": {"type": "text"},
            "unit": {"type": "text", "refers_to": "units"},
            "also": {"type": "text", "refers_to": "units"},
        },
    },
}
SIBLINGS = {"among": ["size"], "value": "count(*) filter (where size is not null)"}
REFERRING = {"from": "codes", "through": "unit", "value": "count(*) filter (where code_id <> 'a')"}


@pytest.mark.parametrize(
    ("fact", "edit", "same"),
    [
        (SIBLINGS, {"others": True}, False),
        (SIBLINGS, {"value": "count(*) filter (where size is not null and size > 1)"}, False),
        (SIBLINGS, {"among": []}, False),
        (SIBLINGS, {"value": "count(*) filter (where not (size is null))"}, True),
        (REFERRING, {"value": "count(*) filter (where code_id <> 'b')"}, None),
        (REFERRING, {"through": "also"}, None),
        (REFERRING, {"value": "count(*) filter (where not (code_id = 'a'))"}, True),
    ],
)
def test_an_edit_of_what_goes_over_other_records_is_never_proved_to_change_nothing(
    tmp_path: Path, fact: Mapping[str, Any], edit: Mapping[str, Any], same: bool | None
) -> None:
    """It was: a fact among siblings, or over records that refer, was held to be that of the same name in the other pack."""
    rule = {"rule": "few", "for": "units", "require": "found <= 1"}
    old, new = (
        checked(tmp_path / side, pack_of(REFERRED, [rule], [{"fact": "found", "of": "units", **fact, **more}]))
        for side, more in (("old", {}), ("new", edit))
    )
    assert [(one.rule, one.same) for one in compare(old, new)] == [("few", same), ("", same)]


def test_fractions_are_as_exact_in_the_judging_as_in_the_proof(tmp_path: Path) -> None:
    part, whole = ({"type": "number", "title": {"en": name}} for name in ("Part", "Whole"))
    old = small_pack({"require": "part / whole >= 0.55"}, part=part, whole=whole)
    new = small_pack({"require": "part >= 0.55 * whole and whole > 0"}, part=part, whole=whole)
    old, new = (replace(p, rules=[{**p.rules[0], "when": "whole > 0"}]) for p in (old, new))
    found = compared(tmp_path, old, new, {"units": [{"unit_id": "U1", "part": 55, "whole": 100}]})
    assert found.moved.num_rows == 0  # 55 >= 0.55 * 100 is false in binary fractions
    [rule] = [one for one in found.compared if one.rule]
    assert rule.same


def test_a_limit_and_its_numbers_times_ten_are_the_same_and_move_nobody(tmp_path: Path) -> None:
    part = {"type": "number", "title": {"en": "Part"}}
    old, new = (small_pack({"require": require}, part=part) for require in ("part * 3 <= 1.2", "part * 30 <= 12"))
    found = compared(tmp_path, old, new, {"units": [{"unit_id": "U1", "part": 0.4}]})
    assert found.moved.num_rows == 0
    assert [one.same for one in found.compared if one.rule] == [True]


def test_what_the_run_belies_is_not_told_as_proved(tmp_path: Path, lookback: Lookback, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a defect, and warned of, which fails every other test."""
    found = compared(tmp_path, *OTHER_LIMIT, {"units": [{"unit_id": "U1", "members": 3}]})
    assert found.moved.num_rows == 1
    claimed = [replace(one, same=True) for one in found.compared]
    monkeypatch.setattr(lookback_impact, "comparing", lambda *packs: nullcontext(lambda: claimed))
    with pytest.warns(BeliedProof):
        ran = lookback("rules", "impact", tmp_path / "old", tmp_path / "new", tmp_path / "data")
    assert "open: these records show a difference" in ran.out
    assert "proved" not in ran.out


OTHER_LIMIT = small_pack({"require": "members > 2"}), small_pack({"require": "members > 3"})


def test_other_outcomes_are_told_though_no_rule_was_changed(tmp_path: Path, lookback: Lookback) -> None:
    rules = [{"rule": "one", "for": "units", "require": "yes", "otherwise": "explain"}]
    old = small_pack({"require": "no"}, issue_rules=rules)
    new = small_pack({"require": "no"}, issue_rules=rules, outcomes=("pass", "make_up", "explain"))
    found = compared(tmp_path, old, new)
    assert found.moved.num_rows == 1
    ran = lookback("rules", "impact", tmp_path / "old", tmp_path / "new", tmp_path / "data")
    assert ran.out.startswith("The outcomes are not the same:")


# --------------------------------------------------------------------------------------- against two separate checks


@functools.lru_cache(maxsize=4)
def side(path: Path, data: Path) -> tuple[dict[str, Any], dict[tuple[str, str, str], Any], dict[str, int]]:
    """The units, the findings and the places of a check."""
    with lookback.check([str(data)], pack=path, lang="en", out=None) as review:
        units = {row["unit_id"]: row for row in review.verdicts.to_pylist()}
        findings = {
            (row["table"], row["record"], row["rule"]): (row["unit"], row["status"], row["outcome"], row["reason"])
            for row in review.findings.to_pylist()
        }
    outcomes = [outcome["outcome"] for outcome in reference.load(path).outcomes]
    ranked = sorted(units, key=lambda u: (-outcomes.index(units[u]["verdict"]), -units[u]["score"], -units[u]["findings"], u))
    return units, findings, {unit: place for place, unit in enumerate(ranked, 1)}


def agrees_with_two_checks(found: Impact, old: Path, new: Path, data: Path) -> None:
    """Assert that verdicts, moved units, places and findings are those that two checks of the same data differ in."""
    (before, lost, old_places), (after, gained, new_places) = (side(path, data) for path in (old, new))
    assert found.verdicts == Counter((before[u]["verdict"], after[u]["verdict"]) for u in before)
    moved = {row["unit"]: (row["old_verdict"], row["new_verdict"]) for row in found.moved.to_pylist()}
    assert moved == {
        u: (before[u]["verdict"], after[u]["verdict"]) for u in before if before[u]["verdict"] != after[u]["verdict"]
    }
    places = {row["unit"]: (row["old_place"], row["new_place"]) for row in found.places.to_pylist()}
    assert places == {u: (old_places[u], new_places[u]) for u in before if old_places[u] != new_places[u]}
    for (rule, table), counts in found.rules.items():
        of = [{key for key in side if key[0] == table and key[2] == rule} for side in (gained, lost)]
        assert counts == (len(of[0] - of[1]), len(of[1] - of[0])), rule
    others = {key[2] for key in gained.keys() ^ lost.keys()} - {rule for rule, _ in found.rules}
    assert not others, "findings differ of rules that are not told"
    expected = set()
    for key in gained.keys() | lost.keys():
        one, other = lost.get(key), gained.get(key)
        if one is None or other is None or one[1:3] != other[1:3]:
            unit, _, outcome, reason = other or one  # type: ignore[misc]
            change = "gained" if one is None else "lost" if other is None else "altered"
            if unit in moved:
                expected.add((unit, change, *key, outcome, reason))
    assert {tuple(row.values()) for row in found.why.to_pylist()} == expected
    assert {row[0] for row in expected} == moved.keys(), "a unit moved by nothing"


EDITS: dict[str, list[Edit]] = {
    "a limit": [("pack.yaml", "default: 0.6\n", "default: 0.85\n")],
    "a limit that verdicts are held against": [(SIX, "make_up_issues <= :make_up_issues_allowed", "make_up_issues <= 2")],
    "an outcome": [
        (
            SIX,
            "require: make_up_issues <= :make_up_issues_allowed\n    otherwise: make_up",
            "require: make_up_issues <= :make_up_issues_allowed\n    otherwise: explain",
        )
    ],
    "an outcome where it is unknown": [
        (
            ONE,
            "    require: status is not null\n    otherwise: make_up",
            "    require: status <> 'blocked'\n    otherwise: make_up\n    unknown: explain",
        )
    ],
    "a weight": [(SIX, "    weight: 5\n", "    weight: 50\n")],
    "a filter": [
        (
            SIX,
            "需补课的问题数}\n    value: count(*) filter (where verdict = 'make_up')",
            "需补课的问题数}\n    value: count(*) filter (where unmet('not-overdue'))",
        )
    ],
}


@pytest.fixture(scope="session")
def limit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return edited(tmp_path_factory.mktemp("limit") / "pack", *EDITS["a limit"])


@pytest.fixture(scope="session")
def limited(limit: Path) -> Impact:
    return impact_of(BUILT_IN, limit, CITY)


@pytest.mark.long
@pytest.mark.parametrize(
    "what",
    [pytest.param(what, marks=[] if what == "a limit" else pytest.mark.slow) for what in EDITS],
)
def test_exactly_those_move_that_two_separate_checks_differ_in(
    tmp_path: Path, what: str, limit: Path, request: pytest.FixtureRequest
) -> None:
    new = limit if what == "a limit" else edited(tmp_path / "new", *EDITS[what])
    found = request.getfixturevalue("limited") if what == "a limit" else impact_of(BUILT_IN, new, CITY)
    agrees_with_two_checks(found, BUILT_IN, new, CITY)
    assert found.moved.num_rows or found.places.num_rows
    old_pack, new_pack = reference.load(BUILT_IN), reference.load(new)
    for one in found.compared:
        shows_a_difference(one, old_pack, new_pack)


@pytest.mark.long
def test_a_rule_added_and_one_removed_are_told(tmp_path: Path) -> None:
    pack = edited(tmp_path / "pack")
    text = (pack / FIVE).read_text("utf-8")
    start, end = text.index("  - rule: question-satisfied"), text.index("  - rule: public-satisfied")
    renamed = text[start:end].replace("question-satisfied", "nearly-all-satisfied").replace(":satisfied_share", "0.8")
    (pack / FIVE).write_text(text[:start] + renamed + text[end:], "utf-8")
    found = impact_of(BUILT_IN, pack, CITY)
    agrees_with_two_checks(found, BUILT_IN, pack, CITY)
    changes = {one.rule: (one.change, one.same) for one in found.compared if one.rule}
    gone = {"nearly-all-satisfied": ("added", False), "question-satisfied": ("removed", False)}
    assert changes == gone | {"public-satisfied": ("affected", False)}  # which counts its verdicts


CONSTANTS = re.compile(
    r"date '[-\d]+'|(?<![\w.:'-])\d+(?:\.\d+)?(?![\w.'])|'(?:alpha|beta|gamma)'|\b(?:true|false)\b|(?<= )(?:<=|>=|<|>)(?= )"
)


@st.composite
def mutated(draw: st.DrawFn, pack: Pack) -> Pack:
    """A pack with one constant or comparison of its rules and facts another one."""
    places = [
        (part, at, key, found.span())
        for part, entries in (("facts", pack.facts), ("rules", pack.rules))
        for at, entry in enumerate(entries)
        for key in ("value", "when", "require")
        for found in CONSTANTS.finditer(entry.get(key, ""))
    ]
    assume(places)
    part, at, key, (start, end) = draw(st.sampled_from(places))
    entries = [dict(entry) for entry in getattr(pack, part)]
    text = entries[at][key]
    now = text[start:end]
    like = {
        "d": [f"date '{day}'" for day in DOMAINS["date"]],
        "'": ["'alpha'", "'beta'", "'gamma'"],
        "t": ["false"],
        "f": ["true"],
    }
    others = [">", "<", ">=", "<="] if now[0] in "<>" else like.get(now[0], ["0", "1", "2", "3"])
    entries[at][key] = text[:start] + draw(st.sampled_from([o for o in others if o != now])) + text[end:]
    return replace(pack, **{part: entries})


@st.composite
def counting_more(draw: st.DrawFn, pack: Pack) -> Pack:
    """A pack with one aggregate more, of values, verdicts or findings of a table, and a rule that looks at it."""
    child = draw(st.sampled_from([table for table in pack.tables if table in PARENTS]))
    parent, outcomes = PARENTS[child], [outcome["outcome"] for outcome in pack.outcomes]
    fields = Scope((Name(KEYS[child], "text", blank=False), *(Name(name, type_) for name, type_ in SCHEMA.items())))
    known = [rule["rule"] for rule in pack.rules if rule["for"] == child]
    value, type_ = draw(aggregate_fact(fields, outcomes if draw(st.booleans()) else (), known))
    fact = {"fact": "one_more", "of": parent, "title": {"en": "One more"}, "from": child, "value": value}
    looks = draw(condition(Scope((Name("one_more", type_),)), 1, depth=0))
    new = {"rule": "rule-more", "for": parent, "title": {"en": "More"}, "require": looks, "otherwise": outcomes[-1]}
    return replace(pack, facts=[*pack.facts, fact], rules=[*pack.rules, new])


@pytest.mark.parametrize("edit", [mutated, counting_more], ids=["a constant", "an aggregate"])
@pytest.mark.long
@depths(1, 200)
def test_an_edit_of_a_random_pack_moves_those_that_two_checks_differ_in(
    folders: Folders, examples: int, edit: Callable[[Pack], st.SearchStrategy[Pack]]
) -> None:
    @many(examples)
    @given(st.data(), packs())
    def agrees(data: st.DataObject, drawn: Pack) -> None:
        pack, other = data.draw(st.permutations([drawn, data.draw(edit(drawn))]))
        records = data.draw(records_of(pack))
        folder = folders()
        write_pack(pack, folder / "old")
        write_pack(other, folder / "new")
        write_records(records, pack, folder / "data")
        found = impact_of(folder / "old", folder / "new", folder / "data")
        agrees_with_two_checks(found, folder / "old", folder / "new", folder / "data")
        for one in found.compared:
            shows_a_difference(one, pack, other)
            if one.rule and one.same:
                assert found.rules[one.rule, one.table] == (0, 0)

    agrees()


# ------------------------------------------------------------------------------------------- packs of different records

FIELD = {"type": "boolean", "title": {"en": "More"}}


def test_a_field_that_only_the_new_pack_has_is_read_for_it(tmp_path: Path) -> None:
    old, new = small_pack({"require": "yes"}), small_pack({"require": "yes and more"}, more=FIELD)
    rows = {"units": [{"unit_id": "U1", "yes": True, "more": True}, {"unit_id": "U2", "yes": True, "more": False}]}
    found = compared(tmp_path, old, new, rows)
    assert [row["unit"] for row in found.moved.to_pylist()] == ["U2"]
    assert found.differing == []
    other = compared(tmp_path / "other", new, old, rows)
    assert [row["unit"] for row in other.moved.to_pylist()] == ["U1", "U2"]  # no such column: the old pack saw a blank


def test_a_choice_more_is_told(tmp_path: Path, lookback: Lookback) -> None:
    old, new = (small_pack({"require": "kind = 'alpha' or kind is not null"}) for _ in range(2))
    kind = new.tables["units"]["fields"]["kind"]
    kind["choices"]["delta"] = {"en": "Delta"}
    kind["best_to_worst"].append("delta")
    found = compared(tmp_path, old, new, {"units": [{"unit_id": "U1", "kind": "delta"}]})
    assert found.differing == ["units.kind"]
    assert found.problems == 0
    ran = lookback("rules", "impact", tmp_path / "old", tmp_path / "new", tmp_path / "data")
    assert "defined differently by the two packs" in ran.out


def test_another_order_of_a_choice_is_a_change_of_what_asks_for_it(tmp_path: Path) -> None:
    old, new = (small_pack({"require": "badness(kind) < 2"}) for _ in range(2))
    new.tables["units"]["fields"]["kind"]["best_to_worst"].reverse()
    found = compared(tmp_path, old, new, {"units": [{"unit_id": "U1", "kind": "alpha"}]})
    assert [(one.change, one.same) for one in found.compared] == [("changed", False), ("verdicts", False)]
    assert found.moved.num_rows == 1


def of_another_type(pack: Pack) -> None:
    pack.tables["units"]["fields"]["members"]["type"] = "text"


def with_another_key(pack: Pack) -> None:
    pack.tables["issues"]["key"] = "name"


@pytest.mark.parametrize(("change", "code"), [(of_another_type, "impact-other-type"), (with_another_key, "impact-other-key")])
def test_records_that_cannot_serve_both_packs_are_an_error(
    tmp_path: Path, lookback: Lookback, change: Callable[[Pack], None], code: str
) -> None:
    old, new = (small_pack({"require": "yes"}) for _ in range(2))
    change(new)
    with pytest.raises(UsageError) as raised:
        compared(tmp_path, old, new)
    assert raised.value.code == code
    ran = lookback("rules", "impact", tmp_path / "old", tmp_path / "new", tmp_path / "data")
    assert (ran.code, ran.out) == (2, "")
    assert f"error[{code}]" in ran.err


# ---------------------------------------------------------------------------------------------------------------- --git


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A git repository with a pack in `packs/mine`, and records in `data`."""
    root = tmp_path / "repository"
    root.mkdir()
    git(root, "init", "-q")
    (root / "readme").write_text("packs", "utf-8")
    commit(root)
    pack = small_pack({"require": "members <= 2", "weight": 5})
    write_pack(pack, root / "packs" / "mine")
    write_records(TWO_MEMBERS, pack, root / "data")
    commit(root)
    return root


def git(root: Path, *arguments: str) -> None:
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(root), *who, *arguments], check=True, capture_output=True)


def commit(root: Path) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "a commit")


def test_the_old_pack_is_taken_from_git(repository: Path, lookback: Lookback) -> None:
    """Also where a file is called something else since, and a limit is another, neither of them committed."""
    pack = repository / "packs" / "mine"
    given = ("rules", "impact", "--git", "HEAD", pack, repository / "data")
    rules = (pack / "1-random.rules.yaml").rename(pack / "9-random.rules.yaml")
    same = lookback(*given)
    assert (same.code, same.out.startswith("No rule was changed")) == (0, True)
    rules.write_text(rules.read_text("utf-8").replace("weight: 5\n", "weight: 50\n"), "utf-8")
    ran = lookback(*given, "--format", "json")
    assert [(rule["rule"], rule["change"]) for rule in json.loads(ran.out)["rules"]] == [("the-rule", "changed")]


@pytest.mark.parametrize(
    ("revision", "code"),
    [
        pytest.param("nothing", "git-no-revision", id="an unknown revision"),
        pytest.param("--all", "git-no-revision", id="a revision that looks like an option"),
        pytest.param("HEAD~1", "git-", id="a pack that was not there yet"),
    ],
)
def test_what_git_does_not_have_is_an_error(repository: Path, lookback: Lookback, revision: str, code: str) -> None:
    ran = lookback("rules", "impact", f"--git={revision}", repository / "packs" / "mine", repository / "data")
    assert (ran.code, ran.out) == (2, "")
    assert f"error[{code}" in ran.err
    assert revision in ran.err


def test_a_pack_outside_of_git_is_an_error(tmp_path: Path, lookback: Lookback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    ran = lookback("rules", "impact", "--git", "HEAD", edited(tmp_path / "pack"), ROOT / "fixtures/small")
    assert ran.code == 2
    assert "error[git-failed]" in ran.err
    assert "not a git repository" in ran.err


# ------------------------------------------------------------------------------------------------------ what is printed


def test_the_text_is_this(limit: Path, limited: Impact, golden: Golden) -> None:
    golden("impact/limit.en.txt", written(limited, checked("lookback-2005"), checked(limit), "en", "table", SHOWN) + "\n")


def test_the_command_prints_it_with_reasons_in_its_language(limit: Path, lookback: Lookback, golden: Golden) -> None:
    run = lookback("rules", "impact", BUILT_IN, limit, CITY, lang="zh")
    assert run.code == 0
    golden("impact/limit.zh.txt", run.out)


def test_csv_and_json_say_the_same(limit: Path, limited: Impact) -> None:
    found = json.loads(written(limited, checked("lookback-2005"), checked(limit), "en", "json", SHOWN))
    assert list(found) == [
        "verdicts",
        "rules",
        "verdicts_same_for_every_record",
        "moved",
        "places",
        "read_as_the_new_pack_says",
        "problems",
    ]
    rows = list(csv.DictReader(io.StringIO(written(limited, checked("lookback-2005"), checked(limit), "en", "csv", SHOWN))))
    columns = ["unit", "label", "old_verdict", "new_verdict", "old_score", "new_score", "old_place", "new_place"]
    assert list(rows[0]) == [*columns, "gained", "lost"]
    told = [{column: str(row[column]) for column in columns} for row in found["moved"]]
    assert [{column: row[column] for column in columns} for row in rows] == told
    assert all(row["gained"] or row["lost"] for row in rows)
    assert all(row["changes"] for row in found["moved"])


@pytest.mark.parametrize("form", ["table", "csv", "json", "html"])
def test_a_file_holds_what_would_be_printed_with_any_number_of_threads(lookback: Lookback, tmp_path: Path, form: str) -> None:
    compared(tmp_path, *(small_pack({"require": f"members <= {limit}"}) for limit in (2, 1)), TWO_MEMBERS)
    given, out = ("rules", "impact", tmp_path / "old", tmp_path / "new", tmp_path / "data", "--format", form), tmp_path / "moved"
    one, two = lookback(*given, "--threads", 1), lookback(*given, "--threads", 2, "-o", out)
    mark = "\ufeff" if form == "csv" else ""
    assert (one.code, two.code, two.out, out.read_text("utf-8")) == (0, 0, "", mark + one.out)
    assert "U1" in one.out
    assert str(out) in two.err


class Page(html.parser.HTMLParser):
    """The tags of a page, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.said = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags[tag] += 1

    def handle_data(self, data: str) -> None:
        self.said += data


def test_the_page_escapes_what_records_say(tmp_path: Path, lookback: Lookback) -> None:
    old, new = (small_pack({"require": f"members <= {limit}"}) for limit in (2, 1))
    for pack in (old, new):
        pack.tables["units"]["label"] = "name"
    compared(tmp_path, old, new, {"units": [{"unit_id": "<b>1", "name": "<script>alert(1)</script>", "members": 2}]})
    page = Page(lookback("rules", "impact", tmp_path / "old", tmp_path / "new", tmp_path / "data", "--format", "html").out)
    assert page.tags["script"] == page.tags["b"] == 0
    assert "<b>1 <script>alert(1)</script>" in page.said


@pytest.mark.parametrize("arguments", [(), ("{old}",), ("{old}", "{old}"), ("--git", "HEAD", "{old}")])
def test_too_few_paths_get_a_clear_message(lookback: Lookback, arguments: Sequence[str]) -> None:
    ran = lookback("rules", "impact", *(argument.format(old=BUILT_IN) for argument in arguments))
    assert (ran.code, ran.out) == (2, "")
    assert "error[impact-needs-paths]" in ran.err


def test_a_wrong_path_is_told_before_anything_is_proved(
    tmp_path: Path, lookback: Lookback, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared(tmp_path, small_pack({"require": "yes"}), small_pack({"require": "no"}))
    asked = []
    monkeypatch.setattr("lookback.proving.search.Search.is_there", lambda *_, **__: asked.append(1))
    ran = lookback("rules", "impact", tmp_path / "old", tmp_path / "new", tmp_path / "nowhere")
    assert (ran.code, asked) == (2, [])
    assert "error[no-such-input]" in ran.err


def test_who_stops_the_run_does_not_wait_for_z3(tmp_path: Path, lookback: Lookback, monkeypatch: pytest.MonkeyPatch) -> None:
    compared(tmp_path, small_pack({"require": "yes"}), small_pack({"require": "no"}))
    said, asking = [], threading.Event()

    def long(*_: object, **__: object) -> None:
        """A question that takes z3 for ever."""
        a, b, c, d = (z3.BitVec(name, 64) for name in "abcd")
        solver = z3.Solver()
        solver.set("timeout", 60_000)
        solver.add(a * b * c == d * d + 12345678901234567, z3.UGT(a, 3), z3.UGT(b, a * a), c * a == b * d * 7 + 1)
        asking.set()
        said.append((solver.check(), solver.reason_unknown()))

    def stop(*_: object) -> None:
        assert asking.wait(60)
        raise KeyboardInterrupt

    monkeypatch.setattr("lookback.proving.search.Search.is_there", long)
    monkeypatch.setattr("lookback.reviews.impact.judge", stop)
    ran = lookback("rules", "impact", tmp_path / "old", tmp_path / "new", tmp_path / "data")
    assert ran.code == 130
    assert said == [(z3.unknown, "interrupted")]


def test_problems_in_the_data_are_told_and_change_the_exit_code(tmp_path: Path, lookback: Lookback) -> None:
    pack = small_pack({"require": "members <= 2"})
    compared(tmp_path, pack, pack, {"units": [{"unit_id": "U1", "members": "many"}]})
    ran = lookback("rules", "impact", tmp_path / "old", tmp_path / "new", tmp_path / "data")
    assert ran.code == 3
    assert "1 value or row could not be used" in ran.err
