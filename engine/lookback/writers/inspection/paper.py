"""A paper of a pack for one unit: its template, filled in, as a page to be printed.

In: a template and what is known of a unit. Out: HTML. A blank is room to write in; choices and outcomes are shown by their titles
and compared by their codes; personal data is not shown. The template can do nothing but text (jinja2's sandbox).
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from lookback.language.types import Column, Value, text_of
from lookback.packs.checked import CheckedPack
from lookback.words import say
from lookback.words.errors import UsageError
from lookback.words.source import Source
from lookback.writers._pages import page
from lookback.writers.inspection.called import Caller
from lookback.writers.inspection.markdown import kept, to_html

if TYPE_CHECKING:  # what is printed is made elsewhere, by what is heavy to load
    from lookback.inspection.papers import Known
    from lookback.inspection.sheet import Open

ROOM = "＿＿＿＿＿＿"
"""To be written in."""


class Said(str):
    """A value of a record as people read it."""


@dataclass(frozen=True, eq=False)
class Coded:
    """One of a choice: compared by its code, ordered by its place, shown by its title."""

    code: str
    title: str
    place: int

    def __eq__(self, other: object) -> bool:
        return self.code == (other.code if isinstance(other, Coded) else other)

    def __hash__(self) -> int:
        return hash(self.code)

    def __lt__(self, other: Coded) -> bool:
        return (self.place, self.code) < (other.place, other.code)

    def __str__(self) -> str:
        return self.title


class PaperWriter(Caller):
    """A template in one language."""

    def __init__(self, pack: CheckedPack, template: Source, lang: str) -> None:
        super().__init__(pack, lang)
        self.source = template
        environment = ImmutableSandboxedEnvironment(
            autoescape=False, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, finalize=self.shown
        )
        self.template = environment.from_string(template.text)
        header = pack.pack.header
        self.of_pack = {
            "name": header.pack,
            "version": header.version,
            "title": Said(header.called(lang)),
        }
        self.known = {name: [*pack.tables[name].columns, *(f.id for f in pack.facts_of(name)), "verdict"] for name in pack.tables}

    def shown(self, value: object) -> object:
        """What stands for a value in the text."""
        if value is None:
            return ROOM
        if isinstance(value, bool):
            return say(self.lang, "form.yes" if value else "form.no")
        if isinstance(value, Said | Coded):
            return kept(str(value))
        return text_of(value) if isinstance(value, Decimal) else value.isoformat() if isinstance(value, date) else value

    def page(self, known: Known) -> str:
        """Raises UsageError."""
        root = self.pack.root
        values: dict[str, Any] = {table: [self.record(table, row) for row in rows] for table, rows in known.records.items()}
        values |= {table: [] for table in self.pack.tables if table not in values}
        unit = self.record(root, known.about)
        values |= {"unit": unit, root: [unit], "params": self.pack.params, "pack": self.of_pack}
        values["findings"] = [self.finding(one, known) for one in known.open]
        try:
            text = self.template.render(values)
        except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as error:
            lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == "<template>"]
            line = lines[-1] if lines else 1
            raise UsageError("paper-fails", file=self.source.name, line=line, unit=known.unit.key, why=str(error)) from error
        title = next((line.lstrip("# ") for line in text.splitlines() if line.startswith("# ")), self.of_pack["title"])
        return page("inspection/paper.html", lang=self.lang, title=title, html=to_html(text)) + "\n"

    def record(self, table: str, row: Mapping[str, Value]) -> dict[str, Any]:
        fields = self.pack.tables[table].fields
        found: dict[str, Any] = dict.fromkeys(self.known[table])
        for id_, value in row.items():
            personal = value is not None and id_ in fields and fields[id_].personal
            found[id_] = Said(say(self.lang, "paper.personal")) if personal else self.typed(table, id_, value)
        return found

    def typed(self, table: str, id_: str, value: Value) -> Any:
        """A value that is compared as it is and shown as people read it."""
        if not isinstance(value, str):
            return value
        if id_ == "verdict":
            return self.outcome(value)
        choices = [*self.names.choices(Column(table, id_))]
        if value in choices:
            return Coded(value, self.names.value(value, Column(table, id_)), choices.index(value))
        return Said(self.names.value(value, Column(table, id_)))

    def outcome(self, outcome: str) -> Coded:
        return Coded(outcome, self.names.owed(outcome), self.pack.outcomes.index(outcome) if outcome in self.pack.outcomes else 0)

    def finding(self, of: Open, known: Known) -> dict[str, Any]:
        rule = self.pack.by_id.get(of.rule)
        advice = rule.rule.advice.in_(self.lang) if rule is not None and rule.rule.advice else None
        tables, record = [*self.pack.tables], self.found_at(of.table, of.record, known.records.get(of.table, ()))
        return {
            "table": Coded(of.table, self.names.table(of.table), tables.index(of.table)),
            "record": None if record is None else Said(record),
            "rule": of.rule,
            "clause": of.clause,
            "title": Said(self.names.rule(of.rule)),
            "status": of.status,
            "outcome": self.outcome(of.outcome),
            "reason": Said(of.reason),
            "advice": None if advice is None else Said(advice),
        }
