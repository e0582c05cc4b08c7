"""What the visited units say of all.

In: a draw, and a review with what the visits found. Out: numbers of units, with intervals. It judges nothing.

- Units are taken by what they reported: of each reported verdict the draw says how many units have it, so that only the share
  that gets another is estimated (post-strata). Within them a unit weighs what its chance says (Hájek's ratio, 1971). Where some
  that were drawn were not visited the others of their stratum stand for them; what the ends would be if all of those had it, or
  none, is told beside.
  Units that reported what nobody did who was visited in their stratum are taken to be as such units elsewhere, or, where there
  are none, as the others; the intervals take them both ways.
- An interval of a post-stratum is the hypergeometric one, for the number of units that the visited ones are worth: with equal
  chances they themselves, and the interval is exact; else as many as Kish's design effect (1965) of the weights leaves, or the
  variance (Hájek's of 1964, which Rosén takes for Pareto sampling) where that leaves fewer (after Korn and Graubard 1998). Strata
  of which fewer than two were visited are joined for the variance. The intervals of several post-strata are put together as
  independent ones are (Zou and Donner 2008).
- How many of the units that pass would not: the bound holds for whatever chances. The chances of those that would not are what is
  expected of them among the visited; `bounds.most_expected` says how much that can be, and the worst case is that they are those
  with the least chances.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import ceil, floor, fsum, sqrt
from pathlib import Path
from typing import NamedTuple

from lookback.inspection.bounds import most, most_expected
from lookback.inspection.drawing import Chosen, Draw, joined
from lookback.inspection.folder import DrawFolder, judged_of
from lookback.inspection.frame import Unit, frame
from lookback.place import temporary
from lookback.reviews.folder import Review, reading
from lookback.warehouse.duckdb import DuckDB, path_literal
from lookback.words.errors import UsageError

FINDINGS = "findings.parquet"
SLACK = 1e-9
"""What rounding of floats may make of a whole number."""


@dataclass(frozen=True)
class Range:
    """How many units have something: `seen` among the visited, `estimate` of all (None where nobody was visited), from `low` to
    `high` with the confidence asked for. `worst_low`, `worst_high`: with none or all of those that were not visited."""

    seen: int
    estimate: float | None
    low: int
    high: int
    worst_low: int
    worst_high: int
    exact: bool


@dataclass(frozen=True)
class Part:
    """A stratum: its values, and its units by verdict."""

    values: tuple[str, ...]
    units: int
    drawn: int
    visited: int
    verdicts: Mapping[str, Range]


@dataclass(frozen=True)
class Passing:
    """Units that passed by what they reported: `visited`, of which `not_passed` do not pass now; of the `unvisited` at `most` so
    many would not; `worst`: if all that were drawn and not visited would not."""

    visited: int
    not_passed: int
    unvisited: int
    most: int
    worst: int
    exact: bool


@dataclass(frozen=True)
class Estimate:
    """`missing`: units that were drawn and not visited. `unseen`: reported verdicts of which no unit was visited, with how many
    units have them. `verdicts`: by outcome, best first. `better`: units whose verdict by what
    they reported was better than by what was seen. `rules`: units with a finding of a rule, the pack's order."""

    confidence: Fraction
    units: int
    drawn: int
    visited: int
    missing: tuple[Unit, ...]
    unseen: Mapping[str, int]
    verdicts: Mapping[str, Range]
    better: Range
    passing: Passing
    parts: tuple[Part, ...]
    rules: Mapping[str, Range]


def estimate(drawn: DrawFolder, after: Review, confidence: Fraction, visited: str | None = None) -> Estimate:
    """Visited is a unit with more answers of inspectors than when it was drawn; where the pack has no fields by inspectors, every
    unit that was judged. `visited`: a condition over the units of `after` that says it instead. Raises UsageError for a review of
    another pack, and where nobody was visited."""
    pack, draw = after.pack(), drawn.draw
    judged_of(drawn, after)
    after.require(FINDINGS)
    seen = {unit.key: unit for unit in frame(after, where=visited, option="--visited").units if unit.judged}
    if visited is None and any(field.by == "inspector" for table in pack.tables.values() for field in table.fields.values()):
        before = {c.unit.key: c.unit.answers for c in draw.drawn}
        seen = {key: unit for key, unit in seen.items() if unit.answers > before.get(key, unit.answers)}
    now = {c.unit.key: seen[c.unit.key].verdict for c in draw.drawn if c.unit.key in seen}
    if not now:
        raise UsageError("nobody-visited", n=len(draw.drawn), review=str(after.folder))
    found = _found(after, now)
    rules = {rule.id: found.get(rule.id, set()) for rule in pack.rules}
    return estimated(draw, now, pack.outcomes, rules, 1 - confidence)


