"""`lookback report`: what an office head is told of a review."""

from __future__ import annotations

from pathlib import Path

import click

from lookback.cli._base import DONE, command, emit, form_of, format_option, opened, out_option, progress_bar, words
from lookback.words import say

FORMATS = ("html",)
FIXES = 100
STAGES = {"read": 0.0, "judge": 20.0, "write": 40.0, "end": 100.0}


@command("report")
@click.argument("review", type=click.Path(path_type=Path))
@click.option("--since", type=click.Path(path_type=Path), metavar="OLD", help=words("report.since"))
@click.option("--ledger", type=click.Path(path_type=Path), metavar="FILE", help=words("report.ledger"))
@click.option("--fixes", type=click.IntRange(min=0), default=FIXES, show_default=True, metavar="N", help=words("report.fixes"))
@format_option(*FORMATS, code="report.format", default=False)
@out_option("report.out", required=True)
def report_command(
    review: Path, since: Path | None, ledger: Path | None, fixes: int, form: str | None, out: Path, lang: str
) -> int:
    from lookback.reporting.details import told_of_each
    from lookback.reporting.gather import gather
    from lookback.writers.report.page import as_page

    form = form_of(form, out, FORMATS)
    of = opened(review, lang)
    before = opened(since, lang) if since is not None else None
    with progress_bar(lang, STAGES) as progress:
        found = gather(of, lang, since=before, ledger=ledger, progress=progress)
        text = as_page(found, told_of_each(of, found, fixes, progress), of.pack())
    emit(text, out, say(lang, "report.written", file=out))
    return DONE
