"""Packs with one mistake each: a sound small pack, and changes of it in one place.

What lookback says of each stands under tests/golden/broken/; the sound pack has no mistake, so every example has a neighbour
that passes. `docs/errors.md` is made of these.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PACK, RECORDS, CLAUSES, RULES, TESTS = "pack.yaml", "records.yaml", "clauses.yaml", "1.rules.yaml", "1.test.yaml"
DAYS = "work.calendar.yaml"
ROWS = "codes.csv"

SOUND = {
    PACK: """\
pack: small
version: "1.0"
title: {en: Small pack, zh: 小规则包}
outcomes:
  - {outcome: fine, title: {en: Fine, zh: 正常}}
  - {outcome: watch, title: {en: Watch, zh: 关注}}
  - {outcome: late, title: {en: Late, zh: 逾期}}
params:
  as_of: {type: date, default: 2024-06-30, title: {en: Day of the review, zh: 检查日期}}
  limit: {type: integer, default: 3, least: 1, most: 9, title: {en: Most tasks, zh: 任务数上限}, clause: A1}
calendar: work
""",
    RECORDS: """\
tables:
  offices:
    title: {en: Offices, zh: 单位}
    key: office_id
    label: name
    fields:
      office_id: {type: text, title: {en: Office code, zh: 单位代码}}
      name: {type: text, title: {en: Office, zh: 单位名称}}
      kind: {type: choice, choices: {city: {en: City, zh: 市级}, county: {en: County, zh: 县级}}, title: {en: Kind, zh: 类别}}
      members: {type: integer, title: {en: Members, zh: 人数}}
  tasks:
    title: {en: Tasks, zh: 任务}
    key: task_id
    belongs_to: offices
    fields:
      task_id: {type: text, title: {en: Task number, zh: 任务编号}}
      office_id: {type: text, title: {en: Office code, zh: 单位代码}}
      subject: {type: text, title: {en: Subject, zh: 事项}}
      status: {type: choice, choices: {open: {en: Open, zh: 未完成}, done: {en: Done, zh: 已完成}}, title: {en: Status, zh: 状态}}
      due: {type: date, title: {en: Due, zh: 期限}}
      cost: {type: number, title: {en: Cost, zh: 费用}}
      signed: {type: boolean, title: {en: Signed, zh: 已签字}}
      topics: {type: choices, choices: {roads: {en: Roads, zh: 道路}, water: {en: Water, zh: 供水}}, title: {en: Topics, zh: 领域}}
      code: {type: text, title: {en: Code, zh: 代码}, refers_to: {table: codes, by: {code: code}, on: due}}
      after: {type: text, title: {en: After, zh: 前一任务}, refers_to: tasks, missing: allowed}
      before: {type: text, title: {en: Before, zh: 后一任务}, refers_to: tasks, missing: allowed}
  codes:
    title: {en: Codes, zh: 代码表}
    key: [code, since]
    reference: true
    rows: codes.csv
    in_force: [since, until]
    fields:
      code: {type: text, title: {en: Code, zh: 代码}}
      since: {type: date, title: {en: Since, zh: 起}}
      until: {type: date, title: {en: Until, zh: 止}, optional: {because: {en: In force yet., zh: 仍有效。}}}
      points: {type: integer, title: {en: Points, zh: 分值}}
""",
    ROWS: """\
code,since,until,points
A,2024-01-01,2024-05-31,3
A,2024-06-01,,5
B,2024-01-01,,1
""",
    CLAUSES: """\
clauses:
  - clause: A1
    summary: {en: Every task has a date., zh: 每项任务都有期限。}
    covered_by: [rules]
  - clause: A2
    summary: {en: Every task is signed., zh: 每项任务都已签字。}
    covered_by: [rules, sheet]
    questions: [tasks.signed]
  - clause: A3
    summary: {en: Every office is checked., zh: 检查每个单位。}
    covered_by: [command]
    commands: [check]
    because: {en: The command checks them all., zh: 命令检查全部单位。}
""",
    RULES: """\
facts:
  - fact: days_left
    of: tasks
    title: {en: Days left, zh: 剩余天数}
    value: due - :as_of
  - fact: tasks_late
    of: offices
    from: tasks
    title: {en: Late tasks, zh: 逾期任务数}
    value: count(*) filter (where verdict = 'late')
  - fact: sum_of_costs
    of: offices
    from: tasks
    title: {en: Costs, zh: 费用合计}
    value: sum(coalesce(cost, 0))
  - fact: tasks_watched
    of: offices
    from: tasks
    title: {en: Tasks to watch, zh: 须关注的任务数}
    value: count(*) filter (where verdict = 'watch')

rules:
  - rule: has-date
    clause: A1
    for: tasks
    title: {en: The task has a date, zh: 任务有期限}
    when: status = 'open'
    require: due is not null
    otherwise: late
    advice: {en: Set a date., zh: 请确定期限。}
  - rule: in-time
    clause: A1
    for: tasks
    title: {en: The task is in time, zh: 任务没有逾期}
    when: status = 'done'
    require: days_left >= 0 and cost < 100
    otherwise: watch
  - rule: signed
    clause: A2
    for: tasks
    title: {en: The task is signed, zh: 任务已签字}
    require: signed
    otherwise: watch
  - rule: not-many-late
    clause: A1
    for: offices
    title: {en: Not many tasks are late, zh: 逾期任务不多}
    require: tasks_late <= :limit
    otherwise: late
  - rule: few-to-watch
    clause: A1
    for: offices
    title: {en: Few tasks are to be watched, zh: 须关注的任务不多}
    require: tasks_watched <= 5
    otherwise: watch

groups:
  - exactly_one: [has-date, in-time]
""",
    DAYS: """\
calendar: work
from: 2024-01-01
to: 2024-12-31
off: [2024-05-01, 2024-05-02, 2024-05-03]
worked: [2024-04-28]
""",
    TESTS: """\
examples:
  tasks:
    sound: {status: open, due: 2024-07-01, signed: true}
tests:
  - test: a task without a date is late
    params: {limit: 1}
    given:
      offices: [{office_id: O1}]
      tasks: [{task_id: T1, like: sound, due: null}]
    expect:
      tasks: [{verdict: late, unmet: [has-date], facts: {days_left: null}}]
equivalent:
  - of: has-date
    written: due is not null or false
    because: it means the same
""",
}

WHEN = "when: status = 'open'"
REQUIRE = "require: due is not null"
COST = "cost < 100"
SUM = "sum(coalesce(cost, 0))"
LEFT = "due - :as_of"


@dataclass(frozen=True)
class Broken:
    """A change of the sound pack: in `file`, `old` (which stands there once) becomes `new`. Without `old` the file is `new`
    (bytes as they are; None: it is not there, ...: a folder is in its place). `right` in place of `new` is how it would have
    been right, where that is not `old`."""

    name: str
    code: str
    file: str
    old: str | None
    new: object
    right: str | None = None
    besides: tuple[str, str] | None = None
    """Another file and its text, sound by itself, that the change is about."""

    def text(self) -> str:
        """The changed file; an empty text where it is none."""
        if self.old is None:
            return self.new if isinstance(self.new, str) else ""
        assert SOUND[self.file].count(self.old) == 1, f"{self.name}: {self.old}"
        return SOUND[self.file].replace(self.old, str(self.new))

    def right_text(self) -> str:
        """The file as it would have been right."""
        sound = SOUND.get(self.file, "# {{ unit.name }}\n")
        return sound if self.old is None or self.right is None else sound.replace(self.old, self.right)

    def write(self, folder: Path) -> None:
        """Write the whole pack."""
        write_sound(folder)
        self.write_besides(folder)
        file = folder / self.file
        if self.old is not None or isinstance(self.new, str):
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(self.text().encode())
        elif isinstance(self.new, bytes):
            file.write_bytes(self.new)
        else:
            file.unlink()
            if self.new is ...:
                file.mkdir()

    def write_besides(self, folder: Path) -> None:
        if self.besides is not None:
            (folder / self.besides[0]).write_bytes(self.besides[1].encode())


def write_sound(folder: Path) -> None:
    folder.mkdir()
    for name, text in SOUND.items():
        (folder / name).write_bytes(text.encode())


def condition(name: str, code: str, new: str, right: str | None = None) -> Broken:
    """A condition that a rule requires."""
    return Broken(name, code, RULES, REQUIRE, f"require: {new}", right and f"require: {right}")


def fact(name: str, code: str, new: str, right: str | None = None) -> Broken:
    """The value of an aggregate."""
    return Broken(name, code, RULES, SUM, new, right)


OF_REVIEW = """\
  - rule: on-a-day
    clause: A1
    for: review
    title: {en: The day is known, zh: 已知日期}
    require: :limit > 0
    otherwise: watch
