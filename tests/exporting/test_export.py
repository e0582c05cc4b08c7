"""Exports: valid against the published schemas, the same bytes each time, all or nothing; in both languages, of what was lost."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pyarrow.parquet
import pytest
from screen import ROOT, Lookback

import lookback as engine
from lookback.reviews.folder import open_review
from lookback.writers.exports.oscal import Tokens, line

PACK, RECORDS = ROOT / "tests/tiny/pack", ROOT / "tests/tiny/records"
OSCAL = Path(__file__).with_name("oscal-assessment-results-1.0.6.schema.json")
SARIF = (
    Path(os.environ.get("LOOKBACK_CORPUS") or ROOT.parent / "shared" / "corpus").with_name("schemas") / "sarif-2.1.0.schema.json"
)
FORMS = ("oscal", "sarif", "csvw", "parquet")
CLAUSES = """\
clauses:
  - {clause: "3.2", summary: {en: In time, zh: 按期}, covered_by: [rules]}
  - {clause: "第一条 (2)", summary: {en: Known, zh: 清楚}, covered_by: [rules]}
"""
ODD = '\n,"No\nkey ",agency,5,2005-09-16,2005-08-22,10,9\n"U 7\\ ""单位😀","\u2028",agency,x5,2005-09-16,2005-08-22,10,9\n'


@pytest.fixture(scope="module")
def reviews(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Of tiny records: in English; in Chinese; one with a unit that has nothing to be found; one with what was lost, clauses with
    ids of all kinds, and a unit that could not be judged; and an earlier one."""
    work = tmp_path_factory.mktemp("exported")
    pack = Path(shutil.copytree(PACK, work / "pack"))
    (pack / "clauses.yaml").write_text(CLAUSES, "utf-8")
    rules = (pack / "1-tiny.rules.yaml").read_text("utf-8")
    rules = rules.replace("rule: not-overdue\n", 'rule: not-overdue\n    clause: "3.2"\n    advice: {en: Hurry.}\n')
    rules = rules.replace("rule: status-known\n", "rule: status-known\n    clause: 第一条 (2)\n")
    (pack / "1-tiny.rules.yaml").write_text(rules, "utf-8")
    records = {name: Path(shutil.copytree(RECORDS, work / f"of-{name}")) for name in ("sound", "lost", "earlier")}
    units, issues = ((RECORDS / f"{name}.csv").read_text("utf-8") for name in ("units", "issues"))
    (records["sound"] / "units.csv").write_text("".join(units.splitlines(keepends=True)[:2]), "utf-8")
    (records["sound"] / "issues.csv").write_text("".join(issues.splitlines(keepends=True)[:4]), "utf-8")
    (records["lost"] / "units.csv").write_text(units.rstrip("\n") + ODD, "utf-8")
    (records["lost"] / "issues.csv").write_text(issues.replace("2005-09-15", "soon") + ",U3,No key,,true,,,\n", "utf-8")
    (records["earlier"] / "units.csv").write_text(units.replace(",22,,", ",22,2005-10-05,"), "utf-8")
    (records["earlier"] / "issues.csv").write_text(
        issues.replace("2005-09-15", "2005-10-15").replace("2005-10-20", "2005-09-01"), "utf-8"
    )
    runs: dict[str, tuple[Path, Path, str]] = {"en": (RECORDS, PACK, "en"), "zh": (RECORDS, pack, "zh")}
    runs |= {
        "sound": (records["sound"], PACK, "en"),
        "lost": (records["lost"], pack, "en"),
        "earlier": (records["earlier"], PACK, "en"),
    }
    for name, (of, by, lang) in runs.items():
        engine.check(of, by, out=work / name, lang=lang)
    return {name: work / name for name in runs}


@cache
def schema(file: Path) -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(json.loads(file.read_text("utf-8")), validate_formats=True)


