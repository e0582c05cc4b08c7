"""The references of a run's records: what finds nothing, what is lost of what is looked up, whose rows may count.

In: the tables as they were read, each a view of its own fields. Out: the views `records_T` with the fields that are looked up;
problems, notices, `lost_values` of these fields; and for aggregates over records that refer to a table, or lie further below it,
`uncertain_T›F` (F is the column by which they do), which says of which records rows may be missing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import pyarrow as pa

from lookback.language.types import TYPES
from lookback.packs.checked import CheckedFact, CheckedPack, Pack
from lookback.packs.model import IN_CIRCLE, LookedUp
from lookback.packs.references import hop, hops_of
from lookback.records._problems import TableInput, load_columns, locate
from lookback.records._told import called
from lookback.records.references import Joined, circles, make_circles, must_find
from lookback.records.references import Known as Known
from lookback.values.texts import told_sql
from lookback.warehouse.duckdb import DuckDB, arrow_type, literal, quoted
from lookback.words import say
from lookback.words.errors import Notice

MOST_TOLD = 5


def plain(pack: CheckedPack, table: str) -> str:
    """The view of a table's own fields."""
    return f"plain_{table}" if pack.tables[table].looked_up else f"records_{table}"


def own_rows(pack: Pack, table: str) -> pa.Table:
    """The rows of a table that are the pack's own."""
    fields = pack.tables[table].stored.fields
    arrays = [pa.array([row[id_] for row in pack.rows[table]], arrow_type(TYPES[f.type].arrow)) for id_, f in fields.items()]
    return pa.table(arrays, names=list(fields))


def resolve(
    pack: CheckedPack, tables: Mapping[str, TableInput], known: Known, rows: frozenset[str]
) -> tuple[dict[str, frozenset[str]], frozenset[str], Known]:
    """The fields that have a `_lost_…`, with those that are looked up; the tables and links with an `uncertain_…`; what is known.
    `known`: with the tables of which nothing was handed in, and should have been, as `uncertain`. `rows`: the tables."""
    fields = {table: frozenset(of) for table, of in known.fields.items()}
    if not pack.refers:
        return fields, rows, Known()
    absent = {*known.uncertain}
    lost = {t for (t,) in next(iter(tables.values())).warehouse.rows('SELECT DISTINCT "table" FROM lost_rows')}
    known = replace(known, uncertain=lost | absent | {*known.doubtful})
    return Resolving(pack, tables, known, absent, rows).resolve(fields)


