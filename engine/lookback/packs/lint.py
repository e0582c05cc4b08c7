"""A checked pack -> what is not wrong in it, but hardly meant: names that nobody uses, texts in one language, keys out of order.

Every finding is a warning with its place, and with edits where it can be mended without thinking. What conditions say by their
form is the business of `lint_conditions`; what needs the test files, or all of the pack at once, of `examine`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Literal

from sqlglot import exp

from lookback.language.conditions import Algebra, Condition
from lookback.language.parse import DIALECT
from lookback.language.types import Column
from lookback.packs._lint_conditions import lint_conditions
from lookback.packs.checked import CheckedPack, CheckedRule
from lookback.packs.layout import keys_of, out_of_order, without
from lookback.packs.model import Choice, Fact, Rule, Title
from lookback.packs.params import REVIEW_DAY
from lookback.words import LANGUAGES, Word
from lookback.words.errors import Mistake
from lookback.words.source import Path

Hit = tuple[Path, dict[str, object]] | Mistake
"""Where it is, and what its words need; or a mistake that has more to it."""
Finder = Callable[[CheckedPack], Iterator[Hit]]
LINTS: dict[str, Finder] = {}
"""A code -> what finds it."""


def lint(pack: CheckedPack) -> list[Mistake]:
    """Every warning that the pack's own files give, sorted by place."""
    hits = [(code, hit) for code, finder in LINTS.items() for hit in finder(pack)]
    found = [h if isinstance(h, Mistake) else Mistake(code, pack.pack.span(h[0]), h[1], None, "warning") for code, h in hits]
    return sorted([*found, *lint_conditions(pack)], key=lambda mistake: mistake.order)


def _warn(code: str) -> Callable[[Finder], Finder]:
    """Puts what finds a code among the lints."""
    return lambda finder: LINTS.setdefault(code, finder)


# --------------------------------------------------------------------------------------------------------------- names


@_warn("unused-fact")
def _unused_facts(pack: CheckedPack) -> Iterator[Hit]:
    """Facts of the units are shown with them, so they need no other use."""
    named = {c for fact in pack.facts for c in fact.columns} | {c for rule in pack.rules for c in rule.columns}
    for path, fact in pack.pack.facts:
        if fact.of != pack.root and Column(fact.of, fact.fact) not in named:
            yield (*path, "fact"), {"fact": fact.fact}


@_warn("unused-param")
def _unused_params(pack: CheckedPack) -> Iterator[Hit]:
    named = {node.name for tree in pack.trees.values() for node in tree.find_all(exp.Placeholder)}
    for name in pack.pack.header.params:
        if name not in named and name != REVIEW_DAY:  # which dates without a year are read by
            yield (pack.pack.files[0].name, "params", name, "[key]"), {"param": name}


@_warn("unused-outcome")
def _unused_outcomes(pack: CheckedPack) -> Iterator[Hit]:
    named = {o for rule in pack.rules for o in (rule.rule.otherwise, rule.rule.outcome_if_unknown)}
    for i, outcome in enumerate(pack.outcomes):
        if i and outcome not in named:
            yield (pack.pack.files[0].name, "outcomes", i, "outcome"), {"outcome": outcome}


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
        for key in {table.key, pack.parent_key(name)} - {None}:
            if table.fields[str(key)].optional is not None:
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
    facts: dict[tuple[str, str | None, str], str] = {}
    checked = {(fact.table, fact.id): fact for fact in pack.facts}
    for path, fact in pack.pack.facts:
        earlier = facts.setdefault((fact.of, fact.from_, checked[fact.of, fact.fact].sql.sql(dialect=DIALECT)), fact.fact)
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
        for id_, field in definition.fields.items():
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
        for id_, field in definition.fields.items():
            if field.optional is not None:
                path = (pack.pack.files[1].name, "tables", table, "fields", id_, "optional", "because", "[key]")
                yield path, field.optional.because
    for path, rule in pack.pack.rules:
        yield (*path, "title", "[key]"), rule.title
        if rule.advice is not None:
            yield (*path, "advice", "[key]"), rule.advice
    for path, clause in pack.pack.clauses or ():
        for key in ("where", "summary", "because"):
            if getattr(clause, key) is not None:
                yield (*path, key, "[key]"), getattr(clause, key)
