"""Files and folders that appear whole or not at all, and temporary ones.

In: where something is to stand. Out: a place to fill, private to its owner (0700); on leaving without an exception it is put in
the place of what was there, with its permissions, or else those of the umask. A symbolic link stays one: what it points to is
replaced.

What is filled lies in a work folder, `.lookback-<hash>` beside its target or `lookback-<chance>` among the temporary files. A run
holds a lock on its work folder, which the system takes back however the run ends; so whoever comes next knows what a run that was
killed left behind, ends what it had begun (`settle`), and removes it. Where there are no locks (on Windows, in some file systems)
work folders are of chance names, and what a run that was killed left stays.
"""

from __future__ import annotations

import atexit
import codecs
import errno
import json
import os
import re
import secrets
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from hashlib import blake2b
from pathlib import Path

from lookback.words.errors import OutputError

if sys.platform != "win32":
    import fcntl

DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)
UNLOCKED = -1
NEXT_TO_NOTHING = 1 << 20
"""A disk with fewer bytes free is full."""
HEAD = 1 << 16
"""Bytes by which it is told of what kind a file is."""
WORK = re.compile(r"\.?lookback-[0-9a-f]{16}")
IN_WORK = re.compile(r"""[^'"]*/\.lookback-[0-9a-f]{16}(/new)?""")
LOCK, NEW, OLD, TODO, UNDO = "lock", "new", "old", "todo", "undo"
"""What lies in a work folder: the lock, with the target's name; what is filled; what it replaces, on the way out; what remains to
be put where, and how that is taken back."""

written: list[Path] = []
"""What this process has put in its place."""
alone: set[Path] = set()
"""Files beside others that say that this process is at them, and go with it."""
_ours: dict[Path, int | None] = {}
"""The work folders of this process, each with its open lock: UNLOCKED where there are none, None while it is being made."""
if sys.platform != "win32":
    os.register_at_fork(after_in_child=_ours.clear)
    os.register_at_fork(after_in_child=alone.clear)


# ---------------------------------------------------------------------------------------------------- one thing at a time


@contextmanager
def replaced_folder(target: Path, is_ours: Callable[[Path], bool]) -> Iterator[Path]:
    """A fresh folder to fill; on leaving without an exception it stands at `target`. Raises OutputError, also where what stands
    there is none that `is_ours`, or another run is about to replace it."""
    with _told(target):
        place = _end_of(target)
        place.parent.mkdir(parents=True, exist_ok=True)
        with _work(place) as work:
            if os.path.lexists(place):
                if not place.is_dir():
                    raise OutputError("out-is-a-file", folder=str(target))
                if any(place.iterdir()) and not is_ours(place):
                    raise OutputError("out-is-no-review", folder=str(target))
            filling = work / NEW
            filling.mkdir()
            yield filling
            for folder, _, files in os.walk(filling):
                for name in (*files, "."):
                    _sync(Path(folder, name))
            if place.exists():
                _like(place, filling)
                _exchange(filling, place, work / OLD)
            else:
                os.rename(filling, place)
            written.append(target)
            _sync(place.parent)


@contextmanager
def replaced_file(target: Path) -> Iterator[Path]:
    """A fresh file to fill; on leaving without an exception it stands at `target`, or, where that is a device or a pipe, has gone
    into it. Raises OutputError."""
    with _told(target):
        if target.is_dir():
            raise OutputError("out-is-a-folder", file=str(target))
        if target.exists() and not target.is_file():
            with temporary() as folder:
                yield Path(folder, NEW)
                with Path(folder, NEW).open("rb") as made, target.open("wb") as into:
                    shutil.copyfileobj(made, into)
            return
        place = _end_of(target)
        with _work(place) as work:
            yield work / NEW
            _like(place, work / NEW)
            _sync(work / NEW)
            os.replace(work / NEW, place)
            written.append(target)
            _sync(place.parent)


def keep(target: Path, new: Path, given: Iterable[Path]) -> None:
    """Raises OutputError where `new` must not take the place of the file `target`: one of another kind, one that a run was
    `given` to read, one of a review, a database or a secret."""
    if not target.is_file() or not target.stat().st_size:
        return
    if any(file.is_file() and file.samefile(target) for file in given):
        raise OutputError("out-was-given", file=str(target))
    of = next((folder for folder in _end_of(target).parents if (folder / "review.json").is_file()), None)
    if of is not None:
        raise OutputError("out-of-a-review", file=str(target), folder=str(of))
    with target.open("rb") as old_stream, new.open("rb") as new_stream:
        old, head = old_stream.read(HEAD), new_stream.read(HEAD)
    kept = old.startswith((b"SQLite format 3\0", b"lookback-secret-"))
    if kept or _kind(old, target.suffix) != _kind(head, target.suffix):
        raise OutputError("out-is-another", file=str(target))


