"""`lookback verify`: whether a review or a draw is as it was written, a draw what its plan gives, a review what its records give,
and a receipt a unit's verdict. It knows what it is given: a receipt is a file."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from lookback.cli._base import (
    COULD_NOT_RUN,
    DONE,
    command,
    echo,
    encoding_option,
    format_option,
    headers_option,
    named_or_newest,
    opened,
    roster_option,
    words,
)
from lookback.cli.proofs.verified import Further, verify_again, verify_receipt, verify_root
from lookback.words import Word, say


@command("verify")
@click.argument("review", required=False, type=click.Path(path_type=Path))
@click.option("--of", "source", type=click.Path(path_type=Path), metavar="REVIEW", help=words("verify.of"))
@click.option("--root", metavar="HEX", help=words("verify.root"))
@click.option("--key", metavar="HEX", help=words("verify.key"))
@click.option("--secret", type=click.Path(path_type=Path), metavar="FILE", help=words("verify.secret"))
@click.option("--inputs", metavar="DATA", multiple=True, help=words("verify.inputs"))
@encoding_option
@headers_option
@roster_option
@format_option("text", "json", code="verify.format")
def verify_command(
    review: Path | None,
    source: Path | None,
    root: str | None,
    key: str | None,
    secret: Path | None,
    inputs: tuple[str, ...],
    form: str,
    lang: str,
    **options: Any,
) -> int:
    from lookback.inspection.folder import is_draw
    from lookback.words.errors import UsageError

    proven, again = root is not None or key is not None, bool(inputs or any(options.values()))
    if review is not None and review.is_file():
        if source is not None or secret is not None or again:
            raise UsageError("not-of-a-receipt")
        return verify_receipt(review, root, key, form, lang)
    if is_draw(review or Path()):
        if proven or secret is not None or again:
            raise UsageError("not-of-a-draw")
        return _draw(review or Path(), source, form, lang)
    if source is not None:
        raise UsageError("of-a-draw")
    if again and not inputs:
        raise UsageError("inputs-first")
    return _review(named_or_newest(review, lang), root, key, secret, inputs, form, lang, options)


def _review(
    folder: Path,
    root: str | None,
    key: str | None,
    secret: Path | None,
    inputs: tuple[str, ...],
    form: str,
    lang: str,
    options: dict[str, Any],
) -> int:
    """A review's files against their hashes; where these hold, what else was asked."""
    from lookback.language.types import in_json
    from lookback.reviews.folder import damage, summary_of

    summary = summary_of(folder)
    found, further = damage(folder, summary), Further()
    if not found:
        verify_root(folder, root, key, secret, further, lang)
        if inputs:
            verify_again(folder, inputs, further, lang, options)
    sound = not found and not further.wrong
    if form == "json":
        echo(in_json({"sound": sound, **asdict(found), **further.data}))
    elif found:
        echo(f"{say(lang, 'error')}: {say(lang, 'verify.damaged', folder=folder)}", err=True)
        for kind, names in asdict(found).items():
            for name in names:
                echo(f"  {say(lang, f'verify.{kind}', name=name)}", err=True)
    else:
        run = {**summary["pack"], "pack": summary["pack"]["name"], "lookback": summary["lookback"]}
        echo(say(lang, "verify.sound", n=len(summary["files"]) + 1, folder=folder, **run))
        for line in further.said:
            echo(line)
        for line in further.wrong:
            echo(line if line.startswith(" ") else f"{say(lang, 'error')}: {line}", err=True)
    return DONE if sound else COULD_NOT_RUN


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
