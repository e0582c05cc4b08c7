"""The command line as people meet it: what they type, what they see, and what is left on the disk.

Most runs are made in this process, through `cli.main`; those that are about a process (a language from the environment, a
kill, a closed pipe) start one.
"""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from screen import ROOT, Lookback, Run, process

import lookback

SMALL = ROOT / "fixtures" / "small"
TINY = ROOT / "tests" / "tiny" / "records"
TINY_PACK = ROOT / "tests" / "tiny" / "pack"
CITY = ROOT / "fixtures" / "example-city"
PACK = ROOT / "rules" / "lookback-2005"
VERDICTS = {"U1": "pass", "U2": "explain", "U3": "make_up", "U4": "make_up", "U5": "make_up"}


@pytest.fixture
def check(lookback: Lookback) -> Lookback:
    """`lookback check --pack tiny`: what is said of options, files and folders does not depend on the pack."""
    return lambda *arguments, lang="en": lookback("check", "--pack", TINY_PACK, *arguments, lang=lang)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A copy of tiny's records to spoil."""
    return Path(shutil.copytree(TINY, tmp_path / "data"))


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A copy of the built-in pack to spoil."""
    return Path(shutil.copytree(PACK, tmp_path / "pack"))


Row = dict[str, str]


def rows_of(file: Path) -> list[Row]:
    with file.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def write_rows(file: Path, rows: Sequence[Row]) -> None:
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def edit(file: Path, changes: Mapping[int, Row]) -> None:
    """Change values in the rows of these numbers, as a spreadsheet counts them: the header is row 1."""
    rows = rows_of(file)
    for number, change in changes.items():
        rows[number - 2] |= change
    write_rows(file, rows)


def replace(file: Path, old: str, new: str, times: int = 1) -> None:
    text = file.read_text("utf-8")
    assert text.count(old) >= times, f"{old!r} is not in {file.name}"
    file.write_text(text.replace(old, new, times), "utf-8")


def verdicts_in(review: Path) -> dict[str | None, str]:
    return {row["unit_id"]: row["verdict"] for row in pq.read_table(review / "verdicts.parquet").to_pylist()}


def problems_in(review: Path) -> list[tuple[str, str, str, str, str]]:
    """(file's name, sheet, row, column, value) of each problem."""
    return [(Path(r["file"]).name, r["sheet"], r["row"], r["column"], r["value"]) for r in rows_of(review / "problems.csv")]


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def no_traceback(run: Run) -> None:
    assert "Traceback" not in run.err + run.out
    assert "internal" not in run.err, run.err


# ------------------------------------------------------------------------------------------------------------- exit codes


def test_a_run_without_problems_ends_with_0(check: Lookback, tmp_path: Path) -> None:
    run = check(TINY, "-o", tmp_path / "review")
    assert run.code == 0
    assert verdicts_in(tmp_path / "review") == VERDICTS


@pytest.mark.parametrize(("outcome", "code"), [("make_up", 1), ("explain", 1), ("pass", 1)])
def test_fail_on_ends_with_1_where_a_unit_is_as_bad_or_worse(check: Lookback, outcome: str, code: int) -> None:
    assert check(TINY, "--fail-on", outcome).code == code


def test_fail_on_ends_with_0_where_no_unit_is_as_bad(check: Lookback, data: Path) -> None:
    for file in data.iterdir():
        write_rows(file, [row for row in rows_of(file) if row["unit_id"] in ("U1", "U2")])
    assert check(data, "--fail-on", "make_up").code == 0
    assert check(data, "--fail-on", "explain").code == 1


def test_fail_on_a_share_ends_with_1_where_more_of_the_units_are_as_bad_or_not_judged(check: Lookback, data: Path) -> None:
    bad = sum(verdict == "make_up" for verdict in VERDICTS.values())
    at = 100 * bad / len(VERDICTS)
    assert [check(TINY, "--fail-on", f"make_up:{share:.2f}%").code for share in (at + 0.01, at - 0.01)] == [0, 1]
    edit(data / "units.csv", {2: {"unit_id": ""}})
    more = 100 * (bad + (VERDICTS["U1"] != "make_up")) / len(VERDICTS)
    assert [check(data, "--fail-on", f"make_up:{share:.2f}%").code for share in (more + 0.01, more - 0.01)] == [3, 1]


def test_fail_on_comes_before_problems_with_the_input(check: Lookback, data: Path) -> None:
    edit(data / "units.csv", {2: {"members": "many"}})
    assert check(data).code == 3
    assert check(data, "--fail-on", "make_up").code == 1


def test_a_run_that_writes_still_writes_when_it_ends_with_1(check: Lookback, tmp_path: Path) -> None:
    assert check(TINY, "-o", tmp_path / "review", "--fail-on", "make_up").code == 1
    assert verdicts_in(tmp_path / "review") == VERDICTS


# ------------------------------------------------------------------------------------------------- what cannot be run: 2

USAGE = [
    pytest.param(["--set", "complaint_limit=many"], "wrong-setting", "complaint_limit", id="set-wrong-type"),
    pytest.param(["--set", "complaint_limit=3.5"], "wrong-setting", "3.5", id="set-a-fraction-for-a-whole-number"),
    pytest.param(["--set", "satisfied_share=nan"], "wrong-setting", "nan", id="set-no-number"),
    pytest.param(["--set", "complaint_limit"], "not-a-setting", "NAME=VALUE", id="set-without-a-value"),
    pytest.param(["--set", "=3"], "not-a-setting", "NAME=VALUE", id="set-without-a-name"),
    pytest.param(
        ["--set", "complaint_limt=3"], "no-such-param", "did you mean `complaint_limit`?", id="set-an-unknown-parameter"
    ),
    pytest.param(["--as-of", "2005-13-01"], "wrong-setting", "2005-13-01", id="as-of-month-13"),
    pytest.param(["--as-of", "30.9.2005"], "wrong-setting", "30.9.2005", id="as-of-with-points"),
    pytest.param(["--as-of", "2005-9-30"], "wrong-setting", "2005-9-30", id="as-of-without-a-nought"),
    pytest.param(["--fail-on", "makeup"], "no-such-outcome", "did you mean `make_up`?", id="unknown-outcome"),
    pytest.param(["--fail-on", "make_up:5"], "fail-on-share", "--fail-on make_up:5%", id="a-share-without-its-sign"),
    pytest.param(["--pack", "lookback-2006"], "no-such-pack", "did you mean `lookback-2005`?", id="unknown-pack"),
    pytest.param(["--pack", str(ROOT / "engine")], "no-pack-yaml", "pack.yaml", id="a-folder-that-is-no-pack"),
]


@pytest.mark.parametrize(("options", "code", "said"), USAGE)
def test_a_wrong_option_ends_with_2_and_writes_nothing(
    check: Lookback, tmp_path: Path, options: Sequence[str], code: str, said: str
) -> None:
    run = check(TINY, "-o", tmp_path / "review", *options)
    assert (run.code, run.mistakes(), run.out) == (2, [code], "")
    assert said in run.err
    assert names_in(tmp_path) == set()
    no_traceback(run)


CLICK = [
    pytest.param(["chek"], "check", id="unknown-command"),
    pytest.param(["check"], "DATA", id="no-data"),
    pytest.param(["check", str(SMALL), "--bogus"], "--bogus", id="unknown-option"),
    pytest.param(["check", str(SMALL), "--format", "xml"], "xml", id="unknown-format"),
    pytest.param(["check", str(SMALL), "--top", "some"], "some", id="top-is-no-number"),
    pytest.param(["check", str(SMALL), "--threads", "0"], "--threads", id="no-threads"),
    pytest.param(["check", str(SMALL), "--decider", "me"], "me", id="unknown-decider"),
    pytest.param(["check", str(SMALL), "-o"], "-o", id="option-without-a-value"),
    pytest.param(["flagged"], "REVIEW", id="no-review"),
]


@pytest.mark.parametrize(("arguments", "said"), CLICK)
def test_what_click_refuses_is_told_in_two_lines(lookback: Lookback, arguments: Sequence[str], said: str) -> None:
    run = lookback(*arguments)
    assert (run.code, run.out) == (2, "")
    assert run.first.startswith("error: ")
    assert said in run.first
    assert "--help`" in run.err.splitlines()[1]
    no_traceback(run)


@pytest.mark.parametrize(("arguments", "said"), CLICK)
def test_what_click_refuses_is_told_in_chinese_too(lookback: Lookback, arguments: Sequence[str], said: str) -> None:
    run = lookback(*arguments, lang="zh")
    assert run.code == 2
    assert run.first.startswith("错误")
    assert re.search(r"[a-z]+ [a-z]+ [a-z]+", run.first) is None, f"English: {run.first}"


def test_a_missing_file_is_told(check: Lookback, tmp_path: Path) -> None:
    run = check(tmp_path / "nowhere")
    assert (run.code, run.mistakes()) == (2, ["no-such-input"])


def test_a_folder_without_records_is_told(check: Lookback, tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("nothing here")
    run = check(tmp_path)
    assert (run.code, run.mistakes()) == (2, ["empty-folder"])


def test_a_folder_whose_files_are_no_table_of_the_pack_is_told(check: Lookback, tmp_path: Path) -> None:
    (tmp_path / "report.csv").write_text("number,remark\n1,nothing\n")
    run = check(tmp_path)
    assert (run.code, run.mistakes()) == (2, ["no-table"])


def test_a_file_whose_name_says_no_table_is_told_with_the_way_out(check: Lookback, tmp_path: Path) -> None:
    (tmp_path / "report.csv").write_text("number,remark\n1,nothing\n")
    run = check(tmp_path / "report.csv")
    assert (run.code, run.mistakes()) == (2, ["which-table"])
    assert f"units={tmp_path / 'report.csv'}" in run.err


def test_a_file_whose_name_says_no_table_is_told_apart_by_its_header(check: Lookback, tmp_path: Path) -> None:
    shutil.copy(TINY / "units.csv", tmp_path / "report.csv")
    shutil.copy(TINY / "issues.csv", tmp_path / "annex 2.csv")
    run = check(tmp_path, "-o", tmp_path / "review")
    assert run.code == 0
    assert f"{tmp_path / 'report.csv'}: read as units, by its header" in run.err
    assert f"{tmp_path / 'annex 2.csv'}: read as issues, by its header" in run.err
    assert verdicts_in(tmp_path / "review").keys() == VERDICTS.keys()


def test_a_table_that_the_pack_does_not_have_is_told(check: Lookback) -> None:
    run = check(f"unit={TINY / 'units.csv'}")
    assert (run.code, run.mistakes()) == (2, ["no-such-table"])
    assert "did you mean `units`?" in run.err


def unreadable(name: str, content: bytes) -> Any:
    return pytest.param(name, content, id=f"{name}-{len(content)}-bytes")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        unreadable("units.csv", b""),
        unreadable("units.csv", b"\n\n \n"),
        unreadable("units.json", b'{"unit_id": "U1"'),
        unreadable("units.json", b"[]"),
        unreadable("units.parquet", b"PAR1"),
        unreadable("units.xlsx", b""),
        unreadable("units.xlsx", b"no workbook"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_and_nothing_is_written(
    check: Lookback, data: Path, name: str, content: bytes
) -> None:
    (data / "units.csv").unlink()
    (data / name).write_bytes(content)
    run = check(data, "-o", data.parent / "review")
    assert (run.code, run.out) == (2, "")
    assert str(data / name) in run.first
    assert names_in(data.parent) == {"data"}
    no_traceback(run)


@pytest.mark.parametrize("kind", ["xlsx", "parquet"])
def test_a_truncated_file_is_named(lookback: Lookback, tmp_path: Path, kind: str) -> None:
    whole = tmp_path / f"units.{kind}"
    if kind == "xlsx":
        shutil.copy(CITY / "example-city.xlsx", whole)
    else:
        pq.write_table(pyarrow.csv.read_csv(SMALL / "units.csv"), whole)
    whole.write_bytes(whole.read_bytes()[:2000])
    run = lookback("check", whole)
    assert (run.code, run.mistakes()) == (2, ["unreadable-input"])
    assert str(whole) in run.err
    no_traceback(run)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="everything may be read here")
def test_a_file_that_may_not_be_read_is_named(check: Lookback, data: Path) -> None:
    (data / "units.csv").chmod(0)
    run = check(data)
    assert (run.code, run.mistakes()) == (2, ["unreadable-input"])
    no_traceback(run)


def test_a_table_without_its_key_is_told_with_the_columns_that_it_has(check: Lookback, data: Path) -> None:
    replace(data / "units.csv", "unit_id", "number")
    run = check(data)
    assert (run.code, run.mistakes()) == (2, ["no-key-column"])
    assert all(word in run.err for word in ("unit_id", "单位代码", "number", str(data / "units.csv")))


@pytest.mark.parametrize("spoil", ["header-only", "no-units-file", "no-keys"])
def test_without_one_usable_unit_nothing_is_judged(check: Lookback, data: Path, spoil: str) -> None:
    units = data / "units.csv"
    if spoil == "no-units-file":
        units.unlink()
    elif spoil == "header-only":
        units.write_text(units.read_text("utf-8").splitlines()[0] + "\n", "utf-8")
    else:
        edit(units, {n: {"unit_id": ""} for n in range(2, 7)})
    run = check(data, "-o", data.parent / "review")
    assert (run.code, run.mistakes()) == (2, ["no-root-table" if spoil == "no-units-file" else "no-units"])
    assert names_in(data.parent) == {"data"}


# ------------------------------------------------------------------------------------------------------- where it writes


def test_a_folder_that_is_no_review_is_left_untouched(check: Lookback, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    run = check(TINY, "-o", tmp_path / "mine")
    assert (run.code, run.mistakes()) == (2, ["out-is-no-review"])
    assert content(tmp_path) == {"mine/letter.txt": b"dear"}


def test_a_folder_that_only_looks_like_a_review_is_left_untouched(check: Lookback, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    (tmp_path / "mine" / "review.json").write_text("{}")
    run = check(TINY, "-o", tmp_path / "mine")
    assert (run.code, run.mistakes()) == (2, ["out-is-no-review"])
    assert content(tmp_path) == {"mine/letter.txt": b"dear", "mine/review.json": b"{}"}


def test_a_file_in_the_way_is_left_untouched(check: Lookback, tmp_path: Path) -> None:
    (tmp_path / "review").write_text("mine")
    run = check(TINY, "-o", tmp_path / "review")
    assert (run.code, run.mistakes()) == (2, ["out-is-a-file"])
    assert content(tmp_path) == {"review": b"mine"}


def test_an_empty_folder_is_filled(check: Lookback, tmp_path: Path) -> None:
    (tmp_path / "review").mkdir()
    assert check(TINY, "-o", tmp_path / "review").code == 0
    assert verdicts_in(tmp_path / "review") == VERDICTS


def test_the_folders_above_a_review_are_made(check: Lookback, tmp_path: Path) -> None:
    assert check(TINY, "-o", tmp_path / "a" / "b" / "review").code == 0
    assert verdicts_in(tmp_path / "a" / "b" / "review") == VERDICTS


def test_an_earlier_review_is_replaced_and_nothing_else_is_left(check: Lookback, data: Path) -> None:
    review = data.parent / "review"
    assert check(data, "-o", review).code == 0
    before = content(review)
    edit(data / "units.csv", {5: {"appraisal_satisfied": "80"}})
    assert check(data, "-o", review).code == 0
    assert verdicts_in(review)["U4"] == "pass"
    assert content(review).keys() == before.keys()
    assert names_in(data.parent) == {"data", "review"}


def test_the_review_folder_holds_what_the_documents_say(lookback: Lookback, tmp_path: Path) -> None:
    lookback("check", SMALL, "-o", tmp_path / "review")
    files = {"verdicts.parquet", "findings.parquet", "decisions.parquet", "judged", "records"}
    files |= {"problems.csv", "flagged.xlsx", "review.json", "pack"}
    assert names_in(tmp_path / "review") == files
    needed = {name for name in names_in(PACK) if name.endswith(".rules.yaml")} | {"pack.yaml", "records.yaml"}
    assert needed <= names_in(tmp_path / "review" / "pack") <= names_in(PACK)
    sheets = openpyxl.load_workbook(tmp_path / "review" / "flagged.xlsx").sheetnames
    assert sheets == ["Cover", "Flagged units", "By situation", "Findings"]


def test_the_same_records_give_the_same_bytes(check: Lookback, tmp_path: Path) -> None:
    for name, threads in (("one", 1), ("two", 4)):
        check(TINY, "-o", tmp_path / name, "--threads", threads)
    assert content(tmp_path / "one") == content(tmp_path / "two")


def fails_half_way(error: Exception) -> Callable[..., None]:
    def write(*_: object) -> None:
        raise error

    return write


@pytest.mark.parametrize(
    ("error", "code"),
    [
        pytest.param(OSError(errno.ENOSPC, "No space left on device"), "disk-full", id="disk-full"),
        pytest.param(OSError(errno.EIO, "Input/output error"), "cannot-write", id="broken-disk"),
    ],
)
def test_a_review_that_cannot_be_written_leaves_the_earlier_one(
    check: Lookback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, code: str
) -> None:
    review = tmp_path / "review"
    assert check(TINY, "-o", review).code == 0
    before = content(review)
    monkeypatch.setattr("lookback.pipeline.write_flagged", fails_half_way(error))
    run = check(TINY, "-o", review, "--as-of", "2005-10-31")
    assert (run.code, run.mistakes(), run.out) == (2, [code], "")
    assert content(review) == before
    assert names_in(tmp_path) == {"review"}
    no_traceback(run)


def test_a_review_that_cannot_be_moved_into_place_leaves_the_earlier_one(
    check: Lookback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    review = tmp_path / "review"
    check(TINY, "-o", review)
    before = content(review)
    rename = os.rename
    moved: list[Path] = []

    def only_once(source: Path, target: Path) -> None:
        if Path(target) == review and not moved:
            moved.append(Path(target))
            raise OSError(errno.EACCES, "Permission denied")
        rename(source, target)

    monkeypatch.setattr("lookback.place._exchanged", lambda *_: False)
    monkeypatch.setattr("lookback.place.os.rename", only_once)
    assert check(TINY, "-o", review).code == 2
    assert moved == [review]
    assert content(review) == before
    assert names_in(tmp_path) == {"review"}


def test_an_output_may_be_a_link_and_have_a_name_as_long_as_names_can_be(
    check: Lookback, lookback: Lookback, tmp_path: Path
) -> None:
    review, page = tmp_path / "kept" / ("r" * 250), tmp_path / "kept" / f"{'f' * 250}.xlsx"
    (tmp_path / "review").symlink_to(review)
    (tmp_path / "page").symlink_to(page)
    for day in ("2005-10-31", "2005-11-30"):
        assert check(TINY, "-o", tmp_path / "review", "--as-of", day).code == 0
        assert lookback("flagged", tmp_path / "review", "-o", tmp_path / "page", "--format", "xlsx").code == 0
        assert json.loads((review / "review.json").read_text("utf-8"))["params"]["as_of"] == day
        assert openpyxl.load_workbook(page).sheetnames
    assert (tmp_path / "review").is_symlink()
    assert (tmp_path / "page").is_symlink()
    assert names_in(tmp_path) == {"kept", "review", "page"}
    assert names_in(review.parent) == {review.name, page.name}


SLOW_WRITER = f"""
import sys, time
sys.path.insert(0, {str(ROOT / "engine")!r})
import lookback.__main__, lookback.pipeline
def wait(*_):
    print("half way", flush=True)
    time.sleep(600)
lookback.pipeline.write_flagged = wait
lookback.__main__.main()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there are no signals here")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_review_that_is_stopped_half_way_leaves_the_earlier_one(check: Lookback, tmp_path: Path, how: signal.Signals) -> None:
    review = tmp_path / "review"
    check(TINY, "-o", review)
    before = content(review)
    arguments = ["check", str(TINY), "--pack", str(TINY_PACK), "-o", str(review), "--as-of", "2005-10-31", "--lang", "en"]
    with subprocess.Popen(
        [sys.executable, "-c", SLOW_WRITER, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "half way\n"
        run.send_signal(how)
        _, said = run.communicate(timeout=600)
    assert content(review) == before
    if how is signal.SIGINT:
        assert (run.returncode, said.lstrip("\n")) == (130, "stopped; nothing was written\n")
        assert names_in(tmp_path) == {"review"}
    assert check(TINY, "-o", review).code == 0


# ------------------------------------------------------------------------------------------------------ forms of records


def in_rows(file: Path) -> list[list[str | None]]:
    with file.open(encoding="utf-8-sig", newline="") as stream:
        return [[value or None for value in row] for row in csv.reader(stream)]


def as_json_lines(tables: Mapping[str, list[list[str | None]]], folder: Path) -> list[Path]:
    for name, (head, *rows) in tables.items():
        lines = [json.dumps(dict(zip(head, row, strict=True)), ensure_ascii=False) for row in rows]
        (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    return [folder]


def as_json(tables: Mapping[str, list[list[str | None]]], folder: Path) -> list[Path]:
    for name, (head, *rows) in tables.items():
        (folder / f"{name}.json").write_text(json.dumps([dict(zip(head, row, strict=True)) for row in rows]), "utf-8")
    return [folder]


def as_texts_in_parquet(tables: Mapping[str, list[list[str | None]]], folder: Path) -> list[Path]:
    for name, (head, *rows) in tables.items():
        columns = {str(h): pyarrow.array([row[i] for row in rows], pyarrow.string()) for i, h in enumerate(head)}
        pq.write_table(pyarrow.table(columns), folder / f"{name}.parquet")
    return [folder]


def as_typed_parquet(tables: Mapping[str, list[list[str | None]]], folder: Path) -> list[Path]:
    for name in tables:
        pq.write_table(pyarrow.csv.read_csv(TINY / f"{name}.csv"), folder / f"{name}.parquet")
    return [folder]


def as_semicolons(tables: Mapping[str, list[list[str | None]]], folder: Path) -> list[Path]:
    for name, rows in tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8-sig", newline="") as stream:
            csv.writer(stream, delimiter=";", lineterminator="\r\n").writerows(rows)
    return [folder]


def as_workbook_of_texts(tables: Mapping[str, list[list[str | None]]], folder: Path) -> list[Path]:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in tables.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(folder / "records.xlsx")
    return [folder / "records.xlsx"]


def as_single_files(tables: Mapping[str, list[list[str | None]]], folder: Path) -> list[Any]:
    for name in tables:
        shutil.copy(TINY / f"{name}.csv", folder / f"{name} of 2005, final [1].csv")
    return [f"{name}={folder / f'{name} of 2005, final [1].csv'}" for name in tables]


def as_parts(tables: Mapping[str, list[list[str | None]]], folder: Path) -> list[Any]:
    named = []
    for name, (head, *rows) in tables.items():
        for part in (0, 1):
            with (folder / f"{name}-{part}.csv").open("w", encoding="utf-8", newline="") as stream:
                csv.writer(stream).writerows([head, *rows[part::2]])
            named.append(f"{name}={folder / f'{name}-{part}.csv'}")
    return named


FORMS = [as_json_lines, as_json, as_texts_in_parquet, as_typed_parquet, as_semicolons, as_workbook_of_texts]
FORMS += [as_single_files, as_parts]


def judged(review: lookback.Review) -> list[dict[str, Any]]:
    return sorted(review.verdicts.to_pylist(), key=lambda row: str(row["unit_id"]))


def findings(review: lookback.Review) -> list[tuple[Any, ...]]:
    return sorted(tuple(row.values()) for row in review.findings.to_pylist())


@pytest.fixture(scope="session")
def tiny() -> tuple[dict[str, list[list[str | None]]], list[dict[str, Any]], list[tuple[Any, ...]]]:
    """The tables of tiny as texts; their verdicts and findings from CSV."""
    tables = {path.stem: in_rows(path) for path in sorted(TINY.glob("*.csv"))}
    with lookback.check(TINY, TINY_PACK, lang="en") as review:
        return tables, judged(review), findings(review)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__.removeprefix("as_"))
def test_the_same_records_in_another_form_give_the_same_verdicts(
    tiny: Any, tmp_path: Path, form: Callable[..., list[Any]]
) -> None:
    tables, verdicts, found = tiny
    with lookback.check(form(tables, tmp_path), TINY_PACK, lang="en") as review:
        assert review.problem_count == 0
        assert judged(review) == verdicts
        assert findings(review) == found


def test_the_workbook_of_the_example_city_gives_the_verdicts_of_its_csv(city: lookback.Review, tmp_path: Path) -> None:
    shutil.copy(CITY / "example-city.xlsx", tmp_path)
    with lookback.check(tmp_path, params={"as_of": "2005-10-20"}, lang="en") as review:  # as the other
        assert review.problem_count == 0
        assert judged(review) == judged(city)
        assert findings(review) == findings(city)


def test_a_name_with_wild_cards_is_only_a_name(check: Lookback, tmp_path: Path) -> None:
    """`units[1].csv` is what a browser calls a second download; as a pattern it would mean `units1.csv`."""
    shutil.copytree(TINY, tmp_path / "city[1]")
    (tmp_path / "city1").mkdir()
    for path in TINY.iterdir():
        lines = path.read_text("utf-8").splitlines(keepends=True)
        (tmp_path / "city1" / path.name).write_text("".join(lines[:2]), "utf-8")
    assert check(tmp_path / "city[1]", "-o", tmp_path / "review").code == 0
    assert verdicts_in(tmp_path / "review") == VERDICTS


@pytest.mark.parametrize("name", ["it's.csv", "单位 表.csv", "a=b.csv", 'quote".csv', "star*.csv"])
def test_any_name_of_a_file_will_do(check: Lookback, tmp_path: Path, name: str) -> None:
    shutil.copy(TINY / "units.csv", tmp_path / name)
    others = [path for path in sorted(TINY.iterdir()) if path.name != "units.csv"]
    assert check(f"units={tmp_path / name}", *others, "-o", tmp_path / "review").code == 0
    assert verdicts_in(tmp_path / "review") == VERDICTS


def test_tables_may_be_named_by_their_titles(check: Lookback, tmp_path: Path) -> None:
    names = {"units": "单位.csv", "issues": "ISSUES.CSV"}
    for path in TINY.iterdir():
        shutil.copy(path, tmp_path / names.get(path.stem, path.name))
    assert check(tmp_path, "-o", tmp_path / "review").code == 0
    assert verdicts_in(tmp_path / "review") == VERDICTS


@pytest.mark.parametrize("end", ["\r\n", "\r"], ids=["windows", "old-mac"])
def test_lines_may_end_as_they_like(check: Lookback, data: Path, end: str) -> None:
    for file in data.iterdir():
        file.write_bytes(b"\xef\xbb\xbf" + file.read_text("utf-8").replace("\n", end).encode())
    run = check(data, "-o", data.parent / "review")
    assert run.code == 0, run.err
    assert verdicts_in(data.parent / "review") == VERDICTS


# ------------------------------------------------------------------------------------------------ problems with the input


def test_values_that_cannot_be_read_are_listed_with_their_place(check: Lookback, data: Path) -> None:
    edit(data / "units.csv", {3: {"members": "about 140", "kind": "club"}, 6: {"mechanism_plan_on": "2005-02-30"}})
    edit(data / "issues.csv", {4: {"can_be_solved": "perhaps"}})
    run = check(data, "-o", data.parent / "review")
    assert run.code == 3
    assert problems_in(data.parent / "review") == [
        ("issues.csv", "", "4", "can_be_solved", "perhaps"),
        ("units.csv", "", "3", "kind", "club"),
        ("units.csv", "", "3", "members", "about 140"),
        ("units.csv", "", "6", "mechanism_plan_on", "2005-02-30"),
    ]
    assert "4 problems with the input (0 rows set aside)" in run.err
    assert f"1 value that is no whole number\n  {data / 'units.csv'}:3 members: `about 140`\n" in run.err
    assert "1 value that is no date (write it as 2005-09-30)\n" in run.err
    assert f"\n  {data / 'units.csv'}:6 mechanism_plan_on: `2005-02-30`\n" in run.err
    assert verdicts_in(data.parent / "review").keys() == VERDICTS.keys()


def test_values_of_a_workbook_are_listed_with_sheet_and_row(lookback: Lookback, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(CITY / "example-city.xlsx")
    sheet = book.worksheets[0]
    column = [cell.value for cell in sheet[1]].index("党员人数") + 1
    sheet.cell(5, column).value = "若干"
    sheet.insert_rows(3)
    book.save(tmp_path / "city.xlsx")
    run = lookback("check", tmp_path / "city.xlsx", "-o", tmp_path / "review")
    assert run.code == 3
    assert problems_in(tmp_path / "review") == [("city.xlsx", sheet.title, "6", "党员人数", "若干")]


def test_orphans_are_set_aside_and_a_record_without_a_key_is_kept(check: Lookback, data: Path) -> None:
    edit(data / "issues.csv", {2: {"issue_id": ""}, 3: {"unit_id": "U77"}, 4: {"unit_id": ""}})
    run = check(data, "-o", data.parent / "review")
    assert run.code == 3
    assert problems_in(data.parent / "review") == [
        ("issues.csv", "", "2", "issue_id", ""),
        ("issues.csv", "", "3", "unit_id", "U77"),
        ("issues.csv", "", "4", "unit_id", ""),
    ]
    summary = json.loads((data.parent / "review" / "review.json").read_text("utf-8"))
    assert (summary["records"]["issues"], summary["set_aside"]["issues"], summary["problems"]) == (8, 2, 3)


def test_equal_rows_of_one_key_are_one_record(check: Lookback, data: Path) -> None:
    rows = rows_of(data / "issues.csv")
    write_rows(data / "issues.csv", [*rows, rows[3], rows[3]])
    run = check(data, "-o", data.parent / "review")
    assert run.code == 3
    assert [problem[1:] for problem in problems_in(data.parent / "review")] == [
        ("", "12", "issue_id", "I04"),
        ("", "13", "issue_id", "I04"),
    ]
    assert f"{data / 'issues.csv'}:5" in run.err
    assert verdicts_in(data.parent / "review") == VERDICTS


def test_rows_of_one_key_that_differ_are_one_record_and_its_unit_stays_on_the_list(check: Lookback, data: Path) -> None:
    rows = rows_of(data / "units.csv")
    write_rows(data / "units.csv", [*rows, rows[0] | {"members": "87"}])
    run = check(data, "-o", data.parent / "review")
    assert run.code == 3
    found = problems_in(data.parent / "review")
    assert [p for p in found if p[0] == "units.csv"] == [
        ("units.csv", "", "2", "members", "86"),
        ("units.csv", "", "7", "members", "87"),
    ]
    assert [p for p in found if p[0] == "issues.csv"] == []
    assert verdicts_in(data.parent / "review").keys() == VERDICTS.keys()


def test_the_same_folder_named_twice_counts_once(check: Lookback, tmp_path: Path) -> None:
    check(TINY, TINY, "-o", tmp_path / "review")
    assert verdicts_in(tmp_path / "review") == VERDICTS


def test_a_unit_whose_row_has_too_many_values_is_not_judged(check: Lookback, data: Path) -> None:
    lines = (data / "units.csv").read_text("utf-8").splitlines()
    lines[3] += ",one too many"
    (data / "units.csv").write_text("\n".join(lines) + "\n", "utf-8")
    run = check(data, "-o", data.parent / "review")
    assert run.code == 3
    assert ("units.csv", "4") in [(p[0], p[2]) for p in problems_in(data.parent / "review")]
    verdicts = verdicts_in(data.parent / "review")
    assert verdicts.keys() == VERDICTS.keys() - {"U3"} | {None}
    assert verdicts[None] == "not judged"


def in_three_lines(row: str) -> str:
    return row.replace("Willowbank Water Bureau", '"Willowbank\n\nWater Bureau"')


@pytest.mark.parametrize(
    ("before", "row"),
    [
        pytest.param(lambda lines: [*lines[:2], lines[2] + ",one too many", *lines[3:]], "6", id="after-a-row-that-does-not-fit"),
        pytest.param(lambda lines: [*lines[:2], "", "", *lines[2:]], "8", id="after-blank-lines"),
        pytest.param(lambda lines: [lines[0], in_three_lines(lines[1]), *lines[2:]], "8", id="after-a-value-of-three-lines"),
    ],
)
def test_a_place_in_a_text_file_is_the_line_that_an_editor_shows(
    check: Lookback, data: Path, before: Callable[[list[str]], Iterable[str]], row: str
) -> None:
    lines = (data / "units.csv").read_text("utf-8").splitlines()
    lines[5] = lines[5].replace(",22,", ",some,")
    text = "\n".join(before(lines)) + "\n"
    (data / "units.csv").write_text(text, "utf-8")
    shown = next(n for n, line in enumerate(text.splitlines(), start=1) if ",some," in line)
    assert str(shown) == row
    check(data, "-o", data.parent / "review")
    assert ("units.csv", row, "some") in [(p[0], p[2], p[4]) for p in problems_in(data.parent / "review")]


def test_a_quote_that_is_never_closed_does_not_swallow_records_unseen(check: Lookback, data: Path) -> None:
    replace(data / "units.csv", "Willowbank Bus", '"Willowbank Bus')
    run = check(data, "-o", data.parent / "review")
    assert run.code in (2, 3)
    if run.code == 3:
        lines = {p[2] for p in problems_in(data.parent / "review") if p[0] == "units.csv"}
        judged = verdicts_in(data.parent / "review").keys()
        assert len(lines) + len(judged) == len(VERDICTS), f"judged {sorted(judged)}, listed rows {sorted(lines)}"


def test_a_column_that_is_no_field_is_told_and_kept_out(check: Lookback, data: Path) -> None:
    replace(data / "issues.csv", "deadline", "deadlin")
    run = check(data)
    assert run.code == 3, "a rule reads the column that is missing now"
    assert f"{data / 'issues.csv'}: a column for the field deadline of issues, which rules read" in run.err
    assert "the column `deadlin` is no field; kept out. Did you mean `deadline`?" in run.err


# ------------------------------------------------------------------------------------------------- what is said, and where


def test_stdout_holds_the_result_and_stderr_nothing_but_notices(check: Lookback, tmp_path: Path) -> None:
    run = check(TINY, "-o", tmp_path / "review")
    notice = re.compile(r"no records of \w+ were given|review written to .*|notice: the day of this review is 2005-09-30, .*")
    assert [line for line in run.err.splitlines() if not notice.fullmatch(line)] == []
    assert run.out.startswith("tiny 1.0, on 2005-09-30\n\nVerdict")


def test_a_process_says_no_more_than_the_command(tmp_path: Path) -> None:
    run = process("check", SMALL, "-o", tmp_path / "review", "--format", "json")
    assert run.code == 0
    assert "Warning" not in run.err
    assert json.loads(run.out)["verdicts"] == {"pass": 2, "explain": 1, "make_up": 3}


def test_the_json_of_a_check_parses(lookback: Lookback) -> None:
    found = json.loads(lookback("check", SMALL, "--format", "json", "--top", "2").out)
    assert found["verdicts"] == {"pass": 2, "explain": 1, "make_up": 3}
    assert [unit["key"] for unit in found["worst"]] == ["U3", "U5"]
    assert found["pack"]["name"] == "lookback-2005"


def test_the_csv_of_a_check_parses(check: Lookback) -> None:
    rows = list(csv.DictReader(io.StringIO(check(TINY, "--format", "csv").out)))
    assert {row["key"]: row["verdict"] for row in rows} == {unit: v for unit, v in VERDICTS.items() if v != "pass"}


def test_top_0_shows_the_counts_alone(check: Lookback) -> None:
    assert "U5" not in check(TINY, "--top", "0").out


@pytest.mark.parametrize("arguments", [["check", str(SMALL)], ["check", str(SMALL), "--format", "csv"]], ids=["table", "csv"])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_is_printed_is_this(lookback: Lookback, golden: Callable[[str, str], None], arguments: list[str], lang: str) -> None:
    run = lookback(*arguments, lang=lang)
    golden(f"cli/check-{'csv' if 'csv' in arguments else 'table'}.{lang}.txt", run.out)


@pytest.mark.parametrize(
    ("environment", "word"),
    [({"LC_ALL": "zh_CN.UTF-8"}, "结论"), ({"LC_ALL": "", "LANG": "zh_CN.UTF-8"}, "结论"), ({"LC_ALL": "C"}, "Verdict")],
)
def test_the_language_is_the_environments_unless_it_is_named(environment: dict[str, str], word: str) -> None:
    for given, first in ((), word), (("--lang", "en"), "Verdict"):
        title, table, *_ = process("check", TINY, "--pack", TINY_PACK, *given, **environment).out.split("\n\n")
        assert title.startswith("tiny 1.0")
        assert table.startswith(first)


def test_an_error_is_told_in_the_language_that_is_named() -> None:
    run = process("check", ROOT / "nowhere", "--lang", "zh")
    assert (run.code, run.err) == (2, f"错误[no-such-input]: 找不到文件或文件夹 `{ROOT / 'nowhere'}`\n")


def test_a_traceback_is_shown_only_when_it_is_asked_for(check: Lookback) -> None:
    plain = check(ROOT / "nowhere")
    asked = check(ROOT / "nowhere", "--debug")
    assert plain.code == asked.code == 2
    assert "Traceback" not in plain.err
    assert asked.err.startswith("Traceback")
    assert asked.err.endswith(plain.err)


def test_a_mistake_of_ours_is_one_line(check: Lookback, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("lookback.pipeline.write_flagged", fails_half_way(ZeroDivisionError("division by zero")))
    run = check(TINY, "-o", tmp_path / "review")
    assert (run.code, run.out, names_in(tmp_path)) == (2, "", set())
    assert len(run.err.splitlines()) == 1
    assert "ZeroDivisionError: division by zero" in run.err
    assert "--debug" in run.err


@pytest.mark.skipif(sys.platform == "win32", reason="there is no sh here")
def test_a_reader_that_goes_away_is_no_error() -> None:
    check = f"'{sys.executable}' '{ROOT / 'cli.py'}' check '{TINY}' --pack '{TINY_PACK}' --format json"
    command = f"{check} | head -n 1; exit ${{PIPESTATUS[0]}}"
    run = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout) == (0, "{\n")
    assert "Traceback" not in run.stderr
    assert "Broken pipe" not in run.stderr


@pytest.mark.parametrize(
    ("typed", "known"), [(["chek"], "check, compare, draw, error, estimate"), (["rules", "chek"], "check, clauses, impact")]
)
def test_of_a_command_that_there_is_none_of_all_that_there_are_are_named(
    lookback: Lookback, typed: list[str], known: str
) -> None:
    ran = lookback(*typed)
    assert ran.code == 2
    assert ran.first.startswith("error: there is no command `chek` (did you mean `check`")
    assert f"; there are {known}" in ran.first


def test_help_shows_an_example_and_the_exit_codes(lookback: Lookback) -> None:
    assert "Exit codes: 0 done;" in lookback("--help").out
    for command in ("check", "flagged"):
        assert f"Example:\n  lookback {command} " in lookback(command, "--help").out


# --------------------------------------------------------------------------------------------------- mistakes in a pack


def test_every_mistake_in_a_pack_is_shown_at_its_place(
    lookback: Lookback, pack: Path, golden: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = pack / "1-look-over.rules.yaml"
    replace(rules, "require: deadline is not null", "require: deadlin is not null")
    replace(rules, "when: status = 'blocked'", "when: status = 'blockd'")
    replace(rules, "require: deadline >= :as_of", "require: deadline >= :as_off")
    replace(rules, "otherwise: explain", "otherwise: explained")
    replace(rules, "require: status is not null", "require: status <> null")
    monkeypatch.chdir(pack.parent)
    for lang in ("en", "zh"):
        run = lookback("check", SMALL, "--pack", "pack", "-o", "review", lang=lang)
        assert (run.code, run.out) == (2, "")
        assert run.mistakes() == ["null-comparison", "unknown-field", "unknown-param", "unknown-choice", "unknown-outcome"]
        assert run.err.count("^") >= 5
        golden(f"cli/pack-mistakes.{lang}.txt", run.err)
    assert names_in(pack.parent) == {"pack"}


FORM = [
    pytest.param("weight: 4", "weight: heavy", "wrong-value", id="a-word-for-a-number"),
    pytest.param("weight: 4", "weight: -1", "wrong-value", id="a-number-too-small"),
    pytest.param("weight: 4", "wieght: 4", "unknown-key", id="a-key-misspelt"),
    pytest.param("    otherwise: make_up\n    weight: 4", "    weight: 4", "missing-key", id="a-key-left-out"),
    pytest.param("rule: every-issue-listed", "rule: Every Issue", "wrong-value", id="an-id-with-capitals"),
    pytest.param("rule: every-issue-listed", "rule: status-known", "repeated-id", id="an-id-used-twice"),
    pytest.param(
        "title: {en: Every issue that the self-check reported is listed, zh: 自查上报的问题逐一列出、没有遗漏}",
        "title: {}",
        "needs-one-language",
        id="a-title-without-words",
    ),
    pytest.param(
        "title: {en: Every issue that the self-check reported is listed, zh: 自查上报的问题逐一列出、没有遗漏}",
        "title: Every issue",
        "wrong-value",
        id="a-title-without-a-language",
    ),
    pytest.param(
        "    for: units\n    title: {en: Every", "   for: units\n    title: {en: Every", "not-yaml", id="one-blank-too-few"
    ),
    pytest.param(
        "require: self_check_rows >= issues_reported", "require: self_check_rows >= ", "not-an-expression", id="half-a-condition"
    ),
    pytest.param("require: self_check_rows >= issues_reported", "require: self_check_rows", "not-a-condition", id="no-condition"),
    pytest.param("value: count(*)\n", "value: cuont(*)\n", "unknown-function", id="a-function-misspelt"),
    pytest.param("value: count(*)\n", "value: (select 1)\n", "not-allowed", id="a-subquery"),
]


@pytest.mark.parametrize(("old", "new", "code"), FORM)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_mistake_in_a_pack_is_told_with_its_line(
    lookback: Lookback, pack: Path, old: str, new: str, code: str, lang: str
) -> None:
    replace(pack / "1-look-over.rules.yaml", old, new)
    run = lookback("check", SMALL, "--pack", pack, lang=lang)
    assert (run.code, run.out) == (2, "")
    assert code in run.mistakes()
    assert re.search(r"--> .*1-look-over\.rules\.yaml:\d+:\d+\n", run.err)
    assert "^" in run.err
    no_traceback(run)


def test_a_mistake_in_a_fact_is_not_told_again_wherever_it_is_used(lookback: Lookback, pack: Path) -> None:
    replace(pack / "1-look-over.rules.yaml", "value: complaints >= :complaint_limit", "value: complaints >= :complaint_limt")
    assert lookback("check", SMALL, "--pack", pack).mistakes() == ["unknown-param"]


@pytest.mark.parametrize("file", ["records.yaml", "1-look-over.rules.yaml"])
def test_an_empty_file_of_a_pack_is_told(lookback: Lookback, pack: Path, file: str) -> None:
    (pack / file).write_text("", "utf-8")
    run = lookback("check", SMALL, "--pack", pack)
    assert run.code == 2
    assert "empty-file" in run.mistakes()


def test_a_missing_file_of_a_pack_is_told(lookback: Lookback, pack: Path) -> None:
    (pack / "records.yaml").unlink()
    assert lookback("check", SMALL, "--pack", pack).mistakes() == ["no-such-file"]


# -------------------------------------------------------------------------------------------------------------- flagged


@pytest.fixture
def review(small: lookback.Review) -> Path:
    return small.folder


def keys(run: Run) -> list[str]:
    assert run.code == 0, run.err
    return [row["key"] for row in csv.DictReader(io.StringIO(run.out))]


FILTERS = [
    pytest.param([], ["U3", "U5", "U4", "U2"], id="all"),
    pytest.param(["--outcome", "explain"], ["U2"], id="outcome"),
    pytest.param(["--rule", "not-overdue"], ["U3"], id="rule-of-an-issue"),
    pytest.param(["--rule", "public-satisfied"], ["U4"], id="rule-of-a-unit"),
    pytest.param(["--where", "kind = 'agency'"], ["U3"], id="a-field"),
    pytest.param(["--where", "issue_rows - solved_issues >= 2"], ["U3", "U5"], id="a-fact"),
    pytest.param(["--where", "score > 5 and verdict = 'make_up'"], ["U3", "U5", "U4"], id="score-and-verdict"),
    pytest.param(["--where", "score > 2 * :many_complaints"], ["U3", "U5"], id="a-parameter"),
    pytest.param(["--where", "name like '%Bus%'"], ["U2"], id="a-pattern"),
    pytest.param(["--where", "self_check_done_on is null"], ["U5"], id="a-blank"),
    pytest.param(["--top", "2"], ["U3", "U5"], id="top"),
    pytest.param(["--outcome", "make_up", "--where", "members > 30", "--top", "1"], ["U3"], id="together"),
]


@pytest.mark.parametrize(("options", "expected"), FILTERS)
def test_flagged_lists_the_units_that_fit_worst_first(
    lookback: Lookback, review: Path, options: list[str], expected: list[str]
) -> None:
    assert keys(lookback("flagged", review, "--format", "csv", *options)) == expected


def test_flagged_says_so_where_no_unit_fits(lookback: Lookback, review: Path) -> None:
    assert lookback("flagged", review, "--where", "members > 1000").out == "No unit is flagged.\n"
    assert lookback("flagged", review, "--where", "members > 1000", "--format", "json").out == "[]\n"


def test_the_json_of_flagged_parses(lookback: Lookback, review: Path) -> None:
    found = json.loads(lookback("flagged", review, "--format", "json").out)
    assert [(unit["key"], unit["verdict"]) for unit in found][-1] == ("U2", "explain")
    assert found[-1]["rules"] == ["explained-to-the-public", "explanations-given"]


@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_flagged_writes_to_a_file_what_it_would_print(lookback: Lookback, review: Path, tmp_path: Path, form: str) -> None:
    printed = lookback("flagged", review, "--format", form)
    run = lookback("flagged", review, "--format", form, "-o", tmp_path / "list")
    assert (run.code, run.out) == (0, "")
    assert (tmp_path / "list").read_bytes().decode() == ("\ufeff" if form == "csv" else "") + printed.out


def test_flagged_writes_a_workbook(lookback: Lookback, review: Path, tmp_path: Path) -> None:
    run = lookback("flagged", review, "--format", "xlsx", "-o", tmp_path / "list.xlsx", "--rule", "not-overdue")
    assert (run.code, run.out) == (0, "")
    cover, units, _, found = openpyxl.load_workbook(tmp_path / "list.xlsx").worksheets
    assert "not in order: Rectification is not overdue" in {cell.value for cell in cover["B"]}
    assert [cell.value for cell in units["A"]][1:] == ["U3"]
    assert {cell.value for cell in found["A"]} == {"Unit code", "U3"}
    assert units.freeze_panes is not None
    assert units.auto_filter.ref is not None


REFUSED = [
    pytest.param(["--outcome", "makeup"], "no-such-outcome", "did you mean `make_up`?", id="outcome"),
    pytest.param(["--rule", "not-overdu"], "no-such-rule", "did you mean `not-overdue`?", id="rule"),
    pytest.param(["--where", "scor > 3"], "unknown-field", "did you mean `score`?", id="field"),
    pytest.param(["--where", "kind = 'agncy'"], "unknown-choice", "did you mean `agency`?", id="choice"),
    pytest.param(["--where", "kind = agency"], "unknown-field", "'agency'", id="choice-without-quotes"),
    pytest.param(["--where", "score >"], "not-an-expression", "^", id="half-a-condition"),
    pytest.param(["--where", ""], "empty-expression", "^", id="no-condition"),
    pytest.param(["--where", "score"], "not-a-condition", "^", id="a-number"),
    pytest.param(["--where", "score > 1; drop table units"], "one-expression", "^", id="two-statements"),
    pytest.param(["--where", "unit_id in (select 1)"], "not-allowed", "^", id="a-subquery"),
    pytest.param(["--where", "read_text('/etc/hosts') = ''"], "unknown-function", "^", id="a-file"),
    pytest.param(
        ["--where", "self_check_done_on > '2005-09-20'"], "different-types", "date '2005-09-20'", id="a-text-for-a-date"
    ),
    pytest.param(["--format", "xlsx"], "xlsx-needs-file", "-o FILE", id="a-workbook-on-the-screen"),
]


@pytest.mark.parametrize(("options", "code", "said"), REFUSED)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_flagged_refuses_what_it_cannot_use(
    lookback: Lookback, review: Path, options: list[str], code: str, said: str, lang: str
) -> None:
    run = lookback("flagged", review, *options, lang=lang)
    assert (run.code, run.out, run.mistakes()) == (2, "", [code])
    assert said.replace("did you mean ", "").rstrip("?") in run.err
    no_traceback(run)


def test_flagged_refuses_a_folder_in_the_place_of_its_file(lookback: Lookback, review: Path, tmp_path: Path) -> None:
    run = lookback("flagged", review, "-o", tmp_path)
    assert (run.code, run.mistakes()) == (2, ["out-is-a-folder"])


def test_a_folder_that_is_no_review_is_told(lookback: Lookback) -> None:
    assert lookback("flagged", SMALL).mistakes() == ["no-review"]
