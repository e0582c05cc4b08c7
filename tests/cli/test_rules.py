"""`lookback rules …`, over both built-in packs and over broken copies of them."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from broken_packs import RECORDS, RULES, TESTS, write_sound
from click.testing import CliRunner, Result
from screen import ROOT

from lookback import built_in_packs, check
from lookback.authoring import new
from lookback.cli import main as cli
from lookback.packs import clauses
from lookback.packs.check import check_pack
from lookback.packs.model import FILES, Fact, FieldDef, Rule, TableDef, schema
from lookback.packs.read import BUILT_IN, read_pack, read_tests
from lookback.packs.sentences import Sentences
from lookback.words import say

PACKS = built_in_packs()
FIXTURES = {"lookback-2005": "fixtures/example-city/csv", "audit-follow-up": "fixtures/audit-office"}
DAYS = {"lookback-2005": {"as_of": "2005-10-20"}, "audit-follow-up": {}}  # on which the fixture is looked at


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli.cli, ["rules", *arguments], standalone_mode=False)


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A copy of the built-in pack to break."""
    return Path(shutil.copytree(BUILT_IN / "lookback-2005", tmp_path / "pack"))


def test_there_are_two_packs() -> None:
    assert PACKS == ["audit-follow-up", "lookback-2005"]


@pytest.mark.parametrize("name", PACKS)
def test_every_test_of_a_pack_passes_and_every_outcome_is_reached(name: str) -> None:
    result = run("test", name, "--coverage")
    assert result.return_value == 0, result.output
    assert "0 failed" in result.output


@pytest.mark.slow
@pytest.mark.parametrize("name", PACKS)
def test_every_change_of_a_rule_is_noticed_by_a_test(name: str) -> None:
    result = run("test", name, "--mutate")
    assert result.return_value == 0, result.output


def test_a_change_that_no_test_notices_is_listed_with_its_place(pack: Path) -> None:
    for file in pack.glob("*.test.yaml"):
        file.unlink()
    (pack / "1.test.yaml").write_text(
        "tests:\n  - test: nothing much\n    given:\n      units: [{unit_id: U1}]\n"
        "    expect:\n      units: [{met: [issues-dealt-with]}]\n"
    )
    for file in pack.glob("*.rules.yaml"):
        if not file.name.startswith(("1-", "6-")):
            file.unlink()
    (pack / "clauses.yaml").unlink()
    header, after = (pack / "pack.yaml").read_text("utf-8").split("audiences:")  # which name fields and facts
    (pack / "pack.yaml").write_text(header + after[after.index("\n\n") :], "utf-8")
    (pack / "1-look-over.rules.yaml").write_text(
        "rules:\n  - rule: issues-dealt-with\n    for: units\n    title: {en: Dealt with}\n"
        "    require: members is null or members > 3\n    otherwise: make_up\n"
    )
    (pack / "6-self-check.rules.yaml").unlink()
    result = run("test", str(pack), "--mutate")
    assert result.return_value == 1
    assert "SURVIVES: issues-dealt-with with members IS NULL OR members >= 3" in result.output
    assert "1-look-over.rules.yaml:5:" in result.output
    assert "changes tried, 4 not noticed by any test" in result.output


def test_a_failing_test_shows_expected_and_got_the_record_the_reason_and_the_place(pack: Path) -> None:
    (pack / "1-look-over.test.yaml").write_text(
        "tests:\n  - test: a solved issue passes\n    given:\n      units: [{unit_id: U1, batch: 1}]\n"
        "      issues: [{issue_id: I7, status: solved, found_on: 2005-07-01, solved_on: 2005-08-01,"
        " followed_up_on: 2005-07-30}]\n"
        "    expect:\n      issues: [{issue_id: I7, unmet: []}]\n"
    )
    result = run("test", str(pack), "-k", "solved issue passes")
    assert result.return_value == 1
    assert "FAILED: a solved issue passes" in result.output
    assert "issues I7: unmet: expected –, got result-consolidated" in result.output
    assert "result-consolidated: followed_up_on is 2005-07-30, should be" in result.output
    assert "1-look-over.test.yaml:7:" in result.output


