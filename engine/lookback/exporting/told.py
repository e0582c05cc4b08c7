"""A review -> its units and their findings, one after the other, for whoever writes them in the form of another program.

In: a review, and perhaps an earlier one. Out: an `Exported`, which is read row by row, in the order of the review, so that a
million units take no more memory than a few. With an earlier review a finding says what became of it, by its names
(`rounds/fingerprint.py`): `new`, `unchanged`, `updated` (not met for another reason), and those that are `absent` now. One of a
record without a key has no name, and is `new`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from lookback.packs.checked import NOT_JUDGED, CheckedRule, Named
from lookback.packs.checks.whole import every_rule
from lookback.packs.params import REVIEW_DAY
from lookback.place import temporary
from lookback.reviews.folder import READ, Review, called_sql, label_sql, open_review, reading
from lookback.rounds.fingerprint import make_named_findings
from lookback.warehouse.duckdb import DuckDB, literal, path_literal
from lookback.words import say

AT_ONCE = 10_000
NO_DAY = "1970-01-01"
"""The day of a review whose pack has no parameter for it."""
REVIEW = "review"
"""What is found of the review as a whole stands at this table and record."""
_FINDING = ("table", "record", "rule", "clause", "status", "outcome", "reason", "named", "fingerprint", "state", "nth")


@dataclass(frozen=True)
class Found:
    """A finding. `named`, `fingerprint`: None of a record without a key; `state`: None without an earlier review; `at`: its
    number in the review."""

    table: str
    record: str
    rule: str
    clause: str | None
    status: str
    outcome: str
    reason: str
    named: str | None
    fingerprint: str | None
    state: str | None
    at: int


@dataclass(frozen=True)
class Unit:
    """`called`: its key, or the place of one that could not be judged; of such a one `why`."""

    called: str
    label: str | None
    verdict: str
    score: int | None
    why: str | None
    found: tuple[Found, ...] = ()

    @property
    def title(self) -> str:
        return self.label or self.called


class Exported:
    """A review as it is told. Texts are in its own language."""

    def __init__(self, review: Review, since: Review | None, warehouse: DuckDB) -> None:
        self.review, self.since, self.warehouse = review, since, warehouse
        self.summary, self.pack = review.summary, review.pack()
        self.lang: str = self.summary["language"]
        self.names = Named(self.pack, self.lang, titles=True)
        self.title: str = self.pack.pack.header.called(self.lang)
        self.day = str(self.summary["params"].get(REVIEW_DAY) or NO_DAY)
        self.space = uuid5(NAMESPACE_URL, f"urn:lookback:review:{self.summary['sha256']}")
        findings = _view(review, warehouse, "now")
        state = "NULL::VARCHAR"
        if since is not None:
            earlier = f"(SELECT named, min(fingerprint) AS fingerprint FROM {_view(since, warehouse, 'earlier')} GROUP BY named)"
            same = "o.fingerprint = n.fingerprint"
            state = f"CASE WHEN o.named IS NULL THEN 'new' WHEN {same} THEN 'unchanged' ELSE 'updated' END"
            findings = f"{findings} n LEFT JOIN {earlier} o USING (named)"
        else:
            findings = f"{findings} n"
        warehouse.view("told_findings", f"SELECT n.* EXCLUDE (_at), {state} AS state, n._at AS nth FROM {findings}")

    def id(self, *of: object) -> str:
        """A name that is the same whenever the review is told: a UUID of version 5, by the review's hash."""
        return str(uuid5(self.space, "/".join(map(str, of))))

    @cached_property
    def rules(self) -> tuple[CheckedRule, ...]:
        return every_rule(self.pack)

    @cached_property
    def apart(self) -> frozenset[str]:
        """The rules whose findings do not count for the unit."""
        return frozenset(rule.id for rule in self.pack.rules if self.pack.not_counted(rule) is not None)

    @cached_property
    def earlier(self) -> str | None:
        """The UUID of the earlier review."""
        if self.since is None:
            return None
        return str(uuid5(uuid5(NAMESPACE_URL, f"urn:lookback:review:{self.since.summary['sha256']}"), "review"))

    @cached_property
    def whole(self) -> tuple[Found, ...]:
        """What was found of the review as a whole."""
        rules = self.summary.get("review", {}).get("rules", {})
        return tuple(
            Found(
                REVIEW, REVIEW, rule, of["clause"], of["status"], of["outcome"], of["reason"][self.lang], None, None, None, -1 - n
            )
            for n, (rule, of) in enumerate(rules.items())
            if of["status"] in ("unmet", "unknown")
        )

    def units(self) -> Iterator[Unit]:
        """Every unit with its findings, in the review's order."""
        root, folder = self.pack.tables[self.pack.root], self.review.folder
        columns = {name for name, *_ in self.warehouse.rows(f"DESCRIBE FROM {_read(folder / 'verdicts.parquet')}")}
        verdicts = f"read_parquet({path_literal(folder / 'verdicts.parquet')}, file_row_number = true)"
        of = f"file_row_number AS n, {called_sql(root, columns)} AS called, {label_sql(root)} AS label, verdict, score"
        units = f"SELECT {of} FROM {verdicts}"
        why = "NULL::VARCHAR, NULL::VARCHAR"
        if self.summary.get("not_judged"):
            place, rows = "concat(file, ' (' || sheet || ')', ':', line)", _read(folder / "records/_lost_rows.parquet")
            said = f"""SELECT {place} AS called, any_value(value) AS value, any_value(why) AS why FROM {rows}
                WHERE "table" = {literal(self.pack.root)} GROUP BY ALL"""
            units, why = f"SELECT * FROM ({units}) LEFT JOIN ({said}) USING (called)", "u.value, u.why"
        found = ", ".join(f'f."{column}"' for column in _FINDING)
        query = f"""SELECT u.n, u.called, u.label, u.verdict, u.score, {why}, {found}
            FROM ({units}) u LEFT JOIN told_findings f ON f.unit = u.called ORDER BY u.n, f.nth"""
        for _, group in groupby(self._rows(query), lambda row: row[0]):
            lines = list(group)
            _, called, label, verdict, score, value, reason = lines[0][:7]
            told = self._why(value, reason) if verdict == NOT_JUDGED else None
            yield Unit(called, label, verdict, score, told, tuple(Found(*line[7:]) for line in lines if line[7] is not None))

    def absent(self) -> Iterator[tuple[str, Found]]:
        """What was found in the earlier review and is not any more, each with its unit."""
        if self.since is None:
            return
        columns = ", ".join(f'"{column}"' for column in _FINDING[:-2])
        query = (
            f"SELECT unit, {columns}, 'absent', _at FROM earlier ANTI JOIN now USING (named) WHERE named IS NOT NULL ORDER BY _at"
        )
        for unit, *row in self._rows(query):
            yield unit, Found(*row)

    def _rows(self, query: str) -> Iterator[tuple[Any, ...]]:
        found = self.warehouse.run(query)
        while rows := found.fetchmany(AT_ONCE):
            yield from rows

    def _why(self, value: str | None, why: str | None) -> str:
        """Why a unit could not be judged."""
        why = "unreadable" if why == "no-key" and value is not None else why or "no-key"
        key = self.names.field(self.pack.root, self.pack.tables[self.pack.root].key)
        return say(self.lang, f"explain.unjudged.{why}", key=key, value=value)


@contextmanager
def telling(folder: Path, since: Path | None = None) -> Iterator[Exported]:
    """Raises UsageError where there is no review, or its files are not as it was written."""
    review, earlier = open_review(folder), open_review(since) if since is not None else None
    with temporary() as work, closing(DuckDB(Path(work))) as warehouse:
        for one in (review, earlier):
            if one is not None:
                one.require(*READ)
        with reading(folder):
            told = Exported(review, earlier, warehouse)
        yield told


def _view(review: Review, warehouse: DuckDB, name: str) -> str:
    make_named_findings(review.folder, review.pack(), warehouse, name)
    return name


def _read(file: Path) -> str:
    return f"read_parquet({path_literal(file)})"
