"""A report as one HTML page, for screen and print, that asks nothing of the network.

In: a `Report`, and what is told of each flagged unit. Out: the page, as text. Its script and style stand in it, and a policy that
lets nothing else in: they are named by their hashes. The list of units, and what is told of each, lie in it as compressed JSON
(gzip, base64), of which the browser shows as much as is on the screen; without a script a plain list stands in its place.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from lookback.language.types import Value
from lookback.packs.checked import NOT_JUDGED, CheckedPack
from lookback.reporting.report import AGES, Counts, Report
from lookback.words import say
from lookback.words.shown import one_line
from lookback.writers._pages import page
from lookback.writers.report.bars import Chart, Part, Row, bar, kinds
from lookback.writers.report.units import Units, blocks

if TYPE_CHECKING:  # what is printed is made elsewhere, by what is heavy to load
    from lookback.reporting.details import Told

MOST_ROWS = 15
"""Rows of a chart."""
SAID = (
    *("weighs", "groups", "ageing", "moves", "well", "lost", "made", "list", "parameter", "value", "table", "file", "rows"),
    *("search", "all", "rule", "unit", "rules-found", "close", "blank", "more-than-none", "keys", "contents"),
)
POLICY = "POLICY"
"""What stands in the page where its policy will."""


def as_page(found: Report, told: Iterable[Told], pack: CheckedPack) -> str:
    """The page. `told`: of each flagged unit, in the order of the list."""
    words = Words(found)
    script = Path(__file__).with_name("report.js").read_text("utf-8")
    text = page(
        "report/report.html", r=found, w=words, units=words.units, blocks=blocks(found, told, pack), script=script, policy=POLICY
    )
    return text.replace(POLICY, policy_of(text), 1)


def policy_of(text: str) -> str:
    """What the page may do: run its script and use its styles, each known by its hash, and nothing else."""

    def hashes(tag: str) -> str:
        found = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        return " ".join(f"'sha256-{b64encode(sha256(one.encode()).digest()).decode()}'" for one in found)

    return f"default-src 'none'; script-src {hashes('script')}; style-src {hashes('style')}; base-uri 'none'; form-action 'none'"


class Words:
    """What the page says of the parts of a report."""

    def __init__(self, found: Report) -> None:
        self.found, self.lang = found, found.lang
        self.kinds = kinds([o.id for o in found.outcomes], NOT_JUDGED)
        self.units = Units(found, self.kinds)
        self.said = {code: self.say(code) for code in SAID}

    def say(self, code: str, /, **args: object) -> str:
        return say(self.lang, f"report.{code}", **args)

    def title(self) -> str:
        return one_line(self.found.title)

    def lines(self) -> list[str]:
        """Below the title: the day, the pack, and how many units stand how."""
        found = self.found
        of = {"pack": found.pack.id, "version": found.version}
        lines = [self.say("of-day", day=found.day, **of) if found.day else self.say("of-pack", **of)]
        lines.append(self.say("opening", units=found.whole.units, flagged=len(found.flagged)))
        if found.kept is not None:
            of_kept = {what: getattr(found.kept, what) for what in ("open", "overdue", "waived", "disputed")}
            lines.append(self.say("kept", file=found.kept.file, **of_kept))
        return lines

    def contents(self) -> list[str]:
        """The sections that the page has, by their ids."""
        found = self.found
        there = {"weighs": found.weighing, "groups": found.groups, "moves": found.moves, "ageing": found.ageing}
        return [*(id_ for id_, part in there.items() if part), "well", "lost", "list", "made"]

    def asked(self) -> list[str]:
        """What became of the review as a whole."""
        if self.found.asked is None:
            return []
        verdict, lines = self.found.asked
        return [say(self.lang, "screen.whole", verdict=verdict), *map(one_line, lines)]

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
        aside = sum(one.findings for one in self.found.weighing if one.because is not None)
        more = [self.more(len(some), len(rows)), self.say("not-counted", n=aside) if aside else ""]
        return Chart(self.say("by-rule"), heads, rows, 2, self.say("between").join(filter(None, more)))

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
            swatches = {i + 2: self.kinds[o.id] for i, o in enumerate(self.found.outcomes)}
            charts.append(Chart(self.say("by", field=group.field.title), heads, rows, swatches=swatches))
        return charts

    def _parts(self, row: Counts) -> list[Part]:
        counts = zip(self.found.outcomes, row.verdicts, strict=True)
        return bar([(n, self.kinds[o.id]) for o, n in counts], row.units)

    def _numbers(self, row: Counts) -> list[str]:
        return [f"{row.units:,}", *(f"{n:,}" for n in row.verdicts)]

    def ageing(self) -> list[Chart]:
        charts = []
        for one in self.found.ageing:
            named = [self.say("up-to", days=AGES[0])]
            named += [self.say("from-to", least=low + 1, days=high) for low, high in pairwise(AGES)]
            named += [self.say("longer", days=AGES[-1]), self.say("since-unknown")]
            each = [each for each in zip(named, one.by_age, one.overdue, strict=True) if each[1] or each[0] != named[-1]]
            most = max(one.by_age)
            rows = [Row(name, bar([(n - late, "k1"), (late, "k4")], most), [f"{n:,}", f"{late:,}"]) for name, n, late in each]
            title = self.say("open-findings") if one.table is None else self.say("open-of", table=one.table.title)
            more = self.say("unsaid", n=one.unsaid) if one.unsaid else ""
            charts.append(Chart(title, self.heads("since-when", "open", "overdue"), rows, more=more, swatches={1: "k1", 2: "k4"}))
        return charts

    def moves(self) -> list[Chart]:
        """What moved since the earlier review."""
        moves = self.found.moves
        if moves is None:
            return []
        kind = {"newly-flagged": "k4", "still-flagged": "k2", "cleared": "k0", "still-passing": "k0", "come": "k1", "gone": "k5"}
        most = max(moves.moves.values(), default=1)
        rows = [
            Row(say(self.lang, f"compare.move.{move}"), bar([(n, kind[move])], most), [f"{n:,}"])
            for move, n in moves.moves.items()
        ]
        charts = [Chart(self.say("moved", old=moves.old), self.heads("what", "units"), rows)]
        found = [(what, moves.findings.get(what, 0)) for what in ("new", "standing", "settled", "vanished")]
        most = max(n for _, n in found)
        kind = {"new": "k4", "standing": "k2", "settled": "k0", "vanished": "k5"}
        rows = [Row(self.say(f"found.{what}"), bar([(n, kind[what])], most), [f"{n:,}"]) for what, n in found]
        charts.append(Chart(self.say("findings-moved"), self.heads("what", "findings"), rows))
        titles = {o.id: o.title for o in (*self.found.outcomes, *moves.old_outcomes)} | {None: self.say("not-there")}
        both = sorted(moves.verdicts.items(), key=lambda one: -one[1])
        most = max((n for _, n in both), default=1)
        rows = [
            Row(f"{titles.get(old, old)} → {titles.get(new, new)}", bar([(n, "k2" if old != new else "k0")], most), [f"{n:,}"])
            for (old, new), n in both
        ]
        return [*charts, Chart(self.say("verdicts-moved"), self.heads("then-now", "units"), rows)]

    def well(self) -> list[Chart]:
        """What goes well."""
        well, charts = self.found.well, list[Chart]()
        for one in well.spread:
            named = [(name, n) for name, n in one.values if name is not None]
            of, blank = sum(n for _, n in named), sum(n for name, n in one.values if name is None)
            rows = [
                Row(name, bar([(n, "k0" if i == 0 else "k1")], of), [f"{n:,}", self.share(n, of)])
                for i, (name, n) in enumerate(named)
            ]
            title = self.say("spread", table=one.table.title, field=one.field.title)
            more = self.say("blanks", n=blank) if blank else ""
            charts.append(Chart(title, [one.field.title, *self.heads("number", "share")], rows, more=more))
        rows = [
            Row(one.rule.title, bar([(one.met, "k0")], one.of), [one.clause or "", f"{one.met:,}", f"{one.of:,}"])
            for one in well.met
        ]
        if rows:
            charts.append(Chart(self.say("met"), self.heads("rule", "clause", "meet", "of"), rows, 1))
        for followed in well.followed:
            counts = [("records", followed.records), ("done", followed.done), ("in-time", followed.in_time)]
            counts += [("confirmed", followed.confirmed)] if followed.confirmed is not None else []
            rows = [Row(self.say(what), bar([(n, "k0")], followed.records), [f"{n:,}"]) for what, n in counts]
            charts.append(Chart(self.say("followed", table=followed.table.title), self.heads("what", "number"), rows))
        return charts

    def clean(self) -> str:
        best = self.found.outcomes[0].title
        return self.say("clean", n=self.found.well.clean, best=best, passed=self.found.whole.verdicts[0])

    def lost(self) -> list[str]:
        """What could not be used, and who is missing; that nothing is, where it is so."""
        lost, lines = self.found.lost, list[str]()
        if lost.not_judged:
            lines.append(self.say("not-judged", n=lost.not_judged))
        if lost.absent:
            lines.append(self.say("absent", n=lost.absent))
        if lost.problems:
            lines.append(self.say("problems", n=lost.problems))
        lines += [self.say("set-aside", table=table, n=n) for table, n in lost.rows]
        return [*(lines or [self.say("nothing-lost")]), *map(one_line, lost.told)]

    def params(self) -> list[tuple[str, str]]:
        return [(title, self._value(value)) for title, value in self.found.params]

    def _value(self, value: Value) -> str:
        return say(self.lang, "reason.nothing") if value is None else one_line(str(value))

    # ------------------------------------------------------------------------------------------------------------- words

    def heads(self, *codes: str) -> list[str]:
        return [self.say(code) for code in codes]

    def share(self, n: int, of: int) -> str:
        return f"{100 * n / of:.1f}%" if of else "–"

    def named(self, row: Counts) -> str:
        return self.say("blank") if row.name is None else one_line(row.name)

    def more(self, of: int, shown: int) -> str:
        return self.say("more-rules", n=of - shown) if of > shown else ""
