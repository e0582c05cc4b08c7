"""A review -> the units that can be drawn, with what a draw goes by.

In: a review, the names of fields or facts of its units, a condition. Out: a row a unit, in the order of their keys. It draws
nothing. A unit that could not be judged is called by its place.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from lookback.packs.checked import NOT_JUDGED, CheckedPack
from lookback.place import temporary
from lookback.records.read import stored_records
from lookback.reviews.flagged import condition
from lookback.reviews.folder import Review, as_text_sql, called_sql, label_sql, reading
from lookback.warehouse.duckdb import DuckDB, path_literal, quoted
from lookback.words.errors import UsageError, did_you_mean

VERDICTS = "verdicts.parquet"


class Unit(NamedTuple):
    """`stratum`: the values of the fields that the draw is by, as texts, a blank as "". `answers`: how many fields by inspectors
    were answered in its records."""

    key: str
    label: str
    stratum: tuple[str, ...]
    verdict: str
    score: int
    findings: int
    answers: int = 0

    @property
    def judged(self) -> bool:
        return self.verdict != NOT_JUDGED


@dataclass(frozen=True)
class Frame:
    """`units` by key. `outside`: how many the condition leaves out; `open_`: those of them of which it is not known whether they
    meet it, by key."""

    units: tuple[Unit, ...]
    outside: int
    open_: tuple[str, ...]


@contextmanager
def uncollected() -> Iterator[None]:
    """Without looking for garbage: hundreds of thousands of tuples are made, and none of them in a circle."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


@uncollected()
def frame(review: Review, by: Sequence[str] = (), where: str | None = None, option: str = "--where") -> Frame:
    """The units of a review. A unit that could not be judged is there whatever the condition says. `option`: where that was
    typed. Raises UsageError for what is no field or fact of the units, a condition with mistakes, and a review that is not as
    it was written."""
    review.require(VERDICTS, "records/")
    pack = review.pack()
    root = pack.tables[pack.root]
    columns = [_as_text(name, pack) for name in by]
    meets = "true" if where is None else f"({condition(where, pack, option).sql(dialect='duckdb')})"
    with temporary() as work, closing(DuckDB(Path(work), threads=1)) as warehouse, reading(review.folder):
        source = f"read_parquet({path_literal(review.folder / VERDICTS)})"
        there = {name for name, *_ in warehouse.rows(f"DESCRIBE FROM {source}")}
        said = ["verdict", "coalesce(score, 0)::BIGINT", "coalesce(findings, 0)::BIGINT", meets]
        texts = [f"coalesce({sql}, '')" for sql in columns]
        chosen = ", ".join([called_sql(root, there), f"coalesce({label_sql(root)}, '')", *said, *texts])
        rows = warehouse.rows(f"SELECT {chosen} FROM {source}")
        answered = _answered(review, warehouse)
    units, outside, open_ = [], 0, []
    strata: dict[tuple[str, ...], tuple[str, ...]] = {}
    for unit, label, verdict, score, findings, inside, *values in rows:
        if inside or verdict == NOT_JUDGED:
            stratum = tuple(values)
            stratum = strata.setdefault(stratum, stratum)  # the same object for all of it
            units.append(Unit(unit, label, stratum, verdict, score, findings, answered.get(unit, 0)))
        else:
            outside += 1
            if inside is None:
                open_.append(unit)
    return Frame(tuple(sorted(units)), outside, tuple(sorted(open_)))


def _as_text(name: str, pack: CheckedPack) -> str:
    """The SQL of a field or fact of the units, or of their verdict, as a text."""
    meanings = pack.meanings(pack.root)
    known = (*meanings, "verdict")
    if name not in known:
        raise UsageError("by-no-field", name=name, known=", ".join(known), help=did_you_mean(name, known))
    return as_text_sql(name, meanings[name].type if name in meanings else None)


def _answered(review: Review, warehouse: DuckDB) -> dict[str, int]:
    """A unit's key -> how many fields by inspectors are answered in its records. Units without any are left out."""
    pack, counts = review.pack(), []
    for table in pack.top_down():
        definition, parent_key = pack.tables[table].stored, pack.parent_key(table)
        asked = [id_ for id_, field in definition.fields.items() if field.by == "inspector"]
        if not asked and not pack.children(table):
            continue
        source = f"{stored_records(review.folder / 'records', table, definition.fields)} r"
        unit = f"CAST(r.{quoted(definition.key)} AS VARCHAR)"
        if parent_key is not None:
            source += f" JOIN {quoted(f'units_of_{definition.belongs_to}')} p ON p._key = r.{quoted(parent_key)}"
            unit = "p._unit"
        warehouse.view(f"units_of_{table}", f"SELECT r.{quoted(definition.key)} AS _key, {unit} AS _unit FROM {source}")
        if asked:
            each = " + ".join(f"(r.{quoted(id_)} IS NOT NULL)::BIGINT" for id_ in asked)
            counts.append(f"SELECT {unit} AS _unit, {each} AS _n FROM {source}")
    if not counts:
        return {}
    summed = f"SELECT _unit, sum(_n)::BIGINT FROM ({' UNION ALL '.join(counts)}) GROUP BY _unit HAVING sum(_n) > 0"
    return {unit: int(n) for unit, n in warehouse.rows(summed) if unit is not None}
