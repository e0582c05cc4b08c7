"""Is there a value of a parameter, within its range, with which something holds of no record?

In: a parameter, a claim about a record, a world with any number of records below. Out: such a value. It is found by asking for a
value that no record seen so far speaks against, until there is none.
"""

from __future__ import annotations

from datetime import date

import z3
from z3 import z3util

from engine.messages import Word
from engine.model import Param, Type, Value
from engine.params import LARGEST, limits
from engine.search import Asked, Claim, fraction, solver
from engine.symbolic import Term, Z, opposite

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
        tried = next((end for end in ends if values.check(value == end) == z3.sat), None)
        found = values.check(*([value == tried] if tried is not None else []))
        if found != z3.sat:
            return None if found == z3.unsat else Word("free.steps")
        one = values.model().eval(value, model_completion=True)
        asked.solver.push()
        asked.solver.add(value == one, formula)
        found = asked.solver.check()
        model = asked.solver.model() if found == z3.sat else None
        asked.solver.pop()
        if found == z3.unsat:
            return _shown(one, param.type)
        if model is None:
            return Word("free.steps")
        values.add(opposite(_given(formula, model, value)))
    return Word("free.steps")


def _given(formula: Z, model: Z, value: Z) -> Z:
    """A formula over `value` alone: everything else as the model has it."""
    others = [name for name in z3util.get_vars(formula) if not name.eq(value)]
    return z3.simplify(z3.substitute(formula, *((name, model.eval(name, model_completion=True)) for name in others)))


def _ends(param: Param) -> tuple[Value, Value]:
    """The least and the greatest value that a parameter may have, declared or not."""
    widest: dict[Type, tuple[Value, Value]] = {Type.DATE: (date.min, date.max), Type.INTEGER: (-LARGEST, LARGEST)}
    first, last = widest.get(param.type, (-float(LARGEST), float(LARGEST)))
    least, most = limits(param)
    return first if least is None else least, last if most is None else most


def _shown(value: Z, kind: Type) -> str:
    """A parameter's value, as --set takes it."""
    if kind is Type.DATE:
        return date.fromordinal(value.as_long()).isoformat()
    return str(value.as_long()) if kind is Type.INTEGER else f"{float(fraction(value)):g}"