def _kind(head: bytes, ending: str) -> bytes:
    """What tells files of a kind: of a table its first heading, else how it begins."""
    text = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if text.startswith(b"PK"):
        return b"PK"
    if b"\0" in text:
        return b"\0"
    if ending.casefold() == ".csv":
        return text.splitlines()[0].partition(b",")[0] if text else b""
    return next((b"{" if mark in b"{[" else mark for mark in (b"{", b"[", b"<") if text.startswith(mark)), b"")


def made(folder: Path) -> Path:
    """A folder, made where there is none. Raises OutputError."""
    with _told():
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def replace_files(contents: Mapping[Path, bytes]) -> None:
    """Write several files, all or none of them, though the run be killed: whoever `settle`s the folder of the first (as a run
    that writes there does) puts what is left in its place. Raises OutputError."""
    with _told():
        after = {_end_of(target): content for target, content in contents.items()}
        before = {target: target.read_bytes() if target.exists() else None for target in after}
        with _work(next(iter(after)).parent / NEW) as work:
            _plan(work, UNDO, before)
            _plan(work, NEW, after)
            os.rename(work / NEW, work / TODO)
            written.extend(contents)
            _sync(work)
            try:
                _put(work)
            except BaseException:
                del written[-len(contents) :]
                if all((work / f"{NEW}-{i}").exists() for i in range(len(after))):  # none is in its place yet
                    (work / TODO).unlink()
                else:
                    os.rename(work / UNDO, work / TODO)
                    _put(work)
                raise


def _plan(work: Path, name: str, contents: Mapping[Path, bytes | None]) -> None:
    """Lay contents ready in a work folder, None where there is to be no file; and in the file `name` what goes where."""
    goes = {f"{name}-{i}": target for i, target in enumerate(contents)}
    for ready, (target, content) in zip(goes, contents.items(), strict=True):
        if content is not None:
            (work / ready).write_bytes(content)
            _like(target, work / ready)
            _sync(work / ready)
    (work / name).write_text(json.dumps({ready: str(target) for ready, target in goes.items()}), "utf-8")
    _sync(work / name)


def _put(work: Path) -> None:
    """Put what lies ready in its place, if it is not there already."""
    todo: dict[str, str] = json.loads((work / TODO).read_text("utf-8"))
    parents = set[Path]()
    for ready, target in ((work / name, Path(target)) for name, target in todo.items()):
        parents.add(target.parent)
        if ready.exists() and target.parent == work.parent:
            os.replace(ready, target)
        elif ready.exists():  # a link led elsewhere, perhaps to another disk
            with replaced_file(target) as filling:
                shutil.copyfile(ready, filling)
        elif ready.name.startswith(UNDO):
            target.unlink(missing_ok=True)
    for parent in parents:
        _sync(parent)
    (work / TODO).unlink()


@contextmanager
def temporary() -> Iterator[str]:
    """A folder that is gone on leaving. Raises OutputError; a full disk of temporary files is told as that."""
    root = Path(os.environ.get("TMPDIR") or tempfile.gettempdir()).absolute()
    with ExitStack() as stack:
        try:
            with _told():
                folder = stack.enter_context(_work(root / secrets.token_hex(8), "lookback-")) / NEW
                folder.mkdir()
            yield str(folder)
        except OSError as error:
            if error.errno in DISK_FULL and _is_full(root):
                raise OutputError("temporary-full", folder=str(root)) from error
            raise
        except OutputError as error:
            if error.code == "temporary-full" or (error.code == "disk-full" and _is_full(root)):
                raise OutputError("temporary-full", folder=str(root)) from error
            raise


# ---------------------------------------------------------------------------------------------------------- work folders


@contextmanager
def _work(target: Path, prefix: str = ".lookback-") -> Iterator[Path]:
    """A work folder for what is to stand at `target`, which no other run has at the same time; on leaving, what was begun
    in it is ended, and it is gone. `prefix`: hidden beside the target, or among the temporary files."""
    if not target.name:  # the root of all
        raise OutputError("out-is-no-review", folder=str(target))
    settle(target.parent)
    work = target.with_name(prefix + blake2b(os.fsencode(target.name), digest_size=8).hexdigest())
    if work in _ours:
        raise OutputError("out-in-use", out=str(target))
    try:
        if not _claimed(work, target):
            work = target.with_name(prefix + secrets.token_hex(8))  # which nobody has by chance
            _ours[work] = UNLOCKED
            work.mkdir(0o700)
        yield work
    finally:
        if work in _ours:
            _take_away(work, _ours[work])
            del _ours[work]


def _claimed(work: Path, target: Path) -> bool:
    """Make and lock a work folder; False where nothing can be locked. Raises OutputError where another run has it."""
    if sys.platform == "win32":
        return False
    try:
        for _ in range(100):
            with suppress(FileExistsError):
                work.mkdir(0o700)
            _ours[work] = None
            try:
                lock = _ours[work] = _opened(work, os.O_CREAT)
            except FileNotFoundError:  # another run has tidied it away just now
                continue
            if _locked(lock, work):
                _end(work, lock)
                os.ftruncate(lock, 0)
                os.pwrite(lock, os.fsencode(target.name), 0)
                return True
            os.close(lock)
        raise BlockingIOError
    except OSError as error:
        if (opened := _ours.pop(work, None)) is not None:
            os.close(opened)
        if isinstance(error, BlockingIOError):
            raise OutputError("out-in-use", out=str(target)) from error
        if error.errno not in NO_LOCKS:
            _take_away(work, None)
            raise
        with suppress(OSError):
            (work / LOCK).unlink()
            work.rmdir()
        return False


