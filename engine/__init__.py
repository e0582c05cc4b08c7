"""lookback: holds records of organisations against a pack of declarative rules.

    import engine
    review = engine.check("fixtures/small")
    review.verdicts            # an Arrow table, a row a unit
    review.findings            # an Arrow table, a row a finding

The names below are the whole interface for other programs; they are loaded when first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.errors import LookbackError as LookbackError
    from engine.pack import built_in_packs as built_in_packs
    from engine.review import Review as Review
    from engine.review import check as check
    from engine.review import open_review as open_review

VERSION = __version__ = "0.1.0"

_HOME = {
    "check": "engine.review",
    "open_review": "engine.review",
    "Review": "engine.review",
    "LookbackError": "engine.errors",
    "built_in_packs": "engine.pack",
}
__all__ = ["VERSION", "LookbackError", "Review", "built_in_packs", "check", "open_review"]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'engine' has no attribute {name!r}")
