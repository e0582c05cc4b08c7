"""What stands above the records of a sheet, and what sheets are told: second lines of headers, likely names, notes, totals."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import openpyxl
import pytest
from messy import CEDAR, UNITS, Found, Rows, checked_pack, read_case, write_csv, write_xlsx

import lookback
from lookback.packs.checked import CheckedPack

KEYED = ["unit_id", "name", "members", "Self-check", None]
U1 = ["U1", "A", "12", "yes", "2005-09-01"]


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> CheckedPack:
    return checked_pack(tmp_path_factory.mktemp("headers") / "pack")


def read(folder: Path, pack: CheckedPack, sheets: Mapping[str, Rows], **how: bool) -> Found:
    (folder / "in").mkdir(exist_ok=True)
    return read_case([write_xlsx(folder / "in" / "book.xlsx", sheets)], pack, folder / "work", base=folder / "in", **how)


def told(found: Found) -> list[tuple[str, str | None]]:
    return [(n.code, n.sheet) for n in found.notices if n.code != "missing-columns"]


@pytest.mark.parametrize(
    "below",
    [
        [None, None, None, "done", "Self-check done on"],
        [None, None, None, "done", "where"],
        [None, "（全称）", "(people)", None, None],
        [None, None, None, None, "when"],
    ],
)
def test_a_second_line_of_a_header_with_nothing_under_the_key_is_no_record(
    below: list[str | None], pack: CheckedPack, tmp_path: Path
) -> None:
    found = read(tmp_path, pack, {"units": [KEYED, below, U1]})
    assert list(found.records["units"]) == ["U1"]
    assert {p.kind for p in found.problems} <= {"column-missing"}
    assert found.records["units"]["U1"]["members"] == 12
    assert found.read is not None
    assert found.read.lost.unjudged == 0


@pytest.mark.parametrize(
    "below",
    [[None, "Willow school", None, None, None], [None, None, "13", None, None], [None, None, None, "yes", "x2"], ["U9", None]],
)
def test_a_first_row_that_says_something_of_a_record_is_never_taken_for_a_header(
    below: list[str | None], pack: CheckedPack, tmp_path: Path
) -> None:
    found = read(tmp_path, pack, {"units": [["unit_id", "name", "members", "self_check", "where"], below, U1]})
    assert found.read is not None
    assert len(found.records["units"]) + found.read.lost.unjudged == 2


def test_the_second_line_is_told_with_its_words(pack: CheckedPack, tmp_path: Path) -> None:
    found = read(tmp_path, pack, {"units": [KEYED, [None, "（全称）"], U1]})
    assert "（全称）" in next(n for n in found.notices if n.code == "header-goes-on").message("en")


def test_sheets_of_notes_are_told_each_by_its_name_and_are_no_table(pack: CheckedPack, tmp_path: Path) -> None:
    notes = [["How to fill this in"], ["Ask the office where anything is unclear."]]
    found = read(tmp_path, pack, {"units": [UNITS, U1[:3]], "Notes": notes, "More": [["a", "b"], ["1", "2"]]})
    assert told(found) == [("unknown-sheet", "Notes"), ("unknown-sheet", "More")]
    assert not any("None" in n.message("en") for n in found.notices)
    assert found.inputs is not None
    assert found.inputs.strange


def test_a_sheet_of_prose_is_nothing_that_was_not_recognised(pack: CheckedPack, tmp_path: Path) -> None:
    found = read(tmp_path, pack, {"units": [["unit_id"], ["U1"]], "Notes": [["How to fill this in"], [], [None, "Ask."]]})
    assert found.inputs is not None
    assert not found.inputs.strange


def test_a_second_sheet_of_a_table_is_told_by_the_name_of_both(pack: CheckedPack, tmp_path: Path) -> None:
    found = read(tmp_path, pack, {"units": [UNITS, U1[:3]], "May": [UNITS, CEDAR], "Notes": [["How to fill this in"]]})
    assert told(found) == [("sheet-beside", "May"), ("unknown-sheet", "Notes")]
    assert "units" in found.notices[-2].message("en")


def test_every_hidden_sheet_that_is_a_table_by_its_header_is_told(pack: CheckedPack, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    file = write_xlsx(tmp_path / "in" / "book.xlsx", {"units": [UNITS, U1[:3]], "Q2 list": [UNITS, CEDAR], "Q3": [UNITS, CEDAR]})
    book = openpyxl.load_workbook(file)
    book["Q2 list"].sheet_state, book["Q3"].sheet_state = "hidden", "veryHidden"
    book.save(file)
    found = read_case([file], pack, tmp_path / "work", base=tmp_path / "in")
    assert told(found) == [("hidden-sheet", "Q2 list"), ("hidden-sheet", "Q3")]


def test_totals_and_headers_again_are_no_rows_set_aside(pack: CheckedPack, tmp_path: Path) -> None:
    found = read(tmp_path, pack, {"units": [UNITS, U1[:3], UNITS, CEDAR, ["合计", None, None, "68"]]})
    assert found.read is not None
    assert (found.read.set_aside["units"], found.read.records["units"], found.read.rows_of_input) == (0, 2, (2,))


TOTALS = ["合计（2 家）", "累计", "本页小计", "平均值", "总合计:", "其中：机关", "Totals (2)", "AVERAGE", "Grand totals", "Summe"]
TOTALS += [
    "汇总",
    "共2家",
    "合计 12 个单位",
    "以上共 3 家。",
    "2 units in total",
    "1,204 units total",
    "Total: 2 units",
    "in total 2",
]


@pytest.mark.parametrize("said", TOTALS)
def test_totals_in_other_words_are_no_units(said: str, pack: CheckedPack, tmp_path: Path) -> None:
    found = read(tmp_path, pack, {"units": [UNITS, U1[:3], [said, None, None, "68"], CEDAR, [said, "x", None, "68"]]})
    assert sorted(found.records["units"]) == ["U1", "U3"]
    assert {n.code for n in found.notices} & {"left-out.total", "left-out.note"}


@pytest.mark.parametrize(
    "said",
    [
        "Total Oil Ltd",
        "平均街",
        "Sum (City) Bank",
        "累计法办公室",
        "合计达公司",
        "共青团2支部",
        "汇总科",
        "12 High Street",
        "Total 2 Go Ltd",
    ],
)
def test_a_key_that_begins_as_a_total_does_is_a_unit(said: str, pack: CheckedPack, tmp_path: Path) -> None:
    found = read(tmp_path, pack, {"units": [UNITS, U1[:3], [said, None, None, "68"], CEDAR]})
    assert {*found.records["units"]} == {"U1", said, "U3"}


BEFORE = [["U1", "A", "12", "60"], ["U2", "B", "13", "61"]]


@pytest.mark.parametrize(
    "rows",
    [
        [["城东小计", None, "25", "121"]],
        [["城东合计", None, None, "121"], ["U8", "C", "1", "2"], ["U9", "D", "1", "3"], ["城西合计", None, None, "5"]],
        [["Total North", None, "25", None]],
        [["Subtotal North", None, "25", "121"]],
        [["North total", None, "25", "121"]],
        [["Subtotal North", "2", "25", "119"]],  # it says how many they are
    ],
)
def test_a_total_with_a_name_in_it_that_the_rows_above_bear_out_is_no_unit(rows: Rows, pack: CheckedPack, tmp_path: Path) -> None:
    found = read(tmp_path, pack, {"units": [["unit_id", "name", "members", "share"], *BEFORE, *rows]})
    said = [n.message("en") for n in found.notices if n.code == "left-out.total"]
    assert not [key for key in found.records["units"] if not key.startswith("U")]
    assert [text.rpartition(": ")[2] for text in said] == ["4, 7" if rows[1:] else "4"]


@pytest.mark.parametrize(
    "row",
    [
        ["城东小计", None, "25", "120"],  # no sum
        ["城东小计", "城东", "25", "121"],  # a name
        ["城东小计", None, None, None],
        ["Total Foods Ltd", None, "25", "121"],
        ["Total N7", None, "25", "121"],  # a key of the usual form
        ["合计科技公司", None, "25", "121"],
    ],
)
def test_a_total_with_a_name_in_it_that_may_be_a_unit_is_one(row: list[str | None], pack: CheckedPack, tmp_path: Path) -> None:
    found = read(tmp_path, pack, {"units": [["unit_id", "name", "members", "share"], *BEFORE, row]})
    assert row[0] in found.records["units"]


RENAMED = ["unit_id", "nam", "membres", "Self-check finished", "where"]


def test_a_renamed_header_with_one_likely_field_is_read_where_that_is_asked(pack: CheckedPack, tmp_path: Path) -> None:
    found = read(tmp_path, pack, {"units": [RENAMED, U1]}, accept_headers=True)
    assert found.records["units"]["U1"]["name"] == "A"
    assert found.records["units"]["U1"]["members"] == 12
    said = [n.message("en") for n in found.notices if n.code == "header-accepted"]
    assert said[:2] == [
        "the column `nam` is read as `name` (--accept-headers)",
        "the column `membres` is read as `members` (--accept-headers)",
    ]


def test_a_renamed_header_stays_a_column_that_is_missing_where_it_is_not_asked(pack: CheckedPack, tmp_path: Path) -> None:
    found = read(tmp_path, pack, {"units": [RENAMED, U1]})
    assert found.records["units"]["U1"]["members"] is None
    near = [n.message("en") for n in found.notices if n.code == "unknown-column-near"]
    assert "Did you mean `members`?" in near[1]


@pytest.mark.parametrize(
    "header", [["unit_id", "membres", "memebrs"], ["unit_id", "Self-check"], ["unit_id", "members", "membres"]]
)
def test_where_several_columns_or_fields_are_as_likely_none_is_taken(
    header: list[str], pack: CheckedPack, tmp_path: Path
) -> None:
    found = read(tmp_path, pack, {"units": [header, ["U1", "12", "13"]]}, accept_headers=True)
    assert not [n for n in found.notices if n.code == "header-accepted"]


def test_a_renamed_key_is_read_too_in_a_workbook_and_in_text(pack: CheckedPack, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    file = write_csv(tmp_path / "in" / "units.csv", [["unit_idd", "members"], ["U1", "12"]])
    found = read_case([file], pack, tmp_path / "work", base=tmp_path / "in", accept_headers=True)
    assert found.records["units"]["U1"]["members"] == 12
    assert read_case([file], pack, tmp_path / "again", base=tmp_path / "in").refused is not None


def test_check_and_python_take_the_option(tmp_path: Path) -> None:
    write_xlsx(tmp_path / "b.xlsx", {"units": [["unit_id", "membres"], ["U1", "12"]]})
    tiny = Path(__file__).parents[1] / "tiny" / "pack"
    with lookback.check(tmp_path / "b.xlsx", tiny, accept_headers=True) as review:
        assert [n.args["field"] for n in review.notices if n.code == "header-accepted"] == ["members"]
