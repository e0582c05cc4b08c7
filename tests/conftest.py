"""What all tests share: how long hypothesis looks, and the fixtures.

`golden` compares a text with a file under tests/golden/, which `pytest --update-golden` rewrites.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("quick", derandomize=True, database=None)  # the same examples every time
settings.register_profile("deep", print_blob=True)  # for `make test-slow`, which tells its seed
settings.load_profile("quick")

GOLDEN = Path(__file__).parent / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite the files of tests/golden/ with what the tests got")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
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


def diff(expected: str, actual: str) -> str:
    """A unified diff, in which a missing or foreign line end shows."""

    def lines(text: str) -> list[str]:
        *whole, rest = text.replace("\r", "\\r").split("\n")
        return [*whole, f"{rest} (no line end)"] if rest else whole

    return "\n".join(difflib.unified_diff(lines(expected), lines(actual), "expected", "actual", lineterm=""))
