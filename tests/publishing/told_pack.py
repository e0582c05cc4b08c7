"""A pack with something of every kind that is told and that is withheld, and records for it that differ in what is withheld."""

from __future__ import annotations

import csv
import random
from pathlib import Path
from typing import Any

Row = dict[str, Any]
Records = dict[str, list[Row]]

PACK = """\
pack: told
version: "1.0"
title: {en: Told, zh: 公布}
outcomes:
  - {outcome: pass, title: {en: Pass, zh: 通过}}
  - {outcome: explain, title: {en: Explain, zh: 说明}, owes: {en: Explain it., zh: 请作出说明。}}
  - {outcome: make_up, title: {en: Make-up, zh: 补课}, due: 30 days}
params:
  as_of: {type: date, default: 2024-06-30, title: {en: Day, zh: 日期}}
office: {group_by: [region, kind]}
audiences:
  listed: {detail: verdicts, fields: {units: [%(named)sregion]}}
  found: {detail: findings, units: members > 3, fields: {units: [%(named)sregion, members], issues: [subject]}}
  region: {detail: reasons, by: region, fields: {units: [region, kind, members, plan], issues: [subject, solved]}}
"""
RECORDS = """\
tables:
  units:
    title: {en: Units, zh: 单位}
    key: code
    label: name
    fields:
      code: {type: text, title: {en: Code, zh: 代码}%(of_key)s}
      name: {type: text, title: {en: Name, zh: 名称}%(of_key)s}
      region: {type: text, title: {en: Region, zh: 地区}}
      kind: {type: choice, choices: {north: {en: North, zh: 北}, south: {en: South, zh: 南}}, title: {en: Kind, zh: 类别}}
      members: {type: integer, title: {en: Members, zh: 人数}}
      plan: {type: date, title: {en: Plan, zh: 计划}}
      person: {type: text, personal: true, title: {en: Person, zh: 负责人}}
      born: {type: date, personal: true, title: {en: Born, zh: 出生}}
      memo: {type: text, internal: true, title: {en: Memo, zh: 备忘}}
      budget: {type: number, internal: true, title: {en: Budget, zh: 经费}}
  issues:
    title: {en: Issues, zh: 问题}
    key: row
    belongs_to: units
    label: subject
    fields:
      code: {type: text, title: {en: Code, zh: 代码}%(of_key)s}
      subject: {type: text, title: {en: Subject, zh: 事项}}
      solved: {type: boolean, title: {en: Solved, zh: 已解决}}
      who: {type: text, personal: true, title: {en: Who, zh: 责任人}}
      note: {type: text, internal: true, title: {en: Note, zh: 说明}}
  visits:
    title: {en: Visits, zh: 走访}
    key: row
    belongs_to: units
    optional: {because: {en: Not all., zh: 不一定有。}}
    not_counted: {because: {en: Ours., zh: 内部。}}
    fields:
      code: {type: text, title: {en: Code, zh: 代码}%(of_key)s}
      seen: {type: text, internal: true, title: {en: Seen, zh: 所见}}
"""
RULES = """\
facts:
  - {fact: unsolved, of: units, from: issues, title: {en: Unsolved, zh: 未解决},
     value: "count(*) filter (where verdict = 'make_up')"}
  - {fact: open_issues, of: units, from: issues, title: {en: Open, zh: 未了},
     value: "count(*) filter (where coalesce(not solved, false))"}
  - {fact: visit_rows, of: units, from: visits, title: {en: Visits, zh: 走访数}, value: count(*)}
rules:
  - {rule: has-plan, for: units, title: {en: A plan in time, zh: 有计划},
     require: "plan <= :as_of", otherwise: make_up, advice: {en: Plan., zh: 请制定计划。}}
  - {rule: has-members, for: units, title: {en: Members, zh: 有人员}, require: members >= 3, otherwise: explain}
  - {rule: has-person, for: units, title: {en: A person, zh: 有负责人},
     require: person is not null and born < date '1990-01-01', otherwise: explain}
  - {rule: has-budget, for: units, title: {en: A budget, zh: 有经费},
     require: "budget >= 1000 or memo like 'free%%'", otherwise: make_up}
  - {rule: all-solved, for: units, title: {en: All is solved, zh: 都已解决}, require: unsolved = 0, otherwise: make_up}
  - {rule: few-open, for: units, title: {en: Little is open, zh: 未了不多}, require: open_issues <= 1, otherwise: explain}
  - {rule: visited, for: units, title: {en: Visited, zh: 走访过}, require: visit_rows > 0, otherwise: pass}
  - {rule: is-solved, for: issues, title: {en: Solved, zh: 已解决},
     require: solved, otherwise: make_up, advice: {en: Solve it., zh: 请解决。}}
  - {rule: has-who, for: issues, title: {en: Somebody answers, zh: 有责任人}, require: who is not null, otherwise: make_up}
"""


