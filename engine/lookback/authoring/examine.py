"""A pack -> everything that can be known of it without records, in one go: mistakes and warnings, sorted by place.

Form first, then names and types; where those hold, also what is hardly meant, the clauses, and what the tests name. A broken
test file hides nothing of the rest, and a broken rule nothing of the form of the tests.

What is mechanical can be mended by the edits that mistakes bring along. Everything is tried in a copy first: a file is only
touched where what was to be mended is gone, nothing new has come, and the pack says the same as before.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from lookback.authoring.rule_tests import read_cases
from lookback.packs.check import check_pack
from lookback.packs.checked import CheckedPack, Pack
from lookback.packs.checks.silent import told
from lookback.packs.checks.whole import every_rule
from lookback.packs.clauses import coverage
from lookback.packs.layout import edited, keys_of, out_of_order
from lookback.packs.lint import lint
from lookback.packs.model import RuleTest, TestFile
from lookback.packs.read import BUILT_IN, HERE, TestedFile, find_pack, read_pack, read_sound_parts, readable_tests
from lookback.place import replace_files, settle, temporary
from lookback.words.errors import Mistake, OutputError, PackError, UsageError, did_you_mean

OF_THE_WHOLE = ("outcome-not-counted", "circle")
"""What is only known of a pack that can be read as a whole."""


@dataclass
class Examined:
    """A pack's mistakes, and the pack as far as it could be read and checked."""

    mistakes: list[Mistake] = field(default_factory=list)
    pack: Pack | None = None
    checked: CheckedPack | None = None
    tests: list[tuple[TestedFile, TestFile]] = field(default_factory=list)

    @property
    def errors(self) -> int:
        return sum(mistake.severity == "error" for mistake in self.mistakes)


def examine(pack: str | Path, commands: Sequence[str]) -> Examined:
    """Everything that is wrong with a pack, or hardly meant. `commands` are those that lookback has.

    Raises UsageError where there is no such pack.
    """
    found = Examined()
    try:
        found.pack = read_pack(pack)
        found.checked = check_pack(found.pack)
    except PackError as error:
        found.mistakes += error.mistakes
        if found.pack is None:
            found.mistakes += _beside(pack, error.mistakes)
    found.tests, broken = readable_tests(pack)
    found.mistakes += broken
    found.mistakes += _layout_of_tests(found.tests)
    if found.checked is not None:
        found.mistakes += lint(found.checked)
        if found.checked.pack.clauses is not None:
            found.mistakes += coverage(found.checked, found.tests, commands)[1]
        found.mistakes += _names_in_tests(found.checked, found.tests)
    if found.pack is not None:
        found.mistakes = list(told(found.pack, found.mistakes))
    found.mistakes.sort(key=lambda mistake: mistake.order)
    return found


def _beside(pack: str | Path, told: Sequence[Mistake]) -> Iterator[Mistake]:
    """What is wrong with the sound files of rules of a pack beside those that cannot be read: not that what may stand in those is
    missing."""
    unread = {mistake.span.source.name: mistake.span.source.text for mistake in told if mistake.span is not None}
    if not all(name.endswith(".rules.yaml") for name in unread):
        return
    words = {word for text in unread.values() for word in re.findall(r"[\w-]+", text)}
    try:
        check_pack(read_sound_parts(pack))
    except PackError as error:
        for mistake in error.mistakes:
            known = mistake.span is None or mistake.span.source.name in unread or mistake.code in OF_THE_WHOLE
            if not known and mistake.args.get("name") not in words:
                yield mistake


def _layout_of_tests(files: Sequence[tuple[TestedFile, TestFile]]) -> Iterator[Mistake]:
    for file, tests in files:
        for i in range(len(tests.tests)):
            if (mistake := out_of_order(file.places, (file.name, "tests", i), keys_of(RuleTest))) is not None:
                yield mistake


def _names_in_tests(pack: CheckedPack, files: Sequence[tuple[TestedFile, TestFile]]) -> Iterator[Mistake]:
    """What tests name and is not there; examples and excuses that nothing needs."""
    try:
        read_cases(pack, files)
    except PackError as error:
        yield from error.mistakes
    known = [
        *(rule.id for rule in every_rule(pack)),
        *(fact.id for fact in (*pack.facts, *(pack.whole.facts if pack.whole is not None else ()))),
        *(Path(file).name for file in pack.pack.shared),
    ]
    for file, tests in files:
        used = {
            (table, str(record.get("like")))
            for test in tests.tests
            for table, records in test.given.items()
            for record in records
        }
        for table, examples in tests.examples.items():
            if table not in pack.tables:
                span = file.span("examples", table, "[key]")
                yield Mistake("unknown-table-name", span, {"name": table}, did_you_mean(table, pack.tables))
                continue
            for name in examples:
                if (table, name) not in used:
                    span = file.span("examples", table, name, "[key]")
                    yield Mistake("unused-example", span, {"name": name, "table": table}, severity="warning")
        for i, excuse in enumerate(tests.equivalent):
            if excuse.of not in known:
                span = file.span("equivalent", i, "of")
                yield Mistake("unknown-rule-or-fact", span, {"name": excuse.of}, did_you_mean(excuse.of, known))


