"""Cases of messy input: values as people write them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
from messy import (
    ALDER,
    DAY,
    ONE,
    UNITS_ZH,
    P,
    book_case,
    case,
    csv_text,
    text_case,
    write_csv,
    write_xlsx,
)
from openpyxl.utils.datetime import CALENDAR_MAC_1904


@dataclass(frozen=True)
class Bad:
    """A value that cannot be read, what is proposed instead, and its kind where that is not its field's type."""

    proposed: str | None = None
    kind: str | None = None


def values(name: str, field: str, read: Mapping[str, object], lang: str = "en", notices: Sequence[str] = ()) -> None:
    """A case of what is written in one field, in a CSV and in a workbook's texts."""
    rows = [["unit_id", field], *[[f"V{i}", text] for i, text in enumerate(read, start=1)]]
    kind = {"members": "integer", "satisfied": "number", "budget": "number", "self_check": "boolean", "checked_on": "date"}.get(
        field, "choice" if field == "kind" else "text"
    )
    expected = {f"V{i}": {field: None if isinstance(v, Bad) else v} for i, v in enumerate(read.values(), start=1)}
    bad = [
        (f"B{i}", v.kind or kind, text.strip(), v.proposed)
        for i, (text, v) in enumerate(read.items(), start=2)
        if isinstance(v, Bad)
    ]

    def problems(file: str, sheet: str | None) -> list[P]:
        return [P(file, cell, odd, field, text, proposed, sheet) for cell, odd, text, proposed in bad]

    common: dict[str, Any] = {
        "units": expected,
        "lang": lang,
        "notices": notices,
    }
    text_case(name, csv_text(rows), problems=problems("units.csv", None), **common)
    book_case(f"{name}, in a workbook", {"单位": rows}, problems=problems("book.xlsx", "单位"), **common)


values("dates as 2005-09-30", "checked_on", {"2005-09-30": DAY, "2005-9-30": DAY, "2005-9-3": date(2005, 9, 3)})
values("dates as 2005/9/30", "checked_on", {"2005/9/30": DAY, "2005/09/30": DAY, "2005 / 9 / 30": DAY})
values("dates as 2005.9.30", "checked_on", {"2005.9.30": DAY, "2005.09.30": DAY})
values("dates as 20050930", "checked_on", {"20050930": DAY, "20050931": Bad(), "20051301": Bad()})
values("dates as 2005年9月30日", "checked_on", {"2005年9月30日": DAY, "2005年09月30日": DAY, "2005 年 9 月 30 日": DAY})
values("dates as 9月30日, with the year of the review", "checked_on", {"9月30日": DAY, "09月30日": DAY, "9月30号": DAY})
values("dates as Excel serial numbers", "checked_on", {"38625": DAY, "38625.0": DAY})
values(
    "dates with full-width digits",
    "checked_on",
    {
        "２００５－０９－３０": DAY,
        "２００５／９／３０": DAY,
        "２００５年９月３０日": DAY,
        "２００５．９．３０": DAY,
        "９月３０日": DAY,
        "３８６２５": DAY,
    },
)
values("dates with a weekday", "checked_on", {"2005年9月30日星期五": DAY, "2005-09-30（周五）": DAY})
values("dates with midnight, as databases write them", "checked_on", {"2005-09-30 00:00:00": DAY, "2005-09-30T00:00:00": DAY})
values("dates with blanks around them", "checked_on", {" 2005-09-30\u00a0": DAY, "\u30002005/9/30": DAY})
values("dates with the month's English name", "checked_on", {"30 September 2005": DAY, "Sep 30, 2005": DAY, "30-Sep-2005": DAY})
values(
    "what is ambiguous (3/4/2005) is a problem, not a guess",
    "checked_on",
    {"3/4/2005": Bad(), "03-04-2005": Bad(), "3.4.2005": Bad()},
)
values(
    "dates with the year last, where only one reading is a date",
    "checked_on",
    {"30/9/2005": Bad("2005-09-30"), "9/30/2005": Bad("2005-09-30")},
)
values(
    "dates that are none",
    "checked_on",
    {
        "2005-02-30": Bad(),
        "2005-13-01": Bad(),
        "2月29日": Bad(),
        "2005年9月": Bad(),
        "九月底": Bad(),
        "2005": Bad(),
        "0": Bad(),
        "05-09-30": Bad(),
    },
)
values(
    "dates with two days are a problem without a proposal",
    "checked_on",
    {"2005-09-28至2005-09-30": Bad(), "2005年9月28日—30日": Bad()},
)
values(
    "dates in Chinese numerals are proposed",
    "checked_on",
    {"二〇〇五年九月三十日": Bad("2005-09-30"), "二○○五年十月十一日": Bad("2005-10-11")},
)
values(
    "dates with a time of day are that day",
    "checked_on",
    {
        "2005-09-30 14:30": DAY,
        "2005/9/30 8:05": DAY,
        "2005-09-30T16:30:00.123456": DAY,
        "2005年9月30日 上午8:05": DAY,
        "2005年9月30日8时5分": DAY,
        "２００５－０９－３０　２３：５９": DAY,
        "20050930T080500": DAY,
        "30 September 2005 2:30 PM": DAY,
        "38625.34": DAY,
    },
    notices=["time-of-day"],
)
values(
    "times of day that are none",
    "checked_on",
    {"2005-09-30 24:00": Bad(), "2005-09-30 8:60": Bad(), "2005-02-30 8:05": Bad(), "08:05": Bad(), "60": Bad()},
)
values(
    "points in time with a zone are no day unless the pack says whose",
    "checked_on",
    {
        "2005-09-30T16:30:00Z": Bad(),
        "2005-09-30T00:00:00Z": Bad(),
        "2005-09-30 16:30:00+00": Bad(),
        "2005-09-30T16:30+08:00": Bad(),
        "20050930T163000-0500": Bad(),
        "2005-09-30+08:00": Bad(),
    },
)
values(
    "what is no day, or more than one, has no proposal",
    "checked_on",
    {
        "2005-W39-5": Bad(),
        "2005-273": Bad(),
        "2005-09-30前": Bad(),
        "2005年9月30日左右": Bad(),
        "9.30": Bad(),
        "2005年9月30日上午": Bad("2005-09-30"),
    },
)

