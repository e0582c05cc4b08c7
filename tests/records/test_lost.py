"""Lost is not blank: what the reading hands on of what was handed in and could not be used."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from builders import checked
from messy import write_csv, write_xlsx

import lookback.records.formats.texts
from lookback.packs.checked import CheckedPack
from lookback.records.find import find_tables
from lookback.records.read import Lost, Read, read_records
from lookback.reviews.folder import rows_of
from lookback.warehouse.duckdb import DuckDB
from lookback.words.errors import InputError

PACK = {
    "pack.yaml": "pack: lakes\nversion: '1.0'\noutcomes: [{outcome: pass}, {outcome: make_up}]\n",
    "records.yaml": """
tables:
  lakes:
    key: lake
    fields:
      lake: {type: text}
      keeper: {type: text}
      depth: {type: integer, optional: {because: {en: Nobody has a line that long.}}}
      seen: {type: boolean, by: inspector}
      note: {type: text}
  leaks:
    key: leak
    belongs_to: lakes
    fields:
      leak: {type: text}
      lake: {type: text}
      state: {type: choice, choices: {open: {}, shut: {}}}
      litres: {type: integer}
  drips:
    key: drip
    belongs_to: leaks
    optional: {because: {en: Not every leak drips.}}
    fields:
      drip: {type: integer}
      leak: {type: text}
""",
    "1-all.rules.yaml": """
facts:
  - {fact: open_leaks, of: lakes, from: leaks, value: count(*) filter (where state is null or state = 'open')}
  - {fact: dripping, of: leaks, from: drips, value: count(*)}
rules:
  - {rule: kept, for: lakes, title: {en: Kept}, require: keeper is not null and seen and depth > 1, otherwise: make_up}
  - {rule: dry, for: lakes, title: {en: Dry}, require: open_leaks = 0, otherwise: make_up}
  - {rule: no-drips, for: leaks, title: {en: No drips}, require: dripping = 0, otherwise: make_up,
     not_counted: {because: {en: Leaks are counted.}}}
""",
}
LAKES = [["lake", "keeper", "depth", "seen", "note"], ["L1", "Ann", "7", "yes", "a"], ["0012", "Bo", "8", "yes", "b"]]
LEAKS = [["leak", "lake", "state", "litres"], ["K1", "L1", "open", "1"], ["K2", "0012", "shut", "2"]]
DRIPS = [["drip", "leak"], ["1", "K1"]]
Row = dict[str, Any]


class Got:
    """What a reading handed on."""

    def __init__(self, folder: Path, read: Read, warehouse: DuckDB) -> None:
        self.folder, self.read, self.lost, self.warehouse = folder, read, read.lost, warehouse

    def rows(self, table: str) -> list[Row]:
        return rows_of(self.warehouse, f"SELECT * FROM {table}")

    def record(self, table: str, **known: Any) -> Row:
        """The one record of which this is known."""
        (found,) = [row for row in self.rows(f"records_{table}") if known.items() <= row.items()]
        return found

    def uncertain(self, table: str) -> dict[str, tuple[int, int | None]]:
        return {row["_parent"]: (row["least"], row["most"]) for row in self.rows(f"uncertain_{table}")}

    def problems(self) -> list[tuple[Any, ...]]:
        query = "SELECT file, coalesce(cell, CAST(row AS VARCHAR)), kind, field, value FROM problems ORDER BY ALL"
        return [(str(file or "").rpartition("/")[2], *rest) for file, *rest in self.warehouse.rows(query)]


Reader = Callable[..., Got]


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> CheckedPack:
    folder = tmp_path_factory.mktemp("pack")
    for name, text in PACK.items():
        (folder / name).write_text(text.lstrip(), "utf-8")
    return checked(folder)


@pytest.fixture(params=["by row", "by DuckDB"])
def read(pack: CheckedPack, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reader]:
    """Reads the three tables; those named otherwise replace them, None leaves one out, further files are added."""
    warehouse = DuckDB(tmp_path)
    monkeypatch.setattr(lookback.records.formats.texts, "LARGE", 0 if request.param == "by DuckDB" else 1 << 40)
    monkeypatch.setattr(lookback.records.formats.texts, "TAIL", 1)

    def reading(**tables: Any) -> Got:
        rows: Mapping[str, Any] = {"lakes": LAKES, "leaks": LEAKS, "drips": DRIPS} | tables
        for name, content in rows.items():
            if isinstance(content, str):
                (tmp_path / "in").mkdir(exist_ok=True)
                (tmp_path / "in" / f"{name}.csv").write_text(content, "utf-8")
            elif content is not None:
                write_csv(tmp_path / "in" / f"{name}.csv", content)
        inputs = find_tables([tmp_path / "in"], pack.tables, warehouse, tmp_path / "work")
        return Got(tmp_path / "records", read_records(inputs, pack, tmp_path / "records", warehouse, "en"), warehouse)

    yield reading
    warehouse.close()


def places(rows: list[Row], *columns: str) -> list[tuple[Any, ...]]:
    """Rows by their file's name and line, and what else is asked."""
    return sorted((f"{row['file'].rpartition('/')[2]}:{row['line']}", *(row[c] for c in columns)) for row in rows)


