"""What a pack says for the office's commands: `office:`, `follow_up:` of a table, `best_to_worst:` of a choice, and its papers.

In: a pack as its files say it. Out: every mistake, at its place. A paper is a template of jinja2, without includes; the names
that it may use are those of the pack:

    unit       the unit: its fields and facts, `verdict`, `score`, `findings`
    TABLE      the records of a table below it (of the units' table: the unit alone), each with its fields and facts
    findings   what was found: `table`, `record`, `rule`, `clause`, `title`, `status`, `outcome`, `reason`, `advice`
    params     the parameters, by id
    pack       `name`, `version`, `title`
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from lookback.language.types import Type
from lookback.packs.checked import Pack
from lookback.packs.checks.terms import wrong_terms
from lookback.packs.model import REVIEW
from lookback.words.errors import Mistake, did_you_mean
from lookback.words.source import Path, Source, Span

OF_RESULT = ("verdict", "score", "findings")
OF_FINDING = ("table", "record", "rule", "clause", "title", "status", "outcome", "reason", "advice")
OF_PACK = ("name", "version", "title")


def wrong_office(pack: Pack, root: str) -> Iterator[Mistake]:
    yield from _office(pack, root)
    yield from wrong_terms(pack)
    for name, table in pack.tables.items():
        path: Path = (pack.files[1].name, "tables", name)
        if table.follow_up is not None:
            for key, field in table.follow_up.model_dump(exclude_none=True).items():
                at = pack.span((*path, "follow_up", key))
                if field not in table.columns:
                    yield Mistake("unknown-field", at, {"name": field, "table": name}, did_you_mean(field, table.columns))
                elif table.columns[field].type is not Type.DATE:
                    yield Mistake("follow-up-by-dates", at, {"field": field})
        if table.answers is not None and root != REVIEW:  # whose pack has none of its facts
            yield from _answers(pack, name, (*path, "answers"))
        for id_, f in table.columns.items():
            if f.best_to_worst is None:
                continue
            at, known = pack.span((*path, "fields", id_, "best_to_worst")), [*(f.choices or ())]
            if f.type is not Type.CHOICE:
                yield Mistake("best-to-worst-of-choice", at, {"field": id_})
            elif sorted(f.best_to_worst) != sorted(known):
                yield Mistake("best-to-worst-of-all", at, {"field": id_, "known": ", ".join(known)})
    for paper in pack.papers.values():
        yield from _paper(pack, root, paper)


def _answers(pack: Pack, table: str, path: Path) -> Iterator[Mistake]:
    """What is wrong with `answers:` of a table. Of a fact it is known later what it is: one that is no date says nothing."""
    fields, known, answers = pack.tables[table].columns, _names(pack, table), pack.tables[table].answers
    for key, name in answers.model_dump(exclude_none=True).items() if answers is not None else ():
        at = pack.span((*path, key))
        if name not in known:
            yield Mistake("unknown-field", at, {"name": name, "table": table}, did_you_mean(name, known))
        elif key == "until" and name in fields and fields[name].type is not Type.DATE:
            yield Mistake("follow-up-by-dates", at, {"field": name})


def _office(pack: Pack, root: str) -> Iterator[Mistake]:
    office, path = pack.header.office, (pack.files[0].name, "office")
    if office is None:
        return
    known = _names(pack, root)
    for i, name in enumerate(office.group_by):
        if name not in known:
            yield Mistake(
                "unknown-field", pack.span((*path, "group_by", i)), {"name": name, "table": root}, did_you_mean(name, known)
            )
    if (by := office.handed_in_by) is not None:
        at, params = pack.span((*path, "handed_in_by")), pack.header.params
        if by not in params:
            yield Mistake("unknown-param", at, {"name": by}, did_you_mean(by, params))
        elif params[by].type is not Type.DATE:
            yield Mistake("handed-in-by-a-day", at, {"name": by})
    named: list[tuple[str, Path]] = [(office.survey, (*path, "survey"))] if office.survey is not None else []
    named += [(office.visits, (*path, "visits"))] if office.visits is not None else []
    for table, pairs in office.seen.items():
        there = (*path, "seen", table)
        named.append((table, there))
        for was, seen in pairs.items() if table in pack.tables else ():
            for name in (was, seen):
                if name not in (fields := pack.tables[table].columns):
                    help_ = did_you_mean(name, fields)
                    yield Mistake("unknown-field", pack.span((*there, was)), {"name": name, "table": table}, help_)
    for name, place in named:
        if name not in pack.tables:
            yield Mistake("unknown-table-name", pack.span(place), {"name": name}, did_you_mean(name, pack.tables))


def _names(pack: Pack, table: str) -> list[str]:
    """The fields and facts of a table."""
    return [*pack.tables[table].columns, *(fact.fact for _, fact in pack.facts if fact.of == table)]


# ------------------------------------------------------------------------------------------------------------- papers


def _paper(pack: Pack, root: str, paper: Source) -> Iterator[Mistake]:
    """What is wrong with a template: its form, what it includes, and names that are none."""
    from jinja2 import Environment, StrictUndefined, TemplateSyntaxError, nodes

    environment = Environment(undefined=StrictUndefined, autoescape=False)
    try:
        environment.compile(paper.text)  # as filters and tests are looked up there
        tree = environment.parse(paper.text)
    except TemplateSyntaxError as error:
        yield Mistake("paper-form", _line(paper, error.lineno), {"why": error.message or ""})
        return
    for node in tree.find_all((nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)):
        yield Mistake("paper-includes", _line(paper, node.lineno), {})
    members: dict[str, Collection[str] | None] = {name: [*_names(pack, name), "verdict"] for name in pack.tables}
    known: dict[str, Collection[str] | None] = {"unit": [*_names(pack, root), *OF_RESULT], "params": [*pack.header.params]}
    known |= {"pack": OF_PACK, "findings": None, "loop": None, **dict.fromkeys(pack.tables)}
    yield from _walk(tree, known, members | {"findings": OF_FINDING}, paper)


def _walk(
    node: Any, known: Mapping[str, Collection[str] | None], members: Mapping[str, Collection[str] | None], paper: Source
) -> Iterator[Mistake]:
    """The names below a node of a template. `known`: what names stand for, and which parts each has (None: nobody says);
    `members`: what the records of a list have."""
    from jinja2 import nodes

    if isinstance(node, nodes.Name) and node.ctx == "load" and node.name not in known:
        yield Mistake("paper-name", _line(paper, node.lineno), {"name": node.name}, did_you_mean(node.name, known))
        return
    if isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name):
        parts = known.get(node.node.name)
        if parts is not None and node.attr not in parts:
            name = f"{node.node.name}.{node.attr}"
            help_ = did_you_mean(node.attr, parts)
            yield Mistake("paper-name", _line(paper, node.lineno), {"name": name}, help_)
    inner = dict(known)
    if isinstance(node, nodes.For):
        listed = node.iter
        while isinstance(listed, nodes.Filter) and listed.node is not None:  # sorted, selected: the same records
            listed = listed.node
        of = members.get(listed.name) if isinstance(listed, nodes.Name) else None
        names = [node.target.name] if isinstance(node.target, nodes.Name) else [n.name for n in node.target.find_all(nodes.Name)]
        inner |= dict.fromkeys(names, of if len(names) == 1 else None)
        yield from _walk(node.iter, known, members, paper)
        for part in (*([node.test] if node.test is not None else []), *node.body, *node.else_):
            yield from _walk(part, inner, members, paper)
        return
    if isinstance(node, nodes.Macro):
        inner |= dict.fromkeys(argument.name for argument in node.args)
    for part in node.iter_child_nodes():
        yield from _walk(part, inner, members, paper)
        if isinstance(part, nodes.Assign):
            inner |= dict.fromkeys(n.name for n in part.find_all(nodes.Name) if n.ctx == "store")
        if isinstance(part, nodes.Macro):
            inner[part.name] = None


def _line(paper: Source, line: int) -> Span:
    """A line of a paper, from 1."""
    lines = paper.text.splitlines(keepends=True)
    at = min(max(line, 1), max(len(lines), 1)) - 1
    start = sum(map(len, lines[:at]))
    return Span(paper, start, start + max(len(lines[at].rstrip()) if lines else 0, 1))
