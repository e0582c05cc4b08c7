"""Which encoding a text file is found to be in, by all of its bytes and the words of the pack; what is told of it; files that
are packed by themselves."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa
import pytest

from lookback.language.types import Type
from lookback.packs.model import FieldDef, TableDef, Title
from lookback.records.find import Inputs, find_tables
from lookback.records.formats import files as _files
from lookback.warehouse.duckdb import DuckDB
from lookback.words.errors import InputError, Notice, UsageError

ENGLISH = TableDef(key="id", fields={name: FieldDef(type=Type.TEXT) for name in ("id", "name")})
CHINESE = TableDef(
    key="id",
    fields={
        "id": FieldDef(type=Type.TEXT, title=Title(en=None, zh="单位代码")),
        "name": FieldDef(type=Type.TEXT, title=Title(en=None, zh="单位名称"), also=("名称", "餐馆")),
    },
)
PACKS = pytest.mark.parametrize("table", [ENGLISH, CHINESE], ids=["english", "chinese"])


def read(
    content: bytes, folder: Path, table: TableDef, encoding: str | Sequence[str] | None = None
) -> tuple[list[str | None], list[Notice]]:
    """The names in a file, and what is told of its encoding."""
    (folder / "things.csv").write_bytes(content)
    warehouse = DuckDB(folder)
    try:
        found = find_tables([folder / "things.csv"], {"things": table}, warehouse, folder / "work", encoding=encoding)
        grid = found.tables[0].grid
        assert grid is not None
        return grid["name"].to_pylist(), [notice for notice in found.notices if notice.code.startswith("encoding-")]
    finally:
        warehouse.close()


def rows(names: Sequence[str], header: str = "id,name", before: int = 0) -> str:
    ascii_ = "".join(f"A{i},Main Street No. {i}\n" for i in range(before))
    return f"{header}\n{ascii_}" + "".join(f"U{i},{name}\n" for i, name in enumerate(names))


NAMES = {
    "gb18030": ["朝阳区环保局", "张伟", "老街坊饭馆", "未整改", "衢州市"],
    "big5": ["臺北市大安區", "陳水", "小吃店", "未改善", "新竹縣"],
    "shift_jis": ["東京都", "田中さん", "居酒屋まつり", "カフェ", "横浜市"],
    "euc_kr": ["서울특별시", "김철수", "행정복지센터", "식당", "이민호"],
    "cp1252": ["Café Müller", "Hélène Forêt", "São Paulo", "Straße", "Øresund"],
    "cp1250": ["Łódź", "Żółć", "Plzeň", "České Budějovice", "Gdańsk"],
    "iso8859_2": ["Łódź", "Żółć", "Plzeň Škoda", "Žilina", "Śródmieście"],
    "cp1251": ["Москва", "Иванов", "Казань", "ресторан", "КАФЕ"],
}


@PACKS
@pytest.mark.parametrize("encoding", NAMES)
@pytest.mark.parametrize("before", [0, 5_000], ids=["short", "behind 5,000 rows of ASCII"])
def test_a_file_of_a_few_values_is_read_in_its_encoding(encoding: str, before: int, table: TableDef, tmp_path: Path) -> None:
    found, told = read(rows(NAMES[encoding], before=before).encode(encoding), tmp_path, table)
    assert found[before:] == NAMES[encoding]
    assert (told[0].code, told[0].args["encoding"]) == ("encoding-detected", encoding.upper().replace("_", "-"))


@PACKS
@pytest.mark.parametrize("name", ["李娜", "老街坊饭馆", "阜阳市颍州区", "孜然烤肉", "已完成"])
def test_one_chinese_value_behind_many_rows_of_ascii_is_chinese(name: str, table: TableDef, tmp_path: Path) -> None:
    found, told = read(rows([name], before=5_000).encode("gb18030"), tmp_path, table)
    assert found[-1] == name
    assert told[0].args == {"encoding": "GB18030"}


@PACKS
@pytest.mark.parametrize("name", ["Café Zoë", "São João", "Müller", "Hélène", "L\x92été"])
def test_the_first_accent_may_stand_far_behind(name: str, table: TableDef, tmp_path: Path) -> None:
    content = rows([name, "plain"], before=10_000).encode("latin-1")
    assert content[:250_000].isascii()
    found, told = read(content, tmp_path, table)
    assert found[-2] == name.replace("\x92", "’")
    assert told[0].args == {"encoding": "CP1252"}


@pytest.mark.parametrize("name", ["甲", "丙丁", "榿木", "㐂街"])
def test_words_of_the_pack_decide_and_are_told(name: str, tmp_path: Path) -> None:
    content = rows([name], "单位代码,名称").encode("gb18030")
    found, told = read(content, tmp_path, CHINESE)
    assert found == [name]
    assert [notice.code for notice in told] == ["encoding-words"]
    assert told[0].message("en").startswith("read as GB18030, as words of the pack stand in it so;")


@PACKS
@pytest.mark.parametrize("encoding", ["gb18030", "big5", "utf-8"])
@pytest.mark.parametrize("at", [0, 4], ids=["first", "last"])
def test_one_broken_character_spoils_its_value_alone(encoding: str, at: int, table: TableDef, tmp_path: Path) -> None:
    names = NAMES["big5" if encoding == "big5" else "gb18030"]
    lines = rows(names).encode(encoding).split(b"\n")
    lines[at + 1] = lines[at + 1][:-1]  # half of its last character
    found, _ = read(b"\n".join(lines), tmp_path, table)
    assert found[:at] + found[at + 1 :] == names[:at] + names[at + 1 :]
    assert "\ufffd" in (found[at] or "")


def test_a_broken_character_in_a_long_file_does_not_make_it_western(tmp_path: Path) -> None:
    names = NAMES["gb18030"] * 2_000
    content = rows(names).encode("gb18030")
    half = len(content) // 2
    found, told = read(content[:half] + b"\x81,\xff\n" + content[half:], tmp_path, ENGLISH)
    assert told[0].args == {"encoding": "GB18030"}
    assert sum(a == b for a, b in zip(found, names, strict=False)) >= len(names) // 2 - 1


def test_where_two_encodings_stay_possible_it_is_said_with_an_example(tmp_path: Path) -> None:
    found, (chosen, doubt) = read(rows(["高雄"]).encode("big5"), tmp_path, CHINESE)
    assert (chosen.args["encoding"], doubt.code) == ("GB18030", "encoding-doubtful")
    assert "BIG5" in doubt.args["others"]
    assert doubt.args["value"] == found[0]
    assert "it may as well be" in doubt.message("en")
    assert read(rows(["高雄", "臺北市大安區"]).encode("big5"), tmp_path, CHINESE)[0][0] == "高雄"


def test_what_differs_in_no_value_is_no_doubt(tmp_path: Path) -> None:
    _, told = read(rows(["Müller", "Köln", "Düsseldorf"]).encode("cp1252"), tmp_path, ENGLISH)
    assert [notice.code for notice in told] == ["encoding-detected"]


def test_the_encoding_of_one_file_is_named(tmp_path: Path) -> None:
    content = rows(["高雄"]).encode("big5")
    for file in ("things.csv", str(tmp_path / "things.csv"), f"{tmp_path.name}/things.csv"):
        assert read(content, tmp_path, CHINESE, ["gb18030", f"{file}=big5"]) == (["高雄"], [])
    with pytest.raises(UsageError) as caught:
        read(content, tmp_path, CHINESE, "hings.csv=big5")
    assert (caught.value.code, caught.value.args_["known"]) == ("no-such-file-to-decode", "things.csv")
    with pytest.raises(UsageError) as caught:
        read(content, tmp_path, CHINESE, "things.csv=big-5-and-a-half")
    assert caught.value.code == "no-such-encoding"


# ------------------------------------------------------------------------------------------------------ packed by itself


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "things.csv.gz": gzip.compress,
    "things.csv.zst": lambda content: pa.compress(content, codec="zstd", asbytes=True),
    "things.csv": gzip.compress,
    "Things.TSV.GZ": gzip.compress,
    "things.jsonl.gz": gzip.compress,
}
JSON = b'{"id": "1", "name": "a"}\n'


def packed(folder: Path, name: str, content: bytes) -> Inputs:
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(content)
    warehouse = DuckDB(folder)
    try:
        return find_tables([folder], {"things": CHINESE}, warehouse, folder / "work")
    finally:
        warehouse.close()


@pytest.mark.parametrize("name", PACKERS)
def test_a_text_file_that_is_packed_by_itself_is_read_as_the_table_of_its_name(name: str, tmp_path: Path) -> None:
    content = JSON if "json" in name else rows(["甲"]).replace(",", "\t" if "TSV" in name else ",").encode("gb18030")
    found = packed(tmp_path, name, PACKERS[name](content))
    assert [(raw.table, raw.file) for raw in found.tables] == [("things", str(tmp_path / name))]
    if raw := found.tables[0].grid:
        assert raw["name"].to_pylist() == ["甲"]


@pytest.mark.parametrize("name", ["things.csv.gz", "things.csv.zst"])
@pytest.mark.parametrize(
    ("spoilt", "code"),
    [
        (lambda whole: whole[:-3], "unreadable-input"),
        (lambda whole: whole[:9], "unreadable-input"),
        (lambda whole: whole + b"more", "unreadable-input"),
        (lambda whole: b"id,name\n1,a\n", "unreadable-input"),
        (lambda whole: b"", "empty-input"),
    ],
    ids=["cut off", "begun", "longer", "not packed", "empty"],
)
def test_a_packed_file_that_is_spoilt_is_told(name: str, spoilt: Callable[[bytes], bytes], code: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        packed(tmp_path, name, spoilt(PACKERS[name](rows(["a"]).encode())))
    assert caught.value.code == code


@pytest.mark.parametrize("name", ["things.csv.gz", "things.csv.zst"])
def test_a_packed_file_that_unpacks_to_more_than_the_limits_is_refused(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bomb = PACKERS[name](b"id,name\n" + b"1,a\n" * 1_000_000)
    with pytest.raises(InputError) as caught:
        packed(tmp_path, name, bomb)
    assert caught.value.code == "archive-ratio"
    monkeypatch.setattr(_files, "MOST_UNPACKED", 1_000)
    with pytest.raises(InputError) as caught:
        packed(tmp_path / "larger", name, PACKERS[name](rows(["a"] * 1_000).encode()))
    assert caught.value.code == "archive-size"