OF_KEYS = {
    "like": ("offices", "office_id like '_1'", "O1", "O2"),
    "length": ("offices", "length(office_id) = 2", "O1", "O12"),
    "equality": ("offices", "office_id = 'O1'", "O1", "O2"),
    "the-key-above": ("tasks", "office_id <> 'O1'", "O2", "O1"),
    "a-key-of-the-parent": ("tasks", "length(offices.office_id) > 2", "O12", "O1"),
    "a-key-and-a-field": ("offices", "office_id = name", "Water", "O1"),
    "in-a-fact": ("offices", "of_ours > 0", "O1", "O2"),
    "a-whole-number": ("offices", "office_id > 9", 10, 9),
}


@pytest.mark.parametrize("of", OF_KEYS)
def test_a_rule_about_a_key_is_tested_on_the_keys_that_are_written(tmp_path: Path, of: str) -> None:
    """Two tests give every key, so no other test may see their records; a third leaves them out."""
    table, require, good, bad = OF_KEYS[of]
    write_sound(small := tmp_path / "small")
    if isinstance(good, int):
        records = (small / RECORDS).read_text("utf-8")
        (small / RECORDS).write_text(records.replace("office_id: {type: text", "office_id: {type: integer"), "utf-8")
    facts = "facts:\n  - {fact: of_ours, of: offices, from: tasks, value: count(*) filter (where office_id = 'O1')}\n"
    rule = f'rules:\n  - {{rule: of-keys, for: {table}, title: {{en: Keys}}, require: "{require}", otherwise: late'
    rule += "}\n" if table == "offices" else ", not_counted: {because: {en: It is the key that is asked for.}}}\n"
    (small / RULES).write_text(facts + rule if of == "in-a-fact" else rule, "utf-8")
    tests = "".join(
        f"  - test: {name}\n    given:\n      offices: [{{office_id: {key}, name: Water}}]\n      tasks: [{{task_id: T1}}]\n"
        f"    expect:\n      {table}: [{{{status}: [of-keys]}}]\n"
        for name, key, status in (("good", good, "met"), ("bad", bad, "unmet"), ("good again", good, "met"))
    )
    tests += f"  - test: no key\n    given:\n      offices: [{{}}]\n      tasks: [{{}}]\n    expect:\n      {table}: [{{}}]\n"
    (small / TESTS).write_text(f"tests:\n{tests}", "utf-8")
    result = run("test", str(small), "--lang", "en")
    assert "4 passed, 0 failed" in result.output, result.output


def test_a_key_that_is_a_number_is_shown_as_it_is_written(tmp_path: Path) -> None:
    write_sound(small := tmp_path / "small")
    records = (small / RECORDS).read_text("utf-8")
    for field in ("task_id", "after", "before"):  # what names a key is of its type
        records = records.replace(f"{field}: {{type: text", f"{field}: {{type: integer")
    (small / RECORDS).write_text(records, "utf-8")
    (small / TESTS).write_text(
        "tests:\n  - test: signed\n    given:\n      offices: [{}]\n      tasks: [{}, {task_id: 7}]\n"
        "    expect:\n      tasks: [{met: [signed]}, {met: [signed]}]\n",
        "utf-8",
    )
    output = run("test", str(small), "--lang", "en").output
    assert "tasks –: met: expected signed, got signed: unknown" in output
    assert "tasks 7: met: expected signed, got signed: unknown" in output


@pytest.mark.parametrize("name", PACKS)
@pytest.mark.parametrize("form", ["table", "csv", "md"])
def test_every_clause_is_covered(name: str, form: str) -> None:
    result = run("clauses", name, "--format", form)
    assert result.return_value == 0, result.output
    clauses = [c.clause for _, c in read_pack(name).clauses or ()]
    assert len(clauses) == len(set(clauses))
    for clause in clauses:
        assert re.search(rf"(?m)^[| ]*{re.escape(clause)}\b", result.output), clause


