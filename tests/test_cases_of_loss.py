"""What was lost on the way from a file to the list, from end to end: the verdicts, the exit code, what is told and where."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest
from builders import checked, pack_of
from screen import Lookback, Run

import lookback as package
from lookback.words import say

TABLES: dict[str, Any] = {
    "wells": {
        "key": "well",
        "label": "village",
        "fields": {"well": {"type": "text"}, "village": {"type": "text"}, "keeper": {"type": "text"}},
    },
    "faults": {
        "key": "fault",
        "belongs_to": "wells",
        "fields": {
            "fault": {"type": "text"},
            "well": {"type": "text"},
            "state": {"type": "choice", "choices": {"open": {}, "mended": {}}},
            "note": {"type": "text"},
        },
    },
}
FACTS = [
    {"fact": "open_faults", "of": "wells", "from": "faults", "value": "count(*) filter (where coalesce(state, 'open') = 'open')"}
]
RULES = [
    {"rule": "none-open", "for": "wells", "require": "open_faults = 0"},
    {"rule": "kept", "for": "wells", "require": "keeper is not null"},
]
WELLS = [["well", "village", "keeper"], ["W1", "Ash", "P-1"], ["W2", "Birch", "P-2"]]
FAULTS = [["fault", "well", "state", "note"], ["F1", "W1", "mended", "a"], ["F2", "W2", "mended", "b"]]
Rows = Sequence[Sequence[Any]]


class Judged:
    """What a check left behind."""

    def __init__(self, run: Run, review: Path) -> None:
        self.run, self.review = run, review
        self.summary = json.loads((review / "review.json").read_text("utf-8"))
        rows = pq.read_table(review / "verdicts.parquet").to_pylist()
        self.verdicts = {Path(row.get("_place") or row["well"]).name: row["verdict"] for row in rows}

    def problems(self) -> list[tuple[str, str, str]]:
        """Where each problem is, what stands there, its kind."""
        with (self.review / "problems.csv").open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        return [(f"{Path(r['file']).name}:{r['cell'] or r['row']}", r["value"], r["kind"]) for r in rows]


Check = Callable[..., Judged]


@pytest.fixture
def check(lookback: Lookback, tmp_path: Path) -> Check:
    checked(tmp_path / "pack", pack_of(TABLES, RULES, FACTS, outcomes=("pass", "make_up")))

    def run(data: Path, *options: object, code: int = 3) -> Judged:
        arguments = ["check", data, "--pack", tmp_path / "pack"]
        ran = lookback(*arguments, "-o", tmp_path / "review", *options)
        assert ran.code == code, ran.said
        strict = lookback(*arguments, "-o", tmp_path / "strict", "--strict")
        assert strict.code == (2 if code else 0), strict.said
        return Judged(ran, tmp_path / "review")

    return run


@pytest.fixture
def explain(lookback: Lookback, tmp_path: Path) -> Callable[[str], str]:
    def run(unit: str) -> str:
        ran = lookback("explain", unit, tmp_path / "review")
        assert ran.code == 0, ran.said
        return ran.out

    return run


@pytest.fixture
def data(tmp_path: Path) -> Callable[..., Path]:
    """A folder with the tables as CSV; a table that is None is left out."""

    def write(**tables: Rows | str | None) -> Path:
        folder = tmp_path / "data"
        folder.mkdir()
        for name, rows in {"wells": WELLS, "faults": FAULTS, **tables}.items():
            if isinstance(rows, str):
                (folder / f"{name}.csv").write_text(rows, "utf-8")
            elif rows is not None:
                with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
                    csv.writer(stream).writerows(rows)
        return folder

    return write


def book(file: Path, **sheets: Rows) -> openpyxl.Workbook:
    """A workbook, saved; a sheet that is changed afterwards is saved again."""
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    made.save(file)
    return made


# ------------------------------------------------------------------------------------- rows of one key that disagree (34)


def test_rows_that_contradict_each_other_let_no_unit_pass_and_none_is_gone(check: Check, explain: Any, data: Any) -> None:
    wells = [*WELLS, ["W3", "Cedar", "P-3"], ["W4", "Date", "P-4"], ["W5", "Elm", "P-5"], ["W5", "Fig", "P-5"]]
    faults = [
        FAULTS[0],
        ["F1", "W1", "open", "a"],
        ["F1", "W1", "mended", "a"],
        ["F3", "W3", "open", "a"],
        ["F3", "W4", "mended", "a"],
        ["", "W2", "open", "a"],
    ]
    found = check(data(wells=wells, faults=faults))
    assert found.verdicts == {"W1": "make_up", "W2": "make_up", "W3": "make_up", "W4": "make_up", "W5": "pass"}
    told = found.problems()
    assert {("faults.csv:C2", "open", "key-disagrees"), ("faults.csv:C3", "mended", "key-disagrees")} <= {*told}
    assert {("wells.csv:B6", "Elm", "key-disagrees"), ("wells.csv:B7", "Fig", "key-disagrees")} <= {*told}
    assert ("faults.csv:A6", "", "no-key") in told
    assert "faults.csv:2" in explain("W1") or "faults.csv C2" in explain("W1")
    assert "W5" in explain("W5")


# ------------------------------------------------------------------------------------------- units without a usable key (29)


@pytest.mark.parametrize("key", ["", "#N/A"], ids=["blank", "an error's text"])
def test_a_unit_without_a_usable_key_is_listed_under_its_place(key: str, check: Check, explain: Any, data: Any) -> None:
    found = check(data(wells=[*WELLS, [key, "Cedar", "P-3"]]), "--fail-on", "make_up", code=1)
    assert found.verdicts == {"W1": "pass", "W2": "pass", "wells.csv:4": "not judged"}
    assert (found.summary["not_judged"], found.summary["verdicts"]) == (1, {"pass": 2, "make_up": 0})
    assert ("wells.csv:A4", "", "no-key") in found.problems()
    assert "not judged" in found.run.out
    said = explain("wells.csv:4")
    assert all(word in said for word in ("not judged", "Cedar", "P-3"))
    assert "blank" in said if not key else key in said
    assert said == explain(next(row["_place"] for row in rows(found) if row["_place"]))


def rows(found: Judged) -> list[dict[str, Any]]:
    return list(pq.read_table(found.review / "verdicts.parquet").to_pylist())


def test_what_is_asked_of_a_unit_that_was_not_judged(check: Check, lookback: Lookback, data: Any, tmp_path: Path) -> None:
    review = check(data(wells=[*WELLS, ["", "Cedar", None], ["W4", "Date", "P-4", "extra"]])).review
    for form in ("table", "csv", "json"):
        out = lookback("flagged", review, "--format", form).out
        assert all(word in out for word in ("wells.csv:4", "Cedar", "not judged", "wells.csv:5"))
    assert "wells.csv:4" in lookback("flagged", review, "--outcome", "not judged").out
    assert "未判定" in lookback("flagged", review, lang="zh").out
    assert lookback("fix", "wells.csv:4", review).mistakes() == ["unit-not-judged"]
    assert lookback("fix", "--all", review).code == 0
    assert lookback("explain", "wells.csv:4", review, "--format", "html").out.count("not judged") >= 1
    assert json.loads(lookback("explain", "wells.csv:4", review, "--format", "json").out)["unit"]["verdict"] == "not judged"
    assert lookback("explain", "wells.csv:9", review).mistakes() == ["no-such-unit"]
    assert "W4,Date,P-4,extra" in lookback("explain", "wells.csv:5", review).out
    for workbook in (review / "flagged.xlsx", tmp_path / "flagged.xlsx"):
        if not workbook.exists():
            assert lookback("flagged", review, "-o", workbook).code == 0
        first = list(openpyxl.load_workbook(workbook).worksheets[1].iter_rows(min_row=2, max_col=3, values_only=True))
        assert [(Path(key).name, label, verdict) for key, label, verdict in first] == [
            ("wells.csv:4", "Cedar", "not judged"),
            ("wells.csv:5", None, "not judged"),
        ]


def test_a_number_of_16_digits_in_a_spreadsheet_is_no_key(check: Check, explain: Any, tmp_path: Path) -> None:
    book(tmp_path / "book.xlsx", wells=[*WELLS, [1234567890123456, "Cedar", "P-3"]], faults=FAULTS)
    found = check(tmp_path / "book.xlsx")
    assert found.verdicts == {"W1": "pass", "W2": "pass", "book.xlsx (wells):4": "not judged"}
    assert "long-number" in {kind for *_, kind in found.problems()}
    assert "1234567890123456" in explain("book.xlsx (wells):4")


# --------------------------------------------------------------------------------- tables that nobody handed in (17, 05)


@pytest.mark.parametrize("faults", [None, ""], ids=["no file", "a file of 0 bytes"])
def test_a_table_that_nobody_handed_in_lets_no_unit_pass(faults: str | None, check: Check, explain: Any, data: Any) -> None:
    found = check(data(faults=faults))
    assert found.verdicts == {"W1": "make_up", "W2": "make_up"}
    assert [kind for *_, kind in found.problems()] == ["table-missing"]
    assert "faults" in found.run.err
    assert "faults" in explain("W1")


def test_a_header_without_rows_says_that_there_are_none_and_is_told(check: Check, data: Any) -> None:
    found = check(data(faults=FAULTS[:1]), code=0)
    assert found.verdicts == {"W1": "pass", "W2": "pass"}
    assert "faults.csv" in found.run.err


def test_a_hidden_sheet_of_records_is_told_whatever_its_name(check: Check, explain: Any, tmp_path: Path) -> None:
    made = book(tmp_path / "book.xlsx", **{"wells": WELLS, "Q2 list": FAULTS})
    made["Q2 list"].sheet_state = "hidden"
    made.save(tmp_path / "book.xlsx")
    found = check(tmp_path / "book.xlsx")
    assert "Q2 list" in found.run.err
    assert found.verdicts == {"W1": "make_up", "W2": "make_up"}
    assert any(notice["sheet"] == "Q2 list" for notice in found.summary["notices"])
    assert "faults" in explain("W2")


# --------------------------------------------------------------------------------------------- texts of errors (37)


@pytest.mark.parametrize("text", ["#N/A", "#REF!", "#WERT!"])
def test_the_text_of_an_error_is_no_answer(text: str, check: Check, explain: Any, data: Any) -> None:
    found = check(data(wells=[*WELLS, ["W3", "Cedar", text]]))
    assert found.verdicts == {"W1": "pass", "W2": "pass", "W3": "make_up"}
    assert found.problems() == [("wells.csv:C4", text, "text")]
    assert text in explain("W3")
    assert "wells.csv" in explain("W3")


def test_the_text_of_an_error_is_told_as_one(check: Check, data: Any) -> None:
    found = check(data(wells=[*WELLS, ["W3", "Cedar", "#N/A"]], faults=[*FAULTS, ["#REF!", "W3", "mended", "\ufffd"]]))
    told = found.run.err.splitlines()
    assert sum("error of the spreadsheet" in line and ("`#N/A`" in line or "`#REF!`" in line) for line in told) == 2
    assert not any("error of the spreadsheet" in line for line in told if "`\ufffd`" in line)


# --------------------------------------------------------------------------------------------------- files of one name


def test_what_was_lost_is_shown_as_lost_and_not_as_blank(lookback: Lookback, explain: Any, data: Any, tmp_path: Path) -> None:
    rules = [{"rule": "kept", "for": "wells", "require": "keeper = 'P-1'"}, *RULES[:1]]
    checked(tmp_path / "pack", pack_of(TABLES, rules, FACTS, outcomes=("pass", "make_up")))
    wells = [*WELLS, ["W3", "Cedar", "#N/A"], ["W4", "Elm", "P-1"], ["W4", "Elm", "P-2"], ["W5", "Fig", ""]]
    folder = data(wells=wells, faults=[*FAULTS, ["F3", "W3", "?!", "c"]])
    assert lookback("check", folder, "--pack", tmp_path / "pack", "-o", tmp_path / "review").code == 3
    for unit in ("W3", "W4"):
        page = lookback("explain", unit, tmp_path / "review", "--format", "html").out
        for said in (explain(unit), page):
            assert "keeper: lost (it could not be used)" in said
            assert "keeper: blank" not in said
            assert "fill in" not in said
    assert "open_faults: lost (it could not be used)" in explain("W3")
    assert '"P-1" in wells.csv C5 disagrees with other rows' in explain("W4")
    assert "keeper: blank" in explain("W5")
    assert "fill in: keeper" in explain("W5")


def test_fix_says_what_has_to_be_handed_in_first_and_where_it_stands(check: Check, lookback: Lookback, data: Any) -> None:
    wells = [*WELLS, ["W3", "Cedar", "#N/A"], ["W4", "Elm", ""]]
    faults = [*FAULTS, ["F3", "W3", "?!", "c"], ["F4", "W3", "mended", "c", "d"]]
    review = check(data(wells=wells, faults=faults)).review
    said = lookback("fix", "W3", review).out
    assert "wells.csv C4 keeper: `#N/A`; expected a text, and no error of the spreadsheet" in said
    assert "faults.csv C4 state: `?!`; expected one of: open, mended" in said
    assert "faults.csv:5: `F4,W3,mended,c,d`; expected a row that fits the header" in said
    told = json.loads(lookback("fix", "W3", review, "--format", "json").out)["to_hand_in"]
    assert [(one["row"], one["cell"], one["value"]) for one in told] == [
        *((4, "C4", "?!"), (5, None, "F4,W3,mended,c,d"), (4, "C4", "#N/A")),
    ]
    assert json.loads(lookback("fix", "W4", review, "--format", "json").out)["to_hand_in"] == []
    every = lookback("fix", "--all", review)
    assert "1 unit has findings that rest on lost input" in every.out
    assert "no change" not in every.out
    ranked = json.loads(lookback("fix", "--all", review, "--format", "json").out)
    assert (ranked["flagged"], ranked["lost"], ranked["hindered"], ranked["hindering"]) == (2, 1, 0, [])


def test_files_of_one_name_are_told_apart_by_their_folders(
    check: Check, explain: Any, lookback: Lookback, tmp_path: Path
) -> None:
    for folder, state in (("A", "mended"), ("B", "?!")):
        (tmp_path / "data" / folder).mkdir(parents=True)
        rows = [FAULTS[0], [f"F{folder}", "W1", state, "a"]]
        (tmp_path / "data" / folder / "faults.csv").write_text("\n".join(map(",".join, rows)) + "\n", "utf-8")
    (tmp_path / "data" / "wells.csv").write_text("\n".join(map(",".join, WELLS)) + "\n", "utf-8")
    found = check(tmp_path / "data")
    assert " B/faults.csv C2" in explain("W1")
    assert " A/faults.csv" not in explain("W1")
    lookback("flagged", found.review, "-o", tmp_path / "flagged.xlsx")
    assert [row[3] for row in lost_sheet(tmp_path / "flagged.xlsx")] == ["B/faults.csv"]


def test_a_row_of_a_sheet_with_a_value_too_many_is_told_with_its_number(check: Check, tmp_path: Path) -> None:
    book(tmp_path / "book.xlsx", wells=WELLS, faults=[*FAULTS, ["F3", "W1", "mended", "c", "d"]])
    assert "book.xlsx (faults):4: " in check(tmp_path / "book.xlsx").run.err


# ------------------------------------------------------------------------------------------------- a column twice, a file cut


def test_a_row_whose_two_columns_name_two_units_lets_neither_pass(check: Check, explain: Any, data: Any) -> None:
    wells = [
        [*WELLS[0], "WELL"],
        *([*row, row[0]] for row in WELLS[1:]),
        ["W3", "Cedar", "P-3", "W3"],
        ["W4", "Elm", "P-4", "W5"],
    ]
    faults = [[*FAULTS[0], "WELL"], *([*row, row[1]] for row in FAULTS[1:]), ["F3", "W1", "open", "c", "W2"]]
    found = check(data(wells=wells, faults=faults))
    assert found.verdicts == {"W1": "make_up", "W2": "make_up", "W3": "pass", "wells.csv:5": "not judged"}
    assert found.problems() == [
        ("faults.csv:B4", "W1 | W2", "columns-disagree"),
        ("wells.csv:A5", "W4 | W5", "columns-disagree"),
    ]
    assert "faults.csv:4" in explain("W1")
    assert "W4 | W5" in explain("wells.csv:5")
    assert "blank" not in found.run.said


def test_a_file_that_breaks_off_in_a_row_lets_its_unit_not_pass(check: Check, explain: Any, data: Any) -> None:
    wells = "well,village,keeper\nW1,Ash,P-1\nW2,Birch,P-2\nW3,Ced"
    found = check(data(wells=wells, faults="fault,well,state,note\nF1,W1,mended,a\nF2,W2,op"))
    assert found.verdicts == {"W1": "pass", "W2": "make_up", "wells.csv:4": "not judged"}
    assert found.problems() == [("faults.csv:3", "F2,W2,op", "misfit"), ("wells.csv:4", "W3,Ced", "misfit")]
    assert "faults.csv:3" in explain("W2")
    assert "W3,Ced" in explain("wells.csv:4")


# --------------------------------------------------------------------------------------------- rows of too few values (38)


def test_a_row_without_its_last_empty_value_counts(check: Check, explain: Any, data: Any) -> None:
    found = check(data(faults="fault,well,state,note\nF1,W1,open\nF2,W2,mended,b\n"), code=0)
    assert found.verdicts == {"W1": "make_up", "W2": "pass"}
    assert found.problems() == []
    assert "faults.csv" in found.run.err, "one notice a file"
    assert "open_faults" in explain("W1")


SHEETS = ("Flagged units", "By situation", "Findings")
OF_LOST = ("table", "field", "file", "sheet", "place", "value", "expected")


def lost_sheet(file: Path, title: str = "Lost", lang: str = "en") -> list[tuple[Any, ...]]:
    """What the workbook says was lost, below its heads, but for the names of the units; columns that it leaves out are empty."""
    found = openpyxl.load_workbook(file)
    if title not in found.sheetnames:
        return []
    heads, *rows = found[title].iter_rows(values_only=True)
    at = [heads.index(head) if head in heads else None for head in (say(lang, f"head.{code}") for code in OF_LOST)]
    return [(row[0], *(None if i is None else row[i] for i in at)) for row in rows]


def test_the_workbook_lists_by_unit_what_was_lost_and_where(check: Check, lookback: Lookback, data: Any, tmp_path: Path) -> None:
    wells = [*WELLS, ["W3", "Cedar", "P-3"], ["", "Dell", "P-4"]]
    odd = [["F1", "W1", "open", "a"], ["", "W2", "mended", "c"], ["F4", "w2", "mended", "d"], ["F5", "W9", "open", "e"]]
    both = [["F6", "W1", "mended", "f"], ["F6", "W3", "mended", "f"], ["F7", "W3", "#N/A", "g"], ["F8", "W3", "mended", "h", "i"]]
    judged = check(data(wells=wells, faults=[*FAULTS, *odd, *both]))
    listed = [(unit, field, place, said) for unit, _, field, _, _, place, said, _ in lost_sheet(judged.review / "flagged.xlsx")]
    assert [row for row in listed if row[0] is None] == [(None, "well", "B7", "W9")]
    unjudged = f"{tmp_path / 'data' / 'wells.csv'}:5"
    assert {row for row in listed if row[0] is not None} == {
        (unjudged, "well", "A5", None),
        *(("W1", "state", place, said) for place, said in (("C2", "mended"), ("C4", "open"))),
        *((unit, "well", place, unit) for unit, place in (("W1", "B8"), ("W3", "B9"))),
        *(("W2", field, place, said) for field, place, said in (("fault", "A5", None), ("well", "B6", "w2"))),
        *(("W3", field, place, said) for field, place, said in (("state", "C10", "#N/A"), (None, "11", "F8,W3,mended,h,i"))),
    }
    assert all(row[-1] and str(tmp_path) not in row[-1] for row in lost_sheet(judged.review / "flagged.xlsx"))

    later = tmp_path / "later.xlsx"
    assert lookback("flagged", judged.review, "-o", later).code == 0
    assert lost_sheet(later) == lost_sheet(judged.review / "flagged.xlsx")
    assert lookback("flagged", judged.review, "--where", "village = 'Cedar'", "-o", later, "--lang", "zh").code == 0
    assert {row[0] for row in lost_sheet(later, "无法采用的内容", "zh")} == {None, "W3"}


def test_what_nobody_handed_in_is_in_the_workbook_of_no_unit(check: Check, data: Any) -> None:
    judged = check(data(wells=[["well", "village"], ["W1", "Ash"]], faults=None))
    (column, table) = sorted(lost_sheet(judged.review / "flagged.xlsx"), key=lambda row: row[2] or "~")
    assert column[:4] == (None, "wells", "keeper", "wells.csv")
    assert (table[0], table[2]) == (None, None)
    assert "faults" in table[-1]


def test_a_workbook_of_sound_records_has_no_sheet_of_what_was_lost(check: Check, data: Any) -> None:
    judged = check(data(), code=0)
    assert openpyxl.load_workbook(judged.review / "flagged.xlsx").sheetnames == ["Cover", *SHEETS]


def test_what_does_not_fit_on_the_sheet_of_what_was_lost_is_counted(
    check: Check, data: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lookback.writers.flagged.LOST_IN_REVIEW", 2)
    judged = check(data(faults=[FAULTS[0], *([f"F{i}", "W1", "#REF!", ""] for i in range(5))]))
    rows = lost_sheet(judged.review / "flagged.xlsx", "Lost (2 of 5)")
    assert len(rows) == 3
    assert "first 2 of 5" in rows[-1][0]


def test_what_is_told_of_the_input_is_told_by_the_review_in_either_language(
    check: Check, data: Any, lookback: Lookback, tmp_path: Path
) -> None:
    faults = [["fault", "well", "state", "note", "colour"], ["F1", "W1", "mended", "a", "red"], ["total", "", "", "", ""]]
    folder = data(faults=faults, springs="a,b\n1,2\n")
    judged = check(folder, code=0)
    for lang in ("en", "zh"):
        ran = lookback("check", folder, "--pack", tmp_path / "pack", "--lang", lang, "-o", tmp_path / lang)
        told = [notice.render(lang) for notice in package.open_review(judged.review).notices]
        assert len(told) > 1
        assert told == [line.replace(f"{folder}/", "") for line in ran.err.splitlines()[: len(told)]]
    with package.check(folder, tmp_path / "pack", lang="en") as review:
        kept = [notice["text"] for notice in json.loads((review.folder / "review.json").read_text("utf-8"))["notices"]]
        assert [notice.message("en") for notice in review.notices] == kept


def test_a_column_that_rules_read_and_nobody_handed_in_is_a_problem_and_loses_its_field(check: Check, data: Any) -> None:
    judged = check(data(wells=[[row[0], row[1]] for row in WELLS]))  # which asserts exit 3, and that --strict refuses
    assert judged.verdicts == {"W1": "make_up", "W2": "make_up"}
    assert "keeper" in judged.run.err
    assert [kind for _, _, kind in judged.problems()] == ["column-missing"]


def test_rows_of_no_known_unit_are_told_and_change_no_verdict(check: Check, data: Any) -> None:
    judged = check(data(faults=[*FAULTS, ["F3", "W9", "open", "c"], ["F4", "W8", "open", "d"]]))
    assert judged.verdicts == {"W1": "pass", "W2": "pass"}
    assert "2 rows that belong to a record that there is none of" in judged.run.err
    assert "`W9`" in judged.run.err
    assert [kind for _, _, kind in judged.problems()] == ["unknown-parent", "unknown-parent"]


def test_the_columns_that_a_file_lacks_are_told_in_one_line(check: Check, data: Any, tmp_path: Path) -> None:
    fields = {"well": {"type": "text"}, **{f"f{i}": {"type": "text"} for i in range(9)}}
    rules = [{"rule": f"has-f{i}", "for": "wells", "require": f"f{i} is not null"} for i in range(9)]
    checked(tmp_path / "pack", pack_of({"wells": {"key": "well", "fields": fields}}, rules, outcomes=("pass", "make_up")))
    judged = check(data(wells=[["well"], ["W1"]], faults=None))
    told = [line for line in judged.run.err.splitlines() if "rules read" in line]
    assert told == [f"  {tmp_path / 'data' / 'wells.csv'}: 9 fields that rules read: f0; f1; f2; 6 more"]
    assert len(judged.problems()) == 9


def test_what_frees_most_units_says_how_many_could_not_be_judged(
    check: Check, lookback: Lookback, data: Any, tmp_path: Path
) -> None:
    judged = check(data(wells=[*WELLS, ["", "Dell", "P-4"], ["W4", "Elm", ""]]))
    ran = lookback("fix", "--all", judged.review)
    assert "1 unit has a row without a usable key" in ran.out
    assert json.loads(lookback("fix", "--all", judged.review, "--format", "json").out)["not_judged"] == 1


def test_an_edit_does_not_move_a_unit_that_could_not_be_judged(data: Any, lookback: Lookback, tmp_path: Path) -> None:
    folder = data(wells=[*WELLS, ["", "Dell", ""]])
    for name, rules in (("old", RULES[:1]), ("new", [*RULES, {"rule": "named", "for": "wells", "require": "keeper <> 'P-1'"}])):
        checked(tmp_path / name, pack_of(TABLES, rules, FACTS, outcomes=("pass", "make_up")))
    ran = lookback("rules", "impact", tmp_path / "old", tmp_path / "new", folder, "--format", "json")
    found = json.loads(ran.out)
    assert [unit["unit"] for unit in found["moved"]] == ["W1"], ran.said


def test_the_list_handed_back_names_a_unit_without_a_key(data: Any, lookback: Lookback, tmp_path: Path) -> None:
    folder = data(wells=[*WELLS, ["", "Dell", ""]])
    checked(tmp_path / "pack", pack_of(TABLES, RULES, FACTS, outcomes=("pass", "make_up")))
    ran = lookback("fix-list", folder, "--pack", tmp_path / "pack", "-o", tmp_path / "back")
    assert ran.code in (0, 3), ran.said
    books = list((tmp_path / "back").glob("*.xlsx"))
    assert any("Dell" in str(row) for file in books for sheet in openpyxl.load_workbook(file) for row in sheet.values)
