"""The survey of a unit for people: a questionnaire to be printed, and a workbook for the tally, which reads back as it stands.

In: a survey, the pack that names things. Out: `<unit>.xlsx`, `<unit>.html`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from lookback.language.types import Column
from lookback.packs.checked import CheckedPack, Named
from lookback.words import say
from lookback.words.shown import one_line
from lookback.writers._pages import page
from lookback.writers._sheets import LONGEST_HEADER, cut, workbook
from lookback.writers.template import Part, add_form

if TYPE_CHECKING:  # what is printed is made elsewhere, by what is heavy to load
    from lookback.inspection.survey import Survey


class SurveyWriter:
    """Surveys of one pack in one language."""

    def __init__(self, pack: CheckedPack, lang: str) -> None:
        self.pack, self.lang, self.names = pack, lang, Named(pack, lang)

    def say(self, code: str, **args: Any) -> str:
        return say(self.lang, f"survey.{code}", **args)

    def write(self, book: Path, printed: Path, survey: Survey) -> None:
        """Raises OSError where they cannot be written."""
        self.workbook(book, survey)
        printed.write_text(self.page(survey), "utf-8", newline="\n")

    def titles(self, table: str, field: str) -> list[str]:
        """The choices of a field."""
        return [choice.in_(self.lang, code) for code, choice in self.names.choices(Column(table, field)).items()]

    def page(self, survey: Survey) -> str:
        asked, unit = survey.asked, survey.unit
        return (
            page(
                "inspection/survey.html",
                lang=self.lang,
                title=self.say("title", unit=one_line(unit.label or unit.key)),
                intro=self.say("intro"),
                who=[(self.names.field(asked.table, id_), self.titles(asked.table, id_)) for id_ in asked.of],
                question=self.names.field(asked.table, asked.question),
                questions=self.titles(asked.table, asked.question),
                answers=[self.names.field(asked.table, id_) for id_ in asked.answers],
                kept=self.say("kept"),
            )
            + "\n"
        )

    def workbook(self, file: Path, survey: Survey) -> None:
        unit = survey.unit
        title = self.say("tally", unit=one_line(unit.label or unit.key), key=one_line(unit.key))
        with workbook(file, title) as book:
            add_form(book, self.pack, {survey.tally.table: Part(survey.tally.fields, survey.tally.rows)}, self.lang)
            sheet = book.worksheets()[0]
            sheet.set_portrait()
            sheet.set_header(f"&L&14 {cut(title, LONGEST_HEADER).replace('&', '&&')}")
            sheet.set_footer("&C&P / &N")
