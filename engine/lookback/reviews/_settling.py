"""Which blanks of a record, filled in, would settle the rules that they leave unknown: the smallest set.

In: the unknown rules of one record with their situations, and which of its columns are blank. Out: a `Settling`. A set of
fields settles the rules if there are values for them with which no rule is unknown any longer, the other blanks as they are.

What values can do is told by atoms. Those that look at one blank field take together every combination that some value of it
gives (`situations`); any other becomes true or false, as you like, once enough fields behind it are filled for it to have a
value, and stays what it is before. So of atoms that hang together otherwise, as over two dates, more is thought possible than
may be.

An example. One rule asks `members >= 3`, another `members >= 10 or posts >= 1`. Of two units:

    members   posts     unknown are     the blanks behind each atom (`behind`)
    blank     blank     both            members >= 3: members; members >= 10: members; posts >= 1: posts
    5         blank     the second      posts >= 1: posts

What a value of `members` can do (`ways`): both atoms false, the first alone true, both true; never the second alone. For the
first unit `members` is tried by itself: with both true, the first rule is met, and so is the second, whatever `posts` is. So
`members` settles both, and no smaller set does. For the second unit `members >= 10` stays false, and `posts` settles it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product

from lookback.judging.situations import reached
from lookback.language import conditions as logic
from lookback.language.atoms import blanks
from lookback.language.conditions import Atom, Status, Truth
from lookback.language.types import Column
from lookback.packs.checked import CheckedFact, CheckedPack, CheckedRule
from lookback.packs.graph import Follow, Graph, plain
from lookback.reviews.explanation import Settling
from lookback.warehouse.duckdb import DuckDB

MOST_TRIES = 20_000
"""Combinations that are looked at for one smallest set; beyond, rule after rule gets its own."""

KNOWN: tuple[Status, ...] = ("met", "not applicable", "unmet")
SATISFIED: tuple[Status, ...] = ("met", "not applicable")

Unknown = tuple[CheckedRule, tuple[Truth, ...]]
"""An unknown rule, and its situation."""
Truths = Mapping[str, Truth]
"""Truth by the text of an atom: the same in all rules of a record."""


class _TooMany(Exception):
    """More combinations than are looked at."""


class Settler:
    """Settles the records of one pack."""

    def __init__(self, pack: CheckedPack, warehouse: DuckDB) -> None:
        self.pack, self.warehouse = pack, warehouse
        self.graph = Graph(pack)
        self._seen: dict[tuple[str, ...], list[Truths]] = {}
        self._settled: dict[object, Settling] = {}

    def settle(self, table: str, rules: Sequence[Unknown], is_blank: Callable[[Column], bool]) -> Settling:
        """The smallest sets for the unknown rules of a record of `table`."""
        named = [c for rule, _ in rules for c in rule.columns]
        blank = frozenset(c for _, c in self.graph.walk(named, self._near(table)) if is_blank(c))
        key = (table, tuple((rule.id, values) for rule, values in rules), blank)
        if key not in self._settled:  # records alike in this are settled alike
            ends = {a.text: self.graph.ends(a.columns, self._near(table)) for rule, _ in rules for a in rule.atoms}
            behind = {text: blank & frozenset(columns) for text, columns in ends.items()}
            self._settled[key] = self._settle(_Record(self, table, blank, behind), rules)
        return self._settled[key]

    def _settle(self, one: _Record, rules: Sequence[Unknown]) -> Settling:
        stuck = tuple(rule.id for rule, values in rules if one.alone((rule, values), KNOWN) is None)
        settles, exact = one.smallest([u for u in rules if u[0].id not in stuck], KNOWN)
        satisfies, also = (None, True) if stuck else one.smallest(rules, SATISFIED)
        blamed = {c for r, values in rules for a in logic.blame(r, values) for c in one.behind[r.atoms[a].text]}
        return Settling(
            tuple(rule.id for rule, _ in rules),
            tuple(c for c in one.fields(rules) if c in blamed),
            settles or (),
            satisfies,
            stuck,
            exact and also,
        )

    def derived(self, table: str, column: Column) -> CheckedFact | None:
        """The fact that a column is, where it is worked out from the record and its parent alone."""
        fact = self.pack.fact(column)
        return fact if fact is not None and self._near(table)(fact) else None

    def _near(self, table: str) -> Follow:
        near = {table, *self.pack.above(table)[:1]}
        return lambda fact: plain(fact) and bool(fact.columns) and {c.table for c in fact.columns} <= near

    def ways(self, table: str, atoms: Sequence[Atom]) -> list[Truths]:
        """What the atoms of one field can be together once it is filled."""
        key = (table, *(atom.text for atom in atoms))
        if key not in self._seen:
            found = sorted(reached(self.pack, table, atoms, self.warehouse, filled=True))
            self._seen[key] = [dict(zip(key[1:], values, strict=True)) for values in found]
        return self._seen[key]


@dataclass(frozen=True)
class _Record:
    """The search on one record. `behind`: the blanks behind each atom, by its text: fields, and facts of other records."""

    settler: Settler
    table: str
    blank: frozenset[Column]
    behind: Mapping[str, frozenset[Column]]

    def fields(self, rules: Sequence[Unknown]) -> list[Column]:
        """The blank fields behind the rules, in the order in which these name them; a fact cannot be filled in."""
        tables = self.settler.pack.tables
        named = [c for rule, _ in rules for atom in rule.atoms for c in sorted(self.behind[atom.text], key=str)]
        return [c for c in dict.fromkeys(named) if c.name in tables[c.table].fields]

    def smallest(self, rules: Sequence[Unknown], wanted: Collection[Status]) -> tuple[tuple[Column, ...] | None, bool]:
        """A smallest set of fields with which all the rules can be as `wanted`; None where there is none. And whether it is
        sure that none is smaller."""
        found: list[Column] = []
        exact = True
        for part in self._apart(rules):
            try:
                of_part = self._search(part, wanted)
            except _TooMany:
                exact = False
                each = [self.alone(one, wanted) for one in part]
                of_part = None if None in each else tuple({c: None for one in each for c in one or ()})
            if of_part is None:
                return None, exact
            found += of_part
        return tuple(sorted(found, key=self.fields(rules).index)), exact

    def alone(self, one: Unknown, wanted: Collection[Status]) -> tuple[Column, ...] | None:
        try:
            return self._search([one], wanted)
        except _TooMany:
            return tuple(self.fields([one]))

    def _apart(self, rules: Sequence[Unknown]) -> list[list[Unknown]]:
        """The rules in groups that have no blank field in common: each is searched by itself."""
        groups: list[tuple[set[Column], list[Unknown]]] = []
        for one in rules:
            fields, members = set(self.fields([one])), [one]
            for other in [g for g in groups if g[0] & fields]:
                groups.remove(other)
                fields |= other[0]
                members = [*other[1], *members]
            groups.append((fields, members))
        return [members for _, members in groups]

    def _search(self, rules: Sequence[Unknown], wanted: Collection[Status]) -> tuple[Column, ...] | None:
        fields = self.fields(rules)
        tries = 0
        for size in range(1, len(fields) + 1):
            for filled in combinations(fields, size):
                for truths in self._possible(rules, frozenset(filled)):
                    tries += 1
                    if tries > MOST_TRIES:
                        raise _TooMany
                    if all(_status(rule, values, truths) in wanted for rule, values in rules):
                        return filled
        return None

    def _possible(self, rules: Sequence[Unknown], filled: frozenset[Column]) -> Iterator[Truths]:
        """What the atoms can become together when these fields are filled; atoms that are not named stay as they are."""
        atoms = {atom.text: atom for rule, _ in rules for atom in rule.atoms}
        free: list[Sequence[Truths]] = []
        for field in sorted(filled, key=str):
            of_field = [atom for atom in atoms.values() if atom.columns == (field,)]
            free += [self.settler.ways(self.table, of_field)] if of_field else []
        for text, atom in atoms.items():
            alone = len(atom.columns) == 1 and atom.columns[0] in filled
            if not alone and self.behind[text] & filled and self._can_be_known(atom, self.table, filled):
                free.append([{text: "t"}, {text: "f"}])
        for chosen in product(*free):
            yield {text: value for truths in chosen for text, value in truths.items()}

    def _can_be_known(self, of: Atom | CheckedFact, own: str, filled: frozenset[Column]) -> bool:
        """Whether a condition or fact of a record of `own` can have a value once these fields are filled."""
        present: set[str] = set()
        missing: set[str] = set()
        for c in of.columns:
            fact = self.settler.derived(self.table, c)
            holds = c in filled or c not in self.blank or (fact is not None and self._can_be_known(fact, c.table, filled))
            (present if holds else missing).add(c.name if c.table == own else f"{c.table}.{c.name}")
        return not blanks(of.sql, {}, frozenset(present)) & missing


def _status(rule: CheckedRule, values: Sequence[Truth], truths: Truths) -> Status:
    return logic.status(rule, [truths.get(atom.text, value) for atom, value in zip(rule.atoms, values, strict=True)])
