"""What every rule can be: apply, be met, be unmet; as claims for z3, with the conditions behind each in words.

In: a checked rule. Out: claims. Whether they hold is asked elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from engine.model import ALWAYS, And, CheckedRule, Condition, Is, Not, Or
from engine.search import Claim
from engine.shapes import written
from engine.symbolic import Z, opposite
from engine.worlds import Rec, View


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
