"""Sound records of many units, and one thing of them spoilt where anybody can see it.

A `Line` is a row as somebody handed it in. `drawn` and `cloned` make sound lines, a list a unit; `spoil` damages one of them and
says what it did; `write` makes the files. `whole_damages` are those of a column, a table or a file: they hit every unit at once.
"""

from __future__ import annotations

import csv
import datetime
import json
import random
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import xlsxwriter
from strategies import DOMAINS, cell

from lookback.language.types import Type
from lookback.packs.checked import CheckedPack
from lookback.packs.model import FieldDef
from lookback.records.find import Needs

FORMS = ("csv", "xlsx", "json")
ERRORS = ("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#NV", "#BEZUG!", "#WERT!", "#NOM?")
JUNK: Mapping[Type, Sequence[str]] = {  # what a type can see
    Type.INTEGER: ("many", "500 USD", "1.5", "12345678901234567890", "3 or 4"),
    Type.NUMBER: ("many", "500 USD", "1.2.3", "n.n.", "1e"),
    Type.BOOLEAN: ("perhaps", "2", "yes/no"),
    Type.DATE: ("2005-02-30", "31.11.2005", "2005-13-01", "soon", "never"),
    Type.CHOICE: ("delta", "alpha, beta", "?!"),
    Type.CHOICES: ("delta", "alpha; delta", "?!"),
    Type.TEXT: (),
}


@dataclass(eq=False)
class Line:
    """A row of a table. `more`: a value too many, and where it stands. `again`: what a second column of a field says; in other
    rows it says the same."""

    table: str
    values: dict[str, Any]
    more: tuple[int, Any] | None = None
    again: tuple[str, Any] | None = None


Unit = list[Line]


@dataclass(frozen=True)
class Damage:
    """What was spoilt of a unit. `lines`: it has to be told at the place of one of them. `field`: and of that column.
    `gone`: nobody can tell any more which unit it is: it is listed under its place."""

    kind: str
    what: str
    lines: tuple[Line, ...]
    field: str | None = None
    gone: bool = False

    def __str__(self) -> str:
        return f"{self.kind}: {self.what}; {self.lines[0].table} {list(self.lines[0].values.values())}"


# ------------------------------------------------------------------------------------------------------- sound records


def keys_of(pack: CheckedPack, table: str, n: int) -> str:
    """A key that may be spelt otherwise: some with zeros before it."""
    return f"{n:05d}" if n % 2 else f"{table[0].upper()}b{n}"


def drawn(pack: CheckedPack, rng: random.Random, size: int) -> list[Unit]:
    """Units with up to three records of each child table below each record, a sixth of the values blank."""
    counts = dict.fromkeys(pack.tables, 0)

    def below(table: str, parent: dict[str, Any]) -> Iterator[Line]:
        counts[table] += 1
        values: dict[str, Any] = {}
        for id_, f in pack.tables[table].fields.items():
            if id_ == pack.tables[table].key:
                values[id_] = keys_of(pack, table, counts[table])
            elif id_ == pack.parent_key(table):
                values[id_] = parent[id_]
            else:
                values[id_] = None if rng.random() < 1 / 6 else rng.choice(domain(f))
        yield Line(table, values)
        for child in pack.tables:
            if pack.tables[child].belongs_to == table:
                for _ in range(rng.choice((0, 1, 1, 2, 3))):
                    yield from below(child, values)

    return [list(below(pack.root, {})) for _ in range(size)]


def domain(f: FieldDef) -> Sequence[Any]:
    return tuple(f.choices or ()) if f.type is Type.CHOICE else DOMAINS[f.type.value]


