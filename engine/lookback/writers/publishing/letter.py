"""A letter to one unit: its result, why, what to do by when, what it owes the public; as a page and as a document for Word.

In: a `Publication`, one of its units. Out: files. Both say the same; the document has fixed times, so that the same letter has
the same bytes.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lookback.words import say
from lookback.writers._pages import page
from lookback.writers.publishing.page import Fill, PublicPage

if TYPE_CHECKING:  # what is told is made elsewhere, by what is heavy to load
    from lookback.publishing.public import Publication, UnitTold

LETTER = "letter"
"""What the file of a letter is called where the unit's key does not call it."""
_LONG_AGO = datetime(2000, 1, 1)
_IN_ZIP = (2000, 1, 1, 0, 0, 0)
FONTS = ("Arial", "SimSun")
"""Of letters, and of Chinese: what Word has everywhere."""


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
            n = 0
            for found in (f for f in unit.found if f.outcome == outcome):
                on, why = points.setdefault(found.rule, ([], []))
                n += found.n
                on.extend([self.record(found)] if found.record else [])
                why.append(
                    self.word("of-record", record=self.record(found), reason=found.reason) if found.record else found.reason or ""
                )
            if not points:
                continue
            best = outcome == self.pack.outcomes[0]
            due = self.found.due.get(outcome)
            yield Section(
                title=self.word("remarks") if best else self.word("section", outcome=self.outcome(outcome), n=n),
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
        import docx
        from docx.enum.text import WD_ALIGN_PARAGRAPH
        from docx.oxml.ns import qn
        from docx.shared import Cm, Pt

        document = docx.Document()
        for name in ("Normal", "Title", "Heading 1"):
            style: Any = document.styles[name]
            style.font.name = FONTS[0]
            fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
            for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
                fonts.attrib.pop(qn(f"w:{theme}"), None)
            fonts.set(qn("w:eastAsia"), FONTS[1])
        document.styles["Normal"].font.size = Pt(11)
        side = document.sections[0]
        side.page_width, side.page_height = Cm(21), Cm(29.7)
        side.left_margin = side.right_margin = Cm(2.2)
        document.add_heading(self.word("title"), 0).alignment = WD_ALIGN_PARAGRAPH.CENTER
        if unit is not None:
            document.add_paragraph(self.to(unit))
            document.add_paragraph(self.opening(unit))
            if self.about:
                document.add_paragraph(self.about)
            if not unit.found:
                document.add_paragraph(self.word("in-order"))
            for section in self.sections(unit):
                document.add_heading(section.title, 1)
                for line in (section.owes, section.until):
                    if line:
                        document.add_paragraph(line)
                table = document.add_table(1, len(self.heads))
                table.style = "Table Grid"
                for row in (self.heads, *section.rows):
                    cells = table.rows[0].cells if row is self.heads else table.add_row().cells
                    for cell, text in zip(cells, row, strict=True):
                        cell.text = text
                        for run in cell.paragraphs[0].runs:
                            run.font.size, run.font.bold = Pt(10), row is self.heads
                head = table.rows[0]._tr.get_or_add_trPr()
                head.append(head.makeelement(qn("w:tblHeader"), {}))
            document.add_paragraph()
            document.add_paragraph(self.word("sign"))
        core = document.core_properties
        core.created = core.modified = core.last_printed = _LONG_AGO
        core.title, core.author, core.last_modified_by, core.comments, core.revision = self.word("title"), "", "", "", 1
        made = io.BytesIO()
        document.save(made)
        _with_fixed_times(made, file)


def _with_fixed_times(made: io.BytesIO, file: Path) -> None:
    """The same archive, its members with one time."""
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name, _IN_ZIP), old.read(name), zipfile.ZIP_DEFLATED)
