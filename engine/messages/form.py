"""What is said of and in the form that units fill in."""

FORM: dict[str, tuple[str, str]] = {
    # the command
    "form.short": ("Write an empty form of a pack's tables, to fill in.", "写出规则包各表的空白表，供填写。"),
    "form.help": (
        "Write the empty form of a pack's tables as a workbook: a sheet a table, a column a field, with a note on each header that says "
        "what is asked and by which clause, drop-downs for choices, and checks of dates and numbers. They hold for every row of a sheet. "
        "`lookback check` reads the form once it is filled in. An earlier file of that name is replaced.",
        "把规则包各表的空白表写成工作簿：每张表一个工作表，每个字段一列；表头批注说明填写内容和依据的条款，选项可下拉选择，"
        "日期和数字会检查格式，对工作表的所有行有效。填好后用 `lookback check` 读取。同名文件会被替换。",
    ),
    "form.example": (
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
