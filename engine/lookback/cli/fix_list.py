"""`lookback fix-list`: what is wrong with the records, as workbooks to send back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from lookback.cli._base import (
    DONE,
    HAD_PROBLEMS,
    Command,
    debug_option,
    lang_option,
    progress_bar,
    run_params,
    tell_warnings,
    words,
)
from lookback.packs.check import check_pack
from lookback.packs.params import settings as settings_of
from lookback.packs.read import DEFAULT_PACK, read_pack
from lookback.reviews.fix_list import fix_list
from lookback.words import say


@click.command(
    "fix-list", cls=Command, help=words("fix-list.help"), short_help=words("fix-list.short"), example="fix-list.example"
)
@click.argument("data", nargs=-1, required=True)
@click.option("--pack", default=DEFAULT_PACK, show_default=True, help=words("check.pack"))
@click.option("-o", "--out", metavar="DIR", required=True, type=click.Path(path_type=Path), help=words("fix-list.out"))
@click.option("--by", type=click.Choice(["unit", "file"]), default="unit", show_default=True, help=words("fix-list.by"))
@click.option("--as-of", metavar="DATE", help=words("check.as-of"))
@click.option("--encoding", metavar="NAME", help=words("check.encoding"))
@lang_option
@debug_option
def command(
    data: tuple[str, ...], pack: str, out: Path, by: Any, as_of: str | None, encoding: str | None, lang: str, debug: bool
) -> int:
    read = read_pack(pack)
    checked = check_pack(read, settings_of(read, run_params(read, (), as_of)))
    tell_warnings(checked, pack, lang)
    with progress_bar(lang) as progress:
        listed = fix_list(data, checked, out, by=by, lang=lang, encoding=encoding, progress=progress)
    if not listed:
        click.echo(say(lang, "fix-list.nothing"))
        return DONE
    for one in listed:
        click.echo(say(lang, "fix-list.line", workbook=one.workbook, n=one.problems))
    click.echo(say(lang, "fix-list.written", n=len(listed), folder=out), err=True)
    return HAD_PROBLEMS
