"""What the columns of CSV files are, as metadata of CSV on the Web (W3C, 2015)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lookback.language.types import BETWEEN_CHOICES, Type

if TYPE_CHECKING:
    from lookback.exporting.tables import CsvTable, Described
    from lookback.exporting.told import Exported

METADATA = "csv-metadata.json"
KINDS = {Type.INTEGER: "integer", Type.NUMBER: "decimal", Type.BOOLEAN: "boolean", Type.DATE: "date"}


def write_metadata(told: Exported, tables: Sequence[CsvTable], file: Path) -> None:
    summary, pack = told.summary, told.summary["pack"]
    said = {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": told.lang}],
        "@id": f"urn:uuid:{told.id('review')}",
        "dc:title": told.title,
        "dc:date": told.day,
        "dc:source": f"lookback {summary['lookback']}, {pack['name']} {pack['version']}, {summary['sha256']}",
        "tables": [_table(table) for table in tables],
    }
    file.write_text(json.dumps(said, ensure_ascii=False, indent=1) + "\n", "utf-8", newline="\n")


def _table(table: CsvTable) -> dict[str, Any]:
    schema: dict[str, Any] = {"columns": [_column(column) for column in table.columns]}
    if table.key is not None:
        schema["primaryKey"] = table.key
    if table.refers is not None:
        own, file, column = table.refers
        schema["foreignKeys"] = [{"columnReference": own, "reference": {"resource": file, "columnReference": column}}]
    return {"url": table.file, **_titled(table.title), "dialect": {"lineTerminators": "\n"}, "tableSchema": schema}


def _column(column: Described) -> dict[str, Any]:
    several = {"separator": BETWEEN_CHOICES} if column.type is Type.CHOICES else {}
    return {
        "name": column.name,
        "titles": column.name,
        **_titled(column.title),
        "datatype": KINDS.get(column.type, "string"),
        **several,
    }


def _titled(title: Mapping[str, str]) -> dict[str, Any]:
    return {"dc:title": [{"@value": said, "@language": lang} for lang, said in title.items()]} if title else {}
