"""Records as offices keep them: what comes of workbooks, tables of text and folders in every state that they are found in.

Every case is named by what it is about. Those of text files are read in both ways that there are: row by row, and by DuckDB as
large files are; the same must come of both.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import stat
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from messy import (
    ALDER,
    BIRCH,
    CEDAR,
    ISSUES,
    ISSUES_ZH,
    LAMPS,
    ONE,
    PIPES,
    THREE,
    TWO,
    TWO_ISSUES,
    UNITS,
    UNITS_EN,
    UNITS_ZH,
    Case,
    Found,
    P,
    Rows,
    checked_pack,
    codes,
    csv_text,
    encrypted_xlsx,
    padded,
    raw_xlsx,
    read_case,
    write_csv,
    write_pack,
    write_xlsx,
    write_zip,
)
from office import Typed
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from screen import Lookback

import lookback
import lookback.records._texts
from lookback.packs.checked import CheckedPack
from lookback.records._files import TEXT_FILES
from lookback.words import say
from lookback.words.errors import InputError, ProblemsError

CASES: list[Case] = []
ALL = [UNITS_ZH, ALDER, BIRCH, CEDAR]
Build = Callable[[Path], Sequence[str | Path]]


def case(name: str, **expected: Any) -> Callable[[Build], Build]:
    """A case: the function that builds its files, and what is expected of them."""

    def add(build: Build) -> Build:
        CASES.append(Case(name, build, **expected))
        return build

    return add


def text_case(name: str, text: str | bytes, file: str = "units.csv", **expected: Any) -> None:
    """A case of one text file; it is read in both ways."""

    def build(folder: Path) -> list[Path]:
        (folder / file).write_bytes(text if isinstance(text, bytes) else text.encode())
        return [folder / file]

    CASES.append(Case(name, build, both=True, **expected))


def book_case(name: str, sheets: Mapping[str, Rows], file: str = "book.xlsx", **expected: Any) -> None:
    """A case of one workbook."""
    CASES.append(Case(name, lambda folder: [write_xlsx(folder / file, sheets)], **expected))


# ------------------------------------------------------------------------------------------------------ 1. any of it

book_case("xlsx", {"单位": ALL}, units=THREE)
book_case("xlsm", {"单位": ALL}, "book.xlsm", units=THREE)
text_case("CSV in UTF-8 without BOM", csv_text(ALL), units=THREE)
text_case("CSV in UTF-8 with BOM", csv_text(ALL).encode("utf-8-sig"), units=THREE)
text_case("TSV", csv_text(ALL, "\t"), "units.tsv", units=THREE)
text_case("CSV with semicolons, as Excel writes it in half of Europe", csv_text(ALL, ";"), units=THREE)
text_case("CSV with vertical bars", csv_text(ALL, "|"), units=THREE)
text_case("CSV with Chinese commas", csv_text(ALL, "，"), units=THREE)
text_case("CSV with Excel's line sep=;", "sep=;\r\n" + csv_text(ALL, ";"), units=THREE)
text_case("CSV with the line ends of Unix", csv_text(ALL, end="\n"), units=THREE)
text_case("CSV with the line ends of old Macs", csv_text(ALL, end="\r"), units=THREE)
text_case("CSV without a line end after the last row", csv_text(ALL).rstrip(), units=THREE)
text_case("CSV whose values are all in quotation marks", "".join(",".join(f'"{v}"' for v in r) + "\n" for r in ALL), units=THREE)
text_case(
    "CSV whose lines all end with a comma", "".join(line + ",\n" for line in csv_text(ALL, end="\n").splitlines()), units=THREE
)
text_case(
    "TXT in UTF-16 with BOM, Excel's Unicode text",
    csv_text(ALL, "\t").encode("utf-16"),
    "units.txt",
    units=THREE,
    notices=["encoding-detected"],
    told=["UTF-16"],
)
text_case(
    "CSV in UTF-16 big-endian with BOM",
    b"\xfe\xff" + csv_text(ALL).encode("utf-16-be"),
    units=THREE,
    notices=["encoding-detected"],
    told=["UTF-16"],
)
text_case(
    "CSV in UTF-16 without BOM",
    csv_text(ALL).encode("utf-16-le"),
    units=THREE,
    notices=["encoding-detected"],
    told=["UTF-16"],
)
text_case("CSV in GBK", csv_text(ALL).encode("gbk"), units=THREE, notices=["encoding-detected"], told=["GB18030"])
RARE = [UNITS_ZH, ["U1", "㐂街社区", *ALDER[2:]]]
text_case(
    "CSV in GB18030 with a character that GBK has not",
    csv_text(RARE).encode("gb18030"),
    units={"U1": {"name": "㐂街社区"}},
    notices=["encoding-detected"],
    told=["GB18030"],
)
text_case(
    "CSV in GBK with a header in ASCII",
    csv_text([UNITS, ALDER, BIRCH, CEDAR]).encode("gbk"),
    units=THREE,
    notices=["encoding-detected"],
    told=["GB18030"],
)
TRADITIONAL = [["單位代碼", "單位名稱", "單位類別", "人數"], ["U1", "榿木街社區管理處", "機關", "12"]]
text_case(
    "CSV in Big5",
    csv_text(TRADITIONAL).encode("big5"),
    units={"U1": {"name": "榿木街社區管理處", "kind": "agency", "members": 12}},
    notices=["encoding-detected"],
    told=["BIG5"],
)
text_case(
    "--encoding overrules what would be detected",
    csv_text([["unit_id", "name"], ["U1", "榿木"]]).encode("big5"),
    units={"U1": {"name": "榿木"}},
    encoding="big5",
)
text_case(
    "--encoding of a Western file",
    csv_text([["unit_id", "name"], ["U1", "Café Müller"]]).encode("cp1252"),
    units={"U1": {"name": "Café Müller"}},
    encoding="cp1252",
)
text_case("--encoding that there is none of", csv_text(ALL), encoding="utf-99", refused="no-such-encoding")
text_case(
    "--encoding gb18030 for a file that has UTF-8's BOM",
    csv_text(ALL).encode("utf-8-sig"),
    units=THREE,
    encoding="utf-8",
)


def as_json(row: Sequence[str], **other: object) -> dict[str, object]:
    return dict(zip(UNITS_ZH, row, strict=True)) | other


text_case(
    "JSON lines",
    "".join(
        json.dumps(x, ensure_ascii=False) + "\n"
        for x in (
            {"unit_id": "U1", "members": 12, "satisfied": 0.9, "self_check": True, "checked_on": "2005-09-30", "kind": "school"},
            {"unit_id": "U2", "members": "1,234", "satisfied": "90%", "self_check": "否", "checked_on": None, "kind": "机关"},
            {"unit_id": "U3", "members": "twelve", "name": "—"},
        )
    ),
    "units.jsonl",
    units={
        "U1": {
            "members": 12,
            "satisfied": 0.9,
            "self_check": True,
            "checked_on": date(2005, 9, 30),
            "kind": "school",
            "name": None,
        },
        "U2": {"members": 1234, "satisfied": 0.9, "self_check": False, "checked_on": None, "kind": "agency"},
        "U3": {"members": None, "name": None},
    },
    problems=[P("units.jsonl", 3, "integer", "members", "twelve")],
)
text_case(
    "JSON, a list of records with Chinese keys",
    json.dumps([as_json(ALDER, 人数=12), as_json(BIRCH, 是否自查=False)], ensure_ascii=False),
    "单位.json",
    units=TWO,
)


@case("Parquet with types", units=TWO)
def _(folder: Path) -> Sequence[Path]:
    records = [{"unit_id": key, **record} for key, record in TWO.items()]
    pq.write_table(pa.Table.from_pylist(records), folder / "units.parquet")
    return [folder / "units.parquet"]


@case(
    "Parquet of texts",
    units={"U1": ONE["U1"], "U2": {"members": None}},
    problems=[P("units.parquet", 2, "integer", "members", "34人", "34")],
)
def _(folder: Path) -> Sequence[Path]:
    rows = [ALDER, ["U2", *BIRCH[1:3], "34人", *BIRCH[4:]]]
    pq.write_table(pa.Table.from_pylist([as_json(row) for row in rows]), folder / "units.parquet")
    return [folder / "units.parquet"]


text_case(
    "CSV in GBK of one short row",
    "单位代码,人数\nU1,12\n".encode("gbk"),
    units={"U1": {"members": 12}},
    notices=["encoding-detected"],
    told=["GB18030"],
)
text_case(
    "CSV in Big5 of one short row",
    "單位代碼,人數\nU1,12\n".encode("big5"),
    units={"U1": {"members": 12}},
    notices=["encoding-detected"],
    told=["BIG5"],
)
text_case(
    "JSON lines with a BOM, blank lines and other keys in every line",
    "\ufeff"
    + '{"unit_id": "U1", "members": 12}\n\n{"单位代码": "U2"}\n{"unit_id": "U3", "备注": "x"}\n'.replace("单位代码", "unit_id"),
    "units.jsonl",
    units={"U1": {"members": 12}, "U2": {"members": None}, "U3": {}},
    notices=["unknown-column"],
)


@case("Parquet with types of its own", units=ONE)
def _(folder: Path) -> Sequence[Path]:
    record: dict[str, Any] = {"unit_id": "U1", **ONE["U1"]}
    columns = {name: pa.array([value]) for name, value in record.items()}
    columns["kind"] = pa.array(["社区"]).dictionary_encode()
    columns["members"] = columns["members"].cast(pa.int32())
    columns["budget"] = pa.array([Decimal("1000.00")], pa.decimal128(12, 2))
    columns["checked_on"] = columns["checked_on"].cast(pa.timestamp("us"))
    columns["self_check"] = pa.array(["是"])
    pq.write_table(pa.table(columns), folder / "units.parquet")
    return [folder / "units.parquet"]


@case("a zip of them", units=THREE, issues=TWO_ISSUES, notices=["encoding-detected"])
def _(folder: Path) -> Sequence[Path]:
    book = write_xlsx(folder / "b.xlsx", {"问题": [ISSUES_ZH, PIPES, LAMPS]}).read_bytes()
    members = {"表/单位.csv": csv_text(ALL).encode("gbk"), "表/问题.xlsx": book, "表/": b"", "readme.md": b"# see"}
    return [write_zip(folder / "all.zip", members)]


@case("a zip packed on Chinese Windows, with names in GBK", units=THREE)
def _(folder: Path) -> Sequence[Path]:
    return [write_zip(folder / "全部.zip", {"汇总/单位.csv": csv_text(ALL).encode()}, names="gbk")]


@case(
    "a problem in a zip is told with the member's name",
    units={"U1": {"members": None}},
    problems=[P("all.zip/表/单位.csv", "B2", "integer", "members", "多")],
)
def _(folder: Path) -> Sequence[Path]:
    return [write_zip(folder / "all.zip", {"表/单位.csv": "单位代码,人数\nU1,多\n".encode()})]


@case("a folder with one workbook per unit", units=THREE, issues=TWO_ISSUES)
def _(folder: Path) -> Sequence[Path]:
    for unit, issue in zip((ALDER, BIRCH, CEDAR), (PIPES, LAMPS, None), strict=True):
        issues = [ISSUES_ZH, issue] if issue else [ISSUES_ZH]
        write_xlsx(folder / "上报" / unit[2] / f"{unit[1]}.xlsx", {"单位情况表": [UNITS_ZH, unit], "问题清单": issues})
    (folder / "上报" / "~$桤木街社区.xlsx").write_bytes(b"lock")
    (folder / "上报" / "汇总说明.docx").write_bytes(b"none of ours")
    return [folder / "上报"]


@case("a glob", units=TWO, notices=["table-by-header"])
def _(folder: Path) -> Sequence[str]:
    write_csv(folder / "单位-北.csv", [UNITS_ZH, ALDER])
    write_csv(folder / "单位-南.csv", [UNITS_ZH, BIRCH])
    write_csv(folder / "其他.csv", [["a"], ["1"]])
    return [f"{folder}/单位-*.csv"]


@case("a glob with a table's name", units={"U1": {"members": 12}, "U2": {"members": 34}})
def _(folder: Path) -> Sequence[str]:
    write_csv(folder / "x" / "北.csv", [["单位编号", "人数"], ["U1", "12"]])
    write_xlsx(folder / "y" / "南.xlsx", {"Sheet1": [["单位编号", "人数"], ["U2", 34]]})
    return [f"units={folder}/**/*.*"]


@case("a glob that nothing matches", refused="no-such-input")
def _(folder: Path) -> Sequence[str]:
    return [f"{folder}/*.csv"]


TITLED = [["桤木区单位情况表（2005年）"], ["填报日期：2005年9月30日"], [], *ALL]
book_case("title rows above the header", {"单位": TITLED}, units=THREE)
text_case("title rows above the header of a CSV", csv_text(TITLED), units=THREE)
text_case("a title row that is padded with commas", csv_text([["桤木区单位情况表", *[""] * 7], [""] * 8, *ALL]), units=THREE)


@case("a title that is merged over all columns", units=THREE)
def _(folder: Path) -> Sequence[Path]:
    file = write_xlsx(folder / "a.xlsx", {"单位": [["单位情况表"], *ALL]})
    book = openpyxl.load_workbook(file)
    book["单位"].merge_cells("A1:H1")
    book.save(file)
    return [file]


@case(
    "merged header cells, over two columns",
    units=THREE,
)
def _(folder: Path) -> Sequence[Path]:
    rows = [[*row[:2], None, *row[2:]] for row in ALL]
    file = write_xlsx(folder / "a.xlsx", {"单位": rows})
    book = openpyxl.load_workbook(file)
    for row in range(1, 5):
        book["单位"].merge_cells(start_row=row, end_row=row, start_column=2, end_column=3)
    book.save(file)
    return [file]


@case("merged header cells, over two lines and over groups of columns", units=THREE)
def _(folder: Path) -> Sequence[Path]:
    upper = [*UNITS_ZH[:3], "基本情况", None, None, "自查", None]
    lower = [None, None, None, *UNITS_ZH[3:7], "完成日期"]
    file = write_xlsx(folder / "a.xlsx", {"单位": [["单位情况表"], upper, lower, *ALL[1:]]})
    book = openpyxl.load_workbook(file)
    for cells in ("A1:H1", "A2:A3", "B2:B3", "C2:C3", "D2:F2", "G2:H2"):
        book["单位"].merge_cells(cells)
    book.save(file)
    return [file]


text_case(
    "two-line headers",
    csv_text([["", "", "", "人员", "结果", "", "自查", ""], [*UNITS_ZH[:7], "完成日期"], *ALL[1:]]),
    units=THREE,
)
book_case(
    "two-line headers, Chinese and English",
    {"单位": [UNITS_ZH, UNITS_EN, *ALL[1:]]},
    units=THREE,
    notices=["left-out.header-again"],
)
text_case(
    "two-line headers of a CSV, titles and ids",
    csv_text([UNITS_ZH, UNITS, *ALL[1:]]),
    units=THREE,
    notices=["left-out.header-again"],
)
BLANK = [
    [],
    [None, *UNITS_ZH[:2], None, *UNITS_ZH[2:]],
    [],
    *[row for unit in ALL[1:] for row in ([None, *unit[:2], None, *unit[2:]], [], [" ", "", "\u3000"])],
]
book_case("blank rows and columns", {"单位": BLANK}, units=THREE)
text_case("blank rows and columns of a CSV", csv_text([[v or "" for v in row] or [""] * 9 for row in BLANK]), units=THREE)
TOTAL = ["合计", "", "", "102", "", "6000"]
book_case("a totals row at the end", {"单位": [*ALL, TOTAL]}, units=THREE, notices=["left-out.total"])
text_case("a totals row at the end of a CSV", csv_text([*ALL, [*TOTAL, "", ""]]), units=THREE, notices=["left-out.total"])
book_case(
    "totals in the middle, with spaces and in English",
    {
        "单位": [
            UNITS_ZH,
            ALDER,
            ["小 计", None, None, 12],
            BIRCH,
            CEDAR,
            [None, "Grand Total", None, 102],
            ["总　计：", "3个单位"],
        ]
    },
    units=THREE,
    notices=["left-out.total"],
)
book_case(
    "a totals row in a table with a serial number",
    {"单位": [["序号", *UNITS_ZH], [1, *ALDER], [2, *BIRCH], ["合计", None, None, None, 46]]},
    units=TWO,
    notices=["unknown-column", "left-out.total"],
)
text_case(
    "a unit that is called 合计 is no total",
    csv_text([UNITS_ZH, ["U1", "合计", *ALDER[2:]]]),
    units={"U1": {"name": "合计", "members": 12}},
)
NOTES = [["注：本表数据截至2005年9月30日"], ["　　2. 经费以元计。"]]
book_case("notes below", {"单位": [*ALL, [], *NOTES]}, units=THREE, notices=["note-below"] * 2)
text_case("notes below a CSV", csv_text([*ALL, *NOTES]), units=THREE, notices=["note-below"] * 2)
text_case(
    "notes below a CSV, padded with commas",
    csv_text([*ALL, *[[*note, *[""] * 7] for note in NOTES]]),
    units=THREE,
    notices=["note-below"] * 2,
)
book_case(
    "notes below, the people who filled it in side by side",
    {"单位": [*ALL, ["填表人：甲", None, None, "审核人：乙"]]},
    units=THREE,
    notices=["left-out.note"],
)
book_case("notes below, 以下空白", {"单位": [*ALL, ["（以下空白）"]]}, units=THREE, notices=["left-out.note"])
book_case(
    "notes below and a totals row above them",
    {"单位": [*ALL, TOTAL, [], *NOTES]},
    units=THREE,
    notices=["left-out.total", "note-below", "note-below"],
)


@case("hidden sheets", units=THREE, notices=["hidden-sheet"])
def _(folder: Path) -> Sequence[Path]:
    changed = [UNITS_ZH, ["U9", *ALDER[1:]]]
    file = write_xlsx(
        folder / "a.xlsx", {"单位": ALL, "units": changed, "问题": [ISSUES_ZH, PIPES], "词表": [["机关"], ["学校"]]}
    )
    book = openpyxl.load_workbook(file)
    for name, state in (("units", "hidden"), ("问题", "veryHidden"), ("词表", "hidden")):
        book[name].sheet_state = state
    book.save(file)
    return [file]


book_case(
    "several tables as several sheets",
    {
        "填报说明": [["请先阅读"], ["1. 单位代码必填"]],
        "单位": ALL,
        "问题清单 ": [ISSUES_ZH, PIPES, LAMPS],
        "Visits": [["Visit number", "Unit code", "Visited on"], [1, "U1", datetime(2005, 9, 20)]],
        "Sheet5": [],
    },
    units=THREE,
    issues=TWO_ISSUES,
    visits={1: {"unit_id": "U1", "visited_on": date(2005, 9, 20)}},
    notices=["sheet-beside", "empty-sheet"],
)
book_case(
    "sheets that are called Sheet1 and Sheet2",
    {"Sheet1": ALL, "Sheet2": [ISSUES_ZH, PIPES, LAMPS], "Sheet3": []},
    units=THREE,
    issues=TWO_ISSUES,
    notices=["empty-sheet", "table-by-header", "table-by-header"],
)
book_case(
    "a table that goes on in a second sheet",
    {"单位": [UNITS_ZH, ALDER], "单位（续）": [UNITS_ZH, BIRCH]},
    units=TWO,
    notices=[],
)
book_case("a workbook without any table", {"Sheet1": [["甲", "乙"], [1, 2]]}, refused="no-table-in-workbook")

# header names
text_case("headers by id", csv_text([UNITS, *ALL[1:]]), units=THREE)
text_case("headers by title in English", csv_text([UNITS_EN, *ALL[1:]]), units=THREE)
text_case("headers by title in Chinese", csv_text([UNITS_ZH, *ALL[1:]]), units=THREE)
text_case("headers by title in either language", csv_text([[*UNITS_ZH[:4], *UNITS_EN[4:]], *ALL[1:]]), units=THREE)
text_case("headers by also:", csv_text([["单位编号", *UNITS_ZH[1:]], *ALL[1:]]), units=THREE)
text_case(
    "headers ignoring width",
    csv_text([["ＵＮＩＴ＿ＩＤ", "Ｕｎｉｔ　ｎａｍｅ", "KIND", *UNITS_ZH[3:]], *ALL[1:]]),
    units=THREE,
)
text_case(
    "headers ignoring spaces",
    csv_text([["单 位 代 码", " 单位名称　", "类　　别", "Mem bers", *UNITS_ZH[4:]], *ALL[1:]]),
    units=THREE,
)
book_case(
    "headers ignoring line breaks",
    {"单位": [["单位\n代码", "单位\r\n名称", *UNITS_ZH[2:7], "自查完成\n日期"], *ALL[1:]]},
    units=THREE,
)
text_case(
    "headers of a CSV ignoring line breaks",
    csv_text([["单位\n代码", "单位\r\n名称", *UNITS_ZH[2:]], *ALL[1:]]),
    units=THREE,
)
text_case(
    "headers ignoring brackets with units",
    csv_text(
        [
            [
                "*单位代码",
                "单位名称（全称）",
                "类别[单选]",
                "人数(人)",
                "满意率（%）",
                "Budget (yuan)",
                "是否自查【是/否】",
                "自查完成日期:",
            ],
            *ALL[1:],
        ]
    ),
    units=THREE,
)


@case(
    "near misses are proposed: 整改时线",
    units=ONE,
    issues={"I1": {"title": "水管老化", "deadline": None}},
    notices=["unknown-column-near"],
    told=["column `整改时线`", "Did you mean `整改期限`?"],
    both=True,
)
def _(folder: Path) -> Sequence[Path]:
    issues = [["问题编号", "单位代码", "问题", "整改时线"], PIPES[:4]]
    return [write_csv(folder / "units.csv", [UNITS_ZH, ALDER]), write_csv(folder / "问题.csv", issues)]


text_case(
    "near misses are proposed in English",
    csv_text([["Unit code", "Unit name", "Kind", "Membres"], ["U1", "Alder Lane", "School", "12"]]),
    units={"U1": {"name": "Alder Lane", "members": None}},
    notices=["unknown-column-near"],
    told=["`Membres`", "`Members`"],
)
text_case(
    "near misses: a field that has its column is not proposed",
    csv_text([["单位代码", "单位名称", "类别", "人数", "单位名称2"], [*ALDER[:4], "旧名"]]),
    units={"U1": {"name": "桤木街社区"}},
    notices=["unknown-column"],
)
text_case(
    "unknown columns are reported once and kept out",
    csv_text([[*UNITS_ZH, "备注", "联系电话"], *[[*unit, "好", "1234"] for unit in ALL[1:]]]),
    units=THREE,
    notices=["unknown-column", "unknown-column"],
    told=["`备注`", "`联系电话`"],
)


@case(
    "unknown columns that every file of a folder has are reported once",
    units=TWO,
    notices=["unknown-column"],
)
def _(folder: Path) -> Sequence[Path]:
    write_csv(folder / "甲" / "单位.csv", [[*UNITS_ZH, "备注"], [*ALDER, "好"]])
    write_csv(folder / "乙" / "单位.csv", [[*UNITS_ZH, "备注"], [*BIRCH, "好"]])
    return [folder]


text_case(
    "two columns of one name: the first is used, and it is told",
    csv_text([["单位代码", "人数", "Members"], ["U1", "12", "13"]]),
    units={"U1": {"members": 12}},
    notices=["repeated-column"],
)
text_case("no column for the key", csv_text([["单位名称", "人数"], ["桤木街社区", "12"]]), refused="no-key-column")
text_case(
    "fields without a column count as blank", csv_text([["单位代码"], ["U1"]]), units={"U1": {"name": None, "members": None}}
)

# ----------------------------------------------------------------------------------------------------------- 2. values


@dataclass(frozen=True)
class Bad:
    """A value that cannot be read, and what is proposed instead."""

    proposed: str | None = None


def values(name: str, field: str, read: Mapping[str, object], lang: str = "en") -> None:
    """A case of what is written in one field, in a CSV and in a workbook's texts."""
    rows = [["unit_id", field], *[[f"V{i}", text] for i, text in enumerate(read, start=1)]]
    kind = {"members": "integer", "satisfied": "number", "budget": "number", "self_check": "boolean", "checked_on": "date"}.get(
        field, "choice" if field == "kind" else "text"
    )
    expected = {f"V{i}": {field: None if isinstance(v, Bad) else v} for i, v in enumerate(read.values(), start=1)}
    bad = [(f"B{i}", text.strip(), v.proposed) for i, (text, v) in enumerate(read.items(), start=2) if isinstance(v, Bad)]

    def problems(file: str, sheet: str | None) -> list[P]:
        return [P(file, cell, kind, field, text, proposed, sheet) for cell, text, proposed in bad]

    common: dict[str, Any] = {
        "units": expected,
        "lang": lang,
    }
    text_case(name, csv_text(rows), problems=problems("units.csv", None), **common)
    book_case(f"{name}, in a workbook", {"单位": rows}, problems=problems("book.xlsx", "单位"), **common)


