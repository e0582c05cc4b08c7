"""How the built-in pack reads its source documents: `docs/reading-2005.md` and `.zh.md` are written from the pack alone
(`pytest --update-golden` writes them)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from builders import checked
from screen import Kept

from lookback.packs.checked import CheckedPack
from lookback.words import LANGUAGES

WORDS = {
    "en": {
        "title": "How `{pack}` {version} reads its documents",
        "written": "Written from the pack; `lookback rules clauses` prints the same as a table.",
        "also": "中文：[reading-2005.zh.md](reading-2005.zh.md)",
        "ours": "What the documents do not give",
        "set": "Numbers that the office sets (`ours: true`), with the values they have unless another is set (`--set`):",
        "given": "What the documents give",
        "number": "| parameter | | value | clause |\n|---|---|---|---|",
        "clauses": "Clause by clause",
        "asks": "The clauses are restated in our own words, and *read* in a sentence: what of each the rules ask.",
        "read": "**Read:** {reading}",
        "rule": "- `{rule}` ({table}): {title}. Otherwise: {outcome}{more}.",
        "remark": ", a remark of {weight}",
        "not-counted": "; not the unit's",
        "context": "No rule: {because}",
        "context-plain": "No rule asks it.",
        "retired": "Rules that were asked before",
        "by": "- `{rule}` ({clause}), until {until}: now {by}",
    },
    "zh": {
        "title": "规则包 `{pack}` {version} 怎样理解原文件",
        "written": "本页由规则包生成；`lookback rules clauses` 以表格列出同样的内容。",
        "also": "English: [reading-2005.md](reading-2005.md)",
        "ours": "原文件没有规定的",
        "set": "由办公室设定的数值（`ours: true`）及其默认值，可用 `--set` 另设：",
        "given": "原文件规定的",
        "number": "| 参数 | | 值 | 条款 |\n|---|---|---|---|",
        "clauses": "逐条理解",
        "asks": "条款用自己的话转述；“理解”一句说明规则要求其中的什么。",
        "read": "**理解**：{reading}",
        "rule": "- `{rule}`（{table}）：{title}。否则：{outcome}{more}。",
        "remark": "，备注事项 {weight} 分",
        "not-counted": "；不计入单位",
        "context": "没有规则：{because}",
        "context-plain": "没有规则要求。",
        "retired": "以前的规则",
        "by": "- `{rule}`（{clause}），至 {until} 版：现为 {by}",
    },
}


def page(pack: CheckedPack, lang: str) -> Iterator[str]:
    words, header = WORDS[lang], pack.pack.header
    outcomes = {one.outcome: one.title.in_(lang) if one.title else one.outcome for one in header.outcomes}

    def numbers(ours: bool) -> Iterator[str]:
        yield words["number"]
        for id_, param in header.params.items():
            if param.ours is ours and (ours or param.clause):
                yield f"| `{id_}` | {titled(param, lang)} | {param.default} | {param.clause or ''} |"

    yield f"# {words['title'].format(pack=header.pack, version=header.version)}\n"
    yield f"{words['written']} {words['also']}\n"
    yield f"## {words['ours']}\n\n{words['set']}\n"
    yield from numbers(ours=True)
    yield f"\n## {words['given']}\n"
    yield from numbers(ours=False)
    yield f"\n## {words['clauses']}\n\n{words['asks']}"
    for _, clause in pack.pack.clauses or ():
        where = f" · {clause.where.in_(lang)}" if clause.where else ""
        yield f"\n### {clause.clause}{where}\n\n{clause.summary.in_(lang)}\n"
        if clause.reading:
            yield f"{words['read'].format(reading=clause.reading.in_(lang))}\n"
        rules = [rule for rule in pack.rules if clause.clause in rule.rule.clauses]
        for rule in rules:
            table = pack.tables[rule.table].title
            remark = words["remark"].format(weight=rule.rule.weight) if rule.rule.otherwise == pack.outcomes[0] else ""
            more = remark + (words["not-counted"] if pack.not_counted(rule) else "")
            said = {"table": table.in_(lang) if table else rule.table, "title": titled(rule.rule, lang), "more": more}
            yield words["rule"].format(rule=rule.id, outcome=outcomes[rule.rule.otherwise], **said)
        if not rules:
            yield words["context"].format(because=clause.because.in_(lang)) if clause.because else words["context-plain"]
    yield f"\n## {words['retired']}\n"
    for _, rule in pack.pack.retired:
        by = ", ".join(f"`{one}`" for one in rule.replaced_by)
        yield words["by"].format(rule=rule.rule, clause=", ".join(rule.clauses), until=rule.until, by=by)


def titled(of: Any, lang: str) -> str:
    return str(of.title.in_(lang)) if of.title else ""


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_of_the_reading_says_what_the_pack_says(lang: str, kept: Kept) -> None:
    suffix = "" if lang == "en" else f".{lang}"
    kept(f"docs/reading-2005{suffix}.md", "\n".join(page(checked("lookback-2005"), lang)) + "\n")
