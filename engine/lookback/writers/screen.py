"""What a command prints: the verdict counts and flagged units as a table for people, CSV, or JSON.

In: a review's summary and its flagged units. Out: text. Tables are laid out by tabulate, wide characters included.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, Literal

from tabulate import tabulate

from lookback.language.types import Column, in_json
from lookback.packs.checked import NOT_JUDGED, CheckedPack, Named
from lookback.packs.model import REVIEW
from lookback.packs.params import REVIEW_DAY
from lookback.words import say
from lookback.words.errors import Notice, UsageError
from lookback.words.shown import harmless, no_formula, one_line
from lookback.words.terminal import HEAD, PLAIN, Style
from lookback.writers.rounds.ledger_notes import of_unit

if TYPE_CHECKING:  # what is printed is made elsewhere, by what is heavy to load
    from lookback.reviews.flagged import Flagged, Missing
    from lookback.rounds.ledger_marks import Marks

Format = Literal["table", "csv", "json"]
LONGEST_LABEL = 40
LISTED = 3
RULES_SHOWN = {100: 1, 140: 2}
"""Below so many columns, so many rules of a unit."""
COLUMNS, FILES_SHOWN = "column-missing", 5
"""Of the columns that nobody handed in so many files are shown, a line each."""
MISSING = (COLUMNS, "table-missing")
EXPLAINED = (
    *("text", "choice", "choices", "misfit", "key-repeated", "key-disagrees", "columns-disagree", "long-number", "no-result"),
    *("outside", "share-mixed", "unit-unknown", "unit-unsaid"),
)
"""Problems of which it is also shown what was expected."""


def heads(lang: str, *codes: str) -> list[str]:
    """The heads of a table's columns."""
    return [say(lang, f"head.{code}") for code in codes]


FRAMES = {"simple": (2, 0), "grid": (3, 4)}
"""Columns that a table's lines take between two columns and around all of them."""


def table(
    titles: Sequence[str],
    rows: Sequence[Sequence[Any]],
    form: str = "simple",
    widths: Any = None,
    align: Any = None,
    *,
    style: Style = PLAIN,
    colours: Mapping[tuple[int, int], str] = {},
) -> str:
    """Rows below their heads, laid out in columns; `widths`: the most that a column takes, `align`: left or right. The columns
    are narrowed to the width of the style. `colours`: those of cells, by row and column."""
    cells = [[harmless(cell) if isinstance(cell, str) else cell for cell in row] for row in rows]
    named = [harmless(title) for title in titles]
    heads = None
    if form in FRAMES and (fitted := style.widths(named, cells, *FRAMES[form])) is not None:
        widths, heads = fitted, [max(1, width - HEAD) for width in fitted]
    for (row, column), colour in colours.items():
        cells[row][column] = style.paint(cells[row][column], colour)
    align = align if rows else None
    return tabulate(
        cells, named, tablefmt=form, maxcolwidths=widths, maxheadercolwidths=heads, colalign=align, disable_numparse=True
    )


def mark(values: Collection[str], lang: str) -> str:
    """Truth values in words; · for all three."""
    said = [say(lang, f"mark.{v}") for v in ("t", "f", "u") if v in values]
    return "·" if len(said) == 3 else "/".join(said)


def title(summary: Mapping[str, Any], lang: str) -> str:
    """Which pack judged, and on which day: a line."""
    of, day = summary["pack"], summary["params"].get(REVIEW_DAY)
    return harmless(say(lang, "screen.title" if day else "screen.title-undated", pack=of["name"], version=of["version"], day=day))


def colour_of(outcome: str, outcomes: Sequence[str]) -> str:
    """Green for the best outcome, red for the worst and for what could not be judged."""
    return {outcomes[0]: "green", outcomes[-1]: "red", NOT_JUDGED: "red"}.get(outcome, "yellow")


def counts(summary: Mapping[str, Any], pack: CheckedPack, lang: str, style: Style = PLAIN) -> str:
    """How many units have each verdict, as a table."""
    not_judged = {NOT_JUDGED: n} if (n := summary.get("not_judged", 0)) else {}
    each, names = {**summary["verdicts"], **not_judged}, Named(pack, lang)
    total = sum(each.values())
    rows = [[names.outcome(o), f"{n:,}", f"{n / total:.1%}" if total else ""] for o, n in each.items()]
    colours = {(i, 0): colour_of(o, pack.outcomes) for i, (o, n) in enumerate(each.items()) if n}
    return table(heads(lang, "verdict", "units", "share"), rows, align=("left", "right", "right"), style=style, colours=colours)


