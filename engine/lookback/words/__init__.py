"""Every sentence that a person reads, in English and Chinese.

In: a language, a code, arguments. Out: the sentence. The words stand in the catalogues of this folder, one text file a subject:
a line with the code, below it `  en: ` and `  zh: ` with the sentence; `\\n` is a new line, and quotes stand around a sentence
that begins or ends with a space. In a template `{n:unit|units}` prints a counted noun ("1 unit", "2 units").
"""

from __future__ import annotations

import os
from pathlib import Path
from string import Formatter
from typing import Any

LANGUAGES = ("en", "zh")


def _catalogue() -> dict[str, tuple[str, ...]]:
    """Code -> (English, Chinese)."""
    found: dict[str, tuple[str, ...]] = {}
    code = ""
    for file in sorted(Path(__file__).parent.glob("*.txt")):
        for line in file.read_text("utf-8").split("\n"):
            if line.startswith("  "):
                said = line[6:].replace("\\n", "\n")
                found[code] = (*found.get(code, ()), said[1:-1] if said[0] == said[-1] == '"' else said)
            elif not line.startswith("#"):
                code = line
    return found


CATALOGUE = _catalogue()


class _Counted(Formatter):
    """`str.format`, and a format spec `one|many` that counts."""

    def format_field(self, value: Any, format_spec: str) -> str:
        if "|" in format_spec:
            one, many = format_spec.split("|")
            return f"{value:,} {one if value == 1 else many}"
        return str(super().format_field(value, format_spec))


_FORMATTER = _Counted()


class Word:
    """A sentence or word of the catalogue as an argument of another: it is said in that one's language."""

    def __init__(self, code: str, **args: Any) -> None:
        self.code, self.args = code, args


def say(lang: str, code: str, /, **args: Any) -> str:
    """The sentence of `code` in `lang` ('en' or 'zh'). Raises KeyError for a code that is in no catalogue."""
    said = {name: say(lang, value.code, **value.args) if isinstance(value, Word) else value for name, value in args.items()}
    template = CATALOGUE[code][LANGUAGES.index(lang)]
    return _FORMATTER.vformat(template, (), said) if "|" in template else template.format_map(said)  # in a tenth of the time


def default_language() -> str:
    """'zh' where the locale (LC_ALL, LC_MESSAGES, LANG, in this order) is Chinese, else 'en'."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return "zh" if value.casefold().startswith("zh") else "en"
    return "en"
