"""What papers for people call a record: by its key, without the unit's, and by its label.

In: a record, the pack that names things. Out: a text on one line.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lookback.language.types import Column, Value, text_of
from lookback.packs.checked import CheckedPack, Named
from lookback.words import say
from lookback.words.shown import one_line


class Caller:
    """Records of one pack in one language."""

    def __init__(self, pack: CheckedPack, lang: str) -> None:
        self.pack, self.lang, self.names = pack, lang, Named(pack, lang)

    def value(self, table: str, id_: str, value: Value) -> str:
        if isinstance(value, bool):
            return say(self.lang, "form.yes" if value else "form.no")
        return one_line(self.names.value(value, Column(table, id_)))

    def called(self, table: str, record: Mapping[str, Value]) -> str:
        definition = self.pack.tables[table]
        own, above = definition.parts or (definition.key,), self.pack.keys(self.pack.root)
        told = dict.fromkeys(id_ for id_ in (*own, definition.label) if id_ and id_ not in above)
        return " ".join(self.value(table, id_, record[id_]) for id_ in told if record.get(id_) is not None)

    def found_at(self, table: str, key: str | None, records: Iterable[Mapping[str, Value]]) -> str | None:
        """What the record of a finding is called, by its key; None where it is the unit itself."""
        its = self.pack.tables[table].key
        found = next((r for r in records if r.get(its) is not None and text_of(r[its]) == key), None)
        return None if key is None else one_line(key) if found is None else self.called(table, found) or one_line(key)
