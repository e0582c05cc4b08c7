"""Whoever has the published counts, and wants to know the others: z3 in the attacker's place.

In: how counts hang together (a margin is the sum of its parts), and those that are published. Out: whether a count that is
withheld is narrower than it may be. The same steps on every machine.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

MOST_STEPS = 2_000_000
"""Of z3, for one question."""


class OutOfSteps(Exception):
    """z3 did not come to an answer."""


class Attacker:
    """`published`: counts by cell; every other cell of the lines is a whole number from 0, and no more is known of it."""

    def __init__(self, lines: Sequence[tuple[Hashable, Sequence[Hashable]]], published: Mapping[Any, int], smallest: int) -> None:
        import z3  # only tables that withhold something need it

        self.z3, self.smallest = z3, smallest
        self.solver = z3.SolverFor("QF_LIA")
        self.solver.set("rlimit", MOST_STEPS)
        cells = dict.fromkeys(cell for margin, parts in lines for cell in (margin, *parts))
        self.unknown = {cell: z3.Int(f"c{i}") for i, cell in enumerate(cells) if cell not in published}
        self.possible: dict[Any, set[int]] = {cell: set() for cell in self.unknown}
        self.solver.add([cell >= 0 for cell in self.unknown.values()])
        for margin, parts in lines:
            known = sum(published[part] for part in parts if part in published)
            open_ = [self.unknown[part] for part in parts if part in self.unknown]
            whole = published[margin] if margin in published else self.unknown[margin]
            if open_ or margin in self.unknown:
                self.solver.add(z3.Sum([z3.IntVal(known), *open_]) == whole)

    def narrows(self, cell: Hashable) -> bool:
        """Whether some number from 0 to the smallest less one cannot be what a withheld cell is. Raises OutOfSteps."""
        for n in (*range(self.smallest - 1, -1, -1),):
            if n in self.possible[cell]:
                continue
            answer = self.solver.check(self.unknown[cell] == n)
            if answer == self.z3.unknown:
                raise OutOfSteps
            if answer == self.z3.unsat:
                return True
            model = self.solver.model()
            for other, term in self.unknown.items():
                self.possible[other].add(model.eval(term, model_completion=True).as_long())
        return False
