"""A review's tables for other programs: a CSV file a table, with what its columns are; or one Parquet file of everything.

DuckDB writes them, in the order of the review. Our own columns beside a table's fields and facts: `verdict`, `score`, `findings`
(how many). Tables of reference data are not of the review, and stay out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lookback.exporting.told import Exported
from lookback.language.types import Type
from lookback.packs.model import Title
from lookback.reviews.folder import SUMMARY, called_sql, whole
from lookback.rounds.fingerprint import called_by_place
from lookback.warehouse.duckdb import path_literal, quoted

UNIT = "lookback.unit"
"""The column of what a unit is called, its key, or its place where it has none; no field has a point in its name."""
FINDINGS = "findings"
_OF_FINDING = ("unit", "table", "record", "rule", "clause", "status", "outcome", "reason", "named", "fingerprint")
_JUDGED = ("verdict", "score", "findings")


@dataclass(frozen=True)
class Described:
    """A column: `title` is what people call it, by language. `type` None: a text of our own."""

    name: str
    type: Type
    title: Mapping[str, str]


@dataclass(frozen=True)
class CsvTable:
    """A file of records. `key`: the column that tells its rows apart, if one does; `refers`: a column of it, and the table and
    column that this names a row of."""

    file: str
    title: Mapping[str, str]
    columns: tuple[Described, ...]
    key: str | None
    refers: tuple[str, str, str] | None


def write_csv_tables(told: Exported, folder: Path) -> list[CsvTable]:
    """A file of the units, of each table below, and of the findings."""
    pack, found, files = told.pack, list[CsvTable](), dict[str, str]()
    placed = called_by_place(told.review.folder, pack, told.warehouse)
    for table in pack.top_down():
        files[table] = f"{table}.csv"
        above = pack.tables[table].belongs_to
        of = pack.tables[table]
        columns = _columns(told, table)
        if table == pack.root:
            columns = (Described(UNIT, Type.TEXT, {}), *columns)
        told.warehouse.write_csv(f"SELECT * EXCLUDE (_n) FROM ({_records(told, table)}) ORDER BY _n", folder / files[table])
        parent = pack.parent_key(table)
        refers = (parent, files[above], parent) if above is not None and parent is not None and _plain(told, above) else None
        key = UNIT if table == pack.root else of.key if _plain(told, table) and table not in placed else None
        found.append(CsvTable(files[table], _titles(of.title), columns, key, refers))
    name = f"{FINDINGS}.csv" if FINDINGS not in pack.tables else f"lookback.{FINDINGS}.csv"
    names = ", ".join(f'"{column}"' for column in _OF_FINDING)
    told.warehouse.write_csv(f"SELECT {names} FROM told_findings ORDER BY nth", folder / name)
    of_finding = tuple(Described(column, Type.TEXT, {}) for column in _OF_FINDING)
    found.append(CsvTable(name, {}, of_finding, None, ("unit", files[pack.root], UNIT)))
    return found


def write_parquet(told: Exported, file: Path) -> None:
    """A row a unit: its fields, facts and verdict as in verdicts.parquet, `_unit`, and two columns of what belongs to it:
    `_findings`, a list; `_records`, by table a list of its records, with their facts and verdicts. review.json stands beside."""
    pack, warehouse = told.pack, told.warehouse
    of = ", ".join(f'"{column}" := f."{column}"' for column in _OF_FINDING[1:])
    listed = f"list(struct_pack({of}) ORDER BY nth) AS found"
    warehouse.view("of_findings", f"SELECT unit, {listed} FROM told_findings f GROUP BY unit")
    joins, records = ["LEFT JOIN of_findings ON of_findings.unit = u._unit"], list[str]()
    key = f"CAST({quoted(pack.tables[pack.root].key)} AS VARCHAR)"
    warehouse.view(f"of_{pack.root}", f"SELECT *, {key} AS _unit FROM ({whole(told.review, pack.root, warehouse)})")
    for table in pack.top_down():
        if table == pack.root:
            continue
        above, parent = pack.tables[table].belongs_to, quoted(str(pack.parent_key(table)))
        from_above = f"(SELECT DISTINCT {parent}, _unit FROM {quoted(f'of_{above}')})"
        warehouse.view(
            f"of_{table}",
            f"SELECT w.*, p._unit FROM ({whole(told.review, table, warehouse)}) w JOIN {from_above} p USING ({parent})",
        )
        fields = ", ".join(f"{quoted(c)} := {quoted(c)}" for c in _names(told, table))
        listed = f"SELECT _unit, list(struct_pack({fields}) ORDER BY _row) AS held FROM {quoted(f'of_{table}')} GROUP BY _unit"
        joins.append(f"LEFT JOIN ({listed}) AS {quoted(f'r_{table}')} ON {quoted(f'r_{table}')}._unit = u._unit")
        records.append(f"{quoted(table)} := coalesce({quoted(f'r_{table}')}.held, [])")
    held = f", struct_pack({', '.join(records)}) AS _records" if records else ""
    units = _records(told, pack.root).replace(f" AS {quoted(UNIT)}", " AS _unit", 1)
    columns = f"u.* EXCLUDE (_n), coalesce(of_findings.found, []) AS _findings{held}"
    query = f"SELECT {columns} FROM ({units}) u {' '.join(joins)} ORDER BY u._n"
    warehouse.write_with(query, file, {"lookback": (told.review.folder / SUMMARY).read_text("utf-8")})


def _records(told: Exported, table: str) -> str:
    """SQL of the records of a table, as they are given, and `_n`, their place."""
    pack, names = told.pack, ", ".join(map(quoted, _names(told, table)))
    if table != pack.root:
        return f"SELECT {names}, _row AS _n FROM ({whole(told.review, table, told.warehouse)})"
    verdicts = f"read_parquet({path_literal(told.review.folder / 'verdicts.parquet')}, file_row_number = true)"
    columns = {name for name, *_ in told.warehouse.rows(f"DESCRIBE FROM {verdicts}")}
    called = called_sql(pack.tables[table], columns)
    return f"SELECT {called} AS {quoted(UNIT)}, {names}, file_row_number AS _n FROM {verdicts}"


def _names(told: Exported, table: str) -> list[str]:
    return [column.name for column in _columns(told, table)]


def _columns(told: Exported, table: str) -> tuple[Described, ...]:
    pack = told.pack
    fields = [Described(id_, of.type, _titles(of.title)) for id_, of in pack.tables[table].stored.fields.items()]
    facts = [Described(fact.id, fact.type, _titles(fact.fact.title)) for fact in pack.facts_of(table)]
    judged = [Described(name, Type.TEXT if name == "verdict" else Type.INTEGER, {}) for name in _JUDGED]
    return (*fields, *facts, *judged)


def _titles(title: Title | None) -> dict[str, str]:
    return {} if title is None else {lang: said for lang in ("en", "zh") if (said := getattr(title, lang)) is not None}


def _plain(told: Exported, table: str) -> bool:
    """Whether one field tells the records of a table apart."""
    return len(told.pack.tables[table].parts) == 1
