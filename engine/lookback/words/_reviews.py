"""What is said of a review: of verdicts and reasons, of what would have to change, of an edit of the rules."""

REVIEW: dict[str, tuple[str, str]] = {
    # reasons
    "reason.and": ("; ", "；"),
    "reason.or": (", ", "、"),
    "reason.true": ("true", "是"),
    "reason.false": ("false", "否"),
    "reason.nothing": ("blank", "空白"),
    "reason.blank": ("{name}: blank", "{name}：空白"),
    "reason.is-blank": ("{name} is blank", "{name}为空"),
    "reason.should-be-blank": ("{name} is {value}, should be blank", "{name}为 {value}，应为空"),
    "reason.not-computable": ("{name} cannot be worked out", "{name}无法计算"),
    "reason.of": ("{table}: {name}", "{table}的{name}"),
    "reason.value-of": ("{name} ({value})", "{name}（{value}）"),
    "reason.below.number": ("{name} is {value}, should be below {bound}", "{name}为 {value}，应小于 {bound}"),
    "reason.above.number": ("{name} is {value}, should be above {bound}", "{name}为 {value}，应大于 {bound}"),
    "reason.at-least.number": ("{name} is {value}, should be at least {bound}", "{name}为 {value}，应不少于 {bound}"),
    "reason.at-most.number": ("{name} is {value}, should be at most {bound}", "{name}为 {value}，应不超过 {bound}"),
    "reason.below.date": ("{name} is {value}, should be before {bound}", "{name}为 {value}，应早于 {bound}"),
    "reason.above.date": ("{name} is {value}, should be after {bound}", "{name}为 {value}，应晚于 {bound}"),
    "reason.at-least.date": ("{name} is {value}, should be on or after {bound}", "{name}为 {value}，应不早于 {bound}"),
    "reason.at-most.date": ("{name} is {value}, should be on or before {bound}", "{name}为 {value}，应不晚于 {bound}"),
    "reason.equal": ("{name} is {value}, should be {bound}", "{name}为 {value}，应为 {bound}"),
    "reason.not-equal": ("{name} is {value}, should be other than {bound}", "{name}为 {value}，不应为 {bound}"),
    "reason.one-of": ("{name} is {value}, should be one of {bound}", "{name}为 {value}，应为 {bound} 之一"),
    "reason.none-of": ("{name} is {value}, should be none of {bound}", "{name}为 {value}，不应为 {bound}"),
    "reason.between": ("{name} is {value}, should be between {low} and {high}", "{name}为 {value}，应在 {low} 与 {high} 之间"),
    "reason.not-between": (
        "{name} is {value}, should not be between {low} and {high}",
        "{name}为 {value}，不应在 {low} 与 {high} 之间",
    ),
    "reason.like": ("{name} is {value}, should be like {bound}", "{name}为 {value}，应符合 {bound}"),
    "reason.not-like": ("{name} is {value}, should not be like {bound}", "{name}为 {value}，不应符合 {bound}"),
    "reason.condition": ("{text} is {value}, should be {bound}", "{text} 为{value}，应为{bound}"),
    # a rule as a person would say it
    "show.always": ("Applies to every record of {table}.", "适用于所有“{table}”记录。"),
    "show.when": ("Applies to a record of {table} if {condition}.", "适用于符合以下条件的“{table}”记录：{condition}。"),
    "show.require": ("Asks that {condition}.", "要求：{condition}。"),
    "show.otherwise": ("Otherwise: {outcome}.", "否则：{outcome}。"),
    "show.unknown": ("Where blanks leave it open: {outcome}.", "因空白而无法判断时：{outcome}。"),
    "show.not": ("it is not so that {condition}", "并非（{condition}）"),
    "show.and": (" and ", "，并且"),
    "show.or": (" or ", "，或者"),
    "show.group": ("({text})", "（{text}）"),
    "show.blank": ("“{name}” is blank", "“{name}”为空白"),
    "show.filled": ("“{name}” is filled in", "“{name}”已填写"),
    "show.below.number": ("“{name}” is below {bound}", "“{name}”小于{bound}"),
    "show.above.number": ("“{name}” is above {bound}", "“{name}”大于{bound}"),
    "show.at-least.number": ("“{name}” is at least {bound}", "“{name}”不少于{bound}"),
    "show.at-most.number": ("“{name}” is at most {bound}", "“{name}”不超过{bound}"),
    "show.below.date": ("“{name}” is before {bound}", "“{name}”早于{bound}"),
    "show.above.date": ("“{name}” is after {bound}", "“{name}”晚于{bound}"),
    "show.at-least.date": ("“{name}” is on or after {bound}", "“{name}”不早于{bound}"),
    "show.at-most.date": ("“{name}” is on or before {bound}", "“{name}”不晚于{bound}"),
    "show.equal": ("“{name}” is {bound}", "“{name}”为{bound}"),
    "show.not-equal": ("“{name}” is not {bound}", "“{name}”不是{bound}"),
    "show.one-of": ("“{name}” is one of {bound}", "“{name}”为{bound}之一"),
    "show.none-of": ("“{name}” is none of {bound}", "“{name}”不是{bound}"),
    "show.between": ("“{name}” is between {bound}", "“{name}”在{bound}之间"),
    "show.not-between": ("“{name}” is not between {bound}", "“{name}”不在{bound}之间"),
    "show.range": ("{low} and {high}", "{low}与{high}"),
    "show.like": ("“{name}” is like {bound}", "“{name}”符合{bound}"),
    "show.not-like": ("“{name}” is not like {bound}", "“{name}”不符合{bound}"),
    "show.true": ("“{name}” is yes", "“{name}”为是"),
    "show.false": ("“{name}” is no", "“{name}”为否"),
    "show.name": ("“{name}”", "“{name}”"),
    "show.param": ("{value} ({title})", "{value}（{title}）"),
    # tables for people
    "status.met": ("met", "符合"),
    "status.unmet": ("unmet", "不符合"),
    "status.unknown": ("unknown", "无法判断"),
    "status.not applicable": ("not applicable", "不适用"),
    "head.verdict": ("Verdict", "结论"),
    "head.units": ("Units", "单位数"),
    "head.share": ("Share", "比例"),
    "head.score": ("Score", "分值"),
    "head.findings": ("Findings", "问题项数"),
    "head.rules": ("Rules concerned", "涉及规则"),
    "head.table": ("Table", "记录表"),
    "head.record": ("Record", "记录"),
    "head.rule": ("Rule", "规则"),
    "head.clause": ("Clause", "条款"),
    "head.status": ("Status", "判定"),
    "head.outcome": ("Outcome", "后果"),
    "head.reason": ("Reason", "原因"),
    "head.advice": ("Advice", "建议"),
    "flagged.units": ("Flagged units", "问题单位"),
    "flagged.findings": ("Findings", "问题明细"),
    "flagged.more": (
        "The worst {shown} of {total} flagged units. All of them: lookback flagged REVIEW --format xlsx -o FILE",
        "以上为 {total} 个问题单位中最突出的 {shown} 个。全部名单：lookback flagged REVIEW --format xlsx -o FILE",
    ),
    # deciding
    "durable-rules-missing": (
        "durable_rules cannot be loaded on Python {python}: {why}\nBuild it anew with\n\n    {command}\n\nor run with --decider reference.",
        "在 Python {python} 上无法加载 durable_rules：{why}\n请用以下命令重新构建：\n\n    {command}\n\n或使用 --decider reference 运行。",
    ),
    "not-decided": (
        "internal: durable_rules gave {n:answer|answers} for `{rule}` in the situation {values} ({why}); the run is stopped",
        "内部错误：durable_rules 对规则 `{rule}` 的情形 {values} 给出 {n} 个结果（{why}），运行已停止",
    ),
    "deciders-disagree": (
        "internal: for `{rule}` in the situation {values} durable_rules says {durable}, its confirmation {reference}; the run is stopped",
        "内部错误：规则 `{rule}` 的情形 {values}，durable_rules 判为 {durable}，复核为 {reference}，运行已停止",
    ),
    "warehouse-refused": ("internal: DuckDB refused a query: {why}", "内部错误：DuckDB 拒绝执行查询：{why}"),
    # writing
    "cannot-write": ("cannot write: {why}", "无法写入：{why}"),
    "disk-full": ("the disk is full: {why}", "磁盘已满：{why}"),
    "out-of-memory": ("there is not enough memory: {why}", "内存不足：{why}"),
    "out-is-a-file": ("`{folder}` is a file, not a folder", "`{folder}` 是文件，不是文件夹"),
    "out-is-a-folder": ("`{file}` is a folder, not a file", "`{file}` 是文件夹，不是文件"),
    "out-is-no-review": (
        "the folder `{folder}` exists and is no review, or holds other files besides one; it is left as it is",
        "文件夹 `{folder}` 已存在，不是检查结果或含有其他文件，未作任何改动",
    ),
    "review-not-whole": ("the review in `{folder}` is not whole: {why}", "`{folder}` 中的检查结果不完整：{why}"),
    "no-review": ("there is no review in `{folder}`", "`{folder}` 中没有检查结果"),
}

