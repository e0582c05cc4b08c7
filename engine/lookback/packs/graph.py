"""What rests on what in a pack: rules and verdicts on facts, these on fields, parameters, and the records of other tables.

In: a checked pack. Out: its names, by the way that leads to them. Whoever asks says which facts are followed: all, or only
those that are worked out from the record itself. And mistakes: what is found on a record has to reach its unit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from sqlglot import exp

from lookback.language.conditions import atoms_in
from lookback.language.constants import VARIES
from lookback.language.operators import constant, type_of
from lookback.language.scope import state_column
from lookback.language.types import Column, Type
from lookback.packs.checked import CheckedFact, CheckedPack, CheckedRule
from lookback.packs.references import through_field
from lookback.words.errors import Mistake
from lookback.words.source import Path

Node = tuple[str, str, str]
"""(kind, table, id); 'verdict' has no id."""
Follow = Callable[[CheckedFact], bool]
"""Whether the columns that a fact names are looked at as well."""


def plain(fact: CheckedFact) -> bool:
    """A fact of one record, and perhaps of those above it; not an aggregate."""
    return fact.child is None


def own(fact: CheckedFact) -> bool:
    """A plain fact that looks at its own record alone."""
    return fact.child is None and bool(fact.columns) and all(c.table == fact.table for c in fact.columns)


@dataclass(frozen=True)
class Behind:
    """What a rule's result rests on: rules, fields, facts, and the trees of all of these."""

    rules: tuple[CheckedRule, ...]
    fields: tuple[Column, ...]
    facts: tuple[CheckedFact, ...]

    @property
    def trees(self) -> list[exp.Expr]:
        return [*(atom.sql for rule in self.rules for atom in rule.atoms), *(fact.sql for fact in self.facts)]

    @property
    def params(self) -> set[str]:
        return {node.name for tree in self.trees for node in tree.find_all(exp.Placeholder)}


