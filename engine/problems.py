"""What is wrong with the records that were read, into the warehouse's table `problems`; and the rows that cannot be used.

In: a table's file as `records` typed it, with `_problems` a record, and the places of its inputs. Out: a row a problem (file,
sheet, row, column, value, what was expected), and the file without the rows set aside: those without a key, with a key that
another row has too, or of an unknown parent. Rows that agree in everything are one record; where rows of one key differ, none
of them can be trusted.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from engine.errors import InputError
from engine.messages import Word, say
from engine.model import CheckedPack, FieldDef, TableDef, Type
from engine.tables import RawTable
from engine.warehouse.duckdb import Warehouse, literal, path_literal, quoted

Source = tuple[int, RawTable]
ColumnMap = Mapping[str, tuple[str, str, str]]
"""field -> (column of the relation, its type, its header)"""
Rejected = Mapping[str, set[int]]
"""file -> the lines of its rows that do not fit the header"""

NO_PROBLEMS = "NULL::STRUCT(field VARCHAR, value VARCHAR)[] AS _problems"
_MISFITS = {
    "TOO MANY COLUMNS": "row.too-many-columns",
    "MISSING COLUMNS": "row.missing-columns",
    "UNQUOTED VALUE": "row.unquoted-value",
    "LINE SIZE OVER MAXIMUM": "row.line-size-over-maximum",
}
"""DuckDB's words for rows that do not fit -> ours."""
_ASIDE = ("no-key", "no-parent-key", "unknown-parent", "key-repeated", "key-disagrees")


def make_problems(warehouse: Warehouse) -> None:
    """The empty table."""
    warehouse.run(
        """CREATE OR REPLACE TEMP TABLE problems (
            file VARCHAR, sheet VARCHAR, row BIGINT, "column" VARCHAR, value VARCHAR, expected VARCHAR, code VARCHAR)"""
    )


@dataclass
class Stored:
    """A table's file. `copied` is the number of the input that it is a copy of, byte for byte; None where it was typed."""

    file: Path
    copied: int | None = None

    @property
    def sql(self) -> str:
        """DuckDB's SQL for its rows: the fields, `file_row_number` (the position), `_file`, `_line` and `_problems`."""
        read = f"read_parquet({path_literal(self.file)}, file_row_number = true)"
        if self.copied is None:
            return read
        return f"(SELECT *, {self.copied} AS _file, NULL::BIGINT AS _line, {NO_PROBLEMS} FROM {read})"


def expected(f: FieldDef, lang: str) -> str:
    """What a field takes, in words."""
    if f.type is Type.CHOICE:
        named = {code: choice.in_(lang, code) for code, choice in (f.choices or {}).items()}
        words = [code if title == code else say(lang, "expect.named", title=title, code=code) for code, title in named.items()]
        return say(lang, "expect.choice", words=say(lang, "reason.or").join(words))
    return say(lang, f"expect.{f.type.value}")


def list_unreadable(
    sources: Sequence[Source],
    columns: Mapping[int, ColumnMap],
    definition: TableDef,
    stored: Stored,
    rejected: Rejected,
    warehouse: Warehouse,
    lang: str,
) -> None:
    """The values that could not be read."""
    if not warehouse.rows(f"SELECT 1 FROM {stored.sql} WHERE _problems IS NOT NULL LIMIT 1"):
        return
    _locate(sources, stored, "_problems IS NOT NULL", rejected, warehouse)
    words = _map({id_: expected(f, lang) for id_, f in definition.fields.items()})
    for i, raw in sources:
        headers = _map({f: header for f, (_, _, header) in columns[i].items()})
        warehouse.run(
            f"""INSERT INTO problems
            SELECT {literal(str(raw.file))}, {_or_null(raw.sheet)}, line,
                   {headers}[p.field], p.value, {words}[p.field], 'unreadable-value'
            FROM (SELECT file_row_number AS place, unnest(_problems) AS p
                  FROM {stored.sql} WHERE _file = {i} AND _problems IS NOT NULL) JOIN lines USING (place)"""
        )
    warehouse.drop("lines")


