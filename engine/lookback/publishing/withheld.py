"""What a review holds that an audience is not told: the values to be looked for, and what of them is public.

In: a review, a circle. Out: needles of every value of every record, and the texts that are public, by unit. Which fields are
public is read off the audience here once more, and not asked of those who withhold.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from lookback.language.types import Column, Type, Value
from lookback.packs.checked import Named
from lookback.packs.model import THROUGH
from lookback.packs.office.audiences import withheld_behind
from lookback.place import temporary
from lookback.publishing.audience import Circle
from lookback.publishing.public import names_of
from lookback.publishing.searching import Needle, needles_of
from lookback.records.read import stored_records
from lookback.reviews.folder import Review, reading
from lookback.warehouse.duckdb import DuckDB, path_literal, quoted
from lookback.words import say

VERDICTS = "verdicts.parquet"


class Withheld:
    """`needles`: of every value; `public(keys)`: texts of what the circle is told of some units; `exactly`: those of public
    fields of all units."""

    def __init__(self, review: Review, circle: Circle, lang: str) -> None:
        self.circle, self.pack, self.lang = circle, circle.pack, lang
        self.names = Named(circle.pack, lang, titles=True)
        self.needles: dict[tuple[str, bool], Needle] = {}
        self.exactly: dict[str, None] = {}
        self._of: dict[str, list[str]] = {}
        with temporary() as work, closing(DuckDB(Path(work), threads=1)) as warehouse, reading(review.folder):
            for table in (*self.pack.top_down(), *self.pack.references()):
                if (review.folder / "records" / f"{table}.parquet").is_file() and table not in self.pack.pack.rows:
                    self._read(review.folder, table, warehouse)
            self._facts(review.folder, warehouse)
        for file in {str(one.get("file")) for one in review.summary.get("inputs", ())}:
            self._add(file, say(lang, "publish.leak.source"), never=True)

    def public(self, keys: Iterable[str]) -> list[str]:
        return [text for key in dict.fromkeys(keys) for text in self._of.get(key, ())]

    def _public_fields(self, table: str) -> list[str]:
        """The fields of a table that its audience is told, read off by hand."""
        asked = self.circle.audience.fields
        fields = self.pack.tables[table].fields
        named = [*fields] if asked is None else [*asked.get(table, ())]
        return [name for name in named if name not in fields or (fields[name].personal, fields[name].internal) == (False, False)]

    def _read(self, folder: Path, table: str, warehouse: DuckDB) -> None:
        definition, parent_key = self.pack.tables[table].stored, self.pack.parent_key(table)
        fields = [name for name in definition.fields if THROUGH not in name]
        source = f"{stored_records(folder / 'records', table, fields)} r"
        key = f"CAST(r.{quoted(definition.key)} AS VARCHAR)" if definition.key in fields else "NULL::VARCHAR"
        unit = key
        if parent_key is not None:
            source += (
                f" LEFT JOIN {quoted(f'unit_of_{definition.belongs_to}')} p ON p._key = CAST(r.{quoted(parent_key)} AS VARCHAR)"
            )
            unit = "p._unit"
        if not definition.reference:
            warehouse.view(f"unit_of_{table}", f"SELECT {key} AS _key, {unit} AS _unit FROM {source}")
        public = {name for name in self._public_fields(table) if name in fields}
        told = public if table == self.pack.root or self.circle.at_least("findings") else set()
        never = {name for name in fields if definition.fields[name].personal or definition.fields[name].internal}
        columns = ", ".join(f"r.{quoted(name)}" for name in fields)
        for unit_key, *values in warehouse.rows(f"SELECT {unit}, {columns} FROM {source}"):
            for name, value in zip(fields, values, strict=True):
                self._add(value, f"{table}.{name}", never=name in never)
                if name in told and value is not None:
                    self._tell(unit_key, table, name, value)

    def _facts(self, folder: Path, warehouse: DuckDB) -> None:
        """Facts of the units: those that rest on what nobody is told are looked for, those that are told are public."""
        root, source = self.pack.root, f"read_parquet({path_literal(folder / VERDICTS)})"
        there = {name for name, *_ in warehouse.rows(f"DESCRIBE FROM {source}")}
        told = self._public_fields(root)
        facts = [f for f in self.pack.facts_of(root) if f.id in there and f.type is not Type.BOOLEAN]
        kept = [(f.id, withheld_behind(self.pack, [Column(root, f.id)]) is not None) for f in facts]
        kept = [(name, hidden) for name, hidden in kept if hidden or name in told]
        columns = "".join(f", {quoted(name)}" for name, _ in kept)
        for unit_key, *values in warehouse.rows(
            f"SELECT CAST({quoted(self.pack.tables[root].key)} AS VARCHAR){columns} FROM {source}"
        ):
            for (name, hidden), value in zip(kept, values, strict=True):
                if hidden:
                    self._add(value, f"{root}.{name}", never=True)
                elif value is not None:
                    self._tell(unit_key, root, name, value)

    def _tell(self, unit: str | None, table: str, name: str, value: Value) -> None:
        texts = (str(value), names_of(self.names, table, name, value))
        self._of.setdefault(unit or "", []).extend(texts)
        self.exactly.update(dict.fromkeys(texts))

    def _add(self, value: Value, what: str, *, never: bool) -> None:
        for needle in needles_of(value, what, never):
            known = self.needles.get((needle.text, needle.exact))
            if known is None or (never and not known.never):
                self.needles[needle.text, needle.exact] = needle