def whole(summary: Mapping[str, Any], pack: CheckedPack, lang: str) -> list[str]:
    """The verdict of the review as a whole, where something is asked of it, and its findings, a line each."""
    if "review" not in summary or pack.whole is None:
        return []
    of, names = summary["review"], Named(pack.whole, lang)
    lines = [say(lang, "screen.whole", verdict=names.outcome(of["verdict"]))]
    for rule, found in of["rules"].items():
        if found["outcome"] is not None:
            said = {"title": names.rule(rule), "outcome": names.owed(found["outcome"]), "reason": found["reason"][lang]}
            lines.append("  " + one_line(say(lang, "screen.whole.finding", **said)))
    return ["\n".join(lines)]


def whole_text(summary: Mapping[str, Any], pack: CheckedPack, lang: str) -> str:
    """What became of the review as a whole: its verdict, its facts, and every rule with its reason. Raises UsageError where
    nothing is asked of it."""
    if "review" not in summary or pack.whole is None:
        raise UsageError("nothing-of-review")
    of, names, clauses = summary["review"], Named(pack.whole, lang), {rule.id: rule.rule.clauses for rule in pack.whole.rules}
    lines = [say(lang, "screen.whole", verdict=names.outcome(of["verdict"])), ""]
    for rule, found in of["rules"].items():
        ids = say(lang, "reason.or").join([rule, *clauses[rule]])
        said: dict[str, Any] = {"title": names.rule(rule), "ids": ids, "status": say(lang, f"status.{found['status']}")}
        if found["outcome"] is None:
            lines.append(say(lang, "explain.other", **said))
            continue
        remark = found["outcome"] == pack.outcomes[0]
        lines.append(say(lang, "explain.remark" if remark else "explain.found", **said, outcome=names.outcome(found["outcome"])))
        lines.append("  " + one_line(found["reason"][lang]))
    facts = [[names.field(REVIEW, fact), _plain(value)] for fact, value in of["facts"].items()]
    return "\n".join(lines) + ("\n\n" + table(heads(lang, "fact", "found"), facts) if facts else "")


def _plain(value: object) -> str:
    return "–" if value is None else str(value)


def units(
    found: Flagged,
    pack: CheckedPack,
    lang: str,
    form: Format,
    *,
    raw: bool = False,
    owes: str | None = None,
    style: Style = PLAIN,
    marks: Marks | None = None,
) -> str:
    """The flagged units, worst first. `raw`: in CSV, the values as they are. `owes`: an outcome of whose findings the table says
    how many there are. `marks`: what a ledger says of their findings."""
    rows = found.units.to_pylist()
    waived = [[marks.without(r["key"], r["score"] or 0), marks.counts.get(r["key"], 0)] if marks else [] for r in rows]
    if form == "json" and marks is not None:
        named = (dict(zip(("score_without_waived", "waived"), of, strict=True)) for of in waived)
        return in_json([{**r, **of, "ledger": [*of_unit(marks, r["key"])]} for r, of in zip(rows, named, strict=True)])
    if form == "json":
        return in_json(rows)
    if form == "csv":
        return csv_text(
            [
                *("key", "label", "verdict", "score", "findings", "rules", *(f"owes {o}" for o in pack.outcomes)),
                *(("score_without_waived", "waived") if marks else ()),
            ],
            [
                [*list(r.values())[:5], " ".join(r["rules"]), *((r["owes"] or {}).get(o, "") for o in pack.outcomes), *of]
                for r, of in zip(rows, waived, strict=True)
            ],
            raw=raw,
        )
    names, root = Named(pack, lang), pack.tables[pack.root]
    columns = [names.field(pack.root, root.key), names.field(pack.root, root.label) if root.label else ""]
    columns += heads(lang, "verdict", "score", "findings", *(("without-waived", "waived") if marks else ()))
    columns += [*([say(lang, "head.owed", outcome=names.owed(owes))] if owes else []), *heads(lang, "rules")]
    most = next((n for width, n in RULES_SHOWN.items() if style.width is not None and style.width < width), LISTED)
    lines = [
        [
            one_line(r["key"]),
            _short(r["label"] or "", LONGEST_LABEL),
            names.outcome(r["verdict"]),
            r["score"],
            r["findings"],
            *of,
            *([r["owes"][owes]] if owes else []),
            _listed([names.rule(i) for i in r["rules"]], lang, most),
        ]
        for r, of in zip(rows, waived, strict=True)
    ]
    align = ("left", "left", "left", "right", "right", *["right"] * (2 * bool(marks) + bool(owes)), "left")
    colours = {(i, 2): colour_of(r["verdict"], pack.outcomes) for i, r in enumerate(rows)}
    return table(columns, lines, align=align, style=style, colours=colours)


