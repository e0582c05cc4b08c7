"""The tree of exceptions, and how a mistake is shown.

    LookbackError                what a caller may catch; `exit_code` is what the command line ends with (2)
    ├── PackError                a rule pack with mistakes: all that were found, sorted by place
    ├── InputError               records that cannot be read at all, or that leave nothing to judge
    │   └── ProblemsError        records with values or rows that cannot be used, where that was not to be
    ├── UsageError               an option, parameter or condition that cannot be used
    ├── OutputError              a folder or file that cannot be written
    └── InternalError            a check of our own failed; never the user's doing
        └── DecisionError        a situation that the rules engine did not decide in exactly one way

In: codes and their arguments from any stage. Out: text, by the catalogue of `messages`. A code is stable and in kebab-case;
its words are in the catalogue alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from lookback.words import Word, default_language, say
from lookback.words.source import Span, draw

SHOWN_AT_MOST = 50
_MOST_SAID = 4_000
"""Characters of what a message is about; the path of a file may have about as many."""

Help = tuple[str, dict[str, Any]]
"""The code and the arguments of a help line."""


@dataclass(frozen=True)
class Edit:
    """A mechanical correction: `text` in place of what stands at `span`."""

    span: Span
    text: str


@dataclass(frozen=True)
class Mistake:
    """One thing wrong, as data: `code` and `args` find the words, `span` the place, `help` (code, args) the way out.
    `fix` is the way out as edits of one file, where nobody has to think about it."""

    code: str
    span: Span | None = None
    args: dict[str, Any] = field(default_factory=dict)
    help: Help | None = None
    severity: Literal["error", "warning"] = "error"
    fix: tuple[Edit, ...] = ()

    @property
    def order(self) -> tuple[str, int, int]:
        """What mistakes are sorted by: their place."""
        return self.span.order if self.span else ("", 0, 0)

    def message(self, lang: str) -> str:
        return say(lang, self.code, **{name: _short(value) for name, value in self.args.items()})

    def help_text(self, lang: str) -> str | None:
        return say(lang, self.help[0], **self.help[1]) if self.help is not None else None

    def render(self, lang: str = "en") -> str:
        lines = [f"{say(lang, self.severity)}[{self.code}]: {self.message(lang)}"]
        if self.span is not None:
            lines.append(draw(self.span))
        if self.help is not None:
            lines.append(f"{say(lang, 'help')}: {self.help_text(lang)}")
        return "\n".join(lines)


def _short(value: Any) -> Any:
    """Of what a file says without end, the beginning."""
    if isinstance(value, Word):
        return Word(value.code, **{name: _short(arg) for name, arg in value.args.items()})
    return f"{value[:_MOST_SAID]}…" if isinstance(value, str) and len(value) > _MOST_SAID else value


def did_you_mean(word: str, known: Iterable[str]) -> Help | None:
    """A help entry that proposes the nearest known word, if one is near."""
    from difflib import get_close_matches  # only a mistake needs it

    candidates = sorted(known)
    near = get_close_matches(word, candidates, n=1, cutoff=0.6)
    if not near:
        near = [c for c in candidates if c.casefold() == word.casefold()]
    return ("help.did-you-mean", {"word": near[0]}) if near else None


def render_all(mistakes: Sequence[Mistake], lang: str = "en") -> str:
    """Every mistake by place, at most SHOWN_AT_MOST of them, and how many more there are."""
    ordered = sorted(mistakes, key=lambda m: m.order)
    shown = [m.render(lang) for m in ordered[:SHOWN_AT_MOST]]
    if len(ordered) > SHOWN_AT_MOST:
        shown.append(say(lang, "and-more", n=len(ordered) - SHOWN_AT_MOST))
    return "\n\n".join(shown)


class LookbackError(Exception):
    """Something the user is told in one message: a code and its arguments."""

    exit_code = 2

    def __init__(self, code: str, *, help: Help | None = None, **args: Any) -> None:
        self.code, self.args_, self.help = code, args, help
        super().__init__(self.render("en"))

    def render(self, lang: str = "en") -> str:
        return Mistake(self.code, None, self.args_, self.help).render(lang)


class PackError(LookbackError):
    """A rule pack with mistakes; `mistakes` holds them all."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = list(mistakes)
        super().__init__("pack-has-mistakes", n=len(self.mistakes))

    def render(self, lang: str = "en") -> str:
        return render_all(self.mistakes, lang)


