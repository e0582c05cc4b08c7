"""The pipeline against the reference interpreter on random packs, and against itself on the same records in another order."""

from __future__ import annotations

import datetime
import itertools
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reference import Finding, Pack, Records, judge
from strategies import boolean_rules, field, packs, records_of, write_pack, write_records, write_table

import engine

settings.register_profile("oracle", max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
ORACLE = settings.get_profile("oracle")

UNIT_KEY = "unit_id"
SOME_PARAMS = st.fixed_dictionaries(
    {}, optional={"limit": field("integer"), "as_of": field("date"), "least": field("number")}
).map(lambda params: {name: value for name, value in params.items() if value is not None})


def check(pack: Path, data: list[str], params: Mapping[str, Any] | None = None) -> Any:
    return engine.check(data, pack=pack, params=dict(params or {}), lang="en", threads=2, decider="durable", out=None)


def units_of(review: Any, pack: Pack) -> dict[str, Any]:
    """What a review says of each unit: verdict, score and facts."""
    facts = [fact["fact"] for fact in pack.facts if fact["of"] == "units"]
    return {
        row[UNIT_KEY]: {name: plain(row[name]) for name in ("verdict", "score", "findings", *facts)}
        for row in review.verdicts.to_pylist()
    }


def expected_units(
    pack: Pack, records: Records, params: Mapping[str, Any] | None = None
) -> tuple[dict[str, Any], Counter[Finding]]:
    """What the reference interpreter says of each unit, and its findings."""
    review = judge(pack, records, params)
    counts = Counter(finding.unit for finding in review.findings)
    units = {
        key: {
            name: plain(value)
            for name, value in {"verdict": unit.verdict, "score": unit.score, "findings": counts[key], **unit.facts}.items()
        }
        for key, unit in review.records["units"].items()
    }
    return units, Counter(review.findings)


def findings_of(review: Any) -> Counter[Finding]:
    return Counter(Finding(*(row[name] for name in Finding._fields)) for row in review.findings.to_pylist())


def plain(value: Any) -> Any:
    """Numbers of any kind as floats, days of any kind as dates."""
    if isinstance(value, datetime.datetime):
        return value.date()
    return float(value) if isinstance(value, int | float | Decimal) and not isinstance(value, bool) else value


@pytest.fixture
def folders(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A function that gives a new, empty folder: hypothesis runs a test many times with one `tmp_path`."""
    return lambda: tmp_path_factory.mktemp("oracle")


@ORACLE
@given(st.data(), packs(), SOME_PARAMS)
def test_the_pipeline_says_what_the_reference_says(folders: Any, data: st.DataObject, pack: Pack, params: dict[str, Any]) -> None:
    records = data.draw(records_of(pack))
    folder: Path = folders()
    write_pack(pack, folder / "pack")
    write_records(records, pack, folder / "data")
    review = check(folder / "pack", [str(folder / "data")], params)
    units, findings = expected_units(pack, records, params)
    assert units_of(review, pack) == units
    assert findings_of(review) == findings


@ORACLE
@given(st.data(), packs())
def test_the_order_of_rows_and_their_files_change_nothing(folders: Any, data: st.DataObject, pack: Pack) -> None:
    records = data.draw(records_of(pack))
    folder: Path = folders()
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
    one, other = check(folder / "pack", whole), check(folder / "pack", data.draw(st.permutations(parts)))
    assert units_of(one, pack) == units_of(other, pack)
    assert findings_of(one) == findings_of(other)


@ORACLE
@given(boolean_rules())
def test_a_rule_of_boolean_fields_is_decided_as_by_the_reference_in_every_situation(folders: Any, pack: Pack) -> None:
    fields = [name for name in pack.tables["units"]["fields"] if name != UNIT_KEY]
    values = itertools.product((True, False, None), repeat=len(fields))
    records = {"units": [{UNIT_KEY: f"U{at}"} | dict(zip(fields, row, strict=True)) for at, row in enumerate(values)]}
    folder: Path = folders()
    write_pack(pack, folder / "pack")
    write_records(records, pack, folder / "data")
    review = check(folder / "pack", [str(folder / "data")])
    units, findings = expected_units(pack, records)
    assert units_of(review, pack) == units
    assert findings_of(review) == findings
