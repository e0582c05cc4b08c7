"""A review and an audience -> what it is told, and nothing else.

In: a review, a `Circle`. Out: a `Publication`, of which files are made without another look at the review. What it is told of a
unit: the fields that are for it, the verdict, and of the rules that are for it which outcome they give. Everything stands in an
order that follows from this alone; records are counted where they are told, and called by what is told of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from lookback.language.types import Column, Value, text_of
from lookback.packs.checked import NOT_JUDGED, CheckedPack, Named
from lookback.packs.checks.terms import day_due
from lookback.packs.params import review_day
from lookback.place import temporary
from lookback.publishing.audience import Circle
from lookback.publishing.counting import Counted, in_full, published
from lookback.reviews.flagged import Finding, condition, said_in
from lookback.reviews.folder import Review, load, reading, rows_of
from lookback.warehouse.duckdb import DuckDB, literal, path_literal, quoted
from lookback.words import say
from lookback.words.errors import UsageError
from lookback.words.shown import one_line

VERDICTS, FINDINGS = "verdicts.parquet", "findings.parquet"


@dataclass(frozen=True)
class Found:
    """What is not in order, on the unit itself (`record` is None) or on `n` records that are called so. `reason`: None where the
    audience is not told why."""

    rule: str
    outcome: str
    table: str
    record: str | None
    n: int
    reason: str | None


@dataclass(frozen=True)
class UnitTold:
    """`name`: what it is called, as far as that is told; `values`: of the fields of the units, as texts. `key` is for files and
    searches, and stands in nothing that is published by itself: None where it is not told."""

    key: str | None
    name: str | None
    values: tuple[str, ...]
    verdict: str
    found: tuple[Found, ...] = ()


@dataclass(frozen=True)
class Publication:
    """`fields`: what is told of the units, by id. `outcomes`: those that verdicts have, from worst to best. `due`: the day by
    which what has an outcome is to be put right. `day`: of the review, where the pack has one."""

    circle: Circle
    lang: str
    fields: tuple[str, ...]
    outcomes: tuple[str, ...]
    units: tuple[UnitTold, ...]
    counts: tuple[Counted, ...]
    due: Mapping[str, date]
    day: date | None

    @property
    def empty(self) -> Publication:
        """The same of no unit: what is left are the words of the pack and of lookback."""
        return replace(self, units=(), counts=())


@dataclass(frozen=True)
class Told:
    """A publication; and the keys of the units that it is of, in their order, by which the search knows what is public: "" where
    one has none."""

    publication: Publication
    keys: tuple[str, ...]


def told(review: Review, circle: Circle, lang: str) -> Told:
    """Raises UsageError where there is nobody of whom the audience is told, or the review is not as it was written."""
    review.require("verdicts.parquet", "findings.parquet", "decisions.parquet", "judged/", "records/", "problems.csv")
    pack, root = circle.pack, circle.pack.root
    names = Named(pack, lang, titles=True)
    fields = circle.tables.get(root, ())
    with temporary() as work, closing(DuckDB(Path(work), threads=1)) as warehouse, reading(review.folder):
        rows = _units(review.folder, circle, fields, names, warehouse)
        keys = sorted(key for key, *_ in rows if key is not None)
        found: Mapping[str, tuple[Found, ...]] = {}
        if circle.at_least("findings"):
            found = _found(review, circle, keys, lang, warehouse)
    keyed = [
        (
            key or "",
            UnitTold(
                key=key if pack.tables[root].key in fields else None,
                name=_called(pack, root, fields, values, names),
                values=tuple(names_of(names, root, f, v) for f, v in zip(fields, values, strict=True)),
                verdict=verdict,
                found=found.get(key or "", ()),
            ),
        )
        for key, verdict, values in rows
    ]
    keyed.sort(key=lambda of: (of[1].values, of[1].verdict, str(of[1].found)))
    units = [unit for _, unit in keyed]
    outcomes = (*pack.outcomes[::-1], *([NOT_JUDGED] if any(u.verdict == NOT_JUDGED for u in units) else []))
    by = _grouped(circle, fields)
    tables = {field: _counted(units, fields.index(field), outcomes) for field in by}
    listed = circle.at_least("verdicts")
    counts = in_full(tables, len(outcomes)) if listed else published(tables, len(outcomes), circle.audience.smallest)
    day = review_day(pack.params)
    publication = Publication(
        circle=circle,
        lang=lang,
        fields=fields,
        outcomes=outcomes,
        units=tuple(units) if listed else (),
        counts=tuple(counts),
        due={o: due for o in pack.outcomes if day is not None and (due := day_due(pack, o, day)) is not None},
        day=day,
    )
    return Told(publication, tuple(key for key, _ in keyed))


def _grouped(circle: Circle, fields: Sequence[str]) -> list[str]:
    """The fields by which units are counted: those by which the office groups them, as far as they are told; else of such an
    audience that is told nothing but counts all that it is told."""
    by = [field for field in circle.pack.pack.header.groups if field in fields]
    return by or ([] if circle.at_least("verdicts") else [*fields])


def _counted(units: Iterable[UnitTold], at: int, outcomes: Sequence[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for unit in units:
        found.setdefault(unit.values[at], [0] * len(outcomes))[outcomes.index(unit.verdict)] += 1
    return dict(sorted(found.items()))


def names_of(names: Named, table: str, field: str, value: Value) -> str:
    """A value as it is told; "" where there is none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return say(names.lang, "form.yes" if value else "form.no")
    return one_line(names.value(value, Column(table, field)))


