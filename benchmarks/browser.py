"""A Chromium without a screen, spoken to over its debugging pipe: what a page takes, and what it looks like.

In: where Chromium is (CHROMIUM, else on the PATH), a page's file. Out: what an expression is in it. It needs no other package;
Linux and macOS.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PATIENCE = 60
"""Seconds that an answer may take."""


def chromium() -> str | None:
    """The program, where there is one."""
    named = os.environ.get("CHROMIUM")
    return named or next((found for name in NAMES if (found := shutil.which(name))), None)


class Page:
    """A page that is open."""

    def __init__(self, write: int, read: int) -> None:
        self._write, self._read, self._left, self._number, self._session = write, read, b"", 0, ""

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """A command of the DevTools protocol, and its result. Raises RuntimeError where it is refused."""
        self._number += 1
        asked = {"id": self._number, "method": method, "params": params}
        os.write(self._write, json.dumps(asked | ({"sessionId": self._session} if self._session else {})).encode() + b"\0")
        while True:
            said = self._message()
            if said.get("id") == self._number:
                if "error" in said:
                    raise RuntimeError(f"{method}: {said['error']['message']}")
                return dict(said["result"])

    def _message(self) -> dict[str, Any]:
        while b"\0" not in self._left:
            if not select.select([self._read], [], [], PATIENCE)[0]:
                raise RuntimeError(f"the browser said nothing for {PATIENCE} s")
            if not (more := os.read(self._read, 1 << 20)):
                raise RuntimeError("the browser ended")
            self._left += more
        text, _, self._left = self._left.partition(b"\0")
        return dict(json.loads(text))

    def attach(self) -> None:
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.ask("Page.enable")

    def run(self, expression: str) -> Any:
        """What an expression of JavaScript is in the page, once it is known. Raises RuntimeError for an exception."""
        got = self.ask("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in got:
            raise RuntimeError(json.dumps(got["exceptionDetails"])[:1000])
        return got["result"].get("value")

    def open(self, file: Path, ready: str) -> None:
        """A page, as far as the expression `ready` is true in it."""
        self.ask("Page.navigate", url=file.resolve().as_uri())
        wait = f"new Promise((done) => {{ const look = () => ({ready}) ? done() : setTimeout(look, 5); look(); }})"
        self.run(wait)

    def size(self, width: int, height: int, phone: bool = False) -> None:
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)

    def picture(self, file: Path, whole: bool = False) -> None:
        """A PNG of what is seen of the page, or of all of it."""
        file.write_bytes(b64decode(self.ask("Page.captureScreenshot", captureBeyondViewport=whole)["data"]))

    def printed(self, file: Path) -> None:
        """A PDF of it, as its style says."""
        file.write_bytes(b64decode(self.ask("Page.printToPDF", preferCSSPageSize=True)["data"]))


@contextmanager
def browser() -> Iterator[Page]:
    """A browser with an empty page. Raises SystemExit where there is no Chromium."""
    program = chromium()
    if program is None or sys.platform == "win32":
        raise SystemExit("no Chromium: install it (on Debian: chromium), or say where it is: CHROMIUM=…")
    to_it, write = os.pipe()
    read, from_it = os.pipe()
    with tempfile.TemporaryDirectory(prefix="lookback-browser-", ignore_cleanup_errors=True) as profile:
        options = ["--headless", "--no-sandbox", "--hide-scrollbars", "--remote-debugging-pipe", f"--user-data-dir={profile}"]
        shell = ["sh", "-c", f'exec "$@" 3</dev/fd/{to_it} 4>/dev/fd/{from_it}', "sh", program, *options]
        running = subprocess.Popen(
            shell, pass_fds=(to_it, from_it), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        os.close(to_it)
        os.close(from_it)
        try:
            page = Page(write, read)
            page.attach()
            yield page
        finally:
            os.close(write)
            running.terminate()
            running.wait()
            os.close(read)
