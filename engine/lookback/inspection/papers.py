"""A paper of the pack for each drawn unit, filled with what the review knows of it.

In: a review, a draw of it or of an earlier one of the same pack, which paper. Out: the template, and a `Known` a unit, with the
names that `packs/checks/office.py` gives to papers. It makes no text. Personal data does not go into a paper.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lookback.inspection.folder import DrawFolder, judged_of
from lookback.inspection.frame import VERDICTS, Unit
from lookback.inspection.sheet import Open, Record, loaded, open_findings, records_of
from lookback.packs.checked import CheckedPack
from lookback.reviews.folder import Review
from lookback.warehouse.duckdb import path_literal, quoted
from lookback.words import LANGUAGES
from lookback.words.errors import UsageError
from lookback.words.source import Source


@dataclass(frozen=True)
class Known:
    """`about`: the unit's record, with facts, verdict, score and findings. `records`: table -> its records, with theirs."""

    unit: Unit
    about: Record
    records: Mapping[str, tuple[Record, ...]]
    open: tuple[Open, ...]


def paper_called(pack: CheckedPack, name: str, lang: str) -> Source:
    """A template of the pack: `name.en.md` or `name.zh.md`, by the language, `name.md`, or that of another language. Raises
    UsageError where there is none."""
    papers = pack.pack.papers
    wanted = (f"{name}.{lang}", name, *(f"{name}.{other}" for other in LANGUAGES))
    found = next((papers[one] for one in wanted if one in papers), None)
    if found is None:
        raise UsageError("no-paper", pack=pack.pack.header.pack, name=name, lang=lang)
    return found


def known_of(review: Review, drawn: DrawFolder, lang: str) -> list[Known]:
    """What is known of the drawn units that the review judged. Raises UsageError for a review of another pack."""
    pack, chosen = review.pack(), judged_of(drawn, review)
    keys = [c.unit.key for c in chosen]
    with loaded(review, keys) as warehouse:
        records = {table: records_of(pack, table, warehouse, judged=True) for table in pack.top_down()}
        found = open_findings(review, keys, warehouse, lang)
        verdicts = f"read_parquet({path_literal(review.folder / VERDICTS)})"
        key = f"CAST({quoted(pack.tables[pack.root].key)} AS VARCHAR)"
        query = f"SELECT {key}, {{score: score, findings: findings}} FROM {verdicts} SEMI JOIN units_to_load ON unit = {key}"
        counted = dict(warehouse.rows(query))
    known = []
    for unit in (c.unit for c in chosen if c.unit.key in records[pack.root]):
        about = {**records[pack.root][unit.key][0], **counted[unit.key]}
        own = {table: tuple(of.get(unit.key, ())) for table, of in records.items() if table != pack.root}
        known.append(Known(unit, about, own, tuple(found[unit.key])))
    return known
