"""SQL text -> a checked, typed tree.

In: the text of a condition or value, its place, and the scope (what the names mean here). Out: a sqlglot tree in the form
that every engine computes alike, with its type; or the mistakes, each with its span. Only what `_FORMS` and `_FUNCTIONS` list
can be written: there is no subquery, no table, no file, no other function.

What the form changes: `a / b` is null where b is 0; products and quotients are computed as numbers; sums and means of numbers
are taken in the order of their values, so that they do not depend on the number of threads; a date moved by a number of days
is null where the number is out of all reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import ParseError, TokenError

from engine.errors import Mistake, did_you_mean
from engine.model import Column, Place, Type

DIALECT = "duckdb"
LONGEST_TEXT = 10_000
LARGEST_INTEGER = 2**53
MOST_DAYS = 1_000_000
DIFFERENCES = ("day", "month", "quarter", "year")  # of weeks engines have different ideas
DATE_PARTS = ("day", "week", "month", "quarter", "year")
NUMERIC = (Type.INTEGER, Type.NUMBER)


@dataclass(frozen=True)
class Meaning:
    """What a name stands for. `blank` says whether its value may be missing."""

    type: Type
    choices: tuple[str, ...] = ()
    blank: bool = True


@dataclass(frozen=True)
class Scope:
    """The names that may be used: own columns by id, other tables' as {table: {id: …}}, parameters, and in aggregates the rules."""

    table: str
    columns: Mapping[str, Meaning]
    parents: Mapping[str, Mapping[str, Meaning]] = field(default_factory=dict)
    params: Mapping[str, Meaning] = field(default_factory=dict)
    aggregate: bool = False
    outcomes: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()


@dataclass(frozen=True)
class Checked:
    """A checked expression: its tree, its type (None: it could not be told), and the columns and rules that it names."""

    sql: exp.Expr
    type: Type | None
    choices: tuple[str, ...]
    columns: tuple[Column, ...]
    rules: tuple[str, ...]


@dataclass(frozen=True)
class _Part:
    sql: exp.Expr
    type: Type | None = None  # None: null, or unknown after a mistake
    choices: tuple[str, ...] = ()
    literal: str | None = None  # a text literal, which may stand for a text or a choice
    interval: bool = False
    wrong: bool = False  # a mistake was told already


_WRONG = _Part(exp.null(), wrong=True)


class _Parser(DuckDB.Parser):
    """sqlglot's parser, noting for every node where the text that made it ends."""

    def expression(self, instance: exp.Expr, token: object = None, comments: object = None) -> exp.Expr:  # type: ignore[override]
        node = super().expression(instance, token, comments)  # type: ignore[arg-type]
        last = self._prev
        if last is not None and "start" not in node.meta and not node.args:
            node.meta.update(start=last.start, end=last.end)
        elif last is not None and isinstance(node, exp.Placeholder):
            node.meta.update(start=last.start - 1, end=last.end)
        return node


def extent(node: exp.Expr) -> tuple[int, int] | None:
    """Start and end (exclusive) of the text behind a node; None where sqlglot does not tell."""
    spans = [(n.meta["start"], n.meta["end"] + 1) for n in node.walk() if "start" in n.meta]
    return (min(s for s, _ in spans), max(e for _, e in spans)) if spans else None


def parse(text: str, place: Place) -> exp.Expr | Mistake:
    """The raw tree of a text, or what is wrong with its form."""
    whole = place.part(0, len(text))
    if not text.strip():
        return Mistake("empty-expression", whole)
    if len(text) > LONGEST_TEXT:
        return Mistake("expression-too-long", whole, {"most": LONGEST_TEXT})
    try:
        dialect = DuckDB()
        trees = _Parser(dialect=dialect).parse(dialect.tokenize(text), text)
    except ParseError as error:
        first = error.errors[0] if error.errors else {}
        end = _offset(text, first.get("line"), first.get("col"))
        mark = first.get("highlight") or ""
        return Mistake("not-an-expression", place.part(max(end - len(mark), 0), max(end, 1)), {"near": mark or text.strip()[-20:]})
    except TokenError:
        return Mistake("unclosed-text", whole)
    except RecursionError:
        return Mistake("expression-too-deep", whole)
    if len(trees) != 1 or trees[0] is None or isinstance(trees[0], exp.Block):
        return Mistake("one-expression", whole)
    return trees[0]


