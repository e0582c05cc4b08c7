"""Decimals hold as they are written: at every limit the engine says what the reference says, which reckons with fractions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow.parquet as pq
import pytest
from builders import checked, pack_of
from hypothesis import given
from hypothesis import strategies as st
from reference import Interpreter, Row, judge, parsed
from screen import Lookback
from strategies import depths, many

from lookback.judging.large import narrowed
from lookback.judging.losses import NOTHING
from lookback.judging.program import Program, compile
from lookback.judging.trial import Trial

NUMBERS = {"a": {"type": "number"}, "b": {"type": "number"}, "n": {"type": "integer"}}
TABLES: dict[str, Any] = {
    "shops": {"key": "shop", "label": "name", "fields": {"shop": {"type": "text"}, "name": {"type": "text"}, **NUMBERS}},
    "sales": {"key": "sale", "belongs_to": "shops", "fields": {"sale": {"type": "text"}, "shop": {"type": "text"}, **NUMBERS}},
}
PLAIN = {"ratio": "a / b", "times": "a * b", "third": "round(a / 3, 2)", "part": "n / b"}
SUMMED = {
    "total": "sum(coalesce(a, 0))",
    "mean": "avg(coalesce(a, 0))",
    "mean_of_b": "avg(coalesce(b, 0)) filter (where coalesce(n, 0) > 0)",
    "paid": "sum(coalesce(a, 0) * coalesce(b, 0))",
    "share": "sum(coalesce(a, 0)) / sum(coalesce(b, 0))",
    "mean_n": "avg(coalesce(n, 0))",
    "top": "max(coalesce(coalesce(a, 0) / nullif(coalesce(b, 0), 0), 0))",
}
FACTS = [{"fact": f, "of": "shops", "value": v} for f, v in PLAIN.items()]
FACTS += [{"fact": f, "of": "shops", "from": "sales", "value": v} for f, v in SUMMED.items()]
VALUES = (
    *(
        "a",
        "b",
        "a * 3",
        "a * 0.1",
        "a + b",
        "a - b",
        "a - 0.3 * b",
        "a * b",
        "a * n",
        "n / 3",
        "a / b",
        "a / 0.3",
        "(a - b) / b",
    ),
    *("a / b * 100", "a / b + 0.1", "a / n", "abs(a - b)", "-a", "round(a * b, 2)", "round(a, 1)", "greatest(a, b) * 1.1"),
    *(
        "least(a / b, n)",
        "coalesce(a, 0) * 1.000001",
        "case when coalesce(a > b, false) then a / b else b end",
        "a * b * 0.5",
        "n * 1.5",
        "a * a",
    ),
    *PLAIN,
    *SUMMED,
    *(
        "ratio * 3",
        "mean + 0.1",
        "share * 100",
        "total - paid",
        "total / 3",
        "mean / mean_of_b",
        "nullif(ratio, 0.5)",
        "a / ratio",
    ),
)
"""What is held against a limit."""

QUOTIENTS = ("a", "b", "a + b", "a / b", "(a - b) / b", "ratio", "mean", "mean_n", "a / 3", "n / 3")
"""What is held against one another."""

decimals = st.builds(lambda units, places: Decimal(units).scaleb(-places), st.integers(-2000, 2000), st.integers(0, 6))
decimals |= st.sampled_from(
    [*map(Decimal, ("0.1", "0.2", "0.3", "0.4", "0.7", "1.1", "0", "0.333333", "999.999999", "-1000", "999999.999999", "3"))]
)
quotients = st.sampled_from(QUOTIENTS).map("({})".format)
rows = st.fixed_dictionaries({"a": decimals, "b": decimals, "n": st.integers(-3, 7)})


class AsRun(Trial):
    """Judges with a program for just these records, as a run does."""

    def _of_these(self) -> Program:
        lost, narrow = narrowed(NOTHING, self.pack, self._warehouse)
        return compile(narrow, lost)


@st.composite
def cases(draw: st.DrawFn, limits: int = 25) -> tuple[list[str], dict[str, list[dict[str, Any]]]]:
    """Conditions with limits at and around what their values come to on the records, and these."""
    shops = [{"shop": f"S{i}", "name": None, **draw(rows)} for i in range(5)]
    owner = st.sampled_from([shop["shop"] for shop in shops[1:]])
    sales = [{"sale": f"I{i}", "shop": draw(owner), **draw(rows)} for i in range(draw(st.integers(0, 12)))]
    records = {"shops": shops, "sales": sales}
    reckoning = Interpreter(pack_of(TABLES, [], FACTS, outcomes=("pass", "make_up")), records, {})
    conditions = []
    for _ in range(limits):
        value = draw(st.sampled_from(VALUES))
        found = reckoning.evaluate(parsed(value), Row("shops", draw(st.integers(0, 4))))
        places = draw(st.integers(0, 8))
        step = Fraction(1, 10**places)
        at = [Fraction(found or 0) // step * step + step * draw(st.integers(-1, 2)) for _ in range(2)]
        low, high = (f"{Decimal(int(limit / step)).scaleb(-places):f}" for limit in sorted(at))
        form = draw(st.sampled_from(("{v} {op} {l}", "{v} {op} {l}", "{l} {op} {v}", *OTHERS)))
        op = draw(st.sampled_from(("=", "<>", "<", "<=", ">", ">=")))
        conditions.append(form.format(v=f"({value})", op=op, l=low, h=high, q=draw(quotients), r=draw(quotients)))
    return conditions, records


OTHERS = (
    "{v} between {l} and {h}",
    "{v} in ({h}, {l})",
    "{v} is distinct from {l}",
    "{v} is not distinct from {h}",
    "{q} {op} {r}",
    "{q} {op} {r} * 1.5",
    "share {op} ratio",
)


@pytest.mark.long
@depths(20, 400)
def test_at_their_limits_numbers_hold_as_the_reference_says(examples: int) -> None:
    """25 limits an example, with the widths of these records, as in a run, or of any."""

    @many(examples)
    @given(cases(), st.sampled_from((Trial, AsRun)))
    def check(case: tuple[list[str], dict[str, list[dict[str, Any]]]], trial: type[Trial]) -> None:
        conditions, records = case
        rules = [{"rule": f"r-{i}", "for": "shops", "require": text} for i, text in enumerate(conditions)]
        pack = pack_of(TABLES, rules, FACTS, outcomes=("pass", "make_up"))
        expected = judge(pack, records)
        with TemporaryDirectory() as folder:
            got = trial(checked(folder, pack), "reference").judge(records)
        for shop in records["shops"]:
            key = shop["shop"]
            one, other = got["shops", key], expected.records["shops"][key]
            assert dict(one.statuses) == {r["rule"]: other.statuses[r["rule"]] for r in rules}, shop
            assert {f: None if v is None else Fraction(v) for f, v in one.facts.items()} == {
                f: None if other.facts[f] is None else Fraction(other.facts[f]) for f in one.facts
            }

    check()


@pytest.mark.parametrize("largest", ["999.999999", "1000", "31622776.6", "999999999999.999999"])
def test_widths_that_follow_the_records_change_no_number_and_no_type(largest: str, tmp_path: Path) -> None:
    """What they reckon has 18 digits, 19, 26, 36."""
    values = {"c": "a * b", "d": "c - a", "e": "-a * n", "f": "abs(a - b * 3)", "g": "greatest(c, f)"}
    summed = {"h": "max(coalesce(a, 0)) + 0.5", "i": "sum(coalesce(a, 0) * coalesce(n, 0)) - count(*)"}
    facts = [{"fact": f, "of": "shops", "value": v} for f, v in values.items()]
    facts += [{"fact": f, "of": "shops", "from": "sales", "value": v} for f, v in summed.items()]
    rules = [{"rule": f"{f}-{i}", "for": "shops", "require": f"{f} {op} b"} for f in values for i, op in enumerate(("<", "="))]
    pack = checked(tmp_path / "pack", pack_of(TABLES, rules, facts, outcomes=("pass", "make_up")))
    numbers = {"a": Decimal(largest), "b": Decimal(f"-{largest}"), "n": -9}
    shops = [{"shop": "S1", "name": None, **numbers}, {"shop": "S2", "name": None, "a": Decimal("0.1"), "b": None, "n": 0}]
    records = {"shops": shops, "sales": [{"sale": "I1", "shop": "S1", **numbers}]}
    of_any, of_these = (trial(pack, "reference") for trial in (Trial, AsRun))
    assert of_these.judge(records) == of_any.judge(records)
    types = [t._warehouse.rows(f"DESCRIBE {t.program.sql['judged_shops']}") for t in (of_any, of_these)]
    assert [row[:2] for row in types[0]] == [row[:2] for row in types[1]]


@pytest.mark.parametrize("form", ["{} in ({}, {})", "{} not in ({}, {})", "{} between {} and {}", "{} not between {} and {}"])
def test_parts_that_have_no_room_in_one_decimal_are_compared_in_pairs(form: str, tmp_path: Path) -> None:
    """The second has 12 places, the third 28 digits before the point."""
    conditions = [form.format(*parts) for parts in (("a", "a * b", "a * n"), ("abs(a - b)", "b * 1.000001", "n * b"))]
    rules = [{"rule": f"r-{at}", "for": "shops", "require": text} for at, text in enumerate(conditions)]
    values = [None, *map(Decimal, ("0", "0.5", "1", "-2.5", "999999999999.999999"))]
    shops = [
        {"shop": f"S{at}", "name": None, "a": a, "b": b, "n": n}
        for at, (a, b, n) in enumerate(product(values, values, (None, -1, 1, 2**53)))
    ]
    pack, records = pack_of(TABLES, rules, outcomes=("pass", "make_up")), {"shops": shops, "sales": []}
    expected = judge(pack, records).records["shops"]
    for trial in (Trial, AsRun):
        got = trial(checked(tmp_path / trial.__name__, pack), "reference").judge(records)
        assert {key: dict(got["shops", key].statuses) for key in expected} == {k: dict(v.statuses) for k, v in expected.items()}


# ------------------------------------------------------------------------------------------------------- from end to end


def written(folder: Path, **tables: Sequence[str]) -> Path:
    folder.mkdir()
    for name, lines in tables.items():
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", "utf-8")
    return folder


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Ten times a tenth and once a whole; two amounts and their sum."""
    tenths = [f"T{i},S2,0.1,1,1" for i in range(10)]
    shops = ["shop,name,a,b,n", "S1,Ash,0.4,0.3,1", "S2,Birch,0.2,1.0,3", "S3,Cedar,1.21,0.7,3"]
    return written(tmp_path / "data", shops=shops, sales=["sale,shop,a,b,n", "I1,S1,0.1,1,1", "I2,S1,0.2,1,1", *tenths])


