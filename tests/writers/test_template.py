"""`lookback template`: what the form holds, and that it reads back however it was filled in."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest
from builders import checked
from office import FILTERS, Typed
from openpyxl.utils import get_column_letter, range_boundaries
from screen import ROOT, Lookback, Run

from lookback.cli import main as cli
from lookback.language.types import Column, Type
from lookback.packs.checked import CheckedPack
from lookback.packs.graph import Graph
from lookback.words import LANGUAGES, say
from lookback.writers.template import MOST_CLAUSES, sheet_names

FORMS = [(pack, lang) for pack in ("lookback-2005", "audit-follow-up") for lang in LANGUAGES]
TYPED = [("lookback-2005", "en"), ("audit-follow-up", "zh")]
"""The forms that are filled in with LibreOffice."""
ROWS = 8
LAST_ROW = 1_048_576


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("forms")


def form_of(pack: str | Path, lang: str, folder: Path) -> Path:
    """The form of a whole pack, made once."""
    file = folder / f"{Path(pack).name}-{lang}.xlsx"
    if not file.exists():
        with pytest.raises(SystemExit) as ended:
            cli.main(["template", "--pack", str(pack), "--lang", lang, "-o", str(file)])
        assert ended.value.code == 0
    return file


def sheets(book: Any, pack: CheckedPack, lang: str) -> dict[str, Any]:
    return {table: book[name] for table, name in sheet_names(pack, lang).items()}


@cache
def read_form(pack: str, lang: str, folder: Path) -> Any:
    """The form as openpyxl reads it, for tests that write nothing into it."""
    return openpyxl.load_workbook(form_of(pack, lang, folder))


def titled(pack: CheckedPack, table: str, field: str, lang: str) -> str:
    title = pack.tables[table].fields[field].title
    return title.in_(lang) if title else field


def checks_of(sheet: Any) -> dict[str, Any]:
    """Column letter -> its check."""
    found = {}
    for check in sheet.data_validations.dataValidation:
        left, top, right, bottom = range_boundaries(str(check.sqref))
        assert (left, top, bottom) == (right, 2, LAST_ROW)
        found[get_column_letter(left)] = check
    return found


def drop_down(book: Any, check: Any) -> list[str]:
    """The words that a drop-down offers, as Excel takes them from the file."""
    if check.formula1.startswith('"'):
        return list(check.formula1[1:-1].split(","))
    sheet, _, place = check.formula1.rpartition("!")
    return [row[0].value for row in book[sheet.strip("'")][place.replace("$", "")]]


# ------------------------------------------------------------------------------------------------------ what it holds


@pytest.mark.parametrize(("pack", "lang"), FORMS)
def test_a_sheet_a_table_and_a_header_a_field(pack: str, lang: str, folder: Path) -> None:
    book, model = read_form(pack, lang, folder), checked(pack)
    shown = [sheet.title for sheet in book if sheet.sheet_state == "visible"]
    assert shown == [table.title.in_(lang) for table in model.tables.values() if table.title]
    for table, sheet in sheets(book, model, lang).items():
        titles = [titled(model, table, f, lang) for f in model.tables[table].columns]
        assert [[cell.value for cell in row] for row in sheet] == [titles]


@pytest.mark.parametrize(("pack", "lang"), FORMS)
def test_headers_are_bold_frozen_and_locked_and_every_other_cell_is_open(pack: str, lang: str, folder: Path) -> None:
    book, model = read_form(pack, lang, folder), checked(pack)
    for table, sheet in sheets(book, model, lang).items():
        keys = [titled(model, table, key, lang) for key in model.keys(table) if key in model.tables[table].columns]
        assert all(c.font.b and c.alignment.wrap_text and c.protection.locked for c in sheet[1])
        colours = {c.value: c.fill.fgColor.rgb for c in sheet[1]}
        assert {title for title, colour in colours.items() if colour == colours[keys[0]]} == set(keys)
        assert sheet.freeze_panes == "B2"
        columns = sorted(sheet.column_dimensions.values(), key=lambda c: c.min)
        assert [c.min for c in columns] == [1, *(c.max + 1 for c in columns[:-1])]
        assert columns[-1].max == 16_384
        assert not any(c.protection.locked for c in columns)
        rules = sheet.protection
        assert (rules.sheet, rules.password) == (True, None)
        assert {n for n in ("insertRows", "deleteRows", "sort", "autoFilter", "formatColumns") if getattr(rules, n)} == set()
        assert rules.deleteColumns
        assert rules.insertColumns
        assert str(sheet.auto_filter.ref) == f"A1:{get_column_letter(sheet.max_column)}{LAST_ROW}"


@pytest.mark.parametrize(("pack", "lang"), FORMS)
def test_a_header_fits_its_column_and_a_sheet_prints_one_page_wide(pack: str, lang: str, folder: Path) -> None:
    book, model = read_form(pack, lang, folder), checked(pack)
    for sheet in sheets(book, model, lang).values():
        widths = [c.width for c in sheet.column_dimensions.values() if c.max < 16_384]
        assert min(widths) >= 8
        assert max(widths) <= 34
        assert 15 < sheet.row_dimensions[1].height <= 70
        assert (sheet.page_setup.orientation, sheet.page_setup.fitToHeight) == ("landscape", 0)
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.print_title_rows == "$1:$1"


@pytest.mark.parametrize(("pack", "lang"), FORMS)
def test_a_cell_takes_what_its_field_takes(pack: str, lang: str, folder: Path) -> None:
    book, model = read_form(pack, lang, folder), checked(pack)
    kinds = {Type.BOOLEAN: "list", Type.CHOICE: "list", Type.DATE: "date", Type.INTEGER: "whole", Type.NUMBER: "decimal"}
    formats = {Type.TEXT: "@", Type.CHOICE: "@", Type.BOOLEAN: "@", Type.CHOICES: "@", Type.DATE: "yyyy-mm-dd"}
    for table, sheet in sheets(book, model, lang).items():
        checks = checks_of(sheet)
        for cell, (id_, f) in zip(sheet[1], model.tables[table].columns.items(), strict=True):
            column = next(c for c in sheet.column_dimensions.values() if c.min <= cell.column <= c.max)
            assert column.number_format == formats.get(f.type, "General")
            check = checks.get(cell.column_letter)
            assert (check.type if check else None) == kinds.get(f.type), id_
            if check is None:
                continue
            assert (check.errorStyle or "stop") == "stop"
            assert check.showErrorMessage
            assert cell.value.startswith(check.promptTitle.rstrip("…"))
            assert check.prompt
            assert check.error
            if f.type is Type.DATE:
                assert (check.formula1, check.formula2) == ("1", "2958465")
            elif f.type is Type.BOOLEAN:
                assert drop_down(book, check) == {"en": ["Yes", "No"], "zh": ["是", "否"]}[lang]
            elif f.type in (Type.INTEGER, Type.NUMBER):
                assert check.formula1 == str(-(10**15) + 1 if f.least is None else f.least)
                span = f"({'' if f.least is None else f.least} … {'' if f.most is None else f.most}".rstrip() + ")"
                assert (span in check.prompt.replace("（", "(").replace("）", ")")) == (span != "( …)")
            elif f.choices:
                assert drop_down(book, check) == [choice.in_(lang, code) for code, choice in f.choices.items()]


@pytest.mark.parametrize(("pack", "lang"), FORMS)
def test_every_header_has_a_note_that_can_be_read(pack: str, lang: str, folder: Path) -> None:
    book, model = read_form(pack, lang, folder), checked(pack)
    summaries = {c.clause: c.summary.in_(lang) for _, c in model.pack.clauses or ()}
    asked = Graph(model).clauses()
    for table, sheet in sheets(book, model, lang).items():
        for cell, (id_, f) in zip(sheet[1], model.tables[table].columns.items(), strict=True):
            note = cell.comment.text
            clauses = asked.get(Column(table, id_), ())
            for clause in clauses:
                assert clause in note
                assert (summaries[clause] in note) == (len(clauses) <= MOST_CLAUSES)
            if f.optional is not None:
                assert f.optional.because.in_(lang) in note
            assert (say(lang, "form.personal") in note) == f.personal
            assert (say(lang, "form.key") in note) == (id_ == model.tables[table].key)
            others = [f"“{titled(model, table, part, lang)}”" for part in model.tables[table].parts if part != id_]
            parent = model.tables[table].belongs_to
            if others and id_ in model.tables[table].parts and id_ != model.parent_key(table):
                assert say(lang, "form.part", others=say(lang, "reason.or").join(others)) in note
            if parent is not None and id_ == model.parent_key(table):
                title = model.tables[parent].title
                assert title is not None
                assert f"“{title.in_(lang)}”" in note
                assert f"“{titled(model, parent, id_, lang)}”" in note
            if f.choices:
                assert all(choice.in_(lang, code) in note for code, choice in f.choices.items())


@pytest.mark.parametrize(("pack", "lang"), FORMS)
def test_a_note_is_as_high_as_its_lines(pack: str, lang: str, folder: Path) -> None:
    book, model = read_form(pack, lang, folder), checked(pack)
    with zipfile.ZipFile(form_of(pack, lang, folder)) as parts:
        drawings = [parts.read(f"xl/drawings/vmlDrawing{i + 1}.vml").decode() for i in range(len(model.tables))]
    for sheet, drawing in zip(sheets(book, model, lang).values(), drawings, strict=True):
        points = re.findall(r"width:([\d.]+)pt;height:([\d.]+)pt", drawing)  # three are four pixels
        sizes = [(float(wide), float(high)) for wide, high in points]
        assert len(sizes) == sheet.max_column
        for cell, (wide, high) in zip(sheet[1], sizes, strict=True):
            assert wide == pytest.approx(315, abs=1)
            assert 11 * (cell.comment.text.count("\n") + 1) < high < 500


def test_a_note_in_full(folder: Path) -> None:
    sheet = read_form("lookback-2005", "en", folder)["Issues"]
    notes = {cell.value: cell.comment.text for cell in sheet[1]}
    assert notes["Responsible person"] == (
        "What goes in: a text.\n"
        "Left blank, it counts as not known.\n"
        "Personal data: kept out of what is published.\n"
        "Asked by:\n"
        "· N1.4: What is not yet put right gets a deadline, a responsible unit and a responsible person, and is done in time.\n"
        "· N1.3: Where the effect is poor or complaints are many, the causes are analysed and the measures revised and carried "
        "through.\n"
        "· N5.7: What cannot be solved yet has refined measures, a deadline, a responsible unit and a responsible person."
    )
    assert notes["Unit code"] == (
        "What goes in: a text.\nAlways filled in: the “Unit code” of the record in “Units” that this one belongs to."
    )


def test_a_field_is_asked_for_through_facts_of_facts_and_of_other_tables() -> None:
    asked = Graph(checked("lookback-2005")).clauses()
    assert asked[Column("issues", "complaints")] == ("N1.3", "N6.6")  # a fact of its own record; the sum of a unit's
    assert asked[Column("mechanisms", "in_force")] == ("N2.2", "N2.3", "N5.8", "X6.2")  # a fact that another counts
    assert Column("units", "region") not in asked


def test_only_the_tables_named_in_the_order_of_the_pack(lookback: Lookback, tmp_path: Path) -> None:
    out = tmp_path / "form.XLSX"
    run = lookback("template", "--table", "cases", "--table", "units", "--table", "cases", "--lang", "en", "-o", out)
    assert run == Run(0, "", f"a form of 2 tables written to {out}\n")
    assert openpyxl.load_workbook(out).sheetnames == ["Units", "Cases"]


def test_the_same_pack_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    for pack, lang in TYPED:
        again = tmp_path / "again.xlsx"
        command = [sys.executable, str(ROOT / "cli.py"), "template", "--pack", pack, "--lang", lang, "-o", str(again)]
        subprocess.run(command, check=True, capture_output=True, env={**os.environ, "PYTHONHASHSEED": "7"})
        assert again.read_bytes() == form_of(pack, lang, folder).read_bytes()


# -------------------------------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--table", "isues", "-o", "form.xlsx"), r"error\[no-such-table\].*isues(.|\n)*did you mean `issues`"),
        (("-o", "form.ods"), r"error\[form-ending\].*form\.ods"),
        (("-o", "form"), r"error\[form-ending\]"),
        (("--pack", "none", "-o", "form.xlsx"), r"error\[no-such-pack\]"),
        (("-o", "/dev/null/form.xlsx"), r"error\[cannot-write\]"),
        ((), r"error: -o is missing"),
    ],
)
def test_what_cannot_be_written_is_told_and_leaves_nothing(
    arguments: tuple[str, ...], said: str, lookback: Lookback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run = lookback("template", *arguments)
    assert run.code == 2
    assert re.search(said, run.err)
    assert "Traceback" not in run.err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_that_name_is_left_alone(lookback: Lookback, tmp_path: Path) -> None:
    (tmp_path / "form.xlsx").mkdir()
    run = lookback("template", "-o", tmp_path / "form.xlsx")
    assert (run.code, "error[out-is-a-folder]" in run.err) == (2, True)


# ----------------------------------------------------------------------------------------------------------- filled in


@dataclass(frozen=True)
class Answer:
    """What goes into a cell: as it is typed, as a program stores it, and what the engine is to read."""

    typed: str
    cell: str | int | float | date
    value: Any


TEXTS = ("1/2", "2005-09-30", "TRUE", "00.50", "3-4", "(5)", "50%", "12345678901234567890")
"""Texts that a careless format turns into something else."""
INTEGERS = (0, 7, -3, 1200, 123_456_789_012, 1, 2, 3)
NUMBERS = (0.5, -3.25, 1200.0, 7.0, 1e-3, 1.0, 2.0, 3.0)
"""What is below a field's least value is left without its sign, and becomes that."""

