"""Draws: sizes, chances and numbers; what holds of them over many seeds; that they can be drawn again; what is told."""

from __future__ import annotations

import csv
import hashlib
import hmac
import json
import re
import shutil
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from math import sqrt
from pathlib import Path
from typing import Any

import duckdb
import pytest
from openpyxl import load_workbook
from screen import Lookback
from strategies import depths

import lookback
from lookback.inspection.drawing import LARGE, Draw, Plan, draw, joined, numbers_of
from lookback.inspection.frame import Frame, Unit
from lookback.words.errors import UsageError


def frame_of(*strata: tuple[int, int]) -> Frame:
    """Units of strata a, b, …: so many, of which the first so many have scores of 1, 2, …, and the others none."""
    units = []
    for letter, (n, flagged) in zip("abcdefgh", strata, strict=False):
        for i in range(n):
            score = max(flagged - i, 0)
            units.append(Unit(f"{letter}{i:03d}", "", (letter,), "make_up" if score else "pass", score, score))
    return Frame(tuple(sorted(units)), 0, ())


CITY = frame_of((50, 10), (30, 4), (9, 9), (1, 0))


def chance(found: Draw) -> dict[str, Fraction]:
    return {c.unit.key: Fraction(*c.chance) for c in found.units}


def keys(found: Draw) -> set[str]:
    return {c.unit.key for c in found.drawn}


def by_stratum(found: Draw) -> dict[str, int]:
    return {s.values[0]: s.drawn for s in found.strata}


# ----------------------------------------------------------------------------------------------------------- the numbers


def test_a_number_is_the_hmac_of_the_key_under_the_seed_as_any_tool_makes_it() -> None:
    [one, *_] = draw(frame_of((3, 0)), Plan(1, "2005-09-28: 3 1 9")).units
    assert one.number == int(hmac.new(b"2005-09-28: 3 1 9", b"a000", hashlib.sha256).hexdigest(), 16)
    assert f"{one.number:064x}"[:16] == "b11e5cff276d3e2a"
    for seed in ("种子", "s" * 64, "s" * 65, "s" * 200):  # a key longer than a block is hashed before
        assert numbers_of(seed, ["单位"]) == [int(hmac.new(seed.encode(), "单位".encode(), hashlib.sha256).hexdigest(), 16)]


def test_units_that_come_or_go_leave_the_numbers_of_others_as_they_are() -> None:
    numbers = {c.unit.key: c.number for c in draw(CITY, Plan(9, "seed")).units}
    fewer = Frame(CITY.units[::2], 0, ())
    assert {c.unit.key: c.number for c in draw(fewer, Plan(9, "seed")).units}.items() <= numbers.items()


def test_the_order_in_which_units_come_does_not_matter() -> None:
    plan = Plan(20, "seed", ("stratum",), groups=3)
    again = draw(Frame(tuple(sorted(CITY.units, key=lambda u: u.key[::-1])), 0, ()), plan)
    assert sorted(draw(CITY, plan).units) == sorted(again.units)


# --------------------------------------------------------------------------------------------- sizes, shares and chances


@pytest.mark.parametrize("floor", ["0.000001", "0.3", "1"])
@pytest.mark.parametrize("power", ["0", "0.5", "1"])
@pytest.mark.parametrize("size", [4, 17, 89, 90])
def test_so_many_are_drawn_as_were_asked_for_and_the_chances_come_to_that(size: int, power: str, floor: str) -> None:
    plan = Plan(size, "seed", ("stratum",), Fraction(power), floor=Fraction(floor))
    found = draw(CITY, plan)
    assert len(found.drawn) == size == sum(by_stratum(found).values())
    assert sum(chance(found).values()) == size
    for stratum in found.strata:
        assert sum(Fraction(*c.chance) for c in found.units if c.unit.stratum == stratum.values) == stratum.drawn
    assert all(0 < one <= 1 for one in chance(found).values())
    assert all(c.drawn for c in found.units if c.certain)


