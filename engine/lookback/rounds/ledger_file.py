"""The file of a ledger: its tables, how it is opened, who holds it.

In: where it stands. Out: an open SQLite database, or an error that says what is wrong with it. Whatever opens SQLite opens it;
its journal is the plain one (DELETE), which works on a share, too. Whoever writes holds a file beside it, `<name>.lock`,
that says who that is: SQLite's own locks keep it whole, and name nobody.

What was handed in is kept as it came, by review: `found`, `demand`, `seen`, `skips`, `asked`, `verdict`. What became of each
finding (`entry`, `event`) is reckoned from that, in the order of the reviews' days. `said` is what people said.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lookback.place import DISK_FULL, alone, written
from lookback.words.errors import OutputError, UsageError

APPLICATION = 0x4C42_4C47
"""What SQLite keeps as the kind of a file: LBLG."""
VERSION = 1
PATIENCE = 5.0
"""Seconds that a command waits for another to end."""
INDEXES = {"entry_of_unit": "unit", "entry_by_state": "state, due"}
SCHEMA = """
CREATE TABLE review (
    id INTEGER PRIMARY KEY, day TEXT NOT NULL UNIQUE, sha256 TEXT NOT NULL UNIQUE, name TEXT NOT NULL, pack TEXT NOT NULL,
    version TEXT NOT NULL, lookback TEXT NOT NULL, units INTEGER NOT NULL, findings INTEGER NOT NULL, keyless INTEGER NOT NULL);
CREATE TABLE rule (
    id INTEGER PRIMARY KEY, first TEXT NOT NULL UNIQUE, called TEXT NOT NULL, tab INTEGER NOT NULL, clause TEXT, en TEXT, zh TEXT,
    replaced_by TEXT, day TEXT NOT NULL);
CREATE TABLE tab (
    id INTEGER PRIMARY KEY, first TEXT NOT NULL UNIQUE, called TEXT NOT NULL, en TEXT, zh TEXT, root INTEGER NOT NULL,
    personal INTEGER NOT NULL, day TEXT NOT NULL);
