"""What hundreds of tests would pay for, again and again, once or for less: `conftest.py` imports it before anything else.

In this process a pack that is read and checked again, to the letter the same, is the one of before: nobody changes one. So are
its queries and its sentences, as long as nothing is lost. A connection that is not told how many threads to use has one, which is
quicker where records are few. One that is told nothing of memory either is opened on an engine that is there: a new one takes
longer than most of what it is asked. Tables, views and whatever else a connection makes are its own.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from lookback.judging import program
from lookback.judging.losses import NOTHING, Lost
from lookback.judging.reasons import Reasons
from lookback.packs import check, read
from lookback.packs.checked import CheckedPack, Pack
from lookback.warehouse.duckdb import DuckDB

MOST = 48
"""Packs, programs and sentences that are kept."""

_read, _check, _connected = read.read_pack, check.check_pack, DuckDB.__init__
_compile, _reasoned = program.compile, Reasons.__init__
_packs: dict[Hashable, Any] = {}


def _once(key: Hashable, made: Callable[[], Any]) -> Any:
    if key not in _packs:
        found = made()
        while len(_packs) >= MOST:
            del _packs[next(iter(_packs))]
        _packs[key] = found
    return _packs[key]


def read_once(pack: str | Path) -> Pack:
    folder = read.find_pack(pack)
    files = sorted([*folder.glob("*.yaml"), *folder.rglob("*.csv"), *folder.glob("papers/*.md")])
    if not all(file.is_file() and file.stat().st_size < 1_000_000 for file in files):
        return _read(pack)
    found: Pack = _once((str(pack), *((file.name, file.read_bytes()) for file in files)), lambda: _read(pack))
    return found


def check_once(pack: Pack, settings: Mapping[str, Any] | None = None) -> CheckedPack:
    made = _once((id(pack), repr(sorted((settings or {}).items()))), lambda: (pack, _check(pack, settings)))
    found: CheckedPack = made[1]  # the pack is kept with it, so that no other one gets its id
    return found


def compile_once(pack: CheckedPack, lost: Lost = NOTHING) -> program.Program:
    if not lost.empty:
        return _compile(pack, lost)
    made = _once(("program", id(pack), lost.parts), lambda: (pack, _compile(pack, lost)))
    found: program.Program = made[1]
    return found


def reasons_once(
    self: Reasons, pack: CheckedPack, lang: str, lost: Lost = NOTHING, *, named: bool = False, titles: bool = True
) -> None:
    if not lost.empty:
        _reasoned(self, pack, lang, lost, named=named, titles=titles)
        return

    def made() -> dict[str, Any]:
        _reasoned(self, pack, lang, lost, named=named, titles=titles)
        return vars(self)

    vars(self).update(_once(("reasons", id(pack), lang, lost.parts, named, titles), made))


@cache
def _engine() -> tuple[duckdb.DuckDBPyConnection, TemporaryDirectory[str]]:
    folder, opened = TemporaryDirectory(prefix="tests-"), DuckDB.__new__(DuckDB)
    _connected(opened, Path(folder.name), 1)
    opened.run("SET enable_external_file_cache = false")  # files are written again within a moment
    return opened.connection, folder


def on_one_thread(self: DuckDB, folder: Path | None, threads: int | None = None, memory: int | None = None) -> None:
    if memory is not None or threads not in (None, 1):
        _connected(self, folder, threads or 1, memory)
        return
    self.spill, self._limited = str(folder / "spill") if folder else "", True
    self.connection = _engine()[0].cursor()


read.read_pack, check.check_pack, program.compile = read_once, check_once, compile_once
DuckDB.__init__, Reasons.__init__ = on_one_thread, reasons_once  # type: ignore[method-assign]