class Graph:
    """What the rules, facts and verdicts of a pack rest on."""

    def __init__(self, pack: CheckedPack) -> None:
        self.pack = pack

    def needs(self) -> dict[Node, set[Node]]:
        """What each fact, rule and verdict waits for."""
        facts = {("fact", f.table, f.id): f for f in self.pack.facts}
        rules = {("rule", r.table, r.id): r for r in self.pack.rules}
        needs: dict[Node, set[Node]] = {("verdict", t, ""): {n for n in rules if n[1] == t} for t in self.pack.tables}

        def of(columns: Iterable[Column]) -> set[Node]:
            return {node for c in columns if (node := ("fact", c.table, c.name)) in facts}

        for node, fact in facts.items():
            needs[node] = of(fact.columns) | {("rule", fact.child or fact.table, r) for r in fact.uses_rules}
            if fact.uses_verdict and fact.child is not None:
                needs[node].add(("verdict", fact.child, ""))
        for node, rule in rules.items():
            needs[node] = of(rule.columns)
        return needs

    def walk(
        self, columns: Iterable[Column], follow: Follow = lambda fact: True, *, named: bool = False
    ) -> Iterator[tuple[CheckedFact | None, Column]]:
        """Columns, and those that the facts among them name, each once and before what lies behind it. `named`: no others that
        these rest on."""
        waiting, seen = [*columns][::-1], set[Column]()
        while waiting:
            column = waiting.pop()
            if column in seen:
                continue
            seen.add(column)
            fact = self.pack.fact(column)
            yield fact, column
            if fact is not None and follow(fact):
                waiting.extend(reversed((*fact.columns, *(() if named else fact.behind))))

    def ends(self, columns: Iterable[Column], follow: Follow = lambda fact: True) -> tuple[Column, ...]:
        """Where the walk ends: fields, and the facts that are not followed."""
        return tuple(c for fact, c in self.walk(columns, follow) if fact is None or not follow(fact))

    def counted(self, fact: CheckedFact) -> list[CheckedRule]:
        """The rules whose verdicts or findings a fact counts."""
        found = [r for r in self.pack.rules_for(fact.child or fact.table) if fact.uses_verdict or r.id in fact.uses_rules]
        nested = (self.pack.fact(c) for c in fact.columns) if fact.hidden else ()
        return found + [r for one in nested if one is not None and one.child is not None for r in self.counted(one)]

    def tells(self, fact: CheckedFact, rule: CheckedRule, outcome: str) -> bool:
        """Whether an aggregate tells a record to which a rule gives an outcome from one with the best: by `unmet` or `met`, or by
        its verdict. What else its filter asks, and from how many on somebody minds, is not asked."""
        if rule.table != fact.child:
            return False
        asked = {node.name for node in fact.sql.find_all(exp.Column)}
        told = state_column("met", rule.id) in asked
        told |= state_column("unmet", rule.id) in asked and outcome == rule.rule.otherwise
        return told or self.tells_verdict(fact, outcome)

    def tells_verdict(self, fact: CheckedFact, outcome: str) -> bool:
        """Whether an aggregate tells a record with this verdict from one with the best."""
        named = [node for node in fact.sql.find_all(exp.Column) if node.name == "verdict"] if fact.uses_verdict else []
        return any(_asked(node, outcome) != _asked(node, self.pack.outcomes[0]) for node in named)

    def counting(self, table: str) -> dict[Column, CheckedFact]:
        """The aggregates over a table on which the units' verdicts rest: those behind rules that count of the tables above it,
        and behind rules that these count."""
        above = (rule for of in self.pack.above(table) for rule in self.pack.rules_for(of))
        rules = [rule for rule in above if self.pack.not_counted(rule) is None]
        seen, found = {rule.id for rule in rules}, dict[Column, CheckedFact]()
        for at in rules:  # which grows
            for fact, column in self.walk(at.columns):
                if fact is not None and fact.child is not None and column not in found:
                    found[column] = fact
                    more = [r for r in self.counted(fact) if r.id not in seen and self.pack.not_counted(r) is None]
                    rules += [r for r in more if any(self.tells(fact, r, o) for o in self.outcomes(r))]
                    seen |= {r.id for r in rules}
        return {column: fact for column, fact in found.items() if fact.child == table}

    def outcomes(self, rule: CheckedRule) -> list[str]:
        """The outcomes worse than the best that a rule can give."""
        given = dict.fromkeys((rule.rule.otherwise, rule.rule.outcome_if_unknown))
        return [outcome for outcome in given if outcome != self.pack.outcomes[0]]

    def behind(self, of: CheckedRule | CheckedFact, *, counted: bool) -> Behind:
        """Everything that a rule, or a fact, rests on; with `counted` also what the rules rest on that its facts count."""
        rules, found = [of] if isinstance(of, CheckedRule) else [], dict[Column, CheckedFact | None]()
        waiting = [of.columns if isinstance(of, CheckedRule) else (Column(of.table, of.id),)]
        for columns in waiting:  # which grows
            for fact, column in self.walk(columns):
                found[column] = fact
                more = [r for r in self.counted(fact) if r not in rules] if counted and fact is not None else []
                rules += more
                waiting += [r.columns for r in more]
        fields = tuple(column for column, fact in found.items() if fact is None)
        return Behind(tuple(rules), fields, tuple(fact for fact in found.values() if fact is not None))

    def fields(self, rule: CheckedRule, *, when: bool = False) -> set[tuple[str, str]]:
        """The fields and facts that a rule (or only its `when`) rests on, itself or through facts; of an aggregate also the
        child's name: two aggregates over the same records have to do with each other."""
        found: set[tuple[str, str]] = set()
        atoms = [rule.atoms[i] for i in atoms_in(rule.when)] if when else rule.atoms
        for fact, column in self.walk(c for atom in atoms for c in atom.columns):
            found.add((column.table, column.name))
            if fact is not None and fact.child is not None:
                found.add((fact.child, ""))
                tables = dict.fromkeys(r.table for r in self.counted(fact))
                if tables:  # and what the verdicts rest on, as far as it lies outside
                    found |= {(c.table, c.name) for t in tables for c in self.outside(t)}
                    found |= {(c.table, "") for t in tables for c in self._of_verdict(t)}
        return found

    def touched(self, column: Column) -> list[str]:
        """The tables whose verdicts rest on a field. Where an aggregate names it, the pack says itself what a blank counts as."""
        columns = {column, *(Column(column.table, id_) for id_ in through_field(self.pack.tables, column.table, column.name))}
        return [table for table in self.pack.tables if columns & self._of_verdict(table)]

    def _of_verdict(self, table: str) -> set[Column]:
        found, tables = set[Column](), [table]
        for at in tables:  # which grows; a rule may count, through its parent, the records beside its own
            named = (c for rule in self.pack.rules_for(at) for c in rule.columns)
            for fact, column in self.walk(named, lambda fact: plain(fact) or fact.among is not None):
                if fact is None:
                    found.add(column)
                elif fact.child is not None:
                    tables += [t for t in dict.fromkeys(r.table for r in self.counted(fact)) if t not in tables]
        return found

    def outside(self, table: str, *, inside: bool = False) -> set[Column]:
        """The fields of records above or beside a record of a table on which its verdict rests; with `inside` also those that
        aggregates name, and those on which its own facts rest."""
        above, found, seen = self.pack.above(table), set[Column](), set[tuple[Column, bool]]()
        waiting = [(c, False) for rule in self.pack.rules_for(table) for c in rule.columns]
        waiting += [(c, False) for fact in self.pack.facts if inside and fact.table == table for c in fact.columns]
        while waiting:
            column, out = waiting.pop()
            out = out or column.table in above
            if (column, out) in seen:
                continue
            seen.add((column, out))
            fact = self.pack.fact(column)
            if fact is None:
                found |= {column} if out else set()
            else:
                inner = (*fact.columns, *fact.behind) if inside or not fact.below else ()
                out = out or fact.among is not None  # what stands there of a record is also looked at by those beside it
                waiting += [(c, out) for c in (*inner, *(c for rule in self.counted(fact) for c in rule.columns))]
        return found

    def inside(self, table: str) -> set[Column]:
        """The fields that aggregates name, themselves or through facts, on which the verdict of a table rests."""
        found, seen = set[Column](), set[tuple[Column, bool]]()
        waiting = [(c, False) for rule in self.pack.rules_for(table) for c in rule.columns]
        while waiting:
            column, named = waiting.pop()
            if (column, named) in seen:
                continue
            seen.add((column, named))
            fact = self.pack.fact(column)
            if fact is None:
                found |= {column} if named else set()
            else:
                waiting += [(c, named or not plain(fact)) for c in (*fact.columns, *fact.behind)]
                waiting += [(c, named) for rule in self.counted(fact) for c in rule.columns]
        return found

    def clauses(self) -> dict[Column, tuple[str, ...]]:
        """Every field that a rule reads, itself or through facts -> the clauses of these rules, in the order of the rules.

        A fact that counts the verdicts or findings of other rules leads to the fields that it names, not to those of these rules:
        they ask for their own.
        """
        found: dict[Column, dict[str, None]] = {}
        for rule in self.pack.rules:
            for column in (c for fact, c in self.walk(rule.columns, named=True) if fact is None):
                found.setdefault(column, {}).update(dict.fromkeys(rule.rule.clauses))
        return {column: tuple(clauses) for column, clauses in found.items()}


