"""What small reviews are made of: a pack of units and issues, records, a day; of which tests change some."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from builders import pack_of
from strategies import write_pack

import lookback as engine

DATE, TEXT = {"type": "date"}, {"type": "text"}
UNITS: dict[str, Any] = {"key": "unit_id", "label": "name", "fields": {"unit_id": TEXT, "name": TEXT, "plan_on": DATE}}
ISSUES: dict[str, Any] = {
    "key": "issue_id",
    "belongs_to": "units",
    "fields": {"issue_id": TEXT, "unit_id": TEXT, "due": DATE, "done": DATE, "who": {**TEXT, "personal": True}},
}
FACTS = [{"fact": "open", "of": "units", "from": "issues", "value": "count(*) filter (where verdict = 'make_up')"}]
RULES: list[dict[str, Any]] = [
    {"rule": "in-time", "for": "issues", "when": "done is null", "require": "due >= :as_of"},
    {"rule": "named", "for": "issues", "require": "who is not null"},
    {"rule": "few", "for": "units", "require": "open <= :allowed"},
]
PARAMS = {"as_of": {"type": "date", "default": "2005-10-20"}, "allowed": {"type": "integer", "default": 0}}
UNIT_ROWS = ("U1,One,", "U2,Two,", "U3,Three,")
ISSUE_ROWS = ("I1,U1,2005-11-01,,P", "I2,U2,2005-12-31,,P", "I3,U3,2005-10-01,2005-09-30,P")


@dataclass(frozen=True)
class Given:
    """What a review is made of."""

    units: Sequence[str] = UNIT_ROWS
    issues: Sequence[str] = ISSUE_ROWS
    rules: Sequence[Mapping[str, Any]] = tuple(RULES)
    day: str = "2005-10-20"
    tables: Mapping[str, Any] | None = None
    heads: tuple[str, str] = ("unit_id,name,plan_on", "issue_id,unit_id,due,done,who")
    facts: Sequence[Mapping[str, Any]] = tuple(FACTS)

    def review(self, folder: Path, decider: Any = "reference") -> engine.Review:
        write_pack(pack_of(self.tables or {"units": UNITS, "issues": ISSUES}, self.rules, self.facts, PARAMS), folder / "pack")
        (folder / "data").mkdir()
        for name, head, rows in zip(("units", "issues"), self.heads, (self.units, self.issues), strict=True):
            (folder / "data" / f"{name}.csv").write_text("\n".join([head, *rows]) + "\n", "utf-8")
        out = folder / "review"
        return engine.check(folder / "data", folder / "pack", out=out, params={"as_of": self.day}, decider=decider, lang="en")


OLD = Given()
