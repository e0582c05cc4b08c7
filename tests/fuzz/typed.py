"""What people type, in this process: conditions, packs and command lines, drawn by a seed.

Everything ends in a result or in one of the project's own errors, never in an internal one, and soon; what is accepted is
compiled and run on a handful of records.
"""

from __future__ import annotations

import contextlib
import datetime
import io
import os
import random
import re
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
from builders import pack_of
from grammar import Grammar
from screen import cpu_seconds
from strategies import CALENDAR, DOMAINS, KEYS, PARAMS, SCHEMA, pack_files, table_of, write_pack, write_table

import lookback as api
from lookback.cli import main as cli
from lookback.judging.trial import Trial
from lookback.packs.check import check_pack
from lookback.packs.checked import CheckedPack, Pack
from lookback.packs.lint import lint
from lookback.packs.model import Fact, Rule, Title
from lookback.packs.read import read_pack
from lookback.words import say
from lookback.words.errors import InputError, Mistake, PackError
from lookback.words.source import Path as At
from lookback.words.source import Place, Source, Span

SECONDS = 2.0
"""Of CPU that one condition, pack or command may take."""
SECONDS_OF_COMMAND = 10.0
"""A command without a pack takes the built-in one, whose tests alone take some seconds."""
TABLES = ("units", "issues")
FILE = "1-random.rules.yaml"
TINY = Path(__file__).parents[1] / "tiny"


class Fell(AssertionError):
    """Something typed that ended as nothing typed may end."""


@dataclass
class Counts:
    """How many were drawn, and how many of them accepted."""

    drawn: int = 0
    accepted: int = 0
    slowest: float = 0.0
    codes: dict[str, int] = field(default_factory=dict)

    def told(self, mistakes: Sequence[Mistake]) -> None:
        for mistake in mistakes:
            assert mistake.render("en")
            assert mistake.render("zh")
            self.codes[mistake.code] = self.codes.get(mistake.code, 0) + 1


def base_pack(folder: Path) -> Pack:
    """Units with issues, without facts or rules of their own."""
    rules = [{"rule": "none", "for": "units", "require": "name is not null"}]
    write_pack(replace(pack_of({table: table_of(table) for table in TABLES}, rules, params=PARAMS), calendar=CALENDAR), folder)
    return read_pack(folder)


