"""A review -> which changes would free most of its flagged units.

In: a review and an outcome. Out: sets of changes, each with the number of units that it would bring to that outcome. What is
needed is worked out once for every situation of a rule, on one record that has it, and carried back to all records by SQL, as
verdicts are: however many units there are, there are only some hundreds of situations. What a rule needs is worked out as if
nothing were found on the records of other tables, as these are worked out by themselves. The review's records are judged once
more, as a review keeps no situations.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from lookback.judging.judge import Judgement, judge
from lookback.judging.program import Step
from lookback.language.types import Value
from lookback.packs.checked import CheckedPack, CheckedRule
from lookback.proving.changes import Changes, Records
from lookback.reviews.folder import Review, pack_of, reading
from lookback.warehouse.duckdb import DuckDB, literal, path_literal, quoted

MOST_LINES = 200
MOST_SETS = 20_000
"""Distinct sets of changes that are ranked; the rarest beyond are left out of the running totals."""


@dataclass(frozen=True, order=True)
class Need:
    """A kind of change: a field filled in or altered, records added, or (hindered) a rule that nothing settles."""

    kind: Literal["filled", "altered", "added", "hindered"]
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
    """`hindered`: how many flagged units have findings that no change settles, and the rules."""

    flagged: int
    lines: tuple[Line, ...]
    hindered: int
    hindering: tuple[str, ...]


def fix_all(
    review: Review, target: str, by: Sequence[str] = (), progress: Callable[[float], None] = lambda share: None
) -> Ranked:
    """Rank the changes that would bring the units of a review to the verdict `target` or a better one.

    Raises UsageError where the review's files are not what it was written with.
    """
    pack = pack_of(review)
    rank = pack.outcomes.index(target)
    with tempfile.TemporaryDirectory(prefix="lookback-") as folder:
        warehouse = DuckDB(Path(folder))
        try:
            with reading(review.folder):
                _records(pack, review.folder, warehouse)
            judged = judge(pack, warehouse, "en", review.decider)
            finder = _Needs(pack, judged, warehouse, rank, by)
            needs = finder.all(progress)
            with reading(review.folder):
                return _ranked(pack, review.folder, warehouse, judged, needs, rank)
        finally:
            warehouse.close()


def _records(pack: CheckedPack, folder: Path, warehouse: DuckDB) -> None:
    """The review's records, as `judge` wants them."""
    for table in pack.top_down():
        definition, parent_key = pack.tables[table], pack.parent_key(table)
        source = f"read_parquet({path_literal(folder / 'records' / f'{table}.parquet')}, file_row_number = true)"
        fields = ", ".join(f"c.{quoted(id_)}" for id_ in definition.fields)
        unit, parent = f"c.{quoted(definition.key)}", ""
        if parent_key is not None:
            unit, parent = "p._unit", f"JOIN {quoted(f'records_{definition.belongs_to}')} AS p USING ({quoted(parent_key)})"
        query = f"SELECT c.file_row_number AS _row, {unit} AS _unit, {fields} FROM {source} AS c {parent} ORDER BY _row"
        warehouse.create(f"records_{table}", query)


def _found(step: Step) -> str:
    """The records of a step with their findings."""
    words = " AND ".join(f"s.w{w} = j.w{w}" for w in range(step.words))
    s, j, f, d = (f"{kind}_{step.number} AS {kind[0]}" for kind in ("state", "judged", "found", "decisions"))
    return f"{s} JOIN {j} ON {words} JOIN {f} USING (_sig) JOIN {d} USING (_finding)"