def _offset(text: str, line: int | None, column: int | None) -> int:
    """sqlglot tells the line and the column of a token's last character, both from 1."""
    lines = text.split("\n")
    before = sum(len(part) + 1 for part in lines[: (line or 1) - 1])
    return min(before + (column or len(text)), len(text))


def check(tree: exp.Expr, place: Place, scope: Scope) -> Checked | list[Mistake]:
    """Type a raw tree in its scope, and bring it into the engines' form; or every mistake found in it."""
    checker = _Checker(place, scope)
    try:
        part = checker.visit(tree)
    except RecursionError:
        return [Mistake("expression-too-deep", place.span)]
    if part.interval:
        checker.mistake("interval-alone", tree)
    if checker.mistakes:
        return checker.mistakes
    kind = Type.TEXT if part.literal is not None else part.type
    return Checked(part.sql, kind, part.choices, tuple(dict.fromkeys(checker.columns)), tuple(dict.fromkeys(checker.rules)))


def names_in(tree: exp.Expr) -> set[tuple[str | None, str]]:
    """(table or None, name) of every column that a raw tree names."""
    return {(c.table or None, c.name) for c in tree.find_all(exp.Column)}


def column(name: Column, own: str) -> exp.Expr:
    """How a column of the record (`deadline`) or of its parent (`units.kind`) is named in the engine."""
    return exp.column(exp.to_identifier(name.name if name.table == own else f"{name.table}.{name.name}", quoted=True))


def integer(value: int) -> exp.Expr:
    return exp.Literal.number(value) if value >= 0 else exp.Neg(this=exp.Literal.number(-value))


