"""Numbers with units, shares, and what lies beyond a field's limits: what each comes to, and what is lost instead of guessed."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import lookback
from lookback.packs.read import read_pack
from lookback.records.read import stored_records

PACK_YAML = """
pack: measured
version: "1.0"
outcomes: [{outcome: pass}, {outcome: explain}]
"""
RECORDS_YAML = """
tables:
  units:
    key: unit_id
    fields:
      unit_id: {type: text}
      took:
        {type: integer, title: {zh: 用时}, unit: {days: 1, 天: 1, weeks: 7, 周: 7, whole day: 1, 半天: 0.5}, least: 0, most: 400}
      amount: {type: number, title: {zh: 金额}, unit: money, also: [罚款], blanks: [未罚]}
      fined: {type: choice, choices: {none: {en: No fine, also: [未罚]}}, also: [罚款], beside: number}
      staff: {type: integer, title: {zh: 人员}, unit: people, least: 0}
      in_wan: {type: number, title: {zh: 投资}, unit: {万元: 1, 元: 0.0001}}
      rate: {type: number, title: {zh: 比例}, share: true, least: 0, most: 1}
      seen: {type: date, least: 2005-01-01}
      plain: {type: number, title: {zh: 数量}}
      count: {type: integer, title: {zh: 件数}, least: 0, most: 50}
      percent: {type: number, title: {zh: 达标率（%）}, also: [产值(千元)]}
"""
RULES_YAML = """
rules:
  - {rule: quick, for: units, title: {en: Quick}, require: took < 30 or rate > 0.5, otherwise: explain}
