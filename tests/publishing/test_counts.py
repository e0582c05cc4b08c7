"""What of a table of counts is published: whoever has all of it works nothing out of it."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence

import pytest

from lookback.publishing import attacker, counting
from lookback.publishing.counting import Counted, in_full, published

Tables = dict[str, dict[str, list[int]]]
Row = tuple[int | None, ...]


def drawn(seed: int) -> tuple[Tables, int, int]:
    """One or two tables of the same units by up to three verdicts, small enough to be tried out by hand; the smallest count."""
    draw = random.Random(seed)
    columns, fields = draw.choice([2, 2, 3]), draw.choice([1, 1, 2])
    values = [draw.randint(1, 3 if fields == 1 else 2) for _ in range(fields)]
    weights = [draw.choice([1, 1, 3, 9]) for _ in range(columns)]
    tables: Tables = {f"f{i}": {} for i in range(fields)}
    for _ in range(draw.choice([1, 4, 9, 16, 25])):
        verdict = draw.choices(range(columns), weights)[0]
        for i in range(fields):
            tables[f"f{i}"].setdefault(str(draw.randrange(values[i])), [0] * columns)[verdict] += 1
    return {f: dict(sorted(of.items())) for f, of in tables.items()}, columns, draw.choice([2, 3, 5])


def splits(total: int, caps: Sequence[int | None]) -> Iterator[tuple[int, ...]]:
    """Every way to make a total of whole numbers, of which some are given."""
    if not caps:
        if total == 0:
            yield ()
        return
    first, *rest = caps
    for n in range(total + 1) if first is None else (first,):
        if n <= total:
            yield from ((n, *others) for others in splits(total - n, rest))


def fits(rows: Sequence[Row], sums: Sequence[int]) -> bool:
    """Whether whole numbers can stand in the cells of a table, whose sums of columns are these. Row by row, without a solver."""
    left = {tuple(sums)}
    for *cells, margin in rows:
        after = set()
        for state in left:
            for total in range(sum(state) + 1) if margin is None else (margin,):
                for row in splits(total, cells):
                    if all(n <= of for n, of in zip(row, state, strict=True)):
                        after.add(tuple(of - n for n, of in zip(row, state, strict=True)))
        left = after
    return tuple([0] * len(sums)) in left


def possible(tables: Sequence[Counted], table: int, row: int, column: int, n: int, most: int) -> bool:
    """Whether an attacker who tries everything out finds a number possible for a cell of some tables of the same units."""
    shown = [[list(cells) for cells in of.cells] for of in tables]
    *sums, total = shown[0][-1]
    if row == len(tables[table].rows):
        if column == len(sums):
            total = n
        else:
            sums[column] = n
    else:
        shown[table][row][column] = n
    for whole in range(most + 1) if total is None else (total,):
        for of in splits(whole, sums):
            if all(fits([tuple(cells) for cells in one[:-1]], of) for one in shown):
                return True
    return False


def narrowed(tables: Mapping[str, Mapping[str, Sequence[int]]], columns: int, smallest: int) -> list[tuple[object, ...]]:
    """What is published too precisely."""
    found = [table for table in published(tables, columns, smallest) if table.told]
    in_all = sum(map(sum, next(iter(tables.values())).values()))
    wrong: list[tuple[object, ...]] = []
    for t, table in enumerate(found):
        for r, cells in enumerate(table.cells):
            for c, n in enumerate(cells):
                if n is not None:
                    wrong += [(table.field, r, c, n)] if n < smallest else []
                    continue
                wrong += [(table.field, r, c, v) for v in range(smallest) if not possible(found, t, r, c, v, in_all + smallest)]
    return wrong


@pytest.mark.parametrize(("first", "many"), [(0, 8), pytest.param(8, 500, marks=pytest.mark.slow)])
def test_whoever_tries_everything_out_narrows_no_count_that_is_withheld(first: int, many: int) -> None:
    wrong = {seed: found for seed in range(first, many) if (found := narrowed(*drawn(seed)))}
    assert wrong == {}


def test_the_attacker_of_these_tests_finds_what_a_margin_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attacker.Attacker, "narrows", lambda self, cell: False)
    assert narrowed({"f": {"a": [9, 1], "b": [7, 8]}}, 2, 5) != []


def test_what_is_large_everywhere_is_published_as_it_is() -> None:
    tables = {"f": {"a": [9, 6], "b": [7, 8]}, "g": {"x": [16, 14]}}
    assert published(tables, 2, 5) == in_full(tables, 2)
    assert in_full(tables, 2)[0].cells == ((9, 6, 15), (7, 8, 15), (16, 14, 30))


def test_a_small_count_takes_others_of_its_row_and_of_its_column_along_and_margins_stay() -> None:
    [table] = published({"f": {"a": [9, 1], "b": [1, 9]}}, 2, 5)
    assert table.cells == ((None, None, 10), (None, None, 10), (10, 10, 20))


def test_the_same_table_gives_the_same_counts_whatever_was_asked_before() -> None:
    tables, columns, smallest = drawn(7)
    before = published(tables, columns, smallest)
    for seed in range(3):
        published(*drawn(seed))
    assert published(tables, columns, smallest) == before


def test_a_table_on_which_the_proof_runs_out_of_steps_is_withheld_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attacker, "MOST_STEPS", 1)
    assert counting.published({"f": {"a": [9, 1], "b": [7, 8]}}, 2, 5) == [Counted("f", (), (), told=False)]
