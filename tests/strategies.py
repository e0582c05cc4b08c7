"""Random conditions, packs and records, well-typed by the rules of design.md, and the functions that write them as files.

A condition is drawn over a `Scope`: the names that it may use, each with its type. A pack is drawn table by table, leaves
first, and each fact and rule makes its name known to those after it, so that no circle can come about, while rules of a
child do use what other children brought to their parent. Values come from tiny domains: comparisons hit both sides.
"""

from __future__ import annotations

import csv
import datetime
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import core_yaml
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from reference import Pack, Records

from lookback.language.operators import DIFFERENCES, ROWS, Operator, Takes
from lookback.language.types import Type

Draw = st.DrawFn

TYPES = ("text", "integer", "number", "boolean", "date", "choice")
ORDERED = ("text", "integer", "number", "date")
CHOICES = ("alpha", "beta", "gamma")
OUTCOMES = ("pass", "explain", "refer", "make_up")
KEYS: dict[str, str] = {"codes": "code_id", "units": "unit_id", "issues": "issue_id", "cases": "case_id", "steps": "step_id"}
PARENTS: dict[str, str] = {"issues": "units", "cases": "units", "steps": "issues"}

REFERENCES: dict[str, dict[str, str]] = {
    "units": {"above": "units"},
    "issues": {"code": "codes", "seen_at": "units"},
    "steps": {"code": "codes", "after": "issues"},
}
"""The references of a pack that has some: of a table the fields, and which table each refers to."""
DOMAINS: dict[str, tuple[Any, ...]] = {
    "text": ("a", "B", "ab", "Éa", "x,y", "o'b", "县 a", "007", 'q"u', "a%"),
    "integer": (-2, -1, 0, 1, 2, 3, 10),
    "number": tuple(map(Decimal, ("-1.5", "-0.5", "0", "0.1", "0.25", "0.3", "0.5", "1", "2", "2.5"))),
    "boolean": (True, False),
    "date": tuple(
        map(
            datetime.date.fromisoformat,
            ("2004-02-29", "2005-08-31", "2005-09-29", "2005-09-30", "2005-10-01", "2005-12-31", "2006-01-01"),
        )
    ),
    "choice": CHOICES,
    "choices": ("alpha", "beta", "gamma", "alpha;beta", "alpha;gamma", "beta;gamma", "alpha;beta;gamma"),
}
REGEXES = ("a.*", ".*b", "[a-zB]{1,2}", "[^a]+", r"\d+|a%", "(a|B)b?", ".{2,}", "", r"[一-龥]\s?a", "a{2}|[A-Z]", r"\W.*", "o'b")
PATTERNS = ("a%", "%a", "%b%", "_", "__", "_%a", "县%", "%'%", "A%", "%")

SCHEMA: dict[str, str] = {  # the fields of every table, keys aside; the same names in each, so that a wrong table shows
    "name": "text",
    "remark": "text",
    "members": "integer",
    "posts": "integer",
    "share": "number",
    "rate": "number",
    "agreed": "boolean",
    "checked": "boolean",
    "found_on": "date",
    "due": "date",
    "kind": "choice",
    "seen_kind": "choice",
    "kinds": "choices",
}
PARAMS: dict[str, dict[str, Any]] = {
    "word": {"type": "text", "default": "ab"},
    "limit": {"type": "integer", "default": 2},
    "least": {"type": "number", "default": 0.5},
    "as_of": {"type": "date", "default": datetime.date(2005, 9, 30)},
    "wanted": {"type": "boolean", "default": True},
}


CALENDAR: dict[str, Any] = {
    "calendar": "some-days",
    "from": "2004-02-27",
    "to": "2005-12-30",
    "weekend": ["sunday"],
    "off": ["2005-09-30", "2005-10-01", *(f"2005-08-{at}" for at in range(10, 30)), "2004-03-01"],
    "worked": ["2005-10-02", "2005-12-25"],
}
"""Days worked and off, of which the days of the records are some, and some are outside."""
NOT_COUNTED = {"because": {"en": "it says nothing of the units"}}


def uncounted(tables: Iterable[str], facts: Sequence[Any], rules: Sequence[Any]) -> set[str]:
    """Those of the tables below the units of whose verdicts and findings no rule of another table asks."""
    found = set()
    for table in tables:
        counting = [f["fact"] for f in facts if f.get("from") == table and re.search("verdict|unmet|not met", f["value"])]
        asked = " ".join(f"{r.get('when')} {r['require']}" for r in rules if r["for"] != table)
        found |= {table} if not set(counting) & set(re.findall(r"\w+", asked)) else set()
    return found


