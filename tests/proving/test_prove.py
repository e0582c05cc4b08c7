"""What `lookback rules prove` says of packs, against packs with a known slip, against all records of packs that have few, and
against random records of random packs.

The judge of every example is the reference interpreter, which shares no code with the engine. Where all records can be listed,
`brute_force` says from the definitions alone what has to be found.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import core_yaml
import pytest
import z3
from builders import checked
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from logic_packs import PAIRS, Finding, Pair, about, files, write
from reference import MET, NOT_APPLICABLE, UNKNOWN, UNMET, Interpreter, Judged, Pack, Records, Row, judge, load
from screen import Folders, Lookback
from strategies import KEYS, Name, Scope, depths, many, packs, records_of, table_of, write_pack, write_records
from test_engine_against_reference import agree, check

import lookback.proving.search
from lookback.authoring.rule_tests import judged_in_tests, read_cases
from lookback.judging.trial import Got
from lookback.language.conditions import Status
from lookback.packs.model import REVIEW
from lookback.packs.read import find_pack, read_tests
from lookback.proving.proof import MOST_OPEN, Found, Proof, prove
from lookback.proving.search import Clock, OutOfTime, Search
from lookback.words.errors import Mistake, PackError

FOUND = (UNMET, UNKNOWN)

Blanked = tuple[str, str]
"""Table and field."""


def proof_of(folder: Path, **params: Any) -> Proof:
    return prove(checked(folder, **params))


def findings(proof: Proof) -> set[Finding]:
    return {about(found.mistake.code, found.mistake.args) for found in proof.found}


def open_questions(proof: Proof) -> list[tuple[str, dict[str, Any], str]]:
    return [(left.question.code, dict(left.question.args), left.why.code) for left in proof.left_open]


# ------------------------------------------------------------------------------------------------- pairs with a known slip


@pytest.mark.parametrize("pair", [pytest.param(pair, id=pair.name) for pair in PAIRS])
def test_a_slip_is_found_and_its_sound_neighbour_is_clean(pair: Pair, tmp_path: Path) -> None:
    sound = proof_of(write(pair.sound, tmp_path / "sound"))
    assert (findings(sound), open_questions(sound)) == (set(), [])
    flawed = proof_of(write(pair.flawed, tmp_path / "flawed"))
    assert (findings(flawed), open_questions(flawed)) == (set(pair.found), [])
    for found in flawed.found:
        shows(load(tmp_path / "flawed"), found)


def test_there_are_thirty_pairs_and_three_of_each_kind() -> None:
    kinds = [next(iter(sorted(pair.found)))[0] for pair in PAIRS]
    assert len(PAIRS) >= 30
    assert len({pair.name for pair in PAIRS}) == len(PAIRS)
    every = {code for pair in PAIRS for code, *_ in pair.found}
    assert {code: kinds.count(code) for code in every if kinds.count(code) < 3} == {
        code: kinds.count(code)
        for code in ("group-overlap", "outcome-unnamed", "rule-always-applies", "rules-contradict-where")
        if kinds.count(code) < 3
    }


def shows(pack: Pack, found: Found) -> None:
    """Assert that the examples of what was found show it, as the reference judges them."""
    code, args = found.mistake.code, found.mistake.args
    judged = [by_reference(pack, example) for example in found.examples]
    ranks = [[rank_of(pack, rule, one) for rule in found.rules if rule in one.statuses] for one in judged]
    if code.startswith("rules-contradict") and not judged:
        return  # whether one of them can be met at all is open
    match code:
        case "group-gap":
            assert all(judged[0].statuses[rule] == NOT_APPLICABLE for rule in args["rules"].split(", "))
        case "group-overlap":
            assert whens(pack, found.examples[0].example, args["rule"], args["other"]) == [True, True]
        case "repeats-other":
            assert ranks[0][0] > ranks[0][1]
        case "rule-implied":
            assert 0 < ranks[0][0] <= ranks[0][1]
        case "rules-contradict" | "rules-contradict-where":
            assert sorted(judged[0].statuses[args[key]] in FOUND for key in ("rule", "other")) == [False, True]
        case "blank-helps":
            filled, blank = (example.example for example in found.examples)
            assert [judged[0].verdict, judged[1].verdict] == [args["worse"], args["better"]]
            assert outcomes(pack).index(args["better"]) < outcomes(pack).index(args["worse"])
            assert (filled.table, blank.table) == (args["judged"], args["judged"])
            assert difference(filled.records, blank.records) == [(args["table"], args["field"])]
        case _:
            assert not found.examples


def by_reference(pack: Pack, shown: Any) -> Judged:
    """What becomes of the record that an example is about; the engine said the same of every record."""
    example = shown.example
    if not plain_values(example.records):
        got = shown.one
        return Judged(dict(got.facts), dict(got.statuses), got.verdict, 0)
    review = judge(pack, example.records)
    for (table, key), got in shown.got.items():
        expected = review.records[table][key]
        assert (got.verdict, dict(got.statuses)) == (expected.verdict, expected.statuses)
    return review.records[example.table][example.record]


def plain_values(records: Records) -> bool:
    """Whether no number is one that the reference does not move a date by as the engine does."""
    values = [value for rows in records.values() for row in rows for value in row.values()]
    return all(abs(value) <= 1_000_000 for value in values if isinstance(value, int | float))


def outcomes(pack: Pack) -> list[str]:
    return [str(outcome["outcome"]) for outcome in pack.outcomes]


def rule_of(pack: Pack, id_: str) -> Mapping[str, Any]:
    return next(rule for rule in pack.rules if rule["rule"] == id_)


def rank_of(pack: Pack, id_: str, one: Judged) -> int:
    """How bad an outcome a rule by itself gives a record."""
    rule, status = rule_of(pack, id_), one.statuses[id_]
    if status not in FOUND:
        return 0
    return outcomes(pack).index(rule["otherwise"] if status == UNMET else rule.get("unknown", rule["otherwise"]))


def whens(pack: Pack, example: Any, *ids: str) -> list[Any]:
    interpreter = Interpreter(pack, example.records, {})
    keys = [row[pack.tables[example.table]["key"]] for row in example.records[example.table]]
    row = Row(example.table, keys.index(example.record))
    return [interpreter.condition(rule_of(pack, id_)["when"], row) for id_ in ids]


def difference(filled: Records, blank: Records) -> list[Blanked]:
    """The fields that one has and the other has not; all else is the same."""
    assert {t: len(rows) for t, rows in filled.items()} == {t: len(rows) for t, rows in blank.items()}
    changed = []
    for table, rows in filled.items():
        for one, other in zip(rows, blank[table], strict=True):
            assert other.items() <= one.items()
            changed += [(table, name) for name in one.keys() - other.keys()]
    return changed


# --------------------------------------------------------------------------------------------- packs whose records are few

BOOLEANS = ("p", "q", "r")
MILD = ("pass", "explain", "make_up")


@st.composite
def boolean_packs(draw: st.DrawFn, *, below: bool = False, inside: bool = False) -> Pack:
    """Two to four rules over two or three boolean fields of units; or, with a table `below`, over one or two of each table, the
    units also over what their issues come to, counted; with `inside` by what their fields say, too."""
    names = BOOLEANS[: draw(st.integers(1, 2) if below else st.integers(2, 3))]
    schema = dict.fromkeys(names, "boolean")
    tables = {"units": table_of("units", schema)} | ({"issues": table_of("issues", {"s": "boolean"})} if below else {})
    scope, rules, facts = Scope(tuple(Name(name, "boolean") for name in names)), [], []

    def rule(table: str, scope: Scope) -> None:
        id_ = f"rule-{len(rules) + 1}"
        found = {"rule": id_, "for": table, "title": {"en": id_}}
        if draw(st.booleans()):
            found["when"] = draw(plain(scope))
        found |= {"require": draw(plain(scope)), "otherwise": draw(st.sampled_from(MILD[1:]))}
        if draw(st.integers(0, 3)) == 0:
            found["unknown"] = draw(st.sampled_from(MILD))
        rules.append(found)

    if below:
        inner = Scope((Name("s", "boolean"), *(Name(f"units.{name}", "boolean") for name in names)))
        for _ in range(draw(st.integers(1, 2))):
            rule("issues", inner)
        what = draw(st.sampled_from([f"verdict = '{one}'" for one in MILD] + [f"unmet('{one['rule']}')" for one in rules]))
        if inside:
            facts.append(
                {"fact": "either", "of": "issues", "value": f"coalesce(s, units.p, {draw(st.sampled_from(('true', 'false')))})"}
            )
            what = draw(st.sampled_from([*INSIDE, *(f"{one} and {what}" for one in INSIDE)]))
        count = f"count(*) filter (where {what}) {draw(st.sampled_from(('<= 0', '<= 1', '= 0')))}"
        facts.append({"fact": "few", "of": "units", "from": "issues", "value": count})
        scope += Name("few", "boolean", blank=False)
        facts.append({"fact": "found", "of": "units", "from": "issues", "value": "count(*) filter (where verdict <> 'pass')"})
        found = {"rule": "none-found", "for": "units", "title": {"en": "None"}, "require": "found <= 1", "otherwise": MILD[-1]}
    for _ in range(draw(st.integers(1, 2) if below else st.integers(2, 4))):
        rule("units", scope)
    rules += [found] if below else []  # what is found has to arrive
    named = {str(rule[key]) for rule in rules for key in ("otherwise", "unknown") if key in rule} | {"pass"}
    return Pack({}, [{"outcome": one} for one in MILD if one in named], tables, facts, rules)


@st.composite
def plain(draw: st.DrawFn, scope: Scope) -> str:
    """A condition of boolean fields; now and then one that minds blanks."""
    leaves = [form.format(name.sql) for name in scope.names for form in LEAVES if name.blank or "{} is" not in form]
    parts = draw(st.lists(st.sampled_from(leaves), min_size=1, max_size=3))
    text = parts[0]
    for part in parts[1:]:
        text = f"({text}) {draw(st.sampled_from(('and', 'or')))} {part}"
    return f"not ({text})" if draw(st.integers(0, 4)) == 0 else text


LEAVES = ("{}", "{}", "{}", "not {}", "{} is not null", "{} is null", "coalesce({}, true)", "coalesce({}, false)")


INSIDE = ("coalesce(s, true)", "coalesce(s, false)", "s is null", "(s is not null and not s)", "either", "not either")


def units_of(pack: Pack) -> Iterator[dict[str, list[dict[str, Any]]]]:
    """Every unit, alone or with up to two issues; every value given or blank."""
    for values in every(pack, "units"):
        unit = {"unit_id": "U"} | values
        if "issues" not in pack.tables:
            yield {"units": [unit]}
            continue
        for n in range(MOST_BELOW + 1):
            for below in itertools.combinations_with_replacement(list(every(pack, "issues")), n):
                issues = [{"issue_id": f"I{at}", "unit_id": "U"} | one for at, one in enumerate(below)]
                yield {"units": [unit], "issues": issues}


MOST_BELOW = 3
"""Two of what is counted, and one that is not."""


def every(pack: Pack, table: str) -> Iterator[dict[str, Any]]:
    names = [name for name in pack.tables[table]["fields"] if name not in KEYS.values()]
    for values in itertools.product((True, False, None), repeat=len(names)):
        yield dict(zip(names, values, strict=True))


def brute_force(pack: Pack) -> dict[Finding, int]:
    """What has to be found, by definition, and with how few values each can be shown (0: by no example)."""
    seen: dict[str, list[tuple[Judged, int]]] = {table: [] for table in pack.tables}
    found: dict[Finding, int] = {}

    def least(finding: Finding, size: int) -> None:
        found[finding] = min(size, found.get(finding, size))

    rank = outcomes(pack).index
    for records in units_of(pack):
        size, review = size_of(records), judge(pack, records)
        for table, judged in review.records.items():
            seen[table] += [(one, size) for one in judged.values()]
        for table, field, without in blanked(records):
            after = judge(pack, without)
            for judged_, ones in review.records.items():
                for key, one in ones.items():
                    if rank(after.records[judged_][key].verdict) < rank(one.verdict):
                        least(("blank-helps", table, field, judged_), size)
    dead = set()
    for rule in pack.rules:
        states = {one.statuses[rule["rule"]] for one, _ in seen[rule["for"]]}
        whens = list(whens_seen(pack, rule))
        applies = any(when is True for when in whens)
        if applies and "when" in rule and not any(when is False for when in whens):
            found["rule-always-applies", rule["rule"]] = 0
        code = (
            "rule-never-applies" if not applies
            else "rule-never-met" if MET not in states
            else "rule-never-unmet" if UNMET not in states
            else None
        )  # fmt: skip
        if code is not None:
            dead.add(rule["rule"])
            found[code, rule["rule"]] = 0
    for table in pack.tables:
        alive = [str(rule["rule"]) for rule in pack.rules if rule["for"] == table and rule["rule"] not in dead]
        told = any(("rule-never-met", rule["rule"]) in found for rule in pack.rules if rule["for"] == table)
        for a, b in itertools.combinations(alive, 2):
            code = contradiction(pack, seen[table], a, b)
            if code is not None:
                told = told or code == "rules-contradict"
                whens = zip(*(whens_seen(pack, rule_of(pack, id_)) for id_ in (a, b)), strict=True)
                met = [
                    n
                    for (one, n), when in zip(seen[table], whens, strict=True)
                    if one.statuses[min((a, b), key=alive.index)] == MET and (code == "rules-contradict" or when == (True, True))
                ]
                found[(code, *sorted((a, b)))] = min(met)
                continue
            for rule, by in ((a, b), (b, a)):
                if all(rank_of(pack, rule, one) <= rank_of(pack, by, one) for one, _ in seen[table]):
                    found["rule-implied", rule, by] = min((n for one, n in seen[table] if rank_of(pack, rule, one)), default=0)
        wanted = {
            rule.get(key, rule["otherwise"]) for rule in (rule_of(pack, id_) for id_ in alive) for key in ("otherwise", "unknown")
        }
        for outcome in outcomes(pack):
            if outcome in wanted | {"pass"} and not told and all(one.verdict != outcome for one, _ in seen[table]):
                found["outcome-unreachable", outcome, table] = 0
    return found


def contradiction(pack: Pack, seen: Iterable[tuple[Judged, int]], a: str, b: str) -> str | None:
    """Whether no record is without a finding of one of two rules, or none of those to which both apply meets both, though some
    meet the one and some the other."""
    statuses = [(one.statuses[a], one.statuses[b]) for one, _ in seen]
    if all(one in FOUND or other in FOUND for one, other in statuses):
        return "rules-contradict"
    if any("when" in rule_of(pack, id_) for id_ in (a, b)):
        rules = [rule_of(pack, id_) for id_ in (a, b)]
        whens = zip(*(whens_seen(pack, r) for r in rules), strict=True)
        both = [pair for pair, when in zip(statuses, whens, strict=True) if when == (True, True)]
        if (MET, MET) not in both and any(one == MET for one, _ in both) and any(other == MET for _, other in both):
            return "rules-contradict-where"
    return None


def whens_seen(pack: Pack, rule: Mapping[str, Any]) -> Iterator[Any]:
    for records in units_of(pack):
        interpreter = Interpreter(pack, records, {})
        for at in range(len(records.get(rule["for"], ()))):
            yield interpreter.condition(rule["when"], Row(rule["for"], at)) if "when" in rule else True


def size_of(records: Records) -> int:
    """How many values are filled in, keys aside; a record below counts as one more."""
    filled = sum(
        value is not None and name not in KEYS.values()
        for rows in records.values()
        for row in rows
        for name, value in row.items()
    )
    return filled + sum(len(rows) for table, rows in records.items() if table != "units")


def blanked(records: Records) -> Iterator[tuple[str, str, Records]]:
    for table, rows in records.items():
        for at, row in enumerate(rows):
            for name, value in row.items():
                if value is not None and name not in KEYS.values():
                    yield table, name, {**records, table: [*rows[:at], {**row, name: None}, *rows[at + 1 :]]}


def holds_exactly(pack: Pack, folder: Path) -> None:
    write_pack(pack, folder)
    proof, expected = proof_of(folder), brute_force(pack)
    opened = {(code, *map(str, args.values())) for code, args, _ in open_questions(proof)}
    found = {finding for finding in findings(proof) if finding[0] != "outcome-unnamed"}
    stated = {("blank-helps", one.column.table, one.column.name, one.judged) for one in proof.stated}
    inside = any(fact["fact"] == "either" for fact in pack.facts)
    assert not stated & found
    assert stated <= expected.keys()
    found |= stated
    if "issues" not in pack.tables:
        assert not opened
    for (
        one
    ) in proof.found:  # a dead rule that was left open is asked on: what is then found of it is not listed, but has to be so
        if about(one.mistake.code, one.mistake.args) in found - expected.keys():
            assert opened
            assert not any(happens(pack, records, one.mistake.code, one.mistake.args) for records in units_of(pack))
    assert not {finding for finding in expected.keys() - found if not left_open(finding, opened)}
    for said in proof.stated:
        about_ = {"table": said.column.table, "field": said.column.name, "judged": said.judged, **said.verdicts}
        shows(pack, Found(Mistake("blank-helps", args=about_), (said.filled, said.blank)))
    for one in proof.found:
        shows(pack, one)
        if one.examples and not (one.mistake.code == "blank-helps" and inside):  # there may be a smaller one by what is counted
            least = expected.get(about(one.mistake.code, one.mistake.args))
            assert least is None or size_of(one.examples[0].example.records) <= least


OPEN = {
    "rules-contradict": "open.contradict",
    "rules-contradict-where": "open.contradict",
    "rule-implied": "open.implied",
    "outcome-unreachable": "open.outcome",
    "blank-helps": "open.blank",
}


def left_open(finding: Finding, opened: set[Finding]) -> bool:
    """Whether the proof says of something that it does not know it."""
    code, *about_ = finding
    asked = {OPEN.get(code, f"open.{code}"), *(["open.counted"] if code == "blank-helps" else ())}
    return any(question in asked and set(about_) == set(args) for question, *args in opened)


@depths(10, 1500)
def test_of_a_pack_over_booleans_exactly_that_is_found_which_all_its_records_show(folders: Folders, examples: int) -> None:
    @many(examples)
    @given(boolean_packs())
    def agrees(pack: Pack) -> None:
        with contextlib.suppress(PackError):  # as of a rule without any effect
            holds_exactly(pack, folders())

    agrees()


@depths(3, 400)
def test_of_a_pack_that_counts_verdicts_below_exactly_that_is_found_which_all_its_records_show(
    folders: Folders, examples: int
) -> None:
    @many(examples)
    @given(boolean_packs(below=True))
    def agrees(pack: Pack) -> None:
        with contextlib.suppress(PackError):
            holds_exactly(pack, folders())

    agrees()


@depths(4, 400)
def test_what_a_pack_says_of_blanks_inside_aggregates_is_exactly_that_which_all_its_records_show(
    folders: Folders, examples: int
) -> None:
    @many(examples)
    @given(boolean_packs(below=True, inside=True))
    def agrees(pack: Pack) -> None:
        with contextlib.suppress(PackError):
            holds_exactly(pack, folders())

    agrees()


# ------------------------------------------------------------------------------------------------ blanks inside aggregates

SERIOUS = """
fact serious units<issues: count(*) filter (where coalesce(status, 'not_started') = 'solved')
rule few-serious units: require serious = 0 otherwise make_up
"""


def stated(proof: Proof) -> list[tuple[str, str, str, dict[str, tuple[Any, Any]], dict[str, str]]]:
    return [(one.column.table, one.column.name, one.judged, dict(one.counts), one.verdicts) for one in proof.stated]


BETTER = {"worse": "make_up", "better": "pass"}


@pytest.mark.parametrize(
    ("text", "field", "counts"),
    [
        (SERIOUS, "status", {"serious": (1, 0)}),
        (
            """
