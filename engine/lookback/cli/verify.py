"""`lookback verify`: whether a review is as it was written."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from lookback.cli._base import COULD_NOT_RUN, DONE, command, echo, format_option, named_or_newest
from lookback.words import say


@command("verify")
@click.argument("review", required=False, type=click.Path(path_type=Path))
@format_option("text", "json", code="verify.format")
def verify_command(review: Path | None, form: str, lang: str) -> int:
    from lookback.language.types import in_json
    from lookback.reviews.folder import damage, summary_of

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