@dataclass(frozen=True)
class Name:
    """A field or fact as a condition writes it. `blank`: it may be blank; `exact`: its sum is the same in any order."""

    sql: str
    type: str
    blank: bool = True
    exact: bool = True


@dataclass(frozen=True)
class Scope:
    """What a condition may name. `total`: it must not come out blank, as in an aggregate: names say what a blank counts as."""

    names: tuple[Name, ...]
    total: bool = False

    def of(self, *types: str) -> list[Name]:
        return [name for name in self.names if name.type in types]

    def __add__(self, name: Name) -> Scope:
        return replace(self, names=(*self.names, name))


def literal(type_: str, value: Any) -> str:
    if type_ in ("text", "choice"):
        return "'" + str(value).replace("'", "''") + "'"
    return f"date '{value}'" if type_ == "date" else str(value).lower()


def literals(type_: str) -> st.SearchStrategy[str]:
    return st.sampled_from(DOMAINS[type_]).map(lambda value: literal(type_, value))


def constants(type_: str) -> st.SearchStrategy[str]:
    """A literal or a parameter; for numbers, of either numeric type."""
    params = [f":{name}" for name, param in PARAMS.items() if param["type"] == type_]
    own = literals(type_) | st.sampled_from(params) if params else literals(type_)
    return own | constants("integer") if type_ == "number" else own


@st.composite
def name_of(draw: Draw, scope: Scope, *types: str) -> str:
    name = draw(st.sampled_from(scope.of(*types)))
    return f"coalesce({name.sql}, {draw(literals(name.type))})" if scope.total and name.blank else name.sql


Part = Callable[[str, bool], st.SearchStrategy[str]]


def rows_giving(type_: str, several: bool = True) -> list[Operator]:
    """The operators and functions that can give a type, aggregates aside. `several`: those of several choices as well."""
    by_parts = {Takes.NUMBER: ("integer", "number"), Takes.ORDERED: ORDERED, Takes.ALIKE: TYPES}
    mine = [row for row in ROWS if not row.aggregate and row.takes[0] not in (Takes.RULE, Takes.TAG, Takes.ORDERED_CHOICE)]
    mine = [row for row in mine if several or Takes.CHOICES not in row.takes]
    return [r for r in mine if (r.gives == type_ if isinstance(r.gives, Type) else type_ in by_parts[r.takes[-1]])]


@st.composite
def in_row(draw: Draw, row: Operator, type_: str, part: Part, *, whole: bool = True) -> str:
    """An operator with its parts. `type_`: the one that they have in common, where that is asked; `part`: what a part of a type
    may be, and whether it is the first. Not `whole`: a case may be without else."""
    parts = []
    for at, takes in enumerate([*row.takes, *[row.takes[-1]] * draw(st.integers(0, row.rest * 2))]):
        match takes:
            case Takes.ALIKE | Takes.ORDERED | Takes.ANY:
                parts.append(draw(part(type_, at == 0)))
            case Takes.NUMBER:
                parts.append(draw(part(type_ if type_ in ("integer", "number") else "number", at == 0)))
            case Takes.CONDITION:
                parts.append(draw(part("boolean", at == 0)))
            case Takes.LENGTH:
                parts += [draw(part("integer", False))] * draw(st.booleans())
            case Takes.CALENDAR:
                pass
            case Takes.UNIT:
                parts.insert(0, draw(st.sampled_from(DIFFERENCES).map("'{}'".format)))
            case _:
                parts.append(draw(part(takes.name.lower(), at == 0)))
    if row.function:
        return f"{row.name}({', '.join(parts)})"
    first, *rest = (text if re.fullmatch(r"\S+|interval .*", text) and text[0] != "-" else f"({text})" for text in parts)
    if row.name == "case" and not whole and draw(st.booleans()):
        return f"case when {first} then {rest[0]} end"
    return row.written.format(first, *([", ".join(rest)] if row.rest else rest))


