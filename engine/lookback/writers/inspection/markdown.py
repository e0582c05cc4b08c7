"""The few forms of Markdown that papers are written in -> HTML.

In: text with headings, paragraphs, lists, tables and **bold**. Out: HTML in which nothing else of the text is markup. What comes
from records is `kept` before: no sign of it counts as Markdown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby

from lookback.words.shown import harmless, one_line

_FIRST = 0xF0000
"""Signs of ASCII stand for themselves from here on, where nobody's texts have any."""
_SIGNS = [*range(0x21, 0x30), *range(0x30, 0x3A), *range(0x3A, 0x41), *range(0x5B, 0x61), *range(0x7B, 0x7F)]
_KEPT, _SAID = {c: c + _FIRST for c in _SIGNS}, {c + _FIRST: c for c in _SIGNS}
SET = ' class="set"'
"""Of a table whose columns are as wide as its ruler says."""
_HEADING, _ITEM, _NUMBERED = re.compile(r"(#{1,3}) +(.*)"), re.compile(r"[-*] +(.*)"), re.compile(r"\d+[.)] +(.*)")
_RULER = re.compile(r"[\s|:-]+")
_BOLD, _DAY = re.compile(r"\*\*(.+?)\*\*"), re.compile(r"\b\d{4}-\d\d-\d\d\b")


def kept(text: str) -> str:
    """A value of a record, on one line, as no sign of Markdown."""
    return one_line(" ".join(text.split())).translate(_KEPT)


def to_html(text: str) -> str:
    """Paragraphs end at an empty line; lines of a table begin and end with `|`; a ruler below the first makes that a head, and
    the columns as wide as its parts where these are not alike."""
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(part for kind, of in groupby(lines, _kind) for part in _part(kind, list(of)))


def _kind(line: str) -> str:
    if not line:
        return "empty"
    if _HEADING.fullmatch(line):
        return "heading"
    if line.startswith("|") and line.endswith("|") and len(line) > 1:
        return "table"
    return "ul" if _ITEM.fullmatch(line) else "ol" if _NUMBERED.fullmatch(line) else "text"


def _part(kind: str, lines: Sequence[str]) -> Iterator[str]:
    if kind == "heading":
        for found in filter(None, map(_HEADING.fullmatch, lines)):
            yield f"<h{len(found[1])}>{_inline(found[2])}</h{len(found[1])}>"
    elif kind in ("ul", "ol"):
        found_in = (_ITEM if kind == "ul" else _NUMBERED).fullmatch
        yield f"<{kind}>{''.join(f'<li>{_inline(found[1])}</li>' for found in map(found_in, lines) if found)}</{kind}>"
    elif kind == "table":
        yield _table(lines)
    elif kind == "text":
        yield f"<p>{'<br>'.join(map(_inline, lines))}</p>"


def _table(lines: Sequence[str]) -> str:
    rows = [[_inline(cell.strip()) for cell in line[1:-1].split("|")] for line in lines]
    headed = len(lines) > 1 and _RULER.fullmatch(lines[1]) is not None and "-" in lines[1]
    below = rows[2:] if headed else rows
    wide = [len(cell) for cell in lines[1][1:-1].split("|")] if headed else []
    columns = "".join(f'<col style="width: {100 * one / sum(wide):.0f}%">' for one in wide) if len(set(wide)) > 1 else ""
    head = f"<thead><tr>{''.join(f'<th>{cell}</th>' for cell in rows[0])}</tr></thead>" if headed else ""
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in below)
    return f"<table{SET if columns else ''}>{columns}{head}<tbody>{body}</tbody></table>"


def _inline(text: str) -> str:
    parts = _BOLD.split(text)
    return "".join(f"<strong>{_said(part)}</strong>" if i % 2 else _said(part) for i, part in enumerate(parts))


def _said(text: str) -> str:
    return _DAY.sub(r'<span class="day">\g<0></span>', escape(harmless(text.translate(_SAID))))
