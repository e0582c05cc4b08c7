"""Sheets as they stand -> tables of a pack: what each is called, by what its records are told apart, what belongs to what.

In: raw tables (`records.seen`). Out: `Table`s, the units first, and what is left out. Sheets of the same columns are one table. A
table belongs to another where a column of it holds keys of that one; a list of codes is only referred to. Of one list that
repeats its units row by row, the units are a table of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from lookback.authoring.drafting.looks import Look, Looker, is_serial, language
from lookback.authoring.drafting.naming import id_of
from lookback.headers.grids import RawTable
from lookback.headers.heads import bare
from lookback.headers.left_out import left_out_sql
from lookback.language.types import Type
from lookback.packs.model import ROW, Title
from lookback.records.seen import Seen
from lookback.values.texts import trimmed_sql
from lookback.values.typed import plain_text_sql
from lookback.warehouse.duckdb import DuckDB, quoted
from lookback.words import say
from lookback.words.errors import InputError

ENOUGH = 0.9
"""So many of a column's values have to be keys of another table."""
AGAIN, ONE_TO_ONE = 0.75, 0.8
"""A unit of a list stands in more rows than one; and has a name, by which it is told apart as well, or nearly so."""
ONCE = 0.95
"""So many of a column's values have to be different for a key, where none is in every row."""
_NO_NAME = re.compile(r"(?i)(?:sheet|工作表|表|table|data|数据)?\s*\d*")
_LIST = re.compile(r"(?i)代码|目录|字典|标准|依据|codes?(?:$|[\s_])|lookup|catalog|dictionary|classif")
_DATED = re.compile(r"[\s_-]*(?:[（(]?\d{2,4}(?:[-_.年]\d{1,2})?(?:[-_.月]\d{1,2})?[日月年]?(?:\d{1,2}月)?[）)]?|\s\(\d+\))$")
_ANY_KEY = re.compile(r"[\s_-]*(?:id|no\.?|code|key|number|编号|代码)$")
_KEYS = (Type.TEXT, Type.INTEGER)


@dataclass(eq=False)
class Sheet:
    """Raw tables of the same columns; `relation`: its rows as texts in the warehouse, without totals."""

    name: str
    relation: str
    rows: int
    looks: list[Look]
    key: Look | None = None
    parent: tuple[Sheet, Look] | None = None
    refers: dict[str, Sheet] = field(default_factory=dict)
    """Column -> the list of codes that it names a record of."""

    def look(self, column: str) -> Look:
        return next(look for look in self.looks if look.column == column)


@dataclass(frozen=True)
class Table:
    """A table of the pack. fields: id -> what was seen; key: their ids, or `row`; `refers`: field -> table."""

    id: str
    title: Title
    also: tuple[str, ...]
    key: tuple[str, ...]
    label: str | None
    belongs_to: str | None
    reference: bool
    fields: Mapping[str, Look]
    refers: Mapping[str, str]
    rows: int


def tables_of(seen: Seen, warehouse: DuckDB) -> tuple[list[Table], list[str]]:
    """The tables, each below the one that it belongs to; and the names of sheets that are linked to none of them. Raises
    InputError where there are no records."""
    sheets = list(sheets_of(seen.tables, warehouse))
    if not sheets:
        raise InputError("no-table-seen", data=", ".join(dict.fromkeys(raw.file for raw in seen.tables)))
    links = _linked(sheets, warehouse)
    lists = [s for s in sheets if _LIST.search(s.name)]
    others = [s for s in sheets if s not in lists]
    if not others:
        others, lists = lists, []
    if len(others) == 1:
        _set_keys(sheets, links, others, lists)
        if (units := _units_in(others[0], warehouse)) is not None:
            others.insert(0, units)
            return _named(others, []), []
    root = _set_keys(sheets, links, others, lists)
    below, left = _below(root, others), [s.name for s in others]
    line = [root, *below]
    used = [s for s in lists if any(s in of.refers.values() for of in line)]
    return _named(line, used), [name for name in left if name not in {s.name for s in line}] + [
        s.name for s in lists if s not in used
    ]


# -------------------------------------------------------------------------------------------------------------- sheets


