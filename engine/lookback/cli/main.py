"""The command line: options in, one engine call, a writer, an exit code.

The engine is imported only when a command runs, so that `--help` answers at once.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lookback import VERSION
from lookback.cli._base import (
    AT_OR_BEYOND,
    COULD_NOT_RUN,
    DONE,
    HAD_PROBLEMS,
    LANG,
    Group,
    debug_option,
    decider_option,
    lang_option,
    progress_bar,
    run_params,
    tell_warnings,
    words,
)
from lookback.words import say
from lookback.words.errors import LookbackError

if TYPE_CHECKING:
    from lookback import Review

PROBLEMS_SHOWN = 20
WORST_SHOWN = 10
FORMATS = ["table", "csv", "json", "xlsx"]

# --------------------------------------------------------------------------------------------------------- the commands


@click.group(
    cls=Group,
    later={
        "explain": ("lookback.cli.explain", "explain.short"),
        "fix": ("lookback.cli.fix", "fix.short"),
        "fix-list": ("lookback.cli.fix_list", "fix-list.short"),
        "rules": ("lookback.cli.rules", "rules.short"),
        "template": ("lookback.cli.template", "form.short"),
    },
    help=words("cli.help"),
    epilog=words("cli.more"),
    context_settings={"max_content_width": 100},
)
@click.version_option(VERSION, "--version", prog_name="lookback", help=words("version-option"))
def cli() -> None:
    pass


@cli.command("check", help=words("check.help"), short_help=words("check.short"), example="check.example")
@click.argument("data", nargs=-1, required=True)
@click.option("--pack", default="lookback-2005", show_default=True, help=words("check.pack"))
@click.option("-o", "--out", metavar="DIR", type=click.Path(path_type=Path), help=words("check.out"))
@click.option("--as-of", metavar="DATE", help=words("check.as-of"))
@click.option("--set", "settings", metavar="NAME=VALUE", multiple=True, help=words("check.set"))
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "json"]),
    default="table",
    show_default=True,
    help=words("check.format"),
)
@click.option("--top", type=click.IntRange(min=0), default=WORST_SHOWN, show_default=True, help=words("check.top"))
@click.option("--fail-on", metavar="OUTCOME", help=words("check.fail-on"))
@click.option("--encoding", metavar="NAME", help=words("check.encoding"))
@click.option("--strict", is_flag=True, help=words("check.strict"))
@click.option("--threads", type=click.IntRange(min=1), help=words("check.threads"))
@decider_option
@lang_option
@debug_option
def check_command(
    data: tuple[str, ...],
    pack: str,
    out: Path | None,
    as_of: str | None,
    settings: tuple[str, ...],
    form: Any,
    top: int,
    fail_on: str | None,
    encoding: str | None,
    strict: bool,
    threads: int | None,
    decider: Any,
    lang: str,
    debug: bool,
) -> int:
    import lookback
    from lookback.packs.read import read_pack
    from lookback.reviews.flagged import flagged
    from lookback.words.errors import ProblemsError, UsageError, did_you_mean
    from lookback.writers import screen

    read = read_pack(pack)
    params = run_params(read, settings, as_of)
    if fail_on is not None and fail_on not in read.outcomes:
        raise UsageError(
            "no-such-outcome", outcome=fail_on, known=", ".join(read.outcomes), help=did_you_mean(fail_on, read.outcomes)
        )
    options: dict[str, Any] = {"encoding": encoding, "strict": strict, "threads": threads, "decider": decider}
    try:
        with progress_bar(lang) as progress:
            review = lookback.check(data, read, out=out, params=params, lang=lang, progress=progress, **options)
    except ProblemsError as error:
        click.echo(screen.notices(error.notices, lang), err=True, nl=False)
        click.echo(screen.problems(error.rows, error.kinds, lang, PROBLEMS_SHOWN), err=True)
        raise
    with review:
        _tell_problems(review, out, lang)
        checked = review.pack()
        tell_warnings(checked, pack, lang)
        click.echo(screen.result(review.summary, flagged(review.folder, checked, top=top), checked, lang, form))
        if out is not None:
            click.echo(say(lang, "screen.written", folder=out), err=True)
        if fail_on is not None and any(
            review.summary["verdicts"][o] for o in checked.outcomes[checked.outcomes.index(fail_on) :]
        ):
            return AT_OR_BEYOND
        return HAD_PROBLEMS if review.problems else DONE


@cli.command("flagged", help=words("flagged.help"), short_help=words("flagged.short"), example="flagged.example")
@click.argument("review", type=click.Path(path_type=Path))
@click.option("--outcome", metavar="OUTCOME", help=words("flagged.outcome"))
@click.option("--rule", metavar="RULE", help=words("flagged.rule"))
@click.option("--where", metavar="CONDITION", help=words("flagged.where"))
@click.option("--top", type=click.IntRange(min=0), help=words("flagged.top"))
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    help=words("flagged.format"),
)
@click.option("-o", "--out", metavar="FILE", type=click.Path(path_type=Path), help=words("flagged.out"))
@lang_option
@debug_option
def flagged_command(
    review: Path,
    outcome: str | None,
    rule: str | None,
    where: str | None,
    top: int | None,
    form: Any,
    out: Path | None,
    lang: str,
    debug: bool,
) -> int:
    from lookback.place import replaced_file
    from lookback.reviews.flagged import flagged
    from lookback.reviews.folder import open_review
    from lookback.words.errors import UsageError
    from lookback.writers import screen
    from lookback.writers.flagged import write_workbook

    if form is None:
        form = out.suffix[1:] if out is not None and out.suffix[1:] in FORMATS else "table"
    if form == "xlsx" and out is None:
        raise UsageError("xlsx-needs-file")
    opened = open_review(review)
    pack = opened.pack()
    found = flagged(opened.folder, pack, outcome=outcome, rule=rule, where=where, top=top)
    if out is None:
        nothing = form == "table" and not found.units.num_rows
        click.echo(say(lang, "screen.none") if nothing else screen.units(found, pack, lang, form))
        return DONE
    with replaced_file(out) as filling:
        if form == "xlsx":
            write_workbook(filling, found, pack, lang)
        else:
            filling.write_text(screen.units(found, pack, lang, form) + "\n", "utf-8")
    click.echo(say(lang, "screen.file-written", n=found.units.num_rows, file=out), err=True)
    return DONE


# ----------------------------------------------------------------------------------------------------- stderr, and the end


def _tell_problems(review: Review, out: Path | None, lang: str) -> None:
    """Notices, and the first problems, on stderr."""
    import csv

    from lookback.writers import screen

    click.echo(screen.notices(review.notices, lang), err=True, nl=False)
    if not review.problems:
        return
    click.echo(say(lang, "screen.problems", n=review.problems, set_aside=sum(review.summary["set_aside"].values())), err=True)
    with (review.folder / "problems.csv").open(encoding="utf-8", newline="") as stream:
        kinds = review.summary["problem_kinds"]
        click.echo(screen.problems(csv.DictReader(stream), kinds, lang, PROBLEMS_SHOWN), err=True)
    if review.problems > PROBLEMS_SHOWN:
        click.echo(say(lang, "screen.problems-more" if out is not None else "screen.problems-out"), err=True)


def _usage_message(error: click.ClickException) -> str:
    """click's error in our words."""
    if isinstance(error, click.NoSuchOption):
        return words("click.NoSuchOption", name=error.option_name)
    if isinstance(error, click.MissingParameter) and error.param is not None:
        return words("click.MissingParameter", name=_named(error.param))
    if isinstance(error, click.BadOptionUsage):
        return words("click.BadOptionUsage", name=error.option_name)
    if isinstance(error, click.BadParameter) and error.param is not None:
        kind = error.param.type
        expected = words("click.expected", what=error.message)
        value = error.message.split("'")[1] if error.message.count("'") > 1 else ""
        if isinstance(kind, click.Choice):
            expected = words("click.choice", value=value, known=", ".join(str(choice) for choice in kind.choices))
        elif isinstance(kind, click.IntRange):
            expected = words("click.at-least", value=value or error.message.split(" ")[0], least=kind.min)
        return words("click.BadParameter", name=_named(error.param), why=expected)
    if isinstance(error, click.NoSuchCommand):
        return words("click.NoSuchCommand", name=error.command_name, known=", ".join(cli.commands))
    return words("click.other", why=error.format_message())


