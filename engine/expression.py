"""SQL text -> a raw tree, whose nodes know the characters they came from.

In: the text of a condition or value, and its place. Out: a sqlglot tree, or what is wrong with its form. What may be written,
and what it means, is the business of `types`.
"""

from __future__ import annotations

from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import ParseError, TokenError

from engine.errors import Mistake
from engine.model import Place

DIALECT = "duckdb"
LONGEST_TEXT = 10_000


class _Parser(DuckDB.Parser):  # type: ignore[valid-type,misc]
    """sqlglot's parser, noting for every node where the text that made it ends."""

    def expression(self, instance: exp.Expr, token: object = None, comments: object = None) -> exp.Expr:
        node: exp.Expr = super().expression(instance, token, comments)
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
        trees: list[exp.Expr | None] = _Parser(dialect=dialect).parse(dialect.tokenize(text), text)
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
    return trees[0]


def _offset(text: str, line: int | None, column: int | None) -> int:
    """sqlglot tells the line and the column of a token's last character, both from 1."""
    lines = text.split("\n")
    before = sum(len(part) + 1 for part in lines[: (line or 1) - 1])
    return min(before + (column or len(text)), len(text))


def names_in(tree: exp.Expr) -> set[tuple[str | None, str]]:
    """(table or None, name) of every column that a raw tree names."""
    return {(c.table or None, c.name) for c in tree.find_all(exp.Column)}
