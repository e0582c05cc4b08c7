"""A review and a unit -> why its verdict is what it is: the tree of `explanation`.

The unit and its records are read from the review folder, with the truth of every condition, and nothing is judged again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from sqlglot import exp

from lookback.judging.program import Program
from lookback.judging.reasons import Reasons
from lookback.judging.trial import Got, RecordKey
from lookback.language import conditions as logic
from lookback.language.atoms import written
from lookback.language.conditions import ALWAYS, And, Condition, Is, Not, Or, Truth
from lookback.language.operators import bound
from lookback.language.scope import STATES, state_column
from lookback.language.sql import literal
from lookback.language.sql import written as sql_written
from lookback.language.types import Column, Value, text_of
from lookback.packs.checked import NOT_JUDGED, CheckedFact, CheckedPack, CheckedRule, Named
from lookback.packs.sentences import Sentences
from lookback.place import temporary
from lookback.reviews._margins import Room, margins, rests_on, sides
from lookback.reviews._settling import Settler
from lookback.reviews.explanation import (
    ClauseSaid,
    Counted,
    Derived,
    Explanation,
    Joint,
    Leaf,
    Margin,
    RecordSeen,
    RuleSeen,
    Saw,
    Shared,
    Tree,
)
from lookback.reviews.flagged import phrases_of
from lookback.reviews.folder import (
    READ,
    OneUnit,
    Review,
    Row,
    got_of,
    load,
    lost_of,
    one_unit,
    program_of,
    reading,
    rows_of,
    unjudged,
    whole,
)
from lookback.warehouse.duckdb import DuckDB, path_literal, quoted
from lookback.warehouse.duckdb import literal as text_literal
from lookback.words import say

MOST_SIBLINGS = 100
"""Keys of siblings that an explanation names."""
AT_ONCE = 200
"""Units that are read together where many are explained."""


def explain(review: Review, unit: str, lang: str) -> Explanation:
    """Why a unit of a review has its verdict. `unit`: its key, or its label where only one unit has it.

    Raises UsageError where there is no such unit, or where the review's files are not what it was written with.
    """
    if (row := unjudged(review, unit)) is not None:
        return _not_judged(review.pack(), row, lang)
    with one_unit(review, unit) as one:
        return _Explainer(one, lang, review).explanation(one.verdict)


def explain_each(review: Review, units: Sequence[str], lang: str) -> Iterator[Explanation]:
    """Why units, by their keys or places, have their verdicts, one after the other: of their rules only those that are found, and
    those that are met with little room; not what is shared, nor the reasons of findings that the conditions say.

    Raises UsageError where the review's files are not what it was written with."""
    program = program_of(review)
    review.require(*READ)
    with closing(DuckDB(None, threads=1)) as apart:
        settler = Settler(program.pack, apart)  # it keeps what it found out
        for start in range(0, len(units), AT_ONCE):
            yield from _some(review, program, units[start : start + AT_ONCE], lang, settler)


def _some(review: Review, program: Program, some: Sequence[str], lang: str, settler: Settler) -> Iterator[Explanation]:
    """The same of so many as are read together."""
    with temporary() as folder, closing(DuckDB(Path(folder))) as warehouse, reading(review.folder):
        load(review.folder, program.pack, some, warehouse)
        key = f"CAST({quoted(program.pack.tables[program.pack.root].key)} AS VARCHAR)"
        verdicts = f"read_parquet({path_literal(review.folder / 'verdicts.parquet')})"
        query = f"SELECT *, {key} AS _called FROM {verdicts} SEMI JOIN units_to_load u ON u.unit = {key}"
        rows = {row["_called"]: row for row in rows_of(warehouse, query)}
        one = OneUnit(program, warehouse, {}, got_of(program, warehouse))
        explainer = _Explainer(one, lang, review, settler)
        for unit in some:
            if unit in rows:
                yield explainer.explanation(rows[unit])
            elif (row := unjudged(review, unit)) is not None:
                yield _not_judged(program.pack, row, lang)


