"""What is looked up for a few records, in Python: as `records` does it for many, where nothing of them is lost.

In: records by table, every field given. Out: the same with the values that are looked up in others of them, and in the pack's own
rows of reference data.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from lookback.language.types import Value
from lookback.packs.checked import CheckedPack
from lookback.packs.model import EXISTS, IN_CIRCLE, LookedUp
from lookback.packs.references import hop, hops_of

Record = Mapping[str, Value]
Records = Mapping[str, Sequence[Record]]


class _Resolving:
    def __init__(self, pack: CheckedPack, records: Records) -> None:
        self.pack, self.tables = pack, pack.tables
        own = {table: rows for table, rows in pack.pack.rows.items() if not records.get(table)}
        self.records = {**records, **own}
        self.known: dict[tuple[str, tuple[str, ...]], dict[tuple[Value, ...], list[Record]]] = {}

    def rows(self, table: str, fields: tuple[str, ...], values: tuple[Value, ...]) -> list[Record]:
        """The records of a table of which some fields have these values."""
        if (table, fields) not in self.known:
            index = self.known[table, fields] = {}
            for row in self.records.get(table, ()):
                index.setdefault(tuple(row[f] for f in fields), []).append(row)
        return self.known[table, fields].get(values, [])

    def filled(self, table: str, record: Record, name: str) -> bool:
        own = self.tables[table].fields.get(name)
        to = own.refers_to if own is not None else None
        day = [to.on] if to is not None and to.on is not None else []
        return all(record[need] is not None for need in (*(this for _, this in hops_of(self.tables, table, name)), *day))

    def found(self, table: str, record: Record, name: str) -> Record | None:
        """The record that one names by a hop."""
        if not self.filled(table, record, name):
            return None
        there, pairs = str(hop(self.tables, table, name)), [*hops_of(self.tables, table, name)]
        rows = self.rows(there, tuple(other for other, _ in pairs), tuple(record[this] for _, this in pairs))
        own = self.tables[table].fields.get(name)
        if own is None or own.refers_to is None or own.refers_to.on is None:
            return rows[0] if rows else None
        begins, ends = self.tables[there].in_force or ("", "")
        day = record[own.refers_to.on]
        now = [row for row in rows if (row[begins] or date.min) <= day <= (row[ends] or date.max)]  # type: ignore[operator]
        return max(now, key=lambda row: row[begins] or date.min) if now else None

    def value(self, table: str, record: Record, of: LookedUp) -> Value:
        at: Record | None = record
        for name in of.hops[:-1]:
            at, table = self.found(table, at, name) if at is not None else None, str(hop(self.tables, table, name))
        if at is None or not self.filled(table, at, of.hops[-1]):
            return self._in_no_circle(table, of.hops[-1]) if at is not None and of.last == IN_CIRCLE else None
        if of.last == IN_CIRCLE:
            return self._in_circle(table, at, of.hops[-1])
        end = self.found(table, at, of.hops[-1])
        return end is not None if of.last == EXISTS else end[of.last] if end is not None else None

    def _in_no_circle(self, table: str, name: str) -> Value:
        """What is said of a record whose way ends in a blank."""
        return False if self.tables[table].fields[name].optional is not None else None

    def _in_circle(self, table: str, record: Record, name: str) -> Value:
        key, passed = self.tables[table].key, set[Value]()
        at: Record | None = record
        while at is not None and at[key] not in passed:
            passed.add(at[key])
            if not self.filled(table, at, name):
                return self._in_no_circle(table, name)
            at = self.found(table, at, name)
        return at is not None and at[key] == record[key]


def resolved(pack: CheckedPack, records: Records) -> dict[str, list[dict[str, Value]]]:
    """Records with what is looked up for them."""
    resolving = _Resolving(pack, records)
    return {
        table: [row | {id_: resolving.value(table, row, of) for id_, of in pack.tables[table].looked_up.items()} for row in rows]  # type: ignore[operator]
        for table, rows in records.items()
    }


def astray(pack: CheckedPack, records: Records) -> Iterator[tuple[str, int, str]]:
    """References that have to find a record, and find none: table, place of the record, field."""
    resolving = _Resolving(pack, records)
    for table, rows in records.items():
        for id_, f in pack.tables[table].columns.items():
            if f.refers_to is None or f.missing is not None:
                continue
            for i, row in enumerate(rows):
                if resolving.filled(table, row, id_) and resolving.found(table, row, id_) is None:
                    yield table, i, id_


def found_at(pack: CheckedPack, records: Records, table: str, row: Record, of: LookedUp) -> tuple[str, Value, str]:
    """Where a value that is looked up for a record stands: table, key, field; the reference itself where it leads nowhere."""
    whole = {t: [{**dict.fromkeys(pack.tables[t].fields), **one} for one in rows] for t, rows in records.items()}
    resolving = _Resolving(pack, whole)
    at: Record = {**dict.fromkeys(pack.tables[table].fields), **row}
    for name in of.hops:
        there = resolving.found(table, at, name)
        if there is None or of.last in (EXISTS, IN_CIRCLE):
            return table, at[pack.tables[table].key], name
        at, table = there, str(hop(pack.tables, table, name))
    return table, at[pack.tables[table].key], of.last
