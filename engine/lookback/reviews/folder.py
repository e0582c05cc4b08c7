"""The folder of one run: a `Review`, opened; one unit of it."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any

import pyarrow as pa

from lookback.judging.decider import Decider
from lookback.judging.judge import truths
from lookback.judging.losses import Given, Lost
from lookback.judging.program import Program, compile
from lookback.judging.trial import Got, RecordKey
from lookback.language.conditions import Situation, Status
from lookback.language.types import Column, Type, Value
from lookback.packs.check import check_pack
from lookback.packs.checked import CheckedPack
from lookback.packs.model import TableDef
from lookback.packs.params import settings
from lookback.packs.read import read_pack
from lookback.place import settle, temporary
from lookback.reviews.referred.looking import Looking
from lookback.warehouse.duckdb import DuckDB, literal, path_literal, quoted
from lookback.words.errors import LookbackError, Notice, UsageError, did_you_mean

SUMMARY = "review.json"
NEEDED = ("verdicts.parquet", "findings.parquet", "decisions.parquet", "judged", "records", "problems.csv", SUMMARY, "pack")
FORMAT = 3
"""Raised where an older lookback would read a review wrongly; a new column or file is no reason to."""
WORKBOOK = "flagged.xlsx"
"""A list for people, which nothing reads: only where a review is to be kept."""
SAID = "records/_said.parquet"
"""Of findings that say what was lost the reason in other languages than the review's; only where there are some."""
READ = ("verdicts.parquet", "findings.parquet", "decisions.parquet", "judged/", "records/", "problems.csv")
"""What commands read of a review, its pack and review.json aside."""


@dataclass
class Review:
    """One run's result. `folder` is where its files lie; without `out` a temporary one that goes with `close()`.

    `verdicts`: a row a unit, its key, label, fields, facts, verdict, score, findings, these by outcome. `findings`: a row a
    finding: table, record, unit, rule, clause, status, outcome, reason, and the number of its decision. Both are Arrow tables,
    read when first asked for. `notices`: what was told of the input; `notice.render(lang)` is the sentence with its place, and
    `str(notice)` in the language of the locale. Of a review that was opened, files are called by their names alone.
    """

    folder: Path
    summary: Mapping[str, Any]
    notices: Sequence[Notice] = ()
    _pack: CheckedPack | None = field(default=None, repr=False)
    _open: ExitStack | None = field(default=None, repr=False)
    _sound: set[str] = field(default_factory=set, repr=False)
    _closed: bool = field(default=False, repr=False)

    @property
    def verdicts(self) -> pa.Table:
        return self._rows("verdicts.parquet")

    @property
    def findings(self) -> pa.Table:
        return self._rows("findings.parquet")

    def _rows(self, name: str) -> pa.Table:
        from pyarrow.parquet import read_table  # only those who ask for it need it

        self.require(name)
        return read_table(self.folder / name)

    @property
    def problem_count(self) -> int:
        """How many values and rows could not be used."""
        return int(self.summary["problems"])

    @property
    def decider(self) -> Decider:
        """Who decided, and decides whatever is asked of the review later."""
        return "reference" if self.summary.get("decider") == "reference" else "durable"

    def pack(self) -> CheckedPack:
        """The pack as it was run, with the run's parameters."""
        if self._pack is None:
            self.require("pack/")
            pack = read_pack(self.folder / "pack")
            self._pack = check_pack(pack, settings(pack, self.summary["params"]))
        return self._pack

    def require(self, *names: str) -> None:
        """Files of the review, or `folder/` for whole ones, have to be as they were written; each is looked at once. Raises
        UsageError that names those that are not, and where the review went with the end of its `with`."""
        if self._closed:
            raise UsageError("review-closed")
        among = tuple(name for name in names if name not in self._sound)
        _refuse(self.folder, damage(self.folder, self.summary, among))
        self._sound.update(among)

    def close(self) -> None:
        """Remove the files of a review without a folder of its own; another stays as it is."""
        if self._open is not None:
            self._open.close()
            self._closed = True

    def __enter__(self) -> Review:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_review(folder: str | Path) -> Review:
    """A review that was written to a folder. Raises UsageError where there is none, not the whole of one, or its review.json is
    not as it was written; its other files are looked at when they are read."""
    path = Path(folder)
    summary = summary_of(path)
    missing = [name for name in NEEDED if not (path / name).exists()]
    _refuse(path, Damage((), tuple(missing), ()) if missing else damage(path, summary, (SUMMARY,)))
    said = summary.get("notices", ())
    told = [Notice(n["code"], n["args"], n["file"], n["sheet"], n.get("more", 0), n.get("zh", {})) for n in said]
    return Review(path, summary, told)


