"""The pipeline, in order: pack -> plan; inputs -> records -> states -> situations -> outcomes -> verdicts, findings.

`check` runs it into a work folder and hands out a `Review`; `open_review` reads one that was written. This is the only file
that knows the order of the stages.
"""

from __future__ import annotations

import csv
import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from engine import VERSION
from engine.checks import check_pack
from engine.errors import OutputError, ProblemsError, UsageError
from engine.grids import RawTable
from engine.inference import Decider
from engine.judge import Judgement, judge
from engine.messages import LANGUAGES, default_language
from engine.model import CheckedPack, Notice, Pack, Status
from engine.pack import DEFAULT_PACK, read_pack
from engine.params import settings
from engine.problems import write_problems
from engine.queries import FINDING_COLUMNS
from engine.records import Read, read_records
from engine.tables import Inputs, find_tables
from engine.warehouse.duckdb import Warehouse, path_literal
from engine.writers.flagged import write_flagged
from engine.writers.place import replaced_folder

Progress = Callable[[str, float], None]
SUMMARY = "review.json"
MOST_KEPT = 10_000
"""Problems that a ProblemsError carries."""
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


def check(
    data: str | Path | Sequence[str | Path],
    pack: str | Path | Pack = DEFAULT_PACK,
    *,
    out: str | Path | None = None,
    params: Mapping[str, Any] | None = None,
    lang: str | None = None,
    threads: int | None = None,
    decider: Decider = "durable",
    encoding: str | None = None,
    strict: bool = False,
    progress: Progress = lambda stage, share: None,
) -> Review:
    """Judge records by a pack.

    `data`: folders, files, patterns, archives, database URLs, each also as `table=…`; `pack`: a folder, a built-in pack's name,
    or a pack that was read; `params`: values for the pack's parameters; `out`: a folder for the review, made new, or an earlier
    review that it replaces; `encoding`: of text files, found out where it is None; `strict`: whether to stop, before judging,
    with a ProblemsError where any value or row could not be used. Raises PackError, InputError, UsageError or OutputError, and
    then leaves nothing behind.
    """
    lang = lang or default_language()
    if lang not in LANGUAGES:
        raise UsageError("no-such-language", lang=lang, known=", ".join(LANGUAGES))
    read = pack if isinstance(pack, Pack) else read_pack(pack)
    checked = check_pack(read, settings(read, params or {}))
    items = [data] if isinstance(data, str | Path) else list(data)
    with ExitStack() as stack:
        if out is not None:
            folder = stack.enter_context(replaced_folder(Path(out), _is_review))
        else:
            folder = Path(stack.enter_context(temporary()))
        spill = Path(stack.enter_context(temporary()))
        warehouse = Warehouse(spill, threads)
        stack.callback(warehouse.close)
        inputs = spill / "inputs"
        summary, notices = _run(items, checked, folder, inputs, warehouse, lang, decider, encoding, strict, progress)
        if out is None:
            keep = stack.pop_all()
            return Review(folder, summary, notices, checked, keep)
        write_flagged(folder / WORKBOOK, folder, checked, lang)
    return Review(Path(out), summary, notices, checked)


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


@contextmanager
def temporary() -> Iterator[str]:
    try:
        folder = tempfile.mkdtemp(prefix="lookback-")
    except OSError as error:
        raise OutputError("cannot-write", why=str(error)) from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


# ---------------------------------------------------------------------------------------------------------- the stages