def uncounted(found: Flagged, pack: CheckedPack, lang: str, form: Format, *, raw: bool = False, style: Style = PLAIN) -> str:
    """The findings that do not count, by unit. `raw`: in CSV, the values as they are."""
    codes, rows = ("unit", "label", "table", "record", "rule", "status", "outcome", "reason"), found.findings.to_pylist()
    if form == "json":
        return in_json([{c: r[c] for c in codes} for r in rows])
    if form == "csv":
        return csv_text(codes, [[r[c] for c in codes] for r in rows], raw=raw)
    names, root = Named(pack, lang), pack.tables[pack.root]
    columns = [names.field(pack.root, root.key), names.field(pack.root, root.label) if root.label else ""]
    lines = [
        [
            one_line(r["unit"]),
            _short(r["label"] or "", LONGEST_LABEL),
            names.table(r["table"]),
            one_line(r["record"] or ""),
            names.rule(r["rule"]),
            names.owed(r["outcome"]),
            one_line(r["reason"] or ""),
        ]
        for r in rows
    ]
    return table([*columns, *heads(lang, "table", "record", "rule", "outcome", "reason")], lines, style=style)


def heads_of_missing(of: Missing, names: Named) -> list[str]:
    root = names.pack.tables[names.pack.root]
    titles = [*of.groups, root.key, *([root.label] if root.label else [])]
    late = heads(names.lang, "late") if of.late is not None else []
    return [*(names.field(names.pack.root, title) for title in titles), *late]


def rows_of_missing(of: Missing, names: Named) -> list[list[Any]]:
    """The units of the roster that handed nothing in, below these heads."""
    root, n = names.pack.tables[names.pack.root], len(of.groups)
    columns = [Column(names.pack.root, group) for group in of.groups]
    return [
        [
            *("" if v is None else names.value(v, column) for v, column in zip(row[:n], columns, strict=True)),
            row[n],
            *([row[n + 1]] if root.label else []),
            *([late if (late := of.late_of(row)) is not None else ""] if of.late is not None else []),
        ]
        for row in of.units
    ]


def missing(of: Missing, pack: CheckedPack, lang: str, form: Format, *, raw: bool = False, style: Style = PLAIN) -> str:
    """The units of the roster that handed nothing in, and by when they had to. `raw`: in CSV, the values as they are."""
    codes = [*of.groups, "key", "label", *(["late"] if of.late is not None else [])]
    rows = [[*row, *([of.late_of(row)] if of.late is not None else [])] for row in of.units]
    if form == "json":
        return in_json([dict(zip(codes, row, strict=True)) for row in rows])
    if form == "csv":
        return csv_text(codes, rows, raw=raw)
    names = Named(pack, lang)
    lines = [[one_line(str(v)) if v is not None else "" for v in row] for row in rows_of_missing(of, names)]
    office = pack.pack.header.office
    said = ""
    if of.late is not None and office is not None and office.handed_in_by is not None:
        said = "\n\n" + say(lang, "screen.handed-in-by", param=names.param(office.handed_in_by), due=of.due, day=of.day)
    return table(heads_of_missing(of, names), lines, style=style) + said


def result(summary: Mapping[str, Any], found: Flagged, pack: CheckedPack, lang: str, form: Format, style: Style = PLAIN) -> str:
    """What `lookback check` prints."""
    if form == "json":
        kept: tuple[str, ...] = ("pack", "params", "records", "set_aside", "problems", "verdicts", "not_judged", "not_counted")
        kept = (*kept, "decisions", "review")
        told = {k: summary[k] for k in kept if k in summary}
        return in_json({**told, "worst": found.units.to_pylist()})
    if form == "csv":
        return units(found, pack, lang, form)
    parts = [title(summary, lang), counts(summary, pack, lang, style), *whole(summary, pack, lang)]
    if found.units.num_rows:
        parts.append(say(lang, "screen.worst", n=found.units.num_rows, total=found.total))
        parts.append(units(found, pack, lang, form, style=style))
    if apart := sum(of["findings"] for of in summary["not_counted"].values()):
        parts.append(say(lang, "screen.not-counted", n=apart))
    return "\n\n".join(parts)


