"""A checked pack -> its program: in which order facts and rules are worked off (`steps`), and the SQL of every step, made once.

For example, let issues have the rule `dated`, `require: deadline is not null`, otherwise `make_up`; and units the fact `open`,
from issues, `count(*) filter (where verdict = 'make_up')`, and the rule `few`, `require: open <= 1`. `print(program)`:

    step 0: issues (layer 0)
      atom 0: "deadline" IS NULL
      rule dated: atoms 0
    step 1: units (layer 1)
      from issues: open := COUNT(*) FILTER(WHERE "verdict" = 'make_up')
      atom 0: 1 < "open"
      rule few: atoms 0

Let the unit U1 have the issues I1, which has a deadline, and I2, which has none. In the warehouse, for table T and step n:

    records_T   the typed records: `_row` (position), `_unit` (the key of the unit it belongs to), the fields
    state_n     a row a record: keys, facts so far, what is aggregated later, and the *signature*: the truth of all atoms, two
                bits an atom (0 false, 1 true, 2 unknown, 3 lost) in 64-bit words `_w0`, `_w1`, …, counted on over the steps of
                a table. state_0: (_row 0, unit_id U1, _w0 0), (_row 1, unit_id U1, _w0 1); state_1: (_row 0, unit_id U1, open 1,
                _w0 0)
    seen_n      the distinct signatures and how many records have each. seen_0: (_w0 0, n 1), (_w0 1, n 1)
    judged_n    a row a signature: its number, worst rank, score, findings by rank, what met(…) and unmet(…) say of rules.
                judged_0: (_w0 0, _sig 0, _rank 0, _score 0, _of2 0), (_w0 1, _sig 1, _rank 2, _score 1, _of2 1)
    found_n     a row a signature and finding. found_0: (_sig 1, _finding 0). rows_n: a row a record and finding (`_row`)
    decisions_n a row a finding: rule, status, outcome, reason. decisions_0: (_finding 0, _rule dated, _outcome make_up, …)
    said_n      a row a finding that tells what was lost of its record: `_row`, `_finding`, its reason `_said`; only where some do
    sums_n_T    the aggregates of step n over T, a row a parent; the first that counts T's verdicts may hold the totals of T, too.
                sums_1_issues: (_key U1, open 1, _score 1, _of2 1)
    totals_T    score and findings by rank a parent, from its children in T, where no `sums_n_T` holds them
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property

from sqlglot import exp, transpile

from lookback.judging._siblings import Siblings, or_none
from lookback.judging.large import held_exactly
from lookback.judging.losses import (
    DOUBTFUL,
    KNOWN,
    LARGE,
    NOTHING,
    VERDICT,
    Losses,
    Lost,
    counted,
    ends,
    flag,
    large_flag,
    weight_of_row,
)
from lookback.judging.steps import SIGNATURE as SIGNATURE
from lookback.judging.steps import Step, own_rules, same_words, steps_of
from lookback.judging.told import DECISION_COLUMNS as DECISION_COLUMNS
from lookback.judging.told import FINDING as FINDING
from lookback.judging.told import NO_FINDINGS as NO_FINDINGS
from lookback.judging.told import ROW as ROW
from lookback.judging.told import UNIT as UNIT
from lookback.judging.told import Reason as Reason
from lookback.judging.told import Told, findings, said
from lookback.judging.told import found as found
from lookback.language.conditions import Atom
from lookback.language.decimals import held, over, ratio, shown
from lookback.language.operators import bound, type_of
from lookback.language.scope import STATES, state_column
from lookback.language.sql import DIALECT, written
from lookback.language.types import Column, Type
from lookback.notions.kept import kept
from lookback.packs.checked import CheckedFact, CheckedPack
from lookback.packs.checks.whole import rules_asked
from lookback.warehouse.duckdb import literal, quoted

RANK, SCORE = "_rank", "_score"


@dataclass(frozen=True)
class Program:
    """The steps, and their SQL in one dialect, by the names of the tables that it makes; also of `verdicts`, a row a unit: key,
    label, the other fields, the facts, verdict, score, findings, these by outcome; and of `judged_T`, a row a record in their
    order: `_row`, facts, verdict, score, findings, signature. `ranks`: of the outcomes that some rule gives."""

    pack: CheckedPack
    steps: tuple[Step, ...]
    ranks: tuple[int, ...]
    lost: Lost = NOTHING
    sql: Mapping[str, str] = field(default_factory=dict, repr=False)
    dialect: str = DIALECT

    def for_dialect(self, dialect: str) -> Program:
        """The same for another engine."""
        sql = {name: transpile(query, read=self.dialect, write=dialect)[0] for name, query in self.sql.items()}
        return replace(self, sql=sql, dialect=dialect)

    def steps_on(self, table: str) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.table == table)

    @property
    def large(self) -> list[Step]:
        """The steps whose states say what is too large to be held (`_large`)."""
        return [step for step in self.steps if _Queries(self).large(step)]

    def judged_records(self, table: str) -> str | None:
        """The records of a table with their facts, verdicts and what met(…) and unmet(…) say; None where none is judged."""
        steps = self.steps_on(table)
        return _Queries(self)._judged_records(steps[-1]) if steps else None

    @property
    def signatures(self) -> dict[str, dict[str, list[str]]]:
        """Of every table the words of its signatures, each with the conditions whose truth it holds."""
        return {t: {w: [a.text for a in atoms] for s in self.steps_on(t) for w, atoms in s.words} for t in self.pack.tables}

    @cached_property
    def used_rules(self) -> frozenset[str]:
        """The rules named in met(…) and unmet(…)."""
        of_review = rules_asked(self.pack.whole) if self.pack.whole is not None else ()
        return frozenset((*(r for f in self.pack.facts for r in f.uses_rules), *of_review))

    @cached_property
    def spent(self) -> tuple[tuple[str, ...], ...]:
        """Of every step the tables that neither a query nor a finding names once it is worked off: sums, states without rules
        that say of nothing that it is too large."""
        used = {s.number for s in self.steps if s.rules or re.search(rf"AS {LARGE}\b", self.sql[f"state_{s.number}"])}
        used |= {s.number for s in self.steps if self.pack.whole is not None}
        last: dict[str, int] = {}
        of_step = {made: step.number for step in self.steps for made in step.makes}
        for made, query in self.sql.items():
            last |= dict.fromkeys(re.findall(r"\b(?:sums|state)_\w+", query), of_step.get(made, len(self.steps)))
        last = {name: n for name, n in last.items() if name in of_step and name not in {f"state_{n}" for n in used}}
        return tuple(tuple(sorted(name for name, n in last.items() if n == step.number)) for step in self.steps)

    @cached_property
    def totals(self) -> dict[str, str]:
        """By table the table that holds its totals."""
        return {table: totals for table in self.pack.tables if (totals := _Queries(self).totals_of(table)) is not None}

    def said(self, step: Step, reason: Reason, texts: Mapping[str, Told], lang: str = "") -> str:
        """said_n, or said_n_lang. `texts` are those of the columns that the reason names and no record has."""
        return said(self.pack, step, reason, texts, lang)

    def findings(self, table: str, reasons: Mapping[int, Reason], by_row: bool = False) -> str | None:
        """A row a finding on a table's records, in their order and the rules'; None where none is. `by_row`: of `rows_n`."""
        return findings(self.pack, self.lost, self.steps_on(table), table, reasons, by_row)

    def __str__(self) -> str:
        return "\n".join(str(step) for step in self.steps)


@kept(lambda lost=NOTHING: lost)
def compile(pack: CheckedPack, lost: Lost = NOTHING) -> Program:
    """The program of a pack, for DuckDB; for records of which something is lost the same with flags, where they can be true."""
    outcomes = {outcome for r in pack.rules for outcome in (r.outcome("unmet"), r.outcome("unknown"))}
    program = Program(pack, steps_of(pack), tuple(i for i, outcome in enumerate(pack.outcomes) if outcome in outcomes), lost)
    return replace(program, sql=_Queries(program).all())


# --------------------------------------------------------------------------------------------------------------- the SQL


class _Queries:
    """The SQL of a program's steps."""

    def __init__(self, program: Program) -> None:
        self.program, self.pack, self.steps = program, program.pack, program.steps
        self.losses, self.exact = Losses(self.pack, program.lost), held_exactly(self.pack)
        self.siblings = Siblings(self.losses, self.exact)
        self.counted = [f"_of{rank}" for rank in program.ranks]  # findings by the rank of their outcome

    def all(self) -> dict[str, str]:
        """What a step makes, in order; then the totals that none has made, from the leaves up; then the results."""
        made: dict[str, str] = {}
        for step in self.steps:
            n, words = step.number, ", ".join(word for word, _ in step.words)
            made |= {f"sums_{n}_{link}": self._sums(step, link) for link in step.counted}
            made[f"state_{n}"] = self._state(step)
            if step.rules:
                made[f"seen_{n}"] = f"SELECT {words}, count(*) AS n FROM state_{n} GROUP BY {words}"
        tables = [table for table in self.pack.top_down() if self.program.steps_on(table)]
        made |= {f"totals_{t}": self._totals(t) for t in reversed(tables) if self.totals_of(t) == f"totals_{t}"}
        return made | {f"judged_{table}": self._judged(table) for table in tables} | {"verdicts": self._verdicts()}

    def _state(self, step: Step) -> str:
        """state_n: facts and signatures, in the order of the records."""
        query = self._base(step)
        for level in step.derived:
            query = self.siblings.source([f for f in level if f.among is not None], query)
            facts = ", ".join(column for f in level for column in self._fact(f))
            query = f"SELECT *, {facts} FROM ({query}) AS r"
        kept = dict.fromkeys([ROW, *self._keys(step.table), *self._facts_so_far(step), *self._kept(step)])
        if step is not self.steps[-1] or self.pack.whole is not None:
            kept |= dict.fromkeys(beside for c in [*kept] for beside in self._beside(step.table, c))
        kept |= {DOUBTFUL: None} if step.table in self.program.lost.doubtful else {}
        words = [f"CASE {large} END AS {LARGE}"] if (large := self.large(step)) else []
        words += [f"{self._signature(step.table, atoms)} AS {word}" for word, atoms in step.words]
        joins = bool(step.aggregates) or step.previous is not None or bool(self._parents_columns(step))
        return f"SELECT {', '.join([*map(quoted, kept), *words])} FROM ({query}) AS r{f' ORDER BY {ROW}' if joins else ''}"

    def large(self, step: Step) -> str:
        """Which number of a record is too large, as the whens of a CASE: a fact by its id, a condition as it is written."""
        rows = [f for f in step.facts if f.child is not None]
        tests = {f.id: quoted(large_flag(f.id)) for f in rows if self.losses.of_fact(f, here=True) is not None}
        facts = {f.id: self.losses.of_fact(f, here=True) for f in step.facts if f.child is None}
        plain = facts | {a.text: self.losses.of_atom(a, step.table, here=True) for a in step.atoms}
        tests |= {what: self._expression(test) for what, test in plain.items() if test is not None}
        return " ".join(f"WHEN {test} THEN {literal(what)}" for what, test in tests.items())

    def _expression(self, tree: exp.Expr) -> str:
        return written(bound(tree, self.pack.params), copy=False)

    def _fact(self, fact: CheckedFact) -> list[str]:
        """A plain fact as a column; where it may be lost, it is null where it is, and a flag says so."""
        if fact.among is not None:
            return self.siblings.columns(fact)
        lost = self.losses.of_fact(fact)
        parts = [f"{self._expression(part)} AS {quoted(column)}" for column, part in self._parts(fact).items()]
        if lost is None:
            return [f"{self._value(fact.sql)} AS {quoted(fact.id)}", *parts]
        test, value = self._expression(lost), self._value(self.losses.settled(fact.sql, fact.table))
        if (both := self.losses.ends_of(fact)) is not None:
            return self._with_ends(fact.id, value, test, *map(self._value, both))
        return [f"CASE WHEN {test} THEN NULL ELSE {value} END AS {quoted(fact.id)}", f"{test} AS {quoted(flag(fact.id))}", *parts]

    def _with_ends(self, fact: str, value: str, lost: str, least: str, most: str) -> list[str]:
        """A number with its ends: where it may be lost, and they agree, it is known."""
        differ = f"CASE WHEN {lost} THEN coalesce(({least}) <> ({most}), true) ELSE false END"  # asked of the few that are lost
        shown = f"CASE WHEN {lost} THEN CASE WHEN ({least}) = ({most}) THEN {least} END ELSE {value} END"
        both = zip((least, most), ends(fact), strict=True)
        columns = [f"CASE WHEN {lost} THEN {end} END AS {quoted(to)}" for end, to in both]
        return [f"{shown} AS {quoted(fact)}", f"{differ} AS {quoted(flag(fact))}", *columns]

    def _value(self, tree: exp.Expr) -> str:
        """What is held of a fact."""
        found = bound(tree, self.pack.params)
        return written(held(found) if type_of(tree) is Type.NUMBER else found, copy=False)

    def _parts(self, fact: CheckedFact) -> dict[str, exp.Expr]:
        """Of a fact that is a quotient, and held against something, the columns of its parts."""
        parts = ratio(fact.sql) if Column(fact.table, fact.id) in self.exact else None
        return dict(zip(over(fact.id), parts, strict=True)) if parts is not None else {}

    def _beside(self, table: str, column: str) -> list[str]:
        """The columns that stand beside one, as the expressions of a table name it."""
        owner, _, own = column.rpartition(".")
        exact = over(column) if Column(owner or table, own) in self.exact else ()
        return [*self.losses.beside(table, column), *exact]

    def _keys(self, table: str) -> list[str]:
        """The keys by which a table's states are joined: its parent's, and its own where children name it."""
        parent = self.pack.parent_key(table)
        own_key = parent is None or self.pack.children(table) or any(f.child for f in self.pack.facts_of(table))
        return [*([self.pack.tables[table].key] if own_key else []), *([parent] if parent else [])]

    def _kept(self, step: Step) -> list[str]:
        """What a state keeps of the carried columns: the parent's, and own fields that are aggregated later. Reasons take
        own fields from the records, for the few that have a finding."""
        fields = self.pack.tables[step.table].fields
        later = [f for s in self.steps[step.number + 1 :] for f in s.aggregates if f.child == step.table]
        summed = {c.name for f in later for c in f.columns} | {f.via for f in later}
        return [c for c in step.carried if c not in fields or c in summed]

    def _facts_so_far(self, step: Step) -> list[str]:
        before = self.steps[step.previous] if step.previous is not None else None
        return [*(self._facts_so_far(before) if before else []), *(f.id for f in step.facts)]

    def _parents_columns(self, step: Step) -> list[str]:
        """The parent's fields and facts that the step names, or carries along for its reasons."""
        named = [c for f in step.facts if not f.below for c in f.columns] + [c for a in step.atoms for c in a.columns]
        prefix = f"{self.pack.tables[step.table].belongs_to}."
        carried = {c.removeprefix(prefix) for c in step.carried if c.startswith(prefix)}
        return sorted({c.name for c in named if c.table != step.table} | carried)

    def _base(self, step: Step) -> str:
        """The records with everything that the step's expressions name."""
        definition = self.pack.tables[step.table]
        used = {c.name for f in step.facts if not f.below for c in f.columns if c.table == step.table}
        used |= {c.name for a in step.atoms for c in a.columns if c.table == step.table}
        used |= {*self._kept(step), *self._keys(step.table)}
        columns = [f"r.{ROW}", *(f"r.{quoted(f)}" for f in definition.fields if f in used)]
        columns += self._flags(step.table, (f for f in definition.fields if f in used), "r")
        columns += [f"r.{DOUBTFUL}"] if step.table in self.program.lost.doubtful else []
        source = f"{quoted(f'records_{step.table}')} AS r"
        if step.previous is not None:
            before = self._facts_so_far(self.steps[step.previous])
            columns += [*(f"p.{quoted(f)}" for f in before), *self._flags(step.table, before, "p")]
            source += f" JOIN state_{step.previous} AS p ON p.{ROW} = r.{ROW}"
        for one, of_rules in own_rules(self.steps, step):
            n, at = one.number, f"s{one.number}"
            source += f" JOIN state_{n} AS {at} ON {at}.{ROW} = r.{ROW} JOIN judged_{n} AS j{n} ON {same_words(one, at, f'j{n}')}"
            columns += [*(f"j{n}.{quoted(c)}" for c in of_rules), *self._flags(step.table, of_rules, f"j{n}")]
        parents = self._parents_columns(step)
        if parents:
            parent = str(definition.belongs_to)
            key = quoted(self.pack.tables[parent].key)
            columns += [f"u.{quoted(c)} AS {quoted(f'{parent}.{c}')}" for c in parents]
            exact = [c for c in parents if Column(parent, c) in self.exact]
            parts = [(part, of) for c in exact for part, of in zip(over(c), over(f"{parent}.{c}"), strict=True)]
            columns += [f"u.{quoted(part)} AS {quoted(of)}" for part, of in parts]
            lost = [c for c in parents if self.losses.named(step.table, f"{parent}.{c}")]
            flags = {c: f"u.{quoted(flag(c))}" if self.losses.column(Column(parent, c)) else "NULL" for c in lost}
            columns += [f"coalesce({flags[c]}, u.{key} IS NULL) AS {quoted(flag(f'{parent}.{c}'))}" for c in lost]
            for c in lost:
                named = self.losses.beside(step.table, f"{parent}.{c}")[1:]
                columns += [f"u.{quoted(end)} AS {quoted(to)}" for end, to in zip(ends(c), named, strict=False)]
            join = "LEFT JOIN" if self.losses.orphans(step.table) else "JOIN"
            source += f" {join} ({self._parent_source(parent, parents, step)}) AS u ON u.{key} = r.{key}"
        for i, link in enumerate(step.counted):
            key = f"r.{quoted(definition.key)}"
            source += f" LEFT JOIN {quoted(f'sums_{step.number}_{link}')} AS a{i} ON a{i}._key = {key}"
            for f in (f for f in step.aggregates if f.link == link):
                columns += self._aggregate(f, i, key)
                if self.losses.of_fact(f, here=True) is not None:
                    columns.append(f"a{i}.{quoted(large_flag(f.id))}")
            if link in self.program.lost.rows:
                source += f" LEFT JOIN {quoted(f'uncertain_{link}')} AS x{i} ON x{i}._parent = {key}"
        return f"SELECT {', '.join(columns)} FROM {source}"

    def _flags(self, table: str, columns: Iterable[str], alias: str) -> list[str]:
        return [f"{alias}.{quoted(beside)}" for c in columns for beside in self._beside(table, c)]

    def _aggregate(self, fact: CheckedFact, i: int, key: str) -> list[str]:
        """An aggregate as a column; flagged where it may be lost, a count with its ends, too: where they agree it is known."""
        params, tests = self.pack.params, self._lost_aggregate(fact, i, key)
        value = or_none(fact.sql, fact.id, f"a{i}", params)
        parts = [f"{or_none(part, c, f'a{i}', params)} AS {quoted(c)}" for c, part in self._parts(fact).items()]
        if not tests:
            return [f"{value} AS {quoted(fact.id)}", *parts]
        lost = f"({' OR '.join(tests)})"
        condition = counted(fact)
        if condition is None and not fact.hidden:
            return [
                f"CASE WHEN {lost} THEN NULL ELSE {value} END AS {quoted(fact.id)}",
                f"{lost} AS {quoted(flag(fact.id))}",
                *parts,
            ]
        unsure = self.losses.counts(fact) is not None
        none = f"CASE WHEN a{i}._key IS NULL THEN 0 ELSE a{i}.{{}} END"
        least, most = (none.format(quoted(end)) if unsure else value for end in ends(fact.id))
        if fact.link in self.program.lost.rows:
            least += f" + coalesce(x{i}.least, 0)" if isinstance(condition, exp.Boolean) else ""
            each = 1 if condition is not None else weight_of_row(fact)
            at_most = f"x{i}.most * {each}" if each is not None else "NULL"
            most += f" + CASE WHEN x{i}._parent IS NULL THEN 0 ELSE {at_most} END"
        least, most = (f"CASE WHEN {key} IS NOT NULL THEN {end} END" for end in (least, most))
        return [*self._with_ends(fact.id, value, lost, least, most), *parts]

    def _lost_aggregate(self, fact: CheckedFact, i: int, key: str) -> list[str]:
        """When an aggregate is lost for a record: the tests of which one is enough."""
        tests = [f"coalesce(a{i}.{quoted(flag(fact.id))}, false)"] if self.losses.of_fact(fact) is not None else []
        tests += [f"x{i}._parent IS NOT NULL"] if fact.link in self.program.lost.rows else []
        return [*tests, f"{key} IS NULL"] if self.losses.keyless(fact.table) else tests

    def _parent_source(self, parent: str, columns: list[str], step: Step) -> str:
        """The parent's key and columns: facts from its latest state, fields from its records."""
        definition = self.pack.tables[parent]
        state = self._last_step(parent, before=step.number)
        facts = [c for c in columns if c not in definition.fields]
        named = [f"f.{quoted(c)}" for c in dict.fromkeys([definition.key, *(c for c in columns if c in definition.fields)])]
        named += self._flags(parent, (c for c in columns if c in definition.fields), "f")
        source = f"{quoted(f'records_{parent}')} AS f"
        if facts and state is not None:
            named += [*(f"s.{quoted(c)}" for c in facts), *self._flags(parent, facts, "s")]
            source += f" JOIN state_{state.number} AS s ON s.{ROW} = f.{ROW}"
        return f"SELECT {', '.join(named)} FROM {source}"

    def _signature(self, table: str, atoms: Sequence[Atom]) -> str:
        """The sum over a word's atoms of value × 4^place."""
        parts = []
        for i, atom in enumerate(atoms):
            no, yes, unknown, lost = (f"CAST({value * 4**i} AS BIGINT)" for value in range(4))
            plain, settled = atom.sql, self.losses.settled(atom.sql, table)
            truth = {}
            for tree in (plain, settled):
                sql = self._expression(tree)
                otherwise = f"ELSE {no}" if isinstance(plain, exp.Is) else f"WHEN NOT ({sql}) THEN {no} ELSE {unknown}"
                truth[tree] = f"WHEN {sql} THEN {yes} {otherwise} END"
            test, touched = self.losses.of_atom(atom, table), self.losses.touched(atom, table)
            first = ""
            if test is not None and touched is not None:
                first = f"WHEN {self._expression(touched)} THEN CASE WHEN {self._expression(test)} THEN {lost} {truth[settled]} "
            parts.append(f"CASE {first}{truth[plain]}")
        return " + ".join(parts)

    def _sums(self, step: Step, link: str) -> str:
        """The aggregates of a step over one child table, a row a parent that has children; `_key` is the parent's key."""
        facts = [f for f in step.aggregates if f.link == link]
        child, key = str(facts[0].child), quoted(self.pack.key_of(facts[0]))
        columns = [f"{self._value(self.losses.settled(f.sql, child))} AS {quoted(f.id)}" for f in facts]
        columns += [f"{self._expression(part)} AS {quoted(c)}" for f in facts for c, part in self._parts(f).items()]
        lost = {f.id: test for f in facts if (test := self.losses.of_fact(f)) is not None}
        columns += [f"{self._expression(test)} AS {quoted(flag(fact))}" for fact, test in lost.items()]
        large = {f.id: test for f in facts if (test := self.losses.of_fact(f, here=True)) is not None}
        columns += [f"{self._expression(test)} AS {quoted(large_flag(fact))}" for fact, test in large.items()]
        counts = {f.id: both for f in facts if (both := self.losses.counts(f)) is not None}
        for fact, both in counts.items():
            columns += [f"{self._expression(n)} AS {quoted(to)}" for n, to in zip(both, ends(fact), strict=True)]
        with_totals = link == child and self._totals_come_with(step, child)
        if with_totals:
            columns += [f"CAST(sum({c}) AS BIGINT) AS {c}" for c in (SCORE, *self.counted)]
        state = self._last_step(child, before=step.number)
        if state is not None and (with_totals or any(f.uses_verdict or f.uses_rules for f in facts)):
            source = f"({self._judged_records(state)})"
        elif state is not None and any(c.name not in self.pack.tables[child].fields for f in facts for c in f.columns):
            source = f"state_{state.number}"
        else:
            source = quoted(f"records_{child}")
        return f"SELECT {', '.join([f'{key} AS _key', *columns])} FROM {source} AS c GROUP BY {key}"

    def _last_step(self, table: str, before: int) -> Step | None:
        return next((s for s in reversed(self.steps[:before]) if s.table == table), None)

    def _totals_come_with(self, step: Step, child: str) -> bool:
        """Whether the aggregates of this step can bring the child's totals along: it is decided and has no children itself."""
        state = self._last_step(child, before=step.number)
        first = next((s for s in self.steps if any(f.link == child and f.uses_verdict for f in s.aggregates)), None)
        return state is not None and state.last and not self.pack.children(child) and first is step

    # --------------------------------------------------------------------------------------------------------- results

    def _judged_records(self, step: Step) -> str:
        """A step's records with verdict, rank, score, findings and what met(…) and unmet(…) say, earlier steps included."""
        columns, source, judged = ["s.*"], f"state_{step.number} AS s", list[str]()
        current: Step | None = step
        while current is not None:
            if current.rules:
                n, at = current.number, "s"
                if current is not step:
                    at = f"s{n}"
                    source += f" JOIN state_{n} AS {at} ON {at}.{ROW} = s.{ROW}"
                    columns += [f"{at}.{word}" for word, _ in current.words]
                source += f" JOIN judged_{n} AS j{n} ON {same_words(current, at, f'j{n}')}"
                used = [state_column(s, r.id) for r in current.rules if r.id in self.program.used_rules for s in STATES]
                columns += [f"j{n}.{quoted(c)}" for c in used] + self._flags(step.table, used, f"j{n}")
                judged.append(f"j{n}")
            current = self.steps[current.previous] if current.previous is not None else None
        ranks = [f"{alias}.{RANK}" for alias in judged] or ["0"]
        worst = ranks[0] if len(ranks) == 1 else f"greatest({', '.join(ranks)})"
        if self.losses.named(step.table, VERDICT):
            columns.append(f"{worst.replace(RANK, KNOWN)} < {worst} AS {quoted(flag(VERDICT))}")
        whens = " ".join(f"WHEN {i} THEN {literal(outcome)}" for i, outcome in enumerate(self.pack.outcomes))
        columns += [f"{' + '.join(f'{alias}.{c}' for alias in judged) or 0} AS {c}" for c in (SCORE, *self.counted)]
        return f"SELECT {', '.join(columns)}, CASE {worst} {whens} END AS verdict FROM {source}"

    def totals_of(self, child: str) -> str | None:
        """The table that holds a child table's totals, by parent key; None for the units."""
        if child == self.pack.root:
            return None
        step = next((s for s in self.steps if self._totals_come_with(s, child)), None)
        return f"totals_{child}" if step is None else f"sums_{step.number}_{child}"

    def _totals(self, child: str) -> str:
        """totals_T: score and findings of the children in T, their own children's included, by parent key."""
        key, (source, sums) = f"c.{quoted(str(self.pack.parent_key(child)))}", self._with_totals(child, "c")
        columns = [f"{key} AS _key", *(f"CAST(sum({sql}) AS BIGINT) AS {c}" for c, sql in sums.items())]
        return f"SELECT {', '.join(columns)} FROM {source} GROUP BY {key}"

    def _with_totals(self, table: str, alias: str) -> tuple[str, dict[str, str]]:
        """A table's judged records, joined with its children's totals; score and findings with these."""
        source = f"({self._judged_records(self.program.steps_on(table)[-1])}) AS {alias}"
        sums = {c: f"{alias}.{c}" for c in (SCORE, *self.counted)}
        for i, child in enumerate(self.pack.children(table)):
            key = quoted(self.pack.tables[table].key)
            source += f" LEFT JOIN {quoted(str(self.totals_of(child)))} AS t{i} ON t{i}._key = {alias}.{key}"
            sums = {c: f"{sql} + coalesce(t{i}.{c}, 0)" for c, sql in sums.items()}
        return source, sums

    def _judged(self, table: str) -> str:
        steps = self.program.steps_on(table)
        source, sums = self._with_totals(table, "j")
        facts = [f"{self._shown(table, f, 'j')} AS {quoted(f)}" for f in self._facts_so_far(steps[-1])]
        words = [f"j.{word}" for step in steps for word, _ in step.words]
        columns = [f"j.{ROW}", *facts, "j.verdict", *self._counts(sums)[:2], *words]
        return f"SELECT {', '.join(columns)} FROM {source} ORDER BY j.{ROW}"

    def _verdicts(self) -> str:
        root = self.pack.tables[self.pack.root]
        source, sums = self._with_totals(self.pack.root, "u")
        fields = dict.fromkeys([root.key, *([root.label] if root.label else []), *root.stored.fields])
        facts = self.pack.facts_of(self.pack.root)
        columns = [f"r.{quoted(f)}" for f in fields] + [f"{self._shown(f.table, f.id, 'u')} AS {quoted(f.id)}" for f in facts]
        source += f" JOIN {quoted(f'records_{self.pack.root}')} AS r ON r.{ROW} = u.{ROW}"
        return f"SELECT {', '.join([*columns, 'u.verdict', *self._counts(sums)])} FROM {source} ORDER BY u.{ROW}"

    def _shown(self, table: str, fact: str, alias: str) -> str:
        """A fact as results have it: a number as wide as with any records; a day beyond the calendar is none."""
        found, column = self.pack.fact(Column(table, fact)), f"{alias}.{quoted(fact)}"
        if found is None or found.type is not Type.DATE:
            return column if found is None else shown(found.sql, column)
        return f"CASE WHEN {column} BETWEEN DATE '{date.min}' AND DATE '{date.max}' THEN {column} END"

    def _counts(self, sums: Mapping[str, str]) -> list[str]:
        """Score, findings, and findings by outcome, as results name them."""
        by_rank = dict(zip(self.program.ranks, (sums[c] for c in self.counted), strict=True))
        each = ", ".join(f"{literal(o)}: CAST({by_rank.get(i, 0)} AS BIGINT)" for i, o in enumerate(self.pack.outcomes))
        findings = f"CAST({' + '.join(by_rank.values()) or 0} AS BIGINT) AS findings"
        return [f"CAST({sums[SCORE]} AS BIGINT) AS score", findings, f"{{{each}}} AS findings_by_outcome"]
