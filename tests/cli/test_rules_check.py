"""`lookback rules check`: its formats, exit codes and corrections; and the line that other commands say of warnings."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from broken_packs import BROKEN, RECORDS, RULES, SOUND, TESTS, write_sound
from click.testing import CliRunner, Result
from test_docs import COMMANDS

from lookback.cli import main as cli
from lookback.writers.mistakes import FORMS

BROKEN_BY_NAME = {broken.name: broken for broken in BROKEN}
HERE = "a folder, 100%: 规则"
"""A folder whose name has to be escaped wherever that is done."""


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli.cli, arguments, standalone_mode=False)


@pytest.fixture
def pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A sound pack to break, in the current folder."""
    monkeypatch.chdir(tmp_path)
    write_sound(Path(HERE))
    return Path(HERE)


def breaks(pack: Path, *names: str) -> None:
    """Change the pack as each of the broken ones; of one file only the last change stays."""
    for name in names:
        broken = BROKEN_BY_NAME[name]
        text = (pack / broken.file).read_text("utf-8")
        assert broken.old is not None
        (pack / broken.file).write_text(text.replace(broken.old, str(broken.new)), "utf-8")


@pytest.fixture
def several(pack: Path) -> Path:
    """A pack with errors and warnings: over two lines, without a place, after Chinese text, one that can be mended."""
    breaks(pack, "a-param-that-nothing-uses", "a-command-that-is-none", "an-example-that-no-test-uses")
    text = (pack / RULES).read_text("utf-8")
    text = text.replace("require: due is not null", "require: subject <> '请确定期限。' and cost == 3")
    text = text.replace("    require: signed\n", "    require: >\n      signed and cost\n      between 9 and 1\n")
    (pack / RULES).write_text(text, "utf-8")
    (pack / "2.test.yaml").write_bytes(b"tests: \xff\n")
    return pack


@pytest.mark.parametrize("form", FORMS)
def test_mistakes_are_printed_in_each_format(several: Path, form: str, golden: Callable[[str, str], None]) -> None:
    result = run("rules", "check", str(several), "--format", form, "--lang", "en")
    assert result.return_value == 2
    golden(f"rules-check/several.{form}.txt", result.stdout)


@pytest.mark.parametrize("form", FORMS)
def test_of_a_sound_pack_the_report_is_empty(pack: Path, form: str, golden: Callable[[str, str], None]) -> None:
    result = run("rules", "check", str(pack), "--format", form, "--lang", "en")
    assert result.return_value == 0
    assert result.stderr == ""
    golden(f"rules-check/none.{form}.txt", result.stdout)


def test_the_report_is_in_chinese_as_well(several: Path, golden: Callable[[str, str], None]) -> None:
    golden("rules-check/several.zh.txt", run("rules", "check", str(several), "--lang", "zh").stdout)


def test_with_warnings_alone_the_exit_code_is_0(pack: Path) -> None:
    breaks(pack, "a-param-that-nothing-uses")
    result = run("rules", "check", str(pack), "--lang", "en")
    assert result.return_value == 0
    assert "0 errors, 1 warning" in result.stdout


def test_a_pack_that_there_is_none_of_is_refused(tmp_path: Path) -> None:
    assert "error[no-such-pack]" in str(run("rules", "check", str(tmp_path / "none")).exception)


def test_json_has_every_mistake_with_its_place(several: Path) -> None:
    rows = json.loads(run("rules", "check", str(several), "--format", "json", "--lang", "en").stdout)
    keys = ["code", "severity", "message", "help", "file", "line", "column", "end_line", "end_column"]
    assert all(list(row) == keys for row in rows)
    twice = next(row for row in rows if row["code"] == "double-equals")
    line = (several / RULES).read_text("utf-8").split("\n")[twice["line"] - 1]
    assert line[twice["column"] - 1 : twice["end_column"] - 1] == "=="
    assert twice["file"] == f"{HERE}/{RULES}"


