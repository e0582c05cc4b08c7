"""What all commands share: the language of the screen, click in two languages, exit codes.

Imports nothing heavy, so that `--help` answers at once.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from unicodedata import east_asian_width

import click

from lookback.cli.complete import proposing
from lookback.cli.packs.chosen import chosen_pack, config_file, language_in
from lookback.packs import DEFAULT_PACK
from lookback.words import CATALOGUE, LANGUAGES, default_language, say
from lookback.words.shown import harmless
from lookback.words.terminal import PLAIN, Style, style_of

if TYPE_CHECKING:
    from lookback.packs.checked import CheckedPack, Pack
    from lookback.reviews.folder import Review

DONE, AT_OR_BEYOND, COULD_NOT_RUN, HAD_PROBLEMS = 0, 1, 2, 3


def _language(arguments: Sequence[str]) -> str:
    """The language of help and messages: --lang if it is on the command line, else that of lookback.toml, else the locale's."""
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
    said = language_in(config_file(arguments))
    return said if said in LANGUAGES else default_language()


LANG = _language(sys.argv[1:])


def words(code: str, **args: Any) -> str:
    return say(LANG, code, **args)


# ----------------------------------------------------------------------------------------------- click, in two languages


_HALF = "\ue000"


def _wide(text: str) -> str:
    """A text of as many characters as it takes columns: before each wide one stands `_HALF`."""
    return "".join(_HALF + c if east_asian_width(c) in "WF" else c for c in text)


