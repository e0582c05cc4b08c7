"""Hostile and messy files of public test suites: each ends in a table or a clear error, and nothing of it is lost unseen.

The files are read where they lie (see `corpus`); where they are not, these tests are skipped.
"""

from __future__ import annotations

import csv
import io
import json
import re
import sys
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import core_yaml
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from corpus import CORPUS, OWN, Outcome, Reader, members, needs_corpus, pack_of, table_of, unpacked
from screen import cpu_seconds

import lookback
from lookback.packs import DEFAULT_PACK
from lookback.packs.check import check_pack
from lookback.packs.params import settings
from lookback.packs.read import read_pack
from lookback.words.errors import PackError, UsageError

pytestmark = needs_corpus

CHUNKS = 10
SECONDS, YAML_SECONDS = 60, 10
"""What a file may take, of the processor's time."""
MEGABYTES = 2_000
TABLES = [
    pytest.param(archive, chunk, marks=[] if chunk < 1 else pytest.mark.slow)
    for archive in ("csv.zip", "xlsx.zip")
    for chunk in range(CHUNKS)
]
"""Of each archive a tenth of the files every time, the others with the slow tests."""

Read = Callable[[str, Sequence[str]], Reader]


def tables_in(archive: str, chunk: int) -> list[str]:
    """A part of an archive's files that may be tables."""
    return [name for name in members(archive) if not name.endswith(".json")][chunk::CHUNKS]


def megabytes() -> float:
    """The most memory that this process, or one that it waited for, ever had."""
    resource = pytest.importorskip("resource", reason="the system does not tell the memory of a process")
    kilobytes = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return float(kilobytes) / (1e6 if sys.platform == "darwin" else 1e3)


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Read]:
    """`reader(archive, names)`: a Reader of these files."""
    open_: list[Reader] = []

    def of(archive: str, names: Sequence[str]) -> Reader:
        open_.append(Reader(unpacked(archive, names, tmp_path / "files"), tmp_path, monkeypatch))
        return open_[-1]

    yield of
    for one in open_:
        one.warehouse.close()


def read_all(archive: str, names: Sequence[str], reader: Read, one: Callable[[Reader, str], None]) -> None:
    """Do something with each file, within time and memory; a failure names the file."""
    before = megabytes()
    start = cpu_seconds()
    reading = reader(archive, names)
    assert cpu_seconds() - start < SECONDS, "the workbooks took too long"
    for name in names:
        start = cpu_seconds()
        try:
            one(reading, name)
        except Exception as error:
            error.add_note(f"in reading {name}")
            raise
        assert cpu_seconds() - start < SECONDS, name
        assert megabytes() < max(MEGABYTES, before * 1.01), name


# ------------------------------------------------------------------------------------------------------------- every table


@pytest.mark.parametrize(("archive", "chunk"), TABLES)
def test_every_table_ends_in_records_or_a_clear_error(archive: str, chunk: int, reader: Read) -> None:
    read = read_pack(DEFAULT_PACK)
    pack = check_pack(read, settings(read, {}))

    def one(reading: Reader, name: str) -> None:
        outcome = reading.read(name, pack.root, pack)
        if outcome.error is not None:
            assert outcome.error.render("en")
            assert outcome.error.render("zh")

    read_all(archive, tables_in(archive, chunk), reader, one)


@pytest.mark.parametrize(("archive", "chunk"), TABLES)
def test_of_every_table_all_rows_are_records_or_set_aside_or_told(archive: str, chunk: int, reader: Read) -> None:
    """Each file is read with a pack of its own: a table of texts with the file's header."""

    def one(reading: Reader, name: str) -> None:
        header = reading.header(name) or ()
        outcome = reading.read(name, OWN, pack_of(table_of(header if any(header) else ("id",))))
        if outcome.read is not None:
            records, aside = outcome.read.records[OWN], outcome.read.set_aside[OWN]
            assert sum(outcome.read.rows_of_input) == records + aside + outcome.read.merged
            assert len(outcome.records) == records
            assert outcome.told - sum(n.code == "note-below" for n in outcome.inputs.notices) == aside
        if archive == "csv.zip" and outcome.inputs.tables:
            assert lost_of_text(reading.files[name].read_bytes(), outcome) == []

    read_all(archive, tables_in(archive, chunk), reader, one)