fact costs units<issues: sum(coalesce(cost, 0))
rule cheap units: require coalesce(costs, 0) <= 1 otherwise make_up
""",
            "cost",
            {"costs": (2, 0)},
        ),
        (
            """
fact mean units<issues: avg(complaints) filter (where complaints is not null)
rule calm units: require coalesce(mean, 0) <= 4 otherwise make_up
""",
            "complaints",
            {"mean": (5, None)},
        ),
        (
            """
fact many issues: case when complaints is null then 0 when complaints > 3 then 1 else 0 end
fact those units<issues: sum(many)
rule calm units: require coalesce(those, 0) = 0 otherwise make_up
""",
            "complaints",
            {"those": (1, 0)},
        ),
        (
            """
fact low units<issues: count(*) filter (where least(complaints, 9) < 1)
rule calm units: require low = 0 otherwise make_up
""",
            "complaints",
            {"low": (1, 0)},
        ),
        (
            """
fact high units<issues: count(*) filter (where greatest(complaints, 0) > 3)
rule calm units: require high = 0 otherwise make_up
""",
            "complaints",
            {"high": (1, 0)},
        ),
    ],
    ids=["filter", "coalesce", "avg", "case", "least", "greatest"],
)
def test_a_blank_that_helps_by_what_it_counts_as_is_told_as_what_the_pack_says(
    text: str, field: str, counts: dict[str, tuple[Any, Any]], tmp_path: Path
) -> None:
    proof = proof_of(write(text, tmp_path))
    assert (findings(proof), open_questions(proof)) == (set(), [])
    assert stated(proof) == [("issues", field, "units", counts, BETTER)]


@pytest.mark.parametrize(
    "require",
    [
        "coalesce(staff, 0) <= 3",
        "least(staff, posts) >= 3",
        "greatest(staff, posts) <= 3",
        "case when staff is null then true else staff <= 3 end",
        "case when staff is null then 0 when staff > 3 then 1 else 0 end = 0",
    ],
)
def test_a_blank_that_helps_by_what_stands_for_it_outside_aggregates_is_found(require: str, tmp_path: Path) -> None:
    proof = proof_of(write(f"rule few units: require {require} otherwise make_up", tmp_path))
    assert ("blank-helps", "units", "staff", "units") in findings(proof)
    assert (proof.stated, open_questions(proof)) == ([], [])


@pytest.mark.parametrize(
    "text",
    [
        SERIOUS.replace("= 'solved'", "<> 'solved'"),  # a blank counts as what is worst
        SERIOUS.replace("serious = 0", "serious >= 0 and agreed"),
        SERIOUS.replace("coalesce(status, 'not_started') = 'solved'", "verdict = 'make_up'")
        + "rule solved issues: require status = 'solved' otherwise make_up",
    ],
    ids=["worst", "never-minded", "verdicts"],
)
def test_a_blank_that_helps_nobody_inside_aggregates_is_not_told(text: str, tmp_path: Path) -> None:
    assert proof_of(write(text, tmp_path)).stated == []


def test_a_blank_of_the_parent_and_of_a_sibling_is_followed_inside_aggregates(tmp_path: Path) -> None:
    text = """
