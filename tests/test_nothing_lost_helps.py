"""Nothing that is lost may help: sound records, one thing of each unit spoilt where anybody can see it.

No verdict is better than that of the sound records, no unit is gone from the list untold, every damage is told with its place,
and `--strict` refuses. 2,000 damages in `make test`, 50,000 in `make test-slow`; a test's name says its seed. Not asked, as
nothing of it can be seen, or nobody can say whose it was: whole rows deleted, trailing values taken away with their commas, a key
changed into a new one, a parent's key taken away or changed into one of no unit, a CSV file cut between rows. Random packs hardly
ever prove clean; the law holds of them all the same.
"""

from __future__ import annotations

import csv
import functools
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from builders import checked
from hypothesis import HealthCheck, Phase, given, seed, settings
from reference import Pack
from screen import ROOT, Lookback
from spoiling import FORMS, Damage, Spoiler, Unit, Whole, cloned, drawn, grids_of, places_of, pools_of, whole_damages, write
from strategies import packs, write_pack

import lookback
from lookback.packs.checked import NOT_JUDGED, CheckedPack
from lookback.proving.proof import prove
from lookback.words.errors import InputError

UNITS = 200
FEW = 12
"""Units of a run in which something hits them all."""
Place = tuple[str, str | None, int]
BUILT_IN = {"lookback-2005": "fixtures/example-city/csv", "audit-follow-up": "fixtures/audit-office"}


def plain() -> dict[str, str]:
    """A pack that counts nothing that was reported: whoever has nothing bad on record passes."""
    return {
        "pack.yaml": """
pack: plain
version: "1.0"
title: {en: Nothing bad on record}
outcomes: [{outcome: fine, title: {en: Fine}}, {outcome: warn, title: {en: Warn}}, {outcome: stop, title: {en: Stop}}]
params: {as_of: {type: date, default: 2005-09-30, title: {en: Day of the review}}}
""",
        "records.yaml": """
tables:
  shops:
    title: {en: Shops}
    key: shop
    fields:
      shop: {type: text, title: {en: Shop}}
      keeper: {type: text, title: {en: Keeper}}
      fine: {type: number, title: {en: Fine}, optional: {because: {en: Most have none.}}}
      barred: {type: boolean, title: {en: Barred}, optional: {because: {en: Most are not asked.}}}
  faults:
    title: {en: Faults}
    key: fault
    belongs_to: shops
    fields:
      fault: {type: text, title: {en: Fault}}
      shop: {type: text, title: {en: Shop}}
      state: {type: choice, title: {en: State}, choices: {open: {en: Open}, mended: {en: Mended}, minor: {en: Minor}}}
      due: {type: date, title: {en: Due}}
      hurt: {type: integer, title: {en: Hurt}}
      note: {type: text, title: {en: Note}, optional: {because: {en: Few have one.}}}
  letters:
    title: {en: Letters}
    key: letter
    belongs_to: faults
    fields:
      letter: {type: text, title: {en: Letter}}
      fault: {type: text, title: {en: Fault}}
      angry: {type: boolean, title: {en: Angry}}
  visits:
    title: {en: Visits}
    key: visit
    belongs_to: shops
    optional: {because: {en: Few are visited.}}
    fields:
      visit: {type: text, title: {en: Visit}}
      shop: {type: text, title: {en: Shop}}
      rats: {type: integer, by: inspector, title: {en: Rats}, optional: {because: {en: Inspectors say so.}}}
""",
        "1.rules.yaml": """
facts:
  - {fact: angry_letters, of: faults, from: letters, value: "count(*) filter (where coalesce(angry, true))"}
  - {fact: late, of: faults, value: "state is null or state = 'open' and (due is null or due < :as_of)"}
  - {fact: late_faults, of: shops, from: faults, value: count(*) filter (where late)}
  - {fact: bad_faults, of: shops, from: faults, value: count(*) filter (where verdict <> 'fine')}
  - {fact: most_hurt, of: shops, from: faults, value: "max(coalesce(hurt, 99))"}
  - {fact: rats, of: shops, from: visits, value: "sum(coalesce(rats, 0))"}
  - {fact: noted, of: shops, from: faults, value: "count(*) filter (where note is not null)"}
rules:
  - {rule: no-fine, for: shops, title: {en: No fine}, require: fine is null, otherwise: warn}
  - {rule: not-barred, for: shops, title: {en: Not barred}, when: barred is not null, require: not barred, otherwise: stop}
  - {rule: nobody-angry, for: faults, title: {en: Nobody angry}, require: angry_letters = 0, otherwise: warn}
  - {rule: mended, for: faults, title: {en: Mended}, when: state = 'open' or state is null, require: hurt = 0, otherwise: stop}
  - {rule: none-late, for: shops, title: {en: None late}, require: late_faults = 0, otherwise: warn}
  - {rule: none-bad, for: shops, title: {en: None bad}, require: bad_faults <= 1, otherwise: stop}
  - {rule: few-hurt, for: shops, title: {en: Few hurt}, require: most_hurt is null or most_hurt < 3, otherwise: stop}
  - {rule: no-rats, for: shops, title: {en: No rats}, require: rats is null or rats <= 0, otherwise: warn}
  - {rule: no-notes, for: shops, title: {en: No notes}, require: noted < 2, otherwise: warn, unknown: fine}
""",
    }


