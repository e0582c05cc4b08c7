"""The roster: the units that were expected. One that handed nothing in is judged as all blank, and named as such everywhere."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest
from python_calamine import CalamineWorkbook
from screen import Lookback
from test_keys import as_xlsx
from test_keys import written as pack_of

from lookback import Review, check, open_review
from lookback.words.errors import InputError

RECORDS = """
tables:
  shops:
    key: shop
    label: name
    fields:
      shop: {type: text}
      name: {type: text}
      area: {type: text}
      seats: {type: integer}
  visits:
    key: visit
    belongs_to: shops
    fields:
      visit: {type: text}
      shop: {type: text}
      fine: {type: boolean}
"""
RULES = """
facts:
  - {fact: bad, of: shops, from: visits, value: "count(*) filter (where not coalesce(fine, false))"}
rules:
  - {rule: sound, for: shops, title: {en: Sound}, require: bad = 0, otherwise: close}
  - {rule: big, for: shops, title: {en: Big}, require: seats >= 10, otherwise: explain}
"""
SHOPS = "shop,name,area,seats\nR1,Wok,north,30\nR2,Tea,south,5\n"
VISITS = "visit,shop,fine\nV1,R1,yes\nV2,R3,no\n"
ROSTER = [["shop", "name", "area"], ["R1", "Old name", "west"], ["R2", "", ""], ["R3", "Bar", "north"], ["R4", "Inn", "south"]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    pack_of(tmp_path / "pack", {"records": RECORDS, "1-a.rules": RULES})
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "shops.csv").write_text(SHOPS, "utf-8")
    (tmp_path / "data" / "visits.csv").write_text(VISITS, "utf-8")
    return tmp_path


def written(folder: Path, rows: list[list[str]] = ROSTER) -> Path:
    file = folder / "roster.csv"
    file.write_text("".join(",".join(row) + "\n" for row in rows), "utf-8")
    return file


def judged(folder: Path, roster: Path | None) -> tuple[Review, dict[str, tuple[object, ...]]]:
    review = check(folder / "data", folder / "pack", roster=roster, out=folder / "out", lang="en")
    kept = "shop, verdict, name, area, seats, bad" + (", _not_handed_in" if roster else "")
    rows = duckdb.sql(f"SELECT {kept} FROM '{folder / 'out' / 'verdicts.parquet'}' ORDER BY 1").fetchall()
    return review, {row[0]: row[1:] for row in rows}


def test_a_unit_of_the_roster_that_handed_nothing_in_is_judged_as_all_blank_with_the_records_below_it(folder: Path) -> None:
    review, units = judged(folder, written(folder))
    assert units == {
        "R1": ("pass", "Wok", "north", 30, 0, False),  # the roster says nothing of a unit that says it itself
        "R2": ("explain", "Tea", "south", 5, 0, False),
        "R3": ("close", "Bar", "north", None, 1, True),  # its visit is judged: without the roster it is of no unit
        "R4": ("explain", "Inn", "south", None, 0, True),
    }
    assert review.problem_count == 0
    assert review.summary["roster"] == {"file": "roster.csv", "expected": 4, "nothing": 2, "unexpected": 0}
    assert review.summary["records"]["shops"] == 4
    assert "4 units expected, 2 of them handed in nothing" in " ".join(n.message("en") for n in review.notices)


def test_the_roster_is_of_the_units_also_where_reference_data_comes_first(folder: Path) -> None:
    areas = "tables:\n  areas:\n    key: area\n    reference: true\n    fields:\n      area: {type: text}\n"
    referring = RECORDS.replace("      area: {type: text}", "      area: {type: text, refers_to: areas}")
    records = referring.lstrip().replace("tables:\n", areas)
    (folder / "pack" / "records.yaml").write_text(records, "utf-8")
    (folder / "data" / "areas.csv").write_text("area\nnorth\nsouth\nwest\n", "utf-8")
    review, units = judged(folder, written(folder))
    assert review.summary["roster"] == {"file": "roster.csv", "expected": 4, "nothing": 2, "unexpected": 0}
    assert units["R4"] == ("explain", "Inn", "south", None, 0, True)


def test_without_a_roster_nothing_of_it_is_in_the_review(folder: Path) -> None:
    review, units = judged(folder, None)
    assert set(units) == {"R1", "R2"}
    assert "roster" not in review.summary
    assert review.problem_count == 1


def test_units_that_nobody_expected_and_keys_that_were_spelt_otherwise_are_told(folder: Path) -> None:
    review, units = judged(folder, written(folder, [["shop"], ["r1"], ["R2"]]))
    told = " ".join(n.message("en") for n in review.notices)
    assert "1 unit handed in and not on the roster: R1" in told
    assert "r1 handed in nothing, and R1 is not on the roster: perhaps they are one" in told
    assert units["r1"][-1]
    assert not units["R1"][-1]


def test_a_roster_may_be_a_sheet_and_one_that_cannot_be_read_is_told_by_its_name(folder: Path) -> None:
    as_xlsx(folder, {"shops": ROSTER})
    assert judged(folder, folder / "book.xlsx")[0].summary["roster"]["nothing"] == 2
    with pytest.raises(InputError, match=r"nowhere\.csv"):
        judged(folder, folder / "nowhere.csv")
    with pytest.raises(InputError, match="roster"):
        judged(folder, written(folder, [["place", "chief"], ["a", "b"]]))


def test_every_list_and_explain_say_that_nothing_was_handed_in(folder: Path, lookback: Lookback) -> None:
    out = str(folder / "out")
    done = lookback("check", str(folder / "data"), "--pack", str(folder / "pack"), "--roster", str(written(folder)), "-o", out)
    assert done.code == 0, done.err
    [line] = [line for line in done.out.splitlines() if line.startswith("R4")]
    assert "nothing was handed in" in line
    assert "Nothing was handed in of this unit" in lookback("explain", "R4", out).out
    assert "没有上报任何材料" in lookback("explain", "R4", out, "--lang", "zh").out
    assert "Nothing was handed in" not in lookback("explain", "R1", out).out
    assert json.loads(lookback("explain", "R4", out, "--format", "json").out)["not_handed_in"] is True
    units = {row["key"]: row["rules"] for row in json.loads(lookback("flagged", out, "--format", "json").out)}
    assert units == {"R3": ["not handed in"], "R4": ["not handed in"], "R2": ["big"]}


OFFICE = """
pack: shops
version: "1"
outcomes: [{outcome: pass}, {outcome: explain}, {outcome: close}]
params:
  as_of: {type: date, default: 2005-09-30}
  due: {type: date, default: 2005-10-01, title: {en: Last day, zh: 截止日期}}
