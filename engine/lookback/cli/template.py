"""`lookback template`: the form that units fill in."""

from __future__ import annotations

from pathlib import Path

import click

from lookback.cli._base import DONE, SCREEN, command, emit, form_of, load, out_option, pack_option, words
from lookback.words import say
from lookback.words.errors import UsageError


@command("template")
@pack_option
@click.option("--table", "tables", metavar="TABLE", multiple=True, help=words("form.table"))
@out_option("form.out", required=True)
def template_command(pack: str, tables: tuple[str, ...], out: Path, lang: str) -> int:
    from lookback.writers.template import write_template

    if out != SCREEN and out.suffix.casefold() != ".xlsx":
        raise UsageError("form-ending", file=str(out))
    form_of("xlsx", out, ("xlsx",))
    checked = load(pack, lang)
    named = [checked.pack.table_named(table) for table in tables]
    handed_in = [table for table, of in checked.tables.items() if of.rows is None]  # the pack's own rows are nobody's
    chosen = [table for table in checked.tables if table in (named or handed_in)]
    said = say(lang, "form.written", n=len(chosen), file=out)
    emit(lambda filling: write_template(filling, checked, chosen, lang), out, said)
    return DONE
