"""The folder of hostile test files from public suites: what is in it, and how tests read it.

It lies beside the project (../shared/corpus), or where the environment variable LOOKBACK_CORPUS points. Nothing of it is copied
into the project: tests unpack what they need into folders of their own.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from lookback.headers.heads import Names, find_head
from lookback.language.types import Type
from lookback.packs.checked import CheckedPack, Pack, normal
from lookback.packs.model import FieldDef, Header, OutcomeDef, TableDef, Title
from lookback.records.find import Inputs, find_tables
from lookback.records.formats.encodings import Words
from lookback.records.formats.files import Files, InputFile
from lookback.records.formats.texts import look_at
from lookback.records.formats.workbooks import Sheet, read_workbooks
from lookback.records.read import Read, read_records
from lookback.warehouse.duckdb import DuckDB
from lookback.words.errors import InternalError, LookbackError

CORPUS = Path(os.environ.get("LOOKBACK_CORPUS") or Path(__file__).parents[2] / "shared" / "corpus")
needs_corpus = pytest.mark.skipif(
    not (CORPUS / "README.md").is_file(), reason="no corpus of hostile files: neither ../shared/corpus nor LOOKBACK_CORPUS"
)
OWN = "own"
"""The only table of a pack that is made for a file."""


def members(archive: str) -> list[str]:
    """The files of an archive of the corpus."""
    with zipfile.ZipFile(CORPUS / archive) as opened:
        return sorted(member.filename for member in opened.infolist() if not member.is_dir())


def unpacked(archive: str, names: Sequence[str], folder: Path) -> dict[str, Path]:
    """Some files of an archive of the corpus, in `folder`, each in a folder of its own with its own name."""
    paths = {}
    with zipfile.ZipFile(CORPUS / archive) as opened:
        for i, name in enumerate(names):
            paths[name] = folder / str(i) / Path(name).name
            paths[name].parent.mkdir(parents=True)
            paths[name].write_bytes(opened.read(name))
    return paths


OF_ROWS = ("misfit", "no-key", "no-parent-key", "unknown-parent", "parent-spelt", "key-repeated")
"""Kinds of problems of rows that are in no record; the others are of values, or of columns and tables."""


@dataclass
class Outcome:
    """What came of reading one file: records, or the error that a user would be told.

    told: how many rows of the file are listed as problems or told in notices, though they are in no record.
    """

    inputs: Inputs = field(default_factory=Inputs)
    read: Read | None = None
    records: list[dict[str, object]] = field(default_factory=list)
    problems: list[dict[str, object]] = field(default_factory=list)
    error: LookbackError | None = None
    key: str = ""

    @property
    def told(self) -> int:
        unnamed = ("columns-disagree", self.key)  # a unit whose two columns of its key differ
        of_rows = [p for p in self.problems if p["kind"] in OF_ROWS or (p["kind"], p["field"]) == unnamed]
        rows = {(p["input"], p["row"], p["kind"]) for p in of_rows}
        below = sum(notice.code == "note-below" for notice in self.inputs.notices)
        return len(rows) + below

    @property
    def said(self) -> str:
        return "records" if self.error is None else self.error.code


class Reader:
    """Reads files one by one, as `lookback check table=FILE` does, but for judging. The workbooks among `files` are read by one
    set of processes: to start them for each would take most of the time."""

    def __init__(self, files: Mapping[str, Path], folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.files, self.folder = files, folder
        self.warehouse = DuckDB(folder, threads=1)
        self.runs = 0
        self.sheets: dict[Path, list[Sheet] | Exception] = {}
        finder = Files(folder / "found")
        self.found: dict[str, InputFile | LookbackError] = {}
        for name, path in files.items():
            try:
                (self.found[name],) = finder.find(path, None)
            except LookbackError as error:
                self.found[name] = error
        books = [f for f in self.found.values() if isinstance(f, InputFile) and f.kind == "workbook"]
        with closing(read_workbooks(books, folder / "sheets")) as results:
            for book, sheets in zip(books, results, strict=True):
                self.sheets[book.path] = sheets

        def read_again(files: Sequence[InputFile], _: Path) -> Iterator[list[Sheet] | Exception]:
            yield from (self.sheets[file.path] for file in files)

        monkeypatch.setattr("lookback.records.find.read_workbooks", read_again)

    def read(self, name: str, table: str, pack: CheckedPack, encoding: str | None = None) -> Outcome:
        """Records of a file, or an error that is ours; whatever else is raised goes through."""
        self.runs += 1
        folder = self.folder / f"run-{self.runs}"
        folder.mkdir()
        outcome = Outcome(key=pack.tables[table].key)
        try:
            outcome.inputs = find_tables(
                [f"{table}={self.files[name]}"], pack.tables, self.warehouse, folder / "inputs", encoding=encoding
            )
            outcome.read = read_records(outcome.inputs, pack, folder / "records", self.warehouse, "en")
        except InternalError:
            raise
        except LookbackError as error:
            outcome.error = error
        else:
            outcome.records = self.warehouse.arrow(f'FROM "records_{table}" ORDER BY _row').to_pylist()
            problems = self.warehouse.run("SELECT * FROM problems").to_arrow_table()
            outcome.problems = problems.to_pylist()
        return outcome

    def header(self, name: str) -> tuple[str, ...] | None:
        """The header that a file's first rows show to who expects none in particular; None where there is none."""
        file = self.found[name]
        if isinstance(file, LookbackError):
            return None
        table = table_of(("zz",))
        names = Names(table)
        if file.kind == "text":
            looked = look_at(file, [names], None, Words.of({"zz": table}), [])
            return looked[0].head.headers if looked else None
        sheets = self.sheets[file.path]
        grids = [s.grid for s in sheets if s.grid is not None and s.grid.rows.num_rows] if isinstance(sheets, list) else []
        head = find_head(grids[0].head(), names) if grids else None
        return head.headers if head else None


def table_of(titles: Sequence[str], key: int = 0) -> TableDef:
    """A table of texts: a field a title, f0, f1, …; what repeats an earlier title, or is none, is no field."""
    fields: dict[str, FieldDef] = {}
    seen: set[str] = set()
    for i, title in enumerate(titles):
        if title and (not normal(title) or normal(title) not in seen):
            seen.add(normal(title))
            fields[f"f{i}"] = FieldDef(type=Type.TEXT, title=Title(en=title))
    key_field = f"f{key}" if f"f{key}" in fields else next(iter(fields))
    return TableDef(key=key_field, fields=fields)


def pack_of(table: TableDef) -> CheckedPack:
    """A pack without rules, of this table alone."""
    header = Header(pack="own", version="1", outcomes=(OutcomeDef(outcome="good"), OutcomeDef(outcome="bad")))
    pack = Pack((), header, {OWN: table}, (), (), (), (), None, {})
    return CheckedPack(pack, (), (), OWN, {})
