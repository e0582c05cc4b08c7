"""What a pack's rules and verdicts rest on: fields, parameters, the records of other tables.

In: a checked pack. Out: sets of names. It follows facts down to the fields that they come from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlglot import exp

from engine.model import And, CheckedFact, CheckedPack, CheckedRule, Column, Condition, Is, Not, Or


class Leaves:
    """What rules and verdicts rest on."""

    def __init__(self, pack: CheckedPack) -> None:
        self.pack = pack
        self.facts = {(f.table, f.id): f for f in pack.facts}

    def of(self, rule: CheckedRule, *, when: bool = False) -> set[tuple[str, str]]:
        """The fields that a rule (or only its `when`) rests on, itself or through facts; of an aggregate also the child's name:
        two aggregates over the same records have to do with each other."""
        found: set[tuple[str, str]] = set()
        atoms = [rule.atoms[i] for i in sorted(_atoms_in(rule.when))] if when else rule.atoms
        for fact, column in self._walk(c for atom in atoms for c in atom.columns):
            found.add((column.table, column.name))
            if fact is not None and fact.child is not None:
                found |= {(fact.child, "")} | {(c.table, c.name) for c in fact.columns}
                if fact.uses_verdict or fact.uses_rules:  # and what the verdicts rest on, as far as it lies outside
                    found |= {(c.table, c.name) for c in outside(self.pack, fact.child)}
                    found |= {(c.table, "") for c in self._of_verdict(fact.child, frozenset())}
        return found

    def params(self, rule: CheckedRule) -> set[str]:
        """The parameters that a rule rests on, itself or through facts."""
        trees = [atom.sql for atom in rule.atoms]
        trees += [fact.sql for fact, _ in self._walk(c for atom in rule.atoms for c in atom.columns) if fact is not None]
        return {node.name for tree in trees for node in tree.find_all(exp.Placeholder)}

    def touched(self, column: Column) -> list[str]:
        """The tables whose verdicts rest on a field. Where an aggregate names it, the pack says itself what a blank counts as."""
        return [table for table in self.pack.tables if column in self._of_verdict(table, frozenset())]

    def _of_verdict(self, table: str, seen: frozenset[str]) -> set[Column]:
        found: set[Column] = set()
        if table in seen:
            return found
        for rule in self.pack.rules_for(table):
            for fact, column in self._walk((c for atom in rule.atoms for c in atom.columns), inside=False):
                if fact is None:
                    found.add(column)
                elif fact.child is not None and (fact.uses_verdict or fact.uses_rules):
                    found |= self._of_verdict(fact.child, seen | {table})
        return found

    def _walk(self, columns: Iterable[Column], *, inside: bool = True) -> Iterator[tuple[CheckedFact | None, Column]]:
        """Columns, and those that their facts name; those inside aggregates only if they are asked for."""
        waiting, seen = list(columns), set[Column]()
        while waiting:
            column = waiting.pop()
            if column in seen:
                continue
            seen.add(column)
            fact = self.facts.get((column.table, column.name))
            yield fact, column
            if fact is not None and (fact.child is None or inside):
                waiting.extend(fact.columns)


def _atoms_in(condition: Condition) -> set[int]:
    match condition:
        case Is(atom):
            return {atom}
        case Not(of):
            return _atoms_in(of)
        case And(parts) | Or(parts):
            return {atom for part in parts for atom in _atoms_in(part)}


def outside(pack: CheckedPack, table: str) -> set[Column]:
    """The fields of records above or beside a record of a table on which its verdict rests."""
    facts = {(f.table, f.id): f for f in pack.facts}
    above, at = set[str](), pack.tables[table].belongs_to
    while at is not None:
        above.add(at)
        at = pack.tables[at].belongs_to
    found, seen = set[Column](), set[tuple[Column, bool]]()
    waiting = [(c, False) for rule in pack.rules_for(table) for atom in rule.atoms for c in atom.columns]
    while waiting:
        column, out = waiting.pop()
        out = out or column.table in above
        if (column, out) in seen:
            continue
        seen.add((column, out))
        fact = facts.get((column.table, column.name))
        if fact is None:
            found |= {column} if out else set()
        elif fact.child is None:
            waiting += [(c, out) for c in fact.columns]
        else:
            rules = [r for r in pack.rules_for(fact.child) if fact.uses_verdict or r.id in fact.uses_rules]
            waiting += [(c, out) for rule in rules for atom in rule.atoms for c in atom.columns]
    return found
