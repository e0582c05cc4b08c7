"""Facts over the records of one table that agree in some values: what is wrong with how one is written.

In: a pack, a fact with its path. Out: mistakes. What its `value` says is checked as that of any aggregate.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from sqlglot import exp

from lookback.language.parse import extent
from lookback.language.scope import STATES
from lookback.language.sql import Previous
from lookback.packs.checked import Pack
from lookback.packs.model import Fact, Rule, TableDef, Title
from lookback.words.errors import Mistake, did_you_mean
from lookback.words.source import Path

MOST_AMONG = 5
"""Fields and facts in which siblings agree: a record of which some are blank or lost may be a sibling in as many ways as there
are sets of them."""


def wrong_form(pack: Pack, path: Path, fact: Fact) -> Iterator[Mistake]:
    """What can be told without knowing any name."""
    if fact.among is None:
        if fact.others:
            yield Mistake("others-without-among", pack.span((*path, "others", "[key]")), {"fact": fact.fact})
        return
    span = pack.span((*path, "among", "[key]"))
    if fact.from_ is not None:
        yield Mistake("among-and-from", span, {"fact": fact.fact})
    if len(fact.among) > MOST_AMONG:
        yield Mistake("among-too-many", span, {"n": len(fact.among), "most": MOST_AMONG})
    for i, name in enumerate(fact.among):
        if name in fact.among[:i]:
            yield Mistake("repeated-id", pack.span((*path, "among", i)), {"id": name})


def wrong_names(pack: Pack, path: Path, fact: Fact, known: Collection[str], tree: exp.Expr | None) -> Iterator[Mistake]:
    """What among the `known` fields and facts of the table is none; and verdicts, which wait for what stands in `tree`."""
    for i, name in enumerate(fact.among or ()):
        if name not in known and "." not in name:
            args = {"name": name, "table": fact.of}
            yield Mistake("unknown-field", pack.span((*path, "among", i)), args, did_you_mean(name, known))
    for call in tree.find_all(Previous) if tree is not None and fact.among is None else ():
        where, place = extent(call), pack.place((*path, "value"))
        yield Mistake("previous-of-siblings", place.part(*where) if where else place.span, {})
    nodes = tree.find_all(exp.Column, exp.Anonymous) if tree is not None and fact.among is not None else ()
    for node in nodes:
        if node.name in STATES or (node.name == "verdict" and not node.text("table") and isinstance(node, exp.Column)):
            where = extent(node)
            place = pack.place((*path, "value"))
            yield Mistake("verdict-of-siblings", place.part(*where) if where else place.span, {"name": node.name})


def wrong_unique(pack: Pack) -> Iterator[Mistake]:
    """What is wrong with the `unique` of the tables."""
    file = pack.files[1].name
    for name, table in pack.tables.items():
        for i, unique in enumerate(table.unique):
            span = pack.span((file, "tables", name, "unique", i))
            for field in (f for f in unique.of if f not in table.columns):
                yield Mistake("unknown-field", span, {"name": field, "table": name}, did_you_mean(field, table.columns))
            if len(unique.of) > MOST_AMONG:
                yield Mistake("among-too-many", span, {"n": len(unique.of), "most": MOST_AMONG})
            if repeated := next((f for n, f in enumerate(unique.of) if f in unique.of[:n]), None):
                yield Mistake("repeated-id", span, {"id": repeated})
            said = [key for key in ("clause", "title", "otherwise", "unknown", "advice") if getattr(unique, key) is not None]
            if unique.rule is None and said:
                yield Mistake("unique-without-rule", span, {"keys": ", ".join(said)})
            if unique.rule is not None and (unique.title is None or unique.otherwise is None):
                yield Mistake("unique-rule-needs", span, {"rule": unique.rule})


def of_unique(file: str, tables: Mapping[str, TableDef]) -> tuple[list[tuple[Path, Fact]], list[tuple[Path, Rule]]]:
    """The facts and rules that stand for a `unique` with a rule, as if they were written in `file`."""
    facts: list[tuple[Path, Fact]] = []
    rules: list[tuple[Path, Rule]] = []
    for name, table in tables.items():
        for i, unique in enumerate(table.unique):
            if unique.rule is None or unique.title is None or unique.otherwise is None:
                continue
            path: Path = (file, "tables", name, "unique", i)
            fields = ", ".join(unique.of)
            title = Title(en=f"Others alike in {fields}", zh=f"{fields} 相同的其他记录数")
            given = {"fact": unique.fact, "of": name, "among": unique.of, "others": True, "title": title, "value": "count(*)"}
            facts.append((path, Fact.model_validate(given)))
            asked = {"rule": unique.rule, "for": name, "title": unique.title, "require": f"{unique.fact} = 0"}
            more = {key: getattr(unique, key) for key in ("clause", "otherwise", "unknown", "weight", "advice")}
            rules.append((path, Rule.model_validate(asked | more)))
    return facts, rules
