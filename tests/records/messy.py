"""What the cases of `test_messy_inputs` are made of: a small pack, files as offices write them, and reading them back.

A case builds its files in a folder and says what must come of them: records by key, problems by place, notices by code. Whatever
it is about, the rows that were read are all accounted for: they are records or set aside.
"""

from __future__ import annotations

import csv
import io
import struct
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
from builders import checked

from lookback.packs.checked import CheckedPack
from lookback.records.find import Inputs, find_tables
from lookback.records.read import Read, read_records
from lookback.warehouse.duckdb import DuckDB
from lookback.words.errors import InputError, LookbackError, Notice

Rows = Sequence[Sequence[object]]
Record = Mapping[str, object]

PACK_YAML = """
pack: messy
version: "1.0"
outcomes: [{outcome: pass}, {outcome: explain}]
params:
  as_of: {type: date, default: 2005-09-30}
"""
RULES_YAML = """
rules:
  - {rule: self-checked, for: units, title: {en: Self-check}, require: self_check, otherwise: explain}
"""
RECORDS_YAML = """
blanks: [—, /, 无, N/A, 暂无, 待定]
tables:
  units:
    title: {en: Units, zh: 单位}
    also: [单位情况表]
    key: unit_id
    label: name
    fields:
      unit_id: {type: text, title: {en: Unit code, zh: 单位代码}, also: [单位编号, 單位代碼]}
      name: {type: text, title: {en: Unit name, zh: 单位名称}, also: [單位名稱]}
      kind:
        type: choice
        title: {en: Kind, zh: 类别}
        also: [單位類別]
        choices:
          agency: {en: Government agency, zh: 机关, also: [機關]}
          school: {en: School, zh: 学校, also: [中学, 小学]}
          community: {en: Urban community, zh: 社区}
      members: {type: integer, title: {en: Members, zh: 人数}, also: [人數]}
      satisfied: {type: number, title: {en: Share satisfied, zh: 满意率}, also: [滿意率]}
      budget: {type: number, title: {en: Budget, zh: 经费}, also: [經費]}
      self_check: {type: boolean, title: {en: Self-check done, zh: 是否自查}, optional: {because: {en: Not all do.}}}
      checked_on: {type: date, title: {en: Self-check done on, zh: 自查完成日期}}
  issues:
    title: {en: Issues, zh: 问题}
    also: [问题清单]
    key: issue_id
    belongs_to: units
    fields:
      issue_id: {type: text, title: {en: Issue number, zh: 问题编号}}
      unit_id: {type: text, title: {en: Unit code, zh: 单位代码}}
      title: {type: text, title: {en: Issue, zh: 问题}}
      deadline: {type: date, title: {en: Deadline, zh: 整改期限}}
      solved: {type: boolean, title: {en: Solved, zh: 是否解决}}
      complaints: {type: integer, title: {en: Complaints, zh: 意见数}, blanks: [无, 没有]}
      other_needs: {type: text, title: {en: Other needs, zh: 其他需求}, blanks: [—]}
  visits:
    title: {en: Visits, zh: 走访}
    key: visit_no
    belongs_to: units
    fields:
      visit_no: {type: integer, title: {en: Visit number, zh: 走访序号}}
      unit_id: {type: text, title: {en: Unit code, zh: 单位代码}}
      visited_on: {type: date, title: {en: Visited on, zh: 走访日期}}
"""

UNITS = ["unit_id", "name", "kind", "members", "satisfied", "budget", "self_check", "checked_on"]
UNITS_EN = ["Unit code", "Unit name", "Kind", "Members", "Share satisfied", "Budget", "Self-check done", "Self-check done on"]
UNITS_ZH = ["单位代码", "单位名称", "类别", "人数", "满意率", "经费", "是否自查", "自查完成日期"]
ISSUES = ["issue_id", "unit_id", "title", "deadline", "solved", "complaints", "other_needs"]
ISSUES_ZH = ["问题编号", "单位代码", "问题", "整改期限", "是否解决", "意见数", "其他需求"]

