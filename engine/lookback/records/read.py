"""Raw tables -> typed records, the problems on the way, and what was lost.

In: raw tables, and what `records.yaml` says of them. Out: a Parquet file a table in `records/`, and the warehouse's table
`problems`. What was handed in and could not be used is a problem with its place, and *lost*, which is not the same as blank.
Typing is columnar: the only rows looked at one by one are those with a problem.

T.parquet has, besides the fields, `_file` (the input's number), `_line` and `_row` (the place there, where it is not simply
counted), `_left` (why the row is no record: a total, a note, the header again) and `_problems`. Where rows are no record or have
lost something, `_lost.T.parquet` stands for them: `_row` (the position in T.parquet), `_gone` (it is no record), the fields and
what is lost of them (below), as they are judged. `stored_records` reads both.

What the judging finds in the warehouse, for a table T; nothing of it is there, and nothing costs, where nothing of it is lost:

    records_T        `_row`, `_unit`, the fields, and, each only where it is true of some record of T (else false or null):
      _lost_<field>  BOOLEAN: the value of this field is lost; the field itself is null then
      _doubtful      BOOLEAN: the record may not be there: aggregates count it as 0 to 1 rows (a record without a key)
      _place         VARCHAR: what a record without a key is called: `issues.csv:6`
                     A record whose key is lost has null as its key: whatever is aggregated over ITS children is lost.
                     A record whose parent's key is lost is under none: parent's key and `_unit` are null, `uncertain_T` names
                     the parents that it may be of; what it names of its parent is lost.
    uncertain_T      (_parent: the parent's key, least, most BIGINT), a row a parent: there may be so many rows of T under it
                     beside those in records_T, of which nothing is known; `most` null: any number
    lost_values      (table, _row, field, file, sheet, line, cell, value, why): what each lost value said, a row a place; `_row`
                     null: the field of every record read from that file, which has no column for it
    lost_rows        (table, _parent VARCHAR, least, most, file, sheet, line, value, why): the rows behind `uncertain_T`;
                     `_parent` null: of no known parent, which changes no verdict
    unjudged_units   (_place, _file, _sheet, _line, _value, _why, and the fields that could be read): the rows of the units' table
                     without a usable key; `_value`: what its cell, or the whole row, said

`why` is a code: `lost.<why>` are its words. `Lost` says which of these there are. A review keeps all of it in `records/`
(`_lost.json`, `_lost_values.parquet`, `_lost_rows.parquet`), where `reviews` reads it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from itertools import groupby
from pathlib import Path

import pyarrow as pa

from lookback.headers.grids import RawColumn, RawTable
from lookback.headers.left_out import left_out_sql
from lookback.language.types import TYPES, Column, Type
from lookback.packs.checked import CheckedPack
from lookback.packs.model import TableDef
from lookback.packs.params import REVIEW_DAY
from lookback.records._parents import note_parted_misfits
from lookback.records._parents import unit_sql as unit_sql
from lookback.records._problems import (
    Source,
    Stored,
    list_misfits,
    list_repeated,
    list_too_large,
    list_unreadable,
    locate,
    make_problems,
    note_misfits,
    note_values,
    odd_file,
    write_problems,
)
from lookback.records._problems import TableInput as TableInput
from lookback.records._problems import beside_lost_rows as beside_lost_rows
from lookback.records._problems import stored_records as stored_records
from lookback.records._roster import NOT_HANDED_IN as NOT_HANDED_IN
from lookback.records._roster import Roster, call_roster
from lookback.records._rows import Settled, make_lost, settle
from lookback.records._rows import make_uncertain as make_uncertain
from lookback.records._told import blank_tallies, by_titles
from lookback.records.find import Inputs, Needs, find_tables
from lookback.records.formats.files import require_unchanged
from lookback.records.formats.held import Item
from lookback.records.references.found import Known, own_rows, plain, resolve
from lookback.values.select import NOTHING_ODD, share_way, shares_select, typed_select
from lookback.values.texts import BLANK_SPACE, Reading
from lookback.values.typed import doubtful_sql, limit_sql, outside_sql, text_sql
from lookback.values.units import ASKED, PLAIN, Way, way_of
from lookback.warehouse.duckdb import DuckDB, literal, quoted
from lookback.words.errors import InputError, LookbackError, Notice, OutputError, once

_KEPT = "_lost.json"


@dataclass(frozen=True)
class Lost:
    """What was lost; the tables above hold it.

    fields: table -> the fields that have a column `_lost_<field>`. doubtful: tables with `_doubtful` and `_place`.
    rows: tables T with `uncertain_T`. gone: tables of which facts go over siblings, and some rows are lost.
    absent: what rules read and nobody handed in: table -> its fields, or None for all of it. It is in `fields` and `rows`
    as well: the fields are lost in every record, and any number of rows may be missing under every parent.
    unjudged: how many units have no usable key. parts: how many parts of its path, from the end, tell an input's file apart.
    large: never so here, as nothing is reckoned yet.
    """

    fields: Mapping[str, frozenset[str]] = field(default_factory=dict)
    doubtful: frozenset[str] = frozenset()
    rows: frozenset[str] = frozenset()
    absent: Mapping[str, frozenset[str] | None] = field(default_factory=dict)
    unjudged: int = 0
    parts: int = 1
    gone: frozenset[str] = frozenset()
    large: tuple[Column, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing that a verdict may rest on is lost."""
        return not (self.fields or self.doubtful or self.rows or self.gone)


