"""`lookback estimate`: what the visited units say of all."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import click

from lookback.cli._base import DONE, command, echo, emit, form_of, format_option, opened, out_option, style_for, words
from lookback.words import say

FORMATS = ("text", "json", "xlsx")


@command("estimate")
@click.argument("draw", type=click.Path(path_type=Path))
@click.argument("after", type=click.Path(path_type=Path))
@click.option("--visited", metavar="CONDITION", help=words("estimate.visited"))
@click.option("--confidence", default="0.95", show_default=True, metavar="SHARE", help=words("estimate.confidence"))
@format_option(*FORMATS, code="estimate.format", default=False)
@out_option("estimate.out")
def estimate_command(
    draw: Path, after: Path, visited: str | None, confidence: str, form: Any, out: Path | None, lang: str
) -> int:
    from lookback.inspection.estimate import estimate
    from lookback.inspection.folder import open_draw
    from lookback.writers.inspection.estimate import Estimated

    form = form_of(form, out, FORMATS)
    sure = _confidence(confidence)
    drawn = open_draw(draw)
    of = opened(after, lang)
    if of.summary["pack"] != drawn.protocol["review"]["pack"]:
        echo(say(lang, "estimate.other-version", version=of.summary["pack"]["version"]), err=True)
    found = Estimated(estimate(drawn, of, sure, visited), drawn.draw, drawn.protocol, of.pack(), lang)
    said = say(lang, "estimate.written", file=out)
    emit(found.workbook if form == "xlsx" else found.json() if form == "json" else found.text(style_for(out)), out, said)
    return DONE


def _confidence(text: str) -> Fraction:
    """Raises UsageError."""
    from lookback.words.errors import UsageError

    found = re.fullmatch(r"(0?\.\d{1,4})|(\d\d(?:\.\d{1,2})?)%", text.strip())
    sure = Fraction(0) if found is None else Fraction(found[1]) if found[1] else Fraction(found[2]) / 100
    if not Fraction(1, 2) <= sure < 1:
        raise UsageError("not-a-confidence", text=text)
    return sure