def _named(param: click.Parameter) -> str:
    """An option as it is written; an argument in capitals."""
    return param.opts[0] if isinstance(param, click.Option) else str(param.name).upper()


def main(arguments: Sequence[str] | None = None) -> None:
    """Run, and end with an exit code; no traceback but with --debug."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        sys.exit(cli.main(given, prog_name="lookback", standalone_mode=False) or DONE)
    except click.exceptions.NoArgsIsHelpError as shown:
        click.echo(shown.format_message())
        sys.exit(DONE)
    except click.ClickException as error:
        click.echo(f"{words('error')}: {_usage_message(error)}", err=True)
        command = getattr(error, "ctx", None)
        click.echo(words("click.try", command=command.command_path if command else "lookback"), err=True)
        sys.exit(COULD_NOT_RUN)
    except LookbackError as error:
        _traceback_if_asked(given)
        click.echo(error.render(LANG), err=True)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        click.echo(words("stopped"), err=True)
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(DONE)
    except Exception as error:
        _traceback_if_asked(given)
        why = (str(error).splitlines() or [""])[0]
        click.echo(f"{words('error')}: {words('unexpected', why=f'{type(error).__name__}: {why}')}", err=True)
        sys.exit(COULD_NOT_RUN)


def _traceback_if_asked(arguments: Sequence[str]) -> None:
    if "--debug" in arguments:
        traceback.print_exc()


if __name__ == "__main__":
    main()
