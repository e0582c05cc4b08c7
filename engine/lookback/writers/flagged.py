"""Flagged units as a workbook for people: the units worst first, then their findings, what does not count for its unit, and what
was lost on the way from the files to the list, a sheet each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lookback.packs.checked import NOT_JUDGED, CheckedPack, Named
from lookback.words import say
from lookback.writers._sheets import HEAD, LAST_ROW, LINE, print_wide, width, workbook

if TYPE_CHECKING:  # what is printed is made elsewhere, by what is heavy to load
    from lookback.reviews.flagged import Flagged

UNITS_IN_REVIEW, FINDINGS_IN_REVIEW, LOST_IN_REVIEW = 3_000, 10_000, 10_000
"""A list for people: a review holds the worst so many; `lookback flagged` writes them all."""
GREY = "#BFBFBF"
IN_MEMORY = 50_000
"""Rows that are written faster from memory; more are written as they come."""
WRAPPED_FROM = 30
"""Columns at least so wide are wrapped."""


def write_flagged(file: Path, review: Path, pack: CheckedPack, lang: str) -> None:
    """The workbook that lies in a review, of what is flagged there."""
    from lookback.reviews.flagged import flagged

    found = flagged(review, pack, top=UNITS_IN_REVIEW, most_findings=FINDINGS_IN_REVIEW, lost=True, most_lost=LOST_IN_REVIEW)
    apart = any(pack.not_counted(rule) for rule in pack.rules)
    uncounted = flagged(review, pack, most_findings=FINDINGS_IN_REVIEW, not_counted=True) if apart else None
    write_workbook(file, found, pack, lang, uncounted)


def write_workbook(file: Path, found: Flagged | None, pack: CheckedPack, lang: str, uncounted: Flagged | None = None) -> None:
    """Write a workbook: of what is flagged, and on a sheet of its own of what does not count. What does not fit on a sheet is
    counted in its last row. Raises OSError where it cannot be written."""
    names = Named(pack, lang)
    tables = [t for of in (found, uncounted) if of is not None for t in (of.units, of.findings, of.lost) if t is not None]
    large = sum(t.num_rows for t in tables) > IN_MEMORY
    with workbook(file, say(lang, "flagged.units"), constant_memory=large) as book:
        styles = {
            "head": book.add_format(HEAD),
            "cell": book.add_format({"valign": "top"}),
            "text": book.add_format({"text_wrap": True, "valign": "top"}),
            **{
                o: book.add_format({"valign": "top", "bg_color": c})
                for o, c in zip((*pack.outcomes, NOT_JUDGED), (*_shades(len(pack.outcomes)), GREY), strict=True)
            },
        }
        if found is not None:
            _units(book, found, names, styles)
            _findings(book, "flagged.findings", found, names, styles)
        if uncounted is not None and (uncounted.findings.num_rows or found is None):
            _findings(book, "flagged.not-counted", uncounted, names, styles)
        if found is not None:
            _losses(book, found, names, styles)


def _unit_heads(names: Named) -> list[str]:
    root = names.pack.tables[names.pack.root]
    return [names.field(names.pack.root, root.key), names.field(names.pack.root, root.label) if root.label else ""]


def _units(book: Any, found: Flagged, names: Named, styles: Mapping[str, Any]) -> None:
    lang = names.lang
    heads = [*_unit_heads(names), *(say(lang, f"head.{h}") for h in ("verdict", "score", "findings", "rules"))]
    rows = [
        [u["key"], u["label"], names.outcome(u["verdict"]), u["score"], u["findings"], "\n".join(map(names.rule, u["rules"]))]
        for u in found.units.to_pylist()
    ]
    shades = [styles[v] for v in found.units.column("verdict").to_pylist()]
    more = say(lang, "flagged.more", shown=len(rows), total=found.total) if found.total > len(rows) else None
    _sheet(book, say(lang, "flagged.units"), heads, rows, (14, 32, 18, 8, 9, 60), styles, shades, more)


def _findings(book: Any, title: str, found: Flagged, names: Named, styles: Mapping[str, Any]) -> None:
    pack, lang = names.pack, names.lang
    last = "advice" if title == "flagged.findings" else "because"
    codes = ("table", "record", "rule", "clause", "status", "outcome", "reason", last)
    heads = [*_unit_heads(names), *(say(lang, f"head.{h}") for h in codes)]
    listed = []
    for f in found.findings.to_pylist():
        rule = pack.by_id[f["rule"]]
        said = rule.rule.advice if last == "advice" else pack.not_counted(rule)
        listed.append(
            [
                f["unit"],
                f["label"],
                names.table(f["table"]),
                f["record"],
                names.rule(rule.id),
                f["clause"],
                say(lang, f"status.{f['status']}"),
                names.outcome(f["outcome"]),
                f["reason"],
                said.in_(lang) if said else "",
            ]
        )
    _sheet(book, say(lang, title), heads, listed, (14, 24, 10, 14, 34, 8, 10, 18, 60, 50), styles, None, None)


def _losses(book: Any, found: Flagged, names: Named, styles: Mapping[str, Any]) -> None:
    lost, lang = found.lost.to_pylist() if found.lost is not None else [], names.lang
    if not lost:
        return
    of = ("table", "field", "file", "sheet", "place", "value", "expected")
    heads = [*_unit_heads(names), *(say(lang, f"head.{h}") for h in of)]
    rows = [[each["unit"], each["label"], *_lost(each, names)] for each in lost]
    more = None
    if found.lost_total > len(rows):
        more = say(lang, "flagged.lost-more", shown=len(rows), total=found.lost_total)
    _sheet(book, say(lang, "flagged.lost"), heads, rows, (14, 24, 10, 30, 24, 12, 13, 30, 60), styles, None, more)


def _lost(each: Mapping[str, Any], names: Named) -> list[Any]:
    """What was lost, below the heads: by the names that people call things."""
    table, field, file, shown = each["table"], each["field"], each["file"] or "", each["shown"] or ""
    titles = (names.table(table), names.field(table, field) if field else None) if table else (None, field)
    expected = (each["expected"] or "").replace(file.removesuffix(shown), "") if file != shown else each["expected"]
    place = each["cell"] or (str(each["row"]) if each["row"] else None)
    return [*titles, shown or None, each["sheet"], place, each["value"], expected or None]


def _sheet(
    book: Any,
    title: str,
    heads: Sequence[str],
    rows: Sequence[Sequence[Any]],
    widths: Sequence[int],
    styles: Mapping[str, Any],
    shades: Any,
    more: str | None,
) -> None:
    """A sheet with a frozen header and filters; `shades` colours the third column, row by row."""
    sheet = book.add_worksheet(title)
    sheet.freeze_panes(1, 2)
    for i, wide in enumerate(widths):
        sheet.set_column(i, i, wide)
    sheet.set_row(0, 24)
    sheet.write_row(0, 0, heads, styles["head"])
    shown = rows[: LAST_ROW - 1]
    for i, row in enumerate(shown, start=1):
        sheet.set_row(i, _height(row, widths))
        for j, value in enumerate(row):
            style = shades[i - 1] if shades is not None and j == 2 else styles["text" if widths[j] >= WRAPPED_FROM else "cell"]
            if isinstance(value, str):
                sheet.write_string(i, j, value[:32_767], style)
            elif value is not None:
                sheet.write_number(i, j, value, style)
            else:
                sheet.write_blank(i, j, None, style)
    sheet.autofilter(0, 0, len(shown), len(heads) - 1)
    if more is not None:
        sheet.write_string(len(shown) + 1, 0, more)
    print_wide(sheet)


def _height(row: Sequence[Any], widths: Sequence[int]) -> float:
    """A height that shows all lines of a row, in points: not every program works it out for itself."""
    lines = 1
    for value, wide in zip(row, widths, strict=True):
        if isinstance(value, str) and wide >= WRAPPED_FROM:
            lines = max(lines, sum(-(-width(line) // wide) for line in value.split("\n")))
    return min(LINE * lines, 400.0)


def _shades(n: int) -> list[str]:
    """From best to worst: green, then yellow to red."""
    worse = ["#FFF2CC", "#F8CBAD", "#F4A6A0", "#E57373", "#D9534F"]
    return [
        "#E2EFDA",
        *(worse[min(round(i * (len(worse) - 1) / max(n - 2, 1)) if n > 3 else i, len(worse) - 1)] for i in range(n - 1)),
    ]
