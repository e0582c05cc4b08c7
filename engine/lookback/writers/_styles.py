"""The look of whatever is written for people: fonts and colours, for workbooks and documents alike."""

from __future__ import annotations

from collections.abc import Sequence

FONTS = {"en": "Calibri", "zh": "宋体"}
"""That every office has."""
QUIET, HEAD, LINES, LATE = "#5B6577", "#DCE6F1", "#B8C4D3", "#F8CBAD"
"""Of what is said beside the rest; behind heads; of lines; behind what is late."""
_BEST, _WORSE = "#E2EFDA", ("#FFF2CC", "#F8CBAD", "#F4A6A0", "#E57373", "#D9534F")
UNJUDGED = "#BFBFBF"


def shades(outcomes: Sequence[str]) -> dict[str, str]:
    """The colour behind each verdict, from the best: green, then yellow to red."""
    last, n = len(_WORSE) - 1, len(outcomes)
    places = (min(round(i * last / max(n - 2, 1)) if n > 3 else i, last) for i in range(n - 1))
    return dict(zip(outcomes, (_BEST, *(_WORSE[i] for i in places)), strict=True))
