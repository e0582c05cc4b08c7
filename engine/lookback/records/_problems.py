"""What is wrong with the records that were read, into the warehouse's table `problems`.

In: a table's file as `records` typed it, with `_problems` a record, and the places of its inputs. Out: a row a problem: file,
sheet, row, cell, column, field, value, what was expected, a correction where it is plain, kind; and `place`, the position of the
row in the file as it was typed.
"""

from __future__ import annotations

import csv
import re
import shutil
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property, partial
from pathlib import Path
from types import MappingProxyType

import pyarrow as pa

from lookback.headers.grids import SHOWN_OF_A_ROW, Misfit, RawTable, TextFile
from lookback.language.decimals import HELD
from lookback.language.types import LARGEST, LARGEST_NUMBER, PLACES, TYPES, Type
from lookback.packs.checked import CheckedPack
from lookback.packs.model import BETWEEN_PARTS, FieldDef, TableDef
from lookback.packs.params import range_of, unit_forms
from lookback.values.dates import has_zone
from lookback.values.numbers import PLAIN_NUMBER
from lookback.values.proposals import propose
from lookback.values.select import NOTHING_ODD
from lookback.values.texts import ERRORS, Reading, loose_sql, told_sql
from lookback.values.texts import UNREADABLE as MARK
from lookback.warehouse.duckdb import DuckDB, literal, path_literal, quoted
from lookback.words import LANGUAGES, Word, say
from lookback.words.errors import Notice

Source = tuple[int, RawTable]
Misfits = Mapping[int, Sequence[Misfit]]
"""input -> its rows that do not fit the header"""

COLUMNS = ("file", "sheet", "row", "cell", "column", "field", "value", "expected", "proposed", "kind")
"""The columns of problems.csv."""
UNREADABLE = (
    *("text", "integer", "number", "boolean", "date", "choice", "choices", "long-number", "large-number", "no-result"),
    *("outside", "share-mixed", "unit-unknown", "unit-unsaid"),
)
KINDS = (
    *UNREADABLE,
    *("misfit", "no-key", "no-parent-key", "unknown-parent", "parent-spelt", "key-repeated", "key-disagrees"),
    *("columns-disagree", "unknown-reference", "reference-twice", "column-missing", "table-missing", "repeated", "too-large"),
)
"""What may be wrong: a value that is none of its field's type; a row that cannot be used; what nobody handed in."""
_MOST_FORMS = 6
"""Of a unit, told where a number could not be read."""
_MISFITS = {
    "TOO MANY COLUMNS": "row.too-many-columns",
    "LINE SIZE OVER MAXIMUM": "row.line-size-over-maximum",
}
"""DuckDB's words for rows that do not fit -> ours."""


def make_problems(warehouse: DuckDB) -> None:
    """The empty table."""
    warehouse.run(
        """CREATE OR REPLACE TEMP TABLE problems (
            input INTEGER, file VARCHAR, sheet VARCHAR, row BIGINT, cell VARCHAR, "column" VARCHAR, field VARCHAR, value VARCHAR,
            expected VARCHAR, proposed VARCHAR, kind VARCHAR, "table" VARCHAR, place BIGINT)"""
    )


def write_problems(warehouse: DuckDB, file: Path) -> dict[str, int]:
    """problems.csv, by place. The number of problems by kind."""
    columns = ", ".join(map(quoted, COLUMNS))
    order = "file, sheet NULLS FIRST, row, cell, field, kind, value"
    warehouse.run(f"COPY (SELECT {columns} FROM problems ORDER BY {order}) TO {literal(str(file))} (FORMAT csv, HEADER true)")
    counts = dict(warehouse.rows("SELECT kind, count(*) FROM problems GROUP BY kind"))
    return {kind: counts[kind] for kind in KINDS if kind in counts}


