"""What a ledger shows, counted by hand.

Ten tasks of three units, none done on 30 September: T3, T6, T9 are U1's, T1, T4, T7, T10 U2's, T2, T5, T8 U3's. On 31 October
T1 to T4 are done, and nothing is asked of T5.
"""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from rounds_pack import UNITS, reviewed
from screen import Lookback

from lookback.rounds.ledger_add import add

TASKS = {f"T{i}": f"U{i % 3 + 1},road," for i in range(1, 11)}
LATER = {**TASKS, **{f"T{i}": f"{TASKS[f'T{i}']}2005-10-10" for i in range(1, 5)}, "T5": "U3,idle,"}


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of two reviews, of which something was said between them and after. It is only read."""
    folder = tmp_path_factory.mktemp("shown")
    file = folder / "l.db"
    add(file, reviewed(folder, "2005-09-30", UNITS, TASKS))
    add(file, reviewed(folder, "2005-10-31", UNITS, LATER))
    return file


@pytest.fixture
def said(ledger: Path, tmp_path: Path, lookback: Lookback) -> Path:
    """The same when people have spoken."""
    file = tmp_path / "l.db"
    add(file, reviewed(tmp_path, "2005-09-30", UNITS, TASKS))
    for unit, record, *words in (
        ("U2", "T1", "confirm"),  # and put right: right, once
        ("U3", "T2", "dispute", "--because", "It was done"),  # and put right: wrong all the same
        ("U3", "T5", "dispute", "--because", "No road"),  # and lapsed: wrong
        ("U1", "T6", "dispute", "--because", "No road"),
        ("U1", "T6", "confirm"),  # the last that was said holds: right
        ("U2", "T7", "confirm"),
        ("U2", "T7", "dispute", "--because", "No road"),  # wrong
        ("U3", "T8", "waive", "--because", "Frost", "--until", "2005-10-15"),  # over by the day of the second review: waived
        ("U1", "T9", "waive", "--because", "Frost", "--until", "2005-12-31"),
    ):
        assert lookback("ledger", file, words[0], unit, "task-done", record, "--by", "A", *words[1:]).code == 0
    add(file, reviewed(tmp_path, "2005-10-31", UNITS, LATER))
    return file


def test_how_often_findings_were_right_is_what_a_hand_counts(said: Path, lookback: Lookback) -> None:
    """Right are T1, T3, T4, T6, wrong T2, T5, T7; of T8, T9 and T10 nobody knows."""
    found = lookback("ledger", said, "show", "--precision", "--format", "csv").out
    assert found.splitlines()[1:] == ["task-done,10,4,2,2,3,0.5714", "tasks-in-order,3,0,0,0,0,", "staffed,1,0,0,0,0,"]
    of_unit = lookback("ledger", said, "show", "--precision", "--unit", "U3", "--rule", "task-done", "--format", "csv").out
    assert of_unit.splitlines()[1:] == ["task-done,3,1,0,1,2,0.0000"]
    assert "57.1%" in lookback("ledger", said, "show", "--precision").out


def test_of_how_often_findings_were_right_rules_are_listed_and_counted(ledger: Path, tmp_path: Path, lookback: Lookback) -> None:
    for top, lines, more in ((0, 0, "3 rules are not listed"), (1, 1, "… and 2 other rules"), (3, 3, None), (9, 3, None)):
        out = lookback("ledger", ledger, "show", "--precision", "--top", top).out
        assert (more or "") in out
        assert ("rules" in out) == (more is not None)
        assert sum(name in out for name in ("The task is done", "All tasks are done", "There is staff")) == lines
        run = lookback("ledger", ledger, "show", "--precision", "--top", top, "-o", tmp_path / f"{top}.csv")
        assert f"({lines} rule" in run.out + run.err
        assert len([*csv.DictReader(io.StringIO((tmp_path / f"{top}.csv").read_text("utf-8-sig")))]) == lines
    page = lookback("ledger", ledger, "show", "--precision", "--format", "html", lang="zh").out
    assert "问题的准确程度" in page
    assert "事项" not in page


def test_of_no_entry_that_is_listed_none_is_another(ledger: Path, lookback: Lookback) -> None:
    assert "9 entries are not listed (--top N)" in lookback("ledger", ledger, "show", "--top", 0).out
    assert "… and 8 others" in lookback("ledger", ledger, "show", "--top", 1).out


def test_how_long_things_took_is_of_the_rule_and_the_unit_that_are_asked_for(ledger: Path, lookback: Lookback) -> None:
    def took(*asked: str) -> list[tuple[str, int, float]]:
        found = json.loads(lookback("ledger", ledger, "show", *asked, "--json").out)["took"]
        return [(of["rule"], of["closed"], of["median_days"]) for of in found]

    assert took() == [("task-done", 4, 31.0)]
    assert took("--rule", "task-done", "--unit", "U2") == [("task-done", 2, 31.0)]
    assert took("--rule", "staffed") == []


def test_a_units_page_says_what_it_belongs_to_and_when_each_matter_ended(ledger: Path, lookback: Lookback) -> None:
    out = lookback("ledger", ledger, "show", "--unit", "U2").out
    assert "\nRegion: South\n" in out
    [ended] = [line.split() for line in out.splitlines() if " T1 " in line and "2005-10-30" in line]
    assert ended[-3:] == ["2005-09-30", "2005-10-30", "2005-10-31"]
    page = lookback("ledger", ledger, "show", "--unit", "U2", "--format", "html").out
    assert "Region: South<br>" in page
    assert ("<th>Ended</th>" in page, "<th>Said to be done</th>" in page) == (True, False)