DAY = date(2005, 9, 30)
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
    "dates with a time of day are proposed without it",
    "checked_on",
    {"2005-09-30 14:30": Bad("2005-09-30"), "2005年9月30日上午": Bad("2005-09-30")},
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
values("choices that say not are no choice", "kind", {"非学校": Bad(), "not a school": Bad()})

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
values("numbers with a unit are proposed without it", "members", {"35人": Bad("35"), "1,035 人": Bad("1035"), "12户": Bad("12")})
values(
    "numbers with a unit that says how many are not proposed without it",
    "budget",
    {"12万人": Bad(), "5千": Bad(), "3百": Bad(), "5千元": Bad(), "2k": Bad(), "3百万": Bad(), "3万元": Bad(), "2打": Bad("2")},
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
values("numbers too large to be kept", "members", {"99999999999999999999": Bad(), "9007199254740992": 9007199254740992})
values("numbers in full, not rounded to another", "budget", {"0.1": 0.1, "1e400": Bad(), "123456789.123": 123456789.123})
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
        "103": {"name": "1.5", "members": None, "self_check": True, "checked_on": None},
    },
    problems=[
        P("a.xlsx", "D4", "integer", "members", "1.5", None, "单位"),
        P("a.xlsx", "H4", "date", "checked_on", "2005-09-30 14:30:00", "2005-09-30", "单位"),
    ],
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


