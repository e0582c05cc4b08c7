"""Bounds from counts, against their definition, published tables of auditors, and a statistics library where there is one."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import pytest

from lookback.inspection.bounds import least, most, most_expected

RISK = Fraction(1, 20)
# AICPA, Audit Guide "Audit Sampling" (2017), appendix A (doi:10.1002/9781119448617.app1), table A-3: upper limits in percent at a
# risk of 5 percent, for 0, 1, 2 and 3 deviations; for large populations, rounded up to one place. Both tables were compared with
# the transcription that the R package jfa tests itself against (koenderks/jfa, tests/testthat/test-aicpa-appendix-a.R).
UPPER_LIMITS = {
    25: (11.3, 17.7),
    30: (9.6, 14.9, 19.6),
    50: (5.9, 9.2, 12.1, 14.8),
    60: (4.9, 7.7, 10.2, 12.5),
    75: (4.0, 6.2, 8.2, 10.1),
    100: (3.0, 4.7, 6.2, 7.6),
    150: (2.0, 3.2, 4.2, 5.1),
    200: (1.5, 2.4, 3.2, 3.9),
}
# The same, table A-2, tolerable rate 5 percent: with so many items, and so many deviations among them, that rate can be
# ruled out with 90 percent confidence; with one item less it cannot.
ITEMS = {0: 45, 1: 77, 2: 105, 3: 132, 4: 158, 6: 209}
# Nobody found in a finite population: how many have to be looked at, to be 95 percent sure that fewer than `having` have it.
TO_LOOK_AT = [(10, 1, 10), (20, 1, 19), (50, 1, 48), (100, 1, 95), (100, 2, 78), (100, 5, 45), (100, 10, 25), (1000, 50, 57)]


def chance_of_at_most(all_: int, having: int, drawn: int, seen: int) -> Fraction:
    ways = sum(comb(having, n) * comb(all_ - having, drawn - n) for n in range(seen + 1) if drawn - n <= all_ - having)
    return Fraction(ways, comb(all_, drawn))


@pytest.mark.parametrize("all_", [1, 2, 7, 12])
def test_bounds_are_the_outermost_numbers_that_what_was_seen_leaves_possible(all_: int) -> None:
    for drawn in range(1, all_ + 1):
        for seen in range(drawn + 1):
            possible = range(seen, all_ - drawn + seen + 1)
            above = [k for k in possible if chance_of_at_most(all_, k, drawn, seen) > RISK]
            below = [k for k in possible if 1 - (chance_of_at_most(all_, k, drawn, seen - 1) if seen else 0) > RISK]
            assert (least(all_, drawn, seen, RISK), most(all_, drawn, seen, RISK)) == (min(below), max(above))


@pytest.mark.parametrize("items", UPPER_LIMITS)
def test_upper_limits_are_those_of_the_audit_guide(items: int) -> None:
    for deviations, limit in enumerate(UPPER_LIMITS[items]):
        share = most_expected(items, deviations, RISK) / items * 100
        assert limit - 0.1 < share <= limit
        large = 10_000_000
        assert limit - 0.1 < most(large, items, deviations, RISK) / large * 100 <= limit


@pytest.mark.parametrize("deviations", ITEMS)
def test_sample_sizes_are_those_of_the_audit_guide(deviations: int) -> None:
    items, risk = ITEMS[deviations], Fraction(1, 10)
    assert round(most_expected(items, deviations, risk) / items, 3) <= 0.05
    assert most_expected(items - 1, deviations, risk) / (items - 1) > 0.05


@pytest.mark.parametrize(("all_", "having", "drawn"), TO_LOOK_AT)
def test_so_many_have_to_be_looked_at_to_rule_out_that_some_of_a_finite_number_have_it(
    all_: int, having: int, drawn: int
) -> None:
    assert most(all_, drawn, 0, RISK) < having
    assert most(all_, drawn - 1, 0, RISK) >= having


def test_what_is_known_of_all_leaves_nothing_open() -> None:
    assert (least(9, 9, 4, RISK), most(9, 9, 4, RISK)) == (4, 4)
    assert most_expected(9, 9, RISK) == 9
    assert most_expected(3, 2, RISK) == 3  # below a mean of what was seen and one more Hoeffding's theorem says nothing


@pytest.mark.slow
def test_a_statistics_library_says_the_same() -> None:
    stats = pytest.importorskip("scipy.stats", reason="scipy, which `make test-slow` installs, is not here")
    for all_, drawn, seen in [(60, 18, 3), (1000, 60, 2), (5000, 400, 33), (100_000, 1000, 120)]:
        bound = most(all_, drawn, seen, RISK)
        assert stats.hypergeom.cdf(seen, all_, bound, drawn) > 0.05 >= stats.hypergeom.cdf(seen, all_, bound + 1, drawn)
        bound = least(all_, drawn, seen, RISK)
        assert stats.hypergeom.sf(seen - 1, all_, bound, drawn) > 0.05 >= stats.hypergeom.sf(seen - 1, all_, bound - 1, drawn)
    for drawn, seen in [(13, 0), (60, 2), (300, 7), (5000, 300)]:
        expected = max(drawn * stats.beta.ppf(0.95, seen + 1, drawn - seen), seen + 1)
        assert most_expected(drawn, seen, RISK) == pytest.approx(expected, rel=1e-9)
