"""What the visited say of all: worked by hand, against what is true of all, and how often the intervals hold it."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Collection, Mapping
from fractions import Fraction
from math import comb
from pathlib import Path

import pytest
from openpyxl import load_workbook
from screen import Lookback
from strategies import depths

import lookback
from lookback.inspection.bounds import least, most, most_expected
from lookback.inspection.drawing import Draw, Plan, draw
from lookback.inspection.estimate import Estimate, estimated
from lookback.inspection.frame import Frame, Unit

OUTCOMES = ("pass", "explain", "make_up")
RISK = Fraction(1, 20)


def frame_of(n: int, strata: int = 1, flagged: int = 0, seed: int = 0) -> Frame:
    """Units of so many strata, of which the first `flagged` have scores."""
    chance = random.Random(seed)
    units = []
    for i in range(n):
        score = 1 + int(chance.expovariate(1 / 8)) if i < flagged else 0
        units.append(Unit(f"U{i:04d}", "", (f"s{i % strata}",), "make_up" if score else "pass", score, score))
    return Frame(tuple(sorted(units)), 0, ())


def seen(found: Draw, truth: Mapping[str, str], missing: Collection[str] = ()) -> dict[str, str]:
    return {c.unit.key: truth.get(c.unit.key, c.unit.verdict) for c in found.drawn if c.unit.key not in missing}


def said(found: Draw, now: Mapping[str, str]) -> Estimate:
    return estimated(found, now, OUTCOMES, {}, RISK)


EQUAL = Plan(20, "seed", floor=Fraction(1))


# -------------------------------------------------------------------------------------------------------- worked by hand


def test_with_equal_chances_an_interval_is_the_hypergeometric_one() -> None:
    found = draw(frame_of(100), EQUAL)
    bad = [c.unit.key for c in found.drawn][:3]
    of = said(found, seen(found, dict.fromkeys(bad, "make_up"))).verdicts["make_up"]
    assert (of.seen, of.estimate, of.exact) == (3, pytest.approx(15), True)
    assert (of.low, of.high) == (least(100, 20, 3, RISK / 2), most(100, 20, 3, RISK / 2)) == (5, 35)


def test_at_most_so_many_of_the_units_that_pass_and_were_not_visited_would_not() -> None:
    found = draw(frame_of(100), EQUAL)
    passing = said(found, seen(found, {})).passing
    assert (passing.visited, passing.not_passed, passing.unvisited, passing.exact) == (20, 0, 80, True)
    assert passing.most == passing.worst == most(100, 20, 0, RISK) == 12
    chance_of_none = [Fraction(comb(100 - k, 20), comb(100, 20)) for k in (12, 13)]
    assert chance_of_none[0] > RISK >= chance_of_none[1]


def test_with_different_chances_those_with_the_least_may_be_bad() -> None:
    """Two strata: of 100 ten are drawn, and of 20 ten; nobody is found."""
    units = [Unit(f"a{i:03d}", "", ("a",), "pass", 0, 0) for i in range(100)] + [
        Unit(f"b{i:02d}", "", ("b",), "pass", 0, 0) for i in range(20)
    ]
    found = draw(Frame(tuple(units), 0, ()), Plan(20, "seed", ("x",), power=Fraction(0)))
    passing = said(found, seen(found, {})).passing
    expected = most_expected(20, 0, RISK)
    assert 2.7 < expected < 3
    assert (passing.most, passing.exact) == (int(expected / 0.1), False)  # all of them in the first stratum


def test_a_census_leaves_nothing_open() -> None:
    frame = frame_of(30, 3, 9)
    found = draw(frame, Plan(30, "seed", ("x",)))
    truth = {u.key: "explain" for u in frame.units[5:12]}
    of = said(found, seen(found, truth))
    true = {o: sum(truth.get(u.key, u.verdict) == o for u in frame.units) for o in OUTCOMES}
    assert {o: (r.low, r.estimate, r.high, r.exact) for o, r in of.verdicts.items()} == {
        o: (n, n, n, True) for o, n in true.items()
    }
    assert (of.passing.unvisited, of.passing.most) == (0, 0)


def test_the_estimates_of_all_verdicts_come_to_all_units() -> None:
    frame = frame_of(200, 5, 70)
    found = draw(frame, Plan(40, "seed", ("x",)))
    of = said(found, seen(found, {u.key: "explain" for u in frame.units[::3]}))
    assert sum(r.estimate or 0 for r in of.verdicts.values()) == pytest.approx(200)
    for part in of.parts:
        assert sum(r.estimate or 0 for r in part.verdicts.values()) == pytest.approx(part.units)
    assert sum(part.units for part in of.parts) == 200
    assert sum(part.visited for part in of.parts) == of.visited == 40


def test_a_self_report_is_better_where_the_verdict_by_what_was_seen_is_worse() -> None:
    frame = frame_of(60, 1, 20)
    found = draw(frame, Plan(60, "seed"))
    truth = {"U0000": "pass", "U0001": "explain", "U0030": "explain", "U0031": "make_up"}
    assert said(found, seen(found, truth)).better.seen == 2


# -------------------------------------------------------------------------------------------------- drawn and not visited


def test_units_that_were_drawn_and_not_visited_are_told_and_taken_both_ways() -> None:
    found = draw(frame_of(100), EQUAL)
    drawn = [c.unit.key for c in found.drawn]
    bad, missing = dict.fromkeys(drawn[:3], "make_up"), set(drawn[10:14])
    of = said(found, seen(found, bad, missing))
    range_, passing = of.verdicts["make_up"], of.passing
    assert (of.drawn, of.visited, {u.key for u in of.missing}) == (20, 16, missing)
    assert range_.estimate == pytest.approx(100 * 3 / 16)
    assert (range_.low, range_.high) == (least(100, 16, 3, RISK / 2), most(100, 16, 3, RISK / 2))
    assert (range_.worst_low, range_.worst_high) == (least(100, 20, 3, RISK / 2), most(100, 20, 7, RISK / 2))
    assert passing.most == most(100, 16, 3, RISK) - 3
    assert passing.worst == most(100, 20, 7, RISK) - 3  # the four that were not visited among them


def test_certain_units_that_were_not_visited_stay_open() -> None:
    found = draw(frame_of(50), Plan(12, "seed", floor=Fraction(1), always=("U0000", "U0001")))
    of = said(found, seen(found, {}, {"U0000"}))
    assert of.verdicts["make_up"].worst_high > of.verdicts["make_up"].seen
    assert of.passing.most >= 1


def test_what_nobody_who_was_visited_reported_is_told_and_left_open() -> None:
    frame = frame_of(40, 1, 20)
    found = draw(frame, Plan(8, "seed"))
    of = said(found, seen(found, {}, {u.key for u in frame.units if u.verdict == "pass"}))
    assert of.unseen == {"pass": 20}
    assert (of.verdicts["pass"].low, of.verdicts["pass"].high) >= (0, 20)
    assert of.passing.most == 20


# ------------------------------------------------------------------------------------------ how often an interval holds it

DESIGNS = {
    "one stratum, equal chances": (200, 1, 60, Plan(40, "", floor=Fraction(1)), 0.1, 0.0),
    "strata, equal chances": (200, 4, 60, Plan(40, "", ("x",), floor=Fraction(1)), 0.1, 0.0),
    "by score": (200, 1, 60, Plan(40, ""), 0.1, 0.0),
    "strata, by score": (300, 6, 90, Plan(48, "", ("x",)), 0.1, 0.0),
    "small strata, by score, nearly even": (240, 12, 90, Plan(48, "", ("x",), floor=Fraction(7, 10)), 0.3, 0.0),
    "strata, roots, hardly anybody bad": (
        240,
        4,
        60,
        Plan(40, "", ("x",), power=Fraction(1, 2), floor=Fraction(1, 2)),
        0.02,
        0.0,
    ),
    "strata of one": (120, 24, 30, Plan(30, "", ("x",), floor=Fraction(1, 2)), 0.2, 0.0),
    "some not visited": (200, 4, 60, Plan(40, "", ("x",), floor=Fraction(1, 2)), 0.1, 0.2),
}


@depths(6, 400)
@pytest.mark.parametrize("design", DESIGNS)
def test_intervals_hold_what_is_true_as_often_as_they_say(design: str, examples: int) -> None:
    """Of 95 percent: with 400 draws at least 92.5 hold it, or the intervals are wrong (three standard errors)."""
    n, strata, flagged, plan, bad, absent = DESIGNS[design]
    chance = random.Random(design)
    frame = frame_of(n, strata, flagged)
    truth = {u.key: "make_up" if chance.random() < (bad if u.verdict == "pass" else 0.9) else "pass" for u in frame.units}
    worse = {u.key for u in frame.units if u.verdict == "pass" and truth[u.key] == "make_up"}
    all_bad = sum(verdict == "make_up" for verdict in truth.values())
    held, sums = dict.fromkeys(("verdict", "better", "passing", "strata"), 0.0), 0.0
    for i in range(examples):
        found = draw(frame, Plan(**{**plan.__dict__, "seed": f"{design} {i}"}))
        now = seen(found, truth, {c.unit.key for c in found.drawn if chance.random() < absent})
        of = said(found, now)
        range_ = of.verdicts["make_up"]
        sums += range_.estimate or 0
        held["verdict"] += range_.low <= all_bad <= range_.high
        held["better"] += of.better.low <= len(worse) <= of.better.high
        held["passing"] += len(worse - now.keys()) <= of.passing.most
        true = [sum(truth[u.key] == "make_up" for u in frame.units if u.stratum == p.values) for p in of.parts]
        inside = [p.verdicts["make_up"].low <= t <= p.verdicts["make_up"].high for p, t in zip(of.parts, true, strict=True)]
        held["strata"] += sum(inside) / len(inside) if inside else 1
    least_ = 0.925 if examples >= 400 else 0.6
    assert {what: share / examples for what, share in held.items() if share / examples < least_} == {}
    if examples >= 400:
        assert sums / examples == pytest.approx(all_bad, rel=0.05)


# ------------------------------------------------------------------------------------------------------ the command line

Reviewed = Callable[..., lookback.Review]


@pytest.fixture(scope="module")
def drawn(before: lookback.Review, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from lookback.cli.main import cli

    out = tmp_path_factory.mktemp("draw") / "draw"
    options = ["--size", "16", "--seed", "2005-09-28: 3 1 9", "--by", "district", "-o", str(out)]
    cli.main(["draw", str(before.folder), *options], standalone_mode=False)
    return out


@pytest.fixture(scope="module")
def after(reviewed: Reviewed, drawn: Path) -> lookback.Review:
    """The offices after the visits: one that reported no gaps has some, two were not visited, one was that was not drawn."""
    lines = [line.split(",") for line in (drawn / "draw.csv").read_text("utf-8").splitlines()[1:]]
    taken = [line[0] for line in lines if line[9] == "1"]
    [clean, *_] = [line[0] for line in lines if line[9] == "1" and line[2] == "pass"]
    other = next(line[0] for line in lines if line[9] == "0")
    looks = [(code, 3 if code == clean else 0) for code in taken if code not in taken[-2:] or code == clean]
    return reviewed([*looks, (other, 1)])


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_an_estimate_is_printed(
    lang: str, drawn: Path, after: lookback.Review, lookback: Lookback, golden: Callable[[str, str], None]
) -> None:
    run = lookback("estimate", drawn, after.folder, lang=lang)
    id_ = json.loads((drawn / "protocol.json").read_text("utf-8"))["draw"]
    assert (run.code, run.err) == (0, "")
    golden(f"estimate/screen.{lang}.txt", run.out.replace(id_, "…"))


def test_an_estimate_is_written_for_programs_and_people(
    drawn: Path, after: lookback.Review, lookback: Lookback, tmp_path: Path
) -> None:
    found = json.loads(lookback("estimate", drawn, after.folder, "--format", "json").out)
    assert (found["drawn"], found["visited"], len(found["not_visited"])) == (16, 14, 2)
    assert found["self_report_better"]["seen"] == 1
    assert found["rules"]["as-reported"]["seen"] == 1
    assert found["verdicts"].keys() == set(OUTCOMES)
    assert [part["values"]["district"] for part in found["strata"]] == sorted("东西南北")
    run = lookback("estimate", drawn, after.folder, "-o", tmp_path / "estimate.xlsx")
    assert (run.code, len(load_workbook(tmp_path / "estimate.xlsx").sheetnames)) == (0, 4)
    one, other = tmp_path / "estimate.xlsx", tmp_path / "again.xlsx"
    lookback("estimate", drawn, after.folder, "-o", other)
    assert one.read_bytes() == other.read_bytes()


def test_who_was_visited_may_be_said_by_a_condition(drawn: Path, after: lookback.Review, lookback: Lookback) -> None:
    said = lookback("estimate", drawn, after.folder, "--visited", "true", "--format", "json").out
    assert json.loads(said)["visited"] == 16
    run = lookback("estimate", drawn, after.folder, "--visited", "worst > 0")
    assert (run.mistakes(), "--> --visited:1:1" in run.err) == (["unknown-field"], True)


def test_a_greater_confidence_gives_wider_intervals(drawn: Path, after: lookback.Review, lookback: Lookback) -> None:
    widths = []
    for sure in ("80%", "0.95", "0.999"):
        found = json.loads(lookback("estimate", drawn, after.folder, "--confidence", sure, "--format", "json").out)
        widths.append((found["verdicts"]["pass"]["high"] - found["verdicts"]["pass"]["low"], found["passing"]["most"]))
    assert widths == sorted(widths)
    assert widths[0] < widths[-1]


def test_what_cannot_be_estimated_is_told(
    drawn: Path, before: lookback.Review, after: lookback.Review, small: lookback.Review, lookback: Lookback
) -> None:
    assert lookback("estimate", drawn, before.folder).mistakes() == ["nobody-visited"]
    assert lookback("estimate", drawn, small.folder).mistakes() == ["estimate-of-other-pack"]
    assert lookback("estimate", before.folder, after.folder).mistakes() == ["no-draw"]
    assert lookback("estimate", drawn, after.folder, "--confidence", "1").mistakes() == ["not-a-confidence"]
