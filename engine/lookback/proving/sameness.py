"""Two packs over the same records: which rules come to the same for every possible record, and where one differs, an example.

In: two checked packs. Out: for each rule that was changed "same", proved by z3; or the smallest records on which the two
differ, judged by the real engine under both packs; or open. A rule is changed where its text is, or that of a fact or the value
of a parameter behind it.

Two aggregates are the same where they are proved to count the same records and take the same values of them, however written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from threading import Event

import z3
from sqlglot import exp

from lookback.judging.trial import Trial
from lookback.language.scope import state_of
from lookback.language.sql import ByDay
from lookback.language.types import Column
from lookback.packs.checked import CheckedFact, CheckedPack, CheckedRule
from lookback.packs.checks.whole import JUDGED
from lookback.packs.graph import Graph
from lookback.packs.model import FieldDef, LookedUp, TableDef
from lookback.packs.references import hop
from lookback.proving._aggregates import argument_of, call_text
from lookback.proving._terms import Symbols
from lookback.proving._z3 import NO, Z, all_of, any_of, opposite
from lookback.proving.examples import Shown, shown
from lookback.proving.search import Example, Search
from lookback.proving.worlds import Rec, View, World
from lookback.words import Word


@dataclass(frozen=True)
class Compared:
    """What became of one rule, or (`rule` '') of the verdicts of a table. `same` None: open, and `why`. Where a changed rule is
    not the same, `example` shows it, and (once `judged`) `old` and `new` what the two packs say of it.

    `change`: 'changed'; 'affected' where only rules are changed whose verdicts or findings it counts; 'added'; 'removed';
    'verdicts' for a table.
    """

    table: str
    rule: str
    change: str
    same: bool | None
    example: Example | None = None
    why: Word | None = None
    old: Shown | None = None
    new: Shown | None = None


def compare(old: CheckedPack, new: CheckedPack, stopped: Callable[[], bool] = lambda: False) -> list[Compared]:
    """Every changed rule of two packs, in the order of the new one, then the removed ones; then the tables that both have."""
    comparer = _Comparer(old, new, stopped)
    found = []
    for rule in new.rules:
        if rule.id not in old.by_id:
            found.append(Compared(rule.table, rule.id, "added", False))
        elif comparer.is_other(old.by_id[rule.id], rule):
            found.append(comparer.rule(old.by_id[rule.id], rule))
    found += [Compared(rule.table, rule.id, "removed", False) for rule in old.rules if rule.id not in new.by_id]
    found += _of_review(comparer, stopped)
    if found and old.outcomes == new.outcomes:
        found += [comparer.verdicts(table) for table in old.tables if table in new.tables and old.rules_for(table)]
    return found


def _of_review(comparer: _Comparer, stopped: Callable[[], bool]) -> list[Compared]:
    """The changed rules for the review as a whole: of what is judged of records nothing is known there."""
    old, new = comparer.old.whole, comparer.new.whole
    before, after = ({rule.id: rule for rule in (pack.rules if pack is not None else ())} for pack in (old, new))
    asking = _Comparer(old, new, stopped) if old is not None and new is not None else None
    found = []
    for id_, rule in after.items():
        if id_ not in before or asking is None:
            found.append(Compared(rule.table, id_, "added", False))
            continue
        beneath = any(comparer.is_other_name(column) for column in asking.judged(rule))
        if asking.is_other(before[id_], rule):
            one = asking.rule(before[id_], rule)
            found.append(replace(one, same=None, why=asking.search.unseen()) if beneath or not one.same else one)
        elif beneath:
            found.append(Compared(rule.table, id_, "affected", None, why=asking.search.unseen()))
    return found + [Compared(rule.table, id_, "removed", False) for id_, rule in before.items() if id_ not in after]


@contextmanager
def comparing(old: CheckedPack, new: CheckedPack) -> Iterator[Callable[[], list[Compared]]]:
    """`compare` in a thread of its own, and a function that waits for what comes out. On leaving, it is ended at once."""
    left = Event()
    z3.z3core.Z3_enable_concurrent_dec_ref(z3.main_ctx().ref())  # terms that are thrown away may be so in any thread
    with ThreadPoolExecutor(1) as executor:
        found = executor.submit(compare, old, new, left.is_set)
        try:
            yield found.result
        finally:
            left.set()
            while not found.done():
                z3.main_ctx().interrupt()
                wait([found], 0.05)


class _Other(View):
    """The new pack's view of a world of the old one."""

    def __init__(self, world: World, comparer: _Comparer) -> None:
        super().__init__(world, pack=comparer.new)
        self._comparer = comparer

    def call(self, child: str, call: exp.Expr, where: exp.Expr | None) -> str:
        return self._comparer.key(child, call, where)

    def unseen(self, fact: CheckedFact) -> str:
        return fact.id if self._comparer.is_kept(fact) else f"{fact.id} of the new pack"


