"""A reference interpreter: what a pack says of some records, worked out the slow and obvious way.

In: a pack as the plain contents of its YAML files and records as typed Python values. Out: for every record its facts, the
status of each of its rules, its verdict and score, and all findings. It shares no code with the pipeline: conditions are
parsed by sqlglot and walked by a recursive evaluator, record by record; whatever they need of other records is evaluated
when asked for and remembered. It checks no types and has no messages for analysts: what it does not know, it refuses with
`Unsupported`.
"""

from __future__ import annotations

import calendar
import datetime
import functools
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import core_yaml
import sqlglot
from sqlglot import exp

Value = Any  # str, int, Fraction, Quotient, bool, datetime.date, or None for a blank
Records = Mapping[str, Sequence[Mapping[str, Value]]]

WHOLE = "review"
MET, UNMET, NOT_APPLICABLE, UNKNOWN = "met", "unmet", "not applicable", "unknown"


class Unsupported(ValueError):
    """The pack uses something that the reference interpreter does not know."""


@dataclass(frozen=True)
class Pack:
    """The contents of a pack's YAML files, merged over the files, otherwise as written there."""

    params: Mapping[str, Mapping[str, Any]]
    outcomes: Sequence[Mapping[str, Any]]
    tables: Mapping[str, Mapping[str, Any]]
    facts: Sequence[Mapping[str, Any]]
    rules: Sequence[Mapping[str, Any]]
    shared: Mapping[str, str] = field(default_factory=dict)
    """By rule what the rules of its file share, where they do: a condition on the units."""
    calendar: Mapping[str, Any] = field(default_factory=dict)
    """What its calendar's file says, where it has one."""

    def parent(self, table: str) -> str | None:
        """The table that `table` belongs to; None for the units."""
        return self.tables[table].get("belongs_to")


class Finding(NamedTuple):
    """A rule unmet or unknown on a record."""

    table: str
    record: Value
    unit: Value
    rule: str
    clause: str | None
    status: str
    outcome: str


@dataclass
class Judged:
    """What the pack says of one record; `score` and `findings` include its children's."""

    facts: dict[str, Value]
    statuses: dict[str, str]
    verdict: str
    score: float
    findings: int


