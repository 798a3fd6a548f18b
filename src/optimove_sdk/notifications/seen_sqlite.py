"""Seen notifications in a SQLite file, which several processes of a machine may share.

The keys hold no customers' ids.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from ..errors import ConfigurationError
from ..sqlite_file import SQLiteFile
from .seen import FIVE_HOURS, Seen

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS seen (
    key TEXT PRIMARY KEY, done INTEGER NOT NULL, until REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS expiry ON seen (until);
"""


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
        if ttl <= 0 or lease <= 0:
            raise ConfigurationError("SQLiteSeenStore: ttl and lease must be positive")
        self._ttl = ttl
        self._lease = lease
        self._clock = clock
        self._file = SQLiteFile(path, schema=_SCHEMA, owner="SQLiteSeenStore")
        self.path: Path = self._file.path

    def __repr__(self) -> str:
        return f"SQLiteSeenStore({str(self.path)!r})"

    def begin(self, key: str) -> Seen:
        """Say what is known of this key; if it is new, note that it is being handled."""
        now = self._clock()
        with self._file.writing() as sqlite:
            sqlite.execute("DELETE FROM seen WHERE until <= ?", (now,))
            row = sqlite.execute("SELECT done FROM seen WHERE key = ?", (key,)).fetchone()
            if row is not None:
                return Seen.SEEN if row[0] else Seen.IN_PROGRESS
            sqlite.execute("INSERT INTO seen VALUES (?, 0, ?)", (key, now + self._lease))
        return Seen.NEW

    def done(self, key: str) -> None:
        """Note that it was handled."""
        with self._file.writing() as sqlite:
            sqlite.execute("INSERT OR REPLACE INTO seen VALUES (?, 1, ?)", (key, self._clock() + self._ttl))

    def failed(self, key: str) -> None:
        """Forget it, so that a repeat is handled again."""
        with self._file.writing() as sqlite:
            sqlite.execute("DELETE FROM seen WHERE key = ?", (key,))

    def close(self) -> None:
        """Close the file. Using the store again opens it again."""
        self._file.close()
