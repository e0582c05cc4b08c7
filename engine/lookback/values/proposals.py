"""What a value that cannot be read was meant to be, where that is plain: it is only shown.

In: the value, and its field. Out: what to write instead, or None. A proposal is right, or there is none.
"""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from decimal import Decimal

from lookback.language.types import Type
from lookback.packs.model import FieldDef
from lookback.packs.params import outside, typed
from lookback.values.choices import words_of
from lookback.values.texts import UNREADABLE, Reading
from lookback.words.errors import did_you_mean

_NUMERALS = {c: str(i) for i, c in enumerate("〇一二三四五六七八九")} | {"零": "0", "○": "0", "Ｏ": "0"}
_COUNTED = r"(?:人|名|位|个|件|份|项|次|条|户|家|起|例|元|圆|天|日|people|persons?|yuan|RMB|CNY|days?|items?)"
"""Units of one: what is counted is what the field counts, where that has no unit of its own."""
_BEFORE = "(?:共|共计|合计|¥|人民币|RMB|CNY)?"
_WITH_UNIT = re.compile(rf"^{_BEFORE}\s*([+-]?(?:\d+|\d{{1,3}}(?:,\d{{3}})+)(?:\.\d+)?)\s*{_COUNTED}$", re.IGNORECASE)
_DONE = r"(?:完成|办结|办理|解决|整改|落实|建立|制定|开展|执行|公布|公开|上报|提交|检查|自查|做)?了?"
_YES = re.compile(rf"^(?:(?:已经?|都已|均已){_DONE}|是的?|有的?|yes|y|true|done)[.。!！]?$", re.IGNORECASE)
_NO = re.compile(
    rf"^(?:(?:尚未|还未|未|没有?|还没有?){_DONE}|不是的?|否|无|no|n|false|not (?:done|yet))[.。!！]?$", re.IGNORECASE
)
"""Answers that say no more than yes, or no."""
_OPEN = re.compile(
    "[非不未无没否?？]|可能|部分|基本|大致|待|拟|将|约|或|"
    r"\b(?:not?|non|never|un\w*|in\w*|dis\w*|partly|maybe|mostly|almost|nearly|to be|or)\b|n't\b"
)
"""Beside a choice, or before it: it is another, or not quite this one."""
_AFTER_DAY = r"\s*[日号]?(?:\s*\(?(?:星期|周|礼拜)[一二三四五六日天]\)?)?\s*(?:上午|下午|早上|中午|晚上)?$"
"""Nothing that makes another day of it, or two."""
_SHORTEST_NEAR = 4
"""Of fewer characters a word is near to too many."""


def propose(value: str, f: FieldDef, reading: Reading, lang: str) -> str | None:
    """What to write instead of `value`; None where it is not plain."""
    text = unicodedata.normalize("NFKC", value).strip()
    if not text or UNREADABLE in value:
        return None
    match f.type:
        case Type.DATE:
            return _within(f, _date_meant(text, reading))
        case Type.INTEGER | Type.NUMBER if f.unit is None and not f.share:
            return _within(f, _number_meant(text))
        case Type.BOOLEAN:
            return _boolean_meant(text, lang)
        case Type.CHOICE:
            return _choice_meant(text, f, lang)
    return None


def _within(f: FieldDef, meant: str | None) -> str | None:
    """What is meant, where it is a value that the field can have."""
    if meant is None:
        return None
    number = Decimal(meant) if f.type is not Type.DATE else Decimal()
    whole = f.type is Type.INTEGER and number == number.to_integral_value()
    try:
        value = typed(meant if f.type is Type.DATE else int(number) if whole else number, f.type)
    except ValueError:
        return None
    return None if outside(f, value) else meant


def _date_meant(text: str, reading: Reading) -> str | None:
    text = _in_digits(text).strip(" .。,，;；")
    if found := re.match(r"^(\d{4})\s*[-/.,年_ ]\s*(\d{1,2})\s*[-/.,月_ ]\s*(\d{1,2})" + _AFTER_DAY, text):
        return _written(*map(int, found.groups()))
    if found := re.match(r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})$", text):
        one, two, year = map(int, found.groups())
        if one == two or two > 12:
            return _written(year, one, two)
        return _written(year, two, one) if one > 12 else None
    if (found := re.match(r"^(\d{1,2})(?:月(\d{1,2})[日号]?|\.(\d{1,2})[日号])$", text)) and reading.year is not None:
        return _written(reading.year, *(int(part) for part in found.groups() if part))
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
    """The number, where a unit of one stands with it: 35人. Not where it is a guess (约35, 30-40) or of a larger one (2周)."""
    found = _WITH_UNIT.match(text)
    return (
        found[1].replace(",", "").lstrip("+")
        if found is not None and re.fullmatch(r"[+-]?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?", found[1])
        else None
    )


def _boolean_meant(text: str, lang: str) -> str | None:
    if _YES.match(text):
        return "是" if lang == "zh" else "yes"
    if _NO.match(text):
        return "否" if lang == "zh" else "no"
    return None


def _choice_meant(text: str, f: FieldDef, lang: str) -> str | None:
    """The choice that stands in the text, with nothing beside it that says otherwise; or one that is spelt nearly so."""
    text = text.casefold()
    words = {
        word.casefold(): choice.in_(lang, code) for code, choice in (f.choices or {}).items() for word in words_of(code, choice)
    }
    found = [word for word in words if len(word) > 1 and re.search(_whole(word), text)]
    if meant := {words[word] for word in found}:
        beside = re.sub("|".join(map(_whole, sorted(found, key=len, reverse=True))), " ", text)
        return meant.pop() if len(meant) == 1 and not _OPEN.search(beside) else None
    if len(text) < _SHORTEST_NEAR:
        return None
    near = did_you_mean(text, [word for word in words if len(word) >= _SHORTEST_NEAR])
    word = str(near[1]["word"]) if near else ""
    return words[word] if word and _as_negative(word) == _as_negative(text) and word[0] == text[0] else None


def _whole(word: str) -> str:
    """A pattern of a word: one of Latin letters stands by itself."""
    edge = r"(?<![a-z0-9])", r"(?![a-z0-9])"
    return f"{edge[0] if word[0].isascii() else ''}{re.escape(word)}{edge[1] if word[-1].isascii() else ''}"


def _as_negative(text: str) -> list[str]:
    """What in a text says not."""
    return _OPEN.findall(text)
