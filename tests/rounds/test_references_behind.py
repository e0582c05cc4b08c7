"""What lies behind a move where it is a row of a reference table, handed in or brought by the pack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from builders import pack_of
from screen import Folders, Lookback
from strategies import write_pack

import lookback as engine
from lookback.rounds.compare import Comparison, compare

TEXT = {"type": "text"}
RIGHTLY = {"optional": {"because": {"en": "so it may be"}}}
TABLES: dict[str, Any] = {
    "units": {"key": "unit", "fields": {"unit": TEXT, "area": {**TEXT, "refers_to": "areas", "missing": "allowed"}}},
    "issues": {
        "key": "issue",
        "belongs_to": "units",
        "fields": {"issue": TEXT, "unit": TEXT, "office": {**TEXT, "refers_to": "register", "missing": "allowed"}},
    },
    "register": {
        "key": "code",
        "reference": True,
        "fields": {
            "code": TEXT,
            "closed_on": {"type": "date", **RIGHTLY},
            "city": {**TEXT, "refers_to": "areas", "missing": "allowed"},
        },
    },
    "areas": {"key": "area", "reference": True, "fields": {"area": TEXT, "calm": {"type": "boolean"}}},
}
FACTS = [{"fact": "bad", "of": "units", "from": "issues", "value": "count(*) filter (where verdict = 'make_up')"}]
KNOWN = {"rule": "known", "for": "issues", "require": "office.exists and office.closed_on is null"}
CALM = {"rule": "calm", "for": "issues", "require": "coalesce(office.city.calm, true)"}
GOOD = {"rule": "good", "for": "units", "require": "bad = 0"}
RECORDS = {
    "units": "unit,area\nU1,A1\nU2,A2\nU3,A1\n",
    "issues": "issue,unit,office\nI1,U1,R1\nI2,U2,R2\nI3,U3,R3\n",
    "register": "code,closed_on,city\nR1,,A1\nR2,,A2\nR3,,A3\nR4,,A1\n",
    "areas": "area,calm\nA1,yes\nA2,yes\nA3,yes\n",
}


def review(folder: Path, records: Mapping[str, str], own: Mapping[str, str] | None = None) -> engine.Review:
    """`own`: tables whose rows the pack brings, as CSV."""
    tables = {t: {**of, **({"rows": f"{t}.csv"} if own and t in own else {})} for t, of in TABLES.items()}
    write_pack(pack_of(tables, [KNOWN, CALM, GOOD], FACTS), folder / "pack")
    (folder / "data").mkdir()
    for table, text in (own or {}).items():
        (folder / "pack" / f"{table}.csv").write_text(text, "utf-8")
    for table, text in records.items():
        if not own or table not in own:
            (folder / "data" / f"{table}.csv").write_text(text, "utf-8")
    return engine.check(folder / "data", folder / "pack", lang="en", out=folder / "review", decider="reference")


def behind(found: Comparison) -> dict[str, list[Sequence[Any]]]:
    rows = found.behind.records.to_pylist()
    return {unit: [tuple(row.values())[1:] for row in rows if row["unit"] == unit] for unit in found.causes}


CLOSED = {**RECORDS, "register": "code,closed_on,city\nR1,2005-01-01,A1\nR3,,A3\nR4,2005-01-01,A1\n"}
BEHIND = {
    "U1": [("register", "R1", "closed_on", "changed", None, "2005-01-01")],
    "U2": [("register", "R2", None, "gone", None, None)],
}


def test_rows_of_a_reference_table_that_a_units_records_name_are_named(folders: Folders, lookback: Lookback) -> None:
    """R4 changed, too, and nobody names it; U3's office is as it was."""
    old, new = review(folders(), RECORDS), review(folders(), CLOSED)
    found = compare(old, new, decider="reference")
    assert found.causes == dict.fromkeys(("U1", "U2"), ("records",))
    assert behind(found) == BEHIND
    told = lookback("compare", old.folder, new.folder, "--decider", "reference").out
    assert "register R1, closed_on: blank → 2005-01-01" in told
    assert "register R2 went" in told


def test_a_row_that_a_row_names_is_named(folders: Folders) -> None:
    rough = {**RECORDS, "areas": "area,calm\nA1,yes\nA2,yes\nA3,no\n"}
    found = compare(review(folders(), RECORDS), review(folders(), rough), decider="reference")
    assert behind(found) == {"U3": [("areas", "A3", "calm", "changed", "true", "false")]}


def test_rows_that_the_packs_bring_are_named_among_the_rules(folders: Folders, lookback: Lookback) -> None:
    packs = [review(folders(), RECORDS, {"register": of["register"]}) for of in (RECORDS, CLOSED)]
    found = compare(*packs, decider="reference")
    assert found.causes == dict.fromkeys(("U1", "U2"), ("rules",))
    assert behind(found) == BEHIND
    told = lookback("compare", *(of.folder for of in packs), "--decider", "reference").out
    assert "because the rules changed\n      register R1, closed_on: blank → 2005-01-01" in told