def cloned(pack: CheckedPack, folder: Path, rng: random.Random, size: int) -> list[Unit]:
    """The units of a folder again and again, under new keys; here and there a value is that of another record. What names a
    record of its own unit names its clone; what names one of another unit is blank, or names none where none need be there."""
    tables = {table: read_csv(pack, table, folder / f"{table}.csv") for table in pack.tables}
    pools = {(t, f): [row[f] for row in rows] for t, rows in tables.items() for f in pack.tables[t].columns}
    counts = dict.fromkeys(pack.tables, 0)

    def below(table: str, row: Mapping[str, Any], parent: dict[str, Any], named: dict[tuple[str, Any], Any]) -> Iterator[Line]:
        counts[table] += 1
        key, parent_key = pack.tables[table].key, pack.parent_key(table)
        kept = {*pack.keys(table), *references(pack, table)}
        values = {f: rng.choice(pools[table, f]) if f not in kept and rng.random() < 0.02 else v for f, v in row.items()}
        if key in values:
            values[key] = named[table, row[key]] = keys_of(pack, table, counts[table])
        values |= {parent_key: parent[parent_key]} if parent_key else {}
        yield Line(table, values)
        for child in pack.tables:
            if pack.tables[child].belongs_to == table:
                for other in tables[child]:
                    if other[key] == row[key]:
                        yield from below(child, other, values, named)

    def clone() -> Unit:
        named: dict[tuple[str, Any], Any] = {}
        unit = list(below(pack.root, rng.choice(tables[pack.root]), {}, named))
        for line in unit:
            for f, (to, missing) in references(pack, line.table).items():
                line.values[f] = named.get((to, line.values[f]), line.values[f] if missing else None)
        return unit

    return [clone() for _ in range(size)]


def references(pack: CheckedPack, table: str) -> dict[str, tuple[str, bool]]:
    """The fields that name a record by its key: of which table, and whether it may be missing."""
    fields = pack.tables[table].columns.items()
    return {id_: (f.refers_to.table, f.missing == "allowed") for id_, f in fields if f.refers_to is not None}


def key_of(pack: CheckedPack, table: str) -> str:
    """The field that is a record's key; of a key of several, the last."""
    definition = pack.tables[table]
    return definition.key if definition.key in definition.columns else definition.parts[-1]


def read_csv(pack: CheckedPack, table: str, file: Path) -> list[dict[str, Any]]:
    """A sound CSV file, its headers as ids, its blanks as None."""
    named = {title: id_ for id_, f in pack.tables[table].columns.items() for title in (*f.titles, id_)}
    with file.open(encoding="utf-8-sig", newline="") as opened:
        header, *rows = csv.reader(opened)
    blank = dict.fromkeys(pack.tables[table].columns)
    return [blank | {named[h]: value or None for h, value in zip(header, row, strict=True)} for row in rows]


# ------------------------------------------------------------------------------------------------- one thing of a unit


