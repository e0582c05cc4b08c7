"""The units that were expected -> which of them handed nothing in, and which units nobody expected.

In: the units' table as it was typed, some of its rows from the roster. A row of the roster is a record only where no other input
has its unit: it then has what the roster says of it, and is blank in all else. Of a unit that was handed in the roster says
nothing more.
"""

from __future__ import annotations

from dataclasses import dataclass

from lookback.records._problems import TableInput, folded_sql, of_inputs
from lookback.warehouse.duckdb import quoted
from lookback.words.errors import Notice

NOT_HANDED_IN = "not_handed_in"
"""The warehouse's table of the units (`_key`) of which there is but the roster's row."""
_SHOWN = 5


@dataclass(frozen=True)
class Roster:
    """How many units were `expected`; how many of them handed `nothing` in; how many that are there nobody expected."""

    file: str
    expected: int
    nothing: int
    unexpected: int


def _roster(of: TableInput) -> str:
    """Whether a row is one of the roster; '' where there is none."""
    return of_inputs(i for i, raw in of.sources if raw.expected)


def find_handed_in(of: TableInput) -> str:
    """The table `handed_in`: the places of the roster's rows that are no record. SQL that leaves them out."""
    of.warehouse.create("handed_in", "SELECT 0::BIGINT AS _at WHERE false")
    if not (roster := _roster(of)):
        return ""
    key = quoted(of.definition.key)
    others = f"SELECT {key} FROM {of.stored.sql} WHERE _left IS NULL AND NOT {roster} AND {key} IS NOT NULL"
    of.warehouse.run(
        f"""INSERT INTO handed_in SELECT file_row_number FROM {of.stored.sql}
        WHERE _left IS NULL AND {roster} AND {key} IN ({others})"""
    )
    return " AND file_row_number NOT IN (SELECT _at FROM handed_in)"


def call_roster(of: TableInput, notices: list[Notice]) -> Roster | None:
    """Who is missing, as the table `not_handed_in`, and who was not expected, as notices. None where there is no roster."""
    if not (roster := _roster(of)):
        return None
    create, rows = of.warehouse.create, of.warehouse.rows
    key = quoted(of.definition.key)
    keys = f"SELECT DISTINCT {key} AS _key FROM {of.stored.sql} WHERE _left IS NULL AND {key} IS NOT NULL AND"
    create("expected_units", f"{keys} {roster}")
    create("given_units", f"{keys} NOT {roster}")
    create(NOT_HANDED_IN, "FROM expected_units ANTI JOIN given_units USING (_key)")
    create("strange_units", "FROM given_units ANTI JOIN expected_units USING (_key)")
    expected, nothing, unexpected = (
        rows(f"SELECT count(*) FROM {name}")[0][0] for name in ("expected_units", NOT_HANDED_IN, "strange_units")
    )
    file, sheet = next((raw.file, raw.sheet) for _, raw in of.sources if raw.expected)
    notices.append(Notice("roster-called", {"expected": expected, "nothing": nothing}, file, sheet))
    if unexpected:
        first = [str(key) for (key,) in rows(f"FROM strange_units ORDER BY _key LIMIT {_SHOWN}")]
        shown = ", ".join([*first, "…"] if unexpected > _SHOWN else first)
        notices.append(Notice("not-on-roster", {"n": unexpected, "units": shown}, file, sheet))
        folded = [folded_sql(f"CAST({side}._key AS VARCHAR)") for side in ("m", "s")]
        meant = f"{NOT_HANDED_IN} m JOIN strange_units s ON {folded[0]} = {folded[1]}"
        likely = rows(f"SELECT m._key, s._key FROM {meant} ORDER BY ALL LIMIT 1")
        notices += [Notice("roster-spelt", {"expected": str(a), "given": str(b)}, file, sheet) for a, b in likely]
    for name in ("expected_units", "given_units", "strange_units"):
        of.warehouse.drop(name)
    return Roster(file, expected, nothing, unexpected)
