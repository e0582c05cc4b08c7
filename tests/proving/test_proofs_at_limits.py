"""What is proved of packs full of decimals, tried on records that stand at their limits and one millionth around them.

The rules of a drawn pack hold a few values against a few limits, each written in many ways, of which some come to the same and
some miss it by a millionth. Whatever `prove` or the comparison of two packs then claims is held against the engine and the
reference interpreter, which have to agree about every one of these records.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from builders import checked, pack_of
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from reference import MET, NOT_APPLICABLE, UNKNOWN, UNMET, Interpreter, Pack, Review, Row, judge, parsed
from screen import Folders
from strategies import depths, many
from test_exact_numbers import FACTS, TABLES, VALUES

import lookback.proving.search
from lookback.judging.trial import Trial
from lookback.packs.check import check_pack
from lookback.packs.checked import CheckedPack
from lookback.packs.read import read_pack
from lookback.proving.proof import Proof, prove
from lookback.proving.sameness import compare
from lookback.words.errors import PackError

OUTCOMES = ("pass", "explain", "make_up")
LITERALS = ("0.1", "0.3", "0.333333", "0.333334", "0.4", "0.5", "0.666667", "1", "1.2", "2.5", "3", "0.000001", "12.345678", "0")
OPERATORS = ("<", "<=", ">", ">=", "=", "<>")
TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "<>": "<>"}
NOT = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "=": "<>", "<>": "="}
MILLIONTH = Fraction(1, 10**6)
PARAMS = {"most": {"type": "number", "default": Decimal("0.4"), "least": Decimal("0.000001"), "most": Decimal("1.2")}}
LARGEST = "999999999999.999999"


def written(value: Fraction) -> str:
    """A number of at most eight places, exactly."""
    return f"{Decimal(int(value * 10**8)).scaleb(-8).normalize():f}"


@st.composite
def atoms(draw: st.DrawFn, value: str, limit: str) -> str:
    """A value held against a limit, in one of many ways; of these some come to the same."""
    op, number, of = draw(st.sampled_from(OPERATORS)), Fraction(limit), f"({value})"
    near = written(number + MILLIONTH * draw(st.sampled_from((0, 0, 0, -1, 1))))
    times, more = draw(st.sampled_from(("3", "10", "0.1", "0.5"))), draw(st.sampled_from(("0.1", "0.000001", "3")))
    forms = [
        f"{of} {op} {near}",
        f"not ({of} {NOT[op]} {near})",
        f"{near} {TURNED[op]} {of}",
        f"{of} * {times} {op} {written(Fraction(near) * Fraction(times))}",
        f"{of} + {more} {op} {written(Fraction(near) + Fraction(more))}",
        f"-{of} {TURNED[op]} {written(-Fraction(near))}",
        f"round({of}, {draw(st.integers(0, 3))}) {op} {near}",
        f"{of} between {near} and {written(Fraction(near) + MILLIONTH)}",
        f"coalesce({of}, 0) {op} {near}",
        f"{of} {op} :most",
    ]
    if quotient := re.fullmatch(r"([abn]) / ([abn]|0\.3)", value):
        one, by = quotient.groups()
        forms += [f"({by} > 0 and {one} {op} {near} * {by})", f"{one} {op} {near} * {by}"] * 2
    return draw(st.sampled_from(forms))


@st.composite
def packs(draw: st.DrawFn) -> tuple[Pack, list[tuple[str, Fraction]]]:
    """A pack of two to four rules about one or two values, each with its limit; and these."""
    about = draw(st.lists(st.tuples(st.sampled_from(VALUES), st.sampled_from(LITERALS)), min_size=1, max_size=2))
    if draw(st.integers(0, 9)) == 0:  # what is larger than a field may be, though no number of a record is
        about = [(value := draw(st.sampled_from(("a", "b", "total"))), LARGEST), (value, about[0][1])]
    atom = st.sampled_from(about).flatmap(lambda one: atoms(*one))
    condition = atom | st.tuples(atom, st.sampled_from((" and ", " or ")), atom).map("".join)
    rules: list[dict[str, Any]] = []
    for at in range(draw(st.integers(2, 4))):
        rule = {"rule": f"r-{at}", "for": "shops", "require": draw(condition), "otherwise": draw(st.sampled_from(OUTCOMES[1:]))}
        rule |= {"when": draw(condition)} if draw(st.integers(0, 2)) == 0 else {}
        rule |= {"unknown": draw(st.sampled_from(OUTCOMES))} if draw(st.integers(0, 2)) == 0 else {}
        rule |= {"repeats": f"r-{draw(st.integers(0, at - 1))}"} if at and draw(st.integers(0, 3)) == 0 else {}
        rules.append(rule)
    return _of(rules), [(value, Fraction(limit)) for value, limit in about]


def _of(rules: Sequence[Mapping[str, Any]]) -> Pack:
    """A pack of rules with the facts that they name."""
    named = set(re.findall(r"\w+", " ".join(f"{rule.get('when')} {rule['require']}" for rule in rules)))
    return pack_of(TABLES, rules, [fact for fact in FACTS if fact["fact"] in named], PARAMS, outcomes=OUTCOMES)


@st.composite
def edits(draw: st.DrawFn) -> tuple[Pack, Pack, list[tuple[str, Fraction]]]:
    """A pack, and one in which a rule is written in another way."""
    pack, about = draw(packs())
    at, (value, limit) = draw(st.integers(0, len(pack.rules) - 1)), draw(st.sampled_from(about))
    both = [[dict(rule) for rule in pack.rules] for _ in range(2)]
    for rules in both:
        rules[at]["require"] = draw(atoms(value, written(limit)))
    return _of(both[0]), _of(both[1]), about


def simple(*requires: str) -> Pack:
    return _of([{"rule": f"r-{at}", "for": "shops", "require": require} for at, require in enumerate(requires)])


KNOWN: tuple[tuple[str, str, str, str], ...] = (  # two conditions that a careless proof takes for the same; a value, its limit
    ("ratio * 3 <= 1.2", "a / b <= 0.4", "a / b", "0.4"),  # a rounded quotient is no exact one
    ("a / b <= 0.4 or b = 0", "a <= 0.4 * b or b = 0", "a / b", "0.4"),  # where b is below zero, it is the other way round
    ("round(a, 2) >= -0.4", "a >= -0.405", "a", "-0.405"),  # halves are rounded away from zero
    ("coalesce(total, 0) < 1000000000000.5", "coalesce(total, 0) < 1000000000000", "total", LARGEST),  # no field is so large
)
PACKS = [(simple(one, other), [(value, Fraction(limit))]) for one, other, value, limit in KNOWN]
EDITS = [(simple(one), simple(other), [(value, Fraction(limit))]) for one, other, value, limit in KNOWN]


# ------------------------------------------------------------------------------------------------------ records at limits


def near(numbers: Sequence[Fraction]) -> list[Fraction]:
    """Numbers, their quotients, products and sums, and what lies a millionth around each, of six places, below zero too."""
    found = set(numbers)
    for one in numbers:
        found |= {one * other for other in numbers} | {one + other for other in numbers}
        found |= {one / other for other in numbers if other}
    found |= {-one for one in found}
    units = {round(one / MILLIONTH) + step for one in found for step in (-1, 0, 1)}
    limit = Fraction(LARGEST)
    return sorted(one for unit in units if abs(one := unit * MILLIONTH) <= limit)


def records_near(pack: Pack, about: Sequence[tuple[str, Fraction]], seed: int, units: int) -> dict[str, list[dict[str, Any]]]:
    """So many shops with up to three sales, the values near the limits; of most of them one value is such that a value of the
    pack stands at its limit or a millionth beside it."""
    draw = random.Random(seed)
    numbers = near([limit for _, limit in about] + [Fraction("0.4"), Fraction(3)])
    reckoning = _of([{"rule": "r", "for": "shops", "require": " and ".join(f"({value}) is null" for value, _ in about)}])

    def row() -> dict[str, Any]:
        found = {"a": draw.choice(numbers), "b": draw.choice(numbers), "n": draw.randint(-3, 7)}
        return {name: None if draw.random() < 0.08 else value for name, value in found.items()}

    shops, sales = [], []
    for at in range(units):
        shop = {"shop": f"S{at}", "name": None, **row()}
        below = [{"sale": f"I{at}-{i}", "shop": shop["shop"], **row()} for i in range(draw.randint(0, 3))]
        value, limit = draw.choice(about)
        of, name = draw.choice([shop, *below]), draw.choice("abn")
        if of[name] is not None and (moved := solved(reckoning, shop, below, of, name, value, limit, draw)) is not None:
            of[name] = moved
        shops.append(shop)
        sales += below
    tables = {"shops": shops, "sales": sales}
    return {table: [{k: as_read(k, v) for k, v in row.items()} for row in rows] for table, rows in tables.items()}


def as_read(name: str, value: Any) -> Any:
    """A number as the records have it."""
    return Decimal(int(value * 10**6)).scaleb(-6) if isinstance(value, Fraction) and name != "n" else value


def solved(
    pack: Pack,
    shop: dict[str, Any],
    below: Sequence[dict[str, Any]],
    of: dict[str, Any],
    name: str,
    value: str,
    limit: Fraction,
    draw: random.Random,
) -> Fraction | int | None:
    """What a field has to be for a value to stand at a limit, as if the value moved with it evenly."""
    at_ends = []
    for end in (1, 2):
        records = {"shops": [{**shop, **({name: end} if of is shop else {})}]}
        records["sales"] = [{**row, **({name: end} if of is row else {})} for row in below]
        at_ends.append(Interpreter(pack, records, {}).evaluate(parsed(value), Row("shops", 0)))
    if None in at_ends or at_ends[0] == at_ends[1]:
        return None
    found = 1 + (limit - Fraction(at_ends[0])) / (Fraction(at_ends[1]) - Fraction(at_ends[0]))
    if name == "n":
        return round(found) + draw.choice((-1, 0, 0, 1))
    units = found / MILLIONTH
    moved = (units.__floor__() + draw.choice((-1, 0, 0, 1, 1, 2))) * MILLIONTH
    return moved if abs(moved) <= Fraction(LARGEST) else None


# ------------------------------------------------------------------------------------------------------------ the claims


def read(pack: Pack, folder: Path) -> CheckedPack | None:
    """The pack, checked; None where it is no pack, as a number may be too large in it."""
    try:
        return checked(folder, pack)
    except PackError:
        return None


def judged(trial: Trial, as_written: Pack, records: Mapping[str, Sequence[Any]], **params: Any) -> Review:
    """What the reference says, and the engine too."""
    expected, got = judge(as_written, records, params), trial.judge(records)
    for key, one in expected.records["shops"].items():
        assert (got["shops", key].verdict, dict(got["shops", key].statuses)) == (one.verdict, one.statuses), key
    return expected


def rank(pack: Pack, id_: str, status: str) -> int:
    rule = next(rule for rule in pack.rules if rule["rule"] == id_)
    if status in (MET, NOT_APPLICABLE):
        return 0
    return OUTCOMES.index(rule["otherwise"] if status == UNMET else rule.get("unknown", rule["otherwise"]))


def when(pack: Pack, id_: str, interpreter: Interpreter, at: int) -> Any:
    text = next(rule for rule in pack.rules if rule["rule"] == id_).get("when")
    return True if text is None else interpreter.condition(text, Row("shops", at))


def impossible(pack: Pack, proof: Proof) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    """What is said never to be: code, what it is about, and the parameters with which it is not."""
    for found in proof.found:
        args = found.mistake.args
        match found.mistake.code:
            case "blank-helps" | "outcome-unnamed" | "repeats-other":
                pass
            case "param-ends-rule":
                yield args["what"].code, args["what"].args, {args["param"]: Decimal(args["value"])}
            case code:
                yield code, args, {}
    open_ = {(left.question.code, left.question.args.get("rule")) for left in proof.left_open}
    open_ |= {("open.repeats", f.mistake.args["rule"]) for f in proof.found if f.mistake.code == "repeats-other"}
    for rule in pack.rules:
        if "repeats" in rule and ("open.repeats", rule["rule"]) not in open_:
            yield "rule-implied", {"rule": rule["rule"], "by": rule["repeats"]}, {}


def happens(pack: Pack, review: Review, interpreter: Interpreter, code: str, args: Mapping[str, Any]) -> str | None:
    """The shop of which something is so that is said never to be."""
    for at, (key, one) in enumerate(review.records["shops"].items()):
        said = [one.statuses[args[name]] for name in ("rule", "other", "by") if name in args]
        match code:
            case "rule-never-applies":
                so = when(pack, args["rule"], interpreter, at) is True
            case "rule-always-applies":
                so = said == [NOT_APPLICABLE]
            case "rule-never-met" | "rule-never-unmet":
                so = said == [MET if code == "rule-never-met" else UNMET]
            case "rule-implied":
                so = rank(pack, args["rule"], said[0]) > rank(pack, args["by"], said[1])
            case "rules-contradict":
                so = not {UNMET, UNKNOWN} & set(said)
            case "rules-contradict-where":
                so = said == [MET, MET] and all(when(pack, args[name], interpreter, at) is True for name in ("rule", "other"))
            case "outcome-unreachable":
                so = args["table"] == "shops" and one.verdict == args["outcome"]
            case _:
                raise AssertionError(code)
        if so:
            return key
    return None


def helped(trial: Trial, as_written: Pack, records: Mapping[str, Sequence[Any]], proof: Proof) -> None:
    """Assert that no blank makes a verdict better of which nothing was said."""
    args = [f.mistake.args for f in proof.found] + [left.question.args for left in proof.left_open]
    known = {(one["table"], one["field"]) for one in args if "field" in one}
    known |= {(one.column.table, one.column.name) for one in proof.stated}
    before = judge(as_written, records)
    first = {sale["shop"]: sale["sale"] for sale in reversed(records["sales"])}.values()
    for table, field in ((t, f) for t in TABLES for f in "abn" if (t, f) not in known):
        without = {
            t: [{**row, field: None} if t == table and (t == "shops" or row["sale"] in first) else row for row in rows]
            for t, rows in records.items()
        }
        after = judged(trial, as_written, without)
        for key, one in before.records["shops"].items():
            assert OUTCOMES.index(after.records["shops"][key].verdict) >= OUTCOMES.index(one.verdict), (table, field, key)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes long is left open."""
    monkeypatch.setattr(lookback.proving.search, "MOST_STEPS", 200_000)


