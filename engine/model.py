"""The types that stages hand to each other.

First the pack as its files say it (pydantic models; field names are the keys of the YAML files), then the pack as checked:
conditions split into atoms, each with its tree of and, or, not. Nothing here reads, decides or writes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property
from hashlib import sha256
from pathlib import Path as FilePath
from typing import Annotated, Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlglot.expressions import Expr

from engine.source import Source, Span

Value = str | int | float | bool | date | None
Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
RuleId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]

MOST_ATOMS = 12
"""A rule of more atoms is refused (`rule-too-wide`): durable_rules takes 16 conditions, and 3^12 situations are still few."""


class Type(StrEnum):
    """The type of a field, a parameter, or a part of a condition."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    CHOICE = "choice"


# ---------------------------------------------------------------------------------------------------- the pack's files


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True)


class Title(_Model):
    """A text in one or both languages."""

    en: str | None = Field(None, min_length=1, description="English")
    zh: str | None = Field(None, min_length=1, description="Chinese")

    @model_validator(mode="after")
    def _one_language(self) -> Title:
        if self.en is None and self.zh is None:
            raise ValueError("needs-one-language")
        return self

    def in_(self, lang: str) -> str:
        """The text in `lang`, else in the other language."""
        return (self.zh or self.en if lang == "zh" else self.en or self.zh) or ""


class Choice(_Model):
    """One value that a choice may have: what people call it."""

    en: str | None = Field(None, min_length=1, description="English")
    zh: str | None = Field(None, min_length=1, description="Chinese")
    also: tuple[str, ...] = Field((), description="other words for it in the records")

    def in_(self, lang: str, fallback: str) -> str:
        return (self.zh or self.en if lang == "zh" else self.en or self.zh) or fallback


class Optional(_Model):
    because: Title = Field(description="why the field may rightly be blank")


class FieldDef(_Model):
    """A column of a table."""

    type: Type = Field(description="text, integer, number, boolean, date or choice")
    title: Title | None = Field(None, description="what people call it")
    also: tuple[str, ...] = Field((), description="other headers under which the records may bring it")
    choices: dict[Id, Choice] | None = Field(None, description="the values of a choice: code and titles")
    blanks: tuple[str, ...] | None = Field(None, description="words that stand for a blank here, in place of those of all fields")
    personal: bool = Field(False, description="personal data: kept out of what is published")
    fixed: bool = Field(False, description="what happened, or what the record is: nobody can change it to bring a verdict about")
    by: Literal["unit", "inspector", "office"] = Field("unit", description="who may change it")
    optional: Optional | None = Field(None, description="may rightly be blank, and why")

    @property
    def titles(self) -> tuple[str, ...]:
        """Every header that means this field, besides its id."""
        own = (self.title.en, self.title.zh) if self.title else ()
        return (*(t for t in own if t), *self.also)


class TableDef(_Model):
    """A table of records. Exactly one table of a pack belongs to no other: the units."""

    title: Title | None = Field(None, description="what people call it")
    also: tuple[str, ...] = Field((), description="other names of its files or sheets")
    key: Id = Field(description="the field that identifies a record")
    label: Id | None = Field(None, description="the field that people know a record by")
    belongs_to: Id | None = Field(None, description="the parent table, through the parent's key")
    fields: dict[Id, FieldDef] = Field(min_length=1, description="the fields, by id")


class Param(_Model):
    """A number, date, … that rules name as `:id`, and that `--set` changes for a run."""

    type: Type
    default: Any
    least: Any = Field(None, description="the least value that makes sense")
    most: Any = Field(None, description="the greatest value that makes sense")
    title: Title | None = None
    clause: str | None = None


class OutcomeDef(_Model):
    outcome: Id = Field(description="the outcome's id")
    title: Title | None = None


class Header(_Model):
    """pack.yaml."""

    pack: RuleId = Field(description="the pack's name")
    version: str = Field(description="the pack's version, in quotes")
    title: Title | None = None
    outcomes: tuple[OutcomeDef, ...] = Field(min_length=2, description="from best to worst")
    params: dict[Id, Param] = Field(default_factory=dict)


class Records(_Model):
    """records.yaml."""

    blanks: tuple[str, ...] = Field((), description="words that stand for a blank, as — or N/A; a field's own words come first")
    tables: dict[Id, TableDef] = Field(min_length=1)


