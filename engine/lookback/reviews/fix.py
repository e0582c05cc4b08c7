"""A unit's records -> the least changes that would bring a verdict about.

In: a checked pack, the records of one unit, an outcome. Out: up to three ways, each a set of values to change, those with the
fewest changes first; each was judged by the real engine before it is told. What is `fixed` in `records.yaml` stays, what is
filled in is not emptied. Where changes of values cannot do it, records may be added.

A unit of many records is taken apart: each record below by itself, then the unit. What comes out then need not be the least.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

import z3

from lookback.judging.decider import Decider
from lookback.judging.trial import Got, RecordKey, judged_records
from lookback.language.types import Type, Value
from lookback.packs.checked import CheckedPack, CheckedRule
from lookback.packs.graph import Graph
from lookback.packs.model import FieldDef
from lookback.proving._terms import Symbols, Z, all_of, opposite
from lookback.proving.search import Words, plain
from lookback.proving.worlds import Rec, View, World

MOST_TOGETHER = 40
"""Records of a unit up to which all of them are solved at once."""
MOST_STEPS = 200_000_000
MOST_WAYS = 3
ADDED = (3, 8)
"""How many records of each table may be added; more are tried only where fewer will not do."""
CHANGED, ALTERED, ESCAPING = 10_000, 100, 1
"""What a change costs; what it costs more where a value is altered instead of filled in, and where it may make a rule not apply
instead of met. Each only decides between what is equal by those before it."""
FARTHEST = 2**40
_CENT = z3.RealVal("1/100")
SOME_TEXT = "…"
"""Stands for a text that has only to be there."""

Records = Mapping[str, Sequence[Mapping[str, Value]]]
How = Literal["exactly", "at-least", "at-most", "such-as", "any", "one-of"]


@dataclass(frozen=True)
class Change:
    """A value to be changed. `how`: `after` is the only value that will do, the least, the greatest, one of several (`others`),
    or, for a text, any. `by`: who may change it. `rules`: what is found now on the record and looks at the field. `added`: the
    record is a new one, `record` only a name for it."""

    table: str
    record: Value
    field: str
    before: Value
    after: Value
    how: How
    others: tuple[str, ...]
    by: str
    rules: tuple[str, ...]
    added: bool


@dataclass(frozen=True)
class Way:
    """Changes that together bring the verdict about; `verdict`: what the engine says of the unit afterwards."""

    changes: tuple[Change, ...]
    verdict: str


@dataclass(frozen=True)
class Fix:
    """`ways`: none where nothing will do; then `hindered` are the unit's rules that no change settles. `least`: whether it is
    sure that no way has fewer changes than the first, and that there is none where none is told."""

    verdict: str
    target: str
    ways: tuple[Way, ...]
    least: bool = True
    hindered: tuple[str, ...] = ()


def fix(pack: CheckedPack, records: Records, target: str, by: Sequence[str] = (), decider: Decider = "durable") -> Fix:
    """The least changes of one unit's records that give it the verdict `target`, or a better one.

    `records`: every table's, typed, keys unique, the unit the only one of the root table. `by`: only what these may change.
    """
    got = judged_records(pack, records, decider)
    unit = records[pack.root][0][pack.tables[pack.root].key]
    verdict = got[pack.root, unit].verdict
    rank = pack.outcomes.index(target)
    if pack.outcomes.index(verdict) <= rank:
        return Fix(verdict, target, ())
    fixer = Fixer(pack, records, got, by, decider)
    together = sum(map(len, records.values())) <= MOST_TOGETHER
    ways = fixer.ways(rank) if together else fixer.apart(rank)
    sure = together and fixer.sure
    return Fix(verdict, target, tuple(ways), sure, () if ways else tuple(fixer.hindered(rank)))


@dataclass
class _Problem:
    """A world in which some values may change, and what each change is."""

    world: World
    view: View
    unit: Rec
    keys: dict[Rec, Value]
    changes: dict[tuple[Rec, str], Z] = field(default_factory=dict)
    altered: set[tuple[Rec, str]] = field(default_factory=set)
    escaping: set[tuple[Rec, str]] = field(default_factory=set)
    added: dict[Rec, Z] = field(default_factory=dict)

    def optimizer(self, goal: Z) -> Z:
        """z3, set on reaching the goal by the fewest changes."""
        found = z3.Optimize()
        found.set("rlimit", MOST_STEPS)
        found.add(goal, *self.world.constraints, *self.world.symbols.facts)
        for key, change in self.changes.items():
            found.add_soft(opposite(change), CHANGED + ALTERED * (key in self.altered) + ESCAPING * (key in self.escaping))
        for present in self.added.values():
            found.add_soft(opposite(present), CHANGED)
        return found

    @property
    def costs(self) -> list[Z]:
        return [*self.changes.values(), *self.added.values()]


class Fixer:
    def __init__(
        self, pack: CheckedPack, records: Records, got: Mapping[RecordKey, Got], by: Sequence[str], decider: Decider
    ) -> None:
        self.pack, self.got, self.by, self.decider = pack, got, by, decider
        full = {t: [{**dict.fromkeys(pack.tables[t].fields), **row} for row in rows] for t, rows in records.items()}
        self.records: Records = full
        texts = {value for rows in full.values() for row in rows for value in row.values() if isinstance(value, str)}
        self.symbols = Symbols([pack], {*texts, SOME_TEXT})
        self._texts: dict[str, Z] = {}
        """Texts that were made up, as z3 has them."""
        self.sure = True
        """Whether z3 gave up nowhere, and the engine agreed with every way."""
        self.graph = Graph(pack)
        self.rests_on = {rule.id: self.graph.fields(rule) for rule in pack.rules}
        self.applying = {column for rule in pack.rules for column in self.graph.fields(rule, when=True)}
        self.named = {column for columns in self.rests_on.values() for column in columns}

    def may_change(self, table: str, id_: str) -> bool:
        f = self.pack.tables[table].fields[id_]
        return (table, id_) in self.named and not f.fixed and (not self.by or f.by in self.by)

    # ------------------------------------------------------------------------------------------------------- the search

    def problem(
        self, records: Records, may_change: Callable[[str, str], bool], added: int = 0, of: Collection[str] = ()
    ) -> _Problem:
        """The records, with what may change free; and so many new records of the tables `of` that may be there."""
        world = World(self.pack, self.symbols)
        recs = world.known(records, may_change)
        rows = [row for table in self.pack.top_down() for row in records.get(table, ())]
        keys = {rec: row[self.pack.tables[rec.table].key] for rec, row in zip(recs, rows, strict=True)}
        found = _Problem(world, View(world), recs[0], keys)
        for rec, row in zip(recs, rows, strict=True):
            for id_ in self.pack.tables[rec.table].fields:
                keys_ = (self.pack.tables[rec.table].key, self.pack.parent_key(rec.table))
                term = rec.fields[id_]
                if id_ in keys_ or not may_change(rec.table, id_):
                    continue
                if (rec.table, id_) in self.applying:
                    found.escaping.add((rec, id_))
                if row[id_] is None:
                    found.changes[rec, id_] = opposite(term.blank)
                else:
                    world.constraints.append(opposite(term.blank))
                    found.changes[rec, id_] = term.value != self.symbols.constant(row[id_]).value
                    found.altered.add((rec, id_))
        for rec in recs:
            for child in (c for c in self.pack.children(rec.table) if c in of):
                before: Z = z3.BoolVal(True)
                for i in range(added):
                    present = z3.Bool(f"{rec.name}.{child}.new{i}")
                    world.constraints.append(z3.Implies(present, before))
                    new = world.record(child, rec, present)
                    rec.below[child].append(new)
                    found.added[new], before = present, present
                    for id_ in self.pack.tables[child].fields:
                        if not z3.is_false(new.fields[id_].blank):
                            found.changes[new, id_] = all_of([present, opposite(new.fields[id_].blank)])
        return found

    def ways(self, rank: int) -> list[Way]:
        """Up to three sets of changes, the smallest first; with new records where values alone will not do."""
        problem = self.problem(self.records, self.may_change)
        return self._ways(problem, rank, MOST_WAYS) or self.with_new_records(problem, self.records, self.may_change, rank)

    def with_new_records(
        self, problem: _Problem, records: Records, may_change: Callable[[str, str], bool], rank: int
    ) -> list[Way]:
        """The least changes and new records, of the tables that the unit's hindered rules count. `problem`: without new ones."""
        tables = self._counted(problem, rank)
        for added in ADDED if tables else ():
            ways = self._ways(self.problem(records, may_change, added, tables), rank, 1)
            if ways:
                return ways
        return []

    def _counted(self, problem: _Problem, rank: int) -> set[str]:
        """The tables whose records are counted by the rules that no change of values settles, or that only exclude each other."""
        stuck = set(self._stuck(problem, rank) or [rule.id for rule in self._found(rank)])
        children = set(self.pack.children(self.pack.root))
        rules = [rule for rule in self.pack.rules_for(self.pack.root) if rule.id in stuck]
        return {table for rule in rules for table, _ in self.graph.fields(rule)} & children

    def _ways(self, problem: _Problem, rank: int, most: int) -> list[Way]:
        goal = opposite(problem.view.at_least(problem.unit, rank + 1))
        optimizer = problem.optimizer(goal)
        found: list[Way] = []
        for _ in range(2 * most):  # one that the engine does not agree with is left out
            if len(found) == most:
                break
            answer = optimizer.check()
            self.sure &= answer != z3.unknown
            if answer != z3.sat:
                break
            model = optimizer.model()
            made = [cost for cost in problem.costs if z3.is_true(model.eval(cost, model_completion=True))]
            way = self._told(problem, goal, made, rank)
            found += [way] if way is not None else []
            self.sure &= way is not None
            optimizer.add(z3.Or([opposite(cost) for cost in made]))
        return found

    def least(self, problem: _Problem, goal: Z) -> list[tuple[Rec, str]] | None:
        """The fewest changes that bring a goal about; None where there are none."""
        optimizer = problem.optimizer(goal)
        if optimizer.check() != z3.sat:
            return None
        model = optimizer.model()
        return [key for key, cost in problem.changes.items() if z3.is_true(model.eval(cost, model_completion=True))]

    # ------------------------------------------------------------------------------------------------- a unit of many

    def apart(self, rank: int) -> list[Way]:
        """Each record below by itself, the lowest first, then the unit with them as they are then."""
        records = {table: [dict(row) for row in rows] for table, rows in self.records.items()}
        done: list[Change] = []
        for table in reversed(list(self.pack.top_down())):
            if table == self.pack.root:
                continue
            key = self.pack.tables[table].key
            for row in records.get(table, ()):
                if self.pack.outcomes.index(self.got[table, row[key]].verdict) <= rank:
                    continue
                near = self.near(records, table, row)
                alone = Fixer(self.pack, near, self.got, self.by, self.decider)
                problem = alone.problem(near, lambda t, f, table=table: t == table and self.may_change(t, f))  # type: ignore[misc]
                record = next(rec for rec, k in problem.keys.items() if rec.table == table and k == row[key])
                goal = opposite(problem.view.at_least(record, rank + 1))
                made = alone.least(problem, goal)
                changes = alone.chosen(problem, goal, [problem.changes[c] for c in made]) if made else []
                done += changes
                for change in changes:
                    own = next(r for r in records[change.table] if r[self.pack.tables[change.table].key] == change.record)
                    own[change.field] = change.after
        last = Fixer(self.pack, records, self.got, self.by, self.decider)
        if self.pack.outcomes.index(judged_records(self.pack, records, self.decider)[self._unit].verdict) <= rank:
            return [self._checked(records, done)] if done else []

        def of_unit(table: str, id_: str) -> bool:
            return table == self.pack.root and self.may_change(table, id_)

        problem = last.problem(records, of_unit)
        ways = last._ways(problem, rank, MOST_WAYS) or last.with_new_records(problem, records, of_unit, rank)
        return [replace(way, changes=(*done, *way.changes)) for way in ways]

    @property
    def _unit(self) -> RecordKey:
        return self.pack.root, self.records[self.pack.root][0][self.pack.tables[self.pack.root].key]

    def near(self, records: Records, table: str, row: Mapping[str, Value]) -> Records:
        """A record with those above it, and all of those below these that a rule for it counts: its own and its parents'; with
        those beside it, where a rule for it counts these through its parent."""
        parent_key = self.pack.parent_key(table)
        beside = parent_key is not None and any((table, "") in self.rests_on[rule.id] for rule in self.pack.rules_for(table))
        found: dict[str, list[Mapping[str, Value]]] = {
            table: [one for one in records[table] if one[parent_key] == row[parent_key]] if beside and parent_key else [row]
        }
        at, own = table, row
        while (parent := self.pack.tables[at].belongs_to) is not None:
            key = self.pack.tables[parent].key
            own = next(one for one in records[parent] if one[key] == own[key])
            found[parent] = [own]
            at = parent
        counted = {f.child for f in self.pack.facts if f.table in found}
        for child in (t for t in self.pack.top_down() if t in counted and t not in found):
            parent = str(self.pack.tables[child].belongs_to)
            keys = {one[self.pack.tables[parent].key] for one in found.get(parent, ())}
            found[child] = [one for one in records.get(child, ()) if one[self.pack.tables[parent].key] in keys]
        return found

    # ------------------------------------------------------------------------------------------------- changes, as told

    def _told(self, problem: _Problem, goal: Z, made: Sequence[Z], rank: int) -> Way | None:
        """A way, judged by the engine; None where the engine does not agree."""
        changes = self.chosen(problem, goal, made)
        way = self._checked(self._changed(problem, changes), changes)
        return way if self.pack.outcomes.index(way.verdict) <= rank else None

    def _checked(self, records: Records, changes: Sequence[Change]) -> Way:
        return Way(tuple(changes), judged_records(self.pack, records, self.decider)[self._unit].verdict)

    def _changed(self, problem: _Problem, changes: Sequence[Change]) -> Records:
        records = {table: [dict(row) for row in rows] for table, rows in self.records.items()}
        for change in changes:
            definition, parent_key = self.pack.tables[change.table], self.pack.parent_key(change.table)
            rows = records.setdefault(change.table, [])
            row = next((row for row in rows if row[definition.key] == change.record), None)
            if row is None:
                rec = next(rec for rec, key in problem.keys.items() if key == change.record and rec.table == change.table)
                row = {**dict.fromkeys(definition.fields), definition.key: change.record}
                assert rec.parent is not None  # only records below others are added
                row[str(parent_key)] = problem.keys[rec.parent]
                rows.append(row)
            row[change.field] = change.after
        return records

    def chosen(self, problem: _Problem, goal: Z, made: Sequence[Z]) -> list[Change]:
        """Values for the changes: the nearest that will do, and how free each is."""
        solver = z3.Solver()
        solver.add(goal, *problem.world.constraints, *self.symbols.facts, *made)
        kept = {cost.get_id() for cost in made}
        solver.add(*(opposite(cost) for cost in problem.costs if cost.get_id() not in kept))
        numbers: dict[str, int] = {}
        for rec, present in problem.added.items():
            if present.get_id() in kept:
                numbers[rec.table] = numbers.get(rec.table, 0) + 1
                problem.keys[rec] = self._new_key(rec.table, numbers[rec.table])
        places = [key for key, cost in problem.changes.items() if cost.get_id() in kept]
        before = {(rec, id_): None if rec in problem.added else self._row(rec, problem)[id_] for rec, id_ in places}
        values = {
            (rec, id_): self._value(solver, rec.fields[id_].value, self.pack.tables[rec.table].fields[id_], before[rec, id_])
            for rec, id_ in places
        }
        settled = z3.Solver()
        settled.set("rlimit", MOST_STEPS)
        settled.add(*problem.world.constraints, *self.symbols.facts)
        settled.add(*(opposite(c) for c in (*problem.changes.values(), *problem.added.values()) if c.get_id() not in kept))
        settled.add(*(present for present in problem.added.values() if present.get_id() in kept))
        settled.add(*(opposite(rec.fields[id_].blank) for rec, id_ in places))
        found = []
        for rec, id_ in places:
            f, variable = self.pack.tables[rec.table].fields[id_], rec.fields[id_].value
            settled.push()
            settled.add(*(r.fields[i].value == self._constant(v) for (r, i), v in values.items() if (r, i) != (rec, id_)))
            after, how, others = self._freedom(settled, goal, variable, f, values[rec, id_])
            settled.pop()
            values[rec, id_] = after
            rules = () if rec in problem.added else tuple(self._found_with(rec, problem.keys[rec], id_))
            change = Change(
                rec.table, problem.keys[rec], id_, before[rec, id_], after, how, others, f.by, rules, rec in problem.added
            )
            found.append(change)
        for rec, present in problem.added.items():  # a new record that needs no value at all
            if present.get_id() in kept and not any(c.record == problem.keys[rec] and c.table == rec.table for c in found):
                key = self.pack.tables[rec.table].key
                found.append(Change(rec.table, problem.keys[rec], key, None, problem.keys[rec], "any", (), "unit", (), True))
        return found

    def _new_key(self, table: str, number: int) -> Value:
        definition = self.pack.tables[table]
        taken = {row[definition.key] for row in self.records.get(table, ())}
        if definition.fields[definition.key].type is Type.INTEGER:
            return max((int(str(key)) for key in taken), default=0) + number
        key = f"new-{table}-{number}"
        return key if key not in taken else f"{key}-{len(taken)}"

    def _row(self, rec: Rec, problem: _Problem) -> Mapping[str, Value]:
        key = self.pack.tables[rec.table].key
        return next(row for row in self.records[rec.table] if row[key] == problem.keys[rec])

    def _found_with(self, rec: Rec, key: Value, id_: str) -> Iterator[str]:
        """The rules found on the record that rest on a field."""
        statuses = self.got[rec.table, key].statuses
        for rule in self.pack.rules_for(rec.table):
            if statuses.get(rule.id) in ("unmet", "unknown") and (rec.table, id_) in self.rests_on[rule.id]:
                yield rule.id

    def _value(self, solver: Z, variable: Z, f: FieldDef, before: Value) -> Value:
        """The nearest value that will do, fixed in the solver."""

        def can(*claims: Z) -> bool:
            return bool(solver.check(*claims) == z3.sat)

        if f.type in (Type.CHOICE, Type.BOOLEAN, Type.TEXT):
            possible: list[Value] = [SOME_TEXT] if f.type is Type.TEXT else plain(self.pack, f.type, tuple(f.choices or ()))
            value = next((v for v in possible if can(variable == self._constant(v))), None)
            if value is None:
                value = self._made(solver, variable, f.type)
            solver.add(variable == self._constant(value))
            return value
        whole: Z = variable
        if f.type is Type.NUMBER:
            whole = z3.ToInt(variable / _CENT)
            in_cents = variable == z3.ToReal(whole) * _CENT
            solver.add(*([in_cents] if can(in_cents) else []))
        base = self._base(f.type, before)
        distance = 0
        if not can(whole == base):  # the nearest: first doubling the distance, then halving the doubt
            reach = 1
            while not can(whole >= base - reach, whole <= base + reach) and reach < FARTHEST:
                reach *= 2
            low, distance = reach // 2, reach
            while low < distance:
                middle = (low + distance) // 2
                low, distance = (low, middle) if can(whole >= base - middle, whole <= base + middle) else (middle + 1, distance)
        solver.add(whole == (base + distance if can(whole == base + distance) else base - distance))
        value = self._made(solver, variable, f.type)
        solver.add(variable == self._constant(value))
        return value

    def _made(self, solver: Z, variable: Z, kind: Type, *claims: Z) -> Value:
        """A value that will do. A text that nobody names is made up, and known from then on."""
        solver.check(*claims)
        model = solver.model()
        number = model.eval(variable, model_completion=True)
        value = Words(self.symbols, model).value(number, kind)
        if isinstance(value, str) and value not in self.symbols.codes:
            self._texts[value] = number
        return value

    def _constant(self, value: Value) -> Z:
        return self._texts[value] if isinstance(value, str) and value in self._texts else self.symbols.constant(value).value

    def _freedom(self, solver: Z, goal: Z, variable: Z, f: FieldDef, value: Value) -> tuple[Value, How, tuple[str, ...]]:
        """How free a value is while all others are as they are told (which the solver knows), and what else would do. For a text
        that must look so, one that does."""

        def does(*claims: Z) -> bool:
            """Whether every value of which this holds will do."""
            return bool(solver.check(opposite(goal), *claims) == z3.unsat)

        def other() -> bool:
            return bool(solver.check(goal, variable != self._constant(value)) != z3.unsat)

        if f.type in (Type.CHOICE, Type.BOOLEAN):
            others = [
                v for v in plain(self.pack, f.type, tuple(f.choices or ())) if v != value and does(variable == self._constant(v))
            ]
            return value, "one-of" if others else "exactly", tuple(map(str, others))
        if f.type is Type.TEXT:
            unnamed = z3.Or(variable < 0, variable >= len(self.symbols.texts), z3.Not(z3.IsInt(variable)))
            if value == SOME_TEXT and does(unnamed):
                return value, "any", ()
            named = (goal, variable != self._constant(SOME_TEXT))
            if value == SOME_TEXT and solver.check(*named) == z3.sat:
                value = self._made(solver, variable, Type.TEXT, *named)
            return value, "such-as" if other() else "exactly", ()
        at = self._constant(value)
        step: Z = _CENT if f.type is Type.NUMBER else 1
        if does(variable > at) and not does(variable == at - step):
            return value, "at-least", ()
        if does(variable < at) and not does(variable == at + step):
            return value, "at-most", ()
        return value, "such-as" if other() else "exactly", ()

    def _base(self, kind: Type, before: Value) -> int:
        """Where the search for a near value begins: in cents for numbers, in days for dates."""
        if isinstance(before, date):
            return before.toordinal()
        if before is not None:
            return round(float(str(before)) * 100) if kind is Type.NUMBER else int(str(before))
        if kind is Type.DATE:
            return next((v.toordinal() for v in plain(self.pack, kind, ()) if isinstance(v, date)), 1)
        return 0

    # ------------------------------------------------------------------------------------------------------ hindrances

    def hindered(self, rank: int) -> list[str]:
        """The unit's rules that no change settles, each by itself; all that are found, where each alone could be."""
        problem = self.problem(self.records, self.may_change)
        return self._stuck(problem, rank) or [rule.id for rule in self._found(rank)]

    def _found(self, rank: int) -> list[CheckedRule]:
        statuses = self.got[self._unit].statuses
        return [
            rule
            for rule in self.pack.rules_for(self.pack.root)
            if statuses.get(rule.id) in ("unmet", "unknown") and _rank_of(self.pack, rule) > rank
        ]

    def _stuck(self, problem: _Problem, rank: int) -> list[str]:
        """The unit's rules that are found in every state of the problem's world."""
        goals = [(rule.id, opposite(problem.view.rule(problem.unit, rule).found)) for rule in self._found(rank)]
        solver = z3.Solver()
        solver.set("rlimit", MOST_STEPS)
        solver.add(*problem.world.constraints, *self.symbols.facts)
        return [rule for rule, goal in goals if solver.check(goal) == z3.unsat]


def _rank_of(pack: CheckedPack, rule: CheckedRule) -> int:
    return max(map(pack.outcomes.index, (rule.rule.otherwise, rule.rule.outcome_if_unknown)))
