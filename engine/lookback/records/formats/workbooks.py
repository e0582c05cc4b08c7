"""Workbooks -> grids, read in processes of their own, several at a time.

In: files. Out: for each, in their order, its sheets as grids, or the error that it ends with. A workbook that takes more memory
or time than its size can explain is refused; the process that reads it is the only thing that ends.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pyarrow as pa

from lookback.headers.grids import Grid
from lookback.place import DISK_FULL
from lookback.records.formats.files import InputFile
from lookback.words import Word
from lookback.words.errors import InputError

MEGABYTES, MEGABYTES_A_MEGABYTE = 1_500, 40
"""The memory that a workbook may take: this, and so much for each megabyte of the file."""
SECONDS, SECONDS_A_MEGABYTE = 40, 4
"""The time that it may take."""


@dataclass(frozen=True)
class Sheet:
    """A sheet: its grid; of a hidden one the first rows alone."""

    name: str
    grid: Grid
    hidden: bool


class _Worker:
    """One process; it is started when first asked, and again after it had to be stopped."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process: subprocess.Popen[str] | None = None
        self.megabytes = 0
        self.asked = 0

    def ask(self, file: Path) -> dict[str, Any]:
        """The worker's answer on a file, or the code of an error."""
        size = file.stat().st_size / 1e6
        megabytes = int(MEGABYTES + MEGABYTES_A_MEGABYTE * size)
        if self.process is None or megabytes > self.megabytes:
            self.stop()
            self.process, self.megabytes = _start(megabytes), megabytes
        process = self.process
        assert process.stdin
        assert process.stdout
        self.asked += 1
        into = self.folder / str(self.asked)
        into.mkdir(parents=True)
        late = threading.Event()

        def end() -> None:
            late.set()
            process.kill()

        seconds = SECONDS + SECONDS_A_MEGABYTE * size
        timer = threading.Timer(seconds, end)
        timer.start()
        try:
            process.stdin.write(json.dumps({"file": str(file.absolute()), "into": str(into.absolute())}) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except OSError:
            line = ""
        finally:
            timer.cancel()
        if line:
            answer: dict[str, Any] = json.loads(line)
            return answer
        self.stop()
        return {"code": "workbook-too-slow", "seconds": int(seconds)} if late.is_set() else {"code": "workbook-too-large"}

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            for stream in (self.process.stdin, self.process.stdout):
                if stream is not None:
                    stream.close()
            self.process = None


def _start(megabytes: int) -> subprocess.Popen[str]:
    package = str(Path(__file__).parents[2])
    path = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH", ""))))
    return subprocess.Popen(
        [sys.executable, "-m", "lookback.records.formats.worker", str(megabytes), str(os.getpid())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": path, "PYTHONUTF8": "1", "ARROW_DEFAULT_MEMORY_POOL": "system"},
    )


def read_workbooks(files: Sequence[InputFile], folder: Path) -> Generator[list[Sheet] | InputError, None, None]:
    """The sheets of each file; what was read lies in `folder` as long as the grids are used. To be closed by whoever asks: the
    processes end then."""
    if not files:
        return
    n = min(os.cpu_count() or 1, len(files), 4)
    workers = [_Worker(folder / str(i)) for i in range(n)]
    free: SimpleQueue[_Worker] = SimpleQueue()
    for worker in workers:
        free.put(worker)

    def read(file: InputFile) -> dict[str, Any]:
        worker = free.get()
        try:
            return worker.ask(file.path)
        except OSError as error:
            if error.errno in DISK_FULL:
                raise
            return {"code": "unreadable-input", "why": error.strerror or str(error)}
        finally:
            free.put(worker)

    with ThreadPoolExecutor(n) as pool:
        try:
            for file, answer in zip(files, pool.map(read, files), strict=True):
                code = answer.pop("code", None)
                if code == "disk-full":
                    raise OSError(answer["errno"], os.strerror(answer["errno"]), str(folder))
                if code == "unreadable-input":  # whatever the library says of it
                    answer.setdefault("why", Word("why.damaged"))
                yield InputError(code, file=file.shown, **answer) if code else _sheets(file, answer)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            for worker in workers:  # those that still read end, and nobody waits for them
                if worker.process is not None:
                    worker.process.kill()
            pool.shutdown(wait=True)
            for worker in workers:
                worker.stop()


def _sheets(file: InputFile, answer: dict[str, Any]) -> list[Sheet]:
    serials_from = "1904-01-01" if answer["from_1904"] else "1899-12-30"
    sheets = []
    for sheet in answer["sheets"]:
        with pa.memory_map(sheet["file"]) as stored:
            rows = pa.ipc.open_file(stored).read_all()
        merged = [(row, first, last) for row, first, last in sheet["merged"]]
        grid = Grid(file.shown, sheet["name"], file.sha256, rows, merged, serials_from=serials_from)
        sheets.append(Sheet(sheet["name"], grid, sheet["hidden"]))
    return sheets
