"""A review as SARIF 2.1.0, the form in which tools of static analysis give their findings.

A rule is a rule, a clause a taxon, a finding a result with its fingerprints; a record is a logical location. The worst outcome is
an error, the best a note, as is what does not count for its unit; what lies between is a warning. Units that could not be judged
are notifications. Nothing of the day on which it is written goes in.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lookback import VERSION
from lookback.writers.exports._pieces import dumped, list_of

if TYPE_CHECKING:
    from lookback.exporting.told import Exported, Found

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
CLAUSES = "clauses"


def write_sarif(told: Exported, file: Path) -> None:
    places = {rule.id: n for n, rule in enumerate(told.rules)}
    with file.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write(
            f'{{"$schema": {dumped(SCHEMA)}, "version": "2.1.0", "runs": [{{\n"tool": {dumped({"driver": _driver(told)})},\n'
        )
        if clauses := _clauses(told):
            stream.write(f'"taxonomies": [{dumped(clauses)}],\n')
        stream.write(f'"language": {dumped(told.lang)},\n"automationDetails": {dumped(_details(told))},\n')
        if told.earlier is not None:
            stream.write(f'"baselineGuid": {dumped(told.earlier)},\n')
        stream.write('"results": ')
        list_of(_results(told, places), stream)
        stream.write(',\n"invocations": [{"executionSuccessful": true, "toolExecutionNotifications": ')
        list_of(_not_judged(told), stream)
        stream.write("}]\n}]}\n")


def _driver(told: Exported) -> dict[str, Any]:
    return {
        "name": "lookback",
        "semanticVersion": VERSION,
        "language": told.lang,
        "rules": [_rule(told, rule) for rule in told.rules],
    }


def _rule(told: Exported, checked: Any) -> dict[str, Any]:
    rule, known = checked.rule, {clause.clause for _, clause in told.pack.pack.clauses or ()}
    found: dict[str, Any] = {"id": rule.rule, "shortDescription": {"text": rule.title.in_(told.lang)}}
    if rule.was:
        found["deprecatedIds"] = list(rule.was)
    if rule.advice is not None:
        found["help"] = {"text": rule.advice.in_(told.lang)}
    found["defaultConfiguration"] = {"level": _level(told, rule.otherwise)}
    targets = [{"id": clause, "toolComponent": {"name": CLAUSES}} for clause in rule.clauses if clause in known]
    if targets:
        found["relationships"] = [{"target": target, "kinds": ["relevant"]} for target in targets]
    return {**found, "properties": {"table": rule.for_, "clauses": list(rule.clauses), "weight": rule.weight}}


def _clauses(told: Exported) -> dict[str, Any] | None:
    taxa = [
        {"id": clause.clause, "shortDescription": {"text": clause.summary.in_(told.lang)}}
        for _, clause in told.pack.pack.clauses or ()
    ]
    return {"name": CLAUSES, "version": told.pack.pack.header.version, "taxa": taxa} if taxa else None


def _details(told: Exported) -> dict[str, Any]:
    pack, summary = told.summary["pack"], told.summary
    counted = {"day": told.day, "pack": pack, "verdicts": summary["verdicts"], "not_judged": summary["not_judged"]}
    return {
        "id": f"{pack['name']}/{told.day}",
        "guid": told.id("review"),
        "properties": {**counted, "problems": summary["problems"], "review": summary["sha256"]},
    }


def _results(told: Exported, places: dict[str, int]) -> Iterator[dict[str, Any]]:
    for found in told.whole:
        yield _result(told, "review", None, found, places)
    for unit in told.units():
        for found in unit.found:
            yield _result(told, unit.called, unit.label, found, places)
    for called, found in told.absent():
        yield _result(told, called, None, found, places)


def _result(told: Exported, unit: str, label: str | None, found: Found, places: dict[str, int]) -> dict[str, Any]:
    own = found.table == told.pack.root
    name = f"{told.pack.root}/{unit}" + ("" if own else f"/{found.table}/{found.record}")
    location = {"name": found.record, "fullyQualifiedName": name if found.at >= 0 else found.table, "kind": found.table}
    if label is not None:
        location["decoratedName"] = label
    result: dict[str, Any] = {"ruleId": found.rule}
    if found.rule in places:
        result["ruleIndex"] = places[found.rule]
    apart = found.rule in told.apart
    level = "note" if apart else _level(told, found.outcome)
    result |= {"kind": "fail", "level": level, "message": {"text": found.reason or found.rule}}
    result["locations"] = [{"logicalLocations": [location]}]
    if found.named is not None and found.fingerprint is not None:
        result["fingerprints"] = {"finding/v1": found.named, "situation/v1": found.fingerprint}
    if told.since is not None:
        result["baselineState"] = found.state or "new"
    said = {"unit": unit, "status": found.status, "outcome": found.outcome} | ({"not_counted": True} if apart else {})
    return {**result, "properties": said}


def _level(told: Exported, outcome: str) -> str:
    worse = told.pack.outcomes.index(outcome) if outcome in told.pack.outcomes else len(told.pack.outcomes) - 1
    return "note" if worse == 0 else "error" if worse == len(told.pack.outcomes) - 1 else "warning"


def _not_judged(told: Exported) -> Iterator[dict[str, Any]]:
    for unit in told.units():
        if unit.why is not None:
            where = {"name": unit.called, "fullyQualifiedName": f"{told.pack.root}/{unit.called}", "kind": told.pack.root}
            yield {"level": "error", "message": {"text": unit.why}, "locations": [{"logicalLocations": [where]}]}
