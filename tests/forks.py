"""Commands in processes of their own that cost no start: forks of one that has imported everything. Each can be ended by a signal
at one of its steps on the disk, or after some time.

Run as a program it is that one process: a job a line of JSON on stdin, its end a line on stdout.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from screen import ROOT, Run

STEPS = ("open", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.chmod", "os.scandir", "subprocess.Popen", "exchange")
RENAMES = ("os.rename", "exchange")
HEARD = (signal.SIGINT, signal.SIGTERM)


class Forks:
    """`run` is a command's end; `steps` what it did on the disk, by name, and `seconds` how long it took."""

    def __init__(self, work: Path) -> None:
        self.work = work
        self.steps: list[str] = []
        self.seconds = 0.0
        env = {k: v for k, v in os.environ.items() if k not in ("LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE")}
        env |= {"LC_ALL": "C.UTF-8", "PYTHONPATH": os.pathsep.join([str(ROOT / "engine"), str(ROOT / "tests")])}
        self.server = subprocess.Popen(
            [sys.executable, "-W", "error", __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env
        )

    def run(
        self,
        *arguments: object,
        cwd: Path,
        tmp: Path,
        sign: int = 0,
        step: int | None = None,
        after: float | None = None,
        exchange: bool = True,
    ) -> Run:
        """`sign`: the signal that it gets at its nth step, counted from 0, or after so many seconds; `exchange`: whether folders
        can be exchanged at once."""
        job = {"arguments": [str(a) for a in arguments], "cwd": str(cwd), "tmp": str(tmp), "into": str(self.work)}
        job |= {"sign": sign, "step": step, "after": after, "exchange": exchange}
        assert self.server.stdin
        assert self.server.stdout
        print(json.dumps(job), file=self.server.stdin, flush=True)
        got = json.loads(self.server.stdout.readline())
        self.steps, self.seconds = (self.work / "steps").read_text().split(), got["seconds"]
        return Run(got["code"], (self.work / "out").read_text(), (self.work / "err").read_text())

    def close(self) -> None:
        self.server.communicate()


def serve() -> None:
    import gc
    import pkgutil
    from importlib import import_module

    import durable.engine
    import xlsxwriter
    import z3

    import lookback

    for module in pkgutil.walk_packages(lookback.__path__, "lookback."):
        if module.name not in ("lookback.__main__", "lookback.records.formats.worker"):
            import_module(module.name)
    assert durable.engine
    assert xlsxwriter
    assert z3
    gc.collect()
    gc.freeze()
    signal.pthread_sigmask(signal.SIG_BLOCK, HEARD)  # until a fork listens to them
    for line in sys.stdin:
        job = json.loads(line)
        begun = time.monotonic()
        child = os.fork()
        if not child:
            _run(job)
        if job["after"] is not None:
            gone = os.pidfd_open(child)
            if not select.select([gone], [], [], job["after"])[0]:
                os.kill(child, job["sign"])
            os.close(gone)
        _, status = os.waitpid(child, 0)
        print(json.dumps({"code": os.waitstatus_to_exitcode(status), "seconds": time.monotonic() - begun}), flush=True)


def _run(job: dict[str, Any]) -> None:
    from lookback import place
    from lookback.cli import main, stop

    into = Path(job["into"])
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(into / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
    steps = os.open(into / "steps", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.chdir(job["cwd"])
    os.environ["TMPDIR"] = job["tmp"]
    os.fsync = lambda opened: None  # type: ignore[assignment]
    exchanged, count = place._exchanged, 0

    def exchange(one: Path, other: Path) -> bool:
        sys.audit("exchange")
        return bool(job["exchange"] and exchanged(one, other))

    def step(event: str, _: object) -> None:
        nonlocal count
        if event in STEPS:
            os.write(steps, f"{event}\n".encode())
            count += 1
            if count - 1 == job["step"]:
                os.kill(os.getpid(), job["sign"])

    place._exchanged = exchange
    code = 99
    try:
        stop.listen()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HEARD)
        sys.addaudithook(step)
        main.main(job["arguments"])
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    serve()
