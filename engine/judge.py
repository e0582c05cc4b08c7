"""Records in a warehouse -> their verdicts there: every step of the plan, in order.

In: a checked pack, and the views `records_<table>`. Out: the tables that `queries` names, and what was decided. It reads no
file and writes none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlglot import exp

from engine.inference import Decider, decide
from engine.model import CheckedPack, Situation, Status
from engine.plan import Plan, make_plan
from engine.queries import Queries
from engine.reasons import Reasons
from engine.verdicts import outcomes, situations
from engine.warehouse.duckdb import Warehouse


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
    found = Judgement(plan, queries)
    for step in plan.steps:
        progress(step.number / len(plan.steps))
        for child in dict.fromkeys(f.child for f in step.aggregates if f.child):
            warehouse.create(f"sums_{step.number}_{child}", queries.sums(step, child))
        warehouse.create(f"state_{step.number}", queries.state(step))
        if not step.rules:
            continue
        warehouse.create(f"seen_{step.number}", queries.seen(step))
        seen = situations(step, warehouse.rows(queries.situations(step)))
        decided = decide(step.rules, [s.situation for s in seen], decider)
        meant = outcomes(step, seen, decided, reasons, places)
        found.decided |= decided
        found.counts |= meant.counts
        found.reasons[step.number] = meant.reason
        warehouse.load(f"outcomes_{step.number}", meant.outcomes)
        warehouse.load(f"decisions_{step.number}", meant.decisions)
        warehouse.create(f"judged_{step.number}", queries.judged(step, queries.used_rules))
        warehouse.create(f"found_{step.number}", queries.found(step))
    for table in reversed(list(pack.top_down())):
        if table != pack.root and queries.totals_of(table) == f"totals_{table}":
            warehouse.create(f"totals_{table}", queries.totals(table))
    return found