def test_without_a_rule_its_clause_is_named_as_uncovered(pack: Path) -> None:
    file = pack / "6-self-check.rules.yaml"
    text = file.read_text("utf-8")
    start = text.index("  - rule: found-is-tackled")
    end = text.find("\n  - rule:", start + 1)
    file.write_text(text[:start] + (text[end + 1 :] if end > 0 else ""), "utf-8")
    result = run("clauses", str(pack))
    assert result.return_value == 1
    assert "error[clause-uncovered]: the clause N6.3 is covered by no rule" in result.output


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        pytest.param(
            "questions: [site_checks.sheet_admission]",
            "questions: [site_checks.sheet_admision]",
            "question-without-field",
            id="no-field",
        ),
        pytest.param("commands: [check", "commands: [chek", "unknown-command", id="no-command"),
        pytest.param("- clause: N1.1\n", "- clause: N1.9\n", "unknown-clause", id="rule-names-unknown-clause"),
    ],
)
def test_a_gap_in_the_clauses_is_told(pack: Path, old: str, new: str, code: str) -> None:
    file = pack / "clauses.yaml"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")
    result = run("clauses", str(pack))
    assert result.return_value == 1
    assert f"error[{code}]" in result.output


@pytest.mark.parametrize("name", PACKS)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_rule_can_be_said(name: str, lang: str) -> None:
    checked = check_pack(read_pack(name))
    sentences = Sentences(checked, lang)
    for rule in checked.rules:
        lines = sentences.rule(rule).splitlines()
        assert len(lines) >= 3, rule.id
        assert not re.search(r"\b(AND|NOT|CAST|NULLIF|None)\b|:\w", sentences.rule(rule)), rule.id


@pytest.mark.parametrize("name", PACKS)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_rule_is_shown_with_its_clause_its_tests_and_its_decision_table(name: str, lang: str) -> None:
    checked = check_pack(read_pack(name))
    rule = checked.rules[1]
    result = run("show", rule.id, name, "--lang", lang)
    assert result.return_value == 0, result.output
    assert rule.rule.title.in_(lang) in result.output
    assert str(rule.rule.clause) in result.output
    for status in ("met", "unmet"):
        assert say(lang, f"status.{status}") in result.output
    named = [test for _, file in read_tests(name) for test in clauses.tests_of([(_, file)]).get(rule.id, [])]
    assert all(test in result.output for test in named)


@pytest.mark.parametrize("name", PACKS)
def test_rules_are_listed_one_a_line(name: str) -> None:
    result, pack = run("list", name), read_pack(name)
    judging, *rest = result.output.split("\n\n")
    assert len(judging.splitlines()) == 2 + len(pack.rules)
    assert len(rest[-1].splitlines() if rest else "..") == 2 + len(pack.retired)


@pytest.mark.parametrize("kind", FILES)
def test_the_schemas_beside_the_packs_are_those_that_the_models_give(kind: str) -> None:
    file = BUILT_IN / "schema" / f"{kind}.schema.json"
    assert json.loads(file.read_text("utf-8")) == schema(kind), "write them anew: lookback rules schema -o rules/schema"


@pytest.mark.parametrize("name", PACKS)
def test_every_file_of_a_pack_names_its_schema(name: str) -> None:
    for file in sorted((BUILT_IN / name).glob("*.yaml")):
        kind = file.name.split(".")[-2] if file.name.count(".") > 1 else file.stem
        assert file.read_text("utf-8").startswith(f"# yaml-language-server: $schema=../schema/{kind}.schema.json\n"), file


def test_a_new_rule_comes_with_tests_and_passes_them(pack: Path) -> None:
    result = run("new", "something-more", str(pack), "--clause", "N6.2", "--for", "issues")
    assert result.return_value == 0, result.output
    checked = check_pack(read_pack(pack))
    assert "something-more" in [rule.id for rule in checked.rules]
    assert any("something more" in test.test for _, file in read_tests(pack) for test in file.tests)
    tested = run("test", str(pack), "-k", "something more")
    assert tested.return_value == 0, tested.output
    assert "2 passed, 0 failed" in tested.output


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        pytest.param(("status-known", "--clause", "N1.1", "--for", "issues"), "rule-exists", id="id-in-use"),
        pytest.param(("Bad Id", "--clause", "N1.1", "--for", "issues"), "bad-rule-id", id="no-id"),
        pytest.param(("fresh", "--clause", "N1.1", "--for", "isues"), "no-such-table", id="no-table"),
        pytest.param(("fresh", "--clause", "N1.11", "--for", "issues"), "no-such-clause", id="no-clause"),
    ],
)
def test_a_new_rule_that_cannot_be_is_refused_and_nothing_is_written(pack: Path, arguments: tuple[str, ...], code: str) -> None:
    before = {file: file.read_bytes() for file in pack.rglob("*.*")}
    result = run("new", arguments[0], str(pack), *arguments[1:])
    assert f"error[{code}]" in str(result.exception)
    assert {file: file.read_bytes() for file in pack.rglob("*.*")} == before


