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

    def every(self, head: Head) -> Head:
        """A header that was found, with all of its columns that have a name."""
        return Head(
            head.last, head.headers, {f"c{i}": i for i, header in enumerate(head.headers) if header}, {}, second=head.second
        )


def is_header(text: str) -> bool:
    return len(text) <= LONGEST and (_VALUE.fullmatch(text) is None or _YEAR.fullmatch(text) is not None)
