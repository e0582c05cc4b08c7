"""What is said of a pack that is in order and yet hardly meant so, and of mending it."""

LINT: dict[str, tuple[str, str]] = {
    # names
    "unused-fact": ("no rule and no other fact uses `{fact}`", "没有规则或其他派生值用到 `{fact}`"),
    "unused-param": ("no rule and no fact uses the parameter `{param}`", "没有规则或派生值用到参数 `{param}`"),
    "unused-outcome": ("no rule leads to the outcome `{outcome}`", "没有规则会得出结论 `{outcome}`"),
    "unused-example": (
        "no test of this file starts from the example `{name}` of {table}",
        "本文件中没有测试使用 {table} 的示例 `{name}`",
    ),
    "unknown-rule-or-fact": ("`{name}` is no rule or fact", "`{name}` 不是规则或派生值"),
    "repeated-fact": ("`{fact}` is the same as `{earlier}`", "`{fact}` 与 `{earlier}` 相同"),
    "repeated-rule": (
        "`{rule}` asks the same of the same records as `{earlier}`",
        "`{rule}` 与 `{earlier}` 对相同记录提出相同要求",
    ),
    "help.repeats": ("if two clauses ask it, write `repeats: {rule}`", "若两个条款提出同一要求，请写 `repeats: {rule}`"),
    "unknown-not-needed": (
        "`unknown: {outcome}` is what `otherwise` says, and holds without being written",
        "`unknown: {outcome}` 与 `otherwise` 相同，不写也是如此",
    ),
    "optional-key": (
        "`{field}` is a key, which is never blank, so it cannot be optional",
        "`{field}` 是主键或上级主键，不会为空，不能标为 optional",
    ),
    # texts and keys
    "missing-title": ("{what} `{name}` has no title; most others have one", "{what} `{name}` 没有标题，而其他大多有"),
    "missing-language": (
        "this is not given in {language} (`{key}`), in which most of the pack is",
        "此处缺少{language}（`{key}`），而规则包大部分都有",
    ),
    "kind.pack": ("the pack", "规则包"),
    "kind.outcome": ("the outcome", "结论"),
    "kind.param": ("the parameter", "参数"),
    "kind.table": ("the table", "表"),
    "kind.field": ("the field", "字段"),
    "kind.choice": ("the value", "选项"),
    "kind.fact": ("the fact", "派生值"),
    "language.en": ("English", "英文"),
    "language.zh": ("Chinese", "中文"),
    "key-order": (
        "`{key}` stands before `{other}` here, and after it everywhere else",
        "此处 `{key}` 在 `{other}` 之前，而通常在其后",
    ),
    "help.key-order": ("the order is {order}", "顺序为 {order}"),
    # conditions
    "null-distinct": ("whether something is blank is not asked with `{operator}`", "是否为空不用 `{operator}` 判断"),
    "double-equals": ("`==` is written `=` in a rule", "规则中的 `==` 写作 `=`"),
    "compared-with-itself": ("`{text}` compares a value with itself, so it is {always}", "`{text}` 把一个值与自身比较，{always}"),
    "always.not-false": ("never false", "永远不为假"),
    "always.not-true": ("never true", "永远不为真"),
    "constant-comparison": ("`{text}` is the same for every record", "`{text}` 对所有记录结果都一样"),
    "repeated-value": ("{value} stands in this list twice", "列表中 {value} 重复出现"),
    "in-all-values": (
        "these are all the values of `{text}`, so nothing is told apart but a blank",
        "这里列出了 `{text}` 的全部可选值，只能区分是否为空",
    ),
    "help.write-if-meant": ("if that is meant, write `{text}`", "若有意如此，请写作 `{text}`"),
    "empty-range": (
        "no value is between {low} and {high}: the lower end comes first",
        "没有值介于 {low} 和 {high} 之间：应先写下限",
    ),
    "coalesce-not-needed": (
        "`{text}` is never blank, so what follows it in coalesce is never used",
        "`{text}` 不会为空，coalesce 中其后的内容不会用到",
    ),
    "never-blank": ("`{text}` is never blank, so this test has one answer only", "`{text}` 不会为空，这一判断只有一种结果"),
    "like-without-wildcard": (
        "`{pattern}` has neither `%` nor `_`, so only this very text is found",
        "`{pattern}` 中没有 `%` 或 `_`，只能匹配这一文本",
    ),
    # lookback rules check
    "rules.check.short": ("Find mistakes in a rule pack.", "查找规则包中的错误。"),
    "rules.check.help": (
        "Tell everything that is wrong with a rule pack, or hardly meant, as far as it can be known without records: names, types, circles, what "
        "nobody uses, comparisons that are always true, texts that lack a language, clauses that nothing covers, tests that name what is not "
        "there. Ends with exit code 2 where there is an error, with 0 where there are only warnings or nothing.",
        "不用任何记录，找出规则包中的全部错误和可疑之处：名称、类型、循环依赖、无人使用的内容、恒真的比较、缺少一种语言的文字、没有覆盖的条款、"
        "引用了不存在内容的测试。有错误时退出码为 2；只有警告或没有问题时为 0。",
    ),
    "rules.check.example": (
        "Example:\n  lookback rules check my-pack\n  lookback rules check my-pack --fix\n  lookback rules check my-pack --format sarif > mistakes.sarif",
        "示例：\n  lookback rules check my-pack\n  lookback rules check my-pack --fix\n  lookback rules check my-pack --format sarif > mistakes.sarif",
    ),
    "rules.check.format": (
        "How mistakes are printed: for people, as a list of objects, as SARIF 2.1.0, or as annotations of GitHub.",
        "错误的输出格式：供人阅读的文本、对象列表、SARIF 2.1.0 或 GitHub 注释。",
    ),
    "rules.check.fix": (
        "First mend in the files what is mechanical: order of keys, `= null`, `==`, values listed twice.",
        "先在文件中改正可机械处理的问题：键的顺序、`= null`、`==`、重复列出的值。",
    ),
    "rules.check.none": ("no mistakes", "没有错误"),
    "rules.check.count": ("{errors:error|errors}, {warnings:warning|warnings}", "{errors} 处错误，{warnings} 处警告"),
    "rules.check.mechanical": ("; --fix mends {n} of them", "；--fix 可改正其中 {n} 处"),
    "rules.check.mended": ("mended: {file}:{line} {code}", "已改正：{file}:{line} {code}"),
    "rules.check.left": (
        "left alone: {file}; mending it by itself would have changed what it says",
        "未改动：{file}；自动改正会改变其含义",
    ),
    "built-in-pack": (
        "`{pack}` is part of lookback and is not changed: copy the folder, and work on the copy",
        "`{pack}` 是系统自带的规则包，不作改动：请复制后修改副本",
    ),
    "pack-has-warnings": (
        "the pack has {n:warning|warnings}: lookback rules check {pack}",
        "规则包有 {n} 处警告：lookback rules check {pack}",
    ),
}