@dataclass
class Spoiler:
    """Damages that hit one unit. `form`: in which it is handed in, as not every format can show everything."""

    pack: CheckedPack
    rng: random.Random
    form: str
    pools: Mapping[tuple[str, str], Sequence[Any]]
    kinds: Sequence[str] = ()

    def spoil(self, unit: Unit) -> tuple[Unit, Damage]:
        """A copy of a unit, one thing of it spoilt."""
        copy = [replace(line, values=dict(line.values)) for line in unit]
        kinds: dict[str, Callable[[Unit], Damage | None]] = {
            "cell": self._cell,
            "repeated": self._repeated,
            "keyless": self._keyless,
            "key of another": self._key_of_another,
            "too many values": self._too_many,
            "parent spelt otherwise": self._spelt_otherwise,
            "unit without key": self._unit_without_key,
            "key in two columns": self._key_twice,
        }
        while True:
            kind = self.rng.choice(("cell", "cell", "cell", "repeated", "repeated", *kinds))
            if (not self.kinds or kind in self.kinds) and (damage := kinds[kind](copy)) is not None:
                return copy, damage

    def _fields(self, table: str) -> list[str]:
        return [f for f in self.pack.tables[table].columns if f not in self.pack.keys(table)]

    def _cell(self, unit: Unit) -> Damage:
        line = self.rng.choice(unit)
        id_ = self.rng.choice(self._fields(line.table))
        before = line.values[id_]
        line.values[id_] = self.rng.choice((*ERRORS, *JUNK[self.pack.tables[line.table].fields[id_].type] * 3))
        return Damage("cell", f"{id_} {before!r} -> {line.values[id_]!r}", (line,), id_)

    def _repeated(self, unit: Unit) -> Damage | None:
        line = self.rng.choice(unit)
        id_ = self.rng.choice(self._fields(line.table))
        before = line.values[id_]
        others = [value for value in self.pools[line.table, id_] if value != before]
        if self.pack.tables[line.table].fields[id_].by == "inspector":  # a blank disagrees with nothing there
            others = [value for value in others if value is not None and before is not None]
        if not others:
            return None
        again = replace(line, values={**line.values, id_: self.rng.choice(others)})
        unit.append(again)
        return Damage("repeated", f"{id_} {before!r} and {again.values[id_]!r}", (line, again), id_)

    def _child(self, unit: Unit) -> Line | None:
        return self.rng.choice(unit[1:]) if unit[1:] else None

    def _keyless(self, unit: Unit) -> Damage | None:
        if (line := self._child(unit)) is None:
            return None
        key = key_of(self.pack, line.table)
        before, line.values[key] = line.values[key], self.rng.choice((None, None, *ERRORS))
        return Damage("keyless", f"{key} {before!r} -> {line.values[key]!r}", (line,), key)

    def _key_of_another(self, unit: Unit) -> Damage | None:
        line = self._child(unit)
        others = [other for other in unit if line is not None and other.table == line.table and other is not line]
        others = [o for o in others if any(o.values[f] != line.values[f] for f in self._fields(o.table))] if line else []
        if line is None or not others:
            return None
        other, key = self.rng.choice(others), key_of(self.pack, line.table)
        if self._told_apart(line, other):
            before = line.values[key]
            line.values |= {part: other.values[part] for part in self.pack.keys(line.table) if part in line.values}
            return Damage("key of another", f"{key} {before!r} -> {other.values[key]!r}", (line, other))
        return None

    def _told_apart(self, line: Line, other: Line) -> bool:
        """Whether two records disagree in something but what an inspector may have completed."""
        fields = self.pack.tables[line.table].fields
        pairs = {f: (line.values[f], other.values[f]) for f in self._fields(line.table)}
        return any(a != b and (fields[f].by != "inspector" or None not in (a, b)) for f, (a, b) in pairs.items())

    def _too_many(self, unit: Unit) -> Damage | None:
        if self.form == "json":  # whose values are named each
            return None
        line = self.rng.choice(unit)
        width = len(line.values)
        seen = self.form == "csv" or [*line.values.values()][-1] is not None  # in a sheet a blank is pushed out untold
        line.more = (self.rng.randint(0, width) if seen else width, self.rng.choice(("x", "7", "y z")))
        return Damage("too many values", f"{line.more[1]!r} at {line.more[0]}", (line,), gone=line.table == self.pack.root)

    def _spelt_otherwise(self, unit: Unit) -> Damage | None:
        if (line := self._child(unit)) is None:
            return None
        key = str(self.pack.parent_key(line.table))
        before = str(line.values[key])
        wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in before)
        forms = [wide, wide[:1] + before[1:], before[:1] + "\u200b" + before[1:], "\ufeff" + before + "\u200d"]
        forms += [before.lower(), before.upper()] if before.lower() != before != before.upper() else []
        forms += [before.lstrip("0")] * 3 if before[0] == "0" else []
        line.values[key] = self.rng.choice(forms)
        if line.values[key] == before.lstrip("0") and before[0] == "0" and self.form != "csv":
            line.values[key] = int(before)
        return Damage("parent spelt otherwise", f"{key} {before!r} -> {line.values[key]!r}", (line,), key)

    def _key_twice(self, unit: Unit) -> Damage:
        line = self.rng.choice(unit)
        parent = self.pack.parent_key(line.table)
        key = self.rng.choice([key_of(self.pack, line.table), *([parent] * 3 if parent else [])])
        others = [value for value in self.pools[line.table, key] if value != line.values[key]]
        line.again = key, self.rng.choice((None, "none of them", self.rng.choice(ERRORS), *others[:3]))
        gone = line.table == self.pack.root
        return Damage("key in two columns", f"{key} {line.values[key]!r} | {line.again[1]!r}", (line,), key, gone=gone)

    def _unit_without_key(self, unit: Unit) -> Damage:
        key = self.pack.tables[self.pack.root].key
        empty = all(value is None for f, value in unit[0].values.items() if f != key)  # without its key no row at all
        before, unit[0].values[key] = unit[0].values[key], self.rng.choice(ERRORS if empty else (None, *ERRORS))
        return Damage("unit without key", f"{key} {before!r} -> {unit[0].values[key]!r}", (unit[0],), key, gone=True)


