"""A review whose files are not as they were written: whoever reads it says so, by name, and reads on in none of them."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from screen import Lookback

import lookback


def rewritten(name: str, query: str) -> Callable[[Path], None]:
    """A Parquet file, written anew by a query over itself, `t`."""

    def spoil(review: Path) -> None:
        with duckdb.connect() as connection:
            connection.execute(f"CREATE TABLE t AS FROM read_parquet('{review / name}')")
            connection.execute(f"COPY ({query}) TO '{review / name}' (FORMAT parquet)")

    return spoil


def edited(name: str, old: str, new: str) -> Callable[[Path], None]:
    def spoil(review: Path) -> None:
        text = (review / name).read_text("utf-8")
        assert old in text
        (review / name).write_text(text.replace(old, new, 1), "utf-8")

    return spoil


def cut(name: str, bytes: int) -> Callable[[Path], None]:
    def spoil(review: Path) -> None:
        (review / name).write_bytes((review / name).read_bytes()[:bytes])

    return spoil


def gone(name: str) -> Callable[[Path], None]:
    return lambda review: shutil.rmtree(review / name) if (review / name).is_dir() else (review / name).unlink()


def planted(name: str) -> Callable[[Path], None]:
    def spoil(review: Path) -> None:
        shutil.copy(review / "records/units.parquet", review / name)

    return spoil


def swapped(one: str, other: str) -> Callable[[Path], None]:
    def spoil(review: Path) -> None:
        (review / one).rename(review / "aside")
        (review / other).rename(review / one)
        (review / "aside").rename(review / other)

    return spoil


def other_hash(review: Path) -> None:
    kept = re.search(r'"verdicts.parquet": "(\w+)"', (review / "review.json").read_text("utf-8"))
    assert kept is not None
    edited("review.json", kept[1], "0" * 64)(review)


def without_end(file: str) -> Callable[[Path], None]:
    def spoil(review: Path) -> None:
        (review / file).unlink()
        os.mkfifo(review / file)

    return spoil


RULES = "pack/1-look-over.rules.yaml"
BY_UNIT = ("decisions.parquet", "judged/issues.parquet", "problems.csv", "records/issues.parquet", "records/_lost.units.parquet")
"""Files that only `explain` and `fix` read."""
Damages = dict[str, tuple[Callable[[Path], None], str]]
CHANGED: Damages = {
    "a verdict of no outcome": (
        rewritten("verdicts.parquet", "SELECT * REPLACE ('bogus' AS verdict) FROM t"),
        "verdicts.parquet",
    ),
    "all pass": (rewritten("verdicts.parquet", "SELECT * REPLACE ('pass' AS verdict) FROM t"), "verdicts.parquet"),
    "a column lost": (rewritten("verdicts.parquet", "SELECT * EXCLUDE (score) FROM t"), "verdicts.parquet"),
    "a file cut off": (cut("verdicts.parquet", 300), "verdicts.parquet"),
    "an unknown rule": (rewritten("findings.parquet", "SELECT * REPLACE ('nobody' AS rule) FROM t"), "findings.parquet"),
    "fewer findings": (rewritten("findings.parquet", "FROM t LIMIT 3"), "findings.parquet"),
    "a pipe in place of a file": (without_end("findings.parquet"), "findings.parquet"),
    "a pipe in place of review.json": (without_end("review.json"), "review.json"),
    "a file emptied": (cut("findings.parquet", 0), "findings.parquet"),
    "a rule edited": (edited(RULES, "weight: 3", "weight: 2"), RULES),
    "a rule spoilt": (edited(RULES, "rules:", "rules: ]"), RULES),
    "a count edited": (edited("review.json", '"make_up": ', '"make_up": 1'), "review.json"),
    "a parameter edited": (edited("review.json", '"complaint_limit": 3', '"complaint_limit": 4'), "review.json"),
    "a hash edited": (other_hash, "review.json"),
    "review.json without its own hash": (edited("review.json", ',\n  "sha256": "', ',\n  "sha": "'), "review.json"),
    "review.json cut off": (cut("review.json", 500), "review.json"),
    "a situation edited": (rewritten("decisions.parquet", "SELECT * REPLACE ('met' AS status) FROM t"), "decisions.parquet"),
    "two files swapped": (swapped("judged/issues.parquet", "judged/units.parquet"), "judged/issues.parquet"),
    "a problem taken away": (edited("problems.csv", "file", "fale"), "problems.csv"),
    "a record edited": (
        rewritten("records/issues.parquet", "SELECT * REPLACE ('solved' AS status) FROM t"),
        "records/issues.parquet",
    ),
}
GONE: Damages = {
    "no findings": (gone("findings.parquet"), "findings.parquet"),
    "no pack": (gone("pack"), "pack"),
    "no file of rules": (gone(RULES), RULES),
    "no folder of records": (gone("records"), "records"),
    "no records": (gone("records/issues.parquet"), "records/issues.parquet"),
}
MORE: Damages = {
    "rules put in": (planted("pack/9-more.rules.yaml"), "pack/9-more.rules.yaml"),
    "losses put in": (planted("records/_lost.units.parquet"), "records/_lost.units.parquet"),
}
DAMAGE = {
    what: (*damage, code)
    for code, damages in (("review-changed", CHANGED), ("review-not-whole", GONE), ("review-has-more", MORE))
    for what, damage in damages.items()
} | {"no review.json": (gone("review.json"), "", "no-review")}


@pytest.fixture
def copy(small: lookback.Review, tmp_path: Path) -> Path:
    return Path(shutil.copytree(small.folder, tmp_path / "review"))


@pytest.mark.parametrize("what", DAMAGE)
def test_a_damaged_review_is_told_by_the_file_and_not_read(lookback: Lookback, copy: Path, what: str) -> None:
    spoil, file, code = DAMAGE[what]
    spoil(copy)
    lists = () if file in BY_UNIT else (("flagged", copy), ("flagged", copy, "-o", copy.parent / "list.xlsx"))
    for command in (*lists, ("explain", "U5", copy), ("fix", "U5", copy), ("fix", "--all", copy)):
        run = lookback(*command)
        assert (run.code, run.out, run.mistakes()) == (2, "", [code])
        assert file in run.err
    assert not (copy.parent / "list.xlsx").exists()
    run = lookback("verify", copy)
    assert (run.code, run.out) == (2, "")
    assert file in run.err


def test_the_list_for_people_is_looked_at_by_verify_alone(lookback: Lookback, copy: Path) -> None:
    (copy / "flagged.xlsx").write_bytes(b"notes of ours")
    (copy / "letter.txt").write_text("dear")
    assert lookback("flagged", copy).code == 0
    run = lookback("verify", copy, "--format", "json")
    assert run.code == 2
    assert json.loads(run.out) == {"sound": False, "changed": ["flagged.xlsx"], "missing": [], "added": ["letter.txt"]}
    assert lookback("verify", copy).err.splitlines()[1:] == ["  changed: flagged.xlsx", "  not of the review: letter.txt"]


def test_a_sound_review_is_said_to_be_as_it_was_written(lookback: Lookback, copy: Path) -> None:
    run = lookback("verify", copy)
    files = sum(file.is_file() for file in copy.rglob("*"))
    assert (run.code, run.err) == (0, "")
    assert run.out == f"{files} files in `{copy}` are as the review wrote them (lookback-2005 2.0, lookback 0.2.0).\n"
    assert json.loads(lookback("verify", copy, "--format", "json").out)["sound"] is True


def test_a_program_is_told_as_well(copy: Path) -> None:
    review = lookback.open_review(copy)
    assert review.verdicts.num_rows == 6
    DAMAGE["fewer findings"][0](copy)
    with pytest.raises(lookback.LookbackError) as told:
        _ = review.findings
    assert told.value.code == "review-changed"