ALDER = ["U1", "桤木街社区", "社区", "12", "0.9", "1000", "是", "2005-09-30"]
BIRCH = ["U2", "桦树小学", "学校", "34", "0.8", "2000", "否", "2005-09-21"]
CEDAR = ["U3", "雪松水务处", "机关", "56", "0.7", "3000", "是", "2005-09-12"]
THREE = {
    "U1": {
        "name": "桤木街社区",
        "kind": "community",
        "members": 12,
        "satisfied": 0.9,
        "budget": 1000.0,
        "self_check": True,
        "checked_on": date(2005, 9, 30),
    },
    "U2": {
        "name": "桦树小学",
        "kind": "school",
        "members": 34,
        "satisfied": 0.8,
        "budget": 2000.0,
        "self_check": False,
        "checked_on": date(2005, 9, 21),
    },
    "U3": {
        "name": "雪松水务处",
        "kind": "agency",
        "members": 56,
        "satisfied": 0.7,
        "budget": 3000.0,
        "self_check": True,
        "checked_on": date(2005, 9, 12),
    },
}
"""What the three units say, typed."""
ONE, TWO = {"U1": THREE["U1"]}, {key: THREE[key] for key in ("U1", "U2")}
PIPES = ["I1", "U1", "水管老化", "2005-10-31", "否", "3", "—"]
LAMPS = ["I2", "U2", "路灯不亮", "2005-11-30", "是", "0", "—"]
TWO_ISSUES = {
    "I1": {
        "unit_id": "U1",
        "title": "水管老化",
        "deadline": date(2005, 10, 31),
        "solved": False,
        "complaints": 3,
        "other_needs": None,
    },
    "I2": {
        "unit_id": "U2",
        "title": "路灯不亮",
        "deadline": date(2005, 11, 30),
        "solved": True,
        "complaints": 0,
        "other_needs": None,
    },
}


class P(NamedTuple):
    """A problem. place: its cell, or its row where it has none."""

    file: str
    place: str | int
    kind: str
    field: str | None = None
    value: str | None = None
    proposed: str | None = None
    sheet: str | None = None


@dataclass(frozen=True)
class Case:
    """What is built and what must come of it.

    units, issues, visits: key -> the fields that matter. problems: all of them. says: (file, value) of some problems -> words in
    what was expected. notices: the codes, but for missing-columns, which is told wherever a case needs no more columns. told:
    words that the notices hold. refused: the code of the error. both: whether it is also read as a large file is, by DuckDB.
    """

    name: str
    build: Callable[[Path], Sequence[str | Path]]
    units: Mapping[object, Record] = field(default_factory=dict)
    issues: Mapping[object, Record] = field(default_factory=dict)
    visits: Mapping[object, Record] = field(default_factory=dict)
    problems: Sequence[P] = ()
    says: Mapping[tuple[str, str | None], str] = field(default_factory=dict)
    notices: Sequence[str] = ()
    told: Sequence[str] = ()
    refused: str | None = None
    encoding: str | None = None
    lang: str = "en"
    both: bool = False


@dataclass
class Found:
    """What came of a case."""

    records: dict[str, dict[object, dict[str, object]]] = field(default_factory=dict)
    problems: list[P] = field(default_factory=list)
    expected: dict[tuple[str, str | None], str] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)
    inputs: Inputs | None = None
    read: Read | None = None
    refused: LookbackError | None = None


def write_pack(folder: Path) -> Path:
    folder.mkdir()
    for name, text in (("pack", PACK_YAML), ("records", RECORDS_YAML), ("1-all.rules", RULES_YAML)):
        (folder / f"{name}.yaml").write_text(text.lstrip(), "utf-8")
    return folder


def checked_pack(folder: Path) -> CheckedPack:
    return checked(write_pack(folder))


def read_case(
    data: Sequence[str | Path],
    pack: CheckedPack,
    folder: Path,
    *,
    base: Path,
    encoding: str | None = None,
    lang: str = "en",
    accept_headers: bool = False,
) -> Found:
    """Read `data` and return what was found; files are named from `base` on. An error ends it and is part of it."""
    found = Found()
    folder.mkdir()
    warehouse = DuckDB(folder)
    try:
        inputs = found.inputs = find_tables(
            *(data, pack.tables, warehouse, folder / "inputs"), encoding=encoding, accept_headers=accept_headers
        )
        found.notices = inputs.notices
        found.read = read_records(inputs, pack, folder / "records", warehouse, lang)
        found.notices = list(found.read.notices)
        for table, definition in pack.tables.items():
            rows = warehouse.arrow(f'FROM "records_{table}"').to_pylist()
            found.records[table] = {row[definition.key]: row for row in rows}
            assert len(found.records[table]) == len(rows) == found.read.records[table], f"the records of {table} are counted"
        listed = warehouse.rows(
            "SELECT file, sheet, row, cell, field, value, proposed, kind, expected FROM problems ORDER BY ALL"
        )
        for file, sheet, row, cell, name, value, proposed, kind, expected in listed:
            found.problems.append(P(named(file, base), cell or row, kind, name, value, proposed, sheet))
            found.expected[named(file, base), value] = expected
    except LookbackError as error:
        found.refused = error
    finally:
        warehouse.close()
    return found