Answers = Mapping[str, list[dict[str, Answer]]]


def answers(book: Any, pack: CheckedPack, lang: str) -> Answers:
    """For every field of every table ROWS answers, every word of its drop-down among them. Keys count the rows."""
    found: dict[str, list[dict[str, Answer]]] = {}
    for table, sheet in sheets(book, pack, lang).items():
        checks = checks_of(sheet)
        definition = pack.tables[table]
        keys = (*pack.keys(table), *(id_ for id_, f in definition.columns.items() if f.refers_to))
        found[table] = [{} for _ in range(ROWS)]
        for column, (id_, f) in enumerate(definition.columns.items(), start=1):
            check = checks.get(get_column_letter(column))
            words = drop_down(book, check) if check is not None and check.type == "list" else []
            values = [True, False] if f.type is Type.BOOLEAN else list(f.choices or {})
            for i, row in enumerate(found[table]):
                if words:
                    row[id_] = Answer(words[i % len(words)], words[i % len(words)], values[i % len(words)])
                elif f.type is Type.DATE:
                    day = date(2005, 9, 23 + i)
                    row[id_] = Answer(day.isoformat(), day, day)
                elif f.type is Type.CHOICES:
                    codes = sorted(itertools.islice(itertools.cycle(f.choices or {}), i, i + 2))
                    named = "、".join((f.choices or {})[code].in_(lang, code) for code in codes)
                    row[id_] = Answer(named, named, ";".join(codes))
                elif f.type is Type.TEXT:
                    above = f.refers_to is not None and f.refers_to.table == table  # the row above, and none of the first
                    text = f"{i + (not above):03}" if id_ in keys else TEXTS[i]
                    row[id_] = Answer(text, text, text)
                else:
                    number = i + 1 if id_ in keys else INTEGERS[i] if f.type is Type.INTEGER else NUMBERS[i]
                    number = number if f.least is None else max(abs(number), f.least)
                    number = number if f.most is None else min(number, f.most)
                    row[id_] = Answer(str(number), number, Decimal(str(number)) if f.type is Type.NUMBER else number)
    return found


