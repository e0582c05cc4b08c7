"""A program: its order, its SQL, made once; and what is kept from one judging to the next."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest
from builders import checked
from hypothesis import given
from hypothesis import strategies as st
from reference import Pack
from screen import Folders
from sqlglot import parse_one
from strategies import KEYS, depths, many, packs, records_of

from lookback.judging import program as judging_program
from lookback.judging.judge import truths
from lookback.judging.program import compile
from lookback.judging.trial import Trial
from lookback.packs.check import check_pack
from lookback.packs.checked import CheckedPack
from lookback.packs.read import read_pack

PACK = """\
pack: p
version: "1"
outcomes: [{outcome: pass, title: {en: P}}, {outcome: explain, title: {en: E}}, {outcome: make_up, title: {en: M}}]
"""
RECORDS = """\
tables:
  units: {key: unit_id, fields: {unit_id: {type: text}}}
  issues: {key: issue_id, belongs_to: units, fields: {issue_id: {type: text}, unit_id: {type: text}, deadline: {type: date}}}
"""
RULES = """\
facts: [{fact: open, of: units, from: issues, value: "count(*) filter (where verdict = 'make_up')"}]
rules:
  - {rule: dated, for: issues, title: {en: D}, require: deadline is not null, otherwise: make_up}
  - {rule: few, for: units, title: {en: F}, require: open <= 1, otherwise: make_up}
"""


@pytest.fixture
def pack(tmp_path: Path) -> CheckedPack:
    """The example that the docstring of `program` works through."""
    for name, text in (("pack", PACK), ("records", RECORDS), ("1.rules", RULES)):
        (tmp_path / f"{name}.yaml").write_text(text, "utf-8")
    return check_pack(read_pack(tmp_path))


def records(*deadlines: Any) -> dict[str, list[dict[str, Any]]]:
    issues = [{"issue_id": f"I{i}", "unit_id": "U1", "deadline": day} for i, day in enumerate(deadlines, 1)]
    return {"units": [{"unit_id": "U1"}], "issues": issues}


def test_the_example_of_its_docstring_is_what_it_prints(pack: CheckedPack) -> None:
    printed = "\n".join(f"    {line}" for line in str(compile(pack)).splitlines())
    assert printed in str(judging_program.__doc__)


def test_the_example_of_its_docstring_is_judged_so(pack: CheckedPack) -> None:
    got = Trial(pack, "reference").judge(records(datetime.date(2005, 9, 1), None))
    assert {key: one.verdict for (_, key), one in got.items()} == {"U1": "pass", "I1": "pass", "I2": "make_up"}
    assert got["units", "U1"].facts == {"open": 1}
    assert [got["issues", key].situations["dated"] for key in ("I1", "I2")] == [("f",), ("t",)]
    step = compile(pack).steps[0]
    assert truths(step, step.rules[0], {"_w0": 1}) == ("t",)


@pytest.mark.parametrize("dialect", ["spark", "postgres"])
def test_all_of_it_can_be_written_for_another_engine(pack: CheckedPack, dialect: str) -> None:
    program = compile(pack)
    other = program.for_dialect(dialect)
    assert other.sql.keys() == program.sql.keys()
    for query in other.sql.values():
        assert parse_one(query, read=dialect).sql("duckdb")


def test_a_pack_is_compiled_once_for_all_that_is_judged_aside(pack: CheckedPack, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Trial(pack, "reference", "en").judge(records(None))["issues", "I1"].reasons == {"dated": "deadline: blank"}
    trial = Trial(pack, "reference")
    monkeypatch.setattr("lookback.judging.program._Queries", None)
    monkeypatch.setattr("sqlglot.expressions.Expression.sql", None, raising=False)
    first = trial.judge(records(None))
    assert trial.judge(records(None, None)).keys() - first.keys() == {("issues", "I2")}
    assert trial.judge(records(None)) == first
    assert first["issues", "I1"].reasons == {}


@depths(2, 150)
def test_of_records_that_are_judged_after_others_only_what_is_kept_is_kept(folders: Folders, examples: int) -> None:
    """The same, all others, and the first with one record that says something else."""

    @many(examples)
    @given(st.data(), packs())
    def holds(data: st.DataObject, drawn: Pack) -> None:
        pack = checked(folders() / "pack", drawn)
        first, other = (data.draw(records_of(drawn)) for _ in range(2))
        table = data.draw(st.sampled_from(sorted(table for table in first if first[table] and other[table])))
        at = data.draw(st.integers(0, len(first[table]) - 1))
        says = {name: value for name, value in other[table][0].items() if name not in KEYS.values()}
        changed = {**first, table: [row | (says if i == at else {}) for i, row in enumerate(first[table])]}
        trial = Trial(pack, "reference")
        for records in (first, first, changed, other, first):
            rows = {t: [dict.fromkeys(pack.tables[t].fields) | row for row in of] for t, of in records.items()}
            assert trial.judge(rows) == Trial(pack, "reference").judge(rows)

    holds()
