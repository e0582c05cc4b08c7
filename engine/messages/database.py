"""What is said of databases that records are read from."""

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
