"""Why a rule is unmet or unknown on a record, in the record's own words.

In: a rule, a situation, and which atoms are to blame. Out: phrases; one whose words do not depend on the record's values is a
text, the others are SQL that writes the values in. `deadline: blank`, `complaints is 7, should be below 3`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlglot import exp

from engine import logic
from engine.graph import Graph, own
from engine.messages import say
from engine.model import CheckedPack, CheckedRule, Column, FieldDef, Truth, Type, Value
from engine.queries import bound, name

_SLOT = re.compile("\0(\\d+)\0")


@dataclass(frozen=True)
class Phrase:
    """A part of a reason. `text` has slots that `values` fill; `guard`, where there is one, says on which records it holds."""

    text: str
    values: tuple[exp.Expr, ...] = ()
    guard: exp.Expr | None = None

    @property
    def fixed(self) -> bool:
        return not self.values and self.guard is None

    def sql(self) -> exp.Expr:
        parts: list[exp.Expr] = []
        for i, piece in enumerate(_SLOT.split(self.text)):
            if i % 2:
                parts.append(self.values[int(piece)].copy())
            elif piece:
                parts.append(exp.Literal.string(piece))
        text = parts[0] if len(parts) == 1 else exp.Concat(expressions=parts, safe=True, coalesce=True)
        return text if self.guard is None else exp.Case(ifs=[exp.If(this=self.guard.copy(), true=text)])

    @property
    def key(self) -> str:
        return self.sql().sql(dialect="duckdb")


class Reasons:
    """The phrases of a pack's rules, in one language; with `titles`, English names fields by their titles, too."""

    def __init__(self, pack: CheckedPack, lang: str, *, titles: bool = False) -> None:
        self.pack, self.lang, self.titles = pack, lang, titles
        self.graph = Graph(pack)

    def phrases(self, rule: CheckedRule, values: Sequence[Truth]) -> dict[tuple[int, int], Phrase]:
        """Why a rule is unmet or unknown in a situation, by atom and place, in this order; nothing is said twice."""
        found: dict[tuple[int, int], Phrase] = {}
        for atom in logic.blame(rule, values):
            of_atom = self._of_atom(rule.table, rule.atoms[atom].sql, rule.atoms[atom].columns, values[atom])
            found |= {(atom, 3 * i + "tfu".index(values[atom])): phrase for i, phrase in enumerate(of_atom)}
        fixed = {phrase.text for phrase in found.values() if phrase.fixed}
        said: set[str] = set()
        kept = {}
        for place, phrase in found.items():
            if phrase.key not in said and (phrase.fixed or phrase.text not in fixed):
                kept[place] = phrase
            said.add(phrase.key)
        return kept

    def joined(self, phrases: Iterable[Phrase]) -> str:
        """A reason made of fixed phrases."""
        return say(self.lang, "reason.and").join(p.text for p in phrases)

    def written(self, phrases: Sequence[Phrase]) -> exp.Expr:
        """A reason as SQL: of all `phrases` of a rule those whose bit is set in `mask`."""
        parts = []
        for i, phrase in enumerate(phrases):
            bit = exp.NEQ(
                this=exp.Paren(this=exp.BitwiseAnd(this=name("_mask"), expression=exp.Literal.number(1 << i))),
                expression=exp.Literal.number(0),
            )
            parts.append(exp.Case(ifs=[exp.If(this=bit, true=phrase.sql())]))
        return exp.ConcatWs(expressions=[exp.Literal.string(say(self.lang, "reason.and")), *parts], coalesce=True)

    # --------------------------------------------------------------------------------------------------------- an atom

    def _of_atom(self, table: str, sql: exp.Expr, columns: Sequence[Column], value: Truth) -> list[Phrase]:
        if value == "u":
            return self._blank(table, sql, columns)
        wanted = value == "f"
        if isinstance(sql, exp.Is):
            if not wanted and isinstance(sql.this.unnest(), exp.Column):
                return [Phrase(self.say("blank", name=self.named(table, sql.this)))]
            return [self._phrase(table, sql.this, "should-be-blank" if wanted else "is-blank")]
        if isinstance(sql, exp.LT):
            left, right = sql.this.unnest(), sql.expression.unnest()
            kind = "date" if type_of(left) is Type.DATE else "number"
            if not _columns(left):
                return [self._compared(table, right, f"{'above' if wanted else 'at-most'}.{kind}", left)]
            return [self._compared(table, left, f"{'below' if wanted else 'at-least'}.{kind}", right)]
        if isinstance(sql, exp.EQ | exp.NullSafeEQ):
            return [self._compared(table, sql.this.unnest(), "equal" if wanted else "not-equal", sql.expression.unnest())]
        if isinstance(sql, exp.In):
            bounds = say(self.lang, "reason.or").join(self.shown(table, sql.this, value) for value in sql.expressions)
            return [self._phrase(table, sql.this, "one-of" if wanted else "none-of", bound=bounds)]
        if isinstance(sql, exp.Between):
            more: list[exp.Expr] = []
            low, high = (self._other(table, sql.this, sql.args[k], more) for k in ("low", "high"))
            return [self._phrase(table, sql.this, "between" if wanted else "not-between", tuple(more), low=low, high=high)]
        if isinstance(sql, exp.Like):
            return [self._phrase(table, sql.this, "like" if wanted else "not-like", bound=sql.expression.name)]
        if isinstance(sql, exp.Column):
            return [self._phrase(table, sql, "equal", bound=self.yes_no(wanted))]
        return [
            Phrase(self.say("condition", text=self.named(table, sql), bound=self.yes_no(wanted), value=self.yes_no(not wanted)))
        ]

    def _compared(self, table: str, subject: exp.Expr, code: str, other: exp.Expr) -> Phrase:
        """`subject is …, should be below other`."""
        more: list[exp.Expr] = []
        bound_ = self._other(table, subject, other, more)
        return self._phrase(table, subject, code, tuple(more), bound=bound_)

    def _other(self, table: str, subject: exp.Expr, tree: exp.Expr, more: list[exp.Expr]) -> str:
        """What a value is held against, in words; what of it depends on the record is added to `more`."""
        constant = self.constant(table, subject, tree)
        if constant is not None:
            return constant
        more.append(self.display(table, tree))
        return say(self.lang, "reason.value-of", name=self.named(table, tree), value=f"\0{len(more)}\0")

    def _phrase(self, table: str, subject: exp.Expr, code: str, more: tuple[exp.Expr, ...] = (), **args: str) -> Phrase:
        text = self.say(code, name=self.named(table, subject), value="\0" + "0" + "\0", **args)
        return Phrase(text, (self.display(table, subject), *more) if "\0" + "0" + "\0" in text else more)

    def _blank(self, table: str, sql: exp.Expr, columns: Sequence[Column]) -> list[Phrase]:
        """Which fields are blank; a fact is traced to the fields behind it."""
        fields = self.graph.ends(columns, own)
        if len(fields) == 1 and not sql.find(exp.Div, exp.Nullif, exp.Case) and fields[0] == columns[0]:
            return [Phrase(self.say("blank", name=self.title(table, fields[0])))]
        blank = [exp.Is(this=self._column(table, c), expression=exp.null()) for c in fields]
        phrases = [Phrase(self.say("blank", name=self.title(table, c)), (), test) for c, test in zip(fields, blank, strict=True)]
        filled = exp.and_(*(exp.Not(this=test) for test in blank))
        return [*phrases, Phrase(self.say("not-computable", name=self.named(table, _uncomputed(sql))), (), filled)]

    # ---------------------------------------------------------------------------------------------------------- wording

    def say(self, code: str, **args: str) -> str:
        return say(self.lang, f"reason.{code}", **args)

    def _column(self, table: str, column: Column) -> exp.Expr:
        return name(column.name if column.table == table else f"{column.table}.{column.name}")

    def title(self, table: str, column: Column) -> str:
        """A column as a reason names it: in Chinese by its title, in English by its id, which is what the rules say."""
        found = self.definition(column)
        title = found.title if found is not None else fact.fact.title if (fact := self.pack.fact(column)) is not None else None
        if title is not None and (self.titles or (self.lang == "zh" and title.zh)):
            own = title.in_(self.lang)
            parent = self.pack.tables[column.table].title if column.table != table else None
            return own if parent is None else say(self.lang, "reason.of", table=parent.in_(self.lang), name=own)
        return column.name if column.table == table else f"{column.table}.{column.name}"

    def named(self, table: str, tree: exp.Expr) -> str:
        """An expression as its author wrote it, with the fields as `title` names them."""
        tree = tree.unnest()
        if isinstance(tree, exp.Column):
            return self.title(table, _column_of(table, tree))
        text = str(tree.meta.get("written") or bound(tree, self.pack.params).sql(dialect="duckdb").replace('"', ""))
        if self.lang == "zh" or self.titles:
            for column in sorted(_columns(tree), key=lambda c: -len(c.name)):
                found = _column_of(table, column)
                text = re.sub(rf"(?<![\w.]){re.escape(column.name)}(?!\w)", self.title(table, found), text)
        return re.sub(r":([a-z]\w*)", lambda match: self.value(self.pack.params[match[1]]), text)

    def definition(self, column: Column) -> FieldDef | None:
        return self.pack.tables[column.table].fields.get(column.name)

    def constant(self, table: str, subject: exp.Expr, tree: exp.Expr) -> str | None:
        """A constant side in words; None where it depends on the record."""
        tree = tree.unnest()
        if _columns(tree):
            return None
        if isinstance(tree, exp.Placeholder):
            return self.value(self.pack.params[tree.name])
        if isinstance(tree, exp.Literal | exp.Boolean | exp.Neg) or (
            isinstance(tree, exp.Cast) and isinstance(tree.this, exp.Literal)
        ):
            return self.shown(table, subject, tree)
        return self.named(table, tree)

    def shown(self, table: str, subject: exp.Expr, tree: exp.Expr) -> str:
        """A literal in words; a choice by its title in Chinese."""
        tree = tree.unnest()
        if isinstance(tree, exp.Boolean):
            return self.yes_no(bool(tree.this))
        if isinstance(tree, exp.Neg):
            return f"-{self.shown(table, subject, tree.this)}"
        text = tree.this.name if isinstance(tree, exp.Cast) else tree.name
        subject = subject.unnest()
        if (self.lang == "zh" or self.titles) and isinstance(subject, exp.Column):
            found = self.definition(_column_of(table, subject))
            if found is not None and found.choices and text in found.choices:
                return found.choices[text].in_(self.lang, text)
        return text

    def value(self, value: Value) -> str:
        """A parameter's value in words."""
        if isinstance(value, bool):
            return self.yes_no(value)
        if isinstance(value, date):
            return value.isoformat()
        return f"{value:.10g}" if isinstance(value, float) else str(value)

    def yes_no(self, value: bool) -> str:
        return say(self.lang, "reason.true" if value else "reason.false")

    def display(self, table: str, tree: exp.Expr) -> exp.Expr:
        """SQL for a value as people read it."""
        kind = type_of(tree.unnest())
        tree = bound(tree.unnest(), self.pack.params)
        shown: exp.Expr = exp.Cast(this=tree, to=exp.DataType.build("VARCHAR"))
        found = self.definition(_column_of(table, tree)) if isinstance(tree, exp.Column) else None
        if kind is Type.BOOLEAN:
            yes, no = exp.Literal.string(self.yes_no(True)), exp.Literal.string(self.yes_no(False))
            shown = exp.Case(ifs=[exp.If(this=tree, true=yes), exp.If(this=exp.Not(this=exp.Paren(this=tree.copy())), true=no)])
        elif kind is Type.NUMBER:
            shown = _short_number(tree)
        elif self.lang == "zh" and found is not None and found.choices:
            titles: Mapping[str, str] = {code: choice.in_("zh", code) for code, choice in found.choices.items()}
            ifs = [exp.If(this=exp.Literal.string(code), true=exp.Literal.string(title)) for code, title in titles.items()]
            shown = exp.Case(this=tree, ifs=ifs, default=shown)
        return exp.Coalesce(this=shown, expressions=[exp.Literal.string(say(self.lang, "reason.nothing"))])