"""


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> lookback.Pack:
    folder = tmp_path_factory.mktemp("pack")
    for name, text in (("pack", PACK_YAML), ("records", RECORDS_YAML), ("1.rules", RULES_YAML)):
        (folder / f"{name}.yaml").write_text(text.lstrip(), "utf-8")
    return read_pack(folder)


def read(file: Path, field: str, pack: lookback.Pack) -> tuple[list[Any], list[tuple[str, str, str]], list[str]]:
    """The values of a field, the problems with it (value, proposal, kind), the notices."""
    with lookback.check([file], pack, lang="en", decider="reference", threads=1) as review:
        with (review.folder / "problems.csv").open(encoding="utf-8", newline="") as stream:
            problems = [(row["value"], row["proposed"], row["kind"]) for row in csv.DictReader(stream) if row["field"] == field]
        source = stored_records(review.folder / "records", "units", [field])
        values = [value for (value,) in duckdb.sql(f"SELECT {field} FROM {source} ORDER BY _row").fetchall()]
        return values, sorted(problems), [notice.code for notice in review.notices if notice.code != "missing-columns"]


def column(folder: Path, header: str, cells: list[str]) -> Path:
    with (folder / "units.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([["unit_id", header], *([f"U{i}", cell] for i, cell in enumerate(cells))])
    return folder / "units.csv"


@pytest.mark.parametrize(
    ("header", "field", "read_as"),
    [
        (
            "took",
            "took",
            {"30天": 30, "15 days": 15, "2周": 14, "2 WEEKS": 14, "3": 3, "３天": 3, "0.5周": None, "30 Whole  day": 30},
        ),
        (
            "took",
            "took",
            {
                "约20天": None,
                "2周3天": None,
                "35人": None,
                "2个月": None,
                "50%": None,
                "3半天": None,
                "4半天": 2,
                "30天左右": None,
            },
        ),
        (
            "amount",
            "amount",
            {"500元": 500, "¥500": 500, "人民币500元": 500, "3万元": 30000, "3 万": 30000, "1.5亿元": 150000000},
        ),
        (
            "amount",
            "amount",
            {"5角": "0.5", "1,234.5元": "1234.5", "2千元": 2000, "5美元": None, "$5": None, "3打": None, "1e3": 1000},
        ),
        ("staff", "staff", {"22人": 22, "3.5万人": 35000, "1,035 人": 1035, "22": 22, "1.5人": None, "22天": None}),
        (
            "金额(万元)",
            "amount",
            {"1.23456789": "12345.6789", "3": 30000, "500元": 500, "3万": None, "2万元": 20000, "-0.5": -5000},
        ),
        ("金额（单位：亿元）", "amount", {"0.1": 10000000, "x": None}),
        ("用时（周）", "took", {"2": 14, "0.5": None, "3天": 3}),
        ("用时(自然日)", "took", {"2": 2}),
        ("投资(万元)", "in_wan", {"3": 3, "5000元": "0.5", "3万": None, "3万元": 3, "2亿元": 20000}),
        ("数量", "plain", {"1.2万": 12000, "50%": "0.5", "30天": None}),
        ("数量(万)", "plain", {"3": 30000, "-1.23456789": "-12345.6789", "3万": None, "5%": None, "1e1": 100000}),
        ("数量（亿）", "plain", {"0.5": 50000000}),
        ("数量(件)", "plain", {"3": 3, "1.2万": 12000}),
        ("数量(%)", "plain", {"0.5": "0.5", "1": 1}),
        ("达标率(%)", "percent", {"85": 85, "85%": "0.85"}),
        ("产值（千元）", "percent", {"85": 85}),
        ("用时(周)\n", "took", {"2": 14}),
        ("用时", "took", {"30\u00a0天": 30, "－3天": None}),
    ],
)
def test_a_number_with_a_unit_is_that_many_of_the_fields_unit(
    pack: lookback.Pack, tmp_path: Path, header: str, field: str, read_as: dict[str, Any]
) -> None:
    values, problems, _ = read(column(tmp_path, header, list(read_as)), field, pack)
    assert values == [None if value is None else Decimal(value) for value in read_as.values()]
    assert [value for value, *_ in problems] == sorted(said for said, value in read_as.items() if value is None)
    assert all(proposed == ("30" if (field, value) == ("plain", "30天") else "") for value, proposed, _ in problems)


@pytest.mark.parametrize(
    "header",
    [
        *("数量(万元)", "数量（单位：万元）", "数量(以亿元计)", "数量(千)", "数量(百万)", "数量(%)", "数量(‰)", "数量（百分比）"),
        *("数量(RMB million)", "数量('000)", "数量(万千瓦时)"),
    ],
)
def test_what_a_header_makes_of_numbers_without_a_unit_is_never_left_out_untold(
    header: str, pack: lookback.Pack, tmp_path: Path
) -> None:
    values, problems, _ = read(column(tmp_path, header, ["3", "0.5", "?"]), "plain", pack)
    assert values == [None, None, None]
    assert problems == [("0.5", "", "unit-unsaid"), ("3", "", "unit-unsaid"), ("?", "", "number")]


@pytest.mark.parametrize("header", ["比例(‰)", "比例（单位：‰）"])
def test_a_share_below_a_header_in_thousandths_is_lost(header: str, pack: lookback.Pack, tmp_path: Path) -> None:
    values, problems, _ = read(column(tmp_path, header, ["950", "0.5", "95%"]), "rate", pack)
    assert values == [None, None, Decimal("0.95")]
    assert {kind for *_, kind in problems} == {"unit-unknown"}


@pytest.mark.parametrize(
    ("line", "amounts", "told"),
    [
        ("单位：万元", [30000, 500], ["unit-above"]),
        ("（金额单位: 千元）", [3000, 500], ["unit-above"]),
        ("单位：万元、人", [30000, 500], ["unit-above"]),
        ("Unit: million yuan", [3000000, 500], ["unit-above"]),
        ("单位：桤木街道办事处", [3, 500], []),
        ("填报单位：万元", [3, 500], []),
    ],
)
@pytest.mark.parametrize("header", ["金额", "金额(元)"])
def test_a_unit_in_a_line_above_the_header_counts_for_fields_that_know_it(
    line: str, amounts: list[int], told: list[str], header: str, pack: lookback.Pack, tmp_path: Path
) -> None:
    file = tmp_path / "units.csv"
    file.write_text(f"统计表,,,\n,,,{line}\nunit_id,{header},人员,用时\nU1,3,4,5\nU2,500元,4,5\n", "utf-8")
    values, problems, notices = read(file, "amount", pack)
    assert values == (amounts if header == "金额" else [3, 500])
    assert (problems, notices) == ([], told)
    assert read(file, "staff", pack)[0] == [4, 4]


@pytest.mark.parametrize("second", ["（万元）", "万元"])
def test_a_unit_in_the_second_line_of_a_header_counts(second: str, pack: lookback.Pack, tmp_path: Path) -> None:
    file = tmp_path / "units.csv"
    file.write_text(f"unit_id,金额,情况,\n,{second},人员,用时\nU1,3,4,5\nU2,500元,4,5\n", "utf-8")
    assert read(file, "amount", pack)[0] == [30000, 500]
    assert read(file, "staff", pack)[0] == [4, 4]


@pytest.mark.parametrize(
    ("header", "field", "value"),
    [("金额万元", "amount", 30000), ("数量万元", "plain", None), ("数量_件", "plain", 3)],
)
def test_a_unit_in_a_header_that_is_accepted_counts_without_brackets_too(
    header: str, field: str, value: int | None, pack: lookback.Pack, tmp_path: Path
) -> None:
    with lookback.check([column(tmp_path, header, ["3"])], pack, decider="reference", accept_headers=True) as review:
        source = stored_records(review.folder / "records", "units", [field])
        assert [n.args["field"] for n in review.notices if n.code == "header-accepted"] == [field]
        assert duckdb.sql(f"SELECT {field} FROM {source}").fetchall() == [(value,)]


@pytest.mark.parametrize(
    ("field", "value", "proposed"),
    [
        *(("count", "22人", "22"), ("count", "+5件", "5"), ("count", "30.5天", ""), ("count", "-3件", ""), ("count", "51人", "")),
        *(("seen", "30/9/2005", "2005-09-30"), ("seen", "30/9/2004", ""), ("plain", "-3天", "-3")),
    ],
)
def test_what_is_proposed_is_a_value_that_the_field_takes(
    field: str, value: str, proposed: str, pack: lookback.Pack, tmp_path: Path
) -> None:
    assert read(column(tmp_path, field, [value]), field, pack)[1][0][:2] == (value, proposed)


def test_a_unit_in_the_header_that_the_field_does_not_know_loses_the_plain_numbers(pack: lookback.Pack, tmp_path: Path) -> None:
    values, problems, _ = read(column(tmp_path, "金额(美元)", ["5", "5元", "?"]), "amount", pack)
    assert values == [None, 5, None]
    assert problems == [("5", "", "unit-unknown"), ("?", "", "number")]


@pytest.mark.parametrize(
    ("cells", "shares", "kind"),
    [
        (["0.95", "1", "0", ".5"], ["0.95", 1, 0, None], "number"),
        (["95", "80.5", "0", "100"], ["0.95", "0.805", 0, 1], None),
        (["95%", "0%", "0"], ["0.95", 0, 0], None),
        (["95%", "80"], ["0.95", "0.8"], None),
        (["95", "0.8", "0"], [None, None, 0], "share-mixed"),
        (["95%", "0.8"], ["0.95", None], "share-mixed"),
        (["0.9", "1.2"], [None, None], "share-mixed"),
        (["120%", "0%"], [None, 0], "outside"),
        (["-5", "50"], [None, "0.5"], "outside"),
    ],
)
def test_a_column_of_shares_holds_fractions_or_percent_and_what_may_be_either_is_lost(
    pack: lookback.Pack, tmp_path: Path, cells: list[str], shares: list[Any], kind: str | None
) -> None:
    expected = [None if share is None else Decimal(share) for share in shares]
    values, problems, notices = read(column(tmp_path, "rate", cells), "rate", pack)
    assert values == expected
    assert {found for *_, found in problems} == ({kind} if kind else set())
    percent = kind != "share-mixed" and any(abs(float(cell)) > 1 for cell in cells if "%" not in cell)
    assert notices == (["percents"] if percent else [])


def test_a_total_does_not_say_how_shares_are_meant(pack: lookback.Pack, tmp_path: Path) -> None:
    file = tmp_path / "units.csv"
    file.write_text("unit_id,rate\nU1,0.5\nU2,0.9\n合计,140\n", "utf-8")
    assert read(file, "rate", pack)[0] == [Decimal("0.5"), Decimal("0.9")]


@pytest.mark.parametrize("typed", [False, True], ids=["texts", "types of their own"])
def test_a_value_beyond_its_limits_is_lost_and_a_verdict_is_no_better_for_it(
    pack: lookback.Pack, tmp_path: Path, typed: bool
) -> None:
    for field, cells, kept in (("staff", [-1, 0, 5], [None, 0, 5]), ("took", [-3, 400, 401], [None, 400, None])):
        if typed:
            table = pa.table({"unit_id": ["U1", "U2", "U3"], field: pa.array(cells, pa.int64())})
            pq.write_table(table, tmp_path / "units.parquet")
        file = tmp_path / "units.parquet" if typed else column(tmp_path, field, [str(cell) for cell in cells])
        values, problems, _ = read(file, field, pack)
        assert values == kept
        assert problems == sorted((str(cell), "", "outside") for cell, value in zip(cells, kept, strict=True) if value is None)
    with lookback.check([file], pack, lang="en", decider="reference") as review:
        assert review.verdicts.column("verdict").to_pylist() == ["explain"] * 3


def test_a_parquet_file_of_the_tables_own_types_is_looked_at_for_limits(pack: lookback.Pack, tmp_path: Path) -> None:
    number = pa.decimal128(18, 6)
    columns = {
        "unit_id": pa.array(["U1", "U2"]),
        "took": pa.array([5, -5], pa.int64()),
        "amount": pa.array([None] * 2, number),
        "fined": pa.array([None] * 2, pa.string()),
        "staff": pa.array([1, 2], pa.int64()),
        "in_wan": pa.array([None] * 2, number),
        "rate": pa.array([None] * 2, number),
        "seen": pa.array([None] * 2, pa.date32()),
        "plain": pa.array([None] * 2, number),
        "count": pa.array([None] * 2, pa.int64()),
        "percent": pa.array([None] * 2, number),
    }
    pq.write_table(pa.table(columns), tmp_path / "units.parquet")
    assert read(tmp_path / "units.parquet", "took", pack)[0] == [5, None]


@pytest.mark.parametrize("header", ["罚款", "罚款（元）", "罚款(万元)"])
def test_what_stands_beside_a_number_with_a_unit_is_told_from_it(header: str, pack: lookback.Pack, tmp_path: Path) -> None:
    file = column(tmp_path, header, ["500元", "2千元", "30", "未罚", "5打", ""])
    values, problems, _ = read(file, "fined", pack)
    assert (values, [found[0] for found in problems]) == ([None, None, None, "none", None, None], ["5打"])
    values, problems, _ = read(file, "amount", pack)
    assert values == [500, 2000, 300000 if "万" in header else 30, None, None, None]
    assert [found[0] for found in problems] == ["5打"]


def test_fields_may_be_called_as_what_the_reading_calls_its_own(tmp_path: Path) -> None:
    """A column of a query is taken before what a function within it calls so: fields `x` or `found` ended the run."""
    names = ["x", "word", "half", "found", "scaled", "spelt", "day", "k"]
    fields = "\n".join(f'      {name}: {{type: number, blanks: ["99"]}}' for name in names)
    records = f"tables:\n  units:\n    key: unit_id\n    fields:\n      unit_id: {{type: text}}\n{fields}\n"
    rules = "rules:\n  - {rule: r, for: units, title: {en: R}, require: x > 0, otherwise: explain}\n"
    (tmp_path / "pack").mkdir()
    for name, text in (("pack", PACK_YAML), ("records", records), ("1.rules", rules)):
        (tmp_path / "pack" / f"{name}.yaml").write_text(text.lstrip(), "utf-8")
    rows = [["unit_id", *names], ["U1", *["1.5万"] * 8], ["U2", *["odd"] * 8], ["U3", *["99.0"] * 8], ["U1", *["2"] * 8]]
    (tmp_path / "units.csv").write_text("\n".join(map(",".join, rows)), "utf-8")
    values, problems, _ = read(tmp_path / "units.csv", "x", read_pack(tmp_path / "pack"))
    assert values == [None, None, None]
    assert ("odd", "", "number") in problems
