"""A check sheet a drawn unit: what it claims, what is open and why, and the rows that inspectors fill in.

In: a review and a draw of it. Out: a `CheckSheet` a unit. What is filled in comes back as an input of `check` beside the units'
own records: rows with the key of a record and the fields by inspectors, which add to that record; of a table that is mostly
theirs one new row, whose key is the draw's and the unit's; and rows that they add where there is something to add, as an empty
one would be a record, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from lookback.inspection.drawing import Chosen
from lookback.inspection.folder import DrawFolder, judged_of
from lookback.language.types import Type, Value
from lookback.packs.checked import CheckedPack
from lookback.place import temporary
from lookback.reviews.flagged import Finding, said_in
from lookback.reviews.folder import READ, Review, load, lost_of, reading, rows_of
from lookback.warehouse.duckdb import DuckDB, literal, path_literal, quoted
from lookback.words.errors import UsageError

FINDINGS = "findings.parquet"
Record = Mapping[str, Value]


@dataclass(frozen=True)
class ToFill:
    """Rows of a table that inspectors fill in: its fields that stand there, and what is known of each row. `added`: there is none
    yet, and this is what is known of the first one that they add."""

    table: str
    fields: tuple[str, ...]
    rows: tuple[Record, ...]
    added: Record | None = None


@dataclass(frozen=True)
class Open:
    """A finding. `record`: the key of the record that it is on, None where that is the unit itself."""

    rule: str
    clause: str | None
    table: str
    record: str | None
    status: str
    outcome: str
    reason: str


@dataclass(frozen=True)
class CheckSheet:
    """`about`: the unit's own record. `claims`: table -> the records that there are of it."""

    chosen: Chosen
    about: Record
    claims: Mapping[str, tuple[Record, ...]]
    open: tuple[Open, ...]
    to_fill: tuple[ToFill, ...]


def asked_of_inspectors(pack: CheckedPack, table: str) -> tuple[str, ...]:
    """The fields of a table that inspectors answer."""
    return tuple(id_ for id_, field in pack.tables[table].stored.fields.items() if field.by == "inspector")


def is_theirs(pack: CheckedPack, table: str) -> bool:
    """Whether records of a table are made on visits: it belongs to the units, and most of its fields but for keys are theirs."""
    others = [id_ for id_ in pack.tables[table].stored.fields if id_ not in pack.keys(table)]
    return pack.tables[table].belongs_to == pack.root and 2 * len(asked_of_inspectors(pack, table)) > len(others)


def is_added_to(pack: CheckedPack, table: str) -> bool:
    """Whether inspectors add records of a table where there is something to record: they say what people call one."""
    return pack.tables[table].belongs_to == pack.root and pack.tables[table].label in asked_of_inspectors(pack, table)


def sheets(review: Review, drawn: DrawFolder, lang: str) -> list[CheckSheet]:
    """The sheets of the units that were drawn, but for those that could not be judged: they have no key. Raises UsageError where
    the draw is not of this review."""
    if review.summary["sha256"] != drawn.protocol["review"]["sha256"]:
        raise UsageError("draw-of-other-review", folder=str(drawn.folder), review=str(review.folder))
    pack = review.pack()
    chosen = judged_of(drawn, review)
    keys = [c.unit.key for c in chosen]
    with loaded(review, keys) as warehouse:
        records = {table: records_of(pack, table, warehouse) for table in pack.top_down()}
        found = open_findings(review, keys, warehouse, lang)
    return [_sheet(one, drawn.id, pack, records, found.get(one.unit.key, [])) for one in chosen]


@contextmanager
def loaded(review: Review, keys: Sequence[str]) -> Iterator[DuckDB]:
    """A warehouse with the records of some units of a review, as `load` has them. Raises UsageError where the review is not as it
    was written."""
    review.require(*READ)
    with temporary() as work, closing(DuckDB(Path(work), threads=1)) as warehouse, reading(review.folder):
        load(review.folder, review.pack(), keys, warehouse)
        yield warehouse


