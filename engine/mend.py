"""The mechanical corrections of a pack, made in its files.

In: a pack. Out: its files with the edits that mistakes bring along, and what was changed. Everything is tried in a copy first: a
file is only touched where what was to be mended is gone, nothing new has come, and the pack says the same as before.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from engine.errors import Edit, Mistake, UsageError
from engine.examine import Examined, examine
from engine.pack import BUILT_IN, HERE, find_pack
from engine.writers.place import replaced_file

LAYOUT = ("key-order",)
"""Corrections after which a file has to say exactly what it said."""


@dataclass(frozen=True)
class Mended:
    """A mistake that was mended: the file as the user named it, the line where it stood."""

    file: Path
    line: int
    code: str


@dataclass
class Mending:
    """What was mended, and the files in which something was left alone because mending it would have changed more."""

    mended: list[Mended] = field(default_factory=list)
    left: list[Path] = field(default_factory=list)


def mend(pack: str | Path, commands: Sequence[str]) -> Mending:
    """Mend what is mechanical in a pack's files. Raises UsageError for a pack that is part of an installed lookback, OutputError
    where a file cannot be written."""
    folder = find_pack(pack)
    if BUILT_IN.parent == HERE and folder.resolve().is_relative_to(BUILT_IN.resolve()):
        raise UsageError("built-in-pack", pack=folder.name)
    done = Mending()
    with tempfile.TemporaryDirectory(prefix="lookback-") as work:
        copy = Path(work)
        for file in folder.glob("*.yaml"):
            shutil.copyfile(file, copy / file.name)
        changed = _mend_copy(copy, folder, commands, done)
        for name in sorted(changed):
            target = (folder / name).resolve()  # a link stays one
            with replaced_file(target) as filling:
                shutil.copyfile(copy / name, filling)
                shutil.copymode(target, filling)
    done.mended.sort(key=lambda m: (m.file, m.line))
    return done


def _mend_copy(copy: Path, folder: Path, commands: Sequence[str], done: Mending) -> set[str]:
    """Mend the files of `copy`, one kind of mistake in one file after the other. The names of the files that changed."""
    changed: set[str] = set()
    refused: set[tuple[str, str]] = set()
    now = examine(copy, commands)
    while True:
        waiting = sorted(
            {(_file(m), m.code) for m in now.mistakes if m.fix} - refused, key=lambda entry: (entry[1] in LAYOUT, *entry)
        )
        if not waiting:
            return changed
        name, code = waiting[0]
        mended = [m for m in now.mistakes if m.fix and m.code == code and _file(m) == name]
        mended = _apart(mended)
        before = (copy / name).read_bytes()
        (copy / name).write_bytes(edited(before, [edit for m in mended for edit in m.fix]))
        after = examine(copy, commands)
        if _is_sound(now, after, mended):
            done.mended += [Mended(folder / name, m.span.line, code) for m in mended if m.span is not None]
            changed.add(name)
            now = after
        else:
            (copy / name).write_bytes(before)
            refused.add((name, code))
            if folder / name not in done.left:
                done.left.append(folder / name)


def _file(mistake: Mistake) -> str:
    return Path(mistake.fix[0].span.source.name).name


def _apart(mistakes: Sequence[Mistake]) -> list[Mistake]:
    """Those whose edits do not overlap; the others have their turn when these are done."""
    chosen: list[Mistake] = []
    end = -1
    for mistake in sorted(mistakes, key=lambda m: m.fix[0].span.start):
        if mistake.fix[0].span.start >= end:
            chosen.append(mistake)
            end = mistake.fix[-1].span.end
    return chosen


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


def _is_sound(before: Examined, after: Examined, mended: Sequence[Mistake]) -> bool:
    """Whether what was mended is gone, nothing new has come, and the rest of the pack says what it said.

    Where a mistake kept the pack from being checked further, what is only found now was there before.
    """
    had, have = (Counter((m.code, m.message("en")) for m in found.mistakes) for found in (before, after))
    gone = Counter((m.code, m.message("en")) for m in mended)
    if any(have[what] > had[what] - n for what, n in gone.items()):
        return False
    if have - had and not (before.checked is None and after.checked is not None):
        return False
    return _said(before, mended) == _said(after, mended)


def _said(found: Examined, mended: Sequence[Mistake]) -> object:
    """What a pack and its tests say; where conditions were mended, without them."""
    tests = [tests for _, tests in found.tests]
    if found.pack is None:
        return None, tests
    pack = found.pack
    without = set() if mended[0].code in LAYOUT else {"value", "when", "require", "unknown"}
    items = [item.model_dump(exclude=without) for _, item in (*pack.facts, *pack.rules)]
    return pack.header, pack.tables, pack.blanks, items, [group for _, group in pack.groups], tests
