"""`lookback secret …`: the office's secret, by which units are given receipts."""

from __future__ import annotations

import click

from lookback.cli._base import Group, words


@click.group(
    "secret",
    cls=Group,
    package=__package__,
    homes={"key": "secret_file", "new": "secret_file"},
    code="secret.",
    help=words("secret.help"),
    short_help=words("secret.short"),
)
def secret_command() -> None:
    pass