class Fact(_Model):
    """A derived value: of a record, or (with `from`) an aggregate over its children in another table."""

    fact: Id = Field(description="the fact's id")
    of: Id = Field(description="the table whose records have it")
    from_: Id | None = Field(None, alias="from", description="the child table that is aggregated")
    title: Title | None = None
    value: str = Field(description="a SQL expression")


class Rule(_Model):
    """`when` a record is so, `require` this of it, `otherwise` that is its outcome."""

    rule: RuleId = Field(description="the rule's id, never used again for another")
    clause: str | None = Field(None, description="the clause of the source document that asks it")
    also_clauses: tuple[str, ...] = Field((), description="further clauses that ask it")
    repeats: RuleId | None = Field(None, description="the rule that asks at least the same, on purpose: two clauses ask it")
    for_: Id = Field(alias="for", description="the table whose records it judges")
    title: Title
    when: str | None = Field(None, description="a condition: the rule applies only where it is true or unknown")
    require: str = Field(description="the condition that must be true")
    otherwise: Id = Field(description="the outcome of a record that does not meet it")
    unknown: Id | None = Field(None, description="the outcome where blanks leave it open; as `otherwise` if left out")
    weight: int = Field(1, ge=0, le=1000, description="for ranking flagged units")
    advice: Title | None = Field(None, description="what to do about it")

    @property
    def outcome_if_unknown(self) -> str:
        return self.unknown or self.otherwise

    @property
    def clauses(self) -> tuple[str, ...]:
        """Every clause that asks it."""
        return (*((self.clause,) if self.clause else ()), *self.also_clauses)


class RuleGroup(_Model):
    """Rules for one table whose `when`s divide its records, as `lookback rules prove` proves: of each record for which they
    are known, exactly one of them is true, or at least one."""

    exactly_one: tuple[RuleId, ...] | None = Field(None, min_length=2, description="rules of which exactly one applies")
    at_least_one: tuple[RuleId, ...] | None = Field(None, min_length=2, description="rules of which one or more apply")

    @property
    def kind(self) -> Literal["exactly_one", "at_least_one"]:
        return "exactly_one" if self.exactly_one is not None else "at_least_one"

    @property
    def rules(self) -> tuple[str, ...]:
        return self.exactly_one or self.at_least_one or ()


class RuleFile(_Model):
    """<chapter>.rules.yaml."""

    facts: tuple[Fact, ...] = ()
    rules: tuple[Rule, ...] = ()
    groups: tuple[RuleGroup, ...] = ()


class Clause(_Model):
    """A clause of the source document, and how it is covered."""

    clause: str = Field(description="the clause's id")
    where: Title | None = Field(None, description="where it stands in the source document")
    summary: Title = Field(description="what it asks, in our own words")
    covered_by: tuple[Literal["rules", "sheet", "command", "context"], ...] = Field(
        min_length=1, description="rules that name it, a question of the check sheet, a command, or nothing that can be checked"
    )
    questions: tuple[str, ...] = Field((), description="the fields that hold the answers, as table.field")
    commands: tuple[str, ...] = Field((), description="commands of lookback")
    because: Title | None = Field(None, description="how the command does it, or why it cannot be checked")


class ClauseFile(_Model):
    """clauses.yaml."""

    clauses: tuple[Clause, ...] = Field(min_length=1)


Given = dict[str, Any]
"""A record as a test writes it: field -> value; `like` names an example."""


class RuleTest(_Model):
    """One example: records, and what is expected of them."""

    test: str = Field(min_length=1, description="a sentence")
    params: dict[Id, str | int | float | bool] = Field(default_factory=dict)
    given: dict[Id, tuple[Given, ...]] = Field(min_length=1, description="records by table; what is not given is blank")
    expect: dict[Id, tuple[Given, ...]] = Field(
        min_length=1,
        description="of records by table: verdict; met, not_applicable (among others); unmet, unknown (exactly); facts",
    )


class Equivalent(_Model):
    """A change of a rule or fact that cannot change any verdict."""

    of: str = Field(description="the rule or fact")
    written: str = Field(description="the expression as changed")
    because: str = Field(min_length=1, description="why it means the same")


class TestFile(_Model):
    """<chapter>.test.yaml."""

    examples: dict[Id, dict[str, Given]] = Field(default_factory=dict, description="named records to start from, by table")
    tests: tuple[RuleTest, ...] = ()
    equivalent: tuple[Equivalent, ...] = ()


Path = tuple[str | int, ...]
"""Where a value stands: the file's name, then keys and indexes."""