class _Comparer:
    def __init__(self, old: CheckedPack, new: CheckedPack, stopped: Callable[[], bool]) -> None:
        self.old, self.new = old, new
        self.both = replace(old, pack=replace(old.pack, tables=merged(old.tables, new.tables)))
        self.search = Search(self.both, Symbols([old, new]), stopped)
        self.retyped = [
            f"{table}.{id_}"
            for table, definition in new.tables.items()
            for id_, f in definition.fields.items()
            if table in old.tables and id_ in old.tables[table].fields and old.tables[table].fields[id_].type is not f.type
        ]
        self.lists = frozenset(lists_that_differ(old, new))
        self._others: dict[int, _Other] = {}
        self._keys: dict[tuple[str, str], str] = {}
        self.is_kept = cache(self._is_kept)

    def other(self, view: View) -> View:
        """The new pack's view of the same world."""
        if id(view.world) not in self._others:
            self._others[id(view.world)] = _Other(view.world, self)
        return self._others[id(view.world)]

    def _is_kept(self, fact: CheckedFact) -> bool:
        """Whether an aggregate of the new pack is what the old one has by its name: it is written so, with all it rests on, or
        goes over the same records, counts the same of them, and takes the same values, however that is written."""
        before = self.old.fact(Column(fact.table, fact.id))
        if before is None or self.other_lists(before, fact):
            return False
        if not self.is_other(before, fact):
            return True
        if any(getattr(before, part) != getattr(fact, part) for part in ("child", "via", "among", "type")):
            return False
        named = [(self.old.fact(Column(fact.table, name)), self.new.fact(Column(fact.table, name))) for name in fact.among or ()]
        if before.fact.others != fact.fact.others or any(of != (None, None) for of in named):
            return False
        (one, calls), (other, others) = _apart(before), _apart(fact)
        params = {node.name for node in one.find_all(exp.Placeholder)}
        if one != other or any(self.old.params[name] != self.new.params[name] for name in params):
            return False
        by_day = any(isinstance(call, ByDay) for call, _ in others)
        return not by_day and all(self._alike(str(fact.child), *a, *b) for a, b in zip(calls, others, strict=True))

    def is_other(self, before: CheckedRule | CheckedFact, after: CheckedRule | CheckedFact) -> bool:
        """Whether a rule or a fact, or anything that it rests on, is written otherwise."""
        return _written(self.old, before) != _written(self.new, after) or bool(self.other_lists(before, after))

    def other_lists(
        self, before: CheckedRule | CheckedFact, after: CheckedRule | CheckedFact, *, counted: bool = True
    ) -> list[str]:
        """The lists of the packs, and references, behind a rule or a fact that are not the same in both."""
        if not self.lists:
            return []
        behind = {*_looked_into(self.old, before, counted), *_looked_into(self.new, after, counted)}
        return sorted(behind & self.lists)

    def key(self, child: str, call: exp.Expr, where: exp.Expr | None) -> str:
        """An aggregate of the new pack by the name of the old one's that is the same; else by one of its own."""
        text = call_text(call, where)
        if (child, text) not in self._keys:
            self._keys[child, text] = f"{text} of the new pack"
            for one, filter_ in _calls(self.old, child):
                if (
                    type(one) is type(call)
                    and argument_of(one)[1] == argument_of(call)[1]
                    and self._alike(child, one, filter_, call, where)
                ):
                    self._keys[child, text] = call_text(one, filter_)
                    break
        return self._keys[child, text]

    def _alike(self, child: str, one: exp.Expr, filter_: exp.Expr | None, call: exp.Expr, where: exp.Expr | None) -> bool:
        """Whether two aggregates count the same records, and take the same values of them."""

        def differ(view: View, record: Rec) -> Z:
            (counts, value), (also, other) = view.counts(record, one, filter_), self.other(view).counts(record, call, where)
            if value is None or other is None:
                return NO if value is other else any_of([counts, also])
            return any_of([_unlike(counts, also), all_of([counts, value != other])])

        return self.search.never(child, differ)

    def judged(self, rule: CheckedRule) -> list[Column]:
        """Of a rule for the review as a whole what it rests on of the records, as their pack calls it."""
        columns = (c for fact in Graph(self.new).behind(rule, counted=False).facts if fact.below for c in fact.columns)
        return [Column(c.table, c.name.removeprefix(JUDGED)) for c in columns]

    def is_other_name(self, column: Column) -> bool:
        """Whether what an expression may name of a record is, with all that it rests on, not as the old pack has it."""
        if column.name == "verdict":
            rules = {rule.id: rule for pack in (self.old, self.new) for rule in pack.rules_for(column.table)}
            return any(self.is_other_rule(rule) for rule in rules)
        if (state := state_of(column.name)) is not None:
            return self.is_other_rule(state[1])
        before, after = self.old.fact(column), self.new.fact(column)
        if before is None or after is None:
            return before is not after
        return self.is_other(before, after)

    def is_other_rule(self, rule: str) -> bool:
        before, after = self.old.by_id.get(rule), self.new.by_id.get(rule)
        return before is None or after is None or self.is_other(before, after)

    # ------------------------------------------------------------------------------------------------------------ rules

    def rule(self, before: CheckedRule, after: CheckedRule) -> Compared:
        """What became of a rule that both packs have."""
        if before.table != after.table:
            return Compared(after.table, after.id, "changed", False)

        def differ(view: View, record: Rec) -> Z:
            one, other = view.rule(record, before), self.other(view).rule(record, after)
            parts = [_unlike(one.unmet, other.unmet), _unlike(one.unknown, other.unknown)]
            if _weight(self.old, before) != _weight(self.new, after):
                parts.append(one.found)
            if before.rule.otherwise != after.rule.otherwise:
                parts.append(one.unmet)
            if before.rule.outcome_if_unknown != after.rule.outcome_if_unknown:
                parts.append(one.unknown)
            return any_of(parts)

        changed = _written(self.old, before, counted=False) != _written(self.new, after, counted=False)
        changed |= bool(self.other_lists(before, after, counted=False))
        change = "changed" if changed else "affected"
        return self._answer(after.table, after.id, change, differ, self.other_lists(before, after))

    def verdicts(self, table: str) -> Compared:
        """Whether the verdicts of a table are the same."""

        def differ(view: View, record: Rec) -> Z:
            ranks = range(1, len(self.old.outcomes))
            return any_of(_unlike(view.at_least(record, rank), self.other(view).at_least(record, rank)) for rank in ranks)

        both = [(rule, self.new.by_id.get(rule.id, rule)) for rule in self.old.rules_for(table)]
        lists = {name for before, after in both for name in self.other_lists(before, after)}
        return self._answer(table, "", "verdicts", differ, sorted(lists))

    def _answer(
        self, table: str, rule: str, change: str, differ: Callable[[View, Rec], Z], lists: Sequence[str] = ()
    ) -> Compared:
        if self.retyped:
            return Compared(table, rule, change, None, why=Word("free.types", what=", ".join(self.retyped)))
        if lists:
            return Compared(table, rule, change, None, why=Word("free.lists", what=", ".join(lists)))
        answer = self.search.is_there(table, differ, example=change == "changed")
        same = None if answer.holds is None else not answer.holds
        if answer.holds and answer.example is None and answer.free and self.both.refers:
            return Compared(table, rule, change, None, why=self.search.unseen())  # nothing shows it
        return Compared(table, rule, change, same, answer.example, answer.why)


