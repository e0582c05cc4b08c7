"""A new rule and its tests, written at the end of the file where they belong, ready to edit; and where nobody counts what it
finds, the facts and rules that do, up to the unit.

In: a pack, the rule's id, its clause and table. Out: the files changed. Everything is written into a copy of the pack first:
where that does not read, or says anything but what it said and the rule, nothing is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from lookback.authoring.examine import changeable, changed
from lookback.authoring.rule_tests import judged_cases, read_cases
from lookback.language.types import TYPES, Type, Value
from lookback.packs.check import check_pack
from lookback.packs.checked import CheckedPack, Named, Pack
from lookback.packs.checks.whole import every_rule
from lookback.packs.graph import Graph
from lookback.packs.layout import added
from lookback.packs.model import FieldDef
from lookback.packs.read import read_pack, read_tests, readable_tests
from lookback.proving.examples import Shown, as_test
from lookback.words import LANGUAGES, Word, say
from lookback.words.errors import PackError, UsageError, did_you_mean

Entry = Mapping[str, Any]
Given = Mapping[str, Mapping[str, Any]]


def add_rule(pack: str | Path, rule_id: str, clause: str, table: str) -> list[Path]:
    """Write a rule and its tests. Raises UsageError for an id in use, an unknown table or clause, a pack that the rule does not
    fit into; PackError for a pack that has mistakes already; OutputError."""
    changeable(pack)
    old = check_pack(read_pack(pack))
    old_cases = read_cases(old, read_tests(pack))
    if not re.fullmatch(r"[a-z][a-z0-9-]*", rule_id):
        raise UsageError("bad-rule-id", rule=rule_id)
    if rule_id in {rule.id for rule in old.rules}:
        raise UsageError("rule-exists", rule=rule_id)
    table = old.pack.table_named(table)
    clauses = [c.clause for _, c in old.pack.clauses or ()]
    if clauses and clause not in clauses:
        raise UsageError("no-such-clause", clause=clause, help=did_you_mean(clause, clauses))
    file = Path(_chapter(old.pack, clause)).name
    rule, met, unmet = _rule(old, rule_id, clause, table)
    facts, counting = _counting(old, clause, table)
    with changed(pack) as (folder, copy):
        rules, tests = copy / file, copy / file.replace(".rules.yaml", ".test.yaml")
        content = added(rules.read_bytes(), str(folder / rules.name), "rules", [rule, *counting])
        rules.write_bytes(added(content, str(folder / rules.name), "facts", facts) if facts else content)
        before = tests.read_bytes() if tests.exists() else b""
        taken, words = {case.test.test for case in old_cases}, rule_id.replace("-", " ")
        titles = [next(t for t in _names(f"{words} is {status}", " ") if t not in taken) for status in ("met", "unmet")]

        def tested(unmet_rules: Sequence[str]) -> None:
            entries = [_test(titles[0], met, {"met": [rule_id]}), _test(titles[1], unmet, {"unmet": unmet_rules})]
            tests.write_bytes(added(before, str(folder / tests.name), "tests", entries))

        tested([rule_id])
        try:
            new = check_pack(read_pack(copy))
            cases = [case for case in read_cases(new, read_tests(copy)) if case.test.test == titles[1]]
        except PackError as error:
            raise _refused(folder / file, error) from error
        statuses = judged_cases(new, cases, "reference")[0][table, cases[0].expected[0].key].statuses
        tested([rule for rule, status in statuses.items() if status == "unmet"])  # a test names every rule that is
    return [folder / rules.name, folder / tests.name]


def _chapter(pack: Pack, clause: str) -> str:
    """The rules file whose rules' clauses begin most like `clause`; the first where there are no rules."""

    def alike(other: str | None) -> int:
        return next(
            (i for i, (a, b) in enumerate(zip(clause, other or "", strict=False)) if a != b), min(len(clause), len(other or ""))
        )

    first = next(file.name for file in pack.files if file.name.endswith(".rules.yaml"))
    return max(((str(path[0]), rule.clause) for path, rule in pack.rules), key=lambda one: alike(one[1]), default=(first, ""))[0]


