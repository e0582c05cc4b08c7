"""`rules impact` where the packs bring other rows of their own, and of what is asked of the review as a whole."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from builders import checked, pack_of
from reference import Pack
from screen import Folders, Lookback
from strategies import write_pack

from lookback.reviews.impact import Impact, impact
from lookback.words.errors import UsageError
from lookback.writers.impact import written

TABLES: dict[str, Any] = {
    "units": {"key": "unit_id", "fields": {"unit_id": {"type": "text"}}},
    "issues": {
        "key": "issue_id",
        "belongs_to": "units",
        "fields": {"issue_id": {"type": "text"}, "unit_id": {"type": "text"}, "code": {"type": "text", "refers_to": "codes"}},
    },
    "codes": {
        "key": "code_id",
        "reference": True,
        "rows": "lists/codes.csv",
        "fields": {"code_id": {"type": "text"}, "points": {"type": "integer"}},
    },
}
LIGHT = {"rule": "light", "for": "issues", "require": "code.points < 5"}
HEAVY = {"fact": "heavy", "of": "units", "from": "issues", "value": "count(*) filter (where unmet('light'))"}
NONE_HEAVY = {"rule": "none-heavy", "for": "units", "require": "heavy = 0"}
FEW = {"fact": "bad", "of": "review", "from": "units", "value": "count(*) filter (where verdict <> 'pass')"}
FEW_BAD = {"rule": "few-bad", "for": "review", "require": "bad <= 1"}
RULES, FACTS = [LIGHT, NONE_HEAVY, FEW_BAD], [HEAVY, FEW]


def impact_of(folder: Path, old: tuple[Pack, str], new: tuple[Pack, str], **more: Any) -> tuple[Impact, str]:
    """Of two packs, each with the points of its codes, on three units with an issue each of a code of their own."""
    packs = []
    for side, (pack, points) in (("old", old), ("new", new)):
        (folder / side / "lists").mkdir(parents=True)
        (folder / side / "lists" / "codes.csv").write_text("code_id,points\n" + points)
        write_pack(pack, folder / side)
        packs.append(checked(folder / side))
    (folder / "units.csv").write_text("unit_id\nU1\nU2\nU3\n")
    (folder / "issues.csv").write_text("issue_id,unit_id,code\nI1,U1,A\nI2,U2,B\nI3,U3,B\n")
    found = impact(*packs, [folder / "units.csv", folder / "issues.csv"], decider="reference", **more)
    return found, written(found, *packs, "en", "table", 10)


def pack(rules: Sequence[Mapping[str, Any]] = RULES, facts: Sequence[Mapping[str, Any]] = FACTS) -> Pack:
    return pack_of(TABLES, rules, facts)


def proofs(of: Impact) -> dict[str, tuple[str, bool | None]]:
    return {one.rule: (one.change, one.same) for one in of.compared}


def test_an_edited_list_moves_those_whose_records_look_into_it(folders: Folders) -> None:
    of, said = impact_of(folders(), (pack(), "A,1\nB,2\n"), (pack(), "A,1\nB,7\n"))
    assert of.verdicts == {("pass", "pass"): 1, ("pass", "make_up"): 2}
    assert of.rules == {("light", "issues"): (2, 0), ("none-heavy", "units"): (2, 0), ("few-bad", "review"): (1, 0)}
    assert [row["reason"] for row in of.why.to_pylist() if row["rule"] == "light"] == [
        "code · points is 7, should be below 5"
    ] * 2
    assert proofs(of) | {"": None} == {
        "light": ("changed", None),
        "none-heavy": ("affected", None),
        "few-bad": ("affected", None),
        "": None,
    }
    assert "No rule was changed" not in said
    assert "not the same: codes" in said
    back, _ = impact_of(folders(), (pack(), "A,1\nB,7\n"), (pack(), "A,1\nB,2\n"))
    assert back.rules["light", "issues"] == (0, 2)  # each is judged by the rows of its own pack
    assert [row["reason"] for row in back.why.to_pylist() if row["rule"] == "light"] == [
        "code · points is 7, should be below 5"
    ] * 2


def test_data_that_are_read_twice_cannot_come_from_standard_input(folders: Folders) -> None:
    folder = folders()
    impact_of(folder, (pack(), "A,1\n"), (pack(), "A,2\n"))
    with pytest.raises(UsageError, match="twice"):
        impact(checked(folder / "old"), checked(folder / "new"), ["units=-"])


def test_what_the_review_as_a_whole_comes_to_by_both_packs_is_told(folders: Folders, lookback: Lookback) -> None:
    rules = [LIGHT, NONE_HEAVY, {**FEW_BAD, "require": "bad <= 2"}]
    folder, codes = folders(), "A,1\nB,7\n"
    of, said = impact_of(folder, (pack(), codes), (pack(rules), codes))
    assert of.review is not None
    assert (of.review.old, of.review.new) == ("make_up", "pass")
    assert [(one["change"], one["rule"], one["reason"]) for one in of.review.changes] == [
        ("lost", "few-bad", "bad is 2, should be at most 1")
    ]
    assert of.rules == {("few-bad", "review"): (0, 1)}
    assert proofs(of)["few-bad"] == ("changed", None)
    assert "no record can ever be given another verdict" in said  # of the records nobody is moved
    assert said.endswith("Review as a whole: make_up → pass\n  - few-bad: was bad is 2, should be at most 1")
    asked = [folder / "old", folder / "new", folder / "units.csv", folder / "issues.csv"]
    told = json.loads(lookback("rules", "impact", *asked, "--format", "json").out)["review"]
    assert (told["old"], told["new"], told["changes"][0]["rule"]) == ("make_up", "pass", "few-bad")
    assert "整次检查：" in lookback("rules", "impact", *asked, "--lang", "zh", "--format", "html").out


def test_a_rewritten_rule_of_the_review_is_the_same_and_one_more_or_less_is_told(folders: Folders) -> None:
    codes, rewritten = "A,1\nB,7\n", {**FEW_BAD, "require": "not bad > 1"}
    of, said = impact_of(folders(), (pack(), codes), (pack([LIGHT, NONE_HEAVY, rewritten]), codes))
    assert proofs(of)["few-bad"] == ("changed", True)
    assert "nobody can ever be moved" in said
    of, said = impact_of(folders(), (pack([LIGHT, NONE_HEAVY], [HEAVY]), codes), (pack(), codes))
    assert proofs(of)["few-bad"] == ("added", False)
    assert "Review as a whole: nothing asked → make_up\n  + few-bad: bad is 2" in said


def test_what_the_review_asks_of_a_rule_that_is_called_otherwise_now_is_the_same(folders: Folders) -> None:
    asked = [HEAVY, {**FEW, "from": "issues", "value": "count(*) filter (where unmet('light'))"}]
    new = json.loads(json.dumps([{**LIGHT, "rule": "not-heavy", "was": ["light"]}, NONE_HEAVY, FEW_BAD]))
    facts = json.loads(json.dumps(asked).replace("'light'", "'not-heavy'"))
    codes = "A,1\nB,7\n"
    of, said = impact_of(folders(), (pack(RULES, asked), codes), (pack(new, facts), codes))
    assert of.review is not None
    assert (of.review.old, of.review.new, of.review.changes) == ("make_up", "make_up", [])
    assert proofs(of).get("few-bad", ("changed", True)) == ("changed", True), said


# ---------------------------------------------------------------------------------- tables and fields called otherwise

LIMITS: dict[str, Any] = {
    "units": {"key": ["town", "no"], "fields": {f: {"type": "text"} for f in ("town", "no")}},
    "issues": {
        "key": "issue_id",
        "belongs_to": "units",
        "unique": {"of": ["day", "code"], "rule": "once", "title": {"en": "Once"}, "otherwise": "make_up"},
        "fields": {
            **{f: {"type": "text"} for f in ("issue_id", "town", "no")},
            "day": {"type": "date"},
            "after": {"type": "text", "refers_to": "issues", "missing": "allowed"},
            "code": {"type": "text", "refers_to": {"table": "codes", "by": {"code_id": "code"}, "on": "day"}},
        },
    },
    "codes": {
        "key": ["code_id", "since"],
        "reference": True,
        "in_force": ["since", "until"],
        "rows": "lists/codes.csv",
        "fields": {"code_id": {"type": "text"}, "since": {"type": "date"}, "until": {"type": "date", "optional": {}}},
    },
}
LIMITS["codes"]["fields"]["points"] = {"type": "integer"}
LIMITS["codes"]["fields"]["until"]["optional"] = {"because": {"en": "Some are in force."}}
SAME = {
    "fact": "same",
    "of": "issues",
    "among": ["town", "no", "code.points"],
    "value": "count(*) filter (where day is not null)",
}
FOLLOWED = {"fact": "followed", "of": "issues", "from": "issues", "through": "after", "value": "count(*)"}
HEAVY_NOW = {
    "rule": "light",
    "for": "issues",
    "when": "units.town <> 'T9'",
    "require": "code.points * 2 < 5 and same + followed < 9",
}
BAD = {**HEAVY, "value": "count(*) filter (where verdict <> 'pass')"}
ONE = {**NONE_HEAVY, "require": "heavy = 0 and no is not null"}
CALLED = {
    "units": "offices",
    "issues": "tasks",
    "codes": "prices",
    "town": "city",
    "day": "due",
    "code": "price",
    "after": "follows",
    "points": "value",
    "since": "begins",
}


def otherwise(text: str) -> str:
    """Whatever names something by its old name, by its new one."""
    return re.sub(r"(?<![-\w/])(" + "|".join(CALLED) + r")(?![-\w'])", lambda m: CALLED[m[1]], text)


def test_what_says_what_it_was_called_before_is_no_change(folders: Folders) -> None:
    folder = folders()
    rules, facts_ = [HEAVY_NOW, ONE, FEW_BAD], [SAME, FOLLOWED, BAD, FEW]
    before = pack_of(LIMITS, rules, facts_)
    tables = json.loads(otherwise(json.dumps(before.tables)))
    names = {new: old for old, new in CALLED.items()}
    for name, table in tables.items():
        table["was"] = [names[name]]
        for field, of in table["fields"].items():
            of |= {"was": [names[field]]} if field in names else {}
    facts_, rules = (json.loads(otherwise(json.dumps(items))) for items in (before.facts, before.rules))
    now = replace(before, tables=tables, facts=facts_, rules=rules)
    rows = "code_id,since,until,points\nA,2005-01-01,,1\nB,2005-01-01,,7\n"
    packs = []
    for side, pack_, text in (("old", before, rows), ("new", now, otherwise(rows))):
        (folder / side / "lists").mkdir(parents=True)
        (folder / side / "lists" / "codes.csv").write_text(text)
        write_pack(pack_, folder / side)
        packs.append(checked(folder / side))
    (folder / "units.csv").write_text("town,no\nT1,1\nT1,2\n")
    issues = "issue_id,town,no,day,after,code\nI1,T1,1,2005-02-01,,A\nI2,T1,2,2005-02-01,I1,B\nI3,T1,2,2005-02-01,,B\n"
    (folder / "issues.csv").write_text(issues)
    data = [folder / "units.csv", folder / "issues.csv"]
    of = impact(*packs, data, decider="reference")
    assert (of.compared, of.verdicts) == ([], {("pass", "pass"): 1, ("make_up", "make_up"): 1})
    assert not of.problems
    assert of.review is not None
    assert of.review.changes == []
    (folder / "new" / "lists" / "codes.csv").write_text(otherwise(rows).replace("B,2005-01-01,,7", "B,2005-01-01,,2"))
    of = impact(packs[0], checked(folder / "new"), data, decider="reference")  # each reads for itself
    assert of.verdicts == {("pass", "pass"): 1, ("make_up", "make_up"): 1}
    assert of.rules["light", "tasks"] == (0, 2)
    assert not of.problems
