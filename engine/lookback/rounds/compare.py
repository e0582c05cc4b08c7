"""Two reviews -> what changed from one to the other, and why.

In: OLD and NEW, two reviews. Out: a `Comparison`: units by their verdicts in both, who is newly flagged, cleared, still flagged
and since when, who came and who is gone; findings new, settled, standing, and vanished while they were open; and for each unit
whose verdict differs the causes (`comparing.causes`) with what lies behind them (`comparing.behind`).

A unit is who has its key. One that is in both, and could be judged, has moved where its verdict is another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from lookback.judging.decider import Decider
from lookback.packs.checked import CheckedPack
from lookback.packs.params import review_day
from lookback.place import temporary
from lookback.reviews.folder import READ, SUMMARY, Review, called_sql, label_sql, open_review, reading
from lookback.rounds.comparing.behind import Behind, behind
from lookback.rounds.comparing.causes import changed_params, differing, find_causes
from lookback.rounds.comparing.findings import make_compared
from lookback.rounds.comparing.records import SIDES, Both, Which, paired
from lookback.rounds.comparing.rules import Edit, edits
from lookback.rounds.comparing.said import ASKED, in_language
from lookback.rounds.comparing.whole import OfReview, of_review
from lookback.warehouse.duckdb import DuckDB, literal, path_literal, quoted
from lookback.words.errors import LookbackError

MOVES = ("newly-flagged", "cleared", "still-flagged", "still-passing", "come", "gone")
UNITS = ("unit", "label", "move", "way", "old_verdict", "new_verdict", "old_score", "new_score", "since")
FINDINGS = ("unit", "change", "why", "table", "record", "rule", "clause", "old_outcome", "outcome", "reason", "fingerprint")


@dataclass(frozen=True)
class Side:
    """One of the reviews: its folder's name, the day that it is of (None where its pack has none), and what was not judged."""

    folder: str
    day: date | None
    pack: CheckedPack
    units: int
    not_judged: int


@dataclass(frozen=True)
class Comparison:
    """`verdicts`: units by (old verdict, new verdict), None where they are not there. `units`: a row a unit, `UNITS`: all but
    those that pass in both; those who are worse first, then by verdict, score and key; `way` is worse, better, or null; `since`
    the day, or the folder, of the earliest review from which on it was flagged in each. `counts`: findings of either by what
    became of them, `reasons`: by why they vanished. `causes`: of the units that moved. `behind`, and `findings`, a row a finding
    of either, `FINDINGS`: of the first of them, as many as were asked for, or of all. `differing`: what is not the same of the
    two; `params`, `rules`: which of them, with what they were and are. `whole`: the same of the review as a whole."""

    old: Side
    new: Side
    verdicts: Mapping[tuple[str | None, str | None], int]
    units: pa.Table
    moves: Mapping[str, int]
    ways: Mapping[str, int]
    findings: pa.Table
    counts: Mapping[str, int]
    reasons: Mapping[str, int]
    causes: Mapping[str, Sequence[str]]
    behind: Behind
    differing: Sequence[str]
    params: Mapping[str, tuple[Any, Any]]
    rules: Mapping[str, Edit]
    whole: OfReview | None = None

    @property
    def whole_is_worse(self) -> bool:
        """Whether the review as a whole got worse."""
        if self.whole is None or self.whole.old is None or self.whole.new is None:
            return False
        order = ranks(self.old.pack.outcomes, self.new.pack.outcomes)
        return order[self.whole.new] > order[self.whole.old]


