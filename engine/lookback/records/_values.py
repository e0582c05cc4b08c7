"""What is written -> a value of a field's type, as DuckDB's SQL.

In: a column of texts (or of a type of its own), and what `records.yaml` says of the field. Out: two expressions: the text as it
counts (null for a blank), and the value, null where the text is none. Dates, numbers, words are read in the forms that offices
write; what could mean two things (3/4/2005) is no value. The common form is tried first: the others cost only where they occur.
For a value that cannot be read, the one that was plainly meant, if one was; it is only shown.
"""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lookback.language.types import LARGEST, PLACES, TYPES, Type
from lookback.packs.model import Choice, FieldDef
from lookback.warehouse.duckdb import literal
from lookback.words.errors import did_you_mean

TRUE_WORDS = ("true", "yes", "y", "1", "是", "有", "已", "对", "√", "✓", "✔", "☑")
FALSE_WORDS = ("false", "no", "n", "0", "否", "无", "没有", "未", "不是", "错", "×", "✗", "✘", "✕", "x")
_PLAIN_WORDS = (("true", "true"), ("false", "false"), ("是", "true"), ("否", "false"), ("1", "true"), ("0", "false"))
_RANGES = {Type.DATE: ("DATE '1000-01-01'", "DATE '9999-12-31'"), Type.INTEGER: (f"-{LARGEST}", f"{LARGEST}")}
NUMBER = TYPES[Type.NUMBER].sql
FIFTEEN = "printf('%.15g', {})"
UNREADABLE = "\ufffd"
"""In a text: what stands here could not be read. An error cell is this, and its text after it."""
ERRORS_BEGIN = ("#", "Err:")
"""What the texts of a spreadsheet's errors begin with."""
ERRORS = (
    *("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#GETTING_DATA", "#FIELD!"),
    *("#NV", "#BEZUG!", "#WERT!", "#ZAHL!", "#ÜBERLAUF!"),  # German
    *("#VALEUR!", "#NOM?", "#NOMBRE!", "#NUL!"),  # French
    *("#N/D", "#¡REF!", "#¡VALOR!", "#¡DIV/0!", "#¿NOMBRE?", "#¡NUM!", "#¡NULO!", "#VALOR!", "#NOME?"),  # and others of these
    *(f"ERR:{n}" for n in range(501, 541)),  # LibreOffice
)
"""What a formula that failed leaves, as a text: it says nothing, and not that there is nothing."""
BETWEEN = "\x1f"
"""What stands between the texts of several columns of one field."""
BLANK_SPACE = " \t\r\n\v\f\u00a0\u3000\u200b\ufeff"
"""White space at the ends of a value, which does not count."""
TEXT_MARK = "^'([=+@\\-])"  # it tells a spreadsheet that a text is no formula
_WITHOUT_MARK = f"regexp_replace({{}}, {literal(TEXT_MARK)}, '\\1')"

_WIDE = "".join(chr(c) for c in range(0xFF01, 0xFF5F)) + "　—–−。、"
_HALF = "".join(chr(c) for c in range(0x21, 0x7F)) + " ---.,"
_WEEKDAY = r"(?:\s*[(]?(?:星期|周|礼拜)[一二三四五六日天][)]?)?"
_MIDNIGHT = r"(?:[T ]\s*0{1,2}:00(?::00(?:\.0+)?)?Z?)?"
_DATE = rf"^([1-9]\d{{3}})\s*[-/.年]\s*(\d{{1,2}})\s*[-/.月]\s*(\d{{1,2}})\s*[日号]?{_WEEKDAY}{_MIDNIGHT}$"
_COMPACT = r"^([1-9]\d{3})(\d{2})(\d{2})$"
_WITHOUT_YEAR = rf"^(\d{{1,2}})\s*月\s*(\d{{1,2}})\s*[日号]{_WEEKDAY}$"
_SERIAL = r"^([2-7]\d{4})(?:\.0+)?$"
_NAMED_MONTHS = ("%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%d-%b-%Y", "%b %d %Y", "%B %d %Y")
_DIGITS = r"(?:\d+|\d{1,3}(?:,\d{3})+)"
_SIGNED = rf"([+-]?)({_DIGITS})(?:\.(\d+))?"
_NUMBER = rf"{_SIGNED}(?:[eE]([+-]?\d{{1,3}})|\s*([万亿%]))?"
_WHOLE = rf"^{_SIGNED}()(?:\s*([万亿]))?$"
PLAIN_NUMBER = "[+-]?[0-9]+([.][0-9]+)?"  # as most are


