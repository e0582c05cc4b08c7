"""What ends a run early: Ctrl-C, SIGTERM, a terminal that is closed.

From `listen` on, a signal ends this process where it stands, whatever it is at: nothing that libraries make of an exception in
their midst can hide it. What was begun beside outputs and among temporary files is taken away first, and a line says so.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterable
from contextlib import suppress
from types import FrameType

from lookback.words import default_language, say

SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


def listen(heard: Iterable[int] = ()) -> None:
    """`heard`: what came before. A signal that this process was started to ignore, as by nohup, is ignored."""
    for sign in SIGNALS:
        if signal.getsignal(sign) != signal.SIG_IGN:
            signal.signal(sign, _stop)
    for early in heard:
        _stop(early, None)


def _stop(sign: int, _: FrameType | None) -> None:
    for other in SIGNALS:
        signal.signal(other, signal.SIG_IGN)
    place = sys.modules.get("lookback.place")  # nothing was begun before it is there, and whole
    getattr(place, "leave", lambda: None)()
    written = getattr(place, "written", ())
    lang = getattr(sys.modules.get("lookback.cli._base"), "LANG", default_language())
    said = say(lang, "stopped-after", files=", ".join(map(str, written))) if written else say(lang, "stopped")
    wiped = "\r\x1b[2K" if os.isatty(2) else ""  # a line that moves
    with suppress(OSError):
        os.write(2, f"{wiped}{said}\n".encode(errors="replace"))
    os._exit(128 + sign)
