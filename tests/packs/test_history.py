"""What a pack says of itself: retired rules, former names, lints left untold, what the office set, how a clause is read."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from screen import Lookback

import lookback as package
from lookback.packs.check import check_pack
from lookback.packs.read import read_pack
from lookback.reviews.impact import impact

TINY = Path(__file__).parents[1] / "tiny" / "pack"
UNITS = "unit_id,name,kind,members,self_check_done_on,mechanism_plan_on,appraisal_forms,appraisal_satisfied\n"
UNITS += "U1,Mill,agency,5,2005-09-01,2005-09-01,10,9\nU2,Lane,agency,5,,2005-09-01,10,9\n"
ISSUES = "issue_id,unit_id,status,can_be_solved,deadline,complaints,explained_on\n"
ISSUES += "I1,U1,solved,true,,,\nI2,U2,in_progress,true,2005-09-01,,\n"

Edited = Callable[..., Path]


@pytest.fixture
def edited(tmp_path: Path) -> Edited:
    """A copy of the small pack with edits: (file, old, new)."""

    def make(*edits: tuple[str, str, str], name: str = "pack") -> Path:
        folder = tmp_path / name
        shutil.copytree(TINY, folder)
        for file, old, new in edits:
            text = (folder / file).read_text("utf-8")
            assert text.count(old) == 1, old
            (folder / file).write_text(text.replace(old, new), "utf-8")
        return folder

    return make


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "units.csv").write_text(UNITS)
    (tmp_path / "data" / "issues.csv").write_text(ISSUES)
    return tmp_path / "data"


RULES, RECORDS, PACK = "1-tiny.rules.yaml", "records.yaml", "pack.yaml"
RETIRED = """  - rule: on-paper
    until: "0.9"
    replaced_by: [self-check-done]
    for: papers
    title: {en: It is on paper, zh: 有书面材料}
    require: paper
    otherwise: nothing

  - rule: self-check-done
"""


def test_a_retired_rule_is_listed_and_judges_nobody_whatever_it_named(edited: Edited, data: Path, lookback: Lookback) -> None:
    pack = edited((RULES, "  - rule: self-check-done\n", RETIRED))
    said = lookback("rules", "list", pack).out
    assert [line.split()[:3] for line in said.splitlines() if "on-paper" in line] == [["on-paper", "0.9", "self-check-done"]]
    with package.check([str(data)], pack=pack, params={}, lang="en", out=None) as review:
        assert "on-paper" not in review.summary["rules"]
    run = lookback("rules", "show", "on-paper", pack)
    assert (run.code, "retired (until 0.9); replaced by self-check-done" in run.err) == (2, True)


def test_what_tables_and_fields_were_called_before_is_read(edited: Edited, data: Path) -> None:
    pack = edited(
        (RECORDS, "  issues:\n", "  matters:\n    was: [issues]\n"),
        (RECORDS, "      deadline:      {type: date,", "      due:           {was: [deadline], type: date,"),
    )
    text = (pack / RULES).read_text("utf-8")
    for old, new in (("from: issues", "from: matters"), ("for: issues", "for: matters"), ("deadline", "due")):
        text = text.replace(old, new)
    (pack / RULES).write_text(text, "utf-8")
    with package.check([str(data)], pack=pack, params={}, lang="en", out=data.parent / "out") as review:
        assert [row["verdict"] for row in review.verdicts.to_pylist()] == ["pass", "make_up"]
    rows = pq.read_table(data.parent / "out" / "records" / "matters.parquet").to_pylist()
    assert [str(row["due"]) for row in rows] == ["None", "2005-09-01"]


def test_a_rule_that_is_only_called_otherwise_is_the_same_rule_to_impact(edited: Edited, data: Path) -> None:
    renamed = edited((RULES, "  - rule: not-overdue\n", "  - rule: in-time\n    was: [not-overdue]\n"))
    old, new = (check_pack(read_pack(folder)) for folder in (TINY, renamed))
    assert impact(old, new, [data]).compared == []
    other = edited((RULES, "  - rule: not-overdue\n", "  - rule: in-time\n"), name="other")
    assert {one.change for one in impact(old, check_pack(read_pack(other)), [data]).compared} >= {"added", "removed"}


def test_a_pack_is_silent_about_a_lint_where_it_says_why(edited: Edited, lookback: Lookback) -> None:
    spare = "  spare:\n    type: integer\n    default: 1\n    title: {en: Spare, zh: 备用}\n  complaint_limit:\n"
    silent = "ignore:\n  - {lint: unused-param, of: [spare], because: {en: Later rules ask it., zh: 供以后使用。}}\n\nparams:\n"
    loud = edited((PACK, "  complaint_limit:\n", spare), name="loud")
    assert "warning[unused-param]" in lookback("rules", "check", loud).out
    quiet = edited((PACK, "  complaint_limit:\n", spare), (PACK, "params:\n", silent), name="quiet")
    assert "warning[" not in lookback("rules", "check", quiet).out
    of_another = edited((PACK, "  complaint_limit:\n", spare), (PACK, "params:\n", silent.replace("[spare]", "[as_of]")))
    said = lookback("rules", "check", of_another).out
    assert "warning[unused-param]" in said
    assert "warning[ignores-nothing]" in said


def test_what_the_office_set_is_said_where_a_parameter_is_shown(edited: Edited, lookback: Lookback) -> None:
    title = "    title: {en: Least share of satisfied answers,"
    pack = edited((PACK, title, f"    ours: true\n{title}"))
    said = lookback("rules", "show", "public-satisfied", pack).out
    assert "0.6 (Least share of satisfied answers, set by the office)" in said
    assert "群众满意率下限，本办自定" in lookback("rules", "show", "public-satisfied", pack, "--lang", "zh").out


def test_how_a_clause_is_read_stands_beside_it(edited: Edited, lookback: Lookback) -> None:
    pack = edited()
    clause = (
        "clauses:\n  - clause: A1\n    summary: {en: Do it., zh: 办。}\n    reading: {en: It is done by its day., zh: 按期办。}\n"
    )
    (pack / "clauses.yaml").write_text(f"{clause}    covered_by: [context]\n    because: {{en: So., zh: 是。}}\n", "utf-8")
    said = lookback("rules", "clauses", pack, "--format", "csv").out.splitlines()
    assert said[0].split(",")[4] == "How we read it"
    assert said[1].split(",")[4] == "It is done by its day."
