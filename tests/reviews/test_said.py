"""A review in one language, listed in another, says what a review in that language says."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from screen import ROOT

import lookback
from lookback.reviews.explain import explain
from lookback.reviews.explanation import RecordSeen, RuleSeen
from lookback.reviews.flagged import flagged
from lookback.words import LANGUAGES

DATA = {
    "small": (ROOT / "fixtures" / "small", "lookback-2005"),
    "audit": (ROOT / "fixtures" / "audit-office", "audit-follow-up"),
    "tiny": (ROOT / "tests" / "tiny" / "records", ROOT / "tests" / "tiny" / "pack"),
}


@pytest.mark.parametrize("of", DATA)
def test_reasons_are_said_in_the_language_that_is_asked_for(of: str, tmp_path: Path) -> None:
    data, pack = DATA[of]
    lists = {}
    for lang in LANGUAGES:
        with lookback.check(data, pack, lang=lang, out=tmp_path / lang) as review:
            for asked in LANGUAGES:
                found = flagged(review.folder, review.pack(), situations=asked, lang=asked)
                lists[lang, asked] = found.findings.to_pylist(), found.situations.to_pylist() if found.situations else []
    for lang, other in (("en", "zh"), ("zh", "en")):
        assert lists[other, lang] == lists[lang, lang]
        assert lists[lang, lang] != lists[lang, other]
    assert lists["en", "en"][0]


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory: pytest.TempPathFactory) -> dict[str, lookback.Review]:
    """Reviews, one in each language, of records of which much was lost: values, rows, a column, a table."""
    folder = tmp_path_factory.mktemp("spoilt")
    data = folder / "data"
    data.mkdir()
    for file in (ROOT / "fixtures" / "small").iterdir():
        text = file.read_text("utf-8-sig").replace("2005-09", "09/2005")
        if file.stem == "units":
            rows = list(csv.reader(text.splitlines()))
            rows[2][rows[0].index("batch")] = "first"
            at = rows[0].index("members")
            text = "\n".join(",".join([*row[:at], *row[at + 1 :]]) for row in rows) + "\nU1,Twice,,,,\n"
        if file.stem != "mechanisms":
            (data / file.name).write_text(text, "utf-8")
    return {lang: lookback.check(data, lang=lang, out=folder / lang) for lang in LANGUAGES}


def test_what_was_lost_is_said_with_its_place_in_the_language_that_is_asked_for(spoilt: dict[str, lookback.Review]) -> None:
    said = {
        (lang, asked): flagged(review.folder, review.pack(), lang=asked).findings["reason"].to_pylist()
        for lang, review in spoilt.items()
        for asked in LANGUAGES
    }
    for lang, other in (("en", "zh"), ("zh", "en")):
        assert said[other, lang] == said[lang, lang]
    lost = [reason for reason in said["en", "zh"] if "无法使用" in reason or "没有人报送" in reason]
    assert any("issues.csv" in reason for reason in lost)
    assert any("没有人报送" in reason for reason in lost)


def test_what_was_expected_is_said_in_the_language_that_is_asked_for(spoilt: dict[str, lookback.Review]) -> None:
    lists = {}
    for lang, review in spoilt.items():
        for asked in LANGUAGES:
            found = flagged(review.folder, review.pack(), lost=True, lang=asked).lost
            assert found is not None
            lists[lang, asked] = sorted(found["expected"].to_pylist())
    for lang, other in (("en", "zh"), ("zh", "en")):
        assert lists[other, lang] == lists[lang, lang]
    assert len({*lists["en", "zh"]}) > 2
    assert all(any("\u4e00" <= c <= "\u9fff" for c in text) for text in lists["en", "zh"])


def test_explain_says_the_words_of_the_list_in_either_language(spoilt: dict[str, lookback.Review]) -> None:
    for review in spoilt.values():
        for lang in LANGUAGES:
            listed = flagged(review.folder, review.pack(), lang=lang).findings.to_pylist()
            unit = next(
                f["unit"] for f in listed if f["table"] == "issues" and ("could not" in f["reason"] or "无法使用" in f["reason"])
            )
            told = {(r, one.key): rule.reason for r, one, rule in _rules(explain(review, unit, lang).unit)}
            of_unit = [f for f in listed if f["unit"] == unit]
            assert of_unit
            for f in of_unit:
                assert told[f["rule"], f["record"]] == f["reason"]


def _rules(record: RecordSeen) -> Iterator[tuple[str, RecordSeen, RuleSeen]]:
    yield from ((rule.rule, record, rule) for rule in record.rules)
    for child in record.records:
        yield from _rules(child)
