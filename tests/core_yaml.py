"""YAML by the core schema of 1.2, for tests: PyYAML with that schema in place of its own of 1.1 (where `no` is a boolean)."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import yaml

FLOAT = "tag:yaml.org,2002:float"
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _CoreLoader(_Loader):  # type: ignore[misc]
    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012


class _CoreDumper(_Dumper):  # type: ignore[misc]
    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012

    def ignore_aliases(self, data: Any) -> bool:
        return True


for kind, pattern, first in (
    ("null", r"(~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("bool", r"(true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("float", r"[-+]?(\.[0-9]+|[0-9][0-9_]*\.[0-9_]*|[0-9][0-9_]*(?=[eE]))([eE][-+]?[0-9]+)?$", list("-+.0123456789")),
    ("int", r"([-+]?[0-9_]+|0o[0-7]+|0x[0-9a-fA-F]+)$", list("-+0123456789")),
):
    for schema in (_CoreLoader, _CoreDumper):
        schema.add_implicit_resolver(f"tag:yaml.org,2002:{kind}", re.compile(pattern), first)
_CoreLoader.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(node.value.replace("_", ""), _base(node.value)))
_CoreLoader.add_constructor("tag:yaml.org,2002:float", lambda loader, node: float(node.value.replace("_", "")))
_CoreDumper.add_representer(
    Decimal,
    lambda dumper, value: (
        dumper.represent_int(int(value)) if value == int(value) else dumper.represent_scalar(FLOAT, f"{value:f}")
    ),
)


def _base(text: str) -> int:
    return 0 if text.startswith(("0o", "0x")) else 10


def load(text: str | bytes) -> Any:
    return yaml.load(text, Loader=_CoreLoader)


def dump(content: Any, **style: Any) -> str:
    written: str = yaml.dump(content, Dumper=_CoreDumper, allow_unicode=True, sort_keys=False, width=4096, **style)
    return written