@pytest.mark.parametrize(
    ("power", "at_least", "shares"),
    [
        ("1", 1, {"a": 11, "b": 6, "c": 2, "d": 1}),  # of 20 that is 11.1, 6.7, 2 and 0.2
        ("1", 4, {"a": 9, "b": 6, "c": 4, "d": 1}),
        ("0.5", 1, {"a": 8, "b": 7, "c": 4, "d": 1}),
        ("0", 1, {"a": 7, "b": 6, "c": 6, "d": 1}),
    ],
)
def test_the_size_is_shared_out(power: str, at_least: int, shares: dict[str, int]) -> None:
    found = by_stratum(draw(CITY, Plan(20, "seed", ("stratum",), Fraction(power), at_least)))
    assert sum(found.values()) == 20
    assert found == shares


def test_a_chance_is_part_even_and_part_by_score() -> None:
    found = chance(draw(frame_of((10, 3)), Plan(2, "seed", floor=Fraction(1, 4))))
    assert found["a009"] == 2 * Fraction(1, 4) / 10
    assert found["a000"] == 2 * (Fraction(1, 4) / 10 + Fraction(3, 4) * Fraction(3, 6))
    assert set(chance(draw(frame_of((10, 3)), Plan(2, "seed", floor=Fraction(1)))).values()) == {Fraction(1, 5)}


def test_who_would_come_to_certainty_is_certain_and_the_rest_is_shared_out_anew() -> None:
    found = draw(Frame((*frame_of((9, 1)).units, Unit("z", "", ("a",), "make_up", 1000, 9)), 0, ()), Plan(3, "seed"))
    assert [c.unit.key for c in found.units if c.certain] == ["z"]
    assert {c.certain for c in found.units} == {"", LARGE}
    assert sum(chance(found).values()) == 3
    assert "z" in keys(found)


def test_asked_for_and_not_judged_units_are_certain_and_excluded_ones_are_not_there() -> None:
    units = (*CITY.units, Unit("offices.csv:9", "", ("",), "not judged", 0, 0))
    found = draw(Frame(tuple(sorted(units)), 0, ()), Plan(12, "seed", ("stratum",), always=("a049",), exclude=("a000", "b000")))
    assert {c.unit.key: c.certain for c in found.units if c.certain not in ("", LARGE)} == {
        "a049": "always",
        "offices.csv:9": "not-judged",
    }
    assert {"a049", "offices.csv:9"} <= keys(found)
    assert [u.key for u in found.excluded] == ["a000", "b000"]
    assert {"a000", "b000"}.isdisjoint(chance(found))
    without = draw(Frame(tuple(sorted(units)), 0, ()), Plan(12, "seed", exclude=("offices.csv:9",)))
    assert "offices.csv:9" not in keys(without)


@pytest.mark.parametrize(
    ("parts", "groups"),
    [
        ([(9, 3), (4, 2), (2, 2), (1, 1), (0, 0)], [(0,), (1,), (2,), (3,), (4,)]),
        ([(9, 1), (9, 3), (9, 1)], [(0, 2), (1,)]),
        ([(9, 3), (9, 1), (9, 3)], [(0, 1), (2,)]),
        ([(9, 1), (9, 1), (9, 1)], [(0, 1, 2)]),
        ([(9, 0), (9, 1), (9, 1), (9, 4)], [(0, 1, 2), (3,)]),
        ([(9, 1)], [(0,)]),
        ([(9, 1), (2, 2)], [(0,), (1,)]),
    ],
)
def test_strata_of_one_are_joined(parts: list[tuple[int, int]], groups: list[tuple[int, ...]]) -> None:
    assert joined(parts) == groups


