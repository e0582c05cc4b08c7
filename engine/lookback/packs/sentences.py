"""A rule as a person would say it: its conditions as sentences in English or Chinese, from the fields' titles.

In: a checked pack and a rule. Out: text. What a rule means is decided elsewhere; this only says it.
"""

from __future__ import annotations

from pathlib import Path

from sqlglot import exp

from lookback.language.atoms import shape_of
from lookback.language.conditions import ALWAYS, And, Condition, Is, Not, Or
from lookback.packs.checked import CheckedPack, CheckedRule, Named
from lookback.packs.model import REVIEW
from lookback.words import say


class Sentences:
    """The sentences of a pack's rules, in one language."""

    def __init__(self, pack: CheckedPack, lang: str) -> None:
        self.lang = lang
        self.names = Named(pack, lang, titles=True)

    def rule(self, rule: CheckedRule) -> str:
        """The whole rule: where it applies, what it asks, what follows."""
        of, lines = self.names.table(rule.table), []
        if rule.shared != ALWAYS:
            file, units = Path(rule.file).name, self.names.table(self.names.pack.root)
            lines.append(say(self.lang, "show.shared", file=file, units=units, condition=self.condition(rule, rule.shared)))
        if rule.own == ALWAYS:
            lines.append(say(self.lang, "show.always", table=of) if rule.table != REVIEW else say(self.lang, "show.review"))
        else:
            lines.append(say(self.lang, "show.when", table=of, condition=self.condition(rule, rule.own)))
        lines.append(say(self.lang, "show.require", condition=self.condition(rule, rule.require)))
        best = rule.rule.otherwise == self.names.pack.outcomes[0]
        code = "show.remark" if best else "show.otherwise"
        lines.append(say(self.lang, code, outcome=self.names.outcome(rule.rule.otherwise)))
        if rule.rule.outcome_if_unknown != rule.rule.otherwise:
            lines.append(say(self.lang, "show.unknown", outcome=self.names.outcome(rule.rule.outcome_if_unknown)))
        if (because := self.names.pack.not_counted(rule)) is not None:
            lines.append(say(self.lang, "show.not-counted", because=because.in_(self.lang)))
        return "\n".join(lines)

    def condition(self, rule: CheckedRule, condition: Condition, *, inner: bool = False) -> str:
        match condition:
            case Is(atom):
                return self.atom(rule, atom, True)
            case Not(Is(atom)):
                return self.atom(rule, atom, False)
            case Not(of):
                return say(self.lang, "show.not", condition=self.condition(rule, of))
            case And(parts) | Or(parts):
                joint = say(self.lang, "show.and" if isinstance(condition, And) else "show.or")
                text = joint.join(self.condition(rule, part, inner=True) for part in parts)
                return say(self.lang, "show.group", text=text) if inner and len(parts) > 1 else text

    def atom(self, rule: CheckedRule, number: int, holds: bool) -> str:
        """An atom, or its opposite, as a clause."""
        shape = shape_of(rule.atoms[number].sql)
        sides = [self._side(rule.table, shape.subject, side) for side in shape.bounds]
        if shape.kind == "between":
            bound = say(self.lang, "show.range", low=sides[0], high=sides[1])
        else:
            bound = say(self.lang, "reason.or").join(sides)
        name = self.names.written(rule.table, shape.subject)
        if isinstance(shape.subject, exp.Placeholder):  # which is written as its value
            name = say(self.lang, "show.param", value=name, title=self.names.param(shape.subject.name))
        return say(self.lang, f"show.{shape.code(holds)}", name=name, bound=bound)

    def _side(self, table: str, subject: exp.Expr, side: exp.Expr) -> str:
        """A bound in words: a parameter by its value and its title."""
        found = self.names.constant(table, subject, side)
        if found is None:
            return say(self.lang, "show.name", name=self.names.written(table, side))
        if isinstance(side, exp.Placeholder):
            return say(self.lang, "show.param", value=found, title=self.names.param(side.name))
        return found
