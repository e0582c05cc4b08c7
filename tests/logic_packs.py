"""Small packs with one slip in their logic, each beside its sound neighbour, and what `lookback rules prove` has to say of it.

A pack is written in short lines; `write` makes its YAML files. The sound pack is written out; the flawed one is what an
analyst's slip makes of it: one text in one place for another. `found` is all that is wrong with it: the code, and the rules,
fields, outcomes or parameters that it is about, as `about` tells them.

    param limit integer 3 0..10                  name, type, default, range
    fact late issues: deadline < :as_of          name, table, value; `units<issues` aggregates issues
    rule in-time issues: [when …] require … otherwise make_up [unknown pass] [repeats other-rule]
    group exactly_one first-rule second-rule
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import core_yaml
from strategies import NOT_COUNTED, uncounted

OUTCOMES = ("pass", "explain", "make_up")
KINDS: dict[str, tuple[str, ...]] = {
    "kind": ("agency", "enterprise", "school"),
    "status": ("not_started", "under_way", "solved", "given_up"),
    "state": ("open", "closed"),
}
FIELDS: dict[str, dict[str, str]] = {  # invented: offices, what was found in them, and complaints brought against them
    "units": {
        "unit_id": "text",
        "name": "text",
        "kind": "choice",
        "staff": "integer",
        "posts": "integer",
        "share": "number",
        "agreed": "boolean",
        "published": "boolean",
        "report_on": "date",
        "visited": "optional",
    },
    "issues": {
        "issue_id": "text",
        "unit_id": "text",
        "status": "choice",
        "found_on": "date",
        "deadline": "date",
        "solved_on": "date",
        "cost": "number",
        "paid": "number",
        "complaints": "integer",
        "urgent": "boolean",
        "measures": "text",
    },
    "cases": {"case_id": "text", "unit_id": "text", "state": "choice", "opened_on": "date", "closed_on": "date"},
}
RULE = re.compile(
    r"rule (\S+) (\w+): (?:when (.*?) )?require (.*) otherwise (\w+)(?: unknown (\w+))?(?: repeats (\S+))?", re.DOTALL
)
FACT = re.compile(r"fact (\w+) (\w+)(?:<(\w+))?: (.*)", re.DOTALL)
PARAM = re.compile(r"param (\w+) (\w+) (\S+) (\S+)\.\.(\S+)")

Files = dict[str, dict[str, Any]]


def files(text: str) -> Files:
    """The YAML files of a pack in short lines; a line that begins with a space goes on with the one above."""
    params: dict[str, Any] = {}
    facts, rules, groups = [], [], []
    if ":as_of" in text:
        params["as_of"] = {"type": "date", "default": datetime.date(2020, 6, 30)}
    for line in re.sub(r"\n[ ]+", " ", text).strip().splitlines():
        match line.split()[0]:
            case "param":
                name, type_, *values = matched(PARAM, line)
                kind: Callable[[str], Any] = {"integer": int, "number": Decimal, "date": datetime.date.fromisoformat}[type_]
                params[name] = {"type": type_, **dict(zip(("default", "least", "most"), map(kind, values), strict=True))}
            case "fact":
                name, of, child, value = matched(FACT, line)
                facts.append({"fact": name, "of": of} | ({"from": child} if child else {}) | {"value": value})
            case "rule":
                rule, table, when, require, otherwise, unknown, repeats = matched(RULE, line)
                entry = {"rule": rule, "repeats": repeats, "for": table, "title": {"en": rule}, "when": when}
                entry |= {"require": require, "otherwise": otherwise, "unknown": unknown}
                rules.append({key: value for key, value in entry.items() if value is not None})
            case "group":
                _, kind_, *named = line.split()
                groups.append({kind_: named})
            case other:
                raise ValueError(other)
    outcomes = [{"outcome": one} for one in OUTCOMES if one == "pass" or re.search(rf"\b{one}\b", text)]
    chapter = {key: part for key, part in (("facts", facts), ("rules", rules), ("groups", groups)) if part}
    head = {"pack": "invented", "version": "1.0", "outcomes": outcomes} | ({"params": params} if params else {})
    aside = uncounted([table for table in FIELDS if table != "units"], facts, rules)
    return {"pack": head, "records": {"tables": tables(aside)}, "1-logic.rules": chapter}


def matched(pattern: re.Pattern[str], line: str) -> tuple[Any, ...]:
    found = pattern.fullmatch(line)
    assert found, line
    return found.groups()


def tables(aside: Collection[str] = ()) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for table, fields in FIELDS.items():
        entries: dict[str, Any] = {}
        for name, type_ in fields.items():
            entries[name] = {"type": "date" if type_ == "optional" else type_}
            if type_ == "choice":
                entries[name]["choices"] = {code: {"en": code} for code in KINDS[name]}
            if type_ == "optional":
                entries[name]["optional"] = {"because": {"en": "before the visit"}}
        key = next(iter(fields))
        found[table] = {"key": key} | ({"belongs_to": "units"} if table != "units" else {}) | {"fields": entries}
        if table in aside:
            found[table]["not_counted"] = NOT_COUNTED
    return found


def write(pack: str | Files, folder: Path) -> Path:
    """A pack's files; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in (files(pack) if isinstance(pack, str) else pack).items():
        (folder / f"{name}.yaml").write_text(core_yaml.dump(content), "utf-8")
    return folder


