"""JSON that can be written in one way only: the same data, the same bytes, and the other way round.

Names in order, no blank, UTF-8, whole numbers and texts (RFC 8785, which says more about numbers with a point; there are none).
"""

from __future__ import annotations

import json
from typing import Any


def canonical(data: Any) -> bytes:
    """`data` of objects, lists, texts, whole numbers, booleans, null; whatever else it holds (dates, decimals) is its text."""
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str).encode()


def parsed(written: bytes) -> Any:
    """What was written by `canonical`. Raises ValueError for any other bytes, though they say the same."""
    try:
        data = json.loads(written)
        same = canonical(data) == written
    except RecursionError as error:
        raise ValueError("too deep") from error
    if not same:
        raise ValueError("not canonical")
    return data
