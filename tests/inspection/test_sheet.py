"""Check sheets: what they say, how they are filled in, and that what was filled in comes back."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from openpyxl import load_workbook
from screen import ROOT, Golden, Lookback

import lookback
from lookback import Review, open_review

Reviewed = Callable[..., lookback.Review]
SEED = ("--seed", "2005-09-28: 3 1 9")


def drawn_from(review: Path, out: Path, *options: str) -> Path:
    from lookback.cli.main import cli

    cli.main(["draw", str(review), *SEED, *options, "-o", str(out)], standalone_mode=False)
    return out


@pytest.fixture(scope="module")
def drawn(before: lookback.Review, tmp_path_factory: pytest.TempPathFactory) -> Path:
    options = ("--size", "12", "--by", "district", "--groups", "2")
    return drawn_from(before.folder, tmp_path_factory.mktemp("draw") / "draw", *options)


def filled(book: Path, sheet: str, answers: Mapping[str, object]) -> None:
    """The first row of a workbook's sheet, by its headers."""
    opened = load_workbook(book)
    heads = [cell.value for cell in opened[sheet][1]]
    for head, answer in answers.items():
        opened[sheet].cell(2, heads.index(head) + 1, answer)
    opened.save(book)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_sheet_says_who_a_unit_is_what_it_claims_and_what_is_open(
    lang: str, before: lookback.Review, drawn: Path, lookback: Lookback, golden: Golden, tmp_path: Path
) -> None:
    run = lookback("sheet", before.folder, drawn, "-o", tmp_path / "sheets", lang=lang)
    assert (run.code, run.err) == (0, "")
    id_ = json.loads((drawn / "protocol.json").read_text("utf-8"))["draw"]
    page = sorted((tmp_path / "sheets" / "print").glob("*.html"))[1]
    text = page.read_text("utf-8")
    golden(
        f"sheet/page.{lang}.html",
        text[: text.index("<style>")].replace(id_, "…") + text[text.index("<body>") :].replace(id_, "…"),
    )
    book = load_workbook(tmp_path / "sheets" / f"{page.stem}.xlsx")
    sheets = [[s.title, *("|".join("" if v is None else str(v) for v in row) for row in s.values)] for s in book]
    golden(f"sheet/workbook.{lang}.txt", "\n\n".join("\n".join(lines) for lines in sheets).replace(id_, "…") + "\n")


