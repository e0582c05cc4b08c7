"""A review -> which changes would free most of its flagged units.

In: a review and an outcome. Out: sets of changes, each with the number of units that it would bring to that outcome. What is
needed is worked out once for every situation of a rule, on one record that has it, and carried back to all records by SQL, as
verdicts are: however many units there are, there are only some hundreds of situations. What a rule needs is worked out as if
nothing were found on the records of other tables, as these are worked out by themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import pyarrow as pa

from lookback.language import conditions as logic
from lookback.language.types import Value
from lookback.packs.checked import CheckedPack, CheckedRule
from lookback.packs.graph import Graph
from lookback.place import temporary
from lookback.proving.changes import Changes, Records
from lookback.proving.search import Clock, OutOfTime, interruptible
from lookback.reviews.folder import READ, Review, load, program_of, reading
from lookback.reviews.referred.kept import kept_as_is, of_others
from lookback.warehouse.duckdb import DuckDB, literal, path_literal, quoted

MOST_LINES = 200
MOST_SETS = 20_000
"""Distinct sets of changes that are ranked; the rarest beyond are left out of the running totals."""


@dataclass(frozen=True, order=True)
class Need:
    """A kind of change: a field filled in or altered, records added, or a rule that nothing settles (hindered), or where that is
    not known, for want of time (open), or before what was lost is handed in readably (lost)."""

    kind: Literal["filled", "altered", "added", "hindered", "open", "lost"]
    table: str
    name: str


@dataclass(frozen=True)
class Line:
    """`frees`: units that need exactly these changes; `with_above`: units freed by them and those of all lines before."""

    needs: tuple[Need, ...]
    frees: int
    with_above: int


@dataclass(frozen=True)
class Ranked:
    """`hindered`: how many flagged units have findings that no change settles, and the rules. `not_judged`: units that could not
    be judged; they are not among the flagged. `open`: units of which it was not found out in time what they need. `lost`: units
    with findings of which nobody can say that before what was lost is handed in."""

    flagged: int
    lines: tuple[Line, ...]
    hindered: int
    hindering: tuple[str, ...]
    not_judged: int = 0
    open: int = 0
    lost: int = 0


def fix_all(
    review: Review,
    target: str,
    by: Sequence[str] = (),
    progress: Callable[[float], None] = lambda share: None,
    timeout: float | None = None,
) -> Ranked:
    """Rank the changes that would bring the units of a review to the verdict `target` or a better one. `timeout`: so many seconds
    for z3, and a sixth for one situation.

    Raises UsageError where the review's files are not what it was written with.
    """
    pack = program_of(review).pack
    review.require(*READ)
    with temporary() as folder, closing(DuckDB(Path(folder))) as warehouse, reading(review.folder), interruptible():
        found = _Needs(review, pack, warehouse, pack.outcomes.index(target), by, Clock(timeout)).ranked(progress)
        return replace(found, not_judged=review.summary.get("not_judged", 0))


def needs_of(
    review: Review,
    target: str,
    units: Sequence[str],
    timeout: float | None = None,
    progress: Callable[[float], None] = lambda share: None,
) -> dict[str, tuple[Need, ...]]:
    """What each of some units needs for the verdict `target` or a better one, by situation as in `fix_all`; nothing, where it has
    that already. `units`: their keys.

    Raises UsageError where the review's files are not what it was written with.
    """
    pack = program_of(review).pack
    review.require(*READ)
    with temporary() as folder, closing(DuckDB(Path(folder))) as warehouse, reading(review.folder), interruptible():
        needs = _Needs(review, pack, warehouse, pack.outcomes.index(target), (), Clock(timeout), units)
        return needs.of_units(progress)


class _Needs:
    """What each finding of each situation needs, and how many units need it. `units`: of these alone, where they are named."""

    def __init__(
        self,
        review: Review,
        pack: CheckedPack,
        warehouse: DuckDB,
        rank: int,
        by: Sequence[str],
        clock: Clock,
        units: Sequence[str] | None = None,
    ) -> None:
        self.pack, self.whole, self.warehouse = kept_as_is(pack, {}, lambda table, key: {})[0], pack, warehouse
        self.rank, self.by, self.folder = rank, by, review.folder
        self.clock = clock
        self.findings = f"read_parquet({path_literal(self.folder / 'findings.parquet')}, file_row_number = true)"
        if units is not None:
            warehouse.load("those", pa.table({"unit": pa.array(units, pa.string())}))
            self.findings = f"(FROM {self.findings} SEMI JOIN those USING (unit))"
        self.wanted = self._wanted()

    def _wanted(self) -> str:
        """The findings that keep a unit from the outcome: of a worse one, and those that a rule with such a finding counts by a
        tag, whatever they give themselves."""
        worse = ", ".join(map(literal, self.pack.outcomes[self.rank + 1 :])) or "''"
        graph = Graph(self.pack)
        asking = [
            (rule.id, one.id)
            for rule in self.pack.rules
            for fact in graph.behind(rule, counted=False).facts
            if fact.hidden
            for one in graph.counted(fact)
        ]
        if not asking:
            return f"(FROM {self.findings} WHERE outcome IN ({worse}))"
        pairs = ", ".join(f"({literal(rule)}, {literal(one)})" for rule, one in dict.fromkeys(asking))
        asked = f"SELECT g.unit, t.one FROM {self.findings} g JOIN (VALUES {pairs}) AS t(rule, one) ON g.rule = t.rule"
        asked += f" WHERE g.outcome IN ({worse})"
        return f"(FROM {self.findings} AS f WHERE outcome IN ({worse}) OR (unit, rule) IN ({asked}))"

    def ranked(self, progress: Callable[[float], None]) -> Ranked:
        return self._counted(self._all(progress))

    def of_units(self, progress: Callable[[float], None]) -> dict[str, tuple[Need, ...]]:
        """What each unit needs that is not as good as it should be."""
        kinds = self._carried(self._all(progress))
        query = "SELECT unit, list(DISTINCT need ORDER BY need) FROM unit_needs GROUP BY unit ORDER BY unit"
        return {unit: tuple(kinds[i] for i in of_unit) for unit, of_unit in self.warehouse.rows(query)}

    def _all(self, progress: Callable[[float], None]) -> dict[int, tuple[Need, ...]]:
        """What every finding needs; one record stands for all of its situation."""
        first = ", ".join(f"arg_min({column}, file_row_number)" for column in ('"table"', "record", "unit"))
        counted = ", ".join(literal(r.id) for r in self.pack.rules if self.pack.not_counted(r) is None) or "''"
        query = f"SELECT finding, any_value(rule), {first} FROM {self.wanted} WHERE rule IN ({counted}) GROUP BY 1 ORDER BY 1"
        wanted = [(finding, rule, (table, record), unit) for finding, rule, table, record, unit in self.warehouse.rows(query)]
        records = self._records({unit for *_, unit in wanted if unit is not None})
        now = self._found_on({record for _, _, record, _ in wanted})
        changes: dict[str, Changes] = {}
        found: dict[int, tuple[Need, ...]] = {}
        lost = self._lost()
        for i, (finding, rule, record, unit) in enumerate(wanted):
            progress(i / len(wanted))
            if unit is None or finding in lost:
                found[finding] = (Need("lost" if finding in lost else "hindered", record[0], rule),)
                continue
            try:
                self.clock.next()
                if unit not in changes:
                    changes[unit] = Changes(self.pack, records[unit], self.by, self.clock)
                found[finding] = self._need(changes[unit], records[unit], self.pack.by_id[rule], record[1], now[record])
            except OutOfTime:
                found[finding] = (Need("open", record[0], rule),)
        return found

    def _lost(self) -> set[int]:
        """The findings of which nobody can say what they need, before what was lost is handed in readably."""
        source = f"read_parquet({path_literal(self.folder / 'decisions.parquet')})"
        query = f"SELECT finding, rule, situation FROM {source} WHERE finding IS NOT NULL AND contains(situation, 'l')"
        return {
            finding for finding, rule, values in self.warehouse.rows(query) if logic.lost(self.pack.by_id[rule], tuple(values))
        }

    def _found_on(self, records: set[tuple[str, str]]) -> dict[tuple[str, str], set[str]]:
        """The rules found on some records, named by table and key."""
        found: dict[tuple[str, str], set[str]] = {record: set() for record in records}
        columns = {name: pa.array([one[i] for one in records], pa.string()) for i, name in enumerate(("table", "record"))}
        self.warehouse.load("wanted", pa.table(columns))
        query = f'SELECT "table", record, rule FROM {self.findings} SEMI JOIN wanted USING ("table", record)'
        for table, record, rule in self.warehouse.rows(query):
            found[table, record].add(rule)
        return found

    def _records(self, units: set[str]) -> dict[str, dict[str, list[dict[str, Value]]]]:
        """All records of some units."""
        load(self.folder, self.whole, sorted(units), self.warehouse)
        found: dict[str, dict[str, list[dict[str, Value]]]] = {unit: {} for unit in units}
        for table, definition in ((t, self.pack.tables[t]) for t in self.pack.top_down()):
            columns = ", ".join(["CAST(_unit AS VARCHAR)", *map(quoted, definition.fields)])
            source = quoted(f"records_{table}")
            if facts := [quoted(fact.id) for fact in of_others(self.whole) if fact.table == table]:
                source += f" JOIN (SELECT _row, {', '.join(facts)} FROM {quoted(f'judged_{table}')}) USING (_row)"
            for unit, *values in self.warehouse.rows(f"SELECT {columns} FROM {source} ORDER BY _row"):
                found[unit].setdefault(table, []).append(dict(zip(definition.fields, values, strict=True)))
        return found

    def _need(self, changes: Changes, records: Records, rule: CheckedRule, record: str, now: set[str]) -> tuple[Need, ...]:
        """What a record, named by its key, needs so that the rule is not found on it. `now`: the rules that are."""
        key = self.pack.tables[rule.table].key
        own = next((row for row in records[rule.table] if str(row[key]) == record), None)
        if own is None:  # without a key
            return (Need("hindered", rule.table, rule.id),)
        settling = changes.settling(records, rule, own, now)
        if settling is not None:
            return tuple(sorted(Need("altered" if altered else "filled", table, id_) for table, id_, altered in settling))
        counted = sorted(table for table, name in changes.rests_on[rule.id] if not name)
        return tuple(Need("added", table, "") for table in counted) or (Need("hindered", rule.table, rule.id),)

    def _carried(self, needs: Mapping[int, tuple[Need, ...]]) -> list[Need]:
        """Carry the needs back to the units: `flagged`, and `unit_needs`, by the places of the needs in what is given."""
        pack, warehouse = self.pack, self.warehouse
        kinds = sorted({need for of_finding in needs.values() for need in of_finding})
        numbers = {need: i for i, need in enumerate(kinds)}
        worse = ", ".join(map(literal, pack.outcomes[self.rank + 1 :])) or "''"
        key = quoted(pack.tables[pack.root].key)
        source = f"read_parquet({path_literal(self.folder / 'verdicts.parquet')})"
        warehouse.create("flagged", f"SELECT CAST({key} AS VARCHAR) AS unit FROM {source} WHERE verdict IN ({worse})")
        pairs = [(finding, numbers[need]) for finding, of_finding in needs.items() for need in of_finding]
        columns = {name: pa.array([pair[i] for pair in pairs], pa.int32()) for i, name in enumerate(("finding", "need"))}
        warehouse.load("needs", pa.table(columns))
        source = f"{self.wanted} JOIN needs USING (finding) SEMI JOIN flagged USING (unit)"
        warehouse.create("unit_needs", f"SELECT DISTINCT unit, need FROM {source}")
        return kinds

    def _counted(self, needs: Mapping[int, tuple[Need, ...]]) -> Ranked:
        """Carry the needs back to the units, and count."""
        kinds, warehouse = self._carried(needs), self.warehouse
        [(flagged,)] = warehouse.rows("SELECT count(*) FROM flagged")
        sets = warehouse.rows(
            f"""SELECT needs, count(*) FROM (SELECT unit, list_sort(list(DISTINCT need)) AS needs FROM unit_needs GROUP BY unit)
            GROUP BY needs ORDER BY count(*) DESC, len(needs), needs LIMIT {MOST_SETS}"""
        )
        aside = ("hindered", "open", "lost")
        hindering, left, lost = ({i for i, need in enumerate(kinds) if need.kind == kind} for kind in aside)
        free = [(frozenset(needs), n) for needs, n in sets if not (hindering | left | lost) & set(needs)]
        lines, together = [], frozenset[int]()
        for chosen, n in free:
            together |= chosen
            lines.append(Line(tuple(kinds[i] for i in sorted(chosen)), n, sum(m for other, m in free if other <= together)))
            if len(lines) == MOST_LINES:
                break
        first = sum(n for needs, n in sets if lost & set(needs))
        hindered = sum(n for needs, n in sets if hindering & set(needs) and not lost & set(needs))
        open_ = sum(n for needs, n in sets if left & set(needs) and not (hindering | lost) & set(needs))
        named = tuple(sorted(kinds[i].name for i in hindering)) if hindered else ()
        return Ranked(flagged, tuple(lines), hindered, named, open=open_, lost=first)
