"""A table's rows -> its records: which rows are one record, which cannot be used, and what is lost of them.

In: a table's file as `read` typed it, with `_problems` a row; the parents' records in the warehouse. Out: a file of those rows
that are no record or lost something (`read` says how), the problems of rows, and what was lost in `lost_values`, `lost_rows`.
All but the search for such rows works on them alone: few rows have problems, and the others should not pay for them.

Rows of one key are one record. Each row says something of the fields that its file has a column for; of a field by inspectors a
blank says nothing, as they complete what units hand in. Where the rows disagree, the field is lost. Two rows of R7, open and
solved: one record R7 with a lost status, and up to one row more under its parent. Totals and headers among the records are left
out and told as notices: they are no mistake.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lookback.headers.grids import listed
from lookback.language.types import TYPES
from lookback.packs.checked import CheckedPack
from lookback.packs.model import KeyField
from lookback.records._parents import find_parted
from lookback.records._problems import UNREADABLE, TableInput, folded_sql, load, load_columns, locate, of_inputs
from lookback.records._roster import find_handed_in
from lookback.values.texts import BETWEEN, told_sql
from lookback.values.texts import UNREADABLE as MARK
from lookback.warehouse.duckdb import DuckDB, literal, quoted
from lookback.words.errors import Notice

LOST_VALUES = ("table", "_row", "field", "file", "sheet", "line", "cell", "value", "why")
LOST_ROWS = ("table", "_parent", "least", "most", "file", "sheet", "line", "value", "why")
_NUMBERS = ("_row", "least", "most", "line")
_NO_RECORD = ("total", "note", "header-again")
_LOST = "coalesce(list_transform(_problems, lambda _x: _x.field), []::VARCHAR[])"
"""The fields of a row whose values could not be used."""
_VALUES = {"key-disagrees": "disagrees", "columns-disagree": "columns-disagree"}
"""The kind of a problem of a value -> why it is lost, where it is not that it cannot be read."""
_UNUSED = ("no-key", "no-parent-key", "unknown-parent", "parent-spelt", "columns-disagree")
_KEPT = ("no-key-kept", "columns-disagree-kept")
_UNIT = ("no-key-unit", "columns-disagree-unit")
_DIGITS_KEPT = 15
"""Of a number in a spreadsheet's cell."""


def _said(*fields: str) -> str:
    """What a row said of one of some fields, where that could not be used."""
    among = f"list_contains([{', '.join(map(literal, fields))}]::VARCHAR[], _x.field)"
    return f"list_filter(_problems, lambda _x: {among})[1].value"


def _lacks(parts: Sequence[str]) -> str:
    """The field that is blank of those that make up a key, the first of them where none is."""
    whens = " ".join(f"WHEN {quoted(f)} IS NULL THEN {literal(f)}" for f in parts)
    return f"CASE {whens} ELSE {literal(parts[0])} END" if parts[1:] else literal(parts[0] if parts else "")


def _words(codes: Sequence[str]) -> str:
    """Whether a row was set aside with one of some words."""
    return f"_words IN ({', '.join(map(literal, codes))})"


def make_lost(warehouse: DuckDB) -> None:
    """The empty tables."""
    warehouse.drop("unjudged_fields")
    for name, columns in (("lost_values", LOST_VALUES), ("lost_rows", LOST_ROWS)):
        typed = ", ".join(f"{quoted(c)} {'BIGINT' if c in _NUMBERS else 'VARCHAR'}" for c in columns)
        warehouse.run(f"CREATE OR REPLACE TEMP TABLE {name} ({typed})")


@dataclass(frozen=True)
class Settled:
    """left: rows that were left out, as totals; aside: others that are in no record; gone: those and the ones that are merged.
    fields: those with a `_lost_…`; everywhere: those of them that no input has. doubtful: whether records have no key. lacking:
    inputs of which a record lacks a field. told: rows of the roster whose units were handed in: they say nothing more."""

    left: int = 0
    told: int = 0
    aside: int = 0
    gone: int = 0
    fields: frozenset[str] = frozenset()
    everywhere: frozenset[str] = frozenset()
    doubtful: bool = False
    lacking: Mapping[int, Sequence[str]] = field(default_factory=dict)