@dataclass(frozen=True)
class Reading:
    """How an input's texts are read. blanks: words that stand for a blank. year: of dates without one, None where there is no
    such year. serials_from: the day before day 1 of date numbers. spaces: the white space that texts may begin or end with.
    trimmed: whether they come without any. spoilt: whether a text may hold characters that could not be read. errors: what one
    that is an error's may begin with."""

    blanks: Sequence[str] = ()
    year: int | None = None
    serials_from: str = "1899-12-30"
    spaces: str = BLANK_SPACE
    trimmed: bool = False
    spoilt: bool = True
    errors: Sequence[str] = ERRORS_BEGIN


def text_sql(column: str, kind: str, f: FieldDef, reading: Reading) -> str:
    """The text of a column as it counts: null for what is blank, or a word for that."""
    if is_native(kind, f):
        return f"CAST({own_sql(column, kind, f, reading)} AS VARCHAR)"
    column = column if kind == "VARCHAR" else f"CAST({column} AS VARCHAR)"
    text = column if reading.trimmed else trimmed_sql(column, reading.spaces)
    blank = _blank_sql(text, f, reading)
    return f"CASE WHEN {blank} THEN NULL ELSE {text} END" if blank else text


def _blank_sql(text: str, f: FieldDef, reading: Reading) -> str:
    """Whether a trimmed text is a word for a blank, or a value that one of them says; '' where there are none."""
    blank = []
    if words := [*_forms(_blanks(f, reading.blanks))]:
        longest = max(len(word.encode()) for word in words)  # asked first, as that is quick
        blank.append(f"strlen({text}) <= {longest} AND {text} IN ({_list(words)})")
    if values := _blank_values(f, reading):
        blank.append(f"{_of_text(text, cast_sql(text, f) or '', f, reading)[0]} IN ({', '.join(values)})")
    return " OR ".join(blank)


def own_sql(column: str, kind: str, f: FieldDef, reading: Reading) -> str:
    """A column with a type of its own, null where its value is what a word for a blank says."""
    values, value = _blank_values(f, reading) if is_native(kind, f) else [], _of_double(column) if kind == "DOUBLE" else column
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
        odd = (f"CASE WHEN {test} THEN {sure} ELSE false END" for test, sure in _odd(column, reading))
        return " OR ".join(filter(None, (_odd_ends(column), *odd, _blank_sql(column, f, reading))))
    if f.type is Type.CHOICE:
        codes = {*(f.choices or {})} - {*_forms(_blanks(f, reading.blanks))}
        return f"{column} NOT IN ({_list(sorted(codes) or [''])})"
    return f"{column} IS NOT NULL AND {_native(own_sql(column, kind, f, reading), kind, f)[0]} IS NULL"


def outside_sql(column: str, kind: str, f: FieldDef, reading: Reading) -> str:
    """Whether a column's least or greatest value, which a Parquet file's own statistics tell, is none that typing takes."""
    if f.type not in _RANGES or _blank_values(f, reading):
        return ""
    least, most = _RANGES[f.type]
    return f"min({column}) < {least} OR max({column}) > {most}"


def read_as_written(kind: str, f: FieldDef, reading: Reading) -> bool:
    """Whether the values of a column are read from it as it stands, without `text_sql`, which trims every cell and looks for
    words for a blank. Such a word then is no value of the type and comes to null, and only where something does is `text_sql`
    asked: is it a blank, or can it not be read? Not for texts, which may be any word, and not where a word for a blank has a
    digit."""
    words = _blanks(f, reading.blanks)
    return kind == "VARCHAR" and f.type is not Type.TEXT and f.blanks is None and not any(c.isdigit() for w in words for c in w)


def trimmed_sql(column: str, spaces: str = BLANK_SPACE) -> str:
    """A text without white space at its ends and the mark of a text, null where nothing is left. It is only trimmed where it
    begins or ends with one of `spaces`, as trimming is slow."""
    trimmed = f"nullif({_WITHOUT_MARK.format(f'trim({column}, {literal(BLANK_SPACE)})')}, '')"
    return f"CASE WHEN {_odd_ends(column, spaces)} THEN {trimmed} ELSE {column} END"