@dataclass(frozen=True)
class Read:
    """What was read: rows by input (in the order of `Inputs.tables`), by table records and rows set aside, notices, what was
    lost; rows that are one record with another; the tables; what the roster says, where there is one."""

    rows_of_input: tuple[int, ...]
    records: Mapping[str, int]
    set_aside: Mapping[str, int]
    notices: tuple[Notice, ...]
    lost: Lost = Lost()
    merged: int = 0
    tables: Mapping[str, TableInput] = field(default_factory=dict)
    roster: Roster | None = None


@dataclass(frozen=True)
class Run:
    """How a run reads. folder: where `records` and problems.csv go. work: where lies what has to be unpacked. encoding: of text
    files, each for all or `FILE=NAME`; found out where it is None. accept_headers: whether a column is the field that it
    probably means. roster: a file of the units that were expected."""

    pack: CheckedPack
    warehouse: DuckDB
    folder: Path
    work: Path
    lang: str
    encoding: str | Sequence[str] | None = None
    accept_headers: bool = False
    roster: str | Path | None = None


def read_inputs(data: Sequence[Item], run: Run, progress: Callable[[float], None]) -> tuple[Inputs, Read, dict[str, int]]:
    """What the user named -> typed records, the list of problems, and their number by kind. Raises UsageError, InputError."""
    progress(0.0)
    found = find_tables(
        *(data, {id_: t.stored for id_, t in run.pack.tables.items() if t.rows is None}, run.warehouse, run.work),
        encoding=run.encoding,
        accept_headers=run.accept_headers,
        roster=run.roster,
        progress=lambda share: progress(share * 0.7),
    )
    run.warehouse.expect(sum(file.size_as_text for file in found.files))
    read = read_records(found, run.pack, run.folder / "records", run.warehouse, run.lang)
    return found, read, write_problems(run.warehouse, run.folder / "problems.csv")


