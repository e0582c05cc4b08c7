"""A name that was typed -> an audience, and what of the pack it is told.

In: a checked pack, `NAME` or `NAME:VALUE`. Out: a `Circle`. Whether a rule's conditions may be told is asked of everything that
they rest on: where one field of it is not told, or a table of which nothing is, or the records of other units, none of them is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from lookback.language.types import Column
from lookback.packs.checked import CheckedPack, CheckedRule
from lookback.packs.graph import Graph
from lookback.packs.model import Audience, LookedUp
from lookback.packs.office.audiences import UNIT, audiences_of
from lookback.packs.references import read_there
from lookback.words.errors import UsageError, did_you_mean

DETAILS = ("counts", "verdicts", "findings", "reasons")


@dataclass(frozen=True)
class Circle:
    """`value`: of the field that the audience is `by`; None where it is by none. `alone`: what it is told of a unit goes to that
    unit, which is told nothing of others."""

    pack: CheckedPack
    name: str
    audience: Audience
    value: str | None = None
    alone: bool = False

    def at_least(self, detail: str) -> bool:
        """Whether it is told as much."""
        return DETAILS.index(self.audience.detail) >= DETAILS.index(detail)

    @property
    def of_one(self) -> bool:
        """Whether it is one unit."""
        return self.audience.by == self.pack.tables[self.pack.root].key

    @cached_property
    def tables(self) -> dict[str, tuple[str, ...]]:
        """The tables of which it is told something, and what: fields and facts, in their order."""
        asked = self.audience.fields
        found = {}
        for table in self.pack.top_down():
            fields = [*self.pack.tables[table].stored.columns] if asked is None else asked.get(table, ())
            if asked is None or table in asked:
                found[table] = tuple(field for field in fields if may_be_told(self.pack, table, field))
        return found

    @cached_property
    def rules(self) -> tuple[CheckedRule, ...]:
        """The rules whose findings it is told: of the units, and of tables of which it is told something; but not findings that
        are not the unit's."""
        asked = self.audience.rules
        tables = {self.pack.root, *self.tables}
        rules = [r for r in self.pack.rules if r.table in tables and self.pack.not_counted(r) is None]
        return tuple(rule for rule in rules if asked is None or rule.id in asked)

    @cached_property
    def open_rules(self) -> frozenset[str]:
        """The rules of which it may be told why."""
        return frozenset(rule.id for rule in self.rules if self._is_open(rule))

    def _is_open(self, rule: CheckedRule) -> bool:
        behind = Graph(self.pack).behind(rule, counted=True)
        counted = {of.table for of in behind.rules} | {f.child for f in behind.facts if f.child is not None}
        if not counted <= {self.pack.root, *self.tables}:
            return False
        if any(f.via is not None or (f.among is not None and not self.pack.in_parent(f)) for f in behind.facts):
            return False  # of other units
        return all(self._tells(column) for column in behind.fields)

    def _tells(self, column: Column) -> bool:
        """Whether it is told a field, or all that stands behind what is looked up."""
        of = self.pack.tables[column.table].fields.get(column.name)
        if not isinstance(of, LookedUp):
            return self._tells_field(column.table, column.name)
        if self.alone or self.audience.units is not None or self.audience.by is not None:
            return False  # it may stand with a unit of which it is told nothing
        return all(self._tells_field(*read) for read in read_there(self.pack.tables, column.table))

    def _tells_field(self, table: str, field: str) -> bool:
        if self.pack.tables[table].reference:
            return self.audience.fields is None and may_be_told(self.pack, table, field)
        parts = self.pack.tables[table].parts if field == self.pack.tables[table].key else (field,)
        return all(part in self.tables.get(table, ()) for part in parts or (field,))


def may_be_told(pack: CheckedPack, table: str, field: str) -> bool:
    """The line that withholds: what is personal or internal is told nobody."""
    of = pack.tables[table].fields.get(field)
    return of is None or not (of.personal or of.internal)


def circle_named(pack: CheckedPack, text: str, *, letters: bool = False) -> Circle:
    """The audience that was asked for; or, for `letters` to each of its units, what each of these is told. Raises UsageError
    where there is none."""
    known = audiences_of(pack)
    name, colon, value = text.partition(":")
    if name not in known:
        shown = ", ".join(f"{n}:…" if a.by else n for n, a in known.items())
        raise UsageError("no-such-audience", name=name, known=shown, help=did_you_mean(name, known))
    audience = known[name]
    of_one = audience.by == pack.tables[pack.root].key
    if letters and of_one and not colon:
        return Circle(pack, name, audience.model_copy(update={"by": None}), alone=True)
    if letters and audience.detail == "counts":
        raise UsageError("letters-of-counts", name=name)
    if letters and not colon and audience.by is not None:
        raise UsageError("letters-of-a-value", name=name, field=audience.by)
    if bool(colon) != (audience.by is not None):
        code = "audience-of-a-value" if audience.by is not None else "audience-of-no-value"
        raise UsageError(code, name=name, field=audience.by)
    if letters:
        audience = known[UNIT].model_copy(update={"units": audience.units, "by": audience.by})
    return Circle(pack, name, audience, value.strip() if colon else None, alone=letters or of_one)
