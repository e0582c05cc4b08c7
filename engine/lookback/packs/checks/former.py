"""A pack by the names that another one has for its tables and fields now (`was`).

In: two packs as their files say them. Out: the first, with every table and field that the second says it had before called as the
second calls it, wherever the pack names it: in records.yaml, in facts and rules, in its own rows. What the second calls otherwise
without saying so, or says of a name that is taken there, stays as it is. Rules are no matter of this.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlglot import exp

from lookback.language.parse import extent, parse
from lookback.packs.checked import Pack
from lookback.packs.model import Fact, FieldDef, KeyField, RefersTo, Rule, TableDef, key_of
from lookback.packs.references import hop
from lookback.words.errors import Mistake
from lookback.words.source import Path, Place


def by_new_names(old: Pack, new: Pack) -> Pack:
    """The old pack, by the names of the new one; itself where none differs."""
    names = _Names.of(old, new)
    if not names.tables and not any(names.fields.values()):
        return old
    tables = {names.table(name): names.definition(name, table) for name, table in old.tables.items()}
    facts, rules, of_review, for_review = (
        tuple((path, names.item(item)) for path, item in items) for items in (old.facts, old.rules, *old.whole)
    )
    shared = {file: names.text(text, names.root) for file, text in old.shared.items()}
    rows = {names.table(t): [{names.field(t, f): v for f, v in row.items()} for row in of] for t, of in old.rows.items()}
    items, whole = (*facts, *rules, *of_review, *for_review), (of_review, for_review)
    texts: list[Path] = [(*path, key) for path, _ in items for key in ("value", "when", "require")]
    texts += [(file, "when") for file in shared]
    places = {**old.places, **{path: Place(old.places[path].span) for path in texts if path in old.places}}
    header = old.header.model_copy(update={"office": None})
    return replace(
        old, header=header, tables=tables, facts=facts, rules=rules, whole=whole, shared=shared, rows=rows, places=places
    )


@dataclass(frozen=True)
class _Names:
    """What is called otherwise now: tables, and by table (as it was called) fields."""

    pack: Pack
    root: str
    tables: Mapping[str, str]
    fields: Mapping[str, Mapping[str, str]]

    @classmethod
    def of(cls, old: Pack, new: Pack) -> _Names:
        tables = _pairs({t: table.was for t, table in new.tables.items()}, old.tables)
        fields: dict[str, dict[str, str]] = {}
        for name, before in old.tables.items():
            now = new.tables.get(tables.get(name, name))
            taken = {*before.fields, *(fact.fact for _, fact in old.facts if fact.of == name)}
            fields[name] = _pairs({f: of.was for f, of in now.columns.items()}, taken) if now is not None else {}
            fields[name] = {was: f for was, f in fields[name].items() if was in before.columns}
        for name, before in old.tables.items():  # a parent's key is called alike in its children
            of_parent = fields.get(before.belongs_to or "", {})
            above = old.tables.get(before.belongs_to or "")
            parts = above.parts if above is not None else ()
            fields[name] |= {part: of_parent[part] for part in parts if part in of_parent and part in before.columns}
            for one in before.unique:  # the fact of its rule is called by its fields
                now_called = one.model_copy(update={"of": tuple(fields[name].get(f, f) for f in one.of)}).fact
                fields[name] |= {one.fact: now_called} if now_called != one.fact else {}
        root = next((t for t, table in old.tables.items() if table.is_units), "")
        return cls(old, root, tables, fields)

    def table(self, name: str) -> str:
        return self.tables.get(name, name)

    def field(self, table: str, name: str) -> str:
        own = self.pack.tables[table].fields.get(name) if table in self.pack.tables else None
        if isinstance(own, KeyField) and own.parts:
            return key_of(self.field(table, part) for part in own.parts)
        return self.fields.get(table, {}).get(name, name)

    def named(self, table: str, names: Iterable[str]) -> list[str]:
        """The parts of a name, as the expressions of a table write it."""
        *hops, last = names
        found: list[str] = []
        for i, name in enumerate(hops):
            own = self.pack.tables[table].fields.get(name)
            refers = own is not None and own.refers_to is not None
            found.append(self.field(table, name) if refers else self.table(name))
            if refers or i or name != table:
                table = hop(self.pack.tables, table, name) or table
        return [*found, self.field(table, last)]

    def text(self, text: str, table: str) -> str:
        """An expression of a table."""
        tree = parse(text, next(iter(self.pack.places.values())))  # which is sound: no mistake is told
        if isinstance(tree, Mistake) or table not in self.pack.tables:
            return text
        for column in sorted(tree.find_all(exp.Column), key=lambda column: extent(column) or (0, 0), reverse=True):
            names = [part.name for part in column.parts]
            if (where := extent(column)) is not None and (now := self.named(table, names)) != names:
                text = text[: where[0]] + ".".join(now) + text[where[1] :]
        return text

    def item(self, item: Fact | Rule) -> Any:
        """A fact or a rule."""
        if isinstance(item, Rule):
            texts = {key: self.text(of, item.for_) for key in ("when", "require") if (of := getattr(item, key)) is not None}
            return item.model_copy(update={"for_": self.table(item.for_), **texts})
        over = item.from_ or item.of
        called, value = self.field(item.of, item.fact), self.text(item.value, over)
        update: dict[str, Any] = {"fact": called, "of": self.table(item.of), "value": value}
        if item.from_ is not None:
            update["from_"] = self.table(item.from_)
            update["through"] = self.field(item.from_, item.through) if item.through is not None else None
        if item.among is not None:
            update["among"] = tuple(".".join(self.named(item.of, name.split("."))) for name in item.among)
        return item.model_copy(update=update)

    def definition(self, name: str, table: TableDef) -> TableDef:
        """A table of records.yaml."""

        def all_of(fields: Iterable[str] | None) -> tuple[str, ...] | None:
            return tuple(self.field(name, f) for f in fields) if fields is not None else None

        fields = dict[str, FieldDef]()
        for id_, f in table.fields.items():
            if isinstance(f, KeyField):
                fields[self.field(name, id_)] = f.model_copy(update={"parts": all_of(f.parts)})
                continue
            now = self.field(name, id_)
            update: dict[str, Any] = {"also": (*f.also, id_)} if now != id_ else {}
            if f.refers_to is not None:
                update["refers_to"] = self._refers(name, f.refers_to)
            fields[now] = f.model_copy(update=update) if update else f
        follow_up = table.follow_up
        if follow_up is not None:
            days = {key: self.field(name, day) for key, day in follow_up.model_dump().items() if day is not None}
            follow_up = follow_up.model_copy(update=days)
        return table.model_copy(
            update={
                "also": (*table.also, name) if name in self.tables else table.also,
                "keyed_by": all_of(table.keyed_by),
                "label": self.field(name, table.label) if table.label is not None else None,
                "belongs_to": self.table(table.belongs_to) if table.belongs_to is not None else None,
                "in_force": all_of(table.in_force),
                "follow_up": follow_up,
                "unique": tuple(one.model_copy(update={"of": all_of(one.of)}) for one in table.unique),
                "fields": fields,
            }
        )

    def _refers(self, table: str, to: RefersTo) -> RefersTo:
        update: dict[str, Any] = {"table": self.table(to.table)}
        if to.by is not None:
            update["by"] = {self.field(to.table, there): self.field(table, here) for there, here in to.by.items()}
        if to.on is not None:
            update["on"] = self.field(table, to.on)
        return to.model_copy(update=update)


def _pairs(now: Mapping[str, Iterable[str]], before: Iterable[str]) -> dict[str, str]:
    """What was called otherwise -> how it is called now, where neither name is taken on the other side."""
    there = {*before}
    return {was: name for name, former in now.items() if name not in there for was in former if was in there and was not in now}
