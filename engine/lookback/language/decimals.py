"""Exact decimals: how large each number of an expression can be, and the SQL that reckons with it exactly.

In: typed parts, each with its `Size`. Out: trees of DECIMAL, of widths that hold whatever the parts can come to.

A field, a parameter and a quotient are below 10^12 and have six places: DECIMAL(18, 6). Sums, differences and products have the
digits that they need, up to 38. A value that is held, as a fact, a sum over records, what is rounded, is below 10^14; what is
larger has no value. `a / b` has six places, rounded half away from zero; held against something it is not worked out at all:
`a / b < c` is a < c * b, turned where b is negative.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, reduce
from itertools import accumulate

from sqlglot import exp

from lookback.language.sql import decimal_type, integer, name, written
from lookback.language.types import LARGEST, PLACES, WHOLE, Type

DIGITS = 38
HELD = 14
"""Digits before the point of what is held: a sum of it times a field is one of 38 digits."""
NARROW = 18
"""Digits of a DECIMAL of 64 bits."""
UNIT = f"CAST({Decimal(1).scaleb(-PLACES):f} AS DECIMAL({PLACES}, {PLACES}))"


@dataclass(frozen=True)
class Size:
    """Of a number: how far from 0 it may be, in units of its last place; how many places it has."""

    units: int
    places: int = 0

    def __deepcopy__(self, memo: object) -> Size:  # trees are copied with what is known of them
        return self

    @property
    def digits(self) -> int:
        return max(len(str(self.units)), self.places, 1)

    @property
    def whole(self) -> int:
        """Digits before the point."""
        return self.digits - self.places

    @property
    def sql(self) -> str:
        """The type that holds it, of 64 bits at least: to make a field narrower than it is would be work."""
        return f"DECIMAL({max(self.digits, NARROW)}, {self.places})"

    @property
    def fits(self) -> bool:
        return self.digits <= DIGITS

    def to(self, places: int) -> Size:
        """The same with more places."""
        return Size(self.units * 10 ** (places - self.places), places)

    def __mul__(self, other: Size) -> Size:
        return Size(self.units * other.units, self.places + other.places)

    def within(self, whole: int) -> Size:
        """With so many digits before the point at most."""
        return Size(min(self.units, 10 ** (whole + self.places) - 1), self.places)


COMPARISONS = ("compared", "distinct", "in_", "between")
"""The terms of comparisons, in the rows of `operators`."""
NUMBER = Size(10 ** (WHOLE + PLACES) - 1, PLACES)
INTEGER = Size(LARGEST)
RECORDS = Size(10**9)
"""Of how many records there may be."""


def alike(sizes: Sequence[Size]) -> Size:
    """What holds any of several."""
    places = max(size.places for size in sizes)
    return Size(max(size.to(places).units for size in sizes), places)


def added(sizes: Sequence[Size]) -> Size:
    places = max(size.places for size in sizes)
    return Size(sum(size.to(places).units for size in sizes), places)


def multiplied(sizes: Sequence[Size]) -> Size:
    """Where there is no room for the product, of numbers as they are held."""
    whole = reduce(Size.__mul__, sizes)
    return whole if whole.fits else reduce(Size.__mul__, (size.within(HELD) for size in sizes))


def size_of(tree: exp.Expr) -> Size:
    """The size that checking found for a number."""
    found = tree.unnest().meta.get("size")
    return found if isinstance(found, Size) else INTEGER


def size_of_type(kind: Type | None) -> Size:
    return Size(0) if kind is Type.DATE else NUMBER if kind is Type.NUMBER else INTEGER


def is_number(tree: exp.Expr) -> bool:
    """Whether a part is a decimal, rather than a whole number of the engine's own."""
    return tree.unnest().meta.get("type") is Type.NUMBER


def digits_of(number: Decimal) -> tuple[int, int]:
    """How many digits a number needs, and how many of them after the point."""
    _, digits, exponent = number.as_tuple()
    places = -int(exponent)
    return max(len(digits) + max(-places, 0), places, 1), max(places, 0)


