"""A pack as it was at a git revision, in a folder of its own for as long as it is needed.

In: a pack's folder in a git repository, and a revision. Out: a folder with the pack's files as they were then.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lookback.packs.read import find_pack
from lookback.words.errors import UsageError


@contextmanager
def pack_at(pack: str | Path, revision: str) -> Iterator[Path]:
    """The folder of the pack at the revision. Raises UsageError where git does not give it."""
    folder = find_pack(pack)

    def git(*arguments: str) -> bytes:
        try:
            done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, check=False)
        except FileNotFoundError as error:
            raise UsageError("git-missing") from error
        if done.returncode:
            why = (done.stderr.decode("utf-8", "replace").strip().splitlines() or ["?"])[0].removeprefix("fatal: ")
            raise UsageError("git-failed", pack=str(pack), revision=revision, why=why)
        return done.stdout

    git("rev-parse", "--show-toplevel")
    try:
        commit = git("rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}").decode().strip()
    except UsageError as error:  # git says "Needed a single revision"
        if error.code == "git-missing":
            raise
        raise UsageError("git-no-revision", pack=str(pack), revision=revision) from error
    names = git("ls-tree", "-z", "--name-only", commit, "./").decode().split("\0")
    with tempfile.TemporaryDirectory(prefix="lookback-") as work:
        then = Path(work) / folder.resolve().name
        then.mkdir()
        for name in names:
            if name.endswith(".yaml"):
                (then / name).write_bytes(git("show", f"{commit}:./{name}"))
        if not (then / "pack.yaml").is_file():
            raise UsageError("git-no-pack", pack=str(pack), revision=revision)
        yield then
