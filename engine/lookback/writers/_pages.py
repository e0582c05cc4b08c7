"""Pages that stand by themselves: no script, no other file, nothing fetched. Whatever comes from records or rules is escaped."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from lookback.words.shown import harmless


def page(template: str, **values: object) -> str:
    """A template beside this file, filled in; whatever is filled in is escaped."""
    return _environment().get_template(template).render(**values)


@cache
def _environment() -> Environment:
    """It keeps the templates that it has read."""
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: harmless(value) if type(value) is str else value,
    )