def sheets_of(tables: Sequence[RawTable], warehouse: DuckDB) -> Iterator[Sheet]:
    """Raw tables with what their columns look like; those of the same columns together, those without records left out."""
    groups: dict[tuple[str, ...], list[RawTable]] = {}
    for raw in tables:
        groups.setdefault(tuple(sorted({bare(c.header) for c in raw.columns.values()})), []).append(raw)
    number = count()
    for group in groups.values():
        headers: dict[str, str] = {}  # of columns that are called the same, the first
        for column in group[0].columns.values():
            headers.setdefault(bare(column.header), column.header)
        names = {normal: f"c{i}" for i, normal in enumerate(headers)}
        queries = [_texts(raw, names, warehouse, next(number)) for raw in group]
        relation = f"seen_{next(number)}"
        warehouse.create(relation, " UNION ALL ".join(queries))
        rows = warehouse.rows(f"SELECT count(*) FROM {relation}")[0][0]
        if not rows:
            continue
        looker = Looker(warehouse, relation, group[0].serials_from)
        looks = [looker.look(column, headers[normal]) for normal, column in names.items()]
        yield Sheet(_name(group[0]), relation, rows, looks)


def _texts(raw: RawTable, names: Mapping[str, str], warehouse: DuckDB, number: int) -> str:
    """A query of the records of a raw table as texts; null for a blank."""
    columns: dict[str, str] = {}
    for c in raw.columns.values():
        text = quoted(c.name) if raw.grid is not None else trimmed_sql(plain_text_sql(quoted(c.name), c.type))
        columns.setdefault(names[bare(c.header)], text)
    relation, first = raw.relation, raw.first
    if raw.grid is not None:
        relation, first = f"grid_{number}", "_first"
        warehouse.register(relation, raw.grid)
    selected = ", ".join(f"{text} AS {name}" for name, text in columns.items())
    key = next(iter(raw.columns.values()))
    out = left_out_sql(columns[names[bare(key.header)]], "_said", {key.header})
    left = f"SELECT *, {first} AS _said FROM {relation}"
    return f"SELECT {selected} FROM ({left}) WHERE _said IS NOT NULL AND ({out}) IS NULL"


def _name(raw: RawTable) -> str:
    """What a sheet is called: by its own name, or its file's."""
    if raw.sheet and not _NO_NAME.fullmatch(raw.sheet):
        return raw.sheet
    stem = re.sub(
        r"(?i)(?:\.(?:csv|tsv|txt|jsonl?|ndjson|parquet|xls[xmb]?|ods|et|gz|zst))+$", "", re.split(r"[/\\]", raw.file)[-1]
    )
    return stem or raw.sheet or "records"


# --------------------------------------------------------------------------------------------------------- keys, links

Links = Mapping[tuple[int, str], list[tuple[int, str]]]
"""(sheet, column) of what is unique there -> the columns of other sheets that hold its values."""


def _unique(sheet: Sheet) -> list[Look]:
    """The columns that may be a key."""
    return [
        look
        for look in sheet.looks
        if look.field.type in _KEYS and look.field.unit is None and look.filled == look.different == sheet.rows and look.filled
    ]


def _linked(sheets: Sequence[Sheet], warehouse: DuckDB) -> dict[tuple[int, str], list[tuple[int, str]]]:
    found: dict[tuple[int, str], list[tuple[int, str]]] = {}
    for i, sheet in enumerate(sheets):
        for key in _unique(sheet):
            for j, other in enumerate(sheets):
                for look in other.looks if j != i else ():
                    if look.filled and _may_name(look, key, sheet) and _within(look, other, key, sheet, warehouse):
                        found.setdefault((i, key.column), []).append((j, look.column))
    return found


def _may_name(look: Look, key: Look, sheet: Sheet) -> bool:
    """Whether a column may hold the keys of another sheet: numbers that happen to be the same do not."""
    if look.field.type not in (*_KEYS, Type.CHOICE) or is_serial(look.header) or is_serial(key.header):
        return False
    said, keyed = bare(look.header), bare(key.header)
    if _ANY_KEY.fullmatch(said) and said != keyed:  # the record's own
        return False
    return (
        said == keyed
        or said.endswith(keyed)
        or keyed.endswith(said)
        or _ANY_KEY.sub("", keyed) == said
        or (look.is_code and key.is_code and key.field.type is Type.TEXT)
    )


