"""`lookback ledger FILE add`, `show`: what reviews found, and what became of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from lookback.cli._base import (
    DONE,
    SCREEN,
    command,
    echo,
    emit,
    form_of,
    format_option,
    opened,
    out_option,
    painted,
    style_for,
    top_option,
    words,
)
from lookback.cli.rounds.ledger_said import day_of
from lookback.words import say

FORMATS = ("table", "csv", "json", "html", "xlsx")
ON_SCREEN = 40


@command("ledger.add")
@click.argument("review", type=click.Path(path_type=Path))
@click.option("--day", metavar="DATE", help=words("ledger.add.day"))
@click.option("--replace", is_flag=True, help=words("ledger.add.replace"))
@click.pass_obj
def add_command(file: Path, review: Path, day: str | None, replace: bool, lang: str) -> int:
    from lookback.rounds.ledger_add import add

    on = day_of(day, "--day") if day is not None else None
    found = add(file, opened(review, lang), on, replace=replace)
    if found.known:
        echo(say(lang, "ledger.known", day=found.day, n=found.reviews))
        return DONE
    counts = {what: found.events.get(what, 0) for what in ("opened", "reopened", "closed", "lapsed")}
    echo(say(lang, "ledger.added", day=found.day, n=found.reviews, **counts))
    if found.keyless:
        echo(say(lang, "ledger.keyless", n=found.keyless), err=True)
    return DONE


@command("ledger.show")
@click.option("--unit", metavar="UNIT", help=words("ledger.show.unit"))
@click.option("--rule", metavar="RULE", help=words("ledger.show.rule"))
@click.option("--overdue", is_flag=True, help=words("ledger.show.overdue"))
@click.option("--all", "everything", is_flag=True, help=words("ledger.show.all"))
@click.option("--precision", is_flag=True, help=words("ledger.show.precision"))
@click.option("--as-of", metavar="DATE", help=words("ledger.show.as-of"))
@click.option("--raw", is_flag=True, help=words("ledger.show.raw"))
@top_option("ledger.show.top")
@format_option(*FORMATS, code="ledger.show.format", default=False)
@out_option("ledger.show.out")
@click.pass_obj
def show_command(
    file: Path,
    unit: str | None,
    rule: str | None,
    overdue: bool,
    everything: bool,
    precision: bool,
    as_of: str | None,
    raw: bool,
    top: int | None,
    form: Any,
    out: Path | None,
    lang: str,
) -> int:
    from lookback.rounds.ledger_show import show
    from lookback.writers.rounds.ledger import Ledgered

    form = form_of(form, out, FORMATS)
    on = day_of(as_of, "--as-of") if as_of is not None else None
    most = 0 if precision else ON_SCREEN if top is None and form == "table" and unit is None else top
    shown = show(file, on, unit=unit, rule=rule, overdue=overdue, everything=everything, most=most)
    found = Ledgered(shown, lang, precision=precision, top=top)
    if form == "table" and out in (None, SCREEN):
        style = style_for(out)
        painted(found.text(style), style)
        return DONE
    ways = {"json": found.json, "html": found.html, "table": found.text}
    told: Any = found.workbook if form == "xlsx" else found.csv(raw=raw) if form == "csv" else ways[form]()
    said = say(lang, "ledger.written", n=len(shown.entries), file=out)
    if precision:
        said = say(lang, "ledger.written-rules", n=len(found.precise_of), file=out)
    emit(told, out, said, raw=raw and form == "csv", csv=form == "csv")
    return DONE
