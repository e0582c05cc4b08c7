"""`lookback fix-list`: what is wrong with the records, as workbooks to send back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from lookback.cli._base import (
    DONE,
    HAD_PROBLEMS,
    as_of_option,
    command,
    echo,
    encoding_option,
    headers_option,
    load,
    memory_option,
    out_option,
    pack_option,
    progress_bar,
    words,
)
from lookback.words import say


@command("fix-list")
@click.argument("data", nargs=-1, required=True)
@pack_option
@out_option("fix-list.out", "DIR", required=True)
@click.option("--by", type=click.Choice(["unit", "file"]), default="unit", show_default=True, help=words("fix-list.by"))
@as_of_option
@encoding_option
@headers_option
@memory_option
def fix_list_command(data: tuple[str, ...], pack: str, out: Path, by: Any, as_of: str | None, lang: str, **options: Any) -> int:
    from lookback.reviews.fix_list import fix_list
    from lookback.writers.fix_list import write_book

    checked = load(pack, lang, as_of=as_of)
    with progress_bar(lang) as progress:
        listed = fix_list(data, checked, out, write_book, by=by, lang=lang, progress=progress, **options)
    if not listed:
        echo(say(lang, "fix-list.nothing"))
        return DONE
    for one in listed:
        echo(say(lang, "fix-list.line", workbook=one.workbook, n=one.problems))
        if one.left_out:
            echo(say(lang, "fix-list.left-out", workbook=one.workbook, n=one.left_out), err=True)
    echo(say(lang, "fix-list.written", n=len(listed), folder=out), err=True)
    return HAD_PROBLEMS