def list_rejected(sources: Sequence[Source], warehouse: Warehouse, lang: str) -> Rejected:
    """The rows of text files that do not fit the header: they are in no table. Raises InputError for a quotation mark that is
    never closed, as it swallows what follows."""
    delimiters = {str(raw.file): raw.delimiter for _, raw in sources if raw.delimiter is not None}
    if not delimiters:
        return {}
    found = warehouse.rows(
        """SELECT file_path, line, any_value(csv_line), min(error_type)
        FROM reject_errors JOIN reject_scans USING (scan_id, file_id) GROUP BY ALL ORDER BY 1, 2"""
    )
    rejected: dict[str, set[int]] = {}
    for file, line, text, kind in found:
        code = _MISFITS.get(str(kind), "row.other")
        if code == "row.unquoted-value" and _never_closed(Path(file), delimiters[file] or ","):
            raise InputError("unclosed-quote", file=file, line=line)
        rejected.setdefault(file, set()).add(line)
        said = say(lang, "expect.row", kind=Word(code))
        warehouse.run(
            "INSERT INTO problems VALUES (?, NULL, ?, NULL, ?, ?, 'ragged-row')", [file, line, (text or "")[:200], said]
        )
    warehouse.drop("reject_errors")
    warehouse.drop("reject_scans")
    return rejected


def _never_closed(file: Path, delimiter: str) -> bool:
    """Whether a text file ends inside quotation marks."""
    with file.open(encoding="utf-8-sig", newline="") as stream:
        try:
            for _ in csv.reader(stream, delimiter=delimiter, strict=True):
                pass
        except csv.Error as error:
            return "end of data" in str(error)
    return False


def _locate(sources: Sequence[Source], stored: Stored, wanted: str, rejected: Rejected, warehouse: Warehouse) -> None:
    """The table `lines`: for each record that meets `wanted` its place and the line where it stands in its file."""
    firsts = dict(warehouse.rows(f"SELECT _file, min(file_row_number) FROM {stored.sql} GROUP BY _file"))
    rows = warehouse.rows(f"SELECT file_row_number, _file, _line FROM {stored.sql} WHERE {wanted}")
    lines: dict[int, int] = {}
    for i, raw in sources:
        own = {place: line for place, file, line in rows if file == i}
        counted = {place: place - firsts[i] for place in own}
        if raw.delimiter is not None:
            found = _lines_of_text(raw, set(counted.values()), rejected.get(str(raw.file), set()))
            lines |= {place: found.get(number, number + raw.first_line) for place, number in counted.items()}
        else:
            lines |= {place: line if line is not None else counted[place] + raw.first_line for place, line in own.items()}
    columns = [pa.array(lines.keys(), pa.int64()), pa.array(lines.values(), pa.int64())]
    warehouse.load("lines", pa.table(columns, names=["place", "line"]))


def _lines_of_text(raw: RawTable, numbers: set[int], rejected: set[int]) -> dict[int, int]:
    """The lines where some records of a text file begin; empty lines and rejected rows are no records."""
    found: dict[int, int] = {}
    if not numbers:
        return found
    csv.field_size_limit(sys.maxsize)
    with raw.file.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.reader(stream, delimiter=raw.delimiter or ",")
        next(reader, None)
        number, line = 0, reader.line_num + 1
        for row in reader:
            if row and line not in rejected:
                if number in numbers:
                    found[number] = line
                number += 1
            line = reader.line_num + 1
    return found


