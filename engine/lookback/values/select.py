"""The SELECT that types an input: every column of it that is a field, in one pass.

In: an input's columns and their types, the table's definition, how its texts are read. Out: a query of the fields, of where a row
stands, of why it is no record (`_left`), of what could not be read (`_problems`), and of what is told of values that could
(`_noted`: codes of notices, each with its field).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

from lookback.language.types import TYPES, Type
from lookback.packs.model import FieldDef, KeyField, TableDef, put_together_sql
from lookback.values.numbers import number_sql
from lookback.values.texts import BETWEEN, Reading, shown_sql
from lookback.values.typed import (
    cast_sql,
    is_native,
    limit_sql,
    noted_sql,
    own_sql,
    plain_text_sql,
    read_as_written,
    text_sql,
    value_sql,
)
from lookback.values.units import PLAIN, Way
from lookback.warehouse.duckdb import literal, quoted

PROBLEMS = "STRUCT(field VARCHAR, value VARCHAR, kind VARCHAR)[]"
NO_PROBLEMS = f"NULL::{PROBLEMS} AS _problems"
NOTHING_NOTED = "NULL::VARCHAR[] AS _noted"
NOTHING_ODD = f"NULL::BIGINT AS _line, NULL::BIGINT AS _row, NULL::VARCHAR AS _left, {NO_PROBLEMS}, {NOTHING_NOTED}"


def typed_select(
    columns: Mapping[str, tuple[str, str]],
    definition: TableDef,
    reading: Reading,
    relation: str,
    place: str,
    first: str,
    left: str,
    again: Mapping[str, Sequence[tuple[str, str]]],
    ways: Mapping[str, Way] = MappingProxyType({}),
    named: str = "",
) -> str:
    """The SELECT that types an input in three steps: texts, values, what could not be read. `_problems` lists that, null where
    there is nothing. Rows without any text are passed over. `left`: SQL for why a row is no record, by
    `raw <key>` and `_first`. `again`: of a field the further columns, which are called `<field> 0`, `<field> 1`, ….
    `ways`: how the numbers of a column are meant, where that is more than what they say. `named`: SQL for what a record
    without a key is called."""
    fields = definition.columns
    others = {f: [f"{f} {n}" for n in range(len(more))] for f, more in again.items() if more}
    for id_, names in others.items():
        fields |= dict.fromkeys(names, fields[id_])
        columns = {**columns, **dict(zip(names, again[id_], strict=True))}
    columns = {f: (plain_text_sql(*found), "VARCHAR") if f in ways else found for f, found in columns.items()}
    lazy = {f for f, (_, kind) in columns.items() if read_as_written(kind, fields[f], reading)}
    native = {f for f, (_, kind) in columns.items() if fields[f].type is Type.NUMBER and is_native(kind, fields[f])}

    def as_text(f: str, column: str, kind: str) -> str:
        other = _together(f, definition, columns)
        return text_sql(column, kind, fields[f], reading, fields.get(other), ways.get(other, PLAIN))

    texts = {f: column if f in lazy else as_text(f, column, kind) for f, (column, kind) in columns.items()}
    texts |= {f: own_sql(*columns[f], fields[f], reading) for f in native}
    own = {f: own_sql(column, kind, fields[f], reading) for f, (column, kind) in columns.items() if kind != "VARCHAR"}
    read = [f"{text} AS {quoted('raw ' + f)}" for f, text in texts.items()]
    read += [*(f"{sql} AS {quoted('own ' + f)}" for f, sql in own.items()), place, f"{first} AS _first"]
    step = f"SELECT {', '.join(read)} FROM {relation}"
    of_texts = (f for f, (_, kind) in columns.items() if not is_native(kind, fields[f]))  # a double's text is one, too
    casts = {f: cast for f in of_texts if (cast := cast_sql(quoted("raw " + f), fields[f]))}
    step = f"SELECT *{''.join(f', {cast} AS ' + quoted('cast ' + f) for f, cast in casts.items())} FROM ({step})"
    values, checked, noted, passed, kept = [], [], dict[str, tuple[str, str]](), list[str](), []
    for id_, definition_ in fields.items():
        if id_ not in columns:
            values.append(f"NULL::{TYPES[definition_.type].sql} AS {quoted(id_)}")
            continue
        column = quoted(("own " if id_ in own else "raw ") + id_)
        text, kind, way = quoted("raw " + id_), columns[id_][1], ways.get(id_, PLAIN)
        value, fallible = value_sql(column, text, quoted("cast " + id_), kind, definition_, reading, way)
        values.append(f"{value} AS {quoted(id_)}")
        if id_ in definition.columns and (note := noted_sql(column, text, kind, definition_, way)) is not None:
            maybe, code = note
            noted[id_] = f"{quoted(id_)} IS NOT NULL AND {maybe} AND {code} IS NOT NULL", code
            passed += [quoted("own " + id_)] if id_ in own else []
        if fallible:
            checked.append(id_)
    limited = {f: limit_sql(_either(f, others), definition.columns[f]) for f in columns if f in definition.columns}
    told = [f for f in fields if f in checked or f in others or f not in definition.columns or limited.get(f)]
    passed += [quoted("raw " + f) for f in fields if f in told or f in noted]
    step = f"SELECT {', '.join((*values, *passed))}, _file, _line, _row, {left} AS _left FROM ({step}) WHERE _first IS NOT NULL"
    said = {f: as_text(f, quoted("raw " + f), "VARCHAR") if f in lazy else quoted("raw " + f) for f in told}
    said |= {f: f"CAST({quoted('raw ' + f)} AS VARCHAR)" for f in told if f in native}
    shown = {f: shown_sql(text) if reading.spoilt else text for f, text in said.items()}
    bad = {f: f"{quoted('raw ' + f)} IS NOT NULL AND {quoted(f)} IS NULL" for f in checked}  # quick, as it is asked of each row
    bad |= {f: f"{test} AND {said[f]} IS NOT NULL" for f, test in bad.items() if f in lazy}
    clash = {f: _clash(f, names, definition.columns[f], bad, said) for f, names in others.items()}
    alone = {f: f"{bad[f]} AND NOT ({clash[f]})" if f in clash else bad[f] for f in checked if f in definition.columns}
    odd = {f: _why(said[f], fields[f], ways[f]) for f in alone if f in ways}
    entries = [(test, f, shown[f], odd.get(f, "NULL::VARCHAR")) for f, test in alone.items()]
    for f, names in others.items():
        each = ", ".join(f"coalesce({shown[name]}, '')" for name in (f, *names))
        entries.append((clash[f], f, f"concat_ws({literal(BETWEEN)}, {each})", literal("columns-disagree")))
    for f, limit in limited.items():
        if limit:
            test = f"NOT ({clash[f]}) AND ({limit})" if f in clash else limit
            first = f"coalesce({', '.join(shown[name] for name in (f, *others.get(f, ())))})"
            entries.append((test, f, first, literal("outside")))
    problems = f"{_listed(entries)} AS _problems" if entries else NO_PROBLEMS
    more = [(test, f"{code} || {literal(' ' + f)}") for f, (test, code) in noted.items()]
    some = f"{_if_any(more, f'list_filter({_each(more)}, lambda _x: _x IS NOT NULL)')} AS _noted" if more else NOTHING_NOTED
    for f in definition.columns:
        no = [f"({test})" for test in (clash.get(f), limited.get(f)) if test]
        kept.append(f"CASE WHEN {' OR '.join(no)} THEN NULL ELSE {_either(f, others)} END AS {quoted(f)}" if no else quoted(f))
    step = f"SELECT {', '.join(kept)}, _file, _line, _row, _left, {problems}, {some} FROM ({step})"
    together = {f: d for f, d in definition.fields.items() if isinstance(d, KeyField)}
    if not together:
        return step
    made = ", ".join(
        f"{put_together_sql([quoted(part) for part in d.parts]) if d.parts else named} AS {quoted(f)}"
        for f, d in together.items()
    )
    return f"SELECT {made}, * FROM ({step})"


def _together(field: str, definition: TableDef, columns: Collection[str]) -> str:
    """The field of the type that this one is `beside`, of the same column; '' where there is none."""
    f = definition.fields[field.split(" ")[0]]
    of_type = (o for o in columns if o in definition.columns and f.beside is not None and definition.columns[o].type == f.beside)
    return next((o for o in of_type if {*definition.columns[o].also} & {*f.also}), "")


def _either(field: str, others: Mapping[str, Sequence[str]]) -> str:
    """The value of a field, of the first of its columns that has one."""
    return f"coalesce({', '.join(map(quoted, (field, *others[field])))})" if others.get(field) else quoted(field)


def _why(said: str, f: FieldDef, way: Way) -> str:
    """Why a number of a column cannot be used, by the name of its text, where what stands above or beside it says so."""
    no_unit = "unit-unknown" if f.unit is not None or f.share else "unit-unsaid"
    why = "share-mixed" if way.share == "both" else no_unit if way.times is None else None
    return "NULL::VARCHAR" if why is None else f"CASE WHEN {number_sql(said)} IS NOT NULL THEN {literal(why)} END"


def shares_select(columns: Mapping[str, tuple[str, str]], definition: TableDef, reading: Reading, read: str, left: str) -> str:
    """Of columns of shares, by name: whether some number without % is above 1, whether some has one, whether some without it is
    within 1 and not 0: a query of three values a column. `read`: what is read, with `_first` and the key as `raw <key>`."""
    asked = []
    for name, (column, kind) in columns.items():
        text = text_sql(plain_text_sql(column, kind), "VARCHAR", definition.fields[name.split(" ")[0]], reading)
        asked.append(f"{text} AS {quoted('text ' + name)}")
    numbers = f"SELECT {', '.join(asked)}, {left} AS _left FROM ({read}) WHERE _first IS NOT NULL"
    tests = []
    for name in columns:
        text = quoted("text " + name)
        number, signed = number_sql(text), f"regexp_matches({text}, '[%％]')"
        tests += [f"bool_or(NOT {signed} AND abs({number}) > 1)", f"bool_or({signed} AND {number} IS NOT NULL)"]
        tests += [f"bool_or(NOT {signed} AND abs({number}) <= 1 AND {number} <> 0)"]
    return f"SELECT {', '.join(tests)} FROM ({numbers}) WHERE _left IS NULL"


def share_way(above: bool | None, signed: bool | None, within: bool | None) -> Way:
    """How a column of shares is meant, by what `shares_select` finds."""
    return Way(share="both" if within and (above or signed) else "percents" if above else "fractions")


def _if_any(entries: Sequence[tuple[str, str]], listed: str) -> str:
    """What is listed of a row that may be a record, null where none of its entries' tests holds."""
    return f"CASE WHEN _left IS NULL AND ({' OR '.join(f'({test})' for test, _ in entries)}) THEN {listed} END"


