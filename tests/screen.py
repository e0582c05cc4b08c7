"""A command as people run it: what they type, what they see."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Run:
    """What a command left behind: its exit code and what it said."""

    code: int
    out: str
    err: str

    @property
    def first(self) -> str:
        return self.err.splitlines()[0] if self.err else ""

    @property
    def said(self) -> str:
        return self.out + self.err

    def mistakes(self) -> list[str]:
        """The codes of the errors that were told."""
        return re.findall(r"^(?:error|错误)\[([a-z0-9-]+)\]", self.err, re.MULTILINE)


Lookback = Callable[..., Run]
Folders = Callable[[], Path]
Golden = Callable[[str, str], None]
Kept = Golden


def cpu_seconds() -> float:
    """How long this process, and those that it waited for, have worked; it is no matter how busy the machine is."""
    return sum(os.times()[:4])


def process(*arguments: object, cwd: Path = ROOT, **environment: str) -> Run:
    """A command in a process of its own."""
    env = (
        {k: v for k, v in os.environ.items() if k not in ("LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE")}
        | {"LC_ALL": "C.UTF-8"}
        | environment
    )
    command = [sys.executable, str(ROOT / "cli.py"), *map(str, arguments)]
    run = subprocess.run(command, cwd=cwd, env=env, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    return Run(run.returncode, run.stdout.decode(), run.stderr.decode())