@dataclass
class Review:
    """Everything the pack says of the records: by table, then by record key."""

    records: dict[str, dict[Value, Judged]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


class Row(NamedTuple):
    """A record by its table and its place there. `inside`: inside an aggregate, where its verdict may be named."""

    table: str
    at: int
    inside: bool = False


Group = tuple[Row, ...]  # the records that an aggregate goes over


def _refers_to(entry: Mapping[str, Any]) -> str | None:
    """The table that a field refers to."""
    to = entry.get("refers_to")
    return to if to is None or isinstance(to, str) else str(to["table"])


def load(folder: Path) -> Pack:
    """The pack of a folder: pack.yaml, records.yaml and all *.rules.yaml, in the order of their names."""
    head = core_yaml.load((folder / "pack.yaml").read_bytes())
    facts: list[Mapping[str, Any]] = []
    rules: list[Mapping[str, Any]] = []
    shared: dict[str, str] = {}
    for path in sorted(folder.glob("*.rules.yaml")):
        chapter = core_yaml.load(path.read_bytes()) or {}
        facts += chapter.get("facts") or []
        rules += chapter.get("rules") or []
        shared |= {rule["rule"]: chapter["when"] for rule in chapter.get("rules") or [] if "when" in chapter}
    rules = [rule for rule in rules if "until" not in rule]  # the others judge nobody any more
    tables = core_yaml.load((folder / "records.yaml").read_bytes())["tables"]
    file = folder / f"{head.get('calendar')}.calendar.yaml"
    calendar = core_yaml.load(file.read_bytes()) if file.is_file() else {}
    return Pack(head.get("params") or {}, head["outcomes"], tables, facts, rules, shared, calendar)


def judge(pack: Pack, records: Records, params: Mapping[str, Value] | None = None) -> Review:
    """Review all records; `params` overrides the pack's defaults."""
    if any(item.get("of", item.get("for")) == WHOLE for item in (*pack.facts, *pack.rules)):  # the review, a record of its own
        whole = {"key": WHOLE, "fields": {WHOLE: {"type": "text"}}}
        pack = replace(pack, tables={**pack.tables, WHOLE: {**whole, "reference": True}})
        records = {**records, WHOLE: [{WHOLE: WHOLE}]}
    interpreter = Interpreter(pack, records, params or {})
    review, weights = Review(), {rule["rule"]: rule.get("weight", 1) for rule in pack.rules}
    for table in (t for t, entry in pack.tables.items() if not entry.get("reference") or t == WHOLE):
        judged = review.records.setdefault(table, {})
        for at in range(len(interpreter.records[table])):
            row = Row(table, at)
            judged[interpreter.key(row)] = Judged(
                facts={fact["fact"]: shown(interpreter.value(row, fact["fact"])) for fact in pack.facts if fact["of"] == table},
                statuses={rule["rule"]: interpreter.status(row, rule) for rule in interpreter.rules(table)},
                verdict=interpreter.verdict(row),
                score=sum(weights[finding.rule] for finding in interpreter.counted(row)),
                findings=len(interpreter.counted(row)),
            )
            review.findings += interpreter.findings(row)
    return review


def kleene_not(value: bool | None) -> bool | None:
    return None if value is None else not value


def kleene_and(*values: bool | None) -> bool | None:
    return False if any(v is False for v in values) else None if None in values else True


def kleene_or(*values: bool | None) -> bool | None:
    return kleene_not(kleene_and(*map(kleene_not, values)))


def rule_status(when: bool | None, require: bool | None) -> str:
    """The table of design.md."""
    if when is False:
        return NOT_APPLICABLE
    if require is True:
        return MET
    return UNMET if when is True and require is False else UNKNOWN


class ByDay(exp.Expression, exp.AggFunc):
    """`latest`, `earliest` and `previous`, which sqlglot does not know."""

    arg_types = {"this": True, "expression": True, "which": True}  # noqa: RUF012


@functools.lru_cache(maxsize=4096)
def parsed(text: str) -> exp.Expr:
    def known(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Anonymous) and node.name.lower() in ("latest", "earliest", "previous"):
            value, day = node.expressions
            return ByDay(this=value, expression=day, which=exp.var(node.name.lower()))
        return node

    return sqlglot.parse_one(text, read="duckdb").transform(known)


def key_of(pack: Pack, table: str, record: Mapping[str, Value]) -> Value:
    """Of several fields, their values with a dot between; None where one of them is blank."""
    key = pack.tables[table]["key"]
    if isinstance(key, str):
        return record[key]
    return None if any(record[part] is None for part in key) else " · ".join(str(record[part]) for part in key)


class Interpreter:
    """One pack over some records; every question about a record is answered when first asked, and remembered."""

    def __init__(self, pack: Pack, records: Records, params: Mapping[str, Value]) -> None:
        self.pack = pack
        self.records = {table: records.get(table, ()) for table in pack.tables}
        self.params = {name: params.get(name, param.get("default")) for name, param in pack.params.items()}
        self._facts = {(fact["of"], fact["fact"]): fact for fact in pack.facts}
        self._by_key = {
            table: {key_of(pack, table, record): Row(table, at) for at, record in enumerate(rows)}
            for table, rows in self.records.items()
        }
        self._below: dict[tuple[str, str], dict[int, tuple[Row, ...]]] = {}
        self._values: dict[tuple[str, int, str], Value] = {}
        self._statuses: dict[tuple[str, int, str], str] = {}
        self.among_whom: Row | None = None
        """The record of whose siblings an aggregate is worked out."""

    def rules(self, table: str) -> list[Mapping[str, Any]]:
        return [rule for rule in self.pack.rules if rule["for"] == table]

    def key(self, row: Row) -> Value:
        return key_of(self.pack, row.table, self.records[row.table][row.at])

    def above(self, row: Row) -> Row | None:
        """The record that this one belongs to; None for a unit, and where there is no such record."""
        parent = self.pack.parent(row.table)
        return self._by_key[parent].get(self.records[row.table][row.at].get(self.pack.tables[parent]["key"])) if parent else None

    def ancestor(self, row: Row, table: str) -> Row | None:
        at: Row | None = row
        while at is not None and at.table != table:
            at = self.above(at)
        return at

    def unit(self, row: Row) -> Row | None:
        return self.ancestor(
            row, next(t for t, e in self.pack.tables.items() if self.pack.parent(t) is None and not e.get("reference"))
        )

    def below(self, row: Row, table: str) -> tuple[Row, ...]:
        """The records of `table` that belong to this one, through tables in between if need be."""
        if (row.table, table) not in self._below:
            index = self._below[row.table, table] = {}
            for child in (Row(table, at, inside=True) for at in range(len(self.records[table]))):
                if above := self.ancestor(child, row.table):
                    index[above.at] = (*index.get(above.at, ()), child)
        return self._below[row.table, table].get(row.at, ())

    def referred(self, row: Row, name: str) -> Row | str:
        """The record that a field names, or `blank`, or `none` where it finds nothing."""
        record, entry = self.records[row.table][row.at], self.pack.tables[row.table]["fields"][name]["refers_to"]
        entry = {"table": entry} if isinstance(entry, str) else entry
        there = self.pack.tables[entry["table"]]
        by = entry.get("by") or {there["key"]: name}
        if any(record.get(own) is None for own in [*by.values(), *([entry["on"]] if "on" in entry else [])]):
            return "blank"
        found = [
            at for at, other in enumerate(self.records[entry["table"]]) if all(other[of] == record[own] for of, own in by.items())
        ]
        if "on" in entry:
            begins, ends = there["in_force"]
            day = record[entry["on"]]
            rows = [self.records[entry["table"]][at] for at in found]
            now = [(r[begins] or datetime.date.min) <= day <= (r[ends] or datetime.date.max) for r in rows]
            found = [at for at, is_now in zip(found, now, strict=True) if is_now]
        if len(found) > 1:
            raise Unsupported("two rows in force")
        return Row(entry["table"], found[0]) if found else "none"

    def refers(self, table: str, name: str) -> bool:
        return "refers_to" in self.pack.tables[table]["fields"].get(name, ())

    def reached(self, row: Row, names: Sequence[str]) -> Value:
        """What names lead to: each a reference, or the table that a record belongs to, the last one a field or a fact."""
        at: Row | str | None = Row(row.table, row.at)
        for i, name in enumerate(names[:-1]):
            assert isinstance(at, Row)
            before, last = at, names[-1] if i == len(names) - 2 else ""
            at = self.referred(at, name) if self.refers(at.table, name) else self.above(at)
            if last == "exists":
                return None if at == "blank" else isinstance(at, Row)
            if last == "in_circle" and self.refers(before.table, name):
                return self.circle(before, name)
            if not isinstance(at, Row):
                return None
        assert isinstance(at, Row)
        return self.value(at, names[-1])

    def circle(self, row: Row, name: str) -> Value:
        """Whether a record comes back to itself; unknown where the way ends in a blank that is not said to be rightly so."""
        rightly = "optional" in self.pack.tables[row.table]["fields"][name]
        passed, at = [row], self.referred(row, name)
        while isinstance(at, Row) and at not in passed:
            passed.append(at)
            at = self.referred(at, name)
        return at == row if isinstance(at, Row) else False if rightly or at == "none" else None

    def counted_in(self, row: Row, fact: Mapping[str, Any]) -> Group:
        """The records that an aggregate goes over: those that belong to this one, or refer to it."""
        child, by = fact["from"], fact.get("through")
        if row.table == WHOLE:
            return tuple(Row(child, at, inside=True) for at in range(len(self.records[child])))
        line, above = [], self.pack.parent(child)
        while above is not None:
            line.append(above)
            above = self.pack.parent(above)
        if by is None and row.table in line:
            return self.below(row, child)
        by = by or next(name for name, entry in self.pack.tables[child]["fields"].items() if _refers_to(entry) == row.table)
        rows = [Row(child, at, inside=True) for at in range(len(self.records[child]))]
        return tuple(one for one in rows if self.referred(Row(child, one.at), by) == Row(row.table, row.at))

    def value(self, row: Row, name: str) -> Value:
        """A field or fact of a record, by its name."""
        if row.inside and name == "verdict":
            return self.verdict(row)
        fact = self._facts.get((row.table, name))
        if fact is None:
            if name not in self.pack.tables[row.table]["fields"]:
                raise Unsupported(f"{row.table} has no {name}")
            return number(self.records[row.table][row.at].get(name))
        at = (row.table, row.at, name)
        if at not in self._values and "among" in fact:
            before, self.among_whom = self.among_whom, Row(row.table, row.at)
            self._values[at] = self.among(row, fact)
            self.among_whom = before
        elif at not in self._values:
            scope = self.counted_in(row, fact) if "from" in fact else Row(row.table, row.at)
            self._values[at] = self.condition(fact["value"], scope)
        return self._values[at]

    def among(self, row: Row, fact: Mapping[str, Any]) -> Value:
        """An aggregate over the records of the row's own table that agree with it in some values. A blank among these: nobody
        knows who agrees. A record may then be a sibling of all from which nothing else parts it, unless no aggregate looks at it;
        where the aggregates ask for that very value, one without it has no siblings."""
        tree = parsed(fact["value"])
        calls = [n for n in tree.find_all(exp.Filter, exp.AggFunc) if not isinstance(n.parent, exp.Filter)]
        asked = [asked_for(n.expression.this) if isinstance(n, exp.Filter) else set() for n in calls]
        said = set.intersection(*asked) if asked else set()
        own = {name: self.reached(row, name.split(".")) for name in fact["among"]}
        if any(own[name] is None for name in said & own.keys()):
            return self.evaluate(tree, ())
        if None in own.values():
            return None
        group, unsure = self.siblings(row, fact, own)
        looked_at = [
            any(not isinstance(n, exp.Filter) or self.evaluate(n.expression.this, one) is True for n in calls) for one in unsure
        ]
        return None if any(looked_at) else self.evaluate(tree, group)

    def siblings(self, row: Row, fact: Mapping[str, Any], own: Mapping[str, Value]) -> tuple[Group, Group]:
        """The records that agree with one in the values that it has, and those that may, as some of theirs are blank."""
        group, unsure = list[Row](), list[Row]()
        for sibling in (Row(row.table, at) for at in range(len(self.records[row.table]))):
            if sibling.at == row.at:
                group += [] if fact.get("others") else [sibling]
                continue
            its = {name: self.reached(sibling, name.split(".")) for name in own}
            if all(its[name] is None or compare(operator.eq, its[name], own[name]) for name in own):
                (unsure if None in its.values() else group).append(sibling)
        return tuple(group), tuple(unsure)

    def status(self, row: Row, rule: Mapping[str, Any]) -> str:
        at = (row.table, row.at, rule["rule"])
        if at not in self._statuses:
            outside = Row(row.table, row.at)
            when = self.condition(rule["when"], outside) if rule.get("when") is not None else True
            if rule["rule"] in self.pack.shared:
                unit = self.unit(outside)
                when = kleene_and(when, self.condition(self.pack.shared[rule["rule"]], unit) if unit else None)
            self._statuses[at] = rule_status(when, self.condition(rule["require"], outside))
        return self._statuses[at]

    def findings(self, row: Row) -> list[Finding]:
        unit = self.unit(row)
        found = []
        for rule in self.rules(row.table):
            status = self.status(row, rule)
            if status in (UNMET, UNKNOWN):
                outcome = rule.get("unknown", rule["otherwise"]) if status == UNKNOWN else rule["otherwise"]
                found.append(
                    Finding(row.table, self.key(row), unit and self.key(unit), rule["rule"], rule.get("clause"), status, outcome)
                )
        return found

    def verdict(self, row: Row) -> str:
        """The worst outcome among the record's own findings; the best there is where it has none."""
        ranking: list[str] = [outcome["outcome"] for outcome in self.pack.outcomes]  # from best to worst
        return ranking[max((ranking.index(finding.outcome) for finding in self.findings(row)), default=0)]

    def counts(self, table: str | None, rule_id: str) -> bool:
        """Whether the findings of a rule for a table count for its unit: neither rule, nor table or one above, says otherwise."""
        while table is not None:
            if "not_counted" in self.pack.tables[table]:
                return False
            table = self.pack.parent(table)
        return not any(rule["rule"] == rule_id and "not_counted" in rule for rule in self.pack.rules)

    def counted(self, row: Row) -> list[Finding]:
        """The findings on a record and below it that count for its unit."""
        children = [table for table in self.pack.tables if self.pack.parent(table) == row.table]
        below = [finding for table in children for child in self.below(row, table) for finding in self.counted(child)]
        return [finding for finding in self.findings(row) if self.counts(finding.table, finding.rule)] + below

    def condition(self, text: str, scope: Row | Group) -> Value:
        return self.evaluate(parsed(text), scope)

    def evaluate(self, node: exp.Expr, scope: Row | Group) -> Value:
        """The value of a tree on a record, or on the records that an aggregate goes over."""

        def of(part: exp.Expr) -> Value:
            return self.evaluate(part, scope)

        match node:
            case exp.Paren() | exp.Alias() if not node.args.get(
                "alias"
            ):  # sqlglot reads `(:p = x and y)` as an alias without a name
                return of(node.this)
            case exp.Column():
                return self.column(node, scope)
            case exp.Placeholder():
                if node.name not in self.params:
                    raise Unsupported(f"no parameter {node.name}")
                return number(self.params[node.name])
            case exp.Null():
                return None
            case exp.Boolean():
                return bool(node.this)
            case exp.Literal() if node.is_string:
                return str(node.this)
            case exp.Literal():
                return Fraction(node.this) if re.search("[.eE]", node.this) else int(node.this)
            case exp.Cast() if node.is_type("date") and isinstance(node.this, exp.Literal) and node.this.is_string:
                return datetime.date.fromisoformat(node.this.this)
            case exp.Is() if isinstance(node.expression, exp.Null):
                return of(node.this) is None
            case exp.Case():
                found = self.case(node, scope)
                return found.rounded if isinstance(found, Quotient) else found
            case exp.Anonymous() if node.name in ("met", "unmet") and isinstance(scope, Row) and scope.inside:
                return self.state(node.name, scope, str(of(node.expressions[0])))
            case exp.Anonymous() if node.name == "badness" and isinstance(scope, Row):
                found, table = of(node.expressions[0]), node.expressions[0].table or scope.table
                order = self.pack.tables[table]["fields"][node.expressions[0].name]["best_to_worst"]
                return None if found is None else order.index(found) + 1
            case exp.Anonymous() if node.name in ("score", "findings") and isinstance(scope, Row) and not scope.inside:
                return self.under(node.name, scope, str(of(node.expressions[0])))
            case exp.Filter() | exp.AggFunc() if not isinstance(scope, Row):
                return self.aggregate(node, scope)
            case exp.Add() | exp.Sub() if isinstance(node.expression, exp.Interval):
                day = of(node.this)
                return None if day is None else shift(day, node.expression, 1 if isinstance(node, exp.Add) else -1)
            case exp.Anonymous() if node.name.lower() in ("full_months", "full_years"):
                start, end = map(of, node.expressions)
                return None if None in (start, end) else full(12 if node.name.lower() == "full_years" else 1, start, end)
            case exp.Anonymous() if node.name.lower() in ("matches", "check_digit"):
                text, how = map(of, node.expressions)
                return None if text is None else {"matches": matches, "check_digit": check_digit}[node.name.lower()](text, how)
            case exp.Anonymous() if node.name.lower() in ("workdays_between", "add_workdays"):
                day, other = map(of, node.expressions)
                if None in (day, other):
                    return None
                meaning = workdays_between if node.name.lower() == "workdays_between" else add_workdays
                return meaning(day, other, self.pack.calendar)
            case exp.Anonymous() if node.name.lower() in ("has", "size"):
                several, *code = map(of, node.expressions)
                codes = None if several is None else several.split(";")
                return None if codes is None else code[0] in codes if code else len(codes)
            case exp.DateDiff():
                start, end = of(node.expression), of(node.this)
                return None if None in (start, end) else date_diff(node.args["unit"].name.lower(), start, end)
        if type(node) in STRICT or type(node) in AWARE:
            parts = [of(part) for part in node.iter_expressions()]
            if type(node) not in COMPARED:
                parts = [part.rounded if isinstance(part, Quotient) else part for part in parts]
            if type(node) in AWARE:
                return AWARE[type(node)](*parts)
            value = None if None in parts else STRICT[type(node)](*parts)
            return kleene_not(value) if node.args.get("negate") else value
        raise Unsupported(f"{type(node).__name__}: {node.sql('duckdb')}")

    def column(self, node: exp.Column, scope: Row | Group) -> Value:
        if not isinstance(scope, Row):
            raise Unsupported(f"{node.name} outside of an aggregate")
        names = [part.name for part in node.parts]
        if len(names) > 1 and (
            self.refers(scope.table, names[0]) or (len(names) > 2 and names[0] == self.pack.parent(scope.table))
        ):
            return self.reached(scope, names)
        if not node.table or node.table == scope.table:
            return self.value(scope, node.name)
        above = self.ancestor(scope, node.table)
        return self.value(Row(above.table, above.at), node.name) if above else None

    def case(self, node: exp.Case, scope: Row | Group) -> Value:
        for branch in node.args["ifs"]:
            test = self.evaluate(branch.this, scope)
            if node.this is not None:
                test = compare(operator.eq, self.evaluate(node.this, scope), test)
            if test is True:
                return self.evaluate(branch.args["true"], scope)
        default = node.args.get("default")
        return None if default is None else self.evaluate(default, scope)

    def state(self, name: str, row: Row, rule_id: str) -> bool:
        """`unmet` is true where the rule is unmet, and for no other status. `met` is true where the rule leaves nothing to
        do: where it is met, and where it asks nothing. A rule that is unknown on a record is neither."""
        rule = next((rule for rule in self.rules(row.table) if rule["rule"] == rule_id), None)
        if rule is None:
            raise Unsupported(f"{row.table} has no rule {rule_id}")
        return self.status(row, rule) in ((UNMET,) if name == "unmet" else (MET, NOT_APPLICABLE))

    def under(self, name: str, row: Row, tag: str) -> int:
        """How many findings that count for the unit a record and those below it have under a tag, or the sum of their weights."""
        found = 0
        for rule in (rule for rule in self.rules(row.table) if rule.get("tag") == tag and self.counts(row.table, rule["rule"])):
            unsettled = self.status(row, rule) in (UNMET, UNKNOWN)
            found += (rule.get("weight", 1) if name == "score" else 1) if unsettled else 0
        children = [table for table in self.pack.tables if self.pack.parent(table) == row.table]
        return found + sum(self.under(name, child, tag) for table in children for child in self.below(row, table))

    def aggregate(self, node: exp.Expr, group: Group) -> Value:
        rows = list(group)
        if isinstance(node, exp.Filter):
            rows = [row for row in rows if self.evaluate(node.expression.this, row) is True]
            node = node.this
        if isinstance(node, ByDay):
            return self.of_one_day(node, rows)
        argument = node.this
        if isinstance(node, exp.Count) and isinstance(argument, exp.Star):
            return len(rows)
        distinct = isinstance(argument, exp.Distinct)
        if distinct:
            (argument,) = argument.expressions
        values = [value for row in rows if (value := self.evaluate(argument, row)) is not None]
        values = [value.rounded if isinstance(value, Quotient) else value for value in values]
        if distinct:
            values = list(dict.fromkeys(values))
        if type(node) not in AGGREGATES or node.args.get("count"):
            raise Unsupported(type(node).__name__)
        return len(values) if isinstance(node, exp.Count) else AGGREGATES[type(node)](values) if values else None

    def of_one_day(self, node: ByDay, rows: Sequence[Row]) -> Value:
        """The value of the record with the last date, or the first; of `previous` among those before this one. Unknown where
        there are different ones on that day."""
        which, dated = (
            node.args["which"].name,
            [(self.evaluate(node.expression, row), self.evaluate(node.this, row)) for row in rows],
        )
        dated = [
            (day, value.rounded if isinstance(value, Quotient) else value) for day, value in dated if None not in (day, value)
        ]
        if which == "previous":
            own = self.evaluate(node.expression, self.among_whom._replace(inside=True)) if self.among_whom is not None else None
            dated = [(day, value) for day, value in dated if own is not None and day < own]
        if not dated:
            return None
        day = (min if which == "earliest" else max)(day for day, _ in dated)
        values = {value for on, value in dated if on == day}
        return values.pop() if len(values) == 1 else None


def asked_for(condition: exp.Expr) -> set[str]:
    """The names that a condition, written as `a is not null and …`, cannot be true without."""
    if isinstance(condition, exp.Paren):
        return asked_for(condition.this)
    if isinstance(condition, exp.And):
        return asked_for(condition.this) | asked_for(condition.expression)
    if isinstance(condition, exp.Not) and isinstance(condition.this, exp.Paren):
        return asked_for(exp.Not(this=condition.this.this))
    if isinstance(condition, exp.Not) and isinstance(condition.this, exp.Not):
        return asked_for(condition.this.this)
    if isinstance(condition, exp.Not) and isinstance(condition.this, exp.Or):
        return asked_for(exp.Not(this=condition.this.this)) | asked_for(exp.Not(this=condition.this.expression))
    is_ = condition.this if isinstance(condition, exp.Not) else None
    return {".".join(p.name for p in is_.this.parts)} if isinstance(is_, exp.Is) and isinstance(is_.this, exp.Column) else set()


def compare(test: Callable[[Value, Value], Any], left: Value, right: Value) -> bool | None:
    return None if left is None or right is None else bool(test(left, right))


def like(value: str, pattern: str) -> bool:
    """SQL's `like`: % any run of characters, _ one character, no escape character."""
    parts = (".*" if mark == "%" else "." if mark == "_" else re.escape(mark) for mark in pattern)
    return re.fullmatch("".join(parts), value, re.DOTALL) is not None


def substring(text: str, start: int, length: int | None = None) -> str:
    """The signs at the places from `start` on, so many as said: the first sign is at place 1, and places before hold none."""
    return "".join(sign for at, sign in enumerate(text, 1) if at >= start and (length is None or at < start + length))


SPACE_SIGNS = {r"\s": r"[\t\n\f\r ]", r"\S": r"[^\t\n\f\r ]"}


def matches(text: str, pattern: str) -> bool:
    """Whether the whole text is of the pattern: a dot is any sign, classes are of ASCII, white space is five signs."""
    pattern = re.sub(r"\\(?:\\|s|S)", lambda found: SPACE_SIGNS.get(found[0], found[0]), pattern)
    return re.fullmatch(pattern, text, re.DOTALL | re.ASCII) is not None


def check_digit(text: str, kind: str) -> bool:
    """Whether a code agrees with its check digit, by the standards' own words."""
    if kind == "luhn":
        if not re.fullmatch("[0-9]{2,}", text):
            return False
        doubled = [int(sign) * 2 if at % 2 == 0 else int(sign) for at, sign in enumerate(text[-2::-1])]
        return (10 - sum(n // 10 + n % 10 for n in doubled) % 10) % 10 == int(text[-1])
    if kind == "mod97":
        return re.fullmatch("[0-9A-Z]{3,}", text) is not None and int("".join(str(int(sign, 36)) for sign in text)) % 97 == 1
    if kind == "gln":
        ok = re.fullmatch("[0-9]{13}", text)
        return bool(ok) and (10 - sum(int(s) * (1, 3)[at % 2] for at, s in enumerate(text[:12])) % 10) % 10 == int(text[12])
    if kind == "cn-resident-id":
        if not re.fullmatch("[0-9]{17}[0-9X]", text):
            return False
        weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
        return "10X98765432"[sum(w * int(sign) for w, sign in zip(weights, text, strict=False)) % 11] == text[17]
    signs = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    if len(text) != 18 or set(text) - set(signs):
        return False
    weights = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
    return signs[(31 - sum(w * signs.index(sign) for w, sign in zip(weights, text, strict=False)) % 31) % 31] == text[17]


def is_worked(number: int, calendar: Mapping[str, Any]) -> bool | None:
    """Whether a day is worked; None of one that the calendar does not know."""
    day = day_of(number)
    if isinstance(day, Far) or not str(calendar["from"]) <= day.isoformat() <= str(calendar["to"]):
        return None
    if day.isoformat() in map(str, calendar.get("worked", ())):
        return True
    weekend = calendar.get("weekend", ("saturday", "sunday"))
    return day.strftime("%A").lower() not in weekend and day.isoformat() not in map(str, calendar.get("off", ()))


def workdays_between(one: Value, other: Value, calendar: Mapping[str, Any]) -> int | None:
    """The first of the days left out, the last counted; below 0 the other way round. A day outside the calendar is unknown."""
    first, last = sorted(map(number_of, (one, other)))
    if None in (is_worked(first, calendar), is_worked(last, calendar)):
        return None
    days = sum(bool(is_worked(number, calendar)) for number in range(first + 1, last + 1))
    return days if number_of(one) <= number_of(other) else -days


def add_workdays(day: Value, by: int, calendar: Mapping[str, Any]) -> Value:
    """The n-th day worked after a day, or before it; 0 is the day itself."""
    number, left = number_of(day), abs(by)
    if is_worked(number, calendar) is None:
        return None
    while left:
        number += 1 if by > 0 else -1
        worked = is_worked(number, calendar)
        if worked is None:
            return None
        left -= worked
    return day_of(number)


def add(left: Value, right: Value) -> Value:
    """A sum; a whole number added to a date is a number of days."""
    if isinstance(right, datetime.date | Far):
        left, right = right, left
    return days_later(left, right) if isinstance(left, datetime.date | Far) else left + right


def subtract(left: Value, right: Value) -> Value:
    if isinstance(left, datetime.date | Far):
        return number_of(left) - number_of(right) if isinstance(right, datetime.date | Far) else days_later(left, -right)
    return left - right


def days_later(day: Value, days: int) -> Value:
    """Nobody counts more than 999,999 days."""
    return day_of(number_of(day) + days) if abs(days) < 1_000_000 else None


def shift(day: Value, interval: exp.Interval, sign: int) -> Value:
    """A date moved by an interval; the day of the month is cut to the length of the month it falls into."""
    count, unit = sign * int(interval.this.this), interval.args["unit"].name.upper().removesuffix("S")
    if unit in ("DAY", "WEEK"):
        return day_of(number_of(day) + count * (7 if unit == "WEEK" else 1))
    if unit not in MONTHS:
        raise Unsupported(f"interval of {unit}")
    return months_later(day, count * MONTHS[unit])


def months_later(day: Value, months: int) -> Value:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    like = (year - 1) % 400 + 1  # the calendar comes again after 400 years
    last = calendar.monthrange(like, month + 1)[1]
    return day_of(datetime.date(like, month + 1, min(day.day, last)).toordinal() + (year - like) // 400 * DAYS_OF_400_YEARS)


@functools.total_ordering
class Far:
    """A day before the year 1 or after the year 9999, which Python has none for: so many times 400 years from one that it has."""

    def __init__(self, number: int) -> None:
        self.number = number
        inside = datetime.date.fromordinal((number - 1) % DAYS_OF_400_YEARS + 1)
        self.year = inside.year + (number - 1) // DAYS_OF_400_YEARS * 400
        self.month, self.day = inside.month, inside.day

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Far) and other.number == self.number

    def __lt__(self, other: Value) -> bool:
        return self.number < number_of(other)

    def __hash__(self) -> int:
        return self.number


class Quotient(Fraction):
    """What `/` and `avg` come to. Compared it is exact; what is shown of it, and what is reckoned on with, has six places."""

    @property
    def rounded(self) -> Fraction:
        return Fraction(round_half_away(self, 6))


def number(value: Value) -> Value:
    """A value as it is reckoned with: numbers are exact, as they are written."""
    return Fraction(str(value)) if isinstance(value, float | Decimal) else value


def shown(value: Value) -> Value:
    """A result has no day beyond the calendar, and of a quotient six places."""
    return None if isinstance(value, Far) else value.rounded if isinstance(value, Quotient) else value


DAYS_OF_400_YEARS = 146_097


def number_of(day: Value) -> int:
    """The number of a day, the first of the year 1 being 1."""
    return day.number if isinstance(day, Far) else int(day.toordinal())


def day_of(number: int) -> Value:
    inside = 1 <= number <= datetime.date.max.toordinal()
    return datetime.date.fromordinal(number) if inside else Far(number)


def date_diff(unit: str, start: Value, end: Value) -> int:
    if unit != "day":
        raise Unsupported(f"date_diff in {unit}")
    return number_of(end) - number_of(start)


def full(months: int, start: Value, end: Value) -> int:
    """How often so many months can be added to the earlier day without passing the later; below 0 where `end` is the earlier."""
    if end < start:
        return -full(months, end, start)
    times = (end.year - start.year + 1) * 12 // months
    while end < months_later(start, times * months):
        times -= 1
    return times


def round_half_away(value: Fraction | int, digits: int = 0) -> Fraction | int:
    """Round to `digits` decimals, a half away from zero. A whole number stays one."""
    if isinstance(value, int) and digits >= 0:
        return value
    units = int(abs(value) * 10**digits + Fraction(1, 2))
    return Fraction(-units if value < 0 else units, 10**digits)


def upper(text: str) -> str:
    """The capital of each sign by itself: never two for one. Where Unicode's is two, its title case serves, if that is one."""
    capitals = []
    for sign in text:
        capital, title = sign.upper(), sign.title()
        capitals.append("ẞ" if sign == "ß" else capital if len(capital) == 1 else title if len(title) == 1 else sign)
    return "".join(capitals)


SPACES = " \xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
"""What `trim` takes away: a tab and an end of line are none of it."""

MONTHS: dict[str, int] = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}

STRICT: dict[type[exp.Expr], Callable[..., Value]] = {  # what is unknown as soon as any of its parts is
    exp.EQ: operator.eq,
    exp.NEQ: operator.ne,
    exp.LT: operator.lt,
    exp.LTE: operator.le,
    exp.GT: operator.gt,
    exp.GTE: operator.ge,
    exp.Like: like,
    exp.Add: add,
    exp.Sub: subtract,
    exp.Mul: operator.mul,
    exp.Div: lambda left, right: None if right == 0 else Quotient(Fraction(left) / Fraction(right)),
    exp.Neg: operator.neg,
    exp.Abs: abs,
    exp.Length: len,
    exp.Lower: lambda text: "".join(sign.lower()[:1] for sign in text),
    exp.Upper: upper,
    exp.Round: round_half_away,
    exp.StartsWith: str.startswith,
    exp.EndsWith: str.endswith,
    exp.Contains: str.__contains__,
    exp.Left: lambda text, signs: substring(text, 1, signs),
    exp.Right: lambda text, signs: substring(text, len(text) - signs + 1),
    exp.Substring: substring,
    exp.Replace: lambda text, old, new: new.join(text.split(old)) if old else text,
    exp.DPipe: lambda one, other: one + other,
    exp.Trim: lambda text: text.strip(SPACES),
    exp.Year: lambda day: day.year,
    exp.Month: lambda day: day.month,
    exp.Day: lambda day: day.day,
}

AWARE: dict[type[exp.Expr], Callable[..., Value]] = {  # what takes account of blanks itself
    exp.And: kleene_and,
    exp.Or: kleene_or,
    exp.Not: kleene_not,
    exp.NullSafeEQ: operator.eq,
    exp.NullSafeNEQ: operator.ne,
    exp.In: lambda value, *items: kleene_or(*(compare(operator.eq, value, item) for item in items)),
    exp.Between: lambda value, low, high: kleene_and(compare(operator.ge, value, low), compare(operator.le, value, high)),
    exp.Coalesce: lambda *values: next((value for value in values if value is not None), None),
    exp.Least: lambda *values: min((value for value in values if value is not None), default=None),
    exp.Greatest: lambda *values: max((value for value in values if value is not None), default=None),
    exp.Nullif: lambda value, other: None if value is not None and value == other else value,
}

COMPARED = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ, exp.NullSafeNEQ, exp.In, exp.Between)

AGGREGATES: dict[type[exp.Expr], Callable[[list[Value]], Value]] = {  # over at least one value
    exp.Count: len,
    exp.Sum: sum,
    exp.Min: min,
    exp.Max: max,
    exp.Avg: lambda values: Quotient(Fraction(sum(values)) / len(values)),
}
