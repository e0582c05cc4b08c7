"""A checked pack -> what is not wrong in it, but hardly meant: names that nobody uses, texts in one language, keys out of order.

Every finding is a warning with its place, and with edits where it can be mended without thinking. What needs the test files,
or all of the pack at once, is the business of `examine`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Literal

from sqlglot import exp

from lookback.language.atoms import NONE, Ways, blanks, ways
from lookback.language.conditions import Algebra, Condition
from lookback.language.constants import VARIES
from lookback.language.operators import constant
from lookback.language.parse import DIALECT, double_equals
from lookback.language.scope import STATES, TAGGED, Meaning, is_tag_column, state_column, tag_column
from lookback.language.types import Column, Type
from lookback.packs.checked import CheckedFact, CheckedPack, CheckedRule
from lookback.packs.checks.whole import every_rule
from lookback.packs.layout import keys_of, out_of_order, without
from lookback.packs.model import Choice, Fact, Rule, Title
from lookback.packs.params import REVIEW_DAY
from lookback.words import LANGUAGES, Word
from lookback.words.errors import Edit, Help, Mistake
from lookback.words.source import Path, Place, Span

Hit = tuple[Path, dict[str, object]] | Mistake
"""Where it is, and what its words need; or a mistake that has more to it."""
Finder = Callable[[CheckedPack], Iterator[Hit]]
LINTS: dict[str, Finder] = {}
"""A code -> what finds it."""


def lint(pack: CheckedPack) -> list[Mistake]:
    """Every warning that the pack's own files give, sorted by place."""
    hits = [(code, hit) for code, finder in LINTS.items() for hit in finder(pack)]
    found = [h if isinstance(h, Mistake) else Mistake(code, pack.pack.span(h[0]), h[1], None, "warning") for code, h in hits]
    return sorted([*found, *_conditions(pack)], key=lambda mistake: mistake.order)


def _warn(code: str) -> Callable[[Finder], Finder]:
    """Puts what finds a code among the lints."""
    return lambda finder: LINTS.setdefault(code, finder)


# --------------------------------------------------------------------------------------------------------------- names


@_warn("unused-fact")
def _unused_facts(pack: CheckedPack) -> Iterator[Hit]:
    """Facts of the units are shown with them, so they need no other use."""
    whole = pack.whole.facts if pack.whole is not None else ()
    named = {c for fact in (*pack.facts, *whole) for c in fact.columns} | {c for rule in pack.rules for c in rule.columns}
    for path, fact in pack.pack.facts:
        if fact.of != pack.root and Column(fact.of, fact.fact) not in named:
            yield (*path, "fact"), {"fact": fact.fact}


@_warn("unused-tag")
def _unused_tags(pack: CheckedPack) -> Iterator[Hit]:
    """Of each tag that no fact asks for the first rule that has it."""
    asked = {c.name for path in pack.trees for c in pack.trees[path].find_all(exp.Column) if is_tag_column(c.name)}
    for path, rule in {rule.tag: (path, rule) for path, rule in reversed(pack.pack.rules)}.values():
        if rule.tag is not None and not asked & {tag_column(kind, rule.tag) for kind in TAGGED}:
            yield (*path, "tag"), {"tag": rule.tag}


@_warn("unused-param")
def _unused_params(pack: CheckedPack) -> Iterator[Hit]:
    named = {node.name for tree in pack.trees.values() for node in tree.find_all(exp.Placeholder)}
    for name in pack.pack.header.params:
        if name not in named and name != REVIEW_DAY:  # which dates without a year are read by
            yield (pack.pack.files[0].name, "params", name, "[key]"), {"param": name}


@_warn("unused-outcome")
def _unused_outcomes(pack: CheckedPack) -> Iterator[Hit]:
    named = {o for rule in every_rule(pack) for o in (rule.rule.otherwise, rule.rule.outcome_if_unknown)}
    for i, outcome in enumerate(pack.outcomes):
        if i and outcome not in named:
            yield (pack.pack.files[0].name, "outcomes", i, "outcome"), {"outcome": outcome}


