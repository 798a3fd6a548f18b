"""Remembers what was sent, because Netmera has no idempotency key: a message sent twice is shown twice."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import threading
import time
from collections.abc import Callable
from typing import Final, Protocol

import attrs

from optimove_sdk import ConfigurationError

_BUSY_SECONDS: Final = 30.0
_DAY: Final = 86_400.0
_POLL: Final = 0.01
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS sends (
    key TEXT PRIMARY KEY, at REAL NOT NULL, done INTEGER NOT NULL DEFAULT 0, error TEXT
) WITHOUT ROWID
"""


@attrs.frozen
class Past:
    """What became of a send that was begun before; if it is not ``done``, nobody knows."""

    done: bool = False
    error: str | None = None


class SendLog(Protocol):
    """Remembers sends by keys that hold no customers' ids."""

    async def begin(self, key: str) -> Past | None:
        """Note, before it is sent, that this is going to be; if it was noted before, return how it ended."""
        ...

    async def end(self, key: str, error: str | None) -> None:
        """Note how it ended."""
        ...

    async def forget(self, key: str) -> None:
        """Note that nothing was sent, so that it may be begun again."""
        ...


class MemorySendLog:
    """Remembers until the process ends, at most so many sends: enough for retries, not for a crash."""

    def __init__(self, capacity: int = 1_000_000) -> None:
        self._capacity = capacity
        self._sends: dict[str, Past] = {}

    async def begin(self, key: str) -> Past | None:
        """Note that this is going to be sent; if it was noted before, return how it ended."""
        known = self._sends.get(key)
        if known is None:
            self._sends[key] = Past()
            if len(self._sends) > self._capacity:
                del self._sends[next(iter(self._sends))]
        return known

    async def end(self, key: str, error: str | None) -> None:
        """Note how it ended."""
        self._sends[key] = Past(True, error)

    async def forget(self, key: str) -> None:
        """Note that nothing was sent."""
        self._sends.pop(key, None)


class SQLiteSendLog:
    """Remembers in a file, which survives the process, and which all processes of a machine may share.

    Args:
        path: the file; it is made if need be. Not on a network drive.
        keep_days: how long a send is remembered; longer than a batch may be delivered again.
        clock: seconds since the epoch.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        keep_days: float = 30,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        try:
            self._file = _opened(path)
        except sqlite3.Error as error:
            raise ConfigurationError(f"SQLiteSendLog: the file cannot be used ({error})") from None
        self._file.execute("DELETE FROM sends WHERE at < ?", (clock() - keep_days * _DAY,))

    async def begin(self, key: str) -> Past | None:
        """Note that this is going to be sent; if it was noted before, return how it ended."""
        return await asyncio.to_thread(self._begin, key)

    async def end(self, key: str, error: str | None) -> None:
        """Note how it ended."""
        await asyncio.to_thread(self._do, "UPDATE sends SET done = 1, error = ? WHERE key = ?", error, key)

    async def forget(self, key: str) -> None:
        """Note that nothing was sent."""
        await asyncio.to_thread(self._do, "DELETE FROM sends WHERE key = ?", key)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._file.close()

    def _begin(self, key: str) -> Past | None:
        # One statement decides, so of two processes only one begins.
        if self._do("INSERT OR IGNORE INTO sends (key, at) VALUES (?, ?)", key, self._clock()):
            return None
        with self._lock:
            row = self._file.execute("SELECT done, error FROM sends WHERE key = ?", (key,)).fetchone()
        return Past(bool(row[0]), row[1]) if row else Past()

    def _do(self, statement: str, *values: str | float | None) -> int:
        with self._lock:
            return self._file.execute(statement, values).rowcount


def _opened(path: str | os.PathLike[str]) -> sqlite3.Connection:
    file = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        _write_ahead(file)
        for statement in ("PRAGMA synchronous=NORMAL", _SCHEMA):
            file.execute(statement)
    except sqlite3.Error:
        file.close()
        raise
    return file


def _write_ahead(file: sqlite3.Connection) -> None:
    """Switch to the write-ahead log; SQLite does not wait for others who do the same at this moment."""
    ends = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            file.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > ends:
                raise
            time.sleep(_POLL)
        else:
            return
