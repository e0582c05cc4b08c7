"""An impact as text for people, CSV, JSON, or a page.

In: an `Impact`. Out: text. CSV has a row a moved unit; the other forms have everything.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from tabulate import tabulate

from lookback.language.types import Value, in_json
from lookback.packs.checked import CheckedPack, Named
from lookback.words import say
from lookback.writers._pages import page
from lookback.writers.screen import csv_text

if TYPE_CHECKING:  # what is printed is made elsewhere, by what is heavy to load
    from lookback.proving.sameness import Compared
    from lookback.reviews.impact import Impact

Format = Literal["table", "csv", "json", "html"]
CHANGES_SHOWN = 6
PLACES_SHOWN = 10
MOVED_ON_PAGE = 1000


def written(found: Impact, old: CheckedPack, new: CheckedPack, lang: str, form: Format, top: int) -> str:
    """An impact in one of the forms. `top`: the moved units that the table shows."""
    if form == "json":
        return in_json(_as_data(found))
    if form == "csv":
        return _as_csv(found)
    words = Words(found, old, new, lang)
    if form == "html":
        return page("impact.html", w=words, moved=words.moved(MOVED_ON_PAGE))
    return words.table(top)


class Words:
    """What the text and the page say."""

    def __init__(self, found: Impact, old: CheckedPack, new: CheckedPack, lang: str) -> None:
        self.found, self.old, self.new, self.lang = found, old, new, lang

    def say(self, code: str, **args: Any) -> str:
        return say(self.lang, code, **args)

    def outcome(self, outcome: str, pack: CheckedPack) -> str:
        return Named(pack, self.lang).outcome(outcome)

    def verdict_heads(self) -> list[str]:
        return [self.say("head.old"), *(self.outcome(o, self.new) for o in self.new.outcomes)]

    def verdict_rows(self) -> list[list[str]]:
        """Old verdicts against new ones."""
        counts = self.found.verdicts
        return [
            [self.outcome(one, self.old), *(f"{counts.get((one, other), 0):,}" for other in self.new.outcomes)]
            for one in self.old.outcomes
        ]

    def rule_heads(self) -> list[str]:
        return [self.say(f"head.{head}") for head in ("id", "table", "change", "gained", "lost", "every-record")]

    def rule_rows(self) -> list[list[str]]:
        rows = []
        for one in self.found.compared:
            if one.rule:
                gained, lost = self.found.rules[one.rule, one.table]
                rows.append([one.rule, one.table, self.say(f"impact.{one.change}"), f"{gained:,}", f"{lost:,}", self.proved(one)])
        return rows

    def proved(self, one: Compared) -> str:
        if one.change in ("added", "removed"):
            return ""
        if one.why is not None:
            return self.say("impact.open", why=one.why)
        return self.say("impact.same" if one.same else "impact.differs")

    @property
    def nobody(self) -> bool:
        """Whether it is proved that the edit moves nobody, ever."""
        return (
            bool(self.found.compared)
            and all(one.same for one in self.found.compared if not one.rule)
            and any(not one.rule for one in self.found.compared)
        )

    def opening(self) -> str:
        """What can be said of the edit at once."""
        if self.old.outcomes != self.new.outcomes:
            old, new = (", ".join(self.outcome(o, pack) for o in pack.outcomes) for pack in (self.old, self.new))
            return self.say("impact.outcomes", old=old, new=new)
        if not self.found.compared:
            return self.say("impact.nothing-changed")
        if not self.nobody:
            return ""
        return self.say("impact.nothing" if all(one.same for one in self.found.compared) else "impact.nobody")

    def examples(self) -> list[str]:
        """Of every changed rule that differs, where."""
        from lookback.proving.examples import in_words

        found = []
        for one in self.found.compared:
            if one.old is None or one.new is None:
                continue
            statuses = [self.say(f"status.{shown.one.statuses[one.rule]}") for shown in (one.old, one.new)]
            found.append(
                "\n".join(
                    [
                        self.say("impact.example", rule=one.rule),
                        *in_words(self.new, one.new, [one.rule], self.lang).splitlines()[:-1],
                        self.say("impact.example-statuses", rule=one.rule, old=statuses[0], new=statuses[1]),
                    ]
                )
            )
        return found

    def moved_line(self) -> str:
        return self.say("impact.moved", n=self.found.moved.num_rows, total=f"{sum(self.found.verdicts.values()):,}")

    def moved(self, most: int) -> list[tuple[str, list[str]]]:
        """Moved units, each with the changes that moved it."""
        rows = self.found.moved.slice(0, most).to_pylist()
        why = changes_of(self.found, {row["unit"] for row in rows})
        return [(self.unit(row), self.changes(why[row["unit"]])) for row in rows]

    def unit(self, row: dict[str, Any]) -> str:
        verdicts = {"old": self.outcome(row["old_verdict"], self.old), "new": self.outcome(row["new_verdict"], self.new)}
        return self.say("impact.unit", unit=row["unit"], label=row["label"] or "", **verdicts)

    def changes(self, changes: Sequence[Mapping[str, str]]) -> list[str]:
        shown = [
            self.say(f"impact.{c['change']}", **{**c, "outcome": self.outcome(c["outcome"], self.new)})
            for c in changes[:CHANGES_SHOWN]
        ]
        return shown + ([self.say("impact.more-changes", n=len(changes) - len(shown))] if len(changes) > len(shown) else [])

    def places(self) -> list[str]:
        rows = self.found.places.slice(0, PLACES_SHOWN).to_pylist()
        return [
            self.say("impact.place", unit=r["unit"], label=r["label"] or "", old=r["old_place"], new=r["new_place"]) for r in rows
        ]

    def places_line(self) -> str:
        return self.say("impact.places", n=self.found.places.num_rows)

    def review(self) -> tuple[str, list[str]] | None:
        """What the packs say of the review as a whole, and the findings of it that differ."""
        of = self.found.review
        if of is None:
            return None
        said = [
            self.say("impact.nothing-asked") if verdict is None else self.outcome(verdict, pack)
            for verdict, pack in ((of.old, self.old), (of.new, self.new))
        ]
        changes = [
            self.say(f"impact.of-review.{c['change']}", **{**c, "outcome": self.outcome(c["outcome"], self.new)})
            for c in of.changes
        ]
        return self.say("impact.review", table=self.say("review.table"), old=said[0], new=said[1]), changes

    def table(self, top: int) -> str:
        parts = [self.opening()]
        if self.found.differing:
            parts.append(self.say("impact.read-as-new", fields=", ".join(self.found.differing)))
        if rows := self.rule_rows():
            parts.append(tabulate(rows, self.rule_heads(), tablefmt="simple", disable_numparse=True))
        parts += self.examples()
        verdicts = tabulate(self.verdict_rows(), self.verdict_heads(), tablefmt="simple", disable_numparse=True, stralign="right")
        parts.append(f"{self.say('impact.verdicts')}\n\n{verdicts}")
        lines = [self.moved_line()]
        for unit, changes in self.moved(top):
            lines += [f"  {unit}", *(f"    {change}" for change in changes)]
        if self.found.moved.num_rows > top:
            lines.append(f"  {self.say('impact.more-moved', n=self.found.moved.num_rows - top)}")
        parts.append("\n".join(lines))
        parts.append("\n".join([self.places_line(), *(f"  {place}" for place in self.places())]))
        if review := self.review():
            parts.append("\n".join([review[0], *(f"  {change}" for change in review[1])]))
        return "\n\n".join(part for part in parts if part)


def changes_of(found: Impact, units: Collection[str] | None = None) -> defaultdict[str, list[dict[str, str]]]:
    """The changes of moved units (None: of all) by unit."""
    by_unit: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
    names = found.why.column_names[1:]
    for unit, *change in zip(*(column.to_pylist() for column in found.why.columns), strict=True):
        if units is None or unit in units:
            by_unit[unit].append(dict(zip(names, change, strict=True)))
    return by_unit


def _as_csv(found: Impact) -> str:
    heads = [*found.moved.column_names, "gained", "lost"]
    rows: list[list[Value]] = []
    why = changes_of(found)
    for row in found.moved.to_pylist():
        changes = why[row["unit"]]
        told = {
            kind: "; ".join(f"{c['rule']} ({c['record']}): {c['reason']}" for c in changes if c["change"] in kinds)
            for kind, kinds in (("gained", ("gained", "altered")), ("lost", ("lost",)))
        }
        rows.append([*row.values(), told["gained"], told["lost"]])
    return csv_text(heads, rows)


def _as_data(found: Impact) -> dict[str, Any]:
    """Everything, as plain values."""
    why, of = changes_of(found), found.review
    return {
        "verdicts": [{"old": old, "new": new, "units": n} for (old, new), n in sorted(found.verdicts.items())],
        "rules": [
            {
                "rule": one.rule,
                "table": one.table,
                "change": one.change,
                "gained": found.rules[one.rule, one.table][0],
                "lost": found.rules[one.rule, one.table][1],
                "same_for_every_record": one.same if one.change in ("changed", "affected") else None,
                "example": one.example.records if one.example is not None else None,
            }
            for one in found.compared
            if one.rule
        ],
        "verdicts_same_for_every_record": {one.table: one.same for one in found.compared if not one.rule},
        "moved": [{**row, "changes": why[row["unit"]]} for row in found.moved.to_pylist()],
        "places": found.places.to_pylist(),
        **({"review": {"old": of.old, "new": of.new, "changes": list(of.changes)}} if of is not None else {}),
        "read_as_the_new_pack_says": list(found.differing),
        "problems": found.problems,
    }