# --------------------------------------------------------------------------------------------------------- 3. problems

MANY = [["单位代码", "人数"], *[[f"U{n}", str(n)] for n in range(2, 17)], ["U17", "十七人"], ["U18", "18"]]
book_case(
    "a problem with file, sheet, cell (B17), field, value, and what was expected",
    {"单位": MANY, "Sheet2": []},
    units={f"U{n}": {"members": n if n != 17 else None} for n in range(2, 19)},
    problems=[P("book.xlsx", "B17", "integer", "members", "十七人", None, "单位")],
    says={("book.xlsx", "十七人"): "a whole number"},
    notices=["empty-sheet"],
)
book_case(
    "the cell of a problem below title rows, beside blank columns",
    {"单位": padded([["情况表"], [], ["单位代码", "人数"], ["U1", "一"], [], ["U2", "x1"]], before=26)},
    units={"U1": {"members": None}, "U2": {"members": None}},
    problems=[
        P("book.xlsx", "AB4", "integer", "members", "一", None, "单位"),
        P("book.xlsx", "AB6", "integer", "members", "x1", None, "单位"),
    ],
)
text_case(
    "the cell of a problem below values of several lines and empty lines",
    '单位代码,单位名称,人数\nU1,"桤木\n街\n社区",12\n\nU2,桦树,34人\n',
    units={"U1": {"name": "桤木\n街\n社区"}, "U2": {"members": None}},
    problems=[P("units.csv", "C4", "integer", "members", "34人", "34")],
)
text_case(
    "what was expected, in Chinese",
    "单位代码,类别\nU1,工厂\n",
    units={"U1": {"kind": None}},
    problems=[P("units.csv", "B2", "choice", "kind", "工厂")],
    says={("units.csv", "工厂"): "机关（agency）"},
    lang="zh",
)
text_case(
    "every problem of a row is told",
    csv_text([UNITS_ZH, ["U1", "桤木", "厂", "x", "y", "z", "w", "v"]]),
    units={"U1": {"name": "桤木", "kind": None, "members": None, "checked_on": None}},
    problems=[
        P("units.csv", "C2", "choice", "kind", "厂"),
        P("units.csv", "D2", "integer", "members", "x"),
        P("units.csv", "E2", "number", "satisfied", "y"),
        P("units.csv", "F2", "number", "budget", "z"),
        P("units.csv", "G2", "boolean", "self_check", "w"),
        P("units.csv", "H2", "date", "checked_on", "v"),
    ],
)
text_case(
    "the same row twice",
    csv_text([UNITS_ZH, ALDER, BIRCH, [*ALDER[:7], "2005/9/30"]]),
    units=TWO,
    problems=[P("units.csv", "A4", "key-repeated", "unit_id", "U1")],
    says={("units.csv", "U1"): "units.csv:2"},
)


