"""Is there a record of which this holds? Asked of z3; the answer is yes with the smallest such records, no, or open.

In: a checked pack, a table, and a claim about a record of it. Out: an `Answer`. "No" is told only of a world with a rest, where
the records below are any number; "yes" only of one without, where all of them are there; what lies between is open, and so is
what z3 gives up on. The limit is one of steps, so that an answer does not depend on the machine; a `Clock` sets one of time
besides, which does.

An example, of the pack in `worlds`: is there a unit of which `open = 0` is unmet?

1. In the world of any number of issues, the count is a variable: z3 finds a model, so it is not impossible. Had it found none,
   the answer would be no. As the world left records out that are counted (`World.rests`), this shows nothing yet.
2. In the world of at most one issue the claim is not (If(units0.issues0.present and issues1.deadline.blank, 1, 0) = 0), and
   there is a model: yes. Had there been none in the worlds of 1, 3 and 8 issues, the question would be open.
3. `smallest` asks again with at most 0, 1, 2 … of these: units0.members not blank; units0.issues0.present; it, and
   issues1.deadline not blank. With 1 there is a model, and the plainest values of it are read off as an `Example`:

       units     unit_id units1
       issues    issue_id issues1, unit_id units1
"""

from __future__ import annotations

import math
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date

import z3

from lookback.language.types import TYPES, Column, Type, Value, sets_of, together
from lookback.packs.checked import CheckedPack
from lookback.packs.model import FieldDef
from lookback.proving._terms import Symbols
from lookback.proving._terms._words import Words as Words
from lookback.proving._terms._words import fraction as fraction
from lookback.proving._z3 import YES, Z, all_of, opposite
from lookback.proving.references import is_free, is_free_count
from lookback.proving.worlds import Beside, Rec, View, World
from lookback.words import Word

MOST_STEPS = 40_000_000
"""z3's steps for one question: some seconds."""
ROWS = (1, 3, 8)
"""How many records of each table below an example may have; more are tried only where fewer will not do."""
SMALL = 12
"""An example of up to so many values is the smallest there is; a larger one is only as small as leaving values out makes it."""

Claim = Callable[[View, Rec], Z]


@dataclass(frozen=True)
class Example:
    """Records that show something: for each table its records, each a mapping of the fields that are not blank; keys are
    `<table><number>`. `record` is the key of the one that it is about, `table` its table; `near` the keys of that one and of
    those that it belongs to, by table; `beside` that of the second record that the question was about, `params` the
    parameters, where they were free."""

    table: str
    record: Value
    records: Mapping[str, Sequence[Mapping[str, Value]]]
    near: Mapping[str, Value]
    beside: Value = None
    params: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """`holds` None: open, and `why`. `free`: it rests on functions that are left free, so that yes is only perhaps."""

    holds: bool | None
    example: Example | None = None
    why: Word | None = None
    free: bool = False


class Stopped(Exception):
    """Nobody waits for the answer any longer."""


class OutOfTime(Stopped):
    """The time for a question, or for all of them, is over."""


A_QUESTION = 6
"""One question may take this part of the time for all."""


class Clock:
    """How long z3 may take: for all questions, and for each a part of that. Without `seconds`, as long as its steps last."""

    def __init__(self, seconds: float | None = None) -> None:
        self.seconds = seconds
        self.end = self.question = math.inf if seconds is None else time.monotonic() + seconds

    @property
    def over(self) -> bool:
        return time.monotonic() >= self.end

    def next(self) -> None:
        """Begin with the next question. Raises OutOfTime."""
        if self.seconds is not None:
            self.question = min(self.end, time.monotonic() + self.seconds / A_QUESTION)
            if self.over:
                raise OutOfTime

    def check(self, solver: Z, *claims: Z) -> Z:
        """What a solver says. Raises OutOfTime."""
        if self.seconds is None:
            return solver.check(*claims)
        left = self.question - time.monotonic()
        if left <= 0:
            raise OutOfTime
        solver.set("timeout", max(1, int(left * 1000)))
        found = solver.check(*claims)
        if found == z3.unknown and time.monotonic() >= self.question - 0.05:
            raise OutOfTime
        return found


z3.set_param("ctrl_c", False)  # z3 would keep Ctrl-C to itself, and give up one question


