"""The mistakes of a pack, as people and programs want them: text, JSON, SARIF 2.1.0, or annotations of GitHub.

Lines and columns count from 1, columns in characters; an end is the first column after what is meant. Files below the current
folder are named from there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from lookback import VERSION
from lookback.language.types import in_json
from lookback.words import Word, say
from lookback.words.errors import Mistake, render_all

if TYPE_CHECKING:  # what is printed is made elsewhere, by what is heavy to load
    from lookback.packs.checked import CheckedPack
    from lookback.proving.examples import Shown
    from lookback.proving.proof import Proof

SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_text(mistakes: Sequence[Mistake], lang: str) -> str:
    """Every mistake at its place, and how many there are."""
    errors = sum(m.severity == "error" for m in mistakes)
    if not mistakes:
        return say(lang, "rules.check.none")
    count = say(lang, "rules.check.count", errors=errors, warnings=len(mistakes) - errors)
    mechanical = sum(bool(m.fix) for m in mistakes)
    rest = say(lang, "rules.check.mechanical", n=mechanical) if mechanical else ""
    return f"{render_all(mistakes, lang)}\n\n{count}{rest}"


def as_json(mistakes: Sequence[Mistake], lang: str) -> str:
    return in_json([_row(m, lang) for m in mistakes])


def proof_as_json(proof: Proof, pack: CheckedPack, lang: str) -> str:
    """How much was asked, what was found with its examples, what is open, what the pack says of blanks inside aggregates."""

    def said(word: Word) -> str:
        return say(lang, word.code, **word.args)

    found = [{**_row(one.mistake, lang), "examples": [_example(shown) for shown in one.examples]} for one in proof.found]
    left_open = [
        {"code": one.question.code, "question": said(one.question), "why": one.why.code, "because": said(one.why)}
        for one in proof.left_open
    ]
    stated = [
        {
            "table": one.column.table,
            "field": one.column.name,
            "value": one.value,
            "judged": one.judged,
            "verdict": one.filled.one.verdict,
            "verdict_blank": one.blank.one.verdict,
            "facts": {fact: {"value": counted, "blank": blank} for fact, (counted, blank) in one.counts.items()},
            "message": one.in_words(pack, lang).strip(),
            "example": _example(one.filled),
        }
        for one in proof.stated
    ]
    asked = {"asked": proof.asked, "found": found, "left_open": left_open, "stated": stated}
    return in_json(asked)


def _example(shown: Shown) -> dict[str, Any]:
    example = shown.example
    about = {"table": example.table, "record": example.record, "verdict": shown.one.verdict, "params": example.params}
    return {**about, "records": example.records}


def _row(m: Mistake, lang: str) -> dict[str, Any]:
    row: dict[str, Any] = {"code": m.code, "severity": m.severity, "message": m.message(lang), "help": m.help_text(lang)}
    return {**row, **dict.fromkeys(("file", "line", "column", "end_line", "end_column")), **_place(m)}


def as_sarif(mistakes: Sequence[Mistake], lang: str) -> str:
    """One run, a result a mistake, their codes as rules."""
    codes = list(dict.fromkeys(m.code for m in mistakes))
    driver = {"name": "lookback", "version": VERSION, "rules": [{"id": code} for code in codes]}
    results = [_result(m, codes.index(m.code), lang) for m in mistakes]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return in_json({"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]})


def as_github(mistakes: Sequence[Mistake], lang: str) -> str:
    """A workflow command a mistake."""
    return "\n".join(_command(m, lang) for m in mistakes)


FORMS: dict[str, Callable[[Sequence[Mistake], str], str]] = {
    "text": as_text,
    "json": as_json,
    "sarif": as_sarif,
    "github": as_github,
}


def _place(mistake: Mistake) -> dict[str, Any]:
    """Where a mistake stands; of a file that cannot be read only which."""
    span = mistake.span
    if span is None:
        return {"file": _named(str(mistake.args["file"]))} if "file" in mistake.args else {}
    end_line, end_column = span.source.position(max(span.end, span.start + 1))
    return {
        "file": _named(span.source.name),
        "line": span.line,
        "column": span.column,
        "end_line": end_line,
        "end_column": end_column,
    }


def _named(file: str) -> str:
    """A file from the current folder, if it stands below it, else as it is named; with slashes on every system."""
    path = Path(file)
    try:
        path = path.resolve().relative_to(Path.cwd().resolve())
    except ValueError:
        path = path.absolute()
    return path.as_posix()


def _said(mistake: Mistake, lang: str) -> str:
    """The sentence, and the way out on a line of its own."""
    help_ = mistake.help_text(lang)
    return mistake.message(lang) + (f"\n{say(lang, 'help')}: {help_}" if help_ is not None else "")


def _result(mistake: Mistake, index: int, lang: str) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": mistake.code,
        "ruleIndex": index,
        "level": mistake.severity,
        "message": {"text": _said(mistake, lang)},
    }
    at = _place(mistake)
    if at:
        file = Path(at["file"])
        place: dict[str, Any] = {"artifactLocation": {"uri": file.as_uri() if file.is_absolute() else quote(at["file"])}}
        if "line" in at:
            keys = {"startLine": "line", "startColumn": "column", "endLine": "end_line", "endColumn": "end_column"}
            place["region"] = {key: at[of] for key, of in keys.items()}
        result["locations"] = [{"physicalLocation": place}]
    return result


def _command(mistake: Mistake, lang: str) -> str:
    at = _place(mistake)
    properties: dict[str, Any] = {key: at[key] for key in ("file", "line") if key in at}
    if "line" in at and at["line"] == at["end_line"]:
        properties |= {"col": at["column"], "endColumn": at["end_column"]}
    elif "line" in at:
        properties["endLine"] = at["end_line"]
    properties["title"] = mistake.code
    written = ",".join(
        f"{key}={_escaped(str(value)).replace(':', '%3A').replace(',', '%2C')}" for key, value in properties.items()
    )
    return f"::{mistake.severity} {written}::{_escaped(_said(mistake, lang))}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