@case(
    "the same row in two files",
    units=TWO,
    problems=[P("南/单位.csv", "A2", "key-repeated", "unit_id", "U1")],
    says={("南/单位.csv", "U1"): "北/单位.xlsx (单位):2"},
)
def _(folder: Path) -> Sequence[Path]:
    return [
        write_xlsx(folder / "北" / "单位.xlsx", {"单位": [UNITS_ZH, ALDER, BIRCH]}),
        write_csv(folder / "南" / "单位.csv", [UNITS_ZH, ALDER]),
    ]


@case(
    "two files that disagree on one unit",
    units={"U2": TWO["U2"], "U3": THREE["U3"]},
    problems=[P("北.csv", "A2", "key-disagrees", "unit_id", "U1"), P("南.csv", "A3", "key-disagrees", "unit_id", "U1")],
    says={("北.csv", "U1"): "南.csv:3", ("南.csv", "U1"): "北.csv:2"},
    both=True,
)
def _(folder: Path) -> Sequence[str]:
    write_csv(folder / "北.csv", [UNITS_ZH, ALDER, BIRCH])
    write_csv(folder / "南.csv", [UNITS_ZH, CEDAR, ["U1", "桤木大街社区", *ALDER[2:]]])
    return [f"units={folder}/北.csv", f"units={folder}/南.csv"]


@case(
    "orphans",
    units=TWO,
    issues={"I1": TWO_ISSUES["I1"]},
    problems=[
        P("issues.csv", "B3", "unknown-parent", "unit_id", "U7"),
        P("issues.csv", "B4", "unknown-parent", "unit_id", "Ｕ２", "U2"),
        P("issues.csv", "B5", "unknown-parent", "unit_id", "u 2", "U2"),
        P("issues.csv", "B6", "no-parent-key", "unit_id", None),
    ],
    both=True,
)
def _(folder: Path) -> Sequence[Path]:
    issues = [[f"I{n}", unit, *LAMPS[2:]] for n, unit in enumerate(("U7", "Ｕ２", "u 2", "—"), start=3)]
    units = write_csv(folder / "units.csv", [UNITS_ZH, ALDER, BIRCH])
    return [units, write_csv(folder / "issues.csv", [ISSUES, PIPES, *issues])]


@case(
    "keys with blanks around them are the same keys",
    units=ONE,
    issues={"I1": {"unit_id": "U1"}, "I2": {"unit_id": "U1"}},
    both=True,
)
def _(folder: Path) -> Sequence[Path]:
    issues = [["issue_id", "unit_id", "意见数"], ["I1", " U1 ", "1"], ["I2\u3000", "U1\u00a0", "2"]]
    return [write_csv(folder / "units.csv", [UNITS_ZH, ALDER]), write_csv(folder / "issues.csv", issues)]


@case(
    "keys with blanks around them are the same keys in a workbook",
    units=ONE,
    issues={"I1": {"unit_id": "U1"}},
)
def _(folder: Path) -> Sequence[Path]:
    sheets = {"单位": [UNITS_ZH, [" U1", *ALDER[1:]]], "问题": [["issue_id", "unit_id"], ["I1 ", "U1\u3000"]]}
    return [write_xlsx(folder / "a.xlsx", sheets)]


text_case(
    "rows without a key",
    csv_text([["单位代码", "人数"], ["U1", "12"], ["", "13"], ["待定", "14"]]),
    units={"U1": {"members": 12}},
    problems=[P("units.csv", "A3", "no-key", "unit_id"), P("units.csv", "A4", "no-key", "unit_id")],
)


@case(
    "keys of whole numbers",
    units=ONE,
    visits={1: {"visited_on": DAY}, 2: {"visited_on": DAY}},
    problems=[
        P("走访.csv", "A4", "integer", "visit_no", "三"),
        P("走访.csv", "A4", "no-key", "visit_no"),
        P("走访.csv", "A5", "key-repeated", "visit_no", "2"),
    ],
    both=True,
)
def _(folder: Path) -> Sequence[Path]:
    rows = [["走访序号", "单位代码", "走访日期"], *[[n, "U1", "2005-09-30"] for n in ("1", "2.0", "三", "２")]]
    return [write_csv(folder / "units.csv", [UNITS_ZH, ALDER]), write_csv(folder / "走访.csv", rows)]


@case(
    "a unit code merged over the rows of its issues counts for each",
    units=ONE,
    issues={"I1": {"unit_id": "U1"}, "I2": {"unit_id": "U1"}},
)
def _(folder: Path) -> Sequence[Path]:
    issues = [["单位代码", "问题编号", "问题"], ["U1", "I1", "水管"], [None, "I2", "路灯"]]
    file = write_xlsx(folder / "a.xlsx", {"单位": [UNITS_ZH, ALDER], "问题": issues})
    book = openpyxl.load_workbook(file)
    book["问题"].merge_cells("A2:A3")
    book.save(file)
    return [file]


# -------------------------------------------------------------------------------------------------------- 4. bad input


@case("an encrypted workbook", refused="encrypted-workbook")
def _(folder: Path) -> Sequence[Path]:
    return [encrypted_xlsx(folder / "units.xlsx")]


@case("a truncated workbook", refused="unreadable-input")
def _(folder: Path) -> Sequence[Path]:
    file = write_xlsx(folder / "units.xlsx", {"单位": ALL})
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    return [file]


@case(
    "a truncated workbook in a folder: nothing is judged, and every such file is told",
    refused="unreadable-input unreadable-input",
)
def _(folder: Path) -> Sequence[Path]:
    for name in "甲乙":
        file = write_xlsx(folder / f"{name}.xlsx", {"单位": ALL})
        file.write_bytes(file.read_bytes()[:3000])
    write_csv(folder / "units.csv", ALL)
    return [folder]


