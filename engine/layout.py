"""How an item of a pack's lists is laid out: the order of its keys, and the edits that put it in order or take a key out.

In: where the keys of an item stand. Out: what stands out of order, and edits that move whole lines; comments above a key go with
it. Only items written a key a line can be edited; what is between braces is only told.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.errors import Edit, Mistake
from engine.model import Fact, Path, Place, Rule, RuleTest
from engine.source import Source, Span


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
