"""Raw tables -> typed records, and the problems on the way.

In: raw tables, and what `records.yaml` says of them. Out: a Parquet file a table in `records/`, and the warehouse's table
`problems`. A value that cannot be read is a problem with its place, and counts as blank; a row that cannot be used is set aside:
listed, counted, not judged. Typing is columnar: the only rows looked at one by one are those with a problem.

Each file has, besides the fields, `_file` (the input's number) and `_line` (the row there, where it is not simply counted).
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.errors import InputError, LookbackError, did_you_mean
from engine.model import CheckedPack, FieldDef, Notice, TableDef, Type
from engine.params import LARGEST
from engine.problems import (
    NO_PROBLEMS,
    ColumnMap,
    Source,
    Stored,
    list_rejected,
    list_unreadable,
    make_problems,
    set_aside,
)
from engine.tables import Inputs, RawTable, normal
from engine.warehouse.duckdb import Warehouse, literal, quoted

SQL_TYPES = {
    Type.TEXT: "VARCHAR",
    Type.CHOICE: "VARCHAR",
    Type.INTEGER: "BIGINT",
    Type.NUMBER: "DOUBLE",
    Type.BOOLEAN: "BOOLEAN",
    Type.DATE: "DATE",
}
TRUE_WORDS = ("true", "yes", "y", "1", "是", "有", "√")
FALSE_WORDS = ("false", "no", "n", "0", "否", "无", "没有", "×")
_NATIVE = {
    Type.INTEGER: ("BIGINT", "INTEGER", "SMALLINT", "TINYINT", "UINTEGER", "USMALLINT", "UTINYINT"),
    Type.NUMBER: ("DOUBLE", "FLOAT", "BIGINT", "INTEGER", "SMALLINT", "TINYINT"),
    Type.BOOLEAN: ("BOOLEAN",),
    Type.DATE: ("DATE",),
}


@dataclass(frozen=True)
class Reading:
    """What was read: rows by input (in the order of `Inputs.tables`), by table rows used and set aside, and notices."""

    rows_of_input: tuple[int, ...]
    records: Mapping[str, int]
    set_aside: Mapping[str, int]
    notices: tuple[Notice, ...]


def read_records(inputs: Inputs, pack: CheckedPack, folder: Path, warehouse: Warehouse, lang: str) -> Reading:
    """Type every table into `folder`/<table>.parquet, and give each a view `records_<table>`.

    Raises InputError where a key column is missing or a file cannot be read to its end.
    """
    folder.mkdir()
    make_problems(warehouse)
    notices = list(inputs.notices)
    rows_of_input = [0] * len(inputs.tables)
    records: dict[str, int] = {}
    aside: dict[str, int] = {}
    used = {rule.table for rule in pack.rules} | {str(fact.child) for fact in pack.facts}
    for table in pack.top_down():
        sources = [(i, raw) for i, raw in enumerate(inputs.tables) if raw.table == table]
        columns = {i: _columns(raw, pack, table, notices) for i, raw in sources}
        if not sources and table in used:
            notices.append(Notice("no-records", {"table": table}))
        stored = _store(sources, columns, pack.tables[table], folder / f"{table}.parquet", warehouse)
        for i, n in warehouse.rows(f"SELECT _file, count(*) FROM {stored.sql} GROUP BY _file"):
            rows_of_input[i] = n
        rejected = list_rejected(sources, warehouse, lang)
        list_unreadable(sources, columns, pack.tables[table], stored, rejected, warehouse, lang)
        unusable = set_aside(sources, pack, table, stored, rejected, warehouse, lang)
        records[table] = sum(rows_of_input[i] for i, _ in sources) - unusable
        aside[table] = unusable + sum(len(lines) for lines in rejected.values())
        for i, raw in sources:
            rows_of_input[i] += len(rejected.get(str(raw.file), ()))
        _view(table, pack, stored, warehouse)
    if not any(raw.table == pack.root for raw in inputs.tables):
        raise InputError("no-root-table", table=pack.root)
    if not records[pack.root]:
        raise InputError("no-units", table=pack.root, set_aside=aside[pack.root])
    return Reading(tuple(rows_of_input), records, aside, tuple(notices))


# ------------------------------------------------------------------------------------------------------------- columns


def _columns(raw: RawTable, pack: CheckedPack, table: str, notices: list[Notice]) -> ColumnMap:
    """The columns of a file that are fields; notices on the others."""
    definition = pack.tables[table]
    fields = {normal(word): id_ for id_, f in reversed(definition.fields.items()) for word in (id_, *f.titles)}
    words = [word for id_, f in definition.fields.items() for word in (id_, *f.titles)]
    found: dict[str, tuple[str, str, str]] = {}
    for column in raw.columns:
        field = fields.get(normal(column.header))
        if field is None:
            near = did_you_mean(column.header, words)
            code = "unknown-column" if near is None else "unknown-column-near"
            notices.append(Notice(code, {"column": column.header, **(near[1] if near else {})}, raw.file, raw.sheet))
        elif field in found:
            notices.append(Notice("repeated-column", {"column": column.header, "first": found[field][2]}, raw.file, raw.sheet))
        else:
            found[field] = (column.name, column.type, column.header)
    for key in (definition.key, pack.parent_key(table)):
        if key is not None and key not in found:
            names = ", ".join((key, *definition.fields[key].titles))
            raise InputError(
                "no-key-column", file=_named(raw), key=key, names=names, found=", ".join(c.header for c in raw.columns)
            )
    missing = [f for f in definition.fields if f not in found]
    if missing:
        args = {"table": table, "n": len(missing), "columns": ", ".join(missing)}
        notices.append(Notice("missing-columns", args, raw.file, raw.sheet))
    return found


def _named(raw: RawTable) -> str:
    return f"{raw.file} ({raw.sheet})" if raw.sheet else str(raw.file)


# -------------------------------------------------------------------------------------------------------------- typing


def _store(
    sources: Sequence[Source], columns: Mapping[int, ColumnMap], definition: TableDef, file: Path, warehouse: Warehouse
) -> Stored:
    """Type all rows of a table in one pass over its inputs; a Parquet file that is typed already is copied as it is."""
    try:
        if len(sources) == 1 and _typed_already(sources[0][1], definition, warehouse):
            shutil.copyfile(sources[0][1].file, file)
            return Stored(file, sources[0][0])
        selects = [_typed(i, raw, columns[i], definition) for i, raw in sources]
        if not selects:
            empty = ", ".join(f"NULL::{SQL_TYPES[f.type]} AS {quoted(id_)}" for id_, f in definition.fields.items())
            selects = [f"SELECT {empty}, NULL::INTEGER AS _file, NULL::BIGINT AS _line, {NO_PROBLEMS} WHERE false"]
        warehouse.write(selects, file)
    except LookbackError as error:
        raise _unreadable(error, sources) from error
    return Stored(file)


def _typed_already(raw: RawTable, definition: TableDef, warehouse: Warehouse) -> bool:
    """Whether a Parquet file has just the table's fields, of their types, and no value that typing would change."""
    if raw.file.suffix.casefold() != ".parquet":
        return False
    if [(c.header, c.type) for c in raw.columns] != [(id_, SQL_TYPES[f.type]) for id_, f in definition.fields.items()]:
        return False
    doubtful = []
    for id_, f in definition.fields.items():
        column = quoted(id_)
        if f.type is Type.TEXT:
            doubtful.append(f"{column} = '' OR starts_with({column}, ' ') OR ends_with({column}, ' ')")
        elif f.type is Type.CHOICE:
            doubtful.append(f"{column} NOT IN ({', '.join(literal(code) for code in f.choices or ())})")
        elif f.type is Type.DATE:
            doubtful.append(f"{column} NOT BETWEEN DATE '1000-01-01' AND DATE '9999-12-31'")
        elif f.type in (Type.INTEGER, Type.NUMBER):
            doubtful.append(f"{column} NOT BETWEEN -{LARGEST} AND {LARGEST}")
    return not warehouse.rows(f"SELECT 1 FROM {raw.relation} WHERE {' OR '.join(doubtful) or 'false'} LIMIT 1")


