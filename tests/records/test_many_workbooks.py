"""A folder with a workbook from each unit, read as one: every cell in question is named, and the bar moves."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import xlsxwriter
from screen import ROOT

import lookback

UNITS = ("单位代码", "单位名称", "党员人数", "自查完成日期")
ISSUES = ("问题编号", "单位代码", "整改状态", "整改期限")


def write(folder: Path, number: int) -> tuple[str, str, str]:
    """A unit's workbook, its title so many rows high; where its problem is: (file, cell, value)."""
    unit, height = f"U{number:04}", number % 5
    file = folder / f"{unit}.xlsx"
    with xlsxwriter.Workbook(file) as book:
        units, issues = book.add_worksheet("单位"), book.add_worksheet("问题")
        for row in range(height):
            units.write(row, 0, f"第{row + 1}行标题")
        units.write_row(height, 0, UNITS)
        units.write_row(height + 1, 0, (unit, f"第{number}单位", "若干" if number % 2 else 12, "2005-09-20"))
        issues.write_row(0, 0, ISSUES)
        for row in range(3):
            issues.write_row(
                row + 1, 0, (f"{unit}-{row}", unit, "正在整改", "3/4/2005" if not number % 2 and row == 1 else "2005年10月8日")
            )
    return (file.name, f"C{height + 2}", "若干") if number % 2 else (file.name, "D3", "3/4/2005")


@pytest.mark.parametrize("books", [8, pytest.param(1_000, marks=pytest.mark.slow)])
def test_a_workbook_from_each_unit_is_read_and_each_problem_is_named_by_its_cell(books: int, tmp_path: Path) -> None:
    folder = tmp_path / "from the units"
    folder.mkdir()
    expected = [write(folder, number) for number in range(books)]
    shares: list[float] = []

    def progress(stage: str, share: float) -> None:
        if stage == "read":
            shares.append(share)

    pack = ROOT / "tests" / "tiny" / "pack"
    with lookback.check(folder, pack, lang="en", out=tmp_path / "review", progress=progress) as review:
        assert review.summary["records"] == {"units": books, "issues": 3 * books}
    with (tmp_path / "review" / "problems.csv").open(encoding="utf-8", newline="") as stream:
        problems = list(csv.DictReader(stream))
    found = [(Path(row["file"]).name, row["cell"], row["value"]) for row in problems if row["cell"]]
    assert sorted(found) == sorted(expected)
    assert {row["kind"] for row in problems if not row["cell"]} == {"column-missing"}, "what no unit handed in"
    assert shares == sorted(shares)
    assert len(set(shares)) > books / 2