def pools_of(pack: CheckedPack, units: Sequence[Unit]) -> dict[tuple[str, str], list[Any]]:
    """What values each field has, none twice."""
    found: dict[tuple[str, str], dict[Any, None]] = {(t, f): {} for t, d in pack.tables.items() for f in d.fields}
    for unit in units:
        for line in unit:
            for f, value in line.values.items():
                found[line.table, f].setdefault(value)
    return {of: list(values) for of, values in found.items()}


# ------------------------------------------------------------------------------------------------------------ in files


@dataclass
class Grid:
    """A table as it is handed in."""

    header: list[str]
    lines: list[Line] = field(default_factory=list)
    rows: list[list[Any]] = field(default_factory=list)


Grids = dict[str, Grid]


def grids_of(pack: CheckedPack, units: Sequence[Unit], rng: random.Random) -> Grids:
    """The lines of all units by table, in any order."""
    grids = {table: Grid(list(d.columns)) for table, d in pack.tables.items()}
    for unit in units:
        for line in unit:
            grids[line.table].lines.append(line)
    for grid in grids.values():
        rng.shuffle(grid.lines)
        for line in grid.lines:
            row = [line.values.get(f) for f in grid.header]
            if line.more is not None:
                row.insert(*line.more)
            grid.rows.append(row)
        for f in sorted({line.again[0] for line in grid.lines if line.again is not None}):
            grid.header.append(f)
            for line, row in zip(grid.lines, grid.rows, strict=True):
                row.append(line.again[1] if line.again is not None and line.again[0] == f else line.values.get(f))
    return grids


def places_of(grids: Grids, damage: Damage, form: str) -> set[tuple[str, str | None, int]]:
    """File, sheet and row of the lines that a damage may be told at; in JSON no header stands above the first."""
    first = 1 if form == "json" else 2
    return {(*file_of(line.table, form), grids[line.table].lines.index(line) + first) for line in damage.lines}


def file_of(table: str, form: str) -> tuple[str, str | None]:
    return ("book.xlsx", table) if form == "xlsx" else (f"{table}.{form}", None)


def write(grids: Grids, folder: Path, form: str) -> Path:
    """The files, in a folder of their own: a CSV or JSON file a table, or one workbook."""
    folder.mkdir(parents=True)
    if form == "json":
        for table, grid in grids.items():
            objects = (as_object(grid.header, row, sparing=i % 2 > 0) for i, row in enumerate(grid.rows))
            (folder / f"{table}.json").write_text(f"[{','.join(objects)}]", "utf-8")
        return folder
    if form == "csv":
        for table, grid in grids.items():
            with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
                csv.writer(file, lineterminator="\n").writerows([grid.header, *([cell(v) for v in row] for row in grid.rows)])
        return folder
    with xlsxwriter.Workbook(folder / "book.xlsx", {"default_date_format": "yyyy-mm-dd"}) as book:
        for table, grid in grids.items():
            sheet = book.add_worksheet(table)
            for at, row in enumerate([grid.header, *grid.rows]):
                for column, value in enumerate(row):
                    match value:
                        case None:
                            pass
                        case bool():
                            sheet.write_boolean(at, column, value)
                        case int() | float() | Decimal():
                            sheet.write_number(at, column, value)
                        case datetime.date():
                            sheet.write_datetime(at, column, value)
                        case _:
                            sheet.write_string(at, column, value)
    return folder


def as_object(header: Sequence[str], row: Sequence[Any], sparing: bool) -> str:
    """A row as a JSON object. `sparing`: without the keys of what is blank, and without those said twice with one value."""
    pairs = [*zip(header, row, strict=True)]
    if sparing:
        pairs = [(key, value) for i, (key, value) in enumerate(pairs) if header.count(key) > 1 or value is not None]
        pairs = [pair for i, pair in enumerate(pairs) if pair not in pairs[:i]]
    return f"{{{','.join(f'{json.dumps(key)}:{as_json(value)}' for key, value in pairs)}}}"


def as_json(value: Any) -> str:
    return str(value) if isinstance(value, Decimal) else json.dumps(value, default=str)


# -------------------------------------------------------------------------------------------------- what hits every unit


@dataclass(frozen=True)
class Whole:
    """A damage of a column, a table or a file. `named`: what has to be said of it. `spoil` is False where it spoilt nothing."""

    what: str
    named: str
    spoil: Callable[[Grids], object] = lambda grids: None
    after: Callable[[Path], object] = lambda folder: None