def size_of_literal(text: str) -> Size:
    _, digits, exponent = Decimal(text).as_tuple()
    units, places = int("".join(map(str, digits))), -int(exponent)
    return Size(units, places) if places >= 0 else Size(units * 10**-places)


# -------------------------------------------------------------------------------------------------------------- SQL


def sized(tree: exp.Expr, size: Size) -> exp.Expr:
    tree.meta["type"], tree.meta["size"] = Type.NUMBER, size
    return tree


def _cast(tree: exp.Expr, size: Size) -> exp.Expr:
    return exp.Cast(this=tree, to=decimal_type(max(size.digits, NARROW), size.places))


def decimal(tree: exp.Expr, size: Size) -> exp.Expr:
    """A number as a DECIMAL of a size that holds it."""
    return _decimal(tree.copy(), size)


def _decimal(tree: exp.Expr, size: Size) -> exp.Expr:
    inner = tree.unnest()
    if isinstance(inner, exp.Column | exp.Cast) and is_number(inner) and size_of(inner) == size:
        return tree
    return sized(_cast(tree, size), size)


def number(text: str) -> exp.Expr:
    """A literal."""
    return decimal(exp.Literal.string(format(Decimal(text), "f")), size_of_literal(text))


def held(tree: exp.Expr, whole: int = HELD) -> exp.Expr:
    """A number as it is held; null where it is too large."""
    size, kept = size_of(tree), size_of(tree).within(whole)
    if kept == size:
        return decimal(tree, kept)
    named: dict[str, exp.Expr] = {}
    one = short(tree, named, "_q_h")
    return sized(_cast(once(exp.Case(ifs=[exp.If(this=_small(one, whole), true=one.copy())]), named), kept), kept)


def shown(tree: exp.Expr, column: str) -> str:
    """SQL for what is held of a number in `column`, as wide as with any records, where a tree was made narrow for some."""
    size = tree.meta.get("shown")
    return f"CAST({column} AS {size.sql})" if isinstance(size, Size) else column


def _small(tree: exp.Expr, whole: int) -> exp.Expr:
    return exp.LT(this=exp.Abs(this=tree.copy()), expression=integer(10**whole))


def sum_of(form: type[exp.Expr], one: exp.Expr, other: exp.Expr) -> exp.Expr:
    """A sum or difference, of which both trees become parts: copied at each level, a sum of n would take time of n²."""
    size = added([size_of(one), size_of(other)])
    return sized(form(this=_in_parens(_decimal(one, size)), expression=_in_parens(_decimal(other, size))), size)


def product(one: exp.Expr, other: exp.Expr) -> exp.Expr:
    """The engine would make a narrow one of two narrow ones, in which it may have no room: then one is made wide first."""
    if not (size_of(one) * size_of(other)).fits:
        one, other = held(one), held(other)
    sizes = size_of(one), size_of(other)
    size = sizes[0] * sizes[1]
    left, right = decimal(one, sizes[0]), decimal(other, sizes[1])
    if size.digits > NARROW:
        left = exp.Cast(this=one.copy(), to=decimal_type(max(sizes[0].digits, NARROW + 1), sizes[0].places))
    return sized(exp.Mul(this=_in_parens(left), expression=_in_parens(right)), size)


def _in_parens(tree: exp.Expr) -> exp.Expr:
    return tree if isinstance(tree, exp.Column | exp.Cast) else exp.Paren(this=tree)


def rounded(tree: exp.Expr, places: int) -> exp.Expr:
    """A half away from zero."""
    size = rounded_size(size_of(tree), places)
    if places >= size_of(tree).places:
        return held(tree)
    return held(sized(exp.Round(this=decimal(tree, size_of(tree)), decimals=integer(places)), size))