def write_pack(folder: Path, *, named: bool) -> Path:
    """`named`: whether units may be called by their keys and names; else these are personal."""
    folder.mkdir(parents=True)
    said = {"named": "code, name, " if named else "", "of_key": "" if named else ", personal: true"}
    for name, text in (("pack.yaml", PACK), ("records.yaml", RECORDS), ("1-told.rules.yaml", RULES)):
        (folder / name).write_text(text % said if "%(" in text else text.replace("%%", "%"), "utf-8")
    return folder


LETTERS = "bcdfghjkmnpqrstvwxz"


class Drawn:
    """Records, and others in which only what is withheld is changed: to other values of which the rules say the same, to more or
    fewer where no rule asks, in other files and another order."""

    def __init__(self, seed: int, *, named: bool) -> None:
        self.draw, self.named, self.n = random.Random(seed), named, 0
        self.planted: set[str] = set()
        count = self.draw.randint(4, 9)
        keys = [self.word() for _ in range(count)]
        self.units = [self.unit(key) for key in keys]
        self.issues = [
            {
                "code": key,
                "subject": self.draw.choice(["roof", "road", "water", "light"]),
                "solved": self.draw.choice(["yes", "yes", "no", ""]),
            }
            | self.of_issue(self.draw.random() < 0.8)
            for key in keys
            for _ in range(self.draw.randint(0, 3))
        ]

    def word(self) -> str:
        """A text that nothing else has."""
        self.n += 1
        return "".join(self.draw.choices(LETTERS, k=7)) + f"q{self.n}"

    def plant(self) -> str:
        """The same, withheld: of several words, with what has to be escaped, in Chinese, wide, or in capitals."""
        word = self.word()
        made = self.draw.choice(["{}", "{} & <sons>", '"{}"', "张{}明", "{}\\n/%41", "=1+{}", "Ä{}ß"]).format(word)
        self.planted.add(word)
        return self.draw.choice(
            [made, made.upper(), "".join(chr(ord(c) + 0xFEE0) if c.isalnum() and c.isascii() else c for c in made)]
        )

    def day(self, before: bool) -> str:
        year = self.draw.randint(1950, 1989) if before else self.draw.randint(1990, 2005)
        return f"{year}-{self.draw.randint(1, 12):02d}-{self.draw.randint(1, 28):02d}"

    def unit(self, key: str) -> Row:
        told = {
            "code": key,
            "name": f"Unit {key}",
            "region": self.draw.choice(["Eastham", "Westham", "Northam"]),
            "kind": self.draw.choice(["north", "south", ""]),
            "members": self.draw.choice(["2", "5", "12", ""]),
            "plan": self.draw.choice(["2024-05-01", "2024-08-01", ""]),
        }
        return told | self.of_unit(self.draw.random() < 0.8, self.draw.random() < 0.7, self.draw.random() < 0.7)

    def of_unit(self, person: bool, old: bool, rich: bool) -> Row:
        """What is withheld of a unit; the same for the rules where the same is asked for."""
        return {
            "person": self.plant() if person else "",
            "born": self.day(old),
            "memo": self.draw.choice([self.plant(), ""]) or "",
            "budget": f"{self.draw.randint(*((1000, 9_999_999) if rich else (-9_999_999, 999)))}.{self.draw.randint(11, 99)}",
            "_same": (person, old, rich),
        }

    def of_issue(self, who: bool) -> Row:
        return {"who": self.plant() if who else "", "note": self.draw.choice([self.plant(), ""]), "_same": (who,)}

    def visits(self) -> list[Row]:
        """Of every unit at least one, as a rule asks for it."""
        return [
            {"code": unit["code"], "seen": self.draw.choice([self.plant(), ""])}
            for unit in self.units
            for _ in range(self.draw.randint(1, 3))
        ]

    def records(self) -> Records:
        return {"units": self.units, "issues": self.issues, "visits": self.visits()}

    def other(self) -> Records:
        """The same to whoever is told."""
        called = {u["code"]: u["code"] if self.named else self.word() for u in self.units}
        units = [
            {**u, **self.of_unit(*u["_same"]), "code": called[u["code"]], "name": u["name"] if self.named else self.plant()}
            for u in self.units
        ]
        issues = [{**i, **self.of_issue(*i["_same"]), "code": called[i["code"]]} for i in self.issues]
        visits = [{**v, "code": called[v["code"]]} for v in self.visits()]
        for rows in (units, issues, visits):
            self.draw.shuffle(rows)
        return {"units": units, "issues": issues, "visits": visits}


def write_records(records: Records, folder: Path, name: str) -> list[str]:
    """The arguments of `check`; `name` stands in what the files are called."""
    folder.mkdir(parents=True)
    files = []
    for table, rows in records.items():
        file = folder / f"{name} {table}.csv"
        fields = [f for f in (rows[0] if rows else {"code": ""}) if not f.startswith("_")]
        with file.open("w", encoding="utf-8", newline="") as opened:
            lines = csv.writer(opened)
            lines.writerow(fields)
            lines.writerows([row[f] for f in fields] for row in rows)
        files.append(f"{table}={file}")
    return files
