"""How large the numbers of some records are: which may be too large to be held, and which are small enough to be reckoned fast.

Numbers of records are small enough for whatever is held of them to have room, nearly always. So it is asked first, from the
largest value of every field and the number of records, whether anything of a pack may be too large; only then the program has
tests for it (`losses`), by which such a value is lost, and no blank. For a product of two fields of at most 10^5 nothing is
tested; for one of 10^9 by 10^9 it is. By the same sizes a pack is made narrow for one run: what 64 bits hold is reckoned in them,
to the same numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from functools import cache

from sqlglot import exp

from lookback.judging.losses import Given, Lost, may_be_too_large
from lookback.language import decimals
from lookback.language.decimals import HELD, NUMBER, RECORDS, Size, held, size_of
from lookback.language.operators import LARGEST_HELD, LARGEST_SUM, bound, constant, is_compared, operands, type_of
from lookback.language.sql import ByDay
from lookback.language.types import PLACES, WHOLE, Column, Type
from lookback.notions.kept import kept
from lookback.packs.checked import CheckedPack, column_of
from lookback.packs.references import end_of
from lookback.warehouse import Warehouse
from lookback.warehouse.duckdb import quoted

_SMALL = Size(10**10)
"""What no length, year or number of days passes."""


def with_large(lost: Lost, pack: CheckedPack, warehouse: Warehouse) -> Lost:
    """What was lost of the records in the warehouse, and whether numbers of the pack may be too large with them."""
    return _with_large(lost, pack, _sizes(lost, pack, warehouse)) if any(map(may_be_too_large, _trees(pack))) else lost


def narrowed(lost: Lost, pack: CheckedPack, warehouse: Warehouse) -> tuple[Lost, CheckedPack]:
    """The same, and the pack with the sizes that its numbers have with these records, and only with these."""
    if not any(type_of(node) is Type.NUMBER for tree in _trees(pack) for node in tree.walk()):
        return with_large(lost, pack, warehouse), pack
    sizes = _sizes(lost, pack, warehouse)
    return _with_large(lost, pack, sizes), _narrowed(pack, sizes)


@kept(lambda sizes: (sizes.fields, sizes.records))
def _narrowed(pack: CheckedPack, sizes: _Sizes) -> CheckedPack:
    return sizes.narrowed()


def _trees(pack: CheckedPack) -> list[exp.Expr]:
    return [fact.sql for fact in pack.facts] + [atom.sql for rule in pack.rules for atom in rule.atoms]


def _with_large(lost: Lost, pack: CheckedPack, sizes: _Sizes) -> Lost:
    large = sizes.too_large() if any(map(may_be_too_large, _trees(pack))) else None
    kept = (lost.fields, lost.doubtful, lost.rows, lost.absent, lost.gone, lost.parts)
    return Given(*kept, large, empty=False) if large else lost


def _sizes(lost: Lost, pack: CheckedPack, warehouse: Warehouse) -> _Sizes:
    fields, records = dict[Column, Size](), dict[str, Size]()
    for table, definition in pack.tables.items():
        numbers = {f: d.type for f, d in definition.stored.fields.items() if d.type in (Type.INTEGER, Type.NUMBER)}
        ends = [f"{end}({quoted(f)}) AS {quoted(f'{end} {f}')}" for f in numbers for end in ("min", "max")]
        found = warehouse.arrow(f"SELECT {', '.join(['count(*) AS _n', *ends])} FROM {quoted(f'records_{table}')}").to_pylist()[0]
        lacking = table in lost.rows or table in lost.gone  # rows that are lost may count, too
        records[table] = RECORDS if lacking else Size(found["_n"])
        for f, kind in numbers.items():
            value = max(abs(found[f"{end} {f}"] or 0) for end in ("min", "max"))
            units = int(Decimal(value).scaleb(PLACES)) if kind is Type.NUMBER else int(value)
            fields[Column(table, f)] = Size(units, PLACES if kind is Type.NUMBER else 0)
    for table, definition in pack.tables.items():  # what is looked up is as large as there
        there = {f: end_of(pack.tables, Column(table, f)) for f in definition.looked_up}
        fields |= {Column(table, f): fields.get(end, Size(0)) for f, end in there.items()}
    return _Sizes(pack, fields, records)


class _Sizes:
    """How large the numbers of a pack can be, with fields and records as they are."""

    def __init__(self, pack: CheckedPack, fields: Mapping[Column, Size], records: Mapping[str, Size]) -> None:
        self.pack, self.fields, self.records = pack, fields, records
        self.known: dict[Column, Size] = {}
        self.seen: dict[tuple[int, str], tuple[exp.Expr, Size, bool]] = {}  # with the tree: only then no other has its number
        self.ratio = cache(self._ratio)
        self.beyond = False
        self.large: set[Column] = set()

    def too_large(self) -> frozenset[Column]:
        """The facts, and the conditions by their text, of which a number may have no room."""
        for fact in self.pack.facts:
            self.column(Column(fact.table, fact.id))
        for rule in self.pack.rules:
            for atom in rule.atoms:
                self.beyond = False
                self.size(atom.sql, rule.table)
                self.large |= {Column(rule.table, atom.text)} if self.beyond else set()
        return frozenset(self.large)

    def column(self, column: Column) -> Size:
        fact = self.pack.fact(column)
        if fact is None:
            return self.fields.get(column, Size(0))
        if column not in self.known:
            before, self.beyond = self.beyond, False
            found = self.size(fact.sql, fact.child or fact.table)
            self.known[column] = self.within(found, HELD) if fact.type is Type.NUMBER else found
            self.large |= {column} if self.beyond else set()
            self.beyond = before
        return self.known[column]

    def narrowed(self) -> CheckedPack:
        """The pack with the sizes of these records."""
        facts = [replace(fact, sql=self.with_sizes(fact.sql, fact.child or fact.table)) for fact in self.pack.facts]
        for before, fact in zip(self.pack.facts, facts, strict=True):
            if fact.type is Type.NUMBER:
                fact.sql.meta["shown"] = size_of(held(bound(before.sql, self.pack.params)))  # what `shown` asks for
        rules = [
            replace(rule, atoms=tuple(replace(atom, sql=self.with_sizes(atom.sql, rule.table)) for atom in rule.atoms))
            for rule in self.pack.rules
        ]
        return replace(self.pack, facts=tuple(facts), rules=tuple(rules))

    def with_sizes(self, tree: exp.Expr, table: str) -> exp.Expr:
        """A tree with the sizes of its columns and parameters, and of what is as large as they; the others follow from these."""
        tree = tree.copy()
        for node in tree.find_all(exp.Column, exp.Placeholder, exp.Neg, exp.Abs, exp.Min, exp.Max, ByDay, exp.Filter):
            checked = node.meta.get("size")
            if isinstance(checked, Size):
                found = self.size(node, table)
                if found.places <= checked.places:
                    node.meta["size"] = min(found.to(checked.places), checked, key=lambda size: size.units)
            if isinstance(node, exp.Column) and "ratio" in node.meta:
                node.meta["ratio"] = self.ratio(column_of(table, node)) or node.meta["ratio"]
        return tree

    def _ratio(self, column: Column) -> tuple[Size, Size] | None:
        """The sizes of the parts of a fact that is a quotient."""
        fact = self.pack.fact(column)
        return decimals.sizes_of_ratio(self.with_sizes(fact.sql, fact.child or fact.table)) if fact is not None else None

    def within(self, size: Size, whole: int) -> Size:
        """A size that is kept small; what is larger is too large."""
        kept = size.within(whole)
        self.beyond |= kept != size
        return kept

    def size(self, tree: exp.Expr, table: str) -> Size:
        """How large a part can be; each is worked out once, as cases in cases ask for their ends again and again."""
        known = self.seen.get((id(tree), table))
        if known is None:
            before, self.beyond = self.beyond, False
            known = self.seen[id(tree), table] = tree, self._size(tree.unnest(), table), self.beyond
            self.beyond = before
        self.beyond |= known[2]
        return known[1]

    def _size(self, tree: exp.Expr, table: str) -> Size:
        match tree:
            case exp.Column():
                return self.column(column_of(table, tree))
            case exp.Literal() if not tree.is_string:
                return decimals.size_of_literal(tree.name)
            case exp.Placeholder():
                value = self.pack.params[tree.name]
                return decimals.size_of_literal(str(abs(value))) if isinstance(value, int | Decimal) else Size(0)
        sizes = [self.size(part, table) for part in operands(tree)]
        if type_of(tree.this if isinstance(tree, exp.Filter) else tree) not in (Type.INTEGER, Type.NUMBER):
            return (
                max(sizes, key=lambda size: size.units, default=Size(0)) if isinstance(tree, exp.Distinct | exp.If) else Size(0)
            )
        return self.reckoned(tree, sizes, table)

    def reckoned(self, tree: exp.Expr, sizes: list[Size], table: str) -> Size:
        n = self.records.get(table, RECORDS)
        whole = type_of(tree) is Type.INTEGER
        match tree:
            case exp.Filter() | exp.Neg() | exp.Abs() | exp.Min() | exp.Max() | exp.Nullif() | ByDay():
                return sizes[0]
            case exp.Add() | exp.Sub() if type_of(tree.this) in (Type.INTEGER, Type.NUMBER):
                found = decimals.added(sizes)
                self.beyond |= whole and found.units > LARGEST_HELD
                return Size(min(found.units, LARGEST_HELD)) if whole else found
            case exp.Mul():
                return decimals.multiplied(sizes)
            case exp.Div():
                found = Size(sizes[0].units * 10 ** (PLACES + sizes[1].places) // self.least(tree, sizes[1]) + 1)
                found = Size(-(-found.units // 10 ** sizes[0].places), PLACES)
                return NUMBER if is_compared(tree) else self.within(found, WHOLE)
            case exp.Round():
                return self.within(decimals.rounded_size(sizes[0], decimals.places_of(tree)), HELD)
            case exp.Count():
                return n
            case exp.Sum() if whole:
                self.beyond |= sizes[0].units * n.units > LARGEST_SUM
                return Size(min(sizes[0].units * n.units, LARGEST_SUM))
            case exp.Sum():
                return self.within(self.within(sizes[0], HELD) * n, HELD)
            case exp.Avg():
                return self.within(sizes[0].to(max(sizes[0].places, PLACES)), WHOLE)
            case exp.Case():
                ends = [branch.args["true"] for branch in tree.args["ifs"]] + [tree.args.get("default")]
                return decimals.alike([self.size(end, table) for end in ends if end is not None])
            case exp.Coalesce() | exp.Least() | exp.Greatest():
                return decimals.alike(sizes)
        return _SMALL if whole else size_of(tree)

    def least(self, tree: exp.Expr, size: Size) -> int:
        """The smallest that a divisor may be, but for 0, in units of its last place."""
        value = constant(tree.expression, self.pack.params)
        return abs(int(Decimal(value).scaleb(size.places))) or 1 if isinstance(value, int | Decimal) else 1


@kept(lambda: None)
def held_exactly(pack: CheckedPack) -> frozenset[Column]:
    """The facts that are quotients, and are held against something."""
    return frozenset(_held_exactly(pack))


def _held_exactly(pack: CheckedPack) -> Iterator[Column]:
    packs = [pack] if pack.whole is None else [pack, pack.whole]
    trees = [(f.child or f.table, f.sql) for of in packs for f in of.facts]
    trees += [(r.table, a.sql) for of in packs for r in of.rules for a in r.atoms]
    for table, tree in trees:
        for node in tree.find_all(exp.Column):
            if "ratio" in node.meta and is_compared(node):
                owner, _, own = node.name.rpartition(".")
                yield Column(owner or table, own)
