"""A unit's records -> the least changes that would bring a verdict about.

In: a checked pack, the records of one unit, an outcome. Out: up to three ways, each a set of values to change, those with the
fewest changes first; each was judged by the real engine before it is told. What is `fixed` in `records.yaml` stays, what is
filled in is not emptied, values stay within a field's `least` and `most`. Where changes of values cannot do it, records may be
added. Values that are said to be free (`at-least`, `one-of`, …) are so all at once, whatever is taken for each.

A unit of many records is taken apart: each record below by itself, then the unit. What comes out then need not be the least, and
what is free is tried by the engine at its ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING

from lookback.language import conditions as logic
from lookback.language.types import LARGEST_NUMBER, Value
from lookback.packs.checked import CheckedPack
from lookback.reviews.referred.kept import kept_as_is, of_others

if TYPE_CHECKING:
    from lookback.judging.decider import Decider
    from lookback.judging.trial import Got, RecordKey, Trial
    from lookback.proving.changes import Chosen, How, MayChange, Problem, Records
    from lookback.proving.search import Clock

MOST_TOGETHER = 40
"""Records of a unit up to which all of them are solved at once."""
MOST_WAYS = 3
MOST_LARGER = 2
"""How many times the changes of the first way another may have: beyond, it makes up in one place for what it breaks elsewhere."""
ADDED = (3, 8)
"""How many records of each table may be added; more are tried only where fewer will not do."""
FAR, FAR_NUMBER, FAR_DAYS = 2**40, 10**9, 36_500
"""How far beyond its bound a number is tried, and a day."""


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
    others: tuple[Value, ...]
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
    sure that no way has fewer changes than the first, and that there is none where none is told. `lost`: the records with rules
    whose result is lost; what they rest on is taken as blank. `no_time`: it was not searched to the end for want of time."""

    verdict: str
    target: str
    ways: tuple[Way, ...]
    least: bool = True
    hindered: tuple[str, ...] = ()
    lost: tuple[RecordKey, ...] = ()
    no_time: bool = False


def fix(
    pack: CheckedPack,
    records: Records,
    target: str,
    by: Sequence[str] = (),
    decider: Decider = "durable",
    got: Mapping[RecordKey, Got] | None = None,
    timeout: float | None = None,
) -> Fix:
    """The least changes of one unit's records that give it the verdict `target`, or a better one.

    `records`: every table's, typed, keys unique, the unit the only one of the root table. `by`: only what these may change.
    `got`: what became of the records, where a review says it. `timeout`: so many seconds for z3.
    """
    from lookback.judging.trial import Trial

    whole = {t: [{**dict.fromkeys(pack.tables[t].fields), **row} for row in rows] for t, rows in records.items()}
    known = Trial(pack, decider).judge(whole) if got is None else got
    kept, across = bool(of_others(pack)), {fact.table for fact in pack.across_units()}
    pack, records = kept_as_is(pack, records, lambda table, key: known[table, key].facts)
    full = {t: [{**dict.fromkeys(pack.tables[t].fields), **row} for row in rows] for t, rows in records.items()}
    trial = Trial(pack, decider)
    got = known
    verdict = got[_unit(pack, full)].verdict
    lost = tuple(key for key, of in got.items() if any(logic.lost(pack.by_id[r], values) for r, values in of.situations.items()))
    rank = pack.outcomes.index(target)
    if pack.outcomes.index(verdict) <= rank:
        return Fix(verdict, target, (), lost=lost)
    from lookback.proving.search import Clock, OutOfTime, interruptible

    fixer = _Fixer(trial, full, got, rank, by, Clock(timeout))
    together = sum(map(len, records.values())) <= MOST_TOGETHER
    try:
        with interruptible():
            ways = fixer.ways(full, fixer.changes.may_change) if together else fixer.apart()
            ways = [way for way in ways if not any(c.added and c.table in across for c in way.changes)]  # which others would see
            hindered = () if ways else tuple(fixer.hindered())
    except OutOfTime:
        return Fix(verdict, target, tuple(fixer.found), least=False, lost=lost, no_time=True)
    return Fix(verdict, target, tuple(ways), together and fixer.sure and not kept, hindered, lost)