@dataclass
class Stored:
    """A table's file. `copied` is the number of the input that it is a copy of, row for row; None where it was typed."""

    file: Path
    copied: int | None = None

    def copy(self, path: Path, number: int, raw: RawTable, warehouse: DuckDB) -> None:
        """From a Parquet file that is typed already: byte for byte, or with its doubles as decimals."""
        doubles = [quoted(f) for f, column in raw.columns.items() if column.type == "DOUBLE"]
        casts = ", ".join(f"CAST({f} AS {TYPES[Type.NUMBER].sql}) AS {f}" for f in doubles)
        if doubles:
            warehouse.write([f"SELECT * REPLACE ({casts}) FROM {raw.relation}"], self.file)
        else:
            shutil.copyfile(path, self.file)
        self.copied = number

    @property
    def sql(self) -> str:
        """DuckDB's SQL for its rows: the fields, `file_row_number` (the position), and what `records` adds to them."""
        read = f"read_parquet({path_literal(self.file)}, file_row_number = true)"
        if self.copied is None:
            return read
        return f"(SELECT *, {self.copied} AS _file, {NOTHING_ODD} FROM {read})"


def odd_file(folder: Path, table: str) -> Path:
    """Where those rows of a table stand that are no record or have lost something."""
    return folder / f"_lost.{table}.parquet"


def stored_records(
    folder: Path, table: str, fields: Iterable[str], flags: Mapping[str, bool] = MappingProxyType({}), alike: bool = False
) -> str:
    """DuckDB's SQL for the records of a table in a `records` folder: `_row`, the fields, and what is lost of them.

    `flags`: what they are for the records of T.parquet that no row of `_lost.T.parquet` stands for. `alike`: these rows are
    known to be all records, and their fields what they are in T.parquet; DuckDB then guesses right how many records there are.
    """
    file, odd = path_literal(folder / f"{table}.parquet"), odd_file(folder, table)
    columns = ["r.file_row_number AS _row", *(f"r.{quoted(f)}" for f in fields)]
    others = f"read_parquet({path_literal(odd)})"
    source = f"FROM read_parquet({file}, file_row_number = true) r"
    if odd.is_file() and alike:
        columns += [f"coalesce(o.{quoted(of)}, {flag}) AS {quoted(of)}" for of, flag in flags.items()]
        columns += ["o._place"] if "_doubtful" in flags else []
        return f"(SELECT {', '.join(columns)} {source} LEFT JOIN {others} o ON o._row = r.file_row_number)"
    rows = f"SELECT {', '.join([*columns, *(f'{flag} AS {quoted(of)}' for of, flag in flags.items())])} {source}"
    if not odd.is_file():
        return f"({rows})"
    rows += f" ANTI JOIN (SELECT _row FROM {others}) o ON o._row = r.file_row_number"
    return f"({rows} UNION ALL BY NAME SELECT * EXCLUDE (_gone) FROM {others} WHERE NOT _gone)"


@dataclass
class TableInput:
    """A table of the pack as this run reads it: its inputs, where its rows are stored, those that do not fit their header;
    of text files how many lines they have, once that is asked; what was told of it (`told`), in the other languages."""

    pack: CheckedPack
    table: str
    sources: Sequence[Source]
    reading: Reading
    warehouse: DuckDB
    lang: str
    stored: Stored
    misfits: Misfits = field(default_factory=dict)
    lines: dict[int, int] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)
    also: dict[str, dict[str, str]] = field(default_factory=dict)

    def told(self, said: Callable[[str], str]) -> str:
        """What is said of it in the language of the review; what `said` says in others is kept beside that."""
        text = said(self.lang)
        self.also[text] = {lang: said(lang) for lang in LANGUAGES if lang != self.lang}
        return text

    def told_of(self, code: str, **args: object) -> str:
        """The same of a sentence whose arguments are alike in all languages."""
        return self.told(lambda lang: say(lang, code, **args))

    @property
    def definition(self) -> TableDef:
        return self.pack.tables[self.table]

    @cached_property
    def starts(self) -> dict[int, tuple[int, int]]:
        """By input where its rows begin in the file as it was typed, and how many there are."""
        query = f"SELECT _file, min(file_row_number), count(*) FROM {self.stored.sql} GROUP BY _file"
        return {i: (start, n) for i, start, n in self.warehouse.rows(query)}