def lost_of_text(content: bytes, outcome: Outcome) -> list[str]:
    """Lines of a text file whose letters and digits are neither in a record, nor in a row set aside, nor told, in their order.

    The lines from where one record begins to where the next begins are compared with its values. A column without a name, or
    with another's, is no field: that is told by header, and such files are passed over here.
    """
    raw, notices = outcome.inputs.tables[0], outcome.inputs.notices
    if any(notice.code in ("repeated-column", "unknown-column", "unknown-column-near") for notice in notices):
        return []
    assert raw.grid is not None
    fields = sorted(raw.columns, key=lambda f: int(f[1:]))
    if fields != [f"f{i}" for i in range(len(fields))]:
        return []
    detected = [
        notice.args["encoding"] for notice in notices if notice.code.startswith("encoding-") and "encoding" in notice.args
    ]
    text = content.decode(detected[0] if detected else "utf-8-sig", "replace")
    lines = re.split(r"\r\n|\r|\n", text)
    begun = {row["_line"]: (True, "".join(row[f] or "" for f in fields)) for row in raw.grid.to_pylist()}
    begun |= {misfit.line: (False, misfit.text) for misfit in raw.misfits}
    below = [said(notice.args["text"]) for notice in notices if notice.code == "note-below"]
    header = "".join(raw.columns[f].header for f in fields)
    places = sorted(begun)
    lost = []
    above = said("".join(lines[: places[0] - 1] if places else lines))
    if above != said(header) and not (below and not places and above.startswith(said(header))) and not above_is_told(outcome):
        lost.append(above)
    for line, end in zip(places, [*places, len(lines) + 1][1:], strict=True):
        whole, found = begun[line]
        rest = said("".join(lines[line - 1 : end - 1]))
        if not rest.startswith(said(found)):
            lost.append(rest)
        rest = rest.removeprefix(said(found))
        if rest and whole and not (end > len(lines) and below and rest.startswith(below[0])):
            lost.append(rest)
    return lost


def above_is_told(outcome: Outcome) -> bool:
    """Whether the first rows that are no records are misfits: the header comes after them."""
    raw = outcome.inputs.tables[0]
    assert raw.grid is not None
    return bool(raw.misfits) and raw.misfits[0].line < min(raw.grid["_line"].to_pylist(), default=sys.maxsize)


def said(text: str) -> str:
    """The letters and digits of a text."""
    return "".join(re.findall(r"[^\W_]", text))


def test_values_in_a_column_without_a_header_are_told(reader: Read) -> None:
    names = [f"duckdb/csv/{name}.csv" for name in ("headers/empty_1", "headers/empty_4", "auto/missing_header_col")]
    reading = reader("csv.zip", names)
    for name in names:
        outcome = reading.read(name, OWN, pack_of(table_of(reading.header(name) or ())))
        assert outcome.told or outcome.inputs.notices, name


# ------------------------------------------------------------------------------------- where the suite gives the table itself


def official(name: str) -> Any:
    with zipfile.ZipFile(CORPUS / "csv.zip") as archive:
        return archive.read(name).decode("utf-8-sig")


def test_csv_spectrum_reads_as_its_official_json(reader: Read) -> None:
    names = [name for name in members("csv.zip") if fnmatchcase(name, "csv-spectrum/csvs/*.csv")]
    reading = reader("csv.zip", names)
    read = {}
    for name in names:
        stem = Path(name).stem
        expected = json.loads(official(f"csv-spectrum/json/{stem}.json"))
        expected = expected if isinstance(expected, list) else [expected]
        fields = {f"f{i}": header for i, header in enumerate(expected[0])}
        outcome = reading.read(name, OWN, pack_of(table_of(list(fields.values()))))
        assert outcome.error is None, name
        found = [{header: str(record[f] or "") for f, header in fields.items()} for record in outcome.records]
        expected = [{header: value.replace("\r\n", "\n") for header, value in row.items()} for row in expected]
        if stem == "location_coordinates":  # the official one has another telephone number, and degrees that cannot be read
            assert [(p["field"], p["kind"]) for p in outcome.problems] == [("f1", "text")]
            for row in (*found, *expected):
                row |= {"Contact Phone Number": "", "Location Coordinates": ""}
        read[stem] = found == expected
    assert len(read) == 12
    assert [stem for stem, equal in read.items() if not equal] == []


