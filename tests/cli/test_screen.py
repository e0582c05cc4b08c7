"""What a terminal shows, and what a shell proposes: widths, colours, the first line, titles in the place of ids, completion."""

from __future__ import annotations

import datetime
import fcntl
import io
import json
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete
from screen import ROOT, Golden, Lookback
from wcwidth import wcswidth

import lookback
import lookback.cli._base as base
from lookback.cli import main as cli
from lookback.words import LANGUAGES
from lookback.words.terminal import COLOURS, Style, style_of

TINY = ROOT / "tests" / "tiny" / "records"
TINY_PACK = ROOT / "tests" / "tiny" / "pack"
STYLES = [Style(80, colours=False), Style(80, colours=True), Style(120, colours=False), Style(120, colours=True)]


@pytest.fixture(scope="module")
def review(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("screen") / "review"
    lookback.check(TINY, TINY_PACK, lang="en", out=out).close()
    return out


def wide(line: str) -> int:
    return wcswidth(re.sub("\x1b\\[[0-9;]*m", "", line))


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("style", STYLES, ids=lambda s: f"{s.width}-{'colours' if s.colours else 'plain'}")
def test_a_terminal_shows_check_as_it_did(
    style: Style, lang: str, lookback: Lookback, golden: Golden, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "style_of", lambda stream: style)
    shown = lookback("check", TINY, "--pack", TINY_PACK, lang=lang).out
    assert max(map(wide, shown.splitlines())) <= (style.width or 0)
    assert ("\x1b[" in shown) == style.colours
    golden(f"screen/check-{style.width}-{'colours' if style.colours else 'plain'}.{lang}.txt", shown)


@pytest.mark.parametrize("width", [30, 50, 80, 200])
def test_no_line_of_a_table_is_wider_than_the_terminal(
    width: int, lookback: Lookback, review: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "style_of", lambda stream: Style(width))
    for lang in LANGUAGES:
        shown = lookback("flagged", review, lang=lang).out
        listed = lookback("rules", "list", TINY_PACK, lang=lang).out
        assert max(map(wide, (shown + listed).splitlines())) <= max(width, 60)


@pytest.mark.parametrize("size", [(24, 80), (24, 120)])
def test_a_real_terminal_is_measured(size: tuple[int, int], review: Path) -> None:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
    env = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "NO_COLOR", "FORCE_COLOR")} | {
        "TERM": "xterm",
        "LC_ALL": "C.UTF-8",
    }
    with subprocess.Popen([sys.executable, str(ROOT / "cli.py"), "flagged", str(review)], stdout=theirs, env=env):
        os.close(theirs)
        shown = b""
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # all is read, and the other end is closed
                break
            if not piece:
                break
            shown += piece
    os.close(ours)
    lines = shown.decode().splitlines()
    assert max(map(wide, lines)) <= size[1]
    assert any(COLOURS["red"] in line for line in lines)


