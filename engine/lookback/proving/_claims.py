"""What every rule can be: apply, be met, be unmet; that a blank helps; and which value of a parameter takes that from a rule.

In: a checked rule, a field. Out: claims for z3, those of a rule with the conditions behind each in words; whether they hold is
asked elsewhere. For a parameter and a claim: a value within its range with which the claim holds of no record. It is found by
asking for a value that no record seen so far speaks against, until there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import combinations

import z3

from lookback.language.atoms import written
from lookback.language.conditions import ALWAYS, And, Condition, Is, Not, Or
from lookback.language.constants import half_away
from lookback.language.types import LARGEST, LARGEST_NUMBER, PLACES, Column, Type, Value, plain
from lookback.packs.checked import CheckedPack, CheckedRule
from lookback.packs.graph import Graph
from lookback.packs.model import LookedUp, Param
from lookback.packs.params import limits
from lookback.proving._terms import Term
from lookback.proving._z3 import Z, all_of, opposite
from lookback.proving.search import Asked, Claim, fraction, solver
from lookback.proving.worlds import Beside, Rec, View
from lookback.words import Word


@dataclass(frozen=True)
class Part:
    """A condition that something needs, in words."""

    words: str
    claim: Claim


SEEN: dict[str, Callable[[str], bool]] = {  # what is seen of a rule that is not dead in this way
    "rule-never-applies": lambda status: status != "not applicable",
    "rule-always-applies": lambda status: status == "not applicable",
    "rule-never-met": lambda status: status == "met",
    "rule-never-unmet": lambda status: status == "unmet",
}


def states(rule: CheckedRule) -> Iterator[tuple[str, Claim, str, list[Part]]]:
    """What every rule can be: the code where it cannot, the claim that it is, the key at fault, the conditions behind it."""
    when = [Part(words, claim) for words, claim in _conjuncts(rule, rule.when, True)]
    applies = [Part(words, claim) for words, claim in _conjuncts(rule, rule.when, None)]
    met = [Part(words, claim) for words, claim in _conjuncts(rule, rule.require, True)]
    unmet = [Part(words, claim) for words, claim in _conjuncts(rule, rule.require, False)]
    if rule.when != ALWAYS:
        yield "rule-never-applies", lambda v, r: v.rule(r, rule).when.true, "when", when
    if rule.own != ALWAYS:
        yield "rule-always-applies", lambda v, r: v.rule(r, rule).when.false, "when", []
    yield "rule-never-met", lambda v, r: v.rule(r, rule).met, "require", [*applies, *met]
    yield "rule-never-unmet", lambda v, r: v.rule(r, rule).unmet, "require", [*when, *unmet]


def _conjuncts(rule: CheckedRule, condition: Condition, wanted: bool | None) -> Iterator[tuple[str, Claim]]:
    """The parts of a condition all of which have to be true (`wanted`), false, or (None) not false."""
    split = And if wanted is not False else Or
    parts = condition.parts if isinstance(condition, split) else (condition,)
    for part in parts:
        if part == ALWAYS:
            continue

        def claim(view: View, record: Rec, part: Condition = part) -> Z:
            truth = view.condition(record, rule, part)
            return opposite(truth.false) if wanted is None else truth.true if wanted else truth.false

        yield condition_words(rule, part, wanted is not False), claim


def condition_words(rule: CheckedRule, condition: Condition, holds: bool = True) -> str:
    """A condition, or its opposite, as an author would write it."""
    match condition:
        case Is(atom):
            return written(rule.atoms[atom].sql, not holds)
        case Not(of):
            return condition_words(rule, of, not holds)
        case And(parts) | Or(parts):
            joint = " and " if isinstance(condition, And) == holds else " or "
            inner = [condition_words(rule, part, holds) for part in parts]
            return joint.join(f"({text})" if " and " in text or " or " in text else text for text in inner)


def connected(pairs: Iterable[tuple[str, str | None]]) -> set[frozenset[str]]:
    """Every two that are joined by a chain of pairs."""
    groups: list[set[str]] = []
    for one, other in pairs:
        joined = {one, str(other)}.union(*(g for g in groups if {one, other} & g))
        groups = [g for g in groups if not g & joined] + [joined]
    return {frozenset(pair) for group in groups for pair in combinations(sorted(group), 2)}


# ------------------------------------------------------------------------------------------------------------- blanks


def blankable(pack: CheckedPack) -> Iterator[Column]:
    """The fields that may be blank, and are not said to be so rightly."""
    for table, definition in pack.tables.items():
        sure = pack.keys(table)
        for id_, f in definition.fields.items():
            rightly = f.settled if isinstance(f, LookedUp) else f.optional is not None
            if id_ not in sure and not rightly:
                yield Column(table, id_)


def wheres(graph: Graph, column: Column, judged: str, *, inside: bool = False) -> Iterator[Beside | None]:
    """Where the record of the field can stand: in one line with the judged one (None), or beside it."""
    above, above_field = graph.pack.above(judged), graph.pack.above(column.table)
    if column.table == judged or column.table in above or judged in above_field:
        yield None
    if column in graph.outside(judged, inside=inside):
        yield from ((column.table, meet) for meet in above if meet in above_field)


def helped(column: Column, judged: str, *, inside: bool) -> Claim:
    """Leaving a field blank makes a verdict of the table `judged` better; by what is counted `inside` aggregates, too."""

    def better(view: View, record: Rec) -> Z:
        changed, whose = record.beside or record.near(column.table), record.near(judged)
        filled = all_of([changed.present, opposite(changed.fields[column.name].blank)])
        return all_of([filled, view.without(changed, column.name, inside=inside).better_than(whose, view)])

    return better


# ------------------------------------------------------------------------------------------------------------- limits

MOST_VALUES = 60
"""So many values of a parameter are tried before the question is left open."""


def ended(param: Param, name: str, claim: Claim, asked: Asked) -> str | Word | None:
    """A value of the parameter for which the claim holds of no record of this world; None where there is no such value;
    or why it stays open."""
    value, _ = asked.world.symbols.variable(f":{name}", param.type)
    asked.view.params[name] = Term(value)
    formula = claim(asked.view, asked.record)
    asked.learn()
    values = solver()
    ends = [asked.world.symbols.constant(end).value for end in _ends(param)]
    values.add(value >= ends[0], value <= ends[1])
    for _ in range(MOST_VALUES):
        tried = next((end for end in ends if asked.clock.check(values, value == end) == z3.sat), None)
        found = asked.clock.check(values, *([value == tried] if tried is not None else []))
        if found != z3.sat:
            return None if found == z3.unsat else Word("free.steps")
        one = values.model().eval(value, model_completion=True)
        asked.solver.push()
        try:
            asked.solver.add(value == one, formula)
            found = asked.ask()
            model = asked.solver.model() if found == z3.sat else None
        finally:
            asked.solver.pop()
        if found == z3.unsat:
            return _shown(one, param.type)
        if model is None:
            return Word("free.steps")
        values.add(opposite(_given(formula, model, value)))
    return Word("free.steps")


def _given(formula: Z, model: Z, value: Z) -> Z:
    """A formula over `value` alone: everything else as the model has it."""
    others = [name for name in _variables(formula) if not name.eq(value)]
    return z3.simplify(z3.substitute(formula, *((name, model.eval(name, model_completion=True)) for name in others)))


def _variables(formula: Z) -> Iterator[Z]:
    """The variables of a formula, each once. (`z3util.get_vars` prints every part of it to tell them apart.)"""
    waiting, seen = [formula], set[int]()
    while waiting:
        node = waiting.pop()
        if node.get_id() not in seen:
            seen.add(node.get_id())
            if z3.is_const(node) and node.decl().kind() == z3.Z3_OP_UNINTERPRETED:
                yield node
            waiting += node.children()


def _ends(param: Param) -> tuple[Value, Value]:
    """The least and the greatest value that a parameter may have, declared or not."""
    widest: dict[Type, tuple[Value, Value]] = {Type.DATE: (date.min, date.max), Type.INTEGER: (-LARGEST, LARGEST)}
    widest[Type.NUMBER] = -LARGEST_NUMBER, LARGEST_NUMBER
    first, last = widest.get(param.type, (None, None))
    least, most = limits(param)
    return first if least is None else least, last if most is None else most


def _shown(value: Z, kind: Type) -> str:
    """A parameter's value, as --set takes it."""
    if kind is Type.DATE:
        return date.fromordinal(value.as_long()).isoformat()
    return str(value.as_long()) if kind is Type.INTEGER else plain(half_away(fraction(value), PLACES))
