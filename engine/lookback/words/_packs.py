"""What is said of rule packs and conditions: of mistakes, of what is hardly meant, of the logic of a pack."""

PACK: dict[str, tuple[str, str]] = {
    "error": ("error", "错误"),
    "warning": ("warning", "警告"),
    "help": ("help", "提示"),
    "and-more": ("… and {n:more mistake|more mistakes}", "……另有 {n} 处错误"),
    "pack-has-mistakes": ("the rule pack has {n:mistake|mistakes}", "规则包有 {n} 处错误"),
    # the pack as files
    "no-such-pack": (
        "there is no rule pack `{pack}`: neither a folder nor a built-in one ({known})",
        "找不到规则包 `{pack}`：既不是文件夹，也不是内置规则包（{known}）",
    ),
    "no-pack-yaml": (
        "the folder `{folder}` is no rule pack: it holds no pack.yaml",
        "文件夹 `{folder}` 不是规则包：其中没有 pack.yaml",
    ),
    "no-rules-file": (
        "the pack `{folder}` has no file named <chapter>.rules.yaml",
        "规则包 `{folder}` 中没有名为 <章>.rules.yaml 的文件",
    ),
    "no-such-file": ("the file `{file}` is missing", "缺少文件 `{file}`"),
    "unreadable-file": ("the file `{file}` cannot be read: {why}", "无法读取文件 `{file}`：{why}"),
    "file-too-large": ("the file `{file}` is larger than {most} MB", "文件 `{file}` 超过 {most} MB"),
    "not-utf-8": ("the file `{file}` is not UTF-8 text (byte {byte})", "文件 `{file}` 不是 UTF-8 文本（第 {byte} 字节）"),
    "empty-file": ("the file `{file}` is empty", "文件 `{file}` 是空的"),
    "not-yaml": ("this is no YAML: {why}", "这不是有效的 YAML：{why}"),
    "yaml.tab": ("a tab stands where only blanks may", "制表符所在之处只能用空格"),
    "yaml.character": ("the character {character} may not stand in it as it is", "其中不能直接出现字符 {character}"),
    "yaml.second-document": ("a second document begins here", "此处开始了第二个文档"),
    "yaml-too-deep": ("this file is nested too deeply", "文件嵌套层数过多"),
    "yaml-alias": (
        "anchors and aliases (`&`, `*`) cannot be used in a pack: write the value out",
        "规则包中不能使用锚点和别名（`&`、`*`）：请把内容写全",
    ),
    "key-not-a-word": ("a key has to be a word", "键必须是一个词"),
    "repeated-key": ("the key `{key}` stands here twice", "键 `{key}` 重复出现"),
    "missing-key": ("`{key}` is missing here", "此处缺少 `{key}`"),
    "unknown-key": ("there is no key `{key}` here", "此处没有键 `{key}`"),
    "needs-one-language": ("a title needs at least one language: en or zh", "标题至少要有一种语言：en 或 zh"),
    "wrong-value": ("{sentence}", "{sentence}"),
    "expected.text": ("expected a text, found {found}", "应为文本，实为 {found}"),
    "expected.id": (
        "expected an id (lower-case letters, digits, `_` in names, `-` in rules and packs), found {found}",
        "应为标识符（小写字母、数字，名称用 `_`，规则和规则包用 `-`），实为 {found}",
    ),
    "expected.integer": ("expected a whole number, found {found}", "应为整数，实为 {found}"),
    "expected.boolean": ("expected true or false, found {found}", "应为 true 或 false，实为 {found}"),
    "expected.one-of": ("expected one of {expected}, found {found}", "应为 {expected} 之一，实为 {found}"),
    "expected.mapping": ("expected keys with values, found {found}", "应为键值对，实为 {found}"),
    "expected.list": ("expected a list, found {found}", "应为列表，实为 {found}"),
    "expected.more": ("expected at least {least:entry|entries}", "至少要有 {least} 项"),
    "expected.at-least": ("expected at least {least}, found {found}", "应不小于 {least}，实为 {found}"),
    "expected.at-most": ("expected at most {most}, found {found}", "应不大于 {most}，实为 {found}"),
    "expected.other": ("{why} (found {found})", "{why}（实为 {found}）"),
    # names
    "repeated-id": ("`{id}` is used twice", "`{id}` 重复使用"),
    "reserved-name": ("`{name}` is a name of lookback's own: choose another", "`{name}` 是系统保留的名称，请换一个"),
    "reserved-word": (
        "`{name}` is a word of SQL and cannot be named in a condition: choose another",
        "`{name}` 是 SQL 的关键字，无法写进条件，请换一个",
    ),
    "one-root": (
        "exactly one table has no belongs_to, the units; here it is {n:table|tables} ({roots})",
        "必须有且只有一张表没有 belongs_to（即单位表），现有 {n} 张（{roots}）",
    ),
    "circle": ("this waits for itself: {circle}", "出现循环依赖：{circle}"),
    "key-type": ("the key `{field}` has to be a text or an integer", "主键 `{field}` 必须是文本或整数"),
    "no-parent-key": (
        "{table} belongs to {parent}, but has no field `{key}` that says to which record",
        "{table} 隶属于 {parent}，但没有字段 `{key}` 指明属于哪条记录",
    ),
    "parent-key-type": ("`{key}` has to be of the parent's type, {expected}", "`{key}` 的类型必须与上级表一致，即 {expected}"),
    "repeated-header": ("the header `{header}` means both `{one}` and `{two}`", "表头 `{header}` 同时指 `{one}` 和 `{two}`"),
    "choices-for-choice": (
        "`{field}`: a choice needs `choices`, and only a choice has them",
        "`{field}`：choice 类型必须有 choices，其他类型不能有",
    ),
    "repeated-choice": ("`{word}` means both `{one}` and `{two}`", "`{word}` 同时指 `{one}` 和 `{two}`"),
    "param-choice": ("the parameter `{name}` cannot be a choice: use text", "参数 `{name}` 不能是 choice 类型：请用 text"),
    "wrong-default": (
        "`{key}` of `{name}` has to be {type}, and `{value}` is not",
        "参数 `{name}` 的 `{key}` 必须是{type}，`{value}` 不是",
    ),
    "limit-without-order": (
        "`{name}` cannot have `{key}`: {type} has no order",
        "参数 `{name}` 不能有 `{key}`：{type}没有大小顺序",
    ),
    "outside-range": (
        "`{name}` goes from {range}, and {value} is outside",
        "参数 `{name}` 的取值范围为 {range}，{value} 超出范围",
    ),
    "repeats-itself": ("`{rule}` cannot repeat itself", "规则 `{rule}` 不能重复自身"),
    "group-one-kind": ("a group is either `exactly_one` or `at_least_one`", "规则组应为 `exactly_one` 或 `at_least_one` 之一"),
    "group-needs-when": (
        "`{rule}` always applies, as it has no `when`, so it cannot divide records with others",
        "规则 `{rule}` 没有 `when`，总是适用，不能与其他规则划分记录",
    ),
    "unknown-table-name": ("there is no table `{name}`", "没有名为 `{name}` 的表"),
    "not-a-child": (
        "{child} does not belong to {table}, so it cannot be aggregated there",
        "{child} 不隶属于 {table}，不能在此汇总",
    ),
    "unknown-outcome": ("there is no outcome `{outcome}`; the pack has {known}", "没有结论 `{outcome}`；规则包中有 {known}"),
    "otherwise-is-best": (
        "`otherwise: {outcome}` is the best outcome, so the rule could not change any verdict",
        "`otherwise: {outcome}` 是最好的结论，这条规则不会改变任何结果",
    ),
    "unknown-field": ("`{name}` is no field or fact of {table}", "`{name}` 不是 {table} 的字段或派生值"),
    "unknown-table": ("`{name}` is neither {table} nor the table it belongs to", "`{name}` 既不是 {table}，也不是它所属的表"),
    "unknown-param": ("there is no parameter `:{name}`", "没有参数 `:{name}`"),
    "unknown-rule": ("`{rule}` is no rule for {table}", "`{rule}` 不是针对 {table} 的规则"),
    "unknown-function": ("there is no function `{name}` in conditions", "条件中没有函数 `{name}`"),
    "unknown-choice": ("`{value}` is no value of this choice: {known}", "`{value}` 不是可选值：{known}"),
    # conditions
    "empty-expression": ("an expression is missing here", "此处缺少表达式"),
    "expression-too-long": ("an expression has at most {most:character|characters}", "表达式最多 {most} 个字符"),
    "expression-too-deep": ("this expression is nested too deeply", "表达式嵌套层数过多"),
    "not-an-expression": ("this cannot be read as an expression, near `{near}`", "在 `{near}` 附近无法读作表达式"),
    "full-width": ("`{sign}` is a full-width sign: write `{half}`", "`{sign}` 是全角符号：请写作半角 `{half}`"),
    "unclosed-text": ("a quotation mark is missing: the text is not closed", "缺少引号：文本没有结束"),
    "one-expression": ("expected one expression, without `;`", "应为一个表达式，不能有 `;`"),
    "not-allowed": ("`{what}` cannot be used in a condition", "条件中不能使用 `{what}`"),
    "not-a-condition": (
        "`{text}` is no condition: it is {type}, not true or false",
        "`{text}` 不是条件：它是{type}，没有真假",
    ),
    "null-comparison": ("`{operator}` with null is never true", "用 `{operator}` 与 null 比较永远不成立"),
    "different-types": ("{left} cannot be compared with {right}", "{left}不能与{right}比较"),
    "different-choices": (
        "two choices with different values cannot be compared: {left}; {right}",
        "可选值不同的两个字段不能比较：{left}；{right}",
    ),
    "no-order": ("`{operator}` cannot be used on {type}: it has no order", "`{operator}` 不能用于{type}：它没有大小顺序"),
    "bad-like": ("`like` compares a text with a pattern in quotes", "`like` 用于文本与引号中的模式比较"),
    "bad-arithmetic": ("`{operator}` cannot be applied to {left} and {right}", "`{operator}` 不能用于{left}和{right}"),
    "bad-negation": ("`-` cannot be applied to {type}", "`-` 不能用于{type}"),
    "bad-interval": (
        "an interval is written `interval 90 days`, at most {most} days; units are {units}",
        "时间间隔写作 `interval 90 days`，最长 {most} 天；单位可用 {units}",
    ),
    "bad-date-part": (
        "date_diff counts one of {units}, as in date_diff('day', a, b)",
        "date_diff 的单位可用 {units}，例如 date_diff('day', a, b)",
    ),
    "interval-alone": ("an interval has to be added to a date or taken from one", "时间间隔必须与日期相加减"),
    "not-a-date": ("`{value}` is no date; dates are written date '2005-09-30'", "`{value}` 不是日期；日期写作 date '2005-09-30'"),
    "number-too-large": ("numbers go up to {most}", "数值最大为 {most}"),
    "round-places": ("round takes a number of places from 0 to 15", "round 的小数位数为 0 到 15"),
    "wrong-argument": ("`{function}` takes {expected}, not {found}", "`{function}` 的参数应为 {expected}，而不是 {found}"),
    "names-no-field": (
        "`{text}` names no field, so it is the same for every record",
        "`{text}` 没有用到任何字段，对所有记录结果都一样",
    ),
    "rule-too-wide": (
        "`{rule}` has {n:smallest condition|smallest conditions}, at most {most} are possible: name a part of it as a fact",
        "`{rule}` 有 {n} 个最小条件，最多 {most} 个：请把其中一部分定义为派生值（fact）",
    ),
    "rule-too-large": (
        "`{rule}` joins too many conditions to be decided as one: name a part of it as a fact",
        "`{rule}` 组合的条件过多，无法作为一条规则判定：请把其中一部分定义为派生值（fact）",
    ),
    "fact-without-type": ("the value of `{fact}` is always null", "派生值 `{fact}` 永远为空"),
    # types, and what functions take
    "type.text": ("a text", "文本"),
    "type.integer": ("a whole number", "整数"),
    "type.number": ("a number", "数字"),
    "type.boolean": ("a yes or no", "是否值"),
    "type.date": ("a date", "日期"),
    "type.choice": ("a choice", "选项"),
    "type.interval": ("an interval", "时间间隔"),
    "type.null": ("null", "空值"),
    "takes.number": ("a number", "数字"),
    "takes.text": ("one text", "一个文本"),
    "takes.date": ("dates", "日期"),
    "takes.one": ("one value", "一个值"),
    "takes.rule": ("a rule's id in quotes", "引号中的规则标识"),
    # aggregates
    "aggregate-here": ("`{name}` needs a fact with `from:`", "`{name}` 只能用在带 `from:` 的派生值中"),
    "aggregate-only": ("`{name}` is known only inside an aggregate", "`{name}` 只能用在汇总函数内"),
    "nested-aggregate": ("an aggregate inside an aggregate is not possible", "汇总函数不能嵌套"),
    "outside-aggregate": (
        "`{name}` stands outside an aggregate: say how the records are put together, as in max({name})",
        "`{name}` 不在汇总函数内：请写明如何汇总，例如 max({name})",
    ),
    "blank-in-aggregate": (
        "`{fact}` does not say what a blank counts as: {fields} may be blank",
        "`{fact}` 没有说明空白如何计算：{fields} 可能为空",
    ),
    # clauses
    "clause-uncovered": ("the clause {clause} is covered by no rule", "条款 {clause} 没有任何规则覆盖"),
    "clause-has-rules": (
        "the clause {clause} is named by {rules}, so it is covered by rules, too",
        "规则 {rules} 引用了条款 {clause}，covered_by 应包含 rules",
    ),
    "sheet-and-questions": ("{clause}: `sheet` and `questions` belong together", "{clause}：`sheet` 与 `questions` 应同时出现"),
    "command-and-commands": (
        "{clause}: `command` and `commands` belong together",
        "{clause}：`command` 与 `commands` 应同时出现",
    ),
    "clause-without-reason": (
        "{clause} needs `because`: how the command does it, or why it cannot be checked",
        "{clause} 缺少 `because`：命令如何做到，或为何无法检查",
    ),
    "question-without-field": ("the question {question} is no field of the records", "问题 {question} 不是记录中的字段"),
    "question-without-rule": ("no rule of {clause} reads the question {question}", "条款 {clause} 没有规则读取问题 {question}"),
    "unknown-command": ("lookback has no command `{command}`", "lookback 没有命令 `{command}`"),
    "unknown-clause": ("there is no clause {clause}", "没有条款 {clause}"),
    "rule-without-clause": ("the rule `{rule}` names no clause", "规则 `{rule}` 没有注明条款"),
    "no-clauses-file": ("the pack has no clauses.yaml", "规则包没有 clauses.yaml"),
    # tests
    "unknown-example": ("there is no example `{name}` of {table} in this file", "本文件中没有 {table} 的示例 `{name}`"),
    "wrong-test-value": ("`{field}` has to be {type}, and `{value}` is not", "`{field}` 必须是{type}，`{value}` 不是"),
    "no-parent-in-test": (
        "this record belongs to no record of {table} in this test ({key})",
        "本测试中没有这条记录所属的 {table} 记录（{key}）",
    ),
    "no-such-record": ("there is no such record of {table} in this test", "本测试中没有这条 {table} 记录"),
    # help
    "help.did-you-mean": ("did you mean `{word}`?", "是不是 `{word}`？"),
    "help.quote-choice": ("a value of a choice stands in quotes: '{word}'", "选项的值要加引号：'{word}'"),
    "help.quote-it": ("put it in quotes", "请加上引号"),
    "help.write": ("write `{text}`", "请写作 `{text}`"),
    "help.date": ("a date is written 2005-09-30", "日期写作 2005-09-30"),
    "help.interval": ("write `interval 90 {unit}`", "请写作 `interval 90 {unit}`"),
    "help.coalesce": (
        "write coalesce({field}, …), or `{field} is not null and …`",
        "请写 coalesce({field}, …)，或 `{field} is not null and …`",
    ),
    "help.coalesce-all": ("put coalesce(…, …) around it", "请在外面加上 coalesce(…, …)"),
}

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
