"""SQL text -> a raw tree, whose nodes know the characters they came from.

In: the text of a condition or value, and its place. Out: a sqlglot tree, or what is wrong with its form. What may be written,
and what it means, is the business of `types`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import ClassVar

from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import ParseError, TokenError
from sqlglot.tokenizer_core import Token, TokenType

from lookback.words.errors import Mistake
from lookback.words.source import Place

DIALECT = "duckdb"
LONGEST_TEXT = 10_000
_STATEMENTS = """
    ALL ALTER ANALYZE ATTACH BEGIN CACHE CALL COMMENT COMMIT CONNECT COPY CREATE CROSS DELETE DESC DESCRIBE DETACH DISCONNECT DROP
    EXECUTE EXPLAIN FETCH FOR FORCE GRANT HAVING INNER INSERT INSTALL INTO JOIN KILL LATERAL LOAD MERGE ON ONLY OPTIMIZE OUTER
    PARTITIONED_BY PIVOT PIVOT_WIDER POSITIONAL PRAGMA PREPARE QUALIFY RENAME RESET RETURNING REVOKE ROLLBACK SET SHOW SUMMARIZE
    TABLE TABLESAMPLE TRUNCATE UNCACHE UNPIVOT UPDATE USE USING VACUUM VALUES
    """.split()
RESERVED_WORDS = frozenset(
    """
    and any as between case current_catalog current_date current_time current_timestamp current_user distinct else except false
    from glob ilike intersect interval like localtime localtimestamp map not notnull null or regexp rlike select session_user
    then true union when where with xor
    """.split()
)
"""No field, fact, table or parameter can be called so: in a condition these are no names."""


class _Tokenizer(DuckDB.Tokenizer):
    """sqlglot's tokenizer, without the words that only statements have: fields may be called so."""

    KEYWORDS: ClassVar = {word: kind for word, kind in DuckDB.Tokenizer.KEYWORDS.items() if word not in _STATEMENTS}
    COMMANDS: ClassVar = set()


class FullMonths(exp.Expression, exp.Func):
    """full_months(a, b), which no dialect has: `operators` says what engines compute."""

    arg_types: ClassVar = {"this": True, "expression": True}


class FullYears(FullMonths):
    """full_years(a, b)."""


class _Parser(DuckDB.Parser):  # type: ignore[valid-type,misc]
    """sqlglot's parser, noting for every node where the text that made it ends."""

    FUNCTIONS: ClassVar = DuckDB.Parser.FUNCTIONS | {
        "FULL_MONTHS": FullMonths.from_arg_list,
        "FULL_YEARS": FullYears.from_arg_list,
    }

    def expression(self, instance: exp.Expr, token: object = None, comments: object = None) -> exp.Expr:
        node: exp.Expr = super().expression(instance, token, comments)
        last = self._prev
        if last is not None and "start" not in node.meta and not node.args:
            node.meta.update(start=last.start, end=last.end)
        elif last is not None and isinstance(node, exp.Placeholder):
            node.meta.update(start=last.start - 1, end=last.end)
        elif last is not None:
            node.meta.setdefault("last", last.end)
        return node


def extent(node: exp.Expr) -> tuple[int, int] | None:
    """Start and end (exclusive) of the text behind a node; None where sqlglot does not tell."""
    return (node.meta["start"], node.meta["end"] + 1) if "start" in node.meta else None


_OPENINGS: dict[type[exp.Expr], tuple[str, int]] = {
    # how a form begins, and how many tokens at most before its first part
    exp.Paren: ("(", 1),
    exp.Neg: ("-", 1),
    exp.Not: ("not", 1),
    exp.Cast: ("date", 1),
    exp.Case: ("case", 2),
    exp.Interval: ("interval", 2),
}