def left_out(summary: Mapping[str, Any], folder: object, lang: str) -> str:
    """What the workbook of the review in a folder leaves out, and where it is: a line; nothing where it has everything."""
    cut: Mapping[str, Any] = summary["left_out"]
    if not cut:
        return ""
    each = [say(lang, f"screen.cut.{list_}", listed=n["listed"], of=n["listed"] + n["left_out"]) for list_, n in cut.items()]
    files = dict.fromkeys(n["all_in"] for n in cut.values())
    said = {"lists": say(lang, "screen.and").join(each), "files": say(lang, "reason.or").join(files)}
    return say(lang, "screen.left-out", **said, folder=folder) + "\n"


def notices(told: Iterable[Notice], lang: str) -> str:
    """A line a notice."""
    return "".join(one_line(notice.render(lang)) + "\n" for notice in told)


def problems(rows: Iterable[Mapping[str, str]], kinds: Mapping[str, int], lang: str, shown: int) -> str:
    """Problems by kind, `shown` of them altogether. rows: as in problems.csv; kinds: how many of each kind there are."""
    columns = kinds.get(COLUMNS, 0)
    share = _shares({**kinds, COLUMNS: min(columns, FILES_SHOWN)} if columns else kinds, shown)
    first: dict[str, list[Mapping[str, str]]] = {kind: [] for kind in kinds}
    left = sum(share.values()) - share.get(COLUMNS, 0) + columns
    for row in rows:
        if row["kind"] == COLUMNS or len(first[row["kind"]]) < share[row["kind"]]:
            first[row["kind"]].append(row)
            left -= 1
            if not left:
                break
    lines = []
    for kind, n in kinds.items():
        told = [(problem(row, lang), 1) for row in first[kind]]
        if kind == COLUMNS:
            told = [_columns(list(of), lang) for _, of in groupby(first[kind], _file)][: share[kind]]
        lines += [say(lang, f"problem.{kind}", n=n), *(f"  {said}" for said, _ in told)]
        if (more := n - sum(of for _, of in told)) > 0:
            lines.append(f"  {say(lang, 'problem.more', n=more)}")
    return "\n".join(lines)


def _columns(rows: Sequence[Mapping[str, str]], lang: str) -> tuple[str, int]:
    """The columns that one file lacks, in one line, and how many they are."""
    if len(rows) == 1:
        return problem(rows[0], lang), 1
    fields = _listed([row["field"] for row in rows], lang)
    return say(lang, "screen.columns-missing", place=_file(rows[0]), n=len(rows), fields=fields), len(rows)


def _file(row: Mapping[str, str]) -> str:
    return one_line(row["file"]) + (f" ({one_line(row['sheet'])})" if row["sheet"] else "")


def _shares(kinds: Mapping[str, int], shown: int) -> dict[str, int]:
    """How many of each kind are shown: evenly, and none is left out altogether."""
    share = dict.fromkeys(kinds, 0)
    while sum(share.values()) < max(shown, len(kinds)) and (short := [k for k, n in kinds.items() if share[k] < n]):
        share[min(short, key=lambda kind: share[kind])] += 1
    return share


def problem(row: Mapping[str, str], lang: str) -> str:
    """Where it is and what stands there; what was expected, where that is not plain from its kind."""
    file = _file(row)
    if row["kind"] in MISSING:
        return f"{file}: {row['expected']}" if file else row["expected"]
    place = f"{file} {row['cell']}" if row["sheet"] and row["cell"] else f"{file}:{row['row']}"
    value = f"`{_short(one_line(row['value']), LONGEST_LABEL)}`" if row["value"] else say(lang, "screen.blank")
    code = "screen.problem" if row["column"] else "screen.problem-row"
    said = say(lang, code, place=place, column=one_line(row["column"]), value=value)
    if row["kind"] in EXPLAINED:
        said += say(lang, "screen.expected", expected=row["expected"])
    return say(lang, "screen.proposed", problem=said, proposed=row["proposed"]) if row["proposed"] else said


def _short(text: str, longest: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _listed(titles: Sequence[str], lang: str, most: int = LISTED) -> str:
    """At most so many, and how many more."""
    more = say(lang, "screen.and-more", n=len(titles) - most) if len(titles) > most else ""
    return say(lang, "reason.and").join(titles[:most]) + more


def csv_text(titles: Sequence[str], rows: Sequence[Sequence[Any]], *, raw: bool = False) -> str:
    """Rows as CSV, below their heads. Not `raw`: for people, whose spreadsheet may take no value for a formula."""
    if not raw:
        rows = [[harmless(no_formula(value)) if isinstance(value, str) else value for value in row] for row in rows]
    return "\n".join(map(_csv_line, [titles, *rows]))


def _csv_line(values: Sequence[Any]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(values)  # so that a value with either of them is quoted
    return out.getvalue().removesuffix("\r\n")
