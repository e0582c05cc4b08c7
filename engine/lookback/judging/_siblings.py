"""Facts over the records of one table that agree in some values, as SQL beside the record.

In: the query of a step's records so far, and such facts. Out: the query with what their aggregates come to, as windows over the
records that agree; then each fact as a column, with its flags where it may be lost.

A record of which a value in `among` is blank may be a sibling of all that agree with it in the others: where it would count, it
makes their fact unknown, as its own is, unless every aggregate asks for that value, so that the record counts nowhere. Such
records, few as a rule, are gathered by which values they lack (`_open`). One whose value is lost makes it lost: it is 0 to 1 rows
in each of these groups, as is each row that is lost, in those of its parent.

For issues (I1: U1, t), (I2: U1, t), (I3: U1, blank) and `count(*)` among unit_id, title the window gives 2, 2, 1; U1 is in
`_open` without a title, with one record; so the fact is unknown for all three. If the count asks for a title, it is 2, 2, 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import combinations

from sqlglot import exp

from lookback.judging.losses import DOUBTFUL, Losses, counted, ends, flag, flagged, large_flag, not_held
from lookback.language import decimals
from lookback.language.atoms import left_out
from lookback.language.decimals import held, over, ratio, size_of
from lookback.language.operators import bound, number_of, type_of
from lookback.language.sql import Previous, integer, name, nothing, written
from lookback.language.types import Column, Type, Value
from lookback.packs.checked import CheckedFact
from lookback.warehouse.duckdb import literal, quoted

_WITHOUT_ITSELF = " ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING EXCLUDE CURRENT ROW"


class Siblings:
    """The SQL of a program's facts among siblings. `exact`: the facts that are quotients and held against something."""

    def __init__(self, losses: Losses, exact: frozenset[Column]) -> None:
        self.losses, self.exact = losses, exact
        self._one: Callable[[CheckedFact], _Among] = cache(lambda fact: _Among(losses, fact))

    def source(self, facts: Sequence[CheckedFact], query: str) -> str:
        """A query with all that `columns` of some facts needs."""
        if not facts:
            return query
        known = quoted(f"_g_{facts[0].id}")
        columns, joins = ["r.*"], list[str]()
        for fact in facts:
            one = self._one(fact)
            columns += [f"{sql} AS {quoted(column)}" for column, sql in one.windows.items()]
            for i, lacking in enumerate(one.patterns):
                columns += [f"{quoted(f'o{i}_{fact.id}')}.{end} AS {quoted(f'{end}{i}_{fact.id}')}" for end in ("_l", "_b")]
                joins.append(one.open(lacking, known, quoted(f"o{i}_{fact.id}")))
            if (gone := one.gone) is not None:
                columns += [f"{quoted(f'x_{fact.id}')}.{end} AS {quoted(f'_x{end}_{fact.id}')}" for end in ("_least", "_most")]
                joins.append(gone.format(alias=quoted(f"x_{fact.id}")))
        selected = f"SELECT {', '.join(columns)} FROM"
        if not any(self._one(fact).patterns for fact in facts):
            return f"{selected} ({query}) AS r{''.join(joins)}"
        return f"WITH {known} AS MATERIALIZED ({query}) {selected} {known} AS r{''.join(joins)}"

    def columns(self, fact: CheckedFact) -> list[str]:
        """A fact as columns of that query, as `program` names them."""
        return self._one(fact).columns(Column(fact.table, fact.id) in self.exact)