class _Formatter(click.HelpFormatter):
    """click's, which counts characters; this counts columns, and leaves one over, as it may part a wide one from its half."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.width -= LANG == "zh"

    def write(self, string: str) -> None:
        super().write(string.replace(_HALF, ""))

    def write_text(self, text: str) -> None:
        super().write_text(_wide(text))

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        super().write_dl([(term, _wide(said)) for term, said in rows], col_max, col_spacing)

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

    def __init__(self, *args: Any, example: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.example = example

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        return _with_words(super().get_help_option(ctx))

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write(f"\n{words(self.example)}\n")


class Group(click.Group):
    """A group whose commands are imported only when they are called: of `package`, in the files that `homes` names, `a-b` as
    `a_b_command`. `code`: what their codes begin with."""

    context_class = _Context

    def __init__(self, *args: Any, package: str, homes: Mapping[str, str], code: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.package, self.homes, self.code = package, homes, code
        self.params.append(language_option(expose=False))

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(self.homes)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.homes:
            return None
        found: click.Command = getattr(
            import_module(f"{self.package}.{self.homes[cmd_name]}"), f"{cmd_name.replace('-', '_')}_command"
        )
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, words(f"{self.code}{name}.short")) for name in self.list_commands(ctx)])

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        return _with_words(super().get_help_option(ctx))


def _with_words(option: click.Option | None) -> click.Option | None:
    if option is not None:
        option.help = words("help-option")
    return option


# ------------------------------------------------------------------------------------ commands, and the options that they share

F = TypeVar("F", bound=Callable[..., Any])


def language_option(*, expose: bool = True) -> click.Option:
    """--lang, which `LANG` has read already, wherever it stands."""
    kind = click.Choice(LANGUAGES)
    return click.Option(["--lang"], type=kind, default=LANG, expose_value=expose, help=words("check.lang"))


def command(code: str) -> Callable[[Callable[..., int]], Command]:
    """A command named as its code ends, with the words `<code>.short`, `.help` and `.example`; it takes --lang, and --debug,
    which is for `main`."""

    def made(function: Callable[..., int]) -> Command:
        said = {"help": words(f"{code}.help"), "short_help": words(f"{code}.short"), "example": f"{code}.example"}
        made = click.command(code.rpartition(".")[2], cls=Command, **said)(function)
        made.params += [language_option(), click.Option(["--config"], metavar="FILE", expose_value=False, help=words("config"))]
        made.params += [click.Option(["--debug"], is_flag=True, expose_value=False, help=words("debug"))]
        for param in made.params:
            proposing(param)
        return made

    return made


def _chosen(context: click.Context, _: click.Parameter, pack: str | None) -> str:
    """The pack that is named, or that is meant where none is, as is told on stderr, but of the built-in one."""
    if pack is not None:
        return pack
    chosen, why = chosen_pack(context)
    if why and not context.resilient_parsing:
        echo(words("chosen", pack=Path(chosen).absolute().name if chosen == "." else chosen, why=words(why)), err=True)
    return chosen


def pack_option(function: F) -> F:
    return click.option("--pack", callback=_chosen, help=words("check.pack", pack=DEFAULT_PACK))(function)


def pack_argument(function: F) -> F:
    """PACK; where none is named, as `pack_option`."""
    return click.argument("pack", required=False, callback=_chosen)(function)


def as_of_option(function: F) -> F:
    return click.option("--as-of", metavar="DATE", help=words("check.as-of"))(function)


def params_options(function: F) -> F:
    """--as-of and --set."""
    setting = click.option("--set", "settings", metavar="NAME=VALUE", multiple=True, help=words("check.set"))
    return as_of_option(setting(function))


_JSON = "lookback.json"


def format_option(*forms: str, code: str, default: bool = True) -> Callable[[F], F]:
    """--format: the first of the forms if it is left out, or what `function` makes of None; and --json, where that is one."""

    def chosen(context: click.Context, option: click.Parameter, form: str | None) -> str | None:
        if not context.meta.get(_JSON):
            return form
        named = context.get_parameter_source("form") is click.core.ParameterSource.COMMANDLINE
        if named and form != "json":
            raise click.BadParameter(words("click.json-or", form=form), context, option)
        return "json"

    def asked(context: click.Context, _: click.Parameter, json: bool) -> None:
        context.meta[_JSON] = json

    kinds: dict[str, Any] = {"type": click.Choice(forms), "help": words(code), "callback": chosen}
    if default:
        kinds |= {"default": forms[0], "show_default": True}
    option = click.option("--format", "form", **kinds)
    if "json" not in forms:
        return option
    json = click.option("--json", is_flag=True, is_eager=True, expose_value=False, callback=asked, help=words("json"))
    return lambda function: option(json(function))


def out_option(code: str, metavar: str = "FILE", *, required: bool = False) -> Callable[[F], F]:
    """-o FILE, of which `-` is standard output, or -o DIR, of which none can be."""

    def no_screen(context: click.Context, option: click.Parameter, out: Path | None) -> Path | None:
        if out == SCREEN and metavar == "DIR":
            raise click.BadParameter(words("click.no-folder"), context, option)
        return out

    kind = click.Path(path_type=Path)
    return click.option("-o", "--out", metavar=metavar, type=kind, required=required, callback=no_screen, help=words(code))


def top_option(code: str, default: int | None = None, least: int = 0) -> Callable[[F], F]:
    kind = click.IntRange(min=least)
    return click.option("--top", type=kind, default=default, show_default=default is not None, help=words(code))


def encoding_option(function: F) -> F:
    return click.option("--encoding", metavar="[FILE=]NAME", multiple=True, help=words("check.encoding"))(function)


def headers_option(function: F) -> F:
    return click.option("--accept-headers", is_flag=True, help=words("check.accept-headers"))(function)


def roster_option(function: F) -> F:
    return click.option("--roster", metavar="FILE", help=words("check.roster"))(function)


def threads_option(function: F) -> F:
    return click.option("--threads", type=click.IntRange(min=1), help=words("check.threads"))(function)


class _Size(click.ParamType[int]):
    """A number of bytes, as people write it."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        from lookback.warehouse.duckdb import LEAST_MEMORY

        found = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?) ?([KMGT]?)(i?)B?", str(value).strip(), re.IGNORECASE)
        size = float(found[1]) * (1024 if found[3] else 1000) ** " KMGT".index(found[2].upper() or " ") if found else 0
        if size < LEAST_MEMORY:
            self.fail(words("click.not-a-size", least=f"{LEAST_MEMORY // 1_000_000}MB"), param, ctx)
        return int(size)


