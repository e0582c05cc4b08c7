"""Exact decimals: quotients against fractions, over the whole range of numbers, halves and ends included."""

from __future__ import annotations

import random
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