def settle(of: TableInput, lacking: Mapping[str, Sequence[int]], odd: Path) -> Settled:
    """Make the file `odd`, if there are such rows. `lacking`: of each field that should be there the inputs without a column for
    it."""
    return _Rows(of, lacking, odd).settle()


class _Rows:
    def __init__(self, of: TableInput, lacking: Mapping[str, Sequence[int]], odd: Path) -> None:
        self.of, self.lacking, self.odd = of, lacking, odd
        self.warehouse, self.table, self.definition = of.warehouse, of.table, of.definition
        self.source = of.stored.sql
        self.key, parent = quoted(self.definition.key), of.pack.parent_key(of.table)
        self.parent_key, self.parts = parent, self.definition.parts
        self.parents_parts = of.pack.parent_parts(of.table)
        self.parent = quoted(parent or "")
        self.parents = quoted(f"records_{self.definition.belongs_to}")
        self.merges = False
        self.repeats = of_inputs(i for i, raw in of.sources if raw.repeats) or "false"
        self.everywhere = frozenset(f for f in lacking if not any(f in raw.columns for _, raw in of.sources if not raw.expected))

    def settle(self) -> Settled:
        run, rows = self.warehouse.run, self.warehouse.rows
        self._make(strangers="0::BIGINT AS _at, '' AS _parent", likely="'' AS _written, '' AS _meant")
        if self.parent_key is not None:
            self._find_strangers()
        if not self._pick():
            return Settled()
        self._make(
            aside="0::BIGINT AS _at, '' AS _kind, '' AS _words, '' AS _field, '' AS _value, 0::BIGINT AS _other",
            gone="0::BIGINT AS _at, 0::BIGINT AS _home",
            uncertain="0::BIGINT AS _at, '' AS _parent, 0::BIGINT AS _most, '' AS _why",
            merged="0::BIGINT AS _first",
            names="0::BIGINT AS _at, '' AS _path, '' AS _sheet, 0::BIGINT AS _line, '' AS _name",
        )
        run("INSERT INTO aside SELECT _at, _left, '', '', '', NULL FROM picked WHERE _left IS NOT NULL")
        run("INSERT INTO gone SELECT _at, NULL FROM aside UNION ALL SELECT _at, NULL FROM handed_in")
        self._merge()
        self._put_strangers_aside()
        doubtful = self._name_keyless()
        lacking = self._lacking_of_records()
        left = rows("SELECT count(*) FROM picked WHERE _left IS NOT NULL")[0][0]
        told = rows("SELECT count(*) FROM handed_in")[0][0]
        aside = rows("SELECT count(DISTINCT _at) FROM gone WHERE _home IS NULL")[0][0] - left - told
        gone, fields = rows("SELECT count(*) FROM gone")[0][0] - left - told, self._lost_fields(lacking, doubtful)
        found = Settled(left, told, aside, gone, fields, self.everywhere, doubtful, lacking)
        if rows("SELECT 1 FROM aside UNION ALL SELECT 1 FROM uncertain LIMIT 1"):
            self._list()
        if self.table == self.of.pack.root:
            self._keep_keyless()
        if found.left or found.told or found.gone or found.fields or self.merges:
            self._note_lost()
            self._write(found)
        made = "aside gone uncertain strangers likely merged repeated_keys repeated said lost_fields names picked handed_in"
        for name in (*made.split(), "with_problems"):
            self.warehouse.drop(name)
        return found

    def _make(self, **tables: str) -> None:
        """Empty tables of some columns."""
        for name, columns in tables.items():
            self.warehouse.create(name, f"SELECT {columns} WHERE false")

    def _pick(self) -> bool:
        """`repeated_keys`; and `picked`: the rows that may be no record, or have lost something, by `_at`. Whether there may be
        any."""
        says = "_left IS NULL" + find_handed_in(self.of)
        self.warehouse.create(
            "repeated_keys",
            f"SELECT {self.key} AS _key FROM {self.source} WHERE {says} GROUP BY ALL HAVING count({self.key}) > 1",
        )
        of_key = f"{self.key} IS NULL"
        if self.warehouse.rows("SELECT 1 FROM repeated_keys LIMIT 1"):
            of_key += f" OR {self.key} IN (SELECT _key FROM repeated_keys)"
        tests = ["_left IS NOT NULL", of_key]
        tests += [absent for f in self.lacking if f not in self.everywhere and (absent := self._absent(f))]
        # a question a column, as Parquet's statistics answer some of them
        places = [f"SELECT file_row_number AS _at FROM {self.source} WHERE {test}" for test in tests]
        places += [f"SELECT _at FROM {these}" for these in ("with_problems", "strangers", "handed_in")]
        self.warehouse.create("wanted", f"SELECT DISTINCT _at FROM ({' UNION ALL '.join(places)})")
        some = bool(self.warehouse.rows("SELECT 1 FROM wanted LIMIT 1"))
        if some or self.lacking:
            rows = f"SELECT file_row_number AS _at, * EXCLUDE (file_row_number) FROM {self.source}"
            self.warehouse.create("picked", f"{rows} SEMI JOIN wanted ON _at = file_row_number")
        self.warehouse.drop("wanted")
        return some or bool(self.lacking)

    # ------------------------------------------------------------------------------------------------- rows of one key

    def _merge(self) -> None:
        """Rows of one key: the same again, or one record of all of them. Makes `merged`: the record at its first row's place."""
        run, create, fields = self.warehouse.run, self.warehouse.create, self.definition.fields
        if not self.warehouse.rows("SELECT 1 FROM repeated_keys LIMIT 1"):
            return
        among = f"{self.key} IN (SELECT _key FROM repeated_keys) AND _left IS NULL AND _at NOT IN (SELECT _at FROM handed_in)"
        create("repeated", f"SELECT *, {_LOST} AS _lost FROM picked WHERE {among}")
        content = ", ".join(f"{literal(f)}: {quoted(f)}" for f in fields)
        create(
            "groups",
            f"""SELECT {self.key} AS _key, count(DISTINCT {{{content}, 'lost ': _lost}}) AS _versions,
                list(_at ORDER BY _at) AS _places
            FROM repeated GROUP BY ALL""",
        )
        again = f"""FROM repeated JOIN groups ON _key = {self.key}
            WHERE _versions = 1 AND _at > _places[1] AND _at NOT IN (SELECT _at FROM strangers)"""
        run(
            f"""INSERT INTO aside SELECT _at, 'key-repeated', 'key-repeated', {literal(self.parts[0] if self.parts else "")},
                CAST(_key AS VARCHAR), _places[1] {again} AND NOT ({self.repeats})"""
        )
        run(f"INSERT INTO gone SELECT _at, CASE WHEN {self.repeats} THEN _places[1] END {again}")
        if self.warehouse.rows("SELECT 1 FROM groups WHERE _versions > 1 LIMIT 1"):
            self._make_one()
        self.warehouse.drop("groups")

    def _make_one(self) -> None:
        run, create, fields = self.warehouse.run, self.warehouse.create, self.definition.fields
        self.merges = True
        told = []
        for id_, f in fields.items():
            brought = f.parts if isinstance(f, KeyField) else (id_,)
            without = ", ".join(str(i) for i, raw in self.of.sources if any(one not in raw.columns for one in brought))
            says = f"_file NOT IN ({without})" if without else "true"
            lost = f"list_contains(_lost, {literal(id_)})"
            says += f" AND ({quoted(id_)} IS NOT NULL OR {lost})" if f.by == "inspector" else ""
            value = f"CAST({quoted(id_)} AS VARCHAR)"
            told.append(f"CASE WHEN {says} THEN {{'field': {literal(id_)}, 'value': {value}, 'lost': {lost}}} END")
        create(
            "said",
            f"""SELECT _at, _key, _s.field AS _field, _s.value AS _value, _s.lost AS _lost FROM (
                SELECT _at, _key, unnest([{", ".join(told)}]) AS _s
                FROM repeated JOIN groups ON _key = {self.key} WHERE _versions > 1) WHERE _s IS NOT NULL""",
        )
        create(
            "lost_fields",
            """SELECT _key, _field, bool_or(_lost) AS _spoilt,
                count(DISTINCT CASE WHEN NOT _lost THEN coalesce(_value, chr(1)) END) > 1 AS _differ
            FROM said GROUP BY ALL HAVING _spoilt OR _differ""",
        )
        if self.parent_key is not None:
            self._part_parents()
        merged = [
            f"CASE WHEN {quoted('lost ' + id_)} THEN NULL ELSE any_value({quoted(id_)}) END AS {quoted(id_)}" for id_ in fields
        ]
        flags = []
        for id_ in fields:
            of = f"bool_or(coalesce(list_contains(_fields, {literal(id_)}), false))"
            if absent := self._absent(id_):
                of += f" OR bool_and({absent})"
            flags.append(f"{of} AS {quoted('lost ' + id_)}")
        create(
            "merged",
            f"""SELECT _places[1] AS _first, _key, count_if(NOT {self.repeats}) + bool_or({self.repeats})::INTEGER AS _n,
                bool_or(_fields IS NOT NULL) AS _disagrees, {", ".join((*flags, *merged))}
            FROM repeated JOIN groups ON _key = {self.key}
            LEFT JOIN (SELECT _key, list(_field) AS _fields FROM lost_fields GROUP BY _key) l USING (_key)
            WHERE _versions > 1 AND _at NOT IN (SELECT _at FROM strangers) GROUP BY _places, _key""",
        )
        run(
            f"""INSERT INTO gone SELECT r._at, m._first FROM repeated r JOIN merged m ON r.{self.key} = m._key
            WHERE r._at > m._first"""
        )
        run(
            """INSERT INTO aside
            SELECT s._at, 'key-disagrees', 'key-disagrees', s._field, s._value, min(o._at)
            FROM said s JOIN lost_fields l USING (_key, _field) JOIN said o USING (_key, _field) JOIN merged m ON m._key = s._key
            WHERE NOT s._lost AND (o._lost OR o._value IS DISTINCT FROM s._value) GROUP BY ALL"""
        )
        if self.parent_key is not None:
            run(
                f"""INSERT INTO uncertain SELECT _first, CAST({self.parent} AS VARCHAR), _n - 1, 'disagrees' FROM merged
                WHERE _disagrees AND _n > 1 AND {self.parent} IS NOT NULL"""
            )

    def _absent(self, field: str) -> str:
        """Whether a row's file has no column for a field that should be there; '' where all have one."""
        return of_inputs(self.lacking.get(field, ()))

    # ----------------------------------------------------------------------------------------------------- the parents

    def _find_strangers(self) -> None:
        """The rows of no known parent, and the parents that they plainly or probably meant: `_parent` is what they say, be it in
        columns that disagree, or in a number of which digits are lost."""
        if self.parents_parts[1:]:
            find_parted(self.of, _said)
            return
        own = f"CAST(r.{self.parent} AS VARCHAR)"
        self.warehouse.create(
            "strangers",
            f"""SELECT r.file_row_number AS _at, coalesce({own}, {_said(self.parent_key or "")}) AS _parent
            FROM {self.source} r ANTI JOIN {self.parents} u ON r.{self.parent} = u.{self.parent} WHERE r._left IS NULL""",
        )
        if self.warehouse.rows("SELECT 1 FROM strangers WHERE _parent IS NOT NULL LIMIT 1"):
            known = f"SELECT CAST({self.parent} AS VARCHAR) AS _key FROM {self.parents}"
            each = f"unnest(string_split(_parent, {literal(BETWEEN)})) AS _one"
            each = f"SELECT DISTINCT _parent AS _written, {each} FROM strangers"
            found = [f"SELECT _written, _key FROM ({each}) JOIN ({known}) ON {folded_sql('_one')} = {folded_sql('_key')}"]
            if self.warehouse.rows(f"SELECT 1 FROM strangers WHERE contains(_parent, {literal(MARK)}) LIMIT 1"):
                found.append(
                    f"""SELECT _written, _key FROM ({each}) JOIN ({known}) ON length(_key) = length(_one) - 1 AND
                        _key[:{_DIGITS_KEPT}] = _one[2:{_DIGITS_KEPT + 1}]
                    WHERE regexp_full_match(_one, '{MARK}[0-9]+') AND regexp_full_match(_key, '[0-9]+')"""
                )
            self.warehouse.create("likely", f"SELECT DISTINCT _written, _key AS _meant FROM ({' UNION ALL '.join(found)})")

    def _part_parents(self) -> None:
        """Rows of one key that name several parents, a known one among them: the record is under none, and may be of each."""
        named = f"""SELECT r._at, r.{self.key} AS _key, coalesce(_meant, CAST(r.{self.parent} AS VARCHAR)) AS _parent
            FROM repeated r JOIN lost_fields l ON l._key = r.{self.key} AND l._field = {literal(self.parent_key or "")}
            LEFT JOIN strangers s ON s._at = r._at LEFT JOIN likely ON _written = s._parent
            WHERE s._at IS NULL OR _meant IS NOT NULL"""
        self.warehouse.create("parted", named)
        self.warehouse.run("INSERT INTO uncertain SELECT _at, _parent, 1, 'disagrees' FROM parted")
        self.warehouse.run(
            f"""DELETE FROM strangers WHERE _at IN (
                SELECT _at FROM repeated WHERE {self.key} IN (SELECT _key FROM parted))"""
        )
        self.warehouse.drop("parted")

    def _put_strangers_aside(self) -> None:
        """Rows of no known parent change no verdict; where a known one was meant, they may be of it."""
        if self.parent_key is None:
            return
        run, parent = self.warehouse.run, _lacks(self.parents_parts)
        named = "".join(f"{quoted(f)}, " for f in dict.fromkeys((*self.parts, *self.parents_parts)))
        run(
            f"""INSERT INTO aside SELECT _at, _kind, _kind,
                CASE WHEN _kind = 'no-key' THEN {_lacks(self.parts)} ELSE {parent} END,
                CASE WHEN _kind = 'no-key' THEN NULL ELSE _parent END, NULL
            FROM (SELECT s.*, {named}CASE WHEN contains(_parent, {literal(BETWEEN)}) THEN 'columns-disagree'
                                   WHEN _parent IN (SELECT _written FROM likely) THEN 'parent-spelt'
                                   WHEN {self.key} IS NULL THEN 'no-key' WHEN {self.parent} IS NULL THEN 'no-parent-key'
                                   ELSE 'unknown-parent' END AS _kind
                  FROM strangers s JOIN picked USING (_at))"""
        )
        run("INSERT INTO gone SELECT _at, NULL FROM strangers")
        run("INSERT INTO uncertain SELECT _at, _meant, 1, 'parent-spelt' FROM strangers JOIN likely ON _written = _parent")

    def _name_keyless(self) -> bool:
        """Records without a key: kept, as it is known whose they are. Of units that is not known. Whether there are any kept."""
        run, key, kept = self.warehouse.run, _lacks(self.parts), self.parent_key is not None
        suffix = "-kept" if kept else "" if self.definition.reference else "-unit"
        run(
            f"""INSERT INTO aside SELECT _at, _kind, concat(_kind, '{suffix}'), {key},
                CASE WHEN _kind = 'columns-disagree' THEN _said END, NULL
            FROM (SELECT {", ".join(("_at", *map(quoted, self.parts)))}, {_said(*self.parts)} AS _said,
                         CASE WHEN contains(_said, {literal(BETWEEN)}) THEN 'columns-disagree' ELSE 'no-key' END AS _kind
                  FROM picked WHERE {self.key} IS NULL AND _left IS NULL AND _at NOT IN (SELECT _at FROM strangers))"""
        )
        if not kept:
            run(f"INSERT INTO gone SELECT _at, NULL FROM aside WHERE {_words([code.replace('-unit', suffix) for code in _UNIT])}")
        return kept and bool(self.warehouse.rows(f"SELECT 1 FROM aside WHERE {_words(_KEPT)} LIMIT 1"))

    def _keep_keyless(self) -> None:
        """`unjudged_fields`: what could be read of the units without a key, with their places."""
        fields = "".join(f", r.{quoted(f)}" for f in self.definition.fields)
        some = self.warehouse.rows(f"SELECT 1 FROM aside WHERE {_words(_UNIT)} LIMIT 1")
        keyless = f"n._at IN (SELECT _at FROM aside WHERE {_words(_UNIT)})" if some else "false"
        joined = "picked r JOIN names n USING (_at)"
        self.warehouse.create("unjudged_fields", f"SELECT n._path, n._sheet, n._line{fields} FROM {joined} WHERE {keyless}")

    # -------------------------------------------------------------------------------------------------------- the lists

    def _list(self) -> None:
        """The problems of rows, with the place of the row that they repeat, or disagree with."""
        of, warehouse = self.of, self.warehouse
        places = "SELECT _at FROM aside UNION ALL SELECT _other FROM aside UNION ALL SELECT _at FROM uncertain"
        locate(of, f"_at IN ({places})", "picked")
        load_columns(warehouse, of.sources)
        warehouse.create(
            "located",
            """SELECT l._at, r._file, l.line, l.sheet_row, c.file, c.sheet
            FROM picked r JOIN lines l USING (_at)
            JOIN (SELECT DISTINCT _file, file, sheet FROM columns) c ON c._file = r._file""",
        )
        self._tell_no_records()
        words = [w for (w,) in warehouse.rows("SELECT DISTINCT _words FROM aside WHERE _words <> ''")]
        load(warehouse, "told", ("_words", "expected"), [(w, of.told_of(f"aside.{w}")) for w in words])
        warehouse.run(  # said already as of a value; here with what becomes of the row
            f"""DELETE FROM problems p USING aside a WHERE p."table" = {literal(self.table)} AND p.place = a._at
                AND p.field = a._field AND p.kind = 'columns-disagree' AND a._kind = p.kind"""
        )
        warehouse.run(
            f"""INSERT INTO problems
            SELECT r._file, r.file, r.sheet, r.line, c.letter || r.sheet_row, c.header, a._field, {told_sql("a._value")},
                   concat(told.expected, ' ' || o.file || coalesce(' (' || o.sheet || ')', '') || ':' || o.line),
                   CASE WHEN a._kind = 'parent-spelt' THEN
                        (SELECT any_value(_meant) FROM likely WHERE _written = a._value HAVING count(*) = 1) END,
                   a._kind, {literal(self.table)}, a._at
            FROM aside a JOIN told USING (_words) JOIN located r USING (_at) LEFT JOIN located o ON o._at = a._other
            JOIN columns c ON c._file = r._file AND c.field = a._field"""
        )
        name = "concat(file, ' (' || sheet || ')', ':', line) AS _name"
        warehouse.create("names", f"SELECT DISTINCT _at, file AS _path, sheet AS _sheet, line AS _line, {name} FROM located")
        for name in ("located", "lines", "columns", "told"):
            warehouse.drop(name)

    def _tell_no_records(self) -> None:
        """Totals and repeated headers, a notice a file."""
        found = self.warehouse.rows(
            f"""SELECT file, sheet, _kind, count(*), list(line ORDER BY line) FROM aside JOIN located USING (_at)
            WHERE _kind IN ({", ".join(map(literal, _NO_RECORD))}) GROUP BY ALL ORDER BY ALL"""
        )
        for file, sheet, kind, n, lines in found:
            self.of.notices.append(Notice(f"left-out.{kind}", {"n": n, "rows": listed(lines)}, file, sheet))

    # -------------------------------------------------------------------------------------------------- what is lost

    def _lost_fields(self, lacking: Mapping[int, Sequence[str]], doubtful: bool) -> frozenset[str]:
        """The fields that are lost in some record, perhaps."""
        query = f"""SELECT DISTINCT field FROM problems WHERE "table" = {literal(self.table)}
            AND kind IN ({", ".join(map(literal, (*UNREADABLE, "columns-disagree")))})"""
        found = {f for (f,) in self.warehouse.rows(query)} - {
            self.definition.key,
            self.parent_key,
        }  # without them it is no record
        if self.merges:
            found |= {f for (f,) in self.warehouse.rows("SELECT DISTINCT _field FROM lost_fields JOIN merged USING (_key)")}
        return frozenset(
            found
            | {f for fields in lacking.values() for f in fields}
            | ({self.definition.key, *self.parts} if doubtful else set())
        )

    def _lacking_of_records(self) -> dict[int, list[str]]:
        """The inputs of which a record lacks a field that should be there, as no other row of it has it."""
        found: dict[int, list[str]] = {}
        for id_ in self.lacking:
            alone = f"SELECT _file FROM {self.source} WHERE {self._absent(id_)}"
            alone += " AND file_row_number NOT IN (SELECT _at FROM gone)"
            query = f"{alone} AND file_row_number NOT IN (SELECT _first FROM merged)"
            if self.merges:
                some = f"SELECT _first FROM merged WHERE {quoted('lost ' + id_)}"
                query += f" UNION ALL {alone} AND file_row_number IN ({some})"
            for (i,) in self.warehouse.rows(f"SELECT DISTINCT _file FROM ({query}) ORDER BY 1"):
                found.setdefault(i, []).append(id_)
        return found

    def _note_lost(self) -> None:
        """`lost_values` and `lost_rows` of this table."""
        run, table = self.warehouse.run, literal(self.table)
        why = " ".join(f"WHEN {literal(kind)} THEN {literal(why)}" for kind, why in _VALUES.items())
        kinds = ", ".join(map(literal, (*UNREADABLE, *_VALUES)))
        values = f"""SELECT coalesce(_home, p.place) AS place, p.field, file, sheet, row, cell, value, kind FROM problems p
            LEFT JOIN gone g ON g._at = p.place
            WHERE "table" = {table} AND kind IN ({kinds}) AND (g._at IS NULL OR _home IS NOT NULL)"""
        run(
            f"""INSERT INTO lost_values SELECT {table}, place, field, file, sheet, row, cell, value,
                CASE kind {why} ELSE 'unreadable' END
            FROM ({values}) ORDER BY place, file, sheet NULLS FIRST, row, field"""
        )
        parent, least, most = ("NULL", "NULL", "NULL") if self.parent_key is None else ("u._parent", "0", "u._most")
        run(
            f"""INSERT INTO lost_rows SELECT {table}, {parent}, {least}, {most}, _path, _sheet, _line, a._value, a._kind
            FROM (SELECT _at, _kind, coalesce(any_value({told_sql("aside._value")}), any_value(_said)) AS _value FROM aside
                  LEFT JOIN (SELECT place AS _at, value AS _said FROM problems WHERE "table" = {table} AND kind IN ({kinds})
                             AND field IN ({", ".join(map(literal, self.parts or ("",)))})) USING (_at)
                  WHERE _kind IN ({", ".join(map(literal, _UNUSED))}) AND NOT {_words(_KEPT)} GROUP BY ALL) a
            JOIN names USING (_at) LEFT JOIN uncertain u USING (_at) ORDER BY ALL"""
        )
        run(
            f"""INSERT INTO lost_rows SELECT {table}, _parent, 0, _most, _path, _sheet, _line, NULL, _why
            FROM uncertain JOIN names USING (_at) WHERE _why = 'disagrees' ORDER BY ALL"""
        )

    def _write(self, found: Settled) -> None:
        """The file of the rows that are no record, or have lost something."""
        columns = ["r._at AS _row", "r._at IN (SELECT _at FROM gone) AS _gone"]
        for id_ in self.definition.fields:
            own = f"r.{quoted(id_)}"
            either = f"CASE WHEN m._first IS NULL THEN {own} ELSE m.{quoted(id_)} END AS {quoted(id_)}"
            columns.append(either if self.merges else own)
        for id_ in (f for f in self.definition.fields if f in found.fields):
            tests = [f"(_problems IS NOT NULL AND list_contains({_LOST}, {literal(id_)}))"]
            tests += [f"({absent})"] if (absent := self._absent(id_)) else []
            tests += [f"r.{quoted(id_)} IS NULL"] if id_ in (self.definition.key, *self.parts) else []
            flag = " OR ".join(tests)
            flag = f"CASE WHEN m._first IS NULL THEN {flag} ELSE m.{quoted('lost ' + id_)} END" if self.merges else flag
            columns.append(f"{flag} AS {quoted('_lost_' + id_)}")
        joined = " LEFT JOIN merged m ON m._first = r._at" if self.merges else ""
        if found.doubtful:
            columns += [f"r.{self.key} IS NULL AS _doubtful", f"CASE WHEN r.{self.key} IS NULL THEN n._name END AS _place"]
            joined += " LEFT JOIN names n ON n._at = r._at"
        self.warehouse.write([f"SELECT {', '.join(columns)} FROM picked r{joined} ORDER BY r._at"], self.odd)


