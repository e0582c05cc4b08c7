"""An explanation as text for the screen, as JSON, or as an HTML page.

In: an `Explanation`. Out: text. The short form shows the findings with the conditions that they rest on; `whole` shows every
rule with every condition. JSON is the tree as it is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from decimal import Decimal

from lookback.language.types import Column, in_json, plain
from lookback.reviews.explanation import (
    ClauseSaid,
    Derived,
    Explanation,
    Leaf,
    Margin,
    RecordSeen,
    RuleSeen,
    Saw,
    Settling,
    Shared,
    Tree,
)
from lookback.words import say
from lookback.words.shown import one_line

FINDINGS_SHOWN = 20
MARGINS_SHOWN = 5
KEYS_SHOWN = 10


def as_json(found: Explanation) -> str:
    """The whole tree; dates as 2005-09-30. `shared`, `not_judged` and `not_handed_in` stand there only where they say
    something."""
    seldom = ("shared", "not_judged", "not_handed_in")
    tree = {name: part for name, part in asdict(found).items() if name not in seldom or part}
    return in_json(tree)


def as_text(found: Explanation, lang: str, *, whole: bool = False) -> str:
    """The explanation for the screen."""
    return "\n".join(_Text(found, lang, whole).lines())


def as_page(found: Explanation, lang: str, *, whole: bool = False) -> str:
    """One HTML page; with `whole` the rules that are met or not applicable have their conditions, too."""
    from lookback.writers._pages import page

    words = Words(found, lang)
    return page(
        "explanation.html",
        e=found,
        w=words,
        whole=whole,
        level=1,
        counts=words.counts(),
        opening=words.opening(),
        unknown=[record for record in found.unit.walk() if record.unknown is not None],
        made_by=words.say("made-by", pack=found.pack, version=found.version),
        clauses=words.clauses(rule for record in found.unit.walk() for rule in record.findings),
    )


class Words:
    """What the text and the page say of the parts of an explanation."""

    def __init__(self, found: Explanation, lang: str) -> None:
        self.found, self.lang = found, lang

    def say(self, code: str, /, **args: object) -> str:
        return say(self.lang, f"explain.{code}", **args)

    def listed(self, words: Iterable[str]) -> str:
        return say(self.lang, "reason.and").join(words)

    def name(self, record: RecordSeen) -> str:
        return one_line(f"{record.key} {record.label or ''}".strip())

    def outcome(self, outcome: str) -> str:
        return self.found.titles[f"outcome.{outcome}"]

    def verdict(self, record: RecordSeen) -> str:
        verdict = self.outcome(record.verdict)
        if record is self.found.unit:
            return self.say("verdict", name=self.name(record), verdict=verdict)
        return self.say("record", table=self.found.titles[f"table.{record.table}"], name=self.name(record), verdict=verdict)

    def counts(self) -> str:
        if self.found.not_judged:
            return ""
        statuses = Counter(rule.status for record in self.found.unit.walk() for rule in record.rules)
        return self.say(
            "counts",
            score=self.found.score,
            findings=self.found.findings,
            met=statuses["met"],
            unmet=statuses["unmet"],
            unknown=statuses["unknown"],
            na=statuses["not applicable"],
        )

    def rule(self, rule: RuleSeen) -> str:
        ids = say(self.lang, "reason.or").join([rule.rule, *(c.clause for c in rule.clauses)])
        status = say(self.lang, f"status.{rule.status}")
        if rule.outcome is None:
            return self.say("other", title=rule.title, ids=ids, status=status)
        if rule.outcome == self.found.outcomes[0]:
            return self.say("remark", title=rule.title, ids=ids, status=status)
        return self.say("found", title=rule.title, ids=ids, status=status, outcome=self.outcome(rule.outcome))

    def opening(self) -> str:
        """What is said where no rule of the unit itself decides its verdict."""
        if self.found.not_judged:
            return one_line(" ".join(self.found.not_judged))
        if self.found.not_handed_in:
            return say(self.lang, "explain.not-handed-in")
        if self.found.decided_by:
            return ""
        if self.found.unit.findings:
            return self.say("decided-by-none")
        return self.say("decided-none" if self.found.also_found or self.found.uncounted else "nothing")

    def records_with(self, status: str) -> list[tuple[RecordSeen, list[RuleSeen]]]:
        """The rules of one status, by record."""
        found = [(record, [r for r in record.rules if r.status == status]) for record in self.found.unit.walk()]
        return [(record, rules) for record, rules in found if rules]

    def truth(self, tree: Tree) -> str:
        return self.say(f"truth.{tree.truth}")

    def joint(self, tree: Tree) -> str:
        return self.say(f"joint.{tree.kind}")

    def saw(self, saw: Saw) -> str:
        """A value; a fact's with its expression and the records that count in it."""
        shown = one_line(saw.shown)
        if saw.fact is None:
            return self.say("value", title=saw.title, value=shown)
        text = self.say("fact", title=saw.title, value=shown, expression=saw.fact.value)
        return self.listed([text, *self._counted(saw.fact)])

    def _counted(self, fact: Derived) -> Iterator[str]:
        if fact.counted is None:
            return
        n, of, table = fact.counted.n, fact.counted.of, fact.counted.title
        if not n:
            yield self.say("counted-none", of=of, table=table)
            return
        keys = [one_line(key) for key in fact.counted.keys[:KEYS_SHOWN]]
        more = [self.say("and-more", n=n - KEYS_SHOWN)] if n > KEYS_SHOWN else []
        yield self.say("counted", n=n, of=of, table=table, keys=say(self.lang, "reason.or").join([*keys, *more]))

    def margin(self, margin: Margin) -> str:
        room = plain(margin.room) if isinstance(margin.room, Decimal) else margin.room
        return self.say(
            "margin",
            name=margin.name,
            value=one_line(margin.shown),
            room=self.say(f"room.{margin.kind}" if margin.room else "room.none", n=room),
            limit=margin.limit,
            rule=margin.rule,
            record=one_line(margin.record),
        )

    def shared(self) -> Iterator[tuple[str, Tree]]:
        """Whom files of rules concern, and what says so: files of the same condition together."""
        alike: dict[Tree, list[Shared]] = {}
        for shared in self.found.shared:
            alike.setdefault(shared.when, []).append(shared)
        for when, of in alike.items():
            rules = sum(one.rules for one in of)
            some = self.say("shared-by-many", files=len(of), rules=rules)
            yield (some if len(of) > 1 else self.say("shared", file=of[0].file, rules=rules)), when

    def settling(self, settling: Settling) -> list[str]:
        """What is blank, and what would settle it."""
        lines = [self.say("blank", fields=self.fields(settling.blanks))] if settling.blanks else []
        if settling.settles:
            code = "settles" if settling.exact else "settles-some"
            if settling.satisfies == settling.settles:
                code = "settles-well" if settling.exact else "settles-well-some"
            lines.append(self.say(code, fields=self.fields(settling.settles)))
            if settling.satisfies is None and not settling.stuck:
                lines.append(self.say("satisfies-none"))
            elif settling.satisfies not in (None, settling.settles):
                lines.append(self.say("satisfies", fields=self.fields(settling.satisfies or ())))
        if settling.stuck:
            lines.append(self.say("stuck", rules=", ".join(settling.stuck)))
        return lines

    def fields(self, columns: Sequence[Column]) -> str:
        return say(self.lang, "reason.or").join(self.found.titles[f"field.{c.table}.{c.name}"] for c in columns)

    def clauses(self, rules: Iterable[RuleSeen]) -> list[str]:
        """The clauses of the rules, each once, in order."""
        said = {clause.clause: clause for rule in rules for clause in rule.clauses}
        return [
            self.say("clause", clause=c.clause, summary=c.summary) for c in sorted(said.values(), key=_by_number) if c.summary
        ]


