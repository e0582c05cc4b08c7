"""Small sound inputs, spoilt at random: each ends in records or an error that says what is wrong, soon."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from screen import cpu_seconds
from seeds import PACK, csv_text, seeds, zipped
from strategies import depths, many

from lookback.packs.check import check_pack
from lookback.packs.checked import CheckedPack
from lookback.packs.params import settings as pack_settings
from lookback.packs.read import read_pack
from lookback.records.find import find_tables
from lookback.records.read import read_records
from lookback.warehouse.duckdb import DuckDB
from lookback.words.errors import InternalError, LookbackError

SECONDS = 20
SEEDS = seeds()
SLOW = ("units.xlsx", "units.ods")
"""A process is started for each: fewer examples."""
TOKENS = (
    *(b",", b";", b"\t", b"|", b"\x1f", "，".encode(), b'"', b"'", b"\\", b"\n", b"\r", b"\r\n", b"\0", b"\f", b"\x1a"),
    *(b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xff", b"\x80", "\u2028".encode(), "\ufffd".encode(), b"<html"),
    *(b"PK\3\4", b"PK\1\2", b"PAR1", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "单位编号".encode("gb18030")),
    *(b"{", b"[", b"]", b"null", b"1e999", b"\\u0000"),
    *(b"<v>", b"&lol;", b'r="XFD1048576"', b"total", "合计".encode(), b"id", b"name"),
)
ENCODINGS = ("utf-8-sig", "utf-16-le", "utf-16", "utf-32", "gb18030", "big5", "cp1252", "utf-7")


@st.composite
def spoilt(draw: st.DrawFn, content: bytes) -> bytes:
    """A content cut, changed byte by byte, with things put in, parts swapped or repeated, or in another encoding."""
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(content)))
        to = min(len(content), at + draw(st.integers(0, 40)))
        match draw(st.sampled_from(("cut", "bytes", "insert", "delete", "repeat", "swap", "encode"))):
            case "cut":
                content = content[:at]
            case "bytes":
                content = content[:at] + draw(st.binary(max_size=8)) + content[at + 1 :]
            case "insert":
                content = content[:at] + draw(st.sampled_from(TOKENS)) * draw(st.sampled_from((1, 1, 2, 100))) + content[at:]
            case "delete":
                content = content[:at] + content[to:]
            case "repeat":
                content = content[:to] + content[at:to] * draw(st.integers(1, 50)) + content[to:]
            case "swap":
                one, other = draw(st.sampled_from(TOKENS)), draw(st.sampled_from(TOKENS))
                content = content.replace(one, other)
            case "encode":
                content = content.decode("utf-8", "replace").encode(draw(st.sampled_from(ENCODINGS)), "replace")
    return content


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> CheckedPack:
    folder = tmp_path_factory.mktemp("pack")
    for name, text in PACK.items():
        (folder / name).write_text(text, "utf-8")
    read = read_pack(folder)
    return check_pack(read, pack_settings(read, {}))


@depths(4, 80)
@pytest.mark.parametrize("name", SEEDS)
def test_a_spoilt_input_ends_in_records_or_a_clear_error(
    name: str, examples: int, pack: CheckedPack, tmp_path_factory: pytest.TempPathFactory
) -> None:
    @settings(many(examples if name in SLOW else examples * 6), phases=[Phase.explicit, Phase.reuse, Phase.generate])
    @given(spoilt(SEEDS[name]))
    def holds(content: bytes) -> None:
        start = cpu_seconds()
        folder = tmp_path_factory.mktemp("spoilt")
        assert read(content, name, pack, folder)
        assert cpu_seconds() - start < SECONDS

    holds()


def read(content: bytes, name: str, pack: CheckedPack, folder: Path) -> str:
    """What comes of reading a file: 'records', or the code of an error of ours."""
    file = folder / "input" / name
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    warehouse = DuckDB(folder, threads=1)
    try:
        inputs = find_tables([f"units={file}"], pack.tables, warehouse, folder / "inputs")
        read_records(inputs, pack, folder / "records", warehouse, "en")
    except InternalError:
        raise
    except LookbackError as error:
        return error.render("en") and error.render("zh") and error.code
    finally:
        warehouse.close()
    return "records"


PAGE = 16
"""A byte of the first page's header in the Parquet file."""


def test_parquet_with_a_spoilt_page_is_refused(pack: CheckedPack, tmp_path: Path) -> None:
    content = bytearray(SEEDS["units.parquet"])
    content[PAGE] = 0xFF
    assert read(bytes(content), "units.parquet", pack, tmp_path) == "unreadable-input"


def test_an_archive_with_a_member_without_a_name_is_read_or_refused(pack: CheckedPack, tmp_path: Path) -> None:
    content = zipped({"units.csv": csv_text().encode(), "": b""})
    assert read(content, "units.zip", pack, tmp_path) in ("records", "unreadable-input")


@pytest.mark.parametrize("name", SEEDS)
def test_a_sound_input_is_read(name: str, pack: CheckedPack, tmp_path: Path) -> None:
    assert read(SEEDS[name], name, pack, tmp_path) == "records"
