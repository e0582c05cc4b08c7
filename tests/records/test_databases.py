"""Records from databases: a real PostgreSQL server on this machine, and SQLite files."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from adbc_driver_postgresql import dbapi
from screen import ROOT

from lookback.cli import main as cli
from lookback.records.formats import databases
from lookback.records.formats.databases import Fetched, fetch, is_database, shown
from lookback.words.errors import InputError, OutputError

PASSWORD = "s3cr%t@/: 密码"
"""Of the user `reader`; it holds every character that a URL may trip over."""
SQL = f"""
CREATE ROLE reader LOGIN PASSWORD '{PASSWORD}';
CREATE TYPE mood AS ENUM ('calm', 'cross');
CREATE DOMAIN year AS integer CHECK (VALUE > 1900);
CREATE TYPE odd_pair AS (a integer, b text);
CREATE TABLE typed (
  id integer PRIMARY KEY, "text" text, small smallint, big bigint, "double" double precision, "real" real, yes boolean, day date,
  exact numeric, stamp timestamp, zoned timestamptz, kind mood, uid uuid, doc jsonb, short varchar(5), padded char(6),
  list text[], built year, bytes bytea, "time" time, wait interval, paid money, span int4range, spans datemultirange,
  address inet, network cidr, moods mood[], grid int[][], raw json, place point, mask bit(3), page xml, late timetz,
  words tsvector, pair odd_pair
);
INSERT INTO typed VALUES
  (2, '二', 2, 9007199254740993, 0.1, 0.1, true, '2005-09-30', 12345678901234567890.0123456789, '2005-09-30 08:00:00.5',
   '2005-09-30 08:00:00+00', 'cross', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{{"a": [1, "二"]}}', 'abc', 'ab', '{{a,"b c"}}',
   2005, '\\x00ff', '08:30', '1 day 2 hours', '1234.50', '[1,5)', '{{[2005-01-01,2005-02-01)}}', '10.0.0.1/8', '10.0.0.0/8',
   '{{calm,cross}}', '{{{{1,2}},{{3,4}}}}', '{{"b": null}}', '(1,2)', B'101', '<a>二</a>', '08:30+02', 'a b', '(1,"x, y")');
INSERT INTO typed (id) VALUES (1);
CREATE TABLE days (id text PRIMARY KEY, fine date, odd date, moment timestamptz, ever timestamptz);
INSERT INTO days VALUES
  ('a', '2005-01-01', 'infinity', '2005-09-30 23:30:00+02', 'infinity'),
  ('b', NULL, '0044-03-15 BC', NULL, NULL),
  ('c', '9999-12-31', NULL, NULL, '2005-09-30 08:00+08');