def test_nothing_is_lost_of_sound_records_and_nothing_costs(read: Reader) -> None:
    got = read()
    assert got.lost == Lost()
    assert got.lost.empty
    assert set(got.rows("records_leaks")[0]) == {"_row", "_unit", "leak", "lake", "state", "litres"}
    assert (got.rows("lost_values"), got.rows("lost_rows"), got.problems()) == ([], [], [])


def test_a_value_that_cannot_be_read_is_lost_in_its_record_alone(read: Reader) -> None:
    got = read(leaks=[*LEAKS[:2], ["K2", "0012", "#N/A", "2"]])
    assert got.lost.fields == {"leaks": {"state"}}
    assert got.record("leaks", leak="K2").items() >= {"state": None, "_lost_state": True}.items()
    assert got.record("leaks", leak="K1").items() >= {"state": "open", "_lost_state": False}.items()
    (lost,) = got.rows("lost_values")
    assert lost["_row"] == got.record("leaks", leak="K2")["_row"]
    assert {
        "table": "leaks",
        "field": "state",
        "line": 3,
        "cell": "C3",
        "value": "#N/A",
        "why": "unreadable",
    }.items() <= lost.items()


def test_rows_of_one_key_that_disagree_are_one_record_of_one_to_n_rows(read: Reader) -> None:
    got = read(leaks=[*LEAKS, ["K1", "L1", "shut", "1"], ["K1", "L1", "shut", ""]])
    assert got.record("leaks", leak="K1").items() >= {"lake": "L1", "state": None, "litres": None}.items()
    assert got.lost.fields == {"leaks": {"state", "litres"}}
    assert got.uncertain("leaks") == {"L1": (0, 2)}
    assert places(got.rows("lost_values"), "field", "value") == [
        *(("leaks.csv:2", "litres", "1"), ("leaks.csv:2", "state", "open")),
        *(("leaks.csv:4", "litres", "1"), ("leaks.csv:4", "state", "shut")),
        *(("leaks.csv:5", "litres", None), ("leaks.csv:5", "state", "shut")),
    ]
    assert {row["_row"] for row in got.rows("lost_values")} == {got.record("leaks", leak="K1")["_row"]}
    assert (got.read.records["leaks"], got.read.set_aside["leaks"], got.read.merged) == (2, 0, 2)


def test_the_same_row_again_is_a_problem_and_nothing_is_lost(read: Reader) -> None:
    got = read(leaks=[*LEAKS, LEAKS[1]])
    assert got.lost.empty
    assert [p[2] for p in got.problems()] == ["key-repeated"]


def test_units_that_disagree_stay_on_the_list(read: Reader) -> None:
    got = read(lakes=[*LAKES, ["L1", "Cy", "7", "yes", "a"]])
    assert got.record("lakes", lake="L1").items() >= {"keeper": None, "_lost_keeper": True, "depth": 7}.items()
    assert got.lost.rows == set()


def test_a_column_that_a_file_lacks_says_nothing_and_a_blank_disagrees_with_a_value(read: Reader) -> None:
    got = read(more=[["lake", "note", "seen"], ["L1", "a", "yes"], ["0012", "", "yes"]])
    assert got.lost.fields == {"lakes": {"note"}}
    assert got.record("lakes", lake="L1").items() >= {"keeper": "Ann", "note": "a", "_lost_note": False}.items()
    assert got.record("lakes", lake="0012").items() >= {"keeper": "Bo", "note": None, "_lost_note": True}.items()
    assert {p[2:4] for p in got.problems()} == {("key-disagrees", "note")}


def test_of_a_field_by_inspectors_a_blank_disagrees_with_nothing(read: Reader) -> None:
    got = read(
        lakes=[*LAKES[:1], ["L1", "Ann", "7", "", "a"], ["0012", "Bo", "8", "no", "b"]],
        more=[["lake", "keeper", "seen"], ["L1", "Ann", "yes"], ["0012", "Bo", "yes"]],
    )
    assert got.record("lakes", lake="L1").items() >= {"seen": True, "_lost_seen": False}.items()
    assert got.record("lakes", lake="0012").items() >= {"seen": None, "_lost_seen": True}.items()


