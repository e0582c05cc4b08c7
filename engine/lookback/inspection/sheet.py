"""A check sheet a drawn unit: what it claims, what is open and why, and the rows that inspectors fill in.

In: a review and a draw of it. Out: a `CheckSheet` a unit; and a folder of them, as others write them. What is filled in comes
back as an input of `check` beside the units' own records: rows with the key of a record and the fields by inspectors, which add
to that record, and of a table that is mostly theirs one new row, whose key is the draw's and the unit's. Of what is followed up,
as lessons, most units have none: its sheet is blank, for a row with nothing but a key has a term that nobody knows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from lookback.inspection.drawing import Chosen
from lookback.inspection.folder import DrawFolder
from lookback.language.types import Type, Value, in_json
from lookback.packs.checked import CheckedPack
from lookback.place import replaced_folder, temporary
from lookback.reviews.folder import READ, Review, load, reading, rows_of, sha256_of
from lookback.warehouse.duckdb import DuckDB, literal, path_literal, quoted
from lookback.words.errors import UsageError
from lookback.words.shown import free_stem

FINDINGS = "findings.parquet"
PRINT, MARK = "print", ".sheets.json"
"""The folder of what is printed, which `check` does not look into, and what tells a folder of sheets as ours."""
Record = Mapping[str, Value]


@dataclass(frozen=True)
class ToFill:
    """Rows of a table that inspectors fill in: its fields that stand there, and what is known of each row. Where there are none
    it is theirs to begin one."""

    table: str
    fields: tuple[str, ...]
    rows: tuple[Record, ...]


@dataclass(frozen=True)
class Open:
    """A finding: the record's key is None where it is the unit's own."""

    rule: str
    clause: str | None
    table: str
    record: str | None
    reason: str


@dataclass(frozen=True)
class CheckSheet:
    """`about`: the unit's own record. `claims`: table -> the records that there are of it."""

    chosen: Chosen
    about: Record
    claims: Mapping[str, tuple[Record, ...]]
    open: tuple[Open, ...]
    to_fill: tuple[ToFill, ...]


def asked_of_inspectors(pack: CheckedPack, table: str) -> tuple[str, ...]:
    """The fields of a table that inspectors answer."""
    return tuple(id_ for id_, field in pack.tables[table].stored.fields.items() if field.by == "inspector")


def is_theirs(pack: CheckedPack, table: str) -> bool:
    """Whether records of a table are made on visits: it belongs to the units, and most of its fields but for keys are theirs."""
    others = [id_ for id_ in pack.tables[table].stored.fields if id_ not in pack.keys(table)]
    return pack.tables[table].belongs_to == pack.root and 2 * len(asked_of_inspectors(pack, table)) > len(others)


def sheets(review: Review, drawn: DrawFolder) -> list[CheckSheet]:
    """The sheets of the units that were drawn, but for those that could not be judged: they have no key. Raises UsageError where
    the draw is not of this review."""
    if review.summary["sha256"] != drawn.protocol["review"]["sha256"]:
        raise UsageError("draw-of-other-review", folder=str(drawn.folder), review=str(review.folder))
    review.require(*READ)
    pack = review.pack()
    chosen = [c for c in drawn.draw.drawn if c.unit.judged]
    keys = [c.unit.key for c in chosen]
    with temporary() as work, closing(DuckDB(Path(work), threads=1)) as warehouse, reading(review.folder):
        load(review.folder, pack, keys, warehouse)
        records = {table: _records(pack, table, warehouse) for table in pack.top_down()}
        found = _open(review, pack, keys, warehouse)
    return [_sheet(one, drawn.id, pack, records, found.get(one.unit.key, [])) for one in chosen]


def _records(pack: CheckedPack, table: str, warehouse: DuckDB) -> dict[str, list[dict[str, Value]]]:
    """A unit's key -> its records of a table."""
    fields = ", ".join(map(quoted, pack.tables[table].stored.fields))
    found: dict[str, list[dict[str, Value]]] = {}
    query = f"SELECT CAST(_unit AS VARCHAR) AS _unit_, {fields} FROM {quoted(f'records_{table}')} ORDER BY _row"
    for row in rows_of(warehouse, query):
        found.setdefault(str(row.pop("_unit_")), []).append(row)
    return found


