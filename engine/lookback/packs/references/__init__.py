"""The records that fields name in other tables, or their own: what can be named through them, and what it is.

In: tables, and a name as rules write it (`inspection.group_name`, `units.parent_unit.region`). Out: the way from a record to the
value, a field of the record's table that stands for it (`LookedUp`), which is looked up where the records are read; and mistakes.
A fact of the record that is found is worked out beside the record that names it, of values looked up there, where there is one.
What an aggregate goes over is found by the same ways, back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lookback.language.types import Column, Type
from lookback.packs.model import BETWEEN_PARTS, EXISTS, IN_CIRCLE, THROUGH, FieldDef, LookedUp, TableDef, Title
from lookback.words import Word, say
from lookback.words.errors import Help, did_you_mean

Tables = Mapping[str, TableDef]
Tell = Callable[..., None]


class Wrong(Exception):
    """Why a name leads nowhere: a code, its arguments, and what may help."""

    def __init__(self, code: str, help: Help | None = None, **args: Any) -> None:
        self.code, self.help, self.args_ = code, help, args


@dataclass(frozen=True)
class Way:
    """From a record of `table` over `hops` to `last`, of a record of the table `at`."""

    table: str
    hops: tuple[str, ...]
    at: str
    last: str

    @property
    def id(self) -> str:
        return THROUGH.join((*self.hops, self.last))


def hop(tables: Tables, table: str, name: str) -> str | None:
    """The table of the record that a record names by a reference, or by its parent's table; None where it names none so."""
    field = tables[table].fields.get(name)
    if field is not None and field.refers_to is not None:
        return field.refers_to.table
    return name if name == tables[table].belongs_to else None


def referring(tables: Tables, table: str, name: str) -> None:
    """Raises Wrong where a name is no reference of a table."""
    if tables[table].columns.get(name) is None or tables[table].columns[name].refers_to is None:
        known = [id_ for id_, f in tables[table].columns.items() if f.refers_to is not None]
        code = "no-reference" if name in tables[table].columns else "unknown-reference"
        raise Wrong(code, did_you_mean(name, known), **{"field" if code == "no-reference" else "name": name}, table=table)


def way_of(tables: Tables, table: str, names: Sequence[str]) -> Way:
    """The way that names tell from a record of a table. Raises Wrong."""
    at = table
    for name in names[:-1]:
        to = hop(tables, at, name)
        if to is None and name in tables[at].columns:
            raise Wrong("no-reference", field=name, table=at)
        if to is None:
            help_ = did_you_mean(name, [n for n in (*tables[at].columns, str(tables[at].belongs_to)) if hop(tables, at, n)])
            raise Wrong("unknown-reference", help_, name=name, table=at)
        at = to
    return Way(table, tuple(names[:-1]), at, names[-1])


def looked_up(tables: Tables, way: Way) -> LookedUp:
    """The field that stands for what a way leads to, where that is a field, or may be asked of its last hop."""
    before, hops, own = way.table, list[FieldDef](), dict[str, Any]()
    for name in way.hops:
        if (field := tables[before].fields.get(name)) is not None:
            hops.append(field)
        before = hop(tables, before, name) or before
    titles = [_title(tables, way.table, way.hops, lang) for lang in ("en", "zh")]
    if way.last in (EXISTS, IN_CIRCLE):
        said = {lang: say(lang, f"looked-up.{way.last}", name=title) for lang, title in zip(("en", "zh"), titles, strict=True)}
        own = {"type": Type.BOOLEAN, "title": Title(**said), "by": hops[-1].by if hops else "unit"}
        blank = hops[1:]
    else:
        field = tables[way.at].fields[way.last]
        found = [field.title.in_(lang) if field.title else way.last for lang in ("en", "zh")]
        said = {lang: BETWEEN_PARTS.join(both) for lang, *both in zip(("en", "zh"), titles, found, strict=True)}
        kept = ("type", "choices", "best_to_worst", "personal", "internal", "fixed", "by")
        own = {key: getattr(field, key) for key in kept} | {"title": Title(**said)}
        keys = (*tables[way.at].parts, tables[way.at].key)
        blank = [*hops[1:], *([field] if way.last not in keys else [])]
    own["optional"] = next((f.optional for f in blank if f.optional is not None), None)
    own["settled"] = all(f.optional is not None for f in blank)
    return LookedUp.model_construct(**own, hops=way.hops, last=way.last)