@contextmanager
def interruptible() -> Iterator[None]:
    """With Ctrl-C z3 stops at once, and Python is told; it would be when z3 has answered. Only the main thread is."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard, told = socket.socketpair()
    told.setblocking(False)
    before = signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False)

    def listen() -> None:
        while sign := heard.recv(1):
            if sign[0] in (signal.SIGINT, signal.SIGTERM):
                z3.main_ctx().interrupt()

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        told.close()
        listener.join()
        heard.close()


@dataclass
class Asked:
    """A world, its view, and the solver that knows what holds in it."""

    world: World
    record: Rec
    view: View
    solver: Z
    stopped: Callable[[], bool]
    clock: Clock
    known: tuple[int, int] = (0, 0)
    """How many constraints of the world, and facts of its symbols, the solver has been told."""

    def check(self, *claims: Z) -> Z:
        """Whether there is a model of the world in which the claims hold."""
        self.learn()
        self.solver.push()
        try:
            self.solver.add(*claims)
            return self.ask()
        finally:
            self.solver.pop()

    def ask(self, *claims: Z) -> Z:
        """What the solver says as it stands. Raises Stopped."""
        if self.stopped():
            raise Stopped
        return self.clock.check(self.solver, *claims)

    def learn(self) -> None:
        constraints, facts = self.world.constraints, self.world.symbols.facts
        self.solver.add(*constraints[self.known[0] :], *facts[self.known[1] :])
        self.known = len(constraints), len(facts)


def earliest(solver: Z, ask: Callable[..., Z], terms: Sequence[Z], model: Z) -> Z:
    """Of the models of what a solver knows, by which as many of the terms hold, that by which the earliest do; the solver is told
    so. z3 has no order of its own that lasts: which model it comes upon depends on all that was asked before in the process.
    `model` has as few of the terms as there can be."""
    after = 0
    while (first := next((i for i in range(after, len(terms)) if is_true(model, terms[i])), None)) is not None:
        if first > after and ask(z3.Or(terms[after:first])) == z3.sat:
            model = solver.model()
        else:
            solver.add(*map(opposite, terms[after:first]), terms[first])
            after = first + 1
    return model


def is_true(model: Z, term: Z) -> bool:
    return bool(z3.is_true(model.eval(term, model_completion=True)))


def solver() -> Z:
    found = z3.Solver()
    found.set("rlimit", MOST_STEPS)
    found.set("random_seed", 0)
    return found


class Search:
    """Questions about a pack. Worlds are kept from one question to the next. `stopped` is asked before z3 is. `free`: the
    parameters that may have any value within their ranges."""

    def __init__(
        self,
        pack: CheckedPack,
        symbols: Symbols | None = None,
        stopped: Callable[[], bool] = lambda: False,
        *,
        free: Collection[str] = (),
        clock: Clock | None = None,
    ) -> None:
        self.pack, self.stopped, self.free, self.clock = pack, stopped, free, clock or Clock()
        self.symbols = symbols or Symbols([pack])
        self._asked: dict[tuple[str, int, bool, Beside | None], Asked] = {}

    def asked(self, table: str, rows: int, rest: bool, beside: Beside | None = None) -> Asked:
        key = (table, rows, rest, beside)
        if key not in self._asked:
            world = World(self.pack, self.symbols, rows=rows, rest=rest)
            world.free_params(self.free)
            self._asked[key] = Asked(world, world.around(table, beside), View(world), solver(), self.stopped, self.clock)
        return self._asked[key]

    def never(self, table: str, claim: Claim) -> bool:
        """Whether it is proved that the claim holds of no record."""
        free = self.asked(table, 0, True)
        return bool(free.check(claim(free.view, free.record)) == z3.unsat)

    def is_there(self, table: str, claim: Claim, *, example: bool = False, beside: Beside | None = None) -> Answer:
        """Whether there can be a record of which the claim holds; the smallest one, if an `example` is wanted. A claim about a
        second record says where this stands: `beside`."""
        free = self.asked(table, 0, True, beside)
        formula = claim(free.view, free.record)
        found = free.check(formula)
        if found == z3.unsat:
            return Answer(False)
        summed = bool(free.world.rests)
        if found == z3.sat and not summed and not example:
            return Answer(True, free=self.rests_on_free(formula))
        for rows in ROWS if summed else (0,):
            exact = self.asked(table, rows, False, beside)
            formula = claim(exact.view, exact.record)
            found = exact.check(formula)
            if found == z3.sat and example and (none := [count == 0 for count in self.parts(formula, is_free_count)]):
                if exact.check(formula, *none) == z3.unsat:  # the records of an example are not referred to by others
                    return Answer(None, why=self.unseen())
                formula = all_of([formula, *none])
            if found == z3.sat:
                shown = self.smallest(exact, formula) if example else None
                if example and shown is None:
                    return Answer(None, why=Word("free.steps"))
                return Answer(True, shown, free=self.rests_on_free(formula))
        summed_ = ", ".join(sorted(free.world.summed))
        return Answer(None, why=Word("free.rows", n=ROWS[-1], what=summed_) if found == z3.unsat else Word("free.steps"))

    def rests_on_free(self, formula: Z) -> bool:
        """Whether a formula names a function, or an aggregate, that is left free."""
        unseen = {name for name in self.symbols.free if not self.symbols.sees(name)}

        def free(node: Z) -> bool:
            return bool(node.num_args() and node.decl().name() in unseen) or is_free(node)

        return bool(unseen or self.pack.refers) and next(self.parts(formula, free), None) is not None

    def parts(self, formula: Z, wanted: Callable[[Z], bool]) -> Iterator[Z]:
        """The parts of a formula that are so, each once."""
        waiting, seen = [formula], set[int]()
        while waiting:
            node = waiting.pop()
            if node.get_id() not in seen:
                seen.add(node.get_id())
                if z3.is_app(node) and wanted(node):
                    yield node
                waiting += node.children()

    def unseen(self) -> Word:
        """Why z3 and the engine may differ: the functions that are left free, or that numbers are exact for z3."""
        free = sorted({name.split(" days_")[0] for name in self.symbols.free if not self.symbols.sees(name)})
        if self.pack.refers:
            return Word("free.references")
        return Word("free.functions", what=", ".join(free)) if free else Word("free.numbers")

    # -------------------------------------------------------------------------------------------------------- examples

    def smallest(self, asked: Asked, claim: Z) -> Example | None:
        """The records of the model with the fewest values, and the plainest of these; None where z3 gives up on it."""
        asked.learn()
        solver, scopes = asked.solver, asked.solver.num_scopes()
        solver.push()
        solver.add(claim)
        used = [*_filled(asked.world)]
        there = [record.present for record in reversed(asked.world.records) if not z3.is_true(record.present)]
        try:
            model = self._fewest(asked, used) or self._fewer(asked, [*there, *used])
            return self.example(asked, self._plainest(asked, model)) if model is not None else None
        finally:
            solver.pop(solver.num_scopes() - scopes)

    def _fewest(self, asked: Asked, used: Sequence[Z]) -> Z | None:
        """Hold the number of values down to the least there can be, where that is small: a model of it."""
        for most in range(min(SMALL, len(used)) + 1):
            asked.solver.push()
            asked.solver.add(z3.PbLe([(value, 1) for value in used], most) if used else YES)
            if asked.ask() == z3.sat:  # what was pushed is kept: the caller pops it with its own
                return earliest(asked.solver, asked.ask, used, asked.solver.model())
            asked.solver.pop()
        return None

    def _fewer(self, asked: Asked, used: Sequence[Z]) -> Z | None:
        """Leave out one value after the other, where it can be."""
        solver = asked.solver
        if asked.ask() != z3.sat:
            return None
        model = solver.model()
        for value in used:
            if is_true(model, value):
                if asked.ask(opposite(value)) == z3.sat:
                    model = solver.model()
                    solver.add(opposite(value))
            else:
                solver.add(opposite(value))
        return model

    def _plainest(self, asked: Asked, model: Z) -> Z:
        """Hold every value to a plain one, where it can be; `model` and what comes back are models of what is held."""
        solver = asked.solver
        for name, param in asked.world.params.items():
            as_set = self.pack.params[name]
            for value in (as_set, *(plain(self.pack, Type.DATE, ()) if isinstance(as_set, date) else ())):
                wanted = param.value == self.symbols.constant(value).value
                if asked.ask(wanted) == z3.sat:
                    model = solver.model()
                    solver.add(wanted)
                    break
        for record in asked.world.records:
            if not is_true(model, record.present):
                solver.add(opposite(record.present))
                continue
            for id_, f in _given(self.pack, record.table):
                term = record.fields[id_]
                if is_true(model, term.blank):
                    solver.add(term.blank)
                    continue
                # texts are numbers here, and those that the pack names 0, 1, 2 …: one below 0 is a text that it does not name,
                # which is made up so as to read well; so it shall be, where it can
                unnamed = f.type is Type.TEXT and not self.symbols.ordered
                if unnamed and asked.ask(term.value < 0) == z3.sat:
                    model = solver.model()
                    solver.add(term.value < 0)
                for value in plain(self.pack, f.type, tuple(f.choices or ())):
                    wanted = term.value == self.symbols.constant(value).value
                    if asked.ask(wanted) == z3.sat:
                        model = solver.model()
                        solver.add(wanted)
                        break
        return model

    def example(self, asked: Asked, model: Z) -> Example:
        """A model's records, as values."""
        pack, world = self.pack, asked.world
        present = [r for r in world.records if is_true(model, r.present)]
        words = Words(self.symbols, model)
        keys = self._keys(present, words, model)
        records: dict[str, list[dict[str, Value]]] = {}
        values: dict[str, Value]
        for table in pack.top_down():
            definition, parent_key = pack.tables[table], pack.parent_key(table)
            for record in (r for r in present if r.table == table):
                values = {definition.key: keys[record]}
                if parent_key is not None and record.parent is not None:
                    values[parent_key] = keys[record.parent]
                for id_, f in _given(pack, table):
                    term = record.fields[id_]
                    if id_ not in values and not is_true(model, term.blank):
                        values[id_] = words.value(model.eval(term.value, model_completion=True), f.type)
                records.setdefault(table, []).append(values)
        near = {record.table: keys[record] for record in reversed(present)}  # the first of each table was there first
        other = asked.record.beside
        types = pack.pack.header.params
        params = {
            name: words.value(model.eval(term.value, model_completion=True), types[name].type)
            for name, term in world.params.items()
        }
        beside = keys[other] if other is not None else None
        return Example(asked.record.table, keys[asked.record], records, near, beside, params)

    def _keys(self, present: Sequence[Rec], words: Words, model: Z) -> dict[Rec, Value]:
        """A key for every record: made up, unless a rule or fact looks at it."""
        named = {c for r in self.pack.rules for a in r.atoms for c in a.columns} | {c for f in self.pack.facts for c in f.columns}
        numbers: Counter[str] = Counter()
        keys: dict[Rec, Value] = {}
        for record in present:
            definition = self.pack.tables[record.table]
            kind = definition.fields[definition.key].type
            numbers[record.table] += 1
            if Column(record.table, definition.key) in named:
                keys[record] = words.value(model.eval(record.fields[definition.key].value, model_completion=True), kind)
            else:
                keys[record] = numbers[record.table] if kind is Type.INTEGER else f"{record.table}{numbers[record.table]}"
        return keys