def test_a_record_whose_parents_differ_is_under_none(read: Reader) -> None:
    got = read(leaks=[*LEAKS, ["K1", "0012", "open", "1"]])
    assert got.record("leaks", leak="K1").items() >= {"lake": None, "_unit": None, "_lost_lake": True, "state": "open"}.items()
    assert got.uncertain("leaks") == {"L1": (0, 1), "0012": (0, 1)}
    (drip,) = got.rows("records_drips")
    assert (drip["leak"], drip["_unit"]) == ("K1", None)


def test_a_record_without_a_key_is_called_by_its_place_and_may_not_be_there(read: Reader) -> None:
    got = read(leaks=[*LEAKS, ["", "L1", "open", "4"]])
    record = got.record("leaks", leak=None)
    assert record["_place"].endswith("leaks.csv:4")
    assert record.items() >= {"lake": "L1", "_unit": "L1", "state": "open", "_doubtful": True, "_lost_leak": True}.items()
    assert got.record("leaks", leak="K1").items() >= {"_doubtful": False, "_place": None, "_lost_leak": False}.items()
    assert got.lost.doubtful == {"leaks"}
    assert got.lost.rows == set(), "it is among the records"


def test_a_unit_without_a_key_is_kept_apart(read: Reader) -> None:
    got = read(lakes=[*LAKES, ["", "Di", "1", "yes", ""], ["#N/A", "Ed", "1", "yes", ""]])
    assert [row["_place"].rpartition("/")[2] for row in got.rows("unjudged_units")] == ["lakes.csv:4", "lakes.csv:5"]
    assert (got.lost.unjudged, got.read.records["lakes"], got.read.set_aside["lakes"]) == (2, 2, 2)


@pytest.mark.parametrize("written", ["l1", "Ｌ１", "L\u200b1", "12", "12.0"])
def test_a_parents_key_that_is_spelt_otherwise_may_be_a_row_of_it(written: str, read: Reader) -> None:
    got = read(leaks=[*LEAKS, ["K3", written, "open", "4"]])
    meant = "0012" if written.startswith("12") else "L1"
    assert got.uncertain("leaks") == {meant: (0, 1)}
    assert got.rows("lost_rows")[0].items() >= {"_parent": meant, "line": 4, "value": written, "why": "parent-spelt"}.items()
    assert got.warehouse.rows("SELECT kind, proposed FROM problems") == [("parent-spelt", meant)]
    assert got.lost.fields == {}


def test_rows_of_no_known_unit_change_nothing_and_are_told(read: Reader) -> None:
    got = read(leaks=[*LEAKS, ["K3", "L9", "open", "4"], ["K4", "", "open", "4"]])
    assert got.lost.empty
    assert places(got.rows("lost_rows"), "_parent", "why") == [
        ("leaks.csv:4", None, "unknown-parent"),
        ("leaks.csv:5", None, "no-parent-key"),
    ]
    assert [p[2] for p in got.problems()] == ["unknown-parent", "no-parent-key"]


@pytest.mark.parametrize(
    ("row", "parents"),
    [("K3,L1,open,4,5", {"L1"}), ("K3,x,L1,open,4", {"L1"}), ("K3,L9,open,4,5", set()), ("K3,l1,0012,open,4", {"L1", "0012"})],
    ids=["at its end", "before the parent's key", "of no known unit", "between two keys"],
)
def test_a_row_of_too_many_values_may_be_of_the_unit_that_it_names(row: str, parents: set[str], read: Reader) -> None:
    got = read(leaks="leak,lake,state,litres\nK1,L1,open,1\n" + row + "\n")
    assert (got.uncertain("leaks") if parents else {}) == dict.fromkeys(parents, (0, 1))
    assert {r["_parent"] for r in got.rows("lost_rows")} == (parents or {None})
    assert got.problems() == [("leaks.csv", "3", "misfit", None, row)]


def test_a_unit_of_too_many_values_is_kept_apart(read: Reader) -> None:
    got = read(lakes="lake,keeper,depth,seen,note\nL1,Ann,7,yes,a\n0012,Bo,8,yes,b\nL3,Cy,9,yes,c,d\n")
    assert [row["_value"] for row in got.rows("unjudged_units")] == ["L3,Cy,9,yes,c,d"]


