"""The keys of a pack's files by which the office's commands know their way: models, as those of `model`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lookback.packs.office.base import Id, Model, RuleId, Title


class Answers(Model):
    """The fields or facts that say who answers for a record, and until when."""

    who: Id | None = Field(None, description="who answers for it")
    until: Id | None = Field(None, description="the day until which; else `due` of `follow_up:`, else that of the outcome")


class FollowUp(Model):
    """The fields that say how a record is followed up: when it was opened, is due, was done and confirmed."""

    opened: Id | None = Field(None, description="the day on which it was opened, or agreed")
    due: Id = Field(description="the day by which it is to be done")
    done: Id = Field(description="the day on which it was done")
    confirmed: Id | None = Field(None, description="the day on which somebody confirmed that")


class Office(Model):
    """What the office's commands need to know of a pack."""

    group_by: tuple[Id, ...] = Field((), description="fields or facts of the units by which lists and counts are grouped")
    handed_in_by: Id | None = Field(None, description="the parameter with the day by which units hand in their records")
    survey: Id | None = Field(None, description="the table with the tallies of the survey")
    visits: Id | None = Field(None, description="the table with a record a unit visited: what a group's report is made of")
    seen: dict[Id, dict[Id, Id]] = Field(
        default_factory=dict, description="by table: a field as units report it, and the one that says what inspectors saw of it"
    )


class Audience(Model):
    """Who is told what of a review by `publish`. Fields that are personal or internal are told nobody."""

    title: Title | None = Field(None, description="what people call it")
    about: Title | None = Field(None, description="what stands above all that it is told")
    detail: Literal["counts", "verdicts", "findings", "reasons"] = Field("verdicts", description="how much it is told of units")
    units: str | None = Field(None, description="a condition: of which units it is told; of all if left out")
    by: Id | None = Field(None, description="a field of the units: NAME:VALUE is told of the units with that value")
    fields: dict[Id, tuple[Id, ...]] | None = Field(
        None, description="the fields and facts it is told, by table; all if left out"
    )
    rules: tuple[RuleId, ...] | None = Field(None, description="the rules whose findings it is told; all if left out")
    smallest: int = Field(5, ge=2, le=1000, description="a count below it is withheld, and what would tell it")


class OutcomeDef(Model):
    """A verdict that units may get."""

    outcome: Id = Field(description="the outcome's id")
    title: Title | None = Field(None, description="what people call it")
    due: str | None = Field(None, description="the term to put it right: `30 days`, `10 working days`, `:a_parameter days`")
    owes: Title | None = Field(None, description="what is asked of a unit with such a finding, as a letter to it says")
