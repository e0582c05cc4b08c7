"""The pipeline against the reference interpreter on random packs, and against itself on the same records in another order."""

from __future__ import annotations

import datetime
import itertools
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference import MET, NOT_APPLICABLE, UNKNOWN, UNMET, WHOLE, Finding, Judged, Pack, Records, judge
from screen import Folders
from strategies import CALENDAR, boolean_rules, depths, field, many, packs, records_of, write_pack, write_records, write_table

import lookback

UNIT_KEY = "unit_id"
SOME_PARAMS = st.fixed_dictionaries(
    {}, optional={"limit": field("integer"), "as_of": field("date"), "least": field("number")}
).map(lambda params: {name: value for name, value in params.items() if value is not None})


def check(pack: Path, data: list[str], params: Mapping[str, Any] | None = None) -> Any:
    return lookback.check(data, pack=pack, params=dict(params or {}), lang="en", decider="durable", out=None)


def agree(review: Any, pack: Pack, records: Records, params: Mapping[str, Any] | None = None) -> None:
    """Assert that a review says what the reference says of units and findings, and how many records have which status."""
    expected = judge(replace(pack, calendar=pack.calendar or CALENDAR), records, params)
    assert units_of(review, pack) == {
        key: {
            name: plain(value)
            for name, value in {"verdict": unit.verdict, "score": unit.score, "findings": unit.findings, **unit.facts}.items()
        }
        for key, unit in expected.records["units"].items()
    }
    assert findings_of(review) == Counter(finding for finding in expected.findings if finding.table != WHOLE)
    assert statuses_of(review) == {
        rule["rule"]: dict(Counter(judged.statuses[rule["rule"]] for judged in expected.records[rule["for"]].values()))
        for rule in pack.rules
        if rule["for"] != WHOLE
    }
    whole_agrees(review, pack, expected.records.get(WHOLE, {}))


def whole_agrees(review: Any, pack: Pack, whole: Mapping[str, Judged]) -> None:
    """Assert that it says what the reference says of the review as a whole."""
    if not whole:
        assert "review" not in review.summary
        return
    got, expected = review.summary["review"], whole[WHOLE]
    assert got["verdict"] == expected.verdict
    assert {fact: plain(value) for fact, value in got["facts"].items()} == {f: plain(v) for f, v in expected.facts.items()}
    assert {rule: of["status"] for rule, of in got["rules"].items()} == expected.statuses
    for of in got["rules"].values():
        assert (of["outcome"] is None) == (of["reason"] is None) == (of["status"] in (MET, NOT_APPLICABLE))


def units_of(review: Any, pack: Pack) -> dict[str, Any]:
    """What a review says of each unit: verdict, score and facts."""
    facts = [fact["fact"] for fact in pack.facts if fact["of"] == "units"]
    return {
        row[UNIT_KEY]: {name: plain(row[name]) for name in ("verdict", "score", "findings", *facts)}
        for row in review.verdicts.to_pylist()
    }


def findings_of(review: Any) -> Counter[Finding]:
    return Counter(Finding(*(row[name] for name in Finding._fields)) for row in review.findings.to_pylist())


def statuses_of(review: Any) -> dict[str, dict[str, int]]:
    """For each rule how many records have which status; a status that none has is left out."""
    return {
        rule: {status: found[status] for status in (MET, UNMET, NOT_APPLICABLE, UNKNOWN) if found[status]}
        for rule, found in review.summary["rules"].items()
    }


def plain(value: Any) -> Any:
    """Numbers of any kind as fractions, days of any kind as dates."""
    if isinstance(value, datetime.datetime):
        return value.date()
    return Fraction(value) if isinstance(value, int | float | Decimal) and not isinstance(value, bool) else value


def agree_on(drawn: st.SearchStrategy[Pack], folders: Folders, examples: int) -> None:
    """Packs, their records and parameters: the pipeline says of them what the reference says."""

    @many(examples)
    @given(st.data(), drawn, SOME_PARAMS)
    def agrees(data: st.DataObject, pack: Pack, params: dict[str, Any]) -> None:
        records = data.draw(records_of(pack))
        folder = folders()
        write_pack(pack, folder / "pack")
        write_records(records, pack, folder / "data")
        with check(folder / "pack", [str(folder / "data")], params) as review:
            agree(review, pack, records, params)

    agrees()


@pytest.mark.long
@depths(6, 1500)
def test_the_pipeline_says_what_the_reference_says(folders: Folders, examples: int) -> None:
    agree_on(packs(), folders, examples)


@depths(4, 1500)
def test_references_say_what_the_reference_says(folders: Folders, examples: int) -> None:
    agree_on(packs(referring=True), folders, examples)


@depths(5, 1500)
def test_the_review_as_a_whole_is_judged_as_by_the_reference(folders: Folders, examples: int) -> None:
    agree_on(packs(whole=True), folders, examples)


@pytest.mark.long
@depths(3, 500)
def test_the_order_of_rows_and_their_files_change_nothing(folders: Folders, examples: int) -> None:
    @many(examples)
    @given(st.data(), packs())
    def holds(data: st.DataObject, pack: Pack) -> None:
        records = data.draw(records_of(pack))
        folder = folders()
        write_pack(pack, folder / "pack")
        whole = [f"{path.stem}={path}" for path in write_records(records, pack, folder / "data")]
        parts = []
        for table, rows in records.items():
            shuffled = data.draw(st.permutations(rows))
            at = data.draw(st.integers(0, len(rows)))
            for name, part in (("a", shuffled[:at]), ("b", shuffled[at:])):
                path = folder / f"{table}-{name}.csv"
                write_table(part, list(pack.tables[table]["fields"]), path)
                parts.append(f"{table}={path}")
        with check(folder / "pack", whole) as one, check(folder / "pack", data.draw(st.permutations(parts))) as other:
            assert units_of(one, pack) == units_of(other, pack)
            assert Counter(map(str, one.findings.to_pylist())) == Counter(map(str, other.findings.to_pylist()))
            assert one.summary["rules"] == other.summary["rules"]

    holds()


@depths(5, 500)
def test_a_rule_of_boolean_fields_is_decided_as_by_the_reference_in_every_situation(folders: Folders, examples: int) -> None:
    @many(examples)
    @given(boolean_rules())
    def agrees(pack: Pack) -> None:
        fields = [name for name in pack.tables["units"]["fields"] if name != UNIT_KEY]
        values = itertools.product((True, False, None), repeat=len(fields))
        records = {"units": [{UNIT_KEY: f"U{at}"} | dict(zip(fields, row, strict=True)) for at, row in enumerate(values)]}
        folder = folders()
        write_pack(pack, folder / "pack")
        write_records(records, pack, folder / "data")
        with check(folder / "pack", [str(folder / "data")]) as review:
            agree(review, pack, records)

    agrees()