CREATE TABLE outcome (outcome TEXT PRIMARY KEY, place INTEGER NOT NULL, en TEXT, zh TEXT, day TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE grouping (
    review INTEGER, place INTEGER, field TEXT NOT NULL, en TEXT, zh TEXT, of_units INTEGER NOT NULL, choices TEXT NOT NULL,
    PRIMARY KEY (review, place)) WITHOUT ROWID;
CREATE TABLE record (id INTEGER PRIMARY KEY, tab INTEGER NOT NULL, key TEXT NOT NULL, UNIQUE (tab, key));
CREATE TABLE unit (record INTEGER PRIMARY KEY, label TEXT, groups TEXT NOT NULL, day TEXT NOT NULL);
CREATE TABLE situation (id INTEGER PRIMARY KEY, rule INTEGER NOT NULL, said TEXT NOT NULL, en TEXT, zh TEXT,
    UNIQUE (rule, said, en, zh));
CREATE TABLE asked (review INTEGER, rule INTEGER, weight INTEGER NOT NULL, counts INTEGER NOT NULL, text TEXT NOT NULL,
    PRIMARY KEY (review, rule)) WITHOUT ROWID;
CREATE TABLE term (review INTEGER, outcome TEXT, due TEXT, PRIMARY KEY (review, outcome)) WITHOUT ROWID;
CREATE TABLE verdict (review INTEGER, unit INTEGER, outcome TEXT NOT NULL, score INTEGER, PRIMARY KEY (review, unit))
    WITHOUT ROWID;
CREATE TABLE seen (review INTEGER, record INTEGER, unit INTEGER NOT NULL, kind INTEGER NOT NULL, text INTEGER NOT NULL,
    PRIMARY KEY (review, record)) WITHOUT ROWID;
CREATE TABLE skips (review INTEGER, kind INTEGER, rule INTEGER, PRIMARY KEY (review, kind, rule)) WITHOUT ROWID;
CREATE TABLE found (
    review INTEGER, entry INTEGER, unit INTEGER NOT NULL, status TEXT NOT NULL, outcome TEXT NOT NULL,
    situation INTEGER NOT NULL, PRIMARY KEY (review, entry)) WITHOUT ROWID;
CREATE TABLE demand (
    review INTEGER, entry INTEGER, unit INTEGER NOT NULL, opened TEXT, due TEXT, done TEXT, closed TEXT, label TEXT,
    PRIMARY KEY (review, entry)) WITHOUT ROWID;
CREATE TABLE entry (
    id INTEGER PRIMARY KEY, finding TEXT UNIQUE, rule INTEGER NOT NULL, record INTEGER NOT NULL,
    unit INTEGER, state TEXT, first TEXT, opened TEXT, due TEXT, done TEXT, closed TEXT, why TEXT, times INTEGER,
    reopened INTEGER, status TEXT, outcome TEXT, situation INTEGER, label TEXT, review INTEGER, UNIQUE (rule, record));
CREATE TABLE event (entry INTEGER, review INTEGER, what TEXT NOT NULL, why TEXT, PRIMARY KEY (review, entry)) WITHOUT ROWID;
CREATE TABLE said (
    id INTEGER PRIMARY KEY, what TEXT NOT NULL, day TEXT NOT NULL, unit INTEGER NOT NULL, rule INTEGER NOT NULL, record INTEGER,
    because TEXT, evidence TEXT, until TEXT, by TEXT NOT NULL, review INTEGER);
CREATE INDEX said_of ON said (unit, rule);
INSERT INTO rule VALUES (0, '', '', 0, NULL, NULL, NULL, NULL, '');
CREATE VIEW ledger AS
    SELECT u.key AS unit, n.label AS label, t.called AS "table", r.key AS record, nullif(q.called, '') AS rule, e.state AS state,
        e.opened AS opened, e.due AS due, e.done AS claimed, e.closed AS closed, e.why AS why, e.times AS times,
        e.reopened AS reopened, e.outcome AS outcome, e.finding AS finding
    FROM entry e JOIN record r ON r.id = e.record JOIN tab t ON t.id = r.tab JOIN rule q ON q.id = e.rule
        JOIN record u ON u.id = e.unit LEFT JOIN unit n ON n.record = e.unit
    WHERE e.state IS NOT NULL;
"""
"""`entry`: a finding (its `rule` on its `record`), or, of rule 0, a record of a table that is followed up. `state`: open, closed
(the rule is met since, or the record was confirmed), lapsed (`why`). `event`: opened, reopened, closed, lapsed."""


@contextmanager
def reading(file: Path) -> Iterator[sqlite3.Connection]:
    """A ledger to ask. Raises UsageError where there is none, it is something else, of a later lookback, or held."""
    with _told(file), _opened(file) as ledger:
        yield ledger


@contextmanager
def writing(file: Path) -> Iterator[sqlite3.Connection]:
    """The same to write: all that is done, or, where something goes wrong or the process is killed, nothing. Raises OutputError,
    too."""
    with _told(file), _held(file), _opened(file) as ledger:
        if not os.access(file, os.W_OK) or not os.access(file.resolve().parent, os.W_OK):
            raise OutputError("ledger-read-only", file=str(file))
        ledger.execute("BEGIN IMMEDIATE")
        try:
            yield ledger
        except BaseException:
            ledger.rollback()
            raise
        ledger.commit()
        written.append(file)


@contextmanager
def made_new(file: Path, filling: Path) -> Iterator[sqlite3.Connection]:
    """A new ledger, made at `filling`, that is to stand at `file`."""
    with _told(file), _closing(sqlite3.connect(filling, isolation_level=None)) as ledger:
        ledger.execute("PRAGMA journal_mode = OFF")
        ledger.executescript(SCHEMA)
        for name, of in INDEXES.items():
            ledger.execute(f"CREATE INDEX {name} ON entry ({of})")
        ledger.execute(f"PRAGMA application_id = {APPLICATION}")
        ledger.execute(f"PRAGMA user_version = {VERSION}")
        ledger.execute("BEGIN")
        yield ledger
        ledger.commit()
        ledger.execute("PRAGMA journal_mode = DELETE")


@contextmanager
def held(file: Path) -> Iterator[None]:
    """Hold a ledger that is not there yet."""
    with _told(file), _held(file):
        yield


@contextmanager
def _closing(ledger: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    try:
        yield ledger
    finally:
        ledger.close()


@contextmanager
def _opened(file: Path) -> Iterator[sqlite3.Connection]:
    if not file.is_file():
        raise UsageError("no-ledger", file=str(file))
    place = f"{file.resolve().as_uri()}?mode=rw"  # what a killed run left in the journal is taken back, where that may be
    with _closing(sqlite3.connect(place, uri=True, timeout=PATIENCE, isolation_level=None)) as ledger:
        if ledger.execute("PRAGMA application_id").fetchone()[0] != APPLICATION:
            raise UsageError("not-a-ledger", file=str(file))
        version = ledger.execute("PRAGMA user_version").fetchone()[0]
        if version != VERSION:
            raise UsageError("ledger-of-other-version", file=str(file), version=version, known=VERSION)
        ledger.execute("PRAGMA temp_store = MEMORY")
        ledger.execute("PRAGMA cache_size = -64000")
        yield ledger


@contextmanager
def _told(file: Path) -> Iterator[None]:
    """Raises UsageError or OutputError for what SQLite says."""
    try:
        yield
    except sqlite3.Error as error:
        name = getattr(error, "sqlite_errorname", "")
        if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            raise _by(file) from error
        if name.startswith("SQLITE_FULL") or (name.startswith("SQLITE_IOERR") and _full(file)):
            raise OutputError("disk-full", why=str(file)) from error
        if name.startswith(("SQLITE_READONLY", "SQLITE_PERM", "SQLITE_AUTH", "SQLITE_CANTOPEN")):
            raise OutputError("ledger-read-only", file=str(file)) from error
        if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT", "SQLITE_IOERR")):
            raise UsageError("not-a-ledger", file=str(file)) from error
        if isinstance(error, sqlite3.OperationalError):  # tables that are none of ours
            raise UsageError("ledger-damaged", file=str(file), why=str(error)) from error
        raise


def _full(file: Path) -> bool:
    with suppress(OSError):
        return shutil.disk_usage(file.resolve().parent).free < 1 << 20
    return False


# ---------------------------------------------------------------------------------------------------------- who holds it


@contextmanager
def _held(file: Path) -> Iterator[None]:
    """The lock, while something is written. One whose holder ran here and is gone is taken away."""
    lock = _lock_of(file)
    mine = json.dumps(
        {"host": socket.gethostname(), "pid": os.getpid(), "since": datetime.now(UTC).isoformat(timespec="seconds")}
    )
    for last in (False, True):
        try:
            opened = os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
            break
        except FileExistsError:
            if last or not _is_gone(file):
                raise _by(file) from None
            with suppress(FileNotFoundError):
                lock.unlink()
        except OSError as error:
            if error.errno in DISK_FULL:
                raise OutputError("disk-full", why=str(file)) from error
            raise OutputError("ledger-read-only", file=str(file)) from error
    alone.add(lock)
    try:
        try:
            os.write(opened, mine.encode())
        finally:
            os.close(opened)
        yield
    finally:
        with suppress(OSError):
            lock.unlink()
        alone.discard(lock)


def _lock_of(file: Path) -> Path:
    place = file.resolve()
    return place.with_name(f"{place.name}.lock")


def _holder(file: Path) -> dict[str, Any] | None:
    """Who holds a ledger; None where nobody says so."""
    try:
        found = json.loads(_lock_of(file).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and {"host", "pid", "since"} <= found.keys() else None


def _is_gone(file: Path) -> bool:
    """Whether who holds a ledger is known to have ended: it ran on this machine, and no process has its number; or it had no time
    to say who it is."""
    for _ in range(20):
        if (holder := _holder(file)) is not None:
            break
        time.sleep(0.1)
    else:
        return True
    if holder["host"] != socket.gethostname() or type(holder["pid"]) is not int or sys.platform == "win32":
        return False
    if holder["pid"] == os.getpid():
        return True
    try:
        os.kill(holder["pid"], 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return False


def _by(file: Path) -> UsageError:
    holder, lock = _holder(file), _lock_of(file)
    if holder is None:
        return UsageError("ledger-locked", file=str(file))
    host, pid, since = (str(holder[k]) for k in ("host", "pid", "since"))
    return UsageError("ledger-locked-by", file=str(file), lock=str(lock), host=host, pid=pid, since=since)
