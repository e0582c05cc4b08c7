"""What a pack says for the office's commands: `office:`, `follow_up:`, `best_to_worst:` with `badness`, and its papers."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from builders import checked
from reference import Pack
from screen import Lookback

import lookback as package
from lookback.judging.trial import Trial
from lookback.packs.check import check_pack
from lookback.packs.read import read_pack
from lookback.proving.proof import prove
from lookback.words.errors import PackError

TINY = Path(__file__).parents[1] / "tiny" / "pack"
PAPER = """\
# {{ unit.name }}: {{ pack.title }}

{% for finding in findings %}- {{ finding.title }}: {{ finding.reason }}
{% endfor %}
{% for issue in issues | sort(attribute="deadline") if issue.verdict != "pass" %}{{ loop.index }}. {{ issue.title }}
{% endfor %}
{% set open = issues | length %}{{ open }} of {{ params.complaint_limit }}, {{ unit.make_up_issues }}
"""


def with_paper(folder: Path, text: str, name: str = "briefing.md") -> Path:
    shutil.copytree(TINY, folder)
    (folder / "papers").mkdir()
    (folder / "papers" / name).write_text(text, "utf-8")
    return folder


def test_a_paper_is_part_of_the_pack_and_of_the_review(tmp_path: Path) -> None:
    pack = with_paper(tmp_path / "pack", PAPER)
    read = check_pack(read_pack(pack)).pack
    assert {name: paper.text for name, paper in read.papers.items()} == {"briefing": PAPER}
    assert read.sha256 != read_pack(TINY).sha256
    (tmp_path / "units.csv").write_text("unit_id,name\nU1,Mill\n")
    (tmp_path / "issues.csv").write_text("issue_id,unit_id\nI1,U1\n")
    files = [f"{name}={tmp_path / name}.csv" for name in ("units", "issues")]
    with package.check(files, pack=pack, params={}, lang="en", out=tmp_path / "out") as review:
        assert review.pack().pack.papers["briefing"].text == PAPER
        assert review.summary["pack"]["sha256"] == read.sha256
        assert review.pack().pack.sha256 == read.sha256
    assert (tmp_path / "out" / "pack" / "papers" / "briefing.md").read_text("utf-8") == PAPER


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("one\n{% for x in issues %}\n", "paper-form", 2),
        ("{{ unit.name | shuted }}", "paper-form", 1),
        ("one\n{{ unit.nmae }}\n", "paper-name", 2),
        ("{% for x in issues %}\n{{ x.nmae }}\n{% endfor %}", "paper-name", 2),
        ("{% for x in issues | list %}{{ x.status }}{{ y }}{% endfor %}", "paper-name", 1),
        ("{{ params.limit }}", "paper-name", 1),
        ("{% for f in findings %}{{ f.why }}{% endfor %}", "paper-name", 1),
        ("{% include '/etc/passwd' %}", "paper-includes", 1),
    ],
)
def test_what_is_wrong_with_a_paper_is_told_at_its_line(tmp_path: Path, text: str, code: str, line: int) -> None:
    with pytest.raises(PackError) as error:
        check_pack(read_pack(with_paper(tmp_path / "pack", text)))
    (mistake,) = error.value.mistakes
    assert mistake.code == code
    assert mistake.span is not None
    assert mistake.span.line == line
    assert mistake.render("zh")


def test_a_paper_may_use_nothing_of_a_pack(tmp_path: Path, lookback: Lookback) -> None:
    assert lookback("rules", "check", with_paper(tmp_path / "pack", "Plain.\n")).code == 0


def test_what_the_office_needs_to_know_is_on_the_model(tmp_path: Path) -> None:
    pack = shutil.copytree(TINY, tmp_path / "pack")
    text = (pack / "pack.yaml").read_text("utf-8")
    office = "office: {group_by: [kind, make_up_issues], handed_in_by: as_of, survey: issues}\n\nparams:\n"
    (pack / "pack.yaml").write_text(text.replace("params:\n", office), "utf-8")
    text = (pack / "records.yaml").read_text("utf-8")
    follow_up = "    belongs_to: units\n    follow_up: {due: deadline, done: explained_on}\n"
    (pack / "records.yaml").write_text(text.replace("    belongs_to: units\n", follow_up), "utf-8")
    read = check_pack(read_pack(pack)).pack
    assert read.header.office is not None
    assert (read.header.office.group_by, read.header.office.handed_in_by) == (("kind", "make_up_issues"), "as_of")
    assert read.tables["issues"].follow_up is not None
    assert (read.tables["issues"].follow_up.due, read.tables["issues"].follow_up.opened) == ("deadline", None)


def test_what_was_seen_is_worse_than_what_was_said(tmp_path: Path) -> None:
    status = {"type": "choice", "choices": {c: {"en": c} for c in "abc"}, "best_to_worst": ["c", "a", "b"]}
    units = {"key": "unit_id", "fields": {"unit_id": {"type": "text"}, "said": status, "seen": status}}
    rules = [
        {"rule": "as-said", "for": "units", "require": "not badness(seen) > badness(said)"},
        {"rule": "not-worst", "for": "units", "require": "badness(seen) < 3"},
    ]
    listed = [{"title": {"en": r["rule"]}, "otherwise": "make_up", **r} for r in rules]
    pack = checked(tmp_path / "pack", Pack({}, [{"outcome": "pass"}, {"outcome": "make_up"}], {"units": units}, [], listed))
    pairs = [("a", "b"), ("a", "c"), ("b", "b"), (None, "c"), ("c", None)]
    records = [{"unit_id": f"U{i}", "said": said, "seen": seen} for i, (said, seen) in enumerate(pairs)]
    got = Trial(pack, "durable").judge({"units": records})
    assert [got["units", f"U{i}"].statuses["as-said"] for i in range(5)] == ["unmet", "met", "met", "unknown", "unknown"]
    assert [got["units", f"U{i}"].statuses["not-worst"] for i in range(5)] == ["unmet", "met", "unmet", "met", "unknown"]
    proof = prove(pack)
    assert [f.mistake.code for f in proof.found] == []
    assert proof.left_open == []
