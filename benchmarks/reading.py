"""Reading records against what reads the same files and does nothing else: DuckDB for CSV, calamine for a workbook.

    python -m benchmarks.reading --units 1000000 --rows 100000 --books 1000 --runs 3

Each run is a process of its own, measured as a whole; the two take turns, and the ratio is that of the same run. The engine types
and checks every value, lists what cannot be read, finds duplicates and orphans and writes the typed records; DuckDB reads the CSV
files as tables of the right types, which already fails for any value that is written otherwise; calamine gives a workbook's cells
as Python values. `--books` workbooks of one unit each have nothing to be compared with: their time is shown.
"""

from __future__ import annotations

import argparse
import sys
from datetime import date
from pathlib import Path
from statistics import median

import duckdb
import xlsxwriter
from tabulate import tabulate

from benchmarks.generate import generate
from benchmarks.run import PACK, Cost, measured, work_folder

# Each is no more than this, so nothing else is imported.
BY_ENGINE = """
import sys, tempfile
from pathlib import Path
from lookback.packs.check import check_pack
from lookback.packs.read import read_pack
from lookback.records.read import read_records
from lookback.records.find import find_tables
from lookback.warehouse.duckdb import DuckDB
pack = check_pack(read_pack(sys.argv[1]), {})
with tempfile.TemporaryDirectory(dir=sys.argv[2]) as folder:
    warehouse = DuckDB(Path(folder))
    inputs = find_tables(sys.argv[3:], pack.tables, warehouse, Path(folder) / "inputs")
    warehouse.expect(sum(file.size_as_text for file in inputs.files))
    read_records(inputs, pack, Path(folder) / "records", warehouse, "en")
    warehouse.close()
"""
BY_DUCKDB = """
import sys, duckdb
with duckdb.connect(config={"temp_directory": sys.argv[1] + "/spill"}) as connection:
    for query in sys.argv[2:]:
        connection.execute(query)
"""
BY_CALAMINE = """
import sys
from python_calamine import CalamineWorkbook
for sheet in (book := CalamineWorkbook.from_path(sys.argv[1])).sheet_names:
    book.get_sheet_by_name(sheet).to_python()
"""


def by_engine(folder: Path, *data: Path | str) -> Cost:
    return measured([sys.executable, "-c", BY_ENGINE, str(PACK), str(folder), *map(str, data)])


def csv_records(units: int, folder: Path) -> Path:
    data = folder / f"{units}-csv"
    if not data.is_dir():
        generate(units, data, "csv")
    return data


def typed_tables(data: Path) -> list[str]:
    """The statements with which DuckDB reads the files as tables of the right types, which it is told."""
    statements = []
    with duckdb.connect() as connection:
        for table in ("units", "issues"):
            file = f"read_csv('{data}/{table}.csv'"
            types = connection.execute(f"DESCRIBE SELECT * FROM {file}, sample_size = 100000)").fetchall()
            columns = ", ".join(f"'{name}': '{kind}'" for name, kind, *_ in types)
            told = f"auto_detect = false, header = true, delim = ',', quote = '\"', escape = '\"', columns = {{{columns}}}"
            statements.append(f"CREATE TABLE {table} AS SELECT * FROM {file}, {told})")
    return statements


def workbooks(rows: int, books: int, folder: Path) -> tuple[Path, Path]:
    """A workbook of so many issues (and their units), and a folder of so many workbooks of one unit each."""
    data = folder / "for-workbooks"
    generate(max(rows // 4, books), data)
    with duckdb.connect() as connection:

        def of(table: str, where: str) -> tuple[list[str], list[tuple[object, ...]]]:
            found = connection.execute(f"SELECT * FROM '{data}/{table}.parquet' WHERE {where}")
            return [column[0] for column in found.description or ()], found.fetchall()

        issues = of("issues", f"file_row_number < {rows}")
        last = issues[1][-1][1]
        large = folder / f"{rows}.xlsx"
        _book(large, {"units": of("units", f"unit_id <= '{last}'"), "issues": issues})
        many = folder / f"{books}-books"
        many.mkdir()
        by_unit: dict[object, list[tuple[object, ...]]] = {}
        for row in issues[1]:
            by_unit.setdefault(row[1], []).append(row)
        heads, units = of("units", f"file_row_number < {books}")
        for unit in units:
            _book(many / f"{unit[0]}.xlsx", {"单位": (heads, [unit]), "问题": (issues[0], by_unit.get(unit[0], []))})
    return large, many


def _book(file: Path, sheets: dict[str, tuple[list[str], list[tuple[object, ...]]]]) -> None:
    with xlsxwriter.Workbook(str(file), {"constant_memory": True, "default_date_format": "yyyy-mm-dd"}) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for title, (heads, rows) in sheets.items():
            sheet = book.add_worksheet(title)
            for i, row in enumerate([tuple(heads), *rows]):
                for j, value in enumerate(row):
                    if value is not None:
                        sheet.write(i, j, value, day if isinstance(value, date) else None)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reading", description="Measure how records are read.")
    parser.add_argument("--units", type=int, default=1_000_000, metavar="N", help="of the CSV files; five issues each on average")
    parser.add_argument("--rows", type=int, default=100_000, metavar="N", help="issues in the large workbook")
    parser.add_argument("--books", type=int, default=1_000, metavar="N", help="workbooks of one unit each")
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="how often each is run; medians are shown")
    given = parser.parse_args()
    if min(given.units, given.rows, given.books, given.runs) < 1:
        parser.error("--units, --rows, --books and --runs take numbers from 1 on")
    lines = []
    with work_folder(None) as folder:
        data = csv_records(given.units, folder)
        large, many = workbooks(given.rows, given.books, folder)
        pairs = (
            (f"CSV, {given.units:,} units", [data], [sys.executable, "-c", BY_DUCKDB, str(folder), *typed_tables(data)]),
            (f"workbook, {given.rows:,} issues", [large], [sys.executable, "-c", BY_CALAMINE, str(large)]),
        )
        for what, records, other in pairs:
            costs = [(by_engine(folder, *records), measured(other)) for _ in range(given.runs)]
            wall = [f"{median(pair[i].wall for pair in costs):.1f}" for i in (0, 1)]
            ratios = [f"{median(of(pair[0]) / of(pair[1]) for pair in costs):.2f}" for of in (_wall, _cpu)]
            lines.append([what, *wall, *ratios, f"{max(pair[0].peak_mb for pair in costs):,.0f}"])
        alone = [by_engine(folder, many) for _ in range(given.runs)]
        peak = f"{max(c.peak_mb for c in alone):,.0f}"
        lines.append([f"{given.books:,} workbooks", f"{median(c.wall for c in alone):.1f}", "", "", "", peak])
    heads = ("records", "engine, wall s", "alone, wall s", "ratio, wall", "ratio, CPU", "engine, peak MB")
    print(tabulate(lines, headers=heads, tablefmt="github", disable_numparse=True))
    print(f"\nMedians of {given.runs} runs. Alone: DuckDB {duckdb.__version__} reading typed tables; calamine.")


def _wall(cost: Cost) -> float:
    return cost.wall


def _cpu(cost: Cost) -> float:
    return cost.cpu


if __name__ == "__main__":
    main()