@st.composite
def value(draw: Draw, scope: Scope, type_: str, depth: int = 1) -> str:
    """A value of a type that names at least one field or fact."""
    named = scope.of(type_) or (type_ == "number" and scope.of("integer"))
    several = bool(scope.of("choices")) and not scope.total
    rows = rows_giving(type_, several) if depth and type_ != "boolean" else []
    # a quotient is no exact binary fraction to go on reckoning with; `nullif` and a day moved by a field's days may be blank
    rows = [row for row in rows if row.name != "/" and not (scope.total and (row.name == "nullif" or row in UNSURE))]
    row = draw(st.sampled_from([*([None] if named else []), *rows]))
    if row is None:
        name = name_of(scope, *(("number", "integer") if type_ == "number" else (type_,)))
        return f"coalesce({draw(name)}, {draw(st.booleans())})" if type_ == "boolean" and depth else draw(name)

    def part(of: str, first: bool) -> st.SearchStrategy[str]:
        if of in WRITTEN:
            return WRITTEN[of]
        if of == "boolean":  # a case says what a blank counts as
            return condition(replace(scope, total=True) if row.name == "case" else scope, 2, depth=0)
        if row.name == "*" and not first:  # by something small, so that facts of facts stay small
            return st.sampled_from(SMALL) | constants(of)
        inner = value(scope, of, depth - 1)
        return inner if first else inner | constants(of)

    text = draw(in_row(row, type_, part, whole=scope.total))
    return text if row.function else f"({text})"


UNSURE = [r for r in ROWS if (r.gives is Type.DATE and Takes.INTEGER in r.takes) or Takes.CALENDAR in r.takes]
"""Functions of days that may come out blank by themselves."""
SMALL = ("coalesce(members, 3)", "coalesce(posts, -1)")
INTERVALS = ("30 days", "'90' day", "1 month", "'2' month", "1 year", "2 weeks")
WRITTEN: dict[str, st.SearchStrategy[str]] = {
    "interval": st.sampled_from(INTERVALS).map("interval {}".format),
    "pattern": st.sampled_from(PATTERNS).map(lambda pattern: literal("text", pattern)),
    "regex": st.sampled_from(REGEXES).map(lambda pattern: literal("text", pattern)),
    "member": literals("choice"),
    "code": st.sampled_from(("luhn", "mod97", "cn-uscc", "cn-resident-id", "gln")).map("'{}'".format),
    "places": st.just("0"),  # one decimal is no exact binary fraction
}
"""Parts that stand there as written."""


@st.composite
def atom(draw: Draw, scope: Scope, depth: int = 1) -> str:
    """One condition without and, or, not at its top."""
    numeric = scope.of("integer", "number")
    type_ = draw(st.sampled_from([type_ for type_ in TYPES if scope.of(type_)]))
    inner = value(scope, type_, depth)
    if type_ == "boolean":
        null = name_of(scope, "boolean").map("{} is null".format) | name_of(scope, "boolean").map("{} is not null".format)
        return draw(inner if scope.total else inner | null)
    if type_ == "choice":
        return draw(choice_atom(scope))
    if type_ == "text" and scope.of("choices") and not scope.total and draw(st.integers(0, 4)) == 0:
        named, code = draw(name_of(scope, "choices")), draw(literals("choice"))
        return draw(st.sampled_from((f"has({named}, {code})", f"{named} is {draw(NEGATION)}null", f"size({named}) > 1")))
    kinds = (Takes.ALIKE, Takes.ORDERED, *((Takes.TEXT,) if type_ == "text" else ()), *(() if scope.total else (Takes.ANY,)))
    rows = [row for row in ROWS if row.gives is Type.BOOLEAN and row.takes[0] in kinds]
    forms: list[Operator | str] = [*rows, *["division"] * bool(numeric and not scope.total), *["round"] * (type_ == "number")]
    form = draw(st.sampled_from(forms))
    other = value(scope, type_, depth) | constants(type_)
    if form == "round":  # only here: one decimal is no exact binary fraction to go on reckoning with
        return f"round({draw(inner)}, 1) {draw(COMPARED)} {draw(st.sampled_from(('0.3', '-0.5', '1.3')))}"
    if form == "division":
        parts = [name_of(scope, "integer", "number"), name_of(scope, "integer", "number") | constants("number")]
        return f"{' / '.join(map(draw, parts))} {draw(COMPARED)} {draw(constants('number'))}"
    assert isinstance(form, Operator)
    named_first = form.name in ("in", "between", "like", "is null") or any(takes.name.lower() in WRITTEN for takes in form.takes)
    sides = [inner, other] if named_first or draw(st.booleans()) else [other, inner]
    if form.name in ("in", "between", "like", "is null"):
        before = "null" if form.name == "is null" else form.name
        form = replace(form, written=form.written.replace(before, draw(NEGATION) + before))
    return draw(in_row(form, type_, lambda of, first: WRITTEN[of] if of in WRITTEN else sides[not first]))


COMPARED = st.sampled_from(("=", "<>", "<", "<=", ">", ">="))
NEGATION = st.sampled_from(("", "not "))


