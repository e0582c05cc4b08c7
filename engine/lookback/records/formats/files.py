"""What the user names -> files: folders, patterns, archives, links.

In: the words of the command line. Out: `InputFile`s, each with the table that was named for it, if one was, and notices on what
is left aside. Archives are unpacked into a work folder, within limits. No file is looked into but for what it is and its hash.
"""

from __future__ import annotations

import glob
import hashlib
import os
import shutil
import stat
import sys
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from lookback.place import DISK_FULL
from lookback.words import Word
from lookback.words.errors import InputError, Notice

TEXT_FILES = (".csv", ".tsv", ".txt")
JSON_FILES = (".jsonl", ".ndjson", ".json")
WORKBOOKS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".et")
ENDINGS = (*TEXT_FILES, *JSON_FILES, ".parquet", *WORKBOOKS)
_ENDINGS_SAID = " ".join((*ENDINGS, ".csv.gz", ".csv.zst"))
ARCHIVE = ".zip"
PACKED = {".gz": b"\x1f\x8b", ".zst": b"\x28\xb5\x2f\xfd"}
"""Endings of a text file that was packed by itself, and what such a file begins with."""
REVIEW = "review.json"
STDIN = "-"
"""Stands for standard input: one file, whose content says what it is."""

MOST_MEMBERS = 20_000
MOST_UNPACKED = 4_000_000_000
PIECE = 1 << 20
RATIO = 200
"""An archive's member may unpack to this many times its size, and a megabyte in any case."""


_BESIDE = ThreadPoolExecutor(1, "sha256")
"""Hashes are made while the files are read."""


_SHORT = 1_000
"""Bytes: of what may be nothing but an empty list."""


@dataclass(frozen=True)
class InputFile:
    """path: where it lies. shown: what messages call it. kind: 'text', 'json', 'parquet' or 'workbook', by its content.
    sha256: of its content, once it is worked out.
    table: the table that the user named for it. chosen: whether the user named the file itself. stamp: what tells that it was
    changed since. sheet: of a database, the table."""

    path: Path
    shown: str
    kind: str
    sha256: Future[str]
    table: str | None
    chosen: bool
    stamp: tuple[int, int]
    sheet: str | None = None

    @property
    def size_as_text(self) -> int:
        """Bytes, about."""
        return self.stamp[0] * (1 if self.kind in ("text", "json") else 5)

    @property
    def stem(self) -> str:
        return Path(_unpacked_name(self.shown)).stem