def rule(name: str, require: str) -> Mapping[str, Any]:
    return {"rule": name, "for": "shops", "require": require}


TOTAL = {"fact": "total", "of": "shops", "from": "sales", "value": "coalesce(sum(coalesce(a, 0)), 0)"}
RATIO = {"fact": "ratio", "of": "shops", "value": "a / n"}


def test_sums_and_products_meet_the_limits_that_are_written(data: Path, lookback: Lookback, tmp_path: Path) -> None:
    rules = [rule("three-times", "a * 3 <= 1.2"), rule("total", "total = b"), rule("at-most", "total <= b")]
    checked(tmp_path / "pack", pack_of(TABLES, rules, [TOTAL, RATIO], outcomes=("pass", "make_up")))
    ran = lookback("check", data, "--pack", tmp_path / "pack", "-o", tmp_path / "review", "--format", "json")
    assert ran.code == 0, ran.said
    assert json.loads(ran.out)["verdicts"] == {"pass": 2, "make_up": 1}
    found = pq.read_table(tmp_path / "review" / "findings.parquet").to_pylist()
    assert [(finding["record"], finding["reason"]) for finding in found] == [
        ("S3", "a * 3 is 3.63, should be at most 1.2"),
        ("S3", "b is 0.7, should be total (0)"),
    ]