def read_records(inputs: Inputs, pack: CheckedPack, folder: Path, warehouse: DuckDB, lang: str) -> Read:
    """Type every table into `folder`/<table>.parquet, and give each a view `records_<table>`.

    Raises InputError where a file cannot be read to its end, was changed meanwhile, or where there is no unit.
    """
    folder.mkdir()
    make_problems(warehouse)
    make_lost(warehouse)
    notices = inputs.notices
    rows_of_input = [0] * len(inputs.tables)
    records: dict[str, int] = {}
    aside: dict[str, int] = {}
    needs, merged = Needs(pack), 0
    tables: dict[str, TableInput] = {}
    fields: dict[str, frozenset[str]] = {}
    doubtful: set[str] = set()
    absent: dict[str, frozenset[str] | None] = {}
    as_of = pack.params.get(REVIEW_DAY)
    reading = Reading(pack.pack.blanks, as_of.year if isinstance(as_of, date) else None, pack.pack.header.zone)
    for table in (*pack.references(), *pack.top_down()):
        sources: Sequence[Source] = [(i, raw) for i, raw in enumerate(inputs.tables) if raw.table == table]
        of = TableInput(
            pack.stored, table, sources, reading, warehouse, lang, Stored(folder / f"{table}.parquet"), notices=notices
        )
        _store(of)
        counted = f"{of.stored.sql} WHERE _left IS NULL AND _file IS NOT NULL"
        for i, n in warehouse.rows(f"SELECT _file, count(*) FROM {counted} GROUP BY _file"):
            rows_of_input[i] = n
        notices += [Notice("no-rows", {"table": table}, raw.file, raw.sheet) for i, raw in sources if not rows_of_input[i]]
        notices += blank_tallies(of)
        list_misfits(of)
        list_unreadable(of)
        note_values(of)
        settled = settle(of, needs.lacking(of), odd_file(folder, table))
        tables[table] = of
        note_parted_misfits(of, of.misfits) if pack.parent_parts(table)[1:] else note_misfits(of)
        given = sum(rows_of_input[i] for i, _ in sources) + len(pack.pack.rows.get(table, ()))
        records[table] = given - settled.gone - settled.told
        merged += settled.gone - settled.aside
        aside[table] = settled.aside + sum(map(len, of.misfits.values()))
        for i, _ in sources:
            rows_of_input[i] += len(of.misfits[i])
        fields |= {table: settled.fields} if settled.fields else {}
        doubtful |= {table} if settled.doubtful else set()
        if needs.missing(of, inputs):
            absent[table] = None
        elif missing := needs.columns_missing(of, settled.lacking):
            absent[table] = missing
        _view(of, settled, plain(pack, table), plain(pack, pack.tables[table].belongs_to or table))
    list_repeated(tables.values())
    none = {table for table, columns in absent.items() if columns is None}
    rows = make_uncertain(pack, warehouse, none)
    fields, rows, known = resolve(pack, tables, Known(fields, none, doubtful), rows)
    require_unchanged(inputs.files)
    if not any(raw.table == pack.root and not raw.expected for raw in inputs.tables):
        raise InputError("no-root-table", table=pack.root)
    if not records[pack.root]:
        raise _no_units(pack.root, aside[pack.root], warehouse)
    unjudged = warehouse.rows("SELECT count(*) FROM unjudged_units")[0][0]
    parts, gone = _parts({file.shown for file in inputs.files}), beside_lost_rows(pack, warehouse)
    lost = Lost(fields, frozenset(doubtful), rows, absent, unjudged, parts, gone=gone)
    _keep(lost, known, tables, folder, warehouse)
    roster = call_roster(tables[pack.root], notices)
    return Read(tuple(rows_of_input), records, aside, by_titles(once(notices), pack), lost, merged, tables, roster)


def tell_too_large(read: Read, found: Sequence[tuple[str, str]], run: Run) -> dict[str, int]:
    """Numbers that were too large to be held when the records were judged, into the list of problems and of what was lost; the
    number of problems by kind. `found`: tables, each with a query of `_row` and of what is too large (`_large`)."""
    for table, query in found:
        list_too_large(read.tables[table], query)
    run.warehouse.write(["FROM lost_values"], run.folder / "records" / "_lost_values.parquet")
    return write_problems(run.warehouse, run.folder / "problems.csv")


def keys_by_line(of: TableInput, key: str) -> dict[tuple[int, int], str]:
    """What a field says in the rows of a table's inputs: (the input's number, the line there) -> its text, where it has one."""
    locate(of, "true")
    text = f"SELECT r._file, l.line, CAST(r.{quoted(key)} AS VARCHAR) FROM {of.stored.sql} r"
    text += f" JOIN lines l ON l._at = r.file_row_number WHERE r.{quoted(key)} IS NOT NULL"
    found = {(i, line): value for i, line, value in of.warehouse.rows(text)}
    of.warehouse.drop("lines")
    return found


def _parts(files: Collection[str]) -> int:
    """How many parts of their paths, from the end, tell files apart."""
    paths = [re.split(r"[/\\]", file) for file in files]
    most = max(map(len, paths), default=1)
    return next((n for n in range(1, most) if len({tuple(path[-n:]) for path in paths}) == len(paths)), most)


def _no_units(table: str, aside: int, warehouse: DuckDB) -> InputError:
    """There is nothing to judge: why, of the first row that is none."""
    rows = f"""SELECT concat(file, ' (' || sheet || ')', coalesce(' ' || cell, ':' || row)), coalesce(value, ''), expected
        FROM problems WHERE "table" = {literal(table)} AND row IS NOT NULL ORDER BY file, sheet NULLS FIRST, row, kind LIMIT 1"""
    for place, value, expected in warehouse.rows(rows):
        help_ = ("help.first-problem", {"place": place, "value": value, "expected": expected})
        return InputError("no-units", table=table, set_aside=aside, help=help_)
    return InputError("no-units", table=table, set_aside=aside)