def whole_damages(pack: CheckedPack, rng: random.Random, form: str) -> list[Whole]:
    """Every column that rules read renamed, twice, left out; every table left out; every container truncated."""
    needs, found = Needs(pack), []
    for table, definition in pack.tables.items():
        if table not in needs.tables and table != pack.root:
            continue
        parent = pack.parent_key(table)
        keys = [f for f in pack.keys(table) if f in definition.columns]
        for f in (*keys, *(f for f in needs.fields[table] if f in definition.columns and f not in keys)):
            optional = definition.fields[f].optional is not None
            found.append(Whole(f"{table}.{f} renamed", f, partial(_renamed, table=table, of=f, optional=optional)))
            if f not in keys:
                blanks = definition.fields[f].by != "inspector"
                found.append(Whole(f"{table}.{f} twice", f, partial(_twice, table=table, of=f, rng=rng, blanks=blanks)))
            if f in keys or not optional:
                found.append(Whole(f"{table}.{f} left out", f, partial(_without, table=table, of=f)))
        if definition.optional is None:
            found.append(Whole(f"{table} left out", table, partial(_left_out, table=table)))
        if form == "csv" and parent and [*definition.columns][-1] != parent:
            cut = partial(_cut_inside, table=table, rng=rng, named=[*definition.columns].index(parent))
            found.append(Whole(f"{table} cut inside its last row", f"{table}.csv", after=cut))
        if form == "json":
            cut = partial(_truncated, name=f"{table}.json", share=rng.uniform(0.1, 0.99))
            found.append(Whole(f"{table} cut", f"{table}.json", after=cut))
        if form != "xlsx":
            unread = partial(_unread, file=f"{table}.{form}")
            found.append(Whole(f"{table} in a file of no kind that is read", table, after=unread))
    name = "book.xlsx" if form == "xlsx" else "all.zip"
    cuts = (0.2, 0.6, 0.95)
    return found + [Whole(f"{name} cut", name, after=partial(_truncated, name=name, share=share)) for share in cuts]


def _renamed(grids: Grids, table: str, of: str, optional: bool) -> bool:
    """Whether anything is lost so: a column that may be blank, and is in every row, brings as much under any name."""
    grid = grids[table]
    at = grid.header.index(of)
    grid.header[at] = "q7 of old"
    return not optional or any(row[at] is not None for row in grid.rows)


def _without(grids: Grids, table: str, of: str) -> None:
    at = grids[table].header.index(of)
    for row in (grids[table].header, *grids[table].rows):
        del row[at]


def _twice(grids: Grids, table: str, of: str, rng: random.Random, blanks: bool) -> bool:
    """Beside the column another of the same name that says something else here and there; whether it does. `blanks`: a blank
    says something else as well, but not a column of blanks alone, of which nobody can say that it was meant."""
    grid = grids[table]
    at = grid.header.index(of)
    values = [row[at] for row in grid.rows]
    again = [rng.choice(values) if i % 3 else value for i, value in enumerate(values)]
    grid.header.append(of)
    for row, value in zip(grid.rows, again, strict=True):
        row.append(value)
    differs = any(a != b and (blanks or None not in (a, b)) for a, b in zip(values, again, strict=True))
    return differs and any(value is not None for value in again)


def _left_out(grids: Grids, table: str) -> None:
    del grids[table]


def _cut_inside(folder: Path, table: str, rng: random.Random, named: int) -> None:
    """A CSV file, cut in a value of its last row that is not its last, and not before the parent's key, which is named there."""
    file = folder / f"{table}.csv"
    with file.open(encoding="utf-8", newline="") as opened:
        *rows, last = csv.reader(opened)
    last = last[: rng.randrange(named + 1, len(last))]
    last[-1] = last[-1][: rng.randint(1, max(1, len(last[-1])))]
    with file.open("w", encoding="utf-8", newline="") as opened:
        csv.writer(opened, lineterminator="\n").writerows([*rows, last])
    file.write_bytes(file.read_bytes()[:-1])


def _unread(folder: Path, file: str) -> None:
    (folder / file).rename(folder / f"{file}.old")


def _truncated(folder: Path, name: str, share: float) -> None:
    """A container of records, or of the files, cut."""
    file = folder / name
    if name == "all.zip":
        files = sorted(folder.iterdir())
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for one in files:
                archive.write(one, one.name)
        for one in files:
            one.unlink()
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * share)])