def of_inputs(numbers: Iterable[int]) -> str:
    """SQL for whether a row is of one of some inputs; '' where there are none."""
    listed = ", ".join(map(str, numbers))
    return f"_file IN ({listed})" if listed else ""


def expected(f: FieldDef, lang: str) -> str:
    """What a field takes, in words."""
    if f.type in (Type.CHOICE, Type.CHOICES):
        named = {code: choice.in_(lang, code) for code, choice in (f.choices or {}).items()}
        words = [code if title == code else say(lang, "expect.named", title=title, code=code) for code, title in named.items()]
        return say(lang, f"expect.{f.type.value}", words=say(lang, "reason.or").join(words))
    if f.unit is not None:
        return say(lang, "expect.unit", forms=say(lang, "reason.or").join([*unit_forms(f)][:_MOST_FORMS]))
    return say(lang, "expect.share" if f.share else f"expect.{f.type.value}")


# -------------------------------------------------------------------------------------------------------------- values


def list_unreadable(of: TableInput) -> None:
    """The values that could not be read, each with its cell and, where it is plain, the correction; `with_problems`: the rows."""
    warehouse, fields, places = of.warehouse, of.definition.fields, "file_row_number AS _at, _file, _line, _row, _problems"
    warehouse.create("with_problems", f"SELECT {places} FROM {of.stored.sql} WHERE _problems IS NOT NULL")
    if not warehouse.rows("SELECT 1 FROM with_problems LIMIT 1"):
        return
    locate(of, "true", "with_problems")
    each = "SELECT _file, _at, unnest(_problems) AS _p FROM with_problems"
    warehouse.create("unreadable", f"SELECT _file, _at, _p.field AS field, _p.value AS value, _p.kind AS odd FROM ({each})")
    told: list[tuple[str | None, ...]] = []
    for id_, value, odd in warehouse.rows("SELECT DISTINCT field, value, odd FROM unreadable"):
        f = fields[id_]
        if odd is not None:
            told.append((id_, value, odd, of.told_of(f"expect.{odd}", range=range_of(f)), odd, None))
            continue
        kind = _odd_kind(value, f)
        code = f"expect.{kind}.{f.type.value}" if kind == "large-number" else f"expect.{kind}"
        said = of.told_of(code, most=_most(f)) if kind else of.told(partial(expected, f))
        if f.type is Type.DATE and has_zone(value):
            said = of.told_of("expect.zoned")
        kind = None if kind == "error-text" else kind
        told.append((id_, value, None, said, kind or f.type.value, propose(value, f, of.reading, of.lang)))
    load(warehouse, "told", ("field", "value", "odd", "expected", "kind", "proposed"), told)
    load_columns(warehouse, of.sources)
    warehouse.run(
        f"""INSERT INTO problems
        SELECT _file, file, sheet, line, letter || sheet_row, header, u.field, {told_sql("u.value")},
               told.expected, proposed, told.kind, "table", _at
        FROM unreadable u JOIN lines USING (_at) JOIN columns USING (_file, field)
        JOIN told ON told.field = u.field AND told.value = u.value AND told.odd IS NOT DISTINCT FROM u.odd"""
    )
    for name in ("unreadable", "told", "columns", "lines"):
        warehouse.drop(name)


