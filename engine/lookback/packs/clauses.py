"""A pack's clauses -> how each is covered: by which rules, tests, questions and commands; and what is missing.

In: a checked pack with clauses, and its test files. Out: a row a clause, and the gaps: a clause that nothing covers, a rule
that names an unknown clause, a question that is no field, a command that is none. Rules name clauses, never the other way round.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lookback.packs.checked import CheckedPack
from lookback.packs.checks.whole import every_rule
from lookback.packs.model import Clause, Given, TestFile
from lookback.packs.read import TestedFile
from lookback.words.errors import Mistake, did_you_mean
from lookback.words.source import Path


@dataclass(frozen=True)
class Coverage:
    """A clause, the rules that name it, and the tests that name one of these rules."""

    clause: Clause
    rules: tuple[str, ...]
    tests: tuple[str, ...]


def coverage(
    pack: CheckedPack, files: Sequence[tuple[TestedFile, TestFile]], commands: Sequence[str]
) -> tuple[list[Coverage], list[Mistake]]:
    """Every clause in its order, and every gap. `commands` are those that lookback has."""
    clauses = pack.pack.clauses or ()
    tests = tests_of(files)
    gaps = _Gaps(pack, commands)
    rows = []
    seen: set[str] = set()
    for path, clause in clauses:
        rules = tuple(r.id for r in every_rule(pack) if clause.clause in r.rule.clauses)
        if clause.clause in seen:
            gaps.mistake("repeated-id", (*path, "clause"), id=clause.clause)
        seen.add(clause.clause)
        gaps.of(path, clause, rules)
        rows.append(Coverage(clause, rules, tuple(t for rule in rules for t in tests.get(rule, ()))))
    for name, param in pack.pack.header.params.items():
        if param.clause is not None and param.clause not in seen:
            gaps.mistake("unknown-clause", (pack.pack.files[0].name, "params", name, "clause"), clause=param.clause, known=seen)
    for path, rule in (*pack.pack.rules, *pack.pack.whole[1]):
        for named in rule.clauses:
            if named not in seen:
                key = "clause" if named == rule.clause else "also_clauses"
                gaps.mistake("unknown-clause", (*path, key), clause=named, known=seen)
        if not rule.clauses:
            span = pack.pack.span((*path, "rule"))
            gaps.found.append(Mistake("rule-without-clause", span, {"rule": rule.rule}, severity="warning"))
    return rows, gaps.found


def tests_of(files: Sequence[tuple[TestedFile, TestFile]]) -> dict[str, list[str]]:
    """The tests that name each rule."""
    found: dict[str, list[str]] = {}
    for _, file in files:
        for test in file.tests:
            for rule in dict.fromkeys(r for records in test.expect.values() for record in records for r in _rules_in(record)):
                found.setdefault(rule, []).append(test.test)
    return found


def _rules_in(expected: Given) -> tuple[str, ...]:
    words = ("met", "unmet", "unknown", "not_applicable")
    return tuple(str(rule) for word in words if isinstance(expected.get(word), list) for rule in expected[word])


class _Gaps:
    def __init__(self, pack: CheckedPack, commands: Sequence[str]) -> None:
        self.pack, self.commands = pack, commands
        self.found: list[Mistake] = []

    def mistake(self, code: str, path: Path, known: Mapping[str, object] | Sequence[str] | set[str] = (), **args: object) -> None:
        word = next((str(a) for a in args.values()), "")
        self.found.append(Mistake(code, self.pack.pack.span(path), args, did_you_mean(word, known) if known else None))

    def of(self, path: Path, clause: Clause, rules: Sequence[str]) -> None:
        ways = clause.covered_by
        if "rules" in ways and not rules:
            self.mistake("clause-uncovered", (*path, "clause"), clause=clause.clause)
        if "rules" not in ways and "sheet" not in ways and rules:
            self.mistake("clause-has-rules", (*path, "covered_by"), clause=clause.clause, rules=", ".join(rules))
        if ("sheet" in ways) != bool(clause.questions):
            self.mistake("sheet-and-questions", (*path, "covered_by"), clause=clause.clause)
        if ("command" in ways) != bool(clause.commands):
            self.mistake("command-and-commands", (*path, "covered_by"), clause=clause.clause)
        if ("command" in ways or "context" in ways) and clause.because is None:
            self.mistake("clause-without-reason", (*path, "covered_by"), clause=clause.clause)
        for i, question in enumerate(clause.questions):
            table, _, field = question.partition(".")
            definition = self.pack.tables.get(table)
            if definition is None or field not in definition.columns:
                known = [f"{t}.{f}" for t, d in self.pack.tables.items() for f in d.columns]
                self.mistake("question-without-field", (*path, "questions", i), known, question=question)
            elif not any(
                field in {c.name for a in r.atoms for c in a.columns} for r in self.pack.rules_for(table) if r.id in rules
            ):
                self.mistake("question-without-rule", (*path, "questions", i), question=question, clause=clause.clause)
        for i, command in enumerate(clause.commands):
            if command not in self.commands:
                self.mistake("unknown-command", (*path, "commands", i), self.commands, command=command)
