"""LibreOffice as a person at the keyboard: opens workbooks, types into cells, saves.

`Typed` collects what is done; `Typed.run` does it in one start of soffice, with a profile of its own, through a macro. What is
typed goes the way of the keyboard (`.uno:EnterString`): LibreOffice itself makes dates and numbers of it, as the format of the
cell says.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

FILTERS = {".xlsx": "Calc MS Excel 2007 XML", ".ods": "calc8", ".xls": "MS Excel 97"}
SECONDS = 900
"""Only so that nothing hangs for ever: no test is about how fast it is."""

_MACRO = """
Sub Main(steps As String, ended As String)
  Dim book, frame, controller, dispatcher, files, lines, word, none()
  Dim one(0) As New com.sun.star.beans.PropertyValue
  Dim two(1) As New com.sun.star.beans.PropertyValue
  On Error GoTo Failed
  dispatcher = createUnoService("com.sun.star.frame.DispatchHelper")
  files = createUnoService("com.sun.star.ucb.SimpleFileAccess")
  lines = createUnoService("com.sun.star.io.TextInputStream")
  lines.setInputStream(files.openFileRead(steps))
  lines.setEncoding("UTF-8")
  said = "done"
  Do While Not lines.isEOF()
    word = Split(lines.readLine(), Chr(9))
    If UBound(word) > 0 Then
      Select Case word(0)
      Case "open"
        book = StarDesktop.loadComponentFromURL(word(1), "_blank", 0, none())
        controller = book.CurrentController
        frame = controller.Frame
      Case "sheet"
        controller.setActiveSheet(book.Sheets.getByName(word(1)))
      Case "type"
        one(0).Name = "ToPoint"
        one(0).Value = word(1)
        dispatcher.executeDispatch(frame, ".uno:GoToCell", "", 0, one())
        one(0).Name = "StringName"
        one(0).Value = word(2)
        dispatcher.executeDispatch(frame, ".uno:EnterString", "", 0, one())
      Case "save"
        one(0).Name = "FilterName"
        one(0).Value = word(2)
        two(0).Name = "FilterName"
        two(0).Value = word(2)
        two(1).Name = "Password"
        two(1).Value = word(3)
        If word(3) = "" Then book.storeToURL(word(1), one()) Else book.storeToURL(word(1), two())
      Case "close"
        book.close(True)
      End Select
    End If
  Loop
  GoTo Finish
Failed:
  said = Error$ & " (line " & Erl & ") at " & Join(word, " ")
  Resume Finish
Finish:
  Open ended For Output As #1
  Print #1, said
  Close #1
  StarDesktop.terminate()
End Sub
"""


class Typed:
    """What is to be done, in order."""

    def __init__(self) -> None:
        self.steps: list[Sequence[str]] = []

    def open(self, file: Path) -> None:
        self.steps.append(("open", file.as_uri()))

    def sheet(self, name: str) -> None:
        self.steps.append(("sheet", name))

    def type(self, cell: str, text: str) -> None:
        """Go to a cell (as in B2) of the sheet, type a text, press Enter."""
        self.steps.append(("type", cell, text))

    def save(self, file: Path, password: str = "") -> None:
        self.steps.append(("save", file.as_uri(), FILTERS[file.suffix], password))

    def close(self) -> None:
        self.steps.append(("close", ""))

    def run(self, soffice: str, folder: Path) -> None:
        """Do it all. `folder`, empty, takes LibreOffice's profile. Raises AssertionError with what LibreOffice said."""
        steps, ended = folder / "steps", folder / "ended"
        steps.write_text("".join("\t".join(step) + "\n" for step in self.steps), "utf-8")
        command = [soffice, f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", "--norestore", "--nologo"]
        subprocess.run([*command, "--terminate_after_init"], check=True, capture_output=True, timeout=SECONDS)
        (folder / "profile" / "user" / "basic" / "Standard" / "Module1.xba").write_text(
            '<?xml version="1.0" encoding="UTF-8"?>\n<script:module xmlns:script="http://openoffice.org/2000/script" '
            f'script:name="Module1" script:language="StarBasic">{escape(_MACRO)}</script:module>\n',
            "utf-8",
        )
        macro = f'macro:///Standard.Module1.Main("{steps.as_uri()}","{ended}")'
        run = subprocess.run([*command, macro], check=False, capture_output=True, text=True, timeout=SECONDS)
        said = ended.read_text("utf-8", "replace").strip() if ended.exists() else run.stdout + run.stderr
        assert said == "done", said
