"""A comparison of two reviews as text for people, CSV, JSON, a workbook, or a page with a chart of the moves.

In: a `Comparison`. Out: text, or a file. CSV has a row a unit that is flagged in either review, came or went; JSON has all.
Values of personal fields are not shown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lookback.language.types import Column, Type, in_json
from lookback.packs.checked import CheckedPack, Named
from lookback.packs.params import REVIEW_DAY
from lookback.words import say
from lookback.words.shown import one_line
from lookback.writers._pages import page
from lookback.writers._sheets import Plain, workbook
from lookback.writers.rounds.chart import Chart, chart
from lookback.writers.rounds.ledger_notes import noted, of_unit
from lookback.writers.rounds.of_review import as_data, lines_of
from lookback.writers.screen import csv_text, heads, table

if TYPE_CHECKING:  # what is printed is made elsewhere, by what is heavy to load
    from lookback.rounds.compare import Comparison, Side
    from lookback.rounds.ledger_marks import Marks

LOST = "\x01lost"
TOGETHER = "+"
SHOWN = 6
"""Lines of a kind below a unit."""
ON_PAGE = 1_000
ON_SHEET = 20_000
CSV = ("unit", "label", "move", "way", "old_verdict", "new_verdict", "old_score", "new_score", "since", "causes", "behind")
OF_LEDGER = ("score_without_waived", "waived")
"""Of a unit, where a ledger is read."""


@dataclass(frozen=True)
class Moved:
    """A unit that moved, in words: who, why, what lies behind, what became of its findings."""

    unit: str
    because: str
    behind: Sequence[str]
    findings: Sequence[str]
    way: str | None


class Compared:
    """A comparison in one language."""

    def __init__(self, found: Comparison, lang: str, marks: Marks | None = None) -> None:
        """`marks`: what a ledger says of NEW's findings."""
        self.found, self.lang, self.marks = found, lang, marks
        self.old, self.new = Named(found.old.pack, lang), Named(found.new.pack, lang)

    def say(self, code: str, **args: Any) -> str:
        return say(self.lang, f"compare.{code}", **args)

    # ------------------------------------------------------------------------------------------------------------ units

    def verdict(self, verdict: str | None, side: str) -> str:
        if verdict is None:
            return self.say(f"not-there.{side}")
        own, others = (self.old, self.new) if side == "old" else (self.new, self.old)
        return own.outcome(verdict) if verdict in own.outcomes else others.outcome(verdict)

    @cached_property
    def _causes(self) -> Mapping[str, str]:
        return {part: self.say(f"cause.{part}") for part in ("records", "rules", "program")} | {"settings": self._of_settings}

    @property
    def _of_settings(self) -> str:
        """That the day changed, or another parameter did."""
        only_day = [*self.found.params] == [REVIEW_DAY]
        return self.say("cause.day" if only_day else "cause.settings")

    def because(self, causes: Sequence[str]) -> str:
        said = [self.say("and").join(self._causes[part] for part in cause.split(TOGETHER)) for cause in causes]
        note = self.say("either-note") if len(causes) > 1 else self.say("together-note") if TOGETHER in causes[0] else ""
        space = " " if note and self.lang == "en" else ""
        return self.say("because", causes=self.say("either").join(said)) + space + note

    def unit(self, row: Mapping[str, Any]) -> str:
        verdicts = {side: self.verdict(row[f"{side}_verdict"], side) for side in ("old", "new")}
        return self.say("unit", unit=row["unit"], label=row["label"] or "", **verdicts)

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """The units that moved."""
        return [row for row in self.found.units.to_pylist() if row["unit"] in self.found.causes]

    def moved(self, most: int) -> list[Moved]:
        rows = self.rows[:most]
        units = {row["unit"] for row in rows}
        records, of_packs, findings = self._records(units), self._records(units, of_packs=True), self._findings(units)
        found = []
        for row in rows:
            unit = row["unit"]
            behind = self.behind(unit, records[unit], of_packs[unit])
            of_findings = [*self._cut(findings[unit]), *self._waived(row)]
            found.append(Moved(self.unit(row), self.because(self.found.causes[unit]), behind, of_findings, row["way"]))
        return found

    def _waived(self, row: Mapping[str, Any]) -> list[str]:
        """The score of a unit of which something is waived."""
        if self.marks is None or not self.marks.counts.get(row["unit"]):
            return []
        score = row["new_score"] or 0
        return [say(self.lang, "ledger.score", score=score, without=self.marks.without(row["unit"], score))]

    def _of_unit(self, row: Mapping[str, Any]) -> tuple[int | None, int]:
        """NEW's score of a unit without what is waived, and how many that are."""
        assert self.marks is not None
        score = row["new_score"]
        return None if score is None else self.marks.without(row["unit"], score), self.marks.counts.get(row["unit"], 0)

    def _cut(self, lines: Sequence[str]) -> list[str]:
        more = [self.say("more-lines", n=len(lines) - SHOWN)] if len(lines) > SHOWN else []
        return [*lines[:SHOWN], *more]

    def behind(self, unit: str, records: Sequence[str], of_packs: Sequence[str]) -> list[str]:
        """What changed, of those parts that are a cause. `of_packs`: rows that the packs bring themselves."""
        parts = {part for cause in self.found.causes[unit] for part in cause.split(TOGETHER)}
        lines: list[str] = []
        if "records" in parts:
            lines += self._cut(records) or [self.say("records.elsewhere")]
        if "rules" in parts:
            lines += self._cut([*self.rules(self.found.behind.rules.get(unit, ())), *of_packs]) or [self.packs()]
        if "settings" in parts:
            lines += self._cut(self.params(self.found.behind.params.get(unit) or [*self.found.params]))
        return lines

    def rules(self, ids: Iterable[str]) -> list[str]:
        lines = []
        for id_ in ids:
            edit = self.found.rules[id_]
            kind = "fact" if edit.fact else "rule"
            for key, old, new in edit.said:
                ends = {end: text or self.new.value(None) for end, text in (("old", old), ("new", new))}
                lines.append(self.say(f"{kind}.said", rule=id_, key=key, **ends))
            lines += [] if edit.said else [self.say(f"{kind}.{edit.how}", rule=id_)]
        return lines

    def packs(self) -> str:
        old, new = (self._pack(side) for side in (self.found.old, self.found.new))
        return self.say("rules.elsewhere", old=old, new=new)

    def _pack(self, side: Side) -> str:
        header = side.pack.pack.header
        return f"{header.pack} {header.version}"

    def params(self, names: Sequence[str]) -> list[str]:
        found = []
        for name in names:
            old, new = self.found.params[name]
            found.append(self.say("param", name=self.new.param(name), old=self.old.value(old), new=self.new.value(new)))
        return found

    # ---------------------------------------------------------------------------------------------- records and findings

    def _records(self, units: set[str], *, of_packs: bool = False) -> defaultdict[str, list[str]]:
        """By unit the lines of what changed in its records, or in rows that the packs bring themselves."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        packs = [side.pack.tables for side in (self.found.old, self.found.new)]
        brought = {table for tables in packs for table, of in tables.items() if of.rows is not None}
        for row in self.found.behind.records.to_pylist():
            if row["unit"] in units and (row["table"] in brought) == of_packs:
                found[row["unit"]].append(self.record(row))
        return found

    def record(self, row: Mapping[str, Any]) -> str:
        named = self._named(row["table"])
        said = {"table": named.table(row["table"]), "record": one_line(row["record"])}
        if row["field"] is None:
            return self.say(f"record.{row['kind']}", **said)
        side = self.old if row["kind"] == "not-asked-now" else self.new
        said["field"] = side.field(row["table"], row["field"])
        if self._personal(row["table"], row["field"]):
            return self.say("record.personal", **said)
        old, new = (self._value(row[end], side, row["table"], row["field"]) for end in ("old", "new"))
        return self.say(f"record.{row['kind']}", **said, old=old, new=new)

    def _named(self, table: str) -> Named:
        return self.new if table in self.new.pack.tables else self.old

    def _personal(self, table: str, field: str) -> bool:
        fields = [named.pack.tables[table].fields.get(field) for named in (self.old, self.new) if table in named.pack.tables]
        return any(f is not None and f.personal for f in fields)

    def _value(self, text: str | None, side: Named, table: str, field: str) -> str:
        if text == LOST:
            return self.say("lost")
        of = side.pack.tables[table].fields.get(field) if table in side.pack.tables else None
        if of is not None and of.type is Type.BOOLEAN and text is not None:
            return side.value(text == "true")
        return one_line(side.value(text, Column(table, field)))

    def _findings(self, units: set[str]) -> defaultdict[str, list[str]]:
        """By unit the lines of its findings that came or went, or are otherwise."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for row in self._rows_of_findings():
            if row["unit"] not in units or row["change"] == "unmatched":
                continue
            if row["change"] != "standing" or row["old_outcome"] != row["outcome"]:
                found[row["unit"]].append(self.finding(row))
        return found

    def _rows_of_findings(self) -> Iterator[dict[str, Any]]:
        for batch in self.found.findings.to_batches():
            yield from batch.to_pylist()

    def finding(self, row: Mapping[str, Any]) -> str:
        why = self.say(f"why.{row['why']}") if row["why"] else ""
        record, reason = one_line(row["record"] or ""), one_line(row["reason"] or "")
        rule = self._rule(self.new if row["rule"] in self.new.pack.by_id else self.old, row["rule"])
        line = self.say(f"finding.{row['change']}", rule=rule, record=record, reason=reason, why=why)
        said = "; ".join(map(one_line, self._notes(row)))
        return f"{line} [{said}]" if said else line

    def _notes(self, row: Mapping[str, Any]) -> list[str]:
        """What people said of a finding that NEW has."""
        there = self.marks is not None and row["change"] in ("new", "standing")
        mark = self.marks.of.get((row["table"], row["record"], row["rule"])) if self.marks is not None and there else None
        return noted(mark.notes, self.lang) if mark is not None else []

    # ---------------------------------------------------------------------------------------------------------- in all

    @property
    def title(self) -> str:
        ends = [str(side.day or side.folder) for side in (self.found.old, self.found.new)]
        return self.say("title", old=ends[0], new=ends[1])

    def lines(self) -> list[str]:
        """What is said of all."""
        found, lines = self.found, []
        for side in (found.old, found.new):
            header = side.pack.pack.header
            said = {"folder": side.folder, "units": side.units, "pack": header.pack, "version": header.version}
            lines.append(self.say("reviews.day", **said, day=side.day) if side.day else self.say("reviews", **said))
        if found.old.not_judged or found.new.not_judged:
            lines.append(self.say("not-judged", old=found.old.not_judged, new=found.new.not_judged))
        best = found.new.pack.outcomes[0]
        flagged = sum(n for (old, new), n in found.verdicts.items() if old is None and new != best)
        moves = {name.partition("-")[0]: n for name, n in found.moves.items() if not name.startswith("still")}
        moves |= {"still": found.moves["still-flagged"], "passing": found.moves["still-passing"], "flagged": flagged}
        lines += [self.say("moves", **moves, **found.ways), self.of_findings()]
        if found.counts["unmatched"]:
            lines.append(self.say("unmatched", n=found.counts["unmatched"]))
        if found.params:
            lines.append(self.say("params", params="; ".join(self.params([*found.params]))))
        if found.rules:
            lines.append(self.say("rules", rules="; ".join(self._cut(self.rules(found.rules)))))
        if self.marks is not None and self.marks.counts:
            lines.append(say(self.lang, "ledger.waived-in-all", n=sum(self.marks.counts.values()), units=len(self.marks.counts)))
        if not found.differing:
            lines.append(self.say("none-differ"))
        if not (found.causes or any(found.counts[c] for c in ("new", "settled", "vanished")) or found.moves["come"]):
            lines.append(self.say("nothing"))
        return lines

    def of_findings(self) -> str:
        each = (self.say("vanished", why=self.say(f"why.{why}"), n=n) for why, n in self.found.reasons.items())
        reasons = self.say("vanished.between").join(each)
        counts = {change: n for change, n in self.found.counts.items() if change != "unmatched"}
        return self.say("findings", **counts, why=self.say("vanished.why", reasons=reasons) if reasons else "")

    @cached_property
    def outcomes(self) -> tuple[list[str | None], list[str | None]]:
        """The verdicts before and after, best first; None, where some unit is in the other alone."""
        found = self.found
        old: list[str | None] = [*found.old.pack.outcomes]
        new: list[str | None] = [*found.new.pack.outcomes]
        old += [None] if any(before is None for before, _ in found.verdicts) else []
        new += [None] if any(after is None for _, after in found.verdicts) else []
        return old, new

    def verdicts(self) -> tuple[list[str], list[list[str]]]:
        """The units by verdict before and after: heads and rows."""
        old, new = self.outcomes
        titles = ["", *(self.verdict(one, "new") for one in new)]
        return titles, [
            [self.verdict(one, "old"), *(f"{n:,}" if (n := self.found.verdicts.get((one, to), 0)) else "·" for to in new)]
            for one in old
        ]

    def table(self, top: int) -> str:
        titles, rows = self.verdicts()
        parts = ["\n".join(self.lines()), *filter(None, ["\n".join(lines_of(self))])]
        counts = table(titles, rows, align=("left", *["right"] * (len(titles) - 1)))
        parts.append(f"{self.say('verdicts')}\n\n{counts}")
        if self.rows:
            lines = [self.say("moved", n=len(self.rows))]
            for one in self.moved(top):
                lines += [f"  {one.unit}", f"    {one.because}", *(f"      {line}" for line in (*one.behind, *one.findings))]
            if len(self.rows) > top:
                lines.append(f"  {self.say('more' if top else 'more-none', n=len(self.rows) - top)}")
            parts.append("\n".join(lines))
        return "\n\n".join(parts)

    # ------------------------------------------------------------------------------------------------------ other forms

    def csv(self) -> str:
        records, of_packs = (self._records({*self.found.causes}, of_packs=own) for own in (False, True))
        rows = []
        for row in self.found.units.to_pylist():
            causes = self.found.causes.get(row["unit"], ())
            behind = self.behind(row["unit"], records[row["unit"]], of_packs[row["unit"]]) if causes else []
            more = self._of_unit(row) if self.marks is not None else ()
            rows.append([*(row[c] for c in CSV[:-2]), " | ".join(causes), "; ".join(behind), *more])
        return csv_text([*CSV, *(OF_LEDGER if self.marks is not None else ())], rows)

    def json(self) -> str:
        found = self.found
        records: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in found.behind.records.to_pylist():
            shown = {k: v for k, v in row.items() if k != "unit"}
            if row["field"] is not None and self._personal(row["table"], row["field"]):
                shown |= {"old": None, "new": None, "personal": True}
            lost = [end for end in ("old", "new") if shown[end] == LOST]
            shown |= dict.fromkeys(lost) | ({"lost": lost} if lost else {})
            records[row["unit"]].append(shown)
        units = []
        for row in found.units.to_pylist():
            unit = row["unit"]
            why: dict[str, Any] = (
                {"causes": [cause.split(TOGETHER) for cause in found.causes[unit]]} if unit in found.causes else {}
            )
            if why:
                why |= {
                    "records": records[unit],
                    "rules": found.behind.rules.get(unit, {}),
                    "params": found.behind.params.get(unit, []),
                }
            if self.marks is not None:
                of = dict(zip(OF_LEDGER, self._of_unit(row), strict=True))
                why |= {**of, "ledger": [*of_unit(self.marks, unit)]}
            units.append({**row, **why})
        return in_json(
            {
                "old": _side(found.old),
                "new": _side(found.new),
                "differing": list(found.differing),
                "params": {name: {"old": old, "new": new} for name, (old, new) in found.params.items()},
                "rules": {id_: asdict(edit) for id_, edit in found.rules.items()},
                "verdicts": [{"old": old, "new": new, "units": n} for (old, new), n in sorted(found.verdicts.items(), key=str)],
                "moves": dict(found.moves),
                "ways": dict(found.ways),
                "counts": dict(found.counts),
                "vanished": dict(found.reasons),
                "units": units,
                **({"review": as_data(found.whole)} if found.whole is not None else {}),
                "findings": found.findings.to_pylist(),
            }
        )

    def html(self) -> str:
        return page(
            "rounds/compare.html", w=self, chart=self.chart(), whole=lines_of(self), moved=self.moved(ON_PAGE), still=self.still()
        )

    @property
    def chart_title(self) -> str:
        return self.say("chart")

    def chart(self) -> Chart:
        old, new = self.outcomes
        names = [[self.verdict(one, side) for one in of] for of, side in ((old, "old"), (new, "new"))]
        counts = [[self.found.verdicts.get((one, to), 0) for to in new] for one in old]
        return chart(names[0], names[1], counts, [one is None for one in old], [to is None for to in new])

    def still(self) -> list[tuple[str, str]]:
        """Who is still flagged, and did not move, each with since when."""
        rows = [r for r in self.found.units.to_pylist() if r["move"] == "still-flagged" and r["way"] is None]
        return [
            (f"{r['unit']} {r['label'] or ''}：{self.verdict(r['new_verdict'], 'new')}", self.say("since", since=r["since"]))
            if self.lang == "zh"
            else (f"{r['unit']} {r['label'] or ''}: {self.verdict(r['new_verdict'], 'new')}", self.say("since", since=r["since"]))
            for r in rows[:ON_PAGE]
        ]

    def workbook(self, file: Path) -> None:
        """Raises OSError where it cannot be written."""
        root = self.new.pack.tables[self.new.pack.root]
        called = [self.new.field(self.new.pack.root, root.key)]
        called.append(self.new.field(self.new.pack.root, root.label) if root.label else "")
        with workbook(file, self.title) as book:
            sheets = Plain(book, self.title)
            sheets.add(self.say("sheet.overview"), [self.title], [[line] for line in self.lines()], (110,))
            if whole := lines_of(self):
                sheets.add(say(self.lang, "review.table"), [whole[0]], [[line] for line in whole[1:]], (110,))
            titles, rows = self.verdicts()
            titles[0] = f"{self.say('before')} ↓  {self.say('after')} →"
            sheets.add(self.say("verdicts").split("，")[0].split(",")[0][:31], titles, rows)
            titles = [
                *called,
                *heads(self.lang, "move", "old-verdict", "new-verdict", "way", "old-score", "new-score", "since", "cause"),
            ]
            more = heads(self.lang, "without-waived", "waived") if self.marks is not None else []
            wide = (40, *[12] * len(more))
            self._sheet(sheets, "units", [*titles, *more], [*map(self._unit_row, self.found.units.to_pylist())], wide)
            records, of_packs = (self._records({*self.found.causes}, of_packs=own) for own in (False, True))
            changed = [
                [unit, self.because(self.found.causes[unit]), line]
                for unit in self.found.causes
                for line in self.behind(unit, records[unit], of_packs[unit])
            ]
            self._sheet(sheets, "records", [called[0], *heads(self.lang, "cause", "what-changed")], changed, (40, 80))
            titles = [called[0], *heads(self.lang, "change-of-finding", "table", "record", "rule", "clause", "outcome", "reason")]
            more = heads(self.lang, "notes") if self.marks is not None else []
            wide = (60, *[40] * len(more))
            self._sheet(sheets, "findings", [*titles, *more], [*map(self._finding_row, self._rows_of_findings())], wide)

    def _sheet(self, sheets: Plain, name: str, titles: list[str], rows: list[list[Any]], last: Sequence[int]) -> None:
        if len(rows) > ON_SHEET:
            note = self.say("sheet-cut", n=ON_SHEET, of=len(rows))
            rows = [*rows[:ON_SHEET], [note, *[""] * (len(titles) - 1)]]
        if rows:
            sheets.add(self.say(f"sheet.{name}"), titles, rows, last)

    def _unit_row(self, row: Mapping[str, Any]) -> list[Any]:
        causes = self.found.causes.get(row["unit"])
        way = self.say(f"way.{row['way']}") if row["way"] else ""
        verdicts = [self.verdict(row[f"{side}_verdict"], side) for side in ("old", "new")]
        scores = ["" if row[c] is None else row[c] for c in ("old_score", "new_score")]
        why = self.because(causes) if causes else ""
        return [
            row["unit"],
            row["label"] or "",
            self.say(f"move.{row['move']}"),
            *verdicts,
            way,
            *scores,
            row["since"] or "",
            why,
            *("" if of is None else of for of in (self._of_unit(row) if self.marks is not None else ())),
        ]

    def _finding_row(self, row: Mapping[str, Any]) -> list[Any]:
        change = self.say(f"change.{row['change']}") + (f" ({self.say('why.' + row['why'])})" if row["why"] else "")
        named = self.old if row["rule"] not in self.new.pack.by_id else self.new
        of = named.pack.tables
        table_ = named.table(row["table"]) if row["table"] in of else row["table"]
        said = self._rule(named, row["rule"])
        return [
            row["unit"],
            change,
            table_,
            row["record"] or "",
            said,
            row["clause"] or "",
            named.owed(row["outcome"]),
            row["reason"] or "",
            *(["\n".join(self._notes(row))] if self.marks is not None else []),
        ]

    @cached_property
    def _rule(self) -> Any:
        return cache(lambda named, rule: named.rule(rule))


def _side(side: Side) -> dict[str, Any]:
    pack: CheckedPack = side.pack
    header = pack.pack.header
    return {
        "review": side.folder,
        "day": side.day,
        "pack": header.pack,
        "version": header.version,
        "units": side.units,
        "not_judged": side.not_judged,
    }