def export(lookback: Lookback, review: Path, form: str, out: Path, *more: object) -> Path:
    run = lookback("export", review, "--as", form, "-o", out, *more)
    assert (run.code, run.out, run.err) == (0, "", f"export written to {out}\n")
    return out


def read(lookback: Lookback, review: Path, form: str, out: Path, *more: object) -> Any:
    return json.loads(export(lookback, review, form, out / f"{form}.json", *more).read_text("utf-8"))


NAMES = ("en", "zh", "sound", "lost")


@pytest.mark.parametrize("name", NAMES)
def test_oscal_is_valid_against_the_published_schema(
    name: str, reviews: dict[str, Path], lookback: Lookback, tmp_path: Path
) -> None:
    said = read(lookback, reviews[name], "oscal", tmp_path)
    assert [error.message for error in schema(OSCAL).iter_errors(said)] == []
    review = open_review(reviews[name])
    results = said["assessment-results"]["results"]
    assert len(results) == 1 + review.verdicts.num_rows
    verdicts = Counter(prop["value"] for of in results[1:] for prop in of["props"] if prop["name"] == "verdict")
    assert verdicts == Counter(review.verdicts["verdict"].to_pylist())
    assert sum(len(of.get("observations", ())) for of in results) == review.findings.num_rows
    ids = re.findall(r'"uuid": "([^"]+)"', json.dumps(said))
    assert len(ids) == len(set(ids))
    used = re.findall(r'"(?:observation|subject)-uuid": "([^"]+)"', json.dumps(said))
    assert set(used) <= set(ids)


def test_oscal_says_units_rules_and_clauses_in_the_language_of_the_review(
    reviews: dict[str, Path], lookback: Lookback, tmp_path: Path
) -> None:
    said = read(lookback, reviews["zh"], "oscal", tmp_path)["assessment-results"]
    assert said["metadata"]["last-modified"] == "2005-09-30T00:00:00Z"
    whole, *_, last = said["results"]
    assert whole["reviewed-controls"]["control-selections"] == [
        {"include-controls": [{"control-id": "_3.2"}, {"control-id": "第一条__2_"}]}
    ]
    assert [of["title"] for of in last["findings"]] == ["完成自查", "没有需要补课的问题", "整改状态清楚"]
    assert [of["target"]["status"]["reason"] for of in last["findings"]] == ["other", "fail", "fail"]
    assert last["description"] == "补课"


@pytest.mark.skipif(not SARIF.is_file(), reason="the schema lies beside the project")
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("since", [False, True], ids=["alone", "since"])
def test_sarif_is_valid_against_the_published_schema(
    name: str, since: bool, reviews: dict[str, Path], lookback: Lookback, tmp_path: Path
) -> None:
    said = read(lookback, reviews[name], "sarif", tmp_path, *(("--since", reviews["earlier"]) if since else ()))
    assert [error.message for error in schema(SARIF).iter_errors(said)] == []
    [run] = said["runs"]
    assert {"baselineState" in result for result in run["results"]} <= {since}
    assert ("baselineGuid" in run) is since
    found = [result for result in run["results"] if result.get("baselineState") != "absent"]
    assert len(found) == open_review(reviews[name]).findings.num_rows


