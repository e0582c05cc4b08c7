"""An explanation as one HTML page that stands by itself: no script, no other file, nothing fetched.

In: an `Explanation`. Out: the page's text, by `explanation.html` beside this file. Whatever comes from records or rules is
escaped.
"""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from lookback.reviews.explanation import Explanation
from lookback.writers.explanation import Words

TEMPLATE = "explanation.html"


def as_page(found: Explanation, lang: str, *, whole: bool = False) -> str:
    """The page; with `whole` the rules that are met or not applicable have their conditions, too."""
    words = Words(found, lang)
    return page(
        TEMPLATE,
        e=found,
        w=words,
        whole=whole,
        opening=words.opening(),
        unknown=[record for record in found.unit.walk() if record.unknown is not None],
        made_by=words.say("made-by", pack=found.pack, version=found.version),
        clauses=words.clauses(rule for record in found.unit.walk() for rule in record.findings),
    )


def page(template: str, **values: object) -> str:
    """A template beside this file, filled in; whatever is filled in is escaped."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(**values)