def newest_review(folder: Path) -> Path:
    """The folder itself if it is a review, else the newest directly beneath it. Raises UsageError where there is none."""
    settle(folder)
    if _summary_in(folder) is not None:
        return folder
    found = [path.parent for path in folder.glob(f"*/{SUMMARY}") if _summary_in(path.parent) is not None]
    if not found:
        raise UsageError("no-review-here")
    return max(found, key=lambda path: ((path / SUMMARY).stat().st_mtime_ns, path.name))


def _summary_in(folder: Path) -> dict[str, Any] | None:
    """review.json of a folder; None where it is not one that lookback wrote."""
    if not (folder / SUMMARY).is_file():  # a pipe or a device has no end
        return None
    try:
        summary = json.loads((folder / SUMMARY).read_text("utf-8"), parse_float=Decimal)
    except (OSError, ValueError, RecursionError):
        return None
    return summary if isinstance(summary, dict) and "lookback" in summary else None


def summary_of(folder: Path) -> dict[str, Any]:
    """review.json of a review. Raises UsageError where there is none, or it is one of another version."""
    settle(folder.resolve().parent)
    summary = _summary_in(folder)
    if summary is None and all((folder / name).exists() for name in NEEDED):
        raise UsageError("review-changed", folder=str(folder), files=SUMMARY)
    if summary is None:
        raise UsageError("no-review", folder=str(folder))
    if summary.get("format") != FORMAT:
        raise UsageError("review-of-other-version", folder=str(folder), version=summary["lookback"])
    return summary


def _is_review(folder: Path) -> bool:
    return _summary_in(folder) is not None and {file.name for file in folder.iterdir()} <= {*NEEDED, WORKBOOK}


# ------------------------------------------------------------------------------------------- as it was written, or not

_SEAL = re.compile(rb',\n  "sha256": "([0-9a-f]{64})"(?=\n}\n\Z)')


@dataclass(frozen=True)
class Damage:
    """Files of a review that are not as they were written, are gone, or were put there later; each by its path within it."""

    changed: tuple[str, ...]
    missing: tuple[str, ...]
    added: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.changed or self.missing or self.added)


def write_summary(folder: Path, text: str, name: str = SUMMARY) -> None:
    """review.json, `text` (JSON of an object) with its own hash as the last name. It shows damage, not a forger: whoever can
    write the file can write the hash. `name`: of another file like it."""
    own = sha256(f"{text}\n".encode()).hexdigest()
    (folder / name).write_bytes(f'{text.removesuffix(chr(10) + "}")},\n  "sha256": "{own}"\n}}\n'.encode())


def _sealed(written: bytes) -> bool:
    found = _SEAL.search(written)
    return found is not None and sha256(written[: found.start()] + written[found.end() :]).hexdigest() == found[1].decode()


def damage(folder: Path, summary: Mapping[str, Any], among: Sequence[str] | None = None, summary_name: str = SUMMARY) -> Damage:
    """What is wrong with the files of a review, by the hashes in review.json. `among`: only with these files and `folder/`s.
    `summary_name`: what review.json is called in a folder like a review."""

    def asked(name: str) -> bool:
        return among is None or name in among or any(one.endswith("/") and name.startswith(one) for one in among)

    files = summary.get("files")
    kept = {name: hash for name, hash in files.items() if asked(name)} if isinstance(files, dict) else {}
    here = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if not path.is_dir()}
    changed = [summary_name] if asked(summary_name) and not _sealed((folder / summary_name).read_bytes()) else []
    changed += [name for name, hash in kept.items() if name in here and sha256_of(here[name]) != hash]
    missing = [name for name in kept if name not in here]
    added = [name for name in sorted(here) if asked(name) and name not in kept and name != summary_name]
    return Damage(tuple(changed), tuple(missing), tuple(added))