@dataclass(frozen=True)
class Place:
    """The span of a value; for a text also the offset in the file of each of its characters, where they are known."""

    span: Span
    offsets: Sequence[int] | None = None

    def part(self, start: int, end: int) -> Span:
        """The span of the characters `start` to `end` (exclusive) of the value."""
        if self.offsets is None or not self.offsets:
            return self.span
        last = len(self.offsets) - 1
        first = self.offsets[min(start, last)]
        return Span(self.span.source, first, max(self.offsets[min(max(end - 1, start), last)], first) + 1)


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

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Outcome ids, best first."""
        return tuple(o.outcome for o in self.header.outcomes)

    @property
    def sha256(self) -> str:
        """One hash over the names and texts of all files, in the order of their names."""
        digest = sha256()
        for file in self.files:
            digest.update(f"{FilePath(file.name).name}\0{len(file.text)}\0{file.text}".encode())
        return digest.hexdigest()

    def span(self, path: Path) -> Span:
        """The span of the value at `path`, or of the nearest thing around it that stands in a file."""
        while path not in self.places:
            path = path[:-1]
        return self.places[path].span


# ------------------------------------------------------------------------------------------------------- the checked pack


@dataclass(frozen=True)
class Column:
    """A field or fact as a condition names it: `table` is the record's own or its parent's."""

    table: str
    name: str


@dataclass(frozen=True)
class Is:
    """A leaf of a condition: atom number `atom` of the rule."""

    atom: int


@dataclass(frozen=True)
class Not:
    of: Condition


@dataclass(frozen=True)
class And:
    """True where all parts are; with no parts, always true."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Or:
    parts: tuple[Condition, ...]


Condition = Is | Not | And | Or
ALWAYS = And(())


class Conditions(Protocol):
    """Of a rule: what it requires of a record, where `when` is so."""

    @property
    def when(self) -> Condition: ...
    @property
    def require(self) -> Condition: ...


@dataclass(frozen=True)
class Atom:
    """A smallest condition. `sql` computes it (true, false or null); atoms of equal `text` mean the same."""

    sql: Expr
    text: str
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class CheckedRule:
    rule: Rule
    when: Condition
    require: Condition
    atoms: tuple[Atom, ...]

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
    """`sql` computes the fact; in an aggregate over `child`, its columns are the child's."""

    fact: Fact
    type: Type
    choices: tuple[str, ...]
    sql: Expr
    columns: tuple[Column, ...]
    child: str | None
    uses_verdict: bool
    uses_rules: tuple[str, ...]  # those named in unmet('…')
    blank: bool  # whether it may come out blank

    @property
    def id(self) -> str:
        return self.fact.fact

    @property
    def table(self) -> str:
        return self.fact.of


@dataclass(frozen=True)
class CheckedPack:
    """A pack without mistakes. `params` holds this run's values; `trees` every expression, checked and typed, by its path."""

    pack: Pack
    facts: tuple[CheckedFact, ...]
    rules: tuple[CheckedRule, ...]
    root: str
    params: Mapping[str, Value]
    trees: Mapping[Path, Expr] = field(default_factory=dict, repr=False)

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

    def worst(self, statuses: Mapping[str, Status]) -> str:
        """The verdict that the statuses of a record's rules come to."""
        found = [outcome for rule, status in statuses.items() if (outcome := self.by_id[rule].outcome(status)) is not None]
        return max(found, key=self.outcomes.index, default=self.outcomes[0])

    def facts_of(self, table: str) -> tuple[CheckedFact, ...]:
        return tuple(f for f in self.facts if f.table == table)

    def rules_for(self, table: str) -> tuple[CheckedRule, ...]:
        return tuple(r for r in self.rules if r.table == table)

    def parent_key(self, table: str) -> str | None:
        """The field through which a record of `table` names its parent."""
        parent = self.tables[table].belongs_to
        return self.tables[parent].key if parent else None

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


# ----------------------------------------------------------------------------------------------------------- deciding

Truth = Literal["t", "f", "u"]
Status = Literal["met", "unmet", "not applicable", "unknown"]


@dataclass(frozen=True)
class Situation:
    """One combination of truth values of a rule's atoms, in their order."""

    rule: str
    values: tuple[Truth, ...]


@dataclass(frozen=True)
class Notice:
    """Something about the input that is worth telling and spoils no value: a column that is no field, a table not given."""

    code: str
    args: Mapping[str, Any]
    file: str | None = None
    sheet: str | None = None
    more: int = 0  # other places where it is so

    @property
    def place(self) -> str:
        return "" if self.file is None else f"{self.file} ({self.sheet})" if self.sheet else self.file
