"""What `rules check` accepts can be shown, tested, changed and run; what it refuses it refuses with a mistake at its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from logic_packs import write
from strategies import depths, many

from lookback.cli import main as cli
from lookback.words.errors import PackError

TEST = """
tests:
  - test: one issue
    given:
      units: [{unit_id: U1, staff: 9007199254740991, share: 0.5, report_on: 9999-12-30}]
      issues: [{issue_id: I1, unit_id: U1, deadline: 9999-12-31, found_on: 0001-01-01, complaints: -9007199254740991}]
    expect:
      units: [{unit_id: U1, verdict: pass}]
"""


def lookback(*arguments: str) -> bool:
    """A command ends without an error; whether the pack was one. Its own verdict may be anything."""
    result = CliRunner().invoke(cli.cli, list(arguments), standalone_mode=False)
    refused = isinstance(result.exception, PackError)
    assert refused or result.exception is None, (arguments, result.exception, result.output)
    return not refused and not (arguments[:2] == ("rules", "check") and result.return_value)


def goes_through(text: str, folder: Path, renamed: Mapping[str, str] | None = None, *, mutate: bool = True) -> bool:
    """A pack is accepted, and everything that looks into it or runs it comes to an end; or it is refused: whether it was
    accepted. `renamed` names fields otherwise."""
    pack = str(write(text, folder / "pack"))
    (folder / "pack" / "1-logic.test.yaml").write_text(TEST, "utf-8")
    (folder / "units.csv").write_text(
        "unit_id,name,staff,posts,share,agreed,report_on\nU1,ß,9007199254740991,-9007199254740991,0.1,yes,9999-12-31\n"
        "U2,a,1,0,0,no,0001-01-01\nU3,,,,,,\n",
        "utf-8",
    )
    (folder / "issues.csv").write_text(
        "issue_id,unit_id,found_on,deadline,cost,complaints,urgent\nI1,U1,9999-12-31,0001-01-01,1e15,9007199254740991,yes\n"
        "I2,U1,2005-09-30,9999-12-31,-1e15,9007199254740991,no\nI3,U2,,,,,\n",
        "utf-8",
    )
    for file in (*(folder / "pack").iterdir(), folder / "units.csv", folder / "issues.csv") if renamed else ():
        found = re.compile(rf"\b({'|'.join(renamed)})\b")
        file.write_text(found.sub(lambda match: renamed[match[0]], file.read_text("utf-8")), "utf-8")
    if not lookback("rules", "check", pack):
        return False
    for line in text.strip().splitlines():
        if line.startswith("rule "):
            assert lookback("rules", "show", line.split()[1], pack)
    assert not mutate or all(lookback("rules", "test", pack, option) for option in ("--coverage", "--mutate"))
    assert lookback("check", str(folder / "units.csv"), str(folder / "issues.csv"), "--pack", pack, "-o", str(folder / "review"))
    return True


@pytest.mark.parametrize(
    "require",
    [
        pytest.param("deadline < date '9999-12-31'", id="the-last-day"),
        pytest.param("deadline > date '0001-01-01'", id="the-first-day"),
        pytest.param("deadline + interval 1 year > found_on", id="beyond-the-last-year"),
        pytest.param("deadline - interval 1 day > found_on", id="before-the-first-year"),
        pytest.param("deadline + 1000000 > found_on", id="beyond-the-last-day"),
        pytest.param("deadline - complaints > found_on", id="days-beyond-all-days"),
    ],
)
def test_a_rule_at_the_ends_of_the_calendar_runs(require: str, tmp_path: Path) -> None:
    assert goes_through(f"rule in-time issues: require {require} otherwise make_up", tmp_path)


WORDS = {"deadline": "on", "found_on": "comment", "complaints": "set", "urgent": "begin", "cost": "desc"}
WORDS |= {"staff": "grant", "posts": "drop"}


def test_a_field_may_be_called_by_a_word_of_sql(tmp_path: Path) -> None:
    pack = """
fact late units<issues: count(*) filter (where deadline is not null and deadline < :as_of)
fact most units<issues: max(coalesce(cost, 0))
rule in-time issues: when urgent require deadline < found_on and complaints in (1, 2) or cost > units.staff otherwise make_up
rule dealt-with units: when staff - posts > 3 require late <= posts and most < staff otherwise make_up
"""
    assert goes_through(pack.strip(), tmp_path, WORDS)


def test_days_beyond_the_calendar_are_days_like_others_but_for_results(tmp_path: Path) -> None:
    pack = """
