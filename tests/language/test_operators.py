"""Every operator and function, column by column of its row: DuckDB, z3, the reference and constants have one meaning of it."""

from __future__ import annotations

import contextlib
import datetime
import functools
import itertools
import json
import random
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import z3
from builders import checked, pack_of
from hypothesis import assume, given
from hypothesis import strategies as st
from reference import Pack, judge
from sqlglot import exp
from strategies import (
    CALENDAR,
    CHOICES,
    DOMAINS,
    ORDERED,
    OUTCOMES,
    PARAMS,
    SCHEMA,
    TYPES,
    WRITTEN,
    Name,
    Part,
    aggregate,
    condition,
    constants,
    depths,
    in_row,
    many,
    table_of,
)
from strategies import Scope as Scope_of_names

from lookback.language.atoms import blanks, written
from lookback.language.constants import VARIES, lowered, raised, trimmed
from lookback.language.operators import FUNCTION_NAMES, ROWS, Operator, Takes, bound, constant, row_of, type_of
from lookback.language.parse import parse
from lookback.language.scope import STATES, TAGGED, Meaning, Scope, tag_column
from lookback.language.typed import check
from lookback.language.types import Type
from lookback.packs.checks.days import calendar_in
from lookback.packs.model import CalendarFile
from lookback.proving._terms import Encoder, Symbols, Term
from lookback.proving.search import fraction
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
    st.builds("{}{}, {})".format, st.sampled_from(("date_diff('day', ", "full_months(", "full_years(")), DATES, DATES),
    st.builds("{}({})".format, st.sampled_from(("year", "month", "day")), DATES),
)
SOME_DATES = DATES | st.builds(
    "{} {} interval {}".format,
    DATES,
    st.sampled_from("+-"),
    st.sampled_from(("1 day", "30 days", "2 weeks", "1 month", "3 quarters", "1 year")),
)
CONDITIONS = st.one_of(
    *(st.builds("{} {} {}".format, side, COMPARED, side) for side in (SOME_TEXTS, SOME_NUMBERS, SOME_DATES)),
    *(st.builds("{} between {} and {}".format, side, side, side) for side in (SOME_TEXTS, SOME_NUMBERS, SOME_DATES)),
    *(st.builds("{} in ({}, {})".format, side, side, side) for side in (SOME_TEXTS, SOME_NUMBERS)),
    st.builds("{} like {}".format, SOME_TEXTS, st.sampled_from((*TEXTS, "%a", "_", "__", "%_%", "ß%", "%ς")).map(quoted)),
)


BLANK = ("name", "members", "share", "agreed", "found_on", "kind")
"""The fields that may be blank where that matters; the others are not."""


def scope_of(blank: Collection[str]) -> Scope:
    fields = {
        name: Meaning(Type(type_), CHOICES if type_.startswith("choice") else (), blank=name in blank)
        for name, type_ in SCHEMA.items()
    }
    params = {name: Meaning(Type(param["type"]), blank=False) for name, param in PARAMS.items()}
    return Scope(
        "units", fields, params=params, calendar=calendar_in(CalendarFile.model_validate_json(json.dumps(CALENDAR))).name
    )


def typed(text: str, scope: Scope | None = None) -> exp.Expr:
    """A checked tree."""
    place = Place(Span(Source("t.yaml", text), 0, len(text)))
    tree = parse(text, place)
    assert not isinstance(tree, Mistake), tree
    found = check(tree, place, scope or scope_of(SCHEMA))
    assert not isinstance(found, list), (text, found)
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


@depths(50, 20_000)
def test_a_condition_of_constants_is_one_thing_to_duckdb_to_z3_and_to_the_reference(examples: int) -> None:
    connection = engine()

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
    found = engine().from_arrow(table).project(f"sign, {function}(sign)").fetchall()
    assert len(found) > 200_000
    assert [(sign, changed) for sign, changed in found if changed != meaning(sign)] == []


# ------------------------------------------------------------------------------------------- each row, on fields


def exact(value: Any) -> Any:
    """A number as the engine has it."""
    return Decimal(str(value)) if isinstance(value, float) else value


