"""The folder of a publication: filled, searched, and put in its place; or nothing.

In: what was told, what fills its files, and what fills the same files of nobody. Out: the folder, with `publication.json`, which
names the audience, the pack, its parameters and the hashes of the other files, and nothing of the review. Where a file would tell
a value that is withheld, nothing is written.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lookback import VERSION
from lookback.language.types import in_json
from lookback.place import replaced_folder, temporary
from lookback.publishing.audience import Circle
from lookback.publishing.public import Publication
from lookback.publishing.searching import Search, texts_in
from lookback.publishing.withheld import Withheld
from lookback.reviews.folder import Review, sha256_of, write_summary
from lookback.words import CATALOGUE
from lookback.words.errors import OutputError

SUMMARY, FORMAT = "publication.json", 1
MADE_BY_LIBRARIES = ("2000-01-01", "1980-01-01", "2013-12-23")
"""Days that the writers of documents put there."""
Fill = Callable[[Path], None]


@dataclass(frozen=True)
class Part:
    """Files that go to one reader. `keys`: the units that he is told of; `publication`: what."""

    files: Mapping[str, Fill]
    keys: Sequence[str]
    publication: Publication


def write_publication(
    out: Path, review: Review, circle: Circle, parts: Sequence[Part], blank: Mapping[str, Fill], lang: str
) -> tuple[int, int]:
    """`blank`: what fills the files of nobody. Gives how many files there are, and how many spellings of values were looked for.
    Raises OutputError, also where a value that is withheld stands in a file."""
    with replaced_folder(out, lambda there: _is_publication(there, circle.name)) as folder:
        names = [name for part in parts for name in part.files]
        for part in parts:
            for name, fill in part.files.items():
                fill(folder / name)
        pack = circle.pack.pack
        summary = {
            "lookback": VERSION,
            "publication_format": FORMAT,
            "audience": circle.name,
            "language": lang,
            "pack": {"name": pack.header.pack, "version": pack.header.version, "sha256": pack.sha256},
            "params": dict(circle.pack.params),
            "files": {name: sha256_of(folder / name) for name in sorted(names)},
        }
        write_summary(folder, in_json(summary), SUMMARY)
        return len(names), searched(folder, review, circle, parts, blank, lang)


def searched(folder: Path, review: Review, circle: Circle, parts: Sequence[Part], blank: Mapping[str, Fill], lang: str) -> int:
    """How many spellings of values were looked for in the files of a folder. Raises OutputError where one is found."""
    withheld = Withheld(review, circle, lang)
    known = [*circle.pack.pack.texts.values(), *(said for both in CATALOGUE.values() for said in both), *MADE_BY_LIBRARIES]
    known += [VERSION, *map(str, circle.pack.params.values())]
    of_nobody = list[str]()
    with temporary() as work:
        for name, fill in blank.items():
            fill(Path(work, name))
            of_nobody += texts_in(name, Path(work, name).read_bytes())
    search = Search(withheld.needles.values(), known, withheld.exactly, of_nobody)
    summary = json.loads((folder / SUMMARY).read_text("utf-8"))
    own = {"files": [*summary["files"]], "sha256": "", "pack": {**summary["pack"], "sha256": ""}}  # a hash tells nothing
    _search(search, {SUMMARY: in_json({**summary, **own}).encode()}, withheld.public(k for part in parts for k in part.keys), ())
    for part in parts:
        files = {name: (folder / name).read_bytes() for name in part.files}
        _search(search, files, withheld.public(part.keys), _reckoned(part.publication))
    return search.size


def _search(search: Search, files: Mapping[str, bytes], public: Sequence[str], reckoned: Sequence[str]) -> None:
    if (leak := search.leak(files, public, reckoned)) is not None:
        raise OutputError("publication-leaks", file=leak[0], what=leak[1].what)


def _reckoned(made: Publication) -> list[str]:
    """Numbers and days that a publication works out of what it tells: reasons, counts, terms."""
    reasons = [reason for unit in made.units for found in unit.found if (reason := found.reason) is not None]
    counts = [n for table in made.counts for row in table.cells for n in row if n is not None]
    counts += [found.n for unit in made.units for found in unit.found]
    return [*reasons, *map(str, (*counts, *range(len(made.units) + 1), *made.due.values(), made.day))]


def _is_publication(folder: Path, audience: str) -> bool:
    """Raises OutputError for one of another audience."""
    try:
        kept = json.loads((folder / SUMMARY).read_text("utf-8"))
        files = kept["files"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return False
    if "publication_format" in kept and kept.get("audience") != audience:
        raise OutputError("publication-of-another", folder=str(folder), name=kept.get("audience"))
    return "publication_format" in kept and {path.name for path in folder.iterdir()} <= {SUMMARY, *files}
