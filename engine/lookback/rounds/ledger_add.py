"""A review -> what a ledger keeps of it, and what becomes of each finding by all reviews that it has.

In: a review's folder. Out: its rows in the ledger's tables; then `entry` and `event`, review by review in the
order of their days:

    found                                     opened; again after it was closed or lapsed: reopened
    not found, and the rule is met            closed
    not found, and nobody can say it is met   lapsed: the rule is retired, or does not apply to the record any longer; the record
                                              is gone, or the whole unit

So it does not matter in which order reviews are added. A record of a table that is followed up is open from its own day on,
closed when it was confirmed (or done, where nobody confirms), and lapsed when it is gone. It judges nothing.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa

from lookback.judging.reasons import Reasons
from lookback.language.conditions import TRUTHS
from lookback.language.sql import written
from lookback.language.types import Column
from lookback.packs.checked import NOT_JUDGED, CheckedPack, CheckedRule
from lookback.packs.checks.terms import day_due
from lookback.packs.checks.whole import every_rule
from lookback.packs.model import REVIEW, TableDef
from lookback.packs.params import REVIEW_DAY
from lookback.place import replaced_file, temporary
from lookback.records.read import stored_records
from lookback.reviews.folder import READ, Review, as_text_sql, called_sql, label_sql, program_of, summary_of
from lookback.reviews.folder import reading as reading_review
from lookback.reviews.listed.listing import names_units
from lookback.rounds.fingerprint import Fingerprints, make_named_findings
from lookback.rounds.ledger_file import INDEXES, held, made_new, writing
from lookback.warehouse.duckdb import DuckDB, literal, path_literal, quoted
from lookback.words.errors import UsageError

OF_REVIEW = ("grouping", "asked", "term", "verdict", "seen", "skips", "found", "demand", "event")
"""The tables that keep what one review said."""
WIDE = 15
"""Hexadecimal digits of what stands for a record's values: so many have room in a number of SQLite."""


@dataclass(frozen=True)
class Added:
    """`known`: the ledger had it. `events`: what the review brought about, by kind. `keyless`: how many findings nobody can
    follow, as their records have no key."""

    day: str
    reviews: int
    known: bool
    events: dict[str, int]
    keyless: int = 0


def add(file: Path, review: Review, day: date | None = None, *, replace: bool = False) -> Added:
    """Add a review to a ledger, which is made where there is none. `day`: of a review whose pack has no day of the review.
    `replace`: another of the same day goes.

    Raises UsageError for a review that is not as it was written, one of another pack, one of a day that the ledger has, and as
    `ledger_file` says; then nothing is written.
    """
    of = _Handed(review, day)
    if file.exists():
        with writing(file) as ledger:
            return of.into(ledger, replace)
    if not file.parent.is_dir():
        raise UsageError("no-folder-of-ledger", folder=str(file.parent))
    with held(file), replaced_file(file) as filling, made_new(file, filling) as ledger:
        return of.into(ledger, replace)


