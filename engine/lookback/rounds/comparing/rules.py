"""Which rules and facts of two packs are not the same.

In: two reviews, with their packs. Out: by the id of a rule or fact how it differs: added, removed, or changed, and in what. What
is only called otherwise (`was`), reordered, or said with other words for people, is the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lookback.language.sql import written
from lookback.packs.checked import CheckedFact, CheckedPack, CheckedRule
from lookback.rounds.comparing.records import SIDES, Both
from lookback.rounds.comparing.whole import whole_rules
from lookback.rounds.fingerprint import Fingerprints

KEYS = ("when", "require", "otherwise", "unknown", "not_counted", "tag", "weight")
"""What of a rule can move a verdict, or a score, as its file writes it."""


@dataclass(frozen=True)
class Edit:
    """`how`: added, removed, changed. `said`: (key, what stood there, what stands there); `fact`: whether it is one."""

    how: str
    said: tuple[tuple[str, str, str], ...] = ()
    fact: bool = False


def edits(both: Both) -> dict[str, Edit]:
    """By NEW's ids; what only OLD has by OLD's."""
    old, new = (both.packs[side] for side in SIDES)
    of_review = whole_rules(old, new)
    back = {**both.pairs.back.rules, **{after: (before,) for before, after in of_review.items()}}
    found = {**_facts(both, old, new), **_rules(old, new, back)}
    if old.whole is not None and new.whole is not None:
        return {**found, **_facts(both, old.whole, new.whole), **_rules(old.whole, new.whole, back)}
    for pack, how in ((old.whole, "removed"), (new.whole, "added")):
        found |= {rule.id: Edit(how) for rule in (pack.rules if pack is not None else ())}
    return found


def _rules(old: CheckedPack, new: CheckedPack, back: Mapping[str, Sequence[str]]) -> dict[str, Edit]:
    """`back`: a rule of NEW -> those of OLD that it is, or replaced."""
    prints = {side: Fingerprints(pack) for side, pack in zip(SIDES, (old, new), strict=True)}
    found, kept = {}, {before for of in back.values() for before in of}
    for rule in new.rules:
        before = [old.by_id[r] for r in back.get(rule.id, ()) if r in old.by_id]
        asked = _asked(new, rule, prints["new"])
        if not before:
            found[rule.id] = Edit("added")
        elif all(_asked(old, one, prints["old"]) != asked for one in before):
            found[rule.id] = Edit("changed", _said(old, before[0], new, rule))
    return found | {rule.id: Edit("removed") for rule in old.rules if rule.id not in kept}


def _asked(pack: CheckedPack, rule: CheckedRule, prints: Fingerprints) -> object:
    said = rule.rule
    ends = said.otherwise, said.outcome_if_unknown, said.tag, said.weight, pack.not_counted(rule) is not None
    return prints.conditions(rule), rule.when, rule.require, ends


def _said(old: CheckedPack, one: CheckedRule, new: CheckedPack, other: CheckedRule) -> tuple[tuple[str, str, str], ...]:
    before, after = _texts(old, one), _texts(new, other)
    return tuple((key, before[key], after[key]) for key in KEYS if before[key] != after[key])


def _texts(pack: CheckedPack, rule: CheckedRule) -> dict[str, str]:
    said = {key: " ".join(str(getattr(rule.rule, key) or "").split()) for key in KEYS}
    shared = pack.pack.shared.get(rule.file, "")
    when = " and ".join(f"({part})" if shared and said["when"] else part for part in (shared, said["when"]) if part)
    return {**said, "when": when, "not_counted": "true" if pack.not_counted(rule) is not None else ""}


def _facts(both: Both, old: CheckedPack, new: CheckedPack) -> dict[str, Edit]:
    of_old, of_new = ({(f.table, f.id): f for f in pack.facts if not f.hidden} for pack in (old, new))
    before: Mapping[tuple[str, str], CheckedFact] = {(both.pairs.tables.get(t, t), id_): f for (t, id_), f in of_old.items()}
    found = {}
    for key, fact in of_new.items():
        was = before.get(key)
        if was is None:
            found[fact.id] = Edit("added", fact=True)
        elif _worked_out(was) != _worked_out(fact):
            said = tuple(" ".join(f.fact.value.split()) for f in (was, fact))
            found[fact.id] = Edit("changed", (("value", said[0], said[1]),) if said[0] != said[1] else (), fact=True)
    return found


def _worked_out(fact: CheckedFact) -> object:
    return written(fact.sql), fact.among, fact.fact.others, fact.fact.through