def _odd_kind(value: str, f: FieldDef) -> str | None:
    """'no-result' for a formula that was never worked out, 'error-text' for one that failed where a text is asked, 'long-number'
    for a number of which a spreadsheet has lost digits, 'large-number' for a number beyond the largest; None for any other
    value that cannot be read."""
    if value.startswith(MARK + "="):
        return "no-result"
    if value.lstrip(MARK).upper() in ERRORS and f.type is Type.TEXT:
        return "error-text"
    if re.fullmatch(rf"{MARK}-?\d{{16,}}", value):
        return "long-number"
    text = unicodedata.normalize("NFKC", value).strip().replace(",", "")
    if f.type not in (Type.INTEGER, Type.NUMBER) or not re.fullmatch(rf"{PLAIN_NUMBER}([eE][+-]?[0-9]{{1,3}})?", text, re.ASCII):
        return None
    return "large-number" if abs(Decimal(text)) > _most(f) else None


def _most(f: FieldDef) -> int:
    return LARGEST if f.type is Type.INTEGER else LARGEST_NUMBER


def note_values(of: TableInput) -> None:
    """What is told of values that were read (numbers with more places than are kept, times of day), a notice a column."""
    sources = dict(of.sources)
    rows = f"SELECT _file, unnest(_noted) AS noted FROM {of.stored.sql} WHERE _noted IS NOT NULL"
    for i, noted, n in of.warehouse.rows(f"SELECT _file, noted, count(*) FROM ({rows}) GROUP BY ALL ORDER BY ALL"):
        code, f = noted.split(" ")
        more: dict[str, dict[str, object]] = {
            "rounded": {"places": PLACES},
            "time-of-day": {},
            "zoned-time": {"zone": of.reading.zone},
        }
        column, raw = sources[i].columns[f].header, sources[i]
        of.notices.append(Notice(code, {"column": column, "n": n, **more.get(code, {})}, raw.file, raw.sheet))


def list_too_large(of: TableInput, found: str) -> None:
    """What was too large to be held of records, by a query of `_row` and `_large`: a fact, or a condition as it is written. The
    record is named by its key."""
    warehouse = of.warehouse
    warehouse.create("too_large", found)
    locate(of, "file_row_number IN (SELECT _row FROM too_large)")
    load(warehouse, "files", ("_file", "file", "sheet"), [(i, raw.file, raw.sheet) for i, raw in of.sources], _file=pa.int32())
    expected = of.told_of("expect.too-large", what="\0", most=f"10^{HELD}").split("\0")
    said = f"concat({literal(expected[0])}, too_large._large, {literal(expected[-1])})"
    of_record = f"""too_large._large AS field, CAST(s.{quoted(of.definition.key)} AS VARCHAR) AS value
        FROM too_large JOIN {of.stored.sql} s ON s.file_row_number = too_large._row JOIN files ON files._file = s._file
        LEFT JOIN lines ON lines._at = too_large._row"""
    warehouse.run(
        f"""INSERT INTO problems BY NAME SELECT files._file AS input, files.file, files.sheet, lines.line AS row,
            {said} AS expected, 'too-large' AS kind, {literal(of.table)} AS "table", too_large._row AS place, {of_record}"""
    )
    warehouse.run(
        f"""INSERT INTO lost_values BY NAME SELECT {literal(of.table)} AS "table", too_large._row AS _row,
            files.file, files.sheet, lines.line, 'too-large' AS why, {of_record} ORDER BY ALL"""
    )
    for name in ("too_large", "files", "lines"):
        warehouse.drop(name)


def beside_lost_rows(pack: CheckedPack, warehouse: DuckDB) -> frozenset[str]:
    """The tables of which facts go over siblings and some rows are lost, whoever their parent is."""
    among = {f.table for f in pack.facts if f.among is not None}
    return frozenset(among & {t for (t,) in warehouse.rows('SELECT DISTINCT "table" FROM lost_rows')} if among else ())


def list_repeated(tables: Iterable[TableInput]) -> None:
    """The records that agree in fields in which no two should, into the list of problems."""
    for of in tables:
        for unique in (unique for unique in of.definition.unique if unique.rule is None):
            _list_repeated(of, unique.of)


