"""Files and folders that appear whole or not at all: each process that is killed here is a fork of this one, and works in a
folder of a few bytes."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from screen import ROOT

from lookback import place
from lookback.words.errors import OutputError

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="nothing is locked there"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning"),  # a child does next to nothing
]


def content(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()}


def names(folder: Path) -> set[str]:
    return set(os.listdir(folder))


def killed(action: Callable[[], None], at: int, *, after: bool = False) -> bool:
    """Run it in a process of its own, which is killed at its nth rename, before or after it. Whether it came so far."""
    child = os.fork()
    if not child:
        renames = [0]

        def kill(wrapped: Callable[..., object]) -> Callable[..., object]:
            def counted(*arguments: object) -> object:
                renames[0] += 1
                if renames[0] == at and not after:
                    os.kill(os.getpid(), signal.SIGKILL)
                done = wrapped(*arguments)
                if renames[0] == at:
                    os.kill(os.getpid(), signal.SIGKILL)
                return done

            return counted

        place.os.rename, place.os.replace = kill(os.rename), kill(os.replace)  # type: ignore[attr-defined]
        place._exchanged = kill(place._exchanged)  # type: ignore[assignment]
        try:
            action()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def folder_of(text: str, target: Path) -> None:
    with place.replaced_folder(target, lambda folder: True) as filling:
        (filling / "inner").mkdir()
        (filling / "inner" / "file").write_text(text)
        (filling / "file").write_text(text)


OLD, NEW = ({"file": text, "inner/file": text} for text in ("old", "new"))


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("exchanges", [True, False])
def test_a_folder_is_the_old_or_the_new_wherever_its_writer_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exchanges: bool, after: bool
) -> None:
    target = tmp_path / "out"
    if not exchanges:
        monkeypatch.setattr(place, "_exchanged", lambda *_: False)
    for at in range(1, 9):
        folder_of("old", target)
        came = killed(lambda: folder_of("new", target), at, after=after)
        if exchanges or not came:
            assert content(target) in (OLD, NEW)
        place.settle(tmp_path)
        assert content(target) in (OLD, NEW)
        assert names(tmp_path) == {"out"}
        if not came:
            break
    assert at == (2 if exchanges else 4)


@pytest.mark.parametrize("after", [False, True])
def test_of_two_files_both_are_written_or_neither_wherever_their_writer_is_killed(tmp_path: Path, after: bool) -> None:
    one, far = tmp_path / "pack" / "one", tmp_path / "elsewhere" / "two"
    one.parent.mkdir()
    far.parent.mkdir()
    two, third = one.with_name("two"), one.with_name("third")
    for at in range(1, 9):
        two.unlink(missing_ok=True)
        two.symlink_to(far)
        one.write_text("old")
        far.write_text("old")
        third.unlink(missing_ok=True)
        came = killed(lambda: place.replace_files({one: b"new", two: b"new", third: b"new"}), at, after=after)
        place.settle(one.parent)
        place.settle(far.parent)
        got = (one.read_text(), two.read_text(), third.exists())
        assert got == (("old", "old", False) if at == 1 and not after else ("new", "new", True))
        assert two.is_symlink()
        assert names(one.parent) == {"one", "two"} | ({"third"} if third.exists() else set())
        assert names(far.parent) == {"two"}
        if not came:
            break
    assert at == 5


def test_where_the_second_of_two_files_cannot_be_written_the_first_is_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("old")
    one.chmod(0o444)
    replace = os.replace

    def refuse(source: Path, target: Path) -> None:
        if target == two:
            raise PermissionError(13, "Permission denied")
        replace(source, target)

    monkeypatch.setattr("lookback.place.os.replace", refuse)
    with pytest.raises(OutputError) as error:
        place.replace_files({one: b"new", two: b"new"})
    assert error.value.code == "cannot-write"
    assert (one.read_text(), stat.S_IMODE(one.stat().st_mode)) == ("old", 0o444)
    assert names(tmp_path) == {"one"}


def test_a_file_keeps_its_permissions_and_a_link_stays_one(tmp_path: Path) -> None:
    file, link = tmp_path / "elsewhere" / "file", tmp_path / "link"
    file.parent.mkdir()
    file.write_text("old")
    file.chmod(0o440)
    link.symlink_to("elsewhere/file")
    with place.replaced_file(link) as filling:
        filling.write_text("new")
    assert link.is_symlink()
    assert (file.read_text(), stat.S_IMODE(file.stat().st_mode)) == ("new", 0o440)
    place.replace_files({link: b"newer"})
    assert link.is_symlink()
    assert (file.read_text(), stat.S_IMODE(file.stat().st_mode)) == ("newer", 0o440)


def test_a_folder_keeps_its_permissions_and_a_link_stays_one(tmp_path: Path) -> None:
    folder_of("old", tmp_path / "elsewhere" / "out")
    (tmp_path / "elsewhere" / "out").chmod(0o700)
    (tmp_path / "link").symlink_to("elsewhere/out")
    folder_of("new", tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert content(tmp_path / "elsewhere" / "out") == NEW
    assert stat.S_IMODE((tmp_path / "elsewhere" / "out").stat().st_mode) == 0o700
    assert names(tmp_path / "elsewhere") == {"out"}


@pytest.mark.parametrize("umask", [0o077, 0o022])
def test_what_is_new_has_the_permissions_of_the_umask_and_only_its_owner_sees_it_before(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        with place.replaced_folder(tmp_path / "out", lambda folder: True) as filling:
            assert stat.S_IMODE(filling.parent.stat().st_mode) == 0o700
        with place.replaced_file(tmp_path / "file") as filling:
            filling.write_text("")
            assert stat.S_IMODE(filling.parent.stat().st_mode) == 0o700
        with place.temporary() as folder:
            assert stat.S_IMODE(Path(folder).parent.stat().st_mode) == 0o700
    finally:
        os.umask(before)
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("out", "file")]
    assert modes == [0o777 & ~umask, 0o666 & ~umask]


def test_names_may_be_as_long_as_the_system_lets_them_be(tmp_path: Path) -> None:
    for _ in range(2):
        folder_of("new", tmp_path / ("d" * 255))
        with place.replaced_file(tmp_path / ("f" * 255)) as filling:
            filling.write_text("new")
    assert names(tmp_path) == {"d" * 255, "f" * 255}
    with pytest.raises(OutputError, match="too long"):
        folder_of("new", tmp_path / ("d" * 256))


def test_what_goes_into_a_pipe_or_a_device_leaves_it_there(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with place.replaced_file(pipe) as filling:
        filling.write_text("new")
    assert os.read(reader, 9) == b"new"
    os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert names(tmp_path) == {"pipe"}


def test_of_two_that_write_to_one_place_the_second_is_refused(tmp_path: Path) -> None:
    target = tmp_path / "out"
    here, there = os.pipe()
    child = os.fork()
    if not child:
        with place.replaced_folder(target, lambda folder: True):
            os.write(there, b"!")
            signal.pause()
    os.read(here, 1)
    with pytest.raises(OutputError) as error:
        folder_of("new", target)
    assert error.value.code == "out-in-use"
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    folder_of("new", target)
    assert content(target) == NEW
    assert names(tmp_path) == {"out"}


def test_temporary_files_of_a_run_that_was_killed_go_with_the_next_and_those_of_a_living_one_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    (tmp_path / "lookback-of-mine").mkdir()
    (tmp_path / "lookback-of-mine" / "file").touch()
    (tmp_path / f"lookback-{1:016x}").symlink_to(tmp_path / "lookback-of-mine")
    child = os.fork()
    if not child:
        with place.temporary() as folder:
            Path(folder, "records").write_text("personal")
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    (tmp_path / f"lookback-{0:016x}").mkdir()  # of one that had no time for more
    assert len(names(tmp_path)) == 4
    with place.temporary() as living, place.temporary():
        assert len(names(tmp_path)) == 4
        assert Path(living).is_dir()
    assert names(tmp_path) == {"lookback-of-mine", f"lookback-{1:016x}"}
    assert names(tmp_path / "lookback-of-mine") == {"file"}


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(OutputError, match="cannot-write"):
            place.made(folder)
        with pytest.raises(OutputError, match=r"out-is-a-file|cannot-write"):
            folder_of("new", folder)
    assert names(tmp_path) == {"file"}


def test_a_place_for_temporary_files_that_is_not_there_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "no"))
    with pytest.raises(OutputError, match=r"cannot-write.*/no/"), place.temporary():
        pass


def test_temporary_files_that_nobody_put_away_are_gone_when_python_ends(tmp_path: Path) -> None:
    program = "from lookback import place; kept = place.temporary(); print(kept.__enter__())"
    env = {"PYTHONPATH": str(ROOT / "engine"), "TMPDIR": str(tmp_path)}
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=env, check=True)
    assert Path(run.stdout.strip()).is_relative_to(tmp_path)
    assert names(tmp_path) == set()


def test_all_that_is_put_in_its_place_has_reached_the_disk_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    name = "/proc/self/fd/{}".format if sys.platform == "linux" else str
    monkeypatch.setattr("lookback.place.os.fsync", lambda opened: steps.append(Path(os.path.realpath(name(opened))).name))
    rename = os.rename
    monkeypatch.setattr("lookback.place.os.rename", lambda *paths: steps.append("rename") or rename(*paths))
    folder_of("new", tmp_path / "out")
    assert steps[-2:] == ["rename", tmp_path.name]
    assert sorted(steps[:-2]) == ["file", "file", "inner", "new"]
    monkeypatch.setattr("lookback.place.os.fsync", fails_with(place.errno.ENOSPC))
    with pytest.raises(OutputError) as error:
        folder_of("newer", tmp_path / "out")
    assert error.value.code == "disk-full"
    assert content(tmp_path / "out") == NEW


def fails_with(number: int) -> Callable[..., None]:
    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


def test_where_there_are_no_locks_it_is_written_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place.fcntl, "flock", fails_with(place.errno.ENOLCK))
    folder_of("old", tmp_path / "out")
    folder_of("new", tmp_path / "out")
    with place.replaced_file(tmp_path / "file") as filling:
        filling.write_text("new")
    assert content(tmp_path / "out") == NEW
    assert names(tmp_path) == {"out", "file"}
