"""Many rules on one table: judged as the reference does, over signatures of many words, at a cost that grows as their number."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any

from reference import Pack, judge
from strategies import OUTCOMES, write_pack, write_records
from test_engine_against_reference import agree, check

from benchmarks.rules import write

FIELDS = [f"f{i}" for i in range(12)]
RULES = 60


def many_rules() -> Pack:
    """Rules of four conditions each, some of them shared; one that a fact of another table counts."""
    fields: dict[str, Any] = {"unit_id": {"type": "text"}}
    issues = {"issue_id": {"type": "text"}, "unit_id": {"type": "text"}, **{f: {"type": "integer"} for f in FIELDS}}
    rules = [
        {
            "rule": f"rule-{i}",
            "for": "issues",
            "title": {"en": f"Rule {i}"},
            "when": f"{FIELDS[i % 12]} > {i % 5} or {FIELDS[(i + 1) % 12]} = {i}",
            "require": f"{FIELDS[(i * 5 + 2) % 12]} <= {i // 3} and {FIELDS[(i * 7 + 3) % 12]} <> {i // 7}",
            "otherwise": OUTCOMES[1 + i % 3],
            **({"unknown": OUTCOMES[1 + i % 2]} if i % 4 else {}),
            "weight": i % 6,
        }
        for i in range(RULES)
    ]
    facts = [
        {"fact": "w0", "of": "units", "from": "issues", "value": "count(*) filter (where unmet('rule-7'))"},
        {"fact": "not_passed", "of": "units", "from": "issues", "value": "count(*) filter (where verdict <> 'pass')"},
    ]
    own = {"rule": "few", "for": "units", "title": {"en": "Few"}, "require": "w0 + not_passed < 6", "otherwise": "make_up"}
    tables = {
        "units": {"key": "unit_id", "fields": fields},
        "issues": {"key": "issue_id", "belongs_to": "units", "fields": issues},
    }
    return Pack({}, [{"outcome": o} for o in OUTCOMES], tables, facts, [*rules, own])


def test_rules_of_many_words_are_judged_as_by_the_reference(tmp_path: Path) -> None:
    drawn = random.Random(7)
    pack = many_rules()
    values = [None, *range(25)]
    issues = [{"issue_id": f"I{i}", "unit_id": f"U{i % 40}", **{f: drawn.choice(values) for f in FIELDS}} for i in range(400)]
    records: dict[str, list[dict[str, Any]]] = {"units": [{"unit_id": f"U{i}"} for i in range(45)], "issues": issues}
    write_pack(pack, tmp_path / "pack")
    write_records(records, pack, tmp_path / "data")
    assert len(judge(pack, records).findings) > 1000
    with check(tmp_path / "pack", [str(tmp_path / "data")]) as review:
        agree(review, pack, records)


def test_the_cost_of_rules_grows_as_their_number(tmp_path: Path) -> None:
    """In CPU seconds of this process: four times as many rules cost no more than seven times as much."""
    costs = []
    for rules in (60, 60, 240):  # the first also pays for what is loaded once
        folder = tmp_path / f"{len(costs)}-{rules}"
        write(rules, folder)
        started = time.process_time()
        check(folder / "pack", [str(folder / "data")]).close()
        costs.append(time.process_time() - started)
    assert costs[2] < 7 * costs[1]
