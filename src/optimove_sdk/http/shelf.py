"""Where connections wait while nobody uses them."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar
from urllib.parse import urlsplit

C = TypeVar("C")


def origin_of(url: str) -> tuple[str, str]:
    """Return what requests must have in common to share a connection: scheme, host and port."""
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


class Shelf(Generic[C]):
    """Idle connections, by origin; the one used last is lent first, for it is the likeliest to be alive.

    A connection is on the shelf or with one borrower, never both. It keeps ``most`` for each origin, and once
    cleared for good, nothing.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._idle: dict[tuple[str, str], list[C]] = {}
        self._open = True

    def take(self, origin: tuple[str, str]) -> C | None:
        """Borrow a connection, if there is one."""
        with self._lock:
            idle = self._idle.get(origin)
            return idle.pop() if idle else None

    def put(self, origin: tuple[str, str], connection: C) -> bool:
        """Give a connection back; False if there is no room for it and it is yours to close."""
        with self._lock:
            idle = self._idle.setdefault(origin, [])
            room = self._open and len(idle) < self._most
            if room:
                idle.append(connection)
            return room

    def close(self) -> list[C]:
        """Keep nothing from now on; return what is yours to close."""
        with self._lock:
            self._open = False
        return self.abandoned()

    def abandoned(self) -> list[C]:
        """Return all idle connections, not asking for the lock: whoever held it may be gone by a fork."""
        idle, self._idle = self._idle, {}
        return [connection for connections in idle.values() for connection in connections]
