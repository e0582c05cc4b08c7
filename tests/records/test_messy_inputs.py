"""Records as offices keep them: what comes of workbooks, tables of text and folders in every state that they are found in.

Every case is named by what it is about. Those of text files are read in both ways that there are: row by row, and by DuckDB as
large files are; the same must come of both.
"""

from __future__ import annotations

import csv
import os
import shutil
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import messy_forms  # noqa: F401
import messy_problems  # noqa: F401
import messy_refused  # noqa: F401
import messy_values  # noqa: F401
import openpyxl
import pytest
from messy import (
    ALL,
    CASES,
    ISSUES_ZH,
    LAMPS,
    PIPES,
    THREE,
    TWO_ISSUES,
    UNITS,
    UNITS_ZH,
    Case,
    Found,
    P,
    checked_pack,
    codes,
    csv_text,
    read_case,
    write_csv,
    write_pack,
    write_xlsx,
    write_zip,
)
from office import Typed
from screen import Lookback

import lookback
import lookback.records.formats.texts
from lookback.packs.checked import CheckedPack
from lookback.records.formats.files import TEXT_FILES
from lookback.warehouse.duckdb import DuckDB
from lookback.words import say
from lookback.words.errors import InputError, OutputError, ProblemsError


@pytest.fixture(scope="session")
def pack(tmp_path_factory: pytest.TempPathFactory) -> CheckedPack:
    return checked_pack(tmp_path_factory.mktemp("messy") / "pack")


def require(case: Case, found: Found) -> None:
    """What came of a case is what it says, and every row is accounted for."""
    got: dict[str, Any] = {"refused": codes(found.refused) if found.refused else None}
    expected: dict[str, Any] = {"refused": case.refused}
    got["notices"] = sorted(n.code for n in found.notices if n.code != "missing-columns")
    expected["notices"] = sorted(case.notices)
    said = "\n".join(say("en", n.code, **n.args) for n in found.notices)
    got["told"], expected["told"] = [words for words in case.told if words in said], list(case.told)
    if found.refused is None:
        got["problems"], expected["problems"] = sorted(found.problems, key=str), sorted(case.problems, key=str)
        for place, words in case.says.items():
            got[place], expected[place] = words if words in found.expected.get(place, "") else found.expected.get(place), words
        for table, wanted in (("units", case.units), ("issues", case.issues), ("visits", case.visits)):
            records = found.records[table]
            got[table] = {key: {f: typed(record[f]) for f in wanted.get(key, ())} for key, record in records.items()}
            expected[table] = {key: {f: typed(value) for f, value in record.items()} for key, record in wanted.items()}
    assert got == expected
    if found.refused is None:
        read = found.read
        assert read is not None
        assert sum(read.rows_of_input) == sum(read.records.values()) + sum(read.set_aside.values()) + read.merged, (
            "rows in, rows out"
        )


def typed(value: object) -> tuple[str, object]:
    """True is not 1, and 1 is not 1.0; a number is exactly what is written."""
    value = Decimal(str(value)) if isinstance(value, float) else value
    return type(value).__name__, value


