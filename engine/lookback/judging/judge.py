"""Records in a warehouse -> their verdicts there: every step of the plan, in order.

In: a checked pack, and the views `records_<table>`. Out: the tables that `queries` names, and what was decided. It reads no
file and writes none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlglot import exp

from lookback.judging._queries import Queries
from lookback.judging._verdicts import carried, outcomes, situations
from lookback.judging.decider import Decider, decide
from lookback.judging.program import Plan, make_plan
from lookback.judging.reasons import Reasons
from lookback.language.conditions import Situation, Status
from lookback.packs.checked import CheckedPack
from lookback.warehouse import Warehouse


@dataclass
class Judgement:
    """What was decided: the status of each situation, the records of each rule by status, each step's reasons as SQL."""

    plan: Plan
    queries: Queries
    decided: dict[Situation, Status] = field(default_factory=dict)
    counts: dict[str, Mapping[Status, int]] = field(default_factory=dict)
    reasons: dict[int, exp.Expr] = field(default_factory=dict)


def judge(
    pack: CheckedPack,
    warehouse: Warehouse,
    lang: str,
    decider: Decider,
    progress: Callable[[float], None] = lambda share: None,
) -> Judgement:
    """Judge the records in the warehouse. Raises DecisionError where a situation is not decided in exactly one way."""
    plan = make_plan(pack)
    queries = Queries(plan)
    reasons = Reasons(pack, lang)
    places = {rule.id: i for i, rule in enumerate(pack.rules)}
    used_rules = queries.used_rules
    found = Judgement(plan, queries)
    for step in plan.steps:
        progress(step.number / len(plan.steps))
        for child in dict.fromkeys(f.child for f in step.aggregates if f.child):
            warehouse.create(f"sums_{step.number}_{child}", queries.sums(step, child))
        warehouse.create(f"state_{step.number}", queries.state(step))
        if not step.rules:
            continue
        warehouse.create(f"seen_{step.number}", queries.seen(step))
        signatures = warehouse.arrow(f'SELECT * FROM "seen_{step.number}"')
        seen = situations(step, signatures)
        decided = decide(step.rules, seen, decider)
        meant = outcomes(step, seen, decided, reasons, places)
        found.decided |= decided
        found.reasons[step.number] = meant.reason
        back = carried(step, signatures, meant.of_rule, used_rules)
        found.counts |= back.counts
        for kind, rows in (("decisions", meant.decisions), ("judged", back.judged), ("found", back.found)):
            warehouse.load(f"{kind}_{step.number}", rows)
    for table in reversed(list(pack.top_down())):
        if table != pack.root and queries.totals_of(table) == f"totals_{table}":
            warehouse.create(f"totals_{table}", queries.totals(table))
    return found
