"""`lookback sheet`: a check sheet for each unit that was drawn."""

from __future__ import annotations

from pathlib import Path

import click

from lookback.cli._base import DONE, command, echo, opened, out_option
from lookback.words import say


@command("sheet")
@click.argument("review", type=click.Path(path_type=Path))
@click.argument("draw", type=click.Path(path_type=Path))
@out_option("sheet.out", "DIR", required=True)
def sheet_command(review: Path, draw: Path, out: Path, lang: str) -> int:
    from lookback.inspection.folder import open_draw
    from lookback.inspection.sheet import sheets, write_sheets
    from lookback.writers.inspection.draw import named
    from lookback.writers.inspection.sheet import SheetWriter

    drawn, of = open_draw(draw), opened(review, lang)
    found = sheets(of, drawn)
    written = write_sheets(out, found, drawn, SheetWriter(of.pack(), drawn.id, lang).write)
    if aside := [c.unit.key for c in drawn.draw.drawn if not c.unit.judged]:
        echo(say(lang, "sheet.not-judged", units=named(aside)), err=True)
    echo(say(lang, "sheet.written", n=len(written), folder=out))
    return DONE
