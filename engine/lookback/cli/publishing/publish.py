"""`lookback publish`: what an audience is told of a review."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lookback.cli._base import DONE, command, echo, opened, out_option, words
from lookback.words import say

if TYPE_CHECKING:
    from lookback.publishing.folder import Part
    from lookback.publishing.public import Told


@command("publish")
@click.argument("review", type=click.Path(path_type=Path))
@click.option("--audience", metavar="NAME", required=True, help=words("publish.audience"))
@click.option("--letters", is_flag=True, help=words("publish.letters"))
@out_option("publish.out", "DIR", required=True)
def publish_command(review: Path, audience: str, letters: bool, out: Path, lang: str) -> int:
    from lookback.publishing.audience import circle_named
    from lookback.publishing.folder import Part, write_publication
    from lookback.publishing.public import told
    from lookback.writers.publishing.letter import Letter
    from lookback.writers.publishing.page import PublicPage

    of = opened(review, lang)
    circle = circle_named(of.pack(), audience, letters=letters)
    found = told(of, circle, lang)
    if circle.alone:
        parts, blank = _letters(found, lang), Letter(found.publication.empty).of(None)
        if (without := len(found.keys) - len(parts)) > 0:
            echo(say(lang, "publish.not-judged", n=without), err=True)
    else:
        made = PublicPage(found.publication)
        parts, blank = [Part(made.files(), found.keys, found.publication)], PublicPage(found.publication.empty).files()
        for table in found.publication.counts:
            if not table.told:
                echo(say(lang, "publish.withheld", table=made.counted(table)[1]), err=True)
    files, searched = write_publication(out, of, circle, parts, blank, lang)
    if letters:
        echo(say(lang, "publish.letters-written", folder=out, n=files, units=len(parts), searched=searched))
    else:
        echo(say(lang, "publish.written", folder=out, n=files, audience=audience, searched=searched))
    return DONE


def _letters(found: Told, lang: str) -> list[Part]:
    """A letter to each unit that was judged; called by the unit's key, where that may be told and there are several."""
    from lookback.packs.checked import NOT_JUDGED
    from lookback.publishing.folder import Part
    from lookback.words.shown import free_stem
    from lookback.writers.publishing.letter import LETTER, Letter

    parts, taken = [], set[str]()
    for key, unit in zip(found.keys, found.publication.units, strict=True):
        if unit.verdict == NOT_JUDGED:
            continue
        called = unit.key if unit.key is not None and len(found.keys) > 1 else LETTER
        stem = free_stem(taken, called, " ")
        publication = replace(found.publication, units=(unit,), counts=())
        files = {f"{stem}.{ending}": fill for ending, fill in Letter(publication).of(unit).items()}
        parts.append(Part(files, (key,), publication))
    return parts
