"""What is written -> a value of a field's type, as DuckDB's SQL.

In: a column of texts (or of a type of its own), and what `records.yaml` says of the field. Out: two expressions: the text as it
counts (null for a blank), and the value, null where the text is none. Dates, numbers, words are read in the forms that offices
write. The common form is tried first: the others cost only where they occur.
"""

from __future__ import annotations

from lookback.language.types import LARGEST, PLACES, TYPES, Type
from lookback.packs.model import FieldDef
from lookback.packs.params import limits
from lookback.values.choices import blanks_of, boolean_sql, choice_sql, choices_sql, forms_of
from lookback.values.dates import LIMITS, MAY_SAY_MORE, ZONED, date_sql, day_of_sql, time_of_day_sql
from lookback.values.numbers import (
    FIFTEEN,
    NUMBER,
    PLAIN_NUMBER,
    if_short_sql,
    integer_sql,
    number_sql,
    of_double_sql,
    spelt_out_sql,
)
from lookback.values.texts import WITHOUT_MARK, Reading, let_sql, listed, odd_ends_sql, odd_tests, trimmed_sql, unusable_sql
from lookback.values.units import PLAIN, Way, measured_sql
from lookback.warehouse.duckdb import literal

_RANGES = {Type.DATE: LIMITS, Type.INTEGER: (f"-{LARGEST}", f"{LARGEST}")}


def text_sql(column: str, kind: str, f: FieldDef, reading: Reading, other: FieldDef | None = None, way: Way = PLAIN) -> str:
    """The text of a column as it counts: null for what is blank, or a word for that; of a field `beside` another one of the same
    column, null for what is that one's: `other`, with the `way` its numbers are meant."""
    if is_native(kind, f):
        return as_text_sql(own_sql(column, kind, f, reading), kind)
    column = as_text_sql(column, kind)
    text = column if reading.trimmed and not f.keep_spaces else trimmed_sql(column, reading.spaces)
    blank = _blank_sql(text, f, reading)
    if kind == "VARCHAR" and f.type is Type.TEXT and not f.keep_spaces and f.beside is None:
        odd = [] if reading.trimmed else [odd_ends_sql(column, reading.spaces)]
        if lengths := sorted({len(word.encode()) for word in _blank_words(f, reading)}):
            odd.append(f"strlen({column}) <= {lengths[-1]} AND strlen({column}) IN ({', '.join(map(str, lengths))})")
        if not odd:
            return column
        either = f"CASE WHEN {blank} THEN NULL ELSE {text} END" if blank else text
        return f"CASE WHEN {' OR '.join(odd)} THEN {either} ELSE {column} END"  # most texts are what they say, told by little
    if f.beside is not None:  # it is another field's of the same column
        other = other or FieldDef.model_construct(type=Type(f.beside), choices=None, blanks=(), unit=None, share=False)
        is_other = f"{_of_text(text, cast_sql(text, other) or '', other, reading, way)[0]} IS NOT NULL"
        blank = " OR ".join(filter(None, (blank, is_other)))
    if f.keep_spaces:
        text = f"CASE WHEN {text} IS NOT NULL THEN {WITHOUT_MARK.format(column)} END"
    return f"CASE WHEN {blank} THEN NULL ELSE {text} END" if blank else text


def _blank_sql(text: str, f: FieldDef, reading: Reading) -> str:
    """Whether a trimmed text is a word for a blank, or a value that one of them says; '' where there are none."""
    blank = []
    if f.type is Type.CHOICES:
        blank.append(f"{text} = '[]'")
    if words := _blank_words(f, reading):
        longest = max(len(word.encode()) for word in words)  # asked first, as that is quick
        blank.append(f"strlen({text}) <= {longest} AND {text} IN ({listed(words)})")
    if values := _blank_values(f, reading):
        blank.append(f"{_of_text(text, cast_sql(text, f) or '', f, reading)[0]} IN ({', '.join(values)})")
    return " OR ".join(blank)


def _blank_words(f: FieldDef, reading: Reading) -> list[str]:
    """The words that stand for a blank in a field, in all their forms."""
    return [*forms_of(blanks_of(f, reading.blanks))]


def as_text_sql(column: str, kind: str) -> str:
    """A column of any type as texts."""
    return column if kind == "VARCHAR" else f"CAST({column} AS VARCHAR)" + (" || '+00:00'" if kind == ZONED else "")


