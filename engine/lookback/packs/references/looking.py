"""The names in a pack's expressions that lead to other records, while it is checked.

In: raw trees. Out: the same with such a name as a column of the record itself (`inspection›group_name`), what it means there, and
the tables with the fields that are looked up. A fact of the record that is found stands for its own expression, over values
looked up there, where there is such a record.
"""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from typing import Protocol

from sqlglot import exp

from lookback.language.parse import extent
from lookback.language.scope import Meaning, Scope
from lookback.language.types import Type
from lookback.packs import references
from lookback.packs.checked import CheckedFact, Pack
from lookback.packs.model import EXISTS, IN_CIRCLE, THROUGH, Fact, TableDef
from lookback.packs.references import Way, Wrong
from lookback.words.errors import Mistake, did_you_mean
from lookback.words.source import Path

Node = tuple[str, str, str]
Meanings = MutableMapping[str, dict[str, Meaning]]


class _Found(Protocol):
    """What the check has found so far."""

    mistakes: list[Mistake]
    facts: list[CheckedFact]


class Looking:
    """`tables`: with what is looked up."""

    def __init__(self, pack: Pack, found: _Found) -> None:
        self.pack, self.found = pack, found
        self.tables: dict[str, TableDef] = dict(pack.tables)
        self.meanings: Meanings = {}
        self.facts: dict[tuple[str, str], Fact] = {(fact.of, fact.fact): fact for _, fact in pack.facts}
        self.spoilt: set[Path] = set()

    def needs(self, tree: exp.Expr, path: Path, table: str) -> set[Node]:
        """Put columns in the place of names that lead to other records; the facts that these rest on."""
        found: set[Node] = set()
        for node in list(tree.find_all(exp.Column)):
            names = [part.name for part in node.parts]
            owner = table
            if names[0] == table and len(names) > 1 and not references.hop(self.tables, table, table):
                names = names[1:]
            if len(names) > 2 and names[0] == self.pack.tables[table].belongs_to:
                owner, names = names[0], names[1:]
            own = self.pack.tables[owner].fields
            if len(names) < 2 or (len(names) == 2 and names[0] not in own):
                continue
            try:
                way = self._way(owner, names)
            except Wrong as wrong:
                self._told(wrong, node, path)
                continue
            for part in ("db", "catalog", "table"):
                node.set(part, None)
            node.set("this", exp.to_identifier(way.id, quoted=True))
            node.set("table", exp.to_identifier(owner) if owner != table else None)
            found |= {("fact", way.at, way.last)} if (way.at, way.last) in self.facts else set()
        return found

    def _told(self, wrong: Wrong, node: exp.Expr, path: Path) -> None:
        where, place = extent(node), self.pack.place(path)
        self.found.mistakes.append(Mistake(wrong.code, place.part(*where) if where else place.span, wrong.args_, wrong.help))
        self.spoilt.add(path)

    def _way(self, table: str, names: Sequence[str]) -> Way:
        """The way that names tell, to something that is there. Raises Wrong."""
        way = references.way_of(self.tables, table, names)
        asked = [EXISTS]
        if way.hops and way.at == references.way_of(self.tables, table, [*way.hops[:-1], ""]).at:
            asked.append(IN_CIRCLE)
        there = self.pack.tables[way.at].fields
        if way.last not in (*asked, *there) and (way.at, way.last) not in self.facts:
            known = [*self.pack.tables[way.at].columns, *(f for of, f in self.facts if of == way.at), *asked]
            raise Wrong("unknown-field", did_you_mean(way.last, known), name=way.last, table=way.at)
        return way

    def meant(self, tree: exp.Expr, path: Path, scope: Scope) -> bool:
        """Give the columns of a raw tree that lead to other records their meanings; False where a name of it leads nowhere."""
        for node in tree.find_all(exp.Column) if path not in self.spoilt else ():
            table = node.table or scope.table
            if THROUGH not in node.name or node.name in self.meanings[table]:
                continue
            way = self._way(table, node.name.split(THROUGH))
            try:
                self.meanings[table][node.name] = self._meaning(way)
            except Wrong as wrong:
                self._told(wrong, node, path)
        return path not in self.spoilt

    def look_up(self, way: Way) -> str:
        """The column for what a way leads to."""
        if way.id not in self.tables[way.table].fields:
            field = references.looked_up(self.tables, way)
            self.tables = references.with_looked_up(self.tables, way.table, way.id, field)
            meaning = Meaning(field.type, tuple(field.choices or ()), order=field.best_to_worst or ())
            self.meanings[way.table].setdefault(way.id, meaning)
        return way.id

    def _meaning(self, way: Way) -> Meaning:
        if (way.at, way.last) not in self.facts:
            return self.meanings[way.table][self.look_up(way)]
        of = self.meanings[way.at].get(way.last, Meaning(None))
        if of.type is None:
            return Meaning(None)
        tree = self._of_there(way)
        return Meaning(of.type, of.choices, size=of.size, tree=tree)

    def _of_there(self, way: Way) -> exp.Expr:
        """A fact of the record at the end of a way, worked out here: null where there is no such record."""
        fact = next(f for f in self.found.facts if (f.table, f.id) == (way.at, way.last))
        if fact.child is not None:
            raise Wrong("looked-up-aggregate", fact=fact.id, table=fact.table)
        tree = fact.sql.copy()
        for node in list(tree.find_all(exp.Column)):
            owner, _, own = node.name.rpartition(".")
            names = (*way.hops, *([owner] if owner else []), *own.split(THROUGH))
            inner = self._way(way.table, names)
            if (inner.at, inner.last) in self.facts:
                there = self._of_there(inner)
                if node is tree:
                    tree = there
                else:
                    node.replace(there)
            else:
                node.set("this", exp.to_identifier(self.look_up(inner), quoted=True))
        there_is = exp.column(exp.to_identifier(self.look_up(Way(way.table, way.hops, way.at, EXISTS)), quoted=True))
        there_is.meta["type"] = Type.BOOLEAN
        found = exp.Case(ifs=[exp.If(this=there_is, true=tree)])
        found.meta.update({key: value for key, value in fact.sql.meta.items() if key in ("type", "size")})
        return found

    # --------------------------------------------------------------------------------------------------------- aggregates

    def among(self, path: Path, fact: Fact) -> tuple[str, ...] | None:
        """In what the records that a fact goes over agree, as columns; None where a name leads nowhere, which is told."""
        found: list[str] = []
        for i, name in enumerate(fact.among or ()):
            hops = name.split(".")
            try:
                if hops[1:]:
                    references.referring(self.tables, fact.of, hops[0])
                way = self._way(fact.of, hops) if hops[1:] else None
                if way is not None and (way.at, way.last) in self.facts:
                    raise Wrong("among-fact-there", fact=way.last, table=way.at)
            except Wrong as wrong:
                self.found.mistakes.append(Mistake(wrong.code, self.pack.span((*path, "among", i)), wrong.args_, wrong.help))
                return None
            found.append(self.look_up(way) if way is not None else name)
        return tuple(found) if fact.among is not None else None

    def check_below(self, path: Path, fact: Fact) -> None:
        """An aggregate goes over records that belong or refer to those of its table."""
        try:
            references.through(self.pack.tables, fact.of, str(fact.from_), fact.through)
        except Wrong as wrong:
            span = self.pack.span((*path, "from" if fact.through is None else "through"))
            self.found.mistakes.append(Mistake(wrong.code, span, wrong.args_, wrong.help))

    def via(self, fact: Fact) -> str | None:
        """The column by which an aggregate finds whose a record is, where that is not the key of its parent."""
        try:
            way = references.through(self.pack.tables, fact.of, fact.from_, fact.through) if fact.from_ is not None else None
        except Wrong:  # which is told
            return None
        if way is None:
            return None
        column = references.via(self.pack.tables, way)
        return self.look_up(way) if column == way.id else column
