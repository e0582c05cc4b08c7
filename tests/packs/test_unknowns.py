"""`unmet('r')` where it lets a record pass of which it is not known whether r is met: warned there, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest
from broken_packs import RULES, SOUND, write_sound
from builders import checked

from lookback.packs.lint import lint

FACT, REQUIRE = "count(*) filter (where verdict = 'late')", "require: tasks_late <= :limit"


COUNTED = """  - {fact: all_late, of: offices, from: tasks, value: count(*) filter (where verdict = 'late')}

rules:
  - {rule: none-late, clause: A1, for: offices, title: {en: None late, zh: 无}, require: all_late = 0, otherwise: late}
"""
"""What is found on tasks reaches the office, whatever else is counted."""


def warned(folder: Path, value: str, rest: str = REQUIRE) -> int:
    """How often it is warned of a fact of offices, and of a rule for them that looks at it."""
    write_sound(folder)
    text = SOUND[RULES].replace(FACT, value).replace(REQUIRE, rest).replace("\nrules:\n", COUNTED)
    (folder / RULES).write_text(text, "utf-8")
    return sum(mistake.code == "unknown-slips-through" for mistake in lint(checked(folder)))


BAD, GOOD = "count(*) filter (where unmet('signed'))", "count(*) filter (where not unmet('signed'))"


@pytest.mark.parametrize(
    ("value", "rest"),
    [
        (BAD, "require: tasks_late <= :limit"),  # fewer that are known to be unmet
        (BAD, "require: :limit > tasks_late"),
        (BAD, "require: tasks_late = 0"),
        (BAD, "require: not tasks_late > 2"),
        (BAD, "when: tasks_late > 0\n    require: members > 3"),  # nothing is asked of it
        (BAD, "require: members - tasks_late >= 3"),
        (BAD, "require: tasks_late = 2"),  # who knows
        (GOOD, "require: tasks_late >= :limit"),  # more that are not known to be unmet
        (GOOD, "require: tasks_late > 0"),
        (GOOD, "require: tasks_late between 2 and 4"),
        (GOOD, "when: tasks_late = 0\n    require: members > 3"),
        ("count(*) filter (where verdict = 'late' or unmet('signed'))", REQUIRE),
        ("max(coalesce(cost, 0)) filter (where unmet('signed'))", "require: tasks_late < 9"),
        ("min(coalesce(cost, 0)) filter (where not unmet('signed'))", "require: tasks_late < 9"),
        ("sum(coalesce(cost, 0)) filter (where unmet('signed'))", "require: tasks_late >= 9"),  # costs may be below 0
        ("count(*) filter (where unmet('has-date'))", REQUIRE),  # its `when` may be blank
    ],
)
def test_an_unknown_that_helps_is_warned_of(tmp_path: Path, value: str, rest: str) -> None:
    assert warned(tmp_path / "pack", value, rest) == 1


@pytest.mark.parametrize(
    ("value", "rest"),
    [
        (BAD, "require: tasks_late >= :limit"),
        (BAD, "require: tasks_late > 0"),
        (BAD, "when: tasks_late = 0\n    require: members > 3"),
        (BAD, "require: members > 3"),  # shown, and nothing rests on it
        (GOOD, "require: tasks_late <= :limit"),
        (GOOD, "require: tasks_late = 0"),
        (GOOD, "when: tasks_late > 0\n    require: members > 3"),
        ("count(*) filter (where not met('signed'))", REQUIRE),
        ("count(*) filter (where met('signed'))", "require: tasks_late >= :limit"),
        ("max(coalesce(cost, 0)) filter (where unmet('signed'))", "require: tasks_late > 9"),
    ],
)
def test_an_unknown_that_helps_nobody_is_not_warned_of(tmp_path: Path, value: str, rest: str) -> None:
    assert warned(tmp_path / "pack", value, rest) == 0


def test_a_rule_that_is_never_unknown_lets_nothing_slip_through(tmp_path: Path) -> None:
    write_sound(tmp_path / "pack")
    text = SOUND[RULES].replace(FACT, BAD).replace("require: signed\n", "require: signed is not null\n")
    text = text.replace("\nrules:\n", COUNTED)
    (tmp_path / "pack" / RULES).write_text(text, "utf-8")
    assert not [m for m in lint(checked(tmp_path / "pack")) if m.code == "unknown-slips-through"]