def judged(one: Compared, old: Trial, new: Trial) -> Compared:
    """The example as the engine judges it by both packs; open, where it sees no difference."""
    if one.example is None:
        return one
    before, after = (shown(trial, _known_to(trial.pack, one.example)) for trial in (old, new))
    if _finding(old.pack, one.rule, before) == _finding(new.pack, one.rule, after):
        return replace(one, same=None, example=None, why=Search(old.pack).unseen())
    return replace(one, old=before, new=after)


def _finding(pack: CheckedPack, id_: str, found: Shown) -> tuple[object, ...]:
    """What an example's record has of a rule: nothing, or the finding with its outcome and weight."""
    rule, status = pack.by_id[id_], found.one.statuses[id_]
    outcome = rule.outcome(status)
    return (status, outcome, _weight(pack, rule)) if outcome is not None else ()


def _weight(pack: CheckedPack, rule: CheckedRule) -> int | None:
    """What a finding of a rule weighs for its unit; None where it does not count."""
    return rule.rule.weight if pack.not_counted(rule) is None else None


def _unlike(one: Z, other: Z) -> Z:
    return any_of([all_of([one, opposite(other)]), all_of([other, opposite(one)])])


def _known_to(pack: CheckedPack, example: Example) -> Example:
    """An example without the fields that a pack does not have."""
    records = {
        table: [{id_: value for id_, value in row.items() if id_ in pack.tables[table].fields} for row in rows]
        for table, rows in example.records.items()
        if table in pack.tables
    }
    return replace(example, records=records)


