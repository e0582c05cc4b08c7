"""The records of two reviews, in the warehouse, as either pack reads them, to be judged again.

In: two reviews, OLD and NEW. Out: for the records of one and the pack of one the views and tables that `judging` wants
(`records.read` says which), and what was lost of these records. A review keeps its records as they were read; what they name in
others is looked up again.

Which table, field or rule of OLD is which of NEW: that of the same name, or the one that says it was called so (`was`). Records
read by one pack are judged by the other so: a table or field of the same type that both have, as it is; what the records' own
pack did not ask was not asked then, and is taken from the other review, where the record is there too, as if nothing had changed
in it; else it is blank. So what one side never asked is never said to have changed.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from lookback.judging.losses import Lost as AsLost
from lookback.language.types import TYPES
from lookback.packs.checked import CheckedPack
from lookback.packs.model import IN_CIRCLE
from lookback.packs.references import hop
from lookback.records.read import Lost, beside_lost_rows, make_uncertain, stored_records, unit_sql
from lookback.records.references import Joined, Known, make_circles
from lookback.records.references.found import Links, plain
from lookback.reviews.folder import Review
from lookback.warehouse.duckdb import DuckDB, literal, path_literal, quoted
from lookback.words.errors import UsageError

Which = Literal["old", "new"]
SIDES: tuple[Which, Which] = ("old", "new")
FLAG = "_lost_"


def other(side: Which) -> Which:
    return "new" if side == "old" else "old"


# ------------------------------------------------------------------------------------------------------------ what is what


@dataclass(frozen=True)
class Pairs:
    """Which names of OLD's pack are which of NEW's. `tables`, `fields` (table, field): those that both have. `rules`: a rule of
    OLD -> those of NEW that it is, or by which it was replaced."""

    tables: Mapping[str, str]
    fields: Mapping[tuple[str, str], tuple[str, str]]
    rules: Mapping[str, tuple[str, ...]]

    @cached_property
    def back(self) -> Pairs:
        """The same the other way round."""
        rules: dict[str, tuple[str, ...]] = {}
        for old, new in self.rules.items():
            for rule in new:
                rules[rule] = (*rules.get(rule, ()), old)
        return Pairs({n: o for o, n in self.tables.items()}, {n: o for o, n in self.fields.items()}, rules)


def paired(old: CheckedPack, new: CheckedPack) -> Pairs:
    """Raises UsageError where the packs ask of other units, or tell the records of a table apart by other keys."""
    tables = alike({t: d.was for t, d in old.tables.items()}, {t: d.was for t, d in new.tables.items()})
    if tables.get(old.root) != new.root:
        raise UsageError("compare-other-units", old=old.root, new=new.root)
    fields: dict[tuple[str, str], tuple[str, str]] = {}
    for one, other_ in tables.items():
        before, after = old.tables[one], new.tables[other_]
        named = alike({f: d.was for f, d in before.columns.items()}, {f: d.was for f, d in after.columns.items()})
        above = tables.get(before.belongs_to or "", before.belongs_to)
        keys = tuple(named.get(part, part) for part in before.parts)
        if keys != after.parts or above != after.belongs_to:
            raise UsageError("compare-other-key", table=other_)
        named = {f: g for f, g in named.items() if before.fields[f].type is after.fields[g].type}
        named |= {before.key: after.key} if before.key in before.fields and after.key in after.fields else {}
        fields |= {(one, f): (other_, g) for f, g in named.items()}
    return Pairs(tables, fields, _rules(old, new))


def alike(old: Mapping[str, Collection[str]], new: Mapping[str, Collection[str]]) -> dict[str, str]:
    """Names of OLD -> of NEW; each with what it was called before."""
    found = {name: name for name in old if name in new}
    found |= {was: name for name, before in new.items() for was in before if name not in old and was in old and was not in new}
    found |= {name: was for name, before in old.items() for was in before if name not in new and was in new and was not in old}
    return found


def _rules(old: CheckedPack, new: CheckedPack) -> dict[str, tuple[str, ...]]:
    same = alike({r.id: r.rule.was for r in old.rules}, {r.id: r.rule.was for r in new.rules})
    rules: dict[str, tuple[str, ...]] = {one: (by,) for one, by in same.items()}
    for _, rule in new.pack.retired:
        if rule.rule in old.by_id and (by := tuple(r for r in rule.replaced_by if r in new.by_id)):
            rules[rule.rule] = (*rules.get(rule.rule, ()), *by)
    for _, rule in old.pack.retired:  # the later review as OLD
        for r in rule.replaced_by:
            if rule.rule in new.by_id and r in old.by_id:
                rules[r] = (*rules.get(r, ()), rule.rule)
    return rules


# ------------------------------------------------------------------------------------------------------------- the records


@dataclass(frozen=True)
class _Side:
    """One review: its pack, and what it keeps of what was lost."""

    folder: Path
    pack: CheckedPack

    @cached_property
    def kept(self) -> Mapping[str, Any]:
        file = self.folder / "records" / "_lost.json"
        found: Mapping[str, Any] = {"doubtful": (), "fields": {}, "absent": {}}
        return json.loads(file.read_text("utf-8")) if file.is_file() else found

    def flags(self, table: str) -> dict[str, bool]:
        """The columns that say what is lost of a table's records, with what they are where nothing else is said."""
        own, absent = self.pack.tables[table].stored.fields, self.kept["absent"].get(table) or ()
        found = {f"{FLAG}{f}": f in absent for f in self.kept["fields"].get(table, ()) if f in own}
        return found | ({"_doubtful": False} if table in self.kept["doubtful"] else {})

    def stored(self, table: str) -> str:
        fields = self.pack.tables[table].stored.fields
        return stored_records(self.folder / "records", table, fields, self.flags(table))