fact next units: report_on + interval 1 year
fact later units: next + interval 1 day
rule in-order units: require next > report_on and later > next and date_diff('day', next, later) = 1 otherwise make_up
"""
    assert goes_through(pack.strip(), tmp_path)
    rows = {row["unit_id"]: row for row in pq.read_table(tmp_path / "review" / "verdicts.parquet").to_pylist()}
    assert [rows["U1"][name] for name in ("next", "later", "verdict")] == [None, None, "pass"]


def test_whole_numbers_that_no_engine_can_hold_are_blank(tmp_path: Path) -> None:
    """Each fact is twice the one before it: from the eleventh on, the largest staff there may be is too large for 64 bits."""
    pack = ["fact of_issues units<issues: sum(coalesce(complaints, 0)) + sum(coalesce(complaints, 0))", "fact x0 units: staff"]
    pack += [f"fact x{n} units: x{n - 1} + x{n - 1}" for n in range(1, 15)]
    pack.append("rule small units: require x14 - of_issues < 3 or x14 + x14 + x14 > 0 otherwise make_up")
    assert goes_through("\n".join(pack), tmp_path, mutate=False)
    rows = {row["unit_id"]: row for row in pq.read_table(tmp_path / "review" / "verdicts.parquet").to_pylist()}
    assert [rows["U1"][f"x{n}"] for n in range(8, 15)] == [(2**53 - 1) * 2**n if n < 11 else None for n in range(8, 15)]
    assert rows["U2"]["x14"] == 2**14
    assert rows["U1"]["of_issues"] == 2 * (2**53 - 1) * 2


DATES = (
    "2005-09-30",
    "20050930",
    "2005-W39-5",
    "9999-12-31",
    "0001-01-01",
    "2004-02-30",
    "10000-01-01",
    "2005-9-3",
    "0000-12-31",
)
NUMBERS = ("0", "3", "0.1", str(2**53), str(2**53 + 1), str(10**30), "1e15", "1e400")
AMOUNTS = ("1 day", "90 days", "52000 days", "143000 weeks", "32767 months", "2700 years", "900000 years", "1000000000000 days")
FORMS = (
    "{} + {}",
    "{} - {}",
    "{} * {}",
    "{} / {}",
    "-{}",
    "abs({})",
    "round({} * {}, 15)",
    "coalesce({}, {})",
    "greatest({}, {})",
)
FORMS += (
    "nullif({}, {})",
    "case when {} > {} then {} end",
    "full_months({}, {})",
    "year({})",
    "least({}, {})",
    "{} in ({}, {})",
)
MOVED = ("{} + {}", "{} - {}", "{} - interval {}", "{} + interval {}", "{} + interval {} - interval {}")
ROWS_BELOW = ("sum(coalesce({}, 0))", "max({}) filter (where {} is not null)", "avg(coalesce({}, 0))", "count(distinct {})")


@st.composite
def unusual(draw: st.DrawFn) -> str:
    """A pack at the ends of what can be written: chains of facts, each worked out of the ones before."""
    whole, dates, facts = ["staff", "posts", "share"], ["report_on"], []

    def filled(form: str, *parts: st.SearchStrategy[str]) -> str:
        return form.format(*(draw(parts[min(i, len(parts) - 1)]) for i in range(form.count("{}"))))

    for at in range(draw(st.integers(2, 12))):
        name, numbers = f"x{at}", st.sampled_from(whole) | st.sampled_from((*whole, *NUMBERS))
        days = st.sampled_from(dates) | st.sampled_from(DATES).map("date '{}'".format)
        match draw(st.sampled_from(("reckoned", "reckoned", "moved", "below"))):
            case "reckoned":
                form = draw(st.sampled_from(FORMS))
                text = filled(form, days if form.startswith(("date", "year")) else numbers)
                whole.append(name)
            case "moved":
                form = draw(st.sampled_from(MOVED))
                text = filled(form, days, st.sampled_from(AMOUNTS) if "interval" in form else numbers)
                dates.append(name)
            case _:
                field = draw(st.sampled_from(("complaints", "cost", "deadline")))
                text = draw(st.sampled_from(ROWS_BELOW)).replace("{}", field)
                (dates if field == "deadline" and text.startswith("max") else whole).append(name)
        facts.append(
            f"fact {name} units{'<issues' if '(where' in text or text.startswith(('sum', 'avg', 'count')) else ''}: {text}"
        )
    left, right = draw(st.sampled_from((whole, dates))), st.sampled_from(DATES).map("date '{}'".format)
    compared = draw(right) if left is dates else draw(st.sampled_from(NUMBERS))
    facts.append(f"rule at-the-end units: require {draw(st.sampled_from(left))} < {compared} otherwise make_up")
    return "\n".join(facts)


SOME_WORDS = (
    "on",
    "from",
    "comment",
    "grant",
    "drop",
    "set",
    "begin",
    "desc",
    "any",
    "select",
    "table",
    "values",
    "order",
    "group",
)


@depths(8, 400)
def test_what_is_accepted_runs_and_what_is_not_is_refused(folders: Callable[[], Path], examples: int) -> None:
    accepted = []

    @many(examples)
    @given(
        unusual(), st.dictionaries(st.sampled_from(("staff", "report_on", "complaints")), st.sampled_from(SOME_WORDS), max_size=1)
    )
    def holds(pack: str, renamed: dict[str, str]) -> None:
        accepted.append(goes_through(pack, folders(), renamed, mutate=False))

    holds()
    assert set(accepted) == {True, False}
