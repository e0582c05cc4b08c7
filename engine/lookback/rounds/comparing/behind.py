"""What lies behind the moves of units: which records, rules and parameters changed on which rest the findings that came or went.

In: two reviews in a warehouse, with `findings_compared`, and the units that are asked about. Out: of each unit the fields of
records that changed (what they were, what they are), the rules and facts, and the parameters.

Only what a finding rests on that is new, gone, or another than before is named: of its own record, through aggregates and parents
of others of its unit, and of the rows of reference tables that its records name. Where none of these changed, whatever else did
in the unit's records. Where nothing did, yet the records are the cause, it lies in those of others that it is held against, or in
what could not be read.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from lookback.language.types import Column, Type
from lookback.packs.checked import CheckedFact, CheckedPack
from lookback.packs.graph import Graph
from lookback.packs.references import end_of, hop
from lookback.rounds.comparing.causes import changed_params
from lookback.rounds.comparing.records import FLAG, SIDES, Both, Which
from lookback.warehouse.duckdb import literal, quoted

BEHIND = ("unit", "table", "record", "field", "kind", "old", "new")
KINDS = ("changed", "come", "gone", "not-asked-then", "not-asked-now")


@dataclass(frozen=True)
class Behind:
    """`records`: a row a field of a record that changed, `BEHIND`; of one that came or went the field is null. `old` and `new`
    are texts, or null: blank; LOST: something was there, and could not be used. By unit `rules`, the ids of rules and facts that
    changed, and `params`."""

    records: pa.Table
    rules: Mapping[str, Sequence[str]]
    params: Mapping[str, Sequence[str]]


LOST = "\x01lost"
NOTHING = "NULL::VARCHAR"


def behind(both: Both, units: Sequence[str], edits: Collection[str]) -> Behind:
    """`edits`: the ids of the rules and facts that changed."""
    warehouse = both.warehouse
    warehouse.load("behind_units", pa.table({"unit": pa.array(units, pa.string())}))
    warehouse.create(
        "behind_findings",
        """SELECT DISTINCT unit, "table", record, rule, new_at IS NULL AS of_old
        FROM findings_compared SEMI JOIN behind_units USING (unit)
        WHERE change IN ('new', 'settled', 'vanished') OR altered""",
    )
    moved = warehouse.rows("SELECT DISTINCT rule, of_old FROM behind_findings")
    rests = _Rests(both)
    for rule, of_old in moved:
        rests.add(rule, "old" if of_old else "new")
    warehouse.load("behind_fields", rests.fields())
    _make_referred(both)
    queries = [query for pair in both.pairs.tables.items() for query in _changes(both, *pair)]
    warehouse.create("behind_changes", " UNION ALL ".join(queries) or _nothing())
    columns = ", ".join(f"c.{quoted(c)}" for c in BEHIND)
    own = """(c."table" = f."table" AND c.record = f.record) OR c."table" <> f."table" OR b.wide"""
    joined = """FROM behind_changes c JOIN behind_findings f ON f.unit = c.unit
        JOIN behind_fields b ON b.rule = f.rule AND b.of_old = f.of_old AND b."table" = c."table"
            AND (b.field = c.field OR c.field IS NULL)"""
    warehouse.create("behind_records", f"SELECT DISTINCT {columns} {joined} WHERE {own}")
    # where none of that changed, whatever changed in the unit's records
    asked = "kind NOT IN ('not-asked-then', 'not-asked-now')"
    others = f"FROM behind_changes c ANTI JOIN behind_records b ON b.unit = c.unit WHERE {asked}"
    records = f"FROM behind_records UNION ALL SELECT DISTINCT {columns} {others}"
    order = 'ORDER BY unit, "table", record, field'
    return Behind(warehouse.arrow(f"FROM ({records}) {order}"), _by_unit(both, rests, edits), _params_by_unit(both, rests))


def _nothing() -> str:
    return f"SELECT {', '.join(f'NULL::VARCHAR AS {quoted(c)}' for c in BEHIND)} WHERE false"


# ------------------------------------------------------------------------------------------------- what findings rest on


class _Rests:
    """What the rules rest on whose findings came or went; by NEW's names of tables and fields, where it has them."""

    def __init__(self, both: Both) -> None:
        self.both, self.graphs = both, {side: Graph(both.packs[side]) for side in SIDES}
        self.rows: list[tuple[str, bool, str, str, bool]] = []
        self.facts: dict[tuple[str, bool], tuple[CheckedFact, ...]] = {}
        self.params: dict[tuple[str, bool], set[str]] = {}
        self.changed = changed_params(both)

    def add(self, rule: str, side: Which) -> None:
        pack, of_old = self.both.packs[side], side == "old"
        of = pack.by_id[rule]
        found = self.graphs[side].behind(of, counted=False)
        self.facts[rule, of_old] = found.facts
        self.params[rule, of_old] = self.graphs[side].behind(of, counted=True).params & self.changed.keys()
        wide = any(fact.among is not None for fact in found.facts)
        for column in found.fields:
            for one in {column, end_of(pack.tables, column), *self._hops(pack, column)}:
                self.rows.append((rule, of_old, *self._named(side, one), wide))
            for one in self._found(pack, column):
                self.rows.append((rule, of_old, *self._named(side, one), True))
        for fact in found.facts:
            if fact.child is not None:  # records that come or go
                self.rows.append((rule, of_old, *self._named(side, Column(fact.child, "")), True))

    def _hops(self, pack: CheckedPack, column: Column) -> list[Column]:
        of = pack.tables[column.table].looked_up.get(column.name)
        return [Column(column.table, of.hops[0])] if of is not None else []

    def _found(self, pack: CheckedPack, column: Column) -> list[Column]:
        """The rows that are found on the way to a value that is looked up, be they there or not, and in force or not."""
        of, at, found = pack.tables[column.table].looked_up.get(column.name), column.table, list[Column]()
        for name in of.hops if of is not None else ():
            at = str(hop(pack.tables, at, name))
            found += [Column(at, field) for field in ("", *(pack.tables[at].in_force or ()))]
        return found

    def _named(self, side: Which, column: Column) -> tuple[str, str]:
        if side == "new":
            return column.table, column.name
        pairs = self.both.pairs
        table = pairs.tables.get(column.table, column.table)
        return pairs.fields.get((column.table, column.name), (table, column.name))

    def fields(self) -> pa.Table:
        names, kinds = (
            ("rule", "of_old", "table", "field", "wide"),
            (pa.string(), pa.bool_(), pa.string(), pa.string(), pa.bool_()),
        )
        rows = list(dict.fromkeys(self.rows))
        return pa.table([pa.array([r[i] for r in rows], kind) for i, kind in enumerate(kinds)], names=list(names))


