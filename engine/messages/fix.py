"""What is said of what would have to change."""

FIX: dict[str, tuple[str, str]] = {
    "fix.short": ("What would have to change for a verdict.", "要得到某一结论须作哪些改变。"),
    "fix.help": (
        "Tell the least set of changes that would bring about a verdict of UNIT: up to three ways, fewest changes first, each tried by the engine before it is told. "
        "What is `fixed` in records.yaml is never changed, and nothing that is filled in is emptied. Where no change of values will do, records may be added. "
        "With --all, of all flagged units of a review: which changes would free most of them.",
        "说明要使 UNIT 得到某一结论最少须作哪些改变：最多三种做法，改变最少的在前，每种都先由引擎验证。records.yaml 中标为 fixed 的内容不改，已填的内容不清空；只改数值不够时，可以补充记录。"
        "使用 --all 时，针对一次检查中所有被标记的单位，说明哪些改变能使最多的单位通过。",
    ),
    "fix.to": ("The verdict to reach, or a better one; the best if left out.", "要达到的结论（或更好）；默认为最好的结论。"),
    "fix.by": ("Only changes that these may make; may be repeated.", "只考虑由其负责的改变，可重复使用。"),
    "fix.all": (
        "All flagged units of the review: which changes would free most.",
        "检查中所有被标记的单位：哪些改变能使最多的单位通过。",
    ),
    "fix.top": ("How many lines of the ranking to show.", "排名显示的行数。"),
    "fix.format": ("How to print it.", "输出格式。"),
    "fix.example": (
        "Example:\n  lookback check fixtures/small -o build/review\n  lookback fix U2 build/review\n  lookback fix --all build/review",
        "示例：\n  lookback check fixtures/small -o build/review\n  lookback fix U2 build/review\n  lookback fix --all build/review",
    ),
    "fix-needs-unit": ("name a unit, or use --all for the whole review", "请指定一个单位，或用 --all 针对整个检查"),
    "fix-all-or-unit": ("with --all name the review alone, no unit", "使用 --all 时只指定检查结果，不要指定单位"),
    "fix.already": ("{unit} {label}: {verdict} already", "{unit} {label}：结论已是{verdict}"),
    "fix.head": ("{unit} {label}: {verdict} → {target}", "{unit} {label}：{verdict} → {target}"),
    "fix.what-it-is": (
        "What the records would have to say, and say truly; no advice to write it so.",
        "以下是记录须据实达到的内容，并非建议如此填写。",
    ),
    "fix.way": ("Way {n}: {changes:change|changes}", "做法 {n}：{changes} 处改变"),
    "fix.none": (
        "No change of what may be changed brings it about. What hinders it: {rules}",
        "在允许的改变中没有能达到的。原因：{rules}",
    ),
    "fix.not-found": (
        "No way was found, but not everything was tried: there may be one.",
        "未找到做法，但并未穷尽所有可能，也许仍有做法。",
    ),
    "fix.apart": (
        "The unit has many records: each was looked at by itself, so there may be a way with fewer changes.",
        "该单位记录较多，逐条分别求解，可能还有改变更少的做法。",
    ),
    "fix.record": ("{table} {record}", "{table} {record}"),
    "fix.added": ("{table}: add a record", "{table}：补充一条记录"),
    "fix.change": ("{field}: {before} → {to}", "{field}：{before} → {to}"),
    "fix.new": ("{field}: {to}", "{field}：{to}"),
    "fix.exactly": ("{after}", "{after}"),
    "fix.at-least": ("{after} or more", "{after} 或更大"),
    "fix.at-least.date": ("{after} or later", "{after} 或更晚"),
    "fix.at-most": ("{after} or less", "{after} 或更小"),
    "fix.at-most.date": ("{after} or earlier", "{after} 或更早"),
    "fix.such-as": ("for example {after}", "例如 {after}"),
    "fix.any": ("to be filled in", "据实填写"),
    "fix.one-of": ("{after} (or {others})", "{after}（或{others}）"),
    "fix.for": ("{change}  [{by}; {rules}]", "{change}  〔{by}；{rules}〕"),
    "fix.who": ("{change}  [{by}]", "{change}  〔{by}〕"),
    "by.unit": ("the unit", "单位"),
    "by.inspector": ("the inspectors", "检查组"),
    "by.office": ("the office", "主管部门"),
    "fix.all-head": (
        "{flagged:flagged unit|flagged units}; changes that would free them:",
        "{flagged} 个被标记的单位；能使其通过的改变：",
    ),
    "fix.filled": ("{table}: {field} filled in", "{table}：填写{field}"),
    "fix.altered": ("{table}: {field} changed", "{table}：改变{field}"),
    "fix.record-added": ("{table}: records added", "{table}：补充记录"),
    "fix.more-sets": ("… and {n:more set of changes|more sets of changes} (--top)", "……另有 {n} 组改变（--top）"),
    "fix.hindered": (
        "{n:unit has|units have} findings that no change of what may be changed settles: {rules}",
        "{n} 个单位有无法通过允许的改变解决的问题：{rules}",
    ),
    "fix.by-situation": (
        "Counted by situation: what settles a finding of one record is taken to settle those of all records that the rule cannot tell from it.",
        "按情形统计：规则无法区分的记录视为需要同样的改变。",
    ),
    "head.frees": ("frees", "使其通过"),
    "head.with-above": ("all so far free", "以上合计"),
    "head.needed": ("what would have to change", "须作的改变"),
}