def test_a_row_of_too_few_values_is_read_with_blanks_at_its_end(read: Reader) -> None:
    got = read(leaks="leak,lake,state,litres\nK1,L1,open\n")
    assert got.record("leaks", leak="K1").items() >= {"state": "open", "litres": None}.items()
    assert got.lost.empty
    assert [(n.code, n.args["n"]) for n in got.read.notices] == [("short-rows", 1)]


@pytest.mark.parametrize(
    ("end", "parents"),
    [("K3,0012,op", {"0012"}), ("K3,0012", {"0012"}), ("K3,L", {"L1", "L1b"}), ("K3,L1,", {"L1"}), ("K3,", set()), ("K", set())],
)
def test_a_row_in_which_the_file_breaks_off_may_be_of_the_unit_that_it_names(end: str, parents: set[str], read: Reader) -> None:
    lakes = [*LAKES, ["L1b", "Cy", "7", "yes", "a"]]
    got = read(lakes=lakes, leaks="leak,lake,state,litres\nK1,L1,open,1\n" + end)
    assert (got.uncertain("leaks") if parents else {}) == dict.fromkeys(parents, (0, 1))
    assert {r["_parent"] for r in got.rows("lost_rows")} == (parents or {None})
    assert got.problems() == [("leaks.csv", "3", "misfit", None, end)]
    assert (got.read.records["leaks"], got.read.set_aside["leaks"]) == (1, 1)


@pytest.mark.parametrize("end", ["K2,0012,shut,2", "K2,0012,shut,", "K2,0012,shut\n", "K2,0012\r\n", "合计,2", "注：以上，属实"])
def test_a_last_row_of_all_its_values_or_with_a_line_break_is_sound(end: str, read: Reader) -> None:
    got = read(leaks="leak,lake,state,litres\nK1,L1,open,1\n" + end)
    assert (got.lost.empty, got.problems()) == (True, [])


def test_a_unit_in_whose_row_the_file_breaks_off_is_kept_apart(read: Reader) -> None:
    got = read(lakes="lake,keeper,depth,seen,note\nL1,Ann,7,yes,a\n0012,Bo,8,yes,b\nL3,Cy,9")
    assert [(row["_line"], row["_value"]) for row in got.rows("unjudged_units")] == [(4, "L3,Cy,9")]


# --------------------------------------------------------------------------------------------------- not handed in


def test_a_table_that_rules_read_and_nobody_handed_in(read: Reader) -> None:
    got = read(leaks=None, drips=None)
    assert got.lost.absent == {"leaks": None}
    assert got.uncertain("leaks") == {"L1": (0, None), "0012": (0, None)}
    assert got.problems() == [("", None, "table-missing", None, None)]


@pytest.mark.parametrize("content", ["", "\n \n", "leak,state\nK1,open\n"], ids=["no byte", "blank lines", "no parent's key"])
def test_a_file_that_counts_as_not_handed_in(content: str, read: Reader) -> None:
    got = read(leaks=content, drips=None)
    assert got.lost.absent == {"leaks": None}
    assert [p[2] for p in got.problems()] == ["table-missing" if not content.strip() else "column-missing"]


def test_an_empty_file_beside_another_of_its_table_hides_rows_all_the_same(read: Reader, tmp_path: Path) -> None:
    (tmp_path / "in" / "more").mkdir(parents=True)
    (tmp_path / "in" / "more" / "leaks.csv").write_bytes(b"")
    got = read()
    assert got.uncertain("leaks") == {"L1": (0, None), "0012": (0, None)}
    assert got.read.records["leaks"] == 2


def test_a_header_without_rows_says_that_there_are_none(read: Reader) -> None:
    got = read(leaks=LEAKS[:1], drips=None)
    assert got.lost.empty
    assert [n.code for n in got.read.notices if n.code != "no-records"] == ["no-rows"]


@pytest.mark.parametrize("content", ["[]", "\ufeff [\n]\n"])
def test_an_empty_list_of_json_says_that_there_are_none(content: str, read: Reader, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "leaks.json").write_text(content, "utf-8")
    got = read(leaks=None, drips=None)
    assert got.lost.empty
    assert (got.problems(), got.read.records["leaks"]) == ([], 0)
    assert [n.code for n in got.read.notices if n.code != "no-records"] == ["no-rows"]


def test_an_empty_list_of_units_is_refused(read: Reader, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "lakes.json").write_text("[]", "utf-8")
    with pytest.raises(InputError) as refused:
        read(lakes=None)
    assert refused.value.code == "empty-input"


def test_an_optional_table_may_be_left_out_unless_something_was_not_recognised(read: Reader) -> None:
    assert read(drips=None).lost.empty


