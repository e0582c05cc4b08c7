"""`lookback rules impact`: whom an edit of the rules moves."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from lookback.cli._base import (
    DONE,
    HAD_PROBLEMS,
    command,
    decider_option,
    echo,
    emit,
    encoding_option,
    form_of,
    format_option,
    headers_option,
    load,
    memory_option,
    out_option,
    params_options,
    progress_bar,
    threads_option,
    top_option,
    words,
)
from lookback.words import say
from lookback.words.errors import UsageError

STAGES = {"read": 0.0, "judge": 35.0, "write": 85.0, "end": 100.0}
SHOWN = 10
FORMATS = ("table", "csv", "json", "html")


@command("rules.impact")
@click.argument("paths", nargs=-1)
@click.option("--git", "revision", metavar="REV", help=words("rules.impact.git"))
@params_options
@format_option(*FORMATS, code="rules.impact.format", default=False)
@top_option("rules.impact.top", SHOWN)
@out_option("rules.impact.out")
@encoding_option
@headers_option
@threads_option
@memory_option
@decider_option
def impact_command(
    paths: tuple[str, ...],
    revision: str | None,
    as_of: str | None,
    settings: tuple[str, ...],
    form: Any,
    top: int,
    out: Path | None,
    lang: str,
    **options: Any,
) -> int:
    from lookback.packs.read import pack_at
    from lookback.reviews.impact import impact
    from lookback.writers import screen
    from lookback.writers.impact import written

    form = form_of(form, out, FORMATS)
    packs = 2 if revision is None else 1
    if len(paths) <= packs:
        raise UsageError("impact-needs-paths")
    with ExitStack() as stack:
        before = paths[0] if revision is None else str(stack.enter_context(pack_at(paths[0], revision)))
        old = load(before, lang, settings, as_of, warn=False)
        new = load(paths[packs - 1], lang, settings, as_of)
        with progress_bar(lang, STAGES) as progress:
            most = top if form == "table" else None
            found = impact(old, new, paths[packs:], most=most, progress=progress, lang=lang, **options)
        echo(screen.notices(found.notices, lang), err=True, nl=False)
        if found.problems:
            echo(say(lang, "impact.problems", n=found.problems), err=True)
        emit(written(found, old, new, lang, form, top), out, say(lang, "impact.file", file=out), csv=form == "csv")
    return HAD_PROBLEMS if found.problems else DONE