def test_numbers_are_written_as_they_are_everywhere(data: Path, lookback: Lookback, tmp_path: Path) -> None:
    rules = [rule("three-times", "a * 3 <= :most"), rule("ratio", "ratio < 0.403333")]
    params = {"most": {"type": "number", "default": 1.2}}
    checked(tmp_path / "pack", pack_of(TABLES, rules, [TOTAL, RATIO], params, outcomes=("pass", "make_up")))
    assert lookback("check", data, "--pack", tmp_path / "pack", "-o", tmp_path / "review").code == 0
    review = (tmp_path / "review" / "review.json").read_text("utf-8")
    assert json.loads(review)["params"] == {"most": 1.2}
    told = lookback("explain", "S3", tmp_path / "review", "--all", "--format", "json").out
    assert '"value": 1.21,' in told
    assert '"value": 0.403333,' in told
    for said in (
        lookback("explain", "S3", tmp_path / "review", "--all").out,
        told,
        lookback("fix", "S3", tmp_path / "review").out,
    ):
        assert "000" not in said
        assert "999" not in said
    found = pq.read_table(tmp_path / "review" / "findings.parquet").to_pylist()
    assert [finding["reason"] for finding in found] == [
        "a * 3 is 3.63, should be at most 1.2",
        "ratio is 0.403333, should be below 0.403333",
    ]
    fixed = json.loads(lookback("fix", "S3", tmp_path / "review", "--format", "json").out)
    assert {(c["field"], c["before"], c["after"]) for way in fixed["ways"] for c in way["changes"] if c["field"] == "a"} == {
        ("a", 1.21, 0.4)
    }


