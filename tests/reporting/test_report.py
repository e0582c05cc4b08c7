"""The report of a review: what it counts, and the page: whole in one file, closed to the network, the same bytes every time."""

from __future__ import annotations

import gzip
import json
import re
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from rounds_given import OLD, Given
from screen import Folders, Golden, Lookback

import lookback as engine
from lookback.reporting.details import told_of_each
from lookback.reporting.gather import gather
from lookback.reporting.report import AGES, Report
from lookback.reviews.explain import explain, explain_each
from lookback.reviews.fix_all import fix_all, needs_of
from lookback.writers.report.page import as_page

HOSTILE = "<script>alert('1')</script>\u202e=1"
BLOCK = re.compile(r'(<script type="application/octet-stream" id="(\w+)">)([^<]*)(</script>)')


def unpacked(text: str) -> dict[str, Any]:
    """What lies packed in a page, by the ids of its blocks."""
    return {id_: json.loads(gzip.decompress(b64decode(packed))) for _, id_, packed, _ in BLOCK.findall(text)}


def readable(text: str) -> str:
    """A page with what is packed as JSON, a line a value; the programs that pack it may differ, what they pack does not."""

    def lines(found: re.Match[str]) -> str:
        value = json.loads(gzip.decompress(b64decode(found[3])))
        return found[1] + json.dumps(value, ensure_ascii=False, indent=0).replace("\\n", "\n") + found[4]

    script = re.sub(r"(<script>).*?(</script>)", r"\1…\2", BLOCK.sub(lines, text), flags=re.DOTALL)
    bare = re.sub(r"(<style>).*?(</style>)", r"\1…\2", script, flags=re.DOTALL)
    return re.sub("sha256-[^&']*", "sha256-…", bare)


@pytest.fixture(scope="module")
def of_city(city: engine.Review) -> Report:
    return gather(city, "en")


def page_of(review: engine.Review, lang: str, fixes: int) -> str:
    found = gather(review, lang)
    return as_page(found, told_of_each(review, found, fixes), review.pack())


@pytest.fixture(scope="module")
def small_page(small: engine.Review) -> str:
    return page_of(small, "en", 3)


def written(lookback: Lookback, review: engine.Review, file: Path, *more: object, lang: str = "en") -> str:
    run = lookback("report", review.folder, "-o", file, *more, lang=lang)
    assert (run.code, run.out) == (0, "")
    return file.read_text("utf-8")


# ------------------------------------------------------------------------------------------------------- what is counted


def test_units_are_counted_by_verdict_and_by_whatever_the_pack_groups_them_by(of_city: Report, city: engine.Review) -> None:
    assert dict(zip([o.id for o in of_city.outcomes], of_city.whole.verdicts, strict=True)) == city.summary["verdicts"]
    assert [group.field.id for group in of_city.groups] == ["region", "kind", "parent_unit"]
    for group in of_city.groups:
        assert [sum(n) for n in zip(*(row.verdicts for row in group.rows), strict=True)] == [*of_city.whole.verdicts]
        assert [row.flagged for row in group.rows] == sorted((row.flagged for row in group.rows), reverse=True)
    labels = set(city.verdicts["name"].to_pylist())
    assert {row.name for row in of_city.groups[2].rows} & labels, "a parent is called by its name"


def test_what_weighs_most_is_every_rule_with_findings_and_those_that_do_not_count_come_last(
    of_city: Report, city: engine.Review
) -> None:
    counted = {rule: n["unmet"] + n["unknown"] for rule, n in city.summary["rules"].items()}
    assert {one.rule.id: one.findings for one in of_city.weighing} == {rule: n for rule, n in counted.items() if n}
    weights = [one.weight for one in of_city.weighing]
    assert weights == sorted(weights, reverse=True)
    aside = [one.because is not None for one in of_city.weighing]
    assert aside == sorted(aside)
    assert sum(weights) == sum(city.verdicts["score"].to_pylist())