class Resolving:
    """`pack`: with what is looked up. `absent`: the tables of which nothing was handed in, and should have been."""

    def __init__(
        self, pack: CheckedPack, tables: Mapping[str, TableInput], known: Known, absent: Collection[str], rows: Collection[str]
    ) -> None:
        self.pack, self.tables, self.known, self.absent, self.rows = pack, tables, known, absent, rows
        self.of = next(iter(tables.values()))
        self.warehouse: DuckDB = self.of.warehouse

    def plain(self, table: str) -> str:
        return plain(self.pack, table)

    def resolve(self, fields: dict[str, frozenset[str]]) -> tuple[dict[str, frozenset[str]], frozenset[str], Known]:
        for table, definition in self.pack.tables.items():
            for id_, f in definition.columns.items():
                if f.refers_to is not None:
                    self._look(table, id_)
        for table, definition in self.pack.tables.items():
            for id_, f in definition.columns.items():
                if f.refers_to is not None and f.refers_to.table == table:
                    self._tell_circles(table, id_)
        for table, definition in self.pack.tables.items():
            joined = Joined(self.pack, table, self.known, self.plain)
            lost = {id_: of for id_, of in definition.looked_up.items() if joined.lost(of)}
            if lost:
                fields[table] = fields.get(table, frozenset()) | frozenset(lost)
            if definition.looked_up:
                self.warehouse.view(f"records_{table}", joined.sql())
            for id_, of in lost.items():
                self._note(table, id_, of)
        links = Links(self.pack, self.known, self.absent, self.rows, self.warehouse).make()
        return fields, frozenset({*self.rows, *links}), self.known

    # ------------------------------------------------------------------------------------------------ what finds nothing

    def _look(self, table: str, name: str) -> None:
        """Whether a reference finds a record wherever it is filled, and no two; what is wrong is told."""
        joined = Joined(self.pack, table, self.known, self.plain)
        there, own = joined.at((name,)), self.pack.tables[table].fields[name]
        to = own.refers_to
        assert to is not None
        astray = f"{there.filled} AND {there.alias}._row IS NULL"
        source = self._unmatched(table, name) if to.on is None else f"SELECT r._row FROM {joined.source} WHERE {astray}"
        if self.warehouse.rows(f"{source} LIMIT 1"):
            self.known = replace(self.known, astray=[*self.known.astray, (table, name)])
            if must_find(own) and to.table not in self.absent:
                self._tell(table, name, source, "unknown-reference")
        if to.on is not None:
            twice = f"SELECT r._row FROM {joined.source} WHERE r.{quoted(to.on)} <= {there.alias}._before"
            if self.warehouse.rows(f"{twice} LIMIT 1"):
                self.known = replace(self.known, twice=[*self.known.twice, (table, name)])
                self._tell(table, name, twice, "reference-twice")

    def _unmatched(self, table: str, name: str) -> str:
        """A query of the records whose reference finds nothing; cheaper than one of what each finds."""
        pairs = list(hops_of(self.pack.tables, table, name))
        there = quoted(self.plain(str(hop(self.pack.tables, table, name))))
        on = " AND ".join(f"j.{quoted(other)} = r.{quoted(this)}" for other, this in pairs)
        filled = " AND ".join(f"r.{quoted(this)} IS NOT NULL" for _, this in pairs)
        return f"SELECT r._row FROM {quoted(self.plain(table))} AS r ANTI JOIN {there} AS j ON {on} WHERE {filled}"

    def _tell(self, table: str, name: str, rows: str, kind: str) -> None:
        """The problems of references, and what of them is lost of the fields that are looked up through them."""
        of, to = self.tables[table], self.pack.tables[table].fields[name].refers_to
        assert to is not None
        self.warehouse.create("_astray", rows)
        locate(of, "file_row_number IN (SELECT _row FROM _astray)")
        load_columns(self.warehouse, of.sources)
        expected = of.told(lambda lang: say(lang, f"expect.{kind}", table=called(self.pack, lang, to.table)))
        said = " || ' · ' || ".join(f"CAST(s.{quoted(own)} AS VARCHAR)" for _, own in hops_of(self.pack.tables, table, name))
        if to.on is not None:
            said += f" || ' · ' || CAST(s.{quoted(to.on)} AS VARCHAR)"
        self.warehouse.create(
            "_told",
            f"""SELECT s._file AS input, c.file, c.sheet, l.line AS row, c.letter || l.sheet_row AS cell, c.header AS "column",
                {literal(name)} AS field, {told_sql(said)} AS value, a._row AS place
            FROM _astray a JOIN {of.stored.sql} s ON s.file_row_number = a._row JOIN lines l ON l._at = a._row
            JOIN columns c ON c._file = s._file AND c.field = {literal(name)}""",
        )
        self.warehouse.run(
            f"""INSERT INTO problems BY NAME SELECT *, {literal(expected)} AS expected, {literal(kind)} AS kind,
                {literal(table)} AS "table" FROM _told"""
        )
        for id_ in (name, *(i for i, f in self.pack.tables[table].looked_up.items() if f.hops[0] == name)):
            self.warehouse.run(
                f"""INSERT INTO lost_values SELECT {literal(table)}, place, {literal(id_)}, file, sheet, row, cell, value,
                    {literal(kind)} FROM _told ORDER BY place"""
            )
        for made in ("_astray", "lines", "columns", "_told"):
            self.warehouse.drop(made)

    def _tell_circles(self, table: str, name: str) -> None:
        if not make_circles(self.pack, table, name, self.known, self.plain, self.warehouse):
            return
        key = quoted(self.pack.tables[table].key)
        rows = f"""SELECT CAST({key} AS VARCHAR) FROM {quoted(self.plain(table))} JOIN {quoted(circles(table, name))} USING (_row)
            WHERE _in ORDER BY _row"""
        keys = [key for (key,) in self.warehouse.rows(rows)]
        shown = ", ".join((*map(str, keys[:MOST_TOLD]), *(["…"] if len(keys) > MOST_TOLD else [])))
        self.of.notices.append(Notice("references-in-circle", {"n": len(keys), "table": table, "field": name, "records": shown}))

    # ------------------------------------------------------------------------------------------------------ what is lost

    def _note(self, table: str, id_: str, of: LookedUp) -> None:
        """`lost_values` of a field that is looked up: what was lost of the reference itself, and of the record that it names."""
        first = of.hops[0]
        needs = [own for _, own in hops_of(self.pack.tables, table, first)]
        to = self.pack.tables[table].fields[first].refers_to if first in self.pack.tables[table].fields else None
        needs += [to.on] if to is not None and to.on is not None else []
        lost = [own for own in needs if own in self.known.fields.get(table, ())]
        if lost:
            self.warehouse.run(
                f"""INSERT INTO lost_values SELECT "table", _row, {literal(id_)}, file, sheet, line, cell, value, why
                FROM lost_values WHERE "table" = {literal(table)} AND field IN ({", ".join(map(literal, lost))})"""
            )
        if of.last == IN_CIRCLE:
            return
        joined = Joined(self.pack, table, self.known, self.plain)
        end = joined.at(of.hops)
        if of.last in self.known.fields.get(end.table, ()):
            self.warehouse.run(
                f"""INSERT INTO lost_values SELECT {literal(table)}, r._row, {literal(id_)}, v.file, v.sheet, v.line, v.cell,
                    v.value, v.why FROM {joined.source} JOIN lost_values v ON v._row = {end.alias}._row
                WHERE v."table" = {literal(end.table)} AND v.field = {literal(of.last)} ORDER BY ALL"""
            )


