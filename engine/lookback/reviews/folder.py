"""The folder of one run: a `Review`, opened; one unit of it."""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from lookback.judging.decider import Decider
from lookback.judging.judge import Judgement
from lookback.judging.trial import Got, RecordKey, judged
from lookback.language.sql import literal
from lookback.language.types import Value
from lookback.packs.check import check_pack
from lookback.packs.checked import CheckedPack
from lookback.packs.params import settings
from lookback.packs.read import read_pack
from lookback.warehouse.duckdb import DuckDB, path_literal, quoted
from lookback.words.errors import InternalError, LookbackError, Notice, UsageError, did_you_mean

SUMMARY = "review.json"
NEEDED = ("verdicts.parquet", "findings.parquet", "records", "problems.csv", SUMMARY, "pack")
WORKBOOK = "flagged.xlsx"
"""A list for people, which nothing reads: only where a review is to be kept."""


@dataclass
class Review:
    """One run's result. `folder` is where its files lie; without `out` a temporary one that goes with `close()`.

    `verdicts`: a row a unit, its key, label, fields, facts, verdict, score, findings. `findings`: a row a finding: table,
    record, unit, rule, clause, status, outcome, reason. Both are Arrow tables, read when first asked for.
    """

    folder: Path
    summary: Mapping[str, Any]
    notices: Sequence[Notice] = ()
    _pack: CheckedPack | None = field(default=None, repr=False)
    _open: ExitStack = field(default_factory=ExitStack, repr=False)

    @property
    def verdicts(self) -> pa.Table:
        return self._rows("verdicts.parquet")

    @property
    def findings(self) -> pa.Table:
        return self._rows("findings.parquet")

    def _rows(self, name: str) -> pa.Table:
        from pyarrow.parquet import read_table  # only those who ask for it need it

        return read_table(self.folder / name)

    @property
    def problems(self) -> int:
        """How many values and rows could not be used."""
        return int(self.summary["problems"])

    @property
    def decider(self) -> Decider:
        """Who decided, and decides whatever is asked of the review later."""
        return "reference" if self.summary.get("decider") == "reference" else "durable"

    def pack(self) -> CheckedPack:
        """The pack as it was run, with the run's parameters."""
        if self._pack is None:
            pack = read_pack(self.folder / "pack")
            self._pack = check_pack(pack, settings(pack, self.summary["params"]))
        return self._pack

    def close(self) -> None:
        self._open.close()

    def __enter__(self) -> Review:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_review(folder: str | Path) -> Review:
    """A review that was written to a folder. Raises UsageError where there is none, or not the whole of one."""
    path = Path(folder)
    summary = _summary_in(path)
    if summary is None:
        raise UsageError("no-review", folder=str(folder))
    missing = [name for name in NEEDED if not (path / name).exists()]
    if missing or not isinstance(summary.get("params"), dict):
        raise UsageError("review-not-whole", folder=str(folder), why=", ".join(missing) or SUMMARY)
    return Review(path, summary)


def newest_review(folder: Path) -> Path:
    """The folder itself if it is a review, else the newest directly beneath it. Raises UsageError where there is none."""
    if _summary_in(folder) is not None:
        return folder
    found = [path.parent for path in folder.glob(f"*/{SUMMARY}") if _summary_in(path.parent) is not None]
    if not found:
        raise UsageError("no-review-here")
    return max(found, key=lambda path: ((path / SUMMARY).stat().st_mtime_ns, path.name))


