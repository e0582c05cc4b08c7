"""Patterns of texts: what is of them, for RE2, for Python and for us; what is refused; which a text can be of at once."""

from __future__ import annotations

import itertools
import random
import re

import duckdb
import pyarrow as pa
import pytest
from reference import check_digit, matches
from sqlglot import exp
from strategies import depths

from lookback.language.operators import bound
from lookback.language.sql import CheckDigit, name, written
from lookback.notions.codes import CHECKS, SOUND, USCC, check
from lookback.notions.patterns import LONGEST, BadPattern, Pattern, of_like, read, together

SIGNS = ["a", "b", "B", "7", "县", "Ä", " ", "\n", "-", "_", "𝒜", "٣"]
ONES = [*"abB7县Ä-_", ".", r"\d", r"\D", r"\w", r"\W", r"\s", r"\S", "[ab]", "[^a]", r"[^\d]", "[a-z7]", r"[\w县]", r"\.", r"\n"]


def drawn(chance: random.Random, depth: int = 3) -> str:
    """A pattern."""
    parts = []
    for _ in range(chance.choice((0, 1, 1, 2, 2, 3))):
        of = (
            chance.choice(ONES)
            if depth == 0 or chance.random() < 0.6
            else f"{chance.choice(('(', '(?:'))}{drawn(chance, depth - 1)})"
        )
        parts.append(of + chance.choice(("", "", "", "*", "+", "?", "{2}", "{1,}", "{0,2}", "{2,3}")))
    text = "".join(parts)
    return text if depth == 0 or chance.random() < 0.8 else f"{text}|{drawn(chance, depth - 1)}"


@depths(150, 20_000)
def test_a_text_is_of_a_pattern_for_us_as_for_re2_and_for_python(examples: int) -> None:
    chance, connection = random.Random(examples), duckdb.connect()
    texts = ["".join(chance.choices(SIGNS, k=chance.randint(0, 6))) for _ in range(150)]
    texts += ["", *SIGNS, "aa", "ab", "bab", "77"]
    table = connection.from_arrow(pa.table({"t": texts}))
    assert table is not None
    for _ in range(examples):
        pattern = drawn(chance)
        ours = read(pattern)
        found = [ours.matches(text) for text in texts]
        assert found == [matches(text, pattern) for text in texts], pattern
        by_re2 = table.project(f"regexp_full_match(t, {exp.Literal.string(ours.re2).sql('duckdb')})").fetchall()
        assert found == [holds for (holds,) in by_re2], pattern


@pytest.mark.parametrize(
    "pattern", [r"\W{1000}", "[^a]{1000}", "([^a]{1,30}b){30}", "(.|[一-龥]){500}", "((a*)*)*", ".{0,1000}", "a" * LONGEST]
)
def test_what_is_read_is_not_too_large_for_re2(pattern: str) -> None:
    assert duckdb.execute("SELECT regexp_full_match('x', ?)", [read(pattern).re2]).fetchone() is not None


@pytest.mark.parametrize(
    ("pattern", "why", "at"),
    [
        ("^a", "whole-anyway", 0),
        ("ab$", "whole-anyway", 2),
        ("a(b", "unclosed", 1),
        ("a[b", "unclosed", 1),
        ("a)", "closes-nothing", 1),
        ("*a", "repeats-nothing", 0),
        ("a**", "repeated-twice", 0),
        ("a+?", "repeated-twice", 0),
        ("a{2}{3}", "repeated-twice", 0),
        ("a{,3}", "bad-number", 1),
        ("a{3,2}", "bad-number", 1),
        ("a{0}", "bad-number", 1),
        ("a{1001}", "bad-number", 1),
        ("a{²}", "bad-number", 1),
        ("(a{100}){11}", "too-large", 0),
        ("a" * (LONGEST + 1), "too-long", 0),
        ("(" * 40 + ")" * 40, "too-large", 30),
        ("(?i)a", "other-group", 0),
        ("(?=a)", "other-group", 0),
        (r"a\b", "other-escape", 1),
        (r"\p{Han}", "other-escape", 0),
        (r"(a)\1", "other-escape", 3),
        ("a\\", "other-escape", 1),
        ("a]", "escape-it", 1),
        ("[[:alpha:]]", "escape-it", 1),
        ("[]", "no-member", 0),
        (r"[^\d\D]", "no-member", 0),
        ("[b-a]", "bad-range", 1),
        (r"[\d-z]", "bad-range", 1),
    ],
)
def test_what_is_not_of_the_regular_part_is_refused_at_its_place(pattern: str, why: str, at: int) -> None:
    with pytest.raises(BadPattern) as found:
        read(pattern)
    assert (found.value.why, found.value.at) == (why, at)
    assert at < found.value.end <= max(len(pattern), at + 1)


