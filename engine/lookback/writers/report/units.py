"""The flagged units of a report -> what the page's script shows: the list, and what is told of each unit as HTML.

In: a `Report`, and a `Told` a unit. Out: columns and rows as plain values, compressed; a value of a column with `names` is the
place of one of them. What is told lies in blocks of BLOCK units, each of which is unpacked when one of its units is opened.
"""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from lookback.packs.checked import NOT_HANDED_IN, CheckedPack, Named
from lookback.reporting.report import Report, UnitLine
from lookback.words import say
from lookback.words.shown import one_line
from lookback.writers._pages import page
from lookback.writers.explanation import Words as Explained
from lookback.writers.rounds.ledger_notes import noted

if TYPE_CHECKING:  # what is printed is made elsewhere, by what is heavy to load
    from lookback.reporting.details import Told
    from lookback.reviews.fix_all import Need

BLOCK = 50
OF_UNIT = ("ledger-says", "fixes-head", "no-fixes", "by-fix")
RULES_NAMED = 3
"""Rules of a unit that the plain list names."""


def packed(value: object) -> str:
    """As JSON, compressed, in letters: the same value gives the same text."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode()


@dataclass(frozen=True)
class Column:
    """`kind`: the class of its cells. `names`: what its values are the places of; `ordered`: they are sorted by their places.
    `kinds`: a class of its own for each value. `asked`: how one may choose by it: a name, or whether it is more than nothing."""

    id: str
    head: str
    kind: str
    names: Sequence[str] | None = None
    number: bool = False
    ordered: bool = False
    kinds: Sequence[str] | None = None
    searched: bool = False
    asked: str = ""
    blanks: bool = False
    values: list[Any] = field(default_factory=list)

    def choices(self) -> list[tuple[int, str]]:
        """The names that some unit has, with their places."""
        there = set(self.values)
        return [(place, name) for place, name in enumerate(self.names or ()) if place in there]


class Units:
    """What the script and the plain list show of the units. `kinds`: the pattern of each outcome."""

    def __init__(self, found: Report, kinds: dict[str, str]) -> None:
        self.found, self.lang = found, found.lang
        self.columns = [*self._columns(kinds)]
        self.rules = [rule for rule in found.titles if any(rule in unit.rules for unit in found.flagged)]
        self.rules += [NOT_HANDED_IN] if any(NOT_HANDED_IN in unit.rules for unit in found.flagged) else []

    def say(self, code: str, /, **args: object) -> str:
        return say(self.lang, f"report.{code}", **args)

    def _columns(self, kinds: dict[str, str]) -> Iterator[Column]:
        found, units = self.found, self.found.flagged
        places = {o.id: i for i, o in enumerate(found.outcomes)}
        verdicts = [places[unit.verdict] for unit in units]
        titles, marks = [o.title for o in found.outcomes], [kinds[o.id] for o in found.outcomes]
        yield Column("verdict", self.say("outcome"), "verdict", titles, False, True, marks, True, "names", values=verdicts)
        yield Column("score", self.say("score"), "number", number=True, values=[unit.score for unit in units])
        yield Column("findings", self.say("findings"), "number aside", number=True, values=[unit.findings for unit in units])
        if found.moves is not None:
            was, then = found.moves.was, [o.id for o in found.moves.old_outcomes]
            titles = [o.title for o in found.moves.old_outcomes]
            values = [then.index(v) if (v := was.get(unit.key)) in then else None for unit in units]
            yield Column("was", self.say("was"), "aside", titles, False, True, None, False, "names", None in values, values)
        if found.kept is not None:
            for i, what in enumerate(("overdue", "waived")):
                some = [found.kept.of_units.get(unit.key, (0, 0))[i] for unit in units]
                yield Column(what, self.say(what), "number aside", number=True, asked="some", values=some)
        for i, group in enumerate(found.groups):
            names = sorted({unit.groups[i] for unit in units} - {None}, key=str)
            at = {name: n for n, name in enumerate(names)}
            values = [None if (name := unit.groups[i]) is None else at[name] for unit in units]
            shown = [one_line(str(name)) for name in names]
            yield Column(f"by-{i}", group.field.title, "aside", shown, False, False, None, True, "names", None in values, values)

    def title(self, rule: str) -> str:
        return say(self.lang, "not-handed-in") if rule == NOT_HANDED_IN else self.found.titles[rule]

    def data(self) -> str:
        """The list, packed."""
        at = {rule: i for i, rule in enumerate(self.rules)}
        units = [
            [
                one_line(unit.key),
                None if unit.label is None else one_line(unit.label),
                [column.values[i] for column in self.columns],
                [at[rule] for rule in unit.rules],
            ]
            for i, unit in enumerate(self.found.flagged)
        ]
        told = ("kind", "names", "number", "ordered", "kinds", "searched")
        columns = [{name: getattr(column, name) for name in told} for column in self.columns]
        words = {
            "more": self.say("more", n="{n}"),
            "all": self.say("count-all", n="{n}"),
            "some": self.say("count", n="{n}", of="{of}"),
            "between": self.say("between"),
        }
        rules = [self.title(rule) for rule in self.rules]
        return packed({"block": BLOCK, "words": words, "columns": columns, "rules": rules, "units": units})

    def plain(self) -> Iterator[tuple[str, str, list[str], str]]:
        """Of each unit its key, its label, its first cells, and its rules."""
        for i, unit in enumerate(self.found.flagged):
            cells = (column.values[i] if column.names is None else column.names[column.values[i]] for column in self.columns[:3])
            some = [self.title(rule) for rule in unit.rules[:RULES_NAMED]]
            if len(unit.rules) > RULES_NAMED:
                some.append(self.say("more", n=len(unit.rules) - RULES_NAMED))
            yield unit.key, unit.label or "", [str(cell) for cell in cells], self.say("between").join(some)


def blocks(found: Report, told: Iterable[Told], pack: CheckedPack) -> Iterator[str]:
    """What is told of the units, block by block, packed."""
    each = (_fragment(found, one, Named(pack, found.lang)) for one in told)
    while some := list(islice(each, BLOCK)):
        yield packed(some)


def _fragment(found: Report, told: Told, names: Named) -> str:
    lang, e = found.lang, told.explanation
    words = Explained(e, lang)
    groups = zip(found.groups, told.unit.groups, strict=True)
    return page(
        "report/unit.html",
        e=e,
        w=words,
        whole=False,
        level=2,
        counts="" if e.not_judged else say(lang, "report.counts", score=told.unit.score, findings=told.unit.findings),
        opening=words.opening(),
        unknown=[record for record in e.unit.walk() if record.unknown is not None],
        clauses=words.clauses(rule for record in e.unit.walk() for rule in record.findings),
        groups=[say(lang, "explain.value", title=g.field.title, value=one_line(name)) for g, name in groups if name is not None],
        notes=_notes(found, told.unit, names),
        needs=None if told.needs is None else [_need(need, names) for need in told.needs],
        said={code: say(lang, f"report.{code}", unit=one_line(told.unit.key)) for code in OF_UNIT},
    )


def _need(need: Need, names: Named) -> str:
    lang = names.lang
    if need.kind == "added":
        return say(lang, "fix.record-added", table=names.table(need.table))
    if need.kind in ("filled", "altered"):
        return say(lang, f"fix.{need.kind}", table=names.table(need.table), field=names.field(need.table, need.name))
    return say(lang, f"report.need.{need.kind}", rule=names.rule(need.name))


def _notes(found: Report, unit: UnitLine, names: Named) -> list[str]:
    """What the ledger says of a unit's findings."""
    if found.kept is None:
        return []
    lines = []
    for (table, record, rule), mark in found.kept.marks.of_unit(unit.key):
        said = [say(names.lang, "report.opened", day=mark.opened)] if mark.opened else []
        said += [say(names.lang, "report.due", day=mark.due)] if mark.due else []
        where = "" if table == names.pack.root else f"{names.table(table)} {record}"
        title = say(names.lang, "report.on", rule=names.rule(rule), record=where) if where else names.rule(rule)
        told = say(names.lang, "report.between").join([*said, *noted(mark.notes, names.lang)])
        lines.append(one_line(say(names.lang, "report.note", finding=title, said=told)))
    return lines