@case("a workbook of no bytes", refused="unreadable-input")
def _(folder: Path) -> Sequence[Path]:
    (folder / "units.xlsx").write_bytes(b"")
    return [folder / "units.xlsx"]


@case("a truncated Parquet file", refused="unreadable-input")
def _(folder: Path) -> Sequence[Path]:
    pq.write_table(pa.table({"unit_id": ["U1"] * 1000}), folder / "units.parquet")
    (folder / "units.parquet").write_bytes((folder / "units.parquet").read_bytes()[:-20])
    return [folder / "units.parquet"]


text_case("truncated JSON lines", '{"unit_id": "U1"}\n{"unit_id": "U', "units.jsonl", refused="unreadable-input")


@case("a truncated zip", refused="unreadable-input")
def _(folder: Path) -> Sequence[Path]:
    file = write_zip(folder / "a.zip", {"units.csv": csv_text(ALL).encode()})
    file.write_bytes(file.read_bytes()[:-30])
    return [file]


@case("a zip with a spoilt member", refused="unreadable-input")
def _(folder: Path) -> Sequence[Path]:
    file = write_zip(folder / "a.zip", {"units.csv": csv_text(ALL).encode()}, compression=zipfile.ZIP_STORED)
    file.write_bytes(file.read_bytes().replace(b"2005-09-21", b"2005-09-22"))
    return [file]


@case("a zip that is protected by a password", refused="encrypted-archive")
def _(folder: Path) -> Sequence[Path]:
    file = write_zip(folder / "a.zip", {"units.csv": csv_text(ALL).encode()})
    content = bytearray(file.read_bytes())
    content[6] |= 1
    content[content.rindex(b"PK\1\2") + 8] |= 1
    file.write_bytes(content)
    return [file]


@case("a zip bomb, by its ratio", refused="archive-ratio")
def _(folder: Path) -> Sequence[Path]:
    return [write_zip(folder / "a.zip", {"units.csv": b"unit_id\n" + b"0" * 10_000_000})]


@case("a zip with a member's name that leads out of it", units=THREE)
def _(folder: Path) -> Sequence[Path]:
    return [write_zip(folder / "a.zip", {"../../units.csv": csv_text(ALL).encode()})]


@case("a zip in a zip is not read, and told", units=ONE, notices=["archive-in-archive"])
def _(folder: Path) -> Sequence[Path]:
    inner = write_zip(folder / "inner.zip", {"units.csv": b"unit_id\nU9\n"}).read_bytes()
    return [write_zip(folder / "a.zip", {"units.csv": csv_text([UNITS_ZH, ALDER]).encode(), "inner.zip": inner})]


@case("a zip without records", refused="empty-archive")
def _(folder: Path) -> Sequence[Path]:
    return [write_zip(folder / "a.zip", {"readme.md": b"-"})]


@case("a workbook that is a zip bomb", refused="workbook-bomb")
def _(folder: Path) -> Sequence[Path]:
    raw_xlsx(folder / "units.xlsx", [b"<sheetData>", *[b" " * 10_000_000] * 41, b"</sheetData>"])
    return [folder / "units.xlsx"]


@case("a workbook with a cell in its furthest corner", refused="workbook-too-large")
def _(folder: Path) -> Sequence[Path]:
    file = write_xlsx(folder / "units.xlsx", {"单位": ALL})
    book = openpyxl.load_workbook(file)
    book["单位"]["XFD1048576"] = "x"
    book.save(file)
    return [file]


text_case(
    "a CSV with NUL bytes",
    b"unit_id,name,members\r\nU1,al\0der,1\r\nU2,birch,2\0\r\nU3,cedar,3\r\n",
    units={"U1": {"name": None, "members": 1}, "U2": {"name": "birch", "members": None}, "U3": {"name": "cedar", "members": 3}},
    problems=[
        P("units.csv", "B2", "text", "name", "al\ufffdder"),
        P("units.csv", "C3", "integer", "members", "2\ufffd"),
    ],
)
text_case(
    "a CSV with bytes that are no UTF-8",
    csv_text(ALL).encode() + b"U4,\xff\xfe,\xe6\xac,4,,,,\r\n",
    units=THREE | {"U4": {"name": None, "kind": None, "members": 4}},
    problems=[
        P("units.csv", "B5", "text", "name", "\ufffd\ufffd"),
        P("units.csv", "C5", "choice", "kind", "\ufffd"),
    ],
)


@case(
    "a CSV with one 100 MB line",
    units={"U1": {"name": "alder"}, "U3": {"name": "cedar"}},
    problems=[P("units.csv", 3, "misfit", None, ("U2," + "x" * 200)[:200])],
)
def _(folder: Path) -> Sequence[Path]:
    with (folder / "units.csv").open("wb") as stream:
        stream.write(b"unit_id,name\nU1,alder\nU2,")
        for _ in range(100):
            stream.write(b"x" * 1_000_000)
        stream.write(b"\nU3,cedar\n")
    return [folder / "units.csv"]


@case("a CSV that is one 100 MB line and nothing else", refused="no-key-column")
def _(folder: Path) -> Sequence[Path]:
    with (folder / "units.csv").open("wb") as stream:
        for _ in range(100):
            stream.write(b"x" * 1_000_000)
    return [folder / "units.csv"]


text_case(
    "a CSV with ragged rows",
    "unit_id,name,members\nU1,alder,1\nU2,birch\nU3,cedar,3,more\nU4,dogwood,4\nU5,elder,5,\n",
    units={"U1": {"members": 1}, "U4": {"members": 4}},
    problems=[
        P("units.csv", 3, "misfit", None, "U2,birch"),
        P("units.csv", 4, "misfit", None, "U3,cedar,3,more"),
        P("units.csv", 6, "misfit", None, "U5,elder,5,"),  # perhaps it is shifted
    ],
)
text_case(
    "a CSV whose rows all end with a comma, and its header does not",
    "unit_id,name,members\nU1,alder,1,\nU2,birch,2,\n",
    units={"U1": {"members": 1}, "U2": {"members": 2}},
)


def in_the_middle(odd: str) -> str:
    """A file of 3000 records with odd lines after the 2500th, so far down that nobody looked there before reading it."""
    rows = [f"U{n},unit {n},{n}\n" for n in range(1, 3001)]
    return "unit_id,name,members\n" + "".join(rows[:2500]) + odd + "".join(rows[2500:])


MIDDLE = {f"U{n}": {"members": n} for n in range(1, 3001)}
text_case(
    "a long CSV with ragged rows in the middle",
    in_the_middle("V1,short\nV2,long,2,more\n"),
    units=MIDDLE,
    problems=[P("units.csv", 2502, "misfit", None, "V1,short"), P("units.csv", 2503, "misfit", None, "V2,long,2,more")],
)


@case(
    "a CSV with commas too many in the middle",
    units=MIDDLE,
    problems=[P("units.csv", 2502, "misfit", None, "V1,padded,1,")],
)
def _(folder: Path) -> Sequence[Path]:
    (folder / "units.csv").write_text(in_the_middle("V1,padded,1,,\n"), "utf-8")
    return [folder / "units.csv"]


text_case(
    "a long CSV with empty rows and several lines in a value in the middle",
    in_the_middle('\n,,\n\n"V1","two\nlines",x\n'),
    units=MIDDLE | {"V1": {"name": "two\nlines", "members": None}},
    problems=[P("units.csv", "C2505", "integer", "members", "x")],
)
text_case(
    "a long CSV with header, totals and notes in the middle",
    in_the_middle("合计,,12\nunit_id,name,members\n注：下半部,,\n合　计,,13\n"),
    units=MIDDLE,
    notices=["left-out.total", "left-out.note", "left-out.header-again"],
)
text_case(
    "a long CSV with a quotation mark in the middle that is never closed",
    in_the_middle('V1,"open,1\n'),
    refused="unclosed-quote",
)
text_case(
    "a long CSV with quotation marks inside a value in the middle",
    in_the_middle('V1,"birch" lane,1\nV2,12" pipe,2\n'),
    units=MIDDLE | {"V2": {"name": '12" pipe'}},
    problems=[P("units.csv", 2502, "misfit", None, 'V1,"birch" lane,1')],
)
text_case(
    "a long CSV with a key that stands there twice in the middle",
    in_the_middle("U7,unit 7,7\nU8,other,8\n"),
    units={key: value for key, value in MIDDLE.items() if key != "U8"},
    problems=[
        P("units.csv", "A2502", "key-repeated", "unit_id", "U7"),
        P("units.csv", "A2503", "key-disagrees", "unit_id", "U8"),
        P("units.csv", "A9", "key-disagrees", "unit_id", "U8"),
    ],
)
text_case(
    "a long CSV with CRLF and another line end in the middle",
    in_the_middle("V1,lf,1\n").replace("\n", "\r\n").replace("V1,lf,1\r\n", "V1,lf,1\n"),
    units=MIDDLE | {"V1": {"members": 1}},
)
text_case(
    "a long CSV with line feeds in values where lines end with CRLF",
    in_the_middle('V1,"a\fb",1\nV2,"c\fd",2\n').replace("\n", "\r\n").replace("\f", "\n"),
    units=MIDDLE | {"V1": {"name": "a\nb"}, "V2": {"name": "c\nd"}},
)

