"""Texts of records, files and packs are only texts: on a screen and in CSV for people none of them acts or hides."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from screen import ROOT, Lookback

from lookback.words import CATALOGUE
from lookback.words.shown import LONGEST_STEM, escaped_json, file_stem, harmless, no_formula, one_line

TINY, PACK = ROOT / "tests/tiny/records", ROOT / "tests/tiny/pack"
HOSTILE = (
    "\x1b[2J\x1b[31mgone",  # wipes the screen
    "\x1b]0;title\x07",
    "\x9b31m",
    "\u202egnp.exe",  # reads backwards
    "\u2066a\u2069b",
    "pay\u200bpal",
    "soft\xadhyphen",
    "\ufeffmark",
    "tag\U000e0041",
    "filler\u3164",
    "a\x08\x08pass",
    "a\x7fb",
    "line\u2028break",
    "a\rpass",
)
FORMULAS = ('=HYPERLINK("http://x","y")', "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)")


def acts(text: str) -> list[str]:
    """The characters of a text that act on a screen or are not seen there."""
    return [c for c in text if c not in "\n\t" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")]


def test_every_character_that_acts_or_is_not_seen_is_written_out() -> None:
    every = [chr(c) for c in range(sys.maxunicode + 1)]
    assert [c for c in every if acts(c) and harmless(c) == c] == []
    seen = [c for c in every if unicodedata.category(c)[0] in "LNPS" and c not in "\u115f\u1160\u2800\u3164\uffa0"]
    assert [c for c in seen if one_line(c) != c] == []
    assert harmless("a\nb\tc") == "a\nb\tc"
    assert one_line("a\nb\x1b\u202e\U000e0041") == r"a\nb\x1b\u202e\U000e0041"


def test_no_sentence_of_ours_holds_such_a_character() -> None:
    assert [code for code, said in CATALOGUE.items() if any(harmless(one) != one for one in said)] == []


def test_json_is_that_of_the_same_data() -> None:
    data = {"a": [*HOSTILE, *FORMULAS, "\ud800", "单位"]}
    text = escaped_json(json.dumps(data, ensure_ascii=False))
    assert json.loads(text) == data
    assert acts(text) == []


@pytest.mark.parametrize(
    "name", [*HOSTILE, "../../etc/passwd", "CON", "nul.txt", "-rf", "~", ".", "", " . ", "a/b\\c:d*?", "单位" * 90]
)
def test_a_name_becomes_one_of_a_file_that_every_system_takes(name: str) -> None:
    stem = file_stem(name)
    assert stem
    assert acts(stem) == []
    assert not set(stem) & set('<>:"/\\|?*\n')
    assert stem[0] not in "-~. "
    assert stem[-1] not in ". "
    assert len(stem.encode()) <= LONGEST_STEM + 1
    assert not re.fullmatch(r"(con|nul)(\..*)?", stem, re.IGNORECASE)


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Records whose keys, names and titles are hostile texts, and a file with such a name."""
    folder = Path(shutil.copytree(TINY, tmp_path_factory.mktemp("spoilt") / "records"))
    texts = (*HOSTILE, *FORMULAS)
    for table in ("units", "issues"):
        with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        rows = [dict(rows[n % len(rows)]) for n in range(len(texts))]
        for n, (row, text) in enumerate(zip(rows, texts, strict=True)):
            row |= {"unit_id": f"U{n}{text}", "kind": text} | ({"name": text} if table == "units" else {"title": text})
            if table == "issues":
                row |= {"issue_id": f"I{n}{text}", "status": "blocked", "deadline": text}
        with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(rows[0]), extrasaction="ignore")
            writer.writeheader()
            writer.writerows(rows)
    (folder / "notes\x1b[31m\u202e.csv").write_text("a,b\n1,2\n", "utf-8")
    return folder