def _list_repeated(of: TableInput, fields: Sequence[str]) -> None:
    warehouse, view, columns = of.warehouse, quoted(f"records_{of.table}"), [quoted(f) for f in fields]
    there = " AND ".join(f"{column} IS NOT NULL" for column in columns)
    listed = ", ".join(columns)
    again = f"SELECT {listed} FROM {view} WHERE {there} GROUP BY {listed} HAVING count(*) > 1"
    value = f"concat_ws({literal(BETWEEN_PARTS)}, {listed})"
    warehouse.create("again", f"SELECT _row, {value} AS _value FROM {view} SEMI JOIN ({again}) USING ({listed})")
    locate(of, "file_row_number IN (SELECT _row FROM again)")
    load(warehouse, "files", ("_file", "file", "sheet"), [(i, raw.file, raw.sheet) for i, raw in of.sources], _file=pa.int32())
    warehouse.run(
        f"""INSERT INTO problems BY NAME SELECT files._file AS input, files.file, files.sheet, lines.line AS row,
            {literal(of.told_of("expect.repeated"))} AS expected, 'repeated' AS kind, {literal(of.table)} AS "table",
            again._row AS place, {literal(", ".join(fields))} AS field, again._value AS value
        FROM again JOIN {of.stored.sql} s ON s.file_row_number = again._row JOIN files ON files._file = s._file
        LEFT JOIN lines ON lines._at = again._row"""
    )
    for name in ("again", "files", "lines"):
        warehouse.drop(name)


def load(
    warehouse: DuckDB, name: str, columns: Sequence[str], rows: Sequence[Sequence[str | int | None]], **types: pa.DataType
) -> None:
    """A table of texts; `types` are those of the columns that are none."""
    arrays = {c: pa.array([row[i] for row in rows], types.get(c, pa.string())) for i, c in enumerate(columns)}
    warehouse.load(name, pa.table(arrays))


def load_columns(warehouse: DuckDB, sources: Sequence[Source]) -> None:
    """The table `columns`: for each input and field its file, sheet, header, and letter."""
    rows = [
        (i, raw.file, raw.sheet, raw.table, f, column.header, column.letter or None)
        for i, raw in sources
        for f, column in raw.columns.items()
    ]
    names = ("_file", "file", "sheet", "table", "field", "header", "letter")
    load(warehouse, "columns", names, rows, _file=pa.int32())


# ------------------------------------------------------------------------------------------- rows that are no records


def list_misfits(of: TableInput) -> None:
    """The rows of text files that do not fit the header: they are in no table."""
    sources, warehouse = of.sources, of.warehouse
    misfits: dict[int, Sequence[Misfit]] = {i: raw.misfits for i, raw in sources}
    if any(raw.text is not None for _, raw in sources):
        found = warehouse.rows(
            """SELECT file_path, line_byte_position, any_value(csv_line), min(error_type)
            FROM reject_errors JOIN reject_scans USING (scan_id, file_id) GROUP BY ALL ORDER BY 1, 2"""
        )
        for i, raw in sources:
            if raw.text is not None:
                misfits[i] = _rejected(of, i, raw.text, [row[1:] for row in found if row[0] == raw.text.path])
        warehouse.drop("reject_errors")
        warehouse.drop("reject_scans")
    of.misfits = misfits
    expected = {code: of.told_of("expect.row", kind=Word(code)) for code in {m.code for these in misfits.values() for m in these}}
    rows = [(i, raw.file, raw.sheet, m.line, m.text, expected[m.code], raw.table) for i, raw in sources for m in misfits[i]]
    if rows:
        names = ("input", "file", "sheet", "row", "value", "expected", "table")
        load(warehouse, "misfits", names, rows, input=pa.int32(), row=pa.int64())
        warehouse.run("INSERT INTO problems BY NAME SELECT *, 'misfit' AS kind FROM misfits")
        warehouse.drop("misfits")


