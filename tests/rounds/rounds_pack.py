"""A small pack with terms and records that are followed up, and its reviews, day by day."""

from __future__ import annotations

from pathlib import Path

import lookback

PACK = """\
pack: rounds
version: "1.0"
title: {en: Rounds}
outcomes:
  - {outcome: pass, title: {en: Pass, zh: 通过}}
  - {outcome: explain, title: {en: Explain, zh: 说明}, due: ":explain_days days"}
  - {outcome: make_up, title: {en: Make up, zh: 补课}, due: 30 days}
office: {group_by: [region]}
params:
  as_of: {type: date, default: 2005-09-30, title: {en: Day}}
  explain_days: {type: integer, default: 10, title: {en: Days}}
"""
RECORDS = """\
tables:
  units:
    title: {en: Units, zh: 单位}
    key: unit_id
    label: name
    fields:
      unit_id: {type: text, title: {en: Unit}}
      name: {type: text, title: {en: Name}}
      region: {type: text, title: {en: Region, zh: 地区}}
      staff: {type: integer, title: {en: Staff}}
  tasks:
    title: {en: Tasks, zh: 任务}
    key: task_id
    belongs_to: units
    fields:
      task_id: {type: text, title: {en: Task}}
      unit_id: {type: text, title: {en: Unit}}
      kind: {type: text, title: {en: Kind}}
      done: {type: date, title: {en: Done}}
  lessons:
    title: {en: Lessons, zh: 补课}
    key: lesson_id
    label: about
    belongs_to: units
    not_counted: {because: {en: Nothing is asked of them.}}
    optional: {because: {en: There may be none.}}
    follow_up: {opened: agreed, due: due, done: held, confirmed: seen}
    fields:
      lesson_id: {type: text, title: {en: Lesson}}
      unit_id: {type: text, title: {en: Unit}}
      about: {type: text, title: {en: About}}
      agreed: {type: date, title: {en: Agreed}}
      due: {type: date, title: {en: Due}}
      held: {type: date, title: {en: Held}}
      seen: {type: date, title: {en: Seen}}
"""
RULES = """\
facts:
  - {fact: bad_tasks, of: units, from: tasks, title: {en: Bad}, value: "count(*) filter (where verdict = 'make_up')"}
rules:
  - rule: task-done
    for: tasks
    title: {en: The task is done, zh: 任务已完成}
    when: kind <> 'idle'
    require: done is not null and done <= :as_of
    otherwise: make_up
    weight: 3
  - rule: staffed
    for: units
    title: {en: There is staff, zh: 有人员}
    require: staff > 0
    otherwise: explain
    weight: 2
  - rule: tasks-in-order
    for: units
    title: {en: All tasks are done, zh: 任务全部完成}
    require: bad_tasks = 0
    otherwise: make_up
"""
UNITS = {"U1": "North,5", "U2": "South,0", "U3": "North,1"}
TASKS = {"T1": "U1,road,", "T2": "U1,roof,2005-08-01", "T3": "U2,well,"}


def reviewed(
    folder: Path,
    day: str,
    units: dict[str, str] | None = None,
    tasks: dict[str, str] | None = None,
    lessons: str = "",
    *,
    pack: str = PACK,
    rules: str = RULES,
    records: str = RECORDS,
) -> lookback.Review:
    """A review of a day. `units`: region and staff; `tasks`: unit, kind and when it was done; `lessons`: rows."""
    at = folder / day
    for name, text in {"pack.yaml": pack, "records.yaml": records, "1-a.rules.yaml": rules}.items():
        (at / "pack").mkdir(parents=True, exist_ok=True)
        (at / "pack" / name).write_text(text, "utf-8")
    of_units = "".join(f"{key},Unit {key[1:]},{rest}\n" for key, rest in (UNITS if units is None else units).items())
    of_tasks = "".join(f"{key},{rest}\n" for key, rest in (TASKS if tasks is None else tasks).items())
    (at / "data").mkdir(exist_ok=True)
    (at / "data" / "units.csv").write_text(f"unit_id,name,region,staff\n{of_units}", "utf-8")
    (at / "data" / "tasks.csv").write_text(f"task_id,unit_id,kind,done\n{of_tasks}", "utf-8")
    if lessons:
        (at / "data" / "lessons.csv").write_text(f"lesson_id,unit_id,about,agreed,due,held,seen\n{lessons}\n", "utf-8")
    made = {"as_of": day} if "as_of" in pack else {}
    return lookback.check(at / "data", at / "pack", params=made, lang="en", out=at / "review", decider="reference")