@pytest.mark.long
@depths(4, 500)
@pytest.mark.usefixtures("quick")
def test_what_is_proved_of_a_pack_of_decimals_holds_at_its_limits(folders: Folders, examples: int) -> None:
    @settings(many(examples), phases=(Phase.explicit, Phase.generate))
    @example(PACKS[0], 0)
    @example(PACKS[1], 0)
    @example(PACKS[2], 0)
    @example(PACKS[3], 0)
    @given(packs(), st.integers(0, 10**9))
    def holds(drawn: tuple[Pack, list[tuple[str, Fraction]]], seed: int) -> None:
        as_written, about = drawn
        folder = folders()
        pack = read(as_written, folder)
        if pack is None:
            return
        proof = prove(pack, decider="reference")
        records = records_near(as_written, about, seed, 50)
        trial = Trial(pack, "reference")
        review = judged(trial, as_written, records)
        for code, args, params in impossible(as_written, proof):
            ended = Trial(check_pack(read_pack(folder), params), "reference") if params else trial
            of = judged(ended, as_written, records, **params) if params else review
            shop = happens(as_written, of, Interpreter(as_written, records, params), code, args)
            assert shop is None, (code, args, params, [row for rows in records.values() for row in rows if row["shop"] == shop])
        helped(trial, as_written, records, proof)

    holds()


