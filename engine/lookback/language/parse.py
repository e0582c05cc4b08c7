"""SQL text -> a raw tree, whose nodes know the characters they came from.

In: the text of a condition or value, and its place. Out: a sqlglot tree, or what is wrong with its form. sqlglot reads far more
than this language: what it must not see, signs and words that no condition has, is told before (`_Gate`), as it was written. What
may be written, and what it means, is the business of `typed`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from decimal import Decimal
from typing import ClassVar

from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import ParseError, TokenError
from sqlglot.tokenizer_core import Token, TokenType

from lookback.language.operators import DATE_PARTS, FUNCTION_NAMES, operands
from lookback.language.sql import DIALECT as DIALECT
from lookback.language.sql import FORMS
from lookback.words.errors import Help, Mistake, did_you_mean
from lookback.words.source import Place

LONGEST_TEXT = 10_000
MOST_DEEP = 100
"""Operators and functions within each other."""
_STATEMENTS = """
    ALL ALTER ANALYZE ATTACH BEGIN CACHE CALL COMMENT COMMIT CONNECT COPY CREATE CROSS DELETE DESC DESCRIBE DETACH DISCONNECT DROP
    EXECUTE EXPLAIN FETCH FOR FORCE GRANT HAVING INNER INSERT INSTALL INTO JOIN KILL LATERAL LOAD MERGE ON ONLY OPTIMIZE OUTER
    PARTITIONED_BY PIVOT PIVOT_WIDER POSITIONAL PRAGMA PREPARE QUALIFY RENAME RESET RETURNING REVOKE ROLLBACK SET SHOW SUMMARIZE
    TABLE TABLESAMPLE TRUNCATE UNCACHE UNPIVOT UPDATE USE USING VACUUM VALUES
    """.split()
_TYPES = "ARRAY LIST NULLABLE OBJECT RANGE ROW STRUCT".split()
"""Words that begin the name of a type where `<` follows."""
RESERVED_WORDS = frozenset(
    """
    and any as between case current_catalog current_date current_time current_timestamp current_user distinct else except false
    from glob ilike intersect interval like localtime localtimestamp map not notnull null or regexp rlike select session_user
    then true union when where with xor
    """.split()
)
"""No field, fact, table or parameter can be called so: in a condition these are no names."""
FULL_WIDTH = {
    **dict(zip("（），；＝＜＞＋－＊／：", "(),;=<>+-*/:", strict=True)),
    **dict(zip("０１２３４５６７８９", "0123456789", strict=True)),
    **dict.fromkeys("‘’“”", "'"),
}
"""Signs of a Chinese keyboard, and what conditions are written with."""

_SIGNS = frozenset("( ) , . : + - * / || = == <> != < <= > >= ;".split())
_BEFORE = frozenset("not case when interval distinct where".split())
"""Words that what they are about follows."""
_BETWEEN = frozenset("and or in between like is not when then else from where".split())
_AFTER = frozenset(["end", "filter", "isnull", "notnull", *DATE_PARTS, *(f"{part}s" for part in DATE_PARTS)])
_FOREIGN = frozenset(
    """
    any as at cast collate div escape except exists glob ilike intersect map mod over overlaps regexp rlike select similar
    symmetric try_cast union with xor
    """.split()
)
"""Words of SQL that ask for something that conditions have not."""
_INSTEAD = {"<=>": "is not distinct from", "cast": None}
_LEAVES = (exp.Column, exp.Identifier, exp.Literal, exp.Boolean, exp.Placeholder, exp.DataType, exp.Var, exp.If, exp.Interval)


class _Tokenizer(DuckDB.Tokenizer):
    """sqlglot's tokenizer, without the words that only statements and types have: fields may be called so."""

    KEYWORDS: ClassVar = {word: kind for word, kind in DuckDB.Tokenizer.KEYWORDS.items() if word not in (*_STATEMENTS, *_TYPES)}
    COMMANDS: ClassVar = set()


