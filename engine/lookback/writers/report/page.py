"""A report as one HTML page, for screen and print, that asks nothing of the network.

In: a `Report`, and what is told of each flagged unit. Out: the page, as text. Its script and style stand in it, and a policy that
lets nothing else in: they are named by their hashes. The list of units, and what is told of each, lie in it as compressed JSON
(gzip, base64), of which the browser shows as much as is on the screen; without a script a plain list stands in its place.
"""

from __future__ import annotations

from lookback.reporting.report import AGES, Counts, Report
from lookback.words import say
from lookback.words.shown import one_line
from lookback.writers._pages import page
from lookback.writers.report.bars import Chart, Part, Row, bar, kinds

MOST_ROWS = 15
"""Rows of a chart."""
SAID = ("weighs", "groups", "ageing")


def as_page(found: Report) -> str:
    """The page."""
    return page("report/report.html", r=found, w=Words(found))


class Words:
    """What the page says of the parts of a report."""

    def __init__(self, found: Report) -> None:
        self.found, self.lang = found, found.lang
        self.kinds = kinds([o.id for o in found.outcomes], "not judged")
        self.said = {code: self.say(code) for code in SAID}

    def say(self, code: str, /, **args: object) -> str:
        return say(self.lang, f"report.{code}", **args)

    def title(self) -> str:
        return one_line(self.found.title)

    def lines(self) -> list[str]:
        """Below the title: the day, the pack, and how many units stand how."""
        found = self.found
        of = {"pack": found.pack.id, "version": found.version}
        day = self.say("of-day", day=found.day, **of) if found.day else self.say("of-pack", **of)
        judged = self.say("opening", units=found.whole.units, flagged=len(found.flagged))
        return [day, judged]

    # ---------------------------------------------------------------------------------------------------------- charts

    def verdicts(self) -> Chart:
        found = self.found
        counts = zip(found.outcomes, found.whole.verdicts, strict=True)
        rows = [
            Row(o.title, bar([(n, self.kinds[o.id])], found.whole.units), [f"{n:,}", self.share(n, found.whole.units)])
            for o, n in counts
        ]
        return Chart(self.say("verdicts"), self.heads("outcome", "units", "share"), rows)

    def rules(self) -> Chart:
        """The findings by rule."""
        some = [one for one in self.found.weighing if one.because is None]
        most = max((one.weight for one in some), default=1)
        rows = [
            Row(
                one.rule.title,
                bar([(one.weight, self.kinds[one.outcome.id])], most),
                [one.clause or "", one.outcome.title, f"{one.findings:,}", f"{one.units:,}", f"{one.weight:,}"],
                one.advice or "",
            )
            for one in some[:MOST_ROWS]
        ]
        heads = self.heads("rule", "clause", "outcome", "findings", "units", "weight")
        return Chart(self.say("by-rule"), heads, rows, 2, self.more(len(some), len(rows)))

    def groups(self) -> list[Chart]:
        """The units by what they are grouped by, and by verdict."""
        charts = []
        for group in self.found.groups:
            rows = [Row(self.named(row), self._parts(row), self._numbers(row)) for row in group.rows[:MOST_ROWS]]
            if len(group.rows) > MOST_ROWS:
                rest = tuple(map(sum, zip(*(row.verdicts for row in group.rows[MOST_ROWS:]), strict=True)))
                others = Counts(self.say("others", n=len(group.rows) - MOST_ROWS), rest)
                rows.append(Row(str(others.name), self._parts(others), self._numbers(others)))
            heads = [group.field.title, self.say("units"), *(o.title for o in self.found.outcomes)]
            charts.append(Chart(self.say("by", field=group.field.title), heads, rows))
        return charts

    def _parts(self, row: Counts) -> list[Part]:
        counts = zip(self.found.outcomes, row.verdicts, strict=True)
        return bar([(n, self.kinds[o.id]) for o, n in counts], row.units)

    def _numbers(self, row: Counts) -> list[str]:
        return [f"{row.units:,}", *(f"{n:,}" for n in row.verdicts)]

    def ageing(self) -> list[Chart]:
        charts = []
        for one in self.found.ageing:
            named = [self.say("up-to", days=days) for days in AGES]
            named += [self.say("longer", days=AGES[-1]), self.say("since-unknown")]
            each = [each for each in zip(named, one.by_age, one.overdue, strict=True) if each[1] or each[0] != named[-1]]
            most = max(one.by_age)
            rows = [Row(name, bar([(n - late, "k1"), (late, "k4")], most), [f"{n:,}", f"{late:,}"]) for name, n, late in each]
            title = self.say("open-findings") if one.table is None else self.say("open-of", table=one.table.title)
            more = self.say("unsaid", n=one.unsaid) if one.unsaid else ""
            charts.append(Chart(title, self.heads("since-when", "open", "overdue"), rows, more=more))
        return charts

    # ------------------------------------------------------------------------------------------------------------- words

    def heads(self, *codes: str) -> list[str]:
        return [self.say(code) for code in codes]

    def share(self, n: int, of: int) -> str:
        return f"{100 * n / of:.1f}%" if of else "–"

    def named(self, row: Counts) -> str:
        return self.say("blank") if row.name is None else one_line(row.name)

    def more(self, of: int, shown: int) -> str:
        return self.say("more-rules", n=of - shown) if of > shown else ""
