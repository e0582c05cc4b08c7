"""Numbers of units by what they were and what they are -> a chart of the ways between, to be drawn as SVG.

On the left what they were, on the right what they are, each a bar as high as it has units; between them a band a way, as wide as
it has units. Bands that lead to another verdict have the colour of where they lead; those that stay are grey. Best first, so that
what falls got worse.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDE, HIGH, GAP = 760.0, 300.0, 18.0
BAR, AT = 14.0, (200.0, 546.0)
LEAST = 2.0
"""As high as a bar or band is at least."""


@dataclass(frozen=True)
class Bar:
    x: float
    y: float
    height: float
    name: str
    n: int
    kind: str
    """best, between, worst or none: the class that colours it."""


@dataclass(frozen=True)
class Band:
    path: str
    kind: str
    old: str
    new: str
    n: int


@dataclass(frozen=True)
class Chart:
    """`bars` of both sides, and the `bands` between: those that stay first, the narrowest last, so that they are seen."""

    bars: Sequence[Bar]
    bands: Sequence[Band]
    height: float
    width: float = WIDE
    bar: float = BAR


def chart(
    old: Sequence[str], new: Sequence[str], counts: Sequence[Sequence[int]], old_gone: Sequence[bool], new_gone: Sequence[bool]
) -> Chart:
    """`counts`: a row of each of `old`, a number of each of `new`. `old_gone`, `new_gone`: which of them stands for not there."""
    total = max(sum(map(sum, counts)), 1)
    scale = HIGH / total
    wide = [[max(n * scale, LEAST) if n else 0.0 for n in row] for row in counts]
    columns = [[row[j] for row in wide] for j in range(len(new))]
    tops: list[list[float]] = []
    bars: list[Bar] = []
    sides = (
        (0, old, wide, old_gone, [sum(row) for row in counts]),
        (1, new, columns, new_gone, [sum(c) for c in zip(*counts, strict=True)]),
    )
    lowest = 0.0
    for side, names, bands, gone, sums in sides:
        y, starts = GAP, []
        for i, (name, own) in enumerate(zip(names, bands, strict=True)):
            height = max(sum(own), LEAST)
            starts.append(y)
            bars.append(Bar(AT[side], y, height, name, sums[i], _kind(i, gone)))
            y += height + GAP
        tops.append(starts)
        lowest = max(lowest, y)
    taken = [[*tops[0]], [*tops[1]]]
    found = []
    for i, row in enumerate(wide):
        for j, height in enumerate(row):
            if not height:
                continue
            (left, right) = (taken[0][i], taken[1][j])
            taken[0][i] += height
            taken[1][j] += height
            stays = old[i] == new[j]
            kind = "stays" if stays else _kind(j, new_gone)
            found.append((not stays, -height, Band(_path(left, right, height), kind, old[i], new[j], counts[i][j])))
    return Chart(bars, [band for *_, band in sorted(found, key=lambda one: one[:2])], lowest)


def _kind(i: int, gone: Sequence[bool]) -> str:
    outcomes = sum(not one for one in gone)
    return "none" if gone[i] else "best" if i == 0 else "worst" if i == outcomes - 1 else "between"


def _path(left: float, right: float, height: float) -> str:
    """A band from the left bars to the right ones."""
    one, other = AT[0] + BAR, AT[1]
    mid = (one + other) / 2
    above = f"M{one:g} {left:.1f} C{mid:g} {left:.1f} {mid:g} {right:.1f} {other:g} {right:.1f}"
    low, lower = left + height, right + height
    return f"{above} V{lower:.1f} C{mid:g} {lower:.1f} {mid:g} {low:.1f} {one:g} {low:.1f} Z"
