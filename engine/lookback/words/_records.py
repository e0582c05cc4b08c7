"""What is said of records: of files, of values, of databases, of the form that units fill in."""

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

DATABASE: dict[str, tuple[str, str]] = {
    "unknown-database": (
        "`{url}` names no database that can be read; postgresql://… and sqlite:///… can be",
        "`{url}` 不是可读取的数据库；支持 postgresql://… 和 sqlite:///…",
    ),
    "malformed-database-url": ("the database URL `{url}` cannot be used: {why}", "数据库 URL `{url}` 无法使用：{why}"),
    "url.form": (
        "it is not of the form postgresql://user:password@host:port/database?option=value",
        "格式应为 postgresql://user:password@host:port/database?option=value",
    ),
    "url.option": ("it has an option that the driver does not know", "其中有驱动程序不认识的选项"),
    "url.sqlite": (
        "it is not of the form sqlite:///folder/file, or sqlite:////folder/file for a path that starts with /; there are no options",
        "格式应为 sqlite:///folder/file，以 / 开头的路径写作 sqlite:////folder/file；不支持选项",
    ),
    "help.url-characters": (
        "in a user name or password write % @ : / ? # & as %25 %40 %3A %2F %3F %23 %26",
        "用户名或密码中的 % @ : / ? # & 请写作 %25 %40 %3A %2F %3F %23 %26",
    ),
    "help.database-password": (
        "the password is taken from the URL, the environment (PGPASSWORD) or the password file (~/.pgpass, PGPASSFILE)",
        "密码可来自 URL、环境变量（PGPASSWORD）或密码文件（~/.pgpass、PGPASSFILE）",
    ),
    "no-connection": ("no connection to `{url}`: {why}", "无法连接 `{url}`：{why}"),
    "no-answer": ("`{url}` does not answer", "`{url}` 没有应答"),
    "lost-connection": (
        "the connection to `{url}` was lost while `{table}` was read: {why}",
        "读取 `{table}` 时与 `{url}` 的连接中断：{why}",
    ),
    "denied-table": ("`{url}` does not let this user read `{table}`: {why}", "`{url}` 不允许该用户读取 `{table}`：{why}"),
    "unreadable-table": ("`{table}` of `{url}` cannot be read: {why}", "无法读取 `{url}` 的 `{table}`：{why}"),
    "no-such-schema": (
        "`{url}` has no schema `{schema}` with tables; it has {known}",
        "`{url}` 没有含表的模式 `{schema}`；现有 {known}",
    ),
    "no-table-in-database": (
        "no table or view of `{url}` is one of the pack; it has {found}",
        "`{url}` 中没有规则包的任何表或视图；现有 {found}",
    ),
    "empty-database": ("`{url}` holds no table or view that this user sees", "`{url}` 中没有该用户可见的表或视图"),
    "help.database-schema": ("for another schema add ?schema=…: {schemas}", "其他模式请加上 ?schema=…：{schemas}"),
    "no-database-file": ("there is no database file `{file}`", "找不到数据库文件 `{file}`"),
    "help.sqlite-path": ("a path that starts with / has four slashes: sqlite:////…", "以 / 开头的路径要写四个斜杠：sqlite:////…"),
    "not-a-database": ("`{file}` is no SQLite database, or it is encrypted", "`{file}` 不是 SQLite 数据库，或已加密"),
    "locked-database": ("`{file}` is being written by another program: {why}", "`{file}` 正被其他程序写入：{why}"),
    "not-text-in-database": (
        "row {row} of `{table}` in `{file}` has bytes in the column `{column}` that are no UTF-8 text",
        "`{file}` 的表 `{table}` 第 {row} 行 `{column}` 列的内容不是 UTF-8 文本",
    ),
}