def _title(tables: Tables, table: str, hops: Sequence[str], lang: str) -> str:
    """What people call the record at the end of some hops."""
    found = []
    for name in hops:
        field = tables[table].fields.get(name)
        title = field.title if field is not None and field.refers_to is not None else tables[name].title
        found.append(title.in_(lang) if title else name)
        table = hop(tables, table, name) or table
    return BETWEEN_PARTS.join(found)


def with_looked_up(tables: Tables, table: str, id_: str, field: LookedUp) -> dict[str, TableDef]:
    """Tables, one of them with a value that is looked up."""
    of = tables[table]
    return {**tables, table: of.model_copy(update={"fields": {**of.fields, id_: field}})}


def hops_of(tables: Tables, table: str, name: str) -> Iterator[tuple[str, str]]:
    """The pairs of fields that one hop holds against each other: of the record that is found, and of the one that names it."""
    field = tables[table].fields.get(name)
    if field is None or field.refers_to is None:
        parent = tables[name]
        yield parent.key, parent.key
        return
    to = field.refers_to
    yield from to.by.items() if to.by is not None else ((tables[to.table].key, name),)


def read_for(tables: Tables, table: str, name: str) -> Iterator[tuple[str, str]]:
    """The fields, with their tables, that one hop reads."""
    field = tables[table].fields.get(name)
    to = field.refers_to if field is not None else None
    at = to.table if to is not None else name
    for there, here in hops_of(tables, table, name):
        yield at, there
        yield table, here
    if to is not None and to.on is not None:
        yield table, to.on
        yield from ((at, end) for end in tables[at].in_force or ())


def through_field(tables: Tables, table: str, name: str) -> list[str]:
    """What is looked up through a field of a table, itself or by way of what it is found by."""
    return [id_ for id_, of in tables[table].looked_up.items() if (table, name) in read_for(tables, table, of.hops[0])]


def end_of(tables: Tables, column: Column) -> Column:
    """Where a value stands that may be looked up; what may be asked of a reference, where that does."""
    of = tables[column.table].fields.get(column.name)
    if not isinstance(of, LookedUp):
        return column
    names = of.hops if of.last in (EXISTS, IN_CIRCLE) else (*of.hops, of.last)
    return Column(way_of(tables, column.table, names).at, names[-1])


def read_there(tables: Tables, table: str) -> Iterator[tuple[str, str]]:
    """Every field, with its table, that is read for what is looked up for the records of a table."""
    for of in tables[table].looked_up.values():
        at = table
        for name in of.hops:
            yield from read_for(tables, at, name)
            at = str(hop(tables, at, name))
        if of.last not in (EXISTS, IN_CIRCLE):
            yield at, of.last


# ------------------------------------------------------------------------------------------------------ aggregates, back


def through(tables: Tables, of: str, child: str, named: str | None) -> Way | None:
    """How the records of a table `child` belong to those of `of`: by the key of their parent (None), by a reference, or by the
    tables between them. Raises Wrong where they do not."""
    if named is None and tables[child].belongs_to == of:
        return None
    references = [id_ for id_, f in tables[child].columns.items() if f.refers_to is not None and f.refers_to.table == of]
    if named is not None and named not in references:
        raise Wrong("not-referring", did_you_mean(named, references), field=named, child=child, table=of)
    line, above = list[str](), tables[child].belongs_to
    while named is None and above is not None and above in tables and above not in line:
        line.append(above)
        above = tables[above].belongs_to
    if named is None and of in line:
        return Way(child, tuple(line[: line.index(of)]), line[line.index(of) - 1], tables[of].key)
    if named is None and len(references) > 1:
        raise Wrong("several-references", child=child, table=of, fields=", ".join(references))
    if not references:
        raise Wrong("not-a-child", child=child, table=of)
    field = named or references[0]
    return Way(child, (field,), of, tables[of].key)


