"""What lists for people say beside units and findings: what a unit is grouped by, who answers for a finding and until when; and
what stands on their cover: what the review was, how many units have which verdict, what they owe.

In: a review's folder and its pack. Out: SQL over its files; a `Cover`. What a pack does not say of a table is null.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lookback.language.types import Type, Value
from lookback.packs.checked import CheckedPack
from lookback.records.read import stored_records
from lookback.reviews.folder import called_sql, kept_of, label_sql, reading
from lookback.reviews.referred.looking import Looking
from lookback.warehouse.duckdb import DuckDB, literal, path_literal, quoted

GROUP = "_group_"
"""Before the name of a field that units are grouped by."""


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


# ----------------------------------------------------------------------------------------------------------- the cover

GROUPS_SHOWN = 20


@dataclass(frozen=True)
class Group:
    """Units by what they are grouped by, those with the most flagged ones first: a value (of a field that names another unit its
    label) and how many units have which verdict. `more`: how many values are left out."""

    field: str
    rows: Sequence[tuple[Value, Mapping[str, int]]]
    more: int


@dataclass(frozen=True)
class Cover:
    """`summary`: review.json, or what will be written there. `owing`: how many units have findings of an outcome that count.
    `chosen`: what the list is limited to, in words."""

    summary: Mapping[str, Any]
    groups: Sequence[Group]
    owing: Mapping[str, int]
    chosen: Sequence[str] = ()


def cover_of(folder: Path, pack: CheckedPack, summary: Mapping[str, Any], chosen: Sequence[str] = ()) -> Cover:
    """The cover of the review in `folder`."""
    with closing(DuckDB(None, threads=1)) as warehouse, reading(folder):
        verdicts = f"read_parquet({path_literal(folder / 'verdicts.parquet')})"
        columns = {name for name, *_ in warehouse.rows(f"DESCRIBE FROM {verdicts}")}
        root = pack.tables[pack.root]
        labels = f"SELECT {called_sql(root, columns)} AS _key, {label_sql(root)} AS _label FROM {verdicts}"
        groups = [_group(g, pack, verdicts, labels, warehouse) for g in pack.pack.header.groups]
        counts = ", ".join(f"count(*) FILTER (findings_by_outcome[{literal(o)}] > 0)" for o in pack.outcomes)
        owing = dict(zip(pack.outcomes, warehouse.rows(f"SELECT {counts} FROM {verdicts}")[0], strict=True))
    return Cover(summary, groups, owing, chosen)


def _group(group: str, pack: CheckedPack, verdicts: str, labels: str, warehouse: DuckDB) -> Group:
    counted = f"SELECT {quoted(group)} AS _of, verdict, count(*) AS n FROM {verdicts} GROUP BY ALL"
    value, joined = "_of", ""
    if names_units(pack, group):
        value, joined = "coalesce(_label, CAST(_of AS VARCHAR))", f" LEFT JOIN ({labels}) ON _key = CAST(_of AS VARCHAR)"
    found: dict[Value, dict[str, int]] = {}
    rows = warehouse.rows(f"SELECT {value}, verdict, CAST(sum(n) AS BIGINT) FROM ({counted}){joined} GROUP BY ALL ORDER BY ALL")
    for of, verdict, n in rows:
        found.setdefault(of, {})[verdict] = n
    best = pack.outcomes[0]
    order = sorted(found, key=lambda of: (of is None, found[of].get(best, 0) - sum(found[of].values())))
    return Group(group, [(of, found[of]) for of in order[:GROUPS_SHOWN]], max(0, len(order) - GROUPS_SHOWN))