class _Needs:
    """What each finding of each situation needs."""

    def __init__(self, pack: CheckedPack, judged: Judgement, warehouse: DuckDB, rank: int, by: Sequence[str]) -> None:
        self.pack, self.judged, self.warehouse, self.rank, self.by = pack, judged, warehouse, rank, by

    def all(self, progress: Callable[[float], None]) -> dict[int, dict[int, tuple[Need, ...]]]:
        """For every step, and every finding in it, what it needs; one record stands for all of a situation."""
        wanted: list[tuple[Step, CheckedRule, int, Any]] = []
        for step in (s for s in self.judged.plan.steps if s.rules):
            rules, places = {rule.id: rule for rule in step.rules}, {o: i for i, o in enumerate(self.pack.outcomes)}
            query = f"SELECT d._rule, d._outcome, d._finding, min(s._row) FROM {_found(step)} GROUP BY ALL ORDER BY d._finding"
            for rule, outcome, finding, row in self.warehouse.rows(query):
                if places[outcome] > self.rank:
                    wanted.append((step, rules[rule], finding, row))
        units = self._units({(step.table, row) for step, _, _, row in wanted})
        records = self._of_units(set(units.values()))
        now = self._found_on({(step.table, row) for step, _, _, row in wanted})
        found: dict[int, dict[int, tuple[Need, ...]]] = {}
        changes: dict[Value, Changes] = {}
        for i, (step, rule, finding, row) in enumerate(wanted):
            progress(i / len(wanted))
            unit = units[step.table, row]
            if unit not in changes:
                changes[unit] = Changes(self.pack, records[unit], self.by)
            found.setdefault(step.number, {})[finding] = self._need(changes[unit], records[unit], rule, row, now[step.table, row])
        return found

    def _found_on(self, rows: set[tuple[str, int]]) -> dict[tuple[str, int], set[str]]:
        """The rules found on the records of some rows, as the engine decided."""
        found: dict[tuple[str, int], set[str]] = {row: set() for row in rows}
        for step in (s for s in self.judged.plan.steps if s.rules):
            listed = ", ".join(str(row) for table, row in sorted(rows) if table == step.table) or "NULL"
            for row, rule in self.warehouse.rows(f"SELECT s._row, d._rule FROM {_found(step)} WHERE s._row IN ({listed})"):
                found[step.table, row].add(rule)
        return found

    def _units(self, rows: set[tuple[str, int]]) -> dict[tuple[str, int], Value]:
        found: dict[tuple[str, int], Value] = {}
        for table in {table for table, _ in rows}:
            listed = ", ".join(str(row) for t, row in sorted(rows) if t == table)
            query = f"SELECT _row, _unit FROM {quoted(f'records_{table}')} WHERE _row IN ({listed})"
            found |= {(table, row): unit for row, unit in self.warehouse.rows(query)}
        return found

    def _of_units(self, units: set[Value]) -> dict[Value, dict[str, list[dict[str, Value]]]]:
        """All records of some units, each with its `_row`."""
        found: dict[Value, dict[str, list[dict[str, Value]]]] = {unit: {} for unit in units}
        listed = (
            ", ".join(str(unit) if isinstance(unit, int) else literal(str(unit)) for unit in sorted(units, key=str)) or "NULL"
        )
        for table in self.pack.top_down():
            columns = ["_unit", "_row", *self.pack.tables[table].fields]
            source = f"{quoted(f'records_{table}')} WHERE _unit IN ({listed}) ORDER BY _row"
            query = f"SELECT {', '.join(map(quoted, columns))} FROM {source}"
            for unit, *values in self.warehouse.rows(query):
                found[unit].setdefault(table, []).append(dict(zip(columns[1:], values, strict=True)))
        return found

    def _need(self, changes: Changes, records: Records, rule: CheckedRule, row: int, now: set[str]) -> tuple[Need, ...]:
        """What the record of a row needs so that the rule is not found on it. `now`: the rules that are."""
        own = next(record for record in records[rule.table] if record["_row"] == row)
        settling = changes.settling(records, rule, own, now)
        if settling is not None:
            return tuple(sorted(Need("altered" if altered else "filled", table, id_) for table, id_, altered in settling))
        counted = sorted(table for table, name in changes.rests_on[rule.id] if not name)
        return tuple(Need("added", table, "") for table in counted) or (Need("hindered", rule.table, rule.id),)


def _ranked(
    pack: CheckedPack,
    folder: Path,
    warehouse: DuckDB,
    judged: Judgement,
    needs: Mapping[int, Mapping[int, tuple[Need, ...]]],
    rank: int,
) -> Ranked:
    """Carry the needs back to the units, and count."""
    kinds = sorted({need for of_step in needs.values() for of_finding in of_step.values() for need in of_finding})
    numbers = {need: i for i, need in enumerate(kinds)}
    root = pack.tables[pack.root]
    worse = ", ".join(literal(outcome) for outcome in pack.outcomes[rank + 1 :]) or "''"
    source = f"read_parquet({path_literal(folder / 'verdicts.parquet')})"
    warehouse.create("flagged", f"SELECT {quoted(root.key)} AS unit FROM {source} WHERE verdict IN ({worse})")
    warehouse.run("CREATE TEMP TABLE needs (step INTEGER, finding INTEGER, need INTEGER)")
    rows = [
        f"({step}, {finding}, {numbers[need]})"
        for step, of_step in needs.items()
        for finding, of_finding in of_step.items()
        for need in of_finding
    ]
    if rows:
        warehouse.run(f"INSERT INTO needs VALUES {', '.join(rows)}")
    warehouse.run("CREATE TEMP TABLE unit_needs AS SELECT unit, 0 AS need FROM flagged WHERE false")
    for step in (s for s in judged.plan.steps if s.rules and s.number in needs):
        warehouse.run(
            f"""INSERT INTO unit_needs SELECT DISTINCT r._unit, n.need FROM {_found(step)}
            JOIN {quoted(f"records_{step.table}")} AS r ON r._row = s._row SEMI JOIN flagged AS g ON r._unit = g.unit
            JOIN needs AS n ON n.finding = f._finding AND n.step = {step.number}"""
        )
    [(flagged,)] = warehouse.rows("SELECT count(*) FROM flagged")
    sets = warehouse.rows(
        f"""SELECT needs, count(*) FROM (SELECT unit, list_sort(list(DISTINCT need)) AS needs FROM unit_needs GROUP BY unit)
        GROUP BY needs ORDER BY count(*) DESC, len(needs), needs LIMIT {MOST_SETS}"""
    )
    hindering = {numbers[need] for need in kinds if need.kind == "hindered"}
    free = [(frozenset(needs), n) for needs, n in sets if not hindering & set(needs)]
    lines, together = [], frozenset[int]()
    for chosen, n in free:
        together |= chosen
        lines.append(Line(tuple(kinds[i] for i in sorted(chosen)), n, sum(m for other, m in free if other <= together)))
        if len(lines) == MOST_LINES:
            break
    hindered = sum(n for needs, n in sets if hindering & set(needs))
    return Ranked(flagged, tuple(lines), hindered, tuple(sorted(kinds[i].name for i in hindering)))