# ------------------------------------------------------------------------------------------------------------- the units


def _units(
    folder: Path, circle: Circle, fields: Sequence[str], names: Named, warehouse: DuckDB
) -> list[tuple[str | None, str, tuple[Value, ...]]]:
    """The key, the verdict and the fields of each unit of which the audience is told."""
    pack, audience, root = circle.pack, circle.audience, circle.pack.tables[circle.pack.root]
    source = f"read_parquet({path_literal(folder / VERDICTS)})"
    meets = "true" if audience.units is None else f"({condition(audience.units, pack, 'audiences').sql(dialect='duckdb')})"
    by = "NULL" if audience.by is None else quoted(audience.by)
    label = "NULL" if root.label is None or not circle.of_one else f"CAST({quoted(root.label)} AS VARCHAR)"
    columns = ["", *map(quoted, fields)]
    asked = f"CAST({quoted(root.key)} AS VARCHAR), verdict, {by}, {label}{', '.join(columns)}"
    rows = warehouse.rows(f"SELECT {asked} FROM {source} WHERE {meets}")
    if circle.value is not None:
        by_value = [row for row in rows if row[2] is not None and text_of(row[2]) == circle.value]
        column = Column(circle.pack.root, str(audience.by))
        by_value = by_value or [row for row in rows if row[2] is not None and names.value(row[2], column) == circle.value]
        rows = by_value or [row for row in rows if row[3] is not None and row[3] == circle.value]
        if len(rows) > 1 and circle.of_one:
            raise UsageError("several-units", unit=circle.value, n=len(rows), keys=", ".join(sorted(str(row[0]) for row in rows)))
    if not rows and circle.value is not None:
        raise UsageError("audience-of-nobody", name=circle.name, value=circle.value)
    return [(key, verdict, tuple(values)) for key, verdict, _, _, *values in rows]


def _called(
    pack: CheckedPack, table: str, fields: Sequence[str], values: Sequence[Value], names: Named, but: Iterable[str] = ()
) -> str | None:
    """What a record is called by the fields that are told of it: its key (`but` what is above it is called by), its label."""
    definition = pack.tables[table]
    wanted = [f for f in dict.fromkeys((*(definition.parts or (definition.key,)), definition.label)) if f is not None]
    said = [names_of(names, table, f, values[fields.index(f)]) for f in wanted if f in fields and f not in [*but]]
    return " ".join(text for text in said if text) or None


# ---------------------------------------------------------------------------------------------------------- the findings


def _found(review: Review, circle: Circle, keys: Sequence[str], lang: str, warehouse: DuckDB) -> dict[str, tuple[Found, ...]]:
    """What was found with each unit, by its key, as far as the audience is told of it: the worst first, then as the pack has the
    rules."""
    pack, names = circle.pack, Named(circle.pack, lang, titles=True)
    load(review.folder, pack, keys, warehouse)
    called = {table: _records(circle, table, names, warehouse) for table in circle.tables if table != pack.root}
    rules = ", ".join(literal(rule.id) for rule in circle.rules) or "NULL"
    source = f"read_parquet({path_literal(review.folder / FINDINGS)}, file_row_number = true)"
    rows = warehouse.rows(
        f"""SELECT f.unit, f.rule, f.outcome, f."table", f.record, f.finding FROM {source} f
        SEMI JOIN units_to_load u ON u.unit = f.unit WHERE f.rule IN ({rules}) ORDER BY f.file_row_number"""
    )
    why: list[str | None] = [None] * len(rows)
    if circle.at_least("reasons"):
        hidden = say(lang, "publish.not-published")
        why = [hidden] * len(rows)
        telling = [i for i, row in enumerate(rows) if row[1] in circle.open_rules]
        on = [Finding(rows[i][3], rows[i][4], rows[i][0], rows[i][5]) for i in telling]
        for i, said in zip(telling, said_in(lang, pack, on, warehouse) if on else [], strict=True):
            why[i] = one_line(said)
    n = Counter[tuple[str, str, str, str, str | None, str | None]]()
    for (unit, rule, outcome, table, record, _), reason in zip(rows, why, strict=True):
        n[unit, rule, outcome, table, None if table == pack.root else called[table].get(record, names.table(table)), reason] += 1
    found: dict[str, list[Found]] = {}
    for (unit, rule, outcome, table, named, reason), times in n.items():
        found.setdefault(unit, []).append(Found(rule, outcome, table, named, times, reason))
    place = {rule.id: i for i, rule in enumerate(pack.rules)}
    return {unit: tuple(sorted(of, key=lambda f: _order(f, pack, place))) for unit, of in found.items()}


def _order(found: Found, pack: CheckedPack, place: Mapping[str, int]) -> tuple[int, int, str, str]:
    return -pack.outcomes.index(found.outcome), place[found.rule], found.record or "", found.reason or ""


def _records(circle: Circle, table: str, names: Named, warehouse: DuckDB) -> dict[str, str]:
    """What each record is called, by its key."""
    pack, fields = circle.pack, circle.tables[table]
    key, above = pack.tables[table].key, pack.keys(pack.root)
    asked = ", ".join(
        [f"CAST({quoted(key)} AS VARCHAR) AS _called_", *map(quoted, (f for f in fields if pack.fact(Column(table, f)) is None))]
    )
    found = {}
    for row in rows_of(warehouse, f"SELECT {asked} FROM {quoted(f'records_{table}')}"):
        one = str(row.pop("_called_"))
        called = _called(pack, table, [*row], [*row.values()], names, above)
        found[one] = called or names.table(table)
    return found
