"""The pack as read and as checked, and what people call its things.

Conditions are split into atoms, each with its tree of and, or, not. Nothing here reads, decides or writes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from hashlib import sha256
from pathlib import Path as FilePath

from sqlglot import exp
from sqlglot.expressions import Expr

from lookback.language.conditions import ALWAYS, Atom, Condition, Status, Truth, lost
from lookback.language.operators import bound
from lookback.language.scope import Meaning
from lookback.language.types import BETWEEN_CHOICES, Column, Type, Value, plain
from lookback.notions.calendars import Calendar
from lookback.packs.checks.days import calendar_in
from lookback.packs.checks.in_words import in_words
from lookback.packs.model import THROUGH, CalendarFile, Choice, Clause, Fact, Header, Rule, RuleGroup, TableDef, Title, said_of
from lookback.packs.references import read_there
from lookback.words import say
from lookback.words.errors import UsageError, did_you_mean
from lookback.words.source import Path, Place, Source, Span

NOT_JUDGED = "not judged"
"""What stands in place of the verdict of a unit without a usable key; no outcome can have this name."""
NOT_HANDED_IN = "not handed in"
"""In place of the rules and reasons of a unit of the roster of which there is nothing else."""


@dataclass(frozen=True)
class Pack:
    """A pack as its files say it. Facts, rules and groups come with their paths."""

    files: tuple[Source, ...]
    header: Header
    tables: Mapping[str, TableDef]
    blanks: tuple[str, ...]
    facts: tuple[tuple[Path, Fact], ...]
    rules: tuple[tuple[Path, Rule], ...]
    groups: tuple[tuple[Path, RuleGroup], ...]
    clauses: tuple[tuple[Path, Clause], ...] | None  # None: the pack has no clauses.yaml
    places: Mapping[Path, Place]
    calendar: tuple[Path, CalendarFile] | None = None
    retired: tuple[tuple[Path, Rule], ...] = ()
    """Rules that are listed, and judge nobody any longer."""
    papers: Mapping[str, Source] = field(default_factory=dict)
    """Templates of papers (`papers/*.md`), by their names without the ending."""
    shared: Mapping[str, str] = field(default_factory=dict)
    """By the name of a file the condition on the units that all its rules share, where it has one."""
    rows: Mapping[str, Sequence[Mapping[str, Value]]] = field(default_factory=dict)  # of tables whose rows are the pack's own
    whole: tuple[tuple[tuple[Path, Fact], ...], tuple[tuple[Path, Rule], ...]] = ((), ())  # facts and rules of the review itself

    @property
    def texts(self) -> dict[str, str]:
        """The texts of its files, by their paths within it."""
        folder = FilePath(self.files[0].name).parent
        paths = {FilePath(file.name): file.text for file in self.files}
        return {(p.relative_to(folder).as_posix() if p.is_relative_to(folder) else p.name): text for p, text in paths.items()}

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Outcome ids, best first."""
        return tuple(o.outcome for o in self.header.outcomes)

    @property
    def sha256(self) -> str:
        """One hash over the names and texts of all files, in the order of their names."""
        digest = sha256()
        for name, text in self.texts.items():
            digest.update(f"{name}\0{len(text)}\0{text}".encode())
        return digest.hexdigest()

    def table_named(self, table: str) -> str:
        """The id of a table, by its id or by its title in either language. Raises UsageError where there is none."""
        if table in self.tables:
            return table
        if found := called(table, {name: of.title for name, of in self.tables.items()}):
            return found[0]
        raise UsageError("no-such-table", table=table, known=", ".join(self.tables), help=did_you_mean(table, self.tables))

    def outcome_named(self, outcome: str) -> str:
        """The id of an outcome, by its id or by its title in either language. Raises UsageError where there is none."""
        known = self.outcomes
        if outcome in known:
            return outcome
        titled = {o.outcome: o.title for o in self.header.outcomes}
        if found := called(outcome, titled):
            return found[0]
        raise UsageError("no-such-outcome", outcome=outcome, known=", ".join(known), help=did_you_mean(outcome, known))

    def span(self, path: Path) -> Span:
        """The span of the value at `path`, or of the nearest thing around it that stands in a file."""
        while path not in self.places:
            path = path[:-1]
        return self.places[path].span

    def place(self, path: Path) -> Place:
        """The place of the text at `path`."""
        return self.places.get(path) or Place(self.span(path))

    def parent_key(self, table: str) -> str | None:
        """The field through which a record of `table` names its parent."""
        parent = self.tables[table].belongs_to
        return self.tables[parent].key if parent else None

    def parent_parts(self, table: str) -> tuple[str, ...]:
        """The fields through which the records of `table` name their parents."""
        parent = self.tables[table].belongs_to
        return self.tables[parent].parts if parent else ()

    def keys(self, table: str) -> tuple[str, ...]:
        """The fields without which a row is no record: of its own key, and of its parent's."""
        own = self.tables[table]
        above = self.tables.get(own.belongs_to or "")
        found = (own.key, *own.parts, *((above.key, *above.parts) if above is not None else ()))
        return tuple(dict.fromkeys(f for f in found if f in own.fields))

    def meanings(self, table: str) -> dict[str, Meaning]:
        """What the names of a table's fields stand for in expressions."""
        keys = self.keys(table)
        fields = (self.tables[table].columns | self.tables[table].looked_up).items()
        orders = {id_: f.best_to_worst or () for id_, f in fields}
        return {
            id_: Meaning(
                f.type,
                tuple(f.choices or ()),
                blank=id_ not in keys,
                order=orders[id_],
                titles=(*_said(f.title), *f.also),
                said={text.casefold(): c for c, of in (f.choices or {}).items() for text in (*_said(of), *of.also)},
            )
            for id_, f in fields
        }

    @cached_property
    def days(self) -> Calendar | None:
        """The pack's calendar, where it has one; what is wrong with it is told before."""
        return None if self.calendar is None else calendar_in(self.calendar[1])

    @cached_property
    def params(self) -> Mapping[str, Meaning]:
        """What the names of parameters stand for."""
        return {name: Meaning(param.type, blank=False) for name, param in self.header.params.items()}


