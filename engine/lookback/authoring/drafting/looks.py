"""What the values of a column look like -> a draft of its field: type, choices, unit, share, and what was seen.

In: a column of texts in the warehouse, its header. Out: a `Look`. Every type is tried by the very expressions by which records
are read, so that what is drafted is what `check` reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from lookback.authoring.drafting.naming import id_of
from lookback.headers.heads import bare
from lookback.language.types import Type
from lookback.packs.model import SEPARATORS, Choice, FieldDef, Title
from lookback.packs.params import FAMILIES
from lookback.values.choices import FALSE_WORDS, TRUE_WORDS
from lookback.values.texts import Reading, listed
from lookback.values.typed import cast_sql, value_sql
from lookback.values.units import way_of
from lookback.warehouse.duckdb import DuckDB, quoted

BLANKS = ("—", "–", "-", "--", "/", "无", "N/A", "n/a", "NA", "null", "NULL", "None", "暂无", "不详", "未填")
"""Words that may stand for a blank; 无 does only where no other value is a word."""
PLAIN_BLANKS = frozenset(BLANKS) - {"无", "暂无", "不详", "None"}
MOST_CHOICES, LONGEST_CHOICE = 12, 20
FEW = 0.1
"""Of a column's values so many may be none of its type: they are told, and `check` lists them."""
MANY = 5
_LOOKED_AT = 2_000
"""Different values of a column that are looked at one by one."""
_CODE = re.compile(
    r"(?:编号|代码|编码|号码|证号|号|电话|手机|邮编|账号)$|(?:^|[\s_])(?:id|no\.?|nr\.?|code|number|phone|tel|zip|key)$"
)
_VALID = "有效期|到期|valid|expir|until"
_END = f"{_VALID}|期限|时限|截止|至$|due|deadline"
_ENDS, _EXPIRES = re.compile(_END, re.IGNORECASE), re.compile(_VALID, re.IGNORECASE)
_BETWEEN = "[" + re.escape("".join(SEPARATORS)) + "]"
_DAY = re.compile(rf"日期|时间|日$|date|(?:^|[\s_])(?:day|on|until|at)$|{_END}", re.IGNORECASE)
_WORDS = re.compile(r"(?i)名称|姓名|地址|备注|说明|描述|原因|内容|name|address|remark|note|comment|descri|reason|street")
_NAME = re.compile(r"(?i)名称|name$|title$|店名|企业|单位$")
_ASKS = re.compile(r"(?i)是否|有无|^(?:is|has|was|had)[\s_]|\?$|？$")
_SHARE = re.compile(r"(?i)[%％]|百分[比数]|per ?cent|pct")
_MEASURED = re.compile(r"([+-]?\d[\d,]*(?:\.\d+)?)\s*([^\d\s%.,+-][^\d%.,+-]*)")
_PERSONS = re.compile(
    r"(?i)姓名|身份证|联系人|负责人|责任人|法定代表人|法人代表|经办人|检查人|检查员|填表人|电话|手机|邮箱|住址|家庭|出生|"
    r"person|contact|phone|mobile|e-?mail|birth|inspector|owner name|first name|last name|surname"
)
_PERSONAL = {
    "mobile": re.compile(r"(?:\+?86[ -]?)?1[3-9]\d{9}"),
    "identity": re.compile(r"\d{17}[\dXx]"),
    "mail": re.compile(r"[^@\s]+@[^@\s]+\.[a-z]{2,}"),
}


