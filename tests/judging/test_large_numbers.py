"""Numbers that are too large to be held: whatever a pack makes of them, they are lost, no blank, and a problem."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from builders import checked, pack_of
from screen import Lookback

from lookback.judging.large import with_large
from lookback.judging.losses import NOTHING
from lookback.judging.trial import Trial, _arrow
from lookback.packs.checked import CheckedPack
from lookback.warehouse.duckdb import DuckDB

NUMBERS = {"a": {"type": "number"}, "b": {"type": "number"}, "n": {"type": "integer"}}
TABLES: dict[str, Any] = {
    "shops": {"key": "shop", "fields": {"shop": {"type": "text"}, **NUMBERS}},
    "sales": {"key": "sale", "belongs_to": "shops", "fields": {"sale": {"type": "text"}, "shop": {"type": "text"}, **NUMBERS}},
}
HUGE = {"a": Decimal("999999999999.5"), "b": Decimal(999999999999), "n": 2**53}
SMALL = {"a": Decimal("3.5"), "b": Decimal(2), "n": 2}
TINY = HUGE | {"b": Decimal("0.000001")}
Values = Mapping[str, Decimal | int]

FACTS: Sequence[tuple[str, str | None, Values]] = (
    ("a * b", None, HUGE),
    ("a * b + 1", None, HUGE),
    ("-(a * b)", None, HUGE),
    ("round(a * b, 2)", None, HUGE),
    ("round(a * b, 2) + 1", None, HUGE),
    ("a / b + 1", None, TINY),
    ("a / b", None, TINY),
    ("coalesce(a / b, 0)", None, TINY),
    ("case when a is not null and a > 0 then a / b else 0 end", None, TINY),
    ("greatest(a / b, 0)", None, TINY),
    ("sum(coalesce(a, 0) * coalesce(b, 0))", "sales", HUGE),
    ("coalesce(sum(coalesce(a, 0) * coalesce(b, 0)), 0)", "sales", HUGE),
    ("sum(coalesce(a, 0) * coalesce(b, 0)) filter (where coalesce(n, 0) > 0)", "sales", HUGE),
    ("avg(coalesce(a, 0) * coalesce(b, 0))", "sales", HUGE),
    ("avg(coalesce(n, 0))", "sales", HUGE),
    ("max(coalesce(a, 0) * coalesce(b, 0))", "sales", HUGE),
    ("sum(distinct coalesce(a, 0) * coalesce(b, 0))", "sales", HUGE),
)
ATOMS = (
    "(f is null or f < 5)",
    "coalesce(f, 0) < 5",
    "f is not distinct from 0 or f is null",
    "not (f > 5)",
)


def pack(tmp_path: Path, value: str, child: str | None, require: str) -> CheckedPack:
    fact = {"fact": "f", "of": "shops", "value": value} | ({"from": child} if child else {})
    rule = {"rule": "few", "for": "shops", "require": require, "otherwise": "make_up", "unknown": "pass"}
    return checked(tmp_path / "pack", pack_of(TABLES, [rule], [fact], outcomes=("pass", "make_up")))


@pytest.mark.parametrize("require", ATOMS)
@pytest.mark.parametrize(("value", "child", "values"), FACTS)
def test_what_rests_on_a_number_too_large_to_be_held_is_lost(
    value: str, child: str | None, values: Values, require: str, tmp_path: Path
) -> None:
    trial = Trial(pack(tmp_path, value, child, require), "reference", "en")

    def judged(values: Values) -> Any:
        records = {"shops": [{"shop": "S1", **values}], "sales": [{"sale": "I1", "shop": "S1", **values}]}
        return trial.judge(records)["shops", "S1"]

    assert "l" not in judged(SMALL).situations["few"]
    found = judged(values)
    assert found.verdict == "make_up"
    assert "l" in found.situations["few"]
    assert found.facts["f"] is None
    assert "too large" in found.reasons["few"] or "could not be used" in found.reasons["few"]
    assert "l" not in judged(SMALL).situations["few"]


@pytest.mark.parametrize(
    ("require", "values"),
    [
        ("round(a * b, 2) is null", HUGE),
        ("a / b + 1 < 5 or a / b + 1 is null", TINY),
        ("not (coalesce(round(a * b, 0), 0) > 5)", HUGE),
    ],
)
def test_a_condition_that_rests_on_one_is_lost(require: str, values: Values, tmp_path: Path) -> None:
    trial = Trial(pack(tmp_path, "a", None, require), "reference", "en")
    found = trial.judge({"shops": [{"shop": "S1", **values}], "sales": []})["shops", "S1"]
    assert found.verdict == "make_up"
    assert "too large" in found.reasons["few"]


@pytest.mark.parametrize(("most", "verdict"), [(0, "make_up"), (1, "pass")])
def test_a_count_of_records_with_such_numbers_keeps_its_bounds(most: int, verdict: str, tmp_path: Path) -> None:
    value = "count(*) filter (where round(coalesce(a, 0) * coalesce(b, 0), 2) > 1000)"
    trial = Trial(pack(tmp_path, value, "sales", f"f <= {most}"), "reference", "en")
    found = trial.judge({"shops": [{"shop": "S1", **SMALL}], "sales": [{"sale": "I1", "shop": "S1", **HUGE}]})["shops", "S1"]
    assert found.verdict == verdict


@pytest.mark.parametrize(
    "value", ["sum(a * b)", "coalesce(sum(a * b), 0)", "sum(a * b) + count(*)", "avg(a * b)", "max(a * b) + 0.5"]
)
@pytest.mark.parametrize("numbers", [SMALL, HUGE])
def test_over_no_records_nothing_is_too_large(value: str, numbers: Values, tmp_path: Path) -> None:
    value = value.replace("a * b", "coalesce(a, 0) * coalesce(b, 0)")
    trial = Trial(pack(tmp_path, value, "sales", "f is null or f = 0"), "reference")
    units = [{"shop": "S1", **SMALL}, {"shop": "S2", **SMALL}]
    found = trial.judge({"shops": units, "sales": [{"sale": "I1", "shop": "S2", **numbers}]})
    assert [found["shops", unit].verdict for unit in ("S1", "S2")] == ["pass", "make_up"]


@pytest.mark.parametrize("require", ["a / b > 5", "a * b > 5", "a / b > 999999999999 and a * b >= 0"])
def test_comparisons_have_room_for_whatever_fields_hold(require: str, tmp_path: Path) -> None:
    trial = Trial(pack(tmp_path, "a", None, require), "reference")
    found = trial.judge({"shops": [{"shop": "S1", **TINY}], "sales": []})["shops", "S1"]
    assert not {"l", "u"} & set(found.situations["few"])
    assert found.verdict == "pass"


@pytest.mark.parametrize(
    ("value", "child", "values", "large"),
    [
        ("a * b", None, {"a": Decimal("9999999.5"), "b": Decimal(9999999), "n": 1}, False),
        ("a * b", None, {"a": Decimal("99999999.5"), "b": Decimal(9999999), "n": 1}, True),
        ("a / n", None, HUGE, False),
        ("a / b", None, {"a": Decimal(999999), "b": Decimal(1), "n": 1}, False),
        ("a / 0.5", None, {"a": Decimal(499999999999), "b": Decimal(1), "n": 1}, False),
        ("a / 0.5", None, {"a": Decimal(500000000000), "b": Decimal(1), "n": 1}, True),
        ("sum(coalesce(a, 0) * coalesce(n, 0))", "sales", {"a": Decimal(9999999), "b": Decimal(1), "n": 999999}, False),
        ("sum(coalesce(a, 0) * coalesce(n, 0))", "sales", HUGE, True),
        ("sum(coalesce(n, 0))", "sales", HUGE, False),
    ],
)
def test_nothing_is_tested_for_where_all_numbers_have_room(
    value: str, child: str | None, values: Values, large: bool, tmp_path: Path
) -> None:
    found, warehouse, units = pack(tmp_path, value, child, "f > 5"), DuckDB(None, threads=1), dict[Any, Any]()
    records = {"shops": [{"shop": "S1", **values}], "sales": [{"sale": "I1", "shop": "S1", **values}]}
    for table in found.top_down():
        warehouse.load(f"records_{table}", _arrow(found, table, records[table], units))
    assert bool(with_large(NOTHING, found, warehouse).large) is large


def written(folder: Path, **tables: Sequence[Sequence[object]]) -> Path:
    folder.mkdir()
    for name, rows in tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows(rows)
    return folder


def test_it_is_a_problem_of_the_record_and_named_everywhere(tmp_path: Path, lookback: Lookback) -> None:
    pack(tmp_path, "sum(coalesce(a, 0) * coalesce(b, 0))", "sales", "f < 5 or f is null")
    rows = [["I1", "S1", "1", "2", "1"], ["I2", "S2", "999999999999", "999999999999", "1"]]
    shops = [["shop", "a", "b", "n"], ["S1", "1", "1", "1"], ["S2", "1", "1", "1"]]
    data = written(tmp_path / "data", shops=shops, sales=[["sale", "shop", "a", "b", "n"], *rows])
    ran = lookback("check", data, "--pack", tmp_path / "pack", "-o", tmp_path / "review")
    assert ran.code == 3, ran.said
    assert "too large" in ran.said
    assert lookback("check", data, "--pack", tmp_path / "pack", "-o", tmp_path / "strict", "--strict").code == 2
    verdicts = pq.read_table(tmp_path / "review" / "verdicts.parquet").to_pylist()
    assert {row["shop"]: (row["verdict"], row["f"]) for row in verdicts} == {"S1": ("pass", 2), "S2": ("make_up", None)}
    with (tmp_path / "review" / "problems.csv").open(encoding="utf-8", newline="") as stream:
        (problem,) = csv.DictReader(stream)
    assert (Path(problem["file"]).name, problem["row"], problem["field"], problem["value"]) == ("shops.csv", "3", "f", "S2")
    assert problem["kind"] == "too-large"
    summary = json.loads((tmp_path / "review" / "review.json").read_text("utf-8"))
    assert summary["problem_kinds"] == {"too-large": 1}
    assert "too large" in lookback("explain", "S2", tmp_path / "review").said
    assert "too large" not in lookback("explain", "S1", tmp_path / "review").said
    assert lookback("fix", "S2", tmp_path / "review").code == 0