class _Checker:
    """One walk over a raw tree."""

    def __init__(self, place: Place, scope: Scope) -> None:
        self.place, self.scope = place, scope
        self.mistakes: list[Mistake] = []
        self.columns: list[Column] = []
        self.rules: list[str] = []
        self.inside_aggregate = False

    def mistake(self, code: str, node: exp.Expr, *, help: tuple[str, dict[str, object]] | None = None, **args: object) -> _Part:
        where = extent(node)
        span = self.place.part(*where) if where else self.place.span
        self.mistakes.append(Mistake(code, span, args, help))
        return _WRONG

    def text(self, node: exp.Expr) -> str:
        return node.sql(dialect=DIALECT)

    def visit(self, node: exp.Expr) -> _Part:
        """A node's part; its tree remembers how the author wrote it."""
        part = self.form(node)
        if node.args.get("negate") and not part.wrong:  # sqlglot's `not like`
            part = _Part(exp.Not(this=_wrap(part.sql)), part.type)
        where = extent(node)
        if where is not None:
            part.sql.meta["written"] = " ".join(self.place.part(*where).text.split())
        return part

    def form(self, node: exp.Expr) -> _Part:
        form = _FORMS.get(type(node))
        if form is not None:
            return form(self, node)
        if isinstance(node, exp.Func) or isinstance(node, exp.Anonymous):
            return self.function(node)
        if isinstance(node, exp.Alias) and not node.alias:  # sqlglot's reading of `(:a < b)`
            return self.visit(node.this)
        if isinstance(node, exp.Alias):
            unit = node.alias.casefold().rstrip("s")
            help_ = ("help.interval", {"unit": node.alias}) if unit in DATE_PARTS else None
            return self.mistake("not-an-expression", node, help=help_, near=node.alias)
        return self.mistake("not-allowed", node, what=type(node).__name__.upper())

    # ------------------------------------------------------------------------------------------------------- leaves

    def column(self, node: exp.Expr) -> _Part:
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
            return self.mistake("unknown-table", node, help=did_you_mean(table, self.scope.parents), name=table, table=self.scope.table)
        if name == "verdict" and self.inside_aggregate and not table:
            self.columns.append(own)
            return _Part(column(own, self.scope.table), Type.CHOICE, self.scope.outcomes)
        if name not in known:
            help_ = did_you_mean(name, known)
            if help_ is None and name in self.scope.params:
                help_ = ("help.did-you-mean", {"word": f":{name}"})
            return self.mistake("unknown-field", node, help=help_, name=name, table=own.table)
        if self.scope.aggregate and not self.inside_aggregate:
            return self.mistake("outside-aggregate", node, name=name)
        self.columns.append(own)
        return _Part(column(own, self.scope.table), known[name].type, known[name].choices)

    def param(self, node: exp.Expr) -> _Part:
        meaning = self.scope.params.get(node.name)
        if meaning is None:
            return self.mistake("unknown-param", node, help=did_you_mean(node.name, self.scope.params), name=node.name)
        return _Part(exp.Placeholder(this=node.name), meaning.type)

    def literal(self, node: exp.Expr) -> _Part:
        if node.is_string:
            return _Part(exp.Literal.string(node.name), None, literal=node.name)
        if node.name.isdecimal():
            if int(node.name) > LARGEST_INTEGER:
                return self.mistake("number-too-large", node, most=LARGEST_INTEGER)
            return _Part(exp.Literal.number(node.name), Type.INTEGER)
        return _Part(_double(exp.Literal.number(node.name)), Type.NUMBER)

    def boolean(self, node: exp.Expr) -> _Part:
        return _Part(exp.Boolean(this=node.this), Type.BOOLEAN)

    def null(self, node: exp.Expr) -> _Part:
        return _Part(exp.null())

    def paren(self, node: exp.Expr) -> _Part:
        return self.visit(node.this)

    def date_literal(self, node: exp.Expr) -> _Part:
        value = node.this
        if not (isinstance(value, exp.Literal) and value.is_string and node.args["to"].this == exp.DType.DATE):
            return self.mistake("not-allowed", node, what="CAST")
        try:
            date.fromisoformat(value.name)
        except ValueError:
            return self.mistake("not-a-date", value, value=value.name)
        return _Part(exp.Cast(this=exp.Literal.string(value.name), to=exp.DataType.build("DATE")), Type.DATE)

    def interval(self, node: exp.Expr) -> _Part:
        amount, unit = node.this, node.args.get("unit")
        name = unit.name.casefold().rstrip("s") if unit is not None else ""
        if name not in DATE_PARTS or not isinstance(amount, exp.Literal) or not amount.name.isdecimal() or int(amount.name) > MOST_DAYS:
            return self.mistake("bad-interval", node, units=", ".join(DATE_PARTS))
        return _Part(exp.Interval(this=exp.Literal.string(amount.name), unit=exp.var(name.upper())), interval=True)

    # ---------------------------------------------------------------------------------------------- logic, comparison

    def logic(self, node: exp.Expr) -> _Part:
        parts = [self.condition(side) for side in (node.this, node.expression)]
        return _Part(type(node)(this=_wrap(parts[0].sql), expression=_wrap(parts[1].sql)), Type.BOOLEAN)

    def negation(self, node: exp.Expr) -> _Part:
        return _Part(exp.Not(this=_wrap(self.condition(node.this).sql)), Type.BOOLEAN)

    def condition(self, node: exp.Expr) -> _Part:
        """A part that must be true or false."""
        part = self.visit(node)
        if part.wrong or part.type is Type.BOOLEAN:
            return part
        return self.mistake("not-a-condition", node, text=self.text(node), type=_said(part))

    def comparison(self, node: exp.Expr) -> _Part:
        left, right = self.visit(node.this), self.visit(node.expression)
        operator = _OPERATORS[type(node)]
        for side, other in ((node.this, node.expression), (node.expression, node.this)):
            if isinstance(side, exp.Null):
                test = "is not null" if isinstance(node, exp.NEQ) else "is null"
                return self.mistake("null-comparison", node, help=("help.write", {"text": f"{self.text(other)} {test}"}), operator=operator)
        if not self.comparable(node, left, right):
            return _WRONG
        if operator not in ("=", "<>", "is distinct from", "is not distinct from"):
            for part in (left, right):
                if part.type in (Type.CHOICE, Type.BOOLEAN):
                    return self.mistake("no-order", node, type=_said(part), operator=operator)
        return _Part(type(node)(this=_wrap(left.sql), expression=_wrap(right.sql)), Type.BOOLEAN)

    def comparable(self, node: exp.Expr, left: _Part, right: _Part) -> bool:
        """Whether two parts may be compared; tells the mistake where not."""
        if left.wrong or right.wrong:
            return False
        for part, other in ((left, right), (right, left)):
            if part.literal is not None and other.type is Type.CHOICE:
                if part.literal not in other.choices:
                    self.mistake("unknown-choice", node, help=did_you_mean(part.literal, other.choices), value=part.literal, known=", ".join(other.choices))
                    return False
                return True
        if left.interval or right.interval:
            self.mistake("different-types", node, left=_said(left), right=_said(right))
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
        self.mistake("different-types", node, help=help_, left=_said(left), right=_said(right))
        return False

    def one_of(self, node: exp.Expr) -> _Part:
        if not node.expressions or node.args.get("query") or node.args.get("unnest"):
            return self.mistake("not-allowed", node, what="IN (…)")
        left = self.visit(node.this)
        values = []
        for item in node.expressions:
            part = self.visit(item)
            if isinstance(item, exp.Null):
                return self.mistake("null-comparison", node, help=("help.write", {"text": f"{self.text(node.this)} is null"}), operator="in")
            if not self.comparable(item, left, part):
                return _WRONG
            values.append(part.sql)
        return _Part(exp.In(this=_wrap(left.sql), expressions=values), Type.BOOLEAN)

    def between(self, node: exp.Expr) -> _Part:
        middle, low, high = (self.visit(node.args[k]) for k in ("this", "low", "high"))
        if not (self.comparable(node, middle, low) and self.comparable(node, middle, high)):
            return _WRONG
        if middle.type in (Type.CHOICE, Type.BOOLEAN):
            return self.mistake("no-order", node, type=_said(middle), operator="between")
        return _Part(exp.Between(this=_wrap(middle.sql), low=_wrap(low.sql), high=_wrap(high.sql)), Type.BOOLEAN)

    def like(self, node: exp.Expr) -> _Part:
        left, right = self.visit(node.this), self.visit(node.expression)
        if left.wrong or right.wrong:
            return _WRONG
        if left.type is not Type.TEXT or right.literal is None:
            return self.mistake("bad-like", node)
        return _Part(exp.Like(this=left.sql, expression=right.sql), Type.BOOLEAN)

    def is_null(self, node: exp.Expr) -> _Part:
        if not isinstance(node.expression, exp.Null):
            return self.mistake("not-allowed", node, what=f"IS {self.text(node.expression)}")
        part = self.visit(node.this)
        return part if part.wrong else _Part(exp.Is(this=_wrap(part.sql), expression=exp.null()), Type.BOOLEAN)

    # --------------------------------------------------------------------------------------------------- arithmetic

    def arithmetic(self, node: exp.Expr) -> _Part:
        left, right = self.visit(node.this), self.visit(node.expression)
        if left.wrong or right.wrong:
            return _WRONG
        plus_minus = isinstance(node, exp.Add | exp.Sub)
        if plus_minus and left.type is Type.DATE and right.interval:
            moved = type(node)(this=left.sql, expression=right.sql)
            return _Part(exp.Cast(this=moved, to=exp.DataType.build("DATE")), Type.DATE)
        if plus_minus and left.type is Type.DATE and right.type is Type.INTEGER:
            days = exp.Between(this=_wrap(right.sql), low=integer(-MOST_DAYS), high=integer(MOST_DAYS))
            moved = type(node)(this=left.sql, expression=exp.Cast(this=right.sql.copy(), to=exp.DataType.build("INT")))
            return _Part(exp.Case(ifs=[exp.If(this=days, true=moved)]), Type.DATE)
        if isinstance(node, exp.Sub) and left.type is Type.DATE and right.type is Type.DATE:
            return _Part(exp.DateDiff(this=left.sql, expression=right.sql, unit=exp.var("DAY")), Type.INTEGER)
        if left.type not in NUMERIC or right.type not in NUMERIC:
            return self.mistake("bad-arithmetic", node, operator=_OPERATORS[type(node)], left=_said(left), right=_said(right))
        one, two = _wrap(left.sql), _wrap(right.sql)
        if isinstance(node, exp.Div):
            return _Part(exp.Div(this=_double(left.sql), expression=exp.Nullif(this=_double(right.sql), expression=integer(0)), typed=False, safe=False), Type.NUMBER)
        if isinstance(node, exp.Mul):
            return _Part(exp.Mul(this=_double(left.sql), expression=_double(right.sql)), Type.NUMBER)
        both = Type.INTEGER if left.type is right.type is Type.INTEGER else Type.NUMBER
        return _Part(type(node)(this=one, expression=two), both)

    def negative(self, node: exp.Expr) -> _Part:
        part = self.visit(node.this)
        if part.wrong or part.type in NUMERIC:
            return _Part(exp.Neg(this=_wrap(part.sql)), part.type, wrong=part.wrong)
        return self.mistake("bad-arithmetic", node, operator="-", left="", right=_said(part))

    # ---------------------------------------------------------------------------------------------------- functions

    def case(self, node: exp.Expr) -> _Part:
        if node.this is not None:
            return self.mistake("not-allowed", node, what="CASE x WHEN", help=("help.write", {"text": "case when … then … end"}))
        conditions = [self.condition(branch.this) for branch in node.args["ifs"]]
        branches = [branch.args["true"] for branch in node.args["ifs"]]
        default = node.args.get("default")
        values = self.alike(node, [*branches, *([default] if default is not None else [])])
        if values is None or any(c.wrong for c in conditions):
            return _WRONG
        ifs = [exp.If(this=c.sql, true=v.sql) for c, v in zip(conditions, values, strict=False)]
        tree = exp.Case(ifs=ifs, default=values[-1].sql if default is not None else None)
        return self.like_first(tree, values)

    def function(self, node: exp.Expr) -> _Part:
        entry = _FUNCTIONS.get(type(node))
        if entry is not None:
            return entry(self, node)
        name = node.name if isinstance(node, exp.Anonymous) else self.name_written(node)
        if name == "unmet":
            return self.unmet(node)
        return self.mistake("unknown-function", node, help=did_you_mean(name, FUNCTION_NAMES), name=name)

    def name_written(self, node: exp.Expr) -> str:
        where = extent(node)
        words = self.place.part(*where).text.split("(")[0].split() if where else []
        return words[-1].casefold() if words else type(node).__name__.casefold()

    def alike(self, node: exp.Expr, items: list[exp.Expr]) -> list[_Part] | None:
        """Parts that must be of one type."""
        parts = [self.visit(item) for item in items]
        if any(p.wrong for p in parts):
            return None
        typed = [p for p in parts if p.type is not None or p.literal is not None]
        typed.sort(key=lambda p: p.literal is not None)
        for part in typed[1:]:
            if not self.comparable(node, typed[0], part):
                return None
        return parts

    def like_first(self, tree: exp.Expr, parts: list[_Part]) -> _Part:
        """A value of the type of its parts: a number where one of them is, a choice before a literal."""
        typed = [p for p in parts if p.type is not None] or [p for p in parts if p.literal is not None]
        if not typed:
            return _Part(tree)
        if typed[0].literal is not None:
            return _Part(tree, Type.TEXT)
        kinds = {p.type for p in typed}
        return _Part(tree, Type.NUMBER if kinds == set(NUMERIC) else typed[0].type, typed[0].choices)

    def choose(self, node: exp.Expr) -> _Part:
        """coalesce, nullif, least, greatest."""
        items = [node.this, *node.expressions] if not isinstance(node, exp.Nullif) else [node.this, node.expression]
        parts = self.alike(node, items)
        if parts is None:
            return _WRONG
        if isinstance(node, exp.Least | exp.Greatest) and any(p.type in (Type.CHOICE, Type.BOOLEAN) for p in parts):
            return self.mistake("no-order", node, type=_said(parts[0]), operator=self.name_written(node))
        first, *rest = [p.sql for p in parts]
        if isinstance(node, exp.Nullif):
            return self.like_first(exp.Nullif(this=first, expression=rest[0]), parts[:1])
        tree: exp.Expr = exp.Coalesce(this=first, expressions=rest)
        if isinstance(node, exp.Least | exp.Greatest):
            tree = type(node)(this=first, expressions=rest, ignore_nulls=True)
        return self.like_first(tree, parts)

    def numeric(self, node: exp.Expr) -> _Part:
        """abs, round."""
        part = self.visit(node.this)
        if part.wrong:
            return part
        if part.type not in NUMERIC:
            return self.mistake("wrong-argument", node, function=self.name_written(node), expected="number", found=_said(part))
        if isinstance(node, exp.Abs):
            return _Part(exp.Abs(this=part.sql), part.type)
        places = node.args.get("decimals")
        if places is not None and not (isinstance(places, exp.Literal) and places.name.isdecimal() and int(places.name) <= 15):
            return self.mistake("round-places", node)
        return _Part(exp.Round(this=_double(part.sql), decimals=places.copy() if places is not None else integer(0)), Type.NUMBER)

    def textual(self, node: exp.Expr) -> _Part:
        """length, lower, upper, trim."""
        part = self.visit(node.this)
        if part.wrong:
            return part
        if part.type is not Type.TEXT or node.args.get("expression") is not None:
            return self.mistake("wrong-argument", node, function=self.name_written(node), expected="text", found=_said(part))
        return _Part(type(node)(this=part.sql), Type.INTEGER if isinstance(node, exp.Length) else Type.TEXT)

    def date_part(self, node: exp.Expr) -> _Part:
        """year, month, day."""
        part = self.visit(node.this)
        if part.wrong:
            return part
        if part.type is not Type.DATE:
            return self.mistake("wrong-argument", node, function=self.name_written(node), expected="date", found=_said(part))
        return _Part(type(node)(this=part.sql), Type.INTEGER)

    def date_diff(self, node: exp.Expr) -> _Part:
        later, earlier, unit = self.visit(node.this), self.visit(node.expression), node.args.get("unit")
        if later.wrong or earlier.wrong:
            return _WRONG
        if unit is None or unit.name.casefold() not in DIFFERENCES:
            return self.mistake("bad-date-part", node, units=", ".join(DIFFERENCES))
        for part in (earlier, later):
            if part.type is not Type.DATE:
                return self.mistake("wrong-argument", node, function="date_diff", expected="date", found=_said(part))
        return _Part(exp.DateDiff(this=later.sql, expression=earlier.sql, unit=exp.var(unit.name.upper()), date_part_boundary=True), Type.INTEGER)

    # --------------------------------------------------------------------------------------------------- aggregates

    def aggregate(self, node: exp.Expr) -> _Part:
        function = node.this if isinstance(node, exp.Filter) else node
        if not self.scope.aggregate:
            return self.mistake("aggregate-here", node, name=self.name_written(function))
        if self.inside_aggregate:
            return self.mistake("nested-aggregate", node)
        if type(function) not in _AGGREGATES:
            return self.mistake("unknown-function", function, help=did_you_mean(self.name_written(function), FUNCTION_NAMES), name=self.name_written(function))
        self.inside_aggregate = True
        try:
            where = self.condition(node.expression.this) if isinstance(node, exp.Filter) else None
            part = self.aggregated(function)
        finally:
            self.inside_aggregate = False
        if part.wrong or (where is not None and where.wrong):
            return _WRONG
        if where is None:
            return part
        inner = part.sql.this if isinstance(part.sql, exp.TryCast) else part.sql
        filtered: exp.Expr = exp.Filter(this=inner, expression=exp.Where(this=where.sql))
        if isinstance(part.sql, exp.TryCast):
            filtered = exp.TryCast(this=filtered, to=part.sql.args["to"])
        return _Part(filtered, part.type, part.choices)

    def aggregated(self, node: exp.Expr) -> _Part:
        argument = node.this
        distinct = isinstance(argument, exp.Distinct)
        if distinct:
            if len(argument.expressions) != 1:
                return self.mistake("not-allowed", node, what="DISTINCT (a, b)")
            argument = argument.expressions[0]
        if isinstance(argument, exp.Star):
            return _Part(exp.Count(this=exp.Star(), big_int=True), Type.INTEGER)
        if node.expressions or argument is None:
            return self.mistake("wrong-argument", node, function=self.name_written(node), expected="one", found=str(1 + len(node.expressions)))
        part = self.visit(argument)
        if part.wrong:
            return part
        inner: exp.Expr = exp.Distinct(expressions=[part.sql]) if distinct else part.sql
        if isinstance(node, exp.Count):
            return _Part(exp.Count(this=inner, big_int=True), Type.INTEGER)
        if isinstance(node, exp.Min | exp.Max):
            if part.type in (Type.CHOICE, Type.BOOLEAN):
                return self.mistake("no-order", node, type=_said(part), operator=self.name_written(node))
            return _Part(type(node)(this=inner), part.type)
        if part.type not in NUMERIC:
            return self.mistake("wrong-argument", node, function=self.name_written(node), expected="number", found=_said(part))
        if part.type is Type.NUMBER:
            inner = exp.Order(this=inner, expressions=[exp.Ordered(this=part.sql.copy(), nulls_first=False)])
        kind = Type.NUMBER if isinstance(node, exp.Avg) else part.type
        total: exp.Expr = type(node)(this=inner)
        if kind is Type.INTEGER:
            total = exp.TryCast(this=total, to=exp.DataType.build("BIGINT"))
        return _Part(total, kind)

    def unmet(self, node: exp.Expr) -> _Part:
        arguments = node.expressions
        if not self.inside_aggregate:
            return self.mistake("aggregate-only", node, name="unmet")
        if len(arguments) != 1 or not isinstance(arguments[0], exp.Literal) or not arguments[0].is_string:
            return self.mistake("wrong-argument", node, function="unmet", expected="rule", found=self.text(node))
        rule = arguments[0].name
        if rule not in self.scope.rules:
            return self.mistake("unknown-rule", arguments[0], help=did_you_mean(rule, self.scope.rules), rule=rule, table=self.scope.table)
        self.rules.append(rule)
        return _Part(exp.column(exp.to_identifier(unmet_column(rule), quoted=True)), Type.BOOLEAN)