@st.composite
def choice_atom(draw: Draw, scope: Scope) -> str:
    name, other = (draw(st.sampled_from(scope.of("choice"))) for _ in range(2))
    guard = f"{name.sql} is not null and " if scope.total and name.blank else ""
    forms = ["=", "in"] + ["null"] * (not guard) + ["field", "badness"] * (not scope.total)
    match draw(st.sampled_from(forms)):
        case "in":
            codes = draw(st.lists(literals("choice"), min_size=1, max_size=3, unique=True))
            found = f"{name.sql} {draw(NEGATION)}in ({', '.join(codes)})"
        case "null":
            found = f"{name.sql} is {draw(NEGATION)}null"
        case "badness":
            bound = draw(st.sampled_from(("1", "2", f"badness({other.sql})")))
            found = f"badness({name.sql}) {draw(COMPARED)} {bound}"
        case "field":
            found = f"{name.sql} {draw(st.sampled_from(('=', '<>')))} {other.sql}"
        case _:
            found = f"{name.sql} {draw(st.sampled_from(('=', '<>')))} {draw(literals('choice'))}"
    return f"({guard}{found})" if guard else found


@st.composite
def condition(draw: Draw, scope: Scope, atoms: int = 6, depth: int = 1) -> str:
    """A condition of at most so many atoms."""
    size = draw(st.integers(1, atoms))
    if size == 1:
        found = draw(atom(scope, depth))
        return f"not ({found})" if draw(st.integers(0, 3)) == 0 else found
    left = draw(st.integers(1, size - 1))
    sides = [draw(condition(scope, left, depth)), draw(condition(scope, size - left, depth))]
    joined = f" {draw(st.sampled_from(('and', 'or')))} ".join(
        f"({side})" if " or " in side or " and " in side else side for side in sides
    )
    return f"not ({joined})" if draw(st.integers(0, 5)) == 0 else joined


@st.composite
def aggregate(
    draw: Draw, scope: Scope, outcomes: Sequence[str] = (), unmet: Sequence[str] = (), siblings: bool = False
) -> tuple[str, str]:
    """An aggregate over the records of `scope`, and its type. It may name verdicts given `outcomes`, and rules of `unmet`."""
    total = replace(scope, total=True)
    numeric = [name for name in scope.of("integer", "number") if name.exact]
    filters = [condition(total, 2, depth=0)] + [
        st.builds("{}('{}')".format, st.sampled_from(("unmet", "met", "not met")), st.sampled_from(unmet))
    ] * bool(unmet)
    if outcomes:
        filters.append(st.builds("verdict {} '{}'".format, st.sampled_from(("=", "<>")), st.sampled_from(outcomes)))
    plain = [name for name in scope.names if ".fact_" not in name.sql]  # what stands for an expression is no name to be tested
    if guarded := [name for name in plain if name.blank and name.type in TYPES and name.type != "choice"]:
        name = draw(st.sampled_from(guarded))
        alone = Scope((replace(name, blank=False),), total=True)
        filters.append(condition(alone, 1, depth=0).map(lambda test: f"{name.sql} is not null and ({test})"))
    where = f" filter (where {draw(st.one_of(filters))})" if draw(st.booleans()) else ""
    distinct = draw(st.sampled_from(("", "", "distinct ")))
    match draw(st.sampled_from(("count", "count", "count of", "sum", "avg", "extreme", "by day"))):
        case "by day" if scope.of("date"):
            name = draw(st.sampled_from(scope.of("text", "integer", "number", "boolean", "date")))
            found, day = (
                draw(name_of(Scope((of,), total=True), of.type)) for of in (name, draw(st.sampled_from(scope.of("date"))))
            )
            which = draw(st.sampled_from(("latest", "earliest", *(("previous",) if siblings else ()))))
            return f"{which}({found}, {day}){where}", name.type
        case "count of":
            return f"count({distinct}{draw(name_of(total, *ORDERED))}){where}", "integer"
        case "sum" | "avg" as function if numeric:
            name = draw(st.sampled_from(numeric))
            only = Scope((name,), total=True)
            found = f"{function}({distinct}{draw(name_of(only, name.type))}){where}"
            type_ = "number" if function == "avg" else name.type
            return (f"coalesce({found}, 0)", type_) if draw(st.booleans()) else (found, type_)
        case "extreme":
            name = draw(st.sampled_from(scope.of(*ORDERED)))
            found = draw(name_of(Scope((name,), total=True), name.type))
            return f"{draw(st.sampled_from(('min', 'max')))}({found}){where}", name.type
    return f"count(*){where}", "integer"


