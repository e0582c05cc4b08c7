"""`lookback compare`: what changed from one review to the next, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from lookback.cli._base import (
    AT_OR_BEYOND,
    DONE,
    command,
    decider_option,
    echo,
    emit,
    form_of,
    format_option,
    memory_option,
    opened,
    out_option,
    progress_bar,
    threads_option,
    top_option,
    words,
)
from lookback.words import say

SHOWN = 10
FORMATS = ("table", "csv", "json", "xlsx", "html")
STAGES = {"read": 0.0, "judge": 25.0, "write": 80.0, "end": 100.0}


@command("compare")
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option("--ledger", type=click.Path(path_type=Path), metavar="FILE", help=words("compare.ledger"))
@click.option("--fail-on", type=click.Choice(["worse", "newly-flagged"]), help=words("compare.fail-on"))
@top_option("compare.top", SHOWN)
@format_option(*FORMATS, code="compare.format", default=False)
@out_option("compare.out")
@threads_option
@memory_option
@decider_option
def compare_command(
    old: Path,
    new: Path,
    ledger: Path | None,
    fail_on: str | None,
    top: int,
    form: Any,
    out: Path | None,
    lang: str,
    **options: Any,
) -> int:
    from lookback.rounds.compare import compare
    from lookback.writers.rounds.compare import Compared

    form = form_of(form, out, FORMATS)
    before, after = opened(old, lang), opened(new, lang)
    with progress_bar(lang, STAGES) as progress:
        most = top if form == "table" and ledger is None else None  # a ledger tells what is waived of all
        found = compare(before, after, most=most, lang=lang, progress=progress, **options)
    if found.old.day is not None and found.new.day is not None and found.old.day > found.new.day:
        echo(say(lang, "compare.since-newer", old=found.old.day, new=found.new.day), err=True)
    marks = None
    if ledger is not None:
        from lookback.rounds.ledger_marks import marks_of

        marks = marks_of(ledger, after, (row for row in found.findings.to_pylist() if row["change"] in ("new", "standing")))
    shown = Compared(found, lang, marks)
    written: Any = {"csv": shown.csv, "json": shown.json, "html": shown.html, "table": lambda: shown.table(top)}
    emit(shown.workbook if form == "xlsx" else written[form](), out, say(lang, "compare.written", file=out), csv=form == "csv")
    if fail_on is None:
        return DONE
    if (found.ways["worse"] or found.whole_is_worse) if fail_on == "worse" else found.moves["newly-flagged"]:
        return AT_OR_BEYOND
    return DONE
