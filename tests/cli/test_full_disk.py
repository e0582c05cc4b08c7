"""A full disk, under each command that writes: it is told, what stood there is as it was, and nothing else is left."""

from __future__ import annotations

import gc
import os
import re
import shutil
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import broken_packs
import logic_packs
import openpyxl
import pytest
from screen import ROOT, Lookback

import lookback as api
from lookback.cli.main import cli

TINY = ROOT / "tests" / "tiny"
KIB = 1024
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")


@pytest.fixture(scope="module", autouse=True)
def no_file_of_a_full_disk_is_left_to_other_tests() -> Iterator[None]:
    """What writes workbooks leaves files open where it could not end; here they are found, and not when it happens to be."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


class Disk:
    """A small disk of its own, at `at`."""

    def __init__(self, at: Path) -> None:
        self.at = at

    def fill(self, room: int) -> dict[str, bytes]:
        """Leave so many KiB of it, and what it holds then."""
        (self.at / "full").write_bytes(b"\0" * (shutil.disk_usage(self.at).free - room * KIB))
        return self.holds()

    def holds(self) -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in sorted(self.at.rglob("*")) if path.is_file()}


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    at = tmp_path / "disk"
    at.mkdir()
    mount = shutil.which("mount") if sys.platform == "linux" and os.geteuid() == 0 else None
    made = mount and subprocess.run([mount, "-t", "tmpfs", "-o", "size=1m", "tmpfs", at], capture_output=True, check=False)
    if not made or made.returncode:
        pytest.skip("no small disk can be mounted here: that needs Linux, and to be root")
    yield Disk(at)
    subprocess.run(["umount", "--lazy", at], check=True)  # a traceback may still hold a file of it


@pytest.fixture(scope="module")
def review(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return api.check(TINY / "records", TINY / "pack", lang="en", out=tmp_path_factory.mktemp("tiny") / "review").folder


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tiny's records, as workbooks, with a number that is none."""
    folder = tmp_path_factory.mktemp("spoilt")
    for name in ("units", "issues"):
        book = openpyxl.Workbook()
        for line in (TINY / "records" / f"{name}.csv").read_text("utf-8").replace(",86,", ",many,").splitlines():
            book.active.append([value or None for value in line.split(",")])
        book.save(folder / f"{name}.xlsx")
    shutil.make_archive(str(folder.parent / "tiny"), "zip", TINY / "records")
    return folder


COMMANDS = {
    "check": "check {spoilt} --pack {pack} -o {disk}/out",
    "check without -o": "check {spoilt} --pack {pack}",
    "check of an archive": "check {spoilt}/../tiny.zip --pack {pack}",
    "flagged-csv": "flagged {review} --format csv -o {disk}/out",
    "flagged-xlsx": "flagged {review} --format xlsx -o {disk}/out",
    "explain": "explain U3 {review} --format html -o {disk}/out",
    "draw": "draw {review} --size 3 --seed x -o {disk}/out",
    "fix-list": "fix-list {spoilt} --pack {pack} -o {disk}/out",
    "sheet": "sheet {review} {draw} -o {disk}/out",
    "template": "template --pack {pack} -o {disk}/out.xlsx",
    "rules schema": "rules schema pack -o {disk}",
    "rules impact": "rules impact {pack} {pack} {spoilt} --format html -o {disk}/out",
    "rules new": "rules new more {disk}/small --clause A1 --for offices",
    "rules check --fix": "rules check --fix {disk}/mended",
    "rules prove --save-tests": "rules prove --save-tests {disk}/flaw",
}
HALF_WAY = {"check": (0, 24), "flagged-xlsx": (0, 24), "draw": (0, 8), "fix-list": (0, 12), "sheet": (0, 24), "template": (0, 24)}
"""How much room there is, in KiB."""
FLAW = """
rule one units: require staff > 1 otherwise make_up
rule again units: require staff > 1 otherwise make_up
"""


@pytest.fixture(scope="module")
def draw(review: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("drawn") / "draw"
    cli.main(["draw", str(review), "--size", "3", "--seed", "x", "-o", str(out)], standalone_mode=False)
    return out


@pytest.fixture
def run(lookback: Lookback, disk: Disk, review: Path, draw: Path, spoilt: Path) -> Lookback:
    broken_packs.write_sound(disk.at / "small")
    next(p for p in broken_packs.BROKEN if p.name == "keys-of-a-rule-in-another-order").write(disk.at / "mended")
    logic_packs.write(FLAW, disk.at / "flaw")
    names = {"disk": disk.at, "review": review, "draw": draw, "spoilt": spoilt, "pack": TINY / "pack"}
    return lambda command: lookback(*(word.format(**names) for word in COMMANDS[command].split()))


@pytest.mark.parametrize("command", [command for command in COMMANDS if "{disk}" in COMMANDS[command]])
def test_a_full_disk_is_told_and_leaves_what_there_was(command: str, disk: Disk, run: Lookback) -> None:
    if "{disk}/out" in COMMANDS[command]:
        assert run(command).code in (0, 3)
    for room in HALF_WAY.get(command, (0,)):
        before = disk.fill(room)
        got = run(command)
        assert (got.code, got.mistakes()) == (2, ["disk-full"]), got
        assert not re.search("internal|lookback-[0-9a-f]", got.said)
        assert disk.holds() == before
        (disk.at / "full").unlink()


@pytest.mark.parametrize("command", ["check without -o", "check of an archive", "rules impact", "rules check --fix"])
@pytest.mark.parametrize("room", [0, 12])
def test_a_full_disk_of_temporary_files_is_told_as_that(
    command: str, room: int, disk: Disk, run: Lookback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(disk.at))
    before = disk.fill(room)
    got = run(command)
    assert (got.code, got.mistakes()) == (2, ["temporary-full"]), got
    assert str(disk.at) in got.said
    assert disk.holds() == before


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk_behind_what_is_printed_is_no_internal_error(review: Path) -> None:
    command = [sys.executable, ROOT / "cli.py", "flagged", review]
    with open("/dev/full", "w") as full:
        run = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, env={"LC_ALL": "C.UTF-8"}, check=False)
    said = "error[disk-full]: the disk is full: [Errno 28] No space left on device\n"
    assert (run.returncode, run.stderr) == (2, said)
