"""Findings as SQL, a row each with its reason; and what lost values said, and where, for these reasons.

`findings` and `said` are queries over the tables that `program` names. `Tellers`, over `lost_values` and `lost_rows`:
In: a column that may be lost, as the conditions of a table name it. Out: queries of texts by key, each with the column of the
record that the key is held against; a reason shows the text of its record.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp

from lookback.judging.losses import PLACE, Losses, Lost
from lookback.judging.steps import SIGNATURE, Step, same_words
from lookback.language.operators import bound
from lookback.language.sql import written
from lookback.language.types import Column
from lookback.packs.checked import CheckedFact, CheckedPack, Named
from lookback.packs.graph import Graph, own, plain
from lookback.warehouse.duckdb import file_name, literal, quoted
from lookback.words import say

ROW, UNIT, FINDING = "_row", "_unit", "_finding"
FINDING_COLUMNS = ("table", "record", "unit", "rule", "clause", "status", "outcome", "reason", "finding")
DECISION_COLUMNS = ("_rule", "_clause", "_status", "_outcome", "_text", "_mask", "_of_lost", "_place")
"""Underscored, as a record may have a field `status` of its own."""
NO_FINDINGS = (
    f"SELECT {', '.join(f'NULL::VARCHAR AS {quoted(c)}' for c in FINDING_COLUMNS[:-1])}, 0::INTEGER AS finding WHERE false"
)
TOLD, SIBLINGS = "_told_", "beside "
"""Before a column of which is told what was lost; before that the second, of which it is told at whom it looks."""
MOST_PLACES, MOST_SIBLINGS = 3, 5


@dataclass(frozen=True)
class Reason:
    """Why, as SQL over a step's records, their decisions and, `with_said`, said_n; `columns`: what it names of the records."""

    sql: str
    columns: Sequence[str] = ()
    with_said: bool = False


@dataclass(frozen=True)
class Told:
    """`query` gives a text `_text` by `_key`, which is the `on` of a record's state, `s`."""

    query: str
    on: str


