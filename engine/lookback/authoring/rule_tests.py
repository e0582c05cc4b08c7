"""A pack's tests: the records that they give, judged all at once, and what came out otherwise than expected.

In: a checked pack and its test files. Out: failures, and which situations the tests reach. Tests with the same parameters are
judged in one evaluation: every record's key is made unique to its test, so that no test sees another's records, and so is what
refers to it. A key that a rule or fact names stays as it is written; tests in which such a key is the same are judged one after
the other, and so are all tests of a pack in which records find others by more than a key (`_judged_alone`).

An expected record is found by its key if it names it, else by its place in `given`. `unmet` and `unknown` name exactly the
rules with that status, `met` and `not_applicable` some of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from lookback.judging.decider import Decider
from lookback.judging.trial import Got, RecordKey, Trial
from lookback.language.conditions import Status, Truth
from lookback.language.scope import type_word
from lookback.language.types import Column, Type, Value, together
from lookback.packs.checked import CheckedPack
from lookback.packs.model import REVIEW, FieldDef, Given, KeyField, RuleTest, TestFile, put_together
from lookback.packs.params import settings, typed
from lookback.packs.read import TestedFile
from lookback.packs.references.resolving import astray, resolved
from lookback.words import Word
from lookback.words.errors import Help, Mistake, PackError, UsageError, did_you_mean
from lookback.words.source import Path, Span

SEPARATOR = "\u2063"  # invisible: between a key and the number of its record
EXACT: tuple[tuple[str, Status], ...] = (("unmet", "unmet"), ("unknown", "unknown"))
AMONG: tuple[tuple[str, Status], ...] = (("met", "met"), ("not_applicable", "not applicable"))


@dataclass(frozen=True)
class Expectation:
    """What a test expects of one record, and where it says so; `written`: the record's key, as people know it."""

    table: str
    key: Value
    written: str
    values: Given
    span: Span


@dataclass(frozen=True)
class Case:
    """A test made ready: `records` by table, typed, with keys of its own."""

    test: RuleTest
    span: Span
    params: Mapping[str, Value]
    records: Mapping[str, Sequence[Mapping[str, Value]]]
    expected: Sequence[Expectation]


@dataclass(frozen=True)
class Failure:
    """An expectation that does not hold: `what` is 'verdict', a status, or a fact's id."""

    test: str
    span: Span
    table: str
    record: str
    what: str
    expected: str
    got: str
    reasons: Mapping[str, str]


@dataclass
class TestRun:
    """The failures of all tests, how many tests and expectations there were, and what every expected record came to."""

    tests: int
    expectations: int
    failures: list[Failure] = field(default_factory=list)
    reached: dict[str, set[tuple[Truth, ...]]] = field(default_factory=dict)
    statuses: dict[str, set[Status]] = field(default_factory=dict)


# ------------------------------------------------------------------------------------------------------ test files -> cases


def read_cases(pack: CheckedPack, files: Sequence[tuple[TestedFile, TestFile]]) -> list[Case]:
    """Every test of the files, made ready. Raises PackError with every mistake in them."""
    reader = _Cases(pack)
    cases = [case for file, tests in files for case in reader.of_file(file, tests)]
    if reader.mistakes:
        raise PackError(reader.mistakes)
    return cases


