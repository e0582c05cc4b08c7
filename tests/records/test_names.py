"""A pack may call its fields and facts whatever the engine's own queries call a column: the same records give the same review."""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from builders import pack_of
from screen import Lookback
from strategies import write_pack

from lookback.language.parse import RESERVED_WORDS
from lookback.packs.checks.tables import RESERVED
from lookback.warehouse.duckdb import DuckDB

OTHER = "_of_nobody"
"""What makes a name one that no query has."""
SOUND = {"text": ("a", "b"), "integer": ("1", "2"), "number": ("0.5", "2.25"), "boolean": ("yes", "no")}
SOUND |= {"date": ("2005-01-02", "2005-03-04"), "choice": ("alpha", "beta")}
SPOILT = {"text": "#N/A", "integer": "x1", "number": "1.2.3", "boolean": "perhaps", "date": "2005-02-30", "choice": "delta"}
ASKED = {"text": "{} <> 'zz'", "integer": "{} > 1", "number": "{} > 0.75", "boolean": "{}", "choice": "{} = 'beta'"}
ASKED |= {"date": "{} > date '2005-02-01'"}
CHOICES = {"choices": {"alpha": {"en": "Alpha"}, "beta": {"en": "Beta"}}}

Rows = list[list[str]]
Keys = tuple[str, ...]
UNITS = (("U1", "0"), ("U2", "0"), ("U2", "1"), ("U3", "bad"), ("", "some"), ("U4", ""), ("U5", "0"), ("U5", "0"), ("U6", "some"))
ISSUES = (
    *(("U1", "I1", "0"), ("U2", "I2", "0"), ("U3", "I2", "1"), ("u1", "I3", "bad"), ("", "I4", "some"), ("U4", "", "0")),
    *(
        ("U5", "I5", "0"),
        ("U5", "I5", "0"),
        ("U9", "I6", "some"),
        ("U6", "I7", ""),
        ("U4", "I9", "some"),
        ("U1", "I10", "beyond"),
    ),
)
STEPS = (
    *(("I1", "S1", "0"), ("I1", "S1", "1"), ("I2", "S2", "bad"), ("i1", "S3", "0"), ("", "S4", "0"), ("I5", "", "some")),
    *(("I77", "S6", "0"), ("I5", "S7", "1"), ("I7", "S8", "beyond")),
)
"""Rows of one key that agree and that do not, without one, of unknown and misspelt parents, spoilt, blank, too wide."""


class Drawn:
    """A pack of units, issues and steps, of which each has some of the names as fields, and the units others as facts."""

    def __init__(self, names: Sequence[str]) -> None:
        unit, issue, step = ([*names[at::4]] for at in range(3))
        self.fields = {"units": unit, "issues": [unit[0], *issue], "steps": [issue[0], *step]}
        self.types = dict(zip([*unit, *issue, *step], itertools.cycle(SOUND), strict=False))
        self.types |= dict.fromkeys((unit[0], issue[0], step[0]), "text")
        facts = [{"fact": "bad_issues", "of": "units", "from": "issues", "value": BAD}]
        facts += [{"fact": "bad_steps", "of": "issues", "from": "steps", "value": BAD}]
        whole = next(f for f in issue if self.types[f] == "integer")
        facts += [{"fact": f, "of": "units", "from": "issues", "value": f"sum(coalesce({whole}, 0))"} for f in names[3::4]]
        rules = [{"rule": "issues-sound", "for": "units", "require": "bad_issues = 0"}]
        rules += [{"rule": "steps-sound", "for": "issues", "require": "bad_steps = 0"}]
        rules += [{"rule": f"many-{i}", "for": "units", "require": f"{f} < 4"} for i, f in enumerate(names[3::16])]
        for table, fields in self.fields.items():
            asked = [ASKED[self.types[f]].format(f) for f in fields[1::6]]
            rules += [{"rule": f"{table}-{i}", "for": table, "require": test} for i, test in enumerate(asked)]
        parents: dict[str, dict[str, str]] = {"units": {}, "issues": {"belongs_to": "units"}, "steps": {"belongs_to": "issues"}}
        keys = {"units": unit[0], "issues": issue[0], "steps": step[0]}
        tables = {t: {"key": keys[t], **parents[t], "fields": dict(map(self.field, self.fields[t]))} for t in keys}
        self.pack, self.keys = pack_of(tables, rules, facts, outcomes=("pass", "make_up")), keys

    def field(self, name: str) -> tuple[str, dict[str, Any]]:
        return name, {"type": self.types[name]} | (CHOICES if self.types[name] == "choice" else {})

    def rows(self, table: str, drawn: Sequence[Keys]) -> Rows:
        fields, first = self.fields[table], {"units": 1}.get(table, 2)
        found = [fields]
        for *keys, how in drawn:
            known = dict(zip((fields[0], self.keys[table])[-first:], keys, strict=True))
            row = [known.get(f, self.value(f, at, how)) for at, f in enumerate(fields)]
            found.append([*row, "", "zz"] if how == "beyond" else row)
        return found

    def value(self, field: str, at: int, how: str) -> str:
        kind = self.types[field]
        if how == "bad" or (how == "some" and at % 4 == 1):
            return SPOILT[kind]
        return "" if how == "" else SOUND[kind][int(how) if how.isdigit() else at % 2]


BAD = "count(*) filter (where verdict = 'make_up')"


