"""The office's workbook of the tutorial: restaurants and their inspections, as a district keeps them.

Two sheets with a title over merged cells, a line who filled them in, a row of totals and a note; Chinese headers, or English
ones; terms as `30天`. All of it is invented. `python office_book.py FILE [en]` writes it.
"""

from __future__ import annotations

import sys
from datetime import date, timedelta
from pathlib import Path

import xlsxwriter

ZH = {
    "sheets": ("餐饮单位", "检查记录"),
    "titles": ("滨河区餐饮单位台账（2024年10月）", "滨河区餐饮单位检查记录"),
    "by": "填报单位：滨河区市场监督管理局",
    "units": ("序号", "单位编号", "单位名称", "类别", "许可证有效期至", "是否公示等级", "负责人", "联系电话"),
    "visits": ("检查编号", "单位编号", "检查日期", "检查结果", "整改时限", "已整改"),
    "kinds": ("大型", "中型", "小型"),
    "results": ("符合", "基本符合", "不符合"),
    "names": (
        "望江楼",
        "老磨坊面馆",
        "青石饭庄",
        "杏花村小厨",
        "渡口茶餐厅",
        "三松素食",
        "蓝门咖啡",
        "九勺饭店",
        "梅雨面庄",
        "灯笼小馆",
    ),
    "persons": "张王李赵陈刘杨黄周吴",
    "days": "{}天",
    "answer": ("是", "否"),
    "total": "合计",
    "note": "注：数据截至2024年10月25日。",
}
EN = {
    "sheets": ("Restaurants", "Inspections"),
    "titles": ("Riverside district: register of restaurants (October 2024)", "Riverside district: inspections of restaurants"),
    "by": "Filled in by: Riverside food office",
    "units": ("No.", "Restaurant ID", "Name", "Kind", "Licence valid until", "Grade displayed?", "Person in charge", "Phone"),
    "visits": ("Inspection ID", "Restaurant ID", "Inspected on", "Result", "Time to put right", "Put right?"),
    "kinds": ("large", "medium", "small"),
    "results": ("in order", "partly in order", "not in order"),
    "names": (
        *("Lantern House", "Old Mill Noodles", "Copper Kettle", "Ninth Ladle", "Blue Door Café", "Three Pines", "River View"),
        *("Plum Rain", "Juniper Table", "Ferry Tea Room"),
    ),
    "persons": "ABCDEFGHIJ",
    "days": "{} days",
    "answer": ("yes", "no"),
    "total": "Total",
    "note": "Note: as known on 25 October 2024.",
}
ENDS = (40, 400, -12, 95, 210, 700, 33, -3, 520, 150)
"""Days from 25 October 2024 to the end of each licence."""


def write(file: Path, lang: str = "zh") -> Path:
    said = ZH if lang == "zh" else EN
    book = xlsxwriter.Workbook(str(file))
    title, day = book.add_format({"bold": True, "align": "center"}), book.add_format({"num_format": "yyyy-mm-dd"})
    units, visits = (book.add_worksheet(name) for name in said["sheets"])
    for sheet, text, headers in zip((units, visits), said["titles"], (said["units"], said["visits"]), strict=True):
        sheet.merge_range(0, 0, 0, len(headers) - 1, text, title)
        sheet.merge_range(1, 0, 1, len(headers) - 1, said["by"])
        sheet.write_row(2, 0, headers)
    today = date(2024, 10, 25)
    for n, (name, end) in enumerate(zip(said["names"], ENDS, strict=True)):
        units.write_row(3 + n, 0, [n + 1, f"R{n + 1:02}", name, said["kinds"][n % 3]])
        units.write_datetime(3 + n, 4, today + timedelta(days=end), day)
        person = said["persons"][n] + ("某" if lang == "zh" else ".")
        units.write_row(3 + n, 5, [said["answer"][n % 4 == 3], person, f"1380000{n:04}"])
    units.write_row(13, 0, [said["total"], 10])
    units.write(14, 0, said["note"])
    for n in range(16):
        visits.write_row(3 + n, 0, [f"J{n + 1:03}", f"R{n * 7 % 10 + 1:02}"])
        visits.write_datetime(3 + n, 2, date(2024, 10, 4) + timedelta(days=n + n // 3), day)
        result = (0, 1, 0, 2, 0, 0, 1, 2)[n % 8]
        visits.write(3 + n, 3, said["results"][result])
        if result:
            visits.write(3 + n, 4, said["days"].format((15, 30, 7)[n % 3]))
            visits.write(3 + n, 5, said["answer"][n % 8 == 7 or n > 10])
    visits.write_row(19, 0, [said["total"], 16])
    book.close()
    return file


if __name__ == "__main__":
    write(Path(sys.argv[1]), *sys.argv[2:])