def _keep(lost: Lost, known: Known, tables: Mapping[str, TableInput], folder: Path, warehouse: DuckDB) -> None:
    kept = known.kept() | {
        "fields": {table: sorted(columns) for table, columns in lost.fields.items()},
        "doubtful": sorted(lost.doubtful),
        "absent": {table: columns and sorted(columns) for table, columns in lost.absent.items()},
        "rows": sorted(lost.rows),
        "gone": sorted(lost.gone),
        "unjudged": lost.unjudged,
        "parts": lost.parts,
        "expected": dict(sorted(pair for of in tables.values() for pair in of.also.items())),
    }
    (folder / _KEPT).write_text(json.dumps(kept, ensure_ascii=False, indent=2) + "\n", "utf-8")
    for name in ("lost_values", "lost_rows"):
        warehouse.write([f"FROM {name}"], folder / f"_{name}.parquet")


# -------------------------------------------------------------------------------------------------------------- typing


def _store(of: TableInput) -> None:
    """Type all rows of a table in one pass over its inputs; a Parquet file that is typed already is copied as it is, but for
    doubles, which are cast.

    A text file that DuckDB cannot read to its end, or reads with lines swallowed, is read again row by row: the sources are
    then those that were read.
    """
    sources, warehouse, file = of.sources, of.warehouse, of.stored.file
    try:
        path = sources[0][1].path if len(sources) == 1 else None
        if path is not None and _typed_already(sources[0][1], of):
            of.stored.copy(path, *sources[0], warehouse)
            return
        selects = list(_selects(of))
        if of.definition.rows is not None:
            warehouse.register("own_rows", own_rows(of.pack.pack, of.table))
            selects = [f"SELECT *, NULL::INTEGER AS _file, {NOTHING_ODD} FROM own_rows"]
        elif not selects:
            fields = of.definition.fields.items()
            empty = ", ".join(f"NULL::{TYPES[f.type].sql} AS {quoted(id_)}" for id_, f in fields)
            selects = [f"SELECT {empty}, NULL::INTEGER AS _file, {NOTHING_ODD} WHERE false"]
        warehouse.write(selects, file)
        again = any(raw.slowly for _, raw in sources) and _swallowed(warehouse)
    except OutputError:  # the disk's fault, which reading by row would only make worse
        raise
    except LookbackError as error:
        if not any(raw.slowly for _, raw in sources):
            raise _culprit(sources, warehouse) or error from error
        again = True
    if again:
        of.sources = _by_row(sources, warehouse)
        _store(of)


def _swallowed(warehouse: DuckDB) -> bool:
    """Whether a quotation mark may have swallowed lines of a text file, or rows have too few values, or blank ones more."""
    kinds = "('UNQUOTED VALUE', 'MISSING COLUMNS')"
    blank = "error_type = 'TOO MANY COLUMNS' AND regexp_matches(csv_line, '[,;|\\t\"]\\s*$')"
    return bool(warehouse.rows(f"SELECT 1 FROM reject_errors WHERE error_type IN {kinds} OR {blank} LIMIT 1"))


def _by_row(sources: Sequence[Source], warehouse: DuckDB) -> list[Source]:
    """The text files among the sources read again, row by row."""
    for name in ("reject_errors", "reject_scans"):
        warehouse.drop(name)
    return [(i, raw.slowly() if raw.slowly is not None else raw) for i, raw in sources]


def _typed_already(raw: RawTable, of: TableInput) -> bool:
    """Whether a Parquet file has just the table's fields, of their types or doubles, and no value or row that typing changes."""
    definition, kinds = of.definition, {f: column.type for f, column in raw.columns.items()}
    own = {id_: ("DOUBLE" if f.type is Type.NUMBER else "", TYPES[f.type].sql) for id_, f in definition.fields.items()}
    if any(column.again for column in raw.columns.values()) or raw.width != len(kinds) or [*kinds] != [*own]:
        return False  # a key of several fields is no column, and never is
    if any(column.header != f or column.type not in own[f] for f, column in raw.columns.items()):
        return False
    if any(f.share for f in definition.fields.values()):
        return False
    first = next(iter(definition.fields))
    text = {id_: quoted(id_) if f.type is Type.TEXT else "NULL::VARCHAR" for id_, f in definition.fields.items()}
    left = left_out_sql(text[definition.key], text[first], _headers([(0, raw)], definition, definition.key))
    doubtful, outside = (
        [f"({test})" for id_, f in definition.fields.items() if (test := asked(quoted(id_), kinds[id_], f, of.reading))]
        for asked in (doubtful_sql, outside_sql)
    )
    doubtful += [f"({test})" for id_, f in definition.fields.items() if (test := limit_sql(quoted(id_), f))]
    doubtful += [f"({quoted(first)} IS NULL)", f"({left} IS NOT NULL)"]
    if outside and of.warehouse.rows(f"SELECT {' OR '.join(outside)} FROM {raw.relation}")[0][0]:
        return False
    # a question a column: such a filter is asked of each value of a Parquet file's dictionary, not of each row
    return not of.warehouse.rows(" UNION ALL ".join(f"(SELECT 1 FROM {raw.relation} WHERE {test} LIMIT 1)" for test in doubtful))


