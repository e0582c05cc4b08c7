"""`lookback explain`: what it says of a unit, held against the reference interpreter and against trying everything out."""

from __future__ import annotations

import csv
import datetime
import html.parser
import itertools
import json
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import reference
from builders import pack_of
from hypothesis import given
from hypothesis import strategies as st
from reference import Interpreter, Row
from screen import ROOT, Folders, Lookback, cpu_seconds
from strategies import KEYS, PARAMS, depths, many, packs, records_of, write_pack, write_records

import lookback
from lookback.reviews.explain import explain
from lookback.reviews.explanation import Leaf, Saw, Tree
from lookback.writers.explanation import as_json, as_page, as_text

TRUTHS = {"t": True, "f": False, "u": None}


def leaves(tree: Tree | None) -> Iterator[Leaf]:
    if isinstance(tree, Leaf):
        yield tree
    elif tree is not None:
        for part in tree.parts:
            yield from leaves(part)


# ------------------------------------------------------------------------------------------------------- what is printed


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("unit", ["U025", "U016", "U029"])  # make-up, explain, pass
def test_what_is_printed_is_this(city: lookback.Review, golden: Callable[[str, str], None], unit: str, lang: str) -> None:
    golden(f"explain/{unit}.{lang}.txt", as_text(explain(city, unit, lang), lang) + "\n")


def test_children_of_children_are_told_too(audit: lookback.Review, golden: Callable[[str, str], None]) -> None:
    found = explain(audit, "A05", "en")
    assert {record.table for record in found.unit.walk()} == {"auditees", "recommendations", "status_updates"}
    golden("explain/A05.en.txt", as_text(found, "en") + "\n")
    golden("explain/A05.all.en.txt", as_text(found, "en", whole=True) + "\n")


def test_the_text_names_the_issues_that_count(small: lookback.Review) -> None:
    said = as_text(explain(small, "U5", "en"), "en")
    assert "Issues in make-up: 1 = count(*) filter (where verdict = 'make_up'); 1 of 2 in Issues: I09" in said


