"""Small sound inputs of every kind, to be spoilt: made here, so that no file need be kept. The records are invented."""

from __future__ import annotations

import io
import json
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

HEADER = ("id", "name", "members", "founded")
ROWS = (
    ("U1", "Willowbank Water Bureau", "86", "2005-09-16"),
    ("U2", '水务局,"二"', "140", "2005年9月1日"),
    ("U3", "O'Brien; & Co\n", "", ""),
)
PACK = {
    "pack.yaml": 'pack: own\nversion: "1"\noutcomes: [outcome: good, outcome: bad]\n',
    "records.yaml": """blanks: [—, 无]
tables:
  units:
    key: id
    label: name
    fields:
      id: {type: text, also: [单位编号]}
      name: {type: text, title: {en: Name of the unit, zh: 单位名称}}
      members: {type: integer}
      founded: {type: date, also: [成立日期]}
""",
    "1.rules.yaml": """rules:
- rule: has-members
  for: units
  title: {en: It has members}
  require: members > 0
  otherwise: bad
""",
}


def csv_text(delimiter: str = ",") -> str:
    rows = [HEADER, *ROWS]
    return "".join(delimiter.join('"' + value.replace('"', '""') + '"' for value in row) + "\r\n" for row in rows)


def json_lines() -> bytes:
    return "\n".join(json.dumps(dict(zip(HEADER, row, strict=True)), ensure_ascii=False) for row in ROWS).encode()


def parquet() -> bytes:
    into = io.BytesIO()
    pq.write_table(pa.table([pa.array(column) for column in zip(*ROWS, strict=True)], names=list(HEADER)), into)
    return into.getvalue()


def xlsx() -> bytes:
    into = io.BytesIO()
    with xlsxwriter.Workbook(into, {"in_memory": True}) as book:
        sheet = book.add_worksheet("units")
        sheet.merge_range(0, 0, 0, 3, "Units of the district")
        for i, row in enumerate((HEADER, *ROWS), start=1):
            for j, value in enumerate(row):
                sheet.write(i, j, value)
        sheet.write_formula(5, 2, "=SUM(C3:C5)")
        book.add_worksheet("aside").hide()
    return into.getvalue()


def ods() -> bytes:
    cell = '<table:table-cell office:value-type="string"><text:p>%s</text:p></table:table-cell>'
    rows = ["".join(cell % value for value in row) for row in (HEADER, ROWS[0], ROWS[0])]
    cells = "".join(f"<table:table-row>{row}</table:table-row>" for row in rows)
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text", "manifest")
    )
    content = f'<office:document-content {spaces}><office:body><office:spreadsheet><table:table table:name="units">{cells}'
    content += "</table:table></office:spreadsheet></office:body></office:document-content>"
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    return zipped({"mimetype": kind.encode(), "content.xml": content.encode(), "META-INF/manifest.xml": b"<manifest/>"})


def zipped(files: dict[str, bytes]) -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return into.getvalue()


def seeds() -> dict[str, bytes]:
    """Name of a file -> its content."""
    text = csv_text()
    in_gbk = "单位编号,members\nU9,3\n".encode("gb18030")
    return {
        "units.csv": text.encode(),
        "units.tsv": csv_text("\t").encode("utf-8-sig"),
        "units.txt": csv_text(";").encode("gb18030"),
        "utf-16/units.csv": text.encode("utf-16"),
        "units.jsonl": json_lines(),
        "units.json": b"[" + json_lines().replace(b"\n", b",\n") + b"]",
        "units.parquet": parquet(),
        "units.xlsx": xlsx(),
        "units.ods": ods(),
        "units.zip": zipped({"records/units.csv": text.encode(), "二/单位.csv": in_gbk, "a.pdf": b"%PDF"}),
    }
