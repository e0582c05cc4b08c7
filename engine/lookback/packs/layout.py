"""How a pack's files are laid out: the order of an item's keys, edits that put them in order or take one out, lists that get more
items.

In: where the keys of an item stand; a file; what is to be added. Out: what stands out of order, edits that move whole lines
(comments above a key go with it), files with edits made: whatever else stands in them stays as it is. Only items written a key a
line can be put in order; what is between braces is only told.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from lookback.language.types import plain
from lookback.packs.model import Fact, Rule, RuleTest
from lookback.words.errors import Edit, Mistake
from lookback.words.source import Path, Place, Source, Span


def keys_of(model: type[Rule | Fact | RuleTest]) -> tuple[str, ...]:
    """The keys of a model, in the order in which everybody writes them."""
    return tuple(f.alias or name for name, f in model.model_fields.items())


def out_of_order(places: Mapping[Path, Place], path: Path, order: Sequence[str]) -> Mistake | None:
    """The first key of the item at `path` that does not stand where `order` has it."""
    wanted = [key for key in order if (*path, key, "[key]") in places]
    written = sorted(wanted, key=lambda key: places[*path, key, "[key]"].span.start)
    if written == wanted:
        return None
    key, other = next((one, other) for one, other in zip(written, wanted, strict=True) if one != other)
    blocks = _blocks(places, path, written)
    fix = (_in_order(blocks, wanted),) if blocks else ()
    help_ = ("help.key-order", {"order": " ".join(order)})
    return Mistake("key-order", places[*path, key, "[key]"].span, {"key": key, "other": other}, help_, "warning", fix)


def without(places: Mapping[Path, Place], path: Path, order: Sequence[str], key: str) -> tuple[Edit, ...]:
    """The edit that takes a key and its value out; none where that would take more with it."""
    written = sorted((k for k in order if (*path, k, "[key]") in places), key=lambda k: places[*path, k, "[key]"].span.start)
    block = next((b for b in _blocks(places, path, written)[1:] if b.key == key), None)
    if block is None or "#" in block.body or "\n" in block.body.strip():
        return ()
    return (Edit(Span(block.source, block.start, block.start + len(block.indent + block.body)), ""),)


@dataclass(frozen=True)
class _Block:
    """The lines of a key: comments above it, then what begins in `indent` columns. `start` is where the key's own line begins."""

    key: str
    comments: str
    indent: str
    body: str
    source: Source
    start: int


def _blocks(places: Mapping[Path, Place], path: Path, keys: Sequence[str]) -> list[_Block]:
    """The lines of each key, as written; nothing where two keys share a line."""
    starts = [places[*path, key, "[key]"].span for key in keys]
    source = starts[0].source
    lines = re.findall(r"[^\n]*\n|[^\n]+", source.text)
    firsts = [span.line - 1 for span in starts]
    if len(set(firsts)) < len(firsts) or lines[firsts[0]][: starts[0].column - 1].strip() != "-":
        return []
    depth = len(path)
    lasts = dict(zip(keys, firsts, strict=True))
    for at, place in places.items():
        if at[:depth] == path and len(at) > depth and at[depth] in lasts:
            line, _ = source.position(max(place.span.end - 1, place.span.start))
            lasts[str(at[depth])] = max(lasts[str(at[depth])], line - 1)
    ends = [_leading(lines, lasts[key], after) for key, after in zip(keys, firsts[1:], strict=False)]
    ends.append(_end(lines, lasts[keys[-1]]))
    blocks = []
    for i, (key, first, span) in enumerate(zip(keys, firsts, starts, strict=True)):
        comments = "".join(lines[ends[i - 1] : first]) if i else ""
        before = span.column - 1
        body = lines[first][before:] + "".join(lines[first + 1 : ends[i]])
        blocks.append(_Block(key, comments, lines[first][:before], body, source, span.start - before))
    return blocks


def _leading(lines: Sequence[str], last: int, key: int) -> int:
    """Where the comment lines right above line `key` begin; they stand below line `last`."""
    while key - 1 > last and lines[key - 1].lstrip().startswith("#"):
        key -= 1
    return key


