"""Words: yes and no, the choices of a field, words that stand for a blank.

In: a text, by name. Out: SQL for the code or truth value that it says, null where it says none; or the words themselves.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

from lookback.language.types import BETWEEN_CHOICES, Type
from lookback.packs.model import Choice, FieldDef
from lookback.values.texts import BLANK_SPACE, half_sql, let_sql, listed, loose_of, loose_sql, otherwise_sql
from lookback.warehouse.duckdb import literal

TRUE_WORDS = ("true", "yes", "y", "1", "是", "有", "已", "对", "√", "✓", "✔", "☑")
FALSE_WORDS = ("false", "no", "n", "0", "否", "无", "没有", "未", "不是", "错", "×", "✗", "✘", "✕", "x")
_PLAIN_WORDS = (("true", "true"), ("false", "false"), ("是", "true"), ("否", "false"), ("1", "true"), ("0", "false"))


def boolean_sql(text: str) -> str:
    plain = " ".join(f"WHEN {text} = {literal(said)} THEN {value}" for said, value in _PLAIN_WORDS)
    other = f"CASE WHEN _word IN ({listed(TRUE_WORDS)}) THEN true WHEN _word IN ({listed(FALSE_WORDS)}) THEN false END"
    return (
        f"CASE WHEN {text} IS NULL THEN NULL {plain} ELSE {otherwise_sql(text, '_word', f'lower({half_sql(text)})', other)} END"
    )


def choice_sql(text: str, f: FieldDef) -> str:
    """A code, or a word for it; without width, letter case, white space where they are needed to tell."""
    codes: dict[str, list[str]] = {}
    loose: dict[str, str] = {}
    for code, choice in (f.choices or {}).items():
        words = words_of(code, choice)
        codes[code] = words
        for word in words:
            loose.setdefault(loose_of(word), code)
    exact = [f"WHEN {text} IS NULL THEN NULL WHEN {text} IN ({listed(list(codes))}) THEN {text}"]
    exact += [f"WHEN {text} IN ({listed(words[1:])}) THEN {literal(code)}" for code, words in codes.items() if words[1:]]
    other: dict[str, list[str]] = {}
    for word, code in loose.items():
        other.setdefault(code, []).append(word)
    loosely = " ".join(f"WHEN _spelt IN ({listed(words)}) THEN {literal(code)}" for code, words in other.items())
    return f"CASE {' '.join(exact)} ELSE {let_sql('_spelt', loose_sql(text), f'CASE {loosely} END')} END"


def choices_sql(text: str, f: FieldDef) -> str:
    """Several codes, or words for them, and what stands between them; or a list of them. Null where one of them is none."""
    codes = listed(list(f.choices or {}))
    between = "[" + "".join(f"\\x{{{ord(sign):x}}}" for sign in (*f.between, "\n", "\r")) + "]"
    parts = f"string_split_regex(_cell, {literal(between)})"
    parts = f"list_filter(list_transform({parts}, lambda _p: trim(_p, {literal(BLANK_SPACE)})), lambda _p: _p <> '')"
    each = let_sql("_some", parts, f"list_transform(_some, lambda _p: {choice_sql('_p', f)})")
    sound = "len(_codes) > 0 AND NOT list_contains([_c IS NULL FOR _c IN _codes], true)"
    joined = f"array_to_string(list_sort(list_distinct(_codes)), {literal(BETWEEN_CHOICES)})"
    cell = f"coalesce(array_to_string(TRY_CAST({text} AS VARCHAR[]), {literal(f.between[0])}), {text})"
    several = let_sql("_cell", cell, let_sql("_codes", each, f"CASE WHEN {sound} THEN {joined} END"))
    return f"CASE WHEN {text} IS NULL THEN NULL WHEN {text} IN ({codes}) THEN {text} ELSE {several} END"


def blanks_of(f: FieldDef, blanks: Sequence[str]) -> Iterator[str]:
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
        yield from words_of(code, choice)


def words_of(code: str, choice: Choice) -> list[str]:
    """What a choice may be called, its code first."""
    return list(dict.fromkeys((code, *(w for w in (choice.en, choice.zh, *choice.also) if w))))


def forms_of(words: Iterator[str]) -> Iterator[str]:
    """Words in the letter cases and widths in which they are written."""
    seen = set()
    for word in words:
        for form in (word, word.lower(), word.upper(), word.title()):
            wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in form)
            for written in (form, wide, unicodedata.normalize("NFKC", form)):
                if written not in seen:
                    seen.add(written)
                    yield written