@pytest.mark.parametrize("groups", [1, 2, 4, 7, 20])
def test_groups_are_equally_large_and_split_few_strata(groups: int) -> None:
    found = draw(frame_of((20, 2), (20, 2), (20, 2), (20, 2)), Plan(20, "seed", ("stratum",), groups=groups))
    sizes = Counter(c.group for c in found.drawn)
    assert sorted(sizes) == [*range(1, groups + 1)]
    assert max(sizes.values()) - min(sizes.values()) <= 1
    pairs = {(c.group, c.unit.stratum) for c in found.drawn}
    assert len(pairs) <= groups + 4 - 1
    assert {c.group for c in found.units if not c.drawn} == {None}


# ------------------------------------------------------------------------------------------------------ over many seeds


def frequencies(frame: Frame, plan: Plan, draws: int) -> tuple[Counter[str], Draw]:
    drawn: Counter[str] = Counter()
    for i in range(draws):
        found = draw(frame, Plan(**{**plan.__dict__, "seed": f"seed {i}"}))
        drawn.update(keys(found))
    return drawn, found


@depths(1500, 40_000)
def test_units_are_drawn_as_often_as_their_chances_say(examples: int) -> None:
    """Within five standard errors, and what Pareto sampling is off by itself: two hundredths, in a stratum of four draws."""
    frame = frame_of((14, 4), (6, 6))
    drawn, found = frequencies(frame, Plan(8, "", ("stratum",)), examples)
    for key, p in chance(found).items():
        error = sqrt(p * (1 - p) / examples)
        assert abs(drawn[key] / examples - p) <= 5 * error + 0.02, key


@depths(1500, 40_000)
def test_with_equal_chances_every_set_of_units_is_as_likely(examples: int) -> None:
    frame = frame_of((5, 2))
    sets: Counter[str] = Counter()
    for i in range(examples):
        sets["".join(sorted(keys(draw(frame, Plan(2, str(i), floor=Fraction(1))))))] += 1
    assert len(sets) == 10
    squares = sum((n - examples / 10) ** 2 / (examples / 10) for n in sets.values())
    assert squares < 33.7  # chi-squared with 9 degrees of freedom: exceeded once in ten thousand times


# --------------------------------------------------------------------------------------------------------- coordination


@pytest.mark.parametrize("floor", ["1", "0.3"])
def test_a_draw_that_avoids_another_has_none_of_its_units_but_those_whose_chances_come_to_more_than_one(floor: str) -> None:
    for i in range(40):
        one = draw(CITY, Plan(20, str(i), ("stratum",), floor=Fraction(floor)))
        other = draw(CITY, Plan(30, str(i), ("stratum",), floor=Fraction(floor), turned=True))
        chances = chance(one), chance(other)
        both = keys(one) & keys(other)
        if floor == "1":  # strata in which both draws have room
            of = Counter(key[0] for key in both)
            for s, t in zip(one.strata, other.strata, strict=True):
                assert of[s.values[0]] == max(0, s.drawn + t.drawn - s.units)
        else:
            surely = sum(max(0, chances[0][k] + chances[1][k] - 1) for k in chances[0])
            assert len(both) <= surely + 4


def test_a_draw_like_another_has_its_units_again() -> None:
    for i in range(20):
        small, large = (keys(draw(CITY, Plan(n, str(i), ("stratum",), floor=Fraction(1)))) for n in (20, 30))
        assert small <= large
        without = Frame(tuple(u for u in CITY.units if u.key != "b003"), 0, ())
        assert len(keys(draw(without, Plan(20, str(i), ("stratum",)))) & keys(draw(CITY, Plan(20, str(i), ("stratum",))))) >= 17


# ------------------------------------------------------------------------------------------------------ the command line

Reviewed = Callable[..., lookback.Review]
SEED = ("--seed", "2005-09-28: 3 1 9")
FILES = ["draw.csv", "draw.xlsx", "protocol.json", "protocol.md"]


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "draw.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def protocol(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "protocol.json").read_text("utf-8"))
    return found