def test_what_goes_well_is_found_by_what_the_pack_declares(of_city: Report, city: engine.Review) -> None:
    table = city.pack().tables["issues"]
    assert [(s.table.id, s.field.id) for s in of_city.well.spread] == [
        ("issues", id_) for id_, f in table.columns.items() if f.best_to_worst
    ]
    assert sum(n for _, n in of_city.well.spread[0].values) == city.summary["records"]["issues"]
    assert {f.table.id for f in of_city.well.followed} == {"make_up_lessons", "feedback"}
    assert all(met.met >= 0.9 * met.of for met in of_city.well.met)
    assert of_city.well.clean == sum(n == 0 for n in city.verdicts["findings"].to_pylist())


DATE = {"type": "date"}
LESSONS = {
    "key": "lesson_id",
    "belongs_to": "units",
    "follow_up": {"opened": "from_on", "due": "due", "done": "done"},
    "fields": {"lesson_id": {"type": "text"}, "unit_id": {"type": "text"}, "from_on": DATE, "due": DATE, "done": DATE},
}
PLAIN_UNITS = {"key": "unit_id", "label": "name", "fields": {"unit_id": {"type": "text"}, "name": {"type": "text"}}}


def test_what_is_open_is_told_by_its_age_and_what_was_lost_of_it_apart(folders: Folders) -> None:
    rules = [
        {
            "rule": "in-time",
            "for": "issues",
            "require": "done <= :as_of or due >= :as_of",
            "not_counted": {"because": {"en": "-"}},
        },
        {"rule": "named", "for": "units", "require": "name is not null"},
    ]
    rows = ["L1,U1,2005-10-01,2005-10-10,", "L2,U1,2005-06-01,2005-12-01,", "L3,U1,,2005-10-01,", "L4,U1,2004-01-01,,2004-02-01"]
    rows += ["L5,U1,2005-10-01,2005-10-10,soon", "L6,U1,2005-09-20,2005-09-30,", "L7,U1,,,"]
    given = Given(
        units=["U1,One"],
        issues=rows,
        rules=rules,
        tables={"units": PLAIN_UNITS, "issues": LESSONS},
        heads=("unit_id,name", "lesson_id,unit_id,from_on,due,done"),
        facts=(),
    )
    [one] = gather(given.review(folders()), "en").ageing
    assert (one.table and one.table.id, len(AGES)) == ("issues", 3)
    assert one.by_age == (2, 0, 1, 0, 2)
    assert one.overdue == (2, 0, 0, 0, 1)
    assert one.unsaid == 1


# --------------------------------------------------------------------------------------------------------------- the page


def test_the_page_of_a_small_review_is_this_and_the_same_bytes_again(
    lookback: Lookback, small: engine.Review, small_page: str, tmp_path: Path, golden: Golden
) -> None:
    assert written(lookback, small, tmp_path / "page.html", "--fixes", 3) == f"{small_page}\n"
    golden("report/small.html", readable(small_page))


def test_the_report_of_a_review_made_in_english_is_chinese_throughout(small: engine.Review, golden: Golden) -> None:
    text = readable(page_of(small, "zh", 0))
    golden("report/small.zh.html", text)
    english = {o.title.en for o in small.pack().pack.header.outcomes if o.title} | {r.rule.title.en for r in small.pack().rules}
    assert [title for title in english if title and title in text] == []


def test_a_page_lets_nothing_from_the_network_in(small_page: str) -> None:
    text = small_page
    assert re.findall(r"https?:|//[a-z]|@import|\bsrc=|<link|<iframe", readable(text)) == []
    [policy] = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    rules = dict(rule.split(" ", 1) for rule in policy.replace("&#39;", "'").split("; "))
    assert (rules["default-src"], rules["base-uri"], rules["form-action"]) == ("'none'",) * 3
    for tag in ("script", "style"):
        found = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        hashes = [f"'sha256-{b64encode(sha256(one.encode()).digest()).decode()}'" for one in found]
        assert found
        assert rules[f"{tag}-src"].split() == hashes
    assert " style=" not in text
    assert not re.search(r" on[a-z]+=", readable(text))


