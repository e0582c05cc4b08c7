"""Cases of messy input: what is refused, and what is only told."""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter
from messy import (
    ALDER,
    ALL,
    BIRCH,
    DAY,
    ONE,
    THREE,
    TWO,
    UNITS,
    UNITS_EN,
    UNITS_ZH,
    P,
    book_case,
    case,
    csv_text,
    encrypted_xlsx,
    raw_xlsx,
    text_case,
    write_csv,
    write_xlsx,
    write_zip,
)


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


@case("a workbook of no bytes", refused="empty-input")
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
    units={"U1": {"members": 1}, "U2": {"name": "birch", "members": None}, "U4": {"members": 4}},
    notices=["short-rows"],
    problems=[
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
    units=MIDDLE | {"V1": {"name": "short", "members": None}},
    notices=["short-rows"],
    problems=[P("units.csv", 2503, "misfit", None, "V2,long,2,more")],
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
    units=MIDDLE | {"U8": {"name": None, "members": 8}},
    problems=[
        P("units.csv", "A2502", "key-repeated", "unit_id", "U7"),
        P("units.csv", "B2503", "key-disagrees", "name", "other"),
        P("units.csv", "B9", "key-disagrees", "name", "unit 8"),
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
text_case("a CSV with a header and no rows", csv_text([UNITS]), refused="no-units", notices=["no-rows"])


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
        P("a.xlsx", "B2", "no-result", "name", "=B9", None, "单位"),
        P("a.xlsx", "D2", "no-result", "members", "=6*2", None, "单位"),
        P("a.xlsx", "E2", "no-result", "satisfied", "=1/2", None, "单位"),
        P("a.xlsx", "G2", "no-result", "self_check", "=TRUE()", None, "单位"),
        P("a.xlsx", "H2", "no-result", "checked_on", "=DATE(2005,9,30)", None, "单位"),
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
    problems=[P("units.xlsx", "D2", "no-result", "budget", "=", None, "单位")],
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
        P("a.xlsx", "A2", "no-result", "unit_id", "=A9", None, "单位"),
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
