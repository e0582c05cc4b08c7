"""The package as other programs use it: data that they hold, what a review can be asked, and packs."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from screen import ROOT
from strategies import depths, many

import lookback

TINY = ROOT / "tests/tiny"
RECORDS = """
tables:
  units:
    title: {en: Units, zh: 单位}
    key: code
    label: name
    fields:
      code: {type: text, title: {en: Code, zh: 单位代码}}
      name: {type: text, title: {en: Name, zh: 单位名称}}
      n: {type: integer}
      part: {type: number}
      so: {type: boolean}
      on_day: {type: date, title: {en: Day, zh: 日期}}
      kind: {type: choice, choices: {a: {en: Agency, zh: 机关}, b: {en: Bureau, zh: 局}}}
"""
OUTCOMES = "".join(f"  - {{outcome: {o}, title: {{en: {o}, zh: {o}}}}}\n" for o in ("pass", "recheck", "suspend"))
HEADER = f"pack: held\nversion: '1'\ntitle: {{en: Held, zh: 手头}}\noutcomes:\n{OUTCOMES}"
REQUIRED = ("n <= 5", "part >= 0.30", "so", "on_day <= DATE '2005-10-01'", "kind = 'a'", "name <> '桤木区'")
RULE = """
  - rule: r{i}
    for: units
    title: {{en: r{i}, zh: r{i}}}
    require: {text}
    otherwise: {outcome}
"""
RULES = "rules:" + "".join(
    RULE.format(i=i, text=text, outcome="suspend" if i > 3 else "recheck") for i, text in enumerate(REQUIRED)
)


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> lookback.api.Pack:
    folder = tmp_path_factory.mktemp("held")
    for name, text in (("pack.yaml", HEADER), ("records.yaml", RECORDS), ("1.rules.yaml", RULES)):
        (folder / name).write_text(text, "utf-8")
    return lookback.read_pack(folder)


def judged(data: Any, pack: Any) -> tuple[Any, ...]:
    """What a review says, its inputs' names aside."""
    with lookback.check(data, pack, lang="en", decider="reference", threads=1) as review:
        problems = [(p.row, p.field, p.value, p.kind) for p in review.problems]
        return review.verdicts.to_pylist(), review.findings.to_pylist(), problems


UNIT = st.fixed_dictionaries(
    {
        "name": st.none() | st.sampled_from(["桤木区", "自来水公司，一处", 'Heron "Lane"', "O'Hara"]),
        "n": st.none() | st.integers(-3, 9),
        "part": st.none() | st.decimals("-1", "1", places=4),
        "so": st.none() | st.booleans(),
        "on_day": st.none() | st.dates(date(2005, 9, 28), date(2005, 10, 4)),
        "kind": st.none() | st.sampled_from(["a", "b", "局"]),
    }
)
TYPES = {"code": pa.string(), "name": pa.string(), "n": pa.int64(), "part": pa.decimal128(10, 4), "so": pa.bool_()}
TYPES |= {"on_day": pa.date32(), "kind": pa.string()}
SCHEMA = pa.schema(TYPES)


