"""Which pack a command takes, and what `lookback.toml` says of its options.

One rule for all commands: the pack that is named; else the folder that one stands in, if it is a pack; else LOOKBACK_PACK; else
the `pack` of lookback.toml in the current folder, or of --config FILE; else the built-in one. Nothing that lies beside the
records counts: who hands in records does not choose the rules.

lookback.toml takes every option by its name, above for all commands that have it, or in a table of one: `[check]`,
`[rules.test]`. The command line goes before it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from lookback.packs import DEFAULT_PACK

FILE = "lookback.toml"
VARIABLE = "LOOKBACK_PACK"
NOT_HERE = ("help", "debug", "config", "json")
"""Options that only a command line can have."""
CONFIGURED = "lookback.toml"
"""Where a context keeps the pack that the file names."""


def chosen_pack(context: click.Context | None) -> tuple[str, str]:
    """The pack that is meant where none is named; and the code of why."""
    if Path("pack.yaml").is_file():
        return ".", "chosen.folder"
    if pack := os.environ.get(VARIABLE):
        return pack, "chosen.variable"
    if context is not None and (pack := (context.obj or {}).get(CONFIGURED, {}).get(context.command_path.partition(" ")[2])):
        return str(pack), "chosen.file"
    return DEFAULT_PACK, ""


def config_file(arguments: Sequence[str]) -> Path | None:
    """The file of --config, wherever it stands; else lookback.toml, if there is one here."""
    for i, word in enumerate(arguments):
        if word.startswith("--config="):
            return Path(word.partition("=")[2])
        if word == "--config" and i + 1 < len(arguments):
            return Path(arguments[i + 1])
    return Path(FILE) if Path(FILE).is_file() else None


def language_in(file: Path | None) -> str:
    """The `lang` of a file, as far as it can be read: what else is wrong with it is told by `Config`."""
    import tomllib

    try:
        said = tomllib.loads(file.read_text("utf-8")).get("lang", "") if file is not None else ""
    except (OSError, ValueError):
        return ""
    return said if isinstance(said, str) else ""


class Config:
    """A file of options. `defaults`: what click takes as a command's defaults; `packs`: command -> its pack."""

    def __init__(self, file: Path, root: click.Group) -> None:
        """Raises UsageError for a file that cannot be read, PackError for options that are none, each with its place."""
        import tomllib

        from lookback.words.errors import PackError, UsageError
        from lookback.words.source import Source

        try:
            text = file.read_text("utf-8-sig")
            said = tomllib.loads(text)
        except OSError as error:
            raise UsageError("cannot-use-file", file=str(file), why=error.strerror or str(error)) from error
        except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise UsageError("config-unreadable", file=str(file), why=str(error)) from error
        self.file, self.source = file, Source(str(file), text)
        self.commands = dict(_commands(root, ""))
        self.mistakes: list[Any] = []
        self.defaults: dict[str, Any] = {}
        self.packs: dict[str, str] = {}
        tables = {name.partition(" ")[0] for name in self.commands}
        for name, value in said.items():
            if isinstance(value, dict):
                if name in tables:
                    self._table(name, value)
                else:
                    self._wrong("config-no-command", name, "", {*tables})
            elif not (having := [c for c in self.commands if name in _options(self.commands[c])]):
                self._wrong("config-no-option", name, "", {o for c in self.commands.values() for o in _options(c)})
            else:
                for command in having:
                    self._set(command, name, value)
        if self.mistakes:
            raise PackError(self.mistakes)

    def _table(self, name: str, said: Mapping[str, Any]) -> None:
        """The options of a command, or of those of a group."""
        below = {command.rpartition(" ")[2] for command in self.commands if command.rpartition(" ")[0] == name}
        for key, value in said.items():
            if isinstance(value, dict) and key in below:
                self._table(f"{name} {key}", value)
            elif name not in self.commands or key not in _options(self.commands[name]):
                known = below if name not in self.commands else {*_options(self.commands[name])}
                self._wrong("config-no-option", key, name, known)
            else:
                self._set(name, key, value)

    def _set(self, command: str, option: str, value: Any) -> None:
        param = _options(self.commands[command])[option]
        if option == "pack":
            beside = self.file.parent / str(value)
            self.packs[command] = str(beside) if (beside / "pack.yaml").is_file() else str(value)
            return
        within = self.defaults
        for word in command.split():
            within = within.setdefault(word, {})
        if isinstance(value, list) != bool(getattr(param, "multiple", False)):
            value = [value] if not isinstance(value, list) else value[-1] if value else None
        as_text = [str(one) if not isinstance(one, bool) else one for one in value] if isinstance(value, list) else value
        within[str(param.name)] = as_text if isinstance(as_text, list | bool | int) else str(as_text)

    def _wrong(self, code: str, name: str, table: str, known: set[str]) -> None:
        from lookback.words.errors import Mistake, did_you_mean
        from lookback.words.source import Span

        heading = re.escape(table.replace(" ", "."))
        start = found.end() if table and (found := re.search(rf"^\s*\[\s*{heading}\s*\]", self.source.text, re.MULTILINE)) else 0
        at = re.compile(rf"^\s*\[?\s*[\"']?({re.escape(name)})\b", re.MULTILINE).search(self.source.text, start)
        span = Span(self.source, at.start(1), at.end(1)) if at is not None else Span(self.source, 0, 1)
        self.mistakes.append(Mistake(code, span, {"name": name, "known": ", ".join(sorted(known))}, did_you_mean(name, known)))


def _commands(group: click.Group, before: str) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from _commands(command, f"{before}{name} ")
        elif command is not None:
            yield f"{before}{name}", command


def _options(command: click.Command) -> dict[str, click.Parameter]:
    """The options of a command by their names without dashes; its pack is one, be it an argument."""
    found: dict[str, click.Parameter] = {}
    for param in command.params:
        if isinstance(param, click.Option):
            found |= {name[2:]: param for name in param.opts if name.startswith("--") and name[2:] not in NOT_HERE}
        elif param.name == "pack":
            found["pack"] = param
    return found
