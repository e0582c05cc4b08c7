"""lookback: holds records of organisations against a pack of declarative rules.

    import lookback
    review = lookback.check("fixtures/small")
    review.verdicts            # an Arrow table, a row a unit
    review.findings            # an Arrow table, a row a finding

The names below are the whole interface for other programs (docs/python.md); they are loaded when first used.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False  # as typing says it, which takes its time: until signals are listened to, there should be little

if TYPE_CHECKING:
    from typing import Any

    from lookback.api import Review as Review
    from lookback.api import check as check
    from lookback.api import impact as impact
    from lookback.api import lint as lint
    from lookback.api import open_review as open_review
    from lookback.api import prove as prove
    from lookback.api import run_tests as run_tests
    from lookback.packs.read import built_in_packs as built_in_packs
    from lookback.packs.read import read_pack as read_pack
    from lookback.words.errors import LookbackError as LookbackError

VERSION = __version__ = "0.2.0"

_HOME = {
    **dict.fromkeys(("Review", "check", "impact", "lint", "open_review", "prove", "run_tests"), "lookback.api"),
    **dict.fromkeys(("built_in_packs", "read_pack"), "lookback.packs.read"),
    "LookbackError": "lookback.words.errors",
}
__all__ = [
    *("VERSION", "LookbackError", "Review", "built_in_packs", "check"),
    *("impact", "lint", "open_review", "prove", "read_pack", "run_tests"),
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'lookback' has no attribute {name!r}")
