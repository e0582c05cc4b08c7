"""A pack -> everything that can be known of it without records, in one go: mistakes and warnings, sorted by place.

Form first, then names and types; where those hold, also what is hardly meant, the clauses, and what the tests name. A broken
test file hides nothing of the rest, and a broken rule nothing of the form of the tests.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from engine.checks import check_pack
from engine.clauses import coverage
from engine.errors import Mistake, PackError, did_you_mean
from engine.layout import keys_of, out_of_order
from engine.lint import lint
from engine.model import CheckedPack, Pack, RuleTest, TestFile
from engine.pack import TestedFile, read_pack, readable_tests
from engine.rule_tests import read_cases


@dataclass
class Examined:
    """A pack's mistakes, and the pack as far as it could be read and checked."""

    mistakes: list[Mistake] = field(default_factory=list)
    pack: Pack | None = None
    checked: CheckedPack | None = None
    tests: list[tuple[TestedFile, TestFile]] = field(default_factory=list)

    @property
    def errors(self) -> int:
        return sum(mistake.severity == "error" for mistake in self.mistakes)


def examine(pack: str | Path, commands: Sequence[str]) -> Examined:
    """Everything that is wrong with a pack, or hardly meant. `commands` are those that lookback has.

    Raises UsageError where there is no such pack.
    """
    found = Examined()
    try:
        found.pack = read_pack(pack)
        found.checked = check_pack(found.pack)
    except PackError as error:
        found.mistakes += error.mistakes
    found.tests, broken = readable_tests(pack)
    found.mistakes += broken
    found.mistakes += _layout_of_tests(found.tests)
    if found.checked is not None:
        found.mistakes += lint(found.checked)
        if found.checked.pack.clauses is not None:
            found.mistakes += coverage(found.checked, found.tests, commands)[1]
        found.mistakes += _names_in_tests(found.checked, found.tests)
    found.mistakes.sort(key=lambda mistake: mistake.order)
    return found


def mistakes_of(pack: str | Path, commands: Sequence[str]) -> list[Mistake]:
    """The mistakes and warnings of a pack, sorted by place. Raises UsageError where there is no such pack."""
    return examine(pack, commands).mistakes


def _layout_of_tests(files: Sequence[tuple[TestedFile, TestFile]]) -> Iterator[Mistake]:
    for file, tests in files:
        for i in range(len(tests.tests)):
            if (mistake := out_of_order(file.places, (file.name, "tests", i), keys_of(RuleTest))) is not None:
                yield mistake


def _names_in_tests(pack: CheckedPack, files: Sequence[tuple[TestedFile, TestFile]]) -> Iterator[Mistake]:
    """What tests name and is not there; examples and excuses that nothing needs."""
    try:
        read_cases(pack, files)
    except PackError as error:
        yield from error.mistakes
    known = [*(rule.id for rule in pack.rules), *(fact.id for fact in pack.facts)]
    for file, tests in files:
        used = {
            (table, str(record.get("like")))
            for test in tests.tests
            for table, records in test.given.items()
            for record in records
        }
        for table, examples in tests.examples.items():
            if table not in pack.tables:
                span = file.span("examples", table, "[key]")
                yield Mistake("unknown-table-name", span, {"name": table}, did_you_mean(table, pack.tables))
                continue
            for name in examples:
                if (table, name) not in used:
                    span = file.span("examples", table, name, "[key]")
                    yield Mistake("unused-example", span, {"name": name, "table": table}, severity="warning")
        for i, excuse in enumerate(tests.equivalent):
            if excuse.of not in known:
                span = file.span("equivalent", i, "of")
                yield Mistake("unknown-rule-or-fact", span, {"name": excuse.of}, did_you_mean(excuse.of, known))
