"""A report as a document for Word and as Markdown: what stands in it, in the office's own template, the same bytes every time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import docx
import pytest
from screen import Golden, Lookback

import lookback as engine
from lookback.reporting.gather import gather
from lookback.writers.report.papers import as_markdown, write_document


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_report_of_a_small_review_as_markdown(small: engine.Review, golden: Golden, lang: str) -> None:
    golden(f"report/small.{lang}.md", as_markdown(gather(small, lang)))


def test_the_document_says_what_the_page_says_and_has_the_same_bytes_every_time(
    lookback: Lookback, small: engine.Review, tmp_path: Path
) -> None:
    for name in ("one.docx", "two.docx"):
        assert lookback("report", small.folder, "-o", tmp_path / name, lang="zh").code == 0
    assert (tmp_path / "one.docx").read_bytes() == (tmp_path / "two.docx").read_bytes()
    document, found = docx.Document(str(tmp_path / "one.docx")), gather(small, "zh")
    texts = [paragraph.text for paragraph in document.paragraphs]
    assert texts[0] == found.title
    assert "检查日期" in texts[1]
    cells = {cell.text for table in document.tables for row in table.rows for cell in row.cells}
    assert {unit.label for unit in found.flagged if unit.label} <= {cell.rpartition(" (")[0] for cell in cells}
    assert {one.rule.title for one in found.weighing[:5]} <= cells
    assert document.core_properties.author == ""


def test_the_document_takes_the_page_and_styles_of_the_offices_own_template(
    lookback: Lookback, small: engine.Review, tmp_path: Path
) -> None:
    own = docx.Document()
    own.sections[0].header.paragraphs[0].text = "Office of the Campaign"
    own.styles["Title"].font.name = "Georgia"
    own.save(str(tmp_path / "own.docx"))
    run = lookback("report", small.folder, "--template", tmp_path / "own.docx", "-o", tmp_path / "report.docx")
    assert run.code == 0
    made = docx.Document(str(tmp_path / "report.docx"))
    assert made.sections[0].header.paragraphs[0].text == "Office of the Campaign"
    assert made.styles["Title"].font.name == "Georgia"
    assert made.paragraphs[0].style.name == "Title"


def test_what_is_no_template_is_told_and_nothing_is_written(lookback: Lookback, small: engine.Review, tmp_path: Path) -> None:
    (tmp_path / "own.docx").write_text("no document")
    for template, out, code in (
        ("own.docx", "report.docx", "no-template"),
        ("none.docx", "report.docx", "template-not-there"),
        ("own.docx", "report.md", "template-of-docx"),
    ):
        run = lookback("report", small.folder, "--template", tmp_path / template, "-o", tmp_path / out)
        assert (run.code, run.mistakes()) == (2, [code])
        assert not (tmp_path / out).exists()


def test_texts_of_records_are_no_marks_of_markdown(small: engine.Review, tmp_path: Path) -> None:
    from dataclasses import replace

    found = gather(small, "en")
    odd = replace(found, title="# a | b `c` [d](e) <script> - f", flagged=[replace(found.flagged[0], label="x|y\nz")])
    text = as_markdown(odd)
    assert text.startswith("# \\# a \\| b \\`c\\` \\[d\\](e) \\<script\\> - f\n")
    assert "| x\\|y" in text
    write_document(tmp_path / "odd.docx", odd)


def test_a_document_holds_whatever_a_title_is(small: engine.Review, tmp_path: Path) -> None:
    found = replace(gather(small, "en"), title="Odd \ufffe" + 300 * "b")
    write_document(tmp_path / "report.docx", found)
    assert docx.Document(str(tmp_path / "report.docx")).paragraphs[0].text == "Odd \ufffd" + 300 * "b"
