"""A report, or those of groups one after another, as a document for Word, and as Markdown.

In: a `Report`, or `GroupReports`; for Word the office's own template, where there is one: the document takes its styles, page,
headers and footers. Out: a file, a text. The same report has the same bytes: the times in the document are fixed.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lookback.reporting.report import GroupReports, Report
from lookback.words.errors import UsageError
from lookback.words.habits import day_said
from lookback.writers._sheets import width
from lookback.writers.documents.word import in_xml, kept, on_a4, save, set_fonts, shaded
from lookback.writers.report.group import GroupPaper, papers_of
from lookback.writers.report.sections import Paper, Table

_GRID, _TITLE, _HEADING = "Table Grid", "Title", "Heading 1"
NARROWEST, WIDEST = 9, 48
"""Of the columns of a table, in characters; the page is shared out among them."""
ACROSS, DAY = 104, 14
"""Characters across a page; a day needs so many with the margins of its cell."""
_DAY = re.compile(r"\d{4}-\d\d-\d\d").fullmatch
_SPECIAL = str.maketrans({c: f"\\{c}" for c in "\\|`*_[]<>#"})


def _papers(found: Report | GroupReports) -> Sequence[Paper | GroupPaper]:
    return [Paper(found)] if isinstance(found, Report) else papers_of(found)


def as_markdown(found: Report | GroupReports) -> str:
    return "\n".join(map(_markdown, _papers(found)))


def _markdown(paper: Paper | GroupPaper) -> str:
    parts = [f"# {_plain(paper.title)}", *map(_plain, paper.lines)]
    for section in paper.sections():
        parts += [f"## {_plain(section.title)}", *("\n".join(f"- {_plain(line)}" for line in section.lines) or "",)]
        for table in section.tables:
            parts += [f"### {_plain(table.title)}"] if table.title else []
            parts += [_rows(table), *([_plain(table.more)] if table.more else [])]
    return "\n\n".join(part for part in parts if part) + "\n"


def _plain(text: str) -> str:
    """A text that is no mark of Markdown."""
    return " ".join(text.split()).translate(_SPECIAL)


def _rows(table: Table) -> str:
    def line(cells: Sequence[str]) -> str:
        return f"| {' | '.join(map(_plain, cells))} |"

    marks = ["---" if i < table.texts else "--:" for i in range(len(table.heads))]
    return "\n".join([line(table.heads), f"| {' | '.join(marks)} |", *map(line, table.rows)])


def write_document(file: Path, found: Report | GroupReports, template: Path | None = None) -> None:
    """Raises UsageError for a template that is not there or no document of Word, OSError where the file cannot be written."""
    import docx
    from docx.opc.exceptions import PackageNotFoundError

    if template is not None and not template.exists():
        raise UsageError("template-not-there", file=str(template))
    try:
        document = docx.Document(str(template)) if template is not None else docx.Document()
    except (PackageNotFoundError, ValueError, KeyError, OSError, zipfile.BadZipFile) as error:
        raise UsageError("no-template", file=str(template)) from error
    if template is None:
        _set_up(document, found)
    papers = _papers(found)
    for n, paper in enumerate(papers):
        if n:
            document.add_paragraph().paragraph_format.page_break_before = True
        _add(document, paper.title, _TITLE)
        for line in paper.lines:
            document.add_paragraph(in_xml(line))
        for section in paper.sections():
            _add(document, section.title, _HEADING)
            for line in section.lines:
                document.add_paragraph(in_xml(line))
            for table in section.tables:
                _add_table(document, table)
    save(document, papers[0].title, file)


def _set_up(document: Any, found: Report | GroupReports) -> None:
    """Fonts, A4, and below each page its number; beside it the day."""
    from docx.oxml.ns import qn
    from docx.shared import Cm, Pt

    for name in ("Normal", _TITLE, _HEADING, "Heading 2"):
        set_fonts(document.styles[name])
    document.styles["Normal"].font.size = Pt(10.5)
    side = on_a4(document, 2)
    side.top_margin = side.bottom_margin = Cm(2)
    foot = side.footer.paragraphs[0]
    foot.alignment = 1
    if found.day is not None:
        foot.add_run(f"{day_said(found.day, found.lang)} · ")
    field = foot.add_run()._r
    for kind, text in (("begin", None), (None, "PAGE"), ("end", None)):
        mark = field.makeelement(qn("w:fldChar" if kind else "w:instrText"), {qn("w:fldCharType"): kind} if kind else {})
        mark.text = text
        field.append(mark)


def _add(document: Any, text: str, style: str) -> None:
    """A paragraph in a style, where the document has it."""
    there = style in {one.name for one in document.styles}
    paragraph = document.add_paragraph(style=style) if there else document.add_paragraph()
    paragraph.add_run(in_xml(text)).bold = None if there else True


def _add_table(document: Any, table: Table) -> None:
    from docx.shared import Pt

    if table.title:
        _add(document, table.title, "Heading 2")
    made = document.add_table(1 + len(table.rows), len(table.heads))
    if _GRID in {style.name for style in document.styles}:
        made.style = _GRID
    made.autofit = False
    side, wide = document.sections[-1], _shares(table)
    within = side.page_width - side.left_margin - side.right_margin
    for column, share in zip(made.columns, wide, strict=True):
        column.width = int(within * share)
    for n, (row, texts) in enumerate(zip(made.rows, [table.heads, *table.rows], strict=True)):
        for i, (cell, text) in enumerate(zip(row.cells, texts, strict=True)):
            cell.width, paragraph = int(within * wide[i]), cell.paragraphs[0]
            run = paragraph.add_run(in_xml(text))
            run.font.size, run.font.bold = Pt(9), True if n == 0 else None
            if i >= table.texts:
                paragraph.alignment = 2
            if n == 0:
                shaded(cell)
        kept(row, "cantSplit", *(["tblHeader"] if n == 0 else []))
    if table.more:
        document.add_paragraph(in_xml(table.more))
    document.add_paragraph()


def _shares(table: Table) -> list[float]:
    """How much of the page each column takes: at least what keeps its days and its head's words whole, and of the rest as much
    as its widest text asks for, within bounds."""
    columns = [[*column] for column in zip(table.heads, *table.rows, strict=True)]
    least = [
        max([NARROWEST, *(width(word) + 5 for word in head.split() if head.isascii()), *(DAY for text in of if _DAY(text))])
        for head, *of in columns
    ]
    each = [min(max(low, *map(width, of)), max(low, WIDEST)) for low, of in zip(least, columns, strict=True)]
    more = sum(each) - sum(least)
    if sum(each) > ACROSS and more:
        rest = max(ACROSS - sum(least), 0)
        wide = [low + rest * (one - low) / more for low, one in zip(least, each, strict=True)]
        return [one / sum(wide) for one in wide]
    return [one / sum(each) for one in each]