def set_aside(
    sources: Sequence[Source],
    pack: CheckedPack,
    table: str,
    stored: Stored,
    rejected: Rejected,
    warehouse: Warehouse,
    lang: str,
) -> int:
    """Find the rows that cannot be used, list them, and leave them out of the file. The number of them."""
    definition = pack.tables[table]
    source = stored.sql
    key, parent_key = quoted(definition.key), pack.parent_key(table)
    fields = ", ".join(quoted(f) for f in definition.fields)
    content = "{" + ", ".join(f"{literal(f)}: {quoted(f)}" for f in definition.fields) + "}"
    warehouse.create("aside", "SELECT 0::BIGINT AS place, '' AS code, 0::BIGINT AS other WHERE false")
    warehouse.run(f"INSERT INTO aside SELECT file_row_number, 'no-key', NULL FROM {source} WHERE {key} IS NULL")
    if parent_key is not None:
        parent = quoted(parent_key)
        warehouse.run(
            f"""INSERT INTO aside
            SELECT r.file_row_number, CASE WHEN r.{parent} IS NULL THEN 'no-parent-key' ELSE 'unknown-parent' END, NULL
            FROM {source} r ANTI JOIN {quoted(f"records_{definition.belongs_to}")} u ON r.{parent} = u.{parent}
            WHERE r.{key} IS NOT NULL"""
        )
    if warehouse.rows(f"SELECT count({key}) > count(DISTINCT {key}) FROM {source}")[0][0]:
        warehouse.create("repeated_keys", f"SELECT {key} AS key FROM {source} GROUP BY {key} HAVING count({key}) > 1")
        warehouse.create(
            "repeated",
            f"""SELECT file_row_number AS place, {key} AS key, {content} AS content
            FROM {source} WHERE {key} IN (FROM repeated_keys)""",
        )
        warehouse.run(
            """INSERT INTO aside
            SELECT r.place, CASE WHEN versions > 1 THEN 'key-disagrees' ELSE 'key-repeated' END,
                   CASE WHEN r.place = places[1] THEN places[2] ELSE places[1] END
            FROM repeated r
            JOIN (SELECT key, count(DISTINCT content) AS versions, list(place ORDER BY place) AS places
                  FROM repeated GROUP BY key) USING (key)
            WHERE (versions > 1 OR r.place > places[1]) AND r.place NOT IN (SELECT place FROM aside)"""
        )
        warehouse.drop("repeated")
        warehouse.drop("repeated_keys")
    n = int(warehouse.rows("SELECT count(*) FROM aside")[0][0])
    if n:
        _list_aside(sources, definition.key, parent_key, stored, rejected, warehouse, lang)
        kept = stored.file.with_suffix(".kept")
        columns = f"{fields}, _file, _line, _problems"
        left = f"SELECT {columns} FROM {source} WHERE file_row_number NOT IN (SELECT place FROM aside) ORDER BY file_row_number"
        warehouse.write([left], kept)
        kept.replace(stored.file)
        stored.copied = None
    warehouse.drop("aside")
    return n


def _list_aside(
    sources: Sequence[Source],
    key: str,
    parent_key: str | None,
    stored: Stored,
    rejected: Rejected,
    warehouse: Warehouse,
    lang: str,
) -> None:
    """The rows set aside, with the place of the row that they repeat."""
    places = "file_row_number IN (SELECT place FROM aside UNION ALL SELECT other FROM aside)"
    _locate(sources, stored, places, rejected, warehouse)
    inputs = " UNION ALL ".join(
        f"SELECT {i} AS _file, {literal(str(raw.file))} AS path, {_or_null(raw.sheet)}::VARCHAR AS sheet" for i, raw in sources
    )
    warehouse.create(
        "located",
        f"""SELECT r.*, path, sheet, line
        FROM {stored.sql} r JOIN ({inputs}) USING (_file) JOIN lines ON place = file_row_number""",
    )
    sentences = _map({code: say(lang, f"aside.{code}") for code in _ASIDE})
    column, value = literal(key), f"CAST(r.{quoted(key)} AS VARCHAR)"
    if parent_key is not None:
        of_parent = "a.code IN ('no-parent-key', 'unknown-parent')"
        column = f"CASE WHEN {of_parent} THEN {literal(parent_key)} ELSE {column} END"
        value = f"CASE WHEN {of_parent} THEN CAST(r.{quoted(parent_key)} AS VARCHAR) ELSE {value} END"
    warehouse.run(
        f"""INSERT INTO problems
        SELECT r.path, r.sheet, r.line, {column}, {value},
               concat({sentences}[a.code], ' ' || o.path || coalesce(' (' || o.sheet || ')', '') || ':' || o.line),
               a.code
        FROM aside a JOIN located r ON r.file_row_number = a.place LEFT JOIN located o ON o.file_row_number = a.other"""
    )
    warehouse.drop("located")
    warehouse.drop("lines")


def _map(words: Mapping[str, str]) -> str:
    """A MAP of texts, in DuckDB's SQL."""
    return "MAP {" + ", ".join(f"{literal(k)}: {literal(v)}" for k, v in words.items()) + "}"


def _or_null(text: str | None) -> str:
    return literal(text) if text is not None else "NULL"