OF_RULES = (*STATES, *TAGGED)
OF_VALUES = [row for row in ROWS if not row.aggregate and row.name not in (*OF_RULES, "badness")]
VALUES = {**DOMAINS, "text": (*DOMAINS["text"], *TEXTS[:14], " a ")}
VALUES["integer"] = (*DOMAINS["integer"], 10_000_000)
ENDS = (datetime.date.min, datetime.date.max)
"""Results have no day beyond them."""
DEFAULTS = {name: exact(param["default"]) for name, param in PARAMS.items()}
COLUMNS = {"text": pa.string(), "choice": pa.string(), "choices": pa.string(), "integer": pa.int64(), "boolean": pa.bool_()}
COLUMNS["number"] = pa.decimal128(18, 6)


def rows_with(blank: Collection[str], size: int, ends: Sequence[datetime.date] = ENDS) -> list[dict[str, Any]]:
    """Records, a quarter of what may be blank so, the first one all of it."""
    chance = random.Random(0)
    values = {**VALUES, "date": (*VALUES["date"], *ends)}
    values["number"] = tuple(map(Decimal, map(str, (*values["number"], *values["integer"]))))
    kinds = {name: values[type_] for name, type_ in SCHEMA.items()}
    return [
        {name: None if name in blank and chance.random() < (0.25 if at else 1) else chance.choice(kinds[name]) for name in SCHEMA}
        for at in range(size)
    ]


@functools.cache
def engine() -> duckdb.DuckDBPyConnection:
    """One for all: a new one takes longer than what it is asked."""
    return duckdb.connect(config={"threads": 1})


