"""`lookback export`: a review for other programs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lookback.cli._base import DONE, SCREEN, command, echo, emit, out_option, words
from lookback.words import say

if TYPE_CHECKING:
    from lookback.exporting.told import Exported

FORMS = ("oscal", "sarif", "csvw", "parquet")


@command("export")
@click.argument("review", type=click.Path(path_type=Path))
@click.option("--as", "form", type=click.Choice(FORMS), required=True, help=words("export.as"))
@click.option("--since", type=click.Path(path_type=Path), metavar="OLD", help=words("export.since"))
@out_option("export.out")
def export_command(review: Path, form: str, since: Path | None, out: Path | None, lang: str) -> int:
    from lookback.exporting.tables import write_parquet
    from lookback.exporting.told import telling
    from lookback.words.errors import UsageError
    from lookback.writers.exports.oscal import write_oscal
    from lookback.writers.exports.sarif import write_sarif

    if since is not None and form != "sarif":
        raise UsageError("since-of-sarif")
    if form == "csvw" and out in (None, SCREEN):
        raise UsageError("csvw-needs-folder")
    if form == "parquet" and (out is None or (out == SCREEN and (sys.stdout is None or sys.stdout.isatty()))):
        raise UsageError("parquet-needs-file")
    said = say(lang, "export.written", out=out)
    with telling(review, since) as told:
        if form == "csvw" and out is not None:
            _csvw(told, out)
            echo(said, err=True)
            return DONE
        write = {"oscal": write_oscal, "sarif": write_sarif, "parquet": write_parquet}[form]
        emit(lambda file: write(told, file), out or SCREEN, said)
    return DONE


def _csvw(told: Exported, out: Path) -> None:
    """A folder of CSV files and their metadata, in the place of one like it."""
    from lookback.exporting.tables import write_csv_tables
    from lookback.place import replaced_folder
    from lookback.writers.exports.csvw import METADATA, write_metadata

    with replaced_folder(out, lambda there: (there / METADATA).is_file()) as folder:
        write_metadata(told, write_csv_tables(told, folder), folder / METADATA)
