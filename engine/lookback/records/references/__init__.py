"""What records name in others, found: the fields that are looked up, in a view beside the records that name them.

In: the tables of a run, or of a review, each as a view or table of its own fields. Out: SQL of the same with the fields that are
looked up (`packs.references`), and what is lost of them: `_lost_<field>`. A value that is looked up is blank where a reference on
the way is, or finds nothing that it may miss; it is lost where one is lost, where the record that it names may be among rows that
were lost, where it finds nothing and has to, or where two rows are in force on the same day. Nothing is looked up, and nothing
costs, that no rule reads.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from lookback.packs.checked import CheckedPack
from lookback.packs.model import EXISTS, IN_CIRCLE, FieldDef, LookedUp
from lookback.packs.references import hop, hops_of
from lookback.warehouse.duckdb import DuckDB, quoted

Hop = tuple[str, str]
"""A table, and the reference of it, or its parent's table."""


@dataclass(frozen=True)
class Known:
    """What is known of some records. fields: those with a `_lost_…`, by table. uncertain: tables of which rows may be missing;
    doubtful: those with records of which nobody knows the key. astray: references that find nothing in some record. twice: those
    that find two rows in force."""

    fields: Mapping[str, Collection[str]] = field(default_factory=dict)
    uncertain: Collection[str] = ()
    doubtful: Collection[str] = ()
    astray: Collection[Hop] = ()
    twice: Collection[Hop] = ()

    def kept(self) -> dict[str, list[object]]:
        """What a review keeps of it, beside the fields and `doubtful`."""
        kinds = {"uncertain": self.uncertain, "astray": self.astray, "twice": self.twice}
        return {kind: sorted(found, key=str) for kind, found in kinds.items() if found}


@dataclass(frozen=True)
class _Found:
    """A record at the end of some hops: its table, its name in the query, SQL for whether what names it is filled, and for when
    it is lost (none: it never is)."""

    table: str
    alias: str
    filled: str = "true"
    lost: tuple[str, ...] = ()


class Joined:
    """A query of the records of a table, `r`, with those that they name. `plain`: the name of a table's records by themselves."""

    def __init__(self, pack: CheckedPack, table: str, known: Known, plain: Callable[[str], str]) -> None:
        self.pack, self.table, self.known, self.plain = pack, table, known, plain
        self.source = f"{quoted(plain(table))} AS r"
        self.found: dict[tuple[str, ...], _Found] = {(): _Found(table, "r")}

    def at(self, hops: tuple[str, ...]) -> _Found:
        """The record at the end of some hops, which is joined."""
        if hops not in self.found:
            self.found[hops] = self._join(self.at(hops[:-1]), hops[-1])
        return self.found[hops]

    def _join(self, one: _Found, name: str) -> _Found:
        tables, alias = self.pack.tables, f"j{len(self.found)}"
        there = str(hop(tables, one.table, name))
        own = tables[one.table].fields.get(name)
        to = own.refers_to if own is not None else None
        source, pairs = quoted(self.plain(there)), list(hops_of(tables, one.table, name))
        on = [f"{alias}.{quoted(other)} = {one.alias}.{quoted(this)}" for other, this in pairs]
        needs = [this for _, this in pairs]
        if to is not None and to.on is not None:
            source, day = in_force_sql(self.pack, there, [other for other, _ in pairs], source), f"{one.alias}.{quoted(to.on)}"
            on += [f"{day} >= {alias}._begins AND {day} <= {alias}._ends AND ({alias}._next IS NULL OR {day} < {alias}._next)"]
            needs.append(to.on)
        self.source += f" LEFT JOIN {source} AS {alias} ON {' AND '.join(on)}"
        filled = " AND ".join(f"{one.alias}.{quoted(need)} IS NOT NULL" for need in needs)
        lost = [*one.lost]
        lost += [
            f"coalesce({one.alias}.{quoted(f'_lost_{f}')}, false)" for f in needs if f in self.known.fields.get(one.table, ())
        ]
        if (one.table, name) in self.known.astray and (there in self.known.uncertain or must_find(own)):
            lost.append(f"({filled} AND {alias}._row IS NULL)")
        if to is not None and to.on is not None and (one.table, name) in self.known.twice:
            lost.append(f"coalesce({one.alias}.{quoted(to.on)} <= {alias}._before, false)")
        return _Found(there, alias, filled, tuple(lost))

    def lost(self, of: LookedUp) -> list[str]:
        """SQL for when a value that is looked up is lost: any of them; none where it never is."""
        end = self.at(of.hops)
        tests = [*end.lost]
        if of.last == IN_CIRCLE:
            circle = self._circle(of.hops)
            return [*self.at(of.hops[:-1]).lost, *([f"coalesce({circle}._lost, false)"] if tests or self.known.uncertain else [])]
        if of.last in self.known.fields.get(end.table, ()):
            tests.append(f"coalesce({end.alias}.{quoted(f'_lost_{of.last}')}, false)")
        return tests

    def value(self, of: LookedUp) -> str:
        end = self.at(of.hops)
        if of.last == IN_CIRCLE:
            return f"{self._circle(of.hops)}._in"
        found = f"{end.alias}._row IS NOT NULL" if of.last == EXISTS else f"{end.alias}.{quoted(of.last)}"
        lost = " OR ".join(self.lost(of))
        tests = ([f"WHEN {lost} THEN NULL"] if lost else []) + ([f"WHEN {end.filled} THEN {found}"] if of.last == EXISTS else [])
        return found if not tests else f"CASE {' '.join(tests)}{'' if of.last == EXISTS else f' ELSE {found}'} END"

    def _circle(self, hops: tuple[str, ...]) -> str:
        """The name of what is known of the circles of the last hop."""
        key = (*hops, IN_CIRCLE)
        if key not in self.found:
            one, alias = self.at(hops[:-1]), f"j{len(self.found)}"
            self.source += f" LEFT JOIN {quoted(circles(one.table, hops[-1]))} AS {alias} ON {alias}._row = {one.alias}._row"
            self.found[key] = _Found(one.table, alias)
        return self.found[key].alias

    def sql(self, flagged: Collection[str] | None = None) -> str:
        """The records with what is looked up. `flagged`: the values that have a flag, where that is known already."""
        columns = ["r.*"]
        for id_, of in self.pack.tables[self.table].looked_up.items():
            columns.append(f"{self.value(of)} AS {quoted(id_)}")
            lost = self.lost(of)
            if lost or (flagged is not None and id_ in flagged):
                columns.append(f"{' OR '.join(lost) or 'false'} AS {quoted(f'_lost_{id_}')}")
        return f"SELECT {', '.join(columns)} FROM {self.source}"


