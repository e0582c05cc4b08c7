"""What the user names -> raw tables: which table each file, sheet or database table is, and which column is which field.

In: folders, files, patterns, archives, database URLs, `table=file`, `Held` data. Out: `RawTable`s in the order named, notices on
what was left aside, and what rules read that nobody handed in. Nothing is typed here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from lookback.headers.flat import read_flat
from lookback.headers.grids import Grid, RawColumn, RawTable, records_in
from lookback.headers.heads import Head, Names, bare, find_head, notices_on
from lookback.packs.checked import CheckedPack, normal
from lookback.packs.model import TableDef
from lookback.records._problems import TableInput
from lookback.records._told import missing_said
from lookback.records.formats.databases import fetch, is_database, shown
from lookback.records.formats.encodings import Asked, Words
from lookback.records.formats.files import Files, InputFile, input_file, says_none
from lookback.records.formats.held import Held, Item
from lookback.records.formats.texts import grid_of, look_at, relation_of
from lookback.records.formats.workbooks import Sheet, read_workbooks
from lookback.values.dates import ZONED
from lookback.values.texts import first_sql
from lookback.warehouse.duckdb import DuckDB, literal, path_literal, quoted
from lookback.words import LANGUAGES, Word, say
from lookback.words.errors import InputError, LookbackError, Notice, UsageError, did_you_mean

Progress = Callable[[float], None]
OWN_SHEETS = {say(lang, "fix-list.title") for lang in LANGUAGES}
"""What a list of corrections has in front, which comes back with the records."""
ENOUGH_FIELDS = 3
"""A sheet whose name says no table is taken for the one that its header says, if it has so many fields of it, or no others."""


@dataclass(frozen=True)
class Missing:
    """What counts as not handed in, though a file or sheet of a table's name is there: it is empty, hidden, of no kind that is
    read, or has no column for the key `field`. always: also where others bring the table; an empty sheet beside them says that
    there are no more."""

    table: str
    file: str
    sheet: str | None = None
    field: str | None = None
    always: bool = True


@dataclass
class Inputs:
    """missing: what counts as not handed in. strange: whether a file or sheet is no table that is known."""

    tables: list[RawTable] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)
    strange: bool = False
    notices: list[Notice] = field(default_factory=list)
    files: list[InputFile] = field(default_factory=list)


def find_tables(
    data: Sequence[Item],
    tables: Mapping[str, TableDef],
    warehouse: DuckDB,
    folder: Path,
    *,
    encoding: str | Sequence[str] | None = None,
    accept_headers: bool = False,
    roster: str | Path | None = None,
    progress: Progress = lambda share: None,
) -> Inputs:
    """Every raw table behind what the user named. What has to be unpacked or copied lies in `folder` while it is read.
    `encoding`: of all text files, and each `FILE=NAME`, of one; found out where it is None. `accept_headers`: whether a column
    that is no field is the one that it probably means. `roster`: the units that were expected.

    Raises UsageError for what is no input, InputError for files that cannot be read at all: all of them are told.
    """
    if not data:
        raise UsageError("no-input")
    return Finder(tables, warehouse, folder, Asked(encoding), accept_headers).find(data, roster, progress)


class Finder:
    def __init__(self, tables: Mapping[str, TableDef], warehouse: DuckDB, folder: Path, encoding: Asked, accept_headers: bool):
        self.keys = {id_: _keys(table, tables) for id_, table in tables.items()}
        self.tables = {id_: Names(table, self.keys[id_], id_) for id_, table in tables.items()}
        self.accept_headers = accept_headers
        self.called: dict[str, str] = {}
        for id_, table in tables.items():
            titles = [t for t in (table.title.en, table.title.zh) if t] if table.title else []
            for word in (id_, *titles, *table.also):
                self.called.setdefault(normal(word), id_)
        self.warehouse, self.folder, self.encoding = warehouse, folder, encoding
        self.words = Words.of(tables)
        self.inputs = Inputs()

    @property
    def known(self) -> str:
        return ", ".join(self.tables)

    def find(self, data: Sequence[Item], roster: str | Path | None, progress: Progress) -> Inputs:
        files = Files(self.folder, self.inputs.notices)
        refused: list[InputError] = []
        for item in data:
            name, table = self._named(item)
            if isinstance(name, Held):
                self.inputs.files.append(name.file(self.folder / "held", table))
            elif isinstance(name, str) and is_database(name):
                self.inputs.files += self._fetched(name, table)
            else:
                self.inputs.files += files.find(name, table)
        handed_in = len(self.inputs.files)
        if roster is not None:
            units = next(id_ for id_, table in self.tables.items() if table.table.is_units)
            self.inputs.files += files.find(roster, units)
        self.encoding.check(self.inputs.files)
        with closing(read_workbooks([f for f in self.inputs.files if f.kind == "workbook"], self.folder / "workbooks")) as books:
            for n, file in enumerate(self.inputs.files):
                try:
                    found = self._file(file) if file.kind != "workbook" else self._workbook(file, next(books))
                    self.inputs.tables += found if n < handed_in else self._expected(found)
                except InputError as error:
                    refused.append(error)
                progress((n + 1) / len(self.inputs.files))
        for name in files.passed_over:
            if (of := self._by_name(Path(name).name.partition(".")[0])) is not None:
                self.inputs.missing.append(Missing(of, name, always=False))
        given = [raw for raw in self.inputs.tables if not raw.expected]
        there = {raw.table for raw in given} | {m.table for m in self.inputs.missing}
        self.inputs.tables += read_flat(given, self.tables, there, self.inputs.notices)
        if refused:
            raise refused[0] if len(refused) == 1 else InputError("unreadable-inputs", n=len(refused), several=refused)
        if not self.inputs.tables:
            named = ", ".join(shown(d) if isinstance(d, str) and is_database(d) else str(d) for d in data)
            raise InputError("no-table", data=named, tables=self.known)
        return self.inputs

    def _expected(self, found: Iterator[RawTable]) -> Iterator[RawTable]:
        """The tables of the roster. That it has no columns but a few is told of none."""
        told = len(self.inputs.notices)
        yield from (replace(raw, expected=True) for raw in found)
        self.inputs.notices[told:] = [n for n in self.inputs.notices[told:] if n.code != "missing-columns"]

    def _fetched(self, url: str, table: str | None) -> Iterator[InputFile]:
        """The tables of a database, each as a file."""

        def wanted(name: str) -> str | None:
            found = self.called.get(normal(name))
            return found if table in (None, found) else None

        into = self.folder / "databases"
        into.mkdir(parents=True, exist_ok=True)
        for fetched in fetch(url, wanted, into):
            of = self.called.get(normal(fetched.name)) or self.called.get(normal(fetched.name.rpartition(".")[2]))
            yield input_file(fetched.file, shown(url), "parquet", of, sheet=fetched.name)

    def _named(self, item: Item) -> tuple[Item, str | None]:
        """(what to read, the table named for it)."""
        rest: Item
        if isinstance(item, Held):
            word, rest = item.name, item
        elif isinstance(item, str) and "=" in item and not Path(item).exists() and not is_database(item.partition("=")[0]):
            word, rest = item.split("=", 1)
        else:
            return item, None  # a = may be that of an option of a URL
        table = self.called.get(normal(word))
        if table is None:
            raise UsageError("no-such-table", table=word, known=self.known, help=did_you_mean(word, self.tables))
        return rest, table

    # ---------------------------------------------------------------------------------------------- which table it is

    def _by_name(self, name: str) -> str | None:
        """The table that a file or sheet is called by, be it with a remark in brackets."""
        return self.called.get(normal(name)) or self.called.get(bare(name))

    def _best(self, heads: Mapping[str, Head]) -> str | None:
        """The table that a header says: its keys, and enough fields."""
        fitting = {
            table: len(head.fields)
            for table, head in heads.items()
            if all(key in head.fields for key in self.keys[table])
            and (len(head.fields) >= ENOUGH_FIELDS or len(head.fields) == sum(map(bool, head.headers)))
        }
        return max(fitting, key=lambda table: fitting[table]) if fitting else None

    def _accept(
        self, table: str, head: Head, file: InputFile, sheet: str | None = None, empty: Collection[int] = ()
    ) -> Head | None:
        """A header as it is read, and what is to be told of it; `empty` columns are not missed. None where a key has no column,
        and the table counts as not handed in. Raises InputError where that is so of the units."""
        place = f"{file.shown} ({sheet})" if sheet else file.shown
        if self.accept_headers:
            head = self.tables[table].with_likely(head)
        self.inputs.notices += notices_on(head, self.tables[table], table, file.shown, sheet, empty)
        for key in self.keys[table]:
            if key not in head.fields and not self.tables[table].table.is_units:
                self.inputs.missing.append(Missing(table, file.shown, sheet, key))
                return None
            if key not in head.fields:
                said = ", ".join((key, *self.tables[table].table.fields[key].titles))
                found = ", ".join(h for h in head.headers if h)
                raise InputError("no-key-column", file=place, key=key, names=said, found=found)
        return head

    def _unknown(self, file: InputFile) -> None:
        """Neither name nor header say which table a file is."""
        if file.chosen:
            help_ = ("help.name-table", {"file": file.shown})
            raise InputError("which-table", file=file.shown, name=file.stem, known=self.known, help=help_)
        self.inputs.strange = True
        self.inputs.notices.append(Notice("unknown-table-file", {"known": self.known}, file.shown))

    def _empty(self, table: str | None, file: InputFile) -> bool:
        """Whether an empty file counts as a table that was not handed in. Raises InputError for the units, or nobody's."""
        if table is None or self.tables[table].table.is_units:
            raise InputError("empty-input", file=file.shown)
        self.inputs.missing.append(Missing(table, file.shown))
        return True

    # ------------------------------------------------------------------------------------------------- files of a kind

    def _file(self, file: InputFile) -> Iterator[RawTable]:
        table = file.table or self._by_name(file.stem)
        if file.kind == "text":
            yield from self._text(file, table)
            return
        if file.path.stat().st_size == 0 and self._empty(table, file):
            return
        if table and self.tables[table].table.belongs_to and file.kind != "parquet" and says_none(file.path):
            fields = {f: RawColumn(f, f) for f in self.tables[table].table.columns}
            none = f"(SELECT {', '.join(f'NULL::VARCHAR AS {quoted(f)}' for f in fields)} WHERE false)"
            yield RawTable(table, file.shown, file.sheet, file.sha256, fields, relation=none, first="NULL::VARCHAR")
            return
        columns, relation = (self._parquet if file.kind == "parquet" else self._json)(file)
        headers = tuple(column.header for column in columns)
        heads = {t: names.head(0, headers) for t, names in self.tables.items()}
        table = table or self._best(heads)
        if table is None:
            self._unknown(file)
            return
        head = self._accept(table, heads[table], file, file.sheet)
        if head is None:
            return
        first = first_sql([(quoted(column.name), column.type) for column in columns])

        def read_as(table: str, head: Head) -> RawTable:
            fields = {
                f: replace(columns[i], again=tuple(columns[j] for j in head.again.get(f, ()))) for f, i in head.fields.items()
            }
            found = RawTable(
                table, file.shown, file.sheet, file.sha256, fields, relation=relation, first=first, width=len(columns)
            )
            found = self._without_blank(found, [columns[i] for i in head.unknown], relation)
            return replace(found, path=file.path) if file.kind == "parquet" else found

        yield replace(read_as(table, head), names=head, another=read_as)

    def _without_blank(self, raw: RawTable, unknown: Sequence[RawColumn], relation: str) -> RawTable:
        """A table that DuckDB reads, as one read row by row: a column that is blank in every row is none, where it is not the
        first of its field. `unknown`: the columns that are no field."""

        def filled(*columns: RawColumn) -> bool:
            first = first_sql([(quoted(column.name), column.type) for column in columns])
            try:
                return bool(columns) and bool(self.warehouse.rows(f"SELECT 1 FROM {relation} WHERE {first} IS NOT NULL LIMIT 1"))
            except LookbackError:  # a file that cannot be read to its end is told when its records are read
                return True

        for f, column in raw.columns.items():
            if column.again:
                raw.columns[f] = replace(column, again=tuple(filter(filled, column.again)))
        raw.unknown = filled(*unknown)
        return raw

    def _text(self, file: InputFile, table: str | None) -> Iterator[RawTable]:
        tables = [self.tables[table]] if table else list(self.tables.values())
        found = look_at(file, tables, self.encoding.of(file), self.words, self.inputs.notices)
        if found is None:
            self._empty(table, file)
            return
        text, names = found
        if table is None:
            table = self._best({next(t for t, n in self.tables.items() if n is names): text.head})
            if table is None:
                self._unknown(file)
                return
            self.inputs.notices.append(Notice("table-by-header", {"table": table}, file.shown))
        accepted = self._accept(table, text.head, file)
        if accepted is None:
            return

        def by_row(as_table: str, as_head: Head | None = None) -> RawTable:
            grid = grid_of(text, self.folder / "texts")
            head = find_head(grid.head(), names)
            assert head is not None
            head = names.with_likely(head) if self.accept_headers else head
            told = self.inputs.notices if as_head is None else []
            return records_in(grid, as_head or head, as_table, told, self.tables[as_table].spaced)

        def read_as(table: str, head: Head) -> RawTable:
            if not (text.plain and self.tables[table].table.parts):  # whose records are called by their lines
                return by_row(table, head)
            raw, unknown = relation_of(replace(text, head=head), table, lambda: by_row(table, head))
            return self._without_blank(raw, unknown, raw.relation.replace("store_rejects", "ignore_errors"))

        if not (text.plain and names.table.parts):
            yield replace(by_row(table), names=accepted, another=read_as)
            return
        raw, unknown = relation_of(replace(text, head=accepted), table, lambda: by_row(table))
        relation = raw.relation.replace("store_rejects", "ignore_errors")
        yield replace(self._without_blank(raw, unknown, relation), names=accepted, another=read_as)

    def _json(self, file: InputFile) -> tuple[list[RawColumn], str]:
        source = f"read_json_objects({path_literal(file.path)}, format = 'auto')"
        try:
            self.warehouse.create("objects", f"SELECT DISTINCT json_keys(json) AS ks FROM {source}")
            each = "(SELECT unnest(ks) AS k, generate_subscripts(ks, 1) AS n, ks FROM objects)"
            times = "max(len(list_filter(ks, lambda _x: _x = k)))"
            most = dict(self.warehouse.rows(f"SELECT k, {times} FROM {each} GROUP BY k ORDER BY max(n), k"))
            keys = list(most)
            self.warehouse.drop("objects")
        except LookbackError as error:
            raise InputError("unreadable-input", file=file.shown, why=Word("why.damaged")) from error
        if not keys:
            raise InputError("empty-input", file=file.shown)
        path = {k: literal('$."' + k.replace('"', '\\"') + '"') for k in keys}
        texts = [(f"c{i}", f"json_extract_string(json, {path[k]})", f"json, {path[k]}") for i, k in enumerate(keys)]
        columns = [RawColumn(k, f"c{i}") for i, k in enumerate(keys)]
        for i, k in enumerate(keys):  # one that stands several times in an object is as several columns, for that object alone
            for n in range(2, most[k] + 1):
                at = f"list_filter(range(1, len(json_keys(json)) + 1), lambda _j: json_keys(json)[_j] = {literal(k)})[{n}]"
                text, value = (
                    f"CASE WHEN {at} IS NULL THEN {get}(json, {path[k]}) ELSE {get}(json, '$.*')[{at}] END"
                    for get in ("json_extract_string", "json_extract")
                )
                texts.append((f"c{i}_{n}", text, value))
                columns.append(RawColumn(k, f"c{i}_{n}"))
        # a double of more than 15 digits is that of 15
        fifteen = "CASE WHEN abs(CAST({0} AS DOUBLE)) < 1e15 THEN printf('%.15g', CAST({0} AS DOUBLE)) ELSE {0} END"
        double = f"CASE WHEN strlen({{0}}) > 16 AND json_type({{1}}) = 'DOUBLE' THEN {fifteen} ELSE {{0}} END AS {{0}}"
        selected = ", ".join(double.format(c, value) for c, _, value in texts)
        inner = ", ".join(f"{text} AS {c}" for c, text, _ in texts)
        return columns, f"(SELECT {selected} FROM (SELECT json, {inner} FROM {source}))"

    def _parquet(self, file: InputFile) -> tuple[list[RawColumn], str]:
        from pyarrow.parquet import ParquetFile

        try:
            ParquetFile(file.path).close()
            described = self.warehouse.rows(f"DESCRIBE SELECT * FROM read_parquet({path_literal(file.path)})")
        except Exception as error:  # whatever pyarrow and DuckDB raise for a spoilt file
            raise InputError("unreadable-input", file=file.shown, why=Word("why.damaged")) from error
        columns = [RawColumn(name, name, kind) for name, kind, *_ in described]
        relation = f"read_parquet({path_literal(file.path)})"
        zoned = [quoted(name) for name, kind, *_ in described if kind == ZONED]
        if zoned:  # as UTC, whatever the zone of this machine
            relation = f"(SELECT * REPLACE ({', '.join(f'make_timestamp(epoch_us({c})) AS {c}' for c in zoned)}) FROM {relation})"
        return columns, relation

    # ------------------------------------------------------------------------------------------------------- workbooks

    def _workbook(self, file: InputFile, sheets: Sequence[Sheet] | InputError) -> Iterator[RawTable]:
        if isinstance(sheets, InputError):
            raise sheets
        visible = []
        for sheet in sheets:
            named = self._by_name(sheet.name)
            if sheet.hidden:
                self._hidden(file, sheet, named)
            elif sheet.grid.rows.num_rows == 0:
                self.inputs.notices.append(Notice("empty-sheet", {}, file.shown, sheet.name))
                self.inputs.missing += [Missing(named, file.shown, sheet.name, always=False)] if named is not None else []
            else:
                visible.append((sheet, sheet.grid))
        said = {sheet.name: self._by_name(sheet.name) for sheet, _ in visible}
        if len(visible) == 1:
            only = visible[0][0].name
            said[only] = file.table or said[only] or self._by_name(file.stem)
        given = set(said.values())
        read = 0
        for sheet, grid in visible:
            heads = self._heads(grid)
            table = said[sheet.name]
            if table is None and file.table is not None:
                table = file.table if self._best({file.table: heads[file.table]}) else None
            elif table is None:
                table = self._best(heads)
                if table is not None and table in given:
                    self.inputs.notices.append(Notice("sheet-beside", {"table": table}, file.shown, sheet.name))
                    continue
                if table is not None:
                    self.inputs.notices.append(Notice("table-by-header", {"table": table}, file.shown, sheet.name))
            elif file.table is not None and table != file.table:
                continue
            if table is None:
                self.inputs.strange = self.inputs.strange or not (sheet.name.rstrip(" 0123456789") in OWN_SHEETS or grid.is_prose)
                self.inputs.notices.append(Notice("unknown-sheet", {"known": self.known}, file.shown, sheet.name))
                continue
            empty = [i for i in range(grid.width) if grid.is_empty(i, heads[table].last + 1)]
            read += 1
            head = self._accept(table, heads[table], file, sheet.name, empty)
            if head is not None:
                raw = records_in(grid, head, table, self.inputs.notices, self.tables[table].spaced)
                yield replace(raw, names=head, another=partial(self._grid_as, grid))
        if not read and file.chosen:
            names = ", ".join(sheet.name for sheet in sheets) or "-"
            raise InputError("no-table-in-workbook", file=file.shown, sheets=names, known=self.known)

    def _grid_as(self, grid: Grid, table: str, head: Head) -> RawTable:
        return records_in(grid, head, table, [], self.tables[table].spaced)

    def _heads(self, grid: Grid) -> dict[str, Head]:
        rows = grid.head()
        return {t: head for t, names in self.tables.items() if (head := find_head(rows, names)) is not None}

    def _hidden(self, file: InputFile, sheet: Sheet, named: str | None) -> None:
        """A hidden sheet is not read; what bears a table's name or header is told, and counts as not handed in."""
        if named is None and self._best(self._heads(sheet.grid)) is None:
            return
        self.inputs.notices.append(Notice("hidden-sheet", {}, file.shown, sheet.name))
        self.inputs.strange = self.inputs.strange or named is None
        self.inputs.missing += [Missing(named, file.shown, sheet.name, always=False)] if named is not None else []


