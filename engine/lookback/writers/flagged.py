"""Flagged units as a workbook for people: the units worst first, all findings by situation, the findings on the units, what does
not count for its unit, and what was lost on the way from the files to the list, a sheet each.

A list that is cut says so in the name of its sheet and in its last row: how many there are, and where. One that is longer than a
sheet goes on on a second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lookback.packs.checked import NOT_HANDED_IN, NOT_JUDGED, CheckedPack, Named
from lookback.packs.model import REVIEW
from lookback.words import say
from lookback.writers import screen
from lookback.writers._sheets import (
    HEAD,
    LAST_ROW,
    LINE,
    LONGEST_NAME,
    print_wide,
    sheet_name,
    units,
    width,
    workbook,
)
from lookback.writers.rounds.ledger_notes import marked

if TYPE_CHECKING:  # what is printed is made elsewhere, by what is heavy to load
    import pyarrow as pa

    from lookback.reviews.flagged import Flagged, Missing
    from lookback.rounds.ledger_marks import Marks

UNITS_IN_REVIEW, FINDINGS_IN_REVIEW, LOST_IN_REVIEW = 3_000, 10_000, 10_000
"""A list for people: a review holds the worst so many; `lookback flagged` writes them all."""
ROWS_OF_SHEET = LAST_ROW - 1
"""Below the header, and above what a cut list says of itself."""
AT_ONCE = 10_000
"""Rows that are made ready at once."""
GREY = "#BFBFBF"
WRAPPED_FROM = 30
"""Columns at least so wide are wrapped."""
WHERE = {"units": "verdicts.parquet", "findings": "findings.parquet", "not-counted": "findings.parquet", "lost": "problems.csv"}
"""List -> the file of a review that has all of it."""

OF_LEDGER = {"units": {"without-waived": 12, "waived": 9}, "findings": {"open-since": 11, "due": 11, "notes": 44}}
OF_LEDGER["not-counted"] = OF_LEDGER["findings"]
"""What stands behind a list where a ledger is read, and how wide."""

Whole = Mapping[str, Any] | None
"""What review.json says of the review as a whole; None where the pack asks nothing of it."""
Cells = tuple[str | int | None, ...]
Rows = Iterator[tuple[Any, ...]]
Cut = dict[str, dict[str, Any]]


def write_flagged(file: Path, review: Path, pack: CheckedPack, lang: str, whole: Whole = None) -> Cut:
    """The workbook that lies in a review, of what is flagged there. `whole`: what became of the review as a whole. Gives of each
    list that is cut how many it has (`listed`), how many it leaves out (`left_out`), and the file that has all of them
    (`all_in`)."""
    from lookback.reviews.flagged import flagged, has_roster, missing

    found = flagged(
        review,
        pack,
        most_units=UNITS_IN_REVIEW,
        most_findings=FINDINGS_IN_REVIEW,
        lost=True,
        most_lost=LOST_IN_REVIEW,
        situations=lang,
    )
    apart = any(pack.not_counted(rule) for rule in pack.rules)
    uncounted = flagged(review, pack, most_findings=FINDINGS_IN_REVIEW, not_counted=True) if apart else None
    absent = missing(review, pack) if has_roster(review) else None
    write_workbook(file, found, pack, lang, uncounted, whole=whole, missing=absent)
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
) -> None:
    """Write a workbook: of what is flagged, and on sheets of their own of what does not count, of the `whole` review, and of who
    handed nothing in. `marks`: what a ledger says of it. Raises OSError where it cannot be written."""
    with workbook(file, say(lang, "flagged.units")) as book:
        of = _Book(book, pack, lang, marks)
        of.fill(found, uncounted, whole)
        if missing is not None:
            of.heads = screen.heads_of_missing(missing, of.names)
            rows = (tuple(row) for row in screen.rows_of_missing(missing, of.names))
            of.sheets("not-handed-in", rows, len(missing.units), len(missing.units), None)


class _Book:
    """The workbook, its formats, and what things are called in it."""

    def __init__(self, book: Any, pack: CheckedPack, lang: str, marks: Marks | None = None) -> None:
        self.book, self.pack, self.lang, self.names, self.marks = book, pack, lang, Named(pack, lang), marks
        self.apart = any(pack.not_counted(rule) for rule in pack.rules)
        self.head, self.cell = book.add_format(HEAD), book.add_format({"valign": "top"})
        self.text, self.note = book.add_format({"text_wrap": True, "valign": "top"}), book.add_format({"bold": True})
        shades = zip((*pack.outcomes, NOT_JUDGED), (*_shades(len(pack.outcomes)), GREY), strict=True)
        given = {o for rule in pack.rules for o in (rule.outcome("unmet"), rule.outcome("unknown"))}
        self.owed = [outcome for outcome in pack.outcomes if outcome in given and len(given) > 1]
        self.heads: list[str] = []
        self.ways: dict[str, Callable[[Rows, str], Iterator[Cells]]]
        self.ways = {"units": self.of_units, "situations": self.of_situations, "lost": self.of_lost}
        self.ways |= {"findings": self.of_findings, "not-counted": self.of_findings}
        self.shades = {outcome: book.add_format({"valign": "top", "bg_color": colour}) for outcome, colour in shades}

    def fill(self, found: Flagged | None, uncounted: Flagged | None, whole: Whole) -> None:
        for list_, listed, total in _lists(found, uncounted):
            rows = self.ways[list_](_rows_of(listed), list_)
            shades = map(self.shades.get, listed.column("verdict").to_pylist()) if list_ == "units" else None
            self.sheets(list_, rows, listed.num_rows, total, shades)
        if whole is not None and self.pack.whole is not None:
            self.of_whole(whole, self.pack.whole)

    def of_whole(self, whole: Mapping[str, Any], pack: CheckedPack) -> None:
        """The sheet of the review as a whole: its verdict, then every rule for it, then its facts."""
        names, widths = Named(pack, self.lang), (40, 10, 14, 20, 60)
        codes = ("rule", "clause", "status", "outcome", "reason")
        sheet = self.sheet(sheet_name(say(self.lang, "flagged.whole"), self.book.sheetnames), _heads(self.lang, codes), widths)
        rows: list[Cells] = [(names.table(REVIEW), None, None, names.outcome(whole["verdict"]), None)]
        for rule, found in whole["rules"].items():
            owed = names.owed(found["outcome"]) if found["outcome"] is not None else None
            why = found["reason"][self.lang] if found["reason"] else None
            rows.append((names.rule(rule), found["clause"], say(self.lang, f"status.{found['status']}"), owed, why))
        facts = ((names.field(REVIEW, fact), value) for fact, value in whole["facts"].items())
        rows += [(title, None, None, None, None if value is None else str(value)) for title, value in facts]
        styles = [self.text if wide >= WRAPPED_FROM else self.cell for wide in widths]
        for i, row in enumerate(rows, start=1):
            sheet.put(i, _height(row, _wrapped(widths)), row, styles)

    # ------------------------------------------------------------------------------------------------------ the lists

    def columns(self, list_: str) -> tuple[list[str], tuple[int, ...]]:
        """The heads of a list, and how wide each column is."""
        if list_ == "not-handed-in":
            return self.heads, tuple(24 for _ in self.heads)
        root = self.pack.tables[self.pack.root]
        of_unit = [self.names.field(self.pack.root, root.key), self.names.field(self.pack.root, root.label) if root.label else ""]
        of_kind = ("rule", "clause", "status", "outcome", "situation", "findings", "units", "table")
        of_finding = ("table", "record", "rule", "clause", "status", "outcome", "reason")
        codes, widths = {
            "units": (("verdict", "score", "findings", *self.owed, "rules"), (14, 32, 18, 8, 9, *(10 for _ in self.owed), 60)),
            "findings": ((*of_finding, "advice"), (14, 24, 10, 14, 34, 8, 10, 18, 60, 50)),
            "not-counted": ((*of_finding, "because"), (14, 24, 10, 14, 34, 8, 10, 18, 60, 50)),
            "lost": (("table", "field", "file", "sheet", "place", "value", "expected"), (14, 24, 10, 30, 24, 12, 13, 30, 60)),
            "situations": (
                (
                    *of_kind,
                    "example-unit",
                    "example",
                    "example-reason",
                    "advice",
                    *(("not-counted-because",) if self.apart else ()),
                ),
                (34, 8, 10, 18, 50, 9, 9, 10, 18, 14, 50, 50, *((40,) if self.apart else ())),
            ),
        }[list_]
        more = OF_LEDGER.get(list_, {}) if self.marks is not None else {}
        codes, widths = (*codes, *more), (*widths, *more.values())
        owed = {o: say(self.lang, "head.owed", outcome=self.names.owed(o)) for o in self.owed} if list_ == "units" else {}
        heads = [owed.get(code) or say(self.lang, f"head.{code}") for code in codes]
        return (heads if list_ == "situations" else [*of_unit, *heads]), widths

    def of_units(self, of: Rows, _: str) -> Iterator[Cells]:
        rule = cache(self.names.rule)
        for key, label, verdict, score, findings, owes, rules in of:
            counts = ((owes or {}).get(outcome) for outcome in self.owed)
            more = () if self.marks is None else (self.marks.without(key, score or 0), self.marks.counts.get(key, 0))
            yield key, label, self.names.outcome(verdict), score, findings, *counts, "\n".join(map(rule, rules)), *more

    def of_findings(self, of: Rows, list_: str) -> Iterator[Cells]:
        named, outcome = cache(self.names.table), cache(self.names.owed)
        said = cache(lambda status: say(self.lang, f"status.{status}"))
        called, advice, because = self.of_rule()
        last = because if list_ == "not-counted" else advice
        for unit, label, table, record, rule, clause, status, given, reason in of:
            why = called(reason) if reason == NOT_HANDED_IN else reason
            of_rule = (called(rule), clause, said(status), outcome(given), why, last(rule))
            more = () if self.marks is None else marked(self.marks.of.get((table, record, rule)), self.lang)
            yield unit, label, named(table), record, *of_rule, *more

    def of_situations(self, of: Rows, _: str) -> Iterator[Cells]:
        called, advice, because = self.of_rule()
        for rule, status, outcome, situation, findings, units_, *example in of:
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

    def of_lost(self, of: Rows, _: str) -> Iterator[Cells]:
        named = cache(lambda table, field: _titles(self.names, table, field))
        for unit, label, table, field, *each in of:
            yield unit, label, *named(table, field), *_lost(*each)

    # ----------------------------------------------------------------------------------------------------- the sheets

    def sheets(self, list_: str, rows: Iterator[Cells], n: int, total: int, shades: Iterator[Any] | None) -> None:
        """A list of `n` rows, on as many sheets as it needs; `shades` colours the third column, row by row."""
        (heads, widths), title, left = self.columns(list_), self.title(list_, n, total), n
        styles = [self.text if wide >= WRAPPED_FROM else self.cell for wide in widths]
        wrapped = _wrapped(widths)
        while True:
            sheet = self.sheet(sheet_name(title, self.book.sheetnames), heads, widths)
            here = min(left, ROWS_OF_SHEET)
            for i, row in enumerate(islice(rows, here), start=1):
                if shades is not None:
                    styles[2] = next(shades)
                sheet.put(i, _height(row, wrapped), row, styles)
            sheet.autofilter(0, 0, here, len(heads) - 1)
            left -= here
            if left:
                note = say(self.lang, "flagged.goes-on", sheet=sheet_name(title, self.book.sheetnames))
            elif total > n:
                note = say(self.lang, f"flagged.cut.{list_}", listed=n, of=total)
            else:
                return
            sheet.put(here + 1, LINE, [note], [self.note])
            if not left:
                return

    def sheet(self, name: str, heads: Sequence[str], widths: Sequence[int]) -> Any:
        """An empty sheet with a frozen header."""
        from lookback.writers._rows import Rows

        sheet = self.book.add_worksheet(name, Rows)
        sheet.freeze_panes(1, 2)
        for i, wide in enumerate(widths):
            sheet.set_column(i, i, wide)
        sheet.set_row(0, 24)
        sheet.write_row(0, 0, heads, self.head)
        print_wide(sheet)
        return sheet

    def title(self, list_: str, n: int, total: int) -> str:
        """What a sheet is called; of a list that is cut with how much of it is there."""
        title = say(self.lang, f"flagged.{list_}")
        if n == total:
            return title
        full = say(self.lang, "flagged.part", title=title, listed=f"{n:,}", of=f"{total:,}")
        return full if units(full) <= LONGEST_NAME else say(self.lang, "flagged.part", title=title, listed=n, of=total)


def _heads(lang: str, codes: Sequence[str]) -> list[str]:
    return [say(lang, f"head.{code}") for code in codes]


def _rows_of(table: pa.Table) -> Rows:
    """The rows of a table, made ready some at a time."""
    for batch in table.to_batches(max_chunksize=AT_ONCE):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


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


def _wrapped(widths: Sequence[int]) -> list[tuple[int, int]]:
    """The columns whose texts go on in further lines, and how wide each is."""
    return [(i, wide) for i, wide in enumerate(widths) if wide >= WRAPPED_FROM]


def _height(row: Cells, wrapped: Sequence[tuple[int, int]]) -> float:
    """A height that shows all lines of a row, in points: not every program works it out for itself. `wrapped`: `_wrapped`'s."""
    most = 1
    for i, wide in wrapped:
        value = row[i]
        if isinstance(value, str) and (2 * len(value) > wide or "\n" in value):
            most = max(most, _lines(value, wide))
    return min(LINE * most, 400.0)


@lru_cache(1 << 14)
def _lines(text: str, wide: int) -> int:
    return sum(-(-width(line) // wide) for line in text.split("\n"))


def _shades(n: int) -> list[str]:
    """From best to worst: green, then yellow to red."""
    worse = ["#FFF2CC", "#F8CBAD", "#F4A6A0", "#E57373", "#D9534F"]
    return [
        "#E2EFDA",
        *(worse[min(round(i * (len(worse) - 1) / max(n - 2, 1)) if n > 3 else i, len(worse) - 1)] for i in range(n - 1)),
    ]