@pytest.fixture(scope="module")
def drawn(before: lookback.Review, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """`drawn(*options)`: the folder of a draw from the offices."""
    from lookback.cli.main import cli

    def folder(*options: str, size: int = 12, seed: tuple[str, ...] = SEED) -> Path:
        out = tmp_path_factory.mktemp("draw") / "draw"
        cli.main(["draw", str(before.folder), "--size", str(size), *seed, *options, "-o", str(out)], standalone_mode=False)
        return out

    return folder


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_draw_is_written_for_people_and_programs(
    lang: str, before: lookback.Review, lookback: Lookback, tmp_path: Path, golden: Callable[[str, str], None]
) -> None:
    options = ("--by", "district,sort", "--groups", 3, "--always", "O06", "--where", "gaps < 8", "--published", "CCTV 20:30")
    out = tmp_path / "draw"
    run = lookback("draw", before.folder, "--size", 14, *SEED, *options, "-o", out, lang=lang)
    assert run.code == 0
    assert sorted(file.name for file in out.iterdir()) == FILES
    said, book = protocol(out), load_workbook(out / "draw.xlsx")
    sheets = [[s.title, *(" | ".join("" if v is None else str(v) for v in row) for row in s.values)] for s in book]
    written = {
        f"protocol.{lang}.md": (out / "protocol.md").read_text("utf-8"),
        f"screen.{lang}.txt": run.said.replace(str(out), "draw"),
        f"workbook.{lang}.txt": "\n\n".join("\n".join(lines) for lines in sheets) + "\n",
    }
    for name, text in written.items():
        golden(f"draw/{name}", text.replace(said["draw"], "…").replace(said["review"]["sha256"], "…"))


def test_each_unit_has_its_stratum_chance_and_number_in_the_list(drawn: Callable[..., Path]) -> None:
    listed = rows(drawn("--by", "district", "--exclude", "O01"))
    assert len(listed) == 40
    assert sum(float(row["chance"]) for row in listed) == pytest.approx(12)
    assert [row["unit"] for row in listed if row["why"] == "excluded"] == ["O01"]
    number = hmac.new(SEED[1].encode(), b"O07", hashlib.sha256).hexdigest()
    assert [row["number"] for row in listed if row["unit"] == "O07"] == [number]
    assert {row["district"] for row in listed} == set("东西南北")


def test_the_same_draw_has_the_same_bytes(drawn: Callable[..., Path]) -> None:
    options = ("--by", "district", "--groups", "2")
    one, other = drawn(*options), drawn(*options)
    assert all((one / name).read_bytes() == (other / name).read_bytes() for name in FILES)
    assert protocol(one)["draw"] != protocol(drawn())["draw"]


def test_units_that_could_not_be_judged_are_drawn_whatever_the_condition_says(
    reviewed: Reviewed, lookback: Lookback, tmp_path: Path
) -> None:
    review = reviewed(keyless=2)
    run = lookback("draw", review.folder, "--size", 8, *SEED, "--where", "gaps > 0", "-o", tmp_path / "one")
    certain = [row["unit"] for row in rows(tmp_path / "one") if row["why"] == "not-judged"]
    assert (run.code, len(certain)) == (0, 2)
    assert all("offices.csv:" in unit for unit in certain)
    run = lookback("draw", review.folder, "--size", 8, *SEED, "--exclude", certain[0], "-o", tmp_path / "two")
    assert [row["unit"] for row in rows(tmp_path / "two") if row["why"] == "not-judged"] == certain[1:]


def test_a_draw_is_verified_by_drawing_it_again(drawn: Callable[..., Path], before: lookback.Review, lookback: Lookback) -> None:
    out = drawn("--by", "district", "--groups", "2")
    run = lookback("verify", out)
    assert (run.code, "4 files in" in run.out) == (0, True)
    assert lookback("verify", out, "--of", before.folder).code == 0
    said = json.loads(lookback("verify", out, "--format", "json").out)
    assert said == {"sound": True, "changed": [], "missing": [], "added": [], "not_drawn": []}


def forged(folder: Path, name: str, change: Callable[[str], str]) -> None:
    """A file of a draw changed, and the hashes after it."""
    text = change((folder / name).read_bytes().decode())
    (folder / name).write_bytes(text.encode())
    said = json.loads((folder / "protocol.json").read_text("utf-8"))
    if name != "protocol.json":
        said["files"][name] = hashlib.sha256(text.encode()).hexdigest()
    del said["sha256"]
    from lookback.language.types import in_json
    from lookback.reviews.folder import write_summary

    write_summary(folder, in_json(said), "protocol.json")


def swapped(text: str) -> str:
    """Another unit drawn in the place of one."""
    lines = text.splitlines()
    taken, left = (next(i for i, line in enumerate(lines) if f",{flag}," in line[-12:]) for flag in (1, 0))
    lines[taken] = lines[taken].replace(",1,", ",0,")
    lines[left] = lines[left].replace(",0,", ",1,")
    return "\r\n".join(lines) + "\r\n"


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        ("draw.csv", swapped, "another result comes out for: O"),
        ("draw.csv", lambda text: text.replace("O07,Office O07,", "O07,Office O07,x"), ""),
        ("draw.csv", lambda text: "\r\n".join(text.splitlines()[:-1]) + "\r\n", "another result comes out for: "),
        ("draw.csv", lambda text: "no list", "another result comes out for: O"),
        ("protocol.json", lambda text: text.replace('"seed": "2005', '"seed": "2006'), "another result comes out for: O"),
        ("protocol.json", lambda text: text.replace('"size": 12', '"size": 99'), "another result comes out for: protocol.json"),
        ("protocol.json", lambda text: text.replace('"drawn": 12', '"drawn": 11'), "another result comes out for: protocol.json"),
        ("protocol.json", lambda text: text.replace('"floor_random": "3/10"', '"floor_random": "1/0"'), "another result"),
    ],
    ids=["swapped", "another-verdict", "one-fewer", "no-list", "another-seed", "size", "count", "floor"],
)
def test_whoever_changes_a_draw_and_its_hashes_is_found_out(
    name: str, change: Callable[[str], str], told: str, drawn: Callable[..., Path], before: lookback.Review, lookback: Lookback
) -> None:
    out = drawn()
    forged(out, name, change)
    run = lookback("verify", out, "--of", before.folder)
    assert (run.code, told in run.err, "changed" in run.err) == (2, True, False)
    if told:
        assert lookback("draw", before.folder, "--size", 5, "--like", out, "-o", out.parent / "next").mistakes() == [
            "draw-not-as-planned"
        ]


