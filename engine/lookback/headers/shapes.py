"""The header of a sheet of which nothing is known: told by its shape alone.

In: the first rows of a sheet. Out: a `Head` whose fields are its columns, `c0`, `c1`, …; by `find_head`, as of any table.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from lookback.headers.heads import Head, Names
from lookback.packs.model import ROW, FieldDef, TableDef

LONGEST = 60
"""Characters that a header may have."""
ROWS_BELOW = 200
"""So many rows are looked at to see which columns a header has to name."""
_VALUE = re.compile(r"[-+(]?[\d.,/:\s年月日%‰-]+[%)]?|[-+]?\d[\d.,]*\s*\D{1,3}")
"""What is a number or a date, and so no header; a year may be one."""
_YEAR = re.compile(r"(?:19|20)\d\d年?")


class Columns(Names):
    """Names of a table whose fields are whatever stands above its columns."""

    def __init__(self) -> None:
        super().__init__(
            TableDef.model_validate({"key": ROW, "fields": {"c0": FieldDef.model_validate_json('{"type": "text"}')}})
        )

    def field(self, header: str) -> str | None:
        return None

    def _columns(self, headers: Sequence[str]) -> dict[str, list[int]]:
        """A cell that is merged over several columns, as a title is, counts once."""
        return {
            f"c{i}": [i]
            for i, header in enumerate(headers)
            if header and header != (headers[i - 1] if i else None) and is_header(header)
        }

    def best(self, heads: Sequence[Head], rows: Sequence[Sequence[str]]) -> Head:
        """The first row of texts alone under whose columns most rows below stay: a remark to the right of a record makes that row
        longer than the header, and no header of it. Where there is none, the longest."""
        for head in heads:
            texts = [text for text in head.headers if text]
            below = [row for row in rows[head.last + 1 : head.last + 1 + ROWS_BELOW] if any(row)]
            if head.headers != tuple(rows[head.last]) or len(head.fields) < 2 or not all(map(_is_plain, texts)):
                continue
            columns = {*head.fields.values()}
            longer = sum(any(text and i not in columns for i, text in enumerate(row)) for row in below)
            if below and 2 * longer <= len(below):
                return head
        return super().best(heads, rows)

    def every(self, head: Head) -> Head:
        """A header that was found, with all of its columns that have a name."""
        return Head(
            head.last, head.headers, {f"c{i}": i for i, header in enumerate(head.headers) if header}, {}, second=head.second
        )


def is_header(text: str) -> bool:
    return len(text) <= LONGEST and (_VALUE.fullmatch(text) is None or _YEAR.fullmatch(text) is not None)


def _is_plain(text: str) -> bool:
    """Whether it may be a header, and none of the lines above one, as `Filled in by:`."""
    return is_header(text) and re.search("[:：]", text) is None