"""
FACT_OF_REVIEW = """\
  - fact: costs_of_all
    of: review
    from: tasks
    title: {en: Costs of all, zh: 总费用}
    value: sum(coalesce(cost, 0))
"""
WATCHED = "  - fact: tasks_watched\n"
OF_NOTES = """\
  - rule: numbered
    clause: A1
    for: notes
    title: {en: The note is numbered, zh: 批注有编号}
    require: note_id <> ''
    otherwise: watch
    not_counted: {because: {en: Notes are for the office., zh: 批注只供本单位使用。}}
"""
NOTES = """\
  notes:
    title: {en: Notes, zh: 批注}
    key: note_id
    belongs_to: tasks
    fields:
      note_id: {type: text, title: {en: Note number, zh: 批注编号}}
      task_id: {type: text, title: {en: Task number, zh: 任务编号}}
"""
HINTS = """\
  - fact: hints
    of: offices
    title: {en: Hints, zh: 提示分值}
    value: score('hint')

rules:
  - rule: named
    clause: A1
    for: offices
    title: {en: The office has a name, zh: 单位有名称}
    require: name is not null
    otherwise: watch
    tag: hint
"""
FEW_HINTS = """\
  - rule: few-hints
    clause: A1
    for: offices
    title: {en: Few hints, zh: 提示不多}
    require: score('hint') <= 2
    otherwise: late
"""


def unique(name: str, code: str, new: str, right: str) -> Broken:
    """What no two tasks say alike."""
    both = (f"    belongs_to: offices\n    unique: {said}\n" for said in (new, right))
    return Broken(name, code, RECORDS, "    belongs_to: offices\n", *both)


def siblings(name: str, code: str, new: str, right: str, value: str = "count(*)") -> Broken:
    """A fact over the records that agree in some values, which the rule for them asks for."""
    fact = "  - fact: alike\n    of: tasks\n    among: {}\n    title: {{en: Alike, zh: 相同数}}\n    value: {}\n"
    rule = "require: due is not null and alike < 9"
    old = SOUND[RULES][: SOUND[RULES].index(REQUIRE) + len(REQUIRE)]
    both = [
        fact.format(among, of) + old.removeprefix("facts:\n").replace(REQUIRE, rule)
        for among, of in ((new, value), (right, "count(*)"))
    ]
    return Broken(name, code, RULES, old, "facts:\n" + both[0], "facts:\n" + both[1])


OLD = """\
  - rule: old-signed
    until: "0.9"
    replaced_by: [signed]
    clause: A2
    for: papers
    title: {en: The paper is signed, zh: 文件已签字}
    require: paper_signed
    otherwise: refused