class Conditions:
    """Checks conditions, many in one pack: each is the value of a fact or what a rule requires."""

    def __init__(self, folder: Path) -> None:
        self.base = base_pack(folder)
        self.counts = Counts()

    def __call__(self, texts: Sequence[str] | dict[int, str], lang: str | None = None) -> None:
        """Raises Fell for the first text that fell; its place among them says whose it is: a fact's or a rule's."""
        texts = texts if isinstance(texts, dict) else dict(enumerate(texts))
        start = cpu_seconds()
        try:
            accepted = self.run(texts, lang)
        except Exception as error:
            if len(texts) == 1:
                raise Fell(f"{texts}: {type(error).__name__}: {error}") from error
            self.halves(texts, lang)
            raise Fell(f"together, though none alone: {texts}: {error}") from error
        took = cpu_seconds() - start
        if took <= SECONDS:
            self.counts.slowest = max(self.counts.slowest, took / len(texts))
            self.counts.drawn += len(texts)
            self.counts.accepted += accepted
        elif len(texts) == 1:
            raise Fell(f"{texts}: {took:.1f} s")
        else:
            self.halves(texts, lang)

    def halves(self, texts: dict[int, str], lang: str | None) -> None:
        items = [*texts.items()]
        for half in (items[: len(items) // 2], items[len(items) // 2 :]):
            self(dict(half), lang)

    def run(self, texts: dict[int, str], lang: str | None) -> int:
        """How many of the texts are accepted; these are judged."""
        left = dict(texts)
        while left:
            try:
                pack = check_pack(self.pack_of(left))
            except PackError as error:
                self.counts.told(error.mistakes)
                bad = {int(m.span.source.name) for m in error.mistakes if m.span is not None and m.span.source.name.isdecimal()}
                if not bad & left.keys():
                    raise
                left = {at: text for at, text in left.items() if at not in bad}
                continue
            self.counts.told(lint(pack))
            Trial(pack, "reference", lang).judge(RECORDS)
            return len(left)
        return 0

    def pack_of(self, texts: dict[int, str]) -> Pack:
        facts: list[tuple[At, Fact]] = []
        rules: list[tuple[At, Rule]] = []
        places = dict(self.base.places)
        for at, text in texts.items():
            place, table = Place(Span(Source(str(at), text), 0, len(text)), range(len(text))), TABLES[at % 2]
            path: At = (FILE, "texts", at)
            key = "value"
            if any(f"{name}(" in text for name in ("count", "sum", "min", "max", "avg")):
                facts.append((path, Fact(fact=f"x{at}", of="units", from_="issues", value=text)))
            elif at % 5 == 0:
                facts.append((path, Fact(fact=f"x{at}", of=table, value=text)))
            else:
                key = "when" if at % 5 == 1 else "require"
                both = {"when": text, "require": "name is not null"} if key == "when" else {"require": text}
                rule = Rule(rule=f"r{at}", for_=table, title=Title(en="R"), otherwise="make_up", **both)  # type: ignore[arg-type]
                rules.append((path, rule))
            places |= {path: Place(place.span), (*path, key): place}
        return replace(self.base, facts=tuple(facts), rules=tuple(rules), places=places)


def _records() -> dict[str, list[dict[str, Any]]]:
    """Units with issues: a sound one, one at the ends of what there is, a blank one."""
    ends = {"integer": 2**53, "number": Decimal(10**12 - 1), "date": datetime.date.max}
    least = {"integer": -(2**53), "number": Decimal("-0.000001"), "date": datetime.date.min}
    rows: list[dict[str, Any]] = [
        {name: DOMAINS[type_][1] for name, type_ in SCHEMA.items()},
        {name: ends.get(type_, DOMAINS[type_][0]) for name, type_ in SCHEMA.items()},
        {name: least.get(type_, DOMAINS[type_][-1]) for name, type_ in SCHEMA.items()},
        dict.fromkeys(SCHEMA),
    ]
    units = [{KEYS["units"]: f"U{at}"} | row for at, row in enumerate(rows)]
    return {"units": units, "issues": [{KEYS["issues"]: f"I{i}", KEYS["units"]: f"U{i % 3}"} | row for i, row in enumerate(rows)]}


RECORDS = _records()


def conditions(seed: object, n: int, folder: Path, first: int = 0, *, batch: int = 100) -> Counts:
    """Draw and check the conditions from `first` to n. Raises Fell, which says where to go on."""
    check = Conditions(folder)
    for at in range(first, n, batch):
        grammar = Grammar(f"{seed}-{at}")
        try:
            check([grammar.text() for _ in range(min(batch, n - at))], "en" if at % (10 * batch) == 0 else None)
        except Fell as error:
            raise Fell(f"conditions {seed}-{at}: {error}") from error
        going_on(at + batch, 10_000)
    return check.counts


def going_on(done: int, every: int) -> None:
    if done % every == 0:
        print(f"… {done}", file=sys.stderr, flush=True)


# ------------------------------------------------------------------------------------------------------------------- packs

PLAIN = {"units": "name is not null", "issues": "due is not null"}
LINES = ("[", "]", "{", "}", "- ", ": ", "? ", "! ", "!!python/object:os.system x", "&a", "*a", "<<: *a", "|", ">", "%YAML 1.1")
LINES += ("---", "...", '"\\0"', '"\\ud800"', "\t", "1e999", "0x1F", "null", "~", "yes", "2005-09-30", "'", '"', "#", "[" * 200)
LINES += ("{a: " * 120, "x" * 9000)


def spoilt_pack(grammar: Grammar) -> dict[str, str]:
    """The files of a pack with conditions of the grammar, of which one or more may be spoilt."""
    chance = grammar.chance
    rules = [{"rule": f"r-{table}", "for": table, "require": PLAIN[table]} for table in TABLES]
    facts: list[dict[str, Any]] = []
    for at in range(chance.randint(1, 4)):
        table = chance.choice(TABLES)
        if chance.random() < 0.5:
            rules.append({"rule": f"r{at}", "for": table, "require": grammar.condition()})
        elif chance.random() < 0.5:
            facts.append({"fact": f"x{at}", "of": table, "value": grammar.any_value()})
        else:
            facts.append({"fact": f"x{at}", "of": "units", "from": "issues", "value": grammar.aggregate()})
    pack = pack_of({table: table_of(table) for table in TABLES}, rules, facts, params=PARAMS)
    files = dict(pack_files(pack))
    for _ in range(chance.choice((0, 0, 1, 1, 2))):
        name = chance.choice([*files])
        lines = files[name].split("\n")
        at, other = chance.randrange(len(lines)), chance.randrange(len(lines))
        match chance.choice(("out", "twice", "swap", "odd", "text", "text", "indent", "cut")):
            case "out":
                del lines[at]
            case "twice":
                lines.insert(other, lines[at])
            case "swap":
                lines[at], lines[other] = lines[other], lines[at]
            case "odd":
                odd = chance.choice(LINES)
                lines[at] = lines[at].replace(" ", f" {odd}", 1) if chance.random() < 0.5 else odd
            case "text":
                lines[at] = grammar.spoilt(lines[at])
            case "indent":
                lines[at] = " " * chance.randint(0, 6) + lines[at].lstrip()
            case "cut":
                lines = lines[:at]
        files[name] = "\n".join(lines)
    return files


WORDS = ("place", "line", "file", "sheet", "said", "parent", "n", "key", "field", "value", "row", "cell", "table", "why", "unit")
SPOILT = ("", "x", "#N/A", "1.2.3", "2005-02-30", "\ufffd", "9" * 30, "=1+1", "-")


def renamed(files: dict[str, str], chance: random.Random) -> dict[str, str]:
    """A field called as a query calls a column."""
    old, new = chance.choice(("members", "rate", "remark", "agreed", "due", KEYS["issues"])), chance.choice(WORDS)
    return {name: re.sub(rf"\b{old}\b", new, text) for name, text in files.items()}


def spoilt_records(pack: CheckedPack, folder: Path, chance: random.Random) -> None:
    """Its records as CSV, rows of them again with a cell spoilt: without a key, of another parent, not what was said before."""
    folder.mkdir(exist_ok=True)
    for table, rows in records_for(pack).items():
        fields = [*pack.tables[table].columns]
        again = [row | {chance.choice(fields): chance.choice(SPOILT)} for row in chance.choices(rows, k=6)]
        write_table([*rows, *again], fields, folder / f"{table}.csv")


def one_pack(files: dict[str, str], folder: Path, counts: Counts, chance: random.Random) -> None:
    """Read, check, look through and run one pack, every tenth of them on spoilt records. Raises what is no error of the project's
    own."""
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8", "replace")
    counts.drawn += 1
    try:
        pack = check_pack(read_pack(folder))
    except PackError as error:
        counts.told(error.mistakes)
        return
    counts.told(lint(pack))
    counts.accepted += 1
    Trial(pack, "reference", "en").judge(records_for(pack))
    if chance.random() < 0.1:
        shutil.rmtree(folder.parent / "data", ignore_errors=True)
        spoilt_records(pack, folder.parent / "data", chance)
        with contextlib.suppress(InputError):  # there may be nothing to judge
            api.check(folder.parent / "data", folder, out=folder.parent / "review", lang="en", decider="reference")


def records_for(pack: CheckedPack) -> dict[str, list[dict[str, Any]]]:
    """The records, as far as a spoilt pack still has their fields."""
    found: dict[str, list[dict[str, Any]]] = {}
    for table, definition in pack.tables.items():
        keys = {definition.key, pack.parent_key(table)}
        types = {name: f.type.value for name, f in definition.fields.items()}
        for at, row in enumerate(RECORDS.get(table, [])):
            plain = {name: row.get(name) if SCHEMA.get(name) == type_ else None for name, type_ in types.items()}
            key = {name: at if types[name] == "integer" else f"K{at}" for name in keys if name in types}
            found.setdefault(table, []).append(plain | key)
    return found


def packs(seed: object, n: int, folder: Path, first: int = 0) -> Counts:
    """Draw and check the packs from `first` to n. Raises Fell."""
    counts = Counts()
    for at in range(first, n):
        grammar, start = Grammar(f"pack-{seed}-{at}"), cpu_seconds()
        files = spoilt_pack(grammar)
        try:
            one_pack(renamed(files, grammar.chance) if at % 2 else files, folder / "pack", counts, grammar.chance)
        except Exception as error:
            raise Fell(f"pack {seed}-{at}: {type(error).__name__}: {error}") from error
        took = cpu_seconds() - start
        counts.slowest = max(counts.slowest, took)
        if took > SECONDS:
            raise Fell(f"pack {seed}-{at}: {took:.1f} s")
        going_on(at + 1, 1000)
    return counts


# ---------------------------------------------------------------------------------------------------------------- commands

ODD_WORDS = ("", " ", "-", "--", "-1", "0", "1", "9" * 30, "1e9", "x", "U1", "all-dealt-with", "make_up", "name", "县", "a\nb")
ODD_WORDS += ("a\x1b[31m", "\udcff", "x" * 300, "/", "/dev/null", "/nowhere/x", "..", ".", "*", "records", "review", "pack", "=")
ODD_WORDS += ("pack/1.rules.yaml", "a=b", "limit=3", "2005-09-30", "2005-02-30", "as_of=x", "csv", "json", "xlsx", "markdown")
ODD_WORDS += ("html", "zh", "name is not null", "name = ", "'@'")
SOLVING = ("--timeout", "1")


def commands_of() -> list[tuple[tuple[str, ...], click.Command]]:
    """Every command of the command line, with the words that call it."""
    found, waiting = [], [((), cli.cli)]
    while waiting:
        words, command = waiting.pop()
        found.append((words, command))
        if isinstance(command, click.Group):
            names = command.list_commands(click.Context(command))
            waiting += [((*words, name), command.get_command(click.Context(command), name)) for name in names]  # type: ignore[misc]
    return sorted(found, key=lambda item: item[0])


def command_line(grammar: Grammar, known: Sequence[tuple[tuple[str, ...], click.Command]]) -> list[str]:
    """A command with arguments and options of its own, and values that may be anything."""
    chance = grammar.chance
    words, command = chance.choice(known)
    line = [*words]

    def value(param: click.Parameter) -> str:
        if isinstance(param.type, click.Choice) and chance.random() < 0.7:
            return str(chance.choice(list(param.type.choices)))
        meant = {"review": "review", "pack": "pack", "data": "records", "where": "name is not null", "rule": "all-dealt-with"}
        if chance.random() < 0.5 and param.name in meant:
            return meant[str(param.name)]
        return grammar.text() if param.name == "where" or chance.random() < 0.1 else chance.choice(ODD_WORDS)

    for param in command.params:
        if isinstance(param, click.Argument):
            line += [value(param)] if chance.random() < 0.8 else []
        elif chance.random() < 0.25 and not {"--help", "--debug"} & set(param.opts):
            line += [param.opts[0], *([] if getattr(param, "is_flag", False) else [value(param)])]
    if {"--timeout"} & {opt for param in command.params for opt in param.opts} and "--timeout" not in line:
        line += SOLVING
    if "--mutate" in line and "pack" not in line:  # every change of the built-in pack takes a minute
        line.remove("--mutate")
    if chance.random() < 0.2:
        line.insert(chance.randint(0, len(line)), chance.choice(ODD_WORDS))
    return [word.replace("\0", "") for word in line]


def run_command(line: Sequence[str]) -> tuple[int, str]:
    """The exit code of a command in this process, and what it said on stderr."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", errors) for errors in ("strict", "backslashreplace"))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            cli.main(list(line))
        except SystemExit as ended:
            code = int(ended.code or 0)
    err.flush()
    return code, err.buffer.getvalue().decode("utf-8", "replace")  # type: ignore[attr-defined]


def commands(seed: object, n: int, folder: Path, first: int = 0) -> Counts:
    """Draw and run the command lines from `first` to n, in folders of their own. Raises Fell."""
    counts, known, home = Counts(), commands_of(), Path.cwd()
    internal = (say("en", "unexpected", why=""), "Traceback", "internal")
    try:
        for at in range(first, n):
            work = folder / f"work-{at // 100}"
            if not work.exists():
                work.mkdir()
                for name in ("pack", "records"):
                    shutil.copytree(TINY / name, work / name)
                os.chdir(work)
                run_command(["check", "records", "--pack", "pack", "-o", "review"])
            line, start = command_line(Grammar(f"command-{seed}-{at}"), known), cpu_seconds()
            try:
                code, said = run_command(line)
            except Exception as error:
                raise Fell(f"command {seed}-{at}: {line}: {type(error).__name__}: {error}") from error
            took = cpu_seconds() - start
            counts.drawn, counts.accepted = counts.drawn + 1, counts.accepted + (code != 2)
            counts.slowest = max(counts.slowest, took)
            if code not in (0, 1, 2, 3) or any(word and word in said for word in internal):
                raise Fell(f"command {seed}-{at}: {line}: {code}: {said[:1000]}")
            if took > SECONDS_OF_COMMAND:
                raise Fell(f"command {seed}-{at}: {line}: {took:.1f} s")
            going_on(at + 1, 100)
    finally:
        os.chdir(home)
    return counts


def main() -> None:
    """`python tests/fuzz/typed.py TARGET N [SEED [FIRST]]`: conditions, packs or commands; those before FIRST are left out."""
    target, n, *others = sys.argv[1:]
    seed, first = [*others, *("1", "0")[len(others) :]]
    made = {"conditions": conditions, "packs": packs, "commands": commands}[target]
    with tempfile.TemporaryDirectory(prefix="lookback-fuzz-") as folder:
        start = cpu_seconds()
        try:
            counts = made(seed, int(n), Path(folder), int(first))
        except Fell as error:
            sys.exit(f"{error}; {cpu_seconds() - start:.0f} s of CPU")
    print(f"{target}: {counts.drawn} drawn, {counts.accepted} accepted, none fell; {cpu_seconds() - start:.0f} s of CPU")
    print(", ".join(f"{code} {n}" for code, n in sorted(counts.codes.items(), key=lambda item: -item[1])))


if __name__ == "__main__":
    main()
