"""A pack's folder of YAML files -> `Pack`. Every mistake of form is collected and shown at its place.

Form only: whether the names exist and the conditions make sense is the business of `checks`, YAML that of `yaml_places`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path as FilePath
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from lookback.language.types import Type, Value
from lookback.notions import kept
from lookback.packs._yaml import decoded, quote_help, read_yaml
from lookback.packs.checked import Pack
from lookback.packs.checks.siblings import of_unique
from lookback.packs.layout import flow
from lookback.packs.model import (
    BETWEEN_PARTS,
    REVIEW,
    CalendarFile,
    ClauseFile,
    FieldDef,
    Header,
    KeyField,
    OutcomeDef,
    Records,
    RuleFile,
    TableDef,
    TestFile,
    Title,
)
from lookback.packs.references.rows import Rows, asked_by, is_within
from lookback.place import settle, temporary
from lookback.words import Word
from lookback.words.errors import Help, Mistake, PackError, UsageError, did_you_mean
from lookback.words.source import Path, Place, Source, Span

HERE = FilePath(__file__).resolve().parents[1]
BUILT_IN = next((f for f in (HERE / "rules", HERE.parents[1] / "rules") if f.is_dir()), HERE.parents[1] / "rules")
LARGEST_FILE = 5_000_000
M = TypeVar("M", bound=BaseModel)


def built_in_packs() -> list[str]:
    """The names of the packs that come with lookback."""
    return sorted(f.name for f in BUILT_IN.iterdir() if (f / "pack.yaml").is_file()) if BUILT_IN.is_dir() else []


def find_pack(pack: str | FilePath) -> FilePath:
    """The folder of a pack, given as a folder or as the name of a built-in one. Raises UsageError."""
    folder = FilePath(pack)
    settle(folder)
    if (folder / "pack.yaml").is_file():
        return folder
    if str(pack) in built_in_packs():
        return BUILT_IN / str(pack)
    if folder.is_dir():
        raise UsageError("no-pack-yaml", folder=str(pack))
    raise UsageError(
        "no-such-pack", pack=str(pack), known=", ".join(built_in_packs()), help=did_you_mean(str(pack), built_in_packs())
    )


def read_pack(pack: str | FilePath) -> Pack:
    """Read a pack from its folder, or a built-in one by name. What a process has read is read anew only where a file of it is
    another one than then.

    Raises PackError with every mistake of form, UsageError where there is no such pack.
    """
    folder = find_pack(pack)
    for i, before in enumerate(_kept):
        if before.folder == folder and before.is_so():
            _kept.insert(0, _kept.pop(i))
            return before.pack
    reader = _Reader()
    found = _read(folder, reader)
    _kept.insert(0, _Kept(folder, _listed(folder, found), reader.data, found))
    del _kept[kept.MOST :]
    return found


def read_sound_parts(pack: str | FilePath) -> Pack:
    """The same without its files of rules that have mistakes of form. Raises PackError where others have."""
    return _read(find_pack(pack), _Reader(), sound_parts=True)


@dataclass(frozen=True)
class _Kept:
    """A pack that was read, the files that were found, and what they said."""

    folder: FilePath
    files: Sequence[FilePath | None]
    data: Mapping[FilePath, bytes]
    pack: Pack

    def is_so(self) -> bool:
        try:
            return self.files == _listed(self.folder, self.pack) and all(f.read_bytes() == old for f, old in self.data.items())
        except OSError:
            return False


_kept: list[_Kept] = []


def _listed(folder: FilePath, pack: Pack) -> list[FilePath | None]:
    calendar = pack.header.calendar
    found = [*_rule_files(folder), *_papers(folder), *folder.glob("clauses.yaml")]
    return [*found, _calendar(folder, calendar) if calendar is not None else None]


def _rule_files(folder: FilePath) -> list[FilePath]:
    return sorted(folder.glob("*.rules.yaml"), key=_by_chapter)


def _papers(folder: FilePath) -> list[FilePath]:
    return sorted((folder / PAPERS).glob("*.md"))


def _read(folder: FilePath, reader: _Reader, *, sound_parts: bool = False) -> Pack:
    header = reader.read(folder / "pack.yaml", Header)
    records = reader.read(folder / "records.yaml", Records)
    clause_file = str(folder / "clauses.yaml")
    clauses = reader.read(folder / "clauses.yaml", ClauseFile) if (folder / "clauses.yaml").exists() else None
    chapters = [(file, reader.read(file, RuleFile)) for file in _rule_files(folder)]
    calendar_file = _calendar(folder, header.calendar) if header is not None and header.calendar is not None else None
    calendar = reader.read(calendar_file, CalendarFile) if calendar_file is not None else None
    if calendar_file is None and header is not None and header.calendar is not None:
        path: Path = (str(folder / "pack.yaml"), "calendar")
        args = {"name": header.calendar, "known": ", ".join(built_in_calendars())}
        reader.mistakes.append(Mistake("no-such-calendar", nearest(reader.places, path).span, args))
    papers = {file.stem: paper for file in _papers(folder) if (paper := reader.paper(file)) is not None}
    if not chapters:
        reader.mistakes.append(Mistake("no-rules-file", None, {"folder": str(folder)}))
    tables = _with_keys(_with_former_names(records.tables)) if records is not None else {}
    rows = reader.rows(folder, tables)
    if header is None or records is None or (reader.mistakes and not sound_parts):
        raise PackError(reader.mistakes)
    read = [(str(file), chapter) for file, chapter in chapters if chapter is not None]
    rules = [((file, "rules", i), rule) for file, chapter in read for i, rule in enumerate(chapter.rules)]
    of_tables = of_unique(str(folder / "records.yaml"), records.tables)
    facts = [((file, "facts", i), fact) for file, chapter in read for i, fact in enumerate(chapter.facts)]
    whole = REVIEW if REVIEW not in tables else None
    return Pack(
        files=tuple(reader.sources),
        header=header,
        tables=tables,
        blanks=records.blanks,
        facts=(*of_tables[0], *((path, fact) for path, fact in facts if fact.of != whole)),
        rules=(*of_tables[1], *((path, rule) for path, rule in rules if rule.until is None and rule.for_ != whole)),
        whole=(
            tuple((path, fact) for path, fact in facts if fact.of == whole),
            tuple((path, rule) for path, rule in rules if rule.until is None and rule.for_ == whole),
        ),
        retired=tuple((path, rule) for path, rule in rules if rule.until is not None),
        groups=tuple(((file, "groups", i), group) for file, chapter in read for i, group in enumerate(chapter.groups)),
        clauses=tuple(((clause_file, "clauses", i), c) for i, c in enumerate(clauses.clauses)) if clauses else None,
        places=reader.places,
        calendar=((str(calendar_file),), calendar) if calendar is not None else None,
        papers=papers,
        shared={file: chapter.when for file, chapter in read if chapter.when is not None},
        rows=rows,
    )


def _with_former_names(tables: Mapping[str, TableDef]) -> dict[str, TableDef]:
    """Tables and fields that may be called as they were before."""
    found = {}
    for name, table in tables.items():
        fields = {id_: f.model_copy(update={"also": (*f.also, *f.was)}) if f.was else f for id_, f in table.fields.items()}
        found[name] = table.model_copy(update={"also": (*table.also, *table.was), "fields": fields})
    return found


def _with_keys(tables: Mapping[str, TableDef]) -> dict[str, TableDef]:
    """Tables with the keys that no column has among their fields, their parents' as well."""

    def keys(table: TableDef) -> dict[str, FieldDef]:
        if table.key in table.fields or not (table.parts == () or all(f in table.fields for f in table.parts)):
            return {}
        return {table.key: KeyField.model_validate({"type": Type.TEXT, "title": _together(table), "parts": table.parts})}

    found = {}
    for name, table in tables.items():
        above = tables.get(table.belongs_to or "")
        own = keys(table)
        if above is not None and above.parts and all(f in table.fields for f in above.parts):
            own = keys(above) | own
        found[name] = table.model_copy(update={"fields": own | table.fields}) if own else table
    return found


