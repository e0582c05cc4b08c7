"""A workbook as an office really has it: titles, two lines of header, units, shares, one sheet for two tables, keys of two
fields, words instead of numbers, a renamed header, hidden sheets, totals, notes. It is judged as it is; the verdicts are reckoned
by hand.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
import xlsxwriter

import lookback
from lookback.packs.read import read_pack
from lookback.reviews.folder import Review

PACK = {
    "pack": """
pack: shops
version: "1.0"
title: {zh: 商户检查}
outcomes: [{outcome: pass}, {outcome: explain}, {outcome: make_up}]
""",
    "records": """
blanks: [—]
tables:
  shops:
    title: {zh: 商户}
    key: shop
    label: name
    fields:
      shop: {type: text, title: {zh: 商户编号}}
      name: {type: text, title: {zh: 商户名称}}
      staff: {type: integer, title: {zh: 从业人数}, unit: people, least: 0}
      turnover: {type: number, title: {zh: 营业额}, unit: money}
      closed: {type: integer, title: {zh: 停业时长}, unit: {天: 1, days: 1, 周: 7, weeks: 7}, least: 0}
      satisfied: {type: number, title: {zh: 满意率}, share: true, least: 0, most: 1}
      complaints: {type: integer, title: {zh: 投诉件数}, least: 0}
  inspections:
    title: {zh: 检查}
    key: [shop, date]
    belongs_to: shops
    fields:
      shop: {type: text, title: {zh: 商户编号}}
      date: {type: date, title: {zh: 检查日期}}
      points: {type: integer, also: [得分], blanks: [未评分, N/A], least: 0, most: 100}
      unscored: {type: choice, choices: {not_scored: {zh: 未评分, also: [N/A]}}, also: [得分], beside: integer}
      seal: {type: text, title: {zh: 封签}, keep_spaces: true, optional: {because: {zh: 不一定有封签。}}}
  violations:
    title: {zh: 违规}
    key: row
    belongs_to: inspections
    fields:
      shop: {type: text, title: {zh: 商户编号}}
      date: {type: date, title: {zh: 检查日期}}
      what: {type: text, title: {zh: 违规事项}}
      critical: {type: boolean, title: {zh: 是否严重}}
      fine: {type: number, title: {zh: 罚款}, unit: money, least: 0}
      term: {type: integer, title: {zh: 整改期限}, unit: days, least: 0}
""",
    "1.rules": """
facts:
  - {fact: heavy, of: inspections, from: violations, value: "count(*) filter (where verdict <> 'pass')"}
  - {fact: bad, of: shops, from: inspections, value: "count(*) filter (where verdict = 'make_up')"}
  - {fact: doubtful, of: shops, from: inspections, value: "count(*) filter (where verdict = 'explain')"}
rules:
  - {rule: staffed, for: shops, title: {zh: 人手}, require: staff >= 3, otherwise: explain}
  - {rule: earns, for: shops, title: {zh: 营业额}, require: turnover >= 50000, otherwise: explain}
  - {rule: open, for: shops, title: {zh: 停业}, require: closed <= 14, otherwise: make_up}
  - {rule: liked, for: shops, title: {zh: 满意率}, require: satisfied >= 0.8, otherwise: explain}
  - {rule: quiet, for: shops, title: {zh: 投诉}, require: complaints <= 5, otherwise: explain}
  - {rule: none-bad, for: shops, title: {zh: 检查不合格}, require: bad = 0, otherwise: make_up}
  - {rule: none-doubtful, for: shops, title: {zh: 检查存疑}, require: doubtful = 0, otherwise: explain}
  - {rule: scored, for: inspections, title: {zh: 得分}, when: unscored is null, require: points >= 60, otherwise: explain}
  - {rule: sealed, for: inspections, title: {zh: 封签}, when: seal is not null, require: length(seal) = 5, otherwise: explain}
  - {rule: light, for: inspections, title: {zh: 违规}, require: heavy = 0, otherwise: make_up}
  - {rule: small, for: violations, title: {zh: 轻微}, require: not critical and fine < 1000 and term <= 30, otherwise: explain}
