"""What a review was made with, by which another run gives the same bytes."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from lookback import VERSION

SHAPING = ("charset-normalizer", "duckdb", "durable_rules", "pyarrow", "python-calamine", "sqlglot", "xlsxwriter")
"""The libraries that read records, judge them, or write the files of a review."""


def versions() -> dict[str, str]:
    return {"lookback": VERSION, **of_others()}


@cache
def of_others() -> dict[str, str]:
    found = {"python": f"{sys.version_info.major}.{sys.version_info.minor}"}
    for name in SHAPING:
        with suppress(PackageNotFoundError):  # durable_rules, where it cannot be built
            found[name] = version(name)
    return found


def others(made_with: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Of what a review was made with, what is another version here: then, now."""
    here = versions()
    return {name: (then, here.get(name, "–")) for name, then in made_with.items() if here.get(name) != then}
