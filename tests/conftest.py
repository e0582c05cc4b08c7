"""What all tests share: how long hypothesis looks, and the fixtures.

`lookback` runs a command in this process. `city`, `small` and `audit` are reviews, made once for all tests that read them.
`golden` compares a text with a file under tests/golden/, which `pytest --update-golden` rewrites.
"""

from __future__ import annotations

import difflib
import gc
import signal
from collections import Counter
from pathlib import Path

import click
import pytest
import sparing  # noqa: F401  before what it makes cheaper
from hypothesis import settings
from screen import ROOT, Folders, Golden, Kept, Lookback, Run

import lookback
import lookback.cli._base
import lookback.place
from lookback.cli import main as cli

settings.register_profile("quick", derandomize=True, database=None)  # the same examples every time
settings.register_profile("deep", print_blob=True)  # for `make test-slow`, which tells its seed
settings.load_profile("quick")

GOLDEN = Path(__file__).parent / "golden"
lookback.cli._base.EVERY = 1e6  # what a command prints does not depend on how busy the machine is; `test_going_on` has its own
lookback.place.os.fsync = lambda opened: None  # a disk takes its time; `test_place` has its own
signal.signal(signal.SIGINT, signal.default_int_handler)  # what a shell runs beside it ignores this, and what that starts
NAMES = {*cli.cli.list_commands(click.Context(cli.cli))}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with long tests or many first: the last of all should not keep the other processes waiting."""
    long, tests = {item.path for item in items if any(item.iter_markers("long"))}, Counter(item.path for item in items)
    items.sort(key=lambda item: (item.path not in long, -tests[item.path]))


def pytest_collection_finish() -> None:
    """What is there now stays: nobody needs to look through it for garbage again."""
    gc.collect()
    gc.freeze()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite the files of tests/golden/ with what the tests got")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """`golden(path, text)`: text must be the content of tests/golden/<path>, to the letter."""
    update = bool(request.config.getoption("--update-golden"))

    def compare(path: str, text: str) -> None:
        file = GOLDEN / path
        if update:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text.encode())
            return
        again = f"tests/golden/{path} %s; write it with: pytest --update-golden"
        if not file.exists():
            pytest.fail(again % "is missing", pytrace=False)
        expected = file.read_bytes().decode()
        if text != expected:
            pytest.fail(f"{again % 'differs'}\n\n{diff(expected, text)}", pytrace=False)

    return compare


@pytest.fixture
def kept(pytestconfig: pytest.Config) -> Kept:
    """`kept(path, text)`: the file must say this, or is made to with --update-golden."""

    def compare(path: str, text: str) -> None:
        file = ROOT / path
        if pytestconfig.getoption("--update-golden"):
            file.write_text(text, "utf-8")
        found = file.read_text("utf-8") if file.exists() else ""
        if found != text:
            pytest.fail(f"{path} is not up to date; write it with: pytest --update-golden\n\n{diff(text, found)}", pytrace=False)

    return compare


@pytest.fixture(name="lookback")
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Lookback:
    """`lookback("check", folder, …)`, in English unless `lang` says otherwise."""

    monkeypatch.setattr(lookback.cli._base, "EVERY", 3600)  # how often something says that it goes on depends on the machine

    def run(*arguments: object, lang: str = "en") -> Run:
        monkeypatch.setattr(lookback.cli._base, "LANG", lang)
        given = [str(argument) for argument in arguments]
        words = {"rules": 2, "secret": 2, "ledger": 3}.get(given[0], 1) if given else 1  # `rules check`, `ledger FILE add`
        if given and given[0] in NAMES:
            given[words:words] = ["--lang", lang]
        with pytest.raises(SystemExit) as ended:
            cli.main(given)
        said = capsys.readouterr()
        assert "Traceback" not in said.err or "--debug" in given
        return Run(int(ended.value.code or 0), said.out, said.err)

    return run


@pytest.fixture
def folders(tmp_path_factory: pytest.TempPathFactory) -> Folders:
    """A function that gives a new, empty folder: hypothesis runs a test many times with one `tmp_path`."""
    return lambda: tmp_path_factory.mktemp("folder")


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> lookback.Review:
    day, out = {"as_of": "2005-10-20"}, tmp_path_factory.mktemp("city") / "review"
    return lookback.check(ROOT / "fixtures/example-city/csv", params=day, lang="en", out=out)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> lookback.Review:
    return lookback.check(ROOT / "fixtures/small", lang="en", out=tmp_path_factory.mktemp("small") / "review")


@pytest.fixture(scope="session")
def audit(tmp_path_factory: pytest.TempPathFactory) -> lookback.Review:
    out = tmp_path_factory.mktemp("audit") / "review"
    return lookback.check(ROOT / "fixtures/audit-office", ROOT / "rules/audit-follow-up", lang="en", out=out)


def diff(expected: str, actual: str) -> str:
    """A unified diff, in which a missing or foreign line end shows."""

    def lines(text: str) -> list[str]:
        *whole, rest = text.replace("\r", "\\r").split("\n")
        return [*whole, f"{rest} (no line end)"] if rest else whole

    return "\n".join(difflib.unified_diff(lines(expected), lines(actual), "expected", "actual", lineterm=""))
