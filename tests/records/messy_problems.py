"""Cases of messy input: what could not be used, and where it stands."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import openpyxl
from messy import (
    ALDER,
    BIRCH,
    CEDAR,
    DAY,
    ISSUES,
    LAMPS,
    ONE,
    PIPES,
    THREE,
    TWO,
    TWO_ISSUES,
    UNITS_ZH,
    P,
    book_case,
    case,
    csv_text,
    padded,
    text_case,
    write_csv,
    write_xlsx,
)

MANY = [["单位代码", "人数"], *[[f"U{n}", str(n)] for n in range(2, 17)], ["U17", "十七人"], ["U18", "18"]]
book_case(
    "a problem with file, sheet, cell (B17), field, value, and what was expected",
    {"单位": MANY, "Sheet2": []},
    units={f"U{n}": {"members": n if n != 17 else None} for n in range(2, 19)},
    problems=[P("book.xlsx", "B17", "integer", "members", "十七人", None, "单位")],
    says={("book.xlsx", "十七人"): "a whole number"},
    notices=["empty-sheet"],
)
book_case(
    "the cell of a problem below title rows, beside blank columns",
    {"单位": padded([["情况表"], [], ["单位代码", "人数"], ["U1", "一"], [], ["U2", "x1"]], before=26)},
    units={"U1": {"members": None}, "U2": {"members": None}},
    problems=[
        P("book.xlsx", "AB4", "integer", "members", "一", None, "单位"),
        P("book.xlsx", "AB6", "integer", "members", "x1", None, "单位"),
    ],
)
text_case(
    "the cell of a problem below values of several lines and empty lines",
    '单位代码,单位名称,人数\nU1,"桤木\n街\n社区",12\n\nU2,桦树,34人\n',
    units={"U1": {"name": "桤木\n街\n社区"}, "U2": {"members": None}},
    problems=[P("units.csv", "C4", "integer", "members", "34人", "34")],
)
text_case(
    "what was expected, in Chinese",
    "单位代码,类别\nU1,工厂\n",
    units={"U1": {"kind": None}},
    problems=[P("units.csv", "B2", "choice", "kind", "工厂")],
    says={("units.csv", "工厂"): "机关（agency）"},
    lang="zh",
)
text_case(
    "every problem of a row is told",
    csv_text([UNITS_ZH, ["U1", "桤木", "厂", "x", "y", "z", "w", "v"]]),
    units={"U1": {"name": "桤木", "kind": None, "members": None, "checked_on": None}},
    problems=[
        P("units.csv", "C2", "choice", "kind", "厂"),
        P("units.csv", "D2", "integer", "members", "x"),
        P("units.csv", "E2", "number", "satisfied", "y"),
        P("units.csv", "F2", "number", "budget", "z"),
        P("units.csv", "G2", "boolean", "self_check", "w"),
        P("units.csv", "H2", "date", "checked_on", "v"),
    ],
)
text_case(
    "the same row twice",
    csv_text([UNITS_ZH, ALDER, BIRCH, [*ALDER[:7], "2005/9/30"]]),
    units=TWO,
    problems=[P("units.csv", "A4", "key-repeated", "unit_id", "U1")],
    says={("units.csv", "U1"): "units.csv:2"},
)


@case(
    "the same row in two files",
    units=TWO,
    problems=[P("南/单位.csv", "A2", "key-repeated", "unit_id", "U1")],
    says={("南/单位.csv", "U1"): "北/单位.xlsx (单位):2"},
)
def _(folder: Path) -> Sequence[Path]:
    return [
        write_xlsx(folder / "北" / "单位.xlsx", {"单位": [UNITS_ZH, ALDER, BIRCH]}),
        write_csv(folder / "南" / "单位.csv", [UNITS_ZH, ALDER]),
    ]


@case(
    "two files that disagree on one unit",
    units={"U1": {**TWO["U1"], "name": None}, "U2": TWO["U2"], "U3": THREE["U3"]},
    problems=[
        P("北.csv", "B2", "key-disagrees", "name", "桤木街社区"),
        P("南.csv", "B3", "key-disagrees", "name", "桤木大街社区"),
    ],
    says={("北.csv", "桤木街社区"): "南.csv:3", ("南.csv", "桤木大街社区"): "北.csv:2"},
    both=True,
)
def _(folder: Path) -> Sequence[str]:
    write_csv(folder / "北.csv", [UNITS_ZH, ALDER, BIRCH])
    write_csv(folder / "南.csv", [UNITS_ZH, CEDAR, ["U1", "桤木大街社区", *ALDER[2:]]])
    return [f"units={folder}/北.csv", f"units={folder}/南.csv"]


@case(
    "orphans",
    units=TWO,
    issues={"I1": TWO_ISSUES["I1"]},
    problems=[
        P("issues.csv", "B3", "unknown-parent", "unit_id", "U7"),
        P("issues.csv", "B4", "parent-spelt", "unit_id", "Ｕ２", "U2"),
        P("issues.csv", "B5", "parent-spelt", "unit_id", "u 2", "U2"),
        P("issues.csv", "B6", "no-parent-key", "unit_id", None),
    ],
    both=True,
)
def _(folder: Path) -> Sequence[Path]:
    issues = [[f"I{n}", unit, *LAMPS[2:]] for n, unit in enumerate(("U7", "Ｕ２", "u 2", "—"), start=3)]
    units = write_csv(folder / "units.csv", [UNITS_ZH, ALDER, BIRCH])
    return [units, write_csv(folder / "issues.csv", [ISSUES, PIPES, *issues])]


@case(
    "keys with blanks around them are the same keys",
    units=ONE,
    issues={"I1": {"unit_id": "U1"}, "I2": {"unit_id": "U1"}},
    both=True,
)
def _(folder: Path) -> Sequence[Path]:
    issues = [["issue_id", "unit_id", "意见数"], ["I1", " U1 ", "1"], ["I2\u3000", "U1\u00a0", "2"]]
    return [write_csv(folder / "units.csv", [UNITS_ZH, ALDER]), write_csv(folder / "issues.csv", issues)]


@case(
    "keys with blanks around them are the same keys in a workbook",
    units=ONE,
    issues={"I1": {"unit_id": "U1"}},
)
def _(folder: Path) -> Sequence[Path]:
    sheets = {"单位": [UNITS_ZH, [" U1", *ALDER[1:]]], "问题": [["issue_id", "unit_id"], ["I1 ", "U1\u3000"]]}
    return [write_xlsx(folder / "a.xlsx", sheets)]


text_case(
    "rows without a key",
    csv_text([["单位代码", "人数"], ["U1", "12"], ["", "13"], ["待定", "14"]]),
    units={"U1": {"members": 12}},
    problems=[P("units.csv", "A3", "no-key", "unit_id"), P("units.csv", "A4", "no-key", "unit_id")],
)


@case(
    "keys of whole numbers",
    units=ONE,
    visits={1: {"visited_on": DAY}, 2: {"visited_on": DAY}, None: {"visited_on": DAY}},
    problems=[
        P("走访.csv", "A4", "integer", "visit_no", "三"),
        P("走访.csv", "A4", "no-key", "visit_no"),
        P("走访.csv", "A5", "key-repeated", "visit_no", "2"),
    ],
    both=True,
)
def _(folder: Path) -> Sequence[Path]:
    rows = [["走访序号", "单位代码", "走访日期"], *[[n, "U1", "2005-09-30"] for n in ("1", "2.0", "三", "２")]]
    return [write_csv(folder / "units.csv", [UNITS_ZH, ALDER]), write_csv(folder / "走访.csv", rows)]


@case(
    "a unit code merged over the rows of its issues counts for each",
    units=ONE,
    issues={"I1": {"unit_id": "U1"}, "I2": {"unit_id": "U1"}},
)
def _(folder: Path) -> Sequence[Path]:
    issues = [["单位代码", "问题编号", "问题"], ["U1", "I1", "水管"], [None, "I2", "路灯"]]
    file = write_xlsx(folder / "a.xlsx", {"单位": [UNITS_ZH, ALDER], "问题": issues})
    book = openpyxl.load_workbook(file)
    book["问题"].merge_cells("A2:A3")
    book.save(file)
    return [file]
