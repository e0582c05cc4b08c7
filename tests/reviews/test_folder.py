"""What a review keeps: every record's verdict, facts and the truth of every condition, what was decided, what was told."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference import Interpreter, Pack, Records, Row, Unsupported, judge
from screen import ROOT, Folders, Lookback
from strategies import depths, many, packs, records_of, write_pack, write_records
from test_engine_against_reference import check, plain

import lookback
from lookback.judging.reasons import Reasons
from lookback.language.types import plain as written
from lookback.words import say

TRUTHS = (False, True, None)


def rows(review: Any, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(review.folder / name).to_pylist()
    return found


def truth(row: Mapping[str, Any], word: str, place: int) -> bool | None:
    """The truth of a condition in a signature, from the two bits from twice its place."""
    return TRUTHS[row[word] >> 2 * place & 3]


def agrees(review: Any, pack: Pack, records: Records) -> int:
    """Assert that what a review keeps of every record is what the reference says of it; how many truths were compared."""
    expected, oracle, compared = judge(pack, records), Interpreter(pack, records, {}), 0
    decided = {(d["rule"], d["situation"]): d for d in rows(review, "decisions.parquet")}
    findings = rows(review, "findings.parquet")
    for table, definition in pack.tables.items():
        places = {
            text: (word, place) for word, atoms in review.summary["signatures"][table].items() for place, text in enumerate(atoms)
        }
        own = rows(review, f"judged/{table}.parquet")
        keys = [row[definition["key"]] for row in rows(review, f"records/{table}.parquet")]
        atoms = {rule.id: [places[atom.text] for atom in rule.atoms] for rule in review.pack().rules_for(table)}
        at_of = {record[definition["key"]]: at for at, record in enumerate(records[table])}
        for key, row in zip(keys, own, strict=True):
            one = expected.records[table][key]
            assert (row["verdict"], plain(row["score"])) == (one.verdict, plain(one.score))
            assert {f: plain(row[f]) for f in one.facts if f in row} == {f: plain(v) for f, v in one.facts.items() if f in row}
            for rule, of_rule in atoms.items():
                values = "".join("ftu"[TRUTHS.index(truth(row, *place))] for place in of_rule)
                assert decided[rule, values]["status"] == one.statuses[rule]
            for text, place in places.items():
                try:
                    said = oracle.condition(re.sub(r'"([\w.]+)"', r"\1", text), Row(table, at_of[key]))
                except (Unsupported, KeyError):  # written for DuckDB, in a way that no rule is
                    continue
                assert truth(row, *place) is said, text
                compared += 1
    for finding in findings:
        made = next(d for d in decided.values() if d["finding"] == finding["finding"])
        assert all(made[name] == finding[name] for name in ("rule", "status", "outcome"))
    counts = {rule.id for rule in review.pack().rules if review.pack().not_counted(rule) is None}
    of_unit = Counter((finding["unit"], finding["outcome"]) for finding in findings if finding["rule"] in counts)
    for unit in rows(review, "verdicts.parquet"):
        assert unit["findings_by_outcome"] == {o["outcome"]: of_unit[unit["unit_id"], o["outcome"]] for o in pack.outcomes}
    return compared


@depths(5, 500)
def test_what_is_kept_of_every_record_is_what_the_reference_says(folders: Folders, examples: int) -> None:
    compared = 0

    @many(examples)
    @given(st.data(), packs())
    def holds(data: st.DataObject, pack: Pack) -> None:
        nonlocal compared
        records = data.draw(records_of(pack))
        folder = folders()
        write_pack(pack, folder / "pack")
        write_records(records, pack, folder / "data")
        with check(folder / "pack", [str(folder / "data")]) as review:
            compared += agrees(review, pack, records)

    holds()
    assert compared > 10 * examples


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_reason_as_code_and_arguments_says_what_the_sentence_says(
    lang: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The arguments name fields by their ids, as English sentences without titles do."""
    review = lookback.check(ROOT / "fixtures/small", lang=lang, out=tmp_path / "review")
    decisions = {d["finding"]: d for d in rows(review, "decisions.parquet") if d["finding"] is not None}
    monkeypatch.setattr(lookback.pipeline, "Reasons", partial(Reasons, titles=False))
    english = {(f["table"], f["record"], f["rule"]): f["reason"] for f in findings_in_english()}
    findings = rows(review, "findings.parquet")
    assert findings
    with duckdb.connect() as connection:
        for finding in findings:
            table = review.pack().tables[finding["table"]]
            source = (
                f"read_parquet('{review.folder}/records/{finding['table']}.parquet', file_row_number = true) AS r "
                f"POSITIONAL JOIN read_parquet('{review.folder}/judged/{finding['table']}.parquet') AS j "
                f"WHERE CAST(r.{table.key} AS VARCHAR) = '{finding['record']}'"
            )

            def of_record(sql: str, source: str = source) -> Any:
                return connection.execute(f"SELECT {sql} FROM {source}").fetchall()[0][0]

            said = []
            for reason in decisions[finding["finding"]]["reasons"]:
                if reason["when"] is None or of_record(reason["when"]):
                    found = [of_record(sql) for sql in reason["values"]]
                    values = [
                        written(v) if isinstance(v, Decimal) else of_record(f"CAST({sql} AS VARCHAR)")
                        for v, sql in zip(found, reason["values"], strict=True)
                    ]
                    args = {name: text.format(*(v or "blank" for v in values)) for name, text in reason["args"]}
                    said.append(say("en", reason["code"], **args))
            text = english[finding["table"], finding["record"], finding["rule"]]
            assert say("en", "reason.and").join(dict.fromkeys(said)) == text