@pytest.fixture(scope="module")
def said(spoilt: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    import lookback

    out = tmp_path_factory.mktemp("said") / "review\x1b[31m"
    lookback.check(spoilt, PACK, out=out, lang="en").close()
    return out


def commands(spoilt: Path, review: Path, unit: str, work: Path) -> Iterator[tuple[object, ...]]:
    yield "check", spoilt, "--pack", PACK
    yield "check", spoilt, "--pack", PACK, "--strict"
    yield "check", spoilt, "--pack", PACK, "--format", "csv"
    yield "check", spoilt / "\x1b[31mnone\u202e", "--pack", PACK
    yield "check", spoilt, "--pack", "\x1b[31mnone\u202e"
    yield "check", spoilt, "--pack", PACK, "--set", "\x1b[31m\u202e=1"
    for form in ("table", "csv", "json"):
        yield "flagged", review, "--format", form
        yield "flagged", review, "--format", form, "--where", "name <> '\x1b[31m\u202e'"
    yield "flagged", review, "--where", "nam\x1b[31m\u202e <> ''"
    for form in ("text", "json", "html"):
        yield "explain", unit, review, "--format", form
    yield "explain", "\x1b[31m\u202enobody", review
    for form in ("text", "json"):
        yield "fix", unit, review, "--format", form
        yield "fix", "--all", review, "--format", form
    yield "fix-list", spoilt, "--pack", PACK, "-o", work / "fix"
    yield "draw", review, "--size", 5, "--seed", "\x1b[31m\u202e", "--by", "kind", "--always", "\x1b[31m", "-o", work / "none"
    yield "draw", review, "--size", 5, "--seed", "\x1b[31m\u202e", "--by", "na\x1b[31mme", "-o", work / "none"
    size = len(HOSTILE) + len(FORMULAS)
    yield (
        "draw",
        review,
        "--size",
        size,
        "--seed",
        "\x1b[31m\u202e",
        "--by",
        "name",
        "--published",
        "\x1b[31m",
        "-o",
        work / "draw",
    )
    yield "draw", review, "--size", size, "--like", work / "draw", "--by", "name", "-o", work / "like"
    yield "verify", work / "draw", "--of", review
    yield "sheet", review, work / "draw", "-o", work / "sheets"
    yield "estimate", work / "draw", review, "--visited", "true"
    yield "estimate", work / "draw", review, "--visited", "\x1b[31m\u202e", "--confidence", "\x1b[31m\u202e"
    yield "verify", review
    yield "verify", review / "\x1b[31m\u202e"
    yield ("\x1b[31m\u202e",)
    yield "check", "--\x1b[31m\u202e"


def test_no_command_lets_a_text_act_on_the_screen(lookback: Lookback, spoilt: Path, said: Path, tmp_path: Path) -> None:
    unit = json.loads(lookback("flagged", said, "--format", "json").out)[0]["key"]
    for command in commands(spoilt, said, unit, tmp_path):
        run = lookback(*command)
        assert (command, acts(run.said)) == (command, [])
        assert "internal" not in run.err
    for page in (tmp_path / "draw" / "protocol.md", *(tmp_path / "sheets" / "print").glob("*.html")):
        assert acts(page.read_text("utf-8")) == []
        assert file_stem(page.stem) == page.stem
    for listed in (tmp_path / "fix").iterdir():
        assert file_stem(listed.stem) == listed.stem


def test_a_pack_lets_no_text_act_on_the_screen(lookback: Lookback, tmp_path: Path) -> None:
    pack = Path(shutil.copytree(PACK, tmp_path / "pack\x1b[31m"))
    text = (pack / "pack.yaml").read_text("utf-8")
    (pack / "pack.yaml").write_text(re.sub(r"title: \{en: [^,}]*", r'title: {en: "\\e[31m\\u202Ex"', text), "utf-8")
    rules = next(pack.glob("*.rules.yaml"))
    rules.write_text(re.sub(r"title: \{en: [^,}]*", r'title: {en: "\\e[31m\\u202Ex"', rules.read_text("utf-8")), "utf-8")
    for command in (
        ("rules", "check", pack),
        ("rules", "list", pack),
        ("rules", "show", "--all", pack),
        ("check", TINY, "--pack", pack),
    ):
        run = lookback(*command)
        assert (command, acts(run.said)) == (command, [])


def test_csv_for_people_holds_no_formula_and_check_takes_the_mark_away(lookback: Lookback, said: Path, tmp_path: Path) -> None:
    people = lookback("flagged", said, "--format", "csv").out
    labels = [row["label"] for row in csv.DictReader(io.StringIO(people, newline=""))]
    assert {f"'{text}" for text in FORMULAS} <= set(labels)
    assert [
        cell for row in csv.reader(io.StringIO(people, newline="")) for cell in row if cell.startswith(("=", "+", "-", "@"))
    ] == []
    lookback("flagged", said, "--format", "csv", "-o", tmp_path / "list.csv")
    assert (tmp_path / "list.csv").read_text("utf-8-sig") == people
    raw = lookback("flagged", said, "--format", "csv", "--raw").out
    assert set(FORMULAS) <= {row["label"] for row in csv.DictReader(io.StringIO(raw, newline=""))}
    assert "\u202egnp.exe" in raw


@pytest.mark.parametrize("text", ["-5", "+3.25", "a=b", "", "'x", "1-2"])
def test_what_is_no_formula_has_no_mark(text: str) -> None:
    assert no_formula(text) == text


def test_a_marked_text_is_read_without_its_mark(lookback: Lookback, tmp_path: Path) -> None:
    data = Path(shutil.copytree(TINY, tmp_path / "data"))
    units = (data / "units.csv").read_text("utf-8")
    (data / "units.csv").write_text(units.replace("Willowbank Water Bureau", "'=Water").replace("U1,", "'@U1,"), "utf-8")
    (data / "issues.csv").write_text((data / "issues.csv").read_text("utf-8").replace(",U1,", ",@U1,"), "utf-8")
    lookback("check", data, "--pack", PACK, "-o", tmp_path / "review")
    run = lookback("explain", "@U1", tmp_path / "review")
    assert run.out.startswith("@U1 =Water: ")
