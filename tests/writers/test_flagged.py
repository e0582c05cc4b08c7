"""The workbook of flagged units: what it leaves out is told, and all findings are there by situation."""

from __future__ import annotations

import copy
import json
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest
from builders import checked, pack_of, write_pack
from openpyxl.worksheet.worksheet import Worksheet
from screen import Lookback

import lookback as lookback_
from lookback.reviews.flagged import flagged
from lookback.writers import flagged as writer
from lookback.writers.flagged import write_workbook

TABLES: dict[str, Any] = {
    "mills": {
        "key": "mill",
        "label": "name",
        "fields": {"mill": {"type": "text"}, "name": {"type": "text"}, "wheels": {"type": "integer"}},
    },
    "wheels": {
        "key": "wheel",
        "belongs_to": "mills",
        "fields": {"wheel": {"type": "text"}, "mill": {"type": "text"}, "teeth": {"type": "integer"}, "oil": {"type": "text"}},
    },
}
FACTS = [{"fact": "bad", "of": "mills", "from": "wheels", "value": "count(*) filter (where unmet('toothed'))"}]
RULES = [
    {"rule": "all-good", "for": "mills", "require": "bad = 0"},
    {"rule": "toothed", "for": "wheels", "require": "teeth >= 10"},
    {
        "rule": "oiled",
        "for": "wheels",
        "require": "oil is not null",
        "not_counted": {"because": {"en": "Not asked", "zh": "不问"}},
    },
]
MILLS, WHEELS = 6, 90
"""M0 is in order; of the others each has many wheels that are not, the first ones most."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a pack and data: 5 flagged mills, 75 findings on wheels and 5 on mills, 90 that do not count."""
    folder = tmp_path_factory.mktemp("mills")
    checked(folder / "pack", pack_of(TABLES, RULES, FACTS))
    (folder / "data").mkdir()
    lines = ["mill,name,wheels", *(f"M{i},Mill {i},1" for i in range(MILLS))]
    (folder / "data" / "mills.csv").write_text("\n".join(lines), "utf-8")
    teeth = {n: str(n % 10) if n % MILLS else "10" for n in range(WHEELS)}
    lines = ["wheel,mill,teeth,oil", *(f"W{n},M{n % MILLS},{teeth[n]}," for n in range(WHEELS))]
    (folder / "data" / "wheels.csv").write_text("\n".join(lines), "utf-8")
    return folder


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A workbook of a review has so little here that it is cut."""
    monkeypatch.setattr(writer, "UNITS_IN_REVIEW", 4)
    monkeypatch.setattr(writer, "FINDINGS_IN_REVIEW", 14)


def sheets(file: Path) -> dict[str, Worksheet]:
    """The lists, which stand behind the cover."""
    return {sheet.title: sheet for sheet in openpyxl.load_workbook(file).worksheets if sheet.title not in ("Cover", "封面")}


def below(sheet: Worksheet) -> list[tuple[Any, ...]]:
    return list(sheet.iter_rows(min_row=2, values_only=True))


def by_head(sheet: Worksheet) -> list[dict[str, Any]]:
    heads = [cell.value for cell in sheet[1]]
    return [dict(zip(heads, row, strict=True)) for row in below(sheet)]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_cut_workbook_says_how_many_are_left_out_and_where_in_sheet_screen_and_summary(
    lookback: Lookback, place: Path, tmp_path: Path, limits: None, lang: str
) -> None:
    run = lookback(
        "check", place / "data", "--pack", place / "pack", "-o", tmp_path / "review", "--fail-on", "make_up", lang=lang
    )
    assert run.code == 1
    found, (units, situations, findings, uncounted) = zip(*sheets(tmp_path / "review" / "flagged.xlsx").items(), strict=True)
    part = "{} ({} of {})" if lang == "en" else "{0}（{2} 中的 {1}）"
    titles = ("Flagged units", "Findings", "Not counted") if lang == "en" else ("问题单位", "问题明细", "不计入的问题")
    counts = [(4, 5), (14, 80), (14, 90)]
    names = [part.format(title, *of) for title, of in zip(titles, counts, strict=True)]
    assert list(found) == [names[0], {"en": "By situation", "zh": "按情形汇总"}[lang], *names[1:]]
    for sheet, (listed, of), file in zip((units, findings, uncounted), counts, ("verdicts", "findings", "findings"), strict=True):
        rows = below(sheet)
        assert len(rows) == listed + 1
        assert all(str(word) in rows[-1][0] for word in (listed, of, f"{file}.parquet", "lookback flagged REVIEW")), rows[-1]
        assert not any(rows[-1][1:])
        assert sheet.auto_filter.ref.endswith(str(listed + 1)), "what is said of the list is none of its rows"
    assert len(below(situations)) < 20
    last = run.err.splitlines()[-1]
    assert all(
        word in last for word in ("14", "80", "90", "findings.parquet", f"lookback flagged {tmp_path / 'review'} --format xlsx")
    )
    assert json.loads((tmp_path / "review" / "review.json").read_text("utf-8"))["left_out"] == {
        "units": {"listed": 4, "left_out": 1, "all_in": "verdicts.parquet"},
        "findings": {"listed": 14, "left_out": 66, "all_in": "findings.parquet"},
        "not-counted": {"listed": 14, "left_out": 76, "all_in": "findings.parquet"},
    }
    assert json.loads(lookback("verify", tmp_path / "review", "--format", "json").out)["sound"]


def test_a_cut_list_has_some_findings_of_every_unit_that_it_has(
    lookback: Lookback, place: Path, tmp_path: Path, limits: None
) -> None:
    lookback("check", place / "data", "--pack", place / "pack", "-o", tmp_path / "review")
    units, _, findings, uncounted = sheets(tmp_path / "review" / "flagged.xlsx").values()
    listed = [row[0] for row in below(units)[:-1]]
    counts = Counter(row[0] for row in below(findings)[:-1])
    assert list(counts) == listed, "in their order"
    assert set(counts.values()) == {3, 4}
    assert Counter(row[0] for row in below(uncounted)[:-1]).keys() == {f"M{i}" for i in range(MILLS)}


def test_nothing_is_said_of_a_workbook_that_has_everything(lookback: Lookback, place: Path, tmp_path: Path) -> None:
    run = lookback("check", place / "data", "--pack", place / "pack", "-o", tmp_path / "review")
    assert "flagged.xlsx" not in run.err
    assert json.loads((tmp_path / "review" / "review.json").read_text("utf-8"))["left_out"] == {}
    found = sheets(tmp_path / "review" / "flagged.xlsx")
    assert {title: sheet.max_row - 1 for title, sheet in found.items() if title != "By situation"} == {
        "Flagged units": 5,
        "Findings": 80,
        "Not counted": 90,
    }


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_all_findings_are_there_by_situation(lookback: Lookback, place: Path, tmp_path: Path, limits: None, lang: str) -> None:
    lookback("check", place / "data", "--pack", place / "pack", "-o", tmp_path / "review", lang=lang)
    sheet = list(sheets(tmp_path / "review" / "flagged.xlsx").values())[1]
    heads = [cell.value for cell in sheet[1]]
    rows = [dict(zip(heads, row, strict=True)) for row in below(sheet)]
    n, units = ("Findings", "Units") if lang == "en" else ("问题项数", "单位数")
    all_of_them = pq.read_table(tmp_path / "review" / "findings.parquet").to_pylist()
    assert sum(row[n] for row in rows) == len(all_of_them) == 170
    told = {(row[heads[0]], row[n], row[units]) for row in rows}
    assert told == {("toothed", 75, 5), ("all-good", 5, 5), ("oiled", 90, 6)}
    said = {row["Situation" if lang == "en" else "情形"] for row in rows}
    words = "teeth is …, should be at least 10" if lang == "en" else "teeth为 …，应不少于 10"
    assert words in said
    by_record = {f["record"]: f for f in all_of_them}
    for row in rows:
        example = by_record[row["Example" if lang == "en" else "例：记录"]]
        assert row["Unit of the example" if lang == "en" else "例：单位"] == example["unit"]
    assert rows[-1][heads[-1]] == {"en": "Not asked", "zh": "不问"}[lang], "what does not count is last"


def test_a_chosen_list_groups_the_findings_of_the_units_that_were_chosen(lookback: Lookback, place: Path, tmp_path: Path) -> None:
    lookback("check", place / "data", "--pack", place / "pack", "-o", tmp_path / "review")
    run = lookback("flagged", tmp_path / "review", "--where", "name = 'Mill 1'", "-o", tmp_path / "one.xlsx")
    assert run.code == 0
    of_one = {row["Rule"]: row["Findings"] for row in by_head(sheets(tmp_path / "one.xlsx")["By situation"])}
    assert of_one == {"all-good": 1, "toothed": 15, "oiled": 15}
    lookback("flagged", tmp_path / "review", "--not-counted", "-o", tmp_path / "apart.xlsx")
    found = sheets(tmp_path / "apart.xlsx")
    assert list(found) == ["By situation", "Not counted"]
    assert [row["Findings"] for row in by_head(found["By situation"])] == [90]
    lookback("flagged", tmp_path / "review", "--top", "2", "-o", tmp_path / "two.xlsx")
    found = sheets(tmp_path / "two.xlsx")
    assert "Flagged units (2 of 5)" in found
    assert "findings.parquet" in below(found["Findings (32 of 80)"])[-1][0]


def test_a_list_that_is_longer_than_a_sheet_goes_on_on_another(
    lookback: Lookback, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lookback("check", place / "data", "--pack", place / "pack", "-o", tmp_path / "review")
    monkeypatch.setattr(writer, "ROWS_OF_SHEET", 30)
    lookback("flagged", tmp_path / "review", "-o", tmp_path / "all.xlsx")
    found = sheets(tmp_path / "all.xlsx")
    assert list(found) == [
        "Flagged units",
        "By situation",
        *("Findings", "Findings 2", "Findings 3"),
        *("Not counted", "Not counted 2", "Not counted 3"),
    ]
    parts = [below(found[title]) for title in ("Findings", "Findings 2", "Findings 3")]
    assert [len(rows) for rows in parts] == [31, 31, 20]
    assert [rows[-1][0] for rows in parts[:2]] == ["goes on on the sheet “Findings 2”", "goes on on the sheet “Findings 3”"]
    listed = [row[3] for rows in parts for row in rows if row[3]]
    counted = [f["record"] for f in pq.read_table(tmp_path / "review" / "findings.parquet").to_pylist() if f["rule"] != "oiled"]
    assert sorted(listed) == sorted(counted)


def test_texts_come_back_as_they_were_and_one_that_no_cell_holds_says_that_it_is_cut(
    lookback: Lookback, place: Path, tmp_path: Path
) -> None:
    names = [
        "<r>&</r>",
        "=1+1",
        " two  spaces ",
        "a\nb",
        "_x0041_",
        "“回头看”<&>\"'",
        "\U0001f600" * 20_000,
    ]
    lines = ["mill\tname\twheels", *(f"M{i}\t{json.dumps(n, ensure_ascii=False)}\t1" for i, n in enumerate(names))]
    assert len(lines) == 8
    pack, review = checked(place / "pack"), tmp_path / "review"
    lookback("check", place / "data", "--pack", place / "pack", "-o", review)
    found = flagged(review, pack)
    units = found.units.slice(0, 1).to_pylist()[0]
    rows = [{**units, "label": name} for name in names]
    changed = type(found)(type(found.units).from_pylist(rows, found.units.schema), found.findings, len(rows), 80)
    write_workbook(tmp_path / "texts.xlsx", changed, pack, "en")
    first = sheets(tmp_path / "texts.xlsx")["Flagged units"]
    came = [row[1] for row in below(first)]
    assert came[1:6] == names[1:6]
    assert came[0].rstrip() == names[0]
    assert came[6].endswith("…")
    assert len(came[6].encode("utf-16-le")) // 2 in (32_766, 32_767)
    assert first.dimensions == f"A1:F{len(names) + 1}"


@pytest.fixture(scope="module")
def offices(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A review of a pack whose units are grouped and whose records say who answers, made in English."""
    folder = tmp_path_factory.mktemp("offices")
    tables = copy.deepcopy(TABLES)
    north = {"type": "choice", "choices": {"n": {"en": "North", "zh": "北"}}, "title": {"zh": "地区"}}
    above = {"type": "text", "refers_to": "mills", "missing": "allowed", "title": {"en": "Parent", "zh": "上级"}}
    tables["mills"]["fields"] |= {"of": above, "valley": north}
    tables["wheels"]["fields"] |= {"wright": {"type": "text"}, "by": {"type": "date"}}
    tables["wheels"] |= {"answers": {"who": "wright", "until": "by"}, "title": {"en": "Wheels", "zh": "水轮"}}
    write_pack(pack_of(tables, RULES[:2], FACTS, {"as_of": {"type": "date", "default": "2005-10-20"}}), folder / "pack")
    file = folder / "pack" / "pack.yaml"
    text = file.read_text("utf-8").replace("- outcome: make_up", "- outcome: make_up\n  due: 30 days")
    text = text.replace("en: Random", "en: Mills\n  zh: 磨坊检查")
    file.write_text(text + "office: {group_by: [valley, of]}\n", "utf-8")
    (folder / "data").mkdir()
    (folder / "data" / "mills.csv").write_text("mill,name,wheels,of,valley\nM1,Old Mill,1,M2,n\nM2,Guild,x,,\n", "utf-8")
    wheels = "wheel,mill,teeth,oil,wright,by\nW1,M1,3,yes,Ash,2005-11-01\nW2,M1,,yes,,\nW3,M2,12,yes,,\n"
    (folder / "data" / "wheels.csv").write_text(wheels, "utf-8")
    lookback_.check(folder / "data", folder / "pack", lang="en", out=folder / "review").close()
    return folder


