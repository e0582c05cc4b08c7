"""Tables of counts with their margins -> what of them is published, so that nothing that is withheld can be worked out.

In: counts of units by verdict and one field each, of the same units. Out: the tables, with None where a count is withheld. One
below the smallest is withheld; and more, until an attacker who has all that is published, and knows how the tables hang together,
finds for each withheld count every number from 0 to the smallest less one possible. Tables of the same units have the counts by
verdict and of all in common: these are withheld in all or in none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lookback.publishing.attacker import Attacker, OutOfSteps

Cell = tuple[int, int, int]
"""(table, row, column). Row and column -1 are margins; those of columns, and that of all, are table -1's."""
ALL = -1
TOTAL: Cell = (ALL, ALL, ALL)
Lines = Sequence[tuple[Cell, list[Cell]]]
"""A margin, and what it is the sum of."""
MOST_CANDIDATES = 12
MOST_TRIED = 200
"""Counts that are withheld, above which nobody tries whether all of them need be."""


@dataclass(frozen=True)
class Counted:
    """Units by a field and their verdict. `rows`: the field's values as texts; `cells`: a row of them a value, then that of all;
    behind each row its sum. None: withheld; `told` is false where all of it had to be."""

    field: str
    rows: tuple[str, ...]
    cells: tuple[tuple[int | None, ...], ...]
    told: bool = True


def published(tables: Mapping[str, Mapping[str, Sequence[int]]], columns: int, smallest: int) -> list[Counted]:
    """`tables`: by its field, a table's rows by their names, each with `columns` counts. Deterministic."""
    rows = {field: [*counts] for field, counts in tables.items()}
    counts = dict(_counts(list(tables.values()), columns))
    gone, withheld = _suppressed(counts, columns, smallest)

    def shown(cell: Cell) -> int | None:
        return None if cell in withheld else counts[cell]

    found = []
    for t, (field, names) in enumerate(rows.items()):
        if t in gone:
            found.append(Counted(field, (), (), told=False))
            continue
        cells = [tuple(shown((t, r, c)) for c in (*range(columns), ALL)) for r in range(len(names))]
        cells.append(tuple(shown((ALL, ALL, c)) for c in (*range(columns), ALL)))
        found.append(Counted(field, tuple(names), tuple(cells)))
    return found


def in_full(tables: Mapping[str, Mapping[str, Sequence[int]]], columns: int) -> list[Counted]:
    """The same where every unit is told by itself, so that there is nothing to withhold."""
    found = []
    for field, of in tables.items():
        cells = [(*counts, sum(counts)) for counts in of.values()]
        sums = tuple(sum(row[c] for row in cells) for c in range(columns + 1))
        found.append(Counted(field, tuple(of), (*cells, sums)))
    return found


def _counts(tables: Sequence[Mapping[str, Sequence[int]]], columns: int) -> Iterator[tuple[Cell, int]]:
    for t, table in enumerate(tables):
        for r, counts in enumerate(table.values()):
            yield from (((t, r, c), n) for c, n in enumerate(counts))
            yield (t, r, ALL), sum(counts)
    sums = [sum(counts[c] for counts in tables[0].values()) for c in range(columns)] if tables else []
    yield from (((ALL, ALL, c), n) for c, n in enumerate(sums))
    if sums:
        yield TOTAL, sum(sums)


def lines_of(cells: Mapping[Cell, int], columns: int, without: set[int] | None = None) -> list[tuple[Cell, list[Cell]]]:
    """How counts hang together: a margin, and what it is the sum of. `without`: tables that are not published."""
    gone, found = without or set(), list[tuple[Cell, list[Cell]]]()
    tables = sorted({t for t, *_ in cells if t != ALL and t not in gone})
    for t in tables:
        rows = sorted({r for of, r, _ in cells if of == t})
        found += [((t, r, ALL), [(t, r, c) for c in range(columns)]) for r in rows]
        found += [((ALL, ALL, c), [(t, r, c) for r in rows]) for c in range(columns)]
        found.append((TOTAL, [(t, r, ALL) for r in rows]))
    if tables:
        found.append((TOTAL, [(ALL, ALL, c) for c in range(columns)]))
    return found


def _suppressed(counts: Mapping[Cell, int], columns: int, smallest: int) -> tuple[set[int], set[Cell]]:
    """The tables that are not published, and the counts that are withheld of the others."""
    small = {cell for cell, n in counts.items() if n < smallest}
    gone, withheld = set[int](), set(small)
    while True:
        lines = lines_of(counts, columns, gone)
        there = {cell for margin, parts in lines for cell in (margin, *parts)}
        asked: Cell | None = None
        try:
            attacker = Attacker(lines, {c: counts[c] for c in there - withheld}, smallest)
            for cell in sorted(there & withheld):
                if attacker.narrows(asked := cell):
                    withheld.add(_more(cell, counts, lines, withheld, smallest))
                    break
            else:
                return gone, _no_more_than_needed(counts, lines, withheld, small, smallest)
        except OutOfSteps:
            left = {c[0] for c in there} - {ALL}
            gone.add(asked[0] if asked is not None and asked[0] in left else max(left))


def _no_more_than_needed(
    counts: Mapping[Cell, int], lines: Lines, withheld: set[Cell], small: set[Cell], smallest: int
) -> set[Cell]:
    """What is withheld, but for what need not be, as later ones do without it: large ones are tried first."""
    there = {cell for margin, parts in lines for cell in (margin, *parts)}
    tried = sorted((withheld & there) - small, key=lambda c: (-counts[c], c))
    for cell in tried if len(withheld & there) <= MOST_TRIED else ():
        rest = withheld - {cell}
        try:
            attacker = Attacker(lines, {c: counts[c] for c in there - rest}, smallest)
            if not any(attacker.narrows(c) for c in sorted(there & rest)):
                withheld = rest
        except OutOfSteps:
            continue
    return withheld


def _more(cell: Cell, counts: Mapping[Cell, int], lines: Lines, withheld: set[Cell], smallest: int) -> Cell:
    """Which published count is withheld as well, so that one that is withheld is no longer narrowed: of its table the first that
    is enough by itself; those in its lines before others, small ones before large ones, then margins, and last of all what the
    tables have in common."""
    of_lines = [[margin, *parts] for margin, parts in lines]
    others = {c for line in of_lines for c in line} - withheld
    beside = {c for line in of_lines if cell in line for c in line}
    own = {c for c in others if c[0] == cell[0] != ALL} or {c for c in others if c[0] != ALL} or others
    candidates = sorted(own, key=lambda c: (ALL in c, c not in beside, counts[c], c))
    for candidate in candidates[:MOST_CANDIDATES]:
        known = {c: counts[c] for c in others if c != candidate}
        if not Attacker(lines, known, smallest).narrows(cell):
            return candidate
    return candidates[0]