def with_rules(folder: Path, rules: str, **fields: str) -> Path:
    """A pack of one table with these rules and fields besides its key, and without clauses."""
    folder.mkdir()
    listed = "".join(f"      {json.dumps(name)}: {type_}\n" for name, type_ in fields.items())
    (folder / "pack.yaml").write_text('pack: p\nversion: "1"\noutcomes: [{outcome: fine}, {outcome: late}]\n', "utf-8")
    (folder / "records.yaml").write_text(
        f"tables:\n  units:\n    key: unit_id\n    fields:\n      unit_id: {{type: text}}\n{listed}", "utf-8"
    )
    (folder / "1.rules.yaml").write_text(rules, "utf-8")
    return folder


SOME = "rules:\n  - {rule: some, for: units, title: {en: S}, require: name is not null, otherwise: late}\n"
TEXT = "{type: text}"
CHOICE = "{type: choice, choices: {'null': {en: N}, 'true': {en: T}}}"
TO_BEGIN_WITH: dict[str, tuple[str, dict[str, str], tuple[str, str, str]]] = {
    "a-clause-that-is-a-number": (SOME, {"name": TEXT}, ("more", "1.1", "units")),
    "a-clause-with-signs": (SOME, {"name": TEXT}, ("more", 'a: "b" # {c}, [d]', "units")),
    "an-id-that-is-null": (SOME, {"name": TEXT}, ("null", "1", "units")),
    "no-rules-at-all": ("facts: []\n", {"name": TEXT}, ("more", "A1", "units")),
    "an-empty-list": ("rules: []  # none yet\n", {"name": TEXT}, ("more", "A1", "units")),
    "a-list-without-indent": (SOME.replace("  - {", "- {"), {"name": TEXT}, ("more", "A1", "units")),
    "line-ends-of-another-system": (f"\ufeff{SOME}groups: []\n".replace("\n", "\r\n"), {"name": TEXT}, ("more", "A1", "units")),
    "a-field-that-is-a-word-of-sql": (SOME, {"on": TEXT, "name": TEXT}, ("more", "A1", "units")),
    "a-choice-that-is-a-word-of-yaml": (SOME, {"yes": CHOICE, "name": TEXT}, ("more", "A1", "units")),
    "a-table-of-nothing-but-a-key": (SOME.replace("name", "unit_id"), {}, ("more", "A1", "units")),
}


@pytest.mark.parametrize("begin", TO_BEGIN_WITH)
def test_whatever_a_pack_is_like_a_new_rule_reads_and_its_tests_pass(tmp_path: Path, begin: str) -> None:
    rules, fields, (rule, clause, table) = TO_BEGIN_WITH[begin]
    pack = with_rules(tmp_path / "pack", rules, **fields)
    text = (pack / "1.rules.yaml").read_bytes().decode()
    before = [rule for _, rule in read_pack(pack).rules]
    result = run("new", rule, str(pack), "--clause", clause, "--for", table, "--lang", "en")
    assert result.return_value == 0, result.output
    *old, new = [rule for _, rule in read_pack(pack).rules]
    assert (old, new.rule, new.clause, new.for_) == (before, rule, clause, table)
    written = (pack / "1.rules.yaml").read_bytes().decode()
    assert written.startswith("\ufeff") == text.startswith("\ufeff")
    assert ("\r\n" in text) == (written.count("\r\n") == written.count("\n"))
    assert "2 passed, 0 failed" in run("test", str(pack), "--lang", "en").output