def unmet_column(rule: str) -> str:
    """The column of a judged table that says whether a rule is unmet on the record."""
    return f"unmet {rule}"


def _double(sql: exp.Expr) -> exp.Expr:
    return sql if isinstance(sql, exp.Cast) and sql.to.this == exp.DType.DOUBLE else exp.Cast(this=sql, to=exp.DataType.build("DOUBLE"))


def _wrap(sql: exp.Expr) -> exp.Expr:
    """Parentheses around what is built from several parts, so that no precedence is ever at stake."""
    return exp.Paren(this=sql) if isinstance(sql, exp.Binary | exp.Not | exp.Between | exp.In | exp.Neg) else sql


def _said(part: _Part) -> str:
    """A part's type, as messages name it: the key of a word in the catalogue."""
    if part.interval:
        return "interval"
    return "text" if part.literal is not None else part.type.value if part.type else "null"


_Form = Callable[[_Checker, exp.Expr], _Part]

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
_AGGREGATES = (exp.Count, exp.Sum, exp.Min, exp.Max, exp.Avg)

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
    exp.Case: _Checker.case,
    exp.Filter: _Checker.aggregate,
}

_FUNCTIONS: dict[type[exp.Expr], _Form] = {
    **dict.fromkeys((exp.Coalesce, exp.Nullif, exp.Least, exp.Greatest), _Checker.choose),
    **dict.fromkeys((exp.Abs, exp.Round), _Checker.numeric),
    **dict.fromkeys((exp.Length, exp.Lower, exp.Upper, exp.Trim), _Checker.textual),
    **dict.fromkeys((exp.Year, exp.Month, exp.Day), _Checker.date_part),
    exp.DateDiff: _Checker.date_diff,
    **dict.fromkeys(_AGGREGATES, _Checker.aggregate),
}

FUNCTION_NAMES = tuple("coalesce nullif abs least greatest round length lower upper trim date_diff year month day count sum min max avg unmet".split())