def records_of(pack: CheckedPack, table: str, warehouse: DuckDB, *, judged: bool = False) -> dict[str, list[dict[str, Value]]]:
    """A unit's key -> its records of a table. `judged`: with their facts and verdicts."""
    columns = [f"r.{quoted(id_)}" for id_ in pack.tables[table].stored.fields]
    source = f"{quoted(f'records_{table}')} r"
    if judged:
        facts = [f.id for f in pack.facts_of(table) if f.id in warehouse.columns(f"judged_{table}")]
        columns += [f"j.{quoted(id_)}" for id_ in (*facts, "verdict")]
        source += f" JOIN {quoted(f'judged_{table}')} j USING (_row)"
    found: dict[str, list[dict[str, Value]]] = {}
    query = f"SELECT CAST(r._unit AS VARCHAR) AS _unit_, {', '.join(columns)} FROM {source} ORDER BY r._row"
    for row in rows_of(warehouse, query):
        found.setdefault(str(row.pop("_unit_")), []).append(row)
    return found


def open_findings(review: Review, keys: Sequence[str], warehouse: DuckDB, lang: str) -> dict[str, list[Open]]:
    """A unit's key -> what is open: the findings that count, in the order of the review, of units that were loaded. Their reasons
    are said anew where the review is in another language than `lang`."""
    pack = review.pack()
    counted = ", ".join(literal(rule.id) for rule in pack.rules if pack.not_counted(rule) is None) or "NULL"
    source = f"read_parquet({path_literal(review.folder / FINDINGS)}, file_row_number = true)"
    columns = 'f.unit, f.rule, f.clause, f."table", f.record, f.status, f.outcome, f.reason, f.finding'
    query = f"""SELECT {columns} FROM {source} f SEMI JOIN units_to_load u ON u.unit = f.unit
        WHERE f.rule IN ({counted}) ORDER BY f.file_row_number"""
    rows = warehouse.rows(query)
    said = [reason for *_, reason, _ in rows]
    if review.summary["language"] != lang:
        on = [Finding(table, record, unit, finding) for unit, _, _, table, record, *_, finding in rows]
        said = said_in(lang, pack, on, warehouse, lost_of(review.folder, review.summary))
    found: dict[str, list[Open]] = {key: [] for key in keys}
    for (unit, rule, clause, table, record, status, outcome, *_), why in zip(rows, said, strict=True):
        found[unit].append(Open(rule, clause, table, None if table == pack.root else record, status, outcome, why))
    return found


def _sheet(
    one: Chosen, draw: str, pack: CheckedPack, records: Mapping[str, Mapping[str, Sequence[Record]]], found: Sequence[Open]
) -> CheckSheet:
    unit, claims, to_fill = one.unit.key, {}, []
    for table, definition in pack.tables.items():
        if definition.reference:  # of no unit
            continue
        asked, keys = asked_of_inspectors(pack, table), pack.keys(table)
        own = tuple(records[table].get(unit, ()))
        if own and table != pack.root:
            claims[table] = own
        added = is_added_to(pack, table)
        if table != pack.root and definition.not_counted is not None and pack.rules_for(table):  # what those who inspect owe
            continue
        if added or is_theirs(pack, table):
            parent, key = pack.keys(pack.root), definition.fields.get(definition.key)
            given: dict[str, Value] = {k: records[pack.root][unit][0][k] for k in parent if k in definition.fields}
            if key is not None and key.type is Type.TEXT:
                given[definition.key] = f"{draw}-{unit}-1" if added else f"{draw}-{unit}"
            to_fill.append(ToFill(table, tuple(definition.columns), () if added else (given,), given if added else None))
            continue
        with_key = tuple(record for record in own if all(record[k] is not None for k in keys if k in record))
        if asked and with_key and definition.key in keys:
            label = (definition.label,) if definition.label and definition.label not in (*keys, *asked) else ()
            told = (*keys, *label)
            rows = tuple({name: record[name] for name in told} for record in with_key)
            to_fill.append(ToFill(table, (*told, *asked), rows))
    about = records[pack.root][unit][0]
    return CheckSheet(one, about, claims, tuple(found), tuple(to_fill))