class _Cases:
    """Makes tests ready, one after the other. `file`, `at` and `keys` are those of the test in hand: where it stands, and
    (table, key as written) -> the key that the record is judged under."""

    file: TestedFile
    at: Path
    keys: dict[tuple[str, Value], Value]
    given: dict[tuple[str, Value], dict[str, Value]]

    def __init__(self, pack: CheckedPack) -> None:
        self.pack = pack
        self.mistakes: list[Mistake] = []
        self.numbers = 0
        self.whole = REVIEW if pack.whole is not None else ""
        self.named = _tables_with_named_keys(pack)
        self.written: dict[tuple[str, Value], str] = {}

    def mistake(self, code: str, path: Path, help: Help | None = None, **args: Any) -> None:
        self.mistakes.append(Mistake(code, self.file.span(*self.at, *path), args, help))

    def of_file(self, file: TestedFile, tests: TestFile) -> Iterator[Case]:
        self.file = file
        seen: set[str] = set()
        for i, test in enumerate(tests.tests):
            self.at, self.keys, self.given = ("tests", i), {}, {}
            if test.test in seen:
                self.mistake("repeated-id", ("test",), id=test.test)
            seen.add(test.test)
            for part, tables in (("given", test.given), ("expect", test.expect)):
                for table in tables:
                    if table not in self.pack.tables and (part, table) != ("expect", self.whole):
                        help_ = did_you_mean(table, self.pack.tables)
                        self.mistake("unknown-table-name", (part, table, "[key]"), help=help_, name=table)
            params = self._params(test)
            records = self._records(test, tests.examples)
            yield Case(test, file.span(*self.at, "test"), params, records, list(self._expected(test, records)))

    def _params(self, test: RuleTest) -> dict[str, Value]:
        known = self.pack.pack.header.params
        found: dict[str, Value] = {}
        for param, value in test.params.items():
            if param not in known:
                self.mistake("unknown-param", ("params", param, "[key]"), help=did_you_mean(param, known), name=param)
                continue
            try:
                found |= settings(self.pack.pack, {param: value})
            except UsageError as error:
                self.mistake(error.code, ("params", param), help=error.help, **error.args_)
        return found

    def _records(self, test: RuleTest, examples: Mapping[str, Mapping[str, Given]]) -> dict[str, list[dict[str, Value]]]:
        """The given records, typed."""
        records: dict[str, list[dict[str, Value]]] = {}
        for table in (*self.pack.references(), *self.pack.top_down()):
            for j, given in enumerate(test.given.get(table, ())):
                path = ("given", table, j)
                values = self._with_example(path, table, given, examples.get(table, {}))
                records.setdefault(table, []).append(self._record(path, table, values))
        for table, id_, to in _references(self.pack) if not _judged_alone(self.pack) else ():
            for record in records.get(table, ()):
                record[id_] = self.keys.get((to, record[id_]), record[id_])
        for table, j, id_ in astray(self.pack, records):
            self.mistake("no-record-in-test", ("given", table, j, id_), field=id_, value=str(records[table][j][id_]))
        return resolved(self.pack, records) if self.pack.refers else records

    def _with_example(self, path: Path, table: str, given: Given, known: Mapping[str, Given]) -> Given:
        if given.get("like") is None:
            return given
        name = str(given["like"])
        if name not in known:
            self.mistake("unknown-example", (*path, "like"), help=did_you_mean(name, known), name=name, table=table)
        return {**known.get(name, {}), **{k: v for k, v in given.items() if k != "like"}}

    def _record(self, path: Path, table: str, values: Given) -> dict[str, Value]:
        definition = self.pack.tables[table]
        record: dict[str, Value] = dict.fromkeys(definition.fields)
        for id_, value in values.items():
            if id_ not in definition.columns:
                help_ = did_you_mean(id_, definition.columns)
                self.mistake("unknown-field", (*path, id_, "[key]"), help=help_, name=id_, table=table)
            elif value is not None:
                record[id_] = self._value((*path, id_), value, definition.fields[id_])
        self.numbers += 1
        composed = isinstance(definition.fields[definition.key], KeyField)
        written = put_together([record[f] for f in definition.parts]) if composed else record[definition.key]
        written = written or None
        key = record[definition.key] = self._key(table, definition.fields[definition.key], written)
        self.written[table, key] = "–" if written is None else str(written)
        if written is not None and (table, written) in self.keys:
            self.mistake("repeated-id", path, id=str(written))
        self.keys[table, written if written is not None else key] = key
        parent_key = self.pack.parent_key(table)
        if parent_key is not None:
            above = self.pack.tables[str(definition.belongs_to)]
            parts = [record[f] for f in above.parts]
            named = put_together(parts) if isinstance(above.fields[above.key], KeyField) else record[parent_key]
            parent = record[parent_key] = self._parent(path, str(definition.belongs_to), named)
            of = self.given.get((str(definition.belongs_to), parent), {})
            record |= {f: of.get(f) for f in above.parts if record[f] is None}
        self.given[table, key] = record
        return record

    def _key(self, table: str, f: FieldDef, written: Value) -> Value:
        """The key that a record is judged under."""
        if written is not None and table in self.named:
            return written
        if f.type is Type.INTEGER:
            return -self.numbers  # nobody writes such a key
        return f"{written if written is not None else ''}{SEPARATOR}{self.numbers}"

    def _parent(self, path: Path, parent: str, written: Value) -> Value:
        """The key that the parent is judged under; where none is written and the test has one parent, that one's."""
        of_table = {k: key for (table, k), key in self.keys.items() if table == parent}
        if written is None and len(of_table) == 1:
            return next(iter(of_table.values()))
        if written not in of_table:
            self.mistake("no-parent-in-test", path, table=parent, key=str(written) if written is not None else "")
        return of_table.get(written)

    def _value(self, path: Path, value: Any, f: FieldDef) -> Value:
        if f.type is Type.CHOICES:
            of_one = f.model_copy(update={"type": Type.CHOICE})
            several = value if isinstance(value, list | tuple) else re.split("|".join(map(re.escape, f.between)), str(value))
            found = [self._value(path, one.strip() if isinstance(one, str) else one, of_one) for one in several]
            return together(map(str, found)) if found and None not in found else None
        if f.type is Type.CHOICE:
            text, known = str(value), f.choices or {}
            if text not in known:
                self.mistake("unknown-choice", path, help=did_you_mean(text, known), value=text, known=", ".join(known))
                return None
            return text
        try:
            return typed(value, f.type)
        except ValueError:
            self.mistake("wrong-test-value", path, field=path[-1], value=str(value), type=type_word(f.type))
            return None

    def _expected(self, test: RuleTest, records: Mapping[str, Sequence[Mapping[str, Value]]]) -> Iterator[Expectation]:
        for table, items in test.expect.items():
            if table == self.whole:
                for j, values in enumerate(items):
                    self._names(("expect", table, j), table, values)
                    yield Expectation(table, REVIEW, REVIEW, values, self.file.span(*self.at, "expect", table, j))
            if table not in self.pack.tables:
                continue
            key = self.pack.tables[table].key
            for j, values in enumerate(items):
                path = ("expect", table, j)
                self._names(path, table, values)
                given = records.get(table, ())
                definition = self.pack.tables[table]
                parts = [typed_part(values.get(f), definition.fields[f]) for f in definition.parts]
                written = parts[0] if definition.parts == (key,) else put_together(parts) or None
                if isinstance(written, str | int) and (table, written) in self.keys:
                    found: Value = self.keys[table, written]
                elif not any(f in values for f in definition.parts) and j < len(given):
                    found = given[j][key]
                else:
                    self.mistake("no-such-record", path, table=table)
                    continue
                yield Expectation(table, found, self.written[table, found], values, self.file.span(*self.at, *path))

    def _names(self, path: Path, table: str, values: Given) -> None:
        """Whether an expectation names what there is."""
        statuses = dict((*EXACT, *AMONG))
        pack = self.pack.whole if table == self.whole and self.pack.whole is not None else self.pack
        rules = [rule.id for rule in pack.rules_for(table)]
        facts = [fact.id for fact in pack.facts_of(table)]
        words, known = (
            (*(() if table == self.whole else pack.tables[table].parts), "verdict", "facts", *statuses),
            self.pack.outcomes,
        )
        for word, value in values.items():
            if word not in words:
                self.mistake("unknown-key", (*path, word, "[key]"), help=did_you_mean(word, words), key=word)
            elif word == "verdict" and value not in known:
                help_ = did_you_mean(str(value), known)
                self.mistake("unknown-outcome", (*path, word), help=help_, outcome=str(value), known=", ".join(known))
            elif word in statuses and not isinstance(value, list):
                self.mistake("wrong-value", (*path, word), sentence=Word("expected.list", found=str(value)))
            elif word in statuses:
                for n, rule in enumerate(map(str, value)):
                    if rule not in rules:
                        self.mistake("unknown-rule", (*path, word, n), help=did_you_mean(rule, rules), rule=rule, table=table)
            elif word == "facts":
                for fact in value if isinstance(value, dict) else {}:
                    if fact not in facts:
                        self.mistake("unknown-field", (*path, word, fact), help=did_you_mean(fact, facts), name=fact, table=table)


