"""What a pack says of its own past: rules that are retired, and what things were called before.

In: a pack as its files say it. Out: every mistake, at its place.
"""

from __future__ import annotations

from collections.abc import Iterator

from lookback.packs.checked import Pack
from lookback.words.errors import Mistake, did_you_mean


def wrong_history(pack: Pack) -> Iterator[Mistake]:
    """Ids that are used again, and rules by which nothing can be replaced."""
    every = [*pack.rules, *pack.retired]
    known = [rule.rule for _, rule in every]
    live = {rule.rule for _, rule in pack.rules}
    seen = dict.fromkeys(live)
    for path, rule in pack.retired:
        if rule.rule in seen:
            yield Mistake("repeated-id", pack.span((*path, "rule")), {"id": rule.rule})
        seen[rule.rule] = None
        for i, by in enumerate(rule.replaced_by):
            if by not in known or by == rule.rule:
                args, help_ = {"rule": by, "table": rule.for_}, did_you_mean(by, known)
                yield Mistake("unknown-rule", pack.span((*path, "replaced_by", i)), args, help_)
    for path, rule in every:
        for i, was in enumerate(rule.was):
            if was in seen:
                yield Mistake("repeated-id", pack.span((*path, "was", i)), {"id": was})
            seen[was] = None
    for name, table in pack.tables.items():
        for i, was in enumerate(table.was):
            if was in pack.tables:
                yield Mistake("repeated-id", pack.span((pack.files[1].name, "tables", name, "was", i)), {"id": was})
