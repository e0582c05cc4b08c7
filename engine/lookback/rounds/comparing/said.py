"""The reasons of two reviews' findings, in one language.

In: findings of either, and the language that is asked for. Out: the same, those of a review in another language said anew from
what the review keeps (`reviews.flagged`).
"""

from __future__ import annotations

from contextlib import closing

import pyarrow as pa

from lookback.reviews.flagged import Finding, said_in
from lookback.reviews.folder import load, lost_of
from lookback.rounds.comparing.records import SIDES, Both
from lookback.warehouse.duckdb import DuckDB

ASKED = ("finding", "new_at")
"""What has to be known of a finding beside the columns of `Finding`; these are dropped."""


def in_language(found: pa.Table, both: Both, lang: str | None) -> pa.Table:
    """`found`: rows of `findings_compared`; those that lie in NEW have a place there (`new_at`)."""
    reasons, of_new = found["reason"].to_pylist(), [at is not None for at in found["new_at"].to_pylist()]
    for side in SIDES:
        review = both.reviews[side]
        rows = [i for i, new in enumerate(of_new) if new == (side == "new")]
        if lang in (None, review.summary["language"]) or not rows:
            continue
        columns = [found[c].to_pylist() for c in Finding._fields]
        each = [Finding(*(column[i] for column in columns)) for i in rows]
        with closing(DuckDB(None, threads=1)) as warehouse:
            load(review.folder, both.packs[side], list(dict.fromkeys(one.unit for one in each)), warehouse)
            said = said_in(str(lang), both.packs[side], each, warehouse, lost_of(review.folder, review.summary))
        for i, one in zip(rows, said, strict=True):
            reasons[i] = one or reasons[i]
    at = found.column_names.index("reason")
    return found.set_column(at, "reason", pa.array(reasons, pa.string())).drop([*ASKED])
