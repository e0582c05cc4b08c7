"""What is said of the logic of a pack."""

PROVE: dict[str, tuple[str, str]] = {
    "rule-never-applies": (
        "`{rule}` never applies: its `when` can be true of no record",
        "规则 `{rule}` 永远不适用：没有记录能使 `when` 成立",
    ),
    "rule-never-met": ("`{rule}` can never be met", "规则 `{rule}` 永远无法满足"),
    "rule-never-unmet": ("`{rule}` can never be unmet", "规则 `{rule}` 永远不会不满足"),
    "rule-implied": (
        "`{rule}` changes no verdict: wherever it is unmet or unknown, `{by}` gives an outcome as bad or worse",
        "规则 `{rule}` 不改变任何结论：凡是它不满足或无法判断之处，`{by}` 的结论都同样差或更差",
    ),
    "repeats-other": (
        "`{rule}` says that it repeats `{other}`, but there is a record that `{rule}` alone gives its outcome",
        "规则 `{rule}` 声明重复 `{other}`，但有的记录只因 `{rule}` 得出该结论",
    ),
    "rules-contradict": (
        "`{rule}` and `{other}` contradict each other: on every record one of them is unmet or unknown",
        "规则 `{rule}` 与 `{other}` 相互矛盾：任何记录都至少不满足其中一条，或无法判断",
    ),
    "rules-contradict-where": (
        "`{rule}` and `{other}` contradict each other: no record to which both apply can meet both",
        "规则 `{rule}` 与 `{other}` 相互矛盾：两条都适用的记录不可能同时满足",
    ),
    "rule-always-applies": (
        "the `when` of `{rule}` leaves no record out: it can be false of none",
        "规则 `{rule}` 的 `when` 没有排除任何记录：它不可能为假",
    ),
    "outcome-unreachable": ("no record of {table} can ever be `{outcome}`", "{table} 中没有记录能得到结论 `{outcome}`"),
    "outcome-unnamed": ("no rule gives the outcome `{outcome}`", "没有规则给出结论 `{outcome}`"),
    "group-gap": ("there is a record to which none of these rules applies: {rules}", "有的记录不适用其中任何一条规则：{rules}"),
    "group-overlap": ("there is a record to which both `{rule}` and `{other}` apply", "有的记录同时适用 `{rule}` 和 `{other}`"),
    "blank-helps": (
        "leaving `{field}` of {table} blank can make the verdict of {judged} better: `{better}` instead of `{worse}`",
        "{table} 的 `{field}` 留空可使 {judged} 的结论变好：由 `{worse}` 变为 `{better}`",
    ),
    "param-ends-rule": ("where `{param}` is {value}: {what}", "当 `{param}` 为 {value} 时：{what}"),
    # help
    "help.exclude": ("these exclude each other: {conditions}", "以下条件不能同时成立：{conditions}"),
    "help.never-so": ("this is never so: {condition}", "该条件永不成立：{condition}"),
    "help.say-repeats": (
        "leave it out, or write `repeats: {by}` where two clauses ask the same on purpose",
        "请删去该规则；若两个条款有意提出同样要求，请写 `repeats: {by}`",
    ),
    "help.because-of": ("because of {rules} together", "原因是以下规则合在一起：{rules}"),
    "help.blank-helps": (
        "let a rule require `{field} is not null` where it matters, or declare it `optional: {{because: …}}`",
        "请在需要之处要求 `{field} is not null`，或将该字段声明为 `optional: {{because: …}}`",
    ),
    # examples
    "example.head": ("for example:", "例如："),
    "example.left-blank": ("and with the value left blank:", "该值留空时："),
    "example.record": ("  {mark} {table}: {values}", "  {mark} {table}：{values}"),
    "example.blank": ("all blank", "全部空白"),
    "example.verdict": ("    {verdict} ({findings})", "    {verdict}（{findings}）"),
    "example.finding": ("{rule} {status}", "{rule}：{status}"),
    "example.no-finding": ("nothing found", "没有问题"),
    "example.more": ("{rules}, … {n} more", "{rules} 等，另有 {n} 条"),
    # open
    "open.head": ("Left open, neither proved nor refuted:", "尚无定论（既未证明也未否定）："),
    "open.rule-never-applies": ("whether `{rule}` can apply", "规则 `{rule}` 能否适用"),
    "open.rule-always-applies": (
        "whether the `when` of `{rule}` leaves any record out",
        "规则 `{rule}` 的 `when` 是否排除任何记录",
    ),
    "open.rule-never-met": ("whether `{rule}` can be met", "规则 `{rule}` 能否满足"),
    "open.rule-never-unmet": ("whether `{rule}` can be unmet", "规则 `{rule}` 能否不满足"),
    "open.implied": ("whether `{by}` makes `{rule}` needless", "`{by}` 是否使规则 `{rule}` 多余"),
    "open.repeats": ("whether `{rule}` repeats `{other}`", "规则 `{rule}` 是否重复 `{other}`"),
    "open.contradict": ("whether `{rule}` and `{other}` contradict each other", "规则 `{rule}` 与 `{other}` 是否矛盾"),
    "open.outcome": ("whether a record of {table} can be `{outcome}`", "{table} 的记录能否得到结论 `{outcome}`"),
    "open.group": ("whether the group holds: {rules}", "规则组是否成立：{rules}"),
    "open.blank": (
        "whether leaving `{field}` of {table} blank can make the verdict of {judged} better",
        "{table} 的 `{field}` 留空能否使 {judged} 的结论变好",
    ),
    "open.limit": ("whether some value of `{param}` ends `{rule}`", "`{param}` 的某个取值是否使 `{rule}` 失效"),
    "open.because": ("  {question} ({why})", "  {question}（{why}）"),
    "free.steps": ("given up after many steps", "步数过多，已放弃"),
    "free.numbers": ("z3's numbers are exact, the engine's are rounded", "z3 的数字是精确的，引擎的数字有舍入"),
    "free.rows": (
        "not seen with up to {n} records below; any number is possible of: {what}",
        "下级记录不超过 {n} 条时未出现；以下汇总可为任意值：{what}",
    ),
    "free.types": ("the type changed of {what}", "以下字段的类型有变化：{what}"),
    "free.functions": ("left free, as z3 cannot see into it: {what}", "z3 无法分析，视为任意：{what}"),
    # the end
    "asked.rules": (
        "{n:question|questions} whether a rule can apply, be met, be unmet",
        "规则能否适用、满足、不满足：{n} 个问题",
    ),
    "asked.pairs": (
        "{n:question|questions} whether one rule makes another needless or contradicts it",
        "规则之间是否多余或矛盾：{n} 个问题",
    ),
    "asked.repeats": (
        "{n:question|questions} whether a rule repeats another, as it says",
        "规则是否如其所述重复另一规则：{n} 个问题",
    ),
    "asked.outcomes": ("{n:question|questions} whether an outcome can be reached", "结论能否达到：{n} 个问题"),
    "asked.groups": ("{n:question|questions} about groups", "规则组：{n} 个问题"),
    "asked.blanks": ("{n:question|questions} whether a blank helps", "留空是否有利：{n} 个问题"),
    "asked.limits": (
        "{n:question|questions} whether a limit ends a rule (what is counted of records below taken as free)",
        "参数取值是否使规则失效：{n} 个问题（对下级记录的统计视为可取任意值）",
    ),
    "prove.done": (
        "{n:question was|questions were} asked: {found} found, {left_open} left open. {clean}",
        "共提出 {n} 个问题：发现 {found} 处，{left_open} 处未定。{clean}",
    ),
    "prove.clean": (
        "Proved for every possible record, blanks included, with the parameters as they are.",
        "在现有参数下，对一切可能的记录（包括空白）均已证明。",
    ),
    "prove.saved": ("{n:test|tests} written to {file}", "已将 {n} 个测试写入 {file}"),
    "prove.nothing-to-save": ("no example to save", "没有可保存的示例"),
    "prove.test-of": ("what `rules prove` found: {mistake}", "`rules prove` 的发现：{mistake}"),
    "prove.test.filled": ("{name} (filled in)", "{name}（已填）"),
    "prove.test.blank": ("{name} (left blank)", "{name}（留空）"),
    "prove.file-head": (
        "# Examples that `lookback rules prove` found, with what the rules say of them now: write what they should say, then mend the rules.",
        "# `lookback rules prove` 找到的示例及规则目前的结论：请先写明应有的结论，再修改规则。",
    ),
    "stage.prove": ("asking z3", "求解中"),
    "rules.prove.short": ("Prove what the rules can and cannot do.", "证明规则能做到和不能做到什么。"),
    "rules.prove.help": (
        "Prove, for every possible record, blanks included, that no rule is dead, needless or contradicted by another, that every outcome can be reached, "
        "that groups hold, that leaving a value blank never helps, and that no value of a parameter within its range ends a rule. Ends with 1 where anything is found.",
        "针对一切可能的记录（包括空白）证明：没有失效、多余或相互矛盾的规则，各结论都能达到，规则组成立，留空不会带来好处，参数在其范围内的取值不会使规则失效。有任何发现时以 1 结束。",
    ),
    "rules.prove.save": (
        "Write every example as a test to proof.test.yaml in the pack's folder.",
        "把每个示例作为测试写入规则包文件夹中的 proof.test.yaml。",
    ),
    "rules.prove.example": (
        "Example:\n  lookback rules prove rules/lookback-2005",
        "示例：\n  lookback rules prove rules/lookback-2005",
    ),
}