def estimated(
    draw: Draw, now: Mapping[str, str], outcomes: Sequence[str], rules: Mapping[str, set[str]], risk: Fraction
) -> Estimate:
    """`now`: the visited units with their verdicts, by what was seen. `outcomes`: best first. `rules`: rule -> the visited units
    that have a finding of it. `risk`: of an interval that misses."""
    rank = {outcome: i for i, outcome in enumerate(outcomes)}
    was = {c.unit.key: c.unit.verdict for c in draw.units}
    worse = {key for key, verdict in now.items() if rank.get(was[key], len(rank)) < rank[verdict]}
    having = {outcome: {key for key, verdict in now.items() if verdict == outcome} for outcome in outcomes}
    whole = _Parts(draw.units, now, risk)
    strata: dict[tuple[str, ...], list[Chosen]] = {s.values: [] for s in draw.strata} if draw.plan.by else {}
    for one in draw.units if strata else ():
        strata[one.unit.stratum].append(one)
    parts = []
    for values, chosen in strata.items():
        of = _Parts(chosen, now, risk)
        verdicts = {outcome: of.range(having[outcome], whole=whole) for outcome in outcomes}
        parts.append(Part(values, len(chosen), of.drawn, len(of.seen), verdicts))
    return Estimate(
        1 - risk,
        len(draw.units),
        len(draw.drawn),
        len(now),
        tuple(c.unit for c in draw.drawn if c.unit.key not in now),
        {reported: one.units for reported, one in whole.sample.open.items() if not one.visited},
        {outcome: whole.range(having[outcome]) for outcome in outcomes},
        whole.range(worse, {*outcomes[:-1]}),
        passing(draw.units, now, outcomes[0], risk),
        tuple(parts),
        {rule: whole.range(of_rule) for rule, of_rule in rules.items()},
    )


def _found(after: Review, now: Iterable[str]) -> dict[str, set[str]]:
    """Rule -> the visited units that have a finding of it, on themselves or on a record of theirs."""
    visited, found = set(now), dict[str, set[str]]()
    with temporary() as work, closing(DuckDB(Path(work), threads=1)) as warehouse, reading(after.folder):
        source = f"read_parquet({path_literal(after.folder / FINDINGS)})"
        for rule, unit in warehouse.rows(f"SELECT DISTINCT rule, unit FROM {source}"):
            if unit in visited:
                found.setdefault(rule, set()).add(unit)
    return found


# ------------------------------------------------------------------------------------------------------------- intervals


class _Weighed(NamedTuple):
    """A visited unit. `weight`: how many it stands for. `group`: of strata, for the variance."""

    key: str
    weight: float
    group: int


@dataclass(frozen=True)
class _Open:
    """Units of which not all were visited: `units` in all, with `visited` ones; `exact`: all had the same chance, in one draw."""

    units: int
    visited: tuple[_Weighed, ...]
    exact: bool
    risk: Fraction

    def of(self, having: set[str]) -> tuple[float, int, int]:
        """How many have what these visited ones have: estimate, low, high."""
        n, seen = len(self.visited), sum(w.key in having for w in self.visited)
        share = min(fsum(w.weight for w in self.visited if w.key in having) / self.units, 1.0)
        worth = n if self.exact else self._worth(having, share)
        low = self.units - self._most(worth, (1 - share) * worth)
        high = self._most(worth, share * worth)
        lowest, highest = seen, self.units - (n - seen)
        about = min(max(share * self.units, lowest), highest)
        low, high = max(low, lowest), min(high, highest)
        return about, min(low, floor(about + SLACK)), max(high, ceil(about - SLACK))

    def _most(self, worth: int, seen: float) -> int:
        """The upper end for a number that need not be whole: between those of the whole numbers beside it."""
        below, above = floor(seen + SLACK), ceil(seen - SLACK)
        ends = [most(self.units, worth, n, self.risk / 2) for n in {below: 0, above: 0}]
        return ceil(ends[0] + (seen - below) * (ends[-1] - ends[0]) - SLACK)

    @cached_property
    def _kish(self) -> float:
        return fsum(w.weight for w in self.visited) ** 2 / fsum(w.weight**2 for w in self.visited)

    def _worth(self, having: set[str], share: float) -> int:
        """How many units of a simple random sample the visited ones are worth."""
        worth = min(self._kish, len(self.visited))
        if 0 < share < 1 and self.units > 1 and (variance := self._variance(having, share)) > 0:
            of_one = self.units**2 * share * (1 - share) / (self.units - 1)
            worth = min(worth, self.units / (1 + variance / of_one))
        return max(1, floor(worth + SLACK))

    def _variance(self, having: set[str], share: float) -> float:
        """Hájek's variance of the number of units."""
        total, groups = 0.0, dict[int, list[_Weighed]]()
        for one in self.visited:
            groups.setdefault(one.group, []).append(one)
        for of in groups.values():
            spread = [max(1 - 1 / w.weight, 0.0) for w in of]
            if len(of) < 2 or not (all_ := fsum(spread)):
                continue
            rest = [w.weight * ((w.key in having) - share) for w in of]
            middle = fsum(s * r for s, r in zip(spread, rest, strict=True)) / all_
            squares = fsum(s * (r - middle) ** 2 for s, r in zip(spread, rest, strict=True))
            total += len(of) / (len(of) - 1) * squares
        return total