def compare(
    old: Review,
    new: Review,
    *,
    most: int | None = None,
    lang: str | None = None,
    decider: Decider = "durable",
    progress: Callable[[str, float], None] = lambda stage, share: None,
    threads: int | None = None,
    memory: int | None = None,
) -> Comparison:
    """What changed from OLD to NEW. `most`: of how many moved units what lies behind is looked up; None: of all.
    `lang`: of the reasons of findings; that of their reviews if left out.

    Raises UsageError where the reviews cannot be held against each other, or are not as they were written."""
    packs: dict[Which, CheckedPack] = {"old": old.pack(), "new": new.pack()}
    pairs = paired(packs["old"], packs["new"])
    progress("read", 0.0)
    for review in (old, new):
        review.require(*READ)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(temporary()))
        warehouse = DuckDB(folder, threads, memory)
        stack.callback(warehouse.close)
        for review in (old, new):
            stack.enter_context(reading(review.folder))
        both = Both({"old": old, "new": new}, packs, pairs, warehouse)
        for side in SIDES:
            _make_units(both, side)
        _pair_units(both, _earlier(old, packs["old"]))
        progress("read", 0.5)
        make_compared(both)
        progress("judge", 0.0)
        causes = find_causes(both, "moved", decider, lambda share: progress("judge", share))
        progress("write", 0.0)
        columns = ", ".join(UNITS)
        units = warehouse.arrow(
            f"SELECT {columns} FROM units_compared WHERE move <> 'still-passing' OR way IS NOT NULL ORDER BY place"
        )
        moved = [unit for (unit,) in warehouse.rows("SELECT unit FROM moved ORDER BY place")]
        edited = edits(both)
        lies_behind = behind(both, moved[:most], edited)
        progress("write", 0.5)
        return Comparison(
            old=_side(both, "old"),
            new=_side(both, "new"),
            verdicts={
                (before, after): n
                for before, after, n in warehouse.rows(
                    "SELECT old_verdict, new_verdict, count(*) FROM units_compared GROUP BY ALL"
                )
            },
            units=units,
            moves=_counted(warehouse, "move", "units_compared", MOVES),
            ways=_counted(warehouse, "way", "units_compared", ("worse", "better")),
            findings=in_language(_findings(both, None if most is None else moved[:most]), both, lang),
            counts=_counted(warehouse, "change", "findings_compared", ("new", "settled", "standing", "vanished", "unmatched")),
            reasons=_counted(warehouse, "why", "findings_compared", ()),
            causes={unit: causes[unit] for unit in moved},
            behind=lies_behind,
            differing=differing(both),
            params=changed_params(both),
            rules=edited,
            whole=of_review(both, decider, lambda share: progress("judge", share)),
        )


def _side(both: Both, side: Which) -> Side:
    review, pack = both.reviews[side], both.packs[side]
    n = both.warehouse.rows(f"SELECT count(*) FROM units_{side}")[0][0]
    return Side(review.folder.resolve().name, review_day(pack.params), pack, n, int(review.summary.get("not_judged", 0)))


def _counted(warehouse: DuckDB, column: str, table: str, known: Sequence[str]) -> dict[str, int]:
    rows = dict(warehouse.rows(f"SELECT {column}, count(*) FROM {table} WHERE {column} IS NOT NULL GROUP BY 1 ORDER BY 1"))
    return {**dict.fromkeys(known, 0), **rows}


# ------------------------------------------------------------------------------------------------------------------ units


def _make_units(both: Both, side: Which) -> None:
    """`units_old` or `units_new`: those that were judged."""
    pack = both.packs[side]
    root = pack.tables[pack.root]
    source = f"read_parquet({path_literal(both.reviews[side].folder / 'verdicts.parquet')})"
    judged = f"verdict IN ({', '.join(map(literal, pack.outcomes))})"
    columns = {name for name, *_ in both.warehouse.rows(f"DESCRIBE FROM {source}")}
    both.warehouse.create(
        f"units_{side}",
        f"""SELECT {called_sql(root, columns)} AS unit, {label_sql(root)} AS label, verdict, score, findings
        FROM {source} WHERE {judged}""",
    )


def ranks(old: Sequence[str], new: Sequence[str]) -> dict[str, int]:
    """The outcomes of both packs in one order: NEW's; one that is OLD's alone stands behind the one before it."""
    order = [*new]
    for i, outcome in enumerate(old):
        if outcome not in order:
            order.insert(order.index(old[i - 1]) + 1 if i else 0, outcome)
    return {outcome: i for i, outcome in enumerate(order)}


