"""Every sentence that a person reads, in English and Chinese.

In: a language, a code, arguments. Out: the sentence. The words stand in the catalogues of this folder, one file a subject,
each entry `code: (English, Chinese)`. In a template `{n:unit|units}` prints a counted noun ("1 unit", "2 units").
"""

from __future__ import annotations

import os
from string import Formatter
from typing import Any

from lookback.words._packs import LINT, PACK, PROVE
from lookback.words._records import DATABASE, FORM, INPUT
from lookback.words._reviews import EXPLAIN, FIX, IMPACT, REVIEW
from lookback.words._screen import SCREEN

LANGUAGES = ("en", "zh")
CATALOGUE: dict[str, tuple[str, str]] = {
    **PACK,
    **LINT,
    **INPUT,
    **DATABASE,
    **REVIEW,
    **SCREEN,
    **FORM,
    **EXPLAIN,
    **FIX,
    **IMPACT,
    **PROVE,
}


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
    return _FORMATTER.vformat(CATALOGUE[code][LANGUAGES.index(lang)], (), said)


def default_language() -> str:
    """'zh' where the locale (LC_ALL, LC_MESSAGES, LANG, in this order) is Chinese, else 'en'."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return "zh" if value.casefold().startswith("zh") else "en"
    return "en"