fact of_school issues: coalesce(units.kind = 'school', false) and coalesce(complaints, 0) > 2
fact at_schools units<issues: count(*) filter (where of_school)
rule calm issues: require units.at_schools <= 1 otherwise make_up
"""
    found = {one[:3] for one in stated(proof_of(write(text, tmp_path)))}
    assert found == {("units", "kind", "issues"), ("issues", "complaints", "issues")}


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_the_pack_says_of_blanks_is_listed_counted_and_not_called_proved(
    lang: str, tmp_path: Path, lookback: Lookback
) -> None:
    run = lookback("rules", "prove", write(SERIOUS, tmp_path), lang=lang)
    assert run.code == 0
    listed, count, closing = {
        "en": (
            "a blank `status` of issues counts as `serious` 0: the verdict of units is `pass`; with solved, `serious` 1:",
            "1 question whether a blank helps by what the pack says it counts as inside aggregates: it does in 1 case",
            "inside aggregates a blank helps where the pack says so: 1 case, listed above.",
        ),
        "zh": (
            "issues 的 `status` 空白计为 `serious` 0：units 的结论为 `pass`；取值 solved 时 `serious` 1：`make_up`",
            "聚合内的空白按其计法是否有利：1 个问题，其中 1 处有利，由规则包自行规定",
            "聚合内的空白在规则包如此规定之处有利：共 1 处，见上。",
        ),
    }[lang]
    assert listed in run.said
    assert count in run.said
    assert run.said.strip().endswith(closing)
    sound = lookback("rules", "prove", write(SERIOUS.replace("= 'solved'", "<> 'solved'"), tmp_path / "sound"), lang=lang)
    assert closing not in sound.said


def test_json_has_what_was_found_left_open_and_said_of_blanks(
    tmp_path: Path, lookback: Lookback, monkeypatch: pytest.MonkeyPatch
) -> None:
    flawed = SERIOUS + "rule none units: when staff > 0 and staff < 0 require agreed otherwise make_up"
    run = lookback("rules", "prove", write(flawed, tmp_path), "--format", "json")
    got = json.loads(run.out)
    assert (run.code, list(got)) == (1, ["asked", "found", "left_open", "stated"])
    assert got["asked"]["counted"] == 1
    assert [one["code"] for one in got["found"]] == ["rule-never-applies"]
    [said] = got["stated"]
    assert {key: said[key] for key in ("table", "field", "value", "judged", "verdict", "verdict_blank", "facts")} == {
        "table": "issues",
        "field": "status",
        "value": "solved",
        "judged": "units",
        "verdict": "make_up",
        "verdict_blank": "pass",
        "facts": {"serious": {"value": 1, "blank": 0}},
    }
    monkeypatch.setattr("lookback.proving.search.MOST_STEPS", 1)
    got = json.loads(lookback("rules", "prove", write(SERIOUS, tmp_path / "open"), "--format", "json").out)
    assert {one["why"] for one in got["left_open"]} == {"free.steps"}


# ----------------------------------------------------------------------------------------------------------- random packs


@pytest.mark.long
@depths(1, 100)
def test_what_is_called_impossible_of_a_random_pack_does_not_happen_and_what_is_shown_does(
    folders: Folders, examples: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookback.proving.search, "MOST_STEPS", 200_000)  # what takes longer is left open, and the test is quick

    @settings(many(examples), phases=(Phase.explicit, Phase.generate))  # a smaller pack would take many proofs to find
    @given(st.data(), packs())
    def holds(data: st.DataObject, pack: Pack) -> None:
        folder = folders()
        write_pack(pack, folder)
        proof = proof_of(folder)
        for found in proof.found:
            shows(pack, found)
            for example in found.examples if found in proof.found[:4] else ():
                if plain_values(example.example.records):
                    runs(pack, folder, example.example.records, folders())
        tried = [data.draw(records_of(pack)) for _ in range(2)]
        shown = [example.example.records for found in proof.found for example in found.examples]
        tried += filter(plain_values, shown)
        for records in tried:
            for code, about_ in impossible(proof):
                assert not happens(pack, records, code, about_), (code, about_)
        nothing_helps(pack, tried[0], proof)

    holds()


def runs(pack: Pack, folder: Path, records: Records, data: Path) -> None:
    """Assert that the engine, given the records as files, says of them what the reference says; unless the reading of files
    refuses a value, as a date of the year 1."""
    write_records(records, pack, data)
    with check(folder, [str(data)]) as review:
        if review.problem_count == 0:
            agree(review, pack, records)


def impossible(proof: Proof) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for found in proof.found:
        if found.mistake.code not in ("blank-helps", "outcome-unnamed"):
            yield found.mistake.code, found.mistake.args


def happens(pack: Pack, records: Records, code: str, args: Mapping[str, Any]) -> bool:
    """Whether something that is said to be impossible is so of one of these records."""
    review = judge(pack, records)
    table = args["table"] if "table" in args else rule_of(pack, args["rule"])["for"]
    for at, row in enumerate(records.get(table, ())):
        one = review.records[table][row[KEYS[table]]]
        statuses = [one.statuses[args[key]] for key in ("rule", "other", "by") if key in args]
        match code:
            case "rule-never-applies":
                happened = Interpreter(pack, records, {}).condition(rule_of(pack, args["rule"])["when"], Row(table, at)) is True
            case "rule-always-applies":
                happened = statuses == [NOT_APPLICABLE]
            case "rule-never-met" | "rule-never-unmet":
                happened = statuses == [MET if code == "rule-never-met" else UNMET]
            case "rule-implied":
                happened = rank_of(pack, args["rule"], one) > rank_of(pack, args["by"], one)
            case "rules-contradict":
                happened = not any(status in FOUND for status in statuses)
            case "rules-contradict-where":
                happened = statuses == [MET, MET]
            case "outcome-unreachable":
                happened = one.verdict == args["outcome"]
            case _:
                raise AssertionError(code)
        if happened:
            return True
    return False


MOST_BLANKS = 60


def nothing_helps(pack: Pack, records: Records, proof: Proof) -> None:
    """Assert that no value, left blank, makes a verdict better of which that was neither found, nor told as what the pack says
    of blanks inside aggregates, nor left open."""
    known = {
        tuple(f.mistake.args[key] for key in ("table", "field", "judged")) for f in proof.found if "judged" in f.mistake.args
    }
    known |= {
        tuple(args[key] for key in ("table", "field", "judged")) for _, args, _ in open_questions(proof) if "judged" in args
    }
    known |= {(one.column.table, one.column.name, one.judged) for one in proof.stated}
    before, rank = judge(pack, records), outcomes(pack).index
    every_blank = [*blanked(records)]
    for table, field, without in every_blank[:: max(1, len(every_blank) // MOST_BLANKS)]:
        after = judge(pack, without)
        for judged, ones in before.records.items():
            for key, one in ones.items():
                helped = rank(after.records[judged][key].verdict) < rank(one.verdict)
                assert not helped or (table, field, judged) in known, (table, field, judged, key)


# ------------------------------------------------------------------------------------------------ what z3 does not answer


def test_a_condition_that_z3_cannot_see_into_is_left_open_and_not_called_proved(tmp_path: Path, lookback: Lookback) -> None:
    pack = write("rule named units: when upper(name) = 'ab' and name like 'a_%' require agreed otherwise make_up", tmp_path)
    proof = proof_of(pack)
    assert not proof.found
    assert ("open.rule-never-applies", {"rule": "named"}, "free.functions") in open_questions(proof)
    run = lookback("rules", "prove", pack)
    assert run.code == 0
    assert "z3 cannot see into" in run.said
    assert "Proved" not in run.said


def test_the_limits_of_a_field_prove_nothing_as_values_beyond_them_are_judged_too(tmp_path: Path) -> None:
    """Within the limits the first rule could not be unmet, nor the second met."""
    some, many_ = "rule some units: require posts >= 0", "rule many units: require posts > 9 or posts < 0"
    pack = files(f"{some} otherwise make_up\n{many_} otherwise explain")
    assert not proof_of(write(pack, tmp_path)).found
    pack["records"]["tables"]["units"]["fields"]["posts"] |= {"least": 0, "most": 9}
    assert not proof_of(write(pack, tmp_path)).found


@pytest.mark.parametrize(
    ("when", "possible"),
    [
        ("name like 'a%' and name like 'b%'", False),
        ("name like 'ab%' and not name like 'a%'", False),
        ("name like '%ab%' and not name like '%b%'", False),
        ("name like '%ab' and not name like '%b'", False),
        ("name like '%ab' and name like '%b' and name like 'ba%' and not name like '%aa%'", True),
        ("name like 'a%' and name like '%a' and name <> 'a'", True),
        ("name like '%' and agreed", True),
        ("not name like '%'", False),
        ("name like 'ab%' and not starts_with(name, 'a')", False),
    ],
)
def test_beginnings_parts_and_ends_of_a_text_are_seen_into(when: str, possible: bool, tmp_path: Path) -> None:
    proof = proof_of(write(f"rule named units: when {when} require share >= 1 otherwise make_up", tmp_path))
    assert not open_questions(proof)
    assert (("rule-never-applies", "named") in findings(proof)) is not possible


@pytest.mark.parametrize(
    ("when", "possible"),
    [
        ("matches(name, '[0-9]{4}') and name = '2005'", True),
        ("matches(name, '[0-9]{4}') and name = '205'", False),
        ("matches(name, '[0-9]{4}') and not matches(name, '\\d+')", False),
        ("matches(name, '[0-9]{4}') and not starts_with(name, '2')", True),
        ("matches(name, '[0-9]{4}') and ends_with(name, 'x')", False),
        ("matches(name, '[0-9]{4}x?') and ends_with(name, 'x') and contains(name, '00')", True),
        ("matches(name, 'a.*') and name like '%b' and not matches(name, 'a.*b')", False),
        ("matches(name, '[12]') and name <> '1' and name <> '2'", False),
        ("matches(name, '') and agreed", False),
        ("name like 'abc'", True),
        ("name like 'abc' and not matches(name, '[a-c]{3}')", False),
    ],
)
def test_patterns_are_seen_into(when: str, possible: bool, tmp_path: Path) -> None:
    proof = proof_of(write(f"rule named units: when {when} require share >= 1 otherwise make_up", tmp_path))
    assert not open_questions(proof) or "matches(name, '')" in when or "[12]" in when
    assert (("rule-never-applies", "named") in findings(proof)) is not possible or "matches(name, '')" in when


def test_what_a_check_digit_says_beside_a_pattern_is_left_open_and_not_called_proved(tmp_path: Path) -> None:
    text = "rule named units: when check_digit(name, 'gln') and matches(name, '[0-9]{12}') require agreed otherwise make_up"
    proof = proof_of(write(text, tmp_path))
    assert not proof.found
    assert ("open.rule-never-applies", {"rule": "named"}, "free.functions") in open_questions(proof)


SIGNS = [a + b for a in "abcdefghijkl" for b in "mnopqr"]
PATTERNS = [f"name like '{('{}%', '%{}', '%{}%')[i % 3].format(two)}'" for i, two in enumerate(SIGNS)]


def test_many_patterns_in_many_rules_are_proved(tmp_path: Path) -> None:
    rules = [f"rule r{i} units: require {' or '.join(PATTERNS[i : i + 8])} otherwise make_up" for i in range(0, len(PATTERNS), 8)]
    assert len(PATTERNS) > 68
    proof = proof_of(write("\n".join(rules), tmp_path))
    assert (findings(proof), open_questions(proof)) == (set(), [])


def test_twenty_patterns_behind_a_rule_are_proved_and_what_they_say_of_others_is_found(tmp_path: Path) -> None:
    named, others = " or ".join(PATTERNS[:20]), " or ".join(PATTERNS[20:40])
    narrower = [text.replace("'%", "'%q").replace("%'", "q%'") for text in PATTERNS[:20]]  # each follows from its neighbour
    rules = f"""
