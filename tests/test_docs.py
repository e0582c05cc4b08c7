"""The documents, held against the program: sessions run, references are complete, every message has its words.

`pytest --update-golden` writes the outputs of the sessions, `docs/commands.md` and `docs/errors.md` anew.
"""

from __future__ import annotations

import ast
import io
import os
import re
import shlex
import shutil
import string
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import get_args

import click
import pytest
from broken_packs import BROKEN, Broken
from logic_packs import PAIRS
from logic_packs import write as write_logic
from screen import ROOT, Kept
from wcwidth import wcswidth

from lookback.authoring.examine import examine
from lookback.cli import _base
from lookback.cli import main as cli
from lookback.cli._base import Group
from lookback.cli.packs.error import pages
from lookback.language.conditions import Status
from lookback.language.types import Type
from lookback.packs.check import check_pack
from lookback.packs.read import read_pack
from lookback.proving import search
from lookback.proving.examples import in_words
from lookback.proving.proof import prove
from lookback.receipts import secret, versions
from lookback.words import CATALOGUE, LANGUAGES

SESSIONS = ("README.md", "docs/README.zh.md", "docs/inspection.md", "docs/rounds.md")
BUSY = re.compile("^(?:looking for changes, |正在查找改动，).*\n", re.MULTILINE)
"""What a command says while it works, where that takes longer than a few seconds."""
ROOT_OF = re.compile(r"\b[0-9a-f]{64}\b")
"""The root of a review, which is another with every version of the pack; a key that is typed stays."""
IN_CHINESE = ("docs/inspection.zh.md", "docs/rounds.zh.md")
BLOCK = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.MULTILINE | re.DOTALL)
ENGLISH = {k: v for k, v in os.environ.items() if k not in ("LC_MESSAGES", "LANG", "LANGUAGE")} | {
    "LC_ALL": "C.UTF-8",
    "COLUMNS": "80",
}


# ------------------------------------------------------------------------------------------------------------- sessions


def commands_in(block: str) -> list[str]:
    return [line[2:] for line in block.splitlines() if line.startswith("$ ")]