def _odd_ends(column: str, spaces: str = BLANK_SPACE) -> str:
    """Whether a text is empty, or may begin or end with one of `spaces`, or begin with the mark of a text."""
    ends = f"{column}[-1] IN ({_list(spaces)})"
    wide = " OR ".join(f"starts_with({column}, {literal(c)})" for c in spaces if ord(c) > 127)
    starts = [f"{column} > {literal(chr(127))} AND ({wide})"] if wide else []  # quick where nothing is wide
    return " OR ".join((f"{column} < '('", ends, *starts))  # white space and marks are below


def first_sql(columns: Sequence[tuple[str, str]], spaces: str = BLANK_SPACE) -> str:
    """The first text of a row, of columns in their order, each with its type; null where all are blank."""
    texts = (trimmed_sql(c, spaces) if kind == "VARCHAR" else f"CAST({c} AS VARCHAR)" for c, kind in columns)
    return f"coalesce({', '.join(texts)})"


def cast_sql(text: str, f: FieldDef) -> str | None:
    """What DuckDB makes of a text by itself, worked out before `value_sql` asks for it more than once."""
    return f"TRY_CAST({text} AS {TYPES[f.type].sql})" if f.type in (Type.INTEGER, Type.DATE) else None


def value_sql(column: str, text: str, cast: str, kind: str, f: FieldDef, reading: Reading) -> tuple[str, bool]:
    """(the value, whether it may be null though the text is not). All by name: `column` is `own_sql`'s, of type `kind`, `text` is
    `text_sql`'s, `cast` is `cast_sql`'s."""
    if not is_native(kind, f):
        return _of_text(text, cast, f, reading)
    if kind.startswith("TIMESTAMP"):
        whole = f"{column} = date_trunc('day', {column}) AND year({column}) BETWEEN 1000 AND 9999"
        return f"CASE WHEN {whole} THEN CAST({column} AS DATE) END", True
    return _native(column, kind, f)


def _of_text(text: str, cast: str, f: FieldDef, reading: Reading) -> tuple[str, bool]:
    match f.type:
        case Type.TEXT if reading.spoilt or reading.errors:
            whens = (f"WHEN {test} THEN CASE WHEN NOT {sure} THEN {text} END" for test, sure in _odd(text, reading))
            return f"CASE {' '.join(whens)} ELSE {text} END", True  # where no row's is odd, they are passed on as they are
        case Type.TEXT:
            return text, False
        case Type.INTEGER:
            return _integer(text, cast), True
        case Type.NUMBER:
            return _number(text), True
        case Type.BOOLEAN:
            return _boolean(text), True
        case Type.DATE:
            return _date(text, cast, reading), True
    return _choice(text, f), True


def _odd(text: str, reading: Reading) -> Iterator[tuple[str, str]]:
    """What makes a text unusable, as it could not be read or is an error's: quick tests, each with one that makes sure."""
    if reading.spoilt:
        yield f"contains({text}, {literal(UNREADABLE)}) OR contains({text}, chr(0))", "true"
    if reading.errors:
        after = {word: word[:-1] + chr(ord(word[-1]) + 1) for word in reading.errors}
        begins = (f"{text} BETWEEN {literal(word)} AND {literal(end)}" for word, end in after.items())
        yield " OR ".join(begins), f"(upper({text}) IN ({_list(ERRORS)}))"


def shown_sql(text: str) -> str:
    """A text that could not be read, as it may be shown."""
    return f"replace({text}, chr(0), {literal(UNREADABLE)})"


def told_sql(text: str) -> str:
    """What could not be used, as it is told: without the mark that says why, the texts of several columns side by side."""
    return f"replace(regexp_replace({text}, '(^|{BETWEEN}){UNREADABLE}([=#0-9-])', '\\1\\2', 'g'), {literal(BETWEEN)}, ' | ')"


def _blank_values(f: FieldDef, reading: Reading) -> list[str]:
    """The values that words for a blank say, as 9999 or 9999-12-31: however they are written, they are blanks."""
    if f.type in (Type.TEXT, Type.CHOICE):
        return []
    words = [w for w in _blanks(f, reading.blanks) if f.blanks is not None or any(c.isdigit() for c in w)]
    return [_of_text(text, cast_sql(text, f) or "", f, reading)[0] for text in map(literal, words)]


def _blanks(f: FieldDef, blanks: Sequence[str]) -> Iterator[str]:
    """The words for a blank that the field's own words do not claim."""
    if f.blanks is not None:
        yield from f.blanks
        return
    own = {"".join(word.casefold().split()) for word in _own_words(f)}
    yield from (word for word in blanks if "".join(word.casefold().split()) not in own)