def test_only_so_many_findings_are_shown(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "fixtures/small", tmp_path / "data")
    issues = tmp_path / "data" / "issues.csv"
    fields = issues.read_text("utf-8").splitlines()[0].count(",") + 1
    with issues.open("a", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([f"M{n}", "U4", *[""] * (fields - 2)] for n in range(100))
    with lookback.check(tmp_path / "data", lang="en") as review:
        found = explain(review, "U4", "en")
    short, whole = as_text(found, "en"), as_text(found, "en", whole=True)
    more = re.search(r"… and ([\d,]+) findings more; --all shows them", short)
    assert more
    assert len(re.findall("so (?:Make-up|Explain)", short)) + int(more[1].replace(",", "")) == found.findings
    assert len(re.findall("so (?:Make-up|Explain)", whole)) == found.findings


# ------------------------------------------------------------------------------------------------------------------ json

RULE_KEYS = "rule title clauses status outcome weight reason advice not_counted when require margins".split()
RECORD_KEYS = ["table", "key", "label", "verdict", "rules", "unknown", "records"]


def test_the_json_is_the_whole_tree() -> None:
    with lookback.check(ROOT / "fixtures/small", params={"as_of": "2005-10-01"}, lang="en") as review:  # the self-check is due
        data, pack = json.loads(as_json(explain(review, "U5", "en"))), review.pack()
    assert list(data) == ["pack", "version", "outcomes", "params", "score", "findings", "unit", "titles", "shared"]
    assert [(one["rules"], one["when"]["text"]) for one in data["shared"]][:2] == [(9, "batch = 1"), (3, "batch = 1")]
    assert list(data["unit"]) == RECORD_KEYS
    rules = {rule["rule"]: rule for rule in data["unit"]["rules"]}
    assert list(rules) == [rule.id for rule in pack.rules_for("units")]
    late = rules["self-check-on-time"]
    assert list(late) == RULE_KEYS
    assert (late["status"], late["outcome"]) == ("unknown", "make_up")
    assert (late["when"]["text"], late["when"]["truth"]) == (":as_of > :self_check_due", "t")
    said = "“2005-10-01 (Day of the review)” is after 2005-09-30 (Last day for the self-check)"
    assert late["when"]["sentence"] == said
    assert late["clauses"][0]["clause"] == "N6.2"
    assert late["require"] == {
        "kind": "condition",
        "truth": "u",
        "matters": True,
        "text": "self_check_done_on between :look_back_from and :self_check_due",
        "sentence": "“Self-check completed on” is between 2005-07-15 (First day of the look-back) and "
        "2005-09-30 (Last day for the self-check)",
        "saw": [
            {
                "column": {"table": "units", "name": "self_check_done_on"},
                "title": "Self-check completed on",
                "value": None,
                "shown": "blank",
                "fact": None,
            }
        ],
    }
    assert data["unit"]["unknown"]["settles"] == [{"table": "units", "name": "self_check_done_on"}]
    make_up = rules["issues-dealt-with"]["require"]["saw"][0]
    assert (make_up["value"], make_up["fact"]["counted"]["keys"]) == (1, ["I09"])


def test_what_is_personal_is_shown_to_the_office_itself(small: lookback.Review) -> None:
    assert "P-011" in as_json(explain(small, "U1", "en")) + as_text(explain(small, "U1", "en"), "en", whole=True) or (
        "P-012" in as_text(explain(small, "U1", "en"), "en", whole=True)
    )


# ------------------------------------------------------------------------------------------------------------------ page


class Balanced(html.parser.HTMLParser):
    """Fails where a tag is not closed; collects the names of all tags."""

    EMPTY = ("meta", "br", "link")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.open += [tag] if tag not in self.EMPTY else []

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_stands_by_itself_and_escapes_everything(tmp_path: Path, lang: str) -> None:
    bad = "<script>alert('1')</script>&amp;"
    shutil.copytree(ROOT / "fixtures/small", tmp_path / "data")
    for file, old in (("units", "Willowbank Library"), ("issues", "Reading room closed on Sundays")):
        path = tmp_path / "data" / f"{file}.csv"
        path.write_text(path.read_text("utf-8").replace(old, bad), "utf-8")
    with lookback.check(tmp_path / "data", lang=lang) as review:
        found = explain(review, "U5", lang)
    for page in (as_page(found, lang, whole=whole) for whole in (False, True)):
        parser = Balanced()
        parser.feed(page)
        assert parser.open == []
        assert not parser.tags & {"script", "img", "iframe", "link"}
        assert not re.search(r"(?:src|href|url)\s*[=(]|@import|https?:", page)
        assert page.count("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;amp;") >= 3


# ------------------------------------------------------------------------------------------------- against the reference


@depths(3, 300)
def test_every_condition_is_as_the_reference_has_it(folders: Folders, examples: int) -> None:
    @many(examples)
    @given(st.data(), packs())
    def agrees(data: st.DataObject, pack: reference.Pack) -> None:
        records = data.draw(records_of(pack))
        folder = folders()
        write_pack(pack, folder / "pack")
        write_records(records, pack, folder / "data")
        interpreter = Interpreter(pack, records, {})
        rows = {(t, interpreter.key(Row(t, at))): Row(t, at) for t in pack.tables for at in range(len(records[t]))}
        with lookback.check([folder / "data"], pack=folder / "pack", lang="en", threads=1) as review:
            found = explain(review, records["units"][0][KEYS["units"]], "en")
        for record in found.unit.walk():
            row = rows[record.table, record.key]
            for rule in record.rules:
                written = next(r for r in pack.rules if r["rule"] == rule.rule)
                assert rule.status == interpreter.status(row, written)
                for name, tree in (("when", rule.when), ("require", rule.require)):
                    if tree is not None:
                        assert TRUTHS[tree.truth] == interpreter.condition(written[name], row), written[name]
                    for leaf in leaves(tree):
                        assert TRUTHS[leaf.truth] == interpreter.condition(leaf.text, row), (leaf.text, written[name])
                        for saw in leaf.saw:
                            holds(interpreter, row, saw)
        as_text(found, "en", whole=True)
        as_page(found, "zh", whole=True)

    agrees()


def holds(interpreter: Interpreter, row: Row, saw: Saw) -> None:
    """Assert that a value, and those behind it, are what the reference says."""
    holder = row if saw.column.table == row.table else interpreter.ancestor(row, saw.column.table)
    assert holder is not None
    name, of = saw.column.name, Row(holder.table, holder.at)
    if "(" in name and " of " in name:  # `score('a') of issues`, a part of `score('a')`, which the reference does not keep
        return
    expected = interpreter.condition(name, of) if "(" in name else interpreter.value(of, name)  # as `score('a')`
    assert saw.value == (pytest.approx(expected) if isinstance(expected, float) else expected)
    for inner in saw.fact.saw if saw.fact else ():
        holds(interpreter, holder, inner)


# --------------------------------------------------------------------------------------------------------------- margins


@dataclass(frozen=True)
class Near:
    require: str
    room: int | float | None  # None: not near, or not what the rule rests on
    kind: str = "days"


NEAR = {
    "deadline-ahead": Near("due >= :as_of", 2),
    "deadline-before-a-day": Near("due < date '2005-10-05'", 2),
    "deadline-to-the-day": Near("due <= date '2005-10-02'", 0),
    "two-weeks": Near("due <= date '2005-10-16'", 14),
    "more-than-two-weeks": Near("due <= date '2005-10-17'", None),
    "constant-first": Near("date '2005-09-30' <= due", 2),
    "in-a-range": Near("due between date '2005-09-01' and date '2005-10-06'", 4),
    "outside-of-a-range": Near("due not between date '2005-10-05' and date '2005-11-01'", 2),
    "two-dates": Near("due <= found + interval 90 days", 4),
    "whole-at-the-limit": Near("five >= 5", 0, "whole"),
    "whole-one-to-spare": Near("five > 3", 1, "whole"),
    "whole-below": Near("five < 7", 1, "whole"),
    "whole-two-to-spare": Near("five >= 3", None),
    "whole-a-tenth-of-much": Near("many >= 95", 5, "whole"),
    "limit-nought": Near("none <= 0", None),
    "all-of-them": Near("five >= also_five", None),
    "fewer-than-another": Near("five < six", 0, "whole"),
    "a-share": Near("share >= 0.6", 0.03, "number"),
    "a-share-with-more-room": Near("share >= 0.5", None),
    "a-share-worked-out": Near("six / many >= 0.0599", 0.0001, "number"),
    "equality-has-no-room": Near("five = 5", None),
    "both-are-needed": Near("due >= :as_of and five > 0", 2),
    "either-is-enough": Near("due >= :as_of or five > 0", None),
    "the-other-fails": Near("due >= :as_of or five > 9", 2),
    "negated": Near("not (due < :as_of)", 2),
    "negated-or": Near("not (due < :as_of or five > 9)", 2),
    "unmet-is-not-near": Near("due < :as_of", None),
    "blank-is-not-near": Near("blank >= :as_of", None),
}

NEAR_PACK = """
pack: near
version: "1"
outcomes: [{outcome: pass}, {outcome: bad}]
params: {as_of: {type: date, default: 2005-09-30}}
"""
NEAR_RECORDS = """
tables:
  units:
    key: id
    fields:
      id: {type: text}
      due: {type: date}
      found: {type: date}
      blank: {type: date}
      five: {type: integer}
      also_five: {type: integer}
      six: {type: integer}
      many: {type: integer}
      none: {type: integer}
      share: {type: number}
"""


@pytest.fixture(scope="session")
def near(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    """The margins of each rule of NEAR on one unit."""
    folder = tmp_path_factory.mktemp("near")
    (folder / "pack").mkdir()
    rules = [
        f'  - {{rule: {id_}, for: units, title: {{en: T}}, require: "{n.require}", otherwise: bad}}' for id_, n in NEAR.items()
    ]
    for name, text in (("pack", NEAR_PACK), ("records", NEAR_RECORDS), ("1.rules", "rules:\n" + "\n".join(rules) + "\n")):
        (folder / "pack" / f"{name}.yaml").write_text(text, "utf-8")
    fields = "id,due,found,blank,five,also_five,six,many,none,share\nU1,2005-10-02,2005-07-08,,5,5,6,100,0,0.63\n"
    (folder / "units.csv").write_text(fields, "utf-8")
    with lookback.check(folder / "units.csv", folder / "pack", lang="en") as review:
        found = explain(review, "U1", "en")
    nearly = found.nearly()
    assert [m.tightness for m in nearly] == sorted(m.tightness for m in nearly)
    return {rule.rule: list(rule.margins) for rule in found.unit.rules}


@pytest.mark.parametrize("case", NEAR)
def test_a_margin_is(near: Mapping[str, Sequence[Any]], case: str) -> None:
    wanted = NEAR[case]
    if wanted.room is None:
        assert near[case] == []
        return
    margin = next(m for m in near[case] if m.kind == wanted.kind)
    assert float(margin.room) == pytest.approx(wanted.room, abs=1e-3)


def test_a_deadline_is_what_is_near_not_the_day_that_it_is_worked_out_from(near: Mapping[str, Sequence[Any]]) -> None:
    (margin,) = near["two-dates"]
    assert (margin.name, margin.limit) == ("due", "found + interval 90 days (2005-10-06)")


# --------------------------------------------------------------------------------------------------- what would settle it

DOMAINS: dict[str, tuple[Any, ...]] = {
    "yes": (True, False),
    "also": (True, False),
    "kind": ("alpha", "beta", "gamma"),
    "size": (1, 2, 3, 4),
    "day": tuple(datetime.date(2005, 9, n) for n in (28, 29, 30)),
}
ATOMS = (
    *("yes", "also", "coalesce(yes, true)", "yes is null", "also is not null", "kind = 'alpha'", "kind <> 'beta'"),
    *("kind in ('beta', 'gamma')", "kind is null", "size > 2", "size <= 3", "size between 2 and 3", "size is not null"),
    *("day >= date '2005-09-30'", "day < date '2005-09-29'", "big", "big is null"),
)
SETTLE_FIELDS = {
    "unit_id": {"type": "text"},
    "yes": {"type": "boolean"},
    "also": {"type": "boolean"},
    "kind": {"type": "choice", "choices": {c: {"en": c} for c in DOMAINS["kind"]}},
    "size": {"type": "integer"},
    "day": {"type": "date"},
}
CONDITIONS = st.recursive(
    st.sampled_from(ATOMS),
    lambda inner: st.builds(
        lambda parts, word, no: ("not " if no else "") + "(" + f" {word} ".join(parts) + ")",
        st.lists(inner, min_size=2, max_size=3),
        st.sampled_from(("and", "or")),
        st.booleans(),
    ),
    max_leaves=4,
)


@depths(5, 400)
def test_the_smallest_set_of_blanks_is_what_trying_everything_finds(folders: Folders, examples: int) -> None:
    record = st.fixed_dictionaries({name: st.none() | st.sampled_from(values) for name, values in DOMAINS.items()})

    @many(examples)
    @given(
        st.lists(st.tuples(st.none() | CONDITIONS, CONDITIONS), min_size=1, max_size=3), st.lists(record, min_size=2, max_size=4)
    )
    def agrees(conditions: list[tuple[str | None, str]], records: list[dict[str, Any]]) -> None:
        rules = [
            {"rule": f"rule-{n}", "for": "units"} | ({"when": when} if when else {}) | {"require": require}
            for n, (when, require) in enumerate(conditions)
        ]
        facts = [{"fact": "big", "of": "units", "value": "size >= 3"}]
        tables = {"units": {"key": "unit_id", "fields": SETTLE_FIELDS}}
        pack = pack_of(tables, rules, facts, PARAMS, ("pass", "make_up"))
        units = [{"unit_id": f"U{n}"} | one for n, one in enumerate(records)]
        folder = folders()
        write_pack(pack, folder / "pack")
        write_records({"units": units}, pack, folder / "data")
        with lookback.check([folder / "data"], pack=folder / "pack", lang="en", threads=1) as review:
            for unit in units:
                found = explain(review, unit["unit_id"], "en").unit.unknown
                unknown = [r for r in rules if status(pack, unit, r) == "unknown"]
                if not unknown:
                    assert found is None
                    continue
                assert found is not None
                assert (found.exact, found.stuck) == (True, ())
                for wanted, got in (
                    (("met", "unmet", "not applicable"), found.settles),
                    (("met", "not applicable"), found.satisfies),
                ):
                    best = smallest(pack, unit, unknown, wanted)
                    assert (got is None) == (best is None)
                    if got is not None and best is not None:
                        assert len(got) == best
                        assert possible(pack, unit, unknown, wanted, [c.name for c in got])

    agrees()


def status(pack: reference.Pack, unit: Mapping[str, Any], rule: Mapping[str, Any]) -> str:
    return Interpreter(pack, {"units": [unit]}, {}).status(Row("units", 0), rule)


def possible(pack: reference.Pack, unit: Mapping[str, Any], rules: Any, wanted: Sequence[str], fields: Sequence[str]) -> bool:
    """Whether some values of the fields bring all rules where they are wanted."""
    for values in itertools.product(*(DOMAINS[field] for field in fields)):
        filled = {**unit, **dict(zip(fields, values, strict=True))}
        if all(status(pack, filled, rule) in wanted for rule in rules):
            return True
    return False


def smallest(pack: reference.Pack, unit: Mapping[str, Any], rules: Any, wanted: Sequence[str]) -> int | None:
    blank = [field for field in DOMAINS if unit[field] is None]
    for size in range(1, len(blank) + 1):
        if any(possible(pack, unit, rules, wanted, fields) for fields in itertools.combinations(blank, size)):
            return size
    return None


STUCK_PACK = """
facts:
  - {fact: latest, of: units, from: issues, value: max(day)}
  - {fact: latest_here, of: units, value: latest}
rules:
  - {rule: late, for: units, title: {en: Late}, require: "latest_here >= :as_of", otherwise: bad}
  - {rule: either, for: units, title: {en: Either}, require: "latest >= :as_of or yes", otherwise: bad}
"""
STUCK_RECORDS = """
tables:
  units: {key: id, fields: {id: {type: text}, yes: {type: boolean}}}
  issues: {key: issue, belongs_to: units, fields: {issue: {type: text}, id: {type: text}, day: {type: date}}}
"""


def test_a_rule_that_no_filling_of_the_record_settles_is_told_apart(tmp_path: Path) -> None:
    (tmp_path / "pack").mkdir()
    pack = STUCK_PACK.replace("max(day)", "max(day) filter (where day is not null)")
    for name, text in (("pack", NEAR_PACK), ("records", STUCK_RECORDS), ("1.rules", pack)):
        (tmp_path / "pack" / f"{name}.yaml").write_text(text, "utf-8")
    (tmp_path / "units.csv").write_text("id,yes\nU1,\n", "utf-8")
    (tmp_path / "issues.csv").write_text("issue,id,day\nI1,U1,\n", "utf-8")
    with lookback.check([tmp_path / "units.csv", tmp_path / "issues.csv"], tmp_path / "pack", lang="en") as review:
        found = explain(review, "U1", "en")
    assert found.unit.unknown is not None
    assert (found.unit.unknown.rules, found.unit.unknown.stuck) == (("late", "either"), ("late",))
    assert [c.name for c in found.unit.unknown.settles] == ["yes"]
    assert "    not settled by filling in this record: late" in as_text(found, "en").splitlines()


def test_a_fact_that_takes_one_of_two_is_settled_by_the_one(audit: lookback.Review) -> None:
    """greatest(due_on, extended_to): there are no extensions, and a due date is enough."""
    record = next(r for r in explain(audit, "A10", "en").unit.walk() if r.key == "R044")
    assert record.unknown is not None
    assert record.unknown.stuck == ()
    assert [c.name for c in record.unknown.settles] == ["due_on"]
    assert record.unknown.satisfies == record.unknown.settles


# ----------------------------------------------------------------------------------------------------------- on the screen


def test_a_unit_is_found_by_its_key_or_its_name(lookback: Lookback, small: lookback.Review) -> None:
    assert lookback("explain", "U5", small.folder) == lookback("explain", "Willowbank Library", small.folder)
    assert lookback("explain", "U5", small.folder).out.startswith("U5 Willowbank Library: Make-up lessons\n")


@pytest.mark.parametrize(
    ("unit", "meant"), [("U55", "U5"), ("Willowbank Libary", "Willowbank Library"), ("willowbank library", "Willowbank Library")]
)
def test_an_unknown_unit_gets_the_one_that_was_meant(lookback: Lookback, small: lookback.Review, unit: str, meant: str) -> None:
    run = lookback("explain", unit, small.folder)
    assert run.code == 2
    assert f"error[no-such-unit]: the review has no unit with the key or name `{unit}`" in run.err
    assert f"help: did you mean `{meant}`?" in run.err


def test_a_name_that_several_units_have_lists_their_keys(lookback: Lookback, tmp_path: Path) -> None:
    data = shutil.copytree(ROOT / "fixtures/small", tmp_path / "data")
    with (data / "units.csv").open(encoding="utf-8", newline="") as stream:
        units = [row | {"name": "Library"} for row in csv.DictReader(stream)]
    with (data / "units.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(units[0]))
        writer.writeheader()
        writer.writerows(units)
    lookback("check", data, "-o", tmp_path / "review")
    run = lookback("explain", "Library", tmp_path / "review")
    assert (run.code, run.err) == (
        2,
        "error[several-units]: 6 units are called `Library`; name one by its key: U1, U2, U3, U4, U5, U6\n",
    )


def test_without_a_review_the_newest_beneath_is_taken(
    lookback: Lookback, small: lookback.Review, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "error[no-review-here]" in lookback("explain", "U5").err
    for name, age in (("old", 100), ("new", 1), ("older", 200)):
        shutil.copytree(small.folder, tmp_path / name)
        stamp = time.time() - age
        os.utime(tmp_path / name / "review.json", (stamp, stamp))
    run = lookback("explain", "U5")
    assert (run.code, run.err) == (0, "the newest review here: new\n")
    monkeypatch.chdir(tmp_path / "old")
    assert lookback("explain", "U5").err == "the newest review here: .\n"


def test_json_and_the_page_go_to_a_file(lookback: Lookback, small: lookback.Review, tmp_path: Path) -> None:
    for form in ("json", "html", "text"):
        run = lookback("explain", "U5", small.folder, "--format", form, "-o", tmp_path / form)
        assert (run.code, run.out) == (0, "")
        assert (tmp_path / form).read_text("utf-8") == lookback("explain", "U5", small.folder, "--format", form).out
    assert json.loads((tmp_path / "json").read_text("utf-8"))["unit"]["key"] == "U5"


def test_explaining_one_of_a_thousand_units_is_quick(tmp_path: Path) -> None:
    with (ROOT / "fixtures/small/units.csv").open(encoding="utf-8", newline="") as stream:
        unit = next(csv.DictReader(stream))
    with (ROOT / "fixtures/small/issues.csv").open(encoding="utf-8", newline="") as stream:
        issues = [row for row in csv.DictReader(stream) if row["unit_id"] == "U1"]
    units = [unit | {"unit_id": f"U{n}", "name": f"Unit {n}"} for n in range(1000)]
    rows = [
        row | {"unit_id": one["unit_id"], "issue_id": f"{one['unit_id']}-{n}"} for one in units for n, row in enumerate(issues)
    ]
    for name, content in (("units", units), ("issues", rows)):
        with (tmp_path / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(content[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(content)
    with lookback.check(tmp_path, lang="en") as review:
        start = cpu_seconds()
        found = explain(review, "Unit 777", "en")
        assert cpu_seconds() - start < 5
    assert found.unit.key == "U777"
    assert len(found.unit.records) == len(issues)
