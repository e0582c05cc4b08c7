"""How text files are taken apart where they are not as they should be."""

from __future__ import annotations

from pathlib import Path

import pytest

from lookback.language.types import Type
from lookback.packs.model import FieldDef, TableDef
from lookback.records.find import find_tables
from lookback.records.grids import RawTable
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
