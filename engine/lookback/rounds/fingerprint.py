"""What a finding is called from one review to the next.

In: a review's pack and findings. Out: of each finding two short, stable names, 16 hexadecimal digits each:

    finding      which finding it is: its rule, table and record. As long as the record does not meet the rule it is the same.
    fingerprint  the same, and the situation that the record is in: another where it does not meet the rule for another reason.

A record is known by its key, a rule or table by the first of the names under which it stood (`was`), a situation by its
conditions, in the order of their texts, each with its truth; the fields that these name by their first names, too. So neither
another order of records, files, rules or conditions, nor a new name, makes another finding. One of a record without a key, which
is called by its place, has no name: nobody knows what becomes of it.

The names are SHA-256 over lines of UTF-8, of which the record, which may hold anything, is the last, cut to 64 bits.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
from sqlglot import exp

from lookback.language.sql import name, written
from lookback.packs.checked import CheckedPack, CheckedRule
from lookback.warehouse.duckdb import DuckDB, literal, path_literal, quoted

DIGITS = 16
_FINDING, _SITUATION = "finding/v1", "situation/v1"
NAMES = {"named": "_named", "fingerprint": "_print"}
"""A name -> the column of what stands before the record in it."""


class Fingerprints:
    """The names of a pack's findings."""

    def __init__(self, pack: CheckedPack) -> None:
        self.pack = pack

    @cached_property
    def tables(self) -> Mapping[str, str]:
        """A table -> the first of its names."""
        return {table: of.was[0] if of.was else table for table, of in self.pack.tables.items()}

    @cached_property
    def fields(self) -> Mapping[tuple[str, str], str]:
        """A table and field of it -> the first of the field's names."""
        of_tables = self.pack.tables.items()
        return {(table, id_): f.was[0] if f.was else id_ for table, of in of_tables for id_, f in of.fields.items()}

    def rule(self, rule: str) -> str:
        """The first of a rule's names; of one that the pack does not know itself."""
        of = self.pack.by_id.get(rule)
        return of.rule.was[0] if of is not None and of.rule.was else rule

    def finding(self, rule: str, table: str, record: str) -> str:
        return _hashed(_FINDING, self.rule(rule), self.tables.get(table, table), record)

    def fingerprint(self, rule: str, table: str, record: str, situation: str) -> str:
        """`situation`: the truths of the rule's atoms, as `decisions.parquet` writes them: `tfu`."""
        return _hashed(_SITUATION, self.rule(rule), self.tables.get(table, table), self.situation(rule, situation), record)

    def situation(self, rule: str, truths: str) -> str:
        """A situation in one line, the same whatever the order of the conditions and the present names of fields."""
        of = self.pack.by_id[rule]
        said = zip(self.conditions(of), truths, strict=True)
        return "; ".join(sorted(f"{text}: {truth}" for text, truth in said))

    def conditions(self, rule: CheckedRule) -> list[str]:
        def first(node: exp.Expr) -> exp.Expr:
            if not isinstance(node, exp.Column):
                return node
            owner, _, field = node.name.rpartition(".")
            was = self.fields.get((owner or rule.table, field), field)
            return name(f"{self.tables[owner]}.{was}" if owner in self.tables else was)

        return [re.sub(r"\s+", " ", written(atom.sql.transform(first), copy=False)) for atom in rule.atoms]


def _hashed(*lines: str) -> str:
    return sha256("\n".join(lines).encode()).hexdigest()[:DIGITS]


def make_named_findings(folder: Path, pack: CheckedPack, warehouse: DuckDB, view: str) -> None:
    """The findings of the review in `folder` as a view: the columns of findings.parquet, their place `_at`, and `named` and
    `fingerprint`, which are null for records without a key."""
    make_placed_findings(folder, pack, warehouse, f"{view}_placed")
    either = ", ".join(f"CASE WHEN f._known THEN {hashed_sql(f'n.{of}', 'f.record')} END AS {to}" for to, of in NAMES.items())
    source = f"{quoted(f'{view}_placed')} f JOIN {quoted(f'{view}_placed_names')} n USING (finding)"
    warehouse.view(view, f"SELECT f.* EXCLUDE (_known), {either} FROM {source}")


def hashed_sql(before: str, record: str) -> str:
    """SQL of a name, of what stands `before` its record."""
    return f"left(sha256({before} || {record}), {DIGITS})"


def make_placed_findings(folder: Path, pack: CheckedPack, warehouse: DuckDB, view: str) -> None:
    """The findings of the review in `folder` as a view: the columns of findings.parquet, their place `_at`, and whether they have
    names (`_known`), as their record has a key. `<view>_names`: of each `finding` what stands before the record in its names."""
    names = Fingerprints(pack)
    decisions = f"read_parquet({path_literal(folder / 'decisions.parquet')})"
    decided = warehouse.rows(f"SELECT finding, rule, situation FROM {decisions} WHERE finding IS NOT NULL")
    rows: list[tuple[Any, ...]] = [
        (finding, f"{_FINDING}\n{names.rule(rule)}\n{names.tables[pack.by_id[rule].table]}\n", _of(names, rule, situation))
        for finding, rule, situation in decided
    ]
    warehouse.load(f"{view}_names", _table(("finding", "_named", "_print"), (pa.int32(), pa.string(), pa.string()), rows))
    placed = called_by_place(folder, pack, warehouse)
    rows = [(table, record) for table, records in placed.items() for record in records or ()]
    warehouse.load(f"{view}_keyless", _table(("table", "record"), (pa.string(), pa.string()), rows))
    unkeyed = ", ".join(literal(table) for table, records in placed.items() if records is None)
    known = "f.record IS NOT NULL"
    known += f""" AND f."table" NOT IN ({unkeyed})""" if unkeyed else ""
    source = f"read_parquet({path_literal(folder / 'findings.parquet')}, file_row_number = true) f"
    if rows:
        known += " AND k.record IS NULL"
        source += f""" LEFT JOIN {quoted(f"{view}_keyless")} k ON k."table" = f."table" AND k.record = f.record"""
    warehouse.view(view, f"SELECT f.* EXCLUDE (file_row_number), f.file_row_number AS _at, {known} AS _known FROM {source}")


def _of(names: Fingerprints, rule: str, situation: str) -> str:
    table = names.tables[names.pack.by_id[rule].table]
    return f"{_SITUATION}\n{names.rule(rule)}\n{table}\n{names.situation(rule, situation)}\n"


def called_by_place(folder: Path, pack: CheckedPack, warehouse: DuckDB) -> dict[str, list[str] | None]:
    """Of each table that has some the records that are called by their places, as they have no key; None: all."""
    found: dict[str, list[str] | None] = {}
    for table, of in pack.tables.items():
        odd = folder / "records" / f"_lost.{table}.parquet"
        if not of.parts:
            found[table] = None
        elif odd.is_file():
            rows = f"read_parquet({path_literal(odd)})"
            columns = {column for column, *_ in warehouse.rows(f"DESCRIBE FROM {rows}")}
            places = warehouse.rows(f"SELECT _place FROM {rows} WHERE _place IS NOT NULL") if "_place" in columns else []
            if places:
                found[table] = [place for (place,) in places]
    return found


def _table(names: Sequence[str], kinds: Sequence[pa.DataType], rows: Sequence[Sequence[Any]]) -> pa.Table:
    columns = [pa.array([row[i] for row in rows], kind) for i, kind in enumerate(kinds)]
    return pa.table(columns, names=list(names))