def test_an_edit_that_means_the_same_moves_nobody(data: Path, lookback: Lookback, tmp_path: Path) -> None:
    def pack(name: str, *rules: Mapping[str, Any]) -> Path:
        checked(tmp_path / name, pack_of(TABLES, rules, outcomes=("pass", "make_up")))
        return tmp_path / name

    old, new = pack("old", rule("lim", "a * 3 <= 1.2")), pack("new", rule("lim", "a * 30 <= 12"))
    ran = lookback("rules", "impact", old, new, data)
    assert "proved" in ran.out
    assert "0 units of 3 moved" in ran.out
    both = pack("both", rule("lim", "a * 3 <= 1.2"), rule("pct", "a * 100 = 40"))
    alone = pack("alone", rule("pct", "a * 100 = 40"))
    assert "rule-implied" in lookback("rules", "prove", both).said  # 40 hundredths times 3 are 1.2
    assert "0 units of 3 moved" in lookback("rules", "impact", both, alone, data).out
    wider = pack("wider", rule("lim", "a * 3 <= 1.2"), rule("pct", "a * 100 = 40.1"))
    assert "rule-implied" not in lookback("rules", "prove", wider).said


def test_a_parameter_of_too_many_places_is_told_how_many_there_may_be(data: Path, lookback: Lookback, tmp_path: Path) -> None:
    params = {"most": {"type": "number", "default": 1.2}}
    checked(tmp_path / "pack", pack_of(TABLES, [rule("most", "a <= :most")], params=params, outcomes=("pass", "make_up")))
    ran = lookback("check", data, "--pack", tmp_path / "pack", "--set", "most=0.3333333", "-o", tmp_path / "review")
    assert ran.code == 2
    assert "at most 6 decimal places" in ran.err
    text = (tmp_path / "pack" / "pack.yaml").read_text("utf-8").replace("1.2", "0.3333333")
    (tmp_path / "pack" / "pack.yaml").write_text(text, "utf-8")
    assert "at most 6 decimal places" in lookback("rules", "check", tmp_path / "pack").said


def test_a_number_that_people_call_a_unit_by_has_no_zeros_at_its_end(data: Path, lookback: Lookback, tmp_path: Path) -> None:
    tables = {t: {**definition, **({"label": "a"} if t == "shops" else {})} for t, definition in TABLES.items()}
    counted = {"fact": "bad", "of": "shops", "from": "sales", "value": "count(*) filter (where verdict = 'make_up')"}
    checked(tmp_path / "pack", pack_of(tables, [rule("b", "b >= 1 and bad = 0")], [counted], outcomes=("pass", "make_up")))
    review = str(tmp_path / "review")
    check = ("check", str(data), "--pack", str(tmp_path / "pack"), "-o", review)
    for command in (check, ("flagged", review, "--format", "csv"), ("explain", "0.4", review), ("fix", "0.4", review)):
        told = lookback(*command, "--lang", "en")
        assert ("0.4" in told.out, "0.40" in told.out) == (True, False), (command, told)


@pytest.mark.parametrize("name", ["a", "b", "w", "r", "p", "s"])
def test_a_quotient_of_large_numbers_is_exact_whatever_its_fields_are_called(name: str, tmp_path: Path) -> None:
    fields = {"shop": {"type": "text"}, "much": {"type": "number"}, name: {"type": "number"}}
    facts = [{"fact": "f", "of": "shops", "value": f"much / {name}"}, {"fact": "g", "of": "shops", "value": f"{name} / much"}]
    pack = pack_of({"shops": {"key": "shop", "fields": fields}}, [rule("some", "f > 0")], facts, outcomes=("pass", "make_up"))
    records = {"shops": [{"shop": "S1", "much": Decimal(900_000_000_001), name: Decimal(-700000000000)}]}
    for trial in (Trial, AsRun):
        found = trial(checked(tmp_path / trial.__name__, pack), "reference").judge(records)["shops", "S1"]
        assert dict(found.facts) == {"f": Decimal("-1.285714"), "g": Decimal("-0.777778")}
