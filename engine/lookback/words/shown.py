"""Texts of records, files and packs on a screen: nothing in them may act on it, or stand there unseen.

In: any text. Out: the same, with escape sequences, control, bidirectional and invisible characters written as `\\x1b`, `\\u202e`.
"""

from __future__ import annotations

import re

_UNSEEN = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufeff\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"
    "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"  # no control characters, and seen by nobody
)
_NOT_IN_TEXT = re.compile(f"[{_UNSEEN}]")
_NOT_IN_LINE = re.compile(f"[\t\n{_UNSEEN}]")


def harmless(text: str) -> str:
    """A text of several lines, as it may stand on a screen."""
    return text if text.isascii() and text.isprintable() else _NOT_IN_TEXT.sub(_written, text)


def one_line(text: str) -> str:
    """A name or value as it may stand on a screen, on one line."""
    return text if text.isascii() and text.isprintable() else _NOT_IN_LINE.sub(_written, text)


def _written(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape", "surrogatepass").decode()


def escaped_json(text: str) -> str:
    """JSON of the same data, in which no such character stands as itself."""
    return _NOT_IN_TEXT.sub(_in_json, text)


def _in_json(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i] << 8 | units[i + 1]:04x}" for i in range(0, len(units), 2))


_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_PLAIN_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


def no_formula(text: str) -> str:
    """A value of a CSV file for people, behind a mark where a spreadsheet would take it for a formula. The mark is the one that a
    person types there, and no part of the value: whoever reads the file takes it away."""
    return f"'{text}" if text.startswith(_FORMULA) and not _PLAIN_NUMBER.fullmatch(text) else text


_NOT_IN_NAMES = re.compile(f'[<>:"/\\\\|?*\t\n{_UNSEEN}]+')
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
LONGEST_STEM = 150
"""Bytes: file systems take names of 255."""


def file_stem(name: str) -> str:
    """A name as that of a file, without its ending, that every system takes and that hides nothing."""
    stem = _NOT_IN_NAMES.sub("_", name).encode()[:LONGEST_STEM].decode(errors="ignore").strip(" .")
    return f"_{stem}" if not stem or stem[0] in "-~" or _DEVICE.fullmatch(stem) else stem


def free_stem(taken: set[str], name: str, between: str) -> str:
    """The same, that is not taken, in whatever letter case; it is from now on. `between`: before the number of one that was."""
    stem, n = file_stem(name), 1
    free = stem
    while free.casefold() in taken:
        n += 1
        free = f"{stem}{between}{n}"
    taken.add(free.casefold())
    return free
