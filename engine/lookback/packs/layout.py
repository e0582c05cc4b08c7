"""How a pack's files are laid out: the order of an item's keys, edits that put them in order or take one out, lists that get more
items.

In: where the keys of an item stand; a file; what is to be added. Out: what stands out of order, edits that move whole lines
(comments above a key go with it), files with edits made: whatever else stands in them stays as it is, to the byte. Only items
written a key a line can be put in order; what is between braces is only told.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from yaml import MappingNode, ScalarNode, SequenceNode

from lookback.language.types import plain
from lookback.packs._yaml import composed, decoded, read_yaml
from lookback.packs.model import Fact, Rule, RuleTest
from lookback.words.errors import Edit, Mistake, PackError, UsageError
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


def added(content: bytes, name: str, key: str, items: Sequence[Mapping[str, Any]]) -> bytes:
    """A file with items at the end of the list under a key of its top level, which is made where there is none. Of what stands
    there nothing goes but the brackets of an empty list. The file is read again: it has to say what it said, and the items.

    `name` is the file's in messages. Raises PackError for a file that cannot be read, UsageError for one that cannot get them."""
    source = Source(name, decoded(content))
    before, _, mistakes = read_yaml(source)
    if any(mistake.code != "empty-file" for mistake in mistakes):
        raise PackError(mistakes)
    edits = _more(source, key, items)
    new = edited(content, edits)
    after, _, mistakes = read_yaml(Source(name, decoded(new)))
    meant = [read_yaml(Source("", flow(item)))[0] for item in items]
    wanted = {**(before or {}), key: [*(before or {}).get(key, ()), *meant]}
    if mistakes or json.dumps(after) != json.dumps(wanted):  # to which 1, 1.0 and true are not the same
        raise _not_added(edits[-1].span, key)
    return new


def _not_added(span: Span, key: str) -> UsageError:
    return UsageError("not-added", place=str(span), key=key, help=("help.add-by-hand", {}))


def _more(source: Source, key: str, items: Sequence[Mapping[str, Any]]) -> list[Edit]:
    """The edits that put items at the end of a list. Raises UsageError where what stands there is no list."""
    root, text = composed(source), source.text
    if root is None:
        gap = "" if not text else "\n" if text.endswith("\n") else "\n\n"
        return [_insert(source, len(text), f"{gap}{key}:\n" + _blocks_of(items, 2))]
    if not isinstance(root, MappingNode):
        raise _not_added(Span(source, root.start_mark.index, root.end_mark.index), key)
    lists = {name.value: value for name, value in root.value}
    here, column = lists.get(key), root.start_mark.column
    written = (value.start_mark.column for value in lists.values() if isinstance(value, SequenceNode) and not value.flow_style)
    dash = next(written, column + 2)
    if here is None:
        if root.flow_style:
            return _in_brackets(source, root, [f"{key}: {flow(list(items))}"])
        return [_below(source, root, f"{' ' * column}{key}:\n" + _blocks_of(items, dash), last=True, column=column)]
    if not isinstance(here, SequenceNode):
        raise _not_added(Span(source, here.start_mark.index, here.end_mark.index), key)
    last = here is list(lists.values())[-1]
    if not here.flow_style:
        block = _blocks_of(items, here.start_mark.column)
        return [_below(source, here, block, last=last, column=column)]
    start, end = here.start_mark.index, here.end_mark.index
    if root.flow_style or not re.fullmatch(r"\[\s*\]", text[start:end]):
        return _in_brackets(source, here, [flow(item) for item in items])
    brackets = Span(source, len(text[:start].rstrip(" \t")), end)
    return [Edit(brackets, ""), _below(source, here, _blocks_of(items, dash), last=last, column=column)]


def _insert(source: Source, at: int, text: str) -> Edit:
    return Edit(Span(source, at, at), text)


def _in_brackets(source: Source, node: Any, entries: Sequence[str]) -> list[Edit]:
    """Entries after the last between brackets, on a line of their own where the closing one has one."""
    text, close, open_ = source.text, node.end_mark.index - 1, "{" if isinstance(node, MappingNode) else "["
    if not node.value:
        return [_insert(source, text.index(open_, node.start_mark.index) + 1, ", ".join(entries))]
    first, value = node.value[-1] if isinstance(node, MappingNode) else (node.value[-1],) * 2
    end = value.end_mark.index
    comma = re.compile(r"(?:\s|#[^\n]*)*,").match(text, end, close)
    at = comma.end() if comma else end
    line_end = text.find("\n", at, close)
    if line_end < 0:
        return [_insert(source, at, (" " if comma else ", ") + ", ".join(entries) + ("," if comma else ""))]
    new = "".join(f"\n{' ' * first.start_mark.column}{entry}," for entry in entries)
    new = new if comma else new.removesuffix(",")
    if comma or at == line_end:
        return [_insert(source, line_end, new if comma else "," + new)]
    return [_insert(source, at, ","), _insert(source, line_end, new)]


def _below(source: Source, node: Any, block: str, *, last: bool, column: int) -> Edit:
    """Lines below a value of the top level and the comments that belong to it; `last` says that no other key, in `column`,
    comes after it, to which comments may belong."""
    text, empty = source.text, not node.value
    while not (isinstance(node, ScalarNode) or node.flow_style):
        node = node.value[-1][1] if isinstance(node, MappingNode) else node.value[-1]
    start, end = node.start_mark.index, node.end_mark.index
    keeps_ends = isinstance(node, ScalarNode) and node.style in ("|", ">") and "+" in text[start:end].split()[0]
    if not keeps_ends:  # and then line ends are none of the value's, though the parser counts them to it
        end = text.find("\n", start + len(text[start:end].rstrip()))
        end = len(text) if end < 0 else end + 1
    at = comments = end
    for line in re.compile(r"[^\n]*\n|[^\n]+").findall(text, end):
        comment = line.lstrip().startswith("#")
        if line.strip() and not comment:
            break
        at += len(line)
        if comment and (last or line.index("#") > column):
            comments = at
    gap = "" if empty or (keeps_ends and comments == end) else "\n"
    if not text[:comments].endswith("\n"):
        return _insert(source, comments, "\n" + gap + block.removesuffix("\n"))
    return _insert(source, comments, gap + block)


def _blocks_of(items: Sequence[Mapping[str, Any]], dash: int) -> str:
    """Items of a list, a key a line, with their dashes in a column; of records by table, a table a line or a record a line."""
    first, further = " " * dash + "- ", " " * dash + "  "
    return "\n".join(first + further.join(_lines_of(item)) for item in items)


def _lines_of(item: Mapping[str, Any]) -> Iterator[str]:
    for key, value in item.items():
        if not (isinstance(value, Mapping) and value and all(isinstance(rows, list) for rows in value.values())):
            yield f"{key}: {flow(value)}\n"
            continue
        yield f"{key}:\n"
        for table, rows in value.items():
            yield f"  {flow(table)}:" + (f" {flow(rows)}\n" if len(rows) < 2 else "\n")
            yield from (f"    - {flow(row)}\n" for row in rows if len(rows) > 1)


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
    quoted = json.dumps(value, ensure_ascii=False)
    return "".join(char if char.isprintable() else f"\\U{ord(char):08x}" for char in quoted)
