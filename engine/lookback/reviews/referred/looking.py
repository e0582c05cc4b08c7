"""What is looked up for the records of a review, again: the review keeps records as they were read.

In: a review's folder. Out: SQL of the records of a table with what is looked up for them and what is lost of that, as `records`
says it; whatever records these name, of whichever unit.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lookback.packs.checked import CheckedPack
from lookback.packs.model import IN_CIRCLE
from lookback.packs.references import hop
from lookback.records.read import stored_records
from lookback.records.references import Joined, Known, make_circles
from lookback.warehouse.duckdb import DuckDB, quoted


class Looking:
    """`kept`: `_lost.json` of the review."""

    def __init__(self, folder: Path, pack: CheckedPack, kept: Mapping[str, Any], warehouse: DuckDB) -> None:
        self.folder, self.pack, self.kept, self.warehouse = folder, pack, kept, warehouse
        fields = {table: [f for f in names if f not in pack.tables[table].looked_up] for table, names in kept["fields"].items()}
        astray, twice = ([(table, name) for table, name in kept.get(kind, ())] for kind in ("astray", "twice"))
        self.known = Known(fields, kept.get("uncertain", ()), kept["doubtful"], astray, twice)

    def flags(self, table: str) -> dict[str, bool]:
        """The columns that say what is lost of the records of a table, and what they are where nothing else is said."""
        absent = self.kept["absent"].get(table) or ()
        found = {f"_lost_{f}": f in absent for f in self.known.fields.get(table, ())}
        return found | ({"_doubtful": False} if table in self.kept["doubtful"] else {})

    def _stored(self, table: str) -> str:
        """The records of a table by themselves; a view of them, by its name."""
        name = f"stored_{table}"
        fields = self.pack.tables[table].stored.fields
        records = stored_records(self.folder / "records", table, fields, self.flags(table))
        self.warehouse.view(name, f"FROM {records}")
        return name

    def records(self, table: str) -> str:
        """The records of a table, with what is looked up for them."""
        if not self.pack.tables[table].looked_up:
            return quoted(self._stored(table))
        for of in self.pack.tables[table].looked_up.values():
            if of.last == IN_CIRCLE:
                at = table
                for name in of.hops[:-1]:
                    at = str(hop(self.pack.tables, at, name))
                make_circles(self.pack, at, of.hops[-1], self.known, self._stored, self.warehouse)
        joined = Joined(self.pack, table, self.known, self._stored)
        return f"({joined.sql(self.kept['fields'].get(table, ()))})"
