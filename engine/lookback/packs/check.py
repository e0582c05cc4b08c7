"""`Pack` -> `CheckedPack`: every name is known, every condition has types, no fact or rule waits for itself.

Collects every mistake it can find in one pass. What needs logic rather than names and types (dead rules, gaps) is not its
business.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path as FilePath

from sqlglot import exp

from lookback.language.atoms import Atoms, blank_cases, blanks, columns_of, left_out
from lookback.language.conditions import ALWAYS, MOST_ATOMS, Atom, Condition, both
from lookback.language.formulas import TooLarge, formulas_of
from lookback.language.operators import AGGREGATES, OPERATORS, surely_present
from lookback.language.parse import DIALECT, depth, named_of, names_in, parse
from lookback.language.scope import STATES, Checked, Meaning, Scope, state_column, state_of, tag_column, type_word
from lookback.language.typed import check
from lookback.language.types import Column, Type, Value
from lookback.notions.kept import kept
from lookback.packs.checked import CheckedFact, CheckedPack, CheckedRule, Pack
from lookback.packs.checks.history import wrong_history
from lookback.packs.checks.office import wrong_office
from lookback.packs.checks.siblings import wrong_form, wrong_names
from lookback.packs.checks.tables import RESERVED, TableChecks
from lookback.packs.checks.tags import asked_in, facts_of, tagged
from lookback.packs.checks.whole import as_judged, of_whole, without
from lookback.packs.graph import not_arriving
from lookback.packs.model import REVIEW, Fact, Rule, said_of
from lookback.packs.office.audiences import wrong_audiences
from lookback.packs.params import default_params
from lookback.packs.references.looking import Looking
from lookback.words.errors import Help, Mistake, PackError, did_you_mean
from lookback.words.source import Path, Place

MOST_RESTING = 300
"""Operators and functions within each other, where facts rest on facts that rest on facts."""

Node = tuple[str, str, str]  # ("fact", table, id), ("rule", "", id), ("verdict", table, ""), ("when", file, "")


@kept(lambda settings=None: repr(sorted((settings or {}).items())))
def check_pack(pack: Pack, settings: Mapping[str, Value] | None = None) -> CheckedPack:
    """Check a pack. `settings` are this run's parameter values, already typed. Raises PackError with every mistake."""
    checks = _Checks(pack)
    checks.header()
    checks.tables()
    if checks.mistakes:  # without tables that hold together nothing below them can be judged
        raise PackError(checks.mistakes)
    checks.names()
    checks.expressions()
    if checks.mistakes:
        raise PackError(checks.mistakes)
    checked = checks.checked(settings or {})
    if any(pack.whole):
        of_review = _WholeChecks(of_whole(pack, checks.looking.tables), root=REVIEW, of=checks)
        of_review.names()
        of_review.expressions()
        if of_review.mistakes:
            raise PackError(of_review.mistakes)
        whole, tables = of_review.checked(settings or {}), without(of_review.looking.tables)
        checked = replace(checked, pack=replace(pack, tables=tables), trees={**checked.trees, **whole.trees})
        checked = replace(checked, whole=as_judged(whole, checked))
    if mistakes := [*not_arriving(checked), *wrong_audiences(checked)]:
        raise PackError(mistakes)
    return checked


def rule_checker(pack: Pack) -> Callable[[Path, Rule], CheckedRule | None]:
    """For a sound pack: a check of one rule at a time, as it would read if it were changed. None where it would be no rule."""
    checks = _Checks(pack)
    checks.header()
    checks.tables()
    checks.names()
    checks.expressions()

    def check_one(path: Path, rule: Rule) -> CheckedRule | None:
        checks.mistakes, checks.rules = [], []
        raw: dict[Path, exp.Expr] = {}
        for key in ("when", "require"):
            if getattr(rule, key) is not None:
                checks._needs(raw, (*path, key), getattr(rule, key), rule.for_)
        checks._rule(path, rule, raw)
        return checks.rules[0] if checks.rules and not checks.mistakes else None

    return check_one


