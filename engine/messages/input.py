"""What is said of records and of how they were named."""

INPUT: dict[str, tuple[str, str]] = {
    "no-input": ("name at least one folder or file with records", "请至少指定一个包含记录的文件夹或文件"),
    "no-such-input": ("there is no file or folder `{path}`", "找不到文件或文件夹 `{path}`"),
    "empty-folder": (
        "the folder `{folder}` holds no records (files ending in {endings})",
        "文件夹 `{folder}` 中没有记录文件（{endings}）",
    ),
    "unknown-format": ("`{file}` is no format that can be read: {endings}", "无法识别 `{file}` 的格式，可读取：{endings}"),
    "unreadable-input": ("`{file}` cannot be read: {why}", "无法读取 `{file}`：{why}"),
    "not-utf-8-input": (
        "`{file}` is not UTF-8 text (byte {byte}); save it as UTF-8",
        "`{file}` 不是 UTF-8 文本（第 {byte} 字节）；请另存为 UTF-8",
    ),
    "empty-input": ("`{file}` is empty", "`{file}` 是空的"),
    "which-table": (
        "the name `{name}` of `{file}` does not say which table it is: {known}",
        "从文件名 `{name}`（{file}）看不出是哪张表：{known}",
    ),
    "help.name-table": ("name it, as in units={file}", "请指明，例如 units={file}"),
    "no-such-table": ("there is no table `{table}`; the pack has {known}", "没有名为 `{table}` 的表；规则包中有 {known}"),
    "no-table": ("no table of the pack ({tables}) was found in {data}", "在 {data} 中没有找到规则包的任何表（{tables}）"),
    "no-key-column": (
        "`{file}` has no column for the key `{key}` ({names}); it has {found}",
        "`{file}` 中没有主键 `{key}` 对应的列（{names}）；现有列：{found}",
    ),
    "no-root-table": ("no records of {table} were given, so there is nothing to judge", "没有提供 {table} 的记录，无从检查"),
    "unclosed-quote": (
        "`{file}` cannot be read to its end: the quotation mark that opens in line {line} is never closed",
        "无法完整读取 `{file}`：第 {line} 行的引号没有结束",
    ),
    "no-units": (
        "there is not one usable record of {table} ({set_aside:row|rows} set aside)",
        "{table} 没有一条可用的记录（已搁置 {set_aside} 行）",
    ),
    # notices
    "unknown-table-file": ("the name says no table of the pack ({known}); not read", "从名称看不出属于哪张表（{known}），未读取"),
    "unknown-sheet": (
        "the sheet's name says no table of the pack ({known}); not read",
        "工作表名称不对应任何表（{known}），未读取",
    ),
    "empty-sheet": ("the sheet is empty", "工作表是空的"),
    "no-records": ("no records of {table} were given", "没有提供 {table} 的记录"),
    "unknown-column": ("the column `{column}` is no field; kept out", "列 `{column}` 不是规定的字段，未采用"),
    "unknown-column-near": (
        "the column `{column}` is no field; kept out. Did you mean `{word}`?",
        "列 `{column}` 不是规定的字段，未采用。是不是 `{word}`？",
    ),
    "repeated-column": (
        "the column `{column}` says the same as `{first}`, which is used",
        "列 `{column}` 与 `{first}` 重复，采用后者",
    ),
    "missing-columns": (
        "no column for {n:field|fields} of {table}, counted as blank: {columns}",
        "{table} 缺少 {n} 个字段的列，按空白处理：{columns}",
    ),
    # what was expected
    "expect.text": ("a text", "文本"),
    "expect.integer": ("a whole number", "整数"),
    "expect.number": ("a number", "数字"),
    "expect.boolean": ("yes or no", "是或否"),
    "expect.date": ("a date, as in 2005-09-30", "日期，例如 2005-09-30"),
    "expect.choice": ("one of: {words}", "以下之一：{words}"),
    "row.too-many-columns": ("it has more values than the header", "值比表头多"),
    "row.missing-columns": ("it has fewer values than the header", "值比表头少"),
    "row.unquoted-value": ("its quotation marks do not fit", "引号不配对"),
    "row.line-size-over-maximum": ("it is longer than 20 MB", "超过 20 MB"),
    "row.other": ("it cannot be told apart into values", "无法拆分成各列的值"),
    "expect.named": ("{title} ({code})", "{title}（{code}）"),
    "expect.row": ("a row that fits the header, but {kind}; set aside", "与表头相符的一行，但{kind}；已搁置"),
    "aside.no-key": ("a key; the row is set aside", "主键；该行已搁置"),
    "aside.no-parent-key": ("the key of the unit it belongs to; the row is set aside", "所属单位代码；该行已搁置"),
    "aside.unknown-parent": (
        "the key of a record that it belongs to, and there is none; the row is set aside",
        "已有的上级记录代码；没有该记录，该行已搁置",
    ),
    "aside.key-repeated": (
        "each record once; the row is set aside, the same stands at",
        "每条记录只出现一次；该行已搁置，相同的行在",
    ),
    "aside.key-disagrees": (
        "one record a key; rows with this key differ and are all set aside, another at",
        "同一代码只有一条记录；内容不一致，均已搁置，另一行在",
    ),
}
