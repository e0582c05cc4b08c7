"""A review in one language, listed in another, says what a review in that language says."""

from __future__ import annotations

from pathlib import Path

import pytest
from screen import ROOT

import lookback
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


def test_what_was_lost_is_said_in_the_language_that_is_asked_for(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    for file in (ROOT / "tests" / "tiny" / "records").iterdir():
        (data / file.name).write_text(file.read_text("utf-8").replace("2005-09-15", "#N/A"), "utf-8")
    with lookback.check(data, DATA["tiny"][1], lang="en", out=tmp_path / "en") as review:
        said = flagged(review.folder, review.pack(), lang="zh").findings["reason"].to_pylist()
        told = flagged(review.folder, review.pack()).findings["reason"].to_pylist()
    assert len(said) == len(told)
    lost = [(ours, theirs) for ours, theirs in zip(said, told, strict=True) if "could not be used" in theirs]
    assert lost
    assert all(any("\u4e00" <= c <= "\u9fff" for c in ours) for ours, _ in lost)
    assert all(said)
