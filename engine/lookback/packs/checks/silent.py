"""The lints that a pack says, with a reason, are not to be told: `ignore:` of pack.yaml.

In: a pack, and its mistakes. Out: those that are told, and a warning where it is silent about nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lookback.packs.checked import Pack
from lookback.words.errors import Mistake
from lookback.words.source import Path, Span


def told(pack: Pack, mistakes: Sequence[Mistake]) -> Iterator[Mistake]:
    """The mistakes but for the warnings that the pack is silent about."""
    silent, used = list(enumerate(pack.header.ignore)), set[int]()
    for mistake in mistakes:
        asked = [(i, one) for i, one in silent if mistake.severity == "warning" and one.lint == mistake.code]
        names = names_at(pack, mistake.span) if asked and mistake.span is not None else set[str]()
        by = [i for i, one in asked if not one.of or names & {*one.of}]
        used |= {*by}
        if not by:
            yield mistake
    for i, one in silent:
        if i not in used:
            span = pack.span((pack.files[0].name, "ignore", i, "lint"))
            yield Mistake("ignores-nothing", span, {"lint": one.lint}, None, "warning")


def names_at(pack: Pack, span: Span) -> set[str]:
    """What the things are called in which a place of the pack stands: rules, facts, parameters, tables, fields, and so on."""
    items: dict[Path, str] = {path: rule.rule for path, rule in (*pack.rules, *pack.whole[1])}
    items |= {path: fact.fact for path, fact in (*pack.facts, *pack.whole[0])}
    items |= {path: clause.clause for path, clause in pack.clauses or ()}
    items |= {(pack.files[0].name, "outcomes", i): outcome for i, outcome in enumerate(pack.outcomes)}
    found: set[str] = set()
    for path, place in pack.places.items():
        if not (place.span.source is span.source and place.span.start <= span.start and span.end <= place.span.end):
            continue
        if path[1:2] in (("params",), ("tables",)):
            found |= {str(part) for part in path[2:3]}
            found |= {f"{path[2]}.{path[4]}"} if path[3:4] == ("fields",) and len(path) > 4 else set()
        elif path[:3] in items:
            found.add(items[path[:3]])
    return found
