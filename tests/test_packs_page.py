"""`docs/packs.md`: every key of every file of a pack, as the models have it, with an example that its model takes.

In: the models, and the examples of `packs_page.yaml`. Out: the page; `--update-golden` writes it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import core_yaml
import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import PydanticUndefined
from screen import ROOT, Kept

from lookback.packs.model import FILES, Fact, Id, Ids, Reached, RuleId, Tag, Title

EXAMPLES: dict[str, dict[str, Any]] = core_yaml.load((ROOT / "tests" / "packs_page.yaml").read_bytes())
NAMES = {
    "pack": "pack.yaml",
    "records": "records.yaml",
    "clauses": "clauses.yaml",
    "rules": "&lt;chapter&gt;.rules.yaml",
    "test": "&lt;chapter&gt;.test.yaml",
    "calendar": "&lt;name&gt;.calendar.yaml",
}
KNOWN: list[tuple[Any, str]] = [(Id, "id"), (Ids, "id, or list of them"), (Tag, "id"), (RuleId, "id"), (Reached, "field")]
"""Types that are called something; which of these a rule's id, a table's or a field's is, its meaning says."""
PLAIN = {str: "text", int: "whole number", float: "number", bool: "true or false", Any: "value"}


def models(kind: Any) -> Iterator[type[BaseModel]]:
    """A model and those of its keys, and below; titles aside, which stand everywhere."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        if kind is not Title:
            yield kind
            for its in get_type_hints(kind, include_extras=True).values():
                yield from models(its)
    else:
        for part in get_args(kind):
            yield from models(part)


BY_FILE = {file: list(dict.fromkeys(models(model))) for file, model in FILES.items()}
ALL = list(dict.fromkeys([Title, *(model for found in BY_FILE.values() for model in found)]))


def keys(model: type[BaseModel]) -> Iterator[tuple[str, str]]:
    """(name of the field, key in the file)."""
    for name, field in model.model_fields.items():
        yield name, field.alias or name


def called(model: type[BaseModel]) -> str:
    """How a model's heading is called: by the keys under which it stands."""
    above = [(over, key, get_type_hints(over, include_extras=True)[name]) for over in ALL for name, key in keys(over)]
    return ", ".join(dict.fromkeys(f"{key}:" for _, key, kind in above if stands_in(model, kind)))


def stands_in(model: type[BaseModel], kind: Any) -> bool:
    return kind is model or any(stands_in(model, part) for part in get_args(kind))


def in_words(kind: Any) -> str:
    """A type as people say it."""
    for known, said in KNOWN:
        if kind == known:
            return said
    if kind in PLAIN:
        return PLAIN[kind]
    if isinstance(kind, type) and issubclass(kind, Enum):
        return ", ".join(f"`{one.value}`" for one in kind)
    if kind is Title:
        return "title"
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return f"[{called(kind)}](#{kind.__name__.lower()})"
    origin, parts = get_origin(kind), [part for part in get_args(kind) if part is not type(None)]
    if origin is Annotated:
        return in_words(parts[0])
    if origin is Literal:
        return ", ".join(f"`{part}`" for part in parts)
    if origin in (Union, UnionType):
        return " or ".join(dict.fromkeys(map(in_words, parts)))
    if origin is tuple:
        return f"list of {in_words(parts[0])}" if parts[-1] is ... else f"list of {len(parts)}: {in_words(parts[0])}"
    if origin is dict:
        return f"by {in_words(parts[0])}: {in_words(parts[1])}"
    raise AssertionError(kind)


def default(model: type[BaseModel], name: str) -> str:
    field = model.model_fields[name]
    if field.is_required():
        return "needed"
    value = field.get_default(call_default_factory=True)
    if value is PydanticUndefined or value in (None, (), {}):
        return "–"
    return f"`{core_yaml.dump(list(value) if isinstance(value, tuple) else value, default_flow_style=True).split(chr(10))[0]}`"


def example(model: type[BaseModel], key: str) -> str:
    """As it stands in the file."""
    said = str(EXAMPLES[model.__name__][key]).replace("|", "\\|")
    return f"`{key}: {said}`"


@pytest.mark.parametrize("model", ALL, ids=lambda model: model.__name__)
def test_every_key_has_its_meaning_and_an_example_that_its_model_takes(model: type[BaseModel]) -> None:
    assert (model.__doc__ or "").strip(), "say what it is"
    assert [key for name, key in keys(model) if not model.model_fields[name].description] == [], "describe it in the model"
    assert list(EXAMPLES[model.__name__]) == [key for _, key in keys(model)], "give its example in packs_page.yaml"
    for name, key in keys(model):
        field = model.model_fields[name]
        adapter: TypeAdapter[Any] = TypeAdapter(
            Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
        )
        adapter.validate_json(json.dumps(core_yaml.load(f"{key}: {EXAMPLES[model.__name__][key]}")[key]))


def test_an_example_that_its_model_refuses_is_noticed() -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Fact.model_fields["others"].annotation).validate_json('"perhaps"')


def test_no_example_is_of_what_no_model_has() -> None:
    assert sorted(EXAMPLES) == sorted(model.__name__ for model in ALL)


def table(model: type[BaseModel]) -> list[str]:
    rows = ["| key | type | default | meaning | example |", "|---|---|---|---|---|"]
    hints = get_type_hints(model, include_extras=True)
    for name, key in keys(model):
        meaning = str(model.model_fields[name].description).replace("|", "\\|").replace("<", "&lt;")
        rows.append(f"| `{key}` | {in_words(hints[name])} | {default(model, name)} | {meaning} | {example(model, key)} |")
    return rows


def intro(model: type[BaseModel]) -> str:
    said = " ".join((model.__doc__ or "").split("\n\n")[0].split())
    said = re.sub(r"^\S+\.yaml(: |\.)", "", said)
    return said[:1].upper() + said[1:]


def test_the_page_of_packs_has_every_key_of_every_file(kept: Kept) -> None:
    page, told = [HEAD, *table(Title)], {Title}
    for file, found in BY_FILE.items():
        page += ["", f"## {NAMES[file]}"]
        for model in found:
            if model in told:
                continue
            told.add(model)
            if model is FILES[file]:
                page += ["", *([intro(model), ""] if intro(model) else [])]
            else:
                page += ["", f'### <a id="{model.__name__.lower()}"></a>`{called(model)}`', "", intro(model), ""]
            page += table(model)
    assert told == set(ALL)
    kept("docs/packs.md", "\n".join(page) + "\n")


HEAD = """# The files of a pack

A pack is a folder. `pack.yaml` says what it is called, its outcomes and parameters; `records.yaml` its tables and fields;
`<chapter>.rules.yaml`, as many as you like, facts and rules; `<chapter>.test.yaml` beside them their tests; `clauses.yaml` the
clauses of the document behind it. A calendar, the lists of reference data (`lists/*.csv`) and the templates of its papers
(`papers/*.md`) may be in it, too. Only `pack.yaml`, `records.yaml` and one file of rules have to be. `lookback new` drafts them
from your records; `lookback rules check` reads them and says what is wrong, each at its place.

Files are YAML in UTF-8; a key that is not listed here is an error, told with the near ones. *needed*: it has to be there; –:
nothing, if left out. An *id* is of `a-z`, `0-9` and `_`, that of a pack or rule with `-` in place of `_`. What conditions
may say is in [conditions.md](conditions.md). An editor that knows YAML completes keys by the schemas of `lookback rules schema`.

A *title* is a text for people, in one language or both:
"""
