"""A new rule and its tests, written at the end of the file where they belong, ready to edit; and where nobody counts what it
finds, the facts and rules that do, up to the unit.

In: a pack, the rule's id, its clause and table. Out: the files changed. Everything is written into a copy of the pack first:
where that does not read, or says anything but what it said and the rule, nothing is written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from lookback.authoring.examine import changed
from lookback.authoring.rule_tests import judged_cases, read_cases
from lookback.language.types import TYPES, Type
from lookback.packs.check import check_pack
from lookback.packs.checked import CheckedPack, Named, Pack
from lookback.packs.graph import Graph
from lookback.packs.layout import appended, flow
from lookback.packs.model import TestFile
from lookback.packs.read import TestedFile, read_pack, read_tests
from lookback.place import replaced_file
from lookback.proving.examples import Shown, as_test
from lookback.words import LANGUAGES, Word, say
from lookback.words.errors import PackError, UsageError, did_you_mean

Given = Mapping[str, Mapping[str, Any]]
Tests = Sequence[tuple[TestedFile, TestFile]]


def add_rule(pack: str | Path, rule_id: str, clause: str, table: str) -> list[Path]:
    """Write a rule and its tests. Raises UsageError for an id in use, an unknown table or clause, a pack that the rule does not
    fit into; PackError for a pack that has mistakes already; OutputError."""
    old, old_tests = check_pack(read_pack(pack)), read_tests(pack)
    if not re.fullmatch(r"[a-z][a-z0-9-]*", rule_id):
        raise UsageError("bad-rule-id", rule=rule_id)
    if rule_id in {rule.id for rule in old.rules}:
        raise UsageError("rule-exists", rule=rule_id)
    old.pack.table_named(table)
    clauses = [c.clause for _, c in old.pack.clauses or ()]
    if clauses and clause not in clauses:
        raise UsageError("no-such-clause", clause=clause, help=did_you_mean(clause, clauses))
    file = Path(_chapter(old.pack, clause)).name
    rule, met, unmet = _rule(old, rule_id, clause, table)
    facts, counting = _counting(old, clause, table)
    ids = {rule_id, *counting}
    with changed(pack) as (folder, copy):
        rules, tests = copy / file, copy / file.replace(".rules.yaml", ".test.yaml")
        content = appended(rules.read_bytes(), "rules", rule + "".join(counting.values()))
        rules.write_bytes(appended(content, "facts", facts) if facts else content)
        before = tests.read_bytes() if tests.exists() else b""
        names = [f"{rule_id.replace('-', ' ')} is {status}" for status in ("met", "unmet")]
        entry = _test(names[0], met, {"met": [rule_id]})
        tests.write_bytes(appended(before, "tests", entry + _test(names[1], unmet, {"unmet": [rule_id]})))
        try:
            new, new_tests = check_pack(read_pack(copy)), read_tests(copy)
            cases = [case for case in read_cases(new, new_tests) if case.test.test == names[1]]
        except PackError as error:
            (why, *_) = error.mistakes
            raise UsageError("rule-not-added", file=str(folder / file), why=Word(why.code, **why.args)) from error
        if _said(new, new_tests, ids, names) != _said(old, old_tests, ids, names):
            raise UsageError("rule-not-added", file=str(folder / file), why=Word("rule-not-added.layout"))
        statuses = judged_cases(new, cases, "reference")[0][table, cases[0].expected[0].key].statuses
        all_unmet = [rule for rule, status in statuses.items() if status == "unmet"]  # a test names every rule that is
        tests.write_bytes(appended(before, "tests", entry + _test(names[1], unmet, {"unmet": all_unmet})))
    return [folder / rules.name, folder / tests.name]


def _said(pack: CheckedPack, files: Tests, ids: Collection[str], tests: Sequence[str]) -> object:
    """What rules and tests say, without the new ones."""
    return [r for _, r in pack.pack.rules if r.rule not in ids], [t for _, f in files for t in f.tests if t.test not in tests]


def _chapter(pack: Pack, clause: str) -> str:
    """The rules file whose rules' clauses begin most like `clause`; the first where there are no rules."""

    def alike(other: str | None) -> int:
        return next(
            (i for i, (a, b) in enumerate(zip(clause, other or "", strict=False)) if a != b), min(len(clause), len(other or ""))
        )

    first = next(file.name for file in pack.files if file.name.endswith(".rules.yaml"))
    return max(((str(path[0]), rule.clause) for path, rule in pack.rules), key=lambda one: alike(one[1]), default=(first, ""))[0]


