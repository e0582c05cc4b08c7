"""A review -> what stands on the cover of its list: what it was, how many units have which verdict, what they owe.

Reads `verdicts.parquet`; judges nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lookback.language.types import Value
from lookback.packs.checked import CheckedPack
from lookback.reviews._answers import groups_of, names_units
from lookback.reviews.folder import called_sql, label_sql, reading
from lookback.warehouse.duckdb import DuckDB, literal, path_literal, quoted

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
        groups = [_group(g, pack, verdicts, labels, warehouse) for g in groups_of(pack)]
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