class InputError(LookbackError):
    """Records that cannot be read at all; `several` where that is so of more than one file."""

    def __init__(self, code: str, *, several: Sequence[InputError] = (), **rest: Any) -> None:
        self.several = several
        super().__init__(code, **rest)

    def render(self, lang: str = "en") -> str:
        if not self.several:
            return super().render(lang)
        shown = [error.render(lang) for error in self.several[:SHOWN_AT_MOST]]
        return "\n\n".join([*shown, super().render(lang)])


class ProblemsError(InputError):
    """Values or rows that cannot be used. `rows`: the first of them, as in problems.csv; `kinds`: how many of each kind;
    `notices`: what else is told of the input."""

    def __init__(self, rows: Sequence[Mapping[str, str]], kinds: Mapping[str, int], notices: Sequence[Any]) -> None:
        self.rows, self.kinds, self.notices = rows, kinds, notices
        super().__init__("strict-problems", n=sum(kinds.values()))


class UsageError(LookbackError):
    """An option, parameter or condition that cannot be used; `mistakes` where it has a place in a text."""

    def __init__(self, code: str, *, mistakes: Sequence[Mistake] = (), **rest: Any) -> None:
        self.mistakes = list(mistakes)
        super().__init__(code, **rest)

    def render(self, lang: str = "en") -> str:
        return render_all(self.mistakes, lang) if self.mistakes else super().render(lang)


class OutputError(LookbackError):
    """A folder or file that cannot be written."""


class InternalError(LookbackError):
    """A check of our own failed."""


class DecisionError(InternalError):
    """A situation was not decided in exactly one way, or the confirmation disagrees."""


@dataclass(frozen=True)
class Notice:
    """Something about the input that is worth telling and spoils no value: a column that is no field, a table not given."""

    code: str
    args: Mapping[str, Any]
    file: str | None = None
    sheet: str | None = None
    more: int = 0  # other places where it is so
    zh: Mapping[str, Any] = field(default_factory=dict)  # arguments that Chinese says otherwise: titles in place of ids
    lang: str = field(default="", compare=False, repr=False)  # that its text is in; where it is "", that of the locale

    @property
    def place(self) -> str:
        return "" if self.file is None else f"{self.file} ({self.sheet})" if self.sheet else self.file

    def message(self, lang: str) -> str:
        return say(lang, self.code, **{**self.args, **(self.zh if lang == "zh" else {})})

    def render(self, lang: str) -> str:
        """The sentence behind its place, and how many other places it is so in."""
        more = say(lang, "screen.also-in", n=self.more) if self.more else ""
        return f"{self.place}{more}: {self.message(lang)}" if self.place else self.message(lang)

    def __str__(self) -> str:
        return self.render(self.lang or default_language())

    __repr__ = __str__  # a tuple of them is to be read, too


_NOT_READ = ("unknown-sheet", "hidden-sheet", "sheet-beside")


def once(notices: Sequence[Notice]) -> tuple[Notice, ...]:
    """What is so in many places, once, with the first of them; of sheets that are not read, each by its name."""
    first: dict[tuple[object, ...], Notice] = {}
    for notice in notices:
        sheet = notice.sheet if notice.code in _NOT_READ else None
        said = notice.code, sheet, *sorted((name, str(value)) for name, value in notice.args.items())
        first[said] = replace(first[said], more=first[said].more + 1) if said in first else notice
    return tuple(first.values())
