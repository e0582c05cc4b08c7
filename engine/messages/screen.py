"""What the command line says of itself and while it works."""

SCREEN: dict[str, tuple[str, str]] = {
    # click's own words
    "usage": ("Usage:", "用法："),
    "options": ("Options", "选项"),
    "commands": ("Commands", "命令"),
    "help-option": ("Show this page and exit.", "显示本页并退出。"),
    "version-option": ("Show the version and exit.", "显示版本并退出。"),
    "click.NoSuchOption": ("there is no option {name}", "没有选项 {name}"),
    "click.NoSuchCommand": ("there is no command `{name}`", "没有命令 `{name}`"),
    "click.MissingParameter": ("{name} is missing", "缺少 {name}"),
    "click.BadParameter": ("{name}: {why}", "{name} 的值无效：{why}"),
    "click.other": ("{why}", "{why}"),
    "click.try": ("Try `{command} --help`.", "请参阅 `{command} --help`。"),
    # the whole
    "cli.help": (
        "Holds records of organisations against a pack of declarative rules and says for each unit: pass, explain, or make-up; and why.",
        "用声明式规则包检查各单位的记录，判定每个单位：通过、向群众作出说明，或补课，并说明原因。",
    ),
    "cli.more": (
        "Exit codes: 0 done; 1 done, and a verdict at or beyond --fail-on; 2 could not run, nothing written; 3 done, but some input had problems.",
        "退出码：0 完成；1 完成，且有结论达到或超过 --fail-on；2 无法运行，未写入任何内容；3 完成，但部分输入有问题。",
    ),
    # check
    "check.short": ("Judge every unit's records.", "检查并判定每个单位的记录。"),
    "check.help": (
        "Judge every unit's records by the rules of a pack. DATA is a folder of tables (CSV, JSON lines, Parquet, .xlsx), a workbook whose "
        "sheets are the tables, or single files; where a file's name does not say the table, write it in front: issues=any-name.csv.",
        "按照规则包检查每个单位的记录。DATA 可以是存放各表的文件夹（CSV、JSON lines、Parquet、.xlsx）、以工作表为表的工作簿，"
        "或单个文件；文件名看不出是哪张表时，请写在前面：issues=任意文件名.csv。",
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
    "flagged.top": ("Only the worst so many.", "只列问题最突出的若干个。"),
    "flagged.out": ("Write to this file instead of the screen; needed for xlsx.", "写入此文件而不是屏幕；xlsx 格式必须指定。"),
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
    "screen.problems-more": (
        "… and {n:more problem|more problems}; all are in problems.csv",
        "……另有 {n} 处；全部见 problems.csv",
    ),
    "screen.problems-out": (
        "… and {n:more problem|more problems}; -o DIR writes all of them to DIR/problems.csv",
        "……另有 {n} 处；用 -o DIR 可将全部写入 DIR/problems.csv",
    ),
    "screen.problem": ("{place}: {column} is {value}, expected {expected}", "{place}：{column} 为 {value}，应为 {expected}"),
    "screen.problem-row": ("{place}: expected {expected}", "{place}：应为 {expected}"),
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
