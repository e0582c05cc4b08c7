"""What would have to change, as text for people or as JSON.

In: a `Fix`. Out: text: way by way, record by record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING, Any

from tabulate import SEPARATING_LINE, tabulate

from lookback.language.types import Column, Type, Value, in_json, text_of
from lookback.packs.checked import CheckedPack, Named
from lookback.words import say
from lookback.words.shown import one_line

if TYPE_CHECKING:  # what is printed is made elsewhere, by what is heavy to load
    from lookback.reviews.fix import Change, Fix
    from lookback.reviews.fix_all import Need, Ranked

RULES_SHOWN = 2


Lost = Sequence[Mapping[str, Any]]
"""What was lost of the unit, as `reviews.lost` has it."""
TOLD = ("table", "field", "file", "sheet", "row", "cell", "value", "expected")


def as_json(found: Fix, unit: Value, lost: Lost = ()) -> str:
    """Everything, as plain values; dates as 2005-09-30."""
    again = {"to_hand_in": [{name: one[name] for name in TOLD} for one in lost]}
    return in_json({"unit": unit, **asdict(found), **again})


def as_text(found: Fix, pack: CheckedPack, unit: Mapping[str, Value], lang: str, lost: Lost = ()) -> str:
    """For the screen. `unit`: the unit's record."""
    return "\n".join(_Text(found, pack, lang, lost).lines(unit))


class _Text:
    def __init__(self, found: Fix, pack: CheckedPack, lang: str, lost: Lost = ()) -> None:
        self.found, self.pack, self.lang, self.lost = found, pack, lang, lost
        self.names = Named(pack, lang)

    def say(self, code: str, **args: Any) -> str:
        return say(self.lang, code, **args)

    def lines(self, unit: Mapping[str, Value]) -> list[str]:
        root = self.pack.tables[self.pack.root]
        names = {"unit": unit[root.key], "label": text_of((unit[root.label] if root.label else "") or "")}
        verdict = self.names.outcome(self.found.verdict)
        if self.pack.outcomes.index(self.found.verdict) <= self.pack.outcomes.index(self.found.target):
            return [self.say("fix.already", verdict=verdict, **names)]
        lines = [self.say("fix.head", verdict=verdict, target=self.names.outcome(self.found.target), **names)]
        if self.found.lost:
            records = ", ".join(f"{self.names.table(table)} {key}" for table, key in self.found.lost)
            lines.append(self.say("fix.lost", records=records))
            lines += [f"  {self.place(one)}" for one in self.lost]
        if across := self.pack.across_units():
            facts = ", ".join(f"{self.names.table(f.table)} · {self.names.field(f.table, f.id)}" for f in across)
            lines.append(self.say("fix.across", facts=facts))
        if self.found.no_time:
            lines.append(self.say("fix.no-time"))
            if not self.found.ways:
                return lines
        if not self.found.ways and not self.found.least:
            return [*lines, self.say("fix.not-found")]
        if not self.found.ways:
            hindering = "; ".join(f"{rule} ({self.names.rule(rule)})" for rule in self.found.hindered)
            return [*lines, self.say("fix.none", rules=hindering or "–")]
        lines.append(self.say("fix.what-it-is"))
        if not self.found.least and not self.found.no_time:
            lines.append(self.say("fix.apart"))
        for n, way in enumerate(self.found.ways, 1):
            lines += ["", self.say("fix.way", n=n, changes=len(way.changes))]
            for (table, record, added), changes in groupby(way.changes, lambda c: (c.table, c.record, c.added)):
                lines.append(
                    "  " + self.say("fix.added" if added else "fix.record", table=self.names.table(table), record=record)
                )
                lines += [f"    {self.change(change)}" for change in changes if not self.is_key(change)]
        return lines

    def place(self, lost: Mapping[str, Any]) -> str:
        """Where something was lost, what stands there, and what was expected."""
        sheet = f" ({lost['sheet']})" if lost["sheet"] else ""
        at = f" {lost['cell']}" if lost["cell"] else f":{lost['row']}" if lost["row"] else ""
        field = self.names.field(lost["table"], lost["field"]) if lost["table"] and lost["field"] else lost["field"]
        named = f"{lost['shown'] or ''}{sheet}{at} {field or ''}".strip()
        if not lost["row"]:
            return one_line(f"{named}: {lost['expected']}" if named else lost["expected"])
        value = f"`{lost['value']}`" if lost["value"] else say(self.lang, "screen.blank")
        said = self.say("fix.lost-place", place=named, value=value, expected=lost["expected"] or "")
        return one_line(said)

    def is_key(self, change: Change) -> bool:
        definition = self.pack.tables[change.table]
        return change.field in (definition.key, *definition.parts)

    def value(self, change: Change, value: Value) -> str:
        return self.names.value(value, Column(change.table, change.field))

    def change(self, change: Change) -> str:
        code = f"fix.{change.how}"
        if self.pack.tables[change.table].fields[change.field].type is Type.DATE and change.how in ("at-least", "at-most"):
            code = f"{code}.date"
        others = self.say("reason.or").join(self.value(change, other) for other in change.others)
        to = self.say(code, after=self.value(change, change.after), others=others)
        told = self.say(
            "fix.new" if change.added else "fix.change",
            field=self.names.field(change.table, change.field),
            before=self.value(change, change.before),
            to=to,
        )
        by = self.say(f"by.{change.by}")
        if not change.rules:
            return self.say("fix.who", change=told, by=by)
        rules = ", ".join(change.rules[:RULES_SHOWN]) + (" …" if len(change.rules) > RULES_SHOWN else "")
        return self.say("fix.for", change=told, by=by, rules=rules)


def written(found: Ranked, pack: CheckedPack, lang: str, form: str, top: int) -> str:
    """A ranking in one of the forms; `top`: the lines that the text shows."""
    if form == "json":
        return in_json(asdict(found))

    names = Named(pack, lang)

    def words(need: Need) -> str:
        table = names.table(need.table)
        if need.kind == "added":
            return say(lang, "fix.record-added", table=table)
        return say(lang, f"fix.{need.kind}", table=table, field=names.field(need.table, need.name))

    rows: list[Any] = []
    for line in found.lines[:top]:
        rows += [["\n".join(words(need) for need in line.needs), f"{line.frees:,}", f"{line.with_above:,}"], SEPARATING_LINE]
    rows = rows[:-1]
    heads = [say(lang, f"head.{head}") for head in ("needed", "frees", "with-above")]
    lines = [say(lang, "fix.all-head", flagged=found.flagged), ""]
    lines.append(
        tabulate(rows, heads, tablefmt="simple", disable_numparse=True, colalign=("left", "right", "right")) if rows else "–"
    )
    if len(found.lines) > top:
        lines += ["", say(lang, "fix.more-sets", n=len(found.lines) - top)]
    if found.lost:
        lines += ["", say(lang, "fix.lost-first", n=found.lost)]
    if found.hindered:
        lines += ["", say(lang, "fix.hindered", n=found.hindered, rules=", ".join(found.hindering))]
    if found.open:
        lines += ["", say(lang, "fix.open", n=found.open)]
    if found.not_judged:
        lines += ["", say(lang, "fix.not-judged", n=found.not_judged)]
    return "\n".join([*lines, "", say(lang, "fix.by-situation")])