# -------------------------------------------------------------------------------------------- whether every outcome arrives


def not_arriving(pack: CheckedPack) -> Iterator[Mistake]:
    """Outcomes that nobody above counts, and what says that it is not counted, and is."""
    graph, paths = Graph(pack), {rule.rule: path for path, rule in pack.pack.rules}
    yield from _units(pack, paths)
    for table in pack.tables:
        if table == pack.root or not pack.rules_for(table):
            continue
        counting = list(graph.counting(table).values())
        lacking: dict[str, list[CheckedRule]] = {}
        told: set[str] = set()
        for rule in pack.rules_for(table):
            by = {o: next((f for f in counting if graph.tells(f, rule, o)), None) for o in graph.outcomes(rule)}
            if pack.not_counted(rule) is None:
                for outcome in (o for o, fact in by.items() if fact is None):
                    lacking.setdefault(outcome, []).append(rule)
            elif (fact := next(filter(None, by.values()), None)) is not None:
                yield from _counted(pack, rule, fact, paths[rule.id], told)
        for outcome, rules in lacking.items():
            key = "otherwise" if rules[0].rule.otherwise == outcome else "unknown"
            args = {"table": table, "outcome": outcome, "rules": ", ".join(r.id for r in rules)}
            args["parent"] = str(pack.tables[table].belongs_to)
            span = pack.pack.span((*paths[rules[0].id], key))
            yield Mistake("outcome-not-counted", span, args, ("help.count-it", args))


def _units(pack: CheckedPack, paths: dict[str, Path]) -> Iterator[Mistake]:
    """What cannot be left uncounted: it is the verdict."""
    said = [((*paths[r.id], "not_counted", "[key]"), r.id) for r in pack.rules_for(pack.root) if r.rule.not_counted is not None]
    if pack.tables[pack.root].not_counted is not None:
        said.insert(0, (_said(pack, pack.root), pack.root))
    for path, name in said:
        yield Mistake("units-always-count", pack.pack.span(path), {"name": name})


def _counted(pack: CheckedPack, rule: CheckedRule, by: CheckedFact, path: Path, told: set[str]) -> Iterator[Mistake]:
    """The mistake of a rule, or of its table or one above, that is said not to count; of a table it is told once."""
    where, name = (*path, "not_counted", "[key]"), rule.id
    if rule.rule.not_counted is None:
        name = next(t for t in (rule.table, *pack.above(rule.table)) if pack.tables[t].not_counted is not None)
        where = _said(pack, name)
    if name not in told:
        told.add(name)
        yield Mistake("counted-anyway", pack.pack.span(where), {"name": name, "fact": by.id, "rule": rule.id})


def _said(pack: CheckedPack, table: str) -> Path:
    return (pack.pack.files[1].name, "tables", table, "not_counted", "[key]")


def _asked(verdict: exp.Expr, outcome: str) -> object:
    """What the smallest condition around `verdict` comes to where that is an outcome; where there is none, the outcome."""
    test = verdict
    while isinstance(test.parent, exp.Expr) and type_of(test) is not Type.BOOLEAN and not isinstance(test, exp.AggFunc):
        test = test.parent
    if type_of(test) is not Type.BOOLEAN:
        return outcome
    if isinstance(test, exp.In) and test.this.unnest() is verdict:
        return outcome in {value.name for value in test.expressions}
    test = test.copy()
    for node in list(test.find_all(exp.Column)):
        if node.name == "verdict":
            node.replace(exp.Literal.string(outcome))
    found = constant(test)
    return outcome if found is VARIES else found
