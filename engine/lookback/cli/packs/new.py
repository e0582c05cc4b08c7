"""`lookback new`: a pack, drafted from the records that it is to judge."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from lookback.cli._base import (
    DONE,
    HAD_PROBLEMS,
    command,
    echo,
    encoding_option,
    known_commands,
    painted,
    progress_bar,
    style_for,
    words,
)
from lookback.cli.check import WORST_SHOWN, tell_problems
from lookback.words import say

if TYPE_CHECKING:
    from lookback.authoring.drafting.draft import Draft

OF_A_DRAFT = ("rows-above", "hidden-sheet")
"""What only who looks at records without a pack is told; all else is told as they are judged."""


@command("new")
@click.argument("name")
@click.argument("data", nargs=-1, required=True, metavar="FROM...")
@click.option("--compare", is_flag=True, help=words("new.compare"))
@encoding_option
def new_command(name: str, data: tuple[str, ...], compare: bool, encoding: tuple[str, ...], lang: str) -> int:
    if compare:
        return _compare(name, data, encoding, lang)
    import lookback
    from lookback.authoring.drafting.draft import drafted
    from lookback.packs.read import read_pack
    from lookback.records.formats.databases import called
    from lookback.reviews.flagged import flagged
    from lookback.writers import screen

    with drafted(name, data, encoding) as draft:
        _require_sound(draft)
        with progress_bar(lang) as progress:
            review = lookback.check(data, read_pack(draft.folder), lang=lang, encoding=encoding, progress=progress)
    source = " ".join(map(called, data))
    with review:
        echo(say(lang, "new.drafted", pack=review.pack().pack.header.pack, source=source))
        _tell(draft, lang)
        own = [notice for notice in draft.notices if notice.code in OF_A_DRAFT]
        echo(screen.notices(own, lang), err=True, nl=False)
        tell_problems(review, None, lang)
        echo("\n" + say(lang, "new.judged"))
        style, checked = style_for(), review.pack()
        worst = flagged(review.folder, checked, top=WORST_SHOWN)
        painted(screen.result(review.summary, worst, checked, lang, "table", style), style)
        echo(say(lang, "new.next", folder=name, data=source), err=True)
        return HAD_PROBLEMS if review.problem_count else DONE


def _require_sound(draft: Draft) -> None:
    """The draft reads, has no mistake, and passes its tests. Raises UsageError."""
    from lookback.authoring.examine import examine
    from lookback.authoring.rule_tests import read_cases, run_cases
    from lookback.words import Word
    from lookback.words.errors import UsageError

    found = examine(draft.folder, known_commands())
    for mistake in found.mistakes:
        raise UsageError("not-drafted", why=Word(mistake.code, **mistake.args), help=("help.not-drafted", {}))
    assert found.checked is not None
    run = run_cases(found.checked, read_cases(found.checked, found.tests), "reference", "en")
    for failure in run.failures:
        raise UsageError("not-drafted", why=f"{failure.test}: {failure.got}", help=("help.not-drafted", {}))


def _tell(draft: Draft, lang: str) -> None:
    from lookback.packs.model import ROW

    for table in draft.tables:
        key = say(lang, "new.by-row") if table.key == (ROW,) else say(lang, "new.keyed", key=", ".join(table.key))
        belongs = say(lang, "new.belongs", table=table.belongs_to) if table.belongs_to is not None else ""
        belongs += say(lang, "new.reference") if table.reference else ""
        said: dict[str, Any] = {"title": table.title.in_(lang), "n": table.rows, "fields": len(table.fields)}
        echo(say(lang, "new.table", id=table.id, key=key, belongs=belongs, **said))
    if draft.personal:
        each = (
            say(
                lang,
                "new.personal-one",
                table=table,
                field=f,
                title=look.header,
                why=say(lang, f"draft.personal.{look.personal}"),
            )
            for table, f, look in draft.personal
        )
        echo(say(lang, "new.personal", fields=", ".join(each)))
    if draft.left_out:
        echo(say(lang, "new.left-out", names=", ".join(draft.left_out)))


def _compare(name: str, data: Sequence[str], encoding: Sequence[str], lang: str) -> int:
    from lookback.authoring.drafting.newer import newer
    from lookback.packs.read import read_pack

    found = newer(read_pack(name), data, encoding)
    for one in found:
        echo(say(lang, one.code, **one.args))
    if not found:
        echo(say(lang, "new.nothing-new", pack=name))
    return DONE