@st.composite
def aggregate_fact(
    draw: Draw, scope: Scope, outcomes: Sequence[str] = (), unmet: Sequence[str] = (), siblings: bool = False
) -> tuple[str, str]:
    """What an aggregate fact may say: an aggregate, or something worked out of one."""
    text, type_ = draw(aggregate(scope, outcomes, unmet, siblings))
    if type_ in ("integer", "number") and draw(st.integers(0, 2)) == 0:
        if draw(st.booleans()):
            return f"{text} {draw(COMPARED)} {draw(constants(type_))}", "boolean"
        second, other = draw(aggregate(scope, outcomes, unmet, siblings))
        if other in ("integer", "number"):
            return f"{text} {draw(st.sampled_from('+-'))} {second}", type_ if type_ == other else "number"
    return text, type_


@st.composite
def packs(draw: Draw, *, referring: bool = False, whole: bool = False) -> Pack:
    """A small pack of two to four tables, with plain facts, aggregate facts and rules for each of them; `referring`: and with
    reference data, and references to it, to other records and to records of the own table; `whole`: and with facts and rules of
    the review."""
    extra = draw(st.sampled_from(((), ("cases",), ("steps",), ("cases", "steps"))))
    tables: list[str] = [table for table in ("steps", "cases", "issues", "units") if table in ("issues", "units", *extra)]
    outcomes = [OUTCOMES[at] for at in draw(st.sampled_from(((0, 3), (0, 1, 3), (0, 1, 2, 3))))]
    fields = tuple(Name(name, type_) for name, type_ in SCHEMA.items())
    scopes = {table: Scope((Name(KEYS[table], "text", blank=False), *fields)) for table in tables}
    facts: list[dict[str, Any]] = []
    rules: list[dict[str, Any]] = []
    inexact: set[str] = set()

    def add_fact(table: str, text: str, type_: str, children: str | None = None, **more: Any) -> None:
        name = f"fact_{len(facts) + 1}"
        facts.append(
            {"fact": name, "of": table, **more, "title": {"en": name}}
            | ({"from": children} if children else {})
            | {"value": text}
        )
        exact = "avg(" not in text and not any(known in text for known in inexact)
        inexact.update(() if exact else (name,))
        scopes[table] += Name(name, type_, exact=exact)

    def seen_from(table: str) -> Scope:
        parent = PARENTS.get(table)
        above = [replace(name, sql=f"{parent}.{name.sql}") for name in scopes[parent].names] if parent else []
        return Scope((*scopes[table].names, *above))

    def add_plain_fact(table: str) -> None:
        type_ = draw(st.sampled_from(("boolean", "boolean", "integer", "number", "date", "text")))
        scope = seen_from(table)
        add_fact(table, draw(condition(scope, 3) if type_ == "boolean" else value(scope, type_, 2)), type_)

    if referring:
        scopes["codes"] = Scope((Name(KEYS["codes"], "text", blank=False), *fields))
        for _ in range(draw(st.integers(0, 2))):
            add_plain_fact("codes")
        plain_of = dict(scopes)
        for table in tables:
            for name in (name for field in REFERENCES.get(table, {}) for name in reached(draw, table, field, plain_of)):
                scopes[table] += name
    for table in reversed(tables):
        for _ in range(draw(st.integers(0, 2))):
            add_plain_fact(table)
    for table in tables if referring else ():
        for field, of in REFERENCES.get(table, {}).items():
            if of in tables and draw(st.booleans()):
                add_fact(of, *draw(aggregate_fact(scopes[table])), table)
                facts[-1]["through"] = field
    if referring and "steps" in tables and draw(st.booleans()):
        add_fact("units", *draw(aggregate_fact(scopes["steps"])), "steps")
    for table in tables:
        if table in PARENTS and draw(st.booleans()):
            add_fact(PARENTS[table], *draw(aggregate_fact(scopes[table])), table)
    for table in tables:
        for _ in range(draw(st.sampled_from((0, 0, 1, 2)))):
            known = [
                *([KEYS[PARENTS[table]]] if table in PARENTS else []),
                *(n.sql for n in scopes[table].names[1:] if n.exact and n.type in TYPES and agreeable(table, n.sql)),
            ]
            agree = draw(st.lists(st.sampled_from(known), max_size=3, unique=True))
            add_fact(
                table,
                *draw(aggregate_fact(scopes[table], siblings=True)),
                among=agree,
                **draw(st.sampled_from(({}, {}, {"others": True}))),
            )
    ways = {table: draw(st.sampled_from(("verdict", "verdict", "each", "none"))) for table in tables if table in PARENTS}
    ways |= {table: "none" for table in ways if ways.get(PARENTS[table]) == "none"}  # whatever lies below it

    def add_rule(table: str, found: dict[str, Any]) -> str:
        rules.append({"rule": f"rule-{len(rules) + 1}", "for": table} | found)
        return str(rules[-1]["rule"])

    def count(table: str, text: str) -> None:
        """A fact of the parent that counts, and a rule that asks for it."""
        add_fact(PARENTS[table], f"count(*) filter (where {text})", "integer", table)
        name, limit = facts[-1]["fact"], draw(st.integers(0, 2))
        found = {"title": {"en": "Counted"}, "require": f"{name} <= {limit}", "otherwise": draw(st.sampled_from(outcomes[1:]))}
        added.setdefault(PARENTS[table], []).append(add_rule(PARENTS[table], found))

    added: dict[str, list[str]] = {}
    for table in tables:
        way, known = ways.get(table, "verdict"), added.get(table, [])
        for _ in range(draw(st.integers(0 if table != "units" else 1, 3))):
            known.append(add_rule(table, draw(rule(f"rule-{len(rules) + 1}", table, seen_from(table), outcomes))))
            if table in PARENTS and way == "verdict" and draw(st.integers(0, 3)) == 0:
                add_fact(PARENTS[table], *draw(aggregate_fact(scopes[table], (), known)), table)
                if draw(st.booleans()):  # what the other children brought to the parent comes down again
                    add_plain_fact(table)
        if table in PARENTS and way == "verdict":
            for _ in range(draw(st.integers(0, 2))):
                add_fact(PARENTS[table], *draw(aggregate_fact(scopes[table], outcomes, known)), table)
        if table in PARENTS and known:  # what is found has to arrive
            if way == "verdict":
                count(table, f"verdict <> '{outcomes[0]}'")
            for found in rules if way == "each" else ():
                counts = found["title"]["en"] == "Counted"  # what it counts has to arrive
                if found["rule"] in known and not counts and draw(st.booleans()):
                    found["not_counted"] = NOT_COUNTED
                elif found["rule"] in known:
                    found.pop("unknown", None)
                    count(table, f"unmet('{found['rule']}')")
    if draw(st.integers(0, 2)) == 0:
        draw(under_tags(facts, rules, [table for table in tables if ways.get(table) != "none"], outcomes, add_fact, add_rule))
    if whole:
        scopes["review"] = Scope(())
        for _ in range(draw(st.integers(1, 4))):
            table = draw(st.sampled_from(tables))
            named = [found["rule"] for found in rules if found["for"] == table]
            add_fact("review", *draw(aggregate_fact(scopes[table], outcomes, named)), table)
        for _ in range(draw(st.integers(1, 2))):
            found = {key: draw(of_whole(scopes["review"])) for key in ("when", "require")[draw(st.integers(0, 1)) :]}
            found |= {"title": {"en": "Whole"}, "otherwise": draw(st.sampled_from(outcomes))}
            add_rule("review", found)
    entries = {t: table_of(t) | ({"not_counted": NOT_COUNTED} if ways.get(t) == "none" else {}) for t in reversed(tables)}
    if referring:
        entries |= {"codes": table_of("codes") | {"reference": True}}
        for table in tables:
            for field, of in REFERENCES.get(table, {}).items():
                entries[table]["fields"][field] = {"type": "text", "refers_to": of, "missing": "allowed"}
    return Pack(
        PARAMS,
        [{"outcome": outcome} for outcome in outcomes],
        entries,
        facts,
        rules,
        draw(
            shared(
                scopes["units"],
                [rule["rule"] for rule in rules if PARENTS.get(rule["for"], "units") == "units" and rule["for"] != "review"],
                facts,
            )
        ),
        CALENDAR,
    )