def type_of(tree: exp.Expr) -> Type | None:
    """The type that checking found for a part."""
    found = tree.meta.get("type")
    return found if isinstance(found, Type) else None


def _uncomputed(atom: exp.Expr) -> exp.Expr:
    """The part of an atom that has no value though no field behind it is blank; the atom itself where several may be it."""
    sides = [side.unnest() for side in atom.iter_expressions()] if isinstance(atom, exp.Binary | exp.In | exp.Between) else []
    varying = [side for side in sides if _columns(side)]
    if len(varying) > 1:
        varying = [side for side in varying if not isinstance(side, exp.Column)]
    return varying[0] if len(varying) == 1 else atom


def _short_number(tree: exp.Expr) -> exp.Expr:
    """Four places at most, and none where they are zero."""
    rounded = exp.Cast(this=exp.Round(this=tree, decimals=exp.Literal.number(4)), to=exp.DataType.build("VARCHAR"))
    return exp.RegexpReplace(this=rounded, expression=exp.Literal.string("\\.0$"), replacement=exp.Literal.string(""))


def _columns(tree: exp.Expr) -> list[exp.Column]:
    return list(tree.find_all(exp.Column))


def _column_of(table: str, tree: exp.Column) -> Column:
    owner, _, field = tree.name.rpartition(".")
    return Column(owner or table, field)
