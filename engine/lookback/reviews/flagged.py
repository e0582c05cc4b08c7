"""A review -> its flagged units, worst first, and their findings.

Flagged is a unit whose verdict is not the best outcome, and one that could not be judged: it is the worst, and called by its
place. Worst first: by outcome, then score, then number of findings, then key. A list that is cut has some findings of each of its
units before all of the first ones; how many there are of each kind is counted over all.
What a reason is made of lies in the review, too: which situation was found, and the values of the record; so it is said in any
language. Reads the review's files; judges nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
from sqlglot import exp

from lookback.judging.losses import NOTHING, Lost
from lookback.judging.program import compile
from lookback.judging.reasons import Phrase, Reasons
from lookback.language.conditions import Truth
from lookback.language.operators import bound
from lookback.language.parse import parse
from lookback.language.scope import Meaning, Scope, type_word
from lookback.language.sql import name, written
from lookback.language.typed import check
from lookback.language.types import Type, Value
from lookback.packs.checked import NOT_HANDED_IN, NOT_JUDGED, CheckedPack, CheckedRule
from lookback.packs.checks.whole import asking
from lookback.packs.graph import Graph
from lookback.packs.params import REVIEW_DAY
from lookback.place import temporary
from lookback.reviews.folder import called_sql, got_of, label_sql, load, lost_of, reading, summary_of
from lookback.reviews.listed.listing import GROUP, answers_sql, names_units
from lookback.reviews.lost import lost_by_unit
from lookback.warehouse.duckdb import DuckDB, literal, path_literal, quoted
from lookback.words import LANGUAGES, say
from lookback.words.errors import Mistake, UsageError
from lookback.words.source import Place, Source, Span


@dataclass(frozen=True)
class Flagged:
    """`units`: a row a flagged unit: key, label (null without one), verdict, score, findings, owes (these by
    outcome), rules (ids, in the pack's order).
    Of a unit of the roster that handed nothing in `rules`, and the reasons of its findings, say just that (NOT_HANDED_IN).
    `findings`: a row a finding on them or their children, in the units' order: unit, label, table, record, rule, clause, status,
    outcome, reason; of `findings_total` on all that were flagged. `total`: how many were flagged before `top`.
    `lost`, where it was asked for: what was lost, as `lost.COLUMNS` says; of `lost_total`. Of what
    counts; or, for whatever units, of nothing but what does not.
    Where lists for people were asked for, `units` have what they are grouped by, too, each behind `listing.GROUP` (one that
    names a unit as that unit's label), and `findings` who answers for their records and `until` when, as these say it.
    `situations`, where it was asked for: a row a rule and situation in words, how many findings and units are in it, and the
    first: rule, status, outcome, situation, findings, units, unit, record, reason. Those that count come first, then the worst
    outcome, then the most findings. Where nothing was chosen, of all findings of the review, be they on units that pass or of
    rules that do not count; else of those on the chosen units."""

    units: pa.Table
    findings: pa.Table
    total: int
    findings_total: int
    lost: pa.Table | None = None
    lost_total: int = 0
    situations: pa.Table | None = None


def flagged(
    folder: Path,
    pack: CheckedPack,
    *,
    outcome: str | None = None,
    owes: str | None = None,
    rule: str | None = None,
    where: str | None = None,
    top: int | None = None,
    most_units: int | None = None,
    most_findings: int | None = None,
    lost: bool = False,
    most_lost: int | None = None,
    not_counted: bool = False,
    situations: str | None = None,
    lang: str | None = None,
    new_since: tuple[Path, CheckedPack] | None = None,
    for_people: bool = False,
) -> Flagged:
    """The flagged units of the review in `folder`: of one outcome, with a finding of one rule, meeting a condition, the worst.
    `owes`: those with findings of this outcome that count, whatever their verdict.
    `lost`: with what was lost, of all units where all flagged ones are asked for, else of those found.
    `not_counted`: the units that have findings which do not count, and these. `situations`: with all findings by situation, in
    the words of this language. `lang`: of reasons, the review's if left out. `new_since`: those that were not flagged in this
    earlier review (its folder and pack). `for_people`: with what lists for people say beside units and findings.
    `most_units`, `most_findings`, `most_lost`: so many are listed, and all are counted.

    Raises UsageError for an outcome, rule or condition that the pack does not know, and for a rule whose findings are the others.
    """
    root = pack.tables[pack.root]
    key = quoted(root.key)
    label = label_sql(root)
    tests = [f"verdict <> {literal(pack.outcomes[0])}"]
    if outcome is not None:
        unjudged = outcome in (NOT_JUDGED, *(say(lang, "not-judged") for lang in LANGUAGES))
        tests = [f"verdict = {literal(NOT_JUDGED if unjudged else pack.pack.outcome_named(outcome))}"]
    if owes is not None:
        owed = f"findings_by_outcome[{literal(pack.pack.outcome_named(owes))}] > 0"
        tests = [owed, *(tests if outcome is not None else [])]
    findings = f"read_parquet({path_literal(folder / 'findings.parquet')}, file_row_number = true)"
    listed = [r.id for r in pack.rules if (pack.not_counted(r) is not None) == not_counted]
    rules = ", ".join(map(literal, listed)) or "NULL::VARCHAR"
    if len(listed) < len(pack.rules):
        findings = f"(FROM {findings} WHERE rule IN ({rules}))"
    if not_counted:
        tests[0] = f"CAST({key} AS VARCHAR) IN (SELECT unit FROM {findings}) AND {tests[0] if outcome or owes else True}"
    if rule is not None:
        if (of := asking(pack, rule)) is not pack:
            raise UsageError("rule-of-review", rule=of.rule_named(rule).id, folder=str(folder))
        rule = pack.rule_named(rule).id
        if rule not in listed:
            raise UsageError("rule-counts" if not_counted else "rule-not-counted", rule=rule)
        of_rule = f"SELECT unit FROM {findings} WHERE rule = {literal(rule)}"
        tests.append(f"CAST({key} AS VARCHAR) IN ({of_rule})")
    if where is not None:
        tests.append(condition(where, pack).sql(dialect="duckdb"))
    if new_since is not None:
        tests.append(f"CAST({key} AS VARCHAR) IS NULL OR CAST({key} AS VARCHAR) NOT IN ({_flagged_in(*new_since, pack)})")
    rank = "CASE verdict " + " ".join(f"WHEN {literal(o)} THEN {i}" for i, o in enumerate((*pack.outcomes, NOT_JUDGED))) + " END"
    order = "ORDER BY _rank DESC, score DESC, findings DESC, key"
    with temporary() as work, closing(DuckDB(Path(work), threads=1)) as warehouse, reading(folder):
        # one thread: so little is asked that several wait for each other longer than they work
        verdicts = f"read_parquet({path_literal(folder / 'verdicts.parquet')})"
        columns = {name for name, *_ in warehouse.rows(f"DESCRIBE FROM {verdicts}")}
        groups = pack.pack.header.groups if for_people else ()
        of_groups = "".join(f", {quoted(g)} AS {quoted(GROUP + g)}" for g in groups)
        nothing = "coalesce(_not_handed_in, false)" if "_not_handed_in" in columns else "false"
        warehouse.view(
            "units",
            f"""SELECT {called_sql(root, columns)} AS key, {label} AS label, verdict, score, findings,
                findings_by_outcome AS owes, {rank} AS _rank, {nothing} AS _nothing{of_groups}
            FROM {verdicts} WHERE {" AND ".join(f"({t})" for t in tests)}""",
        )
        total, counted = warehouse.rows("SELECT count(*), CAST(coalesce(sum(findings), 0) AS BIGINT) FROM units")[0]
        most = min((n for n in (top, most_units) if n is not None), default=None)
        limit = f"LIMIT {int(most)}" if most is not None else ""
        warehouse.create("worst", f"SELECT *, row_number() OVER ({order}) AS _place FROM (FROM units {order} {limit}) {order}")
        why = f"CASE WHEN w._nothing THEN {literal(NOT_HANDED_IN)} ELSE f.reason END AS reason"
        of_worst = f"SELECT f.* REPLACE ({why}), w.label, w._place FROM {findings} f JOIN worst w ON f.unit = w.key"
        warehouse.create("of_worst", of_worst)  # read once
        warehouse.create("places", f"SELECT unnest([{rules}]) AS rule, generate_subscripts([{rules}], 1) AS place")
        named = "".join(f", {_group_named(g, pack)} AS {quoted(GROUP + g)}" for g in groups)
        above = f"(SELECT {called_sql(root, columns)} AS key, {label} AS label FROM {verdicts})"
        parents = "".join(
            f" LEFT JOIN {above} AS {quoted(g)} ON {quoted(g)}.key = CAST(w.{quoted(GROUP + g)} AS VARCHAR)"
            for g in groups
            if names_units(pack, g)
        )
        units = warehouse.arrow(
            f"""SELECT w.key, w.label, verdict, score, findings, owes,
                CASE WHEN _nothing THEN [{literal(NOT_HANDED_IN)}] ELSE coalesce(rules, []) END AS rules{named}
            FROM worst AS w{parents} LEFT JOIN (
                SELECT unit, list(rule ORDER BY place) AS rules
                FROM (SELECT DISTINCT f.unit, f.rule, p.place FROM of_worst f JOIN places p USING (rule))
                GROUP BY unit) AS r ON r.unit = w.key
            ORDER BY _place"""
        )
        shown = ""
        if most_findings is not None:
            nth = "row_number() OVER (PARTITION BY _place ORDER BY file_row_number)"
            shown = f"SEMI JOIN (FROM of_worst ORDER BY {nth}, _place LIMIT {int(most_findings)}) USING (file_row_number)"
        warehouse.create("listed", f"FROM of_worst {shown}") if for_people else None
        answers = answers_sql(folder, pack, "listed", warehouse) if for_people else None
        answered = f'listed LEFT JOIN ({answers}) AS a USING ("table", record)' if answers else f"of_worst {shown}"
        more = ", who, until" if answers else ""
        of_them = warehouse.arrow(
            f"""SELECT unit, label, "table", record, rule, clause, status, outcome, reason, finding{more}
            FROM {answered} ORDER BY _place, file_row_number"""
        )
        if not_counted:
            counted = warehouse.rows(f"SELECT count(*) FROM {findings} f SEMI JOIN units u ON f.unit = u.key")[0][0]
        found = Flagged(units, of_them.drop(["finding"]), int(total), int(counted))
        some = bool(outcome or owes or rule or where or new_since) or (top is not None and total > top)
        if situations is not None:
            source = f"read_parquet({path_literal(folder / 'findings.parquet')}, file_row_number = true)"
            of_rules = f" WHERE rule IN ({rules})" if not_counted else ""
            source = f"(SELECT * FROM {source} f{' SEMI JOIN worst w ON f.unit = w.key' if some else ''}{of_rules})"
            found = replace(found, situations=_by_situation(folder, source, Reasons(pack, situations), warehouse))
        if lost:
            of_lost, lost_total = lost_by_unit(folder, pack, warehouse, only_chosen=some, most=most_lost, lang=lang)
            found = replace(found, lost=of_lost, lost_total=lost_total)
        if lang is not None and summary_of(folder)["language"] != lang:
            found = _said_in(lang, found, of_them, folder, pack, warehouse)
        if found.situations is not None:
            found = replace(found, situations=found.situations.drop(["table", "finding"]))
        return found


def _said_in(lang: str, found: Flagged, of_them: pa.Table, folder: Path, pack: CheckedPack, warehouse: DuckDB) -> Flagged:
    """The same with reasons in another language. `of_them`: the findings, with their numbers."""
    lists = [of_them] if found.situations is None else [of_them, found.situations]
    each = [Finding(*row) for of in lists for row in zip(*(of[c].to_pylist() for c in Finding._fields), strict=True)]
    load(folder, pack, list(dict.fromkeys(one.unit for one in each)), warehouse)
    said = iter(said_in(lang, pack, each, warehouse, lost_of(folder, summary_of(folder))))
    told = []
    for of in lists:
        here = zip(of["reason"].to_pylist(), islice(said, of.num_rows), strict=True)
        reasons = pa.array([old if old == NOT_HANDED_IN else new for old, new in here], pa.string())
        told.append(of.set_column(of.column_names.index("reason"), "reason", reasons))
    return replace(found, findings=told[0].drop(["finding"]), situations=told[1] if len(told) > 1 else None)


def _group_named(group: str, pack: CheckedPack) -> str:
    """What a unit of `worst` is grouped by; another unit that it names is called as people call it."""
    value = f"w.{quoted(GROUP + group)}"
    return f"coalesce({quoted(group)}.label, CAST({value} AS VARCHAR))" if names_units(pack, group) else value


def _flagged_in(folder: Path, pack: CheckedPack, now: CheckedPack) -> str:
    """SQL of the keys of the flagged units of an earlier review. Raises UsageError where its units are others."""
    if pack.root != now.root and pack.root not in now.tables[now.root].was and now.root not in pack.tables[pack.root].was:
        raise UsageError("compare-other-units", old=pack.root, new=now.root)
    key = f"CAST({quoted(pack.tables[pack.root].key)} AS VARCHAR)"
    source = f"read_parquet({path_literal(folder / 'verdicts.parquet')})"
    return f"SELECT {key} FROM {source} WHERE verdict <> {literal(pack.outcomes[0])} AND {key} IS NOT NULL"


class Finding(NamedTuple):
    """`finding`: its number in `decisions.parquet`."""

    table: str
    record: str
    unit: str
    finding: int


def said_in(lang: str, pack: CheckedPack, found: Sequence[Finding], warehouse: DuckDB, lost: Lost | None = None) -> list[str]:
    """Why, of each finding on units that `load` put into the warehouse, in `lang`. `lost`: what was lost, of which is told what
    it said and where, and at which siblings a record looks, as a review keeps it in all languages (`folder.SAID`); without it
    that something was lost, and no more."""
    columns = ("place", *Finding._fields)
    kinds = (pa.int32(), pa.string(), pa.string(), pa.string(), pa.int32())
    rows = list(zip(*((i, *f) for i, f in enumerate(found)), strict=True)) or [()] * len(columns)
    warehouse.load("to_say", pa.table({c: pa.array(r, k) for c, r, k in zip(columns, rows, kinds, strict=True)}))
    decided: dict[str, dict[int, tuple[str, tuple[Truth, ...]]]] = {}
    of_tables = warehouse.rows(
        'SELECT DISTINCT f."table", f.finding, d.rule, d.situation FROM to_say f JOIN decisions d ON d.finding = f.finding'
    )
    for table, finding, rule, values in of_tables:
        decided.setdefault(table, {})[finding] = rule, tuple(values)
    said = [""] * len(found)
    for table in pack.top_down():
        _whole(table, pack, warehouse)
        if table not in decided:
            continue
        record = f"CAST(w.{quoted(pack.tables[table].key)} AS VARCHAR)"
        why = _sentences(Reasons(pack, lang, lost or NOTHING), Reasons(pack, lang), decided[table])
        query = f"SELECT f.place, {why} FROM {quoted(f'whole_{table}')} AS w JOIN to_say AS f ON f.record = {record}"
        for place, sentence in warehouse.rows(f'{query} WHERE f."table" = {literal(table)}'):
            said[place] = sentence or ""
    if lost is None:
        return said
    elsewhere = """SELECT f.place, s.reason FROM to_say AS f JOIN said_elsewhere AS s
        ON s."table" = f."table" AND s.record = f.record AND s.finding = f.finding"""
    for place, sentence in warehouse.rows(f"{elsewhere} WHERE s.lang = {literal(lang)}"):
        said[place] = sentence
    return said


def _sentences(reasons: Reasons, others: Reasons, decided: Mapping[int, tuple[str, tuple[Truth, ...]]]) -> str:
    """SQL of the sentence of a finding `f` over its record `w`. `others`: where no record says what was lost of it."""
    ifs = []
    for finding, (rule, values) in sorted(decided.items()):
        sentence = reasons.sentence(phrases_of(reasons, others, reasons.pack.by_id[rule], values))
        ifs.append(exp.If(this=exp.Literal.number(finding), true=sentence))
    return written(exp.Case(this=name("finding"), ifs=ifs))


def phrases_of(reasons: Reasons, others: Reasons, rule: CheckedRule, values: tuple[Truth, ...]) -> list[Phrase]:
    """Why, in a situation, as far as a record says it. `others`: those that know of nothing that was lost."""
    found = list(reasons.phrases(rule, values).values())
    return list(others.phrases(rule, values).values()) if any(phrase.of_lost for phrase in found) else found


def _whole(table: str, pack: CheckedPack, warehouse: DuckDB) -> None:
    """`whole_<table>`: records with their facts, and with what their parents say under `parent.field`."""
    own = quoted(f"records_{table}")
    query = f"SELECT * FROM {own} JOIN {quoted(f'judged_{table}')} USING (_row)"
    parent, key = pack.tables[table].belongs_to, pack.parent_key(table)
    if parent is not None and key is not None:
        above = [c for c in warehouse.columns(f"whole_{parent}") if "." not in c and not c.startswith("_")]
        more = ", ".join(f"p.{quoted(c)} AS {quoted(f'{parent}.{c}')}" for c in above)
        query = (
            f"SELECT r.*, {more} FROM ({query}) AS r JOIN {quoted(f'whole_{parent}')} AS p ON p.{quoted(key)} = r.{quoted(key)}"
        )
    warehouse.view(f"whole_{table}", query)


def _by_situation(folder: Path, findings: str, reasons: Reasons, warehouse: DuckDB) -> pa.Table:
    """All `findings` (SQL) by rule, status, outcome and situation in words, as `Flagged.situations` says."""
    pack, decisions = reasons.pack, f"read_parquet({path_literal(folder / 'decisions.parquet')})"
    decided = warehouse.rows(f"SELECT finding, rule, status, outcome, situation FROM {decisions} WHERE finding IS NOT NULL")
    said = [
        (finding, rule, status, outcome, reasons.general(pack.by_id[rule], tuple(values)))
        for finding, rule, status, outcome, values in decided
    ]
    names, kinds = ("finding", "rule", "status", "outcome", "situation"), (pa.int32(), *[pa.string()] * 4)
    columns = list(zip(*said, strict=True)) or [()] * len(names)
    warehouse.load("said", pa.table({n: pa.array(c, k) for n, c, k in zip(names, columns, kinds, strict=True)}))
    warehouse.create("kinds", "SELECT *, dense_rank() OVER (ORDER BY rule, status, outcome, situation) AS kind FROM said")
    aside = _listed(rule.id for rule in pack.rules if pack.not_counted(rule) is not None)
    order = _listed(rule.id for rule in pack.rules)
    of_units = f"""count(*) FILTER (f."table" = {literal(pack.root)})"""  # a unit has each of its own once
    of_others = f"""count(DISTINCT CASE WHEN f."table" <> {literal(pack.root)} THEN f.unit END)"""
    first = ", ".join(f"arg_min(f.{c}, f.file_row_number) AS {c}" for c in ("unit", "record", "reason", '"table"', "finding"))
    return warehouse.arrow(
        f"""WITH counted AS (
            SELECT k.kind, count(*) AS findings, {of_units} + {of_others} AS units, {first}
            FROM {findings} f JOIN kinds k USING (finding) GROUP BY k.kind)
        SELECT rule, status, outcome, situation, findings, units, unit, record, reason, "table", finding
        FROM counted JOIN (SELECT DISTINCT kind, rule, status, outcome, situation FROM kinds) USING (kind)
        ORDER BY list_contains({aside}, rule), list_position({_listed(pack.outcomes)}, outcome) DESC, findings DESC,
            list_position({order}, rule), status, situation"""
    )


def _listed(words: Iterable[str]) -> str:
    return f"[{', '.join(map(literal, words))}]::VARCHAR[]"


def condition(text: str, pack: CheckedPack, option: str = "--where") -> exp.Expr:
    """A condition over `verdicts.parquet`, in the language of rules. Raises UsageError that shows its mistakes. `option`: where
    it was typed."""
    columns = pack.meanings(pack.root)
    columns |= {"verdict": Meaning(Type.CHOICE, pack.outcomes), "score": Meaning(Type.INTEGER), "findings": Meaning(Type.INTEGER)}
    source = Source(option, text)
    place = Place(Span(source, 0, len(text)), tuple(range(len(text))))
    tree = parse(text, place)
    if isinstance(tree, Mistake):
        raise UsageError("bad-condition", mistakes=[tree])
    days = pack.pack.days
    found = check(tree, place, Scope(pack.root, columns, params=pack.pack.params, calendar=days.name if days else ""))
    if isinstance(found, list):
        raise UsageError("bad-condition", mistakes=found)
    if found.type is not Type.BOOLEAN:
        raise UsageError(
            "bad-condition",
            mistakes=[Mistake("not-a-condition", place.span, {"text": text, "type": type_word(found.type)})],
        )
    return bound(found.sql, pack.params)


# ------------------------------------------------------------------------------------------------ who handed nothing in

MARK = "_not_handed_in"


@dataclass(frozen=True)
class Missing:
    """The units of the roster that handed nothing in. `units`: a row a unit, its groups, then key and label, in the order of the
    groups. `groups`: fields or facts of the units, first those that name another unit, as a parent. `due`: the day by which they
    had to hand in, `day` that of the review, None where the pack has none. `owing`: the keys of those of whom anything is asked
    by that day; None: of all."""

    groups: tuple[str, ...]
    units: tuple[tuple[Value, ...], ...]
    due: date | None
    day: date | None
    owing: frozenset[Value] | None = None

    @property
    def late(self) -> int | None:
        """Days, 0 where it is not late yet; None where the pack does not say by when."""
        return max(0, (self.day - self.due).days) if self.due is not None and self.day is not None else None

    def late_of(self, row: Sequence[Value]) -> int | None:
        """Of a unit; None, too, where nothing was asked of it by that day."""
        return self.late if self.owing is None or row[len(self.groups)] in self.owing else None


def has_roster(folder: Path) -> bool:
    with closing(DuckDB(None, threads=1)) as warehouse, reading(folder):
        return MARK in _columns(folder, warehouse)


def missing(folder: Path, pack: CheckedPack, *, where: str | None = None, top: int | None = None) -> Missing:
    """The units of the roster that handed nothing in, of those that meet a condition the first `top`. Raises UsageError where
    the review has no roster, and for a condition that the pack does not know."""
    root, office = pack.tables[pack.root], pack.pack.header.office
    refers = {g for g in pack.pack.header.groups if names_units(pack, g)}
    groups = tuple(sorted(pack.pack.header.groups, key=lambda g: g not in refers))
    tests = [f"coalesce({MARK}, false)", *([condition(where, pack).sql(dialect="duckdb")] if where is not None else [])]
    with temporary() as work, closing(DuckDB(Path(work), threads=1)) as warehouse, reading(folder):
        if MARK not in (columns := _columns(folder, warehouse)):
            raise UsageError("no-roster")
        verdicts = f"read_parquet({path_literal(folder / 'verdicts.parquet')})"
        chosen = f"SELECT *, {called_sql(root, columns)} AS _key, {label_sql(root)} AS _label FROM {verdicts}"
        warehouse.create("units", chosen)
        named = [_named(g) if g in refers else f"u.{quoted(g)}" for g in groups]
        order = ", ".join([*(f"{i} NULLS LAST" for i in range(1, len(groups) + 1)), "u._key"])
        limit = f" LIMIT {int(top)}" if top is not None else ""
        those = f"(FROM units WHERE {' AND '.join(f'({test})' for test in tests)}) u"
        rows = warehouse.rows(f"SELECT {', '.join((*named, 'u._key', 'u._label'))} FROM {those} ORDER BY {order}{limit}")
        by = office.handed_in_by if office is not None else None
        due, day = (d if isinstance(d, date) else None for d in (pack.params.get(by or ""), pack.params.get(REVIEW_DAY)))
        found = Missing(groups, tuple(tuple(row) for row in rows), due, day)
        if by is None or not rows or not found.late:
            return found
        return replace(found, owing=_owing(folder, pack, by, [row[len(groups)] for row in rows], warehouse))


def _owing(folder: Path, pack: CheckedPack, by: str, units: Sequence[str], warehouse: DuckDB) -> frozenset[Value] | None:
    """Those of some units of which a rule that rests on the parameter `by` is asked; None where no rule does."""
    graph = Graph(pack)
    rules = [r.id for r in pack.rules if r.table == pack.root and by in graph.behind(r, counted=False).params]
    if not rules:
        return None
    load(folder, pack, units, warehouse)
    got = got_of(compile(pack), warehouse)
    asked = (k for (table, k), of in got.items() if table == pack.root and any(of.statuses[r] != "not applicable" for r in rules))
    return frozenset(str(key) for key in asked)


def _columns(folder: Path, warehouse: DuckDB) -> set[str]:
    return {name for name, *_ in warehouse.rows(f"DESCRIBE FROM read_parquet({path_literal(folder / 'verdicts.parquet')})")}


def _named(group: str) -> str:
    """What the unit that a field names is called, or what stands in the field."""
    key = f"CAST(u.{quoted(group)} AS VARCHAR)"
    return f"coalesce((SELECT any_value(p._label) FROM units p WHERE p._key = {key}), {key})"