def _pair_units(both: Both, earlier: Sequence[tuple[str, str]]) -> None:
    """`units_compared`: a row a unit of either, and `moved`: those in both whose verdict is another. `earlier`: reviews before
    OLD, the latest first: what to call each, and SQL of its flagged units."""
    warehouse = both.warehouse
    order = ranks(both.packs["old"].outcomes, both.packs["new"].outcomes)
    best = {side: literal(both.packs[side].outcomes[0]) for side in SIDES}
    rank = "CASE {} " + " ".join(f"WHEN {literal(o)} THEN {i}" for o, i in order.items()) + " END"
    before, after = rank.format("o.verdict"), rank.format("n.verdict")
    way = f"CASE WHEN {after} > {before} THEN 'worse' WHEN {after} < {before} THEN 'better' END"
    move = f"""CASE WHEN o.unit IS NULL THEN 'come' WHEN n.unit IS NULL THEN 'gone'
        WHEN o.verdict = {best["old"]} AND n.verdict = {best["new"]} THEN 'still-passing'
        WHEN o.verdict = {best["old"]} THEN 'newly-flagged'
        WHEN n.verdict = {best["new"]} THEN 'cleared' ELSE 'still-flagged' END"""
    since, joins = literal(_called(both, "old")), ""
    for i, (_, flagged) in enumerate(earlier):
        joins += f" LEFT JOIN ({flagged}) AS e{i} ON e{i}.unit = n.unit"
    if earlier:
        whens = [f"WHEN e{i}.unit IS NULL THEN {literal(earlier[i - 1][0]) if i else since}" for i in range(len(earlier))]
        since = f"CASE {' '.join(whens)} ELSE {literal(earlier[-1][0])} END"
    order_by = """way = 'worse' DESC NULLS LAST, way IS NOT NULL DESC, coalesce(new_rank, -1) DESC, new_score DESC NULLS LAST,
        old_score DESC NULLS LAST, unit"""
    warehouse.create(
        "units_compared",
        f"""SELECT *, row_number() OVER (ORDER BY {order_by}) AS place FROM (
            SELECT coalesce(n.unit, o.unit) AS unit, coalesce(n.label, o.label) AS label, {move} AS move,
                CASE WHEN o.verdict <> n.verdict THEN {way} END AS way, o.verdict AS old_verdict, n.verdict AS new_verdict,
                o.score AS old_score, n.score AS new_score, {after} AS new_rank,
                CASE WHEN {move} = 'still-flagged' THEN {since} END AS since
            FROM units_old o FULL JOIN units_new n ON o.unit = n.unit{joins})""",
    )
    warehouse.create("moved", "FROM units_compared WHERE old_verdict <> new_verdict")


def _called(both: Both, side: Which) -> str:
    """What a review is called: by its day, else by its folder."""
    day = review_day(both.packs[side].params)
    return day.isoformat() if day is not None else both.reviews[side].folder.resolve().name


def _earlier(old: Review, pack: CheckedPack) -> list[tuple[str, str]]:
    """The reviews that were kept beside OLD, of days before its own, by the same pack's name; the latest first."""
    day, folder = review_day(pack.params), old.folder.resolve()
    if day is None or folder.name != day.isoformat():
        return []
    found = []
    for path in folder.parent.glob(f"[0-9]*/{SUMMARY}"):
        try:
            kept = date.fromisoformat(path.parent.name)
            review = open_review(path.parent)
            if kept >= day or review.summary["pack"]["name"] != pack.pack.header.pack:
                continue
            review.require("verdicts.parquet")
            of = review.pack()
        except (ValueError, LookbackError):
            continue
        key = f"CAST({quoted(of.tables[of.root].key)} AS VARCHAR)"
        source = f"read_parquet({path_literal(review.folder / 'verdicts.parquet')})"
        flagged = ", ".join(map(literal, of.outcomes[1:]))
        found.append((kept.isoformat(), f"SELECT DISTINCT {key} AS unit FROM {source} WHERE verdict IN ({flagged})"))
    return sorted(found, reverse=True)


# --------------------------------------------------------------------------------------------------------------- findings


def _findings(both: Both, units: Sequence[str] | None) -> pa.Table:
    """The findings of some units, or of all."""
    some = f" AND unit IN ({', '.join(map(literal, units)) or 'NULL'})" if units is not None else ""
    columns = ", ".join(quoted(c) for c in (*FINDINGS, *ASKED))
    return both.warehouse.arrow(
        f"""SELECT {columns} FROM findings_told f JOIN units_compared u USING (unit) WHERE true{some}
        ORDER BY u.place, list_position(['new', 'standing', 'settled', 'vanished', 'unmatched'], change),
            coalesce(new_at, old_at), new_at IS NULL"""
    )
