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
    "unreadable-inputs": ("{n} files cannot be read, so nothing was judged", "有 {n} 个文件无法读取，未进行检查"),
    "not-a-file": ("`{path}` is neither a file nor a folder", "`{path}` 既不是文件也不是文件夹"),
    "input-changed": (
        "`{file}` was changed while it was read; run again once it is complete",
        "读取过程中 `{file}` 被改动；请待其完整后重新运行",
    ),
    "page-as-workbook": (
        "`{file}` is a web page under the name of a workbook: open it and save it as .xlsx",
        "`{file}` 其实是网页，只是用了工作簿的扩展名：请打开后另存为 .xlsx",
    ),
    "encrypted-workbook": (
        "`{file}` is protected by a password: save it without one",
        "`{file}` 设有打开密码：请取消密码后保存",
    ),
    "workbook-bomb": (
        "`{file}` unpacks to {unpacked:byte|bytes}, and a workbook of its size may have {limit}; not read",
        "`{file}` 解压后有 {unpacked} 字节，而这样大小的工作簿最多允许 {limit} 字节；未读取",
    ),
    "workbook-too-large": (
        "`{file}` needs more memory than its size can explain; is there a cell far away from the others? Delete the empty rows and columns, or save it as CSV",
        "读取 `{file}` 所需的内存远超其大小；是否有单元格离其他内容很远？请删除空白行列，或另存为 CSV",
    ),
    "workbook-too-slow": (
        "`{file}` could not be read within {seconds} seconds; save it as CSV",
        "{seconds} 秒内未能读完 `{file}`；请另存为 CSV",
    ),
    "no-table-in-workbook": (
        "none of the sheets of `{file}` ({sheets}) is a table of the pack ({known})",
        "`{file}` 的工作表（{sheets}）都不是规则包中的表（{known}）",
    ),
    "archive-members": (
        "`{file}` holds {n} files, and an archive may have {limit}; not read",
        "`{file}` 含有 {n} 个文件，而压缩包最多允许 {limit} 个；未读取",
    ),
    "archive-size": (
        "`{file}` unpacks to {megabytes} MB, and an archive may have {limit} MB; not read",
        "`{file}` 解压后有 {megabytes} MB，而压缩包最多允许 {limit} MB；未读取",
    ),
    "archive-ratio": (
        "`{file}` unpacks to {ratio} times its size, and {limit} times is the limit; not read",
        "`{file}` 解压后是原来的 {ratio} 倍，上限为 {limit} 倍；未读取",
    ),
    "encrypted-archive": ("`{file}` is protected by a password: pack it without one", "`{file}` 设有密码：请取消密码后重新压缩"),
    "empty-archive": ("`{file}` holds no records (files ending in {endings})", "`{file}` 中没有记录文件（{endings}）"),
    "no-such-encoding": (
        "there is no encoding `{encoding}`; common ones are utf-8, gb18030, big5, utf-16",
        "没有名为 `{encoding}` 的编码；常用的有 utf-8、gb18030、big5、utf-16",
    ),
    "strict-problems": (
        "{n:problem|problems} with the input, so nothing was judged (--strict)",
        "输入中有 {n} 处问题，未进行检查（--strict）",
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
    "unknown-table-file": (
        "neither its name nor its header says a table of the pack ({known}); not read",
        "从名称和表头都看不出属于哪张表（{known}），未读取",
    ),
    "unknown-sheet": (
        "neither the sheet's name nor its header says a table of the pack ({known}); not read",
        "从工作表的名称和表头都看不出属于哪张表（{known}），未读取",
    ),
    "table-by-header": ("read as {table}, by its header", "根据表头作为 {table} 读取"),
    "sheet-beside": (
        "by its header it is {table} too, but another sheet has that name; not read. To have it read, name it so",
        "从表头看也是 {table}，但已有同名的工作表，未读取；如需读取，请把工作表改成该名称",
    ),
    "hidden-sheet": ("the sheet is hidden; not read", "工作表是隐藏的，未读取"),
    "encoding-detected": (
        "read as {encoding}; if that is wrong, say which: --encoding",
        "按 {encoding} 编码读取；如有误，请用 --encoding 指定",
    ),
    "link-out-of-folder": (
        "a link that leads out of the folder (to {target}); not read",
        "指向文件夹之外的链接（{target}），未读取",
    ),
    "review-in-folder": ("the folder is a review; not read", "该文件夹是检查结果，未读取"),
    "archive-in-archive": ("an archive in an archive; not read", "压缩包中的压缩包，未读取"),
    "note-below": ("row {row} below the records is a note, no record: {text}", "第 {row} 行在记录之下，是说明而非记录：{text}"),
    "left-out.total": ("{n:row|rows} of totals left out: {rows}", "已略去 {n} 行合计：第 {rows} 行"),
    "left-out.note": ("{n:row|rows} of notes left out: {rows}", "已略去 {n} 行说明：第 {rows} 行"),
    "left-out.header-again": (
        "the header stands again in {n:row|rows}, left out: {rows}",
        "表头重复出现 {n} 行，已略去：第 {rows} 行",
    ),
    "empty-sheet": ("the sheet is empty", "工作表是空的"),
    "no-records": ("no records of {table} were given", "没有提供 {table} 的记录"),
    "unknown-column": ("the column `{column}` is no field; kept out", "列 `{column}` 不是规定的字段，未采用"),
    "unknown-column-near": (
        "the column `{column}` is no field; kept out. Did you mean `{word}`?",
        "列 `{column}` 不是规定的字段，未采用。是不是 `{word}`？",
    ),
    "nameless-column": ("the column {column} has values and no header; kept out", "{column} 列有内容而没有表头，未采用"),
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