@_warn("unknown-slips-through")
def _unknowns(pack: CheckedPack) -> Iterator[Hit]:
    """`unmet('r')`, which is false of an unknown r, where that serves the record: it leaves a rule met, or not applicable, that
    would be unmet if r were unmet. Read off the conditions; no threshold is asked, and what cannot be unknown slips nowhere."""
    for path, node, rule, by in _slipping(pack, {table: _meanings(pack, table) for table in pack.tables}):
        span = (pack.pack.places.get(path) or Place(pack.pack.span(path))).part(*node.meta["at"])
        old, new = f"unmet('{rule.id}')", f"met('{rule.id}')"
        old, new = (f"not {old}", new) if isinstance(node.parent, exp.Not) else (old, f"not {new}")
        help_: Help = ("help.met-instead", {"old": old, "new": new})
        yield Mistake("unknown-slips-through", span, {"rule": rule.id, "by": by}, help_, "warning")


def _slipping(
    pack: CheckedPack, meanings: Mapping[str, Mapping[str, Meaning]]
) -> Iterator[tuple[Path, exp.Expr, CheckedRule, str]]:
    """The place of every such fact, the part of it that says `unmet('r')`, the rule r, and a rule that it serves."""
    for path, fact in pack.pack.facts:
        checked = pack.fact(Column(fact.of, fact.fact))
        for id_ in dict.fromkeys(checked.uses_rules) if checked is not None else ():
            rule, name = pack.by_id[id_], state_column("unmet", id_)
            named = [c for c in pack.trees[*path, "value"].find_all(exp.Column) if c.name == name]
            served = _served(pack, checked, name) if named and _may_be_unknown(pack, rule, meanings[rule.table]) else None
            if served is not None:
                yield from (((*path, "value"), column, rule, served) for column in named)


def _may_be_unknown(pack: CheckedPack, rule: CheckedRule, meanings: Mapping[str, Meaning]) -> bool:
    """Whether a value that is not `optional` may be blank in one of the rule's conditions."""

    def counts(name: str) -> bool:
        table, _, own = name.rpartition(".")
        field = pack.tables[table or rule.table].fields.get(own)
        return field is None or field.optional is None

    return any(counts(name) for atom in rule.atoms for name in blanks(atom.sql, meanings))


def _served(pack: CheckedPack, fact: CheckedFact | None, unmet: str) -> str | None:
    """A rule that is better off where `unmet` is false in the value of a fact than where it is true."""

    @cache
    def rising(column: Column) -> Ways:
        """How a column moves as `unmet` rises in the fact."""
        found = pack.fact(column)
        if found is None:
            return NONE
        if found is fact:
            return ways(found.sql, lambda name: frozenset({1}) if name == unmet else NONE)
        return ways(found.sql, lambda name: rising(_column(found.child or found.table, name)))

    for path, rule in pack.pack.rules:
        shared = pack.trees.get((path[0], "when", rule.for_), pack.trees.get((path[0], "when")))
        for tree, serves in ((shared, 1), (pack.trees.get((*path, "when")), 1), (pack.trees.get((*path, "require")), -1)):
            if tree is not None and serves in ways(tree, lambda name: rising(_column(rule.for_, name))):  # noqa: B023
                return rule.rule
    return None


def _column(table: str, name: str) -> Column:
    owner, _, own = name.rpartition(".")
    return Column(owner or table, own)


# ---------------------------------------------------------------------------------------------------- what says nothing


@_warn("unknown-not-needed")
def _unknown_as_otherwise(pack: CheckedPack) -> Iterator[Hit]:
    for path, rule in pack.pack.rules:
        if rule.unknown == rule.otherwise:
            fix = without(pack.pack.places, path, keys_of(Rule), "unknown")
            span = pack.pack.span((*path, "unknown"))
            yield Mistake("unknown-not-needed", span, {"outcome": rule.unknown}, None, "warning", fix)


@_warn("optional-key")
def _optional_keys(pack: CheckedPack) -> Iterator[Hit]:
    for name, table in pack.tables.items():
        for key in pack.keys(name):
            if table.fields[key].optional is not None:
                path = (pack.pack.files[1].name, "tables", name, "fields", str(key), "optional", "[key]")
                yield path, {"field": str(key)}