def _open(review: Review, pack: CheckedPack, keys: Sequence[str], warehouse: DuckDB) -> dict[str, list[Open]]:
    """A unit's key -> what is open: the findings that count, in the order of the review."""
    counted = ", ".join(literal(rule.id) for rule in pack.rules if pack.not_counted(rule) is None) or "NULL"
    source = f"read_parquet({path_literal(review.folder / FINDINGS)}, file_row_number = true)"
    columns = 'f.unit, f.rule, f.clause, f."table", f.record, f.reason'
    query = f"""SELECT {columns} FROM {source} f SEMI JOIN units_to_load u ON u.unit = f.unit
        WHERE f.rule IN ({counted}) ORDER BY f.file_row_number"""
    found: dict[str, list[Open]] = {key: [] for key in keys}
    for unit, rule, clause, table, record, reason in warehouse.rows(query):
        found[unit].append(Open(rule, clause, table, None if table == pack.root else record, reason))
    return found


def _sheet(
    one: Chosen, draw: str, pack: CheckedPack, records: Mapping[str, Mapping[str, Sequence[Record]]], found: Sequence[Open]
) -> CheckSheet:
    unit, claims, to_fill = one.unit.key, {}, []
    for table, definition in pack.tables.items():
        if definition.reference:  # of no unit
            continue
        asked, keys = asked_of_inspectors(pack, table), pack.keys(table)
        own = tuple(records[table].get(unit, ()))
        if own and table != pack.root:
            claims[table] = own
        if is_theirs(pack, table):
            parent, key = pack.keys(pack.root), definition.fields.get(definition.key)
            given: dict[str, Value] = {k: records[pack.root][unit][0][k] for k in parent if k in definition.fields}
            if key is not None and key.type is Type.TEXT:
                given[definition.key] = f"{draw}-{unit}"
            if definition.not_counted is None:  # else it is of those who inspect
                to_fill.append(ToFill(table, tuple(definition.columns), (given,) if definition.follow_up is None else ()))
            continue
        with_key = tuple(record for record in own if all(record[k] is not None for k in keys if k in record))
        if asked and with_key and definition.key in keys:
            label = (definition.label,) if definition.label and definition.label not in (*keys, *asked) else ()
            told = (*keys, *label)
            rows = tuple({name: record[name] for name in told} for record in with_key)
            to_fill.append(ToFill(table, (*told, *asked), rows))
    about = records[pack.root][unit][0]
    return CheckSheet(one, about, claims, tuple(found), tuple(to_fill))


# ------------------------------------------------------------------------------------------------------------ the folder

Write = Callable[[Path, Path, CheckSheet], None]
"""Writes a sheet: to a workbook, and to a page."""


def write_sheets(out: Path, of: Sequence[CheckSheet], drawn: DrawFolder, write: Write) -> list[str]:
    """The folder of sheets, whole or not at all; gives the names of the workbooks. An earlier one is replaced only while nobody
    has filled in anything. Raises OutputError."""
    taken: set[str] = set()
    with replaced_folder(out, _is_untouched) as folder:
        (folder / PRINT).mkdir()
        names = []
        for sheet in of:
            name = free_stem(taken, sheet.chosen.unit.key, " ")
            write(folder / f"{name}.xlsx", folder / PRINT / f"{name}.html", sheet)
            names.append(f"{name}.xlsx")
        files = {path.relative_to(folder).as_posix(): sha256_of(path) for path in _files(folder)}
        mark = {"draw": drawn.id, "units": {name: s.chosen.unit.key for name, s in zip(names, of, strict=True)}, "files": files}
        (folder / PRINT / MARK).write_text(in_json(mark) + "\n", "utf-8")
    return names


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def _is_untouched(folder: Path) -> bool:
    """Whether a folder is one of sheets, in which every file is as it was written."""
    try:
        kept = json.loads((folder / PRINT / MARK).read_text("utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return False
    here = {path.relative_to(folder).as_posix(): sha256_of(path) for path in _files(folder) if path.name != MARK}
    return bool(here == kept)