@dataclass(frozen=True)
class CheckedRule:
    """A rule with its conditions: `when` is its `own` and what its `file` says for all its rules, `shared`."""

    rule: Rule
    when: Condition
    require: Condition
    atoms: tuple[Atom, ...]
    own: Condition = ALWAYS
    shared: Condition = ALWAYS
    file: str = ""

    @property
    def id(self) -> str:
        return self.rule.rule

    @property
    def table(self) -> str:
        return self.rule.for_

    @property
    def columns(self) -> tuple[Column, ...]:
        """What its atoms name, in their order; some more than once."""
        return tuple(column for atom in self.atoms for column in atom.columns)

    def outcome(self, status: Status) -> str | None:
        """The outcome that it gives a record with this status; None where it gives none."""
        return {"unmet": self.rule.otherwise, "unknown": self.rule.outcome_if_unknown}.get(status)

    def __str__(self) -> str:
        return f"{self.id} [{', '.join(a.text for a in self.atoms)}]"


@dataclass(frozen=True)
class CheckedFact:
    """`sql` computes the fact; in an aggregate over `child`, its columns are the child's. With `among` it is one over those
    records of its own table that agree in these columns (`child` is that table, and these are among its columns)."""

    fact: Fact
    type: Type
    choices: tuple[str, ...]
    sql: Expr
    columns: tuple[Column, ...]
    child: str | None
    uses_verdict: bool
    uses_rules: tuple[str, ...]  # those named in met('…') and unmet('…')
    blank: bool  # whether it may come out blank
    among: tuple[str, ...] | None = None
    hidden: bool = False  # nobody wrote it: another fact is made of it, and it is not shown
    behind: tuple[Column, ...] = ()  # of such a one, what the rules for its own table rest on whose findings it counts
    via: str | None = None  # the child's column that says whose it is; None: the key of its parent

    @property
    def below(self) -> bool:
        """Whether it is an aggregate over children, or records that refer to this one."""
        return self.child is not None and self.among is None

    @property
    def id(self) -> str:
        return self.fact.fact

    @property
    def table(self) -> str:
        return self.fact.of

    @property
    def link(self) -> str:
        """The child, and by what its records are this table's, as names of what is made of them say it."""
        return str(self.child) if self.via is None else f"{self.child}{THROUGH}{self.via}"


