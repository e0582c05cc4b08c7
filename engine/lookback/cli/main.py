"""The command line: every command by name, and how it ends.

A command is imported only when it runs, so that `--help` answers at once.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, TextIO

import click

from lookback import VERSION
from lookback.cli import _base as base
from lookback.cli._base import COULD_NOT_RUN, DONE, Group, echo, words

NAMES = (
    *("check", "compare", "draw", "error", "estimate", "explain", "export", "fix", "fix-list", "flagged", "ledger", "new"),
    *("publish", "receipt", "report", "rules", "secret", "sheet", "template", "verify"),
)
HOMES = dict.fromkeys(("draw", "estimate", "sheet"), "inspection.") | dict.fromkeys(("compare", "ledger"), "rounds.")
HOMES |= {"error": "packs.", "new": "packs.", "publish": "publishing.", "report": "reporting."}
HOMES |= dict.fromkeys(("export", "receipt", "secret"), "proofs.")
"""The rooms of commands that do not stand beside this file."""


@click.group(
    cls=Group,
    package=__package__,
    homes={name: HOMES.get(name, "") + name.replace("-", "_") for name in NAMES},
    help=words("cli.help"),
    epilog=words("cli.more"),
    context_settings={"max_content_width": 100, "help_option_names": ["-h", "--help"]},
)
@click.version_option(VERSION, "--version", prog_name="lookback", help=words("version-option"))
def cli() -> None:
    pass


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
    if isinstance(error, click.NoSuchCommand) and error.ctx is not None and isinstance(error.ctx.command, Group):
        from difflib import get_close_matches  # only a mistake needs it

        known = error.ctx.command.list_commands(error.ctx)
        near = get_close_matches(str(error.command_name), known, n=3)
        meant = words("click.near", near=words("click.or").join(f"`{name}`" for name in near)) if near else ""
        return words("click.NoSuchCommand", name=error.command_name, known=", ".join(known), meant=meant)
    return words("click.other", why=error.format_message())


def _named(param: click.Parameter) -> str:
    """An option as it is written; an argument in capitals."""
    return param.opts[0] if isinstance(param, click.Option) else str(param.name).upper()


def _give_up(stream: TextIO) -> None:
    """Of what cannot be printed nothing is tried again when Python ends, which would say so and end with 120."""
    try:
        stream.flush()
    except OSError:
        with suppress(OSError):
            stream.close()


def _configured(given: Sequence[str]) -> dict[str, Any]:
    """What lookback.toml, or --config FILE, says of options, as click takes it."""
    from lookback.cli.packs.chosen import CONFIGURED, Config, config_file

    if (file := config_file(given)) is None:
        return {}
    config = Config(file, cli)
    return {"default_map": config.defaults, "obj": {CONFIGURED: config.packs}}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run, and end with an exit code; no traceback but with --debug."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if (text := next((word for word in given if re.search("[\0\ud800-\udfff]", word)), None)) is not None:
        echo(f"{words('error')}: {words('no-text', text=ascii(text))}", err=True)  # no library takes such bytes
        sys.exit(COULD_NOT_RUN)
    try:
        sys.exit(cli.main(given, prog_name="lookback", standalone_mode=False, **_configured(given)) or DONE)
    except click.exceptions.NoArgsIsHelpError as shown:
        echo(shown.format_message())
        sys.exit(DONE)
    except click.ClickException as error:
        echo(f"{words('error')}: {_usage_message(error)}", err=True)
        command = getattr(error, "ctx", None)
        echo(words("click.try", command=command.command_path if command else "lookback"), err=True)
        sys.exit(COULD_NOT_RUN)
    except (KeyboardInterrupt, click.Abort):
        echo(words("stopped"), err=True)
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(DONE)
    except Exception as error:
        from lookback.place import DISK_FULL
        from lookback.words.errors import LookbackError, OutputError

        if "--debug" in given:
            import traceback

            traceback.print_exc()
        if isinstance(error, MemoryError):
            error = OutputError("out-of-memory")
        elif isinstance(error, OSError) and error.errno in DISK_FULL:  # of what is printed
            error = OutputError("disk-full", why=str(error))
            _give_up(sys.stdout)
        if isinstance(error, LookbackError):
            echo(error.render(base.LANG), err=True)
            sys.exit(error.exit_code)
        if isinstance(error, OSError) and error.filename is not None:  # a name too long, a folder that nobody may look into
            said = words("cannot-use-file", file=error.filename, why=error.strerror)
            click.echo(f"{words('error')}: {said}", err=True)
            sys.exit(COULD_NOT_RUN)
        why = (str(error).splitlines() or [""])[0]
        echo(f"{words('error')}: {words('unexpected', why=f'{type(error).__name__}: {why}')}", err=True)
        sys.exit(COULD_NOT_RUN)
