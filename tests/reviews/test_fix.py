"""`lookback fix`: its changes held against trying everything out with the reference interpreter; bounds, alternatives, what
hinders; the ranking of a whole review against each of its units; errors."""

from __future__ import annotations

import datetime
import functools
import itertools
import json
import multiprocessing
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import builders
import pytest
import reference
import z3
from builders import checked
from hypothesis import given
from hypothesis import strategies as st
from reference import Pack
from screen import ROOT, Folders, Golden, Lookback, cpu_seconds, process
from strategies import DOMAINS, PARAMS, Name, Scope, condition, depths, many, table_of

import lookback
from lookback.judging.trial import Trial
from lookback.packs.checked import CheckedPack
from lookback.reviews.fix import MOST_TOGETHER, Change, Fix, Way, fix
from lookback.reviews.fix_all import Ranked, fix_all
from lookback.reviews.folder import one_unit, open_review
from lookback.words import say
from lookback.writers.fix import as_json, as_text, written

OUTCOMES = ("pass", "explain", "make_up")
Records = dict[str, list[dict[str, Any]]]


# ------------------------------------------------------------------------------------------ against trying everything out

UNIT = {"a": "boolean", "b": "boolean", "c": "choice"}
ISSUE = {"x": "boolean", "y": "choice"}
VALUES: dict[str, Sequence[Any]] = {"boolean": (True, False), "choice": ("alpha", "beta", "gamma")}
COUNTED = {
    "fact": "bad",
    "of": "units",
    "from": "issues",
    "title": {"en": "bad"},
    "value": "count(*) filter (where verdict = 'make_up')",
}


def names(fields: Mapping[str, str], prefix: str = "") -> tuple[Name, ...]:
    return tuple(Name(prefix + name, type_) for name, type_ in fields.items())


def pack_of(
    rules: Sequence[Mapping[str, Any]],
    facts: Sequence[Mapping[str, Any]] = (),
    units: Mapping[str, str] = UNIT,
    issues: Mapping[str, str] = ISSUE,
    fixed: Sequence[str] = (),
    by: Mapping[str, str] | None = None,
) -> Pack:
    """A pack of units and issues. `fixed`: fields that cannot be changed, as `units.a`; `by`: who may change others."""
    tables = {"units": table_of("units", dict(units)), "issues": table_of("issues", dict(issues))}
    for name in fixed:
        table, field = name.split(".")
        tables[table]["fields"][field]["fixed"] = True
    for name, who in (by or {}).items():
        table, field = name.split(".")
        tables[table]["fields"][field]["by"] = who
    return builders.pack_of(tables, rules, facts, {"as_of": {"type": "date", "default": datetime.date(2005, 9, 30)}})


@st.composite
def small_packs(draw: st.DrawFn) -> Pack:
    """One to three rules for units and up to two for issues, whose verdicts a unit rule counts with an allowed number."""

    def rule(number: int, table: str, scope: Scope) -> dict[str, Any]:
        found = {"rule": f"rule-{number}", "for": table, "require": draw(condition(scope, 3, depth=0))}
        if draw(st.booleans()):
            found["when"] = draw(condition(scope, 2, depth=0))
        found["otherwise"] = draw(st.sampled_from(OUTCOMES[1:]))
        if draw(st.integers(0, 2)) == 0:
            found["unknown"] = draw(st.sampled_from(OUTCOMES))
        return found

    rules = [rule(n, "issues", Scope((*names(ISSUE), *names(UNIT, "units.")))) for n in range(draw(st.integers(0, 2)))]
    rules += [rule(5 + n, "units", Scope(names(UNIT))) for n in range(draw(st.integers(1, 2)))]
    rules.append({"rule": "counting", "for": "units", "require": f"bad <= {draw(st.integers(0, 1))}"})
    fields = [f"units.{name}" for name in UNIT] + [f"issues.{name}" for name in ISSUE]
    fixed = draw(st.lists(st.sampled_from(fields), unique=True, max_size=2))
    return pack_of(rules, [COUNTED | {"value": "count(*) filter (where verdict <> 'pass')"}], fixed=fixed)


@st.composite
def small_records(draw: st.DrawFn) -> Records:
    def row(fields: Mapping[str, str]) -> dict[str, Any]:
        return {name: draw(st.sampled_from((None, *VALUES[type_]))) for name, type_ in fields.items()}

    issues = [{"issue_id": f"I{n}", "unit_id": "U1"} | row(ISSUE) for n in range(draw(st.integers(0, 2)))]
    return {"units": [{"unit_id": "U1"} | row(UNIT)], "issues": issues}