@dataclass(frozen=True)
class Links:
    """The views `uncertain_<link>`, of aggregates over records that refer. `absent`: the tables of which nothing was handed in,
    and should have been; `rows`: those of which rows may be missing."""

    pack: CheckedPack
    known: Known
    absent: Collection[str]
    rows: Collection[str]
    warehouse: DuckDB

    def plain(self, table: str) -> str:
        return plain(self.pack, table)

    def make(self) -> frozenset[str]:
        """Make them; the links that have one."""
        facts = {fact.link: fact for fact in self.pack.facts if fact.via is not None}
        return frozenset(link for link, fact in facts.items() if self._uncertain(fact))

    def _uncertain(self, fact: CheckedFact) -> bool:
        """`uncertain_<link>`, where rows that an aggregate goes over may be missing."""
        child, of = str(fact.child), self.pack.tables[fact.table]
        path = self.pack.tables[child].looked_up.get(fact.via or "")
        hops = path.hops if path is not None else (str(fact.via),)
        view, key = f"uncertain_{fact.link}", quoted(of.key)
        if hops[0] in self.pack.tables[child].columns:
            lost = Joined(self.pack, child, self.known, self.plain)
            tests = lost.at(hops).lost
            n = self.warehouse.rows(f"SELECT count(*) FROM {lost.source} WHERE {' OR '.join(tests)}")[0][0] if tests else 0
            each = f"""SELECT max(coalesce(most, 1)) AS n FROM lost_rows WHERE "table" = {literal(child)}
                GROUP BY file, sheet, line, why"""
            n += self.warehouse.rows(f"SELECT CAST(coalesce(sum(n), 0) AS BIGINT) FROM ({each})")[0][0]
            if not n and child not in self.absent:
                return False
            most = "NULL" if child in self.absent else str(n)
            rows = f"SELECT {key} AS _parent, 0::BIGINT AS least, {most}::BIGINT AS most FROM {quoted(self.plain(fact.table))}"
            self.warehouse.view(view, rows)
            return True
        line = [child, *hops]
        parts = []
        for i, table in enumerate(line):
            if table in self.rows:
                parts.append(
                    self._up(
                        f"SELECT _parent, least, {'most' if i == 0 else 'NULL'} AS most FROM uncertain_{table}", line[i + 1 :]
                    )
                )
            if i and (table in self.known.doubtful or self.pack.tables[table].key in self.known.fields.get(table, ())):
                own = quoted(str(self.pack.parent_key(table)))
                rows = f"SELECT {own} AS _parent, 0 AS least, NULL AS most FROM {quoted(self.plain(table))} WHERE _doubtful"
                parts.append(self._up(rows, line[i + 1 :]))
        if parts:
            summed = "CASE WHEN count(*) = count(most) THEN CAST(sum(most) AS BIGINT) END AS most"
            columns = f"_parent, CAST(sum(least) AS BIGINT) AS least, {summed}"
            union = " UNION ALL ".join(parts)
            self.warehouse.view(
                view,
                f"SELECT {columns} FROM ({union}) WHERE _parent IS NOT NULL GROUP BY 1",
            )
        return bool(parts)

    def _up(self, rows: str, line: list[str]) -> str:
        """The same by the records further up: `line` are the tables on the way, the first one's records being named."""
        for table in line:
            key, above = quoted(self.pack.tables[table].key), quoted(str(self.pack.parent_key(table)))
            joined = f"({rows}) AS u JOIN {quoted(self.plain(table))} AS p ON p.{key} = u._parent"
            rows = f"SELECT p.{above} AS _parent, u.least, u.most FROM {joined}"
        return rows
