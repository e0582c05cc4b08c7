"""A YAML file whose top-level list gets more items, as text: whatever else stands in the file stays as it is.

In: a file's text, a key of its top level, the text of items. Out: the file's text with them.
"""

from __future__ import annotations

import re

_KEY = re.compile(r"[A-Za-z_]+:")  # of a file's top level


def appended(text: str, key: str, new: str) -> str:
    """The text with `new` at the end of the list under `key`, which is made at the end of the file where there is none."""
    lines = text.splitlines()
    keys = [i for i, line in enumerate(lines) if _KEY.match(line)]
    start = next((i for i in keys if lines[i].startswith(f"{key}:")), None)
    if start is None:
        return "\n".join([*lines, *([""] if lines and lines[-1] else []), f"{key}:", new.strip("\n")]) + "\n"
    end = next((i for i in keys if i > start), len(lines))
    while not lines[end - 1].strip() or (end < len(lines) and lines[end - 1].startswith("#")):
        end -= 1
    return "\n".join([*lines[:end], new.rstrip("\n"), *lines[end:]]).rstrip("\n") + "\n"