@dataclass(frozen=True)
class Look:
    """A column: its header, its place among the columns, how many values it has and how many are different, the field drafted;
    seen: its least and greatest value, typed; unread: how many values are none of its type, and one of them; personal: why it
    is taken for personal data, a code; blanks: words for a blank in it."""

    header: str
    column: str
    filled: int
    different: int
    field: FieldDef
    seen: tuple[Any, Any] | None = None
    unread: int = 0
    example: str = ""
    personal: str = ""
    blanks: tuple[str, ...] = ()

    @property
    def is_code(self) -> bool:
        """Whether its header says that it tells things apart."""
        return _CODE.search(plain(self.header)) is not None and not (is_serial(self.header) or self.personal)

    @property
    def is_name(self) -> bool:
        return _NAME.search(plain(self.header)) is not None and self.field.type is Type.TEXT and not self.personal

    @property
    def ends(self) -> bool:
        """Whether it is a day by which something ends, or is to be done."""
        return self.field.type is Type.DATE and _ENDS.search(self.header) is not None

    @property
    def expires(self) -> bool:
        """Whether it is a day up to which something is good."""
        return self.field.type is Type.DATE and _EXPIRES.search(self.header) is not None


def plain(header: str) -> str:
    """A header in small letters, its words apart, without brackets."""
    said = re.sub(r"[(（\[【][^)）\]】]*[)）\]】]", "", header)
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", said).strip(" *＊:：").casefold()


def is_serial(header: str) -> bool:
    return bare(header) in ("序号", "序", "no", "no.", "#", "rownumber", "行号")


def _of(**keys: Any) -> FieldDef:
    return FieldDef.model_validate(keys)


def looks_like_a_day(look: Look) -> bool:
    """Whether it should be a day by its header, and is written so that it is none, as 03/04/2024, which may be two."""
    return look.field.type is Type.TEXT and look.filled > 0 and _DAY.search(look.header) is not None and not look.is_code


