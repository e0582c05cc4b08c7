"""Raw tables -> typed records, and the problems on the way.

In: raw tables, and what `records.yaml` says of them. Out: a Parquet file a table in `records/`, and the warehouse's table
`problems`. A value that cannot be read is a problem with its place, and counts as blank. A row without a key, with a key that
another row has too, or of an unknown parent is set aside: listed, counted, not judged. (Rows that agree in everything are one
record; where rows of one key differ none can be trusted.) Typing is columnar: the only rows looked at one by one are those
with a problem.

Each file has, besides the fields, `_file` (the input's number) and `_line` (the row there, where it is not simply counted).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.errors import InputError, did_you_mean
from engine.messages import say
from engine.model import CheckedPack, FieldDef, Problem, TableDef, Type
from engine.params import LARGEST
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
    notices: tuple[Problem, ...]


def read_records(inputs: Inputs, pack: CheckedPack, folder: Path, warehouse: Warehouse, lang: str) -> Reading:
    """Type every table into `folder`/<table>.parquet, and give each a view `records_<table>`.

    Raises InputError where a key column is missing or a file cannot be read to its end.
    """
    folder.mkdir()
    warehouse.run(
        "CREATE OR REPLACE TEMP TABLE problems (file VARCHAR, sheet VARCHAR, row BIGINT, \"column\" VARCHAR, value VARCHAR, "
        "expected VARCHAR, code VARCHAR, record_table VARCHAR, set_aside BOOLEAN)"
    )
    notices = list(inputs.notices)
    rows_of_input = [0] * len(inputs.tables)
    records: dict[str, int] = {}
    aside: dict[str, int] = {}
    for table in pack.top_down():
        sources = [(i, raw) for i, raw in enumerate(inputs.tables) if raw.table == table]
        file = folder / f"{table}.parquet"
        columns = {i: _columns(raw, pack, table, notices) for i, raw in sources}
        if not sources:
            notices.append(Problem(table, "", None, None, None, None, "no-records", {"table": table}))
        _write(sources, columns, pack.tables[table], file, warehouse)
        source = f"read_parquet({literal(str(file))}, file_row_number = true)"
        for i, n in warehouse.rows(f"SELECT _file, count(*) FROM {source} GROUP BY _file"):
            rows_of_input[i] = n
        _value_problems(sources, columns, pack.tables[table], source, warehouse, lang)
        rejected = _rejected(sources, warehouse, lang)
        aside[table] = _set_aside(sources, rows_of_input, pack, table, file, warehouse, lang)
        records[table] = sum(rows_of_input[i] for i, _ in sources) - aside[table]
        aside[table] += rejected
        for i, raw in sources:
            rows_of_input[i] += rejected if raw.rejects else 0
        _view(table, pack, file, warehouse)
    if records.get(pack.root, 0) == 0:
        raise InputError("no-units", table=pack.root, set_aside=aside.get(pack.root, 0))
    return Reading(tuple(rows_of_input), records, aside, tuple(notices))


# ------------------------------------------------------------------------------------------------------------- columns


def _columns(raw: RawTable, pack: CheckedPack, table: str, notices: list[Problem]) -> dict[str, tuple[str, str, str]]:
    """field -> (column of the relation, its type, its header), for the fields that the file has."""
    definition = pack.tables[table]
    headers: dict[str, str] = {}
    for id_, f in definition.fields.items():
        for word in (id_, *f.titles):
            headers.setdefault(normal(word), id_)
    found: dict[str, tuple[str, str, str]] = {}
    for column in raw.columns:
        field = headers.get(normal(column.header))
        place = Problem(table, str(raw.file), raw.sheet, None, column.header, None, "", {})
        if field is None:
            near = did_you_mean(column.header, [w for id_, f in definition.fields.items() for w in (id_, *f.titles)])
            word = near[1]["word"] if near else ""
            notices.append(Problem(*_place(place), "unknown-column-near" if word else "unknown-column", {"column": column.header, "word": word}))
        elif field in found:
            notices.append(Problem(*_place(place), "repeated-column", {"column": column.header, "first": found[field][2]}))
        else:
            found[field] = (column.name, column.type, column.header)
    for key in (definition.key, pack.parent_key(table)):
        if key is not None and key not in found:
            names = (key, *definition.fields[key].titles)
            raise InputError("no-key-column", file=_named(raw), key=key, names=", ".join(names), found=", ".join(c.header for c in raw.columns))
    missing = [f for f in definition.fields if f not in found]
    if missing:
        place = Problem(table, str(raw.file), raw.sheet, None, None, None, "", {})
        notices.append(Problem(*_place(place), "missing-columns", {"table": table, "n": len(missing), "columns": ", ".join(missing)}))
    return found


def _place(problem: Problem) -> tuple[str, str, str | None, int | None, str | None, str | None]:
    return problem.table, problem.file, problem.sheet, problem.row, problem.column, problem.value


def _named(raw: RawTable) -> str:
    return f"{raw.file} ({raw.sheet})" if raw.sheet else str(raw.file)


# -------------------------------------------------------------------------------------------------------------- typing


def _write(sources: Sequence[tuple[int, RawTable]], columns: Mapping[int, Mapping[str, tuple[str, str, str]]], definition: TableDef, file: Path, warehouse: Warehouse) -> None:
    """Type all rows of a table in one pass over its inputs."""
    selects = [_typed(i, raw, columns[i], definition) for i, raw in sources]
    if not selects:
        empty = ", ".join(f"NULL::{SQL_TYPES[f.type]} AS {quoted(id_)}" for id_, f in definition.fields.items())
        selects = [f"SELECT {empty}, NULL::INTEGER AS _file, NULL::BIGINT AS _line, NULL::STRUCT(field VARCHAR, value VARCHAR)[] AS _problems WHERE false"]
    try:
        warehouse.write(" UNION ALL ".join(selects), file)
    except Exception as error:
        raise _unreadable(error, sources) from error


def _unreadable(error: Exception, sources: Sequence[tuple[int, RawTable]]) -> Exception:
    """DuckDB's word on a file that it cannot read to its end."""
    why = str(getattr(error, "args_", {}).get("why", error))
    text_files = [raw for _, raw in sources if raw.sheet is None]
    reading = ("Invalid Input", "CSV", "JSON", "Parquet", "parquet", "unicode", "utf-8", "IO Error: Could not read")
    if text_files and any(word in why for word in reading):
        named = next((r for r in text_files if r.file.name in why), text_files[0])
        return InputError("unreadable-input", file=str(named.file), why=why)
    return error