def _unit(pack: CheckedPack, records: Records) -> RecordKey:
    return pack.root, records[pack.root][0][pack.tables[pack.root].key]


class _Fixer:
    """The ways for one unit. `got`: what became of its records; `rank`: that of the wanted outcome."""

    def __init__(
        self, trial: Trial, records: Records, got: Mapping[RecordKey, Got], rank: int, by: Sequence[str], clock: Clock
    ) -> None:
        from lookback.proving.changes import Changes

        self.trial, self.pack, self.records, self.got, self.rank = trial, trial.pack, records, got, rank
        self.changes = Changes(self.pack, records, by, clock)
        self.made: dict[Change, Chosen] = {}
        """What each change that is told was made of."""
        self.found: list[Way] = []
        """Ways of the unit by which all is done, as they are found."""
        self.sure = True
        """Whether z3 gave up nowhere, and the engine agreed with every way."""

    def ways(self, records: Records, may_change: MayChange) -> list[Way]:
        """Up to three sets of changes, the smallest first; with new records where values alone will not do: of the tables that
        the unit's hindered rules count."""
        problem = self.changes.problem(records, may_change)
        ways = self._ways(problem, records, MOST_WAYS)
        counted = {table for rule in self._hindered(problem) for table, _ in self.changes.rests_on[rule]} if not ways else set()
        tables = counted & set(self.pack.children(self.pack.root))
        for added in ADDED if tables else ():
            ways = ways or self._ways(self.changes.problem(records, may_change, added, tables), records, 1)
        return ways

    def _ways(self, problem: Problem, records: Records, most: int) -> list[Way]:
        goal = problem.no_worse(problem.unit, self.rank)
        found: list[Way] = []
        for made in islice(problem.sets(goal), 2 * most):  # one that the engine does not agree with is left out
            if made is None:
                self.sure = False
                break
            if found and len(made) > MOST_LARGER * len(found[0].changes):
                break
            chosen = self.changes.chosen(problem, goal, made)
            if chosen is None:
                self.sure = False
                continue
            way = self._way(records, chosen)
            agreed = self.pack.outcomes.index(way.verdict) <= self.rank
            self.sure &= agreed
            found += [way] if agreed else []
            self.found += [way] if agreed and records is self.records else []  # not where something was changed before
            if len(found) == most:
                break
        return found

    def apart(self) -> list[Way]:
        """Each record below by itself, the lowest first, then the unit with them as they are then."""
        from lookback.proving.changes import Changes

        records, done = self.records, list[Change]()
        for table in reversed([*self.pack.top_down()][1:]):
            name = self.pack.tables[table].key
            for key in [row[name] for row in self.records.get(table, ())]:
                if self.pack.outcomes.index(self.got[table, key].verdict) <= self.rank:
                    continue
                row = next(row for row in records[table] if row[name] == key)
                near = self.changes.near(records, table, row)
                problem = self.changes.problem(near, lambda t, f, table=table: t == table and self.changes.may_change(t, f))  # type: ignore[misc]
                goal = problem.no_worse(problem.record(table, key), self.rank)
                if (made := next(problem.sets(goal), None)) and (chosen := self.changes.chosen(problem, goal, made)):
                    records = self._changed(records, chosen)
                    done += map(self._change, chosen)
                    if not self.changes.knows(records):
                        both = {of: [*self.records.get(of, ()), *rows] for of, rows in records.items()}
                        self.changes = Changes(self.pack, both, self.changes.by, self.changes.clock)
        way = self._way(records, ())
        if self.pack.outcomes.index(way.verdict) <= self.rank:
            ways = [replace(way, changes=())] if done else []
        else:
            ways = self.ways(records, lambda table, id_: table == self.pack.root and self.changes.may_change(table, id_))
        return [self._tried(replace(one, changes=(*done, *one.changes))) for one in ways]

    def _tried(self, way: Way) -> Way:
        """A way put together of parts, with what is free in them where the engine agrees with all ends of it at once."""
        from lookback.proving.changes import SOME_TEXT

        def taken(change: Change, end: int) -> Value:
            if end < len(change.others):
                return change.others[end]
            if change.how == "any":
                return f"{SOME_TEXT}{end}"
            sign = {"at-least": 1, "at-most": -1}.get(change.how, 0)
            if isinstance(change.after, date):
                day = change.after.toordinal() + sign * FAR_DAYS
                return date.fromordinal(min(max(day, 1), date.max.toordinal()))
            if isinstance(change.after, Decimal):
                far: Decimal = min(max(change.after + sign * FAR_NUMBER, -LARGEST_NUMBER), LARGEST_NUMBER)
                return far
            return change.after + sign * FAR if sign and isinstance(change.after, int) else change.after

        for end in range(max((len(change.others) for change in way.changes), default=0) + 1):
            chosen = [replace(self.made[change], after=taken(change, end)) for change in way.changes]
            got = self.trial.judge(self._changed(self.records, chosen))
            if self.pack.outcomes.index(got[_unit(self.pack, self.records)].verdict) > self.rank:
                free = ("at-least", "at-most", "one-of")
                plain = [replace(c, how="such-as", others=()) if c.how in free else c for c in way.changes]
                return replace(way, changes=tuple(plain))
        return way

    # ------------------------------------------------------------------------------------------------- changes, as told

    def _way(self, records: Records, chosen: Sequence[Chosen]) -> Way:
        """A way, judged by the engine."""
        got = self.trial.judge(self._changed(records, chosen))
        return Way(tuple(map(self._change, chosen)), got[_unit(self.pack, records)].verdict)

    def _changed(self, records: Records, chosen: Sequence[Chosen]) -> Records:
        keys = {table: definition.key for table, definition in self.pack.tables.items()}
        found = {table: {row[keys[table]]: dict(row) for row in rows} for table, rows in records.items()}
        for one in chosen:
            found.setdefault(one.table, {}).setdefault(one.row[keys[one.table]], dict(one.row))[one.field] = one.after
        return {table: list(rows.values()) for table, rows in found.items()}

    def _change(self, one: Chosen) -> Change:
        key, by = self.pack.tables[one.table].key, self.pack.tables[one.table].fields[one.field].by
        rules = () if one.added else tuple(self._found_with(one.table, one.row[key], one.field))
        before = None if one.added else one.row[one.field]
        found = Change(one.table, one.row[key], one.field, before, one.after, one.how, one.others, by, rules, one.added)
        self.made[found] = one
        return found

    def _found_with(self, table: str, key: Value, id_: str) -> Iterator[str]:
        """The rules found on a record that rest on a field."""
        statuses = self.got[table, key].statuses
        for rule in self.pack.rules_for(table):
            if statuses.get(rule.id) in ("unmet", "unknown") and (table, id_) in self.changes.rests_on[rule.id]:
                yield rule.id

    # ------------------------------------------------------------------------------------------------------ hindrances

    def hindered(self) -> list[str]:
        """The unit's rules that no change settles, each by itself; all that are found, where each alone could be."""
        return self._hindered(self.changes.problem(self.records, self.changes.may_change))

    def _hindered(self, problem: Problem) -> list[str]:
        statuses, rank = self.got[_unit(self.pack, self.records)].statuses, self.pack.outcomes.index
        found = [
            rule
            for rule in self.pack.rules_for(self.pack.root)
            if statuses.get(rule.id) in ("unmet", "unknown")
            and max(rank(rule.rule.otherwise), rank(rule.rule.outcome_if_unknown)) > self.rank
        ]
        return problem.stuck(problem.unit, found) or [rule.id for rule in found]