class Looker:
    """Looks at the columns of a relation of texts."""

    def __init__(self, warehouse: DuckDB, relation: str, serials_from: str) -> None:
        self.warehouse, self.relation = warehouse, relation
        self.reading = Reading(serials_from=serials_from, trimmed=True)

    def look(self, column: str, header: str) -> Look:
        c = quoted(column)
        counted = f"SELECT {c}, count(*) FROM {self.relation} WHERE {c} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1"
        values: dict[str, int] = dict(self.warehouse.rows(f"{counted} LIMIT {_LOOKED_AT}"))
        filled, different = self.warehouse.rows(f"SELECT count({c}), count(DISTINCT {c}) FROM {self.relation}")[0]
        blanks = _blanks_in(values)
        values = {value: n for value, n in values.items() if value not in blanks}
        filled -= self._count(c, f"{c} IN ({listed(blanks)})") if blanks else 0
        different -= len(blanks)
        field, unread = self._field(c, header, values, filled, different, blanks)
        personal = _personal(header, values, field.type)
        seen, example = None, ""
        if field.type in (Type.DATE, Type.INTEGER, Type.NUMBER) and filled:
            seen, example = self._seen(c, field, header, blanks)
        titled = field.model_copy(
            update={"title": Title.model_validate({language(header): _title(header, field)}), "personal": bool(personal)}
        )
        return Look(header, column, filled, different, titled, seen, unread, example, personal, tuple(sorted(blanks)))

    def _count(self, column: str, condition: str) -> int:
        return int(self.warehouse.rows(f"SELECT count({column}) FROM {self.relation} WHERE {condition}")[0][0])

    def _typed(self, c: str, field: FieldDef, header: str, blanks: Sequence[str]) -> str:
        """A query of `t`, the text, and `v`, the value."""
        not_blank = f" AND {c} NOT IN ({listed(blanks)})" if blanks else ""
        texts = f"SELECT {c} AS t FROM {self.relation} WHERE {c} IS NOT NULL{not_blank}"
        cast = f"SELECT t, {cast_sql('t', field) or 'NULL'} AS k FROM ({texts})"
        value, _ = value_sql("t", "t", "k", "VARCHAR", field, self.reading, way_of(field, header))
        return f"SELECT t, {value} AS v FROM ({cast})"

    def _unread(self, c: str, field: FieldDef, header: str, blanks: Sequence[str]) -> int:
        typed = self._typed(c, field, header, blanks)
        return int(self.warehouse.rows(f"SELECT count(*) FROM ({typed}) WHERE v IS NULL")[0][0])

    def values(self, column: str) -> list[str]:
        """The different values of a column, those that come most often first."""
        c = quoted(column)
        counted = f"SELECT {c} FROM {self.relation} WHERE {c} IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1"
        return [value for (value,) in self.warehouse.rows(f"{counted} LIMIT {_LOOKED_AT}")]

    def unreadable(self, column: str, field: FieldDef, header: str, blanks: Sequence[str]) -> tuple[int, str]:
        """How many values of a column are none of a field, and one of them."""
        c = quoted(column)
        return self._unread(c, field, header, blanks), self._seen(c, field, header, blanks)[1]

    def _seen(self, c: str, field: FieldDef, header: str, blanks: Sequence[str]) -> tuple[tuple[Any, Any] | None, str]:
        query = f"SELECT min(v), max(v), min(t) FILTER (v IS NULL) FROM ({self._typed(c, field, header, blanks)})"
        least, most, example = self.warehouse.rows(query)[0]
        return (None if least is None else (least, most)), example or ""

    def _field(
        self, c: str, header: str, values: Mapping[str, int], filled: int, different: int, blanks: Sequence[str]
    ) -> tuple[FieldDef, int]:
        """The field that the values look like, and how many are none of it."""
        for field in self._candidates(header, values, filled, different):
            unread = self._unread(c, field, header, blanks)
            if unread == 0 or (
                unread <= FEW * filled and filled - unread >= MANY and field.type not in (Type.BOOLEAN, Type.TEXT)
            ):
                return field, unread
        return _of(type=Type.TEXT), 0

    def _candidates(self, header: str, values: Mapping[str, int], filled: int, different: int) -> Iterator[FieldDef]:
        """The fields that it may be, the likeliest first."""
        if not filled or (different > _LOOKED_AT and not any(c.isdigit() for c in next(iter(values)))):
            return
        figures = sum(n for value, n in values.items() if re.fullmatch(r"\d+(?:\.\d+)?", value))
        whole, said = figures == sum(values.values()), _DAY.search(header) is not None
        if _is_answer(header, values):
            yield _of(type=Type.BOOLEAN)
        if said or not whole:
            yield _of(type=Type.DATE)
        coded = _CODE.search(plain(header)) or any(re.fullmatch(r"0\d+|\d{16,}", value) for value in values)
        if not coded or is_serial(header):
            unit = _unit(header, values)
            if unit is not None:
                yield _of(type=Type.INTEGER, unit=unit)
                yield _of(type=Type.NUMBER, unit=unit)
            elif any("%" in value or "％" in value for value in values) or (_SHARE.search(header) and figures):
                yield _of(type=Type.NUMBER, share=True)
            yield _of(type=Type.INTEGER)
            yield _of(type=Type.NUMBER)
        if not (coded or _WORDS.search(header) or _PERSONS.search(header)):
            yield from _choice(values, filled, different)


def language(text: str) -> str:
    return "zh" if re.search(r"[\u3400-\u9fff]", text) else "en"


def _title(header: str, field: FieldDef) -> str:
    """A header on one line; without the unit in brackets that the field knows."""
    text = " ".join(header.split())
    if field.unit is not None or field.share:
        text = re.sub(r"\s*[(（\[【][^)）\]】]*[)）\]】]\s*$", "", text) or text
    return text


def _blanks_in(values: Mapping[str, int]) -> list[str]:
    """The words among the values that stand for a blank. 无 does where what else there is are dates and numbers."""
    others = [value for value in values if value not in BLANKS]
    figures = bool(others) and sum(any(c.isdigit() for c in value) for value in others) >= 0.8 * len(others)
    return [value for value in values if value in PLAIN_BLANKS or (value in BLANKS and figures)]