# ------------------------------------------------------------------------------------------------------ changed records


def _unit_sql(both: Both, side: Which, table: str, alias: str) -> tuple[str, str]:
    """SQL for the unit of a record, and what has to be joined for it."""
    pack, joined = both.packs[side], ""
    definition = pack.tables[table]
    if definition.reference:
        return "NULL::VARCHAR", ""
    owner = f"{alias}.{quoted(pack.parent_key(table) or definition.key)}"
    parent = definition.belongs_to
    while parent is not None and parent != pack.root:
        key, above = quoted(pack.tables[parent].key), quoted(str(pack.parent_key(parent)))
        of = quoted(f"{side} {parent}")
        joined += (
            f" LEFT JOIN (SELECT {key} AS _key, {above} AS _of FROM {quoted(f'{side}_{parent}')}) {of} ON {of}._key = {owner}"
        )
        owner, parent = f"{of}._of", pack.tables[parent].belongs_to
    return f"CAST({owner} AS VARCHAR)", joined


MOST_HOPS = 3
"""References on the way from a unit's records to a row of a reference table that are followed."""


def _make_referred(both: Both) -> None:
    """`referred`: the rows of reference tables (`table`, `record`: by NEW's name of the table, and key) that the records of the
    units in `behind_units` name, in either review."""
    pairs, queries = both.pairs, list[str]()
    for side in SIDES:
        pack = both.packs[side]
        ways = [(t, f, of.refers_to.table) for t, d in pack.tables.items() for f, of in d.columns.items() if of.refers_to]
        if not any(pack.tables[to].reference for _, _, to in ways):
            continue
        starts = []
        for table in pack.top_down():
            unit, joined = _unit_sql(both, side, table, "r")
            rows = f"SELECT {unit} AS unit, {_key_sql(both, side, table)} AS record FROM {quoted(f'{side}_{table}')} r{joined}"
            of_them = f"FROM ({rows}) o SEMI JOIN behind_units b ON b.unit = o.unit"
            starts.append(f'SELECT o.unit, {literal(table)} AS "table", o.record {of_them}')
        for n in range(MOST_HOPS):
            both.warehouse.create(f"reached_{side}_{n}", f"SELECT DISTINCT * FROM ({' UNION ALL '.join(starts)})")
            starts = [
                f"""SELECT x.unit, {literal(to)} AS "table", CAST(r.{quoted(f)} AS VARCHAR) AS record
                FROM reached_{side}_{n} x JOIN {quoted(f"{side}_{table}")} r ON x."table" = {literal(table)}
                    AND x.record = {_key_sql(both, side, table)} WHERE r.{quoted(f)} IS NOT NULL"""
                for table, f, to in ways
            ]
            named = {t if side == "new" else pairs.tables.get(t, t): t for t, d in pack.tables.items() if d.reference}
            whens = " ".join(f"WHEN {literal(own)} THEN {literal(new)}" for new, own in named.items())
            queries += [f'SELECT unit, CASE "table" {whens} END AS "table", record FROM ({start})' for start in starts]
    found = " UNION ALL ".join(queries) or 'SELECT NULL::VARCHAR AS unit, NULL::VARCHAR AS "table", NULL::VARCHAR AS record'
    both.warehouse.create("referred", f'SELECT DISTINCT * FROM ({found}) WHERE "table" IS NOT NULL')