def test_a_draw_that_was_changed_by_mistake_is_told_by_its_file(
    drawn: Callable[..., Path], before: lookback.Review, lookback: Lookback
) -> None:
    out = drawn()
    (out / "protocol.md").write_text("edited", "utf-8")
    run = lookback("verify", out)
    assert (run.code, "changed: protocol.md" in run.err) == (2, True)
    assert lookback("draw", before.folder, "--size", 5, "--avoid", out, "-o", out.parent / "next").mistakes() == ["draw-changed"]
    (out / "draw.csv").unlink()
    assert "missing: draw.csv" in lookback("verify", out).err


def test_a_draw_of_another_review_or_version_is_told(
    drawn: Callable[..., Path], small: lookback.Review, lookback: Lookback
) -> None:
    out = drawn()
    assert lookback("verify", out, "--of", small.folder).mistakes() == ["draw-of-other-review"]
    assert lookback("verify", small.folder, "--of", small.folder).mistakes() == ["of-a-draw"]
    forged(out, "protocol.json", lambda text: text.replace('"draw_format": 1', '"draw_format": 2'))
    assert lookback("verify", out).mistakes() == ["draw-of-other-version"]


def test_like_and_avoid_take_the_seed_of_the_other_draw(drawn: Callable[..., Path], lookback: Lookback) -> None:
    one = drawn("--floor-random", "1")
    like, avoid = (drawn("--floor-random", "1", how, str(one), size=14, seed=()) for how in ("--like", "--avoid"))
    again = drawn("--floor-random", "1", "--avoid", str(avoid), seed=())
    of = {folder: {row["unit"] for row in rows(folder) if row["drawn"] == "1"} for folder in (one, like, avoid, again)}
    assert of[one] <= of[like]
    assert of[one].isdisjoint(of[avoid])
    assert of[again] == of[one]
    assert all(lookback("verify", folder).code == 0 for folder in of)