# ---------------------------------------------------------------------------------------------------------------- mending

LAYOUT = ("key-order",)
"""Corrections after which a file has to say exactly what it said."""
NAMES = ("unknown-field", "unknown-choice")
"""Corrections of a name, behind which more may come to light in the same condition."""


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
    """Mend what is mechanical in a pack's files. Raises UsageError and OutputError as `changed` does."""
    done = Mending()
    with changed(pack) as (folder, copy):
        _mend_copy(copy, folder, commands, done)
    done.mended.sort(key=lambda m: (m.file, m.line))
    return done


def changeable(pack: str | Path) -> Path:
    """The folder of a pack that may be written to. Raises UsageError where there is none, or for one of an installed lookback."""
    folder = find_pack(pack)
    settle(folder)  # what a run that was killed had begun to write
    if BUILT_IN.parent == HERE and folder.resolve().is_relative_to(BUILT_IN.resolve()):
        raise UsageError("built-in-pack", pack=folder.name)
    return folder


@contextmanager
def changed(pack: str | Path) -> Iterator[tuple[Path, Path]]:
    """A pack's folder, and a copy of its files to change; on leaving without an exception all that were changed stand in the
    folder, or, where one cannot be written or somebody else has changed one, none. Raises OutputError; UsageError as `changeable`
    does."""
    folder = changeable(pack)
    try:
        with temporary() as work:
            copy, before = Path(work), _files(folder)
            for name, content in before.items():
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                (copy / name).write_bytes(content)
            yield folder, copy
            new = {folder / name: content for name, content in _files(copy).items() if before.get(name) != content}
            now = _files(folder) if new else before
    except OSError as error:
        raise OutputError("cannot-write", why=str(error)) from error
    if now != before:
        other = next(name for name in sorted({*now, *before}) if now.get(name) != before.get(name))
        raise OutputError("changed-meanwhile", file=str(folder / other))
    if new:
        replace_files(new)


def _files(folder: Path) -> dict[str, bytes]:
    """The files of a pack by their names, which are in order; rows of reference data are among them."""
    files = sorted([*folder.glob("*.yaml"), *folder.rglob("*.csv")])
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files if file.is_file()}


def _mend_copy(copy: Path, folder: Path, commands: Sequence[str], done: Mending) -> None:
    """Mend the files of `copy`, one kind of mistake in one file after the other."""
    refused: set[tuple[str, str]] = set()
    now = examine(copy, commands)
    while True:
        waiting = sorted(
            {(_file(m), m.code) for m in now.mistakes if m.fix} - refused, key=lambda entry: (entry[1] in LAYOUT, *entry)
        )
        if not waiting:
            return
        name, code = waiting[0]
        mended = [m for m in now.mistakes if m.fix and m.code == code and _file(m) == name]
        mended = _apart(mended)
        before = (copy / name).read_bytes()
        (copy / name).write_bytes(edited(before, [edit for m in mended for edit in m.fix]))
        after = examine(copy, commands)
        if _is_sound(now, after, mended):
            done.mended += [Mended(folder / name, m.span.line, code) for m in mended if m.span is not None]
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


def _is_sound(before: Examined, after: Examined, mended: Sequence[Mistake]) -> bool:
    """Whether what was mended is gone, nothing new has come, and the rest of the pack says what it said.

    Where a mistake kept the pack from being checked further, what is only found now was there before.
    """
    had, have = (Counter((m.code, m.message("en")) for m in found.mistakes) for found in (before, after))
    gone = Counter((m.code, m.message("en")) for m in mended)
    if any(have[what] > had[what] - n for what, n in gone.items()):
        return False
    hidden = mended[0].code in NAMES or (before.checked is None and after.checked is not None)
    if have - had and not hidden:
        return False
    return _said(before, mended) == _said(after, mended)


def _said(found: Examined, mended: Sequence[Mistake]) -> object:
    """What a pack and its tests say; where conditions were mended, without them."""
    tests = [tests for _, tests in found.tests]
    if found.pack is None:
        return None, tests
    pack = found.pack
    without = set() if mended[0].code in LAYOUT else {"value", "when", "require", "unknown"}
    items = [item.model_dump(exclude=without) for _, item in (*pack.facts, *pack.rules, *pack.whole[0], *pack.whole[1])]
    shared = [(file, text if "when" not in without else None) for file, text in pack.shared.items()]
    return pack.header, pack.tables, pack.blanks, items, shared, [group for _, group in pack.groups], tests
