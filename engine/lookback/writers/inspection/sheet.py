"""A check sheet for people: a workbook whose first sheet is read and whose others are filled in, and a page to be printed.

In: a unit's check sheet, the pack that names things. Out: `<unit>.xlsx`, `<unit>.html`. Both show the same sections, a row of
three cells a thing: what it is, what is said of it, room for what was seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lookback.language.types import Column, Type, Value
from lookback.packs.checked import CheckedPack
from lookback.words import say
from lookback.words.shown import one_line
from lookback.writers._pages import page
from lookback.writers._sheets import A4, HEAD, LINE, LONGEST_TEXT, cut, sheet_name, width, workbook
from lookback.writers.inspection.called import Caller
from lookback.writers.template import Part, add_form, sheet_names

if TYPE_CHECKING:  # what is printed is made elsewhere, by what is heavy to load
    from lookback.inspection.sheet import CheckSheet, Open

WIDTHS = (30, 74, 34)
"""Of the three columns of the first sheet, in characters."""
SLACK = 118
"""Percent of its width that a Chinese text takes where other fonts stand in for ours."""
ROOM = 4
"""Lines that are left for remarks and signatures."""
Line = tuple[str, str, str]
Section = tuple[Sequence[str], Sequence[Line]]
"""The heads of the columns, of which the first says what it is, and the lines."""


class SheetWriter(Caller):
    """Check sheets of one pack in one language."""

    def __init__(self, pack: CheckedPack, draw: str, lang: str) -> None:
        super().__init__(pack, lang)
        self.draw = draw
        self.tables = sheet_names(pack, lang)

    def say(self, code: str, **args: Any) -> str:
        return say(self.lang, f"sheet.{code}", **args)

    def write(self, book: Path, printed: Path, sheet: CheckSheet) -> None:
        """Raises OSError where they cannot be written."""
        self.workbook(book, sheet)
        printed.write_text(self.page(sheet), "utf-8", newline="\n")

    # ------------------------------------------------------------------------------------------------------- what is said

    def title(self, sheet: CheckSheet) -> str:
        unit = sheet.chosen.unit
        return self.say("title", unit=one_line(unit.label or unit.key), key=one_line(unit.key))

    def number(self, sheet: CheckSheet) -> str:
        group = sheet.chosen.group
        said = f"{say(self.lang, 'protocol.id')} {self.draw}"
        return said if group is None else f"{said} · {say(self.lang, 'protocol.itinerary', group=group)}"

    def sections(self, sheet: CheckSheet) -> Iterator[Section]:
        root = self.pack.root
        verdict = (say(self.lang, "head.verdict"), self.names.outcome(sheet.chosen.unit.verdict), "")
        about = [(self.names.field(root, id_), self.value(root, id_, v), "") for id_, v in sheet.about.items() if v is not None]
        said, seen = self.say("said"), self.say("seen")
        yield (self.say("about"), said, seen), [*about, verdict]
        for table, records in sheet.claims.items():
            yield (self.names.table(table), said, seen), [(self.called(table, r), self.claims(table, r), "") for r in records]
        if sheet.open:
            yield (
                (self.say("open"), self.say("why"), seen),
                [(self.names.rule(o.rule), self.reason(sheet, o), "") for o in sheet.open],
            )
        questions = [
            (clause.clause, clause.summary.in_(self.lang), ", ".join(self.question(q) for q in clause.questions))
            for _, clause in self.pack.pack.clauses or ()
            if clause.questions
        ]
        if questions:
            yield (self.say("questions"), "", self.say("where")), questions
        yield (self.say("remarks"), "", ""), [("", "", "")] * ROOM
        yield (self.say("signatures"), "", ""), [(self.say(who), "", self.say("day")) for who in ("of-group", "of-unit")]

    def reason(self, sheet: CheckSheet, of: Open) -> str:
        record = self.found_at(of.table, of.record, sheet.claims.get(of.table, ()))
        return of.reason if record is None else self.say("is", field=record, value=of.reason)

    def claims(self, table: str, record: Mapping[str, Value]) -> str:
        """What a record says, its key and what it is called aside."""
        definition = self.pack.tables[table]
        aside = {*self.pack.keys(table), definition.label}
        said = ((id_, value) for id_, value in record.items() if id_ not in aside and value is not None)
        return self.say("and").join(
            self.say("is", field=self.names.field(table, id_), value=self.value(table, id_, v)) for id_, v in said
        )

    def question(self, named: str) -> str:
        table, _, id_ = named.partition(".")
        return self.say("answer", table=self.names.table(table), field=self.names.field(table, id_))

    # ------------------------------------------------------------------------------------------------------------- written

    def page(self, sheet: CheckSheet) -> str:
        to_fill = [
            (
                self.names.table(part.table),
                [self.names.field(part.table, id_) for id_ in part.fields],
                [[self.cell(part.table, id_, row) for id_ in part.fields] for row in (*part.rows, *filter(None, [part.added]))],
                "" if part.added is None else self.say("if-any"),
            )
            for part in sheet.to_fill
        ]
        values = {"title": self.title(sheet), "number": self.number(sheet), "to_fill": to_fill}
        return page("inspection/sheet.html", lang=self.lang, sections=list(self.sections(sheet)), **values) + "\n"

    def cell(self, table: str, id_: str, row: Mapping[str, Value]) -> str:
        """What stands in a cell to fill: what is known, or what may be ticked."""
        if (value := row.get(id_)) is not None:
            return self.value(table, id_, value)
        words = [choice.in_(self.lang, code) for code, choice in self.names.choices(Column(table, id_)).items()]
        if self.pack.tables[table].fields[id_].type is Type.BOOLEAN:
            words = [say(self.lang, "form.yes"), say(self.lang, "form.no")]
        return "  ".join(f"□ {word}" for word in words)

    def workbook(self, file: Path, sheet: CheckSheet) -> None:
        with workbook(file, self.title(sheet)) as book:
            self.first(book, sheet)
            parts = {part.table: Part(part.fields, part.rows) for part in sheet.to_fill}
            if parts:
                add_form(book, self.pack, parts, self.lang)

    def first(self, book: Any, sheet: CheckSheet) -> None:
        """The sheet that is read: its name is no table's."""
        taken = [*self.tables.values()]
        name = sheet_name(self.say("sheet"), taken)
        to = book.add_worksheet(name)
        head, cell = book.add_format(HEAD), book.add_format({"text_wrap": True, "valign": "top", "border": 1})
        title, small = book.add_format({"bold": True, "font_size": 16}), book.add_format({"font_color": "#5B6577"})
        for i, wide in enumerate(WIDTHS):
            to.set_column(i, i, wide)
        to.set_row(0, 1.6 * LINE)
        to.write_string(0, 0, cut(self.title(sheet), LONGEST_TEXT), title)
        to.write_string(1, 0, self.number(sheet), small)
        row = 2
        for code, parts in (("fill", [p for p in sheet.to_fill if p.rows]), ("add", [p for p in sheet.to_fill if p.added])):
            if parts:
                said = self.say(code, sheets=self.say("and").join(self.tables[part.table] for part in parts))
                first = parts[0].added or {}
                key = first.get(self.pack.tables[parts[0].table].key)
                to.write_string(row, 0, said if key is None else said + self.say("numbered", first=key), small)
                row += 1
        row += 1
        for heads, lines in self.sections(sheet):
            to.write_row(row, 0, heads, head)
            for line in lines:
                row += 1
                most = max(_lines(text, wide) for text, wide in zip(line, WIDTHS, strict=True))
                to.set_row(row, min(LINE * max(most, 1 if any(line) else 2), 400.0))
                for i, text in enumerate(line):
                    to.write_string(row, i, cut(text, LONGEST_TEXT - 1), cell)
            row += 2
        to.set_paper(A4)
        to.set_landscape()
        to.fit_to_pages(1, 0)
        to.set_footer("&C&P / &N")


def _lines(text: str, wide: int) -> int:
    """How many lines a text takes in a column."""
    return -(-width(text) // (wide - 2)) if text.isascii() else -(-width(text) * SLACK // (100 * wide))