@dataclass
class Files:
    """Finds files; `notices` collects what is left aside, `passed_over` the files that are of no kind we read. `folder` is where
    archives are unpacked."""

    folder: Path
    notices: list[Notice] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)
    _archives: int = 0

    def find(self, item: str | Path, table: str | None) -> Iterator[InputFile]:
        """The files behind one word of the command line, in the order of their names.

        Raises InputError for what is no input, or an archive beyond the limits.
        """
        path = Path(item)
        if str(item) == STDIN:
            yield from self._one(self._from_stdin(), STDIN, table, chosen=True)
        elif path.is_dir():
            yield from self._in_folder(path, table)
        elif path.is_file():
            yield from self._one(path, str(path), table, chosen=True)
        elif path.exists():
            raise InputError("not-a-file", path=str(path))
        else:
            found = _matching(str(item))
            if not found:
                raise InputError("no-such-input", path=str(item))
            for one in found:
                if one.is_dir():
                    yield from self._in_folder(one, table)
                elif _is_input(one.name):
                    yield from self._one(one, str(one), table, chosen=len(found) == 1)
                else:
                    self.passed_over.append(str(one))

    def _from_stdin(self) -> Path:
        """What comes from standard input, as a file. Raises InputError where it was read before, or cannot be."""
        into = self.folder / "stdin"
        if into.exists():
            raise InputError("stdin-again")
        if sys.stdin is None:
            raise InputError("stdin-closed")
        self.folder.mkdir(parents=True, exist_ok=True)
        with into.open("wb") as file:
            try:
                shutil.copyfileobj(sys.stdin.buffer, file, PIECE)
            except OSError as error:
                if error.errno in DISK_FULL:
                    raise
                raise InputError("unreadable-input", file=STDIN, why=error.strerror or str(error)) from error
        return into

    def _in_folder(self, folder: Path, table: str | None) -> Iterator[InputFile]:
        found = list(self._walk(folder, folder.resolve()))
        if not found:
            raise InputError("empty-folder", folder=str(folder), endings=_ENDINGS_SAID)
        for path in found:
            yield from self._one(path, str(path), table, chosen=False)

    def _walk(self, folder: Path, top: Path) -> Iterator[Path]:
        """Files in a folder and those below it, by name; no review's own, and nothing that a link leads out to."""
        try:
            entries = sorted(folder.iterdir())
        except OSError as error:
            raise InputError("unreadable-input", file=str(folder), why=error.strerror or str(error)) from error
        for path in entries:
            if path.name.startswith((".", "~$", "__MACOSX")):
                continue
            if path.is_symlink() and not path.resolve().is_relative_to(top):
                self.notices.append(Notice("link-out-of-folder", {"target": os.readlink(path)}, str(path)))
            elif path.is_symlink():
                continue  # what it leads to lies in the folder, and is read there
            elif path.is_dir():
                if (path / REVIEW).exists():
                    self.notices.append(Notice("review-in-folder", {}, str(path)))
                else:
                    yield from self._walk(path, top)
            elif path.is_file() and _is_input(path.name):
                yield path
            elif path.is_file():
                self.passed_over.append(str(path))

    def _one(self, path: Path, shown: str, table: str | None, *, chosen: bool) -> Iterator[InputFile]:
        try:
            start = _start(path)
            if _ending(shown) == ARCHIVE or (_ending(shown) not in ENDINGS and start.startswith(b"PK\3\4") and not _book(path)):
                yield from self._in_archive(path, shown, table, chosen)
                return
            lies = path
            if (packed := _packed(shown, start)) is not None:
                lies = self._unpacked(path, shown, packed)
                start = _start(lies)
            found = input_file(lies, shown, _kind(lies, _unpacked_name(shown), start), table, chosen=chosen)
        except OSError as error:
            if error.errno in DISK_FULL:
                raise
            raise InputError("unreadable-input", file=shown, why=error.strerror or str(error)) from error
        yield found

    def _unpacked(self, path: Path, shown: str, packed: str) -> Path:
        """A text file that was packed by itself, unpacked; within the limits of an archive's members."""
        import pyarrow as pa

        self._archives += 1
        target = self.folder / f"archive-{self._archives}" / f"0{_ending(_unpacked_name(shown))}"
        target.parent.mkdir(parents=True)
        size, written = path.stat().st_size, 0
        try:
            with pa.OSFile(str(path)) as raw, pa.CompressedInputStream(raw, packed) as stream, target.open("wb") as unpacked:
                while chunk := stream.read(PIECE):
                    written += len(chunk)
                    if written > MOST_UNPACKED:
                        limit = MOST_UNPACKED // 1_000_000
                        raise InputError("archive-size", file=shown, megabytes=written // 1_000_000 + 1, limit=limit)
                    if written > max(RATIO * size, 1_000_000):
                        raise InputError("archive-ratio", file=shown, ratio=written // size + 1, limit=RATIO)
                    unpacked.write(chunk)
        except OSError as error:
            if error.errno in DISK_FULL:
                raise
            raise InputError("unreadable-input", file=shown, why=Word("why.damaged")) from error
        return target

    def _in_archive(self, path: Path, shown: str, table: str | None, chosen: bool) -> Iterator[InputFile]:
        self._archives += 1
        into = self.folder / f"archive-{self._archives}"
        into.mkdir(parents=True)
        found = []
        try:
            with zipfile.ZipFile(path) as archive:
                members = [m for m in archive.infolist() if self._is_member(m, shown)]
                _check_limits(archive.infolist(), shown)
                for number, member in enumerate(members):
                    name = _name_of(member)
                    target = into / f"{number}{_ending(name)}"
                    _unpack(archive, member, target, shown)
                    found.append((target, f"{shown}/{name}"))
        except InputError:
            raise
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError, RuntimeError) as error:
            if isinstance(error, OSError) and error.errno in DISK_FULL:
                raise
            code = "encrypted-archive" if "encrypted" in str(error) or "password" in str(error) else "unreadable-input"
            raise InputError(code, file=shown, why=str(error)) from error
        if not found:
            raise InputError("empty-archive", file=shown, endings=_ENDINGS_SAID)
        for target, name in sorted(found, key=lambda f: f[1]):
            yield from self._one(target, name, table, chosen=chosen and len(found) == 1)

    def _is_member(self, member: zipfile.ZipInfo, shown: str) -> bool:
        if not member.filename:
            return False
        name = _name_of(member)
        last = name.rstrip("/").rsplit("/", 1)[-1]
        if member.is_dir() or "__MACOSX/" in name or last.startswith((".", "~$")):
            return False
        if stat.S_ISLNK(member.external_attr >> 16):
            self.notices.append(Notice("link-out-of-folder", {"target": "?"}, f"{shown}/{name}"))
            return False
        if _ending(name) == ARCHIVE:
            self.notices.append(Notice("archive-in-archive", {}, f"{shown}/{name}"))
        if _ending(name) not in ENDINGS:
            self.passed_over.append(f"{shown}/{name}")
        return _ending(name) in ENDINGS


def _check_limits(members: Sequence[zipfile.ZipInfo], shown: str) -> None:
    if len(members) > MOST_MEMBERS:
        raise InputError("archive-members", file=shown, n=len(members), limit=MOST_MEMBERS)
    total = sum(member.file_size for member in members)
    if total > MOST_UNPACKED:
        raise InputError("archive-size", file=shown, megabytes=total // 1_000_000, limit=MOST_UNPACKED // 1_000_000)
    for member in members:
        if member.file_size > max(RATIO * member.compress_size, 1_000_000):
            ratio = member.file_size // max(member.compress_size, 1)
            raise InputError("archive-ratio", file=f"{shown}/{_name_of(member)}", ratio=ratio, limit=RATIO)


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, shown: str) -> None:
    """A member to a file; never more than it says that it has."""
    left = member.file_size
    with archive.open(member) as packed, target.open("wb") as unpacked:
        while chunk := packed.read(PIECE):
            left -= len(chunk)
            if left < 0:
                raise InputError("unreadable-input", file=shown, why="a member is larger than it says")
            unpacked.write(chunk)


def _name_of(member: zipfile.ZipInfo) -> str:
    """A member's name. Archives made on Chinese Windows hold names in GBK and do not say so."""
    if member.flag_bits & 0x800:
        return member.filename
    try:
        raw = member.filename.encode("cp437")
    except UnicodeEncodeError:
        return member.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return member.filename


def _matching(pattern: str) -> list[Path]:
    return [Path(found) for found in sorted(glob.glob(pattern, recursive=True))] if glob.has_magic(pattern) else []


def _is_input(name: str) -> bool:
    """Whether a file of this name is read."""
    inner = _unpacked_name(name)
    return _ending(inner) in (*ENDINGS, ARCHIVE) if inner == name else _ending(inner) in (*TEXT_FILES, *JSON_FILES)


def _unpacked_name(name: str) -> str:
    """`units.csv` for `units.csv.gz`."""
    return name[: -len(_ending(name))] if _ending(name) in PACKED else name


def _packed(shown: str, start: bytes) -> str | None:
    """How a text file is packed by itself, as pyarrow calls it; None where it is not."""
    by_start = next((ending for ending, magic in PACKED.items() if start.startswith(magic)), None)
    ending = by_start or (_ending(shown) if _is_input(shown) and start else "")
    if ending not in PACKED or (shown != STDIN and _ending(_unpacked_name(shown)) not in (*TEXT_FILES, *JSON_FILES)):
        return None
    return {".gz": "gzip", ".zst": "zstd"}[ending]


def _ending(name: str) -> str:
    return Path(name).suffix.casefold()


def _start(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(4096)


def _book(path: Path) -> bool:
    """Whether a zip is a workbook."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False
    return bool(names & {"xl/workbook.xml", "xl/workbook.bin", "content.xml", "[Content_Types].xml"})


def _kind(path: Path, shown: str, start: bytes) -> str:
    """What a file is: by its first bytes where they tell, else by its ending. Raises InputError for what cannot be read."""
    ending = _ending(shown)
    if start.startswith(b"PAR1"):
        return "parquet"
    if start.startswith((b"PK\3\4", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
        return "workbook"
    if ending in WORKBOOKS and not start:
        return "text"  # of no character, which counts as not handed in, as every empty file
    if ending in WORKBOOKS:
        head = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
        if head.startswith((b"<html", b"<!doctype html", b"<table", b"<meta", b"<?xml", b"mime-version")):
            raise InputError("page-as-workbook", file=shown)
        if ending == ".xls" and start[:2] not in (b"\x09\x00", b"\x09\x02", b"\x09\x04", b"\x09\x08") and _is_text(start):
            return "text"
        return "workbook"
    if ending in JSON_FILES or (shown == STDIN and start.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")):
        return "json"
    if ending == ".parquet":
        return "parquet"
    if ending in TEXT_FILES or shown == STDIN:
        return "text"
    raise InputError("unknown-format", file=shown, endings=_ENDINGS_SAID)


def _is_text(start: bytes) -> bool:
    """Whether the first bytes hold no control character that texts do not have."""
    return bool(start) and not any(byte < 9 or 13 < byte < 32 for byte in start)


def input_file(
    path: Path, shown: str, kind: str, table: str | None, *, chosen: bool = True, sheet: str | None = None
) -> InputFile:
    stamp = stamp_of(path)  # before the hash: a change while it is made is seen at the end
    return InputFile(path, shown, kind, _BESIDE.submit(_sha256, path, shown), table, chosen, stamp, sheet)


def says_none(file: Path) -> bool:
    """Whether a file of JSON is an empty list, which says that there are no records."""
    return file.stat().st_size < _SHORT and file.read_bytes().decode("utf-8-sig", "replace").split() in (["[]"], ["[", "]"])


def stamp_of(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def _sha256(path: Path, shown: str) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise InputError("unreadable-input", file=shown, why=error.strerror or str(error)) from error


def require_unchanged(files: Sequence[InputFile]) -> None:
    """Raises InputError where a file was changed since it was found: what was read may be of two states."""
    for file in files:
        try:
            changed = stamp_of(file.path) != file.stamp
        except OSError:
            changed = True
        if changed:
            raise InputError("input-changed", file=file.shown)