def note_misfits(of: TableInput) -> None:
    """The rows that fit no header, into `lost_rows`: each may be of the parents whose keys stand where theirs does, or as many
    places further as the row has values too many; where a row was cut off in it, of those whose keys begin so."""
    parent_key, rows = of.pack.parent_key(of.table), []
    for i, raw in of.sources:
        columns = [raw.columns[parent_key], *raw.columns[parent_key].again] if parent_key else []
        positions = [column.position for column in columns if column.position is not None]
        for misfit in of.misfits.get(i, ()):
            named = {n for at in positions for n in range(at, at + misfit.beyond + 1) if n < len(misfit.values)}
            row = (raw.file, raw.sheet, misfit.line, misfit.text)
            last = len(misfit.values) - 1 if misfit.cut else None
            rows += [(*row, misfit.values[n].strip(), "begun" if n == last else "") for n in sorted(named)] or [(*row, "", "")]
    if not rows:
        return
    load(of.warehouse, "odd", ("file", "sheet", "line", "value", "named", "how"), rows, line=pa.int64())
    known = "SELECT NULL::VARCHAR AS _key WHERE false"
    if parent_key is not None:
        known = f"SELECT CAST({quoted(parent_key)} AS VARCHAR) AS _key FROM {quoted(f'records_{of.definition.belongs_to}')}"
    found = [f"SELECT named, how, _key FROM odd JOIN ({known}) ON {folded_sql('named')} = {folded_sql('_key')}"]
    if any(how == "begun" and named for *_, named, how in rows):
        begun = "(SELECT * FROM odd WHERE how = 'begun' AND named <> '')"
        same = f"starts_with({loose_sql('_key')}, {loose_sql('named')})"
        found.append(f"SELECT named, how, _key FROM {begun} JOIN ({known}) ON {same}")
    of.warehouse.run(
        f"""INSERT INTO lost_rows
        SELECT DISTINCT {literal(of.table)}, _key, CASE WHEN _key IS NOT NULL THEN 0 END, CASE WHEN _key IS NOT NULL THEN 1 END,
               file, sheet, line, value, 'misfit'
        FROM odd LEFT JOIN ({" UNION ".join(found)}) USING (named, how)
        QUALIFY _key IS NOT NULL OR count(_key) OVER (PARTITION BY file, sheet, line) = 0 ORDER BY ALL"""
    )
    of.warehouse.drop("odd")


def _rejected(of: TableInput, number: int, text: TextFile, found: Sequence[tuple[int, str | None, str]]) -> list[Misfit]:
    """The rows that DuckDB refused, by the bytes at which they begin."""
    if not found:
        return []
    misfits = []
    of.lines[number], lines = _lines(Path(text.path), [at for at, _, _ in found])
    for line, (_, row, kind) in zip(lines, found, strict=True):
        values = tuple(next(csv.reader([row or ""], delimiter=text.delimiter), ()))
        beyond = max(len(values) - text.width, 0)
        misfits.append(Misfit(line, line, _MISFITS.get(str(kind), "row.other"), (row or "")[:SHOWN_OF_A_ROW], values, beyond))
    return misfits


def _lines(file: Path, begin: Sequence[int] = ()) -> tuple[int, list[int]]:
    """How many lines a file has, 0 where some end otherwise than with a line feed; and, in one look at every byte, the lines that
    `begin` at some bytes, in order."""
    line, at, end, odd, found = 1, 0, b"", False, list[int]()
    with file.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            odd = odd or (b"\r" in chunk and chunk.count(b"\r") != chunk.count(b"\r\n"))
            start = 0
            while len(found) < len(begin) and (stop := begin[len(found)] - at) <= len(chunk):
                line += chunk.count(b"\n", start, stop)
                found.append(line)
                start = stop
            line += chunk.count(b"\n", start)
            at += len(chunk)
            end = chunk
    return (0 if odd else line - end.endswith(b"\n")), found