def test_what_records_say_is_escaped_wherever_it_stands(lookback: Lookback, folders: Folders, tmp_path: Path) -> None:
    given = replace(
        OLD, units=[f'U1,"{HOSTILE}",', "U2,POLICY,"], issues=["<b>1</b>,U1,2005-01-01,,<i>P</i>", "I2,U2,2005-01-01,,P"]
    )
    text = written(lookback, given.review(folders()), tmp_path / "page.html")
    blocks = unpacked(text)
    told = blocks.pop("told0")
    assert [label for _, label, *_ in blocks["units"]["units"]] == ["<script>alert('1')</script>\\u202e=1", "POLICY"]
    for html in (re.sub(r"<script[^>]*>.*?</script>", "", text, flags=re.DOTALL), *told):
        assert "<script>alert" not in html
        assert "<b>1" not in html
        assert "<i>P" not in html
        assert "\u202e" not in html
    assert "&lt;script&gt;alert" in told[0]
    assert "&lt;b&gt;1&lt;/b&gt;" in told[0]


def test_without_a_script_a_plain_list_names_every_flagged_unit(small_page: str) -> None:
    [plain] = re.findall(r"<noscript>(.*?)</noscript>", small_page, re.DOTALL)
    assert re.findall(r'<th scope="row">(U\d)', plain) == ["U3", "U5", "U4", "U2"]


def test_a_unit_is_told_with_its_tree_what_was_near_and_what_would_change_it(small_page: str) -> None:
    told = unpacked(small_page)["told0"]
    assert len(told) == 4
    for html, unit in zip(told, ("U3", "U5", "U4", "U2"), strict=True):
        assert unit in re.findall(r"<h2 id=\"of\">(\w+)", html)
        assert 'class="truth f"' in html or 'class="truth u"' in html
        assert "What would change its verdict" in html
    assert ["Not worked out for this page" in html for html in told] == [False, False, False, True]
    assert "Issues: Deadline filled in" in told[0]
    assert "Nearly unmet" in told[3]


def test_many_units_are_told_as_explain_tells_each(small: engine.Review) -> None:
    for brief in explain_each(small, ["U2", "U4"], "en"):
        whole = explain(small, brief.unit.key, "en")
        for one, other in zip(brief.unit.walk(), whole.unit.walk(), strict=True):
            told = [rule for rule in other.rules if rule.outcome is not None or rule.margins]
            assert [replace(rule, reason=None) for rule in one.rules] == [replace(rule, reason=None) for rule in told]
            assert (one.verdict, one.unknown) == (other.verdict, other.unknown)
        assert brief.nearly() == whole.nearly()


def test_what_would_change_a_unit_is_what_fix_counts_it_under(small: engine.Review) -> None:
    needs = needs_of(small, "pass", ["U3", "U5", "U4", "U2"])
    ranked = fix_all(small, "pass")
    free = Counter(of for of in needs.values() if not any(need.kind in ("hindered", "open", "lost") for need in of))
    assert free == {line.needs: line.frees for line in ranked.lines}
    assert sum(free.values()) == ranked.flagged - ranked.hindered


# ------------------------------------------------------------------------------------------------- a ledger, and what moved


def test_what_is_waived_stays_listed_and_counted(lookback: Lookback, folders: Folders, tmp_path: Path) -> None:
    review = replace(OLD, day="2005-11-20").review(folders())
    ledger = tmp_path / "ledger.sqlite"
    assert lookback("ledger", ledger, "add", review.folder).code == 0
    because = ("--until", "2005-12-31", "--because", "flood", "--by", "head")
    assert lookback("ledger", ledger, "waive", "U1", "in-time", *because).code == 0
    found = gather(review, "en", ledger=ledger)
    assert found.kept is not None
    assert (found.kept.waived, found.kept.of_units["U1"][1]) == (1, 1)
    assert [one.key for one in found.flagged] == [one.key for one in gather(review, "en").flagged]
    assert found.ageing[0].table is None
    assert (sum(found.ageing[0].by_age), sum(found.ageing[0].overdue)) == (found.kept.open, found.kept.overdue)
    text = written(lookback, review, tmp_path / "page.html", "--ledger", ledger)
    [told] = unpacked(text)["told0"]
    assert "waived until 2005-12-31" in told
    assert "which stay listed and count" in text


