"""`lookback sheet`: what a visit to each unit that was drawn takes along: check sheets, surveys, papers."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lookback.cli._base import DONE, command, echo, opened, out_option, words
from lookback.words import say

if TYPE_CHECKING:
    from lookback.inspection.folder import DrawFolder
    from lookback.reviews.folder import Review

CHECK, SURVEY, PAPERS = "check", "survey", ("briefing", "feedback")


@command("sheet")
@click.argument("review", type=click.Path(path_type=Path))
@click.argument("draw", type=click.Path(path_type=Path))
@click.option("--survey", is_flag=True, help=words("sheet.survey"))
@click.option("--briefing", is_flag=True, help=words("sheet.briefing"))
@click.option("--feedback", is_flag=True, help=words("sheet.feedback"))
@out_option("sheet.out", "DIR", required=True)
def sheet_command(review: Path, draw: Path, out: Path, lang: str, **asked: bool) -> int:
    from lookback.inspection.folder import open_draw
    from lookback.words.errors import UsageError
    from lookback.writers.inspection.draw import named

    wanted = [name for name in (SURVEY, *PAPERS) if asked[name]]
    if len(wanted) > 1:
        raise UsageError("one-paper-at-a-time", options=", ".join(f"--{name}" for name in wanted))
    drawn, of = open_draw(draw), opened(review, lang)
    what = wanted[0] if wanted else CHECK
    if what in PAPERS:
        made = set(_papers(of, drawn, out, lang, what))
    else:
        made = set((_surveys if what == SURVEY else _check_sheets)(of, drawn, out, lang))
    if aside := [c.unit.key for c in drawn.draw.drawn if c.unit.key not in made]:
        echo(say(lang, "sheet.not-judged", units=named(aside)), err=True)
    echo(say(lang, f"sheet.written.{what}", n=len(made), folder=out))
    return DONE


def _check_sheets(of: Review, drawn: DrawFolder, out: Path, lang: str) -> Iterable[str]:
    from lookback.inspection.handed_out import hand_out
    from lookback.inspection.sheet import sheets
    from lookback.writers.inspection.sheet import SheetWriter

    found = {sheet.chosen.unit.key: sheet for sheet in sheets(of, drawn, lang)}
    hand_out(out, found, drawn.id, SheetWriter(of.pack(), drawn.id, lang).write)
    return found


def _surveys(of: Review, drawn: DrawFolder, out: Path, lang: str) -> Iterable[str]:
    from lookback.inspection.handed_out import hand_out
    from lookback.inspection.survey import surveys
    from lookback.writers.inspection.survey import SurveyWriter

    found = {survey.unit.key: survey for survey in surveys(of, drawn)}
    hand_out(out, found, drawn.id, SurveyWriter(of.pack(), lang).write)
    return found


def _papers(of: Review, drawn: DrawFolder, out: Path, lang: str, name: str) -> Iterable[str]:
    from lookback.inspection.handed_out import hand_out_pages
    from lookback.inspection.papers import known_of, paper_called
    from lookback.writers.inspection.paper import PaperWriter

    writer = PaperWriter(of.pack(), paper_called(of.pack(), name, lang), lang)
    pages = {known.unit.key: writer.page(known) for known in known_of(of, drawn, lang)}
    hand_out_pages(out, pages, drawn.id)
    return pages
