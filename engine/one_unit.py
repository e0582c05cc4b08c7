"""One unit of a review: its records, read from the review folder and judged once more, alone.

In: a review, and a unit's key or label. Out: a warehouse with its records and those below them, and what became of each. What
comes out has to be what the review says, or the run is stopped.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import InternalError, LookbackError, UsageError, did_you_mean
from engine.judge import Judgement
from engine.model import CheckedPack, Value
from engine.review import Review
from engine.sql import literal
from engine.trial import Got, RecordKey, judged
from engine.warehouse.duckdb import Warehouse, path_literal, quoted

Row = Mapping[str, Any]
"""A record as it was judged: fields, and whatever else the review or the engine holds of it."""
MOST_NAMED = 10


@dataclass(frozen=True)
class OneUnit:
    """`verdict`: the unit's row of verdicts.parquet; `got`: what became of each of its records."""

    pack: CheckedPack
    warehouse: Warehouse
    verdict: Row
    judgement: Judgement
    got: Mapping[RecordKey, Got]

    def records(self) -> dict[str, list[dict[str, Value]]]:
        """The typed records of every table."""
        return {
            table: rows_of(
                self.warehouse, f"SELECT {', '.join(map(quoted, d.fields))} FROM {quoted(f'records_{table}')} ORDER BY _row"
            )
            for table, d in self.pack.tables.items()
        }


@contextmanager
def one_unit(review: Review, unit: str, lang: str = "en") -> Iterator[OneUnit]:
    """A unit of a review. `unit`: its key, or its label where only one unit has it.

    Raises UsageError where there is no such unit, or where the review's files are not what it was written with.
    """
    pack = pack_of(review)
    with tempfile.TemporaryDirectory(prefix="lookback-") as folder:
        warehouse = Warehouse(Path(folder))
        try:
            with reading(review):
                verdict = _verdict(review.folder, pack, unit, warehouse)
                findings = _load(review.folder, pack, verdict, warehouse)
            judgement, got = judged(pack, warehouse, lang, review.decider)
            _agree(pack, verdict, findings, got)
            yield OneUnit(pack, warehouse, verdict, judgement, got)
        finally:
            warehouse.close()


def pack_of(review: Review) -> CheckedPack:
    """The pack of a review. Raises UsageError where it is not the one that it was written with."""
    pack = review.pack()
    run = review.summary.get("pack")
    if not isinstance(run, dict) or pack.pack.sha256 != run.get("sha256"):
        raise UsageError("review-pack-changed", folder=str(review.folder))
    return pack


@contextmanager
def reading(review: Review) -> Iterator[None]:
    """Raises UsageError where a file of the review cannot be read, whatever DuckDB says is wrong with it."""
    try:
        yield
    except LookbackError as error:
        if error.code not in ("cannot-write", "warehouse-refused"):
            raise
        raise UsageError("review-not-whole", folder=str(review.folder), why=error.args_["why"]) from error


def rows_of(warehouse: Warehouse, query: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
    """The rows of a query, each by its columns' names."""
    found = warehouse.run(query, parameters)
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


# --------------------------------------------------------------------------------------------------- the review's files


def _verdict(folder: Path, pack: CheckedPack, unit: str, warehouse: Warehouse) -> Row:
    """The unit's row of verdicts.parquet."""
    root = pack.tables[pack.root]
    source = f"read_parquet({path_literal(folder / 'verdicts.parquet')})"
    key = f"CAST({quoted(root.key)} AS VARCHAR)"
    label = f"CAST({quoted(root.label)} AS VARCHAR)" if root.label else key
    found = rows_of(warehouse, f"SELECT * FROM {source} WHERE {key} = ?", [unit.strip()])
    found = found or rows_of(warehouse, f"SELECT * FROM {source} WHERE {label} = ?", [unit.strip()])
    if len(found) == 1:
        return found[0]
    if found:
        keys = [str(row[root.key]) for row in found]
        shown = [*keys[:MOST_NAMED], *(["…"] if len(keys) > MOST_NAMED else [])]
        raise UsageError("several-units", unit=unit, n=len(keys), keys=", ".join(shown))
    near = f"greatest(jaro_winkler_similarity({key}, $unit), jaro_winkler_similarity(coalesce({label}, ''), $unit))"
    query = f"SELECT {key}, {label} FROM {source} ORDER BY {near} DESC, 1 LIMIT {MOST_NAMED}"
    known = [name for row in warehouse.run(query, {"unit": unit}).fetchall() for name in row if name]
    raise UsageError("no-such-unit", unit=unit, help=did_you_mean(unit, known))


def _load(folder: Path, pack: CheckedPack, verdict: Row, warehouse: Warehouse) -> list[dict[str, Any]]:
    """The unit's records, with all below it, into the warehouse as `records_<table>`; its findings."""
    root = pack.tables[pack.root]
    unit = literal(verdict[root.key]).sql(dialect="duckdb")
    for table in pack.top_down():
        definition, parent_key = pack.tables[table], pack.parent_key(table)
        of_unit = f"{quoted(definition.key)} = {unit}"
        if parent_key is not None:
            of_unit = f"{quoted(parent_key)} IN (SELECT {quoted(parent_key)} FROM {quoted(f'records_{definition.belongs_to}')})"
        source = f"read_parquet({path_literal(folder / 'records' / f'{table}.parquet')}, file_row_number = true)"
        fields = ", ".join(map(quoted, definition.fields))
        query = f"SELECT file_row_number AS _row, {unit} AS _unit, {fields} FROM {source} WHERE {of_unit} ORDER BY _row"
        warehouse.create(f"records_{table}", query)
    source = f"read_parquet({path_literal(folder / 'findings.parquet')})"
    return rows_of(
        warehouse, f'SELECT "table", record, rule, status, outcome FROM {source} WHERE unit = ?', [str(verdict[root.key])]
    )


def _agree(pack: CheckedPack, verdict: Row, findings: Sequence[Row], got: Mapping[RecordKey, Got]) -> None:
    """Raises InternalError where the unit judged alone does not come out as in the review."""
    key = verdict[pack.tables[pack.root].key]
    one = got[pack.root, key]
    found = [
        (table, str(record), rule, status, pack.by_id[rule].outcome(status))
        for (table, record), each in got.items()
        for rule, status in each.statuses.items()
        if status in ("unmet", "unknown")
    ]
    other = [name for name, value in one.facts.items() if not _same(value, verdict[name])]
    other += ["verdict"] if one.verdict != verdict["verdict"] else []
    other += ["findings"] if sorted(found) != sorted(tuple(finding.values()) for finding in findings) else []
    if other:
        raise InternalError("explained-otherwise", unit=str(key), what=", ".join(other))


def _same(one: Value, other: Value) -> bool:
    """Sums and averages of fractions depend on the order in which they are added up."""
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9) or (math.isnan(one) and math.isnan(other))
    return one == other


# ------------------------------------------------------------------------------------------------------------- the tree
