"""The pack as its files say it: pydantic models, whose field names are the keys of the YAML files; and their JSON Schema."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, WithJsonSchema

from lookback.language.types import Type
from lookback.notions.calendars import WEEKDAYS
from lookback.packs.office.base import Id as Id
from lookback.packs.office.base import Model as _Model
from lookback.packs.office.base import RuleId as RuleId
from lookback.packs.office.base import Title as Title
from lookback.packs.office.forms import Answers as Answers
from lookback.packs.office.forms import Audience as Audience
from lookback.packs.office.forms import FollowUp as FollowUp
from lookback.packs.office.forms import Office as Office
from lookback.packs.office.forms import OutcomeDef as OutcomeDef

Reached = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*){0,3}$")]
Tag = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")]
Ids = Annotated[
    tuple[Id, ...],
    BeforeValidator(lambda given: (given,) if isinstance(given, str) else tuple(given) if isinstance(given, list) else given),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": r"^[a-z][a-z0-9_]*$"},
                {"type": "array", "items": {"type": "string", "pattern": r"^[a-z][a-z0-9_]*$"}, "minItems": 1},
            ]
        }
    ),
]
"""An id, or a list of them."""
REVIEW = "review"
"""In the place of a table: the whole review, whose records are those of all tables."""
ROW = "row"
"""The key of a table whose records are called by their places."""
BETWEEN_PARTS = " · "
SEPARATORS = (";", ",", "、", "/", "，", "；", "\n")
_DOT = "·"


# ---------------------------------------------------------------------------------------------------- the pack's files


class Choice(_Model):
    """One value that a choice may have: what people call it."""

    en: str | None = Field(None, min_length=1, description="English")
    zh: str | None = Field(None, min_length=1, description="Chinese")
    also: tuple[str, ...] = Field((), description="other words for it in the records")

    def in_(self, lang: str, fallback: str) -> str:
        return (self.zh or self.en if lang == "zh" else self.en or self.zh) or fallback


class Optional(_Model):
    """That a blank, or a table that is not there, may be right; else leaving it out helps nobody."""

    because: Title = Field(description="why the field may rightly be blank, or the table not handed in")


class NotCounted(_Model):
    """That findings are listed apart, and change neither the verdict nor the place of the unit."""

    because: Title = Field(description="why what is found there says nothing of the unit")


class ReferTo(_Model):
    """Which record of another table, or of the same, a field names."""

    table: Id = Field(description="the table")
    by: dict[Id, Id] | None = Field(
        None, min_length=1, description="which of its fields are which of this table's; the key is this field if left out"
    )
    on: Id | None = Field(None, description="a date of this table: the row that is in force on that day")


RefersTo = Annotated[
    ReferTo, BeforeValidator(lambda to: {"table": to} if isinstance(to, str) else to, json_schema_input_type=Id | ReferTo)
]


class FieldDef(_Model):
    """A column of a table."""

    type: Type = Field(description="text, integer, number, boolean, date, choice, or choices: several of them in a cell")
    title: Title | None = Field(None, description="what people call it")
    also: tuple[str, ...] = Field((), description="other headers under which the records may bring it")
    was: tuple[str, ...] = Field((), description="what it was called before: records may still bring it so")
    choices: dict[Id, Choice] | None = Field(None, description="the values of a choice, or of choices: code and titles")
    separators: tuple[str, ...] | None = Field(
        None,
        min_length=1,
        description="of choices: what stands between them in a cell; else ; , 、 / ， ； and a new line",
    )
    best_to_worst: tuple[Id, ...] | None = Field(None, description="of a choice: its values in order, for `badness(field)`")
    blanks: tuple[str, ...] | None = Field(None, description="words that stand for a blank here, in place of those of all fields")
    beside: Literal["integer", "number", "date"] | None = Field(
        None, description="of a choice: what is of this type is another field's of the same column, and blank here"
    )
    keep_spaces: bool = Field(False, description="of a text: white space at its ends counts")
    personal: bool = Field(False, description="personal data: kept out of what is published")
    internal: bool = Field(False, description="for the office's own use: kept out of what is published")
    fixed: bool = Field(False, description="what happened, or what the record is: nobody can change it to bring a verdict about")
    by: Literal["unit", "inspector", "office"] = Field("unit", description="who may change it")
    optional: Optional | None = Field(None, description="may rightly be blank, and why")
    least: Any = Field(None, description="the least value that makes sense of an integer, number or date: one below it is lost")
    most: Any = Field(None, description="the greatest value that makes sense of an integer, number or date: one above it is lost")
    unit: Any = Field(
        None,
        description="what an integer or number is counted in: `days`, `money`, `people`, or the forms that records write, each"
        " with how many of it that is: {days: 1, weeks: 7}",
    )
    share: bool = Field(False, description="a number that is a share: a column above 1 holds percent, one of at most 1 fractions")
    refers_to: RefersTo | None = Field(None, description="the table whose records, and their fields, are named through this one")
    missing: Literal["allowed"] | None = Field(None, description="of a reference: that it finds nothing is no problem")

    @property
    def between(self) -> tuple[str, ...]:
        return SEPARATORS if self.separators is None else self.separators

    @property
    def titles(self) -> tuple[str, ...]:
        """Every header that means this field, besides its id."""
        own = (self.title.en, self.title.zh) if self.title else ()
        return (*(t for t in own if t), *self.also)


class KeyField(FieldDef):
    """A key that no column has: put together of the fields `parts`, or, of none, a record's place. Nothing can name it."""

    parts: tuple[Id, ...]