Finding = tuple[str, ...]
"""A code, and what it is about."""

ABOUT = ("rule", "by", "other", "rules", "table", "field", "judged", "outcome", "param", "what")


def about(code: str, args: Mapping[str, Any]) -> Finding:
    """A mistake as this table writes it."""
    named = ("outcome", "table") if code == "outcome-unreachable" else ABOUT
    if code == "rules-contradict" or code == "rules-contradict-where":
        return (code, *sorted(str(args[key]) for key in ("rule", "other")))
    if code == "param-ends-rule":
        return (code, str(args["param"]), str(args["value"]), args["what"].code, *map(str, args["what"].args.values()))
    return (code, *(str(args[key]) for key in named if key in args))


@dataclass(frozen=True)
class Pair:
    """A sound pack, the slip that makes it a flawed one, and what is then found."""

    name: str
    sound: str
    slip: tuple[str, str]
    found: frozenset[Finding]

    @property
    def flawed(self) -> str:
        right, wrong = self.slip
        assert self.sound.count(right) == 1, (self.name, right)
        return self.sound.replace(right, wrong)


def pair(name: str, sound: str, slip: tuple[str, str], *found: Finding) -> Pair:
    return Pair(name, sound.strip(), slip, frozenset(found))


NEVER_APPLIES = (
    pair(
        "neither-the-one-nor-the-other-with-or",
        """
rule deadlines-set issues:
 when status <> 'solved' and status <> 'given_up' require deadline is not null otherwise make_up
""",
        (" and status", " or status"),
        ("rule-always-applies", "deadlines-set"),
    ),
    pair(
        "and-for-or",
        "rule results-shown issues: when status = 'solved' or status = 'given_up' require measures is not null otherwise make_up",
        (" or ", " and "),
        ("rule-never-applies", "results-shown"),
    ),
    pair(
        "between-with-its-bounds-swapped",
        "rule middle-offices-agree units: when staff between 10 and 50 require agreed otherwise make_up",
        ("10 and 50", "50 and 10"),
        ("rule-never-applies", "middle-offices-agree"),
    ),
    pair(
        "a-case-whose-first-branch-takes-all",
        """
fact size units: case when staff is null then null when staff >= 100 then 'large'
 when staff >= 10 then 'middle' when staff < 10 then 'small' end
rule large-offices-publish units: when size = 'large' require published otherwise make_up
rule middle-offices-agree units: when size = 'middle' require agreed otherwise make_up
""",
        ("staff >= 10 then", "staff >= 200 then"),
        ("rule-never-applies", "middle-offices-agree"),
    ),
    pair(
        "a-month-after-december",
        "rule year-end-published units: when month(report_on) >= 12 require published otherwise make_up",
        (">= 12", "> 12"),
        ("rule-never-applies", "year-end-published"),
    ),
    pair(
        "a-boolean-fact-and-its-opposite",
        """
fact overdue issues: deadline < :as_of
rule overdue-explained issues: when overdue and found_on <= :as_of require measures is not null otherwise make_up
""",
        ("found_on <=", "deadline >="),
        ("rule-never-applies", "overdue-explained"),
    ),
    pair(
        "fewer-than-no-cases",
        """
fact open_cases units<cases: count(*) filter (where coalesce(state, 'open') = 'open')
rule open-cases-published units: when open_cases > 0 require published otherwise make_up
""",
        ("open_cases > 0", "open_cases < 0"),
        ("rule-never-applies", "open-cases-published"),
    ),
    pair(
        "the-parent-of-two-kinds",
        """
rule schools-say-how issues: when units.kind = 'school' and not units.agreed
 require measures is not null otherwise make_up
""",
        ("not units.agreed", "units.kind = 'agency'"),
        ("rule-never-applies", "schools-say-how"),
    ),
    pair(
        "days-counted-the-wrong-way",
        """
fact age issues: date_diff('day', found_on, :as_of)
rule old-ones-have-a-deadline issues: when age > 30 and found_on < :as_of require deadline is not null otherwise make_up
""",
        ("found_on < :as_of", "found_on > :as_of"),
        ("rule-never-applies", "old-ones-have-a-deadline"),
    ),
)

