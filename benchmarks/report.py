"""What a report costs: made, and in the browser: 50,000 units, of which 10,000 are flagged.

    python -m benchmarks.report --units 50000

Chromium opens the page from the disk, without a screen; its own clock (`performance`) says how long it takes to open, until the
list is drawn, and from a change of filter, search or order, or a click on a unit, until the next frame. Medians. The aims: to
open in under 3 s, to filter in under 200 ms. Without Chromium (CHROMIUM=…) only what it takes to make the page is measured.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import duckdb

from benchmarks.browser import Page, browser, chromium
from benchmarks.run import PACK, by_units, data_of, literal, measured

UNITS = (50_000,)
FLAGGED = 5
"""One of so many units is flagged."""
HEADS = ("units", "flagged", "made, CPU s", "MB", "opens, ms", "filters", "searches", "sorts", "tells of one")
READY = 'performance.getEntriesByName("opened").length > 0'
TIMES = 5
FRAME = "await new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"
ACTIONS = (
    "const s = document.querySelector('#tools select'); s.value = s.value === '1' ? '' : '1';"
    "s.dispatchEvent(new Event('change', {bubbles: true}))",
    "const s = document.getElementById('search'); s.value = s.value === '77' ? '' : '77'; s.dispatchEvent(new Event('input'))",
    "document.querySelector('#list thead button[data-column=\"-1\"]').click()",
    "document.querySelector('#rows button').click();"
    "await new Promise((done) => { const look = () => told.open ? done() : setTimeout(look, 1); look(); })",
)
"""What a person does, in the order of HEADS."""


def records_of(units: int, folder: Path) -> Path:
    """Records of so many units, of which one in FLAGGED is flagged: chosen from more of them by their verdicts."""
    found = folder / f"{units}-of-a-report"
    if found.is_dir():
        return found
    every, judged, flagged = data_of(units * 7 // 5, folder), folder / f"{units}-to-choose-from", units // FLAGGED
    measured([sys.executable, "cli.py", "check", str(every), "--pack", str(PACK), "-o", str(judged), "--lang", "en"])
    found.mkdir()
    with duckdb.connect() as connection:
        verdicts = f"SELECT unit_id FROM {literal(judged / 'verdicts.parquet')} WHERE verdict"
        parts = (("=", units - flagged), ("<>", flagged))
        some = " UNION ALL ".join(f"({verdicts} {sign} 'pass' ORDER BY 1 LIMIT {n})" for sign, n in parts)
        for name in ("units", "issues"):
            rows = f"FROM {literal(every / f'{name}.parquet')} SEMI JOIN ({some}) USING (unit_id)"
            connection.execute(f"COPY ({rows}) TO {literal(found / f'{name}.parquet')} (FORMAT parquet)")
    return found


def in_browser(page: Page, file: Path, runs: int) -> list[float]:
    """Milliseconds: to open, then for each of ACTIONS."""
    opened = []
    for _ in range(runs):
        page.open(file, READY)
        opened.append(page.run('performance.getEntriesByName("opened")[0].duration'))
    times = [median(opened)]
    for action in ACTIONS:
        timed = f"(async () => {{ const begun = performance.now(); {action}; {FRAME}; return performance.now() - begun; }})()"
        some = []
        for _ in range(TIMES):
            some.append(page.run(timed))
            page.run("told.open && told.close()")
        times.append(median(some))
    return times


def report(units: int, runs: int, folder: Path) -> list[list[object]]:
    data, review, file = records_of(units, folder), folder / f"{units}-review", folder / "report.html"
    measured([sys.executable, "cli.py", "check", str(data), "--pack", str(PACK), "-o", str(review), "--lang", "en"])
    made = measured([sys.executable, "cli.py", "report", str(review), "-o", str(file), "--lang", "en"])
    with duckdb.connect() as connection:
        query = f"SELECT count(*) FROM {literal(review / 'verdicts.parquet')} WHERE verdict <> 'pass'"
        flagged = connection.execute(query).fetchall()[0][0]
    row: list[object] = [f"{units:,}", f"{flagged:,}", f"{made.cpu:.1f}", f"{file.stat().st_size / 1e6:.1f}"]
    if chromium() is None:
        return [[*row, *["no Chromium"] * (1 + len(ACTIONS))]]
    with browser() as page:
        page.size(1280, 900)
        return [[*row, *(f"{ms:,.0f}" for ms in in_browser(page, file, max(runs, 3)))]]


def main(arguments: Sequence[str] | None = None) -> None:
    by_units(__doc__ or "", UNITS, HEADS, report, arguments)


if __name__ == "__main__":
    main()