def fill_in(form: Path, pack: CheckedPack, lang: str, out: Path) -> Answers:
    """Fill in a form as a program does."""
    book = openpyxl.load_workbook(form)
    given = answers(book, pack, lang)
    for table, sheet in sheets(book, pack, lang).items():
        for i, row in enumerate(given[table], start=2):
            for j, answer in enumerate(row.values(), start=1):
                sheet.cell(i, j).value = answer.cell
                if isinstance(answer.cell, date):
                    sheet.cell(i, j).number_format = "yyyy-mm-dd"  # openpyxl does not take it from the column
    book.save(out)
    return given


def assert_reads(file: Path, pack: str | Path, lang: str, given: Answers, lookback: Lookback, review: Path) -> None:
    """`lookback check` reads the file without a word on its contents (of the pack it may say one), and just what was given."""
    run = lookback("check", file, "--pack", pack, "--lang", lang, "--decider", "reference", "-o", review)
    others = ("(_lists)", "lookback rules check", "--as-of")  # the drop-downs' sheet; what is said of the pack, and of its day
    told = [line for line in run.err.splitlines() if not any(other in line for other in others)]
    assert (run.code, told) == (0, [say(lang, "screen.written", folder=review)])
    for table, rows in given.items():
        stored = pq.read_table(review / "records" / f"{table}.parquet", columns=list(rows[0])).to_pylist()
        assert stored == [{id_: answer.value for id_, answer in row.items()} for row in rows]