"""
MANY = " or ".join(f"cost = {n}" for n in range(1, 14))
LARGE = " and ".join(f"(cost = {n} or cost = {n % 11 + 1} or cost = {(n + 4) % 11 + 1})" for n in range(1, 12))
LONG = "\n      ".join(["require: >", "due is not null", *["  or due is not null"] * 520])
DEEP = "require: >\n" + "      (\n" * 1500 + "      due is not null\n" + "      )\n" * 1500
FACT_0 = "  - {fact: x0, of: offices, title: {en: Of members, zh: 人数值}, value: members}\n"
CHAIN = "facts:\n" + FACT_0
CHAIN += "".join(
    f"  - {{fact: x{n}, of: offices, title: {{en: Of members {n}, zh: 人数值 {n}}}, value: x{n - 1} + 1}}\n"
    for n in range(1, 302)
)

# fmt: off
BROKEN = (
    # files
    Broken("no-records", "no-such-file", RECORDS, None, None),
    Broken("no-rules", "no-rules-file", RULES, None, None),
    Broken("records-are-a-folder", "unreadable-file", RECORDS, None, ...),
    Broken("a-large-file", "file-too-large", RECORDS, None, b"#" * 5_000_001),
    Broken("an-older-encoding", "not-utf-8", RULES, None, "facts: [] # 派生值".encode("gb18030")),
    Broken("an-empty-file", "empty-file", TESTS, None, "# nothing yet\n"),
    Broken("a-quote-left-open", "not-yaml", RULES, "{en: Days left, zh: 剩余天数}", '{en: "Days left, zh: 剩余天数}'),
    Broken("a-tab", "not-yaml", RULES, "    of: tasks\n    title: {en: Days", "\tof: tasks\n    title: {en: Days"),
    Broken("a-separator-of-lines", "not-yaml", RULES, "{en: Days left, zh", "{en: Days\u2028left, zh"),
    Broken("an-alias", "yaml-alias", RULES, LEFT, "*days"),
    Broken("an-anchor", "yaml-alias", RULES, LEFT, f"&days {LEFT}"),
    Broken("nested-without-end", "yaml-too-deep", TESTS, None, "[\n" * 3000),
    Broken("a-list-as-key", "key-not-a-word", PACK, "pack: small", "? [a, b]\n: 1\npack: small"),
    Broken("a-key-twice", "repeated-key", RULES, "    for: tasks\n    title: {en: The task is signed", "    for: tasks\n    for: tasks\n    title: {en: The task is signed"),
    # form
    Broken("no-otherwise", "missing-key", RULES, "    require: signed\n    otherwise: watch\n", "    require: signed\n"),
    Broken("no-version", "missing-key", PACK, 'version: "1.0"\n', ""),
    Broken("a-key-misspelt", "unknown-key", RULES, "    advice: {en", "    advise: {en"),
    Broken("a-key-from-elsewhere", "unknown-key", RECORDS, "    label: name", "    weight: 3"),
    Broken("a-title-without-text", "needs-one-language", RULES, "title: {en: The task is signed, zh: 任务已签字}", "title: {}"),
    Broken("a-version-without-quotes", "wrong-value", PACK, '"1.0"', "1.0"),
    Broken("an-id-with-capitals", "wrong-value", RULES, "rule: signed", "rule: Signed"),
    Broken("a-rule-id-with-underscores", "wrong-value", RULES, "rule: signed", "rule: is_signed"),
    Broken("a-type-that-is-none", "wrong-value", RECORDS, "cost: {type: number", "cost: {type: money"),
    Broken("a-title-that-is-a-text", "wrong-value", RULES, "title: {en: The task is signed, zh: 任务已签字}", "title: The task is signed"),
    Broken("a-weight-below-zero", "wrong-value", RULES, "require: signed\n    otherwise: watch", "require: signed\n    otherwise: watch\n    weight: -1"),
    Broken("a-weight-in-words", "wrong-value", RULES, "require: signed\n    otherwise: watch", "require: signed\n    otherwise: watch\n    weight: heavy"),
    Broken("one-outcome", "wrong-value", PACK, SOUND[PACK].split("outcomes:\n")[1].split("params:")[0], "  - {outcome: fine, title: {en: Fine, zh: 正常}}\n"),
    Broken("rules-that-are-no-list", "wrong-value", RULES, "groups:\n  - exactly_one: [has-date, in-time]", "groups: none"),
    # names of the records and of the pack
    Broken("an-outcome-twice", "repeated-id", PACK, "{outcome: late,", "{outcome: late, title: {en: Late, zh: 逾期}}\n  - {outcome: late,"),
    Broken("a-rule-twice", "repeated-id", RULES, "groups:\n", "  - rule: signed\n    clause: A2\n    for: offices\n    title: {en: Named, zh: 有名称}\n    require: name is not null\n    otherwise: late\n\ngroups:\n"),
    Broken("a-fact-named-as-a-field", "repeated-id", RULES, "fact: sum_of_costs", "fact: members"),
    Broken("optional-units", "optional-units", RECORDS, "    key: office_id\n", "    key: office_id\n    optional: {because: {en: Given later., zh: 事后报送。}}\n"),
    Broken("two-roots", "one-root", RECORDS, "    belongs_to: offices\n", ""),
    Broken("a-circle-of-tables", "circle", RECORDS, "  tasks:\n", "  notes: {key: id, title: {en: Notes, zh: 记录}, belongs_to: papers, fields: {id: {type: text, title: {en: Id, zh: 编号}}}}\n  papers: {key: id, title: {en: Papers, zh: 文件}, belongs_to: notes, fields: {id: {type: text, title: {en: Id, zh: 编号}}}}\n  tasks:\n"),
    Broken("a-key-that-is-no-field", "unknown-field", RECORDS, "key: task_id", "key: task_no"),
    Broken("a-part-of-a-key-that-is-no-field", "unknown-field", RECORDS, "key: task_id", "key: [office_id, task_no]"),
    Broken("a-part-of-a-key-that-is-a-number", "key-type", RECORDS, "key: task_id", "key: [office_id, cost]"),
    Broken("a-part-of-a-key-twice", "repeated-id", RECORDS, "key: task_id", "key: [office_id, office_id]"),
    Broken("a-parent-without-a-key", "parent-by-row", RECORDS, "key: office_id", "key: row"),
    Broken("spaces-kept-of-a-date", "keep-spaces-for-text", RECORDS, "due: {type: date", "due: {keep_spaces: true, type: date"),
    Broken("words-beside-a-date", "beside-for-choice", RECORDS, "due: {type: date", "due: {beside: number, type: date"),
    Broken("a-key-that-is-a-date", "key-type", RECORDS, "task_id: {type: text", "task_id: {type: date"),
    Broken("a-parent-that-is-no-table", "unknown-table-name", RECORDS, "belongs_to: offices", "belongs_to: office"),
    Broken("no-parent-key", "no-parent-key", RECORDS, "      office_id: {type: text, title: {en: Office code, zh: 单位代码}}\n      subject", "      subject"),
    Broken("another-type-than-the-parent", "parent-key-type", RECORDS, "      office_id: {type: text, title: {en: Office code, zh: 单位代码}}\n      subject", "      office_id: {type: integer, title: {en: Office code, zh: 单位代码}}\n      subject"),
    Broken("a-header-twice", "repeated-header", RECORDS, "title: {en: Cost, zh: 费用}", "title: {en: Due, zh: 费用}"),
    Broken("a-reserved-field", "reserved-name", RECORDS, "      members: {", "      verdict: {"),
    Broken("a-reserved-fact", "reserved-name", RULES, "fact: sum_of_costs", "fact: score"),
    Broken("a-reserved-count", "reserved-name", RULES, "fact: sum_of_costs", "fact: findings_by_outcome"),
    Broken("a-word-of-sql-as-a-fact", "reserved-word", RULES, "fact: sum_of_costs", "fact: select"),
    Broken("a-word-of-sql-as-a-field", "reserved-word", RECORDS, "      members: {", "      from: {", right="      on: {"),
    Broken("a-choice-without-choices", "choices-for-choice", RECORDS, "members: {type: integer", "members: {type: choice"),
    Broken("a-word-for-two-choices", "repeated-choice", RECORDS, "done: {en: Done, zh: 已完成}", "done: {en: Done, zh: 未完成}"),
    Broken("a-param-that-is-a-choice", "param-choice", PACK, "type: integer, default: 3, least: 1, most: 9", "type: choice, default: few"),
    Broken("a-zone-that-is-none", "unknown-zone", PACK, 'version: "1.0"', 'version: "1.0"\nzone: Asia/Shangai', right='version: "1.0"\nzone: Asia/Shanghai'),
    Broken("a-default-of-another-type", "wrong-default", PACK, "default: 2024-06-30", "default: 30 June"),
    Broken("a-limit-of-a-text", "limit-without-order", PACK, "type: integer, default: 3, least: 1, most: 9", "type: text, default: three, least: one"),
    Broken("a-default-out-of-range", "outside-range", PACK, "default: 3", "default: 12"),
    Broken("limits-of-a-param-crossed", "limits-crossed", PACK, "least: 1, most: 9", "least: 9, most: 1", right="least: 1, most: 9"),
    Broken("limits-of-a-field-crossed", "limits-crossed", RECORDS, "due: {type: date", "due: {type: date, least: 2024-12-31, most: 2024-01-01", right="due: {type: date, least: 2024-01-01, most: 2024-12-31"),
    Broken("a-limit-of-a-field-of-another-type", "wrong-default", RECORDS, "members: {type: integer", "members: {type: integer, least: few", right="members: {type: integer, least: 0"),
    Broken("a-unit-of-a-text", "unit-of-number", RECORDS, "subject: {type: text", "subject: {type: text, unit: days"),
    Broken("a-unit-of-no-family", "wrong-unit", RECORDS, "cost: {type: number", "cost: {type: number, unit: mony", right="cost: {type: number, unit: money"),
    Broken("a-form-of-a-unit-that-is-no-number", "wrong-unit", RECORDS, "members: {type: integer", "members: {type: integer, unit: {people: one}", right="members: {type: integer, unit: {people: 1, dozen: 12}"),
    Broken("a-form-of-a-unit-twice", "wrong-unit", RECORDS, "members: {type: integer", "members: {type: integer, unit: {k: 1, K: 1000}"),
    Broken("a-share-of-an-integer", "share-of-number", RECORDS, "members: {type: integer", "members: {type: integer, share: true", right="members: {type: number, share: true"),
    Broken("a-limit-of-a-choice", "limit-without-order", RECORDS, "signed: {type: boolean", "signed: {type: boolean, most: true"),
    # references
    Broken("a-reference-to-no-table", "unknown-table-name", RECORDS, "before: {type: text, title: {en: Before, zh: 后一任务}, refers_to: tasks", "before: {type: text, title: {en: Before, zh: 后一任务}, refers_to: task"),
    Broken("a-reference-by-another-type", "reference-type", RECORDS, "after: {type: text", "after: {type: integer"),
    Broken("a-reference-called-as-the-parent", "reference-as-parent", RECORDS, "      after: {", "      offices: {"),
    Broken("a-field-called-as-what-can-be-asked", "asked-of-reference", RECORDS, "      subject: {", "      exists: {"),
    Broken("a-reference-to-records-by-their-place", "reference-by-row", RECORDS, "key: task_id", "key: row"),
    Broken("a-reference-by-a-part-of-a-key", "reference-by-parts", RECORDS, "by: {code: code}, on: due}", "by: {code: code}}", right="by: {code: code, since: due}}"),
    Broken("a-reference-by-no-field", "unknown-field", RECORDS, "by: {code: code}", "by: {cod: code}"),
    Broken("a-reference-on-what-is-no-day", "in-force-dates", RECORDS, "on: due}", "on: cost}"),
    Broken("a-reference-to-rows-without-days", "no-in-force", RECORDS, "    in_force: [since, until]\n", ""),
    Broken("a-missing-without-reference", "missing-of-reference", RECORDS, "前一任务}, refers_to: tasks, missing: allowed", "前一任务}, missing: allowed"),
    Broken("reference-data-with-a-parent", "reference-belongs", RECORDS, "    belongs_to: offices\n", "    belongs_to: offices\n    reference: true\n"),
    Broken("rows-of-no-reference-data", "rows-of-reference", RECORDS, "    belongs_to: offices\n", "    belongs_to: offices\n    rows: codes.csv\n"),
    Broken("rows-outside-the-pack", "rows-outside", RECORDS, "rows: codes.csv", "rows: ../codes.csv"),
    condition("a-name-through-no-reference", "no-reference", "subject.points > 3", "code.points > 3"),
    condition("a-name-through-a-reference-misspelt", "unknown-reference", "after.offce.name is not null", "after.offices.name is not null"),
    condition("a-name-of-no-field-there", "unknown-field", "code.pionts > 3", "code.points > 3"),
    condition("a-name-through-too-many", "reference-too-long", "after.after.after.after.signed", "after.after.after.signed"),
    condition("a-count-through-a-reference", "looked-up-aggregate", "after.offices.sum_of_costs > 3", "offices.sum_of_costs > 3"),
    Broken("an-aggregate-through-no-reference", "not-referring", RULES, "fact: sum_of_costs\n    of: offices\n    from: tasks\n", "fact: sum_of_costs\n    of: offices\n    from: tasks\n    through: code\n"),
    Broken("an-aggregate-through-one-of-two", "several-references", RULES, "fact: sum_of_costs\n    of: offices\n    from: tasks\n", "fact: sum_of_costs\n    of: tasks\n    from: tasks\n"),
    Broken("a-rule-for-reference-data", "rule-for-reference", RULES, "    for: tasks\n    title: {en: The task is signed, zh: 任务已签字}\n    require: signed\n", "    for: codes\n    title: {en: The task is signed, zh: 任务已签字}\n    require: points > 0\n"),
    Broken("rows-that-are-no-csv", "rows-no-csv", ROWS, "B,", '"B"x,'),
    Broken("rows-with-an-unknown-column", "rows-unknown-column", ROWS, "points", "pionts"),
    Broken("rows-without-a-key", "rows-without-key", ROWS, "B,", ","),
    Broken("rows-with-a-value-too-many", "rows-width", ROWS, "B,2024-01-01,,1", "B,2024-01-01,,1,2"),
    Broken("rows-with-a-value-of-another-type", "rows-value", ROWS, ",,5", ",,five"),
    Broken("rows-with-a-key-twice", "rows-key-twice", ROWS, "B,2024-01-01,,1", "B,2024-01-01,,1\nB,2024-01-01,,2"),
    Broken("rows-that-overlap", "rows-overlap", ROWS, "2024-05-31", "2024-06-30"),
    Broken("rows-with-a-gap", "rows-gap", ROWS, "2024-05-31", "2024-04-30"),
    # names of rules and facts
    Broken("a-fact-of-no-table", "unknown-table-name", RULES, "fact: sum_of_costs\n    of: offices\n", "fact: sum_of_costs\n    of: office\n"),
    Broken("a-rule-for-no-table", "unknown-table-name", RULES, "    for: offices\n    title: {en: Not", "    for: bureaus\n    title: {en: Not"),
    Broken("an-aggregate-of-no-child", "not-a-child", RULES, "    from: tasks\n    title: {en: Costs, zh: 费用合计}\n    value: sum(coalesce(cost, 0))", "    from: offices\n    title: {en: Costs, zh: 费用合计}\n    value: count(*)"),
    Broken("an-outcome-misspelt", "unknown-outcome", RULES, "require: due is not null\n    otherwise: late", "require: due is not null\n    otherwise: latte"),
    Broken("a-rule-too-far-below-the-units-of-its-file", "when-out-of-reach", RULES, "\ngroups:\n", f"{OF_NOTES}\nwhen: kind = 'city'\n\ngroups:\n", right=f"{OF_NOTES}\ngroups:\n", besides=(RECORDS, SOUND[RECORDS] + NOTES)),
    Broken("a-rule-for-the-review-in-a-file-for-some-units", "when-of-units", RULES, "\ngroups:\n", f"{OF_REVIEW}\nwhen: kind = 'city'\n\ngroups:\n", right=f"{OF_REVIEW}\ngroups:\n"),
    Broken("a-field-misspelt-in-a-fact-of-the-review", "unknown-field", RULES, WATCHED, FACT_OF_REVIEW.replace("cost,", "csot,") + WATCHED, FACT_OF_REVIEW + WATCHED),
    Broken("a-field-misspelt-in-what-the-rules-of-a-file-share", "unknown-field", RULES, "\ngroups:\n", "\nwhen: knid = 'city'\n\ngroups:\n", right="\nwhen: kind = 'city'\n\ngroups:\n"),
    Broken("what-the-rules-of-a-file-share-is-a-number", "not-a-condition", RULES, "\ngroups:\n", "\nwhen: members + 1\n\ngroups:\n", right="\nwhen: members > 1\n\ngroups:\n"),
    Broken("a-circle-through-what-the-rules-of-a-file-share", "circle", RULES, "\ngroups:\n", "\nwhen: tasks_late > 1\n\ngroups:\n"),
    Broken("a-tag-misspelt", "unknown-tag", RULES, "\nrules:\n", HINTS.replace("score('hint')", "score('hnit')"), right=HINTS),
    Broken("a-tag-in-a-rule", "tag-in-facts-only", RULES, "\nrules:\n", HINTS + FEW_HINTS, right=HINTS + FEW_HINTS.replace("score('hint')", "hints")),
    Broken("a-tag-without-quotes", "wrong-argument", RULES, "\nrules:\n", HINTS.replace("score('hint')", "findings(members)"), right=HINTS),
    Broken("a-circle-through-a-tag", "circle", RULES, "\nrules:\n", HINTS.replace("name is not null", "name is not null or hints < 9"), right=HINTS),
    Broken("a-tag-that-no-fact-asks-for", "unused-tag", RULES, "    clause: A2\n    for: tasks\n    title: {en: The task is signed, zh: 任务已签字}\n    require: signed\n    otherwise: watch\n", "    clause: A2\n    for: tasks\n    title: {en: The task is signed, zh: 任务已签字}\n    require: signed\n    otherwise: watch\n    tag: hint\n"),
    Broken("replaced-and-not-retired", "replaced-not-retired", RULES, "  - rule: signed\n", "  - rule: signed\n    replaced_by: [has-date]\n"),
    Broken("replaced-by-no-rule", "unknown-rule", RULES, "\ngroups:\n", f"{OLD.replace('[signed]', '[sined]')}\ngroups:\n", right=f"{OLD}\ngroups:\n"),
    Broken("an-id-of-a-retired-rule-used-again", "repeated-id", RULES, "\ngroups:\n", f"{OLD.replace('old-signed', 'has-date')}\ngroups:\n", right=f"{OLD}\ngroups:\n"),
    Broken("a-former-id-that-is-another-rules", "repeated-id", RULES, "  - rule: signed\n", "  - rule: signed\n    was: [has-date]\n"),
    Broken("a-former-name-that-is-another-tables", "repeated-id", RECORDS, "    key: task_id", "    was: [offices]\n    key: task_id"),
    Broken("silent-about-nothing", "ignores-nothing", PACK, "outcomes:\n", "ignore:\n  - {lint: unused-fact, because: {en: It is for lists., zh: 供列表使用。}}\noutcomes:\n"),
    Broken("grouped-by-no-field", "unknown-field", PACK, "outcomes:\n", "office: {group_by: [knid]}\noutcomes:\n", right="office: {group_by: [kind]}\noutcomes:\n"),
    Broken("handed-in-by-no-day", "handed-in-by-a-day", PACK, "outcomes:\n", "office: {handed_in_by: limit}\noutcomes:\n", right="office: {handed_in_by: as_of}\noutcomes:\n"),
    Broken("a-survey-that-is-no-table", "unknown-table-name", PACK, "outcomes:\n", "office: {survey: task}\noutcomes:\n", right="office: {survey: tasks}\noutcomes:\n"),
    Broken("visits-that-are-no-table", "unknown-table-name", PACK, "outcomes:\n", "office: {visits: task}\noutcomes:\n", right="office: {visits: tasks}\noutcomes:\n"),
    Broken("what-was-seen-of-no-field", "unknown-field", PACK, "outcomes:\n", "office: {seen: {tasks: {subjct: subject}}}\noutcomes:\n", right="office: {seen: {tasks: {subject: subject}}}\noutcomes:\n"),
    Broken("an-audience-of-a-withheld-field", "audience-tells-withheld", RECORDS, "      name: {type: text,", "      name: {internal: true, type: text,", besides=(PACK, SOUND[PACK] + "audiences:\n  public: {fields: {offices: [kind, name]}}\n")),
    Broken("an-audience-of-a-withheld-table", "audience-rule-of-withheld", PACK, "outcomes:\n", "audiences:\n  public: {fields: {offices: [name]}, rules: [signed]}\noutcomes:\n", right="audiences:\n  public: {fields: {offices: [name], tasks: [subject]}, rules: [signed]}\noutcomes:\n"),
    Broken("an-audience-by-no-field", "unknown-field", PACK, "outcomes:\n", "audiences:\n  county: {by: knd}\noutcomes:\n", right="audiences:\n  county: {by: kind}\noutcomes:\n"),
    Broken("an-audience-on-no-condition", "not-a-condition", PACK, "outcomes:\n", "audiences:\n  public: {units: members}\noutcomes:\n", right="audiences:\n  public: {units: members > 3}\noutcomes:\n"),
    Broken("a-term-of-words", "due-form", PACK, "zh: 逾期}}\n", "zh: 逾期}, due: soon}\n", right="zh: 逾期}, due: 30 days}\n"),
    Broken("a-term-by-no-parameter", "unknown-param", PACK, "zh: 逾期}}\n", "zh: 逾期}, due: \":limt days\"}\n", right="zh: 逾期}, due: \":limit days\"}\n"),
    Broken("a-term-by-a-day", "due-by-a-number", PACK, "zh: 逾期}}\n", "zh: 逾期}, due: \":as_of days\"}\n", right="zh: 逾期}, due: \":limit working days\"}\n"),
    Broken("a-term-of-days-worked-without-a-calendar", "due-without-calendar", PACK, SOUND[PACK], SOUND[PACK].replace("calendar: work\n", "").replace("zh: 逾期}}\n", "zh: 逾期}, due: 3 working days}\n"), right=SOUND[PACK].replace("zh: 逾期}}\n", "zh: 逾期}, due: 3 working days}\n")),
    Broken("followed-up-by-a-text", "follow-up-by-dates", RECORDS, "    key: task_id\n", "    key: task_id\n    follow_up: {due: due, done: subject}\n", right="    key: task_id\n    follow_up: {due: due, done: due}\n"),
    Broken("an-order-of-a-text", "best-to-worst-of-choice", RECORDS, "subject: {type: text", "subject: {best_to_worst: [good, bad], type: text"),
    Broken("an-order-without-a-choice", "best-to-worst-of-all", RECORDS, "status: {type: choice", "status: {best_to_worst: [done], type: choice", right="status: {best_to_worst: [done, open], type: choice"),
    condition("how-bad-without-an-order", "choice-without-order", "badness(status) < 2"),
    Broken("a-paper-that-ends-nowhere", "paper-form", "papers/briefing.md", None, "# {{ unit.name }}\n\n{% for task in tasks %}{{ task.subject }}\n"),
    Broken("a-paper-of-several-files", "paper-includes", "papers/briefing.md", None, "{% include 'head.md' %}\n"),
    Broken("a-paper-with-a-name-that-is-none", "paper-name", "papers/briefing.md", None, "# {{ unit.name }}\n\n{% for task in tasks %}{{ task.subjcet }}\n{% endfor %}\n"),
    Broken("repeats-itself", "repeats-itself", RULES, "    clause: A2\n", "    clause: A2\n    repeats: signed\n"),
    Broken("repeats-a-rule-of-another-table", "unknown-rule", RULES, "    clause: A2\n", "    clause: A2\n    repeats: not-many-late\n"),
    Broken("a-group-of-two-kinds", "group-one-kind", RULES, "  - exactly_one: [has-date, in-time]", "  - exactly_one: [has-date, in-time]\n    at_least_one: [has-date, in-time]"),
    Broken("a-group-with-a-rule-that-always-applies", "group-needs-when", RULES, "[has-date, in-time]", "[has-date, signed]"),
    Broken("a-group-with-a-rule-twice", "repeated-id", RULES, "[has-date, in-time]", "[has-date, in-time, in-time]"),
    Broken("a-group-with-no-rule", "unknown-rule", RULES, "[has-date, in-time]", "[has-date, on-time]"),
    Broken("a-circle-of-facts", "circle", RULES, LEFT, "days_left + 1"),
    Broken("a-circle-through-verdicts", "circle", RULES, COST, "offices.tasks_late < 3"),
    # names in conditions
    condition("a-field-misspelt", "unknown-field", "du is not null", "due is not null"),
    condition("a-field-after-chinese-text", "unknown-field", "subject = '请确定期限。' or deu is not null"),
    condition("a-choice-without-quotes", "unknown-field", "status = done", "status = 'done'"),
    condition("a-param-without-colon", "unknown-field", "cost < limit"),
    condition("a-table-that-is-not-above", "unknown-table", "office.kind = 'city'", "offices.kind = 'city'"),
    condition("a-param-misspelt", "unknown-param", "due > :as_off", "due > :as_of"),
    condition("a-choice-misspelt", "unknown-choice", "status = 'opne'", "status = 'open'"),
    condition("a-choice-in-a-list", "unknown-choice", "status in ('open', 'closed')"),
    condition("a-function-that-is-none", "unknown-function", "concat(subject, 'x') = 'x'", "lower(subject) = 'x'"),
    condition("a-function-misspelt", "unknown-function", "coalesc(cost, 0) > 1"),
    fact("a-rule-in-unmet-misspelt", "unknown-rule", "count(*) filter (where unmet('has-dates'))", "count(*) filter (where unmet('has-date'))"),
    # form of conditions
    condition("a-condition-without-text", "empty-expression", '""', "due is not null"),
    Broken("a-condition-too-long", "expression-too-long", RULES, REQUIRE, LONG),
    Broken("a-condition-too-deep", "condition-too-deep", RULES, REQUIRE, DEEP),
    condition("an-operator-without-a-side", "not-an-expression", "due is not null and", "due is not null and signed"),
    condition("two-words-in-a-row", "not-an-expression", "due >= :as_of - 30 days"),
    condition("a-full-width-bracket", "full-width", "（due is not null）", "(due is not null)"),
    condition("full-width-quotes", "full-width", "subject = ‘x’", "subject = 'x'"),
    condition("a-sign-that-is-none", "not-allowed", "subject ^ 'x' = 'ax'"),
    condition("a-word-that-is-none", "not-allowed", "subject collate nocase = 'x'"),
    condition("true-by-is", "not-allowed", "signed is not true", "not coalesce(signed, false)"),
    condition("a-function-of-sql", "unknown-function", "floor(cost / 2) = 1", "round(cost / 2, 0) = 1"),
    condition("a-number-without-exponent", "not-an-expression", "cost > 1e", "cost > 1e5"),
    condition("a-character-that-is-none", "no-character", "\"subject = 'a\\0b'\"", "subject = 'ab'"),
    condition("null-reckoned-with", "bad-arithmetic", "cost + null > 1", "cost + 1 > 1"),
    condition("a-quote-too-few", "unclosed-text", "subject = 'x", "subject = 'x'"),
    condition("two-expressions", "one-expression", "due is not null; signed", "due is not null and signed"),
    condition("a-subquery", "not-allowed", "due in (select due from tasks)", "due in (date '2024-07-01', date '2024-08-01')"),
    condition("a-cast", "not-allowed", "cast(cost as integer) = 1"),
    condition("case-of-a-value", "not-allowed", "case status when 'open' then signed end"),
    condition("a-number-for-a-condition", "not-a-condition", "days_left", "days_left > 0"),
    condition("a-side-that-is-no-condition", "not-a-condition", "signed and cost"),
    # types
    condition("equal-to-null", "null-comparison", "due <> null", "due is not null"),
    condition("null-in-a-list", "null-comparison", "cost in (1, null)"),
    condition("less-than-null", "null-comparison", "cost < null"),
    condition("distinct-from-null", "null-distinct", "due is distinct from null", "due is not null"),
    condition("a-date-as-text", "different-types", "due > '2024-01-01'", "due > date '2024-01-01'"),
    condition("a-text-and-a-number", "different-types", "subject = 3"),
    condition("two-choices", "different-choices", "status = offices.kind", "status = 'open' or offices.kind = 'city'"),
    condition("an-order-of-choices", "no-order", "status < 'done'", "status <> 'done'"),
    condition("like-without-a-text", "bad-like", "subject like cost", "subject like '%road%'"),
    condition("a-pattern-with-an-end", "bad-pattern", "matches(subject, '[A-Z]{2}$')", "matches(subject, '[A-Z]{2}')"),
    condition("a-pattern-that-does-not-close", "bad-pattern", "matches(subject, 'road (north')", "matches(subject, 'road \\(north')"),
    condition("a-pattern-in-a-field", "wrong-argument", "matches(subject, subject)"),
    condition("a-code-that-is-none", "unknown-code", "check_digit(subject, 'uscc')", "check_digit(subject, 'cn-uscc')"),
    condition("a-text-for-a-number-of-signs", "wrong-argument", "left(subject, 'x') = 'y'", "left(subject, 1) = 'y'"),
    condition("a-number-and-a-text-strung-together", "bad-arithmetic", "subject || cost = 'x1'", "subject || 'x' = 'x1'"),
    condition("a-choice-that-a-field-cannot-have", "unknown-choice", "has(topics, 'raods')", "has(topics, 'roads')"),
    condition("several-choices-equal-to-one", "different-types", "topics = 'roads'", "has(topics, 'roads')"),
    condition("has-of-one-choice", "wrong-argument", "has(status, 'open')", "has(topics, 'roads')"),
    condition("an-order-of-several-choices", "no-order", "least(topics, topics) = topics", "size(topics) > 1"),
    Broken("separators-of-one-choice", "separators-for-choices", RECORDS, "status: {type: choice,", "status: {type: choice, separators: ['/'],"),
    Broken("a-separator-that-is-a-word", "bad-separator", RECORDS, "topics: {type: choices,", "topics: {type: choices, separators: [and],", "topics: {type: choices, separators: ['|'],"),
    Broken("a-choice-with-a-separator", "separator-in-choice", RECORDS, "zh: 道路}", "zh: 道路/桥梁}", "zh: 道路与桥梁}"),
    Broken("days-worked-without-a-calendar", "no-calendar", PACK, "calendar: work\n", "", besides=(RULES, SOUND[RULES].replace(LEFT, "workdays_between(:as_of, due)"))),
    Broken("a-calendar-that-is-not-there", "no-such-calendar", PACK, "calendar: work", "calendar: mars", "calendar: china"),
    Broken("a-day-off-that-is-none", "calendar-no-day", DAYS, "2024-05-03]", "2024-05-32]"),
    Broken("a-calendar-that-goes-back", "calendar-span", DAYS, "to: 2024-12-31", "to: 2023-12-31"),
    Broken("a-day-off-beyond-the-calendar", "calendar-outside", DAYS, "2024-05-03]", "2025-05-03]"),
    Broken("a-day-off-and-worked", "calendar-day-twice", DAYS, "worked: [2024-04-28]", "worked: [2024-04-28, 2024-05-02]"),
    Broken("a-weekday-worked-instead", "calendar-worked-anyhow", DAYS, "2024-04-28", "2024-04-29"),
    Broken("a-calendar-without-work", "calendar-gap", DAYS, "worked:", "weekend: [monday, tuesday, wednesday, thursday, friday, saturday, sunday]\nworked:", "weekend: [sunday]\nworked:"),
    condition("days-worked-of-a-number", "wrong-argument", "add_workdays(cost, 5) > :as_of", "add_workdays(due, 5) > :as_of"),
    condition("a-text-plus-one", "bad-arithmetic", "subject + 1 > 2", "length(subject) + 1 > 2"),
    condition("minus-a-text", "bad-negation", "-subject = 3", "-cost = 3"),
    condition("an-interval-without-unit", "bad-interval", "due > :as_of + interval '3 fortnights'", "due > :as_of + interval 3 weeks"),
    condition("an-interval-compared", "different-types", "due - :as_of > interval 3 days"),
    Broken("an-interval-alone", "interval-alone", RULES, LEFT, "interval 3 days"),
    condition("no-date", "not-a-date", "due > date '2024-02-30'", "due > date '2024-02-29'"),
    condition("a-date-without-dashes", "not-a-date", "due > date '20240229'", "due > date '2024-02-29'"),
    condition("a-date-by-its-week", "not-a-date", "due > date '2024-W09-4'", "due > date '2024-02-29'"),
    condition("an-interval-longer-than-all-time", "bad-interval", "due + interval 900000 years > :as_of", "due + interval 90 years > :as_of"),
    condition("a-day-moved-too-far", "moved-too-far", "due + interval 2700 years + interval 2700 years > :as_of", "due + interval 2700 years > :as_of"),
    condition("a-fraction-too-large", "number-too-large", "cost < 1e400", "cost < 1e4"),
    condition("a-number-too-large", "number-too-large", "cost < 99999999999999999999", "cost < 1000000"),
    condition("a-number-too-wide", "number-too-wide", "cost * cost * cost < 10", "round(cost * cost, 2) * cost < 10"),
    condition("weeks", "bad-date-part", "date_diff('week', :as_of, due) > 1", "date_diff('day', :as_of, due) > 7"),
    condition("years-by-their-turns", "counts-turns", "date_diff('year', due, :as_of) >= 1", "full_years(due, :as_of) >= 1"),
    condition("months-by-their-turns", "counts-turns", "date_diff('month', due, :as_of) >= 1", "due + interval 1 month <= :as_of"),
    condition("too-many-places", "round-places", "round(cost, 20) > 1", "round(cost, 2) > 1"),
    condition("lower-of-a-number", "wrong-argument", "lower(cost) = 'x'", "lower(subject) = 'x'"),
    condition("year-of-a-text", "wrong-argument", "year(subject) = 2024"),
    condition("no-field-at-all", "names-no-field", "1 < 2", "cost < 2"),
    Broken("no-field-in-a-when", "names-no-field", RULES, WHEN, "when: 1 < 2 and status = 'open'"),
    condition("too-wide", "rule-too-wide", MANY, "cost in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13)"),
    condition("joined-too-often", "rule-too-large", LARGE, "cost between 1 and 11"),
    Broken("facts-on-facts", "too-many-facts", RULES, "facts:\n", CHAIN, "facts:\n" + FACT_0),
    Broken("always-null", "fact-without-type", RULES, SUM, "nullif(null, null)"),
    # aggregates
    condition("an-aggregate-in-a-rule", "aggregate-here", "count(*) > 1", "offices.sum_of_costs > 1"),
    fact("an-aggregate-in-an-aggregate", "nested-aggregate", "max(count(*))", "count(*)"),
    condition("unmet-in-a-rule", "aggregate-only", "unmet('signed')", "signed"),
    fact("a-field-outside-an-aggregate", "outside-aggregate", "cost + 1", "max(coalesce(cost, 0)) + 1"),
    Broken("a-blank-in-a-case", "blank-in-case", RULES, LEFT, "case when cost > 3 then due - :as_of else 0 end", "case when cost is null then 1 when cost > 3 then due - :as_of else 0 end"),
    fact("a-blank-in-a-case-in-a-sum", "blank-in-case", "sum(case when cost > 3 then 1 else 0 end)", "sum(case when coalesce(cost > 3, true) then 1 else 0 end)"),
    fact("a-parent-in-an-aggregate", "only-own-names", "count(*) filter (where coalesce(offices.kind = 'city', false))"),
    fact("a-blank-in-a-sum", "blank-in-aggregate", "sum(cost)", "sum(coalesce(cost, 0))"),
    Broken("an-outcome-that-nobody-counts", "outcome-not-counted", RULES, "require: tasks_watched <= 5", "require: members <= 5"),
    Broken("a-rule-that-counts-after-all", "counted-anyway", RULES, "    require: signed\n    otherwise: watch\n", "    require: signed\n    otherwise: watch\n    not_counted: {because: {en: It says nothing of the office., zh: 与单位无关。}}\n"),
    Broken("a-table-that-counts-after-all", "counted-anyway", RECORDS, "    belongs_to: offices\n", "    belongs_to: offices\n    not_counted: {because: {en: They say nothing of the office., zh: 与单位无关。}}\n"),
    Broken("units-that-do-not-count", "units-always-count", RULES, "    require: tasks_watched <= 5\n    otherwise: watch\n", "    require: tasks_watched <= 5\n    otherwise: watch\n    not_counted: {because: {en: It is a trifle., zh: 小事。}}\n"),
    fact("a-blank-under-the-latest", "blank-in-aggregate", "max(due)", "max(due) filter (where due is not null)"),
    fact("a-blank-under-the-least", "blank-in-aggregate", "min(cost) filter (where due > :as_of)", "min(cost) filter (where cost is not null and due is not null and (due > :as_of))"),
    fact("a-blank-in-a-filter", "blank-in-aggregate", "count(*) filter (where cost > 3)"),
    # among the records of one table
    siblings("siblings-that-agree-in-no-field", "unknown-field", "[office_id, subjct]", "[office_id, subject]"),
    siblings("siblings-that-agree-in-a-fact-there", "among-fact-there", "[office_id, after.days_left]", "[office_id, after.due]"),
    siblings("siblings-that-agree-twice", "repeated-id", "[subject, office_id, subject]", "[subject, office_id]"),
    siblings("siblings-that-agree-in-too-much", "among-too-many", "[office_id, subject, status, due, cost, signed]", "[office_id, subject, status, due, cost]"),
    siblings("siblings-and-children", "among-and-from", "[subject]\n    from: tasks", "[subject]"),
    Broken("others-of-nothing", "others-without-among", RULES, "    value: due - :as_of", "    others: true\n    value: due - :as_of"),
    siblings("a-verdict-among-siblings", "verdict-of-siblings", "[subject]", "[office_id]", "count(*) filter (where verdict = 'late')"),
    Broken("what-comes-before-without-siblings", "previous-of-siblings", RULES, "value: sum(coalesce(cost, 0))", "value: previous(cost, due) filter (where cost is not null and due is not null)", "value: latest(cost, due) filter (where cost is not null and due is not null)"),
    siblings("a-blank-among-siblings", "blank-in-aggregate", "[subject]", "[office_id]", "count(*) filter (where cost > 3)"),
    Broken("a-sum-over-values-looked-up", "blank-in-aggregate", RULES, "value: sum(coalesce(cost, 0))", "value: sum(code.points)"),
    unique("what-is-unique-is-no-field", "unknown-field", "[office_id, subjct]", "[office_id, subject]"),
    unique("a-title-without-its-rule", "unique-without-rule", "{of: [subject], title: {en: No two, zh: 不重复}}", "[subject]"),
    unique("a-rule-of-what-is-unique-without-outcome", "unique-rule-needs", "{of: [subject], rule: no-two, title: {en: No two, zh: 不重复}}", "{of: [subject], rule: no-two, clause: A1, title: {en: No two, zh: 不重复}, otherwise: late}"),
    # clauses
    Broken("a-clause-without-rule", "clause-uncovered", CLAUSES, "  - clause: A3", "  - clause: A4\n    summary: {en: More., zh: 其他。}\n    covered_by: [rules]\n  - clause: A3"),
    Broken("a-clause-twice", "repeated-id", CLAUSES, "clause: A3", "clause: A2\n    summary: {en: More., zh: 其他。}\n    covered_by: [rules, sheet]\n    questions: [tasks.signed]\n  - clause: A3"),
    Broken("a-clause-with-rules-after-all", "clause-has-rules", CLAUSES, "covered_by: [rules]", "covered_by: [context]\n    because: {en: Nobody can know., zh: 无从得知。}"),
    Broken("questions-without-sheet", "sheet-and-questions", CLAUSES, "covered_by: [rules, sheet]", "covered_by: [rules]"),
    Broken("commands-without-command", "command-and-commands", CLAUSES, "    commands: [check]\n", ""),
    Broken("a-command-without-reason", "clause-without-reason", CLAUSES, "    because: {en: The command checks them all., zh: 命令检查全部单位。}\n", ""),
    Broken("a-question-that-is-no-field", "question-without-field", CLAUSES, "tasks.signed", "tasks.sined"),
    Broken("a-question-that-no-rule-reads", "question-without-rule", CLAUSES, "tasks.signed", "tasks.subject"),
    Broken("a-command-that-is-none", "unknown-command", CLAUSES, "commands: [check]", "commands: [chek]"),
    Broken("a-rule-of-no-clause", "unknown-clause", RULES, "    clause: A2\n", "    clause: A2\n    also_clauses: [A9]\n"),
    Broken("a-param-of-no-clause", "unknown-clause", PACK, "clause: A1", "clause: A9"),
    Broken("a-rule-without-clause", "rule-without-clause", RULES, "  - rule: not-many-late\n    clause: A1\n", "  - rule: not-many-late\n"),
    # tests
    Broken("a-test-with-an-unknown-field", "unknown-field", TESTS, "{task_id: T1, like: sound, due: null}", "{task_id: T1, like: sound, deu: null}"),
    Broken("a-test-with-an-unknown-table", "unknown-table-name", TESTS, "      offices: [{office_id: O1}]", "      offices: [{office_id: O1}]\n      jobs: []"),
    Broken("a-test-with-an-unknown-rule", "unknown-rule", TESTS, "unmet: [has-date]", "unmet: [has-dates]"),
    Broken("a-test-with-an-unknown-fact", "unknown-field", TESTS, "facts: {days_left: null}", "facts: {day_left: null}"),
    Broken("a-test-with-an-unknown-outcome", "unknown-outcome", TESTS, "verdict: late", "verdict: lates"),
    Broken("a-test-with-an-unknown-word", "unknown-key", TESTS, "unmet: [has-date]", "unmeet: [has-date]"),
    Broken("a-test-with-a-rule-that-is-no-list", "wrong-value", TESTS, "unmet: [has-date]", "unmet: has-date"),
    Broken("a-test-with-an-unknown-param", "unknown-param", TESTS, "params: {limit: 1}", "params: {limits: 1}"),
    Broken("a-test-with-a-param-of-another-type", "wrong-setting", TESTS, "params: {limit: 1}", "params: {limit: few}"),
    Broken("a-test-with-a-param-out-of-range", "outside-range", TESTS, "params: {limit: 1}", "params: {limit: 0}"),
    Broken("a-test-with-an-unknown-example", "unknown-example", TESTS, "[{task_id: T1, like: sound, due: null}]", "[{task_id: T1, like: sound, due: null}, {like: sond}]"),
    Broken("a-test-with-an-unknown-choice", "unknown-choice", TESTS, "status: open,", "status: opened,"),
    Broken("a-test-with-a-value-of-another-type", "wrong-test-value", TESTS, "signed: true", "signed: signed"),
    Broken("a-test-with-a-record-twice", "repeated-id", TESTS, "[{office_id: O1}]", "[{office_id: O1}, {office_id: O1}]"),
    Broken("a-test-twice", "repeated-id", TESTS, "tests:\n", SOUND[TESTS][SOUND[TESTS].index("tests:") : SOUND[TESTS].index("equivalent:")]),
    Broken("a-record-without-parent", "no-parent-in-test", TESTS, "{task_id: T1,", "{task_id: T1, office_id: O2,"),
    Broken("a-record-that-names-none", "no-record-in-test", TESTS, "{task_id: T1, like: sound, due: null}", "{task_id: T1, like: sound, code: C}", "{task_id: T1, like: sound, code: B, due: null}"),
    Broken("an-expected-record-that-is-not-given", "no-such-record", TESTS, "[{verdict: late,", "[{task_id: T2, verdict: late,"),
    Broken("an-example-of-no-table", "unknown-table-name", TESTS, "examples:\n", "examples:\n  task: {}\n"),
    Broken("an-excuse-for-no-rule", "unknown-rule-or-fact", TESTS, "  - of: has-date", "  - of: has-dates"),
    # not wrong, but hardly meant
    Broken("an-example-that-no-test-uses", "unused-example", TESTS, "  tasks:\n    sound", "  tasks:\n    other: {status: done}\n    sound"),
    Broken("a-fact-that-nothing-uses", "unused-fact", RULES, "facts:\n", "facts:\n  - fact: month_due\n    of: tasks\n    title: {en: Month, zh: 月份}\n    value: month(due)\n"),
    Broken("a-param-that-nothing-uses", "unused-param", RULES, "tasks_late <= :limit", "tasks_late <= 3"),
    Broken("an-outcome-that-nothing-leads-to", "unused-outcome", PACK, "  - {outcome: late,", "  - {outcome: lost, title: {en: Lost, zh: 遗失}}\n  - {outcome: late,"),
    Broken("a-fact-as-another", "repeated-fact", RULES, "rules:\n", "  - fact: late_tasks\n    of: offices\n    from: tasks\n    title: {en: Tasks late, zh: 逾期任务}\n    value: COUNT(*) FILTER (WHERE verdict = 'late')\n\nrules:\n"),
    Broken("a-rule-as-another", "repeated-rule", RULES, "groups:\n", "  - rule: is-signed\n    clause: A2\n    for: tasks\n    title: {en: Signed, zh: 已签字}\n    require: (signed)\n    otherwise: late\n\ngroups:\n"),
    Broken("an-unknown-that-passes", "unknown-slips-through", RULES, "verdict = 'late'", "unmet('has-date')", "not met('has-date')"),
    Broken("unknown-as-otherwise", "unknown-not-needed", RULES, "require: signed\n    otherwise: watch", "require: signed\n    otherwise: watch\n    unknown: watch"),
    Broken("an-optional-key", "optional-key", RECORDS, "task_id: {type: text", "task_id: {type: text, optional: {because: {en: Given later., zh: 事后编号。}}"),
    Broken("a-fact-without-title", "missing-title", RULES, "    title: {en: Costs, zh: 费用合计}\n", ""),
    Broken("a-choice-without-title", "missing-title", RECORDS, "county: {en: County, zh: 县级}", "county: {}"),
    Broken("a-title-in-one-language", "missing-language", RULES, "title: {en: The task is signed, zh: 任务已签字}", "title: {en: The task is signed}"),
    Broken("a-choice-in-one-language", "missing-language", RECORDS, "county: {en: County, zh: 县级}", "county: {zh: 县级}"),
    Broken("advice-in-one-language", "missing-language", RULES, "advice: {en: Set a date., zh: 请确定期限。}", "advice: {zh: 请确定期限。}"),
    Broken("keys-of-a-rule-in-another-order", "key-order", RULES, "    when: status = 'open'\n    require: due is not null\n    otherwise: late\n", "    # nobody knows when\n    require: due is not null   # but it must be known\n    when: status = 'open'\n    otherwise: late\n"),
    Broken("keys-of-a-fact-in-another-order", "key-order", RULES, "  - fact: sum_of_costs\n    of: offices\n", "  - of: offices\n    # all of them\n    fact: sum_of_costs\n"),
    Broken("keys-of-a-test-in-another-order", "key-order", TESTS, SOUND[TESTS][SOUND[TESTS].index("    given:") : SOUND[TESTS].index("equivalent:")], "    expect:\n      tasks: [{verdict: late, unmet: [has-date], facts: {days_left: null}}]\n\n    given:\n      offices: [{office_id: O1}]\n      tasks: [{task_id: T1, like: sound, due: null}]\n"),
    condition("two-equals-signs", "double-equals", "subject == 'a == b'", "subject = 'a == b'"),
    condition("two-equals-signs-after-chinese-text", "double-equals", "subject <> '请确定期限。' and cost == 3"),
    condition("compared-with-itself", "compared-with-itself", "due <= due", "due <= :as_of"),
    condition("different-from-itself", "compared-with-itself", "coalesce(cost, 0) <> coalesce(cost, 0)"),
    fact("constants-compared", "constant-comparison", "count(*) filter (where verdict = 'late' or 1 < 2)", "count(*) filter (where verdict <> 'late')"),
    condition("a-value-listed-twice", "repeated-value", "cost in (1, 2, 1)", "cost in (1, 2)"),
    condition("all-values-listed", "in-all-values", "status in ('done', 'open')", "status is not null"),
    condition("a-range-the-wrong-way-round", "empty-range", "cost between 9 and -1", "cost between -1 and 9"),
    condition("dates-the-wrong-way-round", "empty-range", "due between date '2024-12-31' and date '2024-01-01'"),
    condition("coalesce-of-a-key", "coalesce-not-needed", "coalesce(task_id, subject) = 'x'", "coalesce(subject, task_id) = 'x'"),
    condition("a-key-that-is-null", "never-blank", "task_id is null or signed", "subject is null or signed"),
    Broken("a-count-that-is-null", "never-blank", RULES, "tasks_late <= :limit", "tasks_late <= :limit or tasks_late is null"),
    condition("like-a-plain-text", "like-without-wildcard", "subject like '请确定期限'", "subject like '%请确定期限%'"),
)
# fmt: on
