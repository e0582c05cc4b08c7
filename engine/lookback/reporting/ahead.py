"""How long things are open, and what goes well: by what the pack declares, whatever the pack.

In: a review. Out: `Ageing` of each table with `follow_up:`; and `Well`: rules that are met nearly everywhere, choices that the
pack orders `best_to_worst:`, what is followed up and done. A record that was followed up is closed when it was confirmed, where
the table has a field for that, else when it was done; one of which that day was lost is counted apart. A record
without any day is open, since nobody knows when.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from lookback.packs.checked import CheckedPack, Named
from lookback.packs.graph import Graph
from lookback.packs.params import review_day
from lookback.reporting.report import AGES, Ageing, FollowedUp, Met, Said, Spread, Well
from lookback.reviews.folder import Review, whole
from lookback.warehouse.duckdb import DuckDB, literal, quoted

NEARLY = 0.9
"""A rule is met nearly everywhere where so many of those that it asks meet it."""
MOST_MET = 12


def ages(table: Said | None, opened: Iterable[tuple[str | None, str | None]], day: date | None, unsaid: int = 0) -> Ageing:
    """`opened`: of each open thing the ISO days since when, and by when."""
    by_age, overdue = [0] * (len(AGES) + 2), [0] * (len(AGES) + 2)
    for since, due in opened:
        days = None if since is None or day is None else (day - date.fromisoformat(since)).days
        at = len(AGES) + 1 if days is None else sum(days > age for age in AGES)
        by_age[at] += 1
        overdue[at] += due is not None and day is not None and due < day.isoformat()
    return Ageing(table, tuple(by_age), tuple(overdue), unsaid)


def ageing_of(review: Review, names: Named, warehouse: DuckDB) -> Iterator[Ageing]:
    """Of each table that is followed up."""
    day = review_day(names.pack.params)
    for table in _followed(names.pack):
        rows = warehouse.rows(f"SELECT opened, due, lost FROM ({_follow_up(review, table, warehouse)}) WHERE closed IS NULL")
        found = ages(
            Said(table, names.table(table)),
            ((since, due) for since, due, lost in rows if not lost),
            day,
            sum(bool(lost) for *_, lost in rows),
        )
        if any(found.by_age) or found.unsaid:
            yield found


def _followed(pack: CheckedPack) -> list[str]:
    return [table for table in pack.top_down() if pack.tables[table].follow_up is not None]


def _follow_up(review: Review, table: str, warehouse: DuckDB) -> str:
    """A query of the records of a table that are followed up: opened, due, done, confirmed, closed, as texts; and whether the day
    on which it was closed was lost."""
    of = review.pack().tables[table].follow_up
    assert of is not None
    records = f"({whole(review, table, warehouse)})"
    columns = {name for name, *_ in warehouse.rows(f"DESCRIBE FROM {records}")}
    days = {what: getattr(of, what) for what in ("opened", "due", "done", "confirmed")}
    said = [f"{'NULL' if f is None else f'CAST({quoted(f)} AS VARCHAR)'} AS {what}" for what, f in days.items()]
    closing = "done" if of.confirmed is None else "confirmed"
    flag = f"_lost_{days[closing]}"
    lost = f"coalesce({quoted(flag)}, false)" if flag in columns else "false"
    query = f"SELECT {', '.join(said)}, {lost} AS lost FROM {records}"
    return f"SELECT *, {closing} AS closed FROM ({query})"


# -------------------------------------------------------------------------------------------------------- what goes well


def well_of(review: Review, names: Named, warehouse: DuckDB) -> Well:
    """What goes well. The warehouse has the `units` of the review."""
    [(clean,)] = warehouse.rows(f"SELECT count(*) FROM units WHERE verdict = {literal(names.pack.outcomes[0])} AND findings = 0")
    spread, done = _spread(review, names, warehouse), _done(review, names, warehouse)
    return Well(clean, tuple(_met(review, names)), tuple(spread), tuple(done))


def _met(review: Review, names: Named) -> list[Met]:
    """Rules that rest on what is counted of the records below are left out: where there are no such records they are met, and
    nothing goes well."""
    found = []
    graph = Graph(names.pack)
    for rule in names.pack.rules:
        if any(fact.child is not None for fact in graph.behind(rule, counted=False).facts):
            continue
        counts = review.summary["rules"].get(rule.id)
        of = 0 if counts is None else counts["met"] + counts["unmet"] + counts["unknown"]
        if of and counts["met"] >= NEARLY * of:
            table = Said(rule.table, names.table(rule.table))
            found.append(Met(Said(rule.id, names.rule(rule.id)), rule.rule.clause, table, counts["met"], of))
    return sorted(found, key=lambda met: (-met.met / met.of, -met.of, met.rule.id))[:MOST_MET]


def _spread(review: Review, names: Named, warehouse: DuckDB) -> Iterator[Spread]:
    for table in names.pack.top_down():
        ordered = [(id_, f.best_to_worst) for id_, f in names.pack.tables[table].columns.items() if f.best_to_worst is not None]
        for id_, values in ordered:
            query = f"SELECT {quoted(id_)}, count(*) FROM ({whole(review, table, warehouse)}) GROUP BY 1"
            counts = dict(warehouse.rows(query))
            choices = names.pack.tables[table].columns[id_].choices or {}
            rows = [(choices[v].in_(names.lang, v), counts.get(v, 0)) for v in values]
            if any(n for _, n in rows):
                blank = [(None, counts[None])] if counts.get(None) else []
                yield Spread(Said(table, names.table(table)), Said(id_, names.field(table, id_)), (*rows, *blank))


def _done(review: Review, names: Named, warehouse: DuckDB) -> Iterator[FollowedUp]:
    for table in _followed(names.pack):
        counts = "count(*), count(done), count(*) FILTER (WHERE done <= due), count(confirmed)"
        [(records, done, in_time, confirmed)] = warehouse.rows(f"SELECT {counts} FROM ({_follow_up(review, table, warehouse)})")
        confirms = names.pack.tables[table].follow_up
        if records:
            asked = confirms is not None and confirms.confirmed is not None
            yield FollowedUp(Said(table, names.table(table)), records, done, in_time, confirmed if asked else None)