def _apart(fact: CheckedFact) -> tuple[exp.Expr, list[tuple[exp.Expr, exp.Expr | None]]]:
    """A fact without its aggregates, and these, each with its filter."""
    calls = list[tuple[exp.Expr, exp.Expr | None]]()

    def taken(node: exp.Expr) -> exp.Expr:
        call = node.this if isinstance(node, exp.Filter) else node
        if not isinstance(call, exp.AggFunc):
            return node
        calls.append((call, node.expression.this if isinstance(node, exp.Filter) else None))
        return exp.Var(this=f"{type(call).__name__} {argument_of(call)[1]}")

    return fact.sql.transform(taken), calls


def _calls(pack: CheckedPack, child: str) -> Iterator[tuple[exp.Expr, exp.Expr | None]]:
    """Every aggregate over a child table, and its filter."""
    for fact in pack.facts:
        if fact.child == child:
            for call in fact.sql.find_all(exp.Count, exp.Sum, exp.Min, exp.Max, exp.Avg):
                yield call, call.parent.expression.this if isinstance(call.parent, exp.Filter) else None


def lists_that_differ(old: CheckedPack, new: CheckedPack) -> Iterator[str]:
    """The tables whose rows are the packs' own and not the same in both, and `table.field` of the references that are not."""
    for table in {*old.pack.rows, *new.pack.rows}:
        if old.pack.rows.get(table) != new.pack.rows.get(table):
            yield table
    for table, before in old.tables.items():
        after = new.tables.get(table, before)
        yield from (f"{table}.{f}" for f in before.columns if f in after.columns and _refers(before, f) != _refers(after, f))
        if before.in_force != after.in_force:
            yield table


def _refers(table: TableDef, name: str) -> object:
    field = table.columns[name]
    return field.refers_to, field.missing, field.optional is None if field.refers_to is not None else None


def _looked_into(pack: CheckedPack, of: CheckedRule | CheckedFact, counted: bool) -> Iterator[str]:
    """The tables, and fields that refer, from which a rule or a fact takes anything."""
    behind = Graph(pack).behind(of, counted=counted)
    for fact in behind.facts:
        yield from (fact.table, *([str(fact.child)] if fact.child is not None else []))
    via = (Column(str(fact.child), fact.via) for fact in behind.facts if fact.via is not None)
    for column in (*behind.fields, *via):
        field, table = pack.tables[column.table].fields.get(column.name), column.table
        for name in field.hops if isinstance(field, LookedUp) else (column.name,):
            yield from (table, f"{table}.{name}")
            table = str(hop(pack.tables, table, name)) if isinstance(field, LookedUp) else table
        yield table


def _written(pack: CheckedPack, of: CheckedRule | CheckedFact, *, counted: bool = True) -> tuple[object, ...]:
    """Everything that a rule's or a fact's result rests on, as it is written; with `counted` also the rules that facts count."""
    behind = Graph(pack).behind(of, counted=counted)
    found: list[object] = [
        (
            r.rule.rule,
            pack.pack.shared.get(r.file),
            r.rule.when,
            r.rule.require,
            r.rule.otherwise,
            r.rule.outcome_if_unknown,
            _weight(pack, r),
        )
        for r in behind.rules
    ]
    fields = {column: pack.tables[column.table].fields[column.name] for column in behind.fields}
    found += [(column, f.model_dump_json(include={"type", "choices", "best_to_worst"})) for column, f in fields.items()]
    found += [(f.table, f.id, f.child, f.via, f.among, f.fact.others, f.fact.value) for f in behind.facts]
    found += [(name, pack.params[name]) for name in behind.params]
    found += [node.args["calendar"].name for tree in behind.trees for node in tree.walk() if node.args.get("calendar")]
    if any(fact.uses_verdict for fact in behind.facts):
        found.append(pack.outcomes)
    return tuple(sorted({str(part) for part in found}))


def merged(old: Mapping[str, TableDef], new: Mapping[str, TableDef]) -> dict[str, TableDef]:
    """The tables of two packs, each with the fields and choices of both."""

    def field(one: FieldDef | None, other: FieldDef) -> FieldDef:
        if one is None or one.choices is None or other.choices is None:
            return one or other
        return one.model_copy(update={"choices": {**other.choices, **one.choices}})

    found = dict(old)
    for name, table in new.items():
        before = found.get(name)
        fields = {
            **(before.fields if before else {}),
            **{id_: field(before.fields.get(id_) if before else None, f) for id_, f in table.fields.items()},
        }
        found[name] = (before or table).model_copy(update={"fields": fields})
    return found
