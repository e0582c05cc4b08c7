"""Functions of conditions as people say them: `workdays_between(a, b)` is working days from a to b.

In: a part of a condition, and what names things in one language. Out: text; None where nothing of it is such a function.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from sqlglot import exp

from lookback.language.operators import type_of
from lookback.language.sql import AddWorkdays, CheckDigit, Has, HowMany, Matches, WorkdaysBetween
from lookback.language.types import Column, Type
from lookback.words import say

if TYPE_CHECKING:
    from lookback.packs.checked import Named

_CALLED: Mapping[type[exp.Expr], str] = {
    Matches: "matches",
    CheckDigit: "check-digit",
    Has: "has",
    HowMany: "size",
    WorkdaysBetween: "workdays",
    AddWorkdays: "workdays-after",
    exp.Coalesce: "or-else",
    exp.Length: "length",
    exp.Abs: "size-of",
    exp.Year: "year",
    exp.Month: "month",
    exp.Day: "day",
}


def in_words(names: Named, table: str, tree: exp.Expr) -> str | None:
    """`tree` in words, around whatever else is written there as its author wrote it."""
    if (code := _called_as(tree)) is not None:
        return _one(names, table, tree, code)
    calls = [node for node in tree.walk(prune=_is_called) if _is_called(node)]
    if not calls:
        return None
    copy, said, text = tree.copy(), [names.written(table, call) for call in calls], str(tree.meta.get("written") or "")
    for i, node in enumerate([node for node in copy.walk(prune=_is_called) if _is_called(node)]):
        node.replace(exp.column(f"\ue000{i}\ue001"))
        text = text.replace(str(calls[i].meta.get("written") or "\0"), f"\ue000{i}\ue001", 1)
    for node in copy.walk():
        node.meta.pop("written", None)
    if text.count("\ue000") == len(calls):
        copy.meta["written"] = text
    return re.sub("\ue000(\\d+)\ue001", lambda match: said[int(match[1])], names.written(table, copy))


def _one(names: Named, table: str, tree: exp.Expr, code: str) -> str:
    first, second = tree.this, tree.expressions[0] if isinstance(tree, exp.Coalesce) else tree.args.get("expression")
    args = {"a": names.written(table, first)}
    if isinstance(tree, Matches | CheckDigit) and second is not None:
        args["b"] = str(second.name)
    elif isinstance(tree, Has) and second is not None:
        owner, _, field = first.name.rpartition(".")
        args["b"] = names.value(str(second.name), Column(owner or table, field))
    elif second is not None:
        args["b"] = names.constant(table, first, second) or names.written(table, second)
    return say(names.lang, f"called.{code}", **args)


def _called_as(tree: exp.Expr) -> str | None:
    if isinstance(tree, exp.DateDiff):
        return None
    if isinstance(tree, exp.Coalesce) and len(tree.expressions) != 1:
        return None
    if isinstance(tree, exp.Add) and tree.this is not None and "type" in tree.meta and type_of(tree) is Type.DATE:
        return None if isinstance(tree.expression, exp.Interval) else "days-after"  # an interval says what it counts itself
    return _CALLED.get(type(tree))


def _is_called(tree: exp.Expr) -> bool:
    return _called_as(tree) is not None
