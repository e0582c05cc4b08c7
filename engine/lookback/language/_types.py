"""A raw tree and its scope -> a checked, typed tree.

In: a raw tree, its place, and the scope (what the names mean here). Out: a sqlglot tree in the form that every engine
computes alike, with its type; or the mistakes, each with its span. Only what `_FORMS` and `functions` list can be written:
there is no subquery, no table, no file, no other function.

What the form changes: `a / b` is null where b is 0; products and quotients are computed as numbers; sums and means of numbers
are taken in the order of their values, so that they do not depend on the number of threads; a date moved by a number of days
is null where the number is out of all reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlglot import exp

from lookback.language._functions import aggregate, case, function
from lookback.language._parts import (
    DATE_PARTS,
    DAYS_OF,
    MOST_DAYS,
    NUMERIC,
    WRONG,
    Checked,
    Meaning,
    Part,
    Scope,
    column,
    double,
    integer,
    said,
    wrapped,
)
from lookback.language.operators import day_written
from lookback.language.parse import DIALECT, extent
from lookback.language.types import LARGEST, Column, Type
from lookback.words.errors import Edit, Help, Mistake, did_you_mean
from lookback.words.source import Place


def check(tree: exp.Expr, place: Place, scope: Scope) -> Checked | list[Mistake]:
    """Type a raw tree in its scope, and bring it into the engines' form; or every mistake found in it."""
    checker = _Checker(place, scope)
    try:
        part = checker.visit(tree)
    except RecursionError:
        return [Mistake("expression-too-deep", place.span)]
    if part.interval:
        checker.mistake("interval-alone", tree)
    if checker.mistakes or checker.unclear:
        return checker.mistakes
    kind = Type.TEXT if part.literal is not None else part.type
    return Checked(part.sql, kind, part.choices, tuple(dict.fromkeys(checker.columns)), tuple(dict.fromkeys(checker.rules)))


