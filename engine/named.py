"""What things are called: outcomes, tables, fields, values, and parts of conditions as their author wrote them.

In: a checked pack and a language. Out: text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from sqlglot import exp

from engine.messages import say
from engine.model import CheckedPack, Choice, Column, Title, Value
from engine.sql import bound


class Named:
    """The names of a pack's things in one language; where one has no title, its id.

    Parts of conditions name fields as rules do: in Chinese by their titles, in English by their ids, with `titles` by their
    titles, too.
    """

    def __init__(self, pack: CheckedPack, lang: str, *, titles: bool = False) -> None:
        self.pack, self.lang, self.titles = pack, lang, titles
        self.outcomes = {o.outcome: self._title(o.title, o.outcome) for o in pack.pack.header.outcomes}

    def _title(self, title: Title | None, id_: str) -> str:
        return title.in_(self.lang) if title else id_

    def outcome(self, outcome: str) -> str:
        return self.outcomes.get(outcome, outcome)

    def table(self, table: str) -> str:
        return self._title(self.pack.tables[table].title, table)

    def field(self, table: str, field: str) -> str:
        return self._title(self.pack.tables[table].fields[field].title, field)

    def rule(self, rule: str) -> str:
        return self.pack.by_id[rule].rule.title.in_(self.lang)

    def param(self, param: str) -> str:
        return self._title(self.pack.pack.header.params[param].title, param)

    def choices(self, column: Column) -> Mapping[str, Choice]:
        """The values that a field may have, where it is a choice."""
        field = self.pack.tables[column.table].fields.get(column.name)
        return field.choices or {} if field is not None else {}

    # ---------------------------------------------------------------------------------------------------------- values

    def value(self, value: Value, column: Column | None = None) -> str:
        """A value as people read it; one of a choice by its title."""
        if value is None:
            return say(self.lang, "reason.nothing")
        if isinstance(value, bool):
            return say(self.lang, "reason.true" if value else "reason.false")
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, str) and column is not None and value in (choices := self.choices(column)):
            return choices[value].in_(self.lang, value)
        return f"{value:.10g}" if isinstance(value, float) else str(value)

    # -------------------------------------------------------------------------------------------- parts of conditions

    def column(self, table: str, column: Column) -> str:
        """A column of a record of `table`, or of the one that it belongs to."""
        fact, field = self.pack.fact(column), self.pack.tables[column.table].fields.get(column.name)
        title = field.title if field is not None else fact.fact.title if fact is not None else None
        if title is None or not (self.titles or (self.lang == "zh" and title.zh)):
            return column.name if column.table == table else f"{column.table}.{column.name}"
        parent = self.pack.tables[column.table].title if column.table != table else None
        name = title.in_(self.lang)
        return name if parent is None else say(self.lang, "reason.of", table=parent.in_(self.lang), name=name)

    def written(self, table: str, tree: exp.Expr) -> str:
        """A part as its author wrote it, with the fields as `column` names them, and the values of parameters."""
        tree = tree.unnest()
        if isinstance(tree, exp.Column):
            return self.column(table, column_of(table, tree))
        text = str(tree.meta.get("written") or bound(tree, self.pack.params).sql(dialect="duckdb").replace('"', ""))
        if self.titles or self.lang == "zh":
            for column in sorted(tree.find_all(exp.Column), key=lambda c: -len(c.name)):
                text = re.sub(rf"(?<![\w.]){re.escape(column.name)}(?!\w)", self.column(table, column_of(table, column)), text)
        return re.sub(r":([a-z]\w*)", lambda match: self.value(self.pack.params[match[1]]), text)

    def constant(self, table: str, subject: exp.Expr, tree: exp.Expr) -> str | None:
        """What `subject` is held against, where that is a constant; None where it depends on the record."""
        tree = tree.unnest()
        if tree.find(exp.Column) is not None:
            return None
        if isinstance(tree, exp.Placeholder):
            return self.value(self.pack.params[tree.name])
        literal = self._literal(tree)
        if literal is not None and isinstance(subject, exp.Column) and (self.titles or self.lang == "zh"):
            return self.value(literal, column_of(table, subject))
        return self.written(table, tree) if literal is None else literal

    def _literal(self, tree: exp.Expr) -> str | None:
        match tree.unnest():
            case exp.Boolean(this=holds):
                return self.value(bool(holds))
            case exp.Literal() as literal:
                return str(literal.name)
            case exp.Cast(this=exp.Literal() as literal):
                return str(literal.name)
            case exp.Neg(this=of) if (text := self._literal(of)) is not None:
                return f"-{text}"
        return None


def column_of(table: str, tree: exp.Column) -> Column:
    """The column that a name in the conditions of `table` stands for."""
    owner, _, field = tree.name.rpartition(".")
    return Column(owner or table, field)