def _is_answer(header: str, values: Mapping[str, int]) -> bool:
    words = {value.casefold() for value in values}
    if not words or not words <= {*TRUE_WORDS, *FALSE_WORDS}:
        return False
    both = words & {*TRUE_WORDS} and words & {*FALSE_WORDS}
    return bool(_ASKS.search(header)) or bool(both and not words <= {"0", "1"})


def _unit(header: str, values: Mapping[str, int]) -> Any:
    """The unit of a column's numbers, by what stands behind them or in the header: a family, or the one form that it has."""
    found = [_MEASURED.fullmatch(value) for value in values]
    forms = {m[2].strip() for m in found if m is not None}
    measured = sum(n for m, n in zip(found, values.values(), strict=True) if m is not None)
    figures = sum(n for value, n in values.items() if re.fullmatch(r"[+-]?[\d,]+(?:\.\d+)?", value))
    if measured and measured + figures >= (1 - FEW) * sum(values.values()):
        for name, family in FAMILIES.items():
            if all(form.lstrip("万亿") in {*family, ""} for form in forms) and any(form in family for form in forms):
                return name
        if len(forms) == 1 and forms.isdisjoint(("万", "亿")) and len(form := next(iter(forms))) <= 8:
            return {form: 1}
        return None
    in_header = re.findall(r"[(（\[【]\s*(?:单位[:：])?\s*([^)）\]】]+?)\s*[)）\]】]", header)
    forms = {form.lstrip("万亿") for form in in_header}
    return next((name for name, family in FAMILIES.items() if forms and figures and forms <= family.keys()), None)


def _choice(values: Mapping[str, int], filled: int, different: int) -> Iterator[FieldDef]:
    """A choice, or several of them in a cell, where few words come again and again."""
    if different > _LOOKED_AT:
        return
    cells = [{part.strip() for part in re.split(_BETWEEN, value)} - {""} for value in values]
    words = dict.fromkeys(sorted({word for cell in cells for word in cell}), 1)
    several = any(len(cell) > 1 for cell in cells) and len(words) < sum(map(len, cells))  # a word of a cell stands in another
    if several and len(words) <= MOST_CHOICES and 2 * len(words) <= filled and _short(words):
        yield _of(type=Type.CHOICES, choices=_choices(words))
    if 2 * different <= filled and different <= MOST_CHOICES and _short(values):
        yield _of(type=Type.CHOICE, choices=_choices(values))


def _short(words: Mapping[str, int]) -> bool:
    return all(len(word) <= LONGEST_CHOICE and "\n" not in word for word in words)


def _choices(words: Mapping[str, int]) -> dict[str, Choice]:
    found: dict[str, Choice] = {}
    loose = dict[str, str]()
    for word in words:
        if (same := loose.get(normal := "".join(word.casefold().split()))) is not None:
            found[same] = found[same].model_copy(update={"also": (*found[same].also, word)})
            continue
        code = id_of(word, found, "choice")
        loose[normal], found[code] = code, Choice.model_validate({language(word): word})
    return found


def _personal(header: str, values: Mapping[str, int], kind: Type) -> str:
    """Why a column is taken for personal data; '' where it is not."""
    if kind in (Type.TEXT, Type.DATE) and _PERSONS.search(header) is not None:
        return "header"
    most = sum(values.values())
    for shape, pattern in _PERSONAL.items():
        if most and 2 * sum(n for value, n in values.items() if pattern.fullmatch(value)) > most:
            return shape
    return ""


def newest(looks: Sequence[Look]) -> date | None:
    """The newest day on which something happened; where none did, the newest day of all."""
    days = [look for look in looks if look.field.type is Type.DATE and look.seen is not None]
    happened = [look.seen[1] for look in days if not look.ends and look.seen is not None]
    return max(happened or [look.seen[1] for look in days if look.seen is not None], default=None)