def _typed(number: int, raw: RawTable, columns: Mapping[str, tuple[str, str, str]], definition: TableDef) -> str:
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
    inner = f"SELECT {', '.join(before)}, {number} AS _file, {raw.line} AS _line{', ' + shown if shown else ''} FROM {raw.relation}"
    fields = ", ".join(quoted(f) for f in definition.fields)
    if not checked:
        return f"SELECT {fields}, _file, _line, NULL::STRUCT(field VARCHAR, value VARCHAR)[] AS _problems FROM ({inner})"
    bad = {f: f"{quoted(f)} IS NULL AND {quoted('raw ' + f)} IS NOT NULL" for f in checked}
    anything = " OR ".join(f"({test})" for test in bad.values())
    listed = ", ".join(f"CASE WHEN {test} THEN {{'field': {literal(f)}, 'value': {quoted('raw ' + f)}}} END" for f, test in bad.items())
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
            return f"CASE WHEN TRY_CAST({text} AS DOUBLE) = {whole} AND {whole} BETWEEN -{LARGEST} AND {LARGEST} THEN {whole} END", text
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
    whens = [f"WHEN {text} IN ({codes}) THEN {text}"]
    for code, choice in choices.items():
        words = [w for w in (choice.en, choice.zh, *choice.also) if w and w != code]
        if words:
            whens.append(f"WHEN lower({text}) IN ({', '.join(literal(w.casefold()) for w in words)}) THEN {literal(code)}")
    return f"CASE {' '.join(whens)} END", text


def expected(f: FieldDef, lang: str) -> str:
    """What a field takes, in words."""
    if f.type is Type.CHOICE:
        words = [choice.in_(lang, code) for code, choice in (f.choices or {}).items()]
        return say(lang, "expect.choice", words=", ".join(words))
    return say(lang, f"expect.{f.type.value}")


# ------------------------------------------------------------------------------------------------------------ problems


