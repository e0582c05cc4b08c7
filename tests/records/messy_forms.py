"""Cases of messy input: any form that tables come in: text files of all kinds and encodings, workbooks, folders, archives."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
from messy import (
    ALDER,
    ALL,
    BIRCH,
    CEDAR,
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
    P,
    book_case,
    case,
    csv_text,
    text_case,
    write_csv,
    write_xlsx,
    write_zip,
)

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
    notices=["encoding-marked"],
    told=["UTF-16"],
)
text_case(
    "CSV in UTF-16 big-endian with BOM",
    b"\xfe\xff" + csv_text(ALL).encode("utf-16-be"),
    units=THREE,
    notices=["encoding-marked"],
    told=["UTF-16"],
)
text_case(
    "CSV in UTF-16 without BOM",
    csv_text(ALL).encode("utf-16-le"),
    units=THREE,
    notices=["encoding-marked"],
    told=["UTF-16"],
)
text_case("CSV in GBK", csv_text(ALL).encode("gbk"), units=THREE, notices=["encoding-words"], told=["GB18030"])
RARE = [UNITS_ZH, ["U1", "㐂街社区", *ALDER[2:]]]
text_case(
    "CSV in GB18030 with a character that GBK has not",
    csv_text(RARE).encode("gb18030"),
    units={"U1": {"name": "㐂街社区"}},
    notices=["encoding-words"],
    told=["GB18030"],
)
text_case(
    "CSV in GBK with a header in ASCII",
    csv_text([UNITS, ALDER, BIRCH, CEDAR]).encode("gbk"),
    units=THREE,
    notices=["encoding-words"],
    told=["GB18030"],
)
TRADITIONAL = [["單位代碼", "單位名稱", "單位類別", "人數"], ["U1", "榿木街社區管理處", "機關", "12"]]
text_case(
    "CSV in Big5",
    csv_text(TRADITIONAL).encode("big5"),
    units={"U1": {"name": "榿木街社區管理處", "kind": "agency", "members": 12}},
    notices=["encoding-words"],
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
    notices=["encoding-words"],
    told=["GB18030"],
)
text_case(
    "CSV in Big5 of one short row",
    "單位代碼,人數\nU1,12\n".encode("big5"),
    units={"U1": {"members": 12}},
    notices=["encoding-words"],
    told=["BIG5"],
)
text_case(
    "JSON lines with a BOM, blank lines and other keys in every line",
    "\ufeff"
    + '{"unit_id": "U1", "members": 12}\n\n{"单位代码": "U2"}\n{"unit_id": "U3", "备注": "x"}\n'.replace("单位代码", "unit_id"),
    "units.jsonl",
    units={"U1": {"members": 12}, "U2": {"members": None}, "U3": {}},
    problems=[P("units.jsonl", None, "column-missing", "self_check")],  # 备注 may be it, for all that is known
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


@case("a zip of them", units=THREE, issues=TWO_ISSUES, notices=["encoding-words"])
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


@case("a folder with one workbook per unit", units=THREE, issues=TWO_ISSUES, notices=["no-rows"])
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


@case("hidden sheets", units=THREE, notices=["hidden-sheet", "hidden-sheet"])
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
    notices=["unknown-sheet", "empty-sheet"],
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
    problems=[P("units.csv", None, "column-missing", "self_check")],
    notices=["unknown-column-near"],
    told=["`Membres`", "`Members`"],
)
text_case(
    "near misses: a field that has its column is not proposed",
    csv_text([["单位代码", "单位名称", "类别", "人数", "单位名称2"], [*ALDER[:4], "旧名"]]),
    units={"U1": {"name": "桤木街社区"}},
    problems=[P("units.csv", None, "column-missing", "self_check")],
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
    "two columns of one name: where they differ, neither is used, and it is told",
    csv_text([["单位代码", "人数", "Members"], ["U1", "12", "13"], ["U2", "34", " 34人"], ["U3", "5", "５"], ["U4", "", "6"]]),
    units={"U1": {"members": None}, "U2": {"members": None}, "U3": {"members": 5}, "U4": {"members": None}},
    problems=[
        P("units.csv", "B2", "columns-disagree", "members", "12 | 13"),
        P("units.csv", "B3", "columns-disagree", "members", "34 | 34人"),
        P("units.csv", "B5", "columns-disagree", "members", " | 6"),
    ],
    notices=["repeated-column"],
)
text_case("no column for the key", csv_text([["单位名称", "人数"], ["桤木街社区", "12"]]), refused="no-key-column")
text_case(
    "fields without a column count as blank", csv_text([["单位代码"], ["U1"]]), units={"U1": {"name": None, "members": None}}
)
