"""Checked expressions -> what their form gives away: comparisons that cannot be true or cannot be false, tests without a use.

Only what can be seen in one place: what follows from several conditions together is the business of proofs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlglot import exp

from lookback.language.atoms import blanks
from lookback.language.operators import VARIES, constant
from lookback.language.parse import DIALECT, double_equals
from lookback.language.scope import Meaning, unmet_column
from lookback.language.types import Type
from lookback.packs.checked import CheckedPack
from lookback.words import Word
from lookback.words.errors import Edit, Help, Mistake
from lookback.words.source import Place, Span

_NEVER_FALSE = (exp.EQ, exp.LTE, exp.GTE, exp.NullSafeEQ)
_NEVER_TRUE = (exp.NEQ, exp.LT, exp.GT, exp.NullSafeNEQ)
Found = Iterator[Mistake]


def lint_conditions(pack: CheckedPack) -> Found:
    """The warnings of every condition and value of a pack."""
    texts = {(*path, "value"): (fact.value, fact.from_ or fact.of) for path, fact in pack.pack.facts}
    for path, rule in pack.pack.rules:
        texts |= {(*path, key): (text, rule.for_) for key, text in (("when", rule.when), ("require", rule.require)) if text}
    for path, (text, table) in texts.items():
        place = pack.pack.places.get(path) or Place(pack.pack.span(path))
        linter = _Linter(place, _meanings(pack, table))
        for start, end in double_equals(text):
            span = place.part(start, end)
            fix = (Edit(span, "="),) if place.offsets is not None else ()
            yield Mistake("double-equals", span, {}, ("help.write", {"text": "="}), "warning", fix)
        for node in pack.trees[path].walk():
            if "at" in node.meta:
                yield from linter.node(node)


def _meanings(pack: CheckedPack, table: str) -> dict[str, Meaning]:
    """What the columns of a table's expressions mean, under the names that they have in checked trees."""
    found = {"verdict": Meaning(Type.CHOICE, pack.outcomes, blank=False)}
    found |= {unmet_column(rule.id): Meaning(Type.BOOLEAN, blank=False) for rule in pack.rules_for(table)}
    for of in (table, pack.tables[table].belongs_to):
        if of is None:
            continue
        start = "" if of == table else f"{of}."
        keys = (pack.tables[of].key, pack.parent_key(of))
        for id_, field in pack.tables[of].fields.items():
            found[start + id_] = Meaning(field.type, tuple(field.choices or ()), blank=id_ not in keys)
        for fact in pack.facts_of(of):
            found[start + fact.id] = Meaning(fact.type, fact.choices, blank=fact.blank)
    return found


class _Linter:
    """The lints of one expression's nodes."""

    def __init__(self, place: Place, meanings: Mapping[str, Meaning]) -> None:
        self.place, self.meanings = place, meanings

    def warn(self, code: str, node: exp.Expr, *, help: Help | None = None, fix: tuple[Edit, ...] = (), **args: object) -> Mistake:
        return Mistake(code, self.span(node), args, help, "warning", fix)

    def span(self, node: exp.Expr) -> Span:
        return self.place.part(*node.meta["at"])

    def node(self, node: exp.Expr) -> Found:
        if isinstance(node, (*_NEVER_FALSE, *_NEVER_TRUE)):
            yield from self.comparison(node)
        elif isinstance(node, exp.In):
            yield from self.one_of(node)
        elif isinstance(node, exp.Between):
            yield from self.between(node)
        elif isinstance(node, exp.Coalesce):
            yield from self.coalesce(node)
        elif isinstance(node, exp.Is) and not blanks(node.this, self.meanings):
            yield self.warn("never-blank", node, text=_written(node.this))
        elif isinstance(node, exp.Like) and not set(node.expression.name) & set("%_"):
            text = f"{_written(node.this)} = {_written(node.expression)}"
            yield self.warn("like-without-wildcard", node, help=("help.write", {"text": text}), pattern=node.expression.name)

    def comparison(self, node: exp.Expr) -> Found:
        if _is_constant(node):
            yield self.warn("constant-comparison", node, text=_written(node))
        elif node.this.sql(dialect=DIALECT) == node.expression.sql(dialect=DIALECT):
            always = Word("always.not-false" if isinstance(node, _NEVER_FALSE) else "always.not-true")
            yield self.warn("compared-with-itself", node, text=_written(node), always=always)

    def one_of(self, node: exp.Expr) -> Found:
        values: dict[str, exp.Expr] = {}
        before = None
        for value in node.expressions:
            if values.setdefault(value.sql(dialect=DIALECT), value) is not value:
                fix: tuple[Edit, ...] = ()
                if before is not None and self.place.offsets is not None:
                    fix = (Edit(self.place.part(before.meta["at"][1], value.meta["at"][1]), ""),)
                yield self.warn("repeated-value", value, fix=fix, value=_written(value))
            before = value
        column = node.this.unnest()
        choices = self.meanings[column.name].choices if isinstance(column, exp.Column) and column.name in self.meanings else ()
        if choices and {value.name for value in values.values()} == set(choices):
            help_ = ("help.write-if-meant", {"text": f"{_written(column)} is not null"})
            yield self.warn("in-all-values", node, help=help_, text=_written(column))

    def between(self, node: exp.Expr) -> Found:
        low, high = (constant(node.args[key]) for key in ("low", "high"))
        if VARIES not in (low, high) and None not in (low, high) and low > high:
            yield self.warn("empty-range", node, low=_written(node.args["low"]), high=_written(node.args["high"]))
        elif _is_constant(node):
            yield self.warn("constant-comparison", node, text=_written(node))

    def coalesce(self, node: exp.Expr) -> Found:
        for part in (node.this, *node.expressions[:-1]):
            if not blanks(part, self.meanings):
                yield self.warn("coalesce-not-needed", node, text=_written(part))
                return


def _written(node: exp.Expr) -> str:
    """A part as its author wrote it."""
    node = node.this if isinstance(node, exp.Paren) and "written" not in node.meta else node
    return str(node.meta.get("written") or node.sql(dialect=DIALECT))


def _is_constant(node: exp.Expr) -> bool:
    return not list(node.find_all(exp.Column, exp.Placeholder))