@pytest.mark.parametrize(("pack", "lang"), FORMS)
def test_an_empty_form_is_told_to_hold_no_unit(pack: str, lang: str, folder: Path, lookback: Lookback, tmp_path: Path) -> None:
    run = lookback("check", form_of(pack, lang, folder), "--pack", pack, "--lang", lang, "-o", tmp_path / "review")
    assert (run.code, run.out) == (2, "")
    assert run.err.splitlines()[-1].startswith("error[no-units]")
    assert "Traceback" not in run.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("pack", "lang"), FORMS)
def test_a_form_filled_in_by_a_program_reads_back(
    pack: str, lang: str, folder: Path, lookback: Lookback, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = fill_in(form_of(pack, lang, folder), checked(pack), lang, tmp_path / "form.xlsx")
    capsys.readouterr()  # what was said when the form was written
    assert_reads(tmp_path / "form.xlsx", pack, lang, given, lookback, tmp_path / "review")


@pytest.fixture(scope="session")
def typed_in(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], tuple[Path, Answers]]:
    """Every form filled in at LibreOffice's keyboard, saved beside `Path` in each of its formats; and the answers."""
    soffice = shutil.which("soffice")
    if soffice is None:
        if os.environ.get("CI"):
            pytest.fail("LibreOffice is missing: .ci/debian-packages installs it")
        pytest.skip("LibreOffice is not installed")
    work = tmp_path_factory.mktemp("office")
    office, done = Typed(), {}
    for pack, lang in TYPED:
        form = form_of(pack, lang, folder)
        model, book = checked(pack), openpyxl.load_workbook(form)
        given = answers(book, model, lang)
        office.open(form)
        for table, sheet in sheets(book, model, lang).items():
            office.sheet(sheet.title)
            office.type("A1", "a header of my own")  # it is locked
            for i, row in enumerate(given[table], start=2):
                for j, answer in enumerate(row.values(), start=1):
                    office.type(f"{get_column_letter(j)}{i}", answer.typed)
        file = work / form.name
        for ending in FILTERS:
            office.save(file.with_suffix(ending))
        office.close()
        done[pack, lang] = (file, given)
    home = tmp_path_factory.mktemp("libreoffice")
    office.run(soffice, home)
    return done


