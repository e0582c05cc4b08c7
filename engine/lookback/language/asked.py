"""What an expression asks of rules (met, unmet, the findings under a tag, their weights), and of a choice with an order.

In: a raw call, and who checks it. Out: the column that says it, or a mistake. What these columns hold is worked out elsewhere.
"""

from __future__ import annotations

from typing import Protocol

from sqlglot import exp

from lookback.language.operators import FUNCTION_NAMES
from lookback.language.scope import STATES, TAGGED, Part, Scope, state_column, tag_column
from lookback.language.types import Type
from lookback.words import Word
from lookback.words.errors import Edit, Help, did_you_mean

BADNESS = "badness"


class Checking(Protocol):
    """Whoever checks an expression; `rules` are those that it names."""

    rules: list[str]
    inside_aggregate: bool

    @property
    def scope(self) -> Scope: ...
    def text(self, node: exp.Expr) -> str: ...
    def column(self, node: exp.Expr) -> Part: ...
    def visit(self, node: exp.Expr) -> Part: ...
    def mistake(
        self, code: str, node: exp.Expr, *, help: Help | None = None, fix: tuple[Edit, ...] = (), **args: object
    ) -> Part: ...


def asked(checking: Checking, node: exp.Expr) -> Part:
    """`met('rule')`, `unmet('rule')`, `score('tag')`, `findings('tag')`."""
    name, scope = node.name, checking.scope
    if name == BADNESS:
        return badness(checking, node)
    if name not in (*STATES, *TAGGED):
        return checking.mistake("unknown-function", node, help=did_you_mean(name, FUNCTION_NAMES), name=name)
    if name in TAGGED and scope.tags is None:
        return checking.mistake("tag-in-facts-only", node, text=checking.text(node))
    if name in STATES and not checking.inside_aggregate:
        return checking.mistake("aggregate-only", node, name=name)
    given = [a for a in node.expressions if isinstance(a, exp.Literal) and a.is_string]
    if len(node.expressions) != 1 or len(given) != 1:
        expected = Word("takes.rule" if name in STATES else "takes.tag")
        return checking.mistake("wrong-argument", node, function=name, expected=expected, found=checking.text(node))
    of, known = given[0].name, (scope.rules if name in STATES else scope.tags) or ()
    if of not in known:
        help_ = did_you_mean(of, known)
        if name in STATES:
            return checking.mistake("unknown-rule", given[0], help=help_, rule=of, table=scope.table)
        return checking.mistake("unknown-tag", given[0], help=help_, tag=of, table=scope.table)
    if name in TAGGED:
        return checking.column(exp.column(tag_column(name, of)))
    checking.rules.append(of)
    return Part(exp.column(exp.to_identifier(state_column(name, of), quoted=True)), Type.BOOLEAN)


def badness(checking: Checking, node: exp.Expr) -> Part:
    """`badness(field)`: the place of a choice in its field's order from best to worst, the best being 1; blank where it is."""
    column = node.expressions[0] if len(node.expressions) == 1 else None
    if not isinstance(column, exp.Column):
        found = checking.text(node)
        return checking.mistake("wrong-argument", node, function=node.name, expected=Word("takes.ordered-choice"), found=found)
    part = checking.visit(column)
    if part.wrong:
        return part
    scope = checking.scope
    known = {**scope.columns, **{f"{of}.{n}": meaning for of, names in scope.parents.items() for n, meaning in names.items()}}
    meaning = known.get(part.sql.name) if isinstance(part.sql, exp.Column) else None
    order = meaning.order if meaning is not None else ()
    if not order:
        return checking.mistake("choice-without-order", column, field=column.name)
    ifs = [exp.If(this=exp.Is(this=column.copy(), expression=exp.null()), true=exp.null())]
    for place, code in enumerate(order[:-1], start=1):
        test = exp.EQ(this=column.copy(), expression=exp.Literal.string(code))
        ifs.append(exp.If(this=test, true=exp.Literal.number(place)))
    return checking.visit(exp.Case(ifs=ifs, default=exp.Literal.number(len(order))))
