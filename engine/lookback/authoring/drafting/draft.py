"""What the user names -> a drafted pack, in a folder that appears whole or not at all.

In: the pack's name, workbooks, text files, databases. Out: a `Draft`, and within `drafted` the folder that it is in, to be looked
at before it stands where it is to. The draft has to pass what `rules check` and `rules test` ask.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from lookback.authoring.drafting.looks import Look
from lookback.authoring.drafting.tables import Table, tables_of
from lookback.authoring.drafting.writing import files_of
from lookback.place import replaced_folder, temporary
from lookback.records.formats.databases import called
from lookback.records.seen import Seen, see
from lookback.warehouse.duckdb import DuckDB
from lookback.words.errors import Notice, UsageError


@dataclass(frozen=True)
class Draft:
    """folder: where it lies for now. left_out: sheets that are linked to none of its tables."""

    folder: Path
    tables: Sequence[Table]
    left_out: Sequence[str]
    notices: Sequence[Notice]

    @property
    def personal(self) -> list[tuple[str, str, Look]]:
        """(table, field, what was seen) of what is taken for personal data."""
        return [(t.id, f, look) for t in self.tables for f, look in t.fields.items() if look.personal]


@contextmanager
def looked_at(data: Sequence[str | Path], encoding: str | Sequence[str] | None = None) -> Iterator[tuple[Seen, DuckDB]]:
    """What the user named, as it stands, and the warehouse in which it can be asked."""
    with ExitStack() as stack:
        work = Path(stack.enter_context(temporary()))
        warehouse = stack.enter_context(closing(DuckDB(work / "spill")))
        yield see(data, warehouse, work / "inputs", encoding), warehouse


@contextmanager
def drafted(name: str | Path, data: Sequence[str | Path], encoding: str | Sequence[str] | None = None) -> Iterator[Draft]:
    """A draft that stands at `name` on leaving without an exception. Raises UsageError for a name that cannot be one, or a folder
    that is there; InputError; OutputError."""
    target = Path(name)
    if not re.fullmatch(r"[a-z][a-z0-9-]*", target.name):
        raise UsageError("bad-pack-name", name=target.name)
    if target.exists() or target.is_symlink():
        raise UsageError("new-exists", folder=str(target))
    with looked_at(data, encoding) as (seen, warehouse):
        tables, left_out = tables_of(seen, warehouse)
    files = files_of(target.name, tables, ", ".join(Path(called(item)).name for item in data))
    with replaced_folder(target, lambda folder: False) as folder:
        for file, text in files.items():
            (folder / file).write_text(text, "utf-8")
        yield Draft(folder, tables, left_out, seen.notices)
