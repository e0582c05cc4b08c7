"""A ledger: what becomes of a finding from review to review, what people say of it, and that the file stays whole."""

from __future__ import annotations

import itertools
import json
import os
import random
import re
import shutil
import signal
import socket
import sqlite3
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.shell_completion import ShellComplete
from forks import Forks
from rounds_pack import PACK, RECORDS, RULES, TASKS, UNITS, reviewed
from screen import Lookback
from strategies import depths

import lookback as engine
from lookback.cli.main import cli
from lookback.rounds.ledger_add import add
from lookback.rounds.ledger_file import SCHEMA

DAYS = ("2005-08-31", "2005-09-30", "2005-10-31", "2005-12-31")
LESSONS = {
    "2005-08-31": "L1,U1,=1+1,2005-08-20,2005-09-20,,\nL2,U2,Tidy up,2005-08-20,2005-10-10,2005-08-25,",
    "2005-09-30": "L1,U1,=1+1,2005-08-20,2005-09-20,2005-09-28,\nL2,U2,Tidy up,2005-08-20,2005-10-10,2005-08-25,2005-09-12",
    "2005-10-31": "L1,U1,=1+1,2005-08-20,2005-09-20,2005-09-28,\nL2,U2,Tidy up,2005-08-20,2005-10-10,2005-08-25,2005-09-12",
    "2005-12-31": "L2,U2,Tidy up,2005-08-20,2005-10-10,2005-08-25,2005-09-12",
}
TASKS_OF = {
    "2005-08-31": TASKS,
    "2005-09-30": {**TASKS, "T1": "U1,road,2005-09-20", "T2": "U1,roof,"},  # T1 done, T2 undone
    "2005-10-31": {**TASKS, "T1": "U1,road,", "T2": "U1,idle,"},  # T1 relapses, nothing is asked of T2
    "2005-12-31": {"T1": "U1,road,2005-11-11", "T3": "U2,well,"},  # T1 done again, T2 gone
}
UNITS_OF = dict.fromkeys(DAYS[:3], UNITS) | {"2005-12-31": {"U1": "North,0", "U2": "South,"}}


