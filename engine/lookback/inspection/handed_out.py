"""A folder of what is handed out, a paper a unit: workbooks that come back, and pages to be printed.

In: what is handed out, as others write it. Out: the folder, whole or not at all. An earlier one is replaced only while nobody has
filled in anything. It knows nothing of what the papers say.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from lookback.language.types import in_json
from lookback.place import replaced_folder
from lookback.reviews.folder import MOST_NAMED, sha256_of
from lookback.words.errors import UsageError
from lookback.words.shown import free_stem

PRINT, MARK = "print", ".sheets.json"
"""The folder of what is printed beside workbooks, which `check` does not look into; and what tells a folder as ours."""
Paper = TypeVar("Paper")
Write = Callable[[Path, Path, Paper], None]
"""Writes what one unit gets: to a workbook, and to a page."""


def hand_out(out: Path, papers: Mapping[str, Paper], draw: str, write: Write[Paper]) -> None:
    """Workbooks of units, by their keys, and beneath `print` pages of the same names. Raises OutputError, and UsageError where
    somebody has filled in what was handed out there before."""
    _require_untouched(out)
    with replaced_folder(out, _is_untouched) as folder:
        (folder / PRINT).mkdir()
        names = _names(papers)
        for unit, paper in papers.items():
            write(folder / f"{names[unit]}.xlsx", folder / PRINT / f"{names[unit]}.html", paper)
        _mark(folder, folder / PRINT / MARK, draw, {f"{name}.xlsx": unit for unit, name in names.items()})


def hand_out_pages(out: Path, pages: Mapping[str, str], draw: str) -> None:
    """Pages of units, by their keys. Raises as `hand_out`."""
    _require_untouched(out)
    with replaced_folder(out, _is_untouched) as folder:
        names = _names(pages)
        for unit, page in pages.items():
            (folder / f"{names[unit]}.html").write_text(page, "utf-8", newline="\n")
        _mark(folder, folder / MARK, draw, {f"{name}.html": unit for unit, name in names.items()})


def _names(units: Mapping[str, object]) -> dict[str, str]:
    """What the file of each unit is called, without its ending."""
    taken: set[str] = set()
    return {unit: free_stem(taken, unit, " ") for unit in units}


def _mark(folder: Path, file: Path, draw: str, units: Mapping[str, str]) -> None:
    files = {path.relative_to(folder).as_posix(): sha256_of(path) for path in _files(folder)}
    file.write_text(in_json({"draw": draw, "units": units, "files": files}) + "\n", "utf-8")


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def _is_untouched(folder: Path) -> bool:
    """Whether a folder is one of these, in which every file is as it was written."""
    return _touched(folder) == []


def _touched(folder: Path) -> list[str] | None:
    """The files of one of these folders that are not as they were written; None where it is none of these."""
    marks = [path for path in (folder / PRINT / MARK, folder / MARK) if path.is_file()]
    try:
        kept = json.loads(marks[0].read_text("utf-8"))["files"].items()
    except (IndexError, OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    here = {path.relative_to(folder).as_posix(): sha256_of(path) for path in _files(folder) if path not in marks}
    return sorted({name for name, _ in {*here.items()} ^ {*kept}})


def _require_untouched(out: Path) -> None:
    """Raises UsageError where a folder is one of these, and somebody has filled something in."""
    if touched := _touched(out):
        more = ["…"] if len(touched) > MOST_NAMED else []
        raise UsageError("sheets-filled-in", folder=str(out), files=", ".join([*touched[:MOST_NAMED], *more]))