class Stream:
    """A frame of whatever library: nothing but the protocol."""

    def __init__(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self.table = pa.Table.from_pylist(list(rows), SCHEMA)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.table.__arrow_c_stream__(requested_schema)


class Convertible:
    def __init__(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self.rows = rows

    def to_arrow(self) -> pa.Table:
        return pa.Table.from_pylist(list(self.rows), SCHEMA)


def coded(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Other types of Arrow for the same values: codes, views, 256 bits, a day as a point in time."""
    others = {"name": pa.large_string(), "part": pa.decimal256(50, 4), "on_day": pa.timestamp("ns"), "code": pa.string_view()}
    others |= {"kind": pa.string()}
    table = pa.Table.from_pylist(list(rows), SCHEMA)
    table = pa.table({name: table[name].cast(others.get(name, kind)) for name, kind in TYPES.items()})
    return table.set_column(6, "kind", table["kind"].dictionary_encode())


def floating(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Whole numbers as pandas has them where one is blank."""
    table = pa.Table.from_pylist(list(rows), SCHEMA)
    return table.set_column(2, "n", table["n"].cast(pa.float64()))


FORMS: dict[str, Callable[..., object]] = {"list": list, "tuple": tuple, "stream": Stream, "to_arrow": Convertible}
FORMS |= {"coded": coded, "floating": floating}
with suppress(ImportError):
    FORMS["pandas"] = import_module("pandas").DataFrame
with suppress(ImportError):
    FORMS["polars"] = partial(import_module("polars").DataFrame, infer_schema_length=None)


@depths(2, 100)
def test_data_at_hand_are_judged_as_the_csv_of_them(examples: int, pack: Any, tmp_path: Path) -> None:
    @many(examples)
    @given(st.lists(UNIT, min_size=1, max_size=12))
    def alike(units: list[dict[str, Any]]) -> None:
        rows = [{"code": f"U{i}"} | unit for i, unit in enumerate(units)]
        text = io.StringIO()
        writer = csv.DictWriter(text, [*TYPES])
        writer.writeheader()
        writer.writerows({k: str(v).lower() if isinstance(v, bool) else v for k, v in row.items()} for row in rows)
        (tmp_path / "units.csv").write_text(text.getvalue(), "utf-8")
        of_csv = judged(tmp_path / "units.csv", pack)
        for name, form in FORMS.items():
            assert judged({"单位": form(rows)}, pack) == of_csv, name

    alike()


def test_what_cannot_be_read_is_a_problem_of_its_table_and_row(pack: Any) -> None:
    rows: list[dict[Any, Any]] = [
        {"code": "U1", "n": "many", "part": Decimal("0.30"), "so": True, "on_day": datetime(2005, 9, 30), "kind": "a"},
        {"code": "U2", "n": float("nan"), "part": 0.1 + 0.2, "so": "perhaps", "on_day": "2005-02-30", "kind": "c"},
        {"code": "U3", "n": 1e300, "part": float("inf"), "so": b"x", "on_day": ["2005-09-30"], "kind": {"a": 1}},
    ]
    with lookback.check({"units": rows}, pack, lang="en", decider="reference") as review:
        assert {(p.file, p.row, p.field) for p in review.problems} >= {
            *(("units", 1, "n"), ("units", 2, "n"), ("units", 2, "so"), ("units", 2, "on_day"), ("units", 2, "kind")),
            *(("units", 3, field) for field in ("n", "part", "so", "on_day", "kind")),
        }
        assert "units:1 n: `many`" in map(str, review.problems)
        assert review.summary["inputs"][0]["file"] == "units"


def test_the_same_rows_have_the_same_hash(pack: Any) -> None:
    rows = [{"code": "U1", "name": "桤木区", "part": Decimal("0.3"), "on_day": date(2005, 9, 30)}]
    whole = [dict.fromkeys(TYPES) | row for row in rows]
    hashes = []
    for data in (rows, [dict(row) for row in rows], Stream(whole), Convertible(whole), coded(whole).cast(SCHEMA)):
        with lookback.check({"units": data}, pack, decider="reference") as review:
            hashes.append(review.summary["inputs"][0]["sha256"])
    assert (hashes[0], len({*hashes[2:]})) == (hashes[1], 1)
    assert hashes[0] != hashes[2]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ([{"code": "U1"}], "data-of-no-table"),
        (pa.table({"code": ["U1"]}), "data-of-no-table"),
        ({"units": [["U1"]]}, "held-no-row"),
        ({"units": 5}, "held-no-rows"),
        ({"units": pa.chunked_array([["U1"]])}, "held-unreadable"),
        ({"unitz": [{"code": "U1"}]}, "no-such-table"),
        ({"units": []}, "empty-input"),
        ({"units": [{}]}, "empty-input"),
        ({"units": [{"code": "\ud800"}]}, "unreadable-input"),
        ({"units": [{"cod": "U1"}]}, "no-key-column"),
        ({}, "no-input"),
    ],
)
def test_what_is_no_data_is_told(data: Any, code: str, pack: Any) -> None:
    with pytest.raises(lookback.LookbackError) as told:
        lookback.check(data, pack)
    assert told.value.code == code
    assert str(told.value)


def test_paths_stand_beside_data() -> None:
    with (TINY / "records/units.csv").open(encoding="utf-8", newline="") as stream:
        units = [{k: v or None for k, v in row.items()} for row in csv.DictReader(stream)]
    of_files = judged(TINY / "records", TINY / "pack")
    assert judged({"units": units, "issues": [TINY / "records/issues.csv"]}, TINY / "pack") == of_files
    assert judged({"units": units, "问题": str(TINY / "records/issues.csv")}, TINY / "pack") == of_files


def test_an_empty_list_says_that_there_are_none(pack: Any) -> None:
    units = TINY / "records/units.csv"
    with lookback.check({"units": units, "issues": []}, TINY / "pack") as none:
        assert (none.problems, none.summary["records"]["issues"]) == ((), 0)
    with lookback.check({"units": units}, TINY / "pack") as absent:
        assert [p.kind for p in absent.problems] == ["table-missing"]


def test_a_point_in_time_with_a_zone_is_read_as_from_a_file(pack: Any, tmp_path: Path) -> None:
    rows = [{"code": "U1", "on_day": datetime(2005, 9, 30, tzinfo=UTC)}]
    (tmp_path / "units.json").write_text(json.dumps([{"code": "U1", "on_day": "2005-09-30T00:00:00+00:00"}]), "utf-8")
    assert judged({"units": rows}, pack)[0] == judged(tmp_path / "units.json", pack)[0]


# ------------------------------------------------------------------------------------------------------------ a review


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[lookback.Review, lookback.Review]:
    folder = tmp_path_factory.mktemp("two")
    with (TINY / "records/units.csv").open(encoding="utf-8", newline="") as stream:
        units = [next(csv.DictReader(stream)) | {"members": "many", "new": 1}]
    old = lookback.check(TINY / "records", TINY / "pack", out=folder / "old", lang="en")
    return old, lookback.check({"units": units, "issues": []}, TINY / "pack", out=folder / "new", lang="zh")


def test_a_summary_is_the_same_after_check_and_open_review(two: tuple[lookback.Review, lookback.Review]) -> None:
    for review in two:
        opened = lookback.open_review(review.folder)
        assert opened.summary == review.summary
        assert json.dumps(review.summary, default=str)
        assert (repr(opened), opened.problems, opened.notices) == (repr(review), review.problems, review.notices)


def test_a_review_shows_itself_in_three_lines_and_in_a_notebook(two: tuple[lookback.Review, lookback.Review]) -> None:
    old, new = two
    assert repr(old).splitlines() == [
        "tiny 1.0, on 2005-09-30",
        "Pass 1; Explain to the public 1; Make-up lessons 3",
        "no problem with the input",
    ]
    assert repr(new).splitlines()[2] == "输入有 1 处问题（搁置 0 行）"
    assert "<td>补课</td><td>1</td>" in new._repr_html_()


def test_problems_and_notices_are_sentences_in_the_language_of_the_review(two: tuple[lookback.Review, lookback.Review]) -> None:
    _, new = two
    assert [str(p) for p in new.problems] == ["units:1 members：`many`"]
    assert repr(new.problems[0]) == str(new.problems[0])
    said = [str(notice) for notice in new.notices]
    assert said
    assert all(re.search("[一-鿿]", one) for one in said), said
    assert repr(new.notices[0]) == said[0]


def test_a_review_is_asked_what_the_commands_ask(two: tuple[lookback.Review, lookback.Review]) -> None:
    old, new = two
    assert old.flagged(top=2).total == 4
    assert old.flagged(owes="补课", where="members > 60").units.column("key").to_pylist() == ["U3"]
    assert new.flagged(new_since=old).units.column("key").to_pylist() == ["U1"]
    assert str(old.explain("U5")).startswith("U5 Willowbank Library: Make-up lessons")
    assert "补课" in str(old.explain("U5", lang="zh"))
    assert "Willowbank" in old.explain("U5")._repr_html_()
    assert new.compare(old).moves["gone"] == 4


def test_a_review_that_is_gone_says_so() -> None:
    with lookback.check(TINY / "records", TINY / "pack", lang="en", decider="reference") as review:
        other = review
    asked: list[Callable[[], object]] = [lambda: other.verdicts, lambda: other.findings, lambda: other.problems, other.flagged]
    asked += [lambda: other.explain("U1"), lambda: other.compare(other)]
    for ask in asked:
        with pytest.raises(lookback.LookbackError) as told:
            ask()
        assert told.value.code == "review-closed"
    assert repr(other)


def test_a_review_with_a_folder_stays_after_its_with(two: tuple[lookback.Review, lookback.Review]) -> None:
    old, _ = two
    with old:
        pass
    assert old.verdicts.num_rows == 5


# ------------------------------------------------------------------------------------------------------------- a pack


def test_a_pack_is_asked_what_the_commands_ask() -> None:
    pack = TINY / "pack"
    assert lookback.lint(lookback.read_pack(pack)) == []
    with pytest.raises(lookback.LookbackError, match="no-tests-yet"):
        lookback.run_tests(pack)
    data = {"units": TINY / "records/units.csv", "issues": TINY / "records/issues.csv"}
    moved = lookback.impact(pack, lookback.read_pack(pack), data, decider="reference")
    assert (moved.moved.num_rows, sum(moved.verdicts.values())) == (0, 5)


@pytest.mark.parametrize("most", [3, pytest.param(4, id="with-proofs", marks=pytest.mark.slow)])
def test_the_page_runs_as_it_is(
    most: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("food-inspection", "small", "lookback-2005-1.0"):
        shutil.copytree(ROOT / "fixtures" / name, tmp_path / "fixtures" / name)
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"^```python\n(.*?)^```$", (ROOT / "docs/python.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 4
    names: dict[str, Any] = {}
    for block in blocks[:most]:
        exec(compile(block, "docs/python.md", "exec"), names)
    assert "lookback-2005 2.0, on 2005-09-30" in capsys.readouterr().out
    others = {"VERSION", "Review", "built_in_packs", "LookbackError"}
    assert [name for name in lookback.__all__ if name not in others and f"lookback.{name}(" not in "".join(blocks)] == []