class _Handed:
    """What a ledger keeps of a review, as rows."""

    def __init__(self, review: Review, day: date | None) -> None:
        pack = review.pack()
        own = pack.params.get(REVIEW_DAY)
        if own is None and day is None:
            raise UsageError("review-without-a-day")
        if own is not None and day is not None:
            raise UsageError("review-has-a-day", day=str(own))
        review.require(*READ)
        self.review, self.pack, self.day = review, pack, str(own if day is None else day)
        self.sha256 = str(summary_of(review.folder)["sha256"])
        self.names, self.root = Fingerprints(pack), pack.root
        self.whole = pack.whole if "review" in review.summary else None

    def into(self, ledger: sqlite3.Connection, replace: bool) -> Added:
        name = self.pack.pack.header.pack
        for (other,) in ledger.execute("SELECT DISTINCT pack FROM review"):
            if other != name:
                raise UsageError("review-of-other-pack", pack=name, other=other)
        known = ledger.execute("SELECT id, day, keyless FROM review WHERE sha256 = ?", [self.sha256]).fetchone()
        if known is not None:
            return Added(known[1], _count(ledger), True, events_of(ledger, known[0]), known[2])
        same = ledger.execute("SELECT id, name FROM review WHERE day = ?", [self.day]).fetchone()
        if same is not None and not replace:
            raise UsageError("ledger-has-the-day", day=self.day, name=same[1])
        if same is not None:
            _forget(ledger, same[0])
        with temporary() as work, closing(DuckDB(Path(work))) as warehouse, reading_review(self.review.folder):
            at, keyless = self._write(ledger, warehouse)
        last = ledger.execute("SELECT max(day) FROM review").fetchone()[0]
        if same is not None or last != self.day:
            reckon(ledger)
        else:
            _step(ledger, at, self.day)
        return Added(self.day, _count(ledger), False, events_of(ledger, at), keyless)

    # ---------------------------------------------------------------------------------------------- what is kept of it

    def _write(self, ledger: sqlite3.Connection, warehouse: DuckDB) -> tuple[int, int]:
        """The rows of the review. Gives its number, and how many findings have no name."""
        summary, header = self.review.summary, self.pack.pack.header
        make_named_findings(self.review.folder, self.pack, warehouse, "named_findings")
        counted = warehouse.rows("SELECT count(named), count(*) - count(named) FROM named_findings")[0]
        said = [self.day, self.sha256, self.review.folder.resolve().name, header.pack, header.version, summary["lookback"]]
        insert = (
            "INSERT INTO review (day, sha256, name, pack, version, lookback, units, findings, keyless) VALUES (?,?,?,?,?,?,?,?,?)"
        )
        at = ledger.execute(insert, [*said, sum(summary["verdicts"].values()), *counted]).lastrowid
        assert at is not None
        tables, rules = self._names(ledger, at)
        self._records(ledger, warehouse, at, tables, rules)
        self._units(ledger, warehouse, at, tables)
        self._findings(ledger, warehouse, at, tables, rules)
        self._demands(ledger, warehouse, at, tables)
        return at, int(counted[1])

    def _names(self, ledger: sqlite3.Connection, at: int) -> tuple[dict[str, int], dict[str, int]]:
        """What things are called, by the newest review that has them. Gives the numbers of tables and rules."""
        pack, day = self.pack, self.day
        for table, of in pack.tables.items():
            personal = any(f.personal for part in of.parts if (f := of.fields.get(part)) is not None)
            row = [self.names.tables[table], table, *_titles(of.title), table == pack.root, personal, day]
            _newest(ledger, "tab", "first", ("called", "en", "zh", "root", "personal", "day"), row)
        if self.whole is not None:
            row = [REVIEW, REVIEW, *_titles(self.whole.tables[REVIEW].title), False, False, day]
            _newest(ledger, "tab", "first", ("called", "en", "zh", "root", "personal", "day"), row)
        tables = {table: _id(ledger, "tab", self.names.tables[table]) for table in pack.tables}
        tables |= {REVIEW: _id(ledger, "tab", REVIEW)} if self.whole is not None else {}
        retired = [r for _, r in pack.pack.retired]
        for rule in (*(r.rule for r in every_rule(pack)), *retired):
            row = [rule.was[0] if rule.was else rule.rule, rule.rule, tables.get(rule.for_, 0), rule.clause, *_titles(rule.title)]
            by = ", ".join(rule.replaced_by) or None
            _newest(ledger, "rule", "first", ("called", "tab", "clause", "en", "zh", "replaced_by", "day"), [*row, by, day])
        of_review = self.whole.rules if self.whole is not None else ()
        rules = {r.id: _id(ledger, "rule", self._first(r)) for r in (*pack.rules, *of_review)}
        asked = [(at, rules[r.id], r.rule.weight, pack.not_counted(r) is None, _text_of(pack, r)) for r in pack.rules]
        asked += [(at, rules[r.id], r.rule.weight, True, _text_of(pack, r)) for r in of_review]
        ledger.executemany("INSERT INTO asked VALUES (?,?,?,?,?)", asked)
        for place, outcome in enumerate(pack.pack.header.outcomes):
            row = [outcome.outcome, place, *_titles(outcome.title), day]
            _newest(ledger, "outcome", "outcome", ("place", "en", "zh", "day"), row)
        terms = [(at, o, d and str(d)) for o in pack.outcomes for d in [day_due(pack, o, date.fromisoformat(day))]]
        ledger.executemany("INSERT INTO term VALUES (?,?,?)", terms)
        return tables, rules

    @staticmethod
    def _first(rule: CheckedRule) -> str:
        return rule.rule.was[0] if rule.rule.was else rule.id

    def _records(
        self, ledger: sqlite3.Connection, warehouse: DuckDB, at: int, tables: dict[str, int], rules: dict[str, int]
    ) -> None:
        """Which records there are, whose each is, which rules do not ask anything of it, and what stands for its values."""
        ledger.execute("CREATE TEMP TABLE IF NOT EXISTS here (tab INTEGER, key TEXT, unit TEXT, kind INTEGER, text INTEGER)")
        ledger.execute("DELETE FROM here")
        kinds: dict[tuple[str, ...], int] = {}
        for table in self.pack.top_down():
            of, parent = self.pack.tables[table].stored, self.pack.parent_key(table)
            source = f"{stored_records(self.review.folder / 'records', table, of.fields)} r"
            unit = _key_of(of, "r")
            if parent is not None:
                source += f" JOIN {quoted(f'units_of_{of.belongs_to}')} p ON p._key = r.{quoted(parent)}"
                unit = "p._unit"
            warehouse.view(f"units_of_{table}", f"SELECT r.{quoted(of.key)} AS _key, {unit} AS _unit FROM {source}")
            if not of.parts:
                continue
            kind, joined = self._kinds(warehouse, table, kinds)
            fields = sorted((self.names.fields[table, f], f) for f in of.columns)
            each = ", ".join(f"{literal(first)} || '=' || CAST(r.{quoted(f)} AS VARCHAR)" for first, f in fields)
            text = f"CAST('0x' || left(md5(concat_ws(chr(31), {each})), {WIDE}) AS BIGINT)"
            rows = warehouse.rows(
                f"""SELECT {tables[table]}, {_key_of(of, "r")}, {unit}, {kind}, {text} FROM {source} {joined}
                WHERE r.{quoted(of.key)} IS NOT NULL AND {unit} IS NOT NULL"""
            )
            ledger.executemany("INSERT INTO here VALUES (?,?,?,?,?)", rows)
        if self.whole is not None:  # it is a record of its own, and its own unit
            idle = tuple(rule for rule, of in self._of_review().items() if of["status"] == "not applicable")
            row = [tables[REVIEW], REVIEW, REVIEW, kinds.setdefault(idle, len(kinds)), 0]
            ledger.execute("INSERT INTO here VALUES (?,?,?,?,?)", row)
        ledger.execute("INSERT OR IGNORE INTO record (tab, key) SELECT tab, key FROM here ORDER BY tab, key")
        ledger.execute(
            """INSERT OR IGNORE INTO seen SELECT ?, r.id, u.id, h.kind, h.text FROM here h
            JOIN record r ON r.tab = h.tab AND r.key = h.key
            JOIN record u ON u.tab = CASE h.tab WHEN ? THEN h.tab ELSE ? END AND u.key = h.unit ORDER BY r.id""",
            [at, tables.get(REVIEW, 0), tables[self.root]],
        )
        skipped = [(at, kind, rules[rule]) for names, kind in kinds.items() for rule in names]
        ledger.executemany("INSERT INTO skips VALUES (?,?,?)", skipped)

    def _kinds(self, warehouse: DuckDB, table: str, kinds: dict[tuple[str, ...], int]) -> tuple[str, str]:
        """The SQL of a number that says which rules do not apply to a record, and what to join for it; `kinds` grows."""
        program = program_of(self.review)
        steps = [step for step in program.steps_on(table) if step.rules]
        words = [word for step in steps for word, _ in step.words]
        judged = f"read_parquet({path_literal(self.review.folder / 'judged' / f'{table}.parquet')})"
        if not words:
            return str(kinds.setdefault((), len(kinds))), ""
        idle: dict[str, list[str]] = {}
        decisions = f"read_parquet({path_literal(self.review.folder / 'decisions.parquet')})"
        for rule, truths in warehouse.rows(f"SELECT rule, situation FROM {decisions} WHERE status = 'not applicable'"):
            idle.setdefault(rule, []).append(str(sum(TRUTHS.index(t) << 2 * i for i, t in enumerate(truths))))
        asked = [(step, rule) for step in steps for rule in step.rules if rule.id in idle]
        codes = {
            rule.id: " + ".join(
                f"((({word} >> {2 * place}) & 3) << {2 * i})" for i, (word, place) in enumerate(step.positions(rule))
            )
            for step, rule in asked
        }
        masks = ", ".join(f"({code or '0'}) IN ({', '.join(idle[rule])})" for rule, code in codes.items())
        listed = ", ".join(words)
        seen = warehouse.rows(f"SELECT {listed}, [{masks}]::BOOLEAN[] FROM (SELECT DISTINCT {listed} FROM {judged})")
        numbered = []
        for *values, mask in seen:
            names = tuple(rule for rule, skips in zip(codes, mask, strict=True) if skips)
            numbered.append([*values, kinds.setdefault(names, len(kinds))])
        columns = list(zip(*numbered, strict=True)) or [()] * (len(words) + 1)
        columns_of = {name: pa.array(column, pa.int64()) for name, column in zip([*words, "kind"], columns, strict=True)}
        warehouse.load(f"kinds_{table}", pa.table(columns_of))
        joined = f"JOIN {judged} j USING (_row) JOIN {quoted(f'kinds_{table}')} k USING ({listed})"
        return "k.kind", joined

    def _units(self, ledger: sqlite3.Connection, warehouse: DuckDB, at: int, tables: dict[str, int]) -> None:
        """Verdicts, labels, and what units are grouped by."""
        root = self.pack.tables[self.root]
        groups = [name for name in self.pack.pack.header.groups if not _is_personal(root, name)]
        groups.sort(key=lambda name: not names_units(self.pack, name))  # parents before what lies below them
        for place, name in enumerate(groups):
            field, fact = root.fields.get(name), self.pack.fact(Column(self.root, name))
            title = field.title if field is not None else fact.fact.title if fact is not None else None
            choices = {c: _titles(v) for c, v in (field.choices or {}).items()} if field is not None else {}
            row = [at, place, name, *_titles(title), names_units(self.pack, name), json.dumps(choices, ensure_ascii=False)]
            ledger.execute("INSERT INTO grouping VALUES (?,?,?,?,?,?,?)", row)
        source = f"read_parquet({path_literal(self.review.folder / 'verdicts.parquet')})"
        there = {name for name, *_ in warehouse.rows(f"DESCRIBE FROM {source}")}
        label = "NULL" if root.label is None or root.fields[root.label].personal else label_sql(root)
        meanings = self.pack.meanings(self.root)
        chosen = [called_sql(root, there), label, "verdict", "score", *(as_text_sql(g, meanings[g].type) for g in groups)]
        rows = warehouse.rows(f"SELECT {', '.join(chosen)} FROM {source} WHERE verdict <> {literal(NOT_JUDGED)}")
        if self.whole is not None:
            verdict = self.review.summary["review"]["verdict"]
            of = "SELECT ?, id, ?, NULL FROM record WHERE tab = ?"
            ledger.execute(f"INSERT INTO verdict {of}", [at, verdict, tables[REVIEW]])
        ids = dict(ledger.execute("SELECT key, id FROM record WHERE tab = ?", [tables[self.root]]))
        known = [(ids[key], *rest) for key, *rest in rows if key in ids]
        ledger.executemany("INSERT OR IGNORE INTO verdict VALUES (?,?,?,?)", [(at, u, v, s) for u, _, v, s, *_ in known])
        named = [(u, n, json.dumps(g, ensure_ascii=False), self.day) for u, n, _, _, *g in known]
        ledger.executemany(
            """INSERT INTO unit VALUES (?,?,?,?) ON CONFLICT (record) DO UPDATE
            SET label = excluded.label, groups = excluded.groups, day = excluded.day WHERE excluded.day >= unit.day""",
            named,
        )

    def _findings(
        self, ledger: sqlite3.Connection, warehouse: DuckDB, at: int, tables: dict[str, int], rules: dict[str, int]
    ) -> None:
        decisions = f"read_parquet({path_literal(self.review.folder / 'decisions.parquet')})"
        reasons = [Reasons(self.pack, lang) for lang in ("en", "zh")]
        situations: dict[int, int] = {}
        for number, rule, truths in warehouse.rows(f"SELECT finding, rule, situation FROM {decisions} WHERE finding IS NOT NULL"):
            of, said = self.pack.by_id[rule], self.names.situation(rule, truths)
            texts = [each.general(of, tuple(truths)) for each in reasons]
            find = "SELECT id FROM situation WHERE rule = ? AND said = ? AND en = ? AND zh = ?"
            ledger.execute("INSERT OR IGNORE INTO situation (rule, said, en, zh) VALUES (?,?,?,?)", [rules[rule], said, *texts])
            situations[number] = ledger.execute(find, [rules[rule], said, *texts]).fetchone()[0]
        query = 'SELECT named, rule, "table", record, unit, status, outcome, finding FROM named_findings WHERE named IS NOT NULL'
        ledger.execute(
            """CREATE TEMP TABLE IF NOT EXISTS told (finding TEXT, rule INTEGER, tab INTEGER, key TEXT, unit TEXT, status TEXT,
            outcome TEXT, situation INTEGER)"""
        )
        ledger.execute("DELETE FROM told")
        rows = warehouse.rows(query)
        told: list[Sequence[Any]] = [(n, rules[r], tables[t], k, u, s, o, situations[f]) for n, r, t, k, u, s, o, f in rows]
        told += self._told_of_review(ledger, tables, rules)
        ledger.executemany("INSERT INTO told VALUES (?,?,?,?,?,?,?,?)", told)
        ledger.execute("INSERT OR IGNORE INTO record (tab, key) SELECT tab, key FROM told")
        ledger.execute(
            """INSERT OR IGNORE INTO entry (finding, rule, record) SELECT t.finding, t.rule, r.id FROM told t
            JOIN record r ON r.tab = t.tab AND r.key = t.key"""
        )
        ledger.execute(
            """INSERT OR IGNORE INTO found SELECT ?, e.id, u.id, t.status, t.outcome, t.situation FROM told t
            JOIN entry e ON e.finding = t.finding
            JOIN record u ON u.tab = CASE t.tab WHEN ? THEN t.tab ELSE ? END AND u.key = t.unit ORDER BY e.id""",
            [at, tables.get(REVIEW, 0), tables[self.root]],
        )

    def _of_review(self) -> Mapping[str, Mapping[str, Any]]:
        """What became of the rules for the review as a whole."""
        found: Mapping[str, Mapping[str, Any]] = self.review.summary["review"]["rules"] if self.whole is not None else {}
        return found

    def _told_of_review(self, ledger: sqlite3.Connection, tables: dict[str, int], rules: dict[str, int]) -> list[Sequence[Any]]:
        """The findings of the review as a whole. Of its situation only the status is known; its words have the numbers."""
        told, names = list[Sequence[Any]](), Fingerprints(self.whole) if self.whole is not None else self.names
        for rule, of in self._of_review().items():
            if of["outcome"] is not None:
                row = [rules[rule], of["status"], *(of["reason"][lang] for lang in ("en", "zh"))]
                ledger.execute("INSERT OR IGNORE INTO situation (rule, said, en, zh) VALUES (?,?,?,?)", row)
                find = "SELECT id FROM situation WHERE rule = ? AND said = ? AND en = ? AND zh = ?"
                situation = ledger.execute(find, row).fetchone()[0]
                ends = (tables[REVIEW], REVIEW, REVIEW, of["status"], of["outcome"], situation)
                told.append((names.finding(rule, REVIEW, REVIEW), rules[rule], *ends))
        return told

    def _demands(self, ledger: sqlite3.Connection, warehouse: DuckDB, at: int, tables: dict[str, int]) -> None:
        """The records of tables that are followed up, but for those without any day."""
        for table in self.pack.top_down():
            of = self.pack.tables[table]
            if of.follow_up is None or not of.parts:
                continue
            days = {what: getattr(of.follow_up, what) for what in ("opened", "due", "done", "confirmed")}
            sql = {what: f"CAST({quoted(f)} AS VARCHAR)" if f is not None else "NULL" for what, f in days.items()}
            closed = sql["done" if days["confirmed"] is None else "confirmed"]
            label = "NULL" if of.label is None or of.fields[of.label].personal else label_sql(of)
            source = stored_records(self.review.folder / "records", table, of.stored.fields)
            asked = [_key_of(of), *(sql[what] for what in ("opened", "due", "done")), closed, label]
            chosen = ", ".join(f"{each} AS _{i}" for i, each in enumerate(asked))
            known = "_0 IS NOT NULL AND coalesce(_1, _2, _3, _4) IS NOT NULL"
            rows = warehouse.rows(f"SELECT * FROM (SELECT {chosen} FROM {source}) WHERE {known}")
            seen = "SELECT r.key, r.id, s.unit FROM seen s JOIN record r ON r.id = s.record WHERE s.review = ? AND r.tab = ?"
            ids = {key: (record, unit) for key, record, unit in ledger.execute(seen, [at, tables[table]])}
            for key, *said in rows:
                if key in ids:
                    record, unit = ids[key]
                    ledger.execute("INSERT OR IGNORE INTO entry (rule, record) VALUES (0, ?)", [record])
                    ledger.execute(
                        "INSERT OR IGNORE INTO demand SELECT ?, id, ?, ?, ?, ?, ?, ? FROM entry WHERE rule = 0 AND record = ?",
                        [at, unit, *said, record],
                    )


