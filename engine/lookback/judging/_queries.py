"""The plan's queries, as sqlglot trees that a warehouse writes in its own dialect.

Names in the warehouse, for table T and step n:

    records_T   the typed records: `_row` (position), `_unit` (the key of the unit it belongs to), the fields
    state_n     a row a record: keys, facts so far, what is aggregated later, and the *signature*: the truth of all atoms,
                two bits an atom (0 false, 1 true, 2 unknown) in 64-bit words `w0`, `w1`, …
    seen_n      the distinct signatures and how many records have each
    judged_n    a row a signature: its number `_sig`, worst rank, score, number of findings, which rules of unmet(…) are unmet
    found_n     a row a signature and finding: `_sig`, `_finding`
    decisions_n a row a finding: rule, status, outcome, reason
    sums_n_T    the aggregates of step n over T, a row a parent; the first that counts T's verdicts may hold the totals of T, too
    totals_T    score and number of findings a parent, from its children in T, where no `sums_n_T` holds them
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlglot import exp

from lookback.judging.program import ATOMS_PER_WORD, Plan, Step
from lookback.language.operators import bound
from lookback.language.scope import unmet_column
from lookback.language.sql import integer, name, named, table
from lookback.packs.checked import CheckedFact

FINDING_COLUMNS = ("table", "record", "unit", "rule", "clause", "status", "outcome", "reason")
DECISION_COLUMNS = ("_rule", "_clause", "_status", "_outcome", "_text", "_mask", "_place")
"""Underscored, as a record may have a field `status` of its own."""
ROW, UNIT, RANK, SCORE, FINDINGS = "_row", "_unit", "_rank", "_score", "_findings"
SIGNATURE, FINDING = "_sig", "_finding"


class Queries:
    """The queries of one plan."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.pack = plan.pack

    # ------------------------------------------------------------------------------------------------ records -> states

    def state(self, step: Step) -> exp.Expr:
        """state_n: facts and signatures, in the order of the records."""
        kept = [ROW, *self._keys(step.table), *self._facts_so_far(step), *self._kept(step)]
        query = self._base(step)
        for level in step.derived:
            facts = [named(bound(f.sql, self.pack.params), f.id) for f in level]
            query = exp.select(exp.Star(), *facts, copy=False).from_(query.subquery("r", copy=False), copy=False)
        columns: list[exp.Expr] = [name(c) for c in dict.fromkeys(kept)]
        columns += [named(self._signature(step, word), f"w{word}") for word in range(step.words)]
        query = exp.select(*columns, copy=False).from_(query.subquery("r", copy=False), copy=False)
        return query.order_by(name(ROW), copy=False) if self._joins(step) else query

    def _keys(self, table_: str) -> list[str]:
        """The keys by which a table's states are joined: its parent's, and its own where children name it."""
        parent = self.pack.parent_key(table_)
        own = parent is None or self.pack.children(table_)
        return [*([self.pack.tables[table_].key] if own else []), *([parent] if parent else [])]

    def _kept(self, step: Step) -> list[str]:
        """What a state keeps of the carried columns: the parent's, and own fields that are aggregated later. Reasons take
        own fields from the records, for the few that have a finding."""
        own = self.pack.tables[step.table].fields
        summed = {c.name for f in self.pack.facts if f.child == step.table for c in f.columns}
        return [c for c in step.carried if c not in own or c in summed]

    def _facts_so_far(self, step: Step) -> list[str]:
        before = self.plan.steps[step.previous] if step.previous is not None else None
        return [*(self._facts_so_far(before) if before else []), *(f.id for f in step.facts)]

    def _joins(self, step: Step) -> bool:
        return bool(step.aggregates) or step.previous is not None or bool(self._parents_columns(step))

    def _parents_columns(self, step: Step) -> list[str]:
        """The parent's fields and facts that the step names, or carries along for its reasons."""
        named_ = [c for f in step.facts if f.child is None for c in f.columns] + [c for a in step.atoms for c in a.columns]
        prefix = f"{self.pack.tables[step.table].belongs_to}."
        carried = {c.removeprefix(prefix) for c in step.carried if c.startswith(prefix)}
        return sorted({c.name for c in named_ if c.table != step.table} | carried)

    def _base(self, step: Step) -> exp.Select:
        """The records with everything that the step's expressions name."""
        pack = self.pack
        used = {c.name for f in step.facts if f.child is None for c in f.columns if c.table == step.table}
        used |= {c.name for a in step.atoms for c in a.columns if c.table == step.table}
        wanted = [f for f in pack.tables[step.table].fields if f in used | set(self._kept(step)) | set(self._keys(step.table))]
        query = exp.select(name(ROW, "r"), *(name(f, "r") for f in wanted), copy=False).from_(
            table(f"records_{step.table}", "r"), copy=False
        )
        if step.previous is not None:
            before = self.plan.steps[step.previous]
            query = query.select(*(name(f, "p") for f in self._facts_so_far(before)), copy=False)
            query = query.join(
                table(f"state_{before.number}", "p"), on=exp.EQ(this=name(ROW, "p"), expression=name(ROW, "r")), copy=False
            )
        parents = self._parents_columns(step)
        if parents:
            parent = str(pack.tables[step.table].belongs_to)
            source = self._parent_source(parent, parents, step)
            query = query.select(*(named(name(c, "u"), f"{parent}.{c}") for c in parents), copy=False)
            key = pack.tables[parent].key
            query = query.join(
                source.subquery("u", copy=False), on=exp.EQ(this=name(key, "u"), expression=name(key, "r")), copy=False
            )
        for i, child in enumerate(dict.fromkeys(f.child for f in step.aggregates)):
            facts = [f for f in step.aggregates if f.child == child]
            alias = f"a{i}"
            key = pack.tables[step.table].key
            query = query.select(*(named(self._or_none(f, alias), f.id) for f in facts), copy=False)
            query = query.join(
                table(f"sums_{step.number}_{child}", alias),
                on=exp.EQ(this=name("_key", alias), expression=name(key, "r")),
                join_type="left",
                copy=False,
            )
        return query

    def _parent_source(self, parent: str, columns: list[str], step: Step) -> exp.Select:
        """The parent's key and columns: facts from its latest state, fields from its records."""
        key = self.pack.tables[parent].key
        state = self.plan.last_step(parent, before=step.number)
        fields = [c for c in columns if c in self.pack.tables[parent].fields and c != key]
        facts = [c for c in columns if c not in self.pack.tables[parent].fields]
        query = exp.select(name(key, "f"), *(name(c, "f") for c in fields), copy=False).from_(
            table(f"records_{parent}", "f"), copy=False
        )
        if facts and state is not None:
            query = query.select(*(name(c, "s") for c in facts), copy=False)
            query = query.join(
                table(f"state_{state.number}", "s"), on=exp.EQ(this=name(ROW, "s"), expression=name(ROW, "f")), copy=False
            )
        return query

    def _signature(self, step: Step, word: int) -> exp.Expr:
        """The sum over a word's atoms of value × 4^position."""
        first = word * ATOMS_PER_WORD
        parts = []
        for i, atom in enumerate(step.atoms[first : first + ATOMS_PER_WORD]):
            sql = bound(atom.sql, self.pack.params)
            ifs = [exp.If(this=sql, true=_big(4**i))]
            if isinstance(sql, exp.Is):
                parts.append(exp.Case(ifs=ifs, default=_big(0)))
            else:
                ifs.append(exp.If(this=exp.Not(this=exp.Paren(this=sql.copy())), true=_big(0)))
                parts.append(exp.Case(ifs=ifs, default=_big(2 * 4**i)))
        return _added(parts)

    # ------------------------------------------------------------------------------------------------------- aggregates

    def sums(self, step: Step, child: str) -> exp.Expr:
        """The aggregates of a step over one child table, a row a parent that has children; `_key` is the parent's key."""
        key = str(self.pack.parent_key(child))
        facts = [f for f in step.aggregates if f.child == child]
        columns = [named(bound(f.sql, self.pack.params), f.id) for f in facts]
        if self.totals_come_with(step, child):
            columns += [named(_sum(name(SCORE)), SCORE), named(_sum(name(FINDINGS)), FINDINGS)]
        judged = any(f.uses_verdict or f.uses_rules for f in facts) or self.totals_come_with(step, child)
        state = self.plan.last_step(child, before=step.number)
        if judged and state is not None:
            source: exp.Expr = self.judged_records(state).subquery("c", copy=False)
        elif state is not None and any(c.name not in self.pack.tables[child].fields for f in facts for c in f.columns):
            source = table(f"state_{state.number}", "c")
        else:
            source = table(f"records_{child}", "c")
        return (
            exp.select(named(name(key), "_key"), *columns, copy=False).from_(source, copy=False).group_by(name(key), copy=False)
        )

    def totals_come_with(self, step: Step, child: str) -> bool:
        """Whether the aggregates of this step can bring the child's totals along: it is decided and has no children itself."""
        state = self.plan.last_step(child, before=step.number)
        first = next((s for s in self.plan.steps if any(f.child == child and f.uses_verdict for f in s.aggregates)), None)
        return state is not None and state.last and not self.pack.children(child) and first is step

    def totals_of(self, child: str) -> str:
        """The table that holds a child table's totals, by parent key."""
        step = next((s for s in self.plan.steps if self.totals_come_with(s, child)), None)
        return f"totals_{child}" if step is None else f"sums_{step.number}_{child}"

    def _or_none(self, fact: CheckedFact, alias: str) -> exp.Expr:
        """An aggregate; for a parent without children what it is over no rows."""

        def over_none(node: exp.Expr) -> exp.Expr:
            if isinstance(node, exp.Filter):
                node = node.this
            if isinstance(node, exp.Count):
                return integer(0)
            return exp.null() if isinstance(node, exp.Sum | exp.Min | exp.Max | exp.Avg) else node

        empty = bound(fact.sql, self.pack.params).transform(over_none)
        if isinstance(empty, exp.Null):
            return name(fact.id, alias)
        no_children = exp.Is(this=name("_key", alias), expression=exp.null())
        return exp.Case(ifs=[exp.If(this=no_children, true=empty)], default=name(fact.id, alias))

    # ----------------------------------------------------------------------------------------- situations and outcomes

    def seen(self, step: Step) -> exp.Expr:
        words = [name(f"w{w}") for w in range(step.words)]
        return (
            exp.select(*words, named(exp.Count(this=exp.Star(), big_int=True), "n"), copy=False)
            .from_(table(f"state_{step.number}"), copy=False)
            .group_by(*(w.copy() for w in words), copy=False)
        )

    def judged_records(self, step: Step) -> exp.Select:
        """A step's records with verdict, rank, score, findings and the rules named in unmet(…), earlier steps included."""
        query = exp.select(exp.Column(this=exp.Star(), table=exp.to_identifier("s", quoted=True)), copy=False).from_(
            table(f"state_{step.number}", "s"), copy=False
        )
        ranks: list[exp.Expr] = []
        scores: list[exp.Expr] = []
        counts: list[exp.Expr] = []
        current: Step | None = step
        while current is not None:
            if current.rules:
                alias = f"j{current.number}"
                on = self._same_words("s" if current is step else f"s{current.number}", alias, current)
                if current is not step:
                    same_row = exp.EQ(this=name(ROW, f"s{current.number}"), expression=name(ROW, "s"))
                    query = query.join(table(f"state_{current.number}", f"s{current.number}"), on=same_row, copy=False)
                query = query.join(table(f"judged_{current.number}", alias), on=on, copy=False)
                ranks.append(name(RANK, alias))
                scores.append(name(SCORE, alias))
                counts.append(name(FINDINGS, alias))
                query = query.select(
                    *(name(unmet_column(r.id), alias) for r in current.rules if r.id in self.used_rules), copy=False
                )
            current = self.plan.steps[current.previous] if current.previous is not None else None
        if not ranks:
            ranks, scores, counts = [integer(0)], [integer(0)], [integer(0)]
        worst = _greatest(ranks)
        verdict = exp.Case(
            this=worst.copy(), ifs=[exp.If(this=integer(i), true=exp.Literal.string(o)) for i, o in enumerate(self.pack.outcomes)]
        )
        return query.select(named(_added(scores), SCORE), named(_added(counts), FINDINGS), named(verdict, "verdict"), copy=False)

    @property
    def used_rules(self) -> set[str]:
        return {r for f in self.pack.facts for r in f.uses_rules}

    def _same_words(self, left: str, right: str, step: Step) -> exp.Expr:
        return exp.and_(
            *(exp.EQ(this=name(f"w{w}", left), expression=name(f"w{w}", right)) for w in range(step.words)), copy=False
        )

    # --------------------------------------------------------------------------------------------------------- results

    def totals(self, child: str) -> exp.Expr:
        """totals_T: score and number of findings of the children in T, their own children's included, by parent key."""
        key = str(self.pack.parent_key(child))
        step = self.plan.last_step(child)
        assert step is not None
        query, score, count = self._with_totals(child, self.judged_records(step).subquery("c", copy=False), "c")
        return query.select(
            named(name(key, "c"), "_key"), named(_sum(score), SCORE), named(_sum(count), FINDINGS), copy=False
        ).group_by(name(key, "c"), copy=False)

    def _with_totals(self, table_: str, source: exp.Expr, alias: str) -> tuple[exp.Select, exp.Expr, exp.Expr]:
        """A source of judged records, joined with its children's totals; its score and its number of findings."""
        query = exp.Select().from_(source, copy=False)
        score: exp.Expr = name(SCORE, alias)
        count: exp.Expr = name(FINDINGS, alias)
        key = self.pack.tables[table_].key
        for child in self.pack.children(table_):
            on = exp.EQ(this=name("_key", f"t_{child}"), expression=name(key, alias))
            query = query.join(table(self.totals_of(child), f"t_{child}"), on=on, join_type="left", copy=False)
            score = exp.Add(this=score, expression=_or_zero(name(SCORE, f"t_{child}")))
            count = exp.Add(this=count, expression=_or_zero(name(FINDINGS, f"t_{child}")))
        return query, score, count

    def verdicts(self) -> exp.Expr:
        """A row a unit: key, label, the other fields, the facts, verdict, score, findings; in the order of the records."""
        root = self.pack.tables[self.pack.root]
        step = self.plan.last_step(self.pack.root)
        assert step is not None
        query, score, count = self._with_totals(self.pack.root, self.judged_records(step).subquery("u", copy=False), "u")
        fields = list(dict.fromkeys([root.key, *([root.label] if root.label else []), *root.fields]))
        facts = [f.id for f in self.pack.facts_of(self.pack.root)]
        return (
            query.select(*(name(f, "r") for f in fields), *(name(f, "u") for f in facts), copy=False)
            .select(
                name("verdict", "u"),
                named(_cast(score, "BIGINT"), "score"),
                named(_cast(count, "BIGINT"), "findings"),
                copy=False,
            )
            .join(table(f"records_{self.pack.root}", "r"), on=exp.EQ(this=name(ROW, "r"), expression=name(ROW, "u")), copy=False)
            .order_by(name(ROW, "u"), copy=False)
        )

    def findings(self, table_: str, reasons: Mapping[int, exp.Expr]) -> exp.Expr | None:
        """A row a finding on the records of a table, in the order of records and rules. `reasons` gives each step's reason."""
        steps = [s for s in self.plan.steps if s.table == table_ and s.rules]
        key = self.pack.tables[table_].key
        selects = []
        for step in steps:
            shown = sorted({c.name for c in reasons[step.number].find_all(exp.Column)} - set(DECISION_COLUMNS))
            own = [c for c in dict.fromkeys([UNIT, key, *shown]) if c in (UNIT, key) or c in self.pack.tables[table_].fields]
            columns = [name(ROW, "s"), *(name(c, "s") for c in shown if c not in own), *(name(c, "r") for c in own)]
            rows = exp.select(*columns, *(name(c, "d") for c in DECISION_COLUMNS), copy=False)
            rows = rows.from_(table(f"state_{step.number}", "s"), copy=False).join(
                table(f"judged_{step.number}", "j"), on=self._same_words("s", "j", step), copy=False
            )
            for other, alias, of, key_ in (("found", "f", "j", SIGNATURE), ("decisions", "d", "f", FINDING)):
                same = exp.EQ(this=name(key_, alias), expression=name(key_, of))
                rows = rows.join(table(f"{other}_{step.number}", alias), on=same, copy=False)
            same_row = exp.EQ(this=name(ROW, "r"), expression=name(ROW, "s"))
            rows = rows.join(table(f"records_{table_}", "r"), on=same_row, copy=False)
            if len(steps) == 1:  # sorted while it is narrow: the reasons are written afterwards
                rows = rows.order_by(name(ROW, "s"), name("_place", "d"), copy=False)
            selects.append(
                exp.select(
                    named(exp.Literal.string(table_), "table"),
                    named(_cast(name(key), "VARCHAR"), "record"),
                    named(_cast(name(UNIT), "VARCHAR"), "unit"),
                    *(named(name(f"_{c}"), c) for c in ("rule", "clause", "status", "outcome")),
                    named(reasons[step.number].copy(), "reason"),
                    *([name(ROW), name("_place")] if len(steps) > 1 else []),
                    copy=False,
                ).from_(rows.subquery("f", copy=False), copy=False)
            )
        if len(selects) < 2:
            return selects[0] if selects else None
        columns = [name(c) for c in FINDING_COLUMNS]
        return (
            exp.select(*columns, copy=False)
            .from_(_all(selects).subquery("f", copy=False), copy=False)
            .order_by(name(ROW), name("_place"), copy=False)
        )


def _big(value: int) -> exp.Expr:
    return _cast(integer(value), "BIGINT")


def _cast(tree: exp.Expr, kind: str) -> exp.Expr:
    return exp.Cast(this=tree, to=exp.DataType(this=exp.DType[kind], nested=False))


def _or_zero(tree: exp.Expr) -> exp.Expr:
    return exp.Coalesce(this=tree, expressions=[integer(0)])


def _sum(tree: exp.Expr) -> exp.Expr:
    return _cast(exp.Sum(this=tree), "BIGINT")


def _added(parts: Sequence[exp.Expr]) -> exp.Expr:
    total = parts[0]
    for part in parts[1:]:
        total = exp.Add(this=total, expression=part)
    return total


def _greatest(parts: list[exp.Expr]) -> exp.Expr:
    return parts[0] if len(parts) == 1 else exp.Greatest(this=parts[0], expressions=parts[1:], ignore_nulls=True)


def _all(selects: list[exp.Select]) -> exp.Query:
    query: exp.Query = selects[0]
    for select in selects[1:]:
        query = exp.union(query, select, distinct=False, copy=False)
    return query
