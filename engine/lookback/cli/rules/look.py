"""`lookback rules list`, `show`, `clauses` and `schema`: what a pack holds, and what its files may hold."""

from __future__ import annotations

import json
from pathlib import Path

import click

from lookback.cli._base import (
    AT_OR_BEYOND,
    DONE,
    command,
    echo,
    format_option,
    known_commands,
    load,
    out_option,
    pack_argument,
    style_for,
    words,
)
from lookback.words import say
from lookback.words.errors import UsageError, render_all

FAILED = AT_OR_BEYOND


@command("rules.clauses")
@pack_argument
@format_option("table", "csv", "md", "json", code="check.format")
def clauses_command(pack: str, form: str, lang: str) -> int:
    from lookback.language.types import in_json
    from lookback.packs.checks.whole import every_rule
    from lookback.packs.clauses import coverage
    from lookback.packs.read import read_tests
    from lookback.writers.screen import csv_text, heads, table

    checked, tests = load(pack, lang), read_tests(pack)
    if checked.pack.clauses is None:
        raise UsageError("no-clauses-file")
    rows, gaps = coverage(checked, tests, known_commands())
    read = any(row.clause.reading for row in rows)
    lines = [
        [
            row.clause.clause,
            row.clause.where.in_(lang) if row.clause.where else "",
            row.clause.summary.in_("en"),
            row.clause.summary.in_("zh"),
            *([row.clause.reading.in_(lang) if row.clause.reading else ""] if read else []),
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
    reading = ["reading"] if read else []
    titles = heads(lang, "clause", "where", "summary.en", "summary.zh", *reading, "covered", "rules", "tests")
    if form == "json":
        told = [
            row.clause.model_dump(mode="json", exclude_none=True) | {"rules": list(row.rules), "tests": list(row.tests)}
            for row in rows
        ]
        echo(in_json(told))
    elif form == "csv":
        echo(csv_text(titles, lines))
    else:
        widths = [None, 24, 40, 30, *(40 for _ in reading), 24, 32, None] if form == "table" else None
        echo(table(titles, lines, "grid" if form == "table" else "github", widths, style=style_for()))
    if gaps:
        echo(render_all(gaps, lang), err=True)
        return FAILED
    echo(say(lang, "clauses.all", n=len(rows), rules=len(every_rule(checked))), err=True)
    return DONE


@command("rules.list")
@pack_argument
@click.option("--for", "of", metavar="TABLE", help=words("rules.list.for"))
@format_option("table", "json", code="check.format")
def list_command(pack: str, of: str | None, form: str, lang: str) -> int:
    from lookback.language.types import in_json
    from lookback.packs.checks.whole import every_rule
    from lookback.packs.model import REVIEW
    from lookback.writers.screen import heads, table

    checked = load(pack, lang)
    if of is not None and (of != REVIEW or checked.whole is None):
        of = checked.pack.table_named(of)
    rules = [r for r in every_rule(checked) if of in (None, r.table)]
    gone = [r for _, r in checked.pack.retired if of in (None, r.for_)]
    if form == "json":
        judged = [
            {"rule": r.id, "clauses": r.rule.clauses, "table": r.table, "otherwise": r.rule.otherwise, "weight": r.rule.weight}
            | {"title": r.rule.title.in_(lang)}
            for r in rules
        ]
        retired = [
            {"rule": r.rule, "clauses": r.clauses, "table": r.for_, "until": r.until, "replaced_by": r.replaced_by}
            | {"title": r.title.in_(lang)}
            for r in gone
        ]
        echo(in_json({"rules": judged, "retired": retired}))
        return DONE
    style = style_for()
    rows = [[r.id, ", ".join(r.rule.clauses), r.table, r.rule.otherwise, r.rule.weight, r.rule.title.in_(lang)] for r in rules]
    echo(table(heads(lang, "id", "clause", "table", "outcome", "weight", "rule"), rows, style=style))
    if gone:
        rows = [[r.rule, ", ".join(r.clauses), r.until, ", ".join(r.replaced_by), r.title.in_(lang)] for r in gone]
        titles = heads(lang, "id", "clause", "until", "replaced-by", "rule")
        echo("\n" + say(lang, "rules.retired") + "\n\n" + table(titles, rows, style=style))
    return DONE


@command("rules.show")
@click.argument("rule")
@pack_argument
@format_option("text", "json", code="check.format")
def show_command(rule: str, pack: str, form: str, lang: str) -> int:
    from lookback.judging.situations import decision_table
    from lookback.language.types import in_json
    from lookback.packs.checks.whole import asking
    from lookback.packs.clauses import tests_of
    from lookback.packs.read import read_tests
    from lookback.packs.sentences import Sentences
    from lookback.writers.screen import heads, mark, table

    checked, tests = load(pack, lang), read_tests(pack)
    checked = asking(checked, rule)
    found = checked.rule_named(rule)
    sentences = Sentences(checked, lang)
    letters = [chr(ord("A") + i) for i in range(len(found.atoms))]
    atoms = [sentences.atom(found, i, True) for i in range(len(found.atoms))]
    summaries = {c.clause: c.summary.in_(lang) for _, c in checked.pack.clauses or ()}
    path = next(path for path, r in checked.pack.rules if r.rule == found.id)
    place = str(checked.pack.span((*path, "rule")))
    named = tests_of(tests).get(found.id, [])
    decided = decision_table(checked, found)
    if form == "json":
        told = {
            "rule": found.id,
            "title": found.rule.title.in_(lang),
            "clauses": {clause: summaries.get(clause) for clause in found.rule.clauses},
            "table": found.table,
            "otherwise": found.rule.otherwise,
            "weight": found.rule.weight,
            "sentence": sentences.rule(found),
            "advice": found.rule.advice.in_(lang) if found.rule.advice else None,
            "place": place,
            "conditions": dict(zip(letters, atoms, strict=True)),
            "decisions": [{**dict(zip(letters, map(sorted, v), strict=True)), "status": status} for v, status in decided],
            "tests": named,
        }
        echo(in_json(told))
        return DONE
    parts = [f"{found.id}: {found.rule.title.in_(lang)}"]
    parts += [f"{clause}: {summaries.get(clause, '')}".rstrip(": ") for clause in found.rule.clauses]
    parts.append(sentences.rule(found))
    if found.rule.advice:
        parts.append(say(lang, "show.advice", advice=found.rule.advice.in_(lang)))
    parts.append(say(lang, "show.place", place=place))
    lettered = (f"{letter}: {atom}" for letter, atom in zip(letters, atoms, strict=True))
    parts.append("\n".join([say(lang, "show.table"), *lettered]))
    rows = [[*(mark(v, lang) for v in values), say(lang, f"status.{status}")] for values, status in decided]
    parts.append(table([*letters, *heads(lang, "status")], rows, style=style_for()))
    parts.append(say(lang, "show.tests", n=len(named)) + "".join(f"\n  - {test}" for test in named))
    echo("\n\n".join(parts))
    return DONE


@command("rules.schema")
@click.argument("kind", required=False, type=click.Choice(["pack", "records", "clauses", "rules", "test"]))
@out_option("rules.schema.out", "DIR")
def schema_command(kind: str | None, out: Path | None, lang: str) -> int:
    from lookback.packs.model import FILES, schema
    from lookback.place import made, replaced_file

    kinds = [kind] if kind else list(FILES)
    texts = {k: json.dumps(schema(k), ensure_ascii=False, indent=2) + "\n" for k in kinds}
    if out is None:
        echo(texts[kinds[0]] if kind else json.dumps({k: schema(k) for k in kinds}, ensure_ascii=False, indent=2), nl=not kind)
        return DONE
    for k, text in texts.items():
        with replaced_file(made(out) / f"{k}.schema.json") as filling:
            filling.write_text(text, "utf-8")
    return DONE
