"""Where a command reads and writes: standard input and output as `-`, endings that say the format, folders that are made, and the
mark of CSV for people."""

from __future__ import annotations

import gzip
import io
import shutil
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest
from screen import ROOT, Lookback

TINY = ROOT / "tests" / "tiny"
PACK, DATA = TINY / "pack", TINY / "records"
MARK = b"\xef\xbb\xbf"


@pytest.fixture(scope="module")
def review(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import lookback as api

    folder = tmp_path_factory.mktemp("doors") / "review"
    api.check(DATA, PACK, out=folder, lang="en")
    return folder


class Given(io.TextIOWrapper):
    """Standard input with these bytes."""

    def __init__(self, content: bytes) -> None:
        super().__init__(io.BytesIO(content), "utf-8")


def workbook() -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for table in ("units", "issues"):
        sheet = book.create_sheet(table)
        for line in (DATA / f"{table}.csv").read_text("utf-8").splitlines():
            sheet.append(line.split(","))
    into = io.BytesIO()
    book.save(into)
    return into.getvalue()


def archive(folder: Path) -> bytes:
    return Path(shutil.make_archive(str(folder / "all"), "zip", DATA)).read_bytes()


# ------------------------------------------------------------------------------------------------------ standard input


@pytest.mark.parametrize("kind", ["csv", "csv-with-a-mark", "csv.gz", "json", "parquet", "xlsx", "zip"])
def test_check_reads_a_file_of_any_kind_from_standard_input(
    lookback: Lookback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    units, issues, given = (DATA / "units.csv").read_bytes(), DATA / "issues.csv", ("-",)
    content = {"csv": units, "csv-with-a-mark": MARK + units, "csv.gz": gzip.compress(units)}.get(kind, b"")
    if kind in ("json", "parquet"):
        import duckdb

        made = tmp_path / f"units.{kind}"
        duckdb.sql(f"COPY (FROM read_csv('{DATA / 'units.csv'}', all_varchar = true)) TO '{made}' (FORMAT {kind})")
        content = made.read_bytes()
    elif kind in ("xlsx", "zip"):
        content = workbook() if kind == "xlsx" else archive(tmp_path)
    if kind not in ("xlsx", "zip"):
        given = ("units=-", issues)
    expected = lookback("check", DATA, "--pack", PACK)
    monkeypatch.setattr(sys, "stdin", Given(content))
    run = lookback("check", *given, "--pack", PACK)
    assert (run.code, run.out) == (expected.code, expected.out)
    assert expected.code == 0


def test_what_standard_input_is_called_says_how_to_name_its_table(
    lookback: Lookback, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    for content, given, code, said in (
        (b"a,b\n1,2\n", ("-",), "which-table", "units=-"),
        (b"", ("-",), "empty-input", "`-`"),
        (b"unit_id,name\nU1,x\n", ("units=-", "issues=-"), "stdin-again", "once"),
    ):
        monkeypatch.setattr(sys, "stdin", Given(content))
        run = lookback("check", *given, "--pack", PACK)
        assert (run.code, run.mistakes(), said in run.err) == (2, [code], True), run.err
    monkeypatch.setattr(sys, "stdin", None)
    assert lookback("check", "-", "--pack", PACK).mistakes() == ["stdin-closed"]
    assert list(tmp_path.iterdir()) == []


# ----------------------------------------------------------------------------------------------------- standard output


@pytest.mark.parametrize(
    "command",
    [
        ("flagged", "{review}"),
        ("flagged", "{review}", "--format", "csv"),
        ("explain", "U5", "{review}", "--format", "json"),
    ],
    ids=lambda command: "-".join(map(str, command[:2])),
)
def test_a_dash_is_standard_output_and_what_is_printed_there_is_the_same(
    lookback: Lookback, review: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[object, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    words = [str(word).format(review=review) for word in command]
    printed, dashed = lookback(*words), lookback(*words, "-o", "-")
    assert (dashed.code, dashed.out, dashed.err) == (printed.code, printed.out, printed.err)
    assert list(tmp_path.iterdir()) == []


def test_a_workbook_goes_to_standard_output_but_to_no_terminal(
    lookback: Lookback, review: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lookback("flagged", review, "-o", tmp_path / "list.xlsx")
    command = [sys.executable, str(ROOT / "cli.py"), "flagged", str(review), "--format", "xlsx", "-o", "-", "--lang", "en"]
    run = subprocess.run(command, capture_output=True, check=False, cwd=tmp_path)
    assert (run.returncode, run.stderr, run.stdout) == (0, b"", (tmp_path / "list.xlsx").read_bytes())
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    for refused in (("flagged", review, "--format", "xlsx"), ("template", "--pack", PACK)):
        said = lookback(*refused, "-o", "-")
        assert (said.code, said.out, said.mistakes()) == (2, "", ["xlsx-needs-file"])


@pytest.mark.parametrize(
    "command",
    [("check", DATA, "--pack", PACK), ("fix-list", DATA, "--pack", PACK), ("rules", "schema")],
    ids=lambda command: str(command[0]),
)
def test_a_folder_is_not_written_to_standard_output(
    lookback: Lookback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[object, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    run = lookback(*command, "-o", "-")
    assert (run.code, run.out) == (2, "")
    assert "-o" in run.err
    assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------------------------------------------------------- endings

WRITERS = {
    "flagged": (("flagged", "{review}"), ("table", "csv", "json", "xlsx")),
    "explain": (("explain", "U5", "{review}"), ("text", "json", "html")),
    "impact": (("rules", "impact", PACK, PACK, DATA), ("table", "csv", "json", "html")),
}


STARTS = {"csv": MARK, "json": (b"[", b"{"), "html": b"<!doctype html>", "xlsx": b"PK", "text": b"U5 ", "table": b"Unit code"}


@pytest.mark.parametrize("command", WRITERS)
def test_the_ending_says_the_format_and_one_that_says_none_is_refused(
    lookback: Lookback, review: Path, tmp_path: Path, command: str
) -> None:
    words, forms = WRITERS[command]
    given = [str(word).format(review=review) for word in words]
    for form in forms if command != "impact" else ("csv", "html"):
        ending = {"table": "txt", "text": "txt", "html": "HTM"}.get(form, form)
        assert lookback(*given, "-o", tmp_path / f"named.{ending}").code == 0
        assert (tmp_path / f"named.{ending}").read_bytes().startswith(STARTS.get(form, b"")), form
    for options, code in (
        (("-o", "x.pdf"), "no-such-ending"),
        (("-o", "x.json", "--format", forms[-1]), "ending-of-another"),
    ):
        run = lookback(*given, *options[:1], tmp_path / options[1], *options[2:])
        assert (run.code, run.out, run.mistakes()) == (2, "", [code])
        assert all(form in run.err for form in forms) or code == "ending-of-another"
        assert not (tmp_path / options[1]).exists()


# ------------------------------------------------------------------------------------------------- folders, and a mark


@pytest.mark.parametrize(
    ("command", "name"),
    [(("flagged", "{review}"), "list.csv"), (("explain", "U5", "{review}"), "U5.html"), (("template", "--pack", PACK), "f.xlsx")],
    ids=["flagged", "explain", "template"],
)
def test_the_folders_of_a_file_are_made(
    lookback: Lookback, review: Path, tmp_path: Path, command: tuple[object, ...], name: str
) -> None:
    out = tmp_path / "new" / "newer" / name
    run = lookback(*(str(word).format(review=review) for word in command), "-o", out)
    assert (run.code, out.exists(), sorted(path.name for path in out.parent.iterdir())) == (0, True, [name])


def test_csv_for_people_in_a_file_begins_with_a_mark_and_nothing_else_does(
    lookback: Lookback, review: Path, tmp_path: Path
) -> None:
    assert not lookback("flagged", review, "--format", "csv").out.startswith("\ufeff")
    for n, (options, mark) in enumerate(((("a.csv",), True), (("b.csv", "--raw"), False), (("c.json",), False), (("d",), False))):
        out = tmp_path / options[0]
        assert lookback("flagged", review, "-o", out, *options[1:]).code == 0
        assert (n, out.read_bytes().startswith(MARK), out.read_bytes().count(MARK)) == (n, mark, int(mark))