def _named(pack: CheckedPack) -> set[Column]:
    return {c for fact in pack.facts for c in fact.columns} | {c for rule in pack.rules for a in rule.atoms for c in a.columns}


def _references(pack: CheckedPack) -> list[tuple[str, str, str]]:
    """Every field that names a record by its key alone: its table, the field, the table of the record."""
    fields = ((table, id_, f.refers_to) for table, t in pack.tables.items() for id_, f in t.columns.items())
    return [(table, id_, to.table) for table, id_, to in fields if to is not None and to.by is None and to.on is None]


def _judged_alone(pack: CheckedPack) -> bool:
    """Whether the records of one test could find those of another: by what their references or siblings say, keys aside."""
    named, simple = _named(pack), _references(pack)
    every = [f for t in pack.tables.values() for f in t.columns.values() if f.refers_to is not None]
    plain = len(simple) == len(every) and not any(Column(table, id_) in named for table, id_, _ in simple)
    return not plain or bool(pack.references()) or bool(pack.across_units())


def _tables_with_named_keys(pack: CheckedPack) -> frozenset[str]:
    """The tables whose key a rule or a fact names, there or in a child's record."""
    named, alone = _named(pack), _judged_alone(pack)
    return frozenset(
        table
        for table, definition in pack.tables.items()
        if (pack.referred(table) and alone)
        or any(Column(of, part) in named for part in definition.parts for of in (table, *pack.children(table)))
    )


def typed_part(written: Any, f: FieldDef) -> Value:
    """A part of a key as an expectation writes it."""
    if written is None or isinstance(written, bool):
        return None
    try:
        return str(written) if f.type is Type.CHOICE else typed(written, f.type)
    except ValueError:
        return None


# ------------------------------------------------------------------------------------------------------------- cases -> run


