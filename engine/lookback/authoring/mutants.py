"""A pack, changed in one place at a time: do its tests notice?

In: a checked pack, its cases, and the changes that its test files call equivalent. Out: the changes that no test notices. A
change is one that a slip of the pen makes: `<=` for `<`, `and` for `or`, a `not` or a `coalesce` left out, a constant moved by
one, an item of an `in` left out. Each changed pack is judged like any other, by the real engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path as FilePath

from sqlglot import exp

from lookback.authoring.rule_tests import Case, by_params, judged_cases, mismatches, run_cases
from lookback.judging.decider import Decider
from lookback.judging.trial import Got, RecordKey
from lookback.language.constants import days_later
from lookback.language.operators import OPERATORS
from lookback.language.parse import DIALECT, extent, parse
from lookback.language.scope import STATES, state_of
from lookback.language.types import plain
from lookback.packs.check import check_pack, rule_checker
from lookback.packs.checked import CheckedPack, CheckedRule, Pack
from lookback.packs.checks.whole import judged_columns
from lookback.packs.model import REVIEW, Equivalent, Fact, Rule
from lookback.words.errors import Mistake, PackError
from lookback.words.source import Path, Place, Span


@dataclass(frozen=True)
class Mutant:
    """One change: `key` of the fact, rule or file at `path` reads `written`; `span` is the place of what was changed."""

    of: str
    path: Path
    key: str
    written: str
    span: Span


def mutants(pack: Pack) -> list[Mutant]:
    """Every change of every expression of a pack, in its order, none twice."""
    found: list[Mutant] = []
    texts: list[tuple[str, Path, str, str]] = [(FilePath(file).name, (file,), "when", text) for file, text in pack.shared.items()]
    facts, rules = ((*pack.facts, *pack.whole[0]), (*pack.rules, *pack.whole[1]))
    texts += [(fact.fact, path, "value", fact.value) for path, fact in facts]
    texts += [(r.rule, path, key, getattr(r, key)) for path, r in rules for key in ("when", "require") if getattr(r, key)]
    for of, path, key, text in texts:
        if (*path, key) not in pack.places:  # nobody wrote it: it stands for a table's `unique`
            continue
        place = pack.place((*path, key))
        tree = parse(text, place)
        if isinstance(tree, Mistake):
            continue
        seen = {tree.sql(dialect=DIALECT)}
        for node, changed in _changes(tree):
            written = changed.sql(dialect=DIALECT)
            if written not in seen:
                seen.add(written)
                where = extent(node)
                found.append(Mutant(of, path, key, written, place.part(*where) if where else place.span))
    return found


def _changes(tree: exp.Expr) -> Iterator[tuple[exp.Expr, exp.Expr]]:
    """(the node changed, the whole tree with that change)."""
    for i, node in enumerate(tree.walk()):
        for change in _of_node(node):
            copy = tree.copy()
            target = list(copy.walk())[i]
            changed = change(target)
            if target is copy:
                copy = changed
            else:
                target.replace(changed)
            yield node, copy


_Change = Callable[[exp.Expr], exp.Expr]


def _of_node(node: exp.Expr) -> Iterator[_Change]:
    for other in OPERATORS[type(node)][0].slips if type(node) in OPERATORS else ():
        yield lambda n, other=other: other(this=n.this.copy(), expression=n.expression.copy())  # type: ignore[misc]
    if isinstance(node, exp.Not):
        yield lambda n: n.this.copy()
    if isinstance(node, exp.Coalesce):
        yield lambda n: n.this.copy()
    if isinstance(node, exp.Column) and isinstance(node.parent, exp.And | exp.Or | exp.Where | exp.Paren | None):
        yield lambda n: exp.Not(this=n.copy())
    if isinstance(node, exp.In) and len(node.expressions) > 1:
        for i in range(len(node.expressions)):
            yield lambda n, i=i: exp.In(this=n.this.copy(), expressions=[e.copy() for j, e in enumerate(n.expressions) if j != i])  # type: ignore[misc]
    if isinstance(node, exp.Filter):
        yield lambda n: n.this.copy()
    if isinstance(node, exp.Literal) and not node.is_string:
        step = 1 if node.name.isdecimal() else Decimal("0.1")
        for by in (step, -step):
            yield lambda n, by=by: _moved(n, by)  # type: ignore[misc]
    if isinstance(node, exp.Interval) and isinstance(node.this, exp.Literal) and node.this.name.isdecimal():
        for by in (1, -1):
            yield lambda n, by=by: exp.Interval(this=exp.Literal.string(str(int(n.this.name) + by)), unit=n.args["unit"].copy())  # type: ignore[misc]
    if isinstance(node, exp.Cast) and isinstance(node.this, exp.Literal) and node.to.this == exp.DType.DATE:
        for by in (1, -1):
            if moved := days_later(date.fromisoformat(node.this.name), by):
                yield lambda n, to=moved: exp.Cast(this=exp.Literal.string(to.isoformat()), to=exp.DataType.build("DATE"))  # type: ignore[misc]


def _moved(node: exp.Expr, by: int | Decimal) -> exp.Expr:
    value = Decimal(node.name) + by
    text = exp.Literal.number(plain(abs(value)) if isinstance(by, int) or value % 1 else f"{abs(value):.1f}")
    return exp.Paren(this=exp.Neg(this=text)) if value < 0 else text


def survivors(
    pack: CheckedPack,
    found: Sequence[Mutant],
    cases: Sequence[Case],
    progress: Callable[[], None] = lambda: None,
    decider: Decider = "durable",
) -> list[Mutant]:
    """The changes that no test notices; one that makes no sound pack is noticed at once. `progress` is called for each.

    All changed rules are first judged beside the pack's own, in one evaluation, with outcomes that change no verdict: what a
    changed rule says of the records that a test names is mostly enough. Only where it is not, for facts, and for what is asked of
    the review as a whole, a changed pack is judged by itself: of the review by those tests that expect something of it.
    """
    rules = dict(pack.pack.rules)
    check_one = rule_checker(pack.pack)
    beside: dict[str, CheckedRule] = {}
    for i, mutant in enumerate(found):
        if mutant.path in rules:
            changed_rule = check_one(mutant.path, rules[mutant.path].model_copy(update={mutant.key: mutant.written}))
            if changed_rule is not None:
                idle = {"rule": f"{mutant.of}-changed-{i}", "otherwise": pack.outcomes[0], "unknown": pack.outcomes[0]}
                beside[str(i)] = replace(changed_rule, rule=changed_rule.rule.model_copy(update=idle))
    got = judged_cases(replace(pack, rules=(*pack.rules, *beside.values())), cases, decider)
    left, of_review = [], [case for case in cases if any(expected.table == REVIEW for expected in case.expected)]
    whole = {path for items in pack.pack.whole for path, _ in items}
    for i, mutant in enumerate(found):
        progress()
        if mutant.path in rules:
            if str(i) not in beside:
                continue
            noticed = _noticed(pack, mutant.of, beside[str(i)].id, cases, got)
            if noticed is None:
                noticed = not _survives_alone(pack, mutant, cases, decider)
        else:
            noticed = not _survives_alone(pack, mutant, of_review if mutant.path in whole else cases, decider)
        if not noticed:
            left.append(mutant)
    return left


def _noticed(
    pack: CheckedPack, rule: str, beside: str, cases: Sequence[Case], got: Sequence[Mapping[RecordKey, Got]]
) -> bool | None:
    """Whether a test notices that `beside` stands in the place of `rule`; None where that can only be told by judging."""
    table = next(r.table for r in pack.rules if r.id == rule)
    feeds_facts = any((f.child or f.table) == table and (f.uses_verdict or rule in f.uses_rules) for f in pack.facts)
    asked = judged_columns(pack.whole, table) if pack.whole is not None else []
    feeds_facts |= "verdict" in asked or any(state_of(name) == (state, rule) for name in asked for state in STATES)
    differs = False
    for case, records in zip(cases, got, strict=True):
        for one in records.values():
            differs |= beside in one.statuses and one.statuses[beside] != one.statuses[rule]
        for expected in case.expected:
            one = records[expected.table, expected.key]
            if beside not in one.statuses or one.statuses[beside] == one.statuses[rule]:
                continue
            statuses = {**{r: s for r, s in one.statuses.items() if "-changed-" not in r}, rule: one.statuses[beside]}
            if mismatches(expected, replace(one, verdict=pack.worst(statuses), statuses=statuses)):
                return True
    return None if differs and feeds_facts else False


def _survives_alone(pack: CheckedPack, mutant: Mutant, cases: Sequence[Case], decider: Decider) -> bool:
    try:
        other = check_pack(changed(pack.pack, mutant))
    except PackError:
        return False
    return all(not run_cases(other, group, decider).failures for group in by_params(cases))


def changed(pack: Pack, mutant: Mutant) -> Pack:
    """The pack with one change. Its places are those of the original."""

    def of(path: Path, item: Fact | Rule) -> Fact | Rule:
        return item.model_copy(update={mutant.key: mutant.written}) if path == mutant.path else item

    places = {path: Place(place.span) if path == (*mutant.path, mutant.key) else place for path, place in pack.places.items()}
    facts = tuple((path, of(path, fact)) for path, fact in pack.facts)
    rules = tuple((path, of(path, rule)) for path, rule in pack.rules)
    whole = tuple(tuple((path, of(path, item)) for path, item in items) for items in pack.whole)
    shared = {file: mutant.written if mutant.path == (file,) else text for file, text in pack.shared.items()}
    return replace(pack, facts=facts, rules=rules, places=places, shared=shared, whole=whole)  # type: ignore[arg-type]


def is_equivalent(mutant: Mutant, equivalent: Sequence[Equivalent]) -> bool:
    """Whether the pack's tests say that a change means the same."""
    return any(e.of == mutant.of and " ".join(e.written.split()) == mutant.written for e in equivalent)