def _own_words(f: FieldDef) -> Iterator[str]:
    if f.type is Type.BOOLEAN:
        yield from (*TRUE_WORDS, *FALSE_WORDS)
    for code, choice in (f.choices or {}).items():
        yield from _words(code, choice)


def _words(code: str, choice: Choice) -> list[str]:
    """What a choice may be called, its code first."""
    return list(dict.fromkeys((code, *(w for w in (choice.en, choice.zh, *choice.also) if w))))


def _forms(words: Iterator[str]) -> Iterator[str]:
    """Words in the letter cases and widths in which they are written."""
    seen = set()
    for word in words:
        for form in (word, word.lower(), word.upper(), word.title()):
            wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in form)
            for written in (form, wide, unicodedata.normalize("NFKC", form)):
                if written not in seen:
                    seen.add(written)
                    yield written


def _list(words: Sequence[str]) -> str:
    return ", ".join(literal(word) for word in words)


def _half(text: str) -> str:
    """A text with half-width characters for full-width ones, trimmed."""
    return _WITHOUT_MARK.format(f"trim(translate({text}, {literal(_WIDE)}, {literal(_HALF)}), {literal(BLANK_SPACE)})")


def loose_sql(column: str) -> str:
    """A key for finding the one that was meant: without width, letter case, white space."""
    return f"lower(regexp_replace({_half(column)}, '\\s+', '', 'g'))"


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
            return _of_double(column), True
        case Type.NUMBER if kind != "BIGINT":
            return f"CAST({column} AS {NUMBER})", False
    return f"TRY_CAST({column} AS {NUMBER})", True


def _of_double(number: str) -> str:
    """A double with its first 15 digits: of 0.30000000000000004 that is 0.3. Of most it is told at once."""
    return _if_short(number, f"CAST({number} AS {NUMBER})", f"TRY_CAST({_spelt_out(FIFTEEN.format(number))} AS {NUMBER})")


def _if_short(number: str, then: str, other: str) -> str:
    """`then` for a double that is the one of a decimal of so many places."""
    same = f"CASE WHEN CAST(CAST({number} AS {NUMBER}) AS DOUBLE) = {number} THEN {then} ELSE {other} END"
    return f"CASE WHEN {number} IS NULL THEN NULL WHEN abs({number}) < 1e{15 - PLACES} THEN {same} ELSE {other} END"


def rounded_sql(column: str, text: str, kind: str, f: FieldDef) -> str | None:
    """Whether a number, by the names of `value_sql`, has more places than are kept, if it is one; None where none has."""
    more = f"[.][0-9]{{{PLACES}}}[0-9]*[1-9]"
    if f.type is not Type.NUMBER or (is_native(kind, f) and kind != "DOUBLE"):
        return None
    if kind == "DOUBLE":
        return _if_short(column, "false", f"regexp_matches({_spelt_out(FIFTEEN.format(column))}, '{more}')")
    odd = " OR ".join(f"contains({text}, '{sign}')" for sign in "eE%")
    spelt = f"CASE WHEN regexp_full_match({text}, '{PLAIN_NUMBER}') THEN {text} ELSE {_spelt_out(text)} END"
    return f"CASE WHEN strlen({text}) > {PLACES + 2} OR {odd} THEN regexp_matches({spelt}, '{more}') ELSE false END"


def _let(name: str, value: str, body: str) -> str:
    """The body, in which a name stands for a value: written and worked out once."""
    return f"list_transform([{value}], lambda {name}: {body})[1]"


def _other(text: str, name: str, value: str, body: str) -> str:
    """`_let` for a text in no common form; an error's text comes to nothing, which is asked first, as the rest is slow."""
    return f"CASE WHEN {text} BETWEEN '#' AND '$' THEN NULL ELSE {_let(name, value, body)} END"


def _spelt_out(text: str, pattern: str = f"^{_NUMBER}$") -> str:
    """A number with separators of thousands, in ten thousands (万), hundred millions (亿), hundredths (%), powers of ten, as
    digits with a point; null for what is no number."""
    by = "coalesce(TRY_CAST(found.e AS INTEGER), 0) + CASE found.u WHEN '万' THEN 4 WHEN '亿' THEN 8 WHEN '%' THEN -2 ELSE 0 END"
    left = "repeat('0', greatest(-moved, 0)) || whole || found.p || repeat('0', greatest(moved - length(found.p), 0))"
    at = "length(whole) + greatest(moved, 0)"
    point = _let("all_digits", left, f"found.s || substr(all_digits, 1, {at}) || '.' || substr(all_digits, {at} + 1)")
    moved = _let("whole", "replace(nullif(found.w, ''), ',', '')", _let("moved", by, point))
    return _let("found", f"regexp_extract({_half(text)}, '{pattern}', ['s', 'w', 'p', 'e', 'u'])", moved)


