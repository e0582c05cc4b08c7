"""A finding has the same name from review to review, whatever is moved, reordered or renamed, and no two have the same."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from builders import pack_of
from screen import Folders
from strategies import write_pack

import lookback
from lookback.rounds.fingerprint import Fingerprints, make_named_findings
from lookback.warehouse.duckdb import DuckDB

ISSUE = {"issue_id": {"type": "text"}, "unit_id": {"type": "text"}, "due": {"type": "date"}, "who": {"type": "text"}}
UNITS: dict[str, Any] = {"key": "unit_id", "fields": {"unit_id": {"type": "text"}, "kind": {"type": "text"}}}
RULES = [{"rule": "dated", "for": "issues", "require": "due is not null and who is not null and units.kind <> 'x'"}]


def reviewed(
    folder: Path, rows: str, rules: Any = RULES, fields: Any = ISSUE, table: Any = None, header: str = "issue_id,unit_id,due,who"
) -> lookback.Review:
    tables = {"units": UNITS, "issues": {"key": "issue_id", "belongs_to": "units", "fields": fields}}
    tables |= {table["id"]: {**tables.pop("issues"), "was": table["was"]}} if table else {}
    write_pack(pack_of(tables, rules), folder / "pack")
    (folder / "data").mkdir()
    (folder / "data" / "units.csv").write_text("unit_id,kind\nU1,a\n", "utf-8")
    (folder / "data" / "issues.csv").write_text(f"{header}\n{rows}\n", "utf-8")
    return lookback.check(folder / "data", folder / "pack", out=folder / "review", decider="reference")


def names(review: lookback.Review) -> dict[str, tuple[str | None, str | None]]:
    with closing(DuckDB(None, threads=1)) as warehouse:
        make_named_findings(review.folder, review.pack(), warehouse, "named")
        of = Fingerprints(review.pack())
        decided = dict(
            warehouse.rows(f"SELECT finding, situation FROM read_parquet('{review.folder}/decisions.parquet') WHERE finding >= 0")
        )
        found = {}
        for rule, table, record, finding, named, fingerprint in warehouse.rows(
            'SELECT rule, "table", record, finding, named, fingerprint FROM named ORDER BY _at'
        ):
            if named is not None:
                assert named == of.finding(rule, table, record)
                assert fingerprint == of.fingerprint(rule, table, record, decided[finding])
            found[record] = (named, fingerprint)
        return found


def test_names_are_pinned_as_what_is_kept_elsewhere_goes_by_them(folders: Folders) -> None:
    assert names(reviewed(folders(), "I1,U1,,P")) == {"I1": ("90de0535c4519901", "849326c286583b99")}


def test_nothing_but_rule_record_and_situation_makes_a_name(folders: Folders) -> None:
    first = names(reviewed(folders(), "I1,U1,,P\nI2,U1,,\nI3,U1,2005-01-01,P"))
    assert [*first] == ["I1", "I2"]
    assert len({name for both in first.values() for name in both}) == 4
    moved = names(reviewed(folders(), "I9,U1,,\nI2,U1,,P\nI1,U1,,P"))
    assert moved["I1"] == first["I1"]
    assert moved["I2"][0] == first["I2"][0]
    assert moved["I2"][1] != first["I2"][1]
    turned = [{**RULES[0], "require": "units.kind <> 'x' and who is not null and due is not null"}]
    assert names(reviewed(folders(), "I1,U1,,P", turned)) == {"I1": first["I1"]}


def test_a_new_name_of_rule_table_or_field_makes_no_other_finding(folders: Folders) -> None:
    first = names(reviewed(folders(), "I1,U1,,P"))
    rules = [{**RULES[0], "rule": "has-day", "was": ["dated"]}]
    assert names(reviewed(folders(), "I1,U1,,P", rules)) == first
    fields = {**ISSUE, "until": {"type": "date", "was": ["due"]}}
    del fields["due"]
    rules = [{**RULES[0], "for": "matters", "require": "until is not null and who is not null and units.kind <> 'x'"}]
    assert names(reviewed(folders(), "I1,U1,,P", rules, fields, {"id": "matters", "was": ["issues"]})) == first


@pytest.mark.parametrize("rows", [",U1,,P", "I2,U1,2005-01-01,P\n,U1,,"])
def test_a_record_that_is_called_by_its_place_has_no_name(folders: Folders, rows: str) -> None:
    (named,) = [both for record, both in names(reviewed(folders(), rows)).items() if "issues.csv:" in record]
    assert named == (None, None)
