"""Rows below a header that are no record: totals, notes, the header again.

In: words that offices write. Out: what tells such a row by its first text, as regular expressions and as DuckDB's SQL; in a grid
the totals with a name in them, which the rows above have to bear out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from lookback.warehouse.duckdb import literal

TOTALS = (
    *("合计", "总计", "小计", "共计", "总数", "累计", "总合计", "合计数", "总计数", "平均", "平均值", "平均数"),
    *("汇总", "汇总数", "合计汇总", "总和", "全部合计"),
    *("本页合计", "本页小计", "本表合计", "全市合计", "全县合计", "全区合计", "全省合计", "全国合计"),
    *("total", "totals", "subtotal", "subtotals", "sub-total", "sub total", "grand total", "grand totals", "sum", "sum total"),
    *("average", "averages", "gesamt", "insgesamt", "summe", "gesamtsumme"),
)
"""The first cell of a row of totals, whole, but for what stands in brackets behind it."""
COUNTS = (
    r"(?:以上|本表|本页|全部)?(?:合计|总计|小计|共计|总共|累计|共有|共)__[0-9０-９][0-9０-９,，.]*__(?:家|个|户|名|人|项|条|件|处|所|份|宗|起|元|万元)?"
    r"(?:单位|企业|机构|部门|组织|问题|事项|记录)?__[。.]?",
    r"[0-9][0-9,.]*(?:\s+[^\W\d]+){0,2}\s+(?:in total|in all|altogether|insgesamt)[.]?",
    r"[0-9][0-9,.]*\s+(?:units|records|rows|items|entries|issues|cases)\s+total[.]?",
    r"(?:(?:in|sum|grand)?\s*total(?:\s+of)?|altogether|insgesamt|summe)__[:：]?\s*[0-9][0-9,.]*(?:\s+[^\W\d]+)?[.]?",
)
"""Totals that say how many: `共2家`, `2 units in total`. `__`: white space, perhaps."""
NAMED = (
    r"(?i)^(?:.{1,40}(?:合计|小计|总计|共计)"
    r"|(?:grand total|sub-?total|total)s?(?: of| for)?\s+\S.{0,40}|\S.{0,40}\s(?:sub-?)?totals?)[\s:：]*$"
)
"""A total of something that is named: `城东小计`, `Total North`. A unit may be called so, too."""
_COMPANY = re.compile(r"(?i)\b(?:ltd|limited|inc|llc|plc|co|corp|company|gmbh|ag|sa)\b\.?\s*$")
_MOST_UNITS = 100  # of such names in a sheet, for each of which the rows above are looked at: more are names of units
COUNTS_BEGIN = "以本全合总小共累iItTsSgGaA"
NOTES = (
    *"其中 注 备注 附注 说明 填表说明 填报说明 填表 填报 填表人 填报人 填报单位 填表单位 制表 制表人".split(),
    *"审核 审核人 负责人 单位负责人 主要负责人 联系人 联系电话 填表日期 填报日期 制表日期 报送日期".split(),
    *("note", "notes", "remark", "remarks", "source", "prepared by", "filled in by", "checked by", "approved by", "date"),
)
"""The first words of a note below a table; a colon follows."""
ENDS = ("以下空白", "以下无正文", "此处以下空白", "end of table", "nothing below")
"""What stands below the last record of a form, whole, often in brackets."""


def left_out_patterns() -> dict[str, str]:
    """What a row is that is no record -> a regular expression (RE2's) that its first text meets."""
    blank = r"[\s\x{a0}\x{3000}]*"  # RE2's white space is that of ASCII

    def any_of(words: Sequence[str]) -> str:
        return "|".join(re.escape(word) if word.isascii() else blank.join(map(re.escape, word)) for word in words)

    counts = "|".join(count.replace("__", blank) for count in COUNTS)
    total = rf"(?i)^(?:(?:{any_of(TOTALS)}){blank}(?:[(（][^)）]*[)）])?{blank}[:：]?{blank}|{counts})$"
    note = rf"(?i)^(?:(?:{any_of(NOTES)}){blank}[0-9]*{blank}[:：]|[(（—-]*{blank}(?:{any_of(ENDS)}){blank}[)）—-]*{blank}$)"
    return {"total": total, "note": note}


def left_out_beginnings() -> list[str]:
    """The characters with which a text that meets one of them begins: asked first, as that is quick."""
    words = (*TOTALS, *NOTES, *ENDS)
    return sorted({form for word in words for form in (word[0].lower(), word[0].upper())} | set("(（—-" + COUNTS_BEGIN))


def left_out_sql(key: str, first: str, headers: Collection[str]) -> str:
    """Why a row is no record, by its key and its first text; null where it is one."""
    begins = f"unicode({first}) IN ({', '.join(str(ord(c)) for c in left_out_beginnings())})"
    begins += f" AND NOT (unicode({first}) < 128 AND {first}[2] BETWEEN '0' AND '9')"  # as keys are: A17, and no word is
    begins = f"({begins}) OR ({first} BETWEEN '0' AND ':' AND contains({first}, ' '))"
    whens = [f"WHEN regexp_matches({first}, {literal(p)}) THEN {literal(kind)}" for kind, p in left_out_patterns().items()]
    again = f"CASE WHEN {key} IN ({', '.join(map(literal, sorted(headers)))}) THEN 'header-again' END"
    return f"CASE WHEN {begins} THEN coalesce(CASE {' '.join(whens)} END, {again}) ELSE {again} END"


def named_totals(first: pa.ChunkedArray, cells: Sequence[pa.ChunkedArray]) -> list[int]:
    """Which rows of a grid are totals with a name in them. `first`: first texts. `cells`: by column, null for a blank.

    As a unit may be called so, the rows since the last total have to bear it out: a column of texts says how many they
    are, or each number is the sum of theirs where a text that they all have is blank, or is in the place of numbered keys.
    """
    named = pc.indices_nonzero(pc.match_substring_regex(first, NAMED)).to_pylist()
    if not named:
        return []
    plain = pc.indices_nonzero(pc.match_substring_regex(first, left_out_patterns()["total"])).to_pylist()
    totals, start, units = set(plain), 0, 0
    for at in sorted({*named, *plain}):
        above = at - start
        if at not in totals and above > 1 and units < _MOST_UNITS and not _COMPANY.search(said := first[at].as_py()):
            if _borne_out(said, [(c[at].as_py(), c.slice(start, above).to_pylist()) for c in cells]):
                totals.add(at)
            else:
                units += 1
        if at in totals:
            start = at + 1
    return sorted(totals - {*plain})


def _borne_out(said: str, columns: Sequence[tuple[str | None, list[str | None]]]) -> bool:
    """`columns`: of each what the row says, and what the rows above it do."""
    summed = spared = counts = False
    whole = True  # whether all its numbers are sums
    for own, above in columns:
        texts = all(value is not None and _number(value) is None for value in above)
        if own is None:
            spared |= texts
        elif own == said:
            keys = texts and all(map(_DIGIT.search, filter(None, above)))
            if keys and _DIGIT.search(own):  # a key of the usual form
                return False
            spared |= keys
        elif (number := _number(own)) is None:
            return False
        elif texts:
            counts |= number == len(above)
            whole &= number == len(above)
        else:
            parts = [part for value in above if value is not None and (part := _number(value))]
            summed = True
            whole &= len(parts) > 1 and sum(parts) == number and number != 0
    return counts or (summed and whole and spared)


_DIGIT = re.compile(r"\d")
_PLAIN = re.compile(r"-?[0-9][0-9,]*(?:\.[0-9]+)?")


def _number(text: str) -> Decimal | None:
    """A number in plain digits; None for anything else."""
    return Decimal(text.replace(",", "")) if _PLAIN.fullmatch(text) else None
