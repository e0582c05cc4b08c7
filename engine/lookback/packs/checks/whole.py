"""What is asked of the review as a whole (`of: review`, `for: review`): a pack beside the pack, whose one unit the review is.

In: a pack and its tables as they were checked. Out: that pack. Every table of records is in it, as reference data that refers to
the review, so that an aggregate `from:` a table goes over all of its records, with the same words as anywhere. What was judged
of a record is a field of it there: its facts, `_verdict`, and what `met('…')` and `unmet('…')` say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from sqlglot import exp

from lookback.language.scope import state_of
from lookback.language.types import Column, Type
from lookback.packs.checked import CheckedFact, CheckedPack, CheckedRule, Pack, called
from lookback.packs.model import REVIEW, Choice, FieldDef, TableDef
from lookback.words import say

KEY = "_review"
"""The review's key, and of every record the reference to it."""
JUDGED = "_"
"""Before what was judged of a record: `_verdict`, `_met r`."""


def of_whole(pack: Pack, tables: Mapping[str, TableDef]) -> Pack:
    """The pack that is checked: all names of the tables of records, and those of the review."""
    refers = FieldDef.model_validate({"type": Type.TEXT, "refers_to": REVIEW})
    title = {lang: say(lang, "review.table") for lang in ("en", "zh")}
    review = TableDef.model_validate({"key": "key", "title": title, "fields": {"key": {"type": Type.TEXT}}})
    review = review.model_copy(update={"keyed_by": (KEY,), "fields": {KEY: review.fields["key"]}})
    of = {t: table.model_copy(update={"fields": {**table.fields, KEY: refers}}) for t, table in tables.items()}
    header = pack.header.model_copy(update={"office": None})
    pack = replace(pack, header=header, tables={**of, REVIEW: review}, groups=(), retired=(), shared={})
    return replace(pack, facts=pack.whole[0], rules=pack.whole[1], whole=((), ()))


def without(tables: Mapping[str, TableDef]) -> dict[str, TableDef]:
    """The tables of records with what was looked up for the review, and without it."""
    found = {}
    for name, table in tables.items():
        if name != REVIEW:
            found[name] = table.model_copy(update={"fields": {f: of for f, of in table.fields.items() if f != KEY}})
    return found


def as_judged(whole: CheckedPack, pack: CheckedPack) -> CheckedPack:
    """The pack that judges: of every table of `pack` what is asked of it, of facts and verdicts as of fields."""
    facts = tuple(_plain(fact) for fact in whole.facts)
    tables = {REVIEW: whole.tables[REVIEW]}
    for child in dict.fromkeys(str(fact.child) for fact in facts if fact.below):
        asked = dict.fromkeys(c.name for fact in facts for c in fact.columns if c.table == child)
        fields = {name: _field(pack, child, name) for name in asked} | {KEY: whole.tables[child].fields[KEY]}
        kept = {"fields": fields, "reference": True, "belongs_to": None, "label": None, "unique": (), "rows": None}
        tables[child] = pack.tables[child].model_copy(update={**kept, "in_force": None, "follow_up": None})
    return replace(whole, pack=replace(whole.pack, tables=tables), facts=facts)


def _plain(fact: CheckedFact) -> CheckedFact:
    """A fact over what was judged, as one over fields."""
    sql, judged = fact.sql.copy(), list[Column]()
    for node in sql.find_all(exp.Column) if fact.below else ():
        if node.name == "verdict" or state_of(node.name) is not None:
            judged.append(Column(str(fact.child), JUDGED + node.name))
            node.set("this", exp.to_identifier(judged[-1].name, quoted=True))
    return replace(fact, sql=sql, columns=tuple(dict.fromkeys((*fact.columns, *judged))), uses_verdict=False, uses_rules=())


def _field(pack: CheckedPack, table: str, name: str) -> FieldDef:
    """A field that holds what a name of a table stands for."""
    field, fact = pack.tables[table].fields.get(name), pack.fact(Column(table, name))
    if field is not None:
        kept = ("type", "title", "choices", "personal", "internal", "best_to_worst")
        return FieldDef.model_construct(**{key: getattr(field, key) for key in kept})
    if fact is not None:
        return FieldDef.model_construct(type=fact.type, title=fact.fact.title, choices=_choices(pack, fact) or None)
    if name == f"{JUDGED}verdict":
        titles = {o.outcome: o.title.model_dump() if o.title is not None else {} for o in pack.pack.header.outcomes}
        choices = {outcome: Choice.model_construct(**title) for outcome, title in titles.items()}
        return FieldDef.model_construct(type=Type.CHOICE, choices=choices)
    return FieldDef.model_construct(type=Type.BOOLEAN)


def _choices(pack: CheckedPack, fact: CheckedFact) -> dict[str, Choice]:
    return {choice: Choice.model_construct() for choice in fact.choices}


def every_rule(pack: CheckedPack) -> tuple[CheckedRule, ...]:
    """The rules of a pack, and those for the review as a whole."""
    return (*pack.rules, *(pack.whole.rules if pack.whole is not None else ()))


def asking(pack: CheckedPack, rule: str) -> CheckedPack:
    """The pack among whose rules one is, by id or title: this one, or that of the review as a whole."""
    if pack.whole is None or rule in pack.by_id:
        return pack
    titles = {r.id: r.rule.title for r in pack.whole.rules}
    return pack.whole if rule in titles or called(rule, titles) else pack


def rules_asked(whole: CheckedPack) -> Iterator[str]:
    """The rules whose results on records are asked for."""
    for name in (name for table in whole.tables.values() for name in table.fields):
        if (state := state_of(name.removeprefix(JUDGED))) is not None:
            yield state[1]


def judged_columns(whole: CheckedPack, table: str) -> list[str]:
    """What is asked of the records of a table, as the pack itself calls it: fields, facts, `verdict`, `met r`."""
    if table not in whole.tables:
        return []
    return [name.removeprefix(JUDGED) for name in whole.tables[table].fields if name != KEY]
