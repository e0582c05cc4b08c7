"""In which order the facts and rules of a pack are worked off.

In: a checked pack. Out: its steps. A step works on one table: it computes facts, and the atoms of rules, in one scan of that
table. Steps follow the graph over all tables: whatever crosses from one table to another (an aggregate, a parent's field)
starts a new layer, and everything is done as late as it can be, so that there are few layers. In a step, atoms that mean the
same are computed once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from graphlib import TopologicalSorter

from lookback.language.conditions import Atom
from lookback.language.scope import state_column
from lookback.language.sql import written
from lookback.language.types import Column
from lookback.packs.checked import CheckedFact, CheckedPack, CheckedRule
from lookback.packs.graph import Graph, Node, own

SIGNATURE = "_sig"
ATOMS_PER_WORD = 31
"""Two bits an atom, in a signed 64-bit word."""


@dataclass(frozen=True)
class Step:
    """One scan of a table. `carried` names the fields that later queries need of these records."""

    number: int
    table: str
    layer: int
    aggregates: tuple[CheckedFact, ...]
    derived: tuple[tuple[CheckedFact, ...], ...]  # plain facts and those of siblings, level by level: each uses those before it
    rules: tuple[CheckedRule, ...]
    atoms: tuple[Atom, ...]
    carried: tuple[str, ...]
    previous: int | None  # the step before on the same table
    last: bool  # after it every rule of the table is decided
    first_word: int = 0  # how many words the steps before on the same table have

    @property
    def facts(self) -> tuple[CheckedFact, ...]:
        return (*self.aggregates, *(f for level in self.derived for f in level))

    @property
    def counted(self) -> tuple[str, ...]:
        """What its aggregates count: tables, and by what their records are this one's."""
        return tuple(dict.fromkeys(f.link for f in self.aggregates))

    @property
    def makes(self) -> tuple[str, ...]:
        """What it makes before any of its rules is decided, in order."""
        n = self.number
        return (*(f"sums_{n}_{link}" for link in self.counted), f"state_{n}", *((f"seen_{n}",) if self.rules else ()))

    @cached_property
    def words(self) -> tuple[tuple[str, tuple[Atom, ...]], ...]:
        """The words of the signature, each with the atoms whose truth it holds."""
        starts = range(0, len(self.atoms), ATOMS_PER_WORD)
        return tuple((f"_w{self.first_word + i}", self.atoms[at : at + ATOMS_PER_WORD]) for i, at in enumerate(starts))

    def positions(self, rule: CheckedRule) -> tuple[tuple[str, int], ...]:
        """(word, place) of each atom of a rule: the atom's value stands in the two bits from 2 × place."""
        return tuple(self._places[atom.text] for atom in rule.atoms)

    @cached_property
    def _places(self) -> dict[str, tuple[str, int]]:
        return {atom.text: (word, i) for word, atoms in self.words for i, atom in enumerate(atoms)}

    def __str__(self) -> str:
        numbers = {atom.text: i for i, atom in enumerate(self.atoms)}
        lines = [f"step {self.number}: {self.table} (layer {self.layer})"]
        lines += [f"  from {f.child}: {f.id} := {written(f.sql)}" for f in self.aggregates]
        lines += [f"  {_kind(f)}{f.id} := {written(f.sql)}" for level in self.derived for f in level]
        lines += [f"  atom {i}: {atom.text}" for i, atom in enumerate(self.atoms)]
        lines += [f"  rule {r.id}: atoms {', '.join(str(numbers[a.text]) for a in r.atoms)}" for r in self.rules]
        return "\n".join(lines)


def _kind(fact: CheckedFact) -> str:
    return "fact " if fact.among is None else f"among {', '.join(fact.among) or 'all'}: "