def _rule(pack: CheckedPack, rule_id: str, clause: str, table: str) -> tuple[str, Given, Given]:
    """A rule to begin with, as an item of a file; the records of a test that meets it, and of one that does not. It asks for the
    first field that is no key; where there is none, for a key."""
    line = [table]
    while (parent := pack.tables[line[0]].belongs_to) is not None:
        line.insert(0, parent)
    keys = {of: (1, 2) if pack.tables[of].fields[pack.tables[of].key].type is Type.INTEGER else ("K1", "K2") for of in line}
    above = {of: {pack.tables[of].key: keys[of][0]} for of in line[:-1]}
    own, others = pack.tables[table].key, {pack.tables[table].key, pack.parent_key(table)}
    field, f = next(((id_, f) for id_, f in pack.tables[table].fields.items() if id_ not in others), (own, None))
    good, bad = keys[table] if f is None else (next(iter(f.choices)) if f.choices else TYPES[f.type].sample, None)
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
    return _item(rule), {**above, table: {field: good}}, {**above, table: {field: bad}}


def _counting(pack: CheckedPack, clause: str, table: str) -> tuple[str, dict[str, str]]:
    """What lacks for the outcome of a new rule to reach the unit: facts, and rules by their ids, as items of a file."""
    graph, outcome, facts, rules = Graph(pack), pack.outcomes[-1], "", dict[str, str]()
    taken = {*pack.by_id, *(f.id for f in pack.facts), *(name for t in pack.tables.values() for name in t.fields)}
    for child in (table, *pack.above(table)):
        parent, of = pack.tables[child].belongs_to, (child, *pack.above(child))
        if parent is None or any(pack.tables[t].not_counted is not None for t in of if t != pack.root):
            break
        if any(graph.tells_verdict(fact, outcome) for fact in graph.counting(child).values()):
            break
        fact = next(name for name in _names(f"{outcome}_{child}", "_") if name not in taken)
        rule = next(name for name in _names(f"{child}-not-{outcome}".replace("_", "-"), "-") if name not in taken)
        titles = {lang: say(lang, "new.counted", table=Named(pack, lang).table(child), outcome=outcome) for lang in LANGUAGES}
        facts += _item(
            {
                "fact": fact,
                "of": parent,
                "from": child,
                "title": titles,
                "value": f"count(*) filter (where verdict = '{outcome}')",
            }
        )
        titles = {lang: say(lang, "new.none", table=Named(pack, lang).table(child), outcome=outcome) for lang in LANGUAGES}
        rules[rule] = _item(
            {"rule": rule, "clause": clause, "for": parent, "title": titles, "require": f"{fact} = 0", "otherwise": outcome}
        )
    return facts, rules


def _names(first: str, joint: str) -> Iterator[str]:
    yield from (first, *(f"{first}{joint}{n}" for n in range(2, 1000)))


def _item(entry: Mapping[str, Any]) -> str:
    """A fact or rule as an item of a file."""
    return "\n  - " + "\n    ".join(f"{key}: {flow(value)}" for key, value in entry.items())


def _test(name: str, given: Given, expected: Mapping[str, Any]) -> str:
    """A test as an item of a file; what is expected is of the last record that is given."""
    lines = [f"  - test: {flow(name)}", "    given:", *(f"      {flow(of)}: [{flow(record)}]" for of, record in given.items())]
    return "\n" + "\n".join([*lines, "    expect:", f"      {flow(list(given)[-1])}: [{flow(expected)}]"]) + "\n"


def save_tests_in(file: Path, pack: CheckedPack, named: Sequence[tuple[str, Shown]], head: str) -> int:
    """Add examples, each with its name, to a test file, which is made where there is none; how many were not there already.
    Raises OutputError."""
    content = file.read_bytes() if file.exists() else f"{head}\n".encode()
    text = content.decode("utf-8-sig")
    new = [as_test(pack, found, name) for name, found in named if json.dumps(name, ensure_ascii=False) not in text]
    if new:
        with replaced_file(file) as filling:
            filling.write_bytes(appended(content, "tests", "\n".join(new)))
    return len(new)
