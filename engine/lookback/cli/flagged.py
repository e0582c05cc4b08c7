"""`lookback flagged`: the flagged units of a review."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

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
from lookback.words import say

if TYPE_CHECKING:
    from lookback.packs.checked import CheckedPack
    from lookback.reviews.flagged import Missing

FORMATS = ("table", "csv", "json", "xlsx")


@command("flagged")
@click.argument("review", type=click.Path(path_type=Path))
@click.option("--outcome", metavar="OUTCOME", help=words("flagged.outcome"))
@click.option("--owes", metavar="OUTCOME", help=words("flagged.owes"))
@click.option("--rule", metavar="RULE", help=words("flagged.rule"))
@click.option("--where", metavar="CONDITION", help=words("flagged.where"))
@click.option("--new-since", type=click.Path(path_type=Path), metavar="OLD", help=words("flagged.new-since"))
@click.option("--not-counted", is_flag=True, help=words("flagged.not-counted.help"))
@click.option("--ledger", type=click.Path(path_type=Path), metavar="FILE", help=words("flagged.ledger"))
@click.option("--not-handed-in", "absent", is_flag=True, help=words("flagged.not-handed-in.help"))
@click.option("--raw", is_flag=True, help=words("flagged.raw"))
@top_option("flagged.top")
@format_option(*FORMATS, code="flagged.format", default=False)
@out_option("flagged.out")
def flagged_command(
    review: Path,
    outcome: str | None,
    owes: str | None,
    rule: str | None,
    where: str | None,
    new_since: Path | None,
    not_counted: bool,
    ledger: Path | None,
    absent: bool,
    raw: bool,
    top: int | None,
    form: Any,
    out: Path | None,
    lang: str,
) -> int:
    from lookback.reviews.flagged import flagged, has_roster, missing
    from lookback.reviews.listed.listing import cover_of
    from lookback.words.errors import UsageError
    from lookback.writers import screen
    from lookback.writers.flagged import write_workbook

    form = form_of(form, out, FORMATS)
    of = opened(review, lang)
    of.require("verdicts.parquet", "findings.parquet", *(["records/", "judged/", "problems.csv"] if form == "xlsx" else []))
    pack = of.pack()
    if absent:
        if any((outcome, owes, rule, new_since, not_counted, ledger)):
            raise UsageError("not-handed-in-alone")
        return _tell_missing(missing(of.folder, pack, where=where, top=top), pack, form, raw, out, lang)
    owes = pack.pack.outcome_named(owes) if owes is not None else None
    chosen: dict[str, Any] = {"outcome": outcome, "owes": owes, "rule": rule, "where": where, "top": top, "lang": lang}
    if new_since is not None:
        before = opened(new_since, lang)
        before.require("verdicts.parquet")
        chosen["new_since"] = before.folder, before.pack()
    more: dict[str, Any] = {"lost": not not_counted, "situations": lang, "for_people": True} if form == "xlsx" else {}
    found = flagged(of.folder, pack, **chosen, not_counted=not_counted, **more)
    said = say(lang, "screen.file-written", n=found.units.num_rows, file=out)
    marks = None
    if ledger is not None:
        from lookback.rounds.ledger_marks import marks_of

        marks = marks_of(ledger, of, found.findings.to_pylist())
        if marks.newest is not None:
            echo(say(lang, "ledger.not-this-one", file=ledger, day=marks.newest), err=True)
    only = chosen | {"new_since": new_since}
    cover = cover_of(of.folder, pack, of.summary, _chosen(pack, **only)) if form == "xlsx" else None
    if form == "xlsx" and not_counted:
        emit(lambda filling: write_workbook(filling, None, pack, lang, found, marks, cover=cover), out, said)
    elif form == "xlsx":
        apart = rule is None and any(pack.not_counted(r) for r in pack.rules)
        uncounted = flagged(of.folder, pack, **chosen, not_counted=True, for_people=True) if apart else None
        whole = of.summary.get("review")
        every = not any((outcome, owes, rule, where, new_since, top is not None))
        absent_too = missing(of.folder, pack) if every and has_roster(of.folder) else None
        emit(lambda filling: write_workbook(filling, found, pack, lang, uncounted, marks, whole, absent_too, cover), out, said)
    elif out in (None, SCREEN) and form == "table" and not found.units.num_rows:
        echo(say(lang, "screen.none-uncounted" if not_counted else "screen.none"))
    else:
        style = style_for(out)
        if not_counted:
            told = screen.uncounted(found, pack, lang, form, raw=raw, style=style)
        else:
            told = screen.units(found, pack, lang, form, raw=raw, owes=owes, style=style, marks=marks)
            if form == "table":
                told = "\n\n".join([*screen.whole(of.summary, pack, lang), told])
        if form == "table" and out is None:
            painted(told, style)
        else:
            emit(told, out, said, raw=raw and form == "csv", csv=form == "csv")
    return DONE


def _chosen(pack: CheckedPack, lang: str, **options: Any) -> list[str]:
    """What a list is limited to, in words. `options`: as they were typed, those without a value aside."""
    from lookback.packs.checked import Named

    names, called = Named(pack, lang), pack.pack.outcome_named

    def said(code: str, what: Any) -> str:
        match code:
            case "outcome":
                titles = {text for o in pack.pack.header.outcomes if o.title for text in (o.title.en, o.title.zh)}
                return names.outcome(called(what)) if what in {*pack.outcomes, *titles} else say(lang, "not-judged")
            case "owes":
                return names.owed(called(what))
            case "rule":
                return names.rule(pack.rule_named(what).id)
            case "new_since":
                return str(what.name)
        return str(what)

    return [say(lang, f"cover.only.{code}", what=said(code, what)) for code, what in options.items() if what is not None]


def _tell_missing(found: Missing, pack: CheckedPack, form: Any, raw: bool, out: Path | None, lang: str) -> int:
    """The units of the roster that handed nothing in."""
    from lookback.writers import screen
    from lookback.writers.flagged import write_workbook

    said = say(lang, "screen.file-written", n=len(found.units), file=out)
    style = style_for(out)
    if form == "xlsx":
        emit(lambda filling: write_workbook(filling, None, pack, lang, missing=found), out, said)
    elif out in (None, SCREEN) and form == "table" and not found.units:
        echo(say(lang, "screen.all-handed-in"))
    elif form == "table" and out is None:
        painted(screen.missing(found, pack, lang, form, style=style), style)
    else:
        emit(
            screen.missing(found, pack, lang, form, raw=raw, style=style), out, said, raw=raw and form == "csv", csv=form == "csv"
        )
    return DONE
