"""Units -> a draw: who is visited, with which chance, by which number, in which group.

In: a frame and a plan. Out: a `Draw`; the same on every machine, as all is reckoned in whole numbers. It reads and writes
nothing.

    units, certain ones apart -> strata -> how many of each -> chances by size -> permanent random numbers -> the lowest ranks

- A unit's permanent random number is HMAC-SHA-256 of its key under the seed: it stays what it is when other units come or go
  (Ohlsson 1995). A draw that is `turned` counts the numbers from the other end, and so takes others than one that is not.
- A stratum gets its share by Webster's method of divisors (Sainte-Laguë's), one after the other, from `at_least` on.
- Within a stratum the chances are in proportion to a size: a share of it is even, the rest goes by the score. Who would come to
  certainty is certain, and the rest is shared out anew.
- Pareto sampling (Rosén 1997): of number u and chance p the rank is [u / (1 - u)] / [p / (1 - p)], and the lowest are drawn. The
  chances are met nearly, and where all are equal exactly: the draw is then a simple random one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256
from heapq import heapify, heapreplace, nsmallest
from typing import NamedTuple

from lookback.inspection.frame import Frame, Unit, uncollected
from lookback.words.errors import UsageError, did_you_mean

BITS = 256
"""Of a permanent random number."""
FINE = 128
"""Bits of a rank behind the point; of units that are alike even so the one with the first key comes first."""
_BLOCK = 64
"""Bytes that SHA-256 takes at a time."""
LOWEST = 1
"""A stratum gets so many at least: without a chance nothing could be said of its units."""
KNOWN_AT_MOST = 5_000
"""Among more units a key like the one that was typed is not looked for."""
ASKED, UNJUDGED, LARGE = "always", "not-judged", "size"
"""Why a unit is certain: it was asked for, it could not be judged, its size makes it so."""


@dataclass(frozen=True)
class Plan:
    """What a draw is asked to be. `power`: 1 shares out in proportion to the units of a stratum, 0.5 to their square root.
    `floor`: the share of the size that is even, above 0. `always`, `exclude`: keys. `turned`: as the module says."""

    size: int
    seed: str
    by: tuple[str, ...] = ()
    power: Fraction = Fraction(1)
    at_least: int = LOWEST
    floor: Fraction = Fraction(3, 10)
    always: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    where: str | None = None
    groups: int | None = None
    turned: bool = False


class Chosen(NamedTuple):
    """A unit and what became of it. `certain`: why its chance is 1, or "". `chance`: as (numerator, denominator). `number`: the
    permanent random number, of 256 bits. `group`: of the inspectors, from 1; None where there are none, or it is not drawn."""

    unit: Unit
    certain: str
    chance: tuple[int, int]
    number: int
    drawn: bool
    group: int | None


class Stratum(NamedTuple):
    """`units` of the frame, of which `certain` are certain; `drawn`, these included."""

    values: tuple[str, ...]
    units: int
    certain: int
    drawn: int


@dataclass(frozen=True)
class Draw:
    """`units`: all of the frame, by key. `excluded`: those that were left out by name. `joined`: strata, by their places
    in `strata`, that count as one where variances are estimated, as too few of them are drawn."""

    plan: Plan
    units: tuple[Chosen, ...]
    strata: tuple[Stratum, ...]
    excluded: tuple[Unit, ...]
    joined: tuple[tuple[int, ...], ...]

    @property
    def drawn(self) -> tuple[Chosen, ...]:
        """Those that are visited, by group, stratum and key."""
        return tuple(sorted((c for c in self.units if c.drawn), key=lambda c: (c.group or 0, c.unit.stratum, c.unit.key)))


@uncollected()
def draw(frame: Frame, plan: Plan) -> Draw:
    """Raises UsageError where the plan cannot be: no seed, a size above the units there are, or below those that are certain and
    what each stratum gets at least; units that are not there."""
    if not plan.seed.strip():
        raise UsageError("empty-seed")
    units, excluded = _population(frame, plan)
    if plan.size > len(units):
        raise UsageError("size-above-units", size=plan.size, n=len(units))
    always = set(plan.always)
    certain = [ASKED if u.key in always else "" if u.judged else UNJUDGED for u in units]
    asked = sum(map(bool, certain))
    if asked > plan.size:
        raise UsageError("size-below-certain", size=plan.size, n=asked)
    strata: dict[tuple[str, ...], list[int]] = {}  # the places of their units
    for i, unit in enumerate(units):
        strata.setdefault(unit.stratum, []).append(i)
    strata = dict(sorted(strata.items()))
    rest = [[i for i in of if not certain[i]] for of in strata.values()]
    shares = _shares([len(of) for of in rest], plan.size - asked, plan)
    numbers = numbers_of(plan.seed, (u.key for u in units))
    chances, drawn = [(1, 1)] * len(units), [bool(why) for why in certain]
    for of, share in zip(rest, shares, strict=True):
        sizes = _sizes([units[i].score for i in of], plan.floor)
        large, taken, total = _certain(sizes, share)
        ranks = []
        for n, (i, size) in enumerate(zip(of, sizes, strict=True)):
            if n in large:
                certain[i], drawn[i] = LARGE, True
            else:
                chances[i] = (taken * size, total)
                ranks.append((_rank(numbers[i], plan.turned, taken * size, total), i))
        for _, i in nsmallest(taken, ranks):
            drawn[i] = True
    groups = _groups([i for of in strata.values() for i in of if drawn[i]], plan)
    chosen = zip(units, certain, chances, numbers, drawn, map(groups.get, range(len(units))), strict=True)
    listed = tuple(
        Stratum(values, len(of), sum(bool(certain[i]) for i in of), sum(drawn[i] for i in of)) for values, of in strata.items()
    )
    parts = [(s.units - s.certain, s.drawn - s.certain) for s in listed]
    several = tuple(group for group in joined(parts) if len(group) > 1)
    return Draw(plan, tuple(map(Chosen._make, chosen)), listed, tuple(excluded), several)


def numbers_of(seed: str, keys: Iterable[str]) -> list[int]:
    """The permanent random numbers of units, from 0 to 2^256 - 1. HMAC as RFC 2104 has it, in half the time of `hmac`."""
    secret = seed.encode()
    secret = (sha256(secret).digest() if len(secret) > _BLOCK else secret).ljust(_BLOCK, b"\0")
    inner, outer = (sha256(bytes(byte ^ pad for byte in secret)) for pad in (0x36, 0x5C))
    found = []
    for key in keys:
        one, whole = inner.copy(), outer.copy()
        one.update(key.encode())
        whole.update(one.digest())
        found.append(int.from_bytes(whole.digest(), "big"))
    return found


def joined(parts: Sequence[tuple[int, int]]) -> list[tuple[int, ...]]:
    """Parts of the whole, each as (units, of them seen), in groups whose variance can be estimated: of each at least two are
    seen, or all. What lacks is joined to what lacks next, and where nothing lacks any more to a neighbour."""
    groups: list[tuple[int, ...]] = []
    waiting: tuple[int, ...] = ()
    for i, (units, seen) in enumerate(parts):
        if seen >= min(units, 2):
            groups.append((i,))
            continue
        waiting = (*waiting, i)
        if sum(parts[j][1] for j in waiting) >= 2:
            groups.append(waiting)
            waiting = ()
    if waiting:
        partly = [g for g in groups if any(parts[i][1] < parts[i][0] for i in g)]
        near = min(partly, key=lambda g: (len(g) == 1, min(abs(i - j) for i in g for j in waiting), g), default=())
        groups = [*(g for g in groups if g != near), tuple(sorted((*near, *waiting)))]
    return sorted(groups)


def _population(frame: Frame, plan: Plan) -> tuple[list[Unit], list[Unit]]:
    """The units that can be drawn, and those that are excluded, by key."""
    known = {unit.key for unit in frame.units}
    for key in (*plan.always, *plan.exclude):
        if key not in known:
            near = did_you_mean(key, known) if len(known) <= KNOWN_AT_MOST else None
            raise UsageError("not-to-be-drawn", unit=key, help=near)
    if both := sorted(set(plan.always) & set(plan.exclude)):
        raise UsageError("always-and-excluded", unit=both[0])
    out = set(plan.exclude)
    units = sorted(frame.units)
    return [u for u in units if u.key not in out], [u for u in units if u.key in out]


# --------------------------------------------------------------------------------------------- how many of each stratum


def _shares(units: Sequence[int], size: int, plan: Plan) -> list[int]:
    """How many of each stratum's units are drawn, `size` in all. Raises UsageError where the least of all are more than that,
    and where certain ones leave no room."""
    shares = [min(n, plan.at_least) for n in units]
    if sum(shares) > size:
        raise UsageError("size-below-strata", size=plan.size, n=sum(1 for n in units if n), least=plan.size - size + sum(shares))
    weights = [_root(n, plan.power) for n in units]
    waiting = [(-Fraction(weights[i], 2 * shares[i] + 1), i) for i, n in enumerate(units) if shares[i] < n]
    heapify(waiting)
    for _ in range(size - sum(shares)):
        i = waiting[0][1]
        shares[i] += 1
        heapreplace(waiting, (-Fraction(weights[i], 2 * shares[i] + 1) if shares[i] < units[i] else Fraction(1), i))
    return shares


def _root(n: int, power: Fraction) -> int:
    """n to a power, times 2^32, as a whole number."""
    if not n:
        return 0
    a, b = power.as_integer_ratio()
    of = n**a << (32 * b)
    low, high = 0, 1 << (of.bit_length() // b + 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if middle**b <= of else (low, middle)
    return low


# ---------------------------------------------------------------------------------------------------- chances and ranks


def _sizes(scores: Sequence[int], floor: Fraction) -> list[int]:
    """The size of each unit of a stratum, in whole numbers, by its score."""
    if not any(scores):
        return [1] * len(scores)
    even = floor.numerator * sum(scores)
    by_score = (floor.denominator - floor.numerator) * len(scores)
    return [even + by_score * score for score in scores]


def _certain(sizes: Sequence[int], share: int) -> tuple[set[int], int, int]:
    """The places of the units that are certain by their size; how many of the others are drawn, and the sum of their sizes."""
    order = sorted(range(len(sizes)), key=lambda i: (-sizes[i], i))
    total, large = sum(sizes), 0
    while large < share and (share - large) * sizes[order[large]] >= total:
        total -= sizes[order[large]]
        large += 1
    return set(order[:large]), share - large, total


def _rank(number: int, turned: bool, chance: int, of: int) -> int:
    """Pareto's rank of a number and a chance (`chance` of `of`), in 2^-128. The number stands for the middle of its place."""
    below, above = 2 * number + 1, (2 << BITS) - 2 * number - 1
    if turned:
        below, above = above, below
    return (below * (of - chance) << FINE) // (above * chance)


# --------------------------------------------------------------------------------------------------------------- groups


def _groups(drawn: Sequence[int], plan: Plan) -> Mapping[int, int]:
    """Place of a unit -> its group of inspectors: those of one stratum beside each other, as many in each group as in the
    others, or one more. Raises UsageError where there are more groups than units."""
    if plan.groups is None:
        return {}
    if plan.groups > len(drawn):
        raise UsageError("groups-above-size", groups=plan.groups, n=len(drawn))
    return {place: i * plan.groups // len(drawn) + 1 for i, place in enumerate(drawn)}


def sizes_of_groups(draw: Draw) -> dict[int, int]:
    """Group -> how many units it visits."""
    return dict(sorted(Counter(c.group for c in draw.units if c.group is not None).items()))
