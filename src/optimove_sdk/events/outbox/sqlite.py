"""An outbox in a SQLite file, which several processes of a machine may share.

The file is not encrypted, and it holds customers' ids: only its owner may read it, and it belongs on a disk
you trust, not on a network's. A commit survives the death of the process; that of the machine only with
``full_sync=True``.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from ...sqlite_file import SQLiteFile
from .base import LANE_SHARE, DeadLetter, Stored

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS events (
    id INTEGER PRIMARY KEY AUTOINCREMENT, lane TEXT NOT NULL, body TEXT NOT NULL, owner TEXT, until REAL
);
CREATE INDEX IF NOT EXISTS leased ON events (lane, owner) WHERE owner IS NOT NULL;
CREATE TABLE IF NOT EXISTS dead (
    id INTEGER PRIMARY KEY, lane TEXT NOT NULL, body TEXT NOT NULL, reason TEXT NOT NULL, at REAL NOT NULL
);
"""
# In order, and nothing of a lane of which somebody else has an earlier event. What is ours already is not
# handed out again, not even when the lease has ended: it is in our memory.
_LEASE: Final = """
UPDATE events SET owner = :owner, until = :until WHERE id IN (
    SELECT id FROM events
    WHERE (owner IS NULL OR (until < :now AND owner <> :owner))
    AND lane NOT IN (
        SELECT lane FROM events WHERE owner IS NOT NULL AND owner <> :owner AND until >= :now
        UNION ALL
        SELECT lane FROM events WHERE owner = :owner GROUP BY lane HAVING COUNT(*) >= :share
    ) ORDER BY id LIMIT :limit
) RETURNING id, lane, body
"""
_BURY: Final = "INSERT OR REPLACE INTO dead SELECT id, lane, body, ?, ? FROM events WHERE id = ?"
_PENDING: Final = "SELECT COUNT(*) FROM events WHERE owner IS NULL OR owner = ? OR until < ?"


class SQLiteOutbox:
    """Keeps events in a file. It is for one publisher, and for others like it in other processes.

    When the file cannot be written, because it is locked for half a minute or the disk is full, the methods
    raise `sqlite3.OperationalError`.

    Args:
        path: the file; it is made if need be, readable by its owner only.
        full_sync: have each commit wait for the disk itself. Safer, and many times slower.

    Raises:
        ConfigurationError: there is no such folder, or the file is something else or damaged.
    """

    def __init__(self, path: str | os.PathLike[str], *, full_sync: bool = False) -> None:
        self._file = SQLiteFile(path, schema=_SCHEMA, owner="SQLiteOutbox", full_sync=full_sync)
        self.path: Path = self._file.path

    def __repr__(self) -> str:
        return f"SQLiteOutbox({str(self.path)!r})"

    def put(self, lane: str, body: str) -> None:
        """Keep an event. When this returns it is on its way to the disk, and survives this process."""
        with self._file.writing() as sqlite:
            sqlite.execute("INSERT INTO events (lane, body) VALUES (?, ?)", (lane, body))

    def lease(self, owner: str, limit: int, now: float, seconds: float) -> list[Stored]:
        """Hand out events in order, none of a lane that somebody else is busy with."""
        values = {"owner": owner, "limit": limit, "now": now, "until": now + seconds, "share": LANE_SHARE}
        with self._file.writing() as sqlite:
            rows = sqlite.execute(_LEASE, values).fetchall()
        return [Stored(*row) for row in sorted(rows)]

    def extend(self, owner: str, now: float, seconds: float) -> None:
        """Prolong all leases of an owner."""
        with self._file.writing() as sqlite:
            sqlite.execute("UPDATE events SET until = ? WHERE owner = ?", (now + seconds, owner))

    def acknowledge(self, ids: Iterable[int]) -> None:
        """Forget events that were delivered."""
        with self._file.writing() as sqlite:
            sqlite.executemany("DELETE FROM events WHERE id = ?", [(number,) for number in ids])

    def bury(self, id: int, reason: str, now: float) -> None:  # noqa: A002 - what it is
        """Move an event to the dead letters."""
        with self._file.writing() as sqlite:
            sqlite.execute(_BURY, (reason, now, id))
            sqlite.execute("DELETE FROM events WHERE id = ?", (id,))

    def release(self, owner: str, ids: Iterable[int]) -> None:
        """Give back events of an owner."""
        values = [(number, owner) for number in ids]
        with self._file.writing() as sqlite:
            sqlite.executemany("UPDATE events SET owner = NULL WHERE id = ? AND owner = ?", values)

    def pending(self, owner: str, now: float) -> int:
        """Return how many events wait that are not leased by somebody else."""
        with self._file.reading() as sqlite:
            return int(sqlite.execute(_PENDING, (owner, now)).fetchone()[0])

    def size(self) -> int:
        """Return how many events there are, whoever has them."""
        with self._file.reading() as sqlite:
            return int(sqlite.execute("SELECT COUNT(*) FROM events").fetchone()[0])

    def dead_letters(self) -> list[DeadLetter]:
        """Return the events that could not be delivered."""
        with self._file.reading() as sqlite:
            rows = sqlite.execute("SELECT id, lane, body, reason, at FROM dead ORDER BY id")
            return [DeadLetter(*row) for row in rows]

    def replay(self, ids: Iterable[int] | None = None) -> int:
        """Put dead letters back among the living, behind all others."""
        with self._file.writing() as sqlite:
            chosen = _dead_ids(sqlite, ids)
            sqlite.executemany(
                "INSERT INTO events (lane, body) SELECT lane, body FROM dead WHERE id = ?", chosen
            )
            sqlite.executemany("DELETE FROM dead WHERE id = ?", chosen)
        return len(chosen)

    def purge(self, ids: Iterable[int] | None = None) -> int:
        """Delete dead letters."""
        with self._file.writing() as sqlite:
            chosen = _dead_ids(sqlite, ids)
            sqlite.executemany("DELETE FROM dead WHERE id = ?", chosen)
        return len(chosen)

    def close(self) -> None:
        """Close the file. Using the outbox again opens it again."""
        self._file.close()


def _dead_ids(sqlite: sqlite3.Connection, ids: Iterable[int] | None) -> list[tuple[int]]:
    every = [row[0] for row in sqlite.execute("SELECT id FROM dead ORDER BY id")]
    wanted = set(every if ids is None else ids)
    return [(number,) for number in every if number in wanted]