def _culprit(sources: Sequence[Source], warehouse: DuckDB) -> InputError | None:
    """The error of the first file that DuckDB cannot read to its end by itself; None where it is no file's fault."""
    for _, raw in sources:
        if raw.grid is None:
            try:
                warehouse.rows(f"SELECT bit_xor(hash(r)) FROM {raw.relation} AS r")
            except LookbackError as error:
                return InputError("unreadable-input", file=raw.place, why=str(error.args_.get("why", error)))
    return None


def _selects(of: TableInput) -> Iterator[str]:
    """A SELECT that types the rows of each input; grids that follow one another are one table, however many they are."""
    definition, reading, ways = of.definition, of.reading, _ways(of)

    def together(source: Source) -> tuple[bool, str, int, Mapping[str, Way]]:
        number, raw = source
        alone = raw.grid is None or any(column.again for column in raw.columns.values())
        return raw.grid is not None, raw.serials_from, number if alone else -1, ways[number]

    for (is_grid, serials_from, _, meant), group in groupby(of.sources, together):
        members = list(group)
        left = _left_out(members, definition)
        named = _named(members, of)
        text = members[0][1].text
        spaces, errors = (BLANK_SPACE, Reading.errors) if text is None else (text.spaces, text.errors)
        own = replace(reading, serials_from=serials_from, spaces=spaces, trimmed=is_grid, spoilt=text is None, errors=errors)
        again = {f: [(quoted(c.name), c.type) for c in column.again] for f, column in members[0][1].columns.items()}
        if is_grid:
            name = f"grids_{members[0][0]}"
            of.warehouse.register(
                name, pa.concat_tables([_numbered(i, raw.grid) for i, raw in members], promote_options="default")
            )
            found = {f for _, raw in members for f in raw.columns}
            columns = {f: (quoted(f), "VARCHAR") for f in definition.fields if f in found}
            yield typed_select(columns, definition, own, quoted(name), "_file, _line, _row", "_first", left, again, meant, named)
        else:
            number, raw = members[0]
            columns = {f: (quoted(c.name), c.type) for f, c in raw.columns.items()}
            place, relation = f"{number} AS _file, NULL::BIGINT AS _line, NULL::BIGINT AS _row", raw.relation
            if not definition.parts:
                at = quoted("place of the row")
                place = f"{number} AS _file, {at} AS _line, {at} AS _row"
                relation = f"(SELECT *, row_number() OVER () AS {at} FROM {raw.relation})"
            yield typed_select(columns, definition, own, relation, place, raw.first, left, again, meant, named)


def _ways(of: TableInput) -> dict[int, dict[str, Way]]:
    """How the numbers of an input's columns are meant, where its header or its other numbers say more than each by itself."""
    ways: dict[int, dict[str, Way]] = {}
    fields = of.definition.columns
    way = cache(lambda field, header, above: way_of(fields[field], header, above))  # many files have the same headers
    for number, raw in of.sources:
        named = {name: c for f, column in raw.columns.items() for name, c in _called(f, column)}
        meant = {name: way(name.split(" ")[0], column.header, raw.unit) for name, column in named.items()}
        asked = {n: c for n, c in named.items() if meant[n] == ASKED or (meant[n] == PLAIN and fields[n.split(" ")[0]].share)}
        meant |= dict(_share_ways(of, number, raw, asked)) if asked else {}
        ways[number] = {name: way for name, way in meant.items() if way != PLAIN}
    return ways


def _called(field: str, column: RawColumn) -> Iterator[tuple[str, RawColumn]]:
    """The columns of a field, as `typed_select` calls them."""
    yield field, column
    yield from ((f"{field} {n}", other) for n, other in enumerate(column.again))