text_case(
    "a CSV with two headers, one after the other",
    csv_text([UNITS_ZH, ALDER, UNITS_ZH, BIRCH]),
    units=TWO,
    notices=["left-out.header-again"],
)
text_case(
    "a CSV of two files one after the other, with headers in two languages",
    csv_text([UNITS_ZH, ALDER, UNITS_EN, BIRCH]),
    units=TWO,
    notices=["left-out.header-again"],
)
text_case(
    "a CSV of two files one after the other, the second with a BOM",
    csv_text([UNITS_ZH, ALDER]) + "\ufeff" + csv_text([UNITS_ZH, BIRCH]),
    units=TWO,
    notices=["left-out.header-again"],
)
book_case(
    "a workbook whose header stands again on every page",
    {"单位": [UNITS_ZH, ALDER, [], UNITS_ZH, BIRCH]},
    units=TWO,
    notices=["left-out.header-again"],
)
book_case(
    "a workbook whose title and header stand again on every page",
    {"单位": [["情况表（一）"], UNITS_ZH, ALDER, ["情况表（二）"], UNITS_ZH, BIRCH]},
    units=TWO,
    notices=["left-out.header-again", "note-below"],
)
text_case(
    "a CSV with a quotation mark that is never closed", 'unit_id,name\nU1,alder\nU2,"birch\nU3,cedar\n', refused="unclosed-quote"
)
text_case(
    "a CSV with quotation marks inside a value",
    'unit_id,name,members\nU1,"alder",1\nU2,"birch" lane,2\nU3,cedar 12" pipe,3\n',
    units={"U1": {"name": "alder"}, "U3": {"name": 'cedar 12" pipe'}},
    problems=[P("units.csv", 3, "misfit", None, 'U2,"birch" lane,2')],
)
text_case("a CSV of no bytes", b"", refused="empty-input")
text_case("a CSV of blanks", b"\r\n \r\n\r\n", refused="empty-input")
text_case("a CSV with a header and no rows", csv_text([UNITS]), refused="no-units")


@case("a CSV of a million empty rows", units={"U1": {}, "U2": {"name": "birch"}})
def _(folder: Path) -> Sequence[Path]:
    (folder / "units.csv").write_bytes(b"unit_id,name\r\nU1,alder\r\n" + b",\r\n" * 1_000_000 + b"U2,birch\r\n")
    return [folder / "units.csv"]


def with_formulas(folder: Path) -> Path:
    rows = [UNITS_ZH, ["U1", "=B9", "学校", "=6*2", "=1/2", 5, "=TRUE()", "=DATE(2005,9,30)"], ALDER[:1] + [None] * 7]
    rows[2][0] = "U2"
    return write_xlsx(folder / "a.xlsx", {"单位": rows})


@case(
    "a formula cell without a cached value is a problem, not a blank",
    units={
        "U1": {"name": None, "kind": "school", "members": None, "satisfied": None, "budget": 5.0, "self_check": None},
        "U2": {"name": None},
    },
    problems=[
        P("a.xlsx", "B2", "text", "name", "=B9", None, "单位"),
        P("a.xlsx", "D2", "integer", "members", "=6*2", None, "单位"),
        P("a.xlsx", "E2", "number", "satisfied", "=1/2", None, "单位"),
        P("a.xlsx", "G2", "boolean", "self_check", "=TRUE()", None, "单位"),
        P("a.xlsx", "H2", "date", "checked_on", "=DATE(2005,9,30)", None, "单位"),
    ],
)
def _(folder: Path) -> Sequence[Path]:
    return [with_formulas(folder)]


@case("a formula without a value in a totals row is no problem", units=ONE, notices=["left-out.total"])
def _(folder: Path) -> Sequence[Path]:
    return [write_xlsx(folder / "a.xlsx", {"单位": [UNITS_ZH, ALDER, ["合计", None, None, "=SUM(D2:D2)"]]})]


@case(
    "formula cells with a cached value count as that",
    units={"U1": {"name": "alder", "members": 12, "satisfied": 0.5, "self_check": True, "checked_on": DAY, "budget": None}},
)
def _(folder: Path) -> Sequence[Path]:
    book = xlsxwriter.Workbook(str(folder / "a.xlsx"))
    sheet = book.add_worksheet("单位")
    sheet.write_row(0, 0, UNITS_ZH)
    sheet.write(1, 0, "U1")
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    cached: list[tuple[int, str, Any, object]] = [
        (1, "=B9", None, "alder"),
        (3, "=6*2", None, 12),
        (4, "=1/2", None, 0.5),
        (6, "=TRUE()", None, True),
        (7, "=DATE(2005,9,30)", day, 38625),
    ]
    for column, formula, form, value in cached:
        sheet.write_formula(1, column, formula, form, value)
    book.close()
    return [folder / "a.xlsx"]


@case(
    "formula cells with a cached text, or one of no characters, and formulas that several cells share",
    units={"U1": {"name": "alder", "members": None, "budget": None}},
    problems=[P("units.xlsx", "D2", "number", "budget", "=", None, "单位")],
)
def _(folder: Path) -> Sequence[Path]:
    cells = (
        b'<c r="B2" t="str"><f>B9</f><v>alder</v></c><c t="str" r="C2"><f>""</f><v></v></c><c r="D2"><f t="shared" si="0"/></c>'
    )
    return [raw_rows(folder / "units.xlsx", ["unit_id", "name", "members", "budget"], "U1", cells)]


@case(
    "a key that is a formula without a cached value",
    units={"U2": {"members": 2}},
    problems=[
        P("a.xlsx", "A2", "text", "unit_id", "=A9", None, "单位"),
        P("a.xlsx", "A2", "no-key", "unit_id", None, None, "单位"),
    ],
)
def _(folder: Path) -> Sequence[Path]:
    return [write_xlsx(folder / "a.xlsx", {"单位": [["单位代码", "人数"], ["=A9", 1], ["U2", 2]]})]


def raw_rows(file: Path, headers: Sequence[str], key: str, cells: bytes) -> Path:
    """A workbook of one record, whose cells but the first are given as XML."""
    texts = "".join(f'<c r="{chr(65 + i)}1" t="inlineStr"><is><t>{header}</t></is></c>' for i, header in enumerate(headers))
    first = f'<row r="1">{texts}</row><row r="2"><c r="A2" t="inlineStr"><is><t>{key}</t></is></c>'
    return raw_xlsx(file, [b"<sheetData>", first.encode(), cells, b"</row></sheetData>"])


@case(
    "error cells are problems",
    units={"U1": {"name": None, "members": None}},
    problems=[
        P("units.xlsx", "B2", "text", "name", "#REF!", None, "单位"),
        P("units.xlsx", "C2", "integer", "members", "#DIV/0!", None, "单位"),
    ],
)
def _(folder: Path) -> Sequence[Path]:
    cells = b'<c r="B2" t="e"><v>#REF!</v></c><c r="C2" t="e"><f>1/0</f><v>#DIV/0!</v></c>'
    return [raw_rows(folder / "units.xlsx", ["unit_id", "name", "members"], "U1", cells)]


def million_rows(folder: Path, last: bytes) -> Path:
    """A workbook of a million rows of which but two or three are empty: each has a cell with a format and no value."""
    cell = b'<row r="%d"><c r="A%d" t="inlineStr"><is><t>%s</t></is></c></row>'
    empty = (range(start, start + 10_000) for start in range(3, 1_000_000, 10_000))
    parts = [b"".join(b'<row r="%d"><c r="A%d" s="0"/></row>' % (n, n) for n in rows) for rows in empty]
    below = cell % (1_000_010, 1_000_010, last) if last else b""
    return raw_xlsx(
        folder / "units.xlsx", [b"<sheetData>", cell % (1, 1, b"unit_id"), cell % (2, 2, b"U1"), *parts, below, b"</sheetData>"]
    )


@case("a workbook of a million empty rows", units={"U1": {}})
def _(folder: Path) -> Sequence[Path]:
    return [million_rows(folder, b"")]


@case("a workbook with a record below a million empty rows", units={"U1": {}, "U2": {}})
def _(folder: Path) -> Sequence[Path]:
    return [million_rows(folder, b"U2")]


@case("a workbook under the name of another format", units=THREE)
def _(folder: Path) -> Sequence[Path]:
    write_xlsx(folder / "a.xlsx", {"单位": ALL}).rename(folder / "units.xls")
    return [folder / "units.xls"]