def test_an_optional_table_is_lost_where_something_was_not_recognised(read: Reader) -> None:
    assert read(drips=None, odd=[["a", "b"], ["1", "2"]]).lost.absent == {"drips": None}


def test_an_optional_table_is_lost_where_a_file_of_its_name_is_of_no_kind_that_is_read(read: Reader, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in ("drips.csv.7z", "leaks.pdf", "notes.txt~"):
        (tmp_path / "in" / name).write_bytes(b"\x1f\x8b")
    got = read(drips=None)
    assert got.lost.absent == {"drips": None}
    assert got.problems() == [("drips.csv.7z", None, "table-missing", None, None)]


def test_a_column_that_rules_read_and_nobody_handed_in(read: Reader) -> None:
    got = read(lakes=[row[:1] + row[2:] for row in LAKES])
    assert got.lost.absent == {"lakes": {"keeper"}}
    assert [row["_lost_keeper"] for row in got.rows("records_lakes")] == [True, True]
    assert got.problems() == [("lakes.csv", None, "column-missing", "keeper", None)]
    assert got.rows("lost_values")[0].items() >= {"_row": None, "field": "keeper", "why": "column-missing"}.items()


def test_a_column_is_lost_for_the_records_of_the_file_that_lacks_it(read: Reader) -> None:
    got = read(lakes=LAKES[:2], more=[["lake", "depth", "seen"], ["0012", "8", "yes"]])
    assert {row["lake"]: row["_lost_keeper"] for row in got.rows("records_lakes")} == {"L1": False, "0012": True}
    assert got.lost.absent == {}
    assert [p[:4] for p in got.problems()] == [("more.csv", None, "column-missing", "keeper")]


@pytest.mark.parametrize("added", [(), ("tiefe",)], ids=["left out", "called otherwise"])
def test_an_optional_column_is_lost_only_beside_one_that_was_not_recognised(added: tuple[str, ...], read: Reader) -> None:
    got = read(lakes=[[r[0], r[1], r[3], r[4], *([n if r is LAKES[0] else "7" for n in added])] for r in LAKES])
    assert got.lost.absent == ({"lakes": {"depth"}} if added else {})


def test_two_columns_of_one_field_that_differ_are_lost_in_that_row(read: Reader) -> None:
    header, first, second = LEAKS
    got = read(leaks=[[*header, "STATE"], [*first, "shut"], [*second, "shut"]])
    assert got.record("leaks", leak="K1").items() >= {"state": None, "_lost_state": True}.items()
    assert got.record("leaks", leak="K2").items() >= {"state": "shut", "_lost_state": False}.items()
    assert got.rows("lost_values")[0].items() >= {"value": "open | shut", "why": "columns-disagree"}.items()


@pytest.mark.parametrize(
    ("again", "parents"),
    [("0012", {"L1", "0012"}), ("12", {"L1", "0012"}), ("", {"L1"}), ("#N/A", {"L1"}), ("L9", {"L1"}), ("Ｌ１", {"L1"})],
)
@pytest.mark.parametrize("first", [True, False], ids=["first", "second"])
def test_two_columns_of_the_parents_key_that_differ_may_be_of_each_that_they_name(
    first: bool, again: str, parents: set[str], read: Reader
) -> None:
    named = [again, "L1"] if first else ["L1", again]
    got = read(leaks=[["leak", "lake", "state", "litres", "Lake"], ["K1", "0012", "open", "1", "0012"],
                      ["K3", named[0], "open", "4", named[1]]])  # fmt: skip
    assert got.uncertain("leaks") == dict.fromkeys(parents, (0, 1))
    assert [r["leak"] for r in got.rows("records_leaks")] == ["K1"]
    assert got.problems() == [("leaks.csv", "B3", "columns-disagree", "lake", " | ".join(named))]
    assert {(r["line"], r["value"], r["why"]) for r in got.rows("lost_rows")} == {(3, " | ".join(named), "columns-disagree")}
    assert (got.read.records["leaks"], got.read.set_aside["leaks"]) == (1, 1)


def test_two_columns_of_the_parents_key_that_name_no_known_one_change_nothing_and_are_told(read: Reader) -> None:
    got = read(leaks=[[*LEAKS[0], "Lake"], [*LEAKS[1], "L1"], ["K3", "L8", "open", "4", "L9"]])
    assert got.lost.empty
    assert got.problems() == [("leaks.csv", "B3", "columns-disagree", "lake", "L8 | L9")]


def test_rows_of_one_key_of_which_one_names_two_parents_may_be_of_each(read: Reader) -> None:
    got = read(leaks=[[*LEAKS[0], "Lake"], [*LEAKS[1], "L1"], ["K1", "L1", "shut", "1", "0012"]])
    assert got.record("leaks", leak="K1").items() >= {"lake": None, "_lost_lake": True, "_lost_state": True}.items()
    assert set(got.uncertain("leaks")) == {"L1", "0012"}


def test_two_columns_of_a_records_key_that_differ_leave_it_without_one(read: Reader) -> None:
    got = read(leaks=[[*LEAKS[0], "Leak"], [*LEAKS[1], "K1"], ["K2", "0012", "shut", "2", "K7"]])
    assert got.record("leaks", leak=None).items() >= {"lake": "0012", "_doubtful": True, "_lost_leak": True}.items()
    assert got.problems() == [("leaks.csv", "A3", "columns-disagree", "leak", "K2 | K7")]
    assert places(got.rows("lost_values"), "field", "why") == [("leaks.csv:3", "leak", "columns-disagree")]


def test_a_unit_whose_key_differs_in_two_columns_is_kept_apart(read: Reader) -> None:
    got = read(lakes=[[*LAKES[0], "Lake"], [*LAKES[1], "L1"], [*LAKES[2], "0012"], ["L3", "Di", "1", "yes", "", "L4"]])
    assert [(r["_line"], r["_value"], r["_why"]) for r in got.rows("unjudged_units")] == [(4, "L3 | L4", "columns-disagree")]
    assert got.problems() == [("lakes.csv", "A4", "columns-disagree", "lake", "L3 | L4")]


def test_where_no_unit_has_a_key_the_first_of_them_and_its_cause_are_told(read: Reader) -> None:
    with pytest.raises(InputError, match=r"no-units.*\n.*lakes\.csv A2: `L1 \| L7`"):
        read(lakes=[[*LAKES[0], "Lake"], [*LAKES[1], "L7"], [*LAKES[2], "L8"]])


def test_two_columns_of_which_one_cannot_be_read_are_lost_whichever_it_is(read: Reader) -> None:
    got = read(leaks=[[*LEAKS[0], "State"], ["K1", "L1", "#N/A", "1", "shut"], ["K2", "0012", "shut", "2", "#N/A"]])
    for row in got.rows("records_leaks"):
        assert row.items() >= {"state": None, "_lost_state": True}.items()
    assert [p[4] for p in got.problems()] == ["#N/A | shut", "shut | #N/A"]


@pytest.mark.parametrize("lines", [True, False], ids=["lines", "list"])
def test_a_key_that_stands_twice_in_an_object_is_lost_where_its_values_differ(lines: bool, read: Reader, tmp_path: Path) -> None:
    objects = [
        '{"leak": "K1", "lake": "L1", "state": "open", "litres": 1}',
        '{"leak": "K2", "lake": "0012", "state": "shut", "litres": 2, "state": "open", "litres": 2}',
        '{"leak": "K3", "lake": "L1", "lake": "0012", "state": "shut", "litres": 3}',
        '{"leak": "K4", "lake": "L1", "state": "shut", "litres": 4, "litres": null}',
        '{"leak": "K5", "lake": "L1", "litres": 5, "state": "shut", "state": "shut", "state": "open"}',
    ]
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "leaks.json").write_text("\n".join(objects) if lines else f"[{', '.join(objects)}]", "utf-8")
    got = read(leaks=None)
    assert {(r["leak"], r["state"], r["litres"]) for r in got.rows("records_leaks")} == {
        *(("K1", "open", 1), ("K2", None, 2), ("K4", "shut", None), ("K5", None, 5))
    }
    assert got.lost.fields == {"leaks": {"state", "litres"}}
    assert got.uncertain("leaks") == {"L1": (0, 1), "0012": (0, 1)}
    assert got.problems() == [
        ("leaks.json", "2", "columns-disagree", "state", "shut | open | shut"),
        ("leaks.json", "3", "columns-disagree", "lake", "L1 | 0012"),
        ("leaks.json", "4", "columns-disagree", "litres", "4 | "),
        ("leaks.json", "5", "columns-disagree", "state", "shut | shut | open"),
    ]


