"""What a value that cannot be read was meant to be, where that is plain: it is only shown.

In: the value, and its field. Out: what to write instead, or None. A proposal is right, or there is none.
"""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange

from lookback.language.types import Type
from lookback.packs.model import FieldDef
from lookback.values.choices import FALSE_WORDS, TRUE_WORDS, words_of
from lookback.values.texts import UNREADABLE, Reading
from lookback.words.errors import did_you_mean

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
    words = {word: choice.in_(lang, code) for code, choice in (f.choices or {}).items() for word in words_of(code, choice)}
    if text.casefold().startswith(_NOT) and not text.startswith(tuple(words)):
        return None
    contained = {meant for word, meant in words.items() if len(word) > 1 and word in text}
    if len(contained) == 1:
        return contained.pop()
    near = did_you_mean(text, words)
    return words[near[1]["word"]] if near else None