class Tellers:
    """The texts of a pack's columns, in one language."""

    def __init__(self, pack: CheckedPack, lang: str, lost: Lost) -> None:
        self.pack, self.lang, self.lost = pack, lang, lost
        self.names, self.graph, self.losses = Named(pack, lang), Graph(pack), Losses(pack, lost, as_read=True)
        self.file = file_name("file", lost.parts)
        self.place = f"concat({self.file}, ' (' || nullif(sheet, '') || ')', coalesce(' ' || cell, ':' || line))"

    def ends(self, table: str, columns: Collection[Column]) -> list[Column]:
        """The fields and aggregates behind some columns that may be lost, as far as they are of the record or its parent."""
        near = (table, self.pack.tables[table].belongs_to)
        return [c for c in self.graph.ends(columns, plain) if c.table in near and self.losses.column(c)]

    def absent(self, of: Column) -> str | None:
        """What every record is told of a field or an aggregate of which nobody handed in anything; None where some is there."""
        fact = self.pack.fact(of)
        if fact is None:
            columns = self.lost.absent.get(of.table, ())
            return self._absent(self.names.field(of.table, of.name)) if columns is None or of.name in columns else None
        child = str(fact.child)
        return self._absent(self.names.table(child)) if self.lost.absent.get(child, ()) is None else None

    def _absent(self, what: str) -> str:
        return say(self.lang, "reason.lost-absent", what=what)

    def told(self, table: str, column: str, step: Step) -> Told:
        """What was lost of a column, as `table` names it, that is not `absent`; at which siblings a fact looks."""
        if column.startswith(SIBLINGS) and (beside := self.pack.fact(Column(table, column.removeprefix(SIBLINGS)))) is not None:
            return Told(self._beside(beside, step), "s._row")
        owner, _, id_ = column.rpartition(".")
        of = Column(owner or table, id_)
        fact = self.pack.fact(of)
        if fact is not None:
            below = fact.below
            key = self.pack.tables[of.table].key if below else self.pack.parent_key(table) if self.pack.in_parent(fact) else None
            return Told(self._rows(fact, key is not None), f"CAST(s.{quoted(key)} AS VARCHAR)" if key is not None else "''")
        if not owner:
            return Told(self._values(of), "s._row")
        key = quoted(self.pack.tables[owner].key)
        by_row = f"SELECT p.{key} AS _key, v._text FROM ({self._values(of)}) AS v JOIN {quoted(f'records_{owner}')} AS p"
        return Told(f"{by_row} ON p._row = v._key", f"s.{key}")

    def _beside(self, fact: CheckedFact, step: Step) -> str:
        """By `_row` of each record with such a finding the keys of the siblings that count, itself among them."""
        table, key = fact.table, quoted(self.pack.tables[fact.table].key)
        calls = [n for n in fact.sql.find_all(exp.Filter, exp.AggFunc) if not isinstance(n.parent, exp.Filter)]
        tests = [n.expression.this.copy() if isinstance(n, exp.Filter) else exp.true() for n in calls]
        counts = written(bound(exp.or_(*tests), self.pack.params))
        facts = {c.name for c in fact.columns} - {*self.pack.tables[table].fields}
        rows = f"SELECT {', '.join(['r.*', *(f's.{quoted(f)}' for f in sorted(facts))])} FROM {quoted(f'records_{table}')} AS r"
        rows += f" JOIN state_{step.number} AS s USING (_row)" if facts else ""
        named = ", ".join(f"{quoted(a)} AS _k{i}" for i, a in enumerate(fact.among or ())) or "true AS _k0"
        own_ = f"CAST({key} AS VARCHAR)"
        names = "list_filter(_names, lambda _n: _n <> _own)" if fact.fact.others else "_names"
        keys = ", ".join(f"_k{i}" for i, _ in enumerate(fact.among or ("",)))
        told = f"SELECT s._row FROM {found(step)} WHERE d._of_lost"
        which = f"SELECT _row, {own_} AS _own, {named} FROM ({rows}) SEMI JOIN ({told}) USING (_row)"
        all_ = f"SELECT {named}, {own_} AS _name, _row FROM ({rows}) WHERE {counts}"
        groups = (
            f"SELECT {keys}, list(_name ORDER BY _row) AS _names FROM ({all_}) SEMI JOIN ({which}) USING ({keys}) GROUP BY {keys}"
        )
        some = f"array_to_string(_all[:{MOST_SIBLINGS}], ', ') || CASE WHEN len(_all) > {MOST_SIBLINGS} THEN ', …' ELSE '' END"
        found_ = f"SELECT _row, {names} AS _all FROM ({which}) JOIN ({groups}) USING ({keys})"
        return f"SELECT _row AS _key, nullif({some}, '') AS _text FROM ({found_})"

    def _values(self, field: Column) -> str:
        """By `_row` of a table what its lost field said; without a row, that there is no such column."""
        said = {"value": "coalesce(value, '')", "place": self.place}
        codes = {"disagrees": "lost-disagrees", "columns-disagree": "lost-columns-disagree"}
        others = (f"WHEN {literal(why)} THEN {self._concat(code, **said)}" for why, code in codes.items())
        text = f"CASE why {' '.join(others)} ELSE {self._concat('lost-value', **said)} END"
        of = f'"table" = {literal(field.table)} AND field = {literal(field.name)}'
        flagged = f"SELECT _row FROM {quoted(f'records_{field.table}')} WHERE {quoted(f'_lost_{field.name}')}"
        none = self._concat("lost-column", files=self._some(f"DISTINCT {self.file}"))
        none = f"(SELECT CASE WHEN count(*) > 0 THEN {none} END FROM lost_values WHERE {of} AND _row IS NULL)"
        found = f"SELECT _row, {self._some(text)} AS _text FROM lost_values WHERE {of} AND _row IS NOT NULL GROUP BY _row"
        source = f"({flagged}) AS f LEFT JOIN ({found}) AS v USING (_row)"
        return f"SELECT f._row AS _key, coalesce(v._text, {none}) AS _text FROM {source}"

    def _rows(self, fact: CheckedFact, by_parent: bool) -> str:
        """What was lost of the records that an aggregate goes over: by key of their parent, or of all together, by ''."""
        child = str(fact.child)
        key = f"CAST(c.{quoted(self.pack.key_of(fact))} AS VARCHAR)" if by_parent else "''"
        title = literal(self.names.table(child))
        counted = [r for r in self.pack.rules_for(child) if fact.uses_verdict or r.id in fact.uses_rules]
        columns = [*fact.columns, *(c for r in counted for c in r.columns)]
        lost = self.lost.fields.get(child, ())
        fields = [c.name for c in self.graph.ends(columns, own) if c.table == child and c.name in lost]
        parts = []
        if fields:
            named = ", ".join(map(literal, fields))
            # a reference is lost with all that is looked up by it (`kind›most`), and is one value
            values = f"SELECT DISTINCT _row, split_part(field, '›', 1), {self.place} AS _at FROM lost_values"
            values += f' WHERE "table" = {literal(child)} AND field IN ({named})'
            source = f"({values}) AS v JOIN {quoted(f'records_{child}')} AS c ON c._row = v._row"
            flagged = " OR ".join(quoted(f"_lost_{f}") for f in fields)  # few rows, where DuckDB need not look at the others
            parts.append(f"SELECT {key} AS _key, 'v' AS _kind, v._at AS _at FROM {source} WHERE {flagged}")
        if child in self.lost.doubtful:
            place = f"{file_name('_place', self.lost.parts)} AS _at"
            source = f"{quoted(f'records_{child}')} AS c WHERE _doubtful"
            parts.append(f"SELECT {key} AS _key, 'r' AS _kind, {place} FROM {source}")
        if by_parent and fact.via is not None and fact.link in self.lost.rows:
            rows = "(SELECT * EXCLUDE (_parent, least, most) FROM lost_rows)"
            source = f"{quoted(f'uncertain_{fact.link}')} CROSS JOIN {rows}"  # each may be of any
            place = self.place.replace(" || cell", " || NULL")
            of_them = f'WHERE "table" = {literal(child)}'
            parts.append(f"SELECT CAST(_parent AS VARCHAR) AS _key, 'r' AS _kind, {place} AS _at FROM {source} {of_them}")
        elif fact.link in (self.lost.rows if by_parent else self.lost.gone):
            of_parent, which = ("_parent", " AND _parent IS NOT NULL") if by_parent else ("''", "")
            parts.append(
                f"SELECT {of_parent} AS _key, 'r' AS _kind, {self.place.replace(' || cell', ' || NULL')} AS _at FROM lost_rows "
                f'WHERE "table" = {literal(child)}{which}'
            )
        if not parts:
            return "SELECT NULL AS _key, NULL AS _text WHERE false"
        places = f"count(*) || ': ' || {self._some('DISTINCT _at')}"
        texts = " ".join(
            f"WHEN {literal(kind)} THEN {self._concat(code, what=title, places=places)}"
            for kind, code in (("v", "lost-values"), ("r", "lost-rows"))
        )
        each = f"SELECT _key, CASE _kind {texts} END AS _text FROM ({' UNION ALL '.join(parts)}) GROUP BY _key, _kind"
        return f"SELECT _key, {self._some('_text')} AS _text FROM ({each}) GROUP BY _key"

    def _some(self, text: str) -> str:
        """The first of some texts, in one."""
        shown = f"list_sort(list({text}))"
        more = f"CASE WHEN len({shown}) > {MOST_PLACES} THEN ', …' ELSE '' END"
        return f"array_to_string({shown}[:{MOST_PLACES}], ', ') || {more}"

    def _concat(self, code: str, **parts: str) -> str:
        """A sentence with SQL in its slots."""
        pieces = say(self.lang, f"reason.{code}", **{name: f"\0{name}\0" for name in parts}).split("\0")
        return f"concat({', '.join(parts[p] if i % 2 else literal(p) for i, p in enumerate(pieces))})"


