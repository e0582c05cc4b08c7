"""A draw for people: a workbook with the units to be visited and an itinerary a group, and its protocol, to be read and checked.

In: a draw, its protocol, the pack that names things. Out: `draw.xlsx`, `protocol.md`, lines for the screen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lookback.language.types import Column
from lookback.packs.checked import CheckedPack, Named
from lookback.words import say
from lookback.words.shown import harmless, one_line
from lookback.words.terminal import PLAIN, Style
from lookback.writers._sheets import Plain, workbook
from lookback.writers.screen import colour_of, heads, table

if TYPE_CHECKING:  # what is printed is made elsewhere, by what is heavy to load
    from lookback.inspection.drawing import Chosen, Draw

VERIFY = "lookback verify DRAW --of REVIEW"
NAMED_AT_MOST = 20
TO_FILL = ("visit-day", "inspectors", "remarks")
"""Columns of an itinerary that are filled by hand, and how wide they are."""
WIDE_TO_FILL = (14, 20, 30)


class Called:
    """What the strata of a draw are called in one language."""

    def __init__(self, draw: Draw, pack: CheckedPack, lang: str) -> None:
        self.draw, self.pack, self.lang, self.names = draw, pack, lang, Named(pack, lang)

    def by(self) -> list[str]:
        """What the fields that the draw is by are called."""
        return [self.field(name) for name in self.draw.plan.by]

    def field(self, name: str) -> str:
        return say(self.lang, "head.verdict") if name == "verdict" else self.names.field(self.pack.root, name)

    def values(self, values: Sequence[str]) -> list[str]:
        """The values of a stratum, as people read them."""
        return [self.value(name, value) for name, value in zip(self.draw.plan.by, values, strict=True)]

    def value(self, name: str, value: str) -> str:
        if not value:
            return say(self.lang, "reason.nothing")
        if name == "verdict":
            return self.names.outcome(value)
        return self.names.value(value, Column(self.pack.root, name))

    def stratum(self, values: Sequence[str]) -> str:
        return " · ".join(self.values(values)) or say(self.lang, "protocol.all")


class Written(Called):
    """A draw in one language."""

    def __init__(self, draw: Draw, protocol: Mapping[str, Any], pack: CheckedPack, lang: str) -> None:
        super().__init__(draw, pack, lang)
        self.protocol, self.root = protocol, pack.tables[pack.root]

    def lines(self) -> Iterator[tuple[str, str]]:
        """How it was drawn, as names and values."""
        plan, protocol = self.protocol["plan"], self.protocol
        review, certain = protocol["review"], sum(s.certain for s in self.draw.strata)
        yield "id", protocol["draw"]
        pack = {"pack": review["pack"]["name"], "version": review["pack"]["version"]}
        yield "review", self.say("review-of", **pack, sha256=review["sha256"])
        yield "seed", plan["seed"]
        yield "published", plan["published"] or self.say("not-said")
        yield "size", self.say("size-of", drawn=protocol["drawn"], units=protocol["units"], certain=certain)
        if plan["by"]:
            yield "by", ", ".join(self.by())
            how = "proportional" if plan["power"] == "1" else "power"
            power = {} if how == "proportional" else {"power": f"{float(Fraction(plan['power'])):g}"}
            yield "allocation", self.say(how, least=plan["at_least"], **power)
        floor = float(Fraction(plan["floor_random"]))
        yield "floor", self.say("floor-even") if floor == 1 else self.say("floor-is", floor=floor)
        for name, units in (("always", plan["always"]), ("excluded", plan["exclude"])):
            if units:
                yield name, ", ".join(units)
        if plan["where"] is not None:
            yield "where", plan["where"]
            yield "outside", self.say("outside-of", n=protocol["outside"], open=len(protocol["open"]))
        if (with_ := protocol["coordinated"]) is not None:
            units = named(with_["in_both"]) or self.say("nobody")
            yield with_["how"], self.say("with", draw=with_["draw"], units=units)
        if self.draw.joined:
            yield "joined", self.joined()

    def joined(self) -> str:
        """The strata that are joined for estimates."""
        return "; ".join(" + ".join(self.stratum(self.draw.strata[i].values) for i in group) for group in self.draw.joined)

    def told(self) -> Iterator[str]:
        """What is worth telling of it on the screen."""
        of, protocol = Counter(c.certain for c in self.draw.units if c.certain), self.protocol
        if of:
            counts = {"asked": of["always"], "unjudged": of["not-judged"], "size": of["size"]}
            yield say(self.lang, "draw.told.certain", n=of.total(), **counts)
        if self.draw.joined:
            yield say(self.lang, "draw.told.joined", strata=self.joined())
        if protocol["open"]:
            yield say(self.lang, "draw.told.open", n=len(protocol["open"]), units=named(protocol["open"]))
        if (with_ := protocol["coordinated"]) is not None:
            yield say(self.lang, "draw.other-seed", draw=with_["draw"])
            if both := with_["in_both"]:
                yield say(self.lang, "draw.told.in-both", n=len(both), draw=with_["draw"], units=named(both))

    def say(self, code: str, **args: Any) -> str:
        return say(self.lang, f"protocol.{code}", **args)

    def counts(self, style: Style = PLAIN) -> str:
        """The strata, as a table for the screen."""
        titles, rows = self.strata
        by = self.draw.plan.by
        align = (*["left"] * len(by), "right", "right", "right", "right")
        at, outcomes = by.index("verdict") if "verdict" in by else None, self.pack.outcomes
        of = {} if at is None else {(i, at): colour_of(s.values[at], outcomes) for i, s in enumerate(self.draw.strata)}
        return table(titles, rows, align=align, style=style, colours=of)

    @cached_property
    def strata(self) -> tuple[list[str], list[list[Any]]]:
        """The heads and the rows of the table of strata."""
        chances: dict[tuple[str, ...], list[tuple[int, int]]] = {}
        for chosen in self.draw.units:
            if not chosen.certain:
                chances.setdefault(chosen.unit.stratum, []).append(chosen.chance)
        rows = [
            [*self.values(s.values), s.units, s.certain, s.drawn, _range(chances.get(s.values, []))] for s in self.draw.strata
        ]
        return [*self.by(), *heads(self.lang, "units", "certain", "drawn", "chances")], rows

    def drawn_heads(self) -> list[str]:
        label = [self.field(self.root.label)] if self.root.label else []
        return [self.field(self.root.key), *label, *self.by(), *heads(self.lang, "verdict", "findings")]

    def drawn_row(self, chosen: Chosen) -> list[Any]:
        unit = chosen.unit
        label = [unit.label] if self.root.label else []
        return [unit.key, *label, *self.values(unit.stratum), self.names.outcome(unit.verdict), unit.findings]

    def why(self, chosen: Chosen) -> str:
        return say(self.lang, f"drawn.{chosen.certain or 'chance'}")

    # -------------------------------------------------------------------------------------------------------- protocol.md

    def readable(self, file: Path) -> None:
        """protocol.md."""
        file.write_text(harmless(self.text()), "utf-8", newline="\n")

    def text(self) -> str:
        plan, parts = self.draw.plan, [f"# {self.say('title')} {self.protocol['draw']}\n"]
        parts += [f"- {self.say(name)}: {_in_markdown(value)}" for name, value in self.lines()]
        titles, rows = self.strata
        parts += ["", f"## {self.say('strata')}\n", table(titles, _cells(rows), "github")]
        parts += ["", f"## {self.say('drawn-units')}\n"]
        titles = [*self.drawn_heads(), *heads(self.lang, "why-drawn", "chance", *(["group"] if plan.groups else []))]
        rows = [
            [*self.drawn_row(c), self.why(c), _percent(c.chance), *([c.group] if plan.groups else [])] for c in self.draw.drawn
        ]
        parts += [table(titles, _cells(rows), "github"), "", f"## {self.say('check')}\n", self.say("method")]
        if plan.turned:
            parts += ["", self.say("turned")]
        for said, typed in (("number-of", "printf %s UNIT | openssl dgst -sha256 -hmac SEED"), ("verify", VERIFY)):
            parts += ["", self.say(said), "", f"    {typed}"]
        return "\n".join(parts) + "\n"

    # ----------------------------------------------------------------------------------------------------------- draw.xlsx

    def workbook(self, file: Path) -> None:
        """draw.xlsx. Raises OSError where it cannot be written."""
        with workbook(file, self.say("drawn-units")) as book:
            sheets = Plain(book, f"{self.say('id')} {self.protocol['draw']}")
            drawn, groups = self.draw.drawn, self.draw.plan.groups
            titles = [*heads(self.lang, *(["group"] if groups else [])), *self.drawn_heads()]
            titles += heads(self.lang, "why-drawn", "chance")
            rows = [[*([c.group] if groups else []), *self.drawn_row(c), self.why(c), _percent(c.chance)] for c in drawn]
            sheets.add(self.say("drawn-units"), titles, rows)
            for group, of in groupby(drawn, key=lambda c: c.group):
                title = self.say("itinerary", group=group or 1)
                stops = [[n, *self.drawn_row(c), "", "", ""] for n, c in enumerate(of, start=1)]
                sheets.add(title, self.itinerary(), stops, WIDE_TO_FILL, lines=2)
            sheets.add(self.say("strata"), *self.strata)
            lines = [[self.say(name), value] for name, value in self.lines()]
            sheets.add(self.say("how"), [self.say("title"), ""], lines, (80,))

    def itinerary(self) -> list[str]:
        return [*heads(self.lang, "stop"), *self.drawn_heads(), *heads(self.lang, *TO_FILL)]


def named(keys: Sequence[str]) -> str:
    return ", ".join((*map(one_line, keys[:NAMED_AT_MOST]), *(["…"] if len(keys) > NAMED_AT_MOST else [])))


def _percent(chance: tuple[int, int]) -> str:
    """A chance in percent with two places."""
    return _percents(_hundredths(chance))


def _hundredths(chance: tuple[int, int]) -> int:
    """Of a percent, rounded half up: in whole numbers, as a float may stand to either side."""
    of, among = chance
    return (20_000 * of + among) // (2 * among)


def _percents(hundredths: int) -> str:
    return f"{hundredths // 100}.{hundredths % 100:02d}%"


def _range(chances: Sequence[tuple[int, int]]) -> str:
    if not chances:
        return ""
    found = [*map(_hundredths, chances)]
    low, high = _percents(min(found)), _percents(max(found))
    return low if low == high else f"{low}–{high}"


def _cells(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    return [[_in_markdown(value) if isinstance(value, str) else value for value in row] for row in rows]


def _in_markdown(text: str) -> str:
    """A text that ends no cell and begins no other thing."""
    return one_line(text).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("`", "\\`").replace("[", "\\[")