def memory_option(function: F) -> F:
    return click.option("--memory", type=_Size(), metavar="SIZE", help=words("check.memory"))(function)


def decider_option(function: F) -> F:
    kinds = click.Choice(["durable", "reference"])
    return click.option("--decider", type=kinds, default="durable", show_default=True, help=words("check.decider"))(function)


# ------------------------------------------------------------------------------------------------ what runs have in common


def load(pack: str, lang: str, settings: Sequence[str] = (), as_of: str | None = None, *, warn: bool = True) -> CheckedPack:
    """A pack, checked, with this run's parameters; a line on stderr where it has warnings. Raises PackError, UsageError."""
    from lookback.packs.check import check_pack
    from lookback.packs.params import settings as settings_of
    from lookback.packs.read import read_pack

    read = read_pack(pack)
    checked = check_pack(read, settings_of(read, run_params(read, settings, as_of)))
    if warn:
        tell_warnings(checked, pack, lang)
    return checked


def named_or_newest(review: Path | None, lang: str) -> Path:
    """A review's folder; where none is named the newest here, as is told on stderr."""
    from lookback.reviews.folder import newest_review

    if review is None:
        review = newest_review(Path())
        echo(say(lang, "explain.newest", folder=review), err=True)
    return review


def opened(review: Path | None, lang: str) -> Review:
    from lookback.reviews.folder import open_review

    return open_review(named_or_newest(review, lang))


def echo(text: str = "", *, err: bool = False, nl: bool = True) -> None:
    """What a command says, whatever records, files and packs put into it."""
    click.echo(harmless(text), err=err, nl=nl)


def painted(text: str, style: Style) -> None:
    """Print what was made in a style: a text in which everything from records, files and packs is harmless already."""
    click.echo(text if style.colours else harmless(text), color=style.colours)


SCREEN = Path("-")
"""What stands for standard output in the place of a file."""


def style_for(out: Path | None = None) -> Style:
    """The style of what a command writes: that of the screen, or none where it goes to a file."""
    return style_of(sys.stdout) if out in (None, SCREEN) and sys.stdout is not None else PLAIN


CALLED = {"txt": ("table", "text"), "htm": ("html",)}
"""Endings that are not called as their format is."""
BINARY = ("xlsx", "docx")


def form_of(form: str | None, out: Path | None, forms: Sequence[str]) -> str:
    """The format of what is written: --format, else the one that the ending of -o FILE says, else the first of the command's.
    Raises UsageError for an ending that says none of them, or another than --format, and for xlsx on a screen."""
    from lookback.words.errors import UsageError

    ending = out.suffix[1:].casefold() if out is not None else ""
    said = next((f for f in forms if f in CALLED.get(ending, (ending,))), None)
    if form is None and ending and said is None:
        raise UsageError("no-such-ending", file=str(out), known=", ".join(forms))
    if form is not None and said not in (None, form) and not (ending == "txt" and form not in BINARY):
        raise UsageError("ending-of-another", file=str(out), ending=said, form=form)
    form = form or said or forms[0]
    if form in BINARY and (out is None or (out == SCREEN and (sys.stdout is None or sys.stdout.isatty()))):
        raise UsageError("xlsx-needs-file", form=form)
    return form


