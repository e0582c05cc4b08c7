"""What `check` asks of pack.yaml and records.yaml, before any rule: outcomes, parameters, tables, fields, what they are called.

In: a pack as its files say it. Out: every mistake, at its place. It reads no condition.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import available_timezones

from lookback.language.parse import RESERVED_WORDS
from lookback.language.types import Type
from lookback.packs import references
from lookback.packs.checked import Pack
from lookback.packs.checks.days import wrong_days
from lookback.packs.checks.siblings import wrong_unique
from lookback.packs.model import FieldDef, TableDef
from lookback.packs.params import default_params, is_zone, wrong_limits, wrong_unit
from lookback.words.errors import Help, Mistake, PackError, did_you_mean
from lookback.words.source import Path

RESERVED = ("verdict", "score", "findings", "findings_by_outcome", "file_row_number")
"""Columns of `verdicts.parquet`, and the one that DuckDB numbers rows in: no field or fact can have these names."""


@dataclass
class TableChecks:
    """The mistakes of a pack that are found so far, and its units' table."""

    pack: Pack
    mistakes: list[Mistake] = field(default_factory=list)
    root: str = ""

    def mistake(self, code: str, path: Path, *, help: Help | None = None, **args: Any) -> None:
        self.mistakes.append(Mistake(code, self.pack.span(path), args, help))

    def header(self) -> None:
        file = self.pack.files[0].name
        if (zone := self.pack.header.zone) is not None and not is_zone(zone):
            self.mistake("unknown-zone", (file, "zone"), help=did_you_mean(zone, available_timezones()), name=zone)
        if self.pack.calendar is not None:
            path, calendar = self.pack.calendar
            wrong_days(calendar, lambda code, where, **args: self.mistake(code, (*path, *where), **args))
        seen: set[str] = set()
        for i, outcome in enumerate(self.pack.outcomes):
            if outcome in seen:
                self.mistake("repeated-id", (file, "outcomes", i, "outcome"), id=outcome)
            seen.add(outcome)
        for name, param in self.pack.header.params.items():
            self._name((file, "params", name, "[key]"), name)
            if param.type in (Type.CHOICE, Type.CHOICES):
                self.mistake("param-choice", (file, "params", name, "type"), name=name)
        for path, fact in self.pack.facts:
            self._name((*path, "fact"), fact.fact)
        try:
            default_params(self.pack)
        except PackError as error:
            self.mistakes.extend(error.mistakes)

    def tables(self) -> None:
        file = self.pack.files[1].name
        tables = self.pack.tables
        roots = [name for name, t in tables.items() if t.is_units]
        if len(roots) != 1:
            self.mistake("one-root", (file, "tables"), n=len(roots), roots=", ".join(roots))
        self.root = roots[0] if roots else ""
        for name, table in tables.items():
            if name == self.root and table.optional is not None:
                self.mistake("optional-units", (file, "tables", name, "optional", "[key]"), table=name)
            self._name((file, "tables", name, "[key]"), name)
            self._table((file, "tables", name), name, table)
        for name in tables if not self.mistakes else ():  # by keys that hold
            references.mistakes_of(tables, name, self._told_of((file, "tables", name)))
        for name in tables:
            line = list(ancestors(tables, name))
            if line and line[-1] == name:
                self.mistake("circle", (file, "tables", name, "belongs_to"), circle=" -> ".join([name, *line]))
                break
        self.mistakes.extend(wrong_unique(self.pack))

    def _table(self, path: Path, name: str, table: TableDef) -> None:
        for key, values in (("key", table.parts), ("label", (table.label,))):
            for value in values:
                if value is not None and value not in table.fields:
                    help_ = did_you_mean(value, table.columns)
                    self.mistake("unknown-field", (*path, key), help=help_, name=value, table=name)
        allowed = (Type.TEXT, Type.INTEGER) if len(table.parts) == 1 else (Type.TEXT, Type.INTEGER, Type.DATE, Type.CHOICE)
        for part in (f for f in table.parts if f in table.fields):
            if table.fields[part].type not in allowed:
                self.mistake("key-type", (*path, "fields", part, "type"), field=part)
            if table.fields[part].keep_spaces:
                self.mistake("keep-spaces-for-text", (*path, "fields", part, "keep_spaces"), field=part)
        if len(set(table.parts)) < len(table.parts):
            self.mistake("repeated-id", (*path, "key"), id=next(f for f in table.parts if table.parts.count(f) > 1))
        parent = self.pack.tables.get(table.belongs_to or "")
        if table.belongs_to is not None and parent is None:
            self.mistake(
                "unknown-table-name",
                (*path, "belongs_to"),
                help=did_you_mean(table.belongs_to, self.pack.tables),
                name=table.belongs_to,
            )
        elif parent is not None and not parent.parts:
            self.mistake("parent-by-row", (*path, "belongs_to"), table=name, parent=str(table.belongs_to))
        above = parent.fields if parent is not None else {}
        for key in (f for f in (parent.parts if parent is not None else ()) if f in above):
            own = table.fields.get(key)
            if own is None:
                self.mistake("no-parent-key", (*path, "belongs_to"), table=name, parent=str(table.belongs_to), key=key)
            elif own.type is not above[key].type:
                expected = above[key].type.value
                self.mistake("parent-key-type", (*path, "fields", key, "type"), key=key, expected=expected)
        headers: dict[str, str] = {}
        for id_, f in table.columns.items():
            self._field((*path, "fields", id_), id_, f)
            for header in dict.fromkeys((id_, *f.titles)):
                if header in headers and not (header in f.also and header in table.fields[headers[header]].also):
                    self.mistake("repeated-header", (*path, "fields", id_, "title"), header=header, one=headers[header], two=id_)
                headers.setdefault(header, id_)

    def _field(self, path: Path, id_: str, f: FieldDef) -> None:
        self._name((*path, "[key]"), id_)
        if id_ in RESERVED:
            self.mistake("reserved-name", (*path, "[key]"), name=id_)
        if (f.type in (Type.CHOICE, Type.CHOICES)) != (f.choices is not None):
            self.mistake("choices-for-choice", path, field=id_)
        if f.beside is not None and f.type is not Type.CHOICE:
            self.mistake("beside-for-choice", (*path, "beside"), field=id_)
        if f.keep_spaces and f.type is not Type.TEXT:
            self.mistake("keep-spaces-for-text", (*path, "keep_spaces"), field=id_)
        if f.separators is not None and f.type is not Type.CHOICES:
            self.mistake("separators-for-choices", (*path, "separators"), field=id_)
        for i, sign in enumerate(f.separators or ()):
            if not sign or sign[0].isalnum() or len(sign) > 1 or sign in "_'[]":
                self.mistake("bad-separator", (*path, "separators", i), sign=sign)
        self.mistakes += wrong_limits(self.pack, path, id_, f) + wrong_unit(self.pack, path, id_, f)
        words: dict[str, str] = {}
        for code, choice in (f.choices or {}).items():
            for word in {code, *(w for w in (choice.en, choice.zh) if w), *choice.also}:
                if words.setdefault(word, code) != code:
                    self.mistake("repeated-choice", (*path, "choices", code), word=word, one=words[word], two=code)
                inside = [s for s in f.between if s in word] if f.type is Type.CHOICES else []
                if inside:
                    self.mistake("separator-in-choice", (*path, "choices", code), word=word, sign=inside[0])

    def _told_of(self, path: Path) -> references.Tell:
        """What tells mistakes of what stands at a path."""
        return lambda code, keys, **args: self.mistake(code, (*path, *keys), **args)

    def _name(self, path: Path, name: str) -> None:
        if name in RESERVED_WORDS:
            self.mistake("reserved-word", path, name=name)


def ancestors(tables: Mapping[str, TableDef], name: str) -> Iterator[str]:
    """The tables above a table, stopping when it comes back to one it has seen."""
    seen = {name}
    parent = tables[name].belongs_to
    while parent is not None and parent in tables:
        yield parent
        if parent in seen:
            return
        seen.add(parent)
        parent = tables[parent].belongs_to