fact named units: {named}
fact other units: {others}
fact narrower units: {" or ".join(narrower)}
rule one units: when named require not other otherwise make_up
rule both units: when other and not named require agreed otherwise explain
"""
    sound = proof_of(write(rules, tmp_path / "sound"))
    assert (findings(sound), open_questions(sound)) == (set(), [])
    dead = "rule dead units: when narrower and not named require agreed otherwise explain"
    flawed = proof_of(write(rules + dead, tmp_path / "flawed"))
    assert (findings(flawed), open_questions(flawed)) == ({("rule-never-applies", "dead")}, [])


def test_a_pattern_that_an_example_shows_to_be_possible_is_not_left_open(tmp_path: Path) -> None:
    proof = proof_of(
        write("rule named units: when name like 'a%b' and lower(name) <> 'ab' require agreed otherwise make_up", tmp_path)
    )
    assert (findings(proof), open_questions(proof)) == (set(), [])


def test_what_counts_below_follow_from_is_left_open_and_not_called_proved(tmp_path: Path, lookback: Lookback) -> None:
    text = """
fact bad_issues units<issues: count(*) filter (where verdict = 'make_up')
rule issues-of-schools issues: require units.agreed otherwise make_up
rule schools-agree units: require agreed otherwise make_up
rule issues-dealt-with units: require bad_issues <= 1 otherwise make_up
"""
    pack = write(text, tmp_path)
    assert ("open.implied", {"rule": "issues-dealt-with", "by": "schools-agree"}, "free.rows") in open_questions(proof_of(pack))
    assert "Proved" not in lookback("rules", "prove", pack).said


@pytest.mark.parametrize("steps", [1, 100, 2_000, 10_000, 30_000])
def test_a_question_that_z3_gives_up_on_is_left_open_and_not_called_proved(
    steps: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fewer steps find a part of what is to be found; the rest is left open, and nothing else is found."""
    by_name = {pair.name: pair for pair in PAIRS}
    names = ("days-counted-the-wrong-way", "verdicts-counted-that-a-blank-avoids", "three-that-leave-no-way-to-pass")
    for pair in [by_name[name] for name in (*names, "fewer-than-none-allowed", "thresholds-with-a-gap")]:
        with monkeypatch.context() as patched:
            patched.setattr(lookback.proving.search, "MOST_STEPS", steps)
            proof = proof_of(write(pair.flawed, tmp_path / pair.name))
        assert findings(proof) <= pair.found
        if findings(proof) != pair.found:
            assert proof.left_open
        if steps == 1:
            assert not findings(proof)


