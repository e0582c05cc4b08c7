"""What stands in a tree without parts of its own, but for names of columns: parameters, constants, dates, intervals.

In: a raw node, the scope. Out: a part with its type, or a mistake, with its span.
"""

from __future__ import annotations

from decimal import Decimal

from sqlglot import exp

from lookback.language import decimals
from lookback.language.constants import day_written
from lookback.language.decimals import Size
from lookback.language.operators import DATE_PARTS, DAYS_OF, MOST_DAYS
from lookback.language.parse import DIALECT, extent
from lookback.language.scope import WRONG, Part, Scope
from lookback.language.types import LARGEST, Column, Type
from lookback.words.errors import Edit, Help, Mistake, did_you_mean
from lookback.words.source import Place


class Leaves:
    """What a walk over a raw tree finds."""

    def __init__(self, written: str, place: Place, scope: Scope) -> None:
        self.written, self.place, self.scope = written, place, scope
        self.mistakes: list[Mistake] = []
        self.columns: list[Column] = []
        self.rules: list[str] = []
        self.inside_aggregate = False
        self.unclear = False

    def mistake(self, code: str, node: exp.Expr, *, help: Help | None = None, fix: tuple[Edit, ...] = (), **args: object) -> Part:
        where = extent(node)
        span = self.place.part(*where) if where else self.place.span
        if help is None and any(isinstance(part, exp.Null) for part in (node, *node.iter_expressions())):
            help = ("help.null", {})
        self.mistakes.append(Mistake(code, span, args, help, fix=fix))
        return WRONG

    def text(self, node: exp.Expr) -> str:
        """A part as its author wrote it, in one line."""
        where = extent(node)
        return " ".join(self.written[slice(*where)].split()) if where else str(node.sql(dialect=DIALECT))

    def name(self, node: exp.Expr) -> str:
        """A function's name as its author wrote it."""
        where = extent(node)
        words = self.written[slice(*where)].split("(")[0].split() if where else []
        return words[-1].casefold() if words else type(node).__name__.casefold()

    def param(self, node: exp.Expr) -> Part:
        meaning = self.scope.params.get(node.name)
        if meaning is None:
            return self.mistake("unknown-param", node, help=did_you_mean(node.name, self.scope.params), name=node.name)
        return Part(exp.Placeholder(this=node.name), meaning.type, size=decimals.size_of_type(meaning.type))

    def literal(self, node: exp.Expr) -> Part:
        if node.is_string:
            return Part(exp.Literal.string(node.name), None, literal=node.name)
        number = Decimal(node.name)
        if number > LARGEST:
            return self.mistake("number-too-large", node, most=LARGEST)
        digits, places = decimals.digits_of(number)
        if digits > decimals.DIGITS:
            return self.mistake("number-too-wide", node, digits=digits, places=places, most=decimals.DIGITS)
        whole, size = node.name.isdecimal(), decimals.size_of_literal(node.name)
        return Part(exp.Literal.number(node.name), Type.INTEGER if whole else Type.NUMBER, size=size)

    def boolean(self, node: exp.Expr) -> Part:
        return Part(exp.Boolean(this=node.this), Type.BOOLEAN)

    def date_literal(self, node: exp.Expr) -> Part:
        value = node.this
        if not (isinstance(value, exp.Literal) and value.is_string and node.args["to"].this == exp.DType.DATE):
            return self.mistake("not-allowed", node, what=self.text(node))
        if day_written(value.name) is None:
            return self.mistake("not-a-date", value, value=value.name)
        return Part(exp.Cast(this=exp.Literal.string(value.name), to=exp.DataType.build("DATE")), Type.DATE, size=Size(0))

    def interval(self, node: exp.Expr) -> Part:
        amount, unit = node.this, node.args.get("unit")
        name = unit.name.casefold().rstrip("s") if unit is not None else ""
        if (
            name not in DATE_PARTS
            or not isinstance(amount, exp.Literal)
            or not amount.name.isdecimal()
            or int(amount.name) * DAYS_OF[name] > MOST_DAYS
        ):
            return self.mistake("bad-interval", node, most=MOST_DAYS, units=", ".join(DATE_PARTS))
        return Part(exp.Interval(this=exp.Literal.string(amount.name), unit=exp.var(name.upper())))