def test_a_ledger_that_does_not_have_the_review_or_goes_beyond_it_is_told(
    lookback: Lookback, folders: Folders, tmp_path: Path
) -> None:
    old, new = OLD.review(folders()), replace(OLD, day="2005-11-20").review(folders())
    for ledger, added, review, code, told in (
        ("old", old, new, 0, "does not have this review"),
        ("new", new, new, 0, ""),
        ("new", new, old, 2, "ledger-is-ahead"),
    ):
        lookback("ledger", tmp_path / ledger, "add", added.folder)
        for command in (("report", "-o", tmp_path / "page.html"), ("flagged",)):
            run = lookback(command[0], review.folder, "--ledger", tmp_path / ledger, *command[1:])
            assert (run.code, told in run.err, "does not have" in run.err) == (code, True, told.startswith("does"))


def test_what_moved_since_an_earlier_review_is_what_compare_says(lookback: Lookback, folders: Folders, tmp_path: Path) -> None:
    old, new = OLD.review(folders()), replace(OLD, day="2005-11-20").review(folders())
    found = gather(new, "en", since=old)
    assert found.moves is not None
    assert (found.moves.moves["newly-flagged"], found.moves.was) == (1, {"U1": "pass"})
    units = unpacked(written(lookback, new, tmp_path / "page.html", "--since", old.folder))["units"]
    *_, was = units["columns"]
    assert [was["names"][unit[2][-1]] for unit in units["units"]] == [found.moves.old_outcomes[0].title]
    assert "later day than" in lookback("report", old.folder, "--since", new.folder, "-o", tmp_path / "back.md").err


def test_what_was_lost_and_who_was_not_judged_is_told(lookback: Lookback, folders: Folders, tmp_path: Path) -> None:
    given = replace(OLD, units=["U1,One,soon", ",Nobody,"], issues=["I1,U1,2005-11-01,,P"])
    review = given.review(folders())
    found = gather(review, "en")
    assert found.lost.not_judged == 1
    assert found.outcomes[-1].id == "not judged"
    assert found.flagged[0].verdict == "not judged"
    text = written(lookback, review, tmp_path / "page.html")
    assert "1 unit could not be judged." in text
    told: Sequence[str] = unpacked(text)["told0"]
    assert any("could not be judged" in html or "without" in html for html in told)


def test_a_review_in_which_nobody_is_flagged_has_a_report(lookback: Lookback, folders: Folders, tmp_path: Path) -> None:
    given = replace(OLD, units=["U1,One,"], issues=["I1,U1,2005-11-01,,P"])
    text = written(lookback, given.review(folders()), tmp_path / "page.html")
    assert unpacked(text)["units"]["units"] == []


# --------------------------------------------------------------------------------------------------------- where -o leads


def test_a_list_is_replaced_though_a_condition_is_longer_than_any_file_is_called(
    lookback: Lookback, folders: Folders, tmp_path: Path
) -> None:
    review, out = OLD.review(folders()), tmp_path / "list.csv"
    for _ in range(2):
        assert lookback("flagged", review.folder, "--where", " or ".join(["score >= 0"] * 40), "-o", out).code == 0


def test_a_file_that_is_there_is_replaced_only_by_one_of_its_kind(lookback: Lookback, folders: Folders, tmp_path: Path) -> None:
    review = OLD.review(folders())
    ledger, secret, template = tmp_path / "ledger.html", tmp_path / "secret", tmp_path / "own.docx"
    assert lookback("ledger", ledger, "add", review.folder).code == 0
    secret.write_text(f"lookback-secret-1 {'0' * 64}\n")
    assert lookback("report", review.folder, "-o", template).code == 0
    for file, code, *command in (
        (ledger, "out-is-another", "report", review.folder),
        (ledger, "out-was-given", "report", review.folder, "--ledger", ledger),
        (secret, "out-is-another", "flagged", review.folder),
        (template, "out-was-given", "report", review.folder, "--template", template),
        (review.folder.parent / "data" / "units.csv", "out-is-another", "flagged", review.folder),
        (review.folder / "problems.csv", "out-of-a-review", "flagged", review.folder),
    ):
        before = file.read_bytes()
        run = lookback(*command, "-o", file)
        assert (run.code, run.mistakes(), file.read_bytes() == before) == (2, [code], True)
    for _ in "twice":
        for name in ("list.csv", "list.json", "list.txt", "list.xlsx"):
            assert lookback("flagged", review.folder, "-o", tmp_path / name).code == 0