def _summary_in(folder: Path) -> dict[str, Any] | None:
    """review.json of a folder; None where it is not one that lookback wrote."""
    try:
        summary = json.loads((folder / SUMMARY).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return summary if isinstance(summary, dict) and "lookback" in summary else None


def _is_review(folder: Path) -> bool:
    return _summary_in(folder) is not None and {file.name for file in folder.iterdir()} <= {*NEEDED, WORKBOOK}


Row = Mapping[str, Any]
"""A record as it was judged: fields, and whatever else the review or the engine holds of it."""
MOST_NAMED = 10


@dataclass(frozen=True)
class OneUnit:
    """`verdict`: the unit's row of verdicts.parquet; `got`: what became of each of its records."""

    pack: CheckedPack
    warehouse: DuckDB
    verdict: Row
    judgement: Judgement
    got: Mapping[RecordKey, Got]

    def records(self) -> dict[str, list[dict[str, Value]]]:
        """The typed records of every table."""
        return {
            table: rows_of(
                self.warehouse, f"SELECT {', '.join(map(quoted, d.fields))} FROM {quoted(f'records_{table}')} ORDER BY _row"
            )
            for table, d in self.pack.tables.items()
        }


@contextmanager
def one_unit(review: Review, unit: str, lang: str = "en") -> Iterator[OneUnit]:
    """A unit of a review. `unit`: its key, or its label where only one unit has it.

    Raises UsageError where there is no such unit, or where the review's files are not what it was written with.
    """
    pack = pack_of(review)
    with tempfile.TemporaryDirectory(prefix="lookback-") as folder:
        warehouse = DuckDB(Path(folder))
        try:
            with reading(review.folder):
                verdict = _verdict(review.folder, pack, unit, warehouse)
                findings = _load(review.folder, pack, verdict, warehouse)
            judgement, got = judged(pack, warehouse, lang, review.decider)
            _agree(pack, verdict, findings, got)
            yield OneUnit(pack, warehouse, verdict, judgement, got)
        finally:
            warehouse.close()


def pack_of(review: Review) -> CheckedPack:
    """The pack of a review. Raises UsageError where it is not the one that it was written with."""
    pack = review.pack()
    run = review.summary.get("pack")
    if not isinstance(run, dict) or pack.pack.sha256 != run.get("sha256"):
        raise UsageError("review-pack-changed", folder=str(review.folder))
    return pack


@contextmanager
def reading(folder: Path) -> Iterator[None]:
    """Raises UsageError where a file of a review cannot be read, whatever DuckDB says is wrong with it."""
    try:
        yield
    except LookbackError as error:
        if error.code not in ("cannot-write", "warehouse-refused"):
            raise
        raise UsageError("review-not-whole", folder=str(folder), why=error.args_["why"]) from error


def rows_of(warehouse: DuckDB, query: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
    """The rows of a query, each by its columns' names."""
    found = warehouse.run(query, parameters)
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


# --------------------------------------------------------------------------------------------------- the review's files


def _verdict(folder: Path, pack: CheckedPack, unit: str, warehouse: DuckDB) -> Row:
    """The unit's row of verdicts.parquet."""
    root = pack.tables[pack.root]
    source = f"read_parquet({path_literal(folder / 'verdicts.parquet')})"
    key = f"CAST({quoted(root.key)} AS VARCHAR)"
    label = f"CAST({quoted(root.label)} AS VARCHAR)" if root.label else key
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


def _load(folder: Path, pack: CheckedPack, verdict: Row, warehouse: DuckDB) -> list[dict[str, Any]]:
    """The unit's records, with all below it, into the warehouse as `records_<table>`; its findings."""
    root = pack.tables[pack.root]
    unit = literal(verdict[root.key]).sql(dialect="duckdb")
    for table in pack.top_down():
        definition, parent_key = pack.tables[table], pack.parent_key(table)
        of_unit = f"{quoted(definition.key)} = {unit}"
        if parent_key is not None:
            of_unit = f"{quoted(parent_key)} IN (SELECT {quoted(parent_key)} FROM {quoted(f'records_{definition.belongs_to}')})"
        source = f"read_parquet({path_literal(folder / 'records' / f'{table}.parquet')}, file_row_number = true)"
        fields = ", ".join(map(quoted, definition.fields))
        query = f"SELECT file_row_number AS _row, {unit} AS _unit, {fields} FROM {source} WHERE {of_unit} ORDER BY _row"
        warehouse.create(f"records_{table}", query)
    source = f"read_parquet({path_literal(folder / 'findings.parquet')})"
    return rows_of(
        warehouse, f'SELECT "table", record, rule, status, outcome FROM {source} WHERE unit = ?', [str(verdict[root.key])]
    )


def _agree(pack: CheckedPack, verdict: Row, findings: Sequence[Row], got: Mapping[RecordKey, Got]) -> None:
    """Raises InternalError where the unit judged alone does not come out as in the review."""
    key = verdict[pack.tables[pack.root].key]
    one = got[pack.root, key]
    found = [
        (table, str(record), rule, status, pack.by_id[rule].outcome(status))
        for (table, record), each in got.items()
        for rule, status in each.statuses.items()
        if status in ("unmet", "unknown")
    ]
    other = [name for name, value in one.facts.items() if not _same(value, verdict[name])]
    other += ["verdict"] if one.verdict != verdict["verdict"] else []
    other += ["findings"] if sorted(found) != sorted(tuple(finding.values()) for finding in findings) else []
    if other:
        raise InternalError("explained-otherwise", unit=str(key), what=", ".join(other))


def _same(one: Value, other: Value) -> bool:
    """Sums and averages of fractions depend on the order in which they are added up."""
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9) or (math.isnan(one) and math.isnan(other))
    return one == other