def test_a_proof_with_open_questions_is_not_called_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lookback: Lookback
) -> None:
    pack = write(next(pair for pair in PAIRS if pair.name == "three-that-leave-no-way-to-pass").sound, tmp_path)
    monkeypatch.setattr("lookback.proving.search.MOST_STEPS", 1)
    run = lookback("rules", "prove", pack)
    assert run.code == 0
    assert "whether a record of units can be `pass` (given up after many steps)" in run.said
    assert "Proved" not in run.said


def test_what_there_was_no_time_for_is_left_open_counted_and_not_called_proved(lookback: Lookback) -> None:
    run = lookback("rules", "prove", "lookback-2005", "--timeout", "0.1")
    assert run.code == 0
    assert "(no time)" in run.said
    assert "more for want of time: --timeout gives more" in run.said
    assert "Proved" not in run.said


def test_of_thousands_of_questions_without_time_the_rest_is_left_open_as_one(tmp_path: Path) -> None:
    rules = "\n".join(f"rule r{i} units: require staff <> {i} otherwise make_up" for i in range(60))
    proof = prove(checked(write(rules, tmp_path)), timeout=1e-9)
    assert {why for *_, why in open_questions(proof)} == {"free.time"}
    assert MOST_OPEN < len(proof.left_open) == sum(proof.asked.values()) + 1
    assert proof.left_open[-1].question.code == "open.rest"