def test_a_rule_and_its_tests_are_written_both_or_neither(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pack = with_rules(tmp_path / "pack", SOME, name=TEXT)
    before = {file: file.read_bytes() for file in pack.rglob("*.*")}
    replace = os.replace

    def refuse(source: Path, target: Path) -> None:
        if target.name.endswith(".test.yaml"):
            raise PermissionError(13, "Permission denied")
        replace(source, target)

    monkeypatch.setattr("lookback.place.os.replace", refuse)
    result = run("new", "more", str(pack), "--clause", "A1", "--for", "units")
    assert "error[cannot-write]" in str(result.exception)
    assert {file: file.read_bytes() for file in pack.rglob("*.*")} == before


def test_what_somebody_else_writes_meanwhile_is_not_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pack = with_rules(tmp_path / "pack", SOME, name=TEXT)
    judged = new.judged_cases

    def judge(*given: Any) -> Any:
        (pack / "1.rules.yaml").write_text(SOME + "# somebody else's\n", "utf-8")
        return judged(*given)

    monkeypatch.setattr(new, "judged_cases", judge)
    result = run("new", "more", str(pack), "--clause", "A1", "--for", "units")
    assert "error[changed-meanwhile]" in str(result.exception)
    assert (pack / "1.rules.yaml").read_text("utf-8") == SOME + "# somebody else's\n"
    assert not (pack / "1.test.yaml").exists()


@pytest.mark.parametrize("name", PACKS)
def test_the_fixture_shows_every_rule_met_unmet_unknown_and_not_applicable_where_it_can_be(name: str) -> None:
    from lookback.judging.situations import possible
    from lookback.language import conditions as logic

    checked = check_pack(read_pack(name))
    can = possible(checked, checked.rules)
    with check(ROOT / FIXTURES[name], name, lang="en", params=DAYS[name]) as review:
        for rule in checked.rules:
            counts = review.summary["rules"][rule.id]
            for status in {logic.status(rule, values) for values in can[rule.id]}:
                facts_only = all(c.name not in checked.tables[c.table].fields for atom in rule.atoms for c in atom.columns)
                if status == "unknown" and facts_only:
                    continue  # a count is never blank, though the grid of values has blanks for it
                assert counts[status], f"{rule.id} is {status} nowhere in {FIXTURES[name]}"


def test_both_languages_of_the_example_city_come_to_the_same_verdicts() -> None:
    found = []
    for source in ("csv", "english"):  # the workbook: test_cli
        with check(ROOT / "fixtures/example-city" / source, lang="en", params=DAYS["lookback-2005"]) as review:
            rows = review.verdicts.to_pylist()
            found.append(sorted((r["unit_id"], r["verdict"], r["score"], r["findings"]) for r in rows))
    assert found[0] == found[1]


def test_neither_the_engine_nor_the_commands_know_a_pack() -> None:
    """The default pack's name and examples in help texts aside, no table, field, rule or clause of a pack is in the code."""
    words = set()
    for name in PACKS:
        pack = read_pack(name)
        words |= {
            name for name in (*(r.rule for _, r in pack.rules), *(f.fact for _, f in pack.facts)) if re.search("[-_]", name)
        }
        words |= {c.clause for _, c in pack.clauses or ()}
        words |= {f for t in pack.tables.values() for f in t.fields if "_" in f} | {
            p for p in pack.header.params if "_" in p and p != "as_of"
        }
        words |= {o for o in pack.outcomes if "_" in o}
    words -= {key for of in (FieldDef, TableDef, Fact, Rule) for key in of.model_fields}  # `in_force` is one of a table's, too
    any_word = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, sorted(words)))})(?![\w-])")
    for file in [*ROOT.glob("engine/**/*.py"), ROOT / "cli.py"]:
        lines = file.read_text("utf-8").splitlines()
        text = "\n".join(
            line
            for line in lines
            if not re.match(r'\s*("[\w.-]+\.example":|#)', line)
            and not re.search(r"Example:|lookback (check|rules|flagged) ", line)
        )
        text = re.sub(r'"""(.|\n)*?"""', "", text)
        assert set(any_word.findall(text)) == set(), file.relative_to(ROOT)