class _Checker:
    """One walk over a raw tree."""

    def __init__(self, place: Place, scope: Scope) -> None:
        self.place, self.scope = place, scope
        self.mistakes: list[Mistake] = []
        self.columns: list[Column] = []
        self.rules: list[str] = []
        self.inside_aggregate = False
        self.unclear = False

    def mistake(self, code: str, node: exp.Expr, *, help: Help | None = None, fix: tuple[Edit, ...] = (), **args: object) -> Part:
        where = extent(node)
        span = self.place.part(*where) if where else self.place.span
        self.mistakes.append(Mistake(code, span, args, help, fix=fix))
        return WRONG

    def text(self, node: exp.Expr) -> str:
        return node.sql(dialect=DIALECT)

    def visit(self, node: exp.Expr) -> Part:
        """A node's part; its tree remembers its type and how the author wrote it."""
        part = self.form(node)
        if node.args.get("negate") and not part.wrong:  # sqlglot's `not like`
            part = Part(exp.Not(this=wrapped(part.sql)), part.type)
        where = extent(node)
        if where is not None:
            part.sql.meta["at"] = where
            part.sql.meta["written"] = " ".join(self.place.part(*where).text.split())
        part.sql.meta["type"] = Type.TEXT if part.literal is not None else part.type
        return part

    def form(self, node: exp.Expr) -> Part:
        form = _FORMS.get(type(node))
        if form is not None:
            return form(self, node)
        if isinstance(node, exp.Func | exp.Anonymous):
            return function(self, node)
        if isinstance(node, exp.Alias) and not node.alias:  # sqlglot's reading of `(:a < b)`
            return self.visit(node.this)
        if isinstance(node, exp.Alias):
            unit = node.alias.casefold().rstrip("s")
            help_ = ("help.interval", {"unit": node.alias}) if unit in DATE_PARTS else None
            return self.mistake("not-an-expression", node, help=help_, near=node.alias)
        return self.mistake("not-allowed", node, what=type(node).__name__.upper())

    # ------------------------------------------------------------------------------------------------------- leaves

    def column(self, node: exp.Expr) -> Part:
        assert isinstance(node, exp.Column)
        name, table = node.name, node.table
        if node.args.get("db"):
            return self.mistake("unknown-field", node, name=self.text(node), table=self.scope.table)
        if not table or table == self.scope.table:
            known: Mapping[str, Meaning] = self.scope.columns
            own = Column(self.scope.table, name)
        elif table in self.scope.parents:
            known, own = self.scope.parents[table], Column(table, name)
        else:
            return self.mistake(
                "unknown-table", node, help=did_you_mean(table, self.scope.parents), name=table, table=self.scope.table
            )
        if name == "verdict" and self.inside_aggregate and not table:
            self.columns.append(own)
            return Part(column(own, self.scope.table), Type.CHOICE, self.scope.outcomes)
        if name not in known:
            help_ = did_you_mean(name, known)
            if help_ is None and name in self.scope.params:
                help_ = ("help.did-you-mean", {"word": f":{name}"})
            if any(name in meaning.choices for meaning in known.values()):
                help_ = ("help.quote-choice", {"word": name})
            return self.mistake("unknown-field", node, help=help_, name=name, table=own.table)
        if self.scope.aggregate and not self.inside_aggregate:
            return self.mistake("outside-aggregate", node, name=name)
        self.columns.append(own)
        if known[name].type is None:
            self.unclear = True
            return WRONG
        return Part(column(own, self.scope.table), known[name].type, known[name].choices)

    def param(self, node: exp.Expr) -> Part:
        meaning = self.scope.params.get(node.name)
        if meaning is None:
            return self.mistake("unknown-param", node, help=did_you_mean(node.name, self.scope.params), name=node.name)
        return Part(exp.Placeholder(this=node.name), meaning.type)

    def literal(self, node: exp.Expr) -> Part:
        if node.is_string:
            return Part(exp.Literal.string(node.name), None, literal=node.name)
        if float(node.name) > LARGEST:
            return self.mistake("number-too-large", node, most=LARGEST)
        if node.name.isdecimal():
            return Part(exp.Literal.number(node.name), Type.INTEGER)
        return Part(double(exp.Literal.number(node.name)), Type.NUMBER)

    def boolean(self, node: exp.Expr) -> Part:
        return Part(exp.Boolean(this=node.this), Type.BOOLEAN)

    def null(self, node: exp.Expr) -> Part:
        return Part(exp.null())

    def paren(self, node: exp.Expr) -> Part:
        return self.visit(node.this)

    def date_literal(self, node: exp.Expr) -> Part:
        value = node.this
        if not (isinstance(value, exp.Literal) and value.is_string and node.args["to"].this == exp.DType.DATE):
            return self.mistake("not-allowed", node, what="CAST")
        if day_written(value.name) is None:
            return self.mistake("not-a-date", value, value=value.name)
        return Part(exp.Cast(this=exp.Literal.string(value.name), to=exp.DataType.build("DATE")), Type.DATE)

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
        return Part(exp.Interval(this=exp.Literal.string(amount.name), unit=exp.var(name.upper())), interval=True)

    # ---------------------------------------------------------------------------------------------- logic, comparison

    def logic(self, node: exp.Expr) -> Part:
        parts = [self.condition(side) for side in (node.this, node.expression)]
        return Part(type(node)(this=wrapped(parts[0].sql), expression=wrapped(parts[1].sql)), Type.BOOLEAN)

    def negation(self, node: exp.Expr) -> Part:
        return Part(exp.Not(this=wrapped(self.condition(node.this).sql)), Type.BOOLEAN)

    def condition(self, node: exp.Expr) -> Part:
        """A part that must be true or false."""
        part = self.visit(node)
        if part.wrong or part.type is Type.BOOLEAN:
            return part
        return self.mistake("not-a-condition", node, text=self.text(node), type=said(part))

    def comparison(self, node: exp.Expr) -> Part:
        left, right = self.visit(node.this), self.visit(node.expression)
        operator = _OPERATORS[type(node)]
        for side, other in ((node.this, node.expression), (node.expression, node.this)):
            if isinstance(side, exp.Null):
                return self.with_null(node, other, operator)
        if not self.comparable(node, left, right):
            return WRONG
        if operator not in ("=", "<>", "is distinct from", "is not distinct from"):
            for part in (left, right):
                if part.type in (Type.CHOICE, Type.BOOLEAN):
                    return self.mistake("no-order", node, type=said(part), operator=operator)
        return Part(type(node)(this=wrapped(left.sql), expression=wrapped(right.sql)), Type.BOOLEAN)

    def with_null(self, node: exp.Expr, other: exp.Expr, operator: str) -> Part:
        """The mistake of comparing with null. Where it can only have been meant as a test for a blank, it comes with the fix."""
        test = "is not null" if isinstance(node, exp.NEQ | exp.NullSafeNEQ) else "is null"
        where, part = extent(node), extent(other)
        meant = not isinstance(node, exp.LT | exp.LTE | exp.GT | exp.GTE) and not isinstance(other, exp.Null)
        fix: tuple[Edit, ...] = ()
        if meant and where and part and self.place.offsets is not None:
            fix = (Edit(self.place.part(*where), f"{self.place.part(*part).text} {test}"),)
        code = "null-distinct" if isinstance(node, exp.NullSafeEQ | exp.NullSafeNEQ) else "null-comparison"
        return self.mistake(code, node, help=("help.write", {"text": f"{self.text(other)} {test}"}), fix=fix, operator=operator)

    def comparable(self, node: exp.Expr, left: Part, right: Part) -> bool:
        """Whether two parts may be compared; tells the mistake where not."""
        if left.wrong or right.wrong:
            return False
        for part, other in ((left, right), (right, left)):
            if part.literal is not None and other.type is Type.CHOICE:
                if part.literal not in other.choices:
                    self.mistake(
                        "unknown-choice",
                        node,
                        help=did_you_mean(part.literal, other.choices),
                        value=part.literal,
                        known=", ".join(other.choices),
                    )
                    return False
                return True
        if left.interval or right.interval:
            self.mistake("different-types", node, left=said(left), right=said(right))
            return False
        one, two = (Type.TEXT if p.literal is not None else p.type for p in (left, right))
        if one in NUMERIC and two in NUMERIC:
            return True
        if one is two and (one is not Type.CHOICE or set(left.choices) == set(right.choices)):
            return True
        if one is Type.CHOICE and two is Type.CHOICE:
            self.mistake("different-choices", node, left=", ".join(left.choices), right=", ".join(right.choices))
            return False
        help_ = None
        literal = left.literal if left.literal is not None else right.literal
        if literal is not None and Type.DATE in (one, two):
            help_ = ("help.write", {"text": f"date '{literal}'"})
        self.mistake("different-types", node, help=help_, left=said(left), right=said(right))
        return False

    def one_of(self, node: exp.Expr) -> Part:
        if not node.expressions or node.args.get("query") or node.args.get("unnest"):
            return self.mistake("not-allowed", node, what="IN (…)")
        left = self.visit(node.this)
        values = []
        for item in node.expressions:
            part = self.visit(item)
            if isinstance(item, exp.Null):
                return self.mistake(
                    "null-comparison", node, help=("help.write", {"text": f"{self.text(node.this)} is null"}), operator="in"
                )
            if not self.comparable(item, left, part):
                return WRONG
            values.append(part.sql)
        return Part(exp.In(this=wrapped(left.sql), expressions=values), Type.BOOLEAN)

    def between(self, node: exp.Expr) -> Part:
        middle, low, high = (self.visit(node.args[k]) for k in ("this", "low", "high"))
        if not (self.comparable(node, middle, low) and self.comparable(node, middle, high)):
            return WRONG
        if middle.type in (Type.CHOICE, Type.BOOLEAN):
            return self.mistake("no-order", node, type=said(middle), operator="between")
        return Part(exp.Between(this=wrapped(middle.sql), low=wrapped(low.sql), high=wrapped(high.sql)), Type.BOOLEAN)

    def like(self, node: exp.Expr) -> Part:
        left, right = self.visit(node.this), self.visit(node.expression)
        if left.wrong or right.wrong:
            return WRONG
        if (left.type is not Type.TEXT and left.literal is None) or right.literal is None:
            return self.mistake("bad-like", node)
        return Part(exp.Like(this=left.sql, expression=right.sql), Type.BOOLEAN)

    def is_null(self, node: exp.Expr) -> Part:
        if not isinstance(node.expression, exp.Null):
            return self.mistake("not-allowed", node, what=f"IS {self.text(node.expression)}")
        part = self.visit(node.this)
        return part if part.wrong else Part(exp.Is(this=wrapped(part.sql), expression=exp.null()), Type.BOOLEAN)

    # --------------------------------------------------------------------------------------------------- arithmetic

    def arithmetic(self, node: exp.Expr) -> Part:
        left, right = self.visit(node.this), self.visit(node.expression)
        if left.wrong or right.wrong:
            return WRONG
        plus_minus = isinstance(node, exp.Add | exp.Sub)
        if plus_minus and left.type is Type.DATE and right.interval:
            moved = type(node)(this=left.sql, expression=right.sql)
            return Part(exp.Cast(this=moved, to=exp.DataType.build("DATE")), Type.DATE)
        if plus_minus and left.type is Type.DATE and right.type is Type.INTEGER:
            days = exp.Between(this=wrapped(right.sql), low=integer(-MOST_DAYS), high=integer(MOST_DAYS))
            moved = type(node)(this=left.sql, expression=exp.Cast(this=right.sql.copy(), to=exp.DataType.build("INT")))
            return Part(exp.Case(ifs=[exp.If(this=days, true=moved)]), Type.DATE)
        if isinstance(node, exp.Sub) and left.type is Type.DATE and right.type is Type.DATE:
            return Part(exp.DateDiff(this=left.sql, expression=right.sql, unit=exp.var("DAY")), Type.INTEGER)
        if left.type not in NUMERIC or right.type not in NUMERIC:
            return self.mistake("bad-arithmetic", node, operator=_OPERATORS[type(node)], left=said(left), right=said(right))
        one, two = wrapped(left.sql), wrapped(right.sql)
        if isinstance(node, exp.Div):
            return Part(
                exp.Div(
                    this=double(left.sql),
                    expression=exp.Nullif(this=double(right.sql), expression=integer(0)),
                    typed=False,
                    safe=False,
                ),
                Type.NUMBER,
            )
        if isinstance(node, exp.Mul):
            return Part(exp.Mul(this=double(left.sql), expression=double(right.sql)), Type.NUMBER)
        both = Type.INTEGER if left.type is right.type is Type.INTEGER else Type.NUMBER
        return Part(type(node)(this=one, expression=two), both)

    def negative(self, node: exp.Expr) -> Part:
        part = self.visit(node.this)
        if part.wrong or part.type in NUMERIC:
            return Part(exp.Neg(this=wrapped(part.sql)), part.type, wrong=part.wrong)
        return self.mistake("bad-negation", node, type=said(part))


