"""`score('tag')` and `findings('tag')`: the weights, or the number, of the findings under a tag on a record and all below it.

In: the rules with a tag, those for the record's own table checked. Out: facts that nobody wrote, of which it is made; they are
as other facts are, but no unit is shown them. Let issues belong to units, and have the rule `dated` with the
weight 2, units the rule `named` with the weight 3, both under `remark`. Of units `score('remark')` is then the two facts

    score('remark') of issues   from issues: 2 * count(*) filter (where not met('dated'))
    score('remark')             case when met('named') then 0 else 3 end + score('remark') of issues

and where steps belong to issues, and have such rules, too, the first has `coalesce(sum(score('remark') of steps), 0)` besides.
A finding that is not the unit's (`not_counted`) does not count.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from sqlglot import exp

from lookback.language.atoms import columns_of
from lookback.language.decimals import Size
from lookback.language.parse import parse
from lookback.language.scope import TAGGED, Checked, Meaning, Scope, state_column, state_of, tag_column
from lookback.language.typed import check
from lookback.language.types import Type
from lookback.packs.checked import CheckedFact, CheckedRule, Pack
from lookback.packs.checks.tables import ancestors
from lookback.packs.model import Fact, Rule
from lookback.words.errors import Mistake
from lookback.words.source import Place

Asked = tuple[str, str]
"""What is asked of which tag."""


def asked_in(tree: exp.Expr) -> Iterator[Asked]:
    """What a raw tree asks of tags, be they known or not."""
    for call in tree.find_all(exp.Anonymous):
        if call.name in TAGGED and len(call.expressions) == 1 and isinstance(call.expressions[0], exp.Literal):
            yield call.name, call.expressions[0].name


def tagged(pack: Pack, table: str, tag: str | None = None) -> list[Rule]:
    """The rules with a tag, or with this one, for a table and all below it whose findings are the unit's."""
    below = [table, *(name for name in pack.tables if table in ancestors(pack.tables, name))]
    of_tag = [r for _, r in pack.rules if r.for_ in below and (r.tag is not None if tag is None else r.tag == tag)]
    return [rule for rule in of_tag if pack.tables[rule.for_].belongs_to is None or not _aside(pack, rule)]


def _aside(pack: Pack, rule: Rule) -> bool:
    own = (pack.tables[table] for table in (rule.for_, *ancestors(pack.tables, rule.for_)))
    return rule.not_counted is not None or any(t.not_counted is not None for t in own if t.belongs_to is not None)


def facts_of(pack: Pack, asked: Asked, table: str, rules: Sequence[CheckedRule], place: Place) -> list[CheckedFact]:
    """The facts that make what is asked of a tag on a table's records; those it is made of first. `rules`: the checked ones."""
    kind, tag = asked
    made: list[CheckedFact] = []
    below: list[CheckedFact] = []
    for child in (name for name, definition in pack.tables.items() if definition.belongs_to == table):
        if tagged(pack, child, tag):
            of_child = facts_of(pack, asked, child, rules, place)
            made += of_child[:-1]
            below.append(_below(pack, asked, table, child, of_child[:-1], place))
    own = [rule for rule in tagged(pack, table, tag) if rule.for_ == table]
    names = {f"m{i}": state_column("met", rule.rule) for i, rule in enumerate(own)} | {f"b{i}": f.id for i, f in enumerate(below)}
    parts = [f"case when m{i} then 0 else {_weight(kind, rule)} end" for i, rule in enumerate(own)]
    whole = Scope(
        table,
        {n: Meaning(Type.BOOLEAN, blank=False) if n[0] == "m" else _meaning(below[int(n[1:])]) for n in names},
    )
    behind = [c for one in rules if one.id in {rule.rule for rule in own} for c in one.columns]
    fact = _fact(kind, tag, table, None, _added([*parts, *(n for n in names if n[0] == "b")], whole, place), names, own)
    return [*made, *below, replace(fact, behind=tuple(dict.fromkeys(behind)))]


def _below(pack: Pack, asked: Asked, table: str, child: str, of_child: Sequence[CheckedFact], place: Place) -> CheckedFact:
    """What is found on a record's children in one table, and below them. `of_child`: the facts of the children."""
    kind, tag = asked
    own = [rule for rule in tagged(pack, child, tag) if rule.for_ == child]
    nested = [fact for fact in of_child if fact.table == child and fact.child is not None]
    parts = [
        f"{f'{w} * ' if (w := _weight(kind, rule)) != 1 else ''}count(*) filter (where not met('{rule.rule}'))" for rule in own
    ]
    parts += [f"coalesce(sum(b{i}), 0)" for i in range(len(nested))]
    scope = Scope(
        child,
        {f"b{i}": _meaning(fact) for i, fact in enumerate(nested)},
        aggregate=True,
        rules=tuple(rule.rule for rule in own),
    )
    names = {f"b{i}": fact.id for i, fact in enumerate(nested)}
    return _fact(kind, tag, table, child, _added(parts, scope, place), names, own)


def _weight(kind: str, rule: Rule) -> int:
    return rule.weight if kind == "score" else 1


def _meaning(fact: CheckedFact) -> Meaning:
    size = fact.sql.meta.get("size")
    return Meaning(Type.INTEGER, blank=False, size=size if isinstance(size, Size) else None)


def _added(parts: Sequence[str], scope: Scope, place: Place) -> Checked:
    """The sum of some parts, which are of the language, checked."""
    trees = []
    for part in parts:
        tree = parse(part, place)
        assert not isinstance(tree, Mistake), part
        trees.append(tree)
    while len(trees) > 1:  # as flat as can be: rules may be many
        pairs = [trees[i : i + 2] for i in range(0, len(trees), 2)]
        trees = [exp.Add(this=pair[0], expression=pair[1]) if len(pair) == 2 else pair[0] for pair in pairs]
    whole = trees[0] if trees else exp.Literal.number(0)
    whole.meta["text"] = ""
    for node in whole.walk():
        for mark in ("start", "end", "last"):
            node.meta.pop(mark, None)
    found = check(whole, place, scope)
    assert isinstance(found, Checked), found
    return found


def _fact(
    kind: str, tag: str, table: str, child: str | None, of: Checked, names: Mapping[str, str], rules: Sequence[Rule]
) -> CheckedFact:
    for node in of.sql.find_all(exp.Column):
        if node.name in names:
            node.set("this", exp.to_identifier(names[node.name], quoted=True))
    id_, each = tag_column(kind, tag, child or ""), "{} * count(*) filter (where not met('{}'))"
    written = " + ".join(
        [*(each.format(_weight(kind, rule), rule.rule) for rule in rules), *(n for x, n in names.items() if x[0] == "b")]
    )
    columns = tuple(c for c in columns_of(of.sql, child or table) if state_of(c.name) is None)
    return CheckedFact(
        fact=Fact.model_construct(fact=id_, of=table, from_=child, title=None, value=written),
        type=Type.INTEGER,
        choices=(),
        sql=of.sql,
        columns=columns,
        child=child,
        uses_verdict=False,
        uses_rules=tuple(rule.rule for rule in rules),
        blank=False,
        hidden=True,
    )