@dataclass
class _Checks(TableChecks):
    facts: list[CheckedFact] = field(default_factory=list)
    rules: list[CheckedRule] = field(default_factory=list)
    trees: dict[Path, exp.Expr] = field(default_factory=dict)
    meanings: dict[str, dict[str, Meaning]] = field(default_factory=dict)
    rule_order: dict[str, int] = field(default_factory=dict)
    shared: dict[tuple[str, str], exp.Expr | None] = field(default_factory=dict)

    @cached_property
    def looking(self) -> Looking:
        return Looking(self.pack, self)

    def checked(self, settings: Mapping[str, Value]) -> CheckedPack:
        """What was checked, as far as it has no mistakes."""
        return CheckedPack(
            pack=replace(self.pack, tables=self.looking.tables),
            facts=tuple(self.facts),
            rules=tuple(sorted(self.rules, key=lambda r: self.rule_order[r.id])),
            root=self.root,
            params={**default_params(self.pack), **settings},
            trees=self.trees,
        )

    def meant(self) -> dict[str, dict[str, Meaning]]:
        """What the names of every table's fields stand for."""
        return {table: self.pack.meanings(table) for table in self.pack.tables}

    def rules_named(self, table: str) -> tuple[str, ...]:
        """The rules for a table that aggregates over it can name."""
        return tuple(r.rule for _, r in self.pack.rules if r.for_ == table)

    # -------------------------------------------------------------------------------------------------- facts and rules

    def names(self) -> None:
        seen: dict[tuple[str, str], Path] = {}
        for path, fact in self.pack.facts:
            if fact.of not in self.pack.tables:
                self._unknown_table((*path, "of"), fact.of)
                continue
            if fact.from_ is not None and self.pack.tables.get(fact.from_, None) is None:
                self._unknown_table((*path, "from"), fact.from_)
            elif fact.among is None and fact.from_ is not None:
                self.looking.check_below(path, fact)
            if fact.fact in self.pack.tables[fact.of].fields or (fact.of, fact.fact) in seen:
                self.mistake("repeated-id", (*path, "fact"), id=fact.fact)
            if fact.fact in RESERVED:
                self.mistake("reserved-name", (*path, "fact"), name=fact.fact)
            self.mistakes.extend(wrong_form(self.pack, path, fact))
            seen[fact.of, fact.fact] = path
        for i, (path, rule) in enumerate(self.pack.rules):
            if rule.rule in self.rule_order:
                self.mistake("repeated-id", (*path, "rule"), id=rule.rule)
            self.rule_order.setdefault(rule.rule, i)
            if rule.for_ not in self.pack.tables:
                self._unknown_table((*path, "for"), rule.for_)
            elif self.pack.tables[rule.for_].reference:
                self.mistake("rule-for-reference", (*path, "for"), table=rule.for_)
            for key, outcome in (("otherwise", rule.otherwise), ("unknown", rule.unknown)):
                if outcome is not None and outcome not in self.pack.outcomes:
                    self.mistake(
                        "unknown-outcome",
                        (*path, key),
                        help=did_you_mean(outcome, self.pack.outcomes),
                        outcome=outcome,
                        known=", ".join(self.pack.outcomes),
                    )
            if rule.replaced_by:
                self.mistake("replaced-not-retired", (*path, "replaced_by"), rule=rule.rule)
            if rule.repeats == rule.rule:
                self.mistake("repeats-itself", (*path, "repeats"), rule=rule.rule)
            elif rule.repeats is not None:
                self._rule_named((*path, "repeats"), rule.repeats, rule.for_)
        self.groups()
        self.mistakes.extend(wrong_history(self.pack))
        self.mistakes.extend(wrong_office(self.pack, self.root))

    def groups(self) -> None:
        """Groups name rules for one table, each with a `when`."""
        rules = {rule.rule: rule for _, rule in self.pack.rules}
        for path, group in self.pack.groups:
            if (group.exactly_one is None) == (group.at_least_one is None):
                self.mistake("group-one-kind", path)
                continue
            table = next((rules[r].for_ for r in group.rules if r in rules), "")
            for i, rule in enumerate(group.rules):
                if rule in group.rules[:i]:
                    self.mistake("repeated-id", (*path, group.kind, i), id=rule)
                elif self._rule_named((*path, group.kind, i), rule, table) and rules[rule].when is None:
                    self.mistake("group-needs-when", (*path, group.kind, i), rule=rule)

    def _rule_named(self, path: Path, rule: str, table: str) -> bool:
        """Whether there is such a rule for a table; tells the mistake where not."""
        known = [r.rule for _, r in self.pack.rules if not table or r.for_ == table]
        if rule not in known:
            self.mistake("unknown-rule", path, help=did_you_mean(rule, known), rule=rule, table=table or self.root)
        return rule in known

    def _unknown_table(self, path: Path, name: str) -> None:
        self.mistake("unknown-table-name", path, help=did_you_mean(name, self.pack.tables), name=name)

    # ------------------------------------------------------------------------------------------------------ expressions

    def expressions(self) -> None:
        """Parse everything, order it, then give types in that order."""
        tables = self.pack.tables
        facts: dict[Node, tuple[Path, Fact]] = {}
        rules: dict[Node, tuple[Path, Rule]] = {}
        raw: dict[Path, exp.Expr] = {}
        graph: dict[Node, set[Node]] = {("verdict", t, ""): set() for t in tables}
        for file, text in self.pack.shared.items():
            graph["when", file, ""] = self._needs(raw, (file, "when"), text, self.root)
        for path, fact in self.pack.facts:
            if fact.of in tables and (fact.from_ is None or fact.from_ in tables):
                facts[node := ("fact", fact.of, fact.fact)] = path, fact
                graph[node] = self._needs(raw, (*path, "value"), fact.value, fact.from_ or fact.of)
                if fact.among is not None:  # a verdict is told where it stands, and is no circle
                    named = {need for need in graph[node] if need[0] == "fact"}
                    graph[node] = named | {("fact", fact.of, name) for name in fact.among}
        for path, rule in self.pack.rules:
            if rule.for_ in tables:
                rules[node := ("rule", "", rule.rule)] = path, rule
                graph[node] = self._needs(raw, (*path, "require"), rule.require, rule.for_)
                if rule.when is not None:
                    graph[node] |= self._needs(raw, (*path, "when"), rule.when, rule.for_)
                graph[node].add(("when", str(path[0]), ""))
                graph["verdict", rule.for_, ""].add(node)
        known = {node: {n for n in needs if n in graph} for node, needs in graph.items()}
        try:
            order = list(TopologicalSorter(known).static_order())
        except CycleError as error:
            circle: list[Node] = error.args[1]
            first = min((n for n in circle[1:] if n in facts | rules), key=lambda n: self.pack.span((facts | rules)[n][0]).order)
            at = circle.index(first)
            turned = [*circle[at:-1], *circle[:at], first]
            self.mistake(
                "circle", (*(facts | rules)[first][0], first[0]), circle=" -> ".join(_named(n) for n in reversed(turned))
            )
            return
        if self._too_deep(order, known, facts, raw):
            return
        self.meanings = self.looking.meanings = self.meant()
        for node in order:
            if node[0] == "when" and node in known:
                self._shared(node[1], raw)
            elif node in facts:
                self._fact(*facts[node], raw)
            elif node in rules:
                self._rule(*rules[node], raw)

    def _too_deep(
        self,
        order: Sequence[Node],
        needs: Mapping[Node, set[Node]],
        facts: Mapping[Node, tuple[Path, Fact]],
        raw: Mapping[Path, exp.Expr],
    ) -> bool:
        """Whether facts rest on facts too often: the first that does so is told. What is worked out is as deep."""
        deep: dict[Node, int] = {}
        for node in order:
            own = raw.get((*facts[node][0], "value")) if node in facts else None
            deep[node] = max((deep[need] for need in needs[node]), default=0) + (depth(own) if own is not None else 0)
            if deep[node] > MOST_RESTING:
                path, fact = facts[node]
                self.mistake("too-many-facts", (*path, "fact"), fact=fact.fact, most=MOST_RESTING)
                return True
        return False

    def _needs(self, raw: dict[Path, exp.Expr], path: Path, text: str, table: str) -> set[Node]:
        """Parse one text; the nodes that its names stand for, whether or not they exist."""
        tree = parse(text, self.pack.place(path))
        if isinstance(tree, Mistake):
            self.mistakes.append(tree)
            return set()
        raw[path] = tree
        needs: set[Node] = self.looking.needs(tree, path, table)
        for owner, name in names_in(tree):
            needs.add(("verdict", table, "") if name == "verdict" and owner is None else ("fact", owner or table, name))
        for call in tree.find_all(exp.Anonymous):
            if call.name in STATES and call.expressions:
                needs.add(("rule", "", call.expressions[0].name))
        needs |= {("rule", "", rule.rule) for _, tag in asked_in(tree) for rule in tagged(self.pack, table, tag)}
        return needs

    def _scope(self, table: str, *, aggregate: bool = False, tags: bool = False) -> Scope:
        parent = self.pack.tables[table].belongs_to
        return Scope(
            table=table,
            columns=self.meanings[table],
            parents={parent: self.meanings[parent]} if parent and not aggregate else {},
            params=self.pack.params,
            calendar=days.name if (days := self.pack.days) is not None else "",
            aggregate=aggregate,
            outcomes=self.pack.outcomes,
            rules=self.rules_named(table) if aggregate else (),
            tags=tuple(dict.fromkeys(str(r.tag) for r in tagged(self.pack, table))) if tags else None,
        )

    def _above(self, table: str) -> dict[str, Meaning]:
        """What the names of the parent's columns mean in the expressions of a table."""
        parent = self.pack.tables[table].belongs_to
        return {f"{parent}.{name}": meaning for name, meaning in self.meanings[parent].items()} if parent else {}

    def _checked(self, path: Path, raw: dict[Path, exp.Expr], scope: Scope) -> Checked | None:
        if path not in raw or not self.looking.meant(raw[path], path, scope):
            return None
        result = check(raw[path], self.pack.place(path), scope)
        if isinstance(result, list):
            self.mistakes.extend(result)
            return None
        self.trees[path] = result.sql
        return result

    def _fact(self, path: Path, fact: Fact, raw: dict[Path, exp.Expr]) -> None:
        table = fact.from_ or fact.of
        self.meanings[fact.of].setdefault(fact.fact, Meaning(Type.NUMBER))  # so that a mistake in it is told once
        aggregate = fact.from_ is not None or fact.among is not None
        for asked in asked_in(raw[*path, "value"]) if not aggregate and (*path, "value") in raw else ():
            self._tagged(asked, table, self.pack.place((*path, "value")))
        among = self.looking.among(path, fact)
        scope = self._scope(table, aggregate=aggregate, tags=not aggregate)
        wrong = list(wrong_names(self.pack, path, fact, scope.columns, raw.get((*path, "value"))))
        self.mistakes.extend(wrong)
        found = None if wrong or (among is None and fact.among is not None) else self._checked((*path, "value"), raw, scope)
        if found is None:
            self.meanings[fact.of][fact.fact] = Meaning(None)
            return
        if found.type is None:
            self.mistake("fact-without-type", (*path, "value"), fact=fact.fact)
            return
        known = dict(scope.columns)
        if aggregate:
            known |= {"verdict": Meaning(Type.CHOICE, blank=False)} | {
                state_column(s, r): Meaning(Type.BOOLEAN, blank=False) for r in found.rules for s in STATES
            }
            self._aggregate_counts_blanks((*path, "value"), fact, found.sql, known)
        self._cases_count_blanks((*path, "value"), found.sql, known if aggregate else known | self._above(fact.of))
        unsaid = {*(among or ())} - left_out(found.sql)  # a record of which one is blank may be a sibling, or not
        may_be_blank = bool(blanks(found.sql, known)) or any(name in known and known[name].blank for name in unsaid)
        self.meanings[fact.of][fact.fact] = Meaning(found.type, found.choices, may_be_blank, found.size, found.ratio)
        named = [c for c in columns_of(found.sql, table) if state_of(c.name) is None and c.name != "verdict"]
        self.facts.append(
            CheckedFact(
                fact=fact,
                type=found.type,
                choices=found.choices,
                sql=found.sql,
                columns=tuple(dict.fromkeys((*(Column(table, name) for name in among or ()), *named))),
                child=table if aggregate else None,
                via=self.looking.via(fact),
                uses_verdict=any(c.name == "verdict" for c in found.columns) and fact.from_ is not None,
                uses_rules=found.rules,
                blank=may_be_blank,
                among=among,
            )
        )

    def _tagged(self, asked: tuple[str, str], table: str, place: Place) -> None:
        """The facts behind what is asked of a tag, each once."""
        if tag_column(*asked) not in self.meanings[table] and tagged(self.pack, table, asked[1]):
            for found in facts_of(self.pack, asked, table, self.rules, place):
                if found.id not in self.meanings[found.table]:
                    self.facts.append(found)
                    size = found.sql.meta.get("size")
                    self.meanings[found.table][found.id] = Meaning(Type.INTEGER, blank=False, size=size)

    def _cases_count_blanks(self, path: Path, sql: exp.Expr, known: Mapping[str, Meaning]) -> None:
        """A `case` must say what a blank counts as: it would take the branches of what is false."""
        for condition, found in blank_cases(sql, known):
            text = str(condition.meta.get("written") or condition.sql(dialect=DIALECT))
            place, at = self.pack.place(path), condition.unnest().meta.get("at")
            fields = sorted(said_of(f) for f in found if f in known)
            help_: Help = ("help.case", {"field": fields[0], "text": text}) if fields else ("help.coalesce-false", {"text": text})
            args = {"text": text, "fields": ", ".join(fields) or text}
            self.mistakes.append(Mistake("blank-in-case", place.part(*at) if at else place.span, args, help_))

    def _aggregate_counts_blanks(self, path: Path, fact: Fact, sql: exp.Expr, known: Mapping[str, Meaning]) -> None:
        """An aggregate must say what a blank counts as: neither its argument nor its filter may come out blank."""
        for call in sql.find_all(*AGGREGATES):
            arguments = [n for n in (call.this, call.args.get("expression")) if n is not None and not isinstance(n, exp.Star)]
            if arguments and isinstance(arguments[0], exp.Distinct):
                arguments = arguments[0].expressions
            where = call.parent.expression.this if isinstance(call.parent, exp.Filter) else None
            sure = surely_present(where, wanted=True) if where is not None else frozenset[str]()
            found = {f for n in arguments for f in blanks(n, known, sure)}
            if where is not None:
                found |= blanks(where, known)
            if found:
                fields = sorted(said_of(f) for f in found if f in known)
                help_: Help = ("help.coalesce", {"field": fields[0]}) if fields else ("help.coalesce-all", {})
                if isinstance(call, exp.Min | exp.Max | exp.Avg) and len(fields) == len(found):
                    help_ = ("help.write", {"text": _without_blanks(call, arguments[0], where, fields)})
                self.mistake("blank-in-aggregate", path, help=help_, fact=fact.fact, fields=", ".join(fields) or fact.value)
                return

    def _rule(self, path: Path, rule: Rule, raw: dict[Path, exp.Expr]) -> None:
        atoms = Atoms(rule.for_)
        conditions: dict[str, Condition] = {"shared": ALWAYS}
        if (file := str(path[0])) in self.pack.shared:
            tree = self._shared_for(path, rule.for_, raw)
            if tree is None:
                return
            conditions["shared"] = atoms.split(tree)
        for key in ("when", "require"):
            before = len(atoms.found)
            if getattr(rule, key) is None:
                conditions[key] = ALWAYS
                continue
            found = self._checked((*path, key), raw, self._scope(rule.for_))
            if found is None:
                return
            if not self._is_condition((*path, key), getattr(rule, key), found, rule.for_):
                return
            conditions[key] = atoms.split(found.sql)
            self._names_fields((*path, key), list(atoms.found.values())[before:])
        if len(atoms.found) > MOST_ATOMS:
            self.mistake("rule-too-wide", (*path, "rule"), rule=rule.rule, n=len(atoms.found), most=MOST_ATOMS)
            return
        own, shared = conditions["when"], conditions["shared"]
        checked = CheckedRule(rule, both(shared, own), conditions["require"], tuple(atoms.found.values()), own, shared, file)
        try:
            formulas_of(checked)
        except TooLarge:
            self.mistake("rule-too-large", (*path, "rule"), rule=rule.rule)
        self.rules.append(checked)

    def _is_condition(self, path: Path, text: str, found: Checked, table: str) -> bool:
        """Whether a text is true or false, or unknown; tells the mistake where not."""
        if found.type is not Type.BOOLEAN:
            self.mistake("not-a-condition", path, text=text, type=type_word(found.type))
            return False
        self._cases_count_blanks(path, found.sql, self.meanings[table] | self._above(table))
        return True

    def _names_fields(self, path: Path, atoms: Sequence[Atom]) -> None:
        for atom in atoms:
            if not atom.columns and not list(atom.sql.find_all(exp.Placeholder)):
                self.mistake("names-no-field", path, text=atom.text)

    # ------------------------------------------------------------------------------------- what the rules of a file share

    def _shared(self, file: str, raw: dict[Path, exp.Expr]) -> None:
        """The condition of a file, as the units' rules say it."""
        path, text = (file, "when"), self.pack.shared[file]
        found = self._checked(path, raw, self._scope(self.root))
        if found is not None and not self._is_condition(path, text, found, self.root):
            found = None
        self.shared[file, self.root] = found.sql if found is not None else None
        if found is not None:
            atoms = Atoms(self.root)
            atoms.split(found.sql)
            self._names_fields(path, list(atoms.found.values()))

    def _shared_for(self, path: Path, table: str, raw: dict[Path, exp.Expr]) -> exp.Expr | None:
        """The same as the rules of another table say it; None where there is a mistake in it, or the table is too far away."""
        file = str(path[0])
        if (file, table) in self.shared or self.shared[file, self.root] is None:
            return self.shared.get((file, table))
        if self.pack.tables[table].belongs_to != self.root:
            self.mistake("when-out-of-reach", (*path, "for"), table=table, parent=self.root, file=FilePath(file).name)
            return None
        tree = parse(named_of(raw[file, "when"], self.root), self.pack.place((file, "when")))
        assert not isinstance(tree, Mistake), f"{file}: {tree}"
        self.looking.needs(tree, (file, "when"), table)
        self.looking.meant(tree, (file, "when"), self._scope(table))
        found = check(tree, self.pack.place((file, "when")), self._scope(table))
        assert isinstance(found, Checked), f"{file}: {found}"
        self.shared[file, table] = self.trees[file, "when", table] = found.sql
        return found.sql


