"""What YAML says and where: the core schema of 1.2, spans and carets, and what is refused."""

from __future__ import annotations

from typing import Any

import core_yaml
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from lookback.packs import _yaml as yaml_places
from lookback.packs._yaml import read_yaml
from lookback.words import Word
from lookback.words.errors import Mistake
from lookback.words.source import Path, Place, Source, Span, draw


@pytest.fixture(params=["libyaml", "python"], autouse=True)
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test with PyYAML's parser, too."""
    if request.param == "python":
        monkeypatch.setattr(yaml_places, "_LOADER", yaml.BaseLoader)


def read(text: str) -> tuple[Any, dict[Path, Place]]:
    value, places, mistakes = read_yaml(Source("x", text))
    assert mistakes == []
    return value, {path[1:]: place for path, place in places.items()}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("true", True),
        ("TRUE", True),
        ("False", False),
        ("~", None),
        ("Null", None),
        ("--- ", None),
        ("12", 12),
        ("-3", -3),
        ("012", 12),
        ("1_000", 1000),
        ("0x1F", 31),
        ("-0o17", -15),
        ("0b101", "0b101"),
        ("1.50", 1.5),
        ("1e3", 1000.0),
        ("-.5", -0.5),
        ("1_0.2_5", 10.25),
        ("1e999", "1e999"),
        ("-.inf", "-.inf"),
        (".nan", ".nan"),
        ("_", "_"),
        ("-", [None]),
        ("+", "+"),
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("y", "y"),
        ("1:30", "1:30"),
        ("2005-09-30", "2005-09-30"),
        ("2005-09-30 12:00", "2005-09-30 12:00"),
        ("<<", "<<"),
        ("=", "="),
        ("'12'", "12"),
        ('"true"', "true"),
        ("!!str 12", "12"),
        ("!!int '12'", 12),
        ("!own 12", "12"),
        ("! 12", 12),
        ("|\n a\n b\n", "a\nb\n"),
        (">-\n a\n b\n", "a b"),
        ("'it''s'", "it's"),
        ('"\\u4e2d\\n\\x41"', "中\nA"),
        ("\U0001f600 中", "\U0001f600 中"),
        ("[a:b, http://x/y, {c: }]", ["a:b", "http://x/y", {"c": None}]),
        ("1: a\nnull: b\n2005-09-30: c", {"1": "a", "null": "b", "2005-09-30": "c"}),
        ("%YAML 1.1\n---\non", "on"),
        ("a: 1\n...\n", {"a": 1}),
        ("9" * 5000, "9" * 5000),
    ],
)
def test_a_value_is_read_by_the_core_schema(written: str, value: Any) -> None:
    found = read(written)[0]
    assert (found, repr(found)) == (value, repr(value))


SPANS = """\
# a comment
title: {en: "Days \\u4e2d left", zh: 剩余\U0001f600天数}
list:
  - one two   # said
  - 'it''s'
empty:
folded: >
  a
  b c
plain: one
  two
"""


@pytest.mark.parametrize(
    ("path", "text"),
    [
        pytest.param((), "title", id="a mapping stands where its first key does"),
        pytest.param(("title",), "en", id="a mapping in a line, too"),
        pytest.param(("title", "[key]"), "title", id="a key"),
        pytest.param(("title", "en"), '"Days \\u4e2d left"', id="in quotes"),
        pytest.param(("title", "zh"), "剩余\U0001f600天数", id="beyond the basic plane"),
        pytest.param(("list",), "- one two   # said\n  - 'it''s'", id="a list from its first hyphen"),
        pytest.param(("list", 0), "one two", id="without what is said of it"),
        pytest.param(("list", 1), "'it''s'", id="in single quotes"),
        pytest.param(("empty",), "\n", id="nothing at all, behind its colon"),
        pytest.param(("folded",), ">\n  a\n  b c", id="a folded text"),
        pytest.param(("plain",), "one\n  two", id="over two lines"),
    ],
)
def test_everything_has_its_span(path: Path, text: str) -> None:
    assert read(SPANS)[1][path].span.text == text