@st.composite
def of_whole(draw: Draw, scope: Scope) -> str:
    """A condition on some facts, of whatever types they are."""
    tests = []
    for name in draw(st.lists(st.sampled_from(scope.names), min_size=1, max_size=3)):
        tests.append(f"{name.sql} is {draw(st.sampled_from(('', 'not ')))}null")
        if name.type == "boolean":
            tests.append(name.sql)
        elif name.type in ("integer", "number"):
            tests.append(f"{name.sql} {draw(COMPARED)} {draw(constants(name.type))}")
    return f" {draw(st.sampled_from(('and', 'or')))} ".join(draw(st.lists(st.sampled_from(tests), min_size=1, max_size=3)))


def reached(draw: Draw, table: str, field: str, scopes: Mapping[str, Scope]) -> list[Name]:
    """Some of what can be named through a reference."""
    of = REFERENCES[table][field]
    found = [Name(f"{field}.exists", "boolean")] + [Name(f"{field}.in_circle", "boolean")] * (of == table)
    names = draw(st.lists(st.sampled_from(scopes[of].names), min_size=1, max_size=4, unique_by=lambda name: name.sql))
    found += [replace(name, sql=f"{field}.{name.sql}", blank=True) for name in names]
    for second in REFERENCES.get(of, {}) if draw(st.booleans()) else ():
        found.append(Name(f"{field}.{second}.remark", "text"))
    if of in PARENTS:
        found.append(Name(f"{field}.{PARENTS[of]}.members", "integer"))
    return found


