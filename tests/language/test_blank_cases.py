"""A `case` says what a blank counts as: no condition of its that may be blank decides as if it were false."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
from builders import checked, pack_of
from hypothesis import example, given
from hypothesis import strategies as st
from reference import Group, Interpreter, Pack, Row, Value
from sqlglot import exp
from strategies import OUTCOMES, depths, many, table_of
from test_operators import scope_of, typed

from lookback.language.atoms import blank_cases
from lookback.words.errors import PackError

FIELDS = {"members": "integer", "posts": "integer", "agreed": "boolean"}
TABLES = {"units": table_of("units", FIELDS)}
PLAIN = ("members > 1", "members is null", "members is not null", "posts = 2", "posts is null", "posts is not null")
PLAIN += ("agreed", "agreed is null", "members = posts", "coalesce(members, 1) > 1", "coalesce(posts = 2, true)", "true")


def joined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds("({} {} {})".format, inner, st.sampled_from(("and", "or")), inner) | inner.map("not ({})".format)


CONDITIONS = st.recursive(st.sampled_from(PLAIN), joined, max_leaves=3)


def case(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    branches = st.lists(st.builds("when {} then {}".format, CONDITIONS, values), min_size=1, max_size=3).map(" ".join)
    return st.builds("case {}{} end".format, branches, values.map(" else {}".format) | st.just(""))


CASES = case(st.recursive(st.sampled_from(("0", "1", "2", "members", "null")), lambda inner: case(inner), max_leaves=3))
TESTS = CASES.map("({} >= 1)".format) | CASES.map("(coalesce({}, 1) >= 1)".format)
"""Conditions that rest on a `case`."""


def told(text: str) -> list[str]:
    """The conditions in a text of which is told that they do not say what a blank counts as."""
    found = blank_cases(typed(text, scope_of(FIELDS)), scope_of(FIELDS).columns)
    return [str(condition.meta.get("written") or condition.sql()) for condition, _ in found]


class Careful(Interpreter):
    """A `case` whose condition is blank is blank, where its branches differ from there on."""

    def case(self, node: exp.Case, scope: Row | Group) -> Value:
        branches = node.args["ifs"]
        values = [*(branch.args["true"] for branch in branches), node.args.get("default") or exp.null()]
        for i, branch in enumerate(branches):
            test = self.evaluate(branch.this, scope)
            if test is None and len(set(values[i:])) > 1:
                return None
            if test is True:
                return self.evaluate(values[i], scope)
        return self.evaluate(values[-1], scope)


@depths(80, 3_000)
def test_in_what_is_accepted_no_blank_goes_on_as_if_it_were_false(examples: int) -> None:
    values: list[list[Any]] = [[None, 1, 2], [None, 1, 2], [None, True, False]]
    records = {
        "units": [{"unit_id": at} | dict(zip(FIELDS, each, strict=True)) for at, each in enumerate(itertools.product(*values))]
    }
    pack, accepted = Pack({}, [{"outcome": o} for o in OUTCOMES], TABLES, [], []), 0
    plain, careful = Interpreter(pack, records, {}), Careful(pack, records, {})

    @many(examples)
    @given(TESTS | st.builds("({} {} {})".format, CONDITIONS, st.sampled_from(("and", "or")), TESTS))
    @example("(members is not null and (case when members > 1 then 1 else 0 end >= 1))")
    @example("(members is null or (case when members > 1 then 1 else 0 end >= 1))")
    def holds(text: str) -> None:
        nonlocal accepted
        if told(text):
            return
        accepted += 1
        for at in range(len(records["units"])):
            assert careful.condition(text, Row("units", at)) is plain.condition(text, Row("units", at))

    holds()
    assert accepted > examples / 10


@pytest.mark.parametrize(
    "text",
    [
        "case when members is null then 0 when members > 1 then 1 else 2 end",
        "case when members is null or posts is null then 0 when members > posts then 1 else 2 end",
        "case when not (members is not null) then 0 when members > 1 then 1 else 2 end",
        "case when members is not null and members > 1 then 1 else 2 end",
        "case when coalesce(members > 1, false) then 1 else 2 end",
        "case when members > 1 then 1 else 1 end",
        "case when members > 1 then 1 end",
        "case when members is null then 0 else case when members > 1 then 1 else 2 end end",
        "case when members is not null then case when members > 1 then 1 else 2 end else 3 end",
    ],
)
def test_a_case_that_says_it_is_accepted(text: str) -> None:
    assert told(text) == []


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("case when members > 1 then 1 else 2 end", ["members > 1"]),
        ("case when posts is null then 0 when members > 1 then 1 else 2 end", ["members > 1"]),
        ("case when members > 1 then 1 when members is null then 0 else 2 end", ["members > 1"]),
        ("case when members is null and posts is null then 0 when members > 1 then 1 else 2 end", ["members > 1"]),
        ("case when members > 1 then 1 when posts > 1 then 2 end", ["members > 1"]),
        ("case when members is null then 0 else case when posts > 1 then 1 else 2 end end", ["posts > 1"]),
    ],
)
def test_a_case_that_does_not_say_it_is_refused(text: str, because: list[str]) -> None:
    assert told(text) == because


@pytest.mark.parametrize(("freed", "named"), [("members", "units.members"), ("units.members", "members")])
def test_a_field_of_the_parent_is_another_than_its_own_of_the_same_name(freed: str, named: str, tmp_path: Path) -> None:
    tables = {table: table_of(table, FIELDS) for table in ("units", "issues")}
    facts = [
        {"fact": "size", "of": "issues", "value": f"case when {freed} is null then 0 when {name} > 1 then 1 else 2 end"}
        for name in (freed, named)
    ]
    rules = [{"rule": "sized", "for": "issues", "require": "size > 0"}]
    assert [f.id for f in checked(tmp_path / "sound", pack_of(tables, rules, facts[:1])).facts] == ["size"]
    with pytest.raises(PackError) as refused:
        checked(tmp_path / "pack", pack_of(tables, rules, facts[1:]))
    assert [(mistake.code, mistake.args["text"]) for mistake in refused.value.mistakes] == [("blank-in-case", f"{named} > 1")]
