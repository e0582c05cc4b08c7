"""`lookback error CODE`: the page of each error, in both languages, by its code or the line that has it."""

from __future__ import annotations

import json

import pytest
from screen import Lookback

from lookback.cli.packs.error import PAGE, example, pages
from lookback.words import CATALOGUE, LANGUAGES


def test_the_page_of_an_error_of_packs_has_its_sentence_in_both_languages_and_an_example(lookback: Lookback) -> None:
    run = lookback("error", "missing-key")
    assert run.code == 0
    assert run.out.startswith("missing-key\n\n`{key}` is missing here\n此处缺少 `{key}`\n")
    fails, passes = run.out.split("\nFails:\n")[1].split("\nPasses:\n")
    assert "error[missing-key]: `otherwise` is missing here" in fails
    assert "otherwise: watch" in passes


def test_an_error_of_records_has_its_sentences_that_of_the_language_asked_for_first(lookback: Lookback) -> None:
    run = lookback("error", "archive-members", lang="zh")
    assert run.code == 0
    assert run.out.index("`{file}` 含有 {n} 个文件") < run.out.index("`{file}` holds {n} files")
    assert "出错的写法" not in run.out


def test_the_line_that_was_printed_may_be_given_as_it_is(lookback: Lookback) -> None:
    line = "error[unknown-field]: `deadlin` is no field or fact of issues"
    assert lookback("error", line).out == lookback("error", "unknown-field").out


def test_a_program_gets_it_as_json(lookback: Lookback) -> None:
    told = json.loads(lookback("error", "empty-file", "--json").out)
    assert told["en"] == "the file `{file}` is empty"
    assert told["zh"] == "文件 `{file}` 是空的"
    assert told["example"].startswith("Fails:\n")


@pytest.mark.parametrize(("given", "near"), [("unknwn-field", "unknown-field"), ("missing_key", "missing-key"), ("zzz", None)])
def test_a_code_that_is_not_there_is_told_with_a_near_one(lookback: Lookback, given: str, near: str | None) -> None:
    run = lookback("error", given)
    assert (run.code, run.mistakes()) == (2, ["no-such-error"])
    assert ("did you mean" in run.err) == (near is not None)
    assert near is None or f"`{near}`" in run.err


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_page_can_be_printed(lang: str) -> None:
    found = pages(PAGE.read_text("utf-8"))
    assert len(found) > 200
    assert set(found) <= set(CATALOGUE)
    assert [code for code, (_, page) in found.items() if "```" in example(page, lang)] == []
    assert [code for code, (about, page) in found.items() if (about == "input") != (page == "")] == []