def read_as(case: Case, way: str, pack: CheckedPack, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Found:
    base = folder / "in"
    base.mkdir()
    data = case.build(base)
    sizes = [file.stat().st_size for file in base.rglob("*") if file.suffix in TEXT_FILES and file.is_file()]
    monkeypatch.setattr(lookback.records.formats.texts, "LARGE", 0 if way == "by DuckDB" else 1 << 40)
    monkeypatch.setattr(lookback.records.formats.texts, "TAIL", min([lookback.records.formats.texts.TAIL, *sizes]))
    return read_case(data, pack, folder / "work", base=base, encoding=case.encoding, lang=case.lang)


def ways() -> Iterator[Any]:
    for case in CASES:
        for way in ("by row", "by DuckDB") if case.both else ("",):
            yield pytest.param(case, way, id=f"{case.name} {way}".strip())


@pytest.mark.parametrize(("case", "way"), list(ways()))
def test_messy_input(case: Case, way: str, pack: CheckedPack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    require(case, read_as(case, way, pack, tmp_path, monkeypatch))


def test_every_case_has_a_name_of_its_own() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 60


PLAIN = (
    "CSV in UTF-8 without BOM",
    "CSV in UTF-8 with BOM",
    "TSV",
    "CSV with semicolons, as Excel writes it in half of Europe",
    "headers ignoring width",
    "dates as 9月30日, with the year of the review",
    "the same row twice",
    "orphans",
    "a long CSV with ragged rows in the middle",
)


@pytest.mark.parametrize("name", PLAIN)
def test_a_plain_case_is_indeed_read_by_duckdb(
    name: str, pack: CheckedPack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = read_as(next(case for case in CASES if case.name == name), "by DuckDB", pack, tmp_path, monkeypatch)
    assert found.inputs is not None
    assert all(raw.text is not None for raw in found.inputs.tables)


# ---------------------------------------------------------------------------------------------- what LibreOffice saved


@pytest.fixture(scope="session")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with workbooks that LibreOffice saved, in one start of it for all tests of this process."""
    soffice = shutil.which("soffice")
    if soffice is None:
        if os.environ.get("CI"):
            pytest.fail("LibreOffice is not installed")
        pytest.skip("LibreOffice is not installed")
    folder = tmp_path_factory.mktemp("saved")
    day = [datetime(2005, 9, 30), datetime(2005, 9, 21), datetime(2005, 9, 12)]
    typed = [[*row[:3], int(row[3]), float(row[4]), float(row[5]), row[6] == "是", day[i]] for i, row in enumerate(ALL[1:])]
    rows = [["桤木区单位情况表"], [], UNITS_ZH, *typed, ["合计", None, None, "=SUM(D4:D6)"], [], ["注：人数以9月30日为准"]]
    sheets = {"单位": rows, "问题": [ISSUES_ZH, PIPES, [*LAMPS[:3], "2005/13/1", *LAMPS[4:]]], "visits": [["x"]]}
    book = openpyxl.load_workbook(write_xlsx(folder / "a.xlsx", sheets))
    book["单位"].merge_cells("A1:H1")
    book["visits"].sheet_state = "hidden"
    book.save(folder / "a.xlsx")
    work = Typed()
    work.open(folder / "a.xlsx")
    for ending in (".xls", ".ods"):
        work.save(folder / f"book{ending}")
        work.save(folder / f"secret{ending}", "a password")
    work.close()
    (folder / "profile").mkdir()
    work.run(soffice, folder / "profile")
    return folder


@pytest.mark.parametrize("ending", ["xls", "ods"])
def test_workbooks_of_other_formats(ending: str, saved: Path, pack: CheckedPack, tmp_path: Path) -> None:
    file = saved / f"book.{ending}"
    expected = Case(
        ending,
        lambda folder: [file],
        units=THREE,
        issues=TWO_ISSUES | {"I2": TWO_ISSUES["I2"] | {"deadline": None}},
        problems=[P(file.name, "D3", "date", "deadline", "2005/13/1", None, "问题")],
        notices=["left-out.total", "note-below", "hidden-sheet"],
    )
    require(expected, read_case([file], pack, tmp_path / "work", base=saved))


@pytest.mark.parametrize("ending", ["xls", "ods"])
def test_encrypted_workbooks_of_other_formats(ending: str, saved: Path, pack: CheckedPack, tmp_path: Path) -> None:
    found = read_case([saved / f"secret.{ending}"], pack, tmp_path / "work", base=saved)
    assert found.refused is not None
    assert found.refused.code == "encrypted-workbook"


# -------------------------------------------------------------------------------------------- limits, told with numbers


@pytest.mark.parametrize(
    ("limit", "value", "code", "words"),
    [
        ("MOST_MEMBERS", 2, "archive-members", "holds 3 files, and an archive may have 2"),
        ("MOST_UNPACKED", 5_000_000, "archive-size", "unpacks to 6 MB, and an archive may have 5 MB"),
        ("RATIO", 100, "archive-ratio", "times its size, and 100 times is the limit"),
    ],
    ids=["on members", "on size", "on ratio"],
)
def test_a_zip_bomb_is_refused_by_limits_that_the_message_tells(
    limit: str, value: int, code: str, words: str, pack: CheckedPack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookback.records.formats.files, limit, value)
    members = {"units.csv": csv_text(ALL).encode(), "a.csv": b"0" * 3_000_000, "b.csv": b"0" * 3_000_000}
    found = read_case([write_zip(tmp_path / "a.zip", members)], pack, tmp_path / "work", base=tmp_path)
    assert found.refused is not None
    assert found.refused.code == code
    assert words in str(found.refused)


# ---------------------------------------------------------------------------------------------------- the command line


@pytest.fixture
def check(tmp_path: Path, lookback: Lookback) -> Lookback:
    """`lookback check … -o review`, by the pack of these tests."""
    pack = write_pack(tmp_path / "pack")
    return lambda *arguments: lookback("check", *arguments, "--pack", pack, "-o", tmp_path / "review", "--decider", "reference")


def many_problems(folder: Path) -> Path:
    """25 numbers and 15 dates that are none, and a row without a key."""
    rows = [
        [f"U{n}", "x", "", "many" if n <= 25 else "7", "", "", "是", "3/4/2005" if n % 2 else "2005-09-30"] for n in range(1, 31)
    ]
    return write_csv(folder / "units.csv", [UNITS, *rows, ["", "no key", "school", *[""] * 5]])


def test_the_first_20_problems_are_told_grouped_by_kind_and_problems_csv_has_all(check: Lookback, tmp_path: Path) -> None:
    file = many_problems(tmp_path)
    run = check(file)
    assert run.code == 3
    with (tmp_path / "review" / "problems.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    columns = ["file", "sheet", "row", "cell", "column", "field", "value", "expected", "proposed", "kind"]
    assert list(rows[0]) == columns
    assert {row["kind"]: sum(r["kind"] == row["kind"] for r in rows) for row in rows} == {"integer": 25, "date": 15, "no-key": 1}
    assert [row["cell"] for row in rows if row["kind"] == "integer"][:2] == ["D2", "D3"]
    told = [line for line in run.err.splitlines() if line.startswith("  ") and str(file) in line]
    assert len(told) == 20
    heads = ["25 values that are no whole number", "15 values that are no date", "1 row without a key"]
    assert [any(line.startswith(head) for line in run.err.splitlines()) for head in heads] == [True, True, True]
    assert "problems.csv" in run.err


def test_check_strict_stops_before_judging(check: Lookback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def judged(*_: object) -> None:
        raise AssertionError("it was judged")

    monkeypatch.setattr("lookback.pipeline.judge", judged)
    run = check(many_problems(tmp_path), "--strict")
    assert run.code == 2
    assert "error[strict-problems]: 41 problems with the input" in run.err
    assert "15 values that are no date" in run.err
    assert not (tmp_path / "review").exists()


def test_check_strict_lets_records_without_problems_pass(check: Lookback, tmp_path: Path) -> None:
    run = check(write_csv(tmp_path / "units.csv", ALL), "--strict")
    assert (run.code, run.err.count("problem")) == (0, 0)
    assert (tmp_path / "review" / "verdicts.parquet").exists()


def test_what_encoding_was_detected_is_told_on_stderr_and_encoding_overrules_it(check: Lookback, tmp_path: Path) -> None:
    file = write_csv(tmp_path / "units.csv", ALL, "gb18030")
    why = "as words of the pack stand in it so; if that is wrong, say which: --encoding FILE=NAME"
    assert f"{file}: read as GB18030, {why}" in check(file).err
    assert "GB18030" not in check(file, "--encoding", "gbk").err
    assert "GB18030" not in check(file, "--encoding", "big5", "--encoding", "units.csv=gbk").err


def test_what_encoding_was_detected_is_told_by_check_strict_too(check: Lookback, tmp_path: Path) -> None:
    file = write_csv(tmp_path / "units.csv", [["单位代码", "人数"], ["U1", "多"]], "gb18030")
    assert "read as GB18030" in check(file, "--strict").err


def test_unknown_columns_and_near_misses_are_told_on_stderr(check: Lookback, tmp_path: Path) -> None:
    header = ["单位代码", "是否自查", "自查完成日其", "备注"]
    run = check(write_csv(tmp_path / "units.csv", [header, ["U1", "是", "2005-09-30", "好"], ["U2", "是", "", "好"]]))
    assert run.err.count("`自查完成日其`") == 1
    assert "Did you mean `自查完成日期`?" in run.err
    assert run.err.count("`备注`") == 1


def test_names_with_newlines_are_told_on_one_line(check: Lookback, tmp_path: Path) -> None:
    folder = tmp_path / "two\nlines"
    write_csv(folder / "units\r.csv", [["单位代码", "是否自查", "a\nb"], ["U1", "x\ny\x1b[31m", "1"]])
    run = check(folder)
    assert run.code == 3
    assert "two\\nlines/units\\r.csv:3 是否自查: `x\\ny\\x1b[31m`" in run.err
    assert "\x1b" not in run.err
    assert all(not line.startswith(("lines", "y", "b")) for line in run.err.splitlines())


@pytest.mark.parametrize("way", ["by row", "by DuckDB"])
def test_a_file_that_changes_while_it_is_read_is_refused_and_nothing_is_left(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_csv(tmp_path / "units.csv", ALL)
    monkeypatch.setattr(lookback.records.formats.texts, "LARGE", 0 if way == "by DuckDB" else 1 << 40)
    monkeypatch.setattr(lookback.records.formats.texts, "TAIL", file.stat().st_size)
    pack = write_pack(tmp_path / "pack")

    def another_row(stage: str, share: float) -> None:
        if stage == "read" and share > 0:
            with file.open("a", encoding="utf-8") as stream:
                stream.write("U4,,,,,,,\n")

    with pytest.raises(InputError) as refused:
        lookback.check(file, pack, out=tmp_path / "review", progress=another_row, lang="en")
    assert refused.value.code == "input-changed"
    assert str(file) in str(refused.value)
    assert not (tmp_path / "review").exists()


def test_a_full_disk_is_told_and_the_file_is_not_read_again_row_by_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write_csv(tmp_path / "units.csv", ALL)
    monkeypatch.setattr(lookback.records.formats.texts, "LARGE", 0)
    monkeypatch.setattr(lookback.records.formats.texts, "TAIL", file.stat().st_size)
    pack, written = write_pack(tmp_path / "pack"), []

    def full(warehouse: DuckDB, selects: Sequence[str], out: Path) -> None:
        written.append(out)
        raise OutputError("temporary-full", folder="temporary")

    monkeypatch.setattr(DuckDB, "write", full)
    with pytest.raises(OutputError) as refused:
        lookback.check(file, pack, lang="en")
    assert (refused.value.code, len(written)) == ("temporary-full", 1)


def test_a_workbook_that_is_replaced_while_it_is_read_is_refused(tmp_path: Path) -> None:
    file = write_xlsx(tmp_path / "units.xlsx", {"单位": ALL})

    def replaced(stage: str, share: float) -> None:
        if stage == "read" and share > 0:
            write_xlsx(tmp_path / "new.xlsx", {"单位": ALL[:2]}).replace(file)

    with pytest.raises(InputError) as refused:
        lookback.check(file, write_pack(tmp_path / "pack"), progress=replaced, lang="en")
    assert refused.value.code == "input-changed"


def test_problems_can_be_had_from_the_error_of_a_strict_check(tmp_path: Path) -> None:
    with pytest.raises(ProblemsError) as stopped:
        lookback.check(many_problems(tmp_path), write_pack(tmp_path / "pack"), strict=True, lang="en")
    assert dict(stopped.value.kinds) == {"integer": 25, "date": 15, "no-key": 1}
    assert stopped.value.rows[0]["cell"] == "D2"
