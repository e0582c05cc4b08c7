"""The reports of groups, part by part, for pages and papers; and as one HTML page, for screen and print.

In: `GroupReports`. Out: a `GroupPaper` a group, with its sections; the page, as text, in which nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Iterator

from lookback.reporting.report import GroupReport, GroupReports, Listed
from lookback.words import say
from lookback.words.habits import day_said
from lookback.words.shown import one_line
from lookback.writers._pages import page
from lookback.writers.report.page import POLICY, policy_of
from lookback.writers.report.sections import Section, Table

MOST_BESIDE = 5
"""Records whose fields stand below each other, side by side."""


class GroupPaper:
    """`title`, `lines` below it, and `sections`."""

    def __init__(self, found: GroupReports, group: GroupReport) -> None:
        self.found, self.group, self.lang = found, group, found.lang
        self.title = self.say("title", name=self.name)

    def say(self, code: str, /, **args: object) -> str:
        return say(self.lang, f"report.group.{code}", **args)

    @property
    def name(self) -> str:
        return self.say("unnamed", field=self.found.by.title) if self.group.name is None else one_line(self.group.name)

    @property
    def lines(self) -> list[str]:
        found, of = self.found, {"pack": self.found.pack.id, "version": self.found.version}
        day = say(self.lang, "report.of-day", day=day_said(found.day, self.lang), **of) if found.day is not None else None
        return [one_line(found.title), day or say(self.lang, "report.of-pack", **of)]

    def sections(self) -> Iterator[Section]:
        group, said = self.group, self.say
        if group.own is not None:
            yield Section(one_line(group.own.table.title), [], [*self._beside(group.own)])
        yield Section(said("visited"), [*self._counted()], [self._listed(group.visits, every=True)] if group.visits.rows else [])
        if group.answers:
            rows = [(one_line(one.field.title), self._given(one.given)) for one in group.answers]
            yield Section(said("answers"), [], [Table("", [said("question"), said("given")], rows, 2)])
        if group.units:
            yield Section(said("seen"), [*self._compared()], [*self._apart()])
        for listed in group.agreed:
            lines = [] if listed.rows else [said("none")]
            yield Section(one_line(listed.table.title), lines, [self._listed(listed)] if listed.rows else [])
        if group.owed:
            found = [[one_line(text) for text in one] for one in group.owed]
            yield Section(said("owed"), [], [Table("", [said("record"), said("asked"), said("why")], found, 3)])

    def _counted(self) -> Iterator[str]:
        """How many units, how they stand; of each day of the visits on how many it is."""
        group = self.group
        yield self.say("units", n=group.units) if group.units else self.say("no-unit")
        if not group.visits.rows:
            return
        yield self.say("verdicts", said=self._given(group.verdicts))
        visits = len(group.visits.rows)
        yield from (self.say("day", field=one_line(field.title), n=n, of=visits) for field, n in group.days)

    def _given(self, counts: tuple[tuple[str, int], ...]) -> str:
        each = (self.say("count", name=one_line(name) or self.say("blank"), n=n) for name, n in counts)
        return self.say("between").join(each)

    def _listed(self, of: Listed, every: bool = False) -> Table:
        """The columns in which anything stands, or every one."""
        some = [i for i in range(len(of.fields)) if every or any(texts[i] for _, texts in of.rows)]
        heads = [say(self.lang, "report.unit"), *(one_line(of.fields[i].title) for i in some)]
        return Table("", heads, [[one_line(unit), *(one_line(texts[i]) for i in some)] for unit, texts in of.rows], len(heads))

    def _beside(self, of: Listed) -> Iterator[Table]:
        """A column a record, a row a field in which anything stands."""
        for start in range(0, len(of.rows), MOST_BESIDE):
            some = of.rows[start : start + MOST_BESIDE]
            rows = [
                [one_line(field.title), *(one_line(texts[i]) for _, texts in some)]
                for i, field in enumerate(of.fields)
                if any(texts[i] for _, texts in of.rows)
            ]
            yield Table("", ["", *(one_line(name) for name, _ in some)], rows, 1 + len(some))

    def _compared(self) -> Iterator[str]:
        if not self.group.seen:
            yield self.say("nothing-seen")
        for one in self.group.seen:
            of, apart = sum(n for _, n in one.pairs), len(one.apart)
            yield self.say("looked-at", table=one_line(one.table.title), n=of, apart=apart)
            if one.worse is not None and apart:
                yield self.say("worse", n=one.worse)

    def _apart(self) -> Iterator[Table]:
        was, seen = self.say("was-reported"), self.say("was-seen")
        for one in self.group.seen:
            rows = [(*map(self._or_blank, pair), f"{n:,}") for pair, n in one.pairs]
            yield Table("", [was, seen, self.say("number")], rows, 2)
            if one.apart:
                rows = [(one_line(unit), one_line(record), *map(self._or_blank, both)) for unit, record, *both in one.apart]
                heads = [say(self.lang, "report.unit"), one_line(one.table.title), was, seen]
                yield Table(self.say("apart"), heads, rows, 4)

    def _or_blank(self, text: str) -> str:
        return one_line(text) or self.say("blank")


def papers_of(found: GroupReports) -> list[GroupPaper]:
    return [GroupPaper(found, group) for group in found.groups]


def as_group_page(found: GroupReports) -> str:
    """One page, each group's report on sheets of its own."""
    papers = papers_of(found)
    title = papers[0].title if len(papers) == 1 else say(found.lang, "report.group.all", title=one_line(found.title))
    text = page("report/group.html", lang=found.lang, title=title, papers=papers, policy=POLICY)
    return text.replace(POLICY, policy_of(text), 1)
