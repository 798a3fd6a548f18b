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

from .errors import ConfigurationError
from .forks import at_fork

_BUSY_SECONDS: Final = 30.0
_POLL: Final = 0.01


class SQLiteFile:
    """Lends the connection to one thread at a time, for one transaction; once closed, it opens again at need.

    The file is made if need be, readable by its owner only, and written ahead (WAL). A commit survives the
    death of the process; that of the machine only with ``full_sync``.

    Args:
        path: the file. Not on a network drive.
        schema: the statements that make the tables, if there are none.
        owner: what the file is for, as errors name it.
        full_sync: have each commit wait for the disk itself.

    Raises:
        ConfigurationError: there is no such folder, or the file is something else or damaged.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, schema: str, owner: str, full_sync: bool = False
    ) -> None:
        self.path: Final = Path(path).absolute()
        if not self.path.parent.is_dir():
            raise ConfigurationError(f"{owner}: the folder {str(self.path.parent)!r} does not exist")
        self._owner = owner
        self._schema = schema
        self._full_sync = full_sync
        self._lock = threading.Lock()
        self._sqlite: sqlite3.Connection | None = self._open()
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
            raise ConfigurationError(f"{self._owner}: {self.path} cannot be opened: {error}") from error
        except (OSError, sqlite3.DatabaseError) as error:
            raise ConfigurationError(
                f"{self._owner}: {self.path} is something else, or is damaged: {error}"
            ) from error

    def _create(self) -> None:
        # Only a file that is new: closing one that is in use would end SQLite's locks on it.
        with suppress(FileExistsError):
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))

    def _connect(self) -> sqlite3.Connection:
        sqlite = sqlite3.connect(
            self.path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            _use_wal(sqlite)
            sqlite.execute(f"PRAGMA synchronous = {'FULL' if self._full_sync else 'NORMAL'}")
            sqlite.executescript(self._schema)
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
_ALL: Final[WeakSet[SQLiteFile]] = WeakSet()
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