def _together(table: TableDef) -> Title | None:
    """What people call a key of several fields."""
    titles = [(f, table.fields[f].title) for f in table.parts]
    if not titles or all(title is None for _, title in titles):
        return None
    said = {lang: BETWEEN_PARTS.join(f if t is None else t.in_(lang) for f, t in titles) for lang in ("en", "zh")}
    return Title(**said)


PAPERS = "papers"
CALENDARS, CALENDAR = "calendars", ".calendar.yaml"


def built_in_calendars() -> list[str]:
    """The names of the calendars that come with lookback."""
    return sorted(file.name.removesuffix(CALENDAR) for file in (BUILT_IN / CALENDARS).glob(f"*{CALENDAR}"))


def _calendar(folder: FilePath, name: str) -> FilePath | None:
    """The file of a calendar: the pack's own, else the built-in one, which then is a file of the pack."""
    own = folder / f"{name}{CALENDAR}"
    return own if own.is_file() else BUILT_IN / CALENDARS / own.name if name in built_in_calendars() else None


def read_tests(pack: str | FilePath) -> list[tuple[TestedFile, TestFile]]:
    """The test files of a pack, with the places of what they say. Raises PackError with every mistake of form."""
    files, mistakes = readable_tests(pack)
    if mistakes:
        raise PackError(mistakes)
    return files


