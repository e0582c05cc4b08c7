"""`lookback rules …`: what analysts do with a pack before it judges anybody."""

from __future__ import annotations

import click

from lookback.cli._base import Group, words

HOMES = {name: name for name in ("check", "impact", "new", "prove", "test")}
HOMES |= dict.fromkeys(("clauses", "list", "schema", "show"), "look")


@click.group(
    "rules",
    cls=Group,
    package=__name__,
    homes=HOMES,
    code="rules.",
    help=words("rules.help"),
    short_help=words("rules.short"),
)
def rules_command() -> None:
    pass
