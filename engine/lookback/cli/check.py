"""`lookback check`: every unit's records, judged."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lookback.cli._base import (
    AT_OR_BEYOND,
    DONE,
    HAD_PROBLEMS,
    command,
    decider_option,
    echo,
    encoding_option,
    format_option,
    headers_option,
    memory_option,
    out_option,
    pack_option,
    painted,
    params_options,
    progress_bar,
    roster_option,
    run_params,
    style_for,
    tell_warnings,
    threads_option,
    top_option,
    words,
)
from lookback.words import Word, say

if TYPE_CHECKING:
    from fractions import Fraction

    from lookback.packs.checked import Pack
    from lookback.receipts.secret import Secret
    from lookback.reviews.folder import Review

PROBLEMS_SHOWN = 20
WORST_SHOWN = 10
NO_TABLE_OF_IT = ("no-table", "which-table", "no-table-in-workbook", "no-root-table", "no-key-column")
"""What is told of records that are another pack's, perhaps."""
LONG_PAST = 366
"""Days."""


@command("check")
@click.argument("data", nargs=-1, required=True)
@pack_option
@out_option("check.out", "DIR")
@click.option("--keep", is_flag=True, help=words("check.keep"))
@params_options
@format_option("table", "csv", "json", code="check.format")
@top_option("check.top", WORST_SHOWN)
@click.option("--fail-on", metavar="OUTCOME[:N%]", help=words("check.fail-on"))
@encoding_option
@headers_option
@roster_option
@click.option("--strict", is_flag=True, help=words("check.strict"))
@click.option("--secret", type=click.Path(path_type=Path), metavar="FILE", help=words("check.secret"))
@click.option("--sign", is_flag=True, help=words("check.sign"))
@threads_option
@memory_option
@decider_option
def check_command(
    data: tuple[str, ...],
    pack: str,
    out: Path | None,
    keep: bool,
    as_of: str | None,
    settings: tuple[str, ...],
    form: Any,
    top: int,
    fail_on: str | None,
    secret: Path | None,
    sign: bool,
    lang: str,
    **options: Any,
) -> int:
    import lookback
    from lookback.packs.read import read_pack
    from lookback.records.formats.databases import called
    from lookback.reviews.flagged import flagged
    from lookback.words.errors import InputError, ProblemsError
    from lookback.writers import screen

    signing = _secret(secret, sign)
    read = read_pack(pack)
    params = run_params(read, settings, as_of)
    failing, share = _failing(fail_on)
    if failing is not None:
        failing = read.outcome_named(failing)
    out = _kept(out, read, params) if keep else out
    there = _day_there(out)
    try:
        with progress_bar(lang) as progress:
            review = lookback.check(data, read, out=out, params=params, lang=lang, secret=signing, progress=progress, **options)
    except ProblemsError as error:
        echo(screen.notices(error.notices, lang), err=True, nl=False)
        echo(screen.problems(error.rows, error.kinds, lang, PROBLEMS_SHOWN), err=True)
        raise
    except InputError as error:
        if error.code in NO_TABLE_OF_IT:
            asked = {"pack": read.header.pack, "data": " ".join(map(called, data))}
            either = Word(error.help[0], **error.help[1]) if error.help is not None else ""
            both = ("help.either", {"one": either, "other": Word("help.which-pack", **asked)})
            error.help = both if error.help is not None else ("help.which-pack", asked)
        raise
    with review:
        tell_problems(review, out, lang)
        checked = review.pack()
        tell_warnings(checked, pack, lang)
        _tell_old_day(read, params, lang)
        style = style_for()
        painted(screen.result(review.summary, flagged(review.folder, checked, top=top), checked, lang, form, style), style)
        if out is not None:
            echo(say(lang, "screen.written", folder=out), err=True)
            if there is not None and there != (day := _day_of(review.summary)):
                echo(say(lang, "check.replaced", old=there, new=day or "–"), err=True)
            elif there is not None and keep:
                echo(say(lang, "check.replaced-same", day=there), err=True)
            echo(screen.left_out(review.summary, out, lang), err=True, nl=False)
        if signing is not None:
            echo(say(lang, "check.root", **review.summary["receipts"]), err=True)
        verdicts = review.summary["verdicts"]
        if failing is not None:
            beyond = [verdicts[o] for o in checked.outcomes[checked.outcomes.index(failing) :]]
            units, not_judged = sum(verdicts.values()), review.summary["not_judged"]
            whole = review.summary.get("review", {}).get("verdict", checked.outcomes[0])
            whole_beyond = checked.outcomes.index(whole) >= checked.outcomes.index(failing)
            if whole_beyond or sum(beyond) + not_judged > share * (units + not_judged):
                return AT_OR_BEYOND
        return HAD_PROBLEMS if review.problem_count else DONE