def _value_problems(
    sources: Sequence[tuple[int, RawTable]], columns: Mapping[int, Mapping[str, tuple[str, str, str]]], definition: TableDef, source: str, warehouse: Warehouse, lang: str
) -> None:
    """The values that could not be read, into `problems`."""
    if not warehouse.rows(f"SELECT 1 FROM {source} WHERE _problems IS NOT NULL LIMIT 1"):
        return
    said = {id_: expected(f, lang) for id_, f in definition.fields.items()}
    for i, raw in sources:
        headers = "MAP {" + ", ".join(f"{literal(f)}: {literal(h)}" for f, (_, _, h) in columns[i].items()) + "}"
        words = "MAP {" + ", ".join(f"{literal(f)}: {literal(w)}" for f, w in said.items()) + "}"
        warehouse.run(
            f"INSERT INTO problems SELECT {literal(str(raw.file))}, {literal(raw.sheet) if raw.sheet else 'NULL'}, line, "
            f"{headers}[problem.field], problem.value, {words}[problem.field], 'unreadable-value', {literal(raw.table)}, false "
            f"FROM (SELECT {_line(i, source)} AS line, unnest(_problems) AS problem FROM {source} WHERE _file = {i} AND _problems IS NOT NULL)"
        )


def _line(number: int, source: str) -> str:
    """The row of a record in its file: told by the reader, or counted from the first one below the header."""
    return f"coalesce(_line, file_row_number - (SELECT min(file_row_number) FROM {source} WHERE _file = {number}) + 2)"


def _rejected(sources: Sequence[tuple[int, RawTable]], warehouse: Warehouse, lang: str) -> int:
    """Rows of text files that do not have as many values as the header, into `problems`."""
    files = [raw for _, raw in sources if raw.rejects]
    if not files:
        return 0
    found = warehouse.rows(
        "SELECT file_path, line, any_value(csv_line), min(error_type) FROM reject_errors JOIN reject_scans USING (scan_id, file_id) GROUP BY ALL ORDER BY 1, 2"
    )
    for file, line, text, kind in found:
        warehouse.run(
            "INSERT INTO problems VALUES (?, NULL, ?, NULL, ?, ?, 'ragged-row', ?, true)",
            [file, line, (text or "")[:200], say(lang, "expect.row", kind=str(kind).casefold().replace("_", " ")), files[0].table],
        )
    warehouse.run("DROP TABLE reject_errors")
    warehouse.run("DROP TABLE reject_scans")
    return len(found)


def _set_aside(
    sources: Sequence[tuple[int, RawTable]], rows: Sequence[int], pack: CheckedPack, table: str, file: Path, warehouse: Warehouse, lang: str
) -> int:
    """Find the rows that cannot be used, list them, and leave them out of the file. The number of them."""
    definition = pack.tables[table]
    key, parent_key = definition.key, pack.parent_key(table)
    source = f"read_parquet({literal(str(file))}, file_row_number = true)"
    k = quoted(key)
    fields = ", ".join(quoted(f) for f in definition.fields)
    warehouse.create("aside", "SELECT 0::BIGINT AS file_row_number, '' AS code, 0::BIGINT AS other WHERE false")
    warehouse.run(f"INSERT INTO aside SELECT file_row_number, 'no-key', NULL FROM {source} WHERE {k} IS NULL")
    if parent_key is not None:
        p = quoted(parent_key)
        parent = f"records_{definition.belongs_to}"
        warehouse.run(
            f"INSERT INTO aside SELECT r.file_row_number, CASE WHEN r.{p} IS NULL THEN 'no-parent-key' ELSE 'unknown-parent' END, NULL "
            f"FROM {source} r ANTI JOIN {parent} u ON r.{p} = u.{p} WHERE r.{k} IS NOT NULL"
        )
    repeated = f"SELECT {k} FROM {source} WHERE {k} IS NOT NULL GROUP BY {k} HAVING count(*) > 1"
    warehouse.create("repeated", f"SELECT file_row_number, {k} AS key, row({fields}) AS content FROM {source} WHERE {k} IN ({repeated})")
    if warehouse.rows("SELECT 1 FROM repeated LIMIT 1"):
        warehouse.run(
            "INSERT INTO aside SELECT file_row_number, CASE WHEN versions > 1 THEN 'key-disagrees' ELSE 'key-repeated' END, "
            "CASE WHEN file_row_number = first THEN second ELSE first END FROM (SELECT r.file_row_number, k.* EXCLUDE (key) FROM repeated r JOIN "
            "(SELECT key, count(DISTINCT content) AS versions, min(file_row_number) AS first, min(file_row_number, 2)[2] AS second FROM repeated GROUP BY key) k "
            "USING (key)) WHERE (versions > 1 OR file_row_number > first) AND file_row_number NOT IN (SELECT file_row_number FROM aside)"
        )
    n = int(warehouse.rows("SELECT count(*) FROM aside")[0][0])
    if n:
        _list_aside(sources, rows, key, parent_key, source, warehouse, lang)
        kept = file.with_suffix(".kept")
        columns = f"{fields}, _file, _line, _problems"
        warehouse.write(f"SELECT {columns} FROM {source} WHERE file_row_number NOT IN (SELECT file_row_number FROM aside)", kept)
        kept.replace(file)
    warehouse.drop("aside")
    warehouse.drop("repeated")
    return n


