"""What lists for people say beside units and findings: what a unit is grouped by, who answers for a finding, and until when.

In: a review's folder, its pack, a warehouse. Out: SQL over its files. What a pack does not say of a table is null.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lookback.language.types import Type
from lookback.packs.checked import CheckedPack
from lookback.records.read import stored_records
from lookback.reviews.folder import kept_of
from lookback.reviews.referred.looking import Looking
from lookback.warehouse.duckdb import DuckDB, literal, path_literal, quoted

GROUP = "_group_"
"""Before the name of a field that units are grouped by."""


def groups_of(pack: CheckedPack) -> tuple[str, ...]:
    """The fields or facts of the units by which lists and counts are grouped."""
    office = pack.pack.header.office
    return office.group_by if office is not None else ()


def names_units(pack: CheckedPack, field: str) -> bool:
    """Whether a field of the units names another unit, as its parent."""
    of = pack.tables[pack.root].columns.get(field)
    return of is not None and of.refers_to is not None and of.refers_to.table == pack.root


def columns_of(pack: CheckedPack, table: str) -> tuple[str | None, str | None]:
    """The fields or facts of a table that say who answers, and until when."""
    definition = pack.tables[table]
    who, until = (definition.answers.who, definition.answers.until) if definition.answers is not None else (None, None)
    if until is None and definition.follow_up is not None:
        until = definition.follow_up.due
    return who, until if until is not None and pack.meanings(table)[until].type is Type.DATE else None


def answers_sql(folder: Path, pack: CheckedPack, listed: str, warehouse: DuckDB) -> str | None:
    """SQL of who answers for the records of the findings in a table of the warehouse, and until when: table, record, who (as a
    text), until. None where the pack says it of none."""
    parts = list(_answers(folder, pack, listed, warehouse))
    return " UNION ALL ".join(parts) or None


def _answers(folder: Path, pack: CheckedPack, listed: str, warehouse: DuckDB) -> Iterator[str]:
    for table in pack.top_down():
        columns = columns_of(pack, table)
        if not any(columns):
            continue
        definition = pack.tables[table]
        facts = {c for c in columns if c is not None and c not in definition.fields}
        plain = [c for c in columns if c is not None and c not in facts]
        if any(c in definition.looked_up for c in plain):
            records = Looking(folder, pack, kept_of(folder), warehouse).records(table)
        else:
            records = stored_records(folder / "records", table, dict.fromkeys((definition.key, *plain)))
        judged = f"read_parquet({path_literal(folder / 'judged' / f'{table}.parquet')})"
        joined = f" JOIN {judged} AS j USING (_row)" if facts else ""
        who, until = ("NULL" if c is None else f"{'j' if c in facts else 'r'}.{quoted(c)}" for c in columns)
        record = f"CAST(r.{quoted(definition.key)} AS VARCHAR)"
        those = f'(SELECT DISTINCT record FROM {listed} WHERE "table" = {literal(table)})'
        yield (
            f'SELECT {literal(table)} AS "table", {record} AS record, any_value(CAST({who} AS VARCHAR)) AS who, '
            f"any_value(CAST({until} AS DATE)) AS until FROM {records} AS r{joined} WHERE {record} IN {those} GROUP BY 2"
        )
