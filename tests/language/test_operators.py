"""One meaning of an expression without a field: what DuckDB makes of it, what z3 may make of it, and what the reference says."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any

import duckdb
import pyarrow as pa
import pytest
import z3
from hypothesis import given
from hypothesis import strategies as st
from reference import Pack, judge
from sqlglot import exp
from strategies import depths, many

from lookback.language.atoms import blanks
from lookback.language.constants import lowered, raised, trimmed
from lookback.language.operators import bound
from lookback.language.parse import parse
from lookback.language.scope import Meaning, Scope
from lookback.language.typed import check
from lookback.language.types import Type
from lookback.proving._terms import Encoder, Symbols
from lookback.words.errors import Mistake
from lookback.words.source import Place, Source, Span

TEXTS = ("ß", "ẞ", "SS", "İ", "i", "i̇", "ΑΣ", "ας", "ασ", "ς", "ŉ", "ᾳ", "ᾼ", "ΑΙ", "ǆ", "ǅ", "Ǆ", "é", "e\u0301", "É", "县", "𝒜")
TEXTS += ("", " ", "a", "A", " a ", "\u3000a\u3000", "\xa0a", "\ta", "a\n", "\u200ba", "%", "_", "a%", "\\%", "a_b", "~", "o'b")


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


CONSTANT_TEXTS = st.sampled_from(TEXTS).map(quoted)
SOME_TEXTS = CONSTANT_TEXTS | st.builds("{}({})".format, st.sampled_from(("lower", "upper", "trim")), CONSTANT_TEXTS)
NUMBERS = st.sampled_from(("0", "1", "2", "3", "-2", "0.5", "-0.5", "2.5", "1.25", "-1.5", "1000000"))
DAYS = ("0001-01-01", "1999-12-31", "2000-02-29", "2004-01-31", "2005-03-31", "2005-09-30", "2005-12-31", "9999-12-31")
DATES = st.sampled_from(DAYS).map("date '{}'".format)
COMPARED = st.sampled_from(("=", "<>", "<", "<=", ">", ">=", "is distinct from", "is not distinct from"))
SOME_NUMBERS = st.one_of(
    NUMBERS,
    st.builds("({} {} {})".format, NUMBERS, st.sampled_from("+-*"), NUMBERS),
    st.builds("{} / {}".format, NUMBERS, st.sampled_from(("0", "2", "-4", "0.5"))),
    st.builds("round({}, {})".format, NUMBERS, st.sampled_from("0123")),
    st.builds("abs({})".format, NUMBERS),
    st.builds("{}({}, {})".format, st.sampled_from(("least", "greatest", "nullif", "coalesce")), NUMBERS, NUMBERS),
    st.builds("length({})".format, CONSTANT_TEXTS),
    st.builds("date_diff('{}', {}, {})".format, st.sampled_from(("day", "month", "quarter", "year")), DATES, DATES),
    st.builds("{}({})".format, st.sampled_from(("year", "month", "day")), DATES),
)
SOME_DATES = DATES | st.builds(
    "{} {} interval {}".format,
    DATES.filter(lambda day: "0001" not in day and "9999" not in day),
    st.sampled_from("+-"),
    st.sampled_from(("1 day", "30 days", "2 weeks", "1 month", "3 quarters", "1 year")),
)
CONDITIONS = st.one_of(
    *(st.builds("{} {} {}".format, side, COMPARED, side) for side in (SOME_TEXTS, SOME_NUMBERS, SOME_DATES)),
    *(st.builds("{} between {} and {}".format, side, side, side) for side in (SOME_TEXTS, SOME_NUMBERS, SOME_DATES)),
    *(st.builds("{} in ({}, {})".format, side, side, side) for side in (SOME_TEXTS, SOME_NUMBERS)),
    st.builds("{} like {}".format, SOME_TEXTS, st.sampled_from((*TEXTS, "%a", "_", "__", "%_%", "ß%", "%ς")).map(quoted)),
)


SCOPE = Scope("units", {"x": Meaning(Type.NUMBER), "y": Meaning(Type.NUMBER, blank=False)})


def typed(text: str) -> exp.Expr:
    """A checked tree."""
    place = Place(Span(Source("t.yaml", text), 0, len(text)))
    tree = parse(text, place)
    assert not isinstance(tree, Mistake), tree
    found = check(tree, place, SCOPE)
    assert not isinstance(found, list), found
    return found.sql


def of_z3(tree: exp.Expr) -> set[bool | None]:
    """What a condition may come to for z3."""
    texts = {node.name for node in tree.find_all(exp.Literal) if node.is_string}
    symbols = Symbols([], texts)
    truth = Encoder(symbols, None).condition(tree)  # type: ignore[arg-type]
    found: set[bool | None] = set()
    for value, formula in ((True, truth.true), (False, truth.false), (None, z3.Not(z3.Or(truth.true, truth.false)))):
        solver = z3.Solver()
        solver.add(formula, *symbols.facts)
        if solver.check() == z3.sat:
            found.add(value)
    return found


def of_the_reference(text: str) -> Any:
    tables = {"units": {"key": "unit_id", "fields": {"unit_id": {}}}}
    pack = Pack({}, [{"outcome": "pass"}], tables, [{"fact": "f", "of": "units", "value": text}], [])
    return judge(pack, {"units": [{"unit_id": "U1"}]}).records["units"]["U1"].facts["f"]


@depths(150, 20_000)
def test_a_condition_of_constants_is_one_thing_to_duckdb_to_z3_and_to_the_reference(examples: int) -> None:
    connection = duckdb.connect()

    @many(examples)
    @given(CONDITIONS)
    def holds(text: str) -> None:
        tree = typed(text)
        row = connection.execute(f"SELECT {bound(tree, {}).sql(dialect='duckdb')}").fetchone()
        assert row is not None
        assert of_the_reference(text) == row[0]
        assert of_z3(tree) == {row[0]}

    holds()


@pytest.mark.parametrize(("function", "meaning"), [("lower", lowered), ("upper", raised), ("trim", trimmed)])
def test_every_sign_is_changed_as_duckdb_changes_it(function: str, meaning: Callable[[str], str]) -> None:
    signs = [sign for sign in map(chr, range(1, 0x110000)) if unicodedata.category(sign) not in ("Cs", "Cn")]
    table = pa.table({"sign": signs})
    found = duckdb.connect().from_arrow(table).project(f"sign, {function}(sign)").fetchall()
    assert len(found) > 200_000
    assert [(sign, changed) for sign, changed in found if changed != meaning(sign)] == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("y / 2", set()),
        ("coalesce(x, 0) / 2.5", set()),
        ("y / -3", set()),
        ("y / 0", {"division"}),
        ("y / -0.0", {"division"}),
        ("y / (y + 1)", {"division"}),
        ("x / 2", {"x"}),
        ("y / coalesce(x, 1)", {"division"}),
        ("2 / nullif(y, 3)", {"nullif", "division"}),
        ("y / (3 - 1)", set()),
    ],
)
def test_what_may_make_a_quotient_blank(text: str, why: set[str]) -> None:
    assert blanks(typed(text), SCOPE.columns) == why