def _titles(title: Any) -> list[Any]:
    return [None, None] if title is None else [title.en, title.zh]


def _key_of(of: TableDef, alias: str = "") -> str:
    """The key of a record as findings write it."""
    return f"CAST({f'{alias}.' if alias else ''}{quoted(of.key)} AS VARCHAR)"


def _is_personal(of: TableDef, field: str) -> bool:
    return field in of.fields and of.fields[field].personal


def _text_of(pack: CheckedPack, rule: CheckedRule) -> str:
    """What stands for a rule: another where it asks something else, itself or through facts and parameters; the day of the review
    aside."""
    said, waiting, seen = [], [*rule.columns], set[Column]()
    own = rule.rule
    said += [rule.table, str(rule.when), str(rule.require), own.otherwise, own.outcome_if_unknown]
    said += [written(atom.sql) for atom in rule.atoms]
    while waiting:
        column = waiting.pop()
        fact = pack.fact(column) or (pack.whole.fact(column) if pack.whole is not None else None)
        if column in seen or fact is None:
            continue
        seen.add(column)
        said.append(f"{column.table}.{column.name}: {fact.fact.value}")
        waiting += fact.columns
    text = "\n".join(sorted(said))
    params = [f"{name}: {value}" for name, value in sorted(pack.params.items()) if f":{name}" in text and name != REVIEW_DAY]
    return sha256("\n".join([text, *params]).encode()).hexdigest()[:16]