@pytest.mark.parametrize(
    ("path", "part", "text"),
    [
        (("title", "en"), "left", "left"),
        (("title", "en"), "中", "\\"),
        (("title", "zh"), "天数", "天数"),
        (("list", 1), "s", "s"),
        (("folded",), "b c", "b c"),
        (("plain",), "two", "two"),
    ],
)
def test_a_part_of_a_text_is_found_in_the_file(path: Path, part: str, text: str) -> None:
    value, places = read(SPANS)
    for step in path:
        value = value[step]
    at = value.index(part)
    assert places[path].part(at, at + len(part)).text == text


@pytest.mark.parametrize(
    ("text", "code", "drawn"),
    [
        ("", "empty-file", "1:1"),
        ("# only this\n", "empty-file", "1:1"),
        ("a: 1\n\tb: 2\n", "not-yaml", "2:1"),
        ("a: b: c\n", "not-yaml", "1:5"),
        ("a: \x07\n", "not-yaml", "1:4"),
        ("# a\u2028b: c\na: 1", "not-yaml", "1:4"),
        ("a: 1\n\ufeffb: 2", "not-yaml", "2:1"),
        ("a: 1\n---\nb: 2\n", "not-yaml", "2:1"),
        ("a: &x 1\n", "yaml-alias", "1:4"),
        ("&x a: 1\n", "yaml-alias", "1:1"),
        ("a: *x\n", "yaml-alias", "1:4"),
        ("a: &an:chor value\n", "yaml-alias", "1:4"),
        ("[" * 3000, "yaml-too-deep", "1:"),
        ("[\n" * 3000, "yaml-too-deep", "102:1"),
        ("? [a, {b: [c]}]\n: 1\nd: 2\n", "key-not-a-word", "1:3"),
        ("a: 1\nb: {c: [2]}\na: {c: 3, c: 4}\n", "repeated-key", "3:1"),
    ],
)
def test_what_is_refused_is_told_at_its_place(text: str, code: str, drawn: str) -> None:
    mistakes = read_yaml(Source("x", text))[2]
    assert [mistake.code for mistake in mistakes] == [code]
    assert mistakes[0].span is not None
    assert f"x:{drawn}" in draw(mistakes[0].span)


LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
CHARACTERS = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\u2028\u2029\ufeff\ufffe\uffff")
TRICKY = ["no", "1e3", "0o17", "1_0", "~", "- a", "a: b", " a", "a #b", "'", '"', "\\", "a\nb", "a\n\n b\n", "\t", "2005-09-30"]
TEXTS = st.text(CHARACTERS) | st.sampled_from(TRICKY)
VALUES = st.recursive(
    LEAVES | TEXTS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=8
)


@given(VALUES, st.sampled_from([None, "'", '"', "|", ">"]), st.booleans())
def test_what_is_written_is_read_again_with_every_character_at_its_place(value: Any, style: Any, flow: bool) -> None:
    text = core_yaml.dump(value, default_style=style, default_flow_style=flow)
    found, places = read(text)
    assert found == (value if style is None else core_yaml.load(text))
    for path, place in places.items():
        if place.offsets is not None:
            at: Any = found
            for step in path:
                at = at[step]
            assert all(text[o] == c or text[o] == "\\" or c.isspace() for o, c in zip(place.offsets, at, strict=True)), path


@pytest.mark.parametrize(("start", "end"), [(0, 3), (500_000, 500_010), (10, 900_000), (999_990, 1_000_000)])
def test_of_a_line_without_end_what_is_near_is_shown(start: int, end: int) -> None:
    text = "".join(chr(ord("a") + i % 26) for i in range(1_000_000))
    _, _, shown, carets = draw(Span(Source("x", text), start, end)).splitlines()
    marked = shown[carets.index("^") : carets.rindex("^") + 1]
    assert len(shown) < 700
    assert text[start:end].startswith(marked)
    assert len(marked) == min(end - start, 200)


def test_what_a_file_says_without_end_is_told_in_short() -> None:
    for said in ("x" * 1_000_000, Word("expected.mapping", found="x" * 1_000_000)):
        assert 4_000 < len(Mistake("wrong-value", None, {"sentence": said}).render("en")) < 5_000
