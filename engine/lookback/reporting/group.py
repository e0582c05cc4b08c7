"""The reports of the groups that visited units: one group's units, what it saw against what was reported, what was agreed.

In: a review, and a field by which visits are parted: of the table that `office: {visits}` names, of one that its records refer
to, or of the units. Out: `GroupReports`, every text in their language. What refers to a group's visits is what was given and
agreed on them; `office: {seen}` says which field holds what inspectors saw of another. Personal data does not go into a report.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from lookback.language.types import Column, Type, Value, text_of
from lookback.packs.checked import CheckedPack, Named
from lookback.packs.params import review_day
from lookback.place import temporary
from lookback.reporting.report import Answers, GroupReport, GroupReports, Listed, Said, Seen
from lookback.reviews.flagged import Finding, said_in
from lookback.reviews.folder import READ, Review, load, lost_of, reading, rows_of
from lookback.warehouse.duckdb import DuckDB, literal, path_literal, quoted
from lookback.words import say
from lookback.words.errors import UsageError, did_you_mean

_Record = Mapping[str, Any]


def group_reports(review: Review, by: str, lang: str) -> GroupReports:
    """`by`: a field, or FIELD=VALUE for the report of one group. Raises UsageError where the pack names no visits, none has the
    field, there is no such group, or the review's files are not what it was written with."""
    review.require(*READ)
    pack = review.pack()
    field, _, wanted = by.partition("=")
    with temporary() as folder, closing(DuckDB(Path(folder))) as warehouse, reading(review.folder):
        asking = _Asking(review, pack, lang, warehouse, field.strip())
        values = asking.values()
        if wanted := wanted.strip():
            known = [name for name in map(asking.called, values) if name is not None]
            values = [value for value in values if value is not None and wanted in (asking.called(value), str(value))]
            if not values:
                help_ = did_you_mean(wanted, known)
                raise UsageError("no-such-group", name=wanted, field=asking.field, known=", ".join(known), help=help_)
        groups = [asking.report(value) for value in values]
    header = pack.pack.header
    title = header.called(lang)
    said = Said(asking.field, asking.names.field(asking.table, asking.field))
    return GroupReports(lang, title, Said(header.pack, title), header.version, review_day(pack.params), said, tuple(groups))