def agreeable(table: str, name: str) -> bool:
    """Whether siblings may agree in what a name stands for: what is the record's own, or a field through a reference."""
    *hops, last = name.split(".")
    return not hops or (hops[0] in REFERENCES.get(table, {}) and last in {*SCHEMA, "exists"})


@st.composite
def under_tags(
    draw: Draw,
    facts: list[dict[str, Any]],
    rules: list[dict[str, Any]],
    tables: Sequence[str],
    outcomes: Sequence[str],
    add_fact: Callable[..., None],
    add_rule: Callable[[str, dict[str, Any]], str],
) -> None:
    """Give rules tags, and units facts and a rule that count what is found under them; `tables`: those whose findings count."""
    for found in rules:
        if (tag := draw(st.sampled_from((None, "a", "a", "b-2")))) is not None:
            found["tag"] = tag

    def tags(table: str) -> list[str]:
        below = [t for t in tables if table in (t, PARENTS.get(t), PARENTS.get(PARENTS.get(t, "")))]
        return [r["tag"] for r in rules if r["for"] in below and "tag" in r and "not_counted" not in r]

    asked = st.sampled_from(("score", "findings"))
    if "issues" in tables and tags("issues"):
        add_fact("issues", f"{draw(asked)}('{draw(st.sampled_from(tags('issues')))}')", "integer")
        add_fact("units", f"sum({facts[-1]['fact']})", "integer", "issues")
    if tags("units"):
        calls = [f"{draw(asked)}('{draw(st.sampled_from(tags('units')))}')" for _ in range(2)]
        add_fact("units", calls[0] if draw(st.booleans()) else f"{calls[0]} + {calls[1]}", "integer")
        require = f"{facts[-1]['fact']} <= {draw(st.integers(0, 4))}"
        add_rule("units", {"title": {"en": "Counted"}, "require": require, "otherwise": draw(st.sampled_from(outcomes[1:]))})


@st.composite
def shared(draw: Draw, units: Scope, rules: Sequence[str], facts: Sequence[dict[str, Any]]) -> dict[str, str]:
    """What some rules share: a condition on the fields of the units, so that nothing rests on itself."""
    if draw(st.integers(0, 3)):
        return {}
    fields = Scope(tuple(name for name in units.names if name.sql not in {fact["fact"] for fact in facts}))
    return dict.fromkeys(draw(st.lists(st.sampled_from(rules), unique=True)) if rules else [], draw(condition(fields, 2)))


@st.composite
def rule(draw: Draw, rule_id: str, table: str, scope: Scope, outcomes: Sequence[str], atoms: int = 5) -> dict[str, Any]:
    found: dict[str, Any] = {"rule": rule_id, "for": table, "title": {"en": f"Title of {rule_id}"}}
    if draw(st.booleans()):
        found["when"] = draw(condition(scope, atoms))
    found |= {"require": draw(condition(scope, atoms)), "otherwise": draw(st.sampled_from([*outcomes[1:], *outcomes]))}
    if draw(st.booleans()):
        found["unknown"] = draw(st.sampled_from(outcomes))
    if draw(st.booleans()):
        found["weight"] = draw(st.integers(1, 4))
    return found


def table_of(table: str, schema: dict[str, str] = SCHEMA) -> dict[str, Any]:
    """A table's entry of records.yaml."""
    keys = [KEYS[table], *([KEYS[PARENTS[table]]] if table in PARENTS else [])]
    fields: dict[str, Any] = {name: {"type": type_} for name, type_ in (dict.fromkeys(keys, "text") | schema).items()}
    for name, entry in fields.items():
        entry["title"] = {"en": f"{table} {name}"}
        if entry["type"] in ("choice", "choices"):
            entry["choices"] = {code: {"en": code.title()} for code in CHOICES}
            entry |= {"best_to_worst": list(reversed(CHOICES))} if entry["type"] == "choice" else {}
    return {"title": {"en": table.title()}, "key": KEYS[table], "fields": fields} | (
        {"belongs_to": PARENTS[table]} if table in PARENTS else {}
    )


