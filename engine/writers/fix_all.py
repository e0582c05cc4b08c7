"""The ranking of changes that would free most units, as text for people or as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from tabulate import SEPARATING_LINE, tabulate

from engine.fix_all import Need, Ranked
from engine.messages import say
from engine.model import CheckedPack
from engine.named import Named


def written(found: Ranked, pack: CheckedPack, lang: str, form: str, top: int) -> str:
    """A ranking in one of the forms; `top`: the lines that the text shows."""
    if form == "json":
        return json.dumps(asdict(found), ensure_ascii=False, indent=2)

    names = Named(pack, lang)

    def words(need: Need) -> str:
        table = names.table(need.table)
        if need.kind == "added":
            return say(lang, "fix.record-added", table=table)
        return say(lang, f"fix.{need.kind}", table=table, field=names.field(need.table, need.name))

    rows: list[Any] = []
    for line in found.lines[:top]:
        rows += [["\n".join(words(need) for need in line.needs), f"{line.frees:,}", f"{line.with_above:,}"], SEPARATING_LINE]
    rows = rows[:-1]
    heads = [say(lang, f"head.{head}") for head in ("needed", "frees", "with-above")]
    lines = [say(lang, "fix.all-head", flagged=found.flagged), ""]
    lines.append(
        tabulate(rows, heads, tablefmt="simple", disable_numparse=True, colalign=("left", "right", "right")) if rows else "–"
    )
    if len(found.lines) > top:
        lines += ["", say(lang, "fix.more-sets", n=len(found.lines) - top)]
    if found.hindered:
        lines += ["", say(lang, "fix.hindered", n=found.hindered, rules=", ".join(found.hindering))]
    return "\n".join([*lines, "", say(lang, "fix.by-situation")])