class _Asking:
    """What is asked of the records of one review. `table`: that the field is of; `through`: the field by which visits refer to
    it, None where it is theirs or the units'."""

    def __init__(self, review: Review, pack: CheckedPack, lang: str, warehouse: DuckDB, field: str) -> None:
        self.review, self.pack, self.lang, self.warehouse = review, pack, lang, warehouse
        self.names, self.field, office = Named(pack, lang), field, pack.pack.header.office
        if office is None or office.visits is None:
            raise UsageError("no-visits", pack=pack.pack.header.pack, help=("no-visits.help", {}))
        self.visits_table, self.seen_fields = office.visits, office.seen
        self.table, self.through = self._found(field)
        root = pack.tables[pack.root]
        verdicts = f"read_parquet({path_literal(review.folder / 'verdicts.parquet')})"
        key = f"CAST({quoted(root.key)} AS VARCHAR)"
        keys = [key for (key,) in warehouse.rows(f"SELECT {key} FROM {verdicts} WHERE {key} IS NOT NULL ORDER BY 1")]
        load(review.folder, pack, keys, warehouse)
        verdict_of = warehouse.rows(f"SELECT {quoted(root.key)}, verdict FROM {verdicts}")
        self.verdicts = {_text(key): verdict for key, verdict in verdict_of}
        self.units = {row["_unit"]: row for row in self._records(pack.root)}
        self.own = self._records(self.table) if self.through is not None else []
        self.visits = self._records(self.visits_table)
        group = {self._key(self.table, row): row[field] for row in self.own}
        for visit in self.visits:
            if self.through is not None:
                visit["_group"] = group.get(_text(visit[self.through]))
            else:
                visit["_group"] = (visit if self.table == self.visits_table else self.units[visit["_unit"]])[field]

    def _found(self, field: str) -> tuple[str, str | None]:
        """Where a field is that visits may be parted by: theirs, that of a table they refer to, or of the units."""
        tables, visits = self.pack.tables, self.visits_table
        referred = [(f.refers_to.table, id_) for id_, f in tables[visits].columns.items() if f.refers_to is not None]
        places: list[tuple[str, str | None]] = [(visits, None), *referred, (self.pack.root, None)]
        for table, through in places:
            if field in tables[table].columns and not tables[table].columns[field].personal:
                return table, through
        known = [*dict.fromkeys(id_ for table, _ in places for id_, f in tables[table].columns.items() if not f.personal)]
        raise UsageError("by-no-visit", name=field, table=visits, known=", ".join(known), help=did_you_mean(field, known))

    def _records(self, table: str) -> list[dict[str, Any]]:
        rows = rows_of(self.warehouse, f"SELECT * FROM {quoted(f'records_{table}')} ORDER BY _row")
        return [{**row, "_unit": _text(row["_unit"])} for row in rows]

    def _key(self, table: str, row: _Record) -> str | None:
        return _text(row[self.pack.tables[table].key])

    def values(self) -> list[Value]:
        """The groups: as the keys of their own records come, or in the order of their names; the blank last."""
        own = sorted(self.own, key=lambda row: self._key(self.table, row) or "")
        groups = sorted((visit["_group"] for visit in self.visits), key=str)
        return sorted(dict.fromkeys([*(row[self.field] for row in own), *groups]), key=lambda value: value is None)

    # ------------------------------------------------------------------------------------------------------ one group

    def report(self, value: Value) -> GroupReport:
        own = [row for row in self.own if row[self.field] == value]
        visits = [visit for visit in self.visits if visit["_group"] == value]
        units = [*dict.fromkeys(visit["_unit"] for visit in visits)]
        counts = Counter(self.verdicts[unit] for unit in units)
        columns, fields = self._columns(self.visits_table), self.pack.tables[self.visits_table].columns
        told = [id_ for id_ in columns if fields[id_].type not in (Type.CHOICE, Type.CHOICES)]
        told = [id_ for id_ in told if fields[id_].type is not Type.TEXT or any(visit[id_] is not None for visit in visits)]
        days = [id_ for id_ in told if fields[id_].type is Type.DATE]
        return GroupReport(
            self.called(value),
            self._own(own) if own else None,
            len(units),
            tuple((self.names.outcome(o), counts[o]) for o in (*self.pack.outcomes,) if counts[o]),
            self._visited(visits, told),
            tuple((self._fields(self.visits_table, [id_])[0], sum(v[id_] is not None for v in visits)) for id_ in days),
            tuple(self._answers(visits, [id_ for id_ in columns if fields[id_].type in (Type.CHOICE, Type.CHOICES)]))
            if visits
            else (),
            tuple(self._seen(set(units))),
            tuple(self._agreed(own, visits)),
            tuple(self._owed(own, visits)),
        )

    def called(self, value: Value) -> str | None:
        return None if value is None else self.names.value(value, Column(self.table, self.field))

    def _columns(self, table: str) -> list[str]:
        """The fields of a table that are told: none that is a key, refers to another record, or is personal."""
        aside = {*self.pack.keys(table), *self.pack.keys(self.pack.root)}
        fields = self.pack.tables[table].columns.items()
        return [id_ for id_, f in fields if id_ not in aside and f.refers_to is None and not f.personal]

    def _unit(self, key: str) -> str:
        said = self._label(self.pack.root, self.units[key]) if key in self.units else ""
        return f"{said} ({key})" if said else key

    def _said(self, table: str, row: _Record, id_: str) -> str:
        value = row.get(id_)
        if value is None and row.get(f"_lost_{id_}"):
            return say(self.lang, "report.group.lost")
        if isinstance(value, bool):
            return say(self.lang, "form.yes" if value else "form.no")
        return "" if value is None else self.names.value(value, Column(table, id_))

    def _fields(self, table: str, ids: Iterable[str]) -> tuple[Said, ...]:
        return tuple(Said(id_, self.names.field(table, id_)) for id_ in ids)

    def _listed(self, table: str, rows: Sequence[_Record], ids: Sequence[str]) -> Listed:
        said = ((self._unit(row["_unit"]), tuple(self._said(table, row, id_) for id_ in ids)) for row in rows)
        return Listed(Said(table, self.names.table(table)), self._fields(table, ids), tuple(said))

    def _visited(self, visits: Sequence[_Record], ids: Sequence[str]) -> Listed:
        listed = self._listed(self.visits_table, visits, ids)
        verdicts = (self.names.outcome(self.verdicts[visit["_unit"]]) for visit in visits)
        rows = tuple((unit, (verdict, *texts)) for (unit, texts), verdict in zip(listed.rows, verdicts, strict=True))
        return Listed(listed.table, (Said("verdict", say(self.lang, "report.outcome")), *listed.fields), rows)

    def _own(self, rows: Sequence[_Record]) -> Listed:
        ids = [id_ for id_ in self._columns(self.table) if id_ != self.field]
        said = tuple((self._called(self.table, row), tuple(self._said(self.table, row, id_) for id_ in ids)) for row in rows)
        return Listed(Said(self.table, self.names.table(self.table)), self._fields(self.table, ids), said)

    def _called(self, table: str, row: _Record) -> str:
        """A record: by its key, and what people call it."""
        return " ".join(dict.fromkeys(filter(None, (self._key(table, row), self._label(table, row)))))

    def _label(self, table: str, row: _Record) -> str:
        definition = self.pack.tables[table]
        told = definition.label is not None and not definition.fields[definition.label].personal
        return self._said(table, row, definition.label) if told and definition.label is not None else ""

    def _answers(self, visits: Sequence[_Record], ids: Sequence[str]) -> Iterator[Answers]:
        for field in self._fields(self.visits_table, ids):
            counts = Counter(self._said(self.visits_table, visit, field.id) for visit in visits)
            titles = [c.in_(self.lang, code) for code, c in self.names.choices(Column(self.visits_table, field.id)).items()]
            order = dict.fromkeys([*titles, *sorted(filter(None, counts)), ""])
            yield Answers(field, tuple((answer, counts[answer]) for answer in order if counts[answer]))

    def _seen(self, units: Collection[str]) -> Iterator[Seen]:
        """Of the records of some units of which inspectors said what they saw."""
        for table, was, seen in ((table, *pair) for table, pairs in self.seen_fields.items() for pair in pairs.items()):
            rows = [
                row
                for row in self._records(table)
                if row["_unit"] in units and (row[seen] is not None or row.get(f"_lost_{seen}"))
            ]
            if not rows:
                continue
            said = [(self._said(table, row, was), self._said(table, row, seen)) for row in rows]
            known = ((row, both) for row, both in zip(rows, said, strict=True) if row[seen] is not None)
            apart = [(row, both) for row, both in known if row[was] != row[seen] and not row.get(f"_lost_{was}")]
            place = {value: i for i, value in enumerate(self.pack.tables[table].columns[was].best_to_worst or ())}
            worse = sum(place[r[seen]] > place[r[was]] for r, _ in apart if r[seen] in place and r[was] in place)
            yield Seen(
                Said(table, self.names.table(table)),
                tuple(sorted(Counter(said).items(), key=lambda pair: (-pair[1], pair[0]))),
                tuple((self._unit(row["_unit"]), self._called(table, row), *both) for row, both in apart),
                worse if place else None,
            )

    def _agreed(self, own: Sequence[_Record], visits: Sequence[_Record]) -> Iterator[Listed]:
        """What refers to the group's visits, and to its own records."""
        keys = {self.visits_table: {self._key(self.visits_table, row) for row in visits}}
        if self.through is not None:
            keys[self.table] = {self._key(self.table, row) for row in own}
        for table in self.pack.top_down():
            definition = self.pack.tables[table]
            refer = [(id_, f.refers_to.table) for id_, f in definition.columns.items() if f.refers_to is not None]
            through = [(id_, keys[to] - {None}) for id_, to in refer if to in keys]
            if table in keys or not through:
                continue
            rows = [row for row in self._records(table) if any(_text(row[id_]) in those for id_, those in through)]
            yield self._listed(table, rows, self._columns(table))

    def _owed(self, own: Sequence[_Record], visits: Sequence[_Record]) -> Iterator[tuple[str, str, str]]:
        """What is found on the group's records and is none of the units'."""
        known = {(self.visits_table, self._key(self.visits_table, row)): row for row in visits}
        known |= {(self.table, self._key(self.table, row)): row for row in own}
        tables = dict.fromkeys(table for table, _ in known)
        rules = [r.id for r in self.pack.rules if r.table in tables and self.pack.not_counted(r) is not None]
        if not rules:
            return
        source = f"read_parquet({path_literal(self.review.folder / 'findings.parquet')}, file_row_number = true)"
        query = f'SELECT "table", record, unit, finding, rule FROM {source} WHERE rule IN ({", ".join(map(literal, rules))})'
        found = [row for row in self.warehouse.rows(f"{query} ORDER BY file_row_number") if (row[0], row[1]) in known]
        lost = lost_of(self.review.folder, self.review.summary)
        reasons = said_in(self.lang, self.pack, [Finding(*row[:4]) for row in found], self.warehouse, lost)
        for (table, record, *_, rule), why in zip(found, reasons, strict=True):
            yield self._called(table, known[table, record]), self.names.rule(rule), why


def _text(value: Value) -> str | None:
    return None if value is None else text_of(value)