def _within(look: Look, other: Sheet, key: Look, sheet: Sheet, warehouse: DuckDB) -> bool:
    keys = f"SELECT {key.column} FROM {sheet.relation}"
    known = f"count(*) FILTER ({look.column} IN ({keys}))"
    n = warehouse.rows(f"SELECT {known} FROM {other.relation} WHERE {look.column} IS NOT NULL")[0][0]
    return bool(n >= ENOUGH * look.filled)


def _set_keys(sheets: Sequence[Sheet], links: Links, others: Sequence[Sheet], lists: Sequence[Sheet]) -> Sheet:
    """Give every sheet its key, and what it belongs and refers to; the units."""
    at = {id(sheet): i for i, sheet in enumerate(sheets)}

    def linked(sheet: Sheet, look: Look) -> list[tuple[Sheet, str]]:
        return [(sheets[j], c) for j, c in links.get((at[id(sheet)], look.column), [])]

    for sheet in sheets:
        unique = [look for look in _unique(sheet) if not is_serial(look.header)]
        ranked = sorted(unique, key=lambda look: (-len({id(s) for s, _ in linked(sheet, look)}), not look.is_code))
        sheet.key = ranked[0] if ranked and (linked(sheet, ranked[0]) or ranked[0].is_code or ranked[0].is_name) else None
    for sheet in others:
        if sheet.key is None:
            continue
        for child, column in linked(sheet, sheet.key):
            mutual = child.key is not None and any(s is sheet for s, _ in linked(child, child.key))
            if child in others and not (mutual and at[id(child)] < at[id(sheet)]) and not _is_above(child, sheet):
                depth = len(list(_line(sheet)))
                if child.parent is None or depth > len(list(_line(child.parent[0]))):
                    child.parent = sheet, child.look(column)
    for sheet in lists:
        for child, column in linked(sheet, sheet.key) if sheet.key is not None else ():
            if child in others and (child.parent is None or child.parent[1].column != column):
                child.refers[column] = sheet
    roots = [sheet for sheet in others if sheet.parent is None]
    root = max(roots, key=lambda sheet: (len(_below(sheet, others)), -others.index(sheet)))
    if root.key is None:
        nearly = [look for look in root.looks if look.field.type in _KEYS and look.different >= ONCE * root.rows and look.filled]
        named = [look for look in nearly if look.is_code or look.is_name or is_serial(look.header)]
        root.key = next(iter(sorted(named, key=lambda look: (is_serial(look.header), not look.is_code))), None)
    for sheet in others:
        if sheet.parent is not None and sheet.key is not None and sheet.key.column == sheet.parent[1].column and sheet.rows > 1:
            spare = [look for look in _unique(sheet) if look is not sheet.key and look.is_code]
            sheet.key = spare[0] if spare else sheet.key
        if sheet.parent is not None and len(sheet.looks) <= 2 and not _below(sheet, others):
            sheet.key = None  # there is nothing but keys, and a rule has to ask something
    return root


def _line(sheet: Sheet) -> Iterator[Sheet]:
    """The sheets above one."""
    while sheet.parent is not None:
        sheet = sheet.parent[0]
        yield sheet


def _is_above(one: Sheet, other: Sheet) -> bool:
    return one is other or any(sheet is one for sheet in _line(other))


def _below(sheet: Sheet, sheets: Sequence[Sheet]) -> list[Sheet]:
    """What belongs to a sheet, and to these, each behind its own."""
    return [
        s for child in sheets if child.parent is not None and child.parent[0] is sheet for s in (child, *_below(child, sheets))
    ]


# ---------------------------------------------------------------------------------------------------- units in one list