@functools.cache
def random_pack(number: int) -> Pack:
    """The richest of the first that hypothesis draws."""
    found: list[Pack] = []

    @seed(number)
    @settings(max_examples=5, database=None, deadline=None, phases=(Phase.generate,), suppress_health_check=list(HealthCheck))
    @given(packs())
    def draw(pack: Pack) -> None:
        found.append(pack)

    draw()
    return max(found, key=lambda pack: (len(pack.facts), len(pack.rules)))


def pack_and_units(name: str, number: int, folder: Path, size: int) -> tuple[CheckedPack, list[Unit]]:
    """A pack and sound units, by name and seed."""
    rng = random.Random(number)
    if name in BUILT_IN:
        pack = checked(name)
        return pack, cloned(pack, ROOT / BUILT_IN[name], rng, size)
    if name == "plain":
        folder.mkdir()
        for file, text in plain().items():
            (folder / file).write_text(text.lstrip(), "utf-8")
    else:
        write_pack(random_pack(number), folder)
    pack = checked(folder)
    return pack, drawn(pack, rng, size)


def verdicts(review: Any) -> dict[str, str]:
    """The units on the list, and their verdicts; those without a usable key are called by their places."""
    pack = review.pack()
    key = pack.tables[pack.root].key
    return {Path(row.get("_place") or row[key]).name: row["verdict"] for row in review.verdicts.to_pylist()}