@dataclass
class Both:
    """Two reviews and a warehouse; their records as views `old_T` and `new_T`, by the names of their own packs."""

    reviews: Mapping[Which, Review]
    packs: Mapping[Which, CheckedPack]
    pairs: Pairs
    warehouse: DuckDB
    _sides: dict[Which, _Side] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for side in SIDES:
            self._sides[side] = one = _Side(self.reviews[side].folder, self.packs[side])
            for table in one.pack.tables:
                self.warehouse.view(f"{side}_{table}", f"FROM {one.stored(table)}")

    def pairs_to(self, side: Which) -> Pairs:
        """From the names of a side's pack to those of the other's."""
        return self.pairs if side == "old" else self.pairs.back

    def flags(self, side: Which, table: str) -> dict[str, bool]:
        return self._sides[side].flags(table)

    def has_key(self, side: Which, table: str) -> bool:
        """Whether the records of a table are told apart by more than their places."""
        return bool(self.packs[side].tables[table].parts)

    @cached_property
    def same_records(self) -> bool:
        """Whether the records of both are the same, to the byte; the rows of a pack are its own."""
        found = []
        for side in SIDES:
            of_pack = {f"records/{table}.parquet" for table, d in self.packs[side].tables.items() if d.rows is not None}
            files = self.reviews[side].summary["files"]
            found.append({name: of for name, of in files.items() if name.startswith("records/") and name not in of_pack})
        return found[0] == found[1]

    # ---------------------------------------------------------------------------------------------- records by a pack

    def make(self, records: Which, pack: CheckedPack, by: Which) -> AsLost:
        """The records of one side for `pack`, which is the other's or its own (`by`), with this run's parameters."""
        one = self._sides[records]
        names = {t: t for t in pack.tables} if records == by else dict(self.pairs_to(by).tables)
        for table in (*pack.references(), *pack.top_down()):
            self._plain(records, pack, by, table)
        kept = one.kept
        back = {own: table for table, own in names.items()}
        fields = {t: {f.removeprefix(FLAG) for f in self._flags(records, by, t) if f.startswith(FLAG)} for t in pack.tables}
        fields = {t: of for t, of in fields.items() if of}
        doubtful = {t for t in pack.tables if "_doubtful" in self._flags(records, by, t)}
        absent: dict[str, frozenset[str] | None] = {
            back[t]: None if of is None else frozenset() for t, of in kept["absent"].items() if t in back
        }
        nowhere = {t for t, of in absent.items() if of is None}
        self._lost_rows(one, back)
        rows = make_uncertain(pack, self.warehouse, nowhere)
        known = self._known(pack, fields, nowhere, doubtful)
        for table, definition in pack.tables.items():
            if definition.looked_up:
                joined = Joined(pack, table, known, lambda t: plain(pack, t))
                fields[table] = fields.get(table, set()) | {f for f, of in definition.looked_up.items() if joined.lost(of)}
                self.warehouse.view(f"records_{table}", joined.sql())
        links = Links(pack, known, nowhere, rows, self.warehouse).make() if pack.refers else frozenset()
        lost = {table: frozenset(of) for table, of in fields.items() if of}
        gone = beside_lost_rows(pack, self.warehouse)
        return Lost(lost, frozenset(doubtful), frozenset({*rows, *links}), absent, parts=kept.get("parts", 1), gone=gone)

    def _flags(self, records: Which, by: Which, table: str) -> dict[str, bool]:
        """What may be lost of the records of a table as the pack of `by` calls it: of their own, and of what is taken from the
        other side."""
        if records == by:
            return self.flags(records, table)
        pairs = self.pairs_to(by)
        theirs = self.flags(by, table)
        own = self._own(by, table)
        if own is None:
            return theirs
        found = {}
        mine = self.flags(records, own)
        for id_ in self.packs[by].tables[table].stored.fields:
            to = pairs.fields.get((table, id_))
            said = mine.get(f"{FLAG}{to[1]}") if to is not None else theirs.get(f"{FLAG}{id_}")
            if said is not None:
                found[f"{FLAG}{id_}"] = said
        return found | ({"_doubtful": False} if "_doubtful" in mine else {})

    def _plain(self, records: Which, pack: CheckedPack, by: Which, table: str) -> None:
        """The view of a table's own fields, with the key of each record's unit."""
        source, lost = self._source(records, by, table), f"{FLAG}{pack.parent_key(table)}" in self._flags(records, by, table)
        above = pack.tables[table].belongs_to
        unit, joined = unit_sql(pack, table, plain(pack, above) if above is not None else "", may_be_lost=lost)
        name = plain(pack, table)
        self.warehouse.view(name, f"SELECT r.*, {unit} AS _unit FROM ({source}) r{joined}")
        if name != f"records_{table}":
            self.warehouse.view(f"records_{table}", f"FROM {quoted(name)}")

    def _own(self, by: Which, table: str) -> str | None:
        """What the other side calls a table of one; None where nobody asked for such records there, or the pack brings them."""
        return None if self.packs[by].tables[table].rows is not None else self.pairs_to(by).tables.get(table)

    def _source(self, records: Which, by: Which, table: str) -> str:
        """The records of one side as the pack of the other calls them; what its own did not ask from the other side."""
        if records == by:
            return f"FROM {quoted(f'{records}_{table}')}"
        pairs, definition = self.pairs_to(by), self.packs[by].tables[table]
        own = self._own(by, table)
        if own is None:
            return f"FROM {quoted(f'{by}_{table}')}"
        mine, theirs = self.flags(records, own), self.flags(by, table)
        columns, taken = ["a._row"], False
        with_key = self.has_key(by, table)
        for id_, f in definition.stored.fields.items():
            to = pairs.fields.get((table, id_))
            flag = quoted(f"{FLAG}{id_}")
            if to is not None:
                columns.append(f"a.{quoted(to[1])} AS {quoted(id_)}")
                columns += [f"a.{quoted(f'{FLAG}{to[1]}')} AS {flag}"] if f"{FLAG}{to[1]}" in mine else []
            elif with_key:
                taken = True
                columns.append(f"b.{quoted(id_)}")
                columns += [f"coalesce(b.{flag}, false) AS {flag}"] if f"{FLAG}{id_}" in theirs else []
            else:
                columns.append(f"NULL::{TYPES[f.type].sql} AS {quoted(id_)}")
                columns += [f"false AS {flag}"] if f"{FLAG}{id_}" in theirs else []
        columns += ["a._doubtful", "a._place"] if "_doubtful" in mine else []
        source = f"{quoted(f'{records}_{own}')} AS a"
        if taken:
            key = pairs.fields[table, definition.key][1]
            source += f" LEFT JOIN {quoted(f'{by}_{table}')} AS b ON b.{quoted(definition.key)} = a.{quoted(key)}"
        return f"SELECT {', '.join(columns)} FROM {source}"

    def _lost_rows(self, one: _Side, names: Mapping[str, str]) -> None:
        """`lost_rows` by the names of the tables that are judged."""
        file = one.folder / "records" / "_lost_rows.parquet"
        whens = " ".join(f"WHEN {literal(own)} THEN {literal(table)}" for own, table in names.items())
        rows = f"""SELECT * REPLACE (CASE "table" {whens} END AS "table") FROM read_parquet({path_literal(file)})"""
        self.warehouse.create("lost_rows", f'FROM ({rows}) WHERE "table" IS NOT NULL')
        self.warehouse.drop("unjudged_fields")

    def _known(self, pack: CheckedPack, fields: Mapping[str, Iterable[str]], nowhere: set[str], doubtful: set[str]) -> Known:
        """What is known of these records where they name others, as `records` finds it; their circles are made."""
        if not pack.refers:
            return Known()
        lost = {t for (t,) in self.warehouse.rows('SELECT DISTINCT "table" FROM lost_rows')}
        known = Known({t: [*of] for t, of in fields.items()}, lost | nowhere | doubtful, doubtful)
        name = lambda t: plain(pack, t)  # noqa: E731
        astray, twice = [], []
        for table, definition in pack.tables.items():
            for id_, f in definition.columns.items():
                if (to := f.refers_to) is None:
                    continue
                joined = Joined(pack, table, known, name)
                there = joined.at((id_,))
                if self.warehouse.rows(
                    f"SELECT 1 FROM {joined.source} WHERE {there.filled} AND {there.alias}._row IS NULL LIMIT 1"
                ):
                    astray.append((table, id_))
                if to.on is not None:
                    test = f"r.{quoted(to.on)} <= {there.alias}._before"
                    twice += [(table, id_)] if self.warehouse.rows(f"SELECT 1 FROM {joined.source} WHERE {test} LIMIT 1") else []
        known = Known(known.fields, known.uncertain, doubtful, astray, twice)
        for table, definition in pack.tables.items():
            for of in definition.looked_up.values():
                if of.last == IN_CIRCLE:
                    at = table
                    for step in of.hops[:-1]:
                        at = str(hop(pack.tables, at, step))
                    make_circles(pack, at, of.hops[-1], known, name, self.warehouse)
        return known

    def only(self, pack: CheckedPack, units: str, names: Collection[str]) -> None:
        """Leave of the records those of some units (`unit`) of a table, and of those whose records refer to theirs, and so on, on
        which theirs may rest. `names`: all that a program names; other fields are left out."""
        if pack.across_units():
            return
        needed = "units_needed"
        self.warehouse.create(needed, f"SELECT unit FROM {units}")
        via = {fact.link: fact for fact in pack.facts if fact.via is not None}.values()
        many = self.warehouse.rows(f"SELECT count(*) FROM {needed}")[0][0]
        while via:
            found = [
                f"""SELECT DISTINCT CAST(c._unit AS VARCHAR) AS unit FROM {quoted(f"records_{f.child}")} c
                JOIN {quoted(f"records_{f.table}")} p ON c.{quoted(str(f.via))} = p.{quoted(pack.tables[f.table].key)}
                JOIN {needed} n ON n.unit = CAST(p._unit AS VARCHAR)"""
                for f in via
            ]
            query = " UNION ALL ".join([f"SELECT unit FROM {needed}", *found])
            self.warehouse.create(needed, f"SELECT DISTINCT unit FROM ({query}) WHERE unit IS NOT NULL")
            now = self.warehouse.rows(f"SELECT count(*) FROM {needed}")[0][0]
            if now == many:
                break
            many = now
        for table, definition in ((t, pack.tables[t]) for t in pack.top_down()):
            records = quoted(f"records_{table}")
            kept = {*names, definition.key, pack.parent_key(table), *(definition.fields if pack.refers else ())}
            columns = [c for c in self.warehouse.columns(f"records_{table}") if c in kept or c not in definition.fields]
            rows = f"FROM {records} r SEMI JOIN {needed} n ON n.unit = CAST(r._unit AS VARCHAR)"
            self.warehouse.create(f"only_{table}", f"SELECT {', '.join(map(quoted, columns))} {rows}")
        for table in pack.top_down():
            self.warehouse.view(f"records_{table}", f"FROM {quoted(f'only_{table}')}")