_Form = Callable[[_Checker, exp.Expr], Part]

_OPERATORS: dict[type[exp.Expr], str] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.NullSafeEQ: "is not distinct from",
    exp.NullSafeNEQ: "is distinct from",
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Div: "/",
    exp.Mod: "%",
}
_COMPARISONS = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ, exp.NullSafeNEQ)

_FORMS: dict[type[exp.Expr], _Form] = {
    exp.Column: _Checker.column,
    exp.Placeholder: _Checker.param,
    exp.Literal: _Checker.literal,
    exp.Boolean: _Checker.boolean,
    exp.Null: _Checker.null,
    exp.Paren: _Checker.paren,
    exp.Cast: _Checker.date_literal,
    exp.Interval: _Checker.interval,
    exp.And: _Checker.logic,
    exp.Or: _Checker.logic,
    exp.Not: _Checker.negation,
    **dict.fromkeys(_COMPARISONS, _Checker.comparison),
    exp.In: _Checker.one_of,
    exp.Between: _Checker.between,
    exp.Like: _Checker.like,
    exp.Is: _Checker.is_null,
    **dict.fromkeys((exp.Add, exp.Sub, exp.Mul, exp.Div), _Checker.arithmetic),
    exp.Neg: _Checker.negative,
    exp.Case: case,
    exp.Filter: aggregate,
}