@dataclass(frozen=True)
class _Among:
    """One fact."""

    losses: Losses
    fact: CheckedFact

    @property
    def table(self) -> str:
        return self.fact.table

    @property
    def among(self) -> tuple[str, ...]:
        return self.fact.among or ()

    @property
    def large(self) -> bool:
        return Column(self.table, self.fact.id) in self.losses.large

    def written(self, tree: exp.Expr) -> str:
        return written(bound(tree, self.losses.pack.params), copy=False)

    @cached_property
    def calls(self) -> list[exp.Expr]:
        """Its aggregates, each with its filter."""
        return _calls(self.fact.sql)

    # ---------------------------------------------------------------------------------------------------------- windows

    @cached_property
    def _taken(self) -> tuple[exp.Expr, dict[str, exp.Expr]]:
        """Its tree with columns in the place of its aggregates, and these, as engines compute them; of a mean its parts."""
        tree, parts = exp.Paren(this=self.fact.sql.copy()), dict[str, exp.Expr]()
        for i, call in enumerate(_calls(tree)):
            known = f"_a{i}_{self.fact.id}"
            if isinstance(call.this if isinstance(call, exp.Filter) else call, exp.Avg):
                mean = ratio(_bound_inside(call, self.bound)) or ()
                parts |= dict(zip(over(known), mean, strict=True))
                sides = [decimals.sized(name(column), size_of(part)) for column, part in zip(over(known), mean, strict=True)]
                new: exp.Expr = exp.Div(this=sides[0], expression=sides[1])
            else:
                parts[known] = self.bound(self.losses.settled(call, self.table))
                parts[known].meta["before"] = _day_of(call)
                new = name(known)
            new.meta.update({what: call.meta[what] for what in ("type", "size") if what in call.meta})
            call.replace(new)
        return tree.this, parts

    def bound(self, tree: exp.Expr) -> exp.Expr:
        return bound(tree, self.losses.pack.params)

    @property
    def _over(self) -> str:
        partition = f"PARTITION BY {', '.join(map(quoted, self.among))}" if self.among else ""
        return f"OVER ({partition}{_WITHOUT_ITSELF if self.fact.fact.others else ''})"

    def _window(self, tree: exp.Expr) -> str:
        """SQL of a tree of aggregates, as engines compute it, over the records that agree, or of `previous` those before."""
        over_ = self._over
        if (day := tree.meta.get("before")) is not None:
            n, by = self.written(number_of(day)), ", ".join(map(quoted, self.among))
            rows = f"ORDER BY {n} RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING"
            over_ = f"OVER ({f'PARTITION BY {by} ' if by else ''}{rows})"

        def turned(node: exp.Expr) -> exp.Expr:
            if isinstance(node, exp.Filter | exp.AggFunc):
                return exp.Var(this=f"{written(node)} {over_}")
            return node

        found = written(tree.transform(turned), copy=False)
        return found if day is None else f"CASE WHEN {self.written(day)} IS NOT NULL THEN {found} END"

    @cached_property
    def windows(self) -> dict[str, str]:
        """What is worked out over its siblings, by column."""
        found = {column: self._window(part) for column, part in self._taken[1].items()}
        calls = [_as_sum(call) for call in self.calls]
        for column, here in ((f"_al_{self.fact.id}", False), (f"_ah_{self.fact.id}", True)):
            tests = [self.losses.over(call, self.table, self.large, here) for call in calls] if self.large or not here else []
            there = [test for test in tests if test is not None]
            if there:
                found[column] = " OR ".join(f"coalesce({self._window(self.bound(test))}, false)" for test in there)
        if (both := self.losses.counts(self.fact)) is not None:
            found |= {f"{end}_{self.fact.id}": self._window(self.bound(n)) for end, n in zip(("_as", "_am"), both, strict=True)}
        return found

    # ---------------------------------------------------------------------------- records that may be siblings, or not

    def _lost(self, column: str) -> bool:
        covered = self.losses.pack.parent_parts(self.table) if self.losses.pack.in_parent(self.fact) else ()
        return column not in covered and self.losses.column(Column(self.table, column))

    @cached_property
    def _blank(self) -> tuple[list[str], list[str]]:
        """The columns of `among` that may be blank: those for which a blank leaves the record out, and the others."""
        meanings, said = self.losses.pack.meanings(self.table), left_out(self.fact.sql)
        may_be = [a for a in self.among if meanings[a].blank or self.losses.column(Column(self.table, a))]
        return [a for a in may_be if a in said], [a for a in may_be if a not in said and meanings[a].blank]

    @cached_property
    def patterns(self) -> list[tuple[str, ...]]:
        """The sets of columns of `among` that a record may lack and yet count."""
        unsure = [a for a in self.among if a in self._blank[1] or self._lost(a)]
        return [lacking for n in range(1, len(unsure) + 1) for lacking in combinations(unsure, n)]

    def open(self, lacking: Sequence[str], source: str, alias: str) -> str:
        """The join of how many records that lack these columns may count: `_b` because of blanks, `_l` of something lost."""
        table = self.table
        wheres = [call.expression.this.copy() if isinstance(call, exp.Filter) else exp.true() for call in self.calls]
        where = exp.or_(*wheres)
        unsure = self.losses.of(where, table, self.large)
        sure = f"coalesce({self.written(self.losses.settled(where, table))}, false)"
        maybe = f"coalesce({self.written(unsure)}, false)" if unsure is not None else "false"
        lost = [flagged(a) for a in lacking if self._lost(a)]
        lost += [flagged(DOUBTFUL)] if table in self.losses.lost.doubtful else []
        is_lost = " OR ".join([*(written(test) for test in lost), maybe])
        others = [a for a in self.among if a not in lacking]
        columns = [f"{quoted(a)} AS _k{i}" for i, a in enumerate(others)]
        columns += [f"count(*) FILTER (WHERE {is_lost}) AS _l", f"count(*) FILTER (WHERE NOT ({is_lost})) AS _b"]
        tests = [f"{quoted(a)} IS NULL" for a in lacking] + [f"{quoted(a)} IS NOT NULL" for a in others]
        grouped = f" GROUP BY {', '.join(map(quoted, others))}" if others else ""
        query = f"SELECT {', '.join(columns)} FROM {source} WHERE {' AND '.join(tests)} AND ({sure} OR {maybe}){grouped}"
        on = " AND ".join(f"{alias}._k{i} = r.{quoted(a)}" for i, a in enumerate(others)) or "true"
        return f" LEFT JOIN ({query}) AS {alias} ON {on}"

    @cached_property
    def gone(self) -> str | None:
        """The join of how many rows of the table may be missing among a record's siblings; None where none is."""
        lost, table = self.losses.lost, self.table
        if self.losses.pack.in_parent(self.fact):
            key = quoted(str(self.losses.pack.parent_key(table)))
            rows = f"(SELECT _parent, least AS _least, most AS _most FROM {quoted(f'uncertain_{table}')})"
            return f" LEFT JOIN {rows} AS {{alias}} ON {{alias}}._parent = r.{key}" if table in lost.rows else None
        if table not in lost.gone:
            return None
        each = "CASE WHEN _parent IS NULL THEN coalesce(most, 1) ELSE most END"  # a row of nobody known is one record or none
        most = f"CASE WHEN count({each}) = count(*) THEN CAST(sum({each}) AS BIGINT) END"
        some = f"CAST(sum(coalesce(least, 0)) AS BIGINT) AS _least, {most} AS _most"
        return f' CROSS JOIN (SELECT {some} FROM lost_rows WHERE "table" = {literal(table)}) AS {{alias}}'

    # ---------------------------------------------------------------------------------------------------------- columns

    def columns(self, exact: bool) -> list[str]:
        id_, (tree, _) = self.fact.id, self._taken
        value, parts = self._value(tree), dict[str, str]()
        none = self._none()
        if exact and (found := ratio(tree)) is not None:
            parts = {column: self.written(part) for column, part in zip(over(id_), found, strict=True)}
        left_out_, unsaid = self._blank
        outside = [f"({quoted(a)} IS NULL AND NOT {self._flag(a)})" for a in left_out_]
        unknown = [f"({quoted(a)} IS NULL AND NOT {self._flag(a)})" for a in unsaid]
        unknown += [f"coalesce({quoted(f'_b{i}_{id_}')}, 0) > 0" for i, _ in enumerate(self.patterns)]
        first = f"WHEN {' OR '.join(outside)} THEN {{none}} " if outside else ""
        first += f"WHEN {' OR '.join(unknown)} THEN NULL " if unknown else ""

        def cased(value: str, none: str, of_lost: str = "") -> str:
            whens = of_lost + first.format(none=none)
            return f"CASE {whens}ELSE {value} END" if whens else value

        of_parts = [f"{cased(part, 'NULL')} AS {quoted(column)}" for column, part in parts.items()]
        large = [f"{self._too_large(tree)} AS {quoted(large_flag(id_))}"] if self.large else []
        tests = self._lost_tests(tree)
        if not tests:
            return [f"{cased(value, none)} AS {quoted(id_)}", *of_parts, *large]
        known_blank = f"({' OR '.join(outside)})" if outside else "false"
        lost = f"(NOT {known_blank} AND ({' OR '.join(tests)}))"
        condition = counted(self.fact)
        if condition is None:
            lost_first = f"WHEN {lost} THEN NULL "
            return [f"{cased(value, none, lost_first)} AS {quoted(id_)}", f"{lost} AS {quoted(flag(id_))}", *of_parts, *large]
        least, most = self._ends(value, unknown, condition)
        differ = f"({lost} AND coalesce({least} <> {most}, true))"
        shown = cased(value, none, f"WHEN {differ} THEN NULL WHEN {lost} THEN {least} ")
        both = zip((least, most), ends(id_), strict=True)
        columns = [f"CASE WHEN {lost} THEN {end} END AS {quoted(to)}" for end, to in both]
        return [f"{shown} AS {quoted(id_)}", f"{differ} AS {quoted(flag(id_))}", *columns, *of_parts, *large]

    def _ends(self, value: str, unknown: Sequence[str], condition: exp.Expr) -> tuple[str, str]:
        """The least and the greatest that a lost count can be; null where nobody knows."""
        id_ = self.fact.id
        least, most = (quoted(f"{end}_{id_}") if f"{end}_{id_}" in self.windows else value for end in ("_as", "_am"))
        most += "".join(f" + coalesce({quoted(f'_l{i}_{id_}')}, 0)" for i, _ in enumerate(self.patterns))
        if self.gone is not None:
            all_ = isinstance(condition, exp.Boolean) and set(self.among) <= set(self.losses.pack.parent_parts(self.table))
            least += f" + coalesce({quoted(f'_x_least_{id_}')}, 0)" if all_ else ""
            none = f"{quoted(f'_x_least_{id_}')} IS NULL"
            most += f" + CASE WHEN {none} THEN 0 ELSE {quoted(f'_x_most_{id_}')} END"
        nobody = [*unknown, *(self._flag(a) for a in self.among if self.losses.column(Column(self.table, a)))]
        if not nobody:
            return f"({least})", f"({most})"
        return tuple(f"(CASE WHEN NOT ({' OR '.join(nobody)}) THEN {end} END)" for end in (least, most))  # type: ignore[return-value]

    def _lost_tests(self, tree: exp.Expr) -> list[str]:
        """When it is lost for a record: the tests of which one is enough."""
        id_ = self.fact.id
        tests = [self._flag(a) for a in self.among if self.losses.column(Column(self.table, a))]
        tests += [quoted(f"_al_{id_}")] if f"_al_{id_}" in self.windows else []
        tests += [f"coalesce({quoted(f'_l{i}_{id_}')}, 0) > 0" for i, _ in enumerate(self.patterns)] if self._any_lost else []
        tests += [f"{quoted(f'_x_least_{id_}')} IS NOT NULL"] if self.gone is not None else []
        return [*tests, *([self._too_large(tree)] if self.large else [])]

    @cached_property
    def _any_lost(self) -> bool:
        return self.losses.column(Column(self.table, self.fact.id))

    def _too_large(self, tree: exp.Expr) -> str:
        found = self.losses.of(tree, self.table, True, True)
        tests = [f"coalesce({self.written(found)}, false)"] if found is not None else []
        tests += [quoted(f"_ah_{self.fact.id}")] if f"_ah_{self.fact.id}" in self.windows else []
        if (too_wide := not_held(tree)) is not None:
            tests.append(f"coalesce({self.written(too_wide)}, false)")
        return f"({' OR '.join(tests) or 'false'})"

    def _flag(self, column: str) -> str:
        return written(flagged(column)) if self.losses.column(Column(self.table, column)) else "false"

    def _value(self, tree: exp.Expr) -> str:
        found = self.bound(tree)
        return written(held(found) if type_of(tree) is Type.NUMBER else found, copy=False)

    def _none(self) -> str:
        """What it comes to over no record."""
        return self._value(over_none(self.fact.sql))


