"""What the visited units say of all: as a text, JSON, or a workbook.

In: an estimate, the draw that it is of, the pack that names things. Whole numbers are what is claimed; an estimate is shown with
one place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lookback.language.types import in_json
from lookback.packs.checked import CheckedPack
from lookback.words import say
from lookback.words.terminal import PLAIN, Style
from lookback.writers._sheets import Plain, workbook
from lookback.writers.inspection.draw import Called, named
from lookback.writers.screen import heads, table

if TYPE_CHECKING:  # what is printed is made elsewhere, by what is heavy to load
    from lookback.inspection.drawing import Draw
    from lookback.inspection.estimate import Estimate, Range

NAME_WIDE = 60
PLACES = 4
"""Of an estimate in JSON: more would be noise, and differ between machines."""


class Estimated:
    """An estimate in one language."""

    def __init__(self, found: Estimate, draw: Draw, protocol: Mapping[str, Any], pack: CheckedPack, lang: str) -> None:
        self.found, self.protocol, self.lang, self.called = found, protocol, lang, Called(draw, pack, lang)

    def say(self, code: str, **args: Any) -> str:
        return say(self.lang, f"estimated.{code}", **args)

    # --------------------------------------------------------------------------------------------------------- what is said

    def lines(self) -> Iterator[str]:
        """What is said in sentences."""
        found, sure = self.found, f"{float(self.found.confidence * 100):g}%"
        counts = {"visited": found.visited, "drawn": found.drawn, "units": found.units}
        yield self.say("visited", **counts, confidence=sure)
        if found.missing:
            yield self.say("missing", units=named([unit.key for unit in found.missing]))
        for verdict, n in found.unseen.items():
            yield self.say("unseen", n=n, verdict=self.called.names.outcome(verdict))
        better, passing = found.better, found.passing
        ends = {"low": better.low, "high": better.high}
        yield self.say("better", seen=better.seen, visited=found.visited, about=_about(better), **ends)
        passed = {"visited": passing.visited, "not_passed": passing.not_passed, "unvisited": passing.unvisited}
        yield self.say("passing", **passed, most=passing.most, confidence=sure)
        if passing.worst != passing.most:
            yield self.say("passing-worst", worst=passing.worst)

    def tables(self) -> Iterator[tuple[str, list[str], list[list[Any]]]]:
        """The tables: what each is called, its heads, its rows."""
        found, names = self.found, self.called.names
        titles = heads(self.lang, "seen", "estimate", "interval", "share-interval", "worst-case", "method")
        rows = [[names.outcome(outcome), *self.row(range_)] for outcome, range_ in found.verdicts.items()]
        yield self.say("verdicts"), [*heads(self.lang, "verdict"), *titles], rows
        if found.parts:
            titles_ = [*self.called.by(), *heads(self.lang, "units", "drawn", "visited"), *map(names.outcome, found.verdicts)]
            rows = [
                [*self.called.values(p.values), p.units, p.drawn, p.visited, *map(self.short, p.verdicts.values())]
                for p in found.parts
            ]
            yield self.say("strata"), titles_, rows
        broken = [(rule, range_) for rule, range_ in found.rules.items() if range_.seen]
        broken.sort(key=lambda one: -(one[1].estimate or 0))
        rows = [[names.rule(rule), *self.row(range_)] for rule, range_ in broken]
        if rows:
            yield self.say("rules"), [*heads(self.lang, "rule"), *titles], rows

    def row(self, range_: Range) -> list[Any]:
        n = max(self.found.units, 1)
        method = self.say("exact" if range_.exact else "weighted")
        share = f"{range_.low / n:.1%}–{range_.high / n:.1%}"
        worst = f"{range_.worst_low:,}–{range_.worst_high:,}"
        return [range_.seen, _about(range_), f"{range_.low:,}–{range_.high:,}", share, worst, method]

    def short(self, range_: Range) -> str:
        return self.say("range", about=_about(range_), low=range_.low, high=range_.high)

    # ------------------------------------------------------------------------------------------------------------- written

    def text(self, style: Style = PLAIN) -> str:
        parts = ["\n".join(self.lines())]
        for title, titles, rows in self.tables():
            parts.append(f"{title}\n\n{table(titles, rows, widths=[NAME_WIDE, *[None] * (len(titles) - 1)], style=style)}")
        parts.append(f"{self.say('rules-seen')} {self.say('how')}")
        return "\n\n".join(parts)

    def json(self) -> str:
        found = self.found
        by = self.protocol["plan"]["by"]
        return in_json(
            {
                "draw": self.protocol["draw"],
                "confidence": float(found.confidence),
                "units": found.units,
                "drawn": found.drawn,
                "visited": found.visited,
                "not_visited": [unit.key for unit in found.missing],
                "verdicts": _ranges(found.verdicts),
                "self_report_better": _range(found.better),
                "passing": asdict(found.passing),
                "strata": [
                    {
                        "values": dict(zip(by, part.values, strict=True)),
                        "units": part.units,
                        "drawn": part.drawn,
                        "visited": part.visited,
                        "verdicts": _ranges(part.verdicts),
                    }
                    for part in found.parts
                ],
                "rules": _ranges(found.rules),
            }
        )

    def workbook(self, file: Path) -> None:
        """Raises OSError where it cannot be written."""
        with workbook(file, self.say("title")) as book:
            sheets = Plain(book, f"{say(self.lang, 'protocol.id')} {self.protocol['draw']}")
            said = [*self.lines(), f"{self.say('rules-seen')} {self.say('how')}"]
            sheets.add(self.say("title"), [self.say("title")], [[line] for line in said], (110,))
            for title, titles, rows in self.tables():
                sheets.add(title, titles, rows)


def _about(range_: Range) -> str:
    return "–" if range_.estimate is None else f"{range_.estimate:,.1f}"


def _range(range_: Range) -> dict[str, Any]:
    found = asdict(range_)
    return {**found, "estimate": None if range_.estimate is None else round(range_.estimate, PLACES)}


def _ranges(of: Mapping[str, Range]) -> dict[str, Any]:
    return {name: _range(range_) for name, range_ in of.items()}