def must_find(own: FieldDef | None) -> bool:
    """Whether a reference has to find a record."""
    return own is not None and own.refers_to is not None and own.missing is None


def in_force_sql(pack: CheckedPack, table: str, by: Collection[str], source: str) -> str:
    """Rows with the days on which they are in force, of which no two of the same `by` share one: from `_begins` to `_ends`, and
    before `_next`. `_before`: to when an earlier one would be in force, too."""
    begins, ends = (quoted(end) for end in pack.tables[table].in_force or ("", ""))
    alike = f"PARTITION BY {', '.join(map(quoted, by))} ORDER BY _begins, _row"
    rows = (
        f"""SELECT *, coalesce({begins}, DATE '-infinity') AS _begins, coalesce({ends}, DATE 'infinity') AS _ends FROM {source}"""
    )
    return f"""(SELECT *, lead(_begins) OVER ({alike}) AS _next,
        max(_ends) OVER ({alike} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS _before FROM ({rows}))"""


def circles(table: str, name: str) -> str:
    """The table of what is known of the circles of a reference to the own table: `_row`, `_in` (null: unknown), `_lost`."""
    return f"circles_{table}_{name}"


def make_circles(pack: CheckedPack, table: str, name: str, known: Known, plain: Callable[[str], str], warehouse: DuckDB) -> int:
    """Make that table; how many records are in a circle. Each record goes to the one that it names, to whom that one goes, and so
    on, twice as far in each round, until it is at an end: blank, at none, lost; or has gone further than there are records."""
    joined = Joined(pack, table, known, plain)
    there, own = joined.at((name,)), pack.tables[table].fields[name]
    lost = " OR ".join(there.lost) or "false"
    ended = f"CASE WHEN {lost} THEN 'lost' WHEN NOT ({there.filled}) THEN 'blank' WHEN {there.alias}._row IS NULL THEN 'none' END"
    warehouse.create("_ways", f"SELECT r._row, {there.alias}._row AS _to, {ended} AS _end FROM {joined.source}")
    records = warehouse.rows("SELECT count(*) FROM _ways")[0][0]
    far = 1
    while far < records and warehouse.rows("SELECT 1 FROM _ways WHERE _end IS NULL LIMIT 1"):
        warehouse.create(
            "_ways",
            """SELECT w._row, n._to, n._end FROM _ways AS w JOIN _ways AS n ON n._row = w._to WHERE w._end IS NULL
            UNION ALL SELECT _row, _to, _end FROM _ways WHERE _end IS NOT NULL""",
        )
        far *= 2
    blank = "false" if own.optional is not None else "NULL"
    within = "SELECT DISTINCT _to AS _row FROM _ways WHERE _end IS NULL"
    warehouse.create(
        circles(table, name),
        f"""SELECT w._row, CASE WHEN c._row IS NOT NULL THEN true WHEN _end = 'blank' THEN {blank} WHEN _end = 'lost' THEN NULL
            ELSE false END AS _in, coalesce(_end = 'lost', false) AS _lost
        FROM _ways AS w LEFT JOIN ({within}) AS c ON c._row = w._row""",
    )
    warehouse.drop("_ways")
    found: int = warehouse.rows(f"SELECT count(*) FROM {quoted(circles(table, name))} WHERE _in")[0][0]
    return found
