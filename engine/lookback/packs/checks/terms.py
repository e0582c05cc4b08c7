"""How long a unit has: `due:` of an outcome.

In: `30 days`, `10 working days` where the pack has a calendar, or `:limit days`, whose number is a parameter's. Out: mistakes; or
the day on which a term ends that begins on another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from lookback.language.types import Type
from lookback.packs.checked import CheckedPack, Pack
from lookback.words.errors import Mistake, did_you_mean

_TERM = re.compile(r"(?:(\d{1,4})|:([a-z][a-z0-9_]*)) (working )?days?")


def wrong_terms(pack: Pack) -> Iterator[Mistake]:
    file, params = pack.files[0].name, pack.header.params
    for i, outcome in enumerate(pack.header.outcomes):
        if outcome.due is None:
            continue
        at, said = pack.span((file, "outcomes", i, "due")), _TERM.fullmatch(outcome.due)
        if said is None:
            yield Mistake("due-form", at, {"text": outcome.due})
            continue
        _, param, worked = said.groups()
        if param is not None and param not in params:
            yield Mistake("unknown-param", at, {"name": param}, did_you_mean(param, params))
        elif param is not None and params[param].type is not Type.INTEGER:
            yield Mistake("due-by-a-number", at, {"name": param})
        if worked and pack.header.calendar is None:
            yield Mistake("due-without-calendar", at, {"text": outcome.due})


def day_due(pack: CheckedPack, outcome: str, day: date) -> date | None:
    """The last day of the term that begins on `day`; None where the outcome has none, or it ends beyond what the calendar
    knows."""
    term = next((o.due for o in pack.pack.header.outcomes if o.outcome == outcome), None)
    said = None if term is None else _TERM.fullmatch(term)
    if said is None:
        return None
    number, param, worked = said.groups()
    n = int(number if number is not None else str(pack.params[param]))
    if worked:
        return None if pack.pack.days is None else pack.pack.days.moved(day, n)
    try:
        return day + timedelta(n)
    except OverflowError:
        return None
