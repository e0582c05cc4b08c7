"""Why units moved: their records, the rules, the day or another parameter; found by judging.

In: two reviews, OLD and NEW, and the units whose verdicts differ. Out: of each the smallest sets of `records`, `rules` and
`settings` (the day and the parameters) that, put back to OLD's, give OLD's verdict: each of them is a cause.

For example, let a unit pass in OLD and be made to make up in NEW, with another record and on a later day. Judged with OLD's
records on NEW's day it passes; with NEW's records on OLD's day it does not: its records are the cause, and nothing else. Where
both give OLD's verdict, each is a cause: neither alone would have moved it. Where neither does, they are one cause together.

What does not differ is not put back. With all three put back there is nothing but OLD; so there is always a cause.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from typing import Literal

from lookback.judging.decider import Decider, Deciding
from lookback.judging.judge import judge
from lookback.judging.large import narrowed
from lookback.judging.program import compile
from lookback.packs.check import check_pack
from lookback.packs.checked import CheckedPack
from lookback.packs.params import settings
from lookback.rounds.comparing.records import Both, Which
from lookback.warehouse.duckdb import DuckDB, literal, quoted
from lookback.words.errors import LookbackError

Part = Literal["records", "rules", "settings"]
PARTS: tuple[Part, ...] = ("records", "rules", "settings")
NONE = "program"
"""Stands for a cause where nothing differs: another version of lookback judged."""
TOGETHER = "+"


def differing(both: Both) -> tuple[Part, ...]:
    """What of the two reviews is not the same."""
    found: list[Part] = [] if both.same_records else ["records"]
    old, new = (both.packs[side] for side in ("old", "new"))
    found += ["rules"] if old.pack.sha256 != new.pack.sha256 else []
    found += ["settings"] if changed_params(both) else []
    return tuple(found)


def changed_params(both: Both) -> dict[str, tuple[object, object]]:
    """The parameters that both packs have, and whose values differ: (OLD's, NEW's)."""
    old, new = (both.packs[side].params for side in ("old", "new"))
    return {name: (old[name], new[name]) for name in old if name in new and old[name] != new[name]}


def find_causes(
    both: Both, moved: str, decider: Decider, progress: Callable[[float], None] = lambda share: None
) -> dict[str, tuple[str, ...]]:
    """Of each unit of the table `moved` (`unit`, `old_verdict`) its causes; the parts of one are joined by `+`."""
    parts, warehouse = differing(both), both.warehouse
    units = dict(warehouse.rows(f"SELECT unit, old_verdict FROM {moved}"))
    found: dict[str, tuple[str, ...]] = {}
    deciding: dict[Which, Deciding] = {}
    sizes = range(1, len(parts) + 1)
    work = sum(1 for size in sizes for _ in combinations(parts, size)) - 1
    done = 0
    for size in sizes:
        left = {unit: verdict for unit, verdict in units.items() if unit not in found}
        if not left:
            break
        if size == len(parts):
            found |= dict.fromkeys(left, (TOGETHER.join(parts),))
            break
        causes: dict[str, list[str]] = {}
        if size > 1:
            listed = ", ".join(map(literal, left))
            warehouse.create("moved_left", f"FROM {moved} WHERE unit IN ({listed})")
        for back in combinations(parts, size):
            progress(done / max(work, 1))
            verdicts = judged_with(both, back, moved if size == 1 else "moved_left", decider, deciding)
            done += 1
            for unit, verdict in left.items():
                if verdicts.get(unit) == verdict:
                    causes.setdefault(unit, []).append(TOGETHER.join(back))
        found |= {unit: tuple(of) for unit, of in causes.items()}
    return found if parts else dict.fromkeys(units, (NONE,))


def judged_with(
    both: Both, back: Sequence[Part], units: str, decider: Decider, deciding: dict[Which, Deciding] | None = None
) -> dict[str, str]:
    """The verdicts of the units in a table (`unit`), with some parts put back to OLD's and the others as in NEW. `deciding`: what
    was decided before, by pack."""
    side: Mapping[Part, Which] = {part: "old" if part in back else "new" for part in PARTS}
    pack = with_settings(both, side["rules"], side["settings"])
    lost = both.make(side["records"], pack, side["rules"])
    kept: dict[Which, Deciding] = {} if deciding is None else deciding
    if side["rules"] not in kept:
        kept[side["rules"]] = Deciding(pack.rules, decider)
    lost, narrow = narrowed(lost, pack, both.warehouse)
    program = compile(narrow, lost)
    judged = program.judged_records(pack.root) or program.sql["verdicts"]
    made = [query for name, query in program.sql.items() if name != "verdicts" and not name.startswith("judged_")]
    both.only(pack, units, {name for query in (*made, judged) for name in re.findall(r"\w+", query)})
    judge(program, both.warehouse, kept[side["rules"]], None)
    verdicts = f"SELECT CAST(v.{quoted(pack.tables[pack.root].key)} AS VARCHAR) AS unit, v.verdict FROM ({judged}) AS v"
    rows = both.warehouse.rows(f"FROM ({verdicts}) SEMI JOIN {units} USING (unit)")
    forget(both.warehouse)
    return dict(rows)


def forget(warehouse: DuckDB) -> None:
    """What was judged is not needed any longer."""
    kinds = ("state_", "seen_", "judged_", "found_", "decisions_", "sums_", "totals_", "only_")
    for (name,) in warehouse.rows("SELECT table_name FROM duckdb_tables() WHERE temporary"):
        if name.startswith(kinds):
            warehouse.drop(name)


def with_settings(both: Both, rules: Which, of: Which) -> CheckedPack:
    """One side's pack with the parameters of a side, as far as it has them, and they are of their type and range there."""
    pack = both.packs[rules]
    if rules == of:
        return pack
    given = dict(pack.params)
    for name in pack.params:
        value = both.packs[of].params.get(name)
        if name in both.packs[of].params:
            try:
                given |= settings(pack.pack, {name: value})
            except LookbackError:
                continue
    return check_pack(pack.pack, given)
