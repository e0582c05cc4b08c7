"""Whatever is typed ends in a result or in a clear error, soon: by a grammar, and what fell once."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import pytest
from screen import cpu_seconds
from strategies import depths
from typed import Conditions, Fell, commands, conditions, packs, run_command

from lookback.judging.trial import Trial
from lookback.language.parse import MOST_DEEP
from lookback.packs.check import check_pack
from lookback.words.errors import PackError


@pytest.fixture(scope="module")
def check(tmp_path_factory: pytest.TempPathFactory) -> Conditions:
    return Conditions(tmp_path_factory.mktemp("typed"))


def codes(check: Conditions, text: str) -> list[str]:
    """Of what is wrong with a condition that units are asked; it is said in both languages."""
    try:
        check_pack(check.pack_of({2: text}))
    except PackError as error:
        return [mistake.code for mistake in error.mistakes if mistake.render("zh")]
    return []


def marked(check: Conditions, text: str) -> tuple[str, str]:
    """What the caret stands under, and what is said."""
    with pytest.raises(PackError) as refused:
        check_pack(check.pack_of({2: text}))
    (mistake,) = refused.value.mistakes
    assert mistake.span is not None
    return mistake.span.text, mistake.render("en")


@depths(2_000, 20_000)
def test_a_condition_ends_in_a_result_or_a_clear_error(examples: int, tmp_path: Path) -> None:
    counts = conditions("test", examples, tmp_path, batch=200)
    assert counts.drawn == examples
    assert examples / 8 < counts.accepted < examples / 2
    assert len(counts.codes) > 30


def test_a_sum_of_a_hundred_numbers_is_made_ready_in_no_time(check: Conditions) -> None:
    """It took more than the two seconds that one condition may, as each part was copied for each sum that it is in."""
    check([" + ".join(["share"] * 101)])


def test_a_whole_number_or_none_is_as_narrow_as_it_was_in_a_quotient(check: Conditions) -> None:
    """As wide as what it was held against, it left no room for what is divided."""
    check(["rate >= (rate * posts) / nullif(0, rate)"])


def test_cases_in_cases_are_made_ready_in_no_time(check: Conditions) -> None:
    """How large a case may be was asked twice of each case in it: of thirty, a thousand million times."""
    value = "case when agreed then " * 30 + "coalesce(share, share, 2.5)" + " end" * 30
    check({50: value, 69: "sum(coalesce(:limit, -2)) filter (where coalesce(checked, :wanted)) + 2"})


@depths(40, 2_000)
def test_a_pack_ends_in_a_result_or_a_clear_error(examples: int, tmp_path: Path) -> None:
    counts = packs("test", examples, tmp_path)
    assert counts.accepted > examples / 20


@depths(15, 500)
def test_a_command_line_ends_in_a_result_or_a_clear_error(examples: int, tmp_path: Path) -> None:
    assert commands("test", examples, tmp_path).drawn == examples


def test_what_falls_is_told_with_its_text(check: Conditions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Trial, "judge", lambda *_: 1 / 0)
    with pytest.raises(Fell, match=r"members > 7.*ZeroDivisionError"):
        check(["members >", "members > 7", "name = "])


NO_CONDITIONS = {
    "share > 1e": "not-an-expression",
    "share > .11.5": "not-an-expression",
    "coalesce(share, .1.) > 1": "not-an-expression",
    "name = 'a\0b'": "no-character",
    "name = 'a\ud800b'": "no-character",
    "'@'": "not-a-condition",
    "any { : } O a 1": "not-allowed",
    "share > " + "9" * 5_000: "number-too-large",
    "share > 0." + "9" * 5_000: "number-too-wide",
    "share > 0e99999999999": "number-too-wide",
    "share > 1e-99999": "number-too-wide",
    "nullif(share * rate, share * members) is null": "number-too-wide",
    f"nullif(members, 0.{'1':0>38}) = 1": "number-too-wide",
    " + ".join(["members"] * 160) + " > 1": "condition-too-deep",
    "(" * 4_000 + "agreed" + ")" * 4_000: "condition-too-deep",
    "not " * 2_000 + "agreed": "condition-too-deep",
    "members" + " / posts" * 6 + " > 1": "condition-too-deep",
    ".".join("a" * 4_000): "reference-too-long",
    "members << 1 = 1": "not-an-expression",
    "members = １": "full-width",
}


@pytest.mark.parametrize("text", NO_CONDITIONS, ids=range(len(NO_CONDITIONS)))
def test_what_is_no_condition_is_told_at_once(text: str, check: Conditions) -> None:
    start = cpu_seconds()
    assert codes(check, text) == [NO_CONDITIONS[text]]
    assert cpu_seconds() - start < 2


def test_a_condition_as_deep_as_may_be_runs_and_a_deeper_one_is_told_the_limit(check: Conditions) -> None:
    check([" + ".join(["share"] * (MOST_DEEP - 1)) + " > 1"])
    check(["members" + " / posts" * 4 + " > 1"])
    assert f"at most {MOST_DEEP} operators" in marked(check, " + ".join(["share"] * (MOST_DEEP + 1)) + " > 1")[1]


NAMED = {
    "floor(members / 2) = 1": ("floor", "there is no function `floor`"),
    "if(agreed, members, posts) = 1": ("if", "there is no function `if`"),
    "position('a' in name) = 1": ("position", "there is no function `position`"),
    "exists(select 1)": ("exists", "there is no function `exists`"),
    "name ~ 'q'": ("~", "`~` cannot be used"),
    "name collate nocase = 'a'": ("collate", "`collate` cannot be used"),
    "name ^ 'x' = 'ax'": ("^", "`^` cannot be used"),
    "name similar to 'x'": ("similar to", "`similar to` cannot be used"),
    "members // 2 = 1": ("//", "`//` cannot be used"),
    "members between symmetric 1 and 2": ("symmetric", "`symmetric` cannot be used"),
    "trim(leading name) = 'a'": ("name", "near `name`"),
    "trim(name, 'x') = 'a'": ("trim(name, 'x')", "`trim` takes one value"),
    "agreed is true": ("agreed is true", "write `coalesce(agreed, false)`"),
    "agreed is not true": ("agreed is not true", "write `not coalesce(agreed, false)`"),
    "agreed is false": ("agreed is false", "write `not coalesce(agreed, true)`"),
    "agreed is not false": ("agreed is not false", "write `coalesce(agreed, true)`"),
}


@pytest.mark.parametrize("text", NAMED)
def test_a_mistake_names_what_was_written_and_points_at_it(text: str, check: Conditions) -> None:
    at, said = marked(check, text)
    assert (at, NAMED[text][1] in said) == (NAMED[text][0], True), said


NULLS = ("members + null > 1", "-null > 1", "lower(null) = 'a'", "agreed and null", "not null", "members between null and 3")
NULLS += ("name like null", "null in (members)", "due + null > due", "case when null then agreed else checked end")


@pytest.mark.parametrize("text", NULLS)
def test_null_gets_the_same_help_everywhere(text: str, check: Conditions) -> None:
    assert "null is no value: `x is null` asks" in marked(check, text)[1]


def test_sqlglot_says_nothing_on_stderr(check: Conditions, capfd: pytest.CaptureFixture[str]) -> None:
    assert logging.getLogger("sqlglot").handlers
    logging.getLogger("sqlglot").warning("contains unsupported syntax")
    codes(check, "pivot x for")
    assert capfd.readouterr().err == ""


def chained(n: int, form: str, folder: Path) -> Sequence[str]:
    """The codes of the mistakes of a pack with so many facts, each made of the one before."""
    from logic_packs import write

    facts = ["fact x0 units: staff > 1"] + [f"fact x{at} units: {form.format(f'x{at - 1}')}" for at in range(1, n)]
    from lookback.packs.read import read_pack

    folder = write("\n".join([*facts, f"rule r1 units: require x{n - 1} otherwise make_up"]), folder / "pack")
    try:
        check_pack(read_pack(folder))
    except PackError as error:
        return [mistake.code for mistake in error.mistakes]
    return []


def test_a_hundred_facts_in_a_chain_run_and_are_proved(tmp_path: Path, lookback: object) -> None:
    assert chained(100, "not {} or agreed", tmp_path) == []
    (tmp_path / "units.csv").write_text("unit_id,staff,agreed\nU1,3,yes\nU2,,\n", "utf-8")
    assert lookback("check", tmp_path / "units.csv", "--pack", tmp_path / "pack", "-o", tmp_path / "review").code in (0, 3)  # type: ignore[operator]
    assert lookback("rules", "prove", "--timeout", "5", tmp_path / "pack").code in (0, 1)  # type: ignore[operator]


def test_too_many_facts_on_facts_are_refused(tmp_path: Path) -> None:
    assert chained(400, "not {}", tmp_path) == ["too-many-facts"]


# --------------------------------------------------------------------------------------------------------- what was wrong


FELL = (
    "min(coalesce(due, date '2005-09-29')) - min(coalesce(found_on, date '2005-09-29'))",
    "due > due + full_months(due, due + full_months(due, due + full_months(due, due)))",
    "members / posts / share / rate > 1",
    "(checked or agreed) in (members >= 0)",
    "coalesce(share, 0, 1) / (members - share) >= nullif(coalesce(share, share), 0.25 * posts)",
    "members / share >= nullif(members, 0.25 * posts)",
)


@pytest.mark.parametrize("text", FELL)
def test_what_fell_once_runs(text: str, check: Conditions) -> None:
    check([text])


def test_a_condition_in_a_list_of_one_is_one_part(check: Conditions) -> None:
    """`checked in (agreed or checked)` was asked as `checked = agreed or checked`."""
    pack = check_pack(check.pack_of({2: "checked in (agreed or not agreed)"}))
    assert 'checked" = ("agreed" OR (NOT "agreed"))' in pack.rules[0].atoms[0].text
    check(["checked in (members >= 0)"])


@pytest.mark.parametrize("line", [["explain", "\udcff"], ["rules", "show", "all-dealt-with", "x" * 300]])
def test_a_command_line_that_fell_once_is_refused(line: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    code, said = run_command(line)
    assert (code, "internal" in said) == (2, False), said
