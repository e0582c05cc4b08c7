"""Every move is explained, and what is named as its cause is one: tried by judging from the files themselves.

Records, rules and days are drawn at random. For each cause that `compare` names, a review is made of the files with just that put
back to OLD's, by `check`, which knows nothing of comparing; there the unit has not moved. No smaller set does the same, and all
sets that do are named.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from itertools import combinations
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rounds_given import FACTS, ISSUES, OLD, RULES, UNITS, Given
from screen import Folders
from strategies import depths, many

from lookback.reviews.folder import Review
from lookback.rounds.compare import compare
from lookback.rounds.comparing.causes import judged_with
from lookback.rounds.comparing.records import Both, paired
from lookback.warehouse.duckdb import DuckDB

DAYS = st.sampled_from(["2005-10-01", "2005-10-20", "2005-11-10", "2005-12-01"])
DUE = st.sampled_from(["", "2005-10-05", "2005-10-30", "2005-11-20", "2006-01-01", "soon"])
DONE = st.sampled_from(["", "", "2005-10-03", "2005-11-01", "x"])
WHO = st.sampled_from(["", "P", "Q"])
TABLES = {"units": UNITS, "issues": ISSUES}
OTHERS: Sequence[dict[str, Any]] = (
    {**RULES[0], "when": "done is null or done > :as_of"},
    {**RULES[1], "require": "who = 'P'"},
    {**RULES[2], "require": "open <= :allowed + 1"},
    {"rule": "siblings", "for": "issues", "require": "alike <= 2"},
)
ALIKE = {"fact": "alike", "of": "issues", "among": ["due"], "value": "count(*) filter (where due is not null)"}


@st.composite
def issues(draw: st.DrawFn) -> list[str]:
    keys = draw(st.lists(st.sampled_from([f"I{i}" for i in range(8)]), unique=True, min_size=1, max_size=8))
    return [f"{k},U{int(k[1]) % 3 + 1},{draw(DUE)},{draw(DONE)},{draw(WHO)}" for k in keys]


@st.composite
def given_(draw: st.DrawFn) -> Given:
    rules = [*RULES]
    for i in draw(st.sets(st.integers(0, 3))):
        rules[i : i + 1] = [OTHERS[i]]
    facts = [*FACTS, *([ALIKE] if len(rules) > 3 else [])]
    return replace(OLD, issues=draw(issues()), rules=rules, facts=facts, day=draw(DAYS), tables=TABLES)


def put_back(old: Given, new: Given, back: Sequence[str]) -> Given:
    """NEW with some parts as in OLD."""
    found = new
    found = replace(found, issues=old.issues, units=old.units) if "records" in back else found
    found = replace(found, rules=old.rules, facts=old.facts) if "rules" in back else found
    return replace(found, day=old.day) if "settings" in back else found


def verdicts(review: Review) -> dict[str, str]:
    return {row["unit_id"]: row["verdict"] for row in review.verdicts.select(["unit_id", "verdict"]).to_pylist()}


@depths(1, 60)
def test_every_move_is_explained_and_its_causes_are_those_that_judging_the_files_gives(folders: Folders, examples: int) -> None:
    @many(examples)
    @given(given_(), given_())
    def holds(old: Given, new: Given) -> None:
        explained(old, new, folders)

    holds()


def explained(old: Given, new: Given, folders: Folders) -> None:
    before, after = old.review(folders()), new.review(folders())
    found = compare(before, after, decider="reference")
    was, is_ = verdicts(before), verdicts(after)
    moved = {unit for unit in was if unit in is_ and was[unit] != is_[unit]}
    assert {*found.causes} == moved
    assert {(o, n): k for (o, n), k in found.verdicts.items() if o != n and None not in (o, n)} == {
        pair: sum((was[u], is_[u]) == pair for u in moved) for pair in {(was[u], is_[u]) for u in moved}
    }
    if moved:
        judged = {
            back: verdicts(put_back(old, new, back).review(folders()))
            for size in range(1, len(found.differing) + 1)
            for back in combinations(found.differing, size)
        }
        for unit in moved:
            sets = [back for back, of in judged.items() if of.get(unit) == was[unit]]
            least = min(map(len, sets))
            assert found.causes[unit] == tuple("+".join(back) for back in sets if len(back) == least), unit
    mirrored = compare(after, before, decider="reference")
    assert {(n, o): k for (o, n), k in mirrored.verdicts.items()} == dict(found.verdicts)
    assert {*mirrored.causes} == moved
    assert (mirrored.ways["worse"], mirrored.ways["better"]) == (found.ways["better"], found.ways["worse"])
    assert mirrored.counts["standing"] == found.counts["standing"]
    itself = compare(before, before, decider="reference")
    assert not itself.causes
    assert not any(itself.counts[change] for change in ("new", "settled", "vanished"))


@pytest.mark.parametrize("name", ["small", "audit", pytest.param("city", marks=pytest.mark.slow)])
def test_the_records_that_a_review_keeps_give_its_verdicts_again(name: str, request: pytest.FixtureRequest) -> None:
    """With what they name in others, and what was lost of them."""
    review: Review = request.getfixturevalue(name)
    pack = review.pack()
    key = pack.tables[pack.root].key
    with closing(DuckDB(None, threads=1)) as warehouse:
        both = Both({"old": review, "new": review}, {"old": pack, "new": pack}, paired(pack, pack), warehouse)
        units = review.verdicts.select([key, "verdict"]).to_pylist()
        kept = {str(row[key]): row["verdict"] for row in units}
        warehouse.load("asked", pa.table({"unit": [*kept]}))
        assert judged_with(both, (), "asked", "reference") == kept