EQUAL, TOLD, FURTHER, REFUSED = "equal", "told", "further", "refused"
POLLOCK: tuple[tuple[str, str, int], ...] = (
    ("file_double_trailing_newline", EQUAL, 1),
    ("file_escape_char_0x00", TOLD, 1),
    ("file_escape_char_0x5C", EQUAL, 1),
    ("file_field_delimiter_0x20", REFUSED, 1),
    ("file_field_delimiter_0x2C_0x20", EQUAL, 1),
    ("file_field_delimiter_0x[!2]*", EQUAL, 2),
    ("file_header_multirow_*", EQUAL, 2),
    ("file_header_only", REFUSED, 1),
    ("file_multitable_more*", EQUAL, 1),
    ("file_multitable_less*", FURTHER, 1),  # a second table below the first: its rows lack their last values
    ("file_multitable_same", FURTHER, 1),  # a second table below the first, some of its rows shifted in the file
    ("file_no_header", REFUSED, 1),
    ("file_no_payload", REFUSED, 1),
    ("file_no_trailing_newline", EQUAL, 1),
    ("file_one_data_row", EQUAL, 1),
    ("file_preamble", EQUAL, 1),
    ("file_quotation_char_0x27", TOLD, 1),
    ("file_record_delimiter_0x*", EQUAL, 2),
    ("row_extra_quote0_col*", REFUSED, 3),
    ("row_extra_quote1_col[03]", TOLD, 2),
    ("row_extra_quote40_col[03]", TOLD, 2),
    ("row_extra_quote1_col8", TOLD, 1),
    ("row_extra_quote40_col8", TOLD, 1),
    ("row_field_delimiter_*_0x20", TOLD, 11),
    ("row_less_sep_row0_col3", REFUSED, 1),
    ("row_less_sep_row0_col8", REFUSED, 1),
    ("row_less_sep_row1_col3", TOLD, 1),
    ("row_less_sep_row1_col8", EQUAL, 1),  # a row without its last, empty values
    ("row_less_sep_row40_col3", TOLD, 1),
    ("row_less_sep_row40_col8", EQUAL, 1),
    ("row_more_sep_row0_col[03]", REFUSED, 2),
    ("row_more_sep_row0_col8", EQUAL, 1),  # a column without a name, and no row has the last, which is empty
    ("row_more_sep_row1_col[03]", TOLD, 2),
    ("row_more_sep_row40_col[03]", TOLD, 2),
    ("row_more_sep_row1_col8", TOLD, 1),
    ("row_more_sep_row40_col8", TOLD, 1),
    ("source", EQUAL, 1),
)
"""Names of Pollock's polluted tables, what comes of them, how many there are."""
KEY = 7
"""The column of Pollock's table whose values are all different."""

Row = tuple[str | None, ...]


def polluted(pattern: str) -> list[str]:
    return [name for name in members("csv.zip") if fnmatchcase(name, f"Pollock/csv/{pattern}.csv")]


def compared(outcome: Outcome, expected: Sequence[Row]) -> str:
    """'refused'; 'equal'; 'told' where records are missing but each is told; 'further' where there are others besides, of keys
    that the official ones do not have; else what is wrong."""
    if outcome.error is not None:
        return REFUSED
    found: list[Row] = [tuple(record[f"f{i}"] for i in range(9)) for record in outcome.records]  # type: ignore[misc]
    if found == expected:
        return EQUAL
    extra, missing = Counter(found) - Counter(expected), Counter(expected) - Counter(found)
    if extra and not {row[KEY] for row in extra} & {row[KEY] for row in expected} and missing.total() <= outcome.told:
        return FURTHER
    if extra:
        return f"{extra.total()} records are others than the official ones: {next(iter(extra))}"
    if missing.total() > outcome.told:
        return f"{missing.total()} records are missing, {outcome.told} told"
    return TOLD


