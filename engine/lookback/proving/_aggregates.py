"""Aggregates over symbolic records: what they come to over rows that are known, and together with those that are not.

In: an aggregate's call, and rows: whether each counts, and its value, as z3's terms. Out: a term.

Facts over the records of one table that agree in some values: in a world that holds all its records such a fact is worked out
over those of the table, each there or not, each agreeing or not. In one with a rest nothing is known of the siblings: it is a
variable, of which only holds what follows from the record itself. A blank in `among` makes it unknown, here as there; one that
leaves the record out of every aggregate is what the pack says of a blank, and follows the view in which aggregates see fields
(`View.counted`).
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING

import z3
from sqlglot import exp

from lookback.language.atoms import left_out
from lookback.language.sql import ByDay, Earliest, Previous
from lookback.language.types import Column, Type
from lookback.packs.checked import CheckedFact
from lookback.packs.graph import Graph, plain
from lookback.proving._terms import NULL, Encoder, Term, chosen, either, extreme
from lookback.proving._z3 import NO, Z, all_of, any_of, opposite

if TYPE_CHECKING:
    from lookback.proving.worlds import Rec, View


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


def of_one_day(call: exp.Expr, rows: Sequence[tuple[Z, Z, Z]], own: Term | None = None) -> Term:
    """The value on the last day, or the first, of rows: (whether it counts, its value, its day); blank where there are none, or
    different ones on that day. `own`: the day before which `previous` looks."""
    if own is not None:
        before = [(c, v, d) for c, v, d in rows] if own.value is not None else []
        rows = [(all_of([counts, opposite(own.blank), day < own.value]), value, day) for counts, value, day in before]
    later = operator.lt if isinstance(call, Earliest) else operator.gt
    on_it = [all_of([c, *(opposite(all_of([other, later(of, day)])) for other, _, of in rows)]) for c, _, day in rows]
    found, differ = NULL, list[Z]()
    for i, (here, (_, value, _)) in enumerate(zip(on_it, rows, strict=True)):
        found = either(here, Term(value), found)
        differ += [all_of([here, on_it[j], value != rows[j][1]]) for j in range(i)]
    return found if found.value is None else Term(found.value, any_of([found.blank, *differ]))


def rows_by_day(view: View, call: exp.Expr, where: exp.Expr | None, records: Sequence[tuple[Rec, Z]]) -> list[tuple[Z, Z, Z]]:
    """The rows that such an aggregate goes over: `records`, each with whether it is one of them."""
    found = []
    for record, is_one in records:
        counts, value = view.counts(record, call, where)
        dated, day = view.counts(record, exp.Max(this=call.expression), None)
        if value is not None and day is not None:
            found.append((all_of([counts, dated, is_one]), value, day))
    return found


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


# ------------------------------------------------------------------------------------------- among siblings


def among(view: View, record: Rec, fact: CheckedFact) -> Term:
    """What a fact comes to on a record."""
    said = left_out(fact.sql)
    own = [(name, _value(view, record, name, said)) for name in fact.among or ()]
    outside = any_of(value.blank for name, value in own if name in said)
    blank = any_of(value.blank for name, value in own if name not in said)
    none = Encoder(view.world.symbols, _Over(view, record, ())).term(fact.sql)
    if view.world.rest:
        found = _free(view, record, fact)
    else:
        siblings = [one for one in view.world.all_of(fact.table) if not (fact.fact.others and one is record)]
        of = [(one, *_agree(view, record, one, fact, said)) for one in siblings]
        found = Encoder(view.world.symbols, _Over(view, record, [(one, same) for one, same, _ in of])).term(fact.sql)
        maybe = any_of(all_of([open_, _counts(view, one, fact)]) for one, _, open_ in of if one is not record)
        found = Term(found.value, any_of([found.blank, maybe]))
    return either(outside, none, Term(found.value, any_of([found.blank, blank])))


def _value(view: View, record: Rec, name: str, said: frozenset[str]) -> Term:
    return (view.counted if name in said else view).value(record, Column(record.table, name))


def _agree(view: View, record: Rec, one: Rec, fact: CheckedFact, said: frozenset[str]) -> tuple[Z, Z]:
    """Whether another record surely agrees with this one; and whether it may, as one of its values is blank."""
    same, open_, apart = list[Z](), list[Z](), list[Z]()
    for name in fact.among or ():
        mine, its = (_value(view, of, name, said) for of in (record, one))
        filled = all_of([opposite(mine.blank), opposite(its.blank)])
        if mine.value is None or its.value is None:
            equal: Z = NO
        else:
            equal = all_of([mine.value == its.value]) if one is not record else all_of([])
        same.append(all_of([filled, equal]))
        apart.append(all_of([filled, opposite(equal)]))
        open_.append(its.blank)
    return all_of(same), all_of([any_of(open_), opposite(any_of(apart))])


def _counts(view: View, record: Rec, fact: CheckedFact) -> Z:
    """Whether some aggregate of a fact looks at a record."""
    calls = [n for n in fact.sql.find_all(exp.Filter, exp.AggFunc) if not isinstance(n.parent, exp.Filter)]
    wheres = [call.expression.this if isinstance(call, exp.Filter) else None for call in calls]
    star = exp.Count(this=exp.Star())
    return any_of(view.counts(record, star, where)[0] for where in wheres)


def _free(view: View, record: Rec, fact: CheckedFact) -> Term:
    """A value of which nothing is known. With a blank it is the same or unknown, where fields alone are behind it."""
    world, name = view.world, f"{record.name}.{view.unseen(fact)}"
    followed = Graph(view.pack).walk(fact.columns)
    fields = all(of is None or plain(of) for of, column in followed) and all(c.table == fact.table for c in fact.columns)
    blanked = "".join(sorted(f" without {of.name}.{field}" for of, field in view.blanked))
    world.summed.add(fact.id)
    value_name = name if fields and not view.inside else name + blanked + (" inside" if view.inside else "")
    key = (record, fact.table, f"among {value_name}{blanked}")
    if key not in world.rests:
        value, limits = world.symbols.variable(value_name, fact.type, fact.choices)
        world.constraints += limits if fact.type in (Type.CHOICE, Type.DATE) else []
        if isinstance(fact.sql.this if isinstance(fact.sql, exp.Filter) else fact.sql, exp.Count):
            world.constraints.append(value >= 0)
        blank = z3.Bool(f"{value_name}{blanked}.blank")
        if blanked and value_name == name:
            world.constraints.append(z3.Implies(z3.Bool(f"{name}.blank"), blank))
        world.rests[key] = Term(value, blank)
    return world.rests[key]


class _Over:
    """Aggregates over records, each with whether it is one of them."""

    def __init__(self, view: View, own: Rec, records: Sequence[tuple[Rec, Z]]) -> None:
        self.view, self.own, self.records = view, own, records

    def column(self, name: str) -> Term:
        raise AssertionError(f"{name} stands outside an aggregate")

    def param(self, name: str) -> Term:
        return self.view.params[name]

    def aggregate(self, call: exp.Expr, where: exp.Expr | None) -> Term:
        _, distinct = argument_of(call)
        if isinstance(call, ByDay):
            dated, day = self.view.counts(self.own, exp.Max(this=call.expression), None)
            own = Term(day, opposite(dated)) if isinstance(call, Previous) else None
            return of_one_day(call, rows_by_day(self.view, call, where, self.records), own)
        rows = []
        for record, agrees in self.records:
            counts, value = self.view.counts(record, call, where)
            if value is not None:
                rows.append((all_of([counts, agrees]), value))
        return of_rows(call, rows, distinct=distinct)
