"""z3's reading of a pack against the reference interpreter: on records that are known, both say the same of every rule."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
import z3
from builders import checked
from hypothesis import given
from hypothesis import strategies as st
from reference import MET, NOT_APPLICABLE, UNKNOWN, UNMET, judge
from strategies import KEYS, depths, many, packs, records_of

from lookback.language.constants import like
from lookback.packs.checked import CheckedPack
from lookback.proving._terms import Symbols
from lookback.proving._z3 import civil
from lookback.proving.worlds import View, World


def known(pack: CheckedPack, records: Any) -> tuple[World, View]:
    """A world of records that are known."""
    full = {table: [{**dict.fromkeys(pack.tables[table].fields), **row} for row in rows] for table, rows in records.items()}
    texts = {value for rows in full.values() for row in rows for value in row.values() if isinstance(value, str)}
    world = World(pack, Symbols([pack], texts))
    world.known(full, lambda table, field: False)
    return world, View(world)


def value_of(term: Any, solver: Any) -> bool:
    """The one value of a formula in which nothing is free but the functions, which the pack's constants fix."""
    solver.push()
    solver.add(term)
    found = solver.check()
    solver.pop()
    return bool(found == z3.sat)


@pytest.mark.long
@depths(9, 600)
def test_on_known_records_z3_says_of_every_rule_what_the_reference_says(
    examples: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    @many(examples)
    @given(st.data())
    def holds(data: st.DataObject) -> None:
        pack = data.draw(packs())
        records = data.draw(records_of(pack))
        read = checked(tmp_path_factory.mktemp("pack"), pack)
        world, view = known(read, records)
        expected = judge(pack, records)
        solver = z3.Solver()
        formulas = []
        for record, row in zip(world.records, [r for t in read.top_down() for r in records.get(t, ())], strict=True):
            statuses = expected.records[record.table][row[KEYS[record.table]]].statuses
            for rule in read.rules_for(record.table):
                truth = view.rule(record, rule)
                said = {MET: truth.met, UNMET: truth.unmet, UNKNOWN: truth.unknown, NOT_APPLICABLE: truth.when.false}
                formulas.append((rule.rule.require, statuses[rule.id], said))
        solver.add(*world.constraints, *world.symbols.facts)
        for require, status, said in formulas:
            for name, formula in said.items():
                assert value_of(formula, solver) == (name == status), (require, name, status)

    holds()


@pytest.mark.parametrize(
    ("text", "pattern", "matches"),
    [
        pytest.param("", "", True, id="nothing"),
        pytest.param("", "%", True, id="nothing-is-anything"),
        pytest.param("", "_", False, id="nothing-is-no-character"),
        pytest.param("abc", "a%c", True, id="in-between"),
        pytest.param("abc", "a_c", True, id="one-character"),
        pytest.param("abbc", "a_c", False, id="two-characters"),
        pytest.param("aXbXc", "%X%X%", True, id="several"),
        pytest.param("a.c", "a.c", True, id="a-dot-is-a-dot"),
        pytest.param("县里", "县%", True, id="chinese"),
    ],
)
def test_like(text: str, pattern: str, matches: bool) -> None:
    assert like(text, pattern) == matches


DAYS = ("0001-01-01", "0001-03-01", "1900-02-28", "2000-02-29", "2005-09-30", "2100-03-01", "9999-12-31")


@pytest.mark.parametrize("day", [datetime.date.fromisoformat(day) for day in DAYS], ids=str)
def test_the_calendar_of_z3_is_that_of_python(day: datetime.date) -> None:
    found = [z3.simplify(part).as_long() for part in civil(z3.IntVal(day.toordinal()))]
    assert found == [day.year, day.month, day.day]