class _Parser(DuckDB.Parser):  # type: ignore[valid-type,misc]
    """sqlglot's parser, noting for every node where the text that made it ends."""

    FUNCTIONS: ClassVar = DuckDB.Parser.FUNCTIONS | {name.upper(): form.from_arg_list for name, form in FORMS.items()}
    NO_PAREN_FUNCTION_PARSERS: ClassVar = {
        word: read for word, read in DuckDB.Parser.NO_PAREN_FUNCTION_PARSERS.items() if word not in ("IF", "CONNECT_BY_ROOT")
    }
    """Without two that are names."""

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
        called = [_mark(token) for token in tokens[max(first - 2, 0) : first]]
        if isinstance(node, exp.Trim) and called == ["trim", "("]:  # of which sqlglot does not tell the name
            first, still_open = first - 2, still_open + 1
        while still_open > 0 and last + 1 < len(tokens):
            last += 1
            still_open += {"(": 1, ")": -1}.get(_mark(tokens[last]), 0)
        node.meta.update(start=tokens[first].start, end=tokens[last].end)


def _mark(token: Token) -> str:
    """A token's word or sign; nothing for a text in quotes."""
    return "" if token.token_type is TokenType.STRING else token.text.casefold()


def _tokens(text: str, place: Place) -> list[Token] | Mistake:
    """The tokens of a text, or the first thing in it that is not of the language."""
    whole = place.part(0, len(text))
    if not text.strip():
        return Mistake("empty-expression", whole)
    if len(text) > LONGEST_TEXT:
        return Mistake("expression-too-long", whole, {"most": LONGEST_TEXT})
    if (found := re.search("[\0\ud800-\udfff]", text)) is not None:
        return Mistake("no-character", place.part(*found.span()), {"character": f"U+{ord(found[0]):04X}"})
    outside = re.sub(r"'[^']*('|$)", lambda quoted: " " * len(quoted[0]), text)
    at = next((i for i, sign in enumerate(outside) if sign in FULL_WIDTH), None)
    if at is not None:  # a name to SQL, and never one to us
        return Mistake("full-width", place.part(at, at + 1), {"sign": text[at], "half": FULL_WIDTH[text[at]]})
    try:
        tokens = _Tokenizer(dialect=DuckDB()).tokenize(text)
    except TokenError:
        return Mistake("unclosed-text", whole)
    if any(token.token_type is TokenType.SEMICOLON for token in tokens[:-1]):
        return Mistake("one-expression", whole)
    return _Gate(text, place, tokens).mistake() or tokens


def function_help(name: str) -> Help | None:
    """What is meant by a function that is none: one that is called alike, or the day of the review."""
    return ("help.day-of-review", {}) if name.casefold() in _TODAY else did_you_mean(name, FUNCTION_NAMES)


_TODAY = frozenset("today now curdate getdate sysdate current_date current_timestamp localtime localtimestamp".split())


