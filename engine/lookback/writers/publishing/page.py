"""What an audience is told of a review: a page that stands by itself, CSV files, a workbook.

In: a `Publication`. Out: files, by their names, each with what fills it. Nothing but what the publication holds, and the words of
the pack and of lookback, goes into them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lookback.packs.checked import Named
from lookback.words import say
from lookback.words.shown import no_formula
from lookback.writers._pages import page
from lookback.writers._sheets import Plain, workbook

if TYPE_CHECKING:  # what is told is made elsewhere, by what is heavy to load
    from lookback.publishing.counting import Counted
    from lookback.publishing.public import Found, Publication, UnitTold

Fill = Callable[[Path], None]
Table = tuple[str, str, list[str], list[list[Any]]]
"""What its files are called, its title, its heads, its rows."""
WITHHELD = "*"
"""In place of a count."""
MOST_COLUMNS = 6
"""Fields of the units that stand side by side on a page; of more only those by which the office groups them."""


class PublicPage:
    """A publication in its language."""

    def __init__(self, found: Publication) -> None:
        self.found, self.lang = found, found.lang
        self.circle, self.pack = found.circle, found.circle.pack
        self.names = Named(self.pack, self.lang, titles=True)
        self.root = self.pack.root

    def say(self, code: str, **args: Any) -> str:
        return say(self.lang, f"publish.{code}", **args)

    # -------------------------------------------------------------------------------------------------------- what is said

    @property
    def title(self) -> str:
        return self.pack.pack.header.called(self.lang)

    @cached_property
    def audience(self) -> str:
        """What the audience is called, with the value that it was named with."""
        title = self.circle.audience.title
        name = title.in_(self.lang) if title else self.circle.name
        return name if self.circle.value is None else self.say("of-value", name=name, value=self.circle.value)

    @property
    def about(self) -> str | None:
        about = self.circle.audience.about
        return about.in_(self.lang) if about else None

    @property
    def subtitle(self) -> str:
        version = self.pack.pack.header.version
        said = [self.audience, *([self.say("day", day=self.found.day)] if self.found.day else [])]
        return " · ".join([*said, self.say("by-pack", title=self.pack.pack.header.pack, version=version)])

    def outcome(self, outcome: str) -> str:
        return self.names.outcome(outcome)

    def badge(self, outcome: str) -> str:
        """How bad an outcome looks."""
        return {self.pack.outcomes[0]: "best", self.pack.outcomes[-1]: "worst"}.get(outcome, "between")

    def name(self, unit: UnitTold, number: int) -> str:
        return unit.name or f"{self.names.table(self.root)} {number}"

    def record(self, found: Found) -> str:
        if found.record is None:
            return ""
        name = (
            f"{self.names.table(found.table)} {found.record}" if found.record != self.names.table(found.table) else found.record
        )
        return self.say("times", name=name, n=found.n) if found.n > 1 else name

    def count(self, n: int | None) -> int | str:
        return WITHHELD if n is None else n

    @property
    def withholds(self) -> bool:
        return any(n is None for table in self.found.counts for row in table.cells for n in row)

    @property
    def note(self) -> str:
        smallest = self.circle.audience.smallest
        return self.say("withheld-note", smallest=smallest, most=smallest - 1)

    # ----------------------------------------------------------------------------------------------------------- as tables

    def counted(self, table: Counted) -> Table:
        title = self.names.field(self.root, table.field)
        heads = [title, *map(self.outcome, self.found.outcomes), self.say("total")]
        names = [*(row or self.say("blank") for row in table.rows), self.say("total")]
        rows = [[name, *map(self.count, cells)] for name, cells in zip(names, table.cells, strict=False)]
        return "counts", self.say("counts-by", field=title), heads, rows

    def listed(self) -> Table:
        """The units with all that is told of each, but for what was found."""
        fields = self.found.fields
        heads = [*(self.names.field(self.root, f) for f in fields), self.say("verdict")]
        return "units", self.say("list"), heads, [[*unit.values, self.outcome(unit.verdict)] for unit in self.found.units]

    def findings(self) -> Table:
        heads = [*map(self.say, ("unit", "record", "rule", "outcome")), *([self.say("reason")] if self.tells_why else [])]
        rows = [
            [self.name(unit, i), self.record(f), self.names.rule(f.rule), self.names.owed(f.outcome), *self.why(f)]
            for i, unit in enumerate(self.found.units, start=1)
            for f in unit.found
        ]
        return "findings", self.say("found"), heads, rows

    @property
    def tells_why(self) -> bool:
        return self.circle.at_least("reasons")

    def why(self, found: Found) -> list[str]:
        return [found.reason or ""] if self.tells_why else []

    def tables(self) -> Iterator[Table]:
        if self.circle.at_least("verdicts"):
            yield self.listed()
        if self.circle.at_least("findings"):
            yield self.findings()

    # --------------------------------------------------------------------------------------------------------- as files

    def files(self) -> dict[str, Fill]:
        """What fills each file, by its name."""
        found: dict[str, Fill] = {"index.html": self._page, "results.xlsx": self._workbook}
        for name, _, heads, rows in self.tables():
            found[f"{name}.csv"] = _csv([heads, *rows])
        counts = [row for table in self.found.counts for row in self._of_counts(table)]
        found["counts.csv"] = _csv([[*self._heads_of_counts()], *counts])
        return found

    def _heads_of_counts(self) -> Iterator[str]:
        yield from (self.say("by"), self.say("value"), *map(self.outcome, self.found.outcomes), self.say("total"))

    def _of_counts(self, table: Counted) -> Iterator[list[Any]]:
        _, _, heads, rows = self.counted(table)
        yield from ([heads[0], *row] for row in rows)

    def _page(self, file: Path) -> None:
        shown = [i for i, field in enumerate(self.found.fields) if self._beside(field)]
        text = page(
            "publishing/page.html",
            w=self,
            lang=self.lang,
            title=self.title,
            counts=[(self.counted(table), table.told) for table in self.found.counts],
            columns=[self.names.field(self.root, self.found.fields[i]) for i in shown],
            units=[(self.name(u, n), [u.values[i] for i in shown], u) for n, u in enumerate(self.found.units, start=1)],
            found=[(self.name(u, n), u) for n, u in enumerate(self.found.units, start=1) if u.found],
        )
        file.write_text(f"{text}\n", "utf-8", newline="\n")

    def _beside(self, field: str) -> bool:
        """Whether a field stands in the list of a page beside what the unit is called."""
        root = self.pack.tables[self.root]
        called = (*(root.parts or (root.key,)), root.label)
        others = [f for f in self.found.fields if f not in called]
        return field in others and (len(others) <= MOST_COLUMNS or field in self.pack.pack.header.groups)

    def _workbook(self, file: Path) -> None:
        with workbook(file, self.title) as book:
            sheets = Plain(book, self.audience)
            about = [self.title, self.subtitle, *([self.about] if self.about else []), *([self.note] if self.withholds else [])]
            sheets.add(self.say("results"), [self.say("results")], [[line] for line in about], (100,))
            for _, title, heads, rows in self.tables():
                sheets.add(title, heads, rows)
            for table in self.found.counts:
                _, title, heads, rows = self.counted(table)
                sheets.add(title, heads, rows or [[self.say("not-told"), *[""] * (len(heads) - 1)]])


def _csv(rows: list[list[Any]]) -> Fill:
    def fill(file: Path) -> None:
        text = io.StringIO()
        csv.writer(text, lineterminator="\r\n").writerows(
            [no_formula(v) if isinstance(v, str) else v for v in row] for row in rows
        )
        file.write_bytes(text.getvalue().encode("utf-8-sig"))

    return fill
