"""What can be said of a pack for every possible record: rules that are dead, repeated or in contradiction, outcomes that cannot
be reached, groups with gaps, blanks that help, limits that end a rule.

In: a checked pack. Out: a `Proof`: what was found, each with its mistake and, where one record shows it, the smallest such
example, judged by the real engine; and what stayed open, and why. Nothing is said to be impossible unless z3 proved it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import combinations, permutations
from typing import Any

import z3
from sqlglot import exp
from z3 import z3util

from engine.errors import Help, Mistake
from engine.examples import Shown, outcome_of, shown
from engine.leaves import Leaves, outside
from engine.messages import Word
from engine.model import (
    ALWAYS,
    And,
    CheckedPack,
    CheckedRule,
    Column,
    Condition,
    Is,
    Not,
    Or,
    Param,
    Path,
    Type,
    Value,
)
from engine.params import LARGEST, ORDERED, limits
from engine.search import Answer, Asked, Claim, Example, Search, fraction, solver
from engine.symbolic import Term, Z, all_of, any_of, opposite
from engine.worlds import Beside, Rec, View

MOST_VALUES = 60
"""So many values of a parameter are tried for one rule before the question is left open."""


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


def prove(pack: CheckedPack, progress: Callable[[float], None] = lambda share: None) -> Proof:
    """Ask everything of a pack."""
    prover = _Prover(pack)
    parts = (prover.rules, prover.pairs, prover.outcomes, prover.groups, prover.blanks, prover.limits)
    for i, part in enumerate(parts):
        progress(i / len(parts))
        part()
    return prover.proof


@dataclass(frozen=True)
class _Part:
    """A condition that something needs, in words."""

    words: str
    claim: Claim


class _Prover:
    def __init__(self, pack: CheckedPack) -> None:
        self.pack = pack
        self.search = Search(pack)
        self.proof = Proof()
        self.paths: dict[str, Path] = {rule.rule: path for path, rule in pack.pack.rules}
        self.dead: set[str] = set()
        self.leaves = Leaves(pack)

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
            if answer.example is not None and not seen(shown(self.pack, answer.example)):
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
        found = shown(self.pack, example)
        if holds(found):
            return found
        self.proof.left_open.append(LeftOpen(Word(code, **args), self.search.unseen()))
        return None

    # ---------------------------------------------------------------------------------------------------- rules alone

    def rules(self) -> None:
        """Every rule can apply, be met, be unmet."""
        for rule in self.pack.rules:
            for code, claim, key, parts in _states(rule):

                def seen(s: Shown, code: str = code, rule: CheckedRule = rule) -> bool:
                    return _DEAD[code](s.one.statuses[rule.id])

                answer = self.ask("rules", rule.table, claim, f"open.{code}", {"rule": rule.id}, seen=seen)
                if answer.holds is False:
                    self.dead.add(rule.id)
                    self.tell(code, (*self.paths[rule.id], key), {"rule": rule.id}, help=self.because(rule, parts))
                    break  # a rule that never applies is never met either

    def because(self, rule: CheckedRule, parts: Sequence[_Part]) -> Help | None:
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
        by_id = {rule.id: rule for rule in self.pack.rules}
        for rule in self.pack.rules:
            if rule.rule.repeats is not None:
                self.repeats(rule, by_id[rule.rule.repeats])
        for table in self.pack.tables:
            alive = [rule for rule in self.pack.rules_for(table) if rule.id not in self.dead]
            near = [(a, b) for a, b in combinations(alive, 2) if self.leaves.of(a) & self.leaves.of(b)]
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
        return [shown(self.pack, answer.example)] if answer.example else []

    def rank_of(self, example: Shown, rule: CheckedRule) -> int:
        """How bad an outcome a rule by itself gives the record that an example is about."""
        outcome = outcome_of(rule, example.one.statuses[rule.id])
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
        """Whether two rules leave no record without a finding, or none of those to which both apply; tells it."""

        def neither(view: View, record: Rec) -> Z:
            return all_of(opposite(view.rule(record, rule).found) for rule in (one, other))

        def both_met(view: View, record: Rec) -> Z:
            return all_of(view.rule(record, rule).met for rule in (one, other))

        def differ(view: View, record: Rec) -> Z:
            a, b = view.rule(record, one).when, view.rule(record, other).when
            return any_of([all_of([a.true, opposite(b.true)]), all_of([b.true, opposite(a.true)])])

        args = {"rule": one.id, "other": other.id}
        code = "rules-contradict"
        answer = self.ask("pairs", one.table, neither, "open.contradict", args, seen=lambda s: not _found(s, one, other))
        if answer.holds and ALWAYS not in (one.when, other.when):
            met = self.search.is_there(one.table, both_met)
            if met.holds is not True:  # rarely so
                same = self.search.is_there(one.table, differ)
                if met.holds is False and same.holds is False:
                    answer, code = Answer(False), "rules-contradict-where"
                elif not same.holds:
                    self.proof.left_open.append(
                        LeftOpen(Word("open.contradict", **args), met.why or same.why or Word("free.steps"))
                    )
        if answer.holds is False:
            first = self.search.is_there(one.table, lambda v, r: v.rule(r, one).met, example=True)
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
                if answer.holds is False and not self._told(rules):
                    names = self.why_not_best(table, rules) if outcome == best else []
                    place = (self.pack.pack.files[0].name, "outcomes", rank, "outcome")
                    path = (*self.paths[names[-1]], "require") if names else place
                    help_: Help | None = ("help.because-of", {"rules": ", ".join(f"`{n}`" for n in names)}) if names else None
                    self.tell("outcome-unreachable", path, args, help=help_)
        for rank, outcome in enumerate(self.pack.outcomes):
            if outcome not in named and not self.dead:
                path = (self.pack.pack.files[0].name, "outcomes", rank, "outcome")
                self.tell("outcome-unnamed", path, {"outcome": outcome})

    def _told(self, rules: Sequence[CheckedRule]) -> bool:
        """Whether the contradiction of two of these rules was told already."""
        ids = {rule.id for rule in rules}
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
        by_id = {rule.id: rule for rule in self.pack.rules}
        for path, group in self.pack.pack.groups:
            rules = [by_id[r] for r in group.rules]
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
                touched = self.leaves.touched(Column(table, id_))
                for judged in sorted(touched, key=lambda judged: judged != table):
                    any(self.blank(Column(table, id_), judged, beside) for beside in self.wheres(Column(table, id_), judged))

    def wheres(self, column: Column, judged: str) -> Iterator[Beside | None]:
        """Where the record of the field can stand: in one line with the judged one (None), or beside it."""
        above, above_field = _ancestors(self.pack, judged), _ancestors(self.pack, column.table)
        if column.table == judged or column.table in above or judged in above_field:
            yield None
        if column in outside(self.pack, judged):
            yield from ((column.table, meet) for meet in above if meet in above_field)

    def blank(self, column: Column, judged: str, beside: Beside | None) -> bool:
        """Whether leaving a field blank is shown to make a verdict of the table `judged` better; tells it."""
        around = column.table if beside is None and judged in _ancestors(self.pack, column.table) else judged

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
        filled, blank = shown(self.pack, about), shown(self.pack, replace(about, records=rows))
        rank = self.pack.outcomes.index
        return (filled, blank) if rank(blank.one.verdict) < rank(filled.one.verdict) else None

    # -------------------------------------------------------------------------------------------------------- limits

    def limits(self) -> None:
        """No value of a parameter within its range makes a rule dead."""
        for name, param in self.pack.pack.header.params.items():
            if param.type not in ORDERED or limits(param) == (None, None):
                continue
            for rule in self.pack.rules:
                if rule.id not in self.dead and name in self.leaves.params(rule):
                    self.limit(name, rule)

    def limit(self, name: str, rule: CheckedRule) -> None:
        """A value of the parameter with which the rule is dead: found by asking for a value that no record seen so far speaks
        against, until there is none."""
        for code, claim, _, _ in _states(rule):
            self.proof.asked["limits"] = self.proof.asked.get("limits", 0) + 1
            ended = self.ended(name, claim, Search(self.pack).asked(rule.table, 0, rest=True))
            if isinstance(ended, str):
                path = (self.pack.pack.files[0].name, "params", name, "[key]")
                self.tell("param-ends-rule", path, {"param": name, "value": ended, "what": Word(code, rule=rule.id)})
                return
            if ended is not None:
                self.proof.left_open.append(LeftOpen(Word("open.limit", param=name, rule=rule.id), ended))

    def ended(self, name: str, claim: Claim, asked: Asked) -> str | Word | None:
        """A value of the parameter for which the claim holds of no record of this world; None where there is no such value;
        or why it stays open."""
        param = self.pack.pack.header.params[name]
        value, _ = asked.world.symbols.variable(f":{name}", param.type)
        asked.view.params[name] = Term(value)
        formula = claim(asked.view, asked.record)
        asked.learn()
        values = solver()
        ends = [asked.world.symbols.constant(end).value for end in _ends(param)]
        values.add(value >= ends[0], value <= ends[1])
        for _ in range(MOST_VALUES):
            tried = next((end for end in ends if values.check(value == end) == z3.sat), None)
            found = values.check(*([value == tried] if tried is not None else []))
            if found != z3.sat:
                return None if found == z3.unsat else Word("free.steps")
            one = values.model().eval(value, model_completion=True)
            asked.solver.push()
            asked.solver.add(value == one, formula)
            found = asked.solver.check()
            model = asked.solver.model() if found == z3.sat else None
            asked.solver.pop()
            if found == z3.unsat:
                return _shown(one, param.type)
            if model is None:
                return Word("free.steps")
            values.add(opposite(_given(formula, model, value)))
        return Word("free.steps")


def _given(formula: Z, model: Z, value: Z) -> Z:
    """A formula over `value` alone: everything else as the model has it."""
    others = [name for name in z3util.get_vars(formula) if not name.eq(value)]
    return z3.simplify(z3.substitute(formula, *((name, model.eval(name, model_completion=True)) for name in others)))


_DEAD: dict[str, Callable[[str], bool]] = {  # what is seen of a rule that is not dead in this way
    "rule-never-applies": lambda status: status != "not applicable",
    "rule-never-met": lambda status: status == "met",
    "rule-never-unmet": lambda status: status == "unmet",
}


def _found(example: Shown, *rules: CheckedRule) -> bool:
    """Whether one of these rules is unmet or unknown on the record that an example is about."""
    return any(example.one.statuses[rule.id] in ("unmet", "unknown") for rule in rules)


def _states(rule: CheckedRule) -> Iterator[tuple[str, Claim, str, list[_Part]]]:
    """What every rule can be: the code where it cannot, the claim that it is, the key at fault, the conditions behind it."""
    when = [_Part(words, claim) for words, claim in _conjuncts(rule, rule.when, True)]
    applies = [_Part(words, claim) for words, claim in _conjuncts(rule, rule.when, None)]
    met = [_Part(words, claim) for words, claim in _conjuncts(rule, rule.require, True)]
    unmet = [_Part(words, claim) for words, claim in _conjuncts(rule, rule.require, False)]
    if rule.when != ALWAYS:
        yield "rule-never-applies", lambda v, r: v.rule(r, rule).when.true, "when", when
    yield "rule-never-met", lambda v, r: v.rule(r, rule).met, "require", [*applies, *met]
    yield "rule-never-unmet", lambda v, r: v.rule(r, rule).unmet, "require", [*when, *unmet]


def _conjuncts(rule: CheckedRule, condition: Condition, wanted: bool | None) -> Iterator[tuple[str, Claim]]:
    """The parts of a condition all of which have to be true (`wanted`), false, or (None) not false."""
    split = And if wanted is not False else Or
    parts = condition.parts if isinstance(condition, split) else (condition,)
    for part in parts:
        if part == ALWAYS:
            continue

        def claim(view: View, record: Rec, part: Condition = part) -> Z:
            truth = view.condition(record, rule, part)
            return opposite(truth.false) if wanted is None else truth.true if wanted else truth.false

        yield condition_words(rule, part, wanted is not False), claim


def condition_words(rule: CheckedRule, condition: Condition, holds: bool = True) -> str:
    """A condition, or its opposite, as an author would write it."""
    match condition:
        case Is(atom):
            return _atom_words(rule.atoms[atom].sql, holds)
        case Not(of):
            return condition_words(rule, of, not holds)
        case And(parts) | Or(parts):
            joint = " and " if isinstance(condition, And) == holds else " or "
            inner = [condition_words(rule, part, holds) for part in parts]
            return joint.join(f"({text})" if " and " in text or " or " in text else text for text in inner)


_SIGNS: dict[type[exp.Expr], tuple[type[exp.Expr], type[exp.Expr]]] = {
    exp.LT: (exp.LT, exp.GTE),
    exp.EQ: (exp.EQ, exp.NEQ),
}


def _atom_words(sql: exp.Expr, holds: bool) -> str:
    tree = sql.copy()
    if type(tree) in _SIGNS:
        tree = _SIGNS[type(tree)][not holds](this=tree.this, expression=tree.expression)
        holds = True
    if isinstance(tree, exp.GTE) and not list(tree.this.find_all(exp.Column)):
        tree = exp.LTE(this=tree.expression, expression=tree.this)
    if isinstance(tree, exp.LT) and not list(tree.this.find_all(exp.Column)):
        tree = exp.GT(this=tree.expression, expression=tree.this)
    text = (tree if holds else exp.Not(this=tree)).sql(dialect="duckdb", normalize_functions="lower")
    text = text.replace('"', "").replace("$", ":")
    for word in ("IS NOT NULL", "IS NULL", "NOT IN", "NOT ", " IN ", " BETWEEN ", " LIKE ", " AND "):
        text = text.replace(word, word.lower())
    return text


def _connected(pairs: Iterable[tuple[str, str | None]]) -> set[frozenset[str]]:
    """Every two that are joined by a chain of pairs."""
    groups: list[set[str]] = []
    for one, other in pairs:
        joined = {one, str(other)}.union(*(g for g in groups if {one, other} & g))
        groups = [g for g in groups if not g & joined] + [joined]
    return {frozenset(pair) for group in groups for pair in combinations(sorted(group), 2)}


def _ancestors(pack: CheckedPack, table: str) -> list[str]:
    found, above = [], pack.tables[table].belongs_to
    while above is not None:
        found.append(above)
        above = pack.tables[above].belongs_to
    return found


def _ends(param: Param) -> tuple[Value, Value]:
    """The least and the greatest value that a parameter may have, declared or not."""
    widest: dict[Type, tuple[Value, Value]] = {Type.DATE: (date.min, date.max), Type.INTEGER: (-LARGEST, LARGEST)}
    first, last = widest.get(param.type, (-float(LARGEST), float(LARGEST)))
    least, most = limits(param)
    return first if least is None else least, last if most is None else most


def _shown(value: Z, kind: Type) -> str:
    """A parameter's value, as --set takes it."""
    if kind is Type.DATE:
        return date.fromordinal(value.as_long()).isoformat()
    return str(value.as_long()) if kind is Type.INTEGER else f"{float(fraction(value)):g}"