def outputs(commands: list[str], folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What each command prints, where fixtures and rules are at hand; `lookback` in this process, all others in a shell. A
    secret is no chance here, versions are the same everywhere, and z3 is given time on a busy machine, too."""
    for name in ("fixtures", "rules"):
        shutil.copytree(ROOT / name, folder / name)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", ENGLISH["COLUMNS"])
    monkeypatch.setattr(secret, "chance", lambda: "5e" * 32)
    monkeypatch.setattr(versions, "of_others", lambda: {"python": "3.12", "duckdb": "1.5.6"})
    begun = search.Clock.__init__
    monkeypatch.setattr(search.Clock, "__init__", lambda self, seconds=None: begun(self, seconds and 20 * seconds))
    printed, code = [], 0
    for command in commands:
        if command.startswith("lookback "):
            _, *given = shlex.split(command)
            monkeypatch.setattr(_base, "LANG", given[given.index("--lang") + 1] if "--lang" in given else "en")
            screen = io.TextIOWrapper(io.BytesIO(), "utf-8", newline="\n", write_through=True)
            with redirect_stdout(screen), redirect_stderr(screen), pytest.raises(SystemExit) as ended:
                cli.main(given)
            code = int(ended.value.code or 0)
            printed.append(screen.buffer.getvalue().decode())
        else:
            here = re.sub("^lookback ", f"{sys.executable} {ROOT / 'cli.py'} ", re.sub("^python ", f"{sys.executable} ", command))
            shell = ["bash", "-c", f"exec 2>&1; (exit {code}); {here}"]
            run = subprocess.run(shell, env=ENGLISH, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False)
            printed.append(BUSY.sub("", run.stdout.decode()))
            code = run.returncode
    typed = " ".join(commands)
    return [ROOT_OF.sub(lambda found: found[0] if found[0] in typed else "9f2c…", text) for text in printed]


@pytest.mark.long
@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
@pytest.mark.parametrize("document", [*SESSIONS, *(pytest.param(document, marks=pytest.mark.slow) for document in IN_CHINESE)])
def test_the_session_of_a_document_runs_and_prints_what_it_shows(
    document: str, tmp_path: Path, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (ROOT / document).read_text("utf-8")
    blocks = [commands_in(block) for block in BLOCK.findall(text)]
    assert any(blocks), "there is no session"
    printed = iter(outputs([command for block in blocks for command in block], tmp_path, monkeypatch))
    written = iter(["".join(f"$ {command}\n{next(printed)}" for command in block) for block in blocks])
    kept(document, BLOCK.sub(lambda _: next(written), text))


@pytest.mark.parametrize("document", SESSIONS)
def test_a_document_names_no_file_that_is_not_there(document: str) -> None:
    folder = (ROOT / document).parent
    links = re.findall(r"\]\(([^)#:]+)\)", (ROOT / document).read_text("utf-8"))
    assert [link for link in links if not (folder / link).exists()] == []


def test_the_rules_that_the_documents_show_are_those_of_the_pack() -> None:
    rules = "\n".join(" ".join(file.read_text("utf-8").split()) for file in sorted((ROOT / "rules").rglob("*.rules.yaml")))
    for document in SESSIONS:
        for block in re.findall(r"^```yaml\n(.*?)^```$", (ROOT / document).read_text("utf-8"), re.MULTILINE | re.DOTALL):
            assert " ".join(block.split()) in rules, f"{document} shows:\n{block}"


def test_the_python_of_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("fixtures", "rules"):
        shutil.copytree(ROOT / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"^```python\n(.*?)^```$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert blocks
    for block in blocks:
        exec(compile(block, "README.md", "exec"), {})
    assert (tmp_path / "build" / "small" / "review.json").is_file()


# ------------------------------------------------------------------------------------------------------------- commands


def all_commands(group: Group = cli.cli, before: str = "") -> Iterator[tuple[str, click.Command]]:
    """(name as typed, command), groups before what they hold."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield f"{before}{name}", command
        if isinstance(command, Group):
            yield from all_commands(command, f"{before}{name} ")


COMMANDS = dict(all_commands())


def test_the_page_of_commands_is_what_help_prints(kept: Kept) -> None:
    page = ["# Commands\n\nWhat `--help` prints.\n"]
    for name in ("", *COMMANDS):
        command = [sys.executable, str(ROOT / "cli.py"), *name.split(), "--help"]
        said = subprocess.run(command, env=ENGLISH, capture_output=True, text=True, encoding="utf-8", check=True).stdout
        page.append(f"## lookback {name}".rstrip() + f"\n\n```text\n{said.strip()}\n```\n")
    kept("docs/commands.md", "\n".join(page))


def test_every_command_and_option_is_in_the_documents() -> None:
    documents = "\n".join(path.read_text("utf-8") for path in (ROOT / "README.md", *ROOT.glob("docs/*.md")))
    missing = []
    for name, command in COMMANDS.items():
        missing += [] if f"lookback {name}" in documents else [name]
        for param in command.params:
            if isinstance(param, click.Option):
                missing += [option for option in param.opts if not re.search(rf"(?<![\w-]){re.escape(option)}\b", documents)]
    assert missing == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_command_and_option_has_a_help_text_in_each_language(lang: str) -> None:
    program = f"""
import sys
sys.path.insert(0, {str(ROOT / "engine")!r})
sys.argv = ["lookback", "--lang", {lang!r}]
sys.path.insert(0, {str(ROOT / "tests")!r})
from test_docs import COMMANDS
for name, command in COMMANDS.items():
    for text in (command.help, command.short_help, *(p.help for p in command.params if p.param_type_name == "option")):
        print(name, "|", " ".join((text or "").split()))
"""
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, encoding="utf-8", check=True).stdout
    texts = [line.partition(" | ")[2] for line in said.splitlines()]
    assert all(texts)
    if lang == "zh":
        assert [text for text in texts if not re.search(r"[一-鿿]", text)] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_help_page_is_wider_than_80_columns(lang: str) -> None:
    program = f"""
import sys
sys.path[:0] = [{str(ROOT / "engine")!r}, {str(ROOT / "tests")!r}]
sys.argv = ["lookback", "--lang", {lang!r}]
from test_docs import COMMANDS
for name, command in COMMANDS.items():
    context = command.context_class(command, info_name="lookback " + name, terminal_width=80, max_content_width=80)
    print(command.get_help(context))
"""
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, encoding="utf-8", check=True).stdout
    assert len(said.splitlines()) > 200
    assert [line for line in said.splitlines() if wcswidth(line) > 80] == []


# ------------------------------------------------------------------------------------------------------------- messages

OF_A_COMMAND = ("short", "help", "example")
COMMAND_CODES = {name.replace(" ", ".") for name in COMMANDS}
FROM_CLICK = ("options", "commands")
"""Headings that click names, and that we translate."""

RAISERS = (
    "Mistake",
    "mistake",
    "_mistake",
    "Wrong",
    "warn",
    "_warn",
    "PackError",
    "InputError",
    "UsageError",
    "OutputError",
    "InternalError",
    "DecisionError",
    "LookbackError",
)


def code_files() -> list[Path]:
    package = ROOT / "engine" / "lookback"
    return [path for path in sorted(package.rglob("*.py")) if path.name.startswith("error") or path.parent.name != "words"]