def _integer(text: str, whole: str) -> str:
    scaled = f"TRY_CAST({_spelt_out(text, _WHOLE)} AS DECIMAL(38, 15))"
    inside = f"scaled BETWEEN -{LARGEST} AND {LARGEST} AND scaled = round(scaled, 0)"
    return (
        f"CASE WHEN {text} IS NULL THEN NULL WHEN CAST({whole} AS VARCHAR) = {text} "
        f"THEN CASE WHEN {whole} BETWEEN -{LARGEST} AND {LARGEST} THEN {whole} END "
        f"ELSE {_other(text, 'scaled', scaled, f'CASE WHEN {inside} THEN CAST(scaled AS BIGINT) END')} END"
    )


def _number(text: str) -> str:
    return (
        f"CASE WHEN {text} IS NULL THEN NULL WHEN regexp_full_match({text}, '{PLAIN_NUMBER}') THEN TRY_CAST({text} AS {NUMBER}) "
        f"ELSE {_other(text, 'spelt', _spelt_out(text), f'TRY_CAST(spelt AS {NUMBER})')} END"
    )


def _boolean(text: str) -> str:
    plain = " ".join(f"WHEN {text} = {literal(said)} THEN {value}" for said, value in _PLAIN_WORDS)
    other = f"CASE WHEN word IN ({_list(TRUE_WORDS)}) THEN true WHEN word IN ({_list(FALSE_WORDS)}) THEN false END"
    return f"CASE WHEN {text} IS NULL THEN NULL {plain} ELSE {_other(text, 'word', f'lower({_half(text)})', other)} END"


def _date(text: str, plain: str, reading: Reading) -> str:
    def when(pattern: str, parts: str) -> str:
        return f"WHEN regexp_matches(half, '{pattern}') THEN TRY_CAST(regexp_replace(half, '{pattern}', '{parts}') AS DATE)"

    serial = f"DATE '{reading.serials_from}' + CAST(regexp_extract(half, '{_SERIAL}', 1) AS INTEGER)"
    named = f"CAST(try_strptime(half, [{_list(_NAMED_MONTHS)}]) AS DATE)"
    others = [
        when(_DATE, r"\1-\2-\3"),
        when(_COMPACT, r"\1-\2-\3"),
        f"WHEN regexp_matches(half, '{_SERIAL}') THEN {serial}",
        *([when(_WITHOUT_YEAR, rf"{reading.year}-\1-\2")] if reading.year is not None else []),
        f"WHEN regexp_matches(half, '[A-Za-z]{{3}}.*[1-9]\\d{{3}}$') THEN {named}",
    ]
    whens = " ".join(others)
    return (
        f"CASE WHEN {text} IS NULL THEN NULL "
        f"WHEN length({text}) = 10 AND {plain} BETWEEN DATE '1000-01-01' AND DATE '9999-12-31' THEN {plain} "
        f"ELSE {_other(text, 'half', _half(text), f'CASE {whens} END')} END"
    )


def _choice(text: str, f: FieldDef) -> str:
    """A code, or a word for it; without width, letter case, white space where they are needed to tell."""
    codes: dict[str, list[str]] = {}
    loose: dict[str, str] = {}
    for code, choice in (f.choices or {}).items():
        words = _words(code, choice)
        codes[code] = words
        for word in words:
            loose.setdefault(_loose(word), code)
    exact = [f"WHEN {text} IS NULL THEN NULL WHEN {text} IN ({_list(list(codes))}) THEN {text}"]
    exact += [f"WHEN {text} IN ({_list(words[1:])}) THEN {literal(code)}" for code, words in codes.items() if words[1:]]
    other: dict[str, list[str]] = {}
    for word, code in loose.items():
        other.setdefault(code, []).append(word)
    loosely = " ".join(f"WHEN spelt IN ({_list(words)}) THEN {literal(code)}" for code, words in other.items())
    return f"CASE {' '.join(exact)} ELSE {_let('spelt', loose_sql(text), f'CASE {loosely} END')} END"


def _loose(word: str) -> str:
    return "".join(word.translate(str.maketrans(_WIDE, _HALF)).lower().split())