values("booleans 是/否", "self_check", {"是": True, "否": False, "　是 ": True})
values("booleans 有/无", "self_check", {"有": True, "无": False, "没有": False})
values("booleans √/×", "self_check", {"√": True, "×": False, "✓": True, "✗": False})
values("booleans 已/未", "self_check", {"已": True, "未": False})
values("booleans yes/no", "self_check", {"yes": True, "no": False, "Yes": True, "NO": False, "ｙｅｓ": True})
values("booleans Y/N", "self_check", {"Y": True, "N": False, "y": True, "n": False, "Ｙ": True})
values("booleans 1/0", "self_check", {"1": True, "0": False, "１": True})
values("booleans true/false", "self_check", {"true": True, "FALSE": False, "True": True})
values(
    "booleans that are nearly plain are proposed",
    "self_check",
    {"已完成": Bad("yes"), "未完成": Bad("no"), "不是": False, "2": Bad(), "部分": Bad()},
)
values("booleans are proposed in the language of the review", "self_check", {"已完成": Bad("是"), "没完成": Bad("否")}, lang="zh")
values(
    "booleans that say neither are not guessed at",
    "self_check",
    {
        "是/否": Bad(),
        "是□否□": Bad(),
        "不详": Bad(),
        "未知": Bad(),
        "无法确定": Bad(),
        "不清楚": Bad(),
        "是否": Bad(),
        "有待核实": Bad(),
        "not yet known": Bad(),
        "normal": Bad(),
        "yes and no": Bad(),
        "有关部门办理": Bad(),
        "不错": Bad(),
        "无问题": Bad(),
    },
)

