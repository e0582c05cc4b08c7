"""`lookback error CODE`: what an error means, in both languages, with an example where it is one of a pack.

In: a code, or the line that has it. Out: its section of docs/errors.md, which the wheel has, too. It explains no error of a run.
"""

from __future__ import annotations

import re
from pathlib import Path

import click

from lookback.cli._base import DONE, command, echo, format_option
from lookback.words import CATALOGUE, LANGUAGES, say
from lookback.words.errors import UsageError, did_you_mean

_HERE = Path(__file__).resolve().parents[2]
PAGE = next(
    (file for file in (_HERE / "errors.md", _HERE.parents[1] / "docs" / "errors.md") if file.is_file()), _HERE / "errors.md"
)
ABOUT = ("pack", "logic", "input")
"""What the codes of each part of the page are about."""


def pages(text: str) -> dict[str, tuple[str, str]]:
    """By code what it is about, and what the page says below its sentences: nothing of the codes of a table."""
    found: dict[str, tuple[str, str]] = {}
    for about, part in zip(ABOUT, re.split("^## .*\n", text, flags=re.MULTILINE)[1:], strict=True):
        for section in re.split("^### ", part, flags=re.MULTILINE)[1:]:
            code, _, said = section.partition("\n")
            found[code] = about, re.sub("^- .*\n", "", said.lstrip("\n"), count=len(LANGUAGES), flags=re.MULTILINE).strip("\n")
        found |= dict.fromkeys(re.findall(r"^\| `([a-z0-9-]+)` \|", part, flags=re.MULTILINE), (about, ""))
    return found


def sentence(code: str, lang: str) -> str:
    """What is said of it, with names in the place of values; of what is counted the many."""
    said = CATALOGUE[code][LANGUAGES.index(lang)]
    return re.sub(r"\{(\w+):[^|}]+\|([^}]+)\}", r"{\1} \2", said).replace(":,}", "}")


def example(page: str, lang: str) -> str:
    """The page's blocks, indented, in place of its fences."""
    lines, inside = [], False
    for line in page.split("\n"):
        if line.startswith("```"):
            inside = not inside
        else:
            heading = {"Fails:": "error.fails", "Passes:": "error.passes"}.get(line)
            lines.append(say(lang, heading) if heading and not inside else f"    {line}".rstrip() if inside else line)
    return re.sub("\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


@command("error")
@click.argument("code")
@format_option("text", "json", code="verify.format")
def error_command(code: str, form: str, lang: str) -> int:
    from lookback.language.types import in_json

    known = pages(PAGE.read_text("utf-8"))
    named = re.search(r"\[([a-z0-9-]+)\]", code)  # the whole line, as it was printed
    asked = named[1] if named else code.strip()
    if asked not in known:
        raise UsageError("no-such-error", name=asked, help=did_you_mean(asked, known))
    about, page = known[asked]
    said = {each: sentence(asked, each) for each in LANGUAGES}
    if form == "json":
        echo(in_json({"code": asked, **said, "about": say(lang, f"error.{about}"), "example": example(page, lang) or None}))
        return DONE
    order = sorted(LANGUAGES, key=lambda each: each != lang)
    shown = [asked, "", *(said[each] for each in order), "", say(lang, f"error.{about}")]
    echo("\n".join([*shown, *(["", example(page, lang)] if page else [])]))
    return DONE