def _rule(pack: CheckedPack, rule_id: str, clause: str, table: str) -> tuple[Entry, Given, Given]:
    """A rule to begin with; the records of a test that meets it, and of one that does not. It asks for the
    first field that is no key; where there is none, for a key."""
    line = [table]
    while (parent := pack.tables[line[0]].belongs_to) is not None:
        line.insert(0, parent)
    above = {of: {part: _keys(pack.tables[of].fields[part])[0] for part in pack.tables[of].parts} for of in line[:-1]}
    columns, others = pack.tables[table].columns, pack.keys(table)
    field, f = next(((id_, f) for id_, f in columns.items() if id_ not in others), (next(iter(columns)), None))
    good, bad = _keys(columns[field]) if f is None else (_sample(f), None)
    words = rule_id.replace("-", " ")
    rule = {
        "rule": rule_id,
        "clause": clause,
        "for": table,
        "title": {"en": words, "zh": words},
        "require": f"{field} = {good!r}" if f is None else f"{field} is not null",
        "otherwise": pack.outcomes[-1],
        "weight": 1,
        "advice": {"en": "Say what to do about it.", "zh": "说明应当怎么办。"},
    }
    return rule, {**above, table: {field: good}}, {**above, table: {field: bad}}


def _sample(f: FieldDef) -> Value:
    return next(iter(f.choices)) if f.choices else TYPES[f.type].sample


def _keys(f: FieldDef) -> tuple[Value, Value]:
    """Two values of a key, or of a part of one."""
    return (1, 2) if f.type is Type.INTEGER else ("K1", "K2") if f.type is Type.TEXT else (_sample(f), None)


def _counting(pack: CheckedPack, clause: str, table: str) -> tuple[list[Entry], list[Entry]]:
    """What lacks for the outcome of a new rule to reach the unit: facts and rules."""
    graph, outcome, facts, rules = Graph(pack), pack.outcomes[-1], list[Entry](), list[Entry]()
    taken = {
        *(rule.id for rule in every_rule(pack)),
        *(f.id for f in pack.facts),
        *(name for t in pack.tables.values() for name in t.fields),
    }
    for child in (table, *pack.above(table)):
        parent, of = pack.tables[child].belongs_to, (child, *pack.above(child))
        if parent is None or any(pack.tables[t].not_counted is not None for t in of if t != pack.root):
            break
        if any(graph.tells_verdict(fact, outcome) for fact in graph.counting(child).values()):
            break
        fact = next(name for name in _names(f"{outcome}_{child}", "_") if name not in taken)
        rule = next(name for name in _names(f"{child}-not-{outcome}".replace("_", "-"), "-") if name not in taken)
        titles = {lang: say(lang, "new.counted", table=Named(pack, lang).table(child), outcome=outcome) for lang in LANGUAGES}
        count = f"count(*) filter (where verdict = '{outcome}')"
        facts.append({"fact": fact, "of": parent, "from": child, "title": titles, "value": count})
        titles = {lang: say(lang, "new.none", table=Named(pack, lang).table(child), outcome=outcome) for lang in LANGUAGES}
        asked = {"title": titles, "require": f"{fact} = 0", "otherwise": outcome}
        rules.append({"rule": rule, "clause": clause, "for": parent, **asked})
    return facts, rules


def _names(first: str, joint: str) -> Iterator[str]:
    yield from (first, *(f"{first}{joint}{n}" for n in range(2, 1000)))


def _test(name: str, given: Given, expected: Mapping[str, Any]) -> Entry:
    """A test; what is expected is of the last record that is given."""
    records = {of: [record] for of, record in given.items()}
    return {"test": name, "given": records, "expect": {list(given)[-1]: [expected]}}


def save_tests_in(pack: str | Path, name: str, checked: CheckedPack, named: Sequence[tuple[str, Shown]], head: str) -> int:
    """Add examples, each with its name, to the test file `name` of a pack, which is made where there is none; how many were not
    there already. Raises PackError for a file that cannot be read; UsageError and OutputError as `changed` does."""
    files, mistakes = readable_tests(pack)
    if own := [m for m in mistakes if m.code != "empty-file" and m.span is not None and Path(m.span.source.name).name == name]:
        raise PackError(own)
    there = {test.test for file, tests in files if Path(file.name).name == name for test in tests.tests}
    new = [as_test(checked, found, title) for title, found in named if title not in there]
    if new:
        with changed(pack) as (folder, copy):
            file = copy / name
            content = file.read_bytes() if file.exists() else f"{head}\n".encode()
            file.write_bytes(added(content, str(folder / name), "tests", new))
            try:
                read_cases(checked, [(of, tests) for of, tests in readable_tests(copy)[0] if Path(of.name).name == name])
            except PackError as error:
                raise _refused(folder / name, error) from error
    return len(new)


def _refused(file: Path, error: PackError) -> UsageError:
    """What a pack with what was added to it would be told, which is none of the file's that stands there."""
    why, *_ = error.mistakes
    return UsageError("rule-not-added", file=str(file), why=Word(why.code, **why.args))
