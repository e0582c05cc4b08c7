"""`lookback receipt`: one unit's verdict, and the proof of it."""

from __future__ import annotations

from pathlib import Path

import click

from lookback.cli._base import DONE, SCREEN, command, emit, opened, out_option, words
from lookback.words import say


@command("receipt")
@click.argument("review", type=click.Path(path_type=Path))
@click.argument("unit")
@click.option("--secret", type=click.Path(path_type=Path), metavar="FILE", required=True, help=words("receipt.secret"))
@out_option("receipt.out")
def receipt_command(review: Path, unit: str, secret: Path, out: Path | None, lang: str) -> int:
    from lookback.receipts.receipt import receipt
    from lookback.receipts.secret import read_secret

    key = read_secret(secret)
    written = receipt(opened(review, lang), unit, key)
    emit(lambda filling: _fill(filling, written), out or SCREEN, say(lang, "receipt.written", file=out))
    return DONE


def _fill(file: Path, written: bytes) -> None:
    file.write_bytes(written)