class _Sample:
    """Units of a draw of which those of `looked_at` were visited."""

    def __init__(self, chosen: Sequence[Chosen], looked_at: set[str], risk: Fraction) -> None:
        cells: dict[tuple[str, tuple[str, ...], bool], list[Chosen]] = {}
        alike = len({(c.unit.stratum, c.chance) for c in chosen if not c.certain}) == 1
        for one in chosen:
            reported = "" if alike else one.unit.verdict
            cells.setdefault((reported, one.unit.stratum, bool(one.certain)), []).append(one)
        drawn, seen = Counter[tuple[tuple[str, ...], bool]](), Counter[tuple[tuple[str, ...], bool]]()
        for (_, stratum, certain), of in cells.items():
            drawn[stratum, certain] += sum(c.drawn for c in of)
            seen[stratum, certain] += sum(c.unit.key in looked_at for c in of)
        self.known: dict[str, set[str]] = {}
        """Units that were visited as all of their kind were, by what they reported; so are those of `open`."""
        self.open: dict[str, _Open] = {}
        waiting: dict[str, list[tuple[int, list[tuple[str, float]], bool, set[tuple[int, int]]]]] = {}
        for (reported, stratum, certain), of in sorted(cells.items()):
            visited = [c for c in of if c.unit.key in looked_at]
            if len(visited) == len(of):
                self.known.setdefault(reported, set()).update(c.unit.key for c in of)
                continue
            response = seen[stratum, certain] / drawn[stratum, certain] if drawn[stratum, certain] else 1.0
            weighed = [(c.unit.key, c.chance[1] / c.chance[0] / response) for c in visited]
            waiting.setdefault(reported, []).append((len(of), weighed, certain, {c.chance for c in of}))
        for reported, parts in waiting.items():
            units = sum(n for n, *_ in parts)
            all_ = fsum(weight for _, weighed, *_ in parts for _, weight in weighed)
            of_parts = joined([(n, len(weighed)) for n, weighed, *_ in parts])
            group = {part: i for i, places in enumerate(of_parts) for part in places}
            found = [
                _Weighed(key, weight * units / all_, group[i])
                for i, (_, weighed, *_) in enumerate(parts)
                for key, weight in weighed
            ]
            exact = len(parts) == 1 and len(parts[0][3]) == 1
            self.open[reported] = _Open(units, tuple(found), exact, risk)
        self.exact = len(self.open) == 0 or (len(self.open) == 1 and all(one.exact for one in self.open.values()))

    def share(self, reported: str, having: set[str]) -> float | None:
        """Which share of the units that reported this has what these visited ones have; None where nobody was visited."""
        weights = [(key, 1.0) for key in self.known.get(reported, ())]
        weights += [(w.key, w.weight) for w in (self.open[reported].visited if reported in self.open else ())]
        if not weights:
            return None
        return fsum(weight for key, weight in weights if key in having) / fsum(weight for _, weight in weights)

    def of(
        self, having: set[str], possible: set[str] | None = None, whole: _Sample | None = None
    ) -> tuple[float | None, int, int]:
        """How many units have what these visited ones have: estimate (None where nobody was visited), low, high. `possible`: only
        units that reported one of these verdicts can have it. `whole`: what these units are a part of."""
        known = [key for keys in self.known.values() for key in keys]
        seen = sum(key in having for key in known)
        among = {r: one for r, one in self.open.items() if possible is None or r in possible or not r}
        unseen = {reported: one.units for reported, one in among.items() if not one.visited}
        open_ = [one for one in among.values() if one.visited]
        visited = [w for one in open_ for w in one.visited]
        if not visited and not known:
            return None, 0, sum(unseen.values())
        each = [one.of(having) for one in open_]
        about = fsum(mean for mean, _, _ in each)
        low = about - sqrt(fsum((mean - low) ** 2 for mean, low, _ in each))
        high = about + sqrt(fsum((high - mean) ** 2 for mean, _, high in each))
        of_open = sum(w.key in having for w in visited)
        low = max(floor(low + SLACK), of_open)
        high = min(ceil(high - SLACK), sum(one.units for one in open_) - (len(visited) - of_open))
        weights = fsum(w.weight for w in visited)
        share = fsum(w.weight for w in visited if w.key in having) / weights if weights else seen / len(known)
        for reported, units in unseen.items():
            elsewhere = whole.share(reported, having) if whole is not None else None
            about += units * (share if elsewhere is None else elsewhere)
        return seen + about, seen + low, seen + high + sum(unseen.values())