office: {group_by: [area, chain], handed_in_by: due}
"""
OF_A_CHAIN = [
    ["shop", "area", "chain", "name"],
    ["R3", "north", "R1", "Bar"],
    ["R4", "south", "R9", "Inn"],
    ["R5", "east", "R1", ""],
]


@pytest.fixture
def office(folder: Path) -> Path:
    """A roster of shops of which some belong to one that is there, and one to one that is not."""
    chain = "      chain: {type: text, refers_to: shops, missing: allowed, title: {en: Chain, zh: 总店}}\n      seats"
    pack_of(folder / "pack", {"pack": OFFICE, "records": RECORDS.replace("      seats", chain, 1), "1-a.rules": RULES})
    written(folder, [*OF_A_CHAIN, ["R1", "", "", ""], ["R2", "", "", ""]])
    return folder


def test_who_handed_nothing_in_is_listed_by_parent_with_how_late_it_is(office: Path, lookback: Lookback) -> None:
    check(office / "data", office / "pack", roster=office / "roster.csv", params={"as_of": "2005-10-20"}, out=office / "out")
    listed = ("flagged", str(office / "out"), "--not-handed-in")
    assert lookback(*listed, "--format", "csv").out.splitlines() == [
        "chain,area,key,label,late",
        "R9,south,R4,Inn,19",
        "Wok,east,R5,,19",
        "Wok,north,R3,Bar,19",
    ]
    assert [row["key"] for row in json.loads(lookback(*listed, "--format", "json", "--where", "area = 'north'").out)] == ["R3"]
    assert [len(json.loads(lookback(*listed, "--json", "--top", n).out)) for n in ("0", "2")] == [0, 2]
    told = {lang: lookback(*listed, "--lang", lang).out.splitlines() for lang in ("en", "zh")}
    assert (told["en"][0].split(), told["zh"][0].split()) == (
        ["Chain", "area", "shop", "name", "Days", "late"],
        ["总店", "area", "shop", "name", "逾期天数"],
    )
    assert told["en"][-1] == "To be handed in by 2005-10-01 (Last day); day of the review: 2005-10-20."
    assert told["zh"][-1] == "上报截止日期：2005-10-01（截止日期）；检查日期：2005-10-20。"
    assert lookback(*listed, "--format", "xlsx", "-o", str(office / "list.xlsx")).code == 0
    for file in ("list.xlsx", "out/flagged.xlsx"):
        book = CalamineWorkbook.from_path(str(office / file))
        [name] = {"Not handed in", "未上报单位"}.intersection(book.sheet_names)
        assert [row[2] for row in book.get_sheet_by_name(name).to_python()] == ["shop", "R4", "R5", "R3"]


def test_late_is_only_who_was_asked_for_something_by_the_day(office: Path, lookback: Lookback) -> None:
    """R3 is asked for its seats, R4 is not; of R5 nobody said where it is."""
    written(office, [["shop", "area"], ["R1", ""], ["R2", ""], ["R3", "north"], ["R4", "south"], ["R5", ""]])
    seats = "when: area = 'north' and :as_of > :due, require: seats >= 10, otherwise: explain"
    rules = RULES.replace("require: seats >= 10, otherwise: explain", seats)
    chain = "      chain: {type: text, refers_to: shops, missing: allowed}\n      seats"
    pack_of(office / "pack", {"pack": OFFICE, "records": RECORDS.replace("      seats", chain, 1), "1-a.rules": rules})
    check(office / "data", office / "pack", roster=office / "roster.csv", params={"as_of": "2005-10-20"}, out=office / "out")
    listed = ("flagged", str(office / "out"), "--not-handed-in")
    assert {row["key"]: row["late"] for row in json.loads(lookback(*listed, "--json").out)} == {"R3": 19, "R4": None, "R5": 19}
    assert lookback(*listed, "--format", "csv").out.splitlines()[2:] == [",south,R4,,", ",,R5,,19"]
    [row] = [line.split() for line in lookback(*listed).out.splitlines() if "R4" in line]
    assert row == ["south", "R4"]


def test_before_the_day_nobody_is_late_and_without_a_roster_there_is_no_such_list(office: Path, lookback: Lookback) -> None:
    check(office / "data", office / "pack", roster=office / "roster.csv", out=office / "out")
    listed = ("flagged", str(office / "out"), "--not-handed-in")
    assert [row["late"] for row in json.loads(lookback(*listed, "--json").out)] == [0, 0, 0]
    assert lookback(*listed, "--rule", "big").err.startswith("error[not-handed-in-alone]")
    written(office, [["shop"], ["R1"], ["R2"]])
    check(office / "data", office / "pack", roster=office / "roster.csv", out=office / "out")
    assert lookback(*listed, "--lang", "zh").out == "名册上的单位都已上报。\n"
    check(office / "data", office / "pack", out=office / "out")
    assert (done := lookback(*listed)).code == 2
    assert done.err.startswith("error[no-roster]")


def test_a_pack_that_says_nothing_of_the_office_lists_them_by_their_keys(folder: Path, lookback: Lookback) -> None:
    judged(folder, written(folder))
    out = lookback("flagged", str(folder / "out"), "--not-handed-in", "--format", "csv").out
    assert out.splitlines() == ["key,label", "R3,Bar", "R4,Inn"]


def test_a_notice_calls_tables_and_fields_by_their_titles_in_chinese(folder: Path, lookback: Lookback) -> None:
    records = RECORDS.replace("  visits:\n", "  visits:\n    title: {zh: 走访}\n    optional: {because: {en: Few are visited}}\n")
    records = records.replace("fine: {type: boolean}", "fine: {type: boolean, title: {zh: 无误}}")
    pack_of(folder / "pack", {"records": records, "1-a.rules": RULES})
    review = check(folder / "data", folder / "pack", out=folder / "out")
    (folder / "data" / "visits.csv").write_text("visit,shop\nV1,R1\n", "utf-8")
    lacking = check(folder / "data", folder / "pack", out=folder / "other")
    (folder / "data" / "visits.csv").unlink()
    none = check(folder / "data", folder / "pack", out=folder / "none")
    assert not review.notices
    for told in (lacking, open_review(folder / "other")):
        assert [n.message("zh") for n in told.notices] == ["“走访”缺少 1 个字段的列：无误"]
        assert [n.message("en") for n in told.notices] == ["no column for 1 field of visits: fine"]
    assert [n.message("zh") for n in none.notices] == ["没有提供“走访”的记录"]
