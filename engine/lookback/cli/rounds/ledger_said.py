"""`lookback ledger FILE waive`, `dispute`, `confirm`, `claim`: what people say of what was found."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import click

from lookback.cli._base import DONE, Command, command, echo, words
from lookback.words import say


def day_of(text: str, option: str) -> date:
    """A day as it is written, or today. Raises UsageError."""
    from lookback.packs.params import TODAY
    from lookback.words.errors import UsageError

    if text.strip().casefold() in TODAY:
        return date.today()
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise UsageError("not-a-day", option=option, text=text) from error


def _of_finding(code: str) -> Callable[[Callable[..., int]], Command]:
    """A command that says something of a unit's findings of a rule, or of one record."""

    def made(function: Callable[..., int]) -> Command:
        for option in (
            click.option("--on", metavar="DATE", help=words("ledger.said.on")),
            click.option("--by", metavar="NAME", required=True, help=words("ledger.said.by")),
            click.argument("record", required=False),
            click.argument("rule"),
            click.argument("unit"),
        ):
            function = option(function)
        return command(code)(click.pass_obj(function))

    return made


@_of_finding("ledger.waive")
@click.option("--because", metavar="TEXT", required=True, help=words("ledger.said.because"))
@click.option("--until", metavar="DATE", help=words("ledger.waive.until"))
def waive_command(file: Path, until: str | None, lang: str, **said: Any) -> int:
    from lookback.words.errors import UsageError

    if until is None:
        raise UsageError("waiver-without-end")
    return _say(file, "waive", lang, until=day_of(until, "--until"), **said)


@_of_finding("ledger.dispute")
@click.option("--because", metavar="TEXT", required=True, help=words("ledger.said.because"))
@click.option("--evidence", metavar="TEXT", help=words("ledger.dispute.evidence"))
def dispute_command(file: Path, lang: str, **said: Any) -> int:
    return _say(file, "dispute", lang, **said)


@_of_finding("ledger.confirm")
@click.option("--because", metavar="TEXT", help=words("ledger.said.because"))
def confirm_command(file: Path, lang: str, **said: Any) -> int:
    return _say(file, "confirm", lang, **said)


@_of_finding("ledger.claim")
@click.option("--because", metavar="TEXT", help=words("ledger.said.because"))
def claim_command(file: Path, lang: str, **said: Any) -> int:
    return _say(file, "claim", lang, **said)


def _say(file: Path, what: Any, lang: str, *, on: str | None, until: date | None = None, **said: Any) -> int:
    from lookback.rounds.ledger_say import Saying, say_of

    day = day_of(on, "--on") if on is not None else None
    unit, n = say_of(file, Saying(what, until=until, day=day, **said))
    echo(say(lang, f"ledger.said.{what}", unit=unit, rule=said["rule"], n=n, until=until))
    return DONE