def _each(entries: Sequence[tuple[str, str]]) -> str:
    """The entries, null where their tests do not hold: few are worked out for few rows."""
    return f"[{', '.join(f'CASE WHEN {test} THEN {entry} END' for test, entry in entries)}]"


def _listed(entries: Sequence[tuple[str, str, str, str]]) -> str:
    """`_problems` of entries, each with its test, the field, what is said, the kind. Put together of lists of texts, which is
    quicker than a list of structures."""
    values = [(test, value) for test, _, value, _ in entries]
    fields, kinds = (", ".join(of) for of in ([literal(f) for _, f, _, _ in entries], [kind for *_, kind in entries]))
    each = f"list_zip([{fields}], {_each(values)}, [{kinds}])::{PROBLEMS}"
    return _if_any(values, f"list_filter({each}, lambda _x: _x.value IS NOT NULL)")


def _clash(field: str, others: Sequence[str], definition: FieldDef, bad: Mapping[str, str], said: Mapping[str, str]) -> str:
    """Whether further columns of a field say something else than its first. A blank does, too; not of a field by inspectors."""
    tests = []
    for one in others:
        differs = f"{quoted(one)} IS DISTINCT FROM {quoted(field)}"
        if definition.by == "inspector":
            differs = f"({quoted(one)} <> {quoted(field)}) IS TRUE"
        tests.append(differs)
        if spoilt := [f"({bad[name]})" for name in (field, one) if name in bad]:
            tests.append(f"({' OR '.join(spoilt)}) AND {said[one]} IS DISTINCT FROM {said[field]}")
    return " OR ".join(tests)
