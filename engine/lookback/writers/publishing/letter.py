"""A letter to one unit: its result, why, what to do by when, what it owes the public; as a page and as a document for Word.

In: a `Publication`, one of its units. Out: files. Both say the same; the document has fixed times, so that the same letter has
the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lookback.words import say
from lookback.writers._pages import page
from lookback.writers.documents.word import in_xml, kept, on_a4, save, set_fonts, shaded
from lookback.writers.publishing.page import Fill, PublicPage

if TYPE_CHECKING:  # what is told is made elsewhere, by what is heavy to load
    from lookback.publishing.public import Publication, UnitTold

LETTER = "letter"
"""What the file of a letter is called where the unit's key does not call it."""


@dataclass(frozen=True)
class Section:
    """What has one outcome. `rows`: each point with the records that it is on, why, what to do."""

    title: str
    owes: str | None
    until: str | None
    rows: tuple[tuple[str, str, str], ...]


class Letter(PublicPage):
    """Letters of a publication."""

    def __init__(self, found: Publication) -> None:
        super().__init__(found)
        self.heads = tuple(self.word(code) for code in ("point", "why", "what"))
        self.owes = {o.outcome: o.owes.in_(self.lang) for o in self.pack.pack.header.outcomes if o.owes is not None}

    def word(self, code: str, **args: Any) -> str:
        return say(self.lang, f"letter.{code}", **args)

    def to(self, unit: UnitTold) -> str:
        """Whom it is to: its name alone, where that is told."""
        label = self.pack.tables[self.root].label
        at = self.found.fields.index(label) if label in self.found.fields else None
        return self.word("to", name=unit.values[at] if at is not None and unit.values[at] else self.name(unit, 1))

    def opening(self, unit: UnitTold) -> str:
        said = {"title": self.title, "verdict": self.outcome(unit.verdict)}
        return (
            self.word("opening", day=self.day(self.found.day), **said) if self.found.day else self.word("opening-undated", **said)
        )

    def day(self, day: date) -> str:
        return f"{day.year}年{day.month}月{day.day}日" if self.lang == "zh" else day.isoformat()

    def sections(self, unit: UnitTold) -> Iterator[Section]:
        """The worst first."""
        for outcome in self.pack.outcomes[::-1]:
            points = dict[str, tuple[list[str], list[str]]]()
            for found in (f for f in unit.found if f.outcome == outcome):
                on, why = points.setdefault(found.rule, ([], []))
                on.extend([self.record(found)] if found.record else [])
                why.append(
                    self.word("of-record", record=self.record(found), reason=found.reason) if found.record else found.reason or ""
                )
            if not points:
                continue
            best = outcome == self.pack.outcomes[0]
            due = self.found.due.get(outcome)
            yield Section(
                title=self.word("remarks") if best else self.word("section", outcome=self.outcome(outcome), n=len(points)),
                owes=self.owes.get(outcome),
                until=self.word("until", day=self.day(due)) if due is not None else None,
                rows=tuple((self.point(rule), self.said(on, why), self.advice(rule)) for rule, (on, why) in points.items()),
            )

    def point(self, rule: str) -> str:
        clauses = self.pack.by_id[rule].rule.clauses
        title = self.names.rule(rule)
        return self.word("clause", title=title, clause=", ".join(clauses)) if clauses else title

    def said(self, on: list[str], why: list[str]) -> str:
        """Why, a line each; of records with the same reason that none may be told their names alone."""
        hidden = self.say("not-published")
        if all(reason.endswith(hidden) for reason in why):
            return "\n".join([*on, hidden])
        return "\n".join(why)

    def advice(self, rule: str) -> str:
        advice = self.pack.by_id[rule].rule.advice
        return advice.in_(self.lang) if advice else ""

    # ------------------------------------------------------------------------------------------------------------ as files

    def of(self, unit: UnitTold | None) -> dict[str, Fill]:
        """The letter to one unit, by the endings of its files; of none the words that all letters have."""
        return {"html": lambda file: self._letter_page(file, unit), "docx": lambda file: self._document(file, unit)}

    def _letter_page(self, file: Path, unit: UnitTold | None) -> None:
        sections = [*self.sections(unit)] if unit is not None else []
        text = page(
            "publishing/letter.html",
            w=self,
            lang=self.lang,
            title=self.word("title"),
            unit=unit,
            sections=sections,
        )
        file.write_text(f"{text}\n", "utf-8", newline="\n")

    def _document(self, file: Path, unit: UnitTold | None) -> None:
        document = _paper()
        document.add_heading(in_xml(self.word("title")), 0).alignment = 1
        if unit is not None:
            said = [self.to(unit), self.opening(unit), self.about, None if unit.found else self.word("in-order")]
            for line in filter(None, said):
                document.add_paragraph(in_xml(line))
            for section in self.sections(unit):
                document.add_heading(in_xml(section.title), 1)
                for line in filter(None, (section.owes, section.until)):
                    document.add_paragraph(in_xml(line))
                _table(document, self.heads, section.rows)
            document.add_paragraph()
            document.add_paragraph(in_xml(self.word("sign")))
        save(document, self.word("title"), file)


def _paper() -> Any:
    """An empty document on A4, in black, with fonts for both languages."""
    import docx  # only letters need it
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    document: Any = docx.Document()
    for name, size in (("Normal", 11), ("Title", 18), ("Heading 1", 13)):
        style = document.styles[name]
        set_fonts(style)
        style.font.size, style.font.color.rgb = Pt(size), RGBColor(0, 0, 0)
        for border in style.element.findall(f".//{qn('w:pBdr')}"):
            border.getparent().remove(border)
    on_a4(document, 2.2)
    return document


def _table(document: Any, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table whose head stands on each page."""
    from docx.shared import Pt

    table = document.add_table(1 + len(rows), len(heads))
    table.style = "Table Grid"
    for line, row in zip((heads, *rows), table.rows, strict=True):
        for text, cell in zip(line, row.cells, strict=True):
            cell.text = in_xml(text)
            paragraph = cell.paragraphs[0]
            paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(3)
            for run in paragraph.runs:
                run.font.size, run.font.bold = Pt(10), line is heads
            if line is heads:
                shaded(cell)
    kept(table.rows[0], "tblHeader")
