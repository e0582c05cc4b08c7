"""Why a rule is unmet or unknown on a record, in the record's own words.

In: a rule, a situation, and which atoms are to blame. Out: phrases; one whose words do not depend on the record's values is a
text, the others are SQL that writes the values in. `deadline: blank`, `complaints is 7, should be below 3`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from lookback.judging.losses import NOTHING, Lost, counted
from lookback.judging.told import SIBLINGS, TOLD, Tellers
from lookback.language import conditions as logic
from lookback.language.atoms import shape_of
from lookback.language.conditions import Truth
from lookback.language.decimals import decimal, size_of
from lookback.language.operators import bound, codes_shown, of_calendar, type_of
from lookback.language.sql import AddWorkdays, ByDay, WorkdaysBetween, cast, name, written
from lookback.language.types import Column, Type
from lookback.packs.checked import CheckedFact, CheckedPack, CheckedRule, Named, column_of
from lookback.packs.graph import Graph, own, plain
from lookback.words import say

_BLANK_BY_ITSELF = (exp.Div, exp.Nullif, exp.Case, WorkdaysBetween, AddWorkdays)
"""What may come out blank though all that it is made of is filled."""
_SLOT, _FIRST = re.compile("\0(\\d+)\0"), "\0" + "0" + "\0"


@dataclass(frozen=True)
class Phrase:
    """A part of a reason. `text`, which `code` and `args` make, has slots that `values` fill (`of`, as people read them).
    `guard`, where there is one, says on which records it holds."""

    text: str
    code: str
    args: Mapping[str, str]
    values: tuple[exp.Expr, ...] = ()
    of: tuple[exp.Expr, ...] = ()
    guard: exp.Expr | None = None

    @property
    def of_lost(self) -> bool:
        """Whether it says what was lost of the record."""
        return any(c.name.startswith(TOLD) for tree in (*self.values, self.guard) if tree for c in tree.find_all(exp.Column))

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
        return self.text if self.fixed else written(self.sql(), copy=False)

    def kept(self) -> dict[str, object]:
        """As data: arguments with `{0}` for the first of `values`, which are SQL over the record; `when`: SQL, too."""
        args = {name: _SLOT.sub(r"{\1}", text) for name, text in self.args.items()}
        guard = None if self.guard is None else written(self.guard)
        return {"code": self.code, "args": list(args.items()), "values": [written(tree) for tree in self.of], "when": guard}


class Reasons:
    """The phrases of a pack's rules, in one language. `named`: where facts look at siblings, these are named. `titles`: fields
    have their titles in English, too."""

    def __init__(self, pack: CheckedPack, lang: str, lost: Lost = NOTHING, *, named: bool = False, titles: bool = True) -> None:
        self.pack, self.lang, self.lost, self.named = pack, lang, lost, named
        self.names, self.graph, self.tellers = Named(pack, lang, titles=titles), Graph(pack), Tellers(pack, lang, lost)
        self._known: dict[tuple[str, tuple[Truth, ...]], dict[tuple[int, int], Phrase]] = {}

    def phrases(self, rule: CheckedRule, values: tuple[Truth, ...]) -> dict[tuple[int, int], Phrase]:
        """Why a rule is unmet or unknown in a situation, by atom and place, in this order; nothing is said twice."""
        if (rule.id, values) not in self._known:
            self._known[rule.id, values] = self._phrases(rule, values)
        return self._known[rule.id, values]

    def _phrases(self, rule: CheckedRule, values: tuple[Truth, ...]) -> dict[tuple[int, int], Phrase]:
        found: dict[tuple[int, int], Phrase] = {}
        for atom in logic.blame(rule, values):
            of_atom = self._of_atom(rule.table, rule.atoms[atom].sql, rule.atoms[atom].columns, values[atom])
            of_atom += self._siblings(rule.table, rule.atoms[atom].columns) if values[atom] in ("t", "f") else []
            found |= {(atom, 4 * i + "tful".index(values[atom])): phrase for i, phrase in enumerate(of_atom)}
        fixed = {phrase.text for phrase in found.values() if phrase.fixed}
        said: set[str] = set()
        kept = {}
        for place, phrase in found.items():
            key = phrase.key
            if key not in said and (phrase.fixed or phrase.text not in fixed):
                kept[place] = phrase
            said.add(key)
        return kept

    def joined(self, phrases: Iterable[Phrase]) -> str:
        """A reason made of fixed phrases."""
        return say(self.lang, "reason.and").join(p.text for p in phrases)

    def general(self, rule: CheckedRule, values: tuple[Truth, ...]) -> str:
        """Why a rule is unmet or unknown in a situation, whatever the record: `…` stands for what records say."""
        of_atoms: dict[int, list[str]] = {}
        for (atom, _), phrase in self.phrases(rule, values).items():
            text = _SLOT.sub("…", phrase.text)
            of_atoms[atom] = [text] if values[atom] == "l" else [*of_atoms.get(atom, ()), text]
        said = (  # of what may be blank not all need be
            say(self.lang, "reason.either" if values[atom] == "u" else "reason.or").join(dict.fromkeys(texts))
            for atom, texts in of_atoms.items()
        )
        return say(self.lang, "reason.and").join(dict.fromkeys(said))

    def sentence(self, phrases: Iterable[Phrase]) -> exp.Expr:
        """A reason as SQL over the record."""
        return self._joined([phrase.sql() for phrase in phrases])

    def written(self, phrases: Sequence[Phrase]) -> exp.Expr:
        """A reason as SQL: of all `phrases` of a rule those whose bit is set in `mask`."""
        parts: list[exp.Expr] = []
        for i, phrase in enumerate(phrases):
            bit = exp.NEQ(
                this=exp.Paren(this=exp.BitwiseAnd(this=name("_mask"), expression=exp.Literal.number(1 << i))),
                expression=exp.Literal.number(0),
            )
            parts.append(exp.Case(ifs=[exp.If(this=bit, true=phrase.sql())]))
        return self._joined(parts)

    def _joined(self, parts: Sequence[exp.Expr]) -> exp.Expr:
        return exp.ConcatWs(expressions=[exp.Literal.string(say(self.lang, "reason.and")), *parts], coalesce=True)

    # --------------------------------------------------------------------------------------------------------- an atom

    def _of_atom(self, table: str, sql: exp.Expr, columns: Sequence[Column], value: Truth) -> list[Phrase]:
        if value == "u":
            return self._blank(table, sql, columns)
        if value == "l":
            return self._lost(table, sql, columns)
        shape, wanted = shape_of(sql), value == "f"
        if shape.kind == "blank":
            if not wanted and isinstance(shape.subject, exp.Column):
                return [self._said("blank", name=self.names.written(table, shape.subject))]
            return [self._phrase(table, shape.subject, "should-be-blank" if wanted else "is-blank")]
        if shape.kind == "holds":
            if isinstance(shape.subject, exp.Column):
                return [self._phrase(table, sql, "equal", bound=self.names.value(wanted))]
            of_one = isinstance(sql, exp.Func) and isinstance(sql.this, exp.Expr) and [sql.this.unnest()] == _columns(sql)
            if of_one:  # what the field says tells more
                return [
                    self._phrase(table, sql.this.unnest(), "so" if wanted else "not-so", bound=self.names.written(table, sql))
                ]
            should, is_ = self.names.value(wanted), self.names.value(not wanted)
            return [self._said("condition", text=self.names.written(table, sql), bound=should, value=is_)]
        more: list[exp.Expr] = []  # what of the bounds depends on the record
        bounds = [self._bound(table, shape.subject, bound, more) for bound in shape.bounds]
        if shape.kind == "between":
            return [self._phrase(table, shape.subject, shape.code(wanted), more, low=bounds[0], high=bounds[1])]
        return [self._phrase(table, shape.subject, shape.code(wanted), more, bound=say(self.lang, "reason.or").join(bounds))]

    def _bound(self, table: str, subject: exp.Expr, tree: exp.Expr, more: list[exp.Expr]) -> str:
        """What a value is held against, in words; what of it depends on the record is added to `more`."""
        constant = self.names.constant(table, subject, tree)
        if constant is not None:
            return constant
        more.append(tree)
        return say(self.lang, "reason.value-of", name=self.names.written(table, tree), value=f"\0{len(more)}\0")

    def _phrase(self, table: str, subject: exp.Expr, code: str, more: Sequence[exp.Expr] = (), **args: str) -> Phrase:
        """`subject is …, should be below …`."""
        made = self._said(code, name=self.names.written(table, subject), value=_FIRST, **args)
        of = (subject, *more) if _FIRST in made.text else tuple(more)
        values = tuple(self.display(table, tree) for tree in of)
        return replace(made, values=values, of=tuple(bound(tree.unnest(), self.pack.params) for tree in of))

    def _siblings(self, table: str, columns: Sequence[Column]) -> list[Phrase]:
        """Which records a fact looks at that agree with this one."""
        found = self.graph.walk(columns, lambda fact: plain(fact) and fact.table == table) if self.named else ()
        told = {c: name(f"{TOLD}{SIBLINGS}{c.name}") for fact, c in found if fact is not None and fact.among is not None}
        return [
            replace(self._said("siblings", name=self.names.column(table, c), what=_FIRST), values=(text,), guard=_there(text))
            for c, text in told.items()
            if c.table == table
        ]

    def _blank(self, table: str, sql: exp.Expr, columns: Sequence[Column]) -> list[Phrase]:
        """Which fields are blank; a fact is traced to the fields behind it, one over siblings to those in which they agree."""
        fields = self.graph.ends(columns, own)
        own_facts = {c: fact for c in fields if c.table == table and (fact := self.pack.fact(c)) is not None}
        among = {c: fact for c, fact in own_facts.items() if fact.among is not None}
        if among and set(fields) == set(among):
            phrases = [phrase for c, fact in among.items() for phrase in self._blank_among(table, c, fact)]
            there = exp.and_(*(_there(self._column(table, c)) for c in among))
            rest = replace(self._said("not-computable", name=self.names.written(table, _uncomputed(sql))), guard=there)
            return [*phrases, rest] if sql.find(*_BLANK_BY_ITSELF) else phrases
        if len(fields) == 1 and not sql.find(*_BLANK_BY_ITSELF) and fields[0] == columns[0]:
            return [self._said(self._of_blank(fields[0]), name=self.names.column(table, fields[0]))]
        blank = [exp.Is(this=self._column(table, c), expression=exp.null()) for c in fields]
        phrases = [
            replace(self._said(self._of_blank(c), name=self.names.column(table, c)), guard=test)
            for c, test in zip(fields, blank, strict=True)
        ]
        filled = exp.and_(*(exp.Not(this=test) for test in blank)) if blank else None  # of parameters alone
        uncomputed = self._said("not-computable", name=self.names.written(table, _uncomputed(sql)))
        if (days := sql.find(WorkdaysBetween, AddWorkdays)) is not None:
            span = {"first": str(of_calendar(days).first), "last": str(of_calendar(days).last)}
            uncomputed = self._said("outside-calendar", name=self.names.written(table, days), **span)
        return [*phrases, replace(uncomputed, guard=filled)]

    def _of_blank(self, column: Column) -> str:
        """How it is said that a column is blank."""
        fact = self.pack.fact(column)
        return "blank" if fact is None or fact.sql.find(ByDay) is None else "blank-by-day"

    def _blank_among(self, table: str, column: Column, fact: CheckedFact) -> list[Phrase]:
        own_ = [Column(column.table, a) for a in fact.among or ()]
        blank = {c: exp.Is(this=self._column(table, c), expression=exp.null()) for c in own_}
        empty = exp.Is(this=self._column(table, column), expression=exp.null())
        said = [(self._said("blank", name=self.names.column(table, c)), test) for c, test in blank.items()]
        phrases = [replace(phrase, guard=exp.and_(empty, test)) for phrase, test in said]
        unsure = counted(fact) is not None and bool(own_)  # a count is never blank for want of records
        which = ", ".join(self.names.column(table, c) for c in own_)
        code, args = ("siblings-unsure", {"fields": which}) if unsure else (self._of_blank(column), {})
        rest = self._said(code, name=self.names.column(table, column), **args)
        return [*phrases, replace(rest, guard=exp.and_(empty, *(exp.not_(test.copy()) for test in blank.values())))]

    def _lost(self, table: str, sql: exp.Expr, columns: Sequence[Column]) -> list[Phrase]:
        """Which values were lost, what they said and where; a fact is traced to the fields and aggregates behind it."""
        phrases, told = [], []
        for c in (ends := self.tellers.ends(table, columns)):
            of, absent = self.names.column(table, c), self.tellers.absent(c)
            if absent is not None:
                phrases.append(self._said("lost", name=of, what=absent))
                continue
            told.append(name(TOLD + self._column(table, c).name))
            phrases.append(replace(self._said("lost", name=of, what=_FIRST), values=(told[-1],), guard=_there(told[-1])))
        if len(told) < len(ends):
            return phrases
        code = "lost-somewhere" if told or not self.lost.large else "too-large"
        rest = self._said(code, name=self.names.written(table, sql))
        if not told:
            return [rest]
        return [*phrases, replace(rest, guard=exp.and_(*(exp.not_(_there(text)) for text in told)))]

    # ---------------------------------------------------------------------------------------------------------- wording

    def _said(self, code: str, **args: str) -> Phrase:
        return Phrase(say(self.lang, f"reason.{code}", **args), f"reason.{code}", args)

    def _column(self, table: str, column: Column) -> exp.Column:
        return name(column.name if column.table == table else f"{column.table}.{column.name}")

    def display(self, table: str, tree: exp.Expr) -> exp.Expr:
        """SQL for a value as people read it."""
        kind, tree = type_of(tree.unnest()), bound(tree.unnest(), self.pack.params)
        shown = cast(tree, "VARCHAR")
        choices = self.names.choices(column_of(table, tree)) if isinstance(tree, exp.Column) else {}
        titled = self.names.titles or self.lang == "zh"
        if kind is Type.BOOLEAN:
            yes, no = exp.Literal.string(self.names.value(True)), exp.Literal.string(self.names.value(False))
            shown = exp.Case(ifs=[exp.If(this=tree, true=yes), exp.If(this=exp.Not(this=exp.Paren(this=tree.copy())), true=no)])
        elif kind is Type.NUMBER:
            shown = _short_number(tree)
        elif choices and kind is Type.CHOICES:
            titles = {code: choice.in_(self.lang, code) if titled else code for code, choice in choices.items()}
            shown = codes_shown(tree, titles, say(self.lang, "reason.choices"))
        elif titled and choices:
            titles = {code: choice.in_(self.lang, code) for code, choice in choices.items()}
            ifs = [exp.If(this=exp.Literal.string(code), true=exp.Literal.string(title)) for code, title in titles.items()]
            shown = exp.Case(this=tree, ifs=ifs, default=shown)
        return exp.Coalesce(this=shown, expressions=[exp.Literal.string(say(self.lang, "reason.nothing"))])


def _there(text: exp.Expr) -> exp.Expr:
    return exp.not_(exp.Is(this=text.copy(), expression=exp.null()))


def _uncomputed(atom: exp.Expr) -> exp.Expr:
    """The part of an atom that has no value though no field behind it is blank; the atom itself where several may be it."""
    sides = [side.unnest() for side in atom.iter_expressions()] if isinstance(atom, exp.Binary | exp.In | exp.Between) else []
    varying = [side for side in sides if _columns(side)]
    if len(varying) > 1:
        varying = [side for side in varying if not isinstance(side, exp.Column)]
    return varying[0] if len(varying) == 1 else atom


def _short_number(tree: exp.Expr) -> exp.Expr:
    """Without zeros at its end."""
    text = cast(decimal(tree, size_of(tree)), "VARCHAR")
    for sign in "0." if size_of(tree).places else "":
        text = exp.Trim(this=text, expression=exp.Literal.string(sign), position="TRAILING")
    return text


def _columns(tree: exp.Expr) -> list[exp.Column]:
    return list(tree.find_all(exp.Column))