class LookedUp(FieldDef):
    """A value that no column has: it is looked up in the record that others name. `hops`: the references on the way, and
    parents' tables; `last`: the field there, or what may be asked of the last hop."""

    hops: tuple[Id, ...]
    last: Id
    settled: bool = Field(False, description="blank only where the first reference is, or rightly")


THROUGH = "›"
"""Between the parts of the id of a value that is looked up: `inspection.group_name` to whoever writes it."""
EXISTS, IN_CIRCLE = "exists", "in_circle"
"""What may be asked of a reference: whether it finds a record; of one to its own table, whether it comes back to the record."""


def said_of(id_: str) -> str:
    """An id as rules write it."""
    return id_.replace(THROUGH, ".")


class Unique(_Model):
    """Fields in which no two records of a table agree. Two that do are a problem of the input; with `rule`, they have a finding
    of a rule of that id, for which `title`, `otherwise` and the rest are as of any rule."""

    of: Ids = Field(min_length=1, description="the fields")
    rule: RuleId | None = Field(None, description="the rule that asks for it, in place of a problem of the input")
    clause: str | None = Field(None, description="the clause of the source document that asks it")
    title: Title | None = Field(None, description="the rule's title")
    otherwise: Id | None = Field(None, description="the outcome of records that agree with another")
    unknown: Id | None = Field(None, description="the outcome where a blank leaves it open; as `otherwise` if left out")
    weight: int = Field(1, ge=0, le=1000, description="for ranking flagged units")
    advice: Title | None = Field(None, description="what to do about it")

    @property
    def fact(self) -> str:
        """The fact of the rule: how many other records agree."""
        return f"same_{'_'.join(self.of)}"


def _uniques(given: object) -> object:
    if isinstance(given, list) and all(isinstance(one, str) for one in given):
        return ({"of": given},)
    return tuple(given) if isinstance(given, list) else (given,)