NEVER_MET = (
    pair(
        "a-deadline-in-a-window-that-ends-before-it-begins",
        """
rule deadline-in-window issues:
 require deadline between found_on + interval 10 days and found_on + interval 30 days otherwise make_up
""",
        ("interval 10 days", "interval 40 days"),
        ("rule-never-met", "deadline-in-window"),
    ),
    pair(
        "a-share-beyond-the-whole",
        "rule half-is-paid issues: when cost > 0 require paid / cost >= 0.5 and paid <= cost otherwise make_up",
        ("0.5", "1.5"),
        ("rule-never-met", "half-is-paid"),
    ),
    pair(
        "two-years-since-last-year",
        """
rule a-year-old-at-least issues: when urgent
 require full_years(found_on, :as_of) >= 1 and year(found_on) >= year(:as_of) - 1 otherwise make_up
""",
        (">= 1", ">= 2"),
        ("rule-never-met", "a-year-old-at-least"),
    ),
    pair(
        "every-choice-excluded",
        """
rule nothing-left-lying issues: when urgent require status not in ('not_started', 'under_way', 'given_up') otherwise make_up
""",
        ("'given_up')", "'given_up', 'solved')"),
        ("rule-never-met", "nothing-left-lying"),
    ),
    pair(
        "more-open-cases-than-there-are",
        """
fact cases_seen units<cases: count(*)
fact cases_open units<cases: count(*) filter (where state is not null and state = 'open')
rule none-or-few units: when agreed require cases_open <= cases_seen and cases_open < 5 otherwise make_up
""",
        ("cases_open < 5", "cases_open < 0"),
        ("rule-never-met", "none-or-few"),
    ),
)

NEVER_UNMET = (
    pair(
        "or-for-and",
        "rule size-in-bounds units: require staff >= 10 and staff <= 50 otherwise make_up",
        (" and ", " or "),
        ("rule-never-unmet", "size-in-bounds"),
    ),
    pair(
        "a-count-that-is-at-least-none",
        """
fact open_cases units<cases: count(*) filter (where coalesce(state, 'open') = 'open')
rule no-open-cases units: require open_cases <= 0 otherwise make_up
""",
        ("<= 0", ">= 0"),
        ("rule-never-unmet", "no-open-cases"),
    ),
    pair(
        "asked-for-what-when-rests-on",
        "rule overdue-explained issues: when deadline < :as_of require measures is not null otherwise make_up",
        ("measures is", "deadline is"),
        ("rule-never-unmet", "overdue-explained"),
    ),
    pair(
        "the-greater-of-two-is-not-less",
        "rule paid-in-full issues: when cost > 0 require coalesce(paid, 0) >= cost otherwise make_up",
        ("coalesce(paid, 0)", "greatest(paid, cost)"),
        ("rule-never-unmet", "paid-in-full"),
    ),
)