def test_a_question_without_time_leaves_the_solver_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    search = Search(checked(write(PAIRS[0].sound, tmp_path)), clock=Clock(60))
    search.is_there("units", lambda v, r: z3.BoolVal(True))
    search.clock.question = 0
    with pytest.raises(OutOfTime):
        search.is_there("units", lambda v, r: z3.BoolVal(False))
    search.clock.next()
    assert search.is_there("units", lambda v, r: z3.BoolVal(True)).holds is not False


def test_results_come_as_they_are_found(tmp_path: Path) -> None:
    pair = next(pair for pair in PAIRS if pair.name == "three-that-leave-no-way-to-pass")
    told: list[Found] = []
    asked: list[int] = []
    proof = prove(checked(write(pair.flawed, tmp_path)), asked.append, tell=told.append)
    assert told == proof.found
    assert told
    assert asked == sorted(asked)


@pytest.mark.long
@pytest.mark.parametrize("pack", ["lookback-2005", "audit-follow-up"])
def test_the_built_in_packs_are_proved(pack: str) -> None:
    proof = prove(checked(pack), witnesses=lambda: shown_by_tests(pack))
    assert findings(proof) == set()
    left = {(one.why.code, one.question.code) for one in proof.left_open}
    assert left <= (LEFT_OPEN if pack == "lookback-2005" else set())
    assert proof.asked.keys() >= {"rules", "pairs", "outcomes", "blanks", "limits"}


