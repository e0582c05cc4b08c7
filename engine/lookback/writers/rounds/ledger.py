"""What a ledger shows: as a table, CSV, JSON, a page, or a workbook.

In: a `Shown`. Out: text, or a file. CSV has a row an entry; the other forms also what was counted of all. Overdue ones come
first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lookback.language.types import in_json
from lookback.packs.model import REVIEW
from lookback.words import say
from lookback.words.shown import one_line
from lookback.words.terminal import PLAIN, Style
from lookback.writers._pages import page
from lookback.writers._sheets import HEAD, LAST_ROW, LINE, Plain, print_wide, sheet_name, width, workbook
from lookback.writers.rounds.ledger_notes import noted
from lookback.writers.screen import csv_text, table

if TYPE_CHECKING:  # what is printed is made elsewhere, by what is heavy to load
    from lookback.rounds.ledger_show import Count, Entry, Precision, Shown

ON_PAGE = 1_000
"""Entries that a page shows."""
COUNTS = ("units", "open", "overdue", "waived", "closed", "lapsed")
OF_ENTRY = ("unit", "label", "finding", "table", "record", "state", "opened", "due", "claimed", "ended", "times", "reopened")
OF_CSV = (
    *(
        "table",
        "record",
        "rule",
        "clause",
        "outcome",
        "state",
        "why",
        "overdue_days",
        "opened",
        "due",
        "claimed",
        "ended",
        "times",
    ),
    *(
        "reopened",
        "waived_until",
        "waiver_expired",
        "disputed_by",
        "dispute_stands",
        "confirmed_by",
        "because",
        "situation",
        "finding",
    ),
)
WIDTHS = {"unit": 12, "label": 22, "finding": 38, "table": 15, "record": 14, "state": 22, "times": 8, "reopened": 9}
SHORT, LONG = 36, 60
"""Characters of a name in a table on the screen, with much beside it or little."""


class Ledgered:
    """A ledger in one language."""

    def __init__(self, found: Shown, lang: str, *, precision: bool = False, top: int | None = None) -> None:
        """`precision`: only how often the findings of each rule were right, of the first `top` rules."""
        self.found, self.lang, self.only_precision = found, lang, precision
        self.precise_of = found.precision[: top if precision else None]

    def say(self, code: str, **args: Any) -> str:
        return say(self.lang, f"ledger.{code}", **args)

    def heads(self, *codes: str) -> list[str]:
        return [self.say(f"head.{code}") for code in codes]

    # --------------------------------------------------------------------------------------------------------- what is said

    def title(self) -> str:
        if self.found.unit is None:
            return self.say("title")
        return self.say("title-of-unit", unit=self.called(self.found.unit))

    def label(self, unit: str, label: str | None) -> str:
        """What a unit is called beside its key; the review as a whole by that."""
        return label or (say(self.lang, "review.table") if unit == REVIEW else "")

    def called(self, unit: tuple[str, str | None]) -> str:
        if unit[0] == REVIEW and not unit[1]:
            return self.label(*unit)
        return f"{unit[1]} ({unit[0]})" if unit[1] and unit[1] != unit[0] else unit[0]

    def counted(self) -> str:
        """How many there are, in a sentence."""
        of = self.found.total
        said = self.say("counts", day=self.found.day, n=len(self.found.rounds), open=of.open, overdue=of.overdue)
        said += self.say("counts-ended", closed=of.closed, lapsed=of.lapsed)
        return said + (self.say("counts-waived", n=of.waived) if of.waived else "")

    def score(self) -> str:
        """Of a unit its score, and without what is waived; nothing where that is the same."""
        last = self.found.rounds[-1]
        if last.score is None or self.found.without in (None, last.score):
            return ""
        return self.say("score", score=last.score, without=self.found.without)

    def state(self, entry: Entry) -> str:
        if entry.state == "lapsed":
            why = self.say(f"why.{entry.why}")
            return self.say("lapsed-by", why=why, by=entry.replaced_by) if entry.replaced_by else self.say("lapsed", why=why)
        if entry.state == "closed":
            return self.say("closed")
        said = self.say("overdue", n=entry.over) if entry.over else self.say("open")
        return said + (self.say("claimed") if entry.claimed else "")

    def finding(self, entry: Entry) -> str:
        """What was found, or what a record that is followed up is about."""
        if entry.rule is not None:
            return entry.rule.in_(self.lang)
        return (
            self.say("about", table=entry.table.in_(self.lang), about=entry.about) if entry.about else entry.table.in_(self.lang)
        )

    def belongs(self) -> str:
        """Of a unit what it is grouped by, in a line."""
        of = self.groups(self.found.entries[0]) if self.found.unit is not None and self.found.entries else []
        named = zip(self.found.groups, of, strict=False)
        return self.say("between").join(
            self.say("group", title=group.title.in_(self.lang), value=value) for group, value in named if value
        )

    def notes(self, entry: Entry) -> list[str]:
        """What people said of it, as far as it holds."""
        return [*([] if entry.counts else [self.say("not-counted")]), *noted(entry.notes, self.lang)]

    def group(self, place: int, value: str | None) -> str:
        """A value that units are grouped by, as people call it."""
        of = self.found.groups[place]
        if value is None:
            return self.say("blank")
        if of.of_units and value in self.found.labels:
            return self.called((value, self.found.labels[value]))
        en, zh = of.choices.get(value) or (None, None)
        return (zh or en if self.lang == "zh" else en or zh) or value

    def groups(self, entry: Entry) -> list[str]:
        values = [*entry.groups, *[None] * len(self.found.groups)]
        return ["" if v is None else self.group(i, v) for i, v in enumerate(values[: len(self.found.groups)])]

    # ------------------------------------------------------------------------------------------------------------ the tables

    def by_group(self) -> Iterator[tuple[str, list[str], list[list[Any]]]]:
        """A table for each field that units are grouped by."""
        for i, group in enumerate(self.found.groups):
            rows = [[self.group(i, value), *self.counts(count)] for place, value, count in self.found.by_group if place == i]
            yield group.title.in_(self.lang), [group.title.in_(self.lang), *self.heads(*COUNTS)], rows

    def counts(self, count: Count) -> list[int]:
        return [getattr(count, what) for what in COUNTS]

    def took(self) -> tuple[list[str], list[list[Any]]]:
        rows = [[(of.rule or of.table).in_(self.lang), of.closed, f"{of.days:g}"] for of in self.found.took]
        return self.heads("finding", "closed", "median"), rows

    def precision(self) -> tuple[list[str], list[list[Any]]]:
        codes = ("rule", "findings", "closed", "confirmed", "waived", "disputed", "precision")
        return self.heads(*codes), [self.precise(of) for of in self.precise_of]

    def precise(self, of: Precision) -> list[Any]:
        share = "" if of.share is None else f"{of.share:.1%}"
        return [of.rule.in_(self.lang), of.findings, of.closed, of.confirmed, of.waived, of.disputed, share]

    def rounds(self) -> tuple[list[str], list[list[Any]]]:
        of_unit = self.found.unit is not None
        codes = ("review", "pack", *(("verdict", "score") if of_unit else ("units", "findings")))
        rows = []
        for one in self.found.rounds:
            verdict = one.verdict.in_(self.lang) if one.verdict else self.say("not-there")
            last: list[Any] = [verdict, "" if one.score is None else one.score] if of_unit else [one.units, one.findings]
            rows.append([one.day, one.version, *last])
        return self.heads(*codes), rows

    def history(self) -> tuple[list[str], list[list[Any]]]:
        rows = []
        for told in self.found.history:
            what = self.say(f"event.{told.what}")
            if told.why:
                what = self.say("event-why", what=what, why=self.say(f"why.{told.why}"))
            rows.append([told.review, what, self.finding(told.entry), one_line(told.entry.record)])
        return self.heads("review", "event", "finding", "record"), rows

    def entries(self, most: int | None = None) -> tuple[list[str], list[list[Any]]]:
        """With what they are grouped by."""
        heads = [*self.heads("unit", "label"), *(g.title.in_(self.lang) for g in self.found.groups), *self.heads(*OF_ENTRY[2:])]
        return [*heads, *self.heads("situation", "notes")], [self.row(e) for e in self.found.entries[:most]]

    def row(self, entry: Entry) -> list[Any]:
        ended = entry.closed if entry.state != "open" else None
        days = [entry.opened, entry.due or "", entry.claimed or "", ended or ""]
        of_record = [self.finding(entry), entry.table.in_(self.lang), entry.record, self.state(entry)]
        counts = [entry.times, entry.reopened]
        notes = "\n".join(self.notes(entry))
        return [
            entry.unit,
            self.label(entry.unit, entry.label),
            *self.groups(entry),
            *of_record,
            *days,
            *counts,
            entry.situation[self.lang],
            notes,
        ]

    # ------------------------------------------------------------------------------------------------------------- on paper

    def text(self, style: Style = PLAIN) -> str:
        """For a screen."""
        if self.only_precision:
            heads, rows = self.precision()
            rows = [[_short(row[0], LONG), *row[1:]] for row in rows]
            told = [table(heads, rows, align=("left", *["right"] * 6), style=style)] if rows else []
            return "\n\n".join([*told, *self.more(len(self.found.precision) - len(rows), "more-rules", some=bool(rows))])
        parts = [self.title(), "\n".join(filter(None, [self.belongs(), self.counted(), self.score()]))]
        if self.found.unit is not None:
            parts += [table(*self.rounds(), style=style), *([table(*self.history(), style=style)] if self.found.history else [])]
        if self.found.entries:
            parts.append(self._listed(style))
        parts += self.more(self.found.of - len(self.found.entries), "more", some=bool(self.found.entries))
        if self.found.unit is None and not self.found.overdue_only:
            parts += [
                table(heads, rows, align=("left", *["right"] * 6), style=style)
                for _, heads, rows in self.by_group()
                if len(rows) > 1
            ]
            heads, rows = self.took()
            rows = [[_short(row[0], LONG), *row[1:]] for row in rows]
            if rows:
                parts.append(f"{self.say('took')}\n\n{table(heads, rows, align=('left', 'right', 'right'), style=style)}")
        return "\n\n".join(parts)

    def _listed(self, style: Style) -> str:
        """The entries for a screen; of one unit without its name, and with when each ended."""
        one = self.found.unit is not None
        codes = ("finding", "record", "state", "opened", "due", *(("ended",) if one else ()), "notes")
        rows = []
        for e in self.found.entries:
            who = [] if one else [one_line(e.unit), _short(self.label(e.unit, e.label))]
            what = [_short(self.finding(e), LONG if one else SHORT), _short(e.record), self.state(e), e.opened, e.due or ""]
            ended = [e.closed or "" if e.state != "open" else ""] if one else []
            rows.append([*who, *what, *ended, _short("; ".join(self.notes(e)), 2 * SHORT)])
        place = 2 if one else 4
        colours = {(i, place): "red" for i, e in enumerate(self.found.entries) if e.over}
        return table(self.heads(*(() if one else ("unit", "label")), *codes), rows, style=style, colours=colours)

    def more(self, n: int, code: str, *, some: bool) -> list[str]:
        """That `n` are not listed; `some` others are."""
        return [self.say(code if some else f"{code}.none", n=n)] if n > 0 else []

    def csv(self, *, raw: bool = False) -> str:
        if self.only_precision:
            rows = [[p.rule.id, *p[1:-1], "" if p.share is None else f"{p.share:.4f}"] for p in self.precise_of]
            return csv_text(("rule", "findings", "closed", "confirmed", "waived", "disputed", "precision"), rows, raw=raw)
        heads = ["unit", "label", *(g.title.id for g in self.found.groups), *OF_CSV]
        return csv_text(heads, [[*self.plain(e).values()] for e in self.found.entries], raw=raw)

    def plain(self, entry: Entry) -> dict[str, Any]:
        """An entry by ids, as programs read it."""
        notes = entry.notes
        values = [*entry.groups, *[None] * len(self.found.groups)]
        groups = {g.title.id: value for g, value in zip(self.found.groups, values, strict=False)}
        said = [one for one in (notes.waived, notes.expired, notes.disputed, notes.confirmed) if one is not None]
        found = (
            entry.table.id,
            entry.record,
            entry.rule.id if entry.rule else None,
            entry.clause,
            entry.outcome.id if entry.outcome else None,
            entry.state,
            entry.why,
            entry.over,
            *(entry.opened, entry.due, entry.claimed, entry.closed if entry.state != "open" else None),
            *(entry.times, entry.reopened),
            notes.waived.until if notes.waived else None,
            notes.expired.until if notes.expired else None,
            notes.disputed.by if notes.disputed else None,
            notes.stands if notes.disputed else None,
            notes.confirmed.by if notes.confirmed else None,
            "; ".join(one.because for one in said if one.because) or None,
            entry.situation[self.lang] or entry.about,
            entry.finding,
        )
        return {"unit": entry.unit, "label": entry.label, **groups, **dict(zip(OF_CSV, found, strict=True))}

    def json(self) -> str:
        found = self.found
        rounds = [
            {**one._asdict(), "verdict": one.verdict.id if one.verdict else None}
            if found.unit
            else {k: v for k, v in one._asdict().items() if k not in ("verdict", "score")}
            for one in found.rounds
        ]
        result: dict[str, Any] = {"day": found.day, "reviews": rounds, "total": asdict(found.total)}
        result["by"] = [
            {"field": found.groups[i].title.id, "value": value, **asdict(count)} for i, value, count in found.by_group
        ]
        result["entries"], result["of"] = [self.plain(e) for e in found.entries], found.of
        result["took"] = [
            {"rule": t.rule.id if t.rule else None, "table": t.table.id, "closed": t.closed, "median_days": t.days}
            for t in found.took
        ]
        result["precision"] = [
            {**p._asdict(), "rule": p.rule.id, "share": p.share and round(p.share, 4)} for p in self.precise_of
        ]
        if found.unit is not None:
            history = [
                {
                    "review": t.review,
                    "event": t.what,
                    "why": t.why,
                    "rule": t.entry.rule and t.entry.rule.id,
                    "record": t.entry.record,
                }
                for t in found.history
            ]
            result |= {"unit": found.unit[0], "label": found.unit[1], "score_without_waived": found.without, "history": history}
        return in_json(result)

    def html(self) -> str:
        return page("rounds/ledger.html", w=self, most=ON_PAGE)

    def workbook(self, file: Path) -> None:
        """The entries, what they come to by group, how long things take, how right findings were, the reviews. Raises OSError."""
        with workbook(file, self.title()) as book:
            plain = Plain(book, self.say("as-of", day=self.found.day))
            if self.only_precision:
                plain.add(self.say("precision"), *self.precision())
                return
            _Listed(book).add(
                self.say("entries"), *self.entries(), len(self.found.groups), [e.over > 0 for e in self.found.entries]
            )
            if self.found.unit is not None:
                plain.add(self.say("history"), *self.history())
            else:
                for name, heads, rows in self.by_group():
                    plain.add(self.say("by", field=name), heads, rows)
                plain.add(self.say("took"), *self.took())
                plain.add(self.say("precision"), *self.precision())
            plain.add(self.say("reviews"), *self.rounds())


class _Listed:
    """A long list on a sheet of its own."""

    def __init__(self, book: Any) -> None:
        self.book, self.head = book, book.add_format(HEAD)
        self.cell = book.add_format({"valign": "top", "text_wrap": True})
        self.number = book.add_format({"valign": "top", "align": "center"})
        self.late = book.add_format({"valign": "top", "text_wrap": True, "bg_color": "#F8CBAD"})

    def add(self, name: str, heads: Sequence[str], rows: Iterable[Sequence[Any]], groups: int, late: Sequence[bool]) -> None:
        from lookback.writers._rows import Rows

        wide = [WIDTHS["unit"], WIDTHS["label"], *[16] * groups, *(WIDTHS.get(code, 11) for code in OF_ENTRY[2:]), 44, 44]
        sheet = self.book.add_worksheet(sheet_name(name, self.book.sheetnames), Rows)
        for i, one in enumerate(wide):
            sheet.set_column(i, i, one)
        sheet.set_row(0, 2 * LINE)
        sheet.write_row(0, 0, heads, self.head)
        sheet.freeze_panes(1, 2)
        styles, state = [*[self.cell] * (10 + groups), self.number, self.number, self.cell, self.cell], 5 + groups
        n = 0
        for n, (row, over) in enumerate(zip(rows, late, strict=True), start=1):
            if n > LAST_ROW:
                break
            style = [*styles[:state], self.late, *styles[state + 1 :]] if over else styles
            lines = max(_lines(str(value), one) for value, one in zip(row, wide, strict=True))
            sheet.put(n, min(LINE * lines, 400.0), row, style)
        if n:
            sheet.autofilter(0, 0, min(n, LAST_ROW), len(wide) - 1)
        print_wide(sheet)
        sheet.set_paper(8)  # A3: so many columns cannot be read on A4


def _lines(text: str, wide: int) -> int:
    return sum(-(-width(line) // max(wide - 1, 1)) for line in text.split("\n"))


def _short(text: str, most: int = SHORT) -> str:
    text = one_line(" ".join(text.split()))
    return text if len(text) <= most else f"{text[: most - 1]}…"