values("choices by code", "kind", {"agency": "agency", "school": "school", "AGENCY": "agency", "ｓｃｈｏｏｌ": "school"})
values(
    "choices by title in any language",
    "kind",
    {"Government agency": "agency", "机关": "agency", "学校": "school", "urban  Community": "community"},
)
values("choices by also:", "kind", {"中学": "school", "小学": "school", "機關": "agency"})
values("choices without regard to spaces", "kind", {"机 关": "agency", "学　校": "school"})
values(
    "choices that are near are proposed", "kind", {"机关单位": Bad("Government agency"), "shcool": Bad("School"), "其他": Bad()}
)
values("choices that hold two are not guessed at", "kind", {"机关、学校": Bad(), "学校或社区": Bad()})
values("choices are proposed in the language of the review", "kind", {"机关单位": Bad("机关")}, lang="zh")
values(
    "choices that say not, or not quite, are no choice",
    "kind",
    {"非学校": Bad(), "not a school": Bad(), "preschooler": Bad(), "拟设学校": Bad(), "原为非机关": Bad(), "nonagency": Bad()},
)

values("numbers with thousands separators", "members", {"1,234": 1234, "1,234,567": 1234567, "１，２３４": 1234})
values("numbers with thousands separators and decimals", "budget", {"1,234.56": 1234.56, "12,345,678.9": 12345678.9})
values(
    "numbers with separators out of place are a problem",
    "budget",
    {"12,34": Bad(), "1,2345": Bad(), "1.234,56": Bad(), "1,23,456": Bad()},
)
values("numbers with percent", "satisfied", {"85%": 0.85, "８５％": 0.85, "85.5 %": 0.855, "100%": 1.0, "-3%": -0.03})
values(
    "numbers with 万", "budget", {"1.5万": 15000.0, "3万": 30000.0, "1,200万": 12000000.0, "2亿": 200000000.0, "1.5 万": 15000.0}
)
values("whole numbers with 万", "members", {"1.5万": 15000, "1.23456万": Bad()})
values(
    "numbers with signs and full-width digits",
    "budget",
    {"-5": -5.0, "+5": 5.0, "－５": -5.0, "１２．５": 12.5, "０": 0.0, "1e3": 1000.0},
)
values("whole numbers written with a decimal point", "members", {"12.0": 12, "12.00": 12, "12.5": Bad()})
values(
    "numbers with a unit of one are proposed without it",
    "members",
    {"35人": Bad("35"), "1,035 人": Bad("1035"), "15 days": Bad("15")},
)
values(
    "numbers with a unit that says how many are not proposed without it",
    "budget",
    {"12万人": Bad(), "5千": Bad(), "3百": Bad(), "5千元": Bad(), "2k": Bad(), "3百万": Bad(), "3万元": Bad(), "2打": Bad()}
    | {"2周": Bad(), "不到30人": Bad()},
)
values(
    "numbers that are none",
    "members",
    {
        "约35": Bad(),
        "30-40": Bad(),
        "30多": Bad(),
        "三十": Bad(),
        "1/2": Bad(),
        "O": Bad(),
        "NaN": Bad(),
        "inf": Bad(),
        "0x1F": Bad(),
        "1_000": Bad(),
    },
)
values(
    "numbers too large to be kept",
    "members",
    {"99999999999999999999": Bad(kind="large-number"), "9007199254740992": 9007199254740992},
)
values(
    "texts of errors are no values, in any language of the spreadsheet",
    "name",
    {
        "#N/A": Bad(),
        "#ref!": Bad(),
        "#WERT!": Bad(),
        "#NOMBRE!": Bad(),
        "Err:502": Bad(),
        "#1": "#1",
        "N/A": None,
        "a #N/A": "a #N/A",
    },
)
values("texts of errors are no numbers", "members", {"#DIV/0!": Bad(), "#NV": Bad()})
values(
    "numbers in full, not rounded to another",
    "budget",
    {"0.1": 0.1, "1e400": Bad(kind="large-number"), "123456789.123": 123456789.123},
)
values(
    "blanks as the pack lists them",
    "members",
    dict.fromkeys(("—", "/", "无", "N/A", "暂无", "待定", "n/a", "Ｎ／Ａ", "／", "", " "), None),
)
values(
    "blanks in a text",
    "name",
    {"—": None, "N/A": None, "暂无": None, "无名街": "无名街", "A/B": "A/B"},
)
values("blanks in a date", "checked_on", {"待定": None, "/": None, "——": Bad()})
values("blanks in a choice", "kind", {"无": None, "/": None})
values("blanks that the pack does not list are problems", "members", {"-": Bad(), "未知": Bad(), "空": Bad()})


