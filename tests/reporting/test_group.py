"""The reports of groups on their spot checks: of the example city, and of a pack that has nothing in common with it."""

from __future__ import annotations

import json
from pathlib import Path

import docx
import pytest
from screen import Golden, Lookback

import lookback as engine
from lookback.reporting.group import group_reports
from lookback.reporting.report import GroupReports
from lookback.writers.report.papers import as_markdown

GRADES = {
    "type": "choice",
    "choices": {c: {"en": c} for c in ("good", "fair", "poor")},
    "best_to_worst": ["good", "fair", "poor"],
}
TEXT, DAY = {"type": "text"}, {"type": "date"}


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> engine.Review:
    """Shops that wardens look at: the team stands in the look itself; one look is of nobody, one grade seen was lost."""
    root = tmp_path_factory.mktemp("shops")
    outcomes = [{"outcome": "fine"}, {"outcome": "late"}]
    office = {"visits": "looks", "seen": {"stalls": {"said": "found"}}}
    tables = {
        "shops": {"key": "shop", "label": "name", "fields": {"shop": TEXT, "name": TEXT}},
        "stalls": {
            "key": "stall",
            "belongs_to": "shops",
            "fields": {"stall": TEXT, "shop": TEXT, "said": GRADES, "found": GRADES},
        },
        "looks": {
            "key": "look",
            "belongs_to": "shops",
            "fields": {
                "look": TEXT,
                "shop": TEXT,
                "team": TEXT,
                "on_day": DAY,
                "warden": {**TEXT, "personal": True},
                "grade": GRADES,
            },
        },
        "promises": {
            "key": "promise",
            "belongs_to": "shops",
            "fields": {"promise": TEXT, "shop": TEXT, "made_at": {**TEXT, "refers_to": "looks"}, "says": TEXT},
        },
    }
    rule = {"rule": "named", "for": "shops", "title": {"en": "Named"}, "require": "name is not null", "otherwise": "late"}
    files = {
        "pack/pack.yaml": json.dumps({"pack": "shops", "version": "1.0", "outcomes": outcomes, "office": office}),
        "pack/records.yaml": json.dumps({"tables": tables}),
        "pack/all.rules.yaml": json.dumps({"rules": [rule]}),
        "in/shops.csv": "shop,name\nS1,Corner\nS2,\nS3,Far\n",
        "in/stalls.csv": "stall,shop,said,found\nA,S1,good,poor\nB,S1,poor,fair\nC,S2,good,good\nD,S2,good,grand\nE,S2,,fair\n"
        "F,S3,good,poor\n",
        "in/looks.csv": "look,shop,team,on_day,warden,grade\nL1,S1,North,2005-09-01,Ann Lee,good\nL2,S2,North,,Ann Lee,\n"
        "L3,S3,,2005-09-03,Bo Ray,poor\n",
        "in/promises.csv": "promise,shop,made_at,says\nP1,S1,L1,New scales\nP2,S3,L3,A ramp\n",
    }
    for name, text in files.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text, "utf-8")
    return engine.check(root / "in", root / "pack", lang="en", out=root / "review")


@pytest.fixture(scope="module")
def by_team(shops: engine.Review) -> GroupReports:
    return group_reports(shops, "team", "en")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_report_of_one_group_of_the_example_city(city: engine.Review, golden: Golden, lang: str) -> None:
    golden(f"report/group.{lang}.md", as_markdown(group_reports(city, "group_name=第二巡回检查组", lang)))


def test_visits_are_parted_by_a_field_of_their_own_and_those_of_nobody_come_last(by_team: GroupReports) -> None:
    assert [(group.name, group.units) for group in by_team.groups] == [("North", 2), (None, 1)]
    assert by_team.groups[0].verdicts == (("fine", 1), ("late", 1))
    assert [(field.id, n) for field, n in by_team.groups[0].days] == [("on_day", 1)]
    assert [answers.given for answers in by_team.groups[0].answers] == [(("good", 1), ("", 1))]


def test_what_was_seen_is_held_against_what_was_reported_and_nothing_of_it_is_left_out(by_team: GroupReports) -> None:
    [seen] = by_team.groups[0].seen
    lost = "(could not be used)"
    of = {("good", "poor"): 1, ("poor", "fair"): 1, ("good", "good"): 1, ("good", lost): 1, ("", "fair"): 1}
    assert dict(seen.pairs) == of
    assert [(unit, record) for unit, record, *_ in seen.apart] == [("Corner (S1)", "A"), ("Corner (S1)", "B"), ("S2", "E")]
    assert seen.worse == 1


def test_what_refers_to_a_groups_visits_is_what_was_agreed(by_team: GroupReports) -> None:
    for group, said in zip(by_team.groups, ("New scales", "A ramp"), strict=True):
        [promises] = group.agreed
        assert [texts for _, texts in promises.rows] == [(said,)]


def test_the_page_and_the_papers_say_the_same_and_nobody_is_named_in_them(
    lookback: Lookback, shops: engine.Review, tmp_path: Path
) -> None:
    for name in ("r.html", "r.md", "one.docx", "two.docx"):
        assert lookback("report", shops.folder, "--by", "team", "-o", tmp_path / name).code == 0
    assert (tmp_path / "one.docx").read_bytes() == (tmp_path / "two.docx").read_bytes()
    document = docx.Document(str(tmp_path / "one.docx"))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    of_paper = "\n".join([*(p.text for p in document.paragraphs), *cells])
    for text in (of_paper, (tmp_path / "r.html").read_text("utf-8"), (tmp_path / "r.md").read_text("utf-8").replace("\\", "")):
        assert all(said in text for said in ("North", "Corner (S1)", "New scales", "A ramp", "(could not be used)"))
        assert "Ann" not in text
    assert "http" not in (tmp_path / "r.html").read_text("utf-8").replace("http-equiv", "")


def test_a_field_a_group_or_a_pack_without_visits_is_told(
    lookback: Lookback, shops: engine.Review, small: engine.Review, audit: engine.Review, tmp_path: Path
) -> None:
    for review, options, code in (
        (shops, ["--by", "taem"], "by-no-visit"),
        (shops, ["--by", "warden"], "by-no-visit"),
        (shops, ["--by", "team=South"], "no-such-group"),
        (shops, ["--by", "team", "--since", shops.folder], "report-by-alone"),
        (audit, ["--by", "team"], "no-visits"),
    ):
        run = lookback("report", review.folder, *options, "-o", tmp_path / "r.md")
        assert (run.code, run.mistakes()) == (2, [code])
    assert not (tmp_path / "r.md").exists()
    assert not group_reports(small, "region", "en").groups
