"""`lookback explain`: why one unit of a review has its verdict."""

from __future__ import annotations

from pathlib import Path

import click

from lookback.cli._base import DONE, command, emit, form_of, format_option, opened, out_option, words
from lookback.words import say

FORMATS = ("text", "json", "html")


@command("explain")
@click.argument("unit", required=False)
@click.argument("review", required=False, type=click.Path(path_type=Path))
@format_option(*FORMATS, code="explain.format", default=False)
@click.option("--all", "whole", is_flag=True, help=words("explain.all"))
@click.option("--review", "of_review", is_flag=True, help=words("explain.review"))
@out_option("explain.out")
def explain_command(
    unit: str | None, review: Path | None, form: str | None, whole: bool, of_review: bool, out: Path | None, lang: str
) -> int:
    from lookback.reviews.explain import explain
    from lookback.writers.explanation import as_json, as_page, as_text

    if of_review:
        return _of_review(Path(unit) if unit is not None else None, review, form, out, lang)
    if unit is None:
        context = click.get_current_context()
        raise click.MissingParameter(ctx=context, param=next(p for p in context.command.params if p.name == "unit"))
    form = form_of(form, out, FORMATS)
    found = explain(opened(review, lang), unit, lang)
    text = as_json(found) if form == "json" else (as_page if form == "html" else as_text)(found, lang, whole=whole)
    emit(text, out, say(lang, "explain.written", unit=found.unit.key, file=out))
    return DONE


def _of_review(review: Path | None, more: Path | None, form: str | None, out: Path | None, lang: str) -> int:
    from lookback.language.types import in_json
    from lookback.words.errors import UsageError
    from lookback.writers.screen import whole_text

    if more is not None:
        raise UsageError("review-and-unit", unit=review)
    form, of = form_of(form, out, FORMATS[:2]), opened(review, lang)
    text = whole_text(of.summary, of.pack(), lang)  # which tells where there is nothing
    emit(in_json(of.summary.get("review")) if form == "json" else text, out, say(lang, "explain.review-written", file=out))
    return DONE
