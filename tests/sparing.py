"""What hundreds of tests would pay for, again and again, once or for less: `conftest.py` imports it before anything else.

In this process more packs and programs are kept than elsewhere, and sentences, too, as long as nothing is lost. A connection that
is not told how many threads to use has one, which is quicker where records are few. One that is told nothing of memory either is
opened on an engine that is there: a new one takes longer than most of what it is asked. Tables, views and whatever else a
connection makes are its own.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from lookback.judging.losses import NOTHING, Lost
from lookback.judging.reasons import Reasons
from lookback.notions import kept
from lookback.packs.checked import CheckedPack
from lookback.warehouse.duckdb import DuckDB

MOST = 48
"""Packs, programs and sentences that are kept."""
kept.MOST = MOST

_connected, _reasoned = DuckDB.__init__, Reasons.__init__
_sentences: dict[Hashable, Any] = {}


def _once(key: Hashable, made: Callable[[], Any]) -> Any:
    if key not in _sentences:
        found = made()
        while len(_sentences) >= MOST:
            del _sentences[next(iter(_sentences))]
        _sentences[key] = found
    return _sentences[key]


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
    self.spill, self._threads, self._limited = str(folder / "spill") if folder else "", 1, True
    self.connection = _engine()[0].cursor()


DuckDB.__init__, Reasons.__init__ = on_one_thread, reasons_once  # type: ignore[method-assign]