def test_a_key_that_stands_twice_in_an_object_and_says_the_same_is_sound(read: Reader, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    again = (
        '{"leak": "K1", "lake": "L1", "state": "open", "litres": 1, "state": "open"}\n{"leak": "K2", "lake": "L1", "state": null}'
    )
    (tmp_path / "in" / "leaks.json").write_text(again, "utf-8")
    got = read(leaks=None)
    assert (got.lost.empty, got.problems()) == (True, [])


# ------------------------------------------------------------------------------------------------------ in a workbook


def book(folder: Path, *, hidden: str | None = None, **sheets: Any) -> Path:
    rows = {"lakes": LAKES, "leaks": LEAKS, "drips": DRIPS} | sheets
    file = write_xlsx(folder / "in" / "a.xlsx", {name: content for name, content in rows.items() if content is not None})
    if hidden is not None:
        opened = openpyxl.load_workbook(file)
        opened[hidden].sheet_state = "hidden"
        opened.save(file)
    return file


def test_a_number_of_more_than_15_digits_has_lost_some(read: Reader, tmp_path: Path) -> None:
    book(tmp_path, lakes=[*LAKES[:1], ["L1", 123456789012345678, 7, True, "a"], ["0012", 123456789012345, 8, True, "b"]])
    got = read(lakes=None, leaks=None, drips=None)
    assert got.record("lakes", lake="L1").items() >= {"keeper": None, "_lost_keeper": True}.items()
    assert got.record("lakes", lake="0012")["keeper"] == "123456789012345"
    assert [p[1:4] for p in got.problems()] == [("B2", "long-number", "keeper")]


@pytest.mark.parametrize("known", ["1234567890123456", "1234567890123459"])
def test_a_parents_key_that_is_a_number_of_more_than_15_digits_may_be_a_row_of_it(
    known: str, read: Reader, tmp_path: Path
) -> None:
    lakes = [*LAKES, [known, "Cy", 7, True, "c"], ["123456789012345", "Di", 7, True, "d"]]
    book(tmp_path, lakes=lakes, leaks=[*LEAKS, ["K3", 1234567890123456, "open", 4]])
    got = read(lakes=None, leaks=None, drips=None)
    assert got.uncertain("leaks") == {known: (0, 1)}
    told = got.warehouse.rows("SELECT cell, kind, value, proposed FROM problems WHERE \"table\" = 'leaks' ORDER BY kind")
    number = "1234567890123456"
    assert told == [("B4", "long-number", number, None), ("B4", "parent-spelt", number, known)]


def test_a_parents_key_of_more_than_15_digits_of_no_known_unit_is_told_as_it_stands(read: Reader, tmp_path: Path) -> None:
    book(tmp_path, leaks=[*LEAKS, ["K3", 1234567890123456, "open", 4]])
    got = read(lakes=None, leaks=None, drips=None)
    assert got.lost.empty
    assert [p[2:] for p in got.problems()] == [
        ("long-number", "lake", "1234567890123456"),
        ("no-parent-key", "lake", "1234567890123456"),
    ]


def test_a_row_of_a_sheet_that_was_pushed_on_behind_the_header_may_be_of_the_unit_that_it_names(
    read: Reader, tmp_path: Path
) -> None:
    book(tmp_path, leaks=[*LEAKS, ["K3", "x", "L1", "open", "4"]])
    got = read(lakes=None, leaks=None, drips=None)
    assert got.uncertain("leaks") == {"L1": (0, 1)}
    assert got.problems() == [("a.xlsx", "4", "misfit", None, "K3,x,L1,open,4")]


def test_a_column_of_a_sheet_without_a_header_is_told_and_its_rows_are_records(read: Reader, tmp_path: Path) -> None:
    book(tmp_path, leaks=[LEAKS[0], *([*row, "seen"] for row in LEAKS[1:])])
    got = read(lakes=None, leaks=None, drips=None)
    assert got.lost.empty
    assert "nameless-column" in [n.code for n in got.read.notices]


def test_a_workbook_without_a_byte_counts_as_not_handed_in(read: Reader, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "leaks.xlsx").write_bytes(b"")
    assert read(leaks=None).lost.absent == {"leaks": None}


@pytest.mark.parametrize("name", ["leaks.xlsx", "leaks.json", "leaks.parquet"])
def test_what_is_cut_off_is_told_in_plain_words(name: str, read: Reader, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / name).write_bytes({"x": b"PK\3\4abc", "j": b'[{"leak": "K1"', "p": b"PAR1abc"}[name[6]])
    with pytest.raises(InputError) as refused:
        read(leaks=None)
    said = refused.value.render("zh").replace(str(tmp_path), "")
    assert (refused.value.code, "重新报送" in said) == ("unreadable-input", True)
    assert set("".join(c for c in said if c.isascii() and c.isalpha())) <= set("error[unreadable-input]in" + name)


def test_an_empty_sheet_counts_as_not_handed_in(read: Reader, tmp_path: Path) -> None:
    book(tmp_path, leaks=[])
    assert read(lakes=None, leaks=None, drips=None).lost.absent == {"leaks": None}


@pytest.mark.parametrize("name", ["leaks", "Q2"])
def test_a_hidden_sheet_is_told_whatever_its_name_if_its_header_is_a_tables(name: str, read: Reader, tmp_path: Path) -> None:
    book(tmp_path, hidden=name, **({"leaks": None, name: LEAKS} if name != "leaks" else {}))
    got = read(lakes=None, leaks=None, drips=None)
    assert [(n.code, n.sheet) for n in got.read.notices] == [("hidden-sheet", name)]
    assert got.lost.absent == {"leaks": None}


def test_a_second_column_that_is_blank_in_every_row_says_nothing(read: Reader) -> None:
    got = read(leaks=[[*LEAKS[0], "state", "litres"], [*LEAKS[1], "", "2"], [*LEAKS[2], " ", ""]])
    assert got.lost.fields == {"leaks": {"litres"}}
    assert [told[2:4] for told in got.problems()] == [("columns-disagree", "litres")] * 2


@pytest.mark.parametrize("said", ["", "7"])
def test_an_unknown_column_that_is_blank_in_every_row_is_not_taken_for_a_missing_one(said: str, read: Reader) -> None:
    got = read(lakes=[[h if h != "depth" else "fathoms" for h in LAKES[0]], *([*r[:2], said, *r[3:]] for r in LAKES[1:])])
    assert got.lost.fields == ({"lakes": {"depth"}} if said else {})


@pytest.mark.parametrize("said", [None, "7"])
@pytest.mark.parametrize("form", ["json", "parquet"])
def test_a_blank_column_of_a_typed_file_is_none_either(form: str, said: str | None, read: Reader, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    lakes = [{"lake": lake, "keeper": "Ann", "seen": True, "note": "a", "Seen": None, "fathoms": said} for lake in ("L1", "0012")]
    if form == "json":
        (tmp_path / "in" / "lakes.json").write_text(json.dumps(lakes), "utf-8")
    else:
        pq.write_table(pa.Table.from_pylist(lakes), tmp_path / "in" / "lakes.parquet")
    assert read(lakes=None).lost.fields == ({"lakes": {"depth"}} if said else {})


@pytest.mark.parametrize("key", ["L:3", "the third lake there"])
def test_a_last_row_of_a_key_alone_is_a_record_where_keys_look_so(key: str, read: Reader) -> None:
    other = key.replace("3", "1").replace("third", "first")
    rows = [LAKES[0], [other, *LAKES[1][1:]], *LAKES[2:], [key, "", "", "", ""]]
    got = read(lakes=rows, leaks=LEAKS[:1], drips=None)
    assert {row["lake"] for row in got.rows("records_lakes")} == {other, "0012", key}
    assert "note-below" not in {notice.code for notice in got.read.notices}


def test_a_last_row_of_a_sentence_alone_is_a_note_where_keys_hold_no_such_mark(
    read: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookback.records.formats.texts, "TAIL", 1000)  # rows of one cell at the end are looked at
    notes = [["as told by Ann: on 1 May; by post", "", "", "", ""], ["seen; as told", "", "", "", ""]]
    got = read(lakes=[LAKES[0], ["L:1", *LAKES[1][1:]], *notes], leaks=LEAKS[:1], drips=None)
    assert {row["lake"] for row in got.rows("records_lakes")} == {"L:1"}


# ------------------------------------------------------------------------------------------------------------------- kept


def test_what_was_lost_is_kept_beside_the_records(read: Reader) -> None:
    got = read(leaks=[*LEAKS, ["K1", "L1", "shut", "1"], ["", "L1", "open", "4"]], lakes=[*LAKES, ["", "Di", "1", "yes", ""]])
    for name in ("lost_values", "lost_rows"):
        file = got.folder / f"_{name}.parquet"
        assert got.rows(name) == rows_of(got.warehouse, f"SELECT * FROM read_parquet('{file}')") != []
    kept = json.loads((got.folder / "_lost.json").read_text("utf-8"))
    assert kept.pop("expected")["a key; the record is judged under its place"] == {"zh": "主键；该记录以所在位置代称进行检查"}
    assert kept == {
        "fields": {"leaks": ["leak", "state"]},
        "doubtful": ["leaks"],
        "rows": ["leaks"],
        "gone": [],
        "absent": {},
        "unjudged": 1,
        "parts": 1,
    }