def steps_of(pack: CheckedPack) -> tuple[Step, ...]:
    """The facts and rules of a pack, in order."""
    facts = {("fact", f.table, f.id): f for f in pack.facts}
    rules = {("rule", r.table, r.id): r for r in pack.rules}
    places = {r.id: i for i, r in enumerate(pack.rules)}
    needs = Graph(pack).needs()
    height = _heights(needs, {node for node, fact in facts.items() if fact.below and fact.child == fact.table})
    order = [node for node in TopologicalSorter(needs).static_order() if node[0] != "verdict"]
    wanted = _wanted(pack, needs)
    steps: list[Step] = []
    last: dict[str, Step] = {}
    top = max(height.values(), default=0)
    for layer in range(top, -1, -1):
        for table in (t for t, definition in pack.tables.items() if not definition.reference):
            nodes = [n for n in order if n in wanted and n[1] == table and height[n] == layer]
            final = layer == min((height[n] for n in rules if n[1] == table), default=height["verdict", table, ""])
            if not nodes and not (final and table not in last):
                continue
            own_rules = tuple(sorted((rules[n] for n in nodes if n in rules), key=lambda r: places[r.id]))
            own_facts = [facts[n] for n in nodes if n in facts]
            before = last.get(table)
            last[table] = Step(
                number=len(steps),
                table=table,
                layer=top - layer,
                aggregates=tuple(f for f in own_facts if f.below),
                derived=_levels([f for f in own_facts if not f.below]),
                rules=own_rules,
                atoms=tuple({a.text: a for r in own_rules for a in r.atoms}.values()),
                carried=_carried(pack, table, own_rules),
                previous=before.number if before else None,
                last=final,
                first_word=before.first_word + len(before.words) if before else 0,
            )
            steps.append(last[table])
    return tuple(steps)


def _heights(needs: dict[Node, set[Node]], across: Collection[Node]) -> dict[Node, int]:
    """How many times the longest way from a node to the end crosses from one record to another, or from a rule to what counts
    it: `across` are the aggregates over records of the own table."""
    height = dict.fromkeys(needs, 0)
    for node in reversed(list(TopologicalSorter(needs).static_order())):
        for need in needs[node]:
            crosses = need[1] != node[1] or node in across or (node[0], need[0]) == ("fact", "rule")
            height[need] = max(height[need], height[node] + crosses)
    return height


def _wanted(pack: CheckedPack, needs: dict[Node, set[Node]]) -> set[Node]:
    """The rules, the root's facts (they are shown), what is asked of the review as a whole, and whatever these need."""
    waiting = [n for n in needs if n[0] == "rule" or (n[0] == "fact" and n[1] == pack.root)]
    of_review = pack.whole.facts if pack.whole is not None else ()
    waiting += [n for fact in of_review for c in fact.columns if (n := ("fact", c.table, c.name)) in needs]
    wanted: set[Node] = set()
    while waiting:
        node = waiting.pop()
        if node not in wanted:
            wanted.add(node)
            waiting.extend(needs[node])
    return wanted


def own_rules(steps: Sequence[Step], step: Step) -> Iterator[tuple[Step, list[str]]]:
    """The steps on the same table before a step whose rules' findings its facts count, and the columns that tell of these."""
    used = {r for level in step.derived for f in level for r in f.uses_rules}
    at = step
    while used and at.previous is not None:
        at = steps[at.previous]
        if columns := [state_column("met", r.id) for r in at.rules if r.id in used]:
            yield at, columns


def _levels(facts: list[CheckedFact]) -> tuple[tuple[CheckedFact, ...], ...]:
    """Facts of one table in levels; `facts` stand in an order in which none uses a later one."""
    level: dict[str, int] = {}
    for fact in facts:
        level[fact.id] = 1 + max((level.get(c.name, 0) for c in fact.columns if c.table == fact.table), default=0)
    return tuple(tuple(f for f in facts if level[f.id] == n) for n in sorted(set(level.values())))


def _carried(pack: CheckedPack, table: str, rules: tuple[CheckedRule, ...]) -> tuple[str, ...]:
    """The columns that reasons show and that aggregates over this table use: own fields, and the parent's as `parent.name`."""
    columns = [c for r in rules for c in r.columns]
    named = {*columns, *Graph(pack).ends(columns, own)}
    shown = {c if c.table == table else Column(table, f"{c.table}.{c.name}") for c in named}
    counted = [f for f in pack.facts if f.child == table and f.below]
    summed = {c for f in counted for c in f.columns} | {Column(table, f.via) for f in counted if f.via is not None}
    facts = {f.id for f in pack.facts if f.table == table}
    return tuple(sorted({c.name for c in shown | summed} - facts - {pack.parent_key(table)}))


def same_words(step: Step, one: str, other: str) -> str:
    return " AND ".join(f"{one}.{word} = {other}.{word}" for word, _ in step.words)
