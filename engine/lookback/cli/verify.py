"""`lookback verify`: whether a review or a draw is as it was written, and a draw what its plan gives."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from lookback.cli._base import COULD_NOT_RUN, DONE, command, echo, format_option, named_or_newest, opened, words
from lookback.words import Word, say


@command("verify")
@click.argument("review", required=False, type=click.Path(path_type=Path))
@click.option("--of", "source", type=click.Path(path_type=Path), metavar="REVIEW", help=words("verify.of"))
@format_option("text", "json", code="verify.format")
def verify_command(review: Path | None, source: Path | None, form: str, lang: str) -> int:
    from lookback.inspection.folder import is_draw
    from lookback.language.types import in_json
    from lookback.reviews.folder import damage, summary_of
    from lookback.words.errors import UsageError

    if is_draw(review or Path()):
        return _draw(review or Path(), source, form, lang)
    if source is not None:
        raise UsageError("of-a-draw")
    folder = named_or_newest(review, lang)
    summary = summary_of(folder)
    found = damage(folder, summary)
    if form == "json":
        echo(in_json({"sound": not found, **asdict(found)}))
    elif found:
        echo(f"{say(lang, 'error')}: {say(lang, 'verify.damaged', folder=folder)}", err=True)
        for kind, names in asdict(found).items():
            for name in names:
                echo(f"  {say(lang, f'verify.{kind}', name=name)}", err=True)
    else:
        run = {**summary["pack"], "pack": summary["pack"]["name"], "lookback": summary["lookback"]}
        echo(say(lang, "verify.sound", n=len(summary["files"]) + 1, folder=folder, **run))
    return COULD_NOT_RUN if found else DONE


def _draw(folder: Path, source: Path | None, form: str, lang: str) -> int:
    """A draw's files against their hashes, and the draw drawn again."""
    from lookback.inspection.folder import LIST, PROTOCOL, damage_of, open_protocol, redrawn
    from lookback.language.types import in_json

    protocol = open_protocol(folder)
    found = damage_of(folder, protocol)
    again, differing = None, [LIST]
    if LIST not in found.missing:
        again, differing = redrawn(folder, protocol, opened(source, lang) if source is not None else None)
    sound = again is not None and not differing and not found
    units = differing if again is not None else differing or [PROTOCOL]
    if form == "json":
        echo(in_json({"sound": sound, **asdict(found), "not_drawn": units}))
    elif sound and again is not None:
        of = Word("verify.from-list" if source is None else "verify.from-review")
        counts = {"n": len(protocol["files"]) + 1, "drawn": protocol["drawn"], "units": protocol["units"]}
        seed = protocol["plan"]["seed"]
        echo(say(lang, "verify.drawn", folder=folder, of=of, **counts, seed=seed))
    else:
        echo(f"{say(lang, 'error')}: {say(lang, 'verify.draw-damaged', folder=folder)}", err=True)
        for kind, names in (*asdict(found).items(), ("not-drawn", units)):
            for name in names:
                echo(f"  {say(lang, f'verify.{kind}', name=name)}", err=True)
    return DONE if sound else COULD_NOT_RUN
