"""`lookback fix-list`: what is wrong with the records, as workbooks that can be corrected and handed in again."""

from __future__ import annotations

import codecs
import csv
import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from builders import checked
from screen import ROOT, Lookback

import lookback
from lookback import writers
from lookback.reviews.fix_list import Listed, fix_list
from lookback.words.errors import OutputError
from lookback.writers.fix_list import write_book

CITY = ROOT / "fixtures" / "example-city" / "example-city.xlsx"
SMALL = ROOT / "fixtures" / "small"
PACK = checked("lookback-2005")
TINY = ROOT / "tests" / "tiny" / "pack"
RED = "00F8A5A5"


def column(sheet: Any, header: str, row: int = 1) -> int:
    return next(cell.column for cell in sheet[row] if cell.value == header)


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example city with six problems: four of the unit U002, one of U003, one of U004."""
    book = openpyxl.load_workbook(CITY)
    units, issues = book["单位"], book["问题"]
    units.cell(3, column(units, "党员人数")).value = "约80"
    units.cell(4, column(units, "自查完成日期")).value = "3/4/2005"
    units.cell(5, column(units, "单位类别")).value = "国有企"
    assert [issues.cell(row, 2).value for row in (9, 10, 11)] == ["U002"] * 3
    issues.cell(9, column(issues, "整改期限")).value = "二〇〇五年九月三十日"
    issues.cell(10, column(issues, "单位代码")).value = "u００2"
    issues.cell(11, column(issues, "问题编号")).value = None
    issues.insert_rows(1, 2)
    issues.cell(1, 1).value = "问题台账"
    file = tmp_path_factory.mktemp("spoilt") / "city.xlsx"
    book.save(file)
    return file


def marked(file: Path, sheet: str) -> dict[str, tuple[Any, str]]:
    """cell -> (its value, its note) of the cells that are red."""
    found = openpyxl.load_workbook(file)[sheet]
    return {
        cell.coordinate: (cell.value, cell.comment.text if cell.comment else "")
        for row in found.iter_rows()
        for cell in row
        if cell.fill.fill_type and cell.fill.start_color.rgb[-6:] == RED[-6:]
    }


def test_a_workbook_a_unit_holds_its_rows_alone_with_the_cells_in_question_marked(spoilt: Path, tmp_path: Path) -> None:
    out = tmp_path / "to-correct"
    assert fix_list([spoilt], PACK, out, write_book, lang="en") == [
        Listed("U002 栖云区委.xlsx", "U002", 4),
        Listed("U003 望澜区委.xlsx", "U003", 1),
        Listed("U004 青堤区委.xlsx", "U004", 1),
    ]
    file = out / "U002 栖云区委.xlsx"
    assert marked(file, "单位") == {"G2": ("约80", "Expected: a whole number")}
    found = marked(file, "问题")
    assert {value for value, _ in found.values()} == {"二〇〇五年九月三十日", "u００2", None}
    assert "Expected: a date, as in 2005-09-30\nProbably: 2005-09-30" in {note for _, note in found.values()}
    issues = openpyxl.load_workbook(file)["问题"]
    rows = list(issues.iter_rows(values_only=True))
    assert rows[0][0] == "问题台账"
    assert {row[1] for row in rows[2:]} == {"U002", "u００2"}


def test_the_list_in_front_leads_to_each_cell(spoilt: Path, tmp_path: Path) -> None:
    fix_list([spoilt], PACK, tmp_path / "out", write_book, lang="zh")
    listed = openpyxl.load_workbook(tmp_path / "out" / "U003 望澜区委.xlsx")["需更正"]
    rows = list(listed.iter_rows(values_only=True))
    assert rows == [
        ("工作表", "单元格", "列", "原填内容", "应填内容", "可能是"),
        ("单位", "L2", "自查完成日期", "3/4/2005", "日期，例如 2005-09-30", None),
    ]
    assert listed["B2"].hyperlink.location == "单位!L2"


def test_a_workbook_a_file_keeps_every_row_where_it_stood(spoilt: Path, tmp_path: Path) -> None:
    assert fix_list([spoilt], PACK, tmp_path / "out", write_book, by="file") == [Listed("city.xlsx", None, 6)]
    file = tmp_path / "out" / "city.xlsx"
    assert set(marked(file, "单位")) == {"G3", "L4", "E5"}
    assert set(marked(file, "问题")) == {"L11", "B12", "A13"}
    before, after = openpyxl.load_workbook(spoilt)["问题"], openpyxl.load_workbook(file)["问题"]
    assert [cell.value for cell in before["A"]] == [cell.value for cell in after["A"]]


def test_once_corrected_it_can_be_handed_in_as_it_is(spoilt: Path, tmp_path: Path) -> None:
    fix_list([spoilt], PACK, tmp_path / "out", write_book, by="file")
    file = tmp_path / "out" / "city.xlsx"
    book = openpyxl.load_workbook(file)
    for sheet, values in {
        "单位": {"G3": "80", "L4": "2005年9月3日", "E5": "国有企业"},
        "问题": {"L11": "2005-09-30", "B12": "U002", "A13": "I999"},
    }.items():
        for cell, value in values.items():
            book[sheet][cell] = value
    book.save(tmp_path / "returned.xlsx")
    rest = openpyxl.load_workbook(CITY)
    del rest["单位"], rest["问题"]
    rest.save(tmp_path / "rest.xlsx")
    with lookback.check([tmp_path / "returned.xlsx", tmp_path / "rest.xlsx"], lang="en") as review:
        assert review.problem_count == 0
        assert review.summary["records"]["units"] == 60


def test_records_without_a_problem_leave_nothing(tmp_path: Path) -> None:
    assert fix_list([SMALL], PACK, tmp_path / "out", write_book) == []
    assert not (tmp_path / "out").exists()


def test_text_files_and_databases_come_as_workbooks_too(tmp_path: Path) -> None:
    data = Path(shutil.copytree(SMALL, tmp_path / "data"))
    units = (data / "units.csv").read_text("utf-8").replace(",140,", ",about 140,")
    (data / "units.csv").write_text(units + "U9" + ",too many" * 99 + "\n", "utf-8")
    rows = list(csv.DictReader((data / "issues.csv").read_text("utf-8").splitlines()))
    rows[0]["complaints"] = "several"
    (data / "issues.csv").unlink()
    (data / "issues.jsonl").write_text("\n".join(json.dumps({k: v or None for k, v in row.items()}) for row in rows), "utf-8")
    listed = fix_list([data], PACK, tmp_path / "out", write_book, lang="en")
    assert [(one.unit, one.problems) for one in listed] == [("U1", 1), ("U2", 1), ("U9", 1)]
    assert [value for value, _ in marked(tmp_path / "out" / listed[0].workbook, "Issues").values()] == ["several"]
    database = sqlite3.connect(tmp_path / "records.db")
    database.execute("create table units (unit_id text, name text, members text)")
    database.execute("insert into units values ('U1', 'Bureau', 'many')")
    database.commit()
    database.close()
    listed = fix_list([f"sqlite:///{tmp_path / 'records.db'}"], PACK, tmp_path / "from-database", write_book, lang="en")
    assert [one.unit for one in listed] == ["U1"], "of whom the columns that are missing are asked as well"
    found = marked(tmp_path / "from-database" / listed[0].workbook, "units")
    assert list(found.values()) == [("many", "Expected: a whole number")]


def test_what_no_sheet_can_hold_goes_on_or_is_told(tmp_path: Path, lookback: Lookback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writers.fix_list, "LAST_ROW", 4)
    rows = [[f"U{n}", f"some {n}", "x" * 40_000 if n == 1 else "b"] for n in range(1, 7)]
    (tmp_path / "units.csv").write_text("\n".join(map(",".join, [["unit_id", "members", "name"], *rows])), "utf-8")
    run = lookback("fix-list", tmp_path / "units.csv", "--by", "file", "--pack", TINY, "-o", tmp_path / "out", "--lang", "en")
    assert "units.xlsx: 2 rows stand beyond the last row of a sheet" in run.err
    book = openpyxl.load_workbook(tmp_path / "out" / "units.xlsx")
    title = book.sheetnames[0]
    listed = [
        row[3] for name in book.sheetnames if name.startswith(title) for row in book[name].iter_rows(min_row=2, values_only=True)
    ]
    assert [value for value in listed if value] == [row[1] for row in rows]
    sheet = book[book.sheetnames[-1]]
    assert [row[0].value for row in sheet.iter_rows(min_row=2)] == ["U1", "U2", "U3", "U4"]
    assert sheet["C2"].value.endswith("…")


def test_the_list_of_workbooks_begins_with_a_mark_by_which_excel_reads_chinese(spoilt: Path, tmp_path: Path) -> None:
    fix_list([spoilt], PACK, tmp_path / "out", write_book)
    assert (tmp_path / "out" / "fix-list.csv").read_bytes().startswith(codecs.BOM_UTF8)


def test_an_earlier_fix_list_is_replaced_and_no_other_folder(spoilt: Path, tmp_path: Path) -> None:
    fix_list([spoilt], PACK, tmp_path / "out", write_book, by="file")
    fix_list([spoilt], PACK, tmp_path / "out", write_book)
    assert not (tmp_path / "out" / "city.xlsx").exists()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep")
    with pytest.raises(OutputError):
        fix_list([spoilt], PACK, tmp_path / "mine", write_book)
    assert (tmp_path / "mine" / "notes.txt").read_text() == "keep"