EXPLAIN: dict[str, tuple[str, str]] = {
    # the command
    "explain.short": ("Explain one unit's verdict.", "解释一个单位的结论。"),
    "explain.help": (
        "Explain the verdict of one unit of a review: the rules that decide it, each condition with the values it saw, down to the "
        "unit's records; clauses and advice; what was nearly unmet; what is unknown, and the smallest set of blanks whose filling "
        "would settle it. UNIT is the unit's key or its name. REVIEW is a folder that `lookback check -o` wrote; if left out, the "
        "current folder, or the newest review directly beneath it."
        "\n\nNearly unmet is what a met rule rests on with little to spare: a date with at most 14 days, a whole number with at most 1, any "
        "number with at most a tenth of its limit. Limits of 0 are left out, and numbers that reach another of the same record in full (5 "
        "posts of 5).",
        "解释检查结果中一个单位的结论：起决定作用的规则、每个条件及其所见的值，直至该单位的各条记录；依据的条款和建议；险些不符合的；"
        "无法判断的，以及最少补填哪些空白即可判断。UNIT 是单位的代码或名称。REVIEW 是 `lookback check -o` 写出的文件夹；省略时为当前文件夹，"
        "或其下最新的检查结果。"
        "\n\n“险些不符合”指符合的规则所依靠的余量很小：日期不超过 14 天，整数不超过 1，数字不超过界限的十分之一。界限为 0 的、"
        "与同一记录的另一数字恰好相等的（如 5 职配 5 人）不列。",
    ),
    "explain.example": (
        'Example:\n  lookback explain U3 build/small\n  lookback explain "Willowbank Library" build/small --format html -o build/U5.html',
        '示例：\n  lookback explain U3 build/small\n  lookback explain "Willowbank Library" build/small --format html -o build/U5.html',
    ),
    "explain.format": ("How the explanation is written.", "解释的输出格式。"),
    "explain.all": (
        "Every rule with all its conditions, and every finding; JSON always has them.",
        "列出全部规则及其全部条件、全部问题项；JSON 总是完整的。",
    ),
    "explain.out": ("Write to this file instead of the screen.", "写入此文件而不是屏幕。"),
    "explain.newest": ("the newest review here: {folder}", "此处最新的检查结果：{folder}"),
    "explain.written": ("explanation of {unit} written to {file}", "{unit} 的解释已写入 {file}"),
    # what cannot be explained
    "no-review-here": (
        "there is no review here, nor directly beneath; name the review's folder",
        "此处及其下一层没有检查结果；请指明检查结果的文件夹",
    ),
    "no-such-unit": ("the review has no unit with the key or name `{unit}`", "检查结果中没有代码或名称为 `{unit}` 的单位"),
    "several-units": (
        "{n} units are called `{unit}`; name one by its key: {keys}",
        "有 {n} 个单位名为 `{unit}`；请用代码指明：{keys}",
    ),
    "review-pack-changed": (
        "the rules in `{folder}/pack` are not those that the review was made with; run lookback check again",
        "`{folder}/pack` 中的规则与产生检查结果时不同；请重新运行 lookback check",
    ),
    "explained-otherwise": (
        "internal: judged alone, unit {unit} does not come out as in the review ({what}); nothing is explained",
        "内部错误：单独判定单位 {unit} 的结果与检查结果不一致（{what}），未作解释",
    ),
    # the verdict
    "explain.verdict": ("{name}: {verdict}", "{name}：{verdict}"),
    "explain.counts": (
        "score {score}, {findings:finding|findings}; rules: {unmet} unmet, {unknown} unknown, {met} met, {na} not applicable",
        "分值 {score}，问题 {findings} 项；规则：不符合 {unmet}，无法判断 {unknown}，符合 {met}，不适用 {na}",
    ),
    "explain.nothing": ("No rule is unmet or unknown.", "没有不符合或无法判断的规则。"),
    "explain.decided": ("Decided by", "决定结论的规则"),
    "explain.decided-none": (
        "No rule of the unit itself is unmet or unknown; what was found on its records does not count for its verdict.",
        "单位本身没有不符合或无法判断的规则；其记录中的问题不影响结论。",
    ),
    "explain.also": ("Also found", "另外发现"),
    "explain.met": ("Met", "符合"),
    "explain.na": ("Not applicable", "不适用"),
    "explain.record": ("{table} {name}: {verdict}", "{table} {name}：{verdict}"),
    "explain.found": ("{title} ({ids}): {status}, so {outcome}", "{title}（{ids}）：{status}，{outcome}"),
    "explain.other": ("{title} ({ids}): {status}", "{title}（{ids}）：{status}"),
    "explain.more": (
        "… and {n:finding|findings} more; --all shows them",
        "……另有 {n} 项；用 --all 可全部列出",
    ),
    # conditions
    "explain.truth.t": ("true", "成立"),
    "explain.truth.f": ("false", "不成立"),
    "explain.truth.u": ("blank", "空白"),
    "explain.joint.and": ("all of:", "以下全部："),
    "explain.joint.or": ("one of:", "以下之一："),
    "explain.joint.not": ("not:", "并非："),
    "explain.when": ("applies if", "适用条件"),
    "explain.require": ("asks that", "要求"),
    "explain.value": ("{title}: {value}", "{title}：{value}"),
    "explain.fact": ("{title}: {value} = {expression}", "{title}：{value} = {expression}"),
    "explain.counted": ("{n} of {of} in {table}: {keys}", "{table}共 {of} 条，计入 {n} 条：{keys}"),
    "explain.counted-none": ("none of {of} in {table}", "{table}共 {of} 条，无一计入"),
    "explain.and-more": ("… {n} more", "……另 {n} 条"),
    "explain.advice": ("advice: {advice}", "建议：{advice}"),
    # nearly
    "explain.nearly": ("Nearly unmet", "险些不符合"),
    "explain.margin": (
        "{name} {value}, {room} (limit {limit}): {rule}, {record}",
        "{name} {value}，{room}（界限 {limit}）：{rule}，{record}",
    ),
    "explain.room.days": ("{n:day|days} to spare", "余 {n} 天"),
    "explain.room.whole": ("{n} to spare", "余 {n}"),
    "explain.room.number": ("{n} to spare", "余 {n}"),
    "explain.room.none": ("nothing to spare", "没有余量"),
    "explain.more-nearly": ("… and {n} more; --all shows them", "……另有 {n} 项；用 --all 可全部列出"),
    # unknown
    "explain.unknown": ("Unknown, and what would settle it", "无法判断的，以及如何补齐"),
    "explain.unknown-rules": ("{record}: {rules}", "{record}：{rules}"),
    "explain.blank": ("blank: {fields}", "空白：{fields}"),
    "explain.settles": ("to settle it, fill in: {fields}", "要能判断，请补填：{fields}"),
    "explain.settles-well": (
        "to settle it, fill in: {fields} (it can then be met or not apply)",
        "要能判断，请补填：{fields}（补填后可符合或不适用）",
    ),
    "explain.settles-some": (
        "to settle it, fill in (a small set, perhaps not the smallest): {fields}",
        "要能判断，请补填（少数几项，未必最少）：{fields}",
    ),
    "explain.settles-well-some": (
        "to settle it, fill in (a small set, perhaps not the smallest): {fields} (it can then be met or not apply)",
        "要能判断，请补填（少数几项，未必最少）：{fields}（补填后可符合或不适用）",
    ),
    "explain.satisfies": (
        "for it to be met or not apply, fill in: {fields}",
        "要能符合或不适用，请补填：{fields}",
    ),
    "explain.satisfies-none": (
        "whatever is filled in, not all of it can be met or not apply",
        "无论如何补填，都不能全部符合或不适用",
    ),
    "explain.stuck": (
        "not settled by filling in this record: {rules}",
        "补填本记录也无法判断：{rules}",
    ),
    # the end
    "explain.clauses": ("Clauses", "条款"),
    "explain.clause": ("{clause}  {summary}", "{clause}  {summary}"),
    "explain.made-by": ("Rules: {pack} {version}", "规则包：{pack} {version}"),
}

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
