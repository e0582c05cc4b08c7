"""`lookback fix`: what would have to change for a verdict."""

from __future__ import annotations

from pathlib import Path

import click

from lookback.cli._base import DONE, Command, debug_option, lang_option, progress_bar, words
from lookback.reviews.fix import fix
from lookback.reviews.folder import newest_review, one_unit, open_review
from lookback.words import say
from lookback.words.errors import UsageError, did_you_mean
from lookback.writers.fix import as_json, as_text

SHOWN = 15


@click.command("fix", cls=Command, help=words("fix.help"), short_help=words("fix.short"), example="fix.example")
@click.argument("unit", required=False)
@click.argument("review", required=False, type=click.Path(path_type=Path))
@click.option("--to", "target", metavar="OUTCOME", help=words("fix.to"))
@click.option("--by", multiple=True, type=click.Choice(["unit", "inspector", "office"]), help=words("fix.by"))
@click.option("--all", "whole", is_flag=True, help=words("fix.all"))
@click.option("--top", type=click.IntRange(min=1), default=SHOWN, show_default=True, help=words("fix.top"))
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help=words("fix.format")
)
@lang_option
@debug_option
def command(
    unit: str | None,
    review: Path | None,
    target: str | None,
    by: tuple[str, ...],
    whole: bool,
    top: int,
    form: str,
    lang: str,
    debug: bool,
) -> int:
    if whole and review is not None:
        raise UsageError("fix-all-or-unit")
    if not whole and unit is None:
        raise UsageError("fix-needs-unit")
    folder = Path(unit) if whole and unit is not None else review
    if folder is None:
        folder = newest_review(Path())
        click.echo(say(lang, "explain.newest", folder=folder), err=True)
    opened = open_review(folder)
    pack = opened.pack()
    if target is not None and target not in pack.outcomes:
        known = pack.outcomes
        raise UsageError("no-such-outcome", outcome=target, known=", ".join(known), help=did_you_mean(target, known))
    if whole:
        from lookback.reviews.fix_all import fix_all
        from lookback.writers.fix import written

        with progress_bar(lang, {"prove": 0.0, "end": 100.0}) as progress:
            ranked = fix_all(opened, target or pack.outcomes[0], by, lambda share: progress("prove", share))
        click.echo(written(ranked, pack, lang, form, top))
        return DONE
    with one_unit(opened, str(unit)) as one:
        records = one.records()
    found = fix(pack, records, target or pack.outcomes[0], by, opened.decider)
    root = records[pack.root][0]
    click.echo(as_json(found, root[pack.tables[pack.root].key]) if form == "json" else as_text(found, pack, root, lang))
    return DONE