class TableDef(_Model):
    """A table of records. Exactly one table of a pack belongs to no other: the units; but for reference data."""

    title: Title | None = Field(None, description="what people call it")
    also: tuple[str, ...] = Field((), description="other names of its files or sheets")
    was: tuple[str, ...] = Field((), description="what it was called before: its files or sheets may still be")
    keyed_by: Ids = Field(
        alias="key", min_length=1, description="the field, or fields, that identify a record; `row`: nothing does but its place"
    )
    label: Id | None = Field(None, description="the field that people know a record by")
    belongs_to: Id | None = Field(None, description="the parent table, through the parent's key")
    optional: Optional | None = Field(None, description="may rightly not be handed in, and why")
    not_counted: NotCounted | None = Field(None, description="what is found there and below is none of the unit's, and why")
    reference: bool = Field(False, description="reference data: of no unit, only referred to")
    rows: str | None = Field(None, min_length=1, description="of reference data: the pack's own file of it, as lists/codes.csv")
    in_force: tuple[Id, Id] | None = Field(None, description="the dates from and to which a row is in force, both included")
    follow_up: FollowUp | None = Field(None, description="the fields that say how its records are followed up")
    answers: Answers | None = Field(None, description="the fields that say who answers for its records, and until when")
    unique: Annotated[
        tuple[Unique, ...],
        BeforeValidator(_uniques),
        WithJsonSchema(
            {"anyOf": [{"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "object"}]}}, {"type": "object"}]}
        ),
    ] = Field((), description="fields in which no two records agree: [a, b], or {of: [a, b], rule: …}, or several of these")
    fields: dict[Id, FieldDef] = Field(min_length=1, description="the fields, by id")

    @property
    def key(self) -> str:
        """The field that tells records apart; where several do it together, what is put together of them."""
        return key_of(self.keyed_by)

    @property
    def parts(self) -> tuple[str, ...]:
        """The fields that records bring for it: none, where it is their place."""
        field = self.fields.get(self.key)
        if isinstance(field, KeyField):
            return field.parts
        return () if field is None and self.keyed_by == (ROW,) else self.keyed_by

    @property
    def is_units(self) -> bool:
        """Whether it belongs to no table, and others do to it."""
        return self.belongs_to is None and not self.reference

    @property
    def columns(self) -> dict[str, FieldDef]:
        """The fields that records bring."""
        return {id_: f for id_, f in self.fields.items() if not isinstance(f, KeyField | LookedUp)}

    @property
    def looked_up(self) -> dict[str, LookedUp]:
        """The values of its records that are looked up in others."""
        return {id_: f for id_, f in self.fields.items() if isinstance(f, LookedUp)}

    @property
    def stored(self) -> TableDef:
        """The table without them."""
        own = {id_: f for id_, f in self.fields.items() if not isinstance(f, LookedUp)}
        return self.model_copy(update={"fields": own}) if len(own) < len(self.fields) else self


def key_of(parts: Iterable[str]) -> str:
    """The id of the key that some fields are together."""
    return _DOT.join(parts)


def put_together(parts: Sequence[object]) -> str | None:
    """The key of some values; None where one is blank. No two lists of values have the same."""
    if any(value is None for value in parts):
        return None
    return BETWEEN_PARTS.join(str(value).replace(_DOT, 2 * _DOT) for value in parts)


def put_together_sql(parts: Sequence[str]) -> str:
    """The same in DuckDB's SQL, of columns."""
    return f" || '{BETWEEN_PARTS}' || ".join(f"replace(CAST({part} AS VARCHAR), '{_DOT}', '{2 * _DOT}')" for part in parts)


class Param(_Model):
    """A number, date, … that rules name as `:id`, and that `--set` changes for a run."""

    type: Type = Field(description="integer, number, date, text or boolean")
    default: Any = Field(description="its value, where `--set` gives none")
    least: Any = Field(None, description="the least value that makes sense")
    most: Any = Field(None, description="the greatest value that makes sense")
    title: Title | None = Field(None, description="what people call it")
    clause: str | None = Field(None, description="the clause of the source document that gives it")
    ours: bool = Field(False, description="set by the office: the source document does not give it")


class Ignore(_Model):
    """A lint that is right, and is not to be told."""

    lint: str = Field(description="its code, as `lookback rules check` prints it")
    of: tuple[str, ...] = Field((), description="of which rules, facts, fields, … it is not to be told; of all, if left out")
    because: Title = Field(description="why")


class Header(_Model):
    """pack.yaml."""

    pack: RuleId = Field(description="the pack's name")
    version: str = Field(description="the pack's version, in quotes")
    title: Title | None = Field(None, description="what people call it")
    calendar: RuleId | None = Field(None, description="days worked and off: <name>.calendar.yaml of the pack, or a built-in one")
    zone: str | None = Field(None, description="whose days count where records say a point in time: a name as Asia/Shanghai")
    outcomes: tuple[OutcomeDef, ...] = Field(min_length=2, description="from best to worst")
    params: dict[Id, Param] = Field(default_factory=dict, description="values that rules name as `:id`, by id")
    office: Office | None = Field(None, description="what the office's commands need to know")
    audiences: dict[Id, Audience] = Field(default_factory=dict, description="who is told what by `publish`")
    ignore: tuple[Ignore, ...] = Field((), description="lints that are not to be told, and why")

    @property
    def groups(self) -> tuple[str, ...]:
        """The fields or facts of the units by which lists and counts are grouped."""
        return self.office.group_by if self.office is not None else ()

    def called(self, lang: str) -> str:
        """What people call the pack."""
        return self.title.in_(lang) if self.title is not None else self.pack


class CalendarFile(_Model):
    """<name>.calendar.yaml: the days worked and the days off of a country, or of an office."""

    calendar: RuleId = Field(description="its name")
    title: Title | None = Field(None, description="what people call it")
    source: str | None = Field(None, description="where its days are taken from")
    first: str = Field(alias="from", description="the first day that it knows")
    last: str = Field(alias="to", description="the last day that it knows; others are unknown")
    weekend: tuple[Literal[WEEKDAYS], ...] = Field(  # type: ignore[valid-type]
        ("saturday", "sunday"), description="the days of the week that are off"
    )
    off: tuple[str, ...] = Field((), description="the days that are off besides")
    worked: tuple[str, ...] = Field((), description="days of a weekend that are worked instead")


class Records(_Model):
    """records.yaml."""

    blanks: tuple[str, ...] = Field((), description="words that stand for a blank, as — or N/A; a field's own words come first")
    tables: dict[Id, TableDef] = Field(min_length=1, description="the tables, by id")


class Fact(_Model):
    """A derived value: of a record; or an aggregate, with `from` over its children in another table, with `among` over the
    records of its own table that agree with it."""

    fact: Id = Field(description="the fact's id")
    of: Id = Field(description="the table whose records have it; `review`: the review as a whole has it")
    from_: Id | None = Field(None, alias="from", description="the table that is aggregated: of records that belong or refer")
    through: Id | None = Field(None, description="by which reference of that table, where that is not plain")
    among: tuple[Reached, ...] | None = Field(
        None,
        description="the fields and facts in which records of the same table agree that are aggregated, or fields of records that"
        " they name, as `code.group`; []: all of them",
    )
    others: bool = Field(False, description="with `among`: the record itself is left out")
    title: Title | None = Field(None, description="what people call it")
    value: str = Field(description="a SQL expression")


class Rule(_Model):
    """`when` a record is so, `require` this of it, `otherwise` that is its outcome."""

    rule: RuleId = Field(description="the rule's id, never used again for another")
    was: tuple[RuleId, ...] = Field((), description="ids under which the same rule stood before")
    until: str | None = Field(None, min_length=1, description="retired: up to which version or day it was asked")
    replaced_by: tuple[RuleId, ...] = Field((), description="of a retired rule: the rules that ask it now")
    clause: str | None = Field(None, description="the clause of the source document that asks it")
    also_clauses: tuple[str, ...] = Field((), description="further clauses that ask it")
    repeats: RuleId | None = Field(None, description="the rule that asks at least the same, on purpose: two clauses ask it")
    for_: Id = Field(alias="for", description="the table whose records it judges; `review`: the review as a whole")
    title: Title = Field(description="what it asks, as a sentence that is true where it is met")
    when: str | None = Field(None, description="a condition: the rule applies only where it is true or unknown")
    require: str = Field(description="the condition that must be true")
    otherwise: Id = Field(description="the outcome of a record that does not meet it")
    unknown: Id | None = Field(None, description="the outcome where blanks leave it open; as `otherwise` if left out")
    not_counted: NotCounted | None = Field(None, description="its findings are not the unit's, and why")
    weight: int = Field(1, ge=0, le=1000, description="for ranking flagged units")
    tag: Tag | None = Field(None, description="what its findings are counted under, by `score('tag')` and `findings('tag')`")
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

    when: str | None = Field(None, description="a condition on the units that all its rules share: of others they ask nothing")
    facts: tuple[Fact, ...] = Field((), description="derived values")
    rules: tuple[Rule, ...] = Field((), description="the rules")
    groups: tuple[RuleGroup, ...] = Field((), description="rules whose `when`s divide the records")


class Clause(_Model):
    """A clause of the source document, and how it is covered."""

    clause: str = Field(description="the clause's id")
    where: Title | None = Field(None, description="where it stands in the source document")
    summary: Title = Field(description="what it asks, in our own words")
    reading: Title | None = Field(None, description="how we read it: what of it the rules ask")
    covered_by: tuple[Literal["rules", "sheet", "command", "context"], ...] = Field(
        min_length=1, description="rules that name it, a question of the check sheet, a command, or nothing that can be checked"
    )
    questions: tuple[str, ...] = Field((), description="the fields that hold the answers, as table.field")
    commands: tuple[str, ...] = Field((), description="commands of lookback")
    because: Title | None = Field(None, description="how the command does it, or why it cannot be checked")


class ClauseFile(_Model):
    """clauses.yaml."""

    clauses: tuple[Clause, ...] = Field(min_length=1, description="the clauses, in the order of the document")


Given = dict[str, Any]
"""A record as a test writes it: field -> value; `like` names an example."""


class RuleTest(_Model):
    """One example: records, and what is expected of them."""

    test: str = Field(min_length=1, description="a sentence")
    params: dict[Id, str | int | float | bool] = Field(default_factory=dict, description="parameters with another value here")
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
    tests: tuple[RuleTest, ...] = Field((), description="the tests")
    equivalent: tuple[Equivalent, ...] = Field((), description="edits that `rules test --mutate` makes and no test can notice")


FILES: dict[str, type[BaseModel]] = {
    "pack": Header,
    "records": Records,
    "clauses": ClauseFile,
    "rules": RuleFile,
    "test": TestFile,
    "calendar": CalendarFile,
}
"""The kinds of a pack's files: pack.yaml, …, <chapter>.rules.yaml, <chapter>.test.yaml, and <name>.calendar.yaml."""


def schema(kind: str) -> dict[str, Any]:
    """The schema of one kind of file."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **FILES[kind].model_json_schema(by_alias=True)}