class _Gate:
    """One walk over the tokens. `open`: something is still to come, as after `(` or an operator."""

    def __init__(self, text: str, place: Place, tokens: list[Token]) -> None:
        self.text, self.place, self.tokens = text, place, tokens
        self.written = [text[token.start : token.end + 1] for token in tokens]
        self.opens: list[bool] = []  # of each token, whether something was still to come before it
        self.low = [" ".join(word.casefold().split()) for word in self.written]

    def told(self, code: str, at: int, *, help: Help | None = None, **args: object) -> Mistake:
        return Mistake(code, self.place.part(self.tokens[at].start, self.tokens[at].end + 1), args, help)

    def foreign(self, at: int) -> Mistake:
        instead = _INSTEAD.get(self.low[at])
        if self.low[at] == "%" and at and self.tokens[at - 1].token_type is TokenType.NUMBER:
            instead = format(Decimal(self.written[at - 1].replace("_", "")).scaleb(-2).normalize(), "f")
        return self.told("not-allowed", at, what=self.written[at], help=("help.write", {"text": instead}) if instead else None)

    def unread(self, at: int) -> Mistake:
        """What stands where nothing of its kind can; the word before it is to blame, where that is none of the language."""
        before = self.low[at - 1] if at else ""
        if before.split()[:1] and (before.split()[0] in _FOREIGN or self.is_type(at - 1)):
            return self.foreign(at - 1)
        return self.told("not-an-expression", at, near=self.written[at])

    def is_word(self, at: int) -> bool:
        return self.tokens[at].token_type is not TokenType.STRING and self.written[at].split()[0].isidentifier()

    def is_type(self, at: int) -> bool:
        """Whether a word is the type of the text that follows, as in timestamp '…'."""
        return self.is_word(at) and at + 1 < len(self.tokens) and self.tokens[at + 1].token_type is TokenType.STRING

    def mistake(self) -> Mistake | None:
        open_, deep, row = True, 0, 0
        for at, token in enumerate(self.tokens):
            low = self.low[at]
            self.opens.append(open_)
            row = row + 1 if open_ and low in ("not", "-", "+") else 0
            deep += (low in ("(", "case")) - (low == ")" or (low == "end" and not open_))
            if max(deep, row) > MOST_DEEP:
                return self.told("condition-too-deep", at, most=MOST_DEEP)
            found: Mistake | bool
            if token.token_type in (TokenType.STRING, TokenType.NUMBER, TokenType.IDENTIFIER):
                found = self.value(at, open_)
            elif self.is_word(at):
                found = self.word(at, open_)
            else:
                found = self.sign(at, open_)
            if isinstance(found, Mistake):
                return found
            open_ = found
        return None

    def value(self, at: int, open_: bool) -> Mistake | bool:
        kind, written, before = self.tokens[at].token_type, self.written[at], self.low[at - 1] if at else ""
        if kind is TokenType.STRING and not written.startswith("'"):
            return self.foreign(at)
        places = "" if before == "." else r"(\.[\d_]*)?"
        if kind is TokenType.NUMBER and not re.fullmatch(rf"[\d_]+{places}([eE][+-]?\d+)?", written, re.ASCII):
            return self.told("not-an-expression", at, near=written)
        dated = kind is TokenType.STRING and before == "date"
        return False if open_ or dated or before == "." else self.unread(at)

    def word(self, at: int, open_: bool) -> Mistake | bool:
        low, before = self.low[at], self.low[at - 1] if at else ""
        first = low.split()[0]
        called = at + 1 < len(self.tokens) and self.low[at + 1] == "("
        if before in (".", ":"):
            return False
        if open_ and low in _BEFORE:
            return True
        if (not open_ or self.goes_on(at)) and low in _BETWEEN:
            return True
        if not open_ and low in _AFTER:
            return False
        if open_ and called and first != "cast":
            return True if low in FUNCTION_NAMES else self.unknown(at)
        if first in _FOREIGN and (not open_ or called or first in RESERVED_WORDS):
            return self.foreign(at)
        return False if open_ and low not in _BETWEEN & RESERVED_WORDS else self.unread(at)

    def goes_on(self, at: int) -> bool:
        """Whether a word is the second of an operator: `not in`, `distinct from`."""
        before = self.low[at - 1] if at else ""
        return (before == "not" and not self.opens[at - 1]) or (before == "distinct" and self.low[at] == "from")

    def unknown(self, at: int) -> Mistake:
        return self.told("unknown-function", at, help=function_help(self.low[at]), name=self.low[at])

    def sign(self, at: int, open_: bool) -> Mistake | bool:
        low, before = self.low[at], self.low[at - 1] if at else ""
        if low not in _SIGNS:
            return self.foreign(at)
        match low:
            case ")" | ";":
                return False
            case "(":
                called = at and self.is_word(at - 1)
                return True if open_ or called else self.unread(at)
            case "*" if open_:
                return False if before == "(" else self.unread(at)
            case "/" | "||" | "=" | "==" | "<>" | "!=" | "<" | "<=" | ">" | ">=" if open_:
                return self.unread(at)
            case ":" if not open_:
                return self.unread(at)
            case ".":
                again = at > 6 and self.low[at - 2] == self.low[at - 4] == self.low[at - 6] == "."
                place = self.place.part(self.tokens[at].start, self.tokens[at].end + 1)
                return Mistake("reference-too-long", place, {"most": 3}) if again else open_
        return True