@pytest.mark.parametrize("ending", FILTERS)
@pytest.mark.parametrize(("pack", "lang"), TYPED)
def test_a_form_filled_in_at_the_keyboard_reads_back(
    pack: str, lang: str, ending: str, typed_in: Any, lookback: Lookback, tmp_path: Path
) -> None:
    file, given = typed_in[pack, lang]
    assert_reads(file.with_suffix(ending), pack, lang, given, lookback, tmp_path / "review")


# ----------------------------------------------------------------------------------------------------- awkward packs

AWKWARD = {
    "pack.yaml": """
pack: awkward
version: "1"
outcomes: [{outcome: good}, {outcome: bad}]
""",
    "records.yaml": """
tables:
  places:
    title: {en: "Places: all of them / none", zh: 地方}
    key: place_no
    fields:
      place_no: {type: integer}
      share: {type: number, title: {en: Share}}
      open: {type: boolean, title: {en: Open}}
      kind:
        type: choice
        title: {en: A title that is a good deal longer than a box of Excel may have as its title}
        choices:
CHOICES
      manner: {type: choice, choices: {a: {en: "one, or more", zh: 一}, b: {en: 'the "other"'}, c: {}}}
  things:
    title: {en: A title of thirty-two characters}
    also: [Things of a place]
    key: thing_id
    belongs_to: places
    fields:
      place_no: {type: integer}
      thing_id: {type: text, title: {en: Thing}, optional: {because: {zh: 没有}}}
  more:
    title: {en: Places}
    key: more_id
    belongs_to: places
    fields: {place_no: {type: integer}, more_id: {type: text}}
""",
    "1.rules.yaml": """
facts:
  - {fact: half, of: places, value: share >= 0.5}
rules:
  - {rule: is-half, for: places, title: {en: Half}, clause: "7", require: half and kind is not null, otherwise: bad}
""",
}


