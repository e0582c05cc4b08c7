"""A document for Word: its fonts and its page, texts as it can hold them, and its file, whose bytes are the same every time.

In: a document of python-docx. Out: a file. It says nothing: the words are those of who writes the document.
"""

from __future__ import annotations

import io
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

from lookback.words.shown import harmless
from lookback.writers._sheets import BEHIND, FONTS

_LONG_AGO, _IN_ZIP = datetime(2000, 1, 1), (2000, 1, 1, 0, 0, 0)


def in_xml(text: str) -> str:
    """A text as XML can hold it."""
    return harmless(text).translate({0xFFFE: "\ufffd", 0xFFFF: "\ufffd"})


def set_fonts(style: Any) -> None:
    """The fonts of both languages, whatever the theme says."""
    from docx.oxml.ns import qn

    style.font.name = FONTS["en"]
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    fonts.set(qn("w:eastAsia"), FONTS["zh"])


def on_a4(document: Any, margin: float) -> Any:
    """The first section, upright; `margin`: at its sides, in cm."""
    from docx.shared import Cm

    side = document.sections[0]
    side.page_width, side.page_height = Cm(21), Cm(29.7)
    side.left_margin = side.right_margin = Cm(margin)
    return side


def shaded(cell: Any) -> None:
    """A cell of a head."""
    from docx.oxml.ns import qn

    shade = {qn("w:val"): "clear", qn("w:fill"): BEHIND.removeprefix("#")}
    cell._tc.get_or_add_tcPr().append(cell._tc.makeelement(qn("w:shd"), shade))


def kept(row: Any, *what: str) -> None:
    """What Word keeps of a row: `tblHeader`, it stands on each page; `cantSplit`, it is on one."""
    from docx.oxml.ns import qn

    properties = row._tr.get_or_add_trPr()
    for one in what:
        properties.append(properties.makeelement(qn(f"w:{one}"), {}))


def save(document: Any, title: str, file: Path) -> None:
    """With fixed times and nobody's name. Raises OSError."""
    core = document.core_properties
    core.created = core.modified = core.last_printed = _LONG_AGO
    core.title, core.author, core.last_modified_by, core.comments, core.revision = in_xml(title)[:255], "", "", "", 1
    made = io.BytesIO()
    document.save(made)
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name, _IN_ZIP), old.read(name), zipfile.ZIP_DEFLATED)
