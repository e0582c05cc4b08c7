"""JSON piece by piece."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import IO, Any


def dumped(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, default=str)


def list_of(items: Iterable[Any], stream: IO[str]) -> None:
    """A list, an item a line."""
    between = "\n"
    stream.write("[")
    for item in items:
        stream.write(between + dumped(item))
        between = ",\n"
    stream.write("\n]")


def some(**members: Any) -> dict[str, Any]:
    """An object of the members that are something; `a_b` is called `a-b`."""
    return {name.replace("_", "-"): value for name, value in members.items() if value not in (None, [], {}, ())}
