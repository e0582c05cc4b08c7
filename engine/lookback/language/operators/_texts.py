"""Functions of texts: what engines compute for them, what they come to on constants, and what is written in quotes for them.

A text is a row of signs (code points of Unicode), however many bytes or columns they take. In: a typed node. Out: SQL, which is
the same for every text and every number: DuckDB's own counts from the end where a number is negative, and ends where it is huge.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache

from sqlglot import exp

from lookback.language import decimals
from lookback.language.operators._rows import Operator, Takes
from lookback.language.sql import CheckDigit, Matches, integer
from lookback.language.types import BETWEEN_CHOICES
from lookback.notions.codes import CHECKS, DIGITS, LETTERS, SOUND, WEIGHTED
from lookback.notions.patterns import BadPattern, Pattern, read, together
from lookback.words import Word
from lookback.words.errors import Mistake, did_you_mean
from lookback.words.source import Place

MOST_SIGNS = 10**9
"""No text has more."""


@cache
def _template(sql: str) -> exp.Expr:
    found: exp.Expr = exp.maybe_parse(sql, dialect="duckdb")
    return found


def filled(sql: str, **parts: exp.Expr) -> exp.Expr:
    """SQL in which `_name` stands for a part."""
    tree = exp.Paren(this=_template(sql).copy())
    for column in list(tree.find_all(exp.Column)):
        if column.name[1:] in parts and column.name.startswith("_"):
            column.replace(parts[column.name[1:]].copy())
    found: exp.Expr = tree.this
    return found


def _within(least: int) -> str:
    """SQL for the number `_n`, not below `least`, and no more than a text has signs; `least` where it is null. No case: of a
    column with few different values DuckDB works a function out on each of these, also on those that a case keeps from it."""
    return f"CAST(LEAST(GREATEST(_n, {least}), {MOST_SIGNS}) AS BIGINT)"


def _if_there(text: exp.Expr, number: exp.Expr) -> exp.Expr:
    """The text; null where the number is."""
    return filled("CASE WHEN NOT _n IS NULL THEN _t END", n=number, t=text)


def _end_of(tree: exp.Expr, form: Callable[[exp.Expr, exp.Expr], exp.Expr]) -> exp.Expr:
    """A form of a text and a number of signs, none below 0."""
    text, number = tree.this, tree.expression
    if isinstance(number, exp.Literal):
        return form(text, integer(min(int(number.name), MOST_SIGNS)))
    named: dict[str, exp.Expr] = {}
    number = decimals.short(number, named, "_q_n")
    return decimals.once(form(_if_there(text, number), filled(_within(0), n=number)), named)


def left_sql(tree: exp.Expr) -> exp.Expr:
    return _end_of(tree, lambda text, signs: exp.Substring(this=text, start=integer(1), length=signs))


def right_sql(tree: exp.Expr) -> exp.Expr:
    return _end_of(tree, lambda text, signs: exp.Right(this=text, expression=signs))


def substring_sql(tree: exp.Expr) -> exp.Expr:
    """The places from `start` on that there are; those before the first hold nothing, though they count."""
    start, length = tree.args["start"], tree.args.get("length")
    if isinstance(start, exp.Literal) and (length is None or isinstance(length, exp.Literal)) and int(start.name) > 0:
        upto = None if length is None else integer(min(int(length.name), MOST_SIGNS))
        return exp.Substring(this=tree.this, start=integer(min(int(start.name), MOST_SIGNS)), length=upto)
    named: dict[str, exp.Expr] = {}
    start = decimals.short(start, named, "_q_start")
    first = filled(_within(1), n=start)
    if length is None:
        return decimals.once(exp.Substring(this=_if_there(tree.this, start), start=first), named)
    end = filled("CAST(_a AS DECIMAL(38, 0)) + _b", a=start, b=length)
    named["_q_first"], named["_q_n"] = first, exp.Sub(this=end, expression=exp.column("_q_first"))
    text = _if_there(tree.this, exp.column("_q_n"))
    found = exp.Substring(this=text, start=exp.column("_q_first"), length=filled(_within(0), n=exp.column("_q_n")))
    return decimals.once(found, named)


def left(text: str, signs: int) -> str:
    return text[: max(signs, 0)]


def right(text: str, signs: int) -> str:
    return text[max(len(text) - max(signs, 0), 0) :]


def substring(text: str, start: int, length: int | None = None) -> str:
    end = len(text) if length is None else max(start - 1 + length, 0)
    return text[max(start - 1, 0) : end]


def replaced(text: str, old: str, new: str) -> str:
    return text.replace(old, new) if old else text


# ------------------------------------------------------------------------------------------------------- patterns, codes


@cache
def pattern_of(written: str) -> Pattern:
    return read(written)


def matches(text: str, pattern: str) -> bool:
    return pattern_of(pattern).matches(text)


def matches_sql(tree: exp.Expr) -> exp.Expr:
    return exp.RegexpFullMatch(this=tree.this, expression=exp.Literal.string(pattern_of(tree.expression.name).re2))


def check_digit_sql(tree: exp.Expr) -> exp.Expr:
    named: dict[str, exp.Expr] = {}
    code = decimals.short(tree.this, named, "_q_code")
    return decimals.once(filled(_check_sql(tree.expression.name), t=code), named)


def _check_sql(kind: str) -> str:
    """Whether the code `_t` is one of this kind."""
    sign = "substring({}, {}, 1)"
    if kind == "luhn":
        number = f"(ascii({sign.format('reverse(_t)', '_i')}) - 48) * (2 - _i % 2)"
        each = f"list_transform(range(1, length(_t) + 1), lambda _i: {number} - 9 * CAST({number} > 9 AS INTEGER))"
        form, holds = "[0-9]{2,}", f"list_sum({each}) % 10 = 0"
    elif kind == "mod97":
        each = f"list_transform(range(1, length(_t) + 1), lambda _i: strpos('{LETTERS}', {sign.format('_t', '_i')}) - 1)"
        step = "lambda _r, _n: (_r * CASE WHEN _n > 9 THEN 100 ELSE 10 END + _n) % 97"
        form, holds = "[0-9A-Z]{3,}", f"list_reduce(list_prepend(0, {each}), {step}) = 1"
    else:
        signs, weights, by, rest = WEIGHTED[kind]
        places = (f"{w} * (strpos('{signs}', {sign.format('_t', at)}) - 1)" for at, w in enumerate(weights, 1))
        form, holds = f"[{signs}]{{{len(weights)}}}", f"({' + '.join(places)}) % {by} = {rest}"
        form = f"[{DIGITS}]{{{len(weights) - 1}}}[{signs}]" if kind == "cn-resident-id" else form
    return f"CASE WHEN regexp_full_match(_t, '{form}') THEN {holds} WHEN _t IS NOT NULL THEN false END"


def has_sql(tree: exp.Expr) -> exp.Expr:
    """Between two marks each code stands whole."""
    mark, code = BETWEEN_CHOICES, tree.expression.name
    return filled(f"contains('{mark}' || _t || '{mark}', '{mark}{code}{mark}')", t=tree.this)


def size_sql(tree: exp.Expr) -> exp.Expr:
    named: dict[str, exp.Expr] = {}
    codes = decimals.short(tree.this, named, "_q_codes")
    sql = f"CAST(length(_t) - length(replace(_t, '{BETWEEN_CHOICES}', '')) + 1 AS BIGINT)"
    return decimals.once(filled(sql, t=codes), named)


def codes_shown(tree: exp.Expr, titles: Mapping[str, str], between: str) -> exp.Expr:
    """Several choices as people read them: each by its title."""
    title = exp.Case(
        this=exp.column("_q_c"),
        ifs=[exp.If(this=exp.Literal.string(code), true=exp.Literal.string(title)) for code, title in titles.items()],
    )
    sql = f"array_to_string(list_transform(string_split(_t, '{BETWEEN_CHOICES}'), lambda _q_c: _title), _between)"
    return filled(sql, t=tree, title=title, between=exp.Literal.string(between))


def has(codes: str, code: str) -> bool:
    return code in codes.split(BETWEEN_CHOICES)


def size(codes: str) -> int:
    return len(codes.split(BETWEEN_CHOICES))


def like_texts(tree: exp.Expr) -> tuple[str, ...]:
    """Texts of which a pattern, or a check digit, that stands in a tree holds."""
    if isinstance(tree, Matches):
        found = together((pattern_of(tree.expression.name),))
        return () if found is None else found.shown.get((True,), ())[:2]
    return (SOUND[tree.expression.name],) if isinstance(tree, CheckDigit) else ()


def unread(row: Operator, parts: Sequence[exp.Expr], text: str, place: Place) -> list[Mistake]:
    """What is wrong with what stands in quotes, where a pattern or the name of a kind of code has to; `text`: the condition."""
    found = (_unread(takes, part, text, place) for takes, part in zip(row.takes, parts, strict=False))
    return [mistake for mistake in found if mistake is not None]


def _unread(takes: Takes, part: exp.Expr, text: str, place: Place) -> Mistake | None:
    if takes is Takes.REGEX:
        try:
            pattern_of(part.name)
        except BadPattern as bad:
            return Mistake(
                "bad-pattern", place.part(*_place(part, text, bad)), {"why": Word(f"pattern.{bad.why}", found=bad.found)}
            )
    if takes is Takes.CODE and part.name not in CHECKS:
        known = ", ".join(CHECKS)
        span = place.part(part.meta["start"], part.meta["end"] + 1)
        return Mistake("unknown-code", span, {"name": part.name, "known": known}, did_you_mean(part.name, CHECKS))
    return None


def _place(part: exp.Expr, text: str, bad: BadPattern) -> tuple[int, int]:
    """The place of a part of a pattern in the condition: quotes are written twice there."""
    start = part.meta["start"] + 1
    places = [start]
    for sign in part.name:
        places.append(places[-1] + 1 + (sign == "'" and text.startswith("''", places[-1])))
    return places[bad.at], max(places[min(bad.end, len(part.name))], places[bad.at] + 1)