@pytest.mark.parametrize(
    ("environment", "terminal", "colours"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": "0"}, False, False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ({"TERM": "dumb"}, True, False),
    ],
)
def test_colours_are_where_a_terminal_has_them_or_the_environment_says_so(
    environment: dict[str, str], terminal: bool, colours: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    stream = io.StringIO()
    monkeypatch.setattr(stream, "isatty", lambda: terminal)
    assert style_of(stream).colours is colours


def test_forced_colours_go_through_a_pipe_and_never_into_a_file(
    lookback: Lookback, review: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert COLOURS["red"] in lookback("flagged", review).out
    lookback("flagged", review, "-o", tmp_path / "list.txt")
    assert "\x1b" not in (tmp_path / "list.txt").read_text("utf-8")
    assert "\x1b" not in lookback("flagged", review, "--json").out


def test_in_a_coloured_table_a_value_still_acts_on_nothing(
    lookback: Lookback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "style_of", lambda stream: Style(80, colours=True))
    data = tmp_path / "data"
    data.mkdir()
    for file in TINY.iterdir():
        text = file.read_text("utf-8")
        (data / file.name).write_text(text.replace("U1", "U1\x1b[2J") if file.stem == "units" else text, "utf-8")
    shown = lookback("check", data, "--pack", TINY_PACK).out
    assert "\x1b[2J" not in shown
    assert set(re.findall("\x1b\\[[0-9;]*.", shown)) <= {*COLOURS.values(), "\x1b[0m"}


def test_the_first_line_says_pack_version_and_day(lookback: Lookback) -> None:
    first = lookback("check", TINY, "--pack", TINY_PACK, "--as-of", "2005-10-02").out.splitlines()[0]
    assert re.fullmatch(r"\S+ \S+, on 2005-10-02", first)


def test_the_root_of_all_folders_is_no_review(lookback: Lookback) -> None:
    refused = lookback("check", TINY, "--pack", TINY_PACK, "-o", "/")
    assert (refused.code, refused.mistakes()) == (2, ["out-is-no-review"])


def test_today_is_a_day_of_review(lookback: Lookback) -> None:
    for word in ("today", "今天"):
        first = lookback("check", TINY, "--pack", TINY_PACK, "--as-of", word).out.splitlines()[0]
        assert datetime.date.today().isoformat() in first


def test_a_default_day_long_past_is_told_and_one_that_was_asked_for_is_not(lookback: Lookback) -> None:
    assert "--as-of" in lookback("check", TINY, "--pack", TINY_PACK).err
    assert "--as-of" not in lookback("check", TINY, "--pack", TINY_PACK, "--as-of", "2005-09-30").err


def test_help_is_also_h_and_the_language_stands_anywhere(lookback: Lookback, review: Path) -> None:
    assert lookback("check", "-h").out == lookback("check", "--help").out
    before, after = lookback("--lang", "en", "flagged", review), lookback("flagged", review, "--lang", "en")
    assert (before.code, before.out) == (after.code, after.out)
    assert lookback("--lang", "en", "rules", "list", TINY_PACK).code == 0


def test_a_command_that_is_not_there_is_told_with_the_near_ones_and_all(lookback: Lookback) -> None:
    said = lookback("chek").err
    assert "did you mean `check`" in said
    assert all(name in said for name in cli.NAMES)
    assert "did you mean" not in lookback("qqqq").err


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_is_shown_may_be_typed(lang: str, lookback: Lookback, review: Path) -> None:
    told = json.loads(lookback("rules", "list", TINY_PACK, "--json", lang=lang).out)["rules"]
    for rule in told:
        by_id = lookback("flagged", review, "--rule", rule["rule"], lang=lang)
        by_title = lookback("flagged", review, "--rule", rule["title"], lang=lang)
        assert (by_title.code, by_title.out) == (by_id.code, by_id.out)
        shown = lookback("rules", "show", rule["title"], TINY_PACK, lang=lang)
        assert shown.out == lookback("rules", "show", rule["rule"], TINY_PACK, lang=lang).out
    title = {"en": "Make-up lessons", "zh": "补课"}[lang]
    by_title, by_id = lookback("flagged", review, "--outcome", title), lookback("flagged", review, "--outcome", "make_up")
    assert by_title.out == by_id.out
    assert lookback("flagged", review, "--owes", title).out == lookback("flagged", review, "--owes", "make_up").out
    assert lookback("check", TINY, "--pack", TINY_PACK, "--fail-on", title).code == 1


def test_a_title_in_a_condition_is_refused_with_the_id_that_is_meant(lookback: Lookback, review: Path) -> None:
    refused = lookback("flagged", review, "--where", "\"Unit\" = 'x'")
    assert refused.mistakes() == ["unknown-field"]
    assert "write `name`" in refused.err


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (("fl",), "flagged"),
        (("flagged", "{review}", "--outcome", ""), "make_up"),
        (("flagged", "{review}", "--rule", ""), "{rule}"),
        (("explain", ""), "U1"),
        (("check", "x", "--pack", "look"), "lookback-2005"),
        (("check", "x", "--pack", str(TINY_PACK), "--fail-on", "make"), "make_up"),
        (("check", "x", "--as-of", "t"), "today"),
        (("rules", "show", "stat"), "status-known"),
        (("rules", "show", "--fo"), "--format"),
    ],
)
def test_a_shell_proposes_what_may_come_next(
    words: tuple[str, ...], wanted: str, lookback: Lookback, review: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(review.parent)
    rule = json.loads(lookback("rules", "list", TINY_PACK, "--json").out)["rules"][0]["rule"]
    *typed, incomplete = (word.format(review=review) for word in words)
    proposed = ShellComplete(cli.cli, {}, "lookback", "_LOOKBACK_COMPLETE").get_completions(typed, incomplete)
    assert wanted.format(rule=rule) in [item.value for item in proposed]


def test_json_says_what_the_text_of_list_show_and_clauses_says(lookback: Lookback) -> None:
    listed = json.loads(lookback("rules", "list", TINY_PACK, "--json").out)
    ids = [line.split()[0] for line in lookback("rules", "list", TINY_PACK).out.splitlines()[2:]]
    assert [rule["rule"] for rule in listed["rules"]] == ids
    shown = json.loads(lookback("rules", "show", "not-overdue", TINY_PACK, "--format", "json").out)
    assert [*shown["conditions"]] == ["A", "B", "C"]
    assert {decision["status"] for decision in shown["decisions"]} == {"not applicable", "met", "unmet", "unknown"}
    clauses = json.loads(lookback("rules", "clauses", "audit-follow-up", "--json").out)
    rules = json.loads(lookback("rules", "list", "audit-follow-up", "--json").out)["rules"]
    assert {rule for clause in clauses for rule in clause["rules"]} == {rule["rule"] for rule in rules}


def test_json_of_rules_test_holds_failures_coverage_and_mutants(lookback: Lookback, tmp_path: Path) -> None:
    pack = Path(shutil.copytree(TINY_PACK, tmp_path / "pack"))
    (pack / "1-tiny.test.yaml").write_text(
        "tests:\n  - test: late\n    given:\n      units: [{}]\n      issues: [{status: not_started, deadline: 2005-01-01}]\n"
        "    expect:\n      issues: [{unmet: [status-known]}]\n",
        "utf-8",
    )
    run = lookback("rules", "test", pack, "--json", "--coverage")
    told = json.loads(run.out)
    assert (run.code, told["passed"], told["failed"]) == (1, 0, 1)
    assert [(f["what"], f["got"]) for f in told["failures"]] == [("unmet", "not-overdue")]
    assert {c["rule"] for c in told["coverage"]} >= {"status-known", "not-overdue"}


def test_two_formats_at_once_are_refused(lookback: Lookback, review: Path) -> None:
    assert lookback("flagged", review, "--json", "--format", "csv").code == 2
    assert lookback("flagged", review, "--json", "--format", "json").code == 0