@_warn("key-order")
def _keys(pack: CheckedPack) -> Iterator[Hit]:
    facts = ((path, keys_of(Fact)) for path, _ in pack.pack.facts)
    rules = ((path, keys_of(Rule)) for path, _ in pack.pack.rules)
    for path, order in (*facts, *rules):
        if (mistake := out_of_order(pack.pack.places, path, order)) is not None:
            yield mistake


@_warn("repeated-fact")
def _repeated_facts(pack: CheckedPack) -> Iterator[Hit]:
    facts: dict[object, str] = {}
    checked = {(fact.table, fact.id): fact for fact in pack.facts}
    for path, fact in pack.pack.facts:
        among = None if fact.among is None else (frozenset(fact.among), fact.others)
        earlier = facts.setdefault((fact.of, fact.from_, among, checked[fact.of, fact.fact].sql.sql(dialect=DIALECT)), fact.fact)
        if earlier != fact.fact:
            yield (*path, "fact"), {"fact": fact.fact, "earlier": earlier}


@_warn("repeated-rule")
def _repeated_rules(pack: CheckedPack) -> Iterator[Hit]:
    rules: dict[tuple[str, object, object], Rule] = {}
    for path, rule in pack.pack.rules:
        one = pack.by_id[rule.rule]
        first = rules.setdefault((rule.for_, _form(one.when, one), _form(one.require, one)), rule)
        if first is not rule and rule.repeats is None and first.repeats != rule.rule:
            args, help_ = {"rule": rule.rule, "earlier": first.rule}, ("help.repeats", {"rule": first.rule})
            yield Mistake("repeated-rule", pack.pack.span((*path, "rule")), args, help_, "warning")


def _form(condition: Condition, rule: CheckedRule) -> object:
    """A condition as a value that is equal for conditions of one form, whatever the order of their parts."""
    forms = Algebra[object](lambda of: ("not", of), lambda of: ("and", frozenset(of)), lambda of: ("or", frozenset(of)))
    return forms.fold(condition, lambda atom: rule.atoms[atom].text)


# -------------------------------------------------------------------------------------------------------------- titles

Kind = Literal["pack", "outcome", "param", "table", "field", "choice", "fact"]


@_warn("missing-title")
def _titles(pack: CheckedPack) -> Iterator[Hit]:
    """Things without a title where most of their kind have one."""
    titled = list(_titled(pack))
    have = Counter(kind for kind, _, _, title in titled if title is not None)
    of_kind = Counter(kind for kind, *_ in titled)
    for kind, path, name, title in titled:
        if title is None and 2 * have[kind] > of_kind[kind]:
            yield path, {"what": Word(f"kind.{kind}"), "name": name}


@_warn("missing-language")
def _languages(pack: CheckedPack) -> Iterator[Hit]:
    """Texts that lack a language in which most are given."""
    texts = list(_texts(pack))
    used = [lang for lang in LANGUAGES if 2 * sum(getattr(text, lang) is not None for _, text in texts) > len(texts)]
    for path, text in texts:
        for lang in used:
            if getattr(text, lang) is None:
                yield path, {"language": Word(f"language.{lang}"), "key": lang}


def _titled(pack: CheckedPack) -> Iterator[tuple[Kind, Path, str, Title | Choice | None]]:
    """(kind, where to say it, name, title) of everything that may have a title."""
    header, records = (file.name for file in pack.pack.files[:2])
    yield "pack", (header, "pack"), pack.pack.header.pack, pack.pack.header.title
    for i, outcome in enumerate(pack.pack.header.outcomes):
        yield "outcome", (header, "outcomes", i, "outcome"), outcome.outcome, outcome.title
    for name, param in pack.pack.header.params.items():
        yield "param", (header, "params", name, "[key]"), name, param.title
    for table, definition in pack.tables.items():
        yield "table", (records, "tables", table, "[key]"), table, definition.title
        for id_, field in definition.columns.items():
            path: Path = (records, "tables", table, "fields", id_)
            yield "field", (*path, "[key]"), id_, field.title
            for code, choice in (field.choices or {}).items():
                named = choice if choice.en or choice.zh else None
                yield "choice", (*path, "choices", code, "[key]"), code, named
    for path, fact in pack.pack.facts:
        yield "fact", (*path, "fact"), fact.fact, fact.title


