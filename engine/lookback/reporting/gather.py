"""A review -> its report.

In: a review, and where they are named an earlier one and a ledger. Out: a `Report`. Reads the review's files and judges nothing
(`compare` aside, which judges to find causes); what goes well is found by what the pack declares (`ahead.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from lookback.language.types import Column, Value
from lookback.packs.checked import NOT_JUDGED, CheckedPack, Named
from lookback.packs.params import review_day
from lookback.place import temporary
from lookback.reporting.ahead import ageing_of, ages, well_of
from lookback.reporting.report import Counts, Grouped, Kept, Lost, Moves, Report, Said, UnitLine, Weighing
from lookback.reviews.flagged import MARK, Flagged, flagged
from lookback.reviews.folder import READ, Review, called_sql, label_sql, reading
from lookback.reviews.listed.listing import names_units
from lookback.rounds.compare import compare
from lookback.rounds.ledger_marks import Marks, marks_of
from lookback.warehouse.duckdb import DuckDB, literal, path_literal, quoted
from lookback.words import say

MOST_TOLD = 20
"""Sentences of the input that are told."""
Progress = Callable[[str, float], None]


def gather(
    review: Review,
    lang: str,
    *,
    since: Review | None = None,
    ledger: Path | None = None,
    progress: Progress = lambda stage, share: None,
) -> Report:
    """The report of a review, in `lang`. `since`: an earlier review, from which it is told what moved; `ledger`: what it says of
    the findings is told, too.

    Raises UsageError where a review's files are not what it was written with, it cannot be held against the earlier one, or the
    ledger is of another pack."""
    review.require(*READ)
    pack = review.pack()
    found = flagged(review.folder, pack, most_findings=0, situations=lang, lang=lang)
    with temporary() as folder, closing(DuckDB(Path(folder))) as warehouse, reading(review.folder):
        report = _Gathering(review, pack, lang, warehouse).report(found)
        if ledger is not None:
            report = _with_ledger(report, ledger, review, warehouse)
    return report if since is None else replace(report, moves=_moves(since, review, report, lang, progress))


class _Gathering:
    """What is asked of the files of one review."""

    def __init__(self, review: Review, pack: CheckedPack, lang: str, warehouse: DuckDB) -> None:
        self.review, self.pack, self.lang, self.warehouse = review, pack, lang, warehouse
        self.names, self.root = Named(pack, lang), pack.tables[pack.root]
        verdicts = f"read_parquet({path_literal(review.folder / 'verdicts.parquet')})"
        columns = {name for name, *_ in warehouse.rows(f"DESCRIBE FROM {verdicts}")}
        self.roster = MARK in columns
        called = f"{called_sql(self.root, columns)} AS _key, {label_sql(self.root)} AS _label"
        warehouse.create("units", f"SELECT *, {called} FROM {verdicts}")
        warehouse.view(
            "findings", f"FROM read_parquet({path_literal(review.folder / 'findings.parquet')}, file_row_number = true)"
        )
        unjudged = [NOT_JUDGED] if review.summary.get("not_judged") else []
        self.outcomes = [Said(o, self.names.outcome(o)) for o in (*pack.outcomes, *unjudged)]
        self.grouped_by = pack.pack.header.groups

    def report(self, found: Flagged) -> Report:
        pack, names, header = self.pack, self.names, self.pack.pack.header
        summary, title = self.review.summary, header.called(self.lang)
        return Report(
            lang=self.lang,
            title=title,
            pack=Said(header.pack, title),
            version=header.version,
            day=review_day(pack.params),
            params=tuple((names.param(id_), value) for id_, value in pack.params.items()),
            inputs=tuple((names.table(i["table"]), _place(i), i["rows"]) for i in summary["inputs"] if i["table"] in pack.tables),
            units_title=names.table(pack.root),
            outcomes=tuple(self.outcomes),
            whole=self._counts("true")[0][1],
            groups=tuple(self._grouped(name) for name in self.grouped_by),
            owed=tuple(self._owed()),
            weighing=tuple(self._weighing(found)),
            ageing=tuple(ageing_of(self.review, names, self.warehouse)),
            well=well_of(self.review, names, self.warehouse),
            lost=self._lost(),
            flagged=self._flagged(found),
            titles={rule.id: names.rule(rule.id) for rule in pack.rules},
            asked=self._asked(),
        )

    # ---------------------------------------------------------------------------------------------------------- counts

    def _counts(self, by: str) -> list[tuple[Value, Counts]]:
        """All units by the value of an expression, and by verdict."""
        each = ", ".join(f"count(*) FILTER (WHERE verdict = {literal(o.id)})" for o in self.outcomes)
        return [(name, Counts(None, tuple(n))) for name, *n in self.warehouse.rows(f"SELECT {by}, {each} FROM units GROUP BY 1")]

    def _grouped(self, name: str) -> Grouped:
        called = self._called(name)
        rows = [Counts(called(value), counts.verdicts) for value, counts in self._counts(quoted(name))]
        rows.sort(key=lambda row: (-row.flagged, -row.units, row.name is None, row.name or ""))
        return Grouped(Said(name, self.names.field(self.pack.root, name)), tuple(rows))

    def _called(self, name: str) -> Callable[[Value], str | None]:
        """What the values of a field or fact are called that units are grouped by: of one that names another unit what that one
        is called, with its key where others are called so."""
        column = Column(self.pack.root, name)
        if not names_units(self.pack, name):
            return lambda value: None if value is None else self.names.value(value, column)
        those = f"SELECT _key, _label FROM units WHERE _key IN (SELECT CAST({quoted(name)} AS VARCHAR) FROM units)"
        labels = {key: label for key, label in self.warehouse.rows(those) if label is not None}
        shared = Counter(labels.values())

        def called(value: Value) -> str | None:
            label = labels.get(str(value))
            if value is None or label is None:
                return None if value is None else str(value)
            return f"{label} ({value})" if shared[label] > 1 else label

        return called

    def _owed(self) -> list[tuple[Said, int, int]]:
        each = [f"CAST(coalesce(sum(findings_by_outcome[{literal(o)}]), 0) AS BIGINT)" for o in self.pack.outcomes]
        units = [f"count(*) FILTER (WHERE findings_by_outcome[{literal(o)}] > 0)" for o in self.pack.outcomes]
        [row] = self.warehouse.rows(f"SELECT {', '.join([*each, *units])} FROM units")
        n = len(self.pack.outcomes)
        return [(Said(o, self.names.owed(o)), row[i], row[n + i]) for i, o in enumerate(self.pack.outcomes) if row[i]]

    def _weighing(self, found: Flagged) -> list[Weighing]:
        """All rules with findings, those that weigh most first, and last those that do not count."""
        query = "SELECT rule, count(*), count(DISTINCT unit), list(DISTINCT outcome) FROM findings GROUP BY rule"
        counted = {rule: (n, units, outcomes) for rule, n, units, outcomes in self.warehouse.rows(query)}
        mostly: dict[str, tuple[str, int]] = {}
        assert found.situations is not None
        for row in found.situations.select(["rule", "situation", "findings"]).to_pylist():
            if row["rule"] not in mostly or row["findings"] > mostly[row["rule"]][1]:
                mostly[row["rule"]] = (row["situation"], row["findings"])
        listed = []
        for rule in (rule for rule in self.pack.rules if rule.id in counted):
            n, units, outcomes = counted[rule.id]
            worst, because = max(outcomes, key=self.pack.outcomes.index), self.pack.not_counted(rule)
            listed.append(
                Weighing(
                    Said(rule.id, self.names.rule(rule.id)),
                    rule.rule.clause,
                    Said(worst, self.names.owed(worst)),
                    n,
                    units,
                    0 if because else n * rule.rule.weight,
                    mostly.get(rule.id),
                    rule.rule.advice.in_(self.lang) if rule.rule.advice else None,
                    because.in_(self.lang) if because else None,
                )
            )
        return sorted(listed, key=lambda one: (one.because is not None, -one.weight, -one.findings, one.rule.id))

    # ------------------------------------------------------------------------------------------------------- what is told

    def _flagged(self, found: Flagged) -> list[UnitLine]:
        groups: dict[str, tuple[str | None, ...]] = {}
        if self.grouped_by:
            called = [self._called(name) for name in self.grouped_by]
            query = f"SELECT _key, {', '.join(map(quoted, self.grouped_by))} FROM units"
            for key, *values in self.warehouse.rows(f"{query} WHERE verdict <> {literal(self.pack.outcomes[0])}"):
                groups[key] = tuple(of(value) for of, value in zip(called, values, strict=True))
        nothing = (None,) * len(self.grouped_by)
        return [
            UnitLine(
                row["key"],
                row["label"],
                row["verdict"],
                row["score"],
                row["findings"],
                groups.get(row["key"], nothing),
                dict(row["owes"] or ()),
                tuple(row["rules"]),
            )
            for row in found.units.to_pylist()
        ]

    def _lost(self) -> Lost:
        summary, absent = self.review.summary, None
        if self.roster:
            [(absent,)] = self.warehouse.rows(f"SELECT count(*) FROM units WHERE {MARK}")
        rows = ((self.names.table(table), n) for table, n in summary["set_aside"].items() if n and table in self.pack.tables)
        told = (notice.render(self.lang) for notice in self.review.notices[:MOST_TOLD])
        return Lost(self.review.problem_count, tuple(told), tuple(rows), summary.get("not_judged", 0), absent)

    def _asked(self) -> tuple[str, tuple[str, ...]] | None:
        of = self.review.summary.get("review")
        if of is None or self.pack.whole is None:
            return None
        names = Named(self.pack.whole, self.lang)
        found = (
            say(
                self.lang,
                "screen.whole.finding",
                title=names.rule(rule),
                outcome=names.owed(one["outcome"]),
                reason=one["reason"][self.lang],
            )
            for rule, one in of["rules"].items()
            if one["outcome"] is not None
        )
        return names.outcome(of["verdict"]), tuple(found)


def _place(handed_in: Any) -> str:
    return f"{handed_in['file']} ({handed_in['sheet']})" if handed_in.get("sheet") else str(handed_in["file"])


# ------------------------------------------------------------------------------------------------- a ledger, and what moved


def _with_ledger(report: Report, ledger: Path, review: Review, warehouse: DuckDB) -> Report:
    those = "(SELECT _key FROM units WHERE verdict <> " + literal(review.pack().outcomes[0]) + ")"
    columns = ("unit", "table", "record", "rule")
    listed = ", ".join(map(quoted, columns))
    found = warehouse.rows(f"SELECT {listed} FROM findings WHERE unit IN {those} ORDER BY file_row_number")
    marks = marks_of(ledger, review, (dict(zip(columns, row, strict=True)) for row in found))
    day = report.day.isoformat() if report.day is not None else None
    of_units = {unit: _overdue(marks, unit, day) for unit in marks.units}
    every = list(marks.of.values())
    kept = Kept(
        ledger.name,
        sum(mark.opened is not None for mark in every),
        sum(late for late, _ in of_units.values()),
        sum(mark.notes.waived is not None for mark in every),
        sum(mark.notes.disputed is not None for mark in every),
        {unit: both for unit, both in of_units.items() if any(both)},
        marks,
    )
    opened = [(mark.opened, mark.due if mark.notes.waived is None else None) for mark in every if mark.opened is not None]
    return replace(report, kept=kept, ageing=(ages(None, opened, report.day), *report.ageing))


def _overdue(marks: Marks, unit: str, day: str | None) -> tuple[int, int]:
    """How many of a unit's findings are overdue, and how many are waived."""
    late = (mark for _, mark in marks.of_unit(unit) if mark.due is not None and day is not None and mark.due < day)
    return sum(mark.notes.waived is None for mark in late), marks.counts.get(unit, 0)


def _moves(old: Review, new: Review, report: Report, lang: str, progress: Progress) -> Moves:
    found = compare(old, new, most=0, progress=progress)
    names = Named(old.pack(), lang)
    then = zip(found.units["unit"].to_pylist(), found.units["old_verdict"].to_pylist(), strict=True)
    listed = {one.key for one in report.flagged}
    return Moves(
        old=found.old.day.isoformat() if found.old.day is not None else found.old.folder,
        old_outcomes=tuple(Said(o, names.outcome(o)) for o in old.pack().outcomes),
        verdicts=found.verdicts,
        moves=found.moves,
        findings=found.counts,
        was={unit: verdict for unit, verdict in then if unit in listed},
    )
