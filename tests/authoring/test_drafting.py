"""`lookback new`: packs drafted from whatever offices keep, and what newer records have that a pack has not."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import yaml
from office_book import write
from screen import ROOT, Lookback

from lookback.authoring.drafting.naming import id_of

FIXTURES = ("food-inspection/records",)
LARGE = (
    "small",
    "audit-office",
    "example-city/csv",
    "example-city/english",
    "example-city/example-city.xlsx",
    "lookback-2005-1.0/records",
)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def tables(pack: str) -> dict[str, dict[str, dict[str, object]]]:
    found: dict[str, dict[str, dict[str, object]]] = yaml.safe_load(Path(pack, "records.yaml").read_text("utf-8"))["tables"]
    return found


def sound(lookback: Lookback, pack: str) -> bool:
    """Whether a draft has nothing that `rules check` tells, and passes its tests."""
    checked, tested = lookback("rules", "check", pack), lookback("rules", "test", pack)
    return checked.said.strip() == "no mistakes" and tested.code == 0


@pytest.mark.parametrize("name", [*FIXTURES, *(pytest.param(name, marks=pytest.mark.slow) for name in LARGE)])
def test_the_records_of_the_fixtures_are_drafted_and_judged_at_once(name: str, lookback: Lookback) -> None:
    drafted = lookback("new", "mine", ROOT / "fixtures" / name)
    assert drafted.code in (0, 3), drafted.said
    assert sound(lookback, "mine")


def lines(*rows: str) -> str:
    return "\n".join(rows) + "\n"


def flat() -> Iterator[str]:
    """A list of inspections as cities publish them: a row an inspection, the restaurant again on each."""
    yield "CAMIS,DBA,BORO,INSPECTION DATE,CRITICAL,SCORE"
    for n in range(40):
        unit = n % 12
        borough, critical = ("Bronx", "Queens")[unit % 2], "YN"[n % 5 % 2]
        yield f"{50000000 + unit},PLACE {unit},{borough},2024-0{n % 9 + 1}-11,{critical},{n * 7 % 30}"


def test_a_flat_list_of_inspections_becomes_units_and_their_inspections(lookback: Lookback) -> None:
    Path("inspections.csv").write_text(lines(*flat()))
    assert lookback("new", "mine", "inspections.csv").code == 0
    assert sound(lookback, "mine")
    found = tables("mine")
    assert {table: of["key"] for table, of in found.items()} == {"units": "camis", "inspections": "row"}
    assert list(found["units"]["fields"]) == ["camis", "dba", "boro"]
    assert found["inspections"]["belongs_to"] == "units"


def test_a_register_with_a_list_of_codes_refers_to_it(lookback: Lookback) -> None:
    register = Path("register")
    register.mkdir()
    visits = [f"{n},F{n % 7},C0{n % 5},2024-03-{n % 28 + 1:02}" for n in range(1, 31)]
    (register / "violations.csv").write_text(lines("id,facility,code,found on", *visits))
    facilities = [f"F{n},Facility {n},a{n}@example.org" for n in range(8)]
    (register / "facilities.csv").write_text(lines("facility,facility name,write to", *facilities))
    (register / "codes.csv").write_text(lines("code,meaning,points", *(f"C0{n},Meaning {n},{n}" for n in range(6))))
    drafted = lookback("new", "mine", register)
    assert drafted.code == 0
    assert sound(lookback, "mine")
    found = tables("mine")
    assert found["violations"]["belongs_to"] == "facilities"
    assert found["violations"]["fields"]["code"] == {"type": "text", "title": {"en": "code"}, "refers_to": "codes"}  # type: ignore[comparison-overlap]
    assert found["codes"]["reference"] is True
    assert "facilities.write_to (write to: its values look like mail addresses)" in drafted.out


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_workbook_of_two_sheets_with_titles_totals_and_notes_is_drafted(lang: str, lookback: Lookback) -> None:
    drafted = lookback("new", "mine", write(Path("office.xlsx"), lang))
    assert drafted.code == 0
    assert sound(lookback, "mine")
    units, visits = tables("mine").values()
    assert visits["belongs_to"] == id_of("餐饮单位" if lang == "zh" else "Restaurants")
    kinds = [field["type"] for field in units["fields"].values()]
    assert kinds == ["integer", "text", "text", "choice", "date", "boolean", "text", "text"]
    assert [field["type"] for field in visits["fields"].values()] == ["text", "text", "date", "choice", "integer", "boolean"]
    assert [field.get("unit") for field in visits["fields"].values()][4] == "days"
    assert [f for f, field in units["fields"].items() if field.get("personal")] == ["person_in_charge", "phone"]
    title = next(iter(units["fields"].values()))["title"]
    assert title == ({"zh": "序号"} if lang == "zh" else {"en": "No."})


def test_a_database_is_drafted(lookback: Lookback) -> None:
    with closing(sqlite3.connect("shops.db")) as database:
        database.executescript(
            "CREATE TABLE shops (shop_id TEXT PRIMARY KEY, name TEXT, opened DATE);"
            "CREATE TABLE visits (visit_id INTEGER PRIMARY KEY, shop_id TEXT, day DATE, fine TEXT);"
        )
        database.executemany("INSERT INTO shops VALUES (?, ?, ?)", [(f"S{n}", f"Shop {n}", "2020-01-01") for n in range(5)])
        visits = [(n, f"S{n % 5}", f"2024-02-0{n + 1}", f"{n}0元") for n in range(9)]
        database.executemany("INSERT INTO visits VALUES (?, ?, ?, ?)", visits)
        database.commit()
    drafted = lookback("new", "mine", f"sqlite:///{Path('shops.db').absolute()}")
    assert drafted.code == 0
    assert sound(lookback, "mine")
    assert tables("mine")["visits"]["fields"]["fine"]["unit"] == "money"  # type: ignore[index]


def test_shares_words_for_a_blank_and_several_choices_in_a_cell_are_seen(lookback: Lookback) -> None:
    rows = (f"U{n},{50 + n}%,{'—' if n == 3 else n},{'hot、cold' if n % 2 else 'cold'},2024-0{n % 9 + 1}-02" for n in range(12))
    Path("units.csv").write_text(lines("unit id,trained,seats (people),food,date", *rows))
    assert lookback("new", "mine", "units.csv").code == 0
    assert sound(lookback, "mine")
    fields = tables("mine")["units"]["fields"]
    assert fields["trained"]["share"] is True  # type: ignore[index]
    assert fields["seats"] == {"type": "integer", "title": {"en": "seats"}, "unit": "people"}
    assert fields["food"]["type"] == "choices"  # type: ignore[index]
    assert yaml.safe_load(Path("mine/records.yaml").read_text("utf-8"))["blanks"] == ["—"]


def test_nothing_is_written_where_something_stands_or_nothing_can_be_read(lookback: Lookback) -> None:
    Path("there").mkdir()
    Path("notes.csv").write_text("only a note\n")
    Path("units.csv").write_text(lines("unit id,name", "U1,One"))
    assert lookback("new", "there", "units.csv").mistakes() == ["new-exists"]
    assert lookback("new", "mine", "notes.csv").mistakes() == ["no-table-seen"]
    assert lookback("new", "mine", "nowhere.csv").mistakes() == ["no-such-input"]
    assert lookback("new", "My Pack", "units.csv").mistakes() == ["bad-pack-name"]
    assert sorted(path.name for path in Path().iterdir()) == ["notes.csv", "there", "units.csv"]
    assert [*Path("there").iterdir()] == []


def test_a_value_that_cannot_be_read_is_told_in_the_draft_and_ends_with_3(lookback: Lookback) -> None:
    rows = [f"U{n},{'about 20' if n == 7 else n}" for n in range(12)]
    Path("units.csv").write_text(lines("unit id,seats", *rows))
    assert lookback("new", "mine", "units.csv").code == 3
    assert "1 cannot be read, as about 20" in Path("mine/records.yaml").read_text("utf-8")


def test_newer_records_are_told_by_what_the_pack_has_not(lookback: Lookback) -> None:
    rows = [f"U{n},{'open closed'.split()[n % 2]},{n}" for n in range(8)]
    Path("units.csv").write_text(lines("unit id,status,seats", *rows))
    assert lookback("new", "mine", "units.csv").code == 0
    assert lookback("new", "--compare", "mine", "units.csv").out == "these records have nothing that the pack mine has not\n"
    Path("newer").mkdir()
    Path("newer/units.csv").write_text(
        lines("unit id,status,seats,visited on", *(f"{row},2024-01-02" for row in rows), "U9,sold,many,")
    )
    Path("newer/fees.csv").write_text(lines("receipt,amount", "A1,3", "A2,4"))
    before = {file: file.read_bytes() for file in Path("mine").iterdir()}
    told = lookback("new", "--compare", "mine", "newer").out
    assert told.splitlines() == [
        "a table that the pack has not: fees (2 records; receipt, amount)",
        "units.status: words that are none of its choices: sold",
        "units.seats: 1 value that cannot be read as a whole number, as many",
        "units: a column that is no field: visited on. As a field:",
        "      visited_on:",
        "        type: date                          # seen: 2024-01-02 … 2024-01-02; blank in 1 of 9",
        "        title: {en: visited on}",
    ]
    assert {file: file.read_bytes() for file in Path("mine").iterdir()} == before


@pytest.mark.parametrize(
    ("header", "id_"),
    [
        ("许可证有效期至", "licence_valid_until"),
        ("法定代表人", "fa_ding_dai_biao_ren"),
        ("Seats (people)", "seats"),
        ("InspectionDate", "inspection_date"),
        ("2023年", "f_2023_nian"),
        ("with", "with_given"),
        ("%", "field"),
    ],
)
def test_an_id_is_one_that_rules_can_name(header: str, id_: str) -> None:
    assert id_of(header) == id_


def test_two_that_are_called_alike_have_ids_of_their_own() -> None:
    assert id_of("名称", ["name"]) == "name_2"


def test_a_row_longer_than_the_header_is_no_header(lookback: Lookback) -> None:
    rows = [f"O{n},n{n},bar" for n in range(1, 13)]
    Path("outlets.csv").write_text(lines("Outlet ID,Name,Kind", *rows[:6], "O99,a,bar,call again,moved", *rows[6:]))
    drafted = lookback("new", "mine", "outlets.csv")
    assert drafted.code == 3
    assert "O99,a,bar,call again" in drafted.said
    assert list(tables("mine")["outlets"]["fields"]) == ["outlet_id", "name", "kind"]


def test_what_looks_like_records_above_a_header_is_told(lookback: Lookback) -> None:
    Path("outlets.csv").write_text(
        lines("O1,7,bar", "O2,8,cafe", "Outlet ID,Points,Kind", *(f"O{n},{n},bar" for n in range(3, 9)))
    )
    drafted = lookback("new", "mine", "outlets.csv")
    assert "2 rows above the header that may be records, not read (1, 2): O1, 7, bar" in drafted.said


def test_a_hidden_sheet_with_a_table_is_told(lookback: Lookback) -> None:
    from openpyxl import Workbook

    book = Workbook()
    for name in ("A", "B", "Notes"):
        sheet = book.active if name == "A" else book.create_sheet(name)
        assert sheet is not None
        sheet.title, sheet.sheet_state = name, "visible" if name == "A" else "hidden"
        for row in (("Outlet ID", "Points"), ("O1", 1), ("O2", 2)) if name != "Notes" else (("a note",),):
            sheet.append(row)
    book.save("two.xlsx")
    said = lookback("new", "mine", "two.xlsx").said
    assert "(B): the sheet is hidden" in said
    assert "(Notes)" not in said


def test_tables_of_a_header_alone_or_of_keys_alone_end_without_a_traceback(lookback: Lookback) -> None:
    Path("hd.csv").write_text(lines("id,name"))
    told = lookback("new", "mine", "hd.csv")
    assert told.code == 2
    assert "there is no table in hd.csv" in told.said
    Path("outlet.csv").write_text(lines("outlet_id,name", "1,a", "2,b"))
    Path("swab.csv").write_text(lines("id,outlet", "1,2", "2,1"))
    assert lookback("new", "mine", "outlet.csv", "swab.csv").code == 0
    assert tables("mine")["swab"]["belongs_to"] == "outlet"
    assert sound(lookback, "mine")