# ------------------------------------------------------------------------------------------------------------ findings


def found(step: Step, of: str = "", decided: bool = True, lang: str = "") -> str:
    """The records of a step with their findings: `s` and `d` are their states and what was decided. `of`: before the names.
    `decided`: False without `d`. `lang`: in which language beside the review's it is told why."""
    s, j, f, d = (f"{of}{kind}_{step.number} AS {kind[0]}" for kind in ("state", "judged", "found", "decisions"))
    joined = f"{s} JOIN {j} ON {same_words(step, 's', 'j')} JOIN {f} USING ({SIGNATURE})"
    d = d.replace(" AS ", f"_{lang} AS ") if lang else d
    return f"{joined} JOIN {d} USING ({FINDING})" if decided else joined


def found_by_row(step: Step, with_state: bool) -> str:
    """The same from `rows_n`: `s` has but the position, and `o`, where it is asked for, is the state."""
    n = step.number
    state = f" JOIN state_{n} AS o ON o._row = s._row" if with_state else ""
    return f"rows_{n} AS s JOIN decisions_{n} AS d USING ({FINDING}){state}"


def rows_found(step: Step) -> str:
    """rows_n: a row a record and finding."""
    return f"SELECT s._row, {FINDING} FROM {found(step, decided=False)}"


