"""Commands that write, ended by a signal at every rename and at points of chance: what stands there is the old or the new, and
nothing else is left, at once or, after a kill, with the next run."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import broken_packs
import logic_packs
import pytest
from forks import RENAMES, Forks
from screen import ROOT, Run
from strategies import depths

from lookback import place
from lookback.warehouse.duckdb import DuckDB

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are waited for as on Linux")

Files = dict[str, bytes]


@pytest.fixture(scope="module")
def forks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forks]:
    server = Forks(tmp_path_factory.mktemp("forks"))
    yield server
    server.close()


def files_of(folder: Path) -> Files:
    """Every file that is not hidden."""
    found = (path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.as_posix(): (folder / path).read_bytes() for path in found if not path.parts[0].startswith(".lookback")}


def checked(forks: Forks, folder: Path) -> tuple[object, ...]:
    pack = logic_packs.write("rule some units: require staff > 1 otherwise make_up", folder.parent / "pack")
    units = folder.parent / "units.csv"
    units.write_text("unit_id,staff\nU1,1\nU2,2\n")
    command = ("check", units, "--pack", pack, "-o", "review", "--threads", "1")
    assert forks.run(*command, cwd=folder, tmp=folder.parent).code == 0
    units.write_text("unit_id,staff\nU1,1\nU2,1\n")
    return command


def listed(forks: Forks, folder: Path) -> tuple[object, ...]:
    checked(forks, folder)
    (folder / "review").rename(folder.parent / "review")
    (folder / "list.xlsx").write_bytes(b"PK old")
    return "flagged", folder.parent / "review", "-o", "list.xlsx"


def drawn(forks: Forks, folder: Path) -> tuple[object, ...]:
    _, review, *_ = listed(forks, folder)
    (folder / "list.xlsx").unlink()
    assert forks.run("draw", review, "--size", "1", "--seed", "x", "-o", "draw", cwd=folder, tmp=folder.parent).code == 0
    return "draw", review, "--size", "2", "--seed", "x", "-o", "draw"


def with_rule(forks: Forks, folder: Path) -> tuple[object, ...]:
    shutil.rmtree(folder)
    broken_packs.write_sound(folder)
    return "rules", "new", "more", ".", "--clause", "A1", "--for", "offices"


def mended(forks: Forks, folder: Path) -> tuple[object, ...]:
    shutil.rmtree(folder)
    next(p for p in broken_packs.BROKEN if p.name == "keys-of-a-rule-in-another-order").write(folder)
    return "rules", "check", "--fix", "."


COMMANDS: dict[str, Callable[[Forks, Path], tuple[object, ...]]] = {
    "check": checked,
    "flagged": listed,
    "draw": drawn,
    "rules-new": with_rule,
    "rules-check-fix": mended,
}


@pytest.mark.long
@pytest.mark.parametrize("command", COMMANDS)
@depths(10, 60)
def test_what_stands_there_is_the_old_or_the_new_wherever_a_command_is_ended(
    command: str, examples: int, forks: Forks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, tmp, kept = tmp_path / "at", tmp_path / "tmp", tmp_path / "kept"
    folder.mkdir()
    tmp.mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp))
    arguments = COMMANDS[command](forks, folder)
    shutil.copytree(folder, kept)
    old = files_of(folder)
    whole: list[tuple[list[str], float]] = []
    for exchange in (True, False):
        assert forks.run(*arguments, cwd=folder, tmp=tmp, exchange=exchange).code == 0
        whole.append((forks.steps, forks.seconds))
        new = files_of(folder)
        if command not in ("check", "draw"):
            whole.append(whole[0])
            break
        put_back(kept, folder)
    assert old != new
    each = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
    for sign, (exchange, step, after) in ((s, p) for s in each for p in points(whole, Random(f"{command} {s}"), examples)):
        put_back(kept, folder)
        run = forks.run(*arguments, cwd=folder, tmp=tmp, sign=sign, step=step, after=after, exchange=exchange)
        at = f"{command}, {sign.name}, exchange {exchange}, step {step}, after {after}: {run}"
        if sign is signal.SIGKILL:
            assert run.code in (-sign, 0), at
            if command in ("check", "draw", "flagged") and exchange:
                assert files_of(folder) in (old, new), at
            place.settle(folder)
            with place.temporary():  # as the next run does
                pass
        elif run.code:  # else it came too late
            told(run, sign, stays=files_of(folder) == old)
        assert files_of(folder) in (old, new), at
        assert not [name for name in os.listdir(folder) if name.startswith(".")], at
        assert os.listdir(tmp) == [], at


def put_back(kept: Path, folder: Path) -> None:
    shutil.rmtree(folder)
    shutil.copytree(kept, folder)


def told(run: Run, sign: int, *, stays: bool) -> None:
    """Of a run that was ended: its code, and a line, which says that nothing was written where that is so."""
    assert run.code == 128 + sign, run
    last = run.err.splitlines()[-1]
    assert last == "stopped; nothing was written" if stays else last.startswith("stopped; whole before that: "), run
    assert not any(word in run.said for word in ("Traceback", "internal", "ignored")), run


def points(
    whole: list[tuple[list[str], float]], random: Random, examples: int
) -> Iterator[tuple[bool, int | None, float | None]]:
    """(whether folders are exchanged, step, seconds): before and after every rename; then by turns any step, any time."""
    n = 0
    for exchange, (steps, _) in zip((True, False), whole, strict=True):
        for i, step in enumerate(steps):
            if step in RENAMES:
                yield from ((exchange, i, None), (exchange, i + 1, None))
                n += 2
        if whole[0] is whole[1]:
            break
    while (n := n + 1) <= examples:
        steps, seconds = whole[n % 2]
        yield (not n % 2, random.randrange(len(steps)), None) if n % 4 < 2 else (not n % 2, None, random.uniform(0, seconds))


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")  # the child starts another at once
def test_who_reads_workbooks_ends_with_whoever_asked(tmp_path: Path) -> None:
    asked, ask = os.pipe()
    answer, answered = os.pipe()
    child = os.fork()
    if not child:
        package = {"PYTHONPATH": str(ROOT / "engine")}
        worker = [sys.executable, "-m", "lookback.records.formats.worker", "1500", str(os.getpid())]
        with subprocess.Popen(worker, stdin=asked, stdout=answered, env=package):
            signal.pause()
    os.close(asked)
    os.close(answered)
    with os.fdopen(ask, "w") as asking, os.fdopen(answer) as answers:
        print('{"file": "no.xlsx", "into": "."}', file=asking, flush=True)
        assert "unreadable-input" in answers.readline()  # it works, and might for long
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        assert answers.readline() == ""


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_python_still_imports_is_told_without_a_traceback(sign: signal.Signals) -> None:
    """`click` is imported long before a command runs, `lookback.words` before there are words for it."""
    for module in ("lookback.words", "click"):
        program = f"""if True:
            import os, sys
            class Finder:
                def find_spec(self, name, *_):
                    if name == {module!r}:
                        os.kill(os.getpid(), {int(sign)})
            sys.meta_path.insert(0, Finder())
            from lookback.__main__ import main
            main()"""
        env = {"PYTHONPATH": str(ROOT / "engine"), "LC_ALL": "C.UTF-8"}
        run = subprocess.run([sys.executable, "-c", program, "--help"], capture_output=True, text=True, env=env, check=False)
        told(Run(run.returncode, run.stdout, run.stderr), sign, stays=True)


@pytest.mark.parametrize("ask", ["rows", "arrow", "run"])
def test_ctrl_c_while_duckdb_works_is_a_keyboard_interrupt(ask: str) -> None:
    warehouse = DuckDB(None, 1)
    threading.Timer(0.1, signal.raise_signal, [signal.SIGINT]).start()
    with pytest.raises(KeyboardInterrupt):
        getattr(warehouse, ask)("SELECT max(hash(i)) FROM range(1000000000000) r(i)")
    warehouse.close()