def findings_in_english() -> list[dict[str, Any]]:
    with lookback.check(ROOT / "fixtures/small", lang="en") as review:
        return rows(review, "findings.parquet")


def test_a_review_says_its_format_its_files_and_what_was_told(tmp_path: Path) -> None:
    tables = lookback.check(ROOT / "fixtures/small", lang="zh", out=tmp_path / "review").pack().tables
    summary = json.loads((tmp_path / "review/review.json").read_text("utf-8"))
    assert summary["format"] == 3
    files = {f.relative_to(tmp_path / "review").as_posix(): f for f in (tmp_path / "review").rglob("*") if f.is_file()}
    del files["review.json"]
    assert summary["files"] == {name: sha256(file.read_bytes()).hexdigest() for name, file in files.items()}
    absent = ("cases", "inspections", "site_checks", "make_up_lessons", "feedback")
    told = {(notice["code"], notice["args"]["table"]): notice["text"] for notice in summary["notices"]}
    titles = {table: title.zh for table in absent if (title := tables[table].title)}
    assert told == {("no-records", table): say("zh", "no-records", table=titles[table]) for table in absent}
    assert str(tmp_path) not in (tmp_path / "review/review.json").read_text("utf-8")


@pytest.mark.parametrize("form", [None, 0, "3", 2, 4])
@pytest.mark.parametrize(("lang", "again"), [("en", "run lookback check again"), ("zh", "请重新运行 lookback check")])
def test_a_review_of_another_format_is_not_read(
    lookback: Lookback, small: lookback.Review, tmp_path: Path, form: Any, lang: str, again: str
) -> None:
    copy = tmp_path / "review"
    shutil.copytree(small.folder, copy)
    summary = {**small.summary, "lookback": "0.0.9", "format": form}
    if form is None:  # as 0.1 wrote it before there were formats
        del summary["format"]
        shutil.rmtree(copy / "judged")
    (copy / "review.json").write_text(json.dumps(summary, default=str), "utf-8")
    for command in (("explain", "U5", copy), ("flagged", copy), ("fix", "U5", copy), ("fix", "--all", copy)):
        run = lookback(*command, lang=lang)
        assert (run.code, run.out) == (2, "")
        assert "review-of-other-version" in run.err
        assert "0.0.9" in run.err
        assert again in run.err


def test_nothing_of_a_review_is_judged_again(lookback: Lookback, small: lookback.Review, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("judged again")

    monkeypatch.setattr("lookback.judging.judge.judge", never)
    monkeypatch.setattr("lookback.judging.decider.Deciding.__call__", never)
    for command in (("explain", "U5"), ("flagged",), ("fix", "--all")):
        assert lookback(*command, small.folder).code == 0