def _unreadable(error: Exception, sources: Sequence[Source]) -> Exception:
    """DuckDB's word on a file that it cannot read to its end."""
    why = str(getattr(error, "args_", {}).get("why", error))
    text_files = [raw for _, raw in sources if raw.sheet is None]
    reading = ("Invalid Input", "CSV", "JSON", "Parquet", "parquet", "unicode", "utf-8", "IO Error: Could not read")
    if text_files and any(word in why for word in reading):
        named = next((r for r in text_files if r.file.name in why), text_files[0])
        return InputError("unreadable-input", file=str(named.file), why=why)
    return error


def _typed(number: int, raw: RawTable, columns: ColumnMap, definition: TableDef) -> str:
    """The SELECT that types one input; `_problems` lists the values that could not be read, null where all could."""
    before = []
    texts = []
    for id_, f in definition.fields.items():
        if id_ in columns:
            name, kind, _ = columns[id_]
            value, text = _value(quoted(name), kind, f)
            before.append(f"{value} AS {quoted(id_)}")
            texts.append((id_, text))
        else:
            before.append(f"NULL::{SQL_TYPES[f.type]} AS {quoted(id_)}")
    shown = ", ".join(f"{text} AS {quoted('raw ' + id_)}" for id_, text in texts if text)
    checked = [id_ for id_, text in texts if text]
    inner = (
        f"SELECT {', '.join(before)}, {number} AS _file, {raw.line} AS _line{', ' + shown if shown else ''} FROM {raw.relation}"
    )
    fields = ", ".join(quoted(f) for f in definition.fields)
    if not checked:
        return f"SELECT {fields}, _file, _line, {NO_PROBLEMS} FROM ({inner})"
    bad = {f: f"{quoted(f)} IS NULL AND {quoted('raw ' + f)} IS NOT NULL" for f in checked}
    anything = " OR ".join(f"({test})" for test in bad.values())
    listed = ", ".join(
        f"CASE WHEN {test} THEN {{'field': {literal(f)}, 'value': {quoted('raw ' + f)}}} END" for f, test in bad.items()
    )
    problems = f"CASE WHEN {anything} THEN list_filter([{listed}], lambda x: x IS NOT NULL) END"
    return f"SELECT {fields}, _file, _line, {problems} AS _problems FROM ({inner})"


