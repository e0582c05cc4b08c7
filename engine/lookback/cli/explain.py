"""`lookback explain`: why one unit of a review has its verdict."""

from __future__ import annotations

from pathlib import Path

import click

from lookback.cli._base import DONE, command, emit, form_of, format_option, opened, out_option, words
from lookback.words import say

FORMATS = ("text", "json", "html")


@command("explain")
@click.argument("unit")
@click.argument("review", required=False, type=click.Path(path_type=Path))
@format_option(*FORMATS, code="explain.format", default=False)
@click.option("--all", "whole", is_flag=True, help=words("explain.all"))
@out_option("explain.out")
def explain_command(unit: str, review: Path | None, form: str | None, whole: bool, out: Path | None, lang: str) -> int:
    from lookback.reviews.explain import explain
    from lookback.writers.explanation import as_json, as_page, as_text

    form = form_of(form, out, FORMATS)
    found = explain(opened(review, lang), unit, lang)
    text = as_json(found) if form == "json" else (as_page if form == "html" else as_text)(found, lang, whole=whole)
    emit(text, out, say(lang, "explain.written", unit=found.unit.key, file=out))
    return DONE
