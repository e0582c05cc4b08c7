"""A raw tree and its scope -> a checked, typed tree.

In: a raw tree, its place, and the scope (what the names mean here). Out: a sqlglot tree as the author wrote it, every node with
its type; or the mistakes, each with its span. Only what `operators` lists can be written, beside names, constants, dates and
intervals: there is no subquery, no table, no file, no other function. What engines compute is made of it by `operators.bound`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlglot import exp

from lookback.language import decimals
from lookback.language.asked import asked
from lookback.language.constants import Span
from lookback.language.decimals import Size
from lookback.language.operators import (
    AGGREGATES,
    DATE_PARTS,
    DIFFERENCES,
    LARGEST_HELD,
    LARGEST_SUM,
    MOST_MOVED,
    MOST_OF_FIELD,
    OPERATORS,
    TURNS,
    Gives,
    Operator,
    Takes,
    fits,
    span,
    takes_of,
    unread,
)
from lookback.language.parse import MOST_DEEP, extent, function_help, is_part, parts_of
from lookback.language.scope import WRONG, Checked, Meaning, Part, Scope, column, fit, like_parts, one_of, seen_from
from lookback.language.sql import AddWorkdays, WorkdaysBetween, wrapped
from lookback.language.typed._leaves import Leaves
from lookback.language.types import Column, Type
from lookback.words import Word
from lookback.words.errors import Edit, Help, Mistake, did_you_mean
from lookback.words.source import Place

NUMERIC = {Type.INTEGER, Type.NUMBER}
CHOSEN = {Type.CHOICE, Type.CHOICES}


def check(tree: exp.Expr, place: Place, scope: Scope) -> Checked | list[Mistake]:
    """Type a raw tree in its scope; or every mistake found in it."""
    checker = _Checker(tree.meta["text"], place, scope)
    try:
        part = checker.visit(tree)
    except RecursionError:
        return [Mistake("condition-too-deep", place.span, {"most": MOST_DEEP})]
    if isinstance(part.sql, exp.Interval):
        checker.mistake("interval-alone", tree)
    if checker.mistakes or checker.unclear:
        return checker.mistakes
    size = part.size.within(decimals.HELD) if part.type is Type.NUMBER else part.size
    columns, rules = tuple(dict.fromkeys(checker.columns)), tuple(dict.fromkeys(checker.rules))
    return Checked(part.sql, part.kind, part.choices, columns, rules, size, decimals.sizes_of_ratio(part.sql))


class _Checker(Leaves):
    """One walk over a raw tree."""

    def visit(self, node: exp.Expr) -> Part:
        """A node's part; its tree remembers its type and how the author wrote it."""
        part = self.form(node)
        if node.args.get("negate") and not part.wrong:  # sqlglot's `not like`
            part = Part(exp.Not(this=part.sql), part.type)
        where = extent(node)
        if where is not None:
            part.sql.meta["at"] = where
            part.sql.meta["written"] = " ".join(self.written[slice(*where)].split())
        if part.type is Type.CHOICES:
            part.sql.meta["choices"] = part.choices
        part.sql.meta.update({"type": part.kind} | ({"size": part.size} if part.kind in NUMERIC else {}))
        return part

    def form(self, node: exp.Expr) -> Part:
        form = _FORMS.get(type(node))
        if form is not None:
            return form(self, node)
        if type(node) in OPERATORS:
            return self.operator(node)
        if isinstance(node, exp.Func | exp.Anonymous):
            name = self.name(node)
            return self.mistake("unknown-function", node, help=function_help(name), name=name)
        if isinstance(node, exp.Alias) and not node.alias:  # sqlglot's reading of `(:a < b)`
            return self.visit(node.this)
        if isinstance(node, exp.Alias):
            unit = node.alias.casefold().rstrip("s")
            help_ = ("help.interval", {"unit": node.alias}) if unit in DATE_PARTS else None
            return self.mistake("not-an-expression", node, help=help_, near=node.alias)
        return self.mistake("not-allowed", node, what=self.text(node))

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
        elif self.scope.aggregate:
            names = {"table": self.scope.table, "name": f"{table}.{name}"}
            return self.mistake("only-own-names", node, help=("help.own-fact", names), name=names["name"], table=names["table"])
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
            titled = [id_ for id_, meaning in known.items() if name.casefold() in map(str.casefold, meaning.titles)]
            if titled:
                meant = [f"{table}.{id_}" if table else id_ for id_ in titled]
                return self.mistake_of_title("unknown-field", node, node, meant, name=name, table=own.table)
            return self.mistake("unknown-field", node, help=help_, name=name, table=own.table)
        if self.scope.aggregate and not self.inside_aggregate:
            return self.mistake("outside-aggregate", node, name=name)
        self.columns.append(own)
        meaning = known[name]
        if meaning.type is None:
            self.unclear = True
            return WRONG
        found = column(own, self.scope.table) if meaning.tree is None else seen_from(own, self.scope.table, meaning.tree)
        if meaning.said:
            found.meta["said"] = meaning.said
        if meaning.ratio is not None:
            found.meta["ratio"] = meaning.ratio
        return Part(found, meaning.type, meaning.choices, size=meaning.size or decimals.size_of_type(meaning.type))

    # ---------------------------------------------------------------------------------------------------- operators

    def operator(self, node: exp.Expr) -> Part:
        """What a row of `operators` says of its parts, held against these."""
        rows = OPERATORS[type(node)]
        unit = node.args.get("unit")
        raw = parts_of(node)
        conditions = rows[0].takes[0] is Takes.CONDITION
        parts = [self.condition(part) if conditions else self.visit(part) for part in raw]
        if any(part.wrong for part in parts):
            return WRONG
        if Takes.UNIT in rows[0].takes and (unit is None or unit.name.casefold() not in DIFFERENCES):
            if unit is not None and (turns := unit.name.casefold()) in TURNS:
                a, b = (self.written[slice(*(extent(part) or (0, None)))] for part in (node.expression, node.this))
                args = {"a": a, "b": b, "unit": turns, "function": TURNS[turns]}
                return self.mistake("counts-turns", node, help=("help.full", args), unit=turns)
            return self.mistake("bad-date-part", node, units=", ".join(DIFFERENCES))
        row = next((row for row in rows if fit(row, parts)), None)
        if row is None:
            return self.refused(node, rows[0], parts)
        unclear = unread(row, raw, self.written, self.place)
        self.mistakes += unclear
        if unclear or not self.alike(node, row, parts):
            return WRONG
        return self.typed(node, row, parts)

    def typed(self, node: exp.Expr, row: Operator, parts: list[Part]) -> Part:
        """The node with its typed parts in the place of the raw ones."""
        trees = iter([part.sql if row.function else wrapped(part.sql) for part in parts])
        args: dict[str, Any] = {
            key: [next(trees) for _ in value] if isinstance(value, list) else next(trees) if is_part(value) else value
            for key, value in node.args.items()
            if value is not None and key != "negate"
        }
        if isinstance(args.get("unit"), exp.Var):
            args["unit"] = exp.var(args["unit"].name.upper())
        tree = type(node)(**args)
        if row.gives is Type.DATE and row.function:
            return Part(tree, row.gives, size=Size(0))
        if row.gives is Type.DATE:
            days = parts[1].size.units
            by = span(parts[1].sql) if isinstance(parts[1].sql, exp.Interval) else Span(min(days, MOST_OF_FIELD))
            most = parts[0].size.units + by.days + 31 * by.months
            far = most > MOST_MOVED
            return self.mistake("moved-too-far", node, most=MOST_MOVED) if far else Part(tree, row.gives, size=Size(most))
        of = parts[:1] if row.gives is Gives.FIRST else parts
        found = Part(tree, row.gives) if isinstance(row.gives, Type) else like_parts(tree, of)
        sizes = [part.size for part in parts if part.type in NUMERIC]
        if found.type in NUMERIC and (sizes or row.aggregate):
            size = row.size(sizes, tree)
            if found.type is Type.INTEGER:
                tree.meta["wide"] = isinstance(tree, exp.Add | exp.Sub) and size.units > LARGEST_HELD
                size = Size(LARGEST_SUM if row.form is exp.Sum else min(size.units, LARGEST_HELD))
            found = replace(found, size=size)
        return self.wide_enough(node, row, found, parts)

    def wide_enough(self, node: exp.Expr, row: Operator, found: Part, parts: list[Part]) -> Part:
        """The part, where everything that is reckoned for it has room in a decimal."""
        numbers = [part.sql for part in parts if part.type in NUMERIC]
        if not numbers or (found.type is Type.INTEGER and row.form is not exp.Nullif):
            return found
        widest = decimals.needed(row.form, numbers, found.size if found.type is Type.NUMBER else None)
        if widest.fits:
            return found
        return self.mistake(
            "number-too-wide", node, help=("help.round", {}), digits=widest.digits, places=widest.places, most=decimals.DIGITS
        )

    def alike(self, node: exp.Expr, row: Operator, parts: list[Part]) -> bool:
        """Whether the parts that must be of one type are, and of one with an order where that is asked; tells the mistake."""
        places = [one_of(part, takes) for part, takes in zip(parts, takes_of(row, len(parts)), strict=True) if takes in _ALIKE]
        if not self.same(node, places):
            return False
        unordered = next((p for p in places if p.type in (Type.CHOICE, Type.CHOICES, Type.BOOLEAN)), None)
        if unordered is not None and Takes.ORDERED in row.takes:
            self.mistake("no-order", node, type=unordered.said, operator=row.name)
            return False
        return True

    def same(self, node: exp.Expr, parts: list[Part]) -> bool:
        typed = [part for part in parts if part.kind is not None or isinstance(part.sql, exp.Interval)]
        typed.sort(key=lambda part: part.literal is not None)
        return all(self.comparable(node, typed[0], part) for part in typed[1:])

    def refused(self, node: exp.Expr, row: Operator, parts: list[Part]) -> Part:
        """The mistake of parts that an operator does not take."""
        if row.refusal == "bad-arithmetic":
            return self.mistake("bad-arithmetic", node, operator=row.name, left=parts[0].said, right=parts[1].said)
        if row.refusal == "bad-negation":
            return self.mistake("bad-negation", node, type=parts[0].said)
        if row.refusal == "bad-like":
            return self.mistake("bad-like", node)
        name, places = self.name(node), takes_of(row, len(parts))
        at = next((i for i, part in enumerate(parts) if not fits(places[i], part.kind, part.sql)), None)
        if at is None:
            return self.mistake("wrong-argument", node, function=name, expected=Word("takes.one"), found=str(len(parts)))
        if places[at] is Takes.ANY:
            return self.mistake("interval-alone", node)
        if places[at] is Takes.PLACES:
            return self.mistake("round-places", node)
        expected = Word(f"takes.{places[at].name.lower()}")
        return self.mistake("wrong-argument", node, function=name, expected=expected, found=parts[at].said)

    def condition(self, node: exp.Expr) -> Part:
        """A part that must be true or false."""
        part = self.visit(node)
        if part.wrong or part.type is Type.BOOLEAN:
            return part
        return self.mistake("not-a-condition", node, text=self.text(node), type=part.said)

    def of_workdays(self, node: exp.Expr) -> Part:
        if not self.scope.calendar:
            return self.mistake("no-calendar", node, function=self.name(node))
        node.set("calendar", exp.var(self.scope.calendar))
        return self.operator(node)

    def comparison(self, node: exp.Expr) -> Part:
        parts = parts_of(node)
        null = next((part for part in parts if isinstance(part, exp.Null)), None)
        if null is None:
            return self.operator(node)
        if len(parts) > 2 or isinstance(node, exp.Like):
            return self.mistake("null-comparison", node, operator=OPERATORS[type(node)][0].name)
        return self.with_null(node, parts[null is parts[0]])

    def with_null(self, node: exp.Expr, other: exp.Expr) -> Part:
        """The mistake of comparing with null. Where it can only have been meant as a test for a blank, it comes with the fix."""
        test = "is not null" if isinstance(node, exp.NEQ | exp.NullSafeNEQ) else "is null"
        where, part = extent(node), extent(other)
        meant = not isinstance(node, exp.LT | exp.LTE | exp.GT | exp.GTE) and not isinstance(other, exp.Null)
        fix: tuple[Edit, ...] = ()
        if meant and where and part and self.place.offsets is not None:
            fix = (Edit(self.place.part(*where), f"{self.place.part(*part).text} {test}"),)
        code = "null-distinct" if isinstance(node, exp.NullSafeEQ | exp.NullSafeNEQ) else "null-comparison"
        help_ = ("help.write", {"text": f"{self.text(other)} {test}"})
        return self.mistake(code, node, help=help_, fix=fix, operator=OPERATORS[type(node)][0].name)

    def mistake_of_title(self, code: str, node: exp.Expr, written: exp.Expr, meant: Sequence[str], **args: object) -> Part:
        """The mistake of writing what people call something, not its id; with the fix where it is plain which is meant."""
        where = written.meta.get("at") or extent(written)
        plain = len(meant) == 1 and where is not None and self.place.offsets is not None
        fix = (Edit(self.place.part(*where), meant[0]),) if plain and where is not None else ()
        return self.mistake(code, node, help=("help.write", {"text": " / ".join(meant)}), fix=fix, **args)

    def comparable(self, node: exp.Expr, left: Part, right: Part) -> bool:
        """Whether two parts may be compared; tells the mistake where not."""
        for part, other in ((left, right), (right, left)):
            if part.literal is not None and other.type is Type.CHOICE:
                if part.literal not in other.choices:
                    if (meant := other.sql.meta.get("said", {}).get(part.literal.casefold())) is not None:
                        known = ", ".join(other.choices)
                        self.mistake_of_title("unknown-choice", node, part.sql, [f"'{meant}'"], value=part.literal, known=known)
                        return False
                    self.mistake(
                        "unknown-choice",
                        node,
                        help=did_you_mean(part.literal, other.choices),
                        value=part.literal,
                        known=", ".join(other.choices),
                    )
                    return False
                return True
        intervals = isinstance(left.sql, exp.Interval) or isinstance(right.sql, exp.Interval)
        one, two = left.kind, right.kind
        if not intervals and {one, two} <= NUMERIC:
            return True
        if not intervals and one is two and (one not in CHOSEN or set(left.choices) == set(right.choices)):
            return True
        if one is two and one in CHOSEN:
            self.mistake("different-choices", node, left=", ".join(left.choices), right=", ".join(right.choices))
            return False
        help_ = None
        text = left.literal if left.literal is not None else right.literal
        if text is not None and Type.DATE in (one, two):
            help_ = ("help.write", {"text": f"date '{text}'"})
        if text is not None and Type.CHOICES in (one, two):
            help_ = ("help.write", {"text": f"has({self.text(parts_of(node)[one is not Type.CHOICES])}, '{text}')"})
        self.mistake("different-types", node, help=help_, left=left.said, right=right.said)
        return False

    def one_of(self, node: exp.Expr) -> Part:
        if not node.expressions or node.args.get("query") or node.args.get("unnest"):
            return self.mistake("not-allowed", node, what="in …", help=("help.write", {"text": f"{self.text(node.this)} in (…)"}))
        if isinstance(node.this, exp.Null):
            return self.mistake("null-comparison", node, operator="in")
        left = self.visit(node.this)
        values = []
        for item in node.expressions:
            part = self.visit(item)
            if isinstance(item, exp.Null):
                return self.mistake(
                    "null-comparison", node, help=("help.write", {"text": f"{self.text(node.this)} is null"}), operator="in"
                )
            if left.wrong or part.wrong or not self.comparable(item, left, part):
                return WRONG
            values.append(part)
        found = Part(exp.In(this=wrapped(left.sql), expressions=[value.sql for value in values]), Type.BOOLEAN)
        return self.wide_enough(node, OPERATORS[exp.In][0], found, [left, *values])

    def is_null(self, node: exp.Expr) -> Part:
        if not isinstance(node.expression, exp.Null):
            test, what = self.text(node.this), self.text(node)
            help_: Help | None = None
            if isinstance(node.expression, exp.Boolean):
                negated = isinstance(node.parent, exp.Not) and extent(node.parent) == extent(node)
                holds = bool(node.expression.this)
                what = f"is {'not ' * negated}{str(holds).lower()}"
                counts = f"coalesce({test}, {str(not holds).lower()})"
                help_ = ("help.write", {"text": counts if holds != negated else f"not {counts}"})
            return self.mistake("not-allowed", node, what=what, help=help_)
        return self.operator(node)

    def case(self, node: exp.Expr) -> Part:
        if node.this is not None:
            return self.mistake("not-allowed", node, what="case x when", help=("help.write", {"text": "case when … then … end"}))
        conditions = [self.condition(branch.this) for branch in node.args["ifs"]]
        default = node.args.get("default")
        values = [self.visit(branch.args["true"]) for branch in node.args["ifs"]]
        values += [self.visit(default)] if default is not None else []
        if any(part.wrong for part in (*conditions, *values)) or not self.same(node, values):
            return WRONG
        ifs = [exp.If(this=c.sql, true=v.sql) for c, v in zip(conditions, values, strict=False)]
        found = like_parts(exp.Case(ifs=ifs, default=values[-1].sql if default is not None else None), values)
        return self.wide_enough(node, OPERATORS[exp.Case][0], found, values)

    # --------------------------------------------------------------------------------------------------- aggregates

    def aggregate(self, node: exp.Expr) -> Part:
        call = node.this if isinstance(node, exp.Filter) else node
        if not self.scope.aggregate:
            return self.mistake("aggregate-here", node, name=self.name(call))
        if self.inside_aggregate:
            return self.mistake("nested-aggregate", node)
        if not isinstance(call, AGGREGATES):
            name = self.name(call)
            return self.mistake("unknown-function", call, help=function_help(name), name=name)
        self.inside_aggregate = True
        try:
            where = self.condition(node.expression.this) if isinstance(node, exp.Filter) else None
            part = self.aggregated(call)
        finally:
            self.inside_aggregate = False
        if where is None or part.wrong or where.wrong:
            return WRONG if where is not None else part
        part.sql.meta.update({"type": part.type, "size": part.size})
        return replace(part, sql=exp.Filter(this=part.sql, expression=exp.Where(this=where.sql)))

    def aggregated(self, node: exp.Expr) -> Part:
        row = OPERATORS[type(node)][0]
        arguments = parts_of(node)
        distinct = isinstance(node.this, exp.Distinct)
        if distinct:
            arguments = [*node.this.expressions, *arguments[1:]]
            if len(node.this.expressions) != 1:
                return self.mistake("not-allowed", node, what="distinct a, b")
            if row.takes[1:]:
                return self.mistake("not-allowed", node, what="distinct")
        if isinstance(node.this, exp.Star):
            return Part(exp.Count(this=exp.Star(), big_int=True), Type.INTEGER, size=decimals.RECORDS)
        parts = [self.visit(argument) for argument in arguments]
        if any(part.wrong for part in parts):
            return WRONG
        if not fit(row, parts):
            return self.refused(node, row, parts)
        if not self.alike(node, row, parts):
            return WRONG
        more: dict[str, Any] = {"big_int": True} if row.form is exp.Count else {}
        more |= {"expression": arguments[1]} if len(arguments) > 1 else {}
        found = self.typed(type(node)(this=arguments[0], **more), row, parts)
        if distinct:
            found.sql.set("this", exp.Distinct(expressions=[parts[0].sql]))
        return found


_ALIKE = (Takes.ALIKE, Takes.ORDERED, Takes.CHOICES, Takes.MEMBER)


_Form = Callable[[_Checker, exp.Expr], Part]

_FORMS: dict[type[exp.Expr], _Form] = {
    exp.Column: _Checker.column,
    exp.Placeholder: _Checker.param,
    exp.Literal: _Checker.literal,
    exp.Boolean: _Checker.boolean,
    exp.Null: lambda checker, node: Part(exp.null()),
    exp.Paren: lambda checker, node: checker.visit(node.this),
    exp.Cast: _Checker.date_literal,
    exp.Interval: _Checker.interval,
    **{row.form: _Checker.comparison for rows in OPERATORS.values() for row in rows if row.proof in decimals.COMPARISONS},
    exp.Like: _Checker.comparison,
    **dict.fromkeys((WorkdaysBetween, AddWorkdays), _Checker.of_workdays),
    exp.In: _Checker.one_of,
    exp.Is: _Checker.is_null,
    exp.Case: _Checker.case,
    **dict.fromkeys((exp.Filter, *AGGREGATES), _Checker.aggregate),
    exp.Anonymous: asked,
}
"""What is not read by its row alone."""
