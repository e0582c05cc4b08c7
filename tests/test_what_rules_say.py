"""What rules really say, about texts, days and several choices: situations that others had, in data of our own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from builders import pack_of
from strategies import write_pack

import lookback as package


def reviewed(
    folder: Path, fields: Mapping[str, Mapping[str, Any]], require: str, data: str, files: Mapping[str, str] | None = None
) -> package.Review:
    """Units, as they stand in a file, judged by one rule. `files`: further ones of the pack."""
    tables = {"units": {"key": "unit_id", "fields": {"unit_id": {"type": "text"}, **fields}}}
    write_pack(pack_of(tables, [{"rule": "the-rule", "for": "units", "require": require}]), folder / "pack")
    for name, text in (files or {}).items():
        (folder / "pack" / name).write_text(text, "utf-8")
    (folder / "data").mkdir()
    (folder / "data" / "units.csv").write_text(data, "utf-8")
    return package.check(folder / "data", folder / "pack", out=folder / "review", lang="en")


def verdicts(review: package.Review) -> dict[str, str]:
    return {row["unit_id"]: row["verdict"] for row in review.verdicts.to_pylist()}


def reasons(review: package.Review) -> dict[str, str]:
    return {row["record"]: row["reason"] for row in review.findings.to_pylist()}


# ------------------------------------------------------------------------------------------------------------------ texts

CODES = """\
unit_id,code
right,99999999MB1234567L
letters,99999999MBOOOOOO7L
short,99999999MB123456L
digit,99999999MB1234567K
blank,
"""


def test_a_code_has_its_shape_and_its_check_digit(tmp_path: Path) -> None:
    shape = "matches(code, '[0-9A-Z]{18}') and check_digit(code, 'cn-uscc')"
    found = reviewed(tmp_path, {"code": {"type": "text"}}, shape, CODES)
    wrong = dict.fromkeys(("letters", "short", "digit", "blank"), "make_up")
    assert verdicts(found) == {"right": "pass"} | wrong
    assert reasons(found)["short"] == (
        "code is 99999999MB123456L, should be so that matches(code, '[0-9A-Z]{18}'); "
        "code is 99999999MB123456L, should be so that check_digit(code, 'cn-uscc')"
    )
    assert reasons(found)["blank"] == "code: blank"


def test_pieces_of_a_text_are_asked_about(tmp_path: Path) -> None:
    asked = "left(code, 4) = '9999' and substring(code, 9, 2) = 'MB' and right(code, 1) || left(code, 1) = 'L9'"
    found = reviewed(tmp_path, {"code": {"type": "text"}}, asked, CODES)
    assert verdicts(found) == dict.fromkeys(("right", "letters", "short"), "pass") | dict.fromkeys(("digit", "blank"), "make_up")