def via(tables: Tables, way: Way) -> str:
    """The column of a record by which an aggregate finds whose it is: the reference itself, where it is the key."""
    if len(way.hops) == 1 and way.at == hop(tables, way.table, way.hops[0]):
        to = tables[way.table].fields[way.hops[0]].refers_to if way.hops[0] in tables[way.table].fields else None
        if to is not None and to.by is None and to.on is None:
            return way.hops[0]
    return way.id


# ------------------------------------------------------------------------------------------------------------- mistakes


def mistakes_of(tables: Tables, table: str, mistake: Tell) -> None:
    """What is wrong with what a table says of references: told with the keys that lead there."""
    definition = tables[table]
    if definition.reference and definition.belongs_to is not None:
        mistake("reference-belongs", ("reference",), table=table)
    if definition.rows is not None and not definition.reference:
        mistake("rows-of-reference", ("rows",), table=table)
    by = [of for of, t in tables.items() for f in t.columns.values() if f.refers_to is not None and f.refers_to.table == table]
    for asked in (EXISTS, *((IN_CIRCLE,) if table in by else ())) if by else ():
        if asked in definition.columns:
            mistake("asked-of-reference", ("fields", asked, "[key]"), name=asked, table=table)
    if by and not definition.parts:
        mistake("reference-by-row", ("key",), table=table)
    for i, end in enumerate(definition.in_force or ()):
        if end not in definition.fields:
            mistake("unknown-field", ("in_force", i), help=did_you_mean(end, definition.columns), name=end, table=table)
        elif definition.fields[end].type is not Type.DATE:
            mistake("in-force-dates", ("in_force", i), field=end)
    for id_, f in definition.columns.items():
        if f.missing is not None and f.refers_to is None:
            mistake("missing-of-reference", ("fields", id_, "missing"), field=id_)
        if f.refers_to is not None:
            _mistakes_of_field(tables, table, id_, f, mistake)


def _mistakes_of_field(tables: Tables, table: str, id_: str, f: FieldDef, mistake: Tell) -> None:
    to, path = f.refers_to, ("fields", id_, "refers_to")
    assert to is not None
    if to.table not in tables:
        mistake("unknown-table-name", path, help=did_you_mean(to.table, tables), name=to.table)
        return
    if id_ == tables[table].belongs_to:
        mistake("reference-as-parent", ("fields", id_, "[key]"), field=id_)
    there = tables[to.table]
    if not there.parts:  # which is told
        return
    if to.by is None and there.parts[1:]:
        mistake("reference-by-parts", path, table=to.table, parts=", ".join(there.parts))
        return
    by = to.by if to.by is not None else {there.key: id_}
    for at, own in by.items():
        for name, of in ((at, to.table), (own, table)):
            if name not in tables[of].columns:
                mistake("unknown-field", path, help=did_you_mean(name, tables[of].columns), name=name, table=of)
                return
        one, other = tables[table].columns[own].type, there.columns[at].type
        if one is not other and not {one, other} <= {Type.TEXT, Type.CHOICE}:
            words = {"type": Word(f"type.{one.value}"), "expected": Word(f"type.{other.value}")}
            mistake("reference-type", path, field=own, other=f"{to.table}.{at}", **words)
    if to.on is None and set(by) != set(there.parts):
        mistake("reference-by-parts", path, table=to.table, parts=", ".join(there.parts))
    if to.on is not None and to.on not in tables[table].columns:
        mistake("unknown-field", path, help=did_you_mean(to.on, tables[table].columns), name=to.on, table=table)
    elif to.on is not None and tables[table].columns[to.on].type is not Type.DATE:
        mistake("in-force-dates", path, field=to.on)
    if to.on is not None and there.in_force is None:
        mistake("no-in-force", path, table=to.table)
