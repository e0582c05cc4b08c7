"""What all commands share: the language of the screen, click in two languages, exit codes.

Imports nothing heavy, so that `--help` answers at once.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lookback.words import CATALOGUE, LANGUAGES, default_language, say

if TYPE_CHECKING:
    from lookback.packs.checked import CheckedPack, Pack

BUILT_IN = "lookback-2005"
DONE, AT_OR_BEYOND, COULD_NOT_RUN, HAD_PROBLEMS = 0, 1, 2, 3


def _language(arguments: Sequence[str]) -> str:
    """The language of help and messages: --lang if it is on the command line, else the locale's."""
    for i, word in enumerate(arguments):
        asked = (
            word.partition("=")[2]
            if word.startswith("--lang=")
            else arguments[i + 1]
            if word == "--lang" and i + 1 < len(arguments)
            else ""
        )
        if asked in LANGUAGES:
            return asked
    return default_language()


LANG = _language(sys.argv[1:])


def words(code: str, **args: Any) -> str:
    return say(LANG, code, **args)


# ----------------------------------------------------------------------------------------------- click, in two languages


class _Formatter(click.HelpFormatter):
    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, f"{words('usage')} ")

    @contextmanager
    def section(self, name: str) -> Iterator[None]:
        with super().section(words(name.casefold()) if name.casefold() in CATALOGUE else name):
            yield


class _Context(click.Context):
    formatter_class = _Formatter


class Command(click.Command):
    """A command whose help ends with an example, `example` a code of the catalogue."""

    context_class = _Context

    def __init__(self, *args: Any, example: str | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.example = example

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        return _with_words(super().get_help_option(ctx))

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if self.example is not None:
            formatter.write(f"\n{words(self.example)}\n")


class Group(click.Group):
    """A group whose `later` commands, name -> (module, short help), are imported only when they are called."""

    context_class = _Context
    command_class = Command

    def __init__(self, *args: Any, later: Mapping[str, tuple[str, str]] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.later = later or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *self.later})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in self.later:
            found: click.Command = import_module(self.later[cmd_name][0]).command
            return found
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = []
        for name in self.list_commands(ctx):
            known = self.commands.get(name)
            rows.append((name, known.get_short_help_str(90) if known is not None else words(self.later[name][1])))
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        return _with_words(super().get_help_option(ctx))


def _with_words(option: click.Option | None) -> click.Option | None:
    if option is not None:
        option.help = words("help-option")
    return option


def lang_option(command: Any) -> Any:
    return click.option("--lang", type=click.Choice(LANGUAGES), default=LANG, help=words("check.lang"))(command)


def debug_option(command: Any) -> Any:
    return click.option("--debug", is_flag=True, help=words("debug"))(command)


def decider_option(command: Any) -> Any:
    kinds = click.Choice(["durable", "reference"])
    return click.option("--decider", type=kinds, default="durable", show_default=True, help=words("check.decider"))(command)


# ------------------------------------------------------------------------------------------------ what runs have in common


def run_params(pack: Pack, settings: Sequence[str], as_of: str | None) -> dict[str, Any]:
    """`--set NAME=VALUE …` and `--as-of DATE` as parameters. Raises UsageError."""
    from lookback.packs.params import REVIEW_DAY
    from lookback.words.errors import UsageError

    params: dict[str, Any] = {}
    for text in settings:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise UsageError("not-a-setting", text=text)
        params[name.strip()] = value
    if as_of is not None:
        if REVIEW_DAY not in pack.header.params:
            raise UsageError("no-as-of")
        params[REVIEW_DAY] = as_of
    return params


STAGES = {"read": 0.0, "judge": 40.0, "write": 60.0, "end": 100.0}


def pack_argument(command: Any) -> Any:
    """PACK: the folder that one stands in, if it is a pack, else the built-in one."""
    return click.argument("pack", default=lambda: "." if Path("pack.yaml").is_file() else BUILT_IN)(command)


def pack_to_change(pack: str) -> str:
    """A pack that is to be written to: one that was named, or that one stands in. Raises UsageError."""
    from lookback.words.errors import UsageError

    named = click.get_current_context().get_parameter_source("pack") is not click.core.ParameterSource.DEFAULT
    if not named and pack == BUILT_IN:
        raise UsageError("name-the-pack")
    return pack


def known_commands() -> list[str]:
    """The names of lookback's commands, as `check` or `rules test`; of groups those that the running command is in."""
    context = click.get_current_context()
    names: list[str] = []
    while (parent := context.parent) is not None:
        context = parent
        assert isinstance(context.command, Group)
        group = [*context.command_path.split()[1:], ""] if context.parent else [""]
        names = [*(" ".join(group) + name for name in context.command.list_commands(context)), *names]
    return names


def tell_warnings(pack: CheckedPack, named: str, lang: str) -> None:
    """One line on stderr where the pack has warnings, `named` as the user named it."""
    from lookback.packs.lint import lint

    if warnings := len(lint(pack)):
        click.echo(say(lang, "pack-has-warnings", n=warnings, pack=named), err=True)


@contextmanager
def progress_bar(lang: str, stages: Mapping[str, float] = STAGES) -> Iterator[Any]:
    """A bar on stderr, once the run takes more than a second. `stages`: at how many percent each begins."""
    if not sys.stderr.isatty():
        yield lambda stage, share: None
        return
    from tqdm import tqdm

    after = dict(zip(stages, list(stages.values())[1:], strict=False))
    with tqdm(
        total=100, delay=1, leave=False, file=sys.stderr, bar_format="{desc} {percentage:3.0f}%|{bar}| {elapsed}"
    ) as bar:

        def show(stage: str, share: float) -> None:
            bar.set_description_str(say(lang, f"stage.{stage}"), refresh=False)
            bar.update(stages[stage] + (after[stage] - stages[stage]) * share - bar.n)

        yield show
