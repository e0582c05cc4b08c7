"""The page of a report as people use it, in Chromium: with `make test-slow`, where there is one (CHROMIUM=…).

LOOKBACK_AXE names the file axe.min.js of axe-core (`npm pack axe-core`), which then looks for what a screen reader or a keyboard
would stumble over.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from screen import ROOT, process

from benchmarks.browser import Page, browser, chromium
from benchmarks.report import READY

pytestmark = [pytest.mark.slow, pytest.mark.skipif(chromium() is None, reason="there is no Chromium here")]
WAIT = "await new Promise((done) => { const look = () => told.open ? done() : setTimeout(look, 5); look(); })"
OPEN = "(async () => { %s; " + WAIT + " })()"


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with browser() as found:
        yield found


@pytest.fixture(scope="module", params=["en", "zh"])
def report(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    city, lang = ROOT / "fixtures/example-city/example-city.xlsx", ("--lang", request.param)
    assert process("check", city, "-o", folder / "review", *lang).code == 0
    file = folder / "report.html"
    assert process("report", folder / "review", "-o", file, *lang).code == 0
    return file


@pytest.fixture
def opened(page: Page, report: Path) -> Page:
    page.size(1280, 900)
    page.open(report, READY)
    return page


def rows(page: Page) -> int:
    return int(page.run("+document.querySelector('#list table').getAttribute('aria-rowcount')")) - 1


def press(page: Page, key: str, number: int) -> None:
    for kind in ("keyDown", "keyUp"):
        page.ask("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=number)


def test_the_list_is_searched_filtered_and_sorted(opened: Page) -> None:
    assert rows(opened) == 20
    opened.run("search.value = 'u044'; search.dispatchEvent(new Event('input'))")
    assert rows(opened) == 1
    opened.run("search.value = ''; const s = document.querySelector('select'); s.value = '1'; "
               "s.dispatchEvent(new Event('change', {bubbles: true}))")  # fmt: skip
    assert rows(opened) == 6
    opened.run('document.querySelector(\'[data-column="1"].number button, thead [data-column="1"]\').click()')
    scores = opened.run("[...document.querySelectorAll('#rows td:nth-child(3)')].map((td) => +td.textContent)")
    assert scores == sorted(scores, reverse=True)
    assert opened.run("document.querySelectorAll('#list [aria-sort=descending]').length") == 1


def test_a_unit_is_opened_and_closed_by_the_keyboard(opened: Page) -> None:
    opened.run("document.querySelector('#rows button').focus()")
    press(opened, "ArrowDown", 40)
    assert opened.run("document.activeElement.closest('tr').dataset.place") == "1"
    opened.run(OPEN % "document.activeElement.click()")
    assert "U045" in opened.run("document.getElementById('of').textContent")
    press(opened, "Escape", 27)
    opened.run("new Promise((done) => { const look = () => told.open ? setTimeout(look, 5) : done(); look(); })")
    assert opened.run("document.activeElement.closest('tr').dataset.place") == "1"


def test_nothing_is_wider_than_a_phone(opened: Page) -> None:
    opened.size(390, 844, phone=True)
    assert opened.run("document.documentElement.scrollWidth") <= 390


def test_the_page_breaks_no_rule_of_its_own_policy_and_asks_for_nothing(page: Page, report: Path) -> None:
    listen = "window.refused = []; addEventListener('securitypolicyviolation', (event) => refused.push(event.violatedDirective))"
    page.ask("Page.addScriptToEvaluateOnNewDocument", source=listen)
    page.open(report, READY)
    page.run(OPEN % "document.querySelector('#rows button').click()")
    assert page.run("refused") == []
    assert page.run("performance.getEntriesByType('resource').length") == 0


@pytest.mark.skipif("LOOKBACK_AXE" not in os.environ, reason="LOOKBACK_AXE names no axe.min.js")
def test_axe_finds_nothing(opened: Page) -> None:
    opened.run(Path(os.environ["LOOKBACK_AXE"]).read_text("utf-8") + ";0")
    look = "axe.run(document).then((found) => found.violations.map((one) => [one.id, one.nodes[0].html.slice(0, 200)]))"
    for width in (1280, 390):
        opened.size(width, 900, phone=width < 400)
        assert opened.run(look) == []
        opened.run(OPEN % "document.querySelector('#rows button').click()")
        assert opened.run(look) == [], json.dumps(width)
        opened.run("told.close()")
