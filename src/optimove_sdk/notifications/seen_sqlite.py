"""Seen notifications in a SQLite file, which several processes of a machine may share.

The keys hold no customers' ids.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from ..errors import ConfigurationError
from .seen import FIVE_HOURS, Seen

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS seen (
    key TEXT PRIMARY KEY, done INTEGER NOT NULL, until REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS expiry ON seen (until);
"""
_BUSY_SECONDS: Final = 30.0


class SQLiteSeenStore:
    """Remembers in a file; survives restarts, and is shared by all processes that name the same file.

    Args:
        path: the file; it is made if need be, readable by its owner only. Not on a network drive.
        ttl: seconds to remember what was handled.
        lease: seconds after which something that is still being handled counts as abandoned, because the
            process that did it has died. Longer than your slowest handler takes.
        clock: seconds since the epoch.
    """

    blocking: Final = True

    def __init__(
        self,
        path: str | os.PathLike[str],
        ttl: float = FIVE_HOURS,
        *,
        lease: float = 900.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.path: Path = Path(path).absolute()
        if not self.path.parent.is_dir():
            raise ConfigurationError(f"SQLiteSeenStore: the folder {str(self.path.parent)!r} does not exist")
        if ttl <= 0 or lease <= 0:
            raise ConfigurationError("SQLiteSeenStore: ttl and lease must be positive")
        self._ttl = ttl
        self._lease = lease
        self._clock = clock
        self._inherited: list[Any] = []
        self._sqlite: sqlite3.Connection | None = None
        self._start_over()

    def __repr__(self) -> str:
        return f"SQLiteSeenStore({str(self.path)!r})"

    def begin(self, key: str) -> Seen:
        """Say what is known of this key; if it is new, note that it is being handled."""
        now = self._clock()
        with self._connection() as connection:
            connection.execute("DELETE FROM seen WHERE until <= ?", (now,))
            row = connection.execute("SELECT done FROM seen WHERE key = ?", (key,)).fetchone()
            if row is not None:
                return Seen.SEEN if row[0] else Seen.IN_PROGRESS
            connection.execute("INSERT INTO seen VALUES (?, 0, ?)", (key, now + self._lease))
        return Seen.NEW

    def done(self, key: str) -> None:
        """Note that it was handled."""
        with self._connection() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO seen VALUES (?, 1, ?)", (key, self._clock() + self._ttl)
            )

    def failed(self, key: str) -> None:
        """Forget it, so that a repeat is handled again."""
        with self._connection() as connection:
            connection.execute("DELETE FROM seen WHERE key = ?", (key,))

    def close(self) -> None:
        """Close the file. Using the store again opens it again."""
        with self._lock:
            if self._sqlite is not None and self._pid == os.getpid():
                self._sqlite.close()
            self._sqlite = None

    def _start_over(self) -> None:
        self._lock = threading.Lock()
        self._pid = os.getpid()
        self._sqlite = None

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """Lend the connection for one transaction."""
        if self._pid != os.getpid():  # SQLite forbids to use a parent's connection, even to close it
            self._inherited.append(self._sqlite)
            self._start_over()
        with self._lock:
            connection = self._sqlite = self._sqlite or self._connect()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def _connect(self) -> sqlite3.Connection:
        os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        connection = sqlite3.connect(
            self.path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.executescript(_SCHEMA)
        except BaseException:
            connection.close()
            raise
        return connection