FORM: dict[str, tuple[str, str]] = {
    # the command
    "template.short": ("Write an empty form of a pack's tables, to fill in.", "写出规则包各表的空白表，供填写。"),
    "template.help": (
        "Write the empty form of a pack's tables as a workbook: a sheet a table, a column a field, with a note on each header that says "
        "what is asked and by which clause, drop-downs for choices, and checks of dates and numbers. They hold for every row of a sheet. "
        "`lookback check` reads the form once it is filled in. An earlier file of that name is replaced.",
        "把规则包各表的空白表写成工作簿：每张表一个工作表，每个字段一列；表头批注说明填写内容和依据的条款，选项可下拉选择，"
        "日期和数字会检查格式，对工作表的所有行有效。填好后用 `lookback check` 读取。同名文件会被替换。",
    ),
    "template.example": (
        "Example:\n  lookback template -o form.xlsx\n  lookback template --table units --table issues --lang zh -o form.xlsx",
        "示例：\n  lookback template -o 空白表.xlsx\n  lookback template --table units --table issues --lang en -o form.xlsx",
    ),
    "form.table": (
        "Only this table; may be given several times. All tables if left out.",
        "只写出此表，可多次使用；省略时写出全部表。",
    ),
    "form.out": ("The workbook to write; its name ends in .xlsx.", "写出的工作簿，文件名以 .xlsx 结尾。"),
    "form.written": ("a form of {n:table|tables} written to {file}", "已将 {n} 张空白表写入 {file}"),
    "form-ending": (
        "the form is an Excel workbook, and the name `{file}` does not end in .xlsx",
        "空白表是 Excel 工作簿，文件名 `{file}` 应以 .xlsx 结尾",
    ),
    # in the workbook
    "form.title": ("Form: {pack}", "空白表：{pack}"),
    "form.what": ("What goes in: {what}.", "填写内容：{what}。"),
    "form.expected": ("Expected: {what}.", "应填：{what}。"),
    "form.from-list": ("Choose from the list.", "请从列表中选择。"),
    "form.wrong": ("This cannot be read", "填写内容无法识别"),
    "form.yes": ("Yes", "是"),
    "form.no": ("No", "否"),
    "form.key": (
        "Identifies the record: always filled in, and different in every row.",
        "用于识别每条记录：必须填写，且各行不同。",
    ),
    "form.parent": (
        "Always filled in: the “{key}” of the record in “{table}” that this one belongs to.",
        "必须填写：本条记录所属“{table}”记录的“{key}”。",
    ),
    "form.optional": ("May rightly be blank: {because}", "可以为空：{because}"),
    "form.blank": ("Left blank, it counts as not known.", "留空按不清楚处理。"),
    "form.personal": ("Personal data: kept out of what is published.", "个人信息：不对外公布。"),
    "form.asked": ("Asked by:", "依据条款："),
    "form.clause": ("· {clause}: {summary}", "· {clause}：{summary}"),
    # fix-list
    "fix-list.short": (
        "Write what is wrong with the records as workbooks to send back.",
        "把记录中的问题写成工作簿，供退回更正。",
    ),
    "fix-list.help": (
        "Write a workbook for each unit whose records have problems (or for each file): the rows as they were written, the cells in "
        "question red, each with a note that says what is expected, and a list of them in front. It can be corrected and handed in "
        "again as it is. DATA is what `lookback check` takes.",
        "为每个记录有问题的单位（或每个文件）写一个工作簿：各行保持原样，有问题的单元格标红并附批注，说明应填什么，最前面是问题清单。"
        "更正后可直接重新上报。DATA 与 `lookback check` 相同。",
    ),
    "fix-list.example": (
        "Example:\n  lookback fix-list fixtures/example-city/example-city.xlsx -o build/to-correct",
        "示例：\n  lookback fix-list fixtures/example-city/example-city.xlsx -o build/to-correct",
    ),
    "fix-list.out": (
        "Write the workbooks to this folder; an earlier fix list there is replaced.",
        "把工作簿写入此文件夹；其中原有的问题清单会被替换。",
    ),
    "fix-list.by": ("A workbook a unit, or a file.", "每个单位一个工作簿，或每个文件一个工作簿。"),
    "fix-list.nothing": ("There is nothing to correct.", "没有需要更正的内容。"),
    "fix-list.line": ("{workbook}: {n:problem|problems}", "{workbook}：{n} 处问题"),
    "fix-list.written": ("{n:workbook|workbooks} written to {folder}", "已将 {n} 个工作簿写入 {folder}"),
    "fix-list.no-unit": ("without a unit", "没有单位"),
    "fix-list.title": ("To correct", "需更正"),
    "fix-list.sheet": ("Sheet", "工作表"),
    "fix-list.cell": ("Cell", "单元格"),
    "fix-list.column": ("Column", "列"),
    "fix-list.value": ("Written", "原填内容"),
    "fix-list.expected": ("Expected: {expected}", "应为：{expected}"),
    "fix-list.expected-head": ("Expected", "应填内容"),
    "fix-list.proposed": ("Probably: {proposed}", "可能是：{proposed}"),
    "fix-list.proposed-head": ("Probably", "可能是"),
}