@pytest.mark.parametrize("seed", range(8))
def test_which_patterns_a_text_can_be_of_at_once_is_told_exactly(seed: int) -> None:
    chance = random.Random(seed)
    patterns = tuple(read(drawn(chance, 2)) for _ in range(3))
    found = together(patterns)
    assert found is not None
    texts = ("".join(signs) for n in range(5) for signs in itertools.product("ab7县 -Ä", repeat=n))
    assert {tuple(p.matches(text) for p in patterns) for text in texts} <= found.can
    for which, shown in found.shown.items():
        assert all(tuple(p.matches(text) for p in patterns) == which for text in shown)
    assert {which for which, shown in found.shown.items() if shown} | {w for w in found.can if not found.shown[w]} == found.can


def test_texts_that_are_named_are_no_others() -> None:
    one_or_two = together((read("[12]"),), ("1",))
    assert one_or_two is not None
    assert one_or_two.shown[True,] == ("2",)
    none = together((read("[12]"),), ("1", "2"))
    assert none is not None
    assert none.can == {(False,)}


def test_what_is_too_much_to_follow_is_left() -> None:
    assert together((read("(a|b)*a(a|b){12}"), read("(a|b)*b(a|b){12}"))) is None
    assert read("(a|b)*a(a|b){12}").matches("ab" * 30 + "a")


def test_like_is_a_pattern() -> None:
    assert [of_like("a_%c").matches(text) for text in ("abc", "ac", "a\nbc", "abcd")] == [True, False, True, False]
    assert of_like("a.c") == Pattern(read(r"a\.c").term)


# ------------------------------------------------------------------------------------------------------------------ codes


def codes(kind: str, chance: random.Random, n: int) -> list[str]:
    """Codes: random ones, sound ones, ones with a sign changed."""
    form = {"luhn": "0123456789", "mod97": "0123456789ABCXYZ", "cn-uscc": USCC, "gln": "0123456789"}.get(kind, "0123456789")
    length = {"luhn": 0, "mod97": 0, "gln": 13}.get(kind, 18)
    found = ["", "x", SOUND[kind], SOUND[kind].lower(), f" {SOUND[kind]}", SOUND[kind] + "0", SOUND[kind].replace("1", "１")]
    for _ in range(n):
        code = "".join(chance.choices(form, k=length or chance.randint(1, 24)))
        ends = [code[:-1] + sign for sign in form + "X"] if kind != "mod97" else [code + f"{at:02}" for at in range(2, 99)]
        found += [code, *(end for end in ends if check_digit(end, kind)), *(code[:at] + "I" + code[at + 1 :] for at in (0, 5))]
    return found


@pytest.mark.parametrize("kind", CHECKS)
def test_a_check_digit_agrees_for_us_as_for_the_engine_and_by_the_words_of_the_standard(kind: str) -> None:
    found = codes(kind, random.Random(kind), 40)
    expected = [check_digit(code, kind) for code in found]
    assert [check(code, kind) for code in found] == expected
    assert 40 <= sum(expected) < len(found)
    sql = written(bound(CheckDigit(this=name("t"), expression=exp.Literal.string(kind)), {}))
    rows = duckdb.connect().from_arrow(pa.table({"t": [*found, None]})).project(sql).fetchall()
    assert [holds for (holds,) in rows] == [*expected, None]


@pytest.mark.parametrize(
    ("kind", "code", "sound"),
    [
        ("luhn", "4539578763621486", True),
        ("luhn", "79927398713", True),
        ("luhn", "79927398710", False),
        ("luhn", "0", False),
        ("mod97", "5493001KJTIIGC8Y1R12", True),
        ("mod97", "WEST12345698765432GB82", True),
        ("mod97", "WEST12345698765432GB83", False),
        ("cn-uscc", "91110000600037341L", True),
        ("cn-uscc", "99999999MAOOOOOO1X", False),
        ("cn-resident-id", "11010519491231002X", True),
        ("cn-resident-id", "11010519491231002x", False),
        ("cn-resident-id", "X1010519491231002X", False),
        ("gln", "4006381333931", True),
        ("gln", "4006381333932", False),
    ],
)
def test_known_codes(kind: str, code: str, sound: bool) -> None:
    assert check(code, kind) is sound


def test_no_pattern_takes_long_on_a_text_that_almost_is_of_it() -> None:
    """Where others try, and try again."""
    assert not read("(a*)*b").matches("a" * 3_000)
    assert re.fullmatch("(a*)*b", "a" * 20) is None
