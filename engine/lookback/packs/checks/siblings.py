"""Facts over the records of one table that agree in some values: what is wrong with how one is written.

In: a pack, a fact with its path. Out: mistakes. What its `value` says is checked as that of any aggregate.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sqlglot import exp

from lookback.language.parse import extent
from lookback.language.scope import STATES
from lookback.packs.checked import Pack
from lookback.packs.model import Fact
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
        if name not in known:
            args = {"name": name, "table": fact.of}
            yield Mistake("unknown-field", pack.span((*path, "among", i)), args, did_you_mean(name, known))
    nodes = tree.find_all(exp.Column, exp.Anonymous) if tree is not None and fact.among is not None else ()
    for node in nodes:
        if node.name in STATES or (node.name == "verdict" and not node.text("table") and isinstance(node, exp.Column)):
            where = extent(node)
            place = pack.place((*path, "value"))
            yield Mistake("verdict-of-siblings", place.part(*where) if where else place.span, {"name": node.name})
