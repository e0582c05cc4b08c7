"""What is looked up for a record that is not known: variables, and what holds of them together.

In: a table, the terms of a record's fields. Out: constraints. A value that is looked up may be anything, but: where the reference
is blank, or finds nothing, there is none; and where it has to find something it does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import z3
from sqlglot import exp

from lookback.language.scope import is_tag_column, state_of
from lookback.language.types import Type
from lookback.packs.checked import CheckedFact, CheckedPack
from lookback.packs.model import EXISTS, IN_CIRCLE
from lookback.packs.references import hop, hops_of
from lookback.proving._terms import Term
from lookback.proving._z3 import NO, Z, all_of, opposite

if TYPE_CHECKING:
    from lookback.proving.worlds import Rec, View


def looked_up(pack: CheckedPack, table: str, name: str, fields: Mapping[str, Term]) -> list[Z]:
    """What holds of the values that are looked up for the record `name`."""
    found: list[Z] = []
    there: dict[tuple[str, ...], tuple[Z, Z]] = {}

    def at(hops: tuple[str, ...]) -> tuple[Z, Z]:
        """Whether the reference at the end of some hops is filled, and whether it finds a record."""
        if hops not in there:
            filled, exists = (z3.Bool(f"{name}.{'.'.join(hops)} {what}") for what in ("filled", "exists"))
            one = table
            for before in hops[:-1]:
                one = str(hop(pack.tables, one, before))
            own = pack.tables[one].fields.get(hops[-1])
            to = own.refers_to if own is not None else None
            if len(hops) == 1:
                needs = [this for _, this in hops_of(pack.tables, table, hops[0])]
                needs += [to.on] if to is not None and to.on is not None else []
                found.append(filled == all_of(opposite(fields[need].blank) for need in needs))
            else:
                found.append(z3.Implies(filled, at(hops[:-1])[1]))
            found.append(z3.Implies(exists, filled))
            if to is None or (own is not None and own.missing is None):
                found.append(z3.Implies(filled, exists))
            there[hops] = filled, exists
        return there[hops]

    for id_, of in pack.tables[table].looked_up.items():
        filled, exists = at(of.hops)
        term = fields[id_]
        if of.last == EXISTS:
            found += [opposite(term.blank) == filled, z3.Implies(filled, term.value == exists)]
        elif of.last == IN_CIRCLE:
            blank = pack.tables[table].fields[of.hops[0]].optional is None
            found += [z3.Implies(opposite(filled), term.blank if blank else opposite(term.value)), z3.Implies(term.value, exists)]
        else:
            found.append(z3.Implies(opposite(term.blank), exists))
    return found


FREE = "free "
"""Before the name of an aggregate of which nothing is known."""
COUNT = f"{FREE}count "
"""Before that of one which counts: without records that refer it is 0."""


def judges(column: exp.Column) -> bool:
    """Whether a column inside an aggregate is what rules come to."""
    return column.name == "verdict" or state_of(column.name) is not None or is_tag_column(column.name)


def is_free(node: Z) -> bool:
    """Whether a part of a formula is such an aggregate."""
    return not node.num_args() and f".{FREE}" in node.decl().name()


def is_free_count(node: Z) -> bool:
    """Whether a part of a formula is a count of which nothing is known."""
    return not node.num_args() and f".{COUNT}" in node.decl().name() and z3.is_int(node)


def of_others(view: View, record: Rec, fact: CheckedFact) -> Term:
    """An aggregate over records that refer to this one, or lie further below: the world does not hold them, and nothing is known
    of it; nor of what a blank makes of it, where it follows the blank."""
    follows = view.inside or any(map(judges, fact.sql.find_all(exp.Column)))
    there = view.blanked if follows and view.blanked_reaches(str(fact.child)) else ()
    blanked = "".join(sorted(f" without {one.name}.{name}" for one, name in there))
    counts = isinstance(fact.sql.this if isinstance(fact.sql, exp.Filter) else fact.sql, exp.Count)
    name = f"{record.name}.{COUNT if counts else FREE}{view.unseen(fact)}{blanked}"
    value, limits = view.world.symbols.variable(name, fact.type, fact.choices)
    if counts:
        view.world.constraints.append(value >= 0)
    elif fact.type not in (Type.INTEGER, Type.NUMBER):  # a sum may lie beyond a field's limits
        view.world.constraints += limits
    return Term(value, z3.Bool(f"{name}.blank") if fact.blank else NO)


def uncounted(pack: CheckedPack) -> Iterator[dict[str, str]]:
    """References that may be blank, so that an aggregate does not count the record: what that does is not asked."""
    for fact in pack.facts:
        child = pack.tables.get(fact.child or "")
        if child is None or fact.via is None:
            continue
        path = child.looked_up.get(fact.via)
        field = path.hops[0] if path is not None else fact.via
        own = child.columns.get(field)
        if own is not None and own.refers_to is not None and own.optional is None:
            yield {"field": field, "table": str(fact.child), "fact": fact.id}