def run_cases(pack: CheckedPack, cases: Sequence[Case], decider: Decider = "durable", lang: str = "en") -> TestRun:
    """Judge every case, and compare."""
    run = TestRun(len(cases), sum(len(case.expected) for case in cases))
    for case, got in zip(cases, judged_cases(pack, cases, decider, lang), strict=True):
        for expected in case.expected:
            one = got[expected.table, expected.key]
            for rule, values in one.situations.items():
                run.reached.setdefault(rule, set()).add(values)
                run.statuses.setdefault(rule, set()).add(one.statuses[rule])
            run.failures += [failure(case) for failure in mismatches(expected, one)]
    return run


def judged_cases(
    pack: CheckedPack, cases: Sequence[Case], decider: Decider = "durable", lang: str | None = None
) -> list[Mapping[RecordKey, Got]]:
    """What became of the records of each case, and of the review as a whole where a case expects something of it. Cases with the
    same parameters and no key in common are judged together, where no record could find those of another."""
    whole = [any(expected.table == REVIEW for expected in case.expected) and pack.whole is not None for case in cases]
    keys = [
        {(table, record[pack.tables[table].key]) for table, records in case.records.items() for record in records}
        for case in cases
    ]
    lots: list[tuple[set[RecordKey], list[int]]] = []
    alone = _judged_alone(pack)
    for i, case in enumerate(cases):
        alike = (lot for lot in lots if cases[lot[1][0]].params == case.params and not lot[0] & keys[i])
        taken, members = next(alike, (set(), [])) if not (alone or whole[i]) else (set(), [])
        if not members and not whole[i]:
            lots.append((taken, members))
        taken |= keys[i]
        members.append(i)
    found: dict[int, Mapping[RecordKey, Got]] = {}
    trials: dict[tuple[tuple[str, Value], ...], Trial] = {}
    for members in (*(of for _, of in lots), *([i] for i, is_whole in enumerate(whole) if is_whole)):
        records = {table: [record for i in members for record in cases[i].records.get(table, ())] for table in pack.tables}
        params = cases[members[0]].params
        given = tuple(sorted(params.items()))
        if given not in trials:
            trials[given] = Trial(replace(pack, params={**pack.params, **params}), decider, lang)
        got = trials[given].judge(records)
        found |= {i: {key: got[key] for key in keys[i]} for i in members}
        found |= {i: {**found[i], (REVIEW, REVIEW): trials[given].whole()} for i in members if whole[i]}
    return [found[i] for i in range(len(cases))]


def judged_in_tests(
    pack: CheckedPack, cases: Sequence[Case], decider: Decider, free: Collection[str] = ()
) -> list[tuple[str, Got]]:
    """Every record of the tests whose parameters are the pack's, but those that are `free`, and what became of it."""
    as_set = [case for case in cases if all(pack.params[name] == v for name, v in case.params.items() if name not in free)]
    return [(table, one) for got in judged_cases(pack, as_set, decider) for (table, _), one in got.items()]


def by_params(cases: Sequence[Case]) -> list[list[Case]]:
    """Cases in groups of the same parameters, the largest group first."""
    groups: dict[tuple[tuple[str, Value], ...], list[Case]] = {}
    for case in cases:
        groups.setdefault(tuple(sorted(case.params.items())), []).append(case)
    return sorted(groups.values(), key=len, reverse=True)


def mismatches(expected: Expectation, got: Got) -> list[Callable[[Case], Failure]]:
    """What of an expectation does not hold; each becomes a failure of its case."""
    found: list[Callable[[Case], Failure]] = []

    def fail(what: str, wanted: Any, is_: Any, rules: Sequence[str] = ()) -> None:
        said = {rule: got.reasons[rule] for rule in rules if rule in got.reasons}
        found.append(
            lambda case: Failure(
                case.test.test, expected.span, expected.table, expected.written, what, str(wanted), str(is_), said
            )
        )

    if "verdict" in expected.values and expected.values["verdict"] != got.verdict:
        fail("verdict", expected.values["verdict"], got.verdict, list(got.reasons))
    for word, status in EXACT:
        if word in expected.values:
            have = [rule for rule, s in got.statuses.items() if s == status]
            wanted = list(expected.values[word])
            if sorted(wanted) != sorted(have):
                fail(word, ", ".join(wanted) or "–", ", ".join(have) or "–", have)
    for word, status in AMONG:
        for rule in expected.values.get(word, ()):
            if got.statuses[rule] != status:
                fail(word, rule, f"{rule}: {got.statuses[rule]}", [rule])
    for fact, value in expected.values.get("facts", {}).items():
        shown = got.facts.get(fact)
        if isinstance(shown, date):
            shown = shown.isoformat()
        hoped = together(map(str, value)) if isinstance(value, list) else value
        if shown != hoped:
            fail(fact, hoped, shown)
    return found
