"""`lookback rules …`: what analysts do with a pack before it judges anybody."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from tabulate import tabulate

from lookback.cli._base import (
    AT_OR_BEYOND,
    DONE,
    Group,
    debug_option,
    decider_option,
    known_commands,
    lang_option,
    pack_argument,
    pack_to_change,
    tell_warnings,
    words,
)
from lookback.packs.check import check_pack
from lookback.packs.checked import CheckedPack
from lookback.packs.model import TestFile
from lookback.packs.read import TestedFile, read_pack, read_tests
from lookback.words import say
from lookback.words.errors import UsageError, did_you_mean, render_all
from lookback.words.source import draw
from lookback.writers.screen import csv_text

FAILED = AT_OR_BEYOND
FAILURES_SHOWN = 50


def _checked(pack: str, lang: str) -> CheckedPack:
    checked = check_pack(read_pack(pack))
    tell_warnings(checked, pack, lang)
    return checked


def _read(pack: str, lang: str) -> tuple[CheckedPack, list[tuple[TestedFile, TestFile]]]:
    return _checked(pack, lang), read_tests(pack)


@click.group(
    "rules",
    cls=Group,
    later={
        "impact": ("lookback.cli.rules_impact", "rules.impact.short"),
        "prove": ("lookback.cli.rules_prove", "rules.prove.short"),
        "check": ("lookback.cli.rules_check", "rules.check.short"),
    },
    help=words("rules.help"),
    short_help=words("rules.short"),
)
def command() -> None:
    pass


# --------------------------------------------------------------------------------------------------------------- clauses


@command.command(
    "clauses", help=words("rules.clauses.help"), short_help=words("rules.clauses.short"), example="rules.clauses.example"
)
@pack_argument
@click.option(
    "--format", "form", type=click.Choice(["table", "csv", "md"]), default="table", show_default=True, help=words("check.format")
)
@lang_option
@debug_option
def clauses_command(pack: str, form: str, lang: str, debug: bool) -> int:
    from lookback.packs.clauses import coverage

    checked, tests = _read(pack, lang)
    if checked.pack.clauses is None:
        raise UsageError("no-clauses-file")
    rows, gaps = coverage(checked, tests, known_commands())
    heads = ["clause", "where", "summary.en", "summary.zh", "covered", "rules", "tests"]
    lines = [
        [
            row.clause.clause,
            row.clause.where.in_(lang) if row.clause.where else "",
            row.clause.summary.in_("en"),
            row.clause.summary.in_("zh"),
            say(lang, "reason.or").join(
                [
                    *(say(lang, f"covered.{way}") for way in row.clause.covered_by),
                    *row.clause.questions,
                    *(f"lookback {c}" for c in row.clause.commands),
                ]
            ),
            ", ".join(row.rules),
            len(row.tests) if form == "table" else "; ".join(row.tests),
        ]
        for row in rows
    ]
    titles = [say(lang, f"head.{h}") for h in heads]
    if form == "csv":
        click.echo(csv_text(titles, lines))
    else:
        widths = [None, 24, 40, 30, 24, 32, None] if form == "table" else None
        click.echo(
            tabulate(lines, titles, tablefmt="grid" if form == "table" else "github", maxcolwidths=widths, disable_numparse=True)
        )
    if gaps:
        click.echo(render_all(gaps, lang), err=True)
        return FAILED
    click.echo(say(lang, "clauses.all", n=len(rows), rules=len(checked.rules)), err=True)
    return DONE


# ----------------------------------------------------------------------------------------------------------- list and show


@command.command("list", help=words("rules.list.help"), short_help=words("rules.list.short"), example="rules.list.example")
@pack_argument
@click.option("--for", "table", metavar="TABLE", help=words("rules.list.for"))
@lang_option
@debug_option
def list_command(pack: str, table: str | None, lang: str, debug: bool) -> int:
    checked = _checked(pack, lang)
    if table is not None and table not in checked.tables:
        raise UsageError("no-such-table", table=table, known=", ".join(checked.tables), help=did_you_mean(table, checked.tables))
    rows = [
        [r.id, ", ".join(r.rule.clauses), r.table, r.rule.otherwise, r.rule.weight, r.rule.title.in_(lang)]
        for r in checked.rules
        if table in (None, r.table)
    ]
    heads = [say(lang, f"head.{h}") for h in ("id", "clause", "table", "outcome", "weight", "rule")]
    click.echo(tabulate(rows, heads, tablefmt="simple", disable_numparse=True))
    return DONE


@command.command("show", help=words("rules.show.help"), short_help=words("rules.show.short"), example="rules.show.example")
@click.argument("rule")
@pack_argument
@lang_option
@debug_option
def show_command(rule: str, pack: str, lang: str, debug: bool) -> int:
    from lookback.judging.situations import decision_table
    from lookback.packs.clauses import tests_of
    from lookback.packs.sentences import Sentences

    checked, tests = _read(pack, lang)
    found = next((r for r in checked.rules if r.id == rule), None)
    if found is None:
        raise UsageError("no-such-rule", rule=rule, help=did_you_mean(rule, [r.id for r in checked.rules]))
    sentences = Sentences(checked, lang)
    summaries = {c.clause: c.summary.in_(lang) for _, c in checked.pack.clauses or ()}
    parts = [f"{found.id}: {found.rule.title.in_(lang)}"]
    parts += [f"{clause}: {summaries.get(clause, '')}".rstrip(": ") for clause in found.rule.clauses]
    parts.append(sentences.rule(found))
    if found.rule.advice:
        parts.append(say(lang, "show.advice", advice=found.rule.advice.in_(lang)))
    path = next(path for path, r in checked.pack.rules if r.rule == rule)
    parts.append(say(lang, "show.place", place=checked.pack.span((*path, "rule"))))
    atoms = [f"{chr(ord('A') + i)}: {sentences.atom(found, i, True)}" for i in range(len(found.atoms))]
    parts.append(say(lang, "show.table") + "\n" + "\n".join(atoms))
    rows = [
        [*(_mark(v, lang) for v in values), say(lang, f"status.{status}")] for values, status in decision_table(checked, found)
    ]
    heads = [*(chr(ord("A") + i) for i in range(len(found.atoms))), say(lang, "head.status")]
    parts.append(tabulate(rows, heads, tablefmt="simple", disable_numparse=True))
    named = tests_of(tests).get(rule, [])
    parts.append(say(lang, "show.tests", n=len(named)) + "".join(f"\n  - {test}" for test in named))
    click.echo("\n\n".join(parts))
    return DONE


def _mark(values: Collection[str], lang: str) -> str:
    """Truth values in words; · for all three."""
    said = [say(lang, f"mark.{v}") for v in ("t", "f", "u") if v in values]
    return "·" if len(said) == 3 else "/".join(said)


# ------------------------------------------------------------------------------------------------------------------ tests


@command.command("test", help=words("rules.test.help"), short_help=words("rules.test.short"), example="rules.test.example")
@pack_argument
@click.option("-k", "only", metavar="NAME", help=words("rules.test.k"))
@click.option("--coverage", is_flag=True, help=words("rules.test.coverage"))
@click.option("--mutate", is_flag=True, help=words("rules.test.mutate"))
@decider_option
@lang_option
@debug_option
def test_command(pack: str, only: str | None, coverage: bool, mutate: bool, decider: Any, lang: str, debug: bool) -> int:
    from lookback.authoring.rule_tests import read_cases, run_cases

    checked, files = _read(pack, lang)
    cases = read_cases(checked, files)
    if only is not None:
        cases = [case for case in cases if only.casefold() in case.test.test.casefold()]
    if not cases:
        raise UsageError("no-tests", only=only or "")
    run = run_cases(checked, cases, decider, lang)
    for failure in run.failures[:FAILURES_SHOWN]:
        reasons = [f"    {rule}: {reason}" for rule, reason in failure.reasons.items()]
        what = {
            "table": failure.table,
            "record": failure.record,
            "what": failure.what,
            "expected": failure.expected,
            "got": failure.got,
        }
        click.echo(
            "\n".join(
                [
                    say(lang, "tests.failed", test=failure.test),
                    f"  {say(lang, 'tests.got', **what)}",
                    *reasons,
                    draw(failure.span),
                    "",
                ]
            )
        )
    failed = len({failure.test for failure in run.failures})
    click.echo(say(lang, "tests.done", passed=run.tests - failed, failed=failed, expectations=run.expectations))
    ok = not failed
    if coverage:
        ok &= _coverage(checked, run.reached, run.statuses, lang)
    if mutate and ok:
        ok &= _mutate(checked, files, cases, decider, lang)
    return DONE if ok else FAILED


def _coverage(pack: CheckedPack, reached: Mapping[str, set[Any]], statuses: Mapping[str, set[Any]], lang: str) -> bool:
    """Print what the tests reach of each rule; whether they reach every status that can occur."""
    from lookback.judging.situations import possible
    from lookback.language import conditions as logic

    rows, missing = [], []
    can = possible(pack, pack.rules)
    complete = True
    for rule in pack.rules:
        situations = can[rule.id] | reached.get(rule.id, set())
        wanted = {logic.status(rule, values) for values in situations}
        got = statuses.get(rule.id, set()) & wanted
        complete &= got == wanted
        left = sorted(situations - reached.get(rule.id, set()))
        lacking = ", ".join(say(lang, f"status.{s}") for s in sorted(wanted - got))
        rows.append([rule.id, f"{len(got)}/{len(wanted)}", f"{len(situations) - len(left)}/{len(situations)}", lacking])
        missing += [(rule, values) for values in left]
    heads = [say(lang, f"head.{h}") for h in ("id", "outcomes", "situations", "lacking")]
    click.echo("\n" + tabulate(rows, heads, tablefmt="simple", disable_numparse=True))
    if missing:
        click.echo("\n" + say(lang, "tests.unreached"))
        for rule, values in missing:
            said = ", ".join(f"{atom.text} {_mark(v, lang)}" for atom, v in zip(rule.atoms, values, strict=True))
            click.echo(f"  {rule.id}: {said} ({say(lang, f'status.{logic.status(rule, values)}')})")
    click.echo(say(lang, "tests.covered" if complete else "tests.not-covered"))
    return complete


def _mutate(
    pack: CheckedPack, files: Sequence[tuple[TestedFile, TestFile]], cases: Sequence[Any], decider: Any, lang: str
) -> bool:
    """Try every change; print those that no test notices. Whether there are none."""
    from tqdm import tqdm

    from lookback.authoring.mutants import is_equivalent, mutants, survivors

    equivalent = [e for _, file in files for e in file.equivalent]
    found = mutants(pack.pack)
    with tqdm(total=len(found), delay=1, leave=False, disable=None, desc=say(lang, "tests.mutating")) as bar:
        left = survivors(pack, found, cases, lambda: bar.update() and None, decider)
    unexcused = [mutant for mutant in left if not is_equivalent(mutant, equivalent)]
    for mutant in unexcused:
        click.echo("\n".join([say(lang, "tests.survivor", of=mutant.of, written=mutant.written), draw(mutant.span), ""]))
    click.echo(say(lang, "tests.mutated", n=len(found), survivors=len(unexcused), excused=len(left) - len(unexcused)))
    return not unexcused


# -------------------------------------------------------------------------------------------------------- schema and new


@command.command(
    "schema", help=words("rules.schema.help"), short_help=words("rules.schema.short"), example="rules.schema.example"
)
@click.argument("kind", required=False, type=click.Choice(["pack", "records", "clauses", "rules", "test"]))
@click.option("-o", "--out", metavar="DIR", type=click.Path(path_type=Path), help=words("rules.schema.out"))
@lang_option
@debug_option
def schema_command(kind: str | None, out: Path | None, lang: str, debug: bool) -> int:
    from lookback.packs.model import FILES, schema
    from lookback.place import replaced_file

    kinds = [kind] if kind else list(FILES)
    texts = {k: json.dumps(schema(k), ensure_ascii=False, indent=2) + "\n" for k in kinds}
    if out is None:
        click.echo(
            texts[kinds[0]] if kind else json.dumps({k: schema(k) for k in kinds}, ensure_ascii=False, indent=2), nl=not kind
        )
        return DONE
    out.mkdir(parents=True, exist_ok=True)
    for k, text in texts.items():
        with replaced_file(out / f"{k}.schema.json") as filling:
            filling.write_text(text, "utf-8")
    return DONE


@command.command("new", help=words("rules.new.help"), short_help=words("rules.new.short"), example="rules.new.example")
@click.argument("rule_id", metavar="ID")
@pack_argument
@click.option("--clause", required=True, help=words("rules.new.clause"))
@click.option("--for", "table", metavar="TABLE", required=True, help=words("rules.new.for"))
@lang_option
@debug_option
def new_command(rule_id: str, pack: str, clause: str, table: str, lang: str, debug: bool) -> int:
    from lookback.authoring.new import add_rule

    for file in add_rule(pack_to_change(pack), rule_id, clause, table):
        click.echo(say(lang, "rules.new.written", file=file), err=True)
    return DONE
