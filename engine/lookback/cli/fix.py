"""`lookback fix`: what would have to change for a verdict."""

from __future__ import annotations

from pathlib import Path

import click

from lookback.cli._base import DONE, command, echo, format_option, going_on, opened, top_option, words
from lookback.words import say
from lookback.words.errors import UsageError

SHOWN = 15
TIMEOUT = 60


@command("fix")
@click.argument("unit", required=False)
@click.argument("review", required=False, type=click.Path(path_type=Path))
@click.option("--to", "target", metavar="OUTCOME", help=words("fix.to"))
@click.option("--by", multiple=True, type=click.Choice(["unit", "inspector", "office"]), help=words("fix.by"))
@click.option("--all", "whole", is_flag=True, help=words("fix.all"))
@top_option("fix.top", SHOWN, 1)
@click.option(
    "--timeout", type=click.FloatRange(min=0.1), default=TIMEOUT, show_default=True, metavar="SECONDS", help=words("fix.timeout")
)
@format_option("text", "json", code="fix.format")
def fix_command(
    unit: str | None,
    review: Path | None,
    target: str | None,
    by: tuple[str, ...],
    whole: bool,
    top: int,
    timeout: float,
    form: str,
    lang: str,
) -> int:
    from lookback.reviews.fix import fix
    from lookback.reviews.folder import one_unit
    from lookback.reviews.lost import lost_of
    from lookback.writers.fix import as_json, as_text

    if whole and review is not None:
        raise UsageError("fix-all-or-unit")
    if not whole and unit is None:
        raise UsageError("fix-needs-unit")
    of = opened(Path(unit) if whole and unit is not None else review, lang)
    pack = of.pack()
    wanted = pack.outcomes[0] if target is None else pack.pack.outcome_named(target)
    if whole:
        from lookback.reviews.fix_all import fix_all
        from lookback.writers.fix import written

        done = 0.0

        def progress(share: float) -> None:
            nonlocal done
            done = share

        with going_on(lambda seconds: say(lang, "fix.going-all", seconds=seconds, share=int(100 * done))):
            ranked = fix_all(of, wanted, by, progress, timeout)
        echo(written(ranked, pack, lang, form, top))
        return DONE
    with one_unit(of, str(unit)) as one:
        records, got = one.records(), one.got
    with going_on(lambda seconds: say(lang, "fix.going", seconds=seconds)):
        found = fix(pack, records, wanted, by, of.decider, got, timeout)
    root = records[pack.root][0]
    key = root[pack.tables[pack.root].key]
    lost = lost_of(of, str(key)) if of.problem_count else []
    echo(as_json(found, key, lost) if form == "json" else as_text(found, pack, root, lang, lost))
    return DONE
