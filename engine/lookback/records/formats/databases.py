"""A database's URL -> its tables and views that the pack knows, each as a Parquet file.

In: `postgresql://…` (or `postgres://…`) or `sqlite:///…`, and which names are tables of the pack. Out: `Fetched` files with the
columns as the database names them. Nothing is interpreted here: a type that Parquet has as well (text, 64-bit integer, double,
boolean, date, a point in time with a zone) is kept, everything else is text as the database writes it.

A database is only read, in one transaction, so that all of its tables are of one moment. Rows stand in the order of the primary
key; where there is none, as the database gives them.

Passwords come from the URL; for PostgreSQL also from the environment and the password file, which libpq sees to itself. No
message holds one: a URL is said as `shown` says it, one that cannot be told apart into its parts is not handed to the driver,
which would quote it, and whatever the driver says is searched for passwords. No exception of a driver is the cause of ours.
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

import pyarrow as pa

from lookback.place import DISK_FULL
from lookback.words import Word
from lookback.words.errors import Help, InputError, OutputError

if TYPE_CHECKING:
    from adbc_driver_manager.dbapi import Connection, Cursor

CONNECT_SECONDS = 10
ALIVE = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
"""Seconds, and how often: a server that is gone without a word is given up after a minute, not after hours."""
LOCK_SECONDS = 5.0
ROWS_AT_ONCE = 20_000
"""Rows of SQLite in a batch; the driver of PostgreSQL makes batches of 16 MB."""
LISTED_AT_MOST = 20
NO_TEXT = "\0"

SHOWN_OPTIONS = ("dbname", "host", "hostaddr", "port", "schema", "service", "user")
SECRET_OPTIONS = ("password", "sslpassword")

_HOST = r"(?:\[[0-9A-Fa-f:.%]*\]|[^\s:/?#@,\[\]]*)(?::\d*)?"
_POSTGRES = re.compile(
    r"postgres(?:ql)?://(?:(?P<user>[^:/?#@]*)(?::(?P<password>[^/?#@]*))?@)?"
    rf"(?P<place>{_HOST}(?:,{_HOST})*(?:/[^?@]*)?)(?:\?(?P<query>[^@]*))?",
    re.IGNORECASE,
)
_SQLITE = re.compile(r"sqlite:///(?P<path>[^?]+)", re.IGNORECASE)
_PERCENT = re.compile(r"%(?!(?!00)[0-9A-Fa-f]{2})")
"""A percent sign that libpq cannot read."""


@dataclass(frozen=True)
class Fetched:
    """`name`: of the table or view, with its schema where that is not the default one. `rows`: how many `file` holds."""

    name: str
    file: Path
    rows: int


def is_database(item: str) -> bool:
    """Whether what the user named is a database's URL, be it one that can be read or not."""
    return re.match(r"[a-z][a-z0-9+.-]*://|(postgres|postgresql|sqlite):", item, re.IGNORECASE) is not None


def shown(url: str) -> str:
    """The URL for messages and files: no password, and of the options those that say which database it is.

    Of a URL that cannot be told apart into its parts nothing is left but its scheme: who knows where the password is.
    """
    if sqlite := _SQLITE.fullmatch(url.partition("?")[0]):
        return f"sqlite:///{sqlite['path']}"
    scheme = url.partition(":")[0].casefold()
    parts = _Postgres.of(url)
    if parts is None:
        return f"{scheme}://…"
    options = "&".join(f"{key}={value}" for key, value in parts.options if unquote(key) in SHOWN_OPTIONS)
    return f"{scheme}://{parts.user + '@' if parts.user else ''}{parts.place}{'?' + options if options else ''}"


def called(item: str | Path) -> str:
    """What is said of an input: of a database's URL no password."""
    return shown(item) if isinstance(item, str) and is_database(item) else str(item)


def fetch(url: str, wanted: Callable[[str], str | None], folder: Path) -> Iterator[Fetched]:
    """Every table or view whose bare name `wanted` knows, by schema and name, spooled batch by batch into a file of `folder`.

    PostgreSQL: the tables that the search path finds, or with `?schema=office` those of that schema; in any schema those whose
    name with it (`office.units`) `wanted` knows. Columns are text, int64, double, bool, date32 and timestamp of UTC as they are
    declared, everything else is the text of `::text`, amounts of money without their sign; so is a column of dates, or of points
    in time, with one before year 1, after 9999, or infinite, as Arrow has none of these. Tables without columns are passed over.
    SQLite: every column is text, as types are per value: whole numbers without a point, other doubles in as few digits as give
    them back. Columns that are declared BLOB are left out; bytes in any other have to be text in UTF-8.

    Raises InputError where nothing can be read or nothing is known to `wanted`, OutputError where `folder` cannot be written.
    """
    match url.partition(":")[0].casefold():
        case "postgresql" | "postgres":
            return _postgres(url, wanted, folder)
        case "sqlite":
            return _sqlite(url, wanted, folder)
    raise InputError("unknown-database", url=shown(url))


