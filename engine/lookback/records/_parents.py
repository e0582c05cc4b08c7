"""Which parents rows may be of that name none by a key of several fields.

In: rows of a table, what each says of the parts of its parent's key, the parents' records in the warehouse. Out: the parents that
agree with all that is known: a part that is blank, or cannot be read, may be any. `unit_sql`: which unit each record is of.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pyarrow as pa

from lookback.language.types import Type
from lookback.packs.checked import CheckedPack
from lookback.packs.model import BETWEEN_PARTS
from lookback.records._problems import Misfits, TableInput, folded_sql, load
from lookback.values.texts import BETWEEN
from lookback.warehouse.duckdb import literal, quoted

_ANY = "…"
_WRITTEN = (Type.TEXT, Type.INTEGER)
"""The types of the parts that are compared as they are written."""


def unit_sql(pack: CheckedPack, table: str, parents: str, *, may_be_lost: bool) -> tuple[str, str]:
    """SQL of the key of the unit that each record `r` of a table belongs to, and of what has to be joined for it. `parents`: the
    view of the table above. `may_be_lost`: whether a record may name no parent."""
    definition, parent_key = pack.tables[table], pack.parent_key(table)
    if definition.reference:
        return "NULL::VARCHAR", ""
    if parent_key is None:
        return f"r.{quoted(definition.key)}", ""
    if definition.belongs_to == pack.root:
        return f"r.{quoted(parent_key)}", ""
    outer, key = "LEFT " if may_be_lost else "", quoted(parent_key)
    return "u._unit", f" {outer}JOIN {quoted(parents)} u ON u.{key} = r.{key}"


def find_parted(of: TableInput, said: Callable[[str], str]) -> None:
    """`strangers`: the rows of no known parent, what they say of one (`_parent`, null where nothing); `likely`: the parents that
    were probably meant, of each `_written` one. `said`: SQL for what a row said of a field, where that could not be used."""
    parts, parents = of.pack.parent_parts(of.table), quoted(f"records_{of.definition.belongs_to}")
    key = quoted(of.pack.parent_key(of.table) or "")
    types = [of.definition.fields[f].type for f in parts]
    values = [
        f"coalesce(CAST(r.{quoted(f)} AS VARCHAR), CASE WHEN contains({said(f)}, {literal(BETWEEN)}) THEN {said(f)} END)"
        if kind in _WRITTEN
        else f"CAST(r.{quoted(f)} AS VARCHAR)"
        for f, kind in zip(parts, types, strict=True)
    ]
    shown = ", ".join(f"coalesce({value}, {said(f)}, {literal(_ANY)})" for f, value in zip(parts, values, strict=True))
    nothing = " AND ".join(f"{value} IS NULL" for value in values)
    columns = ", ".join(f"{value} AS _part{i}" for i, value in enumerate(values))
    of.warehouse.create(
        "strangers",
        f"""SELECT r.file_row_number AS _at, CASE WHEN NOT ({nothing}) THEN concat_ws({literal(BETWEEN_PARTS)}, {shown}) END
                AS _parent, {columns}
        FROM {of.stored.sql} r ANTI JOIN {parents} u ON r.{key} = u.{key} WHERE r._left IS NULL""",
    )
    if of.warehouse.rows("SELECT 1 FROM strangers WHERE _parent IS NOT NULL LIMIT 1"):
        columns = ", ".join(f"_part{i}" for i in range(len(parts)))
        _create_meant(of, "likely", f"SELECT DISTINCT _parent AS _written, {columns} FROM strangers WHERE _parent IS NOT NULL")


def note_parted_misfits(of: TableInput, misfits: Misfits) -> None:
    """The rows that fit no header, into `lost_rows`: each may be of the parents whose keys' parts stand where theirs do, or as
    many places further as the row has values too many."""
    parts, rows = of.pack.parent_parts(of.table), []
    for i, raw in of.sources:
        for misfit in misfits.get(i, ()):
            known = len(misfit.values) - (1 if misfit.cut else 0)
            said: list[set[str | None]] = []
            for f in parts:
                at = raw.columns[f].position if of.definition.fields[f].type in _WRITTEN else None
                places = range(at, at + misfit.beyond + 1) if at is not None else range(known, known + 1)
                said.append({misfit.values[n].strip() or None if n < known else None for n in places})
            for each in sorted(product(*said), key=str):
                named = BETWEEN_PARTS.join(_ANY if one is None else one for one in each)
                rows.append((raw.file, raw.sheet, misfit.line, misfit.text, named, *each))
    if not rows:
        return
    columns = [f"_part{i}" for i in range(len(parts))]
    load(of.warehouse, "odd", ("file", "sheet", "line", "value", "_written", *columns), rows, line=pa.int64())
    _create_meant(of, "meant", f"SELECT DISTINCT _written, {', '.join(columns)} FROM odd")
    of.warehouse.run(
        f"""INSERT INTO lost_rows
        SELECT DISTINCT {literal(of.table)}, _meant, CASE WHEN _meant IS NOT NULL THEN 0 END AS least,
               CASE WHEN _meant IS NOT NULL THEN 1 END AS most, file, sheet, line, value, 'misfit'
        FROM odd LEFT JOIN meant USING (_written)
        QUALIFY _meant IS NOT NULL OR count(_meant) OVER (PARTITION BY file, sheet, line) = 0 ORDER BY ALL"""
    )
    for name in ("odd", "meant"):
        of.warehouse.drop(name)


def _create_meant(of: TableInput, name: str, source: str) -> None:
    """A table (_written, _meant): of what is written in `source`, `_part0`, …, the keys of the parents that agree with it."""
    parts, columns = of.pack.parent_parts(of.table), [f"_part{i}" for i in range(len(of.pack.parent_parts(of.table)))]
    each = ", ".join(f"CAST({quoted(f)} AS VARCHAR) AS {c}" for f, c in zip(parts, columns, strict=True))
    key = quoted(of.pack.parent_key(of.table) or "")
    known = f"SELECT {key} AS _key, {each} FROM {quoted(f'records_{of.definition.belongs_to}')} WHERE {key} IS NOT NULL"
    patterns = of.warehouse.rows(f"SELECT DISTINCT {', '.join(f'{c} IS NOT NULL' for c in columns)} FROM ({source})")
    found = ["SELECT NULL::VARCHAR AS _written, NULL::VARCHAR AS _meant WHERE false"]
    for pattern in patterns:
        there = [c for c, is_there in zip(columns, pattern, strict=True) if is_there]
        rows = source
        for c in there:
            rows = f"SELECT * REPLACE (unnest(string_split({c}, {literal(BETWEEN)})) AS {c}) FROM ({rows}) WHERE {c} IS NOT NULL"
        absent = [f"s.{c} IS NULL" for c in columns if c not in there]
        same = [f"{folded_sql(f's.{c}')} = {folded_sql(f'u.{c}')}" for c in there]
        found.append(f"SELECT s._written, u._key FROM ({rows}) s JOIN ({known}) u ON {' AND '.join((*same, *absent)) or 'true'}")
    of.warehouse.create(name, f"SELECT DISTINCT * FROM ({' UNION ALL '.join(found)})")
