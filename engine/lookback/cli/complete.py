"""What a shell proposes while a command line is typed: the names that a pack, a review or the folder here has.

In: the words typed so far, as click reads them. Out: proposals. What cannot be read proposes nothing: a shell is no place for
errors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lookback.cli.packs.chosen import chosen_pack
from lookback.words import LANGUAGES

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from lookback.packs.checked import Pack
    from lookback.packs.model import Title

Names = Iterable[tuple[str, str]]
"""Names, and what a shell may say of each."""
MOST = 500
"""Units that are proposed."""


class Proposed(click.ParamType[Any]):
    """A type of click whose values a shell may propose by `of`."""

    def __init__(self, kind: click.ParamType[Any], of: Callable[[Mapping[str, Any], str], Names]) -> None:
        self.kind, self.of, self.name = kind, of, kind.name

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return self.kind.convert(value, param, ctx)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        with suppress(Exception):
            found = [
                CompletionItem(name, help=said) for name, said in self.of(ctx.params, incomplete) if name.startswith(incomplete)
            ]
            folders = isinstance(self.kind, click.Path) or param.name == "pack"
            return found or ([CompletionItem(incomplete, type="dir")] if folders else [])
        return []


def _pack(params: Mapping[str, Any]) -> Pack:
    from lookback.packs.read import read_pack
    from lookback.reviews.folder import newest_review, open_review

    if params.get("pack") is not None:
        return read_pack(params["pack"])
    if "review" in params:
        return open_review(params["review"] or newest_review(Path())).pack().pack
    return read_pack(chosen_pack(click.get_current_context(silent=True))[0])


def packs(params: Mapping[str, Any], incomplete: str) -> Names:
    from lookback.packs.read import built_in_packs

    here = (
        (str(f.parent), "") for f in Path(incomplete if incomplete.endswith("/") else Path(incomplete).parent).glob("*/pack.yaml")
    )
    return [*((name, "") for name in built_in_packs()), *here]


def outcomes(params: Mapping[str, Any], incomplete: str) -> Names:
    return [(o.outcome, _said(o.title, params)) for o in _pack(params).header.outcomes]


def rules(params: Mapping[str, Any], incomplete: str) -> Names:
    return [(rule.rule, _said(rule.title, params)) for _, rule in _pack(params).rules]


def tables(params: Mapping[str, Any], incomplete: str) -> Names:
    return [(name, _said(of.title, params)) for name, of in _pack(params).tables.items()]


def clauses(params: Mapping[str, Any], incomplete: str) -> Names:
    return [(c.clause, _said(c.summary, params)) for _, c in _pack(params).clauses or ()]


def settings(params: Mapping[str, Any], incomplete: str) -> Names:
    return [(f"{name}=", _said(of.title, params)) for name, of in _pack(params).header.params.items()]


def _said(title: Title | None, params: Mapping[str, Any]) -> str:
    return title.in_(params.get("lang") or LANGUAGES[0]) if title is not None else ""


def days(params: Mapping[str, Any], incomplete: str) -> Names:
    from datetime import date

    return [("today", date.today().isoformat())]


def reviews(params: Mapping[str, Any], incomplete: str) -> Names:
    folder = Path(incomplete if incomplete.endswith("/") else Path(incomplete).parent)
    return [(str(f.parent), "") for f in folder.glob("*/review.json")]


def units(params: Mapping[str, Any], incomplete: str) -> Names:
    from contextlib import closing

    from lookback.place import temporary
    from lookback.reviews.folder import newest_review, open_review
    from lookback.warehouse.duckdb import DuckDB, literal, path_literal, quoted

    of = open_review(params.get("review") or newest_review(Path()))
    pack = of.pack()
    root = pack.tables[pack.root]
    label = f"CAST({quoted(root.label)} AS VARCHAR)" if root.label else "''"
    with temporary() as work, closing(DuckDB(Path(work), threads=1)) as warehouse:
        found = warehouse.rows(
            f"""SELECT CAST({quoted(root.key)} AS VARCHAR), coalesce({label}, '')
            FROM read_parquet({path_literal(of.folder / "verdicts.parquet")})
            WHERE starts_with(CAST({quoted(root.key)} AS VARCHAR), {literal(incomplete)}) ORDER BY 1 LIMIT {MOST}"""
        )
    return [(str(key), str(said)) for key, said in found]


PROPOSED: Mapping[str, Callable[[Mapping[str, Any], str], Names]] = {
    **dict.fromkeys(("outcome", "owes", "target", "fail_on"), outcomes),
    **dict.fromkeys(("unit", "always", "exclude"), units),
    **dict.fromkeys(("table", "tables", "of"), tables),
    **dict.fromkeys(("review", "source", "old_review", "new_review", "after"), reviews),
    **dict.fromkeys(("pack", "old", "new"), packs),
    "rule": rules,
    "clause": clauses,
    "settings": settings,
    "as_of": days,
}
"""By the name of a command's parameter."""


def proposing(param: click.Parameter) -> None:
    """Let a shell propose values of a parameter, where there are some."""
    if (of := PROPOSED.get(param.name or "")) is not None and isinstance(param.type, click.Path | click.types.StringParamType):
        param.type = Proposed(param.type, of)
