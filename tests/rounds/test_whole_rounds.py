"""The review as a whole, from round to round: what is new, settled, standing, and why; and in a ledger."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from reference import Pack
from rounds_pack import RULES, TASKS, UNITS, reviewed
from screen import Folders, Lookback
from strategies import PARENTS, depths, many, packs, records_of, write_pack, write_records

import lookback as engine
from lookback.rounds.compare import Comparison, compare
from lookback.rounds.comparing.records import Both, paired
from lookback.rounds.comparing.whole import VERDICT, judged_again
from lookback.rounds.ledger_add import add
from lookback.warehouse.duckdb import DuckDB
from lookback.writers.rounds.compare import Compared

FACTS = """facts:
  - fact: undone
    of: review
    from: tasks
    title: {en: Undone, zh: 未完成}
    value: count(*) filter (where not coalesce(done <= :as_of, false))
  - {fact: units_there, of: review, from: units, title: {en: Units}, value: count(*)}
"""
FEW = "  - {rule: few, for: review, title: {en: Few are undone, zh: 未完成的不多}, require: undone <= 1, otherwise: make_up}\n"
MANY = "  - {rule: many, for: review, title: {en: Many came}, require: units_there >= 3, otherwise: explain}\n"
OF_REVIEW = RULES.replace("facts:\n", FACTS, 1) + FEW + MANY


@dataclass(frozen=True)
class Given:
    units: dict[str, str]
    tasks: dict[str, str]
    rules: str
    day: str

    def review(self, folder: Path) -> engine.Review:
        return reviewed(folder, self.day, self.units, self.tasks, rules=self.rules)


FIRST = Given(UNITS, TASKS, OF_REVIEW, "2005-09-30")
SECOND = Given({"U1": "North,5", "U2": "South,0"}, {**TASKS, "T3": "U2,well,2005-10-10"}, OF_REVIEW, "2005-10-31")
THIRD = Given(
    UNITS,
    {**TASKS, "T1": "U1,road,2005-11-10", "T3": "U2,well,2006-02-02"},
    OF_REVIEW.replace("undone <= 1", "undone <= 0"),
    "2005-12-31",
)


@pytest.fixture(scope="module")
def rounds(tmp_path_factory: pytest.TempPathFactory) -> list[engine.Review]:
    return [given.review(tmp_path_factory.mktemp("whole")) for given in (FIRST, SECOND, THIRD)]


@pytest.fixture(scope="module")
def found(rounds: list[engine.Review]) -> Comparison:
    """What changed from the second to the third: records, rules and day."""
    return compare(rounds[1], rounds[2], decider="reference")


def results(review: engine.Review) -> dict[str, Any]:
    of = review.summary["review"]
    return {VERDICT: of["verdict"]} | {rule: found["outcome"] for rule, found in of["rules"].items()}


def changes(found: Comparison) -> dict[str, str]:
    assert found.whole is not None
    return {row["rule"]: row["change"] for row in found.whole.findings}


def put_back(old: Given, new: Given, back: Sequence[str]) -> Given:
    new = replace(new, units=old.units, tasks=old.tasks) if "records" in back else new
    new = replace(new, rules=old.rules) if "rules" in back else new
    return replace(new, day=old.day) if "settings" in back else new


def test_what_becomes_of_the_review_has_the_causes_that_judging_the_files_gives(
    found: Comparison, rounds: list[engine.Review], tmp_path: Path
) -> None:
    assert found.whole is not None
    assert found.differing == ("records", "rules", "settings")
    was, is_ = results(rounds[1]), results(rounds[2])
    backs = [back for size in (1, 2) for back in combinations(found.differing, size)]
    judged = {back: results(put_back(SECOND, THIRD, back).review(tmp_path / "-".join(back))) for back in backs}
    assert {*found.whole.causes} == {of for of in was if was[of] != is_[of]} == {VERDICT, "few", "many"}
    for of, causes in found.whole.causes.items():
        sets = [back for back, result in judged.items() if result[of] == was[of]]
        least = min(map(len, sets))
        assert causes == tuple("+".join(back) for back in sets if len(back) == least)
    assert changes(found) == {"few": "new", "many": "settled"}
    assert found.whole_is_worse
    mirrored = compare(rounds[2], rounds[1], decider="reference")
    assert (changes(mirrored), mirrored.whole_is_worse) == ({"few": "settled", "many": "new"}, False)
    assert [edit.said for rule, edit in found.rules.items() if rule == "few"] == [(("require", "undone <= 1", "undone <= 0"),)]


def test_a_review_with_itself_has_what_stands_and_no_cause(rounds: list[engine.Review]) -> None:
    found = compare(rounds[0], rounds[0], decider="reference")
    assert (changes(found), found.whole and found.whole.causes) == ({"few": "standing"}, {})


def test_a_rule_for_the_review_that_is_gone_or_called_otherwise_is_told_from_one_that_is_met(
    rounds: list[engine.Review], tmp_path: Path
) -> None:
    gone = replace(FIRST, rules=OF_REVIEW.replace(FEW, "")).review(tmp_path / "gone")
    found = compare(rounds[0], gone, decider="reference")
    assert found.whole is not None
    assert [(row["change"], row["why"]) for row in found.whole.findings] == [("vanished", "rule-gone")]
    assert found.whole.causes == {VERDICT: ("rules",), "few": ("rules",)}
    assert found.rules["few"].how == "removed"
    named = replace(FIRST, rules=OF_REVIEW.replace("rule: few,", "rule: fewer, was: [few],")).review(tmp_path / "named")
    assert changes(compare(rounds[0], named, decider="reference")) == {"fewer": "standing"}
    nothing = replace(FIRST, rules=RULES).review(tmp_path / "nothing")
    found = compare(rounds[0], nothing, decider="reference")
    assert found.whole is not None
    assert (found.whole.old, found.whole.new) == ("make_up", None)


def test_every_form_tells_it_and_fail_on_counts_it(
    found: Comparison, rounds: list[engine.Review], tmp_path: Path, lookback: Lookback
) -> None:
    told = Compared(found, "en").table(0)
    lines = ["The review as a whole: Explain → Make up"]
    lines += ["  new: Few are undone: Undone is 1, should be at most 0", "  settled: Many came"]
    assert [line for line in told.splitlines() if line in lines] == lines
    assert "\n    because the rules changed\n" in told
    page = Compared(found, "zh").html()
    assert "整次检查：说明 → 补课" in page
    assert "新出现：未完成的不多：未完成为 1，应不超过 0" in page
    of = json.loads(Compared(found, "en").json())["review"]
    assert (of["old_verdict"], of["new_verdict"], of["causes"]) == ("explain", "make_up", [["records", "rules"]])
    Compared(found, "en").workbook(tmp_path / "c.xlsx")
    assert "Review as a whole" in load_workbook(tmp_path / "c.xlsx").sheetnames
    ends = [rounds[i].folder for i in (0, 1)]  # of whose units none is worse
    assert lookback("compare", *ends, "--fail-on", "worse", "--decider", "reference").code == 0
    assert lookback("compare", *reversed(ends), "--fail-on", "worse", "--decider", "reference").code == 1


def test_flagged_says_where_a_rule_for_the_review_is(rounds: list[engine.Review], lookback: Lookback) -> None:
    for asked in ("few", "未完成的不多"):
        run = lookback("flagged", rounds[0].folder, "--rule", asked)
        assert (run.code, run.mistakes()) == (2, ["rule-of-review"])
        assert f"`lookback explain {rounds[0].folder} --review`" in run.err
    assert lookback("explain", rounds[0].folder, "--review").code == 0


def test_a_ledger_keeps_the_findings_of_the_review(rounds: list[engine.Review], tmp_path: Path, lookback: Lookback) -> None:
    file = tmp_path / "l.db"
    for review in (rounds[2], rounds[0], rounds[1]):
        add(file, review)
    found = json.loads(lookback("ledger", file, "show", "--unit", "review", "--json").out)
    history = [(of["review"], of["event"], of["rule"]) for of in found["history"]]
    assert history == [
        ("2005-09-30", "opened", "few"),
        ("2005-10-31", "closed", "few"),
        ("2005-10-31", "opened", "many"),
        ("2005-12-31", "closed", "many"),
        ("2005-12-31", "reopened", "few"),
    ]
    assert [(of["rule"], of["state"], of["due"]) for of in found["entries"]] == [
        ("few", "open", "2006-01-30"),
        ("many", "closed", "2005-11-10"),
    ]
    assert [of["verdict"] for of in found["reviews"]] == ["make_up", "explain", "make_up"]
    assert found["entries"][0]["situation"] == "Undone is 1, should be at most 0"
    every = json.loads(lookback("ledger", file, "show", "--json").out)
    assert every["total"]["units"] == 2  # of which something was found
    said = ("--because", "Frost", "--until", "2006-03-01", "--by", "Group 2")
    assert lookback("ledger", file, "waive", "review", "few", *said).code == 0
    assert "整次检查" in lookback("ledger", file, "show", lang="zh").out
    assert "Ledger of Review as a whole" in lookback("ledger", file, "show", "--unit", "review").out
    add(file, replace(THIRD, rules=RULES, day="2006-01-31").review(tmp_path))
    told = json.loads(lookback("ledger", file, "show", "--unit", "review", "--json").out)["entries"]
    assert [(of["rule"], of["state"], of["why"]) for of in sorted(told, key=lambda of: of["rule"])] == [
        ("few", "lapsed", "rule-retired"),
        ("many", "closed", None),
    ]


@depths(1, 100)
def test_the_records_that_a_review_keeps_give_what_became_of_it_again(folders: Folders, examples: int) -> None:
    """Of random packs, with a value that cannot be read, or a table that was not handed in."""

    @many(examples)
    @given(st.data(), packs(whole=True))
    def holds(data: st.DataObject, pack: Pack) -> None:
        folder = folders()
        write_pack(pack, folder / "pack")
        records = data.draw(records_of(pack))
        lost = data.draw(st.sampled_from(sorted(records)))
        for row in records[lost][:1]:
            row |= {f: "?" for f, of in pack.tables[lost]["fields"].items() if of["type"] in ("integer", "boolean", "date")}
        absent = data.draw(st.sampled_from(["", *(t for t in PARENTS if PARENTS[t])]))
        files = [file for file in write_records(records, pack, folder / "data") if file.stem != absent]
        review = engine.check(files, folder / "pack", lang="en", out=folder / "review", decider="reference")
        of = review.pack()
        with closing(DuckDB(None, threads=1)) as warehouse:
            both = Both({"old": review, "new": review}, {"old": of, "new": of}, paired(of, of), warehouse)
            assert judged_again(both, (), {}, "reference") == results(review)

    holds()