@pytest.mark.parametrize(
    ("pattern", "kind", "n"),
    [pytest.param(pattern, kind, n, id=pattern) for pattern, kind, n in POLLOCK],
)
def test_pollocks_tables_read_as_the_clean_ones_or_the_difference_is_told(pattern: str, kind: str, n: int, reader: Read) -> None:
    names = polluted(pattern)
    assert len(names) == n
    reading = reader("csv.zip", names)
    header = next(csv.reader(io.StringIO(official("Pollock/clean/source.csv"))))
    for name in names:
        outcome = reading.read(name, OWN, pack_of(table_of(header, KEY)))
        rows = list(csv.reader(io.StringIO(official(name.replace("/csv/", "/clean/")), newline="")))[1:]
        if name.endswith("quotation_char_0x27.csv"):  # it still doubles the mark that no longer needs it
            rows = [[value.replace('"', '""') for value in row] for row in rows]
        expected = [tuple(value.strip() or None for value in row) for row in rows]
        assert compared(outcome, expected) == kind, name


def test_every_polluted_table_of_pollock_is_expected_once() -> None:
    expected = Counter(name for pattern, *_ in POLLOCK for name in polluted(pattern))
    assert sorted(expected.elements()) == polluted("*")
    assert sum(n for _, kind, n in POLLOCK if kind == EQUAL) >= 15


# -------------------------------------------------------------------------------------------------------------------- YAML

