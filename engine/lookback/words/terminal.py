"""What a screen takes: how wide a line may be, and whether it shows colours.

In: a stream and the environment. Out: a style for what is printed there. What is no terminal (a file, another program) takes
lines of any length and no colours; NO_COLOR (https://no-color.org) and FORCE_COLOR say otherwise.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TextIO

COLOURS = {"red": "\x1b[31m", "green": "\x1b[32m", "yellow": "\x1b[33m", "bold": "\x1b[1m"}
_END = "\x1b[0m"
LEAST = 6
"""Columns that none is narrowed below."""
HEAD = 2
"""Columns that tabulate leaves free beside each head."""


@dataclass(frozen=True, slots=True)
class Style:
    """`width`: how many columns a line may take, None for any number; `colours`: whether there are some."""

    width: int | None = None
    colours: bool = False

    def paint(self, text: str, colour: str) -> str:
        """A text that is harmless already, in a colour of COLOURS where there are colours."""
        return f"{COLOURS[colour]}{text}{_END}" if self.colours and text else text

    def widths(self, titles: Sequence[str], rows: Sequence[Sequence[object]], between: int, around: int = 0) -> list[int] | None:
        """How wide each column of a table (rows of cells without colours below titles) may be for the whole to fit, the widest
        being narrowed first; None where it fits as it is. `between`, `around`: columns between two and around all of them."""
        if self.width is None:
            return None
        wide = [max(columns(title) + HEAD, *(columns(str(row[i])) for row in rows)) for i, title in enumerate(titles)]
        left = self.width - between * (len(wide) - 1) - around
        if sum(wide) <= left:
            return None
        most = max(wide)
        while most > LEAST and sum(min(w, most) for w in wide) > left:
            most -= 1
        spare = max(0, left - sum(min(w, most) for w in wide))  # fewer than there are columns that were narrowed
        fitted = []
        for w in wide:
            more = min(1, spare) if w > most > LEAST else 0
            fitted.append(min(w, most) + more)
            spare -= more
        return fitted


PLAIN = Style()


def columns(text: str) -> int:
    """How many columns the widest line of a text takes."""
    if text.isascii():
        return max(map(len, text.split("\n")))
    from wcwidth import wcswidth  # its tables take longer to load than a page of help

    return max((max(0, wcswidth(line)) for line in text.split("\n")), default=0)


def style_of(stream: TextIO) -> Style:
    """The style of what is printed on a stream."""
    terminal = stream.isatty()
    colours = terminal and os.environ.get("TERM") != "dumb"
    if os.environ.get("NO_COLOR"):
        colours = False
    elif os.environ.get("FORCE_COLOR", "0") not in ("", "0"):
        colours = True
    return Style(shutil.get_terminal_size().columns if terminal else None, colours)
