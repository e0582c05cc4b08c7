"""The shape of an atom: what it says of what, and how rules write it.

In: an atom's checked tree. Out: a `Shape`; text. Whatever puts atoms into words starts from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqlglot import exp

from engine.model import Type

Kind = Literal["blank", "less", "more", "equal", "same", "one-of", "between", "like", "holds"]
_CODES: dict[Kind, tuple[str, str]] = {  # where it holds, where it does not
    "blank": ("blank", "filled"),
    "less": ("below", "at-least"),
    "more": ("above", "at-most"),
    "equal": ("equal", "not-equal"),
    "same": ("equal", "not-equal"),
    "one-of": ("one-of", "none-of"),
    "between": ("between", "not-between"),
    "like": ("like", "not-like"),
    "holds": ("true", "false"),
}
_OPERATORS: dict[Kind, tuple[str, str]] = {
    "less": ("<", ">="),
    "more": (">", "<="),
    "equal": ("=", "<>"),
    "same": ("is not distinct from", "is distinct from"),
    "like": ("like", "not like"),
}


@dataclass(frozen=True)
class Shape:
    """`subject` is held against `bounds`. 'less', 'more': its order; 'equal', and 'same' where two blanks are equal; 'holds': a
    condition by itself, as a boolean field."""

    kind: Kind
    subject: exp.Expr
    bounds: tuple[exp.Expr, ...] = ()

    @property
    def ordered(self) -> bool:
        """Whether it has an order of numbers or dates."""
        return self.kind in ("less", "more", "between")

    def code(self, holds: bool) -> str:
        """The phrase for it, or for its opposite: `below.date`."""
        code = _CODES[self.kind][not holds]
        return f"{code}.{'date' if type_of(self.subject) is Type.DATE else 'number'}" if self.kind in ("less", "more") else code


def shape_of(sql: exp.Expr) -> Shape:
    """The shape of an atom. `3 < complaints` says of `complaints` that it is more."""
    sql = sql.unnest()
    subject = sql.this.unnest() if isinstance(sql.this, exp.Expr) else sql
    match sql:
        case exp.Is():
            return Shape("blank", subject)
        case exp.LT() if sql.this.find(exp.Column) is None:
            return Shape("more", sql.expression.unnest(), (subject,))
        case exp.LT():
            return Shape("less", subject, (sql.expression.unnest(),))
        case exp.EQ() | exp.NullSafeEQ():
            return Shape("equal" if isinstance(sql, exp.EQ) else "same", subject, (sql.expression.unnest(),))
        case exp.In():
            return Shape("one-of", subject, tuple(value.unnest() for value in sql.expressions))
        case exp.Between():
            return Shape("between", subject, (sql.args["low"].unnest(), sql.args["high"].unnest()))
        case exp.Like():
            return Shape("like", subject, (sql.expression,))
    return Shape("holds", sql)


def type_of(tree: exp.Expr) -> Type | None:
    """The type that checking found for a part."""
    found = tree.meta.get("type")
    return found if isinstance(found, Type) else None


def written(sql: exp.Expr, negated: bool) -> str:
    """An atom, or its opposite, as rules write it: each side as its author did."""
    shape = shape_of(sql)
    subject, bounds, not_ = _side(shape.subject), [_side(bound) for bound in shape.bounds], "not " if negated else ""
    match shape.kind:
        case "blank":
            return f"{subject} is {not_}null"
        case "one-of":
            return f"{subject} {not_}in ({', '.join(bounds)})"
        case "between":
            return f"{subject} {not_}between {bounds[0]} and {bounds[1]}"
        case "holds":
            return f"{not_}{subject}"
        case kind:
            return f"{subject} {_OPERATORS[kind][negated]} {bounds[0]}"


def _side(tree: exp.Expr) -> str:
    text = str(tree.meta.get("written") or tree.sql(dialect="duckdb").replace('"', ""))
    return f"({text})" if isinstance(tree, exp.Predicate | exp.Connector | exp.Not) else text