@pytest.mark.long
@depths(4, 500)
@pytest.mark.usefixtures("quick")
def test_what_is_proved_of_an_edit_of_decimals_holds_at_its_limits(folders: Folders, examples: int) -> None:
    @settings(many(examples), phases=(Phase.explicit, Phase.generate))
    @example(EDITS[0], 0)
    @example(EDITS[1], 0)
    @example(EDITS[2], 0)
    @example(EDITS[3], 0)
    @given(edits(), st.integers(0, 10**9))
    def holds(drawn: tuple[Pack, Pack, list[tuple[str, Fraction]]], seed: int) -> None:
        *both, about = drawn
        old, new = (read(pack, folders()) for pack in both)
        if old is None or new is None:
            return
        same = [one for one in compare(old, new) if one.same]
        if not same:
            return
        records = records_near(both[0], about, seed, 50)
        trials = (Trial(pack, "reference") for pack in (old, new))
        one, other = (judged(trial, of, records).records["shops"] for trial, of in zip(trials, both, strict=True))
        for key, shop in one.items():
            row = [row for rows in records.values() for row in rows if row["shop"] == key]
            for found in same:
                if found.rule:
                    before, after = shop.statuses[found.rule], other[key].statuses[found.rule]
                    assert rank(both[0], found.rule, before) == rank(both[1], found.rule, after), (found.rule, row)
                elif found.table == "shops":
                    assert shop.verdict == other[key].verdict, row

    holds()
