"""Records with values that are looked up -> the same with the records in which they are found, so that they can be there.

In: records by table, as z3 makes them up: what is looked up for each may be anything. Out: the records that they name besides,
made for them, or rows of the pack's own; or None where there can be no such, as where two values come of one record and disagree.
By looking up again what was asked for, it is certain that it is found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import count

from lookback.language.types import TYPES, Column, Type, Value
from lookback.packs.checked import CheckedPack
from lookback.packs.model import EXISTS, IN_CIRCLE, LookedUp, put_together
from lookback.packs.references import hop, hops_of
from lookback.packs.references.resolving import found_at, resolved
from lookback.proving.search import Example

Records = Mapping[str, Sequence[Mapping[str, Value]]]
Wanted = Mapping[tuple[str, ...], Value]
"""What is looked up through a record, by the names that lead there."""


def planted(pack: CheckedPack, records: Records) -> dict[str, list[dict[str, Value]]] | None:
    """Records without what is looked up, among those in which it is found."""
    if not any(table.looked_up for table in pack.tables.values()):
        return {table: [dict(row) for row in rows] for table, rows in records.items()}
    planting = _Planting(pack, records)
    for table, rows in records.items():
        looked_up = pack.tables[table].looked_up
        for asked, row in zip(rows, list(planting.records[table]), strict=True):
            planting.plant(table, row, {(*of.hops, of.last): asked.get(id_) for id_, of in looked_up.items()})
    found = {
        table: [{**dict.fromkeys(pack.tables[table].fields), **row} for row in rows] for table, rows in planting.records.items()
    }
    again = resolved(pack, found)
    for table, rows in records.items():
        for asked, row in zip(rows, again[table], strict=False):
            if any(asked.get(id_) != row[id_] for id_ in pack.tables[table].looked_up):
                return None
    return planting.records


def real_of(pack: CheckedPack, example: Example) -> Example | None:
    """An example with the records in which it looks something up; None where there can be none."""
    records = planted(pack, example.records)
    return replace(example, records=records) if records is not None else None


def with_and_without(pack: CheckedPack, example: Example, column: Column, key: Value) -> tuple[Example, Example] | None:
    """An example as it can be, and with a value of a record, named by its key, left blank; None where it cannot be."""
    real = real_of(pack, example)
    if real is None:
        return None
    table, at, field = place_of(pack, real.records, column, key)
    own = pack.tables[table].key
    rows = {
        of: [{k: v for k, v in row.items() if (of, row.get(own), k) != (table, at, field)} for row in records]
        for of, records in real.records.items()
    }
    return real, replace(real, records=rows)


def place_of(pack: CheckedPack, records: Records, column: Column, key: Value) -> tuple[str, Value, str]:
    """Where a value of a record stands: the table, the record's key, the field; of one that is looked up, where it is found."""
    of = pack.tables[column.table].fields[column.name]
    if not isinstance(of, LookedUp):
        return column.table, key, column.name
    own = pack.tables[column.table].key
    row = next(row for row in records[column.table] if row[own] == key)
    return found_at(pack, records, column.table, row, of)


class _Planting:
    def __init__(self, pack: CheckedPack, records: Records) -> None:
        self.pack, self.tables, self.numbers = pack, pack.tables, count(1)
        self.records: dict[str, list[dict[str, Value]]] = {
            table: [{id_: v for id_, v in row.items() if id_ not in pack.tables[table].looked_up} for row in rows]
            for table, rows in records.items()
        }

    def plant(self, table: str, row: dict[str, Value], wanted: Wanted) -> None:
        """See to it that what is wanted of a record is found through it."""
        for name in dict.fromkeys(path[0] for path in wanted):
            of_hop = {path[1:]: value for path, value in wanted.items() if path[0] == name}
            own = self.tables[table].fields.get(name)
            if own is None or own.refers_to is None:
                continue
            there = any(v is not None for path, v in of_hop.items() if path not in ((EXISTS,), (IN_CIRCLE,)))
            if of_hop.get((IN_CIRCLE,)) is True:
                row[name] = row[self.tables[table].key]
            elif there or of_hop.get((EXISTS,)) is True:
                self._make(table, row, name, of_hop)
            elif of_hop.get((EXISTS,)) is False or of_hop.get((IN_CIRCLE,)) is False:
                for _, this in hops_of(self.tables, table, name):
                    row.setdefault(this, self._new(table, this))

    def _make(self, table: str, row: dict[str, Value], name: str, wanted: Wanted) -> None:
        there, pairs = str(hop(self.tables, table, name)), [*hops_of(self.tables, table, name)]
        if there in self.pack.pack.rows:
            fitting = (
                one
                for one in self.pack.pack.rows[there]
                if all(one.get(path[0]) == v for path, v in wanted.items() if len(path) == 1 and path[0] in one)
                and all(row.get(this) in (None, one[other]) for other, this in pairs)
            )
            if (one := next(fitting, None)) is not None:
                row.update({this: one[other] for other, this in pairs})
            return
        on = self.tables[table].fields[name].refers_to
        if on is not None and on.on is not None:
            row.setdefault(on.on, self._new(table, on.on))
        for _, this in pairs:
            row.setdefault(this, self._new(table, this))
        values = {other: row[this] for other, this in pairs}
        rows = self.records.setdefault(there, [])
        found = next((one for one in rows if all(one.get(other) == v for other, v in values.items())), None)
        if found is None:
            found = self._record(there, values)
            rows.append(found)
        deeper: dict[tuple[str, ...], Value] = {}
        for path, value in wanted.items():
            if len(path) > 1:
                deeper[path] = value
            elif path[0] not in (EXISTS, IN_CIRCLE) and value is not None:
                found.setdefault(path[0], value)
        self.plant(there, found, deeper)

    def _record(self, table: str, values: Mapping[str, Value]) -> dict[str, Value]:
        """A record with these values and a key, and one that it belongs to."""
        definition, found = self.tables[table], dict(values)
        for part in definition.parts:
            found.setdefault(part, self._new(table, part))
        if definition.key not in definition.columns:
            found[definition.key] = put_together([found[part] for part in definition.parts]) or f"{table}{next(self.numbers)}"
        parent = definition.belongs_to
        if parent is not None:
            above = self._record(parent, {})
            self.records.setdefault(parent, []).append(above)
            found.update({f: above[f] for f in (*self.tables[parent].parts, self.tables[parent].key)})
        return found

    def _new(self, table: str, name: str) -> Value:
        """A value that no other record has, where its type has so many."""
        f, number = self.tables[table].fields[name], next(self.numbers)
        if f.type is Type.INTEGER:
            return 1_000_000 + number
        if f.type is Type.CHOICE:
            return next(iter(f.choices or ()), None)
        return f"{name}{number}" if f.type is Type.TEXT else TYPES[f.type].sample
