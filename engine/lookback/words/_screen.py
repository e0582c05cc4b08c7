"""What the command line says of itself and while it works."""

SCREEN: dict[str, tuple[str, str]] = {
    # click's own words
    "usage": ("Usage:", "用法："),
    "options": ("Options", "选项"),
    "commands": ("Commands", "命令"),
    "help-option": ("Show this page and exit.", "显示本页并退出。"),
    "version-option": ("Show the version and exit.", "显示版本并退出。"),
    "click.NoSuchOption": ("there is no option {name}", "没有选项 {name}"),
    "click.NoSuchCommand": ("there is no command `{name}`; there are {known}", "没有命令 `{name}`；可用 {known}"),
    "click.MissingParameter": ("{name} is missing", "缺少 {name}"),
    "click.BadParameter": ("{name}: {why}", "{name}：{why}"),
    "click.BadOptionUsage": ("{name} needs a value", "{name} 需要一个值"),
    "click.choice": ("`{value}` is not one of {known}", "`{value}` 不是 {known} 之一"),
    "click.at-least": ("`{value}` is no whole number from {least}", "`{value}` 不是不小于 {least} 的整数"),
    "click.expected": ("{what}", "{what}"),
    "click.other": ("{why}", "{why}"),
    "click.try": ("Try `{command} --help`.", "请参阅 `{command} --help`。"),
    # the whole
    "cli.help": (
        "Holds records of organisations against a pack of declarative rules, and says of every unit how it stands, why, and under which clause.",
        "用声明式规则包检查各单位的记录，判定每个单位的结论，并说明原因和依据的条款。",
    ),
    "cli.more": (
        "Exit codes: 0 done; 1 done, and a verdict at or beyond --fail-on; 2 could not run, nothing written; 3 done, but some input had problems.",
        "退出码：0 完成；1 完成，且有结论达到或超过 --fail-on；2 无法运行，未写入任何内容；3 完成，但部分输入有问题。",
    ),
    # check
    "check.short": ("Judge every unit's records.", "检查并判定每个单位的记录。"),
    "check.help": (
        "Judge every unit's records by the rules of a pack. DATA is a folder of tables or of workbooks (.xlsx, .xls, .ods, CSV, JSON lines, "
        "Parquet), a workbook whose sheets are the tables, single files, a pattern such as 'reports/*.xlsx', a .zip of any of them, or a "
        "database (postgresql://host/name, sqlite:///file). Where neither name nor header says the table, write it in front: "
        "issues=any-name.csv.",
        "按照规则包检查每个单位的记录。DATA 可以是存放各表或各单位工作簿的文件夹（.xlsx、.xls、.ods、CSV、JSON lines、Parquet）、"
        "以工作表为表的工作簿、单个文件、通配符（如 'reports/*.xlsx'）、包含这些文件的 .zip，"
        "或数据库（postgresql://主机/库名、sqlite:///文件）。从名称和表头都看不出是哪张表时，请写在前面：issues=任意文件名.csv。",
    ),
    "check.example": (
        "Example:\n  lookback check fixtures/small -o build/small\n  lookback check fixtures/small --as-of 2005-10-15 --set complaint_limit=5",
        "示例：\n  lookback check fixtures/small -o build/small\n  lookback check fixtures/small --as-of 2005-10-15 --set complaint_limit=5",
    ),
    "check.pack": ("Rule pack: a folder, or a built-in one by name.", "规则包：文件夹，或内置规则包的名称。"),
    "check.out": (
        "Write the review (verdicts, findings, flagged.xlsx, …) to this folder; an earlier review there is replaced.",
        "把检查结果（结论、问题明细、flagged.xlsx 等）写入此文件夹；其中原有的检查结果会被替换。",
    ),
    "check.as-of": (
        "Day of the review (sets the parameter as_of), as in 2005-09-30.",
        "检查日期（即参数 as_of），例如 2005-09-30。",
    ),
    "check.set": ("Set a parameter of the pack; may be given several times.", "设置规则包的参数，可多次使用。"),
    "check.lang": ("Language of what is printed and written; the locale's if left out.", "输出语言；省略时按系统语言。"),
    "check.format": ("How the result is printed.", "结果的输出格式。"),
    "check.top": ("How many of the worst units are printed.", "列出问题最突出的多少个单位。"),
    "check.encoding": (
        "Encoding of the text files, as utf-8 or gb18030; found out if left out.",
        "文本文件的编码，如 utf-8、gb18030；省略时自动识别。",
    ),
    "check.strict": (
        "Stop before judging, with exit code 2, if any value or row of the input cannot be used.",
        "只要输入中有无法使用的值或行，就在判定之前停止（退出码 2）。",
    ),
    "check.threads": ("Threads to use; all cores if left out.", "使用的线程数；省略时用全部处理器核。"),
    "check.fail-on": (
        "End with exit code 1 if a unit has this outcome or a worse one.",
        "若有单位的结论为此项或更差，则以退出码 1 结束。",
    ),
    "check.decider": (
        "Who decides: durable_rules, confirmed by the reference evaluator, or that evaluator alone.",
        "判定方式：由 durable_rules 判定并经参考求值器复核，或仅用参考求值器。",
    ),
    "debug": ("Show the traceback of an error.", "出错时显示完整的追踪信息。"),
    # flagged
    "flagged.short": ("List the flagged units of a review.", "列出检查结果中的问题单位。"),
    "flagged.help": (
        "List the units of a review whose verdict is not the best one, worst first. REVIEW is a folder that `lookback check -o` wrote; nothing is judged again.",
        "列出检查结果中结论不是最好的单位，最突出的在前。REVIEW 是 `lookback check -o` 写出的文件夹；不会重新判定。",
    ),
    "flagged.example": (
        "Example:\n  lookback flagged build/small --rule self-check-on-time\n  lookback flagged build/small --where \"kind = 'agency' and score > 5\" --format csv",
        "示例：\n  lookback flagged build/small --rule self-check-on-time\n  lookback flagged build/small --where \"kind = 'agency' and score > 5\" --format csv",
    ),
    "flagged.outcome": ("Only units with this verdict.", "只列此结论的单位。"),
    "flagged.rule": (
        "Only units with a finding of this rule, on themselves or on a record of theirs.",
        "只列本身或其记录不符合此规则的单位。",
    ),
    "flagged.where": (
        "Only units that meet this condition over fields, facts, verdict, score and findings, written as in the rules.",
        "只列符合此条件的单位；条件写法与规则相同，可用字段、派生值以及 verdict、score、findings。",
    ),
    "flagged.format": (
        "How the list is written; by the ending of -o FILE, or a table, if left out.",
        "名单的输出格式；省略时按 -o 文件的扩展名，否则为表格。",
    ),
    "flagged.top": ("Only the worst so many.", "只列问题最突出的若干个。"),
    "flagged.out": ("Write to this file instead of the screen; needed for xlsx.", "写入此文件而不是屏幕；xlsx 格式必须指定。"),
    # rules
    "rules.short": ("Read, test and extend a rule pack.", "查看、测试和扩充规则包。"),
    "rules.help": (
        "What analysts do with a rule pack before it judges anybody.",
        "在规则包用于检查之前，对它进行查看、测试和扩充。",
    ),
    "rules.clauses.short": ("The source document's clauses, and what covers each.", "原文条款及其覆盖情况。"),
    "rules.clauses.help": (
        "Print the clauses of the source document with the rules and tests that cover each. Fails (exit code 1) where a clause is uncovered, "
        "a rule names an unknown clause, or a question of the check sheet is no field.",
        "列出原文各条款以及覆盖它的规则和测试。若有条款未被覆盖、规则引用了不存在的条款，或检查表问题没有对应字段，则失败（退出码 1）。",
    ),
    "rules.clauses.example": ("Example:\n  lookback rules clauses --format md", "示例：\n  lookback rules clauses --format md"),
    "rules.list.short": ("One line a rule.", "每条规则一行。"),
    "rules.list.help": ("List the rules of a pack, one line each, in their order.", "按顺序列出规则包中的规则，每条一行。"),
    "rules.list.for": ("Only rules for this table.", "只列针对此表的规则。"),
    "rules.list.example": ("Example:\n  lookback rules list --for units", "示例：\n  lookback rules list --for units"),
    "rules.show.short": ("One rule as a person would say it.", "用通俗的话说明一条规则。"),
    "rules.show.help": (
        "Print one rule as a person would say it, its clause, its tests, and its decision table as durable_rules decides it.",
        "用通俗的话说明一条规则，并列出其条款、测试以及由 durable_rules 判定的决策表。",
    ),
    "rules.show.example": (
        "Example:\n  lookback rules show self-check-on-time",
        "示例：\n  lookback rules show self-check-on-time",
    ),
    "rules.test.short": ("Run the tests that stand beside the rules.", "运行规则旁的测试。"),
    "rules.test.help": (
        "Run the tests of a pack, all in one evaluation. Fails (exit code 1) where one does not hold.",
        "一次性运行规则包的全部测试。若有不符则失败（退出码 1）。",
    ),
    "rules.test.k": ("Only tests whose name contains this.", "只运行名称包含此文字的测试。"),
    "rules.test.coverage": (
        "Say which outcomes and situations of each rule the tests reach.",
        "说明测试覆盖了每条规则的哪些判定和情形。",
    ),
    "rules.test.mutate": (
        "Change every comparison, connective and constant in turn, and list the changes that no test notices.",
        "逐一改动每个比较、连接词和常数，列出没有测试能发现的改动。",
    ),
    "rules.test.example": (
        "Example:\n  lookback rules test -k deadline\n  lookback rules test --coverage",
        "示例：\n  lookback rules test -k 期限\n  lookback rules test --coverage",
    ),
    "rules.schema.short": ("The JSON Schema of pack files.", "规则包文件的 JSON Schema。"),
    "rules.schema.help": (
        "Print the JSON Schema of one kind of pack file, or of all; editors complete and check the files by it.",
        "输出一种或全部规则包文件的 JSON Schema；编辑器据此补全和检查。",
    ),
    "rules.schema.out": ("Write <kind>.schema.json files to this folder.", "把 <类型>.schema.json 写入此文件夹。"),
    "rules.schema.example": (
        "Example:\n  lookback rules schema rules\n  lookback rules schema -o build/schema",
        "示例：\n  lookback rules schema rules\n  lookback rules schema -o build/schema",
    ),
    "rules.new.short": ("Write a new rule and its tests, ready to edit.", "写出一条新规则及其测试，供编辑。"),
    "rules.new.help": (
        "Write a new rule and its tests at the end of the chapter whose clauses are nearest, ready to edit.",
        "在条款最接近的一章末尾写出一条新规则及其测试，供编辑。",
    ),
    "rules.new.clause": ("The clause that asks it.", "提出要求的条款。"),
    "rules.new.for": ("The table whose records it judges.", "规则所检查的表。"),
    "rules.new.example": (
        "Example:\n  lookback rules new my-rule my-pack --clause N1.1 --for units",
        "示例：\n  lookback rules new my-rule my-pack --clause N1.1 --for units",
    ),
    "name-the-pack": (
        "name the pack that is to be changed, as a folder, or stand in it",
        "请指定要修改的规则包文件夹，或先进入该文件夹",
    ),
    "rules.new.written": ("written to {file}", "已写入 {file}"),
    "clauses.all": ("{n:clause|clauses}, every one covered; {rules:rule|rules}", "共 {n} 个条款，均已覆盖；{rules} 条规则"),
    "covered.rules": ("rules", "规则"),
    "covered.sheet": ("check sheet", "检查表"),
    "covered.command": ("command", "命令"),
    "covered.context": ("not checkable", "不作检查"),
    "head.id": ("Id", "标识"),
    "head.weight": ("Weight", "权重"),
    "head.where": ("Where", "位置"),
    "head.summary.en": ("Summary (en)", "摘要（英文）"),
    "head.summary.zh": ("Summary (zh)", "摘要（中文）"),
    "head.covered": ("Covered by", "覆盖方式"),
    "head.tests": ("Tests", "测试数"),
    "head.outcomes": ("Outcomes reached", "已覆盖判定"),
    "head.situations": ("Situations reached", "已覆盖情形"),
    "head.lacking": ("Lacking", "未覆盖"),
    "mark.t": ("yes", "是"),
    "mark.f": ("no", "否"),
    "mark.u": ("blank", "空白"),
    "show.advice": ("Advice: {advice}", "建议：{advice}"),
    "show.place": ("Stands at {place}", "位置：{place}"),
    "show.table": ("Decision table (·: makes no difference), where", "决策表（·：不影响结果），其中"),
    "show.tests": ("{n:test|tests}:", "{n} 个测试："),
    "tests.failed": ("FAILED: {test}", "未通过：{test}"),
    "tests.got": (
        "{table} {record}: {what}: expected {expected}, got {got}",
        "{table} {record}：{what}：应为 {expected}，实为 {got}",
    ),
    "tests.done": (
        "{passed} passed, {failed} failed ({expectations:expected record|expected records})",
        "{passed} 个通过，{failed} 个未通过（{expectations} 条预期）",
    ),
    "tests.unreached": ("Situations that no test reaches:", "没有测试覆盖的情形："),
    "tests.covered": ("The tests reach every outcome that each rule can have.", "测试覆盖了每条规则可能的全部判定。"),
    "tests.not-covered": ("The tests do not reach every outcome.", "测试没有覆盖全部判定。"),
    "tests.mutating": ("changing the rules", "改动规则"),
    "tests.survivor": ("SURVIVES: {of} with {written}", "未被发现：{of} 改为 {written}"),
    "tests.mutated": (
        "{n:change|changes} tried, {survivors} not noticed by any test, {excused} equivalent for a stated reason",
        "共尝试 {n} 处改动，{survivors} 处没有测试发现，{excused} 处已说明等价",
    ),
    "no-tests": ("there is no such test ({only})", "没有这样的测试（{only}）"),
    "bad-rule-id": (
        "`{rule}` is no id for a rule: lower-case letters, digits and hyphens",
        "`{rule}` 不能作为规则标识：只用小写字母、数字和连字符",
    ),
    "rule-exists": (
        "the pack has a rule `{rule}` already; ids are never used again",
        "规则包中已有规则 `{rule}`；标识不可重复使用",
    ),
    "rule-not-added": (
        "the rule cannot be added to {file}, and nothing was written: {why}",
        "无法把规则加入 {file}，未写入任何内容：{why}",
    ),
    "rule-not-added.layout": (
        "its lists are laid out so that what stands there would change",
        "其中列表的写法会使原有内容改变",
    ),
    "no-such-clause": ("there is no clause {clause}", "没有条款 {clause}"),
    # while working
    "screen.worst": (
        "The worst {n} of {total:flagged unit|flagged units}:",
        "问题最突出的 {n} 个单位（共 {total} 个问题单位）：",
    ),
    "screen.and-more": ("; {n} more", "；另有 {n} 项"),
    "screen.none": ("No unit is flagged.", "没有问题单位。"),
    "screen.written": ("review written to {folder}", "检查结果已写入 {folder}"),
    "screen.file-written": ("{n:unit|units} written to {file}", "已将 {n} 个单位写入 {file}"),
    "screen.problems": (
        "{n:problem|problems} with the input ({set_aside:row|rows} set aside):",
        "输入有 {n} 处问题（搁置 {set_aside} 行）：",
    ),
    "screen.problems-more": ("all of them are in problems.csv", "全部见 problems.csv"),
    "screen.problems-out": ("-o DIR writes all of them to DIR/problems.csv", "用 -o DIR 可将全部写入 DIR/problems.csv"),
    "screen.problem": ("{place} {column}: {value}", "{place} {column}：{value}"),
    "screen.problem-row": ("{place}: {value}", "{place}：{value}"),
    "screen.also-in": (" and {n:other place|other places}", "等 {n} 处"),
    "screen.expected": ("; expected {expected}", "；应为{expected}"),
    "screen.proposed": ("{problem} (probably {proposed})", "{problem}（可能是 {proposed}）"),
    "problem.more": ("… and {n} more", "……另有 {n} 处"),
    "problem.text": ("{n:value|values} with characters that could not be read", "{n} 处文字无法识别"),
    "problem.integer": ("{n:value that is no whole number|values that are no whole numbers}", "{n} 处不是整数"),
    "problem.number": ("{n:value that is no number|values that are no numbers}", "{n} 处不是数字"),
    "problem.boolean": ("{n:value that is neither yes nor no|values that are neither yes nor no}", "{n} 处既不是“是”也不是“否”"),
    "problem.date": (
        "{n:value that is no date|values that are no dates} (write it as 2005-09-30)",
        "{n} 处不是日期（请写成 2005-09-30）",
    ),
    "problem.choice": ("{n:value that is none of the choices|values that are none of the choices}", "{n} 处不在可选值之内"),
    "problem.misfit": (
        "{n:row that does not fit the header|rows that do not fit the header}, set aside",
        "{n} 行与表头不符，已搁置",
    ),
    "problem.no-key": ("{n:row|rows} without a key, set aside", "{n} 行没有主键，已搁置"),
    "problem.no-parent-key": (
        "{n:row|rows} without the key of what they belong to, set aside",
        "{n} 行没有所属记录的代码，已搁置",
    ),
    "problem.unknown-parent": (
        "{n:row that belongs|rows that belong} to a record that there is none of, set aside",
        "{n} 行所属的记录不存在，已搁置",
    ),
    "problem.key-repeated": ("{n:row that stands|rows that stand} there twice, set aside", "{n} 行重复，已搁置"),
    "problem.key-disagrees": ("{n:row|rows} of one key that disagree, all set aside", "{n} 行代码相同而内容不一致，均已搁置"),
    "screen.blank": ("blank", "空白"),
    "stage.read": ("reading records", "读取记录"),
    "stage.judge": ("judging", "判定"),
    "stage.write": ("writing", "写出结果"),
    # usage
    "no-such-param": ("there is no parameter `{name}`; the pack has {known}", "没有参数 `{name}`；规则包中有 {known}"),
    "wrong-setting": ("`{name}` has to be {type}, and `{value}` is not", "`{name}` 必须是{type}，`{value}` 不是"),
    "not-a-setting": ("a parameter is set as NAME=VALUE, not `{text}`", "参数应写作 NAME=VALUE，而不是 `{text}`"),
    "no-as-of": ("the pack has no parameter as_of, so --as-of means nothing to it", "规则包没有参数 as_of，--as-of 不起作用"),
    "no-such-language": ("there is no language `{lang}`; there are {known}", "没有语言 `{lang}`；可用 {known}"),
    "no-such-outcome": ("there is no outcome `{outcome}`; the pack has {known}", "没有结论 `{outcome}`；规则包中有 {known}"),
    "no-such-rule": ("the pack has no rule `{rule}`", "规则包中没有规则 `{rule}`"),
    "bad-condition": ("the condition cannot be used", "该条件无法使用"),
    "xlsx-needs-file": ("xlsx is written to a file: add -o FILE", "xlsx 须写入文件：请加 -o FILE"),
    "unexpected": (
        "internal: {why}; nothing was written. --debug shows where",
        "内部错误：{why}；未写入任何内容。--debug 可显示位置",
    ),
    "stopped": ("stopped; nothing was written", "已中断，未写入任何内容"),
}