def _newest(ledger: sqlite3.Connection, table: str, key: str, columns: Sequence[str], row: Sequence[Any]) -> None:
    """A row of what things are called, unless a later review called it otherwise."""
    sets = ", ".join(f"{c} = excluded.{c}" for c in columns)
    marks = ", ".join("?" for _ in row)
    ledger.execute(
        f"""INSERT INTO {table} ({key}, {", ".join(columns)}) VALUES ({marks})
        ON CONFLICT ({key}) DO UPDATE SET {sets} WHERE excluded.day >= {table}.day""",
        row,
    )


def _id(ledger: sqlite3.Connection, table: str, first: str) -> int:
    return int(ledger.execute(f"SELECT id FROM {table} WHERE first = ?", [first]).fetchone()[0])


def _count(ledger: sqlite3.Connection) -> int:
    return int(ledger.execute("SELECT count(*) FROM review").fetchone()[0])


def events_of(ledger: sqlite3.Connection, review: int) -> dict[str, int]:
    """What a review brought about, by kind."""
    return dict(ledger.execute("SELECT what, count(*) FROM event WHERE review = ? GROUP BY what", [review]))


def _forget(ledger: sqlite3.Connection, review: int) -> None:
    ledger.execute("DELETE FROM review WHERE id = ?", [review])
    for table in OF_REVIEW:
        ledger.execute(f"DELETE FROM {table} WHERE review = ?", [review])