def _texts(pack: CheckedPack) -> Iterator[tuple[Path, Title | Choice]]:
    """Every text in languages, and the key that it stands behind."""
    for _, path, _, title in _titled(pack):
        if isinstance(title, Choice):
            yield path, title
        elif title is not None:
            yield (*path[:-1], "title", "[key]"), title
    for table, definition in pack.tables.items():
        if definition.optional is not None:
            yield (pack.pack.files[1].name, "tables", table, "optional", "because", "[key]"), definition.optional.because
        if definition.not_counted is not None:
            yield (pack.pack.files[1].name, "tables", table, "not_counted", "because", "[key]"), definition.not_counted.because
        for id_, field in definition.columns.items():
            if field.optional is not None:
                path = (pack.pack.files[1].name, "tables", table, "fields", id_, "optional", "because", "[key]")
                yield path, field.optional.because
    for i, silent in enumerate(pack.pack.header.ignore):
        yield (pack.pack.files[0].name, "ignore", i, "because", "[key]"), silent.because
    for path, rule in pack.pack.rules:
        yield (*path, "title", "[key]"), rule.title
        if rule.advice is not None:
            yield (*path, "advice", "[key]"), rule.advice
        if rule.not_counted is not None:
            yield (*path, "not_counted", "because", "[key]"), rule.not_counted.because
    for path, clause in pack.pack.clauses or ():
        for key in ("where", "summary", "reading", "because"):
            if getattr(clause, key) is not None:
                yield (*path, key, "[key]"), getattr(clause, key)


# ---------------------------------------------------------------------------------------------------------- conditions

_NEVER_FALSE = (exp.EQ, exp.LTE, exp.GTE, exp.NullSafeEQ)
_NEVER_TRUE = (exp.NEQ, exp.LT, exp.GT, exp.NullSafeNEQ)


def _conditions(pack: CheckedPack) -> Iterator[Mistake]:
    """The warnings of every condition and value of a pack: what can be seen in one place. What follows from several conditions
    together is the business of proofs."""
    texts = {(*path, "value"): (fact.value, fact.from_ or fact.of) for path, fact in pack.pack.facts}
    texts |= {(file, "when"): (text, pack.root) for file, text in pack.pack.shared.items()}
    for path, rule in pack.pack.rules:
        texts |= {(*path, key): (text, rule.for_) for key, text in (("when", rule.when), ("require", rule.require)) if text}
    meanings = {table: _meanings(pack, table) for table in pack.tables}
    for path, (text, table) in texts.items():
        place = pack.pack.places.get(path) or Place(pack.pack.span(path))
        linter = _Linter(place, meanings[table])
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
    found |= {state_column(s, r.id): Meaning(Type.BOOLEAN, blank=False) for r in pack.rules_for(table) for s in STATES}
    for of in (table, pack.tables[table].belongs_to):
        if of is None:
            continue
        start = "" if of == table else f"{of}."
        keys = pack.keys(of)
        for id_, field in pack.tables[of].columns.items():
            found[start + id_] = Meaning(field.type, tuple(field.choices or ()), blank=id_ not in keys)
        for fact in (fact for fact in pack.facts if fact.table == of):
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

    def node(self, node: exp.Expr) -> Iterator[Mistake]:
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

    def comparison(self, node: exp.Expr) -> Iterator[Mistake]:
        if _is_constant(node):
            yield self.warn("constant-comparison", node, text=_written(node))
        elif node.this.sql(dialect=DIALECT) == node.expression.sql(dialect=DIALECT):
            always = Word("always.not-false" if isinstance(node, _NEVER_FALSE) else "always.not-true")
            yield self.warn("compared-with-itself", node, text=_written(node), always=always)

    def one_of(self, node: exp.Expr) -> Iterator[Mistake]:
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

    def between(self, node: exp.Expr) -> Iterator[Mistake]:
        low, high = (constant(node.args[key]) for key in ("low", "high"))
        if VARIES not in (low, high) and None not in (low, high) and low > high:
            yield self.warn("empty-range", node, low=_written(node.args["low"]), high=_written(node.args["high"]))
        elif _is_constant(node):
            yield self.warn("constant-comparison", node, text=_written(node))

    def coalesce(self, node: exp.Expr) -> Iterator[Mistake]:
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