def _spooled(name: str, schema: pa.Schema, batches: Iterator[pa.RecordBatch], folder: Path) -> Fetched:
    """A table's batches in a file that is not there yet."""
    from pyarrow.parquet import ParquetWriter

    rows = 0
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = next(f for f in (folder / f"table-{n}.parquet" for n in count(1)) if not f.exists())
        with ParquetWriter(file, schema) as writer:
            for batch in batches:
                writer.write_batch(batch)
                rows += batch.num_rows
    except OSError as error:
        raise OutputError("disk-full" if error.errno in DISK_FULL else "cannot-write", why=str(error)) from error
    return Fetched(name, file, rows)


def _quoted(name: str) -> str:
    """A name as either database reads it, whatever characters it has."""
    return '"' + name.replace('"', '""') + '"'


def _query(columns: Sequence[str], table: str, key: Sequence[str]) -> str:
    """All rows, in the order of the key. It is `t.key`: a name alone would be the column of the result, which may be its text."""
    order = ", ".join(f"t.{_quoted(name)}" for name in key)
    return f"SELECT {', '.join(columns)} FROM {table} AS t{' ORDER BY ' + order if key else ''}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:LISTED_AT_MOST]) + (f", … ({len(names)})" if len(names) > LISTED_AT_MOST else "")


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "?")


# ------------------------------------------------------------------------------------------------------------ PostgreSQL


@dataclass(frozen=True)
class _Postgres:
    """The parts of a URL, percent-encoded as they stand in it. `place`: hosts, ports and the database."""

    user: str
    password: str
    place: str
    options: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, url: str) -> _Postgres | None:
        """None for what libpq would take apart in another way, or not at all."""
        found = _POSTGRES.fullmatch(url)
        options = [option.split("=") for option in found["query"].split("&")] if found and found["query"] else []
        if not found or _PERCENT.search(url) or any(len(option) != 2 for option in options):
            return None
        return cls(found["user"] or "", found["password"] or "", found["place"], tuple((key, value) for key, value in options))

    @property
    def schema(self) -> str | None:
        return next((unquote(value) for key, value in self.options if unquote(key) == "schema"), None)

    def for_libpq(self) -> str:
        """Without what is only ours, with the settings that we rest on; of an option given twice libpq takes the last."""
        options = [(key, value) for key, value in self.options if unquote(key) != "schema"]
        if "connect_timeout" not in {unquote(key) for key, _ in options} and "PGCONNECT_TIMEOUT" not in os.environ:
            options.append(("connect_timeout", str(CONNECT_SECONDS)))
        options += [(key, str(value)) for key, value in ALIVE.items() if key not in {unquote(key) for key, _ in options}]
        options.append(("client_encoding", "UTF8"))
        user = f"{self.user}{':' + self.password if self.password else ''}@" if self.user or self.password else ""
        return f"postgresql://{user}{self.place}?{'&'.join(f'{key}={value}' for key, value in options)}"

    def without_secrets(self, text: str) -> str:
        secrets = [self.password, *(value for key, value in self.options if unquote(key) in SECRET_OPTIONS)]
        secrets += [unquote(secret) for secret in secrets] + [os.environ.get("PGPASSWORD", "")]
        for secret in sorted(filter(None, secrets), key=len, reverse=True):
            text = text.replace(secret, "***")
        return text


_TABLES = r"""
SELECT c.oid::int8, n.nspname::text, c.relname::text, n.nspname = current_schema(), pg_table_is_visible(c.oid)
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
  AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'
ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
"""

_COLUMNS = """
SELECT a.attname::text, t.typname::text, array_position(i.indkey::int2[], a.attnum)::int8
FROM pg_catalog.pg_attribute AS a
JOIN pg_catalog.pg_type AS declared ON declared.oid = a.atttypid
JOIN pg_catalog.pg_type AS t ON t.oid = CASE declared.typbasetype WHEN 0 THEN declared.oid ELSE declared.typbasetype END
LEFT JOIN pg_catalog.pg_index AS i ON i.indrelid = a.attrelid AND i.indisprimary
WHERE a.attrelid = {table} AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
"""
"""Name, type (of a domain the one below it), place in the primary key or null."""

_SETTINGS = """
SELECT set_config('datestyle', 'ISO', true), set_config('timezone', 'UTC', true), set_config('intervalstyle', 'postgres', true),
  set_config('bytea_output', 'hex', true), set_config('synchronize_seqscans', 'off', true),
  set_config('max_parallel_workers_per_gather', '0', true)
"""
"""Texts that are the same whatever the server's settings, dates as ISO; rows that have no order of their own in the same one
each time."""