def _not_judged(pack: CheckedPack, row: Row, lang: str) -> Explanation:
    """Of a unit without a usable key: why, what could be read of it, what to do."""
    names, root = Named(pack, lang), pack.tables[pack.root]
    why = "unreadable" if row["_why"] == "no-key" and row["_value"] is not None else row["_why"]
    key = names.field(pack.root, root.key)
    why = say(lang, f"explain.unjudged.{why}", key=key, value=row["_value"])
    values = [
        say(lang, "explain.value", title=names.field(pack.root, f), value=names.value(row[f], Column(pack.root, f)))
        for f in root.columns
        if row[f] is not None
    ]
    known = [say(lang, "explain.unjudged-known", values=say(lang, "reason.and").join(values))] if values else []
    label = row[root.label] if root.label else None
    unit = RecordSeen(pack.root, row["_place"], None if label is None else text_of(label), NOT_JUDGED, (), None, ())
    return Explanation(
        pack=pack.pack.header.pack,
        version=pack.pack.header.version,
        outcomes=pack.outcomes,
        params=pack.params,
        score=0,
        findings=0,
        unit=unit,
        titles={f"outcome.{NOT_JUDGED}": names.outcome(NOT_JUDGED)},
        not_judged=(
            say(lang, "explain.unjudged", why=why),
            *known,
            say(lang, "explain.unjudged-do", place=row["_place"], key=key),
        ),
    )


