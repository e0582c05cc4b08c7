"""No pack keeps `prove` or `fix` silent, or running past its limit: over all packs of this project, and some that are hard.

Silent: what says that it goes on (`going_on`, a thread) does not get its turn. What each took is printed.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from broken_packs import BROKEN
from builders import checked
from judging.test_many_rules import many_rules
from logic_packs import PAIRS, write
from screen import ROOT, cpu_seconds
from test_nothing_lost_helps import plain, random_pack

import lookback
from lookback.packs.checked import CheckedPack
from lookback.proving.proof import prove
from lookback.reviews.fix import fix
from lookback.reviews.fix_all import fix_all
from lookback.reviews.folder import one_unit
from lookback.words.errors import PackError

SECONDS = 10.0
SILENT = 5.0
"""So long nothing may be silent, or go on past its limit."""

SIGNS = [a + b for a in "abcdefghi" for b in "mnopqrstuvwxyz"]
FORMS = ("{}%", "%{}", "%{}%")


def likes(n: int, first: int = 0, field: str = "name") -> str:
    return " or ".join(f"{field} like '{FORMS[i % 3].format(SIGNS[i])}'" for i in range(first, first + n))


HARD = {
    "twenty likes in a rule": f"fact named units: {likes(20)}\nrule one units: require named otherwise make_up",
    "likes in many rules": "\n".join(f"rule r{i} units: require {likes(6, 6 * i)} otherwise make_up" for i in range(12)),
    "hundreds of rules": "\n".join(f"rule r{i} units: require staff <> {i} otherwise make_up" for i in range(400)),
    "cubes": """
rule cubes units: require staff > 1 and posts > 1
 and staff * staff * staff + posts * posts * posts = 3 * staff * posts * posts + 7 otherwise make_up
rule more units: require staff > 1 and posts > 1
 and staff * staff * posts + posts * posts * posts = 5 * staff * staff * staff + 11 otherwise make_up""",
    "shares of sums": """
fact costs units<issues: sum(coalesce(cost, 0))
fact payments units<issues: sum(coalesce(paid, 0))
rule paid units: require payments / costs >= 0.5 otherwise make_up
rule spread units: require costs * payments <= 1000 and costs * costs > payments otherwise explain
rule late units: require costs / payments < share * share otherwise explain""",
}


def packs() -> Iterator[Any]:
    def folder_of(text: str) -> Callable[[Path], CheckedPack]:
        return lambda folder: checked(write(text, folder))

    def broken(one: Any) -> Callable[[Path], CheckedPack]:
        def make(folder: Path) -> CheckedPack:
            one.write(folder / "pack")
            return checked(folder / "pack")

        return make

    def of_files(folder: Path) -> CheckedPack:
        for file, text in plain().items():
            (folder / file).write_text(text.lstrip(), "utf-8")
        return checked(folder)

    for file in sorted([*ROOT.glob("rules/*/pack.yaml"), *ROOT.glob("fixtures/**/pack.yaml"), *ROOT.glob("tests/**/pack.yaml")]):
        yield pytest.param(lambda folder, of=file.parent: checked(of), id=file.parent.relative_to(ROOT).as_posix())
    for pair in PAIRS:
        yield pytest.param(folder_of(pair.sound), id=f"{pair.name}-sound")
        yield pytest.param(folder_of(pair.flawed), id=f"{pair.name}-flawed")
    for one in BROKEN:
        yield pytest.param(broken(one), id=f"broken-{one.name}")
    for name, text in HARD.items():
        yield pytest.param(folder_of(text), id=name)
    yield pytest.param(of_files, id="plain")
    yield pytest.param(lambda folder: checked(folder, many_rules()), id="many-rules")
    for number in range(1, 9):
        yield pytest.param(lambda folder, number=number: checked(folder, random_pack(number)), id=f"random-{number}")


@contextmanager
def watched(what: str) -> Iterator[None]:
    """Whatever works longer past its limit than it may, or works so long without a turn for other threads, fails. Both in seconds
    that this process has worked, as a limit passes sooner on a busy machine."""
    over, gap, begun = threading.Event(), 0.0, time.monotonic()
    at_limit: float | None = None

    def tick() -> None:
        nonlocal gap, at_limit
        last, going = cpu_seconds(), True
        while going:
            going = not over.wait(0.2)
            if at_limit is None and time.monotonic() - begun > SECONDS:
                at_limit = last
            now = cpu_seconds()
            gap, last = max(gap, now - last), now

    ticker = threading.Thread(target=tick, daemon=True)
    ticker.start()
    try:
        yield
    finally:
        over.set()
        ticker.join()
    past = 0.0 if at_limit is None else cpu_seconds() - at_limit
    print(f"{what}: {time.monotonic() - begun:.1f} s, {past:.1f} s past its limit, silent for {gap:.1f} s", file=sys.stderr)
    assert gap < SILENT
    assert past < SILENT


@pytest.mark.slow
@pytest.mark.parametrize("make", [*packs()])
def test_prove_and_fix_end_in_time_and_are_never_silent_for_long(make: Callable[[Path], CheckedPack], tmp_path: Path) -> None:
    try:
        pack = make(tmp_path)
    except PackError:
        return  # it is proved by nobody
    with watched("prove"):
        prove(pack, timeout=SECONDS)
    with watched("prove --all-params"):
        prove(pack, timeout=SECONDS, all_params=True)
    with watched("fix"):
        fix(pack, all_blank(pack), pack.outcomes[0], timeout=SECONDS)


@pytest.mark.slow
@pytest.mark.parametrize("of", ["city", "small", "audit"])
def test_fix_of_the_worst_units_of_the_fixtures_and_of_all_ends_in_time(of: str, request: pytest.FixtureRequest) -> None:
    review: lookback.Review = request.getfixturevalue(of)
    pack = review.pack()
    key = pack.tables[pack.root].key
    flagged = sorted(
        (row for row in review.verdicts.to_pylist() if row["verdict"] != pack.outcomes[0]), key=lambda r: -r["score"]
    )
    for unit in (str(row[key]) for row in flagged[:8]):
        with one_unit(review, unit) as one:
            records, got = one.records(), one.got
        with watched(f"fix {unit}"):
            fix(pack, records, pack.outcomes[0], got=got, timeout=SECONDS)
    with watched("fix --all"):
        fix_all(review, pack.outcomes[0], timeout=SECONDS)


def all_blank(pack: CheckedPack) -> dict[str, list[dict[str, Any]]]:
    """A unit with three records of each table below, of which only the keys are known."""
    records: dict[str, list[dict[str, Any]]] = {}
    for table in pack.top_down():
        key, parent = pack.tables[table].key, pack.tables[table].belongs_to
        above = [row[pack.tables[parent].key] for row in records[parent]] if parent is not None else [None]
        number = pack.tables[table].fields[key].type == "integer"
        records[table] = []
        for one in above:
            for _ in range(3 if parent is not None else 1):
                n = len(records[table]) + 1
                row = dict.fromkeys(pack.tables[table].fields) | {key: n if number else f"{table}{n}"}
                records[table].append(row | ({pack.parent_key(table): one} if parent is not None else {}))
    return records