IMPLIED = (
    pair(
        "two-chapters-ask-the-same",
        """
rule measures-written issues: when status = 'solved' require measures is not null otherwise make_up
rule measures-on-record issues: when status = 'given_up' require measures is not null otherwise make_up
""",
        ("'given_up'", "'solved'"),
        ("rule-implied", "measures-written", "measures-on-record"),
        ("rule-implied", "measures-on-record", "measures-written"),
    ),
    pair(
        "a-special-case-of-what-all-must-do",
        """
rule all-have-measures issues: require measures is not null otherwise make_up
rule urgent-have-a-deadline issues: when urgent require deadline is not null otherwise make_up
""",
        ("deadline is not null", "measures is not null"),
        ("rule-implied", "urgent-have-a-deadline", "all-have-measures"),
    ),
    pair(
        "two-limits-with-one-outcome",
        """
rule few-complaints issues: require complaints <= 3 otherwise explain
rule not-too-many-complaints issues: require complaints <= 10 otherwise make_up
rule measures-written issues: require measures is not null otherwise make_up
""",
        ("<= 10 otherwise make_up", "<= 10 otherwise explain"),
        ("rule-implied", "not-too-many-complaints", "few-complaints"),
    ),
    pair(
        "three-in-a-circle",
        """
rule after-it-was-found issues: require deadline >= found_on otherwise make_up
rule not-before-it-was-found issues: require not (deadline < found_on) otherwise make_up repeats after-it-was-found
rule days-to-go issues: require date_diff('day', found_on, deadline) >= 0 otherwise make_up repeats not-before-it-was-found
""",
        (" repeats not-before-it-was-found", ""),
        ("rule-implied", "days-to-go", "after-it-was-found"),
        ("rule-implied", "days-to-go", "not-before-it-was-found"),
        ("rule-implied", "after-it-was-found", "days-to-go"),
        ("rule-implied", "not-before-it-was-found", "days-to-go"),
    ),
    pair(
        "the-same-through-a-fact",
        """
fact overdue_days issues: date_diff('day', deadline, :as_of)
rule not-overdue issues: when urgent require overdue_days <= 0 otherwise make_up
rule deadline-ahead issues: when status = 'under_way' require deadline >= :as_of otherwise make_up
""",
        ("when status = 'under_way' ", ""),
        ("rule-implied", "not-overdue", "deadline-ahead"),
    ),
    pair(
        "days-and-weeks",
        """
rule thirty-days-at-most issues: require deadline <= found_on + interval 30 days otherwise make_up
rule four-weeks-when-urgent issues: when urgent require deadline <= found_on + interval 4 weeks otherwise make_up
""",
        ("4 weeks", "5 weeks"),
        ("rule-implied", "four-weeks-when-urgent", "thirty-days-at-most"),
    ),
)

REPEATS = (
    pair(
        "repeats-with-a-stricter-limit",
        """
rule few-complaints issues: require complaints <= 3 otherwise make_up
rule few-complaints-again issues: require complaints <= 3.0 otherwise make_up repeats few-complaints
""",
        ("3.0", "2.0"),
        ("repeats-other", "few-complaints-again", "few-complaints"),
    ),
    pair(
        "repeats-for-other-records",
        """
rule solved-are-written-down issues: when status = 'solved' require measures is not null otherwise make_up
rule and-so-are-urgent issues: when status = 'solved' and urgent require measures is not null
 otherwise make_up repeats solved-are-written-down
""",
        ("'solved' and urgent", "'given_up' and urgent"),
        ("repeats-other", "and-so-are-urgent", "solved-are-written-down"),
    ),
    pair(
        "repeats-with-a-worse-outcome",
        """
rule published units: require published otherwise explain
rule published-by-schools units: when kind = 'school' require published otherwise explain repeats published
rule agreed units: require agreed otherwise make_up
""",
        ("otherwise explain repeats", "otherwise make_up repeats"),
        ("repeats-other", "published-by-schools", "published"),
    ),
)