def texts(node: ast.AST) -> Iterator[str]:
    """The texts that a node may be: a constant, or either side of a condition."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from texts(node.body)
        yield from texts(node.orelse)


def errors(files: Sequence[Path] | None = None) -> dict[str, str]:
    """Every code that is raised or collected as a mistake (in `files`, or anywhere) -> a file that does it."""
    found: dict[str, str] = {}
    for path in code_files() if files is None else files:
        tree = ast.parse(path.read_text("utf-8"))
        named: dict[str, list[str]] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                named.setdefault(node.targets[0].id, []).extend(texts(node.value))
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Call)
                and (node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")) in RAISERS
                and node.args
            ):
                codes = [text for argument in node.args[:2] for text in texts(argument)] or (
                    named.get(node.args[0].id, []) if isinstance(node.args[0], ast.Name) else []
                )
                found |= {code: str(path.relative_to(ROOT)) for code in codes if re.fullmatch(r"[a-z][a-z0-9-]+", code)}
            elif isinstance(node, ast.Dict):  # what the process that reads workbooks answers: {"code": …}
                pairs = zip(node.keys, node.values, strict=True)
                said = [value for key, value in pairs if isinstance(key, ast.Constant) and key.value == "code"]
                found |= {code: str(path.relative_to(ROOT)) for value in said for code in texts(value)}
    return found


def written() -> tuple[set[str], set[str]]:
    """Every text constant in the code, and every first part of a text that is put together."""
    constants: set[str] = set()
    starts: set[str] = set()
    for path in code_files():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                constants.add(node.value)
            elif isinstance(node, ast.JoinedStr) and node.values and isinstance(node.values[0], ast.Constant):
                starts.add(str(node.values[0].value))
    return constants, starts


def slots(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def test_every_message_is_in_both_languages_with_the_same_slots() -> None:
    assert LANGUAGES == ("en", "zh")
    assert [code for code, said in CATALOGUE.items() if len(said) != 2 or not all(said)] == []
    different = {code: (slots(en), slots(zh)) for code, (en, zh) in CATALOGUE.items() if slots(en) != slots(zh)}
    assert different == {}
    assert [code for code, (_, zh) in CATALOGUE.items() if slots(zh) == set() and not re.search(r"[一-鿿，；。、]", zh)] == []


def test_no_code_stands_in_two_catalogues() -> None:
    catalogues = (ROOT / "engine" / "lookback" / "words").glob("*.txt")
    lines = [line for path in catalogues for line in path.read_text("utf-8").split("\n")]
    seen = [line for line in lines if line and not line.startswith(("#", " "))]
    assert set(seen) == set(CATALOGUE)
    assert [line[:6] for line in lines if line.startswith(" ")] == ["  en: ", "  zh: "] * len(seen)
    assert sorted(seen) == sorted(set(seen))


def test_every_error_has_its_words() -> None:
    assert {code: file for code, file in errors().items() if code not in CATALOGUE} == {}


def test_every_message_is_used() -> None:
    """A code stands in the code as it is, or is put together: its first part there, and each of the others somewhere; those of a
    command are put together of the command's."""
    constants, starts = written()
    parts = {part for constant in constants for part in constant.split(".")} | set(FROM_CLICK)

    def used(code: str) -> bool:
        stem, _, kind = code.rpartition(".")
        if code in constants or code in FROM_CLICK or (kind in OF_A_COMMAND and stem in COMMAND_CODES):
            return True
        return any(code.startswith(s) and set(code.removeprefix(s).split(".")) <= parts for s in starts if s.endswith("."))

    assert [code for code in CATALOGUE if not used(code)] == []


@pytest.mark.parametrize(
    ("start", "values"), [("expect", [t for t in Type if t is not Type.CHOICE]), ("status", get_args(Status))]
)
def test_every_value_that_is_put_into_a_code_has_its_words(start: str, values: Sequence[str]) -> None:
    assert [value for value in values if f"{start}.{value}" not in CATALOGUE] == []


PACK_FILES = ("packs/**/*.py", "language/**/*.py", "authoring/rule_tests.py", "authoring/examine.py")
"""The files that find the mistakes of packs."""
ELSEWHERE = {"no-such-pack", "built-in-pack", "no-pack-yaml", "no-such-param", "no-such-table", "no-such-outcome", "no-such-rule"}
ELSEWHERE |= {"rule-retired", "rules-called-so", "not-added", "cannot-write", "changed-meanwhile"}
ELSEWHERE |= {f"git-{what}" for what in ("failed", "missing", "no-pack", "no-revision")}
"""What these files tell of a command's options, not of a pack."""


def pack_codes() -> set[str]:
    """Every code that a pack's files can raise."""
    return set(errors([path for files in PACK_FILES for path in (ROOT / "engine" / "lookback").glob(files)])) - ELSEWHERE


