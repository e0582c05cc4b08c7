"""Aggregates over symbolic records: what they come to over rows that are known, and together with those that are not.

In: an aggregate's call, and rows: whether each counts, and its value, as z3's terms. Out: a term.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence

import z3
from sqlglot import exp

from lookback.language.types import Type
from lookback.proving._terms import NULL, Term, chosen, either, extreme
from lookback.proving._z3 import Z, all_of, any_of, opposite


def call_text(call: exp.Expr, where: exp.Expr | None) -> str:
    text = call.sql(dialect="duckdb")
    return text if where is None else f"{text} FILTER {where.sql(dialect='duckdb')}"


def argument_of(call: exp.Expr) -> tuple[exp.Expr, bool]:
    """What an aggregate goes over, and whether each value counts once."""
    return (call.this.expressions[0], True) if isinstance(call.this, exp.Distinct) else (call.this, False)


def kind_of(call: exp.Expr, argument: exp.Expr) -> Type:
    if isinstance(call, exp.Count):
        return Type.INTEGER
    if isinstance(call, exp.Avg):
        return Type.NUMBER
    found = argument.unnest().meta.get("type")
    return found if isinstance(found, Type) else Type.INTEGER


def of_rows(call: exp.Expr, rows: Sequence[tuple[Z, Z]], *, distinct: bool) -> Term:
    """An aggregate over rows: (whether it counts, its value)."""
    if distinct:
        rows = [
            (all_of([counts, *(opposite(all_of([c, v == value])) for c, v in rows[:i])]), value)
            for i, (counts, value) in enumerate(rows)
        ]
    number = _added([z3.If(counts, z3.IntVal(1), z3.IntVal(0)) if not z3.is_true(counts) else z3.IntVal(1) for counts, _ in rows])
    none = opposite(any_of(counts for counts, _ in rows))
    if isinstance(call, exp.Count):
        return Term(number)
    if not rows:
        return NULL
    if isinstance(call, exp.Min | exp.Max):
        found = NULL
        for counts, value in rows:
            found = extreme(found, Term(value, opposite(counts)), operator.lt if isinstance(call, exp.Min) else operator.gt)
        return found
    total = _added([chosen(counts, value, z3.IntVal(0) if z3.is_int(value) else z3.RealVal(0)) for counts, value in rows])
    if isinstance(call, exp.Sum):
        return Term(total, none)
    mean = NULL
    real = z3.ToReal(total) if z3.is_int(total) else total
    for n in range(1, len(rows) + 1):
        mean = either(number == n, Term(real / n), mean)
    return Term(mean.value, none)


def _added(parts: Sequence[Z]) -> Z:
    return z3.IntVal(0) if not parts else parts[0] if len(parts) == 1 else z3.Sum(parts)


def together(call: exp.Expr, rest: Term, found: Term) -> Term:
    if isinstance(call, exp.Count):
        return Term(rest.value + found.value)
    if found.value is None:
        return rest
    if isinstance(call, exp.Sum):
        zero = z3.IntVal(0) if z3.is_int(rest.value) else z3.RealVal(0)
        both = chosen(rest.blank, zero, rest.value) + chosen(found.blank, zero, found.value)
        return Term(both, all_of([rest.blank, found.blank]))
    return extreme(rest, found, operator.lt if isinstance(call, exp.Min) else operator.gt)
