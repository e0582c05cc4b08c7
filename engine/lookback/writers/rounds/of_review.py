"""What became of the review as a whole from one review to the next, in words, and as programs read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lookback.packs.checked import Named
from lookback.words.shown import one_line

if TYPE_CHECKING:  # what is printed is made elsewhere, by what is heavy to load
    from lookback.rounds.comparing.whole import OfReview
    from lookback.writers.rounds.compare import Compared

VERDICT = ""
"""Stands for the verdict among the causes."""


def lines_of(w: Compared) -> list[str]:
    """The verdict, and below it the findings, and why; nothing where nothing is asked of the review."""
    of = w.found.whole
    if of is None:
        return []
    ends = {side: _verdict(w, verdict, side) for side, verdict in (("old", of.old), ("new", of.new))}
    lines = [w.say("whole.same" if of.old == of.new else "whole", **ends)]
    lines += [f"  {w.because(of.causes[VERDICT])}"] if VERDICT in of.causes else []
    for row in of.findings:
        reason = one_line((row["reason"] or {}).get(w.lang, ""))
        why = w.say(f"why.{row['why']}") if row["why"] else ""
        lines.append("  " + w.say(f"whole.{row['change']}", rule=_rule(w, row["rule"]), reason=reason, why=why))
        lines += [f"    {w.because(of.causes[row['rule']])}"] if row["rule"] in of.causes else []
    return lines


def _verdict(w: Compared, verdict: str | None, side: str) -> str:
    return w.say("whole.not-asked") if verdict is None else w.verdict(verdict, side)


def _rule(w: Compared, rule: str) -> str:
    wholes = (side.pack.whole for side in (w.found.new, w.found.old))
    return next((Named(of, w.lang).rule(rule) for of in wholes if of is not None and rule in of.by_id), rule)


def as_data(of: OfReview) -> dict[str, Any]:
    causes = {rule: [cause.split("+") for cause in each] for rule, each in of.causes.items()}
    findings = [{**row, "causes": causes.get(row["rule"], [])} for row in of.findings]
    return {"old_verdict": of.old, "new_verdict": of.new, "causes": causes.get(VERDICT, []), "findings": findings}
