"""An outbox in a SQLite file, which several processes of a machine may share.

The file is not encrypted, and it holds customers' ids: only its owner may read it, and it belongs on a disk
you trust. A commit survives the death of the process; that of the machine only with ``full_sync=True``.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from ...errors import ConfigurationError
from .base import DeadLetter, Stored

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS events (
    id INTEGER PRIMARY KEY AUTOINCREMENT, lane TEXT NOT NULL, body TEXT NOT NULL, owner TEXT, until REAL
);
CREATE INDEX IF NOT EXISTS leased ON events (lane, owner) WHERE owner IS NOT NULL;
CREATE TABLE IF NOT EXISTS dead (
    id INTEGER PRIMARY KEY, lane TEXT NOT NULL, body TEXT NOT NULL, reason TEXT NOT NULL, at REAL NOT NULL
);
"""
# In order, and nothing of a lane of which somebody else has an earlier event.
_LEASE: Final = """
UPDATE events SET owner = :owner, until = :until WHERE id IN (
    SELECT id FROM events AS e WHERE (owner IS NULL OR until < :now) AND NOT EXISTS (
        SELECT 1 FROM events AS o
        WHERE o.lane = e.lane AND o.owner IS NOT NULL AND o.owner <> :owner AND o.until >= :now
    ) ORDER BY id LIMIT :limit
) RETURNING id, lane, body
"""
_BUSY_SECONDS: Final = 30.0


class SQLiteOutbox:
    """Keeps events in a file.

    Args:
        path: the file; it is made if need be, readable by its owner only.
        full_sync: have each commit wait for the disk itself. Safer, and many times slower.
    """

    def __init__(self, path: str | os.PathLike[str], *, full_sync: bool = False) -> None:
        self.path: Path = Path(path).absolute()
        if not self.path.parent.is_dir():
            raise ConfigurationError(f"SQLiteOutbox: the folder {str(self.path.parent)!r} does not exist")
        self._full_sync = full_sync
        self._inherited: list[Any] = []
        self._sqlite: sqlite3.Connection | None = None
        self._open()

    def __repr__(self) -> str:
        return f"SQLiteOutbox({str(self.path)!r})"

    def put(self, lane: str, body: str) -> None:
        """Keep an event. When this returns it is on its way to the disk, and survives this process."""
        with self._connection() as connection:
            connection.execute("INSERT INTO events (lane, body) VALUES (?, ?)", (lane, body))

    def lease(self, owner: str, limit: int, now: float, seconds: float) -> list[Stored]:
        """Hand out events in order, none of a lane that somebody else is busy with."""
        values = {"owner": owner, "limit": limit, "now": now, "until": now + seconds}
        with self._connection() as connection:
            rows = connection.execute(_LEASE, values).fetchall()
        return [Stored(*row) for row in sorted(rows)]

    def extend(self, owner: str, now: float, seconds: float) -> None:
        """Prolong all leases of an owner."""
        with self._connection() as connection:
            connection.execute("UPDATE events SET until = ? WHERE owner = ?", (now + seconds, owner))

    def acknowledge(self, ids: Iterable[int]) -> None:
        """Forget events that were delivered."""
        with self._connection() as connection:
            connection.executemany("DELETE FROM events WHERE id = ?", [(number,) for number in ids])

    def bury(self, id: int, reason: str, now: float) -> None:  # noqa: A002 - what it is
        """Move an event to the dead letters."""
        with self._connection() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO dead SELECT id, lane, body, ?, ? FROM events WHERE id = ?",
                (reason, now, id),
            )
            connection.execute("DELETE FROM events WHERE id = ?", (id,))

    def release(self, owner: str) -> None:
        """Give back all events of an owner."""
        with self._connection() as connection:
            connection.execute("UPDATE events SET owner = NULL WHERE owner = ?", (owner,))

    def pending(self, owner: str, now: float) -> int:
        """Return how many events wait that are not leased by somebody else."""
        with self._connection() as connection:
            return int(
                connection.execute(
                    "SELECT COUNT(*) FROM events WHERE owner IS NULL OR owner = ? OR until < ?", (owner, now)
                ).fetchone()[0]
            )

    def dead_letters(self) -> list[DeadLetter]:
        """Return the events that could not be delivered."""
        with self._connection() as connection:
            rows = connection.execute("SELECT id, lane, body, reason, at FROM dead ORDER BY id")
            return [DeadLetter(*row) for row in rows]

    def replay(self, ids: Iterable[int] | None = None) -> int:
        """Put dead letters back among the living, behind all others."""
        with self._connection() as connection:
            chosen = self._dead_ids(connection, ids)
            connection.executemany(
                "INSERT INTO events (lane, body) SELECT lane, body FROM dead WHERE id = ?", chosen
            )
            connection.executemany("DELETE FROM dead WHERE id = ?", chosen)
        return len(chosen)

    def purge(self, ids: Iterable[int] | None = None) -> int:
        """Delete dead letters."""
        with self._connection() as connection:
            chosen = self._dead_ids(connection, ids)
            connection.executemany("DELETE FROM dead WHERE id = ?", chosen)
        return len(chosen)

    def close(self) -> None:
        """Close the file. Using the outbox again opens it again."""
        with self._lock:
            if self._sqlite is not None and self._pid == os.getpid():
                self._sqlite.close()
            self._sqlite = None

    def _open(self) -> None:
        self._lock = threading.Lock()
        self._pid = os.getpid()
        self._sqlite = None

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """Lend the connection for one transaction."""
        if self._pid != os.getpid():  # SQLite forbids to use a parent's connection, even to close it
            self._inherited.append(self._sqlite)
            self._open()
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
            connection.execute(f"PRAGMA synchronous = {'FULL' if self._full_sync else 'NORMAL'}")
            connection.executescript(_SCHEMA)
        except BaseException:
            connection.close()
            raise
        return connection

    @staticmethod
    def _dead_ids(connection: sqlite3.Connection, ids: Iterable[int] | None) -> Sequence[tuple[int]]:
        every = [row[0] for row in connection.execute("SELECT id FROM dead ORDER BY id")]
        wanted = set(every if ids is None else ids)
        return [(number,) for number in every if number in wanted]