def _refuse(folder: Path, found: Damage) -> None:
    where = str(folder)
    if found.missing:
        raise UsageError("review-not-whole", folder=where, files=_some(found.missing))
    if found.changed:
        raise UsageError("review-changed", folder=where, files=_some(found.changed))
    if found.added:
        raise UsageError("review-has-more", folder=where, files=_some(found.added))


def _some(names: Sequence[str]) -> str:
    return ", ".join((*names[:MOST_NAMED], *(["…"] if len(names) > MOST_NAMED else [])))


def sha256_of(file: Path) -> str:
    """The hash of a file; of one that cannot be read, as a pipe or a device without end, "" (it is then none)."""
    if not file.is_file():
        return ""
    try:
        with file.open("rb") as opened:
            return file_digest(opened, "sha256").hexdigest()
    except OSError:
        return ""


Row = Mapping[str, Any]
"""A record as it was judged: fields, and whatever else the review or the engine holds of it."""
MOST_NAMED = 10
_SAID_NOTHING = """SELECT '' AS lang, '' AS "table", '' AS record, 0 AS finding, '' AS reason WHERE false"""


@dataclass(frozen=True)
class OneUnit:
    """`verdict`: the unit's row of verdicts.parquet; `got`: what became of each of its records, reasons aside."""

    program: Program
    warehouse: DuckDB
    verdict: Row
    got: Mapping[RecordKey, Got]

    @property
    def pack(self) -> CheckedPack:
        return self.program.pack

    def records(self) -> dict[str, list[dict[str, Value]]]:
        """The typed records of every table."""
        return {
            table: rows_of(
                self.warehouse, f"SELECT {', '.join(map(quoted, d.fields))} FROM {quoted(f'records_{table}')} ORDER BY _row"
            )
            for table, d in ((t, self.pack.tables[t]) for t in self.pack.top_down())
        }


@contextmanager
def one_unit(review: Review, unit: str) -> Iterator[OneUnit]:
    """A unit of a review. `unit`: its key, or its label where only one unit has it.

    Raises UsageError where there is no such unit, or it was not judged, or where the review's files are not what it was written
    with.
    """
    program = program_of(review)
    review.require(*READ)
    if unjudged(review, unit) is not None:
        raise UsageError("unit-not-judged", unit=unit)
    with temporary() as folder, closing(DuckDB(Path(folder))) as warehouse:
        with reading(review.folder):
            verdict = verdict_of(review.folder, program.pack, unit, warehouse)
            load(review.folder, program.pack, [str(verdict[program.pack.tables[program.pack.root].key])], warehouse)
            got = got_of(program, warehouse)
        yield OneUnit(program, warehouse, verdict, got)


def program_of(review: Review) -> Program:
    """The program of a review. Raises UsageError where its pack is not the one that it was written with, or is not split into
    the conditions whose truth the review keeps."""
    program = compile(review.pack())
    if review.summary.get("signatures") != program.signatures:
        raise UsageError("review-of-other-version", folder=str(review.folder), version=review.summary["lookback"])
    return program


@contextmanager
def reading(folder: Path) -> Iterator[None]:
    """Raises UsageError where a file of a review cannot be read, whatever DuckDB says is wrong with it."""
    try:
        yield
    except LookbackError as error:
        if error.code not in ("cannot-write", "warehouse-refused"):
            raise
        raise UsageError("review-not-whole", folder=str(folder), files=error.args_["why"]) from error


