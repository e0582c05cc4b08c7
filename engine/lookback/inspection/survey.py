"""The survey of a drawn unit: the questionnaire that people fill in, and the tally that is handed in.

In: a review and a draw. Out: a `Survey` a unit: what is asked, of whom, and the rows of the tally, which come back as an input of
`check`. Forms have no name and no number, and only their tallies are records: nobody's answer is kept singly.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from lookback.inspection.folder import DrawFolder, judged_of
from lookback.inspection.frame import Unit
from lookback.inspection.sheet import Record, ToFill, loaded, records_of
from lookback.language.types import Type
from lookback.packs.checked import CheckedPack
from lookback.reviews.folder import Review
from lookback.words.errors import UsageError


@dataclass(frozen=True)
class Asked:
    """The table of tallies. `question`: the field whose choices are the questions; `of`: those whose choices are who is asked;
    `answers`: how many gave each answer, a field an answer."""

    table: str
    question: str
    of: tuple[str, ...]
    answers: tuple[str, ...]


@dataclass(frozen=True)
class Survey:
    unit: Unit
    asked: Asked
    tally: ToFill


def asked_by(pack: CheckedPack) -> Asked:
    """Raises UsageError where the pack has no survey, or not one of tallies by question."""
    office = pack.pack.header.office
    if office is None or office.survey is None:
        raise UsageError("no-survey", pack=pack.pack.header.pack)
    table = pack.tables[office.survey]
    above = pack.keys(pack.root)
    parts = [id_ for id_ in (table.parts or (table.key,)) if id_ not in above]
    choices = [id_ for id_ in parts if table.columns[id_].type is Type.CHOICE]
    answers = [id_ for id_, f in table.columns.items() if f.type is Type.INTEGER and id_ not in (*above, *parts)]
    if table.belongs_to != pack.root or not choices or choices != parts or not answers:
        raise UsageError("survey-of-no-questions", table=office.survey, root=pack.root)
    return Asked(office.survey, choices[0], tuple(choices[1:]), tuple(answers))


def surveys(review: Review, drawn: DrawFolder) -> list[Survey]:
    """One a drawn unit that was judged. Raises UsageError for a review of another pack, and a pack without a survey."""
    pack, chosen = review.pack(), judged_of(drawn, review)
    asked = asked_by(pack)
    columns = pack.tables[asked.table].columns
    known = {id_: [*(columns[id_].choices or {})] for id_ in (*asked.of, asked.question)}
    rows: list[Record] = [dict(zip(known, codes, strict=True)) for codes in product(*known.values())]
    with loaded(review, [c.unit.key for c in chosen]) as warehouse:
        units = records_of(pack, pack.root, warehouse)
    found = []
    for unit in (c.unit for c in chosen if c.unit.key in units):
        keys = {id_: units[unit.key][0][id_] for id_ in pack.keys(pack.root) if id_ in columns}
        found.append(Survey(unit, asked, ToFill(asked.table, tuple(columns), tuple({**keys, **row} for row in rows))))
    return found