def _value(column: str, kind: str, f: FieldDef) -> tuple[str, str]:
    """(the typed value, what was written there as a text): the second is empty where nothing can go wrong."""
    native = kind in _NATIVE.get(f.type, ())
    text = f"nullif(trim({column}), '')" if kind == "VARCHAR" else f"CAST({column} AS VARCHAR)"
    if native and f.type is Type.BOOLEAN:
        return column, ""
    if native and f.type is Type.DATE:
        return f"CASE WHEN year({column}) BETWEEN 1000 AND 9999 THEN {column} END", text
    if native and f.type is Type.INTEGER:
        if kind != "BIGINT":
            return f"CAST({column} AS BIGINT)", ""
        return f"CASE WHEN {column} BETWEEN -{LARGEST} AND {LARGEST} THEN {column} END", text
    if native:
        return f"CASE WHEN {column} BETWEEN -{LARGEST} AND {LARGEST} THEN CAST({column} AS DOUBLE) END", text
    match f.type:
        case Type.TEXT:
            return text, ""
        case Type.INTEGER:
            whole = f"TRY_CAST({text} AS BIGINT)"
            return (
                f"CASE WHEN TRY_CAST({text} AS DOUBLE) = {whole} AND {whole} BETWEEN -{LARGEST} AND {LARGEST} THEN {whole} END",
                text,
            )
        case Type.NUMBER:
            number = f"TRY_CAST({text} AS DOUBLE)"
            return f"CASE WHEN {number} BETWEEN -{LARGEST} AND {LARGEST} THEN {number} END", text
        case Type.BOOLEAN:
            true, false = (", ".join(literal(w) for w in words) for words in (TRUE_WORDS, FALSE_WORDS))
            return f"CASE WHEN lower({text}) IN ({true}) THEN true WHEN lower({text}) IN ({false}) THEN false END", text
        case Type.DATE:
            if kind.startswith("TIMESTAMP"):
                return f"CASE WHEN CAST({column} AS TIME) = TIME '00:00:00' THEN CAST({column} AS DATE) END", text
            parsed = f"TRY_CAST({text} AS DATE)"
            return f"CASE WHEN length({text}) = 10 AND year({parsed}) BETWEEN 1000 AND 9999 THEN {parsed} END", text
    choices = f.choices or {}
    codes = ", ".join(literal(c) for c in choices)
    whens = [f"WHEN {text} IN ({codes}) THEN {text}", f"WHEN lower({text}) IN ({codes}) THEN lower({text})"]
    for code, choice in choices.items():
        words = [w for w in (choice.en, choice.zh, *choice.also) if w and w != code]
        if words:
            whens.append(f"WHEN lower({text}) IN ({', '.join(literal(w.casefold()) for w in words)}) THEN {literal(code)}")
    return f"CASE {' '.join(whens)} END", text


def _view(table: str, pack: CheckedPack, stored: Stored, warehouse: Warehouse) -> None:
    """`records_<table>`: the records with their position and the key of their unit."""
    definition = pack.tables[table]
    source = stored.sql
    fields = ", ".join(f"r.{quoted(f)}" for f in definition.fields)
    parent_key = pack.parent_key(table)
    if parent_key is None:
        unit, joined = f"r.{quoted(definition.key)}", ""
    elif definition.belongs_to == pack.root:
        unit, joined = f"r.{quoted(parent_key)}", ""
    else:
        unit, joined = "u._unit", f" JOIN records_{definition.belongs_to} u ON u.{quoted(parent_key)} = r.{quoted(parent_key)}"
    warehouse.view(f"records_{table}", f"SELECT r.file_row_number AS _row, {unit} AS _unit, {fields} FROM {source} r{joined}")
