"""What takes long says that it goes on, and ends at once with Ctrl-C or SIGTERM: `rules prove`, `fix`, `fix --all`.

The pack asks for cubes and products of whole numbers, over which z3 sits for minutes.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from logic_packs import write
from screen import ROOT, Lookback

import lookback

CUBES = """
rule cubes units: require staff > 1 and posts > 1
 and staff * staff * staff + posts * posts * posts = 3 * staff * posts * posts + 7 otherwise make_up
rule more units: require staff > 1 and posts > 1
 and staff * staff * posts + posts * posts * posts = 5 * staff * staff * staff + 11 otherwise make_up
"""
COMMANDS = {
    "prove": ("rules", "prove", "pack", "--timeout", "100"),
    "fix": ("fix", "U1", "review", "--timeout", "100"),
    "fix-all": ("fix", "--all", "review", "--timeout", "100"),
}
LINES = {
    "prove": r"proving, \d+ s: \d+ questions? asked",
    "fix": r"looking for changes, \d+ s",
    "fix-all": r"looking for changes, \d+ s: \d+ % done",
}
OFTEN = """
import sys
import lookback.cli._base, lookback.__main__
lookback.cli._base.EVERY = 0.1
lookback.__main__.main()
"""


@pytest.fixture
def hard(tmp_path: Path) -> Path:
    """A folder with the pack, and a review of one unit."""
    write(CUBES, tmp_path / "pack")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "units.csv").write_text("unit_id,staff,posts\nU1,3,4\n")
    lookback.check(tmp_path / "data", tmp_path / "pack", lang="en", out=tmp_path / "review")
    return tmp_path


@pytest.mark.skipif(sys.platform == "win32", reason="there are no signals here")
@pytest.mark.parametrize(("command", "sign"), [*zip(COMMANDS, (signal.SIGINT, signal.SIGTERM, signal.SIGINT), strict=True)])
def test_it_is_said_that_it_goes_on_and_a_signal_ends_it_though_z3_keeps_that_to_itself(
    command: str, sign: signal.Signals, hard: Path
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OFTEN, *COMMANDS[command], "--lang", "en"],
        cwd=hard,
        env={"PYTHONPATH": str(ROOT / "engine")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as run:
        assert run.stderr is not None
        for _ in range(20):  # by then z3 is asked
            assert re.fullmatch(LINES[command], run.stderr.readline().strip())
        run.send_signal(sign)
        out, said = run.communicate(timeout=600)
    assert (run.returncode, out) == (128 + sign, "")
    assert said.endswith("stopped; nothing was written\n")


@pytest.mark.parametrize("command", COMMANDS)
def test_what_there_was_no_time_for_is_said_and_nothing_claimed_of_it(command: str, hard: Path, lookback: Lookback) -> None:
    words = [str(hard / word) if word in ("pack", "review") else word for word in COMMANDS[command][:-1]]
    run = lookback(*words, "0.1")
    assert run.code == 0
    assert {
        "prove": "(no time)",
        "fix": "Not searched to the end, no time: --timeout gives more.",
        "fix-all": "Of 1 unit it is open what they need, no time: --timeout gives more.",
    }[command] in run.out
    assert not re.search("Proved|nothing|no change", run.out)


def test_a_ranking_without_time_has_the_units_left_open_apart_from_those_that_nothing_frees(
    hard: Path, lookback: Lookback
) -> None:
    got = json.loads(lookback("fix", "--all", hard / "review", "--timeout", "0.1", "--format", "json").out)
    assert got == {"flagged": 1, "lines": [], "hindered": 0, "hindering": [], "not_judged": 0, "open": 1, "lost": 0}


@pytest.mark.parametrize("terminal", [False, True])
def test_on_a_terminal_one_line_moves_and_is_gone_before_anything_else_is_printed(
    terminal: bool, hard: Path, lookback: Lookback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lookback.cli._base.EVERY", 0.01)
    monkeypatch.setattr("sys.stderr.isatty", lambda: terminal)
    run = lookback("rules", "prove", hard / "pack", "--timeout", "1")
    lines = run.err.split("\r\x1b[2K" if terminal else "\n")
    assert {bool(re.fullmatch(LINES["prove"], line)) for line in lines if line} == {True}
    assert lines[-1] == ""
    assert ("\n" in run.err) is not terminal
    assert "\x1b" not in run.out
    assert "proving" not in run.out
