"""The first sheet of a list: which review it is of, what came of it, what is owed, what was lost, where what is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lookback.language.types import Column
from lookback.packs.checked import NOT_JUDGED, CheckedPack, Named
from lookback.packs.checks.terms import day_due
from lookback.packs.params import review_day
from lookback.words import say
from lookback.words.habits import day_said
from lookback.writers._sheets import LINE_OF_LIST as LINE
from lookback.writers._sheets import Styles, page, width

if TYPE_CHECKING:  # what is printed is made elsewhere, by what is heavy to load
    from lookback.reviews.listed.listing import Cover, Group

WIDTHS = (34, 14, 14, 14, 14, 14)
"""Of the columns of the sheet: A4, upright."""
ACROSS = sum(WIDTHS)
TO_SIGN = ("drawn-up", "checked", "signed-on")


class CoverSheet:
    """`sheet` is filled from above; `contents`: the names of the other sheets, and how many rows each lists."""

    def __init__(self, sheet: Any, styles: Styles, pack: CheckedPack, lang: str) -> None:
        self.sheet, self.styles, self.pack, self.lang, self.names = sheet, styles, pack, lang, Named(pack, lang)
        self.row = 0

    def fill(self, cover: Cover, contents: Sequence[tuple[str, str]]) -> None:
        for i, wide in enumerate(WIDTHS):
            self.sheet.set_column(i, i, wide)
        self.sheet.hide_gridlines(2)
        self.sheet.fit_to_pages(1, 0)
        page(self.sheet, self.pack.pack.header.called(self.lang), self.say("of-pack", **cover.summary["pack"]))
        self.title(cover)
        self.result(cover)
        self.owed(cover)
        for group in cover.groups:
            self.group(group)
        self.losses(cover.summary)
        self.contents(contents)
        self.inputs(cover.summary)
        self.params()
        self.to_sign()

    def say(self, code: str, **args: Any) -> str:
        return say(self.lang, f"cover.{code}", **args)

    # --------------------------------------------------------------------------------------------------------- its parts

    def title(self, cover: Cover) -> None:
        self.across(self.pack.pack.header.called(self.lang), "title", 2.2 * LINE)
        day, of = review_day(self.pack.params), cover.summary["pack"]
        lines = [("list", self.say("flagged"))]
        lines += [("day", day_said(day, self.lang))] if day is not None else []
        lines += [("pack", self.say("of-pack", **of))]
        lines += [("only", say(self.lang, "reason.and").join(cover.chosen))] if cover.chosen else []
        for code, said in lines:
            self.sheet.write_string(self.row, 0, self.say(code), self.styles.quiet)
            self.merged(self.row, 1, said, self.styles.bare, ACROSS - WIDTHS[0])
            self.row += 1
        self.row += 1

    def result(self, cover: Cover) -> None:
        """How many units have which verdict."""
        each = self.verdicts(cover.summary)
        total, shades = sum(each.values()), self.styles.shaded(self.pack.outcomes, NOT_JUDGED)
        self.part(self.say("result"))
        self.heads("verdict", "units", "share")
        for outcome, n in each.items():
            self.sheet.write_string(self.row, 0, self.names.outcome(outcome), shades[outcome])
            self.sheet.write_number(self.row, 1, n, self.styles.number)
            self.sheet.write_number(self.row, 2, n / total if total else 0, self.styles.share)
            self.row += 1
        self.sheet.write_string(self.row, 0, self.say("all-units"), self.styles.total)
        self.sheet.write_number(self.row, 1, total, self.styles.total_number)
        self.sheet.write_blank(self.row, 2, None, self.styles.total)
        self.row += 2

    def verdicts(self, summary: Mapping[str, Any]) -> dict[str, int]:
        """The worst first, as in the list."""
        unjudged = {NOT_JUDGED: n} if (n := summary["not_judged"]) else {}
        return {**unjudged, **dict(reversed(summary["verdicts"].items()))}

    def owed(self, cover: Cover) -> None:
        """What findings come to, and until when that is due."""
        of, day = cover.summary["findings"], review_day(self.pack.params)
        aside = sum(rule["findings"] for rule in cover.summary["not_counted"].values())
        rows = [o for o in reversed(self.pack.outcomes) if of[o]]
        if not rows and not aside:
            return
        dues = {o: day_due(self.pack, o, day) if day is not None else None for o in rows}
        self.part(self.say("owed"))
        self.heads("outcome", "findings", "units", *(["by-when"] if any(dues.values()) else []))
        for outcome in rows:
            self.sheet.write_string(self.row, 0, self.names.owed(outcome), self.styles.cell)
            self.sheet.write_number(self.row, 1, of[outcome], self.styles.number)
            self.sheet.write_number(self.row, 2, cover.owing[outcome], self.styles.number)
            if (due := dues[outcome]) is not None:
                self.sheet.write_datetime(self.row, 3, due, self.styles.day)
            elif any(dues.values()):
                self.sheet.write_blank(self.row, 3, None, self.styles.cell)
            self.row += 1
        if aside:
            self.sheet.write_string(self.row, 0, self.say("not-counted"), self.styles.text)
            self.sheet.write_number(self.row, 1, aside, self.styles.number)
            self.sheet.write_string(self.row, 2, "–", self.styles.number)
            self.row += 1
        self.row += 1

    def group(self, group: Group) -> None:
        """Verdicts by what the units are grouped by."""
        column, title = Column(self.pack.root, group.field), self.names.field(self.pack.root, group.field)
        outcomes = [o for o in reversed((*self.pack.outcomes, NOT_JUDGED)) if any(o in counts for _, counts in group.rows)]
        if not group.rows or len(outcomes) + 2 > len(WIDTHS):
            return
        self.part(self.say("by", field=title))
        self.sheet.set_row(self.row, 2 * LINE)
        heads = [title, *map(self.names.outcome, outcomes), say(self.lang, "head.units")]
        self.sheet.write_row(self.row, 0, heads, self.styles.head)
        for value, counts in group.rows:
            self.row += 1
            said = self.names.value(value, column)
            self.sheet.write_string(self.row, 0, said, self.styles.text)
            self.sheet.set_row(self.row, LINE * -(-width(said) // WIDTHS[0]))
            for i, n in enumerate((*(counts.get(o, 0) for o in outcomes), sum(counts.values())), start=1):
                self.sheet.write_number(self.row, i, n, self.styles.number)
        self.row += 1
        if group.more:
            self.across(say(self.lang, "problem.more", n=group.more), "quiet")
        self.row += 1

    def losses(self, summary: Mapping[str, Any]) -> None:
        """What was lost on the way from the files, and who could not be judged."""
        said = [say(self.lang, f"problem.{kind}", n=n) for kind, n in summary["problem_kinds"].items()]
        if n := summary["not_judged"]:
            said.insert(0, self.say("unjudged", n=n))
        if (roster := summary.get("roster")) is not None and roster["nothing"]:
            said.insert(0, say(self.lang, "roster-called", expected=roster["expected"], nothing=roster["nothing"]))
        self.part(self.say("losses"))
        for line in said or [self.say("nothing-lost")]:
            self.across(line, "bare")
        self.row += 1

    def contents(self, contents: Sequence[tuple[str, str]]) -> None:
        if not contents:
            return
        self.part(self.say("contents"))
        for name, what in contents:
            quoted = name.replace("'", "''")
            self.sheet.write_url(self.row, 0, f"internal:'{quoted}'!A1", self.styles.link, name)
            self.merged(self.row, 1, what, self.styles.quiet, ACROSS - WIDTHS[0])
            self.row += 1
        self.row += 1

    def inputs(self, summary: Mapping[str, Any]) -> None:
        self.part(self.say("inputs"))
        sheets = any(of["sheet"] for of in summary["inputs"])
        spans = [(0, 0), (1, 2 if sheets else 4), *([(3, 4)] if sheets else []), (5, 5)]
        heads = [say(self.lang, f"head.{code}") for code in ("table", "file", *(["sheet"] if sheets else []))]
        for (first, last), head in zip(spans, [*heads, self.say("rows")], strict=True):
            self.span(first, last, head, self.styles.head)
        for of in summary["inputs"]:
            self.row += 1
            texts = [self.names.table(of["table"]), of["file"], *([of["sheet"] or ""] if sheets else [])]
            for (first, last), text in zip(spans, texts, strict=False):
                self.span(first, last, text, self.styles.text)
            wide = [sum(WIDTHS[first : last + 1]) - 2 for first, last in spans]
            self.sheet.set_row(self.row, LINE * max(-(-width(t) // w) for t, w in zip(texts, wide, strict=False)))
            self.sheet.write_number(self.row, 5, of["rows"], self.styles.number)
        self.row += 2

    def params(self) -> None:
        if not self.pack.params:
            return
        self.part(self.say("params"))
        self.span(0, 3, self.say("param"), self.styles.head)
        self.sheet.write_string(self.row, 4, say(self.lang, "head.found"), self.styles.head)
        self.sheet.write_string(self.row, 5, say(self.lang, "head.clause"), self.styles.head)
        for name, value in self.pack.params.items():
            self.row += 1
            said = self.names.param(name)
            self.span(0, 3, said, self.styles.text)
            self.sheet.set_row(self.row, LINE * -(-width(said) // sum(WIDTHS[:4])))
            self.sheet.write_string(self.row, 4, self.names.value(value), self.styles.right)
            self.sheet.write_string(self.row, 5, self.pack.pack.header.params[name].clause or "", self.styles.cell)
        self.row += 2

    def to_sign(self) -> None:
        """Lines for those who answer for the list."""
        self.row += 1
        for code, (first, last) in zip(TO_SIGN, ((0, 0), (1, 3), (4, 5)), strict=True):
            self.span(first, last, self.say(code), self.styles.line, 2 * LINE)

    # --------------------------------------------------------------------------------------------------------- its cells

    def part(self, title: str) -> None:
        self.sheet.set_row(self.row, 1.5 * LINE)
        for i in range(len(WIDTHS)):
            self.sheet.write_blank(self.row, i, None, self.styles.part)
        self.sheet.write_string(self.row, 0, title, self.styles.part)
        self.row += 1

    def heads(self, *codes: str) -> None:
        self.sheet.write_row(self.row, 0, [say(self.lang, f"head.{code}") for code in codes], self.styles.head)
        self.row += 1

    def across(self, text: str, style: str, height: float | None = None) -> None:
        self.merged(self.row, 0, text, getattr(self.styles, style), ACROSS, height)
        self.row += 1

    def merged(self, row: int, first: int, text: str, style: Any, wide: int, height: float | None = None) -> None:
        self.sheet.merge_range(row, first, row, len(WIDTHS) - 1, "", style)
        self.sheet.write_string(row, first, text, style)
        self.sheet.set_row(row, height or LINE * max(1, -(-width(text) // (wide - 4))))

    def span(self, first: int, last: int, text: str, style: Any, height: float | None = None) -> None:
        if last > first:
            self.sheet.merge_range(self.row, first, self.row, last, "", style)
        self.sheet.write_string(self.row, first, text, style)
        if height is not None:
            self.sheet.set_row(self.row, height)