@st.composite
def records_of(draw: Draw, pack: Pack) -> dict[str, list[dict[str, Any]]]:
    """Records for a pack: 1 to 6 units and up to 12 records of every other table, a quarter of their values blank."""
    records: dict[str, list[dict[str, Any]]] = {}
    for table in sorted(pack.tables, key=list(KEYS).index):
        parent = PARENTS.get(table)
        parents = [record[KEYS[parent]] for record in records[parent]] if parent else []
        size = 12 if parents else 0 if parent else 6
        records[table] = [
            {KEYS[table]: f"{table[0].upper()}{at}"} | row | ({KEYS[parent]: draw(st.sampled_from(parents))} if parent else {})
            for at, row in enumerate(draw(rows(0 if parent else 1, size)))
        ]
    for table, fields in REFERENCES.items():
        for name, of in fields.items():
            if name in pack.tables.get(table, {"fields": ()})["fields"]:
                keys = [record[KEYS[of]] for record in records.get(of, ())]
                for record in records[table]:
                    record[name] = draw(st.sampled_from((*keys, *keys, "nobody", None)))
    return records


def field(type_: str) -> st.SearchStrategy[Any]:
    present = st.sampled_from(DOMAINS[type_])
    return st.integers(0, 3).flatmap(lambda chance: st.none() if chance == 0 else present)


def rows(least: int, most: int) -> st.SearchStrategy[list[dict[str, Any]]]:
    """The fields of some records, keys aside."""
    return st.lists(st.fixed_dictionaries({name: field(type_) for name, type_ in SCHEMA.items()}), min_size=least, max_size=most)


@st.composite
def boolean_rules(draw: Draw) -> Pack:
    """A pack of one rule over one to six boolean fields of a unit, with at most six atoms."""
    fields = [f"b{at}" for at in range(1, draw(st.integers(1, 6)) + 1)]
    scope = Scope(tuple(Name(name, "boolean") for name in fields))
    found = draw(rule("the-rule", "units", scope, OUTCOMES, atoms=3))
    tables = {"units": table_of("units", dict.fromkeys(fields, "boolean"))}
    return Pack({"wanted": PARAMS["wanted"]}, [{"outcome": outcome} for outcome in OUTCOMES], tables, [], [found])


def write_pack(pack: Pack, folder: Path) -> None:
    """The pack as YAML files, in the format of design.md."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pack_files(pack).items():
        (folder / name).write_text(text, "utf-8")


def pack_files(pack: Pack) -> dict[str, str]:
    """Its files: name -> text."""
    outcomes = [{**outcome, "title": {"en": outcome["outcome"]}} for outcome in pack.outcomes]
    params = {name: {**param, "title": {"en": name}} for name, param in pack.params.items()}
    head: dict[str, Any] = {"pack": "random", "version": "1.0", "title": {"en": "Random"}, "outcomes": outcomes, "params": params}
    calendar = [(f"{pack.calendar['calendar']}.calendar", pack.calendar)] if pack.calendar else []
    head |= {"calendar": pack.calendar["calendar"]} if calendar else {}
    alike: dict[str | None, list[Any]] = {None: []}
    for rule in pack.rules:
        alike.setdefault(pack.shared.get(rule["rule"]), []).append(rule)
    chapters = [
        (f"{i}-random.rules", ({"when": shared} if shared else {"facts": list(pack.facts)}) | {"rules": rules})
        for i, (shared, rules) in enumerate(alike.items(), start=1)
    ]
    contents = (("pack", head), ("records", {"tables": dict(pack.tables)}), *chapters, *calendar)
    return {f"{name}.yaml": core_yaml.dump({k: v for k, v in content.items() if v or k in head}) for name, content in contents}


def write_records(records: Records, pack: Pack, folder: Path) -> list[Path]:
    """The records as a CSV file a table; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    return [write_table(rows, list(pack.tables[table]["fields"]), folder / f"{table}.csv") for table, rows in records.items()]


def write_table(rows: Sequence[Any], fields: Sequence[str], path: Path) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(fields)
        writer.writerows([cell(row.get(name)) for name in fields] for row in rows)
    return path


def cell(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def depths(quick: int, deep: int) -> pytest.MarkDecorator:
    """How many `examples` a test takes: few every time, many with `-m slow`."""
    slow = pytest.param(deep, id="deep", marks=pytest.mark.slow)
    return pytest.mark.parametrize("examples", [pytest.param(quick, id="quick"), slow])


def many(examples: int) -> settings:
    return settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
