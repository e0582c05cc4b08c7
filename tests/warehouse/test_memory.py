"""How much memory a run takes: what was asked for, else what its input needs, and at most half of what there is."""

from __future__ import annotations

from pathlib import Path

import pytest
from screen import ROOT, Lookback

from lookback.warehouse import duckdb
from lookback.warehouse.duckdb import BESIDE, ENOUGH, DuckDB, memory_here
from lookback.words.errors import OutputError

TINY, PACK = ROOT / "tests/tiny/records", ROOT / "tests/tiny/pack"
GB = 1_000_000_000


def limit(warehouse: DuckDB) -> float:
    said = warehouse.rows("SELECT current_setting('memory_limit')")[0][0]
    number, unit = said.split(" ")
    return float(number) * 1024.0 ** ["bytes", "KiB", "MiB", "GiB", "TiB"].index(unit)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duckdb, "memory_here", lambda: 16 * GB)


@pytest.mark.usefixtures("machine")
@pytest.mark.parametrize(
    ("asked", "size", "taken"),
    [
        (None, None, 8 * GB),
        (None, 10_000_000, ENOUGH),
        (None, 3 * GB, 3 * GB),
        (None, 100 * GB, 8 * GB),
        (2 * GB, 10_000_000, 2 * GB),
        (2 * GB, 100 * GB, 2 * GB),
        (30 * GB, 1, 30 * GB),
    ],
)
def test_a_run_takes_what_was_asked_for_or_its_input_needs(
    asked: int | None, size: int | None, taken: int, tmp_path: Path
) -> None:
    warehouse = DuckDB(tmp_path, threads=2, memory=asked)
    if size is not None:
        warehouse.expect(size)
    assert limit(warehouse) == pytest.approx(taken - BESIDE, rel=0.08)
    warehouse.close()


def test_a_container_with_less_than_the_machine_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = memory_here()
    for said, here in (("max\n", machine), (f"{GB}\n", GB), ("9223372036854771712\n", machine), ("", machine)):
        (tmp_path / "memory.max").write_text(said)
        monkeypatch.setattr(duckdb, "CONTAINER", (str(tmp_path / "memory.max"), str(tmp_path / "none")))
        assert memory_here() == here


def test_what_does_not_fit_even_so_is_told_with_the_option(tmp_path: Path) -> None:
    warehouse = DuckDB(None, memory=1)
    with pytest.raises(OutputError) as told:
        warehouse.create("much", "SELECT i, repeat('x', 100) || i AS t FROM range(4000000) r(i)")
    warehouse.close()
    assert told.value.code == "out-of-memory"
    assert "--memory 8GB" in told.value.render("en")
    assert "--memory 8GB" in told.value.render("zh")


@pytest.mark.parametrize("size", ["2GB", "600MB", "1.5 GiB", "700m", "2g", "800000000"])
def test_a_size_is_written_as_people_do(lookback: Lookback, size: str) -> None:
    assert lookback("check", TINY, "--pack", PACK, "--memory", size).code == 0


@pytest.mark.parametrize("size", ["", "2", "599MB", "-1GB", "lots", "1e9", "2GBB", "0"])
def test_what_is_no_size_or_too_small_is_refused(lookback: Lookback, size: str) -> None:
    run = lookback("check", TINY, "--pack", PACK, "--memory", size)
    assert run.code == 2
    assert "a size is written as 800MB or 2GB, and at least 600MB" in run.err


def test_python_out_of_memory_is_told_alike(lookback: Lookback, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("lookback.records.read.read_records", full)
    run = lookback("check", TINY, "--pack", PACK)
    assert (run.code, run.out, run.mistakes()) == (2, "", ["out-of-memory"])