def test_the_cover_says_what_the_review_was_and_came_to(lookback: Lookback, offices: Path, tmp_path: Path) -> None:
    for lang, name, said in (
        ("en", "Cover", ["Mills", "20 October 2005", "By Parent", "Guild", "1 value that is no whole number", "Checked by:"]),
        ("zh", "封面", ["磨坊检查", "2005年10月20日", "按上级", "按地区", "Guild", "北", "1 处不是整数", "审核人："]),
    ):
        assert lookback("flagged", offices / "review", "-o", tmp_path / f"{lang}.xlsx", lang=lang).code == 0
        book = openpyxl.load_workbook(tmp_path / f"{lang}.xlsx")
        assert book.sheetnames[0] == name
        texts = [str(cell) for row in book[name].iter_rows(values_only=True) for cell in row if cell is not None]
        assert not [word for word in said if word not in texts]
        assert book[name].page_setup.paperSize == 9
        assert all(sheet.oddFooter.center.text == "&P / &N" for sheet in book.worksheets)


def test_lists_say_who_answers_and_until_when_and_leave_empty_columns_out(
    lookback: Lookback, offices: Path, tmp_path: Path
) -> None:
    lookback("flagged", offices / "review", "-o", tmp_path / "zh.xlsx", lang="zh")
    found = sheets(tmp_path / "zh.xlsx")
    (unit,) = by_head(found["问题单位"])
    assert (unit["上级"], unit["地区"], unit["期限"]) == ("Guild", "北", datetime(2005, 11, 19))
    by_record = {row["记录"]: row for row in by_head(found["问题明细"])}
    assert {r: (row["责任方"], row["期限"]) for r, row in by_record.items()} == {
        "M1": ("Old Mill", datetime(2005, 11, 19)),
        "W1": ("Ash", datetime(2005, 11, 1)),
        "W2": (None, datetime(2005, 11, 19)),
    }
    assert "建议" not in by_record["W1"], "no rule advises anything"
    assert found["问题明细"].print_title_rows == "$1:$1"


def test_rows_are_as_high_as_their_texts_in_chinese_too() -> None:
    columns = [(0, 20), (1, 40)]
    assert writer._height(("一" * 30, "ab"), columns) == 3 * writer.LINE_OF_LIST
    assert writer._height(("a" * 20, "b" * 41), columns) == 2 * writer.LINE_OF_LIST
    assert writer._height(("a\nb\n二", None), columns) == 3 * writer.LINE_OF_LIST
    assert writer._height((None, 3), columns) == writer.LINE_OF_LIST
