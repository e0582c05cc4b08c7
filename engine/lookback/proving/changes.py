"""Records that are known -> the fewest changes with which something holds of one of them, and how free each value is then.

In: a checked pack, records, what may change. Out: a `Problem` of these, sets of changes, and values. Nothing is judged here.

An example. The pack asks of a unit `members >= 3` and `issues = 0` (a count of the unit's issues that have no deadline):

    units   unit_id U1, members 2          issues   I1 of U1, deadline blank

Of what may change, every value is a variable, with the name of its symbolic record; all else is a constant:

    units0.members     variable; it is filled in, so it may not become blank      issues1.deadline, and issues1.deadline.blank

`changes` has for every place the term that says that it was changed, `weights` what that costs:

    (units0, "members")     units0.members != 2              10,100: altered
    (issues1, "deadline")   not issues1.deadline.blank       10,000: filled in

With a new issue allowed, there is a record more, and a place ("" for its field) which says that it is there:

    (issues2, "")           issues.new0                      10,000

`sets` asks z3's optimizer for the goal "not found" by the least cost: here both of the first two, and nothing with the third.
`chosen` then looks for values with exactly these changes: the nearest to what was there (members 3), a plain one where there
was nothing (a day), and whether whatever is greater or lesser would do as well ("at-least" 3; "such-as" that day). What is
told of one value holds with whatever is told of all the others: of `a or b` only one is said to be free.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Literal

import z3

from lookback.language.types import BETWEEN_CHOICES, Type, Value
from lookback.packs.checked import CheckedPack, CheckedRule
from lookback.packs.graph import Graph
from lookback.packs.model import FieldDef
from lookback.packs.params import limits
from lookback.proving._terms import Symbols, Truth
from lookback.proving._z3 import NO, YES, Z, all_of, is_no, is_yes, opposite
from lookback.proving.search import Clock, OutOfTime, Words, earliest, is_true, plain
from lookback.proving.worlds import Rec, RuleTruth, View, World

MOST_STEPS = 200_000_000
CHANGED, ALTERED, ESCAPING = 10_000, 100, 1
"""What a change costs; what it costs more where a value is altered instead of filled in, and where it may make a rule not apply
instead of met. Each only decides between what is equal by those before it."""
FEW = 3
"""Of so many changes z3 is asked first, one more at a time: of roundings and many numbers it may find no optimum, but these."""
FARTHEST = 2**54
_CENT = z3.RealVal("1/100")
SOME_TEXT = "…"
"""Stands for a text that has only to be there."""

Records = Mapping[str, Sequence[Mapping[str, Value]]]
How = Literal["exactly", "at-least", "at-most", "such-as", "any", "one-of"]
Place = tuple[Rec, str]
"""A field of a record; with "", that a new record is there."""
MayChange = Callable[[str, str], bool]
"""Whether a (table, field) may be changed."""


@dataclass(frozen=True)
class Chosen:
    """A value for a change. `row`: the record as it was; of a new one what it is known by. `how`: `after` is the only value that
    will do, the least, the greatest, one of several (`others`), or, for a text, any."""

    table: str
    row: Mapping[str, Value]
    field: str
    after: Value
    how: How
    others: tuple[Value, ...]
    added: bool


@dataclass
class Problem:
    """A world in which some values may change. `rows`: the known records, as they are. `limits`: that each value which is
    changed lies where its field's `least` and `most` have it; what is there already may lie beyond. `odd`: that
    a number is below zero where none of its field was."""

    world: World
    view: View
    rows: Mapping[Rec, Mapping[str, Value]]
    changes: dict[Place, Z] = field(default_factory=dict)
    weights: dict[Place, int] = field(default_factory=dict)
    limits: dict[Place, Z] = field(default_factory=dict)
    odd: dict[Place, Z] = field(default_factory=dict)
    clock: Clock = field(default_factory=Clock)

    @property
    def unit(self) -> Rec:
        return next(iter(self.rows))

    def record(self, table: str, key: Value) -> Rec:
        """A known record by its key."""
        name = self.world.pack.tables[table].key
        return next(rec for rec, row in self.rows.items() if rec.table == table and row[name] == key)

    def add(self, place: Place, made: Z, weight: int = CHANGED) -> None:
        self.changes[place], self.weights[place] = made, weight

    @property
    def holds(self) -> list[Z]:
        """What holds whatever is changed."""
        return [*self.world.constraints, *self.world.symbols.facts]

    def sets(self, goal: Z) -> Iterator[list[Place] | None]:
        """Sets of changes that bring a goal about, the cheapest first, of equal ones that of the earliest places, none of them in
        another; None where z3 gives up. Those that need an odd value are told only where none does without."""
        sound = [opposite(odd) for odd in self.odd.values()]
        found = False
        for made in self._sets([goal, *sound]):
            found = True
            yield made
        if sound and not found:
            yield from self._sets([goal])

    def _sets(self, goals: Sequence[Z]) -> Iterator[list[Place] | None]:
        places = sorted(self.changes, key=lambda place: place[1] == "")  # new records last
        found: list[Z] = []
        answer, same = z3.unsat, z3.Solver()
        same.set("rlimit", MOST_STEPS)
        same.add(*goals, *self.holds, *self.limits.values())
        for most in [*range(1, min(FEW, len(places)) + 1), None]:  # the least cost has the fewest changes
            optimizer = z3.Optimize()
            optimizer.set("rlimit", MOST_STEPS)
            optimizer.add(*goals, *self.holds, *self.limits.values(), *found)
            if most is not None:
                optimizer.add(z3.PbLe([(made, 1) for made in self.changes.values()], most))
            for place in places:
                optimizer.add_soft(opposite(self.changes[place]), self.weights[place])
            while (answer := self.clock.check(optimizer)) == z3.sat:
                made = self._earliest(same, places, optimizer.model())
                yield made
                found.append(z3.Or([opposite(self.changes[place]) for place in made]))
                optimizer.add(found[-1])
                same.add(found[-1])
        if answer == z3.unknown:
            yield None

    def _earliest(self, solver: Z, places: Sequence[Place], model: Z) -> list[Place]:
        """Of the sets that cost as much as that of a model, that of the earliest places."""
        terms = [self.changes[place] for place in places]
        solver.push()
        for most, least in ((math.inf, CHANGED), (CHANGED, ALTERED), (ALTERED, ESCAPING)):
            dear = [self.changes[place] for place in places if self.weights[place] % most >= least]
            solver.add(z3.PbLe([(term, 1) for term in dear], sum(is_true(model, term) for term in dear)) if dear else YES)
        model = earliest(solver, partial(self.clock.check, solver), terms, model)
        solver.pop()
        return [place for place, term in zip(places, terms, strict=True) if is_true(model, term)]

    def no_worse(self, record: Rec, rank: int) -> Z:
        """The goal that a record's verdict is the outcome of this rank, or a better one."""
        return opposite(self.view.at_least(record, rank + 1))

    def stuck(self, record: Rec, rules: Sequence[CheckedRule]) -> list[str]:
        """The rules that are found on a record whatever is changed."""
        goals = [(rule.id, opposite(self.view.rule(record, rule).found)) for rule in rules]
        solver = z3.Solver()
        solver.set("rlimit", MOST_STEPS)
        solver.add(*self.holds, *self.limits.values())
        return [rule for rule, goal in goals if self.clock.check(solver, goal) == z3.unsat]