def _list_aside(
    sources: Sequence[tuple[int, RawTable]], rows: Sequence[int], key: str, parent_key: str | None, source: str, warehouse: Warehouse, lang: str
) -> None:
    """The rows set aside, into `problems`, with the place of the row that they repeat."""
    starts: dict[int, int] = {}
    position = 0
    for i, _ in sources:
        starts[i] = position
        position += rows[i]
    places = " UNION ALL ".join(
        f"SELECT {i} AS input, {literal(str(raw.file))} AS path, {literal(raw.sheet) if raw.sheet else 'NULL::VARCHAR'} AS sheet, {starts[i]} AS start" for i, raw in sources
    )
    warehouse.create("places", places)
    located = f"SELECT s.*, p.path, p.sheet, coalesce(s._line, s.file_row_number - p.start + 2) AS line FROM {source} s JOIN places p ON s._file = p.input"
    sentences = " ".join(f"WHEN {literal(code)} THEN {literal(say(lang, f'aside.{code}'))}" for code in ("no-key", "no-parent-key", "unknown-parent", "key-repeated", "key-disagrees"))
    shown = f"CAST(r.{quoted(key)} AS VARCHAR)"
    column = literal(key)
    if parent_key is not None:
        is_parent = "a.code IN ('no-parent-key', 'unknown-parent')"
        shown = f"CASE WHEN {is_parent} THEN CAST(r.{quoted(parent_key)} AS VARCHAR) ELSE {shown} END"
        column = f"CASE WHEN {is_parent} THEN {literal(parent_key)} ELSE {column} END"
    other = f"concat(' ', o.path, coalesce(concat(' (', o.sheet, ')'), ''), ':', o.line)"
    warehouse.run(
        f"INSERT INTO problems SELECT r.path, r.sheet, r.line, {column}, {shown}, "
        f"concat(CASE a.code {sentences} END, CASE WHEN a.other IS NOT NULL THEN {other} ELSE '' END), a.code, {literal(sources[0][1].table)}, true "
        f"FROM aside a JOIN ({located}) r ON r.file_row_number = a.file_row_number LEFT JOIN ({located}) o ON o.file_row_number = a.other"
    )
    warehouse.drop("places")


def _view(table: str, pack: CheckedPack, file: Path, warehouse: Warehouse) -> None:
    """`records_<table>`: the records with their position and the key of their unit."""
    definition = pack.tables[table]
    source = f"read_parquet({literal(str(file))}, file_row_number = true)"
    fields = ", ".join(f"r.{quoted(f)}" for f in definition.fields)
    parent_key = pack.parent_key(table)
    if parent_key is None:
        unit, joined = f"r.{quoted(definition.key)}", ""
    elif definition.belongs_to == pack.root:
        unit, joined = f"r.{quoted(parent_key)}", ""
    else:
        unit, joined = "u._unit", f" JOIN records_{definition.belongs_to} u ON u.{quoted(parent_key)} = r.{quoted(parent_key)}"
    warehouse.view(f"records_{table}", f"SELECT r.file_row_number AS _row, {unit} AS _unit, {fields} FROM {source} r{joined}")
