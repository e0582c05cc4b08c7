"""`docs/conditions.md`: every operator and function of conditions, with an example that is judged here.

In: the table of operators, and of each of its rows what `conditions_page.yaml` says. Out: the page, whose columns are what the
engine makes of an example where all is there, where what it begins with is blank, and where that is lost. `--update-golden`
writes it.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import core_yaml
import pyarrow.parquet as pq
import pytest
from screen import ROOT, Kept

import lookback
from lookback.language.operators import ROWS

PARTS: dict[str, list[dict[str, Any]]] = core_yaml.load((ROOT / "tests" / "conditions_page.yaml").read_bytes())
"""By part of the page the rows in it."""
TOLD = {told["row"]: told for part in PARTS.values() for told in part}
EXAMPLES = [(told.get("fact", {}), example) for told in TOLD.values() for example in told["examples"]]
UNITS = "restaurants"
FIRST = ("name", "card", "seats", "area", "due", "grade", "licensed", "dishes")
"""What is blank, or lost, of a record."""
RECORD = {
    "name": "Wok", "card": "79927398713", "city": "Ash", "seats": "40", "tables": "12", "area": "85.5",
    "due": "2005-09-09", "opened": "2004-01-31",
    "grade": "good", "grade_before": "fair", "licensed": "true", "insured": "true", "dishes": "fish;soup",
}  # fmt: skip
POINTS = {"whole": ("60", "80", "90"), "blank": ("60", "", "90"), "lost": ("60", "#N/A", "90"), "none": ()}
"""The points of the visits of each restaurant."""
DAYS = ("2005-07-01", "2005-08-01", "2005-09-01")
PACK = """
pack: restaurants
version: "1"
calendar: china
outcomes: [{outcome: fine}, {outcome: bad}]
params: {as_of: {type: date, default: 2005-09-30}}
"""
TABLES = """
tables:
  restaurants:
    key: restaurant
    fields:
      restaurant: {type: text}
      name: {type: text}
      card: {type: text}
      city: {type: text}
      seats: {type: integer}
      tables: {type: integer}
      area: {type: number}
      due: {type: date}
      opened: {type: date}
      grade: {type: choice, choices: {good: {}, fair: {}}, best_to_worst: [good, fair]}
      grade_before: {type: choice, choices: {good: {}, fair: {}}}
      licensed: {type: boolean}
      insured: {type: boolean}
      dishes: {type: choices, choices: {fish: {}, meat: {}, soup: {}}}
  visits:
    key: visit
    belongs_to: restaurants
    fields: {visit: {type: text}, restaurant: {type: text}, points: {type: integer}, seen_on: {type: date}}
