"""One connection to a SQLite file, for all threads of a process, and never for two processes."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final
from weakref import WeakSet

from ...errors import ConfigurationError
from ..lifetime import at_fork

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS events (
    id INTEGER PRIMARY KEY AUTOINCREMENT, lane TEXT NOT NULL, body TEXT NOT NULL, owner TEXT, until REAL
);
CREATE INDEX IF NOT EXISTS leased ON events (lane, owner) WHERE owner IS NOT NULL;
CREATE TABLE IF NOT EXISTS dead (
    id INTEGER PRIMARY KEY, lane TEXT NOT NULL, body TEXT NOT NULL, reason TEXT NOT NULL, at REAL NOT NULL
);
"""
_BUSY_SECONDS: Final = 30.0
_POLL: Final = 0.01


class Connection:
    """Lends the connection to one thread at a time, for one transaction. It opens when it is needed."""

    def __init__(self, path: Path, *, full_sync: bool) -> None:
        self._path = path
        self._full_sync = full_sync
        self._lock = threading.Lock()
        self._sqlite: sqlite3.Connection | None = None
        _ALL.add(self)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Lend the connection for a transaction that writes."""
        with self._transaction("BEGIN IMMEDIATE") as sqlite:  # never to find out late that others write too
            yield sqlite

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Lend the connection for a transaction that only reads, which waits for nobody."""
        with self._transaction("BEGIN") as sqlite:
            yield sqlite

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._close()

    def hold(self) -> None:
        """Close the connection, and keep everybody from opening it until `let_go`."""
        self._lock.acquire()
        self._close()

    def let_go(self) -> None:
        """Let the connection be used again."""
        self._lock.release()

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        with self._lock:
            sqlite = self._sqlite = self._sqlite or self._open()
            sqlite.execute(begin)
            try:
                yield sqlite
                sqlite.execute("COMMIT")
            except BaseException:
                if sqlite.in_transaction:  # a full disk has ended it already
                    sqlite.execute("ROLLBACK")
                raise

    def _close(self) -> None:
        if self._sqlite is not None:
            self._sqlite.close()
        self._sqlite = None

    def _open(self) -> sqlite3.Connection:
        try:
            self._create()
            return self._connect()
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise
            raise ConfigurationError(f"the outbox {self._path} cannot be opened: {error}") from error
        except (OSError, sqlite3.DatabaseError) as error:
            raise ConfigurationError(f"{self._path} is no outbox, or is damaged: {error}") from error

    def _create(self) -> None:
        # Only a file that is new: closing one that is in use would end SQLite's locks on it.
        with suppress(FileExistsError):
            os.close(os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))

    def _connect(self) -> sqlite3.Connection:
        sqlite = sqlite3.connect(
            self._path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            _use_wal(sqlite)
            sqlite.execute(f"PRAGMA synchronous = {'FULL' if self._full_sync else 'NORMAL'}")
            sqlite.executescript(_SCHEMA)
        except BaseException:
            sqlite.close()
            raise
        return sqlite


def _use_wal(sqlite: sqlite3.Connection) -> None:
    """Switch to the write-ahead log; SQLite does not wait for others who do the same at this moment."""
    ends = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            sqlite.execute("PRAGMA journal_mode = WAL").fetchone()
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > ends:
                raise
            time.sleep(_POLL)
        else:
            return


# SQLite forbids to carry a connection across a fork, even only to close it.
_ALL: Final[WeakSet[Connection]] = WeakSet()
_FORKING = threading.local()


def _before_fork() -> None:
    _FORKING.held = sorted(_ALL, key=id)
    for connection in _FORKING.held:
        connection.hold()


def _after_fork() -> None:
    for connection in _FORKING.held:
        connection.let_go()
    _FORKING.held = []


at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork)
