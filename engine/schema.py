"""The JSON Schema of a pack's files, from the models that read them, so that editors complete and check them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from engine.model import ClauseFile, Header, Records, RuleFile, TestFile

FILES: dict[str, type[BaseModel]] = {
    "pack": Header,
    "records": Records,
    "clauses": ClauseFile,
    "rules": RuleFile,
    "test": TestFile,
}
"""The kinds of a pack's files: pack.yaml, records.yaml, clauses.yaml, <chapter>.rules.yaml, <chapter>.test.yaml."""


def schema(kind: str) -> dict[str, Any]:
    """The schema of one kind of file."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **FILES[kind].model_json_schema(by_alias=True)}
