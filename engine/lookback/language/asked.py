"""What an expression asks of rules: whether one is met or unmet, the findings under a tag, and their weights.

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


class Checking(Protocol):
    """Whoever checks an expression; `rules` are those that it names."""

    rules: list[str]
    inside_aggregate: bool

    @property
    def scope(self) -> Scope: ...
    def text(self, node: exp.Expr) -> str: ...
    def column(self, node: exp.Expr) -> Part: ...
    def mistake(
        self, code: str, node: exp.Expr, *, help: Help | None = None, fix: tuple[Edit, ...] = (), **args: object
    ) -> Part: ...


def asked(checking: Checking, node: exp.Expr) -> Part:
    """`met('rule')`, `unmet('rule')`, `score('tag')`, `findings('tag')`."""
    name, scope = node.name, checking.scope
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
