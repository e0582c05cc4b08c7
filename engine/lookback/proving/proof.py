"""What can be said of a pack for every possible record: rules that are dead, repeated or in contradiction, outcomes that cannot
be reached, groups with gaps, blanks that help, limits that end a rule.

In: a checked pack. Out: a `Proof`: what was found, each with its mistake and, where one record shows it, the smallest such
example, judged by the real engine; what the pack says of blanks inside aggregates, where one helps by that; and what stayed open,
and why. Nothing is said to be impossible unless z3 proved it. What can be is not asked of z3 where a record that was judged
before, as those of the pack's tests, shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from itertools import combinations, permutations
from typing import Any, TypeVar

from lookback.judging.decider import Decider
from lookback.judging.trial import Got, Trial
from lookback.language.conditions import ALWAYS, truth
from lookback.language.types import TYPES, Column, Value
from lookback.packs.checked import CheckedPack, CheckedRule
from lookback.packs.graph import Graph
from lookback.packs.model import said_of
from lookback.packs.params import REVIEW_DAY, default_params, limits
from lookback.packs.references import end_of
from lookback.proving._claims import SEEN, Part, blankable, connected, ended, helped, states, wheres
from lookback.proving._questions import Found as Found
from lookback.proving._questions import LeftOpen, Question, Tell, Witnesses
from lookback.proving._questions import Proof as Proof
from lookback.proving._z3 import Z, all_of, any_of, opposite
from lookback.proving.examples import Shown, shown, stated
from lookback.proving.references import uncounted
from lookback.proving.references.planting import real_of, with_and_without
from lookback.proving.search import Answer, Claim, Clock, Example, OutOfTime, Search, interruptible
from lookback.proving.worlds import Beside, Rec, View
from lookback.words import Word
from lookback.words.errors import Help, Mistake
from lookback.words.source import Path

_Part = TypeVar("_Part")
MOST_OPEN = 2_000
"""So many open questions are told one by one when time is over; thousands of rules make millions."""


def prove(
    pack: CheckedPack,
    progress: Callable[[int], None] = lambda asked: None,
    decider: Decider = "durable",
    *,
    any_day: bool = True,
    all_params: bool = False,
    timeout: float | None = None,
    tell: Callable[[Found], None] = lambda found: None,
    witnesses: Witnesses = tuple,
) -> Proof:
    """Ask everything of a pack. `decider`: who judges the examples. `timeout`: so many seconds for all of it, and a sixth for a
    question; what is left is open. `progress` is told how many questions were asked, `tell` what is found at once. `any_day`:
    the day of the review may be any, else it is as the pack has it, as are the other parameters. `all_params`:
    whether a blank helps, and whether a group has a gap, is asked of every value of the parameters within their ranges, in every
    combination; the rest of them as they are. `witnesses`: records with these parameters, those apart that may be any."""
    days = {REVIEW_DAY} if any_day else set[str]()
    prover = _Prover(pack, decider, days, all_params, Clock(timeout), tell, witnesses)
    parts = [prover.rules, prover.pairs, prover.outcomes, prover.groups, prover.blanks, prover.limits, prover.counted]
    asked = [(prover, part) for part in parts]
    if pack.whole is not None:
        of_review = _OfReview(pack.whole, decider, days, all_params, prover.clock, tell, witnesses)
        of_review.proof = prover.proof
        asked += [(of_review, of_review.rules), (of_review, of_review.limits)]
    with interruptible():
        for by, question in ((by, question) for by, part in asked for question in part()):
            by.ask(question)
            progress(sum(prover.proof.asked.values()))
            if len(prover.proof.left_open) > MOST_OPEN and prover.clock.over:
                prover.open("open.rest", {}, Word("free.time"))
                break
    return prover.proof


class _Prover:
    """Each part gives one question after the other, and may look at what became of those before."""

    of_rules = "rules"  # what questions about rules alone are counted as

    def __init__(
        self,
        pack: CheckedPack,
        decider: Decider,
        days: set[str],
        all_params: bool,
        clock: Clock,
        found: Callable[[Found], None],
        witnesses: Witnesses,
    ) -> None:
        self.pack, self.decider, self.days, self.clock, self.found = pack, decider, days, clock, found
        self.trials: dict[tuple[Value, ...], Trial] = {}
        self.search = Search(pack, free=days, clock=clock)
        self.of_all_params = Search(pack, free=pack.params, clock=clock) if all_params else self.search
        self.proof = Proof()
        self.paths: dict[str, Path] = {rule.rule: path for path, rule in pack.pack.rules}
        self.dead: set[str] = set()
        self.contradicting: set[tuple[str, str]] = set()
        self.helping: set[tuple[Column, str]] = set()
        """The fields of which a blank makes the verdict of a table better."""
        self.last: bool | None = None
        """The answer to the last question."""
        self.graph = Graph(pack)
        self.witnesses = witnesses

    @cached_property
    def judged(self) -> dict[str, list[Got]]:
        """The witnesses of each table, those that show the same once."""
        alike: dict[str, dict[object, Got]] = {table: {} for table in self.pack.tables}
        for table, one in ((table, one) for table, one in self.witnesses() if table in alike):
            alike[table].setdefault((one.verdict, *one.statuses.items()), one)
        return {table: list(ones.values()) for table, ones in alike.items()}

    # -------------------------------------------------------------------------------------------------------- answers

    def ask(self, question: Question) -> None:
        """Answer a question, or leave it open for want of time."""
        self.count(question.kind)
        self.last = None
        try:
            self.clock.next()
            self.answer(question)
        except OutOfTime:
            self.open(question.code, question.args, Word("free.time"))

    def answer(self, question: Question) -> None:
        """A yes that is wrong is shown by an example, and so is a good one where z3 does not see all: the
        engine has to agree with it."""
        if any(map(question.seen, self.judged[question.table])):
            self.last = True
            return
        search = self.of_all_params if question.all_params else self.search
        answer = search.is_there(question.table, question.claim, example=question.bad, beside=question.beside)
        examples: Sequence[Shown] = ()
        if answer.holds and answer.free and not question.bad:
            answer = self.perhaps(question)
        if answer.example is not None:
            examples = question.agrees(answer.example)
            answer = answer if examples else Answer(None, why=search.unseen())
        if answer.why is not None:
            self.open(question.code, question.args, answer.why)
        if answer.holds is question.bad:
            question.tell(examples)
        self.last = answer.holds

    def perhaps(self, question: Question) -> Answer:
        """What is known where something is possible with whatever is left free."""
        return self.search.is_there(question.table, question.claim, example=True)

    def count(self, kind: str) -> None:
        self.proof.asked[kind] = self.proof.asked.get(kind, 0) + 1

    def open(self, code: str, args: Mapping[str, Any], why: Word) -> None:
        self.proof.left_open.append(LeftOpen(Word(code, **args), why))

    def tell(
        self, code: str, path: Path, args: Mapping[str, Any], examples: Sequence[Shown] = (), help: Help | None = None
    ) -> None:
        self.proof.found.append(Found(Mistake(code, self.pack.pack.span(path), dict(args), help), tuple(examples)))
        self.found(self.proof.found[-1])

    def shown(self, example: Example) -> Shown:
        """Judged with the example's parameters."""
        key = tuple(example.params.values())
        if key not in self.trials:
            self.trials[key] = Trial(replace(self.pack, params={**self.pack.params, **example.params}), self.decider)
        return shown(self.trials[key], example)

    def where(self, holds: Callable[[Shown], bool]) -> Callable[[Example | None], list[Shown]]:
        """An example, judged, if there is one, and that holds of it."""

        def agreeing(example: Example | None) -> list[Shown]:
            real = real_of(self.pack, example) if example is not None else None
            return [one for one in ([self.shown(real)] if real is not None else []) if holds(one)]

        return agreeing

    def fewest(self, table: str, parts: Sequence[_Part], claim: Callable[[_Part, View, Rec], Z]) -> list[_Part]:
        """As few parts as can be of those of which no record has all."""
        kept = list(parts)
        for part in parts:
            others = [p for p in kept if p is not part]
            try:
                needless = self.search.is_there(table, _all(others, claim)).holds is False
            except OutOfTime:
                return kept
            kept = others if needless else kept
        return kept

    # ---------------------------------------------------------------------------------------------------- rules alone

    def rules(self) -> Iterator[Question]:
        """Every rule can apply, be met, be unmet."""
        for rule in self.pack.rules:
            for code, claim, key, parts in states(rule):
                if rule.id not in self.dead:  # a rule that never applies is never met either
                    yield self.state(rule, code, claim, key, parts)

    def state(self, rule: CheckedRule, code: str, claim: Claim, key: str, parts: Sequence[Part]) -> Question:
        def tell(_: object) -> None:
            """With the fewest of the conditions that exclude each other."""
            words = [f"`{part.words}`" for part in self.fewest(rule.table, parts, lambda part, v, r: part.claim(v, r))]
            one: Help | None = ("help.never-so", {"condition": words[0]}) if words else None
            help_: Help | None = ("help.exclude", {"conditions": ", ".join(words)}) if len(words) > 1 else one
            self.tell(code, (*self.paths[rule.id], key), {"rule": rule.id}, help=help_)
            self.dead |= {rule.id} if code != "rule-always-applies" else set()

        def seen(one: Got) -> bool:
            return SEEN[code](one.statuses[rule.id])

        agrees = self.where(lambda s: seen(s.one))
        return Question(self.of_rules, rule.table, claim, f"open.{code}", {"rule": rule.id}, agrees, tell, seen=seen)

    # --------------------------------------------------------------------------------------------------- pairs of rules

    def pairs(self) -> Iterator[Question]:
        """No rule is implied by another, no two contradict each other; what says that it repeats another does."""
        repeated = connected((r.id, r.rule.repeats) for r in self.pack.rules if r.rule.repeats)
        for rule in self.pack.rules:
            if rule.rule.repeats is not None and self.as_set(rule, other := self.pack.by_id[rule.rule.repeats]):
                yield self.repeats(rule, other)
        for table in self.pack.tables:
            alive = [rule for rule in self.pack.rules_for(table) if rule.id not in self.dead]
            fields = {rule.id: self.graph.fields(rule) for rule in alive}
            near = [(a, b) for a, b in combinations(alive, 2) if fields[a.id] & fields[b.id]]
            for one, other in near:
                yield self.contradict(one, other)
                if self.last and (one.when != ALWAYS or other.when != ALWAYS):
                    self.contradict_where_both_apply(one, other)
            apart = [(a, b) for a, b in near if (a.id, b.id) not in self.contradicting]
            for a, b in (pair for one in apart for pair in permutations(one)):
                if frozenset((a.id, b.id)) not in repeated and self.graph.outcomes(a):  # a remark changes no verdict
                    yield self.implied(a, b)

    def implied(self, rule: CheckedRule, by: CheckedRule) -> Question:
        args = {"rule": rule.id, "by": by.id}

        def tell(_: object) -> None:
            found = self.search.is_there(rule.table, lambda v, r: v.gives_at_least(r, rule, 1), example=True)
            examples = self.where(lambda s: self.rank_of(s.one, rule) > 0)(found.example)
            if examples:
                help_: Help = ("help.say-repeats", {"by": by.id})
                self.tell("rule-implied", (*self.paths[rule.id], "rule"), args, examples, help_)
            else:  # it may be dead, which was left open: then nothing is needless because of another
                self.open("open.implied", args, found.why or self.search.unseen())

        claim, seen = self.worse(rule, by), partial(self.ranked_above, rule, by)
        return Question("pairs", rule.table, claim, "open.implied", args, self.where(lambda s: seen(s.one)), tell, seen=seen)

    def repeats(self, rule: CheckedRule, other: CheckedRule) -> Question:
        args = {"rule": rule.id, "other": other.id}
        tell = partial(self.tell, "repeats-other", (*self.paths[rule.id], "repeats"), args)
        claim, agrees = self.worse(rule, other), self.where(lambda s: self.ranked_above(rule, other, s.one))
        return Question("repeats", rule.table, claim, "open.repeats", args, agrees, tell, bad=True)

    def as_set(self, *rules: CheckedRule) -> bool:
        """Whether what rules rest on, and count, is reckoned with the pack's own parameters: of these `repeats` speaks."""
        default = default_params(self.pack.pack)
        named = {name for rule in rules for name in self.graph.behind(rule, counted=True).params}
        return all(self.pack.params[name] == default[name] for name in named - self.days)

    def worse(self, one: CheckedRule, other: CheckedRule) -> Claim:
        """One rule alone gives the record a worse outcome than the other."""
        ranks = range(1, len(self.pack.outcomes))
        return lambda v, r: any_of(
            all_of([v.gives_at_least(r, one, rank), opposite(v.gives_at_least(r, other, rank))]) for rank in ranks
        )

    def ranked_above(self, one: CheckedRule, other: CheckedRule, of: Got) -> bool:
        return self.rank_of(of, one) > self.rank_of(of, other)

    def rank_of(self, of: Got, rule: CheckedRule) -> int:
        """How bad an outcome a rule by itself gives a record."""
        outcome = rule.outcome(of.statuses[rule.id])
        return 0 if outcome is None else self.pack.outcomes.index(outcome)

    def contradict(self, one: CheckedRule, other: CheckedRule) -> Question:
        """Some record has no finding of either rule."""

        def seen(of: Got) -> bool:
            return not _found(of, one, other)

        agrees = self.where(lambda s: seen(s.one))
        tell = partial(self.contradicts, "rules-contradict", one, other, lambda v, r: v.rule(r, one).met)
        args, neither = {"rule": one.id, "other": other.id}, _all((one, other), lambda of, v, r: opposite(v.rule(r, of).found))
        return Question("pairs", one.table, neither, "open.contradict", args, agrees, tell, seen=seen)

    def contradict_where_both_apply(self, one: CheckedRule, other: CheckedRule) -> None:
        """Tell it where two rules leave none of those records without a finding to which both apply, though each by itself can
        be met there."""

        def met(*rules: CheckedRule) -> Claim:
            def claim(view: View, record: Rec) -> Z:
                both = [view.rule(record, rule).when.true for rule in (one, other)]
                return all_of([*both, *(view.rule(record, rule).met for rule in rules)])

            return claim

        if any(got.statuses[one.id] == got.statuses[other.id] == "met" for got in self.judged[one.table]):
            return
        try:
            self.clock.next()
            together = self.search.is_there(one.table, met(one, other))
            if together.holds or not all(self.search.is_there(one.table, met(rule)).holds for rule in (one, other)):
                return
        except OutOfTime:
            self.open("open.contradict", {"rule": one.id, "other": other.id}, Word("free.time"))
            return
        if together.holds is False:
            self.contradicts("rules-contradict-where", one, other, met(one))
        else:
            self.open("open.contradict", {"rule": one.id, "other": other.id}, together.why or Word("free.steps"))

    def contradicts(self, code: str, one: CheckedRule, other: CheckedRule, where: Claim, _: object = None) -> None:
        self.contradicting.add((one.id, other.id))
        met = self.search.is_there(one.table, where, example=True)
        examples = self.where(lambda s: s.one.statuses[one.id] == "met")(met.example)
        self.tell(code, (*self.paths[other.id], "require"), {"rule": one.id, "other": other.id}, examples)

    # ---------------------------------------------------------------------------------------------- outcomes and groups

    def outcomes(self) -> Iterator[Question]:
        """Every outcome that the rules for a table name, and the best one, is the verdict of some record."""
        best = self.pack.outcomes[0]
        named: set[str] = {best}
        for table in (t for t, definition in self.pack.tables.items() if not definition.reference):
            rules = [rule for rule in self.pack.rules_for(table) if rule.id not in self.dead]
            wanted = {o for rule in rules for o in (rule.rule.otherwise, rule.rule.outcome_if_unknown)}
            named |= wanted
            for rank, outcome in enumerate(self.pack.outcomes):
                if outcome in wanted or outcome == best:
                    yield self.outcome(table, rules, rank)
        for rank, outcome in enumerate(self.pack.outcomes):
            if outcome not in named and not self.dead:
                self.tell("outcome-unnamed", self.path_of(rank), {"outcome": outcome})

    def path_of(self, rank: int) -> Path:
        return (self.pack.pack.files[0].name, "outcomes", rank, "outcome")

    def outcome(self, table: str, rules: Sequence[CheckedRule], rank: int) -> Question:
        outcome = self.pack.outcomes[rank]
        args = {"table": table, "outcome": outcome}

        def verdict(view: View, record: Rec) -> Z:
            last = rank + 1 == len(self.pack.outcomes)
            beyond = [] if last else [opposite(view.at_least(record, rank + 1))]
            return all_of([view.at_least(record, rank), *beyond])

        def tell(_: object) -> None:
            if self._told(table, rules):
                return
            path, help_ = self.path_of(rank), None
            if rank == 0:  # the fewest rules because of which no record passes, in the pack's order
                kept = self.fewest(table, rules, lambda rule, v, r: opposite(v.rule(r, rule).found))
                path = (*self.paths[kept[-1].id], "require") if kept else path
                help_ = ("help.because-of", {"rules": ", ".join(f"`{rule.id}`" for rule in kept)}) if kept else None
            self.tell("outcome-unreachable", path, args, help=help_)

        agrees = self.where(lambda s: s.one.verdict == outcome)
        return Question("outcomes", table, verdict, "open.outcome", args, agrees, tell, seen=lambda one: one.verdict == outcome)

    def _told(self, table: str, rules: Sequence[CheckedRule]) -> bool:
        """Whether a contradiction of these rules, or one for their table that can never be met, was told: that comes first."""
        ids = {rule.id for rule in rules}
        hopeless = {f.mistake.args["rule"] for f in self.proof.found if f.mistake.code == "rule-never-met"}
        if any(rule.id in hopeless for rule in self.pack.rules_for(table)):
            return True
        return any(f.mistake.code == "rules-contradict" and f.mistake.args["rule"] in ids for f in self.proof.found)

    def groups(self) -> Iterator[Question]:
        """Of the records on which the `when`s of a group are known, exactly one, or at least one, is true; other units aside."""
        for path, group in self.pack.pack.groups:
            rules = [self.pack.by_id[r] for r in group.rules]
            args = {"rules": ", ".join(group.rules)}
            tell = partial(self.tell, "group-gap", (*path, group.kind), args)
            yield self.group(rules, False, args, tell)
            for one, other in combinations(rules, 2) if group.exactly_one is not None else ():
                tell = partial(self.tell, "group-overlap", (*path, "exactly_one"), {"rule": one.id, "other": other.id})
                yield self.group((one, other), True, {"rules": f"{one.id}, {other.id}"}, tell)

    def group(self, rules: Sequence[CheckedRule], apply: bool, args: Mapping[str, Any], tell: Tell) -> Question:
        """All of some rules apply, or none does."""

        def none(rule: CheckedRule, view: View, record: Rec) -> Z:
            return all_of([view.condition(record, rule, rule.own).false, view.condition(record, rule, rule.shared).true])

        def alike(one: Got) -> bool:
            same = all((one.statuses[rule.id] != "not applicable") == apply for rule in rules)
            return same and (apply or all(truth(rule.shared, one.situations[rule.id]) == "t" for rule in rules))

        claim = _all(rules, lambda rule, v, r: v.rule(r, rule).when.true if apply else none(rule, v, r))
        agrees = self.where(lambda s: alike(s.one))
        return Question("groups", rules[0].table, claim, "open.group", args, agrees, tell, bad=True, all_params=True)

    # -------------------------------------------------------------------------------------------------------- blanks

    def blanks(self) -> Iterator[Question]:
        """No verdict gets better because a value is left blank: of the record, of those above it, of those below it."""
        for args in uncounted(self.pack):
            self.open("open.uncounted", args, Word("free.references"))
        for column in blankable(self.pack):
            for judged in sorted(self.graph.touched(column), key=lambda judged: judged != column.table):
                for beside in wheres(self.graph, column, judged):
                    yield self.blank(column, judged, beside)
                    if self.last:
                        self.helping.add((column, judged))
                        break

    def counted(self) -> Iterator[Question]:
        """Where a verdict gets better because a value is left blank that aggregates name: what the pack says of it there."""
        inside = {table: self.graph.inside(table) for table in self.pack.tables}
        for column in blankable(self.pack):
            for judged in (table for table in self.pack.tables if column in inside[table]):
                for beside in wheres(self.graph, column, judged, inside=True) if (column, judged) not in self.helping else ():
                    yield self.blank(column, judged, beside, inside=True)
                    if self.last:
                        break

    def blank(self, column: Column, judged: str, beside: Beside | None, *, inside: bool = False) -> Question:
        """Leaving a field blank makes a verdict of the table `judged` better; by what is counted `inside` aggregates, too."""
        around = column.table if beside is None and judged in self.pack.above(column.table) else judged
        args = {"field": said_of(column.name), "table": column.table, "judged": judged}

        def tell(pair: Sequence[Shown]) -> None:
            of = end_of(self.pack.tables, column)
            path = (self.pack.pack.files[1].name, "tables", of.table, "fields", of.name, "[key]")
            verdicts = {"worse": pair[0].one.verdict, "better": pair[1].one.verdict}
            self.tell("blank-helps", path, args | verdicts, pair, ("help.blank-helps", {"field": args["field"]}))

        def state(pair: Sequence[Shown]) -> None:
            self.proof.stated.append(stated(self.pack, column, judged, pair[0], pair[1]))

        agrees, kind = partial(self.both_ways, column, judged), "counted" if inside else "blanks"
        code, told = f"open.{'counted' if inside else 'blank'}", state if inside else tell
        claim = helped(column, judged, inside=inside)
        return Question(kind, around, claim, code, args, agrees, told, bad=True, beside=beside, all_params=True)

    def both_ways(self, column: Column, judged: str, example: Example) -> Sequence[Shown]:
        """The example as it is, and with the value left blank; nothing where the engine sees no better verdict."""
        about = replace(example, table=judged, record=example.near[judged])
        pair = with_and_without(
            self.pack, about, column, example.near[column.table] if example.beside is None else example.beside
        )
        if pair is None:
            return ()
        filled, blank = map(self.shown, pair)
        rank = self.pack.outcomes.index
        return (filled, blank) if rank(blank.one.verdict) < rank(filled.one.verdict) else ()

    # -------------------------------------------------------------------------------------------------------- limits

    def limits(self) -> Iterator[Question]:
        """No value of a parameter within its range makes a rule dead: asked at once, as there is no one record to ask for."""
        for name, param in self.pack.pack.header.params.items():
            if not TYPES[param.type].ordered or limits(param) == (None, None):
                continue
            for rule in self.pack.rules:
                if rule.id not in self.dead and name in self.graph.behind(rule, counted=False).params:
                    self.limit(name, rule)
        yield from ()

    def limit(self, name: str, rule: CheckedRule) -> None:
        """A value of the parameter with which the rule is dead."""
        for code, claim, _, _ in states(rule):
            self.count("limits")
            try:
                self.clock.next()
                asked = Search(self.pack, free=self.days - {name}, clock=self.clock).asked(rule.table, 0, rest=True)
                end = ended(self.pack.pack.header.params[name], name, claim, asked)
            except OutOfTime:
                end = Word("free.time")
            if isinstance(end, str):
                path = (self.pack.pack.files[0].name, "params", name, "[key]")
                self.tell("param-ends-rule", path, {"param": name, "value": end, "what": Word(code, rule=rule.id)})
                return
            if end is not None:
                self.open("open.limit", {"param": name, "rule": rule.id}, end)


class _OfReview(_Prover):
    """About rules for the review as a whole. What is judged of records is free there: tests alone show what is possible."""

    of_rules = "review"

    def perhaps(self, question: Question) -> Answer:
        return Answer(None, why=Word("free.review"))


def _all(parts: Sequence[_Part], claim: Callable[[_Part, View, Rec], Z]) -> Claim:
    """The claim that something holds of each of some parts."""
    return lambda view, record: all_of(claim(part, view, record) for part in parts)


def _found(one: Got, *rules: CheckedRule) -> bool:
    """Whether one of these rules is unmet or unknown on a record."""
    return any(one.statuses[rule.id] in ("unmet", "unknown") for rule in rules)
