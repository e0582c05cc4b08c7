"""The reasons of a review's findings in another language than the review's.

In: a review's folder, and findings by table, record, unit and number. Out: a sentence for each, in their order. What a reason is
made of lies in the review: which situation was found (`decisions.parquet`), and the values of the record. Judges nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
from sqlglot import exp

from lookback.judging.reasons import Reasons
from lookback.language.conditions import Truth
from lookback.language.sql import name, written
from lookback.packs.checked import CheckedPack
from lookback.reviews.folder import load
from lookback.warehouse.duckdb import DuckDB, literal, quoted


class Finding(NamedTuple):
    """`finding`: its number in `decisions.parquet`."""

    table: str
    record: str
    unit: str
    finding: int


def said_in(lang: str, folder: Path, pack: CheckedPack, found: Sequence[Finding], warehouse: DuckDB) -> list[str]:
    """Why, of each finding, in `lang`. What was lost with a value, and which siblings a record has, only the review says, in its
    own language: here it is said that something was lost."""
    load(folder, pack, list(dict.fromkeys(f.unit for f in found)), warehouse)
    columns = ("place", *Finding._fields)
    kinds = (pa.int32(), pa.string(), pa.string(), pa.string(), pa.int32())
    rows = list(zip(*((i, *f) for i, f in enumerate(found)), strict=True)) or [()] * len(columns)
    warehouse.load("to_say", pa.table({c: pa.array(r, k) for c, r, k in zip(columns, rows, kinds, strict=True)}))
    decided: dict[str, dict[int, tuple[str, tuple[Truth, ...]]]] = {}
    of_tables = warehouse.rows(
        'SELECT DISTINCT f."table", f.finding, d.rule, d.situation FROM to_say f JOIN decisions d ON d.finding = f.finding'
    )
    for table, finding, rule, values in of_tables:
        decided.setdefault(table, {})[finding] = rule, tuple(values)
    said = [""] * len(found)
    for table in pack.top_down():
        _whole(table, pack, warehouse)
        if table not in decided:
            continue
        record = f"CAST(w.{quoted(pack.tables[table].key)} AS VARCHAR)"
        why = _sentences(Reasons(pack, lang), decided[table])
        query = f"SELECT f.place, {why} FROM {quoted(f'whole_{table}')} AS w JOIN to_say AS f ON f.record = {record}"
        for place, sentence in warehouse.rows(f'{query} WHERE f."table" = {literal(table)}'):
            said[place] = sentence or ""
    return said


def _sentences(reasons: Reasons, decided: Mapping[int, tuple[str, tuple[Truth, ...]]]) -> str:
    """SQL of the sentence of a finding `f` over its record `w`."""
    ifs = [
        exp.If(
            this=exp.Literal.number(finding), true=reasons.sentence(reasons.phrases(reasons.pack.by_id[rule], values).values())
        )
        for finding, (rule, values) in sorted(decided.items())
    ]
    return written(exp.Case(this=name("finding"), ifs=ifs))


def _whole(table: str, pack: CheckedPack, warehouse: DuckDB) -> None:
    """`whole_<table>`: records with their facts, and with what their parents say under `parent.field`."""
    own = quoted(f"records_{table}")
    query = f"SELECT * FROM {own} JOIN {quoted(f'judged_{table}')} USING (_row)"
    parent, key = pack.tables[table].belongs_to, pack.parent_key(table)
    if parent is not None and key is not None:
        above = [c for c in warehouse.columns(f"whole_{parent}") if "." not in c and not c.startswith("_")]
        more = ", ".join(f"p.{quoted(c)} AS {quoted(f'{parent}.{c}')}" for c in above)
        query = (
            f"SELECT r.*, {more} FROM ({query}) AS r JOIN {quoted(f'whole_{parent}')} AS p ON p.{quoted(key)} = r.{quoted(key)}"
        )
    warehouse.view(f"whole_{table}", query)
