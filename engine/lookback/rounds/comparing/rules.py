"""Which rules and facts of two packs are not the same.

In: two reviews, with their packs. Out: by the id of a rule or fact how it differs: added, removed, or changed, and in what. What
is only called otherwise (`was`), reordered, or said with other words for people, is the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lookback.language.sql import written
from lookback.packs.checked import CheckedFact, CheckedPack, CheckedRule
from lookback.rounds.comparing.records import SIDES, Both
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
    return {**_facts(both), **_rules(both)}


def _rules(both: Both) -> dict[str, Edit]:
    packs, back = both.packs, both.pairs.back.rules
    old, new = packs["old"], packs["new"]
    prints = {side: Fingerprints(packs[side]) for side in SIDES}
    found = {}
    for rule in new.rules:
        before = [old.by_id[r] for r in back.get(rule.id, ()) if r in old.by_id]
        asked = _asked(new, rule, prints["new"])
        if not before:
            found[rule.id] = Edit("added")
        elif all(_asked(old, one, prints["old"]) != asked for one in before):
            found[rule.id] = Edit("changed", _said(old, before[0], new, rule))
    return found | {rule.id: Edit("removed") for rule in old.rules if not both.pairs.rules.get(rule.id)}


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


def _facts(both: Both) -> dict[str, Edit]:
    old, new = ({(f.table, f.id): f for f in both.packs[side].facts if not f.hidden} for side in SIDES)
    before: Mapping[tuple[str, str], CheckedFact] = {(both.pairs.tables.get(t, t), id_): f for (t, id_), f in old.items()}
    found = {}
    for key, fact in new.items():
        was = before.get(key)
        if was is None:
            found[fact.id] = Edit("added", fact=True)
        elif _worked_out(was) != _worked_out(fact):
            said = tuple(" ".join(f.fact.value.split()) for f in (was, fact))
            found[fact.id] = Edit("changed", (("value", said[0], said[1]),) if said[0] != said[1] else (), fact=True)
    return found


def _worked_out(fact: CheckedFact) -> object:
    return written(fact.sql), fact.among, fact.fact.others, fact.fact.through