def _given(pack: CheckedPack, table: str) -> Iterator[tuple[str, FieldDef]]:
    """The fields of which an example says something: those that records bring, and what is looked up for them."""
    yield from pack.tables[table].columns.items()
    yield from pack.tables[table].looked_up.items()


def _filled(world: World) -> Iterator[Z]:
    """What counts: a record below that is there, a value of a record that is there."""
    for record in world.records:
        if not z3.is_true(record.present):
            yield record.present
        for term in record.fields.values():
            if not z3.is_false(term.blank):
                yield all_of([record.present, opposite(term.blank)])


def plain(pack: CheckedPack, kind: Type, choices: Sequence[str]) -> list[Value]:
    """Values that read well, the plainest first."""
    if kind is Type.CHOICE:
        return list(choices)
    if kind is Type.CHOICES:
        return list(sets_of(choices) or (*choices, together(choices)))
    if kind is Type.DATE:
        days = [value for value in pack.params.values() if isinstance(value, date)] or [date(2020, 1, 1)]
        numbers = [day.toordinal() + by for by in (0, -1, 1, -30, 30, -100, 100, -365, 365) for day in dict.fromkeys(days)]
        return [date.fromordinal(n) for n in numbers if date.min.toordinal() <= n <= date.max.toordinal()]
    return list(TYPES[kind].plain)
