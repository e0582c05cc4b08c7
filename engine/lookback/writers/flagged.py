"""Flagged units as a workbook for people: the units worst first, all findings by situation, the findings on the units, what does
not count for its unit, and what was lost on the way from the files to the list, a sheet each.

A list that is cut says so in the name of its sheet and in its last row: how many there are, and where. One that is longer than a
sheet goes on on a second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache, lru_cache
from itertools import chain, compress, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from lookback.language.types import Column
from lookback.packs.checked import NOT_HANDED_IN, NOT_JUDGED, CheckedPack, Named
from lookback.packs.checks.terms import day_due
from lookback.packs.model import REVIEW
from lookback.packs.params import review_day
from lookback.words import say
from lookback.words.habits import day_said
from lookback.writers import screen
from lookback.writers._sheets import LAST_ROW, LINE_OF_LIST, LONGEST_NAME, Styles, print_wide, sheet_name, units, width, workbook
from lookback.writers.listed.cover import CoverSheet
from lookback.writers.rounds.ledger_notes import marked

if TYPE_CHECKING:  # what is printed is made elsewhere, by what is heavy to load
    import pyarrow as pa

    from lookback.reviews.flagged import Flagged, Missing
    from lookback.reviews.listed.listing import Cover
    from lookback.rounds.ledger_marks import Marks

UNITS_IN_REVIEW, FINDINGS_IN_REVIEW, LOST_IN_REVIEW = 3_000, 10_000, 10_000
"""A list for people: a review holds the worst so many; `lookback flagged` writes them all."""
ROWS_OF_SHEET = LAST_ROW - 1
"""Below the header, and above what a cut list says of itself."""
AT_ONCE = 10_000
"""Rows that are made ready at once."""
MEASURED = 500
"""Rows of a list by which it is told how wide its columns are; one that has no more leaves empty ones out."""
FILTER = 2
"""What the button of a filter takes of a head."""
RULES_OF_UNIT = 12
"""Those that weigh most; all are on the sheet of findings. A row of more would be higher than a sheet takes."""
GROUP = "_group_"
"""Before what units are grouped by, in the table of units."""
WHERE = {"units": "verdicts.parquet", "findings": "findings.parquet", "not-counted": "findings.parquet", "lost": "problems.csv"}
"""List -> the file of a review that has all of it."""

Whole = Mapping[str, Any] | None
"""What review.json says of the review as a whole; None where the pack asks nothing of it."""
Cells = tuple[str | int | date | None, ...]
Rows = Iterator[tuple[Any, ...]]
Cut = dict[str, dict[str, Any]]


def write_flagged(file: Path, review: Path, pack: CheckedPack, lang: str, summary: Mapping[str, Any]) -> Cut:
    """The workbook that lies in a review, of what is flagged there. `summary`: of review.json what is known before. Gives of each
    list that is cut how many it has (`listed`), how many it leaves out (`left_out`), and the file that has all of them
    (`all_in`)."""
    from lookback.reviews.flagged import flagged, missing
    from lookback.reviews.listed.listing import cover_of

    found = flagged(
        review,
        pack,
        most_units=UNITS_IN_REVIEW,
        most_findings=FINDINGS_IN_REVIEW,
        lost=True,
        most_lost=LOST_IN_REVIEW,
        situations=lang,
        for_people=True,
    )
    uncounted = absent = None
    if any(rule["findings"] for rule in summary["not_counted"].values()):
        uncounted = flagged(review, pack, most_findings=FINDINGS_IN_REVIEW, not_counted=True, for_people=True)
    if "roster" in summary:
        absent = missing(review, pack)
    cover = cover_of(review, pack, summary)
    write_workbook(file, found, pack, lang, uncounted, whole=summary.get("review"), missing=absent, cover=cover)
    return {
        title: {"listed": listed.num_rows, "left_out": total - listed.num_rows, "all_in": WHERE[title]}
        for title, listed, total in _lists(found, uncounted)
        if total > listed.num_rows
    }


def _lists(found: Flagged | None, uncounted: Flagged | None) -> Iterator[tuple[str, pa.Table, int]]:
    """The lists of a workbook, and how long each would be if it were not cut."""
    if found is not None:
        yield "units", found.units, found.total
    for of in (found, uncounted):
        if of is not None and of.situations is not None:
            yield "situations", of.situations, of.situations.num_rows
    if found is not None:
        yield "findings", found.findings, found.findings_total
    if uncounted is not None and (uncounted.findings.num_rows or found is None):
        yield "not-counted", uncounted.findings, uncounted.findings_total
    if found is not None and found.lost is not None and found.lost_total:
        yield "lost", found.lost, found.lost_total


def write_workbook(
    file: Path,
    found: Flagged | None,
    pack: CheckedPack,
    lang: str,
    uncounted: Flagged | None = None,
    marks: Marks | None = None,
    whole: Whole = None,
    missing: Missing | None = None,
    cover: Cover | None = None,
) -> None:
    """Write a workbook: of what is flagged, and on sheets of their own of what does not count, of the `whole` review, and of who
    handed nothing in; first its `cover`. `marks`: what a ledger says of it. Raises OSError where it cannot be written."""
    with workbook(file, say(lang, "flagged.units")) as book:
        of = _Book(book, pack, lang, marks)
        first = of.cover() if cover is not None else None
        of.fill(found, uncounted, whole)
        if missing is not None:
            of.of_missing(missing)
        if first is not None and cover is not None:
            first.fill(cover, of.contents)


class _Col(NamedTuple):
    """A column of a list: its head, how wide it may be, how its cells look (`text`, which goes on in further lines, `cell`,
    `number`, `day`). `keep`: it is there even where nothing stands in it."""

    head: str
    widest: int = 14
    look: str = "text"
    keep: bool = False


class _Book:
    """The workbook, its formats, and what things are called in it."""

    def __init__(self, book: Any, pack: CheckedPack, lang: str, marks: Marks | None = None) -> None:
        self.book, self.pack, self.lang, self.names, self.marks = book, pack, lang, Named(pack, lang), marks
        self.apart = any(pack.not_counted(rule) for rule in pack.rules)
        self.styles, self.day = Styles(book, lang), review_day(pack.params)
        given = {o for rule in pack.rules for o in (rule.outcome("unmet"), rule.outcome("unknown"))}
        self.owed = [outcome for outcome in reversed(pack.outcomes) if outcome in given and len(given) > 1]
        self.ways: dict[str, Callable[[pa.Table, str], Iterator[Cells]]]
        self.ways = {"units": self.of_units, "situations": self.of_situations, "lost": self.of_lost}
        self.ways |= {"findings": self.of_findings, "not-counted": self.of_findings}
        self.shades = self.styles.shaded(pack.outcomes, NOT_JUDGED)
        self.contents: list[tuple[str, str]] = []
        """The sheets that are there, and how much is on each."""

    def cover(self) -> CoverSheet:
        """An empty first sheet."""
        name = sheet_name(say(self.lang, "cover.sheet"), self.book.sheetnames)
        return CoverSheet(self.book.add_worksheet(name), self.styles, self.pack, self.lang)

    def fill(self, found: Flagged | None, uncounted: Flagged | None, whole: Whole) -> None:
        for list_, listed, total in _lists(found, uncounted):
            rows = self.ways[list_](listed, list_)
            shades = map(self.shades.get, listed.column("verdict").to_pylist()) if list_ == "units" else None
            self.sheets(list_, self.columns(list_, listed), rows, listed.num_rows, total, shades)
        if whole is not None and self.pack.whole is not None:
            self.of_whole(whole, self.pack.whole)

    def of_missing(self, missing: Missing) -> None:
        """The sheet of who handed nothing in."""
        rows = (tuple(row) for row in screen.rows_of_missing(missing, self.names))
        columns = [_Col(head, 24) for head in screen.heads_of_missing(missing, self.names)]
        n = len(missing.units)
        self.sheets("not-handed-in", columns, rows, n, n, None)

    def of_whole(self, whole: Mapping[str, Any], pack: CheckedPack) -> None:
        """The sheet of the review as a whole: its verdict, then every rule for it, then its facts."""
        names = Named(pack, self.lang)
        rows: list[Cells] = [(names.table(REVIEW), None, None, names.outcome(whole["verdict"]), None)]
        for rule, found in whole["rules"].items():
            owed = names.owed(found["outcome"]) if found["outcome"] is not None else None
            why = found["reason"][self.lang] if found["reason"] else None
            rows.append((names.rule(rule), found["clause"], say(self.lang, f"status.{found['status']}"), owed, why))
        facts = ((names.field(REVIEW, fact), value) for fact, value in whole["facts"].items())
        rows += [(title, None, None, None, None if value is None else str(value)) for title, value in facts]
        heads = (say(self.lang, f"head.{code}") for code in ("rule", "clause", "status", "outcome", "reason"))
        columns = [_Col(head, wide, keep=True) for head, wide in zip(heads, (40, 10, 14, 20, 60), strict=True)]
        self.sheets("whole", columns, iter(rows), len(rows), len(rows), None)

    # ------------------------------------------------------------------------------------------------------ the lists

    def head(self, code: str) -> str:
        return say(self.lang, f"head.{code}")

    def columns(self, list_: str, of: pa.Table) -> list[_Col]:
        """The columns of a list."""
        root, head = self.pack.tables[self.pack.root], self.head
        called = self.names.field(self.pack.root, root.label) if root.label else ""
        of_unit = [_Col(self.names.field(self.pack.root, root.key), 16, keep=True), _Col(called, 22, keep=bool(called))]
        of_rule = [
            _Col(head("rule"), 28),
            _Col(head("clause"), 9, "cell"),
            *(_Col(head(c), 22, "cell") for c in ("status", "outcome")),
        ]
        table = _Col(head("table"), 18, "cell")
        if list_ == "units":
            counts = [
                _Col(head("score"), 8, "number"),
                _Col(head("findings"), 9, "number"),
                *(_Col(say(self.lang, "head.owed", outcome=self.names.owed(o)), 12, "number") for o in self.owed),
            ]
            groups = [_Col(self.names.field(self.pack.root, g), 16) for g in _groups(of)]
            until = [_Col(head("by-when"), 11, "day")]
            more = [_Col(head(code), 10, "number") for code in ("without-waived", "waived")] if self.marks is not None else []
            verdict = _Col(head("verdict"), 22, "cell", keep=True)
            return [*of_unit, verdict, *groups, *counts, *until, _Col(head("rules"), 46), *more]
        if list_ == "situations":
            last = [_Col(head("not-counted-because"), 20)] if self.apart else []
            counts = [_Col(head(code), 9, "number") for code in ("findings", "units")]
            example = [_Col(head("example-unit"), 12), _Col(head("example"), 12), _Col(head("example-reason"), 28)]
            return [*of_rule, _Col(head("situation"), 34), *counts, table, *example, _Col(head("advice"), 24), *last]
        if list_ == "lost":
            return [
                *of_unit,
                table,
                *(_Col(head(code), wide) for code, wide in (("field", 20), ("file", 24), ("sheet", 16), ("place", 10))),
                _Col(head("value"), 26),
                _Col(head("expected"), 44),
            ]
        marks = ("open-since", 11), ("due", 11), ("notes", 36)
        return [
            *of_unit,
            table,
            _Col(head("record"), 20),
            *of_rule,
            _Col(head("reason"), 40),
            _Col(head("who"), 16),
            _Col(head("by-when"), 11, "day"),
            _Col(head("because" if list_ == "not-counted" else "advice"), 30),
            *(_Col(head(code), wide) for code, wide in (marks if self.marks is not None else ())),
        ]

    def of_units(self, of: pa.Table, _: str) -> Iterator[Cells]:
        rule, due = cache(self.names.rule), cache(self.due)
        columns = [Column(self.pack.root, g) for g in _groups(of)]
        value = cache(lambda v, column: None if v is None else self.names.value(v, column))
        order = {r.id: (-self.pack.outcomes.index(r.rule.otherwise), -r.rule.weight) for r in self.pack.rules}
        place = {NOT_HANDED_IN: (0, 0), **order}.__getitem__
        more_of = say(self.lang, "flagged.findings")
        for key, label, verdict, score, findings, owes, rules, *groups in _rows_of(of):
            counts = ((owes or {}).get(outcome) for outcome in self.owed)
            marks = () if self.marks is None else (self.marks.without(key, score or 0), self.marks.counts.get(key, 0))
            said = list(map(rule, sorted(rules, key=place)))
            if len(said) > RULES_OF_UNIT:
                left = len(said) - RULES_OF_UNIT + 1
                said[RULES_OF_UNIT - 1 :] = [say(self.lang, "flagged.more-rules", n=left, sheet=more_of)]
            of_groups = map(value, groups, columns)
            shown = self.names.outcome(verdict)
            yield key, label, shown, *of_groups, score, findings, *counts, due(verdict), "\n".join(said), *marks

    def due(self, outcome: str) -> date | None:
        """Until when a unit has to put right what comes to an outcome."""
        return day_due(self.pack, outcome, self.day) if self.day is not None else None

    def of_findings(self, of: pa.Table, list_: str) -> Iterator[Cells]:
        named, outcome, due = cache(self.names.table), cache(self.names.owed), cache(self.due)
        said = cache(lambda status: say(self.lang, f"status.{status}"))
        answers = {table: who for table, d in self.pack.tables.items() if d.answers is not None and (who := d.answers.who)}
        value = cache(lambda table, who: self.names.value(who, Column(table, answers[table])))
        called, advice, because = self.of_rule()
        last = because if list_ == "not-counted" else advice
        for unit, label, table, record, rule, clause, status, given, reason, *more in _rows_of(of):
            why = called(reason) if reason == NOT_HANDED_IN else reason
            of_rule = (called(rule), clause, said(status), outcome(given), why)
            who, until = more or (None, None)
            who = label or unit if table not in answers else None if who is None else value(table, who)
            marks = () if self.marks is None else marked(self.marks.of.get((table, record, rule)), self.lang)
            yield unit, label, named(table), record, *of_rule, who, until or due(given), last(rule), *marks

    def of_situations(self, of: pa.Table, _: str) -> Iterator[Cells]:
        called, advice, because = self.of_rule()
        for rule, status, outcome, situation, findings, units_, *example in _rows_of(of):
            of_rule = self.pack.by_id[rule]
            said = say(self.lang, f"status.{status}"), self.names.owed(outcome), situation, findings, units_
            clause, table = of_rule.rule.clause, self.names.table(of_rule.table)
            yield called(rule), clause, *said, table, *example, advice(rule), *((because(rule),) if self.apart else ())

    def of_rule(self) -> tuple[Callable[[str], str], Callable[[str], str], Callable[[str], str]]:
        """What a rule is called, what it advises, and why its findings do not count."""

        def advice(rule: str) -> str:
            said = self.pack.by_id[rule].rule.advice
            return said.in_(self.lang) if said else ""

        def because(rule: str) -> str:
            said = self.pack.not_counted(self.pack.by_id[rule])
            return said.in_(self.lang) if said else ""

        return cache(self.names.rule), cache(advice), cache(because)

    def of_lost(self, of: pa.Table, _: str) -> Iterator[Cells]:
        named = cache(lambda table, field: _titles(self.names, table, field))
        for unit, label, table, field, *each in _rows_of(of):
            yield unit, label, *named(table, field), *_lost(*each)

    # ----------------------------------------------------------------------------------------------------- the sheets

    def sheets(
        self, list_: str, columns: list[_Col], rows: Iterator[Cells], n: int, total: int, shades: Iterator[Any] | None
    ) -> None:
        """A list of `n` rows, on as many sheets as it needs; `shades` colours the third column, row by row. Columns in which
        nothing stands are left out."""
        first = list(islice(rows, MEASURED))
        all_seen = 0 < n <= MEASURED
        filled = [c.keep or not all_seen or any(row[i] not in (None, "") for row in first) for i, c in enumerate(columns)]
        kept, columns = [i for i, there in enumerate(filled) if there], [*compress(columns, filled)]
        rows = (tuple(compress(row, filled)) for row in chain(first, rows))
        widths = [_wide(column, (row[i] for row in first)) for i, column in zip(kept, columns, strict=True)]
        styles = [getattr(self.styles, column.look) for column in columns]
        wrapped = [(i, wide) for i, (column, wide) in enumerate(zip(columns, widths, strict=True)) if column.look == "text"]
        title, left, verdict = self.title(list_, n, total), n, sum(filled[:2])  # units need not have names
        while True:
            sheet = self.sheet(sheet_name(title, self.book.sheetnames), columns, widths)
            here = min(left, ROWS_OF_SHEET)
            for i, row in enumerate(islice(rows, here), start=1):
                if shades is not None:
                    styles[verdict] = next(shades)
                sheet.put(i, _height(row, wrapped), row, styles)
            sheet.autofilter(0, 0, here, len(columns) - 1)
            self.contents.append((sheet.name, say(self.lang, "cover.rows-of", n=here)))
            left -= here
            if left:
                note = say(self.lang, "flagged.goes-on", sheet=sheet_name(title, self.book.sheetnames))
            elif total > n:
                note = say(self.lang, f"flagged.cut.{list_}", listed=n, of=total)
                self.contents[-1] = sheet.name, note
            else:
                return
            sheet.put(here + 1, LINE_OF_LIST, [note], [self.styles.note])
            if not left:
                return

    def sheet(self, name: str, columns: Sequence[_Col], widths: Sequence[int]) -> Any:
        """An empty sheet with a frozen header."""
        from lookback.writers._rows import Rows

        sheet = self.book.add_worksheet(name, Rows)
        sheet.freeze_panes(1, min(2, len(columns) - 1))
        for i, wide in enumerate(widths):
            sheet.set_column(i, i, wide)
        heads = [column.head for column in columns]
        sheet.set_row(0, LINE_OF_LIST * max(2, *(_lines(head, wide - FILTER) for head, wide in zip(heads, widths, strict=True))))
        sheet.write_row(0, 0, heads, self.styles.head)
        day = [day_said(self.day, self.lang)] if self.day is not None else []
        print_wide(sheet, f"{self.pack.pack.header.called(self.lang)} · {name}", " · ".join(day))
        return sheet

    def title(self, list_: str, n: int, total: int) -> str:
        """What a sheet is called; of a list that is cut with how much of it is there."""
        title = say(self.lang, f"flagged.{list_}")
        if n == total:
            return title
        full = say(self.lang, "flagged.part", title=title, listed=f"{n:,}", of=f"{total:,}")
        return full if units(full) <= LONGEST_NAME else say(self.lang, "flagged.part", title=title, listed=n, of=total)


def _groups(of: pa.Table) -> list[str]:
    """What units are grouped by."""
    return [name.removeprefix(GROUP) for name in of.column_names if name.startswith(GROUP)]


def _rows_of(table: pa.Table) -> Rows:
    """The rows of a table, made ready some at a time."""
    for batch in table.to_batches(max_chunksize=AT_ONCE):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _wide(column: _Col, values: Iterable[Any]) -> int:
    """How wide a column is: as its texts, to the widest that it may be, and as the words of its head."""
    words = max((width(word) for word in column.head.split()), default=1) if column.head.isascii() else width(column.head) / 2
    most = max((width(line) for v in values if v is not None for line in str(v).split("\n")), default=0)
    return max(min(most + 2, column.widest), min(int(words) + 1 + FILTER, 12))


def _titles(names: Named, table: str | None, field: str | None) -> tuple[str | None, str | None]:
    return (names.table(table), names.field(table, field) if field else None) if table else (None, field)


def _lost(
    file: str | None,
    shown: str | None,
    sheet: str | None,
    row: int | None,
    cell: str | None,
    value: str | None,
    expected: str | None,
) -> Cells:
    """What was lost and where, below the heads."""
    if expected and file and shown and file != shown:
        expected = expected.replace(file.removesuffix(shown), "")
    return (shown or None, sheet, cell or (str(row) if row else None), value, expected or None)


def _height(row: Cells, wrapped: Sequence[tuple[int, int]]) -> float:
    """A height that shows all lines of a row, in points: not every program works it out for itself. `wrapped`: the columns whose
    texts go on in further lines, and how wide each is."""
    most = 1
    for i, wide in wrapped:
        value = row[i]
        if value.__class__ is str and (2 * len(value) > wide or "\n" in value):
            most = max(most, _lines(value, wide))
    return min(LINE_OF_LIST * most, 400.0)


@lru_cache(1 << 14)
def _lines(text: str, wide: int) -> int:
    if "\n" not in text:
        return -(-width(text) // max(wide, 1))
    return sum(-(-width(line) // max(wide, 1)) for line in text.split("\n"))
