"""The tutorial, played from an empty folder: every command and every edit of it, with what is printed, in both languages.

A block of `console` is run; below a line `<!-- edit: FILE -->` stand two blocks, what is in the file and what it is to be; below
`<!-- in: FILE -->` one that is there.
"""

from __future__ import annotations

import io
import re
import shlex
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
from office_book import write
from openpyxl import load_workbook
from screen import ROOT, Kept

from lookback.cli import _base
from lookback.cli import main as cli

WORKBOOKS = {"en": "restaurants.xlsx", "zh": "餐饮.xlsx"}
STEP = re.compile(
    r"^```console\n(?P<console>.*?)^```$"
    r"|^<!-- edit: (?P<edited>\S+) -->\n+```yaml\n(?P<old>.*?)^```$.*?^```yaml\n(?P<new>.*?)^```$"
    r"|^<!-- in: (?P<file>\S+) -->\n+```yaml\n(?P<part>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


def run(command: str, lang: str, monkeypatch: pytest.MonkeyPatch) -> str:
    _, *given = shlex.split(command)
    monkeypatch.setattr(_base, "LANG", lang)
    screen = io.TextIOWrapper(io.BytesIO(), "utf-8", newline="\n", write_through=True)
    with redirect_stdout(screen), redirect_stderr(screen), pytest.raises(SystemExit):
        cli.main([*given, "--lang", lang])
    return screen.buffer.getvalue().decode()


def played(text: str, lang: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The tutorial with what its commands print."""
    at = 0
    for step in STEP.finditer(text):
        if step["console"] is not None:
            yield text[at : step.start("console")]
            at = step.end("console")
            for line in step["console"].splitlines():
                if line.startswith("$ "):
                    yield f"{line}\n{run(line[2:], lang, monkeypatch)}"
        elif step["edited"] is not None:
            file = Path(step["edited"])
            before = file.read_text("utf-8")
            assert before.count(step["old"]) == 1, f"{file} has not:\n{step['old']}"
            file.write_text(before.replace(step["old"], step["new"]), "utf-8")
        else:
            assert step["part"] in Path(step["file"]).read_text("utf-8"), f"{step['file']} has not:\n{step['part']}"
    yield text[at:]


@pytest.mark.parametrize(
    ("document", "lang"), [("docs/tutorial.zh.md", "zh"), pytest.param("docs/tutorial.md", "en", marks=pytest.mark.slow)]
)
def test_the_tutorial_is_played_and_prints_what_it_shows(
    document: str, lang: str, tmp_path: Path, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    write(Path(WORKBOOKS[lang]), lang)
    kept(document, "".join(played((ROOT / document).read_text("utf-8"), lang, monkeypatch)))


@pytest.mark.parametrize("lang", WORKBOOKS)
def test_the_workbook_of_the_tutorial_is_the_one_that_the_tests_make(lang: str, tmp_path: Path) -> None:
    made, there = load_workbook(write(tmp_path / "made.xlsx", lang)), load_workbook(ROOT / "docs" / "tutorial" / WORKBOOKS[lang])
    assert [[[c.value for c in row] for row in sheet] for sheet in made] == [
        [[c.value for c in row] for row in sheet] for sheet in there
    ]
    assert [str(sheet.merged_cells) for sheet in made] == [str(sheet.merged_cells) for sheet in there]