def make_uncertain(pack: CheckedPack, warehouse: DuckDB, absent: Collection[str]) -> frozenset[str]:
    """The views `uncertain_<table>` and `unjudged_units`, of `lost_rows`; the tables that have one. Of an `absent` table any
    number of rows may be missing."""
    root = pack.tables[pack.root].stored
    if "unjudged_fields" not in {name for (name,) in warehouse.rows("SELECT table_name FROM duckdb_tables()")}:
        nothing = ", ".join(f"NULL::{TYPES[f.type].sql} AS {quoted(id_)}" for id_, f in root.fields.items())
        place = "file AS _path, sheet AS _sheet, line AS _line"
        warehouse.create("unjudged_fields", f"SELECT {place}, {nothing} FROM lost_rows WHERE false")
    warehouse.view(
        "unjudged_units",
        f"""SELECT concat(l.file, ' (' || l.sheet || ')', ':', l.line) AS _place, l.file AS _file, l.sheet AS _sheet,
            l.line AS _line, l.value AS _value, l.why AS _why, {", ".join(f"f.{quoted(id_)}" for id_ in root.fields)}
        FROM lost_rows l
        LEFT JOIN unjudged_fields f ON f._path = l.file AND f._sheet IS NOT DISTINCT FROM l.sheet AND f._line = l.line
        WHERE l."table" = {literal(pack.root)} ORDER BY l.file, l.sheet NULLS FIRST, l.line""",
    )
    found = {t for (t,) in warehouse.rows('SELECT DISTINCT "table" FROM lost_rows WHERE _parent IS NOT NULL')} | {*absent}
    found -= {*pack.references()}
    for table in found:
        parent = str(pack.tables[table].belongs_to)
        key = pack.tables[parent].fields[pack.tables[parent].key]
        rows = f"""SELECT CAST(_parent AS {TYPES[key.type].sql}) AS _parent, CAST(sum(least) AS BIGINT) AS least,
            CAST(sum(most) AS BIGINT) AS most
            FROM lost_rows WHERE "table" = {literal(table)} AND _parent IS NOT NULL GROUP BY ALL"""
        any_number = f"""SELECT {quoted(pack.tables[parent].key)} AS _parent, 0::BIGINT AS least, NULL::BIGINT AS most
            FROM {quoted(f"records_{parent}")}"""
        warehouse.view(f"uncertain_{table}", any_number if table in absent else rows)
    return frozenset(found)