def _by_number(clause: ClauseSaid) -> list[tuple[int, str]]:
    """N2 before N10."""
    return [(int(part), "") if part.isdecimal() else (0, part) for part in re.split(r"(\d+)", clause.clause)]


class _Text(Words):
    def __init__(self, found: Explanation, lang: str, whole: bool) -> None:
        super().__init__(found, lang)
        self.whole = whole
        self.advised: set[str] = set()
        self.shown: list[RuleSeen] = []

    def lines(self) -> Iterator[str]:
        found = self.found
        yield self.verdict(found.unit)
        if found.not_judged:
            yield from ("", *map(one_line, found.not_judged))
            return
        yield self.counts()
        for said, when in self.shared():
            yield said
            yield from self._tree(when, "  ", whole=True)
        deciding = found.decided_by
        if opening := self.opening():
            yield from ("", opening)
        yield from self._section("decided", (line for rule in deciding for line in self._rule(rule, "  ")))
        yield from self._section("also", self._also(max(FINDINGS_SHOWN - len(deciding), 0)))
        yield from self._section("uncounted", self._uncounted())
        if self.whole:
            yield from self._section("met", self._others("met"))
            yield from self._section("na", self._others("not applicable"))
        yield from self._section("nearly", self._nearly())
        yield from self._section("unknown", self._unknown())
        yield from self._section("clauses", (f"  {line}" for line in self.clauses(self.shown)))

    def _section(self, code: str, lines: Iterable[str]) -> Iterator[str]:
        """A heading and its lines; nothing where there are none."""
        content = list(lines)
        if content:
            yield from ("", self.say(code), *content)

    def _also(self, left: int) -> Iterator[str]:
        everything = self.found.also_found
        total = sum(len(rules) for _, rules in everything)
        left = total if self.whole else left
        more = total - left
        for record, rules in everything:
            if left <= 0:
                break
            own = record is self.found.unit
            if not own:
                yield f"  {self.verdict(record)}"
            for rule in rules[:left]:
                yield from self._rule(rule, "  " if own else "    ")
            left -= len(rules)
        if more > 0:
            yield f"  {self.say('more', n=more)}"

    def _uncounted(self) -> Iterator[str]:
        """A line each, and why; with all its conditions where everything is shown."""
        for record, rules in self.found.uncounted:
            yield f"  {self.verdict(record)}"
            for rule in rules:
                yield from self._rule(rule, "    ") if self.whole else (f"    {self.rule(rule)}",)
                yield f"      {self.say('because', because=rule.not_counted or '')}"

    def _others(self, status: str) -> Iterator[str]:
        for record, rules in self.records_with(status):
            own = record is self.found.unit
            if not own:
                yield f"  {self.verdict(record)}"
            for rule in rules:
                yield from self._rule(rule, "  " if own else "    ")

    def _nearly(self) -> Iterator[str]:
        margins = self.found.nearly()
        shown = margins if self.whole else margins[:MARGINS_SHOWN]
        yield from (f"  {self.margin(margin)}" for margin in shown)
        if len(shown) < len(margins):
            yield f"  {self.say('more-nearly', n=len(margins) - len(shown))}"

    def _unknown(self) -> Iterator[str]:
        records = [(record, record.unknown) for record in self.found.unit.walk() if record.unknown is not None]
        shown = records if self.whole else records[:FINDINGS_SHOWN]
        for record, settling in shown:
            yield f"  {self.say('unknown-rules', record=self.name(record), rules=', '.join(settling.rules))}"
            yield from (f"    {line}" for line in self.settling(settling))
        if len(shown) < len(records):
            yield f"  {self.say('more-nearly', n=len(records) - len(shown))}"

    # ----------------------------------------------------------------------------------------------- a rule's conditions

    def _rule(self, rule: RuleSeen, indent: str) -> Iterator[str]:
        self.shown.append(rule)
        yield indent + self.rule(rule)
        inner = indent + "  "
        if rule.when is not None and (self.whole or rule.when.matters):
            yield f"{inner}{self.say('when')}"
            yield from self._tree(rule.when, inner + "  ")
            if self.whole or rule.require.matters:
                yield f"{inner}{self.say('require')}"
                yield from self._tree(rule.require, inner + "  ")
        elif self.whole or rule.require.matters:
            yield from self._tree(rule.require, inner)
        if rule.lost:
            yield inner + self.say("lost", reason=rule.reason or "")
        if rule.advice is not None and rule.rule not in self.advised:
            self.advised.add(rule.rule)
            yield inner + self.say("advice", advice=rule.advice)

    def _tree(self, tree: Tree, indent: str, whole: bool = False) -> Iterator[str]:
        if isinstance(tree, Leaf):
            yield f"{indent}[{self.truth(tree)}] {tree.sentence}"
            if not _said(tree):
                yield from self._values(tree.saw, indent + "  ")
            return
        parts = [part for part in tree.parts if whole or self.whole or part.matters]
        if len(parts) == 1 and tree.kind != "not":
            yield from self._tree(parts[0], indent, whole)
            return
        yield f"{indent}[{self.truth(tree)}] {self.joint(tree)}"
        for part in parts:
            yield from self._tree(part, indent + "  ", whole)

    def _values(self, saws: Sequence[Saw], indent: str) -> Iterator[str]:
        """Fields on one line, facts on one each with what is behind them."""
        fields = [self.saw(saw) for saw in saws if saw.fact is None]
        if fields:
            yield indent + self.listed(fields)
        for saw in saws:
            if saw.fact is not None:
                yield indent + self.saw(saw)
                yield from self._values(saw.fact.saw, indent + "  ")


def _said(leaf: Leaf) -> bool:
    """Whether the sentence says the value already: that a field is blank, or should not be."""
    return len(leaf.saw) == 1 and leaf.saw[0].value is None and leaf.saw[0].fact is None and leaf.text.endswith("null")