def in_arrow(records: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Records, and their number `nr`."""
    columns = {n: pa.array([r[n] for r in records], COLUMNS.get(type_, pa.date32())) for n, type_ in SCHEMA.items()}
    return pa.table(columns | {"nr": range(len(records))})


def in_duckdb(tree: exp.Expr, records: pa.Table) -> list[Any]:
    rows = engine().from_arrow(records).project(f"nr, {bound(tree, DEFAULTS).sql(dialect='duckdb')} AS v").fetchall()
    found = [value for _, value in sorted(rows, key=lambda row: row[0])]
    return [day if isinstance(day, datetime.date) else None for day in found] if type_of(tree) is Type.DATE else found


def by_the_reference(text: str, records: Sequence[Mapping[str, Any]]) -> list[Any]:
    tables = {"units": {"key": "unit_id", "fields": {"unit_id": {}} | {name: {} for name in SCHEMA}}}
    pack = Pack(PARAMS, [{"outcome": "pass"}], tables, [{"fact": "f", "of": "units", "value": text}], [], calendar=CALENDAR)
    units = judge(pack, {"units": [{"unit_id": at, **record} for at, record in enumerate(records)]}).records["units"]
    return [units[at].facts["f"] for at in range(len(records))]


@dataclass
class Known:
    """A record for z3."""

    symbols: Symbols
    record: Mapping[str, Any]

    def column(self, name: str) -> Term:
        return self.symbols.constant(self.record[name])

    def param(self, name: str) -> Term:
        return self.symbols.constant(DEFAULTS[name])

    def aggregate(self, call: exp.Expr, where: exp.Expr | None) -> Term:
        raise AssertionError


def by_z3(tree: exp.Expr, record: Mapping[str, Any]) -> Any:
    """The only value that a tree can have on a record."""
    texts = {node.name for node in tree.find_all(exp.Literal) if node.is_string}
    symbols = Symbols([], texts | {v for v in (*record.values(), *DEFAULTS.values()) if isinstance(v, str)})
    term = Encoder(symbols, Known(symbols, record)).term(tree)
    solver = z3.Solver()
    solver.add(*symbols.facts)
    assert solver.check() == z3.sat
    model = solver.model()
    if z3.is_true(model.eval(term.blank, model_completion=True)):
        return None
    found = model.eval(term.value, model_completion=True)
    match type_of(tree):
        case Type.BOOLEAN:
            return z3.is_true(found)
        case Type.DATE:
            inside = 1 <= found.as_long() <= datetime.date.max.toordinal()
            return datetime.date.fromordinal(found.as_long()) if inside else None
        case Type.INTEGER | Type.NUMBER:
            return found.as_long() if z3.is_int_value(found) else fraction(found)
    return symbols.text_of(found)


def plain(value: Any) -> Any:
    """Numbers as fractions, exactly."""
    return Fraction(value) if isinstance(value, int | Decimal | Fraction) and not isinstance(value, bool) else value


def rounded(value: Any) -> Any:
    """Of the places of a quotient z3 only knows that they are near it."""
    return pytest.approx(float(value), abs=1e-5) if isinstance(value, Fraction) else value


def drawn(row: Operator, part: Part) -> st.SearchStrategy[str]:
    """A row with parts of any type that it takes."""
    types = ORDERED if Takes.ORDERED in row.takes else ("integer", "number") if Takes.NUMBER in row.takes else TYPES
    return st.sampled_from(types).flatmap(lambda type_: in_row(row, type_, part, whole=False))


def fields(of: str, first: bool) -> st.SearchStrategy[str]:
    kinds = ("number", "integer") if of == "number" else (of,)
    return WRITTEN[of] if of in WRITTEN else st.sampled_from([name for name, type_ in SCHEMA.items() if type_ in kinds])


def fields_or_constants(of: str, first: bool) -> st.SearchStrategy[str]:
    if of == "places":
        return st.sampled_from("0123")
    return fields(of, first) if first or of in WRITTEN else fields(of, first) | constants(of)


def only_constants(of: str, first: bool) -> st.SearchStrategy[str]:
    return fields_or_constants(of, first) if of in ("places", *WRITTEN) else constants(of)


def each_row(rows: Iterable[Operator]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("row", [pytest.param(row, id=f"{row.name}-{at}") for at, row in enumerate(rows)])


MOVES = ("1 month", "30 days", "1 year", "360 days", "12 months", "2 months", "60 days", "90 days", "1 quarter", "3 months")


@pytest.mark.parametrize(
    "text", ["left('ab', posts)", "right('ab', posts)", "substring('ab', posts)", "substring('ab', 1, posts)"]
)
def test_a_piece_of_a_text_is_asked_for_no_number_that_duckdb_refuses(text: str, tmp_path: Path) -> None:
    """Of a column of a Parquet file with few different values it works out a function on each of these, also where a case around
    it asks for others alone."""
    numbers = [1, 2**53, 2] * 500
    pq.write_table(pa.table({"posts": numbers, "odd": [n == 2**53 for n in numbers]}), tmp_path / "posts.parquet")
    asked = bound(typed(text), DEFAULTS).sql(dialect="duckdb")
    query = f"SELECT CASE WHEN odd THEN 'x' ELSE {asked} END FROM '{tmp_path}/posts.parquet'"
    found = [value for (value,) in duckdb.connect().execute(query).fetchall()]
    none = rows_with((), 1)[0]
    of = dict(zip(numbers[:3], by_the_reference(text, [none | {"posts": n} for n in numbers[:3]]), strict=True))
    assert found == ["x" if n == 2**53 else of[n] for n in numbers]


def test_days_and_months_of_one_query_are_each_moved_by_their_own() -> None:
    records = rows_with(SCHEMA, 60, ends=())
    texts = [f"due {sign} interval {by}" for sign in "+-" for by in MOVES]
    texts += [f"due + interval {one} {so} due + interval {two}" for one, two in itertools.pairwise(MOVES) for so in ("<=", "=")]
    days = pa.table({"due": pa.array([record["due"] for record in records], pa.date32()), "nr": range(len(records))})
    asked = ", ".join(bound(typed(text), DEFAULTS).sql(dialect="duckdb") for text in texts)
    rows = engine().from_arrow(days).project(f"nr, {asked}").order("nr").fetchall()
    expected = [by_the_reference(text, records) for text in texts]
    assert [list(row[1:]) for row in rows] == [list(said) for said in zip(*expected, strict=True)]


@depths(5, 500)
@each_row(OF_VALUES)
def test_a_row_is_in_duckdb_and_for_z3_what_the_reference_says(row: Operator, examples: int) -> None:
    records = rows_with(SCHEMA, 120)
    table = in_arrow(records)

    @many(examples)
    @given(drawn(row, fields_or_constants))
    def holds(text: str) -> None:
        tree = typed(text)
        expected = by_the_reference(text, records)
        assert list(map(plain, in_duckdb(tree, table))) == list(map(plain, expected))
        assert [by_z3(tree, record) for record in records[:4]] == list(map(rounded, map(plain, expected[:4])))

    holds()


@depths(5, 500)
@each_row(OF_VALUES)
def test_what_may_be_blank_is_told_never_too_little_and_never_too_much(row: Operator, examples: int) -> None:
    table, scope = in_arrow(rows_with(BLANK, 600, ends=())), scope_of(BLANK)

    @many(examples)
    @given(drawn(row, fields_or_constants if len(row.takes) > 2 and row.takes[-1] is Takes.TEXT else fields))
    def holds(text: str) -> None:
        tree = typed(text, scope)
        names = [column.name for column in tree.find_all(exp.Column)]
        assume(len(set(names)) == len(names))  # what a field has to do with itself cannot be told from the form
        assert (None in in_duckdb(tree, table)) == bool(blanks(tree, scope.columns))

    holds()


@depths(5, 500)
@each_row(row for row in OF_VALUES if row.constant is not None and Takes.CHOICES not in row.takes)  # which none writes
def test_a_row_of_constants_comes_to_what_duckdb_makes_of_it(row: Operator, examples: int) -> None:
    table = in_arrow(rows_with((), 1))

    @many(examples)
    @given(drawn(row, only_constants))
    def holds(text: str) -> None:
        tree = typed(text)
        assert list(map(plain, in_duckdb(tree, table))) == [plain(constant(tree, DEFAULTS))]
        assert constant(tree) in (VARIES, constant(tree, DEFAULTS))

    holds()


@depths(5, 500)
@each_row(row for row in ROWS if row.aggregate and row.name != "previous")  # which looks from a record
def test_an_aggregate_is_in_duckdb_what_the_reference_says(row: Operator, examples: int) -> None:
    tables = {"units": {"key": "unit_id", "fields": {"unit_id": {}}}}
    tables["issues"] = {"key": "issue_id", "belongs_to": "units", "fields": {n: {} for n in ("issue_id", "unit_id", *SCHEMA)}}

    @many(examples)
    @given(st.data(), drawn(row, fields), st.integers(0, 12))
    def holds(data: st.DataObject, text: str, size: int) -> None:
        if data.draw(st.booleans()):
            text = f"{text} filter (where {data.draw(fields('boolean', False))})"
        records = rows_with(SCHEMA, size)
        pack = Pack(PARAMS, [{"outcome": "pass"}], tables, [{"fact": "f", "of": "units", "from": "issues", "value": text}], [])
        issues = [{"issue_id": at, "unit_id": 1, **record} for at, record in enumerate(records)]
        expected = judge(pack, {"units": [{"unit_id": 1}], "issues": issues}).records["units"][1].facts["f"]
        tree = typed(text, replace(scope_of(SCHEMA), aggregate=True))
        query = engine().from_arrow(in_arrow(records)).aggregate(bound(tree, DEFAULTS).sql(dialect="duckdb"))
        assert [plain(value) for (value,) in query.fetchall()] == [plain(expected)]

    holds()


def test_every_row_is_drawn_in_random_packs() -> None:
    scope = Scope_of_names(tuple(Name(name, type_) for name, type_ in SCHEMA.items()))
    found: set[type[exp.Expr]] = set()

    @many(1_300)
    @given(condition(scope) | aggregate(scope, OUTCOMES, ("rule-1",), siblings=True).map(lambda of: of[0]))
    def draws(text: str) -> None:
        tree = parse(text, Place(Span(Source("t.yaml", text), 0, len(text))))
        assert not isinstance(tree, Mistake), tree
        found.update(type(node) for node in tree.walk())

    draws()
    assert {row.name for row in ROWS if row.form not in found} == set()


def test_an_atom_is_written_as_its_author_did_however_yaml_writes_it(tmp_path: Path) -> None:
    for text in ("'a' = name", "name = 'a: b' or remark = 'x''y'", "name = 'it # x'", "share / 2 < -0.5"):
        pack = pack_of({"units": table_of("units")}, [{"rule": "r", "for": "units", "require": text}])
        atoms = checked(tmp_path / str(len(text)), pack).rules[0].atoms
        assert [written(atom.sql, False) for atom in atoms] == text.replace("'a' = name", "name = 'a'").split(" or ")


def test_the_readme_lists_every_function(request: pytest.FixtureRequest) -> None:
    path = Path(__file__).parents[2] / "README.md"
    text = path.read_text("utf-8")
    functions = [row for row in ROWS if row.function and row.name not in OF_RULES]
    plain, over_rows = (" ".join(row.name for row in functions if row.aggregate == over) for over in (False, True))
    names = f"the functions `{plain}`, in aggregates `{over_rows}`"
    listed = re.sub("the functions `[^`]*`, in aggregates `[^`]*`", names, text)
    if listed.split() != text.split():  # but for the ends of lines
        assert request.config.getoption("--update-golden"), "write the list with: pytest --update-golden"
        path.write_text(listed, "utf-8")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.example)
def test_the_example_of_a_row_is_one_of_it(row: Operator) -> None:
    scope = replace(scope_of(SCHEMA), aggregate=row.aggregate or row.name in STATES, rules=("rule-1",), tags=("remark",))
    counts = {tag_column(kind, "remark"): Meaning(Type.INTEGER, blank=False) for kind in TAGGED}
    counts |= {name: replace(scope.columns[name], order=CHOICES) for name in ("kind", "seen_kind")}
    tree = typed(row.example, replace(scope, columns={**scope.columns, **counts}))
    assert row.name in (*OF_RULES, "badness") or row in {row_of(node) for node in tree.walk()}
    assert row.proof is not None or row.constant is not None or row.name in (*OF_RULES, "badness")
    assert row.function == (row.name in FUNCTION_NAMES)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("posts / 2", set()),
        ("coalesce(share, 0) / 2.5", set()),
        ("posts / -3", set()),
        ("posts / 0", {"division"}),
        ("posts / -0.0", {"division"}),
        ("posts / (rate + 1)", {"division"}),
        ("share / 2", {"share"}),
        ("posts / coalesce(share, 1)", {"division"}),
        ("2 / nullif(rate, 3)", {"nullif", "division"}),
        ("posts / (3 - 1)", set()),
    ],
)
def test_what_may_make_a_quotient_blank(text: str, why: set[str]) -> None:
    assert blanks(typed(text), scope_of(BLANK).columns) == why


MONTH_ENDS = st.sampled_from([datetime.date(y, m, d) for y in (2003, 2004, 2005) for m in (1, 2, 3, 4, 12) for d in (1, 28)])
NEAR = st.builds(lambda day, by: day + datetime.timedelta(by), MONTH_ENDS, st.integers(-3, 5))
SOME_DAYS = NEAR | st.dates(datetime.date(1, 2, 1), datetime.date(9999, 11, 30))


def months_on(day: datetime.date, months: int) -> datetime.date:
    """The same day so many months later, or the last of that month."""
    for of_month in range(day.day, 0, -1):
        with contextlib.suppress(ValueError):
            return datetime.date(day.year + (day.month - 1 + months) // 12, (day.month - 1 + months) % 12 + 1, of_month)
    raise AssertionError


@depths(60, 20_000)
def test_full_months_and_years_are_counted_as_days_are_moved_by_them(examples: int) -> None:
    connection = engine()

    @many(examples)
    @given(SOME_DAYS, SOME_DAYS, st.sampled_from((("full_months", "month", 1), ("full_years", "year", 12))))
    def holds(one: datetime.date, other: datetime.date, what: tuple[str, str, int]) -> None:
        function, unit, months = what
        first, last = sorted((one, other))
        n = next(n for n in itertools.count((last.year - first.year + 1) * 12 // months, -1) if reached(first, n * months, last))
        expected = n if one <= other else -n
        assert constant(typed(f"{function}(date '{one}', date '{other}')")) == expected

        def run(text: str) -> Any:
            return connection.execute(f"SELECT {bound(typed(text), {}).sql(dialect='duckdb')}").fetchone()

        assert run(f"{function}(date '{one}', date '{other}')") == (expected,)
        assert run(f"{function}(date '{other}', date '{one}')") == (-expected,)
        for times in (
            {max(n, 1), n + 1} if n * months < 3_000 else ()
        ):  # at least so many full ones: the earlier day moved by them is not past the later
            assert run(f"date '{first}' + interval {times} {unit} <= date '{last}'") == (n >= times,)

    def reached(first: datetime.date, months: int, last: datetime.date) -> bool:
        return (first.year * 12 + first.month - 1 + months) // 12 <= 9999 and months_on(first, months) <= last

    holds()


@pytest.mark.parametrize(
    ("one", "other", "months", "years"),
    [
        ("2004-12-31", "2005-01-01", 0, 0),
        ("2004-12-31", "2005-12-30", 11, 0),
        ("2004-12-31", "2005-12-31", 12, 1),
        ("2004-02-29", "2005-02-28", 12, 1),
        ("2004-02-29", "2005-02-27", 11, 0),
        ("2005-02-28", "2004-02-29", -12, -1),
        ("2005-01-31", "2005-02-28", 1, 0),
        ("2005-02-28", "2005-03-31", 1, 0),
        ("2005-02-28", "2005-01-31", -1, 0),
        ("2005-09-30", "2005-09-30", 0, 0),
    ],
)
def test_a_full_month_ends_where_a_shorter_one_does(one: str, other: str, months: int, years: int) -> None:
    assert constant(typed(f"full_months(date '{one}', date '{other}')")) == months
    assert constant(typed(f"full_years(date '{one}', date '{other}')")) == years