# ---------------------------------------------------------------------------- what a value that cannot be read was meant to be

_NUMERALS = {c: str(i) for i, c in enumerate("〇一二三四五六七八九")} | {"零": "0", "○": "0", "Ｏ": "0"}
_UNIT = re.compile(r"^[^\d+-]{0,4}?([+-]?\d[\d,]*(?:\.\d+)?)\s*[^\W\d]{1,3}$")
_HOW_MANY = re.compile(r"[十百千万亿兆kKmM]")
"""In a unit: it multiplies."""
_OPEN = (
    *("是否", "不详", "未知", "不知", "不清", "不明", "不确", "不一", "未定", "无法", "待", "可能", "部分", "基本", "大致"),
    *("known", "unclear", "sure", "partly", "maybe"),
)
"""In an answer: it says neither yes nor no."""
_NOT = ("非", "不", "未", "无", "没", "not ", "no ", "non-")
"""Before a choice: it says that it is another."""
_TO = re.compile(r"[至到~—–-]|\bto\b", re.IGNORECASE)
_BEGINS_NO = ("没", "未", "不", "否", "无", "no", "not")
_BEGINS_YES = ("已", "是", "有", "yes")


def propose(value: str, f: FieldDef, reading: Reading, lang: str) -> str | None:
    """What to write instead of `value`; None where it is not plain."""
    text = unicodedata.normalize("NFKC", value).strip()
    if not text or UNREADABLE in value:
        return None
    match f.type:
        case Type.DATE:
            return _date_meant(text, reading)
        case Type.INTEGER | Type.NUMBER:
            return _number_meant(text)
        case Type.BOOLEAN:
            return _boolean_meant(text, lang)
        case Type.CHOICE:
            return _choice_meant(text, f, lang)
    return None


def _date_meant(text: str, reading: Reading) -> str | None:
    text = _in_digits(text).strip(" .。,，;；")
    if found := re.match(r"^(\d{4})\D{1,2}(\d{1,2})\D{1,2}(\d{1,2})(\D.*)?$", text):
        *parts, rest = found.groups()
        return None if _TO.search(rest or "") else _written(*map(int, parts))  # two days, or from one on
    if found := re.match(r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})$", text):
        one, two, year = map(int, found.groups())
        if one == two or two > 12:
            return _written(year, one, two)
        return _written(year, two, one) if one > 12 else None
    if (found := re.match(r"^(\d{1,2})[月.](\d{1,2})[日号]?$", text)) and reading.year is not None:
        return _written(reading.year, *map(int, found.groups()))
    return None


def _in_digits(text: str) -> str:
    """二〇〇五年九月三十日 -> 2005年9月30日."""

    def tens(found: re.Match[str]) -> str:
        left, right = (_NUMERALS.get(part or "", "") for part in found.groups())
        return f"{left or 1}{right or 0}"

    text = re.sub(r"([一二三])?十([一二三四五六七八九])?", tens, text)
    return "".join(_NUMERALS.get(c, c) for c in text)


def _written(year: int, month: int, day: int) -> str | None:
    if 1000 <= year <= 9999 and 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]:
        return f"{year:04}-{month:02}-{day:02}"
    return None


def _number_meant(text: str) -> str | None:
    """The number, where a unit stands with it: 35人. Not where it is a guess: 约35, 30-40."""
    found = _UNIT.match(text)
    if found is None or _HOW_MANY.search(text) or re.search(r"[约近余多上下左右大概至~-]", text.lstrip("+-")):
        return None
    return found[1].replace(",", "")


def _boolean_meant(text: str, lang: str) -> str | None:
    word = text.casefold()
    if any(open_ in word for open_ in _OPEN) or ("是" in word and "否" in word):
        return None
    no = word.startswith(_BEGINS_NO) or word in FALSE_WORDS
    yes = word.startswith(_BEGINS_YES) or word in TRUE_WORDS
    if no == yes:
        return None
    return ("是" if yes else "否") if lang == "zh" else ("yes" if yes else "no")


def _choice_meant(text: str, f: FieldDef, lang: str) -> str | None:
    words = {word: choice.in_(lang, code) for code, choice in (f.choices or {}).items() for word in _words(code, choice)}
    if text.casefold().startswith(_NOT) and not text.startswith(tuple(words)):
        return None
    contained = {meant for word, meant in words.items() if len(word) > 1 and word in text}
    if len(contained) == 1:
        return contained.pop()
    near = did_you_mean(text, words)
    return words[near[1]["word"]] if near else None