REFUSED = {
    "empty-seed": ("--size", 5, "--seed", " "),
    "no-seed": ("--size", 5),
    "size-above-units": ("--size", 41, *SEED),
    "size-below-certain": ("--size", 1, *SEED, "--always", "O01", "--always", "O02"),
    "size-below-strata": ("--size", 3, *SEED, "--by", "district"),
    "by-no-field": ("--size", 5, *SEED, "--by", "district,srot"),
    "by-twice": ("--size", 5, *SEED, "--by", "sort,sort"),
    "not-an-allocation": ("--size", 5, *SEED, "--allocation", "power=1.5"),
    "not-a-floor": ("--size", 5, *SEED, "--floor-random", "0"),
    "not-to-be-drawn": ("--size", 5, *SEED, "--always", "O99"),
    "always-and-excluded": ("--size", 5, *SEED, "--always", "O01", "--exclude", "O01"),
    "groups-above-size": ("--size", 5, *SEED, "--groups", 6),
    "unknown-field": ("--size", 5, *SEED, "--where", "gasp = 1"),
    "no-draw": ("--size", 5, "--like", "nowhere"),
    "seed-of-other-draw": ("--size", 5, *SEED, "--like", "nowhere"),
    "like-and-avoid": ("--size", 5, "--like", "here", "--avoid", "there"),
}


@pytest.mark.parametrize("code", REFUSED)
def test_what_cannot_be_drawn_is_told_and_nothing_is_written(
    code: str, before: lookback.Review, lookback: Lookback, tmp_path: Path
) -> None:
    run = lookback("draw", before.folder, *REFUSED[code], "-o", tmp_path / "draw")
    assert (run.code, run.mistakes()) == (2, [code])
    assert not (tmp_path / "draw").exists()


def test_a_review_that_was_changed_or_is_older_is_refused(reviewed: Reviewed, lookback: Lookback, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(reviewed().folder, tmp_path / "review"))
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE t AS FROM read_parquet('{folder}/verdicts.parquet')")
        connection.execute(f"COPY (SELECT * REPLACE (0 AS score) FROM t) TO '{folder}/verdicts.parquet' (FORMAT parquet)")
    assert lookback("draw", folder, "--size", 5, *SEED, "-o", tmp_path / "draw").mistakes() == ["review-changed"]
    text = (folder / "review.json").read_text("utf-8")
    (folder / "review.json").write_text(re.sub(r'"format": \d+', '"format": 1', text), "utf-8")
    assert lookback("draw", folder, "--size", 5, *SEED, "-o", tmp_path / "draw").mistakes() == ["review-of-other-version"]


def test_only_an_earlier_draw_is_replaced(
    drawn: Callable[..., Path], before: lookback.Review, lookback: Lookback, tmp_path: Path
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep", "utf-8")
    run = lookback("draw", before.folder, "--size", 5, *SEED, "-o", tmp_path / "mine")
    assert run.mistakes() == ["out-is-no-review"]
    out = drawn()
    assert lookback("draw", before.folder, "--size", 5, *SEED, "-o", out).code == 0
    assert protocol(out)["drawn"] == 5


def test_a_plan_without_a_seed_is_refused_from_python_too() -> None:
    with pytest.raises(UsageError, match="seed"):
        draw(CITY, Plan(3, ""))
