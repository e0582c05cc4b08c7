"""A new rule and its tests, written at the end of the file where they belong, ready to edit.

In: a pack, the rule's id, its clause and table. Out: the files changed. Nothing that stands there is touched; the text is
checked with the rest of the pack before a file is written.
"""

from __future__ import annotations

import re
from pathlib import Path

from engine.checks import check_pack
from engine.errors import UsageError, did_you_mean
from engine.model import CheckedPack, Given, Pack, Place, RuleTest, TestFile, Type
from engine.pack import TestedFile, find_pack, read_pack
from engine.rule_tests import judged_cases, read_cases
from engine.source import Source, Span
from engine.writers.place import replaced_file
from engine.yaml_lists import appended

_RULE = """
  - rule: {id}
    clause: {clause}
    for: {table}
    title: {{en: {words}, zh: {words}}}
    require: {field} is not null
    otherwise: {worst}
    weight: 1
    advice: {{en: Say what to do about it., zh: 说明应当怎么办。}}
"""

_TESTS = """
  - test: {words} is met
    given:
      {units}
    expect:
      {table}: [{{met: [{id}]}}]

  - test: {words} is unmet
    given:
      {units_blank}
    expect:
      {table}: [{{unmet: [{unmet}]}}]
"""


def add_rule(pack: str | Path, rule_id: str, clause: str, table: str) -> list[Path]:
    """Write a rule and its tests. Raises UsageError for an id in use, an unknown table or clause."""
    folder = find_pack(pack)
    checked = check_pack(read_pack(pack))
    if not re.fullmatch(r"[a-z][a-z0-9-]*", rule_id):
        raise UsageError("bad-rule-id", rule=rule_id)
    if rule_id in {rule.id for rule in checked.rules}:
        raise UsageError("rule-exists", rule=rule_id)
    if table not in checked.tables:
        raise UsageError("no-such-table", table=table, known=", ".join(checked.tables), help=did_you_mean(table, checked.tables))
    clauses = [c.clause for _, c in checked.pack.clauses or ()]
    if clauses and clause not in clauses:
        raise UsageError("no-such-clause", clause=clause, help=did_you_mean(clause, clauses))
    file = folder / Path(_chapter(checked.pack, clause)).name
    tests = file.with_name(file.name.replace(".rules.yaml", ".test.yaml"))
    field = _field(checked, table)
    words = rule_id.replace("-", " ")
    rule = _RULE.format(id=rule_id, clause=clause, table=table, words=words, field=field, worst=checked.outcomes[-1])
    given = [_given(checked, table, field, filled) for filled in (True, False)]
    unmet = ", ".join([*_unmet_already(checked, table, field), rule_id])
    tested = _TESTS.format(id=rule_id, table=table, words=words, units=given[0], units_blank=given[1], unmet=unmet)
    old = tests.read_text("utf-8") if tests.exists() else ""
    filled = (file, appended(file.read_text("utf-8"), "rules", rule)), (tests, appended(old, "tests", tested))
    for target, content in filled:
        with replaced_file(target) as filling:
            filling.write_text(content, "utf-8")
    return [file, tests]


def _chapter(pack: Pack, clause: str) -> str:
    """The rules file whose rules' clauses begin most like `clause`."""

    def alike(other: str | None) -> int:
        return next(
            (i for i, (a, b) in enumerate(zip(clause, other or "", strict=False)) if a != b), min(len(clause), len(other or ""))
        )

    best = max(pack.rules, key=lambda entry: alike(entry[1].clause))
    return str(best[0][0])


def _field(pack: CheckedPack, table: str) -> str:
    """A field to begin with: the first that is no key."""
    keys = {pack.tables[table].key, pack.parent_key(table)}
    return next((f for f in pack.tables[table].fields if f not in keys), pack.tables[table].key)


def _unmet_already(pack: CheckedPack, table: str, field: str) -> list[str]:
    """The pack's own rules that are unmet on a record of which nothing is given: a test names all that are unmet."""
    line = _line(pack, table)
    given: dict[str, tuple[Given, ...]] = {of: ({pack.tables[of].key: 1 if _counted(pack, of) else "K1"},) for of in line}
    given[table] = ({field: None},)
    test = RuleTest(test="blank", given=given, expect={table: ({},)})
    nowhere = TestedFile("", {(): Place(Span(Source("", ""), 0, 0))})
    cases = read_cases(pack, [(nowhere, TestFile(tests=(test,)))])
    statuses = judged_cases(pack, cases, "reference")[0][table, cases[0].expected[0].key].statuses
    return [rule for rule, status in statuses.items() if status == "unmet"]


def _line(pack: CheckedPack, table: str) -> list[str]:
    """The tables from the units down to `table`."""
    line = [table]
    while (parent := pack.tables[line[0]].belongs_to) is not None:
        line.insert(0, parent)
    return line


def _counted(pack: CheckedPack, table: str) -> bool:
    return pack.tables[table].fields[pack.tables[table].key].type is Type.INTEGER


def _given(pack: CheckedPack, table: str, field: str, filled: bool) -> str:
    """The records of a test: one of each table from the units down to `table`."""
    value = {"integer": "1", "number": "1", "boolean": "true", "date": "2005-09-30", "text": "something"}
    definition = pack.tables[table].fields[field]
    shown = next(iter(definition.choices)) if definition.choices else value[definition.type.value]
    rows = []
    for of in _line(pack, table):
        fields = f"{pack.tables[of].key}: {'1' if _counted(pack, of) else 'K1'}"
        if of == table:
            fields = f"{field}: {shown if filled else 'null'}"
        rows.append(f"{of}: [{{{fields}}}]")
    return "\n      ".join(rows)
