"""What rules read -> what nobody handed in.

In: a checked pack, and the inputs of a table. Out: the fields without a column, and the tables without a file, that are lost: all
that rules and facts name, unless `records.yaml` calls it optional. An optional one is lost as well where the same input holds
something that was not recognised: who knows what it was. Each is a problem.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lookback.packs.checked import CheckedPack
from lookback.records._problems import TableInput
from lookback.records.find import Inputs
from lookback.words import say
from lookback.words.errors import Notice


class Needs:
    """What the rules and facts of a pack read."""

    def __init__(self, pack: CheckedPack) -> None:
        self.pack = pack
        columns = {c for rule in pack.rules for c in rule.columns} | {c for fact in pack.facts for c in fact.columns}
        self.tables = {rule.table for rule in pack.rules} | {f.child for f in pack.facts if f.child} | {c.table for c in columns}
        self.fields: dict[str, list[str]] = {}
        for table, definition in pack.tables.items():
            keys = (definition.key, pack.parent_key(table))
            read = {c.name for c in columns if c.table == table}
            self.fields[table] = [f for f in definition.fields if f in read and f not in keys]

    def lacking(self, of: TableInput) -> dict[str, list[int]]:
        """The fields that should be there -> the inputs without a column for them."""
        found: dict[str, list[int]] = {}
        for f in self.fields[of.table]:
            optional = of.definition.fields[f].optional is not None
            if without := [i for i, raw in of.sources if f not in raw.columns and (raw.unknown or not optional)]:
                found[f] = without
        return found

    def columns_missing(self, of: TableInput, lacking: Mapping[int, Sequence[str]]) -> frozenset[str]:
        """Tell the columns that inputs lack; those that no input has."""
        sources = dict(of.sources)
        for i, fields in lacking.items():
            for f in fields:
                _tell(of, sources[i].file, sources[i].sheet, "column-missing", f, i)
                values = [of.table, f, sources[i].file, sources[i].sheet]
                of.warehouse.run("INSERT INTO lost_values VALUES (?, NULL, ?, ?, ?, NULL, NULL, NULL, 'column-missing')", values)
        told = {f for fields in lacking.values() for f in fields}
        return frozenset(f for f in told if not any(f in raw.columns for _, raw in of.sources))

    def missing(self, of: TableInput, inputs: Inputs) -> bool:
        """Whether a table that rules read was not handed in, or not all of it; it is told."""
        if of.table not in self.tables or of.table == self.pack.root:
            return False
        named = [m for m in inputs.missing if m.table == of.table and (m.always or not of.sources)]
        for each in named:
            _tell(of, each.file, each.sheet, "column-missing" if each.field else "table-missing", each.field)
        if not of.sources and not named:
            if of.definition.optional is not None and not inputs.strange:
                of.notices.append(Notice("no-records", {"table": of.table}))
                return False
            _tell(of, None, None, "table-missing", None)
        return bool(named) or not of.sources


def _tell(of: TableInput, file: str | None, sheet: str | None, kind: str, field: str | None, number: int | None = None) -> None:
    """The problem of what is missing."""
    expected = say(of.lang, f"expect.{kind}", table=of.table, field=field or "")
    of.warehouse.run(
        "INSERT INTO problems VALUES (?, ?, ?, NULL, NULL, NULL, ?, NULL, ?, NULL, ?, ?, NULL)",
        [number, file, sheet, field, expected, kind, of.table],
    )
