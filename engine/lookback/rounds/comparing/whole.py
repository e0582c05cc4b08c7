"""What is asked of the review as a whole (`for: review`), in both reviews: what is new, settled, standing, and why.

In: two reviews in a warehouse, which keep what became of their own rules. Out: an `OfReview`. The causes are those of units
(`comparing.causes`): the smallest sets of records, rules and settings that, put back to OLD's, give OLD's result of a rule, or
OLD's verdict of the review. To find them all records are judged again, and only where something is otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from lookback.judging.decider import Decider, Deciding
from lookback.judging.judge import judge
from lookback.judging.large import narrowed
from lookback.judging.program import compile
from lookback.judging.whole import Whole
from lookback.packs.checked import CheckedPack
from lookback.place import temporary
from lookback.rounds.comparing.causes import NONE, PARTS, TOGETHER, Part, differing, forget, with_settings
from lookback.rounds.comparing.records import Both, Which, alike
from lookback.warehouse.duckdb import path_literal

VERDICT = ""
"""Stands for the review's verdict among its rules."""


@dataclass(frozen=True)
class OfReview:
    """`old`, `new`: the verdicts; None where nothing is asked of the review. `findings`: a row a rule that either did not meet,
    by NEW's ids where it has the rule: rule, change, why, clause, old_outcome, outcome, reason (by language). `causes`: of each
    rule whose outcome is another, and of the verdict (VERDICT)."""

    old: str | None
    new: str | None
    findings: Sequence[Mapping[str, Any]]
    causes: Mapping[str, Sequence[str]]


def of_review(both: Both, decider: Decider, progress: Callable[[float], None] = lambda share: None) -> OfReview | None:
    """None where neither pack asks anything of the review."""
    kept = {side: both.reviews[side].summary.get("review") for side in both.packs}
    if not any(kept.values()):
        return None
    names = whole_rules(both.packs["old"], both.packs["new"])
    said: dict[Which, dict[str, Mapping[str, Any]]] = {"old": {}, "new": {}}
    for side, of in kept.items():
        rules = of["rules"] if of else {}
        said[side] = {names.get(rule, rule) if side == "old" else rule: found for rule, found in rules.items()}
    findings = [_row(rule, *(said[side].get(rule) for side in ("old", "new"))) for rule in {**said["new"], **said["old"]}]
    verdicts = {side: of["verdict"] if of else None for side, of in kept.items()}
    was = {VERDICT: verdicts["old"]} | {rule: _outcome(said["old"].get(rule)) for rule in {**said["new"], **said["old"]}}
    is_ = {VERDICT: verdicts["new"]} | {rule: _outcome(said["new"].get(rule)) for rule in was if rule != VERDICT}
    moved = {of: outcome for of, outcome in was.items() if outcome != is_[of]}
    causes = _causes(both, moved, names, decider, progress) if moved else {}
    return OfReview(verdicts["old"], verdicts["new"], [row for row in findings if row is not None], causes)


def whole_rules(old: CheckedPack, new: CheckedPack) -> dict[str, str]:
    """The rules for the review of OLD -> of NEW."""
    of = [{r.id: r.rule.was for r in pack.whole.rules} if pack.whole is not None else {} for pack in (old, new)]
    return alike(*of)


def _outcome(found: Mapping[str, Any] | None) -> str | None:
    return found["outcome"] if found is not None else None


def _row(rule: str, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What became of a rule that either did not meet; None of another."""
    was, is_ = _outcome(before), _outcome(after)
    if was is None and is_ is None:
        return None
    of = after if is_ is not None else before
    assert of is not None
    gone = "rule-gone" if after is None else None if after["status"] == "met" else after["status"].replace(" ", "-")
    change = ("new" if was is None else "standing") if is_ is not None else "vanished" if gone else "settled"
    why = gone if change == "vanished" else None
    ends = {"old_outcome": was, "outcome": is_, "reason": of["reason"]}
    return {"rule": rule, "change": change, "why": why, "clause": of["clause"], **ends}


def _causes(
    both: Both, moved: Mapping[str, str | None], names: Mapping[str, str], decider: Decider, progress: Callable[[float], None]
) -> dict[str, tuple[str, ...]]:
    """Of each that moved, with what it was in OLD, its causes."""
    parts, found = differing(both), dict[str, tuple[str, ...]]()
    if not parts:
        return dict.fromkeys(moved, (NONE,))
    for size in range(1, len(parts)):
        causes: dict[str, list[str]] = {}
        for back in combinations(parts, size) if len(found) < len(moved) else ():
            progress(size / len(parts))
            judged = judged_again(both, back, names, decider)
            for of in (of for of, before in moved.items() if of not in found and judged.get(of) == before):
                causes.setdefault(of, []).append(TOGETHER.join(back))
        found |= {of: tuple(each) for of, each in causes.items()}
    return {of: found.get(of, (TOGETHER.join(parts),)) for of in moved}


def judged_again(both: Both, back: Sequence[Part], names: Mapping[str, str], decider: Decider) -> dict[str, str | None]:
    """What becomes of the review with some parts put back to OLD's."""
    side: Mapping[Part, Which] = {part: "old" if part in back else "new" for part in PARTS}
    pack = with_settings(both, side["rules"], side["settings"])
    if pack.whole is None:
        return {}
    lost = both.make(side["records"], pack, side["rules"])
    lost, narrow = narrowed(lost, pack, both.warehouse)
    values = both.reviews[side["records"]].folder / "records" / "_lost_values.parquet"
    both.warehouse.create("lost_values", f"FROM read_parquet({path_literal(values)}) LIMIT 0")  # reasons alone say more of them
    program = judge(compile(narrow, lost), both.warehouse, Deciding(pack.rules, decider), None).program
    with temporary() as work:
        got = Whole(pack.whole, decider).judge(program, both.warehouse, None, Path(work))
    forget(both.warehouse)
    rules = {r.id: pack.whole.outcome(r, got.situations[r.id], got.statuses[r.id]) for r in pack.whole.rules}
    return {VERDICT: got.verdict} | {names.get(r, r) if side["rules"] == "old" else r: of for r, of in rules.items()}