@case(
    "blanks per field, where 无 means no, and where it is an answer",
    units=ONE,
    issues={
        "I1": {"solved": False, "complaints": None, "other_needs": "无"},
        "I2": {"solved": True, "complaints": None, "other_needs": None},
        "I3": {"solved": None, "complaints": None, "other_needs": "/"},
    },
    problems=[P("issues.csv", "D4", "integer", "complaints", "/")],
    both=True,
)
def _(folder: Path) -> Sequence[Path]:
    rows = [
        ["issue_id", "unit_id", "是否解决", "意见数", "其他需求"],
        ["I1", "U1", "无", "无", "无"],
        ["I2", "U1", "有", "没有", "—"],
        ["I3", "U1", "/", "/", "/"],
    ]
    return [write_csv(folder / "units.csv", [UNITS_ZH, ALDER]), write_csv(folder / "issues.csv", rows)]


values(
    "texts keep what was written",
    "name",
    {
        t: t
        for t in (
            "０１２ＡＢＣ",
            "007",
            "1,234.50",
            "2005/9/30",
            "甲  乙",
            '他说"好"',
            "a,b;c|d",
            "是",
            "100%",
            "第一行\n第二行",
            "😀𠮷",
        )
    },
)
text_case(
    "texts that look like formulas keep what was written",
    "unit_id,name\nU1,=1+1\nU2,@x\nU3,-3\n",
    units={"U1": {"name": "=1+1"}, "U2": {"name": "@x"}, "U3": {"name": "-3"}},
)
text_case(
    "keys keep their zeros and letter case",
    csv_text([["unit_id", "members"], ["007", "1"], ["7", "2"], ["a7", "3"], ["A7", "4"]]),
    units={"007": {"members": 1}, "7": {"members": 2}, "a7": {"members": 3}, "A7": {"members": 4}},
)


@case(
    "a workbook's own types: dates, numbers, percents, truth values",
    units={
        "101": {
            "name": "2005-09-30",
            "kind": "school",
            "members": 12,
            "satisfied": 0.85,
            "budget": 1234.5,
            "self_check": True,
            "checked_on": DAY,
        },
        "102": {"name": "5", "members": 1234, "satisfied": 1.0, "budget": 0.1, "self_check": False, "checked_on": DAY},
        "103": {"name": "1.5", "members": None, "self_check": True, "checked_on": DAY},
    },
    problems=[P("a.xlsx", "D4", "integer", "members", "1.5", None, "单位")],
    notices=["time-of-day"],
)
def _(folder: Path) -> Sequence[Path]:
    rows = [
        UNITS_ZH,
        [101, datetime(2005, 9, 30), "school", 12, 0.85, 1234.5, True, date(2005, 9, 30)],
        [102.0, 5, None, 1234.0, 1, 0.1, False, 38625],
        ["103", 1.5, None, 1.5, None, None, 1, datetime(2005, 9, 30, 14, 30)],
    ]
    file = write_xlsx(folder / "a.xlsx", {"单位": rows})
    book = openpyxl.load_workbook(file)
    book["单位"]["E2"].number_format = "0.00%"
    book["单位"]["D3"].number_format = "#,##0"
    book["单位"]["H2"].number_format = 'yyyy"年"m"月"d"日"'
    book.save(file)
    return [file]


@case("a workbook that counts its days from 1904", units={"U1": {"checked_on": DAY}, "U2": {"checked_on": DAY}})
def _(folder: Path) -> Sequence[Path]:
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    sheet = book.active
    sheet.title = "单位"
    for row in (["单位代码", "自查完成日期"], ["U1", DAY], ["U2", 38625 - 1462]):
        sheet.append(row)
    book.save(folder / "a.xlsx")
    return [folder / "a.xlsx"]
