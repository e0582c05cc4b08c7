"""What a cell says, as a text: trimmed, blank or not, spoilt or sound; and the small tools of SQL that the other files share.

In: a column of texts. Out: expressions on it. What the text means as a value is not asked here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lookback.warehouse.duckdb import literal

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
MANY = 5
"""So many characters are looked for at once."""
TEXT_MARK = "^'([=+@\\-])"  # it tells a spreadsheet that a text is no formula
WITHOUT_MARK = f"regexp_replace({{}}, {literal(TEXT_MARK)}, '\\1')"
_WIDE = "".join(chr(c) for c in range(0xFF01, 0xFF5F)) + "　\u00a0—–−。、"
_HALF = "".join(chr(c) for c in range(0x21, 0x7F)) + "  ---.,"


@dataclass(frozen=True)
class Reading:
    """How an input's texts are read. blanks: words that stand for a blank. year: of dates without one, None where there is no
    such year. zone: whose days points in time are, None where none is said. serials_from: the day before day 1 of date numbers.
    spaces: the white space that texts may begin or end with.
    trimmed: whether they come without any. spoilt: whether a text may hold characters that could not be read. errors: what one
    that is an error's may begin with."""

    blanks: Sequence[str] = ()
    year: int | None = None
    zone: str | None = None
    serials_from: str = "1899-12-30"
    spaces: str = BLANK_SPACE
    trimmed: bool = False
    spoilt: bool = True
    errors: Sequence[str] = ERRORS_BEGIN


def trimmed_sql(column: str, spaces: str = BLANK_SPACE) -> str:
    """A text without white space at its ends and the mark of a text, null where nothing is left. It is only trimmed where it
    begins or ends with one of `spaces`, as trimming is slow."""
    trimmed = f"nullif({WITHOUT_MARK.format(f'trim({column}, {literal(BLANK_SPACE)})')}, '')"
    return f"CASE WHEN {odd_ends_sql(column, spaces)} THEN {trimmed} ELSE {column} END"


def odd_ends_sql(column: str, spaces: str = BLANK_SPACE) -> str:
    """Whether a text is empty, or may begin or end with one of `spaces`, or begin with the mark of a text."""
    each = " OR ".join(f"ends_with({column}, {literal(c)})" for c in spaces)  # quicker than to find the last character
    ends = each if len(spaces) < MANY else f"{column}[-1] IN ({listed(spaces)})"
    wide = " OR ".join(f"starts_with({column}, {literal(c)})" for c in spaces if ord(c) > 127)
    starts = [f"{column} > {literal(chr(127))} AND ({wide})"] if wide else []  # quick where nothing is wide
    return " OR ".join((f"{column} < '('", ends, *starts))  # white space and marks are below


def first_sql(columns: Sequence[tuple[str, str]], spaces: str = BLANK_SPACE) -> str:
    """The first text of a row, of columns in their order, each with its type; null where all are blank."""
    texts = (trimmed_sql(c, spaces) if kind == "VARCHAR" else f"CAST({c} AS VARCHAR)" for c, kind in columns)
    return f"coalesce({', '.join(texts)})"


def unusable_sql(text: str, reading: Reading) -> str:
    """Whether a text holds what could not be read, or is an error's."""
    return " OR ".join(f"CASE WHEN {test} THEN {sure} ELSE false END" for test, sure in odd_tests(text, reading))


def odd_tests(text: str, reading: Reading) -> Iterator[tuple[str, str]]:
    """What makes a text unusable: quick tests, each with one that makes sure."""
    if reading.spoilt:
        yield f"contains({text}, {literal(UNREADABLE)}) OR contains({text}, chr(0))", "true"
    if reading.errors:
        after = {word: word[:-1] + chr(ord(word[-1]) + 1) for word in reading.errors}
        begins = (f"{text} BETWEEN {literal(word)} AND {literal(end)}" for word, end in after.items())
        yield " OR ".join(begins), f"(upper({text}) IN ({listed(ERRORS)}))"


def shown_sql(text: str) -> str:
    """A text that could not be read, as it may be shown."""
    return f"replace({text}, chr(0), {literal(UNREADABLE)})"


def told_sql(text: str) -> str:
    """What could not be used, as it is told: without the mark that says why, the texts of several columns side by side."""
    return f"replace(regexp_replace({text}, '(^|{BETWEEN}){UNREADABLE}([=#0-9-])', '\\1\\2', 'g'), {literal(BETWEEN)}, ' | ')"


def listed(words: Sequence[str]) -> str:
    return ", ".join(literal(word) for word in words)


def half_sql(text: str) -> str:
    """A text with half-width characters for full-width ones, trimmed."""
    return WITHOUT_MARK.format(f"trim(translate({text}, {literal(_WIDE)}, {literal(_HALF)}), {literal(BLANK_SPACE)})")


def loose_sql(column: str) -> str:
    """A key for finding the one that was meant: without width, letter case, white space."""
    return f"lower(regexp_replace({half_sql(column)}, '\\s+', '', 'g'))"


def loose_of(word: str) -> str:
    return "".join(word.translate(str.maketrans(_WIDE, _HALF)).lower().split())


def let_sql(name: str, value: str, body: str) -> str:
    """The body, in which a name stands for a value: written and worked out once. The name begins with `_`, as no field does: a
    column of its name would be taken for it."""
    return f"list_transform([{value}], lambda {name}: {body})[1]"


def otherwise_sql(text: str, name: str, value: str, body: str) -> str:
    """`let_sql` for a text in no common form; an error's text comes to nothing, which is asked first, as the rest is slow."""
    return f"CASE WHEN {text} BETWEEN '#' AND '$' THEN NULL ELSE {let_sql(name, value, body)} END"
