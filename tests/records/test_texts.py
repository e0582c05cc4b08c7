"""How text files are taken apart where they are not as they should be."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from screen import ROOT

import lookback
from lookback.headers.grids import RawTable
from lookback.language.types import Type
from lookback.packs.model import FieldDef, TableDef
from lookback.records.find import find_tables
from lookback.warehouse.duckdb import DuckDB
from lookback.words.errors import InputError

TABLE = TableDef(key="id", fields={name: FieldDef(type=Type.TEXT) for name in ("id", "name", "remark", "place")})


def raw(content: str, folder: Path) -> RawTable:
    file = folder / "things.csv"
    file.write_bytes(content.encode())
    warehouse = DuckDB(folder)
    try:
        return find_tables([file], {"things": TABLE}, warehouse, folder / "work").tables[0]
    finally:
        warehouse.close()


def values(table: RawTable) -> list[tuple[str | None, ...]]:
    assert table.grid is not None
    return [tuple(row[f] for f in table.columns) for row in table.grid.to_pylist()]


@pytest.mark.parametrize("mark", ["\f", "\v", "\x1c", "\u0085", "\u2028"])
def test_only_line_feeds_and_carriage_returns_end_a_line(mark: str, tmp_path: Path) -> None:
    table = raw(f"id{mark},name,remark,place\n1,a,b,c\n", tmp_path)
    assert list(table.columns) == ["id", "name", "remark", "place"]
    assert values(table) == [("1", "a", "b", "c")]


@pytest.mark.parametrize("header", ['"id,name,"remark",place', '"id"x,name,remark,place'])
def test_a_header_whose_quotation_marks_are_spoilt_is_refused(header: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        raw(f"{header}\n1,a,b,c\n", tmp_path)
    assert caught.value.code == "no-key-column"


def test_a_file_in_which_no_row_can_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        raw('"id"x,name\n', tmp_path)
    assert caught.value.code in ("unreadable-input", "no-key-column")


def test_escaped_quotation_marks_are_found_out_and_other_backslashes_stay(tmp_path: Path) -> None:
    table = raw('id,name,remark,place\n1,"a \\"b\\"",C:\\temp,"\\\\"\n2,"x\\",y",b,c\n', tmp_path)
    assert values(table) == [("1", 'a "b"', "C:\\temp", "\\"), ("2", 'x",y', "b", "c")]
    assert table.misfits == []


TOO_LONG = {
    "a value": lambda n: f"I99,U1,{'x' * n},solved,true,2005-08-31,2,\n",
    "the value before the parent's key": lambda n: f"{'x' * n},U1,t,solved,true,2005-08-31,2,\n",
    "a value without an end of the row": lambda n: f"I99,U1,{'x' * n}\n",
    "a value in quotes": lambda n: f'I99,U1,"{"x" * n}, y",solved,true,2005-08-31,2,\n',
    "quotes in quotes": lambda n: 'I99,U1,"' + 'x"",' * (n // 5) + '",solved,true,2005-08-31,2,\n',
    "lines in quotes": lambda n: 'I99,U1,"' + 'x"",\n' * (n // 5) + '",solved,true,2005-08-31,2,\n',
    "lines in quotes before the parent's key": lambda n: '"' + "x,\n" * (n // 3) + '",U1,t,solved,true,2005-08-31,2,\n',
    "values": lambda n: f"I99,U1{',' * n}\n",
}


@pytest.mark.parametrize("what", TOO_LONG)
def test_a_row_that_is_too_long_is_told_and_spoils_no_other(what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lookback.records.formats.texts.LONGEST_LINE", 20_000)
    monkeypatch.setattr("lookback.records.formats.texts.PIECE", 1_000)
    data = Path(shutil.copytree(ROOT / "tests/tiny/records", tmp_path / "data"))
    head, first, *others = (data / "issues.csv").read_text("utf-8").splitlines(keepends=True)
    (data / "issues.csv").write_text("".join([head, first, TOO_LONG[what](50_000), *others]), "utf-8")
    with lookback.check(data, ROOT / "tests/tiny/pack", lang="en") as review:
        assert review.summary["problem_kinds"] == {"misfit": 1}
        assert review.summary["records"]["issues"] == 1 + len(others)
        assert review.summary["lost"]["rows"] == {"issues": 1}, "it may be one of U1"


def test_the_longest_line_that_there_may_be_takes_no_memory_where_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lookback.records.formats.texts.LONGEST_LINE", 2_000_000)
    file, rows = tmp_path / "things.csv", [f"{i},{'x' * 1_000},b,c\n" for i in range(40_000)]
    file.write_text("".join(["id,name,remark,place\n", *rows]), "utf-8")
    warehouse = DuckDB(tmp_path, threads=1, memory=700_000_000)
    try:
        relation = find_tables([file], {"things": TABLE}, warehouse, tmp_path / "work").tables[0].relation
        warehouse.run("SET memory_limit = '20MB'")
        assert warehouse.rows(f"SELECT count(*), max(length(c1)) FROM {relation}") == [(40_000, 1_000)]
    finally:
        warehouse.close()


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux how much memory it took")
def test_a_line_of_100_megabytes_takes_less_than_300(tmp_path: Path) -> None:
    data = Path(shutil.copytree(ROOT / "tests/tiny/records", tmp_path / "data"))
    with (data / "issues.csv").open("a", encoding="utf-8") as stream:
        stream.write("I99,U1,")
        for _ in range(100):
            stream.write("x" * 1_000_000)
        stream.write(",solved,true,2005-08-31,2,\n")
    ran = (
        "import lookback, re, sys; lookback.check(sys.argv[1], sys.argv[2]).close(); "
        "print(int(re.search(r'VmHWM:\\s*([0-9]+)', open('/proc/self/status').read())[1]) // 1000)"
    )
    said = subprocess.run(
        [sys.executable, "-c", ran, data, ROOT / "tests/tiny/pack"], capture_output=True, text=True, check=True, timeout=300
    )
    assert int(said.stdout) < 300