@case("a CSV under the name of a workbook", units=THREE)
def _(folder: Path) -> Sequence[Path]:
    return [write_csv(folder / "units.xls", ALL, delimiter="\t")]


@case("a web page under the name of a workbook", refused="page-as-workbook")
def _(folder: Path) -> Sequence[Path]:
    (folder / "units.xls").write_text("<html><table><tr><td>unit_id</td></tr></table></html>")
    return [folder / "units.xls"]


@case("a picture under the name of a CSV", refused="no-key-column")
def _(folder: Path) -> Sequence[Path]:
    (folder / "units.csv").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20)
    return [folder / "units.csv"]


@case("a symbolic link out of the folder", units=ONE, notices=["link-out-of-folder", "link-out-of-folder"])
def _(folder: Path) -> Sequence[Path]:
    outside, inside = folder / "outside", folder / "inside"
    write_csv(outside / "units.csv", [UNITS_ZH, BIRCH])
    write_csv(inside / "units.csv", [UNITS_ZH, ALDER])
    (inside / "more").symlink_to(outside)
    (inside / "units2.csv").symlink_to(outside / "units.csv")
    return [inside]


@case(
    "a symbolic link inside the folder is read once",
    units=ONE,
)
def _(folder: Path) -> Sequence[Path]:
    write_csv(folder / "in" / "a" / "units.csv", [UNITS_ZH, ALDER])
    (folder / "in" / "b").mkdir()
    (folder / "in" / "b" / "units.csv").symlink_to(folder / "in" / "a" / "units.csv")
    (folder / "in" / "c").symlink_to(folder / "in")
    return [folder / "in"]


@case("a symbolic link that leads nowhere", units=ONE, notices=["link-out-of-folder"])
def _(folder: Path) -> Sequence[Path]:
    write_csv(folder / "in" / "units.csv", [UNITS_ZH, ALDER])
    (folder / "in" / "issues.csv").symlink_to(folder / "gone.csv")
    return [folder / "in"]


@case("a symbolic link that the user names is read", units=ONE)
def _(folder: Path) -> Sequence[Path]:
    write_csv(folder / "kept" / "u.csv", [UNITS_ZH, ALDER])
    (folder / "units.csv").symlink_to(folder / "kept" / "u.csv")
    return [folder / "units.csv"]


@case("a zip with a symbolic link", units=ONE, notices=["link-out-of-folder"])
def _(folder: Path) -> Sequence[Path]:
    file = write_zip(folder / "a.zip", {"units.csv": csv_text([UNITS_ZH, ALDER]).encode()})
    with zipfile.ZipFile(file, "a") as archive:
        link = zipfile.ZipInfo("issues.csv")
        link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/hostname")
    return [file]


@case(
    "names with newlines",
    units={"U1": {"members": None}},
    problems=[P("第\n一\r批/单位\n.csv", "B2", "integer", "members", "多")],
    both=True,
)
def _(folder: Path) -> Sequence[Path]:
    write_csv(folder / "第\n一\r批" / "单位\n.csv", [["单位代码", "人数"], ["U1", "多"]])
    return [folder / "第\n一\r批"]


@case("names with wild cards and quotes", units=ONE, both=True)
def _(folder: Path) -> Sequence[str]:
    write_csv(folder / "a[1]*?'\"b" / "units.csv", [UNITS_ZH, ALDER])
    return [f"{folder}/a[1]*?'\"b/units.csv"]


@case("a folder without records", refused="empty-folder")
def _(folder: Path) -> Sequence[Path]:
    (folder / "notes.md").write_text("-")
    return [folder]


@case("a file whose table nobody can tell", refused="which-table")
def _(folder: Path) -> Sequence[Path]:
    return [write_csv(folder / "数据.csv", [["甲", "乙"], ["1", "2"]])]


@case("a file in a folder whose table nobody can tell is told", units=ONE, notices=["unknown-table-file"])
def _(folder: Path) -> Sequence[Path]:
    write_csv(folder / "数据.csv", [["甲", "乙"], ["1", "2"]])
    write_csv(folder / "units.csv", [UNITS_ZH, ALDER])
    return [folder]


# ------------------------------------------------------------------------------------------------------------ the cases


@pytest.fixture(scope="session")
def pack(tmp_path_factory: pytest.TempPathFactory) -> CheckedPack:
    return checked_pack(tmp_path_factory.mktemp("messy") / "pack")


def require(case: Case, found: Found) -> None:
    """What came of a case is what it says, and every row is accounted for."""
    got: dict[str, Any] = {"refused": codes(found.refused) if found.refused else None}
    expected: dict[str, Any] = {"refused": case.refused}
    got["notices"] = sorted(n.code for n in found.notices if n.code != "missing-columns")
    expected["notices"] = sorted(case.notices)
    said = "\n".join(say("en", n.code, **n.args) for n in found.notices)
    got["told"], expected["told"] = [words for words in case.told if words in said], list(case.told)
    if found.refused is None:
        got["problems"], expected["problems"] = sorted(found.problems, key=str), sorted(case.problems, key=str)
        for place, words in case.says.items():
            got[place], expected[place] = words if words in found.expected.get(place, "") else found.expected.get(place), words
        for table, wanted in (("units", case.units), ("issues", case.issues), ("visits", case.visits)):
            records = found.records[table]
            got[table] = {key: {f: typed(record[f]) for f in wanted.get(key, ())} for key, record in records.items()}
            expected[table] = {key: {f: typed(value) for f, value in record.items()} for key, record in wanted.items()}
    assert got == expected
    if found.refused is None:
        read = found.read
        assert read is not None
        assert sum(read.rows_of_input) == sum(read.records.values()) + sum(read.set_aside.values()), "rows in, rows out"


def typed(value: object) -> tuple[str, object]:
    """True is not 1, and 1 is not 1.0."""
    return type(value).__name__, value


