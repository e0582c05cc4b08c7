"""`lookback explain`: why one unit of a review has its verdict."""

from __future__ import annotations

from pathlib import Path

import click

from lookback.cli._base import DONE, Command, debug_option, lang_option, words
from lookback.place import replaced_file
from lookback.reviews.explain import explain
from lookback.reviews.folder import newest_review, open_review
from lookback.words import say
from lookback.writers.explanation import as_json, as_text


@click.command("explain", cls=Command, help=words("explain.help"), short_help=words("explain.short"), example="explain.example")
@click.argument("unit")
@click.argument("review", required=False, type=click.Path(path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "html"]),
    default="text",
    show_default=True,
    help=words("explain.format"),
)
@click.option("--all", "whole", is_flag=True, help=words("explain.all"))
@click.option("-o", "--out", metavar="FILE", type=click.Path(path_type=Path), help=words("explain.out"))
@lang_option
@debug_option
def command(unit: str, review: Path | None, form: str, whole: bool, out: Path | None, lang: str, debug: bool) -> int:
    if review is None:
        review = newest_review(Path())
        click.echo(say(lang, "explain.newest", folder=review), err=True)
    found = explain(open_review(review), unit, lang)
    if form == "json":
        text = as_json(found)
    elif form == "html":
        from lookback.writers._pages import as_page

        text = as_page(found, lang, whole=whole)
    else:
        text = as_text(found, lang, whole=whole)
    if out is None:
        click.echo(text)
        return DONE
    with replaced_file(out) as filling:
        filling.write_text(text + "\n", "utf-8")
    click.echo(say(lang, "explain.written", unit=found.unit.key, file=out), err=True)
    return DONE
