"""What can be said of a pack for every possible record: rules that are dead, repeated or in contradiction, outcomes that cannot
be reached, groups with gaps, blanks that help, limits that end a rule.

In: a checked pack. Out: a `Proof`: what was found, each with its mistake and, where one record shows it, the smallest such
example, judged by the real engine; and what stayed open, and why. Nothing is said to be impossible unless z3 proved it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, permutations
from typing import Any

from lookback.judging.decider import Decider
from lookback.language.conditions import ALWAYS
from lookback.language.types import TYPES, Column
from lookback.packs.checked import CheckedPack, CheckedRule
from lookback.packs.graph import Graph
from lookback.packs.params import limits
from lookback.proving._claims import SEEN, Part, ended, states
from lookback.proving._terms import Z, all_of, any_of, opposite
from lookback.proving.examples import Shown, shown
from lookback.proving.search import Answer, Claim, Example, Search
from lookback.proving.worlds import Beside, Rec, View
from lookback.words import Word
from lookback.words.errors import Help, Mistake
from lookback.words.source import Path


@dataclass(frozen=True)
class Found:
    """Something wrong with the logic of a pack, and the examples that show it."""

    mistake: Mistake
    examples: tuple[Shown, ...] = ()

    @property
    def rules(self) -> list[str]:
        """The rules that it is about."""
        args = self.mistake.args
        named = [str(args[key]) for key in ("rule", "by", "other") if key in args]
        return [*named, *(str(args["rules"]).split(", ") if "rules" in args else ())]


@dataclass(frozen=True)
class LeftOpen:
    """A question without an answer, and why it has none."""

    question: Word
    why: Word


@dataclass
class Proof:
    """`asked`: how many questions of each kind were answered."""

    found: list[Found] = field(default_factory=list)
    left_open: list[LeftOpen] = field(default_factory=list)
    asked: dict[str, int] = field(default_factory=dict)


def prove(pack: CheckedPack, progress: Callable[[float], None] = lambda share: None, decider: Decider = "durable") -> Proof:
    """Ask everything of a pack. `decider`: who judges the examples."""
    prover = _Prover(pack, decider)
    parts = (prover.rules, prover.pairs, prover.outcomes, prover.groups, prover.blanks, prover.limits)
    for i, part in enumerate(parts):
        progress(i / len(parts))
        part()
    return prover.proof


class _Prover:
    def __init__(self, pack: CheckedPack, decider: Decider) -> None:
        self.pack, self.decider = pack, decider
        self.search = Search(pack)
        self.proof = Proof()
        self.paths: dict[str, Path] = {rule.rule: path for path, rule in pack.pack.rules}
        self.dead: set[str] = set()
        self.graph = Graph(pack)

    # -------------------------------------------------------------------------------------------------------- answers

    def ask(
        self,
        kind: str,
        table: str,
        claim: Claim,
        code: str,
        args: dict[str, Any],
        *,
        example: bool = False,
        beside: Beside | None = None,
        seen: Callable[[Shown], bool] | None = None,
    ) -> Answer:
        """Count the question; note it where it stays open. Where yes is the good answer and z3 does not see all, the engine has
        to agree with it on an example: `seen` tells whether it does."""
        answer = self.search.is_there(table, claim, example=example, beside=beside)
        if answer.holds and answer.free and seen is not None:
            answer = self.search.is_there(table, claim, example=True)
            if answer.example is not None and not seen(shown(self.pack, answer.example, self.decider)):
                answer = Answer(None, why=self.search.unseen())
        self.proof.asked[kind] = self.proof.asked.get(kind, 0) + 1
        if answer.why is not None:
            self.proof.left_open.append(LeftOpen(Word(code, **args), answer.why))
        return answer

    def tell(self, code: str, path: Path, args: dict[str, Any], examples: Sequence[Shown] = (), help: Help | None = None) -> None:
        self.proof.found.append(Found(Mistake(code, self.pack.pack.span(path), args, help), tuple(examples)))

    def example(self, code: str, example: Example | None, args: dict[str, Any], holds: Callable[[Shown], bool]) -> Shown | None:
        """The example as the engine judges it; None, and the question left open, where the engine does not agree."""
        assert example is not None
        found = shown(self.pack, example, self.decider)
        if holds(found):
            return found
        self.proof.left_open.append(LeftOpen(Word(code, **args), self.search.unseen()))
        return None

    # ---------------------------------------------------------------------------------------------------- rules alone

    def rules(self) -> None:
        """Every rule can apply, be met, be unmet."""
        for rule in self.pack.rules:
            for code, claim, key, parts in states(rule):

                def seen(s: Shown, code: str = code, rule: CheckedRule = rule) -> bool:
                    return SEEN[code](s.one.statuses[rule.id])

                answer = self.ask("rules", rule.table, claim, f"open.{code}", {"rule": rule.id}, seen=seen)
                if answer.holds is False:
                    self.tell(code, (*self.paths[rule.id], key), {"rule": rule.id}, help=self.because(rule, parts))
                    if code != "rule-always-applies":
                        self.dead.add(rule.id)
                        break  # a rule that never applies is never met either

    def because(self, rule: CheckedRule, parts: Sequence[Part]) -> Help | None:
        """The fewest of the conditions that exclude each other."""
        kept = list(parts)
        for part in parts:
            others = [p for p in kept if p is not part]
            if self.search.is_there(rule.table, lambda v, r, others=others: all_of(p.claim(v, r) for p in others)).holds is False:  # type: ignore[misc]
                kept = others
        words = [f"`{p.words}`" for p in kept]
        if not words:
            return None
        if len(words) == 1:
            return ("help.never-so", {"condition": words[0]})
        return ("help.exclude", {"conditions": ", ".join(words)})

    # --------------------------------------------------------------------------------------------------- pairs of rules

    def pairs(self) -> None:
        """No rule is implied by another, no two contradict each other; what says that it repeats another does."""
        repeated = _connected((r.id, r.rule.repeats) for r in self.pack.rules if r.rule.repeats)
        for rule in self.pack.rules:
            if rule.rule.repeats is not None:
                self.repeats(rule, self.pack.by_id[rule.rule.repeats])
        for table in self.pack.tables:
            alive = [rule for rule in self.pack.rules_for(table) if rule.id not in self.dead]
            near = [(a, b) for a, b in combinations(alive, 2) if self.graph.fields(a) & self.graph.fields(b)]
            contradicting = [pair for pair in near if self.contradict(*pair)]
            for a, b in (pair for one in near if one not in contradicting for pair in permutations(one)):
                if frozenset((a.id, b.id)) not in repeated:
                    self.implied(a, b)

    def implied(self, rule: CheckedRule, by: CheckedRule) -> None:
        def not_by(view: View, record: Rec) -> Z:
            return self.worse(view, record, rule, by)

        def seen(s: Shown) -> bool:
            return self.rank_of(s, rule) > self.rank_of(s, by)

        answer = self.ask("pairs", rule.table, not_by, "open.implied", {"rule": rule.id, "by": by.id}, seen=seen)
        if answer.holds is False:
            both = self.search.is_there(rule.table, lambda v, r: v.gives_at_least(r, rule, 1), example=True)
            examples = [s for s in self.judged(both) if self.rank_of(s, rule) > 0]
            if not examples:  # it may be dead, which was left open: then nothing is needless because of another
                why = both.why or self.search.unseen()
                self.proof.left_open.append(LeftOpen(Word("open.implied", rule=rule.id, by=by.id), why))
                return
            help_: Help = ("help.say-repeats", {"by": by.id})
            self.tell("rule-implied", (*self.paths[rule.id], "rule"), {"rule": rule.id, "by": by.id}, examples, help_)

    def judged(self, answer: Answer) -> list[Shown]:
        """The example of an answer, if it has one, as the engine judges it."""
        return [shown(self.pack, answer.example, self.decider)] if answer.example else []

    def rank_of(self, example: Shown, rule: CheckedRule) -> int:
        """How bad an outcome a rule by itself gives the record that an example is about."""
        outcome = rule.outcome(example.one.statuses[rule.id])
        return 0 if outcome is None else self.pack.outcomes.index(outcome)

    def worse(self, view: View, record: Rec, one: CheckedRule, other: CheckedRule) -> Z:
        """One rule alone gives the record a worse outcome than the other."""
        ranks = range(1, len(self.pack.outcomes))
        return any_of(
            all_of([view.gives_at_least(record, one, rank), opposite(view.gives_at_least(record, other, rank))]) for rank in ranks
        )

    def repeats(self, rule: CheckedRule, other: CheckedRule) -> None:
        args = {"rule": rule.id, "other": other.id}
        claim: Claim = lambda v, r: self.worse(v, r, rule, other)  # noqa: E731
        answer = self.ask("repeats", rule.table, claim, "open.repeats", args, example=True)
        if answer.holds:
            found = self.example("open.repeats", answer.example, args, lambda s: self.rank_of(s, rule) > self.rank_of(s, other))
            if found is not None:
                self.tell("repeats-other", (*self.paths[rule.id], "repeats"), args, [found])

    def contradict(self, one: CheckedRule, other: CheckedRule) -> bool:
        """Whether two rules leave no record without a finding, or none of those to which both apply though each by itself can be
        met there; tells it."""

        def neither(view: View, record: Rec) -> Z:
            return all_of(opposite(view.rule(record, rule).found) for rule in (one, other))

        def met(*rules: CheckedRule) -> Claim:
            def claim(view: View, record: Rec) -> Z:
                both = [view.rule(record, rule).when.true for rule in (one, other)]
                return all_of([*both, *(view.rule(record, rule).met for rule in rules)])

            return claim

        args = {"rule": one.id, "other": other.id}
        code = "rules-contradict"
        answer = self.ask("pairs", one.table, neither, "open.contradict", args, seen=lambda s: not _found(s, one, other))
        if answer.holds and (one.when != ALWAYS or other.when != ALWAYS):
            together = self.search.is_there(one.table, met(one, other))
            if together.holds is not True:  # rarely so
                alone = [self.search.is_there(one.table, met(rule)) for rule in (one, other)]
                if together.holds is False and all(each.holds for each in alone):
                    answer, code = Answer(False), "rules-contradict-where"
                elif together.holds is None and all(each.holds for each in alone):
                    why = together.why or Word("free.steps")
                    self.proof.left_open.append(LeftOpen(Word("open.contradict", **args), why))
        if answer.holds is False:
            where = met(one) if code == "rules-contradict-where" else lambda v, r: v.rule(r, one).met
            first = self.search.is_there(one.table, where, example=True)
            examples = [s for s in self.judged(first) if s.one.statuses[one.id] == "met"]
            self.tell(code, (*self.paths[other.id], "require"), args, examples)
        return answer.holds is False

    # ---------------------------------------------------------------------------------------------- outcomes and groups

    def outcomes(self) -> None:
        """Every outcome that the rules for a table name, and the best one, is the verdict of some record."""
        best = self.pack.outcomes[0]
        named: set[str] = {best}
        for table in self.pack.tables:
            rules = [rule for rule in self.pack.rules_for(table) if rule.id not in self.dead]
            wanted = {o for rule in rules for o in (rule.rule.otherwise, rule.rule.outcome_if_unknown)}
            named |= wanted
            for rank, outcome in enumerate(self.pack.outcomes):
                if outcome not in wanted and outcome != best:
                    continue
                last = rank + 1 == len(self.pack.outcomes)

                def verdict(view: View, record: Rec, rank: int = rank, last: bool = last) -> Z:
                    beyond = [] if last else [opposite(view.at_least(record, rank + 1))]
                    return all_of([view.at_least(record, rank), *beyond])

                def seen(s: Shown, outcome: str = outcome) -> bool:
                    return s.one.verdict == outcome

                args = {"table": table, "outcome": outcome}
                answer = self.ask("outcomes", table, verdict, "open.outcome", args, seen=seen)
                if answer.holds is False and not self._told(table, rules):
                    names = self.why_not_best(table, rules) if outcome == best else []
                    place = (self.pack.pack.files[0].name, "outcomes", rank, "outcome")
                    path = (*self.paths[names[-1]], "require") if names else place
                    help_: Help | None = ("help.because-of", {"rules": ", ".join(f"`{n}`" for n in names)}) if names else None
                    self.tell("outcome-unreachable", path, args, help=help_)
        for rank, outcome in enumerate(self.pack.outcomes):
            if outcome not in named and not self.dead:
                path = (self.pack.pack.files[0].name, "outcomes", rank, "outcome")
                self.tell("outcome-unnamed", path, {"outcome": outcome})

    def _told(self, table: str, rules: Sequence[CheckedRule]) -> bool:
        """Whether a contradiction of these rules, or one for their table that can never be met, was told: that comes first."""
        ids = {rule.id for rule in rules}
        hopeless = {f.mistake.args["rule"] for f in self.proof.found if f.mistake.code == "rule-never-met"}
        if any(rule.id in hopeless for rule in self.pack.rules_for(table)):
            return True
        return any(f.mistake.code == "rules-contradict" and f.mistake.args["rule"] in ids for f in self.proof.found)

    def why_not_best(self, table: str, rules: Sequence[CheckedRule]) -> list[str]:
        """The fewest rules because of which no record passes, in the pack's order."""
        kept = list(rules)
        for rule in rules:
            others = [r for r in kept if r is not rule]

            def none_found(view: View, record: Rec, others: list[CheckedRule] = others) -> Z:
                return all_of(opposite(view.rule(record, r).found) for r in others)

            if self.search.is_there(table, none_found).holds is False:
                kept = others
        return [rule.id for rule in kept]

    def groups(self) -> None:
        """Of the records on which the `when`s of a group are known, exactly one of them, or at least one, is true."""
        for path, group in self.pack.pack.groups:
            rules = [self.pack.by_id[r] for r in group.rules]
            table, named = rules[0].table, ", ".join(group.rules)

            def gap(view: View, record: Rec, rules: list[CheckedRule] = rules) -> Z:
                return all_of(view.rule(record, rule).when.false for rule in rules)

            answer = self.ask("groups", table, gap, "open.group", {"rules": named}, example=True)
            if answer.holds:
                found = self.example(
                    "open.group",
                    answer.example,
                    {"rules": named},
                    lambda s, rules=rules: all(s.one.statuses[r.id] == "not applicable" for r in rules),  # type: ignore[misc]
                )
                if found is not None:
                    self.tell("group-gap", (*path, group.kind), {"rules": named}, [found])
            if group.exactly_one is not None:
                for pair in combinations(rules, 2):
                    self.overlap(path, *pair)

    def overlap(self, path: Path, one: CheckedRule, other: CheckedRule) -> None:
        def both(view: View, record: Rec) -> Z:
            return all_of(view.rule(record, rule).when.true for rule in (one, other))

        args = {"rules": f"{one.id}, {other.id}"}
        answer = self.ask("groups", one.table, both, "open.group", args, example=True)
        if answer.holds:
            found = self.example(
                "open.group",
                answer.example,
                args,
                lambda s: all(s.one.statuses[r.id] != "not applicable" for r in (one, other)),
            )
            if found is not None:
                self.tell("group-overlap", (*path, "exactly_one"), {"rule": one.id, "other": other.id}, [found])

    # -------------------------------------------------------------------------------------------------------- blanks

    def blanks(self) -> None:
        """No verdict gets better because a value is left blank: of the record, of those above it, of those below it."""
        for table, definition in self.pack.tables.items():
            sure = (definition.key, self.pack.parent_key(table))
            for id_, f in definition.fields.items():
                if id_ in sure or f.optional is not None:
                    continue
                touched = self.graph.touched(Column(table, id_))
                for judged in sorted(touched, key=lambda judged: judged != table):
                    any(self.blank(Column(table, id_), judged, beside) for beside in self.wheres(Column(table, id_), judged))

    def wheres(self, column: Column, judged: str) -> Iterator[Beside | None]:
        """Where the record of the field can stand: in one line with the judged one (None), or beside it."""
        above, above_field = self.pack.above(judged), self.pack.above(column.table)
        if column.table == judged or column.table in above or judged in above_field:
            yield None
        if column in self.graph.outside(judged):
            yield from ((column.table, meet) for meet in above if meet in above_field)

    def blank(self, column: Column, judged: str, beside: Beside | None) -> bool:
        """Whether leaving a field blank is shown to make a verdict of the table `judged` better; tells it."""
        around = column.table if beside is None and judged in self.pack.above(column.table) else judged

        def better(view: View, record: Rec) -> Z:
            changed, whose = record.beside or record.near(column.table), record.near(judged)
            filled = all_of([changed.present, opposite(changed.fields[column.name].blank)])
            return all_of([filled, view.without(changed, column.name).better_than(whose, view)])

        args = {"field": column.name, "table": column.table, "judged": judged}
        answer = self.ask("blanks", around, better, "open.blank", args, example=True, beside=beside)
        if not answer.holds or answer.example is None:
            return False
        pair = self.both_ways(answer.example, column, judged)
        if pair is None:
            self.proof.left_open.append(LeftOpen(Word("open.blank", **args), self.search.unseen()))
            return False
        filled, blank = pair
        path = (self.pack.pack.files[1].name, "tables", column.table, "fields", column.name, "[key]")
        args |= {"worse": filled.one.verdict, "better": blank.one.verdict}
        self.tell("blank-helps", path, args, pair, ("help.blank-helps", {"field": column.name}))
        return True

    def both_ways(self, example: Example, column: Column, judged: str) -> tuple[Shown, Shown] | None:
        """The example as it is, and with the value left blank; None where the engine sees no better verdict."""
        key = self.pack.tables[column.table].key
        whose = example.near[column.table] if example.beside is None else example.beside
        about = replace(example, table=judged, record=example.near[judged])
        rows = {
            table: [
                {k: v for k, v in row.items() if (table, row.get(key), k) != (column.table, whose, column.name)}
                for row in records
            ]
            for table, records in example.records.items()
        }
        filled, blank = (shown(self.pack, one, self.decider) for one in (about, replace(about, records=rows)))
        rank = self.pack.outcomes.index
        return (filled, blank) if rank(blank.one.verdict) < rank(filled.one.verdict) else None

    # -------------------------------------------------------------------------------------------------------- limits

    def limits(self) -> None:
        """No value of a parameter within its range makes a rule dead."""
        for name, param in self.pack.pack.header.params.items():
            if not TYPES[param.type].ordered or limits(param) == (None, None):
                continue
            for rule in self.pack.rules:
                if rule.id not in self.dead and name in self.graph.behind(rule, counted=False).params:
                    self.limit(name, rule)

    def limit(self, name: str, rule: CheckedRule) -> None:
        """A value of the parameter with which the rule is dead: found by asking for a value that no record seen so far speaks
        against, until there is none."""
        for code, claim, _, _ in states(rule):
            self.proof.asked["limits"] = self.proof.asked.get("limits", 0) + 1
            end = ended(self.pack.pack.header.params[name], name, claim, Search(self.pack).asked(rule.table, 0, rest=True))
            if isinstance(end, str):
                path = (self.pack.pack.files[0].name, "params", name, "[key]")
                self.tell("param-ends-rule", path, {"param": name, "value": end, "what": Word(code, rule=rule.id)})
                return
            if end is not None:
                self.proof.left_open.append(LeftOpen(Word("open.limit", param=name, rule=rule.id), end))


def _found(example: Shown, *rules: CheckedRule) -> bool:
    """Whether one of these rules is unmet or unknown on the record that an example is about."""
    return any(example.one.statuses[rule.id] in ("unmet", "unknown") for rule in rules)


def _connected(pairs: Iterable[tuple[str, str | None]]) -> set[frozenset[str]]:
    """Every two that are joined by a chain of pairs."""
    groups: list[set[str]] = []
    for one, other in pairs:
        joined = {one, str(other)}.union(*(g for g in groups if {one, other} & g))
        groups = [g for g in groups if not g & joined] + [joined]
    return {frozenset(pair) for group in groups for pair in combinations(sorted(group), 2)}