def read_as(case: Case, way: str, pack: CheckedPack, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Found:
    base = folder / "in"
    base.mkdir()
    data = case.build(base)
    sizes = [file.stat().st_size for file in base.rglob("*") if file.suffix in TEXT_FILES and file.is_file()]
    monkeypatch.setattr(lookback.records._texts, "LARGE", 0 if way == "by DuckDB" else 1 << 40)
    monkeypatch.setattr(lookback.records._texts, "TAIL", min([lookback.records._texts.TAIL, *sizes]))
    return read_case(data, pack, folder / "work", base=base, encoding=case.encoding, lang=case.lang)


def ways() -> Iterator[Any]:
    for case in CASES:
        for way in ("by row", "by DuckDB") if case.both else ("",):
            yield pytest.param(case, way, id=f"{case.name} {way}".strip())


@pytest.mark.parametrize(("case", "way"), list(ways()))
def test_messy_input(case: Case, way: str, pack: CheckedPack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    require(case, read_as(case, way, pack, tmp_path, monkeypatch))


def test_every_case_has_a_name_of_its_own() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 60


PLAIN = (
    "CSV in UTF-8 without BOM",
    "CSV in UTF-8 with BOM",
    "TSV",
    "CSV with semicolons, as Excel writes it in half of Europe",
    "headers ignoring width",
    "dates as 9月30日, with the year of the review",
    "the same row twice",
    "orphans",
    "a long CSV with ragged rows in the middle",
)


@pytest.mark.parametrize("name", PLAIN)
def test_a_plain_case_is_indeed_read_by_duckdb(
    name: str, pack: CheckedPack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = read_as(next(case for case in CASES if case.name == name), "by DuckDB", pack, tmp_path, monkeypatch)
    assert found.inputs is not None
    assert all(raw.text is not None for raw in found.inputs.tables)


# ---------------------------------------------------------------------------------------------- what LibreOffice saved


@pytest.fixture(scope="session")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with workbooks that LibreOffice saved, in one start of it for all tests of this process."""
    soffice = shutil.which("soffice")
    if soffice is None:
        if os.environ.get("CI"):
            pytest.fail("LibreOffice is not installed")
        pytest.skip("LibreOffice is not installed")
    folder = tmp_path_factory.mktemp("saved")
    day = [datetime(2005, 9, 30), datetime(2005, 9, 21), datetime(2005, 9, 12)]
    typed = [[*row[:3], int(row[3]), float(row[4]), float(row[5]), row[6] == "是", day[i]] for i, row in enumerate(ALL[1:])]
    rows = [["桤木区单位情况表"], [], UNITS_ZH, *typed, ["合计", None, None, "=SUM(D4:D6)"], [], ["注：人数以9月30日为准"]]
    sheets = {"单位": rows, "问题": [ISSUES_ZH, PIPES, [*LAMPS[:3], "2005/13/1", *LAMPS[4:]]], "visits": [["x"]]}
    book = openpyxl.load_workbook(write_xlsx(folder / "a.xlsx", sheets))
    book["单位"].merge_cells("A1:H1")
    book["visits"].sheet_state = "hidden"
    book.save(folder / "a.xlsx")
    work = Typed()
    work.open(folder / "a.xlsx")
    for ending in (".xls", ".ods"):
        work.save(folder / f"book{ending}")
        work.save(folder / f"secret{ending}", "a password")
    work.close()
    (folder / "profile").mkdir()
    work.run(soffice, folder / "profile")
    return folder


@pytest.mark.parametrize("ending", ["xls", "ods"])
def test_workbooks_of_other_formats(ending: str, saved: Path, pack: CheckedPack, tmp_path: Path) -> None:
    file = saved / f"book.{ending}"
    expected = Case(
        ending,
        lambda folder: [file],
        units=THREE,
        issues=TWO_ISSUES | {"I2": TWO_ISSUES["I2"] | {"deadline": None}},
        problems=[P(file.name, "D3", "date", "deadline", "2005/13/1", None, "问题")],
        notices=["left-out.total", "note-below", "hidden-sheet"],
    )
    require(expected, read_case([file], pack, tmp_path / "work", base=saved))


@pytest.mark.parametrize("ending", ["xls", "ods"])
def test_encrypted_workbooks_of_other_formats(ending: str, saved: Path, pack: CheckedPack, tmp_path: Path) -> None:
    found = read_case([saved / f"secret.{ending}"], pack, tmp_path / "work", base=saved)
    assert found.refused is not None
    assert found.refused.code == "encrypted-workbook"


# -------------------------------------------------------------------------------------------- limits, told with numbers


@pytest.mark.parametrize(
    ("limit", "value", "code", "words"),
    [
        ("MOST_MEMBERS", 2, "archive-members", "holds 3 files, and an archive may have 2"),
        ("MOST_UNPACKED", 5_000_000, "archive-size", "unpacks to 6 MB, and an archive may have 5 MB"),
        ("RATIO", 100, "archive-ratio", "times its size, and 100 times is the limit"),
    ],
    ids=["on members", "on size", "on ratio"],
)
def test_a_zip_bomb_is_refused_by_limits_that_the_message_tells(
    limit: str, value: int, code: str, words: str, pack: CheckedPack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookback.records._files, limit, value)
    members = {"units.csv": csv_text(ALL).encode(), "a.csv": b"0" * 3_000_000, "b.csv": b"0" * 3_000_000}
    found = read_case([write_zip(tmp_path / "a.zip", members)], pack, tmp_path / "work", base=tmp_path)
    assert found.refused is not None
    assert found.refused.code == code
    assert words in str(found.refused)


# ---------------------------------------------------------------------------------------------------- the command line


@pytest.fixture
def check(tmp_path: Path, lookback: Lookback) -> Lookback:
    """`lookback check … -o review`, by the pack of these tests."""
    pack = write_pack(tmp_path / "pack")
    return lambda *arguments: lookback("check", *arguments, "--pack", pack, "-o", tmp_path / "review", "--decider", "reference")


def many_problems(folder: Path) -> Path:
    """25 numbers and 15 dates that are none, and a row without a key."""
    rows = [
        [f"U{n}", "x", "", "many" if n <= 25 else "7", "", "", "是", "3/4/2005" if n % 2 else "2005-09-30"] for n in range(1, 31)
    ]
    return write_csv(folder / "units.csv", [UNITS, *rows, ["", "no key", "school", *[""] * 5]])


def test_the_first_20_problems_are_told_grouped_by_kind_and_problems_csv_has_all(check: Lookback, tmp_path: Path) -> None:
    file = many_problems(tmp_path)
    run = check(file)
    assert run.code == 3
    with (tmp_path / "review" / "problems.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    columns = ["file", "sheet", "row", "cell", "column", "field", "value", "expected", "proposed", "kind"]
    assert list(rows[0]) == columns
    assert {row["kind"]: sum(r["kind"] == row["kind"] for r in rows) for row in rows} == {"integer": 25, "date": 15, "no-key": 1}
    assert [row["cell"] for row in rows if row["kind"] == "integer"][:2] == ["D2", "D3"]
    told = [line for line in run.err.splitlines() if line.startswith("  ") and str(file) in line]
    assert len(told) == 20
    heads = ["25 values that are no whole number", "15 values that are no date", "1 row without a key"]
    assert [any(line.startswith(head) for line in run.err.splitlines()) for head in heads] == [True, True, True]
    assert "problems.csv" in run.err


def test_check_strict_stops_before_judging(check: Lookback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def judged(*_: object) -> None:
        raise AssertionError("it was judged")

    monkeypatch.setattr("lookback.pipeline.judge", judged)
    run = check(many_problems(tmp_path), "--strict")
    assert run.code == 2
    assert "error[strict-problems]: 41 problems with the input" in run.err
    assert "15 values that are no date" in run.err
    assert not (tmp_path / "review").exists()


def test_check_strict_lets_records_without_problems_pass(check: Lookback, tmp_path: Path) -> None:
    run = check(write_csv(tmp_path / "units.csv", ALL), "--strict")
    assert (run.code, run.err.count("problem")) == (0, 0)
    assert (tmp_path / "review" / "verdicts.parquet").exists()


def test_what_encoding_was_detected_is_told_on_stderr_and_encoding_overrules_it(check: Lookback, tmp_path: Path) -> None:
    file = write_csv(tmp_path / "units.csv", ALL, "gb18030")
    assert f"{file}: read as GB18030; if that is wrong, say which: --encoding" in check(file).err
    assert "GB18030" not in check(file, "--encoding", "gbk").err


def test_what_encoding_was_detected_is_told_by_check_strict_too(check: Lookback, tmp_path: Path) -> None:
    file = write_csv(tmp_path / "units.csv", [["单位代码", "人数"], ["U1", "多"]], "gb18030")
    assert "read as GB18030" in check(file, "--strict").err


def test_unknown_columns_and_near_misses_are_told_on_stderr(check: Lookback, tmp_path: Path) -> None:
    header = ["单位代码", "是否自查", "自查完成日其", "备注"]
    run = check(write_csv(tmp_path / "units.csv", [header, ["U1", "是", "2005-09-30", "好"], ["U2", "是", "", "好"]]))
    assert run.err.count("`自查完成日其`") == 1
    assert "Did you mean `自查完成日期`?" in run.err
    assert run.err.count("`备注`") == 1


def test_names_with_newlines_are_told_on_one_line(check: Lookback, tmp_path: Path) -> None:
    folder = tmp_path / "two\nlines"
    write_csv(folder / "units\r.csv", [["单位代码", "是否自查", "a\nb"], ["U1", "x\ny\x1b[31m", "1"]])
    run = check(folder)
    assert run.code == 3
    assert "two\\nlines/units\\r.csv:3 是否自查: `x\\ny\\x1b[31m`" in run.err
    assert "\x1b" not in run.err
    assert all(not line.startswith(("lines", "y", "b")) for line in run.err.splitlines())


@pytest.mark.parametrize("way", ["by row", "by DuckDB"])
def test_a_file_that_changes_while_it_is_read_is_refused_and_nothing_is_left(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_csv(tmp_path / "units.csv", ALL)
    monkeypatch.setattr(lookback.records._texts, "LARGE", 0 if way == "by DuckDB" else 1 << 40)
    monkeypatch.setattr(lookback.records._texts, "TAIL", file.stat().st_size)
    pack = write_pack(tmp_path / "pack")

    def another_row(stage: str, share: float) -> None:
        if stage == "read" and share > 0:
            with file.open("a", encoding="utf-8") as stream:
                stream.write("U4,,,,,,,\n")

    with pytest.raises(InputError) as refused:
        lookback.check(file, pack, out=tmp_path / "review", progress=another_row, lang="en")
    assert refused.value.code == "input-changed"
    assert str(file) in str(refused.value)
    assert not (tmp_path / "review").exists()


def test_a_workbook_that_is_replaced_while_it_is_read_is_refused(tmp_path: Path) -> None:
    file = write_xlsx(tmp_path / "units.xlsx", {"单位": ALL})

    def replaced(stage: str, share: float) -> None:
        if stage == "read" and share > 0:
            write_xlsx(tmp_path / "new.xlsx", {"单位": ALL[:2]}).replace(file)

    with pytest.raises(InputError) as refused:
        lookback.check(file, write_pack(tmp_path / "pack"), progress=replaced, lang="en")
    assert refused.value.code == "input-changed"


def test_problems_can_be_had_from_the_error_of_a_strict_check(tmp_path: Path) -> None:
    with pytest.raises(ProblemsError) as stopped:
        lookback.check(many_problems(tmp_path), write_pack(tmp_path / "pack"), strict=True, lang="en")
    assert dict(stopped.value.kinds) == {"integer": 25, "date": 15, "no-key": 1}
    assert stopped.value.rows[0]["cell"] == "D2"