PACK = {
    "pack.yaml": 'pack: own\nversion: "1"\noutcomes: [outcome: good, outcome: bad]\n',
    "records.yaml": """tables:
  things:
    key: id
    label: name
    fields:
      id: {type: text}
      name: {type: text}
      remark: {type: text}
      members: {type: integer}
""",
    "1.rules.yaml": """rules:
- rule: named
  for: things
  title: {en: It has a name}
  require: name is not null
  otherwise: bad
""",
}


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A small sound pack."""
    folder = tmp_path / "pack"
    folder.mkdir()
    for name, text in PACK.items():
        (folder / name).write_text(text, "utf-8")
    return folder


def verdict_on(pack: Path, content: bytes) -> str:
    """What comes of a pack with this pack.yaml: 'pack', or the kind of error."""
    (pack / "pack.yaml").write_bytes(content)
    start = cpu_seconds()
    try:
        read = read_pack(pack)
        check_pack(read, settings(read, {}))
    except (PackError, UsageError) as error:
        shown = error.render("en") + error.render("zh")
        assert len(shown) < 1_000_000
        return type(error).__name__
    finally:
        assert cpu_seconds() - start < YAML_SECONDS
    return "pack"


def cases_of(content: str) -> Iterator[tuple[bytes, bool]]:
    """The cases of a file of yaml-test-suite, and whether they are no YAML. Its marks stand for characters that are not seen."""
    for case in core_yaml.load(content):
        if "yaml" in case:
            text = re.sub("—*»", "\t", case["yaml"]).replace("␣", " ").replace("↵", "").replace("∎\n", "")
            yield text.replace("←", "\r").replace("⇔", "\ufeff").encode("utf-8", "surrogatepass"), case.get("fail", False)


@pytest.mark.parametrize("chunk", range(4))
def test_every_yaml_file_as_a_pack_ends_in_a_pack_or_its_mistakes(chunk: int, pack: Path) -> None:
    before = megabytes()
    sound = PACK["pack.yaml"].encode()
    with zipfile.ZipFile(CORPUS / "yaml.zip") as archive:
        for name in members("yaml.zip")[chunk::4]:
            content = archive.read(name)
            contents = [(content, False), (sound + content, False)]
            if fnmatchcase(name, "yaml-test-suite/src/*.yaml"):
                contents += cases_of(content.decode())
            for number, (one, fails) in enumerate(contents):
                try:
                    said = verdict_on(pack, one)
                except Exception as error:
                    error.add_note(f"in reading {name}, case {number}")
                    raise
                assert said == "PackError" or not fails, name
    assert megabytes() < max(MEGABYTES, before * 1.01)


def test_a_bomb_of_aliases_is_refused(pack: Path) -> None:
    before = megabytes()
    bomb = (CORPUS / "billion_laughs.yaml").read_bytes()
    assert verdict_on(pack, bomb) == "PackError"
    assert verdict_on(pack, PACK["pack.yaml"].encode() + bomb) == "PackError"
    assert megabytes() < max(MEGABYTES, before * 1.01)


def test_a_directive_of_a_newer_yaml_is_refused(pack: Path) -> None:
    assert verdict_on(pack, b"%YAML 1.3\n---\n" + PACK["pack.yaml"].encode()) == "PackError"


def test_an_anchor_that_is_used_again_is_told_as_a_mistake_only(pack: Path) -> None:
    assert verdict_on(pack, b"- &a b\n- &a c\n") == "PackError"


# --------------------------------------------------------------------------------------------------------- naughty strings

COLUMNS = ("id", "name", "remark", "members")
EDGES = "".join(c for c in map(chr, range(0x10000)) if c.isspace()) + "\u200b\ufeff"


def naughty() -> list[str]:
    """The strings that every form can hold: no XML, and so no workbook, has U+FFFE."""
    strings: list[str] = json.loads((CORPUS / "blns.json").read_text("utf-8"))
    return [string for string in dict.fromkeys(strings) if "\ufffe" not in string]


def as_csv(rows: Sequence[Sequence[str]], folder: Path) -> Path:
    file = folder / "things.csv"
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([COLUMNS, *rows])
    return file


def as_json_lines(rows: Sequence[Sequence[str]], folder: Path) -> Path:
    file = folder / "things.jsonl"
    lines = [json.dumps(dict(zip(COLUMNS, row, strict=True)), ensure_ascii=False) for row in rows]
    file.write_text("\n".join(lines) + "\n", "utf-8")
    return file


def as_workbook(rows: Sequence[Sequence[str]], folder: Path) -> Path:
    file = folder / "things.xlsx"
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet("things")
        for i, row in enumerate([COLUMNS, *rows]):
            for j, value in enumerate(row):
                sheet.write_string(i, j, value)
    return file


Form = Callable[[Sequence[Sequence[str]], Path], Path]


def stored(form: Form, rows: Sequence[Sequence[str]], pack: Path, folder: Path) -> dict[str, dict[str, Any]]:
    """The records that a review of these rows wrote, by their keys."""
    folder.mkdir()
    lookback.check(form(rows, folder), pack, out=folder / "review", lang="en").close()
    records = pq.read_table(folder / "review" / "records" / "things.parquet", columns=list(COLUMNS))
    return {row["id"]: row for row in records.to_pylist()}


@pytest.mark.parametrize("form", [as_csv, as_json_lines, as_workbook])
def test_naughty_strings_as_names_and_values_stay_as_they_are(form: Form, pack: Path, tmp_path: Path) -> None:
    """But for white space at their ends."""
    rows = [(f"k{i:04}", string, string, "1") for i, string in enumerate(naughty())]
    with lookback.check(form(rows, tmp_path), pack, out=tmp_path / "review", lang="en") as review:
        verdicts = {row["id"]: row for row in review.verdicts.to_pylist()}
        assert review.problem_count == 0
    assert list(verdicts) == [id_ for id_, *_ in rows]
    wrong = {
        (id_, string, row[name])
        for id_, string, *_ in rows
        for row in [verdicts[id_]]
        for name in ("name", "remark")
        if (row[name] or "").strip(EDGES) != string.strip(EDGES)
    }
    assert wrong == set()


def test_naughty_strings_are_the_same_values_in_every_form(pack: Path, tmp_path: Path) -> None:
    rows = [(f"k{i:04}", string, string, "1") for i, string in enumerate(naughty())]
    one, *others = [stored(form, rows, pack, tmp_path / form.__name__) for form in (as_json_lines, as_csv, as_workbook)]
    assert [other == one for other in others] == [True, True]


@pytest.mark.parametrize("form", [as_csv, as_json_lines, as_workbook])
def test_naughty_strings_as_keys_stay_as_they_are(form: Form, pack: Path, tmp_path: Path) -> None:
    keys = dict.fromkeys(string.strip(EDGES) for string in naughty())
    rows = [(key, "", f"r{i}", "1") for i, key in enumerate(keys) if key]
    with lookback.check(form(rows, tmp_path), pack, out=tmp_path / "review", lang="zh") as review:
        assert [row["id"] for row in review.verdicts.to_pylist()] == [key for key, *_ in rows]
        assert review.findings.num_rows == len(rows)
    assert (tmp_path / "review" / "flagged.xlsx").stat().st_size > 0


def test_json_of_texts_alone_is_read(pack: Path, tmp_path: Path) -> None:
    (tmp_path / "things.jsonl").write_text('{"id": "1", "name": "a"}\n', "utf-8")
    lookback.check(tmp_path / "things.jsonl", pack, lang="en").close()