def _secret(file: Path | None, sign: bool) -> Secret | None:
    """The office's secret, and whether it signs: found out before anything is judged. Raises UsageError."""
    from lookback.words.errors import UsageError

    if file is None:
        if sign:
            raise UsageError("sign-needs-secret")
        return None
    from lookback.receipts.secret import read_secret

    secret = read_secret(file, sign=sign)
    if sign:
        _ = secret.key
    return secret


def _kept(out: Path | None, pack: Pack, params: Mapping[str, Any]) -> Path:
    """The folder of the review of a day beneath another. Raises UsageError."""
    from lookback.packs.params import REVIEW_DAY, default_params, settings
    from lookback.reviews.folder import SUMMARY
    from lookback.words.errors import UsageError

    if out is None:
        raise UsageError("keep-needs-out")
    if REVIEW_DAY not in pack.header.params:
        raise UsageError("keep-needs-day")
    if (out / SUMMARY).exists():
        raise UsageError("keep-in-review", folder=str(out))
    return out / str({**default_params(pack), **settings(pack, params)}[REVIEW_DAY])


def _day_of(summary: Mapping[str, Any]) -> str | None:
    from lookback.packs.params import REVIEW_DAY

    day = summary["params"].get(REVIEW_DAY)
    return None if day is None else str(day)


def _day_there(out: Path | None) -> str | None:
    """The day of the review that a folder holds; None where there is none, or it has none."""
    from lookback.reviews.folder import summary_of
    from lookback.words.errors import LookbackError

    if out is None or not out.is_dir():
        return None
    try:
        return _day_of(summary_of(out))
    except LookbackError:
        return None


def _tell_old_day(pack: Pack, params: Mapping[str, Any], lang: str) -> None:
    """A line on stderr where the review's day is the one that the pack gives, and long past."""
    from datetime import date

    from lookback.packs.params import REVIEW_DAY, default_params, today

    day = None if REVIEW_DAY in params else default_params(pack).get(REVIEW_DAY)
    if isinstance(day, date) and (date.fromisoformat(today(pack)) - day).days > LONG_PAST:
        echo(say(lang, "default-day-past", day=day), err=True)


def _failing(text: str | None) -> tuple[str | None, Fraction]:
    """`make_up:5%` -> the outcome, and which share of the units may be at or beyond it; without a share, none may."""
    from fractions import Fraction

    from lookback.words.errors import UsageError

    outcome, colon, share = (text or "").partition(":")
    found = re.fullmatch(r"(\d{1,2}(?:\.\d{1,6})?|100) ?%", share.strip())
    if colon and found is None:
        raise UsageError("fail-on-share", share=share)
    return outcome.strip() or None, Fraction(found[1]) / 100 if found is not None else Fraction(0)


def tell_problems(review: Review, out: Path | None, lang: str) -> None:
    """Notices, and the first problems, on stderr."""
    from lookback.writers import screen

    echo(screen.notices(review.notices, lang), err=True, nl=False)
    if not review.problem_count:
        return
    echo(say(lang, "screen.problems", n=review.problem_count, set_aside=sum(review.summary["set_aside"].values())), err=True)
    with (review.folder / "problems.csv").open(encoding="utf-8", newline="") as stream:
        kinds = review.summary["problem_kinds"]
        echo(screen.problems(csv.DictReader(stream), kinds, lang, PROBLEMS_SHOWN), err=True)
    if review.problem_count > PROBLEMS_SHOWN:
        echo(say(lang, "screen.problems-more" if out is not None else "screen.problems-out"), err=True)
