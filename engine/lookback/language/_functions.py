"""The functions that an expression may call: coalesce, round, date_diff, …, and the aggregates.

In: a call's raw node and the walk it stands in. Out: its part, or a mistake told to the walk.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from lookback.language._parts import NUMERIC, WRONG, Part, Walk, double, integer, said, unmet_column
from lookback.language.parse import DIALECT, extent
from lookback.language.types import Type
from lookback.words import Word
from lookback.words.errors import did_you_mean

DIFFERENCES = ("day", "month", "quarter", "year")
"""What date_diff counts. Of weeks engines have different ideas."""


def case(walk: Walk, node: exp.Expr) -> Part:
    if node.this is not None:
        return walk.mistake("not-allowed", node, what="CASE x WHEN", help=("help.write", {"text": "case when … then … end"}))
    conditions = [walk.condition(branch.this) for branch in node.args["ifs"]]
    branches = [branch.args["true"] for branch in node.args["ifs"]]
    default = node.args.get("default")
    values = alike(walk, node, [*branches, *([default] if default is not None else [])])
    if values is None or any(c.wrong for c in conditions):
        return WRONG
    ifs = [exp.If(this=c.sql, true=v.sql) for c, v in zip(conditions, values, strict=False)]
    tree = exp.Case(ifs=ifs, default=values[-1].sql if default is not None else None)
    return like_first(walk, tree, values)


def function(walk: Walk, node: exp.Expr) -> Part:
    entry = FUNCTIONS.get(type(node))
    if entry is not None:
        return entry(walk, node)
    name = node.name if isinstance(node, exp.Anonymous) else name_written(walk, node)
    if name == "unmet":
        return unmet(walk, node)
    return walk.mistake("unknown-function", node, help=did_you_mean(name, FUNCTION_NAMES), name=name)


def name_written(walk: Walk, node: exp.Expr) -> str:
    where = extent(node)
    words = walk.place.part(*where).text.split("(")[0].split() if where else []
    return words[-1].casefold() if words else type(node).__name__.casefold()


def alike(walk: Walk, node: exp.Expr, items: list[exp.Expr]) -> list[Part] | None:
    """Parts that must be of one type."""
    parts = [walk.visit(item) for item in items]
    if any(p.wrong for p in parts):
        return None
    typed = [p for p in parts if p.type is not None or p.literal is not None]
    typed.sort(key=lambda p: p.literal is not None)
    for part in typed[1:]:
        if not walk.comparable(node, typed[0], part):
            return None
    return parts


def like_first(walk: Walk, tree: exp.Expr, parts: list[Part]) -> Part:
    """A value of the type of its parts: a number where one of them is, a choice before a literal."""
    typed = [p for p in parts if p.type is not None] or [p for p in parts if p.literal is not None]
    if not typed:
        return Part(tree)
    if typed[0].literal is not None:
        return Part(tree, Type.TEXT)
    kinds = {p.type for p in typed}
    return Part(tree, Type.NUMBER if kinds == set(NUMERIC) else typed[0].type, typed[0].choices)


def choose(walk: Walk, node: exp.Expr) -> Part:
    """coalesce, nullif, least, greatest."""
    items = [node.this, *node.expressions] if not isinstance(node, exp.Nullif) else [node.this, node.expression]
    parts = alike(walk, node, items)
    if parts is None:
        return WRONG
    if isinstance(node, exp.Least | exp.Greatest) and any(p.type in (Type.CHOICE, Type.BOOLEAN) for p in parts):
        return walk.mistake("no-order", node, type=said(parts[0]), operator=name_written(walk, node))
    first, *rest = [p.sql for p in parts]
    if isinstance(node, exp.Nullif):
        return like_first(walk, exp.Nullif(this=first, expression=rest[0]), parts[:1])
    tree: exp.Expr = exp.Coalesce(this=first, expressions=rest)
    if isinstance(node, exp.Least | exp.Greatest):
        tree = type(node)(this=first, expressions=rest, ignore_nulls=True)
    return like_first(walk, tree, parts)


def numeric(walk: Walk, node: exp.Expr) -> Part:
    """abs, round."""
    part = walk.visit(node.this)
    if part.wrong:
        return part
    if part.type not in NUMERIC:
        return walk.mistake(
            "wrong-argument", node, function=name_written(walk, node), expected=Word("takes.number"), found=said(part)
        )
    if isinstance(node, exp.Abs):
        return Part(exp.Abs(this=part.sql), part.type)
    places = node.args.get("decimals")
    if places is not None and not (isinstance(places, exp.Literal) and places.name.isdecimal() and int(places.name) <= 15):
        return walk.mistake("round-places", node)
    return Part(exp.Round(this=double(part.sql), decimals=places.copy() if places is not None else integer(0)), Type.NUMBER)


def textual(walk: Walk, node: exp.Expr) -> Part:
    """length, lower, upper, trim."""
    part = walk.visit(node.this)
    if part.wrong:
        return part
    if (part.type is not Type.TEXT and part.literal is None) or node.args.get("expression") is not None:
        return walk.mistake(
            "wrong-argument", node, function=name_written(walk, node), expected=Word("takes.text"), found=said(part)
        )
    return Part(type(node)(this=part.sql), Type.INTEGER if isinstance(node, exp.Length) else Type.TEXT)


def date_part(walk: Walk, node: exp.Expr) -> Part:
    """year, month, day."""
    part = walk.visit(node.this)
    if part.wrong:
        return part
    if part.type is not Type.DATE:
        return walk.mistake(
            "wrong-argument", node, function=name_written(walk, node), expected=Word("takes.date"), found=said(part)
        )
    return Part(type(node)(this=part.sql), Type.INTEGER)


def date_diff(walk: Walk, node: exp.Expr) -> Part:
    later, earlier, unit = walk.visit(node.this), walk.visit(node.expression), node.args.get("unit")
    if later.wrong or earlier.wrong:
        return WRONG
    if unit is None or unit.name.casefold() not in DIFFERENCES:
        return walk.mistake("bad-date-part", node, units=", ".join(DIFFERENCES))
    for part in (earlier, later):
        if part.type is not Type.DATE:
            return walk.mistake("wrong-argument", node, function="date_diff", expected=Word("takes.date"), found=said(part))
    return Part(
        exp.DateDiff(this=later.sql, expression=earlier.sql, unit=exp.var(unit.name.upper()), date_part_boundary=True),
        Type.INTEGER,
    )


# ---------------------------------------------------------------------------------------------------- aggregates


def aggregate(walk: Walk, node: exp.Expr) -> Part:
    function = node.this if isinstance(node, exp.Filter) else node
    if not walk.scope.aggregate:
        return walk.mistake("aggregate-here", node, name=name_written(walk, function))
    if walk.inside_aggregate:
        return walk.mistake("nested-aggregate", node)
    if type(function) not in AGGREGATES:
        return walk.mistake(
            "unknown-function",
            function,
            help=did_you_mean(name_written(walk, function), FUNCTION_NAMES),
            name=name_written(walk, function),
        )
    walk.inside_aggregate = True
    try:
        where = walk.condition(node.expression.this) if isinstance(node, exp.Filter) else None
        part = aggregated(walk, function)
    finally:
        walk.inside_aggregate = False
    if part.wrong or (where is not None and where.wrong):
        return WRONG
    if where is None:
        return part
    inner = part.sql.this if isinstance(part.sql, exp.TryCast) else part.sql
    filtered: exp.Expr = exp.Filter(this=inner, expression=exp.Where(this=where.sql))
    if isinstance(part.sql, exp.TryCast):
        filtered = exp.TryCast(this=filtered, to=part.sql.args["to"])
    return Part(filtered, part.type, part.choices)


def aggregated(walk: Walk, node: exp.Expr) -> Part:
    argument = node.this
    distinct = isinstance(argument, exp.Distinct)
    if distinct:
        if len(argument.expressions) != 1:
            return walk.mistake("not-allowed", node, what="DISTINCT (a, b)")
        argument = argument.expressions[0]
    if isinstance(argument, exp.Star):
        return Part(exp.Count(this=exp.Star(), big_int=True), Type.INTEGER)
    if node.expressions or argument is None:
        return walk.mistake(
            "wrong-argument",
            node,
            function=name_written(walk, node),
            expected=Word("takes.one"),
            found=str(1 + len(node.expressions)),
        )
    part = walk.visit(argument)
    if part.wrong:
        return part
    inner: exp.Expr = exp.Distinct(expressions=[part.sql]) if distinct else part.sql
    if isinstance(node, exp.Count):
        return Part(exp.Count(this=inner, big_int=True), Type.INTEGER)
    if isinstance(node, exp.Min | exp.Max):
        if part.type in (Type.CHOICE, Type.BOOLEAN):
            return walk.mistake("no-order", node, type=said(part), operator=name_written(walk, node))
        return Part(type(node)(this=inner), part.type)
    if part.type not in NUMERIC:
        return walk.mistake(
            "wrong-argument", node, function=name_written(walk, node), expected=Word("takes.number"), found=said(part)
        )
    if part.type is Type.NUMBER:
        inner = exp.Order(this=inner, expressions=[exp.Ordered(this=part.sql.copy(), nulls_first=False)])
    kind = Type.NUMBER if isinstance(node, exp.Avg) else part.type
    total: exp.Expr = type(node)(this=inner)
    if kind is Type.INTEGER:
        total = exp.TryCast(this=total, to=exp.DataType.build("BIGINT"))
    return Part(total, kind)


def unmet(walk: Walk, node: exp.Expr) -> Part:
    arguments = node.expressions
    if not walk.inside_aggregate:
        return walk.mistake("aggregate-only", node, name="unmet")
    if len(arguments) != 1 or not isinstance(arguments[0], exp.Literal) or not arguments[0].is_string:
        return walk.mistake(
            "wrong-argument", node, function="unmet", expected=Word("takes.rule"), found=node.sql(dialect=DIALECT)
        )
    rule = arguments[0].name
    if rule not in walk.scope.rules:
        return walk.mistake(
            "unknown-rule", arguments[0], help=did_you_mean(rule, walk.scope.rules), rule=rule, table=walk.scope.table
        )
    walk.rules.append(rule)
    return Part(exp.column(exp.to_identifier(unmet_column(rule), quoted=True)), Type.BOOLEAN)


AGGREGATES = (exp.Count, exp.Sum, exp.Min, exp.Max, exp.Avg)

FUNCTIONS: dict[type[exp.Expr], Callable[[Walk, exp.Expr], Part]] = {
    **dict.fromkeys((exp.Coalesce, exp.Nullif, exp.Least, exp.Greatest), choose),
    **dict.fromkeys((exp.Abs, exp.Round), numeric),
    **dict.fromkeys((exp.Length, exp.Lower, exp.Upper, exp.Trim), textual),
    **dict.fromkeys((exp.Year, exp.Month, exp.Day), date_part),
    exp.DateDiff: date_diff,
    **dict.fromkeys(AGGREGATES, aggregate),
}

FUNCTION_NAMES = (
    *("coalesce", "nullif", "abs", "least", "greatest", "round", "length", "lower", "upper", "trim"),
    *("date_diff", "year", "month", "day", "count", "sum", "min", "max", "avg", "unmet"),
)
"""As authors write them."""