def said(pack: CheckedPack, step: Step, reason: Reason, texts: Mapping[str, Told], lang: str = "") -> str:
    """said_n, or said_n_lang. `texts` are those of the columns that the reason names and no record has."""
    rows = _found(pack, step, [c for c in reason.columns if c not in texts], texts, where=" WHERE d._of_lost", lang=lang)
    return f"SELECT {ROW}, {FINDING}, {reason.sql} AS _said FROM ({rows}) AS f"


def said_again(pack: CheckedPack, lost: Lost, step: Step, lang: str) -> str:
    """What said_n_lang says, as `findings` names records: lang, table, record, finding, reason."""
    table, record = step.table, _record_sql(pack, lost, step.table)
    return (
        f'SELECT {literal(lang)} AS lang, {literal(table)} AS "table", {record} AS record, {FINDING} AS finding, _said AS reason '
        f"FROM said_{step.number}_{lang} JOIN {quoted(f'records_{table}')} USING ({ROW})"
    )


def _record_sql(pack: CheckedPack, lost: Lost, table: str) -> str:
    """What a record is called: by its key, or its place where it has no usable one."""
    key = f"CAST({quoted(pack.tables[table].key)} AS VARCHAR)"
    return f"coalesce({key}, {PLACE})" if table in lost.doubtful else key


def findings(
    pack: CheckedPack, lost: Lost, on_table: Sequence[Step], table: str, reasons: Mapping[int, Reason], by_row: bool = False
) -> str | None:
    """A row a finding on a table's records, in their order and the rules'; None where none is. `by_row`: of `rows_n`."""
    steps, key = [s for s in on_table if s.rules], pack.tables[table].key
    place, record = [PLACE] if table in lost.doubtful else [], _record_sql(pack, lost, table)
    columns = ", ".join(f'"_{c}" AS "{c}"' for c in ("rule", "clause", "status", "outcome"))
    selects = []
    for step in steps:
        reason = reasons[step.number]
        order = f" ORDER BY s.{ROW}, d._place" if len(steps) == 1 else ""  # while it is narrow: the reasons follow
        rows = _found(pack, step, [UNIT, key, *place, *reason.columns], {}, reason.with_said, order, by_row)
        selects.append(
            f'SELECT {literal(table)} AS "table", {record} AS "record", '
            f'CAST({UNIT} AS VARCHAR) AS "unit", {columns}, {reason.sql} AS "reason", {FINDING} AS "finding"'
            f"{f', {ROW}, _place' if len(steps) > 1 else ''} FROM ({rows}) AS f"
        )
    if len(selects) < 2:
        return next(iter(selects), None)
    columns = ", ".join(map(quoted, FINDING_COLUMNS))
    return f"SELECT {columns} FROM ({' UNION ALL '.join(selects)}) AS f ORDER BY {ROW}, _place"


def names_state(pack: CheckedPack, step: Step, reason: Reason) -> bool:
    """Whether findings take something from the states of a step."""
    return not _of_record(pack, step).issuperset(reason.columns)


def _of_record(pack: CheckedPack, step: Step) -> set[str]:
    """The columns that findings take from the records, and not from their states."""
    definition = pack.tables[step.table]
    return {UNIT, definition.key, PLACE, *definition.fields}


def _found(
    pack: CheckedPack,
    step: Step,
    columns: Collection[str],
    texts: Mapping[str, Told],
    with_said: bool = False,
    where: str = "",
    by_row: bool = False,
    lang: str = "",
) -> str:
    """The findings of a step: `columns` of their records and of these' states, what was decided, `texts`, what was said."""
    of_record = _of_record(pack, step)
    of = {c: "r" if c in of_record else "o" if by_row else "s" for c in columns}
    named = [f"s.{ROW}", *(f"{of[c]}.{quoted(c)}" for c in of), *(f"d.{c}" for c in (FINDING, *DECISION_COLUMNS))]
    source = found_by_row(step, with_state="o" in of.values()) if by_row else found(step, lang=lang)
    source += f" JOIN {quoted(f'records_{step.table}')} AS r ON r.{ROW} = s.{ROW}" if "r" in of.values() else ""
    alike = {text: f"t{i}" for i, text in enumerate(dict.fromkeys(texts.values()))}  # many counts rest on the same rows
    named += [f"{alike[text]}._text AS {quoted(c)}" for c, text in texts.items()]
    source += "".join(f" LEFT JOIN ({text.query}) AS {t} ON {t}._key = {text.on}" for text, t in alike.items())
    if with_said:
        named.append("l._said")
        source += f" LEFT JOIN said_{step.number} AS l ON l.{ROW} = s.{ROW} AND l.{FINDING} = d.{FINDING}"
    return f"SELECT {', '.join(named)} FROM {source}{where}"