def _keys(table: TableDef, tables: Mapping[str, TableDef]) -> tuple[str, ...]:
    """The columns without which a row is no record: of its key, and of its parent's."""
    above = tables[table.belongs_to].parts if table.belongs_to else ()
    return tuple(dict.fromkeys((*table.parts, *above)))


# ------------------------------------------------------------------------------------------------- what nobody handed in


class Needs:
    """What the rules and facts of a pack read. Of it is lost what has no column or file, unless `records.yaml` calls it optional;
    an optional one is lost as well where the same input holds something that was not recognised: who knows what it was. Each is
    a problem."""

    def __init__(self, pack: CheckedPack) -> None:
        self.pack = pack
        columns = {c for rule in pack.rules for c in rule.columns} | {*pack.read_elsewhere()}
        facts = (*pack.facts, *(of_review := pack.whole.facts if pack.whole is not None else ()))
        columns |= {c for fact in of_review for c in fact.columns if c.table in pack.tables}
        self.tables = {rule.table for rule in pack.rules} | {f.child for f in facts if f.child} | {c.table for c in columns}
        self.fields: dict[str, list[str]] = {}
        for table, definition in pack.tables.items():
            keys, read = pack.keys(table), {c.name for c in columns if c.table == table}
            self.fields[table] = [f for f in definition.columns if f in read and f not in keys]

    def lacking(self, of: TableInput) -> dict[str, list[int]]:
        """The fields that should be there -> the inputs without a column for them."""
        found: dict[str, list[int]] = {}
        for f in self.fields[of.table]:
            optional = of.definition.fields[f].optional is not None
            given = [(i, raw) for i, raw in of.sources if not raw.expected]
            if without := [i for i, raw in given if f not in raw.columns and (raw.unknown or not optional)]:
                found[f] = without
        return found

    def columns_missing(self, of: TableInput, lacking: Mapping[int, Sequence[str]]) -> frozenset[str]:
        """Tell the columns that inputs lack; those that no input has."""
        sources = dict(of.sources)
        for i, fields in lacking.items():
            for f in fields:
                _tell(of, sources[i].file, sources[i].sheet, "column-missing", f, i)
                values = [of.table, None, f, sources[i].file, sources[i].sheet, None, None, None, "column-missing"]
                of.warehouse.run(f"INSERT INTO lost_values VALUES {_row(values)}")
        told = {f for fields in lacking.values() for f in fields}
        return frozenset(f for f in told if not any(f in raw.columns for _, raw in of.sources))

    def missing(self, of: TableInput, inputs: Inputs) -> bool:
        """Whether a table that rules read was not handed in, or not all of it; it is told."""
        if of.table not in self.tables or of.table == self.pack.root or of.definition.rows is not None:
            return False
        named = [m for m in inputs.missing if m.table == of.table and (m.always or not of.sources)]
        for each in named:
            _tell(of, each.file, each.sheet, "column-missing" if each.field else "table-missing", each.field)
        if not of.sources and not named:
            if of.definition.optional is not None and not inputs.strange:
                of.notices.append(Notice("no-records", {"table": of.table}))
                return False
            _tell(of, None, None, "table-missing", None)
        return bool(named) or not of.sources


def _tell(of: TableInput, file: str | None, sheet: str | None, kind: str, field: str | None, number: int | None = None) -> None:
    """The problem of what is missing."""
    expected = of.told(lambda lang: missing_said(of, lang, kind, field))
    values = [number, file, sheet, None, None, None, field, None, expected, None, kind, of.table, None]
    of.warehouse.run(f"INSERT INTO problems VALUES {_row(values)}")


def _row(values: Sequence[str | int | None]) -> str:
    """Values as SQL: for each that is a parameter DuckDB looks whether pandas is installed."""
    return f"({', '.join('NULL' if value is None else literal(str(value)) for value in values)})"