def _share_ways(of: TableInput, number: int, raw: RawTable, shared: Mapping[str, RawColumn]) -> Iterator[tuple[str, Way]]:
    """How the shares of an input are meant: its columns are looked through."""
    key, name = _first_column([(number, raw)], of.definition), f"shares_{number}"
    if raw.grid is not None:
        of.warehouse.register(name, raw.grid)
    first, relation = ("_first", quoted(name)) if raw.grid is not None else (raw.first, raw.relation)
    column, kind = raw.columns[key], "VARCHAR" if raw.grid is not None else raw.columns[key].type
    own = text_sql(quoted(column.name), kind, of.definition.fields[key], of.reading)
    # by names of our own: a file's columns may be called anything
    asked = ", ".join(f"{quoted(c.name)} AS {quoted('share ' + n)}" for n, c in shared.items())
    read = f"SELECT {asked}, {own} AS {quoted('raw ' + key)}, {first} AS _first FROM {relation}"
    left = left_out_sql(quoted("raw " + key), "_first", _headers([(number, raw)], of.definition, key))
    columns = {n: (quoted("share " + n), "VARCHAR" if raw.grid is not None else c.type) for n, c in shared.items()}
    [found] = of.warehouse.rows(shares_select(columns, of.definition, of.reading, read, left))
    for i, called in enumerate(shared):
        way = share_way(*found[3 * i : 3 * i + 3])
        if not of.definition.fields[called.split(" ")[0]].share:
            way = PLAIN if way.share == "fractions" else Way(None)
        if way.share == "percents":
            of.notices.append(Notice("percents", {"column": shared[called].header}, raw.file, raw.sheet))
        yield called, way


def _numbered(number: int, grid: pa.Table | None) -> pa.Table:
    """A grid with the number of its input."""
    assert grid is not None
    return grid.append_column("_file", pa.repeat(pa.scalar(number, pa.int32()), grid.num_rows))


def _first_column(sources: Sequence[Source], definition: TableDef) -> str:
    """The field by which it is told that the header stands again: the key, or the first part of it, else the first that there is;
    '' where the inputs have none in common."""
    fields = (*definition.parts[:1], *definition.columns)
    return next((f for f in fields if all(f in raw.columns for _, raw in sources)), "")


def _left_out(sources: Sequence[Source], definition: TableDef) -> str:
    """SQL for why a row is no record."""
    if not (first := _first_column(sources, definition)):
        return left_out_sql("NULL::VARCHAR", "_first", ())
    return left_out_sql(quoted("raw " + first), "_first", _headers(sources, definition, first))


def _headers(sources: Sequence[Source], definition: TableDef, field: str) -> set[str]:
    """What stands above a field."""
    return {field, *definition.fields[field].titles} | {raw.columns[field].header for _, raw in sources}


def _named(sources: Sequence[Source], of: TableInput) -> str:
    """SQL for what the records of a table without a key are called: `issues.csv:6`."""
    if of.definition.parts:
        return ""
    names = {i: re.split(r"[/\\]", raw.file) for i, raw in of.sources}
    parts = _parts({raw.file for _, raw in of.sources})
    called = {i: "/".join(names[i][-parts:]) + (f" ({raw.sheet})" if raw.sheet else "") for i, raw in of.sources}
    whens = " ".join(f"WHEN {i} THEN {literal(called[i])}" for i, _ in sources)
    return f"(CASE _file {whens} END || ':' || _line)"


def _view(of: TableInput, settled: Settled, name: str, parents_view: str) -> None:
    """`records_<table>`: the records with their position, the key of their unit, and what is lost of them; under another `name`
    where more of them is looked up in others."""
    pack, table, definition = of.pack, of.table, of.definition
    columns = ["_row", *definition.fields, *(f"_lost_{f}" for f in definition.fields if f in settled.fields)]
    columns += ["_doubtful", "_place"] if settled.doubtful else []
    fields = ", ".join(f"r.{quoted(f)}" for f in columns)
    flags = {f"_lost_{f}": f in settled.everywhere for f in settled.fields} | ({"_doubtful": False} if settled.doubtful else {})
    alike = not settled.left + settled.told + settled.gone
    records = stored_records(of.stored.file.parent, table, definition.fields, flags, alike=alike)
    unit, joined = unit_sql(pack, table, parents_view, may_be_lost=pack.parent_key(table) in settled.fields)
    of.warehouse.view(name, f"SELECT {fields}, {unit} AS _unit FROM {records} r{joined}")
    if name != f"records_{table}":
        of.warehouse.view(f"records_{table}", f"FROM {quoted(name)}")