def own_sql(column: str, kind: str, f: FieldDef, reading: Reading) -> str:
    """A column with a type of its own, null where its value is what a word for a blank says."""
    values, value = _blank_values(f, reading) if is_native(kind, f) else [], of_double_sql(column) if kind == "DOUBLE" else column
    if values and kind.startswith("TIMESTAMP"):
        value = day_of_sql(column, kind, reading)
    return f"CASE WHEN {value} IN ({', '.join(values)}) THEN NULL ELSE {column} END" if values else column


def is_native(kind: str, f: FieldDef) -> bool:
    return kind in TYPES[f.type].own or (f.type is Type.DATE and kind.startswith("TIMESTAMP"))


def doubtful_sql(column: str, kind: str, f: FieldDef, reading: Reading) -> str:
    """Whether typing may change a value of a field's own type, or a double more than a cast does; '' where `outside_sql` says."""
    if kind == "DOUBLE":
        blank = "".join(f" OR {column} = CAST({value} AS DOUBLE)" for value in _blank_values(f, reading))
        return f"abs({column}) >= 1e{15 - PLACES} OR CAST(TRY_CAST({column} AS {NUMBER}) AS DOUBLE) <> {column}{blank}"
    if f.type is Type.BOOLEAN or outside_sql(column, kind, f, reading):
        return ""
    if f.type is Type.TEXT:
        return " OR ".join(filter(None, (odd_ends_sql(column), unusable_sql(column, reading), _blank_sql(column, f, reading))))
    if f.type in (Type.CHOICE, Type.CHOICES):
        codes = {*(f.choices or {})} - {*forms_of(blanks_of(f, reading.blanks))}
        return f"{column} NOT IN ({listed(sorted(codes) or [''])})"
    return f"{column} IS NOT NULL AND {_native(own_sql(column, kind, f, reading), kind, f)[0]} IS NULL"


def outside_sql(column: str, kind: str, f: FieldDef, reading: Reading) -> str:
    """Whether a column's least or greatest value, which a Parquet file's own statistics tell, is none that typing takes."""
    if f.type not in _RANGES or _blank_values(f, reading):
        return ""
    least, most = _RANGES[f.type]
    return f"min({column}) < {least} OR max({column}) > {most}"


def limit_sql(value: str, f: FieldDef) -> str:
    """Whether a value of the field's type is beyond its `least` or `most`; '' where it has none."""
    least, most = (None if limit is None else f"CAST('{limit}' AS {TYPES[f.type].sql})" for limit in limits(f))
    return " OR ".join([*([f"{value} < {least}"] if least else []), *([f"{value} > {most}"] if most else [])])


def plain_text_sql(column: str, kind: str) -> str:
    """A column of numbers as texts: of a double its first 15 digits."""
    text = FIFTEEN.format(column) if kind == "DOUBLE" else f"CAST({column} AS VARCHAR)"
    return column if kind == "VARCHAR" else f"CASE WHEN {column} IS NOT NULL THEN {text} END"


def read_as_written(kind: str, f: FieldDef, reading: Reading) -> bool:
    """Whether the values of a column are read from it as it stands, without `text_sql`, which trims every cell and looks for
    words for a blank. Such a word then is no value of the type and comes to null, and only where something does is `text_sql`
    asked: is it a blank, or can it not be read? Not for texts, which may be any word, and not where a word for a blank has a
    digit."""
    words = blanks_of(f, reading.blanks)
    return kind == "VARCHAR" and f.type is not Type.TEXT and f.blanks is None and not any(c.isdigit() for w in words for c in w)


def cast_sql(text: str, f: FieldDef) -> str | None:
    """What DuckDB makes of a text by itself, worked out before `value_sql` asks for it more than once."""
    return f"TRY_CAST({text} AS {TYPES[f.type].sql})" if f.type in (Type.INTEGER, Type.DATE) else None


def value_sql(column: str, text: str, cast: str, kind: str, f: FieldDef, reading: Reading, way: Way = PLAIN) -> tuple[str, bool]:
    """(the value, whether it may be null though the text is not). All by name: `column` is `own_sql`'s, of type `kind`, `text` is
    `text_sql`'s, `cast` is `cast_sql`'s."""
    if not is_native(kind, f):
        return _of_text(text, cast, f, reading, way)
    if kind.startswith("TIMESTAMP"):
        return day_of_sql(column, kind, reading), True
    return _native(column, kind, f)