def rows_of(warehouse: DuckDB, query: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> list[dict[str, Any]]:
    """The rows of a query, each by its columns' names."""
    found = warehouse.run(query, parameters)
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


# --------------------------------------------------------------------------------------------------- the review's files


def unjudged(review: Review, unit: str) -> Row | None:
    """The row of verdicts.parquet of a unit that could not be judged, with `_value` and `_why`. `unit`: its place, as the review
    names it or without the folder of its file; None where there is no such one."""
    if not review.summary.get("not_judged"):
        return None
    review.require(*READ)
    root = review.pack().root
    verdicts, rows = (
        f"read_parquet({path_literal(review.folder / name)})" for name in ("verdicts.parquet", "records/_lost_rows.parquet")
    )
    place = "concat(file, ' (' || sheet || ')', ':', line)"
    said = f"""SELECT {place} AS _place, value AS _value, why AS _why FROM {rows} WHERE "table" = {literal(root)}"""
    query = f"""SELECT * FROM {verdicts} JOIN ({said}) USING (_place)
        WHERE _place = $unit OR ends_with(_place, '/' || $unit) ORDER BY _place <> $unit"""
    with temporary() as folder, closing(DuckDB(Path(folder))) as warehouse, reading(review.folder):
        found = rows_of(warehouse, query, {"unit": unit.strip()})
    if len(found) > 1 and found[0]["_place"] != unit.strip():
        raise UsageError("several-units", unit=unit, n=len(found), keys=", ".join(row["_place"] for row in found[:MOST_NAMED]))
    return found[0] if found else None


def called_sql(units: TableDef, columns: Collection[str]) -> str:
    """DuckDB's SQL for what a unit of verdicts.parquet is called: its key, as a text, or the place of one without a usable key.
    `columns`: those that verdicts.parquet has."""
    key = f"CAST({quoted(units.key)} AS VARCHAR)"
    return f"coalesce(_place, {key})" if "_place" in columns else key


def label_sql(table: TableDef) -> str:
    """DuckDB's SQL for what people call a record of a table, as a text."""
    return "NULL::VARCHAR" if table.label is None else as_text_sql(table.label, table.fields[table.label].type)


def as_text_sql(column: str, of: Type | None) -> str:
    """DuckDB's SQL for a column as a text: a number without zeros at its end."""
    text = f"CAST({quoted(column)} AS VARCHAR)"
    return f"rtrim(rtrim({text}, '0'), '.')" if of is Type.NUMBER else text


def verdict_of(folder: Path, pack: CheckedPack, unit: str, warehouse: DuckDB) -> Row:
    """The row of verdicts.parquet of a unit, by its key, or its label where only one has it. Raises UsageError."""
    root = pack.tables[pack.root]
    source = f"read_parquet({path_literal(folder / 'verdicts.parquet')})"
    key = f"CAST({quoted(root.key)} AS VARCHAR)"
    label = label_sql(root) if root.label else key
    found = rows_of(warehouse, f"SELECT * FROM {source} WHERE {key} = ?", [unit.strip()])
    found = found or rows_of(warehouse, f"SELECT * FROM {source} WHERE {label} = ?", [unit.strip()])
    if len(found) == 1:
        return found[0]
    if found:
        keys = [str(row[root.key]) for row in found]
        shown = [*keys[:MOST_NAMED], *(["…"] if len(keys) > MOST_NAMED else [])]
        raise UsageError("several-units", unit=unit, n=len(keys), keys=", ".join(shown))
    near = f"greatest(jaro_winkler_similarity({key}, $unit), jaro_winkler_similarity(coalesce({label}, ''), $unit))"
    query = f"SELECT {key}, {label} FROM {source} ORDER BY {near} DESC, 1 LIMIT {MOST_NAMED}"
    known = [name for row in warehouse.run(query, {"unit": unit}).fetchall() for name in row if name]
    raise UsageError("no-such-unit", unit=unit, help=did_you_mean(unit, known))


def whole(review: Review, table: str, warehouse: DuckDB) -> str:
    """A query of all records of a table, with their facts."""
    judged = f"read_parquet({path_literal(review.folder / 'judged' / f'{table}.parquet')})"
    records = Looking(review.folder, review.pack(), kept_of(review.folder), warehouse).records(table)
    return f"SELECT * FROM {records} AS r JOIN {judged} AS j USING (_row)"


def kept_of(folder: Path) -> Mapping[str, Any]:
    """What a review keeps of what was lost."""
    file = folder / "records" / "_lost.json"
    found: Mapping[str, Any] = {"doubtful": (), "fields": {}, "absent": {}}
    return json.loads(file.read_text("utf-8")) if file.is_file() else found


def lost_of(folder: Path, summary: Mapping[str, Any]) -> Lost:
    """What was lost of the records of a review."""
    kept = kept_of(folder)
    large = [Column("", "")] if "too-large" in summary["problem_kinds"] else []
    parts = {name: kept.get(name, ()) for name in ("doubtful", "rows", "gone")}
    return Given(kept["fields"], absent=kept["absent"], parts=kept.get("parts", 1), large=large, empty=False, **parts)


def load(folder: Path, pack: CheckedPack, units: Sequence[str], warehouse: DuckDB) -> None:
    """The records of some units, with all below them, into the warehouse as `records_<table>`, with what is lost of them; as
    `judged_<table>` what became of each, as `decisions` what was decided, and as `said_elsewhere` what `SAID` says."""
    warehouse.load("units_to_load", pa.table({"unit": pa.array(units, pa.string())}))
    kept = kept_of(folder)
    looking = Looking(folder, pack, kept, warehouse)
    for table in pack.top_down():
        definition, parent_key = pack.tables[table], pack.parent_key(table)
        flags = {f"_lost_{f}": f in (kept["absent"].get(table) or ()) for f in kept["fields"].get(table, ())}
        source = f"{looking.records(table)} AS r"
        unit = f"r.{quoted(definition.key)}" if parent_key is None else "p._unit"
        if parent_key is None:
            source += f" SEMI JOIN units_to_load AS u ON u.unit = CAST({unit} AS VARCHAR)"
        else:
            source += f" JOIN {quoted(f'records_{definition.belongs_to}')} AS p USING ({quoted(parent_key)})"
        columns = {id_: f"r.{quoted(id_)}" for id_ in definition.fields}
        if table in kept["doubtful"] and definition.fields[definition.key].type is Type.TEXT:  # called by its place
            columns[definition.key] = f"coalesce(r.{quoted(definition.key)}, r._place)"
        columns |= {flag: f"r.{quoted(flag)}" for flag in flags}
        fields = ", ".join(f"{sql} AS {quoted(id_)}" for id_, sql in columns.items())
        warehouse.create(f"records_{table}", f"SELECT r._row, {unit} AS _unit, {fields} FROM {source} ORDER BY _row")
        judged = f"read_parquet({path_literal(folder / 'judged' / f'{table}.parquet')})"
        of_them = f"SEMI JOIN {quoted(f'records_{table}')} USING (_row) ORDER BY _row"
        warehouse.create(f"judged_{table}", f"FROM {judged} {of_them}")
    warehouse.create("decisions", f"FROM read_parquet({path_literal(folder / 'decisions.parquet')})")
    said = f"FROM read_parquet({path_literal(folder / SAID)})" if (folder / SAID).is_file() else _SAID_NOTHING
    warehouse.create("said_elsewhere", said)


def got_of(program: Program, warehouse: DuckDB) -> dict[RecordKey, Got]:
    """What became of each record in the warehouse."""
    decided = warehouse.rows("SELECT rule, situation, status FROM decisions")
    statuses: dict[Situation, Status] = {Situation(rule, tuple(values)): status for rule, values, status in decided}
    found: dict[RecordKey, Got] = {}
    for table, definition in ((t, program.pack.tables[t]) for t in program.pack.top_down()):
        facts = [f.id for step in program.steps_on(table) for f in step.facts]
        source = f"{quoted(f'records_{table}')} AS r JOIN {quoted(f'judged_{table}')} AS j USING (_row)"
        for row in rows_of(warehouse, f"SELECT r.{quoted(definition.key)} AS _key, j.* FROM {source} ORDER BY _row"):
            seen = {rule.id: truths(step, rule, row) for step in program.steps_on(table) for rule in step.rules}
            of_rules = {rule: statuses[Situation(rule, values)] for rule, values in seen.items()}
            found[table, row["_key"]] = Got(row["verdict"], {f: row[f] for f in facts}, of_rules, seen, {})
    return found
