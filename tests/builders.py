"""Packs for tests: put together from rules, and checked."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from reference import Pack
from strategies import NOT_COUNTED, uncounted, write_pack

from lookback import built_in_packs
from lookback.packs.check import check_pack
from lookback.packs.checked import CheckedPack
from lookback.packs.read import read_pack

Entry = Mapping[str, Any]


def pack_of(
    tables: Mapping[str, Any],
    rules: Sequence[Entry],
    facts: Sequence[Entry] = (),
    params: Mapping[str, Any] | None = None,
    outcomes: Sequence[str] = ("pass", "explain", "make_up"),
) -> Pack:
    """A pack; a rule that names no outcome gives make_up, what has no title is called by its id, and a table of whose verdicts no
    rule of another asks is not counted."""
    titled = [{"title": {"en": str(fact["fact"])}, **fact} for fact in facts]
    listed = [{"title": {"en": str(rule["rule"])}, "otherwise": "make_up", **rule} for rule in rules]
    aside = uncounted([table for table, entry in tables.items() if "belongs_to" in entry], titled, listed)
    entries = {table: {**entry, "not_counted": NOT_COUNTED} if table in aside else entry for table, entry in tables.items()}
    return Pack(params or {}, [{"outcome": outcome} for outcome in outcomes], entries, titled, listed)


def checked(folder: str | Path, pack: Pack | None = None, **params: Any) -> CheckedPack:
    """The pack in a folder, checked; with `pack`, it is written there before. The built-in ones are read once."""
    if pack is not None:
        write_pack(pack, Path(folder))
    if str(folder) in built_in_packs() and not params:
        return built_in(str(folder))
    return check_pack(read_pack(folder), params)


@functools.cache
def built_in(name: str) -> CheckedPack:
    return check_pack(read_pack(name))