def locate(of: TableInput, wanted: str, among: str = "") -> None:
    """The table `lines`: of each record that meets `wanted`, all of them in the table `among` if that is named, its place `_at`,
    line in the file, row as spreadsheets count."""
    (at, source), warehouse = ("_at", among) if among else ("file_row_number", of.stored.sql), of.warehouse
    rows = warehouse.rows(f"SELECT {at}, _file, _line, _row FROM {source} WHERE {wanted}")
    found = {place: (line, row) for place, _, line, row in rows if line is not None}
    counted = [(i, raw) for i, raw in of.sources if raw.grid is None]
    if counted:
        for i, raw in counted:
            numbers = {place - of.starts[i][0]: place for place, file, line, _ in rows if file == i and line is None}
            if raw.text is not None:
                if numbers and i not in of.lines:
                    of.lines[i], _ = _lines(Path(raw.text.path))
                alike = bool(numbers) and of.lines[i] == 1 + of.starts[i][1] + len(of.misfits[i])
                for number, line, row in _lines_of_text(raw.text, numbers, alike, of.misfits[i]):
                    found[numbers[number]] = line, row
            else:
                warehouse.load("wanted", pa.table({"number": pa.array(numbers, pa.int64())}))
                rows_ = f"SELECT row_number() OVER () AS _row, {raw.first} AS _first FROM {raw.relation}"  # empty ones, too
                records = f"SELECT row_number() OVER () - 1 AS number, _row AS row FROM ({rows_}) WHERE _first IS NOT NULL"
                for number, row in warehouse.rows(f"SELECT number, row FROM ({records}) JOIN wanted USING (number)"):
                    found[numbers[number]] = row, row
                warehouse.drop("wanted")
    arrays = [
        pa.array(found.keys(), pa.int64()),
        *(pa.array([place[n] for place in found.values()], pa.int64()) for n in (0, 1)),
    ]
    warehouse.load("lines", pa.table(arrays, names=["_at", "line", "sheet_row"]))


def _lines_of_text(
    text: TextFile, numbers: Mapping[int, int], alike: bool, misfits: Sequence[Misfit]
) -> Iterator[tuple[int, int, int]]:
    """(number, line, row) of some records of a text file; empty rows and misfits are no records. `alike`: each row is a line."""
    if not numbers:
        return
    if alike:
        odd = sorted(misfit.line for misfit in misfits)
        before = 0
        for number in sorted(numbers):
            while before < len(odd) and odd[before] <= number + 2 + before:
                before += 1
            line = number + 2 + before
            yield number, line, line
        return
    csv.field_size_limit(sys.maxsize)
    refused = {misfit.line for misfit in misfits}
    last = max(numbers)
    with Path(text.path).open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.reader(stream, delimiter=text.delimiter)
        next(reader, None)
        number, line = 0, reader.line_num + 1
        for row, values in enumerate(reader, start=2):
            if line not in refused and any(value.strip() for value in values):
                if number in numbers:
                    yield number, line, row
                number += 1
                if number > last:
                    return
            line = reader.line_num + 1


def folded_sql(key: str) -> str:
    """A key for finding the one that was meant: as `loose_sql`, without characters that have no width, and without the zeros that
    a number loses."""
    bare = f"regexp_replace({loose_sql(key)}, '[\\x{{ad}}\\x{{200b}}-\\x{{200f}}\\x{{2060}}\\x{{feff}}]', '', 'g')"
    folded = f"regexp_replace(regexp_replace({bare}, '^([0-9]+)[.]0+$', '\\1'), '^0+([0-9]+)$', '\\1')"
    odd = " OR ".join(f"contains({key}, {c})" for c in ("'.'", "' '", "chr(9)", "chr(10)", "chr(13)"))
    return f"CASE WHEN strlen({key}) = length({key}) AND {key} > '1' AND NOT ({odd}) THEN lower({key}) ELSE {folded} END"