def _spread(tree: exp.Expr, tokens: list[Token]) -> None:
    """Note for every node the whole of its text: sqlglot tells that of names and literals, and where other forms end."""
    starts = [token.start for token in tokens]
    for node in reversed(list(tree.walk())):
        known = [n.meta for n in (node, *node.iter_expressions()) if "start" in n.meta]
        ends = [meta["end"] for meta in known] + ([node.meta["last"]] if "last" in node.meta else [])
        if not ends:
            continue
        last = bisect_right(starts, max(ends)) - 1
        first = bisect_right(starts, min((meta["start"] for meta in known), default=tokens[last].start)) - 1
        word, most = _OPENINGS.get(type(node), ("", 0))
        before = range(first - 1, max(first - 1 - most, -1), -1)
        first = next((i for i in before if _mark(tokens[i]) == word), max(first, 0))
        marks = [_mark(token) for token in tokens[first : last + 1]]
        still_open = marks.count("(") - marks.count(")")
        while still_open > 0 and last + 1 < len(tokens):
            last += 1
            still_open += {"(": 1, ")": -1}.get(_mark(tokens[last]), 0)
        node.meta.update(start=tokens[first].start, end=tokens[last].end)


def _mark(token: Token) -> str:
    """A token's word or sign; nothing for a text in quotes."""
    return "" if token.token_type is TokenType.STRING else token.text.casefold()


FULL_WIDTH = {
    **dict(zip("（），；＝＜＞＋－＊／：", "(),;=<>+-*/:", strict=True)),
    **dict.fromkeys("‘’“”", "'"),
}
"""Signs of a Chinese keyboard, and what conditions are written with."""


def parse(text: str, place: Place) -> exp.Expr | Mistake:
    """The raw tree of a text, or what is wrong with its form."""
    outside = re.sub(r"'[^']*('|$)", lambda quoted: " " * len(quoted[0]), text)
    at = next((i for i, sign in enumerate(outside) if sign in FULL_WIDTH), None)
    if at is not None:  # a name to SQL, and never one to us
        return Mistake("full-width", place.part(at, at + 1), {"sign": text[at], "half": FULL_WIDTH[text[at]]})
    whole = place.part(0, len(text))
    if not text.strip():
        return Mistake("empty-expression", whole)
    if len(text) > LONGEST_TEXT:
        return Mistake("expression-too-long", whole, {"most": LONGEST_TEXT})
    try:
        dialect = DuckDB()
        tokens = _Tokenizer(dialect=dialect).tokenize(text)
        if any(token.token_type is TokenType.SEMICOLON for token in tokens[:-1]):
            return Mistake("one-expression", whole)
        trees: list[exp.Expr | None] = _Parser(dialect=dialect).parse(tokens, text)
    except ParseError as error:
        first = error.errors[0] if error.errors else {}
        end = _offset(text, first.get("line"), first.get("col"))
        mark = first.get("highlight") or ""
        return Mistake(
            "not-an-expression", place.part(max(end - len(mark), 0), max(end, 1)), {"near": mark or text.strip()[-20:]}
        )
    except TokenError:
        return Mistake("unclosed-text", whole)
    except RecursionError:
        return Mistake("expression-too-deep", whole)
    if len(trees) != 1 or trees[0] is None or isinstance(trees[0], exp.Block):
        return Mistake("one-expression", whole)
    _spread(trees[0], tokens)
    trees[0].meta["text"] = text
    return trees[0]


def _offset(text: str, line: int | None, column: int | None) -> int:
    """sqlglot tells the line and the column of a token's last character, both from 1."""
    lines = text.split("\n")
    before = sum(len(part) + 1 for part in lines[: (line or 1) - 1])
    return min(before + (column or len(text)), len(text))


def double_equals(text: str) -> list[tuple[int, int]]:
    """Start and end of every `==` in a text that can be parsed: the same as `=`, which is how the others are written."""
    if "==" not in text:
        return []
    tokens = _Tokenizer(dialect=DuckDB()).tokenize(text)
    return [(t.start, t.end + 1) for t in tokens if t.token_type is TokenType.EQ and t.text == "=="]


def names_in(tree: exp.Expr) -> set[tuple[str | None, str]]:
    """(table or None, name) of every column that a raw tree names."""
    return {(c.table or None, c.name) for c in tree.find_all(exp.Column)}
