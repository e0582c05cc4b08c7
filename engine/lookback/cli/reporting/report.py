"""`lookback report`: what an office head is told of a review."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lookback.cli._base import DONE, command, echo, emit, form_of, format_option, opened, out_option, progress_bar, words
from lookback.words import say

if TYPE_CHECKING:
    from lookback.reporting.report import GroupReports, Report
    from lookback.reviews.folder import Review

FORMATS = ("html", "docx", "md")
FIXES = 100
STAGES = {"read": 0.0, "judge": 20.0, "write": 40.0, "end": 100.0}


@command("report")
@click.argument("review", type=click.Path(path_type=Path))
@click.option("--since", type=click.Path(path_type=Path), metavar="OLD", help=words("report.since"))
@click.option("--ledger", type=click.Path(path_type=Path), metavar="FILE", help=words("report.ledger"))
@click.option("--by", metavar="FIELD[=VALUE]", help=words("report.by-field"))
@click.option("--fixes", type=click.IntRange(min=0), default=FIXES, show_default=True, metavar="N", help=words("report.fixes"))
@click.option("--template", type=click.Path(path_type=Path), metavar="FILE", help=words("report.template"))
@format_option(*FORMATS, code="report.format", default=False)
@out_option("report.out", required=True)
def report_command(
    review: Path,
    since: Path | None,
    ledger: Path | None,
    by: str | None,
    fixes: int,
    template: Path | None,
    form: str | None,
    out: Path,
    lang: str,
) -> int:
    from lookback.reporting.gather import gather
    from lookback.words.errors import UsageError

    form = form_of(form, out, FORMATS)
    if template is not None and form != "docx":
        raise UsageError("template-of-docx")
    of = opened(review, lang)
    if by is not None:
        if since is not None or ledger is not None:
            raise UsageError("report-by-alone")
        return _of_groups(of, by, form, template, out, lang)
    before = opened(since, lang) if since is not None else None
    if before is not None:
        from lookback.packs.params import review_day

        then, now = review_day(before.pack().params), review_day(of.pack().params)
        if then is not None and now is not None and then > now:
            echo(say(lang, "compare.since-newer", old=then, new=now), err=True)
    result: str | Callable[[Path], None]
    with progress_bar(lang, STAGES) as progress:
        found = gather(of, lang, since=before, ledger=ledger, progress=progress)
        if found.kept is not None and found.kept.marks.newest is not None:
            echo(say(lang, "ledger.not-this-one", file=ledger, day=found.kept.marks.newest), err=True)
        if form == "html":
            from lookback.reporting.details import told_of_each
            from lookback.writers.report.page import as_page

            result = as_page(found, told_of_each(of, found, fixes, progress), of.pack())
        else:
            result = _paper(found, form, template)
    emit(result, out, say(lang, "report.written", file=out))
    return DONE


def _of_groups(review: Review, by: str, form: str | None, template: Path | None, out: Path, lang: str) -> int:
    """The reports of the groups that visited units, or of one."""
    from lookback.reporting.group import group_reports

    found = group_reports(review, by, lang)
    if form == "html":
        from lookback.writers.report.group import as_group_page

        result: str | Callable[[Path], None] = as_group_page(found)
    else:
        result = _paper(found, form, template)
    emit(result, out, say(lang, "report.group.written", n=len(found.groups), file=out))
    return DONE


def _paper(found: Report | GroupReports, form: str | None, template: Path | None) -> str | Callable[[Path], None]:
    """A report as Markdown, or what fills a document for Word."""
    from lookback.writers.report.papers import as_markdown, write_document

    return as_markdown(found) if form == "md" else lambda file: write_document(file, found, template)