CONTRADICT = (
    pair(
        "dates-that-exclude-each-other",
        """
rule reported-by-now units: require report_on <= :as_of otherwise make_up
rule reported-lately units: require report_on > :as_of - interval 30 days otherwise make_up
""",
        ("- interval", "+ interval"),
        ("rules-contradict", "reported-by-now", "reported-lately"),
    ),
    pair(
        "limits-that-exclude-each-other",
        """
rule enough-staff units: require staff >= 50 otherwise make_up
rule not-too-much-staff units: require staff < 500 otherwise make_up
""",
        ("< 500", "< 50"),
        ("rules-contradict", "enough-staff", "not-too-much-staff"),
    ),
    pair(
        "the-same-records-asked-for-opposites",
        """
rule agencies-agree units: when kind = 'agency' require agreed otherwise make_up
rule agencies-do-not-publish units: when kind = 'agency' require not published otherwise make_up
""",
        ("not published", "not agreed"),
        ("rules-contradict-where", "agencies-agree", "agencies-do-not-publish"),
    ),
    pair(
        "counts-that-exclude-each-other",
        """
fact open_cases units<cases: count(*) filter (where coalesce(state, 'open') = 'open')
fact closed_cases units<cases: count(*) filter (where coalesce(state, 'open') = 'closed')
rule some-open units: require open_cases >= 1 otherwise make_up
rule few-open units: require open_cases + closed_cases <= 2 otherwise make_up
""",
        ("<= 2", "< 1"),
        ("rules-contradict", "few-open", "some-open"),
    ),
)

GROUPS = (
    pair(
        "thresholds-that-overlap",
        """
rule few issues: when complaints <= 3 require measures is not null otherwise make_up
rule many issues: when complaints > 3 require deadline is not null otherwise make_up
group exactly_one few many
""",
        ("complaints > 3", "complaints >= 3"),
        ("group-overlap", "few", "many"),
    ),
    pair(
        "thresholds-with-a-gap",
        """
rule few issues: when complaints <= 3 require measures is not null otherwise make_up
rule many issues: when complaints > 3 require deadline is not null otherwise make_up
group exactly_one few many
""",
        ("complaints <= 3", "complaints < 3"),
        ("group-gap", "few, many"),
    ),
    pair(
        "a-status-of-no-clause",
        """
rule open-ones issues: when status in ('not_started', 'under_way') require deadline is not null otherwise make_up
rule closed-ones issues: when status in ('solved', 'given_up') require measures is not null otherwise make_up
group at_least_one open-ones closed-ones
""",
        ("('solved', 'given_up')", "('solved', 'solved')"),
        ("group-gap", "open-ones, closed-ones"),
    ),
    pair(
        "a-status-of-two-clauses",
        """
rule not-begun issues: when status = 'not_started' require deadline is not null otherwise make_up
rule solved issues: when status = 'solved' require solved_on is not null otherwise make_up
rule the-rest issues: when status not in ('solved', 'not_started') require measures is not null otherwise make_up
group exactly_one not-begun solved the-rest
""",
        ("('solved', 'not_started')", "('given_up', 'not_started')"),
        ("group-overlap", "solved", "the-rest"),
        ("group-gap", "not-begun, solved, the-rest"),
    ),
    pair(
        "the-day-of-the-review-on-both-sides",
        """
rule overdue issues: when deadline < :as_of require solved_on is not null otherwise make_up
rule still-time issues: when deadline >= :as_of require measures is not null otherwise make_up
group exactly_one overdue still-time
""",
        ("deadline < :as_of", "deadline <= :as_of"),
        ("group-overlap", "overdue", "still-time"),
    ),
    pair(
        "booleans-with-a-gap",
        """
rule urgent-ones issues: when urgent require deadline is not null otherwise make_up
rule other-ones issues: when not urgent or complaints > 0 require measures is not null otherwise make_up
group at_least_one urgent-ones other-ones
""",
        ("urgent or complaints", "urgent and complaints"),
        ("group-gap", "urgent-ones, other-ones"),
    ),
    pair(
        "a-count-in-two-classes",
        """
fact open_cases units<cases: count(*) filter (where coalesce(state, 'open') = 'open')
rule few-cases units: when open_cases < 3 require published otherwise make_up
rule many-cases units: when open_cases >= 3 require agreed otherwise make_up
group exactly_one few-cases many-cases
""",
        ("open_cases >= 3", "open_cases >= 2"),
        ("group-overlap", "few-cases", "many-cases"),
    ),
)