def verdict(pack: Pack, records: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    return reference.judge(pack, records).records["units"]["U1"].verdict


Cell = tuple[str, int, str]


def free_cells(pack: Pack, records: Records) -> list[Cell]:
    keys = ("unit_id", "issue_id")
    return [
        (table, at, name)
        for table, rows in records.items()
        for at in range(len(rows))
        for name, field in pack.tables[table]["fields"].items()
        if name not in keys and not field.get("fixed")
    ]


def with_values(records: Records, values: Mapping[Cell, Any]) -> Records:
    changed = {table: [dict(row) for row in rows] for table, rows in records.items()}
    for (table, at, name), value in values.items():
        changed[table][at][name] = value
    return changed


def smallest(pack: Pack, records: Records, target: str) -> tuple[int, int, set[frozenset[Cell]]] | None:
    """The least number of changes that reach a target, how many of them alter at least, and all sets of that number."""
    cells = free_cells(pack, records)
    wanted = set(OUTCOMES[: OUTCOMES.index(target) + 1])
    for size in range(1, len(cells) + 1):
        found = set()
        for chosen in itertools.combinations(cells, size):
            now = [records[table][at][name] for table, at, name in chosen]
            others = [
                [v for v in VALUES[pack.tables[table]["fields"][name]["type"]] if v != value]
                for (table, _, name), value in zip(chosen, now, strict=True)
            ]
            for values in itertools.product(*others):
                if verdict(pack, with_values(records, dict(zip(chosen, values, strict=True)))) in wanted:
                    found.add(frozenset(chosen))
                    break
        if found:
            return size, min(sum(records[t][at][n] is not None for t, at, n in one) for one in found), found
    return None


def cell_of(records: Records, change: Change) -> Cell:
    key = "unit_id" if change.table == "units" else "issue_id"
    return change.table, next(i for i, row in enumerate(records[change.table]) if row[key] == change.record), change.field


@pytest.mark.long
@depths(8, 2500)
def test_no_fewer_changes_would_do(folders: Folders, examples: int) -> None:
    @many(examples)
    @given(small_packs(), small_records(), st.sampled_from(("pass", "pass", "explain")))
    def holds(pack: Pack, records: Records, target: str) -> None:
        found = fix(checked(folders(), pack), records, target)
        wanted = set(OUTCOMES[: OUTCOMES.index(target) + 1])
        assert found.verdict == verdict(pack, records)
        if found.verdict in wanted:
            assert not found.ways
            return
        best = smallest(pack, records, target)
        ways = [way for way in found.ways if not any(change.added for change in way.changes)]
        assert bool(ways) == (best is not None)
        assert bool(found.ways) != bool(found.hindered)
        if best is None:
            for way in found.ways:
                assert way.verdict in wanted
            return
        size, altered, _ = best
        assert len(ways[0].changes) == size
        assert sum(change.before is not None for change in ways[0].changes) == altered
        sets = []
        for way in ways:
            values = {cell_of(records, change): change.after for change in way.changes}
            assert len(values) == len(way.changes)
            assert set(values) <= set(free_cells(pack, records))
            assert None not in values.values()
            assert way.verdict == verdict(pack, with_values(records, values))
            assert way.verdict in wanted
            sets.append(frozenset(values))
            for change in way.changes:
                assert change.before == records[change.table][cell_of(records, change)[1]][change.field] != change.after
                for other in change.others:
                    tried = values | {cell_of(records, change): other}
                    assert verdict(pack, with_values(records, tried)) in wanted, (change, other)
        assert list(map(len, sets)) == sorted(map(len, sets))
        assert not any(one <= other for one, other in itertools.permutations(sets, 2))

    holds()


# ----------------------------------------------------------------------------------------------------- values and bounds

WIDE = {
    "members": "integer",
    "posts": "integer",
    "rate": "number",
    "due_on": "date",
    "found_on": "date",
    "agreed": "boolean",
    "kind": "choice",
    "name": "text",
}


def wide(require: str, when: str | None = None, **options: Any) -> Pack:
    rule = {"rule": "the-rule", "for": "units", "require": require} | ({"when": when} if when else {})
    return pack_of([rule], units=WIDE, **options)


def one_record(**values: Any) -> Records:
    return {"units": [{"unit_id": "U1", **dict.fromkeys(WIDE), **values}], "issues": []}


def day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


# requirement, what is there, what is to be changed: (field, value, how)
BOUNDS: dict[str, tuple[str, dict[str, Any], set[tuple[str, Any, str]]]] = {
    "at least a number": ("members >= 5", {"members": 2}, {("members", 5, "at-least")}),
    "more than a number": ("members > 5", {}, {("members", 6, "at-least")}),
    "at most a number": ("members <= 5", {"members": 9}, {("members", 5, "at-most")}),
    "at most, where it is blank": ("members <= 5", {}, {("members", 0, "such-as")}),
    "exactly a number": ("members = 5", {"members": 9}, {("members", 5, "exactly")}),
    "a span of numbers": ("members between 5 and 10", {"members": 2}, {("members", 5, "such-as")}),
    "one of two numbers beside each other": ("members in (5, 6)", {"members": 2}, {("members", 5, "such-as")}),
    "not a number": ("members <> 5", {"members": 5}, {("members", 6, "at-least")}),
    "not only upwards": ("members >= 5 or members <= 1", {"members": 4}, {("members", 5, "at-least")}),
    "at least a fraction": ("rate >= 0.25", {"rate": Decimal("0.1")}, {("rate", Decimal("0.25"), "at-least")}),
    "more than a fraction": ("rate > 0.25", {"rate": Decimal("0.1")}, {("rate", Decimal("0.26"), "at-least")}),
    "less than a fraction": ("rate < 0.25", {"rate": Decimal("0.9")}, {("rate", Decimal("0.24"), "at-most")}),
    "as many as another field says": ("members >= posts", {"members": 1, "posts": 4}, {("members", 4, "at-least")}),
    "a day or later": ("due_on >= :as_of", {"due_on": day("2005-01-01")}, {("due_on", day("2005-09-30"), "at-least")}),
    "a day or earlier": ("due_on < :as_of", {"due_on": day("2006-01-01")}, {("due_on", day("2005-09-29"), "at-most")}),
    "a day within ninety of another": (
        "due_on <= found_on + interval 90 days",
        {"due_on": day("2005-12-31"), "found_on": day("2005-01-01")},
        {("due_on", day("2005-04-01"), "at-most")},
    ),
    "a span of days": (
        "due_on >= :as_of and due_on <= :as_of + interval 10 days",
        {"due_on": day("2005-01-01")},
        {("due_on", day("2005-09-30"), "such-as")},
    ),
    "any text": ("name is not null", {}, {("name", "…", "any")}),
    "one text": ("name = 'o''b'", {"name": "a"}, {("name", "o'b", "exactly")}),
    "another text": ("name <> 'a'", {"name": "a"}, {("name", "…", "any")}),
    "a choice": ("kind = 'beta'", {"kind": "alpha"}, {("kind", "beta", "exactly")}),
    "one of two choices": ("kind in ('beta', 'gamma')", {"kind": "alpha"}, {("kind", "beta", "one-of")}),
    "yes": ("agreed", {"agreed": False}, {("agreed", True, "exactly")}),
}


@pytest.mark.parametrize("what", BOUNDS)
def test_a_value_is_the_nearest_that_will_do(tmp_path: Path, what: str) -> None:
    require, values, expected = BOUNDS[what]
    pack = wide(require, fixed=["units.posts", "units.found_on"])
    records = one_record(**values)
    found = fix(checked(tmp_path, pack), records, "pass")
    [way, *_] = found.ways
    assert {(change.field, change.after, change.how) for change in way.changes} == expected
    assert found.least
    bounds_hold(pack, records, way)


def bounds_hold(pack: Pack, records: Records, way: Way) -> None:
    """Assert that "or more" and "or less" are true of the bound and what lies far beyond it, and false a step before it."""
    rows = {change.field: change.after for change in way.changes}
    for change in way.changes:
        if change.how not in ("at-least", "at-most"):
            continue
        step: Any = (
            datetime.timedelta(1)
            if isinstance(change.after, datetime.date)
            else Decimal("0.01")
            if isinstance(change.after, Decimal)
            else 1
        )
        sign = 1 if change.how == "at-least" else -1
        for by, good in ((0, True), (1, True), (3, True), (50, True), (1000, True), (-1, False)):
            after: Any = change.after
            tried = rows | {change.field: after + sign * by * step}
            reached = verdict(pack, with_values(records, {("units", 0, name): value for name, value in tried.items()})) == "pass"
            assert reached is good, (change, tried)


TOGETHER = {
    "a difference": ("members - posts >= 5", {}),
    "one no more than the other": ("members <= posts and members >= 3", {}),
    "a sum": ("members + posts = 10", {}),
    "a day after another": ("due_on > found_on", {}),
    "equal choices": ("kind = 'beta' and agreed or kind = 'gamma' and not agreed", {}),
}


@pytest.mark.parametrize("what", TOGETHER)
def test_what_is_told_of_one_value_is_true_with_the_others_as_they_are_told(tmp_path: Path, what: str) -> None:
    require, values = TOGETHER[what]
    pack, records = wide(require), one_record(**values)
    for way in fix(checked(tmp_path, pack), records, "pass").ways:
        bounds_hold(pack, records, way)
        rows = {("units", 0, change.field): change.after for change in way.changes}
        for change in way.changes:
            for other in change.others:
                assert verdict(pack, with_values(records, rows | {("units", 0, change.field): other})) == "pass"


# ------------------------------------------------------------------------------------------------- whatever is offered, whole


def offered(change: Change) -> list[Any]:
    """Values that a change offers: all of a few, of many those at the bound, beside it and far beyond."""
    sign = {"at-least": 1, "at-most": -1}.get(change.how)
    if change.how == "any":
        return [change.after, "xyzzy"]
    if sign is None:
        return [change.after, *change.others]
    if isinstance(change.after, datetime.date):
        return [change.after + datetime.timedelta(sign * by) for by in (0, 1, 400)]
    step = 0.01 if isinstance(change.after, float) else 1
    return [change.after + sign * by * step for by in (0, 1, 400)]


def every_combination_holds(pack: CheckedPack, records: Records, found: Fix) -> None:
    """Assert that the engine agrees with every combination of values that a way offers; of very many with the first of them."""
    trial = Trial(pack, "reference")
    wanted = pack.outcomes[: pack.outcomes.index(found.target) + 1]
    for way in found.ways:
        combinations = itertools.product(*map(offered, way.changes))
        for values in itertools.islice(combinations, 60):
            changed = {t: [{**dict.fromkeys(pack.tables[t].fields), **row} for row in rows] for t, rows in records.items()}
            for change, value in zip(way.changes, values, strict=True):
                key = pack.tables[change.table].key
                if change.added and not any(row[key] == change.record for row in changed[change.table]):
                    new = dict.fromkeys(pack.tables[change.table].fields) | {key: change.record}
                    changed[change.table].append(new | {"unit_id": "U1"})
                next(row for row in changed[change.table] if row[key] == change.record)[change.field] = value
            assert trial.judge(changed)["units", "U1"].verdict in wanted, (way, values)


@pytest.mark.long
@depths(4, 1500)
def test_every_combination_that_is_offered_gives_what_it_promises(folders: Folders, examples: int) -> None:
    @many(examples)
    @given(small_packs(), small_records(), st.sampled_from(("pass", "pass", "explain")))
    def holds(pack: Pack, records: Records, target: str) -> None:
        sound = checked(folders(), pack)
        every_combination_holds(sound, records, fix(sound, records, target))

    holds()


@st.composite
def units_packs(draw: st.DrawFn) -> tuple[Pack, Records]:
    """Up to three rules over fields of every type, as random packs have them, and one record."""
    rules = [
        {"rule": f"rule-{n}", "for": "units", "require": draw(condition(Scope(names(WIDE)), 4, depth=1))}
        for n in range(draw(st.integers(1, 3)))
    ]
    values = {name: draw(st.sampled_from((None, None, *DOMAINS[type_]))) for name, type_ in WIDE.items()}
    params = PARAMS | {"as_of": {"type": "date", "default": day("2005-09-30")}}
    tables = {"units": table_of("units", WIDE), "issues": table_of("issues", ISSUE)}
    return builders.pack_of(tables, rules, (), params), one_record(**values)


@pytest.mark.long
@depths(5, 1500)
def test_every_combination_of_values_of_any_type_gives_what_it_promises(folders: Folders, examples: int) -> None:
    @many(examples)
    @given(units_packs())
    def holds(drawn: tuple[Pack, Records]) -> None:
        pack, records = drawn
        sound = checked(folders(), pack)
        every_combination_holds(sound, records, fix(sound, records, "pass"))

    holds()


def test_of_two_of_which_one_has_to_be_true_only_one_is_free(tmp_path: Path) -> None:
    """The first is `a or b`, the second that both are filled in: false and false is not offered."""
    rules = [
        {"rule": "one", "for": "units", "require": "a or b"},
        {"rule": "two", "for": "units", "require": "a is not null and b is not null"},
    ]
    pack = checked(tmp_path, pack_of(rules))
    records: Records = {"units": [{"unit_id": "U1", "a": None, "b": None, "c": None}], "issues": []}
    found = fix(pack, records, "pass")
    [way] = found.ways
    assert sorted((change.after, change.how, change.others) for change in way.changes) == [
        (True, "exactly", ()),
        (True, "one-of", (False,)),
    ]
    every_combination_holds(pack, records, found)
    for lang, yes, no in (("en", "true", "false"), ("zh", "是", "否")):
        text = as_text(found, pack, records["units"][0], lang)
        assert "False" not in text
        assert "True" not in text
        assert yes in text
        assert no in text
    [told] = json.loads(as_json(found, "U1"))["ways"]
    assert sorted((one["after"], one["others"]) for one in told["changes"]) == [(True, []), (True, [False])]


def test_of_two_numbers_that_add_up_what_is_free_is_so_whatever_the_other_is(tmp_path: Path) -> None:
    pack = checked(tmp_path, wide("members + posts >= 10 and members - posts <= 2"))
    records = one_record()
    found = fix(pack, records, "pass")
    assert found.ways
    every_combination_holds(pack, records, found)


# ------------------------------------------------------------------------------------------------------ what makes no sense


def money(require: str, rules: Sequence[Any] = (), facts: Sequence[Any] = (), **limits: Any) -> Pack:
    """Issues with an amount, of which the unit's rule looks at the sum."""
    total = {"fact": "total", "of": "units", "from": "issues", "value": "sum(coalesce(amount, 0))"}
    the_rule = {"rule": "the-rule", "for": "units", "require": require}
    pack = pack_of([*rules, the_rule], [total, *facts], issues={"amount": "integer"})
    pack.tables["issues"]["fields"]["amount"] |= limits
    return pack


def amounts(*values: int | None) -> Records:
    issues = [{"issue_id": f"I{n}", "unit_id": "U1", "amount": value} for n, value in enumerate(values)]
    return {"units": [{"unit_id": "U1", "a": None, "b": None, "c": None}], "issues": issues}


@pytest.mark.parametrize("limits", [{}, {"least": 0}], ids=["unsaid", "least"])
def test_no_amount_becomes_negative_to_make_up_for_others(tmp_path: Path, limits: dict[str, Any]) -> None:
    pack, records = checked(tmp_path, money("total <= 1000", **limits)), amounts(120_000, None, 1_000)
    found = fix(pack, records, "pass")
    assert [[(c.record, c.after, c.how) for c in way.changes] for way in found.ways] == [[("I0", 0, "at-most")]]
    records = amounts(120_000, None, 2_000)
    for way in fix(pack, records, "pass").ways:
        assert min(change.after for change in way.changes) >= 0
        assert {change.record for change in way.changes} == {"I0", "I2"}


def test_an_amount_becomes_negative_only_where_nothing_else_will_do(tmp_path: Path) -> None:
    records = amounts(5, None)
    found = fix(checked(tmp_path / "unsaid", money("total < 0")), records, "pass")
    assert {change.after for change in found.ways[0].changes} == {-6}
    found = fix(checked(tmp_path / "least", money("total < 0", least=0)), records, "pass")
    assert (found.ways, found.hindered) == ((), ("the-rule",))
    found = fix(checked(tmp_path / "lower", money("total < 0", least=-100)), records, "pass")
    assert {change.after for change in found.ways[0].changes} == {-6}


def test_a_value_stays_within_the_limits_of_its_field(tmp_path: Path) -> None:
    def bounded(folder: str, require: str, **limits: Any) -> Fix:
        pack = wide(require)
        for name, ends in limits.items():
            pack.tables["units"]["fields"][name] |= ends
        return fix(checked(tmp_path / folder, pack), one_record(members=50), "pass")

    def told(found: Fix) -> list[set[tuple[str, Any]]]:
        return [{(change.field, change.after) for change in way.changes} for way in found.ways]

    span = {"least": 10, "most": 20}
    assert told(bounded("nearest", "members < 50", members=span)) == [{("members", 20)}]
    assert told(bounded("blank", "posts is not null", posts=span)) == [{("posts", 10)}]
    assert told(bounded("two", "members + posts = 25", members=span, posts={"most": 9})) == [{("members", 20), ("posts", 5)}]
    assert told(bounded("none", "posts > 20", posts=span)) == []
    assert told(bounded("what is there", "members = 50 and posts = 15", members=span, posts=span)) == [{("posts", 15)}]
    dates = {"least": day("2005-01-01"), "most": day("2005-06-30")}
    assert told(bounded("day", "due_on is not null", due_on=dates)) == [{("due_on", day("2005-06-30"))}]


def test_filling_in_comes_before_changing_and_few_before_many(tmp_path: Path) -> None:
    rules = [{"rule": "one", "for": "units", "require": "a or b or c = 'beta' and agreed and checked"}]
    pack = pack_of(rules, units=UNIT | {"agreed": "boolean", "checked": "boolean"})
    records = {"units": [{"unit_id": "U1", "a": False, "b": None, "c": "alpha", "agreed": None, "checked": None}], "issues": []}
    found = fix(checked(tmp_path, pack), records, "pass")
    assert [sorted(change.field for change in way.changes) for way in found.ways] == [["b"], ["a"]]


@pytest.mark.parametrize("asked_before", [0, 1, 40])
def test_equal_ways_are_told_in_the_order_of_records_whatever_z3_was_asked_before(tmp_path: Path, asked_before: int) -> None:
    terms = [z3.Int(name) > n for n in range(asked_before) for name in ("issues5.amount", "units0.a", "other")]
    assert z3.Solver().check(*terms) == z3.sat
    found = fix(checked(tmp_path, money("total <= 70")), amounts(*[10] * 9), "pass")
    assert [[c.record for c in way.changes] for way in found.ways] == [["I0", "I1"], ["I0", "I2"], ["I0", "I3"]]


def test_a_way_is_found_where_many_amounts_are_rounded(tmp_path: Path) -> None:
    right = {"rule": "right", "for": "issues", "require": "abs(tax - round(net * 0.19, 2)) <= 0.01"}
    of = {"of": "units", "from": "issues"}
    facts = [
        {**of, "fact": "wrong", "value": "count(*) filter (where not met('right'))"},
        {**of, "fact": "spent", "value": "coalesce(sum(coalesce(net, 0) + coalesce(tax, 0)), 0)"},
        {**of, "fact": "travel", "value": "coalesce(sum(coalesce(net, 0)) filter (where coalesce(y, 'alpha') = 'alpha'), 0)"},
    ]
    asked = {"none-wrong": "wrong = 0", "not-too-much": "spent <= 500", "share": "travel / spent <= 0.333333"}
    rules = [right, *({"rule": name, "for": "units", "require": text} for name, text in asked.items())]
    pack = pack_of(rules, facts, issues={"net": "number", "tax": "number", "y": "choice"})
    bills = (("100", "19.01", "alpha"), ("200", "38.02", None), ("1.005", "0.19", "beta"))
    records = amounts(None, None, None)
    for issue, (net, tax, kind) in zip(records["issues"], bills, strict=True):
        issue |= {"net": Decimal(net), "tax": Decimal(tax), "y": kind}
    ways = fix(checked(tmp_path, pack), records, "pass", timeout=60).ways
    assert {frozenset(c.field for c in way.changes) for way in ways[:2]} == {frozenset({"y", "tax"}), frozenset({"y", "net"})}


TEXTS = {
    "a pattern": "name like 'A%'",
    "a length": "length(name) >= 5",
    "an order": "name < 'b'",
    "two patterns": "name like 'A%' and name like '%z'",
}


@pytest.mark.parametrize("what", TEXTS)
def test_a_text_that_must_look_so_is_found(tmp_path: Path, what: str) -> None:
    pack, records = wide(TEXTS[what]), one_record()
    found = fix(checked(tmp_path, pack), records, "pass")
    assert found.ways
    [change] = found.ways[0].changes
    assert verdict(pack, with_values(records, {("units", 0, "name"): change.after})) == "pass"
    assert (change.how, change.after) != ("any", "…")


# ------------------------------------------------------------------------------------------- who may, how far, what hinders


def test_only_what_they_may_change_is_changed(tmp_path: Path) -> None:
    pack = pack_of(
        [{"rule": "one", "for": "units", "require": "a or b"}, {"rule": "two", "for": "units", "require": "c = 'beta' or b"}],
        by={"units.b": "inspector"},
    )
    checked_ = checked(tmp_path, pack)
    records: Records = {"units": [{"unit_id": "U1", "a": None, "b": None, "c": None}], "issues": []}
    fields = {
        by: [sorted(change.field for change in way.changes) for way in fix(checked_, records, "pass", by).ways]
        for by in ((), ("inspector",), ("unit",), ("unit", "inspector"), ("office",))
    }
    assert fields == {
        (): [["b"], ["a", "c"]],
        ("inspector",): [["b"]],
        ("unit",): [["a", "c"]],
        ("unit", "inspector"): [["b"], ["a", "c"]],
        ("office",): [],
    }


def test_what_hinders_is_the_rule_that_nothing_settles(tmp_path: Path) -> None:
    rules = [{"rule": "one", "for": "units", "require": "a"}, {"rule": "two", "for": "units", "require": "b"}]
    records: Records = {"units": [{"unit_id": "U1", "a": False, "b": None, "c": None}], "issues": []}
    found = fix(checked(tmp_path / "one", pack_of(rules, fixed=["units.a"])), records, "pass")
    assert (found.ways, found.hindered, found.least) == ((), ("one",), True)
    rules = [{"rule": "one", "for": "units", "require": "a"}, {"rule": "two", "for": "units", "require": "not a"}]
    found = fix(checked(tmp_path / "two", pack_of(rules)), records, "pass")
    assert (found.ways, found.hindered) == ((), ("one",))


def test_a_search_without_time_claims_nothing_and_says_so(tmp_path: Path) -> None:
    rules = [{"rule": "one", "for": "units", "require": "a"}, {"rule": "two", "for": "units", "require": "not a"}]
    records: Records = {"units": [{"unit_id": "U1", "a": False, "b": None, "c": None}], "issues": []}
    pack = checked(tmp_path, pack_of(rules))
    found = fix(pack, records, "pass", timeout=1e-9)
    assert (found.ways, found.hindered, found.least, found.no_time) == ((), (), False, True)
    assert "Not searched to the end, no time" in as_text(found, pack, records["units"][0], "en")


def test_a_text_that_ninety_patterns_ask_something_of_is_found(tmp_path: Path) -> None:
    signs = [a + b for a in "abcdefghi" for b in "mnopqrstuv"]
    patterns = [f"c like '{('{}%', '%{}', '%{}%')[i % 3].format(two)}'" for i, two in enumerate(signs)]
    rules = [{"rule": f"r{i}", "for": "units", "require": " or ".join(patterns[i : i + 10])} for i in range(0, 90, 10)]
    records: Records = {"units": [{"unit_id": "U1", "a": None, "b": None, "c": "zzz"}], "issues": []}
    found = fix(checked(tmp_path, pack_of(rules, units={**UNIT, "c": "text"})), records, "pass")
    assert [[change.field for change in way.changes] for way in found.ways] == [["c"]]
    assert (found.ways[0].verdict, found.least) == ("pass", True)


def test_a_rule_that_gives_no_worse_than_the_target_need_not_be_met(tmp_path: Path) -> None:
    rules = [
        {"rule": "one", "for": "units", "require": "a"},
        {"rule": "two", "for": "units", "require": "b", "otherwise": "explain"},
    ]
    checked_ = checked(tmp_path, pack_of(rules))
    records: Records = {"units": [{"unit_id": "U1", "a": False, "b": False, "c": None}], "issues": []}
    assert [[c.field for c in way.changes] for way in fix(checked_, records, "explain").ways] == [["a"]]
    assert [[c.field for c in way.changes] for way in fix(checked_, records, "pass").ways] == [["a", "b"]]
    assert fix(checked_, records, "make_up") == Fix("make_up", "make_up", ())


def kinds(*wanted: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """A rule for each kind of issue that there has to be, and the facts that count them."""
    facts = [
        {"fact": f"n_{kind}", "of": "units", "from": "issues", "value": f"count(*) filter (where y is not null and y = '{kind}')"}
        for kind in wanted
    ]
    return [{"rule": f"some-{kind}", "for": "units", "require": f"n_{kind} >= 1"} for kind in wanted], facts


@pytest.mark.parametrize("fixed", [["issues.y"], []], ids=["fixed", "free"])
def test_records_are_added_where_counts_ask_for_them(tmp_path: Path, fixed: list[str]) -> None:
    """Also where each rule by itself could be met by altering the one record that there is, but not both."""
    pack = pack_of(*kinds("alpha", "beta"), fixed=fixed)
    records: Records = {
        "units": [{"unit_id": "U1", "a": None, "b": None, "c": None}],
        "issues": [{"issue_id": "I1", "unit_id": "U1", "x": None, "y": "alpha"}],
    }
    found = fix(checked(tmp_path, pack), records, "pass")
    [way] = found.ways
    assert [(change.added, change.field, change.after) for change in way.changes] == [(True, "y", "beta")]
    assert way.verdict == "pass"


def many_issues(bad: int, n: int = MOST_TOGETHER + 20) -> Records:
    issues = [{"issue_id": f"I{i}", "unit_id": "U1", "x": i >= bad, "y": None} for i in range(n)]
    return {"units": [{"unit_id": "U1", "a": None, "b": None, "c": None}], "issues": issues}


def test_a_unit_of_many_records_reaches_the_target_and_it_is_said_that_it_may_not_be_the_least(tmp_path: Path) -> None:
    rules = [
        {"rule": "issue-good", "for": "issues", "require": "x"},
        {"rule": "few-bad", "for": "units", "require": "bad <= 1"},
        {"rule": "unit-good", "for": "units", "require": "a"},
    ]
    pack = pack_of(rules, [COUNTED])
    checked_ = checked(tmp_path, pack)
    records = many_issues(5)
    found = fix(checked_, records, "pass")
    assert not found.least
    for way in found.ways:
        values = {cell_of(records, change): change.after for change in way.changes}
        assert verdict(pack, with_values(records, values)) == way.verdict == "pass"
    assert "there may be a way with fewer changes" in as_text(found, checked_, records["units"][0], "en")


@pytest.mark.parametrize(("total", "how"), [("<= 50", "such-as"), ("<= 100000", "such-as"), (">= 9", "at-least")])
def test_what_is_free_in_each_of_many_records_is_so_in_all_of_them_at_once(tmp_path: Path, total: str, how: str) -> None:
    """Each amount has to be 1 or more, and all of them together no more than so much, or no less."""
    pack = money(f"total {total} and bad = 0", [{"rule": "issue-good", "for": "issues", "require": "amount >= 1"}], [COUNTED])
    [way] = fix(checked(tmp_path, pack), amounts(*[None] * 45), "pass").ways
    assert {(change.after, change.how) for change in way.changes} == {(1, how)}


def test_a_text_made_up_for_one_record_of_many_is_known_when_the_next_are_looked_at(tmp_path: Path) -> None:
    rules = [
        {"rule": "issue-named", "for": "issues", "require": "name like 'ab%'"},
        {"rule": "none-bad", "for": "units", "require": "bad = 0 and name = 'x'"},
    ]
    pack = pack_of(rules, [COUNTED], {"name": "text"}, {"name": "text"})
    records = {
        "units": [{"unit_id": "U1", "name": "ab"}],
        "issues": [{"issue_id": f"I{n}", "unit_id": "U1", "name": ("abx", None, "cd")[n % 3]} for n in range(45)],
    }
    [way] = fix(checked(tmp_path, pack), records, "pass").ways
    values = {cell_of(records, change): change.after for change in way.changes}
    assert len(values) == 31
    assert verdict(pack, with_values(records, values)) == way.verdict == "pass"


def test_records_beside_each_other_are_seen_by_the_rules_that_count_them(tmp_path: Path) -> None:
    """In a unit taken apart a record's rule may still count those beside it, through its parent."""
    total = {"fact": "total", "of": "units", "from": "issues", "value": "count(*)"}
    rules = [
        {"rule": "issue-good", "for": "issues", "when": "units.total > 5", "require": "x"},
        {"rule": "few-bad", "for": "units", "require": "bad = 0"},
    ]
    pack = pack_of(rules, [COUNTED, total])
    records = many_issues(2)
    found = fix(checked(tmp_path, pack), records, "pass")
    assert [[(c.record, c.field) for c in way.changes] for way in found.ways] == [[("I0", "x"), ("I1", "x")]]


# -------------------------------------------------------------------------------------------------------- a whole review


Fixed = Callable[[str], tuple[Fix, dict[str, Any], Any]]


@pytest.fixture(scope="session")
def alone() -> Iterator[Callable[..., Any]]:
    """Calls a function in a process of its own: which of several equally small ways z3 finds first depends on what it was
    asked before."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), max_tasks_per_child=1) as processes:
        yield lambda *call: processes.submit(*call).result()


@pytest.fixture(scope="session")
def fixed(city: lookback.Review, alone: Callable[..., Any]) -> Fixed:
    """What would free a unit of the city, worked out once; its record, and the pack."""
    pack = city.pack()
    return functools.cache(lambda unit: (*alone(fix_of, city.folder, unit), pack))


def fix_of(review: Path, unit: str) -> tuple[Fix, dict[str, Any]]:
    pack, records = records_of_unit(open_review(review), unit)
    return fix(pack, records, "pass"), records[pack.root][0]


@pytest.fixture(scope="session")
def ranked(city: lookback.Review, alone: Callable[..., Any]) -> Ranked:
    found: Ranked = alone(fix_all_of, city.folder)
    return found


def fix_all_of(review: Path) -> Ranked:
    return fix_all(open_review(review), "pass")


def records_of_unit(review: lookback.Review, unit: str) -> tuple[Any, Records]:
    with one_unit(review, unit) as one:
        return one.pack, one.records()


def kinds_of(way: Way) -> frozenset[tuple[str, str, str]]:
    return frozenset(
        ("added", change.table, "")
        if change.added
        else ("filled" if change.before is None else "altered", change.table, change.field)
        for change in way.changes
    )


@pytest.mark.slow
@pytest.mark.xfail(reason="the ranking settles finding by finding: U001's kinds are no line, and one unit more has no way")
@pytest.mark.parametrize("every", [8, 1])
def test_what_the_ranking_says_of_units_is_what_fix_says_of_each(city: lookback.Review, ranked: Ranked, every: int) -> None:
    flagged = [row["unit_id"] for row in city.verdicts.to_pylist() if row["verdict"] != "pass"]
    assert ranked.flagged == len(flagged)
    assert sum(line.frees for line in ranked.lines) + ranked.hindered == ranked.flagged
    expected: Counter[frozenset[tuple[str, str, str]]] = Counter()
    for line in ranked.lines:
        expected[frozenset((need.kind, need.table, need.name) for need in line.needs)] += line.frees
    hindered, other = [], []
    for unit in flagged[::every]:
        found = fix(*records_of_unit(city, unit), "pass")
        told = {kinds_of(way) for way in found.ways}
        if not told:
            hindered.append(unit)
        elif not told & expected.keys():
            other.append((unit, found.least, told))
        expected.subtract([one for one in told if expected[one] > 0][:1])
    assert len(hindered) <= ranked.hindered
    assert other == []
    if every == 1:
        assert len(hindered) == ranked.hindered
        assert not +expected


def test_the_running_total_counts_those_freed_by_all_lines_so_far(ranked: Ranked) -> None:
    lines = ranked.lines
    assert sum(line.frees for line in lines) + ranked.hindered == ranked.flagged
    assert [line.frees for line in lines] == sorted((line.frees for line in lines), reverse=True)
    for at, line in enumerate(lines, 1):
        together = {need for one in lines[:at] for need in one.needs}
        assert line.with_above == sum(one.frees for one in lines if set(one.needs) <= together)
    assert lines[-1].with_above == sum(line.frees for line in lines)


@pytest.mark.slow
def test_a_ranking_of_two_thousand_units_takes_seconds(tmp_path: Path) -> None:
    made = [sys.executable, "-m", "benchmarks.generate", "--units", "2000", "--of", "lookback-2005"]
    subprocess.run([*made, "-o", str(tmp_path / "data")], check=True, cwd=ROOT, capture_output=True)
    review = lookback.check(tmp_path / "data", lang="en", out=tmp_path / "review")
    start = cpu_seconds()
    ranked = fix_all(review, "pass")
    assert cpu_seconds() - start < 60
    assert sum(line.frees for line in ranked.lines) + ranked.hindered <= ranked.flagged
    assert ranked.lines[-1].with_above <= ranked.flagged


# ------------------------------------------------------------------------------------------------------ the command line


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("unit", ["U025", "U016"])
def test_what_is_printed_of_a_unit_is_this(fixed: Fixed, golden: Golden, unit: str, lang: str) -> None:
    found, root, pack = fixed(unit)
    golden(f"fix/{unit}.{lang}.txt", as_text(found, pack, root, lang) + "\n")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_is_printed_of_a_review_is_this(city: lookback.Review, ranked: Ranked, golden: Golden, lang: str) -> None:
    golden(f"fix/all.{lang}.txt", written(ranked, city.pack(), lang, "text", 6) + "\n")


@pytest.mark.long
def test_the_command_prints_what_was_found(city: lookback.Review, golden: Golden) -> None:
    ran = process("fix", "--lang", "en", "U016", city.folder)
    said = [line for line in ran.err.splitlines() if not line.startswith("looking for changes, ")]  # a busy machine says so
    assert (ran.code, said) == (0, [])
    golden("fix/U016.en.txt", ran.out)


def test_json_has_every_way_and_every_line(fixed: Fixed, ranked: Ranked, city: lookback.Review) -> None:
    found, root, _ = fixed("U025")
    one = json.loads(as_json(found, root["unit_id"]))
    assert list(one) == ["unit", "verdict", "target", "ways", "least", "hindered", "lost", "no_time", "to_hand_in"]
    assert (one["unit"], len(one["ways"])) == ("U025", len(found.ways))
    assert list(one["ways"][0]["changes"][0]) == [
        "table",
        "record",
        "field",
        "before",
        "after",
        "how",
        "others",
        "by",
        "rules",
        "added",
    ]
    every = json.loads(written(ranked, city.pack(), "en", "json", 1))
    assert list(every) == ["flagged", "lines", "hindered", "hindering", "not_judged", "open", "lost"]
    assert list(every["lines"][0]) == ["needs", "frees", "with_above"]
    assert len(every["lines"]) == len(ranked.lines)


def test_the_command_gives_json_too(small: lookback.Review, lookback: Lookback) -> None:
    one = json.loads(lookback("fix", "U3", small.folder, "--format", "json").out)
    assert (one["unit"], one["verdict"], one["target"]) == ("U3", "make_up", "pass")
    every = json.loads(lookback("fix", "--all", small.folder, "--format", "json").out)
    assert sum(line["frees"] for line in every["lines"]) + every["hindered"] == every["flagged"] == 4
    text = lookback("fix", "--all", small.folder, "--top", 1).out
    assert say("en", "fix.more-sets", n=len(every["lines"]) - 1) in text


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        pytest.param(("U0099", "{city}"), "no-such-unit", "did you mean", id="an unknown unit"),
        pytest.param(("U025", "{none}"), "", "", id="no review there"),
        pytest.param((), "fix-needs-unit", "name a unit", id="neither unit nor --all"),
        pytest.param(("--all", "U025", "{city}"), "fix-all-or-unit", "no unit", id="--all with a unit"),
        pytest.param(("U025", "{city}", "--to", "pas"), "no-such-outcome", "did you mean `pass`", id="an unknown outcome"),
        pytest.param(("--all", "{none}"), "", "", id="--all without a review"),
        pytest.param(("U025", "{city}", "--by", "nobody"), "", "", id="an unknown person"),
    ],
)
def test_a_mistake_gets_one_clear_message(
    city: lookback.Review, lookback: Lookback, tmp_path: Path, arguments: Sequence[str], code: str, said: str
) -> None:
    places = {"city": city.folder, "none": tmp_path / "none"}
    ran = lookback("fix", *(argument.format(**places) for argument in arguments))
    assert (ran.code, ran.out) == (2, "")
    assert code in ran.err
    assert said in ran.err


def test_without_a_review_beneath_it_says_so(lookback: Lookback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert lookback("fix", "U025").code == 2
    assert lookback("fix", "--all").code == 2


def test_a_unit_that_is_good_enough_is_told_so(small: lookback.Review, lookback: Lookback) -> None:
    assert "already" in lookback("fix", "U1", small.folder).out
    assert "already" in lookback("fix", "U2", small.folder, "--to", "explain").out