def readable_tests(pack: str | FilePath) -> tuple[list[tuple[TestedFile, TestFile]], list[Mistake]]:
    """The test files of a pack that can be read, and every mistake of form in the others."""
    folder = find_pack(pack)
    reader = _Reader()
    read = [(str(file), reader.read(file, TestFile)) for file in sorted(folder.glob("*.test.yaml"), key=_by_chapter)]
    return [(TestedFile(name, reader.places), tests) for name, tests in read if tests is not None], reader.mistakes


@dataclass(frozen=True)
class TestedFile:
    """A test file's name, and where everything in it stands."""

    name: str
    places: Mapping[Path, Place]

    def span(self, *path: str | int) -> Span:
        return nearest(self.places, (self.name, *path)).span


def _by_chapter(file: FilePath) -> tuple[int, str]:
    """Files in the order of the number before their first hyphen: 2 before 10."""
    number = file.name.split("-")[0]
    return (int(number) if number.isdecimal() else 0, file.name)


class _Reader:
    """Reads files into models, and remembers sources, places and mistakes."""

    def __init__(self) -> None:
        self.sources: list[Source] = []
        self.data: dict[FilePath, bytes] = {}
        self.places: dict[Path, Place] = {}
        self.mistakes: list[Mistake] = []

    def read(self, file: FilePath, model: type[M]) -> M | None:
        source = self._source(file)
        if source is None:
            return None
        values, places, mistakes = read_yaml(source)
        self.places |= places
        self.mistakes += mistakes
        if mistakes:
            return None
        try:
            return model.model_validate_json(json.dumps(values))
        except ValidationError as error:
            for e in error.errors():
                self._translate(source, model, e)
            return None

    def rows(self, folder: FilePath, tables: Mapping[str, TableDef]) -> dict[str, list[dict[str, Value]]]:
        """The rows of the tables that have a file of their own in the pack, typed."""
        found = {}
        for table, definition in tables.items():
            if definition.rows is None or not definition.reference:
                continue
            if not is_within(definition.rows):
                span = self._nearest((str(folder / "records.yaml"), "tables", table, "rows"))
                self.mistakes.append(Mistake("rows-outside", span, {"name": definition.rows}))
            elif (source := self._source(folder / definition.rows)) is not None:
                read = Rows(source, table, definition)
                for by in dict.fromkeys(asked_by(tables, table)):
                    read.in_force(by)
                self.mistakes += read.mistakes
                found[table] = read.rows
        return found

    def paper(self, file: FilePath) -> Source | None:
        """A template, as it is written; what it says is checked with the pack."""
        source = self._source(file)
        if source is not None:
            self.places[source.name,] = Place(Span(source, 0, min(1, len(source.text))))
        return source

    def _source(self, file: FilePath) -> Source | None:
        try:
            data = file.read_bytes()
            if len(data) > LARGEST_FILE:
                self.mistakes.append(Mistake("file-too-large", None, {"file": str(file), "most": LARGEST_FILE // 1_000_000}))
                return None
            text = decoded(data)
        except FileNotFoundError:
            self.mistakes.append(Mistake("no-such-file", None, {"file": str(file)}))
            return None
        except UnicodeDecodeError as error:
            self.mistakes.append(Mistake("not-utf-8", None, {"file": str(file), "byte": error.start}))
            return None
        except OSError as error:
            self.mistakes.append(Mistake("unreadable-file", None, {"file": str(file), "why": str(error)}))
            return None
        source = Source(str(file), text)
        self.sources.append(source)
        self.data[file] = data
        return source

    # ------------------------------------------------------------------------------------- pydantic's errors -> ours

    def _translate(self, source: Source, model: type[BaseModel], error: Any) -> None:
        loc: Path = tuple(error["loc"])
        path: Path = (source.name, *loc)
        kind = error["type"]
        key = str(loc[-1]) if loc else ""
        if kind == "missing":
            self.mistakes.append(Mistake("missing-key", self._nearest(path[:-1]), {"key": key}))
        elif kind == "extra_forbidden":
            known, span = did_you_mean(key, _keys(_model_at(model, loc[:-1]))), self._nearest((*path, "[key]"))
            if known is None and not key.replace("-", "_").isidentifier():  # behind a comma in a text without quotes
                known = quote_help(span)
            self.mistakes.append(Mistake("unknown-key", span, {"key": key}, known))
        elif kind == "too_short" and len(error["input"]) >= error["ctx"]["min_length"]:
            return  # of the entries some are wrong, as is told by themselves
        else:
            mistake = _mistake_of_value(error, self._nearest(path))
            instead = _written_out(_model_at(model, loc), error["input"])
            self.mistakes.append(mistake if instead is None else replace(mistake, help=("help.write", {"text": instead})))

    def _nearest(self, path: Path) -> Span:
        return nearest(self.places, path).span


def nearest(places: Mapping[Path, Place], path: Path) -> Place:
    """The place at `path`, or of the nearest thing around it that stands in a file."""
    while path not in places:
        path = path[:-1]
    return places[path]


_EXPECTED = {
    "string_type": "text",
    "string_too_short": "text",
    "string_pattern_mismatch": "id",
    "int_type": "integer",
    "int_from_float": "integer",
    "bool_type": "boolean",
    "enum": "one-of",
    "literal_error": "one-of",
    "dict_type": "mapping",
    "model_type": "mapping",
    "model_attributes_type": "mapping",
    "tuple_type": "list",
    "list_type": "list",
    "too_short": "more",
    "greater_than_equal": "at-least",
    "less_than_equal": "at-most",
}


def _mistake_of_value(error: Any, span: Span) -> Mistake:
    """pydantic's word on a value as a mistake of ours."""
    context, kind, given = error.get("ctx", {}), error["type"], error["input"]
    if "needs-one-language" in str(context.get("error", "")):
        return Mistake("needs-one-language", span)
    nested = isinstance(given, dict | list)
    sentence = Word(
        f"expected.{_EXPECTED.get(kind, 'other')}",
        found="…" if nested else json.dumps(given, ensure_ascii=False, default=str),
        expected=context.get("expected", ""),
        least=context.get("ge", context.get("min_length", "")),
        most=context.get("le", ""),
        why=error["msg"],
    )
    help_: Help | None = ("help.quote-it", {}) if kind == "string_type" and not nested else None
    return Mistake("wrong-value", span, {"sentence": sentence}, help_)


def _written_out(model: Any, given: object) -> str | None:
    """A text that stands where a title or an outcome is asked for, as that."""
    if not isinstance(given, str) or model not in (Title, OutcomeDef):
        return None
    key = "outcome" if model is OutcomeDef else "en" if given.isascii() else "zh"
    return flow({key: given})


def _model_at(model: Any, loc: Path) -> Any:
    """The type of the value at `loc` below a model."""
    for step in loc:
        if isinstance(model, type) and issubclass(model, BaseModel):
            fields = {(f.alias or name): f.annotation for name, f in model.model_fields.items()}
            model = fields.get(str(step))
        else:
            inner = [a for a in get_args(model) if a is not type(None) and a is not Ellipsis]
            model = inner[-1] if inner else None
        options = [a for a in get_args(model) if isinstance(a, type) and issubclass(a, BaseModel)]
        if options and type(None) in get_args(model):
            model = options[0]
        elif type(None) in get_args(model):
            model = next(a for a in get_args(model) if a is not type(None))
    return model


def _keys(model: Any) -> Iterator[str]:
    if isinstance(model, type) and issubclass(model, BaseModel):
        for name, f in model.model_fields.items():
            yield f.alias or name


# ----------------------------------------------------------------------------------------------------------- earlier ones


@contextmanager
def pack_at(pack: str | FilePath, revision: str) -> Iterator[FilePath]:
    """The folder of a pack as it was at a git revision, for as long as it is needed. Raises UsageError where git has none."""
    import subprocess

    folder = find_pack(pack)

    def git(*arguments: str) -> bytes:
        try:
            done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, check=False)
        except FileNotFoundError as error:
            raise UsageError("git-missing") from error
        if done.returncode:
            why = (done.stderr.decode("utf-8", "replace").strip().splitlines() or ["?"])[0].removeprefix("fatal: ")
            raise UsageError("git-failed", pack=str(pack), revision=revision, why=why)
        return done.stdout

    git("rev-parse", "--show-toplevel")
    try:
        commit = git("rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}").decode().strip()
    except UsageError as error:  # git says "Needed a single revision"
        if error.code == "git-missing":
            raise
        raise UsageError("git-no-revision", pack=str(pack), revision=revision) from error
    names = git("ls-tree", "-r", "-z", "--name-only", commit, "./").decode().split("\0")
    with temporary() as work:
        then = FilePath(work) / folder.resolve().name
        then.mkdir()
        for name in names:
            if name.endswith((".yaml", ".csv")) or (name.startswith(f"{PAPERS}/") and name.endswith(".md")):
                (then / name).parent.mkdir(parents=True, exist_ok=True)
                (then / name).write_bytes(git("show", f"{commit}:./{name}"))
        if not (then / "pack.yaml").is_file():
            raise UsageError("git-no-pack", pack=str(pack), revision=revision)
        yield then