def test_sarif_tells_each_finding_by_its_fingerprint_and_what_became_of_it(
    reviews: dict[str, Path], lookback: Lookback, tmp_path: Path
) -> None:
    [run] = read(lookback, reviews["en"], "sarif", tmp_path, "--since", reviews["earlier"])["runs"]
    told = {
        (of["properties"]["unit"], of["ruleId"], of["locations"][0]["logicalLocations"][0]["name"]): of["baselineState"]
        for of in run["results"]
    }
    assert told == {
        ("U2", "explained-to-the-public", "I05"): "unchanged",
        ("U2", "explanations-given", "U2"): "unchanged",
        ("U3", "issues-dealt-with", "U3"): "unchanged",
        ("U3", "not-overdue", "I06"): "new",
        ("U3", "not-overdue", "I07"): "absent",
        ("U4", "public-satisfied", "U4"): "unchanged",
        ("U5", "issues-dealt-with", "U5"): "unchanged",
        ("U5", "not-overdue", "I10"): "absent",
        ("U5", "self-check-done", "U5"): "updated",
        ("U5", "status-known", "I09"): "unchanged",
    }
    prints = [(of["fingerprints"]["finding/v1"], of["fingerprints"]["situation/v1"]) for of in run["results"]]
    assert len(set(prints)) == len(prints)
    assert all(re.fullmatch("[0-9a-f]{16}", one) for both in prints for one in both)
    assert [of["level"] for of in run["results"] if of["ruleId"] == "explanations-given"] == ["warning"]


def test_sarif_tells_units_that_were_not_judged_and_records_without_a_key(
    reviews: dict[str, Path], lookback: Lookback, tmp_path: Path
) -> None:
    [run] = read(lookback, reviews["lost"], "sarif", tmp_path)["runs"]
    [told] = run["invocations"][0]["toolExecutionNotifications"]
    assert told["message"]["text"] == "its Unit code is blank"
    keyless = [of for of in run["results"] if "fingerprints" not in of]
    assert {of["locations"][0]["logicalLocations"][0]["kind"] for of in keyless} <= {"issues"}


# ------------------------------------------------------------------------------------------------------------ tables


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


READ = {
    "integer": int,
    "decimal": Decimal,
    "date": lambda text: re.fullmatch(r"\d{4}-\d\d-\d\d", text)[0],  # type: ignore[index]
    "boolean": {"true": True, "false": False}.__getitem__,
    "string": str,
}


@pytest.mark.parametrize("name", NAMES)
def test_csv_on_the_web_is_as_its_metadata_says(name: str, reviews: dict[str, Path], lookback: Lookback, tmp_path: Path) -> None:
    folder = export(lookback, reviews[name], "csvw", tmp_path / "csv")
    metadata = json.loads((folder / "csv-metadata.json").read_text("utf-8"))
    assert metadata["@context"] == ["http://www.w3.org/ns/csvw", {"@language": "zh" if name == "zh" else "en"}]
    assert {table["url"] for table in metadata["tables"]} == {f.name for f in folder.iterdir()} - {"csv-metadata.json"}
    for table in metadata["tables"]:
        rows, of = rows_of(folder / table["url"]), table["tableSchema"]
        columns = of["columns"]
        with (folder / table["url"]).open(encoding="utf-8", newline="") as stream:
            assert next(csv.reader(stream)) == [column["name"] for column in columns] == [column["titles"] for column in columns]
        for row in rows:
            for column in columns:
                assert row[column["name"]] == "" or READ[column["datatype"]](row[column["name"]]) is not None
        if "primaryKey" in of:
            keys = [row[of["primaryKey"]] for row in rows]
            assert "" not in keys
            assert len(set(keys)) == len(keys)
        for foreign in of.get("foreignKeys", ()):
            there = {row[foreign["reference"]["columnReference"]] for row in rows_of(folder / foreign["reference"]["resource"])}
            assert {row[foreign["columnReference"]] for row in rows} <= there
    review = open_review(reviews[name])
    assert [row["verdict"] for row in rows_of(folder / "units.csv")] == review.verdicts["verdict"].to_pylist()
    assert [row["reason"] for row in rows_of(folder / "findings.csv")] == [r or "" for r in review.findings["reason"].to_pylist()]


