"""The pipeline, in order: pack -> plan; inputs -> records -> states -> situations -> outcomes -> verdicts, findings.

`check` runs it into a work folder and hands out a `Review`. This is the only file that knows the order of the stages.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from itertools import islice
from pathlib import Path
from typing import Any

from lookback import VERSION
from lookback.headers.grids import RawTable
from lookback.judging.decider import Decider, Deciding
from lookback.judging.judge import Judgement, judge
from lookback.judging.large import narrowed
from lookback.judging.losses import LARGE, Lost
from lookback.judging.program import ROW, compile
from lookback.judging.reasons import Reasons
from lookback.judging.whole import Whole
from lookback.language.conditions import Status
from lookback.language.types import in_json
from lookback.packs import DEFAULT_PACK
from lookback.packs.check import check_pack
from lookback.packs.checked import NOT_JUDGED, CheckedPack, Pack
from lookback.packs.params import settings
from lookback.packs.read import read_pack
from lookback.place import replaced_folder, temporary
from lookback.receipts.leaves import root_with
from lookback.receipts.secret import Secret
from lookback.receipts.versions import versions
from lookback.records.find import Inputs
from lookback.records.formats.held import Item, items_of
from lookback.records.read import NOT_HANDED_IN, Read, Run, read_inputs, tell_too_large
from lookback.reviews.folder import FORMAT, SAID, WORKBOOK, Review, _is_review, sha256_of, summary_of, write_summary
from lookback.warehouse.duckdb import DuckDB, literal, path_literal, quoted
from lookback.words import LANGUAGES, Word, default_language
from lookback.words.errors import Notice, ProblemsError, UsageError
from lookback.writers.flagged import write_flagged

Progress = Callable[[str, float], None]
Data = str | Path | Sequence[str | Path] | Mapping[str, Any]
"""What is judged: paths; or by table what holds its rows (a DataFrame, an Arrow table, a list of dicts), or its paths."""
MOST_KEPT = 10_000
"""Problems that a ProblemsError carries."""


def check(
    data: Data,
    pack: str | Path | Pack = DEFAULT_PACK,
    *,
    out: str | Path | None = None,
    params: Mapping[str, Any] | None = None,
    lang: str | None = None,
    threads: int | None = None,
    memory: int | None = None,
    decider: Decider = "durable",
    encoding: str | Sequence[str] | None = None,
    accept_headers: bool = False,
    roster: str | Path | None = None,
    strict: bool = False,
    secret: Secret | None = None,
    progress: Progress = lambda stage, share: None,
) -> Review:
    """Judge records by a pack.

    `data`: folders, files, patterns, archives, database URLs, each also as `table=…`, or a mapping of tables to
    DataFrames, Arrow tables, lists of dicts or paths; `pack`: a folder, a built-in pack's name,
    or a pack that was read; `params`: values for the pack's parameters; `out`: a folder for the review, made new, or an earlier
    review that it replaces; `encoding`: of text files, or several, each for all of them or `FILE=NAME` for one, found out where
    it is None; `accept_headers`: whether a column that is no field is read as the one field that it probably means;
    `roster`: a file of the units that were expected, of which those that handed nothing in are judged as all blank; `memory`:
    bytes that the process may take, at most half of the machine's where it is None; `strict`: whether to stop, before judging,
    with a ProblemsError where any value or row could not be used; `secret`: with which review.json names a root, so that units
    can be given receipts. Raises PackError, InputError, UsageError or OutputError, and
    then leaves nothing behind.
    """
    lang = lang or default_language()
    if lang not in LANGUAGES:
        raise UsageError("no-such-language", lang=lang, known=", ".join(LANGUAGES))
    checked = checked_pack(pack, params)
    items = items_of(data)
    with ExitStack() as stack:
        if out is not None:
            folder = stack.enter_context(replaced_folder(Path(out), _is_review))
        else:
            folder = Path(stack.enter_context(temporary()))
        spill = Path(stack.enter_context(temporary()))
        warehouse = DuckDB(spill, threads, memory)
        stack.callback(warehouse.close)
        run = Run(checked, warehouse, folder, spill / "inputs", lang, encoding, accept_headers, roster)
        summary, notices = _run(items, run, decider, strict, out is not None, secret, progress)
        if out is None:
            keep = stack.pop_all()
            return Review(folder, summary, notices, checked, keep)
    return Review(Path(out), summary, notices, checked)


def checked_pack(pack: str | Path | Pack, params: Mapping[str, Any] | None = None) -> CheckedPack:
    """A pack with its parameters. Raises PackError with every mistake."""
    read = pack if isinstance(pack, Pack) else read_pack(pack)
    return check_pack(read, settings(read, params or {}))


# ---------------------------------------------------------------------------------------------------------- the stages


def _run(
    data: Sequence[Item],
    run: Run,
    decider: Decider,
    strict: bool,
    kept: bool,
    secret: Secret | None,
    progress: Progress,
) -> tuple[dict[str, Any], Sequence[Notice]]:
    pack, warehouse, folder = run.pack, run.warehouse, run.folder
    inputs, reading, problems = read_inputs(data, run, lambda share: progress("read", share))
    _refuse(strict, problems, reading, folder)
    lost, narrow = narrowed(reading.lost, pack, warehouse)
    deciding, reasons = Deciding(pack.rules, decider), Reasons(narrow, run.lang, lost, named=True)
    others = [Reasons(narrow, lang, lost, named=True) for lang in LANGUAGES if lang != run.lang]
    judged = judge(compile(narrow, lost), warehouse, deciding, reasons, lambda share: progress("judge", share), others=others)
    if lost.large and (large := _too_large(judged, warehouse)):
        problems = tell_too_large(reading, large, run)
        _refuse(strict, problems, reading, folder)

    whole = _whole(pack, judged, run, decider)

    progress("write", 0.0)
    _write(judged, warehouse, folder, reading, progress)
    warehouse.load("decided", judged.decided(reasons))
    warehouse.write(["SELECT * FROM decided"], folder / "decisions.parquet")
    _copy_pack(pack.pack, folder / "pack")
    summary = _summary(run, inputs, reading, judged, decider, problems)
    summary["left_out"] = write_flagged(folder / WORKBOOK, folder, pack, run.lang, summary | whole) if kept else {}
    summary["notices"] = [_notice(notice, run.lang) for notice in reading.notices]
    summary["files"] = {f.relative_to(folder).as_posix(): sha256_of(f) for f in sorted(folder.rglob("*")) if f.is_file()}
    summary |= whole
    if secret is not None:
        summary["receipts"] = root_with(folder, pack, summary, secret, warehouse)
    progress("write", 0.9)
    write_summary(folder, in_json(summary, _as_data))
    progress("write", 1.0)
    return summary_of(folder), reading.notices  # as `open_review` has it


def _write(judged: Judgement, warehouse: DuckDB, folder: Path, reading: Read, progress: Progress) -> None:
    """What became of the records of each table, the verdicts, the findings. What is written is not held any longer, so that a
    million units go into the memory that is taken."""
    pack, sql = judged.program.pack, judged.program.sql
    judged.note_rows(warehouse)
    (folder / "judged").mkdir()
    for table in reversed([*pack.top_down()]):
        warehouse.write([sql[f"judged_{table}"]], folder / "judged" / f"{table}.parquet")
        if table == pack.root:
            warehouse.write([_verdicts(sql["verdicts"], reading, pack)], folder / "verdicts.parquet")
        judged.drop(table, warehouse)
    progress("write", 0.3)
    warehouse.write(judged.findings(by_row=True), folder / "findings.parquet")
    if judged.said:
        warehouse.write([f"FROM ({' UNION ALL '.join(judged.said_again())}) ORDER BY ALL"], folder / SAID)
    progress("write", 0.6)


def _whole(pack: CheckedPack, judged: Judgement, run: Run, decider: Decider) -> dict[str, Any]:
    """What is asked of the review as a whole came to, with reasons in every language."""
    if pack.whole is None:
        return {}
    run.work.mkdir(exist_ok=True)
    got, reasons = None, dict[str, dict[str, str]]()
    for lang in LANGUAGES:
        got = Whole(pack.whole, decider).judge(judged.program, run.warehouse, lang, run.work)
        for rule, reason in got.reasons.items():
            reasons.setdefault(rule, {})[lang] = reason
    assert got is not None
    rules = {
        rule.id: {
            "clause": rule.rule.clause,
            "status": got.statuses[rule.id],
            "outcome": pack.whole.outcome(rule, got.situations[rule.id], got.statuses[rule.id]),
            "reason": reasons.get(rule.id),
        }
        for rule in pack.whole.rules
    }
    facts = {fact.fact: got.facts[fact.fact] for _, fact in pack.whole.pack.facts}
    return {"review": {"verdict": got.verdict, "facts": facts, "rules": rules}}


def _refuse(strict: bool, problems: Mapping[str, int], reading: Read, folder: Path) -> None:
    if strict and problems:
        with (folder / "problems.csv").open(encoding="utf-8", newline="") as stream:
            raise ProblemsError(list(islice(csv.DictReader(stream), MOST_KEPT)), problems, reading.notices)


def _too_large(judged: Judgement, warehouse: DuckDB) -> list[tuple[str, str]]:
    """The tables that have numbers too large to be held, each with a query of them."""
    queries = [
        (step.table, f"SELECT {ROW}, {LARGE} FROM state_{step.number} WHERE {LARGE} IS NOT NULL") for step in judged.program.large
    ]
    return [(table, query) for table, query in queries if warehouse.rows(f"{query} LIMIT 1")]


def _verdicts(judged: str, reading: Read, pack: CheckedPack) -> str:
    """The judged units, with a roster whether they handed nothing in (`_not_handed_in`); and below them, each with its `_place`,
    those that could not be judged."""
    if reading.roster is not None:
        key = quoted(pack.tables[pack.root].key)
        judged = f"SELECT *, {key} IN (SELECT _key FROM {NOT_HANDED_IN}) AS _not_handed_in FROM ({judged})"
    if not reading.lost.unjudged:
        return judged
    fields = ", ".join(map(quoted, pack.tables[pack.root].stored.fields))
    others = f"SELECT {fields}, {literal(NOT_JUDGED)} AS verdict, _place FROM unjudged_units"
    parts = f"SELECT *, 0 AS _part FROM ({judged}) UNION ALL BY NAME SELECT *, 1 AS _part FROM ({others})"
    return f"SELECT * EXCLUDE (_part, _n) FROM (SELECT *, row_number() OVER () AS _n FROM ({parts})) ORDER BY _part, _n"


def _copy_pack(pack: Pack, folder: Path) -> None:
    folder.mkdir()
    for name, text in pack.texts.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, "utf-8")


def _summary(
    run: Run,
    inputs: Inputs,
    reading: Read,
    judged: Judgement,
    decider: Decider,
    problems: Mapping[str, int],
) -> dict[str, Any]:
    """review.json, but for what rests on what is written with it."""
    pack, folder = run.pack, run.folder
    source = f"read_parquet({path_literal(folder / 'verdicts.parquet')})"
    verdicts = dict(run.warehouse.rows(f"SELECT verdict, count(*) FROM {source} GROUP BY verdict"))
    owed = ", ".join(f"CAST(coalesce(sum(findings_by_outcome[{literal(o)}]), 0) AS BIGINT)" for o in pack.outcomes)
    found = f"read_parquet({path_literal(folder / 'findings.parquet')})"
    apart = {rule.id: because for rule in pack.rules if (because := pack.not_counted(rule)) is not None}
    counted = dict(run.warehouse.rows(f"SELECT rule, count(*) FROM {found} GROUP BY rule")) if apart else {}
    per_rule = Counter(decision.situation.rule for decision in judged.decisions)
    statuses: tuple[Status, ...] = ("met", "unmet", "unknown", "not applicable")
    return {
        "lookback": VERSION,
        "format": FORMAT,
        "versions": versions(),
        "pack": {"name": pack.pack.header.pack, "version": pack.pack.header.version, "sha256": pack.pack.sha256},
        "params": dict(pack.params),
        "language": run.lang,
        "decider": decider,
        "inputs": [_input(raw, rows) for raw, rows in zip(inputs.tables, reading.rows_of_input, strict=True)],
        "records": dict(reading.records),
        "set_aside": dict(reading.set_aside),
        "problems": sum(problems.values()),
        "problem_kinds": dict(problems),
        "lost": _lost(judged.program.lost, run.warehouse),
        "verdicts": {outcome: verdicts.get(outcome, 0) for outcome in pack.outcomes},
        "findings": dict(zip(pack.outcomes, run.warehouse.rows(f"SELECT {owed} FROM {source}")[0], strict=True)),
        "not_judged": reading.lost.unjudged,
        **({"roster": {**asdict(reading.roster), "file": Path(reading.roster.file).name}} if reading.roster is not None else {}),
        "rules": {
            rule.id: {
                "table": rule.table,
                "clause": rule.rule.clause,
                **{s: judged.counts[rule.id].get(s, 0) for s in statuses},
                "situations": per_rule[rule.id],
            }
            for rule in pack.rules
        },
        "not_counted": {
            rule: {"findings": counted.get(rule, 0), "because": because.model_dump(exclude_none=True)}
            for rule, because in apart.items()
        },
        "decisions": len(judged.decisions),
        "signatures": judged.program.signatures,
    }


def _lost(lost: Lost, warehouse: DuckDB) -> dict[str, Any]:
    """What a verdict may rest on and was lost, by table: values, rows, columns and tables that nobody handed in."""
    if lost.empty:
        return {}
    counts = {kind: dict(warehouse.rows(f'SELECT "table", count(*) FROM lost_{kind} GROUP BY 1')) for kind in ("values", "rows")}
    return counts | {"absent": {table: columns and sorted(columns) for table, columns in lost.absent.items()}}


def _notice(notice: Notice, lang: str) -> dict[str, Any]:
    """What was told: code and arguments, and the sentence."""
    args = {name: Path(value).name if name == "target" else value for name, value in notice.args.items()}
    place = {"file": Path(notice.file).name if notice.file else None, "sheet": notice.sheet, "more": notice.more}
    more = {"zh": notice.zh} if notice.zh else {}
    return {"code": notice.code, "args": args, **more, **place, "text": replace(notice, args=args).message(lang)}


def _as_data(value: object) -> object:
    return {"code": value.code, "args": value.args} if isinstance(value, Word) else str(value)


def _input(raw: RawTable, rows: int) -> dict[str, Any]:
    """The file by its name alone: where it lay on whose machine is nobody's business, and would differ from run to run."""
    return {"table": raw.table, "file": Path(raw.file).name, "sheet": raw.sheet, "sha256": raw.sha256.result(), "rows": rows}