class _Parts:
    """Units of a draw, as samples: as they were visited, and as they would have been without anybody missing."""

    def __init__(self, chosen: Sequence[Chosen], visited: Iterable[str], risk: Fraction) -> None:
        drawn = {c.unit.key for c in chosen if c.drawn}
        self.seen = drawn & set(visited)
        self.drawn, self.missing = len(drawn), drawn - self.seen
        self.sample = _Sample(chosen, self.seen, risk)
        self.full = _Sample(chosen, drawn, risk) if self.missing else self.sample

    def range(self, having: set[str], possible: set[str] | None = None, whole: _Parts | None = None) -> Range:
        """How many units have what these visited ones have; `possible`, `whole`: as `_Sample.of` says."""
        here = len(self.seen & having)
        about, low, high = self.sample.of(having, possible, whole.sample if whole is not None else None)
        if not self.missing:
            return Range(here, about, low, high, low, high, self.sample.exact)
        worst_low, worst_high = self.full.of(having, possible)[1], self.full.of(having | self.missing, possible)[2]
        return Range(here, about, low, high, min(low, worst_low), max(high, worst_high), self.sample.exact)


# --------------------------------------------------------------------------------------------------------- those that pass


def passing(chosen: Sequence[Chosen], now: Mapping[str, str], best: str, risk: Fraction) -> Passing:
    """Of the units that passed and were not visited, how many would not pass, at the most."""
    passed = [c for c in chosen if c.unit.verdict == best]
    visited = [c for c in passed if c.unit.key in now]
    failed = sum(now[c.unit.key] != best for c in visited)
    rest = [c for c in passed if not c.certain]
    aside = sum(1 for c in passed if c.certain and c.unit.key not in now)
    alike = len({(c.unit.stratum, c.chance) for c in rest}) <= 1
    bounds = []
    for missing_fails in (False, True):
        there = [c for c in rest if c.drawn and (missing_fails or c.unit.key in now)]
        bad = [c for c in there if now.get(c.unit.key) != best]
        missing = sum(c.unit.key not in now for c in bad)
        if alike:
            bound = most(len(rest), len(there), len(bad), risk) - len(bad) if there else len(rest)
        else:
            looked_at = [c for c in chosen if c.drawn and not c.certain and (missing_fails or c.unit.key in now)]
            bound = _worst_case(rest, bad, chosen, {c.unit.key for c in looked_at}, risk)
        bounds.append(aside + missing + bound)
    unvisited = len(passed) - len(visited)
    found = [min(bound, unvisited) for bound in bounds]
    return Passing(len(visited), failed, unvisited, found[0], max(found), alike)


def _chances(chosen: Sequence[Chosen], looked_at: set[str]) -> dict[str, float]:
    """The chance of each unit that is not certain to be looked at: to be drawn, and then as likely as others of its stratum."""
    counts: dict[tuple[str, ...], list[int]] = {}
    for one in chosen:
        if one.drawn and not one.certain:
            count = counts.setdefault(one.unit.stratum, [0, 0])
            count[0] += one.unit.key in looked_at
            count[1] += 1
    found = {}
    for one in chosen:
        if not one.certain:
            some, all_ = counts.get(one.unit.stratum, (0, 1))
            found[one.unit.key] = one.chance[0] / one.chance[1] * some / all_
    return found


def _worst_case(
    rest: Sequence[Chosen], bad: Sequence[Chosen], chosen: Sequence[Chosen], looked_at: set[str], risk: Fraction
) -> int:
    """How many of the units that nobody looked at can be bad: those with the least chances, as far as it goes."""
    chances = _chances(chosen, looked_at)
    others = sorted(chances[c.unit.key] for c in rest if c.unit.key not in looked_at)
    if not looked_at:
        return len(others)
    room = most_expected(len(looked_at), len(bad), risk) - fsum(chances[c.unit.key] for c in bad)
    bound, used = 0, 0.0
    for chance in others:
        used += chance
        if used > room + SLACK:
            break
        bound += 1
    return bound