class _Explainer:
    """The trees of the units that the warehouse has. `brief`, where there is a settler for many: as
    `explain_each` says."""

    def __init__(self, one: OneUnit, lang: str, review: Review, settler: Settler | None = None) -> None:
        self.brief = settler is not None
        self.tellable: dict[tuple[str, tuple[Truth, ...]], tuple[bool, bool]] = {}
        """By situation of a rule whether it is found there, and whether it is met there by a comparison that may be near."""
        self.said: dict[tuple[str, int, bool], tuple[str, str]] = {}
        self.pack, self.lang, self.got = one.pack, lang, one.got
        self.program, pack, warehouse = one.program, one.pack, one.warehouse
        self.reasons = Reasons(pack, lang)
        self.sentences = Sentences(pack, lang)
        self.names = self.sentences.names
        self.settler = settler or Settler(pack, warehouse)
        self.clauses = {c.clause: c for _, c in pack.pack.clauses or ()}
        self.rows: dict[RecordKey, Row] = {}
        self.children: dict[tuple[str, Value], list[Value]] = {}
        for table in pack.top_down():
            self._read(table, warehouse)
        self.findings = f"read_parquet({path_literal(review.folder / 'findings.parquet')})"
        elsewhere = "(SELECT s.*, d.rule FROM said_elsewhere s JOIN decisions d USING (finding) WHERE s.lang = {})"
        self.told = self.findings if review.summary["language"] == lang else elsewhere.format(text_literal(lang))
        self.of_lost = Reasons(pack, lang, lost_of(review.folder, review.summary))
        self.why = {table: self._why(table, warehouse) for table in pack.tables}
        worked_out = [f for step in self.program.steps for f in step.facts if f.child is not None]  # what no rule needs is not
        self.counted = {(f.table, f.id): self._counts(f, warehouse) for f in worked_out if f.below and f.via is None}
        self.beside = {(f.table, f.id): self._beside(f, warehouse, review) for f in worked_out if not f.below}

    def explanation(self, verdict: Row) -> Explanation:
        header = self.pack.pack.header
        return Explanation(
            pack=header.pack,
            version=header.version,
            outcomes=self.pack.outcomes,
            params=self.pack.params,
            score=verdict["score"],
            findings=verdict["findings"],
            unit=self._record(self.pack.root, verdict[self.pack.tables[self.pack.root].key]),
            not_handed_in=bool(verdict.get("_not_handed_in")),
            shared=() if self.brief else tuple(self._shared(verdict[self.pack.tables[self.pack.root].key])),
            titles={f"outcome.{o}": title for o, title in self.names.outcomes.items()}
            | {f"table.{name}": self.names.table(name) for name in self.pack.tables}
            | {
                f"field.{t}.{field}": self.names.field(t, field)
                for t, table in self.pack.tables.items()
                for field in table.fields
            },
        )

    # ------------------------------------------------------------------------------------------------ values, by record

    def _read(self, table: str, warehouse: DuckDB) -> None:
        """`whole_<table>`, the records with their facts and verdicts and their parent's; then `rows`."""
        definition, parent_key = self.pack.tables[table], self.pack.parent_key(table)
        columns = ["r.*", *(f"j.{quoted(f.id)}" for step in self.program.steps_on(table) for f in step.facts), "j.verdict"]
        for rule in (r for r in self.pack.rules_for(table) if r.id in self.program.used_rules):
            for state, statuses in STATES.items():
                so = [key for (of, key), got in self.got.items() if of == table and got.statuses[rule.id] in statuses]
                listed = ", ".join(sql_written(literal(key)) for key in so) or "NULL"
                column = quoted(state_column(state, rule.id))
                columns.append(f"coalesce(r.{quoted(definition.key)} IN ({listed}), false) AS {column}")
        source = f"{quoted(f'records_{table}')} r JOIN {quoted(f'judged_{table}')} j ON j._row = r._row"
        if parent_key is not None:
            parent = str(definition.belongs_to)
            above = [c for c in warehouse.columns(f"whole_{parent}") if "." not in c and not c.startswith("_")]
            columns += [f"p.{quoted(c)} AS {quoted(f'{parent}.{c}')}" for c in above]
            source += f" JOIN {quoted(f'whole_{parent}')} p ON p.{quoted(parent_key)} = r.{quoted(parent_key)}"
        warehouse.create(f"whole_{table}", f"SELECT {', '.join(columns)} FROM {source} ORDER BY r._row")
        compared = {a.text: sides(a.sql) for rule in self.pack.rules_for(table) for a in rule.atoms}
        more = [
            f"{sql_written(bound(side, self.pack.params))} AS {quoted(f'{text} {i}')}"
            for text, of_atom in compared.items()
            for i, side in enumerate(of_atom)
        ]
        for row in rows_of(warehouse, f"SELECT {', '.join(['*', *more])} FROM {quoted(f'whole_{table}')} ORDER BY _row"):
            self.rows[table, row[definition.key]] = row
            if parent_key is not None:
                self.children.setdefault((table, row[parent_key]), []).append(row[definition.key])

    def _why(self, table: str, warehouse: DuckDB) -> dict[tuple[Value, str], str]:
        """The reasons of the findings on the records of a table, by key and rule."""
        key = self.pack.tables[table].key
        alike: dict[tuple[str, tuple[Truth, ...]], list[Value]] = {}
        for (of, record), got in self.got.items():
            for rule, status in got.statuses.items() if of == table else ():
                if self.pack.outcome(self.pack.by_id[rule], got.situations[rule], status) is not None:
                    alike.setdefault((rule, got.situations[rule]), []).append(record)
        found: dict[tuple[Value, str], str] = {}
        for (rule, values), records in alike.items():
            if self.brief and not logic.lost(self.pack.by_id[rule], values):
                continue
            siblings = any(f is not None and f.among for f, _ in self.reasons.graph.walk(self.pack.by_id[rule].columns))
            if siblings or logic.lost(self.pack.by_id[rule], values):  # only the review knows what others say
                query = f'SELECT record, reason FROM {self.told} WHERE "table" = ? AND rule = ?'
                said_of = dict(warehouse.run(query, [table, rule]).fetchall())
                found |= {(record, rule): said_of[str(record)] for record in records if str(record) in said_of}
                records = [record for record in records if str(record) not in said_of]
            if not records:
                continue
            sentence = self.reasons.sentence(phrases_of(self.of_lost, self.reasons, self.pack.by_id[rule], values))
            listed = ", ".join(sql_written(literal(record)) for record in records)
            of_them = f"{quoted(f'whole_{table}')} WHERE {quoted(key)} IN ({listed})"
            for record, said in warehouse.rows(f"SELECT {quoted(key)}, {sql_written(sentence)} FROM {of_them}"):
                found[record, rule] = said
        return found

    def _counts(self, fact: CheckedFact, warehouse: DuckDB) -> Mapping[Value, list[str]]:
        """Of each record that has the fact the keys of those children that count in it."""
        child, test = str(fact.child), self._test(fact)
        parent_key, key = quoted(str(self.pack.parent_key(child))), quoted(self.pack.tables[child].key)
        query = f"SELECT {parent_key}, list(CAST({key} AS VARCHAR) ORDER BY _row) FROM {quoted(f'whole_{child}')}"
        return dict(warehouse.rows(f"{query} WHERE {test} GROUP BY 1"))

    def _beside(self, fact: CheckedFact, warehouse: DuckDB, review: Review) -> Mapping[Value, tuple[list[str], int, int]]:
        """Of each record that has the fact the keys of the siblings that count in it, how many do, and out of how many: of the
        whole review."""
        table, key = fact.table, quoted(self.pack.tables[fact.table].key)
        among = [quoted(a) for a in fact.among or ()]
        named = ", ".join(f"{a} AS _k{i}" for i, a in enumerate(among)) or "true AS _k0"
        counts = f"FILTER (WHERE {self._test(fact)})"
        keys = f"(list(CAST({key} AS VARCHAR) ORDER BY _row) {counts})[:{MOST_SIBLINGS}]"
        those = f"{keys} AS _keys, count(*) {counts} AS _n, count(*) AS _of"
        all_ = f"SELECT {named}, {those} FROM ({whole(review, table, warehouse)}) GROUP BY ALL"
        on = " AND ".join(f"o._k{i} = w.{a}" for i, a in enumerate(among)) or "true"
        own = f"coalesce({self._test(fact)}, false)" if fact.fact.others else "false"
        them = f"SELECT {key} AS _key, {own} AS _own, * FROM {quoted(f'whole_{table}')}"
        found = warehouse.rows(f"SELECT w._key, w._own, o._keys, o._n, o._of FROM ({them}) AS w JOIN ({all_}) AS o ON {on}")
        others = fact.fact.others
        return {
            record: ([k for k in keys or () if not (others and k == str(record))], n - bool(own), of - others)
            for record, own, keys, n, of in found
        }

    def _test(self, fact: CheckedFact) -> str:
        """SQL of whether an aggregate of a fact takes a record into account."""
        tests = []
        for aggregate in fact.sql.find_all(exp.AggFunc):
            if isinstance(aggregate, exp.Filter):
                continue
            argument = aggregate.this
            if isinstance(argument, exp.Distinct):
                argument = argument.expressions[0]
            test: exp.Expr = exp.true()
            if fact.hidden and isinstance(argument, exp.Column):  # findings below a record
                test = exp.GT(this=argument.copy(), expression=exp.Literal.number(0))
            elif not isinstance(argument, exp.Star):
                test = exp.Not(this=exp.Is(this=exp.Paren(this=argument.copy()), expression=exp.null()))
            if isinstance(aggregate.parent, exp.Filter):
                test = exp.and_(test, aggregate.parent.expression.this.copy())
            tests.append(test)
        return bound(exp.or_(*tests), self.pack.params).sql(dialect="duckdb")

    def _holder(self, table: str, row: Row, column: Column) -> tuple[str, Row]:
        """The record that has a column: this one, or its parent."""
        if column.table == table:
            return table, row
        return column.table, self.rows[column.table, row[str(self.pack.parent_key(table))]]

    def _is_blank(self, table: str, row: Row, column: Column) -> bool:
        holder = self._holder(table, row, column)[1]
        return holder[column.name] is None and not _is_lost(holder, column)

    # ------------------------------------------------------------------------------------------------- records and rules

    def _record(self, table: str, key: Value) -> RecordSeen:
        row, got, definition = self.rows[table, key], self.got[table, key], self.pack.tables[table]
        label = row[definition.label] if definition.label else None
        rules = self.pack.rules_for(table)
        unknown = [(rule, logic.unsaid(got.situations[rule.id])) for rule in rules if got.statuses[rule.id] == "unknown"]
        return RecordSeen(
            table=table,
            key=str(key),
            label=text_of(label) if label is not None else None,
            verdict=got.verdict,
            rules=tuple(self._rule(rule, row, got) for rule in rules if not self.brief or self._is_told(rule, row, got)),
            unknown=self.settler.settle(table, unknown, lambda c: self._is_blank(table, row, c)) if unknown else None,
            records=tuple(
                self._record(child, one) for child in self.pack.children(table) for one in self.children.get((child, key), ())
            ),
        )

    def _is_told(self, rule: CheckedRule, row: Row, got: Got) -> bool:
        """Whether a rule is found, or met with little room."""
        values, status = got.situations[rule.id], got.statuses[rule.id]
        if (rule.id, values) not in self.tellable:
            found = self.pack.outcome(rule, values, status) is not None
            near = any(sides(rule.atoms[atom].sql) for atom in rests_on(rule, values))
            self.tellable[rule.id, values] = found, near
        found, near = self.tellable[rule.id, values]
        return found or (near and bool(margins(rule, values, _compared(rule, row))))

    def _rule(self, rule: CheckedRule, row: Row, got: Got) -> RuleSeen:
        values, status = got.situations[rule.id], got.statuses[rule.id]
        found = status in ("unmet", "unknown")
        blamed = set(logic.blame(rule, values)) if found else set()
        asked = blamed if logic.truth(rule.require, values) != "t" else set()
        applies = blamed if logic.truth(rule.when, values) in ("u", "l") else set()
        when = rule.when if found and logic.truth(rule.shared, values) != "t" else rule.own
        return RuleSeen(
            rule=rule.id,
            title=self.names.rule(rule.id),
            clauses=tuple(self._clause(clause) for clause in rule.rule.clauses),
            status=status,
            outcome=self.pack.outcome(rule, values, status),
            weight=rule.rule.weight,
            reason=self.why[rule.table].get((row[self.pack.tables[rule.table].key], rule.id)),
            advice=rule.rule.advice.in_(self.lang) if found and rule.rule.advice else None,
            not_counted=because.in_(self.lang) if found and (because := self.pack.not_counted(rule)) else None,
            when=None if when == ALWAYS else self._tree(rule, when, values, applies, row),
            require=self._tree(rule, rule.require, values, asked, row),
            margins=tuple(self._margin(rule, row, values, room) for room in margins(rule, values, _compared(rule, row))),
        )

    def _shared(self, unit: Value) -> Iterator[Shared]:
        """What the rules of each file share, as the first record of the unit shows it that is judged by one of them."""
        below = [(table, key) for table in self.pack.children(self.pack.root) for key in self.children.get((table, unit), ())]
        for file in self.pack.pack.shared:
            rules = {rule.table: rule for rule in reversed(self.pack.rules) if rule.file == file}
            one = next((record for record in ((self.pack.root, unit), *below) if record[0] in rules), None)
            if one is not None:
                rule = rules[one[0]]
                tree = self._tree(rule, rule.shared, self.got[one].situations[rule.id], set(), self.rows[one])
                yield Shared(Path(file).name, sum(rule.file == file for rule in self.pack.rules), tree)

    def _clause(self, id_: str) -> ClauseSaid:
        known = self.clauses.get(id_)
        where = known.where.in_(self.lang) if known and known.where else None
        return ClauseSaid(id_, where, known.summary.in_(self.lang) if known else None)

    def _margin(self, rule: CheckedRule, row: Row, values: Sequence[Truth], room: Room) -> Margin:
        limit = self.names.constant(rule.table, room.subject, room.limit)
        at = self._shown(room.at)
        key = str(row[self.pack.tables[rule.table].key])
        named = self.names.written(rule.table, room.limit) if limit is None else ""
        return Margin(
            rule=rule.id,
            table=rule.table,
            record=key,
            name=self.names.written(rule.table, room.subject),
            value=room.value,
            shown=self._shown(room.value),
            limit=say(self.lang, "reason.value-of", name=named, value=at) if named else at,
            room=room.room,
            kind=room.kind,
            tightness=room.tightness,
            sentence=self.sentences.atom(rule, room.atom, values[room.atom] == "t"),
        )

    # ---------------------------------------------------------------------------------------------------- conditions

    def _tree(
        self, rule: CheckedRule, condition: Condition, values: Sequence[Truth], blamed: set[int], row: Row, negated: bool = False
    ) -> Tree:
        match condition:
            case Is(number):
                atom = rule.atoms[number]
                if (rule.id, number, negated) not in self.said:
                    said = written(atom.sql, negated), self.sentences.atom(rule, number, not negated)
                    self.said[rule.id, number, negated] = said
                text, sentence = self.said[rule.id, number, negated]
                return Leaf(
                    kind="condition",
                    truth=logic.OPPOSITE[values[number]] if negated else values[number],
                    matters=number in blamed,
                    text=text,
                    sentence=sentence,
                    saw=tuple(self._saw(rule.table, row, column, values[number] == "l") for column in atom.columns),
                )
            case Not(Is() as leaf):
                return self._tree(rule, leaf, values, blamed, row, True)
            case Not(of):
                part = self._tree(rule, of, values, blamed, row)
                return Joint("not", logic.truth(condition, values), part.matters, (part,))
            case And(parts) | Or(parts):
                is_ = logic.truth(condition, values)
                # what is otherwise than the whole does not make it what it is
                of_parts = [
                    self._tree(rule, part, values, blamed if logic.makes(logic.truth(part, values), is_) else set(), row)
                    for part in parts
                ]
                matters = any(part.matters for part in of_parts)
                return Joint("and" if isinstance(condition, And) else "or", is_, matters, tuple(of_parts))

    def _saw(self, table: str, row: Row, column: Column, lost: bool = False) -> Saw:
        """`lost`: the condition is; a fact in it that has no value rests on what was lost."""
        holder, its = self._holder(table, row, column)
        value = its[column.name]
        fact = self.pack.fact(column)
        shown = self._shown(value, column)
        if value is None and (_is_lost(its, column) or (lost and fact is not None)):
            shown = say(self.lang, "explain.lost-value")
        of = self.pack.tables[column.table].looked_up.get(column.name)
        if of is not None and its.get(of.hops[0]) is not None:
            shown = say(
                self.lang, "explain.looked-up", value=shown, name=self.names.field(column.table, of.hops[0]), key=its[of.hops[0]]
            )
        derived = self._derived(holder, its, fact) if fact is not None else None
        return Saw(column, self.names.column(table, column), value, shown, derived)

    def _derived(self, table: str, row: Row, fact: CheckedFact) -> Derived:
        params = self.pack.params
        value = " ".join(fact.fact.value.split())
        if fact.hidden and fact.child is None:
            value = self._found_under(table, row, fact)
        value = re.sub(r":([a-z]\w*)", lambda m: self._shown(params[m[1]]) if m[1] in params else m[0], value)
        if fact.child is None:
            return Derived(value, tuple(self._saw(table, row, column) for column in fact.columns), None)
        if fact.via is not None:  # the records may be of other units
            return Derived(value, (), None)
        key = row[self.pack.tables[table].key]
        if fact.among is not None:
            some, n, of = self.beside[fact.table, fact.id].get(key, ([], 0, 0))
            return Derived(value, (), Counted(table, self.names.table(table), tuple(some), of, n, siblings=True))
        of = len(self.children.get((fact.child, key), ()))
        keys = self.counted[fact.table, fact.id].get(key, [])
        return Derived(value, (), Counted(fact.child, self.names.table(fact.child), tuple(keys), of, len(keys)))

    def _found_under(self, table: str, row: Row, fact: CheckedFact) -> str:
        """Of what counts findings under a tag the record's own, each with what it counts, and what is below."""
        statuses = self.got[table, row[self.pack.tables[table].key]].statuses
        found = [rule for rule in fact.uses_rules if statuses[rule] in ("unmet", "unknown")]
        weights = [self.pack.by_id[rule].rule.weight if fact.id.startswith("score") else 1 for rule in found]
        own = [f"{weight} ({rule})" for rule, weight in zip(found, weights, strict=True)]
        return " + ".join([*own, *(column.name for column in fact.columns)]) or "0"

    def _shown(self, value: Value, column: Column | None = None) -> str:
        return self.names.value(value, column)


def _compared(rule: CheckedRule, row: Row) -> dict[int, list[Value]]:
    """What the comparisons of a rule compared on a record."""
    return {i: [row[f"{a.text} {n}"] for n in range(len(sides(a.sql)))] for i, a in enumerate(rule.atoms)}


def _is_lost(row: Row, column: Column) -> bool:
    """Whether what stood in a field of a record could not be used."""
    return bool(row.get(f"_lost_{column.name}"))
