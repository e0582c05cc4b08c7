"""What is said of an edit of the rules: whom it moves."""

IMPACT: dict[str, tuple[str, str]] = {
    "rules.impact.short": ("Whom an edit of the rules moves.", "规则修改影响哪些单位。"),
    "rules.impact.help": (
        "Judge the same records by two packs and tell whom the edit moves: units by old and new verdict, findings gained and lost a rule, every moved unit and what moved it, "
        "the changes of places. Of every changed rule it is proved that it is the same for every possible record, or a smallest example shows where it differs. "
        "PATHS are the old pack, the new pack and the data; with --git REV one pack, whose old state is that of the revision, and the data. A review's `records` folder is data, too.",
        "用两个规则包检查同一批记录，说明修改影响哪些单位：单位的新旧结论、每条规则增加和减少的问题、每个变动的单位及其原因、排名变化。对每条改动的规则，或证明它对一切可能的记录都相同，或给出最小的不同示例。"
        "PATHS 依次为旧规则包、新规则包和数据；使用 --git REV 时为一个规则包（旧状态取自该版本）和数据。检查结果中的 records 文件夹也可作为数据。",
    ),
    "rules.impact.git": (
        "Take the old pack from this git revision, as HEAD or main.",
        "从此 git 版本（如 HEAD、main）读取旧规则包。",
    ),
    "rules.impact.format": ("How to print it.", "输出格式。"),
    "rules.impact.out": ("Write it to this file.", "写入此文件。"),
    "rules.impact.top": ("How many moved units to show in the table.", "表格中显示的变动单位数。"),
    "rules.impact.example": (
        "Example:\n  lookback rules impact rules/lookback-2005 my-pack fixtures/small\n  lookback rules impact --git HEAD my-pack records/",
        "示例：\n  lookback rules impact rules/lookback-2005 my-pack fixtures/small\n  lookback rules impact --git HEAD my-pack records/",
    ),
    "impact-needs-paths": (
        "name the old pack, the new pack and the data (with --git: the pack and the data)",
        "请依次指定旧规则包、新规则包和数据（使用 --git 时为规则包和数据）",
    ),
    "impact-other-units": (
        "the packs judge different things: the units are `{old}` in the one and `{new}` in the other",
        "两个规则包检查的对象不同：单位表分别为 `{old}` 和 `{new}`",
    ),
    "impact-other-key": ("`{table}` has another key or parent in the other pack", "两个规则包中 `{table}` 的主键或上级表不同"),
    "impact-other-type": (
        "`{field}` is {old} in the old pack and {new} in the new one, so one reading of the records cannot serve both",
        "`{field}` 在旧规则包中为 {old}，在新规则包中为 {new}，同一批记录无法同时用于两者",
    ),
    "git-missing": ("git is not installed, so --git cannot be used", "未安装 git，无法使用 --git"),
    "git-no-revision": (
        "`{revision}` is no revision of the git repository of `{pack}`",
        "`{pack}` 所在的 git 仓库中没有版本 `{revision}`",
    ),
    "git-no-pack": ("there was no pack.yaml in `{pack}` at `{revision}`", "`{pack}` 在 `{revision}` 时没有 pack.yaml"),
    "git-failed": ("git cannot give `{pack}` at `{revision}`: {why}", "git 无法取得 `{pack}` 在 `{revision}` 的内容：{why}"),
    "impact.same": ("same for every possible record (proved)", "对一切可能的记录都相同（已证明）"),
    "impact.differs": ("differs", "不同"),
    "impact.open": ("open: {why}", "未定：{why}"),
    "impact.added": ("new", "新增"),
    "impact.removed": ("removed", "删除"),
    "impact.changed": ("changed", "改动"),
    "impact.affected": ("counts changed rules", "统计了改动的规则"),
    "impact.verdicts": ("Units: old verdict (rows), new verdict (columns)", "单位：旧结论（行）、新结论（列）"),
    "impact.rules": ("Rules", "规则"),
    "impact.nothing-changed": (
        "No rule was changed: every condition, fact and parameter behind the rules is as it was.",
        "没有规则改动：规则的条件、派生值和参数均未变化。",
    ),
    "impact.nobody": (
        "With these parameters no record can ever be given another verdict by this edit (proved); findings and places may differ.",
        "在这些参数下，此修改不会改变任何可能的记录的结论（已证明）；问题项和排名可能变化。",
    ),
    "impact.nothing": (
        "With these parameters every changed rule comes to the same for every possible record (proved): nobody can ever be moved.",
        "在这些参数下，每条改动的规则对一切可能的记录都相同（已证明）：不会影响任何单位。",
    ),
    "impact.outcomes": (
        "The outcomes are not the same: {old} before, {new} now. Verdicts can differ where no rule was changed.",
        "可能的结论不同：原为{old}，现为{new}。即使规则没有改动，结论也可能变化。",
    ),
    "impact.example": ("`{rule}` is not the same, for example here:", "规则 `{rule}` 不同，例如："),
    "impact.example-statuses": ("    {rule}: {old} before, {new} now", "    {rule}：原为{old}，现为{new}"),
    "impact.moved": ("{n:unit|units} of {total} moved", "{total} 个单位中有 {n} 个变动"),
    "impact.more-moved": ("… and {n} more (--top, or --format csv)", "……另有 {n} 个（用 --top 或 --format csv）"),
    "impact.unit": ("{unit} {label}: {old} → {new}", "{unit} {label}：{old} → {new}"),
    "impact.gained": ("+ {rule} on {record}: {reason}", "+ {record} 的 {rule}：{reason}"),
    "impact.lost": ("- {rule} on {record}: was {reason}", "- {record} 的 {rule}：原为 {reason}"),
    "impact.altered": ("~ {rule} on {record}: now {outcome}: {reason}", "~ {record} 的 {rule}：现为 {outcome}：{reason}"),
    "impact.more-changes": ("… and {n} more findings", "……另有 {n} 处"),
    "impact.places": ("{n:unit|units} changed place in the ranking", "{n} 个单位的排名有变化"),
    "impact.place": ("{unit} {label}: place {old} → {new}", "{unit} {label}：第 {old} 位 → 第 {new} 位"),
    "impact.read-as-new": (
        "defined differently by the two packs, read as the new one says: {fields}",
        "两个规则包定义不同，按新规则包读取：{fields}",
    ),
    "impact.problems": (
        "{n:value or row|values and rows} could not be used by either pack: `lookback check` lists them",
        "有 {n} 个值或行无法用于两个规则包：用 `lookback check` 查看",
    ),
    "impact.file": ("written to {file}", "已写入 {file}"),
    "impact.title": ("Whom the edit moves", "规则修改的影响"),
    "head.gained": ("Gained", "增加"),
    "head.lost": ("Lost", "减少"),
    "head.change": ("Change", "变化"),
    "head.every-record": ("For every possible record", "对一切可能的记录"),
    "head.old": ("Old", "旧"),
}