def places_of(tree: exp.Expr) -> int:
    """Of `round`."""
    places = tree.args.get("decimals")
    return int(places.name) if places is not None else 0


def rounded_size(size: Size, places: int) -> Size:
    return size if places >= size.places else Size(size.units // 10 ** (size.places - places) + 1, places)


# ---------------------------------------------------------------------------------------------- what is worked out once

_MOST_COPIED = 40
"""Nodes of a part that may stand in a query more than once: copies in copies would grow without end."""


LET = "_q_"
"""What a name for a part of an expression, which `once` works out, begins with: no column's does."""


def short(part: exp.Expr, named: dict[str, exp.Expr], known: str) -> exp.Expr:
    """A part, if it is small; else a name for it, which `named` learns, for `once`."""
    nodes = (1 + (len(node.name) // 8 if isinstance(node, exp.Var) else 0) for node in part.walk())
    if next((total for total in accumulate(nodes) if total > _MOST_COPIED), None) is None:
        return part
    named[known] = part
    column = exp.column(known)
    column.meta.update({key: part.unnest().meta.get(key) for key in ("type", "size")})
    return column


def once(body: exp.Expr, named: Mapping[str, exp.Expr]) -> exp.Expr:
    """The body, in which names stand for parts, each worked out once. They begin with an underscore, as no field does.

    Both are moved there, not copied: of quotients of quotients each would be copied as often as there are others around it.
    """
    for known, part in reversed([*named.items()]):
        tree = _letting(known).copy()
        for column in list(tree.find_all(exp.Column)):
            column.replace(part if column.name == "_q_value" else body)
        tree.meta.update({key: body.meta[key] for key in ("type", "size") if key in body.meta})
        body = tree
    return body


@cache
def _letting(known: str) -> exp.Expr:
    found: exp.Expr = exp.maybe_parse(_let((known, "_q_value"), body="_q_body"), dialect="duckdb")
    return found


# -------------------------------------------------------------------------------------------------------- quotients

Ratio = tuple[exp.Expr, exp.Expr]
"""What is divided, and by what."""


def over(column: str) -> tuple[str, str]:
    """The columns that stand beside a fact that is a quotient: what is divided, and by what."""
    return f"_over_{column}", f"_under_{column}"


def ratio(tree: exp.Expr) -> Ratio | None:
    """The two parts of a quotient, of a mean, or of a fact that is one."""
    tree = tree.unnest()
    if isinstance(tree, exp.Div):
        return tree.this, tree.expression
    call = tree.this if isinstance(tree, exp.Filter) else tree
    if isinstance(call, exp.Avg):
        parts = (_total(call), sized(exp.Count(this=call.this.copy(), big_int=True), RECORDS))
        if isinstance(tree, exp.Filter):
            total, count = (exp.Filter(this=part, expression=tree.expression.copy()) for part in parts)
            return sized(total, size_of(parts[0])), sized(count, RECORDS)
        return parts
    sizes = tree.meta.get("ratio")
    if not isinstance(tree, exp.Column) or sizes is None:
        return None
    one, by = (sized(name(column), size) for column, size in zip(over(tree.name), sizes, strict=True))
    return one, by


def _total(call: exp.Expr) -> exp.Expr:
    """The sum of what a mean or a sum goes over."""
    each = call.this.expressions[0] if isinstance(call.this, exp.Distinct) else call.this
    size = size_of(each).within(HELD)
    value = held(each)
    total = exp.Sum(this=exp.Distinct(expressions=[value]) if isinstance(call.this, exp.Distinct) else value)
    return sized(total, size * RECORDS)


def total(tree: exp.Expr) -> exp.Expr:
    """A sum of numbers, or its filter; null where it, or one of its numbers, is too large to be held."""
    call = tree.this if isinstance(tree, exp.Filter) else tree
    found = _total(call)
    size, each = size_of(found), call.this.expressions[0] if isinstance(call.this, exp.Distinct) else call.this
    too_large: exp.Expr | None = None
    if size_of(each).within(HELD) != size_of(each):
        too_large = exp.LogicalOr(this=exp.Not(this=_small(each, HELD)))
    if isinstance(tree, exp.Filter):
        where = tree.expression
        found = exp.Filter(this=found, expression=where.copy())
        too_large = too_large and exp.Filter(this=too_large, expression=where.copy())
    kept = size.within(HELD)
    if kept != size:
        found = exp.TryCast(this=found, to=decimal_type(kept.digits, kept.places))
    if too_large is not None:
        found = exp.Case(ifs=[exp.If(this=too_large, true=exp.null())], default=found)
    return decimal(found, kept)


def quotient_sizes(over: Size, under: Size) -> list[Size]:
    """What is reckoned on the way to a quotient of six places: what is left over, to whole numbers and to places."""
    places = max(over.places, under.places)
    finer = max(over.places, under.places + PLACES)
    return [Size(10 ** (over.whole + 1 + places) - 1, places), Size(10 ** (under.whole + 2 + finer) - 1, finer)]


def quotient(one: exp.Expr, by: exp.Expr) -> exp.Expr:
    """`one / by` with six places, a half rounded away from zero; null where `by` is 0, or the quotient is too large.

    In 64 bits, where both are small enough. Else first the whole part and then the places as doubles reckon them, which may be a
    unit wrong: what is left over, exactly, says so.
    """
    named: dict[str, exp.Expr] = {}
    a, b = short(one, named, "_q_a"), short(by, named, "_q_b")
    text = _quotient(size_of(one), is_number(one), size_of(by), is_number(by)).format(a=f"({written(a)})", b=f"({written(b)})")
    # kept as text, beside its columns: as a tree it has hundreds of nodes, and nobody looks into them
    columns = [column.copy() for part in (a, b) for column in part.find_all(exp.Column) if column.name not in named]
    size = Size(10 ** (WHOLE + PLACES) - 1, PLACES)
    return sized(_cast(once(exp.Var(this=text, expressions=columns), named), size), size)


@cache
def _quotient(a: Size, a_is_number: bool, b: Size, b_is_number: bool) -> str:
    """The quotient of `{a}` and `{b}`, null where it is too large. No name in it may be that of a field."""
    first, last = quotient_sizes(a, b)
    whole, left = f"DECIMAL({first.digits}, {first.places})", f"DECIMAL({last.digits}, {last.places})"
    slow = _let(
        ("_q_x", f"CAST(abs({{a}}) AS DECIMAL({a.digits}, {a.places}))"),
        ("_q_y", f"CAST(abs({{b}}) AS DECIMAL({b.digits}, {b.places}))"),
        (
            "_q_w",
            f"CASE WHEN CAST(_q_x AS DOUBLE) / CAST(nullif(_q_y, 0) AS DOUBLE) < 1e{WHOLE} "
            f"THEN CAST(floor(CAST(_q_x AS DOUBLE) / CAST(_q_y AS DOUBLE)) AS DECIMAL({WHOLE + 1}, 0)) END",
        ),
        ("_q_r", f"CAST(_q_x AS {whole}) - CAST(CAST(_q_w AS DECIMAL(19, 0)) * _q_y AS {whole})"),
        ("_q_p", f"CAST(CAST(_q_r AS DOUBLE) / CAST(_q_y AS DOUBLE) AS DECIMAL({PLACES + 2}, {PLACES}))"),
        ("_q_s", f"CAST(_q_r AS {left}) - CAST(CAST(_q_p AS DECIMAL(19, {PLACES})) * _q_y AS {left})"),
        (
            "_q_t",
            "_q_w + _q_p + CASE "
            f"WHEN _q_s + _q_s >= _q_y * {UNIT} THEN {UNIT} WHEN _q_s + _q_s < -_q_y * {UNIT} THEN -{UNIT} ELSE 0 END",
        ),
        body=f"CASE WHEN _q_t < {10**WHOLE} THEN _q_t END",
    )
    found = slow = f"CAST(sign({{a}}) * sign({{b}}) * {slow} AS DECIMAL({WHOLE + PLACES + 2}, {PLACES}))"
    places = max(b.places, a.places - PLACES)
    most_a = min(_limit(a, a_is_number, NARROW - PLACES - places), 10 ** max(WHOLE - b.places, 0))
    most_b = _limit(b, b_is_number, NARROW - 1 - places)
    if min(most_a, most_b) > 0:
        u, v = _units(a, a_is_number, "{a}", places + PLACES), _units(b, b_is_number, "{b}", places)
        quick = f"CAST((2 * {u} + sign({{a}}) * abs({v})) // nullif(2 * {v}, 0) AS DECIMAL(18, 0)) * {UNIT}"
        found = f"CASE WHEN abs({{a}}) < {most_a} AND abs({{b}}) < {most_b} THEN {quick} ELSE {slow} END"
    return found


def _let(*names: tuple[str, str], body: str) -> str:
    """The body, in which names, which no field can have, stand for values, each worked out once."""
    for letter, value in reversed(names):
        body = f"list_transform([{value}], lambda {letter}: {body})[1]"
    return body


def _limit(part: Size, is_number: bool, digits: int) -> int:
    """Below what a part has a whole number of units that 64 bits hold, and that a double tells exactly."""
    return 4 * 10 ** (min(digits, 14 - part.places) if is_number else digits) if digits > 0 else 0


def _units(part: Size, is_number: bool, text: str, places: int) -> str:
    """10^places times a part, as a whole number."""
    if not is_number:
        return f"({text} * {10**places})"
    return f"(CAST(CAST({text} AS DOUBLE) * 1e{part.places} AS BIGINT) * {10 ** (places - part.places)})"


# ------------------------------------------------------------------------------------------------------ comparisons


def _sides(left: exp.Expr, right: exp.Expr) -> tuple[exp.Expr, exp.Expr, list[exp.Expr]]:
    """Two numbers that are in the order of two others, or in the opposite one where the product of some divisors is negative."""
    one, other = ratio(left), ratio(right)
    by = [found[1] for found in (one, other) if found is not None]
    a, b = one[0] if one else left, other[0] if other else right
    return product(a, other[1]) if other else a, product(b, one[1]) if one else b, by


def comparison_size(left: exp.Expr, right: exp.Expr) -> Size:
    """What holds both sides of a comparison."""
    return alike([size_of(side) for side in _sides(left, right)[:2]])


def compared(form: type[exp.Expr], left: exp.Expr, right: exp.Expr) -> exp.Expr:
    """A comparison of two numbers, a quotient by its parts."""
    one, other, by = _sides(left, right)
    size = alike([size_of(one), size_of(other)])
    one, other = _in_parens(decimal(one, size)), _in_parens(decimal(other, size))
    holds, turned = form(this=one, expression=other), form(this=other.copy(), expression=one.copy())
    if not by:
        return holds
    if len(by) == 1:
        above, below = (test(this=_in_parens(by[0].copy()), expression=integer(0)) for test in (exp.GT, exp.LT))
        return exp.Case(ifs=[exp.If(this=above, true=holds), exp.If(this=below, true=turned)])
    nought = exp.or_(*(exp.EQ(this=_in_parens(part.copy()), expression=integer(0)) for part in by))
    signs = [exp.Paren(this=exp.GT(this=_in_parens(part.copy()), expression=integer(0))) for part in by]
    same = exp.EQ(this=signs[0], expression=signs[1])
    return exp.Case(ifs=[exp.If(this=nought, true=exp.null()), exp.If(this=same, true=holds)], default=turned)


def blank(side: exp.Expr) -> exp.Expr:
    """Whether a number is null; a quotient by its parts."""
    parts = ratio(side)
    null = [exp.Is(this=exp.Paren(this=part.copy()), expression=exp.null()) for part in parts or (side,)]
    return exp.or_(*null, *([exp.EQ(this=_in_parens(parts[1].copy()), expression=integer(0))] if parts else []))


def comparison(tree: exp.Expr) -> exp.Expr:
    """A comparison of numbers."""
    parts = [*tree.iter_expressions()]
    quotients = [part for part in parts if ratio(part) is not None]
    if not quotients and not any(map(is_number, parts)):
        return tree
    pairs = bool(quotients) or not alike([size_of(part) for part in parts]).fits
    named: dict[str, exp.Expr] = {}
    return once(_comparison(tree, [_short_side(part, named) for part in parts] if pairs else parts, pairs), named)


def _short_side(side: exp.Expr, named: dict[str, exp.Expr]) -> exp.Expr:
    parts = ratio(side)
    if parts is None:
        return short(side, named, f"_q_{len(named)}")
    one, by = (short(part, named, f"_q_{len(named)}") for part in parts)
    return exp.Div(this=one.copy(), expression=by.copy())


def _comparison(tree: exp.Expr, parts: Sequence[exp.Expr], pairs: bool) -> exp.Expr:
    """In pairs: where quotients are held against each other by their parts, and where no width has room for all at once."""
    first, *others = parts
    match tree:
        case exp.In() if pairs:
            return exp.or_(*(compared(exp.EQ, first, other) for other in others))
        case exp.Between() if pairs:
            low, high = others
            return exp.and_(compared(exp.GTE, first, low), compared(exp.LTE, first, high))
        case exp.NullSafeEQ() | exp.NullSafeNEQ() if pairs:
            neither = exp.and_(*map(blank, parts))
            same = exp.Coalesce(this=compared(exp.EQ, first, others[0]), expressions=[exp.Paren(this=neither)])
            return same if isinstance(tree, exp.NullSafeEQ) else exp.Not(this=same)
        case exp.Binary():
            return compared(type(tree), first, others[0])
    return of_one_width(tree)


def of_one_width(tree: exp.Expr) -> exp.Expr:
    """With all its values of one width, where they are numbers: of `case` what it comes to, of others all that they take."""
    ends = [branch.args["true"] for branch in tree.args.get("ifs") or ()] + [tree.args.get("default")]
    parts = [part for part in (ends if isinstance(tree, exp.Case) else [*tree.iter_expressions()]) if part is not None]
    values = [part for part in parts if not isinstance(part.unnest(), exp.Null)]
    if not any(map(is_number, values)):
        return tree
    size = alike([size_of(part) for part in values])
    for part in values:
        part.replace(decimal(part, size))
    return sized(tree, size)


# --------------------------------------------------------------------------------------------------------- checking


def needed(form: type[exp.Expr], parts: Sequence[exp.Expr], found: Size | None) -> Size:
    """The widest decimal that is needed to reckon an operator of numbers; `found`: the number that it gives."""
    sizes, wanted = [size_of(part) for part in parts], [found] if found is not None else []
    if issubclass(form, exp.Div):
        wanted += quotient_sizes(*sizes)
    elif issubclass(form, exp.Sum | exp.Avg):
        of_all = sizes[0].within(HELD) * RECORDS
        wanted += [of_all, *(quotient_sizes(of_all, RECORDS) if form is exp.Avg else ())]
    elif issubclass(form, exp.Nullif):
        wanted.append(alike(sizes))
    elif found is None and any(map(is_number, parts)):  # a comparison
        wanted += [comparison_size(parts[0], other) for other in parts[1:]]
    return max(wanted, key=lambda size: size.digits, default=INTEGER)


def sizes_of_ratio(tree: exp.Expr) -> tuple[Size, Size] | None:
    """Of an expression that is a quotient, and not only named one, the sizes of its parts."""
    found = ratio(tree) if not isinstance(tree.unnest(), exp.Column) else None
    return (size_of(found[0]), size_of(found[1])) if found is not None else None
