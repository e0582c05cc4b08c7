"""What the house promises of the repository itself: its files, versions and pins."""

from __future__ import annotations

import importlib.metadata
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from screen import ROOT

import lookback

LOCK_FILES = re.compile(r"(uv|poetry|pdm|Pipfile|yarn|package-lock|pnpm-lock|pylock|conda-lock)\.(lock|toml|json|ya?ml)")
NOT_INSTALLED = {"atheris", "cyclonedx-bom", "numpy", "pip-audit", "scipy"}
"""What only `make fuzz` and `make test-slow` install, which need no other package; and `make sbom` and `make audit`, which hold
themselves what they install against its pins, the last of the constraints."""
INDEX_ADDRESS = re.compile(
    r"--(?:extra-)?index-url|--find-links|^\s*(?:extra-)?index-url\s*=|^\s*(?:index|registry)\s*=\s*\W?(?:https?|file):|\bpypi\.org/simple",
    re.MULTILINE,
)


@pytest.fixture(scope="module")
def tracked() -> list[Path]:
    """Every file that git tracks, or would with the next `git add`."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listing = subprocess.run(
        [git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True
    ).stdout.decode()
    return [ROOT / name for name in listing.split("\0") if name]


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return project


def pinned(text: str) -> dict[str, Requirement]:
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return {canonicalize_name(pin.name): pin for pin in (Requirement(line) for line in lines if line)}


@pytest.fixture(scope="module")
def pins() -> dict[str, Requirement]:
    return pinned((ROOT / "constraints.txt").read_text("utf-8"))


def declared(project: dict[str, Any]) -> Iterator[Requirement]:
    extras = project["optional-dependencies"].values()
    named = map(Requirement, [*project["dependencies"], *(dependency for extra in extras for dependency in extra)])
    yield from (one for one in named if one.marker is None or one.marker.evaluate())


def test_no_lock_file_is_tracked(tracked: list[Path]) -> None:
    assert [path for path in tracked if LOCK_FILES.fullmatch(path.name)] == []


def test_no_file_names_a_package_index(tracked: list[Path]) -> None:
    named = []
    for path in tracked:
        if path == Path(__file__) or not path.is_file():
            continue
        content = path.read_bytes()
        if b"\0" not in content and (found := INDEX_ADDRESS.search(content.decode("utf-8", "replace"))):
            named.append(f"{path.relative_to(ROOT)}: {found[0].strip()}")
    assert named == []


@pytest.mark.parametrize("command", ["make demo", "make test"])
def test_the_readme_shows_how_to_start(command: str) -> None:
    assert command in (ROOT / "README.md").read_text("utf-8")


def test_every_make_target_that_the_documents_name_exists() -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    documents = "\n".join(path.read_text("utf-8") for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")))
    named = set(re.findall(r"(?:`|\$ |^)make ([a-z-]+)", documents, re.MULTILINE))
    assert named <= targets


def test_the_engine_says_the_version_of_the_package(project: dict[str, Any]) -> None:
    assert lookback.__version__ == project["version"]


def test_the_license_is_the_one_that_is_declared(project: dict[str, Any]) -> None:
    assert project["license"] == "Apache-2.0"
    text = (ROOT / "LICENSE").read_text("utf-8")
    assert text.split()[:4] == ["Apache", "License", "Version", "2.0,"]
    assert "END OF TERMS AND CONDITIONS" in text


def test_every_pin_is_exact(pins: dict[str, Requirement]) -> None:
    assert [str(pin) for pin in pins.values() if not re.fullmatch(r"==[^*,]+", str(pin.specifier)) or pin.url or pin.extras] == []


def test_every_dependency_is_pinned_at_a_version_that_it_allows(project: dict[str, Any], pins: dict[str, Requirement]) -> None:
    wrong = []
    for dependency in declared(project):
        pin = pins.get(canonicalize_name(dependency.name))
        if pin is None:
            wrong.append(f"{dependency.name} is not pinned")
        elif not dependency.specifier.contains(str(pin.specifier).removeprefix("=="), prereleases=True):
            wrong.append(f"{pin} is not allowed by {dependency}")
    assert wrong == []


def test_what_the_dependencies_need_is_pinned_too(project: dict[str, Any], pins: dict[str, Requirement]) -> None:
    waiting, seen, missing = [dependency.name for dependency in declared(project)], set(), []
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name in seen:
            continue
        seen.add(name)
        if name not in pins:
            missing.append(name)
        if name in NOT_INSTALLED:
            continue
        for text in importlib.metadata.requires(name) or []:
            needed = Requirement(text)
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                waiting.append(needed.name)
    assert missing == []
    apart = pinned((ROOT / "constraints.txt").read_text("utf-8").partition("\n# What only `make sbom`")[2].partition("\n")[2])
    assert sorted(set(pins) - seen - set(apart)) == [], "nothing needs these pins"
    assert sorted(set(apart) & seen - NOT_INSTALLED) == [], "these are needed by more than `make sbom` and `make audit`"


def test_ci_can_be_run() -> None:
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111