@dataclass(frozen=True)
class CheckedPack:
    """A pack without mistakes. `params` holds this run's values; `trees` every expression, checked and typed, by its path."""

    pack: Pack
    facts: tuple[CheckedFact, ...]
    rules: tuple[CheckedRule, ...]
    root: str
    params: Mapping[str, Value]
    trees: Mapping[Path, Expr] = field(default_factory=dict, repr=False)
    whole: CheckedPack | None = field(default=None, repr=False)  # what is asked of the review: a pack whose one unit it is

    @property
    def tables(self) -> Mapping[str, TableDef]:
        return self.pack.tables

    @property
    def outcomes(self) -> tuple[str, ...]:
        return self.pack.outcomes

    @cached_property
    def _facts(self) -> Mapping[tuple[str, str], CheckedFact]:
        return {(f.table, f.id): f for f in self.facts}

    def fact(self, column: Column) -> CheckedFact | None:
        """The fact that a column is; None for a field."""
        return self._facts.get((column.table, column.name))

    @cached_property
    def by_id(self) -> Mapping[str, CheckedRule]:
        """The rules by their ids."""
        return {rule.id: rule for rule in self.rules}

    def outcome(self, rule: CheckedRule, values: Sequence[Truth], status: Status) -> str | None:
        """The outcome of a rule in a situation; where its result is lost the worst that it can give."""
        if not lost(rule, values):
            return rule.outcome(status)
        return max(rule.rule.otherwise, rule.rule.outcome_if_unknown, key=self.outcomes.index)

    def worst(self, statuses: Mapping[str, Status]) -> str:
        """The verdict that the statuses of a record's rules come to."""
        found = [outcome for rule, status in statuses.items() if (outcome := self.by_id[rule].outcome(status)) is not None]
        return max(found, key=self.outcomes.index, default=self.outcomes[0])

    def facts_of(self, table: str) -> tuple[CheckedFact, ...]:
        """The facts of a table that somebody wrote."""
        return tuple(f for f in self.facts if f.table == table and not f.hidden)

    def rules_for(self, table: str) -> tuple[CheckedRule, ...]:
        return tuple(r for r in self.rules if r.table == table)

    def not_counted(self, rule: CheckedRule) -> Title | None:
        """Why a rule's findings are not the unit's, in the words of the rule, its table or one above; None where they count."""
        if rule.table == self.root:
            return None
        of_tables = (self.tables[t].not_counted for t in (rule.table, *self.above(rule.table)) if t != self.root)
        said = next((found for found in (rule.rule.not_counted, *of_tables) if found is not None), None)
        return said.because if said is not None else None

    def rule_named(self, rule: str) -> CheckedRule:
        """A rule, by its id or by its title in either language. Raises UsageError where there is none, or several so called."""
        found = next((r for r in self.rules if r.id == rule), None)
        if found is None and (titled := called(rule, {r.id: r.rule.title for r in self.rules})):
            if len(titled) > 1:
                raise UsageError("rules-called-so", title=rule, known=", ".join(titled))
            return self.by_id[titled[0]]
        if gone := [r for _, r in self.pack.retired if r.rule == rule]:
            raise UsageError("rule-retired", rule=rule, until=gone[0].until, by=", ".join(gone[0].replaced_by) or "–")
        if found is None:
            raise UsageError("no-such-rule", rule=rule, help=did_you_mean(rule, [r.id for r in self.rules]))
        return found

    def parent_key(self, table: str) -> str | None:
        return self.pack.parent_key(table)

    def keys(self, table: str) -> tuple[str, ...]:
        return self.pack.keys(table)

    def parent_parts(self, table: str) -> tuple[str, ...]:
        return self.pack.parent_parts(table)

    def meanings(self, table: str) -> dict[str, Meaning]:
        """What the names of a table's fields and facts stand for in expressions."""
        return self.pack.meanings(table) | {f.id: Meaning(f.type, f.choices, f.blank) for f in self.facts_of(table)}

    def in_parent(self, fact: CheckedFact) -> bool:
        """Whether the siblings that a fact goes over belong to one record, all of them."""
        parts = self.parent_parts(fact.table)
        return bool(parts) and set(parts) <= {*(fact.among or ())}

    def across_units(self) -> tuple[CheckedFact, ...]:
        """The facts by which the records of one unit rest on those of others."""
        return tuple(f for f in self.facts if f.among is not None and not self.in_parent(f))

    def key_of(self, fact: CheckedFact) -> str:
        """The column of an aggregate's records that says whose they are."""
        return fact.via if fact.via is not None else str(self.parent_key(str(fact.child)))

    @property
    def stored(self) -> CheckedPack:
        """The pack of what records bring: without what is looked up in others."""
        return replace(self, pack=replace(self.pack, tables={id_: t.stored for id_, t in self.tables.items()}))

    @property
    def refers(self) -> bool:
        """Whether records name others, or an aggregate goes over other records than children."""
        named = any(f.refers_to is not None for table in self.tables.values() for f in table.fields.values())
        return named or any(fact.via is not None for fact in self.facts)

    def read_elsewhere(self) -> Iterator[Column]:
        """What is read beside what rules name: by facts, for what is looked up, and to tell whose a record is."""
        yield from (column for fact in self.facts for column in fact.columns)
        yield from (Column(*read) for table in self.tables for read in read_there(self.tables, table))
        yield from (Column(str(fact.child), fact.via) for fact in self.facts if fact.via is not None)

    def referred(self, table: str) -> bool:
        """Whether records of some table refer to one."""
        fields = (f for of in self.tables.values() for f in of.columns.values())
        return any(f.refers_to is not None and f.refers_to.table == table for f in fields)

    def references(self) -> tuple[str, ...]:
        """The tables of reference data."""
        return tuple(name for name, t in self.tables.items() if t.reference)

    def above(self, table: str) -> tuple[str, ...]:
        """The tables that a table belongs to, the nearest first."""
        parent = self.tables[table].belongs_to
        return () if parent is None else (parent, *self.above(parent))

    def children(self, table: str) -> tuple[str, ...]:
        return tuple(name for name, t in self.tables.items() if t.belongs_to == table)

    def top_down(self) -> Iterator[str]:
        """Table names, parents before children."""
        waiting = [self.root]
        while waiting:
            table = waiting.pop(0)
            yield table
            waiting.extend(self.children(table))


