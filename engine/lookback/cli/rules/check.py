"""`lookback rules check`: everything that is wrong with a pack, as far as it can be known without records."""

from __future__ import annotations

import click

from lookback.cli._base import (
    COULD_NOT_RUN,
    DONE,
    command,
    echo,
    format_option,
    known_commands,
    pack_argument,
    pack_to_change,
    words,
)
from lookback.words import say
from lookback.writers.mistakes import FORMS


@command("rules.check")
@pack_argument
@format_option(*FORMS, code="rules.check.format")
@click.option("--fix", is_flag=True, help=words("rules.check.fix"))
def check_command(pack: str, form: str, fix: bool, lang: str) -> int:
    from lookback.authoring.examine import examine, mend

    if fix:
        mending = mend(pack_to_change(pack), known_commands())
        for one in mending.mended:
            echo(say(lang, "rules.check.mended", file=one.file, line=one.line, code=one.code), err=True)
        for file in mending.left:
            echo(say(lang, "rules.check.left", file=file), err=True)
    found = examine(pack, known_commands())
    echo(FORMS[form](found.mistakes, lang), nl=bool(found.mistakes) or form != "github")
    return COULD_NOT_RUN if found.errors else DONE
