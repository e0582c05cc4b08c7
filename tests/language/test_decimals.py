"""Exact decimals: quotients against fractions, over the whole range of numbers, halves and ends included."""

from __future__ import annotations

import random
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

import duckdb
import pyarrow as pa
import pytest
from sqlglot import exp
from strategies import depths

from lookback.language import decimals
from lookback.language.decimals import NUMBER, Size
from lookback.language.types import Type

UNIT = Fraction(1, 10**6)


def expected(one: Decimal, by: Decimal) -> Fraction | None:
    """Six places, a half away from zero; none where it is too large."""
    if by == 0:
        return None
    exact = Fraction(one) / Fraction(by)
    units = int(abs(exact) / UNIT + Fraction(1, 2))
    return (-units if exact < 0 else units) * UNIT if units < 10**18 else None


def numbers(chance: random.Random, size: int) -> list[Decimal]:
    """Of any size; whole ones, too."""
    found = []
    for _ in range(size):
        whole = chance.random() < 0.3
        units = chance.randint(0, 10 ** chance.randint(1, 12 if whole else 18) - 1)
        found.append(chance.choice((-1, 1)) * Decimal(units).scaleb(0 if whole else -6))
    return found


@depths(2_000, 100_000)
def test_a_quotient_has_the_six_places_of_the_fraction(examples: int) -> None:
    chance = random.Random(0)
    pairs = list(zip(numbers(chance, examples), numbers(chance, examples), strict=True))
    pairs += [(Decimal(n), Decimal(2_000_000)) for n in range(-50, 50)]
    ends = (Decimal(10**12) - Decimal("0.000001"), Decimal("0.000001"), Decimal(3), Decimal(0), Decimal(10**6), Decimal(999_999))
    pairs += [(sign * one, by) for sign in (1, -1) for one in ends for by in ends]
    columns = {name: pa.array([pair[at] for pair in pairs], pa.decimal128(18, 6)) for at, name in enumerate("ab")}
    one, by = (decimals.sized(exp.column(name), NUMBER) for name in "ab")
    sql = decimals.quotient(one, by).sql("duckdb")
    table = duckdb.connect().from_arrow(pa.table({**columns, "nr": range(len(pairs))}))
    found = [value for _, value in sorted(table.project(f"nr, {sql} AS v").fetchall())]
    wrong = [(pair, value) for pair, value in zip(pairs, found, strict=True) if value != expected(*pair)]
    assert wrong == []


NAMES = ("a", "b", "w", "r", "p", "s", "u", "v", "x", "y")


def quotients(texts: Sequence[str], values: dict[str, Decimal]) -> list[Decimal | None]:
    """What DuckDB makes of `b / a`, and of longer rows of quotients, of numbers that are called so."""
    found = []
    for text in texts:
        first, *others = (decimals.sized(exp.column(exp.to_identifier(name, quoted=True)), NUMBER) for name in text.split(" / "))
        for by in others:
            first = decimals.quotient(first, by)
        row = ", ".join(f'CAST({value} AS DECIMAL(18, 6)) AS "{name}"' for name, value in values.items())
        found += [value for (value,) in duckdb.sql(f"SELECT {first.sql('duckdb')} FROM (SELECT {row})").fetchall()]
    return found


def test_a_quotient_is_that_of_its_fields_whatever_they_are_called() -> None:
    values = {name: Decimal(3 * 10**11 + at * 10**10) for at, name in enumerate(NAMES)}
    pairs = [(one, by) for one in NAMES for by in NAMES]
    found = quotients([f"{one} / {by}" for one, by in pairs], values)
    assert found == [expected(values[one], values[by]) for one, by in pairs]


def test_quotients_of_quotients_are_worked_out_once_each() -> None:
    values = {"a": Decimal(700_000_000_000), "b": Decimal(7), "w": Decimal("0.5"), "r": Decimal(-3)}
    assert quotients(["a / b / w / r / b"], values) == [Decimal("-9523809523.809524")]
    text = " / ".join(["a", *["b"] * 15])
    first, *others = (decimals.sized(exp.column(name), NUMBER) for name in text.split(" / "))
    lengths = []
    for by in others:
        first = decimals.quotient(first, by)
        lengths.append(len(first.sql("duckdb")))
    assert lengths[-1] < 16 * lengths[0]


@pytest.mark.parametrize(
    ("size", "digits", "fits"),
    [(NUMBER, 18, True), (NUMBER * NUMBER, 36, True), (NUMBER * NUMBER * NUMBER, 54, False), (Size(5, 3), 3, True)],
)
def test_the_digits_of_a_size(size: Size, digits: int, fits: bool) -> None:
    assert (size.digits, size.fits) == (digits, fits)


def test_a_whole_number_is_no_decimal() -> None:
    whole = exp.column("a")
    whole.meta["type"] = Type.INTEGER
    assert not decimals.is_number(whole)