def emit(result: str | Callable[[Path], None], out: Path | None, said: str, *, raw: bool = False, csv: bool = False) -> None:
    """A text, on the screen; or a file (in a folder that is made where there is none), a text or what fills one, and what is said
    of it on stderr; or either on standard output. `raw`: a text for a program, to be written as it is. `csv`: a file of it begins
    with a byte order mark, unless it is raw, by which a spreadsheet knows its encoding. Raises OutputError."""
    from lookback.place import keep, made, replaced_file, temporary

    text = result if raw or not isinstance(result, str) else harmless(result)
    if isinstance(text, str) and out in (None, SCREEN):
        click.echo(text)
        return
    assert out is not None
    with ExitStack() as stack:
        if out == SCREEN:
            filling = Path(stack.enter_context(temporary()), "out")
        else:
            filling = stack.enter_context(replaced_file(made(out.parent) / out.name))
        if isinstance(text, str):
            filling.write_text(f"{text}\n", "utf-8-sig" if csv and not raw else "utf-8")
        else:
            text(filling)
        if out != SCREEN:
            params = click.get_current_context().params
            keep(out, filling, (p for name, p in params.items() if name != "out" and isinstance(p, Path)))
        else:
            with filling.open("rb") as filled:
                shutil.copyfileobj(filled, sys.stdout.buffer)
    if out != SCREEN:
        echo(said, err=True)


def run_params(pack: Pack, settings: Sequence[str], as_of: str | None) -> dict[str, Any]:
    """`--set NAME=VALUE …` and `--as-of DATE` as parameters. Raises UsageError."""
    from lookback.packs.params import REVIEW_DAY, TODAY, today
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
        params[REVIEW_DAY] = today(pack) if as_of.strip().casefold() in TODAY else as_of
    return params


def pack_to_change(pack: str) -> str:
    """A pack that is to be written to: one that was named, or that one stands in. Raises UsageError."""
    from lookback.words.errors import UsageError

    named = click.get_current_context().get_parameter_source("pack") is not click.core.ParameterSource.DEFAULT
    if not named and pack == DEFAULT_PACK:
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
    """One line on stderr where the pack has warnings, `named` as the user named it. The built-in ones have none."""
    from lookback.packs.read import built_in_packs

    if named in built_in_packs():
        return
    from lookback.packs.lint import lint

    if warnings := len(lint(pack)):
        echo(say(lang, "pack-has-warnings", n=warnings, pack=named), err=True)


STAGES = {"read": 0.0, "judge": 40.0, "write": 60.0, "end": 100.0}


@contextmanager
def progress_bar(lang: str, stages: Mapping[str, float] = STAGES) -> Iterator[Any]:
    """A bar on stderr, once the run takes more than a second. `stages`: at how many percent each begins."""
    if not sys.stderr.isatty():
        yield lambda stage, share: None
        return
    from tqdm import tqdm

    after = dict(zip(stages, list(stages.values())[1:], strict=False))
    with tqdm(total=100, delay=1, leave=False, file=sys.stderr, bar_format="{desc} {percentage:3.0f}%|{bar}| {elapsed}") as bar:

        def show(stage: str, share: float) -> None:
            bar.set_description_str(say(lang, f"stage.{stage}"), refresh=False)
            bar.update(stages[stage] + (after[stage] - stages[stage]) * share - bar.n)

        yield show


EVERY = 3.0
"""Seconds between two lines that say that something goes on; on a terminal a third, as there it is one that moves."""


@contextmanager
def going_on(line: Callable[[int], str]) -> Iterator[Callable[[], None]]:
    """Say on stderr, as long as something takes, that it goes on: `line` (seconds). Gives what wipes the line away that moves,
    before anything else is printed."""
    from threading import Event, Thread
    from time import monotonic

    moves, done, begun = sys.stderr.isatty(), Event(), monotonic()

    def wipe() -> None:
        if moves:
            click.echo("\r\x1b[2K", err=True, nl=False)

    def tell() -> None:
        while not done.wait(EVERY / 3 if moves else EVERY):
            click.echo(("\r\x1b[2K" if moves else "") + line(int(monotonic() - begun)), err=True, nl=not moves)

    teller = Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield wipe
    finally:
        done.set()
        teller.join()
        wipe()