def settle(folder: Path) -> None:
    """End what runs that were killed had begun in a folder, and remove what they left. Never raises: it may be nobody's to do."""
    with suppress(OSError):
        for entry in os.scandir(folder):
            if WORK.fullmatch(entry.name):
                _take_away(Path(entry), None)


@atexit.register
def leave() -> None:
    """The same for the work folders of this process, before it ends."""
    for file in list(alone):
        with suppress(OSError):
            file.unlink()
    for work, lock in list(_ours.items()):
        _take_away(work, lock)


def _take_away(work: Path, lock: int | None) -> None:
    """End and remove a work folder, if no other run has it; `lock`: as in `_ours`."""
    with suppress(OSError):
        if lock == UNLOCKED:
            _remove(work)
        elif sys.platform != "win32":
            with suppress(FileNotFoundError):
                mine = _opened(work) if lock is None else lock
                try:
                    if _locked(mine, work):
                        _end(work, mine)
                        _remove(work)
                        return
                finally:
                    os.close(mine)
            work.rmdir()  # it had no time for a lock, and so for nothing else


def _opened(work: Path, how: int = 0) -> int:
    """The lock of a work folder. Raises FileNotFoundError where there is none, PermissionError where the folder is not ours."""
    its = os.lstat(work)
    if not stat.S_ISDIR(its.st_mode) or its.st_uid != os.geteuid():
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    return os.open(work / LOCK, os.O_RDWR | os.O_NOFOLLOW | how, 0o600)


def _locked(lock: int, work: Path) -> bool:
    """Take a lock; False where it is not the folder's any more. Raises BlockingIOError where another run has it."""
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(lock), os.lstat(work / LOCK))
    return False


def _end(work: Path, lock: int) -> None:
    """Put in its place what was decided to be; put back what was moved aside for what never came."""
    if (work / TODO).exists():
        _put(work)
    if (work / OLD).exists() and not os.path.lexists(place := work.with_name(os.fsdecode(os.pread(lock, 1000, 0)))):
        os.rename(work / OLD, place)


def _remove(work: Path) -> None:
    """The lock goes last: by it, what a kill leaves is known as ours."""
    for _ in range(9):
        if not (rest := [entry for entry in os.scandir(work) if entry.name != LOCK]):
            (work / LOCK).unlink(missing_ok=True)
            work.rmdir()
            return
        for entry in rest:
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry, ignore_errors=True)  # something may still be writing there
            else:
                os.unlink(entry)


# ----------------------------------------------------------------------------------------------------------------- small


def _exchange(new: Path, place: Path, aside: Path) -> None:
    """Put one folder in the place of another, at once where the system can; else there is none for a moment, and a run that is
    killed then is ended by the next."""
    if not _exchanged(new, place):
        os.rename(place, aside)
        os.rename(new, place)


def _exchanged(one: Path, other: Path) -> bool:
    if sys.platform != "linux":
        return False
    import ctypes  # only a review that replaces another needs it

    here, exchange = -100, 2  # AT_FDCWD, RENAME_EXCHANGE
    rename = getattr(ctypes.CDLL(None), "renameat2", None)
    return rename is not None and rename(here, os.fsencode(one), here, os.fsencode(other), exchange) == 0


def _end_of(target: Path) -> Path:
    """Where a file or folder really stands, or is to."""
    return Path(os.path.realpath(target))


def _like(old: Path, new: Path) -> None:
    """Give the new file or folder the owner and the permissions of the old, if there is one."""
    if old.exists():
        its = old.stat()
        if sys.platform != "win32":
            with suppress(OSError):
                os.chown(new, its.st_uid, its.st_gid)
        new.chmod(stat.S_IMODE(its.st_mode))


def _sync(path: Path) -> None:
    """Let what was written reach the disk. Raises OSError where it cannot."""
    if sys.platform == "win32":
        return
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    except OSError as error:
        if error.errno != errno.EINVAL:  # a file system that does not know it
            raise
    finally:
        os.close(opened)


def _is_full(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free < NEXT_TO_NOTHING
    except OSError:
        return False


@contextmanager
def _told(target: Path | None = None) -> Iterator[None]:
    """Raises OutputError for an OSError. What lies in the work folder of `target` is called as if it were there already."""

    def told(code: str, why: str) -> OutputError:
        return OutputError(code, why=why if target is None else IN_WORK.sub(lambda _: str(target), why))

    try:
        yield
    except OSError as error:
        raise told("disk-full" if error.errno in DISK_FULL else "cannot-write", str(error)) from error
    except OutputError as error:
        if error.args_.keys() != {"why"}:
            raise
        raise told(error.code, error.args_["why"]) from error
