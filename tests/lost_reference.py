"""The reference interpreter where something was lost: every value is a value, and whether it rests on anything lost.

A record says by `_lost` which of its fields are lost (their values are None then) and by `_doubtful` whether it may not be there;
`missing` says by table and parent how many rows may be missing.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

from reference import (
    NOT_APPLICABLE,
    UNKNOWN,
    UNMET,
    Finding,
    Group,
    Interpreter,
    Pack,
    Records,
    Row,
    asked_for,
    kleene_and,
    parsed,
    rule_status,
)
from sqlglot import exp

Missing = Mapping[str, Mapping[Any, int | None]]
"""Of a table, by key of the parent: how many rows may be missing; None: nobody knows."""


COMPARED: Mapping[type[exp.Expr], Callable[[Any, Any], bool]] = {
    exp.LT: operator.lt,
    exp.LTE: operator.le,
    exp.GT: operator.gt,
    exp.GTE: operator.ge,
    exp.EQ: operator.eq,
    exp.NEQ: operator.ne,
}


def tests_of_count(tree: exp.Expr) -> list[exp.Expr] | None:
    """What is asked of a record that a count counts; None of anything else."""
    tree = tree.unnest()
    tests = [tree.expression.this] if isinstance(tree, exp.Filter) else []
    tree = tree.this if isinstance(tree, exp.Filter) else tree
    if not isinstance(tree, exp.Count) or isinstance(tree.this, exp.Distinct):
        return None
    return tests + (
        [] if isinstance(tree.this, exp.Star) else [exp.Not(this=exp.Is(this=tree.this.copy(), expression=exp.Null()))]
    )


class LostInterpreter(Interpreter):
    def __init__(self, pack: Pack, records: Records, missing: Missing) -> None:
        super().__init__(pack, records, {})
        self.missing = missing
        self._lost: dict[tuple[str, int, str], bool] = {}
        self.ranking = [outcome["outcome"] for outcome in pack.outcomes]

    def above(self, row: Row) -> Row | None:
        parent = self.pack.parent(row.table)
        named = parent and self.records[row.table][row.at].get(self.pack.tables[parent]["key"])
        return None if named is None else super().above(row)

    # ------------------------------------------------------------------------------------------------- is a value lost?

    def lost(self, node: exp.Expr, scope: Row | Group) -> bool:
        if self.compared(node, scope) is not None:
            return False
        match node:
            case exp.Column():
                assert isinstance(scope, Row)
                if node.table and node.table != scope.table:
                    above = self.ancestor(scope, node.table)
                    return above is None or self.lost_value(Row(above.table, above.at), node.name)
                return self.lost_value(scope, node.name)
            case exp.And() | exp.Or():
                sides = [(self.evaluate(side, scope), self.lost(side, scope)) for side in (node.this, node.expression)]
                settled = any(value is isinstance(node, exp.Or) and not lost for value, lost in sides)
                return any(lost for _, lost in sides) and not settled
            case exp.Anonymous() if node.name in ("met", "unmet") and isinstance(scope, Row):
                (rule,) = [r for r in self.rules(scope.table) if r["rule"] == node.expressions[0].name]
                return self.lost_rule(scope, rule)
            case exp.Anonymous() if node.name in ("score", "findings") and isinstance(scope, Row):
                least, most = self.ends_under(node.name, scope, node.expressions[0].name)
                return least != most
            case exp.Filter() | exp.AggFunc() if not isinstance(scope, Row):
                parts = list(node.iter_expressions())
                return any(
                    self.records[row.table][row.at].get("_doubtful") or any(self.lost(part, row) for part in parts)
                    for row in scope
                )
        return any(self.lost(part, scope) for part in node.iter_expressions())

    def evaluate(self, node: exp.Expr, scope: Row | Group) -> Any:
        known = self.compared(node, scope)
        return super().evaluate(node, scope) if known is None else known

    # ---------------------------------------------------------------------------------------------------------- bounds

    def compared(self, node: exp.Expr, scope: Row | Group) -> bool | None:
        """What a comparison of a lost count is whatever the count is; None where that differs, and for anything else."""
        if not isinstance(node, (*COMPARED, exp.In)) or not isinstance(scope, Row):
            return None
        sides = [node.this.unnest(), *([node.expression.unnest()] if isinstance(node, exp.Binary) else [])]
        ends = [self.column_bounds(side, scope) for side in sides]
        if sum(end is not None for end in ends) != 1:
            return None
        (at,) = [i for i, end in enumerate(ends) if end is not None]
        least, most = ends[at] or (0, None)
        others = node.expressions if isinstance(node, exp.In) else [sides[1 - at]]
        values: list[Any] = [None if self.lost(other, scope) else self.evaluate(other, scope) for other in others]
        if None in values:
            return None
        top = most if most is not None else max([least, *(math.ceil(value) for value in values)]) + 1
        test: Callable[[Any, Any], bool] = COMPARED.get(type(node), operator.eq)
        found = {any(test(*((n, v) if at == 0 else (v, n))) for v in values) for n in range(least, top + 1)}
        return found.pop() if len(found) == 1 else None

    def column_bounds(self, side: exp.Expr, scope: Row) -> tuple[int, int | None] | None:
        if not isinstance(side, exp.Column):
            return None
        at = self.ancestor(scope, side.table) if side.table and side.table != scope.table else scope
        if at is None or not self.lost_value(Row(at.table, at.at, at.inside), side.name):
            return None
        return self.bounds(Row(at.table, at.at), side.name)

    def bounds(self, row: Row, name: str) -> tuple[int, int | None] | None:
        """The least and the greatest that a count may be; None for no count, or where nobody knows its records."""
        fact = self._facts.get((row.table, name), {})
        text = parsed(fact["value"]).unnest() if fact else None
        if isinstance(text, exp.Anonymous) and text.name in ("score", "findings"):
            return self.ends_under(text.name, row, text.expressions[0].name)
        if "among" in fact:
            return self.bounds_among(row, fact)
        tests = tests_of_count(text) if text is not None and "from" in fact else None
        if tests is None or self.key(row) is None:
            return None
        least, most = self.counted_of(self.below(row, fact["from"]), tests)
        more = self.missing.get(fact["from"], {}).get(self.key(row), 0)
        return least, None if more is None else most + more

    def ends_under(self, name: str, row: Row, tag: str) -> tuple[int, int | None]:
        """The least and the greatest that what is found under a tag on a record and below it may come to; None: nobody knows."""
        least, most = 0, 0
        for rule, weight in self.under_tag(name, row.table, tag):
            found = self.status(row, rule) in (UNMET, UNKNOWN)
            least += weight if found and not self.lost_rule(row, rule) else 0
            most += weight if found else 0
        nobody_knows = False
        children = [t for t in self.pack.tables if self.pack.parent(t) == row.table]
        for table in (t for t in children if self.under_tag(name, t, tag, below=True)):
            for child in self.below(row, table):
                ends = self.ends_under(name, Row(child.table, child.at), tag)
                least += 0 if self.doubtful(child) else ends[0]
                most += ends[1] or 0
                nobody_knows |= ends[1] is None
            more = None if self.key(row) is None else self.missing.get(table, {}).get(self.key(row), 0)
            nested = self.under_tag(name, table, tag) != self.under_tag(name, table, tag, below=True)
            nobody_knows |= more is None or (nested and self.key(row) in self.missing.get(table, {}))
            most += (more or 0) * sum(weight for _, weight in self.under_tag(name, table, tag))
        return least, None if nobody_knows else most

    def under_tag(self, name: str, table: str, tag: str, below: bool = False) -> list[tuple[Mapping[str, Any], int]]:
        """The rules for a table with a tag whose findings count, and how much each; with those below it."""
        rules = [r for r in self.rules(table) if r.get("tag") == tag and self.counts(table, r["rule"])]
        found = [(rule, rule.get("weight", 1) if name == "score" else 1) for rule in rules]
        children = [t for t in self.pack.tables if self.pack.parent(t) == table] if below else []
        return found + [one for child in children for one in self.under_tag(name, child, tag, below=True)]

    def doubtful(self, row: Row) -> bool:
        return bool(self.records[row.table][row.at].get("_doubtful"))

    def lost_value(self, row: Row, name: str) -> bool:
        if row.inside and name == "verdict":
            return self.lost_verdict(row)
        fact = self._facts.get((row.table, name))
        if fact is None:
            return name in self.records[row.table][row.at].get("_lost", ())
        at = (row.table, row.at, name)
        if at not in self._lost:
            if "among" in fact:
                lost = self.lost_among(row, fact)
                ends = self.bounds_among(row, fact) if lost else None
                self._lost[at] = lost and (ends is None or ends[0] != ends[1])
                if ends and ends[0] == ends[1]:
                    self._values[at] = ends[0]
            elif "from" in fact:
                unknown = self.key(row) is None or self.key(row) in self.missing.get(fact["from"], {})
                lost = unknown or self.lost(parsed(fact["value"]), self.below(row, fact["from"]))
                ends = self.bounds(row, name) if lost else None
                self._lost[at] = lost and (ends is None or ends[0] != ends[1])
                if ends and ends[0] == ends[1]:
                    self._values[at] = ends[0]
            elif (ends := self.bounds(row, name)) is not None:
                self._lost[at], self._values[at] = ends[0] != ends[1], ends[0]
            else:
                self._lost[at] = self.lost(parsed(fact["value"]), Row(row.table, row.at))
        return self._lost[at]

    # ---------------------------------------------------------------------------------------------------- among siblings

    def in_parent(self, row: Row, fact: Mapping[str, Any]) -> str | None:
        """The parent's key, where all siblings belong to one parent: then records of an unknown one are among what is missing."""
        parent = self.pack.parent(row.table)
        key = str(self.pack.tables[parent]["key"]) if parent else None
        return key if key in fact["among"] else None

    def siblings(self, row: Row, fact: Mapping[str, Any], own: Mapping[str, Any]) -> tuple[Group, Group]:
        group, unsure = super().siblings(row, fact, own)
        known, key = [f for f in fact["among"] if self.lost_value(row, f)], self.in_parent(row, fact)
        assert not known
        return group, tuple(one for one in unsure if key is None or not self.lost_value(one, key))

    def lacking(self, row: Row, fact: Mapping[str, Any]) -> int | None:
        """How many rows may be missing among a record's siblings; None: nobody knows."""
        missing, key = self.missing.get(row.table, {}), self.in_parent(row, fact)
        found = [missing.get(self.records[row.table][row.at].get(key), 0)] if key else [*missing.values()]
        return None if None in found else sum(n or 0 for n in found)

    def apart(self, row: Row, fact: Mapping[str, Any]) -> tuple[Group, Group, Group]:
        """The siblings of a record whose own values are known; those that may be some as something of them is lost; as something
        is blank."""
        tree = parsed(fact["value"])
        calls = [n for n in tree.find_all(exp.Filter, exp.AggFunc) if not isinstance(n.parent, exp.Filter)]
        where = exp.or_(*(n.expression.this.copy() if isinstance(n, exp.Filter) else exp.true() for n in calls))
        group, unsure = self.siblings(row, fact, {name: self.value(row, name) for name in fact["among"]})
        of_lost, of_blank = [], []
        for one in unsure:
            maybe = self.lost(where, one)
            if not maybe and self.evaluate(where, one) is not True:
                continue
            lost = maybe or self.doubtful(one) or any(self.lost_value(one, name) for name in fact["among"])
            (of_lost if lost else of_blank).append(one)
        return group, tuple(of_lost), tuple(of_blank)

    def nowhere(self, row: Row, fact: Mapping[str, Any]) -> bool:
        """Whether a record counts nowhere, as every aggregate asks for a value that it does not have."""
        tree = parsed(fact["value"])
        calls = [n for n in tree.find_all(exp.Filter, exp.AggFunc) if not isinstance(n.parent, exp.Filter)]
        asked = set.intersection(*(asked_for(n.expression.this) if isinstance(n, exp.Filter) else set() for n in calls))
        return any(self.value(row, f) is None and not self.lost_value(row, f) for f in asked & {*fact["among"]})

    def lost_among(self, row: Row, fact: Mapping[str, Any]) -> bool:
        own = Row(row.table, row.at)
        if self.nowhere(own, fact):
            return False
        if any(self.lost_value(own, name) for name in fact["among"]) or self.lacking(own, fact) != 0:
            return True
        group, of_lost, _ = self.apart(own, fact)
        return bool(of_lost) or self.lost(parsed(fact["value"]), group)

    def bounds_among(self, row: Row, fact: Mapping[str, Any]) -> tuple[int, int | None] | None:
        own = Row(row.table, row.at)
        tests = tests_of_count(parsed(fact["value"]))
        if tests is None or any(self.lost_value(own, f) or self.value(own, f) is None for f in fact["among"]):
            return None
        group, of_lost, of_blank = self.apart(own, fact)
        least, most = self.counted_of(group, tests)
        more = self.lacking(own, fact)
        return None if of_blank else (least, None if more is None else most + len(of_lost) + more)

    def counted_of(self, rows: Group, tests: list[exp.Expr]) -> tuple[int, int]:
        least = most = 0
        for child in rows:
            parts = [(self.evaluate(test, child), self.lost(test, child)) for test in tests]
            maybe = any(lost for _, lost in parts) and not any(value is False and not lost for value, lost in parts)
            surely = all(value is True and not lost for value, lost in parts)
            least += surely and not self.doubtful(child)
            most += surely or maybe
        return least, most

    def value(self, row: Row, name: str) -> Any:
        return None if name != "verdict" and self.lost_value(row, name) else super().value(row, name)

    # ------------------------------------------------------------------------------------------------ rules and verdicts

    def parts(self, row: Row, rule: Mapping[str, Any]) -> list[tuple[Any, bool]]:
        """`when` and `require`: what each comes to (None where it is lost), and whether it is lost."""
        found = []
        for text in (rule["when"] if rule.get("when") is not None else "true", rule["require"]):
            lost = self.lost(parsed(text), Row(row.table, row.at))
            found.append((None if lost else self.condition(text, Row(row.table, row.at)), lost))
        if rule["rule"] in self.pack.shared:
            found[0] = self.both(found[0], self.of_unit(row, self.pack.shared[rule["rule"]]))
        return found

    def of_unit(self, row: Row, text: str) -> tuple[Any, bool]:
        """A condition on the unit of a record; lost where nobody knows which that is."""
        unit = self.unit(Row(row.table, row.at))
        lost = unit is None or self.lost(parsed(text), Row(unit.table, unit.at))
        return (None, True) if unit is None or lost else (self.condition(text, Row(unit.table, unit.at)), False)

    def both(self, one: tuple[Any, bool], other: tuple[Any, bool]) -> tuple[Any, bool]:
        if (False, False) in (one, other):
            return False, False
        lost = one[1] or other[1]
        return None if lost else kleene_and(one[0], other[0]), lost

    def status(self, row: Row, rule: Mapping[str, Any]) -> str:
        (when, _), (require, _) = self.parts(row, rule)
        return rule_status(when, require)

    def lost_rule(self, row: Row, rule: Mapping[str, Any]) -> bool:
        return self.status(row, rule) == UNKNOWN and any(lost for _, lost in self.parts(row, rule))

    def ranks(self, row: Row) -> list[tuple[int, bool]]:
        """Of every rule that is unmet or unknown the rank of its outcome, and whether it is lost."""
        found = []
        for rule in self.rules(row.table):
            status, lost = self.status(row, rule), self.lost_rule(row, rule)
            otherwise, unknown = (self.ranking.index(rule.get(k, rule["otherwise"])) for k in ("otherwise", "unknown"))
            if status in (UNMET, UNKNOWN):
                found.append((max(otherwise, unknown) if lost else otherwise if status == UNMET else unknown, lost))
        return found

    def verdict(self, row: Row) -> str:
        return str(self.ranking[max((rank for rank, _ in self.ranks(row)), default=0)])

    def lost_verdict(self, row: Row) -> bool:
        ranks = self.ranks(row)
        return max((rank for rank, _ in ranks), default=0) > max((rank for rank, lost in ranks if not lost), default=0)

    def findings(self, row: Row) -> list[Finding]:
        raise NotImplementedError


__all__ = ["NOT_APPLICABLE", "LostInterpreter", "Missing"]