_NATIVE = {
    **dict.fromkeys(("int2", "int4", "int8"), ("int8", pa.int64())),
    "float8": ("float8", pa.float64()),
    "bool": ("bool", pa.bool_()),
    "date": ("date", pa.date32()),
    "timestamptz": ("timestamptz", pa.timestamp("us", "UTC")),
    "money": ("numeric::text", pa.string()),
}
"""A type of PostgreSQL that Arrow has as well -> what it is read as, there and here."""
_TEXT = ("text", pa.string())
_DAYS = (_NATIVE["date"], _NATIVE["timestamptz"])


def _postgres(url: str, wanted: Callable[[str], str | None], folder: Path) -> Iterator[Fetched]:
    parts = _Postgres.of(url)
    if parts is None:
        raise InputError("malformed-database-url", url=shown(url), why=Word("url.form"), help=("help.url-characters", {}))
    with _connected(url, parts) as connection, connection.cursor() as cursor:
        database = _Reader(shown(url), parts, cursor)
        database.rows("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        database.rows(_SETTINGS)
        for oid, schema, name, is_default in _found(database, wanted):
            yield from database.table(oid, schema, name, name if is_default else f"{schema}.{name}", folder)


def _connected(url: str, parts: _Postgres) -> Connection:
    import adbc_driver_manager
    from adbc_driver_postgresql import dbapi

    try:
        connection: Connection = dbapi.connect(parts.for_libpq(), autocommit=True)
        return connection
    except adbc_driver_manager.Error as error:
        why = _first_line(str(error).partition("Failed to connect: ")[2] or str(error))
    if "URI query parameter" in why:
        raise InputError("malformed-database-url", url=shown(url), why=Word("url.option"), help=("help.url-characters", {}))
    if "timeout expired" in why:
        raise InputError("no-answer", url=shown(url))
    help: Help | None = ("help.database-password", {}) if "password" in why else None
    raise InputError("no-connection", url=shown(url), why=parts.without_secrets(why), help=help)


def _found(database: _Reader, wanted: Callable[[str], str | None]) -> list[tuple[Any, ...]]:
    """(oid, schema, name, whether the schema is the default one) of the tables that `wanted` knows."""
    tables = database.rows(_TABLES)
    schemas = sorted({schema for _, schema, *_ in tables})
    chosen = database.parts.schema
    if chosen is not None and chosen not in schemas:
        raise InputError("no-such-schema", url=database.url, schema=chosen, known=_listed(schemas) or "–")
    candidates = [t for t in tables if (t[4] if chosen is None else t[1] == chosen)]
    found = [t[:4] for t in tables if wanted(f"{t[1]}.{t[2]}") or (t in candidates and wanted(t[2]))]
    if not found:
        others = [schema for schema in schemas if schema not in {t[1] for t in candidates}]
        help = ("help.database-schema", {"schemas": _listed(others)}) if others else None
        code = "no-table-in-database" if candidates else "empty-database"
        raise InputError(code, url=database.url, found=_listed([t[2] for t in candidates]), help=help)
    return found


@dataclass(frozen=True)
class _Reader:
    """A connection whose errors are InputErrors."""

    url: str
    parts: _Postgres
    cursor: Cursor

    def rows(self, query: str, table: str = "pg_catalog") -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = []
        with self._told(query, table):
            rows += self.cursor.execute(query).fetchall()
        return rows

    def table(self, oid: int, schema: str, name: str, said: str, folder: Path) -> Iterator[Fetched]:
        """The table; nothing where it has no columns."""
        columns = self.rows(_COLUMNS.format(table=oid), said)
        if not columns:
            return
        relation = f"{_quoted(schema)}.{_quoted(name)}"
        types = {column: _NATIVE.get(type_, _TEXT) for column, type_, _ in columns}
        if dates := [column for column, type_ in types.items() if type_ in _DAYS]:
            odd = ", ".join(f"bool_or({_quoted(d)} NOT BETWEEN '0001-01-01' AND '9999-12-31')" for d in dates)
            (row,) = self.rows(f"SELECT {odd} FROM {relation}", said)
            types |= {date: _TEXT for date, is_odd in zip(dates, row, strict=True) if is_odd}
        key = [column for column, _, place in sorted(columns, key=lambda c: c[2] or 0) if place is not None]
        query = _query([f"{_quoted(c)}::{type_}" for c, (type_, _) in types.items()], relation, key)
        arrow = pa.schema([(column, type_) for column, (_, type_) in types.items()])
        yield _spooled(said, arrow, self._batches(query, said, arrow), folder)

    def _batches(self, query: str, table: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        with self._told(query, table):
            self.cursor.execute(query)
            for batch in self.cursor.fetch_record_batch():
                yield pa.record_batch(batch.columns, schema=schema)

    @contextmanager
    def _told(self, query: str, table: str) -> Iterator[None]:
        """What the driver raises, as ours. It quotes the query, which is left out."""
        import adbc_driver_manager

        try:
            yield
            return
        except (adbc_driver_manager.Error, pa.ArrowException, OSError) as error:
            state = getattr(error, "sqlstate", None)
            said = str(error).replace(query, "")
        prefix = r"^(\w+: )?(\[libpq\] )?((Failed|Execution error|could not)[^:]*: )*(\w+:  )?"
        why = self.parts.without_secrets(re.sub(r"\. SQLSTATE: \w+$", "", re.sub(prefix, "", _first_line(said))))
        if self.cursor.connection.adbc_connection.get_option("adbc.postgresql.transaction_status") == "unknown":
            raise InputError("lost-connection", url=self.url, table=table, why=why) from None
        raise InputError("denied-table" if state == "42501" else "unreadable-table", url=self.url, table=table, why=why) from None


# ---------------------------------------------------------------------------------------------------------------- SQLite

_TABLES_HERE = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT GLOB 'sqlite_*' ORDER BY name"
_COLUMNS_HERE = "SELECT name, pk FROM pragma_table_xinfo(?) WHERE hidden <> 1 AND ifnull(type, '') NOT LIKE '%BLOB%' ORDER BY cid"
"""Name, place in the primary key or 0."""


def _sqlite(url: str, wanted: Callable[[str], str | None], folder: Path) -> Iterator[Fetched]:
    parts = _SQLITE.fullmatch(url)
    if parts is None:
        raise InputError("malformed-database-url", url=shown(url), why=Word("url.sqlite"))
    file = Path(unquote(parts["path"]))
    if not file.is_file():
        raise InputError("no-database-file", file=str(file), help=None if file.is_absolute() else ("help.sqlite-path", {}))
    with _sqlite_told(url, file, file.name):
        connection = sqlite3.connect(
            f"file:{quote(str(file.absolute()))}?mode=ro", uri=True, timeout=LOCK_SECONDS, isolation_level=None
        )
    with closing(connection):
        with _sqlite_told(url, file, file.name):
            connection.execute("BEGIN")
            names = [name for (name,) in connection.execute(_TABLES_HERE)]
        found = [name for name in names if wanted(name) is not None]
        if not found:
            raise InputError("no-table-in-database" if names else "empty-database", url=shown(url), found=_listed(names))
        for name in found:
            with _sqlite_told(url, file, name):
                connection.text_factory = str
                columns = connection.execute(_COLUMNS_HERE, (name,)).fetchall()
            if columns:
                schema = pa.schema([(column, pa.string()) for column, _ in columns])
                key = [column for column, place in sorted(columns, key=lambda c: c[1]) if place]
                query = _query([f"t.{_quoted(column)}" for column, _ in columns], _quoted(name), key)
                yield _spooled(name, schema, _sqlite_batches(connection, url, file, name, query, schema), folder)


def _sqlite_batches(
    connection: sqlite3.Connection, url: str, file: Path, table: str, query: str, schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    with _sqlite_told(url, file, table):
        connection.text_factory = bytes
        cursor = connection.execute(query)
        done = 0
        while rows := cursor.fetchmany(ROWS_AT_ONCE):
            columns = []
            for name, values in zip(schema.names, zip(*rows, strict=True), strict=True):
                texts = [_text(value) for value in values]
                if bad := next((row for row, text in enumerate(texts, start=1) if text == NO_TEXT), None):
                    raise InputError("not-text-in-database", file=str(file), table=table, column=name, row=done + bad)
                columns.append(pa.array(texts, pa.string()))
            done += len(rows)
            yield pa.record_batch(columns, schema=schema)


def _text(value: int | float | bytes | None) -> str | None:
    """A value of SQLite as text, NO_TEXT for bytes that are none."""
    if isinstance(value, bytes):
        try:
            text = value.decode()
        except UnicodeDecodeError:
            return NO_TEXT
        return NO_TEXT if "\0" in text else text
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.15g}"
    return None if value is None else str(value)


@contextmanager
def _sqlite_told(url: str, file: Path, table: str) -> Iterator[None]:
    """What the library raises, as ours."""
    try:
        yield
        return
    except sqlite3.Error as error:
        code, why = getattr(error, "sqlite_errorcode", None), _first_line(str(error))
    match code:
        case sqlite3.SQLITE_NOTADB:
            raise InputError("not-a-database", file=str(file)) from None
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            raise InputError("locked-database", file=str(file), why=why) from None
        case sqlite3.SQLITE_CANTOPEN:
            raise InputError("no-connection", url=shown(url), why=why) from None
    raise InputError("unreadable-table", url=shown(url), table=table, why=why) from None