def _key_sql(both: Both, side: Which, table: str) -> str:
    return f"CAST(r.{quoted(both.packs[side].tables[table].key)} AS VARCHAR)"


def _wanted(both: Both, side: Which, table: str, new: str) -> str:
    """The records of the units in `behind_units`: with `_unit`, and what tells them apart, `_key`. Of a reference table they are
    those that a unit's records name, and one that is in force for a time is another one for another time."""
    key, of = _key_sql(both, side, table), both.packs[side].tables[table]
    if of.reference:
        apart = f"concat_ws(' ', {key}, r.{quoted(of.in_force[0])})" if of.in_force is not None else key
        return f"""SELECT r.*, x.unit AS _unit, {apart} AS _key FROM {quoted(f"{side}_{table}")} r
            JOIN referred x ON x."table" = {literal(new)} AND x.record = {key}"""
    unit, joined = _unit_sql(both, side, table, "r")
    return f"SELECT r.*, {unit} AS _unit, {key} AS _key FROM {quoted(f'{side}_{table}')} r{joined}"


def _changes(both: Both, old: str, new: str) -> list[str]:
    """Queries of what changed in the records of one table of the units in `behind_units`, `BEHIND`."""
    packs, pairs = both.packs, both.pairs
    if not (both.has_key("old", old) and both.has_key("new", new)):
        return []
    tables: Mapping[Which, str] = {"old": old, "new": new}
    for side, table in tables.items():
        rows = _wanted(both, side, table, new)
        of_them = f"FROM ({rows}) w SEMI JOIN behind_units b ON b.unit = w._unit WHERE w._key IS NOT NULL"
        both.warehouse.create(f"wanted_{side}", of_them)
    flags = {side: both.flags(side, table) for side, table in tables.items()}
    mine, theirs = packs["new"].tables[new].columns, packs["old"].tables[old].columns
    said, differs = list[str](), list[str]()
    for (table, f), (_, g) in pairs.fields.items():
        if table != old or g == packs["new"].tables[new].key or f not in theirs:
            continue
        one, other = _text("o", f, theirs[f].type, flags["old"]), _text("n", g, mine[g].type, flags["new"])
        said.append(_said(g, "changed", one, other))
        differs.append(f"{one} IS DISTINCT FROM {other}")
    unasked = [
        _said(g, "not-asked-then", NOTHING, _text("n", g, mine[g].type, flags["new"]))
        for g in mine
        if (new, g) not in pairs.back.fields
    ]
    unasked += [
        _said(f, "not-asked-now", _text("o", f, theirs[f].type, flags["old"]), NOTHING)
        for f in theirs
        if (old, f) not in pairs.fields
    ]
    queries: list[str] = []
    columns = f'{literal(new)} AS "table", n._key AS record'
    name = f"changes_{new}"
    shared = packs["new"].tables[new].reference  # a row is of several units
    source = f"FROM wanted_old o JOIN wanted_new n ON o._key = n._key{' AND o._unit = n._unit' if shared else ''}"
    unit = "list_distinct([o._unit, n._unit]) AS units"
    if said:
        inner = f"SELECT {unit}, {columns}, unnest([{', '.join(said)}]) AS s {source} WHERE {' OR '.join(differs)}"
        queries.append(f'SELECT unnest(units) AS unit, "table", record, s.* FROM ({inner}) WHERE s.old IS DISTINCT FROM s.new')
    if unasked:
        inner = f"SELECT {unit}, {columns}, unnest([{', '.join(unasked)}]) AS s {source}"
        queries.append(f'SELECT unnest(units) AS unit, "table", record, s.* FROM ({inner})')
    same = "_key, _unit" if shared else "_key"
    for kind, side, lacking in (("gone", "old", "new"), ("come", "new", "old")):
        queries.append(
            f"""SELECT _unit AS unit, {literal(new)} AS "table", _key AS record, NULL::VARCHAR AS field, {literal(kind)} AS kind,
            NULL::VARCHAR AS old, NULL::VARCHAR AS new FROM wanted_{side} ANTI JOIN wanted_{lacking} USING ({same})"""
        )
    both.warehouse.create(name, " UNION ALL ".join(queries))
    return [f"SELECT {', '.join(map(quoted, BEHIND))} FROM {quoted(name)}"]


