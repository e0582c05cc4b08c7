"""The text of a YAML file -> its values, and where each of them stands.

YAML is read as data, by the core schema of YAML 1.2 (`yes`, `on` and dates are texts): one document, keys that are words and
stand once, no anchors or aliases. In: a `Source`. Out: plain values, with a `Place` for each path, or every mistake.
libyaml does the parsing; where PyYAML came without it, PyYAML's own parser does, slowly.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import Any

import yaml
from yaml import events

from lookback.words import Word
from lookback.words.errors import Help, Mistake
from lookback.words.source import Path, Place, Source, Span

DEEPEST = 100
"""Lists and mappings within each other; the parser's own limit is 1,000."""
_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
# Besides what YAML refuses: separators that libyaml takes for line ends, as YAML 1.1 did, and so ends a comment; the mark of
# byte order, which it passes over at the beginning of any line.
_NO_YAML = re.compile("[^\t\n -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_TOO_DEEP = "exceeded maximum nesting depth"

_CORE = {
    "null": re.compile(r"~|null|Null|NULL|"),
    "bool": re.compile(r"true|True|TRUE|false|False|FALSE"),
    "int": re.compile(r"[-+]?(?:0b[01_]+|0o[0-7_]+|0x[0-9a-fA-F_]+|[0-9_]+)"),
    "float": re.compile(r"[-+]?(?:[0-9][0-9_]*(?:\.[0-9_]*(?:[eE][-+]?[0-9]+)?|[eE][-+]?[0-9]+)|\.[0-9_]+(?:[eE][-+][0-9]+)?)"),
}
_MAY_BE_CORE = frozenset("~nNtTfF-+.0123456789")


class _Refused(Exception):
    def __init__(self, mistake: Mistake) -> None:
        self.mistake = mistake


def read_yaml(source: Source) -> tuple[Any, dict[Path, Place], list[Mistake]]:
    """The values, their places by path (first the file's name; `[key]` at the end is a key itself), and every mistake."""
    reader = _Reader(source)
    try:
        return reader.document(), reader.places, reader.mistakes
    except _Refused as refused:
        return None, reader.places, [refused.mistake]


def decoded(content: bytes) -> str:
    """A file's text, without a mark of byte order, its lines ended by LF. Raises UnicodeDecodeError."""
    return content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")


def composed(source: Source) -> Any:
    """The tree of PyYAML's nodes of a text that `read_yaml` could read, with their marks and styles; None of an empty one."""
    return yaml.compose(source.text, Loader=_LOADER)


_UNQUOTED = ("mapping values are not allowed in this context", "did not find expected key", "did not find expected ',' or '}'")
"""What the parser says of a colon, a comma or a quotation mark in a text that should have quotes around it."""


def quote_help(span: Span) -> Help | None:
    """That a text needs quotes, where one stands behind a key before a place, on its line."""
    text = span.source.text
    before = text[text.rfind("\n", 0, span.start) + 1 : span.start]
    keys = re.findall(r"(?:^\s*(?:- )?|[{,] ?)(\w+): *[^\s{\[\"]", before)
    return ("help.quote-value", {"key": keys[-1]}) if keys else None


class _Reader:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.places: dict[Path, Place] = {}
        self.mistakes: list[Mistake] = []
        self.events = self._events()

    def _events(self) -> Iterator[Any]:
        """What the parser says, up to where it refuses, or to the first anchor or alias."""
        text = self.source.text
        if found := _NO_YAML.search(text):
            why = Word("yaml.character", character=f"U+{ord(found.group()):04X}")
            raise _Refused(Mistake("not-yaml", Span(self.source, *found.span()), {"why": why}))
        try:
            for event in yaml.parse(text, Loader=_LOADER):
                if getattr(event, "anchor", None) is not None:
                    raise _Refused(Mistake("yaml-alias", self._span(event)))
                yield event
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            at = min(mark.index if mark else 0, len(text))
            span, said = Span(self.source, at, at + 1), (error.problem or error.context or "").strip()
            if said == _TOO_DEEP:
                raise _Refused(Mistake("yaml-too-deep", span)) from error
            told = {"why": Word("yaml.tab") if span.text == "\t" else said}
            raise _Refused(Mistake("not-yaml", span, told, quote_help(span) if said in _UNQUOTED else None)) from error

    def document(self) -> Any:
        """The value of the one document."""
        starts = (event for event in self.events if isinstance(event, events.DocumentStartEvent))
        if next(starts, None) is None:
            self.mistakes.append(Mistake("empty-file", Span(self.source, 0, 0), {"file": self.source.name}))
            return None
        value = self._value(next(self.events), (self.source.name,))
        if (second := next(starts, None)) is not None:
            raise _Refused(Mistake("not-yaml", self._span(second), {"why": Word("yaml.second-document")}))
        return value

    def _value(self, event: Any, path: Path, depth: int = 0) -> Any:
        if isinstance(event, events.ScalarEvent):
            value, span = _scalar(event), self._span(event)
            self.places[path] = Place(span, _offsets(event, span) if isinstance(value, str) else None)
            return value
        if depth > DEEPEST:
            raise _Refused(Mistake("yaml-too-deep", self._span(event)))
        if isinstance(event, events.SequenceStartEvent):
            return self._list(event, path, depth)
        return self._mapping(event, path, depth)

    def _list(self, start: Any, path: Path, depth: int) -> list[Any]:
        values: list[Any] = []
        while not isinstance(event := next(self.events), events.SequenceEndEvent):
            values.append(self._value(event, (*path, len(values)), depth + 1))
        self.places[path] = Place(self._span(start, event))
        return values

    def _mapping(self, start: Any, path: Path, depth: int) -> dict[str, Any]:
        """A mapping stands where its first key does."""
        values: dict[str, Any] = {}
        first: Span | None = None
        while not isinstance(event := next(self.events), events.MappingEndEvent):
            key = event.value if isinstance(event, events.ScalarEvent) else None
            span = self._span(event, event if key is not None else self._skipped(event))
            first = first or span
            if key is not None and key not in values:
                self.places[*path, key, "[key]"] = Place(span)
                values[key] = self._value(next(self.events), (*path, key), depth + 1)
                continue
            self.mistakes.append(Mistake("key-not-a-word", span) if key is None else Mistake("repeated-key", span, {"key": key}))
            self._skipped(next(self.events))
        self.places[path] = Place(first or self._span(start, event))
        return values

    def _skipped(self, event: Any) -> Any:
        """The last event of the value that begins with this one."""
        depth = 0
        while True:
            depth += isinstance(event, events.CollectionStartEvent)
            depth -= isinstance(event, events.CollectionEndEvent)
            if not depth:
                return event
            event = next(self.events)

    def _span(self, first: Any, last: Any = None) -> Span:
        """From the first event to the last, without the line ends that the parser counts to them."""
        start, end = first.start_mark.index, (last or first).end_mark.index
        return Span(self.source, start, start + max(len(self.source.text[start:end].rstrip()), 1))


def _scalar(event: Any) -> Any:
    """A scalar's value by the core schema of YAML 1.2; a tag other than its own leaves a text."""
    text: str = event.value
    if event.implicit[0]:
        if text and text[0] not in _MAY_BE_CORE:
            return text
        kind = next((kind for kind, pattern in _CORE.items() if pattern.fullmatch(text)), "str")
    else:
        kind = str(event.tag).removeprefix("tag:yaml.org,2002:")
    try:
        match kind:
            case "null":
                return None
            case "bool":
                return text.casefold() == "true"
            case "int":
                return int(text.replace("_", ""), 0 if text.lstrip("+-")[:2] in ("0o", "0x") else 10)
            case "float":
                number, exact = float(text.replace("_", "")), Decimal(text.replace("_", ""))
                return number if isfinite(number) and Decimal(repr(number)) == exact else text  # of which a double loses digits
    except (ValueError, InvalidOperation):
        pass
    return text


def _offsets(event: Any, span: Span) -> Sequence[int] | None:
    """For each character of a text its offset in the file; None where the two cannot be laid side by side."""
    at, end = event.start_mark.index, event.end_mark.index
    text, value = span.source.text, event.value
    if event.style in ("|", ">"):
        at = text.find("\n", at) + 1
    elif event.style in ("'", '"'):
        at, end = at + 1, end - 1
    if text[at:end] == value:
        return range(at, at + len(value))
    offsets: list[int] = []
    for char in value:
        if char.isspace():
            offsets.append(min(at, end))
            if at < end and text[at].isspace():
                at += 1
            continue
        while at < end and text[at].isspace():
            at += 1
        if at >= end:
            return None
        if event.style == '"' and text[at] == "\\":
            offsets.append(at)
            at += {"x": 4, "u": 6, "U": 10}.get(text[at + 1], 2)
        elif text[at] == char:
            offsets.append(at)
            at += 2 if event.style == "'" and char == "'" else 1
        else:
            return None
    return tuple(offsets)
