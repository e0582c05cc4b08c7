"""A rule as a person would say it: its conditions as sentences in English or Chinese, from the fields' titles.

In: a checked pack and a rule. Out: text. What a rule means is decided elsewhere; this only says it. An atom is also written as
rules write it (`written`).
"""

from __future__ import annotations

from sqlglot import exp

from engine.messages import say
from engine.model import ALWAYS, And, CheckedPack, CheckedRule, Condition, Is, Not, Or, Type
from engine.reasons import Reasons, type_of


class Sentences:
    """The sentences of a pack's rules, in one language."""

    def __init__(self, pack: CheckedPack, lang: str) -> None:
        self.pack, self.lang = pack, lang
        self.words = Reasons(pack, lang, titles=True)

    def rule(self, rule: CheckedRule) -> str:
        """The whole rule: where it applies, what it asks, what follows."""
        table = self.pack.tables[rule.table]
        of = table.title.in_(self.lang) if table.title else rule.table
        outcomes = {o.outcome: o.title.in_(self.lang) if o.title else o.outcome for o in self.pack.pack.header.outcomes}
        lines = []
        if rule.when == ALWAYS:
            lines.append(say(self.lang, "show.always", table=of))
        else:
            lines.append(say(self.lang, "show.when", table=of, condition=self.condition(rule, rule.when)))
        lines.append(say(self.lang, "show.require", condition=self.condition(rule, rule.require)))
        lines.append(say(self.lang, "show.otherwise", outcome=outcomes[rule.rule.otherwise]))
        if rule.rule.outcome_if_unknown != rule.rule.otherwise:
            lines.append(say(self.lang, "show.unknown", outcome=outcomes[rule.rule.outcome_if_unknown]))
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
        sql, table = rule.atoms[number].sql, rule.table
        words = self.words
        if isinstance(sql, exp.Is):
            return self._say("blank" if holds else "filled", words.named(table, sql.this))
        if isinstance(sql, exp.LT):
            left, right = sql.this.unnest(), sql.expression.unnest()
            date = "date" if type_of(left) is Type.DATE else "number"
            if not list(left.find_all(exp.Column)):
                return self._say(
                    f"{'above' if holds else 'at-most'}.{date}", words.named(table, right), self._side(table, right, left)
                )
            return self._say(
                f"{'below' if holds else 'at-least'}.{date}", words.named(table, left), self._side(table, left, right)
            )
        if isinstance(sql, exp.EQ | exp.NullSafeEQ):
            left, right = sql.this.unnest(), sql.expression.unnest()
            return self._say("equal" if holds else "not-equal", words.named(table, left), self._side(table, left, right))
        if isinstance(sql, exp.In):
            listed = say(self.lang, "reason.or").join(words.shown(table, sql.this, value) for value in sql.expressions)
            return self._say("one-of" if holds else "none-of", words.named(table, sql.this), listed)
        if isinstance(sql, exp.Between):
            low, high = (self._side(table, sql.this, sql.args[k]) for k in ("low", "high"))
            bounds = say(self.lang, "show.range", low=low, high=high)
            return self._say("between" if holds else "not-between", words.named(table, sql.this), bounds)
        if isinstance(sql, exp.Like):
            return self._say("like" if holds else "not-like", words.named(table, sql.this), sql.expression.name)
        return self._say("true" if holds else "false", words.named(table, sql))

    def _say(self, code: str, name: str, bound: str = "") -> str:
        return say(self.lang, f"show.{code}", name=name, bound=bound)

    def _side(self, table: str, subject: exp.Expr, side: exp.Expr) -> str:
        """A bound in words: a parameter by its value and its title."""
        side = side.unnest()
        found = self.words.constant(table, subject, side)
        if found is None:
            return say(self.lang, "show.name", name=self.words.named(table, side))
        if isinstance(side, exp.Placeholder):
            title = self.pack.pack.header.params[side.name].title
            return say(self.lang, "show.param", value=found, title=title.in_(self.lang) if title else side.name)
        return found


_OPERATORS: dict[tuple[type[exp.Expr], bool], str] = {
    (exp.LT, False): "<",
    (exp.LT, True): ">=",
    (exp.EQ, False): "=",
    (exp.EQ, True): "<>",
    (exp.NullSafeEQ, False): "is not distinct from",
    (exp.NullSafeEQ, True): "is distinct from",
}


def written(sql: exp.Expr, negated: bool) -> str:
    """An atom, or its opposite, as rules write it: each side as its author did."""
    sql = sql.unnest()
    if (type(sql), negated) in _OPERATORS:
        left, right = (_side(side) for side in (sql.this, sql.expression))
        if isinstance(sql, exp.LT) and sql.this.find(exp.Column) is None:  # `3 < complaints`
            return f"{right} {'<=' if negated else '>'} {left}"
        return f"{left} {_OPERATORS[type(sql), negated]} {right}"
    if isinstance(sql, exp.Is):
        return f"{_side(sql.this)} is {'not ' if negated else ''}null"
    if isinstance(sql, exp.In):
        return f"{_side(sql.this)} {'not ' if negated else ''}in ({', '.join(map(_side, sql.expressions))})"
    if isinstance(sql, exp.Between):
        low, high = _side(sql.args["low"]), _side(sql.args["high"])
        return f"{_side(sql.this)} {'not ' if negated else ''}between {low} and {high}"
    if isinstance(sql, exp.Like):
        return f"{_side(sql.this)} {'not ' if negated else ''}like {_side(sql.expression)}"
    return f"not {_side(sql)}" if negated else _side(sql)


def _side(tree: exp.Expr) -> str:
    tree = tree.unnest()
    text = str(tree.meta.get("written") or tree.sql(dialect="duckdb").replace('"', ""))
    return f"({text})" if isinstance(tree, exp.Predicate | exp.Connector | exp.Not) else text
