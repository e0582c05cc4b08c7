"""Tables -> the files of a draft: records.yaml with what was seen as comments, a parameter or two, a first rule and its test a
table, and the rules that count what is found below, up to the units.

In: `Table`s, the name of the pack. Out: name -> text of each file. Titles and comments are in the language of the headers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from lookback.authoring.drafting.looks import Look, is_serial, language, looks_like_a_day, newest
from lookback.authoring.drafting.naming import id_of
from lookback.authoring.drafting.tables import Table
from lookback.language.types import TYPES, Type
from lookback.packs.layout import flow
from lookback.packs.model import ROW, Title
from lookback.packs.params import REVIEW_DAY
from lookback.words import say

BEST, WORST = "pass", "follow_up"
WIDE = 44
"""Where comments stand."""
FULL = 0.8
"""A field that is blank more often is none to begin with."""
Given = dict[str, Any]


@dataclass(frozen=True)
class FirstRule:
    """A rule to begin with: of a table; what it asks; the parameters that it names; a record that meets it, and one that does
    not."""

    table: Table
    id: str
    title: str
    require: str
    params: Mapping[str, Mapping[str, Any]]
    good: Any
    bad: Any
    field: str

    def record(self, *, good: bool) -> Given:
        value = self.good if good else self.bad
        return {} if value is None else {self.field: value}


def files_of(name: str, tables: Sequence[Table], source: str) -> dict[str, str]:
    """The files of a draft, by name. `source`: what it was drafted from, as people call it."""
    return _Writer(name, tables, source).files()


def field_lines(look: Look, rows: int, id_: str = "", lang: str = "") -> Iterator[str]:
    """A field as records.yaml has it, and behind it what was seen."""
    f, lang = look.field, lang or language(look.header)
    yield f"      {id_ or id_of(look.header)}:"
    yield _beside(f"        type: {f.type.value}", _seen(look, rows, lang))
    yield f"        title: {flow({lang: _called(f.title)})}"
    if f.choices is not None:
        yield _beside("        choices:", say(lang, "draft.choices"))
        for code, choice in f.choices.items():
            also = {"also": list(choice.also)} if choice.also else {}
            yield f"          {code}: {flow({lang: choice.in_(lang, code), **also})}"
    if f.unit is not None:
        yield _beside(f"        unit: {flow(f.unit)}", say(lang, "draft.unit"))
    if f.share:
        yield _beside("        share: true", say(lang, "draft.share"))
    if f.personal:
        yield _beside("        personal: true", say(lang, f"draft.personal.{look.personal}"))


def _beside(text: str, comment: str) -> str:
    return f"{text:<{WIDE}}# {comment}" if comment else text


def _called(title: Title | None) -> str:
    """A title in the one language that it has."""
    return title.in_("en") if title is not None else ""


def _seen(look: Look, rows: int, lang: str) -> str:
    """What was seen of a column; no value of one that may be personal."""
    parts = []
    if not look.filled:
        parts.append(say(lang, "draft.empty"))
    elif look.seen is not None and not look.personal:
        parts.append(say(lang, "draft.range", least=_shown(look.seen[0]), most=_shown(look.seen[1])))
    if looks_like_a_day(look):
        parts.append(say(lang, "draft.no-day"))
    if look.filled and look.filled < rows:
        parts.append(say(lang, "draft.some-blank", n=rows - look.filled, of=rows))
    if look.unread:
        example = "…" if look.personal else " ".join(look.example.split())[:30]
        parts.append(say(lang, "draft.unread", n=look.unread, example=example))
    return say(lang, "draft.and").join(parts)


class _Writer:
    def __init__(self, name: str, tables: Sequence[Table], source: str) -> None:
        self.name, self.tables, self.source = name, tables, source
        headers = [look.header for table in tables for look in table.fields.values()]
        self.lang = "zh" if 2 * sum(language(header) == "zh" for header in headers) >= len(headers) else "en"
        self.say = partial(say, self.lang)
        self.judged = [table for table in tables if not table.reference]
        self.day = newest([look for table in self.judged for look in table.fields.values()]) or date.today()
        self.first = {table.id: self._first(table) for table in self.judged}

    def files(self) -> dict[str, str]:
        return {
            "pack.yaml": self._pack(),
            "records.yaml": self._records(),
            "1-first.rules.yaml": self._rules(),
            "1-first.test.yaml": self._tests(),
        }

    def _title(self, text: str) -> dict[str, str]:
        return {self.lang: text}

    # ------------------------------------------------------------------------------------------------------ pack.yaml

    def _pack(self) -> str:
        lines = [
            *self._comment("draft.pack", source=self.source),
            "",
            f"pack: {self.name}",
            'version: "0.1"',
            f"title: {flow(self._title(self.name))}",
            "",
            f"outcomes:  # {self.say('draft.outcomes')}",
            *(f"  - {{outcome: {o}, title: {flow(self._title(self.say(f'draft.{o}')))}}}" for o in (BEST, WORST)),
        ]
        params = {name: of for rule in self.first.values() for name, of in rule.params.items()} | self._allowed()
        if params:
            lines += ["", f"params:  # {self.say('draft.params')}"]
        for name, of in params.items():
            lines += [f"  {name}:", *(f"    {key}: {value if key == 'type' else flow(value)}" for key, value in of.items())]
        return "\n".join(lines) + "\n"

    def _allowed(self) -> dict[str, Mapping[str, Any]]:
        return {
            f"{table.id}_allowed": {
                "type": "integer",
                "default": 0,
                "least": 0,
                "title": self._title(self.say("draft.allowed", table=_called(table.title))),
                "ours": True,
            }
            for table in self.judged
            if table.belongs_to is not None
        }

    def _comment(self, code: str, **args: Any) -> list[str]:
        return [f"# {line}" for line in self.say(code, **args).split("\n")]

    # --------------------------------------------------------------------------------------------------- records.yaml

    def _records(self) -> str:
        lines = [*self._comment("draft.records"), ""]
        if blanks := sorted({word for table in self.tables for look in table.fields.values() for word in look.blanks}):
            lines += [f"blanks: {flow(blanks)}  # {self.say('draft.blanks')}", ""]
        lines.append("tables:")
        for table in self.tables:
            lines += [*self._table(table), ""]
        return "\n".join(lines)

    def _table(self, table: Table) -> Iterator[str]:
        yield f"  {table.id}:  # {self.say('draft.rows', n=table.rows)}"
        yield f"    title: {flow(self._title(_called(table.title)))}"
        if table.also:
            yield f"    also: {flow(list(table.also))}"
        [key] = table.key
        yield f"    key: {key}" + (f"  # {self.say('draft.no-key')}" if key == ROW else f"  # {self.say('draft.key')}")
        if table.label is not None:
            yield f"    label: {table.label}"
        if table.belongs_to is not None:
            yield f"    belongs_to: {table.belongs_to}  # {self.say('draft.belongs')}"
        if table.reference:
            yield f"    reference: true  # {self.say('draft.reference')}"
        yield "    fields:"
        for f, look in table.fields.items():
            refers = [f"        refers_to: {table.refers[f]}"] if f in table.refers else []
            yield from (*field_lines(look, table.rows, f, self.lang), *refers)

    # ----------------------------------------------------------------------------------------------------------- rules

    def _first(self, table: Table) -> FirstRule:
        """What is likely to be asked of a table: a day that is not over, days that are not too many, else that something is
        said."""
        keys = {*table.key, *self._above(table)}
        fields = {f: look for f, look in table.fields.items() if f not in keys}
        full = {f: look for f, look in fields.items() if look.filled >= FULL * table.rows}
        for f, look in full.items():
            if look.expires:
                title = self.say("draft.not-over", field=self._header(look))
                return self._dated(table, f, title, f"{f} >= :{REVIEW_DAY}", self.day - timedelta(days=1))
        for f, look in full.items():
            if look.field.unit is not None and look.seen is not None:
                most = look.seen[1]
                limit = {
                    "type": look.field.type.value,
                    "default": most,
                    "title": self._title(self.say("draft.most", field=self._header(look))),
                    "ours": True,
                }
                title = self.say("draft.not-above", field=self._header(look))
                name = f"most_{f}"
                return FirstRule(table, _rule_id(table), title, f"{f} <= :{name}", {name: limit}, most, most + 1, f)
        for f, look in full.items():
            if look.field.type is Type.DATE and not look.ends:
                title = self.say("draft.not-after", field=self._header(look))
                return self._dated(table, f, title, f"{f} <= :{REVIEW_DAY}", self.day + timedelta(days=1))
        usual = (
            f
            for f, look in (full | fields).items()
            if look.filled and not (look.personal or f in table.refers or is_serial(look.header))
        )
        f = next(usual, next(iter(fields), next(iter(table.fields))))
        look = table.fields[f]
        title = self.say("draft.said", field=self._header(look))
        good = next(iter(look.field.choices)) if look.field.choices else TYPES[look.field.type].sample
        bad = None
        if f in keys:  # there is nothing but keys
            good, bad = self._key_of(look), None
        return FirstRule(table, _rule_id(table), title, f"{f} is not null", {}, good, bad, f)

    def _dated(self, table: Table, f: str, title: str, require: str, bad: date) -> FirstRule:
        day = {"type": "date", "default": self.day, "title": self._title(self.say("draft.as-of"))}
        return FirstRule(table, _rule_id(table), title, require, {REVIEW_DAY: day}, self.day, bad, f)

    def _header(self, look: Look) -> str:
        return _called(look.field.title)

    def _above(self, table: Table) -> tuple[str, ...]:
        """The key of the table that one belongs to."""
        return next((t.key for t in self.tables if t.id == table.belongs_to), ())

    def _rules(self) -> str:
        lines = [*self._comment("draft.rules"), ""]
        children = [table for table in self.judged if table.belongs_to is not None]
        if children:
            lines.append("facts:")
        for child in children:
            title = self.say("draft.counted", table=_called(child.title))
            lines += [
                f"  - fact: {self._fact(child)}",
                f"    of: {child.belongs_to}",
                f"    from: {child.id}",
                f"    title: {flow(self._title(title))}",
                f"    value: count(*) filter (where verdict = '{WORST}')",
                "",
            ]
        lines.append("rules:")
        for table in reversed(self.judged):
            rule = self.first[table.id]
            lines += [
                *self._rule(rule.id, table.id, rule.title, rule.require, self.say("draft.advice")),
                "",
            ]
        for child in children:
            title = self.say("draft.none", table=_called(child.title))
            require = f"{self._fact(child)} <= :{child.id}_allowed"
            lines += [*self._rule(self._counting(child), str(child.belongs_to), title, require), ""]
        return "\n".join(lines).rstrip("\n") + "\n"

    def _rule(self, id_: str, table: str, title: str, require: str, advice: str = "") -> list[str]:
        lines = [f"  - rule: {id_}", f"    for: {table}", f"    title: {flow(self._title(title))}", f"    require: {require}"]
        lines.append(f"    otherwise: {WORST}")
        return [*lines, *([f"    # advice: {flow(self._title(advice))}"] if advice else [])]

    def _fact(self, child: Table) -> str:
        return f"{WORST}_{child.id}"

    def _counting(self, child: Table) -> str:
        return f"{child.id}-in-order".replace("_", "-")

    # ----------------------------------------------------------------------------------------------------------- tests

    def _tests(self) -> str:
        lines = [*self._comment("draft.tests"), "", "tests:"]
        for table in reversed(self.judged):
            rule = self.first[table.id]
            for good in (True, False):
                lines += [*self._test(rule, good=good), ""]
        return "\n".join(lines).rstrip("\n") + "\n"

    def _test(self, rule: FirstRule, *, good: bool) -> Iterator[str]:
        line = [rule.table]
        while (above := next((t for t in self.judged if t.id == line[0].belongs_to), None)) is not None:
            line.insert(0, above)
        status = "met" if good else "unmet"
        said = self.say(f"draft.test.{status}", title=rule.title, table=_called(rule.table.title))
        yield f"  - test: {flow(said)}"
        yield "    given:"
        given: dict[str, Given] = {}
        for i, table in enumerate(line):
            keys = {f: self._key_of(t.fields[f]) for t in line[max(i - 1, 0) : i + 1] for f in t.key if f in table.fields}
            own = self.first[table.id].record(good=good or table is not rule.table)
            given[table.id] = (keys | own) if good or table is not rule.table or rule.field not in keys else own
            yield f"      {table.id}: [{flow(given[table.id])}]"
        yield "    expect:"
        verdict = BEST if good else WORST
        yield f"      {rule.table.id}: [{{verdict: {verdict}, {status}: [{rule.id}]}}]"
        for above, child in zip(reversed(line[:-1]), reversed(line[1:]), strict=True):
            yield f"      {above.id}: [{{verdict: {verdict}, {status}: [{self._counting(child)}]}}]"

    def _key_of(self, look: Look) -> Any:
        return 1 if look.field.type is Type.INTEGER else "K1"


def _rule_id(table: Table) -> str:
    """Of the first rule of a table, whatever becomes of it."""
    return f"{table.id}-1".replace("_", "-")


def _shown(value: Any) -> str:
    return format(value.normalize(), "f") if isinstance(value, Decimal) else str(value)