def test_sarif_has_what_its_schema_requires(several: Path) -> None:
    """SARIF 2.1.0: required properties, references that lead somewhere, regions in order, URIs as they have to be."""
    log = json.loads(run("rules", "check", str(several), "--format", "sarif").stdout)
    assert (log["version"], len(log["runs"])) == ("2.1.0", 1)
    (one,) = log["runs"]
    rules = one["tool"]["driver"]["rules"]
    assert one["tool"]["driver"]["name"] == "lookback"
    assert one["columnKind"] == "unicodeCodePoints"
    assert len({rule["id"] for rule in rules}) == len(rules)
    placed = 0
    for result in one["results"]:
        assert result["message"]["text"]
        assert result["level"] in ("error", "warning")
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        for location in result.get("locations", ()):
            place = location["physicalLocation"]
            assert place["artifactLocation"]["uri"].startswith("a%20folder%2C%20100%25%3A%20%E8%A7%84%E5%88%99/")
            if "region" not in place:
                continue
            region = place["region"]
            start, end = (region["startLine"], region["startColumn"]), (region["endLine"], region["endColumn"])
            assert (1, 1) <= start < end
            placed += 1
    assert 0 < placed < len(one["results"])


def test_a_file_elsewhere_is_named_as_a_whole(pack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    breaks(pack, "a-param-that-nothing-uses")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    named = str(Path("..", HERE))
    (row,) = json.loads(run("rules", "check", named, "--format", "json").stdout)
    assert Path(row["file"]).is_absolute()
    (result,) = json.loads(run("rules", "check", named, "--format", "sarif").stdout)["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].startswith("file:///")


def test_fix_mends_says_where_and_tells_what_is_left(several: Path) -> None:
    (several / "2.test.yaml").unlink()
    result = run("rules", "check", str(several), "--fix", "--lang", "en")
    assert result.stderr == f"mended: {HERE}/{RULES}:28 double-equals\n".replace("/", os.sep)
    assert "double-equals" not in result.stdout
    assert "unused-param" in result.stdout
    again = run("rules", "check", str(several), "--fix", "--lang", "en")
    assert (again.stdout, again.stderr) == (result.stdout, "")


# ------------------------------------------------------------------------------------------- what other commands say of it

UNIT = "office_id,name,kind,members\nO1,Water,city,3\n"
TASK = "task_id,office_id,subject,status,due,cost,signed\nT1,O1,Roof,open,2024-07-01,3,yes\n"
TAKES_A_PACK: dict[str, tuple[str, ...]] = {
    "check": ("check", "data", "--pack", HERE),
    "fix-list": ("fix-list", "data", "--pack", HERE, "-o", "sent"),
    "rules clauses": ("rules", "clauses", HERE),
    "rules list": ("rules", "list", HERE),
    "rules prove": ("rules", "prove", HERE),
    "rules show": ("rules", "show", "signed", HERE),
    "rules test": ("rules", "test", HERE),
    "template": ("template", "--pack", HERE, "-o", "form.xlsx"),
}
SAYS_IT_OTHERWISE = {"rules check", "rules new"}
"""The one prints them all; the other writes a rule that gives some."""


def test_every_command_that_takes_a_pack_is_tried_here() -> None:
    takes = {name for name, command in COMMANDS.items() if any(_is_pack(param) for param in command.params)}
    assert takes - SAYS_IT_OTHERWISE == set(TAKES_A_PACK)


def _is_pack(param: click.Parameter) -> bool:
    return param.name == "pack"


@pytest.mark.parametrize("name", TAKES_A_PACK)
def test_a_command_says_in_a_line_that_its_pack_has_warnings(pack: Path, name: str) -> None:
    Path("data").mkdir()
    Path("data/offices.csv").write_text(UNIT, "utf-8")
    Path("data/tasks.csv").write_text(TASK, "utf-8")
    silent = run(*TAKES_A_PACK[name], "--lang", "en")
    assert "rules check" not in silent.output
    breaks(pack, "a-param-that-nothing-uses")
    told = run(*TAKES_A_PACK[name], "--lang", "en")
    assert f"the pack has 1 warning: lookback rules check {HERE}\n" in told.stderr
    assert "warning" not in told.stdout
    assert told.return_value == silent.return_value


def test_warnings_that_need_other_files_are_told_by_check_alone(pack: Path) -> None:
    breaks(pack, "an-example-that-no-test-uses")
    assert run("rules", "list", str(pack)).stderr == ""
    assert "unused-example" in run("rules", "check", str(pack)).stdout


def test_the_pack_of_these_tests_is_sound(pack: Path) -> None:
    assert {RECORDS, TESTS} < set(SOUND)
    assert run("rules", "test", str(pack)).return_value == 0