LEFT_OPEN = {("free.references", "open.uncounted"), ("free.references", "open.counted")}
"""Of the built-in pack: why, and what; of the audit's nothing."""


def shown_by_tests(pack: str) -> list[tuple[str, Got]]:
    """What the tests of a pack show, on whatever day."""
    of = checked(pack)
    return judged_in_tests(of, read_cases(of, read_tests(find_pack(pack))), "durable", {"as_of"})


DUE = date(2020, 7, 15)
TERM = f"""
param due date {DUE} 2020-01-01..2020-12-31
rule late-ones issues: when :as_of > :due require solved_on <= :due otherwise make_up
"""


def test_a_proof_holds_for_every_day_unless_one_is_named(tmp_path: Path) -> None:
    """A rule that is asked only after a term applies on some day, though not on the pack's own; a blank that helps does so on
    any."""
    pack = checked(write(TERM, tmp_path / "pack"))
    assert findings(prove(pack)) == set()
    assert findings(prove(pack, any_day=False)) == {("rule-never-applies", "late-ones")}
    helped = checked(write(TERM.replace("solved_on <= :due", "solved_on is null or solved_on <= :due"), tmp_path / "helped"))
    (found,) = (one for one in prove(helped).found if one.mistake.args["judged"] == "issues")
    assert found.mistake.code == "blank-helps"
    assert found.examples[0].example.params["as_of"] > DUE


@pytest.mark.long
@pytest.mark.parametrize("pack", ["lookback-2005", pytest.param("audit-follow-up", marks=pytest.mark.slow)])
def test_the_built_in_packs_are_proved_for_the_whole_range_of_their_parameters(pack: str) -> None:
    proof = prove(checked(pack), all_params=True, witnesses=lambda: shown_by_tests(pack))
    assert findings(proof) == set()
    assert {one.why.code for one in proof.left_open} <= ({"free.references"} if pack == "lookback-2005" else set())


ALLOWED = """
param allowed integer 0 0..3
fact made_up units<issues: count(*) filter (where verdict = 'make_up')
fact explained units<issues: count(*) filter (where verdict = 'explain')
rule known issues: require complaints is not null otherwise make_up
rule few issues: require complaints <= 3 otherwise explain
rule made-up-dealt-with units: require made_up <= :allowed otherwise make_up
rule explained-all units: require explained = 0 otherwise explain
"""
"""The issue with a blank is one to make up, which may be allowed, and no longer one to explain."""


def test_what_the_tests_of_a_pack_show_is_not_asked_of_z3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pack = checked(write(ALLOWED, tmp_path / "pack"))
    statuses: tuple[Status, ...] = ("met", "unmet", "unknown", "not applicable")
    judged = [
        (table, Got("pass", {}, {rule.id: status for rule in pack.rules_for(table)}, {}, {}))
        for table in ("units", "issues")
        for status in statuses
    ]
    judged.append((REVIEW, Got("pass", {}, {}, {}, {})))  # nothing is asked of the review as a whole
    asked, is_there = list[str](), Search.is_there

    def counted(self: Search, table: str, *given: Any, **more: Any) -> Any:
        asked.append(table)
        return is_there(self, table, *given, **more)

    monkeypatch.setattr(Search, "is_there", counted)
    prove(pack, witnesses=lambda: judged)
    with_witnesses = len(asked)
    prove(pack)
    assert 0 < with_witnesses < len(asked) - with_witnesses


