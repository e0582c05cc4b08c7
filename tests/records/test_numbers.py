"""Numbers as they are written -> exact decimals of six places, a half rounded away from zero; what had more places is told."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from builders import checked, pack_of
from hypothesis import given
from hypothesis import strategies as st
from strategies import depths, many

import lookback
from lookback.language.types import Type
from lookback.packs.model import FieldDef
from lookback.values.texts import Reading
from lookback.values.typed import doubtful_sql, rounded_sql, value_sql

NUMBER = FieldDef(type=Type.NUMBER)
EXACT = Context(prec=3000, rounding=ROUND_HALF_UP)
PLACE = Decimal("0.000001")
AS_IT_IS = Reading()
Found = tuple[Decimal | None, bool]


def expected(number: Decimal) -> Found:
    """The number with six places, and whether it had more; none where it is too large."""
    kept = number.quantize(PLACE, context=EXACT)
    return (kept, kept != number) if abs(kept) < 10**12 else (None, False)


def read(values: list[Any], kind: pa.DataType) -> list[Found]:
    name = "DOUBLE" if pa.types.is_floating(kind) else "VARCHAR"
    table = pa.table({"t": pa.array(values, kind)})
    value, _ = value_sql("t", "t", "t", name, NUMBER, Reading())
    query = f"SELECT {value} AS v, v IS NOT NULL AND {rounded_sql('t', 't', name, NUMBER)} FROM numbers"
    with duckdb.connect() as connection:
        connection.register("numbers", table)
        return [(v, bool(more)) for v, more in connection.execute(query).fetchall()]


digits = st.text("0123456789", min_size=1, max_size=14) | st.text("0459", min_size=1, max_size=9)
plain = st.builds("{}{}{}".format, st.sampled_from(("", "-", "+")), digits, st.just("") | digits.map(".{}".format))
powers = st.builds("{}{}{}".format, plain, st.sampled_from("eE"), st.integers(-12, 6) | st.integers(-999, 999))
UNITS = {"万": 4, "亿": 8, "%": -2}


@depths(3, 200)
def test_a_text_is_read_as_exactly_what_it_says(examples: int) -> None:
    @many(examples)
    @given(
        st.lists(plain | powers, min_size=200, max_size=300),
        st.lists(st.tuples(plain, st.sampled_from([*UNITS])), min_size=100, max_size=200),
    )
    def check(numbers: list[str], with_units: list[tuple[str, str]]) -> None:
        assert read(numbers, pa.string()) == [expected(Decimal(text)) for text in numbers]
        scaled = [expected(Decimal(text).scaleb(UNITS[unit], EXACT)) for text, unit in with_units]
        assert read([text + unit for text, unit in with_units], pa.string()) == scaled
        wide = [text.translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789.+-"}) for text in numbers]
        assert read(wide, pa.string()) == [expected(Decimal(text)) for text in numbers]

    check()


@depths(3, 200)
def test_a_double_is_read_by_its_first_15_digits(examples: int) -> None:
    near = st.builds(lambda text, by: float(text) + by, plain, st.sampled_from((0.0, 1e-7, 5e-7, 2e-16)))

    @many(examples)
    @given(st.lists(plain.map(float) | near | powers.map(float) | st.floats(allow_nan=False, allow_infinity=False), min_size=200))
    def check(numbers: list[float]) -> None:
        finite = [number for number in numbers if abs(number) != float("inf")]
        assert read(finite, pa.float64()) == [expected(Decimal(f"{number:.15g}")) for number in finite]
        cast = plainly_cast(finite)
        assert [(value, False) for value in cast.values()] == [expected(Decimal(f"{number:.15g}")) for number in cast]

    check()


def plainly_cast(numbers: list[float], reading: Reading = AS_IT_IS) -> dict[float, Decimal | None]:
    """Those of some doubles of which a cast makes what reading does, with what it makes of them."""
    query = f"SELECT t, CAST(t AS DECIMAL(18, 6)) FROM numbers WHERE NOT ({doubtful_sql('t', 'DOUBLE', NUMBER, reading)})"
    with duckdb.connect() as connection:
        connection.register("numbers", pa.table({"t": pa.array(numbers, pa.float64())}))
        return dict(connection.execute(query).fetchall())


def test_a_double_is_cast_only_where_that_is_all_there_is_to_reading_it() -> None:
    long = [0.1 + 0.2, 1e9, -1e9, 1e300, 0.1234567, float("nan"), float("inf"), -float("inf")]
    assert plainly_cast([0.3, -0.0, -999999999.25, 9999.0, *long]) == {
        0.3: Decimal("0.3"),
        0.0: 0,
        -999999999.25: Decimal("-999999999.25"),
        9999.0: 9999,
    }
    assert plainly_cast([0.3, 9999.0, -1.0], Reading(("9999", "-1", "none"))) == {0.3: Decimal("0.3")}


def test_a_parquet_file_of_plain_doubles_is_read_as_any_other(tmp_path: Path) -> None:
    fields = {"shop": {"type": "text"}, "a": {"type": "number"}}
    tables = {"shops": {"key": "shop", "fields": fields}}
    checked(tmp_path / "pack", pack_of(tables, [{"rule": "r", "for": "shops", "require": "a * 3 <= 0.9"}]))
    (tmp_path / "data").mkdir()
    pq.write_table(pa.table({"shop": ["S1", "S2", "S3"], "a": [0.3, None, -2.5]}), tmp_path / "data/shops.parquet")
    with lookback.check(tmp_path / "data", tmp_path / "pack", lang="en", decider="reference") as review:
        assert (review.summary["problems"], [*review.notices]) == (0, [])
        records = pq.read_table(review.folder / "records/shops.parquet")
        assert (records.schema.names, records["a"].to_pylist()) == (["shop", "a"], [Decimal("0.3"), None, Decimal("-2.5")])
        assert [row["findings"] for row in review.verdicts.to_pylist()] == [0, 1, 0]


@pytest.mark.parametrize(
    "text", ["", ".5", "5.", "1e", "e5", "nan", "inf", "-", "1.2.3", "1e1000", "0x10", "1_000", "12,34", "1e3万"]
)
def test_what_is_no_number_is_none(text: str) -> None:
    assert read([text], pa.string()) == [(None, False)]


def test_no_double_that_is_no_number_is_one() -> None:
    assert read([float("nan"), float("inf"), -float("inf"), 1e300, None], pa.float64()) == [(None, False)] * 5


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_what_had_more_places_is_told_once_a_column_and_what_is_too_large_is_a_problem(form: str, tmp_path: Path) -> None:
    fields = {"shop": {"type": "text"}, "a": {"type": "number"}, "b": {"type": "number"}}
    checked(
        tmp_path / "pack",
        pack_of({"shops": {"key": "shop", "fields": fields}}, [{"rule": "r", "for": "shops", "require": "a < b"}]),
    )
    rows = {"shop": ["S1", "S2", "S3", "S4"], "a": [0.1234565, 2.00000049, 0.5, 1.0], "b": [1.0, 3.5, 1e12, 2.25]}
    (tmp_path / "data").mkdir()
    if form == "csv":
        lines = [",".join(rows), *(",".join(map(str, row)) for row in zip(*rows.values(), strict=True))]
        (tmp_path / "data/shops.csv").write_text("\n".join(lines) + "\n", "utf-8")
    else:
        pq.write_table(pa.table(rows), tmp_path / "data/shops.parquet")
    with lookback.check(tmp_path / "data", tmp_path / "pack", lang="en", decider="reference") as review:
        assert [(n.code, n.args) for n in review.notices] == [("rounded", {"column": "a", "n": 2, "places": 6})]
        assert review.summary["problem_kinds"] == {"large-number": 1}
        assert [row["a"] for row in review.verdicts.to_pylist()] == list(map(Decimal, ("0.123457", "2", "0.5", "1")))
        assert "at most 999999999999.999999" in (review.folder / "problems.csv").read_text("utf-8")
