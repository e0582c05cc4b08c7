"""Files and folders that appear whole or not at all, and temporary ones."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from lookback.words.errors import OutputError

DISK_FULL = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def replaced_folder(target: Path, is_ours: Callable[[Path], bool]) -> Iterator[Path]:
    """A fresh folder to fill; on leaving without an exception it stands at `target`. Raises OutputError."""
    if target.is_symlink() or target.exists():
        if not target.is_dir():
            raise OutputError("out-is-a-file", folder=str(target))
        if any(target.iterdir()) and not is_ours(target):
            raise OutputError("out-is-no-review", folder=str(target))
    try:
        target.absolute().parent.mkdir(parents=True, exist_ok=True)
        filling = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.absolute().parent))
        filling.chmod(0o755)
    except OSError as error:
        raise OutputError("cannot-write", why=str(error)) from error
    try:
        yield filling
        _swap(filling, target)
    except OSError as error:
        code = "disk-full" if error.errno in DISK_FULL else "cannot-write"
        raise OutputError(code, why=str(error)) from error
    finally:
        shutil.rmtree(filling, ignore_errors=True)


def _swap(filled: Path, target: Path) -> None:
    """Put the filled folder in the target's place; the old one is moved aside first and deleted last."""
    if not target.exists():
        os.rename(filled, target)
        return
    aside = Path(tempfile.mkdtemp(prefix=f".{target.name}-old-", dir=target.absolute().parent))
    os.rename(target, aside / "old")
    try:
        os.rename(filled, target)
    except OSError:
        os.rename(aside / "old", target)
        raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)


@contextmanager
def replaced_file(target: Path) -> Iterator[Path]:
    """A fresh file to fill; on leaving without an exception it stands at `target`. Raises OutputError."""
    if target.is_dir():
        raise OutputError("out-is-a-folder", file=str(target))
    filling = target.with_name(f".{target.name}-{os.getpid()}")
    try:
        yield filling
        os.replace(filling, target)
    except OSError as error:
        code = "disk-full" if error.errno in DISK_FULL else "cannot-write"
        raise OutputError(code, why=str(error)) from error
    finally:
        filling.unlink(missing_ok=True)


@contextmanager
def temporary() -> Iterator[str]:
    try:
        folder = tempfile.mkdtemp(prefix="lookback-")
    except OSError as error:
        raise OutputError("cannot-write", why=str(error)) from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
