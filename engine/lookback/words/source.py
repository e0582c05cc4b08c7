"""A file's text, a span in it, and the drawing of a span with a caret.

In: the text of a pack file, or of a condition typed on the command line. Out: spans that know their line and column, and a
drawing of a span for a person to read. It does not know what the text means.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

TAB = " " * 4


@dataclass(frozen=True)
class Source:
    """A named text. `name` is what messages print before line and column, usually a path as the user gave it."""

    name: str
    text: str = field(repr=False)

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(i + 1 for i, char in enumerate(self.text) if char == "\n")]

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both counted from 1."""
        line = bisect_right(self._line_starts, min(offset, len(self.text))) - 1
        return line + 1, min(offset, len(self.text)) - self._line_starts[line] + 1

    def line(self, number: int) -> str:
        """The text of a line (from 1), without its end."""
        starts = self._line_starts
        end = starts[number] if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end].rstrip("\r\n")


@dataclass(frozen=True)
class Span:
    """The characters `start` to `end` (exclusive) of a source."""

    source: Source
    start: int
    end: int

    @property
    def line(self) -> int:
        return self.source.position(self.start)[0]

    @property
    def column(self) -> int:
        return self.source.position(self.start)[1]

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    def __str__(self) -> str:
        return f"{self.source.name}:{self.line}:{self.column}"

    @property
    def order(self) -> tuple[str, int, int]:
        """What messages are sorted by."""
        return self.source.name, self.start, self.end


_AROUND = 200
"""Characters on either side of a span, and of it, that are shown of a line that is very long."""


def draw(span: Span) -> str:
    """The span's place, its (first) line, of a very long one what is near, and carets below it.

    >>> print(draw(Span(Source("pack.yaml", "a: 1\\nb: two"), 8, 11)))
     --> pack.yaml:2:4
      |
    2 | b: two
      |    ^^^
    """
    from wcwidth import wcswidth  # only a mistake needs it

    line, column = span.source.position(span.start)
    text, length = span.source.line(line), max(span.end - span.start, 1)
    start = max(column - 1 - _AROUND, 0) if len(text) > 3 * _AROUND else 0
    shown = text[start : column - 1 + min(length, _AROUND) + _AROUND] if len(text) > 3 * _AROUND else text
    before = "…" * (start > 0) + text[start : column - 1].replace("\t", TAB)
    marked = text[column - 1 : column - 1 + min(length, _AROUND)].replace("\t", TAB)
    shown = "…" * (start > 0) + shown.replace("\t", TAB) + "…" * (start + len(shown) < len(text))
    gutter = " " * len(str(line))
    carets = "^" * max(wcswidth(marked.rstrip()), 1)
    return "\n".join(
        [
            f"{gutter}--> {span}",
            f"{gutter} |",
            f"{line} | {shown}",
            f"{gutter} | {' ' * max(wcswidth(before), 0)}{carets}",
        ]
    )


Path = tuple[str | int, ...]
"""Where a value stands: the file's name, then keys and indexes."""


@dataclass(frozen=True)
class Place:
    """The span of a value; for a text also the offset in the file of each of its characters, where they are known."""

    span: Span
    offsets: Sequence[int] | None = None

    def part(self, start: int, end: int) -> Span:
        """The span of the characters `start` to `end` (exclusive) of the value."""
        if self.offsets is None or not self.offsets:
            return self.span
        last = len(self.offsets) - 1
        first = self.offsets[min(start, last)]
        return Span(self.span.source, first, max(self.offsets[min(max(end - 1, start), last)], first) + 1)
