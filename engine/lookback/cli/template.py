"""`lookback template`: the form that units fill in."""

from __future__ import annotations

from pathlib import Path

import click

from lookback.cli._base import DONE, Command, debug_option, lang_option, tell_warnings, words
from lookback.packs.check import check_pack
from lookback.packs.read import DEFAULT_PACK, read_pack
from lookback.words import say
from lookback.words.errors import UsageError, did_you_mean


@click.command("template", cls=Command, help=words("form.help"), short_help=words("form.short"), example="form.example")
@click.option("--pack", default=DEFAULT_PACK, show_default=True, help=words("check.pack"))
@click.option("--table", "tables", metavar="TABLE", multiple=True, help=words("form.table"))
@click.option("-o", "--out", metavar="FILE", required=True, type=click.Path(path_type=Path), help=words("form.out"))
@lang_option
@debug_option
def command(pack: str, tables: tuple[str, ...], out: Path, lang: str, debug: bool) -> int:
    from lookback.place import replaced_file
    from lookback.writers.template import write_template

    if out.suffix.casefold() != ".xlsx":
        raise UsageError("form-ending", file=str(out))
    checked = check_pack(read_pack(pack))
    tell_warnings(checked, pack, lang)
    for table in tables:
        if table not in checked.tables:
            raise UsageError(
                "no-such-table", table=table, known=", ".join(checked.tables), help=did_you_mean(table, checked.tables)
            )
    chosen = [table for table in checked.tables if table in tables or not tables]
    with replaced_file(out) as filling:
        write_template(filling, checked, chosen, lang)
    click.echo(say(lang, "form.written", n=len(chosen), file=out), err=True)
    return DONE