def test_the_same_draw_gives_the_same_sheets(before: lookback.Review, drawn: Path, lookback: Lookback, tmp_path: Path) -> None:
    for name in ("one", "other"):
        assert lookback("sheet", before.folder, drawn, "-o", tmp_path / name).code == 0
    files = [path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*") if path.is_file()]
    assert len(files) == 2 * 12 + 1
    assert all((tmp_path / "one" / file).read_bytes() == (tmp_path / "other" / file).read_bytes() for file in files)


def test_what_was_filled_in_comes_back_and_says_who_was_visited(
    before: lookback.Review, drawn: Path, lookback: Lookback, tmp_path: Path
) -> None:
    sheets = tmp_path / "sheets"
    lookback("sheet", before.folder, drawn, "-o", sheets)
    books = sorted(sheets.glob("*.xlsx"))
    for n, book in enumerate(books[:9]):
        filled(book, "looks", {"gaps_seen": 2 if n == 0 else 0})
    for book in books[9:]:
        book.unlink()
    data, pack, after = before.folder.parent, before.folder / "pack", tmp_path / "after"
    (tmp_path / "pack").symlink_to(pack)
    run = lookback("check", data / "offices.csv", sheets, "--pack", tmp_path / "pack", "-o", after)
    assert (run.code, "problem" in run.err) == (0, False), run.err
    found = json.loads(lookback("estimate", drawn, after, "--format", "json").out)
    assert (found["visited"], len(found["not_visited"])) == (9, 3)
    assert found["rules"]["as-reported"]["seen"] == 1


def test_sheets_of_the_city_read_back_without_a_problem(city: Review, lookback: Lookback, tmp_path: Path) -> None:
    """What stands in them of a unit's records says what these say; answers are added to the records that they are about."""
    draw = drawn_from(city.folder, tmp_path / "draw", "--size", "6")
    assert lookback("sheet", city.folder, draw, "-o", tmp_path / "sheets", lang="zh").code == 0
    books = sorted((tmp_path / "sheets").glob("*.xlsx"))
    for book in books:
        filled(book, "实地检查", {"单位积极配合": "是", "检查表：不搞形式主义": "部分", "实地检查日期": "2005-10-19"})
        assert "巡回检查" not in load_workbook(book).sheetnames  # whose findings are the group's
        assert load_workbook(book)["补课安排"].max_row == 1  # most units have none, and begin none here
        if "问题" in load_workbook(book).sheetnames:
            filled(book, "问题", {"检查组核实状态": "正在整改"})
    given = (ROOT / "fixtures/example-city/csv", tmp_path / "sheets", "--as-of", "2005-10-20")
    run = lookback("check", *given, "-o", tmp_path / "after", "--format", "json")
    told = json.loads((tmp_path / "after" / "review.json").read_text("utf-8"))
    with (tmp_path / "after" / "problems.csv").open(encoding="utf-8", newline="") as stream:
        problems = {(row["kind"], row["field"]) for row in csv.DictReader(stream)}
    assert problems <= {("key-disagrees", "seen_status")}, run.err  # where inspectors had been before and saw something else
    had = city.summary["records"]
    assert told["records"] == had | {"site_checks": had["site_checks"] + 6}
    before, after = (
        {(row["table"], row["rule"], row["unit"]) for row in review.findings.to_pylist()}
        for review in (city, open_review(tmp_path / "after"))
    )
    assert {found[:2] for found in after - before} == {("issues", "claim-confirmed")}
    assert not before - after


def test_sheets_that_were_filled_in_are_not_replaced(
    before: lookback.Review, drawn: Path, lookback: Lookback, tmp_path: Path
) -> None:
    sheets = tmp_path / "sheets"
    for _ in range(2):
        assert lookback("sheet", before.folder, drawn, "-o", sheets).code == 0
    filled(min(sheets.glob("*.xlsx")), "looks", {"gaps_seen": 1})
    kept = {path: path.read_bytes() for path in sheets.rglob("*") if path.is_file()}
    said = lookback("sheet", before.folder, drawn, "-o", sheets)
    assert said.mistakes() == ["sheets-filled-in"]
    assert min(sheets.glob("*.xlsx")).name in said.err
    assert {path: path.read_bytes() for path in sheets.rglob("*") if path.is_file()} == kept


def test_units_without_a_key_have_no_sheet_and_are_told(reviewed: Reviewed, lookback: Lookback, tmp_path: Path) -> None:
    review = reviewed(keyless=1)
    draw = drawn_from(review.folder, tmp_path / "draw", "--size", "4")
    run = lookback("sheet", review.folder, draw, "-o", tmp_path / "sheets")
    assert (run.code, "offices.csv:" in run.err, len([*(tmp_path / "sheets").glob("*.xlsx")])) == (0, True, 3)


def test_sheets_of_another_review_are_refused(small: lookback.Review, drawn: Path, lookback: Lookback, tmp_path: Path) -> None:
    assert lookback("sheet", small.folder, drawn, "-o", tmp_path / "sheets").mistakes() == ["draw-of-other-review"]
    assert not (tmp_path / "sheets").exists()


def test_units_of_a_pack_with_reference_data_are_drawn_and_get_sheets_without_what_is_looked_up(
    lookback: Lookback, tmp_path: Path
) -> None:
    food = ROOT / "fixtures" / "food-inspection"
    shutil.copytree(food / "pack", tmp_path / "pack")
    records = (tmp_path / "pack" / "records.yaml").read_text("utf-8")
    seen = "      seen:\n        type: boolean\n        title: {en: Seen again, zh: 复查情况}\n        by: inspector\n"
    at = records.index("\n  codes:")
    (tmp_path / "pack" / "records.yaml").write_text(records[:at].rstrip("\n") + f"\n{seen}" + records[at:], "utf-8")
    review, drawn = tmp_path / "review", tmp_path / "draw"
    assert lookback("check", food / "records", "--pack", tmp_path / "pack", "-o", review).code == 3
    assert lookback("draw", review, "--size", "10", *SEED, "-o", drawn).code == 0
    made = lookback("sheet", review, drawn, "-o", tmp_path / "sheets")
    assert (made.code, made.err) == (0, "")
    page = (tmp_path / "sheets" / "print" / "R10.html").read_text("utf-8")
    assert "Seen again" in page
    assert "›" not in page
