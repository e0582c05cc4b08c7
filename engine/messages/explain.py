"""What `lookback explain` says of one unit."""

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