"""


def rule(name: str, of: str, require: str, more: str = "") -> str:
    return f'- {{rule: {name}, for: {of}, title: {{en: {name}}}, require: "{require}", {more}}}\n'


def write_pack(folder: Path) -> None:
    """Each example a fact, and a rule that is met where it has a value, unmet where it is blank, unknown where it is lost."""
    aside = "otherwise: bad, not_counted: {because: {en: It is asked here alone.}}"
    facts, rules = "", rule("enough-points", "visits", "points >= 70", "otherwise: fine")
    rules += rule("dear", "visits", "points >= 85", "otherwise: fine, weight: 2, tag: dear")
    for n, (said, example) in enumerate(EXAMPLES):
        fact = {"fact": f"f{n}", "of": UNITS, **said, "title": {"en": f"f{n}"}, "value": example}
        facts += f"- {json.dumps(fact)}\n"
        rules += rule(f"f{n}", fact["of"], f"f{n} is not null", aside if fact["of"] == "visits" else "otherwise: bad")
    folder.mkdir()
    for file, text in (("pack.yaml", PACK), ("records.yaml", TABLES), ("a.rules.yaml", f"facts:\n{facts}rules:\n{rules}")):
        (folder / file).write_text(text, "utf-8")


def write_records(folder: Path) -> None:
    folder.mkdir()
    lines = [",".join(("restaurant", *RECORD))]
    for key, instead in (("whole", None), ("blank", ""), ("lost", "#N/A"), ("none", None)):
        values = (value if instead is None or name not in FIRST else instead for name, value in RECORD.items())
        lines.append(",".join((key, *values)))
    (folder / "restaurants.csv").write_text("\n".join(lines) + "\n", "utf-8")
    lines = ["visit,restaurant,points,seen_on"]
    for key, points in POINTS.items():
        lines += [f"{key}-{at},{key},{n},{day}" for at, (n, day) in enumerate(zip(points, DAYS, strict=False))]
    (folder / "visits.csv").write_text("\n".join(lines) + "\n", "utf-8")


def shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value.isoformat() if isinstance(value, datetime.date) else str(value)


@pytest.fixture(scope="module")
def came_to(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Mapping[str, str]]:
    """By example what it comes to of each restaurant (of its last visit)."""
    folder = tmp_path_factory.mktemp("conditions")
    write_pack(folder / "pack")
    write_records(folder / "records")
    out = folder / "review"
    lookback.check(folder / "records", folder / "pack", out=out, lang="en").close()
    values = {row["restaurant"]: row for row in pq.read_table(out / "verdicts.parquet").to_pylist()}
    rows = pq.read_table(out / "records" / "visits.parquet").to_pylist()
    judged = pq.read_table(out / "judged" / "visits.parquet").to_pylist()
    of_visits = {row["visit"]: its for row, its in zip(rows, judged, strict=True)}
    findings = pq.read_table(out / "findings.parquet").to_pylist()
    status = {(found["rule"], found["record"]): found["status"] for found in findings}
    found: dict[str, dict[str, str]] = {}
    for n, (fact, example) in enumerate(EXAMPLES):
        found[example] = {}
        for key in POINTS:
            record, its = (f"{key}-2", of_visits) if fact.get("of") == "visits" else (key, values)
            said = {"unmet": "blank", "unknown": "lost", None: shown(its[record][f"f{n}"]) if record in its else "–"}
            found[example][key] = said[status.get((f"f{n}", record))]
    return found


def test_every_operator_and_function_has_its_text_and_an_example_of_it() -> None:
    assert [row.example for row in ROWS if row.example not in TOLD] == [], "say what it means in conditions_page.yaml"
    assert sorted(told["row"] for part in PARTS.values() for told in part) == sorted(row.example for row in ROWS)
    for row in ROWS:
        word, told = row.name.split()[0], TOLD[row.example]
        assert word in told["written"], row
        assert word in told["examples"][0], row
        assert told["means"].endswith("."), row


def test_the_page_of_conditions_says_what_the_engine_makes_of_each_example(
    came_to: Mapping[str, Mapping[str, str]], kept: Kept
) -> None:
    page = [HEAD]
    page += [f"| `{name}` | {value} | {'yes' if name in FIRST else ''} |" for name, value in RECORD.items()]
    for part, rows in PARTS.items():
        over = part == "Over records"
        ends = ("of three visits", "one is blank", "one is lost", "of none") if over else ("comes to", "blank", "lost")
        page += ["", f"## {part}", *(["", OVER] if over else [])]
        for told in rows:
            page += ["", f"### `{told['written']}`", "", told["means"], ""]
            page += [f"| for example | {' | '.join(ends)} |", f"|---|{'---|' * len(ends)}"]
            for example in told["examples"]:
                written = example.replace("|", "\\|")
                page.append(f"| `{written}` | {' | '.join([*came_to[example].values()][: len(ends)])} |")
    kept("docs/conditions.md", "\n".join(page) + "\n")


HEAD = """# Conditions

What `when`, `require` and the values of facts may say. Dates are written `date '2005-09-30'`, texts `'so'` with a quote in them
doubled, parameters `:so`; numbers are exact decimals. `not` binds before `and`, that before `or`; brackets say it otherwise. Put
quotes around a condition with a colon or a `#` in it, as YAML wants it.

**Blank** is a value that is not there. What is asked of it is unknown (*blank* in the tables), and what is reckoned with it is
blank, unless it says otherwise below. A rule that is unknown is a finding, so that no blank helps by itself. Inside an
aggregate, and as a condition of `case`, it has to be said what a blank counts as.

**Lost** is a value that was handed in and cannot be used (`#N/A`, `2005-13-01`). It is not blank: whatever rests on it, as it is
written, is lost, behind `coalesce` and `is null` as well, and in branches that are not taken. Only `and` and `or` make it known
again, where another side settles it. `problems.csv` of a review lists what was lost, with its place.

Each example below is judged three times: of a restaurant with these values, on 2005-09-30 (`:as_of`); of one where those with
a *yes* are blank; and of one where they are lost.

| field | value | blank, lost |
|---|---|---|"""
OVER = """Most of these stand in a fact with `from:` (of the records of another table), or `among:` (of records of the same one).
The three visits have 60, 80 and 90 points, on 1 July, 1 August and 1 September; the 80 points are blank, or lost. The rule
`enough-points` requires `points >= 70`; `dear`, with the tag `dear` and the weight 2, requires `points >= 85`."""
