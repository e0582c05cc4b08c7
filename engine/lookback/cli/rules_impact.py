"""`lookback rules impact`: whom an edit of the rules moves."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from lookback.cli._base import (
    DONE,
    HAD_PROBLEMS,
    Command,
    debug_option,
    decider_option,
    lang_option,
    progress_bar,
    run_params,
    tell_warnings,
    words,
)
from lookback.words import say

STAGES = {"read": 0.0, "judge": 35.0, "write": 85.0, "end": 100.0}
SHOWN = 10


@click.command(
    "impact", cls=Command, help=words("rules.impact.help"), short_help=words("rules.impact.short"), example="rules.impact.example"
)
@click.argument("paths", nargs=-1)
@click.option("--git", "revision", metavar="REV", help=words("rules.impact.git"))
@click.option("--as-of", metavar="DATE", help=words("check.as-of"))
@click.option("--set", "settings", metavar="NAME=VALUE", multiple=True, help=words("check.set"))
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "json", "html"]),
    default="table",
    show_default=True,
    help=words("rules.impact.format"),
)
@click.option("--top", type=click.IntRange(min=0), default=SHOWN, show_default=True, help=words("rules.impact.top"))
@click.option("-o", "--out", metavar="FILE", type=click.Path(path_type=Path), help=words("rules.impact.out"))
@click.option("--encoding", metavar="NAME", help=words("check.encoding"))
@click.option("--threads", type=click.IntRange(min=1), help=words("check.threads"))
@decider_option
@lang_option
@debug_option
def command(
    paths: tuple[str, ...],
    revision: str | None,
    as_of: str | None,
    settings: tuple[str, ...],
    form: Any,
    top: int,
    out: Path | None,
    encoding: str | None,
    threads: int | None,
    decider: Any,
    lang: str,
    debug: bool,
) -> int:
    from lookback.packs.check import check_pack
    from lookback.packs.params import settings as settings_of
    from lookback.packs.read import read_pack
    from lookback.packs.revisions import pack_at
    from lookback.place import replaced_file
    from lookback.reviews.impact import impact
    from lookback.words.errors import UsageError
    from lookback.writers import screen
    from lookback.writers.impact import written

    packs = 2 if revision is None else 1
    if len(paths) <= packs:
        raise UsageError("impact-needs-paths")
    with ExitStack() as stack:
        before = paths[0] if revision is None else stack.enter_context(pack_at(paths[0], revision))
        read = [read_pack(before), read_pack(paths[packs - 1])]
        old, new = (check_pack(pack, settings_of(pack, run_params(pack, settings, as_of))) for pack in read)
        tell_warnings(new, paths[packs - 1], lang)
        with progress_bar(lang, STAGES) as progress:
            most = top if form == "table" else None
            options: dict[str, Any] = {"lang": lang, "threads": threads, "encoding": encoding, "decider": decider}
            found = impact(old, new, paths[packs:], most=most, progress=progress, **options)
        click.echo(screen.notices(found.notices, lang), err=True, nl=False)
        if found.problems:
            click.echo(say(lang, "impact.problems", n=found.problems), err=True)
        text = written(found, old, new, lang, form, top)
        if out is None:
            click.echo(text)
        else:
            with replaced_file(out) as filling:
                filling.write_text(text + "\n", "utf-8")
            click.echo(say(lang, "impact.file", file=out), err=True)
    return HAD_PROBLEMS if found.problems else DONE