BLANK_HELPS = (
    pair(
        "only-where-it-is-filled-in",
        "rule overdue-are-solved issues: when deadline < :as_of require solved_on is not null otherwise make_up",
        ("deadline <", "deadline is not null and deadline <"),
        ("blank-helps", "issues", "deadline", "issues"),
    ),
    pair(
        "unknown-passes",
        "rule few-complaints issues: require complaints <= 3 otherwise make_up unknown make_up",
        ("unknown make_up", "unknown pass"),
        ("blank-helps", "issues", "complaints", "issues"),
    ),
    pair(
        "a-blank-counts-as-none",
        "rule few-complaints issues: require coalesce(complaints, 100) <= 3 otherwise make_up",
        ("100", "0"),
        ("blank-helps", "issues", "complaints", "issues"),
    ),
    pair(
        "is-null-for-is-not-null",
        "rule solved-in-time issues: require solved_on is not null and solved_on <= :as_of otherwise make_up",
        ("solved_on is not null and", "solved_on is null or"),
        ("blank-helps", "issues", "solved_on", "issues"),
    ),
    pair(
        "a-milder-outcome-for-a-blank",
        """
rule few-complaints issues: require complaints <= 3 otherwise make_up unknown make_up
rule measures-written issues: require measures is not null otherwise explain
""",
        ("unknown make_up", "unknown explain"),
        ("blank-helps", "issues", "complaints", "issues"),
    ),
    pair(
        "the-greatest-of-what-is-filled-in",
        """
rule published-in-time units: require report_on <= :as_of and visited <= :as_of otherwise make_up
""",
        ("report_on <= :as_of and visited <= :as_of", "greatest(report_on, visited) <= :as_of"),
        ("blank-helps", "units", "report_on", "units"),
    ),
    pair(
        "a-fact-whose-first-branch-calls-the-blank-small",
        """
fact size units: case when staff is null then null when staff >= 100 then 'large' else 'small' end
rule large-offices-publish units: when size = 'large' require published otherwise make_up
""",
        ("then null", "then 'small'"),
        ("blank-helps", "units", "staff", "units"),
    ),
    pair(
        "a-field-of-the-parent",
        "rule agencies-set-deadlines issues: when units.kind = 'agency' require deadline is not null otherwise make_up",
        ("when units.kind =", "when units.kind is not null and units.kind ="),
        ("blank-helps", "units", "kind", "issues"),
    ),
    pair(
        "only-the-unmet-are-counted",
        """
fact loud_issues units<issues: count(*) filter (where verdict = 'make_up')
rule few-complaints issues: require complaints <= 3 otherwise make_up
rule issues-quiet units: require loud_issues <= 1 otherwise make_up
""",
        ("verdict = 'make_up'", "unmet('few-complaints')"),
        ("blank-helps", "issues", "complaints", "units"),
    ),
    pair(
        "verdicts-counted-that-a-blank-avoids",
        """
fact bad_issues units<issues: count(*) filter (where verdict = 'make_up')
rule few-complaints issues: require complaints <= 3 otherwise make_up unknown make_up
rule measures-written issues: require measures is not null otherwise explain
rule issues-dealt-with units: require bad_issues <= 0 otherwise make_up
fact owing units<issues: count(*) filter (where verdict = 'explain')
rule few-owing units: require owing <= 5 otherwise explain
""",
        ("unknown make_up", "unknown explain"),
        ("blank-helps", "issues", "complaints", "issues"),
        ("blank-helps", "issues", "complaints", "units"),
    ),
    pair(
        "what-stands-beside-it",
        """
fact late_cases units<cases: count(*) filter (where verdict = 'make_up')
rule closed-in-time cases: require closed_on <= opened_on + interval 60 days otherwise make_up
rule no-late-cases issues: when urgent require units.late_cases <= 0 otherwise make_up
fact bad_issues units<issues: count(*) filter (where verdict = 'make_up')
rule issues-dealt-with units: require bad_issues <= 0 otherwise make_up
""",
        (
            "units<cases: count(*) filter (where verdict = 'make_up')",
            "units<cases: count(*) filter (where unmet('closed-in-time'))",
        ),
        ("blank-helps", "cases", "opened_on", "issues"),
        ("blank-helps", "cases", "closed_on", "issues"),
        ("blank-helps", "cases", "opened_on", "units"),
        ("blank-helps", "cases", "closed_on", "units"),
    ),
    pair(
        "a-sister-of-the-same-table",
        """
rule few-complaints issues: require complaints <= 3 otherwise make_up
fact loud_issues units<issues: count(*) filter (where coalesce(complaints, 100) > 3)
rule quiet-offices issues: when urgent require units.loud_issues <= 1 otherwise explain
""",
        ("coalesce(complaints, 100) > 3", "unmet('few-complaints')"),
        ("blank-helps", "issues", "complaints", "issues"),
    ),
    pair(
        "a-field-of-the-unit-through-its-issues",
        """
fact bad_issues units<issues: count(*) filter (where verdict = 'make_up')
rule schools-set-deadlines issues: when units.kind = 'school' require deadline is not null otherwise make_up unknown make_up
rule urgent-have-measures issues: when urgent require measures is not null otherwise make_up
rule issues-dealt-with units: require bad_issues <= 0 otherwise make_up
""",
        ("unknown make_up", "unknown pass"),
        ("blank-helps", "units", "kind", "issues"),
        ("blank-helps", "units", "kind", "units"),
    ),
)

