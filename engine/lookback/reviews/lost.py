"""A review -> what was lost, by unit: each value and row with its place, what it said and what was expected.

Reads the review's files: what was lost from `records/` (`records.read` says what lies there), what was expected from
problems.csv, in the language of the review; judges nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa

from lookback.packs.checked import CheckedPack
from lookback.packs.model import THROUGH
from lookback.place import temporary
from lookback.records.read import stored_records
from lookback.reviews.folder import Review, label_sql
from lookback.warehouse.duckdb import DuckDB, file_name, literal, path_literal, quoted

COLUMNS = ("unit", "label", "table", "field", "file", "shown", "sheet", "row", "cell", "value", "expected")


def lost_of(review: Review, unit: str) -> list[dict[str, Any]]:
    """What was lost of a unit, named by its key, and of all units; `COLUMNS`."""
    with temporary() as folder, closing(DuckDB(Path(folder))) as warehouse:
        warehouse.load("worst", pa.table({"key": [unit], "label": pa.array([None], pa.string()), "_place": [1]}))
        found, _ = lost_by_unit(review.folder, review.pack(), warehouse, only_chosen=True, most=None)
    return [row for row in found.to_pylist() if row["unit"] is not None or row["row"] is None]


def lost_by_unit(
    folder: Path, pack: CheckedPack, warehouse: DuckDB, *, only_chosen: bool, most: int | None, lang: str | None = None
) -> tuple[pa.Table, int]:
    """What was lost, `COLUMNS`, and how much of it there is; null as unit: it is of all or of nobody knows whom, and first.
    `shown`: the file, called as short as tells it apart.

    The warehouse has the flagged units as `worst` (key, label, _place), the worst first: so it is sorted, below them those of
    units that pass. `only_chosen`: only what is of units in `worst`, or of no known one. `lang`: of what was expected, that
    of the review if left out.
    """
    records = folder / "records"
    kept = json.loads((records / "_lost.json").read_text("utf-8")) if (records / "_lost.json").is_file() else {}
    columns = ", ".join(f"NULL::{'BIGINT' if c == 'row' else 'VARCHAR'} AS {quoted(c)}" for c in COLUMNS)
    nothing = warehouse.arrow(f"SELECT {columns} WHERE false")
    if not kept:  # a review of an older lookback
        return nothing, 0
    for kind in ("values", "rows"):
        warehouse.view(f"lost_{kind}", f"FROM read_parquet({path_literal(records / f'_lost_{kind}.parquet')})")
    with (folder / "problems.csv").open(encoding="utf-8") as problems:
        columns = ", ".join(f"{literal(c)}: 'VARCHAR'" for c in problems.readline().strip().split(","))
    warehouse.create(
        "told",
        f"""FROM read_csv({path_literal(folder / "problems.csv")}, auto_detect = false, header = true, delim = ',', quote = '"',
            escape = '"', max_line_size = {1 << 24}, columns = {{{columns}}})""",
    )
    if not warehouse.rows("SELECT 1 FROM told LIMIT 1"):  # whatever is lost is a problem
        return nothing, 0
    parts = [
        _of_nobody(),
        *(
            query
            for table in (*pack.references(), *pack.top_down())
            for query in _of_table(table, pack, records, kept, warehouse)
        ),
    ]
    root = pack.tables[pack.root]
    fields = [root.key, *([root.label] if root.label else [])]
    source = stored_records(records, pack.root, fields)
    units = f"SELECT CAST({quoted(root.key)} AS VARCHAR) AS unit, {label_sql(root)} AS label FROM {source}"
    warehouse.create("all_lost", " UNION ALL ".join(f"({part})" for part in parts))
    warehouse.create("labels", f"FROM ({units}) SEMI JOIN all_lost USING (unit)")
    chosen = "WHERE l.unit IS NULL OR w.key IS NOT NULL" if only_chosen else ""
    shown = file_name("l.file", kept.get("parts", 1))
    warehouse.create(
        "lost",
        f"""SELECT l.*, {shown} AS shown, coalesce(w.label, u.label) AS label, w._place AS _worst
        FROM (SELECT DISTINCT * FROM all_lost) l LEFT JOIN worst w ON w.key = l.unit
        LEFT JOIN labels u ON u.unit = l.unit {chosen}""",
    )
    order = 'unit IS NOT NULL, _worst NULLS LAST, unit, "table", file, sheet NULLS FIRST, row, cell, field, value, expected'
    limit = f"LIMIT {int(most)}" if most is not None else ""
    total = int(warehouse.rows("SELECT count(*) FROM lost")[0][0])
    found = warehouse.arrow(f"SELECT {', '.join(map(quoted, COLUMNS))} FROM lost ORDER BY {order} {limit}")
    if lang is None:
        return found, total
    said = {text: others[lang] for text, others in kept.get("expected", {}).items() if lang in others}
    expected = [None if text is None else _said_again(text, said) for text in found["expected"].to_pylist()]
    return found.set_column(found.column_names.index("expected"), "expected", pa.array(expected, pa.string())), total


def _said_again(text: str, said: Mapping[str, str]) -> str:
    """What was expected in the language of `said`, by what it is in that of the review: these words, those around what stands
    between (`\\0`), or those before a place."""
    if text in said:
        return said[text]
    for words, others in said.items():
        (before, *after), (first, *last) = words.split("\0"), others.split("\0")
        if text.startswith(before if after else f"{before} ") and text.endswith("".join(after)):
            between = text[len(before) : len(text) - len("".join(after))]
            return f"{first}{between}{''.join(last)}"
    return text


def _of_nobody() -> str:
    """The tables and columns that nobody handed in."""
    return """SELECT NULL::VARCHAR AS unit, l."table", t.field, t.file, t.sheet, NULL::BIGINT AS row, NULL::VARCHAR AS cell,
            NULL::VARCHAR AS value, t.expected
        FROM told t LEFT JOIN lost_values l
        ON l._row IS NULL AND t.file = l.file AND t.sheet IS NOT DISTINCT FROM l.sheet AND t.field = l.field
        WHERE t.kind IN ('table-missing', 'column-missing')"""


def _of_table(table: str, pack: CheckedPack, records: Path, kept: Mapping[str, Any], warehouse: DuckDB) -> list[str]:
    """The queries of what was lost of a table; `owned_<table>`: of each record concerned `_row`, `_unit` and `_place`."""
    definition, parent_key = pack.tables[table], pack.parent_key(table)
    name, doubtful = literal(table), table in kept["doubtful"]
    source = stored_records(records, table, dict.fromkeys((definition.key, parent_key or definition.key)))
    unit, joined = _unit(table, f"CAST(r.{quoted(parent_key or definition.key)} AS VARCHAR)", pack, records)
    unit = "NULL::VARCHAR" if definition.reference else unit
    among = f"""r._row IN (SELECT _row FROM lost_values WHERE "table" = {name})"""
    place, among = ("r._place", f"{among} OR r._place IS NOT NULL") if doubtful else ("NULL::VARCHAR", among)
    warehouse.create(f"owned_{table}", f"SELECT r._row, {unit} AS _unit, {place} AS _place FROM {source} r{joined} WHERE {among}")
    owned = quoted(f"owned_{table}")
    here = "t.file = l.file AND t.sheet IS NOT DISTINCT FROM l.sheet AND t.row IS NOT DISTINCT FROM CAST(l.line AS VARCHAR)"
    parent = literal(parent_key or "")
    by_itself = "('unreadable', 'too-large', 'unknown-reference', 'reference-twice')"
    merged = f"(t.kind IN ('key-disagrees', 'columns-disagree')) = (l.why NOT IN {by_itself})"
    values = f"""SELECT o._unit AS unit, l."table", l.field, l.file, l.sheet, l.line AS row, l.cell, l.value, t.expected
        FROM lost_values l JOIN {owned} o USING (_row) LEFT JOIN told t
        ON {here} AND t.field = l.field AND coalesce(t.value, '') = coalesce(l.value, '') AND {merged}
        WHERE l."table" = {name} AND NOT contains(l.field, {literal(THROUGH)})
            AND NOT (l.why = 'disagrees' AND l.field = {parent})"""  # as a row, under each parent named
    of, joined = "NULL" if definition.reference else "concat(l.file, ' (' || l.sheet || ')', ':', l.line)", ""
    if parent_key is not None:
        of, joined = _unit(table, "l._parent", pack, records)
    rows = f"""SELECT {of} AS unit, l."table", t.field, l.file, l.sheet, l.line AS row, t.cell,
            coalesce(l.value, t.value) AS value, t.expected
        FROM lost_rows l{joined} LEFT JOIN told t ON {here}
        AND t.kind = CASE l.why WHEN 'disagrees' THEN 'key-disagrees' ELSE l.why END
        AND CASE t.kind WHEN 'key-disagrees' THEN t.field ELSE '' END = CASE l.why WHEN 'disagrees' THEN {parent} ELSE '' END
        WHERE l."table" = {name} AND (l.why <> 'disagrees' OR t.kind IS NOT NULL)"""
    found = [values, rows]
    if table in kept["doubtful"]:  # without a key; one that could not be read is among the values
        among = f"""SELECT _row FROM lost_values WHERE "table" = {name} AND field = {literal(definition.key)}"""
        found.append(
            f"""SELECT o._unit AS unit, {name} AS "table", t.field, t.file, t.sheet, CAST(t.row AS BIGINT) AS row,
                t.cell, t.value, t.expected
            FROM {owned} o JOIN told t ON concat(t.file, ' (' || t.sheet || ')', ':', t.row) = o._place AND t.kind = 'no-key'
            ANTI JOIN ({among}) v ON v._row = o._row"""
        )
    return found


def _unit(table: str, owner: str, pack: CheckedPack, records: Path) -> tuple[str, str]:
    """SQL for the unit of a record, by the key of its `owner` (a unit itself is its own), and what has to be joined for it."""
    joined, parent = "", pack.tables[table].belongs_to
    while parent is not None and parent != pack.root:
        key, parent_key = quoted(pack.tables[parent].key), str(pack.parent_key(parent))
        above = f"SELECT CAST({key} AS VARCHAR) AS _key, CAST({quoted(parent_key)} AS VARCHAR) AS _of"
        above += f" FROM {stored_records(records, parent, (pack.tables[parent].key, parent_key))}"
        alias = quoted(f"of {parent}")
        joined += f" LEFT JOIN ({above}) AS {alias} ON {alias}._key = {owner}"
        owner, parent = f"{alias}._of", pack.tables[parent].belongs_to
    return owner, joined