_BADNESS = re.compile(r"\bbadness\(([^()]*)\)")


class Named:
    """The names of a pack's things in one language; where one has no title, its id.

    Parts of conditions name fields by their titles; in English, without `titles`, by their ids, as rules do.
    """

    def __init__(self, pack: CheckedPack, lang: str, *, titles: bool = False) -> None:
        self.pack, self.lang, self.titles = pack, lang, titles
        self.outcomes = {o.outcome: self._title(o.title, o.outcome) for o in pack.pack.header.outcomes}

    def _title(self, title: Title | None, id_: str) -> str:
        return title.in_(self.lang) if title else id_

    def outcome(self, outcome: str) -> str:
        if outcome == NOT_JUDGED:
            return say(self.lang, "not-judged")
        return self.outcomes.get(outcome, outcome)

    def owed(self, outcome: str) -> str:
        """What a finding comes to: of one that leaves the verdict as it is, that it is a remark."""
        return say(self.lang, "remark") if outcome == self.pack.outcomes[0] else self.outcome(outcome)

    def table(self, table: str) -> str:
        return self._title(self.pack.tables[table].title, table)

    def field(self, table: str, field: str) -> str:
        """A field, or a fact; what is neither is called what it is."""
        of = self.pack.tables[table].fields.get(field) or self.pack.fact(Column(table, field))
        return self._title(None if of is None else of.fact.title if isinstance(of, CheckedFact) else of.title, field)

    def rule(self, rule: str) -> str:
        if rule == NOT_HANDED_IN:
            return say(self.lang, "not-handed-in")
        return self.pack.by_id[rule].rule.title.in_(self.lang)

    def param(self, param: str) -> str:
        """A parameter, and that the office set it where it did."""
        of = self.pack.pack.header.params[param]
        title = self._title(of.title, param)
        return say(self.lang, "param.ours", title=title) if of.ours else title

    def choices(self, column: Column) -> Mapping[str, Choice]:
        """The values that a field may have, where it is a choice."""
        field = self.pack.tables[column.table].fields.get(column.name)
        return field.choices or {} if field is not None else {}

    # ---------------------------------------------------------------------------------------------------------- values

    def value(self, value: Value, column: Column | None = None) -> str:
        """A value as people read it; one of a choice by its title."""
        if value is None:
            return say(self.lang, "reason.nothing")
        if isinstance(value, bool):
            return say(self.lang, "reason.true" if value else "reason.false")
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, str) and column is not None and (choices := self.choices(column)):
            codes = value.split(BETWEEN_CHOICES)
            return say(self.lang, "reason.choices").join(choices[c].in_(self.lang, c) if c in choices else c for c in codes)
        return plain(value) if isinstance(value, Decimal) else str(value)

    # -------------------------------------------------------------------------------------------- parts of conditions

    def column(self, table: str, column: Column) -> str:
        """A column of a record of `table`, or of the one that it belongs to."""
        fact, field = self.pack.fact(column), self.pack.tables[column.table].fields.get(column.name)
        title = field.title if field is not None else fact.fact.title if fact is not None else None
        if title is None or not (self.titles or (self.lang == "zh" and title.zh)):
            return said_of(column.name if column.table == table else f"{column.table}.{column.name}")
        name = title.in_(self.lang)
        return name if column.table == table else say(self.lang, "reason.of", table=self.table(column.table), name=name)

    def written(self, table: str, tree: exp.Expr) -> str:
        """A part as its author wrote it, with the fields as `column` names them, and the values of parameters."""
        tree = tree.unnest()
        if isinstance(tree, exp.Column):
            return self.column(table, column_of(table, tree))
        if (self.titles or self.lang == "zh") and (said := in_words(self, table, tree)):
            return said
        text = str(tree.meta.get("written") or said_of(bound(tree, self.pack.params).sql(dialect="duckdb").replace('"', "")))
        if self.titles or self.lang == "zh":
            names = {said_of(c.name): self.column(table, column_of(table, c)) for c in tree.find_all(exp.Column)}
            any_of_them = "|".join(map(re.escape, sorted(names, key=len, reverse=True))) or "(?!)"  # at once: titles have names
            text = re.sub(rf"(?<![\w.])(?:{any_of_them})(?!\w)", lambda match: names[match[0]], text)
            text = _BADNESS.sub(lambda match: say(self.lang, "reason.badness", name=match[1]), text)
        return re.sub(r":([a-z]\w*)", lambda match: self.value(self.pack.params[match[1]]), text)

    def constant(self, table: str, subject: exp.Expr, tree: exp.Expr) -> str | None:
        """What `subject` is held against, where that is a constant; None where it depends on the record."""
        tree = tree.unnest()
        if tree.find(exp.Column) is not None:
            return None
        if isinstance(tree, exp.Placeholder):
            return self.value(self.pack.params[tree.name])
        literal = self._literal(tree)
        if literal is not None and isinstance(subject, exp.Column) and (self.titles or self.lang == "zh"):
            return self.value(literal, column_of(table, subject))
        return self.written(table, tree) if literal is None else literal

    def _literal(self, tree: exp.Expr) -> str | None:
        match tree.unnest():
            case exp.Boolean(this=holds):
                return self.value(bool(holds))
            case exp.Literal() as literal:
                return str(literal.name)
            case exp.Cast(this=exp.Literal() as literal):
                return str(literal.name)
            case exp.Neg(this=of) if (text := self._literal(of)) is not None:
                return f"-{text}"
        return None


def _said(title: Title | Choice | None) -> list[str]:
    return [text for text in (title.en, title.zh) if text is not None] if title is not None else []


def called(text: str, titles: Mapping[str, Title | None]) -> list[str]:
    """The ids of what has this title in either language."""
    return [name for name, title in titles.items() if normal(text) in map(normal, _said(title))]


def column_of(table: str, tree: exp.Column) -> Column:
    """The column that a name in the conditions of `table` stands for."""
    owner, _, field = tree.name.rpartition(".")
    return Column(owner or table, field)


def normal(text: str) -> str:
    """A header or name for comparing: full-width as half-width, no white space, no letter case."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())