def _said(field: str, kind: str, old: str, new: str) -> str:
    return f"{{'field': {literal(field)}, 'kind': {literal(kind)}, 'old': {old}, 'new': {new}}}"


def _text(alias: str, column: str, of: Type, flags: Mapping[str, bool]) -> str:
    """SQL of a value as a text; of a number without zeros at its end."""
    text = f"CAST({alias}.{quoted(column)} AS VARCHAR)"
    if of is Type.NUMBER:
        text = f"rtrim(rtrim({text}, '0'), '.')"
    flag = f"{FLAG}{column}"
    return f"CASE WHEN {alias}.{quoted(flag)} THEN {literal(LOST)} ELSE {text} END" if flag in flags else text


# -------------------------------------------------------------------------------------------------- rules and parameters


def _by_unit(both: Both, rests: _Rests, edits: Collection[str]) -> dict[str, list[str]]:
    """The rules and facts that changed, of those behind the findings of each unit that came or went."""
    of_rule: dict[tuple[str, bool], list[str]] = {}
    for (rule, of_old), used in rests.facts.items():
        names = both.pairs.rules.get(rule, (rule,)) if of_old else (rule,)
        of_rule[rule, of_old] = [id_ for id_ in (*names, *(fact.id for fact in used)) if id_ in edits]
    found: dict[str, dict[str, None]] = {}
    for unit, rule, of_old in _moved_rules(both):
        found.setdefault(unit, {}).update(dict.fromkeys(of_rule[rule, of_old]))
    return {unit: [*ids] for unit, ids in found.items()}


def _params_by_unit(both: Both, rests: _Rests) -> dict[str, list[str]]:
    found: dict[str, dict[str, None]] = {}
    for unit, rule, of_old in _moved_rules(both):
        found.setdefault(unit, {}).update(dict.fromkeys(sorted(rests.params[rule, of_old])))
    return {unit: [*names] for unit, names in found.items()}


def _moved_rules(both: Both) -> list[tuple[Any, ...]]:
    return both.warehouse.rows("SELECT DISTINCT unit, rule, of_old FROM behind_findings ORDER BY unit, rule, of_old")
