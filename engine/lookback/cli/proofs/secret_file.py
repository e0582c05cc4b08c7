"""`lookback secret new` and `lookback secret key`."""

from __future__ import annotations

from pathlib import Path

import click

from lookback.cli._base import DONE, command, echo
from lookback.words import say

_FILE = click.argument("file", type=click.Path(path_type=Path))


@command("secret.new")
@_FILE
def new_command(file: Path, lang: str) -> int:
    from lookback.receipts.secret import new_secret

    new_secret(file)
    echo(say(lang, "secret.written", file=file), err=True)
    return DONE


@command("secret.key")
@_FILE
def key_command(file: Path, lang: str) -> int:
    from lookback.receipts.secret import read_secret

    echo(read_secret(file).key)
    return DONE
