"""lookback: holds records of organisations against a pack of declarative rules.

    import lookback
    review = lookback.check("fixtures/small")
    review.verdicts            # an Arrow table, a row a unit
    review.findings            # an Arrow table, a row a finding

The names below are the whole interface for other programs; they are loaded when first used.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False  # as typing says it, which takes its time: until signals are listened to, there should be little

if TYPE_CHECKING:
    from typing import Any

    from lookback.packs.read import built_in_packs as built_in_packs
    from lookback.pipeline import check as check
    from lookback.reviews.folder import Review as Review
    from lookback.reviews.folder import open_review as open_review
    from lookback.words.errors import LookbackError as LookbackError

VERSION = __version__ = "0.2.0"

_HOME = {
    "check": "lookback.pipeline",
    "open_review": "lookback.reviews.folder",
    "Review": "lookback.reviews.folder",
    "LookbackError": "lookback.words.errors",
    "built_in_packs": "lookback.packs.read",
}
__all__ = ["VERSION", "LookbackError", "Review", "built_in_packs", "check", "open_review"]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'lookback' has no attribute {name!r}")
