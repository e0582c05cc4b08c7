"""The rows of reference data that are a pack's own: CSV files of its folder -> typed rows, and what is wrong with them.

Strict, as all of a pack is: a column is called by its field's id or one of its titles, a date is written 2005-09-30, and a key
stands once. Of rows in force for a time no two of one kind share a day, and no day between them is without one.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import PurePosixPath
from typing import Any

from lookback.language.types import Type, Value
from lookback.packs.model import FieldDef, TableDef, put_together
from lookback.packs.params import typed
from lookback.words import Word
from lookback.words.errors import Help, Mistake, did_you_mean
from lookback.words.source import Source, Span

Row = Mapping[str, Value]


def is_within(name: str) -> bool:
    """Whether a file is named as one of the pack's own folder."""
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and "\\" not in name and path.suffix.casefold() == ".csv"


class Rows:
    """The rows of one table; `mistakes` with them."""

    def __init__(self, source: Source, table: str, definition: TableDef) -> None:
        self.source, self.table, self.definition = source, table, definition
        self.mistakes: list[Mistake] = []
        self.rows: list[dict[str, Value]] = []
        self.lines: list[int] = []
        self.keys: set[Value] = set()
        self._read()

    def _mistake(self, code: str, line: int, *, help: Help | None = None, **args: Any) -> None:
        start = sum(len(text) + 1 for text in self.source.text.split("\n")[: line - 1])
        span = Span(self.source, start, start + len(self.source.line(line)))
        self.mistakes.append(Mistake(code, span, args, help))

    def _read(self) -> None:
        reader = csv.reader(self.source.text.splitlines(keepends=True), strict=True)
        try:
            header = next(reader, [])
            fields = self._fields([text.strip() for text in header])
            before = 1
            for values in reader if fields is not None else ():
                line, before = before + 1, reader.line_num
                if any(value.strip() for value in values):
                    self._row(values, fields or [], line)
        except csv.Error as error:
            self._mistake("rows-no-csv", reader.line_num, why=str(error))

    def _fields(self, header: Sequence[str]) -> list[str] | None:
        """The field of each column."""
        called = {name: id_ for id_, f in self.definition.columns.items() for name in (id_, *f.titles)}
        before = len(self.mistakes)
        for name in header:
            if name not in called:
                self._mistake("rows-unknown-column", 1, help=did_you_mean(name, called), name=name, table=self.table)
        found = [called.get(name, "") for name in header]
        for id_ in self.definition.parts:
            if id_ not in found:
                self._mistake("rows-without-key", 1, field=id_)
        if len(set(found)) < len(found) and len(self.mistakes) == before:
            self._mistake("repeated-id", 1, id=next(f for f in found if found.count(f) > 1))
        return found if len(self.mistakes) == before else None

    def _row(self, values: Sequence[str], fields: Sequence[str], line: int) -> None:
        if len(values) != len(fields):
            self._mistake("rows-width", line, n=len(values), expected=len(fields))
            return
        row: dict[str, Value] = dict.fromkeys(self.definition.stored.fields)
        for id_, text in zip(fields, values, strict=True):
            f = self.definition.fields[id_]
            try:
                row[id_] = _value(text if f.keep_spaces else text.strip(), f)
            except ValueError:
                self._mistake("rows-value", line, field=id_, value=text, type=Word(f"type.{f.type.value}"))
        parts = [row[f] for f in self.definition.parts]
        if self.definition.key not in self.definition.columns:
            row[self.definition.key] = put_together(parts)
        if any(part is None for part in parts):
            self._mistake("rows-without-key", line, field=next(f for f in self.definition.parts if row[f] is None))
        elif row[self.definition.key] in self.keys:
            self._mistake("rows-key-twice", line, key=str(row[self.definition.key]))
        self.keys.add(row[self.definition.key])
        self.rows.append(row)
        self.lines.append(line)

    def in_force(self, by: Sequence[str]) -> None:
        """Tell rows of one kind that share a day, and days between them that have none."""
        fields = self.definition.fields
        if self.definition.in_force is None or self.mistakes or not {*by, *self.definition.in_force} <= fields.keys():
            return
        if any(fields[end].type is not Type.DATE for end in self.definition.in_force):
            return
        begins, ends = self.definition.in_force
        alike: dict[tuple[Value, ...], list[tuple[date, date, int]]] = {}
        for row, line in zip(self.rows, self.lines, strict=True):
            first, last = row[begins] or date.min, row[ends] or date.max
            assert isinstance(first, date)
            assert isinstance(last, date)
            alike.setdefault(tuple(row[f] for f in by), []).append((first, last, line))
        for kind, rows in alike.items():
            said = ", ".join(str(value) for value in kind)
            rows.sort()
            until: date | None = None
            for first, last, line in rows:
                if until is not None and first <= until:
                    self._mistake("rows-overlap", line, kind=said, day=first)
                elif until is not None and until < date.max and first > until + timedelta(days=1):
                    self._mistake("rows-gap", line, kind=said, day=until + timedelta(days=1))
                until = last if until is None else max(until, last)


def _value(text: str, f: FieldDef) -> Value:
    if text == "":
        return None
    if f.type is Type.CHOICE:
        for code, choice in (f.choices or {}).items():
            if text in (code, choice.en, choice.zh, *choice.also):
                return code
        raise ValueError(text)
    return typed(text, f.type)


def asked_by(tables: Mapping[str, TableDef], table: str) -> Iterator[tuple[str, ...]]:
    """By which fields others ask for the row of a table that is in force."""
    for definition in tables.values():
        for f in definition.columns.values():
            to = f.refers_to
            if to is not None and to.table == table and to.on is not None:
                yield tuple(to.by) if to.by is not None else tables[table].parts[:1]