def _end(lines: Sequence[str], last: int) -> int:
    """The line after an item's last value, which is known to reach to line `last`; what closes brackets belongs to it."""
    end = last + 1
    while end < len(lines) and lines[end].lstrip()[:1] in ("}", "]"):
        end += 1
    return end


def _in_order(blocks: Sequence[_Block], wanted: Sequence[str]) -> Edit:
    """The item's lines with its keys as `wanted`. Comments above what comes first go above the item."""
    by_key = {block.key: block for block in blocks}
    dash, indent = blocks[0].indent, " " * len(blocks[0].indent)
    text = ""
    for key in wanted:
        block = by_key[key]
        body = block.body if block.body.endswith("\n") else block.body + "\n"
        first = key == wanted[0]
        comments = re.sub(r"^ *", " " * dash.index("-"), block.comments, flags=re.MULTILINE) if first else block.comments
        text += comments.rstrip(" ") + (dash if first else indent) + body
    source, start = blocks[0].source, blocks[0].start
    last = blocks[-1]
    end = last.start + len(last.indent + last.body)
    if not last.body.endswith("\n"):
        text = text.removesuffix("\n")
    return Edit(Span(source, start, end), text)


# ------------------------------------------------------------------------------------------------------- edits of whole files


def edited(content: bytes, edits: Sequence[Edit]) -> bytes:
    """A file with edits. Their places count a line end as one character, as a pack is read; the file keeps its own."""
    text = content.decode("utf-8")
    first = 1 if text.startswith("\ufeff") else 0
    offsets = [first + found.start() for found in re.finditer(r"\r\n|[\s\S]", text[first:])] + [len(text)]
    line_end = next(iter(re.findall(r"\r\n|\n|\r", text)), "\n")
    for edit in sorted(edits, key=lambda e: e.span.start, reverse=True):
        new = edit.text.replace("\n", line_end)
        text = text[: offsets[edit.span.start]] + new + text[offsets[edit.span.end] :]
    return text.encode("utf-8")


def appended(content: bytes, key: str, new: str) -> bytes:
    """A file with `new`, the text of items, at the end of the list under a key of its top level, which is made at the end of the
    file where there is none."""
    lines = re.findall(r"[^\n]*\n|[^\n]+", re.sub(r"\r\n?", "\n", content.decode("utf-8-sig")))
    source = Source("", "".join(lines))
    keys = [i for i, line in enumerate(lines) if re.match(r"\w+:", line)]
    here = next((i for i in keys if lines[i].startswith(f"{key}:")), None)
    if here is None:
        end = len(source.text)
        gap = "" if not lines else "\n" if lines[-1].endswith("\n") else "\n\n"
        return edited(content, [Edit(Span(source, end, end), f"{gap}{key}:\n" + new.strip("\n") + "\n")])
    last = next((i for i in keys if i > here), len(lines))
    while not lines[last - 1].strip() or (last < len(lines) and lines[last - 1].startswith("#")):
        last -= 1
    own = "".join(lines[here:last]).rstrip("\n")
    start = len("".join(lines[:here]))
    end = start + len(own)
    if (dash := re.search(r"\n( *)- ", own)) is not None:
        new = re.sub(r"(?m)^  ", dash[1], new)
    edits = [Edit(Span(source, end, end), "\n" + new.rstrip("\n"))]
    if (none := re.match(rf"{key}:(\s*\[\s*\])", own)) is not None:
        edits.append(Edit(Span(source, start + none.start(1), start + none.end(1)), ""))
    return edited(content, edits)


_WORDS = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}  # which not every reader of YAML takes for texts


def flow(value: Any) -> str:
    """A value in YAML's flow form. A text is bare only where every reader takes it for that text."""
    match value:
        case Mapping():
            return "{" + ", ".join(f"{flow(key)}: {flow(item)}" for key, item in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(flow, value)) + "]"
        case str() if re.fullmatch(r"[^\W\d]([\w .。-]*[\w.。-])?", value) and value.casefold() not in _WORDS:
            return value
        case date():
            return value.isoformat()
        case Decimal():
            return plain(value)
    return json.dumps(value, ensure_ascii=not str(value).isprintable())
