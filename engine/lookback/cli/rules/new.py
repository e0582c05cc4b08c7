"""`lookback rules new`: a new rule and its tests, ready to edit."""

from __future__ import annotations

import click

from lookback.cli._base import DONE, command, echo, pack_argument, pack_to_change, words
from lookback.words import say


@command("rules.new")
@click.argument("rule_id", metavar="ID")
@pack_argument
@click.option("--clause", required=True, help=words("rules.new.clause"))
@click.option("--for", "table", metavar="TABLE", required=True, help=words("rules.new.for"))
def new_command(rule_id: str, pack: str, clause: str, table: str, lang: str) -> int:
    from lookback.authoring.new import add_rule

    for file in add_rule(pack_to_change(pack), rule_id, clause, table):
        echo(say(lang, "rules.new.written", file=file), err=True)
    return DONE
