"""A report part by part, for papers: titles, sentences, and tables of texts, whatever the format.

In: a `Report`. Out: its sections, in the order and in the words of the page.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lookback.reporting.report import Report
from lookback.words import say
from lookback.words.habits import day_said
from lookback.words.shown import one_line
from lookback.writers.report.bars import Chart
from lookback.writers.report.page import Words

MOST_UNITS = 200
"""Of a list on paper; the page and the workbook have them all."""
RULES_OF_UNIT = 3


@dataclass(frozen=True)
class Table:
    """Texts below their heads; the first `texts` columns are no numbers. `title`, `more`: above and below it."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    texts: int
    more: str = ""


@dataclass(frozen=True)
class Section:
    title: str
    lines: Sequence[str]
    tables: Sequence[Table]


class Paper:
    """`title`, `lines` below it, and `sections`."""

    def __init__(self, found: Report) -> None:
        self.found, self.words = found, Words(found)
        self.title = self.words.title()

    @property
    def lines(self) -> list[str]:
        found, said = self.found, self.words
        of = {"pack": found.pack.id, "version": found.version}
        first = said.say("of-day", day=day_said(found.day, found.lang), **of) if found.day else said.say("of-pack", **of)
        return [first, *said.lines()[1:]]

    def sections(self) -> Iterator[Section]:
        said = self.words.said
        yield Section(self.words.say("verdicts"), self.words.asked(), [_table(self.words.verdicts(), titled=False)])
        weighs = [self.words.rules()] if self.found.weighing else []
        parts = {"weighs": weighs, "groups": self.words.groups(), "moves": self.words.moves(), "ageing": self.words.ageing()}
        yield from (Section(said[title], [], [*map(_table, charts)]) for title, charts in parts.items() if charts)
        yield Section(said["well"], [self.words.clean()], [*map(_table, self.words.well())])
        yield Section(said["lost"], self.words.lost(), [])
        if self.found.flagged:
            yield Section(said["list"], [], [self.units()])
        params = Table("", [said["parameter"], said["value"]], self.words.params(), 2)
        inputs = [(one_line(table), one_line(file), f"{n:,}") for table, file, n in self.found.inputs]
        yield Section(said["made"], [], [params, Table("", [said["table"], said["file"], said["rows"]], inputs, 2)])

    def units(self) -> Table:
        """The flagged units, the worst first."""
        found, titles = self.found, {o.id: o.title for o in self.found.outcomes}
        groups = [group.field.title for group in found.groups]
        heads = [self.words.said["unit"], self.words.say("outcome"), *groups, self.words.said["rules-found"]]
        heads += [self.words.say("findings"), self.words.say("weight")]
        rows = []
        for unit in found.flagged[:MOST_UNITS]:
            rules = [say(found.lang, "not-handed-in") if rule not in found.titles else found.titles[rule] for rule in unit.rules]
            more = [say(found.lang, "problem.more", n=len(rules) - RULES_OF_UNIT)] if len(rules) > RULES_OF_UNIT else []
            named = one_line(unit.key if unit.label is None else f"{unit.label} ({unit.key})")
            said = [named, titles.get(unit.verdict, unit.verdict), *(one_line(g or "") for g in unit.groups)]
            listed = say(found.lang, "reason.and").join([*rules[:RULES_OF_UNIT], *more])
            rows.append([*said, listed, f"{unit.findings:,}", f"{unit.score:,}"])
        left = len(found.flagged) - len(rows)
        return Table("", heads, rows, len(heads) - 2, say(found.lang, "problem.more", n=left) if left else "")


def _table(chart: Chart, titled: bool = True) -> Table:
    rows = [[one_line(row.name), *map(one_line, row.cells)] for row in chart.rows]
    return Table(chart.title if titled else "", chart.heads, rows, 1 + chart.texts, chart.more)