# -------------------------------------------------------------------------------------------------- what became of each


def reckon(ledger: sqlite3.Connection) -> None:
    """What became of each finding, anew by all reviews."""
    for name in INDEXES:  # they would be kept up at every step
        ledger.execute(f"DROP INDEX {name}")
    ledger.execute("DELETE FROM event")
    ledger.execute(
        """UPDATE entry SET unit = NULL, state = NULL, first = NULL, opened = NULL, due = NULL, done = NULL, closed = NULL,
        why = NULL, times = 0, reopened = 0, status = NULL, outcome = NULL, situation = NULL, label = NULL, review = NULL"""
    )
    for review, day in _in_order(ledger):
        _step(ledger, review, day)
    ledger.execute("DELETE FROM entry WHERE state IS NULL")
    for name, of in INDEXES.items():
        ledger.execute(f"CREATE INDEX {name} ON entry ({of})")


def _in_order(ledger: sqlite3.Connection) -> Iterator[tuple[int, str]]:
    yield from ledger.execute("SELECT id, day FROM review ORDER BY day").fetchall()


RETIRED, NOT_ASKED, NO_RECORD, NO_UNIT = "rule-retired", "not-applicable", "record-gone", "unit-gone"
"""Why findings lapse."""
STEP = (
    # what is found, and was not open
    """INSERT INTO event SELECT f.entry, :at, CASE WHEN e.state IS NULL THEN 'opened' ELSE 'reopened' END, NULL
    FROM found f JOIN entry e ON e.id = f.entry WHERE f.review = :at AND e.state IS NOT 'open'""",
    """UPDATE entry SET unit = f.unit, state = 'open', first = coalesce(first, :day),
        opened = CASE WHEN state = 'open' THEN opened ELSE :day END,
        due = CASE WHEN state = 'open' THEN coalesce(entry.due, t.due) ELSE t.due END,
        closed = NULL, why = NULL, times = coalesce(times, 0) + 1,
        reopened = coalesce(reopened, 0) + coalesce(state <> 'open', 0),
        status = f.status, outcome = f.outcome, situation = f.situation, review = :at
    FROM found f LEFT JOIN term t ON t.review = :at AND t.outcome = f.outcome WHERE f.review = :at AND entry.id = f.entry""",
    # what is not found any longer
    f"""INSERT INTO event SELECT entry, :at, CASE WHEN why = '' THEN 'closed' ELSE 'lapsed' END, nullif(why, '') FROM (
        SELECT e.id AS entry, e.state AS state, CASE
            WHEN NOT EXISTS (SELECT 1 FROM asked a WHERE a.review = :at AND a.rule = e.rule) THEN '{RETIRED}'
            WHEN s.record IS NOT NULL THEN CASE
                WHEN EXISTS (SELECT 1 FROM skips k WHERE k.review = :at AND k.kind = s.kind AND k.rule = e.rule)
                    THEN '{NOT_ASKED}' ELSE '' END
            WHEN EXISTS (SELECT 1 FROM seen u WHERE u.review = :at AND u.record = e.unit) THEN '{NO_RECORD}'
            ELSE '{NO_UNIT}' END AS why
        FROM entry e LEFT JOIN seen s ON s.review = :at AND s.record = e.record
        WHERE e.rule <> 0 AND e.state IN ('open', 'lapsed') AND e.review <> :at)
    WHERE state = 'open' OR why = ''""",
    # records that are followed up
    """INSERT INTO event SELECT d.entry, :at, CASE WHEN d.closed IS NOT NULL THEN 'closed' WHEN e.state IS NULL THEN 'opened'
        ELSE 'reopened' END, NULL FROM demand d JOIN entry e ON e.id = d.entry
    WHERE d.review = :at AND e.state IS NOT CASE WHEN d.closed IS NULL THEN 'open' ELSE 'closed' END""",
    """UPDATE entry SET unit = d.unit, state = CASE WHEN d.closed IS NULL THEN 'open' ELSE 'closed' END,
        first = coalesce(first, :day),
        opened = coalesce(d.opened, min(coalesce(entry.opened, :day), coalesce(d.closed, :day))), due = d.due, done = d.done,
        closed = d.closed, why = NULL, times = coalesce(times, 0) + (d.closed IS NULL),
        reopened = coalesce(reopened, 0) + coalesce(state <> 'open' AND d.closed IS NULL, 0), label = d.label, review = :at
    FROM demand d WHERE d.review = :at AND entry.id = d.entry""",
    f"""INSERT INTO event SELECT e.id, :at, 'lapsed', CASE WHEN u.record IS NULL THEN '{NO_UNIT}' ELSE '{NO_RECORD}' END
    FROM entry e LEFT JOIN seen u ON u.review = :at AND u.record = e.unit
    WHERE e.rule = 0 AND e.state = 'open' AND e.review <> :at""",
    """UPDATE entry SET state = v.what, closed = :day, why = v.why FROM event v
    WHERE v.review = :at AND v.entry = entry.id AND v.what IN ('closed', 'lapsed') AND entry.review <> :at""",
)
"""What a review, `:at` of the day `:day`, makes of what was before it, in this order."""


def _step(ledger: sqlite3.Connection, at: int, day: str) -> None:
    for statement in STEP:
        ledger.execute(statement, {"at": at, "day": day})