@pytest.fixture(scope="module")
def reviews(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("rounds")
    return {day: reviewed(folder, day, UNITS_OF[day], TASKS_OF[day], LESSONS[day]).folder for day in DAYS}


@pytest.fixture(scope="module")
def full(reviews: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger of all of them. It is only read."""
    file = tmp_path_factory.mktemp("ledger") / "l.db"
    for folder in reviews.values():
        add(file, engine.open_review(folder))
    return file


@pytest.fixture
def ledger(full: Path, tmp_path: Path) -> Path:
    return shutil.copy(full, tmp_path / "l.db")


def rows(file: Path, query: str = "SELECT * FROM ledger ORDER BY unit, rule, record") -> list[tuple[Any, ...]]:
    with sqlite3.connect(file) as ledger:
        return ledger.execute(query).fetchall()


EVENTS = """SELECT r.day, v.what, v.why, t.called, q.called, o.key, e.first, e.times, e.reopened
FROM event v JOIN entry e ON e.id = v.entry JOIN review r ON r.id = v.review JOIN record o ON o.id = e.record
JOIN tab t ON t.id = o.tab JOIN rule q ON q.id = e.rule ORDER BY 1, 4, 5, 6"""


def story(file: Path, record: str, rule: str) -> list[tuple[str, str, str | None]]:
    return [row[:3] for row in rows(file, EVENTS) if (row[5], row[4]) == (record, rule)]


# ------------------------------------------------------------------------------------------------------ what becomes of it


def test_a_finding_is_closed_only_where_its_rule_is_met_and_opened_again_where_it_relapses(full: Path) -> None:
    assert story(full, "T1", "task-done") == [
        ("2005-08-31", "opened", None),
        ("2005-09-30", "closed", None),
        ("2005-10-31", "reopened", None),
        ("2005-12-31", "closed", None),
    ]


def test_a_finding_lapses_where_its_rule_no_longer_applies_and_stays_so_while_nobody_says_it_is_met(full: Path) -> None:
    assert story(full, "T2", "task-done") == [("2005-09-30", "opened", None), ("2005-10-31", "lapsed", "not-applicable")]


@pytest.mark.parametrize(
    ("units", "tasks", "rules", "why"),
    [
        (UNITS, {"T3": TASKS["T3"]}, RULES, "record-gone"),
        ({"U2": UNITS["U2"]}, {"T3": TASKS["T3"]}, RULES, "unit-gone"),
        (UNITS, TASKS, RULES.replace("rule: task-done\n", "rule: task-finished\n"), "rule-retired"),
    ],
)
def test_a_finding_that_nobody_can_judge_any_longer_lapses_with_the_reason(
    units: dict[str, str], tasks: dict[str, str], rules: str, why: str, reviews: dict[str, Path], tmp_path: Path
) -> None:
    file = tmp_path / "l.db"
    add(file, engine.open_review(reviews["2005-08-31"]))
    add(file, reviewed(tmp_path, "2005-09-30", units, tasks, rules=rules))
    assert story(file, "T1", "task-done")[-1] == ("2005-09-30", "lapsed", why)


def test_a_rule_and_a_field_that_are_called_otherwise_carry_their_findings_on(reviews: dict[str, Path], tmp_path: Path) -> None:
    file = tmp_path / "l.db"
    add(file, engine.open_review(reviews["2005-08-31"]))
    rules = RULES.replace("rule: task-done\n", "rule: task-finished\n    was: [task-done]\n")
    add(file, reviewed(tmp_path, "2005-09-30", rules=rules))
    assert [(row[4], row[5], row[11]) for row in rows(file) if row[3] == "T1"] == [("task-finished", "open", 2)]


def test_a_term_begins_where_a_finding_is_opened_and_a_parameter_may_say_it(full: Path) -> None:
    due = {(row[3], row[4]): row[7] for row in rows(full)}
    assert due["T2", "task-done"] == "2005-10-30"
    assert due["T1", "task-done"] == "2005-11-30"  # reopened on 31 October
    assert due["U2", "staffed"] == "2005-09-10"


def test_a_term_begins_where_a_rule_that_was_a_remark_asks_for_more(tmp_path: Path) -> None:
    file, remark = (
        tmp_path / "l.db",
        RULES.replace("require: staff > 0\n    otherwise: explain", "require: staff > 0\n    otherwise: pass"),
    )
    add(file, reviewed(tmp_path, "2005-09-30", rules=remark))
    add(file, reviewed(tmp_path, "2005-10-31"))
    assert [row[6:8] for row in rows(file) if row[4] == "staffed"] == [("2005-09-30", "2005-11-10")]


def test_a_term_of_working_days_goes_by_the_calendar(tmp_path: Path) -> None:
    pack = PACK.replace("due: 30 days", "due: 3 working days").replace("office:", "calendar: china\noffice:")
    add(tmp_path / "l.db", reviewed(tmp_path, "2005-09-29", pack=pack))
    assert {row[7] for row in rows(tmp_path / "l.db") if row[4] == "task-done"} == {"2005-10-09"}  # 1 to 7 October are off


def test_records_that_are_followed_up_stand_beside_findings_with_their_own_terms(full: Path) -> None:
    found = {row[3]: row[5:11] for row in rows(full) if row[2] == "lessons"}
    assert found["L1"] == ("lapsed", "2005-08-20", "2005-09-20", "2005-09-28", "2005-12-31", "record-gone")
    assert found["L2"] == ("closed", "2005-08-20", "2005-10-10", "2005-08-25", "2005-09-12", None)


def test_reviews_added_in_any_order_and_twice_give_the_same_ledger(full: Path, reviews: dict[str, Path], tmp_path: Path) -> None:
    expected = rows(full), rows(full, EVENTS)
    for i, order in enumerate(itertools.permutations(DAYS)):
        file = tmp_path / f"{i}.db"
        if i % 7:
            continue
        for day in order:
            assert not add(file, engine.open_review(reviews[day])).known
        before = file.read_bytes()
        assert add(file, engine.open_review(reviews[order[0]])).known
        assert file.read_bytes() == before
        assert (rows(file), rows(file, EVENTS)) == expected


def test_another_review_of_a_day_is_refused_or_takes_the_place(
    ledger: Path, full: Path, tmp_path: Path, lookback: Lookback
) -> None:
    other = reviewed(tmp_path, "2005-09-30", tasks={})
    before = ledger.read_bytes()
    run = lookback("ledger", ledger, "add", other.folder)
    assert (run.code, run.mistakes()) == (2, ["ledger-has-the-day"])
    assert ledger.read_bytes() == before
    assert lookback("ledger", ledger, "add", other.folder, "--replace").code == 0
    assert story(ledger, "T1", "task-done")[:2] == [("2005-08-31", "opened", None), ("2005-09-30", "lapsed", "record-gone")]
    assert len(rows(ledger, "SELECT * FROM review")) == 4


def test_findings_of_records_without_a_key_are_counted_and_said(tmp_path: Path, lookback: Lookback) -> None:
    records = RECORDS.replace("key: task_id", "key: row")
    run = lookback("ledger", tmp_path / "l.db", "add", reviewed(tmp_path, "2005-09-30", records=records).folder)
    assert "2 findings on records without a key cannot be followed" in run.err
    assert {row[2] for row in rows(tmp_path / "l.db")} == {"units"}


# ------------------------------------------------------------------------------------------------------- what people say


def shown(lookback: Lookback, file: Path, *more: object) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(lookback("ledger", file, "show", "--format", "json", *more).out)
    return found


def test_a_waived_finding_stays_listed_and_counted_and_the_score_is_shown_without(ledger: Path, lookback: Lookback) -> None:
    said = ("--because", "Frost", "--until", "2006-01-31", "--by", "Group 2")
    assert lookback("ledger", ledger, "waive", "U2", "task-done", "T3", *said).code == 0
    found = shown(lookback, ledger, "--unit", "Unit 2")
    waived = [e for e in found["entries"] if e["waived_until"]]
    assert [(e["record"], e["waived_until"], e["state"]) for e in waived] == [("T3", "2006-01-31", "open")]
    assert found["total"]["waived"] == 1
    assert found["total"]["overdue"] == 3
    assert found["reviews"][-1]["score"] - found["score_without_waived"] == 3
    assert "waived until 2006-01-31 by Group 2 (Frost)" in lookback("ledger", ledger, "show", "--overdue").out


def test_the_list_of_flagged_units_reads_a_ledger_and_no_verdict_changes(
    ledger: Path, reviews: dict[str, Path], tmp_path: Path, lookback: Lookback
) -> None:
    said = ("--because", "Frost", "--until", "2006-01-31", "--by", "Group 2")
    lookback("ledger", ledger, "waive", "U2", "task-done", *said)
    plain = json.loads(lookback("flagged", reviews["2005-12-31"], "--json").out)
    marked = json.loads(lookback("flagged", reviews["2005-12-31"], "--ledger", ledger, "--json").out)
    assert [{k: v for k, v in unit.items() if k in plain[0]} for unit in marked] == plain
    [unit] = [unit for unit in marked if unit["key"] == "U2"]
    assert (unit["score"] - unit["score_without_waived"], unit["waived"]) == (3, 1)
    assert [m["record"] for m in unit["ledger"] if m["waived_until"]] == ["T3"]
    assert [m["opened"] for m in unit["ledger"]] == ["2005-08-31"] * 3
    table = lookback("flagged", reviews["2005-12-31"], "--ledger", ledger).out
    assert re.search(r"U2 .* 6 +3 +3 +1 ", table), table
    book = tmp_path / "f.xlsx"
    assert lookback("flagged", reviews["2005-12-31"], "--ledger", ledger, "-o", book, lang="zh").code == 0
    with zipfile.ZipFile(book) as packed:
        assert "暂缓至 2006-01-31（Group 2）（Frost）" in packed.read("xl/sharedStrings.xml").decode()


def test_a_comparison_reads_a_ledger_and_no_verdict_changes(
    ledger: Path, reviews: dict[str, Path], tmp_path: Path, lookback: Lookback
) -> None:
    said = ("--because", "Frost", "--until", "2006-01-31", "--by", "Group 2")
    lookback("ledger", ledger, "waive", "U2", "task-done", *said)
    ends = (reviews["2005-10-31"], reviews["2005-12-31"], "--decider", "reference")
    plain = json.loads(lookback("compare", *ends, "--json").out)
    marked = json.loads(lookback("compare", *ends, "--ledger", ledger, "--json").out)
    of = {unit["unit"]: unit for unit in marked["units"]}
    assert [{k: v for k, v in of[unit["unit"]].items() if k in unit} for unit in plain["units"]] == plain["units"]
    assert (of["U2"]["new_score"] - of["U2"]["score_without_waived"], of["U2"]["waived"]) == (3, 1)
    assert "1 finding is waived, of 1 unit" in lookback("compare", *ends, "--ledger", ledger).out
    for form in ("csv", "html", "xlsx"):
        assert lookback("compare", *ends, "--ledger", ledger, "-o", tmp_path / f"c.{form}", lang="zh").code == 0
    assert "score_without_waived,waived" in (tmp_path / "c.csv").read_text("utf-8-sig").splitlines()[0]


def test_an_expired_waiver_is_named_beside_the_finding_that_it_no_longer_covers(ledger: Path, lookback: Lookback) -> None:
    said = ("--because", "Frost", "--until", "2006-01-31", "--by", "Group 2")
    lookback("ledger", ledger, "waive", "U2", "task-done", *said)
    run = lookback("ledger", ledger, "show", "--as-of", "2006-02-01")
    assert "no longer covered by the waiver until 2006-01-31 by Group 2 (Frost)" in run.out
    assert shown(lookback, ledger, "--as-of", "2006-02-01")["total"]["waived"] == 0


def test_a_dispute_is_carried_on_until_the_record_changes(ledger: Path, tmp_path: Path, lookback: Lookback) -> None:
    said = ("--because", "Done in May", "--evidence", "Minutes", "--by", "Group 2")
    assert lookback("ledger", ledger, "dispute", "U2", "task-done", *said).code == 0
    add(ledger, reviewed(tmp_path, "2006-01-31"))
    assert [e["dispute_stands"] for e in shown(lookback, ledger)["entries"] if e["record"] == "T3"] == [True]
    add(ledger, reviewed(tmp_path, "2006-02-28", tasks={**TASKS, "T3": "U2,wells,"}))
    assert [e["dispute_stands"] for e in shown(lookback, ledger)["entries"] if e["record"] == "T3"] == [False]
    assert "and changed since (Done in May) (Minutes)" in lookback("ledger", ledger, "show", "--format", "html").out


def test_a_dispute_ends_where_the_rule_asks_something_else(ledger: Path, tmp_path: Path, lookback: Lookback) -> None:
    lookback("ledger", ledger, "dispute", "U2", "staffed", "--because", "Two there", "--by", "Group 2")
    add(ledger, reviewed(tmp_path, "2006-01-31", units={"U2": "South,"}, tasks={"T3": TASKS["T3"]}))
    assert [e["dispute_stands"] for e in shown(lookback, ledger)["entries"] if e["rule"] == "staffed"] == [True]
    rules = RULES.replace("require: staff > 0", "require: staff > 1")
    add(ledger, reviewed(tmp_path, "2006-02-28", units={"U2": "South,"}, tasks={"T3": TASKS["T3"]}, rules=rules))
    assert [e["dispute_stands"] for e in shown(lookback, ledger)["entries"] if e["rule"] == "staffed"] == [False]


def test_precision_says_how_often_findings_were_put_right_confirmed_waived_and_disputed(ledger: Path, lookback: Lookback) -> None:
    lookback("ledger", ledger, "confirm", "U1", "staffed", "--by", "Group 2")
    lookback("ledger", ledger, "dispute", "U2", "staffed", "--because", "Two there", "--by", "Group 2")
    lookback("ledger", ledger, "waive", "U2", "staffed", "--because", "x", "--until", "2006-01-01", "--by", "Group 2")
    found = {p["rule"]: p for p in shown(lookback, ledger)["precision"]}
    assert {k: v for k, v in found["staffed"].items() if k != "rule"} == {
        "findings": 2,
        "closed": 0,
        "confirmed": 1,
        "waived": 1,
        "disputed": 1,
        "held": 1,
        "share": 0.5,
    }
    assert found["task-done"]["share"] == 1
    assert "50.0%" in lookback("ledger", ledger, "show", "--precision").out


def test_a_claim_is_shown_and_closes_nothing(ledger: Path, lookback: Lookback) -> None:
    lookback("ledger", ledger, "claim", "U2", "task-done", "--on", "2006-01-05", "--by", "Unit 2")
    [entry] = [e for e in shown(lookback, ledger, "--as-of", "2006-01-06")["entries"] if e["record"] == "T3"]
    assert (entry["state"], entry["claimed"]) == ("open", "2006-01-05")


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (["waive", "U2", "task-done", "--because", "x", "--by", "y"], "waiver-without-end"),
        (["waive", "U2", "task-done", "--because", "x", "--by", "y", "--until", "2005-12-30"], "waiver-ends-first"),
        (["waive", "U2", "task-done", "--because", " ", "--by", "y", "--until", "2006-12-30"], "empty-saying"),
        (["waive", "U2", "task-done", "--because", "x", "--by", "y", "--until", "soon"], "not-a-day"),
        (["waive", "U2", "task-don", "--because", "x", "--by", "y", "--until", "2006-12-30"], "no-rule-in-ledger"),
        (["waive", "U9", "task-done", "--because", "x", "--by", "y", "--until", "2006-12-30"], "no-unit-in-ledger"),
        (["waive", "U3", "task-done", "--because", "x", "--by", "y", "--until", "2006-12-30"], "no-such-finding"),
        (["waive", "U2", "task-done", "T9", "--because", "x", "--by", "y", "--until", "2006-12-30"], "no-finding-on-record"),
        (["dispute", "U1", "task-done", "--because", "x", "--by", "y"], "finding-not-open"),
        (["show", "--unit", "U9"], "no-unit-in-ledger"),
        (["show", "--rule", "x"], "no-rule-in-ledger"),
        (["show", "--as-of", "2005-12-30"], "day-before-review"),
    ],
)
def test_what_cannot_be_said_is_refused_and_nothing_written(said: list[str], code: str, ledger: Path, lookback: Lookback) -> None:
    before = ledger.read_bytes()
    run = lookback("ledger", ledger, *said)
    assert (run.code, run.mistakes()) == (2, [code])
    assert ledger.read_bytes() == before
    assert [file.name for file in ledger.parent.iterdir()] == ["l.db"]


def test_a_rule_is_named_by_its_title_too(ledger: Path, lookback: Lookback) -> None:
    by_id = lookback("ledger", ledger, "show", "--rule", "task-done", "--json")
    with sqlite3.connect(ledger) as opened:
        titles = opened.execute("SELECT en, zh FROM rule WHERE called = 'task-done'").fetchone()
    for title in filter(None, titles):
        assert lookback("ledger", ledger, "show", "--rule", title, "--json").out == by_id.out


# ----------------------------------------------------------------------------------------------------------- what is shown


def test_what_a_spreadsheet_would_take_for_a_formula_stands_behind_a_mark(full: Path, lookback: Lookback) -> None:
    assert ",'=1+1," in lookback("ledger", full, "show", "--all", "--format", "csv").out
    assert ",=1+1," in lookback("ledger", full, "show", "--all", "--format", "csv", "--raw").out


def test_texts_of_people_do_nothing_on_a_page(ledger: Path, lookback: Lookback) -> None:
    said = ("--because", "<script>x()</script>", "--until", "2006-01-31", "--by", "\x1b[31m")
    assert lookback("ledger", ledger, "waive", "U2", "task-done", *said).code == 0
    page = lookback("ledger", ledger, "show", "--format", "html").out
    assert "&lt;script&gt;x()" in page
    assert "<script>" not in page
    assert "\x1b" not in page


def test_personal_keys_and_labels_are_not_shown(tmp_path: Path, lookback: Lookback) -> None:
    records = RECORDS.replace("task_id: {type: text,", "task_id: {type: text, personal: true,")
    records = records.replace("name: {type: text,", "name: {type: text, personal: true,")
    file = tmp_path / "l.db"
    add(file, reviewed(tmp_path, "2005-09-30", records=records))
    for form in ("csv", "json", "table", "html"):
        said = lookback("ledger", file, "show", "--format", form).out
        assert "T1" not in said
        assert "Unit 1" not in said


def test_the_same_ledger_gives_the_same_bytes_in_every_form(full: Path, tmp_path: Path, lookback: Lookback) -> None:
    for form in ("csv", "json", "html", "xlsx"):
        files = [tmp_path / f"{n}.{form}" for n in (1, 2)]
        for file in files:
            assert lookback("ledger", full, "show", "--all", "-o", file, lang="zh").code == 0
        assert files[0].read_bytes() == files[1].read_bytes()


# ------------------------------------------------------------------------------------------------------ the file, and harm


def test_a_ledger_is_told_by_its_application_id_and_has_no_wal(full: Path) -> None:
    assert rows(full, "PRAGMA application_id") == [(0x4C424C47,)]
    assert rows(full, "PRAGMA user_version") == [(1,)]
    assert rows(full, "PRAGMA journal_mode") == [("delete",)]
    assert rows(full, "PRAGMA integrity_check") == [("ok",)]


@pytest.mark.parametrize(
    ("harm", "code"),
    [
        (lambda file: file.unlink(), "no-ledger"),
        (lambda file: file.write_text("no SQLite"), "not-a-ledger"),
        (lambda file: rows(file, "PRAGMA application_id = 1"), "not-a-ledger"),
        (lambda file: rows(file, "PRAGMA user_version = 2"), "ledger-of-other-version"),
        (lambda file: rows(file, "DROP TABLE entry"), "ledger-damaged"),
    ],
)
def test_what_is_no_sound_ledger_is_told(harm: Any, code: str, ledger: Path, lookback: Lookback) -> None:
    harm(ledger)
    run = lookback("ledger", ledger, "show")
    assert (run.code, run.mistakes()) == (2, [code])


def test_who_holds_a_ledger_is_named_and_one_that_is_gone_holds_nothing(
    ledger: Path, reviews: dict[str, Path], lookback: Lookback
) -> None:
    lock = ledger.with_name("l.db.lock")
    said = ("waive", "U2", "task-done", "--because", "x", "--until", "2006-12-30", "--by", "y")
    lock.write_text(json.dumps({"host": "elsewhere", "pid": 1, "since": "2005-09-30T08:00:00"}))
    run = lookback("ledger", ledger, *said)
    assert (run.code, run.mistakes()) == (2, ["ledger-locked-by"])
    assert "process 1 on elsewhere since 2005-09-30T08:00:00" in run.err
    assert lookback("ledger", ledger, "show").code == 0
    lock.write_text(json.dumps({"host": socket.gethostname(), "pid": 1 << 22, "since": "2005-09-30T08:00:00"}))
    assert lookback("ledger", ledger, *said).code == 0
    assert not lock.exists()


def test_what_another_program_holds_is_told(ledger: Path, lookback: Lookback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lookback.rounds.ledger_file.PATIENCE", 0.01)
    other = sqlite3.connect(ledger, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    run = lookback("ledger", ledger, "show")
    other.close()
    assert (run.code, run.mistakes()) == (2, ["ledger-locked"])


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_ledger_that_may_not_be_written_is_told(ledger: Path, lookback: Lookback) -> None:
    ledger.chmod(0o444)
    assert lookback("ledger", ledger, "claim", "U2", "task-done", "--by", "y").mistakes() == ["ledger-read-only"]


def test_a_review_that_was_damaged_or_is_of_another_pack_is_refused_and_nothing_written(
    ledger: Path, reviews: dict[str, Path], tmp_path: Path, lookback: Lookback, small: engine.Review
) -> None:
    before = ledger.read_bytes()
    assert lookback("ledger", ledger, "add", small.folder).mistakes() == ["review-of-other-pack"]
    spoilt = shutil.copytree(reviews["2005-09-30"], tmp_path / "spoilt")
    (spoilt / "findings.parquet").write_bytes(b"")
    assert lookback("ledger", ledger, "add", spoilt).mistakes() == ["review-changed"]
    assert lookback("ledger", tmp_path / "new.db", "add", spoilt).mistakes() == ["review-changed"]
    assert not (tmp_path / "new.db").exists()
    assert ledger.read_bytes() == before


def test_a_review_without_a_day_needs_one(tmp_path: Path, lookback: Lookback) -> None:
    pack = PACK.replace("  as_of: {type: date, default: 2005-09-30, title: {en: Day}}\n", "")
    review = reviewed(tmp_path, "2005-09-30", pack=pack, rules=RULES.replace(" and done <= :as_of", ""))
    file = tmp_path / "l.db"
    assert lookback("ledger", file, "add", review.folder).mistakes() == ["review-without-a-day"]
    assert lookback("ledger", file, "add", review.folder, "--day", "2005-09-15").code == 0
    assert rows(file, "SELECT day FROM review") == [("2005-09-15",)]


def test_the_ledger_comes_before_what_is_done_with_it(lookback: Lookback) -> None:
    assert lookback("ledger", "add", "x").mistakes() == ["ledger-first"]
    completed = ShellComplete(cli, {}, "lookback", "_COMPLETE").get_completions
    assert [c.value for c in completed(["ledger", "l.db"], "sh")] == ["show"]
    assert [c.value for c in completed(["ledger", "l.db", "show"], "--ov")] == ["--overdue"]
    assert completed(["ledger", "add"], "") != []


@pytest.fixture(scope="module")
def forks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forks]:
    server = Forks(tmp_path_factory.mktemp("forks"))
    yield server
    server.close()


@pytest.mark.skipif(sys.platform != "linux", reason="processes are waited for as on Linux")
@depths(10, 50)
def test_an_add_that_is_killed_leaves_the_old_ledger_or_the_new(
    examples: int, forks: Forks, reviews: dict[str, Path], tmp_path: Path
) -> None:
    """And the next one is not kept from it."""
    old, file, choose = tmp_path / "old.db", tmp_path / "l.db", random.Random(18)
    for day in DAYS[:3]:
        add(old, engine.open_review(reviews[day]))
    command = ("ledger", file, "add", reviews[DAYS[3]], "--lang", "en")
    shutil.copy(old, file)
    assert forks.run(*command, cwd=tmp_path, tmp=tmp_path).code == 0
    taken, before, after = forks.seconds, rows(old), rows(file)
    kept = 0
    for _ in range(examples):
        shutil.copy(old, file)
        forks.run(*command, cwd=tmp_path, tmp=tmp_path, sign=signal.SIGKILL, after=taken * choose.uniform(0.2, 1.0))
        found = rows(file)
        assert found in (before, after)
        kept += found == before
    assert kept
    shutil.copy(old, file)
    assert forks.run(*command, cwd=tmp_path, tmp=tmp_path).code == 0
    assert rows(file) == after


def test_every_table_of_a_ledger_is_known_to_what_forgets_a_review() -> None:
    from lookback.rounds.ledger_add import OF_REVIEW

    made = sqlite3.connect(":memory:")
    made.executescript(SCHEMA)
    tables = [name for (name,) in made.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    with_review = {t for t in tables if "review" in [c[1] for c in made.execute(f"PRAGMA table_info({t})")]}
    assert with_review == {*OF_REVIEW, "entry", "said"}