""",
}
Rows = list[list[object]]
SHOPS: Rows = [
    ["桤木区商户情况表（2005年）"],
    ["填报单位：桤木区", None, None, None, None, None, "填报日期：2005年9月30日"],
    ["商户编号", "商户名称", "经营情况", None, None, "满意率", "投诉的件数"],
    [None, None, "从业人数", "营业额（万元）", "停业时长", None, None],
    ["B1", "桤木面馆", "22人", 12, "10天", "95%", 2],
    ["B2", "桦树茶馆", 8, "8", "14 days", "约九成", 0],
    ["B3", "雪松饭店", "５人", 3, "1周", "88%", 5],
    ["B4", "柳树小吃", "3人", "60000元", "3周", "80%", 1],
    ["B5", "白杨酒家", 12, 9.5, "0天", "100%", 1],
    ["B6", "银杏餐厅", "1万人", 20, 2, "85%", 3],
    ["小计", None, 62, 52.5],
    ["B7", "香樟快餐", "4名", 6, "2 weeks", "90%", 5],
    ["B8", "枫树烤肉", "4 人", 6, "7", "90%", -2],
    ["B9", "青松包子", "4", 6, "7", "90%", 5],
    ["B10", "红豆甜品", "4", 6, "7", 92, "6件"],
    ["合计（10家）", None, 10074, 79.5, None, None, 20],
    ["注：营业额为上年度数字；满意率由街道提供。"],
]
VIOLATIONS: Rows = [
    ["检查及违规清单"],
    ["商户编号", "检查日期", "得分", "封签", "违规事项", "是否严重", "罚款", "整改期限（天）"],
    ["B1", datetime(2005, 9, 1), 80, " AB1 ", "地面潮湿", "否", "500元", "15 days"],
    ["B1", datetime(2005, 9, 1), 80, " AB1 ", "灯具损坏", "否", 0, "２０天"],
    ["B2", "2005年9月2日", 75, None, "地面潮湿", "否", 100, 10],
    ["B3", "2005.9.2", 75, None, "地面潮湿", "否", 100, 10],
    ["B4", "20050902", 75, None, "地面潮湿", "否", 100, 10],
    ["B5", datetime(2005, 9, 3, 9, 30), 75, None, "鼠迹", "是", 100, 10],
    ["B5", datetime(2005, 9, 3, 14, 0), 75, None, "地面潮湿", "否", 100, 10],
    ["B6", datetime(2005, 9, 4), 80, None, "地面潮湿", "否", 100, 10],
    ["B6", datetime(2005, 9, 4), 40, None, "灯具损坏", "否", 100, 10],
    ["B7", datetime(2005, 9, 5), "未评分", None, "地面潮湿", "否", "0.05万元", "1周"],
    ["B7", datetime(2005, 9, 6), 60, None, "地面潮湿", "否", 100, 30],
    ["B8", datetime(2005, 9, 6), "N/A", None, "地面潮湿", "否", 100, 30],
    ["B9", datetime(2005, 9, 7), 99, None, "油烟超标", "否", "3千元", "15天"],
    ["B10", datetime(2005, 9, 8), 99, None, "油烟超标", "否", "500元", "1个月"],
    ["合计", None, None, None, "14项"],
]
VERDICTS = {
    "B1": "pass",  # 22 people, 120,000 yuan, 10 days, 95 %; a seal of 5 characters with its spaces
    "B2": "explain",  # 约九成 is no number
    "B3": "explain",  # 30,000 yuan
    "B4": "make_up",  # 21 days
    "B5": "make_up",  # one inspection at two hours of a day, with a critical violation
    "B6": "make_up",  # its points contradict each other: nobody knows what the inspection comes to
    "B7": "pass",  # not scored on the 5th; 500 yuan, 7 days; 60 points on the 6th
    "B8": "explain",  # fewer complaints than none
    "B9": "make_up",  # 3,000 yuan
    "B10": "make_up",  # a month is of no known length; 6件 is told what to write instead; 92 is percent
}
PROBLEMS = {
    ("商户", "F6", "satisfied", "约九成", "number", ""),
    ("商户", "G13", "complaints", "-2", "outside", ""),
    ("商户", "G15", "complaints", "6件", "integer", "6"),
    ("违规清单", "C10", "points", "80", "key-disagrees", ""),
    ("违规清单", "C11", "points", "40", "key-disagrees", ""),
    ("违规清单", "H16", "term", "1个月", "integer", ""),
}


def write(file: Path, shops_: Rows = SHOPS, violations: Rows = VIOLATIONS) -> None:
    with xlsxwriter.Workbook(file, {"default_date_format": "yyyy-mm-dd hh:mm"}) as book:
        for name, rows in (("商户", shops_), ("违规清单", violations), ("旧表", SHOPS[2:6]), ("填表说明", [["请如实填写。"]])):
            sheet = book.add_worksheet(name)
            for i, row in enumerate(rows):
                for j, value in enumerate(row):
                    if isinstance(value, str):
                        sheet.write_string(i, j, value)
                    elif value is not None:
                        sheet.write(i, j, value)
            if name == "旧表":
                sheet.hide()
        shops = book.get_worksheet_by_name("商户")
        assert shops is not None
        shops.merge_range(0, 0, 0, 6, SHOPS[0][0])
        shops.merge_range(2, 2, 2, 4, "经营情况")


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> lookback.Pack:
    folder = tmp_path_factory.mktemp("pack")
    for name, text in PACK.items():
        (folder / f"{name}.yaml").write_text(text.lstrip(), "utf-8")
    return read_pack(folder)


@pytest.fixture(scope="module")
def review(pack: lookback.Pack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Review]:
    file = tmp_path_factory.mktemp("office") / "桤木区.xlsx"
    write(file)
    with lookback.check([file], pack, lang="en", accept_headers=True) as found:
        yield found


def test_a_workbook_with_all_that_offices_write_is_judged_without_any_hand_work(review: Review) -> None:
    assert {row["shop"]: row["verdict"] for row in review.verdicts.to_pylist()} == VERDICTS
    assert review.summary["records"] == {"shops": 10, "inspections": 11, "violations": 14}
    assert set(review.summary["set_aside"].values()) == {0}
    assert not review.summary.get("not_judged")


def test_only_what_nobody_can_read_is_a_problem_each_with_its_cell(review: Review) -> None:
    with (review.folder / "problems.csv").open(encoding="utf-8", newline="") as stream:
        found = {tuple(row[c] for c in ("sheet", "cell", "field", "value", "kind", "proposed")) for row in csv.DictReader(stream)}
    assert found == PROBLEMS


def test_what_was_made_of_the_workbook_is_told(review: Review) -> None:
    assert {(n.code, n.sheet) for n in review.notices} == {
        ("header-accepted", "商户"),
        ("percents", "商户"),
        ("left-out.total", "商户"),
        ("note-below", "商户"),
        ("table-by-header", "违规清单"),
        ("several-tables", "违规清单"),
        ("time-of-day", "违规清单"),
        ("left-out.total", "违规清单"),
        ("hidden-sheet", "旧表"),
        ("unknown-sheet", "填表说明"),
    }


JUNK = ("#REF!", "#N/A", "多少不明", "2005-02-30", "30 fortnights")
"""What no field but a text can be; of a text only the errors."""
TEXTS = ("商户名称", "封签", "违规事项")


def spoil(rng: random.Random) -> tuple[Rows, Rows, dict[str, tuple[str, str]]]:
    """The sheets with one cell of each shop spoilt, but for its code; shop -> where."""
    sheets = {"商户": [list(row) for row in SHOPS], "违规清单": [list(row) for row in VIOLATIONS]}
    heads: dict[str, list[object]] = {"商户": [*SHOPS[2][:2], *SHOPS[3][2:5], *SHOPS[2][5:]], "违规清单": VIOLATIONS[1]}
    places = {}
    for shop in VERDICTS:
        rows = [(name, i) for name, rows in sheets.items() for i, row in enumerate(rows) if row[0] == shop]
        name, i = rng.choice(rows)
        j = rng.randrange(1, len(sheets[name][i]))
        sheets[name][i][j] = rng.choice(JUNK[:2] if heads[name][j] in TEXTS else JUNK)
        places[shop] = name, f"{'ABCDEFGH'[j]}{i + 1}"
    return sheets["商户"], sheets["违规清单"], places


@pytest.mark.parametrize("seed", [1, 2, *(pytest.param(n, marks=pytest.mark.slow) for n in range(3, 103))])
def test_one_cell_spoilt_of_each_unit_makes_no_verdict_better(seed: int, pack: lookback.Pack, tmp_path: Path) -> None:
    shops, violations, places = spoil(random.Random(seed))
    write(tmp_path / "桤木区.xlsx", shops, violations)
    with lookback.check([tmp_path / "桤木区.xlsx"], pack, lang="en", decider="reference", accept_headers=True) as found:
        after = {row["shop"]: row["verdict"] for row in found.verdicts.to_pylist()}
        with (found.folder / "problems.csv").open(encoding="utf-8", newline="") as stream:
            told = {(row["sheet"], row["cell"]) for row in csv.DictReader(stream)}
    rank = ["pass", "explain", "make_up"].index
    assert {shop: after[shop] for shop in VERDICTS if rank(after[shop]) < rank(VERDICTS[shop])} == {}
    assert set(places.values()) <= told
