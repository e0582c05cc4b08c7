"""What is told of one unit: the types that `explain` fills and that writers print.

A tree: the unit, its rules, its records, their rules. Every text is in one language already, every value as it was judged;
the names of the parts are those of the JSON that `lookback explain` writes, so they stay what they are. Nothing here decides
or writes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from lookback.language.conditions import Status, Truth
from lookback.language.types import Column, Value

MarginKind = Literal["days", "whole", "number"]


@dataclass(frozen=True)
class Counted:
    """The records that count in an aggregate, children or `siblings`: `n` of them, out of `of`; `keys`: the first of these."""

    table: str
    title: str
    keys: tuple[str, ...]
    of: int
    n: int
    siblings: bool = False


@dataclass(frozen=True)
class Derived:
    """Where a fact's value comes from: its expression, the columns in it, and, for an aggregate, the records that count."""

    value: str
    saw: tuple[Saw, ...]
    counted: Counted | None


@dataclass(frozen=True)
class Saw:
    """A field or fact that a condition names, and what stands there. `shown` says the value as people read it."""

    column: Column
    title: str
    value: Value
    shown: str
    fact: Derived | None


@dataclass(frozen=True)
class Leaf:
    """An atom, or its opposite, as the rule asks it. `matters`: the rule's finding rests on it."""

    kind: Literal["condition"]
    truth: Truth
    matters: bool
    text: str
    sentence: str
    saw: tuple[Saw, ...]


@dataclass(frozen=True)
class Joint:
    """Conditions joined; `not` has one part."""

    kind: Literal["and", "or", "not"]
    truth: Truth
    matters: bool
    parts: tuple[Tree, ...]


Tree = Leaf | Joint


@dataclass(frozen=True)
class Shared:
    """What all `rules` of a file ask of the unit before they ask anything else."""

    file: str
    rules: int
    when: Tree


@dataclass(frozen=True)
class Margin:
    """A comparison that a met rule rests on, met with little room: how far `value` may move before it no longer is."""

    rule: str
    table: str
    record: str
    name: str
    value: Value
    shown: str
    limit: str
    room: int | Decimal
    kind: MarginKind
    tightness: float
    """0: nothing to spare; 1: just near enough to be told."""
    sentence: str


@dataclass(frozen=True)
class Settling:
    """The blanks behind a record's unknown rules. `settles`: a smallest set of them that, filled in suitably, leaves none of
    `rules` unknown; `satisfies`: with which all of them can be met or not applicable (None: by no filling).
    `stuck`: rules that no filling of this record's blanks settles. Not `exact`: a small set, perhaps not a smallest."""

    rules: tuple[str, ...]
    blanks: tuple[Column, ...]
    settles: tuple[Column, ...]
    satisfies: tuple[Column, ...] | None
    stuck: tuple[str, ...]
    exact: bool


@dataclass(frozen=True)
class ClauseSaid:
    clause: str
    where: str | None
    summary: str | None


@dataclass(frozen=True)
class RuleSeen:
    """A rule on a record. `outcome` and `reason`: of a finding; `not_counted`: why it is none of the unit's; `when` is None where
    the rule says none itself, and has what its file shares only where the finding rests on it."""

    rule: str
    title: str
    clauses: tuple[ClauseSaid, ...]
    status: Status
    outcome: str | None
    weight: int
    reason: str | None
    advice: str | None
    not_counted: str | None
    when: Tree | None
    require: Tree
    margins: tuple[Margin, ...]

    @property
    def lost(self) -> bool:
        """Whether nobody knows its result because of something lost, which its reason names."""
        return self.status == "unknown" and "l" in (self.require.truth, self.when.truth if self.when else "t")


@dataclass(frozen=True)
class RecordSeen:
    """A record: its rules in the pack's order, and its children by table."""

    table: str
    key: str
    label: str | None
    verdict: str
    rules: tuple[RuleSeen, ...]
    unknown: Settling | None
    records: tuple[RecordSeen, ...]

    @property
    def findings(self) -> tuple[RuleSeen, ...]:
        return tuple(rule for rule in self.rules if rule.outcome is not None)

    def walk(self) -> Iterator[RecordSeen]:
        """This record, and all below it."""
        yield self
        for record in self.records:
            yield from record.walk()


@dataclass(frozen=True)
class Explanation:
    """A unit's verdict, and why. `outcomes`: the pack's, best first; `titles`: what people call them, the
    tables and the fields (`outcome.o`, `table.t`, `field.t.f`)."""

    pack: str
    version: str
    outcomes: tuple[str, ...]
    params: Mapping[str, Value]
    score: int
    findings: int
    unit: RecordSeen
    titles: Mapping[str, str]
    shared: tuple[Shared, ...] = ()
    not_judged: tuple[str, ...] = ()
    """Of a unit that could not be judged why, what could be read of it, and what to do."""
    not_handed_in: bool = False
    """Whether it stands on the roster, and nothing else of it was handed in."""

    @property
    def decided_by(self) -> tuple[RuleSeen, ...]:
        """The findings on the unit itself that have its verdict for an outcome, the weightiest first; none of the best."""
        if self.unit.verdict == self.outcomes[0]:
            return ()
        return tuple(sorted((r for r in self.unit.findings if r.outcome == self.unit.verdict), key=lambda r: -r.weight))

    @property
    def also_found(self) -> list[tuple[RecordSeen, tuple[RuleSeen, ...]]]:
        """The other findings that count by record, the unit first, then the worst."""
        deciding = {rule.rule for rule in self.decided_by}
        own = tuple(sorted((r for r in self.unit.findings if r.rule not in deciding), key=self._badness))
        below = self._below(counted=True)
        below.sort(key=lambda found: (-self.outcomes.index(found[0].verdict), -sum(r.weight for r in found[1])))
        return [*([(self.unit, own)] if own else []), *below]

    @property
    def uncounted(self) -> list[tuple[RecordSeen, tuple[RuleSeen, ...]]]:
        """The findings that do not count, by record."""
        return self._below(counted=False)

    def _below(self, *, counted: bool) -> list[tuple[RecordSeen, tuple[RuleSeen, ...]]]:
        """The records below the unit that have findings which count, or which do not, with these."""
        each = ((one, [r for r in one.findings if (r.not_counted is None) == counted]) for one in self.unit.walk())
        return [(one, tuple(sorted(found, key=self._badness))) for one, found in each if found and one is not self.unit]

    def _badness(self, rule: RuleSeen) -> tuple[int, int]:
        return -self.outcomes.index(rule.outcome or self.outcomes[0]), -rule.weight

    def nearly(self) -> list[Margin]:
        """All margins, the tightest first."""
        found = [margin for record in self.unit.walk() for rule in record.rules for margin in rule.margins]
        return sorted(found, key=lambda m: m.tightness)