def told(review: Any) -> list[dict[str, str]]:
    with (review.folder / "problems.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def judged(data: Path, pack: CheckedPack, **options: Any) -> Any:
    return lookback.check(data, pack.pack, params=dict(pack.params), lang="en", decider="reference", **options)


def best_first(pack: CheckedPack, units: Sequence[Unit], folder: Path, form: str, n: int) -> tuple[list[Unit], dict[str, str]]:
    """So many of the units, those first whose verdict can get worse; and what they come to."""
    with judged(write(grids_of(pack, units, random.Random(0)), folder, form), pack) as review:
        assert review.problem_count == 0, told(review)[:5]
        found = verdicts(review)
    key = pack.tables[pack.root].key
    ranked = sorted(units, key=lambda unit: found[unit[0].values[key]] == pack.outcomes[-1])
    return ranked[:n], found


def spoil_and_compare(name: str, number: int, forms: Sequence[str], folder: Path) -> Counter[str]:
    """Spoil one thing of each unit, in each form; how many damages of each kind."""
    pack, candidates = pack_and_units(name, number, folder / "pack", 3 * UNITS // 2)
    units, before = best_first(pack, candidates, folder / "sound", forms[-1], UNITS)
    found: Counter[str] = Counter()
    for form in forms:
        found += spoil_each(name, number, form, pack, units, before, folder / form)
    return found


def spoil_each(
    name: str, number: int, form: str, pack: CheckedPack, units: Sequence[Unit], before: Mapping[str, str], folder: Path
) -> Counter[str]:
    rng, key = random.Random(f"{number} {form}"), pack.tables[pack.root].key
    spoiler = Spoiler(pack, rng, form, pools_of(pack, units))
    spoilt = {unit[0].values[key]: spoiler.spoil(unit) for unit in units}
    grids = grids_of(pack, [lines for lines, _ in spoilt.values()], rng)
    with judged(write(grids, folder, form), pack) as review:
        after, problems = verdicts(review), told(review)
    rank = [*pack.outcomes, NOT_JUDGED].index
    places: dict[Place, list[dict[str, str]]] = {}
    for problem in problems:
        places.setdefault((Path(problem["file"]).name, problem["sheet"] or None, int(problem["row"] or 0)), []).append(problem)
    wrong = []
    for unit, (_, damage) in spoilt.items():
        at = places_of(grids, damage, form)
        here = [problem for place in at for problem in places.get(place, ())]
        if damage.gone:
            ((file, sheet, row),) = at
            unit = f"{file} ({sheet}):{row}" if sheet else f"{file}:{row}"
        found = [f"{damage}: {said}" for said in broken(unit, damage, before, after, here, rank)]
        wrong += [f"{unit} in {name} {number} {form}: {one}" for one in found]
    assert not wrong, "\n".join([f"{len(wrong)} of {len(units)}:", *wrong[:6]])
    return Counter(damage.kind for _, damage in spoilt.values())


def broken(unit: str, damage: Damage, before: Any, after: Any, problems: Sequence[Any], rank: Any) -> list[str]:
    """In what a damage breaks the law."""
    if not problems:
        return ["not told at its place"]
    if damage.field and not any(problem["field"] == damage.field for problem in problems):
        return ["not told at its cell"]
    if unit not in after:
        return ["gone from the list"]
    if damage.gone:
        return [] if after[unit] == NOT_JUDGED else [f"{after[unit]} after"]
    return [f"{before[unit]} before, {after[unit]} after"] if rank(after[unit]) < rank(before[unit]) else []


def spoil_all_and_compare(name: str, number: int, form: str, folder: Path, most: int) -> int:
    """Spoil what hits every unit, one thing a run, at most so many; how many."""
    folder.mkdir()
    pack, candidates = pack_and_units(name, number, folder / "pack", 4 * FEW)
    units, before = best_first(pack, candidates, folder / "sound", form, FEW)
    rng, wrong = random.Random(number), []
    wholes = whole_damages(pack, rng, form)
    rng.shuffle(wholes)
    for i, whole in enumerate(wholes[:most]):
        grids = grids_of(pack, units, rng)
        if whole.spoil(grids) is False:
            continue
        data = write(grids, folder / f"spoilt-{i}", form)
        whole.after(data)
        wrong += [f"{name} {number} {form}: {whole.what}: {said}" for said in broken_by_all(whole, data, pack, units, before)]
    assert not wrong, "\n".join(wrong[:10])
    return min(most, len(wholes))


def broken_by_all(whole: Whole, data: Path, pack: CheckedPack, units: Sequence[Unit], before: Mapping[str, str]) -> list[str]:
    """In what a damage that hits every unit breaks the law. Where nothing can be judged, it is refused and named."""
    try:
        review = judged(data, pack)
    except InputError as error:
        return [] if whole.named in str(error) or "no-root-table" in error.code else [f"refused without its name: {error}"]
    with review:
        after, rank, found = verdicts(review), [*pack.outcomes, NOT_JUDGED].index, []
        for unit in (unit[0].values[pack.tables[pack.root].key] for unit in units):
            if unit not in after:
                found.append(f"{unit} is gone")
            elif rank(after[unit]) < rank(before[unit]):
                found.append(f"{unit}: {before[unit]} before, {after[unit]} after")
        where = [(problem["field"], Path(problem["file"]).name, problem["expected"]) for problem in told(review)]
        if not any(whole.named in (field, file) or whole.named in expected for field, file, expected in where):
            found.append("not told")
        return found


PLAIN_AND_BUILT_IN = ("plain", *BUILT_IN)


def forms_of(name: str, number: int) -> list[str]:
    """All forms but one, which is another with each pack and seed."""
    out = ([*PLAIN_AND_BUILT_IN, "random"].index(name) + number) % len(FORMS)
    return [form for i, form in enumerate(FORMS) if i != out]


def of_seeds(quick: Sequence[int], deep: Sequence[int]) -> pytest.MarkDecorator:
    """The seeds of `make test`, and those of `make test-slow`."""
    slow = [pytest.param(number, marks=pytest.mark.slow) for number in deep]
    return pytest.mark.parametrize("number", [*quick, *slow])


@pytest.mark.long
@pytest.mark.parametrize("name", PLAIN_AND_BUILT_IN)
@of_seeds([1], range(2, 26))
def test_one_thing_spoilt_of_each_unit_makes_no_verdict_better(name: str, number: int, tmp_path: Path) -> None:
    assert spoil_and_compare(name, number, forms_of(name, number), tmp_path).total() == 2 * UNITS


@pytest.mark.long
@of_seeds([1, 2, 3, 4], range(5, 111))
def test_one_thing_spoilt_of_each_unit_makes_no_verdict_of_a_random_pack_better(number: int, tmp_path: Path) -> None:
    assert spoil_and_compare("random", number, [FORMS[number % len(FORMS)]], tmp_path).total() == UNITS


@pytest.mark.long
@pytest.mark.parametrize("name", [*PLAIN_AND_BUILT_IN, "random"])
@of_seeds([1], range(2, 8))
def test_a_column_a_table_or_a_file_spoilt_makes_no_verdict_better(name: str, number: int, tmp_path: Path) -> None:
    forms, most = (forms_of(name, number), 2) if number == 1 else (FORMS, 20)
    for form in forms:
        assert spoil_all_and_compare(name, number, form, tmp_path / form, most) > 0


@pytest.mark.parametrize("form", FORMS)
def test_what_is_spoilt_ends_with_3_and_is_refused_with_strict(form: str, tmp_path: Path, lookback: Lookback) -> None:
    pack, units = pack_and_units("plain", 1, tmp_path / "pack", FEW)
    spoiler = Spoiler(pack, random.Random(1), form, pools_of(pack, units))
    for i, unit in enumerate(units[:2]):
        spoilt, damage = spoiler.spoil(unit)
        data = write(grids_of(pack, [*units[:i], spoilt, *units[i + 1 :]], spoiler.rng), tmp_path / str(i), form)
        assert lookback("check", data, "--pack", tmp_path / "pack").code == 3, damage
        strict = lookback("check", data, "--pack", tmp_path / "pack", "--strict")
        assert (strict.code, strict.out) == (2, ""), damage


def test_the_plain_pack_proves_clean(tmp_path: Path) -> None:
    pack, _ = pack_and_units("plain", 1, tmp_path / "pack", 1)
    assert [found.mistake.code for found in prove(pack).found] == []