def parse(text: str, place: Place) -> exp.Expr | Mistake:
    """The raw tree of a text, or what is wrong with its form."""
    tokens = _tokens(text, place)
    if isinstance(tokens, Mistake):
        return tokens
    whole, unread = place.part(0, len(text)), {"near": text.strip()[-20:]}
    try:
        trees: list[exp.Expr | None] = _Parser(dialect=DuckDB()).parse(tokens, text)
    except ParseError as error:
        first = error.errors[0] if error.errors else {}
        end = _offset(text, first.get("line"), first.get("col"))
        mark = first.get("highlight") or ""
        unread = {"near": mark} if mark else unread
        return Mistake("not-an-expression", place.part(max(end - len(mark), 0), max(end, 1)), unread)
    except RecursionError:
        return Mistake("condition-too-deep", whole, {"most": MOST_DEEP})
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):  # over what it does not expect sqlglot falls
        return Mistake("not-an-expression", whole, unread)
    if len(trees) != 1 or trees[0] is None or isinstance(trees[0], exp.Block):
        return Mistake("one-expression", whole)
    if depth(trees[0]) > MOST_DEEP:
        return Mistake("condition-too-deep", whole, {"most": MOST_DEEP})
    _spread(trees[0], tokens)
    for node in trees[0].walk():
        if any(value and not _is_form(value) and name not in _MARKS for name, value in node.args.items()):
            where = extent(node) or (0, len(text))
            return Mistake("not-allowed", place.part(*where), {"what": text[slice(*where)]})
    trees[0].meta["text"] = text
    return trees[0]


_MARKS = frozenset("this is_string quoted unit negate ignore_nulls date_part_boundary big_int nested safe".split())
"""What sqlglot notes of a form beside its parts, and the language has; others change what is meant: `between symmetric`."""


def _is_form(value: object) -> bool:
    return isinstance(value, exp.Expr) or (isinstance(value, list) and all(isinstance(part, exp.Expr) for part in value))


def depth(tree: exp.Expr) -> int:
    """How many operators and functions stand within each other at most; a quotient counts as twenty: much SQL is made of it."""
    deepest, waiting = 0, [(tree, 1)]
    while waiting:
        node, level = waiting.pop()
        deepest = max(deepest, level)
        inner = level + (0 if isinstance(node, exp.Paren) else 20 if isinstance(node, exp.Div) else 1)
        waiting += [(part, inner) for part in node.iter_expressions() if part.args and not isinstance(part, _LEAVES)]
    return deepest


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


def named_of(tree: exp.Expr, table: str) -> str:
    """The text of a raw tree as a child's rule would write it: with the names as `table.name`."""
    text = str(tree.meta["text"])
    starts = {node.meta["start"] for node in tree.find_all(exp.Column) if not node.table and "start" in node.meta}
    for start in sorted(starts, reverse=True):
        text = f"{text[:start]}{table}.{text[start:]}"
    return text


def is_part(value: object) -> bool:
    return isinstance(value, exp.Expr) and not isinstance(value, exp.Var)


def parts_of(node: exp.Expr) -> list[exp.Expr]:
    """The parts of a raw operator, in the order of its form's arguments."""
    return [part for part in operands(node) if is_part(part)]