def _of_text(text: str, cast: str, f: FieldDef, reading: Reading, way: Way = PLAIN) -> tuple[str, bool]:
    measured = measured_sql(text, f, way) if f.unit is not None or way != PLAIN else None
    match f.type:
        case Type.TEXT if reading.spoilt or reading.errors:
            whens = (f"WHEN {test} THEN CASE WHEN NOT {sure} THEN {text} END" for test, sure in odd_tests(text, reading))
            return f"CASE {' '.join(whens)} ELSE {text} END", True  # where no row's is odd, they are passed on as they are
        case Type.TEXT:
            return text, False
        case Type.INTEGER:
            return integer_sql(text, cast, measured, way.as_written), True
        case Type.NUMBER:
            return number_sql(text, measured, way.as_written), True
        case Type.BOOLEAN:
            return boolean_sql(text), True
        case Type.DATE:
            return date_sql(text, cast, reading), True
        case Type.CHOICES:
            return choices_sql(text, f), True
    return choice_sql(text, f), True


def _blank_values(f: FieldDef, reading: Reading) -> list[str]:
    """The values that words for a blank say, as 9999 or 9999-12-31: however they are written, they are blanks."""
    if f.type in (Type.TEXT, Type.CHOICE, Type.CHOICES):
        return []
    words = [w for w in blanks_of(f, reading.blanks) if f.blanks is not None or any(c.isdigit() for c in w)]
    return [_of_text(text, cast_sql(text, f) or "", f, reading)[0] for text in map(literal, words)]


def _native(column: str, kind: str, f: FieldDef) -> tuple[str, bool]:
    match f.type:
        case Type.BOOLEAN:
            return column, False
        case Type.DATE:
            return f"CASE WHEN year({column}) BETWEEN 1000 AND 9999 THEN {column} END", True
        case Type.INTEGER if kind != "BIGINT":
            return f"CAST({column} AS BIGINT)", False
        case Type.INTEGER:
            return f"CASE WHEN {column} BETWEEN -{LARGEST} AND {LARGEST} THEN {column} END", True
        case Type.NUMBER if kind == "DOUBLE":
            return of_double_sql(column), True
        case Type.NUMBER if kind != "BIGINT":
            return f"CAST({column} AS {NUMBER})", False
    return f"TRY_CAST({column} AS {NUMBER})", True


def noted_sql(column: str, text: str, kind: str, f: FieldDef, way: Way = PLAIN) -> tuple[str, str] | None:
    """(whether one may be due, asked quickly, the code of the notice that is due for a value, if it is one, null where none is);
    all by the names of `value_sql`. None for a column of which nothing is told."""
    if f.type is Type.DATE:
        native = is_native(kind, f)
        code = time_of_day_sql(column if native else text, kind if native else "VARCHAR")
        return None if code is None else ("true" if native else MAY_SAY_MORE.format(text), code)
    rounded = rounded_sql(column, text, kind, f, way)
    return None if rounded is None else (rounded, "'rounded'")


def rounded_sql(column: str, text: str, kind: str, f: FieldDef, way: Way = PLAIN) -> str | None:
    """Whether a number, by the names of `value_sql`, has more places than are kept, if it is one; None where none has."""
    more = f"[.][0-9]{{{PLACES}}}[0-9]*[1-9]"
    if f.type is not Type.NUMBER or (is_native(kind, f) and kind != "DOUBLE"):
        return None
    if kind == "DOUBLE":
        return if_short_sql(column, "false", f"regexp_matches({spelt_out_sql(FIFTEEN.format(column))}, '{more}')")
    if f.unit is not None or way != PLAIN:
        other = f"coalesce({let_sql('_exact', measured_sql(text, f, way), f'_exact <> round(_exact, {PLACES})')}, false)"
        plain = f"strlen({text}) > {PLACES + 2} AND regexp_matches({text}, '{more}')"
        common = f"regexp_full_match({text}, '{PLAIN_NUMBER}')" if way.as_written else "false"
        return f"CASE WHEN {text} IS NULL THEN false WHEN {common} THEN {plain} ELSE {other} END"
    odd = " OR ".join(f"contains({text}, '{sign}')" for sign in "eE%")
    spelt = f"CASE WHEN regexp_full_match({text}, '{PLAIN_NUMBER}') THEN {text} ELSE {spelt_out_sql(text)} END"
    return f"CASE WHEN strlen({text}) > {PLACES + 2} OR {odd} THEN regexp_matches({spelt}, '{more}') ELSE false END"
