"""What lookback is run, tested and built with is under licences that go with Apache-2.0; `docs/licences.md` lists them."""

from __future__ import annotations

import importlib.metadata
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest
from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from screen import ROOT, Kept

PAGE = ROOT / "docs" / "licences.md"
COMPATIBLE = {"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "MPL-2.0", "PSF-2.0", "Zlib"}
COMPATIBLE |= {"MIT-0"}  # cffi
IN_OTHER_WORDS = {
    "Apache 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",  # which of them was looked up: jinja2
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "MIT license": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "PSFL": "PSF-2.0",
}
"""What metadata of older ways say, in SPDX's words."""
HEAD = """\
# Licences

lookback is under Apache-2.0. Its wheel holds no other package; these are the packages that it is run, tested and built with, each
with the licence that it says of itself at the version of `constraints.txt`. `make test` holds this page against what is
installed, and refuses a licence that it does not know or that does not go with Apache-2.0 (`tests/test_licences.py`). MPL-2.0
asks that changes to its own files stay under it: none of them is changed or copied here.

| package | licence | for |
|---|---|---|
"""


def licence(name: str) -> str | None:
    """The licence that an installed package says of itself, as an SPDX expression; None of one that is not installed."""
    try:
        said = importlib.metadata.metadata(name)
    except importlib.metadata.PackageNotFoundError:
        return None
    classified = (text.rpartition(" :: ")[2] for text in said.get_all("Classifier") or () if text.startswith("License :: "))
    texts = [
        text for key in ("License-Expression", "License") if (text := said.get(key)) and text != "UNKNOWN" and "\n" not in text
    ]
    found = texts[0] if texts else " AND ".join(IN_OTHER_WORDS.get(text, text) for text in classified)
    try:
        return canonicalize_license_expression(IN_OTHER_WORDS.get(found, found))
    except InvalidLicenseExpression:
        return f"unknown: {found}"


def is_compatible(expression: str) -> bool:
    parts = (re.split(" OR ", part) for part in expression.split(" AND "))
    return all(any(one.strip("() ") in COMPATIBLE for one in part) for part in parts)


def needed_by(names: Iterable[str]) -> set[str]:
    """Packages, and what they need, as far as they are installed."""
    waiting, found = list(names), set[str]()
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name not in found:
            found.add(name)
            requires = importlib.metadata.requires(name) or () if licence(name) else ()
            needed = map(Requirement, requires)
            waiting += [one.name for one in needed if one.marker is None or one.marker.evaluate({"extra": ""})]
    return found


@cache
def pinned() -> dict[str, str]:
    """The packages of `constraints.txt`: canonical names, and those that stand there."""
    lines = (line.partition("#")[0].strip() for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines())
    return {canonicalize_name(name): name for name in (Requirement(line).name for line in lines if line)}


def listed() -> dict[str, str]:
    rows = (
        re.findall(r"^\| (\S+) \| ([^|]+) \|", PAGE.read_text("utf-8").partition("|---|")[2], re.MULTILINE)
        if PAGE.exists()
        else []
    )
    return {canonicalize_name(name): expression for name, expression in rows}


def test_the_page_lists_the_licence_that_every_package_says(kept: Kept) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    uses = {"running": project["dependencies"], "developing": project["optional-dependencies"]["dev"]}
    uses |= {"`make fuzz`": project["optional-dependencies"]["fuzz"]}
    uses |= {"`make test-slow`": project["optional-dependencies"]["opinion"]}
    needed = {use: needed_by(Requirement(text).name for text in of) for use, of in uses.items()}
    was, rows = listed(), []
    for name, written in sorted(pinned().items()):
        use = next((use for use in needed if name in needed[use]), "`make sbom`, `make audit`")
        rows.append(f"| {written} | {licence(name) or was.get(name, 'look it up')} | {use} |\n")
    kept("docs/licences.md", HEAD + "".join(rows))


def test_every_licence_is_known_and_goes_with_apache() -> None:
    assert {name: said for name, said in listed().items() if not is_compatible(said)} == {}


@pytest.mark.parametrize(
    ("expression", "goes"),
    [
        ("MIT", True),
        ("MPL-2.0 AND MIT", True),
        ("GPL-3.0-only OR MIT", True),
        ("GPL-3.0-only", False),
        ("MIT AND AGPL-3.0-or-later", False),
        ("look it up", False),
    ],
)
def test_a_licence_that_does_not_go_with_apache_is_told(expression: str, goes: bool) -> None:
    assert is_compatible(expression) is goes


FOUND = '{"dependencies": [{"name": "old", "version": "1", "vulns": [{"id": "PYSEC-1", "fix_versions": []}]}]}'


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
@pytest.mark.parametrize(
    ("does", "code", "said"),
    [
        pytest.param(
            f"echo '{FOUND}' >$4; exit 1", 2, "known vulnerabilities:\n  old 1 PYSEC-1 mended in no version\n", id="found"
        ),
        pytest.param("echo '{\"dependencies\": []}' >$4", 0, "audited: no known vulnerability (build/audit.json)\n", id="none"),
        pytest.param("echo 'no such host' >&2; exit 1", 2, "It said (build/audit.log):\nno such host\n", id="nobody-to-ask"),
    ],
)
def test_an_audit_that_was_none_is_told_as_that(does: str, code: int, said: str, tmp_path: Path) -> None:
    tools = tmp_path / "supply" / "bin"
    tools.mkdir(parents=True)
    (tools / "pip-audit").write_text(f'#!/bin/sh\nwhile [ "$1" != --format ]; do shift; done\n{does}\n', "utf-8")
    (tools / "pip-audit").chmod(0o755)
    ready = tmp_path / "supply" / ".ready"
    ready.touch()
    command = ["make", "-f", ROOT / "Makefile", "-o", ready, "audit", f"SUPPLY={ready.parent}", f"VENV={sys.prefix}"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (run.returncode, said in run.stdout + run.stderr) == (code, True), run.stdout + run.stderr
    assert ("not audited" in run.stderr) == (not (tmp_path / "build" / "audit.json").exists())
