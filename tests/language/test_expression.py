"""Texts -> raw trees: which words can be names."""

from __future__ import annotations

from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB

from lookback.language.parse import RESERVED_WORDS, parse
from lookback.words.errors import Mistake
from lookback.words.source import Place, Source, Span

FORMS = ("{} is null", "{} and not {} or ({})", "{} = 1", "1 < {}", "coalesce({}, 1)", "{} in ({}, 2)", "{} between {} and {}")
FORMS += ("case when {} then {} when {} then {} else {} end", "-{} + {} * {} - {} / {}", "{} + interval 1 day", "{} like 'a'")
FORMS += ("{} is distinct from {}", "count(distinct {})", "sum({}) filter (where {})", "date_diff('day', {}, {})", "round({}, 1)")
FORMS += ("{}.{} = x", "{}.{}", ":{} < {}", "{} > :{}", "{} < 1", "{} < {} and {} > 1", "{} <= 1", "{} <> 1", "{} || {}")
WORDS = sorted({word.lower() for word in DuckDB.Tokenizer.KEYWORDS if word.isidentifier()})


def is_a_name(word: str) -> bool:
    """Whether a word means in every form what any name would."""

    def read(form: str, word: str) -> str:
        text = form.replace("{}", word)
        tree = parse(text, Place(Span(Source("t", text), 0, len(text))))
        return "" if isinstance(tree, Mistake) else tree.sql("duckdb", identify=True)

    plain = [read(form, "plain_name") for form in FORMS]
    assert all(plain)
    found = [read(form, word) for form in FORMS]
    return [text.replace(f'"{word}"', '"plain_name"').replace(f"${word}", "$plain_name") for text in found] == plain


def test_every_word_of_sql_can_be_a_name_or_is_reserved() -> None:
    words = {*WORDS, *RESERVED_WORDS, "if", "connect_by_root", "verdict", "met", "unmet", "name"}
    assert {word for word in words if not is_a_name(word)} == RESERVED_WORDS


def test_a_name_is_a_column() -> None:
    assert isinstance(parse("desc", Place(Span(Source("t", "desc"), 0, 4))), exp.Column)