def shown(said: str) -> str:
    """A template as a reader wants it, on one line."""
    return " ".join(re.sub(r"\{(\w+):([^|}]+)\|([^}]+)\}", r"{\1} \3", said).split())


MOST_LINES = 60
"""Of what has more the page shows the ends."""


def excerpt(text: str, changed: tuple[int, int]) -> str:
    """The lines `changed` (from, to) of a pack's file, and the whole of the list item or key that they stand in."""
    lines = text.splitlines()
    start, end = changed

    def outer(line: str) -> bool:
        return bool(line) and (len(line) - len(line.lstrip()) < 3)

    start -= start == end  # where lines are missing: what stands before them
    while start > 0 and not outer(lines[start]):
        start -= 1
    while end < len(lines) and not outer(lines[end]):
        end += 1
    shown = lines[start:end] if end - start <= MOST_LINES else [*lines[start : start + 8], "…", *lines[end - 3 : end]]
    found = "\n".join(shown).rstrip()
    return found if len(found) < 2500 else found[:400] + "\n…\n" + found[-400:]


def difference(one: str, two: str) -> tuple[tuple[int, int], tuple[int, int]]:
    """From where to where the lines of two texts differ, in each of them."""
    ones, twos = one.splitlines(), two.splitlines()
    start = next((i for i, (a, b) in enumerate(zip(ones, twos, strict=False)) if a != b), min(len(ones), len(twos)))
    most = min(len(ones), len(twos)) - start
    same = next((i for i in range(most) if ones[-1 - i] != twos[-1 - i]), most)
    return (start, len(ones) - same), (start, len(twos) - same)


def example(broken: Broken, folder: Path) -> list[str]:
    """A mistake with the lines that have it, what is said of it, and the lines that pass."""
    shutil.rmtree(folder, ignore_errors=True)
    broken.write(folder)
    (mistake,) = examine(folder, ["check"]).mistakes
    said = ["```text", mistake.render(), "```", ""]
    if not broken.text():
        return said
    right, failing = difference(broken.right_text(), broken.text())
    if broken.file.endswith(".md"):
        return ["Fails:", "", "```text", broken.text().rstrip(), "```", "", *said]
    fails = ["Fails:", "", "```yaml", f"# {broken.file}", excerpt(broken.text(), failing), "```", ""]
    return [*fails, *said, "Passes:", "", "```yaml", f"# {broken.file}", excerpt(broken.right_text(), right), "```", ""]


def flaw(code: str, folder: Path) -> list[str]:
    """A pack with a flaw of its logic, what is said of it with an example, and the pack without the flaw."""
    pair = min((p for p in PAIRS if {finding[0] for finding in p.found} == {code}), key=lambda p: len(p.sound))
    shutil.rmtree(folder, ignore_errors=True)
    pack = check_pack(read_pack(write_logic(pair.flawed, folder)))
    found = prove(pack).found[0]
    said = [found.mistake.render(), *(in_words(pack, example, found.rules, "en") for example in found.examples)]
    passes = ["Passes:", "", "```text", pair.sound, "```", ""]
    return ["Fails:", "", "```text", pair.flawed, "```", "", "```text", *said, "```", "", *passes]


def test_the_page_of_errors_explains_every_error(kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    examples = {broken.code: broken for broken in reversed(BROKEN)}
    of_packs = pack_codes()
    found = sorted(code for code in errors() if code in CATALOGUE)
    lines = [
        "# Errors",
        "",
        "Every code in brackets that `lookback` may print. A code stays what it is; its words may get better.",
        "",
        "## Rule packs",
        "",
        "What `lookback rules check` tells, each with an example that fails and one that passes. The examples are those of",
        "`tests/broken_packs.py`.",
        "",
    ]
    for code in (code for code in found if code in of_packs):
        en, zh = map(shown, CATALOGUE[code])
        lines += [f"### {code}", "", f"- {en}", f"- {zh}", "", *example(examples[code], Path("small"))]
    lines += [
        "## The logic of a pack",
        "",
        "What `lookback rules prove` tells. The examples are those of `tests/logic_packs.py`, a line a rule or fact.",
        "",
    ]
    for code in sorted({finding[0] for pair in PAIRS for finding in pair.found}):
        en, zh = map(shown, CATALOGUE[code])
        lines += [f"### {code}", "", f"- {en}", f"- {zh}", "", *flaw(code, Path("small"))]
    lines += ["## Records, options and files", "", "| code | English | 中文 |", "|---|---|---|"]
    for code in (code for code in found if code not in of_packs):
        en, zh = (shown(said).replace("|", "\\|") for said in CATALOGUE[code])
        lines.append(f"| `{code}` | {en} | {zh} |")
    page = "\n".join(lines) + "\n"
    assert set(pages(page)) == {*found, *(finding[0] for pair in PAIRS for finding in pair.found)}
    kept("docs/errors.md", page)