def named(file: str, base: Path) -> str:
    return file.removeprefix(f"{base}/")


def codes(error: LookbackError) -> str:
    """The code of an error, or the codes of those it is made of."""
    several = error.several if isinstance(error, InputError) else ()
    return " ".join(e.code for e in several) or error.code


# ------------------------------------------------------------------------------------------------------ building files


def csv_text(rows: Rows, delimiter: str = ",", end: str = "\r\n") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=end).writerows(rows)
    return out.getvalue()


def write_csv(file: Path, rows: Rows, encoding: str = "utf-8", delimiter: str = ",", end: str = "\r\n") -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(csv_text(rows, delimiter, end).encode(encoding))
    return file


def write_xlsx(file: Path, sheets: Mapping[str, Rows]) -> Path:
    """A workbook; None is an empty cell."""
    file.parent.mkdir(parents=True, exist_ok=True)
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    book.save(file)
    return file


def padded(rows: Iterable[Sequence[object]], before: int = 0) -> list[list[object]]:
    """Rows with empty cells before them."""
    return [[*[None] * before, *row] for row in rows]


class _Named(zipfile.ZipInfo):
    """A member whose name is written in an encoding of its own, and does not say so."""

    encoding = "gbk"

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:
        return self.filename.encode(self.encoding), self.flag_bits


def write_zip(
    file: Path, members: Mapping[str, bytes], names: str | None = None, compression: int = zipfile.ZIP_DEFLATED
) -> Path:
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, content in members.items():
            info = _Named(name) if names else zipfile.ZipInfo(name)
            info.compress_type = compression
            archive.writestr(info, content)
    return file


_PARTS = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>',
    "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/>'
    "</Relationships>",
    "xl/workbook.xml": '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
    '<sheets><sheet name="单位" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" '
    'Target="worksheets/sheet1.xml"/></Relationships>',
}


def raw_xlsx(file: Path, sheet: Sequence[bytes]) -> Path:
    """A workbook of one sheet, 单位, whose XML is given in pieces."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, text in _PARTS.items():
            archive.writestr(name, text)
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            part.write(b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">')
            for piece in sheet:
                part.write(piece)
            part.write(b"</worksheet>")
    return file


def encrypted_xlsx(file: Path) -> Path:
    """What an .xlsx with a password is: an OLE file with the streams EncryptionInfo and EncryptedPackage (of noughts, here)."""
    sectors = 8  # of 512 bytes: streams of 4096 bytes and more have no sectors of a smaller kind
    free, end, own = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<5H6x", 0x3E, 3, 0xFFFE, 9, 6)
    head += struct.pack("<9I", 0, 1, 1, 0, 4096, end, 0, end, 0) + struct.pack("<109I", 0, *[free] * 108)
    chains = [[*range(start + 1, start + sectors), end] for start in (2, 2 + sectors)]
    table = [own, end, *chains[0], *chains[1]]
    entries = [
        ("Root Entry", 5, free, 1, end, 0),
        ("EncryptedPackage", 2, 2, free, 2, 4096),
        ("EncryptionInfo", 2, free, free, 10, 4096),
    ]
    folder = b""
    for name, kind, right, child, start, size in entries:
        text = name.encode("utf-16-le")
        folder += text.ljust(64, b"\0") + struct.pack("<HBB3I", len(text) + 2, kind, 1, free, right, child)
        folder += bytes(36) + struct.pack("<IQ", start, size)
    content = [
        head,
        struct.pack("<128I", *table, *[free] * (128 - len(table))),
        folder.ljust(512, b"\0"),
        bytes(2 * sectors * 512),
    ]
    file.write_bytes(b"".join(content))
    return file


# -------------------------------------------------------------------------------------------------------------- cases


CASES: list[Case] = []
ALL = [UNITS_ZH, ALDER, BIRCH, CEDAR]
DAY = date(2005, 9, 30)
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