@pytest.mark.parametrize("name", NAMES)
def test_one_parquet_file_holds_every_unit_finding_and_record(
    name: str, reviews: dict[str, Path], lookback: Lookback, tmp_path: Path
) -> None:
    found = pyarrow.parquet.read_table(export(lookback, reviews[name], "parquet", tmp_path / "all.parquet"))
    review = open_review(reviews[name])
    rows = found.to_pylist()
    assert [row["verdict"] for row in rows] == review.verdicts["verdict"].to_pylist()
    told = [finding["reason"] for row in rows for finding in row["_findings"]]
    assert Counter(told) == Counter(review.findings["reason"].to_pylist())
    issues = pyarrow.parquet.read_table(reviews[name] / "records/issues.parquet")
    assert sum(len(row["_records"]["issues"]) for row in rows) == issues.num_rows
    assert json.loads(found.schema.metadata[b"lookback"])["sha256"] == review.summary["sha256"]


# -------------------------------------------------------------------------------------------------------- how written


@pytest.mark.parametrize("form", FORMS)
def test_the_same_review_gives_the_same_bytes(form: str, reviews: dict[str, Path], lookback: Lookback, tmp_path: Path) -> None:
    one, other = (export(lookback, reviews["lost"], form, tmp_path / name) for name in ("one", "other"))
    files = [[one], [other]] if form != "csvw" else [sorted(folder.iterdir()) for folder in (one, other)]
    assert [file.read_bytes() for file in files[0]] == [file.read_bytes() for file in files[1]]
    export(lookback, reviews["lost"], form, one)  # in its own place


def test_what_cannot_be_written_is_told_and_leaves_what_was_there(
    reviews: dict[str, Path], lookback: Lookback, tmp_path: Path
) -> None:
    spoilt = Path(shutil.copytree(reviews["en"], tmp_path / "spoilt"))
    (spoilt / "findings.parquet").write_bytes(b"PAR1")
    (tmp_path / "out").write_text("was there", "utf-8")
    for form in ("oscal", "sarif", "parquet"):
        assert lookback("export", spoilt, "--as", form, "-o", tmp_path / "out").mistakes() == ["review-changed"]
    assert lookback("export", reviews["en"], "--as", "sarif", "-o", tmp_path / "out" / "file").mistakes() == ["cannot-write"]
    assert (tmp_path / "out").read_text("utf-8") == "was there"
    assert lookback("export", reviews["en"], "--as", "csvw", "-o", tmp_path / "spoilt").code == 2
    assert lookback("export", reviews["en"], "--as", "csvw").mistakes() == ["csvw-needs-folder"]
    assert lookback("export", reviews["en"], "--as", "parquet").mistakes() == ["parquet-needs-file"]
    assert lookback("export", reviews["en"], "--as", "oscal", "--since", reviews["earlier"]).mistakes() == ["since-of-sarif"]
    assert {file.name for file in tmp_path.iterdir()} == {"spoilt", "out"}


def test_ids_of_all_kinds_are_tokens_another_for_each() -> None:
    tokens = Tokens()
    ids = ("N1.4", "3.2", "_3.2", "第一条", "第一条(2)", "第一条[2]", "a b", "", "①", "\u0301")
    given = [tokens.of(id_) for id_ in ids]
    assert given[:4] == ["N1.4", "_3.2", "_3.2_2", "第一条"]
    assert len(set(given)) == len(ids)
    allowed = jsonschema_rs.validator_for({"pattern": r"^(\p{L}|_)(\p{L}|\p{N}|[.\-_])*$"})
    assert [token for token in given if not allowed.is_valid(token)] == []
    assert given == [tokens.of(id_) for id_ in ids]


@dataclass(frozen=True)
class Text:
    said: str
    shown: str


@pytest.mark.parametrize(
    "text", [Text("", "–"), Text(" a\n\tb\u2028c\ufeff ", "a b c"), Text("\x1c\x85", "–"), Text("x", "x")], ids=repr
)
def test_a_text_in_one_line_is_one_of_the_schema(text: Text) -> None:
    assert line(text.said) == text.shown
    assert jsonschema_rs.validator_for({"pattern": r"^\S(.*\S)?$"}).is_valid(line(text.said))
