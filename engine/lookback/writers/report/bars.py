"""Numbers -> bars beside their numbers, to be drawn as inline SVG: a table whose rows are its chart.

In: rows of a name, the parts of a bar with the kind that each is filled as, and cells. Out: a `Chart`. A bar is as wide as its
number is of the widest one, or of its own row (`whole`), in percent: it fits a phone, a screen and paper. Kinds are patterns,
which can be told apart in black and white.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

LEAST = 0.7
"""Percent that a part is wide at least, so that it is seen."""


@dataclass(frozen=True)
class Part:
    """A part of a bar: from where, how wide (percent), and which pattern fills it."""

    x: float
    width: float
    kind: str


@dataclass(frozen=True)
class Row:
    name: str
    parts: Sequence[Part]
    cells: Sequence[str]
    note: str = ""


@dataclass(frozen=True)
class Chart:
    """`heads`: of the names, then of the cells. `texts`: how many of the cells, from the left, are no numbers. `swatches`: by the
    place of a head the pattern that stands for it in the bars."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Row]
    texts: int = 0
    more: str = ""
    swatches: Mapping[int, str] = field(default_factory=dict)


def bar(numbers: Sequence[tuple[int, str]], most: int) -> list[Part]:
    """The parts of a bar. `numbers`: how long and of which kind each part is; `most`: what would be all of the width."""
    parts, x = [], 0.0
    for n, kind in numbers:
        if n:
            width = max(100 * n / max(most, 1), LEAST)
            parts.append(Part(round(min(x, 100 - LEAST), 2), round(min(width, 100 - x) if x < 100 else LEAST, 2), kind))
            x += width
    return parts


def kinds(outcomes: Sequence[str], not_judged: str) -> dict[str, str]:
    """The pattern of each outcome: light for the best, full for the worst, between them lines that get closer."""
    judged = [o for o in outcomes if o != not_judged]
    between = ("k1", "k2", "k3")
    found = {o: between[min(i, len(between) - 1)] for i, o in enumerate(judged[1:-1])}
    return {judged[0]: "k0", **found, judged[-1]: "k4", not_judged: "k5"}
