"""The same table gives the same review, whatever it is written as: CSV (read in both ways), workbook, JSON, Parquet.

Tables are drawn with what offices leave in them: white space of every kind, words for a blank, characters that could not be
read, controls, wide digits, totals, headers again, empty rows.
"""

from __future__ import annotations

import csv
import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from strategies import depths, many

import lookback
import lookback.records.formats.texts
from lookback.packs.read import read_pack
from lookback.records.read import stored_records

PACK_YAML = """
pack: same
version: "1.0"
zone: Asia/Shanghai
outcomes: [{outcome: pass}, {outcome: explain}]
params:
  as_of: {type: date, default: 2005-09-30}
"""
RECORDS_YAML = """
blanks: [—, 无, N/A]
tables:
  units:
    key: unit_id
    label: name
    fields:
      unit_id: {type: text, also: [Unit code]}
      name: {type: text}
      kind: {type: choice, choices: {agency: {zh: 机关}, school: {en: School, zh: 学校}}}
      members: {type: integer}
      asked: {type: integer, blanks: ["9999", "-1"]}
      share: {type: number}
      budget: {type: number, blanks: ["0"]}
      checked: {type: boolean}
      took: {type: integer, unit: days, least: 0}
      rate: {type: number, share: true, most: 1}
      seen_on: {type: date}
      until: {type: date, blanks: ["9999-12-31", "—"]}
  issues:
    key: issue_id
    belongs_to: units
    fields:
      issue_id: {type: integer}
      unit_id: {type: text}
      note: {type: text, blanks: []}
"""
RULES_YAML = """
facts:
  - {fact: notes, of: units, from: issues, value: count(*) filter (where note is not null)}
rules:
  - {rule: named, for: units, title: {en: Named}, require: name is not null and lower(name) <> 'a', otherwise: explain}
  - {rule: known, for: units, title: {en: Known}, require: "kind = 'school' and checked", otherwise: explain}
  - {rule: enough, for: units, title: {en: Enough}, require: members + asked > 2 and share < budget, otherwise: explain}
  - {rule: seen, for: units, title: {en: Seen}, require: seen_on < :as_of and until is null, otherwise: explain}
  - {rule: quick, for: units, title: {en: Quick}, require: took < 20 and rate > 0.5, otherwise: explain}
  - {rule: noted, for: units, title: {en: Noted}, require: notes > 0, otherwise: explain}
  - {rule: says-why, for: issues, title: {en: Why}, require: note is not null, otherwise: explain,
     not_counted: {because: {en: Whether there is a note is asked of the unit.}}}
"""
UNITS = {
    "unit_id": "text",
    "name": "text",
    "kind": "text",
    "members": "integer",
    "asked": "integer",
    "share": "number",
    "budget": "number",
    "checked": "boolean",
    "took": "days",
    "rate": "rate",
    "seen_on": "date",
    "until": "date",
}
ISSUES = {"issue_id": "integer", "unit_id": "text", "note": "text"}
READ: Mapping[str, Iterable[str]] = {"units": UNITS, "issues": ISSUES}
ARROW = {"days": pa.int64(), "rate": pa.float64(), "points": pa.int64(), "cost": pa.float64()}
ARROW |= {"text": pa.string(), "integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_(), "date": pa.date32()}

Cell = str | int | float | bool | date | None
"""What a cell says: a text, or a value that has a type of its own where the format has types; None is an empty cell."""

PARTS_YAML = """
blanks: [—, 无]
tables:
  units:
    key: unit_id
    fields:
      unit_id: {type: text, also: [Unit code]}
      size: {type: integer, least: 0, most: 5000}
  visits:
    key: [unit_id, day]
    belongs_to: units
    fields:
      unit_id: {type: text}
      day: {type: date}
      points: {type: integer, unit: days, also: [Points], blanks: [N/A, 无]}
      said: {type: choice, choices: {none: {en: None given, also: [N/A, 无]}}, also: [Points], beside: integer}
      code: {type: text, keep_spaces: true}
  remarks:
    key: row
    belongs_to: visits
    fields:
      unit_id: {type: text}
      day: {type: date}
      note: {type: text}
      cost: {type: number, unit: {元: 1, 万元: 10000, yuan: 1}, also: [cost (万元)]}
      rate: {type: number, share: true}
"""
PARTS_RULES = """
facts:
  - {fact: dear, of: visits, from: remarks, value: "sum(coalesce(cost, 100))"}
  - {fact: visited, of: units, from: visits, value: "count(*) filter (where coalesce(points, 0) > 10)"}
  - {fact: bad, of: units, from: visits, value: "count(*) filter (where verdict <> 'pass')"}
rules:
  - {rule: large, for: units, title: {en: Large}, require: size > 2, otherwise: explain}
  - {rule: seen, for: units, title: {en: Seen}, require: visited > 0 and bad = 0, otherwise: explain}
  - {rule: scored, for: visits, title: {en: Scored}, when: said is null, require: points > 5, otherwise: explain}
  - {rule: cheap, for: visits, title: {en: Cheap}, require: "dear < 50 or length(code) = 3", otherwise: explain}
  - {rule: kind, for: remarks, title: {en: Kind}, require: rate > 0.5 and note is not null, otherwise: explain,
     not_counted: {because: {en: Whether there is a note is asked of nobody.}}}
"""
PARTS: dict[str, dict[str, str]] = {
    "units": {"unit_id": "text", "size": "integer"},
    "visits": {"unit_id": "text", "day": "date", "Points": "points", "code": "text"},
    "remarks": {"unit_id": "text", "day": "date", "note": "text", "cost (万元)": "cost", "rate": "rate"},
}
FIELDS = {"units": ["unit_id", "size"], "visits": ["unit_id", "day", "points", "said", "code"]}
FIELDS["remarks"] = ["unit_id", "day", "note", "cost", "rate"]

ODD = " \t\n\r\v\f\u00a0\u3000\u200b\ufeff\ufffd\0\x01\x1f\x85\u2028aAＡ1１,;|，\"'=#\\_x—无县é"
texts = st.text(ODD, max_size=4)
blanks = st.sampled_from([None, "", " ", "\u3000", "—", "无", "N/A", "n/a", "Ｎ／Ａ", " 无\t", "\ufeff—", "\u200b"])
NUMBERS = (
    *(0.0, 1.5, -0.1, 1e-7, 5e-7, -5e-7, 1e15, 1e300, 2.0**53 + 2, 2.0, 0.1 + 0.2, math.nan, math.inf, -math.inf, 1e12),
    *(0.1234565, -2.0000005, 1.0000004999, 999_999_999_999.5, 123456789012.345, -0.000000499999999, 0.123456499999999),
)
forms: dict[str, st.SearchStrategy[Cell]] = {
    "text": st.sampled_from(["a", "A", "Ａ", "机关", " school", "学 校\u3000", "agency", "合计", "7", "2005-09-30"])
    | st.sampled_from(["'=1+1", "'-", " '@x", "''=", "'a", "'+\u3000"])
    | texts,
    "integer": st.sampled_from(
        [0, 1, -1, 3, 9999, 2**53, 2**53 + 2, "１２", " 3", "1,000", "3.0", "1e3", "9999 ", "x", "1.2万", "'-7", "'+9999"]
    ),
    "number": st.sampled_from(NUMBERS)
    | st.sampled_from(
        ["50%", "０．５", "1.5亿", "nan", "0", "0.0", "-", "12.345675%", "1.2345678901234万", "1e-7", "-2.5E-7", "'-0.5"]
    ),
    "days": st.sampled_from([30, -3, 0, "30天", "2周", "2.5周", "15 days", "约20", "１４天", "0.001万天", "x", "7.0"]),
    "rate": st.sampled_from([0.95, 95.0, 1.0, 0.0, 1.5, -0.5, 0.3000000000000001, 2e-7, 0.12345678])
    | st.sampled_from(["95%", "80.5", "0.8", "120%", "８０％", "0", "x", "1e-1"]),
    "boolean": st.sampled_from([True, False, "是", "No", "√", "maybe", "1", "０"]),
    "date": st.sampled_from(
        [date(2005, 9, 29), date(2005, 10, 1), date(9999, 12, 31), date(1000, 1, 1), date(999, 12, 31), date(1900, 1, 1)]
    )
    | st.sampled_from([datetime(2005, 9, 29, 23, 59, 59), datetime(2005, 9, 30), datetime(9999, 12, 31, 8, 5)])
    | st.sampled_from(["2005/9/29 8:05", "2005-09-29T16:30:00Z", "2005-09-29 15:59:59.9+00", "2005-09-30T00:30+09:00"])
    | st.sampled_from(["2005-09-29 24:00", "9999-12-31T16:00Z", "38625.34", "2005-W39-5", "60"])
    | st.sampled_from(["2005-9-3", "2005年9月3日", "２００５．９．３", "9月3日", "3/4/2005", "20050930", "38625", "2005-02-30"]),
}
forms["points"] = forms["days"] | st.sampled_from(["N/A", "无", " N/A\t", "None given", "none", "12"])
forms["cost"] = st.sampled_from([0.5, 3.0, 1e-7, 0.12345678, "500元", "2万元", "3万", "３０ yuan", "5美元", "0.5", "1e-1", "x"])
days = st.sampled_from([date(2005, 9, 29), date(2005, 9, 30), datetime(2005, 9, 29, 8, 5), "2005-9-29", "2005/9/29 8:05"])
days |= st.sampled_from(["３/4/2005", "2005-02-30", "—", None, "２００５年９月２９日", "38624", "x"])
keys = st.sampled_from(
    ["U1", "U2", "U1\u3000", "\ufeffU2", "u1", "—", "unit_id", "Unit code", "合计", "Total:", "U\ufffd", "'=U1", None]
)


@dataclass(frozen=True)
class Records:
    """The cells of each table, a row a record, in the order of its `columns`."""

    columns: dict[str, list[str]]
    rows: dict[str, list[list[Cell]]]


@st.composite
def records(draw: st.DrawFn) -> Records:
    columns, rows = {}, {}
    for table, kinds in (("units", UNITS), ("issues", ISSUES)):
        ids = list(kinds)
        columns[table] = ids if draw(st.booleans()) else draw(st.permutations(ids))
        typed = {id_: draw(st.booleans()) for id_ in ids}  # a column of which a typed file can make one of its type

        def cell(id_: str, kinds: dict[str, str] = kinds, typed: dict[str, bool] = typed) -> st.SearchStrategy[Cell]:
            if id_ == "unit_id":
                return keys
            kind = kinds[id_]
            if kind != "text" and typed[id_]:
                return forms[kind].filter(lambda value: not isinstance(value, str)) | st.none()
            return forms[kind] | forms[kind] | blanks

        row = st.tuples(*(cell(id_) for id_ in columns[table])).map(list)
        found = draw(st.lists(row | row | row | st.just([None] * len(ids)), max_size=3))
        first: dict[str, Cell] = {"unit_id": "U1", "name": "Alder", "issue_id": 77, "note": "b"}
        last: dict[str, Cell] = {"unit_id": "U3", "name": "Birch", "issue_id": 78, "note": "c"}
        rows[table] = [[first.get(id_) for id_ in columns[table]], *found, [last.get(id_) for id_ in columns[table]]]
    return Records(columns, rows)


@st.composite
def parts(draw: st.DrawFn) -> Records:
    """Tables with a key of two fields, and without one, below the units."""
    rows: dict[str, list[list[Cell]]] = {}
    sound: dict[str, Cell] = {"unit_id": "U1", "day": date(2005, 9, 29), "size": 3, "Points": 30, "code": "abc", "note": "n"}
    for table, kinds in PARTS.items():
        typed = {id_: draw(st.booleans()) for id_ in kinds}

        def cell(id_: str, kinds: dict[str, str] = kinds, typed: dict[str, bool] = typed) -> st.SearchStrategy[Cell]:
            if id_ == "unit_id":
                return keys
            of = days if id_ == "day" else forms[kinds[id_]]
            return of.filter(lambda value: not isinstance(value, str)) | st.none() if typed[id_] else of | of | blanks

        row = st.tuples(*map(cell, kinds)).map(list)
        found = draw(st.lists(row, max_size=4))
        last = {**sound, "unit_id": "U2", "day": date(2005, 9, 30)}
        rows[table] = [[sound.get(id_) for id_ in kinds], *found, [last.get(id_) for id_ in kinds]]
    return Records({table: list(kinds) for table, kinds in PARTS.items()}, rows)


# ------------------------------------------------------------------------------------------------------------- formats


def written(value: Cell) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def as_csv(of: Records, folder: Path) -> None:
    for table, rows in of.rows.items():
        with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([of.columns[table], *([written(v) for v in row] for row in rows)])


def as_json(of: Records, folder: Path) -> None:
    for table, rows in of.rows.items():
        sayable = [[str(v) if isinstance(v, float) and not math.isfinite(v) else v for v in row] for row in rows]
        listed = [dict(zip(of.columns[table], row, strict=True)) for row in sayable]
        (folder / f"{table}.json").write_text(json.dumps(listed, default=str), "utf-8")


def as_workbook(of: Records, folder: Path) -> None:
    with xlsxwriter.Workbook(folder / "book.xlsx", {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for table, rows in of.rows.items():
            sheet = book.add_worksheet(table)
            sheet.write_row(0, 0, of.columns[table])
            for i, row in enumerate(rows, start=1):
                for j, value in enumerate(row):
                    if isinstance(value, bool):
                        sheet.write_boolean(i, j, value)
                    elif isinstance(value, int | float) and abs(value) < 10**15:  # of more a spreadsheet loses digits
                        sheet.write_number(i, j, value)
                    elif isinstance(value, date) and value.year > 1900:
                        sheet.write_datetime(i, j, value, day)
                    elif value not in (None, ""):
                        sheet.write_string(i, j, str(value))


def as_texts(of: Records, folder: Path) -> None:
    for table, rows in of.rows.items():
        columns = [[written(v) if v is not None else None for v in column] for column in zip(*rows, strict=True)]
        pq.write_table(pa.table([pa.array(c, pa.string()) for c in columns], of.columns[table]), folder / f"{table}.parquet")


def at(value: Cell) -> datetime | None:
    """A day, or a point in time, as a point in time."""
    return value if isinstance(value, datetime) else datetime.combine(value, time()) if isinstance(value, date) else None


def as_typed(of: Records, folder: Path) -> None:
    """Columns of their types, where all of their cells are."""
    for table, rows in of.rows.items():
        columns = []
        for id_, column in zip(of.columns[table], zip(*rows, strict=True), strict=True):
            if any(isinstance(value, str) for value in column):
                columns.append(pa.array([None if value is None else written(value) for value in column], pa.string()))
            else:
                kind = (UNITS | ISSUES | PARTS["visits"] | PARTS["remarks"] | PARTS["units"])[id_]
                if any(isinstance(value, datetime) for value in column):
                    columns.append(pa.array([at(value) for value in column], pa.timestamp("us")))
                else:
                    columns.append(pa.array(column, pa.date32() if kind == "date" else ARROW[kind]).cast(ARROW[kind]))
        pq.write_table(pa.table(columns, of.columns[table]), folder / f"{table}.parquet")


FORMS: Sequence[Callable[[Records, Path], None]] = (as_csv, as_json, as_workbook, as_texts, as_typed)


@contextmanager
def at_full_speed() -> Iterator[None]:
    """Text files read as large ones are, by DuckDB."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lookback.records.formats.texts, "LARGE", 0)
        yield


# ---------------------------------------------------------------------------------------------------------------- test


def pack_in(folder: Path, pack_yaml: str, records: str = RECORDS_YAML, rules: str = RULES_YAML) -> lookback.Pack:
    for name, text in (("pack", pack_yaml), ("records", records), ("1.rules", rules)):
        (folder / f"{name}.yaml").write_text(text.lstrip(), "utf-8")
    return read_pack(folder)


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> lookback.Pack:
    return pack_in(tmp_path_factory.mktemp("pack"), PACK_YAML)


@pytest.fixture(scope="module")
def pack_of_parts(tmp_path_factory: pytest.TempPathFactory) -> lookback.Pack:
    return pack_in(tmp_path_factory.mktemp("parts"), PACK_YAML, PARTS_YAML, PARTS_RULES)


def without_places(findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Reasons name the file and cell of what was lost, which are each format's own."""
    in_cell = r'(".*?") in \S+(?: \(\w+\))?(?: \S+)? (?:could not be used|disagrees with other rows)'
    of_rows = r"could not be used \(.*?\)(?=; |$)"
    cut = [re.sub(of_rows, "could not be used", re.sub(in_cell, r"\1 could not be used", f["reason"])) for f in findings]
    cut = [re.sub(r'(?<=\d)\.0"|(?<=\de)[+]', lambda m: m[0][2:], reason) for reason in cut]  # which not all formats write
    cut = [re.sub(r' 00:00:00(?=")', "", reason) for reason in cut]
    called = [re.sub(r"^(?:.*/)?\w+\.\w+(?: \(\w+\))?:\d+$", "a place", f["record"]) for f in findings]
    return [{**f, "reason": said, "record": name} for f, said, name in zip(findings, cut, called, strict=True)]


def rows_of(query: str) -> list[dict[str, Any]]:
    return duckdb.sql(query).to_arrow_table().to_pylist()


def reviewed(data: Path, pack: lookback.Pack, tables: Mapping[str, Iterable[str]] = READ) -> dict[str, Any]:
    """What a review says, without the places of what it says."""
    with lookback.check([data], pack, lang="en", decider="reference", threads=1) as review:
        with (review.folder / "problems.csv").open(encoding="utf-8", newline="") as stream:
            odd = r"(?<=\d)\.0$|(?<=\de)[+]| 00:00:00$"
            rows = [row | {"value": re.sub(odd, "", row["value"])} for row in csv.DictReader(stream)]
            told = [tuple(row[c] for c in ("column", "field", "value", "proposed", "kind")) for row in rows]
        records = review.folder / "records"
        return {
            "problems": Counter(told),
            **{
                table: rows_of(f"SELECT {', '.join(fields)} FROM {stored_records(records, table, fields)} ORDER BY _row")
                for table, fields in tables.items()
            },
            "verdicts": [{**row, "_place": bool(row.get("_place"))} for row in review.verdicts.to_pylist()],
            "findings": without_places(review.findings.to_pylist()),
            "lost": review.summary["lost"],
            "counts": [review.summary[of] for of in ("records", "set_aside", "verdicts", "rules")],
        }


def same_review(of: Records, pack: lookback.Pack, tables: Mapping[str, Iterable[str]] = READ) -> None:
    with TemporaryDirectory() as folder:
        found = {}
        for form in FORMS:
            into = Path(folder) / form.__name__
            into.mkdir()
            form(of, into)
            found[form.__name__] = reviewed(into, pack, tables)
        with at_full_speed():
            found["as_large_csv"] = reviewed(Path(folder) / "as_csv", pack, tables)
    expected = found.pop("as_csv")
    for form_, got in found.items():
        for what, value in expected.items():
            assert got[what] == value, f"{what} of {form_}"


def units(*rows: dict[str, Cell]) -> Records:
    """A table of units in which nothing needs typing but what is given; a sound one first and last."""
    sound: dict[str, Cell] = dict.fromkeys(UNITS) | {"name": "Alder", "kind": "school", "members": 3, "share": 0.5}
    first, last = {"unit_id": "U1"}, {"unit_id": "U9"}
    filled = [[*(sound | row).values()] for row in (first, *rows, last)]
    return Records({"units": list(UNITS), "issues": list(ISSUES)}, {"units": filled, "issues": [[1, "U1", "b"]]})


@pytest.mark.parametrize(
    "of",
    [
        pytest.param(
            units(
                {"unit_id": "U2", "name": "无"},
                {"unit_id": "U3", "name": "\u3000a"},
                {"unit_id": "U4\t", "name": "a"},
                {"unit_id": "U5", "name": "W\ufffdrks"},
                {"unit_id": "U6", "name": "W\0rks"},
            ),
            id="a word for a blank, white space before and after, characters that could not be read",
        ),
        pytest.param(
            units(
                {"unit_id": "U2", "asked": 9999},
                {"unit_id": "U3", "budget": 0.0},
                {"unit_id": "U4", "budget": 1e-7},  # nought with six places
                {"unit_id": "U5", "until": date(9999, 12, 31)},
            ),
            id="numbers and a day that stand for a blank",
        ),
        pytest.param(
            units(*({"unit_id": f"N{i}", "share": v} for i, v in enumerate(NUMBERS))), id="numbers at the end of places"
        ),
        pytest.param(
            units({"unit_id": "合计", "members": 6}, {"unit_id": "Unit code", "name": "name"}),
            id="a row of totals, and the header again",
        ),
        pytest.param(units(dict.fromkeys(UNITS), {"unit_id": "U2", "name": "\ufffd"}), id="an empty row"),
    ],
)
def test_rows_say_the_same_in_every_format(pack: lookback.Pack, of: Records) -> None:
    same_review(of, pack)


@pytest.mark.parametrize("kind", [pa.timestamp("ms"), pa.timestamp("us"), pa.timestamp("us", "UTC"), pa.date64()], ids=str)
def test_a_day_is_the_same_day_as_a_point_in_time(
    pack: lookback.Pack, tmp_path: Path, kind: pa.DataType, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = [date(2005, 9, 29), date(9999, 12, 31), date(1000, 1, 1), date(999, 12, 31), None]
    of = units(*({"unit_id": f"U{i}", "seen_on": day, "until": day} for i, day in enumerate(days, start=2)))
    found = []
    for name, type_ in (("days", pa.date32()), ("points", kind)):
        (tmp_path / name).mkdir()
        monkeypatch.setitem(ARROW, "date", type_)
        as_typed(of, tmp_path / name)
        found.append(reviewed(tmp_path / name, pack))
    problems = [sorted(told[1] for told in one.pop("problems")) for one in found]  # the day before 1000, whose text has a time
    assert problems == [["seen_on", "until"]] * 2
    for finding in found[1]["findings"]:
        finding["reason"] = re.sub(r"(?<=-31) 00:00:00\+00:00(?=\")", "", finding["reason"])
    assert found[1] == found[0]


@pytest.mark.parametrize("zone", [None, "Asia/Shanghai", "America/New_York"])
def test_a_point_in_time_with_a_zone_is_a_day_of_the_packs_zone_or_none(tmp_path: Path, zone: str | None) -> None:
    """As a text and as Parquet's own type: of a pack without a zone both are lost, with nothing proposed."""
    (tmp_path / "pack").mkdir()
    pack = pack_in(tmp_path / "pack", PACK_YAML.replace("zone: Asia/Shanghai\n", f"zone: {zone}\n" if zone else ""))
    moments = ["2005-09-29T16:30:00Z", "2005-09-29T15:59:59Z", "2005-09-30T03:59:59Z", None]
    days = {"Asia/Shanghai": (30, 29, 30), "America/New_York": (29, 29, 29)}.get(zone or "", (None,) * 3)
    columns = units(*({"unit_id": f"U{i}", "seen_on": said} for i, said in enumerate(moments, start=2)))
    as_texts(columns, tmp_path)
    texts = reviewed(tmp_path / "units.parquet", pack)
    table = pq.read_table(tmp_path / "units.parquet")
    seen = pa.array(
        [None if v is None else datetime.fromisoformat(v) for v in table["seen_on"].to_pylist()], pa.timestamp("us", "UTC")
    )
    pq.write_table(table.set_column(table.column_names.index("seen_on"), "seen_on", seen), tmp_path / "units.parquet")
    points = reviewed(tmp_path / "units.parquet", pack)
    for found in (texts, points):
        assert [row["seen_on"] and row["seen_on"].day for row in found["units"][1:-2]] == list(days)
        problems = [(field, proposed, kind) for _, field, _, proposed, kind in found["problems"] if field == "seen_on"]
        assert problems == ([("seen_on", "", "date")] * 3 if zone is None else [])
    assert points["verdicts"] == texts["verdicts"]


def test_day_60_of_the_1900_system_is_no_day(pack: lookback.Pack, tmp_path: Path) -> None:
    """A spreadsheet shows 29 February 1900 for it, which never was; its neighbours are days."""
    with xlsxwriter.Workbook(tmp_path / "units.xlsx") as book:
        sheet, day = book.add_worksheet("units"), book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, ["unit_id", "members", "seen_on"])
        for i, number in enumerate((59, 60, 60.5, 61), start=1):
            sheet.write_row(i, 0, [f"U{i}", 60])
            sheet.write_number(i, 2, number, day)
    found = reviewed(tmp_path, pack)
    assert [row["seen_on"] for row in found["units"]] == [date(1900, 2, 28), None, None, date(1900, 3, 1)]
    assert [row["members"] for row in found["units"]] == [60] * 4
    assert [told[1:] for told in found["problems"].elements() if told[1] == "seen_on"] == [
        ("seen_on", "1900-02-29", "", "date")
    ] * 2


@pytest.mark.parametrize("form", [as_json, as_texts, as_typed])
def test_an_empty_row_counts_in_the_places_of_problems(
    pack: lookback.Pack, tmp_path: Path, form: Callable[[Records, Path], None]
) -> None:
    form(units(dict.fromkeys(UNITS), {"unit_id": "U2", "name": "\ufffd"}), tmp_path)
    with lookback.check([tmp_path], pack, lang="en", decider="reference") as review:
        listed = csv.DictReader((review.folder / "problems.csv").read_text("utf-8").splitlines())
        assert [(row["row"], row["field"]) for row in listed] == [("3", "name")]


@pytest.mark.long
@depths(2, 1500)
def test_the_same_table_gives_the_same_review_whatever_it_is_written_as(pack: lookback.Pack, examples: int) -> None:
    @many(examples)
    @given(records())
    def check(of: Records) -> None:
        same_review(of, pack)

    check()


@pytest.mark.long
@depths(1, 500)
def test_keys_of_several_fields_and_tables_without_one_are_the_same_in_every_format(
    pack_of_parts: lookback.Pack, examples: int
) -> None:
    @many(examples)
    @given(parts())
    def check(of: Records) -> None:
        same_review(of, pack_of_parts, FIELDS)

    check()