@dataclass
class _WholeChecks(_Checks):
    """What is asked of the review as a whole, where the pack itself, `of`, holds."""

    of: _Checks = field(kw_only=True)

    def names(self) -> None:
        for path, fact in self.pack.facts:
            self._name((*path, "fact"), fact.fact)
        super().names()
        for path, rule in self.pack.rules:
            if rule.rule in self.of.rule_order:
                self.mistake("repeated-id", (*path, "rule"), id=rule.rule)
            if (file := str(path[0])) in self.of.pack.shared:
                self.mistake("when-of-units", (*path, "for"), file=FilePath(file).name)

    def meant(self) -> dict[str, dict[str, Meaning]]:
        return {table: dict(meanings) for table, meanings in self.of.meanings.items()} | {REVIEW: self.pack.meanings(REVIEW)}

    def rules_named(self, table: str) -> tuple[str, ...]:
        return self.of.rules_named(table)


def _without_blanks(call: exp.Expr, argument: exp.Expr, where: exp.Expr | None, fields: Sequence[str]) -> str:
    """An aggregate as it is written over the records that say something."""
    tests = [f"{field} is not null" for field in fields] + ([f"({where.meta['written']})"] if where is not None else [])
    distinct = "distinct " if isinstance(call.this, exp.Distinct) else ""
    name = OPERATORS[type(call)][0].name
    return f"{name}({distinct}{argument.meta['written']}) filter (where {' and '.join(tests)})"


def _named(node: Node) -> str:
    kind, table, name = node
    return {"fact": f"{table}.{name}", "rule": name, "verdict": f"{table}.verdict", "when": FilePath(table).name}[kind]