def over_none(tree: exp.Expr) -> exp.Expr:
    """A tree of aggregates over no record."""

    def value(node: exp.Expr) -> exp.Expr:
        call = node.this if isinstance(node, exp.Filter) else node
        if not isinstance(call, exp.AggFunc):
            return node
        found = integer(0) if isinstance(call, exp.Count) else nothing(type_of(call))
        found.meta.update({what: of for what, of in call.meta.items() if what in ("type", "size")})
        return found

    return tree.transform(value)


def or_none(tree: exp.Expr, column: str, alias: str, params: Mapping[str, Value]) -> str:
    """A column of aggregates that are joined by `_key`; where there is none what the tree of them is over no record."""
    empty, own_value = bound(over_none(tree), params), f"{alias}.{quoted(column)}"
    if isinstance(empty.this if isinstance(empty, exp.Cast) else empty, exp.Null):
        return own_value
    return f"CASE WHEN {alias}._key IS NULL THEN {written(empty)} ELSE {own_value} END"


def _calls(tree: exp.Expr) -> list[exp.Expr]:
    return [n for n in tree.find_all(exp.Filter, exp.AggFunc, bfs=False) if not isinstance(n.parent, exp.Filter)]


def _day_of(call: exp.Expr) -> exp.Expr | None:
    """The date of the record itself before which those lie that `previous` looks at; None of other aggregates."""
    inner = call.this if isinstance(call, exp.Filter) else call
    return inner.expression.copy() if isinstance(inner, Previous) else None


def _bound_inside(call: exp.Expr, bound_: Callable[[exp.Expr], exp.Expr]) -> exp.Expr:
    """An aggregate over what engines compute."""
    found = call.copy()
    inner = found.this if isinstance(found, exp.Filter) else found
    each = inner.this.expressions[0] if isinstance(inner.this, exp.Distinct) else inner.this
    each.replace(bound_(each))
    if isinstance(found, exp.Filter):
        found.expression.set("this", bound_(found.expression.this))
    return found


def _as_sum(call: exp.Expr) -> exp.Expr:
    """A mean is lost where its sum is; what it comes to is looked at as a quotient."""
    found = call.copy()
    inner = found.this if isinstance(found, exp.Filter) else found
    if not isinstance(inner, exp.Avg):
        return found
    total = exp.Sum(this=inner.this.copy())
    each = total.this.expressions[0] if isinstance(total.this, exp.Distinct) else total.this
    total.meta.update({what: each.meta[what] for what in ("type", "size") if what in each.meta})
    if inner is found:
        return total
    inner.replace(total)
    return found
