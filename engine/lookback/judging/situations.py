"""Which situations of a rule can occur: the combinations of truth values that some record shows.

In: a checked rule and the types of its columns. Out: the situations that a grid of records reaches: for every column its
choices, or the constants that it is compared with and their neighbours, and a blank. A situation that it finds can occur;
one that needs values beyond the grid may be missed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
from sqlglot import exp

from lookback.judging.decider import Deciding
from lookback.language.conditions import Atom, Situation, Status, Truth
from lookback.language.constants import days_later, half_away
from lookback.language.decimals import over
from lookback.language.operators import bound, constant, like_texts
from lookback.language.sql import name
from lookback.language.types import PLACES, TYPES, Column, Type, Value, sets_of, together
from lookback.packs.checked import CheckedPack, CheckedRule
from lookback.place import temporary
from lookback.warehouse import Warehouse
from lookback.warehouse.duckdb import DuckDB, arrow_type, quoted

LARGEST_GRID = 2_000_000


def possible(pack: CheckedPack, rules: Sequence[CheckedRule]) -> dict[str, set[tuple[Truth, ...]]]:
    """The situations of each rule that a grid of records reaches."""
    with temporary() as folder:
        warehouse = DuckDB(Path(folder), threads=1)
        try:
            return {rule.id: reached(pack, rule.table, rule.atoms, warehouse) for rule in rules}
        finally:
            warehouse.close()


def reached(
    pack: CheckedPack, table: str, atoms: Sequence[Atom], warehouse: Warehouse, *, filled: bool = False
) -> set[tuple[Truth, ...]]:
    """The combinations of truth values that atoms of one table reach together; with `filled` where no column is blank."""
    columns = list(dict.fromkeys(c for atom in atoms for c in atom.columns))
    if not columns:
        return set()
    grids = [[v for v in _values(pack, atoms, column) if v is not None or not filled] for column in columns]
    most = max(int(LARGEST_GRID ** (1 / len(columns))), 3)
    if math.prod(len(values) for values in grids) > LARGEST_GRID:
        grids = [values[:most] for values in grids]
    for i, (column, values) in enumerate(zip(columns, grids, strict=True)):
        warehouse.load(f"grid_{i}", pa.table({"v": pa.array(values, arrow_type(TYPES[_type(pack, column)].arrow))}))
    names = [c.name if c.table == table else f"{c.table}.{c.name}" for c in columns]
    whole = "CAST(1 AS BIGINT)"  # a fact that is a quotient is divided by 1
    each = ((f"g{i}.v", n, *over(n)) for i, n in enumerate(names))
    selected = ", ".join(f"{v} AS {quoted(n)}, {v} AS {quoted(a)}, {whole} AS {quoted(b)}" for v, n, a, b in each)
    source = f"SELECT {selected} FROM {', '.join(f'grid_{i} AS g{i}' for i in range(len(columns)))}"
    truths = []
    for i, atom in enumerate(atoms):
        sql = bound(atom.sql, pack.params).sql(dialect="duckdb")
        truths.append(f"CASE WHEN {sql} THEN 't' WHEN NOT ({sql}) THEN 'f' ELSE 'u' END AS {name(f'a{i}').sql(dialect='duckdb')}")
    rows = warehouse.rows(f"SELECT DISTINCT {', '.join(truths)} FROM ({source})")
    return {tuple(row) for row in rows}


def _type(pack: CheckedPack, column: Column) -> Type:
    field = pack.tables[column.table].fields.get(column.name)
    if field is not None:
        return field.type
    fact = pack.fact(column)
    assert fact is not None
    return fact.type


def _may_be_blank(pack: CheckedPack, column: Column) -> bool:
    if column.name in pack.tables[column.table].fields:
        return column.name not in pack.keys(column.table)
    fact = pack.fact(column)
    return fact is None or fact.blank


def _values(pack: CheckedPack, atoms: Sequence[Atom], column: Column) -> list[Value]:
    """Values of a column that make a difference to the atoms; blank first where it may be."""
    kind = _type(pack, column)
    field = pack.tables[column.table].fields.get(column.name)
    values: list[Value] = [None] if _may_be_blank(pack, column) else []
    if field is not None and field.choices:
        codes = tuple(field.choices)
        return [*values, *((sets_of(codes) or (*codes, together(codes))) if kind is Type.CHOICES else codes)]
    if kind is Type.BOOLEAN:
        return [*values, True, False]
    constants: set[Any] = {v for atom in atoms for v in _constants(pack, atom.sql, kind)}
    if kind is Type.DATE:
        near = {near for d in constants for by in (-100, -1, 0, 1, 100) if (near := days_later(d, by))}
        return [*values, *sorted(near or {date(2000, 1, 1), date(2000, 1, 2), date(2001, 1, 1)})]
    if kind in (Type.INTEGER, Type.NUMBER):
        numbers = constants | {0, 1}
        found = {n + by for n in numbers for by in (-1, 0, 1)}
        found = {n for n in found if n >= 0 or min(numbers) < 0}
        return [*values, *sorted(half_away(n, PLACES) if kind is Type.NUMBER else math.floor(n) for n in found)]
    of_patterns = {text for atom in atoms for node in atom.sql.find_all(exp.Func) for text in like_texts(node)}
    likely = {text.replace("%", "").replace("_", "x") for text in constants}
    return [*values, *sorted(constants | likely | of_patterns | {"", "other"})]


def _constants(pack: CheckedPack, tree: exp.Expr, kind: Type) -> list[Any]:
    """What stands in a tree, or is worked out there, without a field."""
    found = [constant(node, pack.params) for node in tree.walk() if not isinstance(node, exp.Var)]
    numbers = (Type.INTEGER, Type.NUMBER)
    wanted = date if kind is Type.DATE else str if kind is Type.TEXT else (int, Decimal) if kind in numbers else ()
    return [value for value in found if isinstance(value, wanted) and not isinstance(value, bool)]


Row = tuple[frozenset[Truth], ...]
"""For each atom the truth values that the row stands for."""
_TRUTHS: tuple[Truth, ...] = ("t", "f", "u")


def decision_table(pack: CheckedPack, rule: CheckedRule) -> list[tuple[Row, Status]]:
    """The rows, in the order: not applicable, met, unmet, unknown."""
    situations = [Situation(rule.id, values) for values in sorted(possible(pack, [rule])[rule.id])]
    decided = {s.values: status for s, status in Deciding([rule], "durable")(situations).items()}
    rows: dict[Row, Status] = {}
    for values, status in decided.items():
        if not any(_matches(row, values) for row in rows):
            rows[_widest(values, status, decided)] = status
    order: tuple[Status, ...] = ("not applicable", "met", "unmet", "unknown")
    return sorted(rows.items(), key=lambda row: (order.index(row[1]), [_TRUTHS.index(min(v, key=_TRUTHS.index)) for v in row[0]]))


def _widest(values: tuple[Truth, ...], status: Status, decided: Mapping[tuple[Truth, ...], Status]) -> Row:
    """A row for a situation, with every atom given as many values as make no difference."""
    row: Row = tuple(frozenset((value,)) for value in values)
    others = [v for v, s in decided.items() if s != status]
    for i in range(len(values)):
        can_be = {v[i] for v in decided}
        for more in sorted(can_be):
            wider = (*row[:i], row[i] | {more}, *row[i + 1 :])
            if not any(_matches(wider, other) for other in others):
                row = wider
        if row[i] == can_be:
            row = (*row[:i], frozenset(_TRUTHS), *row[i + 1 :])
    return row


def _matches(row: Row, values: tuple[Truth, ...]) -> bool:
    return all(value in allowed for allowed, value in zip(row, values, strict=True))