def test_a_blank_that_helps_with_other_parameters_is_found_where_all_are_asked(tmp_path: Path) -> None:
    pack = checked(write(ALLOWED, tmp_path / "pack"))
    assert findings(prove(pack)) == set()
    (found,) = prove(pack, all_params=True).found
    assert (found.mistake.code, found.mistake.args["field"]) == ("blank-helps", "complaints")
    one, blank = found.examples
    assert one.example.params == blank.example.params
    assert one.example.params["allowed"] > 0
    assert (one.one.verdict, blank.one.verdict) == ("explain", "pass")


def test_an_example_with_other_parameters_says_them_and_its_test_sets_them(tmp_path: Path, lookback: Lookback) -> None:
    pack = write(ALLOWED, tmp_path / "pack")
    run = lookback("rules", "prove", pack, "--all-params", "--save-tests")
    assert run.code == 1
    assert "  with allowed 1\n" in run.said
    assert "params: {allowed: 1}" in (pack / "proof.test.yaml").read_text("utf-8")
    assert lookback("rules", "test", pack).code == 0


# -------------------------------------------------------------------------------------------------------- the command line


@pytest.mark.parametrize("name", ["and-for-or", "thresholds-with-a-gap", "a-field-of-the-parent", "fewer-than-none-allowed"])
def test_the_exit_code_is_1_where_something_is_found_and_0_where_all_is_proved(
    name: str, tmp_path: Path, lookback: Lookback
) -> None:
    pair = next(pair for pair in PAIRS if pair.name == name)
    run = lookback("rules", "prove", write(pair.flawed, tmp_path / "flawed"))
    assert run.code == 1
    assert all(f"error[{found}]" in run.said for found, *_ in pair.found)
    assert "Proved" not in run.said
    run = lookback("rules", "prove", write(pair.sound, tmp_path / "sound"))
    assert (run.code, "0 found, 0 left open. Proved for every possible record" in run.said) == (0, True)


MANY_FLAWS = """
param limit integer 3 0..10
fact bad_issues units<issues: count(*) filter (where verdict = 'make_up')
rule few-complaints issues: require coalesce(complaints, 0) <= :limit otherwise make_up
rule few issues: when complaints < 3 require measures is not null otherwise make_up
rule many issues: when complaints > 3 require deadline > :as_of otherwise make_up
rule issues-dealt-with units: require bad_issues <= 1 otherwise make_up
rule dealt-with-again units: require bad_issues <= 1 otherwise make_up
group exactly_one few many
"""


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_tests_that_are_saved_pass_and_a_second_run_adds_nothing(lang: str, tmp_path: Path, lookback: Lookback) -> None:
    pack = write(MANY_FLAWS, tmp_path / "pack")
    assert lookback("rules", "prove", pack, "--save-tests", "--set", "limit=5", "--lang", lang).code == 1
    file = pack / "proof.test.yaml"
    first = file.read_bytes()
    tests = core_yaml.load(first)["tests"]
    assert len(tests) >= 5
    assert [test["params"] for test in tests] == [{"limit": 5}] * len(tests)
    assert lookback("rules", "test", pack).code == 0
    assert lookback("rules", "prove", pack, "--save-tests", "--set", "limit=5", "--lang", lang).code == 1
    assert file.read_bytes() == first


OWN = """\
# what we wrote ourselves
tests:
  - test: an issue with few complaints passes
    given:
      units: [{}]
      issues: [{complaints: 1, measures: written}]
    expect:
      issues: [{verdict: pass}]
"""
EQUIVALENT = """\
equivalent:
  - {of: few, written: "not (complaints >= 3)", because: it is the same}
"""


@pytest.mark.parametrize(
    "own",
    [
        pytest.param(OWN, id="tests"),
        pytest.param(OWN + EQUIVALENT, id="tests-and-more-after-them"),
        pytest.param(EQUIVALENT, id="no-tests"),
        pytest.param("", id="empty"),
    ],
)
def test_what_stands_in_the_file_already_is_kept(own: str, tmp_path: Path, lookback: Lookback) -> None:
    pack = write(MANY_FLAWS, tmp_path / "pack")
    file = pack / "proof.test.yaml"
    file.write_text(own, "utf-8")
    assert lookback("rules", "prove", pack, "--save-tests").code == 1
    before, after = core_yaml.load(own) or {}, core_yaml.load(file.read_bytes())
    assert after["tests"][: len(before.get("tests", ()))] == before.get("tests", [])
    assert len(after["tests"]) >= 5
    assert after.get("equivalent") == before.get("equivalent")
    assert all(line in file.read_text("utf-8") for line in own.splitlines())
    assert lookback("rules", "test", pack).code == 0


def test_a_file_that_cannot_be_written_is_told_in_a_sentence(
    tmp_path: Path, lookback: Lookback, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = write(MANY_FLAWS, tmp_path / "pack")

    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(pack))

    monkeypatch.setattr(Path, "write_bytes", refused)
    run = lookback("rules", "prove", pack, "--save-tests")
    assert run.code == 2
    assert "cannot write: [Errno 13] Permission denied" in run.said
    assert not (pack / "proof.test.yaml").exists()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="everything may be written here")
def test_a_folder_that_is_read_only_is_told_in_a_sentence(tmp_path: Path, lookback: Lookback) -> None:
    pack = write(MANY_FLAWS, tmp_path / "pack")
    pack.chmod(0o555)
    try:
        run = lookback("rules", "prove", pack, "--save-tests")
    finally:
        pack.chmod(0o755)
    assert (run.code, "cannot write: " in run.said) == (2, True)


def test_a_sound_pack_has_no_example_to_save(tmp_path: Path, lookback: Lookback) -> None:
    pack = write(PAIRS[0].sound, tmp_path / "pack")
    run = lookback("rules", "prove", pack, "--save-tests")
    assert (run.code, "no example to save" in run.said) == (0, True)
    assert not (pack / "proof.test.yaml").exists()