class _Settled(View):
    """A view in which nothing is found on the records of other tables: what they need is worked out by themselves."""

    def __init__(self, world: World, table: str) -> None:
        super().__init__(world)
        self.table = table

    def rule(self, record: Rec, rule: CheckedRule) -> RuleTruth:
        return super().rule(record, rule) if rule.table == self.table else RuleTruth(Truth(NO, YES), Truth(YES, NO))


class Changes:
    """What may change of some records of a pack. `by`: only what these may change; none: whoever may."""

    def __init__(self, pack: CheckedPack, records: Records, by: Sequence[str] = (), clock: Clock | None = None) -> None:
        self.pack, self.by, self.clock = pack, by, clock or Clock()
        texts = {value for rows in records.values() for row in rows for value in row.values() if isinstance(value, str)}
        self.symbols = Symbols([pack], {*texts, SOME_TEXT})
        self._made_up: dict[Value, Z] = {}
        """Texts that were made up, as z3 has them."""
        graph = Graph(pack)
        self.rests_on = {rule.id: graph.fields(rule) for rule in pack.rules}
        self._applying = {column for rule in pack.rules for column in graph.fields(rule, when=True)}
        self._named = {column for columns in self.rests_on.values() for column in columns}

    def may_change(self, table: str, id_: str) -> bool:
        f = self.pack.tables[table].fields[id_]
        return (table, id_) in self._named and not f.fixed and (not self.by or f.by in self.by)

    def knows(self, records: Records) -> bool:
        """Whether no text of the records was made up here."""
        return not any(value in self._made_up for rows in records.values() for row in rows for value in row.values())

    def problem(self, records: Records, may_change: MayChange, added: int = 0, of: Collection[str] = ()) -> Problem:
        """The records, with what may change free; and so many new records of the tables `of` that may be there."""
        world = World(self.pack, self.symbols)
        recs = world.known(records, may_change)
        rows = [row for table in self.pack.top_down() for row in records.get(table, ())]
        found = Problem(world, View(world), dict(zip(recs, rows, strict=True)), clock=self.clock)
        negative = {
            (table, id_)
            for table, of_table in records.items()
            for row in of_table
            for id_, value in row.items()
            if isinstance(value, int | Decimal) and value < 0
        }
        for rec, row in found.rows.items():
            for id_, term in rec.fields.items():
                if is_yes(term.blank) or is_no(term.blank):  # it is known, and stays
                    continue
                weight = CHANGED + ESCAPING * ((rec.table, id_) in self._applying)
                if row[id_] is None:
                    found.add((rec, id_), opposite(term.blank), weight)
                else:
                    world.constraints.append(opposite(term.blank))
                    found.add((rec, id_), term.value != self.symbols.constant(row[id_]).value, weight + ALTERED)
                self._bound(found, (rec, id_), negative)
        for rec in recs:
            for child in (c for c in self.pack.children(rec.table) if c in of):
                before = YES
                for i in range(added):
                    present = z3.Bool(f"{rec.name}.{child}.new{i}")
                    world.constraints.append(z3.Implies(present, before))
                    new, before = world.record(child, rec, present), present
                    rec.below[child].append(new)
                    found.add((new, ""), present)
                    for id_, term in new.fields.items():
                        if not is_no(term.blank):
                            found.add((new, id_), all_of([present, opposite(term.blank)]))
                            self._bound(found, (new, id_), negative)
        return found

    def _bound(self, problem: Problem, place: Place, negative: Collection[tuple[str, str]]) -> None:
        """Keep what a place is changed to within the limits of its field. `negative`: the fields with values below zero now."""
        rec, id_ = place
        f, value = self.pack.tables[rec.table].fields[id_], rec.fields[id_].value
        least, most = (end if end is None else self.symbols.constant(end).value for end in limits(f))
        within = [*([] if least is None else [value >= least]), *([] if most is None else [value <= most])]
        if within:
            problem.limits[place] = z3.Implies(problem.changes[place], z3.And(within))
        if least is None and f.type in (Type.INTEGER, Type.NUMBER) and (rec.table, id_) not in negative:
            problem.odd[place] = z3.And(problem.changes[place], value < 0)

    def near(self, records: Records, table: str, row: Mapping[str, Value], rules: Sequence[CheckedRule] = ()) -> Records:
        """A record with those above it, and all of those below these that a rule for it counts: its own and its parents'; with
        those beside it, where a rule for it counts these through its parent. `rules`: these of its rules, all if left out."""
        keys = {t: definition.key for t, definition in self.pack.tables.items()}
        parent_key = self.pack.parent_key(table)
        beside = parent_key is not None and any((table, "") in self.rests_on[rule.id] for rule in self.pack.rules_for(table))
        found: dict[str, list[Mapping[str, Value]]] = {
            table: [one for one in records[table] if one[parent_key] == row[parent_key]] if beside and parent_key else [row]
        }
        own = row
        for above in self.pack.above(table):
            own = next(one for one in records[above] if one[keys[above]] == own[keys[above]])
            found[above] = [own]
        named = {of for rule in rules or self.pack.rules_for(table) for of, _ in self.rests_on[rule.id]}
        counted = {f.child for f in self.pack.facts if f.table in found} & named
        for child in (t for t in self.pack.top_down() if t in counted and t not in found):
            key = keys[str(self.pack.tables[child].belongs_to)]
            parents = {one[key] for one in found.get(str(self.pack.tables[child].belongs_to), ())}
            found[child] = [one for one in records.get(child, ()) if one[key] in parents]
        return found

    def settling(
        self, records: Records, rule: CheckedRule, row: Mapping[str, Value], found: set[str]
    ) -> set[tuple[str, str, bool]] | None:
        """The least changes with which a rule is not found on a record, and no other rule for its table but those `found` now;
        as if nothing were found on other tables' records: tables, fields, whether they are altered. None where there are none.
        Raises OutOfTime, also where z3 gives up after many steps."""
        rules, fields = self._bound_up(rule, [r for r in self.pack.rules_for(rule.table) if r.id not in found])
        problem = self.problem(self.near(records, rule.table, row, rules), lambda *of: of in fields)
        record = problem.record(rule.table, row[self.pack.tables[rule.table].key])
        view = _Settled(problem.world, rule.table)
        for made in problem.sets(all_of(opposite(view.rule(record, r).found) for r in rules)):
            if made is None:
                raise OutOfTime
            return {(rec.table, id_, problem.rows[rec][id_] is not None) for rec, id_ in made}
        return None

    def _bound_up(self, rule: CheckedRule, others: Sequence[CheckedRule]) -> tuple[list[CheckedRule], set[tuple[str, str]]]:
        """A rule and those of the others that may come out otherwise where what it rests on is changed, or what these rest on;
        and the fields that may be changed of all that. Whatever else is changed brings nothing about."""
        rules, left, fields = [rule], list(others), set[tuple[str, str]]()
        for one in rules:  # which grows
            fields |= {(table, id_) for table, id_ in self.rests_on[one.id] if id_ in self.pack.tables[table].fields}
            fields = {of for of in fields if self.may_change(*of)}
            met = [r for r in left if fields & self.rests_on[r.id]]
            rules += met
            left = [r for r in left if r not in met]
        return rules, fields

    # ---------------------------------------------------------------------------------------------------------- values

    def chosen(self, problem: Problem, goal: Z, made: Sequence[Place]) -> list[Chosen] | None:
        """Values for the changes: the nearest that will do, and how free each is, whatever the others are that are told free;
        None where z3 gives up."""
        new = [rec for rec, id_ in made if not id_]
        rows = {**problem.rows, **{rec: self._new(problem, rec, new) for rec in new}}
        places = [(rec, id_) for rec, id_ in made if id_]
        fields = {(rec, id_): self.pack.tables[rec.table].fields[id_] for rec, id_ in places}
        variables = {(rec, id_): rec.fields[id_].value for rec, id_ in places}
        fixed = [*problem.holds, *(opposite(cost) for place, cost in problem.changes.items() if place not in made)]
        solver = z3.Solver()
        solver.add(goal, *fixed, *problem.limits.values(), *(problem.changes[place] for place in made))
        for place in (place for place in places if place in problem.odd):
            if self.clock.check(solver, opposite(problem.odd[place])) == z3.sat:
                solver.add(opposite(problem.odd[place]))
        if self.clock.check(solver) != z3.sat:
            return None
        values = {
            place: self._value(solver, variables[place], fields[place], None if place[0] in new else rows[place[0]][place[1]])
            for place in places
        }
        settled = z3.Solver()
        settled.set("rlimit", MOST_STEPS)
        settled.add(*fixed, *(rec.present for rec in new), *(opposite(rec.fields[id_].blank) for rec, id_ in places))
        for place in (place for place in places if values[place] == SOME_TEXT):
            others_are = [variables[p] == self._constant(v) for p, v in values.items() if p != place]
            values[place] = self._text(settled, goal, variables[place], others_are)
        free: dict[Place, Z] = {}
        found = []
        for place in places:
            variable = variables[place]
            is_now = {p: variables[p] == self._constant(v) for p, v in values.items() if p != place}
            settled.push()
            settled.add(*(free.get(p, it_is) for p, it_is in is_now.items()))
            told = [*is_now.values(), *([problem.limits[place]] if place in problem.limits else [])]
            (how, others), free[place] = self._freedom(settled, goal, variable, fields[place], values[place], told)
            settled.pop()
            rec, id_ = place
            found.append(Chosen(rec.table, rows[rec], id_, values[place], how, others, rec in new))
        for rec in (rec for rec in new if rec not in {of for of, _ in places}):  # a new record that needs no value at all
            key = self.pack.tables[rec.table].key
            found.append(Chosen(rec.table, rows[rec], key, rows[rec][key], "any", (), True))
        return found

    def _new(self, problem: Problem, rec: Rec, new: Sequence[Rec]) -> Mapping[str, Value]:
        """A new record, of which only the keys are known."""
        definition, parent = self.pack.tables[rec.table], rec.parent
        assert parent is not None  # only records below others are added
        taken = {row[definition.key] for known, row in problem.rows.items() if known.table == rec.table}
        number = [one for one in new if one.table == rec.table].index(rec) + 1
        key: Value = f"new-{rec.table}-{number}"
        if definition.fields[definition.key].type is Type.INTEGER:
            key = max((int(str(one)) for one in taken), default=0) + number
        elif key in taken:
            key = f"{key}-{len(taken)}"
        above, of = self.pack.tables[parent.table], problem.rows[parent]
        return {**dict.fromkeys(definition.fields), definition.key: key, **{f: of[f] for f in (above.key, *above.parts)}}

    def _value(self, solver: Z, variable: Z, f: FieldDef, before: Value) -> Value:
        """The nearest value that will do, fixed in the solver."""

        def can(*claims: Z) -> bool:
            return bool(self.clock.check(solver, *claims) == z3.sat)

        if f.type in (Type.CHOICE, Type.CHOICES, Type.BOOLEAN, Type.TEXT):
            possible: list[Value] = [SOME_TEXT] if f.type is Type.TEXT else plain(self.pack, f.type, tuple(f.choices or ()))
            if f.type is Type.CHOICES and before is not None:  # the fewest added or taken away
                has = set(str(before).split(BETWEEN_CHOICES))
                possible.sort(key=lambda value: len(has ^ set(str(value).split(BETWEEN_CHOICES))))
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
        nearest = next((at for at in (base + distance, base - distance) if can(whole == at)), None)
        solver.add(*([whole == nearest] if nearest is not None else []))
        value = self._made(solver, variable, f.type)
        solver.add(variable == self._constant(value))
        return value

    def _made(self, solver: Z, variable: Z, kind: Type, *claims: Z) -> Value:
        """A value that will do. A text that nobody names is made up, and known from then on."""
        self.clock.check(solver, *claims)
        model = solver.model()
        number = model.eval(variable, model_completion=True)
        value = Words(self.symbols, model).value(number, kind)
        if isinstance(value, str) and value not in self.symbols.codes:
            self._made_up[value] = number
        return value

    def _constant(self, value: Value) -> Z:
        return self._made_up[value] if isinstance(value, str) and value in self._made_up else self.symbols.constant(value).value

    def _unnamed(self, variable: Z) -> Z:
        """That a text is none that the pack or the records name."""
        return z3.Or(variable < 0, variable >= len(self.symbols.texts), z3.Not(z3.IsInt(variable)))

    def _text(self, solver: Z, goal: Z, variable: Z, others_are: Sequence[Z]) -> Value:
        """Some text, where any will do; else one that does."""
        if self.clock.check(solver, opposite(goal), self._unnamed(variable), *others_are) == z3.unsat:
            return SOME_TEXT
        named = (goal, variable != self._constant(SOME_TEXT), *others_are)
        return self._made(solver, variable, Type.TEXT, *named) if self.clock.check(solver, *named) == z3.sat else SOME_TEXT

    def _freedom(
        self, solver: Z, goal: Z, variable: Z, f: FieldDef, value: Value, told: Sequence[Z]
    ) -> tuple[tuple[How, tuple[Value, ...]], Z]:
        """How free a value is, what else would do, and the claim that it is one of these; while every other is one of those that
        its own claim allows (which the solver knows). `told`: that the others are as they are told, and its field's limits."""
        at = self._constant(value)

        def does(*claims: Z) -> bool:
            """Whether every value of which this holds will do."""
            return bool(self.clock.check(solver, opposite(goal), *claims) == z3.unsat)

        def alone() -> tuple[tuple[How, tuple[Value, ...]], Z]:
            other = self.clock.check(solver, goal, variable != at, *told) != z3.unsat
            return ("such-as" if other else "exactly", ()), variable == at

        if f.type in (Type.CHOICE, Type.BOOLEAN):
            values = [v for v in plain(self.pack, f.type, tuple(f.choices or ())) if v != value]
            others = tuple(v for v in values if does(variable == self._constant(v)))
            claim = z3.Or([variable == self._constant(v) for v in (value, *others)])
            return ("one-of" if others else "exactly", others), claim
        if f.type is Type.TEXT:
            unnamed = self._unnamed(variable)
            return (("any", ()), z3.Or(unnamed, variable == at)) if value == SOME_TEXT and does(unnamed) else alone()
        step: Z = _CENT if f.type is Type.NUMBER else 1
        if does(variable > at) and not does(variable == at - step):
            return ("at-least", ()), variable >= at
        if does(variable < at) and not does(variable == at + step):
            return ("at-most", ()), variable <= at
        return alone()

    def _base(self, kind: Type, before: Value) -> int:
        """Where the search for a near value begins: in cents for numbers, in days for dates."""
        if isinstance(before, date):
            return before.toordinal()
        if before is not None:
            return round(Decimal(str(before)) * 100) if kind is Type.NUMBER else int(str(before))
        if kind is Type.DATE:
            return next((v.toordinal() for v in plain(self.pack, kind, ()) if isinstance(v, date)), 1)
        return 0