CREATE TABLE "单位" ("单位代码" text PRIMARY KEY, "a ""quoted"" name" text, "two
lines" text, "percent %s" text, "Id" text, id text);
INSERT INTO "单位" VALUES ('乙', '1', '2', '3', '4', '5');
CREATE TABLE units (id integer, part integer, note text, PRIMARY KEY (part, id));
INSERT INTO units VALUES (10, 1, 'c'), (9, 1, 'b'), (1, 2, 'd'), (100, 0, 'a');
CREATE VIEW seen AS SELECT id, note FROM units WHERE part = 1;
CREATE MATERIALIZED VIEW kept AS SELECT count(*) AS n FROM units;
CREATE TABLE "odd ""table"".name" (id text);
CREATE TABLE empty (id text);
CREATE TABLE hollow ();
CREATE TABLE parted (id integer) PARTITION BY RANGE (id);
CREATE TABLE part_1 PARTITION OF parted FOR VALUES FROM (0) TO (9);
INSERT INTO parted VALUES (3);
CREATE VIEW broken AS SELECT 1 / (id - 9) AS id FROM units;
CREATE TABLE big AS SELECT i AS id, repeat(md5(i::text), 10) AS filler FROM generate_series(1, 200000) AS i;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader;
CREATE TABLE secret (id text);
CREATE SCHEMA office;
CREATE TABLE office.units (id text);
INSERT INTO office.units VALUES ('office');
GRANT USAGE ON SCHEMA office TO reader;
GRANT SELECT ON ALL TABLES IN SCHEMA office TO reader;
CREATE SCHEMA shut;
CREATE TABLE shut.units (id text);
"""


@dataclass(frozen=True)
class Server:
    port: int

    def url(self, user: str = "reader", password: str | None = PASSWORD, database: str = "records", options: str = "") -> str:
        secret = "" if password is None else ":" + quote(password, safe="")
        return f"postgresql://{user}{secret}@127.0.0.1:{self.port}/{database}{options}"

    def run(self, *statements: str, database: str = "records") -> list[Any]:
        """As the owner; the rows of the last statement."""
        with dbapi.connect(self.url("owner", "owner", database), autocommit=True) as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            rows: list[Any] = cursor.fetchall()
            return rows


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A PostgreSQL of Debian's package that only this machine reaches, with the database `records`."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    as_root = os.getuid() == 0
    accounts = {account.pw_name: account for account in pwd.getpwall()}
    if not programs or (as_root and "postgres" not in accounts):
        missing = "PostgreSQL's server is not installed (Debian: postgresql)"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    folder = Path(tempfile.mkdtemp(prefix="lookback-postgres-"))
    (folder / "password").write_text("owner")
    become: dict[str, Any] = {}
    if as_root:  # as root it refuses to run
        account = accounts["postgres"]
        become = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        for path in (folder, folder / "password"):
            os.chown(path, account.pw_uid, account.pw_gid)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def run(program: str, *arguments: str, **more: Any) -> None:
        command = [str(programs[-1].with_name(program)), *arguments]
        with (folder / "log").open("ab") as log:
            done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **become, **more)
        assert done.returncode == 0, (folder / "log").read_text("utf-8", "replace")

    data = str(folder / "data")
    settings = (
        "listen_addresses=127.0.0.1 unix_socket_directories= fsync=off full_page_writes=off wal_level=minimal max_wal_senders=0"
    )
    options = " ".join(f"-c {setting}" for setting in [f"port={port}", *settings.split()])
    try:
        run("initdb", "-D", data, "-U", "owner", "-A", "scram-sha-256", "--pwfile=password", "-E", "UTF8", "--no-locale", "-N")
        run("pg_ctl", "-D", data, "-w", "-l", str(folder / "server.log"), "-o", options, "start")
        try:
            server = Server(port)
            server.run("CREATE DATABASE records", database="postgres")
            environment = os.environ | {"PGPASSWORD": "owner", "PGCLIENTENCODING": "UTF8"}
            (folder / "sql").write_text(SQL, "utf-8")
            where = ["-h", "127.0.0.1", "-p", str(port), "-U", "owner", "-d", "records"]
            run("psql", *where, "-q", "-v", "ON_ERROR_STOP=1", "-f", "sql", env=environment)
            yield server
        finally:
            run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder)


@pytest.fixture(autouse=True)
def _no_settings_of_libpq(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("PG")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PGPASSFILE", str(tmp_path / "none"))


def read(url: str, folder: Path, *names: str) -> dict[str, pa.Table]:
    """The tables of these names by the name that they are given."""
    tables = {}
    for fetched in fetch(url, lambda name: "table" if name in names else None, folder / "spool"):
        assert fetched.file.parent == folder / "spool"
        tables[fetched.name] = pq.read_table(fetched.file)
        assert fetched.rows == tables[fetched.name].num_rows
    return tables


def refused(url: str, folder: Path, *names: str, password: str = PASSWORD) -> InputError:
    """The error of reading, which says no password in any language, nor in its traceback."""
    with pytest.raises(InputError) as caught:
        read(url, folder, *names)
    error = caught.value
    said = [
        error.render("en"),
        error.render("zh"),
        *traceback.format_exception(error)[-3:],
        str(error.__cause__),
        repr(error.args_),
    ]
    assert not [text for text in said for form in (password, quote(password, safe="")) if form in text]
    return error


# ------------------------------------------------------------------------------------------------------------------ URLs


@pytest.mark.parametrize(
    "item",
    [
        "postgresql://h/d",
        "postgres://h",
        "PostgreSQL://h",
        "sqlite:///a.db",
        "sqlite://a.db",
        "mysql://u:p@h/d",
        "postgres:/u:p@h",
        "postgresql+psycopg2://u:p@h/d",
    ],
)
def test_a_url_is_a_database(item: str) -> None:
    assert is_database(item)


@pytest.mark.parametrize(
    "item", ["data", "data/units.csv", "units=postgresql.csv", "C:\\data", "postgres", "数据/单位.csv", "a:b"]
)
def test_a_file_is_no_database(item: str) -> None:
    assert not is_database(item)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://h/d", "postgresql://h/d"),
        ("postgres://u@h:5432/d", "postgres://u@h:5432/d"),
        ("postgresql://u:hush@h:5432/d", "postgresql://u@h:5432/d"),
        ("POSTGRESQL://u:hush@h/d", "postgresql://u@h/d"),
        ("postgresql://:hush@h/d", "postgresql://h/d"),
        ("postgresql://u:%68ush%40%2F@h/d", "postgresql://u@h/d"),
        ("postgresql://u:hush@[::1]:5432,h2:5433/d?schema=office", "postgresql://u@[::1]:5432,h2:5433/d?schema=office"),
        ("postgresql:///d?host=/run/pg&user=u&password=hush&port=1", "postgresql:///d?host=/run/pg&user=u&port=1"),
        ("postgresql://h/d?p%61ssword=hush&sslpassword=hush&passfile=hush", "postgresql://h/d"),
        ("postgresql://h/d?options=-c%20hush", "postgresql://h/d"),
        # what cannot be told apart
        ("postgresql://u:hush@hush@h/d", "postgresql://…"),
        ("postgresql://u:hush/hush@h/d", "postgresql://…"),
        ("postgresql://u:hush?hush@h/d", "postgresql://…"),
        ("postgresql://u:hush#hush@h/d", "postgresql://…"),
        ("postgresql://u:hush%@h/d", "postgresql://…"),
        ("postgresql://u:hush", "postgresql://…"),
        ("postgresql://u:hu sh", "postgresql://…"),
        ("postgresql://h/d?password=hush&hush", "postgresql://…"),
        ("postgresql://h/d?password=hush=hush", "postgresql://…"),
        ("postgresql:/u:hush@h/d", "postgresql://…"),
        ("mysql://u:hush@h/d", "mysql://…"),
        ("sqlite:///data/a.db", "sqlite:///data/a.db"),
        ("sqlite:////data/a@b.db", "sqlite:////data/a@b.db"),
        ("sqlite:///a.db?key=hush", "sqlite:///a.db"),
        ("sqlite://u:hush@h/a.db", "sqlite://…"),
    ],
)
def test_a_url_is_shown_without_its_passwords(url: str, said: str) -> None:
    assert shown(url) == said
    assert "hush" not in said


@pytest.mark.parametrize(
    "secret",
    ["a@b", "a/b", "a?b", "a#b", "100%", "a:b@c", "%zz", "%00"],
    ids=["at", "slash", "query", "hash", "percent", "two", "hex", "nul"],
)
def test_a_url_with_a_bare_character_in_its_password_is_refused_and_says_none_of_it(secret: str, tmp_path: Path) -> None:
    error = refused(f"postgresql://u:hush{secret}hush@h/d", tmp_path, password="hush")
    assert error.code == "malformed-database-url"
    assert "%40" in str(error)


@pytest.mark.parametrize("url", ["mysql://u:hush@h/d", "postgresql+psycopg2://u:hush@h/d"])
def test_another_kind_of_database_is_refused(url: str, tmp_path: Path) -> None:
    assert refused(url, tmp_path, password="hush").code == "unknown-database"


# ------------------------------------------------------------------------------------------------------------ PostgreSQL


def test_each_type_is_kept_or_the_text_of_the_database(server: Server, tmp_path: Path) -> None:
    table = read(server.url(), tmp_path, "typed")["typed"]
    native = {"id": pa.int64(), "small": pa.int64(), "big": pa.int64(), "double": pa.float64(), "yes": pa.bool_()}
    native |= {"day": pa.date32(), "built": pa.int64(), "zoned": pa.timestamp("us", "UTC")}
    assert {field.name: field.type for field in table.schema} == {
        name: native.get(name, pa.string()) for name in table.column_names
    }
    blank, row = table.to_pylist()
    assert blank == dict.fromkeys(table.column_names) | {"id": 1}
    assert row.pop("zoned").isoformat() == "2005-09-30T08:00:00+00:00"
    assert row == {
        "id": 2,
        "text": "二",
        "small": 2,
        "big": 9007199254740993,
        "double": 0.1,
        "real": "0.1",
        "yes": True,
        "day": date(2005, 9, 30),
        "exact": "12345678901234567890.0123456789",
        "stamp": "2005-09-30 08:00:00.5",
        "kind": "cross",
        "uid": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        "doc": '{"a": [1, "二"]}',
        "short": "abc",
        "padded": "ab",
        "list": '{a,"b c"}',
        "built": 2005,
        "bytes": "\\x00ff",
        "time": "08:30:00",
        "wait": "1 day 02:00:00",
        "paid": "1234.50",
        "span": "[1,5)",
        "spans": "{[2005-01-01,2005-02-01)}",
        "address": "10.0.0.1/8",
        "network": "10.0.0.0/8",
        "moods": "{calm,cross}",
        "grid": "{{1,2},{3,4}}",
        "raw": '{"b": null}',
        "place": "(1,2)",
        "mask": "101",
        "page": "<a>二</a>",
        "late": "08:30:00+02",
        "words": "'a' 'b'",
        "pair": '(1,"x, y")',
    }


def test_a_column_with_a_date_that_arrow_lacks_is_text(server: Server, tmp_path: Path) -> None:
    table = read(server.url(), tmp_path, "days")["days"]
    assert table["fine"].to_pylist() == [date(2005, 1, 1), None, date(9999, 12, 31)]
    assert table["odd"].to_pylist() == ["infinity", "0044-03-15 BC", None]
    assert table["moment"].type == pa.timestamp("us", "UTC")
    assert str(table["moment"][0]) == "2005-09-30 21:30:00+00:00"
    assert table["ever"].to_pylist() == ["infinity", None, "2005-09-30 00:00:00+00"]


def test_texts_are_the_same_whatever_the_settings_of_the_user(server: Server, tmp_path: Path) -> None:
    before = read(server.url(), tmp_path, "typed", "days")
    settings = {"datestyle": "German", "timezone": "Asia/Shanghai", "intervalstyle": "iso_8601", "bytea_output": "escape"}
    options = "?options=" + quote(" ".join(f"-c {name}={value}" for name, value in settings.items()))
    assert read(server.url(options=options), tmp_path, "typed", "days") == before


def test_names_may_have_any_characters(server: Server, tmp_path: Path) -> None:
    tables = read(server.url(), tmp_path, "单位", 'odd "table".name')
    assert list(tables) == ['odd "table".name', "单位"]
    expected = dict(zip(["单位代码", 'a "quoted" name', "two\nlines", "percent %s", "Id", "id"], "乙12345", strict=True))
    assert tables["单位"].to_pylist() == [expected]


def test_two_tables_of_one_name_in_the_pack_are_both_read(server: Server, tmp_path: Path) -> None:
    assert list(read(server.url(), tmp_path, "units", "单位")) == ["units", "单位"]


def test_rows_stand_in_the_order_of_the_primary_key(server: Server, tmp_path: Path) -> None:
    rows = read(server.url(), tmp_path, "units")["units"].to_pylist()
    assert [(row["part"], row["id"]) for row in rows] == [(0, 100), (1, 9), (1, 10), (2, 1)]


def test_views_and_partitioned_and_empty_tables_are_read(server: Server, tmp_path: Path) -> None:
    tables = read(server.url(), tmp_path, "seen", "kept", "parted", "part_1", "empty", "hollow")
    assert {name: table.num_rows for name, table in tables.items()} == {"seen": 2, "kept": 1, "parted": 1, "empty": 0}
    assert tables["empty"].schema == pa.schema([("id", pa.string())])


def test_many_rows_are_read_in_batches(server: Server, tmp_path: Path) -> None:
    """The text is 64 MB, in batches of 16: all of it is not to need much more memory than the first 60,000 rows."""
    program = """
import resource, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from lookback.records.formats.databases import fetch
(fetched,) = fetch(sys.argv[2], lambda name: name if name in sys.argv[4:] else None, Path(sys.argv[3]))
print(fetched.rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""
    used = {}
    server.run("CREATE OR REPLACE VIEW few AS SELECT * FROM big WHERE id <= 60000", "GRANT SELECT ON few TO reader")
    for name, rows in (("few", 60_000), ("big", 200_000)):
        command = [sys.executable, "-c", program, str(ROOT / "engine"), server.url(), str(tmp_path), name]
        run = subprocess.run(command, capture_output=True, text=True, check=True)
        found, used[name] = map(int, run.stdout.split())
        assert found == rows
    assert used["big"] - used["few"] < 40
    big = pq.ParquetFile(tmp_path / "table-2.parquet")
    assert big.num_row_groups > 2


def test_tables_are_of_one_moment_and_cannot_be_written(server: Server, tmp_path: Path) -> None:
    server.run("CREATE TABLE moment_1 AS SELECT 1 AS id", "CREATE TABLE moment_2 AS SELECT 1 AS id")
    server.run("GRANT SELECT ON moment_1, moment_2 TO reader")
    reading = fetch(server.url(), lambda name: name if name.startswith("moment") else None, tmp_path)
    assert next(reading).rows == 1
    server.run("INSERT INTO moment_2 VALUES (2)")
    assert next(reading).rows == 1
    assert list(reading) == []
    server.run(
        "CREATE FUNCTION writes() RETURNS int LANGUAGE sql VOLATILE AS 'INSERT INTO moment_1 VALUES (3) RETURNING id'",
        "CREATE VIEW writing AS SELECT writes() AS id",
    )
    error = refused(server.url("owner", "owner"), tmp_path, "writing")
    assert error.code == "unreadable-table"
    assert error.args_["why"] == "cannot execute INSERT in a read-only transaction"
    assert server.run("SELECT count(*) FROM moment_1") == [(1,)]


def test_a_table_that_changes_while_it_is_read_is_of_one_moment(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.run("CREATE TABLE moving AS SELECT * FROM big LIMIT 60000", "GRANT SELECT ON moving TO reader")
    write, batches = pq.ParquetWriter.write_batch, []

    def changed(writer: Any, batch: Any) -> None:
        if not batches:
            server.run("DELETE FROM moving WHERE id > 10", "UPDATE moving SET filler = ''", "SELECT 1")
        batches.append(batch.num_rows)
        write(writer, batch)

    monkeypatch.setattr(pq.ParquetWriter, "write_batch", changed)
    rows = read(server.url(), tmp_path, "moving")["moving"]
    assert (rows.num_rows, len(batches) > 1, "" in rows["filler"].to_pylist()) == (60_000, True, False)


def test_a_database_in_another_encoding_is_read(server: Server, tmp_path: Path) -> None:
    server.run("CREATE DATABASE gbk ENCODING 'EUC_CN' LOCALE 'C' TEMPLATE template0", database="postgres")
    with dbapi.connect(server.url("owner", "owner", "gbk", "?client_encoding=UTF8"), autocommit=True) as connection:
        connection.execute("CREATE TABLE 单位 AS SELECT '北京'::text AS 名称").close()
    assert read(server.url("owner", "owner", "gbk"), tmp_path, "单位")["单位"].to_pylist() == [{"名称": "北京"}]


# ---- schemas


def test_a_schema_is_chosen(server: Server, tmp_path: Path) -> None:
    assert read(server.url(options="?schema=office&sslmode=prefer"), tmp_path, "units")["office.units"].to_pylist() == [
        {"id": "office"}
    ]


def test_the_search_path_decides_where_no_schema_is_chosen(server: Server, tmp_path: Path) -> None:
    options = "?options=" + quote("-c search_path=office,public")
    assert sorted(read(server.url(options=options), tmp_path, "units", "seen")) == ["public.seen", "units"]


def test_a_table_that_the_pack_calls_by_its_schema_is_found_there(server: Server, tmp_path: Path) -> None:
    assert read(server.url(), tmp_path, "office.units")["office.units"].to_pylist() == [{"id": "office"}]


def test_a_schema_that_is_not_there_is_refused(server: Server, tmp_path: Path) -> None:
    error = refused(server.url(options="?schema=attic"), tmp_path, "units")
    assert (error.code, error.args_["known"]) == ("no-such-schema", "office, public, shut")


def test_a_database_without_a_table_of_the_pack_lists_what_there_is(server: Server, tmp_path: Path) -> None:
    error = refused(server.url(), tmp_path, "no such table")
    assert error.code == "no-table-in-database"
    assert "units" in error.args_["found"]
    assert error.help == ("help.database-schema", {"schemas": "office, shut"})
    error = refused(server.url("owner", "owner", "postgres"), tmp_path, "units")
    assert (error.code, error.help) == ("empty-database", None)


# ---- passwords


def test_the_password_comes_from_the_environment(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    assert list(read(server.url(password=None), tmp_path, "units")) == ["units"]
    monkeypatch.setenv("PGUSER", "reader")
    assert list(read(f"postgres://127.0.0.1:{server.port}/records", tmp_path, "units")) == ["units"]


def test_the_password_comes_from_the_password_file(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "pgpass"
    file.write_text(f"127.0.0.1:*:records:reader:{PASSWORD.replace(':', chr(92) + ':')}\n", "utf-8")
    file.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(file))
    assert list(read(server.url(password=None), tmp_path, "units")) == ["units"]


def test_the_password_comes_from_an_option_of_the_url(server: Server, tmp_path: Path) -> None:
    options = f"?password={quote(PASSWORD, safe='')}"
    assert list(read(server.url(password=None, options=options), tmp_path, "units")) == ["units"]


@pytest.mark.parametrize("by", ["url", "option", "environment"])
def test_a_wrong_password_is_not_said(server: Server, tmp_path: Path, by: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = "hush%@,;hush"
    if by == "environment":
        monkeypatch.setenv("PGPASSWORD", wrong)
    options = f"?password={quote(wrong, safe='')}" if by == "option" else ""
    error = refused(server.url(password=wrong if by == "url" else None, options=options), tmp_path, "units", password="hush")
    assert error.code == "no-connection"
    assert error.args_["why"].endswith('password authentication failed for user "reader"')
    assert error.help == ("help.database-password", {})


def test_a_password_in_what_the_driver_says_is_blotted_out(server: Server, tmp_path: Path) -> None:
    error = refused(server.url(password="hush", database="hush"), tmp_path, "units", password="FATAL:  database hush")
    assert "hush" not in error.args_["why"]


def test_a_missing_password_says_where_to_put_it(server: Server, tmp_path: Path) -> None:
    assert refused(server.url(password=None), tmp_path, "units").help == ("help.database-password", {})


# ---- what goes wrong


def test_a_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # not listening
        error = refused(f"postgresql://u:hush@127.0.0.1:{taken.getsockname()[1]}/d", tmp_path, password="hush")
    assert error.code == "no-connection"
    assert error.args_["why"].endswith("Connection refused")


@pytest.mark.parametrize("by", ["url", "environment", "default"])
def test_a_server_that_does_not_answer_is_given_up(tmp_path: Path, by: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "CONNECT_SECONDS", 1 if by == "default" else 600)
    if by == "environment":
        monkeypatch.setenv("PGCONNECT_TIMEOUT", "1")
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        options = "?connect_timeout=1" if by == "url" else ""
        error = refused(f"postgresql://u:hush@127.0.0.1:{silent.getsockname()[1]}/d{options}", tmp_path, password="hush")
    assert error.code == "no-answer"


def test_an_option_that_the_driver_does_not_know_is_not_said(server: Server, tmp_path: Path) -> None:
    error = refused(server.url(password=None, options="?password=a&hush=b"), tmp_path, "units", password="hush")
    assert error.code == "malformed-database-url"


def test_a_table_without_permission_is_told(server: Server, tmp_path: Path) -> None:
    error = refused(server.url(), tmp_path, "secret")
    assert (error.code, error.args_["table"], error.args_["why"]) == (
        "denied-table",
        "secret",
        "permission denied for table secret",
    )
    error = refused(server.url(options="?schema=shut"), tmp_path, "units")
    assert (error.code, error.args_["table"], error.args_["why"]) == (
        "denied-table",
        "shut.units",
        "permission denied for schema shut",
    )


def test_a_view_that_fails_is_told(server: Server, tmp_path: Path) -> None:
    error = refused(server.url(), tmp_path, "broken")
    assert (error.code, error.args_["why"]) == ("unreadable-table", "division by zero")


def test_a_connection_lost_while_reading_is_told(server: Server, tmp_path: Path) -> None:
    reading = fetch(server.url(), lambda name: name if name in ("typed", "units") else None, tmp_path)
    next(reading)
    server.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'reader'")
    with pytest.raises(InputError) as caught:
        next(reading)
    assert (caught.value.code, caught.value.args_["table"]) == ("lost-connection", "units")


def test_a_connection_lost_in_the_middle_of_a_table_is_told(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = pq.ParquetWriter.write_batch

    def cut(writer: Any, batch: Any) -> None:
        server.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'reader'")
        write(writer, batch)

    monkeypatch.setattr(pq.ParquetWriter, "write_batch", cut)
    error = refused(server.url(), tmp_path, "big")
    assert (error.code, error.args_["table"]) == ("lost-connection", "big")


def test_a_review_whose_server_is_lost_in_the_middle_is_not_written(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write = pq.ParquetWriter.write_batch

    def cut(writer: Any, batch: Any) -> None:
        server.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'reader'")
        write(writer, batch)

    monkeypatch.setattr(pq.ParquetWriter, "write_batch", cut)
    server.run("CREATE VIEW issues AS SELECT id AS issue_id, filler FROM big", "GRANT SELECT ON issues TO reader")
    try:
        code, _, said = verdicts_of(server.url(), tmp_path / "review", capsys)
    finally:
        server.run("DROP VIEW issues", "SELECT 1")
    assert (code, "error[lost-connection]" in said, list(tmp_path.iterdir())) == (2, True, [])


def test_a_server_that_is_gone_without_a_word_is_given_up() -> None:
    parts = databases._Postgres.of("postgresql://h/d?keepalives_idle=7")
    assert parts is not None
    url = parts.for_libpq()
    assert ("keepalives_idle=7" in url, "keepalives_idle=30" in url, "keepalives_count=3" in url) == (True, False, True)


def test_a_folder_that_cannot_be_written_is_told(server: Server, tmp_path: Path) -> None:
    (tmp_path / "spool").write_text("a file")
    with pytest.raises(OutputError):
        read(server.url(), tmp_path, "units")


# ---------------------------------------------------------------------------------------------------------------- SQLite


def sqlite(file: Path, *statements: str) -> str:
    """The URL of a file that these statements made."""
    connection = sqlite3.connect(file)
    with connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()
    return f"sqlite:///{quote(str(file))}"


def test_sqlite_tables_and_views_are_read_as_text(tmp_path: Path) -> None:
    url = sqlite(
        tmp_path / "a.db",
        'CREATE TABLE "单位" ("代码" TEXT PRIMARY KEY, "a ""b""\n%s" INTEGER, n REAL)',
        "INSERT INTO \"单位\" VALUES ('乙', 2, 0.1), ('丙', NULL, 2005.0), ('甲', 1, 1e300)",
        'CREATE VIEW "Seen ""it""" AS SELECT "代码" FROM "单位" WHERE n > 1',
        "CREATE TABLE other (id)",
        "CREATE TABLE empty (id)",
    )
    tables = read(url, tmp_path, "单位", 'Seen "it"', "empty")
    assert list(tables) == ['Seen "it"', "empty", "单位"]
    assert tables["单位"].column_names == ["代码", 'a "b"\n%s', "n"]
    assert [list(row.values()) for row in tables["单位"].to_pylist()] == [
        ["丙", None, "2005"],
        ["乙", "2", "0.1"],
        ["甲", "1", "1e+300"],
    ]
    assert tables['Seen "it"'].num_rows == 2
    assert tables["empty"].schema == pa.schema([("id", pa.string())])


def test_a_sqlite_column_may_mix_types(tmp_path: Path) -> None:
    values = "(1), ('二'), (NULL), (0.30000000000000004), (x'e4b889'), (''), (9223372036854775807), (-5.0), (1e999)"
    url = sqlite(tmp_path / "a.db", "CREATE TABLE units (id)", f"INSERT INTO units VALUES {values}")
    assert read(url, tmp_path, "units")["units"]["id"].to_pylist() == [
        *("1", "二", None, "0.3", "三", "", "9223372036854775807", "-5", "inf"),
    ]


@pytest.mark.parametrize("value", ["x'ff00fe'", "x'0001'", "CAST(x'b1b1bea9' AS TEXT)"], ids=["bytes", "nul", "gbk"])
def test_bytes_that_are_no_text_are_told_with_their_place(tmp_path: Path, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "ROWS_AT_ONCE", 2)
    url = sqlite(
        tmp_path / "a.db", "CREATE TABLE units (id, n)", f"INSERT INTO units VALUES (1, 1), (2, 2), (3, 3), (4, {value})"
    )
    error = refused(url, tmp_path, "units")
    assert (error.code, error.args_["column"], error.args_["row"]) == ("not-text-in-database", "n", 4)


def test_a_column_that_is_declared_blob_is_left_out(tmp_path: Path) -> None:
    url = sqlite(tmp_path / "a.db", "CREATE TABLE units (id, photo BLOB)", "INSERT INTO units VALUES (1, x'ff')")
    assert read(url, tmp_path, "units")["units"].to_pylist() == [{"id": "1"}]


def test_many_rows_of_sqlite_are_read_in_batches(tmp_path: Path) -> None:
    url = sqlite(
        tmp_path / "a.db",
        "CREATE TABLE units (id INTEGER PRIMARY KEY, n)",
        "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 50000) INSERT INTO units SELECT -i, i FROM c",
    )
    (fetched,) = fetch(url, lambda name: name, tmp_path)
    assert fetched == Fetched("units", tmp_path / "table-1.parquet", 50_000)
    assert pq.ParquetFile(fetched.file).num_row_groups == 3
    assert pq.read_table(fetched.file)["id"][0].as_py() == "-50000"


def test_two_databases_do_not_share_files(tmp_path: Path) -> None:
    urls = [sqlite(tmp_path / name, "CREATE TABLE units (id)", f"INSERT INTO units VALUES ('{name}')") for name in ("a", "b")]
    files = [fetched.file for url in urls for fetched in fetch(url, lambda name: name, tmp_path / "spool")]
    assert [pq.read_table(file)["id"].to_pylist() for file in files] == [["a"], ["b"]]


def test_a_sqlite_path_may_have_any_characters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = Path("检查 100%?#.db")
    sqlite(file, "CREATE TABLE units (id)")
    assert list(read(f"sqlite:///{quote(str(file))}", tmp_path, "units")) == ["units"]


def test_a_sqlite_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    error = refused(f"sqlite:///{tmp_path}/none.db", tmp_path)
    assert (error.code, error.help) == ("no-database-file", None)
    assert refused("sqlite:///none.db", tmp_path).help == ("help.sqlite-path", {})
    assert list(tmp_path.iterdir()) == []
    assert not Path("none.db").exists()


@pytest.mark.parametrize("content", [b"id,name\n1,a\n" * 100, bytes(range(1, 256)) * 20], ids=["text", "encrypted"])
def test_a_file_that_is_no_sqlite_database_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.db").write_bytes(content)
    assert refused(f"sqlite:///{tmp_path}/a.db", tmp_path).code == "not-a-database"
    assert (tmp_path / "a.db").read_bytes() == content


def test_a_sqlite_file_that_is_cut_off_is_told(tmp_path: Path) -> None:
    url = sqlite(tmp_path / "a.db", "CREATE TABLE units (id)", f"INSERT INTO units VALUES ('{'x' * 50_000}')")
    whole = (tmp_path / "a.db").read_bytes()
    (tmp_path / "a.db").write_bytes(whole[: len(whole) // 2])
    assert refused(url, tmp_path, "units").code == "unreadable-table"


def test_a_locked_sqlite_database_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "LOCK_SECONDS", 0.1)
    url = sqlite(tmp_path / "a.db", "CREATE TABLE units (id)")
    writer = sqlite3.connect(tmp_path / "a.db", isolation_level=None)
    writer.execute("BEGIN EXCLUSIVE")
    try:
        assert refused(url, tmp_path, "units").code == "locked-database"
    finally:
        writer.close()


def test_a_sqlite_database_is_not_written(tmp_path: Path) -> None:
    url = sqlite(tmp_path / "a.db", "PRAGMA journal_mode = WAL", "CREATE TABLE units (id)", "INSERT INTO units VALUES (1)")
    before = (tmp_path / "a.db").read_bytes()
    assert read(url, tmp_path, "units")["units"].num_rows == 1
    assert (tmp_path / "a.db").read_bytes() == before


def test_tables_of_sqlite_are_of_one_moment(tmp_path: Path) -> None:
    url = sqlite(tmp_path / "a.db", "PRAGMA journal_mode = WAL", "CREATE TABLE a (id)", "CREATE TABLE b (id)")
    reading = fetch(url, lambda name: name, tmp_path / "spool")
    assert next(reading).rows == 0
    sqlite(tmp_path / "a.db", "INSERT INTO a VALUES (1)", "INSERT INTO b VALUES (1)")
    assert next(reading).rows == 0


def test_a_sqlite_database_without_a_table_of_the_pack_lists_what_there_is(tmp_path: Path) -> None:
    assert refused(sqlite(tmp_path / "a.db"), tmp_path).code == "empty-database"
    url = sqlite(tmp_path / "a.db", *(f"CREATE TABLE t{n:02} (id INTEGER PRIMARY KEY AUTOINCREMENT)" for n in range(25)))
    error = refused(url, tmp_path, "units")
    assert error.code == "no-table-in-database"
    assert error.args_["found"] == ", ".join(f"t{n:02}" for n in range(20)) + ", … (25)"


@pytest.mark.parametrize("url", ["sqlite:///", "sqlite://a.db", "sqlite:///a.db?mode=rw"])
def test_a_malformed_sqlite_url_is_told(url: str, tmp_path: Path) -> None:
    assert refused(url, tmp_path).code == "malformed-database-url"


# ------------------------------------------------------------------------------------------------------ the whole review


SMALL = ROOT / "fixtures" / "small"
VERDICTS = {"U1": "pass", "U2": "explain", "U3": "make_up", "U4": "make_up", "U5": "make_up", "U6": "pass"}


def fill(create: Any) -> None:
    """The tables of fixtures/small, all of texts but the dates of the issues."""
    for file in sorted(SMALL.glob("*.csv")):
        table = pyarrow.csv.read_csv(file, convert_options=pyarrow.csv.ConvertOptions(strings_can_be_null=True))
        texts = pa.table({name: table[name].cast(pa.string()) for name in table.column_names})
        create(file.stem, texts)


def verdicts_of(url: str, review: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, str], str]:
    """(exit code, verdicts, everything that was said and written as text)."""
    with pytest.raises(SystemExit) as ended:
        cli.main(["check", url, "--lang", "en", "-o", str(review)])
    said = capsys.readouterr()
    rows = pq.read_table(review / "verdicts.parquet").to_pylist() if review.exists() else []
    written = [(review / name).read_text("utf-8") for name in ("review.json", "problems.csv") if (review / name).exists()]
    return int(ended.value.code or 0), {row["unit_id"]: row["verdict"] for row in rows}, "\n".join([said.out, said.err, *written])


def test_a_review_of_a_postgresql_database_says_what_one_of_the_files_says_and_no_password(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.run("CREATE DATABASE city", "SELECT 1", database="postgres")
    with dbapi.connect(server.url("owner", "owner", "city"), autocommit=True) as connection, connection.cursor() as cursor:
        fill(lambda name, rows: cursor.adbc_ingest(name, rows, mode="create"))
        cursor.execute("ALTER TABLE issues ALTER deadline TYPE date USING deadline::date")
        cursor.execute("UPDATE units SET members = 'many' WHERE unit_id = 'U3'")
        cursor.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
    code, verdicts, said = verdicts_of(server.url(database="city"), tmp_path / "review", capsys)
    assert (code, verdicts) == (3, VERDICTS)
    place = f"postgresql://reader@127.0.0.1:{server.port}/city"
    assert f"{place} (units)" in said
    assert re.search(rf"^{re.escape(place)},units,\d,,members,members,many,a whole number,,integer$", said, re.MULTILINE)
    assert not [form for form in (PASSWORD, quote(PASSWORD, safe="")) if form in said]
    code, _, said = verdicts_of(server.url(password="wrong-secret", database="city"), tmp_path / "none", capsys)
    assert (code, "wrong-secret" in said) == (2, False)
    assert not (tmp_path / "none").exists()


def test_a_review_of_a_sqlite_database_says_what_one_of_the_files_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(sqlite3.connect(tmp_path / "city.db")) as database:

        def create(name: str, rows: pa.Table) -> None:
            columns = ", ".join(f'"{column}"' for column in rows.column_names)
            database.execute(f"CREATE TABLE {name} ({columns})")
            places = ", ".join("?" * rows.num_columns)
            database.executemany(f"INSERT INTO {name} VALUES ({places})", [tuple(row.values()) for row in rows.to_pylist()])

        fill(create)
        database.commit()
    code, verdicts, _ = verdicts_of(f"sqlite:///{tmp_path / 'city.db'}", tmp_path / "review", capsys)
    assert (code, verdicts) == (0, VERDICTS)