@pytest.fixture
def awkward(tmp_path: Path) -> Path:
    pack = tmp_path / "awkward"
    pack.mkdir()
    choices = "\n".join(f"          c{i}: {{en: 'A choice that takes many words to say, number {i}'}}" for i in range(ROWS))
    for name, text in AWKWARD.items():
        (pack / name).write_text(text.replace("CHOICES", choices), "utf-8")
    return pack


@pytest.mark.parametrize("lang", LANGUAGES)
def test_long_lists_and_names_that_excel_refuses_read_back_too(
    lang: str, awkward: Path, folder: Path, lookback: Lookback, tmp_path: Path
) -> None:
    model = checked(awkward)
    form = tmp_path / "form.xlsx"
    assert lookback("template", "--pack", awkward, "--lang", lang, "-o", form).code == 0
    book = openpyxl.load_workbook(form)
    names = {"en": ["places", "things", "more"], "zh": ["地方", "things", "more"]}[lang]
    assert [(sheet.title, sheet.sheet_state) for sheet in book] == [*((name, "visible") for name in names), ("_lists", "hidden")]
    checks = checks_of(book[names[0]])
    assert [c.formula1.split("!")[0] for c in checks.values() if c.type == "list"] == [
        {"en": '"Yes,No"', "zh": '"是,否"'}[lang],
        "_lists",
        "_lists",
    ]
    assert max(len(c.promptTitle) for c in checks.values()) == 32
    assert max(len(c.error) for c in checks.values()) == 255
    assert book[names[0]]["B1"].comment.text.endswith("7")  # a pack without clauses.yaml
    given = fill_in(form, model, lang, tmp_path / "filled.xlsx")
    assert_reads(tmp_path / "filled.xlsx", awkward, lang, given, lookback, tmp_path / "review")


def test_a_table_is_never_called_what_means_another(awkward: Path) -> None:
    file = awkward / "records.yaml"
    text = file.read_text("utf-8").replace("{en: Places}", "{en: Things}").replace("  things:", f"  {'things_' * 5}:")
    file.write_text(text, "utf-8")
    assert list(sheet_names(checked(awkward), "en").values()) == ["places", "Things of a place", "Things"]
    file.write_text(text.replace("also: [Things of a place]", "also: [things]"), "utf-8")
    assert list(sheet_names(checked(awkward), "en").values()) == ["places", "things", "more"]
    file.write_text(text.replace("also: [Things of a place]", ""), "utf-8")
    assert list(sheet_names(checked(awkward), "en").values()) == ["places", "2 things_things_things_things_…", "Things"]