def _units_in(sheet: Sheet, warehouse: DuckDB) -> Sheet | None:
    """The units that a list repeats row by row: by a column that comes again and again, and on which most others rest, what
    they are called among them."""
    best: tuple[Look, list[Look]] | None = None
    for code in sheet.looks:
        again = 1 < code.different <= AGAIN * code.filled and code.filled >= ENOUGH * sheet.rows
        if code.field.type not in _KEYS or code.field.unit is not None or code is sheet.key or not again:
            continue
        others = [look for look in sheet.looks if look is not code and look is not sheet.key]
        own = [look for look in others if _rests_on(look, code, sheet, warehouse)]
        named = any(look.field.type in (Type.TEXT, Type.CHOICE) and look.different >= ONE_TO_ONE * code.different for look in own)
        rank = (len(own), code.is_code)
        if len(own) < len(others) and named and (best is None or rank > (len(best[1]), best[0].is_code)):
            best = code, own
    if best is None:
        return None
    code, own = best
    sheet.looks = [look for look in sheet.looks if look not in own]
    few = [look.field.type is Type.CHOICE and 2 * look.different > code.different for look in own]  # of so few units no choice
    own = [_as(look, Type.TEXT) if no_choice else look for look, no_choice in zip(own, few, strict=True)]
    units = Sheet(_called(code, own), sheet.relation, code.different, [code, *own], key=code)
    sheet.parent = units, code
    return units


def _called(code: Look, own: Sequence[Look]) -> str:
    """What units are called by the headers of their names or codes: 餐饮单位名称, `licence no`."""
    headers = [look.header for look in (*own, code) if look.is_name or look.is_code]
    bare_ones = (re.sub(r"(?i)(?:名称|编号|代码|(?:^|[\s_]+)(?:name|id|code|number|no\.?))$", "", h).strip() for h in headers)
    found = next((said for said, h in zip(bare_ones, headers, strict=True) if said and said != h), None)
    return found or say(language(code.header), "draft.units")


def _rests_on(look: Look, code: Look, sheet: Sheet, warehouse: DuckDB) -> bool:
    """Whether a column says the same wherever the code is the same."""
    if not look.filled or look.field.type is Type.DATE or look.different > code.different:
        return False
    several = f"SELECT 1 FROM {sheet.relation} GROUP BY {code.column} HAVING count(DISTINCT {look.column}) > 1 LIMIT 1"
    return look.different > 1 and not warehouse.rows(several)


# --------------------------------------------------------------------------------------------------------------- names


def _named(line: Sequence[Sheet], lists: Sequence[Sheet]) -> list[Table]:
    """Sheets as tables, with ids; a field that is another table's key is of that one's type, and of a parent's called so."""
    titles = {sheet: _DATED.sub("", sheet.name).strip() or sheet.name for sheet in (*line, *lists)}
    ids: dict[Sheet, str] = {}
    for sheet, title in titles.items():
        ids[sheet] = id_of(title, ids.values(), "table")
    fields: dict[Sheet, dict[str, Look]] = {}
    for sheet in (*lists, *line):
        parent, column = sheet.parent or (None, None)
        above = _key_of(parent, fields[parent]) if parent is not None else None
        headers = {look.header for look in sheet.looks}
        fields[sheet] = named = {}
        for look in sheet.looks:
            if above is not None and parent is not None and look is column:
                named[above] = _as(look, fields[parent][above].field.type)
                continue
            taken = {*named, *(headers - {look.header}), *([above] if above is not None else [])}
            to = sheet.refers.get(look.column)
            kind = to.key.field.type if to is not None and to.key is not None else Type.TEXT if look is sheet.key else None
            kind = look.field.type if look is sheet.key and look.field.type in _KEYS else kind
            named[id_of(look.header, taken)] = look if kind is None else _as(look, kind)
    return [
        Table(
            id=ids[sheet],
            title=Title.model_validate({language(title): title}),
            also=(sheet.name,) if sheet.name != title else (),
            key=(_key_of(sheet, fields[sheet]),),
            label=next((f for f, look in fields[sheet].items() if look.is_name and look is not sheet.key), None),
            belongs_to=ids[sheet.parent[0]] if sheet.parent is not None else None,
            reference=sheet in lists,
            fields=fields[sheet],
            refers={f: ids[sheet.refers[look.column]] for f, look in fields[sheet].items() if look.column in sheet.refers},
            rows=sheet.rows,
        )
        for sheet, title in titles.items()
    ]


def _key_of(sheet: Sheet, fields: Mapping[str, Look]) -> str:
    """The id of a sheet's key; `row` where it has none."""
    return next((f for f, look in fields.items() if sheet.key is not None and look.column == sheet.key.column), ROW)


def _as(look: Look, kind: Type) -> Look:
    """What was seen of a column, as one of another type."""
    return replace(look, field=look.field.model_copy(update={"type": kind, "choices": None}))
