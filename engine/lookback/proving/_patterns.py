"""Patterns of texts: what one that is fulfilled says of another.

In: `like` patterns (or what a text starts with). Out: a `Shape`; which shapes follow from others, which exclude each other. Of
shapes that are `plain`, a beginning, an end or a part alone, this is all there is to know: where these pairs allow it, the parts
that are wanted, strung together with signs between them that no pattern names, make a text. So z3 need not look into texts.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

FILLERS = ("x", "学", "~", "0", "Q", "µ", "*", "-")


@dataclass(frozen=True)
class Shape:
    """What a text begins with, contains and ends with; of `whole`, it is `begins` and nothing else."""

    begins: str
    contains: tuple[str, ...] = ()
    ends: str = ""
    whole: bool = False

    @property
    def always(self) -> bool:
        return not self.whole and not (self.begins or self.contains or self.ends)

    @property
    def plain(self) -> bool:
        """A beginning, a part or an end alone, which a text that was read may have."""
        parts = [part for part in (self.begins, *self.contains, self.ends) if part]
        as_read = all(unicodedata.is_normalized("NFC", part) and part.isprintable() for part in parts)
        return (
            len(parts) <= 1
            and not self.whole
            and as_read
            and self.begins == self.begins.lstrip()
            and self.ends == self.ends.rstrip()
        )


def shape_of(pattern: str) -> Shape | None:
    """None of one with `_`, which stands for any sign."""
    if "_" in pattern:
        return None
    begins, *rest = pattern.split("%")
    if not rest:
        return Shape(begins, whole=True)
    return Shape(begins, tuple(part for part in rest[:-1] if part), rest[-1])


def follows(one: Shape, other: Shape) -> bool:
    """Whether every text of the one shape is of the other."""
    if one.whole:
        return _is(one.begins, other)
    if other.whole or len(other.contains) + bool(other.begins) + bool(other.ends) > 1:
        return one == other
    if not one.begins.startswith(other.begins) or not one.ends.endswith(other.ends):
        return False
    return all(any(part in has for has in (one.begins, *one.contains, one.ends)) for part in other.contains)


def exclude(one: Shape, other: Shape) -> bool:
    """Whether no text is of both shapes."""
    if one.whole or other.whole:
        return not (_is(one.begins, other) if one.whole else _is(other.begins, one))
    begins, ends = sorted((one.begins, other.begins), key=len), sorted((one.ends, other.ends), key=len)
    return not begins[1].startswith(begins[0]) or not ends[1].endswith(ends[0])


def _is(text: str, shape: Shape) -> bool:
    if shape.whole:
        return text == shape.begins
    at, end = len(shape.begins), len(text) - len(shape.ends)
    if at > end or not text.startswith(shape.begins) or not text.endswith(shape.ends):
        return False
    for part in shape.contains:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def texts_of(shapes: Sequence[Shape]) -> Iterator[str]:
    """Texts that should be of all these shapes: their parts strung together, with nothing or something between."""
    begins = max((shape.begins for shape in shapes), key=len, default="")
    ends = max((shape.ends for shape in shapes), key=len, default="")
    inside = dict.fromkeys(part for shape in shapes for part in shape.contains)
    needed = [part for part in inside if not any(part != other and part in other for other in (begins, ends, *inside))]
    needed = [part for part in needed if part not in (begins, ends)]
    for filler in ("", *FILLERS):
        for n in (0, 1) if filler else (0,):
            yield (filler * (n + 1)).join(["" if not begins and filler else begins, *needed, "" if not ends and filler else ends])