def _run(
    data: Sequence[str | Path],
    pack: CheckedPack,
    folder: Path,
    work: Path,
    warehouse: Warehouse,
    lang: str,
    decider: Decider,
    encoding: str | None,
    strict: bool,
    progress: Progress,
) -> tuple[dict[str, Any], Sequence[Notice]]:
    inputs, reading, problems = read_inputs(
        data, pack, folder, work, warehouse, lang, encoding, lambda share: progress("read", share)
    )
    if strict and problems:
        with (folder / "problems.csv").open(encoding="utf-8", newline="") as stream:
            raise ProblemsError(list(islice(csv.DictReader(stream), MOST_KEPT)), problems, reading.notices)

    judged = judge(pack, warehouse, lang, decider, lambda share: progress("judge", share))

    progress("write", 0.0)
    warehouse.write([judged.queries.verdicts()], folder / "verdicts.parquet")
    progress("write", 0.4)
    selects = [q for table in pack.top_down() if (q := judged.queries.findings(table, judged.reasons)) is not None]
    nothing = "SELECT " + ", ".join(f'NULL::VARCHAR AS "{c}"' for c in FINDING_COLUMNS) + " WHERE false"
    warehouse.write(selects or [nothing], folder / "findings.parquet")
    _copy_pack(pack.pack, folder / "pack")
    summary = _summary(pack, inputs, reading, judged, warehouse, folder, lang, decider, problems)
    progress("write", 0.9)
    (folder / SUMMARY).write_text(json.dumps(summary, ensure_ascii=False, indent=2, default=str) + "\n", "utf-8")
    progress("write", 1.0)
    return summary, reading.notices


def read_inputs(
    data: Sequence[str | Path],
    pack: CheckedPack,
    folder: Path,
    work: Path,
    warehouse: Warehouse,
    lang: str,
    encoding: str | None,
    progress: Callable[[float], None],
) -> tuple[Inputs, Read, dict[str, int]]:
    """What the user named -> typed records in `folder`/records, `folder`/problems.csv, and the number of problems by kind."""
    progress(0.0)
    inputs = find_tables(data, pack.tables, warehouse, work, encoding=encoding, progress=lambda share: progress(share * 0.7))
    reading = read_records(inputs, pack, folder / "records", warehouse, lang)
    return inputs, reading, write_problems(warehouse, folder / "problems.csv")


def _copy_pack(pack: Pack, folder: Path) -> None:
    folder.mkdir()
    for file in pack.files:
        (folder / Path(file.name).name).write_text(file.text, "utf-8")


def _summary(
    pack: CheckedPack,
    inputs: Inputs,
    reading: Read,
    judged: Judgement,
    warehouse: Warehouse,
    folder: Path,
    lang: str,
    decider: Decider,
    problems: Mapping[str, int],
) -> dict[str, Any]:
    """review.json."""
    verdicts = dict(
        warehouse.rows(
            f"SELECT verdict, count(*) FROM read_parquet({path_literal(folder / 'verdicts.parquet')}) GROUP BY verdict"
        )
    )
    per_rule = Counter(situation.rule for situation in judged.decided)
    statuses: tuple[Status, ...] = ("met", "unmet", "unknown", "not applicable")
    return {
        "lookback": VERSION,
        "pack": {"name": pack.pack.header.pack, "version": pack.pack.header.version, "sha256": pack.pack.sha256},
        "params": dict(pack.params),
        "language": lang,
        "decider": decider,
        "inputs": [_input(raw, rows) for raw, rows in zip(inputs.tables, reading.rows_of_input, strict=True)],
        "records": dict(reading.records),
        "set_aside": dict(reading.set_aside),
        "problems": sum(problems.values()),
        "problem_kinds": dict(problems),
        "verdicts": {outcome: verdicts.get(outcome, 0) for outcome in pack.outcomes},
        "rules": {
            rule.id: {
                "table": rule.table,
                "clause": rule.rule.clause,
                **{s: judged.counts[rule.id].get(s, 0) for s in statuses},
                "situations": per_rule[rule.id],
            }
            for rule in pack.rules
        },
        "decisions": len(judged.decided),
    }


def _input(raw: RawTable, rows: int) -> dict[str, Any]:
    """The file by its name alone: where it lay on whose machine is nobody's business, and would differ from run to run."""
    return {"table": raw.table, "file": Path(raw.file).name, "sheet": raw.sheet, "sha256": raw.sha256.result(), "rows": rows}
