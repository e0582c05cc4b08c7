"""A review as OSCAL assessment results, release 1.0.6: the form in which auditors of information systems hand theirs on.

A clause is a control, a rule an objective of it. The first result is that of the review as a whole, with all controls; then each
unit is a result, an inventory item its subject, each finding of ours an observation, each rule that it does not meet a finding.
Texts that have to stand in one line do; an id that cannot be a token there (as `3.2`) is made one (`_3.2`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lookback.words import say
from lookback.writers.exports._pieces import dumped, list_of, some

if TYPE_CHECKING:
    from lookback.exporting.told import Exported, Found, Unit

RELEASE = "1.0.6"
SPACE = "urn:lookback"
"""The name space of our properties."""


def write_oscal(told: Exported, file: Path) -> None:
    made = _Oscal(told)
    with file.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write(f'{{"assessment-results": {{"uuid": {dumped(told.id("review"))},\n"metadata": {dumped(made.metadata())},\n')
        stream.write(f'"import-ap": {dumped({"href": "#" + told.id("pack")})},\n"results": ')
        list_of(made.results(), stream)
        stream.write(f',\n"back-matter": {dumped(made.back_matter())}\n}}}}\n')


def line(text: object) -> str:
    """A text in one line, which is not empty."""
    return " ".join(str(text).replace("\ufeff", " ").split()) or "–"


class Tokens:
    """Ids -> tokens, another for each."""

    def __init__(self) -> None:
        self.given: dict[str, str] = {}
        self.taken: set[str] = set()

    def of(self, id_: str) -> str:
        if id_ not in self.given:
            token = re.sub(r"[^\w.-]", "_", id_)
            token = token if token[:1].isalpha() or token[:1] == "_" else f"_{token}"
            others = (f"{token}_{n}" for n in count(2))
            self.given[id_] = next(one for one in chain([token], others) if one not in self.taken)
            self.taken.add(self.given[id_])
        return self.given[id_]


class _Oscal:
    def __init__(self, told: Exported) -> None:
        self.told, self.tokens = told, Tokens()
        self.at = f"{told.day}T00:00:00Z"

    def prop(self, name: str, value: object) -> dict[str, str]:
        return {"name": name, "ns": SPACE, "value": line(value)}

    def metadata(self) -> dict[str, Any]:
        told, header = self.told, self.told.pack.pack.header
        props = {"pack": header.pack, "pack-sha256": told.summary["pack"]["sha256"], "review-sha256": told.summary["sha256"]}
        return {
            "title": line(f"{told.title} {told.day}"),
            "last-modified": self.at,
            "version": line(header.version),
            "oscal-version": RELEASE,
            "props": [
                *(self.prop(name, value) for name, value in props.items()),
                self.prop("lookback", told.summary["lookback"]),
            ],
        }

    def back_matter(self) -> dict[str, Any]:
        header = self.told.pack.pack.header
        pack = {"uuid": self.told.id("pack"), "title": line(self.told.title)}
        return {"resources": [{**pack, "props": [self.prop("pack", header.pack), self.prop("version", header.version)]}]}

    @cached_property
    def controls(self) -> dict[str, Any]:
        """Of the review: every clause that a rule names, and every rule."""
        told = self.told
        clauses = dict.fromkeys(clause for rule in told.rules for clause in rule.rule.clauses)
        chosen = [{"control-id": self.tokens.of(clause)} for clause in clauses]
        rules = [{"objective-id": self.tokens.of(rule.id)} for rule in told.rules]
        return some(
            control_selections=[{"include-controls": chosen} if chosen else {"include-all": {}}],
            control_objective_selections=[{"include-objectives": rules}] if rules else None,
        )

    def results(self) -> Iterator[dict[str, Any]]:
        told, summary = self.told, self.told.summary
        verdicts = {told.names.outcome(outcome): n for outcome, n in summary["verdicts"].items()}
        counted = {f"units-{self.tokens.of(outcome)}": n for outcome, n in summary["verdicts"].items()}
        counted |= {"units-not-judged": summary["not_judged"], "problems": summary["problems"]}
        said = ", ".join(f"{title} {n}" for title, n in {**verdicts, say(told.lang, "not-judged"): summary["not_judged"]}.items())
        if "review" in summary:
            counted["verdict"] = summary["review"]["verdict"]
        yield {
            "uuid": told.id("whole"),
            "title": line(told.title),
            "description": line(said),
            "start": self.at,
            "props": [self.prop(name, n) for name, n in counted.items()],
            "reviewed-controls": self.controls,
            **self.found(told.whole, None),
        }
        for unit in told.units():
            yield self.result(unit)

    def result(self, unit: Unit) -> dict[str, Any]:
        told, subject = self.told, self.told.id("subject", unit.called)
        score = [self.prop("score", unit.score)] if unit.score is not None else []
        props = [self.prop("unit", unit.called), self.prop("verdict", unit.verdict), *score]
        title = line(unit.title)
        return {
            "uuid": told.id("unit", unit.called),
            "title": title,
            "description": line(unit.why or told.names.outcome(unit.verdict)),
            "start": self.at,
            "props": props,
            "local-definitions": {"inventory-items": [{"uuid": subject, "description": title, "props": props[:1]}]},
            "reviewed-controls": {"control-selections": [{"include-all": {}}]},
            **self.found(unit.found, {"subject-uuid": subject, "type": "inventory-item", "title": title}),
        }

    def found(self, found: Iterable[Found], subject: dict[str, str] | None) -> dict[str, Any]:
        """Observations, and by rule findings."""
        of_rules: dict[str, list[Found]] = {}
        for one in found:
            of_rules.setdefault(one.rule, []).append(one)
        observations = [self.observation(one, subject) for of in of_rules.values() for one in of]
        findings = [self.finding(rule, of, subject) for rule, of in of_rules.items()]
        return some(observations=observations, findings=findings)

    def observation(self, one: Found, subject: dict[str, str] | None) -> dict[str, Any]:
        props = {"table": one.table, "record": one.record, "status": one.status, "outcome": one.outcome}
        names = {"finding": one.named, "fingerprint": one.fingerprint} if one.named is not None else {}
        return some(
            uuid=self.told.id("observation", one.at),
            description=line(one.reason),
            props=[self.prop(name, value) for name, value in (props | names).items()],
            methods=["EXAMINE"],
            types=["finding"],
            subjects=[subject] if subject is not None else None,
            collected=self.at,
        )

    def finding(self, rule: str, of: list[Found], subject: dict[str, str] | None) -> dict[str, Any]:
        told = self.told
        known = next((checked.rule for checked in told.rules if checked.id == rule), None)
        title = line(known.title.in_(told.lang) if known is not None else rule)
        reason = "fail" if any(one.status == "unmet" for one in of) else "other"
        target = {
            "type": "objective-id",
            "target-id": self.tokens.of(rule),
            "status": {"state": "not-satisfied", "reason": reason},
        }
        props = [self.prop("clause", clause) for clause in (known.clauses if known is not None else ())]
        if rule in told.apart:
            props.append(self.prop("counts-for-the-unit", "no"))
        return some(
            uuid=told.id("finding", of[0].at),
            title=title,
            description=title,
            props=props,
            target=target,
            related_observations=[{"observation-uuid": told.id("observation", one.at)} for one in of],
            remarks=known.advice.in_(told.lang) if known is not None and known.advice is not None else None,
        )
