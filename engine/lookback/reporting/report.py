"""What a report tells: the types that `gather` fills and that writers print, whatever the format.

Every text is in the language of the report already; outcomes, rules and fields stand by their ids beside their titles. Units are
those of the review; `flagged` ones are those whose verdict is not the best, or that could not be judged. Nothing here reads,
decides or writes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from lookback.language.types import Value

if TYPE_CHECKING:  # those who print need no ledger
    from lookback.rounds.ledger_marks import Marks


@dataclass(frozen=True)
class Said:
    """An id, and what people call it."""

    id: str
    title: str


@dataclass(frozen=True)
class Counts:
    """Some units by their verdicts, in the order of `Report.outcomes`. `name`: None where it is blank."""

    name: str | None
    verdicts: tuple[int, ...]

    @property
    def units(self) -> int:
        return sum(self.verdicts)

    @property
    def flagged(self) -> int:
        """Those that have not the best verdict."""
        return self.units - self.verdicts[0]


@dataclass(frozen=True)
class Grouped:
    """All units by a field or fact that the pack groups by; those with the most flagged units first."""

    field: Said
    rows: tuple[Counts, ...]


@dataclass(frozen=True)
class Weighing:
    """The findings of a rule. `weight`: what they weigh together; 0 and `because` where they do not count. `outcome`: the worst
    that they come to. `mostly`: the situation that most of them are in, and how many."""

    rule: Said
    clause: str | None
    outcome: Said
    findings: int
    units: int
    weight: int
    mostly: tuple[str, int] | None
    advice: str | None
    because: str | None = None


AGES = (30, 90, 180)
"""Days: up to the first, up to the second, …, and longer; the last of all is not known."""


@dataclass(frozen=True)
class Ageing:
    """What is open, by how long it has been: the findings, as a ledger says it (`table` None), or the records of a table that
    is followed up. `by_age`: how many are open for up to each of AGES days, for longer, and since nobody knows when; `overdue`:
    how many of these are past their day. `unsaid`: records of which it was lost whether they are open."""

    table: Said | None
    by_age: tuple[int, ...]
    overdue: tuple[int, ...]
    unsaid: int = 0


@dataclass(frozen=True)
class Met:
    """A rule that units or records meet: `met` of those that it asks."""

    rule: Said
    clause: str | None
    table: Said
    met: int
    of: int


@dataclass(frozen=True)
class Spread:
    """The records of a table by a choice that the pack orders, best first; then those without one, if there are any."""

    table: Said
    field: Said
    values: tuple[tuple[str | None, int], ...]


@dataclass(frozen=True)
class FollowedUp:
    """The records of a table that is followed up: how many, done, done by their day, and confirmed (None: nobody confirms)."""

    table: Said
    records: int
    done: int
    in_time: int
    confirmed: int | None


@dataclass(frozen=True)
class Well:
    """What goes well. `clean`: units without any finding. `met`: rules that are met nearly everywhere, the most often first."""

    clean: int
    met: tuple[Met, ...]
    spread: tuple[Spread, ...]
    followed: tuple[FollowedUp, ...]


@dataclass(frozen=True)
class Lost:
    """What of the input could not be used. `problems`: how many values and rows; `told`: what was said of the input, a sentence
    each; `rows`: rows set aside, by table; `absent`: units of the roster that handed nothing in (None: there is no roster)."""

    problems: int
    told: tuple[str, ...]
    rows: tuple[tuple[str, int], ...]
    not_judged: int
    absent: int | None


@dataclass(frozen=True)
class Moves:
    """From an earlier review, `old`, to this one. `verdicts`: units by (old verdict, new verdict), None where they are not there;
    `moves`: by what became of them (`rounds.compare.MOVES`), `findings`: of findings; `was`: the verdict then, of units that are
    flagged now."""

    old: str
    old_outcomes: tuple[Said, ...]
    verdicts: Mapping[tuple[str | None, str | None], int]
    moves: Mapping[str, int]
    findings: Mapping[str, int]
    was: Mapping[str, str | None]


@dataclass(frozen=True)
class Kept:
    """What a ledger says of the findings of the flagged units: how many are open, overdue, waived, disputed; `marks`: of each.
    Waived ones count as before."""

    file: str
    open: int
    overdue: int
    waived: int
    disputed: int
    of_units: Mapping[str, tuple[int, int]]
    """By unit: overdue, waived."""
    marks: Marks


@dataclass(frozen=True)
class UnitLine:
    """A flagged unit. `groups`: what it is grouped by, in the order of `Report.groups`; `owes`: findings by outcome; `rules`: the
    ids of those found, in the pack's order (NOT_HANDED_IN alone of a unit of which there is nothing)."""

    key: str
    label: str | None
    verdict: str
    score: int
    findings: int
    groups: tuple[str | None, ...]
    owes: Mapping[str, int]
    rules: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """`outcomes`: best first, at the end NOT_JUDGED where there are such units. `whole`: all units by verdict. `flagged`: worst
    first. `titles`: of rules, by id. `asked`: what became of the review as a whole, where something is asked of it: its verdict,
    and a sentence a finding."""

    lang: str
    title: str
    pack: Said
    version: str
    day: date | None
    params: tuple[tuple[str, Value], ...]
    inputs: tuple[tuple[str, str, int], ...]
    """Table, file (and sheet), rows."""
    units_title: str
    outcomes: tuple[Said, ...]
    whole: Counts
    groups: tuple[Grouped, ...]
    owed: tuple[tuple[Said, int, int], ...]
    """By outcome: findings, and units that have some."""
    weighing: tuple[Weighing, ...]
    ageing: tuple[Ageing, ...]
    well: Well
    lost: Lost
    flagged: Sequence[UnitLine]
    titles: Mapping[str, str]
    asked: tuple[str, tuple[str, ...]] | None = None
    moves: Moves | None = None
    kept: Kept | None = None


# --------------------------------------------------------------------------------------- of groups that visited units


@dataclass(frozen=True)
class Listed:
    """Records of a table: what each is called (its unit, in `of_units`), and the texts of its fields, a blank as ""."""

    table: Said
    fields: tuple[Said, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Answers:
    """How often each answer was given to a field of the visits, best known first as the pack lists them; "" is a blank."""

    field: Said
    given: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Seen:
    """What was seen of the records of a table against what was reported. `pairs`: (reported, seen) -> records; `apart`: those in
    which the two differ, as (unit, record, reported, seen). `worse`: in how many of these it is worse; None: nothing says."""

    table: Said
    pairs: tuple[tuple[tuple[str, str], int], ...]
    apart: tuple[tuple[str, str, str, str], ...]
    worse: int | None


@dataclass(frozen=True)
class GroupReport:
    """`name`: None of visits of which no group is known. `own`: the records of the table that the field is of, where that is
    neither the visits' nor the units'. `verdicts`: of the units visited, best first. `visits` (the first field is the verdict),
    `agreed`: by unit. `days`: of each date of a visit, on how many visits there is one. `owed`: what is found that is none of the
    units': the record, the rule, its reason."""

    name: str | None
    own: Listed | None
    units: int
    verdicts: tuple[tuple[str, int], ...]
    visits: Listed
    days: tuple[tuple[Said, int], ...]
    answers: tuple[Answers, ...]
    seen: tuple[Seen, ...]
    agreed: tuple[Listed, ...]
    owed: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class GroupReports:
    lang: str
    title: str
    pack: Said
    version: str
    day: date | None
    by: Said
    groups: tuple[GroupReport, ...]