def written(names: Sequence[str], folder: Path, workbook: bool) -> Path:
    drawn = Drawn(names)
    write_pack(drawn.pack, folder / "pack")
    tables = {t: drawn.rows(t, rows) for t, rows in (("units", UNITS), ("issues", ISSUES), ("steps", STEPS))}
    (folder / "data").mkdir()
    if not workbook:
        for table, rows in tables.items():
            with (folder / "data" / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows(rows)
        return folder
    with xlsxwriter.Workbook(str(folder / "data" / "all.xlsx")) as book:
        for table, rows in tables.items():
            sheet = book.add_worksheet(table)
            for at, row in enumerate(rows):
                sheet.write_row(at, 0, row)
    return folder


def told(lookback: Lookback, folder: Path, *, all_commands: bool) -> Mapping[str, list[str]]:
    """What the commands say and write, by command, in lines without the names of places and of nobody, and what is as wide."""
    pack, data, review = folder / "pack", folder / "data", folder / "review"
    commands = [("check", data, "--pack", pack, "-o", review), ("flagged", review, "--format", "json")]
    commands += [("explain", "U2", review, "--format", "json"), ("fix-list", data, "--pack", pack, "-o", folder / "list")]
    if all_commands:
        commands += [("verify", review), ("explain", "U1", review, "--format", "json"), ("explain", "U3", review, "--all")]
        commands += [("fix", "U3", review), ("fix", "--all", review)]
        commands += [("flagged", review, "-o", folder / "flagged.xlsx"), ("template", "--pack", pack, "-o", folder / "t.xlsx")]
        commands += [("fix-list", data, "--pack", pack, "-o", folder / "files", "--by", "file"), ("rules", "check", pack)]
        commands += [("rules", "impact", pack, pack, data), ("rules", "prove", pack, "--timeout", "5")]
    found = {}
    for command in commands:
        ran = lookback(*command)
        assert ran.code in (0, 1, 3), (command, ran.err)
        found[" ".join(map(str, command))] = f"{ran.code}\n{ran.said}"
    found["problems"] = (review / "problems.csv").read_text("utf-8")
    plain = {c: text.replace(str(folder), "").replace(OTHER, "") for c, text in found.items() if "prove" not in c}
    return {
        c.replace(str(folder), ""): sorted(re.sub(r"[ -]+|\^+", " ", one) for one in text.splitlines())
        for c, text in plain.items()
    }


@contextmanager
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[str]]:
    """The words of all queries that are asked meanwhile, functions and keywords with `(` and in capitals."""
    found, run = set[str](), DuckDB._told

    def note(self: DuckDB, query: str) -> Any:
        found.update(re.findall(r"(?<![\w'.])[a-zA-Z][a-zA-Z0-9_]*\b\(?", re.sub("'[^']*'", "''", query)))
        return run(self, query)

    with monkeypatch.context() as patched:
        patched.setattr(DuckDB, "_told", note)
        yield found


@pytest.mark.parametrize("workbook", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["csv", "xlsx"])
@pytest.mark.parametrize("turn", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in (1, 2, 3))])
def test_names_of_the_queries_own_are_names_like_others(
    turn: int, workbook: bool, lookback: Lookback, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """`turn`: which table has which of the names; of 0 functions and keywords are none."""
    with asked(monkeypatch) as found:
        told(lookback, written([f"f{at}{OTHER}" for at in range(30)], tmp_path / "few", workbook), all_commands=turn > 0)
    own = {"units", "issues", "steps", "bad_issues", "bad_steps"}
    found = {word.rstrip("(").lower() for word in found if turn or (word.islower() and not word.endswith("("))}
    names = sorted(name for name in found - own - RESERVED_WORDS - {*RESERVED} if OTHER not in name)
    assert {"place", "line", "file", "sheet", "value", "field", "table"} <= {*names}
    names = [*names[turn:], *names[:turn]]
    (tmp_path / "own").mkdir()
    (tmp_path / "other").mkdir()
    got = told(lookback, written(names, tmp_path / "own", workbook), all_commands=turn > 0)
    assert got == told(lookback, written([name + OTHER for name in names], tmp_path / "other", workbook), all_commands=turn > 0)


@pytest.mark.parametrize("key", ["issue", "row"])
def test_columns_of_a_file_may_be_called_as_the_queries_call_theirs(key: str, lookback: Lookback, tmp_path: Path) -> None:
    fields = {"issue": {"type": "text"}, "unit": {"type": "text"}, "part": {"type": "number", "share": True}}
    tables = {"units": {"key": "unit", "fields": {"unit": {"type": "text"}}}}
    tables["issues"] = {"key": key, "belongs_to": "units", "fields": fields}
    write_pack(pack_of(tables, [{"rule": "r", "for": "issues", "require": "part > 0.2"}]), tmp_path / "pack")
    (tmp_path / "data").mkdir()
    pq.write_table(pa.table({"unit": ["U1"]}), tmp_path / "data" / "units.parquet")
    records: dict[str, list[Any]] = {"issue": ["I1", "I2", "I2"], "unit": ["U1", "U9", "U1"], "part": ["0.1", "x", "40%"]}
    told = set()
    for name in ("other", "_first", "_place", "_row", f"raw {'issue' if key == 'issue' else 'unit'}"):
        pq.write_table(pa.table(records | {name: [7, 8, 9]}), tmp_path / "data" / "issues.parquet")
        ran = lookback("check", tmp_path / "data", "--pack", tmp_path / "pack", "-o", tmp_path / "review")
        told.add((ran.code, ran.err.replace(name, "other"), (tmp_path / "review" / "problems.csv").read_text("utf-8")))
    assert len(told) == 1, told
    assert {code for code, *_ in told} == {3}