UNREACHABLE = (
    pair(
        "an-outcome-that-is-counted-and-never-given",
        """
rule measures-written issues: require measures is not null otherwise explain
fact owing units<issues: count(*) filter (where verdict in ('explain', 'make_up'))
rule none-owing units: require owing = 0 and agreed otherwise make_up
""",
        ("otherwise explain", "otherwise make_up"),
        ("outcome-unnamed", "explain"),
    ),
    pair(
        "an-outcome-that-a-worse-one-always-covers",
        """
rule agreed-and-published units: require agreed and published and staff > 0 otherwise explain
rule agreed units: require agreed otherwise make_up
rule published units: require published otherwise make_up
""",
        (" and staff > 0", ""),
        ("outcome-unreachable", "explain", "units"),
    ),
    pair(
        "three-that-leave-no-way-to-pass",
        """
rule enough-staff units: require staff >= 50 otherwise make_up
rule few-posts units: require posts <= 60 otherwise make_up
rule a-post-for-each units: require staff <= posts otherwise make_up
""",
        ("<= 60", "<= 40"),
        ("outcome-unreachable", "pass", "units"),
    ),
    pair(
        "three-shares-that-are-more-than-the-whole",
        """
rule at-most-the-whole units: require share <= 1 otherwise make_up
rule more-than-the-staff units: require share * posts > staff otherwise make_up
rule enough-staff units: require staff >= posts - 1 and posts > 0 otherwise make_up
""",
        ("staff >= posts - 1", "staff >= posts"),
        ("outcome-unreachable", "pass", "units"),
    ),
)

PARAMETERS = (
    pair(
        "a-limit-up-to-the-last-month",
        """
param month integer 6 1..11
rule early-report units: require month(report_on) <= :month otherwise make_up
""",
        ("1..11", "1..12"),
        ("param-ends-rule", "month", "12", "rule-never-unmet", "early-report"),
    ),
    pair(
        "fewer-than-none-allowed",
        """
param allowed integer 2 1..5
fact open_cases units<cases: count(*) filter (where coalesce(state, 'open') = 'open')
rule few-open-cases units: require open_cases < :allowed otherwise make_up
""",
        ("1..5", "0..5"),
        ("param-ends-rule", "allowed", "0", "rule-never-met", "few-open-cases"),
    ),
    pair(
        "a-period-that-may-end-before-it-begins",
        """
param until date 2020-12-31 2020-01-01..2025-12-31
rule this-period-has-measures issues: when found_on >= date '2020-01-01' and found_on <= :until
 require measures is not null otherwise make_up
""",
        ("2020-01-01..", "2019-01-01.."),
        ("param-ends-rule", "until", "2019-01-01", "rule-never-applies", "this-period-has-measures"),
    ),
    pair(
        "a-share-that-may-pass-the-whole",
        """
param needed number 0.5 0.1..1
rule share-in-bounds units: require share >= :needed and share <= 1 otherwise make_up
""",
        ("0.1..1", "0.1..1.5"),
        ("param-ends-rule", "needed", "1.5", "rule-never-met", "share-in-bounds"),
    ),
)

PAIRS: tuple[Pair, ...] = (
    *(*NEVER_APPLIES, *NEVER_MET, *NEVER_UNMET, *IMPLIED, *REPEATS, *CONTRADICT),
    *(*GROUPS, *BLANK_HELPS, *UNREACHABLE, *PARAMETERS),
)
